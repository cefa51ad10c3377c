"""How the program starts and ends: its start-up time, Ctrl-C at any moment, pipes, completion of the shell."""

from __future__ import annotations

import importlib.abc
import os
import pty
import resource
import signal
import subprocess
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from closedness.cli import guard, start
from tests.conftest import Outcome

ROOT = Path(__file__).parents[2]
Cli = Callable[..., Outcome]
LU = "x.\nxx\n\nxx\n.x\n"
posix = pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")


def program(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "closedness", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, **options)


@pytest.fixture
def lu(tmp_path: Path) -> Path:
    path = tmp_path / "lu.txt"
    path.write_text(LU)
    return path


# -------------------------------------------------------------------- start-up


@pytest.mark.slow
@posix
def test_the_program_starts_in_less_than_a_second(lu: Path, tmp_path: Path) -> None:
    """CPU time, the best of four; the first run writes the bytecode."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path / "cache")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    spent = []
    for _ in range(4):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert program("decide", lu, env=environment).returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent[1:]) < 1.0, spent


@pytest.mark.slow
def test_a_simple_question_needs_no_engine_and_no_computer_algebra(lu: Path) -> None:
    code = (
        "import sys; from closedness.cli.start import main; main(['decide', sys.argv[1]]); "
        "print([name for name in ('sympy', 'scipy', 'networkx', 'z3', 'closedness.engines.z3') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code, lu], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.stdout.splitlines()[-1] == "[]", run.stdout


# -------------------------------------------------------------------- Ctrl-C


class _Interrupt(importlib.abc.MetaPathFinder):
    """A person who presses Ctrl-C while a module is imported."""

    def __init__(self, module: str) -> None:
        self.module = module

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None) -> None:
        if fullname == self.module:
            raise KeyboardInterrupt


@pytest.mark.parametrize("module", ["closedness.cli.app", "closedness.cli.scan"])
def test_an_interruption_of_the_start(
    module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import closedness.cli.app  # noqa: F401  so that what it imports is there

    for name in {module, "closedness.cli.app"}:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Interrupt(module), *sys.meta_path])
    assert start.main(["--version"]) == 130
    assert capsys.readouterr() == ("", "closedness: interrupted\n")


@pytest.fixture
def ignored() -> Iterator[None]:
    """As a shell starts a job in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.usefixtures("ignored")
def test_interruptions_are_restored_where_a_person_sits(watched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_in_foreground", lambda: watched)
    guard.restore_interrupts()
    expected = signal.default_int_handler if watched else signal.SIG_IGN
    assert signal.getsignal(signal.SIGINT) is expected


@posix
@pytest.mark.usefixtures("ignored")
def test_a_job_in_the_background_goes_on_ignoring() -> None:
    code = (
        "import signal; from closedness.cli.app import main; main(['--version']); "
        "print(signal.getsignal(2) is signal.SIG_IGN)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    assert run.stdout.splitlines()[-1] == "True"


@posix
def test_ctrl_c_at_a_terminal_of_a_program_that_was_told_to_ignore_it(lu: Path) -> None:
    """In a terminal of its own, started as scripts start programs: with the signal ignored."""
    import pty

    code = (
        "import signal, sys; from closedness.cli import decide as module\n"
        "def run(*rest): print('ready', flush=True); signal.pause()\n"
        "module.run = run\n"
        "from closedness.cli.start import main; sys.exit(main(['decide', sys.argv[1]]))"
    )
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", code, str(lu)])
    seen = b""
    while b"ready" not in seen:
        seen += os.read(terminal, 1000)
    os.write(terminal, b"\x03")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 130


# -------------------------------------------------------------------- pipes


@pytest.mark.slow
@posix
@pytest.mark.parametrize("arguments", [("cases", "list"), ("cases", "list", "--json"), ("--help",), ("--version",)])
def test_a_reader_that_has_gone_is_no_fault(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        run = subprocess.run(
            [sys.executable, "-m", "closedness", *arguments],
            cwd=ROOT,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )
    finally:
        os.close(writing)
    assert run.stderr == ""


@pytest.mark.slow
@posix
@pytest.mark.parametrize("text", [LU, '{"I": [[1, 0], [1, 1]], "J": [[1, 0], [1, 1]]}'])
def test_a_problem_comes_through_a_pipe(tmp_path: Path, text: str) -> None:
    pipe = tmp_path / "63"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "closedness", "decide", str(pipe), "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        pipe.write_text(text)
        out, _ = run.communicate(timeout=60)
    assert run.returncode == 0
    assert '"status": "not_closed"' in out


# -------------------------------------------------------------------- completion


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        ("bash", {"COMP_WORDS": "closedness de", "COMP_CWORD": "1"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "closedness de"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "closedness de", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_shells_complete_commands(shell: str, variables: dict[str, str]) -> None:
    completing = {**os.environ, **variables, "_CLOSEDNESS_COMPLETE": f"complete_{shell}"}
    assert "decide" in program(env=completing).stdout
    script = program(env={**os.environ, "_CLOSEDNESS_COMPLETE": f"source_{shell}"})
    assert "_CLOSEDNESS_COMPLETE" in script.stdout


# -------------------------------------------------------------------- one line for what goes wrong


def test_a_text_of_one_block(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("# a comment\n\nx.\nxx\n")
    found = cli("decide", tmp_path / "one.txt")
    assert found.code == 2
    assert "holds one factor (2×2), at least two are needed; a blank line separates factors" in found.err


def test_nobody_at_the_address_of_the_scheduler(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def __init__(self, address: str, timeout: float) -> None:
            raise OSError(f"Timed out trying to connect to {address} after {timeout} s")

    monkeypatch.setitem(sys.modules, "distributed", types.SimpleNamespace(Client=Client))
    database = tmp_path / "c.sqlite"
    found = cli("census", "--hidden", 1, "--scheduler", "tcp://127.0.0.1:9", "--database", database)
    assert found.code == 2
    assert found.err.startswith("closedness: --scheduler tcp://127.0.0.1:9: no Dask scheduler answers at this address")
    assert found.err.count("\n") == 1


def test_too_many_terms_are_undecided_and_nobodys_fault(cli: Cli, tmp_path: Path) -> None:
    import json

    import numpy as np

    np.savez(tmp_path / "large.npz", I=np.ones((80, 80)), J=np.ones((80, 80)))
    (tmp_path / "target.json").write_text(json.dumps(np.eye(80, dtype=int).tolist()))
    found = cli("member", tmp_path / "large.npz", tmp_path / "target.json", "--seconds", 5)
    assert found.code in (0, 4)
    assert "max_paths" not in found.err


def test_what_the_readme_writes_is_ignored_by_git() -> None:
    ignored = (ROOT / ".gitignore").read_text().split()
    for name in ("/my.txt", "*.cert.json", "/report.html"):
        assert name in ignored


@posix
@pytest.mark.slow
def test_a_terminal_is_told_what_is_being_done(tmp_path: Path) -> None:
    """After a second, on standard error; nothing of it goes into a pipe."""
    texts = "110111/011101/101110/111011/110101/011111", "011101/110110/111011/101111/110111/011110"
    problem = tmp_path / "hard.txt"
    problem.write_text("\n\n".join(text.replace("/", "\n") for text in texts) + "\n")
    command = [sys.executable, "-m", "closedness", "decide", str(problem), "--seconds", "2.5"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    out, _ = process.communicate(timeout=120)
    seen = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "deciding" in seen
    assert b"deciding" not in out
    piped = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=120)
    assert piped.stderr == b""
