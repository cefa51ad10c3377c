"""Rule ``extend``: the pattern is part of a stored pattern that is closed.

Deletion of rows and columns keeps sets closed, so one proof serves all smaller patterns. The
proof travels with the certificate and is checked as any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.budget import UNLIMITED, Budget
from closedness.files.tables import read_table
from closedness.rules.rule import Rule
from closedness.rules.words import counted
from closedness.supports.embedding import Embedding, embeddings
from closedness.supports.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

Node = dict[str, Any]


@dataclass(frozen=True)
class ClosedPattern:
    """A pattern that is closed, with its proof (parsed JSON)."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    proof: Node

    @property
    def hidden(self) -> int:
        """Number of hidden indices."""
        return max(*self.rows, *self.columns).bit_length()

    @property
    def pattern(self) -> Pattern:
        """The pattern itself."""
        return Pattern.of_types(self.rows, self.columns)


@dataclass(frozen=True)
class _Part:
    """The live part of a pattern, hidden indices renumbered from 0."""

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    hidden: int
    row_names: tuple[int, ...]
    column_names: tuple[int, ...]
    term_names: tuple[int, ...]


@cache
def closed_patterns() -> tuple[ClosedPattern, ...]:
    """The stored table of maximal closed patterns."""
    return tuple(
        ClosedPattern(tuple(entry["rows"]), tuple(entry["columns"]), entry["proof"])
        for entry in read_table("maximal_closed")
    )


def inside_stored(
    pattern: Pattern,
    table: Iterable[ClosedPattern] | None = None,
    *,
    budget: Budget = UNLIMITED,
) -> Node | None:
    """Return the proof node when a stored closed pattern contains this one."""
    part = _live_part(pattern)
    if part is None:
        return None
    for host in closed_patterns() if table is None else table:
        if part.hidden > host.hidden:
            continue
        for place in embeddings(host.pattern, part, budget=budget):
            return _node(part, host, place)
    return None


def _live_part(pattern: Pattern) -> _Part | None:
    covered = pattern.covered()
    row_names = tuple(i for i, mask in enumerate(covered) if mask)
    live = 0
    for mask in covered:
        live |= mask
    column_names = tuple(bits(live))
    if any(live & ~pattern.cells[i] for i in row_names):
        return None
    present = pattern.terms
    term_names = tuple(
        k
        for k in bits(present)
        if any(pattern.row_types[i] >> k & 1 for i in row_names)
        and any(pattern.col_types[j] >> k & 1 for j in column_names)
    )
    number = {k: position for position, k in enumerate(term_names)}

    def renumbered(kind: int) -> int:
        return sum(1 << number[k] for k in bits(kind) if k in number)

    return _Part(
        tuple(renumbered(pattern.row_types[i]) for i in row_names),
        tuple(renumbered(pattern.col_types[j]) for j in column_names),
        len(term_names),
        row_names,
        column_names,
        term_names,
    )


def _node(part: _Part, host: ClosedPattern, place: Embedding) -> Node:
    """Extend the pattern by the host's other lines, rename, and append the host's proof."""
    host_sides = (host.rows, host.columns)
    if place.transposed:
        host_sides = host_sides[::-1]
    places = (place.rows, place.columns)
    names = (part.row_names, part.column_names)
    line_maps: list[dict[int, int]] = []
    fresh: list[list[int]] = []
    for types, where, own in zip(host_sides, places, names, strict=True):
        new = count(1 + max(own, default=-1))
        to_own = dict(zip(where, own, strict=True))
        added = []
        for line in range(len(types)):
            if line not in to_own:
                to_own[line] = next(new)
                added.append(to_own[line])
        line_maps.append(to_own)
        fresh.append(added)
    term_map = dict(zip(place.terms, part.term_names, strict=True))
    new_terms = count(1 + max(part.term_names, default=-1))
    terms = []
    for k in range(host.hidden):
        if k not in term_map:
            term_map[k] = next(new_terms)
        own_lines = [
            sorted(lines[line] for line, kind in enumerate(types) if kind >> k & 1)
            for types, lines in zip(host_sides, line_maps, strict=True)
        ]
        terms.append([term_map[k], *own_lines])
    renamed = {
        "rule": "rename",
        "rows": sorted([own, line] for line, own in line_maps[0].items()),
        "columns": sorted([own, line] for line, own in line_maps[1].items()),
        "terms": sorted([own, k] for k, own in term_map.items()),
        "transposed": place.transposed,
        "then": host.proof,
    }
    return {
        "rule": "extend",
        "rows": fresh[0],
        "columns": fresh[1],
        "terms": terms,
        "then": renamed,
    }


RULES = (
    Rule(
        "extend",
        "pair",
        "it is part of a larger pattern that is closed",
        tell=lambda node, left: (
            "A larger pattern",
            f"With {counted('row', node['rows'])} and {counted('column', node['columns'])} added, the pattern is part "
            "of a larger one. If the larger set is closed, so is its part with zeros in the added places.",
        ),
    ),
    Rule(
        "rename",
        "pair",
        "renumbered rows, columns and hidden indices change nothing",
        tell=lambda node, left: (
            "Other names",
            "Rows, columns and hidden indices are renumbered"
            f"{' and transposed' if node.get('transposed') else ''}; this changes nothing.",
        ),
        written=None,
    ),
)
