"""Exchange with ``lazylinop.butterfly`` and ``pyfaust``; both stay optional and are imported here only.

Without conversion: ``lazylinop.butterfly.ksm(g.factors)`` and ``pyfaust.Faust(to_faust_factors(g.factors))`` take the
factors as they are, and :func:`solvers.factorize_butterfly` takes a ``lazylinop.butterfly.Chain`` as its chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, issparse

from closedness import Support
from closedness.errors import BackendError, InputError
from solvers.arrays import Array, as_array
from solvers.families import pattern_of, read_chain
from solvers.kronecker_sparse import Chain, KroneckerPattern
from solvers.matrices import to_sparse
from solvers.splits import compact_view

__all__ = [
    "to_lazylinop",
    "from_lazylinop",
    "to_lazylinop_chain",
    "to_faust",
    "from_faust",
    "to_faust_factors",
    "pair_to_lazylinop",
    "pair_to_faust",
    "factor_from_matrix",
]


def _module(name: str) -> Any:
    """Import an optional package; a missing one is named with the way to get it."""
    import importlib
    import sys
    import warnings

    depth = sys.getrecursionlimit()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # theirs: hints at further optional packages
            return importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - theirs; lazylinop without pandas fails with an AttributeError
        hint = " (lazylinop.butterfly also needs psutil and pandas)" if name.startswith("lazylinop") else ""
        raise BackendError(f"the optional package {name.partition('.')[0]} cannot be imported: {error}{hint}") from None
    finally:
        sys.setrecursionlimit(depth)  # lazylinop raises it so far that deeply nested input would overrun the stack


def _values(factors: Any) -> list[Array]:
    """Arrays ``(a, b, c, d)`` of a factorisation or of a list of arrays."""
    arrays = [as_array(f) for f in getattr(factors, "factors", factors)]
    for i, f in enumerate(arrays):
        if f.ndim != 4:
            raise InputError(f"factors[{i}] must be a four-dimensional array (a, b, c, d), got shape {f.shape}")
    return arrays


def to_lazylinop(factors: Any) -> Any:
    """The product as a ``lazylinop`` operator.

    Parameters
    ----------
    factors : ButterflyFactorization or sequence of arrays (a, b, c, d)

    Raises
    ------
    BackendError
        If lazylinop cannot be imported.
    """
    return _module("lazylinop.butterfly").ksm(_values(factors))


def from_lazylinop(operator: Any) -> list[Array]:
    """Values ``(a, b, c, d)`` of the factors of a ``KsmLazyLinOp``."""
    values = getattr(operator, "ks_values", None)
    if values is None:
        raise InputError(
            f"operator must have ks_values, as those of lazylinop.butterfly do, got {type(operator).__name__}"
        )
    return [np.array(v) for v in values]


def to_lazylinop_chain(chain: Any) -> Any:
    """A chain as a ``lazylinop.butterfly.Chain``."""
    return _module("lazylinop.butterfly").Chain([tuple(p) for p in read_chain(chain)])


def to_faust_factors(factors: Any) -> list[csr_matrix]:
    """The factors as ``scipy.sparse.csr_matrix``; complex64, which pyfaust lacks, becomes complex128."""
    out = []
    for f in _values(factors):
        values = f.astype(np.complex128) if f.dtype == np.complex64 else f
        out.append(csr_matrix(to_sparse(values)))
    return out


def to_faust(factors: Any) -> Any:
    """The product as a ``pyfaust.Faust``."""
    return _module("pyfaust").Faust(to_faust_factors(factors))


def pair_to_lazylinop(X: Any, Y: Any) -> Any:
    """``X Yᵀ`` as a ``lazylinop`` operator that applies the two sparse matrices.

    Raises
    ------
    BackendError
        If lazylinop cannot be imported.
    """
    lazy = _module("lazylinop")
    return lazy.aslazylinop(csr_matrix(as_array(X))) @ lazy.aslazylinop(csr_matrix(as_array(Y).T))


def pair_to_faust(X: Any, Y: Any) -> Any:
    """``X Yᵀ`` as a ``pyfaust.Faust`` of two sparse factors; complex64, which pyfaust lacks, becomes complex128.

    Raises
    ------
    BackendError
        If pyfaust cannot be imported.
    """
    parts = [as_array(X), as_array(Y).T]
    if np.result_type(*parts) == np.complex64:
        parts = [x.astype(np.complex128) for x in parts]
    return _module("pyfaust").Faust([csr_matrix(x) for x in parts])


def from_faust(faust: Any, chain: Any = None) -> list[Array]:
    """Values ``(a, b, c, d)`` of the factors of a Faust.

    Parameters
    ----------
    faust : pyfaust.Faust
    chain : Chain, optional
        Patterns of the factors; without it they are read off the non-zero entries.

    Raises
    ------
    InputError
        If a factor has entries outside its pattern, or no pattern ``I_a ⊗ 1_{b×c} ⊗ I_d`` matches its non-zero entries.
    """
    count = faust.numfactors()
    patterns: Sequence[KroneckerPattern | None] = [None] * count if chain is None else list(Chain(chain))
    if len(patterns) != count:
        raise InputError(f"chain must have {count} patterns, as many as the Faust has factors, got {len(patterns)}")
    return [factor_from_matrix(faust.factors(i), patterns[i], f"factor {i}") for i in range(count)]


def factor_from_matrix(matrix: Any, pattern: KroneckerPattern | None = None, name: str = "matrix") -> Array:
    """Values ``(a, b, c, d)`` of a dense or sparse matrix with a Kronecker-sparse support.

    Examples
    --------
    >>> factor_from_matrix(np.array([[1.0, 0.0], [0.0, 2.0]])).shape
    (2, 1, 1, 1)
    """
    dense = matrix.toarray() if issparse(matrix) or hasattr(matrix, "toarray") else np.asarray(matrix)
    if pattern is None:
        pattern = pattern_of(Support.read(dense != 0))
        if pattern is None:
            raise InputError(f"{name} must have non-zero entries exactly on a pattern (a, b, c, d); give its pattern")
    if dense.shape != pattern.shape:
        raise InputError(
            f"{name} must have the shape {pattern.shape} of its pattern {tuple(pattern)}, got {dense.shape}"
        )
    values = np.array(compact_view(dense, pattern))
    if np.count_nonzero(values) != np.count_nonzero(dense):
        raise InputError(f"{name} must be zero outside its pattern {tuple(pattern)}")
    return values
