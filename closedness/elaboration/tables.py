"""Tables of proof nodes: written from the leaves, equal nodes once."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import Any

from closedness.check import Rejected

__all__ = ["Growth", "Table", "flatten", "written"]

Node = dict[str, Any]
# asks for the positions of other nodes, and returns its own
Growth = Generator[Any, int, int]
# steps that do not hold are written as they are, instead of being refused
partial: ContextVar[bool] = ContextVar("partial", default=False)


class Table:
    """A table in the making."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.known: dict[str, int] = {}

    def add(self, do: str, **keys: Any) -> int:
        """The position of a node, which is new or one of those that are there."""
        node = {"do": do, **keys}
        if do == "close":
            node.setdefault("squares", [])
        text = json.dumps(node)
        if text not in self.known:
            self.known[text] = len(self.nodes)
            self.nodes.append(node)
        return self.known[text]


def written(
    start: Any, grow: Callable[[Table, Any], Growth], failed: Callable[[Any], Node | None] = lambda _: None
) -> list[Node]:
    """Write a table: `grow` asks for what is below a node by yielding it, without a limit of depth.

    Where `partial` is set, a node that `grow` refuses is the one of `failed`, above a node that proves nothing.

    Examples
    --------
    >>> def grow(table, number):
    ...     if number == 0:
    ...         return table.add("end")
    ...     first = yield number - 1
    ...     second = yield number - 1
    ...     return table.add("both", first=first, second=second)
    >>> written(2, grow)[-1]
    {'do': 'both', 'first': 1, 'second': 1}
    """
    table = Table()
    stack = [(start, grow(table, start))]
    answer: int | None = None
    while stack:
        try:
            wanted = stack[-1][1].send(answer)  # type: ignore[arg-type]
            stack.append((wanted, grow(table, wanted)))
            answer = None
        except StopIteration as done:
            stack.pop()
            answer = done.value
        except Rejected:
            if not partial.get():
                raise
            node = failed(stack.pop()[0])
            answer = table.add("close", terms=[], value=["1", []])
            if node is not None:
                below: Node = {key: answer for key in ("then", "zero", "nonzero") if key in node}
                keys: Node = {**node, **below}
                answer = table.add(keys.pop("do"), **keys)
    return table.nodes


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
