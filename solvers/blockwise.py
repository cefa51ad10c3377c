"""Optimal factors on tractable supports: every block by a truncated singular value decomposition, panel by panel."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from closedness import Support
from solvers.arrays import Array, row_energies
from solvers.blocks import truncate
from solvers.pair_sweep import PANEL_BYTES
from solvers.tractable import Group, Tractability, tractability

__all__ = ["plan_for", "solve_tractable"]

Indices = NDArray[np.intp]


class _Batch(NamedTuple):
    """Blocks of one shape: index arrays (g, p), (g, c), (g, rank), and where their columns and rows are intervals."""

    rows: Indices
    cols: Indices
    members: Indices
    row_intervals: bool
    col_intervals: bool


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
    rows = np.array([g.rows for g in groups], dtype=np.intp)
    cols = np.array([g.cols for g in groups], dtype=np.intp)
    members = np.array([g.members[:rank] for g in groups], dtype=np.intp)
    return _Batch(rows, cols, members, _intervals(rows), _intervals(cols))


def _intervals(index: Indices) -> bool:
    """Whether every row of sorted indices is an interval."""
    return bool((index[:, -1] - index[:, 0] == index.shape[1] - 1).all())


def _blocks(matrix: Array, batch: _Batch, part: slice) -> Array:
    """Copies of some blocks, ``(g, p, c)``; intervals are copied in one piece each."""
    rows, cols = batch.rows[part], batch.cols[part]
    if batch.col_intervals and cols.shape[1] > 1:
        return np.asarray(sliding_window_view(matrix, cols.shape[1], axis=1)[rows, cols[:, :1]])
    if batch.row_intervals and rows.shape[1] > 1:
        found = sliding_window_view(matrix, rows.shape[1], axis=0)[rows[:, :1], cols]
        return np.ascontiguousarray(found.swapaxes(-1, -2))
    return np.asarray(matrix[rows[:, :, None], cols[:, None, :]])


def solve_tractable(matrix: Array, plan: Plan, r: int) -> tuple[Array, Array, float]:
    """Optimal factors for tractable supports and their error.

    Groups outside the complete classes are solved by truncated SVDs, blocks of one shape together; then each cell of a
    complete class is fitted exactly by the first complete class that covers it. Memory beside the factors: a few
    panels, and a mark for each entry where some lie outside the supports.
    """
    m, n = matrix.shape
    X, Y = np.zeros((m, r), matrix.dtype), np.zeros((n, r), matrix.dtype)
    complete = plan.found.complete
    covered = np.zeros((m, n), bool) if plan.partial or complete else None
    lost = 0.0
    for batch in plan.batches:
        (g, p), c = batch.rows.shape, batch.cols.shape[1]
        step = max(1, PANEL_BYTES // (p * c * matrix.itemsize))
        for first in range(0, g, step):
            part = slice(first, first + step)
            rows, cols, members = batch.rows[part], batch.cols[part], batch.members[part]
            if covered is not None:
                covered[rows[:, :, None], cols[:, None, :]] = True
            solved = truncate(_blocks(matrix, batch, part), members.shape[1])
            lost += float(solved.discarded.sum())
            X[rows[:, :, None], members[:, None, :]] = solved.left
            Y[cols[:, :, None], members[:, None, :]] = solved.right.swapaxes(-1, -2)
    if covered is None:
        return X, Y, math.sqrt(lost)
    for group in complete:
        size = min(len(group.rows), len(group.cols))
        rows, cols = np.array(group.rows, np.intp), np.array(group.cols, np.intp)
        members = np.array(group.members[:size], np.intp)
        place = rows[:, None], cols
        block = np.where(covered[place], 0, matrix[place])
        covered[place] = True
        eye = np.eye(size, dtype=matrix.dtype)
        by_rows = len(rows) <= len(cols)
        X[rows[:, None], members] = eye if by_rows else block
        Y[cols[:, None], members] = block.T if by_rows else eye
    if plan.partial:
        for first in range(0, m, step := max(1, PANEL_BYTES // (n * matrix.itemsize))):
            rest = slice(first, first + step)
            lost += float(row_energies(np.where(covered[rest], 0, matrix[rest])).sum())
    return X, Y, math.sqrt(lost)
