"""Run an engine in a process that can be killed, with limits on time, memory and output that hold."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Literal

from closedness.errors import BackendError

__all__ = ["Finished", "run", "version_of"]

_LAUNCH = str(Path(__file__).with_name("launch.py"))
_OUTPUT_MB = 16
_HEADROOM_MB = 512  # address space of an interpreter and its libraries, which is not memory in use
_TICKS = (0.002, 0.004, 0.008, 0.016, 0.03)


@dataclass(frozen=True, slots=True)
class Finished:
    """What became of a process.

    Attributes
    ----------
    ending : {"exit", "time", "memory", "output"}
        It ended by itself, or was killed for running over one of the limits.
    code : int
        Exit code; negative for a signal.
    stdout, stderr : str
        What it wrote, as far as the limit on output goes.
    seconds : float
        Wall time from start to end.
    """

    ending: Literal["exit", "time", "memory", "output"]
    code: int
    stdout: str
    stderr: str
    seconds: float

    def failure(self, name: str) -> str | None:
        """One clause that says why there is no answer, or None after a clean exit."""
        if self.ending == "time":
            return f"{name} was stopped after {self.seconds:.1f} s"
        if self.ending == "memory":
            return f"{name} was stopped for using too much memory"
        if self.ending == "output":
            return f"{name} was stopped for writing more than {_OUTPUT_MB} MB"
        if self.code < 0:
            return f"{name} was ended by {_signal_name(-self.code)}{_tail(self.stderr)}"
        if self.code:
            return f"{name} ended with code {self.code}{_tail(self.stderr)}"
        return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _tail(text: str) -> str:
    lines = text.strip().splitlines()
    return f": {lines[-1].strip()[:200]}" if lines else ""


def run(command: list[str], text: str, seconds: float | None, memory_mb: int | None, **environment: str) -> Finished:
    """Run a command with `text` as its standard input.

    The process leads its own group, which is killed as a whole when a limit is reached and when this function is left
    by an exception such as an interrupt. On Linux the process also dies when the caller itself is killed.

    Parameters
    ----------
    command : list of str
        Program and arguments.
    text : str
        Standard input.
    seconds : float, optional
        Limit on wall time.
    memory_mb : int, optional
        Limit on resident memory of the process, watched from outside; its address space is limited to this and a
        constant for libraries.
    **environment : str
        Environment variables to set.

    Returns
    -------
    Finished

    Raises
    ------
    BackendError
        If the program cannot be started.
    """
    start = time.monotonic()
    limits = [
        str((memory_mb or 1 << 20) + _HEADROOM_MB),
        str(int(seconds or 1e6) + 5),
        str(_OUTPUT_MB),
    ]
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        source.write(text.encode())
        source.seek(0)
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-S", _LAUNCH, *limits, *command],
                stdin=source,
                stdout=out,
                stderr=err,
                start_new_session=True,
                close_fds=True,
                env={**os.environ, **environment},
            )
        except OSError as error:
            raise BackendError(f"{command[0]} cannot be started: {error}") from None
        ending: Literal["exit", "time", "memory", "output"] = "exit"
        try:
            ending = _watch(process, start, seconds, memory_mb)
        finally:
            _kill(process)
        code = process.returncode
        if ending == "exit" and code and max(_size(out), _size(err)) >= _OUTPUT_MB << 20:
            ending = "output"
        if ending == "exit" and code == -getattr(signal, "SIGXCPU", 0):
            ending = "time"
        return Finished(ending, code, _read(out), _read(err), time.monotonic() - start)


def _watch(
    process: subprocess.Popen[bytes], start: float, seconds: float | None, memory_mb: int | None
) -> Literal["exit", "time", "memory"]:
    """Wait until the process ends or breaks a limit."""
    turn = 0
    while process.poll() is None:
        elapsed = time.monotonic() - start
        if seconds is not None and elapsed >= seconds:
            return "time"
        if memory_mb is not None and _resident_mb(process.pid) > memory_mb:
            return "memory"
        pause = _TICKS[min(turn, len(_TICKS) - 1)]
        turn += 1
        time.sleep(pause if seconds is None else max(0.0, min(pause, seconds - elapsed)))
    return "exit"


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the whole group and reap the leader; harmless when it has ended."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.poll() is None:
        process.kill()
    process.wait()


def _resident_mb(pid: int) -> float:
    """Resident memory in megabytes; 0 where the system does not tell."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def _size(file: IO[bytes]) -> int:
    return os.fstat(file.fileno()).st_size


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read((_OUTPUT_MB << 20) + 1).decode("utf-8", errors="replace")


@cache
def version_of(program: str, pattern: str) -> str:
    """The version that a program states with ``-v``: the group of a pattern. Empty when the program does not run.

    Examples
    --------
    >>> version_of("no-such-program", "version (.*)")
    ''
    """
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        text = subprocess.run(
            [path, "-v"], capture_output=True, text=True, timeout=10, check=False, stdin=subprocess.DEVNULL
        ).stdout
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    found = re.search(pattern, text)
    return found.group(1) if found else "of unknown version"
