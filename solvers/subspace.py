"""Leading left singular subspaces of stacks of blocks, by methods that stop on proved bounds of what they lose.

All tests are on the *excess energy*: by how much ``‖B - U Uᴴ B‖²`` exceeds the smallest value possible. Docs:
docs/solvers.md, section "Block methods".
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from solvers.arrays import Array, adjoint, floor_of, inner, middle, row_energies
from solvers.filtering import filtered, worth_filtering
from solvers.iteration import iterate, orthonormalise
from solvers.panels import PANEL_BYTES
from solvers.powers import powered_eigenvectors, powered_vectors, worth_powering

__all__ = [
    "leading_subspace",
    "leading_vector",
    "leading_eigenvector",
    "iterated_eigenvectors",
    "eigenvectors_without_gap",
]

_POWER_STEPS = 4
_RELATIVE_EXCESS = 1e-12
_SAFE_RATIO = 1.0 / 64.0
_VISIBLE = 1e-6
_SQUARED = 32
_SMALL = 96
_SAMPLE = 16
_SQUARED_BYTES = 1 << 19
_SQUARINGS = 14
_IMPURITY = 2e-10
_EIGENSOLVERS = {"f": "ssyevr", "d": "dsyevr", "F": "cheevr", "D": "zheevr"}


def leading_subspace(blocks: Array, rank: int) -> Array:
    """Orthonormal basis of the leading left singular subspace of every block.

    Parameters
    ----------
    blocks : ndarray, (g, m, n)
    rank : int
        Less than ``min(m, n)``.

    Returns
    -------
    ndarray, (g, m, rank)

    Notes
    -----
    Rank 1 goes to :func:`leading_vector`. Larger ranks use orthogonal iteration on the smaller Gram matrix, or the
    eigenvectors of the smaller Gram matrix where rounding there is provably harmless: where what is discarded dwarfs
    it, or where ``σ_rank² ≥ σ_1²/64``. Where it is not, but ``σ_rank²`` stands a million times above it, one step on
    the block itself repairs the loss. Other blocks get an LQ factorisation followed by the SVD of the small factor,
    which keeps singular values down to ``eps·σ_1``.
    """
    if rank == 1:
        return leading_vector(blocks)[..., None]
    m, n = blocks.shape[-2:]
    wide = m <= n
    gram = _relative(_gram(blocks if wide else adjoint(blocks)))
    total = np.trace(gram, axis1=-2, axis2=-1).real.astype(np.float64)
    basis, least, top, done = iterate(gram, rank, _RELATIVE_EXCESS)
    captured = top.copy()
    if not done.all():
        values, vectors = _eigenvectors(gram if not done.any() else gram[~done], rank)
        basis[~done] = vectors
        least[~done], top[~done], captured[~done] = values[:, 0], values[:, -1], values.sum(-1)
    discarded = total - captured
    rounding = 8.0 * float(np.finfo(blocks.dtype).eps) * total
    gap = np.maximum(least - discarded - 2.0 * rounding, rounding)
    excess = np.minimum(2.0 * rank * rounding, 4.0 * rank * rounding * (rounding / np.where(gap > 0.0, gap, 1.0)))
    good = (excess <= _RELATIVE_EXCESS * (discarded - 2.0 * rank * rounding)) | (least >= _SAFE_RATIO * top)
    visible = ~good & (rounding <= _VISIBLE * least)
    if not wide:
        basis = np.linalg.qr(np.matmul(blocks, basis))[0]
    elif visible.any():
        basis[visible] = _refined(blocks[visible], basis[visible])
    good |= visible
    if not good.all():
        basis[~good] = _by_triangle(blocks[~good], rank)
    return np.asarray(basis)


def _gram(blocks: Array) -> Array:
    """``B Bᴴ`` of every block. For small blocks a product with a copy is faster than BLAS's symmetric product."""
    turned = adjoint(blocks)
    return np.asarray(np.matmul(blocks, np.ascontiguousarray(turned) if blocks.shape[-2] <= _SMALL else turned))


def _relative(gram: Array) -> Array:
    """Gram matrices divided by their traces, so that squares of their entries do not vanish; lost ones become zero."""
    trace = np.trace(gram, axis1=-2, axis2=-1).real
    floor = floor_of(trace)
    gram *= np.where(trace < floor, 0.0, 1.0 / np.maximum(trace, floor))[:, None, None]
    return gram


def _refined(blocks: Array, basis: Array) -> Array:
    """One step of orthogonal iteration on the blocks themselves, each half of it orthonormalised.

    Directions lost to rounding in the Gram matrix, of relative size ``eps·σ_1²/σ_q²``, are damped by
    ``(σ_{q+1}/σ_q)²``; the step itself loses ``eps·σ_1/σ_q`` only.
    """
    count = basis.shape[-1]
    rows = np.conj(np.matmul(adjoint(basis), blocks))
    columns = [np.ascontiguousarray(rows[:, k]) for k in range(count)]
    orthonormalise(columns)
    image = np.matmul(blocks, np.stack(columns, axis=-1))
    columns = [np.ascontiguousarray(image[:, :, k]) for k in range(count)]
    orthonormalise(columns)
    return np.stack(columns, axis=-1)


def _by_triangle(blocks: Array, rank: int) -> Array:
    """LQ, then the SVD of the small triangle."""
    m, n = blocks.shape[-2:]
    if m < n:
        small = np.asarray(np.linalg.qr(adjoint(blocks), mode="r"))  # B^H = Q R, so B = R^H Q^H
        u, _, _ = np.linalg.svd(adjoint(small))
        return np.asarray(u[..., :rank])
    u, _, _ = np.linalg.svd(blocks, full_matrices=False)
    return np.asarray(u[..., :rank])


def leading_vector(blocks: Array) -> Array:
    """Leading left singular vector of every block.

    Parameters
    ----------
    blocks : ndarray, (g, m, n)

    Returns
    -------
    ndarray, (g, m)
        Unit vectors; the first unit vector for a zero block.

    Notes
    -----
    Power iteration from the longest row. With ``ρ = ‖xᴴB‖²``, ``τ = ‖B‖² - ρ`` and the residual ``r = B Bᴴ x - ρ x``,
    the second largest eigenvalue of ``B Bᴴ`` is at most ``τ``, so the excess energy is at most ``‖r‖²/(ρ - τ)`` when
    ``τ < ρ`` (Kato-Temple). Blocks on which this is not small after a few steps go to a symmetric eigensolver for the
    leading eigenvector.
    """
    x, total, open_ = _iterated_vectors(blocks)
    if open_.size:
        every = open_.size == len(blocks)
        x[open_] = _vectors_without_gap(blocks if every else blocks[open_], total[open_])
    return x


def _iterated_vectors(blocks: Array, sample: bool = True) -> tuple[Array, NDArray[np.float64], NDArray[np.intp]]:
    """What the power iteration of :func:`leading_vector` proves.

    With ``sample`` a few blocks are tried first, and where none of them is proved no others are.

    Returns
    -------
    vectors : ndarray, (g, m)
    energies : ndarray, (g,)
        Squared norms of the blocks.
    unproved : ndarray of int
        Indices of the blocks whose vectors are not proved. Their energies are positive.
    """
    rows = row_energies(blocks)
    total = rows.sum(-1)
    if sample and len(blocks) >= 2 * _SAMPLE:  # targets without gaps: do not try in vain
        few = slice(None, None, len(blocks) // _SAMPLE)
        _, open_ = _powers_of_steps(blocks[few], rows[few], total[few])
        if len(open_) == len(total[few]) and (total >= floor_of(blocks)).all():
            return np.empty(blocks.shape[:2], blocks.dtype), total, np.arange(len(blocks))
    x, open_ = _powers_of_steps(blocks, rows, total)
    return x, total, open_


def _powers_of_steps(
    blocks: Array, rows: NDArray[np.float64], total: NDArray[np.float64]
) -> tuple[Array, NDArray[np.intp]]:
    """Power iteration from the longest row: vectors, and the indices of the blocks without a proof."""
    start = np.argmax(rows, axis=-1)
    x = _normalised(_times(blocks, np.conj(blocks[np.arange(len(blocks)), start])))
    return x, _iterate(blocks, x, total)


def _times(blocks: Array, v: Array) -> Array:
    """``B v`` for every block."""
    return np.asarray(np.matmul(blocks, v[..., None])[..., 0])


def _iterate(blocks: Array, x: Array, total: NDArray[np.float64]) -> NDArray[np.intp]:
    """Power steps in place; returns the indices of the blocks without a proof of convergence."""
    eps = float(np.finfo(blocks.dtype).eps)
    floor = floor_of(blocks)
    lost = total < floor
    shrink = (1.0 / np.maximum(total, floor)).astype(blocks.real.dtype)[:, None]  # all below is relative to the energy
    ratio = np.inf
    for _ in range(_POWER_STEPS):
        z = _times(blocks, np.conj(np.matmul(np.conj(x)[:, None, :], blocks)[:, 0, :]))
        z *= shrink
        rho = inner(x, z).real
        residual = row_energies(z - rho[:, None] * x)
        size = rho.astype(np.float64)
        tail = 1.0 - size
        slack = size - tail
        allowed = np.maximum(_RELATIVE_EXCESS * (tail - 16.0 * eps), 16.0 * eps * eps)
        done = (slack > 0.0) & (residual <= allowed * slack) | lost
        x[...] = _normalised(z)
        if done.all():
            return np.empty(0, dtype=np.intp)
        now = middle(np.square(np.sqrt(residual) / np.where(size > 0.0, size, 1.0)))
        if now > 1e-3 * ratio:  # too slow to be worth further steps
            break
        ratio = now
    return np.flatnonzero(~done)


def _normalised(z: Array) -> Array:
    """Unit vectors; zero becomes the first unit vector."""
    length = np.sqrt(row_energies(z))
    low = length < math.sqrt(floor_of(z))
    if low.any():
        z = z.copy()
        rows = z[low]
        largest = np.maximum(np.abs(rows.real), np.abs(rows.imag)).max(axis=-1)
        rows[largest < np.finfo(z.dtype).tiny] = np.eye(1, z.shape[-1], dtype=z.dtype)
        rows = rows / np.where(largest < np.finfo(z.dtype).tiny, 1.0, largest)[:, None].astype(z.real.dtype)
        z[low], length[low] = rows, np.sqrt(row_energies(rows))
    return np.asarray(z / length[:, None].astype(z.real.dtype))


def _vectors_without_gap(blocks: Array, total: NDArray[np.float64]) -> Array:
    """Leading vectors of blocks of positive energies ``total`` from the smaller Gram matrix or its powers."""
    m, n = blocks.shape[-2:]
    if m > n:
        return _normalised(_times(blocks, _vectors_without_gap(adjoint(blocks), total)))
    if worth_powering(m, blocks.dtype) and 2 * n <= 3 * m:
        found = powered_vectors(blocks, total, _RELATIVE_EXCESS)
        left = ~found.proved
        if left.any():
            found.vectors[left] = _normalised(_top_eigenvectors(_relative(_gram(blocks[left])), 1)[1][..., 0])
        return found.vectors
    gram = _relative(_gram(blocks))
    if worth_powering(m, blocks.dtype):
        return _by_powers(gram, np.ones(len(gram)))[0]
    small = m <= _SQUARED and not np.iscomplexobj(gram)
    vectors = _by_squaring(gram) if small else _top_eigenvectors(gram, 1)[1][..., 0]
    return _normalised(_times(gram, _normalised(vectors)))


def _by_powers(gram: Array, traces: NDArray[np.float64]) -> tuple[Array, NDArray[np.float64]]:
    """Leading eigenvectors of Gram matrices with these traces, and their Rayleigh quotients."""
    found = powered_eigenvectors(gram, traces, _RELATIVE_EXCESS)
    left = ~found.proved
    if left.any():
        values, vectors = _top_eigenvectors(_relative(gram[left]), 1)
        found.vectors[left], found.values[left] = vectors[..., 0], values[:, 0] * traces[left]
    return found.vectors, found.values


def leading_eigenvector(gram: Array) -> tuple[Array, NDArray[np.float64], NDArray[np.float64]]:
    """Leading eigenvector of positive semidefinite matrices, its Rayleigh quotient, and the trace.

    Panel by panel; where few matrices have no gap, they are solved together in the end.

    Parameters
    ----------
    gram : ndarray, (g, m, m)
        Hermitian; not modified.

    Returns
    -------
    vectors : ndarray, (g, m)
    values, traces : ndarray, (g,)

    Examples
    --------
    >>> x, value, trace = leading_eigenvector(np.diag([1.0, 3.0])[None])
    >>> np.abs(x).round(12).tolist(), value.round(12).tolist(), trace.tolist()
    ([[0.0, 1.0]], [3.0], [4.0])
    """
    g, m, _ = gram.shape
    vectors, values, traces = np.empty((g, m), gram.dtype), np.empty(g), np.empty(g)
    hard: list[NDArray[np.intp]] = []
    sample = True
    step = max(1, PANEL_BYTES // (m * m * gram.itemsize))
    for i in range(0, g, step):
        part = slice(i, i + step)
        x, size, traces[part], open_ = iterated_eigenvectors(gram[part], sample)
        sample = open_.size == len(x)
        if sample:
            x, size = eigenvectors_without_gap(gram[part], traces[part])
        elif open_.size:
            hard.append(open_ + i)
        vectors[part], values[part] = x, size
    left = np.concatenate(hard) if hard else np.empty(0, np.intp)
    for i in range(0, len(left), 4 * step):
        chosen = left[i : i + 4 * step]
        vectors[chosen], values[chosen] = eigenvectors_without_gap(gram[chosen], traces[chosen])
    return vectors, values, traces


def iterated_eigenvectors(
    gram: Array, sample: bool = True
) -> tuple[Array, NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """Leading eigenvectors, Rayleigh quotients and traces as far as power iteration proves them.

    With ``sample`` a few matrices are tried first, and where none of them is proved no others are. The last result are
    the indices of those without a proof; their traces are positive.
    """
    traces = np.trace(gram, axis1=-2, axis2=-1).real.astype(np.float64)
    if gram.shape[-1] == 1:
        return np.ones(gram.shape[:2], gram.dtype), traces.copy(), traces, np.empty(0, np.intp)
    if sample and len(gram) >= 4 * _SAMPLE:
        few = slice(None, None, len(gram) // _SAMPLE)
        open_ = _iterate_gram(gram[few], traces[few])[2]
        if len(open_) == len(traces[few]) and (traces >= floor_of(gram)).all():
            return np.empty(gram.shape[:2], gram.dtype), traces.copy(), traces, np.arange(len(gram))
    x, values, open_ = _iterate_gram(gram, traces)
    return x, values, traces, open_


def eigenvectors_without_gap(gram: Array, traces: NDArray[np.float64]) -> tuple[Array, NDArray[np.float64]]:
    """Leading eigenvectors and Rayleigh quotients of matrices with positive traces; not modified."""
    if worth_powering(gram.shape[-1], gram.dtype):
        return _by_powers(gram, traces)
    hard = _relative(gram.copy())
    small = gram.shape[-1] <= _SQUARED and not np.iscomplexobj(gram)
    vectors = _by_squaring(hard) if small else _top_eigenvectors(hard, 1)[1][..., 0]
    y = _normalised(_times(hard, _normalised(vectors)))
    return y, traces * inner(y, _times(hard, y)).real


def _iterate_gram(gram: Array, traces: NDArray[np.float64]) -> tuple[Array, NDArray[np.float64], NDArray[np.intp]]:
    """Power steps from the largest column: vectors, Rayleigh quotients, and which are not proved (see Lemma 3)."""
    eps = float(np.finfo(gram.dtype).eps)
    floor = floor_of(gram)
    lost = traces < floor
    shrink = (1.0 / np.maximum(traces, floor)).astype(gram.real.dtype)[:, None]
    place = np.argmax(np.diagonal(gram, axis1=-2, axis2=-1).real, axis=-1)
    x = _normalised(_times(gram, gram[np.arange(len(gram)), :, place] * shrink) * shrink)
    ratio = np.inf
    for _ in range(_POWER_STEPS - 1):
        z = _times(gram, x)
        z *= shrink
        rho = inner(x, z).real
        residual = row_energies(z - rho[:, None] * x)
        size = rho.astype(np.float64)
        tail = 1.0 - size
        slack = size - tail
        allowed = np.maximum(_RELATIVE_EXCESS * (tail - 16.0 * eps), 16.0 * eps * eps)
        done = (slack > 0.0) & (residual <= allowed * slack) | lost
        if done.all():
            break
        x = _normalised(z)
        now = middle(residual) / max(middle(size) ** 2, floor)
        if now > 1e-2 * ratio:  # too slow to be worth further steps
            break
        ratio = now
    return x, np.where(lost, 0.0, size * traces), np.flatnonzero(~done)


def _by_squaring(gram: Array) -> Array:
    """Leading eigenvectors of small matrices: square them until they are numerically of rank 1, panel by panel.

    Trace 1 is kept; ``tr(P²) ≥ 1 - 2δ`` says that all other eigenvalues of ``P`` are below about ``δ``, so a column of
    ``P`` is off by ``δ·sqrt(m)`` at most. Matrices whose leading eigenvalues agree to about four digits are left to
    the eigensolver.
    """
    x = np.zeros(gram.shape[:2], gram.dtype)
    step = max(1, _SQUARED_BYTES // gram[0].nbytes)
    for start in range(0, len(gram), step):
        _square_panel(gram[start : start + step], x[start : start + step])
    return x


def _square_panel(gram: Array, x: Array) -> None:
    """Fill ``x`` (g, m) with the leading eigenvectors of one panel."""
    pure_trace = 1.0 - max(64.0 * float(np.finfo(gram.dtype).eps), _IMPURITY)
    trace = np.trace(gram, axis1=-2, axis2=-1)
    power = gram / np.where(trace > 0.0, trace, 1.0)[:, None, None]
    left = np.arange(len(gram))
    for step in range(_SQUARINGS):
        before = power.reshape(len(power), -1)
        trace = inner(before, before)  # tr(P²), P symmetric
        if step > 3:
            pure = trace >= pure_trace
            if pure.any():
                found = power[pure]
                place = np.argmax(np.diagonal(found, axis1=-2, axis2=-1), axis=-1)
                x[left[pure]] = found[np.arange(len(found)), place]
                left, power, trace = left[~pure], power[~pure], trace[~pure]
                if not left.size:
                    return
        power = np.matmul(power, power)
        power *= (1.0 / np.where(trace > 0.0, trace, 1.0))[:, None, None]
    x[left] = np.linalg.eigh(gram[left])[1][..., -1]


def _eigenvectors(gram: Array, count: int) -> tuple[NDArray[np.float64], Array]:
    """Like :func:`_top_eigenvectors`, which is asked only where filtering is not worth it or proves nothing."""
    if not worth_filtering(gram.shape[-1], count):
        return _top_eigenvectors(gram, count)
    values, vectors, proved = filtered(gram, count, _RELATIVE_EXCESS)
    if not proved.all():
        values[~proved], vectors[~proved] = _top_eigenvectors(gram[~proved], count)
    return values, vectors


def _top_eigenvectors(gram: Array, count: int) -> tuple[NDArray[np.float64], Array]:
    """All eigenvalues (ascending) or the largest ones, and the ``count`` leading eigenvectors, largest first.

    The eigensolver for a part of the spectrum (MRRR) is called block by block where it saves more than the loop costs.
    """
    g, m, _ = gram.shape
    if m <= 8 or (count > 1 and (m < 32 or 4 * count > m)):
        values, vectors = np.linalg.eigh(gram)
        return values[:, -count:].astype(np.float64), np.ascontiguousarray(vectors[:, :, : -count - 1 : -1])
    routine = getattr(lapack, _EIGENSOLVERS[gram.dtype.char])
    values = np.empty((g, count), np.float64)
    vectors = np.empty((g, m, count), gram.dtype)
    for i in range(g):
        w, z, found, _, info = routine(gram[i].T, range="I", il=m - count + 1, iu=m, lower=1)
        if info or found < count or not _unit_columns(z[:, :count]):
            w, z = np.linalg.eigh(np.conj(gram[i]))
            w, z = w[-count:], z[:, -count:]
        values[i] = w[:count]
        vectors[i] = z[:, :count][:, ::-1]
    return values, np.conj(vectors)


def _unit_columns(z: Array) -> bool:
    """Whether columns have norm 1; where all eigenvalues agree, MRRR has been seen to return zeros without a word."""
    return bool((np.abs(row_energies(z.T) - 1.0) < 0.01).all())
