"""Joint quasi-Newton steps on both factors, for problems too large for variable projection."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from closedness.budget import Budget
from solvers.arrays import Array
from solvers.variable_projection import Problem, Runs

__all__ = ["descend_jointly", "is_heavy"]

_CUBES = 2e8  # sum of the cubes of the sizes of all least-squares problems
_MEMORY = 20


class _EndError(Exception):
    """Ends a run; its best values are kept."""


def is_heavy(problem: Problem) -> bool:
    """Whether one projection would take too long between two looks at the clock."""
    return any(sum(len(x.rows) * x.hidden.shape[1] ** 3 for x in side) > _CUBES for side in problem.lines)


def descend_jointly(
    problem: Problem, X: Array, Y: Array, iterations: int, tolerance: float, budget: Budget, goal: float = 0.0
) -> Runs:
    """L-BFGS on the entries of X and Y from one start.

    Parameters
    ----------
    problem : Problem
    X, Y : ndarray, (m, r) and (n, r)
    iterations, tolerance, budget, goal : as for :func:`solvers.variable_projection.descend`

    Returns
    -------
    Runs
        One run.
    """
    dtype = problem.target.dtype
    places = np.nonzero(problem.rows), np.nonzero(problem.cols)
    split = len(places[0][0])

    def factors(v: NDArray[np.float64]) -> tuple[Array, Array]:
        values = v.view(dtype)
        out = np.zeros(problem.rows.shape, dtype), np.zeros(problem.cols.shape, dtype)
        out[0][places[0]], out[1][places[1]] = values[:split], values[split:]
        return out

    first = np.concatenate([X[places[0]], Y[places[1]]]).astype(dtype).view(np.float64)
    best_value, best = math.inf, first
    steps = 0

    def objective(v: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        nonlocal best_value, best
        x, y = factors(v)
        with np.errstate(over="ignore", invalid="ignore"):
            rest = problem.target - x @ y.T
            weighted = rest if problem.squares is None else problem.squares * rest
            value = float((np.conj(rest) * weighted).real.sum()) + problem.ridge * float(v @ v)
            parts = (weighted @ np.conj(y))[places[0]], (weighted.T @ np.conj(x))[places[1]]
            gradient = -2.0 * np.concatenate(parts).astype(dtype).view(np.float64) + 2.0 * problem.ridge * v
        if not (math.isfinite(value) and np.isfinite(gradient).all()):
            return sys.float_info.max, np.zeros_like(v)
        if value < best_value:
            best_value, best = value, v.copy()
        if value <= goal or budget.expired():
            raise _EndError
        return value, gradient

    def count(_: Any) -> None:
        nonlocal steps
        steps += 1

    converged = False
    try:
        run = minimize(
            objective, first, jac=True, method="L-BFGS-B", callback=count,
            options={"maxiter": 5 * iterations, "maxfun": 10 * iterations, "maxcor": _MEMORY, "ftol": 1e-3 * tolerance},
        )  # fmt: skip
        converged = bool(run.success)
    except _EndError:
        converged = best_value <= goal
    x, y = factors(best)
    return Runs(x[None], y[None], np.array([best_value]), np.array([converged]), steps)
