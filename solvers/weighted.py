"""Butterflies of weighted and incomplete matrices: a search that repeats the unweighted algorithm.

Best weighted approximations of rank 1 are hard to find in general (Gillis and Glineur, 2011), so no method with a
guarantee is to be expected. What is proved of the result is a lower bound; docs/solvers.md, section 9.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from closedness.budget import Budget
from closedness.errors import InputError
from solvers.arrays import (
    Array,
    is_positive_int,
    kind_of,
    measure,
    read_matrix,
    restore,
    row_energies,
    scaled,
    spread_exponent,
    stretched,
)
from solvers.butterfly import factorize_butterfly
from solvers.distances import split_distances
from solvers.families import read_chain
from solvers.fixed_support import read_weights
from solvers.kronecker_sparse import Chain
from solvers.operators import ButterflyOperator
from solvers.orders import read_order
from solvers.storage import pack, read_factors, register, restored, stored_kind

__all__ = ["WeightedButterfly", "factorize_weighted_butterfly"]


@dataclass(frozen=True, eq=False)
class WeightedButterfly:
    """``A ≈ X_1 … X_L`` where some entries count more than others.

    Attributes
    ----------
    factors : list of array, (a_l, b_l, c_l, d_l)
    chain : Chain
    error, relative_error : float
        ``‖W∘(A - X_1 … X_L)‖``, Frobenius, and the same over ``‖W∘A‖``.
    lower_bound : float
        No factors with this chain have a smaller weighted error; 0 when an entry is missing.
    converged : bool
        Whether the last steps gained less than the tolerance. A smaller error is not excluded.
    history : tuple of float
        Weighted errors of all steps; with two factors they never rise.
    """

    factors: list[Any] = field(repr=False)
    chain: Chain
    error: float
    relative_error: float
    lower_bound: float
    converged: bool
    history: tuple[float, ...] = field(repr=False)
    kind: str = "numpy"

    def operator(self) -> ButterflyOperator:
        """The product as a scipy ``LinearOperator``."""
        return ButterflyOperator(self.factors)

    def toarray(self) -> Any:
        """The dense product, of the library of the target."""
        return restore(self.operator().toarray(), self.kind)

    def save(self, path: Any) -> None:
        """Write the result to a file (.npz) that :func:`solvers.load` reads."""
        facts = {k: getattr(self, k) for k in ("error", "relative_error", "lower_bound", "converged", "history")}
        facts |= {"chain": [list(p) for p in self.chain], "library": self.kind}
        pack(path, "weighted butterfly", facts, {f"factor{i}": f for i, f in enumerate(self.factors)})


@register("weighted butterfly")
def _read(facts: dict[str, Any], arrays: dict[str, Array]) -> WeightedButterfly:
    chain = Chain(facts["chain"])
    return WeightedButterfly(
        factors=[restored(f, facts) for f in read_factors(arrays, chain)],
        chain=chain,
        history=tuple(facts["history"]),
        kind=stored_kind(facts),
        **{k: facts[k] for k in ("error", "relative_error", "lower_bound", "converged")},
    )


def factorize_weighted_butterfly(
    A: Any,
    weights: Any,
    chain: Any = "dyadic",
    order: Any = "left-to-right",
    *,
    iterations: int = 500,
    tolerance: float = 1e-6,
    seconds: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> WeightedButterfly:
    """Look for Kronecker-sparse factors with a small weighted error ``‖W∘(A - X_1 … X_L)‖``.

    Every step fills in what the weights leave open by the product of the step before, and factorises that by
    :func:`factorize_butterfly`. With two factors no step raises the error; with more it may, and the best step counts.

    Parameters
    ----------
    A : array_like, (m, n)
        As for :func:`factorize_butterfly`; where a weight is 0 it may hold anything, NaN too.
    weights : array_like, (m, n)
        Real, at least 0. Where a weight is 0 the entry is missing.
    chain, order
        As for :func:`factorize_butterfly`.
    iterations : int
        Steps at most.
    tolerance : float
        The search has converged when ten steps lower the error by less than this share.
    seconds : float or None
        Time limit, looked at after every step.
    progress : callable, optional
        Called with (steps done, steps at most).

    Returns
    -------
    WeightedButterfly

    Raises
    ------
    InputError
        As :func:`factorize_butterfly`; weights that are negative, complex, not finite, or of another shape.

    References
    ----------
    N. Srebro, T. Jaakkola, *Weighted low-rank approximations*, ICML 2003.

    Examples
    --------
    >>> A, known = np.outer(np.arange(1.0, 5.0), np.ones(4)), np.ones((4, 4))
    >>> known[1, 2] = 0.0
    >>> f = factorize_weighted_butterfly(np.where(known, A, np.nan), known)
    >>> f.converged, f.relative_error < 1e-12, round(float(f.toarray()[1, 2]), 6)
    (True, True, 2.0)
    """
    kind = kind_of(A)
    matrix = read_matrix(A)
    shape = (matrix.shape[0], matrix.shape[1])
    share, shift = read_weights(weights, shape)
    patterns = read_chain(chain, shape)
    patterns.require_chainable()
    splits = read_order(order, len(patterns))
    if not is_positive_int(iterations):
        raise InputError(f"iterations must be a positive integer, got {iterations!r}")
    if not (math.isfinite(tolerance) and tolerance >= 0):
        raise InputError(f"tolerance must be a finite number at least 0, got {tolerance!r}")
    budget = Budget(seconds)
    matrix = np.where(share > 0.0, matrix, 0).astype(matrix.dtype)
    energy, exponent = measure(matrix)
    usual = scaled(matrix, exponent)
    norm = _weighted(share, usual)
    steps = np.square(share / max(float(share.max()), np.finfo(float).tiny)).astype(usual.real.dtype)
    product, best, factors = np.zeros_like(usual), math.inf, []
    history: list[float] = []
    converged = False
    for step in range(iterations):
        found = factorize_butterfly(product + steps * (usual - product), patterns, splits)
        product = found.toarray()
        error = _weighted(share, usual - product)
        history.append(error)
        if error < best:
            best, factors = error, found.factors
        if progress is not None:
            progress(step + 1, iterations)
        eps = float(np.finfo(usual.dtype).eps)
        flat = len(history) > _WINDOW and history[-1 - _WINDOW] - best <= tolerance * best
        converged = bool(flat or best <= 8.0 * eps * norm)
        if converged or budget.expired():
            break
    least = float(share.min())
    lower = least * max(map(float, split_distances(usual, patterns)), default=0.0) if least > 0.0 and energy else 0.0
    return WeightedButterfly(
        factors=[restore(f, kind) for f in spread_exponent(factors, exponent)],
        chain=patterns,
        error=stretched(best, exponent + shift),
        relative_error=best / norm if norm else 0.0,
        lower_bound=stretched(min(lower, best), exponent + shift),
        converged=converged,
        history=tuple(stretched(h, exponent + shift) for h in history),
        kind=kind,
    )


_WINDOW = 10


def _weighted(weights: NDArray[np.float64], rest: Array) -> float:
    """Norm of weighted entries."""
    return math.sqrt(float(row_energies(weights * rest).sum()))
