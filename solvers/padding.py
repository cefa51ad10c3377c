"""Sizes that no chain has: zeros are appended, and the factors are cut back.

Cutting rows of the first factor and columns of the last one cuts the product, and leaves the patterns as they are; so
the best error with a chain that is too large is the same with and without the zeros (docs/solvers.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator

from closedness.errors import InputError
from solvers.arrays import Array, as_array, kind_of, read_matrix, restore
from solvers.butterfly import factorize_butterfly, residual_norm
from solvers.butterfly_result import ButterflyFactorization, read_butterfly
from solvers.families import padded_shape, read_chain
from solvers.kronecker_sparse import Chain
from solvers.operators import ButterflyOperator
from solvers.storage import pack, read_factors, register, restored

__all__ = ["PaddedFactorization", "factorize_padded"]


@dataclass(frozen=True, eq=False)
class PaddedFactorization:
    """``A ≈`` the upper left part of ``X_1 … X_L``, the rest of which is zero.

    Attributes
    ----------
    shape : tuple of int
        That of ``A``.
    whole : ButterflyFactorization
        Of ``A`` with zeros appended, before its product was cut back; ``whole.bound`` and ``whole.lower_bound`` hold
        for ``A`` too.
    factors : list of array
        Values of the factors, cut back: their product is zero outside ``shape``.
    error, relative_error : float
        Of these factors, Frobenius; at most those of ``whole``.
    """

    shape: tuple[int, int]
    whole: ButterflyFactorization = field(repr=False)
    factors: list[Any] = field(repr=False)
    error: float
    relative_error: float

    @property
    def chain(self) -> Chain:
        """The chain, of a size at least that of ``A``."""
        return self.whole.chain

    @property
    def bound(self) -> float:
        """A proved bound of the error."""
        return self.whole.bound

    @property
    def lower_bound(self) -> float:
        """No factors with this chain, cut back, have a smaller error."""
        return self.whole.lower_bound

    def operator(self) -> LinearOperator:
        """The product as a scipy ``LinearOperator`` of the shape of ``A``."""
        return _Cut(ButterflyOperator(self.factors), self.shape)

    def toarray(self) -> Any:
        """The dense product, ``(m, n)``, of the library of the target."""
        m, n = self.shape
        return restore(ButterflyOperator(self.factors).toarray()[:m, :n], self.whole.kind)


    def save(self, path: Any) -> None:
        """Write the result to a file (.npz) that :func:`solvers.load` reads."""
        facts, arrays = self.whole.stored()
        facts["cut"] = {"shape": list(self.shape), "error": self.error, "relative_error": self.relative_error}
        pack(path, "padded butterfly", facts, arrays | {f"cut{i}": f for i, f in enumerate(self.factors)})


@register("padded butterfly")
def _read(facts: dict[str, Any], arrays: dict[str, Array]) -> PaddedFactorization:
    whole, cut = read_butterfly(facts, arrays), facts["cut"]
    cuts = {f"factor{i}": arrays[f"cut{i}"] for i in range(len(whole.chain))}
    return PaddedFactorization(
        shape=(int(cut["shape"][0]), int(cut["shape"][1])),
        whole=whole,
        factors=[restored(f, facts) for f in read_factors(cuts, whole.chain)],
        error=cut["error"],
        relative_error=cut["relative_error"],
    )


class _Cut(LinearOperator):  # type: ignore[misc]  # scipy has no types
    """The upper left part of an operator."""

    def __init__(self, whole: ButterflyOperator, shape: tuple[int, int]) -> None:
        self.whole = whole
        super().__init__(dtype=whole.dtype, shape=shape)

    def _matmat(self, X: Array) -> Array:
        long = np.zeros((self.whole.shape[1], X.shape[1]), np.result_type(X, self.dtype))
        long[: X.shape[0]] = X
        return np.asarray((self.whole @ long)[: self.shape[0]])

    def _matvec(self, x: Array) -> Array:
        return self._matmat(np.asarray(x).reshape(-1, 1))

    def _adjoint(self) -> _Cut:
        return _Cut(self.whole.H, self.shape[::-1])

    def _transpose(self) -> _Cut:
        return _Cut(self.whole.T, self.shape[::-1])


def factorize_padded(
    A: Any, chain: Any = "dyadic", order: Any = "left-to-right", **options: Any
) -> PaddedFactorization:
    """Approximate a matrix of any size by Kronecker-sparse factors of a chain that is at least as large.

    Parameters
    ----------
    A : array_like, (m, n)
        As for :func:`solvers.factorize_butterfly`.
    chain : Chain, sequence of (a, b, c, d), or {"dyadic", "monarch"}
        Of at least as many rows and columns as ``A``; names stand for the chain of the next powers of two.
    order, **options
        As for :func:`solvers.factorize_butterfly`.

    Returns
    -------
    PaddedFactorization

    Raises
    ------
    InputError
        As :func:`solvers.factorize_butterfly`; a chain smaller than the matrix.

    Examples
    --------
    >>> f = factorize_padded(np.multiply.outer(np.arange(5.0), np.ones(6)))
    >>> f.chain.shape, f.operator().shape, f.relative_error < 1e-14
    ((8, 8), (5, 6), True)
    """
    kind = kind_of(A)
    matrix = read_matrix(A)
    m, n = matrix.shape
    if isinstance(chain, str):
        patterns = read_chain(chain, padded_shape((m, n), chain == "dyadic"))
    else:
        patterns = read_chain(chain)
    rows, cols = patterns.shape
    if rows < m or cols < n:
        raise InputError(f"the product of chain must be at least as large as A, {(m, n)}, got {patterns.shape}")
    wide = np.zeros((rows, cols), matrix.dtype)
    wide[:m, :n] = matrix
    whole = factorize_butterfly(restore(wide, kind), patterns, order, **options)
    if (rows, cols) == (m, n):
        return PaddedFactorization((m, n), whole, whole.factors, whole.error, whole.relative_error)
    factors = [np.array(as_array(f)) for f in whole.factors]
    _cut_rows(factors[0], m)
    _cut_rows(factors[-1].swapaxes(1, 2), n)
    error = min(residual_norm(wide, factors), whole.error)
    return PaddedFactorization(
        shape=(m, n),
        whole=whole,
        factors=[restore(f, kind) for f in factors],
        error=error,
        relative_error=error / whole.norm if whole.norm else 0.0,
    )


def _cut_rows(values: Array, keep: int) -> None:
    """Set the rows from ``keep`` on of a factor ``(a, b, c, d)`` to zero, in place."""
    a, b, _, d = values.shape
    late = (np.arange(a * b * d) >= keep).reshape(a, b, d)
    np.copyto(values, 0, where=late[:, :, None, :])
