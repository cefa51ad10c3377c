"""The combinatorics of a pair of supports: rank-one supports, classes, overlap graph, types, bicliques, matchings.

Everything here works on the supports ``I`` of X (shape (m, r)) and ``J`` of Y (shape (n, r)) of a product ``X Yᵀ``;
``SupportProduct.pair()`` gives them. Sets of rows or columns are bitmasks, hidden indices are counted from 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from closedness.algebra.bitsets import bits, covered_once, positions, union_of
from closedness.algebra.matching import Matching
from closedness.errors import InputError
from closedness.supports.support import Support

if TYPE_CHECKING:
    import networkx as nx

__all__ = [
    "EqualClass",
    "StructuralRank",
    "Rectangle",
    "are_crossing",
    "bicliques",
    "classes",
    "induced_path",
    "not_crossing",
    "overlap_components",
    "overlap_graph",
    "private_cells",
    "private_lines",
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
    m, n = I.shape[0], J.shape[0]
    found: list[Support | None] = [None] * I.shape[1]
    for k, lines in private_lines(I.row_masks, rank_one_supports(I, J)):
        masks = dict(lines)
        found[k] = Support.from_masks((m, n), [masks.get(i, 0) for i in range(m)])
    return tuple(found)


def private_lines(
    row_types: Sequence[int], rectangles: Sequence[tuple[int, int]]
) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Each hidden index with private cells, and its rows that have them, with their columns as bitmasks.

    Parameters
    ----------
    row_types : sequence of int
        The hidden indices of each row, as a bitmask.
    rectangles : sequence of (int, int)
        Rows and columns of each hidden index, as bitmasks.

    Yields
    ------
    (int, list of (int, int))
        In the order of the first rows with private cells.

    Examples
    --------
    >>> list(private_lines([1, 3], [(3, 3), (2, 2)]))
    [(0, [(0, 3), (1, 1)])]
    """
    alone = [covered_once(rectangles[k][1] for k in positions(row_type)) for row_type in row_types]
    order: dict[int, None] = {}
    for row_type, once in zip(row_types, alone, strict=True):
        if once:
            order.update(dict.fromkeys(k for k in positions(row_type) if rectangles[k][1] & once))
    for k in order:
        rows, columns = rectangles[k]
        yield k, [(i, mask) for i in positions(rows) if (mask := columns & alone[i])]


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


def are_crossing(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Whether one rectangle has fewer rows and more columns than the other (inclusions, equality allowed).

    Examples
    --------
    >>> are_crossing(Rectangle(0b01, 0b11), Rectangle(0b11, 0b01))
    True
    >>> are_crossing(Rectangle(0b11, 0b11), Rectangle(0b10, 0b10))
    False
    """
    (i1, j1), (i2, j2) = first, second
    return (not i1 & ~i2 and not j2 & ~j1) or (not i2 & ~i1 and not j1 & ~j2)


def not_crossing(rectangles: Mapping[int, tuple[int, int]]) -> tuple[int, int] | None:
    """The first two hidden indices whose rectangles overlap without crossing, if there are any.

    Examples
    --------
    >>> not_crossing({0: (0b11, 0b11), 1: (0b10, 0b10)})
    (0, 1)
    """
    for k, l in combinations(sorted(rectangles), 2):
        first, second = rectangles[k], rectangles[l]
        if first[0] & second[0] and first[1] & second[1] and not are_crossing(first, second):
            return k, l
    return None


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
            graph.add_edge(k, l, cells=cells, crossing=are_crossing(rectangles[k], rectangles[l]))
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
    covered = 0
    for i, mask in enumerate(masks):
        if mask in first:
            continue
        if covered & mask:
            j = next(bits(covered & mask))
            other, k = next((other, k) for other, k in first.items() if other >> j & 1)
            if other & ~mask:
                return k, i, j, next(bits(other & ~mask))
            return i, k, j, next(bits(mask & ~other))
        first[mask] = i
        covered |= mask
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
