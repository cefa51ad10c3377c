"""Polynomials with rational coefficients in named variables: what formulas are made of.

Small and slow on purpose: formulas are built once and printed. Computation with polynomials is python-flint's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

__all__ = ["ONE", "ZERO", "Poly", "constant", "infix", "total", "variable"]


@dataclass(frozen=True, slots=True)
class Poly:
    """A polynomial as a tuple of monomials ``(coefficient, names)``; names are sorted and repeat for powers.

    Examples
    --------
    >>> x, y = variable("x"), variable("y")
    >>> print((x + y) * (x - y) - constant(3))
    x*x - y*y - 3
    >>> ((x + y) * x).names()
    ('x', 'y')
    """

    monomials: tuple[tuple[Fraction, tuple[str, ...]], ...] = ()

    @staticmethod
    def of(coefficients: Mapping[tuple[str, ...], Fraction]) -> Poly:
        """Polynomial from a mapping of monomials to coefficients; zeros are dropped, the order is kept."""
        return Poly(tuple((value, names) for names, value in coefficients.items() if value))

    def _dict(self) -> dict[tuple[str, ...], Fraction]:
        return {names: value for value, names in self.monomials}

    def __add__(self, other: Poly) -> Poly:
        result = self._dict()
        for value, names in other.monomials:
            result[names] = result.get(names, Fraction(0)) + value
        return Poly.of(result)

    def __neg__(self) -> Poly:
        return Poly(tuple((-value, names) for value, names in self.monomials))

    def __sub__(self, other: Poly) -> Poly:
        return self + -other

    def __mul__(self, other: Poly) -> Poly:
        result: dict[tuple[str, ...], Fraction] = {}
        for a, left in self.monomials:
            for b, right in other.monomials:
                names = tuple(sorted(left + right))
                result[names] = result.get(names, Fraction(0)) + a * b
        return Poly.of(result)

    def substitute(self, values: Mapping[str, Fraction]) -> Poly:
        """Put rational values for some of the variables."""
        result: dict[tuple[str, ...], Fraction] = {}
        for value, names in self.monomials:
            rest = []
            for name in names:
                if name in values:
                    value *= values[name]
                else:
                    rest.append(name)
            key = tuple(rest)
            result[key] = result.get(key, Fraction(0)) + value
        return Poly.of(result)

    def renamed(self, names: Mapping[str, str]) -> Poly:
        """The same polynomial with other names for some of the variables."""
        other = ((value, sorted(names.get(name, name) for name in old)) for value, old in self.monomials)
        return Poly(tuple((value, tuple(new)) for value, new in other))

    def names(self) -> tuple[str, ...]:
        """The variables that occur, sorted."""
        return tuple(sorted({name for _, names in self.monomials for name in names}))

    @property
    def value(self) -> Fraction | None:
        """The value of a constant polynomial, otherwise None."""
        if not self.monomials:
            return Fraction(0)
        return self.monomials[0][0] if len(self.monomials) == 1 and not self.monomials[0][1] else None

    def integral(self) -> Poly:
        """A positive multiple with integer coefficients."""
        scale = math.lcm(*(value.denominator for value, _ in self.monomials))
        return Poly(tuple((value * scale, names) for value, names in self.monomials))

    def __str__(self) -> str:
        return infix(self)


def infix(poly: Poly, times: str = "*", rational: str = "{}/{}") -> str:
    """A polynomial in the infix notation that most systems read.

    Parameters
    ----------
    poly : Poly
    times : str
        The sign of multiplication.
    rational : str
        Format of a fraction, from numerator and denominator.

    Examples
    --------
    >>> infix(variable("x") * constant(Fraction(-1, 2)) + ONE, times=" ")
    '-1/2 x + 1'
    """
    if not poly.monomials:
        return "0"
    text = ""
    for value, names in poly.monomials:
        size = abs(value)
        number = str(size) if size.denominator == 1 else rational.format(size.numerator, size.denominator)
        factors = times.join(names) if names and size == 1 else times.join((number, *names))
        if text:
            text += (" - " if value < 0 else " + ") + factors
        else:
            text = ("-" if value < 0 else "") + factors
    return text


ZERO = Poly()
ONE = Poly(((Fraction(1), ()),))


def variable(name: str) -> Poly:
    """The polynomial that is one variable."""
    return Poly(((Fraction(1), (name,)),))


def constant(value: Fraction | int) -> Poly:
    """A constant polynomial."""
    return Poly(((Fraction(value), ()),)) if value else ZERO


def total(parts: Iterable[Poly]) -> Poly:
    """Sum of polynomials."""
    result: dict[tuple[str, ...], Fraction] = {}
    for part in parts:
        for value, names in part.monomials:
            result[names] = result.get(names, Fraction(0)) + value
    return Poly.of(result)
