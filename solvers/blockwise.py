"""Optimal factors on tractable supports: every block by a truncated singular value decomposition, panel by panel."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view
from numpy.typing import NDArray

from closedness import Support
from solvers.arrays import Array, row_energies, scaled
from solvers.blocks import truncate
from solvers.panels import PANEL_BYTES, panel_bytes, scratch
from solvers.tractable import Group, Tractability, tractability

__all__ = ["BlockFactors", "plan_for", "solve_tractable"]

Indices = NDArray[np.intp]
_Fitted = tuple[Indices, Indices, Indices, Array]


class _Grid(NamedTuple):
    """Blocks at regular places: ``g = g1·inner + g2`` starts at ``first + g1·outer_step + g2·inner_step``."""

    inner: int
    first: tuple[int, int]
    outer_step: tuple[int, int]
    inner_step: tuple[int, int]
    within: tuple[int, int]  # steps from row to row and from column to column of a block


class _Batch(NamedTuple):
    """Blocks of one shape: index arrays (g, p), (g, c), (g, rank), and where their columns and rows are intervals."""

    rows: Indices
    cols: Indices
    members: Indices
    row_intervals: bool
    col_intervals: bool
    grid: _Grid | None


class Plan(NamedTuple):
    """What is known from the supports alone.

    Attributes
    ----------
    found : Tractability
    batches : tuple of _Batch
    partial : bool
        Whether entries lie outside all supports, or under complete classes.
    """

    found: Tractability
    batches: tuple[_Batch, ...]
    partial: bool


@lru_cache(maxsize=4)
def plan_for(rows: Support, cols: Support) -> Plan:
    """Read the supports once: who factorises many matrices with the same supports pays for that once."""
    found = tractability(rows, cols)
    groups: dict[tuple[int, int, int], list[Group]] = {}
    for group in found.groups:
        size = min(len(group.members), len(group.rows), len(group.cols))
        groups.setdefault((len(group.rows), len(group.cols), size), []).append(group)
    area = sum(len(g.rows) * len(g.cols) for g in found.groups) + sum(mask.bit_count() for mask in found.covered)
    batches = tuple(_batch(some, rank) for (_, _, rank), some in groups.items())
    return Plan(found, batches, area < rows.shape[0] * cols.shape[0])


def _batch(groups: list[Group], rank: int) -> _Batch:
    """The blocks in the order in which they lie in memory, so that a panel is a few long pieces of it."""
    groups = sorted(groups, key=lambda g: (g.rows, g.cols))
    rows = np.array([g.rows for g in groups], dtype=np.intp)
    cols = np.array([g.cols for g in groups], dtype=np.intp)
    members = np.array([g.members[:rank] for g in groups], dtype=np.intp)
    return _Batch(rows, cols, members, _intervals(rows), _intervals(cols), _grid(rows, cols))


def _grid(rows: Indices, cols: Indices) -> _Grid | None:
    """The regular places of the blocks, as in a pair of Kronecker-sparse factors; None if they are not regular."""
    steps = []
    for index in (rows, cols):
        step = int(index[0, 1] - index[0, 0]) if index.shape[1] > 1 else 1
        if not (index == index[:, :1] + step * np.arange(index.shape[1])).all():
            return None
        steps.append(step)
    starts = np.stack([rows[:, 0], cols[:, 0]], axis=1)
    count = len(starts)
    inner_step = starts[1] - starts[0] if count > 1 else np.zeros(2, np.intp)
    breaks = np.flatnonzero((np.diff(starts, axis=0) != inner_step).any(axis=1))
    inner = int(breaks[0]) + 1 if breaks.size else count
    if count % inner:
        return None
    outer_step = starts[inner] - starts[0] if inner < count else np.zeros(2, np.intp)
    g1, g2 = np.divmod(np.arange(count), inner)
    if not (starts == starts[0] + g1[:, None] * outer_step + g2[:, None] * inner_step).all():
        return None

    def pair(v: Any) -> tuple[int, int]:
        return int(v[0]), int(v[1])

    return _Grid(inner, pair(starts[0]), pair(outer_step), pair(inner_step), pair(steps))


def _intervals(index: Indices) -> bool:
    """Whether every row of sorted indices is an interval."""
    return bool((index[:, -1] - index[:, 0] == index.shape[1] - 1).all())


def _blocks(matrix: Array, batch: _Batch, part: slice) -> Array:
    """Copies of some blocks, ``(g, p, c)``; regular ones as a view, intervals in one piece each."""
    rows, cols = batch.rows[part], batch.cols[part]
    if batch.grid is not None and part.start % batch.grid.inner == 0 and len(rows) % batch.grid.inner == 0:
        return _regular_blocks(matrix, batch, part.start, len(rows))
    if batch.col_intervals and cols.shape[1] > 1:
        return np.asarray(sliding_window_view(matrix, cols.shape[1], axis=1)[rows, cols[:, :1]])
    if batch.row_intervals and rows.shape[1] > 1:
        found = sliding_window_view(matrix, rows.shape[1], axis=0)[rows[:, :1], cols]
        return np.ascontiguousarray(found.swapaxes(-1, -2))
    return np.asarray(matrix[rows[:, :, None], cols[:, None, :]])


def _regular_blocks(matrix: Array, batch: _Batch, start: int, count: int) -> Array:
    """Copies of ``count`` blocks from ``start`` on, both multiples of the inner length of the grid.

    They lie in memory that the next call uses again.
    """
    assert batch.grid is not None
    inner, first, outer_step, inner_step, within = batch.grid
    high, wide = matrix.strides
    i, j = (first[k] + start // inner * outer_step[k] for k in (0, 1))
    view = as_strided(
        matrix[i:, j:],
        (count // inner, inner, batch.rows.shape[1], batch.cols.shape[1]),
        (
            outer_step[0] * high + outer_step[1] * wide,
            inner_step[0] * high + inner_step[1] * wide,
            within[0] * high,
            within[1] * wide,
        ),
        writeable=False,
    )
    out = scratch("blocks", view.shape, matrix.dtype)
    np.copyto(out, view)
    return out.reshape(count, *view.shape[2:])


class _Solved(NamedTuple):
    """Factors of the blocks of one batch, ``(g, p, rank)`` and ``(g, rank, c)``."""

    batch: _Batch
    left: Array
    right: Array


class BlockFactors:
    """Optimal factors as the values inside their blocks; the dense arrays are formed when they are asked for.

    Parameters
    ----------
    shape : tuple of int
        ``m, n, r``.
    solved : list of _Solved
        The blocks outside the complete classes.
    fitted : list of (ndarray, ndarray, ndarray, ndarray)
        For each complete class its rows, columns, members, and the block that they represent.
    dtype : dtype
    exponent : int
        The values are those of the factors over ``2^exponent``.
    """

    def __init__(
        self, shape: tuple[int, int, int], solved: list[_Solved], fitted: list[_Fitted], dtype: Any, exponent: int = 0
    ) -> None:
        self.shape, self.solved, self.fitted, self.dtype, self.exponent = shape, solved, fitted, dtype, exponent

    def dense(self) -> tuple[Array, Array]:
        """The factors ``X`` (m, r) and ``Y`` (n, r)."""
        m, n, r = self.shape
        X, Y = np.zeros((m, r), self.dtype), np.zeros((n, r), self.dtype)
        for batch, left, right in self.solved:
            X[batch.rows[:, :, None], batch.members[:, None, :]] = left
            Y[batch.cols[:, :, None], batch.members[:, None, :]] = right.swapaxes(-1, -2)
        for rows, cols, members, block in self.fitted:
            eye = np.eye(len(members), dtype=self.dtype)
            by_rows = len(rows) <= len(cols)
            X[rows[:, None], members] = eye if by_rows else block
            Y[cols[:, None], members] = block.T if by_rows else eye
        return scaled(X, -self.exponent), scaled(Y, -self.exponent)


def solve_tractable(matrix: Array, plan: Plan, r: int) -> tuple[BlockFactors, float]:
    """Optimal factors for tractable supports and their error.

    Groups outside the complete classes are solved by truncated SVDs, blocks of one shape together; then each cell of a
    complete class is fitted exactly by the first complete class that covers it. Memory beside the factors: a few
    panels, and a mark for each entry where some lie outside the supports.
    """
    m, n = matrix.shape
    complete = plan.found.complete
    covered = np.zeros((m, n), bool) if plan.partial or complete else None
    lost = 0.0
    done: list[_Solved] = []
    fitted: list[_Fitted] = []
    for batch in plan.batches:
        (g, p), c, rank = batch.rows.shape, batch.cols.shape[1], batch.members.shape[1]
        left, right = np.empty((g, p, rank), matrix.dtype), np.empty((g, rank, c), matrix.dtype)
        step = max(1, panel_bytes(matrix.nbytes) // (p * c * matrix.itemsize))
        if batch.grid is not None and step >= batch.grid.inner:
            step -= step % batch.grid.inner
        for first in range(0, g, step):
            part = slice(first, first + step)
            if covered is not None:
                covered[batch.rows[part][:, :, None], batch.cols[part][:, None, :]] = True
            solved = truncate(_blocks(matrix, batch, part), rank)
            lost += float(solved.discarded.sum())
            left[part], right[part] = solved.left, solved.right
        done.append(_Solved(batch, left, right))
    factors = BlockFactors((m, n, r), done, fitted, matrix.dtype)
    if covered is None:
        return factors, math.sqrt(lost)
    for group in complete:
        size = min(len(group.rows), len(group.cols))
        rows, cols = np.array(group.rows, np.intp), np.array(group.cols, np.intp)
        place = rows[:, None], cols
        fitted.append((rows, cols, np.array(group.members[:size], np.intp), np.where(covered[place], 0, matrix[place])))
        covered[place] = True
    if plan.partial:
        for first in range(0, m, step := max(1, PANEL_BYTES // (n * matrix.itemsize))):
            rest = slice(first, first + step)
            lost += float(row_energies(np.where(covered[rest], 0, matrix[rest])).sum())
    return factors, math.sqrt(lost)
