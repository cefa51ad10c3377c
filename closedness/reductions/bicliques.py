"""Rule ``split``: a masked support that is a disjoint union of bicliques is one support each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from closedness.pattern import Pattern, bits
from closedness.reductions.base import Node, Reduction

if TYPE_CHECKING:
    from collections.abc import Sequence


def biclique_parts(cells: Sequence[int]) -> list[tuple[int, int]] | None:
    """The bicliques (rows, columns) of a 0/1 matrix given by row masks, or None."""
    rows_of: dict[int, int] = {}
    owner: dict[int, int] = {}
    for i, mask in enumerate(cells):
        if not mask:
            continue
        rows_of[mask] = rows_of.get(mask, 0) | 1 << i
        for j in bits(mask):
            if owner.setdefault(j, mask) != mask:
                return None
    return [(rows, mask) for mask, rows in rows_of.items()]


def reduce_bicliques(pattern: Pattern) -> Reduction | None:
    """Shrink or split the first support that is not a full rectangle of looked-at cells."""
    top = max((mask.bit_length() for mask in (*pattern.row_types, *pattern.col_types)), default=0)
    for k in bits(pattern.terms):
        rows, columns = pattern.rectangle(k)
        parts = biclique_parts(pattern.term_cells(k))
        if parts is None or parts == [(rows, columns)]:
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
    smaller: Pattern, k: int, names: list[int], parts: list[tuple[int, int]]
) -> Reduction:
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

    return Reduction((smaller,), assemble)
