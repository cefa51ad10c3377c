"""Best approximations of bounded rank for stacks of equal-shaped blocks.

Each method is chosen by what it costs and by what it loses:

* blocks with two rows (or columns) and rank 1: eigenvectors of the 2 × 2 Gram matrix in closed form. Safe: the leading
  direction is computed to full accuracy, and the discarded energy is measured on the discarded part itself;
* rank 1 in general: power iteration that stops on a proved bound of the excess energy, the Gram matrix's
  eigenvectors for the blocks on which it has not stopped. Safe, because only the leading direction is needed;
* larger ranks: orthogonal iteration on the Gram matrix with a proved stop, then its eigenvectors, both only where
  rounding in the Gram matrix is harmless; else a triangular factor first (LQ), then the SVD of the small factor. Gram
  matrices lose singular values below ``sqrt(eps)`` of the largest one; this does not.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from solvers.arrays import Array, adjoint, floor_of, inner, row_energies
from solvers.subspace import leading_subspace

__all__ = ["Truncation", "truncate", "pair_rotations", "singular_tails"]


class Truncation(NamedTuple):
    """Factors ``left @ right`` of the blocks and the squared Frobenius error of every block."""

    left: Array
    right: Array
    discarded: NDArray[np.float64]


def truncate(blocks: Array, rank: int, side: Literal["left", "right"] = "left") -> Truncation:
    """Best approximation of rank at most ``rank`` of every block of a stack.

    Parameters
    ----------
    blocks : ndarray, (..., m, n)
        The blocks; not modified.
    rank : int
        Positive; when it is ``min(m, n)`` or more the blocks are represented exactly and padded with zeros.
    side : {"left", "right"}
        Which factor has orthonormal columns (``left``) or rows (``right``); columns that are not needed are zero.

    Returns
    -------
    Truncation
        ``left`` (..., m, rank), ``right`` (..., rank, n), and ``discarded`` (...) squared Frobenius errors.

    Examples
    --------
    >>> t = truncate(np.diag([3.0, 2.0])[None], 1)
    >>> (t.left @ t.right)[0].tolist(), t.discarded.tolist()
    ([[3.0, 0.0], [0.0, 0.0]], [4.0])
    """
    if side == "right":
        left, right, discarded = truncate(blocks.swapaxes(-1, -2), rank, "left")
        return Truncation(right.swapaxes(-1, -2), left.swapaxes(-1, -2), discarded)
    m, n = blocks.shape[-2:]
    if rank >= min(m, n):
        return _represent(blocks, rank)
    if rank == 1 and m == 2:
        return _two_rows(blocks)
    if rank == 1 and n == 2:
        return _two_columns(blocks)
    left = leading_subspace(blocks, rank)
    right = np.matmul(adjoint(left), blocks)
    return Truncation(left, right, _residual_energy(blocks, left, right))


def pair_rotations(first: Array, second: Array, size: Array) -> tuple[Array, Array]:
    """Moduli of the leading left singular vector of two-row blocks, in closed form.

    Parameters
    ----------
    first, second : ndarray, real
        Squared norms of the two rows.
    size : ndarray, real
        Modulus of the inner product of the two rows.

    Returns
    -------
    c, s : ndarray, real
        ``c² + s² = 1``, both at least 0; ``(1, 0)`` for a zero block.

    Notes
    -----
    Entries of one matrix may be of very different size, so no squares of these squares are formed. Inner products
    that underflow has robbed of their digits count as zero.
    """
    half = first - second
    half *= 0.5
    upper = half >= 0.0
    np.abs(half, out=half)
    floor = floor_of(size)
    low = size < floor
    if low.any():
        size = np.where(low, 0.0, size)
    half += np.hypot(half, size)
    norm = np.hypot(half, size)
    low = norm < floor
    if low.any():
        half[low] = norm[low] = 1.0
        size = np.where(low, 0.0, size)
    half /= norm
    small = size / norm
    return np.where(upper, half, small), np.where(upper, small, half)


def _two_rows(blocks: Array) -> Truncation:
    """Rank 1, two rows: the vector ``(c, s·phase)``, the row ``xᴴB`` and the energy of the other rotated row."""
    upper, lower = blocks[..., 0, :], blocks[..., 1, :]
    cross = inner(upper, lower)
    size = np.abs(cross)
    c, s = pair_rotations(inner(upper, upper).real, inner(lower, lower).real, size)
    clear = size >= floor_of(size)
    x = s * np.where(clear, cross / np.where(clear, size, 1.0), 1.0)
    turn = np.empty((*blocks.shape[:-2], 2, 2), blocks.dtype)
    turn[..., 0, 0] = turn[..., 1, 1] = c
    turn[..., 0, 1], turn[..., 1, 0] = np.conj(x), -x
    turned = np.matmul(turn, blocks)
    left = np.stack([c.astype(blocks.dtype), x], axis=-1)[..., None]
    return Truncation(left, turned[..., :1, :], row_energies(turned[..., 1, :]))


def _two_columns(blocks: Array) -> Truncation:
    """Rank 1, two columns: the leading right vector in closed form, then the left one by normalisation."""
    turned = _two_rows(blocks.swapaxes(-1, -2))
    column = turned.right[..., 0, :]
    energy = row_energies(column)
    norm = np.sqrt(np.where(energy < floor_of(column), 0.0, energy))
    safe = np.where(norm == 0.0, 1.0, norm).astype(column.real.dtype)
    unit = column / safe[..., None]
    unit[norm == 0.0] = np.eye(1, column.shape[-1], dtype=column.dtype)
    right = turned.left.swapaxes(-1, -2) * norm.astype(column.real.dtype)[..., None, None]
    return Truncation(unit[..., None], right, turned.discarded)


def _represent(blocks: Array, rank: int) -> Truncation:
    """No constraint: an exact factorisation, padded with zero columns and rows up to ``rank``."""
    m, n = blocks.shape[-2:]
    stack = blocks.shape[:-2]
    left = np.zeros((*stack, m, rank), blocks.dtype)
    right = np.zeros((*stack, rank, n), blocks.dtype)
    if m <= n:
        left[..., :, :m] = np.eye(m, dtype=blocks.dtype)
        right[..., :m, :] = blocks
    else:
        left[..., :, :n], right[..., :n, :] = np.linalg.qr(blocks)
    return Truncation(left, right, np.zeros(stack))


def _residual_energy(blocks: Array, left: Array, right: Array) -> NDArray[np.float64]:
    """Squared Frobenius norm of ``blocks - left @ right``: by difference, and directly where that cancels."""
    total = row_energies(blocks).sum(-1)
    energy = total - row_energies(right).sum(-1)
    limit = 1e-5 if blocks.dtype in (np.float64, np.complex128) else 1e-2
    rough = energy <= limit * total
    if rough.all():
        return np.asarray(row_energies(blocks - np.matmul(left, right)).sum(-1))
    if rough.any():
        energy[rough] = row_energies(blocks[rough] - np.matmul(left[rough], right[rough])).sum(-1)
    return np.asarray(energy, dtype=np.float64)


def singular_tails(blocks: Array, rank: int) -> NDArray[np.float64]:
    """Squared distance of every block to the matrices of rank at most ``rank``.

    Parameters
    ----------
    blocks : ndarray, (..., m, n)
    rank : int

    Returns
    -------
    ndarray, (...)
        ``Σ_{i > rank} σ_i²``, in double precision.
    """
    m, n = blocks.shape[-2:]
    if rank >= min(m, n):
        return np.zeros(blocks.shape[:-2])
    gram = np.matmul(blocks, adjoint(blocks)) if m <= n else np.matmul(adjoint(blocks), blocks)
    values = np.linalg.eigvalsh(gram)
    tails = values[..., : min(m, n) - rank].sum(-1, dtype=np.float64)
    total = np.trace(gram, axis1=-2, axis2=-1).real
    limit = 1e-6 if blocks.dtype in (np.float64, np.complex128) else 1e-2
    rough = tails <= limit * total
    if rough.any():
        sigma = np.linalg.svd(blocks[rough], compute_uv=False)
        tails[rough] = np.square(sigma[..., rank:], dtype=np.float64).sum(-1)
    return np.asarray(tails)
