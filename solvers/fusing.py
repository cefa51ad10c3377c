"""How a chain is applied: which neighbours are multiplied out first, and by which kernel each piece is applied.

Two factors of radix 2 have as many values apart as together, three a third more together; what is saved is a pass over
the vectors. The cost model below was fitted to measured times (docs/solvers.md, section 11); it decides nothing but the
time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from solvers.arrays import Array
from solvers.kronecker_sparse import KroneckerPattern, pair_obstacle, pair_product

__all__ = ["Piece", "plan", "fusible"]

_WIDE = 256  # b·c from which on a matrix product applies a block to one vector


class Piece(NamedTuple):
    """Factors ``start … stop-1`` applied as one, by their csr matrix or by products of their blocks."""

    start: int
    stop: int
    sparse: bool


def plan(patterns: Sequence[KroneckerPattern], width: int, itemsize: int = 8, dense: bool = True) -> list[Piece]:
    """The pieces of least cost, first factor first.

    Parameters
    ----------
    patterns : sequence of KroneckerPattern
    width : int
        Number of vectors.
    itemsize : int
        Of the values, in bytes.
    dense : bool
        Whether factors may be multiplied out.

    Examples
    --------
    >>> from solvers.families import square_dyadic
    >>> [p.stop - p.start for p in plan(square_dyadic(4096), 1)]
    [2, 2, 2, 2, 2, 2]
    >>> [p.stop - p.start for p in plan(square_dyadic(64), 16)]
    [3, 3]
    """
    count = len(patterns)
    best: list[tuple[float, int, bool]] = [(0.0, 0, False)]
    for stop in range(1, count + 1):
        options = []
        piece = patterns[stop - 1]
        for start in range(stop - 1, -1, -1):
            if start < stop - 1:
                if not dense or pair_obstacle(patterns[start], piece):
                    break
                piece = pair_product(patterns[start], piece)
            options += [(best[start][0] + _cost(piece, width, itemsize, kind), start, kind) for kind in (True, False)]
        best.append(min(options))
    found, stop = [], count
    while stop:
        _, start, sparse = best[stop]
        found.append(Piece(start, stop, sparse))
        stop = start
    return found[::-1]


def _cost(p: KroneckerPattern, width: int, itemsize: int, sparse: bool) -> float:
    """About the time of one piece, in microseconds."""
    weight = itemsize / 8
    if sparse:
        if width > 1:
            return math.inf
        return 3.2 + 6.5e-4 * weight * p.size
    blocks = p.a * p.d
    if width == 1:
        if p.b * p.c < _WIDE:
            return 3.0 + 2.5e-3 * weight * p.size
        return 4.0 + 0.05 * blocks + 2.5e-4 * weight * p.size
    ends = p.a * p.d * (p.b + p.c) * width
    return 2.0 + blocks * (0.04 + 8e-5 * weight * p.b * p.c * width) + 1.5e-4 * weight * ends


def fusible(factors: Sequence[Array]) -> bool:
    """Whether no value can leave the range when factors are multiplied out beforehand.

    Examples
    --------
    >>> fusible([np.full((1, 2, 2, 1), 1e200), np.full((1, 2, 2, 1), 1e-200)])
    False
    """
    largest, least = 0.0, 0.0
    limits = np.finfo(np.result_type(*factors, np.float32))
    for f in factors:
        size = np.abs(f)
        top = float(size.max())
        if not math.isfinite(top):
            return False
        bottom = float(size.min(where=size > 0, initial=top)) if top else 1.0
        largest += max(0.0, math.log2(max(top, 1e-300)) + math.log2(f.shape[2]))
        least += min(0.0, math.log2(max(bottom, 1e-300)))
    return largest < limits.maxexp / 2 and least > limits.minexp / 2

