"""Wrong certificates: proofs with one fault each, and texts that are no certificates at all."""

from __future__ import annotations

import copy
import json
import sys
from typing import Any

from closedness.elaboration import elaborated
from tests.helpers import (
    dense_faults,
    diagonal_faults,
    dominant_limit_faults,
    frames_faults,
    model_certificates,
    step_faults,
)
from tests.helpers.proofs import (
    DETERMINANT,
    LU_CELLS,
    LU_CHAIN,
    LU_FACTOR,
    LU_SCALE,
    LU_SPLIT,
    LU_THREE,
    MODULO,
    ONE,
    ONES_AND_A,
    RANK_ONE_NODES,
    SQUARES,
    SWAP,
    SWAP_CURVE,
    VANISHING,
    Node,
    certificate,
    closed,
    constant,
    corner,
    family,
    generic,
    limit,
    linear,
    lu,
    problem_id,
    section,
    split,
    strata,
)

CROSSING: Node = {"rule": "crossing"}
DUAL_BASES: Node = {"rule": "dual-bases"}
NOTHING: Node = {"rule": "nothing"}
FULL_2: Node = generic("rows", (0, [[0, 0], [1, 1]]), (1, [[0, 0], [1, 1]]))


def changed(node: Any, path: list[Any], value: Any) -> Any:
    """A copy with another value at a path."""
    result = copy.deepcopy(node)
    place = result
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return result


def lu_closed(proof: Node) -> Node:
    """A "proof" that the 2×2 LU supports are closed, which they are not."""
    return closed([1, 3], [1, 3], proof)


def rank_one(position: int, node: Node) -> Node:
    """The proof for 2×2 matrices of rank one, with another node."""
    return closed([1, 1], [1, 1], strata(*(node if p == position else old for p, old in enumerate(RANK_ONE_NODES))))


def rank_one_family(path: list[Any], value: Any) -> Node:
    """The same with a change in the leaf that has a parameter."""
    return rank_one(12, changed(ONES_AND_A, path, value))


def dense(*nodes: Node) -> Node:
    """A stratification of all 2×2 matrices as products with two hidden indices."""
    return closed([3, 3], [3, 3], strata(*nodes))


def product(*parts: tuple[list[int], Node]) -> Node:
    """The product rule."""
    return {"rule": "product", "parts": [{"terms": terms, "then": then} for terms, then in parts]}


def twins(keep: list[int], drop: list[int], lines: list[int], terms: list[int], side: str = "rows") -> Node:
    """The twins rule with one class, followed by the crossing rule."""
    group = {"keep": keep, "drop": drop, "cover": {"lines": lines, "terms": terms}}
    return {"rule": "twins", "side": side, "classes": [group], "then": CROSSING}


def full(terms: list[int], lines: list[list[Any]], then: Node, side: str = "rows") -> Node:
    """The rule for full subsets."""
    return {"rule": "full", "terms": terms, "lines": lines, "side": side, "then": then}


def without_corner(then: Node) -> Node:
    """Drop entry (1, 1) of the LU pattern, which is arbitrary."""
    return full([1], [[1, [[1, 1]]]], then)


def bicliques(term: int, *parts: list[Any]) -> Node:
    """The splitting rule, followed by the crossing rule."""
    return {"rule": "split", "term": term, "parts": list(parts), "then": CROSSING}


def extend(rows: list[int], columns: list[int], *terms: list[Any]) -> Node:
    """The extension rule, followed by the crossing rule."""
    return {"rule": "extend", "rows": rows, "columns": columns, "terms": list(terms), "then": CROSSING}


def rename(rows: list[list[int]], columns: list[list[int]], terms: list[list[int]]) -> Node:
    """The renaming rule, followed by the crossing rule."""
    return {
        "rule": "rename",
        "rows": rows,
        "columns": columns,
        "terms": terms,
        "transposed": False,
        "then": CROSSING,
    }


# [[x, 0], [0, x]] with its own leaf: position 8 distinguishes entry (1, 0) of what was position 6
def diagonal_leaf(leaf: Node) -> Node:
    nodes = [*RANK_ONE_NODES[:6], leaf, RANK_ONE_NODES[6], split(1, 0, 6, 7)]
    for node in RANK_ONE_NODES[7:]:
        moved: Node = {key: node[key] + 2 for key in ("zero", "nonzero") if key in node and node[key] >= 6}
        nodes.append({**node, **moved})
    return closed([1, 1], [1, 1], strata(*nodes))


def clear(side: str, pivot: list[int], lines: list[int], then: int) -> Node:
    """Clear lines with a pivot."""
    return {"do": "clear", "side": side, "pivot": pivot, "lines": lines, "then": then}


# rows of types 1, 3: the first may be added to the second, not the other way round
UNEVEN = generic("columns", (0, [[0, 0], [1, 1]]), (1, [[0, 0], [1, 1]]))
UNEVEN_CLEAR = closed([1, 3], [3, 3], strata(UNEVEN, clear("rows", [0, 0], [1], 0), split(0, 0, 0, 1)))


def spend(term: int, pivot: list[int], rows: list[int], columns: list[int], then: int) -> Node:
    """Spend a hidden index on the cross through a pivot."""
    return {"do": "spend", "term": term, "pivot": pivot, "rows": rows, "columns": columns, "then": then}


# entry (1, 1) is what is left after hidden index 1 has been spent on the cross through entry (0, 0)
SPEND_NODES = (generic("rows", (1, [[1, 0]])), spend(1, [0, 0], [0, 1], [0, 1], 0), FULL_2, split(0, 0, 2, 1))
SPEND_GOOD = dense(*SPEND_NODES)
# the same on row 0 alone, which asks nothing of the pivot; row 1 is left to the other index
SPEND_ROW = dense(generic("columns", (0, [[1, 0]]), (1, [[1, 0]])), spend(1, [0, 0], [0], [0, 1], 0))
# hidden index 1 takes entry (1, 1) of LU; on what is left two corners exceed rank one, which proves nothing
SPEND_LU = (
    generic("rows", (0, [[0, 0]]), (1, [[0, 0]])),
    generic("columns", (0, [[0, 0]]), (1, [[0, 0]])),
    corner([[0, 1], [1, 0]], -1),
    split(1, 0, 1, 2),
    split(0, 1, 0, 3),
    spend(1, [1, 1], [1], [1], 4),
)

# ---- chains: three factors, and two that chain rules split


def chain(rows: list[list[list[int]]], width: int, proof: Node) -> Node:
    """A certificate of a closed set of products of any number of factors."""
    columns = [*(len(factor) for factor in rows[1:]), width]
    factors = [{"shape": [len(factor), n], "rows": factor} for factor, n in zip(rows, columns, strict=True)]
    return certificate({"factors": factors}, "closed", proof)


SINGLE: Node = {"rule": "single"}
DENSE_2 = [[0, 1], [0, 1]]
LEFT, RIGHT = ([[0], [0, 1]], [[0, 1], [1]])
DIAGONAL = [[0], [1]]


def peel(side: str, then: Node) -> Node:
    """Leave out the first or the last factor."""
    return {"rule": "peel", "side": side, "then": then}


def trim(then: Node) -> Node:
    """Leave out entries on no path."""
    return {"rule": "trim", "then": then}


def fusion(at: int, side: str, lines: list[list[Any]], then: Node) -> Node:
    """Two neighbours become one."""
    return {"rule": "fusion", "at": at, "side": side, "lines": lines, "then": then}


def absorb(at: int, into: str, then: Node) -> Node:
    """A factor is left out."""
    return {"rule": "absorb", "at": at, "into": into, "then": then}


def parts(*each: tuple[list[list[int]], Node]) -> Node:
    """A direct product."""
    return {"rule": "parts", "parts": [{"inner": inner, "then": then} for inner, then in each]}


def triangular(*kinds: str) -> Node:
    """Three triangular factors become one dense factor."""
    return {"rule": "triangular", "at": 0, "kinds": list(kinds), "then": SINGLE}


def orbits(cuts: list[Any], *placements: Node) -> Node:
    """All placements within bounds are products."""
    return {"rule": "orbits", "cuts": cuts, "placements": list(placements)}


def placement(*cells: list[int]) -> Node:
    """Ones on a diagonal matrix of size two in the place of two factors, the second one the identity."""
    ones = [[i, j, "1"] for i, j in cells]
    return {"ones": [list(cell) for cell in cells], "factors": [ones, [[0, 0, "1"], [1, 1, "1"]]]}


GENERIC_2 = [[0, [[0, 0], [1, 1]]], [1, [[0, 0], [1, 1]]]]
CHAINS_GOOD: dict[str, Node] = {
    "absorb": chain([LEFT, LEFT], 2, absorb(0, "right", SINGLE)),
    "absorb-left": chain([DENSE_2, RIGHT, LEFT], 2, absorb(1, "left", absorb(1, "left", SINGLE))),
    "single": chain([LEFT], 2, SINGLE),
    "peel": chain([DENSE_2, DENSE_2, LEFT], 2, peel("left", peel("left", SINGLE))),
    "peel-right": chain([LEFT, DENSE_2, DENSE_2], 2, peel("right", peel("right", SINGLE))),
    "trim": chain([[[0], [1]], [[0], []]], 2, trim(peel("left", SINGLE))),
    "fusion": chain(
        [LEFT, DENSE_2, DENSE_2], 2, fusion(1, "rows", GENERIC_2, {"rule": "peel", "side": "right", "then": SINGLE})
    ),
    "parts": chain([DIAGONAL, DIAGONAL], 2, parts(([[0]], CROSSING), ([[1]], CROSSING))),
    "triangular": chain([LEFT, RIGHT, DIAGONAL, LEFT], 2, triangular("lower", "upper", "diagonal", "lower")),
    "kronecker": chain(
        [[[0, 1], [0, 1]], [[0], [1]]], 2, {"rule": "chain", "parameters": [[1, 2, 2, 1], [2, 1, 1, 1]]}
    ),
}
LU_COMBINE: list[Node] = [
    {
        "do": "combine",
        "terms": [
            # x y = 0, x y01 = 1, x10 y = 1: (x y01)(x10 y) is 1 and contains x y
            {
                "equation": "0:0",
                "polynomial": [["1", [["0:0:0", 1], ["1:0:0", 1]]]],
                "multiplier": [["1", [["0:1:0", 1], ["1:0:1", 1]]]],
            },
            {
                "equation": "0:1",
                "polynomial": [["1", [["0:0:0", 1], ["1:0:1", 1]]], ["-1", []]],
                "multiplier": [["-1", [["0:1:0", 1], ["1:0:0", 1]]]],
            },
            {
                "equation": "1:0",
                "polynomial": [["1/2", [["0:1:0", 1], ["1:0:0", 1]]], ["-1/2", []]],
                "multiplier": [["-2", []]],
            },
        ],
    }
]

# the same sum times 1 + x²
LU_SQUARES: list[Node] = [
    {
        "do": "combine",
        "terms": [
            {
                **term,
                "multiplier": [
                    *term["multiplier"],
                    *([value, [["0:0:0", 2], *powers]] for value, powers in term["multiplier"]),
                ],
            }
            for term in LU_COMBINE[0]["terms"]
        ],
        "squares": [["1", [["1", [["0:0:0", 1]]]]]],
    }
]
XY = [["1", [["0:0:0", 1], ["1:0:0", 1]]]]
# x is not zero: x² (1 + (x y)² / 2), x y being an equation
LU_SQUARES_UNIT: list[Node] = [
    {
        "do": "combine",
        "terms": [
            {
                "equation": "0:0",
                "polynomial": XY,
                "multiplier": [
                    ["1", [["0:0:0", 2], ["0:1:0", 1], ["1:0:1", 1]]],
                    ["1/2", [["0:0:0", 3], ["1:0:0", 1]]],
                ],
            },
            changed(LU_COMBINE[0]["terms"][1], ["multiplier", 0, 1], [["0:0:0", 2], ["0:1:0", 1], ["1:0:0", 1]]),
            changed(LU_COMBINE[0]["terms"][2], ["multiplier", 0, 1], [["0:0:0", 2]]),
        ],
        "squares": [["1/2", [["1", [["0:0:0", 2], ["1:0:0", 1]]]]], ["0", constant(1)]],
    },
    {"do": "nonzero", "variable": "0:0:0", "equation": "0:1", "then": 0},
]

LU_DERIVE: list[Node] = [
    {"do": "contradiction", "equation": "d:7"},
    {"do": "derive", "name": "d:7", "terms": LU_COMBINE[0]["terms"], "then": 0},
]

# all 2×2 matrices as the sum of their rows, over the complex numbers
DOMINANT: Node = {
    "rule": "dominant",
    "terms": [[0, [0], [0, 1]], [1, [1], [0, 1]]],
    "left": [[0, 0, 1], [1, 1, 1]],
    "right": [[0, 0, 1], [0, 1, 2], [1, 0, 3], [1, 1, 4]],
    "then": CROSSING,
}


def dominant(path: list[Any], value: Any, field: str = "complex") -> Node:
    """With another value at a path."""
    node = changed(DOMINANT, path, value) if path else DOMINANT
    return {**closed([3, 3], [3, 3], node), "field": field}


# LU and three diagonal entries: hooks of indices 0 and 2, whose corners are put right by 1 and 3
LINEAR: Node = {
    "rule": "linear",
    "terms": [0, 1, 2, 3, 4],
    "left": [[0, 0, 1], [0, 1, 2], [1, 2, 3], [1, 3, -1], [2, 4, 1]],
    "right": [[0, 0, 5], [2, 1, 1]],
    "stages": [
        {"left": [[1, 0], [2, 0]], "right": [[0, 1], [0, 2], [1, 0]]},
        {"left": [[2, 2]], "right": [[2, 2], [3, 1]]},
        {"left": [], "right": [[4, 2]]},
    ],
    "then": NOTHING,
}


def linear_hooks(path: list[Any], value: Any) -> Node:
    """With another value at a path."""
    return closed([3, 13, 21], [3, 13, 21], changed(LINEAR, path, value) if path else LINEAR)


# hidden index 1 and 3 cancel each other; the longer sides of the supports have fewer lines than there are cells
REGULAR_TYPES = ([9, 21, 10], [6, 9, 17, 10])
REGULAR: Node = {
    "rule": "regular",
    "terms": [0, 1, 2, 3, 4],
    "left": [[0, 0, 3], [2, 1, 2], [1, 2, 1], [0, 3, 3]],
    "right": [[0, 1, 3], [3, 1, -3], [4, 2, 1]],
    "then": NOTHING,
}


def regular(path: list[Any], value: Any) -> Node:
    """With another value at a path."""
    return closed(*REGULAR_TYPES, changed(REGULAR, path, value) if path else REGULAR)


def nearly(scale: int) -> Node:
    """The same with larger entries, one of them a little wrong: the product is not zero, but small beside them."""
    left, right = ([[a, b, scale * value] for a, b, value in REGULAR[side]] for side in ("left", "right"))
    right[1][2] += 1
    return {**REGULAR, "left": left, "right": right}


# the first factor of LU and a diagonal one, then the other factor; the first two are merged in the refutation
LU_MERGE = certificate(
    {"factors": [{"shape": [2, 2], "rows": rows} for rows in ([[0], [0, 1]], [[0], [1]], [[0, 1], [1]])]},
    "not_closed",
    {
        **limit(LU_CHAIN, LU_CELLS, curve=[SWAP_CURVE[0], [[0, 0, [[0, "1"]]], [1, 1, [[0, "1"]]]], SWAP_CURVE[1]]),
        "refutation": {"cells": LU_CELLS, "nodes": LU_CHAIN, "merge": [2, 1]},
    },
)
MERGE = ["proof", "refutation", "merge"]

# rank one with a factor of size one in the middle: the states of the stratification, and their leaves
ONE_ENTRY = [[0, 0, constant(1), ONE]]


def layer(ones: list[list[int]], *factors: list[Any]) -> Node:
    """A leaf with explicit factors."""
    return family(ones, {"do": "section", "factors": list(factors)})


LAYERS: list[Node] = [
    layer([[0, 0]], ONE_ENTRY, ONE_ENTRY, ONE_ENTRY),
    family(
        [[0, 0], [1, 1]],
        {
            "do": "outside",
            "rows": [0, 1],
            "columns": [0, 1],
            "cover": {"nodes": [[1, 0]]},
            "multiplier": ONE,
            "value": ONE,
        },
    ),
    {"do": "split", "cell": [1, 1], "zero": 0, "nonzero": 1},
    {"do": "clear", "side": "columns", "pivot": [0, 0], "lines": [1], "then": 2},
    {"do": "clear", "side": "rows", "pivot": [0, 0], "lines": [1], "then": 3},
    # entry (0, 0) is zero: then one of its neighbours is, or the minor does not vanish
    layer([], [[0, 0, linear("a:0:1"), ONE], [1, 0, linear("a:1:1"), ONE]], ONE_ENTRY, [[0, 1, constant(1), ONE]]),
    layer(
        [[1, 0]],
        [[1, 0, constant(1), ONE]],
        ONE_ENTRY,
        [[0, 0, constant(1), ONE], [0, 1, linear("a:1:1"), ONE]],
    ),
    family(
        [[0, 1], [1, 0]],
        {
            "do": "outside",
            "rows": [0, 1],
            "columns": [0, 1],
            "cover": {"nodes": [[2, 0]]},
            "multiplier": ONE,
            "value": {"constant": "-1", "powers": []},
        },
    ),
    {"do": "split", "cell": [0, 1], "zero": 6, "nonzero": 7},
    {"do": "split", "cell": [1, 0], "zero": 5, "nonzero": 8},
    {"do": "split", "cell": [0, 0], "zero": 9, "nonzero": 4},
]
LAYERS_GOOD = chain([[[0], [0]], [[0]], [[0, 1]]], 2, {"rule": "chain-strata", "nodes": LAYERS})


def layers(path: list[Any], value: Any) -> Node:
    """The stratification of the chain of rank one with one change."""
    return changed(LAYERS_GOOD, ["proof", "nodes", *path], value)


EYE = [[i, i, constant(1), ONE] for i in range(2)]
EXCHANGE = [[0, 1, constant(1), ONE], [1, 0, constant(1), ONE]]
ALL_ENTRIES = [[i, j, linear(f"a:{i}:{j}"), ONE] for i in range(2) for j in range(2)]
# the same entries in exchanged rows
ENTRIES = {(i, j): [1 - i, j, linear(f"a:{i}:{j}"), ONE] for i in range(2) for j in range(2)}
FULL_LAYERS = [layer([], ALL_ENTRIES, EYE, EYE)]
DENSE_3_GOOD = chain([DENSE_2] * 3, 2, {"rule": "chain-strata", "nodes": FULL_LAYERS})
LAYER_FAULTS: dict[str, Node] = {
    "layers-of-lu": chain([LEFT, DIAGONAL, RIGHT], 2, {"rule": "chain-strata", "nodes": FULL_LAYERS}),
    "layers-another-product": changed(
        DENSE_3_GOOD, ["proof", "nodes", 0, "tree", "factors", 0, 0, 2], linear("a:0:0", 1)
    ),
    "layers-another-entry": layers([0, "tree", "factors", 1, 0, 2], constant(2)),
    "layers-a-factor-left-out": layers([6, "tree", "factors", 1], []),
    "layers-cut-leaks": layers([1, "tree", "cover"], {"nodes": []}),
    "layers-cut-beside-the-paths": layers([1, "tree", "cover"], {"nodes": [[0, 1]]}),
    "layers-cut-as-large-as-the-minor": layers([1, "tree", "cover"], {"nodes": [[0, 0], [0, 1]]}),
    "layers-cover-of-two-factors": layers([1, "tree", "cover"], {"nodes": [[1, 1]]}),
    "layers-another-value": layers([7, "tree", "value"], ONE),
    "layers-minor-of-dead-lines": layers([0], LAYERS[1]),
    "layers-generic": layers([0], generic("rows", (0, [[0, 0]]))),
    "layers-rename": chain(
        [DENSE_2] * 3,
        2,
        {
            "rule": "chain-strata",
            "nodes": [
                *FULL_LAYERS,
                {
                    "do": "rename",
                    **{side: [[0, 0], [1, 1]] for side in ("rows", "columns", "terms")},
                    "then": 0,
                },
            ],
        },
    ),
    "layers-clear-a-larger-row": chain(
        [[[0, 1], [0]], DENSE_2, DENSE_2],
        2,
        {
            "rule": "chain-strata",
            "nodes": [
                # everything holds but the operation on rows, which would bring a second index to row 1
                layer([], EXCHANGE, [ENTRIES[0, 0], ENTRIES[0, 1], ENTRIES[1, 1]], EYE),
                layer([], EXCHANGE, [ENTRIES[0, 1], ENTRIES[1, 0], ENTRIES[1, 1]], EYE),
                {"do": "clear", "side": "rows", "pivot": [0, 0], "lines": [1], "then": 0},
                {"do": "split", "cell": [0, 0], "zero": 1, "nonzero": 2},
            ],
        },
    ),
}

CHAIN_FAULTS: dict[str, Node] = {
    "absorb-lu": chain([LEFT, RIGHT], 2, absorb(0, "right", SINGLE)),
    "absorb-lu-left": chain([LEFT, RIGHT], 2, absorb(1, "left", SINGLE)),
    "absorb-without-diagonal": chain([[[1], [0]], DENSE_2], 2, absorb(0, "right", SINGLE)),
    "absorb-beyond-the-end": chain([LEFT, LEFT], 2, absorb(1, "right", SINGLE)),
    "absorb-before-the-start": chain([LEFT, LEFT], 2, absorb(0, "left", SINGLE)),
    "absorb-a-rectangle": chain([[[0, 1]], DENSE_2], 2, absorb(0, "right", SINGLE)),
    "single-of-two": chain([LEFT, RIGHT], 2, SINGLE),
    "peel-lu": chain([LEFT, RIGHT], 2, peel("left", SINGLE)),
    "peel-lu-right": chain([LEFT, RIGHT], 2, peel("right", SINGLE)),
    "peel-the-last-factor": chain([LEFT], 2, peel("left", SINGLE)),
    "peel-hides-lu": chain([LEFT, RIGHT, DIAGONAL], 2, peel("right", CROSSING)),
    "trim-lu": chain([LEFT, RIGHT], 2, trim(CROSSING)),
    "fusion-of-lu": chain([LEFT, RIGHT], 2, fusion(0, "rows", [[0, [[0, 0], [1, 0]]], [1, [[0, 0], [1, 1]]]], SINGLE)),
    "fusion-beyond-the-end": chain([LEFT, RIGHT], 2, fusion(1, "rows", GENERIC_2, SINGLE)),
    "fusion-leaves-out-a-line": chain([DENSE_2, DENSE_2], 2, fusion(0, "rows", GENERIC_2[:1], SINGLE)),
    "fusion-leaves-three-factors": chain([LEFT, DENSE_2, DENSE_2, RIGHT], 2, fusion(1, "rows", GENERIC_2, CROSSING)),
    "parts-entry-between-two": chain(
        [DIAGONAL, RIGHT, DIAGONAL], 2, parts(([[0], [0]], CROSSING), ([[1], [1]], CROSSING))
    ),
    "parts-common-cell": chain([LEFT, RIGHT], 2, parts(([[0]], CROSSING), ([[1]], CROSSING))),
    "parts-index-twice": chain([DIAGONAL, DIAGONAL], 2, parts(([[0]], CROSSING), ([[0, 1]], CROSSING))),
    "parts-index-left-out": chain([DIAGONAL, DIAGONAL], 2, parts(([[0]], CROSSING))),
    "chain-of-lu": chain([LEFT, RIGHT], 2, {"rule": "chain", "parameters": [[1, 2, 2, 1], [1, 2, 2, 1]]}),
    "chain-not-chainable": chain(
        [[[0], [1], [2], [3]], [[0, 1], [0, 1], [2, 3], [2, 3]], [[0, 2], [1, 3], [0, 2], [1, 3]]],
        4,
        {"rule": "chain", "parameters": [[4, 1, 1, 1], [2, 2, 2, 1], [1, 2, 2, 2]]},
    ),
    "chain-another-size": chain([DIAGONAL], 2, {"rule": "chain", "parameters": [[1, 1, 1, 1]]}),
    "orbits-lu": chain(
        [LEFT, RIGHT],
        2,
        orbits([], placement(), placement([0, 0]), placement([1, 1]), placement([1, 0]), placement([0, 0], [1, 1])),
    ),
    "orbits-not-nested": chain([DIAGONAL, DIAGONAL], 2, orbits([[2, 2, []]], placement())),
    "orbits-cut-leaks": chain([LEFT, RIGHT], 2, orbits([[1, 1, []]], placement())),
    "orbits-another-product": chain([LEFT, RIGHT], 2, orbits([], {**placement([0, 0]), "ones": [[1, 1]]})),
    "orbits-outside-the-support": chain(
        [LEFT, RIGHT], 2, orbits([], {"ones": [[0, 1]], "factors": [[[0, 1, "1"]], [[1, 1, "1"]]]})
    ),
    "triangular-only-two": chain([LEFT, RIGHT], 2, triangular("lower", "upper")),
    "triangular-not-in-turn": chain([LEFT, LEFT, RIGHT], 2, triangular("lower", "lower", "upper")),
    "triangular-diagonal-counted": chain([LEFT, RIGHT, DIAGONAL], 2, triangular("lower", "upper", "lower")),
    "triangular-beyond-the-end": chain([LEFT, RIGHT], 2, triangular("lower", "upper", "lower")),
    "combine-another-equation": lu(changed(LU_COMBINE, [0, "terms", 1, "polynomial", 1, 0], "-2"), LU_CELLS),
    "combine-may-vanish": lu(changed(LU_COMBINE, [0, "terms", 2, "multiplier"], []), LU_CELLS),
    "derive-twice": lu([LU_DERIVE[0], LU_DERIVE[1], {**LU_DERIVE[1], "then": 1}], LU_CELLS),
    "derive-no-contradiction": lu(changed(LU_DERIVE, [1, "terms", 2, "multiplier"], []), LU_CELLS),
    "derive-another-equation": lu(changed(LU_DERIVE, [1, "terms", 1, "polynomial", 1, 0], "-2"), LU_CELLS),
    "combine-squares-over-the-complex-numbers": {**lu(LU_SQUARES, LU_CELLS), "field": "complex"},
    "combine-squares-of-something-else": lu(changed(LU_SQUARES, [0, "squares", 0, 0], "2"), LU_CELLS),
    "combine-squares-forgotten": lu(changed(LU_SQUARES, [0, "squares"], []), LU_CELLS),
    "combine-squares-subtracted": lu(
        changed(LU_SQUARES, [0, "squares"], [["2", [["1", [["0:0:0", 1]]]]], ["-1", [["1", [["0:0:0", 1]]]]]]), LU_CELLS
    ),
    "combine-zero-squares-over-the-complex-numbers": {
        **lu([{**LU_COMBINE[0], "squares": [["0", constant(1)]]}], LU_CELLS),
        "field": "complex",
    },
    # nothing is 1 less than a square
    "combine-squares-beside-a-negative-value": lu(
        [{"do": "combine", "terms": [], "squares": [["1", constant(1)]]}], LU_CELLS
    ),
    "combine-squares-beside-nothing": lu(
        [
            {
                "do": "combine",
                "terms": [{"equation": "0:0", "polynomial": XY, "multiplier": XY}],
                "squares": [["1", XY]],
            }
        ],
        LU_CELLS,
    ),
    "combine-squares-that-may-vanish": lu(LU_SQUARES_UNIT[:1], LU_CELLS),
    "combine-squares-beside-an-odd-power": lu(
        [
            {
                "do": "combine",
                "terms": [
                    changed(term, ["multiplier", 0, 1], [["0:0:0", 1], *term["multiplier"][0][1]])
                    for term in LU_COMBINE[0]["terms"]
                ],
                "squares": [["0", constant(1)]],
            },
            LU_SQUARES_UNIT[1],
        ],
        LU_CELLS,
    ),
    "combine-squares-of-everything": lu(
        changed(LU_SQUARES, [0, "squares"], [["1", [["1", []]]], ["1", [["1", [["0:0:0", 1]]]]]]), LU_CELLS
    ),
    "regular-product-not-zero": regular(["right", 1], [3, 1, 3]),
    "regular-product-not-small": closed(*REGULAR_TYPES, nearly(1)),
    "regular-small-but-not-onto": closed(*REGULAR_TYPES, {**(almost := nearly(10**6)), "right": almost["right"][:2]}),
    "regular-not-onto": regular(["right", 2, 2], 0),
    "regular-entry-twice": regular(["left", 0], [2, 1, 2]),
    "regular-entry-outside-the-support": regular(["left", 2], [0, 2, 1]),
    "regular-index-that-is-not-there": regular(["terms", 4], 5),
    "regular-index-twice": regular(["terms", 4], 3),
    "regular-no-index": regular(["terms"], []),
    "regular-index-left-out": regular(["terms"], [0, 1, 2, 3]),
    "regular-lu": lu_closed({**REGULAR, "terms": [0, 1], "left": [], "right": [[0, 0, 1], [0, 1, 1], [1, 1, 1]]}),
    "linear-lu": lu_closed(
        {
            **LINEAR,
            "terms": [0, 1],
            "left": [[0, 0, 1], [1, 0, 1], [1, 1, 1]],
            "right": [],
            "stages": [{"left": [], "right": [[0, 0], [0, 1], [1, 1]]}],
        }
    ),
    "linear-corner-that-is-not-put-right": linear_hooks(["left", 1], [0, 1, 0]),
    "linear-entry-twice": linear_hooks(["stages", 1, "left"], [[2, 2], [1, 0]]),
    "linear-fixed-entry-is-free": linear_hooks(["left", 4], [2, 2, 1]),
    "linear-entry-outside-the-support": linear_hooks(["left", 4], [1, 4, 1]),
    "linear-index-that-is-not-there": linear_hooks(["terms", 4], 5),
    "linear-index-twice": linear_hooks(["terms", 4], 3),
    "linear-no-index": linear_hooks(["terms"], []),
    "linear-cell-left-out": linear_hooks(["terms"], [0, 1, 2, 3]),
    "linear-entries-are-left": closed([3, 13, 21, 32], [3, 13, 21, 32], LINEAR),
    "dominant-over-the-reals": dominant([], None, "real"),
    "dominant-of-smaller-rank": dominant(["left", 0, 2], 0),
    "dominant-index-that-is-not-there": dominant(["terms", 1, 0], 2),
    "dominant-index-twice": dominant(["terms", 1, 0], 0),
    "dominant-not-a-part": dominant(["terms", 0, 1], [0, 2]),
    "dominant-not-crossing": {
        **closed(
            [3, 3],
            [3, 3],
            {
                **DOMINANT,
                "terms": [[0, [0, 1], [0, 1]], [1, [1], [1]]],
                "left": [[0, 0, 1], [1, 0, 1], [1, 1, 1]],
                "right": [[0, 0, 1], [0, 1, 2], [1, 1, 4]],
            },
        ),
        "field": "complex",
    },
    "combine-sums-to-zero": lu(changed(LU_COMBINE, [0, "terms"], []), LU_CELLS),
    "combine-equation-that-is-not-there": lu(LU_COMBINE, LU_CELLS[1:]),
}

DIVERGING = changed(SWAP_CURVE, [1, 1, 2, 0, 0], -2)

# ---- polynomials that vanish on all products


def by_determinant(path: list[Any], value: Any) -> Node:
    """The proof for 2×2 matrices of rank one by the determinant, with a change in that leaf."""
    return rank_one(12, changed(VANISHING, ["tree", *path], value))


def by_squares(path: list[Any], value: Any) -> Node:
    """The same with a polynomial that has no real zero."""
    return rank_one(12, changed(SQUARES, ["tree", *path], value))


def power(unit: str) -> Node:
    """A unit as a product of units."""
    return {"constant": "1", "powers": [[unit, 1]]}


VANISHING_CORNER = family(
    [[0, 1], [1, 0]],
    {
        "do": "vanishing",
        "polynomials": [DETERMINANT],
        "then": {"do": "inconsistent", "combination": [[0, constant(-1)]], "value": ONE},
    },
)
NOTHING_ADDS_UP: Node = {"do": "inconsistent", "combination": [], "value": ONE}

RELATION_FAULTS: dict[str, Node] = {
    "vanishing-nowhere": by_determinant(["polynomials", 0, 1, 0], "1"),
    "vanishing-power": by_determinant(["polynomials", 0, 0, 1, 0, 1], 2),
    "vanishing-constant": by_determinant(["polynomials", 0], constant(1)),
    "vanishing-second-polynomial": by_determinant(["polynomials"], [DETERMINANT, linear("a:0:0", -1)]),
    "vanishing-entry-that-is-not-there": by_determinant(["polynomials", 0], linear("a:2:0")),
    "vanishing-entry-with-another-name": by_determinant(["polynomials", 0, 0, 1, 0, 0], "a:00:0"),
    "vanishing-of-a-product": by_determinant(["polynomials", 0, 0, 1, 0, 0], "x:0:0"),
    "vanishing-after-spending": lu_closed(strata(*SPEND_LU[:2], VANISHING_CORNER, *SPEND_LU[3:])),
    "vanishing-for-three-factors": layers([7], VANISHING_CORNER),
    "cases-zero-of-another-polynomial": by_determinant(["then", "polynomial"], linear("a:1:1", -2)),
    "cases-the-wrong-way": by_determinant(
        ["then"], {**VANISHING["tree"]["then"], "zero": VANISHING["tree"]["then"]["nonzero"], "nonzero": MODULO}
    ),
    "cases-unit-on-the-zero-branch": by_determinant(["then", "zero", "modulo", 0, 2], power("u:0")),
    "cases-relation-on-the-nonzero-branch": by_determinant(
        ["then", "nonzero", "combination"], [[0, linear("a:1:1")], [1, constant(1)]]
    ),
    "inconsistent-with-nothing": by_determinant(["then", "nonzero"], NOTHING_ADDS_UP),
    "inconsistent-another-value": by_determinant(["then", "nonzero", "value", "constant"], "2"),
    "inconsistent-value-zero": by_determinant(
        ["then", "nonzero"], {"do": "inconsistent", "combination": [], "value": {"constant": "0", "powers": []}}
    ),
    "inconsistent-value-may-vanish": by_determinant(["then", "nonzero", "value", "powers", 1, 0], "u:1"),
    "inconsistent-unknown-relation": by_determinant(["then", "nonzero", "combination", 0, 0], 1),
    "inconsistent-another-multiplier": by_determinant(["then", "nonzero", "combination", 0, 1], linear("a:1:1", 1)),
    "squares-over-the-complex-numbers": {**by_squares(["zero", "squares", 1, 0], "0"), "field": "complex"},
    "squares-left-out": by_squares(["zero", "squares"], []),
    "squares-subtracted": by_squares(
        ["zero"],
        {
            "do": "inconsistent",
            "combination": [],
            "value": ONE,
            "squares": [["-1", constant(1)]],
        },
    ),
    "squares-beside-a-negative-value": by_squares(
        ["zero"],
        {
            "do": "inconsistent",
            "combination": [],
            "value": {"constant": "-1", "powers": []},
            "squares": [["1", constant(1)]],
        },
    ),
    "squares-beside-an-odd-power": by_squares(
        ["zero"],
        {
            "do": "inconsistent",
            "combination": [[0, linear("a:1:1")]],
            "value": {"constant": "4", "powers": [["a:1:1", 1]]},
            "squares": [["0", constant(1)]],
        },
    ),
    "squares-of-something-else": by_squares(["zero", "squares", 0, 1], linear("a:1:1", -2)),
    "modulo-left-out": by_determinant(["then", "zero", "modulo"], []),
    "modulo-another-entry": by_determinant(["then", "zero", "modulo", 0, 1], 0),
    "modulo-entry-that-is-not-there": by_determinant(["then", "zero", "modulo"], [*MODULO["modulo"], [2, 0, ONE, []]]),
    "modulo-another-multiplier": by_determinant(["then", "zero", "modulo", 0, 2, "constant"], "1"),
    "modulo-multiplier-zero": by_determinant(
        ["then", "zero", "modulo", 0], [1, 1, {"constant": "0", "powers": []}, []]
    ),
    "modulo-multiplier-may-vanish": by_determinant(["then", "zero", "modulo", 0, 2], power("u:0")),
    "modulo-unknown-relation": by_determinant(["then", "zero", "modulo", 0, 3, 0, 0], 2),
    "modulo-another-combination": by_determinant(["then", "zero", "modulo", 0, 3, 0, 1], constant(-1)),
}

INVALID: dict[str, Node] = {
    "problem-id-of-another-problem": {**lu(LU_CHAIN, LU_CELLS), "problem_id": "0" * 64},
    "closed-three-factors": certificate(LU_THREE, "closed", CROSSING),
    "solver-says-sat": closed(
        [1, 1], [1, 1], {"rule": "solver", "engine": "z3", "question": "closedness", "answer": "sat"}
    ),
    "solver-answers-another-question": closed(
        [1, 1], [1, 1], {"rule": "solver", "engine": "z3", "question": "fullness", "answer": "unsat"}
    ),
    # the curve
    "curve-outside-the-support": lu(
        LU_CHAIN, LU_CELLS, curve=[[[0, 1, [[0, "1"]]], [1, 0, [[0, "1"]]]], [[0, 0, [[0, "1"]]], [1, 1, [[0, "1"]]]]]
    ),
    "curve-diverges": lu(LU_CHAIN, LU_CELLS, curve=DIVERGING),
    "curve-misses-the-target": lu(LU_CHAIN, LU_CELLS, target=[[0, 1, "2"], [1, 0, "1"]]),
    "curve-misses-a-zero-of-the-target": lu(LU_CHAIN, LU_CELLS, target=[*SWAP, [1, 1, "1"]]),
    "curve-empty": lu(LU_CHAIN, LU_CELLS, curve=[[], []]),
    "curve-sign": lu(LU_CHAIN, LU_CELLS, curve=changed(SWAP_CURVE, [0, 2, 2, 0, 1], "1")),
    **LAYER_FAULTS,
    # the refutation
    **{f"frames-{name}": data for name, data in frames_faults.INVALID.items()},
    **{f"diagonal-{name}": data for name, data in diagonal_faults.INVALID.items()},
    **{f"dominant-limit-{name}": data for name, data in dominant_limit_faults.INVALID.items()},
    "merge-too-much": changed(LU_MERGE, MERGE, [3]),
    "merge-nothing": changed(LU_MERGE, MERGE, [1, 1, 1]),
    "merge-with-another-factor": changed(LU_MERGE, ["proof", "refutation", "nodes", 1, "variable"], "2:0:0"),
    "target-is-a-product": lu(
        LU_CHAIN, LU_CELLS, target=[[0, 0, "1"]], curve=[[[0, 0, [[0, "1"]]]], [[0, 0, [[0, "1"]]]]]
    ),
    "contradiction-without-equation": lu(LU_CHAIN, LU_CELLS[1:]),
    "contradiction-that-is-none": lu(LU_CHAIN[:1], LU_CELLS),
    "contradiction-of-a-sum": lu([{"do": "contradiction", "equation": "0:1"}, *LU_CHAIN[1:]], LU_CELLS),
    "zero-not-forced": lu(
        [{"do": "contradiction", "equation": "0:1"}, {"do": "zero", "variable": "0:0:0", "equation": "0:0", "then": 0}],
        LU_CELLS,
    ),
    "zero-by-a-sum": lu(
        [{"do": "contradiction", "equation": "0:1"}, {"do": "zero", "variable": "0:0:0", "equation": "0:1", "then": 0}],
        LU_CELLS,
    ),
    "zero-of-a-variable-that-is-not-there": lu(
        [{"do": "contradiction", "equation": "0:1"}, {"do": "zero", "variable": "0:1:0", "equation": "0:0", "then": 0}],
        LU_CELLS,
    ),
    "nonzero-without-reason": lu(changed(LU_CHAIN, [2, "equation"], "0:0"), LU_CELLS),
    "nonzero-of-another-variable": lu(changed(LU_CHAIN, [2, "variable"], "0:1:0"), LU_CELLS),
    "solve-with-a-coefficient-that-may-vanish": lu(
        [*LU_SCALE[:2], {"do": "solve", "variable": "1:0:1", "equation": "0:1", "then": 1}], LU_CELLS
    ),
    "solve-for-a-variable-that-is-not-there": lu(changed(LU_SCALE, [2, "variable"], "1:1:1"), LU_CELLS),
    "solve-and-use-again": lu(changed(LU_SCALE, [0, "equation"], "0:1"), LU_CELLS),
    "factor-case-missing": lu(changed(LU_FACTOR, [4, "cases"], LU_FACTOR[4]["cases"][:1]), LU_CELLS),
    "factor-of-another-polynomial": lu(changed(LU_FACTOR, [4, "cases", 0, "factor"], linear("0:0:0", 1)), LU_CELLS),
    "factor-of-a-higher-power": lu(changed(LU_FACTOR, [4, "cases", 0, "power"], 2), LU_CELLS),
    "factor-no-cases": lu(changed(LU_FACTOR, [4, "cases"], []), LU_CELLS),
    "split-children-swapped": lu([*LU_SPLIT[:3], {**LU_SPLIT[3], "zero": 2, "nonzero": 0}], LU_CELLS),
    "split-on-something-else": lu(changed(LU_SPLIT, [3, "variable"], "0:1:1"), LU_CELLS),
    # reductions
    "nothing-but-cells-are-left": lu_closed(NOTHING),
    "crossing-lu": lu_closed(CROSSING),
    "crossing-with-a-cell-not-looked-at": lu_closed(without_corner(CROSSING)),
    "crossing-nested": closed([3, 1], [3, 1], CROSSING),
    "dual-bases-lu": lu_closed(DUAL_BASES),
    "dual-bases-with-one-zero-too-many": closed([3, 2, 3], [3, 3, 1], DUAL_BASES),
    "dual-bases-with-a-cell-not-looked-at": lu_closed(without_corner(DUAL_BASES)),
    "product-common-cell": lu_closed(product(([0], CROSSING), ([1], CROSSING))),
    "product-term-left-out": closed([1, 2], [1, 2], product(([0], CROSSING))),
    "product-term-twice": closed([1], [1], product(([0], CROSSING), ([0], CROSSING))),
    "product-term-that-is-not-there": closed([1], [1], product(([0, 7], CROSSING))),
    "twins-of-different-types": lu_closed(twins([0], [1], [], [0])),
    "twins-too-few-kept": closed([3, 3], [3, 3], twins([0], [1], [0, 1], [])),
    "twins-cover-leaves-out-an-index": closed([3, 3], [3, 3], twins([0], [1], [0], [])),
    "twins-none-kept": closed([3, 3], [3, 3], twins([], [0, 1], [], [])),
    "twins-kept-and-dropped": closed([1, 1], [1, 1], twins([0], [0], [], [0])),
    "twins-with-different-windows": closed([1, 1, 2], [1, 3], full([1], [[2, [[1, 1]]]], twins([0], [2], [], [0]))),
    "full-representative-twice": lu_closed(full([0, 1], [[0, [[0, 0], [1, 0]]], [1, [[0, 0], [1, 1]]]], NOTHING)),
    "full-entry-left-out": lu_closed(full([0, 1], [[0, [[0, 0]]], [1, [[0, 0], [1, 1]]]], NOTHING)),
    "full-line-left-out": lu_closed(full([0, 1], [[1, [[0, 0], [1, 1]]]], NOTHING)),
    "full-index-outside-the-type": lu_closed(full([0, 1], [[0, [[0, 0], [1, 1]]], [1, [[0, 0], [1, 1]]]], NOTHING)),
    "full-index-twice": lu_closed(full([1, 1], [[1, [[1, 1]]]], CROSSING)),
    "full-of-nothing": lu_closed(full([], [], CROSSING)),
    "split-bicliques-touch": lu_closed(without_corner(bicliques(0, [5, [0], [0, 1]], [6, [1], [0]]))),
    "split-cell-left-out": lu_closed(without_corner(bicliques(0, [5, [0], [0, 1]]))),
    "split-cell-outside": lu_closed(without_corner(bicliques(0, [5, [0, 1], [0, 1]]))),
    "split-name-in-use": closed([1, 2], [1, 2], bicliques(0, [1, [0], [0]])),
    "split-of-an-index-that-is-not-there": lu_closed(bicliques(7)),
    "extend-line-in-use": closed([1], [1], extend([0], [], [0, [0], [0]])),
    "extend-changes-old-cells": lu_closed(extend([], [], [0, [0, 1], [0, 1]], [1, [0, 1], [0, 1]])),
    "extend-new-index-on-old-cells": lu_closed(
        extend([2], [2], [0, [0, 1], [0, 1]], [1, [1], [1]], [2, [0, 1, 2], [0, 1, 2]])
    ),
    "extend-forgets-an-index": lu_closed(extend([], [], [0, [0, 1], [0, 1]])),
    # stratification
    "strata-lu": lu_closed(strata(generic("rows", (0, [[0, 0], [1, 0]]), (1, [[0, 0], [1, 1]])))),
    "strata-split-of-a-known-entry": rank_one(15, split(0, 0, 7, 14)),
    "strata-split-of-an-entry-that-is-not-there": rank_one(16, split(0, 2, 4, 15)),
    "strata-split-swapped": rank_one(16, split(0, 0, 15, 4)),
    "generic-line-left-out": rank_one(0, generic("columns", (0, [[1, 0]]))),
    "generic-line-that-is-not-there": rank_one(0, generic("columns", (0, [[1, 0]]), (1, [[1, 0]]), (2, []))),
    "generic-other-side": rank_one(0, generic("rows", (1, [[0, 0], [1, 0]]))),
    "generic-index-that-is-not-there": rank_one(0, generic("columns", (0, [[1, 1]]), (1, [[1, 0]]))),
    "generic-entry-left-out": rank_one(0, generic("columns", (0, []), (1, [[1, 0]]))),
    "generic-touches-a-zero-entry": diagonal_leaf(generic("rows", (0, [[0, 0]]), (1, [[1, 0]]))),
    "clear-pivot-may-vanish": dense(FULL_2, clear("rows", [0, 0], [1], 0)),
    "clear-pivot-vanishes": dense(FULL_2, clear("rows", [0, 0], [1], 0), split(0, 0, 1, 0)),
    "clear-line-that-must-not-change": changed(
        changed(UNEVEN_CLEAR, ["proof", "nodes", 1], clear("rows", [1, 0], [0], 0)),
        ["proof", "nodes", 2],
        split(1, 0, 0, 1),
    ),
    "clear-the-pivot-itself": changed(UNEVEN_CLEAR, ["proof", "nodes", 1, "lines"], [0]),
    "clear-a-line-twice": changed(UNEVEN_CLEAR, ["proof", "nodes", 1, "lines"], [1, 1]),
    "clear-a-line-that-is-not-there": changed(UNEVEN_CLEAR, ["proof", "nodes", 1, "lines"], [1, 5]),
    "spend-pivot-may-vanish": dense(*SPEND_NODES[:2]),
    "spend-pivot-off-the-cross": changed(SPEND_GOOD, ["proof", "nodes", 1, "columns"], [1]),
    "spend-row-that-is-not-there": changed(SPEND_GOOD, ["proof", "nodes", 1, "rows"], [0, 2]),
    "spend-column-that-is-not-there": changed(SPEND_GOOD, ["proof", "nodes", 1, "columns"], [0, 2]),
    "spend-index-that-is-not-there": changed(SPEND_GOOD, ["proof", "nodes", 1, "term"], 2),
    "spend-index-outside-the-row": closed([1, 3], [3, 3], strata(UNEVEN, spend(1, [0, 0], [0], [0, 1], 0))),
    "spend-index-outside-the-column": closed([3, 3], [1, 3], strata(FULL_2, spend(1, [0, 0], [0, 1], [0], 0))),
    "spend-leaves-an-entry-without-index": closed([1, 1], [1, 1], strata(FULL_2, spend(0, [0, 0], [0], [0, 1], 0))),
    "spend-an-index-twice": changed(SPEND_GOOD, ["proof", "nodes", 0], generic("rows", (1, [[1, 1]]))),
    "spend-then-outside": lu_closed(strata(*SPEND_LU)),
    "strata-rename-merges-rows": dense(
        FULL_2,
        {
            "do": "rename",
            "rows": [[0, 0], [1, 0]],
            "columns": [[0, 0], [1, 1]],
            "terms": [[0, 0], [1, 1]],
            "then": 0,
        },
    ),
    "strata-rename-leaves-out-an-index": dense(
        FULL_2,
        {"do": "rename", "rows": [[0, 0], [1, 1]], "columns": [[0, 0], [1, 1]], "terms": [[0, 0]], "then": 0},
    ),
    "family-one-may-vanish": rank_one(2, corner([[0, 1], [1, 0], [1, 1]], -1)),
    "family-ones-close-a-cycle": rank_one(
        12,
        family(
            [[0, 0], [0, 1], [1, 0], [1, 1]],
            section(
                [[0, 0, constant(1), ONE], [1, 0, constant(1), ONE]],
                [[0, 0, constant(1), ONE], [0, 1, constant(1), ONE]],
            ),
        ),
    ),
    "family-one-twice": rank_one(2, corner([[0, 1], [1, 0], [0, 1]], -1)),
    "section-wrong-product": rank_one_family(["tree", "nonzero", "zero", "then", "left", 0, 2], constant(2)),
    "section-outside-the-support": rank_one_family(
        ["tree", "nonzero", "zero", "then", "left"],
        [[0, 0, constant(1), ONE], [1, 0, constant(1), ONE], [1, 1, constant(1), ONE]],
    ),
    "section-entry-left-out": rank_one_family(["tree", "nonzero", "zero", "then", "right"], [[0, 0, constant(1), ONE]]),
    "section-denominator-may-vanish": rank_one_family(
        ["tree", "nonzero", "zero", "then", "left", 1],
        [1, 0, linear("a:1:1", 1), {"constant": "1", "powers": [["u:2", 1]]}],
    ),
    "section-denominator-zero": rank_one_family(
        ["tree", "nonzero", "zero", "then", "left", 0, 3], {"constant": "0", "powers": []}
    ),
    "outside-cover-too-large": rank_one(
        2, changed(corner([[0, 1], [1, 0]], -1), ["tree", "cover"], {"rows": [0], "columns": [], "terms": [0]})
    ),
    "outside-cover-leaves-out-an-entry": rank_one(
        2, changed(corner([[0, 1], [1, 0]], -1), ["tree", "cover"], {"rows": [0], "columns": [], "terms": []})
    ),
    "outside-row-twice": rank_one(2, changed(corner([[0, 1], [1, 0]], 0), ["tree", "rows"], [0, 0])),
    "outside-another-value": rank_one(2, corner([[0, 1], [1, 0]], 1)),
    "outside-value-zero": rank_one(2, corner([[0, 1], [1, 0]], 0)),
    "outside-value-may-vanish": rank_one_family(
        ["tree", "nonzero", "nonzero", "value"], {"constant": "-2", "powers": [["u:2", 1], ["a:1:1", 1]]}
    ),
    "outside-line-that-is-not-there": rank_one(2, changed(corner([[0, 1], [1, 0]], -1), ["tree", "rows"], [0, 2])),
    "empty-without-reason": rank_one_family(["tree", "nonzero", "nonzero"], {"do": "empty", "unit": "u:1"}),
    "empty-unknown-unit": rank_one_family(["tree", "zero", "then", "unit"], "a:0:0"),
    "when-quadratic": rank_one_family(["tree", "polynomial"], [["1", [["a:1:1", 2]]]]),
    "when-constant": rank_one_family(["tree", "polynomial"], constant(1)),
    "when-another-leading-coefficient": rank_one_family(["tree", "leading"], {"constant": "2", "powers": []}),
    "when-leading-may-vanish": rank_one_family(["tree", "polynomial"], [["1", [["a:1:1", 1], ["b", 1]]]]),
    "when-zero-branch-of-another-polynomial": rank_one_family(["tree", "nonzero", "polynomial"], linear("a:1:1", -2)),
    "declare-no-divisor": rank_one_family(["tree", "nonzero", "zero", "declare", 0, "polynomial"], linear("a:1:1", 2)),
    "declare-divisor-of-an-unknown-unit": rank_one_family(["tree", "nonzero", "zero", "declare", 0, "unit"], "u:1"),
    "declare-nothing": rank_one_family(["tree", "nonzero", "zero", "declare"], []),
    **RELATION_FAULTS,
    **CHAIN_FAULTS,
}


# ---- texts that are no certificates ----------------------------------------------------------------

# The proofs above are in the language of the rules; from here on certificates are as the checkers read them.
LU_GOOD = elaborated(lu(LU_CHAIN, LU_CELLS))
LU_TEXT = json.dumps(LU_GOOD)
LU_TABLE = LU_GOOD["proof"]
FACTOR_GOOD = elaborated(lu(LU_FACTOR, LU_CELLS))
SQUARES_GOOD = elaborated(lu(LU_SQUARES, LU_CELLS))
MERGE_GOOD = elaborated(LU_MERGE)
REGULAR_GOOD = elaborated(regular([], None))
LINEAR_GOOD = elaborated(linear_hooks([], None))
CLOSED_GOOD = elaborated(closed([1, 1], [1, 1], CROSSING))
TWINS_GOOD = elaborated(closed([1, 1], [1, 1], twins([0], [1], [], [0])))
STRATA_GOOD = elaborated(closed([1, 1], [1, 1], strata(*RANK_ONE_NODES)))
VANISHING_GOOD = elaborated(rank_one(12, VANISHING))
# the steps `section`, `close`, `split`, `vanish` of the family in it
SECTION, CLOSE, SPLIT, VANISH = (["proof", position] for position in (16, 17, 18, 19))


def text(path: list[Any], value: Any, base: Node = LU_GOOD) -> bytes:
    """A certificate with one change, as text; a changed problem gets its new id."""
    result = changed(base, path, value)
    if path[0] == "problem":
        result["problem_id"] = problem_id(result["problem"])
    return json.dumps(result).encode()


def missing(path: list[Any], base: Node = LU_GOOD) -> bytes:
    """A certificate without one key."""
    result = copy.deepcopy(base)
    place = result
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return json.dumps(result).encode()


def literal(path: list[Any], word: str, base: Node = LU_GOOD) -> bytes:
    """A certificate with a piece of text in the place of a value."""
    return json.dumps(changed(base, path, "@@")).replace('"@@"', word).encode()


NUMBER = ["proof", -1, "target", 0, 2]
INDEX = ["proof", -1, "target", 0, 1]
LU_NODES = ["proof"]
SIZES = ["proof", -2, "sizes"]
FIRST_FACTOR = [*LU_NODES, 5, "on"]

MALFORMED: dict[str, bytes] = {
    **{f"frames-{name}": json.dumps(data).encode() for name, data in frames_faults.MALFORMED.items()},
    **{f"diagonal-{name}": json.dumps(data).encode() for name, data in diagonal_faults.MALFORMED.items()},
    **{f"dominant-limit-{name}": json.dumps(data).encode() for name, data in dominant_limit_faults.MALFORMED.items()},
    "empty": b"",
    "blank": b"  \n",
    "truncated": LU_TEXT[: len(LU_TEXT) // 2].encode(),
    "trailing-text": LU_TEXT.encode() + b" {}",
    "not-utf8": LU_TEXT.encode().replace(b"limit", b"lim\xff\xfe"),
    "utf16": LU_TEXT.encode("utf-16"),
    "byte-order-mark": b"\xef\xbb\xbf" + LU_TEXT.encode(),
    "single-quotes": LU_TEXT.replace('"', "'").encode(),
    "a-list": b"[" + LU_TEXT.encode() + b"]",
    "a-string": json.dumps(LU_TEXT).encode(),
    "null": b"null",
    "deep-nesting": b'{"format": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "deep-proof": json.dumps({**CLOSED_GOOD, "proof": "@@"})
    .replace('"@@"', '{"rule":"product","parts":[{"terms":[0],"then":' * 3000 + '{"rule":"crossing"}' + "}]}" * 3000)
    .encode(),
    "duplicate-key": LU_TEXT.replace('"claim": "not_closed"', '"claim": "closed", "claim": "not_closed"').encode(),
    "duplicate-key-in-a-node": LU_TEXT.replace('"do": "close"', '"do": "split", "do": "close"').encode(),
    "unknown-key": text(["comment"], "hello"),
    "unknown-key-in-the-proof": text(["proof", -1, "comment"], "hello"),
    "unknown-key-in-a-node": text([*LU_NODES, 0, "comment"], "hello"),
    "unknown-key-in-the-problem": text(["problem", "comment"], "hello"),
    "unknown-key-in-a-factor": text(["problem", "factors", 0, "name"], "hello"),
    **{
        f"missing-{key.replace('_', '-')}": missing([key])
        for key in ("format", "version", "problem", "problem_id", "field", "claim", "proof")
    },
    "missing-rule": missing(["proof", -1, "rule"]),
    "missing-curve": missing(["proof", -1, "curve"]),
    "missing-then": missing([*LU_NODES, 3, "zero"]),
    "missing-do": missing([*LU_NODES, 2, "do"]),
    "missing-cover": missing(["proof", -1, "classes", 0, "cover"], TWINS_GOOD),
    "another-format": text(["format"], "something-else"),
    "version-1": text(["version"], 1),
    "version-3": text(["version"], 3),
    "version-true": text(["version"], True),
    "version-as-text": text(["version"], "2"),
    "another-field": text(["field"], "rational"),
    "field-null": text(["field"], None),
    "another-claim": text(["claim"], "open"),
    "claim-as-list": text(["claim"], ["closed"]),
    "claim-swapped-limit": text(["claim"], "closed"),
    "claim-swapped-crossing": text(["claim"], "not_closed", CLOSED_GOOD),
    "provenance-not-text": text(["provenance"], {"closedness": 1}),
    "provenance-a-list": text(["provenance"], ["closedness"]),
    "float": literal(INDEX, "1.0"),
    "float-with-exponent": literal(INDEX, "1e0"),
    "float-in-the-problem": literal(["problem", "factors", 0, "shape", 0], "2.0"),
    "nan": literal(INDEX, "NaN"),
    "infinity": literal(INDEX, "-Infinity"),
    "long-integer": literal(INDEX, "1" + "0" * 5000),
    "large-index": literal(INDEX, "1000000000000"),
    "index-negative": text(INDEX, -1),
    "index-boolean": text(INDEX, True),
    "index-as-text": text(INDEX, "1"),
    "index-null": text(INDEX, None),
    "squares-null": text([*LU_NODES, 0, "squares"], None, SQUARES_GOOD),
    "square-without-number": text([*LU_NODES, 0, "squares", 0], [constant(1)], SQUARES_GOOD),
    "square-number-as-integer": text([*LU_NODES, 0, "squares", 0, 0], 1, SQUARES_GOOD),
    "close-without-squares": text([*LU_NODES, 0], {"do": "close", "terms": [], "value": ["1", []]}),
    "close-value-without-number": text([*LU_NODES, 0, "value"], [[]]),
    "close-value-a-list-as-name": text([*LU_NODES, 2, "value", 1, 0, 0], ["0:0:0"]),
    "close-power-zero": text([*LU_NODES, 2, "value", 1, 0, 1], 0),
    "close-relation-as-text": text([*LU_NODES, 0, "terms", 0, 0], "1"),
    "close-multiplier-a-number": text([*LU_NODES, 0, "terms", 0, 1], "1"),
    "scale-is-no-step": text([*LU_NODES, 0], {"do": "scale", "variable": "0:0:0", "hidden": [0, 0], "then": 0}),
    "solve-is-no-step": text(
        [*LU_NODES, 0], {"do": "solve", "relation": 0, "variable": "0:0:0", "leading": ["1", []], "then": 0}
    ),
    "refutation-of-no-kind": missing(["proof", -2, "do"]),
    "refutation-is-a-step": text(["proof", -2, "do"], "close"),
    "limit-without-refutation": missing(["proof", -1, "then"]),
    "limit-with-its-refutation-inside": text(["proof", -1, "then"], LU_TABLE[-2]),
    "minor-cut-a-number": text(["proof", 3, "cut"], 1, STRATA_GOOD),
    "family-without-then": missing(["proof", 4, "then"], STRATA_GOOD),
    "clear-a-line-twice": text(["proof", 1, "lines"], [1, 1], elaborated(UNEVEN_CLEAR)),
    "number-as-integer": text(NUMBER, 1),
    "number-decimal": text(NUMBER, "1.0"),
    "number-with-exponent": text(NUMBER, "1e0"),
    "number-over-zero": text(NUMBER, "1/0"),
    "number-over-nothing": text(NUMBER, "1/"),
    "number-over-negative": text(NUMBER, "-1/-1"),
    "number-two-bars": text(NUMBER, "1/1/1"),
    "number-plus": text(NUMBER, "+1"),
    "number-blank": text(NUMBER, " 1"),
    "number-empty": text(NUMBER, ""),
    "number-newline": text(NUMBER, "1\n"),
    "number-hexadecimal": text(NUMBER, "0x1"),
    "number-underscore": text(NUMBER, "1_0"),
    "number-other-digits": text(NUMBER, "\u0661"),
    "number-superscript": text(NUMBER, "\u00b9"),
    "number-too-long": text(NUMBER, "1" * 30_000),
    "number-5000-digits": text(NUMBER, "1" * 5_000),
    "number-5000-digits-below": text(NUMBER, "1/" + "1" * 5_000),
    "problem-a-list": text(["problem"], []),
    "problem-without-factors": text(["problem", "factors"], []),
    "problem-sizes-do-not-fit": text(["problem", "factors", 1], {"shape": [1, 2], "rows": [[0, 1]]}),
    "problem-rows-missing": text(["problem", "factors", 0, "rows"], [[0]]),
    "problem-shape-of-three": text(["problem", "factors", 0, "shape"], [2, 2, 2]),
    "problem-shape-zero": text(
        ["problem", "factors"], [{"shape": [0, 1], "rows": []}, {"shape": [1, 1], "rows": [[0]]}]
    ),
    "problem-column-out-of-range": text(["problem", "factors", 0, "rows", 0], [2]),
    "problem-columns-not-increasing": text(["problem", "factors", 0, "rows", 1], [1, 0]),
    "problem-column-twice": text(["problem", "factors", 0, "rows", 1], [1, 1]),
    "problem-row-a-number": text(["problem", "factors", 0, "rows", 1], 1),
    "target-entry-twice": text(["proof", -1, "target"], [*SWAP, SWAP[0]]),
    "target-entry-too-short": text(["proof", -1, "target", 0], [0, 1]),
    "curve-of-one-factor": text(["proof", -1, "curve"], SWAP_CURVE[:1]),
    "curve-entry-twice": text(["proof", -1, "curve", 0], [*SWAP_CURVE[0], SWAP_CURVE[0][0]]),
    "curve-exponent-twice": text(["proof", -1, "curve", 0, 0, 2], [[1, "1"], [1, "1"]]),
    "curve-exponent-too-large": text(["proof", -1, "curve", 0, 0, 2, 0, 0], 10_001),
    "table-empty": text(LU_NODES, []),
    "table-a-number": text(LU_NODES, 7),
    "node-a-list": text([*LU_NODES, 2], []),
    "node-never-used": text(
        LU_NODES,
        [
            LU_TABLE[0],
            *({k: v + 1 if type(v) is int else v for k, v in node.items()} for node in LU_TABLE),
        ],
    ),
    "regular-value-too-large": text(["proof", -1, "left", 0, 2], 10**9 + 1, REGULAR_GOOD),
    "regular-value-a-boolean": text(["proof", -1, "right", 0, 2], True, REGULAR_GOOD),
    "regular-with-stages": text(["proof", -1, "stages"], [], REGULAR_GOOD),
    "linear-value-too-large": text(["proof", -1, "left", 0, 2], 10**9 + 1, LINEAR_GOOD),
    "linear-value-a-text": text(["proof", -1, "left", 0, 2], "1", LINEAR_GOOD),
    "linear-without-right": missing(["proof", -1, "right"], LINEAR_GOOD),
    "merge-of-no-factor": text(SIZES, [3, 0], MERGE_GOOD),
    "merge-a-number": text(SIZES, 3, MERGE_GOOD),
    "merge-without-sizes": missing(SIZES, MERGE_GOOD),
    "forward-reference": text([*LU_NODES, 3, "zero"], 4),
    "reference-to-itself": text([*LU_NODES, 4, "zero"], 4),
    "reference-out-of-range": text([*LU_NODES, 4, "zero"], 99),
    "reference-negative": text([*LU_NODES, 4, "zero"], -1),
    "reference-boolean": text([*LU_NODES, 4, "zero"], False),
    "section-modulo-entry-twice": text(
        [*SECTION, "modulo"], 2 * VANISHING_GOOD["proof"][16]["modulo"], VANISHING_GOOD
    ),
    "vanishing-one-polynomial": text([*VANISH, "polynomials"], DETERMINANT, VANISHING_GOOD),
    "cases-without-a-branch": missing([*SPLIT, "nonzero"], VANISHING_GOOD),
    "combination-of-a-name": text([*CLOSE, "terms", 0, 0], "u:0", VANISHING_GOOD),
    "section-without-modulo": missing([*SECTION, "modulo"], VANISHING_GOOD),
    "strata-cycle": text(["proof", 29, "zero"], 29, STRATA_GOOD),
    "unknown-step": text([*LU_NODES, 4, "do"], "guess"),
    "step-null": text([*LU_NODES, 4, "do"], None),
    "unknown-rule": text(["proof", -1, "rule"], "obvious", CLOSED_GOOD),
    "rule-a-list": text(["proof", -1, "rule"], ["crossing"], CLOSED_GOOD),
    "proof-null": text(["proof"], None),
    "proof-an-object": text(["proof"], CROSSING, CLOSED_GOOD),
    "proof-of-nested-nodes": text(["proof"], [{"rule": "trim", "then": CROSSING}], CLOSED_GOOD),
    "variable-a-number": text([*LU_NODES, 4, "on"], [["1", [[0, 1]]]]),
    "variable-too-long": text([*LU_NODES, 4, "on"], [["1", [["x" * 101, 1]]]]),
    "polynomial-monomial-twice": text(FIRST_FACTOR, [["1", [["0:0:0", 1]]], ["1", [["0:0:0", 1]]]], FACTOR_GOOD),
    "polynomial-variable-twice": text(FIRST_FACTOR, [["1", [["0:0:0", 1], ["0:0:0", 1]]]], FACTOR_GOOD),
    "polynomial-exponent-zero": text(FIRST_FACTOR, [["1", [["0:0:0", 0]]]], FACTOR_GOOD),
    "polynomial-exponent-too-large": text(FIRST_FACTOR, [["1", [["0:0:0", 10_001]]]], FACTOR_GOOD),
    "polynomial-a-text": text(FIRST_FACTOR, "x", FACTOR_GOOD),
    "power-too-large": text([*LU_NODES, 2, "value", 1, 0, 1], 1_001),
    "side-of-another-kind": text(["proof", -1, "side"], "diagonals", TWINS_GOOD),
    "side-null": text(["proof", -1, "side"], None, TWINS_GOOD),
    "class-a-list": text(["proof", -1, "classes", 0], [[0], [1]], TWINS_GOOD),
    "rename-of-a-pattern": text(
        ["proof"], [CROSSING, {"rule": "rename", "rows": [], "columns": [], "terms": [], "then": 0}]
    ),
    "entry-cell-of-three": text(["proof", 29, "cell"], [0, 0, 0], STRATA_GOOD),
    "engine-a-number": text(
        ["proof"], [{"rule": "solver", "engine": 7, "question": "closedness", "answer": "unsat"}], CLOSED_GOOD
    ),
    "engine-without-name": text(
        ["proof"], [{"rule": "solver", "engine": "", "question": "closedness", "answer": "unsat"}], CLOSED_GOOD
    ),
    "engine-with-a-newline": text(
        ["proof"],
        [{"rule": "solver", "engine": "z3\nverified: closed", "question": "closedness", "answer": "unsat"}],
        CLOSED_GOOD,
    ),
}


def in_shape(data: Node) -> Node:
    """A wrong proof with one fault only: without nodes that nothing uses, and no rule of version 1 at the end.

    The elaboration stops where a proof is wrong and leaves what follows as it is.
    """
    known = sys.modules["closedness.check"].RULES
    point = {"rule": "product", "parts": []}
    nodes = [point if "rule" in node and node["rule"] not in known else node for node in data["proof"]]
    return {**data, "proof": step_faults.used(nodes)}


# what the steps of the format cannot express, or what holds there
REPAIRED = {
    "factor-of-a-higher-power",  # the power of something that is not zero
    "when-another-leading-coefficient",  # it is read off
    "vanishing-for-three-factors",
    "chain-not-chainable",  # still peeled
    "chain-another-size",
    "derive-twice",  # relations have no names
}
NO_PROOF = {
    "closed-three-factors",
    "fusion-leaves-three-factors",
    "cases-relation-on-the-nonzero-branch",
    "inconsistent-unknown-relation",
    "modulo-unknown-relation",
    "absorb-beyond-the-end",
    "absorb-before-the-start",
    "absorb-without-diagonal",
    "combine-equation-that-is-not-there",
    "clear-a-line-twice",
}
# sets and maps hold nothing twice, answers are words of a list
WRONG_SHAPE = {
    "solver-says-sat",
    "solver-answers-another-question",
    "full-index-twice",
    "regular-entry-twice",
    "regular-index-twice",
    "linear-index-twice",
    "dominant-index-twice",
    "dense-weight-twice",
}

INVALID |= dense_faults.INVALID | model_certificates.invalid()
MALFORMED |= dense_faults.MALFORMED
WRITTEN = {name: elaborated(data, faulty=True) for name, data in INVALID.items() if name not in REPAIRED | NO_PROOF}
INVALID = {name: data for name, data in WRITTEN.items() if name not in WRONG_SHAPE} | step_faults.invalid(
    LU_GOOD, FACTOR_GOOD, SQUARES_GOOD, VANISHING_GOOD, STRATA_GOOD
)
INVALID = {name: in_shape(data) for name, data in INVALID.items()}
MALFORMED |= {name: json.dumps(WRITTEN[name]).encode() for name in WRONG_SHAPE}
