"""Sums of squares: positive polynomials, identities over the reals, and membership over the reals only."""

from __future__ import annotations

import importlib
import random
from collections import Counter
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import pytest
from flint import Ordering, fmpq, fmpq_mpoly_ctx, fmpz_mpoly_ctx
from hypothesis import given
from hypothesis import strategies as st

from closedness import Certificate, SupportProduct, check
from closedness.algebra.nullstellensatz import identity, verify
from closedness.algebra.squares import positive
from closedness.engines import Singular, is_product
from closedness.equations.membership import decide_membership, refutation_table
from closedness.rules.limits.subpattern import MinimalPattern, carry_over
from closedness.supports.embedding import Embedding
from tests.algebra.test_nullstellensatz import verdict_on
from tests.helpers.oracle import Laurent, Target, two_factors
from tests.second.checker import outcome as second_outcome

RING = fmpq_mpoly_ctx.get(("x", "y"), Ordering.degrevlex)
X, Y = RING.gens()
INTEGERS = fmpz_mpoly_ctx.get(("t", "a"), Ordering.degrevlex)
T, A = INTEGERS.gens()
small = st.integers(-4, 4)


@given(small, small, small)
def test_quadratic_polynomials_are_settled_by_their_discriminant(a: int, b: int, c: int) -> None:
    poly = a * X**2 + b * X + c
    found = positive(poly)
    if a == 0:
        assert (found is not None) is (b == 0 and c != 0)
    else:
        assert (found is not None) is (b * b < 4 * a * c)
    if found is not None:
        assert found.multiplier * poly == found.value + sum((n * q**2 for n, q in found.squares), RING.constant(0))
        assert all(n > 0 for n, _ in found.squares)


@given(st.lists(small, min_size=6, max_size=6), st.booleans())
def test_what_is_found_is_an_identity_and_has_no_zeros(numbers: list[int], unit: bool) -> None:
    a, b, c, d, e, f = numbers
    poly = a * X**2 + b * X * Y + c * Y**2 + d * X + e * Y + f
    found = positive(poly, [0] if unit else ())
    if found is None:
        return
    assert found.multiplier * poly == found.value + sum((n * q**2 for n, q in found.squares), RING.constant(0))
    grid = [fmpq(p, 3) for p in range(-9, 10)]
    signs = {poly(x, y) > 0 for x in grid for y in grid if x or not unit}
    assert len(signs) == 1
    assert all(poly(x, y) for x in grid for y in grid if x or not unit)


def test_buchberger_finds_sums_of_squares_on_demand() -> None:
    # t = a and t² + 1 = 0 follow
    equations = {"first": T * A + T - A + 1, "second": -T * A + T - A - 1}
    assert identity(equations) is None
    found = identity(equations, real=True)
    assert found is not None
    assert found.squares
    assert verify(equations, (), found)
    assert not verify(equations, (), type(found)(found.multipliers))


def squares_of_roots(discriminant: int) -> tuple[object, Target]:
    """A matrix that is a product iff s² + d t² = 0 has a solution, see test_dominant."""
    types_rows = [0b1101, 0b1101, 0b1110, 0b1110]
    types_columns = [0b0111, 0b0111, 0b1011, 0b1011]
    columns = [(1, 0, 1, 0), (0, 1, 0, 1), (1, 0, 0, 1), (0, -discriminant, 1, 0)]
    target = {(i, j): Fraction(value) for j, column in enumerate(columns) for i, value in enumerate(column) if value}
    return two_factors(types_rows, types_columns, 4), target


@pytest.mark.slow
def test_membership_over_the_reals_only() -> None:
    found = []
    for number in (-4, -1, 1, 4):
        product, target = squares_of_roots(number)
        both = decide_membership(product, target)  # type: ignore[arg-type]
        real = decide_membership(product, target, real=True)  # type: ignore[arg-type]
        assert both.refutation is None
        if real.refutation is not None:
            assert verdict_on(product, target, refutation_table(real.refutation)) == "verified"  # type: ignore[arg-type]
        found.append("no" if real.refutation else "yes" if real.point else "?")
    assert sorted(found) == ["no", "no", "yes", "yes"]


# x_1 on rows 1, 2, x_2 on rows 3, 4, two more anywhere; the latter meet two columns each
PENCIL = two_factors([0b1101, 0b1101, 0b1110, 0b1110], [0b0111, 0b0111, 0b1011, 0b1011], 4)


def pencil(a: int, b: int, c: int, d: int) -> Target:
    """A matrix that is a product if and only if ((a, b), (c, d)) has an eigenvalue in the field.

    The line through x_1 and x_2 must meet those through columns 1, 2 and columns 3, 4.
    """
    rows = [[a, b, 1, 0], [c, d, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1]]
    return {(i, j): Fraction(value) for i, row in enumerate(rows) for j, value in enumerate(row) if value}


def exit_codes(product: SupportProduct, target: Target, refutation: dict[str, Any], field: str) -> tuple[int, int]:
    """What both checkers say about a certificate when they do not look at its curve."""
    curve: tuple[dict[tuple[int, int], Laurent], ...] = tuple({} for _ in product.factors)
    text = Certificate.not_closed(product, field, target, curve, refutation, {}).to_json()
    with (
        patch.object(importlib.import_module("closedness.check"), "_curve", lambda *arguments: []),
        patch.object(importlib.import_module("tests.second.limits"), "converge", lambda *arguments: None),
    ):
        return check(text).exit_code, second_outcome(text)


@pytest.mark.slow
def test_pencils_against_the_discriminant_and_z3() -> None:
    """The refutation holds for the reals only, and both checkers know it; z3 confirms some of them."""
    rng = random.Random(5)
    answers: Counter[str] = Counter()
    for _ in range(25):
        a, b, c, d = (rng.randint(-2, 2) for _ in range(4))
        target = pencil(a, b, c, d)
        outcome = decide_membership(PENCIL, target, steps=1_000, real=True)
        if (a - d) ** 2 + 4 * b * c >= 0:
            assert outcome.refutation is None, (a, b, c, d)
            answers["product"] += 1
            continue
        assert outcome.refutation is not None, (a, b, c, d)
        table = refutation_table(outcome.refutation)
        assert exit_codes(PENCIL, target, table, "real") == (0, 0)
        assert exit_codes(PENCIL, target, table, "complex") == (1, 1)
        if answers["refuted"] < 2:
            assert is_product(PENCIL, dense(target), 30).status == "unsat"
        answers["refuted"] += 1
    assert answers["refuted"] > 3
    assert answers["product"] > 10


def dense(target: Target) -> list[list[Fraction]]:
    return [[target.get((i, j), Fraction(0)) for j in range(4)] for i in range(4)]


def test_over_the_complex_numbers_the_engine_finds_factors() -> None:
    engine = Singular()
    if not engine.available:
        pytest.skip("Singular is not installed")
    for matrix in ((0, -1, 1, 0), (1, -2, 3, 1)):
        answer = is_product(PENCIL, dense(pencil(*matrix)), 30, field="complex", backend=engine)
        assert answer.status == "sat"


def test_stored_proofs_with_squares_are_carried_over() -> None:
    target = pencil(0, -1, 1, 0)
    outcome = decide_membership(PENCIL, target, steps=1_000, real=True)
    assert outcome.refutation is not None
    stored = [[i, j, str(value)] for (i, j), value in target.items()]
    minimal = MinimalPattern((13, 13, 14, 14), (7, 7, 11, 11), stored, [[], []], refutation_table(outcome.refutation))
    for transposed in (False, True):
        place = Embedding((1, 2, 4, 5), (0, 2, 3, 4), (1, 0, 3, 2), transposed)
        moved = carry_over(minimal, place)
        sides: list[list[int]] = []
        for size, types, lines in ((6, minimal.rows, place.rows), (5, minimal.columns, place.columns)):
            sides.append([0] * size)
            for kind, line in zip(types, lines, strict=True):
                sides[-1][line] = sum(1 << place.terms[k] for k in range(4) if kind >> k & 1)
        rows, columns = sides[::-1] if transposed else sides
        larger = two_factors(rows, columns, 4)
        assert exit_codes(larger, moved.target, moved.refutation, "real") == (0, 0)
        assert exit_codes(larger, moved.target, moved.refutation, "complex") == (1, 1)


def test_what_needs_no_squares_gets_none() -> None:
    """Such proofs hold over both fields, and are preferred."""
    full = two_factors([3, 3, 3], [3, 3, 3], 2)
    unit = {(i, i): Fraction(1) for i in range(3)}
    for product, target in (
        (SupportProduct.from_text("10/11 * 11/01"), {(0, 1): Fraction(1), (1, 0): Fraction(1)}),
        (full, unit),
    ):
        found = decide_membership(product, target, real=True)
        assert found.refutation is not None
        assert "squares" not in str(found.refutation)
