"""The landscape of ``L(X, Y) = ‖A - X Yᵀ‖²`` on fixed supports: gradient descent and second-order checks.

On tractable supports every local minimum is global and every valley leads to the optimum; outside them this can fail.
The standard example is LU of order 2 with the target ``[[-δ, 1], [1, 0]]``, ``0 < δ < 1``: factors with ``x_11 y_11 >
0`` and ``L < 1`` cannot leave that set without passing through ``L ≥ 1``, and on it ``L > δ²`` while the minimum is
0.

References
----------
Q.-T. Le, E. Riccietti, R. Gribonval, arXiv:2112.00386, Theorems 4.12 and 4.13.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from closedness.errors import InputError
from solvers.arrays import is_positive_int, measure, read_matrix, require_seed
from solvers.fixed_support import factorize_fixed_support, read_supports

__all__ = ["Descent", "Landscape", "explore", "gradient_descent", "hessian", "gradient"]

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Descent:
    """One run of gradient descent.

    Attributes
    ----------
    X, Y : ndarray
    error : float
        ``‖A - X Yᵀ‖`` (Frobenius) at the end.
    gradient_norm : float
        Norm of the gradient of ``L`` at the end.
    size : float
        ``sqrt(‖X‖² + ‖Y‖²)`` at the end.
    errors : tuple of float
        The error at steps 0, 1, 2, 4, 8, …
    """

    X: Real
    Y: Real
    error: float
    gradient_norm: float
    size: float
    errors: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Landscape:
    """Gradient descent from many starts, beside the optimum when it is known.

    Attributes
    ----------
    runs : tuple of Descent
    optimum : float or None
        Smallest error possible; None when no theorem gives it.
    reached : int
        How many runs ended within ``tolerance·‖A‖`` of the optimum, or of the best run when the optimum is not known.
    """

    runs: tuple[Descent, ...]
    optimum: float | None
    reached: int


def _problem(A: Any, I: Any, J: Any) -> tuple[Real, NDArray[np.bool_], NDArray[np.bool_]]:
    matrix = read_matrix(A)
    if np.iscomplexobj(matrix):
        raise InputError(f"A must be real, got dtype {matrix.dtype}")
    measure(matrix)
    rows, cols = read_supports(I, J, (matrix.shape[0], matrix.shape[1]))
    return matrix.astype(np.float64), rows.to_dense(), cols.to_dense()


def gradient(A: Real, X: Real, Y: Real, I: NDArray[np.bool_], J: NDArray[np.bool_]) -> tuple[Real, Real]:
    """Gradient of ``L`` on the supports: ``-2 (R Y)∘I`` and ``-2 (Rᵀ X)∘J`` with ``R = A - X Yᵀ``."""
    R = A - X @ Y.T
    return np.where(I, -2.0 * (R @ Y), 0.0), np.where(J, -2.0 * (R.T @ X), 0.0)


def gradient_descent(
    A: Any, I: Any, J: Any, X: Any, Y: Any, *, steps: int = 20000, tolerance: float = 1e-12
) -> Descent:
    """Gradient descent with backtracking (Armijo) from given factors.

    Parameters
    ----------
    A : array_like, (m, n)
        Real.
    I, J : supports, (m, r) and (n, r)
    X, Y : array_like
        The start; entries outside the supports are dropped.
    steps : int
        Largest number of steps.
    tolerance : float
        Stop when the gradient's norm is below ``tolerance·(1 + ‖A‖²)``.

    Returns
    -------
    Descent

    Examples
    --------
    >>> run = gradient_descent([[2.0]], [[1]], [[1]], [[1.0]], [[1.0]])
    >>> run.error < 1e-6
    True
    """
    target, rows, cols = _problem(A, I, J)
    if not is_positive_int(steps):
        raise InputError(f"steps must be a positive integer, got {steps!r}")
    x, y = np.where(rows, np.asarray(X, float), 0.0), np.where(cols, np.asarray(Y, float), 0.0)
    stop = tolerance * (1.0 + float(np.linalg.norm(target)) ** 2)
    loss = float(np.linalg.norm(target - x @ y.T) ** 2)
    errors = [math.sqrt(loss)]
    rate, slope = 0.1, math.inf
    for step in range(1, steps + 1):
        gx, gy = gradient(target, x, y, rows, cols)
        slope = float(np.sum(gx * gx) + np.sum(gy * gy))
        if math.sqrt(slope) <= stop:
            break
        rate *= 2.0
        while True:
            nx, ny = x - rate * gx, y - rate * gy
            fresh = float(np.linalg.norm(target - nx @ ny.T) ** 2)
            if fresh <= loss - 0.5 * rate * slope:
                break
            rate *= 0.5
            if rate * math.sqrt(slope) < 1e-16:  # below the resolution of the loss
                break
        if fresh >= loss:
            break
        x, y, loss = nx, ny, fresh
        if step & (step - 1) == 0:
            errors.append(math.sqrt(loss))
    size = math.sqrt(float(np.sum(x * x) + np.sum(y * y)))
    return Descent(x, y, math.sqrt(loss), math.sqrt(slope), size, tuple(errors))


def hessian(A: Any, I: Any, J: Any, X: Any, Y: Any) -> Real:
    """Hessian of ``L`` in the free entries, those of X first (row by row), then those of Y.

    Returns
    -------
    ndarray, (p, p)
        ``p = |I| + |J|``; symmetric.

    Examples
    --------
    >>> hessian([[1.0]], [[1]], [[1]], [[0.0]], [[0.0]]).tolist()
    [[0.0, -2.0], [-2.0, 0.0]]
    """
    target, rows, cols = _problem(A, I, J)
    x, y = np.where(rows, np.asarray(X, float), 0.0), np.where(cols, np.asarray(Y, float), 0.0)
    residual = target - x @ y.T
    xi, xk = np.nonzero(rows)
    yj, yk = np.nonzero(cols)
    xx = np.where(xi[:, None] == xi[None, :], 2.0 * (y.T @ y)[xk[:, None], xk[None, :]], 0.0)
    yy = np.where(yj[:, None] == yj[None, :], 2.0 * (x.T @ x)[yk[:, None], yk[None, :]], 0.0)
    cross = 2.0 * x[xi[:, None], yk[None, :]] * y[yj[None, :], xk[:, None]]
    cross -= np.where(xk[:, None] == yk[None, :], 2.0 * residual[xi[:, None], yj[None, :]], 0.0)
    return np.asarray(np.block([[xx, cross], [cross.T, yy]]))


def explore(
    A: Any,
    I: Any,
    J: Any,
    *,
    starts: int = 20,
    steps: int = 20000,
    seed: int | None = 0,
    tolerance: float = 1e-4,
    progress: Callable[[int, int], None] | None = None,
) -> Landscape:
    """Gradient descent from random starts (standard Gaussian entries), compared with the optimum.

    Parameters
    ----------
    A, I, J
        As for :func:`gradient_descent`.
    starts, steps, seed
        Number of runs, largest number of steps of each, seed of the starts.
    tolerance : float
        How near to the optimum a run must end to count, relative to ``‖A‖_F``.
    progress : callable, optional
        Called with (starts done, starts in all).

    Examples
    --------
    >>> found = explore([[3.0, 0.0], [0.0, 1.0]], [[1], [1]], [[1], [1]], starts=5)
    >>> found.reached, found.optimum
    (5, 1.0)
    """
    target, rows, cols = _problem(A, I, J)
    if not is_positive_int(starts):
        raise InputError(f"starts must be a positive integer, got {starts!r}")
    require_seed(seed)
    rng = np.random.default_rng(seed)
    runs: list[Descent] = []
    for _ in range(starts):
        X, Y = rng.standard_normal(rows.shape), rng.standard_normal(cols.shape)
        runs.append(gradient_descent(target, rows, cols, X, Y, steps=steps))
        if progress is not None:
            progress(len(runs), starts)
    solved = factorize_fixed_support(target, rows, cols, starts=1, iterations=1)
    optimum = solved.error if solved.optimal else None
    goal = min(run.error for run in runs) if optimum is None else optimum
    near = goal + tolerance * float(np.linalg.norm(target))
    return Landscape(tuple(runs), optimum, sum(run.error <= near for run in runs))
