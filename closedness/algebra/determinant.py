"""Determinants of small matrices by expansion: of polynomials, and of entries that are variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flint import fmpq_mpoly, fmpz_mpoly

__all__ = ["determinant", "signed_products"]

Polynomial = TypeVar("Polynomial", "fmpq_mpoly", "fmpz_mpoly")
Cell = tuple[int, int]


def determinant(matrix: Sequence[Sequence[Polynomial]], one: Polynomial | None = None) -> Polynomial:
    """The determinant of a square matrix of polynomials, by expansion along its shortest rows; `one` if it is empty.

    Examples
    --------
    >>> from flint import Ordering, fmpz_mpoly_ctx
    >>> ring = fmpz_mpoly_ctx.get(("x", "y"), Ordering.lex)
    >>> x, y = ring.gens()
    >>> determinant([[x, y], [y, x]])
    x^2 - y^2
    """
    if len(matrix) == 1:
        return matrix[0][0]
    if not matrix:
        assert one is not None
        return one
    pivot = min(range(len(matrix)), key=lambda p: sum(len(entry) for entry in matrix[p]))
    rest = [row for p, row in enumerate(matrix) if p != pivot]
    total = matrix[pivot][0] - matrix[pivot][0]
    for column, entry in enumerate(matrix[pivot]):
        if not entry.is_zero():
            part = entry * determinant([[e for q, e in enumerate(row) if q != column] for row in rest])
            total = total - part if (pivot + column) % 2 else total + part
    return total


def signed_products(
    rows: Sequence[int], columns: Sequence[int], free: Callable[[int, int], bool]
) -> Iterator[tuple[tuple[Cell, ...], int]]:
    """The products in the determinant of a block whose entries are variables or zero: their cells, and their signs.

    Examples
    --------
    >>> list(signed_products((0, 1), (0, 1), lambda i, j: True))
    [(((0, 0), (1, 1)), 1), (((0, 1), (1, 0)), -1)]
    """
    grown: list[tuple[tuple[Cell, ...], int, int]] = [((), 0, 1)]
    for i in rows:
        grown = [
            ((*cells, (i, j)), used | 1 << q, -sign if (used >> q + 1).bit_count() % 2 else sign)
            for cells, used, sign in grown
            for q, j in enumerate(columns)
            if not used >> q & 1 and free(i, j)
        ]
    yield from ((cells, sign) for cells, _, sign in grown)
