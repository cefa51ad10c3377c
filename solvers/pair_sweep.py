"""Left-to-right splits with two-row blocks of rank 1: the inner loop of the dyadic butterfly.

Several levels are made at once on panels that stay in the cache, as in a fast Fourier transform: rows ``j, j + M, j + 2M, …`` of
the matrix meet only each other in the next levels. Complex numbers are kept as a real and an imaginary row, so that
every step is a real inner product or a small real matrix product.
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvers.arrays import Array, inner
from solvers.blocks import pair_rotations

__all__ = ["sweep_pairs", "PANEL_BYTES"]

PANEL_BYTES = 1 << 20
"""Size of a panel; two or three arrays of this size should fit into the cache."""

_LEVELS_AT_ONCE = 3
_SCRATCH = threading.local()

Real = NDArray[Any]


def sweep_pairs(values: Array, radices: list[int]) -> tuple[list[Array], Array, list[float]]:
    """Split off ``len(radices)`` factors with blocks of two rows from the left.

    Parameters
    ----------
    values : ndarray, (a, 2^k·m, c, 1)
        Compact array of the piece; not modified.
    radices : list of k int
        ``e`` of each split: the number of column groups.

    Returns
    -------
    lefts : list of k ndarray, (a·e…, 2, e, rest)
        Values of the factors, with orthonormal columns.
    right : ndarray, (a·∏e, m, c/∏e, 1)
        What remains.
    lost : list of k float
        Squared Frobenius norm discarded at each split.

    Notes
    -----
    Memory: at most 5/16 of the input beside a few panels, when more than one level is made.
    """
    parts = 2 if np.iscomplexobj(values) else 1
    state: Array = values[..., 0][:, :, None, :]  # (a, rows, 1, columns); later real, (a, rows, parts, columns)
    lefts: list[Array] = []
    lost: list[float] = []
    done = 0
    while done < len(radices):
        count = _levels(state, len(radices) - done, values.itemsize)
        some, state, gone = _group(state, radices[done : done + count], parts, values.dtype)
        lefts += some
        lost += gone
        done += count
    if parts == 1:
        return lefts, state.reshape(*state.shape[:2], state.shape[-1], 1), lost
    right = np.empty((*state.shape[:2], state.shape[-1], 1), values.dtype)
    right.real[..., 0], right.imag[..., 0] = state[:, :, 0], state[:, :, 1]
    return lefts, right, lost


def _levels(state: Array, left: int, itemsize: int) -> int:
    """How many levels to make at once: all that are left if a block fits into a panel."""
    rows = PANEL_BYTES // (state.shape[-1] * itemsize)
    if rows >= state.shape[1]:
        return left
    return max(1, min(left, _LEVELS_AT_ONCE, rows.bit_length() - 3))


def _group(state: Array, radices: list[int], parts: int, dtype: Any) -> tuple[list[Array], Real, list[float]]:
    """Make the levels ``radices`` panel by panel; returns left factors, the next state and the discarded energies."""
    a, rows, _, columns = state.shape
    k, total = len(radices), math.prod(radices)
    span = rows >> k
    width = max(1, PANEL_BYTES // (columns * np.dtype(dtype).itemsize) >> k)
    step_a, step_m = (min(a, max(1, width // span)), span) if width >= span else (1, width)
    real = np.empty(0, dtype).real.dtype
    lefts, places, before = [], [], 1
    for level, e in enumerate(radices):
        high = 1 << (k - 1 - level)
        lefts.append(np.empty((a * before, 2, e, high * span), dtype))
        places.append(lefts[-1].reshape(a, before, 2, e, high, span))
        before *= e
    out = np.empty((a * total, span, parts, columns // total), real)
    grid = state.reshape(a, 2, 1 << (k - 1), span, state.shape[2], columns).transpose(0, 2, 3, 1, 4, 5)
    target = out.reshape(a, total, span, parts, columns // total)
    lost = [0.0] * k
    for i in range(0, a, step_a):
        for j in range(0, span, step_m):
            chosen = grid[i : i + step_a, :, j : j + step_m]
            size_a, high, size_m = chosen.shape[:3]
            stage = _scratch("stage", (size_a, high, size_m, 2, parts, columns), real)
            if np.iscomplexobj(chosen):
                stage[..., 0, :], stage[..., 1, :] = chosen[..., 0, :].real, chosen[..., 0, :].imag
            else:
                stage[...] = chosen
            panel = stage.reshape(size_a, high * size_m, 2 * parts, columns)
            for level, e in enumerate(radices):
                here = places[level][i : i + step_a, ..., j : j + step_m]
                if level == k - 1:
                    goal = target[i : i + step_a, :, j : j + step_m].reshape(-1, size_m, 1, parts, columns // total)
                else:
                    shape = (panel.shape[0] * e, panel.shape[1] // 2, 2, parts, panel.shape[3] // e)
                    goal = _scratch(f"panel{level % 2}", shape, real)
                lost[level] += _level(panel, here, goal, parts)
                if level < k - 1:
                    panel = goal.reshape(*goal.shape[:2], 2 * parts, goal.shape[4])
    return lefts, out, lost


def _level(panel: Real, left: Array, goal: Real, parts: int) -> float:
    """One level of one panel.

    ``panel`` (A, m, rows, e·c) holds the blocks; ``left`` (a, A/a, 2, e, high, w) receives the vectors and ``goal``
    (A·e, m/pairs, pairs, parts, c) the leading rows.
    """
    count, m, rows, _ = panel.shape
    e, c, pairs = left.shape[3], goal.shape[4], goal.shape[2]
    blocks = panel.reshape(count, m, rows, e, c).swapaxes(2, 3)  # (A, m, e; rows, c)
    turn = _scratch("turn", (count, m, e, rows, rows), panel.dtype)
    cosine, sine = _turns(blocks, turn, parts)
    turned = _scratch("turned", (count, m, e, rows, c), panel.dtype)
    np.matmul(turn, blocks, out=turned)
    order = (0, 1, 4, 2, 3)
    shape = (*left.shape[:2], *left.shape[4:], e)
    left[:, :, 0] = cosine.reshape(shape).transpose(order)
    left[:, :, 1] = sine.reshape(shape).transpose(order)
    kept = turned[..., :parts, :].reshape(count, pairs, m // pairs, e, parts, c)
    goal.reshape(count, e, m // pairs, pairs, parts, c)[...] = kept.transpose(0, 3, 2, 1, 4, 5)
    rest = turned[..., parts:, :].reshape(count, m, e, parts * c)
    return float(inner(rest, rest).sum(dtype=np.float64))


def _scratch(name: str, shape: tuple[int, ...], dtype: Any) -> Real:
    """An uninitialised array in memory kept per thread: a few panels, so that none is mapped anew for every panel."""
    kept: dict[tuple[str, str], Real] = _SCRATCH.__dict__.setdefault("kept", {})
    key = (name, np.dtype(dtype).char)
    size = math.prod(shape)
    old = kept.get(key)
    if old is None or old.size < size:
        fresh = np.empty(size, dtype)
        if fresh.nbytes > 4 * PANEL_BYTES:
            return fresh.reshape(shape)
        old = kept[key] = fresh
    return old[:size].reshape(shape)


def _turns(blocks: Real, turn: Real, parts: int) -> tuple[Real, Array]:
    """Fill the rotations of a panel; returns the entries ``c`` (real) and ``s·phase`` of the leading vectors."""
    if parts == 1:
        upper, lower = blocks[..., 0, :], blocks[..., 1, :]
        cross = inner(upper, lower)
        c, s = pair_rotations(inner(upper, upper), inner(lower, lower), np.abs(cross))
        s = np.copysign(s, cross)
        flat = turn.reshape(*turn.shape[:-2], 4)
        flat[..., 0], flat[..., 3], flat[..., 1] = c, c, s
        np.negative(s, out=flat[..., 2])
        return c, s
    u_re, u_im, v_re, v_im = (blocks[..., k, :] for k in range(4))
    cross_re = inner(u_re, v_re)
    cross_re += inner(u_im, v_im)
    cross_im = inner(u_re, v_im)
    cross_im -= inner(u_im, v_re)
    first, second = inner(u_re, u_re), inner(v_re, v_re)
    first += inner(u_im, u_im)
    second += inner(v_im, v_im)
    size = np.hypot(cross_re, cross_im)
    c, s = pair_rotations(first, second, size)
    if not size.all():
        cross_re[size == 0.0] = 1.0
        size[size == 0.0] = 1.0
    s /= size
    phased = np.empty(s.shape, np.result_type(s, np.complex64))
    re, im = phased.real, phased.imag
    np.multiply(s, cross_re, out=re)
    np.multiply(s, cross_im, out=im)
    flat = turn.reshape(*turn.shape[:-2], 16)  # [[c, 0, re, im], [0, c, -im, re], [-re, im, c, 0], [-im, -re, 0, c]]
    flat[..., 1:5:3] = flat[..., 11:15:3] = 0.0
    flat[..., ::5] = c[..., None]
    flat[..., 2:8:5] = re[..., None]
    flat[..., 8:14:5] = -re[..., None]
    flat[..., 3:10:6] = im[..., None]
    flat[..., 6:13:6] = -im[..., None]
    return c, phased
