"""The table of `strata`: every matrix of a state is a product or no limit of products."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from tests.second.families import Family
from tests.second.grammar import Factor
from tests.second.patterns import Pattern, renamed, trimmed
from tests.second.reading import Node, follow, need, pay

Cell = tuple[int, int]
Arrows = dict[int, frozenset[int]]


def inverse(arrows: Arrows) -> Arrows:
    """Arrows the other way."""
    found: dict[int, set[int]] = {}
    pay(sum(map(len, arrows.values())) / 5)
    for start, ends in arrows.items():
        for end in ends:
            found.setdefault(end, set()).add(start)
    return {end: frozenset(starts) for end, starts in found.items()}


def followed(arrows: Arrows, more: Iterable[Arrows]) -> Arrows:
    """What is reached along several arrows."""
    for after in more:
        pay(sum(len(after.get(k, ())) for ends in arrows.values() for k in ends) / 20)
        arrows = {k: frozenset().union(*(after.get(e, frozenset()) for e in ends)) for k, ends in arrows.items()}
    return arrows


@dataclass(frozen=True)
class Layers:
    """The entries of the factors, and for both ends what lies beyond the first step."""

    levels: tuple[Arrows, ...]

    @cached_property
    def steps(self) -> dict[str, Arrows]:
        """The first inner indices of rows, the last ones of columns."""
        return {"rows": self.levels[0], "columns": inverse(self.levels[-1])}

    @cached_property
    def beyond(self) -> dict[str, Arrows]:
        """The columns that first inner indices lead to, the rows that last ones come from."""
        back = [inverse(level) for level in reversed(self.levels[:-1])]
        return {"rows": followed(self.levels[1], self.levels[2:]), "columns": followed(back[0], back[1:])}


@dataclass(frozen=True)
class State:
    """Entries that may be non-zero, with what is known: True if they are non-zero.

    The other entries in looked-at cells are zero. Below a step `spend` all matrices must be products.
    """

    layers: Layers
    unseen: frozenset[Cell]
    entries: dict[Cell, bool]
    products_only: bool = False

    @cached_property
    def lines(self) -> dict[str, frozenset[int]]:
        """The rows and columns that are left."""
        pay(len(self.entries) / 5)
        return {
            "rows": frozenset(i for i, _ in self.entries),
            "columns": frozenset(j for _, j in self.entries),
        }

    @property
    def terms(self) -> dict[int, tuple[frozenset[int], frozenset[int]]]:
        """Rows and columns of the hidden indices, for two factors."""
        need(len(self.layers.levels) == 2, "the step is about two factors")
        left = inverse(self.layers.levels[0])
        return {k: (left.get(k, frozenset()), columns) for k, columns in self.layers.levels[1].items()}

    def type_of(self, side: str, line: int) -> frozenset[int]:
        """The hidden indices that lead from a line to a looked-at crossing line that is left."""
        window = self.window(side, line)
        beyond = self.layers.beyond[side]
        near = self.layers.steps[side].get(line, frozenset())
        pay(sum(1 + min(len(window), len(beyond.get(k, ()))) / 20 for k in near) / 4)
        return frozenset(k for k in near if not window.isdisjoint(beyond.get(k, ())))

    def window(self, side: str, line: int) -> frozenset[int]:
        """The looked-at crossing lines that are left."""
        crossing = self.lines["columns" if side == "rows" else "rows"]
        if not self.unseen:
            return crossing
        pay(len(crossing) / 10)
        turn = side == "columns"
        return frozenset(x for x in crossing if ((x, line) if turn else (line, x)) not in self.unseen)

    def settled(self) -> State:
        """For two factors the supports shrink to what is left."""
        if len(self.layers.levels) != 2:
            return self
        rows, columns = self.lines["rows"], self.lines["columns"]
        terms = {k: (some & rows, others & columns) for k, (some, others) in self.terms.items()}
        pattern = trimmed(Pattern.of(terms, self.unseen))
        hidden = frozenset(cell for cell in self.unseen if cell[0] in rows and cell[1] in columns)
        return replace(self, layers=layers_of(pattern), unseen=hidden)

    def with_entries(self, entries: dict[Cell, bool]) -> State:
        """The same with other knowledge."""
        return replace(self, entries=entries).settled()


def layers_of(pattern: Pattern) -> Layers:
    """The two factors of a pattern."""
    left = inverse({k: rows for k, (rows, _) in pattern.terms.items()})
    return Layers((left, {k: columns for k, (_, columns) in pattern.terms.items()}))


def of_pattern(field: str, then: Node, pattern: Pattern) -> None:
    """The rule for two factors."""
    state = State(layers_of(pattern), pattern.unseen, dict.fromkeys(pattern.covered, False))
    follow(then, Strata(field).steps, state.settled())


def of_chain(field: str, then: Node, factors: list[Factor]) -> None:
    """The rule for more than two factors."""
    layers = Layers(tuple({i: row for i, row in enumerate(factor.rows) if row} for factor in factors))
    reached = followed(layers.levels[0], layers.levels[1:])
    pay(sum(len(row) for row in reached.values()) / 5)
    entries = {(i, j): False for i, row in reached.items() for j in row}
    follow(then, Strata(field).steps, State(layers, frozenset(), entries))


Goals = list[tuple[Node, State]]


class Strata:
    """The steps about states."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.steps: dict[str, Callable[[State, Node], Goals]] = {
            "entry": self.entry,
            "clear": self.clear,
            "spend": self.spend,
            "rename": self.rename,
            "generic": self.generic,
            "family": self.family,
        }

    def entry(self, state: State, node: Node) -> Goals:
        """An unknown entry is zero, or it is not."""
        need(state.entries.get(node.cell) is False, "the entry is not unknown")
        zero = {cell: known for cell, known in state.entries.items() if cell != node.cell}
        return [
            (node.zero, state.with_entries(zero)),
            (node.nonzero, replace(state, entries={**state.entries, node.cell: True})),
        ]

    def clear(self, state: State, node: Node) -> Goals:
        """Multiples of a line are added to other ones, so that these vanish where it has its pivot."""
        need(state.entries.get(node.pivot) is True, "the pivot may be zero")
        turn = node.side == "columns"
        line, pivot = node.pivot[::-1] if turn else node.pivot
        window, hidden = state.window(node.side, line), state.type_of(node.side, line)
        beyond = state.layers.beyond[node.side]

        def known(i: int, j: int) -> bool | None:
            return state.entries.get((j, i) if turn else (i, j))

        entries = dict(state.entries)
        for other in node.lines:
            need(other != line and other in state.lines[node.side], "a line is not there")
            seen = state.window(node.side, other)
            need(seen <= window, "the line is looked at where the pivot's line is not")
            leading = {k for k in hidden if not seen.isdisjoint(beyond.get(k, ()))}
            need(leading <= state.type_of(node.side, other), "a hidden index does not belong to the line")
            pay(len(seen) + len(hidden) * len(seen) / 20)
            for j in seen:
                cell = (j, other) if turn else (other, j)
                if j == pivot:
                    entries.pop(cell, None)
                elif known(line, j) is not None:
                    both = known(other, pivot) is True and known(line, j) is True
                    entries[cell] = known(other, j) is None and both
        return [(node.then, state.with_entries(entries))]

    def spend(self, state: State, node: Node) -> Goals:
        """A matrix of rank one is subtracted, and a hidden index is used up."""
        terms = state.terms
        rows, columns = set(node.rows), set(node.columns)
        i, j = node.pivot
        need(node.term in terms, f"there is no hidden index {node.term}")
        need(i in rows and j in columns, "the pivot lies outside")
        need(rows <= terms[node.term][0] and columns <= terms[node.term][1], "a line is none of the hidden index")
        cross = [*((a, j) for a in rows), *((i, b) for b in columns)]
        need(state.unseen.isdisjoint(cross), "a cell is not looked at")
        need(rows == {i} or columns == {j} or state.entries.get((i, j)) is True, "the pivot may be zero")
        pay(len(rows) * len(columns))
        entries = dict(state.entries)
        for a in rows - {i}:
            for b in columns - {j}:
                first, second = state.entries.get((a, j)), state.entries.get((i, b))
                if (a, b) not in state.unseen and first is not None and second is not None:
                    entries[a, b] = (a, b) not in state.entries and first and second
        for cell in cross:
            entries.pop(cell, None)
        left = {k: support for k, support in terms.items() if k != node.term}
        changed = replace(state, layers=layers_of(Pattern(left)), entries=entries, products_only=True)
        return [(node.then, changed.settled())]

    def rename(self, state: State, node: Node) -> Goals:
        """Other names."""
        terms = state.terms
        for names, used in zip((node.rows, node.columns, node.terms), (*state.lines.values(), terms), strict=True):
            need(len(set(names.values())) == len(names) and set(names) == set(used), "the names are not one to one")
        pattern = renamed(node, Pattern(terms, state.unseen))
        entries = {(node.rows[i], node.columns[j]): known for (i, j), known in state.entries.items()}
        return [(node.then, replace(state, layers=layers_of(pattern), unseen=pattern.unseen, entries=entries))]

    def generic(self, state: State, node: Node) -> Goals:
        """A generic factor serves every line."""
        need(len(state.layers.levels) == 2, "the step is about two factors")
        turn = node.side == "columns"
        wanted: dict[int, set[int]] = {}
        for i, j in state.entries:
            wanted.setdefault(j if turn else i, set()).add(i if turn else j)
        need(set(node.lines) <= set(wanted), "a line is not there")
        beyond = state.layers.beyond[node.side]
        for line, cells in wanted.items():
            pairs = node.lines.get(line, {})
            chosen, hidden = set(pairs), set(pairs.values())
            need(len(hidden) == len(pairs), "a hidden index is used twice in a line")
            seen, kind = state.window(node.side, line), state.type_of(node.side, line)
            need(cells <= chosen <= seen and hidden <= kind, "an entry is left out, or a cell or index is not there")
            for x, k in pairs.items():
                pay(1 + len(beyond.get(k, ())) / 20)
                need(x in beyond[k] and beyond[k] & seen <= chosen, "an index misses its cell or meets another one")
        return []

    def family(self, state: State, node: Node) -> Goals:
        """The entries of a forest are scaled to 1; the others are variables."""
        trees: dict[tuple[str, int], set[tuple[str, int]]] = {}
        for i, j in node.ones:
            need(state.entries.get((i, j)) is True, "an entry that is scaled may be zero")
            first, second = (trees.get(end, {end}) for end in (("row", i), ("column", j)))
            need(first.isdisjoint(second), "the entries that are scaled are no forest")
            pay(len(first) + len(second))
            trees |= dict.fromkeys(first | second, first | second)
        Family(self.field, node.then, state, set(node.ones)).start()
        return []
