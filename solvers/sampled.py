"""Matrices that are given by a function: of an entry, or of the product with a vector. Nothing of size m·n is stored.

The errors are estimated from further samples, not proved; docs/solvers.md, section "Matrices given by a function".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, aslinearoperator

from closedness.errors import InputError
from solvers.arrays import (
    Array,
    adjoint,
    from_torch,
    is_positive_int,
    kind_of,
    measure,
    require_seed,
    row_energies,
    scaled,
    spread_exponent,
    stretched,
)
from solvers.families import read_chain
from solvers.hierarchy import Hierarchy
from solvers.kronecker_sparse import Chain
from solvers.operators import ButterflyOperator
from solvers.refusals import refuses
from solvers.splits import PairShape, from_left, from_right
from solvers.storage import pack, read_factors, register

__all__ = ["SampledFactorization", "factorize_entries", "factorize_operator"]

_EXTRA = 8  # samples beyond the rank
_COLUMNS_AT_ONCE = 256
_ROWS_OF_AN_ESTIMATE = 16
_VECTORS_OF_AN_ESTIMATE = 12

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class SampledFactorization:
    """``A ≈ X_1 … X_L`` from samples of ``A``.

    Attributes
    ----------
    factors : list of ndarray, (a_l, b_l, c_l, d_l)
    chain : Chain
    error : float
        Estimate of ``‖A - X_1 … X_L‖``, Frobenius; the mean of its square over many samples is right.
    deviation : float
        Standard deviation of ``error`` as an estimate, itself estimated; infinite after a single sample.
    norm : float
        Estimate of ``‖A‖`` from the same samples.
    evaluations : int
        Entries of ``A``, or products with vectors, that were asked for.
    """

    factors: list[Array] = field(repr=False)
    chain: Chain
    error: float
    deviation: float
    norm: float
    evaluations: int

    @property
    def relative_error(self) -> float:
        """``error / norm``; 0 for the zero matrix."""
        return self.error / self.norm if self.norm else 0.0

    def operator(self) -> ButterflyOperator:
        """The product as a scipy ``LinearOperator``."""
        return ButterflyOperator(self.factors)

    def toarray(self) -> Array:
        """The dense product."""
        return self.operator().toarray()

    def save(self, path: Any) -> None:
        """Write the result to a file (.npz) that :func:`solvers.load` reads."""
        facts = {k: getattr(self, k) for k in ("error", "deviation", "norm", "evaluations")}
        facts["chain"] = [list(p) for p in self.chain]
        pack(path, "sampled butterfly", facts, {f"factor{i}": f for i, f in enumerate(self.factors)})


@register("sampled butterfly")
def _read(facts: dict[str, Any], arrays: dict[str, Array]) -> SampledFactorization:
    chain = Chain(facts["chain"])
    numbers = {k: facts[k] for k in ("error", "deviation", "norm", "evaluations")}
    return SampledFactorization(factors=read_factors(arrays, chain), chain=chain, **numbers)


class _Counted:
    """Entries of a matrix over ``2^exponent``, counted and looked at."""

    def __init__(self, entry: Callable[[Indices, Indices], Any], shape: tuple[int, int]) -> None:
        self.entry, self.shape, self.count, self.exponent = entry, shape, 0, 0

    def __call__(self, rows: Indices, cols: Indices) -> Array:
        rows, cols = np.broadcast_arrays(rows, cols)
        found = np.asarray(self.entry(rows, cols))
        if found.shape != rows.shape:
            raise InputError(
                f"entry(i, j) must return an array of the shape of i and j, {rows.shape}, got shape {found.shape}"
            )
        if found.dtype.kind not in "biufc":
            raise InputError(f"entry(i, j) must return numbers, got dtype {found.dtype}")
        if found.dtype not in (np.float32, np.complex64, np.complex128):
            found = found.astype(np.float64)
        if not np.isfinite(found).all():
            at = np.argwhere(~np.isfinite(found))[0]
            i, j = int(rows[tuple(at)]), int(cols[tuple(at)])
            raise InputError(f"entry(i, j) must be finite: entry({i}, {j}) is {found[tuple(at)]}")
        self.count += found.size
        return scaled(found, self.exponent)


def _chain_with_full_product(chain: Any, shape: tuple[int, int]) -> Chain:
    patterns = read_chain(chain, shape)
    patterns.require_chainable()
    if patterns.product.a * patterns.product.d > 1:
        raise InputError(f"chain must have a product without zeros, its pattern is {tuple(patterns.product)}")
    return patterns


@refuses(weights="it asks for few entries, all alike; factorize_weighted_butterfly takes a matrix and weights")
def factorize_entries(
    entry: Callable[[Indices, Indices], Any],
    shape: Any,
    chain: Any = "dyadic",
    *,
    extra: int = _EXTRA,
    seed: int | None = 0,
) -> SampledFactorization:
    """Factors of a matrix whose entries are given by a function, by interpolation from some of its rows.

    Parameters
    ----------
    entry : callable
        ``entry(i, j)`` for integer arrays of one shape returns the entries as an array of that shape.
    shape : (m, n)
    chain : as for :func:`solvers.factorize_butterfly`
        With a product without zeros.
    extra : int
        Columns sampled for each block, beyond twice its rows at that level.
    seed : int or None

    Returns
    -------
    SampledFactorization
        ``.evaluations`` entries were looked at: about ``n·log n`` times a constant for chains of small ranks.

    Raises
    ------
    InputError
        Entries that are not finite numbers or have another shape; a chain that does not fit.

    Examples
    --------
    >>> from solvers.families import bit_reversal
    >>> n, order = 1024, bit_reversal(1024)
    >>> f = factorize_entries(lambda i, j: np.exp(-2j * np.pi * (i * order[j] % n) / n), (n, n))
    >>> f.relative_error < 1e-12, f.evaluations < n * n // 2
    (True, True)
    """
    require_seed(seed)
    if not is_positive_int(extra):
        raise InputError(f"extra must be a positive integer, got {extra!r}")
    if not callable(entry):
        raise InputError(f"entry must be a function of two index arrays, got {type(entry).__name__}")
    if not isinstance(shape, Iterable) or len(sizes := list(shape)) != 2 or not all(map(is_positive_int, sizes)):
        raise InputError(f"shape must be two positive integers, got {shape!r}")
    patterns = _chain_with_full_product(chain, (int(sizes[0]), int(sizes[1])))
    m, n = patterns.shape
    counted, rng = _Counted(entry, (m, n)), np.random.default_rng(seed)
    some = rng.choice(m, min(m, _ROWS_OF_AN_ESTIMATE), replace=False)
    truth = counted(some[:, None], np.arange(n)[None, :])
    counted.exponent = _exponent(truth)
    truth = scaled(truth, counted.exponent)
    ranks = [1, *patterns.ranks]
    kept: Indices = np.arange(m, dtype=np.intp).reshape(m, 1, 1)  # rows that stand for others: (μ, ε, k)
    factors = []
    for l, (a, b, c, d) in enumerate(patterns):
        rho, left = b // ranks[l], ranks[l]
        rows = kept.reshape(rho, d, a, left).transpose(1, 2, 3, 0).reshape(d, a, b)
        if l == len(patterns) - 1:
            columns = np.arange(n, dtype=np.intp).reshape(1, a, 1, c)
            factors.append(np.ascontiguousarray(counted(rows[..., None], columns)[0][..., None]))
            break
        rank = ranks[l + 1]
        groups = c // rank
        width = n // (a * groups)
        count = min(width, 2 * b + extra)
        first = (np.arange(a * groups) * width).reshape(1, a, groups, 1)
        if count < width:
            columns = first + rng.integers(0, width, (d, a, groups, count))
        else:
            columns = first + np.arange(width).reshape(1, 1, 1, -1)
        blocks = counted(rows[:, :, None, :, None], np.broadcast_to(columns, (d, a, groups, count))[..., None, :])
        chosen, weights = _interpolate(blocks.reshape(-1, b, count), rank)
        chosen, weights = chosen.reshape(d, a, groups, rank), weights.reshape(d, a, groups, b, rank)
        kept = np.take_along_axis(rows[:, :, None, :], chosen, axis=-1).reshape(d, a * groups, rank)
        factors.append(np.ascontiguousarray(weights.transpose(1, 3, 2, 4, 0)).reshape(a, b, c, d))
    dtype = np.result_type(*factors)
    factors = [f.astype(dtype, copy=False) for f in factors]
    op = ButterflyOperator(factors)
    unit = np.zeros((m, len(some)), dtype)
    unit[some, range(len(some))] = 1.0
    rest, size = row_energies(truth - (op.T @ unit).T), row_energies(truth)
    numbers = _estimates(m * rest, m * size, len(some) == m, counted.exponent)
    factors[-1] = scaled(factors[-1], -counted.exponent)
    return SampledFactorization(factors, patterns, *numbers, counted.count)


def _exponent(samples: Array) -> int:
    """An exponent of two that brings samples to usual size; 0 where they have it."""
    return measure(samples.reshape(1, -1))[1]


def _interpolate(blocks: Array, rank: int) -> tuple[Indices, Array]:
    """Rows from which the others follow, by pivoted orthogonalisation, and the weights: ``B ≈ weights @ B[chosen]``."""
    g, b, count = blocks.shape
    if rank >= b:
        chosen = np.concatenate([np.arange(b), np.zeros(rank - b, np.intp)]).astype(np.intp)
        weights = np.zeros((g, b, rank), blocks.dtype)
        weights[:, range(b), range(b)] = 1.0
        return np.broadcast_to(chosen, (g, rank)), weights
    every = np.arange(g)
    size = np.sqrt(row_energies(blocks).sum(axis=1))
    rest = blocks / np.where(size > 0.0, size, 1.0)[:, None, None].astype(blocks.real.dtype)
    taken = np.zeros((g, b), bool)
    chosen = np.zeros((g, rank), np.intp)
    for k in range(rank):
        energies = np.where(taken, -1.0, row_energies(rest))
        chosen[:, k] = energies.argmax(axis=1)
        taken[every, chosen[:, k]] = True
        pivot = rest[every, chosen[:, k]]
        length = np.sqrt(row_energies(pivot))[:, None]
        unit = (pivot / np.where(length > 0.0, length, 1.0)).astype(blocks.dtype)
        rest = rest - np.matmul(rest, np.conj(unit)[:, :, None]) * unit[:, None, :]
    base = blocks[every[:, None], chosen]
    eps = float(np.finfo(blocks.dtype).eps)
    weights = np.matmul(blocks, np.linalg.pinv(base, rcond=4.0 * eps * max(b, count)))
    weights[every[:, None], chosen] = np.eye(rank)
    return chosen, weights


def _estimates(rest: Array, size: Array, complete: bool, exponent: int) -> tuple[float, float, float]:
    """Error, its deviation and the norm, from samples of the squares of what is ``2^-exponent`` times that."""
    square = float(rest.mean())
    error = math.sqrt(square)
    spread = float(rest.std(ddof=1)) / math.sqrt(len(rest)) if len(rest) > 1 else math.inf
    deviation = 0.0 if complete or not error else spread / (2.0 * error)
    norm = math.sqrt(float(size.mean()))
    return stretched(error, exponent), stretched(deviation, exponent), stretched(norm, exponent)


@refuses(weights="products with an operator mix its entries; factorize_weighted_butterfly takes a matrix and weights")
def factorize_operator(
    operator: Any, chain: Any = "dyadic", *, extra: int = _EXTRA, seed: int | None = 0
) -> SampledFactorization:
    """Factors of a linear operator from its products with random vectors, and those of its adjoint.

    Parameters
    ----------
    operator : LinearOperator, sparse or dense matrix, or what ``scipy.sparse.linalg.aslinearoperator`` takes
        With products with the adjoint (``rmatmat``). A torch tensor is a dense matrix.
    chain : as for :func:`solvers.factorize_butterfly`
        With a product without zeros and at least two factors.
    extra : int
        Random vectors for each block, beyond the rank.
    seed : int or None

    Returns
    -------
    SampledFactorization
        ``.evaluations`` products with vectors: about ``sqrt(n)`` times a constant for chains with square blocks at the
        split in the middle.

    Raises
    ------
    InputError
        An operator without an adjoint, products that are not finite, a chain that does not fit.

    Examples
    --------
    >>> from scipy.linalg import hadamard
    >>> f = factorize_operator(hadamard(256).astype(float))
    >>> f.relative_error < 1e-12, f.evaluations
    (True, 286)
    """
    require_seed(seed)
    if not is_positive_int(extra):
        raise InputError(f"extra must be a positive integer, got {extra!r}")
    try:
        A = aslinearoperator(operator if kind_of(operator) == "numpy" else from_torch(operator, "operator"))
    except (TypeError, ValueError) as error:
        raise InputError(f"operator must be a linear operator: {error}") from None
    patterns = _chain_with_full_product(chain, (int(A.shape[0]), int(A.shape[1])))
    if len(patterns) < 2:
        raise InputError("chain must have at least two factors: one factor is the matrix itself")
    rng, cplx = np.random.default_rng(seed), np.dtype(A.dtype or float).kind == "c"
    split = min(range(1, len(patterns)), key=lambda s: _vectors(patterns, s, extra))
    pair = PairShape.of(patterns.piece(0, split), patterns.piece(split, len(patterns)))
    probes = _gaussian(rng, (patterns.shape[1], _VECTORS_OF_AN_ESTIMATE), cplx)
    source = _Source(A)
    images = source.times(probes)
    source.exponent = _exponent(images)
    images = scaled(images, source.exponent)
    left, right = _nystroem(source, pair, extra, rng, cplx)
    state = Hierarchy(left, patterns)
    state.values, state.cuts = [left, right], [0, split, len(patterns)]
    state.patterns = [patterns.piece(0, split), patterns.piece(split, len(patterns))]
    state.centre = 1
    state.run((*range(split + 1, len(patterns)), *range(split - 1, 0, -1)))
    rest, size = row_energies((images - ButterflyOperator(state.values) @ probes).T), row_energies(images.T)
    numbers = _estimates(rest, size, False, source.exponent)
    return SampledFactorization(spread_exponent(state.values, source.exponent), patterns, *numbers, source.used)


def _vectors(chain: Chain, split: int, extra: int) -> int:
    """Products with vectors that a split needs."""
    pair = PairShape.of(chain.piece(0, split), chain.piece(split, len(chain)))
    return pair.e * min(pair.c, pair.q + extra) + pair.m * min(pair.b, pair.q + 2 * extra)


def _gaussian(rng: np.random.Generator, shape: tuple[int, ...], cplx: bool) -> Array:
    """Entries with mean square 1."""
    if cplx:
        return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / math.sqrt(2.0)
    return rng.standard_normal(shape)


class _Source:
    """Products with an operator over ``2^exponent``, counted and looked at."""

    def __init__(self, A: LinearOperator) -> None:
        self.A, self.used, self.exponent = A, 0, 0

    def times(self, X: Array, turned: bool = False) -> Array:
        """Products with the operator, or with its adjoint, a few hundred columns at once."""
        parts = []
        for first in range(0, X.shape[1], _COLUMNS_AT_ONCE):
            part = X[:, first : first + _COLUMNS_AT_ONCE]
            with np.errstate(all="ignore"):
                parts.append(np.asarray(self._turned(part) if turned else self.A.matmat(part)))
            if not np.isfinite(parts[-1]).all():
                raise InputError("operator must give finite products")
        self.used += X.shape[1]
        return scaled(np.concatenate(parts, axis=1), self.exponent)

    def _turned(self, X: Array) -> Any:
        try:
            return self.A.rmatmat(X)
        except (NotImplementedError, TypeError):  # scipy calls the None that stands for the missing function
            raise InputError("operator must have products with the adjoint (rmatvec or rmatmat)") from None


def _nystroem(
    source: _Source, pair: PairShape, extra: int, rng: np.random.Generator, cplx: bool
) -> tuple[Array, Array]:
    """Two factors from ``A Ω`` and ``Aᴴ Ψ``, block by block: the left one with orthonormal columns.

    ``Ω`` has one group of columns for every group ``e`` of columns of ``A``, ``Ψ`` one for every residue ``m`` of rows.
    """
    _, b, m, e, q, c, _ = pair
    wide, high = min(c, q + extra), min(b, q + 2 * extra)
    omega = _gaussian(rng, (e, c, wide), cplx) if wide < c else np.broadcast_to(np.eye(c), (e, c, c))
    psi = _gaussian(rng, (m, b, high), cplx) if high < b else np.broadcast_to(np.eye(b), (m, b, b))
    spread = np.zeros((e, c, e, wide), omega.dtype)
    spread[range(e), :, range(e)] = omega
    image = source.times(spread.reshape(e * c, e * wide)).reshape(b, m, e, wide).transpose(1, 2, 0, 3)
    spread = np.zeros((b, m, m, high), psi.dtype)
    spread[:, range(m), range(m)] = psi.transpose(1, 0, 2)
    turned = source.times(spread.reshape(b * m, m * high), turned=True).reshape(e, c, m, high).transpose(2, 0, 1, 3)
    basis = np.linalg.qr(np.ascontiguousarray(image))[0]  # (m, e, b, wide or b)
    core = np.matmul(adjoint(psi)[:, None], basis)
    small = np.matmul(np.linalg.pinv(core), adjoint(turned))  # (m, e, wide, c)
    u, sigma, vh = np.linalg.svd(small, full_matrices=False)
    count = min(q, sigma.shape[-1])
    dtype = np.result_type(basis, vh)
    left, right = np.zeros((m, e, b, q), dtype), np.zeros((m, e, q, c), dtype)
    left[..., :count] = np.matmul(basis, u[..., :count])
    right[..., :count, :] = sigma[..., :count, None] * vh[..., :count, :]
    x, y = left[None, :, :, None], right[None, :, :, None]  # blocks (a, m, e, d; …) with a = d = 1
    return from_left(x, pair), from_right(y, pair)
