"""Rule ``types``: closed, by the types of the lines of one factor.

Columns with the same hidden indices lie in the span of the same vectors of the first factor. In a limit these spans
tend to spaces of the same dimensions; vectors drawn in what the limits have in common, one for each hidden index,
span all of them unless some set of lines is crowded (``docs/rules/types.md``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.matching import Matching
from closedness.budget import UNLIMITED, Budget
from closedness.rules.pairs.crowded import uncrowded_tree
from closedness.rules.rule import Rule

if TYPE_CHECKING:

    from closedness.supports.pattern import Pattern

__all__ = ["types_pattern"]

Node = dict[str, Any]
# lines and hidden indices, matched
Pairs = tuple[tuple[int, int], ...]
SIDES = ("rows", "columns")


def types_pattern(pattern: Pattern, *, budget: Budget = UNLIMITED) -> Node | None:
    """A proof node of rule ``types``, or None.

    Parameters
    ----------
    pattern : Pattern
        All its cells must be looked at.
    budget : Budget, optional
        Ends the search.

    Examples
    --------
    >>> from closedness.supports.pattern import Pattern
    >>> node = types_pattern(Pattern.of_types([3, 3], [3, 2]))
    >>> node["side"], [each["line"] for each in node["types"]]
    ('rows', [0, 1])
    >>> types_pattern(Pattern.of_types([1, 3], [1, 3])) is None
    True
    """
    members = _members(pattern)
    if members is None or not members[0]:
        return None
    for side, name in enumerate(SIDES):
        found = _one_side(members[side], members[1 - side], name, budget)
        if found is not None or budget.expired():
            return found
    return None


def _members(pattern: Pattern) -> tuple[dict[int, int], dict[int, int]] | None:
    """The rows and the columns of every hidden index; None when some cell is not looked at."""
    sides = {k: pattern.rectangle(k) for k in bits(pattern.terms)}
    sides = {k: (rows, columns) for k, (rows, columns) in sides.items() if rows and columns}
    every = mask_of(j for _, columns in sides.values() for j in bits(columns))
    if any(every & ~pattern.cells[i] for rows, _ in sides.values() for i in bits(rows)):
        return None
    return {k: rows for k, (rows, _) in sides.items()}, {k: columns for k, (_, columns) in sides.items()}


def _one_side(
    members: dict[int, int], across: dict[int, int], side: str, budget: Budget
) -> Node | None:
    """The rule with the vectors of one factor; the lines of the other one have types."""
    kinds = _kinds(across)
    every = mask_of(i for mask in members.values() for i in bits(mask))
    spans = {kind: Matching({k: members[k] for k in bits(kind)}, every) for kind in kinds}
    rooms = _Rooms(members, spans)
    listed = []
    for k in members:
        if budget.expired():
            return None
        listed.append([k, rooms.of(k)])
    nodes = []
    for kind, line in kinds.items():
        demand = {k: (members[k], rooms.size[k]) for k in bits(kind)}
        tree = uncrowded_tree(demand, budget, slack=kind.bit_count() - len(spans[kind]))
        if not isinstance(tree, list):
            return None
        nodes.append({"line": line, "short": sorted(spans[kind].stuck), "nodes": tree})
    return {"rule": "types", "side": side, "sets": rooms.sets, "rooms": listed, "types": nodes}


def _kinds(across: dict[int, int]) -> dict[int, int]:
    """The types of the lines of the other side, each with the first of its lines."""
    kinds: dict[int, int] = {}
    for j in sorted({j for mask in across.values() for j in bits(mask)}):
        kinds.setdefault(mask_of(k for k, mask in across.items() if mask >> j & 1), j)
    return kinds


class _Rooms:
    """Bounds of the dimensions that are left to the vectors, with the independent vectors that prove them."""

    def __init__(self, members: dict[int, int], spans: dict[int, Matching]) -> None:
        self.members = members
        self.spans = spans
        self.sets: list[list[list[int]]] = []
        self.place: dict[Pairs, int] = {}
        self.size: dict[int, int] = {}

    def of(self, k: int) -> list[int]:
        """Sets of hidden indices that prove the room of `k`; each type with `k` contains one of them."""
        own = self.members[k]
        bounds = {self._bound(k, span) for kind, span in self.spans.items() if kind >> k & 1}
        room = own.bit_count() - sum(own.bit_count() - size for size, _ in bounds)
        shared = mask_of(self.members)
        for kind, span in self.spans.items():
            if kind >> k & 1 and len(span) < self._lines(kind).bit_count():
                shared &= kind
        if shared >> k & 1:
            every = self._lines(mask_of(self.members))
            common = self._bound(k, Matching({h: self.members[h] for h in bits(shared)}, every))
            if common[0] > room:
                room = common[0]
                bounds = {each for each in bounds if each[0] == own.bit_count()} | {common}
        self.size[k] = max(room, 1)
        return sorted(self._named(pairs) for _, pairs in bounds) if room > 1 else []

    def _lines(self, kind: int) -> int:
        return mask_of(i for k in bits(kind) for i in bits(self.members[k]))

    def _bound(self, k: int, span: Matching) -> tuple[int, Pairs]:
        """Dimension of what vanishes off the lines of `k` in the span of generic vectors, and those that prove it."""
        basis = {h: self.members[h] for h in span.bit_of}
        outside = span.allowed & ~self.members[k]
        start = {h: line for h, line in span.bit_of.items() if outside >> line & 1}
        chosen = Matching(basis, outside, start).stuck
        lines = 0
        for h in chosen:
            lines |= self.members[h]
        return len(chosen) - (lines & outside).bit_count(), tuple((span.bit_of[h], h) for h in sorted(chosen))

    def _named(self, pairs: Pairs) -> int:
        if pairs not in self.place:
            self.place[pairs] = len(self.sets)
            self.sets.append([list(pair) for pair in pairs])
        return self.place[pairs]


def _told(node: Node, left: Any) -> tuple[str, str]:
    line, other = ("rows", "columns") if node["side"] == "rows" else ("columns", "rows")
    return (
        "Types of lines",
        f"The {other} fall into {len(node['types'])} types by their hidden indices; each lies in the span of its "
        f"hidden indices' vectors. In a limit these spans keep their dimensions. No set of {line} holds too much "
        "of what the limits have in common for each hidden index, so vectors drawn there span all of them again.",
    )


RULES = (
    Rule(
        "types",
        "pair",
        "limits of the spans of the vectors in each line of one factor are such spans",
        tell=_told,
    ),
)
