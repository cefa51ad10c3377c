"""Certificates written by hand, as parsed JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from closedness.elaboration.tables import one_table

Node = dict[str, Any]
ONE: Node = {"constant": "1", "powers": []}


class Anything(dict):  # type: ignore[type-arg]
    """A step that has whatever it is asked for."""

    def __missing__(self, key: str) -> Any:
        known = {"at": 0, "into": "right", "side": "rows", "term": 0, "engine": "an engine", "transposed": False}
        return known.get(key, [])


def problem(row_types: Sequence[int], column_types: Sequence[int]) -> Node:
    """The two supports in type notation: bit k of a row's or column's type is set when it uses hidden index k."""
    hidden = range(max(max(row_types), max(column_types)).bit_length())
    return {
        "factors": [
            {"shape": [len(row_types), len(hidden)], "rows": [[k for k in hidden if t >> k & 1] for t in row_types]},
            {
                "shape": [len(hidden), len(column_types)],
                "rows": [[j for j, t in enumerate(column_types) if t >> k & 1] for k in hidden],
            },
        ]
    }


def problem_id(question: Node) -> str:
    """The content id of a problem."""
    return hashlib.sha256(json.dumps(question, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def certificate(question: Node, claim: str, proof: Node, field: str = "real") -> Node:
    """Put a proof into a certificate."""
    return {
        "format": "closedness-certificate",
        "version": 1,
        "problem": question,
        "problem_id": problem_id(question),
        "field": field,
        "claim": claim,
        "proof": proof,
    }


def version_2(data: Node) -> Node:
    """The certificate with this proof as it is, in one table."""
    return {**data, "version": 2, "proof": one_table(data["proof"])}


def closed(row_types: Sequence[int], column_types: Sequence[int], proof: Node) -> Node:
    """A certificate of a closed set."""
    return certificate(problem(row_types, column_types), "closed", proof)


def strata(*nodes: Node) -> Node:
    """The stratification rule with a table of nodes."""
    return {"rule": "strata", "nodes": list(nodes)}


def family(ones: list[list[int]], tree: Node) -> Node:
    """A leaf of the stratification rule."""
    return {"do": "family", "ones": ones, "tree": tree}


def section(left: list[Any], right: list[Any]) -> Node:
    """Rational factors of a family."""
    return {"do": "section", "left": left, "right": right}


def constant(value: int | str) -> list[Any]:
    """A constant polynomial."""
    return [[str(value), []]]


def linear(name: str, rest: int | str = 0) -> list[Any]:
    """The polynomial ``name + rest``."""
    return [["1", [[name, 1]]], *([[str(rest), []]] if rest else [])]


# ---- not closed: rows and columns with the types 1, 3 (LU of 2×2 matrices) ------------------------

LU = problem([1, 3], [1, 3])
SWAP = [[0, 1, "1"], [1, 0, "1"]]
SWAP_CURVE = [
    [[0, 0, [[1, "1"]]], [1, 0, [[0, "1"]]], [1, 1, [[0, "-1"]]]],
    [[0, 0, [[0, "1"]]], [0, 1, [[-1, "1"]]], [1, 1, [[-1, "1"]]]],
]


def limit(nodes: list[Node], cells: list[list[int]], target: list[Any] = SWAP, curve: list[Any] = SWAP_CURVE) -> Node:
    """The proof of "not closed" for the 2×2 LU supports."""
    return {"rule": "limit", "target": target, "curve": curve, "refutation": {"cells": cells, "nodes": nodes}}


def lu(nodes: list[Node], cells: list[list[int]], **changes: Any) -> Node:
    """A certificate for the 2×2 LU supports."""
    return certificate(LU, "not_closed", limit(nodes, cells, **changes))


LU_CELLS = [[0, 0], [0, 1], [1, 0]]
# x = 0:0:0 and y = 1:0:0 satisfy x y = 0; the entries (0, 1) and (1, 0) of the target need both
LU_CHAIN: list[Node] = [
    {"do": "contradiction", "equation": "0:0"},
    {"do": "nonzero", "variable": "1:0:0", "equation": "1:0", "then": 0},
    {"do": "nonzero", "variable": "0:0:0", "equation": "0:1", "then": 1},
]
LU_SPLIT: list[Node] = [
    {"do": "contradiction", "equation": "0:1"},
    {"do": "contradiction", "equation": "1:0"},
    {"do": "zero", "variable": "1:0:0", "equation": "0:0", "then": 1},
    {"do": "split", "variable": "0:0:0", "zero": 0, "nonzero": 2},
]
LU_FACTOR: list[Node] = [
    {"do": "contradiction", "equation": "0:1"},
    {"do": "zero", "variable": "0:0:0", "equation": "0:0", "then": 0},
    {"do": "contradiction", "equation": "1:0"},
    {"do": "zero", "variable": "1:0:0", "equation": "0:0", "then": 2},
    {
        "do": "factor",
        "equation": "0:0",
        "cases": [
            {"factor": linear("0:0:0"), "power": 1, "then": 1},
            {"factor": [["-2/3", [["1:0:0", 1]]]], "power": 1, "then": 3},
        ],
    },
]
# scale x to one, solve x y01 = 1 for y01 and the entry (1, 0) for x10: its coefficient y is zero by then
LU_SCALE: list[Node] = [
    {"do": "contradiction", "equation": "1:0"},
    {"do": "zero", "variable": "1:0:0", "equation": "0:0", "then": 0},
    {"do": "solve", "variable": "1:0:1", "equation": "0:1", "then": 1},
    {"do": "scale", "variable": "0:0:0", "hidden": [0, 0], "then": 2},
    {"do": "nonzero", "variable": "0:0:0", "equation": "0:1", "then": 3},
]

LU_THREE = {
    "factors": [*LU["factors"][:1], {"shape": [2, 2], "rows": [[0], [1]]}, *LU["factors"][1:]]
}
LU_THREE_NODES: list[Node] = [
    {"do": "contradiction", "equation": "0:0"},
    {"do": "nonzero", "variable": "2:0:0", "equation": "1:0", "then": 0},
    {"do": "nonzero", "variable": "1:0:0", "equation": "0:1", "then": 1},
    {"do": "nonzero", "variable": "0:0:0", "equation": "0:1", "then": 2},
]

# ---- closed -------------------------------------------------------------------------------------

# all 2×2 matrices of rank one, entry by entry: where all are non-zero, up to scalings [[1, 1], [1, a]]
ONES_AND_A = family(
    [[0, 0], [0, 1], [1, 0]],
    {
        "do": "when",
        "polynomial": linear("a:1:1"),
        "variable": "a:1:1",
        "leading": ONE,
        "zero": {"declare": [], "then": {"do": "empty", "unit": "a:1:1"}},
        "nonzero": {
            "do": "when",
            "polynomial": linear("a:1:1", -1),
            "variable": "a:1:1",
            "leading": ONE,
            "zero": {
                "declare": [
                    {"polynomial": linear("a:1:1", 1), "cofactor": constant("1/2"), "unit": "a:1:1", "multiplier": ONE}
                ],
                "then": section(
                    [[0, 0, constant(1), ONE], [1, 0, linear("a:1:1", 1), {"constant": "1", "powers": [["u:1", 1]]}]],
                    [[0, 0, constant(1), ONE], [0, 1, linear("a:1:1"), ONE]],
                ),
            },
            "nonzero": {
                "do": "outside",
                "rows": [0, 1],
                "columns": [0, 1],
                "cover": {"rows": [], "columns": [], "terms": [0]},
                "multiplier": {"constant": "-2", "powers": [["a:1:1", 1]]},
                "value": {"constant": "-2", "powers": [["u:1", 1], ["a:1:1", 1]]},
            },
        },
    },
)


# the same leaf by the determinant: limits of products satisfy a = 1, and modulo a - 1 there is a section
DETERMINANT = [["1", [["a:0:0", 1], ["a:1:1", 1]]], ["-1", [["a:0:1", 1], ["a:1:0", 1]]]]
MODULO: Node = {
    **section(
        [[0, 0, constant(1), ONE], [1, 0, constant(1), ONE]],
        [[0, 0, constant(1), ONE], [0, 1, constant(1), ONE]],
    ),
    "modulo": [[1, 1, {"constant": "2", "powers": []}, [[0, constant(-2)]]]],
}
VANISHING = family(
    [[0, 0], [0, 1], [1, 0]],
    {
        "do": "vanishing",
        "polynomials": [DETERMINANT],
        "then": {
            "do": "cases",
            "polynomial": linear("a:1:1", -1),
            "zero": MODULO,
            "nonzero": {
                "do": "inconsistent",
                "combination": [[0, linear("a:1:1")]],
                "value": {"constant": "1", "powers": [["a:1:1", 1], ["u:0", 1]]},
            },
        },
    },
)
# first a polynomial without real zeros, three times (a - 1)^2 + 4
SQUARES = family(
    [[0, 0], [0, 1], [1, 0]],
    {
        "do": "cases",
        "polynomial": [["1", [["a:1:1", 2]]], ["-2", [["a:1:1", 1]]], ["5", []]],
        "zero": {
            "do": "inconsistent",
            "combination": [[0, constant(3)]],
            "value": {"constant": "12", "powers": []},
            "squares": [["3", linear("a:1:1", -1)], ["0", linear("a:1:1")]],
        },
        "nonzero": {"do": "vanishing", "polynomials": [DETERMINANT], "then": MODULO},
    },
)


def corner(ones: list[list[int]], value: int) -> Node:
    """A leaf for matrices with the given ones and a zero, whose determinant is 1 or -1."""
    tree = {
        "do": "outside",
        "rows": [0, 1],
        "columns": [0, 1],
        "cover": {"rows": [], "columns": [], "terms": [0]},
        "multiplier": ONE,
        "value": {"constant": str(value), "powers": []},
    }
    return family(ones, tree)


def split(i: int, j: int, zero: int, nonzero: int) -> Node:
    """Distinguish whether entry (i, j) vanishes."""
    return {"do": "split", "cell": [i, j], "zero": zero, "nonzero": nonzero}


def generic(side: str, *lines: tuple[int, list[list[int]]]) -> Node:
    """A generic factor serves all matrices of the state."""
    return {"do": "generic", "side": side, "lines": [list(line) for line in lines]}


RANK_ONE_NODES: list[Node] = [
    generic("columns", (0, [[1, 0]]), (1, [[1, 0]])),
    generic("rows", (0, [[1, 0]]), (1, [[1, 0]])),
    corner([[0, 1], [1, 0]], -1),
    split(1, 0, 1, 2),
    split(0, 1, 0, 3),
    generic("rows", (0, [[0, 0]]), (1, [[0, 0]])),
    corner([[0, 0], [1, 1]], 1),
    split(1, 1, 5, 6),
    generic("columns", (0, [[0, 0]]), (1, [[0, 0]])),
    corner([[0, 0], [0, 1], [1, 1]], 1),
    split(1, 1, 8, 9),
    corner([[0, 0], [0, 1], [1, 0]], -1),
    ONES_AND_A,
    split(1, 1, 11, 12),
    split(1, 0, 10, 13),
    split(0, 1, 7, 14),
    split(0, 0, 4, 15),
]

BY_HAND: dict[str, Node] = {
    "lu-chain": lu(LU_CHAIN, LU_CELLS),
    "lu-split": lu(LU_SPLIT, LU_CELLS),
    "lu-factor": lu(LU_FACTOR, LU_CELLS),
    "lu-scale": lu(LU_SCALE, LU_CELLS),
    "lu-complex": {**lu(LU_CHAIN, LU_CELLS), "field": "complex"},
    "lu-three-factors": certificate(
        LU_THREE,
        "not_closed",
        limit(
            LU_THREE_NODES,
            LU_CELLS,
            curve=[SWAP_CURVE[0], [[0, 0, [[0, "1"]]], [1, 1, [[0, "1"]]]], SWAP_CURVE[1]],
        ),
    ),
    "rank-one-cases": closed([1, 1], [1, 1], strata(*RANK_ONE_NODES)),
    "solver": closed(
        [1, 1], [1, 1], {"rule": "solver", "engine": "z3 5.4.1", "question": "closedness", "answer": "unsat"}
    ),
}
