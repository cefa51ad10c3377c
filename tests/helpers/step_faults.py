"""Faults in the steps that relations and states are proved with, one each."""

from __future__ import annotations

import copy
from typing import Any

Node = dict[str, Any]


def put(data: Node, *path: Any, to: Any) -> Node:
    """A copy with another value at a path."""
    result = copy.deepcopy(data)
    place: Any = result
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return result


def first(nodes: list[Node], do: str) -> int:
    """The position of the first step of a kind."""
    return next(position for position, node in enumerate(nodes) if node.get("do") == do)


def before(data: Node, *steps: Node) -> Node:
    """The same refutation with more steps at its beginning."""
    result = copy.deepcopy(data)
    *nodes, equations, limit = result["proof"]
    for step in (*steps, equations, limit):
        nodes.append({**step, "then": len(nodes) - 1})
    result["proof"] = nodes
    return result


def invalid(lu: Node, factor: Node, squares: Node, vanishing: Node, strata: Node) -> dict[str, Node]:
    """The faulty certificates, made of good ones."""
    table = ("proof",)
    one: list[Any] = [["1", []]]
    states = vanishing["proof"]
    here = {do: ("proof", first(states, do)) for do in ("section", "vanish", "minor", "family", "entry")}
    close = ("proof", 17)
    return {
        "split-branches-exchanged": put(put(lu, *table, 4, "zero", to=3), *table, 4, "nonzero", to=0),
        "split-on-another-variable": put(lu, *table, 4, "on", to=[["1", [["0:1:1", 1]]]]),
        "split-on-a-multiple": put(lu, *table, 4, "on", to=[["2", [["0:0:0", 1]]]]),
        "split-on-zero": put(lu, *table, 4, "on", to=[]),
        "split-on-one": put(lu, *table, 4, "on", to=one),
        "close-another-relation": put(lu, *table, 0, "terms", 0, 0, to=0),
        "close-relation-that-is-not-there": put(lu, *table, 0, "terms", 0, 0, to=3),
        "close-nothing": put(lu, *table, 0, "terms", to=[]),
        "close-another-number": put(lu, *table, 0, "value", 0, to="1"),
        "close-zero": put(lu, *table, 0, "value", 0, to="0"),
        "close-another-power": put(lu, *table, 2, "value", 1, 0, 1, to=2),
        "close-unit-that-is-not-known": put(lu, *table, 2, "value", 1, 0, 0, to="0:1:1"),
        "close-unit-of-a-number": put(lu, *table, 2, "value", 1, 0, 0, to=0),
        "close-unit-of-another-number": put(factor, *table, 4, "value", 1, 1, 0, to=1),
        "close-unit-as-a-name": put(factor, *table, 4, "value", 1, 1, 0, to="0"),
        "close-with-another-multiplier": put(lu, *table, 0, "terms", 0, 1, to=[["1", [["0:0:0", 1]]]]),
        "derive-relation-that-is-not-there": before(lu, {"do": "derive", "terms": [[9, one]]}),
        "derive-and-take-another": put(
            before(lu, {"do": "derive", "terms": [[0, one]]}), *table, 0, "terms", 0, 0, to=3
        ),
        "squares-subtracted": put(squares, *table, 0, "squares", 0, 0, to="-1"),
        "squares-another-root": put(squares, *table, 0, "squares", 0, 1, to=[["1", [["0:0:0", 2]]]]),
        "squares-negative-value": put(squares, *table, 0, "value", 0, to="-1"),
        "squares-forgotten": put(squares, *table, 0, "squares", to=[]),
        "squares-of-complex-numbers": {**squares, "field": "complex"},
        "equations-fewer-cells": put(lu, "proof", -2, "cells", to=[[0, 0], [0, 1]]),
        "equations-cells-exchanged": put(lu, "proof", -2, "cells", to=[[0, 1], [0, 0], [1, 0]]),
        "equations-a-cell-outside": put(lu, "proof", -2, "cells", 0, to=[0, 2]),
        "section-another-entry": put(vanishing, *here["section"], "factors", 0, 0, 2, to=[["2", []]]),
        "section-outside-the-support": put(vanishing, *here["section"], "factors", 0, 0, 1, to=1),
        "section-one-factor": put(vanishing, *here["section"], "factors", to=[[]]),
        "section-without-the-relation": put(vanishing, *here["section"], "modulo", to=[]),
        "section-modulo-elsewhere": put(vanishing, *here["section"], "modulo", 0, 0, to=5),
        "section-denominator-that-may-vanish": put(
            vanishing, *here["section"], "factors", 0, 0, 3, to=["1", [["a:0:0", 1]]]
        ),
        "vanish-what-does-not": put(vanishing, *here["vanish"], "polynomials", 0, 1, 0, to="1"),
        "vanish-an-entry-that-is-not-there": put(
            vanishing, *here["vanish"], "polynomials", 0, to=[["1", [["a:0:5", 1]]]]
        ),
        "vanish-nothing": put(vanishing, *here["vanish"], "polynomials", to=[]),
        "vanish-then-close-with-another-unit": put(vanishing, *close, "value", 1, 1, 0, to="a:1:1"),
        "minor-without-cut": put(strata, *here["minor"], "cut", to=[]),
        "minor-large-cut": put(strata, *here["minor"], "cut", to=[[1, 0], [0, 0]]),
        "minor-another-cut": put(strata, *here["minor"], "cut", to=[[0, 0]]),
        "minor-cut-of-no-level": put(strata, *here["minor"], "cut", to=[[7, 0]]),
        "minor-not-square": put(strata, *here["minor"], "rows", to=[0]),
        "minor-a-row-twice": put(strata, *here["minor"], "rows", to=[0, 0]),
        "minor-a-row-that-is-not-there": put(strata, *here["minor"], "rows", to=[0, 5]),
        "family-scales-what-may-vanish": put(strata, *here["family"], "ones", 0, to=[0, 0]),
        "family-scales-a-cycle": put(strata, "proof", 25, "ones", to=[[0, 0], [0, 1], [1, 0], [1, 1]]),
        "entry-known-already": put(strata, *here["entry"], "cell", to=[0, 0]),
        "entry-that-is-not-there": put(strata, *here["entry"], "cell", to=[0, 5]),
        "family-below-a-family": put(strata, *here["family"], "then", to=1),
        "close-in-a-state": put(strata, *here["entry"], "zero", to=2),
        "generic-in-a-refutation": put(lu, *table, 0, to={"do": "generic", "side": "rows", "lines": []}),
        "minor-in-a-refutation": before(lu, {"do": "minor", "rows": [0], "columns": [0], "cut": []}),
        "section-in-a-refutation": put(lu, *table, 0, to={"do": "section", "factors": [], "modulo": []}),
        "bound-in-a-refutation": put(lu, *table, 0, to={"do": "bound", "weights": []}),
        "gram-in-a-refutation": put(lu, *table, 0, to={"do": "gram", "terms": [], "others": []}),
    }


def referring(node: Node) -> list[tuple[Any, Any]]:
    """Where a node refers to others: objects and lists in it, with a key."""
    keys = {"either": ("rows", "columns"), "sign": ("on", "off")}.get(node.get("do", ""), ("then", "zero", "nonzero"))
    found: list[tuple[Any, Any]] = [(node, key) for key in keys if key in node]
    for part in ("parts", "cases", "blocks", "types", "cover"):
        listed = node[part] if isinstance(node.get(part), list) else []
        found += [(each, "then") for each in listed if isinstance(each, dict) and "then" in each]
    if node.get("do") == "dependent":
        found += [(each, 1) for each in node["without"]]
    for group in node["neurons"] if node.get("do") == "room" else ():
        found += [(group["trees"], place) for place in range(len(group["trees"]))]
    return found


def beside(data: Node, node: Node) -> Node:
    """The certificate with a first node that nothing uses."""
    result = copy.deepcopy(data)
    for each in result["proof"]:
        for where, key in referring(each):
            where[key] += 1
    result["proof"].insert(0, node)
    return result


def used(nodes: list[Node]) -> list[Node]:
    """The nodes of a table to which the last one leads, with their new positions."""
    nodes = copy.deepcopy(nodes)
    wanted = {len(nodes) - 1}
    for position in range(len(nodes) - 1, -1, -1):
        if position in wanted:
            wanted |= {where[key] for where, key in referring(nodes[position])}
    new = {position: place for place, position in enumerate(sorted(wanted))}
    found = [nodes[position] for position in sorted(wanted)]
    for node in found:
        for where, key in referring(node):
            where[key] = new[where[key]]
    return found
