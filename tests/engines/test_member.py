"""Whether a matrix is a product: factors or refutations, from exact rules and from engines, and the command."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import closedness.engines.member as module
from closedness import SupportProduct
from closedness.algebra.casesplit import CaseAnswer
from closedness.check import check
from closedness.cli.app import main
from closedness.elaboration import content_id
from closedness.engines import Z3, Answer, Backend, Capabilities
from closedness.engines.member import Member, member
from closedness.engines.sentences.logic import Query
from tests.engines.test_engine_models import IRRATIONAL, QUADRATIC, discriminant
from tests.helpers.oracle import lu_exists
from tests.second.checker import outcome

LU2 = SupportProduct.from_text("10/11 * 11/01")
LU3 = SupportProduct.from_text("100/110/111 * 111/011/001")
SWAP = [[0, 1], [1, 0]]


class Says(Backend):
    """An engine that always gives the same answer."""

    name = "says"
    version = "1"
    capabilities = Capabilities(existential=True, quantified=False, model=True)

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def _ask(self, query: Query, seconds: float | None, memory_mb: int | None) -> Answer:
        return self.answer


def multiply(found: Member) -> Any:
    """The product of the factors as they are printed, by sympy: t is a root of the polynomial that is named."""
    assert found.factors is not None
    t = sympy.Symbol("t")
    names = {"t": t, "i": sympy.I}
    product = sympy.eye(len(found.factors[0]))
    for factor in found.factors:
        entries = [[sympy.sympify(entry.replace("^", "**"), names) for entry in row] for row in factor]
        product = product * sympy.Matrix(entries)
    if found.numbers == "rational numbers":
        return product
    polynomial = sympy.sympify(found.numbers.split(", ")[1].removesuffix(" = 0").replace("^", "**"), names)
    return product.applyfunc(lambda entry: sympy.rem(sympy.expand(entry), polynomial, t))


@given(st.lists(st.integers(-2, 2), min_size=9, max_size=9))
@settings(max_examples=40, deadline=None)
def test_lu_against_the_known_criterion(entries: list[int]) -> None:
    target = [entries[:3], entries[3:6], entries[6:]]
    found = member(LU3, target, seconds=20)
    assert found.proved
    assert (found.answer == "yes") == lu_exists(target)
    if found.answer == "yes":
        assert multiply(found) == sympy.Matrix(target)
        assert found.refutation is None
    else:
        assert found.factors is None


@pytest.mark.slow
@pytest.mark.parametrize("target", IRRATIONAL[:2])
@pytest.mark.parametrize("rules", [True, False])
def test_irrational_factors(target: list[list[int]], rules: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not rules:
        monkeypatch.setattr(module, "decide_membership", lambda *_, **__: CaseAnswer())
    found = member(QUADRATIC, target, seconds=40)
    assert (found.answer, found.proved) == ("yes", True)
    assert found.numbers.startswith("Q(t), ")
    assert multiply(found) == sympy.Matrix(target)
    assert not sympy.sqrt(discriminant(target)).is_rational
    if not rules:
        assert found.source == f"z3 {Z3().version}"


@pytest.mark.slow
def test_complex_factors(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the rules over a field that is not real, and by z3 in pairs of reals; over R there are none."""
    target = [[0, 2, 2, 1], [1, 0, 2, 2], [-1, 0, 0, -1], [2, -1, -1, 1]]
    assert discriminant(target) < 0
    by_rules = member(QUADRATIC, target, "complex", 40)
    assert (by_rules.answer, by_rules.proved) == ("yes", True)
    assert multiply(by_rules) == sympy.Matrix(target)
    monkeypatch.setattr(module, "decide_membership", lambda *_, **__: CaseAnswer())
    by_engine = member(QUADRATIC, target, "complex", 60)
    assert (by_engine.answer, by_engine.proved) == ("yes", True)
    assert any("*i" in entry for factor in by_engine.factors or () for row in factor for entry in row)
    assert multiply(by_engine) == sympy.Matrix(target)
    assert member(QUADRATIC, target, "real", 40).answer != "yes"


def test_what_engines_say_is_proved_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "decide_membership", lambda *_, **__: CaseAnswer())
    found = member(LU2, SWAP, backend=Says(Answer("unsat", reliable=False, detail="doubtful")))
    assert (found.answer, found.proved, found.source, found.detail) == ("no", True, "says 1", "")
    # a false "no": nothing refutes it
    found = member(LU2, [[1, 2], [3, 4]], backend=Says(Answer("unsat")))
    assert (found.answer, found.proved, found.refutation) == ("no", False, None)
    assert found.detail == "no refutation was found that can be checked"
    found = member(LU2, SWAP, backend=Says(Answer("unknown", detail="stopped")))
    assert (found.answer, found.proved, found.detail) == ("unknown", False, "stopped")
    # a refutation that the checker does not accept is not shown
    false = Answer("unsat", refutation={"cells": [[0, 0]], "nodes": [{"do": "contradiction", "equation": "0:0"}]})
    monkeypatch.setattr("closedness.engines.is_product", lambda *_, **__: false)
    found = member(LU2, SWAP)
    assert (found.answer, found.proved, found.refutation) == ("no", False, None)


def test_a_false_refutation_of_the_rules_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    false = CaseAnswer(refutation={"do": "contradiction", "equation": "0:0"})
    monkeypatch.setattr(module, "decide_membership", lambda *_, **__: false)
    assert member(LU2, [[1, 2], [3, 4]]).answer == "yes"


def test_refutations_are_checked_by_themselves() -> None:
    certificate = dict(member(LU2, SWAP).refutation or {})
    entries = [[0, 1, "1"], [1, 0, "1"]]

    def says(target: list[list[Any]] = entries, **changes: Any) -> int:
        problem = {"kind": "target", **LU2.to_problem(), "target": target}
        text = json.dumps({**certificate, "problem": problem, "problem_id": content_id(problem), **changes})
        assert outcome(text) == check(text).exit_code
        return check(text).exit_code

    for field in ("real", "complex"):
        assert says(field=field) == 0
    report = check(certificate)
    assert (report.claim, report.rules, report.trusted) == ("no_product", ("equations",), ())
    proof = certificate["proof"]
    assert says([[0, 0, "1"], *entries]) == says([[0, 1, "1"]]) == says(proof=proof[:-1]) == 1
    assert says([*entries, [1, 0, "1"]]) == says([[0, 9, "1"]]) == says(proof=[{"cells": []}]) == 2
    assert says(field="rational") == says(claim="not_closed") == says(claim="closed") == 2
    assert says(problem=LU2.to_problem(), problem_id=LU2.content_id) == 2
    limit = {"rule": "limit", "target": entries, "curve": [[], []], "then": len(proof) - 1}
    assert says(proof=[*proof, limit]) == 2


# ---------------------------------------------------------------- the command


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    problem, target = tmp_path / "lu.txt", tmp_path / "target.json"
    problem.write_text("10\n11\n\n11\n01\n")
    target.write_text(json.dumps([[2, "1/2"], [1, 1]]))
    return str(problem), str(target)


def test_the_command_prints_factors_and_refutations(files: tuple[str, str], capsys: Any) -> None:
    problem, target = files
    assert main(["member", problem, target]) == 0
    assert capsys.readouterr().out == (
        "a product: factors by exact rules over rational numbers, multiplied out exactly\n\n"
        "factor 1:\n  [   1  0 ]\n  [ 1/2  1 ]\n\nfactor 2:\n  [ 2  1/2 ]\n  [ 0  3/4 ]\n"
    )
    Path(target).write_text(json.dumps(SWAP))
    assert main(["member", problem, target, "--field", "complex"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("no product: proved by a refutation of ")
    assert out.endswith("accepted by the checker (exact rules)\n")
    assert main(["member", problem, target, "--json", "--backend", "all"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["answer"], found["proved"], found["factors"]) == ("no", True, None)
    assert check(found["refutation"]).verified
    assert found["refutation"]["problem"]["target"] == [[0, 1, "1"], [1, 0, "1"]]


def test_the_command_without_an_answer(files: tuple[str, str], capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, target = files
    monkeypatch.setattr(module, "decide_membership", lambda *_, **__: CaseAnswer())
    assert main(["member", problem, target, "--seconds", "0"]) == 4
    out, err = capsys.readouterr()
    assert out.startswith("not known whether it is a product (z3 ")
    assert "no time left" in out
    assert err == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[[1, 2]]", "target has 1 rows, the products have 2"),
        ("[[true, 2], [3, 4]]", "entry (0, 0)"),
        ("[1, 2]", "not a list of rows"),
        ("[[1", "JSON"),
    ],
)
def test_bad_targets(files: tuple[str, str], capsys: Any, content: str, said: str) -> None:
    problem, target = files
    Path(target).write_text(content)
    assert main(["member", problem, target]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err, err


def test_entries_are_fractions() -> None:
    found = member(LU2, [["2/4", 0], [0, Fraction(3)]])
    assert multiply(found) == sympy.Matrix([[sympy.Rational(1, 2), 0], [0, 3]])
