"""Polynomials that vanish on all products with given supports.

They are found by exact linear algebra, for each degree in the rows and in the columns separately, see
`closedness.equations.grading`; here for two factors with cells that are not looked at.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, combinations_with_replacement
from math import comb, prod
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.determinant import signed_products
from closedness.budget import UNLIMITED, Budget
from closedness.equations.covers import small_cover
from closedness.equations.grading import MOST_MONOMIALS, Grading, Relations, kernel_generators, primitive
from closedness.equations.parts import Part
from closedness.equations.paths import Variable
from closedness.errors import BudgetExceeded
from closedness.supports.masks import Cell
from closedness.supports.pattern import Pattern
from closedness.supports.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from closedness.equations.grading import Degree

# cells with repetition, in order, to the coefficient
Polynomial = dict[tuple[Cell, ...], int]

__all__ = ["Cell", "Polynomial", "cells_of", "separating", "value_at", "vanishing_polynomials", "written"]


def cells_of(pattern: Pattern) -> list[Cell]:
    """The entries that are looked at and may be non-zero."""
    return [(i, j) for i, mask in enumerate(pattern.covered()) for j in bits(mask)]


def _part(pattern: Pattern) -> Part:
    """The entries as sums of products of factor entries; `dimension` is not asked for."""
    cells = cells_of(pattern)
    sums = tuple(
        tuple((Variable(0, i, k), Variable(1, k, j)) for k in bits(pattern.row_types[i] & pattern.col_types[j]))
        for i, j in cells
    )
    names = tuple(sorted({name for entry in sums for pair in entry for name in pair}))
    return Part(tuple(cells), sums, names, 0)


def _in_cells(cells: Sequence[Cell], poly: Mapping[tuple[int, ...], int]) -> Polynomial:
    """A polynomial with its monomials as cells with repetition."""
    return {tuple(c for c, e in zip(cells, key, strict=True) for _ in range(e)): value for key, value in poly.items()}


def vanishing_polynomials(
    pattern: Pattern,
    degree: int = 4,
    *,
    largest_minor: int = 5,
    budget: Budget = UNLIMITED,
) -> list[Polynomial]:
    """Polynomials that vanish on all products and generate what there is up to a degree.

    Parameters
    ----------
    pattern : Pattern
    degree : int
        All polynomials up to this degree are found, unless there are too many monomials.
    largest_minor : int
        Minors of higher degree are looked at up to this size.
    budget : Budget, optional
        Ends the search.

    Returns
    -------
    list of dict
        Each is homogeneous in every row and every column. None is a combination of
        multiples of earlier ones of the same degree.

    Raises
    ------
    BudgetExceeded
        If the time is up.

    Examples
    --------
    >>> vanishing_polynomials(Pattern.of_types([1, 1], [1, 1]))
    [{((0, 0), (1, 1)): 1, ((0, 1), (1, 0)): -1}]
    """
    part = _part(pattern)
    fits = (d for d in range(degree, 1, -1) if comb(len(part.cells) + d - 1, d) <= MOST_MONOMIALS)
    last = next(fits, min(degree, 1))
    found, complete = kernel_generators(part, budget, last, lambda _: False)
    _look_at_the_clock(budget)
    return [*(_in_cells(part.cells, poly) for poly in found), *_minors(pattern, complete + 1, largest_minor, budget)]


def separating(
    pattern: Pattern,
    matrix: Mapping[Cell, Fraction],
    degree: int = 4,
    *,
    budget: Budget = UNLIMITED,
) -> Polynomial | None:
    """A polynomial that vanishes on all products and not at a given matrix, so that this is no limit of products.

    Parameters
    ----------
    pattern : Pattern
    matrix : mapping of (row, column) to Fraction
        The non-zero entries, at cells that are looked at and covered.
    degree : int
        Largest degree tried. The polynomial may be taken homogeneous in every row and every column, so only degrees
        in which some monomial does not vanish at the matrix are looked at.
    budget : Budget, optional
        Ends the search.

    Returns
    -------
    dict or None
        Homogeneous in every row and every column.

    Examples
    --------
    >>> from fractions import Fraction
    >>> rank_one = Pattern.of_types([1, 1], [1, 1])
    >>> separating(rank_one, {(0, 0): Fraction(1), (1, 1): Fraction(2)})
    {((0, 0), (1, 1)): 1, ((0, 1), (1, 0)): -1}
    """
    part = _part(pattern)
    grading, relations = Grading(part.cells), Relations(part)
    place = {cell: p for p, cell in enumerate(part.cells)}
    for d in range(2, degree + 1):
        seen: set[Degree] = set()
        for chosen in combinations_with_replacement(sorted(matrix), d):
            exponents = [0] * len(place)
            for cell in chosen:
                exponents[place[cell]] += 1
            multidegree = grading.degree(tuple(exponents))
            if multidegree in seen:
                continue
            seen.add(multidegree)
            if budget.expired():
                return None
            monomials = grading.monomials(multidegree)
            if len(monomials) < 2 or not relations.most(monomials):
                continue
            for relation in relations.between(monomials):
                poly = _in_cells(part.cells, primitive(relation))
                if value_at(poly, matrix):
                    return poly
    return None


def _look_at_the_clock(budget: Budget) -> None:
    if budget.expired():
        raise BudgetExceeded("out of time while looking for polynomials that vanish on the set")


def _minors(pattern: Pattern, smallest: int, largest: int, budget: Budget) -> Iterator[Polynomial]:
    """Minors that vanish for their generic rank, those that smaller minors do not imply."""
    state = State.start(pattern)
    live = sorted({j for omega in state.omega for j in bits(omega)})
    covered = pattern.covered()

    def free(i: int, j: int) -> bool:
        return bool(covered[i] >> j & 1)

    for size in range(smallest, min(len(state.rows), len(live), largest) + 1):
        for positions in combinations(range(len(state.rows)), size):
            for columns in combinations(live, size):
                _look_at_the_clock(budget)
                mask = mask_of(columns)
                if any(state.omega[p] & mask != mask for p in positions):
                    continue
                if small_cover(state, list(positions), mask, size - 1) is None:
                    continue
                if small_cover(state, list(positions), mask, size - 2) is not None:
                    continue
                lines = [state.rows[p] for p in positions]
                poly = {tuple(sorted(cells)): sign for cells, sign in signed_products(lines, columns, free)}
                if poly:
                    yield poly


def value_at(poly: Polynomial, matrix: Mapping[Cell, Fraction]) -> Fraction:
    """The value at a matrix given by its non-zero entries.

    Examples
    --------
    >>> value_at({((0, 0), (1, 1)): 2}, {(0, 0): Fraction(3), (1, 1): Fraction(1, 2)})
    Fraction(3, 1)
    """
    terms = (prod((matrix.get(cell, Fraction(0)) for cell in cells), start=Fraction(v)) for cells, v in poly.items())
    return sum(terms, Fraction(0))


def written(poly: Polynomial) -> list[list[Any]]:
    """A polynomial as in certificates, in variables ``a:i:j``."""
    result = []
    for cells, value in poly.items():
        powers = [[f"a:{i}:{j}", cells.count((i, j))] for i, j in sorted(set(cells))]
        result.append([str(value), powers])
    return result
