"""Sums of squares: positive polynomials, identities over the reals, and membership over the reals only."""

from __future__ import annotations

from fractions import Fraction

from flint import Ordering, fmpq, fmpq_mpoly_ctx, fmpz_mpoly_ctx
from hypothesis import given
from hypothesis import strategies as st

from closedness.membership import decide_membership, refutation_table
from closedness.nullstellensatz import identity, verify
from closedness.squares import positive
from tests.helpers.oracle import Target, two_factors
from tests.test_nullstellensatz import verdict_on

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
