"""Rule ``product``: rank-one supports without a common cell form a direct product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.rules.rule import Node, Reduction, without_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.supports.pattern import Pattern


def overlap_components(pattern: Pattern) -> list[int]:
    """Bitmasks of the hidden indices that are connected by common looked-at cells."""
    import networkx as nx

    graph: nx.Graph[int] = nx.Graph()
    for tau, window in zip(pattern.row_types, pattern.cells, strict=True):
        if not tau:
            continue
        seen: set[int] = set()
        for j in bits(window):
            both = tau & pattern.col_types[j]
            if both and both not in seen:
                seen.add(both)
                nx.add_path(graph, bits(both))
                graph.add_nodes_from(bits(both))
    return sorted(sum(1 << k for k in part) for part in nx.connected_components(graph))


def reduce_components(pattern: Pattern) -> Reduction | None:
    """Treat the components of the overlap graph one by one."""
    parts = overlap_components(pattern)
    if len(parts) < 2:
        return None
    everything = 0
    for tau in pattern.row_types:
        everything |= tau
    for sigma in pattern.col_types:
        everything |= sigma

    def assemble(children: Sequence[Node]) -> Node:
        return {
            "rule": "product",
            "parts": [
                {"terms": list(bits(part)), "then": child}
                for part, child in zip(parts, children, strict=True)
            ],
        }

    patterns = tuple(without_terms(pattern, everything & ~part) for part in parts)
    return Reduction(patterns, assemble)
