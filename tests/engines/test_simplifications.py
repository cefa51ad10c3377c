"""Simplifications of the sentences, one by one and together: the engine's answer stays the same, and the true one."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from itertools import pairwise
from itertools import product as choices
from typing import Any, Literal

import pytest

from closedness import Status, SupportProduct, decide
from closedness.engines import Z3
from closedness.engines.sentences import blocks
from closedness.engines.sentences.image import orderings
from closedness.engines.sentences.questions import closedness_query, closure_query, fullness_query, membership_query
from closedness.equations.membership import decide_membership
from closedness.errors import BudgetExceeded, InputError

Field = Literal["real", "complex"]
LU2 = SupportProduct.from_text("10/11 * 11/01")
FULL2 = SupportProduct.from_text("11/11 * 11/11")
RANK1 = SupportProduct.from_text("1/1 * 11")
CHAIN = SupportProduct.from_text("11/11 * 11/11 * 10/11")
MEMBERSHIP: list[dict[str, Any]] = [
    {"scalings": scalings, "ordered": ordered} for scalings in ("none", "inline", "split") for ordered in (False, True)
] + [{"scalings": "none", "ordered": ordered, "linear": True} for ordered in (False, True)]


def random_pattern(rng: random.Random, sizes: list[int]) -> SupportProduct:
    """Twins are frequent, so that there is something to order."""
    factors = []
    for m, n in pairwise(sizes):
        column = [[rng.randint(0, 3) > 0 for _ in range(n)] for _ in range(m)]
        factors.append("/".join("".join(str(int(x)) for x in row) for row in column))
    return SupportProduct.from_text(" * ".join(factors))


def sparse(rng: random.Random, m: int, n: int) -> list[list[int]]:
    return [[rng.choice((0, 0, 1, 1, -1, 2)) for _ in range(n)] for _ in range(m)]


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [[2, 2, 2], [3, 2, 2], [2, 2, 2, 2]])
def test_membership_over_the_reals(sizes: list[int]) -> None:
    rng = random.Random(sum(sizes))
    answers: Counter[str] = Counter()
    while min(answers["sat"], answers["unsat"]) < 2:
        pattern = random_pattern(rng, sizes)
        target = sparse(rng, sizes[0], sizes[-1])
        entries = {(i, j): Fraction(v) for i, row in enumerate(target) for j, v in enumerate(row) if v}
        exact = decide_membership(pattern, entries, real=True)
        assert exact.settled
        expected = "unsat" if exact.refutation is not None else "sat"
        answers[expected] += 1
        if answers[expected] > 2:
            continue
        for how in MEMBERSHIP:
            assert Z3().solve(membership_query(pattern, target, **how), 20).status == expected, (pattern, target, how)


@pytest.mark.slow
@pytest.mark.parametrize("target", [[[0, 1], [1, 0]], [[1, 1], [1, 2]], [[0, 2], [0, 3]]])
@pytest.mark.parametrize("pattern", [LU2, RANK1, FULL2])
def test_membership_over_the_complex_numbers(pattern: SupportProduct, target: list[list[int]]) -> None:
    entries = {(i, j): Fraction(v) for i, row in enumerate(target) for j, v in enumerate(row) if v}
    expected = "unsat" if decide_membership(pattern, entries).refutation is not None else "sat"
    for how in MEMBERSHIP:
        assert Z3().solve(membership_query(pattern, target, "complex", **how), 20).status == expected, how


@pytest.mark.slow
def test_three_factors_over_the_complex_numbers() -> None:
    chain = SupportProduct.from_text("1/1 * 1 * 11")
    for target, expected in (([[1, 2], [2, 4]], "sat"), ([[1, 2], [2, 5]], "unsat")):
        for how in MEMBERSHIP:
            limit, allowed = 20.0, {expected}
            if how["scalings"] == "none" and not how.get("linear"):
                limit, allowed = 1.0, {expected, "unknown"}  # hard for z3 with nothing simplified
            assert Z3().solve(membership_query(chain, target, "complex", **how), limit).status in allowed, how


@pytest.mark.slow
def test_a_matrix_that_is_a_product_over_one_field_only() -> None:
    """The eigenvalues of a rotation: eliminating a factor keeps the difference."""
    from tests.algebra.test_squares import PENCIL, dense, pencil

    for matrix, expected in (((0, -1, 1, 0), "unsat"), ((0, 2, 1, 0), "sat")):
        for how in MEMBERSHIP:
            if how.get("linear"):
                continue
            query = membership_query(PENCIL, dense(pencil(*matrix)), **how)
            assert Z3().solve(query, 30).status == expected, how


@pytest.mark.slow
@pytest.mark.parametrize(("pattern", "full"), [(LU2, False), (FULL2, True), (RANK1, False)])
def test_sentences_for_all_targets(pattern: SupportProduct, full: bool) -> None:
    closed = decide(pattern, last_resort=False).status is Status.CLOSED
    for targets, scalings, ordered in choices(("support", "split"), ("none", "inline"), (False, True)):
        limit = 20.0 if targets == "split" else 1.0
        said = Z3().solve(fullness_query(pattern, "real", scalings, targets, ordered=ordered), limit).status
        assert said in ("unsat" if full else "sat", "unknown"), (targets, scalings, ordered)
        said = Z3().solve(closedness_query(pattern, "real", scalings, targets, ordered=ordered), limit).status
        assert said in ("unsat" if closed else "sat", "unknown"), (targets, scalings, ordered)
        if targets == "split":
            assert said != "unknown"


@pytest.mark.slow
def test_closure_of_lu() -> None:
    for target, expected in (([[0, 1], [1, 0]], "sat"), ([[1, 1], [1, 2]], "sat")):
        for scalings, ordered in choices(("none", "inline"), (False, True)):
            assert Z3().solve(closure_query(LU2, target, "real", scalings, ordered=ordered), 20).status == expected
    for scalings, ordered in choices(("none", "inline"), (False, True)):
        query = closure_query(RANK1, [[1, 0], [0, 1]], "real", scalings, ordered=ordered)
        assert Z3().solve(query, 20).status == "unsat"


def test_what_is_ordered() -> None:
    names = [[(a.name, b.name) for a, b in orderings(CHAIN, fixed=fixed)] for fixed in (False, True)]
    # the hidden indices before the last factor have different rows
    assert names == [[("w0_0_0", "w0_0_1")], [("w0_0_0", "w0_0_1")]]
    deep = SupportProduct.from_text("11/11 * 11/11 * 11/11")
    assert len(orderings(deep, fixed=False)) == 2
    assert len(orderings(deep, fixed=True)) == 1
    # the shorter line is normalised, the entry is taken from the other one
    wide = SupportProduct.from_text("11 * 111/111")
    assert [(a.name, b.name) for a, b in orderings(wide, fixed=True)] == [("w1_0_0", "w1_1_0")]
    assert orderings(LU2, fixed=True) == []


def test_an_order_the_wrong_way_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test can fail: with two orders that contradict each other nothing is left."""
    from closedness.engines.sentences import questions as formula
    from closedness.equations.paths import Variable

    low, high = Variable(0, 0, 0), Variable(0, 1, 0)
    monkeypatch.setattr(formula, "orderings", lambda product, fixed: [(low, high)])
    # x y = 2, 1 with the same y: the first is larger, or y is negative; in normal form y is 1
    target = [[2], [1]]
    one = SupportProduct.from_text("1/1 * 1")
    assert Z3().solve(membership_query(one, target, scalings="split"), 10).status == "sat"
    assert Z3().solve(membership_query(one, target, scalings="split", ordered=True), 10).status == "unsat"


def test_what_is_eliminated(monkeypatch: pytest.MonkeyPatch) -> None:
    query = membership_query(CHAIN, [[1, 2], [3, 4]], scalings="none", linear=True)
    assert all(not name.startswith("w2") for name in query.cases[0].names)
    assert not query.quantified
    with pytest.raises(InputError, match=r"linear=True needs scalings='none'"):
        membership_query(LU2, [[1, 2], [3, 4]], linear=True)
    monkeypatch.setattr(blocks, "MOST_MONOMIALS", 5)
    with pytest.raises(BudgetExceeded, match=r"more than 5 monomials"):
        membership_query(FULL2, [[1, 2], [3, 4]], scalings="none", linear=True)
