"""The ideal rule on its own: polynomials against ranks, answers against the other rules, proofs against the checker."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from itertools import combinations
from itertools import product as iterated
from typing import Any

import pytest

from closedness.algebra.bitsets import bits
from closedness.budget import Budget
from closedness.certificate import Certificate
from closedness.check import check
from closedness.decide import confirmed, decide
from closedness.engines import Z3
from closedness.engines.base import Answer, Backend
from closedness.engines.sentences.logic import Query
from closedness.equations.membership import decide_membership
from closedness.equations.vanishing import Polynomial, cells_of, separating, value_at, vanishing_polynomials
from closedness.errors import BudgetExceeded
from closedness.rules.limits.limit import limit_at
from closedness.rules.pairs import ideal as ideal_rule
from closedness.rules.pairs.ideal import IdealAnswer, ideal
from closedness.search.last_resort import zeros
from closedness.search.pairs import Prover
from closedness.search.question import Question
from closedness.supports.pattern import Pattern
from closedness.supports.product import SupportProduct
from closedness.verdict import Status
from tests.helpers.clocks import ENDED
from tests.helpers.oracle import random_types, two_factors
from tests.second.checker import second_check


def of(rows: tuple[int, ...], cols: tuple[int, ...]) -> SupportProduct:
    return two_factors(rows, cols, max(*rows, *cols).bit_length())


def certificate(product: SupportProduct, node: dict[str, Any] | None, field: str = "real") -> Certificate:
    assert node is not None
    return Certificate.closed(product, field, node, {})


class Silent(Backend):
    """An engine that never knows, and remembers what it was asked."""

    name = "silent"

    def __init__(self) -> None:
        self.queries: list[Query] = []

    @property
    def version(self) -> str:
        return "1"

    def solve(self, query: Query, seconds: float | None = 60.0, memory_mb: int | None = 2048) -> Answer:
        self.queries.append(query)
        return Answer("unknown", detail="no idea", engine=self.name)

    def _ask(self, query: Query, seconds: float | None, memory_mb: int | None) -> Answer:
        raise NotImplementedError


# ------------------------------------------------------------------------------ polynomials


def vanishes(pattern: Pattern, poly: Polynomial) -> bool:
    """Whether a polynomial in the entries vanishes on all products, by substitution."""
    result: Counter[tuple[str, ...]] = Counter()
    for cells, coefficient in poly.items():
        sums = [
            [(f"x{i}:{k}", f"y{k}:{j}") for k in bits(pattern.row_types[i] & pattern.col_types[j])] for i, j in cells
        ]
        for chosen in iterated(*sums):
            result[tuple(sorted(name for pair in chosen for name in pair))] += coefficient
    return not any(result.values())


@pytest.mark.parametrize(("m", "n", "r"), [(2, 2, 1), (2, 3, 1), (3, 3, 1), (3, 3, 2), (3, 4, 2), (5, 5, 4)])
def test_dense_patterns_give_the_minors(m: int, n: int, r: int) -> None:
    full = (1 << r) - 1
    pattern = Pattern.of_types([full] * m, [full] * n)
    polys = vanishing_polynomials(pattern)
    minors = len(list(combinations(range(m), r + 1))) * len(list(combinations(range(n), r + 1)))
    assert len(polys) == minors
    assert {len(poly) for poly in polys} == {2 if r == 1 else 6 if r == 2 else 120}
    assert all(vanishes(pattern, poly) for poly in polys)


def test_cycles_of_masked_rank_one() -> None:
    """Rank one seen on a cycle of six cells: one binomial of degree three, no minor."""
    pattern = Pattern((1, 1, 1), (1, 1, 1), (0b011, 0b110, 0b101))
    (poly,) = vanishing_polynomials(pattern)
    assert sorted(poly.values()) == [-1, 1]
    assert {len(cells) for cells in poly} == {3}


def test_polynomials_vanish_on_products_and_not_elsewhere() -> None:
    rng = random.Random(2)
    some = 0
    for _ in range(25):
        rows, cols = (random_types(rng, 3, 2, 0.7) for _ in range(2))
        pattern = Pattern.of_types(rows, cols)
        for poly in vanishing_polynomials(pattern, 3):
            some += 1
            assert vanishes(pattern, poly)
            first = next(iter(poly))
            changed: Polynomial = {**poly, first: poly[first] + 1}
            assert not vanishes(pattern, changed)
            for line in (0, 1):  # homogeneous in every row and column
                assert len({tuple(sorted(cell[line] for cell in cells)) for cells in poly}) == 1
    assert some > 5


def test_separating_polynomials() -> None:
    """Found for a matrix exactly where a complete list of polynomials has one, and none of them vanishes there."""
    rng = random.Random(5)
    found = 0
    for _ in range(40):
        rows, cols = (random_types(rng, 3, 2, 0.7) for _ in range(2))
        pattern = Pattern.of_types(rows, cols)
        cells = cells_of(pattern)
        matrix = {cell: Fraction(rng.choice((1, -1, 2))) for cell in cells if rng.random() < 0.7}
        poly = separating(pattern, matrix, 3)
        others = vanishing_polynomials(pattern, 3)
        assert (poly is not None) == any(value_at(other, matrix) for other in others)
        if poly is not None:
            found += 1
            assert vanishes(pattern, poly)
            assert value_at(poly, matrix)
    assert found > 3
    assert separating(pattern, matrix, budget=ENDED) is None


def test_the_clock_is_looked_at() -> None:
    with pytest.raises(BudgetExceeded):
        vanishing_polynomials(Pattern.of_types([3] * 3, [3] * 3), budget=ENDED)
    assert "time" in ideal(Pattern.of_types([3] * 3, [3] * 3), seconds=0).detail


# ------------------------------------------------------------------------------ the rule


@pytest.mark.parametrize(("rows", "cols"), [((1, 1), (1, 1)), ((3, 3), (3, 3)), ((1, 1), (1, 1, 1)), ((1, 2), (3, 3))])
def test_tiny_closed_patterns_by_the_engine_alone(rows: tuple[int, ...], cols: tuple[int, ...]) -> None:
    answer = ideal(Pattern.of_types(rows, cols), seconds=20, exact=False)
    assert answer.node is not None, answer.detail
    assert answer.node["engine"] == f"z3 {Z3().version}"
    report = check(certificate(of(rows, cols), answer.node))
    assert report.verified
    assert report.trusted == (answer.node["engine"],)
    assert report.exit_code == 3


@pytest.mark.parametrize(("rows", "cols"), [((1, 3), (1, 3)), ((1, 2, 3), (3, 3)), ((1, 3, 3), (1, 3))])
@pytest.mark.parametrize("exact", [False, True])
def test_tiny_patterns_that_are_not_closed(rows: tuple[int, ...], cols: tuple[int, ...], exact: bool) -> None:
    """A zero of the polynomials that is no product; the limit search turns it into a counterexample."""
    pattern, product = Pattern.of_types(rows, cols), of(rows, cols)
    answer = ideal(pattern, seconds=20, exact=exact)
    assert answer.node is None
    assert answer.target is not None, answer.detail
    assert decide_membership(product, answer.target).refutation is not None
    evidence = limit_at(product, pattern, answer.target, [])
    if evidence is not None:
        made = Certificate.not_closed(product, "real", evidence.target, evidence.curve, evidence.refutation, {})
        assert check(made).verified
    assert evidence is not None or not exact


def test_agreement_with_the_other_rules() -> None:
    """Whatever the rule says about random patterns is what the exact rules prove."""
    rng = random.Random(4)
    said = {Status.CLOSED: 0, Status.NOT_CLOSED: 0}
    for _ in range(25):
        rows, cols = random_types(rng, rng.randint(2, 3), 2, 0.75), random_types(rng, rng.randint(2, 3), 2, 0.75)
        product = two_factors(rows, cols, 2)
        truth = decide(product, last_resort=False).status
        answer = ideal(Pattern.of(product), seconds=1.5)
        if answer.node is not None:
            assert truth is Status.CLOSED, (rows, cols)
            assert check(certificate(product, answer.node)).verified
            said[truth] += 1
        elif answer.target is not None and limit_at(product, Pattern.of(product), answer.target, []) is not None:
            assert truth is Status.NOT_CLOSED, (rows, cols)
            said[truth] += 1
    assert said[Status.CLOSED] >= 8
    assert said[Status.NOT_CLOSED] >= 3


def test_an_engine_without_answer() -> None:
    engine = Silent()
    answer = ideal(Pattern.of_types([3, 3, 3], [3, 3, 3]), backend=engine, exact=False)
    assert (answer.node, answer.target) == (None, None)
    assert answer.detail == "silent 1: no idea"
    assert len(engine.queries[0].cases) > 5
    cells = cells_of(Pattern.of_types([3, 3, 3], [3, 3, 3]))
    for case in engine.queries[0].cases:
        assert len(case.names) + len(case.values) == len(cells)


def test_strata_without_zeros_are_not_put_to_an_engine() -> None:
    """Two polynomials with no common zero in a stratum, as an identity shows; others with one."""
    stratum = ideal_rule._Stratum(((0, 0), (0, 1), (1, 0), (1, 1)), frozenset({(0, 0), (0, 1), (1, 0)}))
    first, second = {((1, 1),): 1, (): -1}, {((1, 1), (1, 1)): 1, (): -2}
    assert ideal_rule._inconsistent(stratum, [first, second], Budget(5))
    assert not ideal_rule._inconsistent(stratum, [first, {**second, (): -1}], Budget(5))
    assert not ideal_rule._inconsistent(stratum, [first], Budget(5))


def test_too_large_patterns_are_left_open_quickly() -> None:
    answer = ideal(Pattern.of_types([31] * 6, [31] * 6), seconds=5)
    assert answer == IdealAnswer(None, None, answer.polynomials, answer.detail)
    assert "too many" in answer.detail or "time" in answer.detail


# ------------------------------------------------------------------------------ the checker


def test_the_checker_multiplies_out() -> None:
    product = of((1, 1), (1, 1))
    good = ideal(Pattern.of(product), seconds=20, exact=False).node
    assert good is not None
    assert check(certificate(product, good)).verified
    (poly,) = good["polynomials"]

    def said(**changes: Any) -> str:
        report = check(certificate(product, {**good, **changes}))
        assert not report.verified
        return report.reason

    assert "does not vanish" in said(polynomials=[[poly[0]]])
    assert "does not vanish" in said(polynomials=[poly, [["2", poly[0][1]], poly[1]]])
    assert "no entry that is looked at" in said(polynomials=[[["1", [["a:5:0", 1]]]]])
    assert "must be one of unsat" in said(answer="unknown")
    assert "name with a version" in said(engine="")
    assert "missing" in check(certificate(product, {"rule": "ideal", "polynomials": [], "answer": "unsat"})).reason
    assert not check(certificate(product, good, "complex")).verified
    # without its polynomials the statement is another one, and it still names whom it trusts
    assert check(certificate(product, {**good, "polynomials": []})).trusted


# ------------------------------------------------------------------------------ in decide


def test_decide_uses_it_before_the_textbook_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the searches, the rule settles what they would have settled."""
    monkeypatch.setattr("closedness.search.pairs.types_pattern", lambda *_, **__: None)
    for rows, cols, status in (((1, 3), (1, 3), Status.NOT_CLOSED), ((1, 6, 7), (2, 7, 7), Status.CLOSED)):
        product = of(rows, cols)
        question = Question(product, "real", Budget(20))
        question.prover = Prover(product, table=(), nodes=0)
        verdict = confirmed(question, zeros(question))
        assert verdict is not None, question.tried
        assert verdict.status is status
        report = check(verdict.certificate)
        assert report.verified
        assert bool(report.trusted) == (status is Status.CLOSED)
        assert any(line.startswith("ideal: ") for line in question.tried)
    for rows, cols, status in (((1, 2, 3), (3, 3), Status.NOT_CLOSED), ((3, 5, 6), (7, 7, 7), Status.CLOSED)):
        product = of(rows, cols)
        assert decide(product, last_resort=False).status is status


def test_the_rule_speaks_of_the_reals() -> None:
    product = of((3, 5, 6), (7, 7, 7))
    question = Question(product, "complex", Budget(20))
    question.prover = Prover(product, table=(), nodes=0)
    assert zeros(question) is None


def test_below_a_full_subset() -> None:
    """Cells that complete classes make arbitrary are not looked at: the entries there have no variable."""
    pattern = Pattern((1, 1, 1), (1, 1, 1), (0b011, 0b110, 0b101))
    answer = ideal(pattern, seconds=20)
    # a cycle is closed under no limit: zero in one place of the cycle, non-zero elsewhere
    assert answer.target is not None
    outcome = decide_membership(of((1, 1, 1), (1, 1, 1)), answer.target, cells=cells_of(pattern))
    assert outcome.refutation is not None
    assert all(isinstance(value, Fraction) for value in answer.target.values())


def test_the_second_checker_agrees() -> None:
    """Minors of a rank-two pattern vanish on its products; a changed one does not; an engine is named as trusted."""
    product = of((3, 3, 3), (3, 3, 3))
    determinant = [
        [sign, [[f"a:{i}:{j}", 1] for i, j in enumerate(order)]]
        for sign, order in (
            ("1", (0, 1, 2)),
            ("1", (1, 2, 0)),
            ("1", (2, 0, 1)),
            ("-1", (0, 2, 1)),
            ("-1", (1, 0, 2)),
            ("-1", (2, 1, 0)),
        )
    ]
    good = {"rule": "ideal", "polynomials": [determinant], "engine": "z3 5.4.1", "answer": "unsat"}
    text = certificate(product, good).to_json()
    assert check(text).trusted == second_check(text).trusted == ("z3 5.4.1",)
    wrong = {**good, "polynomials": [determinant[:-1]]}
    for bad in (certificate(product, wrong), certificate(product, good, "complex")):
        assert not check(bad).verified
        with pytest.raises(Exception, match=r"vanish|real zeros"):
            second_check(bad.to_json())
