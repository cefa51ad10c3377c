"""Named families of chains and of pairs of supports."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from closedness import Support, SupportProduct
from closedness.errors import InputError
from solvers.arrays import is_positive_int
from solvers.kronecker_sparse import Chain, KroneckerPattern

__all__ = [
    "square_dyadic",
    "monarch",
    "deformable",
    "block_butterfly",
    "kaleidoscope",
    "low_rank",
    "lu",
    "hierarchical",
    "bit_reversal",
    "padded_shape",
    "named_chain",
    "read_chain",
    "pattern_of",
]


def _size(shape: tuple[int, int] | int, name: str) -> tuple[int, int]:
    """A shape from a shape or from the order of a square matrix."""
    both = (shape, shape) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if len(both) != 2 or not all(is_positive_int(v) for v in both):
        raise InputError(f"shape of {name} must be two positive integers, got {shape!r}")
    return int(both[0]), int(both[1])


def square_dyadic(shape: tuple[int, int] | int) -> Chain:
    """The butterfly chain ``(2^{l-1}, 2, 2, n/2^l)``, ``l = 1 … log2 n``; ``(1, 1, 1, 1)`` for ``n = 1``.

    Examples
    --------
    >>> square_dyadic((4, 4))
    Chain([(1, 2, 2, 2), (2, 2, 2, 1)])
    """
    return _square_dyadic(*_size(shape, "the dyadic chain"))


@lru_cache(maxsize=64)
def _square_dyadic(m: int, n: int) -> Chain:
    """Build the chain once per size."""
    if m != n or n & (n - 1):
        raise InputError(f"the dyadic chain needs a square shape with a power of two, got {(m, n)}")
    levels = n.bit_length() - 1
    return Chain([(1 << l, 2, 2, n >> (l + 1)) for l in range(levels)] or [(1, 1, 1, 1)])


def _near_root(n: int) -> int:
    """Divisor of ``n`` nearest to its square root."""
    divisors = [k for k in range(1, math.isqrt(n) + 1) if n % k == 0]
    low = divisors[-1]
    return min((low, n // low), key=lambda k: (abs(k - math.sqrt(n)), k))


def monarch(shape: tuple[int, int] | int, p: int | None = None, q: int | None = None) -> Chain:
    """The Monarch chain ``(1, p, q, m/p), (q, m/p, n/q, 1)``; ``p`` and ``q`` near the square roots by default.

    Examples
    --------
    >>> monarch((16, 16))
    Chain([(1, 4, 4, 4), (4, 4, 4, 1)])
    """
    m, n = _size(shape, "the Monarch chain")
    p = _near_root(m) if p is None else p
    q = _near_root(n) if q is None else q
    for name, part, whole in (("p", p, m), ("q", q, n)):
        if not is_positive_int(part) or whole % part:
            raise InputError(f"{name} must be a positive divisor of {whole}, got {part!r}")
    return Chain([(1, p, q, m // p), (q, m // p, n // q, 1)])


def deformable(rows: Sequence[int], cols: Sequence[int], ranks: Sequence[int] | int = 1) -> Chain:
    """The chain with row radices, column radices and ranks: every chainable chain with a dense product has this form.

    Parameters
    ----------
    rows, cols : sequence of L positive int
        Radices with ``∏ rows = m`` and ``∏ cols = n``.
    ranks : int or sequence of L - 1 positive int

    Returns
    -------
    Chain
        ``a_l = ∏_{k<l} cols_k``, ``d_l = ∏_{k>l} rows_k``, ``b_l = q_{l-1}·rows_l``, ``c_l = q_l·cols_l`` with ``q_0
        = q_L = 1``.

    Examples
    --------
    >>> deformable([2, 3], [4, 5], 2)
    Chain([(1, 2, 8, 3), (4, 6, 5, 1)])
    """
    count = len(rows)
    if count == 0 or len(cols) != count:
        raise InputError(f"rows and cols must have the same positive length, got {len(rows)} and {len(cols)}")
    inner = [ranks] * (count - 1) if isinstance(ranks, (int, np.integer)) else list(ranks)
    if len(inner) != count - 1:
        raise InputError(f"ranks must have {count - 1} entries, got {len(inner)}")
    full = [1, *inner, 1]
    return Chain(
        [
            (math.prod(cols[:l]), full[l] * rows[l], full[l + 1] * cols[l], math.prod(rows[l + 1 :]))
            for l in range(count)
        ]
    )


def block_butterfly(n: int, rank: int) -> Chain:
    """The butterfly of order ``n`` with the same rank at all splits: radix 2, larger radices at both ends.

    The number of factors is as large as possible without redundancy.

    Examples
    --------
    >>> block_butterfly(32, 2)
    Chain([(1, 4, 8, 8), (4, 4, 4, 4), (8, 8, 4, 1)])
    """
    m, _ = _size(n, "the block butterfly")
    if not is_positive_int(rank):
        raise InputError(f"rank must be a positive integer, got {rank!r}")
    first = 2
    while first <= rank:
        first *= 2
    levels = 0
    while m % (first * first * 2**levels) == 0:
        levels += 1
    if m & (m - 1) or levels == 0:
        raise InputError(f"n must be a power of two and at least {first * first} for rank {rank}, got {n}")
    middle = levels - 1
    rest = m // (first * 2**middle)
    return deformable([first, *[2] * middle, rest], [rest, *[2] * middle, first], rank)


def kaleidoscope(n: int) -> Chain:
    """A butterfly times a transposed butterfly, ``2·log2 n`` factors: not chainable for ``n > 2``.

    Examples
    --------
    >>> kaleidoscope(4).obstacle
    'factors 3 and 4 are not chainable: a = 2 of (2, 2, 2, 1) does not divide a = 1 of (1, 2, 2, 2)'
    """
    chain = square_dyadic(n)
    return chain @ chain.T


def low_rank(m: int, n: int, rank: int) -> Chain:
    """Dense ``m × rank`` times dense ``rank × n``."""
    return Chain([(1, m, rank, 1), (1, rank, n, 1)])


def lu(n: int) -> SupportProduct:
    """Lower times upper triangular of order ``n``, without pivoting; not closed for ``n ≥ 2``."""
    lower = [range(i + 1) for i in range(n)]
    return SupportProduct([Support.from_rows((n, n), lower), Support.from_rows((n, n), lower).T])


def hierarchical(levels: int, rank: int = 1, leaf: int = 1) -> SupportProduct:
    """Off-diagonal low-rank blocks by bisection (HODLR), order ``n = leaf·2^levels``, as one pair of supports.

    At each level the two off-diagonal blocks of every node have ``rank`` hidden indices each; the diagonal leaves are
    full.

    Examples
    --------
    >>> hierarchical(1).shape, hierarchical(1).inner
    ((2, 2), (4,))
    """
    n = leaf << levels
    parts: list[tuple[range, range]] = []
    for level in range(1, levels + 1):
        width = n >> level
        for node in range(0, 1 << level, 2):
            up = range(node * width, (node + 1) * width)
            low = range((node + 1) * width, (node + 2) * width)
            parts += [(up, low)] * min(rank, width) + [(low, up)] * min(rank, width)
    for start in range(0, n, leaf):
        parts += [(range(start, start + leaf), range(start, start + leaf))] * leaf
    x = np.zeros((n, len(parts)), bool)
    y = np.zeros((n, len(parts)), bool)
    for k, (rows, cols) in enumerate(parts):
        x[rows.start : rows.stop, k] = True
        y[cols.start : cols.stop, k] = True
    return SupportProduct.from_pair(x, y)


def bit_reversal(n: int) -> NDArray[np.intp]:
    """The bit-reversal permutation: ``F[:, bit_reversal(n)]`` of the DFT matrix ``F`` is in the dyadic class.

    Examples
    --------
    >>> bit_reversal(8).tolist()
    [0, 4, 2, 6, 1, 5, 3, 7]
    """
    if n < 1 or n & (n - 1):
        raise InputError(f"n must be a power of two, got {n}")
    out = np.zeros(1, dtype=np.intp)
    while out.size < n:
        out = np.concatenate([2 * out, 2 * out + 1])
    return out


def padded_shape(shape: tuple[int, int], square: bool = True) -> tuple[int, int]:
    """The next powers of two, equal ones for a ``square`` chain.

    Examples
    --------
    >>> padded_shape((5, 9)), padded_shape((5, 9), square=False)
    ((16, 16), (8, 16))
    """
    m, n = (1 << (k - 1).bit_length() for k in shape)
    return (max(m, n), max(m, n)) if square else (m, n)


def named_chain(name: str, shape: tuple[int, int] | None) -> Chain:
    """The chain of a family by its name, ``"dyadic"`` or ``"monarch"``."""
    table = {"dyadic": square_dyadic, "monarch": monarch}
    if name not in table:
        raise InputError(f"chain must be one of {', '.join(table)} or a list of patterns (a, b, c, d), got {name!r}")
    if shape is None:
        raise InputError(f"the chain {name!r} needs the shape of the matrix")
    return table[name](shape)


def read_chain(chain: Any, shape: tuple[int, int] | None = None) -> Chain:
    """Read a chain: a :class:`Chain`, a sequence of 4-tuples, a foreign chain, or the name of a family.

    Parameters
    ----------
    chain : Chain, sequence of (a, b, c, d), object with ``ks_patterns``, or str
        Names: ``"dyadic"``, ``"monarch"``; they need ``shape``.
    shape : (m, n), optional
        Shape the product must have.

    Raises
    ------
    InputError
        If the chain cannot be read, the name is unknown, or the product's shape is not ``shape``.
    """
    if isinstance(chain, str):
        read = named_chain(chain, shape)
    elif isinstance(chain, Chain):
        read = chain
    else:
        read = Chain(getattr(chain, "ks_patterns", chain))
    if shape is not None and read.shape != tuple(shape):
        raise InputError(f"the product of chain must have the shape of A, {tuple(shape)}, got {read.shape}")
    return read


def pattern_of(support: Support) -> KroneckerPattern | None:
    """The pattern ``(a, b, c, d)`` whose support this is, or None; ``a`` as large as possible."""
    m, n = support.shape
    for a in (k for k in range(min(m, n), 0, -1) if m % k == 0 and n % k == 0):
        for d in (k for k in range(1, min(m, n) // a + 1) if m % (a * k) == 0 and n % (a * k) == 0):
            b, c = m // (a * d), n // (a * d)
            if a * b * c * d == support.nnz and Support.kronecker(a, b, c, d) == support:
                return KroneckerPattern(a, b, c, d)
    return None
