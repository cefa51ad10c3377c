"""Limits, interrupts, odd questions and the last resort of `decide`, and the command line on top of it."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from closedness import Certificate, Status, Support, SupportProduct, Verdict, check, decide
from closedness.budget import Budget
from closedness.engines import Answer
from closedness.errors import InputError
from tests.helpers.oracle import lower_triangular, two_factors

engine = importlib.import_module("closedness.decide")  # the package exports the function of this name
LU = lower_triangular(2)
# undecided by all rules so far, in reasonable time: needs the last resort
HARD = two_factors((8, 7, 14, 7), (15, 13, 11, 13), 4)
# closed, by case distinctions alone
SLOW = two_factors((8, 15, 5, 8), (5, 1, 12), 4)


# -------------------------------------------------------------------- what is asked


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1]],), "product is list"),
        ((LU, "rational"), "field is 'rational'"),
        ((LU, "real", -1), "seconds is -1"),
        ((LU, "real", float("nan")), "seconds is nan"),
    ],
)
def test_wrong_arguments(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        decide(*arguments)
    assert isinstance(caught.value, ValueError)


def test_no_limit() -> None:
    assert decide(LU, seconds=None).status is Status.NOT_CLOSED


def test_complex_entries() -> None:
    for product, status in ((LU, Status.NOT_CLOSED), (two_factors([3, 3], [3, 3], 2), Status.CLOSED)):
        verdict = decide(product, field="complex")
        assert verdict.status is status
        assert verdict.field == "complex"
        assert verdict.certificate is not None
        assert verdict.certificate.field == "complex"
        assert check(verdict.certificate).verified


def test_the_smallest_questions() -> None:
    for text in ("1 * 1", "0 * 0", "1 * 0"):
        assert decide(SupportProduct.from_text(text)).status is Status.CLOSED


def test_chains_are_not_decided_by_two_factor_rules() -> None:
    product = SupportProduct([Support.from_text("10/11"), Support.from_text("11/01"), Support.from_text("10/01")])
    verdict = decide(product, last_resort=False)
    if verdict.status is Status.UNDECIDED:
        assert verdict.tried
    else:
        assert check(verdict.certificate).verified


# -------------------------------------------------------------------- time


def test_no_time_at_all() -> None:
    """A quick verdict is fine; an undecided one says what ran out; nothing is raised."""
    for product in (LU, HARD, two_factors([3, 3], [3, 3], 2)):
        verdict = decide(product, seconds=0)
        if verdict.status is Status.UNDECIDED:
            assert verdict.reason == "out of time"
            assert verdict.tried
            assert verdict.certificate is None
        else:
            assert check(verdict.certificate).verified


def test_little_time_is_kept() -> None:
    start = time.monotonic()
    verdict = decide(HARD, seconds=0.5, last_resort=False)
    spent = time.monotonic() - start
    assert verdict.status is Status.UNDECIDED or check(verdict.certificate).verified
    # generous: a shared machine may stop this process for a while
    assert spent < 10


def test_budgets() -> None:
    assert Budget(None).left() is None
    assert not Budget(None).expired()
    assert Budget(None).part(0.5).left() is None
    spent = Budget(0)
    time.sleep(0.001)
    assert spent.expired()
    assert spent.left() == 0
    left = Budget(100).part(0.25).left()
    assert left is not None
    assert 20 < left <= 25
    assert Budget(1).elapsed() < 1


def test_an_undecided_answer_says_what_is_known() -> None:
    """The dimension, whether limits over C fill the support, and the part that the reductions leave."""
    texts = "110111/011101/101110/111011/110101/011111", "011101/110110/111011/101111/110111/011110"
    dense = SupportProduct.from_text(" * ".join(texts))
    # one more row, column and hidden index that touch nothing else
    larger = ["/".join([*(row + "0" for row in text.split("/")), "0000001"]) for text in texts]
    beside = SupportProduct.from_text(" * ".join(larger))
    for product, lines in ((dense, 1), (beside, 2)):
        verdict = decide(product, seconds=0, last_resort=False)
        assert verdict.status is Status.UNDECIDED
        assert len(verdict.known) == lines
        assert verdict.known[0] == (
            f"the set has dimension {product.support.nnz}, in a space of {product.support.nnz} entries: "
            "over C its limits are all matrices on its support"
        )
        assert all(line in str(verdict) for line in verdict.known)
    assert "6 rows, 6 columns and 6 hidden indices" in verdict.known[1]


# -------------------------------------------------------------------- interrupts


def interrupted(*arguments: object, **names: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "place",
    [
        "closedness.search.two_factors.limit_at_private_cells",
        "closedness.search.two_factors.blocks",
        "closedness.search.two_factors.stored_subpattern",
        "closedness.search.pairs.Prover.full",
    ],
)
def test_an_interrupt_leaves_the_question_undecided(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, interrupted)
    verdict = decide(SLOW, last_resort=False)
    assert verdict.status is Status.UNDECIDED
    assert verdict.reason == "interrupted"
    assert verdict.tried[-1] == "interrupted"
    assert verdict.certificate is None


def test_an_interrupt_of_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closedness.engines.closedness_sentence", interrupted)
    product = SupportProduct([Support.from_text("11/11")] * 3)
    verdict = decide(product)
    if verdict.certificate is None:
        assert verdict.reason == "interrupted"


def write(place: Path, product: SupportProduct) -> Path:
    place.write_text(json.dumps({"factors": [f.to_dense().astype(int).tolist() for f in product.factors]}))
    return place


def test_the_command_line_when_interrupted(
    tmp_path: Path, cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("closedness.search.pairs.Prover.quick", interrupted)
    outcome = cli("decide", write(tmp_path / "hard.json", HARD), "--json")
    assert outcome.code == 130
    answer = json.loads(outcome.out)
    assert answer["status"] == "undecided"
    assert answer["reason"] == "interrupted"
    assert answer["certificate"] is None


def test_the_command_line_when_time_is_up(tmp_path: Path, cli: Callable[..., Any]) -> None:
    outcome = cli("decide", write(tmp_path / "hard.json", HARD), "--seconds", "0")
    assert outcome.code == 4
    assert "UNDECIDED" in outcome.out
    assert "out of time" in outcome.out
    assert outcome.out.count("  - ") >= 1


def test_the_command_line_when_decided(tmp_path: Path, cli: Callable[..., Any]) -> None:
    place = tmp_path / "certificate.json"
    outcome = cli("decide", write(tmp_path / "lu.json", LU), "--json", "--certificate", place)
    assert outcome.code == 0
    answer = json.loads(outcome.out)
    assert answer["status"] == "not_closed"
    assert answer["counterexample"]["target"] == [["0", "1"], ["1", "0"]]
    assert check(answer["certificate"]).verified
    assert check(place.read_text(encoding="utf-8")).verified


# -------------------------------------------------------------------- the last resort


def answering(status: str, monkeypatch: pytest.MonkeyPatch) -> Verdict:
    """Let the rules fail and the engine say this."""

    def say(*arguments: object, **names: object) -> Answer:
        return Answer(status=status, engine="oracle", version="1.0", detail="no idea")  # type: ignore[arg-type, call-arg]

    monkeypatch.setattr("closedness.search.two_factors.two_factors", lambda question: None)
    monkeypatch.setattr("closedness.engines.closedness_sentence", say)
    return decide(LU)


def test_a_verdict_on_a_solvers_word_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = answering("unsat", monkeypatch)
    assert verdict.status is Status.CLOSED
    assert "oracle 1.0" in verdict.reason
    report = check(Certificate.from_json(verdict.certificate.to_json()))  # type: ignore[union-attr]
    assert report.verified
    assert report.trusted == ("oracle 1.0",)


@pytest.mark.parametrize("status", ["sat", "unknown"])
def test_a_solver_cannot_say_more(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """"Not closed" needs a target, a curve and a refutation."""
    verdict = answering(status, monkeypatch)
    assert verdict.status is Status.UNDECIDED
    assert any("oracle 1.0" in line for line in verdict.tried)


def test_without_the_last_resort_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("closedness.search.two_factors.two_factors", lambda question: None)
    monkeypatch.setattr("closedness.engines.closedness_sentence", interrupted)
    assert decide(LU, last_resort=False).reason == "no rule applies"
