"""Start values of the iterative search on fixed supports."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from closedness.budget import Budget
from solvers.arrays import Array
from solvers.variable_projection import Problem, descend

__all__ = ["greedy", "random_pair", "random_values", "softened"]

_RIDGES = (1.0, 0.1, 0.01)  # relative to the spectral norm of the target


def random_values(rng: np.random.Generator, problem: Problem, count: int) -> Array:
    """Gaussian values of Y on its support, ``(count, n, r)``."""
    out = rng.standard_normal((count, *problem.cols.shape))
    if np.iscomplexobj(problem.target):
        return np.asarray(np.where(problem.cols, out + 1j * rng.standard_normal(out.shape), 0.0))
    return np.asarray(np.where(problem.cols, out, 0.0))


def random_pair(rng: np.random.Generator, problem: Problem) -> tuple[Array, Array]:
    """Gaussian values of X and Y on their supports, ``(1, m, r)`` and ``(1, n, r)``."""
    turned = problem._replace(rows=problem.cols, cols=problem.rows)
    return random_values(rng, turned, 1), random_values(rng, problem, 1)


def greedy(rng: np.random.Generator, problem: Problem, count: int, budget: Budget) -> Iterator[Array]:
    """Values of Y from rank-one approximations, largest first, each of what the ones before have left over."""
    known = problem.target if problem.squares is None else np.where(problem.squares > 0.0, problem.target, 0.0)
    places = [(np.flatnonzero(i), np.flatnonzero(j)) for i, j in zip(problem.rows.T, problem.cols.T, strict=True)]
    for _ in range(count):
        rest, out = np.array(known), np.zeros(problem.cols.shape, known.dtype)
        found = {k: _leading(rng, rest[np.ix_(*place)]) for k, place in enumerate(places) if place[0].size}
        luck = 1.0 + 0.3 * rng.random(len(places))
        while found and not budget.expired():
            k = max(found, key=lambda k: found[k][0] * luck[k])
            _, y = found.pop(k)
            rows, cols = places[k]
            block = rest[np.ix_(rows, cols)]
            rest[np.ix_(rows, cols)] = block - np.multiply.outer(block @ np.conj(y), y)
            out[cols, k] = y
            touched = problem.rows[rows].any(axis=0) & problem.cols[cols].any(axis=0)
            for other in np.flatnonzero(touched):
                if other in found:
                    found[int(other)] = _leading(rng, rest[np.ix_(*places[other])])
        yield out


def _leading(rng: np.random.Generator, block: Array) -> tuple[float, Array]:
    """About the largest singular value of a block and its right vector, as a row."""
    y = np.asarray(rng.standard_normal(block.shape[1]), dtype=block.dtype)
    size = 0.0
    for _ in range(3):
        x = block @ np.conj(y)
        y = np.conj(x) @ block
        size = float(np.linalg.norm(y))
        if size == 0.0:
            break
        y = y / size
    return float(np.sqrt(size)), y


def softened(problem: Problem, start: Array, iterations: int, budget: Budget) -> Array:
    """Values of Y after descents with a ridge that is made smaller: they are led to broader valleys."""
    known = problem.target if problem.squares is None else problem.target * problem.squares
    size = float(np.linalg.norm(known, 2 if known.ndim == 2 else None))
    for share in _RIDGES:
        start = descend(problem._replace(ridge=share * size), start, iterations, 1e-3, budget).Y
    return start
