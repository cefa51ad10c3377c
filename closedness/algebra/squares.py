"""Polynomials that are positive over the reals: a sum of squares with a summand that cannot vanish.

``m·p = v + Σ w_i q_i²`` with positive numbers ``w_i``, ``v`` a positive number times an even monomial in variables that
do not vanish. Then ``p`` has no real zero. Found by completing the square in one variable after the other, which
settles among others the quadratic polynomials in one variable with negative discriminant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flint import fmpq, fmpq_mpoly

if TYPE_CHECKING:
    from collections.abc import Iterable

Square = tuple[fmpq, fmpq_mpoly]
MOST_MONOMIALS = 40

__all__ = ["Positive", "Square", "positive"]


@dataclass(frozen=True)
class Positive:
    """``multiplier · p = value + Σ number · root²``.

    Attributes
    ----------
    multiplier : fmpq_mpoly
        A number times an even monomial.
    value : fmpq_mpoly
        A positive number times an even monomial in variables that do not vanish.
    squares : tuple of (number, root)
        The numbers are positive.
    """

    multiplier: fmpq_mpoly
    value: fmpq_mpoly
    squares: tuple[Square, ...]


def positive(poly: fmpq_mpoly, nonzero: Iterable[int] = ()) -> Positive | None:
    """Show that a polynomial has no real zero at which certain variables do not vanish, if squares are enough.

    Parameters
    ----------
    poly : fmpq_mpoly
    nonzero : iterable of int
        Positions of the variables that do not vanish.

    Returns
    -------
    Positive or None

    References
    ----------
    M. Marshall: Positive Polynomials and Sums of Squares, AMS 2008, chapter 2.

    Examples
    --------
    >>> from flint import Ordering, fmpq_mpoly_ctx
    >>> ring = fmpq_mpoly_ctx.get(("x", "y"), Ordering.degrevlex)
    >>> x, y = ring.gens()
    >>> found = positive(x**2 + x + 1)
    >>> found.multiplier * (x**2 + x + 1) == found.value + sum(n * q**2 for n, q in found.squares)
    True
    >>> positive(x**2 + 3 * x + 1) is None
    True
    >>> positive(x**2 + y**2, [0]).value
    x^2
    """
    units = frozenset(nonzero)
    found = _complete(poly, units)
    if found is None:
        found = _complete(-poly, units)
        if found is not None:
            found = Positive(-found.multiplier, found.value, found.squares)
    return found


def _complete(poly: fmpq_mpoly, units: frozenset[int]) -> Positive | None:
    if poly.is_zero() or len(poly) > MOST_MONOMIALS:
        return None
    found = _evident(poly, units)
    if found is not None:
        return found
    ring = poly.context()
    for v, degree in enumerate(poly.degrees()):
        if degree != 2:
            continue
        parts = [_coefficient(poly, v, e) for e in range(3)]
        leading = parts[2]
        if len(leading) != 1 or leading.leading_coefficient() < 0 or any(e % 2 for e in leading.monoms()[0]):
            continue
        # 4a(av² + bv + c) = (2av + b)² + (4ac − b²)
        rest = _complete(4 * leading * parts[0] - parts[1] ** 2, units)
        if rest is not None:
            root = 2 * leading * ring.gens()[v] + parts[1]
            scale, base = _square(rest.multiplier)
            squares = (*rest.squares, (scale, base * root))
            return Positive(4 * leading * rest.multiplier, rest.value, squares)
    return None


def _evident(poly: fmpq_mpoly, units: frozenset[int]) -> Positive | None:
    """All monomials are even with positive coefficients, and one of them cannot vanish."""
    ring = poly.context()
    value = None
    squares: list[Square] = []
    for monomial, coefficient in poly.to_dict().items():
        if coefficient < 0 or any(e % 2 for e in monomial):
            return None
        if value is None and all(v in units for v, e in enumerate(monomial) if e):
            value = ring.from_dict({monomial: coefficient})
        else:
            squares.append(_square(ring.from_dict({monomial: coefficient})))
    return None if value is None else Positive(ring.constant(1), value, tuple(squares))


def _square(term: fmpq_mpoly) -> Square:
    """A number times an even monomial as number · root²."""
    monomial = term.monoms()[0]
    return fmpq(term.leading_coefficient()), term.context().from_dict({tuple(e // 2 for e in monomial): fmpq(1)})


def _coefficient(poly: fmpq_mpoly, v: int, degree: int) -> fmpq_mpoly:
    terms = {
        tuple(0 if u == v else e for u, e in enumerate(monomial)): c
        for monomial, c in poly.to_dict().items()
        if monomial[v] == degree
    }
    return poly.context().from_dict(terms)
