"""Left-to-right splits with two-row blocks of rank 1: the inner loop of the dyadic butterfly.

Several levels are made at once on panels that stay in the cache, as in a fast Fourier transform: rows ``j, j + M, j +
2M, …`` of the matrix meet only each other in the next levels. Complex numbers are kept as a real and an imaginary
row, so that every step is a real inner product or a small real matrix product.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvers.arrays import Array, floor_of, inner
from solvers.blocks import pair_rotations
from solvers.panels import PANEL_BYTES, scratch

__all__ = ["sweep_pairs"]

_LEVELS_AT_ONCE = 3
_MANY = 8  # entries of a row from which on formulas for pairs cost less than another row
_VISIBLE = {"d": 1e-5, "f": 1e-2}  # shares of the energy below which inner products do not show what is discarded
_LONG = 64  # rows for which a matrix product beats single inner products

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
    Memory: a few panels and at most 5/8 of the input; 5/16 of it when levels are made two at once or more.
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
    return max(1, min(left, _LEVELS_AT_ONCE, int(rows).bit_length() - 3))


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
            panel = scratch("stage", (size_a, high, size_m, radices[0], 2, parts, columns // radices[0]), real)
            _fill(panel, chosen.reshape(*chosen.shape[:5], radices[0], -1).transpose(0, 1, 2, 5, 3, 4, 6))
            panel = panel.reshape(size_a, high * size_m, *panel.shape[3:])
            for level, e in enumerate(radices):
                here = places[level][i : i + step_a, ..., j : j + step_m]
                count, m, c = panel.shape[0], panel.shape[1], panel.shape[-1]
                if level == k - 1:
                    goal = target[i : i + step_a, :, j : j + step_m].reshape(count, e, size_m, 1, 1, parts, c)
                else:
                    shape = (count, e, m // 2, radices[level + 1], 2, parts, c // radices[level + 1])
                    goal = scratch(f"panel{level % 2}", shape, real)
                lost[level] += _level(panel, here, goal)
                panel = goal.reshape(count * e, *goal.shape[2:])
    return lefts, out, lost


def _fill(stage: Real, chosen: Array) -> None:
    """Copy a panel; complex numbers become a real and an imaginary row."""
    if np.iscomplexobj(chosen):
        stage[..., 0, :], stage[..., 1, :] = chosen[..., 0, :].real, chosen[..., 0, :].imag
    else:
        stage[...] = chosen


def _level(panel: Real, left: Array, goal: Real) -> float:
    """One level of one panel.

    ``panel`` (A, m, e, 2, parts, c) holds the blocks, each in one piece of memory; ``left`` (a, A/a, 2, e, high, w)
    receives the vectors and ``goal`` (A, e, m/pairs, e', pairs, parts, c/e') the leading rows, as blocks of the next
    level.
    """
    count, m, e, _, parts, c = panel.shape
    turn = scratch("turn", (count, m, e, 2 * parts, 2 * parts), panel.dtype)
    cosine, sine, lost = _turns(panel, turn)
    rows = 1 if lost is not None else 2
    turned = scratch("turned", (count, m, e, rows, parts, c), panel.dtype)
    flat = panel.reshape(count, m, e, 2 * parts, c)
    np.matmul(turn[..., : rows * parts, :], flat, out=turned.reshape(count, m, e, rows * parts, c))
    order = (0, 1, 4, 2, 3)
    shape = (*left.shape[:2], *left.shape[4:], e)
    left[:, :, 0] = cosine.reshape(shape).transpose(order)
    left[:, :, 1] = sine.reshape(shape).transpose(order)
    pairs, split = goal.shape[4], goal.shape[3]
    kept = turned[:, :, :, 0].reshape(count, pairs, m // pairs, e, parts, split, c // split)
    goal[...] = kept.transpose(0, 3, 2, 5, 1, 4, 6)
    if lost is not None:
        return lost
    rest = turned[:, :, :, 1].reshape(count, m, e, parts * c)
    return float(inner(rest, rest).sum(dtype=np.float64))


def _turns(panel: Real, turn: Real) -> tuple[Real, Array, float | None]:
    """Fill the rotations of a panel; returns the entries ``c`` (real) and ``s·phase`` of the leading vectors.

    The last result is the energy of the other rotated rows where inner products show it; else None.
    """
    count, m, e, _, parts, c = panel.shape
    rows = panel.reshape(count, m, e, 2, parts * c)
    upper, lower = rows[..., 0, :], rows[..., 1, :]
    second = inner(lower, lower)
    if parts == 2 and c >= _LONG:
        quarter = panel.reshape(count, m, e, 4, c)
        gram = np.matmul(quarter[..., :2, :], quarter.swapaxes(-1, -2))
        first = gram[..., 0, 0] + gram[..., 1, 1]
        cross = gram[..., 0, 2] + gram[..., 1, 3]
        cross_im = gram[..., 0, 3] - gram[..., 1, 2]
    else:
        first, cross = inner(upper, upper), inner(upper, lower)
    if parts == 1:
        size = np.abs(cross)
        cosine, s = pair_rotations(first, second, size)
        lost = _visible_loss(first, second, size, cosine, s, c)
        sine = np.copysign(s, cross)
        flat = turn.reshape(count, m, e, 4)
        flat[..., ::3] = cosine[..., None]
        flat[..., 1] = sine
        np.negative(sine, out=flat[..., 2])
        return cosine, sine, lost
    if c < _LONG:
        cross_im = inner(upper[..., :c], lower[..., c:])
        cross_im -= inner(upper[..., c:], lower[..., :c])
    size = np.hypot(cross, cross_im)
    cosine, s = pair_rotations(first, second, size)
    lost = _visible_loss(first, second, size, cosine, s, c)
    low = size < floor_of(size)
    if low.any():  # no phase can be read off; the rotation is by 0 or 90 degrees
        cross[low] = size[low] = 1.0
        cross_im[low] = 0.0
    s /= size
    phased = np.empty(s.shape, np.result_type(s, np.complex64))
    re, im = phased.real, phased.imag
    np.multiply(s, cross, out=re)
    np.multiply(s, cross_im, out=im)
    flat = turn.reshape(count, m, e, 16)  # [[c, 0, re, im], [0, c, -im, re], [-re, im, c, 0], [-im, -re, 0, c]]
    flat[..., 1:5:3] = flat[..., 11:15:3] = 0.0
    flat[..., ::5] = cosine[..., None]
    flat[..., 2:8:5] = re[..., None]
    flat[..., 8:14:5] = -re[..., None]
    flat[..., 3:10:6] = im[..., None]
    flat[..., 6:13:6] = -im[..., None]
    return cosine, phased, lost


def _visible_loss(first: Real, second: Real, size: Real, cosine: Real, sine: Real, length: int) -> float | None:
    """Energy ``s²‖x‖² + c²‖y‖² - 2cs|⟨x, y⟩|`` of the second rotated rows; None where rounding could hide it.

    Nor is it asked for where rows have only a few entries: there the rows themselves cost no more.
    """
    if length < _MANY:
        return None
    part = sine * first
    part -= 2.0 * cosine * size
    part *= sine
    energy = np.square(cosine)
    energy *= second
    total = float(first.sum(dtype=np.float64)) + float(second.sum(dtype=np.float64))
    lost = float(energy.sum(dtype=np.float64)) + float(part.sum(dtype=np.float64))
    return lost if lost > _VISIBLE[first.dtype.char] * total else None
