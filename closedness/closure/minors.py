"""Minors as polynomials: those of rank conditions, and recognising a polynomial as one."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from closedness.algebra.determinant import signed_products
from closedness.equations.grading import primitive
from closedness.errors import BudgetExceeded
from closedness.supports.masks import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from closedness.equations.grading import Grading, Polynomial
    from closedness.equations.rank_conditions import RankCondition

__all__ = ["Minor", "determinant", "minors_of", "recognised"]

MOST_MONOMIALS = 50_000
LARGEST_MINOR = 6


class Minor(NamedTuple):
    """The determinant of a block of the matrix, zero at the cells outside the support.

    Attributes
    ----------
    rows, columns : tuple of int
    polynomial : Polynomial
        With a positive first coefficient: the determinant up to sign.
    condition : int or None
        Number of the rank condition that it is a minor of.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    polynomial: Polynomial
    condition: int | None = None

    def __str__(self) -> str:
        rows, columns = (", ".join(map(str, lines)) for lines in (self.rows, self.columns))
        return f"det of rows {{{rows}}} × columns {{{columns}}}"


def determinant(cells: Sequence[Cell], rows: Sequence[int], columns: Sequence[int]) -> Polynomial:
    """The determinant of a block in the entries at the cells; empty where it is zero.

    Raises
    ------
    BudgetExceeded
        If the block has more than 6 rows.

    Examples
    --------
    >>> determinant([(0, 0), (0, 1), (1, 0), (1, 1)], (0, 1), (0, 1))
    {(1, 0, 0, 1): 1, (0, 1, 1, 0): -1}
    """
    if len(rows) > LARGEST_MINOR:
        raise BudgetExceeded(f"a minor of size {len(rows)} is too large to be written down")
    place = {cell: a for a, cell in enumerate(cells)}
    poly: Polynomial = {}
    for used, sign in signed_products(rows, columns, lambda i, j: (i, j) in place):
        exponents = [0] * len(cells)
        for cell in used:
            exponents[place[cell]] = 1
        poly[tuple(exponents)] = sign
    return poly


def minors_of(cells: Sequence[Cell], conditions: Iterable[RankCondition]) -> Iterator[Minor]:
    """All minors of rank conditions that are not zero, each once.

    Raises
    ------
    BudgetExceeded
        If they have more than 50,000 monomials, or are too large.
    """
    written = 0
    seen: set[tuple[tuple[int, ...], tuple[int, ...]]] = set()
    for number, each in enumerate(conditions):
        size = each.bound + 1
        for rows in combinations(each.rows, size):
            for columns in combinations(each.columns, size):
                if (rows, columns) in seen:
                    continue
                seen.add((rows, columns))
                poly = determinant(cells, rows, columns)
                written += len(poly)
                if max(written, len(seen)) > MOST_MONOMIALS:
                    raise BudgetExceeded(f"the minors of the rank conditions have more than {MOST_MONOMIALS} monomials")
                if poly:
                    yield Minor(rows, columns, primitive(poly), number)


def recognised(grading: Grading, poly: Polynomial) -> Minor | None:
    """The minor that a polynomial is up to a constant, None if it is none.

    Examples
    --------
    >>> from closedness.equations.grading import Grading
    >>> print(recognised(Grading([(0, 0), (0, 2), (1, 0), (1, 2)]), {(1, 0, 0, 1): -2, (0, 1, 1, 0): 2}))
    det of rows {0, 1} × columns {0, 2}
    """
    degree = grading.of(poly)
    if degree is None or max(degree.rows + degree.columns) > 1:
        return None
    rows = tuple(i for i, e in zip(grading.rows, degree.rows, strict=True) if e)
    columns = tuple(j for j, e in zip(grading.columns, degree.columns, strict=True) if e)
    if len(rows) > LARGEST_MINOR:
        return None
    own = determinant(grading.cells, rows, columns)
    if not own or primitive(own) != primitive(poly):
        return None
    return Minor(rows, columns, primitive(poly))
