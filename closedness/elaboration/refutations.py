"""Refutations: `split`, `derive`, `solve`, `scale` and `close` for the steps of format 1."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from closedness.check import (
    CONSTANT,
    ONE,
    Chain,
    Poly,
    Rejected,
    _chain_product,
    _paths,
    _plus,
    _read,
    _Run,
    _times,
    step_derive,
    step_split,
)
from closedness.check import MATRIX as MATRIX_SHAPE
from closedness.elaboration.branches import (
    Branch,
    Units,
    parsed,
    poly_text,
    times_units,
    units_text,
    variable_of,
)
from closedness.elaboration.scalings import Scaling, scaled, without_scalings
from closedness.elaboration.solutions import without_solutions
from closedness.elaboration.systems import Solved, by_degree, solved
from closedness.elaboration.tables import Growth, Table, written

__all__ = ["refutation"]

Node = dict[str, Any]
ONE_UNIT: Units = (Fraction(1), {})


def refutation(factors: Chain, target: Any, node: Node) -> Node:
    """The refutation of format 2 for one of format 1, below a node that says which factors count as one."""
    alone = [1] * len(factors)
    merge = node.get("merge", alone)
    found = _of_groups(factors, target, node, merge)
    return found if merge == alone else {"do": "merge", "sizes": merge, "then": found}


def _of_groups(factors: Chain, target: Any, node: Node, merge: list[int]) -> Node:
    for name in ("pinned", "occupied", "diagonal"):
        if name in node:
            return {"do": name, **node[name]}
    if "frames" in node:
        frames = node["frames"]
        nodes = written((frames["steps"], 0), _frames_step)
        return {"do": "frames", "rows": frames["rows"], "columns": frames["columns"], "nodes": nodes}
    merged, first = [], 0
    for size in merge:
        group = factors[first : first + size]
        merged.append(group[0] if size == 1 else _chain_product(group))
        first += size
    entries = _read(MATRIX_SHAPE, target, "target")
    maps = [rows for _, _, rows in merged]
    relations = []
    for i, j in node["cells"]:
        value = entries.get((i, j), Fraction(0))
        relations.append(_plus(_paths(maps, i, j), {ONE: value} if value else {}, -1))
    branch = Branch(Solved(relations, {}))
    branch.labels = {f"{i}:{j}": number for number, (i, j) in enumerate(node["cells"])}
    follower = _Refutation(node["nodes"])
    nodes = written((len(node["nodes"]) - 1, branch), follower.grow, follower.failed)
    plain = without_solutions(relations, without_scalings(relations, nodes))
    return {"do": "equations", "cells": node["cells"], "nodes": plain}


def _frames_step(table: Table, wanted: tuple[list[Node], int]) -> Growth:
    steps, position = wanted
    node = dict(steps[position])
    kind = node.pop("do")
    if kind == "deficient":
        side, terms = node["side"], node["terms"]
        node = {"terms": terms if side == "rows" else [], "others": terms if side == "columns" else []}
        kind = "gram"
    elif kind == "pair":
        node, kind = {"terms": [node["term"]], "others": [node["term"]]}, "gram"
    elif kind == "split":
        kind = "either"
        for key in ("rows", "columns"):
            node[key] = yield (node[key], 0)
    elif position + 1 < len(steps):
        node["then"] = yield (steps, position + 1)
    return table.add(kind, **node)


class _Refutation:
    """Follows a table of format 1."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.run = _Run("no_product")

    def failed(self, wanted: tuple[int, Branch]) -> Node | None:
        """A step that does not hold."""
        node, branch = self.nodes[wanted[0]], wanted[1]
        if node["do"] == "solve":
            number = branch.labels.get(node["equation"])
            number = len(branch.system.relations) if number is None else number
            return {"do": "solve", "relation": number, "variable": node["variable"], "leading": ["1", []], "then": 0}
        return node if node["do"] == "scale" else None

    def grow(self, table: Table, wanted: tuple[int, Branch]) -> Growth:
        position, branch = wanted
        node = self.nodes[position]
        kind = node["do"]
        if kind == "contradiction":
            return self._contradiction(table, branch, node["equation"])
        if kind in ("split", "zero", "nonzero"):
            return (yield from self._split(table, branch, node))
        if kind == "factor":
            return (yield from self._factor(table, branch, node))
        if kind == "combine":
            return self._combine(table, branch, node)
        if kind == "derive":
            terms, _ = self._terms(branch, node["terms"])
            after = step_derive(self.run, branch.system, {"terms": _read_terms(terms), "then": 0})[0][1]
            following = branch.copy(after)
            following.labels[node["name"]] = len(after.relations) - 1
            then = yield node["then"], following
            return table.add("derive", terms=terms, then=then)
        if kind == "scale":
            following = branch.copy(scaled(branch.system, Scaling(node["variable"], *node["hidden"])))
            following.leading.append(ONE_UNIT)
            then = yield node["then"], following
            return table.add("scale", variable=node["variable"], hidden=node["hidden"], then=then)
        if kind == "solve":
            return (yield from self._solve(table, branch, node))
        raise Rejected(f"unknown step {kind!r}")

    def _contradiction(self, table: Table, branch: Branch, label: str) -> int:
        if label not in branch.labels:
            raise Rejected(f"no equation {label[:30]!r} is left")
        number = branch.labels[label]
        if number is None or not branch.system.relations[number]:
            # the equation is a variable that was put to zero, although it is known not to be
            name = next((v for v, *_ in reversed(branch.system.made) if v in branch.system.units), label)
            return table.add("close", terms=[], value=["1", [[name, 1]]])
        (monomial, value), *_ = branch.system.relations[number].items()
        return table.add("close", terms=[[number, [["1", []]]]], value=[str(value), [list(p) for p in monomial]])

    def _split(self, table: Table, branch: Branch, node: Node) -> Growth:
        name, kind = node["variable"], node["do"]
        if kind == "zero" and any(v == name for v, _, _ in branch.system.made):
            return (yield node["then"], branch)
        poly: Poly = {((name, 1),): Fraction(1)}
        (_, same), (_, other) = step_split(self.run, branch.system, {"on": poly, "zero": 0, "nonzero": 0})
        zero, nonzero = branch.copy(same), branch.copy(other)
        zero.leading.append(ONE_UNIT)
        if kind == "zero":
            first = yield node["then"], zero
            second = self._contradiction(table, nonzero, node["equation"])
        elif kind == "nonzero":
            first = self._contradiction(table, zero, node["equation"])
            second = yield node["then"], nonzero
        else:
            first = yield node["zero"], zero
            second = yield node["nonzero"], nonzero
        return table.add("split", on=poly_text(poly), zero=first, nonzero=second)

    def _solve(self, table: Table, branch: Branch, node: Node) -> Growth:
        number, name = branch.labels[node["equation"]], node["variable"]
        if number is None:
            raise Rejected("an equation that was used up")
        system, derived = branch.system, False
        if system.tidy(system.relations[number]) != system.relations[number]:
            terms = [(number, CONSTANT)]
            system, derived = step_derive(self.run, system, {"terms": terms, "then": 0})[0][1], True
        used = len(system.relations) - 1 if derived else number
        parts = by_degree(system.relations[used], name)
        (monomial, value), *_ = parts.get(1, {ONE: Fraction(1)}).items()
        leading: Units = (Fraction(value), dict(monomial))
        after = solved(system, used, name, (value, list(monomial)))
        following = branch.copy(after)
        following.leading.append(leading)
        following.labels.pop(node["equation"])
        then = yield node["then"], following
        there = table.add("solve", relation=used, variable=name, leading=units_text(leading), then=then)
        return table.add("derive", terms=[[number, [["1", []]]]], then=there) if derived else there

    def _factor(self, table: Table, branch: Branch, node: Node) -> Growth:
        label = node["equation"]
        number = branch.labels[label]
        factors = [parsed(case["factor"]) for case in node["cases"]]
        product, units = CONSTANT, ONE_UNIT
        current, opened = branch, []
        for factor, case in zip(factors, node["cases"], strict=True):
            (_, same), (_, other) = step_split(self.run, current.system, {"on": factor, "zero": 0, "nonzero": 0})
            zero, nonzero = current.copy(same), current.copy(other)
            variable = variable_of(factor)
            zero.labels[label] = None if variable else len(same.relations) - 1
            if variable:
                zero.leading.append(ONE_UNIT)
            opened.append((poly_text(factor), (yield case["then"], zero)))
            unit: str | int = variable or other.count - 1
            units = times_units(units, (Fraction(1), {unit: case["power"]}))
            for _ in range(case["power"]):
                product = _times(product, factor)
            current = nonzero
        ratio = None if number is None else current.multiple(number, product)
        if number is None or ratio is None:
            raise Rejected("the factors do not multiply to the equation")
        raised = (ratio[0], {name: e for name, e in ratio[1].items() if e > 0})
        lowered = (Fraction(1), {name: -e for name, e in ratio[1].items() if e < 0})
        there = table.add(
            "close",
            terms=[[number, poly_text(current.expanded(raised))]],
            value=units_text(times_units(units, lowered)),
        )
        for text, zero_position in reversed(opened):
            there = table.add("split", on=text, zero=zero_position, nonzero=there)
        return there

    def _combine(self, table: Table, branch: Branch, node: Node) -> int:
        squares = [(Fraction(weight), parsed(root)) for weight, root in node.get("squares", [])]
        terms, (common, total) = self._terms(branch, node["terms"], twice="squares" in node)
        shift: Poly = {common: Fraction(1)}
        square: Poly = {tuple((v, 2 * e) for v, e in common): Fraction(1)}
        total = _times(total, square if "squares" in node else shift)
        rooted = [(weight, _times(root, shift)) for weight, root in squares]
        for weight, root in rooted:
            total = _plus(total, _times({ONE: weight} if weight else {}, _times(root, root)), -1)
        (monomial, value), *_ = total.items() or [(ONE, Fraction(0))]
        keys: Node = {"terms": terms, "value": [str(value), [list(power) for power in monomial]]}
        return table.add("close", **keys, squares=[[str(weight), poly_text(root)] for weight, root in rooted])

    def _terms(self, branch: Branch, listed: Any, twice: bool = False) -> tuple[list[Any], tuple[Any, Poly]]:
        """Terms, a monomial by which all of them were multiplied, and the sum without it."""
        total: Poly = {}
        found: list[tuple[int, Units, Poly]] = []
        low: dict[str, int] = {}
        for term in listed:
            poly, multiplier = parsed(term["polynomial"]), parsed(term["multiplier"])
            number = branch.labels[term["equation"]]
            total = _plus(total, _times(multiplier, poly))
            if number is None:
                continue
            ratio = branch.multiple(number, poly)
            if ratio is None:
                raise Rejected("a polynomial is not the equation it is said to be")
            found.append((number, ratio, multiplier))
            for name, e in ratio[1].items():
                low[str(name)] = max(low.get(str(name), 0), -e)
        common = tuple(sorted((v, e) for v, e in low.items() if e))
        terms = []
        for number, ratio, multiplier in found:
            powers = dict(ratio[1])
            for name, e in common:
                powers[name] = powers.get(name, 0) + e * (2 if twice else 1)
            monomial = tuple(sorted((str(name), e) for name, e in powers.items() if e))
            terms.append([number, poly_text(_times(multiplier, {monomial: ratio[0]}))])
        return terms, (common, total)


def _read_terms(terms: list[Any]) -> list[tuple[int, Poly]]:
    return [(number, parsed(poly)) for number, poly in terms]
