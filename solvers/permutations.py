"""Butterflies whose rows and columns have been mixed up: a search for their order, and its verification.

Level by level: two rows belong together when the ratios of their entries take two values, on half of the columns each;
then all other rows must pair up on the same halves. A heuristic for matrices that are butterflies up to rounding or
little noise; what it finds is verified by factorising it (docs/solvers.md).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator

from closedness.budget import Budget
from closedness.errors import InputError
from solvers.arrays import Array, measure, read_matrix, scaled
from solvers.butterfly import factorize_butterfly
from solvers.butterfly_result import ButterflyFactorization, read_butterfly
from solvers.choosing import is_share
from solvers.families import square_dyadic
from solvers.operators import ButterflyOperator
from solvers.refusals import refuses
from solvers.storage import pack, register

__all__ = ["PermutedFactorization", "factorize_permuted"]

_FINEST = 1e-7  # sines cannot be told from zero below, for unit vectors in double precision

Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class PermutedFactorization:
    """``A[rows][:, cols] ≈ X_1 … X_L``.

    Attributes
    ----------
    rows, cols : ndarray of int, (n,)
        The order of rows and columns; the given one where none was found.
    found : bool
        Whether the relative error is at most the tolerance. ``False`` proves nothing: the search is a heuristic.
    complete : bool
        Whether the search ended before its time was up.
    factorization : ButterflyFactorization
        Of the matrix in this order, with its error and bounds.
    """

    rows: Indices = field(repr=False)
    cols: Indices = field(repr=False)
    found: bool
    complete: bool
    factorization: ButterflyFactorization

    @property
    def relative_error(self) -> float:
        """That of the factorisation: permutations change no norm."""
        return self.factorization.relative_error

    def operator(self) -> LinearOperator:
        """The product in the order of the rows and columns of ``A``, as a scipy ``LinearOperator``."""
        return _Mixed(self.factorization.operator(), self.rows, self.cols)

    def toarray(self) -> Array:
        """The dense product in the order of the rows and columns of ``A``."""
        dense = np.asarray(self.factorization.operator().toarray())
        out = np.empty_like(dense)
        out[np.ix_(self.rows, self.cols)] = dense
        return out


    def save(self, path: Any) -> None:
        """Write the result to a file (.npz) that :func:`solvers.load` reads."""
        facts, arrays = self.factorization.stored()
        facts |= {"found": self.found, "complete": self.complete}
        pack(path, "permuted butterfly", facts, arrays | {"rows": self.rows, "cols": self.cols})


@register("permuted butterfly")
def _read(facts: dict[str, Any], arrays: dict[str, Array]) -> PermutedFactorization:
    inner = read_butterfly(facts, arrays)
    for count, order in zip(inner.shape, (arrays["rows"], arrays["cols"]), strict=True):
        if not np.array_equal(np.sort(order), np.arange(count)):
            raise ValueError("an order of rows or columns is no permutation")
    return PermutedFactorization(arrays["rows"], arrays["cols"], bool(facts["found"]), bool(facts["complete"]), inner)


class _Mixed(LinearOperator):  # type: ignore[misc]  # scipy has no types
    """A butterfly between two permutations."""

    def __init__(self, inner: ButterflyOperator, rows: Indices, cols: Indices) -> None:
        self.inner, self.rows, self.cols = inner, rows, cols
        super().__init__(dtype=inner.dtype, shape=inner.shape)

    def _matmat(self, X: Array) -> Array:
        image = self.inner @ np.ascontiguousarray(X[self.cols])
        out = np.empty_like(image)
        out[self.rows] = image
        return np.asarray(out)

    def _matvec(self, x: Array) -> Array:
        return self._matmat(np.asarray(x).reshape(-1, 1))

    def _adjoint(self) -> _Mixed:
        return _Mixed(self.inner.H, self.cols, self.rows)

    def _transpose(self) -> _Mixed:
        return _Mixed(self.inner.T, self.cols, self.rows)


@refuses(weights="it compares whole rows and columns; factorize_weighted_butterfly takes weights, in a known order")
def factorize_permuted(A: Any, *, tolerance: float = 1e-6, seconds: float | None = 10.0) -> PermutedFactorization:
    """Find an order of rows and columns in which a matrix is a dyadic butterfly, and its factors.

    Parameters
    ----------
    A : array_like, (n, n)
        ``n`` a power of two.
    tolerance : float
        Relative error at which an order counts as found, between 0 and 1; rows and columns are compared more sharply
        at first, then with it, then with its square root.
    seconds : float or None
        Time limit (wall clock) of the search.

    Returns
    -------
    PermutedFactorization

    Raises
    ------
    InputError
        As :func:`solvers.factorize_butterfly`; a tolerance out of range.

    Examples
    --------
    >>> n = np.arange(16)
    >>> mixed = np.random.default_rng(0).permutation(16)
    >>> f = factorize_permuted(np.exp(-2j * np.pi * np.outer(n, n) / 16)[mixed])
    >>> f.found, f.relative_error < 1e-12
    (True, True)
    """
    if not is_share(tolerance) or tolerance == 0.0:
        raise InputError(f"tolerance must be a number between 0 and 1, got {tolerance!r}")
    matrix = read_matrix(A)
    chain = square_dyadic((matrix.shape[0], matrix.shape[1]))
    _, exponent = measure(matrix)
    usual = scaled(matrix, exponent)
    budget = Budget(seconds)
    n = len(usual)
    identity = np.arange(n, dtype=np.intp)
    best = PermutedFactorization(identity, identity, False, True, factorize_butterfly(matrix, chain))
    if best.relative_error <= tolerance:
        return PermutedFactorization(identity, identity, True, True, best.factorization)
    levels = sorted({_FINEST, max(tolerance, _FINEST), math.sqrt(tolerance)})  # sharp ones tell more rows apart
    searches = (_orders([(usual, identity)], level, budget) for level in levels)
    for rows, cols in itertools.chain.from_iterable(searches):
        tried = factorize_butterfly(matrix[np.ix_(rows, cols)], chain)
        if tried.relative_error <= tolerance:
            return PermutedFactorization(rows, cols, True, True, tried)
        if tried.relative_error < best.relative_error:
            best = PermutedFactorization(rows, cols, False, True, tried)
        if budget.expired():
            break
    return PermutedFactorization(best.rows, best.cols, False, not budget.expired(), best.factorization)


Groups = list[tuple[Array, Indices]]


def _orders(groups: Groups, tolerance: float, budget: Budget) -> Iterator[tuple[Indices, Indices]]:
    """Orders of the rows of all groups at once, and of all columns, by depth-first search."""
    count = len(groups[0][0])
    if count == 1:
        yield np.zeros(1, np.intp), np.concatenate([cols for _, cols in groups])
        return
    for partner in range(1, count):
        if budget.expired():
            return
        halves = [_halves(part[0], part[partner], tolerance) for part, _ in groups]
        cut = [h for h in halves if h is not None]
        if len(cut) < len(halves):
            continue
        pairs = _pairs([part[:, half] for (part, _), both in zip(groups, cut, strict=True) for half in both], tolerance)
        if pairs is None:
            continue
        following: Groups = []
        for (part, cols), both in zip(groups, cut, strict=True):
            for half in both:
                following.append((_joined(part[:, half], pairs), cols[half]))
        for order, columns in _orders(following, tolerance, budget):
            yield np.concatenate([pairs[order, 0], pairs[order, 1]]), columns


def _halves(first: Array, second: Array, tolerance: float) -> tuple[Indices, Indices] | None:
    """Columns in two equal halves, the ratios of two rows constant on each; None where there are no such halves."""
    both = np.stack([first, second])
    size = np.sqrt(np.square(np.abs(both)).sum(axis=0))
    if not (size > 0.0).all():
        return None
    both = both / size
    same = _parallel(np.conj(both[:, 0]) @ both, tolerance)
    if 2 * np.count_nonzero(same) != len(first):
        return None
    rest = both[:, ~same]
    if not _parallel(np.conj(rest[:, 0]) @ rest, tolerance).all():
        return None
    return np.flatnonzero(same), np.flatnonzero(~same)


def _parallel(products: Array, tolerance: float) -> NDArray[np.bool_]:
    """Whether unit vectors with these inner products enclose an angle whose sine is at most the tolerance."""
    return np.asarray(1.0 - np.square(np.abs(products)) <= tolerance**2)


def _pairs(parts: list[Array], tolerance: float) -> Indices | None:
    """Rows in pairs that are parallel on every part; None where some row has no partner."""
    count = len(parts[0])
    alike = np.ones((count, count), bool)
    for part in parts:
        size = np.sqrt(np.square(np.abs(part)).sum(axis=1))
        unit = part / np.where(size > 0.0, size, 1.0)[:, None]
        alike &= _parallel(np.conj(unit) @ unit.T, tolerance)
    np.fill_diagonal(alike, False)
    free, found = np.ones(count, bool), []
    for i in range(count):
        if not free[i]:
            continue
        free[i] = False
        partners = np.flatnonzero(alike[i] & free)
        if not partners.size:
            return None
        free[partners[0]] = False
        found.append((i, int(partners[0])))
    return np.array(found, dtype=np.intp)


def _joined(part: Array, pairs: Indices) -> Array:
    """One row for each pair of parallel rows: the sum of both, turned to the phase of the first."""
    first, second = part[pairs[:, 0]], part[pairs[:, 1]]
    phase = (np.conj(second) * first).sum(axis=1)
    size = np.abs(phase)
    turn = np.where(size > 0.0, phase / np.where(size > 0.0, size, 1.0), 1.0)
    return np.asarray(first + turn[:, None] * second)
