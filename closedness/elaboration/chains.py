"""Rules for chains that are cases of others: `absorb` of `fusion`, `chain` of `peel`, `orbits` of `strata`."""

from __future__ import annotations

from typing import Any

from closedness.check import STEPS, Chain, Rejected, _columns, _Run, _State
from closedness.elaboration.tables import Growth, Table, written

__all__ = ["absorbed", "kronecker", "orbits"]

Node = dict[str, Any]


def absorbed(factors: Chain, node: Node) -> Node:
    """A square factor that may be the identity: with its neighbour it gives all matrices on the neighbour's support."""
    at, right = node["at"], node["into"] == "right"
    own = factors[at][2]
    other = factors[at + 1] if right else factors[at - 1]
    if any(k not in row for k, row in enumerate(own)):
        raise Rejected("the factor does not hold the diagonal")
    # with the identity, entry k of a line of the neighbour is represented by hidden index k
    lines = _columns(other[1], other[2]) if right else other[2]
    representatives = [[line, [[k, k] for k in sorted(names)]] for line, names in enumerate(lines) if names]
    side = "columns" if right else "rows"
    first = at if right else at - 1
    return {"rule": "fusion", "at": first, "side": side, "lines": representatives, "then": node["then"]}


def kronecker(factors: Chain) -> Node:
    """Chainable Kronecker-sparse factors can be peeled one after the other."""
    node: Node = {"rule": "single"}
    for _ in factors[1:]:
        node = {"rule": "peel", "side": "left", "then": node}
    return node


def orbits(factors: Chain, node: Node) -> Node:
    """Nested types: elimination in the order of the types brings every matrix to a placement of ones."""
    rows = sorted(range(factors[0][0]), key=lambda i: len(factors[0][2][i]))
    types = _columns(factors[-1][1], factors[-1][2])
    columns = sorted(range(factors[-1][1]), key=lambda j: len(types[j]))
    search = _Orbits(rows, columns, node)
    return {"rule": "strata", "nodes": written(_State.of(factors), search.grow)}


class _Orbits:
    """Sorts all matrices by the placement that they are equivalent to."""

    def __init__(self, rows: list[int], columns: list[int], node: Node) -> None:
        self.rows, self.columns = rows, columns
        self.shown = {frozenset(map(tuple, each["ones"])): each["factors"] for each in node["placements"]}
        self.cuts = [(set(rows[:p]), set(columns[:q]), cut) for p, q, cut in node["cuts"]]
        self.run = _Run("closed")
        self.known: dict[Any, int] = {}

    def grow(self, table: Table, state: _State) -> Growth:
        self.run.steps = 0
        key = state.key()
        if key not in self.known:
            self.known[key] = yield from self._one(table, state)
        return self.known[key]

    def _step(self, table: Table, state: _State, do: str, children: tuple[str, ...], **keys: Any) -> Growth:
        entry = STEPS[do]
        data = entry.read({"do": do, **keys, **dict.fromkeys(children, 0)}, do)
        for name, (_, after) in zip(children, entry.function(self.run, state, data), strict=True):
            keys[name] = yield after
        return table.add(do, **keys)

    def _one(self, table: Table, state: _State) -> Growth:
        for p, i in enumerate(self.rows):
            if i not in state.tau:
                continue
            for q, j in enumerate(self.columns):
                if j in state.star[i]:
                    return (yield from self._step(table, state, "entry", ("zero", "nonzero"), cell=[i, j]))
                if j in state.nonzero[i]:
                    later = [other for other in self.rows[p + 1 :] if other in state.tau]
                    below = [other for other in later if self._entry(state, other, j)]
                    if below:
                        keys = {"side": "rows", "pivot": [i, j], "lines": sorted(below)}
                        return (yield from self._step(table, state, "clear", ("then",), **keys))
                    after = [other for other in self.columns[q + 1 :] if self._entry(state, i, other)]
                    if after:
                        keys = {"side": "columns", "pivot": [i, j], "lines": sorted(after)}
                        return (yield from self._step(table, state, "clear", ("then",), **keys))
        ones = sorted((i, j) for i in state.tau for j in state.nonzero[i])
        return table.add("family", ones=[list(cell) for cell in ones], then=self._leaf(table, ones))

    @staticmethod
    def _entry(state: _State, i: int, j: int) -> bool:
        return j in state.star[i] or j in state.nonzero[i]

    def _leaf(self, table: Table, ones: list[tuple[int, int]]) -> int:
        placement = frozenset(ones)
        if placement in self.shown:
            unit = ["1", []]
            listed = self.shown[placement]
            factors = [[[i, j, [[value, []]], unit] for i, j, value in factor] for factor in listed]
            return table.add("section", factors=factors, modulo=[])
        for rows, columns, cut in self.cuts:
            inside = [(i, j) for i, j in ones if i in rows and j in columns][: len(cut) + 1]
            if len(inside) > len(cut):
                chosen, across = [i for i, _ in inside], [j for _, j in inside]
                there = table.add("close", terms=[[0, [["1", []]]]], value=["1", []])
                return table.add("minor", rows=chosen, columns=across, cut=cut, then=there)
        raise Rejected("a placement is within the bounds and not shown")
