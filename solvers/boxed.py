"""Factors whose entries are bounded, non-negative or partly fixed: projected quasi-Newton from several starts."""

from __future__ import annotations

import contextlib
import math
import sys
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

from closedness.budget import Budget
from closedness.errors import InputError
from solvers.arrays import is_number
from solvers.elimination import eliminate

__all__ = ["Box", "BoxRun", "box_of", "minimise_in_box"]

Real = NDArray[np.float64]
Mask = NDArray[np.bool_]

_STARTS = 5
_MEMORY = 20
_SETUP = 3e-6  # seconds that scipy takes to read the bounds, for each unknown


class Box(NamedTuple):
    """Least and largest values of the entries of X (m, r) and Y (n, r): equal if fixed, both 0 off the support."""

    low: tuple[Real, Real]
    high: tuple[Real, Real]


class BoxRun(NamedTuple):
    """The best run.

    Attributes
    ----------
    X, Y : ndarray
    converged : bool
        Whether the projected gradient became small.
    finished, asked : int
        Starts that were not cut by the time, and all.
    """

    X: Real
    Y: Real
    converged: bool
    finished: int
    asked: int


class _EndError(Exception):
    """Ends a run, because the goal is reached or the time is up; its best values are kept."""


def box_of(supports: tuple[Mask, Mask], nonnegative: bool, largest: float | None, fixed: Any) -> Box:
    """The box of given options.

    Parameters
    ----------
    supports : pair of ndarray of bool, (m, r) and (n, r)
    nonnegative : bool
    largest : float or None
        Bound of the modulus of all entries that are not fixed.
    fixed : pair of array_like or None
        Values of entries of X and of Y; NaN where an entry is not fixed. One of them may be None.

    Raises
    ------
    InputError
        Another shape, values that are infinite, or not zero off the support.
    """
    if largest is not None and not (is_number(largest) and math.isfinite(largest) and largest > 0):
        raise InputError(f"largest must be None or a positive number, got {largest!r}")
    if fixed is not None and (not isinstance(fixed, (tuple, list)) or len(fixed) != 2):
        raise InputError(f"fixed must be a pair of arrays, for X and for Y, got {type(fixed).__name__}")
    low, high = [], []
    top = math.inf if largest is None else float(largest)
    for name, mask, values in zip(("X", "Y"), supports, fixed or (None, None), strict=True):
        lo = np.where(mask, 0.0 if nonnegative else -top, 0.0)
        hi = np.where(mask, top, 0.0)
        if values is not None:
            given = _fixed_values(values, mask, name)
            known = ~np.isnan(given)
            lo[known] = hi[known] = given[known]
        low.append(lo)
        high.append(hi)
    return Box((low[0], low[1]), (high[0], high[1]))


def _fixed_values(values: Any, mask: Mask, name: str) -> Real:
    try:
        given = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"the fixed entries of {name} must be real numbers, NaN where they are free") from None
    if given.shape != mask.shape:
        raise InputError(f"the fixed entries of {name} must have shape {mask.shape}, got {given.shape}")
    bad = np.argwhere(np.isinf(given) | (~mask & ~np.isnan(given) & (given != 0.0)))
    if bad.size:
        i, j = (int(v) for v in bad[0])
        raise InputError(f"the fixed entry {name}[{i}, {j}] must be finite, and 0 off the support, got {given[i, j]}")
    return given


def minimise_in_box(
    target: Real,
    supports: tuple[Mask, Mask],
    box: Box,
    *,
    squares: Real | None,
    ridge: float,
    starts: int | None,
    iterations: int,
    seed: int | None,
    budget: Budget,
    goal: float = 0.0,
    tied: bool = False,
) -> BoxRun:
    """Minimise ``‖w∘(A - X Yᵀ)‖² + ridge·(‖X‖² + ‖Y‖²)`` over a box.

    Parameters
    ----------
    target : ndarray, (m, n)
    supports : pair of ndarray of bool
    box : Box
    squares : ndarray or None
        Squares of the weights.
    goal : float
        An objective that is small enough: the search ends there.
    tied : bool
        Whether ``Y = X``; supports and box are those of X.
    ridge, starts, iterations, seed : as for :func:`solvers.factorize_fixed_support`
    budget : Budget
    """
    count = 1 if tied else 2
    low, high = (np.concatenate([part.ravel() for part in pair[:count]]) for pair in (box.low, box.high))
    free = np.flatnonzero(low < high)
    point = np.where(low < high, 0.0, low)
    p = supports[0].size
    shapes = supports[0].shape, supports[1].shape

    def factors(x: Real) -> tuple[Real, Real]:
        X = x[:p].reshape(shapes[0])
        return X, X if tied else x[p:].reshape(shapes[1])

    best_value, best = math.inf, point

    def objective(values: Real) -> tuple[float, Real]:
        nonlocal best_value, best
        x = point.copy()
        x[free] = values
        X, Y = factors(x)
        with np.errstate(over="ignore", invalid="ignore"):
            rest = target - X @ Y.T
            weighted = rest if squares is None else squares * rest
            value = float((rest * weighted).sum()) + ridge * float(x @ x) * (2.0 if tied else 1.0)
        if not math.isfinite(value):  # a step too far
            return sys.float_info.max, np.zeros_like(values)
        if value < best_value:
            best_value, best = value, x
        if value <= goal or budget.expired():
            raise _EndError
        both = (-2.0 * (weighted @ Y)).ravel(), (-2.0 * (weighted.T @ X)).ravel()
        gradient = both[0] + both[1] + 4 * ridge * x if tied else np.concatenate(both) + 2 * ridge * x
        return value, gradient[free]

    asked = starts if starts is not None else _STARTS
    if not free.size:
        X, Y = factors(point)
        return BoxRun(X.copy(), Y.copy(), True, asked, asked)
    with contextlib.suppress(_EndError):
        objective(np.clip(0.0, low, high)[free])  # nothing is returned that is worse than zeros
    rng = np.random.default_rng(seed)
    size = math.sqrt(float(np.linalg.norm(target)) / max(1.0, math.sqrt(free.size)))
    converged, made = False, 0
    for number in range(asked):
        if number == 0:
            start = np.concatenate([part.ravel() for part in _eliminated(target, supports, tied, budget)])
        else:
            start = size * rng.standard_normal(point.size)
        inside = np.clip(np.where(low >= 0.0, np.abs(start), start), low, high)[free]
        before = best_value
        left = budget.left()
        if left is not None and left < _SETUP * free.size:  # it could not take a step
            with contextlib.suppress(_EndError):
                objective(inside)
            break
        try:
            run = minimize(
                objective, inside, jac=True, method="L-BFGS-B", bounds=Bounds(low[free], high[free]),
                options={"maxiter": 5 * iterations, "maxfun": 10 * iterations, "maxcor": _MEMORY, "ftol": 1e-12},
            )  # fmt: skip
        except _EndError:
            if best_value <= goal:
                converged, made = True, asked
            break
        made += 1
        if best_value < before:
            converged = bool(run.success)
    X, Y = factors(best)
    return BoxRun(X.copy(), Y.copy(), converged, made, asked)


def _eliminated(target: Real, supports: tuple[Mask, Mask], tied: bool, budget: Budget) -> list[Real]:
    """Factors by elimination; for tied ones those of X, as large as both together."""
    X, Y = eliminate(target, *supports, budget)
    if not tied:
        return [X, Y]
    x, y = (np.linalg.norm(part, axis=0) for part in (X, Y))
    return [X * np.sqrt(y / np.where(x > 0.0, x, 1.0))]
