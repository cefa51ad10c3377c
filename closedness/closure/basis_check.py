"""Is a list of polynomials a Gröbner basis for an elimination order? Buchberger's criterion, in integers.

This verifies what a program computed, without any trust in it. Polynomials are dicts of exponents to integers. The
order is a product of two degree reverse lexicographic ones: first the variables to eliminate, then the others.

References
----------
R. Gebauer, H. M. Möller: On an installation of Buchberger's algorithm. J. Symb. Comput. 6 (1988).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from closedness.errors import BudgetExceeded

if TYPE_CHECKING:
    from closedness.budget import Budget
    from closedness.equations.grading import Exponents, Polynomial

__all__ = ["BasisCheck"]

_BITS = 12  # of a field of a packed monomial; the highest one is spare
_LATE = "no time left to verify the Gröbner basis"
_LARGEST = (1 << _BITS - 1) - 1


class BasisCheck:
    """Polynomials, packed for division.

    A monomial is one integer: in its high part the sums of exponents whose lexicographic order is the monomial order,
    in its low part the exponents. So multiplication is addition, comparison is comparison, and divisibility is seen
    from the spare bits after a subtraction.

    Parameters
    ----------
    basis : sequence of Polynomials
        None of them zero.
    eliminated : int
        The first so many variables are to be eliminated.

    Raises
    ------
    BudgetExceeded
        If an exponent or a degree is above 2,047.

    Examples
    --------
    >>> from closedness.budget import Budget
    >>> twisted = [{(1, 0): 1, (0, 1): -1}, {(0, 2): 1}]  # x − y, y²
    >>> BasisCheck(twisted, 1).verified(Budget(None))
    True
    >>> BasisCheck([{(1, 0): 1, (0, 1): -1}, {(2, 0): 1}], 1).verified(Budget(None))
    False
    """

    def __init__(self, basis: Sequence[Polynomial], eliminated: int) -> None:
        self._width = len(next(iter(basis[0]))) if basis else 0
        self._eliminated = eliminated
        self._guards = sum(1 << _BITS * v + _BITS - 1 for v in range(self._width))
        self._low = (1 << _BITS * self._width) - 1
        self._units = [self._unit(v) for v in range(self._width)]
        self._basis = [self._packed(poly) for poly in basis]
        self._leading = [max(poly) for poly in self._basis]
        self._exponents = [max(poly, key=self._pack) for poly in basis]
        self._divisors: dict[int, int] = {}
        self._degree = max((sum(exponents) for poly in basis for exponents in poly), default=0)

    def _unit(self, variable: int) -> int:
        """One variable: a one in all sums that it takes part in, and in its own field."""
        blocks = (range(self._eliminated), range(self._eliminated, self._width))
        packed = 1 << _BITS * variable
        # the sums of the first block are the highest fields, and in a block the sum of all its variables
        field = 2 * self._width
        for block in blocks:
            for length in range(len(block), 0, -1):
                field -= 1
                if variable in block[:length]:
                    packed |= 1 << _BITS * field
        return packed

    def _degree_of(self, packed: int) -> int:
        """The degree: the sum over the first block and the sum over the second one."""
        first = packed >> _BITS * (2 * self._width - 1) if self._eliminated else 0
        second = packed >> _BITS * (2 * self._width - 1 - self._eliminated) if self._eliminated < self._width else 0
        return first + (second & (1 << _BITS) - 1)

    def _pack(self, exponents: Exponents) -> int:
        if sum(exponents) > _LARGEST:
            raise BudgetExceeded(f"a monomial of degree {sum(exponents)} is too large to be verified")
        return sum(e * unit for e, unit in zip(exponents, self._units, strict=True) if e)

    def _packed(self, poly: Polynomial) -> dict[int, int]:
        return {self._pack(exponents): value for exponents, value in poly.items()}

    def _divides(self, small: int, large: int) -> bool:
        low = (large & self._low | self._guards) - (small & self._low)
        return low & self._guards == self._guards

    def vanishes_modulo(self, polys: Iterable[Polynomial], budget: Budget) -> bool:
        """Whether division leaves nothing of each of the polynomials, so that the basis generates them."""
        return all(self._reduces(self._packed(poly), budget) for poly in polys)

    def verified(self, budget: Budget) -> bool:
        """Whether it is a Gröbner basis.

        Raises
        ------
        BudgetExceeded
            If time is up before that is known.
        """
        return all(self._reduces(self._s_polynomial(a, b), budget) for a, b in self._pairs(budget))

    def _pairs(self, budget: Budget) -> Iterator[tuple[int, int]]:
        """Pairs whose S-polynomials suffice: criteria M and F of Gebauer and Möller, and coprime leading monomials."""
        import numpy as np

        leading = np.array(self._exponents)
        for b, second in enumerate(leading[1:], 1):
            if budget.expired():
                raise BudgetExceeded(_LATE)
            lcms, place = np.unique(np.maximum(leading[:b], second), axis=0, return_inverse=True)
            coprime = np.zeros(len(lcms), dtype=bool)
            coprime[place.ravel()[~np.minimum(leading[:b], second).any(axis=1)]] = True
            first = np.full(len(lcms), b)
            np.minimum.at(first, place.ravel(), np.arange(b))
            order = np.argsort(lcms.sum(axis=1), kind="stable")
            lcms, coprime, first = lcms[order], coprime[order], first[order]
            kept = np.zeros(len(lcms), dtype=bool)
            for a in range(len(lcms)):
                if not (lcms[:a][kept[:a]] <= lcms[a]).all(axis=1).any():
                    kept[a] = True
                    if not coprime[a]:
                        yield int(first[a]), b

    def _s_polynomial(self, a: int, b: int) -> dict[int, int]:
        lcm = self._pack(tuple(map(max, self._exponents[a], self._exponents[b])))
        first, second = self._basis[a], self._basis[b]
        left, right = first[self._leading[a]], second[self._leading[b]]
        common = math.gcd(left, right)
        result = {key + lcm - self._leading[a]: value * (right // common) for key, value in first.items()}
        _add(result, second, lcm - self._leading[b], -(left // common))
        return result

    def _reduces(self, poly: dict[int, int], budget: Budget) -> bool:
        """Whether the leading terms can be divided away until nothing is left."""
        steps = 0
        while poly:
            steps += 1
            if steps % 64 == 1 and budget.expired():
                raise BudgetExceeded(_LATE)
            top = max(poly)
            place = self._divisors.get(top)
            if place is None:
                place = next((a for a, lead in enumerate(self._leading) if self._divides(lead, top)), -1)
                self._divisors[top] = place
            if place < 0:
                return False
            if self._degree_of(top - self._leading[place]) + self._degree > _LARGEST:
                raise BudgetExceeded("monomials get too large to verify the Gröbner basis")
            divisor = self._basis[place]
            factor, value = divisor[self._leading[place]], poly[top]
            common = math.gcd(factor, value)
            if factor != common and factor != -common:
                for key in poly:
                    poly[key] *= factor // common
                value = poly[top]
            _add(poly, divisor, top - self._leading[place], -(value // factor))
        return True


def _add(poly: dict[int, int], other: dict[int, int], shift: int, factor: int) -> None:
    for key, value in other.items():
        moved = key + shift
        total = poly.get(moved, 0) + factor * value
        if total:
            poly[moved] = total
        else:
            poly.pop(moved, None)
