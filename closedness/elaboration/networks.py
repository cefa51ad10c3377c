"""Certificates about networks: rules that are cases of others, and tables in place of trees."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from closedness.elaboration.tables import Growth, Table, written

__all__ = ["network_proof"]

Node = dict[str, Any]


def network_proof(problem: Node, proof: Node) -> Node:
    """The proof of format 2 for one that a rule wrote.

    Examples
    --------
    >>> network_proof({}, {"rule": "least-squares"})
    {'rule': 'relu-trees'}
    """
    change = CHANGED.get(proof["rule"])
    return proof if change is None else change(problem, proof)


def _least_squares(problem: Node, proof: Node) -> Node:
    """With one layer there is nothing that has to be a tree."""
    return {"rule": "relu-trees"}


def _zero_loss(problem: Node, proof: Node) -> Node:
    """The targets are the means of the targets, and combinations of what feeds them."""
    return {
        "rule": "interpolation",
        "outputs": proof["outputs"],
        "weights": proof["weights"][:-1],
        "biases": proof["biases"][:-1],
    }


def _tight(problem: Node, proof: Node) -> Node:
    """Cases as a table, the trees of forms among them."""
    proof = dict(proof)
    nodes = written((proof.pop("cases"), None), _case)
    return {**proof, "nodes": nodes}


def _case(table: Table, wanted: tuple[Node, int | None]) -> Growth:
    node, neuron = dict(wanted[0]), wanted[1]
    kind = node.pop("do")
    if kind == "split":
        for key in ("on", "off"):
            node[key] = yield node[key], neuron
        return table.add("sign", **({} if neuron is None else {"neuron": neuron}), **node)
    if kind == "implied":
        node["then"] = yield node["then"], neuron
    elif kind == "tight":
        kind, groups = "room", []
        for group in node["neurons"]:
            trees = []
            for tree in group["trees"]:
                position = yield tree, min(group["neurons"])
                trees.append(position)
            groups.append({"neurons": group["neurons"], "trees": trees})
        node["neurons"] = groups
    return table.add(kind, **node)


def _given_line(problem: Node, proof: Node) -> Node:
    """Kinks of the data in the problem, or of data that the proof names."""
    if "data" in problem:
        return {**proof, "rule": "data-kinks"}
    named, anchors, last = _data(problem, proof), proof["anchors"], len(proof["places"]) - 1
    at = proof["at"]
    # points are numbered as they are sorted
    if next((d for d in proof["direction"] if d), 1) < 0:
        anchors, at = [last - p for p in reversed(anchors)], last - at
    every = list(range(problem["masks"][-1]["shape"][0]))
    curve = {"weights": proof["weights"], "biases": proof["biases"]}
    then = {"rule": "data-kinks", "outputs": every, "anchors": anchors, "at": at, **curve}
    return {"rule": "data-set", "data": named, "then": then}


def _bias(problem: Node, proof: Node) -> Node:
    """One neuron, two outputs: the one without a bias says what the values of the neuron are a multiple of."""
    outputs = [proof["biased"], proof["plain"]]
    nodes = [{"do": "room", "outputs": outputs, "aside": [], "forms": [], "neurons": []}]
    every = list(range(problem["masks"][-1]["shape"][0]))
    curve = {"weights": proof["weights"], "biases": proof["biases"]}
    then = {"rule": "tight-outputs", "outputs": every, "nodes": nodes, **curve}
    return {"rule": "data-set", "data": _data(problem, proof), "then": then}


def _data(problem: Node, proof: Node) -> Node:
    """Data on a line as they stand in problems."""
    points = [
        [str(Fraction(b) + s * Fraction(d)) for b, d in zip(proof["base"], proof["direction"], strict=True)]
        for s in proof["places"]
    ]
    width = problem["masks"][-1]["shape"][0]
    targets = [[dict(target).get(o, "0") for o in range(width)] for target in proof["targets"]]
    return {"points": points, "targets": targets}


CHANGED: dict[str, Callable[[Node, Node], Node]] = {
    "least-squares": _least_squares,
    "zero-loss": _zero_loss,
    "tight-outputs": _tight,
    "relu-kinks": _given_line,
    "relu-bias": _bias,
}
