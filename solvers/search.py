"""The search for factors on supports that no theorem solves: elimination, then many starts of variable projection.

Half of the starts are led into broad valleys by a ridge that is made smaller, a quarter are greedy, the others
random. All run side by side; the better ones go on. A run that does not converge is followed along a path of ridges:
there the size of the factors settles, or it grows while the error falls, and that is the evidence for divergence.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from closedness import Support
from closedness.budget import Budget
from solvers.arrays import Array, row_energies
from solvers.elimination import eliminate
from solvers.free_cells import Reduction, reduce_supports
from solvers.quasi_newton import descend_jointly, is_heavy
from solvers.relaxation import relaxation_bound
from solvers.result import Diagnosis, Monitor, PathPoint
from solvers.starts import greedy, random_pair, random_values, softened
from solvers.variable_projection import Problem, Runs, descend, norm_of, problem_of, sizes

__all__ = ["Found", "Options", "is_attained", "judge_path", "search"]

Mask = NDArray[np.bool_]

_WORTH = 0.02  # share of free cells from which the others are weighted by 1 and these by 0
_FIRST, _SECOND = 25, 75  # iterations of all starts, and of the better quarter
_NUMBERS = 1 << 22  # in the largest array of runs side by side
_CUBES = 1e8  # of the sizes of least-squares problems, of runs side by side
_BOUNDS = 0.3  # share of the time for the lower bound
_EFFORT = 3e7  # products m·n·r of all starts together, by default
_AGREEING, _AGREEMENT = 4, 1e-6  # first starts, and relative differences of their objectives, that end a search
_GROWTH = 1.25  # of the size of the factors for a tenth of the ridge, in a divergence
_STRETCH = 4.0  # least size of diverging factors, relative to the norm of the target
_LARGE = 1e4  # size from which even a converged run is looked at again
_PATH = tuple(10.0**-t for t in range(2, 9))
_PATH_STEPS = 60
_POLISHED = 1e-15
_ON_CURVE = 0.3
_ROUNDING = (100.0, 20.0)  # times eps, the norm of the target, and the size of the factors


_Kept = tuple[float, Array, list[Monitor], bool]


class Options(NamedTuple):
    """How long and from how many starts; None: as many as the size of the problem suggests."""

    starts: int | None
    iterations: int
    tolerance: float
    ridge: float
    seed: int | None


class Found(NamedTuple):
    """The best factors, in double precision, and how they were found."""

    X: Array
    Y: Array
    lower: float
    diagnosis: Diagnosis
    history: tuple[Monitor, ...]
    path: tuple[PathPoint, ...]
    finished: int
    asked: int
    all_free: bool


class _Best:
    """The best run so far, with the readings of its ancestors."""

    def __init__(self, outside: float) -> None:
        self.outside = outside
        self.objective = math.inf
        self.X: Array | None = None
        self.Y: Array | None = None
        self.converged = False
        self.history: list[Monitor] = []

    def offer(self, runs: Runs, i: int, history: list[Monitor]) -> None:
        if runs.objective[i] < self.objective or self.X is None:
            self.objective, self.X, self.Y = float(runs.objective[i]), runs.X[i], runs.Y[i]
            self.converged, self.history = bool(runs.converged[i]), history


class _Trail:
    """Readings of runs side by side, at iterations 1, 2, 4, 8, … of each."""

    def __init__(self, outside: float, before: list[list[Monitor]], step: int, tell: Callable[[int], None]) -> None:
        self.outside, self.step, self.tell = outside, step, tell
        self.lists = [list(found) for found in before]

    def __call__(self, step: int, X: Array, Y: Array, objective: NDArray[np.float64]) -> None:
        number = self.step + step
        if number & (number - 1) == 0:
            self.add(number, X, Y, objective)
        self.tell(len(self.lists))

    def add(self, number: int, X: Array, Y: Array, objective: NDArray[np.float64]) -> None:
        for found, error, size in zip(self.lists, np.sqrt(objective + self.outside), sizes(X, Y), strict=True):
            if not found or found[-1].iteration < number:
                found.append(Monitor(number, float(error), float(size)))


def search(
    target: Array,
    rows: Support,
    cols: Support,
    options: Options,
    budget: Budget,
    progress: Callable[[int, int], None] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> Found:
    """Minimise ``‖w∘(A - X Yᵀ)‖² + ridge·(‖X‖² + ‖Y‖²)`` on supports.

    Parameters
    ----------
    target : ndarray, (m, n)
        In double precision, of usual size.
    rows, cols : Support, (m, r) and (n, r)
    options : Options
    budget : Budget
    progress : callable, optional
        Called with (iterations done, iterations of all starts).
    weights : ndarray, (m, n), optional
        At least 0; where they are 0, the target counts for nothing.
    """
    I, J = rows.to_dense(), cols.to_dense()
    if np.count_nonzero(J) > np.count_nonzero(I):  # steps are taken in the factor with fewer entries
        turned = None if weights is None else weights.T
        found = search(np.ascontiguousarray(target.T), cols, rows, options, budget, progress, turned)
        return found._replace(X=found.Y, Y=found.X)
    inside_cells = (I.astype(np.float32) @ J.T.astype(np.float32)) > 0.5
    inside = np.where(inside_cells, target, 0)
    rest = np.where(inside_cells, 0, target)
    outside = float(row_energies(rest if weights is None else rest * weights).sum())
    unknown = None if weights is None else weights == 0.0
    reduction = None if options.ridge else _reduction(I, J, inside_cells, unknown, budget)
    problem = _core(inside, I, J, reduction, options.ridge, weights)
    squares = None if weights is None else np.square(weights)
    lower = relaxation_bound(target, rows, cols, budget.part(_BOUNDS), squares)
    asked = options.starts if options.starts is not None else _usual_starts(problem)
    best = _Best(outside)
    finished = asked
    all_free = not problem.rows.shape[1]
    if all_free:
        X, Y = np.zeros((len(target), 0), target.dtype), np.zeros((target.shape[1], 0), target.dtype)
        best.offer(Runs(X[None], Y[None], np.zeros(1), np.ones(1, bool), 0), 0, [])
    else:
        finished = _Search(problem, options, budget, lower, best, asked, progress).run(inside, I, J, reduction)
    assert best.X is not None
    assert best.Y is not None
    X, Y = np.zeros(I.shape, target.dtype), np.zeros(J.shape, target.dtype)
    core = slice(None) if reduction is None else reduction.core
    X[:, core], Y[:, core] = best.X, best.Y
    if not options.ridge:
        X, Y = _balanced(X, Y)
    path: tuple[PathPoint, ...] = ()
    diagnosis = Diagnosis.CONVERGED if best.converged else Diagnosis.STALLED
    if finished < asked:
        diagnosis = Diagnosis.OUT_OF_TIME
    size = float(sizes(X, Y))
    suspect = not best.converged or size > _LARGE * max(norm_of(problem), 1e-300)
    error = math.sqrt(best.objective + outside)
    plain = not options.ridge and not all_free and not is_heavy(problem)
    if suspect and plain and not is_attained(error, lower, norm_of(problem), size):
        path = _follow(problem, best.Y * np.sqrt(_column_norms(best.X)), outside, budget)
        if judge_path(path, norm_of(problem), error, size):
            diagnosis = Diagnosis.DIVERGING
    if reduction is not None:
        reduction.complete(inside, X, Y)
    return Found(X, Y, lower, diagnosis, tuple(best.history), path, finished, asked, all_free)


def _reduction(I: Mask, J: Mask, inside: Mask, unknown: Mask | None, budget: Budget) -> Reduction | None:
    """Free classes, where there are enough of them to be worth weights."""
    found = reduce_supports(I, J, unknown, budget)
    some = bool(found.classes) and (
        unknown is not None or not found.core.size or np.count_nonzero(found.free) > _WORTH * np.count_nonzero(inside)
    )
    return found if some or (found.core.size < I.shape[1] and not found.classes) else None


def _core(
    inside: Array,
    I: Mask,
    J: Mask,
    reduction: Reduction | None,
    ridge: float,
    weights: NDArray[np.float64] | None,
) -> Problem:
    if reduction is None:
        return problem_of(inside, I, J, weights, ridge)
    if reduction.free.any():
        weights = np.where(reduction.free, 0.0, 1.0 if weights is None else weights)
    return problem_of(inside, I[:, reduction.core], J[:, reduction.core], weights, ridge)


def _usual_starts(problem: Problem) -> int:
    m, r = problem.rows.shape
    return int(np.clip(_EFFORT / (m * problem.cols.shape[0] * max(r, 1)), 4, 24))


class _Search:
    """The phases of a search."""

    def __init__(
        self,
        problem: Problem,
        options: Options,
        budget: Budget,
        lower: float,
        best: _Best,
        asked: int,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self.problem, self.options, self.budget, self.lower, self.best = problem, options, budget, lower, best
        self.goal = max(lower * lower - best.outside, 0.0) + (_POLISHED * norm_of(problem)) ** 2
        self.asked, self.progress, self.done = asked, progress, 0
        self.total = asked * options.iterations

    def tell(self, steps: int) -> None:
        self.done = min(self.done + steps, self.total)
        if self.progress is not None:
            self.progress(self.done, self.total)

    def descend(
        self, start: Array, iterations: int, before: list[list[Monitor]], step: int
    ) -> tuple[Runs, list[list[Monitor]]]:
        trail = _Trail(self.best.outside, before, step, self.tell)
        options = self.options
        runs = descend(self.problem, start, iterations, options.tolerance, self.budget, self.goal, trail)
        trail.add(step + runs.steps, runs.X, runs.Y, runs.objective)
        for i in range(len(start)):
            self.best.offer(runs, i, trail.lists[i])
        return runs, trail.lists

    @property
    def over(self) -> bool:
        best = self.best
        if best.X is None or best.Y is None:
            return False
        if best.objective <= self.goal or self.budget.expired():
            return True
        error = math.sqrt(best.objective + best.outside)
        return is_attained(error, self.lower, norm_of(self.problem), float(sizes(best.X, best.Y)))

    def run(self, inside: Array, I: Mask, J: Mask, reduction: Reduction | None) -> int:
        """All phases; returns how many starts were not cut by the time."""
        iterations = self.options.iterations
        first = min(_FIRST, iterations)
        X, Y = eliminate(inside, I, J, self.budget)
        if reduction is not None:
            X, Y = X[:, reduction.core], Y[:, reduction.core]
        if is_heavy(self.problem):
            return self._run_jointly(X, Y)
        if not self.options.ridge:
            runs = self._as_found(X, Y)
            reading = Monitor(0, math.sqrt(float(runs.objective[0]) + self.best.outside), float(sizes(X, Y)))
            self.best.offer(runs, 0, [reading])
        start = self._sized(Y[None])
        histories: list[list[Monitor]] = [[]]
        for steps, step in ((min(2, first), 0), (first - 2, 2)):  # two steps polish what elimination solves
            if steps > 0 and not self.over:
                runs, histories = self.descend(start, steps, histories, step)
                start = runs.Y
        kept = [(self.best.objective, start[0], histories[0], self.best.converged)]
        made = 0
        rng = np.random.default_rng(self.options.seed)
        for start in self._starts(rng, 0 if self.over else self.asked):
            if self.over:
                break
            runs, history = self.descend(start, first, [[] for _ in start], 0)
            kept += _listed(runs, history)
            made += len(start)
            if self.options.starts is None and _agreed(kept):
                made = self.asked
                break
        second = min(_SECOND, iterations - first)
        for count, steps, step in (
            (max(2, self.asked // 4), second, first),
            (1, iterations - first - second, first + second),
        ):
            kept.sort(key=lambda found: found[0])
            kept = kept[:count]
            going = [found for found in kept if not found[3]]
            if self.over or steps <= 0 or not going:
                continue
            runs, history = self.descend(np.array([found[1] for found in going]), steps, [f[2] for f in going], step)
            kept = [found for found in kept if found[3]] + _listed(runs, history)
        cut = self.budget.expired() and not (self.best.converged and made == self.asked)
        if self.progress is not None and not cut:
            self.progress(self.total, self.total)
        return min(made, self.asked - 1) if cut else self.asked

    def _run_jointly(self, X: Array, Y: Array) -> int:
        """Starts one after the other, both factors at once; returns how many were not cut by the time."""
        rng = np.random.default_rng(self.options.seed)
        nothing = self._as_found(np.zeros_like(X), np.zeros_like(Y))
        self.best.offer(nothing, 0, [Monitor(0, math.sqrt(float(nothing.objective[0]) + self.best.outside), 0.0)])
        for number in range(self.asked):
            if number:
                X, Y = (self._sized(x)[0] for x in random_pair(rng, self.problem))
            found = descend_jointly(
                self.problem, X, Y, self.options.iterations, self.options.tolerance, self.budget, self.goal
            )
            reading = Monitor(
                found.steps,
                math.sqrt(float(found.objective[0]) + self.best.outside),
                float(sizes(found.X, found.Y)[0]),
            )
            self.best.offer(found, 0, [reading])
            if self.budget.expired():
                return number
            self.tell(self.options.iterations)
            if self.over:
                break
        return self.asked

    def _as_found(self, X: Array, Y: Array) -> Runs:
        """Factors that no step has touched: steps may lose what elimination with a tiny pivot has found."""
        squares = self.problem.squares
        rest = np.square(np.abs(self.problem.target - X @ Y.T))
        objective = float((rest if squares is None else squares * rest).sum())
        return Runs(X[None], Y[None], np.array([objective]), np.zeros(1, bool), 0)

    def _sized(self, Y: Array) -> Array:
        """Values of the size that balanced factors have; matters only with a ridge."""
        size = np.sqrt(np.square(np.abs(Y)).sum(axis=(-2, -1), keepdims=True))
        return Y * (math.sqrt(norm_of(self.problem)) / np.where(size > 0.0, size, 1.0))

    def _starts(self, rng: np.random.Generator, count: int) -> Iterator[Array]:
        """Stacks of starts: half softened, a quarter greedy, the others random."""
        (m, r), n = self.problem.rows.shape, self.problem.cols.shape[0]
        width = max(1, min(_NUMBERS // (max(m, n) * max(m, n, r * r)), int(_CUBES / (max(m, n) * r**3))))
        kinds = {"softened": (count + 1) // 2, "greedy": (count + 1) // 4}
        kinds["random"] = count - sum(kinds.values())
        for kind, number in kinds.items():
            few = min(width, _AGREEING - 1) if kind == "softened" else width
            for first in itertools.chain(range(0, min(few, number), few), range(few, number, width)):
                some = min(few if first == 0 else width, number - first)
                if kind == "greedy":
                    yield np.array(list(greedy(rng, self.problem, some, self.budget)))
                    continue
                start = self._sized(random_values(rng, self.problem, some))
                yield softened(self.problem, start, _FIRST // 2, self.budget) if kind == "softened" else start


def _listed(runs: Runs, history: list[list[Monitor]]) -> list[_Kept]:
    """Runs one by one: objective, Y, readings, whether it has converged."""
    return [
        (float(f), Y, h, bool(c)) for f, Y, h, c in zip(runs.objective, runs.Y, history, runs.converged, strict=True)
    ]


def _column_norms(X: Array) -> NDArray[np.float64]:
    return np.asarray(np.sqrt(np.square(np.abs(X)).sum(axis=-2)))


def _balanced(X: Array, Y: Array) -> tuple[Array, Array]:
    """Give ``x_k`` and ``y_k`` equal norms; the product does not change."""
    p, q = _column_norms(X), _column_norms(Y)
    both = (p > 0.0) & (q > 0.0)
    factor = np.sqrt(np.where(both, q, 1.0) / np.where(both, p, 1.0))
    return X * factor, Y / factor


def _follow(problem: Problem, Y: Array, outside: float, budget: Budget) -> tuple[PathPoint, ...]:
    """Minimisers for smaller and smaller ridges, each from the one before, beginning at given factors."""
    size = norm_of(problem)
    found = []
    for share in _PATH:
        ridge = share * size
        runs = descend(problem._replace(ridge=ridge), Y[None], _PATH_STEPS, 1e-12, budget)
        if budget.expired():
            break
        Y = runs.Y[0]
        penalty = ridge * (float(np.square(np.abs(runs.X)).sum()) + float(np.square(np.abs(Y)).sum()))
        error = math.sqrt(max(float(runs.objective[0]) - penalty, 0.0) + outside)
        found.append(PathPoint(ridge, error, float(sizes(runs.X[0], Y))))
    return tuple(found)


def judge_path(path: tuple[PathPoint, ...], norm: float, error: float, size: float) -> bool:
    """Whether minimisers for smaller and smaller ridges show that the factors diverge.

    On the last three steps the size grew by a quarter at least each time while the error fell; it exceeds four times
    the norm of the target; and the errors, continued as a geometric sequence, lead to the error that the search found,
    not to another valley, nor far below what the curve has at the size that the search found. For a bounded minimiser
    the size settles, or the search finds it beyond the end of the path.
    """
    last = path[-4:]
    if len(last) < 4 or last[-1].size <= _STRETCH * norm:
        return False
    if not all(b.size >= _GROWTH * a.size and b.error < a.error for a, b in itertools.pairwise(last)):
        return False
    before, now = last[1].error - last[2].error, last[2].error - last[3].error
    ratio = min(now / before, 0.9)
    limit = last[3].error - now * ratio / (1.0 - ratio)
    if abs(limit - error) > 0.2 * (last[0].error - last[3].error) + 1e-6 * norm:
        return False
    rate = math.log(1.0 / ratio) / math.log(last[3].size / last[2].size)
    expected = limit + (last[3].error - limit) * (last[3].size / max(size, last[3].size)) ** rate
    return bool(error >= _ON_CURVE * expected)


def _agreed(kept: list[_Kept]) -> bool:
    """Whether all starts so far, of elimination and softened ones, have converged to the same objective."""
    values = [objective for objective, _, _, converged in kept if converged]
    return len(values) == len(kept) >= _AGREEING and max(values) <= (1.0 + _AGREEMENT) * min(values)


def is_attained(error: float, lower: float, norm: float, size: float, eps: float = 2.0**-52) -> bool:
    """Whether an error is the lower bound, up to rounding; that of the product grows with the size of the factors.

    Diverging factors come as near as that only when they are far larger.
    """
    return error - lower <= eps * (_ROUNDING[0] * norm + _ROUNDING[1] * min(size, _LARGE * norm))
