"""Rule ``product``: rank-one supports without a common cell form a direct product."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.rules.rule import Node, Rule, Step, without_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.supports.pattern import Pattern


def overlap_components(pattern: Pattern) -> list[int]:
    """Bitmasks of the hidden indices that are connected by common looked-at cells."""
    # disjoint bitmasks, merged cell by cell: thousands of cells soon fall into a few of them
    parts: list[int] = []
    for tau, window in zip(pattern.row_types, pattern.cells, strict=True):
        if not tau:
            continue
        for j in bits(window):
            both = tau & pattern.col_types[j]
            if both and not any(both | part == part for part in parts):
                for part in [part for part in parts if part & both]:
                    parts.remove(part)
                    both |= part
                parts.append(both)
    return sorted(parts)


def reduce_components(pattern: Pattern) -> Step[Pattern] | None:
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
    return Step(patterns, assemble)


RULES = (
    Rule(
        "nothing",
        "pair",
        "no entry is free",
        tell=lambda node, left: (
            "Nothing is left",
            "No entry is left to look at: what remains is a single point, and a point is closed.",
        ),
        written=("product",),
    ),
    Rule(
        "product",
        "pair",
        "the rank-one supports fall into groups without a common cell, each of them closed",
        tell=lambda node, left: (
            "Separate parts",
            f"The rank-one supports form {len(node['parts'])} groups without a common entry. Each is treated alone.",
        ),
    ),
)
