"""Rule ``parts``: groups of paths that do not meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits, union_of
from closedness.rules.chains.trim import product_support
from closedness.rules.rule import Node, Rule, Step
from closedness.supports.support import Support

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.rules.chains.trim import Chain


def parts(chain: Chain) -> list[tuple[list[list[int]], Chain]]:
    """Split a trimmed chain into groups of paths that share no inner index and no cell.

    Returns
    -------
    list of (inner, chain)
        For each group its inner indices level by level, and the chain with the group's entries.
    """
    inner = [[k for k, mask in enumerate(factor.row_masks) if mask] for factor in chain[1:]]
    if any(inner) and _connected(chain, inner):
        return [(inner, chain)]
    parent: dict[tuple[int, int], tuple[int, int]] = {}

    def find(node: tuple[int, int]) -> tuple[int, int]:
        root = node
        while parent[root] != root:
            root = parent[root]
        while parent[node] != root:
            parent[node], node = root, parent[node]
        return root

    last = len(chain) - 1
    for level, factor in enumerate(chain[1:]):
        for k, mask in enumerate(factor.row_masks):
            if mask:
                parent.setdefault((level, k), (level, k))
    for level, factor in enumerate(chain):
        if 0 < level < last:
            for i, row in enumerate(factor.rows):
                for j in row:
                    parent[find((level - 1, i))] = find((level, j))
    if not parent:
        return []
    if last:
        _join_common_cells(chain, parent, find)
    groups: dict[tuple[int, int], list[list[int]]] = {}
    for node in sorted(parent):
        groups.setdefault(find(node), [[] for _ in range(last)])[node[0]].append(node[1])
    if len(groups) == 1:
        return [(next(iter(groups.values())), chain)]
    return [(inner, restricted(chain, inner)) for inner in groups.values()]


def separate(chain: Chain) -> Step[Chain] | None:
    """The groups of paths one by one; to a limit of one of them the others contribute nothing."""
    groups = parts(chain)
    if len(groups) == 1:
        return None

    def node(nodes: Sequence[Node]) -> Node:
        listed = [{"inner": inner, "then": then} for (inner, _), then in zip(groups, nodes, strict=True)]
        return {"rule": "parts", "parts": listed}

    return Step(tuple(part for _, part in groups), node, lambda found: found)


def _connected(chain: Chain, inner: list[list[int]]) -> bool:
    """Whether the inner indices are joined to each other by entries of the factors between them."""
    start = next(level for level, names in enumerate(inner) if names)
    reached = [0] * len(inner)
    fresh = [(start, 1 << inner[start][0])]
    while fresh:
        level, mask = fresh.pop()
        mask &= ~reached[level]
        reached[level] |= mask
        for other, masks in ((level + 1, chain[level + 1].row_masks), (level - 1, chain[level].col_masks)):
            if 0 <= other < len(inner):
                union = union_of(masks[k] for k in bits(mask))
                if union & ~reached[other]:
                    fresh.append((other, union))
    return all(mask.bit_count() == len(names) for mask, names in zip(reached, inner, strict=True))


def _join_common_cells(
    chain: Chain,
    parent: dict[tuple[int, int], tuple[int, int]],
    find: object,
) -> None:
    assert callable(find)
    rest = product_support(chain[1:])
    for row in set(chain[0].rows):
        groups: dict[tuple[int, int], int] = {}  # cells of this row, group by group
        for k in row:
            root, cells = find((0, k)), rest.row_masks[k]
            for other in [name for name, mask in groups.items() if mask & cells and name != root]:
                parent[other] = root
                cells |= groups.pop(other)
            groups[root] = groups.get(root, 0) | cells


def restricted(chain: Chain, inner: Sequence[Sequence[int]]) -> Chain:
    """The paths through these inner indices, level by level."""
    keep = [sum(1 << k for k in names) for names in inner]
    result = []
    for level, factor in enumerate(chain):
        ends = keep[level] if level < len(keep) else (1 << factor.shape[1]) - 1
        starts = keep[level - 1] if level else (1 << factor.shape[0]) - 1
        masks = [mask & ends if starts >> i & 1 else 0 for i, mask in enumerate(factor.row_masks)]
        result.append(Support.from_masks(factor.shape, masks))
    return tuple(result)


RULES = (
    Rule(
        "parts",
        "chain",
        "the paths fall into groups without a common cell, each of them closed",
        tell=lambda node, left: (
            "Separate parts",
            f"The paths through the chain {left.sizes} form {len(node['parts'])} groups without a common entry.",
        ),
    ),
)
