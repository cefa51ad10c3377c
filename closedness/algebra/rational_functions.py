"""Rational functions as pairs of integer polynomials in lowest terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flint import fmpz_mpoly

RationalFunction = tuple["fmpz_mpoly", "fmpz_mpoly"]


def evaluate_at(poly: fmpz_mpoly, values: dict[int, RationalFunction]) -> RationalFunction:
    """Evaluate a polynomial at rational functions."""
    context = poly.context()
    degrees = [max(0, int(e)) for e in poly.degrees()]  # -1 stands for the zero polynomial
    bottom = context.constant(1)
    for v, degree in enumerate(degrees):
        if degree:
            bottom *= values[v][1] ** degree
    top = context.constant(0)
    for monomial, coefficient in poly.to_dict().items():
        term = context.constant(1) * coefficient
        for v, degree in enumerate(degrees):
            if degree:
                e = int(monomial[v])
                term *= values[v][0] ** e * values[v][1] ** (degree - e)
        top += term
    return lowest_terms(top, bottom)


def quotient(first: RationalFunction, second: RationalFunction) -> RationalFunction:
    """Divide one rational function by another."""
    return lowest_terms(first[0] * second[1], first[1] * second[0])


def lowest_terms(top: fmpz_mpoly, bottom: fmpz_mpoly) -> RationalFunction:
    """Cancel the common factor."""
    common = top.gcd(bottom)
    if not common.is_one():
        top, bottom = divmod(top, common)[0], divmod(bottom, common)[0]
    return top, bottom
