from __future__ import annotations

import importlib
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import closedness
from closedness import SupportProduct
from closedness.cli import guard
from closedness.errors import BackendError, InputError
from tests.conftest import Outcome
from tests.files.test_reading import BAD

ROOT = Path(__file__).parents[2]
Cli = Callable[..., Outcome]

LU = "10\n11\n\n11\n01\n"
FULL = "11\n11\n\n11\n11\n"


@pytest.fixture
def lu(tmp_path: Path) -> Path:
    path = tmp_path / "lu.txt"
    path.write_text(LU)
    return path


@pytest.fixture
def full(tmp_path: Path) -> Path:
    path = tmp_path / "full.txt"
    path.write_text(FULL)
    return path


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "closedness", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
        **options,
    )


# -------------------------------------------------------------------- the application


def test_version_and_help(cli: Cli) -> None:
    assert cli("--version") == (0, f"closedness {closedness.__version__}\n", "")
    for command in ("show", "decide", "check", "counterexample"):
        assert command in cli("--help").out
        run = cli(command, "--help")
        assert run.code == 0
        assert "--json" in run.out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["show"],
        ["show", "a.json", "b.json"],
        ["show", "--unknown", "a.json"],
        ["decide", "a.json", "--field", "rational"],
        ["decide", "a.json", "--seconds", "soon"],
        ["decide", "a.json", "--seconds", "-1"],
        ["decide", "a.json", "--seconds", "nan"],
        ["counterexample", "a.json", "--at", "0"],
        ["counterexample", "a.json", "--at", "1/0"],
        ["counterexample", "a.json", "--at", "t"],
        ["check"],
    ],
)
def test_usage_errors(cli: Cli, arguments: list[str]) -> None:
    run = cli(*arguments)
    assert run.code == 2
    assert "Traceback" not in run.err


@pytest.mark.slow
@pytest.mark.parametrize("command", ["show", "decide", "counterexample"])
@pytest.mark.parametrize("name", list(BAD))
def test_malformed_files(cli: Cli, tmp_path: Path, command: str, name: str) -> None:
    kind, data, message = BAD[name]
    path = tmp_path / f"problem{kind}"
    path.write_bytes(data)
    for options in ([], ["--json"]):
        run = cli(command, path, *options)
        assert run.code == 2
        assert run.out == ""
        assert run.err.startswith(f"closedness: {path}")
        assert message in run.err
        assert run.err.count("\n") == 1


@pytest.mark.slow
def test_malformed_files_in_a_process_of_its_own(tmp_path: Path) -> None:
    large = tmp_path / "large.json"
    with large.open("wb") as file:
        file.truncate(80_000_000)
    for path in (large, tmp_path, tmp_path / "none.json"):
        run = process("decide", str(path))
        assert run.returncode == 2
        assert run.stdout == ""
        assert run.stderr.startswith("closedness: ")
        assert run.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (InputError("a\nb"), 2, "closedness: a b\n"),
        (BackendError("engine gone"), 70, "closedness: engine gone\n"),
        (ZeroDivisionError("oops"), 70, "closedness: internal error: ZeroDivisionError: oops\n"),
        (MemoryError(), 70, "closedness: out of memory\n"),
        (RecursionError("deep"), 70, "closedness: internal error: RecursionError: deep\n"),
        (KeyboardInterrupt(), 130, "closedness: interrupted\n"),
    ],
)
def test_nothing_ends_in_a_traceback(
    cli: Cli, lu: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.delenv("CLOSEDNESS_TRACEBACK", raising=False)
    monkeypatch.setattr("closedness.cli.show.analysis", fail)
    assert cli("show", lu) == (code, "", message)
    monkeypatch.setenv("CLOSEDNESS_TRACEBACK", "1")
    run = cli("show", lu)
    assert run.code == code
    assert run.err.endswith(message)
    assert ("Traceback" in run.err) == (not isinstance(error, (MemoryError, KeyboardInterrupt)))


def test_codes_are_distinct() -> None:
    codes = [guard.DECIDED, guard.BAD_INPUT, guard.UNDECIDED, guard.INTERNAL, guard.INTERRUPTED, 1, 3]
    assert len(set(codes)) == len(codes)


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_a_closed_pipe_is_no_failure_of_ours(lu: Path) -> None:
    command = f"'{sys.executable}' -m closedness show '{lu}' --json | true"
    run = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.stderr == ""


def test_terminals_without_unicode(lu: Path) -> None:
    run = process("show", str(lu), env={"PYTHONIOENCODING": "ascii"})
    assert run.returncode == 0
    assert "2?2" in run.stdout


def test_installed_as_a_script() -> None:
    script = Path(sys.executable).parent / "closedness"
    if not script.exists():
        pytest.skip("the project is imported from its directory, not installed")
    run = subprocess.run([script, "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout == f"closedness {closedness.__version__}\n"


# -------------------------------------------------------------------- show


def test_show_json(cli: Cli, lu: Path) -> None:
    run = cli("show", lu, "--json")
    assert (run.code, run.err) == (0, "")
    found = json.loads(run.out)
    product = SupportProduct.from_text("10/11 * 11/01")
    assert found["problem_id"] == product.content_id
    assert found["canonical_id"] == product.canonical_id
    assert found["shape"] == [2, 2]
    assert found["factors"] == [{"shape": [2, 2], "cells": 3, "structural_rank": 2}] * 2
    assert found["support"] == {"cells": 4, "structural_rank": 2}
    assert [each["name"] for each in found["classes"]] == ["A", "B"]
    assert [each["private_bicliques"] for each in found["classes"]] == [False, True]
    assert found["overlap"] == {"edges": [{"classes": ["A", "B"], "crossing": False}], "components": [["A", "B"]]}
    assert found["row_types"] == [{"hidden": [0], "rows": [0]}, {"hidden": [0, 1], "rows": [1]}]
    assert found["column_types"] == [{"hidden": [0], "columns": [0]}, {"hidden": [0, 1], "columns": [1]}]
    assert found["redundant"] == []


def test_show_text(cli: Cli, lu: Path, golden: Callable[[str, str], None]) -> None:
    run = cli("show", lu)
    assert (run.code, run.err) == (0, "")
    golden("show-lu2.txt", "\n".join(line.rstrip() for line in run.out.splitlines()) + "\n")


@pytest.mark.slow
def test_show_chain_and_large(cli: Cli, tmp_path: Path) -> None:
    chain = tmp_path / "chain.json"
    chain.write_text(json.dumps(SupportProduct.from_kronecker([(1, 2, 2, 4), (2, 2, 2, 2), (4, 2, 2, 1)]).to_problem()))
    found = json.loads(cli("show", chain, "--json").out)
    assert len(found["factors"]) == 3
    assert "classes" not in found
    assert cli("show", chain).code == 0
    large = tmp_path / "large.npz"
    np.savez(large, I=np.eye(100), J=np.tri(100))
    found = json.loads(cli("show", large, "--json").out)
    assert found["canonical_id"] is None
    assert len(found["classes"]) == 100
    run = cli("show", large)
    assert run.code == 0
    assert len(run.out.splitlines()) < 250
    assert "more (see --json)" in run.out


def test_show_draws(cli: Cli, lu: Path, tmp_path: Path) -> None:
    picture, graph = tmp_path / "a.svg", tmp_path / "b.svg"
    assert cli("show", lu, "--svg", picture, "--overlap", graph).code == 0
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    assert "overlap graph of 2 classes" in graph.read_text(encoding="utf-8")
    assert stat.S_IMODE(picture.stat().st_mode) == stat.S_IMODE(lu.stat().st_mode)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "b.svg", "lu.txt"]


def test_output_files_that_cannot_be_written(cli: Cli, lu: Path, tmp_path: Path) -> None:
    for command, option in (("show", "--svg"), ("show", "--overlap"), ("decide", "--certificate")):
        for path, message in ((tmp_path, "is a directory"), (tmp_path / "none" / "x", "does not exist")):
            run = cli(command, lu, option, path)
            assert run.code == 2
            assert message in run.err
            assert run.out == ""


def test_files_are_written_whole_or_not_at_all(
    cli: Cli, lu: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = tmp_path / "a.svg"
    picture.write_text("old")

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    run = cli("show", lu, "--svg", picture)
    assert run.code == 2
    assert "cannot be written (No space left on device)" in run.err
    assert picture.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "lu.txt"]


def test_standard_input() -> None:
    run = process("show", "-", "--json", input=LU)
    assert json.loads(run.stdout)["problem_id"] == SupportProduct.from_text("10/11 * 11/01").content_id


# -------------------------------------------------------------------- decide


def test_decide_not_closed(cli: Cli, lu: Path, tmp_path: Path) -> None:
    out = tmp_path / "lu.cert.json"
    run = cli("decide", lu, "--json", "--certificate", out)
    assert run.code == 0
    found = json.loads(run.out)
    assert found["status"] == "not_closed"
    assert found["reason"]
    assert found["problem_id"] == SupportProduct.from_text("10/11 * 11/01").content_id
    assert found["field"] == "real"
    assert found["seconds"] >= 0
    assert found["certificate"] == json.loads(out.read_text())
    target = [[Fraction(value) for value in row] for row in found["counterexample"]["target"]]
    assert target[0][0] == 0
    assert target[0][1] * target[1][0] != 0
    assert cli("check", out).code == 0


def test_decide_closed(cli: Cli, full: Path, tmp_path: Path) -> None:
    out = tmp_path / "cert.json"
    run = cli("decide", full, "--field", "complex", "--seconds", "inf", "--certificate", out)
    assert run.code == 0
    assert run.out.startswith("CLOSED")
    assert "not closed" not in run.out.splitlines()[0]
    assert cli("check", out).code == 0
    found = json.loads(cli("decide", full, "--json").out)
    assert found["status"] == "closed"
    assert "counterexample" not in found


def test_decide_out_of_time(cli: Cli, lu: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from closedness.verdict import Status, Verdict

    product = SupportProduct.from_text("10/11 * 11/01")

    def give_up(*_: object, **options: Any) -> Verdict:
        assert options.pop("backend", "z3") == "z3"
        assert options == {"field": "real", "seconds": 0.5}
        return Verdict(
            status=Status.UNDECIDED,
            reason="out of time",
            product=product,
            field="real",
            certificate=None,
            counterexample=None,
            seconds=0.5,
            tried=("crossing",),
            provenance={},
        )

    monkeypatch.setattr(importlib.import_module("closedness.decide"), "decide", give_up)
    out = tmp_path / "cert.json"
    run = cli("decide", lu, "--seconds", "0.5", "--json", "--certificate", out)
    assert run.code == 4
    found = json.loads(run.out)
    assert (found["status"], found["certificate"], found["tried"]) == ("undecided", None, ["crossing"])
    assert not out.exists()
    assert "no certificate" in run.err
    assert cli("counterexample", lu, "--seconds", "0.5").code == 4


def test_decide_interrupted(cli: Cli, lu: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module("closedness.decide"), "decide", interrupt)
    run = cli("decide", lu, "--json")
    assert run.code == 130
    assert json.loads(run.out)["status"] == "undecided"
    assert run.err == "closedness: interrupted\n"
    assert cli("decide", lu).out == "undecided: interrupted\n"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_decide_interrupted_from_the_keyboard(tmp_path: Path) -> None:
    """A problem beyond reach, interrupted after a while: an answer, no traceback, no process left behind."""
    hard = tmp_path / "hard.npz"
    rng = np.random.default_rng(5)
    np.savez(hard, I=rng.random((14, 9)) < 0.5, J=rng.random((14, 9)) < 0.5)
    command = [sys.executable, "-m", "closedness", "decide", str(hard), "--seconds", "inf", "--json"]
    run = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # also in a background job
    )
    try:
        run.wait(timeout=3)
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=30)
    assert "Traceback" not in err
    found = json.loads(out)
    assert run.returncode == (130 if found["status"] == "undecided" else 0)


# -------------------------------------------------------------------- check


def test_check(cli: Cli, lu: Path, tmp_path: Path) -> None:
    out = tmp_path / "lu.cert.json"
    assert cli("decide", lu, "--certificate", out).code == 0
    run = cli("check", out, "--json")
    found = json.loads(run.out)
    assert (run.code, run.err) == (0, "")
    assert (found["verified"], found["malformed"], found["claim"], found["trusted"]) == (True, False, "not_closed", [])
    assert found["rules"]
    assert cli("check", out).out.startswith("verified: not closed")

    swapped = json.loads(out.read_text())
    swapped["claim"] = "closed"
    out.write_text(json.dumps(swapped))
    assert cli("check", out).code in (1, 2)

    for text in ("", "{", "[]", "{}", '{"format": 1, "format": 2}', "\x00"):
        out.write_text(text)
        run = cli("check", out)
        assert run.code == 2
        assert run.out == ""
        assert run.err.count("\n") == 1
        found = json.loads(cli("check", out, "--json").out)
        assert (found["verified"], found["malformed"]) == (False, True)
    for path in (tmp_path, tmp_path / "none.json"):
        run = cli("check", path)
        assert (run.code, run.out) == (2, "")


@pytest.mark.parametrize(
    ("verified", "trusted", "code", "word"),
    [
        (True, (), 0, "verified: closed: why"),
        (False, (), 1, "rejected: closed: why"),
        (True, ("z3",), 3, "verified, trusting z3: closed: why"),
        (False, ("z3",), 1, "rejected: closed: why"),
    ],
)
def test_check_exit_codes(
    cli: Cli,
    lu: Path,
    monkeypatch: pytest.MonkeyPatch,
    verified: bool,
    trusted: tuple[str, ...],
    code: int,
    word: str,
) -> None:
    module = importlib.import_module("closedness.check")
    report = module.Report(verified, "closed", "why", trusted, ())
    monkeypatch.setattr(module, "check", lambda _: report)
    run = cli("check", lu)
    assert run.code == code
    assert run.out == word + "\n"


# -------------------------------------------------------------------- counterexample


def test_counterexample(cli: Cli, lu: Path) -> None:
    run = cli("counterexample", lu, "--json", "--at", "1/1000")
    assert run.code == 0
    found = json.loads(run.out)
    target = np.array([[float(Fraction(value)) for value in row] for row in found["counterexample"]["target"]])
    factors = [np.array(factor) for factor in found["at"]["factors"]]
    for factor, support in zip(factors, SupportProduct.from_text("10/11 * 11/01"), strict=True):
        assert not (factor[~support.to_dense()]).any()
    distance = float(np.linalg.norm(factors[0] @ factors[1] - target))
    assert found["at"]["distance"] == pytest.approx(distance, rel=1e-6, abs=1e-12)
    assert 0 < found["at"]["distance"] < 0.1
    closer = json.loads(cli("counterexample", lu, "--json", "--at", "1e-5").out)
    assert closer["at"]["distance"] < found["at"]["distance"]
    assert closer["at"]["largest_entry"] > found["at"]["largest_entry"]
    for factor, entries in zip(factors, found["counterexample"]["curve"], strict=True):
        for entry in entries:
            value = sum(Fraction(number) * Fraction(1, 1000) ** exponent for exponent, number in entry["terms"])
            assert factor[entry["row"], entry["column"]] == pytest.approx(float(value))


def test_counterexample_text(cli: Cli, lu: Path, full: Path) -> None:
    run = cli("counterexample", lu, "--at", "0.01")
    assert run.code == 0
    for word in ("target A", "factor 1 on the curve, t → 0:", "factor 2 at t = 0.01:", "Frobenius distance from A:"):
        assert word in run.out
    run = cli("counterexample", full)
    assert run.code == 0
    assert "there is no counterexample" in run.out
    found = json.loads(cli("counterexample", full, "--json").out)
    assert (found["status"], found["counterexample"]) == ("closed", None)


def test_counterexample_beyond_floating_point(cli: Cli, lu: Path) -> None:
    for t in ("1e-320", "1e300"):
        run = cli("counterexample", lu, "--at", t, "--json")
        if run.code == 0:
            assert "nan" not in run.out.lower()
        else:
            assert run.code == 2
            assert "beyond floating point" in run.err
