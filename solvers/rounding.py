"""A product of Kronecker-sparse factors with lower ranks, found from the factors alone.

As in the rounding of tensor trains: neighbours are orthonormalised until one factor, the centre, carries all singular
values of a split; then they are cut off, split after split. No dense matrix is formed; the cost is that of a few
products of neighbours. Statement and proof: docs/solvers.md, section "Algebra of results".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from closedness.errors import InputError
from solvers.arrays import (
    Array,
    as_array,
    is_positive_int,
    kind_of,
    measure,
    restore,
    row_energies,
    scaled,
    spread_exponent,
    stretched,
)
from solvers.butterfly_result import ButterflyFactorization
from solvers.choosing import is_share, lowest_ranks
from solvers.hierarchy import orthonormal_columns
from solvers.kronecker_sparse import Chain, KroneckerPattern
from solvers.refusals import refuses
from solvers.splits import PairShape, from_left, from_right, left_blocks, right_blocks

__all__ = ["round_butterfly"]

Real = NDArray[np.float64]


@refuses(weights="its bounds are those of all entries alike; factorize_weighted_butterfly takes a matrix and weights")
def round_butterfly(
    factors: Any, *, ranks: int | Sequence[int] | None = None, error: float | None = None
) -> ButterflyFactorization:
    """Lower the ranks of a product of Kronecker-sparse factors.

    Parameters
    ----------
    factors : ButterflyFactorization, ButterflyOperator or sequence of arrays (a, b, c, d)
        A chainable chain, for example a sum made by :func:`solvers.algebra.add`.
    ranks : int or sequence of L - 1 int, optional
        Ranks at the splits; those that are not lower than the ranks at hand change nothing.
    error : float, optional
        Instead of ranks: relative error allowed, at least 0 and below 1; the ranks that need fewest values are sought.

    Returns
    -------
    ButterflyFactorization
        ``.error``, ``.bound``, ``.lower_bound`` are about the distance to the product of the given factors.

    Raises
    ------
    InputError
        Factors that are not chainable or not finite, both or none of ``ranks`` and ``error``.

    Examples
    --------
    >>> from solvers import factorize_butterfly
    >>> from solvers.families import low_rank
    >>> f = factorize_butterfly(np.diag([4.0, 3.0, 2.0]), low_rank(3, 3, 3))
    >>> g = round_butterfly(f, ranks=2)
    >>> g.chain.ranks, round(g.error, 12), round(g.lower_bound, 12)
    ((2,), 2.0, 2.0)
    """
    if (ranks is None) == (error is None):
        raise InputError("one of ranks and error must be given, and not both")
    if error is not None and not is_share(error):
        raise InputError(f"error must be a number at least 0 and below 1, got {error!r}")
    given = list(getattr(factors, "factors", factors))
    kind = kind_of(next(iter(given), None))
    arrays = [as_array(f, f"factors[{i}]") for i, f in enumerate(given)]
    for i, f in enumerate(arrays):
        if f.ndim != 4:
            raise InputError(f"factors[{i}] must be a four-dimensional array (a, b, c, d), got shape {f.shape}")
    chain = Chain([f.shape for f in arrays])
    chain.require_chainable()
    dtype = np.result_type(*arrays, np.float32)
    state = _Train([f.astype(dtype) for f in arrays], chain)
    spectra = state.singular_values()
    energy = state.energy()
    tails = [np.append(np.cumsum(s[::-1])[::-1], 0.0) for s in spectra]
    if error is not None:
        rounding = 16.0 * float(np.finfo(dtype).eps) * math.sqrt(min(chain.shape))
        goal = _fewest_values(tails, max(error, rounding) ** 2 * energy, chain)
    else:
        goal = _read_ranks(ranks, chain)
    lost = state.truncate(goal)
    patterns = Chain([f.shape for f in state.values])
    distances = [math.sqrt(float(t[min(q, len(t) - 1)])) for t, q in zip(tails, patterns.ranks, strict=True)]
    total, norm = math.sqrt(math.fsum(lost)), math.sqrt(energy)
    found = ButterflyFactorization(
        factors=[restore(f, kind) for f in state.shared()],
        chain=patterns,
        order=tuple(range(1, len(chain))),
        projections="sequential",
        orthonormal=True,
        error=stretched(total, state.exponent),
        norm=stretched(norm, state.exponent),
        relative_error=total / norm if norm else 0.0,
        _steps=tuple(stretched(math.sqrt(x), state.exponent) for x in lost),
        outside=0.0,
        target=None,
        kind=kind,
    )
    known = np.array([stretched(d, state.exponent) for d in distances])
    object.__setattr__(found, "_distances", known)
    return found


def _read_ranks(ranks: Any, chain: Chain) -> list[int]:
    """The ranks asked for, none above those at hand."""
    count = len(chain) - 1
    asked = [ranks] * count if isinstance(ranks, (int, np.integer)) else list(ranks)
    if len(asked) != count or not all(is_positive_int(q) for q in asked):
        raise InputError(f"ranks must be a positive integer or {count} of them, got {ranks!r}")
    return [min(int(q), old) for q, old in zip(asked, chain.ranks, strict=True)]


def _fewest_values(tails: list[Real], allowed: float, chain: Chain) -> list[int]:
    """Ranks whose squared distances add up to no more than is allowed."""

    def cost(ranks: Sequence[int]) -> int:
        return sum(p.size for p in _with_ranks(chain, ranks))

    return [min(q, old) for q, old in zip(lowest_ranks(tails, allowed, cost), chain.ranks, strict=True)]


def _with_ranks(chain: Chain, ranks: Sequence[int]) -> list[KroneckerPattern]:
    """The patterns of a chain after its ranks have been replaced."""
    patterns = list(chain)
    for i, (old, new) in enumerate(zip(chain.ranks, ranks, strict=True)):
        a, b, c, d = patterns[i]
        patterns[i] = KroneckerPattern(a, b, c // old * new, d)
        a, b, c, d = patterns[i + 1]
        patterns[i + 1] = KroneckerPattern(a, b // old * new, c, d)
    return patterns


class _Train:
    """Factors of a chain of which all but the centre are isometric; the product is ``2^exponent`` times theirs."""

    def __init__(self, values: list[Array], chain: Chain) -> None:
        self.values, self.chain, self.exponent = values, chain, 0
        for i in range(len(values)):
            self._rescale(i, f"factors[{i}]")
        self._to_the_left()

    def _rescale(self, i: int, name: str = "factors") -> None:
        """Bring a factor to usual size."""
        flat = self.values[i].reshape(1, -1)
        exponent = measure(flat, name)[1]
        largest = float(np.abs(scaled(flat, exponent)).max()) if exponent == 0 else 1.0
        if exponent == 0 and largest > 0.0:
            exponent = math.frexp(largest)[1]
            exponent += exponent & 1
        if exponent:
            self.values[i] = scaled(self.values[i], exponent)
            self.exponent += exponent

    def _pair(self, i: int) -> PairShape:
        return PairShape.of(KroneckerPattern(*self.values[i].shape), KroneckerPattern(*self.values[i + 1].shape))

    def _to_the_left(self) -> None:
        """Make the first factor the centre."""
        for i in range(len(self.values) - 2, -1, -1):
            pair = self._pair(i)
            x, y = left_blocks(self.values[i], pair), right_blocks(self.values[i + 1], pair)
            turned, rest = orthonormal_columns(y.swapaxes(-1, -2))
            self.values[i] = from_left(np.matmul(x, rest.swapaxes(-1, -2)), pair)
            self.values[i + 1] = from_right(turned.swapaxes(-1, -2), pair)
            self._rescale(i)

    def energy(self) -> float:
        """Squared norm of the product over ``4^exponent``."""
        return float(row_energies(self.values[0].reshape(1, -1)).sum())

    def singular_values(self) -> list[Real]:
        """Squared singular values at every split, summed over its blocks, largest first; the centre ends at the left.

        They are relative to ``2^exponent`` after the call.
        """
        found: list[tuple[Real, int]] = []
        for i in range(len(self.values) - 1):
            pair = self._pair(i)
            x, y = left_blocks(self.values[i], pair), right_blocks(self.values[i + 1], pair)
            sigma = np.linalg.svd(np.ascontiguousarray(x), compute_uv=False)
            energies = np.square(sigma, dtype=np.float64).reshape(-1, sigma.shape[-1]).sum(axis=0)
            found.append((np.asarray(energies, np.float64), self.exponent))
            basis, rest = orthonormal_columns(x)
            self.values[i] = from_left(basis, pair)
            self.values[i + 1] = from_right(np.matmul(rest, y), pair)
        self._to_the_left()
        return [np.ldexp(e, 2 * (exponent - self.exponent)) for e, exponent in found]

    def truncate(self, ranks: Sequence[int]) -> list[float]:
        """Lower the ranks from left to right; returns the energies that are lost."""
        lost = []
        for i, rank in enumerate(ranks):
            pair = self._pair(i)
            x, y = left_blocks(self.values[i], pair), right_blocks(self.values[i + 1], pair)
            if rank >= pair.q:
                basis, rest = orthonormal_columns(x)
                lost.append(0.0)
            else:
                u, sigma, vh = np.linalg.svd(np.ascontiguousarray(x), full_matrices=False)
                lost.append(float(np.square(sigma[..., rank:], dtype=np.float64).sum()))
                basis, rest = u[..., :rank], sigma[..., :rank, None] * vh[..., :rank, :]
                short = rank - basis.shape[-1]
                if short > 0:
                    stack = [(0, 0)] * (basis.ndim - 1)
                    basis = np.pad(basis, [*stack, (0, short)])
                    rest = np.pad(rest, [*stack[:-1], (0, short), (0, 0)])
            new = pair._replace(q=rank)
            self.values[i] = from_left(basis, new)
            self.values[i + 1] = from_right(np.matmul(rest, y), new)
        return lost

    def shared(self) -> list[Array]:
        """The factors, with the power of two spread over them."""
        return spread_exponent(self.values, self.exponent)
