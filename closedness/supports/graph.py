"""The combinatorics of a pair of supports: rank-one supports, classes, overlap graph, types, bicliques, matchings.

Everything here works on the supports ``I`` of X (shape (m, r)) and ``J`` of Y (shape (n, r)) of a product ``X Yᵀ``;
``SupportProduct.pair()`` gives them. Sets of rows or columns are bitmasks, hidden indices are counted from 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from closedness.algebra.bitsets import bits, covered_once, union_of
from closedness.algebra.matching import Matching
from closedness.errors import InputError
from closedness.supports.support import Support

if TYPE_CHECKING:
    import networkx as nx

__all__ = [
    "EqualClass",
    "StructuralRank",
    "Rectangle",
    "bicliques",
    "classes",
    "crossing",
    "induced_path",
    "overlap_components",
    "overlap_graph",
    "private_cells",
    "rank_one_supports",
    "redundant_indices",
    "structural_rank",
    "structural_rank_proof",
    "types",
]


class Rectangle(NamedTuple):
    """The cells ``rows × cols``, each a bitmask."""

    rows: int
    cols: int

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""
        return self.rows.bit_count(), self.cols.bit_count()

    @property
    def empty(self) -> bool:
        """Whether there is no cell."""
        return not (self.rows and self.cols)

    def overlaps(self, other: Rectangle) -> bool:
        """Whether the two share a cell."""
        return bool(self.rows & other.rows and self.cols & other.cols)

    def contains(self, other: Rectangle) -> bool:
        """Whether every cell of the other one is a cell of this one."""
        return other.empty or not (other.rows & ~self.rows or other.cols & ~self.cols)


class EqualClass(NamedTuple):
    """Hidden indices with the same non-empty rectangle; together all matrices on it of rank at most ``size``."""

    rectangle: Rectangle
    members: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of members."""
        return len(self.members)

    @property
    def complete(self) -> bool:
        """Whether the class alone gives every matrix on its rectangle: ``size ≥ min(rows, columns)``."""
        return self.size >= min(self.rectangle.shape)


class StructuralRank(NamedTuple):
    """The structural rank of a support with its proof: as many independent cells as lines that cover all cells.

    Attributes
    ----------
    cells : tuple of (int, int)
        Cells of the support, no two in a row or column.
    cover_rows, cover_cols : tuple of int
        Rows and columns that contain all cells; as many as ``cells`` (König).
    """

    cells: tuple[tuple[int, int], ...]
    cover_rows: tuple[int, ...]
    cover_cols: tuple[int, ...]

    @property
    def rank(self) -> int:
        """The structural rank: largest rank of a matrix with this support."""
        return len(self.cells)


# -------------------------------------------------------------------- rank-one supports


def rank_one_supports(I: Support, J: Support) -> tuple[Rectangle, ...]:
    """Rectangle ``S_k = I_k × J_k`` of every hidden index.

    Parameters
    ----------
    I : Support, shape (m, r)
    J : Support, shape (n, r)

    Raises
    ------
    InputError
        If the numbers of columns differ.

    Examples
    --------
    >>> I = J = Support.from_text("10/11")
    >>> rank_one_supports(I, J)
    (Rectangle(rows=3, cols=3), Rectangle(rows=2, cols=2))
    """
    if I.shape[1] != J.shape[1]:
        raise InputError(f"I has {I.shape[1]} columns, J has {J.shape[1]}: both need one per hidden index")
    return tuple(Rectangle(rows, cols) for rows, cols in zip(I.col_masks, J.col_masks, strict=True))


def classes(I: Support, J: Support) -> tuple[EqualClass, ...]:
    """Classes of hidden indices with equal, non-empty rectangles, in the order of their first members.

    Examples
    --------
    >>> [(c.members, c.complete) for c in classes(Support.from_text("110/110"), Support.from_text("111/110"))]
    [((0, 1), True)]
    """
    found: dict[Rectangle, list[int]] = {}
    for k, rectangle in enumerate(rank_one_supports(I, J)):
        if not rectangle.empty:
            found.setdefault(rectangle, []).append(k)
    return tuple(EqualClass(rectangle, tuple(members)) for rectangle, members in found.items())


def redundant_indices(I: Support, J: Support) -> tuple[int, ...]:
    """Hidden indices that can be dropped together without changing the set of products.

    These are: empty rectangles; members of a class beyond ``min(rows, columns)``; and rectangles strictly inside
    that of a complete class, whose matrices the class already gives.

    Examples
    --------
    >>> redundant_indices(Support.from_text("1110/1010"), Support.from_text("1111/1011"))
    (1, 3)
    """
    found = classes(I, J)
    complete = [each.rectangle for each in found if each.complete]
    keep: set[int] = set()
    for each in found:
        if not any(whole != each.rectangle and whole.contains(each.rectangle) for whole in complete):
            keep.update(each.members[: min(each.rectangle.shape)])
    return tuple(k for k in range(I.shape[1]) if k not in keep)


def private_cells(I: Support, J: Support) -> tuple[Support | None, ...]:
    """For every hidden index the cells (of shape (m, n)) that only its rectangle covers; ``None`` if there are none.

    If the private cells of some index are not a disjoint union of bicliques, the set of products is not closed.

    Examples
    --------
    >>> I = J = Support.from_text("10/11")
    >>> print(private_cells(I, J)[0])
    11
    1.
    """
    rectangles = rank_one_supports(I, J)
    m, n = I.shape[0], J.shape[0]
    private: list[list[int]] = [[0] * m for _ in rectangles]
    for i, row_type in enumerate(I.row_masks):
        alone = covered_once(rectangles[k].cols for k in bits(row_type))
        for k in bits(row_type):
            private[k][i] = rectangles[k].cols & alone
    return tuple(Support.from_masks((m, n), masks) if any(masks) else None for masks in private)


def types(support: Support) -> dict[int, tuple[int, ...]]:
    """Rows of a support grouped by type: bitmask of the row -> rows that have it, in the order of the first ones.

    ``types(I)`` are the row types of ``X Yᵀ``, ``types(J)`` its column types.

    Examples
    --------
    >>> types(Support.from_text("10/11/10"))
    {1: (0, 2), 3: (1,)}
    """
    found: dict[int, list[int]] = {}
    for i, mask in enumerate(support.row_masks):
        found.setdefault(mask, []).append(i)
    return {mask: tuple(rows) for mask, rows in found.items()}


# -------------------------------------------------------------------- overlap


def crossing(first: Rectangle, second: Rectangle) -> bool:
    """Whether one rectangle has fewer rows and more columns than the other (inclusions, equality allowed).

    Examples
    --------
    >>> crossing(Rectangle(0b01, 0b11), Rectangle(0b11, 0b01))
    True
    >>> crossing(Rectangle(0b11, 0b11), Rectangle(0b10, 0b10))
    False
    """

    def inside(a: int, b: int) -> bool:
        return not a & ~b

    return (inside(first.rows, second.rows) and inside(second.cols, first.cols)) or (
        inside(second.rows, first.rows) and inside(first.cols, second.cols)
    )


def overlap_graph(I: Support, J: Support) -> nx.Graph[int]:
    """The graph whose nodes are the hidden indices with non-empty rectangles, and whose edges join overlapping ones.

    Nodes carry ``rectangle``; edges carry ``cells`` (number of common cells) and ``crossing``.

    Examples
    --------
    >>> I = J = Support.from_text("10/11")
    >>> overlap_graph(I, J).edges(data="crossing")
    EdgeDataView([(0, 1, False)])
    """
    import networkx as nx

    graph: nx.Graph[int] = nx.Graph()
    rectangles = rank_one_supports(I, J)
    graph.add_nodes_from((k, {"rectangle": each}) for k, each in enumerate(rectangles) if not each.empty)
    for k, l in combinations(list(graph), 2):
        rows = rectangles[k].rows & rectangles[l].rows
        cols = rectangles[k].cols & rectangles[l].cols
        if rows and cols:
            cells = rows.bit_count() * cols.bit_count()
            graph.add_edge(k, l, cells=cells, crossing=crossing(rectangles[k], rectangles[l]))
    return graph


def overlap_components(I: Support, J: Support) -> tuple[tuple[int, ...], ...]:
    """Connected components of the overlap graph, each sorted, in the order of their first members.

    The set of products is the direct product of the sets of the components.

    Examples
    --------
    >>> overlap_components(Support.from_text("100/110/001"), Support.from_text("100/010/001"))
    ((0,), (1,), (2,))
    """
    import networkx as nx

    return tuple(sorted(tuple(sorted(part)) for part in nx.connected_components(overlap_graph(I, J))))


# -------------------------------------------------------------------- bicliques


def bicliques(cells: Support | Sequence[int]) -> tuple[Rectangle, ...] | None:
    """Write a set of cells as a disjoint union of bicliques: rectangles that share no row and no column.

    Parameters
    ----------
    cells : Support or sequence of int
        The cells, as a support or one bitmask of columns per row.

    Returns
    -------
    tuple of Rectangle, or None
        The rectangles in the order of their first rows; ``None`` if there is no such way (then
        :func:`induced_path` shows why). No cells give the empty tuple.

    Examples
    --------
    >>> bicliques([0b01, 0b10, 0b01])
    (Rectangle(rows=5, cols=1), Rectangle(rows=2, cols=2))
    >>> bicliques([0b11, 0b01]) is None
    True
    """
    masks = cells.row_masks if isinstance(cells, Support) else cells
    rows_of: dict[int, int] = {}
    for i, mask in enumerate(masks):
        if mask:
            rows_of[mask] = rows_of.get(mask, 0) | 1 << i
    covered = 0
    for mask in rows_of:
        if covered & mask:
            return None
        covered |= mask
    return tuple(Rectangle(rows, cols) for cols, rows in rows_of.items())


def induced_path(cells: Support | Sequence[int]) -> tuple[int, int, int, int] | None:
    """Rows ``i, i'`` and columns ``j, j'`` with the cells ``(i,j), (i,j'), (i',j)`` but not ``(i',j')``.

    Returns
    -------
    (i, i', j, j') or None
        ``None`` exactly when :func:`bicliques` finds a decomposition.

    Examples
    --------
    >>> induced_path([0b11, 0b01])
    (0, 1, 0, 1)
    """
    masks = cells.row_masks if isinstance(cells, Support) else cells
    first: dict[int, int] = {}
    for i, mask in enumerate(masks):
        first.setdefault(mask, i)
    for (a, i), (b, k) in combinations(first.items(), 2):
        common = a & b
        if common:
            if not a & ~b:
                a, b, i, k = b, a, k, i
            return i, k, next(bits(common)), next(bits(a & ~b))
    return None


# -------------------------------------------------------------------- matchings


def structural_rank(support: Support) -> int:
    """Largest rank of a matrix with this support: size of a maximum matching of rows and columns.

    Examples
    --------
    >>> structural_rank(Support.from_text("111/100/100"))
    2
    """
    return structural_rank_proof(support).rank


def structural_rank_proof(support: Support) -> StructuralRank:
    """A maximum matching, and as many rows and columns that cover all cells (König's theorem).

    Examples
    --------
    >>> structural_rank_proof(Support.from_text("111/100/100"))
    StructuralRank(cells=((0, 1), (1, 0)), cover_rows=(0,), cover_cols=(0,))
    """
    rows = {i: mask for i, mask in enumerate(support.row_masks) if mask}
    matching = Matching(rows)
    cover = tuple(i for i in rows if i not in matching.stuck)
    columns = tuple(bits(union_of(rows[i] for i in matching.stuck)))
    return StructuralRank(tuple(sorted(matching.bit_of.items())), cover, columns)
