"""Tables of proof nodes: written from the leaves, equal nodes once."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import Any

from closedness.check import Rejected

__all__ = ["CHILDREN", "Growth", "Table", "flatten", "one_table", "written"]

# keys of a node with what stands below it
CHILDREN = ("then", "zero", "nonzero")
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
        return self.put(node)

    def put(self, node: Node) -> int:
        """The same for a node as it stands in certificates."""
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
                below: Node = {key: answer for key in CHILDREN if key in node}
                keys: Node = {**node, **below}
                answer = table.add(keys.pop("do"), **keys)
    return table.nodes


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


# lists whose members may have parts of a proof of their own
BRANCHES = ("parts", "cases", "blocks", "types", "cover")
# keys with positions of other nodes, where they are no others than these
POSITIONS = {"either": ("rows", "columns"), "sign": ("on", "off")}


def one_table(proof: Any) -> list[Node]:
    """The table of a certificate: what stands inside a node, a node or a table, becomes earlier nodes.

    Parameters
    ----------
    proof : dict or list of dict
        A node, with nodes or tables inside it under ``then``, ``refutation`` and ``nodes``; or a table.

    Examples
    --------
    >>> one_table({"rule": "peel", "side": "left", "then": {"rule": "single"}})
    [{'rule': 'single'}, {'rule': 'peel', 'side': 'left', 'then': 0}]
    """
    return written(proof, _joined)


def _joined(table: Table, proof: Any) -> Growth:
    if isinstance(proof, list):
        places: list[int] = []
        for node in proof:
            places.append(table.put(_moved(node, places)))
        return places[-1] if places else 0
    return table.put((yield from _opened(proof)))


def _opened(node: Node) -> Generator[Any, int, Node]:
    """A node that refers to others by their positions."""
    node = dict(node)
    for key in BRANCHES:
        if isinstance(node.get(key), list):
            node[key] = opened = list(node[key])
            for place, each in enumerate(opened):
                if isinstance(each, dict):
                    opened[place] = yield from _opened(each)
    for key in ("then", "refutation", "nodes"):
        if isinstance(node.get(key), dict | list):
            node["then"] = yield node.pop(key)
    return node


def _moved(node: Any, places: list[int]) -> Any:
    """A node of a table, which has become a part of another one."""
    if not isinstance(node, dict):
        return node

    def new(old: Any) -> Any:
        return places[old] if isinstance(old, int) and old < len(places) else old

    keys = POSITIONS.get(str(node.get("do")), CHILDREN)
    moved = {key: new(value) if key in keys else value for key, value in node.items()}
    for key in BRANCHES:
        if isinstance(node.get(key), list):
            moved[key] = [_moved(each, places) for each in node[key]]
    if node.get("do") == "dependent" and isinstance(node.get("without"), list):
        moved["without"] = [[line, new(place)] for line, place in node["without"]]
    if node.get("do") == "room" and isinstance(node.get("neurons"), list):
        moved["neurons"] = [{**each, "trees": list(map(new, each["trees"]))} for each in node["neurons"]]
    return moved
