"""Targets up to scaling of rows and columns, and up to exchange of alike rows and columns.

For invertible diagonal ``D`` and ``E`` the set of products and its closure are stable under ``A ↦ D A E``: ``D`` can be
absorbed by the first factor and ``E`` by the last. So a statement about all targets need only be made for one target
in each orbit. Fix the zero pattern of ``A`` and a spanning forest of the bipartite graph of its non-zero entries: the
entries on the forest can be scaled to 1, one after the other from the roots.

Rows with the same support in the first factor may be exchanged, and so may columns with the same support in the
last factor, so one zero pattern in each orbit of these exchanges is enough.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import permutations
from itertools import product as cartesian
from math import factorial, prod

from closedness.errors import BudgetExceeded
from closedness.supports.masks import Cell
from closedness.supports.product import SupportProduct

__all__ = ["spanning_forest", "zero_patterns"]

MAX_PERMUTATIONS = 150


def spanning_forest(cells: Iterable[Cell]) -> frozenset[Cell]:
    """Cells of a spanning forest of the bipartite graph of rows and columns whose edges are the cells.

    Examples
    --------
    >>> sorted(spanning_forest([(0, 0), (0, 1), (1, 0), (1, 1)]))
    [(0, 0), (0, 1), (1, 0)]
    """
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def root(node: tuple[str, int]) -> tuple[str, int]:
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    forest = set()
    for i, j in sorted(cells):
        row, col = root(("row", i)), root(("col", j))
        if row != col:
            parent[row] = col
            forest.add((i, j))
    return frozenset(forest)


def _alike(masks: tuple[int, ...]) -> list[list[int]]:
    groups: dict[int, list[int]] = defaultdict(list)
    for index, mask in enumerate(masks):
        groups[mask].append(index)
    return list(groups.values())


def _exchanges(groups: list[list[int]]) -> Iterator[dict[int, int]]:
    for images in cartesian(*(permutations(group) for group in groups)):
        yield {a: b for group, image in zip(groups, images, strict=True) for a, b in zip(group, image, strict=True)}


def zero_patterns(product: SupportProduct, limit: int) -> list[frozenset[Cell]]:
    """Sets of non-zero cells of targets on the support of the products, one of each orbit, small ones first.

    Parameters
    ----------
    product : SupportProduct
    limit : int
        Largest number of patterns.

    Returns
    -------
    list of frozenset of (i, j)

    Raises
    ------
    BudgetExceeded
        If there are more.

    Examples
    --------
    >>> len(zero_patterns(SupportProduct.from_text("11/11 * 11/11"), 100))
    7
    """
    cells = [(i, j) for i, row in enumerate(product.support.rows) for j in row]
    rows = _alike(product.factors[0].row_masks)
    cols = _alike(product.factors[-1].col_masks)
    count = prod(factorial(len(group)) for group in rows + cols)
    if len(cells) > 16 or 2 ** len(cells) > limit * min(count, MAX_PERMUTATIONS):
        raise BudgetExceeded(f"more than {limit} zero patterns on {len(cells)} cells")
    position = {cell: index for index, cell in enumerate(cells)}
    maps = [list(range(len(cells)))]
    if count <= MAX_PERMUTATIONS:
        maps = [
            [position[row_map[i], col_map[j]] for i, j in cells]
            for row_map in _exchanges(rows)
            for col_map in _exchanges(cols)
        ]
    found = []
    seen = bytearray(1 << len(cells))
    for mask in sorted(range(1 << len(cells)), key=lambda mask: (mask.bit_count(), mask)):
        if seen[mask]:
            continue
        chosen = [index for index in range(len(cells)) if mask >> index & 1]
        for moved in maps:
            seen[sum(1 << moved[index] for index in chosen)] = 1
        found.append(frozenset(cells[index] for index in chosen))
        if len(found) > limit:
            raise BudgetExceeded(f"more than {limit} zero patterns on {len(cells)} cells")
    return found
