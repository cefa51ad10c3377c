"""Rule ``split``: a masked support that is a disjoint union of bicliques is one support each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.rules.rule import Node, Rule, Step
from closedness.supports.graph import Rectangle, bicliques
from closedness.supports.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Sequence


def reduce_bicliques(pattern: Pattern) -> Step[Pattern] | None:
    """Shrink or split the first support that is not a full rectangle of looked-at cells."""
    top = max((mask.bit_length() for mask in (*pattern.row_types, *pattern.col_types)), default=0)
    for k in bits(pattern.terms):
        rows, columns = pattern.rectangle(k)
        parts = bicliques(pattern.term_cells(k))
        if parts is None or parts == ((rows, columns),):
            continue
        names = [top + number for number in range(len(parts))]
        row_types = [tau & ~(1 << k) for tau in pattern.row_types]
        col_types = [sigma & ~(1 << k) for sigma in pattern.col_types]
        for name, (part_rows, part_columns) in zip(names, parts, strict=True):
            for i in bits(part_rows):
                row_types[i] |= 1 << name
            for j in bits(part_columns):
                col_types[j] |= 1 << name
        return _reduction(
            Pattern(tuple(row_types), tuple(col_types), pattern.cells), k, names, parts
        )
    return None


def _reduction(
    smaller: Pattern, k: int, names: list[int], parts: Sequence[Rectangle]
) -> Step[Pattern]:
    def assemble(children: Sequence[Node]) -> Node:
        return {
            "rule": "split",
            "term": k,
            "parts": [
                [name, list(bits(rows)), list(bits(columns))]
                for name, (rows, columns) in zip(names, parts, strict=True)
            ],
            "then": children[0],
        }

    return Step((smaller,), assemble)


RULES = (
    Rule(
        "split",
        "pair",
        "the rank-one supports are disjoint unions of full blocks, and what is left is closed",
        tell=lambda node, left: (
            "Blocks",
            f"What is still looked at of hidden index {node['term']} is a union of {len(node['parts'])} full blocks "
            "that share no row and no column. Each block becomes a support of its own.",
        ),
    ),
)
