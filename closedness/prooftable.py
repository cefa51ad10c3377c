"""Proof trees as flat tables: every node refers to earlier nodes only."""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]
CHILDREN = ("then", "zero", "nonzero")


def flatten(tree: Node) -> list[Node]:
    """Write a tree, or a tree with shared parts, as a table whose last node is the root.

    The keys ``then``, ``zero`` and ``nonzero`` of a node, and ``then`` of each of its ``cases``,
    become positions of earlier nodes. Shared parts appear once.

    Examples
    --------
    >>> flatten({"do": "a", "then": {"do": "b"}})
    [{'do': 'b'}, {'do': 'a', 'then': 0}]
    """
    table: list[Node] = []
    place: dict[int, int] = {}
    stack: list[tuple[Node, bool]] = [(tree, False)]
    while stack:
        node, ready = stack.pop()
        if id(node) in place:
            continue
        below = [node[key] for key in CHILDREN if key in node]
        below += [case["then"] for case in node.get("cases", ())]
        if not ready:
            stack.append((node, True))
            stack.extend((child, False) for child in below)
            continue
        flat = {key: place[id(value)] if key in CHILDREN else value for key, value in node.items()}
        if "cases" in node:
            flat["cases"] = [{**case, "then": place[id(case["then"])]} for case in node["cases"]]
        place[id(node)] = len(table)
        table.append(flat)
    return table
