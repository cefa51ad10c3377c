"""A Kronecker-sparse factor as a dense matrix and as a csr matrix."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix

from solvers.arrays import Array
from solvers.kronecker_sparse import KroneckerPattern
from solvers.splits import compact_view

__all__ = ["to_dense", "to_sparse"]


def to_dense(values: Array) -> Array:
    """Dense matrix ``(abd, acd)`` of a factor given by its values ``(a, b, c, d)``.

    Examples
    --------
    >>> to_dense(np.array([[[[1, 2]]]])).tolist()
    [[1, 0], [0, 2]]
    """
    pattern = KroneckerPattern(*values.shape)
    out = np.zeros(pattern.shape, values.dtype)
    compact_view(out, pattern)[...] = values
    return out


def to_sparse(values: Array) -> csr_matrix:
    """The factor as a ``scipy.sparse.csr_matrix`` with sorted indices; the stored entries are the pattern's."""
    a, b, c, d = values.shape
    rows, cols = KroneckerPattern(a, b, c, d).shape
    index = np.int32 if a * b * c * d < 2**31 and cols < 2**31 else np.int64
    columns = np.arange(cols, dtype=index).reshape(a, 1, c, d).transpose(0, 1, 3, 2)
    indices = np.ascontiguousarray(np.broadcast_to(columns, (a, b, d, c))).reshape(-1)
    data = np.ascontiguousarray(values.transpose(0, 1, 3, 2)).reshape(-1)
    return csr_matrix((data, indices, np.arange(0, rows * c + 1, c, dtype=index)), shape=(rows, cols))
