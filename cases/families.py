"""Parametrised families of supports: functions from sizes to a :class:`closedness.SupportProduct`.

Rows and columns count from 0. Families of two factors are given as supports ``(I, J)`` of ``X Yᵀ`` inside, and as the
chain of factors outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import prod

from closedness import Support, SupportProduct
from closedness.errors import InputError

__all__ = [
    "arrow",
    "banded",
    "beside_full",
    "blocks",
    "butterfly",
    "butterfly_split",
    "completion",
    "deformable",
    "deformable_chain",
    "dense",
    "disjoint_blocks",
    "four_lines",
    "fourier_chain",
    "fourier_split",
    "hodlr",
    "kaleidoscope",
    "kaleidoscope_pair",
    "low_rank_plus_diagonal",
    "lower_times_lower",
    "lower_times_upper",
    "merged",
    "monarch",
    "pruned",
    "rank_one_supports",
    "upper_times_lower",
    "upper_times_upper",
]

Rectangle = tuple[Iterable[int], Iterable[int]]


def _positive(**sizes: int) -> None:
    for name, size in sizes.items():
        if type(size) is not int or size < 1:
            raise InputError(f"{name} is {size!r}, not a positive integer")


def _drawn(m: int, n: int, inside: Callable[[int, int], bool]) -> Support:
    return Support((m, n), [[j for j in range(n) if inside(i, j)] for i in range(m)])


def rank_one_supports(m: int, n: int, rectangles: Sequence[Rectangle]) -> SupportProduct:
    """The pair with one hidden index for each rectangle ``(rows, columns)``.

    Examples
    --------
    >>> rank_one_supports(2, 2, [([0, 1], [0, 1]), ([1], [1])])
    SupportProduct.from_text('10/11 * 11/01')
    """
    pairs = [(frozenset(rows), frozenset(columns)) for rows, columns in rectangles]
    left = [[k for k, (rows, _) in enumerate(pairs) if i in rows] for i in range(m)]
    right = [sorted(columns) for _, columns in pairs]
    return SupportProduct([Support((m, len(pairs)), left), Support((len(pairs), n), right)])


# -------------------------------------------------------------------- triangular factors


def lower_times_upper(n: int) -> SupportProduct:
    """``L U`` without pivoting: lower triangular times upper triangular.

    Examples
    --------
    >>> print(lower_times_upper(3))
    1..   111
    11. · .11
    111   ..1
    """
    _positive(n=n)
    lower = _drawn(n, n, lambda i, j: j <= i)
    return SupportProduct([lower, lower.T])


def upper_times_lower(n: int) -> SupportProduct:
    """Upper triangular times lower triangular: the LU support with rows and columns reversed."""
    _positive(n=n)
    upper = _drawn(n, n, lambda i, j: j >= i)
    return SupportProduct([upper, upper.T])


def lower_times_lower(n: int) -> SupportProduct:
    """Product of two lower triangular matrices; it is lower triangular again."""
    _positive(n=n)
    lower = _drawn(n, n, lambda i, j: j <= i)
    return SupportProduct([lower, lower])


def upper_times_upper(n: int) -> SupportProduct:
    """Product of two upper triangular matrices; it is upper triangular again."""
    return lower_times_lower(n).T


def banded(n: int, below: int, above: int) -> SupportProduct:
    """Lower banded times upper banded, bandwidths ``below`` and ``above``: LU factors of a banded matrix."""
    _positive(n=n)
    left = _drawn(n, n, lambda i, j: 0 <= i - j <= below)
    right = _drawn(n, n, lambda i, j: 0 <= j - i <= above)
    return SupportProduct([left, right])


def arrow(n: int, *, pointing_down: bool) -> SupportProduct:
    """Triangular factors of an arrow matrix (one full row, one full column, the diagonal).

    With ``pointing_down`` the full row and column come last (an elimination without fill-in), else first (and the
    factors keep to the arrow, which they would not in an elimination).
    """
    _positive(n=n)
    tip = n - 1 if pointing_down else 0
    left = _drawn(n, n, lambda i, j: i == j or (i == tip and j <= i) or (j == tip and j <= i))
    return SupportProduct([left, left.T])


# -------------------------------------------------------------------- low rank and blocks


def dense(m: int, r: int, n: int) -> SupportProduct:
    """All entries free: the matrices of rank at most ``r``."""
    _positive(m=m, r=r, n=n)
    return SupportProduct([Support.kronecker(1, m, r, 1), Support.kronecker(1, r, n, 1)])


def beside_full(left: Sequence[Sequence[int]], n: int) -> SupportProduct:
    """A factor with zeros times a full one with `n` columns: loadings times scores, strengths times activities.

    Examples
    --------
    >>> beside_full([[1, 1], [1, 0], [0, 1]], 2)
    SupportProduct.from_text('11/10/01 * 11/11')
    """
    _positive(n=n)
    support = Support.read(left)
    r = support.shape[1]
    return SupportProduct([support, Support.from_rows((r, n), [range(n)] * r)])


def markers_and_items(hidden: int, items: Sequence[int]) -> SupportProduct:
    """One row for each hidden index alone, and rows that use the first so many, beside a full factor.

    Examples
    --------
    >>> markers_and_items(2, [2])
    SupportProduct.from_text('10/01/11 * 11/11')
    """
    _positive(hidden=hidden)
    alone = [[int(i == k) for k in range(hidden)] for i in range(hidden)]
    return beside_full([*alone, *([int(k < size) for k in range(hidden)] for size in items)], hidden)


def each_misses_one(hidden: int, full: int) -> SupportProduct:
    """Rows that use all hidden indices but one, one row for each of these, and full rows, beside a full factor.

    Examples
    --------
    >>> each_misses_one(2, 1)
    SupportProduct.from_text('01/10/11 * 11/11')
    """
    _positive(hidden=hidden)
    hollow = [[int(i != k) for k in range(hidden)] for i in range(hidden)]
    return beside_full([*hollow, *([[1] * hidden] * full)], hidden)


def blocks(sizes: Sequence[tuple[int, int, int]]) -> SupportProduct:
    """Block-diagonal factors: rank at most ``r`` in each ``m × n`` block, for every ``(m, r, n)``."""
    rectangles: list[Rectangle] = []
    row = column = 0
    for m, r, n in sizes:
        _positive(m=m, r=r, n=n)
        rectangles += [(range(row, row + m), range(column, column + n))] * r
        row, column = row + m, column + n
    return rank_one_supports(row, column, rectangles)


def four_lines(given: int, *, free_cell: bool = False) -> SupportProduct:
    """Matrices of four rows for which a line meets four lines in projective three-space.

    The columns of each pair span a line, and the matrix is a product iff a line meets all these lines and the
    ``given`` coordinate lines: that of the first two rows, and for ``given=2`` also that of the last two rows.

    Parameters
    ----------
    given : {0, 1, 2}
        How many of the four lines are coordinate lines.
    free_cell : bool
        Whether entry ``(2, 0)`` is arbitrary.
    """
    if given not in (0, 1, 2):
        raise InputError(f"given is {given}, not 0, 1 or 2")
    n = 2 * (4 - given)
    everything = [*range(n)]
    coordinate = ([0, 1], [2, 3])[:given]
    lines: list[Rectangle] = [(rows, everything) for rows in (*coordinate, *[[0, 1, 2, 3]] * (2 - given))]
    pairs: list[Rectangle] = [([0, 1, 2, 3], [j, j + 1]) for j in range(0, n, 2)]
    return rank_one_supports(4, n, [*lines, *pairs, *([([2], [0])] if free_cell else [])])


def disjoint_blocks(count: int, size: int, rank: int) -> SupportProduct:
    """A ``count × count`` tiling by square blocks, each of rank at most ``rank``: disjoint or identical supports."""
    _positive(count=count, size=size, rank=rank)
    rectangles: list[Rectangle] = []
    for a in range(count):
        for b in range(count):
            tile = (range(a * size, (a + 1) * size), range(b * size, (b + 1) * size))
            rectangles += [tile] * rank
    return rank_one_supports(count * size, count * size, rectangles)


def low_rank_plus_diagonal(n: int, rank: int = 1) -> SupportProduct:
    """``U Vᵀ + D`` with ``rank`` columns in U and V and a diagonal D, as one pair of supports.

    Examples
    --------
    >>> print(low_rank_plus_diagonal(3))
    11..   111
    1.1. · 1..
    1..1   .1.
           ..1
    """
    _positive(n=n, rank=rank)
    everything = range(n)
    rectangles: list[Rectangle] = [(everything, everything)] * rank
    return rank_one_supports(n, n, rectangles + [([i], [i]) for i in range(n)])


def hodlr(levels: int, leaf: int = 1, rank: int = 1) -> SupportProduct:
    """Hierarchical off-diagonal low rank: diagonal blocks of order ``leaf`` are free, all others of rank ``rank``.

    The blocks of all levels are disjoint, each is a class of ``rank`` equal rectangles (``leaf`` for diagonal ones).
    """
    _positive(levels=levels, leaf=leaf, rank=rank)
    n = leaf << levels
    rectangles: list[Rectangle] = []
    for level in range(1, levels + 1):
        size = n >> level
        for b in range(0, 1 << level, 2):
            first, second = range(b * size, (b + 1) * size), range((b + 1) * size, (b + 2) * size)
            rectangles += [(first, second)] * rank + [(second, first)] * rank
    for b in range(1 << levels):
        rectangles += [(range(b * leaf, (b + 1) * leaf),) * 2] * leaf
    return rank_one_supports(n, n, rectangles)


# -------------------------------------------------------------------- fast transforms

Chain = list[tuple[int, int, int, int]]


def butterfly(n: int) -> Chain:
    """The butterfly chain ``(2^{l-1}, 2, 2, n/2^l)`` of the fast Fourier and Hadamard transforms.

    Examples
    --------
    >>> butterfly(8)
    [(1, 2, 2, 4), (2, 2, 2, 2), (4, 2, 2, 1)]
    """
    _positive(n=n)
    if n < 2 or n & (n - 1):
        raise InputError(f"n is {n}, not a power of two from 2 on")
    return [(1 << l, 2, 2, n >> (l + 1)) for l in range(n.bit_length() - 1)]


def merged(chain: Chain) -> tuple[int, int, int, int]:
    """The support of the product of a chainable chain, ``(a_1, b_1 d_1/d_N, a_N c_N/a_1, d_N)``.

    Examples
    --------
    >>> merged(butterfly(8))
    (1, 8, 8, 1)
    """
    (a, b, _, d), (a_n, _, c_n, d_n) = chain[0], chain[-1]
    return a, b * d // d_n, a_n * c_n // a, d_n


def butterfly_split(n: int, split: int) -> SupportProduct:
    """The butterfly chain of order ``n`` cut after ``split`` factors, each side multiplied out to one factor."""
    chain = butterfly(n)
    if not 1 <= split < len(chain):
        raise InputError(f"split is {split}, not between 1 and {len(chain) - 1}")
    return SupportProduct.from_kronecker([merged(chain[:split]), merged(chain[split:])])


def fourier_split(n: int, split: int) -> SupportProduct:
    """A split of the butterfly chain with bit-reversed columns: supports of the fast Fourier transform of order n."""
    product = butterfly_split(n, split)
    return SupportProduct([product[0], product[1].permute(cols=_bit_reversal(n))])


def fourier_chain(n: int) -> SupportProduct:
    """All butterfly factors of order ``n`` and the bit reversal as a last factor: the fast Fourier transform.

    Examples
    --------
    >>> len(fourier_chain(8)), fourier_chain(8).shape
    (4, (8, 8))
    """
    factors = SupportProduct.from_kronecker(butterfly(n)).factors if n > 2 else (Support.kronecker(1, 2, 2, 1),)
    return SupportProduct([*factors, Support((n, n), [[j] for j in _bit_reversal(n)])])


def _bit_reversal(n: int) -> list[int]:
    digits = n.bit_length() - 1
    return [int(f"{j:0{digits}b}"[::-1], 2) for j in range(n)]


def monarch(blocks: int, size: int) -> SupportProduct:
    """The Monarch pair ``1_{blocks×blocks} ⊗ I_size`` times ``I_blocks ⊗ 1_{size×size}``."""
    _positive(blocks=blocks, size=size)
    return SupportProduct.from_kronecker([(1, blocks, blocks, size), (blocks, size, size, 1)])


def deformable(rows: tuple[int, int], columns: tuple[int, int], rank: int) -> SupportProduct:
    """Two factors of a deformable butterfly: rectangular radices and any rank at the split."""
    _positive(rank=rank)
    left, right = (1, rows[0], rank * columns[0], rows[1]), (columns[0], rank * rows[1], columns[1], 1)
    return SupportProduct.from_kronecker([left, right])


def deformable_chain(rows: Sequence[int], columns: Sequence[int], rank: int) -> SupportProduct:
    """A deformable butterfly with any number of factors: radices ``rows[l] × columns[l]``, the same rank at all splits.

    Examples
    --------
    >>> deformable_chain([2, 3], [4, 5], 2) == deformable((2, 3), (4, 5), 2)
    True
    """
    _positive(rank=rank)
    last = len(rows) - 1
    if len(columns) != len(rows) or last < 1:
        raise InputError(f"rows has {len(rows)} and columns {len(columns)} radices, not the same number from 2 on")
    ranks = [1, *[rank] * last, 1]
    return SupportProduct.from_kronecker(
        (prod(columns[:l]), ranks[l] * rows[l], ranks[l + 1] * columns[l], prod(rows[l + 1 :])) for l in range(last + 1)
    )


def kaleidoscope(n: int) -> SupportProduct:
    """The kaleidoscope chain: the butterfly factors of order ``n``, then the same transposed, in reverse order.

    Examples
    --------
    >>> [factor.nnz for factor in kaleidoscope(4)]
    [8, 8, 8, 8]
    """
    chain = butterfly(n)
    return SupportProduct.from_kronecker([*chain, *((a, c, b, d) for a, b, c, d in reversed(chain))])


def kaleidoscope_pair(n: int, factor: int) -> SupportProduct:
    """Butterfly factor ``factor`` of order ``n`` times its transpose: a neighbour pair of the kaleidoscope chain."""
    chain = butterfly(n)
    if not 0 <= factor < len(chain):
        raise InputError(f"factor is {factor}, not between 0 and {len(chain) - 1}")
    a, b, c, d = chain[factor]
    return SupportProduct.from_kronecker([(a, b, c, d), (a, c, b, d)])


# -------------------------------------------------------------------- completion and pruning


def completion(known: Sequence[str], rank: int = 1) -> SupportProduct:
    """Low-rank matrix completion as a factorisation with fixed supports (the reduction behind NP-hardness).

    Parameters
    ----------
    known : sequence of str
        Rows of the mask: ``1`` for a known entry, anything else for an unknown one.
    rank : int
        Rank of the completed matrix.

    Returns
    -------
    SupportProduct
        ``rank`` hidden indices with full column in X and Y, and for each column with unknown entries one more index
        that makes them arbitrary. Closed exactly when the restrictions to the known entries of the matrices of rank at
        most ``rank`` are.

    References
    ----------
    N. Gillis, F. Glineur, 2011; Q.-T. Le, E. Riccietti, R. Gribonval, 2023.
    """
    m, n = len(known), len(known[0])
    rectangles: list[Rectangle] = [(range(m), range(n))] * rank
    for j in range(n):
        unknown = [i for i in range(m) if known[i][j] != "1"]
        if unknown:
            rectangles.append((unknown, [j]))
    return rank_one_supports(m, n, rectangles)


def pruned(m: int, r: int, n: int, density: float, seed: int) -> SupportProduct:
    """Masks left by magnitude pruning of Gaussian weights: the largest entries of each factor survive.

    Parameters
    ----------
    m, r, n : int
        Shapes ``m × r`` and ``r × n``.
    density : float
        Share of the entries that survive, in each factor (at least one).
    seed : int
        Seed of ``random.Random``, the same on every machine.
    """
    from random import Random

    _positive(m=m, r=r, n=n)
    if not 0 < density <= 1:
        raise InputError(f"density is {density}, not in (0, 1]")
    draw = Random(seed)
    factors = []
    for rows, columns in ((m, r), (r, n)):
        weights = {(i, j): abs(draw.gauss(0.0, 1.0)) for i in range(rows) for j in range(columns)}
        keep = max(1, round(density * rows * columns))
        largest = set(sorted(weights, key=lambda cell: -weights[cell])[:keep])
        kept = [[j for j in range(columns) if (i, j) in largest] for i in range(rows)]
        factors.append(Support((rows, columns), kept))
    return SupportProduct(factors)
