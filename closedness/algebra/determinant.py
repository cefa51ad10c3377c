"""Determinants of small matrices by expansion: of polynomials, and of entries that are variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["determinant", "signed_products"]

Cell = tuple[int, int]


class Polynomial(Protocol):
    """What is asked of the entries: the polynomials of flint have it; their length is the number of their terms."""

    def __len__(self) -> int: ...
    def __add__(self, other: Any, /) -> Self: ...
    def __sub__(self, other: Any, /) -> Self: ...
    def __mul__(self, other: Any, /) -> Self: ...
    def is_zero(self) -> bool: ...


Entry = TypeVar("Entry", bound=Polynomial)


def determinant(
    matrix: Sequence[Sequence[Entry]], one: Entry | None = None, spend: Callable[[int], None] | None = None
) -> Entry:
    """The determinant of a square matrix of polynomials, by expansion along its shortest rows; `one` if it is empty.

    Parameters
    ----------
    matrix : sequence of rows
    one : polynomial, optional
        Needed for the empty matrix.
    spend : callable, optional
        Called with the number of terms of each determinant on the way; it ends the expansion by raising.

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
            part = entry * determinant([[e for q, e in enumerate(row) if q != column] for row in rest], one, spend)
            total = total - part if (pivot + column) % 2 else total + part
    if spend is not None:
        spend(len(total))
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
