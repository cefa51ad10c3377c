"""Linear algebra over the integers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["orthogonal_basis"]


def orthogonal_basis(lines: Sequence[Sequence[int]], width: int) -> list[list[int]]:
    """A basis in integers of the vectors that are orthogonal to all lines.

    Examples
    --------
    >>> orthogonal_basis([], 2)
    [[1, 0], [0, 1]]
    >>> len(orthogonal_basis([[1, 1, 1]], 3))
    2
    """
    from flint import fmpz_mat

    if not lines:
        return [[int(p == q) for q in range(width)] for p in range(width)]
    basis, size = fmpz_mat([list(line) for line in lines]).nullspace()
    return [[int(basis[p, q]) for p in range(width)] for q in range(size)]
