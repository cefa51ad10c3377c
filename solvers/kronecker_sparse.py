"""Kronecker-sparse patterns ``(a, b, c, d)``, chains of them, chainability and redundancy.

A pattern ``(a, b, c, d)`` is the support ``I_a ⊗ 1_{b×c} ⊗ I_d`` of a matrix with ``abd`` rows and ``acd`` columns. The
values of such a matrix are kept as an array ``v`` of shape ``(a, b, c, d)`` with
``M[i·b·d + j·d + l, i·c·d + k·d + l] = v[i, j, k, l]``.

References
----------
L. Zheng, Q.-T. Le, E. Riccietti, R. Gribonval, *Butterfly factorization with error guarantees*, SIMAX 2025,
arXiv:2411.04506.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple, overload

from closedness import Support, SupportProduct
from closedness.errors import InputError
from solvers.arrays import is_positive_int

__all__ = ["KroneckerPattern", "Chain", "pair_rank"]


class KroneckerPattern(NamedTuple):
    """The pattern ``I_a ⊗ 1_{b×c} ⊗ I_d``; equal to the plain tuple ``(a, b, c, d)``.

    Examples
    --------
    >>> p = KroneckerPattern(2, 2, 3, 1)
    >>> p.shape, p == (2, 2, 3, 1)
    ((4, 6), True)
    >>> print(p.support())
    111...
    111...
    ...111
    ...111
    """

    a: int
    b: int
    c: int
    d: int

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns, ``(abd, acd)``."""
        return self.a * self.b * self.d, self.a * self.c * self.d

    @property
    def size(self) -> int:
        """Number of cells of the support, ``abcd``."""
        return self.a * self.b * self.c * self.d

    @property
    def T(self) -> KroneckerPattern:
        """Pattern of the transposed matrix, ``(a, c, b, d)``."""
        return KroneckerPattern(self.a, self.c, self.b, self.d)

    def support(self) -> Support:
        """The 0/1 support as a value of :mod:`closedness`."""
        return Support.kronecker(self.a, self.b, self.c, self.d)


def read_pattern(obj: Any, name: str = "pattern") -> KroneckerPattern:
    """Four positive integers as a pattern; raises :class:`InputError` that names ``name`` otherwise."""
    try:
        values = tuple(obj)
    except TypeError:
        raise InputError(f"{name} must be four positive integers (a, b, c, d), got {obj!r}") from None
    if len(values) != 4 or not all(is_positive_int(v) for v in values):
        raise InputError(f"{name} must be four positive integers (a, b, c, d), got {values!r}")
    a, b, c, d = (int(v) for v in values)
    return KroneckerPattern(a, b, c, d)


def pair_obstacle(left: KroneckerPattern, right: KroneckerPattern) -> str:
    """Why two patterns are not chainable, in one sentence; empty when they are."""
    rows, cols = right.shape[0], left.shape[1]
    if cols != rows:
        return f"{tuple(left)} has {cols} columns but {tuple(right)} has {rows} rows"
    if right.a % left.a:
        return f"a = {left.a} of {tuple(left)} does not divide a = {right.a} of {tuple(right)}"
    if left.d % right.d:
        return f"d = {right.d} of {tuple(right)} does not divide d = {left.d} of {tuple(left)}"
    if (left.a * left.c) % right.a:
        return f"the rank a1*c1/a2 = {left.a * left.c}/{right.a} of {tuple(left)}, {tuple(right)} is not an integer"
    return ""


def pair_rank(left: KroneckerPattern, right: KroneckerPattern) -> int:
    """Rank ``q = a1·c1/a2 = b2·d2/d1`` of a chainable pair: the size of each of its classes.

    Raises
    ------
    InputError
        If the pair is not chainable.

    Examples
    --------
    >>> pair_rank(KroneckerPattern(1, 2, 2, 2), KroneckerPattern(2, 2, 2, 1))
    1
    """
    why = pair_obstacle(left, right)
    if why:
        raise InputError(f"the pair is not chainable: {why}")
    return left.a * left.c // right.a


def pair_product(left: KroneckerPattern, right: KroneckerPattern) -> KroneckerPattern:
    """Pattern of the product of a chainable pair: ``(a1, b1·d1/d2, a2·c2/a1, d2)``."""
    return KroneckerPattern(left.a, left.b * left.d // right.d, right.a * right.c // left.a, right.d)


class Chain(Sequence[KroneckerPattern]):
    """An immutable sequence of Kronecker-sparse patterns as multiplied, ``A ≈ X_1 X_2 … X_L``.

    Parameters
    ----------
    patterns : iterable of (a, b, c, d)
        At least one pattern; the columns of each must equal the rows of the next.

    Raises
    ------
    InputError
        If a pattern is not four positive integers or sizes of neighbours differ.

    Notes
    -----
    A chain is *chainable* when every pair of neighbours is: sizes match, ``a1 | a2``, ``d2 | d1`` and the rank
    ``q = a1·c1/a2 = b2·d2/d1`` is an integer. Then the set of products is closed and :func:`factorize_butterfly`
    applies.

    Examples
    --------
    >>> chain = Chain([(1, 2, 2, 4), (2, 2, 2, 2), (4, 2, 2, 1)])
    >>> chain.shape, chain.chainable, chain.ranks
    ((8, 8), True, (1, 1))
    >>> chain.product
    KroneckerPattern(a=1, b=8, c=8, d=1)
    """

    __slots__ = ("_obstacle", "_patterns")
    _patterns: tuple[KroneckerPattern, ...]
    _obstacle: str

    def __init__(self, patterns: Iterable[Any]) -> None:
        if isinstance(patterns, (str, bytes)) or not isinstance(patterns, Iterable):
            raise InputError(f"chain must be a sequence of patterns (a, b, c, d), got {patterns!r}")
        read = tuple(read_pattern(p, f"chain[{i}]") for i, p in enumerate(patterns))
        if not read:
            raise InputError("chain must have at least one pattern (a, b, c, d), got none")
        for i, (left, right) in enumerate(pairwise(read)):
            if left.shape[1] != right.shape[0]:
                raise InputError(
                    f"chain[{i + 1}] must have as many rows as chain[{i}] has columns: "
                    f"{tuple(left)} has {left.shape[1]} columns, {tuple(right)} has {right.shape[0]} rows"
                )
        object.__setattr__(self, "_patterns", read)
        why = ((i, pair_obstacle(read[i], read[i + 1])) for i in range(len(read) - 1))
        bad = next((f"factors {i + 1} and {i + 2} are not chainable: {text}" for i, text in why if text), "")
        object.__setattr__(self, "_obstacle", bad)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"Chain is immutable: cannot set {name!r}")

    def __reduce__(self) -> tuple[type[Chain], tuple[tuple[tuple[int, ...], ...]]]:
        return type(self), (tuple(tuple(p) for p in self._patterns),)

    @overload
    def __getitem__(self, index: int) -> KroneckerPattern: ...
    @overload
    def __getitem__(self, index: slice) -> Chain: ...
    def __getitem__(self, index: int | slice) -> KroneckerPattern | Chain:
        return Chain(self._patterns[index]) if isinstance(index, slice) else self._patterns[index]

    def __len__(self) -> int:
        return len(self._patterns)

    def __iter__(self) -> Iterator[KroneckerPattern]:
        return iter(self._patterns)

    def __eq__(self, other: object) -> bool:
        return self._patterns == other._patterns if isinstance(other, Chain) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._patterns)

    def __repr__(self) -> str:
        return f"Chain([{', '.join(str(tuple(p)) for p in self._patterns)}])"

    def __matmul__(self, other: Chain) -> Chain:
        return Chain((*self, *other))

    @property
    def patterns(self) -> tuple[KroneckerPattern, ...]:
        """The patterns, first factor first."""
        return self._patterns

    @property
    def shape(self) -> tuple[int, int]:
        """Shape ``(m, n)`` of the product."""
        return self._patterns[0].shape[0], self._patterns[-1].shape[1]

    @property
    def T(self) -> Chain:
        """Chain of the transposed product: patterns transposed, in reverse order."""
        return Chain(p.T for p in reversed(self._patterns))

    @property
    def obstacle(self) -> str:
        """Why the chain is not chainable, naming the first bad pair; empty when it is."""
        return self._obstacle

    @property
    def chainable(self) -> bool:
        """Whether every pair of neighbours is chainable."""
        return not self.obstacle

    def require_chainable(self) -> None:
        """Raise :class:`InputError` with the reason unless the chain is chainable."""
        if self._obstacle:
            raise InputError(f"chain is not chainable: {self._obstacle}")

    @property
    def ranks(self) -> tuple[int, ...]:
        """Ranks ``q_1 … q_{L-1}`` at the splits of a chainable chain."""
        self.require_chainable()
        return tuple(pair_rank(self[i], self[i + 1]) for i in range(len(self) - 1))

    @property
    def product(self) -> KroneckerPattern:
        """Pattern of the whole product of a chainable chain."""
        return self.piece(0, len(self))

    def piece(self, start: int, stop: int) -> KroneckerPattern:
        """Pattern of the product of the factors ``start … stop-1`` (0-based) of a chainable chain."""
        self.require_chainable()
        first, last = self[start], self[stop - 1]
        return KroneckerPattern(first.a, first.b * first.d // last.d, last.a * last.c // first.a, last.d)

    @property
    def redundant_pairs(self) -> tuple[int, ...]:
        """Indices ``i`` such that the pair ``i, i+1`` is redundant: ``q ≥ min(b_i, c_{i+1})``."""
        return tuple(i for i, q in enumerate(self.ranks) if q >= min(self[i].b, self[i + 1].c))

    def without_redundancy(self) -> tuple[Chain, tuple[tuple[int, ...], ...]]:
        """An equally expressive chain without redundant pairs, and which old factors each new one replaces.

        A redundant pair is replaced by the pattern of its product, which the pair can represent completely
        (arXiv:2411.04506, Algorithm 4.1).

        Examples
        --------
        >>> chain = Chain([(1, 2, 4, 2), (2, 4, 2, 1)])   # rank 2 in blocks of 2 x 2: no constraint at all
        >>> chain.without_redundancy()
        (Chain([(1, 4, 4, 1)]), ((0, 1),))
        """
        self.require_chainable()
        kept = list(self._patterns)
        groups: list[tuple[int, ...]] = [(i,) for i in range(len(kept))]
        i = 0
        while i < len(kept) - 1:
            left, right = kept[i], kept[i + 1]
            if pair_rank(left, right) >= min(left.b, right.c):
                kept[i : i + 2] = [pair_product(left, right)]
                groups[i : i + 2] = [groups[i] + groups[i + 1]]
                i = max(i - 1, 0)
            else:
                i += 1
        return Chain(kept), tuple(groups)

    def parameters(self) -> int:
        """Number of stored values, the sum of ``abcd``."""
        return sum(p.size for p in self._patterns)

    def support_product(self) -> SupportProduct:
        """The chain of supports as a question for :func:`closedness.decide`."""
        return SupportProduct([p.support() for p in self._patterns])
