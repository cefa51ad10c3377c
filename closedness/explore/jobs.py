"""One question in a process of its own, which can be ended at any moment.

On POSIX systems the processes are forked from a server that has imported everything and decided small problems, so
that a question starts within a few milliseconds; elsewhere each starts afresh.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from typing import TYPE_CHECKING, Any

from closedness.budget import Budget
from closedness.errors import ClosednessError, InputError
from closedness.explore.answers import KINDS

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext

__all__ = ["Job", "prepare"]

Part = dict[str, Any]
PATIENCE = 0.05


class Job:
    """A question that is being answered.

    Parameters
    ----------
    kind : str
        One of `closedness.explore.answers.KINDS`.
    payload : dict
    seconds : float
        After this time the process is ended.

    Raises
    ------
    InputError
        For an unknown kind.

    Examples
    --------
    >>> problem = {"factors": [{"shape": [1, 1], "rows": [[0]]}, {"shape": [1, 1], "rows": [[0]]}]}
    >>> job = Job("write", {"problem": problem, "format": "txt"}, 30)
    >>> job.next()["name"], job.next()
    ('supports.txt', None)
    """

    def __init__(self, kind: str, payload: Part, seconds: float) -> None:
        if kind not in KINDS:
            raise InputError(f"kind is {kind!r}, not one of {', '.join(KINDS)}")
        context = prepare()
        self._budget = Budget(seconds)
        self._limit = seconds
        self._over = threading.Event()
        self._here, there = context.Pipe()
        self._process: Any = context.Process(target=_work, args=(there, kind, payload), daemon=True)  # type: ignore[attr-defined]
        self._process.start()
        there.close()

    def next(self) -> Part | None:
        """The next part of the answer; None after the last one, and when the job was ended."""
        if self._over.is_set():
            return None
        try:
            while not self._here.poll(PATIENCE):
                if self._over.is_set():
                    return None
                if self._budget.expired():
                    self.end()
                    return {"part": "error", "message": f"stopped after {self._limit:g} s"}
            part: Part = self._here.recv()
        except (EOFError, OSError):
            code = None if self._over.is_set() else self._exit_code()
            self.end()
            return None if code in (0, None) else {"part": "error", "message": f"the process ended with code {code}"}
        return part

    def _exit_code(self) -> int | None:
        self._process.join(5)
        code: int | None = self._process.exitcode
        return code

    def end(self) -> None:
        """End the process, whatever it is doing; harmless when it has ended."""
        self._over.set()
        if self._process.is_alive():
            self._process.kill()
        self._process.join(5)

    def running(self) -> bool:
        """Whether the process is there."""
        alive: bool = self._process.is_alive()
        return alive


_context: BaseContext | None = None


def prepare() -> BaseContext:
    """Start what the processes are forked from, once; later calls return at once."""
    global _context
    if _context is None:
        _context = multiprocessing.get_context("spawn")
        if "forkserver" in multiprocessing.get_all_start_methods() and os.name == "posix":
            from multiprocessing import forkserver

            _context = multiprocessing.get_context("forkserver")
            _context.set_forkserver_preload(["closedness.explore.warm"])
            forkserver.ensure_running()
    return _context


def _work(there: Connection, kind: str, payload: Part) -> None:
    """Answer in the process; errors of this project become parts, too."""
    try:
        for part in KINDS[kind](payload):
            there.send(part)
    except (BrokenPipeError, KeyboardInterrupt):
        pass
    except ClosednessError as error:
        there.send({"part": "error", "message": str(error)})
    except MemoryError:
        there.send({"part": "error", "message": "out of memory"})
    except Exception as error:  # noqa: BLE001  a fault here is ours, the page still says one line
        there.send({"part": "error", "message": f"internal error: {type(error).__name__}: {error}"})
    finally:
        there.close()
