"""Limits by density for the stored certificates: valid ones, and those with one fault each."""

from __future__ import annotations

import copy
from typing import Any

from closedness.elaboration import elaborated
from tests.helpers.proofs import LU, LU_CELLS, LU_CHAIN, SWAP, Node, certificate, problem

LU_POINT: Node = {
    "rows": [0, 1],
    "columns": [0, 1],
    "left": [[0, 0, 1], [1, 0, 2], [1, 1, 1]],
    "right": [[0, 0, 3], [0, 1, 1], [1, 1, 1]],
}
# rank two: the first row is a multiple of one vector, the second one of another, the third one is any combination
RANK_TWO = problem([2, 1, 3], [3, 3, 3])
RANK_TWO_POINT: Node = {
    "rows": [0, 1, 2],
    "columns": [0, 1, 2],
    "left": [[0, 1, 1], [1, 0, 1], [2, 0, 2], [2, 1, 3]],
    "right": [[0, 0, 1], [0, 1, 2], [0, 2, 5], [1, 0, 3], [1, 1, 1], [1, 2, 1]],
}
# both multiples are on the first axis, the combination is not
TWO_AXES = [[0, 0, "1"], [1, 0, "1"], [2, 1, "1"]]
AXES_CELLS = [[0, 0], [0, 1], [1, 0], [1, 1], [2, 1]]
AXES_CHAIN: list[Node] = [
    {"do": "contradiction", "equation": "2:1"},
    {"do": "zero", "variable": "1:0:1", "equation": "1:1", "then": 0},
    {"do": "nonzero", "variable": "0:1:0", "equation": "1:0", "then": 1},
    {"do": "zero", "variable": "1:1:1", "equation": "0:1", "then": 2},
    {"do": "nonzero", "variable": "0:0:1", "equation": "0:0", "then": 3},
]


def lu(field: str = "complex", **changes: Any) -> Node:
    """The matrix that exchanges two vectors is a limit for the supports of LU."""
    refutation = {"cells": LU_CELLS, "nodes": LU_CHAIN}
    proof = {"rule": "dominant-limit", "target": SWAP, **LU_POINT, "refutation": refutation, **changes}
    return certificate(LU, "not_closed", proof, field)


def rank_two(**changes: Any) -> Node:
    """Matrices of rank two."""
    refutation = {"cells": AXES_CELLS, "nodes": AXES_CHAIN}
    proof = {"rule": "dominant-limit", "target": TWO_AXES, **RANK_TWO_POINT, "refutation": refutation, **changes}
    return certificate(RANK_TWO, "not_closed", proof, "complex")


def written(**changes: Any) -> Node:
    """The certificate for LU as it is written, with other values."""
    result = copy.deepcopy(elaborated(lu()))
    result["proof"][-1].update(copy.deepcopy(changes))
    return result


THREE_FACTORS = {"factors": [*LU["factors"], {"shape": [2, 2], "rows": [[0], [1]]}]}
# a row more, on the first hidden index as the first row: a block without it is as good as the whole
MORE_ROWS = problem([1, 3, 1], [1, 3])

GOOD: dict[str, Node] = {
    "all": lu(),
    "of-rank-two": rank_two(),
    "block": certificate(MORE_ROWS, "not_closed", lu()["proof"], "complex"),
}
INVALID: dict[str, Node] = {
    "over-the-reals": lu("real"),
    "three-factors": certificate(THREE_FACTORS, "not_closed", lu()["proof"], "complex"),
    "smaller-rank": lu(left=[[0, 0, 0], *LU_POINT["left"][1:]]),
    "smaller-rank-than-of-rank-two": rank_two(right=[*RANK_TWO_POINT["right"][:-1], [1, 2, 0]], left=[[0, 1, 1]]),
    "target-of-rank-three": rank_two(target=[[0, 0, "1"], [1, 2, "1"], [2, 1, "1"]]),
    "target-outside-of-the-block": lu(rows=[0]),
    "target-off-the-supports": certificate(
        problem([1, 2], [3, 3]), "not_closed", {**lu()["proof"], "rows": [0], "target": [[1, 0, "1"]]}, "complex"
    ),
    "block-without-cells": lu(rows=[]),
    "target-is-a-product": lu(target=[[0, 0, "1"]]),
    "row-that-is-not-there": lu(rows=[0, 7]),
}
MALFORMED: dict[str, Node] = {
    "row-twice": written(rows=[0, 0, 1]),
    "entry-twice": written(left=[*LU_POINT["left"], [0, 0, 1]]),
    "value-as-text": written(right=[[0, 0, "3"], *LU_POINT["right"][1:]]),
    "with-a-curve": written(curve=[]),
    "target-null": written(target=None),
}
