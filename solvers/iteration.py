"""Orthogonal iteration on stacks of Hermitian matrices, every step one operation on the whole stack.

For stacks of small matrices this costs a fraction of an eigensolver called per matrix, and it stops on a proof.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solvers.arrays import Array, floor_of, inner, middle, row_energies

__all__ = ["Iterated", "iterate", "orthonormalise"]

_STEPS = 4
_SAMPLE = 16  # matrices looked at first: on targets without gaps the pivots of all would be wasted work
_HOPELESS = 1.0  # trace left over the last pivot, beyond which no proof is to be expected


class Iterated(NamedTuple):
    """Result for a stack of ``g`` matrices of order ``m``.

    Attributes
    ----------
    basis : ndarray, (g, m, q)
        Orthonormal columns.
    least : ndarray, (g,), float64
        Lower bound of the smallest Ritz value.
    largest : ndarray, (g,), float64
        Upper bound of the largest Ritz value.
    converged : ndarray of bool, (g,)
        Where the excess is proved to be at most the amount allowed.
    """

    basis: Array
    least: NDArray[np.float64]
    largest: NDArray[np.float64]
    converged: NDArray[np.bool_]


def iterate(gram: Array, count: int, relative: float) -> Iterated:
    """Leading ``count``-dimensional invariant subspaces of positive semidefinite matrices.

    Parameters
    ----------
    gram : ndarray, (g, m, m)
        Hermitian, positive semidefinite.
    count : int
        ``q < m``.
    relative : float
        Excess allowed, relative to the trace that is left over.

    Notes
    -----
    With an orthonormal basis ``V``, ``T = Vᴴ G V``, ``R = G V - V T``, ``θ`` the smallest eigenvalue of ``T`` and ``τ
    = tr G - tr T``, no ``q``-dimensional subspace captures more of the trace than ``tr T + ‖R‖_F²/(θ - τ)`` when ``θ
    > τ`` (docs/solvers.md, Lemma 3). The start is a pivoted Cholesky factor, exact for matrices of rank ``q``.
    """
    eps = float(np.finfo(gram.dtype).eps)
    total = np.trace(gram, axis1=-2, axis2=-1).real.astype(np.float64)
    basis = np.empty((*gram.shape[:2], count), gram.dtype)
    few = gram[:: len(gram) // _SAMPLE] if len(gram) > 4 * _SAMPLE else gram
    columns, sound, ratio = _pivoted_columns(few, count)
    hopeless = middle(ratio) > _HOPELESS
    if len(few) < len(gram) and not hopeless:
        columns, sound, ratio = _pivoted_columns(gram, count)
        hopeless = middle(ratio) > _HOPELESS
    if hopeless:
        nothing = np.zeros(len(gram))
        return Iterated(basis, nothing, nothing.copy(), np.zeros(len(gram), bool))
    orthonormalise(columns)
    before = np.inf
    for _ in range(_STEPS):
        for k, v in enumerate(columns):
            basis[:, :, k] = v
        image = np.matmul(gram, basis)
        ritz = np.matmul(np.conj(basis).swapaxes(1, 2), image)
        captured = np.trace(ritz, axis1=-2, axis2=-1).real.astype(np.float64)
        residual = row_energies((image - np.matmul(basis, ritz)).reshape(len(gram), -1))
        columns = [np.ascontiguousarray(image[:, :, k]) for k in range(count)]
        inverse = orthonormalise(columns)
        tail = total - captured
        least = np.sqrt(np.maximum(1.0 / np.maximum(inverse, np.finfo(np.float64).tiny) - residual, 0.0))
        slack = least - tail
        noise = eps * total
        allowed = np.maximum(relative * (tail - 16.0 * noise), 16.0 * eps * noise)
        converged = sound & (slack > 0.0) & (residual <= allowed * slack)
        if converged.all():
            break
        now = middle(np.square(np.sqrt(residual) / np.where(total > 0.0, total, 1.0)))
        if middle(slack) <= 0.0 or now > 1e-2 * before:  # no proof in sight, or too slow to be worth further steps
            break
        before = now
    return Iterated(basis, least, captured, converged)


def _pivoted_columns(gram: Array, count: int) -> tuple[list[Array], NDArray[np.bool_], NDArray[np.float64]]:
    """Columns of a pivoted Cholesky factor, where its pivots were positive, the trace left over the last pivot."""
    every = np.arange(len(gram))
    rest = np.array(np.diagonal(gram, axis1=-2, axis2=-1).real)
    first = rest.max(axis=1)
    sound = first > 0.0
    columns: list[Array] = []
    pivot = first
    for _ in range(count):
        place = rest.argmax(axis=1)
        pivot = rest[every, place]
        sound &= pivot > 64.0 * np.finfo(gram.dtype).eps * first
        column = gram[every, :, place]
        for old in columns:
            column = column - old * np.conj(old[every, place])[:, None]
        column = column / np.sqrt(np.where(sound, pivot, 1.0))[:, None]
        rest -= np.square(np.abs(column))
        columns.append(column)
    return columns, sound, rest.sum(axis=1) / np.where(sound, pivot, 1.0)


def orthonormalise(columns: list[Array]) -> NDArray[np.float64]:
    """Gram-Schmidt, twice, in place; returns the squared Frobenius norm of the inverse of the triangular factor.

    Parameters
    ----------
    columns : list of ndarray, (g, m)
        The ``k``-th columns of the stack.
    """
    count, g = len(columns), len(columns[0])
    upper = np.zeros((count, count, g), columns[0].dtype)
    least = math.sqrt(floor_of(columns[0]))  # below it squares have lost digits: such a column counts as zero
    for k in range(count):
        v = columns[k]
        for _ in range(2):
            for j in range(k):
                part = inner(columns[j], v)
                v = v - columns[j] * part[:, None]
                upper[j, k] += part
        size = np.sqrt(inner(v, v).real)
        upper[k, k] = size
        inverse = np.where(size > least, 1.0 / np.where(size > least, size, 1.0), 0.0)
        columns[k] = v * inverse[:, None].astype(size.dtype)
    # columns of the inverse by back substitution
    energy = np.zeros(g)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        for k in range(count):
            x: list[Array] = [np.zeros(0)] * (k + 1)
            x[k] = 1.0 / upper[k, k]
            for i in range(k - 1, -1, -1):
                x[i] = -sum(upper[i, j] * x[j] for j in range(i + 1, k + 1)) / upper[i, i]
            for value in x:
                energy += np.square(np.abs(value), dtype=np.float64)
    return np.where(np.isfinite(energy), energy, np.inf)
