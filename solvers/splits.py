"""Splitting and joining compact arrays of Kronecker-sparse factors: the block view of a chainable pair.

For a chainable pair ``π1 = (a1, b1, c1, d1)``, ``π2 = (a2, b2, c2, d2)`` of rank ``q`` write ``e = a2/a1`` and
``m = d1/d2``; then ``c1 = e·q`` and ``b2 = q·m``. The product has the compact shape ``(a1, b1·m, e·c2, d2)`` and
falls into ``a1·m·e·d2`` disjoint blocks of ``b1`` rows and ``c2`` columns. Each block is the product of one ``b1 ×
q`` block of the left factor and one ``q × c2`` block of the right factor, and every entry of the factors is in
exactly one block.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.arrays import Array
from solvers.kronecker_sparse import KroneckerPattern, pair_rank

__all__ = [
    "PairShape",
    "compact_view",
    "product_blocks",
    "left_blocks",
    "right_blocks",
    "from_left",
    "from_right",
    "fuse_pair",
    "fuse_all",
]


class PairShape(NamedTuple):
    """The numbers that describe a chainable pair: see the module's docstring."""

    a: int
    b: int
    m: int
    e: int
    q: int
    c: int
    d: int

    @classmethod
    def of(cls, left: KroneckerPattern, right: KroneckerPattern) -> PairShape:
        """Read off a chainable pair."""
        q = pair_rank(left, right)
        return cls(left.a, left.b, left.d // right.d, right.a // left.a, q, right.c, right.d)


def compact_view(matrix: Array, pattern: KroneckerPattern) -> Array:
    """View ``(a, b, c, d)`` of the entries of a dense ``matrix`` inside a pattern; no copy when strides allow."""
    a, b, c, d = pattern
    grid = matrix.reshape(a, b, d, a, c, d)
    return np.asarray(np.einsum("ijlikl->ijkl", grid))


def product_blocks(values: Array, pair: PairShape) -> Array:
    """View of the product's compact array as blocks ``(a, m, e, d; b, c)``."""
    return values.reshape(pair.a, pair.b, pair.m, pair.e, pair.c, pair.d).transpose(0, 2, 3, 5, 1, 4)


def left_blocks(values: Array, pair: PairShape) -> Array:
    """View of the left factor's compact array as blocks ``(a, m, e, d; b, q)``."""
    return values.reshape(pair.a, pair.b, pair.e, pair.q, pair.m, pair.d).transpose(0, 4, 2, 5, 1, 3)


def right_blocks(values: Array, pair: PairShape) -> Array:
    """View of the right factor's compact array as blocks ``(a, m, e, d; q, c)``."""
    return values.reshape(pair.a, pair.e, pair.q, pair.m, pair.c, pair.d).transpose(0, 3, 1, 5, 2, 4)


def from_left(blocks: Array, pair: PairShape) -> Array:
    """Inverse of :func:`left_blocks`: compact array ``(a1, b1, c1, d1)``."""
    a, b, m, e, q, _, d = pair
    return np.ascontiguousarray(blocks.transpose(0, 4, 2, 5, 1, 3)).reshape(a, b, e * q, m * d)


def from_right(blocks: Array, pair: PairShape) -> Array:
    """Inverse of :func:`right_blocks`: compact array ``(a2, b2, c2, d2)``."""
    a, _, m, e, q, c, d = pair
    return np.ascontiguousarray(blocks.transpose(0, 2, 4, 1, 5, 3)).reshape(a * e, q * m, c, d)


def fuse_pair(left: Array, right: Array) -> Array:
    """Compact array of the product of two factors with chainable patterns, one batched matrix product.

    Parameters
    ----------
    left, right : ndarray, (a1, b1, c1, d1) and (a2, b2, c2, d2)

    Returns
    -------
    ndarray, (a1, b1·d1/d2, a2·c2/a1, d2)

    Examples
    --------
    >>> fuse_pair(np.ones((1, 2, 2, 2)), np.ones((2, 2, 2, 1)))[0, :, :, 0].tolist()
    [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]
    """
    pair = PairShape.of(KroneckerPattern(*left.shape), KroneckerPattern(*right.shape))
    a, b, m, e, q, c, d = pair
    out = np.empty((a, b * m, e * c, d), np.result_type(left, right))
    x, y, goal = left_blocks(left, pair), right_blocks(right, pair), product_blocks(out, pair)
    if q == 1:
        np.multiply(x, y, out=goal)
    elif d == 1:
        np.matmul(np.ascontiguousarray(x), y, out=goal)
    else:
        goal[...] = np.matmul(np.ascontiguousarray(x), np.ascontiguousarray(y))
    return out


def fuse_all(factors: list[Array]) -> Array:
    """Compact array of the product of chainable factors, joined by halves."""
    if len(factors) == 1:
        return factors[0]
    middle = len(factors) // 2
    return fuse_pair(fuse_all(factors[:middle]), fuse_all(factors[middle:]))
