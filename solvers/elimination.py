"""Start values by elimination: rank-one supports are split off in an order in which they are determined.

If some row and some column of a rectangle meet no other rectangle, the rank-one term is read off that row and that
column, as in Gaussian elimination. Taken off, it may leave other rectangles with such a row and column. LU, bands,
arrows and incomplete factorisations without fill-in conflicts end exactly; elsewhere it is a start.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from closedness.budget import Budget
from solvers.arrays import Array

__all__ = ["eliminate"]

_SMALL = 1e-10  # pivots below this share of their row and column are replaced
_REPLACED = 1e-3


def eliminate(target: Array, rows: NDArray[np.bool_], cols: NDArray[np.bool_], budget: Budget) -> tuple[Array, Array]:
    """Factors found by splitting off one rank-one support after the other.

    Parameters
    ----------
    target : ndarray, (m, n)
    rows, cols : ndarray of bool, (m, r) and (n, r)
    budget : Budget
        When it is spent, hidden indices not yet reached stay zero.

    Returns
    -------
    X, Y : ndarray, (m, r) and (n, r)

    Examples
    --------
    >>> lower = np.tril(np.ones((2, 2), bool))
    >>> X, Y = eliminate(np.array([[2.0, 4.0], [6.0, 9.0]]), lower, lower, Budget(None))
    >>> (X @ Y.T).tolist()
    [[2.0, 4.0], [6.0, 9.0]]
    """
    m, n, r = *target.shape, rows.shape[1]
    X, Y = np.zeros((m, r), target.dtype), np.zeros((n, r), target.dtype)
    rest = np.array(target)
    I, J = rows.astype(np.float32), cols.astype(np.float32)
    left = np.asarray(rows.any(axis=0) & cols.any(axis=0))
    while left.any() and not budget.expired():
        open_ = np.flatnonzero(left)
        i, j = I[:, open_], J[:, open_]
        shared = ((i @ j.T) > 1.5).astype(np.float32)  # cells of more than one rectangle
        pure_rows = rows[:, open_] & ((shared @ j) == 0.0)
        pure_cols = cols[:, open_] & ((shared.T @ i) == 0.0)
        ready = np.flatnonzero(pure_rows.any(axis=0) & pure_cols.any(axis=0))
        if ready.size:
            found = [
                _pivot(rest, pure_rows[:, k], pure_cols[:, k], rows[:, open_[k]], cols[:, open_[k]]) for k in ready
            ]
            best = int(np.argmax([share for share, _, _ in found]))
            k = int(open_[ready[best]])
            _, a, b = found[best]
            X[rows[:, k], k], Y[cols[:, k], k] = _cross(rest, a, b, rows[:, k], cols[:, k])
        else:
            cells = (i.sum(axis=0)) * (j.sum(axis=0))
            private = cells - np.einsum("ik,ik->k", i, shared @ j)
            k = int(open_[np.argmax(private / cells)])
            block = rest[np.ix_(rows[:, k], cols[:, k])]
            X[rows[:, k], k], Y[cols[:, k], k] = _rank_one(block, shared[np.ix_(rows[:, k], cols[:, k])] == 0.0)
        rest -= np.multiply.outer(X[:, k], Y[:, k])
        left[k] = False
    return X, Y


def _pivot(
    rest: Array,
    pure_rows: NDArray[np.bool_],
    pure_cols: NDArray[np.bool_],
    rows: NDArray[np.bool_],
    cols: NDArray[np.bool_],
) -> tuple[float, int, int]:
    """The largest entry in pure rows and columns, relative to its own row and column."""
    a, b = np.flatnonzero(pure_rows), np.flatnonzero(pure_cols)
    sizes = np.abs(rest[np.ix_(a, b)])
    place = np.unravel_index(int(np.argmax(sizes)), sizes.shape)
    i, j = int(a[place[0]]), int(b[place[1]])
    top = max(float(np.abs(rest[i, cols]).max()), float(np.abs(rest[rows, j]).max()))
    return (float(sizes[place]) / top if top > 0.0 else 1.0), i, j


def _cross(rest: Array, i: int, j: int, rows: NDArray[np.bool_], cols: NDArray[np.bool_]) -> tuple[Array, Array]:
    """The rank-one matrix with a given row and column; a pivot near zero is replaced by a small one."""
    x, y = rest[rows, j], rest[i, cols]
    top = max(float(np.abs(x).max()), float(np.abs(y).max()))
    if top == 0.0:
        return x, y
    pivot = rest[i, j]
    if abs(pivot) < _SMALL * top:
        pivot = _REPLACED * top
    scale = np.sqrt(np.abs(pivot))
    return x / scale, y * (scale / pivot)


def _rank_one(block: Array, private: NDArray[np.bool_]) -> tuple[Array, Array]:
    """A rank-one approximation that fits cells of this rectangle alone better than others."""
    weights = np.where(private, 1.0, 0.1)
    y = np.conj(block[int(np.argmax((weights * np.square(np.abs(block))).sum(axis=1)))])
    x = block[:, 0]
    for _ in range(4):
        x = _ratio((weights * block) @ y, weights @ np.square(np.abs(y)))
        y = _ratio(np.conj(x) @ (weights * block), np.square(np.abs(x)) @ weights)
        y = np.conj(y)
    return x, np.conj(y)


def _ratio(a: Array, b: Array) -> Array:
    return np.asarray(a / np.where(b > 0.0, b, 1.0))
