"""Engines that die, hang, flood or babble: each of them, in each way, alone and behind `decide`; nothing hangs."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import closedness.engines as backends
from closedness import SupportProduct, decide
from closedness.cli.app import main
from closedness.engines import CVC5, QEPCAD, Z3, Answer, Backend, Panel, Singular, closedness_sentence, is_product
from closedness.engines.sentences.questions import membership_query
from closedness.verdict import Status

LU2 = SupportProduct.from_text("10/11 * 11/01")
SWAP = [[0, 1], [1, 0]]
EASY = membership_query(LU2, SWAP, scalings="none")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="watches processes through /proc")
NAMES = ("z3", "cvc5", "qepcad", "singular")
VERSIONS = {"qepcad": "Version B 9.99", "singular": "Singular version 9.9.9"}


def stand_in(tmp_path: Path, name: str, body: str) -> Backend:
    """One of the four engines with a program of our own in its place."""
    path = tmp_path / f"fake-{name}"
    said = VERSIONS.get(name, "")
    path.write_text(f'#!/bin/sh\n[ "$1" = -v ] && echo "{said}" && exit 0\n{body}\n')
    path.chmod(0o755)
    if name == "z3":
        return Z3(worker=["/bin/sh", str(path)])
    if name == "cvc5":
        engine = CVC5(worker=["/bin/sh", str(path)])
        if not engine.available:
            pytest.skip("the optional extra cvc5 is not installed")
        return engine
    return QEPCAD(str(path)) if name == "qepcad" else Singular(str(path))


FAULTS = {
    "crash": ("kill -SEGV $$", "was ended by SIGSEGV"),
    "code": ("echo boom >&2; exit 3", "ended with code 3: boom"),
    "silence": ("exit 0", "cannot be read"),
    "babble": ("echo perhaps", "cannot be read"),
    "bytes": (r"printf '\377\376\000'", "cannot be read"),
    "half": ('echo \'{"status": "unsat", "case"\'', "cannot be read"),
    "deep": ("printf '[%.0s' $(seq 1 200000)", "cannot be read"),
    "flood": ("yes x", "writing more than 16 MB"),
    "hang": ("sleep 60", "was stopped after"),
    "deaf": ("trap '' TERM INT HUP; sleep 60", "was stopped after"),
    "start and hang": ("echo '@ case 0 none'; sleep 60", "was stopped after"),
}


@pytest.mark.slow
@linux
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_engine_with_each_fault(tmp_path: Path, name: str, fault: str) -> None:
    body, said = FAULTS[fault]
    engine = stand_in(tmp_path, name, body)
    limit = 1.0 if said == "was stopped after" else 20.0
    start = time.monotonic()
    answer = engine.solve(EASY, limit)
    assert answer.status == "unknown", answer
    assert said in answer.detail
    assert name in answer.detail
    assert "\n" not in answer.detail
    assert len(answer.detail) < 300
    assert time.monotonic() - start < limit + 5


@linux
@pytest.mark.parametrize("name", NAMES)
def test_each_engine_that_floods_memory(tmp_path: Path, name: str) -> None:
    flood = f'exec {sys.executable} -S -c "\nb = []\nwhile True: b.append(bytearray(8 << 20))\n"'
    start = time.monotonic()
    answer = stand_in(tmp_path, name, flood).solve(EASY, 30, memory_mb=100)
    assert answer.status == "unknown"
    assert "memory" in answer.detail.lower()
    assert time.monotonic() - start < 15


@linux
@pytest.mark.parametrize("name", NAMES)
def test_each_engine_that_is_killed_in_mid_run(tmp_path: Path, name: str) -> None:
    marker = tmp_path / "pid"
    engine = stand_in(tmp_path, name, f"echo $$ > {marker}; exec sleep 60")

    def kill() -> None:
        end = time.monotonic() + 20
        while time.monotonic() < end and not (marker.exists() and marker.read_text().strip()):
            time.sleep(0.02)
        os.kill(int(marker.read_text()), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    start = time.monotonic()
    answer = engine.solve(EASY, 50)
    killer.join()
    assert (answer.status, answer.detail) == ("unknown", f"{name} was ended by SIGKILL")
    assert time.monotonic() - start < 30


@linux
@pytest.mark.parametrize("fault", ["crash", "babble", "flood"])
def test_the_next_engine_answers(tmp_path: Path, fault: str) -> None:
    broken = [stand_in(tmp_path, name, FAULTS[fault][0]) for name in ("singular", "qepcad")]
    answer = is_product(LU2, SWAP, 40, backend=Panel([*broken, Z3()]))
    assert (answer.status, answer.engine) == ("unsat", "z3")
    nobody = is_product(LU2, SWAP, 20, backend=Panel(broken))
    assert nobody.status == "unknown"
    assert all(name in nobody.detail for name in ("singular", "qepcad"))


@pytest.mark.slow
@linux
def test_hanging_engines_share_the_time(tmp_path: Path) -> None:
    """All of them hang: the questions end in time, whichever is asked."""
    panel = Panel([stand_in(tmp_path, name, "sleep 60") for name in ("z3", "qepcad", "singular")])
    for ask in (
        lambda: is_product(LU2, SWAP, 3, backend=panel),
        lambda: closedness_sentence(LU2, 3, backend=panel),
    ):
        start = time.monotonic()
        assert ask().status == "unknown"
        assert time.monotonic() - start < 7


@pytest.mark.slow
@linux
@pytest.mark.parametrize("body", ["sleep 60", "yes x", "kill -SEGV $$"])
def test_decide_with_all_engines_ends_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    """Engines that do not answer cost their share of the limit and neither the verdict nor more time."""
    for name in ("z3", "qepcad", "singular"):
        stand_in(tmp_path, name, body)
    makers: dict[str, Any] = {
        "z3": lambda: stand_in(tmp_path, "z3", body),
        "qepcad": lambda: stand_in(tmp_path, "qepcad", body),
        "singular": lambda: stand_in(tmp_path, "singular", body),
    }
    monkeypatch.setattr(backends, "BACKENDS", makers)
    for pattern, status in ((LU2, Status.NOT_CLOSED), (SupportProduct.from_text("11/11 * 11/11"), Status.CLOSED)):
        start = time.monotonic()
        verdict = decide(pattern, seconds=4, backend="all")
        assert time.monotonic() - start < 9
        assert verdict.status is status
        assert len(verdict.opinions) == 3
        assert all("does not know" in line for line in verdict.opinions)
    problem = tmp_path / "lu.txt"
    problem.write_text("10\n11\n\n11\n01\n")
    start = time.monotonic()
    assert main(["decide", str(problem), "--backend", "all", "--seconds", "3"]) == 0
    assert time.monotonic() - start < 8
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.slow
@linux
def test_the_real_engines_all_together_end_in_time() -> None:
    """A sentence that none of them settles quickly: rank two in 3×3, as it stands."""
    hard = SupportProduct([[[1, 1]] * 3, [[1] * 3] * 2])
    available = [engine for engine in (Z3(), CVC5(), QEPCAD(), Singular()) if engine.available]
    start = time.monotonic()
    answer = closedness_sentence(hard, 6, textbook=True, backend=Panel(available))
    assert time.monotonic() - start < 12
    assert answer.status in ("unknown", "unsat")
    start = time.monotonic()
    verdict = decide(hard, seconds=6, backend="all")
    assert time.monotonic() - start < 12
    assert verdict.status is Status.CLOSED


# ---------------------------------------------------------------- models that are monsters


def told(tmp_path: Path, value: Any) -> Answer:
    """The real interface with a worker that answers "sat" and gives every variable this value."""
    model = dict.fromkeys(EASY.cases[0].names, value)
    reply = json.dumps({"status": "sat", "case": 0, "model": model, "detail": ""})
    (tmp_path / "reply").write_text(reply)
    return is_product(LU2, SWAP, 20, scalings="none", backend=stand_in(tmp_path, "z3", f"cat {tmp_path / 'reply'}"))


@linux
@pytest.mark.parametrize(
    ("value", "status", "said"),
    [
        ({"poly": ["-2", *["0"] * 79, "1"], "near": "1", "radius": "1/10"}, "sat", "of degree 80"),
        ({"poly": ["-" + "9" * 5_000, "0", "1"], "near": "1", "radius": "1"}, "sat", "digits"),
        ({"poly": ["-2", "0", "1"], "near": "9" * 3_000, "radius": "1"}, "unknown", "cannot be read"),
        ({"poly": ["1", "0", "1"], "near": "0", "radius": "1"}, "unknown", "cannot be read"),
        ({"poly": ["-2", "0", "1"], "near": "0", "radius": "9"}, "unknown", "2 roots"),
        ({"poly": [], "near": "0", "radius": "1"}, "unknown", "cannot be read"),
        ({"poly": ["0", "0"], "near": "0", "radius": "1"}, "unknown", "cannot be read"),
        ("1/0", "unknown", "cannot be read"),
        ("nan", "unknown", "cannot be read"),
        ("1", "unknown", "gave a model that is none"),
    ],
)
def test_monsters_are_no_models(tmp_path: Path, value: Any, status: str, said: str) -> None:
    start = time.monotonic()
    answer = told(tmp_path, value)
    assert answer.status == status
    assert not answer.verified
    assert said in answer.detail
    assert time.monotonic() - start < 10
