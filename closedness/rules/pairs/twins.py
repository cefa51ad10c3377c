"""Rule ``twins``: of equal rows (columns) as many as their structural rank suffice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.rules.rule import Node, Rule, Step
from closedness.rules.words import numbers
from closedness.supports.graph import structural_rank_proof
from closedness.supports.pattern import Pattern
from closedness.supports.support import Support

if TYPE_CHECKING:
    from collections.abc import Sequence


def vertex_cover(edges: dict[int, int]) -> tuple[list[int], list[int]]:
    """A minimum vertex cover of a bipartite graph (König), as (keys, bits).

    Parameters
    ----------
    edges : dict of int to int
        For each left vertex the bitmask of its right neighbours.
    """
    keys, masks = list(edges), list(edges.values())
    width = max((mask.bit_length() for mask in masks), default=0)
    if width == 0:
        return [], []
    proof = structural_rank_proof(Support.from_masks((len(masks), width), masks))
    return [keys[row] for row in proof.cover_rows], list(proof.cover_cols)


def reduce_twins(pattern: Pattern) -> Step[Pattern] | None:
    """Drop superfluous equal rows, else superfluous equal columns."""
    found = _rows(pattern)
    if found is not None:
        return _reduction(found, "rows", found[0])
    found = _rows(pattern.T)
    if found is not None:
        return _reduction(found, "columns", found[0].T)
    return None


def _reduction(found: tuple[Pattern, list[Node]], side: str, smaller: Pattern) -> Step[Pattern]:
    classes = found[1]

    def assemble(children: Sequence[Node]) -> Node:
        return {"rule": "twins", "side": side, "classes": classes, "then": children[0]}

    return Step((smaller,), assemble)


def _rows(pattern: Pattern) -> tuple[Pattern, list[Node]] | None:
    groups: dict[tuple[int, int], list[int]] = {}
    covered = pattern.covered()
    for i, tau in enumerate(pattern.row_types):
        if covered[i]:
            present = tau & _reached(pattern, covered[i])
            # indices that touch no looked-at cell of the row do not count for the type
            if present == tau:
                groups.setdefault((tau, pattern.cells[i]), []).append(i)
    classes: list[Node] = []
    dropped: set[int] = set()
    for (tau, _), rows in sorted(groups.items()):
        if len(rows) == 1:
            continue
        window = covered[rows[0]]
        edges = {
            k: mask_of(j for j in bits(window) if pattern.col_types[j] >> k & 1) for k in bits(tau)
        }
        terms, lines = vertex_cover(edges)
        keep = max(1, len(terms) + len(lines))
        if len(rows) > keep:
            dropped.update(rows[keep:])
            classes.append(
                {
                    "keep": rows[:keep],
                    "drop": rows[keep:],
                    "cover": {"lines": lines, "terms": terms},
                }
            )
    if not classes:
        return None
    types = tuple(0 if i in dropped else tau for i, tau in enumerate(pattern.row_types))
    return Pattern(types, pattern.col_types, pattern.cells), classes


def _reached(pattern: Pattern, window: int) -> int:
    mask = 0
    for j in bits(window):
        mask |= pattern.col_types[j]
    return mask


def _told(node: Node, left: Any) -> tuple[str, str]:
    dropped = [line for group in node["classes"] for line in group["drop"]]
    return (
        "Repeated lines",
        f"{node['side'].capitalize()} {numbers(dropped)} repeat others with the same supports; beyond the rank "
        "that these can have, copies add nothing. They are dropped.",
    )


RULES = (
    Rule(
        "twins",
        "pair",
        "repeated rows or columns can be dropped, and what is left is closed",
        tell=_told,
    ),
)
