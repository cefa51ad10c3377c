"""Leading left singular subspaces of stacks of blocks."""

from __future__ import annotations

import numpy as np

from solvers.arrays import Array, adjoint

__all__ = ["leading_subspace"]


def leading_subspace(blocks: Array, rank: int) -> Array:
    """Orthonormal basis of the leading left singular subspace of every block.

    Parameters
    ----------
    blocks : ndarray, (..., m, n)
    rank : int
        Less than ``min(m, n)``.

    Returns
    -------
    ndarray, (..., m, rank)
    """
    m, n = blocks.shape[-2:]
    if m < n:
        small = np.linalg.qr(adjoint(blocks), mode="r")  # blocks^H = Q R, so blocks = R^H Q^H
        u, _, _ = np.linalg.svd(adjoint(small))
        return np.ascontiguousarray(u[..., :rank])
    u, _, _ = np.linalg.svd(blocks, full_matrices=False)
    return np.ascontiguousarray(u[..., :rank])
