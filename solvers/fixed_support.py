"""Factorisation with fixed supports: tractable cases to proven optimality, others by a search."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from closedness import Support, SupportProduct
from closedness.budget import Budget, time_limit
from closedness.errors import InputError
from solvers.arrays import (
    Array,
    Kind,
    is_number,
    is_positive_int,
    kind_of,
    measure,
    read_matrix,
    require_seed,
    restore,
    row_energies,
    scaled,
    stretched,
)
from solvers.blockwise import plan_for, solve_tractable
from solvers.boxed import Box, box_of, minimise_in_box
from solvers.relaxation import relaxation_bound
from solvers.result import Diagnosis, FixedSupportFactorization, Later, Monitor, PathPoint
from solvers.search import Options, is_attained, search
from solvers.tractable import Tractability
from solvers.variable_projection import sizes

__all__ = ["factorize_fixed_support", "read_supports"]


def factorize_fixed_support(
    A: Any,
    I: Any,
    J: Any,
    *,
    weights: Any = None,
    nonnegative: bool = False,
    largest: float | None = None,
    fixed: Any = None,
    symmetric: bool = False,
    method: Literal["auto", "svd", "iterative"] = "auto",
    starts: int | None = None,
    iterations: int = 400,
    tolerance: float = 1e-10,
    ridge: float = 0.0,
    seed: int | None = 0,
    seconds: float | None = None,
    decide_seconds: float | None = 5.0,
    progress: Callable[[int, int], None] | None = None,
) -> FixedSupportFactorization:
    """Minimise ``‖A - X Yᵀ‖_F`` over ``supp X ⊆ I``, ``supp Y ⊆ J``.

    Parameters
    ----------
    A : array_like, (m, n)
        Real or complex; numpy, nested lists, scipy.sparse or a torch tensor. Not modified. Tensors on a GPU are copied
        to the host, where the work is done, and the results back.
    I, J : array_like of 0/1 or Support, (m, r) and (n, r)
        Supports of X and Y.
    weights : array_like, (m, n), optional
        Real, at least 0: minimise ``‖W∘(A - X Yᵀ)‖_F`` instead, by the iterative method. Where a weight is 0 the entry
        is missing, and ``A`` may hold anything there, NaN too. Errors, bounds and ``relative_error`` are weighted.
    nonnegative : bool
        Factors with entries at least 0, by projected quasi-Newton steps (method ``"box"``); real matrices only.
    largest : float, optional
        No entry of X or Y may exceed this in modulus: a problem that always has a solution; as ``nonnegative``.
    fixed : pair of array_like, (m, r) and (n, r), optional
        Values of entries of X and of Y that are given; NaN where an entry is free. Either may be None; as
        ``nonnegative``.
    symmetric : bool
        ``Y = X``: minimise ``‖A - X Xᵀ‖``, for one support, ``I`` equal to ``J``; as ``nonnegative``, and together with
        it, ``largest`` and ``fixed`` (values of X alone).
    method : {"auto", "svd", "iterative"}
        ``"auto"`` takes the direct method when the supports are tractable. ``"svd"`` insists on it.
    starts, iterations, tolerance, seed
        Of the iterative method: how many starts (None: 4 to 24, by the size of the problem), iterations of the best
        of them, relative decrease of the squared error at which a run has converged, seed of the starts. Before them
        elimination is tried; if it meets the lower bound, the search is over.
    ridge : float
        Positive: minimise ``‖A - X Yᵀ‖² + ridge·(‖X‖² + ‖Y‖²)`` by the iterative method. A minimiser always exists.
    seconds : float or None
        Time limit (wall clock) of the iterative method; None sets none. It is looked at within an iteration, too. The
        best factors so far are returned, and ``diagnosis`` and ``out_of_time`` say so. The direct method, which does
        not iterate, has no limit.
    decide_seconds : float or None
        When a run stalls, diverges or runs out of time: further time given to :func:`closedness.decide` to say whether
        the supports are closed. 0 does not ask, None sets no limit.
    progress : callable, optional
        Iterative method: called with (iterations done, iterations of all starts).

    Returns
    -------
    FixedSupportFactorization
        ``.X`` (m, r), ``.Y`` (n, r) in the dtype of ``A``; ``.optimal`` is True only when the theorem applies.

    Raises
    ------
    InputError
        Sizes that do not match, non-finite entries, unsupported dtype, bad options, or ``method="svd"`` with supports
        that are not tractable.

    References
    ----------
    Q.-T. Le, E. Riccietti, R. Gribonval, arXiv:2112.00386, Theorem 3.8.

    Examples
    --------
    >>> f = factorize_fixed_support([[1.0, 2.0], [2.0, 4.0]], [[1], [1]], [[1], [1]])
    >>> f.optimal, round(f.relative_error, 12)
    (True, 0.0)
    """
    kind = kind_of(A)
    matrix = read_matrix(A)
    rows, cols = read_supports(I, J, (matrix.shape[0], matrix.shape[1]))
    shift = 0
    if weights is not None:
        weights, shift = read_weights(weights, (matrix.shape[0], matrix.shape[1]))
        matrix = np.where(weights > 0.0, matrix, 0)
    _check_options(method, starts, iterations, tolerance, ridge)
    require_seed(seed)
    budget, decide_seconds = Budget(seconds), time_limit(decide_seconds, "decide_seconds")
    plan = plan_for(rows, cols)
    found = plan.found
    for name, answer in (("nonnegative", nonnegative), ("symmetric", symmetric)):
        if not isinstance(answer, (bool, np.bool_)):
            raise InputError(f"{name} must be True or False, got {answer!r}")
    boxed = nonnegative or largest is not None or fixed is not None or symmetric
    if boxed and method == "svd":
        raise InputError(
            "method='svd' takes no nonnegative, largest, fixed or symmetric: no theorem gives the best such factors"
        )
    if boxed and np.iscomplexobj(matrix):
        raise InputError(f"A must be real for nonnegative, largest, fixed and symmetric, got dtype {matrix.dtype}")
    if symmetric:
        _check_symmetric(rows, cols, fixed)
    if method == "svd" and weights is not None:
        raise InputError("method='svd' takes no weights: no theorem gives the best weighted factors")
    if method == "svd" and (not found.tractable or ridge):
        raise InputError(
            f"method='svd' needs tractable supports and no ridge: {found.reason if not ridge else f'ridge = {ridge}'}"
        )
    energy, exponent = measure(matrix)
    usual, norm = scaled(matrix, exponent), math.sqrt(energy)
    if boxed:
        box = box_of((rows.to_dense(), cols.to_dense()), nonnegative, largest, fixed)
        half = exponent // 2
        box = Box(*((scaled(x, half), scaled(y, half)) for x, y in box))
        options = Options(starts, iterations, tolerance, _scaled_ridge(ridge, -exponent - 2 * shift, norm), seed)
        return _in_box(usual, rows, cols, found, options, box, exponent, kind, budget, weights, shift, symmetric)
    if method == "iterative" or ridge or weights is not None or not found.tractable:
        options = Options(starts, iterations, tolerance, _scaled_ridge(ridge, -exponent - 2 * shift, norm), seed)
        return _iterate(
            usual, rows, cols, found, options, exponent, kind, budget, decide_seconds, progress, weights, shift
        )
    factors, error = solve_tractable(usual, plan, rows.shape[1])
    factors.exponent = exponent // 2  # exponents are even
    absolute = stretched(error, exponent)

    def dense() -> tuple[Any, Any]:
        X, Y = factors.dense()
        return restore(X, kind), restore(Y, kind)

    return FixedSupportFactorization(
        X=Later(dense),
        Y=None,
        I=rows,
        J=cols,
        error=absolute,
        relative_error=error / norm if norm else 0.0,
        optimal=True,
        method="svd",
        diagnosis=Diagnosis.OPTIMAL,
        condition=found.reason,
        lower_bound=absolute,
    )


def _scaled_ridge(ridge: float, exponent: int, norm: float) -> float:
    """The ridge of the scaled problem; from the spectral norm of the target on, zero factors are best."""
    return min(stretched(ridge, exponent), 1e3 * max(norm, 1.0))


def _in_box(
    matrix: Array,
    rows: Support,
    cols: Support,
    tractable: Tractability,
    options: Options,
    box: Box,
    exponent: int,
    kind: Kind,
    budget: Budget,
    weights: NDArray[np.float64] | None,
    shift: int,
    tied: bool,
) -> FixedSupportFactorization:
    """Factors in a box; the arguments are as for :func:`_iterate`."""
    target = matrix.astype(np.float64)
    squares = None if weights is None else np.square(weights)
    norm = math.sqrt(float(row_energies(target if weights is None else weights * target).sum()))
    lower = relaxation_bound(target, rows, cols, budget.part(0.3), squares)
    run = minimise_in_box(
        target, (rows.to_dense(), cols.to_dense()), box, squares=squares, ridge=options.ridge, starts=options.starts,
        iterations=options.iterations, seed=options.seed, budget=budget, goal=(lower + 1e-10 * norm) ** 2,
        tied=tied,
    )  # fmt: skip
    X, Y = run.X.astype(matrix.dtype), run.Y.astype(matrix.dtype)
    rest = target - X.astype(np.float64) @ Y.astype(np.float64).T
    error = math.sqrt(float(row_energies(rest if weights is None else weights * rest).sum()))
    size = float(sizes(run.X, run.Y))
    attained = is_attained(error, lower, norm, size, float(np.finfo(matrix.dtype).eps))
    diagnosis = Diagnosis.CONVERGED if run.converged else Diagnosis.STALLED
    if run.finished < run.asked:
        diagnosis = Diagnosis.OUT_OF_TIME
    return FixedSupportFactorization(
        X=restore(scaled(X, -(exponent // 2)), kind),
        Y=restore(scaled(Y, -(exponent // 2)), kind),
        I=rows,
        J=cols,
        error=stretched(error, exponent + shift),
        relative_error=error / norm if norm else 0.0,
        optimal=attained,
        method="box",
        diagnosis=Diagnosis.OPTIMAL if attained else diagnosis,
        condition=tractable.reason,
        lower_bound=stretched(min(lower, error), exponent + shift),
        norm_bounded=options.ridge > 0.0 or bool(all(np.isfinite(part).all() for part in (*box.low, *box.high))),
        starts_finished=run.finished,
        starts_asked=run.asked,
    )


def _iterate(
    matrix: Array,
    rows: Support,
    cols: Support,
    tractable: Tractability,
    options: Options,
    exponent: int,
    kind: Kind,
    budget: Budget,
    decide_seconds: float | None,
    progress: Callable[[int, int], None] | None,
    weights: NDArray[np.float64] | None,
    shift: int,
) -> FixedSupportFactorization:
    """Search, and say what is known about the result.

    ``matrix`` is the target over ``2^exponent``, ``weights`` are those over ``2^shift``.
    """
    target = matrix.astype(np.result_type(matrix, np.float64))
    norm = math.sqrt(float(row_energies(target if weights is None else weights * target).sum()))
    found = search(target, rows, cols, options, budget, progress, weights)
    X, Y = found.X.astype(matrix.dtype), found.Y.astype(matrix.dtype)
    rest = target - X.astype(found.X.dtype) @ Y.astype(found.Y.dtype).T
    error = math.sqrt(float(row_energies(rest if weights is None else weights * rest).sum()))
    eps = float(np.finfo(matrix.dtype).eps)
    attained = found.all_free or is_attained(error, found.lower, norm, float(sizes(found.X, found.Y)), eps)
    diagnosis = Diagnosis.OPTIMAL if attained else found.diagnosis
    verdict = None
    troubled = diagnosis in (Diagnosis.DIVERGING, Diagnosis.STALLED, Diagnosis.OUT_OF_TIME)
    troubled = troubled and (weights is None or bool((weights > 0.0).all()))  # closedness is that of all norms
    if troubled and not tractable.tractable and (decide_seconds is None or decide_seconds > 0.0):
        from closedness.decide import decide

        field = "complex" if np.iscomplexobj(matrix) else "real"
        verdict = decide(SupportProduct.from_pair(rows, cols), field=field, seconds=decide_seconds)
    return FixedSupportFactorization(
        X=restore(scaled(X, -(exponent // 2)), kind),
        Y=restore(scaled(Y, -(exponent // 2)), kind),
        I=rows,
        J=cols,
        error=stretched(error, exponent + shift),
        relative_error=error / norm if norm else 0.0,
        optimal=attained,
        method="iterative",
        diagnosis=diagnosis,
        condition=tractable.reason,
        lower_bound=stretched(min(found.lower, error), exponent + shift),
        norm_bounded=options.ridge > 0.0,
        history=tuple(
            Monitor(h.iteration, stretched(h.error, exponent + shift), stretched(h.size, exponent))
            for h in found.history
        ),
        path=tuple(
            PathPoint(
                stretched(p.ridge, exponent + 2 * shift),
                stretched(p.error, exponent + shift),
                stretched(p.size, exponent),
            )
            for p in found.path
        ),
        verdict=verdict,
        starts_finished=found.finished,
        starts_asked=found.asked,
    )


def _check_symmetric(rows: Support, cols: Support, fixed: Any) -> None:
    """Refuse what ``Y = X`` leaves no room for."""
    if rows != cols:
        raise InputError(f"symmetric=True needs I equal to J, got shapes {rows.shape} and {cols.shape}")
    if fixed is not None and isinstance(fixed, (tuple, list)) and len(fixed) == 2 and fixed[1] is not None:
        raise InputError("symmetric=True needs fixed=(values of X, None): Y is X")


def read_weights(weights: Any, shape: tuple[int, int]) -> tuple[NDArray[np.float64], int]:
    """Weights of the entries of a matrix of the given shape, and the power of two they were divided by.

    Errors name the entry.
    """
    found = read_matrix(weights, "weights")
    if found.shape != shape:
        raise InputError(f"weights must have the shape of A, {shape}, got {found.shape}")
    if np.iscomplexobj(found):
        raise InputError(f"weights must be real, got dtype {found.dtype}")
    bad = np.argwhere(~((found >= 0.0) & np.isfinite(found)))
    if bad.size:
        i, j = (int(v) for v in bad[0])
        raise InputError(f"weights must be finite and at least 0: weights[{i}, {j}] is {found[i, j]}")
    shift = math.frexp(float(found.max()))[1]
    return np.asarray(np.ldexp(found.astype(np.float64), -shift)), shift


def read_supports(I: Any, J: Any, shape: tuple[int, int]) -> tuple[Support, Support]:
    """The supports of X and Y for a matrix of the given shape; errors name the argument."""
    try:
        rows = _read_support(I)
    except InputError as error:
        raise InputError(f"I: {error}") from None
    try:
        cols = _read_support(J)
    except InputError as error:
        raise InputError(f"J: {error}") from None
    if rows.shape[0] != shape[0]:
        raise InputError(f"I must have {shape[0]} rows, as many as A has rows, got shape {rows.shape}")
    if cols.shape[0] != shape[1]:
        raise InputError(f"J must have {shape[1]} rows, as many as A has columns, got shape {cols.shape}")
    if rows.shape[1] != cols.shape[1]:
        raise InputError(f"I and J must have the same number of columns, got {rows.shape[1]} and {cols.shape[1]}")
    return rows, cols


_RECENT: deque[tuple[tuple[int, int], bytes, Support]] = deque(maxlen=8)


def _read_support(mask: Any) -> Support:
    """A support. Boolean arrays that were read lately are recognised by their entries, which is faster."""
    if type(mask) is not np.ndarray or mask.dtype != bool or mask.ndim != 2 or not mask.size:
        return Support.read(mask)
    shape, packed = (mask.shape[0], mask.shape[1]), np.packbits(mask).tobytes()
    for known, bits, support in list(_RECENT):
        if known == shape and bits == packed:
            return support
    support = Support.read(mask)
    _RECENT.append((shape, packed, support))
    return support


def _check_options(method: str, starts: int | None, iterations: int, tolerance: float, ridge: float) -> None:
    """Refuse options outside their range."""
    if method not in ("auto", "svd", "iterative"):
        raise InputError(f"method must be 'auto', 'svd' or 'iterative', got {method!r}")
    if starts is not None and not is_positive_int(starts):
        raise InputError(f"starts must be a positive integer or None, got {starts!r}")
    if not is_positive_int(iterations):
        raise InputError(f"iterations must be a positive integer, got {iterations!r}")
    for name, number in (("tolerance", tolerance), ("ridge", ridge)):
        if not is_number(number) or not (math.isfinite(number) and number >= 0):
            raise InputError(f"{name} must be a finite number at least 0, got {number!r}")
