"""Rule ``full``: hidden indices that alone give all matrices on their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.algebra.matching import distinct_representatives
from closedness.rules.rule import Node, Rule, Step, without_terms
from closedness.rules.words import indices
from closedness.supports.pattern import Pattern

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
        if subset.bit_count() == 1 and not _thin(pattern.term_cells(subset.bit_length() - 1)):
            continue
        proof = matched(only_terms(pattern, subset))
        if proof is not None:
            return subset, proof
    return None


def _thin(cells: Sequence[int]) -> bool:
    """Whether no row, or no column, has two cells: a single support gives everything only then."""
    union = 0
    for mask in cells:
        union |= mask
    return all(mask.bit_count() <= 1 for mask in cells) or sum(map(int.bit_count, cells)) == union.bit_count()


def matched(pattern: Pattern) -> dict[str, Any] | None:
    """Distinct representatives in every row, or in every column, for all covered cells that are looked at.

    This is rule ``generic`` with every entry unknown. As every touched cell needs a representative, a part of a
    line's hidden indices does no better than all of them: there is one matching to make in each line.

    Returns
    -------
    dict or None
        With the keys ``side`` and ``lines`` of the certificate.

    Examples
    --------
    >>> matched(Pattern.of_types([1, 2], [1, 2]))
    {'side': 'rows', 'lines': [[0, [[0, 0]]], [1, [[1, 1]]]]}
    >>> matched(Pattern.of_types([1, 3], [1, 3])) is None
    True
    """
    for side, turned in (("rows", pattern), ("columns", pattern.T)):
        lines = []
        covered = turned.covered()
        if any(cells.bit_count() > tau.bit_count() for cells, tau in zip(covered, turned.row_types, strict=True)):
            continue
        for line, (tau, cells) in enumerate(zip(turned.row_types, covered, strict=True)):
            if not cells:
                continue
            pairs = distinct_representatives({j: tau & turned.col_types[j] for j in bits(cells)})
            if pairs is None:
                break
            lines.append([line, [[j, k] for j, k in sorted(pairs.items())]])
        else:
            return {"side": side, "lines": lines}
    return None


def _candidates(pattern: Pattern) -> Iterator[int]:
    # the cells of a support as one integer, row by row, so that containment is one operation
    width = pattern.shape[1]
    classes: dict[int, int] = {}
    for k in bits(pattern.terms):
        cells = 0
        for mask in pattern.term_cells(k):
            cells = cells << width | mask
        if cells:
            classes[cells] = classes.get(cells, 0) | 1 << k
    yield from classes.values()
    # a class together with all supports inside it
    for cells, members in classes.items():
        inside = members
        for other, more in classes.items():
            if not other & ~cells:
                inside |= more
        if inside != members:
            yield inside


def reduce_full(pattern: Pattern) -> Step[Pattern] | None:
    """Remove a full subset of hidden indices; its cells are no longer looked at."""
    found = full_subset(pattern)
    return None if found is None else _without(pattern, *found)


def reduce_whole(pattern: Pattern) -> Step[Pattern] | None:
    """The same for all hidden indices together: every matrix is a product. It costs matchings only.

    Examples
    --------
    >>> any(reduce_whole(Pattern.of_types([1, 3], [3, 3])).left[0].covered())
    False
    >>> reduce_whole(Pattern.of_types([1, 3], [1, 3])) is None
    True
    """
    proof = matched(pattern)
    return None if proof is None else _without(pattern, pattern.terms, proof)


def _without(pattern: Pattern, subset: int, proof: dict[str, Any]) -> Step[Pattern]:
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

    return Step((smaller,), assemble, full=subset)


RULES = (
    Rule(
        "full",
        "pair",
        "hidden indices that give every matrix on their entries can be put aside, and what is left is closed",
        tell=lambda node, left: (
            "Arbitrary entries",
            f"Hidden {indices(node['terms'])} alone give every matrix on the {len(left.cells(node['terms']))} "
            "entries they reach. These can be put right at the end, whatever the others are: they are no longer "
            "looked at.",
        ),
    ),
)
