"""Linear algebra over the integers."""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["orthogonal_basis"]


def orthogonal_basis(lines: Sequence[Sequence[int]], width: int) -> list[list[int]]:
    """A basis of the vectors that are orthogonal to all lines, each in integers without a common divisor.

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
    vectors = ([int(basis[p, q]) for p in range(width)] for q in range(size))
    return [[value // gcd(*vector) for value in vector] for vector in vectors]
