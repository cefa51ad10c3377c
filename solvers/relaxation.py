"""Lower bounds of the error with fixed supports: truncated singular values of disjoint blocks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from closedness import Support
from closedness.budget import Budget
from closedness.supports.graph import types
from solvers.arrays import Array, row_energies
from solvers.blocks import singular_tails

__all__ = ["relaxation_bound"]

_PACE = 4e-9  # seconds of a singular value decomposition, for each entry and each singular value


def relaxation_bound(
    matrix: Array,
    rows: Support,
    cols: Support,
    budget: Budget | None = None,
    squares: NDArray[np.float64] | None = None,
) -> float:
    """A lower bound of the error with these supports, from truncated singular values of disjoint blocks.

    On any block of rows and columns the product has at most the rank that the hidden indices meeting the block allow.
    Four ways to cut the matrix into disjoint blocks are tried: by row type and column type, by row type, by column
    type, not at all. When the time of ``budget`` is up, the blocks not yet looked at count nothing: still a bound;
    so do blocks that would take longer than what is left.
    With weights, whose ``squares`` are given, a block counts with the smallest of its squares; one that no hidden index
    meets with all of them.

    Examples
    --------
    >>> one = Support.read([[1], [1]])
    >>> round(relaxation_bound(np.diag([2.0, 1.0]), one, one), 12)
    1.0
    """
    by_row = [(mask, np.array(lines)) for mask, lines in types(rows).items()]
    by_col = [(mask, np.array(lines)) for mask, lines in types(cols).items()]
    all_rows, all_cols = np.arange(rows.shape[0]), np.arange(cols.shape[0])
    in_rows, in_cols = _union([mask for mask, _ in by_row]), _union([mask for mask, _ in by_col])
    cuts: list[Iterable[tuple[int, NDArray[Any], NDArray[Any]]]] = [
        ((p & q, i, j) for p, i in by_row for q, j in by_col),
        ((p & in_cols, i, all_cols) for p, i in by_row),
        ((q & in_rows, all_rows, j) for q, j in by_col),
        [(in_rows & in_cols, all_rows, all_cols)],
    ]
    best = 0.0
    for cut in cuts:
        energy = 0.0
        for mask, i, j in cut:
            if budget is not None and budget.expired():
                break
            rank = mask.bit_count()
            if rank >= min(len(i), len(j)):
                continue
            left = None if budget is None else budget.left()
            if left is not None and rank and _PACE * len(i) * len(j) * min(len(i), len(j)) > left:
                continue
            block = matrix[np.ix_(i, j)]
            own = None if squares is None else squares[np.ix_(i, j)]
            if not rank:
                energy += float(row_energies(block if own is None else block * np.sqrt(own)).sum())
            elif own is None or own.min() > 0.0:
                energy += float(singular_tails(block[None], rank)[0]) * (1.0 if own is None else float(own.min()))
        best = max(best, energy)
    return math.sqrt(best)


def _union(masks: list[int]) -> int:
    out = 0
    for mask in masks:
        out |= mask
    return out
