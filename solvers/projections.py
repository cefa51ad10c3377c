"""Truncation by projections taken from the target itself: the sharp bound in every order.

The hierarchical algorithm takes the singular vectors of every split from what the splits before have left over
(sequential truncation). Here those of *all* splits are taken from the target, as in the truncated higher-order
singular value decomposition of tensors. Statement and proof: docs/solvers.md, Theorem 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from solvers.arrays import Array, adjoint
from solvers.blocks import truncate
from solvers.kronecker_sparse import Chain
from solvers.panels import PANEL_BYTES, panels
from solvers.splits import PairShape, product_blocks

__all__ = ["project"]


def project(
    values: Array, chain: Chain, first: int, progress: Callable[[int, int], None] | None = None
) -> tuple[Array, dict[int, float]]:
    """A product along ``chain`` near a target, by projections of all class blocks of the target.

    Parameters
    ----------
    values : ndarray, (a, b, c, d)
        Compact array of the target on the support of the product; read, never written.
    chain : Chain
        Chainable, at least two factors.
    first : int
        The split from which the projections go outwards: columns of the blocks are projected at it and left of it,
        rows right of it.
    progress : callable, optional
        Called with (splits done, splits in all).

    Returns
    -------
    projected : ndarray, (a, b, c, d)
        Compact array; all its class blocks have the ranks that the chain allows, up to rounding.
    squares : dict of int to float
        ``E_s²`` of every split, energies outside the support not counted.

    Examples
    --------
    >>> from solvers.families import low_rank
    >>> near, squares = project(np.diag([3.0, 2.0]).reshape(1, 2, 2, 1), low_rank(2, 2, 1), 1)
    >>> near[0, :, :, 0].tolist(), squares
    ([[3.0, 0.0], [0.0, 0.0]], {1: 4.0})
    """
    out = np.array(values, order="C")
    squares: dict[int, float] = {}
    for done, split in enumerate([*range(first, 0, -1), *range(first + 1, len(chain))]):
        pair = PairShape.of(chain.piece(0, split), chain.piece(split, len(chain)))
        squares[split] = _project_blocks(values, out, pair, "left" if split <= first else "right")
        if progress is not None:
            progress(done + 1, len(chain) - 1)
    return out, squares


def _project_blocks(values: Array, out: Array, pair: PairShape, side: Literal["left", "right"]) -> float:
    """Project the blocks of ``out`` onto the leading singular vectors of those of ``values``; returns ``E²``."""
    b, c, q = pair.b, pair.c, pair.q
    if q >= min(b, c):
        return 0.0
    targets, blocks = product_blocks(values, pair), product_blocks(out, pair)
    lost = 0.0
    for part in panels(targets.shape[:4], max(1, PANEL_BYTES // (b * c * values.itemsize))):
        panel = np.ascontiguousarray(targets[part]).reshape(-1, b, c)
        found = truncate(panel, q, side)
        lost += float(found.discarded.sum())
        old = np.ascontiguousarray(blocks[part]).reshape(-1, b, c)
        if side == "left":
            new = np.matmul(found.left, np.matmul(adjoint(found.left), old))
        else:
            new = np.matmul(np.matmul(old, adjoint(found.right)), found.right)
        blocks[part] = new.reshape(blocks[part].shape)
    return lost
