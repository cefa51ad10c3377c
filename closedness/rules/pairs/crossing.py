"""Rule ``crossing``: overlapping rank-one supports that cross leave the set closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.rules.rule import Rule

if TYPE_CHECKING:
    from closedness.supports.pattern import Pattern

Node = dict[str, Any]


def are_crossing(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """``I_1 ⊆ I_2`` and ``J_1 ⊇ J_2``, or the other way round (rectangles as bitmasks)."""
    (i1, j1), (i2, j2) = first, second
    return (not i1 & ~i2 and not j2 & ~j1) or (not i2 & ~i1 and not j1 & ~j2)


def crossing(pattern: Pattern) -> Node | None:
    """Return the proof node when any two overlapping supports are crossing."""
    rectangles = {k: pattern.rectangle(k) for k in bits(pattern.terms)}
    for rows, columns in rectangles.values():
        if any(columns & ~pattern.cells[i] for i in bits(rows)):
            return None
    done: set[tuple[int, int]] = set()
    for tau in pattern.row_types:
        union = 0
        names: list[int] = []
        for k in bits(tau):
            if k not in rectangles:
                continue
            first = rectangles[k]
            if first[1] & union:
                for other in names:
                    second = rectangles[other]
                    if not first[1] & second[1] or (other, k) in done:
                        continue
                    done.add((other, k))
                    if not are_crossing(first, second):
                        return None
            union |= first[1]
            names.append(k)
    return {"rule": "crossing"}


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
