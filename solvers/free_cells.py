"""Hidden indices that fit their cells exactly whatever the others do: they leave the search before it begins.

A class of ``s`` hidden indices with the same rectangle represents every matrix on cells that lie in at most ``s`` rows
or in at most ``s`` columns of it. Cells of such a class are free: the others need not care for them. Without these
cells further classes may be free in the same way. The classes are fitted in the reverse order; each has values only
on the cells that it freed, so it disturbs no other. (docs/solvers.md, Proposition 4)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from closedness.budget import Budget
from solvers.arrays import Array

__all__ = ["FreeClass", "Reduction", "reduce_supports"]

Mask = NDArray[np.bool_]


class FreeClass(NamedTuple):
    """A class that fits its cells exactly.

    Attributes
    ----------
    members : ndarray of int
    lines : ndarray of int
        At most as many rows (or columns) as members.
    by_rows : bool
        Whether ``lines`` are rows.
    cells : ndarray of bool, (m, n)
        The cells it frees.
    """

    members: NDArray[np.intp]
    lines: NDArray[np.intp]
    by_rows: bool
    cells: Mask


class Reduction(NamedTuple):
    """What is left to be searched for.

    Attributes
    ----------
    core : ndarray of int
        Hidden indices that are not free.
    free : ndarray of bool, (m, n)
        Cells that free classes fit.
    classes : tuple of FreeClass
        In the order in which they were found.
    """

    core: NDArray[np.intp]
    free: Mask
    classes: tuple[FreeClass, ...]

    def complete(self, target: Array, X: Array, Y: Array) -> None:
        """Give the free classes their values, in place, so that the product equals the target on all free cells."""
        rest = target - X @ Y.T
        for found in self.classes:
            k = found.members[: len(found.lines)]
            block = np.where(found.cells, rest, 0)
            if found.by_rows:
                X[found.lines, k] = 1.0
                Y[:, k] = block[found.lines].T
            else:
                Y[found.lines, k] = 1.0
                X[:, k] = block[:, found.lines]


def reduce_supports(rows: Mask, cols: Mask, unknown: Mask | None = None, budget: Budget | None = None) -> Reduction:
    """Free classes of the supports ``rows`` (m, r) of X and ``cols`` (n, r) of Y, one after the other.

    Cells that are ``unknown`` (m, n) are free from the beginning, and nobody needs to fit them. When the time of
    ``budget`` is up, the classes not yet looked at stay in the core.

    Examples
    --------
    >>> one = np.ones((3, 1), bool)
    >>> diagonal = np.eye(3, dtype=bool)
    >>> found = reduce_supports(np.hstack([one, diagonal]), np.hstack([one, diagonal]))
    >>> found.core.tolist(), found.free.astype(int).tolist()
    ([0], [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    """
    m, n, r = rows.shape[0], cols.shape[0], rows.shape[1]
    groups: dict[bytes, list[int]] = {}
    core = []
    for k in range(r):
        if rows[:, k].any() and cols[:, k].any():
            groups.setdefault(rows[:, k].tobytes() + cols[:, k].tobytes(), []).append(k)
    left = [np.array(members, dtype=np.intp) for members in groups.values()]
    free = np.zeros((m, n), bool) if unknown is None else unknown.copy()
    classes: list[FreeClass] = []
    changed = True
    while changed and left:
        changed = False
        still = []
        for members in left:
            if budget is not None and budget.expired():
                still.append(members)
                continue
            k = members[0]
            cells = rows[:, k, None] & cols[None, :, k] & ~free
            by_rows = _fits(cells, len(members))
            if by_rows is None:
                still.append(members)
                continue
            lines = np.flatnonzero(cells.any(axis=1 if by_rows else 0))
            if lines.size:
                classes.append(FreeClass(members, lines, by_rows, cells))
                free |= cells
                changed = True
        left = still
    for members in left:
        core += members.tolist()
    return Reduction(np.array(sorted(core), dtype=np.intp), free, tuple(classes))


def _fits(cells: Mask, size: int) -> bool | None:
    """Whether the cells lie in so few rows (True) or columns (False); None when in neither."""
    if int(cells.any(axis=1).sum()) <= size:
        return True
    return False if int(cells.any(axis=0).sum()) <= size else None
