"""One split with two-row blocks of rank 1 over a whole matrix, in panels that stay in the cache.

This is the inner loop of the dyadic butterfly: reads the matrix once, writes half as much, and needs one small buffer.
"""

from __future__ import annotations

import numpy as np

from solvers.arrays import Array, inner, row_energies
from solvers.blocks import pair_rotations

__all__ = ["split_pairs", "PANEL_BYTES"]

PANEL_BYTES = 1 << 20
"""Size of a panel; half of a usual second-level cache."""


def split_pairs(target: Array, left: Array, right: Array) -> float:
    """Best rank-1 approximations of all blocks ``target[i, :, m, e, :]`` (two rows each).

    Parameters
    ----------
    target : ndarray, (a, 2, m, e, c)
        Not modified.
    left : ndarray, (a, 2, e, m)
        Receives unit vectors ``x`` over its second axis.
    right : ndarray, (a, e, m, c)
        Receives the rows ``x^H B``.

    Returns
    -------
    float
        Squared Frobenius norm of what is discarded.
    """
    a, _, m, e, c = target.shape
    width = max(1, PANEL_BYTES // max(1, 2 * e * c * target.itemsize))
    step_a, step_m = (max(1, width // m), m) if width >= m else (1, width)
    step_a = min(step_a, a)
    turn = np.empty((step_a, step_m, e, 2, 2), target.dtype)
    turned = np.empty((step_a, step_m, e, 2, c), target.dtype)
    lost = 0.0
    for i in range(0, a, step_a):
        for j in range(0, m, step_m):
            panel = target[i : i + step_a, :, j : j + step_m].transpose(0, 2, 3, 1, 4)
            upper, lower = panel[..., 0, :], panel[..., 1, :]
            here = (slice(0, panel.shape[0]), slice(0, panel.shape[1]))
            x0, x1 = pair_rotations(
                inner(upper, upper).real, inner(lower, lower).real, inner(upper, lower), turn[here]
            )
            out = turned[here]
            np.matmul(turn[here], panel, out=out)
            vectors = left[i : i + step_a, :, :, j : j + step_m]
            vectors[:, 0] = x0.swapaxes(1, 2)
            vectors[:, 1] = x1.swapaxes(1, 2)
            right[i : i + step_a, :, j : j + step_m] = out[..., 0, :].swapaxes(1, 2)
            lost += float(row_energies(out[..., 1, :]).sum())
    return lost
