"""Alternating least squares for any pair of supports; monitors tell convergence, stalling and divergence apart."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from closedness import Support, SupportProduct
from closedness.algebra.bitsets import bits
from closedness.budget import Budget
from closedness.supports.graph import types
from solvers.arrays import Array, Kind, restore, row_energies, scaled, stretched
from solvers.blocks import singular_tails
from solvers.result import Diagnosis, FixedSupportFactorization, Monitor
from solvers.tractable import Tractability

__all__ = ["alternate", "relaxation_bound", "judge"]

_GROWTH = 1.05
_STRETCH = 4.0


class Run(NamedTuple):
    """One start: factors, readings, what happened, and whether it was left before it ended by itself."""

    X: Array
    Y: Array
    history: tuple[Monitor, ...]
    diagnosis: Diagnosis
    objective: float
    cut: bool


def alternate(
    matrix: Array,
    rows: Support,
    cols: Support,
    found: Tractability,
    *,
    norm: float,
    exponent: int,
    kind: Kind,
    starts: int,
    iterations: int,
    tolerance: float,
    ridge: float,
    seed: int | None,
    seconds: float | None,
    decide_seconds: float | None,
    progress: Callable[[int, int], None] | None,
) -> FixedSupportFactorization:
    """Best of several starts; the arguments are those of :func:`solvers.factorize_fixed_support`, already checked."""
    budget = Budget(seconds)
    rng = np.random.default_rng(seed)
    weight = stretched(ridge, -exponent)
    best: Run | None = None
    made, cut = 0, False
    for start in range(starts):
        if best is not None and budget.expired():
            break
        initial = _first_start(matrix, cols) if start == 0 else _random_start(rng, matrix, cols)
        sweeps = None if progress is None else _sweeps(progress, start * iterations, starts * iterations)
        run = descend(matrix, rows, cols, initial, iterations, tolerance, weight, budget, sweeps)
        if best is None or run.objective < best.objective:
            best = run
        made, cut = made + 1, run.cut
        if progress is not None:
            progress(made * iterations, starts * iterations)
    assert best is not None
    error = best.history[-1].error
    lower = relaxation_bound(matrix, rows, cols, budget)
    verdict = None
    troubled = best.diagnosis in (Diagnosis.DIVERGING, Diagnosis.STALLED, Diagnosis.OUT_OF_TIME)
    if troubled and not found.tractable and (decide_seconds is None or decide_seconds > 0.0):
        from closedness.decide import decide

        field = "complex" if np.iscomplexobj(matrix) else "real"
        verdict = decide(SupportProduct.from_pair(rows, cols), field=field, seconds=decide_seconds)
    return FixedSupportFactorization(
        X=restore(scaled(best.X, -(exponent // 2)), kind),
        Y=restore(scaled(best.Y, -(exponent - exponent // 2)), kind),
        error=stretched(error, exponent),
        relative_error=error / norm if norm else 0.0,
        optimal=False,
        method="alternating",
        diagnosis=best.diagnosis,
        condition=found.reason,
        lower_bound=stretched(min(lower, error), exponent),
        norm_bounded=ridge > 0.0,
        history=tuple(
            Monitor(h.iteration, stretched(h.error, exponent), stretched(h.size, exponent)) for h in best.history
        ),
        verdict=verdict,
        starts_finished=made - cut,
        starts_asked=starts,
    )


def _sweeps(progress: Callable[[int, int], None], done: int, total: int) -> Callable[[int], None]:
    """Report the sweeps of one start as a part of all of them."""
    return lambda sweep: progress(done + sweep, total)


def _first_start(matrix: Array, cols: Support) -> Array:
    """A start that depends on the target alone: for each hidden index the leading right direction of its columns."""
    start = np.zeros(cols.shape, matrix.dtype)
    for k, mask in enumerate(cols.col_masks):
        chosen = list(bits(mask))
        if chosen:
            rows = matrix[:, chosen]
            weights = np.arange(1, rows.shape[0] + 1) % (k + 2) + 1.0
            start[chosen, k] = weights.astype(matrix.real.dtype) @ rows
            if not np.any(start[chosen, k]):
                start[chosen, k] = 1.0
    return start


def _random_start(rng: np.random.Generator, matrix: Array, cols: Support) -> Array:
    """Gaussian entries on the support."""
    start = rng.standard_normal(cols.shape)
    if np.iscomplexobj(matrix):
        start = start + 1j * rng.standard_normal(cols.shape)
    return np.asarray((start * cols.to_dense()).astype(matrix.dtype))


def half_step(
    target: Array, other: Array, support: dict[int, tuple[int, ...]], count: int, ridge: float, budget: Budget
) -> tuple[Array, bool]:
    """The best ``X`` for a given ``Y``: for each row type one least-squares problem, solved exactly (least norm).

    Parameters
    ----------
    target : ndarray, (m, n)
    other : ndarray, (n, r)
    support : dict
        Type (bitmask of hidden indices) to the rows that have it.
    count : int
        Number of hidden indices.
    ridge : float
        Weight of ``‖X‖²``.
    budget : Budget
        Looked at before each problem.

    Returns
    -------
    X : ndarray, (m, count)
    finished : bool
        False when the time was up before all rows were solved; the others are zero.
    """
    out = np.zeros((target.shape[0], count), target.dtype)
    for mask, lines in support.items():
        chosen = list(bits(mask))
        if not chosen:
            continue
        if budget.expired():
            return out, False
        system, right = other[:, chosen], target[list(lines)].T
        if ridge:
            extra = math.sqrt(ridge) * np.eye(len(chosen), dtype=target.dtype)
            system = np.concatenate([system, extra])
            right = np.concatenate([right, np.zeros((len(chosen), right.shape[1]), target.dtype)])
        solution = np.linalg.lstsq(system, right, rcond=None)[0]
        out[np.ix_(list(lines), chosen)] = solution.T
    return out, True


def balance(X: Array, Y: Array) -> tuple[Array, Array]:
    """Give ``x_k`` and ``y_k`` equal norms; the product does not change."""
    p, q = np.sqrt(row_energies(X.T)), np.sqrt(row_energies(Y.T))
    both = (p > 0.0) & (q > 0.0)
    factor = np.sqrt(np.where(both, q, 1.0) / np.where(both, p, 1.0)).astype(X.real.dtype)
    return X * factor, Y / factor


def descend(
    matrix: Array,
    rows: Support,
    cols: Support,
    start: Array,
    iterations: int,
    tolerance: float,
    ridge: float,
    budget: Budget,
    report: Callable[[int], None] | None = None,
) -> Run:
    """Alternate exact half steps from one start and judge the run by its readings.

    When the time is up within a sweep, the factors before this sweep are the result; within the first sweep, what
    it has solved so far, zeros elsewhere.
    """
    row_types, col_types = types(rows), types(cols)
    r = rows.shape[1]
    norm = math.sqrt(float(row_energies(matrix).sum()))
    Y = start
    history: list[Monitor] = []
    before = math.inf
    diagnosis = None
    X, finished = half_step(matrix, Y, row_types, r, ridge, budget)
    reading, objective = read(matrix, X, Y, ridge, 0)
    step = 0
    for step in range(1, iterations + 1):
        fresh, finished = half_step(matrix.T, X, col_types, r, ridge, budget) if finished else (Y, False)
        if finished:
            again, finished = half_step(matrix, fresh, row_types, r, ridge, budget)
        if not finished:
            diagnosis, step = Diagnosis.OUT_OF_TIME, step - 1
            break
        X, Y = balance(again, fresh)
        reading, objective = read(matrix, X, Y, ridge, step)
        if report is not None:
            report(step)
        if step & (step - 1) == 0:
            history.append(reading)
        if before - objective <= tolerance * tolerance * norm * norm or before - objective <= tolerance * objective:
            diagnosis = Diagnosis.CONVERGED
            break
        before = objective
    if not history or history[-1].iteration != step:
        history.append(reading)
    found = judge(history, norm) if not ridge else None
    if found is Diagnosis.DIVERGING or diagnosis is None:
        diagnosis = found or Diagnosis.STALLED
    return Run(X, Y, tuple(history), diagnosis, objective, not finished)


def read(matrix: Array, X: Array, Y: Array, ridge: float, step: int) -> tuple[Monitor, float]:
    """Error and size of the factors, and the objective: the squared error and the ridge."""
    error = math.sqrt(float(row_energies(matrix - X @ Y.T).sum()))
    size = float((np.sqrt(row_energies(X.T)) * np.sqrt(row_energies(Y.T))).sum())
    penalty = float(row_energies(X).sum() + row_energies(Y).sum()) if ridge else 0.0
    return Monitor(step, error, size), error**2 + ridge * penalty


def judge(history: list[Monitor], norm: float) -> Diagnosis:
    """What the readings at iterations 1, 2, 4, 8, … say.

    Diverging: over the last three doublings the size of the factors grew by at least 5 % each time while the error
    fell, and it exceeds four times the norm of the target. A bounded run cannot keep that up; docs/solvers.md
    discusses how it can mislead.
    """
    last = history[-4:]
    if len(last) < 4:
        return Diagnosis.STALLED
    pairs = list(pairwise(last))
    if last[-1].iteration < 1.5 * last[-2].iteration:
        pairs = pairs[:-1]
    growing = all(b.size >= _GROWTH * a.size for a, b in pairs)
    falling = all(b.error < a.error for a, b in pairs)
    if growing and falling and last[-1].size > _STRETCH * norm:
        return Diagnosis.DIVERGING
    return Diagnosis.STALLED


def relaxation_bound(matrix: Array, rows: Support, cols: Support, budget: Budget | None = None) -> float:
    """A lower bound of the error with these supports, from truncated singular values of disjoint blocks.

    On any block of rows and columns the product has at most the rank that the hidden indices meeting the block allow.
    Four ways to cut the matrix into disjoint blocks are tried: by row type and column type, by row type, by column
    type, not at all. When the time of ``budget`` is up, the blocks not yet looked at count nothing: still a bound.

    Examples
    --------
    >>> one = Support.read([[1], [1]])
    >>> round(relaxation_bound(np.diag([2.0, 1.0]), one, one), 12)
    1.0
    """
    by_row = [(mask, np.array(lines)) for mask, lines in types(rows).items()]
    by_col = [(mask, np.array(lines)) for mask, lines in types(cols).items()]
    all_rows, all_cols = np.arange(rows.shape[0]), np.arange(cols.shape[0])
    in_rows, in_cols = _union([mask for mask, _ in by_row]), _union([mask for mask, _ in by_col])
    cuts: list[Iterable[tuple[int, NDArray[Any], NDArray[Any]]]] = [
        ((p & q, i, j) for p, i in by_row for q, j in by_col),
        ((p & in_cols, i, all_cols) for p, i in by_row),
        ((q & in_rows, all_rows, j) for q, j in by_col),
        [(in_rows & in_cols, all_rows, all_cols)],
    ]
    best = 0.0
    for cut in cuts:
        energy = 0.0
        for mask, i, j in cut:
            if budget is not None and budget.expired():
                break
            block = matrix[np.ix_(i, j)]
            rank = mask.bit_count()
            energy += float(singular_tails(block[None], rank)[0]) if rank else float(row_energies(block).sum())
        best = max(best, energy)
    return math.sqrt(best)


def _union(masks: list[int]) -> int:
    out = 0
    for mask in masks:
        out |= mask
    return out
