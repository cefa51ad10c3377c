"""Rules for two factors that are cases of others: `dense` of `full` and `types`, `linear` of `regular`."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

from closedness.check import Rejected, Vector, _integers, _Pattern, _reduced

__all__ = ["dense", "linear", "types"]

Node = dict[str, Any]
MOST = 10**9  # of an integer in a certificate


def dense(node: Node, pattern: _Pattern) -> Node:
    """Hidden indices that give everything on their lines are dropped; then there is one type of lines across."""
    side = 0 if node["side"] == "rows" else 1
    unseen = {cell[side] for cell in pattern.hidden}
    members = {k: sides[side] - unseen for k, sides in pattern.terms.items()}
    across = sorted(frozenset[int]().union(*(sides[1 - side] for sides in pattern.terms.values())))
    gone = frozenset[int]().union(*(members.get(k, frozenset()) for k in node["drop"]))
    if "flats" in node:
        found: Node = {"rule": "flats", "side": node["side"], "flats": node["flats"]}
    elif "solved" in node:
        found = {"rule": "solved-lines", "side": node["side"], "nodes": node["solved"]}
    else:
        line_of = {k: i for i, k in node["pairs"]}
        left = any(lines - gone for k, lines in members.items() if k not in node["drop"])
        listed = [{"line": across[0], "short": [], "nodes": node["nodes"]}] if left else []
        sets = [[[line_of.get(h, 0), h] for h in chosen] for _, chosen in node["ranks"]]
        distinct = [each for p, each in enumerate(sets) if each not in sets[:p]]
        rooms = [[k, [distinct.index(each)]] for (k, _), each in zip(node["ranks"], sets, strict=True)]
        found = types({"rule": "types", "side": node["side"], "sets": distinct, "rooms": rooms, "types": listed})
    if unseen or node["drop"]:
        found = {"rule": "trim", "then": found}
    if node["drop"]:
        pairs = [[i, k] for i, k in sorted(node["pairs"]) if i in gone and k in node["drop"]]
        lines = [[j, pairs] for j in across] if gone else []
        turned = "columns" if side == 0 else "rows"
        found = {"rule": "full", "terms": node["drop"], "side": turned, "lines": lines, "then": found}
    return found


def types(node: Node) -> Node:
    """The tables that exclude crowded sets, in the words of the format."""
    return {**node, "types": [{**each, "nodes": _decided(each["nodes"])} for each in node["types"]]}


def _decided(table: list[Node]) -> list[Node]:
    nodes = []
    for each in table:
        if each["do"] == "split":
            kind = "row" if "row" in each else "term"
            keys = {"do": "decide", "what": kind, "name": each[kind]}
            each = {**keys, "zero": each["zero"], "nonzero": each["nonzero"]}
        nodes.append(each)
    return nodes


def linear(node: Node, pattern: _Pattern) -> Node:
    """With the free entries solved for zero, stage by stage, the derivative is onto."""
    values: list[dict[tuple[int, int], Fraction]] = [
        {(k, i): Fraction(value) for i, k, value in node["left"]},
        {(k, j): Fraction(value) for k, j, value in node["right"]},
    ]
    stage = [dict.fromkeys(values[0], 0), dict.fromkeys(values[1], 0)]
    for number, entries in enumerate(node["stages"], 1):
        stage[0].update({(k, i): number for i, k in entries["left"]})
        stage[1].update(dict.fromkeys(map(tuple, entries["right"]), number))
    products: dict[tuple[int, int], list[tuple[int, int, int]]] = {}
    for k in node["terms"]:
        for i, columns in pattern.support(k).items() if k in pattern.terms else ():
            for j in columns:
                if (k, i) in stage[0] and (k, j) in stage[1]:
                    products.setdefault((i, j), []).append((k, i, j))
    when = {cell: max(_stage(stage[0][k, i], stage[1][k, j]) for k, i, j in all_) for cell, all_ in products.items()}
    for number in range(1, len(node["stages"]) + 1):
        free = [(side, name) for side in (0, 1) for name, own in stage[side].items() if own == number]
        position = {each: p for p, each in enumerate(free)}
        lines: list[Vector] = []
        for cell, all_ in products.items():
            if when[cell] == number:
                lines.append(_integers(_equation(all_, values, position, len(free))))
        # homogeneous equations, as in a single stage, have the solution zero: there is nothing to eliminate
        pivots = _reduced(lines) if any(len(free) in line for line in lines) else {}
        pivots.pop(len(free), None)  # where the product cannot be zero, the checker says so
        for p, (side, name) in enumerate(free):
            line = pivots.get(p, {p: 1})
            values[side][name] = Fraction(-line.get(len(free), 0), line[p])
    left, right = (_scaled(each) for each in values)
    return {
        "rule": "regular",
        "terms": node["terms"],
        "left": [[i, k, value] for (k, i), value in left.items()],
        "right": [[k, j, value] for (k, j), value in right.items()],
        "then": node["then"],
    }


def _stage(a: int, b: int) -> int:
    return max(a, b, min(a, b) and max(a, b) + 1)


def _equation(
    products: list[tuple[int, int, int]],
    values: list[dict[tuple[int, int], Fraction]],
    position: dict[tuple[int, tuple[int, int]], int],
    constant: int,
) -> dict[int, Fraction]:
    """The sum of the products as a linear form in the entries that are free now."""
    total: dict[int, Fraction] = {}
    for k, i, j in products:
        sides = [(0, (k, i)), (1, (k, j))]
        free = [each for each in sides if each in position]
        place = position[free[0]] if free else constant
        value = Fraction(1)
        for side, name in sides:
            value *= 1 if (side, name) in free[:1] else values[side].get(name, Fraction(0))
        total[place] = total.get(place, Fraction(0)) + value
    return {place: value for place, value in total.items() if value}


def _scaled(values: dict[tuple[int, int], Fraction]) -> dict[tuple[int, int], int]:
    """Integers, without the zeros."""
    scale = lcm(*(value.denominator for value in values.values()))
    found = {name: int(value * scale) for name, value in values.items() if value}
    if any(abs(value) > MOST for value in found.values()):
        raise Rejected("the numbers are too large")
    return found
