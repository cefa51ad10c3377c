"""The checker that Coq proved, as a second opinion of ``closedness check --proved``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from closedness.engines.proved import opinion
from closedness.errors import BackendError, InputError
from tests.conftest import Outcome
from tests.helpers.corpus import stored

Cli = Callable[..., Outcome]
ROOT = Path(__file__).parents[2]
VALID = ROOT / "tests" / "certificates" / "valid"
LIMIT, CLOSED = VALID / "decide-lu-2.json", VALID / "decide-butterfly.json"
built = pytest.mark.skipif(not (ROOT / "proofs" / "checker").exists(), reason="`make proved` has not been run")


def stand_in(folder: Path, code: int, line: str) -> None:
    (folder / "checker").touch()
    (folder / "proved.py").write_text(f"import sys\nsys.stdin.read()\nprint({line!r})\nsys.exit({code})\n")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLOSEDNESS_PROOFS", str(tmp_path))
    return tmp_path


def test_one_line_says_how_to_build_it(folder: Path, cli: Cli) -> None:
    done = cli("check", "--proved", LIMIT)
    assert done.code == 2
    assert "the proved checker is not built" in done.err
    assert "make proved" in done.err
    assert len(done.err.strip().split("\n")) == 1
    with pytest.raises(InputError, match="not built"):
        opinion(LIMIT.read_bytes())


@pytest.mark.parametrize(("code", "word", "exit_code"), [(0, "proved", 0), (1, "rejected", 1), (4, "not covered", 4)])
def test_its_answer_is_reported(folder: Path, code: int, word: str, exit_code: int, cli: Cli) -> None:
    stand_in(folder, code, f"{word} by a stand-in")
    done = cli("check", "--proved", LIMIT)
    assert done.code == exit_code
    assert done.out.split("\n")[-2] == f"{word} by a stand-in"
    found = json.loads(cli("check", "--proved", "--json", LIMIT).out)
    assert found["proved"] == {"answer": word, "text": f"{word} by a stand-in"}
    assert found["verified"] is True


def test_what_the_checker_rejects_is_not_asked_about(folder: Path, cli: Cli, tmp_path: Path) -> None:
    stand_in(folder, 0, "proved")
    wrong = tmp_path / "wrong.json"
    wrong.write_bytes(next(iter(stored("invalid").values())))
    done = cli("check", "--proved", wrong)
    assert done.code == 1
    assert "proved" not in done.out


def test_a_crash_is_no_answer(folder: Path) -> None:
    stand_in(folder, 3, "")
    with pytest.raises(BackendError, match="no answer"):
        opinion(LIMIT.read_bytes())


@built
def test_a_stored_limit_is_proved() -> None:
    assert opinion(LIMIT.read_bytes()).answer == "proved"


@built
def test_a_closed_pair_is_proved_by_rules_that_have_a_theorem() -> None:
    assert opinion(CLOSED.read_bytes()).answer == "proved"


@built
def test_other_rules_are_not_covered() -> None:
    assert "the rule strata" in opinion((VALID / "decide-section.json").read_bytes()).text


@built
@pytest.mark.parametrize("proof", [{"rule": "crossing"}, {"rule": "product", "parts": []}])
def test_a_set_that_is_not_closed_is_not_proved_closed(proof: dict[str, object]) -> None:
    certificate = {**json.loads(LIMIT.read_bytes()), "claim": "closed", "proof": [proof]}
    assert opinion(json.dumps(certificate).encode()).answer == "rejected"


@built
@pytest.mark.parametrize("part", ["target", "curve", "support"])
def test_a_changed_certificate_is_not_proved(part: str) -> None:
    certificate = json.loads(LIMIT.read_bytes())
    if part == "target":
        i, j, _ = certificate["proof"][-1]["target"][0]
        certificate["proof"][-1]["target"][0] = [i, j, "7"]
    elif part == "curve":
        certificate["proof"][-1]["curve"][0][0][2][0][1] = "5"
    else:
        certificate["problem"]["factors"][0]["rows"] = [[0, 1], [0, 1]]
    assert opinion(json.dumps(certificate).encode()).answer != "proved"
