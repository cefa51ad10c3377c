"""Whatever a certificate holds, both checkers answer, soon, in little memory, and without contradicting each other."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from closedness import check
from tests.helpers.hostile import HOSTILE, SMALL, made, text
from tests.second.checker import outcome

ROOT = Path(__file__).parent.parent
SECONDS, BYTES_A_SECOND = 20, 100_000
MEMORY = 1 << 30
MADE = dict(made())
# the small ones are stored; the others are made and checked where there is time
ALL = [pytest.param(n, marks=[] if (HOSTILE / f"{n}.json").exists() else pytest.mark.slow) for n in MADE]
VERIFIED = {
    "crossing-of-dense-squares",
    "foreign-name",
    "foreign-name-of-four",
    "foreign-name-that-looks-right",
    "foreign-name-in-other-letters",
    "full",
    "full-columns",
    "levels-huge-elimination",
    "minus-zero",
    "proportional-numbers",
    "representatives",
}
TRUSTING = {"ideal-of-a-dense-square"}
# where one of the two gives up and the other one does not
ONE_GIVES_UP = {"covariance": 0, "crossing-of-many": 0, "network": 0, "wide-peel": 0, "wide-trim": 0}
# where the second one does: it brings the coefficients of a polynomial to a common denominator
SECOND_GIVES_UP = {"proportional-numbers"}
SECOND = """
import resource, sys
from tests.second.checker import outcome
code = outcome(open(sys.argv[1], "rb").read())
assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1 << 20, "more than a gigabyte"
sys.exit(code)
"""


class Run(NamedTuple):
    """What a program did."""

    code: int
    out: str
    err: str
    seconds: float


def run(command: list[str], seconds: int, memory: int | None = None) -> Run:
    """Run a program, at most so many seconds of the processor and so much memory."""

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, preexec_fn=limits, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(done.returncode, done.stdout, done.stderr, used)


def allowed(content: bytes) -> int:
    return SECONDS + len(content) // BYTES_A_SECOND


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_the_program_answers_in_time_and_memory(name: str, tmp_path: Path) -> None:
    """With less memory than this the program would be killed, or it would say that there is not enough."""
    content = text(MADE[name]())
    path = tmp_path / "certificate.json"
    path.write_bytes(content)
    program = str(ROOT / "closedness" / "check.py")
    done = run([sys.executable, "-I", "-S", program, str(path)], allowed(content), MEMORY)
    assert done.code in ((3,) if name in TRUSTING else (0, 1, 2)), done
    assert (done.code == 0) is (name in VERIFIED), done
    assert "Traceback" not in done.out + done.err
    assert "more memory" not in done.out
    assert (done.out + done.err).count("\n") == 1
    assert len(done.out + done.err) < 1_200
    assert done.seconds <= allowed(content)


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_the_second_checker_answers_too_and_agrees(name: str, tmp_path: Path) -> None:
    content = text(MADE[name]())
    path = tmp_path / "certificate.json"
    path.write_bytes(content)
    done = run([sys.executable, "-c", SECOND, str(path)], allowed(content) + 5)
    assert done.err == ""
    if name in ONE_GIVES_UP:
        assert done.code == ONE_GIVES_UP[name]
        assert "more work" in check(content).reason
    else:
        verified = VERIFIED - SECOND_GIVES_UP
        assert done.code in ((0,) if name in verified else (3,) if name in TRUSTING else (1, 2)), done


@pytest.mark.slow
def test_the_stored_ones_are_those_that_are_made() -> None:
    small = {name: content for name, make in MADE.items() if len(content := text(make())) <= SMALL}
    assert {path.stem: path.read_bytes() for path in HOSTILE.glob("*.json")} == small


@pytest.mark.parametrize("name", [name for name in sorted(VERIFIED) if name.startswith("foreign")])
def test_a_name_that_is_no_entry_may_take_any_value(name: str) -> None:
    """It has no weight in a scaling, whatever it looks like."""
    content = text(MADE[name]())
    report = check(content)
    assert (report.exit_code, outcome(content)) == (0, 0), report


@pytest.mark.slow
def test_the_cases_of_a_union_share_one_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a limit that one case stays within."""
    checker: Any = sys.modules["closedness.check"]
    data: Any = MADE["levels-orbit"]()
    assert "no case for" in check(data).reason
    used = checker.MAX_WORK - checker._work_left.get()[0]
    monkeypatch.setattr(checker, "MAX_WORK", used + 1_000)
    assert "no case for" in check(data).reason
    data["proof"][-1]["cases"] *= 40
    assert "more work" in check(data).reason


@pytest.mark.parametrize("limit", [1_000, 1_000_000])
@pytest.mark.parametrize("depth", [790, 810, 3_000, 100_000])
@pytest.mark.parametrize("key", ["problem", "proof", "provenance", "field"])
def test_depth_is_limited_in_every_place(depth: int, key: str, limit: int) -> None:
    """Also where a library has raised Python's own limit so far that its reader of JSON would overrun the stack."""
    data: Any = json.loads(text(MADE["foreign-name"]()))
    data[key] = "HERE"
    content = json.dumps(data).replace('"HERE"', "[" * depth + "]" * depth)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(limit)
    try:
        answers = check(content).exit_code, outcome(content)
    finally:
        sys.setrecursionlimit(before)
    assert answers == (2, 2)
