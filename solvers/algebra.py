"""Sums, products, stacks, block-diagonal matrices and inverses of products of Kronecker-sparse factors.

All results are exact up to rounding and are again products of Kronecker-sparse factors
(:class:`solvers.operators.ButterflyOperator`); docs/solvers.md, section "Algebra of results", has the formulas. Sums
raise the ranks: :func:`solvers.round_butterfly` lowers them again. For anything else, scipy's operators add and
multiply lazily: ``f.operator() + g.operator()``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from closedness.errors import InputError
from solvers.arrays import Array
from solvers.kronecker_sparse import Chain
from solvers.operators import ButterflyOperator

__all__ = ["add", "multiply", "block_diagonal", "hstack", "vstack", "inverse"]


def _values(obj: Any) -> list[Array]:
    """Arrays ``(a, b, c, d)`` of a result, an operator or a sequence."""
    return ButterflyOperator(getattr(obj, "factors", obj)).factors


def _all(terms: tuple[Any, ...]) -> list[list[Array]]:
    if not terms:
        raise InputError("at least one product must be given")
    return [_values(t) for t in terms]


def add(*terms: Any) -> ButterflyOperator:
    """The sum of products of factors whose chains differ in their ranks only; the ranks add up.

    Parameters
    ----------
    *terms : ButterflyFactorization, ButterflyOperator or sequence of arrays (a, b, c, d)
        Chainable, with the same radices.

    Raises
    ------
    InputError
        If the chains are not chainable or have other radices.

    Examples
    --------
    >>> from solvers.families import low_rank
    >>> x = [np.ones(p) for p in low_rank(2, 3, 1)]
    >>> s = add(x, x)
    >>> s.chain.ranks, s.toarray().tolist()
    ((2,), [[2.0, 2.0, 2.0], [2.0, 2.0, 2.0]])
    """
    listed = _all(terms)
    chains = [Chain([f.shape for f in factors]) for factors in listed]
    for i, chain in enumerate(chains):
        if not chain.chainable:
            raise InputError(f"terms[{i}] must be chainable: {chain.obstacle}")
        if _radices(chain) != _radices(chains[0]):
            raise InputError(f"terms[{i}] must have the radices of terms[0]: {chain!r} beside {chains[0]!r}")
    count, ranks = len(chains[0]), [[1, *c.ranks, 1] for c in chains]
    out = []
    for l in range(count):
        parts = []
        for factors, q in zip(listed, ranks, strict=True):
            a, b, c, d = factors[l].shape
            parts.append(factors[l].reshape(a, q[l], b // q[l], c // q[l + 1], q[l + 1], d))
        a, _, b, c, _, d = parts[0].shape
        left = 1 if l == 0 else sum(p.shape[1] for p in parts)
        right = 1 if l == count - 1 else sum(p.shape[4] for p in parts)
        if count == 1:
            out.append(np.asarray(sum(p.reshape(a, b, c, d) for p in parts)))
            continue
        whole = np.zeros((a, left, b, c, right, d), np.result_type(*parts))
        i = j = 0
        for p in parts:
            whole[:, i : i + p.shape[1], :, :, j : j + p.shape[4]] = p
            i, j = (i if l == 0 else i + p.shape[1]), (j if l == count - 1 else j + p.shape[4])
        out.append(whole.reshape(a, left * b, c * right, d))
    return ButterflyOperator(out)


def _radices(chain: Chain) -> list[tuple[int, int, int, int]]:
    """Patterns with the ranks divided out."""
    q = [1, *chain.ranks, 1]
    return [(p.a, p.b // q[l], p.c // q[l + 1], p.d) for l, p in enumerate(chain)]


def multiply(*terms: Any) -> ButterflyOperator:
    """The product of products: all factors, one after the other. It is not chainable in general.

    Examples
    --------
    >>> multiply([2 * np.ones((1, 1, 1, 2))], [3 * np.ones((1, 1, 1, 2))]).toarray().tolist()
    [[6.0, 0.0], [0.0, 6.0]]
    """
    return ButterflyOperator([f for factors in _all(terms) for f in factors])


def block_diagonal(*terms: Any) -> ButterflyOperator:
    """The block-diagonal matrix of products with the same chain: ``(a, b, c, d)`` becomes ``(k·a, b, c, d)``.

    Raises
    ------
    InputError
        If the patterns differ.

    Examples
    --------
    >>> block_diagonal([np.ones((1, 1, 2, 1))], [2 * np.ones((1, 1, 2, 1))]).toarray().tolist()
    [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 2.0]]
    """
    listed = _all(terms)
    shapes = [[f.shape for f in factors] for factors in listed]
    for i, some in enumerate(shapes):
        if some != shapes[0]:
            raise InputError(f"terms[{i}] must have the patterns of terms[0]: {some} beside {shapes[0]}")
    return ButterflyOperator([np.concatenate(parts) for parts in zip(*listed, strict=True)])


def vstack(*terms: Any) -> ButterflyOperator:
    """Products with the same chain on top of each other: the block-diagonal matrix times copies of the identity.

    Examples
    --------
    >>> vstack([np.ones((1, 1, 2, 1))], [2 * np.ones((1, 1, 2, 1))]).toarray().tolist()
    [[1.0, 1.0], [2.0, 2.0]]
    """
    whole = block_diagonal(*terms)
    copies = np.ones((1, len(terms), 1, whole.shape[1] // len(terms)), whole.dtype)
    return ButterflyOperator([*whole.factors, copies])


def hstack(*terms: Any) -> ButterflyOperator:
    """Products with the same chain side by side: copies of the identity times the block-diagonal matrix.

    Examples
    --------
    >>> hstack([np.ones((1, 2, 1, 1))], [2 * np.ones((1, 2, 1, 1))]).toarray().tolist()
    [[1.0, 2.0], [1.0, 2.0]]
    """
    whole = block_diagonal(*terms)
    copies = np.ones((1, 1, len(terms), whole.shape[0] // len(terms)), whole.dtype)
    return ButterflyOperator([copies, *whole.factors])


def inverse(factors: Any) -> ButterflyOperator:
    """The inverse: inverses of the blocks of the factors, in reverse order.

    Parameters
    ----------
    factors : ButterflyFactorization, ButterflyOperator or sequence of arrays (a, b, c, d)
        Every factor with square blocks, ``b = c``.

    Raises
    ------
    InputError
        If blocks are not square, or one is singular (then so is the product).

    Examples
    --------
    >>> from scipy.linalg import hadamard
    >>> from solvers import factorize_butterfly
    >>> h = factorize_butterfly(hadamard(8))
    >>> bool(np.allclose(inverse(h).toarray() @ hadamard(8), np.eye(8)))
    True
    """
    out = []
    for i, f in enumerate(_values(factors)):
        if f.shape[1] != f.shape[2]:
            raise InputError(f"factors[{i}] must have square blocks to be inverted, got (a, b, c, d) = {f.shape}")
        blocks = f.transpose(0, 3, 1, 2)
        try:
            turned = np.linalg.inv(blocks)
        except np.linalg.LinAlgError:
            raise InputError(f"factors[{i}] has a singular block: the product has no inverse") from None
        out.append(np.ascontiguousarray(turned.transpose(0, 2, 3, 1)))
    return ButterflyOperator(out[::-1])
