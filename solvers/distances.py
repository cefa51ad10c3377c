"""Distances of a matrix to the two-factor sets at the splits of a chain: lower bounds of every error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvers.arrays import Array, measure, read_matrix, row_energies, scaled
from solvers.blocks import singular_tails
from solvers.families import read_chain
from solvers.kronecker_sparse import KroneckerPattern
from solvers.panels import PANEL_BYTES, panels
from solvers.refusals import refuses
from solvers.splits import PairShape, compact_view, product_blocks

__all__ = ["split_distances", "energy_outside"]


@refuses(weights="no singular values give a weighted distance; factorize_weighted_butterfly has a lower bound")
def split_distances(
    A: Any, chain: Any, *, progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float64]:
    """Distances ``E_1 … E_{L-1}`` of ``A`` to the two-factor sets at the splits of a chain.

    Each is the optimum of a two-factor problem (one truncated SVD per block), hence a lower bound for the error of
    every factorisation with this chain.

    Parameters
    ----------
    A : array_like, (m, n)
    chain : as for :func:`factorize_butterfly`
    progress : callable, optional
        Called with (panels of blocks done, panels in all).

    Returns
    -------
    ndarray, (L - 1,), float64
        Frobenius norm, absolute; entries outside the product's support are counted in every one.

    Examples
    --------
    >>> split_distances(np.eye(4), "dyadic").tolist()
    [0.0]
    """
    matrix = read_matrix(A)
    patterns = read_chain(chain, (matrix.shape[0], matrix.shape[1]))
    patterns.require_chainable()
    _, exponent = measure(matrix)
    usual = scaled(matrix, exponent)
    values = compact_view(usual, patterns.product)
    outside = energy_outside(usual, patterns.product)
    parts = []
    for s in range(1, len(patterns)):
        pair = PairShape.of(patterns.piece(0, s), patterns.piece(s, len(patterns)))
        blocks = product_blocks(values, pair)
        count = max(1, PANEL_BYTES // (pair.b * pair.c * values.itemsize))
        parts += [(s, pair.q, blocks[part]) for part in panels(blocks.shape[:4], count)]
    squares = np.full(len(patterns) - 1, outside)
    for done, (s, rank, panel) in enumerate(parts, start=1):
        squares[s - 1] += float(singular_tails(panel, rank).sum())
        if progress is not None:
            progress(done, len(parts))
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray(np.ldexp(np.sqrt(squares), exponent), dtype=np.float64)


def energy_outside(matrix: Array, pattern: KroneckerPattern) -> float:
    """Squared norm of the entries outside the pattern, summed directly."""
    if pattern.a == 1 and pattern.d == 1:
        return 0.0
    rest = np.array(matrix)
    compact_view(rest, pattern)[...] = 0.0
    return float(row_energies(rest).sum())
