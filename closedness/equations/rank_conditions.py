"""Rank conditions that hold on all products with given supports: bounds for the ranks of blocks by cuts of paths.

Proofs: section "The closure" of the theory.
"""

from __future__ import annotations

from itertools import product as choices
from typing import TYPE_CHECKING, NamedTuple

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.matching import Matching
from closedness.supports.graph import classes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from closedness.supports.product import SupportProduct
    from closedness.supports.support import Support

__all__ = ["RankCondition", "rank_bound", "rank_conditions"]

# every class of equal rank-one supports is treated in three ways: 3^8 = 6,561 blocks
MOST_CLASSES = 8
# every union of row types with every union of column types: 2^12 = 4,096 blocks
MOST_TYPES = 12

Block = tuple[int, int]
Node = tuple[int, int]


class RankCondition(NamedTuple):
    """``rank A[rows, columns] ≤ bound`` for every product ``A``: all its paths there meet the hidden indices named.

    Attributes
    ----------
    rows, columns : tuple of int
        The block.
    hidden : tuple of int
        Hidden indices that meet every path from the rows to the columns.
    levels : tuple of int
        For more than two factors the level of each of them, from 1; empty for two factors, which have one level.

    Examples
    --------
    >>> print(RankCondition((0, 1, 2), (0, 2), (0,)))
    rank of rows {0, 1, 2} × columns {0, 2} ≤ 1
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    hidden: tuple[int, ...]
    levels: tuple[int, ...] = ()

    @property
    def bound(self) -> int:
        """The largest rank: the number of hidden indices."""
        return len(self.hidden)

    def __str__(self) -> str:
        rows, columns = (", ".join(map(str, lines)) for lines in (self.rows, self.columns))
        return f"rank of rows {{{rows}}} × columns {{{columns}}} ≤ {self.bound}"


def rank_conditions(product: SupportProduct) -> tuple[RankCondition, ...] | None:
    """The rank conditions that hold for all products, those that do not follow from one another.

    Parameters
    ----------
    product : SupportProduct
        Any number of factors.

    Returns
    -------
    tuple of RankCondition, or None
        Small bounds first. No condition follows from an earlier one and the support alone. Every minor in the entries
        that vanishes on all products vanishes wherever the conditions and the support hold. ``None`` when the search
        would be too long: more than 8 classes of equal rank-one supports (two factors) and more than 12 different rows
        of the first and columns of the last factor.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> rank_conditions(SupportProduct.from_text("10/11 * 11/01"))  # LU 2×2: dense
    ()
    >>> plus_diagonal = SupportProduct.from_text("1100/1010/1001 * 111/100/010/001")
    >>> rank_conditions(plus_diagonal)  # 3×3: the minors off the diagonal are too small to vanish
    ()
    >>> narrow = SupportProduct.from_text("11/11/11 * 1/1 * 11 * 111/111")  # one path index at level 2
    >>> print(*rank_conditions(narrow))
    rank of rows {0, 1, 2} × columns {0, 1, 2} ≤ 1
    """
    if len(product) == 2 and len(classes(*product.pair())) <= MOST_CLASSES:
        found = _two_factors(product)
    elif len(_types(product.factors[0].row_masks)) + len(_types(product.factors[-1].T.row_masks)) <= MOST_TYPES:
        found = _many_factors(product)
    else:
        return None
    support = product.support
    cheapest: dict[Block, list[Node]] = {}
    for block, hidden in found:
        block = _without_zero_lines(support, *block)
        if block not in cheapest or len(hidden) < len(cheapest[block]):
            cheapest[block] = sorted(hidden)
    # a condition follows only from ones that come earlier in this order
    ordered = sorted(
        cheapest.items(), key=lambda item: (len(item[1]), -sum(map(int.bit_count, _cells(support, *item[0]))), item[0])
    )
    kept: list[RankCondition] = []
    for (rows, columns), nodes in ordered:
        if rank_bound(support, kept, bits(rows), bits(columns)) > len(nodes):
            levels = tuple(level for level, _ in nodes) if len(product) > 2 else ()
            kept.append(RankCondition(tuple(bits(rows)), tuple(bits(columns)), tuple(k for _, k in nodes), levels))
    return tuple(kept)


def _two_factors(product: SupportProduct) -> Iterator[tuple[Block, list[Node]]]:
    """Every class of equal rank-one supports is inside the bound, or takes its rows or its columns away."""
    found = classes(*product.pair())
    for ways in choices(range(3), repeat=len(found)):
        rows, columns = (1 << product.shape[0]) - 1, (1 << product.shape[1]) - 1
        hidden: list[int] = []
        for way, each in zip(ways, found, strict=True):
            if way == 0:
                hidden.extend(each.members)
            elif way == 1:
                rows &= ~each.rectangle.rows
            else:
                columns &= ~each.rectangle.cols
        yield (rows, columns), [(1, k) for k in hidden]


def _many_factors(product: SupportProduct) -> Iterator[tuple[Block, list[Node]]]:
    """Every union of row types with every union of column types, and the fewest hidden indices between them."""
    row_types = list(_types(product.factors[0].row_masks).values())
    column_types = list(_types(product.factors[-1].T.row_masks).values())
    network = _Network(product)
    for rows in _unions(row_types):
        for columns in _unions(column_types):
            yield (rows, columns), network.cut(rows, columns)


def _types(masks: Sequence[int]) -> dict[int, int]:
    """Lines with equal non-zero masks, as bitmasks of lines."""
    found: dict[int, int] = {}
    for line, mask in enumerate(masks):
        if mask:
            found[mask] = found.get(mask, 0) | 1 << line
    return found


def _unions(masks: Sequence[int]) -> list[int]:
    """Unions of some of them, at least one."""
    unions = [0]
    for mask in masks:
        unions += [union | mask for union in unions]
    return unions[1:]


class _Network:
    """The paths of a product as a network in which a hidden index lets one unit through, and any row or column many.

    Nodes: the source, the rows, an entrance and an exit for each hidden index, the columns, the sink.
    """

    def __init__(self, product: SupportProduct) -> None:
        import numpy as np
        from scipy.sparse import csr_matrix

        m, n = product.shape
        self.hidden = [(level, k) for level, size in enumerate(product.inner, 1) for k in range(size)]
        place = {node: 1 + m + 2 * position for position, node in enumerate(self.hidden)}
        first_column = 1 + m + 2 * len(self.hidden)
        self.sink = first_column + n
        arcs = [(0, 1 + i) for i in range(m)] + [(first_column + j, self.sink) for j in range(n)]
        arcs += [(entrance, entrance + 1) for entrance in place.values()]
        last = len(product)
        for level, factor in enumerate(product.factors, 1):
            for i, j in factor:
                start = 1 + i if level == 1 else place[level - 1, i] + 1
                arcs.append((start, first_column + j if level == last else place[level, j]))
        self.many = len(self.hidden) + 1
        tails, heads = zip(*arcs, strict=True)
        # the data are the places in the list of arcs, until `cut` puts capacities
        shape = (self.sink + 1, self.sink + 1)
        graph = csr_matrix((np.arange(1, len(arcs) + 1), (tails, heads)), shape=shape)
        self._order = graph.data - 1
        self._graph = graph.astype(np.int32)
        self._capacities = np.full(len(arcs), self.many, dtype=np.int32)
        self._capacities[m + n : m + n + len(self.hidden)] = 1
        self._sides = m, n

    def cut(self, rows: int, columns: int) -> list[Node]:
        """Fewest hidden indices that meet all paths from these rows to these columns."""
        from scipy.sparse.csgraph import breadth_first_order, maximum_flow

        m, n = self._sides
        self._capacities[:m] = [self.many * (rows >> i & 1) for i in range(m)]
        self._capacities[m : m + n] = [self.many * (columns >> j & 1) for j in range(n)]
        self._graph.data[:] = self._capacities[self._order]
        flow = maximum_flow(self._graph, 0, self.sink).flow
        residual = self._graph - flow
        residual.eliminate_zeros()
        reached = set(breadth_first_order(residual, 0, return_predecessors=False).tolist())
        first = 1 + m
        return [
            node
            for position, node in enumerate(self.hidden)
            if first + 2 * position in reached and first + 2 * position + 1 not in reached
        ]


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
    return len(Matching(dict(enumerate(masks))))


def _cells(support: Support, rows: int, columns: int) -> list[int]:
    return [mask & columns if rows >> i & 1 else 0 for i, mask in enumerate(support.row_masks)]


def _without_zero_lines(support: Support, rows: int, columns: int) -> tuple[int, int]:
    masks = _cells(support, rows, columns)
    seen = 0
    for mask in masks:
        seen |= mask
    return mask_of(i for i, mask in enumerate(masks) if mask), seen
