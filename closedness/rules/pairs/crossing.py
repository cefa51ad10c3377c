"""Rule ``crossing``: overlapping rank-one supports that cross leave the set closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.rules.rule import Rule
from closedness.supports.graph import not_crossing

if TYPE_CHECKING:
    from closedness.supports.pattern import Pattern

Node = dict[str, Any]


def crossing(pattern: Pattern) -> Node | None:
    """Return the proof node when any two overlapping supports are crossing."""
    rectangles = {k: pattern.rectangle(k) for k in bits(pattern.terms)}
    for rows, columns in rectangles.values():
        if any(columns & ~pattern.cells[i] for i in bits(rows)):
            return None
    return None if not_crossing(rectangles) else {"rule": "crossing"}


RULES = (
    Rule(
        "crossing",
        "pair",
        "overlapping rank-one supports are crossing, so factors can be kept bounded",
        tell=lambda node, left: (
            "Crossing supports",
            "Whenever two rank-one supports overlap, the rows of one are among those of the other, "
            "and its columns include those of the other. The factors of any product can then be "
            "chosen orthogonal and bounded, so a limit of products is a product again.",
        ),
    ),
)
