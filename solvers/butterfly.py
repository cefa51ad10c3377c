"""Butterfly factorisation: a matrix as a product of Kronecker-sparse factors, with error guarantees."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np

from closedness.errors import InputError
from solvers.arrays import (
    Array,
    adjoint,
    as_array,
    inner,
    is_safe,
    kind_of,
    measure,
    read_matrix,
    restore,
    row_energies,
    scaled,
    stretched,
)
from solvers.butterfly_result import ButterflyFactorization
from solvers.distances import energy_outside
from solvers.families import read_chain
from solvers.hierarchy import Hierarchy
from solvers.kronecker_sparse import Chain, KroneckerPattern
from solvers.orders import one_sided, read_order
from solvers.panels import PANEL_BYTES, panels, scratch
from solvers.projections import project
from solvers.refusals import refuses
from solvers.splits import PairShape, compact_view, fuse_all, left_blocks, product_blocks, right_blocks
from solvers.target_vectors import TargetVectors, has_rank_one

__all__ = ["factorize_butterfly", "residual_norm"]

_VISIBLE = {"d": 1e-5, "f": 1e-2}
"""Share of the energy below which a difference of energies is no measure of the residual, by the type of the values."""


@refuses(
    weights="its bounds are those of all entries alike; factorize_weighted_butterfly takes weights",
    fixed="its factors are free on their supports; factorize_fixed_support takes it, for two factors",
    largest="its factors are free on their supports; factorize_fixed_support takes it, for two factors",
    nonnegative="its factors are free on their supports; factorize_fixed_support takes it, for two factors",
    symmetric="its factors are free on their supports; factorize_fixed_support takes it, for two factors",
)
def factorize_butterfly(
    A: Any,
    chain: Any = "dyadic",
    order: Any = "left-to-right",
    *,
    projections: Literal["sequential", "target"] = "sequential",
    orthonormal: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> ButterflyFactorization:
    """Approximate ``A ≈ X_1 X_2 … X_L`` by Kronecker-sparse factors: the hierarchical algorithm.

    Parameters
    ----------
    A : array_like, (m, n)
        Real or complex; numpy, nested lists, scipy.sparse or a torch tensor. Not modified. Tensors on a GPU are copied
        to the host, where the work is done, and the results back.
    chain : Chain, sequence of (a, b, c, d), or {"dyadic", "monarch"}
        A chainable chain whose product has the shape of ``A``; redundant pairs are allowed.
    order : {"left-to-right", "right-to-left", "balanced"} or permutation of 1 … L-1
        Order of the splits; split ``s`` lies between factors ``s`` and ``s + 1``.
    projections : {"sequential", "target"}
        Where the singular vectors of a split come from. ``"sequential"``: from what the splits before it have left
        over. ``"target"``: from ``A`` itself, as in the truncated higher-order SVD of tensors; slower, but the error
        is at most ``sqrt(Σ E_s²)`` in *every* order. Only the first split of the order matters to the product then.
    orthonormal : bool
        Orthonormalise the neighbours before every split. Without it no bound holds (``bound`` is infinite).
    progress : callable, optional
        Called with (splits done, splits in all); with ``projections="target"`` and ranks above 1 each split counts
        twice.

    Returns
    -------
    ButterflyFactorization
        ``.factors`` (list of arrays (a, b, c, d), dtype of ``A``), ``.error`` and ``.relative_error`` (Frobenius),
        ``.bound`` and ``.lower_bound`` (Frobenius, absolute, computed on first use from ``A``).

    Raises
    ------
    InputError
        Non-finite entries, unsupported dtype, a chain that is not chainable or has another shape, a bad order.

    Notes
    -----
    With ``E_s`` the distance of ``A`` to the two-factor set at split ``s``: the error is at most ``sqrt(Σ E_s²)`` in
    orders that cut off one factor at a time, and in every order with ``projections="target"``; in other orders,
    "balanced" among them, it can be larger, and at most ``Σ E_s``. The best error is at least ``max E_s``
    (docs/solvers.md). For the dyadic chain the time is linear in the number of entries of ``A``, and the memory beside
    the input is at most three quarters of it, and a few panels of two megabytes; with ``projections="target"`` one
    and a half times it.

    References
    ----------
    L. Zheng, Q.-T. Le, E. Riccietti, R. Gribonval, arXiv:2411.04506; Q.-T. Le, L. Zheng, E. Riccietti, R. Gribonval,
    *Fast learning of fast transforms, with guarantees*, ICASSP 2022.

    Examples
    --------
    >>> from scipy.linalg import hadamard
    >>> g = factorize_butterfly(hadamard(8), "dyadic")
    >>> [f.shape for f in g.factors], g.relative_error < 1e-15
    ([(1, 2, 2, 4), (2, 2, 2, 2), (4, 2, 2, 1)], True)
    """
    kind = kind_of(A)
    matrix = read_matrix(A)
    m, n = matrix.shape
    patterns = read_chain(chain, (m, n))
    patterns.require_chainable()
    splits = read_order(order, len(patterns))
    if projections not in ("sequential", "target"):
        raise InputError(f"projections must be 'sequential' or 'target', got {projections!r}")
    if projections == "target" and not orthonormal:
        raise InputError("projections='target' needs orthonormal=True: it is there for the sake of its bound")
    from_target = projections == "target" and len(splits) > 1  # a single split is both
    vectors: TargetVectors | None = None
    swept = _swept(matrix, patterns, splits, progress) if orthonormal and not from_target else None
    if swept is not None:
        (state, total), exponent, outside = swept, 0, 0.0
        values = state.values[-1]
    else:
        total, exponent = measure(matrix)
        usual = scaled(matrix, exponent)
        values = compact_view(usual, patterns.product)
        outside = energy_outside(usual, patterns.product)
        if from_target:
            state, vectors = _from_target(values, patterns, splits, total, progress)
        else:
            state = Hierarchy(values, patterns, orthonormal)
            state.run(splits, progress)
    factors = state.values
    if len(factors) == 1:
        factors = [np.array(values)]
    if orthonormal and not from_target and one_sided(splits, len(patterns)):
        energy = outside + math.fsum(state.lost.values())
    else:
        rest = _residual_energy(values, factors, patterns, total - outside, _expected(vectors))
        energy = outside + rest
        if from_target and vectors is not None:
            state.lost = vectors.visible(rest)
    steps: Any = None
    if vectors is None or len(state.lost) == len(splits):
        steps = _norms(state.lost, exponent)
    elif exponent:  # scaled values are not kept for later
        steps = _norms(vectors.measured(rest), exponent)
    else:
        steps = partial(_measured_norms, vectors, rest)
    if exponent:
        factors = _with_scale(factors, state.centre, exponent)
    return ButterflyFactorization(
        factors=[restore(f, kind) for f in factors],
        chain=patterns,
        order=splits,
        projections=projections,
        orthonormal=orthonormal,
        error=stretched(math.sqrt(energy), exponent),
        norm=stretched(math.sqrt(total), exponent),
        relative_error=math.sqrt(energy / total) if total else 0.0,
        _steps=steps,
        outside=stretched(math.sqrt(outside), exponent),
        kind=kind,
        target=matrix,
    )


def _from_target(
    values: Array, chain: Chain, splits: tuple[int, ...], total: float, progress: Callable[[int, int], None] | None
) -> tuple[Hierarchy, TargetVectors | None]:
    """A run with projections of the target, and what knows or measures ``E_s²`` if the run has not found them."""
    if has_rank_one(chain):
        vectors = TargetVectors(values, chain, total, splits[0])
        return Hierarchy.of(vectors.factors(progress), chain, splits[0], {}), vectors
    count = len(splits)
    start, squares = project(values, chain, splits[0], _shifted(progress, 0, count))
    state = Hierarchy(start, chain)
    del start  # a copy of the target may go as soon as it is split
    state.run(splits, _shifted(progress, count, count))
    state.lost = squares
    return state, None


def _norms(squares: dict[int, float], exponent: int) -> tuple[float, ...]:
    """Norms at the splits in turn from their squares."""
    return tuple(stretched(math.sqrt(max(0.0, squares[s])), exponent) for s in sorted(squares))


def _measured_norms(vectors: TargetVectors, energy: float) -> tuple[float, ...]:
    """``E_s`` of all splits, measured on the target; a function of the module, so that results can be pickled."""
    return _norms(vectors.measured(energy), 0)


def _with_scale(factors: list[Array], centre: int, exponent: int) -> list[Array]:
    """Factors of ``2^exponent`` times a product, even exponent: two neighbours share it."""
    if len(factors) == 1:
        return [scaled(factors[0], -exponent)]
    out = list(factors)
    for i in (centre, centre - 1 if centre else 1):
        out[i] = scaled(out[i], -(exponent // 2))
    return out


def _shifted(
    progress: Callable[[int, int], None] | None, done: int, count: int
) -> Callable[[int, int], None] | None:
    """Progress of one of two parts of ``count`` steps each, ``done`` steps before it."""
    return None if progress is None else lambda now, _: progress(done + now, 2 * count)


def _swept(
    matrix: Array, chain: Chain, splits: tuple[int, ...], progress: Callable[[int, int], None] | None
) -> tuple[Hierarchy, float] | None:
    """A run that is one sweep needs no look at the matrix before: what it leaves and discards adds up to its energy.

    None when the run is not one sweep, or when that energy is zero, too small, too large or not finite.
    """
    if not splits or chain.product.a * chain.product.d > 1:
        return None
    state = Hierarchy(compact_view(matrix, chain.product), chain)
    if len(state.radices(splits)) < len(splits):
        return None
    with np.errstate(all="ignore"):
        sample = float(row_energies(matrix[:: max(1, len(matrix) // 8)]).sum())
    if not is_safe(sample, matrix):  # probably so is the whole: do not try in vain
        return None
    with np.errstate(all="ignore"):
        state.run(splits)
        energy = math.fsum(state.lost.values()) + float(row_energies(state.values[-1].reshape(1, -1)).sum())
    if not is_safe(energy, matrix):
        return None
    if progress is not None:
        progress(len(splits), len(splits))
    return state, energy


def _expected(vectors: TargetVectors | None) -> float:
    """What the squared error does not exceed up to rounding, as far as the vectors show."""
    return math.inf if vectors is None else math.fsum(vectors.squares.values())


def _residual_energy(
    values: Array, factors: list[Array], chain: Chain, total: float, expected: float = math.inf
) -> float:
    """Squared norm of ``values``, whose own is ``total``, minus the product of the factors.

    From inner products, one read of the values and nothing written; directly, panel by panel, where that would cancel,
    and at once where it is not ``expected`` to be above that.
    """
    count = len(factors)
    if count == 1:
        return 0.0
    split = min(range(1, count), key=lambda s: chain.piece(0, s).size + chain.piece(s, count).size)
    left, right = fuse_all(factors[:split]), fuse_all(factors[split:])
    pair = PairShape.of(KroneckerPattern(*left.shape), KroneckerPattern(*right.shape))
    blocks, x, y = product_blocks(values, pair), left_blocks(left, pair), right_blocks(right, pair)
    step = max(1, PANEL_BYTES // (pair.b * pair.c * values.itemsize))
    visible = _VISIBLE[values.real.dtype.char] * total
    if expected > visible:
        turned = np.ascontiguousarray(adjoint(x))
        cross = math.fsum(
            float(inner(y[part], np.matmul(turned[part], blocks[part])).real.sum(dtype=np.float64))
            for part in panels(blocks.shape[:4], step)
        )
        energy = total - 2.0 * cross + _product_energy(turned, y)
        if energy > visible:
            return energy
    energy = 0.0
    for part in panels(blocks.shape[:4], max(1, step // 4)):  # two arrays and the blocks stay in the nearest cache
        panel = blocks[part]
        rest = scratch("rest", panel.shape, panel.dtype)
        _product(x[part], y[part], rest)
        np.subtract(panel, rest, out=rest)
        energy += float(row_energies(rest).sum())
    return energy


def _product(left: Array, right: Array, out: Array) -> None:
    """Products of blocks; of rank 1 without BLAS, which is slow there."""
    if left.shape[-1] == 1:
        np.multiply(left, right, out=out)
    else:
        np.matmul(left, right, out=out)


def _product_energy(turned: Array, right: Array) -> float:
    """Sum of the squared norms of products of blocks, the left ones as conjugate transposes."""
    if turned.shape[-2] == 1:
        return float((row_energies(turned[..., 0, :]) * row_energies(right[..., 0, :])).sum())
    left, right = np.matmul(turned, adjoint(turned)), np.matmul(right, adjoint(right))
    return float(np.real(inner(left.swapaxes(-1, -2), right)).sum(dtype=np.float64))


def residual_norm(A: Any, factors: list[Any]) -> float:
    """Frobenius norm of ``A - X_1 … X_L`` from the dense product of chainable factors ``(a, b, c, d)``.

    Examples
    --------
    >>> residual_norm([[1.0, 2.0]], [np.array([[[[1.0], [1.0]]]])])
    1.0
    """
    matrix = read_matrix(A)
    _, exponent = measure(matrix)
    arrays = [as_array(f, f"factors[{i}]") for i, f in enumerate(factors)]
    exponents = [measure(f.reshape(1, -1), f"factors[{i}]")[1] for i, f in enumerate(arrays)]
    product = fuse_all([scaled(f, e) for f, e in zip(arrays, exponents, strict=True)])
    pattern = KroneckerPattern(*product.shape)
    if pattern.shape != matrix.shape:
        raise InputError(f"A must have the shape of the product, {pattern.shape}, got {matrix.shape}")
    rest = np.array(scaled(matrix, exponent), dtype=np.result_type(matrix, product))
    with np.errstate(over="ignore"):
        compact_view(rest, pattern)[...] -= scaled(product, exponent - sum(exponents))
    if not np.isfinite(rest).all():  # the product left the range
        return math.inf
    energy, more = measure(rest)
    return stretched(math.sqrt(energy), exponent + more)
