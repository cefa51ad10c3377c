"""Strata and families of matrices: tables of `entry`, `clear`, ..., `split`, `minor`, `close` and `section`."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from closedness.check import (
    STEPS,
    Poly,
    Rejected,
    _composed,
    _determinant,
    _Run,
    _State,
    _times,
    step_minor,
    step_split,
    step_vanish,
)
from closedness.elaboration.branches import (
    Branch,
    Shown,
    Units,
    parsed,
    poly_text,
    times_units,
    units_text,
    variable_of,
)
from closedness.elaboration.solutions import without_solutions
from closedness.elaboration.systems import Solved, by_degree
from closedness.elaboration.systems import solved as solved_for
from closedness.elaboration.tables import Growth, Table, written

__all__ = ["strata"]

Node = dict[str, Any]
ONE_UNIT: Units = (Fraction(1), {})


def strata(state: _State, nodes: list[Node]) -> list[Node]:
    """The table of format 2 for one of format 1."""
    follower = _Strata(nodes)
    table = written((len(nodes) - 1, state), follower.grow, follower.failed)
    return without_solutions(state, table)


class _Strata:
    """Follows a table of format 1; equal states are treated once."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.run = _Run("closed")
        self.known: dict[Any, int] = {}

    def failed(self, wanted: Any) -> Node | None:
        """A step that does not hold."""
        place, subject = wanted
        if not isinstance(subject, Branch):
            node = dict(self.nodes[place])
            if node["do"] == "family":
                return {"do": "family", "ones": node["ones"], "then": 0}
            return {**node, "do": "entry" if node["do"] == "split" else node["do"]}
        kind = place["do"]
        if kind == "outside":
            return {"do": "minor", "rows": place["rows"], "columns": place["columns"], "cut": _cut(place), "then": 0}
        return {"do": "vanish", "polynomials": place["polynomials"], "then": 0} if kind == "vanishing" else None

    def grow(self, table: Table, wanted: Any) -> Growth:
        self.run.steps = 0
        place, subject = wanted
        if isinstance(subject, Branch):
            return (yield from self._tree(table, place, subject))
        key = (place, subject.key())
        if key not in self.known:
            self.known[key] = yield from self._state(table, dict(self.nodes[place]), subject)
        return self.known[key]

    def _state(self, table: Table, node: Node, state: _State) -> Growth:
        kind = node.pop("do")
        if kind == "family":
            ((_, system),) = self._steps("family", {"ones": node["ones"], "then": 0}, state)
            then = yield node["tree"], Branch(Solved.of(system))
            return table.add("family", ones=node["ones"], then=then)
        name = "entry" if kind == "split" else kind
        children = [key for key in ("zero", "nonzero", "then") if key in node]
        for key, (position, after) in zip(children, self._steps(name, node, state), strict=True):
            node[key] = yield position, after
        return table.add(name, **node)

    def _steps(self, name: str, node: Node, subject: Any) -> Any:
        entry = STEPS[name]
        data = entry.read({"do": name, **node}, "strata")
        return entry.function(self.run, subject, data) or []

    # ---- families

    def _tree(self, table: Table, node: Node, branch: Branch) -> Growth:
        kind = node["do"]
        if kind == "section":
            return self._section(table, node, branch)
        if kind == "empty":
            return table.add("close", terms=[], value=["1", [[branch.units.get(node["unit"], node["unit"]), 1]]])
        if kind == "outside":
            return self._outside(table, node, branch)
        if kind == "inconsistent":
            return self._inconsistent(table, node, branch)
        if kind == "vanishing":
            polynomials = [parsed(poly) for poly in node["polynomials"]]
            ((_, after),) = step_vanish(self.run, branch.system, {"polynomials": polynomials, "then": 0})
            following = branch.copy(after)
            first = len(branch.system.relations)
            entries = {f"a:{i}:{j}": poly for (i, j), poly in branch.system.entries.items()}
            for number, poly in enumerate(polynomials):
                following.shown.append(Shown(first + number, branch.added(_put(poly, entries))))
            then = yield node["then"], following
            return table.add("vanish", polynomials=node["polynomials"], then=then)
        if kind == "cases":
            poly = parsed(node["polynomial"])
            zero, nonzero = self._both(branch, poly)
            first = yield node["zero"], zero
            second = yield node["nonzero"], nonzero
            return table.add("split", on=node["polynomial"], zero=first, nonzero=second)
        if kind == "when":
            return (yield from self._when(table, node, branch))
        raise Rejected(f"unknown step {kind!r}")

    def _both(self, branch: Branch, poly: Poly, counts: bool = True) -> tuple[Branch, Branch]:
        """The two branches of a split, with the names of format 1."""
        (_, same), (_, other) = step_split(self.run, branch.system, {"on": poly, "zero": 0, "nonzero": 0})
        zero, nonzero = branch.copy(same), branch.copy(other)
        variable = variable_of(poly)
        if variable:
            zero.leading.append(ONE_UNIT)
        if counts:
            units = ONE_UNIT if variable else branch.added(poly)
            zero.shown.append(Shown(None if variable else len(same.relations) - 1, units))
        nonzero.named(variable or other.count - 1)
        return zero, nonzero

    def _when(self, table: Table, node: Node, branch: Branch) -> Growth:
        poly, name = parsed(node["polynomial"]), node["variable"]
        zero, nonzero = self._both(branch, poly, counts=False)
        zero_node, declared = node["zero"], node["zero"]["declare"]
        solved: dict[str, Any] | None = None
        if variable_of(poly) != name:
            number = len(zero.system.relations) - 1
            parts = by_degree(zero.system.relations[number], name)
            leading = times_units(branch.unit_product(node["leading"]), branch.added(poly))
            if len(parts.get(1, {})) == 1:
                ((monomial, value),) = parts[1].items()
                if all(v in zero.system.units for v, _ in monomial):
                    leading = (Fraction(value), dict(monomial))
            zero = zero.copy(solved_for(zero.system, number, name, (leading[0], list(leading[1].items()))))
            zero.leading.append(leading)
            solved = {"relation": number, "variable": name, "leading": units_text(leading)}
        first = yield from self._declared(table, declared, 0, zero_node["then"], zero, branch)
        if solved is not None:
            first = table.add("solve", **solved, then=first)
        second = yield node["nonzero"], nonzero
        return table.add("split", on=node["polynomial"], zero=first, nonzero=second)

    def _declared(
        self, table: Table, listed: list[Node], position: int, then: Node, branch: Branch, before: Branch
    ) -> Growth:
        """A factor of something non-zero is non-zero: the case that it vanishes closes at once."""
        if position == len(listed):
            return (yield then, branch)
        node = listed[position]
        poly, cofactor = parsed(node["polynomial"]), parsed(node["cofactor"])
        known = before.unit_product({"constant": "1", "powers": [[node["unit"], 1]]})
        value = times_units(before.unit_product(node["multiplier"]), known)
        zero, nonzero = self._both(branch, poly, counts=False)
        if variable_of(poly):
            first = table.add("close", terms=[], value=units_text(value))
        else:
            factor = branch.added(poly)
            first = self._closed(table, zero, [(len(zero.system.relations) - 1, factor, cofactor)], value)
        second = yield from self._declared(table, listed, position + 1, then, nonzero, before)
        return table.add("split", on=node["polynomial"], zero=first, nonzero=second)

    def _closed(
        self, table: Table, branch: Branch, terms: list[tuple[int, Units, Poly]], value: Units, squares: Any = None
    ) -> int:
        """Close a branch: (relation, what it was multiplied by, multiplier) of the polynomials of format 1."""
        written_terms, common = self._common(branch, terms, twice=squares is not None)
        value = times_units(value, common)
        root = branch.expanded((Fraction(1), {name: e // 2 for name, e in common[1].items()}))
        roots = [(Fraction(weight) * common[0], _times(parsed(poly), root)) for weight, poly in squares or []]
        new = [[str(weight), poly_text(poly)] for weight, poly in roots]
        return table.add("close", terms=written_terms, value=units_text(value), squares=new)

    def _common(
        self, branch: Branch, terms: list[tuple[int, Units, Poly]], twice: bool = False
    ) -> tuple[list[Any], Units]:
        """Terms in the checker's relations, and the product of units by which their sum was multiplied."""
        most: dict[str | int, int] = {}
        for _, factor, _ in terms:
            for name, e in factor[1].items():
                most[name] = max(most.get(name, 0), e)
        common: Units = (Fraction(1), {name: e + (e % 2 if twice else 0) for name, e in most.items() if e > 0})
        found = []
        for number, factor, multiplier in terms:
            rest = times_units(common, factor, -1)
            found.append([number, poly_text(_times(multiplier, branch.expanded(rest)))])
        return found, common

    def _outside(self, table: Table, node: Node, branch: Branch) -> int:
        cut = _cut(node)
        keys = {"rows": node["rows"], "columns": node["columns"]}
        data = {**keys, "cut": [tuple(each) for each in cut], "then": 0}
        ((_, after),) = step_minor(self.run, branch.system, data)
        following = branch.copy(after)
        entries = branch.system.entries
        factor = branch.added(_determinant([[entries.get((i, j), {}) for j in node["columns"]] for i in node["rows"]]))
        multiplier = branch.expanded(branch.unit_product(node["multiplier"]))
        terms = [(len(after.relations) - 1, factor, multiplier)]
        there = self._closed(table, following, terms, branch.unit_product(node["value"]))
        return table.add("minor", **keys, cut=cut, then=there)

    def _relations(self, branch: Branch, combination: Any) -> list[tuple[int, Units, Poly]]:
        found = []
        for number, multiplier in combination:
            shown = branch.shown[number]
            if shown.number is not None:
                found.append((shown.number, shown.units, parsed(multiplier)))
        return found

    def _inconsistent(self, table: Table, node: Node, branch: Branch) -> int:
        terms = self._relations(branch, node["combination"])
        return self._closed(table, branch, terms, branch.unit_product(node["value"]), node.get("squares"))

    def _section(self, table: Table, node: Node, branch: Branch) -> int:
        listed = node["factors"] if "factors" in node else [node["left"], node["right"]]
        factors = [
            [[i, k, top, units_text(branch.unit_product(bottom))] for i, k, top, bottom in factor] for factor in listed
        ]
        modulo = []
        for i, j, multiplier, combination in node.get("modulo", []):
            terms, common = self._common(branch, self._relations(branch, combination))
            modulo.append([i, j, units_text(times_units(branch.unit_product(multiplier), common)), terms])
        return table.add("section", factors=factors, modulo=modulo)


def _cut(node: Node) -> list[list[int]]:
    """The cover of a minor as pairs of level and index."""
    cover = node["cover"]
    levels = {"rows": 0, "terms": 1, "columns": 2}
    by_kind = [[level, k] for key, level in levels.items() for k in cover.get(key, [])]
    found: list[list[int]] = cover.get("nodes") or by_kind
    return found


def _put(poly: Poly, entries: dict[str, Poly]) -> Poly:
    return _composed(poly, {name: entries.get(name, {}) for monomial in poly for name, _ in monomial})
