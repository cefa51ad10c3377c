"""What every reduction returns: smaller patterns and how their proofs make one proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from closedness.pattern import Pattern

Node = dict[str, Any]


@dataclass(frozen=True)
class Reduction:
    """A verdict-preserving step.

    Attributes
    ----------
    patterns : tuple of Pattern
        The smaller patterns, over the same row, column and hidden numbers as the original one.
        The original set is closed if and only if each of theirs is.
    assemble : callable
        Makes the proof node from the proof nodes of the smaller patterns.
    full : int
        Bitmask of the hidden indices that were removed because they give all matrices on their cells.
    """

    patterns: tuple[Pattern, ...]
    assemble: Callable[[Sequence[Node]], Node]
    full: int = 0


def without_terms(pattern: Pattern, removed: int) -> Pattern:
    """Forget the hidden indices of a bitmask; the looked-at cells stay."""
    return type(pattern)(
        tuple(tau & ~removed for tau in pattern.row_types),
        tuple(sigma & ~removed for sigma in pattern.col_types),
        pattern.cells,
    )
