"""Weighted factorisation on fixed supports by variable projection: a Levenberg-Marquardt method, many starts at once.

For a given ``Y`` the best ``X`` is a linear least-squares problem for each row. Putting it in leaves a function of
``Y`` alone, which is minimised by Gauss-Newton steps with damping on ``Y`` only (Ruhe and Wedin's second variant).
Where the factors fit the target exactly the convergence is quadratic. All arrays have a leading axis of runs.

References
----------
G. Golub, V. Pereyra, *Separable nonlinear least squares: the variable projection method and its applications*, 2003;
J. H. Hong, A. Fitzgibbon, *Secrets of matrix factorization*, ICCV 2015.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from closedness.budget import Budget
from solvers.arrays import Array

__all__ = ["Lines", "Problem", "Runs", "descend", "norm_of", "problem_of", "sizes"]

Real = NDArray[np.float64]
Mask = NDArray[np.bool_]

_DIRECT = 500  # unknowns of Y up to which the reduced normal equations are formed
_RATIO = 1.25  # rows whose numbers of unknowns differ by less are solved together
_CHUNK = 1 << 21  # numbers in the largest temporary of weighted Gram matrices
_TINY = 1e-14  # added to Gram matrices, relative to their diagonal
_PRODUCTS = 1000.0  # numbers in products of factors that cost as much as conjugate gradients
_INNER = 80  # steps of conjugate gradients
_FIRST_DAMPING = 1e-2
_DAMPING = (1e-12, 1e12)
_FLAT = 2  # accepted steps that gain nothing, after which a run has converged


class Lines(NamedTuple):
    """Rows of a factor with about equally many unknowns.

    Attributes
    ----------
    rows : ndarray of int, (g,)
    hidden : ndarray of int, (g, k)
        Hidden indices of the unknowns of each row, filled up with ``r``.
    """

    rows: NDArray[np.intp]
    hidden: NDArray[np.intp]


class Problem(NamedTuple):
    """``min ‖w∘(A - X Yᵀ)‖² + ridge·(‖X‖² + ‖Y‖²)`` with ``supp X ⊆ I``, ``supp Y ⊆ J``.

    Attributes
    ----------
    target : ndarray, (m, n) or (b, m, n)
        In double precision.
    rows, cols : ndarray of bool, (m, r) and (n, r)
    squares : ndarray or None, (m, n)
        Squares of the weights ``w``; None: all 1.
    ridge : float
    lines : pair of tuple of Lines
        Rows of X and of Y.
    """

    target: Array
    rows: Mask
    cols: Mask
    squares: Real | None
    ridge: float
    lines: tuple[tuple[Lines, ...], tuple[Lines, ...]]


class Runs(NamedTuple):
    """Where the runs ended.

    Attributes
    ----------
    X, Y : ndarray, (b, m, r) and (b, n, r)
    objective : ndarray, (b,)
    converged : ndarray of bool, (b,)
        Whether a run ended because steps gained nothing, not because iterations or time were up.
    steps : int
        Iterations of the longest run.
    """

    X: Array
    Y: Array
    objective: Real
    converged: Mask
    steps: int


def problem_of(target: Array, rows: Mask, cols: Mask, weights: Real | None = None, ridge: float = 0.0) -> Problem:
    """Prepare a problem; the arguments are those of :class:`Problem` but for the weights themselves."""
    squares = None if weights is None else np.square(weights)
    return Problem(target, rows, cols, squares, ridge, (_lines(rows), _lines(cols)))


def _lines(mask: Mask) -> tuple[Lines, ...]:
    counts = mask.sum(axis=1)
    order = np.argsort(counts, kind="stable")
    order = order[counts[order] > 0]
    found = []
    while order.size:
        size = max(int(counts[order[0]]) + 1, int(counts[order[0]] * _RATIO))
        part = order[counts[order] <= size]
        order = order[len(part) :]
        width = int(counts[part].max())
        index = np.full((len(part), width), mask.shape[1], np.intp)
        for place, row in zip(index, part, strict=True):
            place[: counts[row]] = np.flatnonzero(mask[row])
        found.append(Lines(part, index))
    return tuple(found)


def _image(problem: Problem, X: Array, Y: Array) -> Array:
    """``w²∘(X Yᵀ)``."""
    out: Array = np.matmul(X, Y.swapaxes(-1, -2))
    return out if problem.squares is None else out * problem.squares


def _padded(X: Array) -> Array:
    """One more column, of zeros, for the hidden index ``r`` that fills up lines."""
    return np.asarray(np.concatenate([X, np.zeros((*X.shape[:-1], 1), X.dtype)], axis=-1))


def _grams(lines: Lines, Y: Array, squares: Real | None) -> Array:
    """Gram matrices ``(b, g, k, k)`` of the least-squares problems of some rows of X, for given Y."""
    wide = _padded(Y)
    index = lines.hidden
    if squares is None:
        gram = np.matmul(np.conj(wide).swapaxes(-1, -2), wide)
        return np.asarray(gram[:, index[:, :, None], index[:, None, :]])
    b, n, _ = Y.shape
    g, k = index.shape
    out = np.empty((b, g, k, k), Y.dtype)
    step = max(1, _CHUNK // (b * n * k))
    for start in range(0, g, step):
        part = slice(start, start + step)
        systems = wide[:, :, index[part]].transpose(0, 2, 1, 3)  # (b, rows, n, k)
        weighted = systems * squares[lines.rows[part]][None, :, :, None]
        out[:, part] = np.matmul(np.conj(systems).swapaxes(-1, -2), weighted)
    return out


def _inverses(lines: Lines, gram: Array, count: int, extra: Array | float) -> Array:
    """Inverses of Gram matrices after ``extra`` (b, g, k) is added to their diagonals."""
    k = np.arange(lines.hidden.shape[1])
    diagonal = gram[..., k, k].real
    top = diagonal.max(axis=-1, keepdims=True)
    top = np.where(top > 0.0, top, 1.0)
    gram[..., k, k] += np.where(lines.hidden == count, top, extra + _TINY * top + (diagonal == 0.0) * top)
    return np.asarray(np.linalg.inv(gram))


def _apply(lines: tuple[Lines, ...], inverses: list[Array], V: Array) -> Array:
    """Solve the problems of all rows for right-hand sides ``V`` (b, m, r)."""
    wide, out = _padded(V), np.zeros((*V.shape[:-1], V.shape[-1] + 1), V.dtype)
    for some, inverse in zip(lines, inverses, strict=True):
        place = slice(None), some.rows[:, None], some.hidden
        out[place] = np.matmul(inverse, wide[place][..., None])[..., 0]
    return out[..., :-1]


class _State(NamedTuple):
    """The best ``X`` for some ``Y``."""

    X: Array
    rest: Array  # w²∘(A - X Yᵀ)
    inverses: list[Array]
    objective: Real


def _project(problem: Problem, Y: Array, take: NDArray[np.intp] | slice = slice(None)) -> _State:
    """The best ``X`` for ``Y``; ``take`` chooses the targets where there are several."""
    lines, count = problem.lines[0], problem.rows.shape[1]
    target = problem.target if problem.target.ndim == 2 else problem.target[take]
    weighted = target if problem.squares is None else target * problem.squares
    inverses = [_inverses(some, _grams(some, Y, problem.squares), count, problem.ridge) for some in lines]
    turned = np.conj(Y)
    X = _apply(lines, inverses, np.matmul(weighted, turned))
    X = X + _apply(lines, inverses, np.matmul(weighted - _image(problem, X, Y), turned) - problem.ridge * X)
    rest = weighted - _image(problem, X, Y)
    if problem.squares is None:
        objective = np.square(np.abs(rest)).sum(axis=(-2, -1))
    else:
        plain = target - np.matmul(X, Y.swapaxes(-1, -2))
        objective = (problem.squares * np.square(np.abs(plain))).sum(axis=(-2, -1))
    if problem.ridge:
        objective = objective + problem.ridge * (_energy(X) + _energy(Y))
    return _State(X, rest, inverses, np.where(np.isfinite(objective), objective, np.inf))


def _energy(X: Array) -> Real:
    return np.asarray(np.square(np.abs(X)).sum(axis=(-2, -1)))


def _normalised(Y: Array) -> Array:
    """Columns of norm 1, or zero; without a ridge nothing depends on their norms."""
    size = np.sqrt(np.square(np.abs(Y)).sum(axis=-2, keepdims=True))
    return Y / np.where(size > 0.0, size, 1.0)


def _gradient(problem: Problem, state: _State, Y: Array) -> Array:
    """Minus half the gradient with respect to ``Y``."""
    found = np.where(problem.cols, np.matmul(state.rest.swapaxes(-1, -2), np.conj(state.X)), 0.0)
    return found - problem.ridge * Y if problem.ridge else found


class _Model(NamedTuple):
    """The reduced normal equations: explicit, or what conjugate gradients need."""

    diagonal: Array  # (b, n, r), at least a small positive number
    matrix: Array | None  # (b, q, q)
    grams: list[Array] | None


def _model(problem: Problem, state: _State, Y: Array) -> _Model:
    """Curvature of the projected problem, without damping."""
    X = state.X
    grams = [_grams(some, X, None if problem.squares is None else problem.squares.T) for some in problem.lines[1]]
    diagonal = np.zeros((*Y.shape[:-1], Y.shape[-1] + 1))
    for some, gram in zip(problem.lines[1], grams, strict=True):
        k = np.arange(some.hidden.shape[1])
        diagonal[:, some.rows[:, None], some.hidden] = gram[..., k, k].real
    diagonal = diagonal[..., :-1] + problem.ridge
    top = diagonal.max(axis=(-2, -1), keepdims=True)
    diagonal = np.maximum(diagonal, 1e-8 * np.where(top > 0.0, top, 1.0))
    if not _worth_forming(problem):
        return _Model(diagonal, None, grams)
    return _Model(diagonal, _reduced(problem, state, Y, grams), None)


def _worth_forming(problem: Problem) -> bool:
    """Whether the reduced normal equations cost less than conjugate gradients, which take products only."""
    (m, r), n, unknowns = problem.rows.shape, len(problem.cols), np.count_nonzero(problem.cols)
    forming = 2.0 * np.count_nonzero(problem.rows) * unknowns**2 + unknowns**3
    return bool(unknowns <= _DIRECT and forming <= _PRODUCTS * m * n * r)


def _reduced(problem: Problem, state: _State, Y: Array, grams: list[Array]) -> Array:
    """The matrix of the reduced normal equations, order the number of unknowns of Y."""
    j, l = np.nonzero(problem.cols)
    number = np.full((problem.cols.shape[0], problem.cols.shape[1] + 1), len(j), np.intp)
    number[j, l] = np.arange(len(j))
    out = np.zeros((len(Y), len(j) + 1, len(j) + 1), Y.dtype)
    for some, gram in zip(problem.lines[1], grams, strict=True):
        at = number[some.rows[:, None], some.hidden]
        out[:, at[:, :, None], at[:, None, :]] = gram
    out = out[:, :-1, :-1]
    wide = np.conj(_padded(Y))[:, j]  # (b, q, r + 1)
    for some, inverse in zip(problem.lines[0], state.inverses, strict=True):
        g, k = some.hidden.shape
        mixed = wide[:, :, some.hidden].transpose(0, 2, 3, 1)  # (b, g, k, q)
        other = state.X[:, some.rows[:, None], l]
        if problem.squares is not None:
            other = other * problem.squares[some.rows[:, None], j]
        mixed = mixed * other[:, :, None, :]
        solved = np.matmul(inverse, mixed).reshape(len(Y), g * k, -1)
        out -= np.matmul(np.conj(mixed.reshape(len(Y), g * k, -1)).swapaxes(-1, -2), solved)
    if problem.ridge:
        q = np.arange(len(j))
        out[:, q, q] += problem.ridge
    return out


def _step(
    problem: Problem, state: _State, Y: Array, gradient: Array, model: _Model, damping: Real, budget: Budget
) -> Array:
    """The damped Gauss-Newton step for ``Y``."""
    extra = damping[:, None, None] * model.diagonal
    if model.matrix is None:
        return _conjugate_gradients(problem, state, Y, gradient, model, extra, budget)
    j, l = np.nonzero(problem.cols)
    q = np.arange(len(j))
    system = model.matrix.copy()
    system[:, q, q] += extra[:, j, l]
    out = np.zeros_like(Y)
    out[:, j, l] = np.linalg.solve(system, gradient[:, j, l][..., None])[..., 0]
    return out


def _conjugate_gradients(
    problem: Problem, state: _State, Y: Array, gradient: Array, model: _Model, extra: Array, budget: Budget
) -> Array:
    """The same step, inexactly, preconditioned by the curvature for fixed ``X``."""
    assert model.grams is not None
    lines, count = problem.lines[1], problem.cols.shape[1]
    wide = _padded(extra + problem.ridge)
    inverses = [
        _inverses(some, gram.copy(), count, wide[:, some.rows[:, None], some.hidden])
        for some, gram in zip(lines, model.grams, strict=True)
    ]
    turned_x, turned_y = np.conj(state.X), np.conj(Y)

    def curvature(V: Array) -> Array:
        image = _image(problem, state.X, V)
        back = _apply(problem.lines[0], state.inverses, np.matmul(image, turned_y))
        image -= _image(problem, back, Y)
        out = np.where(problem.cols, np.matmul(image.swapaxes(-1, -2), turned_x), 0.0)
        return out + (extra + problem.ridge) * V

    x, r = np.zeros_like(Y), gradient.copy()
    z = _apply(lines, inverses, r)
    p, rz = z, _dot(r, z)
    goal = 1e-2 * rz * np.minimum(1.0, np.sqrt(rz / np.maximum(state.objective, 1e-300)) + 1e-6)
    for _ in range(_INNER):
        if budget.expired():
            break
        ap = curvature(p)
        pap = _dot(p, ap)
        open_ = (rz > goal) & (pap > 0.0)
        if not open_.any():
            break
        alpha = np.where(open_, rz / np.where(open_, pap, 1.0), 0.0)[:, None, None]
        x = x + alpha * p
        r = r - alpha * ap
        z = _apply(lines, inverses, r)
        now = _dot(r, z)
        p = z + (np.where(open_, now / np.where(open_, rz, 1.0), 0.0))[:, None, None] * p
        rz = np.where(open_, now, rz)
    return x


def _dot(a: Array, b: Array) -> Real:
    return np.asarray((np.conj(a) * b).real.sum(axis=(-2, -1)))


def descend(
    problem: Problem,
    start: Array,
    iterations: int,
    tolerance: float,
    budget: Budget,
    goal: float = 0.0,
    report: Callable[[int, Array, Array, Real], None] | None = None,
) -> Runs:
    """Minimise from several starts at once.

    Parameters
    ----------
    problem : Problem
    start : ndarray, (b, n, r)
        Values of Y; those outside the support are dropped.
    iterations : int
    tolerance : float
        A run has converged when two steps one after the other lower the objective by less than this share of it.
    budget : Budget
    goal : float
        A run whose objective is at most this ends.
    report : callable, optional
        Called after every iteration with its number, and X, Y and the objective of all runs.

    Returns
    -------
    Runs
    """
    free = (lambda Y: Y) if problem.ridge else _normalised
    Y = free(np.where(problem.cols, start, 0.0))
    state = _project(problem, Y)
    b = len(Y)
    X, objective = state.X.copy(), state.objective.copy()
    left = np.flatnonzero(np.isfinite(objective) & (objective > goal))
    converged = objective <= goal
    damping, growth = np.full(b, _FIRST_DAMPING), np.full(b, 2.0)
    flat = np.zeros(b, int)
    model: _Model | None = None
    if len(left) < b:
        state = _taken(state, left)
    done = 0
    for done in range(1, iterations + 1):
        if not left.size or budget.expired():
            done -= 1
            break
        here = Y[left]
        if model is None:
            model = _model(problem, state, here)
            gradient = _gradient(problem, state, here)
        try:
            step = _step(problem, state, here, gradient, model, damping[left], budget)
        except np.linalg.LinAlgError:
            step = np.zeros_like(here)
        extra = damping[left][:, None, None] * model.diagonal
        predicted = _dot(gradient, step) + _dot(step, extra * step)
        trial = free(here + step)
        fresh = _project(problem, trial, left)
        gain = state.objective - fresh.objective
        better = gain > 0.0
        ratio = np.where(predicted > 0.0, gain / np.where(predicted > 0.0, predicted, 1.0), 0.0)
        shrink = np.clip(1.0 - (2.0 * ratio - 1.0) ** 3, 0.1, 2.0)
        damping[left] = np.clip(damping[left] * np.where(better, shrink, growth[left]), *_DAMPING)
        growth[left] = np.where(better, 2.0, 2.0 * growth[left])
        small = gain <= tolerance * state.objective
        flat[left] = np.where(small & (better | (predicted <= tolerance * state.objective)), flat[left] + 1, 0)
        at = left[better]
        Y[at], X[at], objective[at] = trial[better], fresh.X[better], fresh.objective[better]
        if better.any():
            state = fresh if better.all() else _mixed(better, fresh, state)
            model = None
        if report is not None:
            report(done, X, Y, objective)
        stop = (flat[left] >= _FLAT) | (objective[left] <= goal)
        stuck = damping[left] >= _DAMPING[1]
        converged[left[stop]] = True
        ended = stop | stuck
        if ended.any():
            keep = np.flatnonzero(~ended)
            left, state = left[keep], _taken(state, keep)
            model = None
    return Runs(X, Y, objective, converged, done)


def _taken(state: _State, keep: NDArray[np.intp]) -> _State:
    """The runs that go on."""
    return _State(state.X[keep], state.rest[keep], [v[keep] for v in state.inverses], state.objective[keep])


def _mixed(better: Mask, fresh: _State, old: _State) -> _State:
    """New values where they are better."""

    def choose(a: Array, b: Array) -> Array:
        return np.where(better.reshape(-1, *[1] * (a.ndim - 1)), a, b)

    return _State(
        choose(fresh.X, old.X),
        choose(fresh.rest, old.rest),
        [choose(a, b) for a, b in zip(fresh.inverses, old.inverses, strict=True)],
        choose(fresh.objective, old.objective),
    )


def sizes(X: Array, Y: Array) -> Real:
    """``Σ_k ‖x_k‖‖y_k‖`` of every run."""
    return np.asarray(
        (np.sqrt(np.square(np.abs(X)).sum(axis=-2)) * np.sqrt(np.square(np.abs(Y)).sum(axis=-2))).sum(axis=-1)
    )


def norm_of(problem: Problem) -> float:
    """Weighted norm of the target."""
    squares = np.square(np.abs(problem.target))
    return math.sqrt(float((squares if problem.squares is None else squares * problem.squares).sum()))
