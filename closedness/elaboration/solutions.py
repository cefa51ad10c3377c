"""Proofs without solved equations: where one was put in, multiples of it are added.

With an equation `r = c·v + d`, of which `c` is a product of units, each polynomial `f` of degree `e` in `v` has a
`q` with ``c^e·f = c^e·f(-d/c) + q·r``. So an equation that was obtained by putting `-d/c` for `v` is derived from
the one before it and `r`, and what is equal when `-d/c` is put in is equal up to multiples of `r`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from closedness.check import (
    CONSTANT,
    ONE,
    STEPS,
    Poly,
    Rejected,
    _plus,
    _State,
    _System,
    _times,
    step_derive,
    step_minor,
    step_vanish,
)
from closedness.elaboration.branches import UNIT, Units, parsed, poly_text, times_units, units_text, variable_of
from closedness.elaboration.side_by_side import SideBySide
from closedness.elaboration.systems import Solved, by_degree, solved
from closedness.elaboration.tables import Growth, Table, written

__all__ = ["without_solutions"]

Node = dict[str, Any]
Cofactors = dict[int, Poly]
MINUS: Poly = {ONE: -1}


class Solution(NamedTuple):
    """A variable, the relation of the plain system that was solved for it, and its coefficient there."""

    name: str
    relation: int
    leading: Units


class Both(NamedTuple):
    """One branch with and without substitutions; `at` are the plain numbers of the relations that are not zero."""

    rich: Solved
    plain: _System
    at: dict[int, int]
    solutions: tuple[Solution, ...] = ()

    def read(self, terms: Any) -> list[tuple[int, Poly]]:
        """A combination in the plain numbers, without what is zero."""
        return [(self.at[number], parsed(poly)) for number, poly in terms if number in self.at]

    def coefficient(self, solution: Solution) -> tuple[Units, Poly, Poly]:
        """The coefficient of the variable as a product of units and as a polynomial, and the relation."""
        relation = self.plain.relations[solution.relation]
        slope = by_degree(relation, solution.name).get(1, {})
        units = solution.leading
        if len(slope) == 1:
            ((monomial, value),) = slope.items()
            units = Fraction(value), dict(monomial)
        if not all(e >= 0 and name in self.plain.units for name, e in units[1].items()):
            raise Rejected("the leading coefficient may vanish")
        if self.expanded(units) != slope:
            raise Rejected("the leading coefficient is another one")
        return units, slope, relation

    def expressed(self, poly: Poly) -> tuple[Units, Cofactors, Poly]:
        """A product of units times the polynomial is a sum of multiples of relations and a rest without solutions."""
        poly = self.plain.reduced(poly)
        total: Units = UNIT
        cofactors: Cofactors = {}
        for solution in self.solutions:
            degree = max(by_degree(poly, solution.name), default=0)
            if not degree:
                continue
            units, slope, relation = self.coefficient(solution)
            quotient: Poly = {}
            for e in range(degree, 0, -1):
                top = by_degree(poly, solution.name).get(e, {})
                step = _times(top, {((solution.name, e - 1),): 1} if e > 1 else CONSTANT)
                poly = _plus(_times(slope, poly), _times(step, relation), -1)
                quotient = _plus(_times(slope, quotient), step)
                cofactors = {number: _times(slope, each) for number, each in cofactors.items()}
                total = times_units(total, units)
            cofactors[solution.relation] = _plus(cofactors.get(solution.relation, {}), quotient)
        return total, cofactors, poly

    def expanded(self, units: Units) -> Poly:
        """A product of units as a polynomial."""
        return self.plain.product((units[0], list(units[1].items())))


class _Plain(SideBySide):
    """Follows a table with and without substitutions."""

    def __init__(self, nodes: list[Node]) -> None:
        super().__init__(nodes, "closed")
        self.known: dict[Any, int] = {}

    def grow(self, table: Table, wanted: tuple[int, Any]) -> Growth:
        position, subject = wanted
        node = self.nodes[position]
        self.run.steps = 0
        if isinstance(subject, Both):
            return (yield from self._step(table, node, subject))
        key = position, subject.key()
        if key not in self.known:
            self.known[key] = yield from self._state(table, node, subject)
        return self.known[key]

    def _state(self, table: Table, node: Node, state: _State) -> Growth:
        entry = STEPS[node["do"]]
        following = entry.function(self.run, state, entry.read(node, "strata")) or []
        keys = dict(node)
        children = [key for key in ("zero", "nonzero", "then") if key in node]
        for key, (position, after) in zip(children, following, strict=True):
            keys[key] = yield position, Both(Solved.of(after), after, {}) if isinstance(after, _System) else after
        return table.add(keys.pop("do"), **keys)

    def _step(self, table: Table, node: Node, both: Both) -> Growth:
        kind = node["do"]
        if kind == "close":
            return self._close(table, node, both)
        if kind == "section":
            return self._section(table, node, both)
        if kind == "split":
            return (yield from self.split(table, node, both))
        if kind == "solve":
            return (yield from self._solve(table, node, both))
        if kind == "derive":
            return (yield from self.derive(table, node, both))
        keys, step = dict(node), {"minor": step_minor, "vanish": step_vanish}[kind]
        read = STEPS[kind].read(node, kind)
        rich, plain = (step(self.run, system, read)[0][1] for system in (both.rich, both.plain))
        keys["then"] = yield from self.settled(table, both, rich, plain, keys["then"])
        return table.add(keys.pop("do"), **keys)

    def settled(self, table: Table, both: Both, rich: Solved, plain: _System, then: int) -> Growth:
        """The node below, when relations were added or a variable was solved for: they are derived without it."""
        at, derived = dict(both.at), []
        first = len(both.plain.relations)
        for number, poly in enumerate(rich.relations):
            old = len(both.rich.relations)
            place = at.get(number) if number < old else first + number - old
            at.pop(number, None)
            if not poly or place is None:
                continue
            if plain.relations[place] != poly:
                current = both._replace(plain=plain)
                units, cofactors, _ = current.expressed(plain.relations[place])
                terms = [(place, current.expanded(units))]
                terms += [(other, _times(each, MINUS)) for other, each in cofactors.items() if each]
                plain = self.after(step_derive, plain, terms=terms)
                place = len(plain.relations) - 1
                derived.append([[n, poly_text(h)] for n, h in terms])
                if plain.relations[place] != poly:
                    raise Rejected("a relation is another one without the substitution")
            at[number] = place
        position = yield then, both._replace(rich=rich, plain=plain, at=at)
        for terms_text in reversed(derived):
            position = table.add("derive", terms=terms_text, then=position)
        return position

    def distinction(self, both: Both, on: Poly) -> Poly:
        variable = variable_of(on)
        if variable and any(solution.name == variable for solution in both.solutions):
            raise Rejected("a distinction by a variable that was solved for")
        return on

    def combined(self, both: Both, terms: Any) -> list[tuple[int, Poly]]:
        return both.read(terms)

    def _solve(self, table: Table, node: Node, both: Both) -> Growth:
        number, name = node["relation"], node["variable"]
        leading = Fraction(node["leading"][0]), dict(node["leading"][1])
        rich = solved(both.rich, number, name, (leading[0], list(leading[1].items())))
        solution = Solution(name, both.at[number], leading)
        at = {other: place for other, place in both.at.items() if other != number}
        following = both._replace(at=at, solutions=(*both.solutions, solution))
        return (yield from self.settled(table, following, rich, both.plain, node["then"]))

    def _close(self, table: Table, node: Node, both: Both) -> int:
        terms = both.read(node["terms"])
        product: Units = Fraction(node["value"][0]), dict(node["value"][1])
        squares = [(Fraction(weight), parsed(root)) for weight, root in node["squares"]]
        rest = _times(both.expanded(product), MINUS)
        for weight, root in squares:
            rest = _plus(rest, _times({ONE: weight} if weight else {}, _times(root, root)), -1)
        units, found = self._equal(both, terms, rest, twice=bool(squares))
        half = both.expanded(units)
        if squares:
            units = times_units(units, units)
            squares = [(weight, _times(root, half)) for weight, root in squares]
        return table.add(
            "close",
            terms=found,
            value=units_text(times_units(product, units)),
            squares=[[str(weight), poly_text(root)] for weight, root in squares],
        )

    @staticmethod
    def _equal(both: Both, terms: list[tuple[int, Poly]], rest: Poly, twice: bool = False) -> tuple[Units, list[Any]]:
        """Terms that add up to minus a product of units times the rest; with `twice` times its square."""
        for number, multiplier in terms:
            rest = _plus(rest, _times(both.plain.relations[number], multiplier))
        units, cofactors, left = both.expressed(rest)
        if left:
            raise Rejected("the two sides are not equal")
        factor = both.expanded(units)
        found: Cofactors = {}
        for number, multiplier in terms:
            found[number] = _plus(found.get(number, {}), _times(multiplier, factor))
        for number, each in cofactors.items():
            found[number] = _plus(found.get(number, {}), each, -1)
        if twice:
            found = {number: _times(each, factor) for number, each in found.items()}
        return units, [[number, poly_text(each)] for number, each in found.items() if each]

    def _section(self, table: Table, node: Node, both: Both) -> int:
        state, plain = both.plain.state, both.plain
        if state is None:
            raise Rejected("the step speaks of something else")
        product = _product(both, node["factors"])
        given = {(i, j): (units, terms) for i, j, units, terms in node["modulo"]}
        modulo = []
        for i in state.tau:
            for j in sorted(state.omega[i]):
                top, below = product.get((i, j), ({}, UNIT))
                bottom = both.expanded(below)
                rest = _plus(top, _times(plain.entries.get((i, j), {}), bottom), -1)
                (constant, powers), terms = given.pop((i, j), (["1", []], []))
                multiplier: Units = Fraction(constant), dict(powers)
                listed = [(number, _times(_times(each, bottom), MINUS)) for number, each in both.read(terms)]
                units, found = self._equal(both, listed, _times(rest, both.expanded(multiplier)))
                if found:
                    turned = [[number, poly_text(_times(parsed(each), MINUS))] for number, each in found]
                    units = times_units(times_units(multiplier, units), below)
                    modulo.append([i, j, units_text(units), turned])
        if given:
            raise Rejected("a combination is given for an entry that is not looked at")
        return table.add("section", factors=node["factors"], modulo=modulo)


def _product(both: Both, factors: Any) -> dict[tuple[int, int], tuple[Poly, Units]]:
    """The product of factors, numerators over products of units."""
    total: dict[tuple[int, int], tuple[Poly, Units]] = {}
    for level, factor in enumerate(factors):
        entries = {(i, j): (parsed(top), (Fraction(c), dict(powers))) for i, j, top, (c, powers) in factor}
        if not level:
            total = entries
            continue
        found: dict[tuple[int, int], tuple[Poly, Units]] = {}
        for (i, k), (left, under) in total.items():
            for (middle, j), (right, below) in entries.items():
                if middle != k:
                    continue
                top, bottom = _times(left, right), times_units(under, below)
                if (i, j) in found:
                    other, its = found[i, j]
                    if its != bottom:
                        other, top = _times(other, both.expanded(bottom)), _times(top, both.expanded(its))
                        bottom = times_units(its, bottom)
                    top = _plus(other, top)
                found[i, j] = top, bottom
        total = found
    return total


def without_solutions(subject: _State | list[Poly], nodes: list[Node]) -> list[Node]:
    """The table without steps `solve`: of a state, or of a refutation with these relations.

    Examples
    --------
    >>> without_solutions([], [{"do": "close"}])
    [{'do': 'close'}]
    """
    if not any(node["do"] in ("solve", "section") for node in nodes):
        return nodes
    start: Any = subject
    if isinstance(subject, list):
        start = Both(Solved(subject, {}), _System(subject, {}), {n: n for n, poly in enumerate(subject) if poly})
    return written((len(nodes) - 1, start), _Plain(nodes).grow)
