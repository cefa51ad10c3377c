"""A proof in other names of lines and hidden indices, or of the transposed matrices, in the names of the problem.

The rules write parts of proofs in the names of stored tables, below nodes `rename`. Certificates have no such nodes:
what is below one is written again in the names above it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from closedness.check import Rejected, _Pattern

__all__ = ["in_these_names", "renamed_pattern"]

Node = dict[str, Any]
ENTRY = re.compile(r"a:(0|[1-9][0-9]{0,8}):(0|[1-9][0-9]{0,8})")
OTHER = {"rows": "columns", "columns": "rows"}


def _one_to_one(pairs: Any, names: Any) -> dict[int, int]:
    found: dict[int, int] = dict(pairs)
    if not set(names) <= found.keys():
        raise Rejected("a line or hidden index is not renamed")
    if not len(set(found.values())) == len(found) == len(pairs):
        raise Rejected("lines or hidden indices are not renamed one to one")
    return found


def renamed_pattern(node: Node, pattern: _Pattern) -> _Pattern:
    """What is left to prove below a node `rename`."""
    sides = [frozenset[int]().union(*(each[side] for each in pattern.terms.values())) for side in (0, 1)]
    rows, columns = (_one_to_one(node[key], names) for key, names in zip(("rows", "columns"), sides, strict=True))
    terms = _one_to_one(node["terms"], pattern.terms)
    moved = {terms[k]: ({rows[i] for i in r}, {columns[j] for j in c}) for k, (r, c) in pattern.terms.items()}
    hidden = [(rows[i], columns[j]) for i, j in pattern.hidden]
    if node["transposed"]:
        moved, hidden = {k: (c, r) for k, (r, c) in moved.items()}, [(j, i) for i, j in hidden]
    return _Pattern({k: (frozenset(r), frozenset(c)) for k, (r, c) in moved.items()}, hidden)


class Naming:
    """The names above for those below; with `turned`, the rows below are the columns above."""

    def __init__(self, maps: dict[str, dict[int, int]], turned: bool = False) -> None:
        self.maps, self.turned = maps, turned
        self.taken = {key: set(names.values()) for key, names in maps.items()}

    def below(self, node: Node) -> Naming:
        """The naming below a node `rename`."""
        maps = {key: {new: self.one(key, old) for old, new in node[key]} for key in ("rows", "columns", "terms")}
        if not node.get("transposed"):
            return Naming(maps, self.turned)
        return Naming({"rows": maps["columns"], "columns": maps["rows"], "terms": maps["terms"]}, not self.turned)

    def one(self, key: str, name: int) -> int:
        """The name above; names that occur below only get new ones."""
        names, taken = self.maps[key], self.taken[key]
        if name not in names:
            names[name] = name if name not in taken else max(taken) + 1
            taken.add(names[name])
        return names[name]

    def all(self, key: str, names: Any) -> list[int]:
        """The names above of a list."""
        return [self.one(key, name) for name in names]

    def cell(self, i: int, j: int) -> tuple[int, int]:
        """The entry above."""
        a, b = self.one("rows", i), self.one("columns", j)
        return (b, a) if self.turned else (a, b)

    def side(self, side: str) -> str:
        """The side above."""
        return OTHER[side] if self.turned else side

    def supports(self, listed: Any) -> list[Any]:
        """Supports by name."""
        found = [[self.one("terms", k), self.all("rows", r), self.all("columns", c)] for k, r, c in listed]
        return [[k, c, r] for k, r, c in found] if self.turned else found

    def factors(self, left: Any, right: Any) -> tuple[list[Any], list[Any]]:
        """Entries of two factors, each followed by more."""
        first = [[self.one("rows", i), self.one("terms", k), *rest] for i, k, *rest in left]
        second = [[self.one("terms", k), self.one("columns", j), *rest] for k, j, *rest in right]
        if not self.turned:
            return first, second
        return [[j, k, *rest] for k, j, *rest in second], [[k, i, *rest] for i, k, *rest in first]

    def variable(self, name: Any) -> Any:
        """A variable; those that are no entries keep their names."""
        match = ENTRY.fullmatch(name) if isinstance(name, str) else None
        return name if match is None else "a:{}:{}".format(*self.cell(*map(int, match.groups())))

    def poly(self, poly: Any) -> list[Any]:
        """A polynomial."""
        return [[value, self.powers(powers)] for value, powers in poly]

    def powers(self, powers: Any) -> list[Any]:
        """Powers of variables and of numbered units."""
        return [[self.variable(name), e] for name, e in powers]

    def units(self, units: Any) -> list[Any]:
        """A product of units."""
        return [units[0], self.powers(units[1])]

    def terms(self, terms: Any) -> list[Any]:
        """A combination of relations."""
        return [[number, self.poly(poly)] for number, poly in terms]

    def generic(self, node: Node) -> Node:
        """A choice of representatives."""
        own, other = node["side"], OTHER[node["side"]]
        lines = [
            [self.one(own, line), [[self.one(other, j), self.one("terms", k)] for j, k in pairs]]
            for line, pairs in node["lines"]
        ]
        return {**node, "side": self.side(own), "lines": lines}

    def pair(self, key: str, other: str, node: Node) -> dict[str, Any]:
        """Two lists of names, in the order above."""
        rows, columns = self.all("rows", node[key]), self.all("columns", node[other])
        return {key: columns, other: rows} if self.turned else {key: rows, other: columns}


def _twins(naming: Naming, node: Node) -> Node:
    own, other = node["side"], OTHER[node["side"]]
    classes = [
        {
            "keep": naming.all(own, each["keep"]),
            "drop": naming.all(own, each["drop"]),
            "cover": {
                "lines": naming.all(other, each["cover"]["lines"]),
                "terms": naming.all("terms", each["cover"]["terms"]),
            },
        }
        for each in node["classes"]
    ]
    return {**node, "side": naming.side(own), "classes": classes}


def _linear(naming: Naming, node: Node) -> Node:
    left, right = naming.factors(node["left"], node["right"])
    dominant = node["rule"] == "dominant"
    terms = naming.supports(node["terms"]) if dominant else naming.all("terms", node["terms"])
    return {**node, "terms": terms, "left": left, "right": right}


def _types(naming: Naming, node: Node) -> Node:
    own, other = node["side"], OTHER[node["side"]]
    key = {"row": own, "term": "terms"}

    def step(each: Node) -> Node:
        if each["do"] == "decide":
            return {**each, "name": naming.one(key[each["what"]], each["name"])}
        return {**each, "weights": [[naming.one("terms", k), weight] for k, weight in each["weights"]]}

    return {
        **node,
        "side": naming.side(own),
        "sets": [[[naming.one(own, i), naming.one("terms", k)] for i, k in pairs] for pairs in node["sets"]],
        "rooms": [[naming.one("terms", k), names] for k, names in node["rooms"]],
        "types": [
            {
                "line": naming.one(other, each["line"]),
                "short": naming.all("terms", each["short"]),
                "nodes": list(map(step, each["nodes"])),
            }
            for each in node["types"]
        ],
    }


def _flats(naming: Naming, node: Node) -> Node:
    flats = [[naming.one("terms", k), naming.all(node["side"], order)] for k, order in node["flats"]]
    return {**node, "side": naming.side(node["side"]), "flats": flats}


def _solved_lines(naming: Naming, node: Node) -> Node:
    side = node["side"]

    def pairs(listed: list[list[int]]) -> list[list[int]]:
        return [[naming.one(side, i), naming.one("terms", k)] for i, k in listed]

    def step(each: Node) -> Node:
        if each["do"] == "dependent":
            without = [[naming.one(side, i), then] for i, then in each["without"]]
            return {**each, "lines": naming.all(side, each["lines"]), "without": without}
        if each["do"] in ("avoid", "meet"):
            return {**each, "line": naming.one(side, each["line"])}
        if each["do"] == "tree":
            edges = [[naming.one("terms", k), naming.one(side, i), naming.one(side, j)] for k, i, j in each["edges"]]
            return {**each, "edges": edges}
        others = [[naming.one(side, i), pairs(listed)] for i, listed in each["others"]]
        return {**each, "solved": pairs(each["solved"]), "others": others}

    return {**node, "side": naming.side(side), "nodes": list(map(step, node["nodes"]))}


# rules about two factors, apart from what stands below them
RULES: dict[str, Callable[[Naming, Node], Node]] = {
    "crossing": lambda naming, node: node,
    "dual-bases": lambda naming, node: node,
    "trim": lambda naming, node: node,
    "product": lambda naming, node: {
        **node,
        "parts": [{**part, "terms": naming.all("terms", part["terms"])} for part in node["parts"]],
    },
    "twins": _twins,
    "full": lambda naming, node: {**naming.generic(node), "terms": naming.all("terms", node["terms"])},
    "regular": _linear,
    "dominant": _linear,
    "split": lambda naming, node: {
        **node,
        "term": naming.one("terms", node["term"]),
        "parts": naming.supports(node["parts"]),
    },
    "extend": lambda naming, node: {
        **node,
        **naming.pair("rows", "columns", node),
        "terms": naming.supports(node["terms"]),
    },
    "types": _types,
    "flats": _flats,
    "solved-lines": _solved_lines,
    "ideal": lambda naming, node: {**node, "polynomials": list(map(naming.poly, node["polynomials"]))},
    "strata": lambda naming, node: {**node, "nodes": [STEPS[each["do"]](naming, each) for each in node["nodes"]]},
}


def in_these_names(node: Node) -> Node:
    """A proof about two factors without nodes `rename`.

    Examples
    --------
    >>> below = {"rule": "full", "terms": [7], "side": "rows", "lines": [[0, [[3, 7]]]], "then": {"rule": "crossing"}}
    >>> renaming = {"rows": [[5, 0]], "columns": [[6, 3]], "terms": [[1, 7]], "transposed": False}
    >>> in_these_names({"rule": "rename", **renaming, "then": below})["lines"]
    [[5, [[6, 1]]]]
    """
    naming = Naming({"rows": {}, "columns": {}, "terms": {}})
    holder: Node = {"then": node}
    stack = [(holder, naming)]
    while stack:
        slot, naming = stack.pop()
        node = slot["then"]
        while node["rule"] == "rename":
            naming, node = naming.below(node), node["then"]
        if node["rule"] in RULES and (naming.turned or any(naming.maps.values())):
            node = RULES[node["rule"]](naming, node)
        slot["then"] = node = dict(node)
        if "parts" in node and node["rule"] in ("product", "parts"):
            node["parts"] = [dict(part) for part in node["parts"]]
            stack.extend((part, naming) for part in node["parts"])
        elif "then" in node:
            stack.append((node, naming))
    found: Node = holder["then"]
    return found


# ---- tables of strata


def _cell(naming: Naming, node: Node) -> Node:
    return {**node, "cell": list(naming.cell(*node["cell"]))}


def _clear(naming: Naming, node: Node) -> Node:
    lines = naming.all(node["side"], node["lines"])
    return {**node, "side": naming.side(node["side"]), "pivot": list(naming.cell(*node["pivot"])), "lines": lines}


def _minor(naming: Naming, node: Node) -> Node:
    keys = ("rows", "terms", "columns")
    cut = [[2 - level if naming.turned else level, naming.one(keys[level], k)] for level, k in node["cut"]]
    return {**node, **naming.pair("rows", "columns", node), "cut": cut}


def _section(naming: Naming, node: Node) -> Node:
    factors = [
        [[i, j, naming.poly(top), naming.units(bottom)] for i, j, top, bottom in factor]
        for factor in naming.factors(*node["factors"])
    ]
    modulo = [[*naming.cell(i, j), naming.units(units), naming.terms(terms)] for i, j, units, terms in node["modulo"]]
    return {**node, "factors": factors, "modulo": modulo}


def _renaming(naming: Naming, node: Node) -> Node:
    new = {key: [naming.all(key, pair) for pair in node[key]] for key in ("rows", "columns", "terms")}
    return {**node, **({**new, "rows": new["columns"], "columns": new["rows"]} if naming.turned else new)}


STEPS: dict[str, Callable[[Naming, Node], Node]] = {
    "entry": _cell,
    "clear": _clear,
    "spend": lambda naming, node: {
        **node,
        **naming.pair("rows", "columns", node),
        "term": naming.one("terms", node["term"]),
        "pivot": list(naming.cell(*node["pivot"])),
    },
    "generic": lambda naming, node: naming.generic(node),
    "family": lambda naming, node: {**node, "ones": [list(naming.cell(*cell)) for cell in node["ones"]]},
    "split": lambda naming, node: {**node, "on": naming.poly(node["on"])},
    "derive": lambda naming, node: {**node, "terms": naming.terms(node["terms"])},
    "solve": lambda naming, node: {
        **node,
        "variable": naming.variable(node["variable"]),
        "leading": naming.units(node["leading"]),
    },
    "close": lambda naming, node: {
        **node,
        "terms": naming.terms(node["terms"]),
        "value": naming.units(node["value"]),
        "squares": [[weight, naming.poly(root)] for weight, root in node["squares"]],
    },
    "vanish": lambda naming, node: {**node, "polynomials": list(map(naming.poly, node["polynomials"]))},
    "minor": _minor,
    "section": _section,
    "rename": _renaming,
}
