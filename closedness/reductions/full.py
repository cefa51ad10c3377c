"""Rule ``full``: hidden indices that alone give all matrices on their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedness.generic import generic_factor
from closedness.pattern import Pattern, bits
from closedness.reductions.base import Node, Reduction, without_terms
from closedness.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def only_terms(pattern: Pattern, kept: int) -> Pattern:
    """Keep the hidden indices of a bitmask only."""
    return Pattern(
        tuple(tau & kept for tau in pattern.row_types),
        tuple(sigma & kept for sigma in pattern.col_types),
        pattern.cells,
    )


def full_subset(pattern: Pattern) -> tuple[int, dict[str, Any]] | None:
    """A set of hidden indices that covers its cells with arbitrary entries, and the proof.

    Classes of equal rectangles are tried first, then single supports' unions with what they
    contain.
    """
    for subset in _candidates(pattern):
        proof = generic_factor(State.start(only_terms(pattern, subset)))
        if proof is not None:
            return subset, proof
    return None


def _candidates(pattern: Pattern) -> Iterator[int]:
    support = {k: tuple(pattern.term_cells(k)) for k in bits(pattern.terms)}
    classes: dict[tuple[int, ...], int] = {}
    for k, cells in support.items():
        if any(cells):
            classes[cells] = classes.get(cells, 0) | 1 << k
    yield from classes.values()
    # a class together with all supports inside it
    for cells, members in classes.items():
        inside = members
        for other, more in classes.items():
            if all(not b & ~a for a, b in zip(cells, other, strict=True)):
                inside |= more
        if inside != members:
            yield inside


def reduce_full(pattern: Pattern) -> Reduction | None:
    """Remove a full subset of hidden indices; its cells are no longer looked at."""
    found = full_subset(pattern)
    if found is None:
        return None
    subset, proof = found
    own = only_terms(pattern, subset).covered()
    smaller = without_terms(pattern, subset)
    cells = tuple(window & ~gone for window, gone in zip(pattern.cells, own, strict=True))
    smaller = Pattern(smaller.row_types, smaller.col_types, cells)

    def assemble(children: Sequence[Node]) -> Node:
        return {
            "rule": "full",
            "terms": list(bits(subset)),
            "side": proof["side"],
            "lines": proof["lines"],
            "then": children[0],
        }

    return Reduction((smaller,), assemble, subset)
