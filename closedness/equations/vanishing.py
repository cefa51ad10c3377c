"""Polynomials that vanish on all products with given supports.

They are found by exact linear algebra on sampled products, for each degree in the rows and in the columns separately,
and proved by substitution.
"""

from __future__ import annotations

import random
from collections import defaultdict
from fractions import Fraction
from itertools import combinations, combinations_with_replacement, permutations
from math import comb, gcd, prod
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.determinant import signed_products
from closedness.algebra.finite import SMALL_PRIME
from closedness.budget import UNLIMITED, Budget
from closedness.equations.covers import small_cover
from closedness.errors import BudgetExceeded
from closedness.supports.masks import Cell
from closedness.supports.pattern import Pattern
from closedness.supports.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# cells with repetition, in order, to the coefficient
Polynomial = dict[tuple[Cell, ...], int]
MOST_MONOMIALS = 4_000

__all__ = ["Cell", "Polynomial", "cells_of", "separating", "value_at", "vanishes", "vanishing_polynomials", "written"]


def cells_of(pattern: Pattern) -> list[Cell]:
    """The entries that are looked at and may be non-zero."""
    return [(i, j) for i, mask in enumerate(pattern.covered()) for j in bits(mask)]


def vanishes(pattern: Pattern, poly: Polynomial) -> bool:
    """Whether a polynomial in the entries vanishes on all products, by substitution.

    Examples
    --------
    >>> rank_one = Pattern.of_types([1, 1], [1, 1])
    >>> vanishes(rank_one, {((0, 0), (1, 1)): 1, ((0, 1), (1, 0)): -1})
    True
    """
    entries = _entries(pattern)
    result: dict[tuple[str, ...], int] = defaultdict(int)
    for cells, coefficient in poly.items():
        partial: dict[tuple[str, ...], int] = {(): coefficient}
        for cell in cells:
            grown: dict[tuple[str, ...], int] = defaultdict(int)
            for names, value in partial.items():
                for pair in entries.get(cell, ()):
                    grown[tuple(sorted((*names, *pair)))] += value
            partial = grown
        for names, value in partial.items():
            result[names] += value
    return not any(result.values())


def _entries(pattern: Pattern) -> dict[Cell, list[tuple[str, str]]]:
    return {
        (i, j): [(f"x{i}:{k}", f"y{k}:{j}") for k in bits(pattern.row_types[i] & pattern.col_types[j])]
        for i, j in cells_of(pattern)
    }


class _Points:
    """Random products, as many as asked for."""

    def __init__(self, pattern: Pattern) -> None:
        self.entries = _entries(pattern)
        self.random = random.Random(0)
        self.found: list[dict[Cell, int]] = []

    def first(self, count: int) -> list[dict[Cell, int]]:
        while len(self.found) < count:
            values: dict[str, int] = defaultdict(lambda: self.random.randint(-9, 9))
            point = {cell: sum(values[x] * values[y] for x, y in pairs) for cell, pairs in self.entries.items()}
            self.found.append(point)
        return self.found[:count]


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
        Each is homogeneous in every row and every column, and verified by substitution. None is a combination of
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
    found: list[Polynomial] = []
    cells = cells_of(pattern)
    points = _Points(pattern)
    done = 1
    for d in range(2, degree + 1):
        if comb(len(cells) + d - 1, d) > MOST_MONOMIALS:
            break
        groups: dict[tuple[tuple[int, ...], tuple[int, ...]], list[tuple[Cell, ...]]] = defaultdict(list)
        for chosen in combinations_with_replacement(cells, d):
            rows, columns = zip(*chosen, strict=True)
            groups[tuple(sorted(rows)), tuple(sorted(columns))].append(chosen)
        for monomials in groups.values():
            if len(monomials) > 1:
                _look_at_the_clock(budget)
                found.extend(_new_relations(pattern, monomials, points, found))
        done = d
    found.extend(_minors(pattern, done + 1, largest_minor, budget))
    return found


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
        Verified by substitution.

    Examples
    --------
    >>> from fractions import Fraction
    >>> rank_one = Pattern.of_types([1, 1], [1, 1])
    >>> separating(rank_one, {(0, 0): Fraction(1), (1, 1): Fraction(2)})
    {((0, 0), (1, 1)): 1, ((0, 1), (1, 0)): -1}
    """
    from flint import fmpz_mat, nmod_mat

    cells = set(cells_of(pattern))
    points = _Points(pattern)
    for d in range(2, degree + 1):
        seen: set[tuple[tuple[int, ...], tuple[int, ...]]] = set()
        for chosen in combinations_with_replacement(sorted(matrix), d):
            rows, columns = (tuple(sorted(line)) for line in zip(*chosen, strict=True))
            if (rows, columns) in seen:
                continue
            seen.add((rows, columns))
            if budget.expired():
                return None
            found = {tuple(sorted(zip(rows, moved, strict=True))) for moved in permutations(columns)}
            monomials = sorted(monomial for monomial in found if cells.issuperset(monomial))
            sample = [[_value(m, point) for m in monomials] for point in points.first(len(monomials) + 3)]
            residues = nmod_mat([[value % SMALL_PRIME for value in row] for row in sample], SMALL_PRIME)
            if len(monomials) < 2 or residues.rank() == len(monomials):
                continue
            basis, size = fmpz_mat(sample).nullspace()
            for c in range(size):
                poly = {m: int(basis[r, c]) for r, m in enumerate(monomials) if int(basis[r, c])}
                if value_at(poly, matrix) and vanishes(pattern, poly):
                    return _primitive(poly)
    return None


def _new_relations(
    pattern: Pattern,
    monomials: Sequence[tuple[Cell, ...]],
    points: _Points,
    known: Iterable[Polynomial],
) -> list[Polynomial]:
    """Relations between monomials of one degree that are no combinations of multiples of known ones."""
    from flint import fmpq_mat, fmpz_mat

    for attempt in range(1, 6):
        sample = points.first(attempt * (len(monomials) + 3))
        basis, size = fmpz_mat([[_value(cells, point) for cells in monomials] for point in sample]).nullspace()
        vectors = [[int(basis[r, c]) for r in range(len(monomials))] for c in range(size)]
        relations = [_primitive({cells: v for cells, v in zip(monomials, row, strict=True) if v}) for row in vectors]
        if all(vanishes(pattern, poly) for poly in relations):
            break
    else:
        raise BudgetExceeded("the sampled products satisfy relations that not all products satisfy")
    if not size:
        return []
    position = {cells: p for p, cells in enumerate(monomials)}
    have = [row for poly in known for row in _multiples(poly, position, monomials)]
    rank = fmpq_mat(fmpz_mat(have)).rank() if have else 0
    new = []
    for vector, poly in zip(vectors, relations, strict=True):
        if rank == size:
            break
        larger = [*have, vector]
        if fmpq_mat(fmpz_mat(larger)).rank() == rank:
            continue
        new.append(poly)
        have, rank = larger, rank + 1
    return new


def _look_at_the_clock(budget: Budget) -> None:
    if budget.expired():
        raise BudgetExceeded("out of time while looking for polynomials that vanish on the set")


def _value(cells: Iterable[Cell], point: dict[Cell, int]) -> int:
    value = 1
    for cell in cells:
        value *= point[cell]
    return value


def _primitive(poly: Polynomial) -> Polynomial:
    divisor = gcd(*poly.values())
    if next(iter(poly.values())) < 0:
        divisor = -divisor
    return {cells: value // divisor for cells, value in poly.items()}


def _multiples(
    poly: Polynomial, position: dict[tuple[Cell, ...], int], monomials: Sequence[tuple[Cell, ...]]
) -> list[list[int]]:
    """Monomial multiples of a polynomial in one degree, as rows of coefficients."""
    first = next(iter(poly))
    rows = []
    for target in monomials:
        rest = list(target)
        for cell in first:
            if cell not in rest:
                break
            rest.remove(cell)
        else:
            row = [0] * len(monomials)
            for cells, value in poly.items():
                place = position.get(tuple(sorted((*cells, *rest))))
                if place is None:
                    break
                row[place] = value
            else:
                rows.append(row)
    return rows


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
