"""The Zariski closure of a set of products: its dimension, its generic rank, and the rank conditions that hold on it.

Proofs: section "The closure" of the theory.
"""

from __future__ import annotations

from itertools import product as choices
from typing import TYPE_CHECKING, NamedTuple

from closedness.errors import BudgetExceeded
from closedness.generic import augment
from closedness.graph import classes
from closedness.paths import PRIME, generic_rank
from closedness.pattern import bits, mask_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from closedness.product import SupportProduct
    from closedness.support import Support

__all__ = ["Closure", "RankCondition", "closure", "rank_bound", "rank_conditions"]

# every class of equal rank-one supports is treated in three ways: 3^8 = 6,561 blocks
MOST_CLASSES = 8
MOST_JACOBIAN_ENTRIES = 10_000_000


class RankCondition(NamedTuple):
    """``rank A[rows, columns] ≤ bound`` for every product ``A``: all its terms there use the hidden indices named.

    Examples
    --------
    >>> print(RankCondition((0, 1, 2), (0, 2), (0,)))
    rank of rows {0, 1, 2} × columns {0, 2} ≤ 1
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    hidden: tuple[int, ...]

    @property
    def bound(self) -> int:
        """The largest rank: the number of hidden indices."""
        return len(self.hidden)

    def __str__(self) -> str:
        rows, columns = (", ".join(map(str, lines)) for lines in (self.rows, self.columns))
        return f"rank of rows {{{rows}}} × columns {{{columns}}} ≤ {self.bound}"


class Closure(NamedTuple):
    """What is known of the Zariski closure of a set of products.

    Attributes
    ----------
    dimension : int
        Proved to be at most the true dimension, and equal to it with overwhelming probability.
    at_most : int
        Proved upper bound of the dimension. If it equals `dimension`, that is the dimension.
    cells : int
        Entries that some path reaches: the dimension of the space the products lie in.
    rank : int
        Largest rank of a product; as for `dimension`, a proved lower bound that is right with overwhelming probability.
    conditions : tuple of RankCondition, or None
        For two factors what `rank_conditions` returns, ``None`` otherwise.
    """

    dimension: int
    at_most: int
    cells: int
    rank: int
    conditions: tuple[RankCondition, ...] | None

    @property
    def dense(self) -> bool:
        """Whether the dimension found is that of the space; ``True`` is proved: over C the products are then dense."""
        return self.dimension == self.cells

    @property
    def exact(self) -> bool:
        """Whether the dimension is proved."""
        return self.dimension == self.at_most


def closure(product: SupportProduct) -> Closure:
    """Dimension, generic rank and rank conditions of the Zariski closure of a set of products.

    Parameters
    ----------
    product : SupportProduct
        Any number of factors.

    Returns
    -------
    Closure

    Raises
    ------
    BudgetExceeded
        If the Jacobian would have more than 10 million entries.

    Notes
    -----
    Dimension and rank are ranks modulo the prime 2^61 − 1 at two random points. Reduction and evaluation can only lower
    a rank, so both are proved lower bounds.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> found = closure(SupportProduct.from_text("1/1/1 * 111"))
    >>> found.dimension, found.cells, found.rank, found.dense, found.exact
    (5, 9, 1, False, True)
    >>> print(*found.conditions)
    rank of rows {0, 1, 2} × columns {0, 1, 2} ≤ 1
    """
    cells = product.support.nnz
    free = sum(factor.nnz for factor in product.factors)
    if free * cells > MOST_JACOBIAN_ENTRIES:
        raise BudgetExceeded(
            f"the Jacobian has {free}×{cells} entries, more than the {MOST_JACOBIAN_ENTRIES} that are looked at"
        )
    conditions = rank_conditions(product) if len(product) == 2 else None
    return Closure(
        generic_rank(product), min(cells, _parameters(product)), cells, _generic_rank_of(product), conditions
    )


def _parameters(product: SupportProduct) -> int:
    """Entries on paths from rows to columns, less the hidden indices on paths, each of which can be scaled."""
    factors = product.factors
    reached = [set(range(factors[0].shape[0]))]
    for factor in factors:
        reached.append({j for i in reached[-1] for j in factor.rows[i]})
    live = reached[-1]
    used = hidden = 0
    for l in range(len(factors) - 1, -1, -1):
        rows = {i: [j for j in factors[l].rows[i] if j in live] for i in reached[l]}
        used += sum(map(len, rows.values()))
        live = {i for i, row in rows.items() if row}
        hidden += len(live) if l else 0
    return used - hidden


def _generic_rank_of(product: SupportProduct, trials: int = 2) -> int:
    import random

    from flint import nmod_mat

    best = 0
    for seed in range(trials):
        rng = random.Random(seed)
        result = None
        for factor in product.factors:
            m, n = factor.shape
            values = [[0] * n for _ in range(m)]
            for i, j in factor:
                values[i][j] = rng.randrange(1, PRIME)
            matrix = nmod_mat(values, PRIME)
            result = matrix if result is None else result * matrix
        if result is not None:
            best = max(best, result.rank())
    return best


def rank_conditions(product: SupportProduct) -> tuple[RankCondition, ...] | None:
    """The rank conditions that hold for all products of two factors, those that do not follow from one another.

    Parameters
    ----------
    product : SupportProduct
        Of two factors.

    Returns
    -------
    tuple of RankCondition, or None
        Small bounds first. No condition follows from an earlier one and the support alone. Every minor in the entries
        that vanishes on all products vanishes wherever the conditions and the support hold. ``None`` if there are more
        than 8 classes of equal rank-one supports, which is too many for this search.

    Raises
    ------
    InputError
        If there are not two factors.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> rank_conditions(SupportProduct.from_text("10/11 * 11/01"))  # LU 2×2: dense
    ()
    >>> plus_diagonal = SupportProduct.from_text("1100/1010/1001 * 111/100/010/001")
    >>> rank_conditions(plus_diagonal)  # 3×3: the minors off the diagonal are too small to vanish
    ()
    """
    I, J = product.pair()
    found = classes(I, J)
    if len(found) > MOST_CLASSES:
        return None
    support = product.support
    cheapest: dict[tuple[int, int], tuple[int, ...]] = {}
    for ways in choices(range(3), repeat=len(found)):
        rows, columns = (1 << support.shape[0]) - 1, (1 << support.shape[1]) - 1
        hidden: list[int] = []
        for way, each in zip(ways, found, strict=True):
            if way == 0:
                hidden.extend(each.members)
            elif way == 1:
                rows &= ~each.rectangle.rows
            else:
                columns &= ~each.rectangle.cols
        block = _without_zero_lines(support, rows, columns)
        if block not in cheapest or len(hidden) < len(cheapest[block]):
            cheapest[block] = tuple(sorted(hidden))
    # a condition follows only from ones that come earlier in this order
    ordered = sorted(
        cheapest.items(), key=lambda item: (len(item[1]), -sum(map(int.bit_count, _cells(support, *item[0]))), item[0])
    )
    kept: list[RankCondition] = []
    for (rows, columns), inside in ordered:
        if rank_bound(support, kept, bits(rows), bits(columns)) > len(inside):
            kept.append(RankCondition(tuple(bits(rows)), tuple(bits(columns)), inside))
    return tuple(kept)


def rank_bound(
    support: Support, conditions: Iterable[RankCondition], rows: Iterable[int], columns: Iterable[int]
) -> int:
    """The best bound for the rank of a block that follows from the support and at most one of the conditions.

    Parameters
    ----------
    support : Support
        Of the product.
    conditions : iterable of RankCondition
    rows, columns : iterable of int
        The block.

    Returns
    -------
    int
        The bound of a condition plus the largest rank of the cells of the block outside it, or the largest rank of all
        cells. With all conditions of `rank_conditions` this is the generic rank of the block.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> product = SupportProduct.from_text("1/1/1 * 111")
    >>> rank_bound(product.support, rank_conditions(product), (0, 1), (0, 2))
    1
    """
    whole = _cells(support, mask_of(rows), mask_of(columns))
    best = _largest_rank(whole)
    for each in conditions:
        if each.bound < best:
            inside = mask_of(each.columns)
            rest = list(whole)
            for i in each.rows:
                rest[i] &= ~inside
            best = min(best, each.bound + _largest_rank(rest))
    return best


def _largest_rank(masks: Sequence[int]) -> int:
    """What `structural_rank` says, without building a graph: thousands of small blocks are looked at."""
    owner: dict[int, int] = {}
    edges = dict(enumerate(masks))
    return sum(augment(owner, edges, row, set()) for row in edges)


def _cells(support: Support, rows: int, columns: int) -> list[int]:
    return [mask & columns if rows >> i & 1 else 0 for i, mask in enumerate(support.row_masks)]


def _without_zero_lines(support: Support, rows: int, columns: int) -> tuple[int, int]:
    masks = _cells(support, rows, columns)
    seen = 0
    for mask in masks:
        seen |= mask
    return mask_of(i for i, mask in enumerate(masks) if mask), seen
