"""Degenerating curves: supports are respected and limits are what they are claimed to be, by sympy."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from closedness.algebra.bitsets import bits
from closedness.equations.curve import (
    Goal,
    Term,
    Uncrossing,
    added,
    constant_vector,
    exact_terms,
    laurent_terms,
    limit_curve,
    limit_of,
    lowest,
    product_of_terms,
    respects,
    restricted,
    shifted,
    uncrossings,
    zero_sum_terms,
)
from closedness.rules.limits.subpattern import minimal_patterns
from closedness.supports.pattern import Pattern
from tests.helpers import oracle
from tests.helpers.oracle import Target, random_types

Rectangle = tuple[int, int]


def as_factors(terms: list[Term]) -> tuple[dict[oracle.Cell, oracle.Laurent], dict[oracle.Cell, oracle.Laurent]]:
    left = {(i, k): entry for k, (x, _) in enumerate(terms) for i, entry in x.items()}
    right = {(k, j): entry for k, (_, y) in enumerate(terms) for j, entry in y.items()}
    return left, right


def limit_by_sympy(terms: list[Term]) -> Target | None:
    return oracle.limit_of(as_factors(terms))


def random_vector(rng: random.Random, support: int, lowest_power: int = 0) -> dict[int, dict[int, Fraction]]:
    return {
        i: {e: Fraction(rng.choice((1, -1, 3)), 2) for e in range(lowest_power, 2) if rng.random() < 0.7}
        or {0: Fraction(1)}
        for i in bits(support)
        if rng.random() < 0.8
    }


@pytest.fixture(params=range(25))
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


def test_vectors_of_laurent_polynomials() -> None:
    x = constant_vector({0: Fraction(2), 1: Fraction(0), 3: Fraction(-1)})
    assert x == {0: {0: 2}, 3: {0: -1}}
    assert shifted(x, -2, 3) == {0: {-2: 6}, 3: {-2: -3}}
    assert added(x, shifted(x, 0, -1)) == {}
    assert added(x, shifted(x, 1)) == {0: {0: 2, 1: 2}, 3: {0: -1, 1: -1}}
    assert restricted(x, 0b1001) == x
    assert restricted(x, 0b0001) == {0: {0: 2}}
    assert lowest(shifted(x, -2)) == -2
    assert lowest({}) == 0


def test_products_against_sympy(rng: random.Random) -> None:
    terms = [(random_vector(rng, 0b111, -1), random_vector(rng, 0b1111, -1)) for _ in range(3)]
    assert limit_of(terms) == limit_by_sympy(terms)
    ours = {
        cell: {e: value for e, value in entry.items() if value} for cell, entry in product_of_terms(terms).items()
    }
    import sympy

    t = sympy.Symbol("t")
    for cell, expected in oracle.multiply_laurent(as_factors(terms)).items():
        entry = sum(sympy.Rational(v.numerator, v.denominator) * t**e for e, v in ours.get(cell, {}).items())
        assert sympy.expand(entry - expected) == 0


def overlapping(rng: random.Random) -> list[Rectangle]:
    while True:
        rectangles = [(rng.randrange(1, 16), rng.randrange(1, 16)) for _ in range(3)]
        if rectangles[0][0] & rectangles[1][0] and rectangles[0][1] & rectangles[1][1]:
            return rectangles


def pattern_of(rectangles: list[Rectangle]) -> Pattern:
    rows = [sum((r >> i & 1) << k for k, (r, _) in enumerate(rectangles)) for i in range(4)]
    cols = [sum((c >> j & 1) << k for k, (_, c) in enumerate(rectangles)) for j in range(4)]
    return Pattern.of_types(rows, cols)


def test_undoing_an_uncrossing_keeps_the_limit(rng: random.Random) -> None:
    """Also for terms that diverge themselves, as they do when one uncrossing follows another."""
    rectangles = overlapping(rng)
    move = Uncrossing(0, 1)
    changed = move.apply(rectangles)
    (i1, j1), (i2, j2) = rectangles[0], rectangles[1]
    assert changed == [(i1 | i2, j1 & j2), (i1 & i2, j1 | j2), rectangles[2]]
    terms = [(random_vector(rng, rows, -1), random_vector(rng, columns)) for rows, columns in changed]
    back = move.undo(rectangles, terms)
    assert respects(back, pattern_of(rectangles))
    assert limit_by_sympy(back) == limit_by_sympy(terms)


def test_constant_terms_have_a_limit_after_undoing(rng: random.Random) -> None:
    rectangles = overlapping(rng)
    move = Uncrossing(0, 1)
    terms = [(random_vector(rng, rows), random_vector(rng, columns)) for rows, columns in move.apply(rectangles)]
    limit = limit_by_sympy(move.undo(rectangles, terms))
    assert limit is not None
    assert limit == limit_of(terms)


def test_uncrossings_are_those_that_change_the_supports(rng: random.Random) -> None:
    rectangles = overlapping(rng)
    moves = {(move.first, move.second) for move in uncrossings(rectangles)}
    for k in range(3):
        for l in range(k + 1, 3):
            (i1, j1), (i2, j2) = rectangles[k], rectangles[l]
            meet = i1 & i2 and j1 & j2
            changes = {(i1 | i2, j1 & j2), (i1 & i2, j1 | j2)} != {(i1, j1), (i2, j2)}
            assert ((k, l) in moves) == bool(meet and changes)


def test_respects_sees_entries_outside_the_support() -> None:
    pattern = Pattern.of_types([1, 3], [1, 3])
    one = {0: Fraction(1)}
    inside: list[Term] = [({0: one}, {1: one}), ({1: one}, {1: one})]
    assert respects(inside, pattern)
    assert not respects([inside[0], ({0: one}, {1: one})], pattern)
    assert not respects([inside[0], ({1: one}, {0: one})], pattern)


def test_exact_terms_multiply_to_the_goal(rng: random.Random) -> None:
    rectangles = overlapping(rng)
    one, two = Fraction(1), Fraction(2)
    chosen = [
        (constant_vector(dict.fromkeys(bits(rows), one)), constant_vector(dict.fromkeys(bits(cols), two)))
        for rows, cols in rectangles
    ]
    target = limit_of(chosen)
    assert target is not None
    terms = exact_terms(rectangles, (4, 4), Goal(target))
    assert terms is not None
    assert respects(terms, pattern_of(rectangles))
    assert limit_by_sympy(terms) == target
    assert exact_terms([(1, 1)], (2, 2), Goal({(1, 1): Fraction(1)})) is None


def test_zero_sums_of_three_terms() -> None:
    """Rows {1,2,3}, columns 3, 5, 6: a limit that no pair of terms gives, with a common vector in the rows."""
    rectangles = [(0b11, 0b011), (0b11, 0b101), (0b11, 0b110)]
    rng = random.Random(0)
    found = 0
    for _ in range(30):
        target = {(i, j): Fraction(rng.randint(-2, 2)) for i in range(2) for j in range(3)}
        target = {cell: value for cell, value in target.items() if value}
        terms = zero_sum_terms(rectangles, (2, 3), Goal(target), (0, 1, 2))
        if terms is not None:
            assert limit_by_sympy(terms) == target
            found += 1
    assert found > 10
    assert zero_sum_terms([(1, 1), (2, 1), (4, 1)], (3, 1), Goal({(0, 0): Fraction(1)}), (0, 1, 2)) is None


def test_curves_to_random_limits() -> None:
    """Targets from the oracle's limits; whatever curve is found is right, and most of them are found."""
    rng = random.Random(21)
    found = tries = 0
    while tries < 80:
        rows, cols = (random_types(rng, rng.randint(2, 3), 3, 0.7) for _ in range(2))
        target, _ = oracle.random_limit(rng, rows, cols, 3)
        pattern = Pattern.of_types(rows, cols)
        if not target or pattern.terms != 7:
            continue
        tries += 1
        terms = limit_curve(pattern, target, steps=1_000)
        if terms is not None:
            found += 1
            assert respects(terms, pattern)
            assert limit_by_sympy(terms) == target
    assert found > 60


def test_free_entries_may_have_any_limit() -> None:
    pattern = Pattern.of_types([1, 3], [1, 3])
    target = {(0, 1): Fraction(1), (1, 0): Fraction(1)}
    for free in ((), [(1, 1)]):
        terms = limit_curve(pattern, target, free)
        assert terms is not None
        limit = limit_by_sympy(terms)
        assert limit is not None
        assert {cell: value for cell, value in limit.items() if cell not in free} == target
    assert Goal(target, frozenset({(0, 1)})).T == Goal({(1, 0): Fraction(1), (0, 1): Fraction(1)}, frozenset({(1, 0)}))


def test_no_curve_leads_out_of_the_closure() -> None:
    """Rank two is not a limit of rank one."""
    target = {(0, 0): Fraction(1), (1, 1): Fraction(1)}
    assert limit_curve(Pattern.of_types([1, 1], [1, 1]), target) is None


# -------------------------------------------------------------------- general curves of a given order


@pytest.mark.parametrize("number", range(12))
def test_general_curves_reach_stored_targets(number: int) -> None:
    """Without the idea of uncrossing: only the order of the curve is given, the coefficients are solved for."""
    entry = minimal_patterns()[number]
    pattern = Pattern.of_types(entry.rows, entry.columns)
    goal = Goal({(i, j): Fraction(value) for i, j, value in entry.target})
    rectangles = [pattern.rectangle(k) for k in range(entry.hidden)]
    found = laurent_terms(rectangles, pattern.shape, goal, 1)
    assert found is not None
    assert limit_of(found) == goal.target
    assert respects(found, pattern)


def test_general_curves_do_not_reach_what_is_no_limit() -> None:
    rank_one = [(3, 3)]
    assert laurent_terms(rank_one, (2, 2), Goal({(0, 0): Fraction(1), (1, 1): Fraction(1)}), 1) is None
    assert laurent_terms(rank_one, (2, 2), Goal({(0, 0): Fraction(1)}), 1) is not None
