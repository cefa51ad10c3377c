"""Certificates about two factors of which one has no zeros: right ones, and with one fault each."""

from __future__ import annotations

import copy
import json
from typing import Any

from closedness.elaboration import elaborated
from tests.helpers.proofs import Node, certificate, closed, problem
from tests.helpers.step_faults import beside

# hidden index 4 and row 5 can be dropped; without them index 0 needs 4 of its rows, 1 needs 3, 2 needs 1 and 3 needs 2
TYPES = [15, 5, 11, 3, 11, 17]
ACROSS = [31] * 3
WITH_0: Node = {"do": "bound", "weights": [[0, "1"]]}
WITHOUT_0: Node = {"do": "bound", "weights": [[1, "1/3"], [2, "1"], [3, "1/2"]]}
DENSE: Node = {
    "rule": "dense",
    "side": "rows",
    "drop": [4],
    "pairs": [[0, 0], [2, 1], [1, 2], [4, 3], [5, 4]],
    "ranks": [[0, [0, 1, 2, 3]], [1, [0, 1, 2, 3]], [3, [0, 1, 2, 3]]],
    "nodes": [WITH_0, WITHOUT_0, {"do": "split", "term": 0, "zero": 1, "nonzero": 0}],
}
BY_ROW: Node = {
    **DENSE,
    "nodes": [
        {"do": "bound", "weights": [[0, "1/4"], [1, "1/3"], [2, "1"], [3, "1/2"]]},
        *DENSE["nodes"],
        {"do": "split", "row": 0, "zero": 0, "nonzero": 3},
    ],
}
BY_ROW["nodes"][3] = {"do": "split", "term": 0, "zero": 2, "nonzero": 1}
# the first row is not looked at after complete classes were taken away
AFTER_FULL: Node = {
    "rule": "full",
    "terms": [2],
    "side": "columns",
    "lines": [[0, [[0, 2]]], [1, [[0, 2]]]],
    "then": {
        "rule": "dense",
        "side": "rows",
        "drop": [],
        "pairs": [[1, 0], [2, 1]],
        "ranks": [],
        "nodes": [{"do": "bound", "weights": [[0, "1"], [1, "1"]]}],
    },
}

# rows 0, 1, 2 pin the vectors of their hidden indices to one point of the line; row 3, which has all of them, leaves it
PINS = [1, 2, 4, 7]
CURVE: list[Any] = [
    [*([i, i, [[0, "1"]]] for i in range(3)), *([3, k, [[-1, "1"]]] for k in range(3))],
    [[0, 0, [[0, "1"]]], [1, 0, [[0, "1"]]], [2, 0, [[0, "-2"]]], [2, 1, [[1, "1"]]]],
]
TARGET = [[0, 0, "1"], [1, 0, "1"], [2, 0, "-2"], [3, 1, "1"]]
PINNED: Node = {"side": "rows", "line": 3, "at": 1, "across": [0], "groups": [[0], [1], [2]]}


def pinned(node: Any, types: list[int] = PINS, **changes: Any) -> Node:
    """A certificate that products with these types of rows and two columns are not closed."""
    proof = {"rule": "limit", "target": TARGET, "curve": CURVE, "refutation": {"pinned": node}, **changes}
    return certificate(problem(types, [7, 7]), "not_closed", proof)


def pinned_columns() -> Node:
    """The same for the transposed supports."""
    left = {"shape": [2, 3], "rows": [[0, 1, 2]] * 2}
    question = {"factors": [left, {"shape": [3, 4], "rows": [[0, 3], [1, 3], [2, 3]]}]}
    target = [[j, i, value] for i, j, value in TARGET]
    curve = [[[j, i, value] for i, j, value in factor] for factor in reversed(CURVE)]
    refutation = {"pinned": {**PINNED, "side": "columns"}}
    proof = {"rule": "limit", "target": target, "curve": curve, "refutation": refutation}
    return certificate(question, "not_closed", proof)


# the same limit: row 3 needs a hidden index of its own, and rows 0, 1, 2 need all three
OCCUPIED: Node = {"side": "rows", "lines": [3], "places": [1], "across": [0], "groups": [[0, 1, 2]]}


def occupied(node: Any, types: list[int] = PINS) -> Node:
    """A certificate that products with these types of rows and two columns are not closed."""
    proof = {"rule": "limit", "target": TARGET, "curve": CURVE, "refutation": {"occupied": node}}
    return certificate(problem(types, [7, 7]), "not_closed", proof)


# three columns: row 3 needs a hidden index of its own, and no other two give all of the rest what they need
OCCUPIED_TWICE: Node = {
    "side": "rows", "lines": [3], "places": [2], "across": [0, 1], "groups": [[0, 2, 5, 6], [1, 4]]
}  # fmt: skip


def occupied_twice(node: Any) -> Node:
    """A certificate that products with seven rows, four hidden indices and three columns are not closed."""
    at = {"1": [[0, "1"]], "-1": [[0, "-1"]], "t": [[1, "1"]], "1/t": [[-1, "1"]]}
    left = "00:1 03:-1 13:1 21:-1 23:-1 30:1/t 31:1/t 43:1 52:1 62:1"
    right = "00:1 01:1 02:t 10:-1 11:-1 20:1 31:1"
    curve = [
        [[int(cell[0]), int(cell[1]), at[value]] for cell, value in (entry.split(":") for entry in factor.split())]
        for factor in (left, right)
    ]
    target = [[i, j, "1"] for i, j in ((0, 0), (1, 1), (2, 0), (3, 2), (4, 1), (5, 0), (6, 0))]
    proof = {"rule": "limit", "target": target, "curve": curve, "refutation": {"occupied": node}}
    return certificate(problem([9, 13, 10, 3, 14, 6, 5], [15] * 3), "not_closed", proof)


def served_by_neither() -> Node:
    """A product, with a hidden index whose vector is along neither of the two that the groups need."""
    right = [[0, 1, "1"], [1, 0, "1"], [1, 1, "1"], [2, 0, "1"], [3, 2, "1"]]
    left = [[0, 2, "1"], [1, 1, "1"], [1, 0, "-1"], [2, 0, "1"], [3, 1, "1"], [3, 2, "-1"], [4, 3, "1"]]
    curve = [[[i, j, [[0, value]]] for i, j, value in factor] for factor in (left, right)]
    target = [[0, 0, "1"], [1, 0, "1"], [2, 1, "1"], [3, 1, "1"], [4, 2, "1"]]
    node = {"side": "rows", "lines": [4], "places": [2], "across": [0, 1], "groups": [[0, 1], [2, 3]]}
    proof = {"rule": "limit", "target": target, "curve": curve, "refutation": {"occupied": node}}
    return certificate(problem([4, 3, 1, 6, 8], [15] * 3), "not_closed", proof)


# two columns: the vectors of hidden indices 1 and 2 are free, and each row but the first has one of them
FLATS_TYPES = [1, 3, 6, 6, 8]
FLATS: Node = {"rule": "dense", "side": "rows", "drop": [3], "pairs": [[4, 3]], "flats": [[1, []], [2, []]]}
# three columns: the flats of rows 0 and 1 meet in the vector of index 0; in each the other vector is free
FOLD_TYPES = [3, 5]
FOLD: Node = {"rule": "dense", "side": "rows", "drop": [], "pairs": [], "flats": [[1, [0]], [2, [1]]]}

# three columns: the first two rows leave three vectors at both of the others that are random but for one equation
SOLVED_TYPES = [3, 12, 13, 14]
SOLVED: Node = {
    "rule": "dense",
    "side": "rows",
    "drop": [],
    "pairs": [],
    "solved": [{"do": "solved", "solved": [[0, 0], [1, 2]], "others": [[2, [[0, 1]]], [3, [[0, 0]]]]}],
}
# three columns: the first two rows are independent, or both are given by the vector of index 0
DEPENDENT_TYPES = [1, 9, 14, 6, 14]
DEPENDENT: Node = {
    "rule": "dense",
    "side": "rows",
    "drop": [],
    "pairs": [],
    "solved": [
        {"do": "solved", "solved": [[1, 0], [3, 1]], "others": [[2, [[1, 0]]], [4, [[1, 0]]]]},
        {"do": "solved", "solved": [[0, 0], [1, 3], [3, 1]], "others": []},
        {"do": "dependent", "lines": [0, 1], "then": 1, "without": [[0, 0]]},
    ],
}
# the same when another row is looked at, too
THREE: Node = {
    **DEPENDENT,
    "solved": [
        *DEPENDENT["solved"],
        {"do": "dependent", "lines": [0, 1, 2], "then": 2, "without": [[0, 2], [1, 2], [2, 2]]},
    ],
}

# two columns: relations of four rows, and trees of vectors that are orthogonal to one
RELATION_TYPES = [1, 3, 6, 4]
RELATION: Node = {
    "rule": "dense",
    "side": "rows",
    "drop": [],
    "pairs": [],
    "solved": [
        {"do": "tree", "edges": [[0, 0, 1], [1, 1, 2], [2, 3, 2]]},
        {"do": "tree", "edges": [[0, 1, 0], [1, 2, 2], [2, 3, 3]]},
        {"do": "tree", "edges": [[0, 0, 0], [1, 2, 2], [2, 3, 3]]},
        {"do": "meet", "line": 0, "zero": 2, "nonzero": 1},
        {"do": "avoid", "line": 3, "then": 3},
        {"do": "meet", "line": 2, "zero": 4, "nonzero": 0},
        {"do": "tree", "edges": [[0, 0, 0], [1, 1, 1], [2, 3, 2]]},
        {"do": "tree", "edges": [[0, 0, 0], [1, 1, 1], [2, 2, 2]]},
        {"do": "meet", "line": 2, "zero": 7, "nonzero": 6},
        {"do": "avoid", "line": 0, "then": 8},
        {"do": "meet", "line": 1, "zero": 9, "nonzero": 5},
    ],
}

# seven hidden indices, two types of columns that differ in two of them; no reduction applies
TYPES_ROWS, TYPES_COLUMNS = [41, 5, 48, 41, 72], [127, 115, 127, 127, 115]
BY_TYPES: Node = {
    "rule": "types",
    "side": "rows",
    "sets": [
        [[0, 0], [2, 4], [3, 5]],
        [[0, 0], [1, 2], [2, 4], [3, 5]],
        [[0, 0], [1, 2], [4, 3], [2, 4], [3, 5]],
        [[2, 4], [3, 5]],
    ],
    "rooms": [[0, [0, 1]], [3, [2]], [5, [1, 3]]],
    "types": [
        {
            "line": 0,
            "short": [0, 2, 3, 4, 5, 6],
            "nodes": [
                {
                    "do": "bound",
                    "weights": [[0, "1/2"], [2, "1/2"], [3, "1/3"], [4, "5/6"], [5, "1/6"], [6, "2/3"]],
                }
            ],
        },
        {
            "line": 1,
            "short": [],
            "nodes": [{"do": "bound", "weights": [[0, "1/2"], [4, "1"], [5, "1/2"], [6, "1"]]}],
        },
    ],
}


# two indices with all entries
TWO_FREE: Node = {
    "rule": "types",
    "side": "rows",
    "sets": [[[0, 0], [1, 1]]],
    "rooms": [[0, [0]], [1, [0]]],
    "types": [{"line": 0, "short": [], "nodes": [{"do": "bound", "weights": [[0, "1/2"], [1, "1/2"]]}]}],
}


def by_types(node: Node, rows: list[int] = TYPES_ROWS, columns: list[int] = TYPES_COLUMNS) -> Node:
    """A certificate that products with two types of columns are closed."""
    return closed(rows, columns, node)


def flats(node: Node, types: list[int] = FLATS_TYPES, n: int = 2) -> Node:
    """A certificate that products with these types of rows and few columns are closed."""
    return closed(types, [(1 << max(types).bit_length()) - 1] * n, node)


def dense(node: Node, types: list[int] = TYPES) -> Node:
    """A certificate that the products with these types of rows and a second factor without zeros are closed."""
    return closed(types, ACROSS, node)


def put(node: Node, *path: Any, to: Any) -> Node:
    """A copy with another value at a path."""
    result = copy.deepcopy(node)
    place: Any = result
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return result


SOLVED_PAIRS = [[0, 0], [1, 2]]


def solved(pairs: list[list[int]], others: list[Any] | None = None, types: list[int] = SOLVED_TYPES) -> Node:
    """A certificate by lines that are solved, with other matchings."""
    step = {**SOLVED["solved"][0], "solved": pairs}
    return flats({**SOLVED, "solved": [step if others is None else {**step, "others": others}]}, types, 3)


def dependent(position: int, **changes: Any) -> Node:
    """A certificate that distinguishes which lines are dependent, with a change in one step."""
    step = {**DEPENDENT["solved"][position], **changes}
    return flats(put(DEPENDENT, "solved", position, to=step), DEPENDENT_TYPES, 3)


def relation(position: int, **changes: Any) -> Node:
    """A certificate that distinguishes where relations are zero, with a change in one step."""
    step = {**RELATION["solved"][position], **changes}
    return flats(put(RELATION, "solved", position, to=step), RELATION_TYPES, 2)


GOOD: dict[str, Node] = {
    "dense": dense(DENSE),
    "dense-by-row": dense(BY_ROW),
    "dense-columns": closed(ACROSS, TYPES, {**DENSE, "side": "columns"}),
    "dense-after-full": closed([4, 1, 2], [7, 7], AFTER_FULL),
    "types": by_types(BY_TYPES),
    "types-two-free": closed([3, 3], [3, 3], TWO_FREE),
    "types-columns": closed(TYPES_COLUMNS, TYPES_ROWS, {**BY_TYPES, "side": "columns"}),
    "flats": flats(FLATS),
    "flats-in-order": flats(FOLD, FOLD_TYPES, 3),
    "solved-lines": flats(SOLVED, SOLVED_TYPES, 3),
    "solved-lines-dependent": flats(DEPENDENT, DEPENDENT_TYPES, 3),
    "solved-lines-relation": flats(RELATION, RELATION_TYPES, 2),
    "pinned": pinned(PINNED),
    "pinned-columns": pinned_columns(),
    "occupied": occupied(OCCUPIED),
    "occupied-twice": occupied_twice(OCCUPIED_TWICE),
}

INVALID: dict[str, Node] = {
    "dense-both-factors-have-zeros": closed(TYPES, [31, 31, 30], DENSE),
    "dense-another-side": dense({**DENSE, "side": "columns"}),
    "dense-a-line-looked-at-in-parts": closed(
        [5, 1, 2],
        [3, 7],
        {**AFTER_FULL, "lines": [[0, [[0, 2]]]]},
    ),
    "dense-drops-an-index-that-is-not-there": dense(put(DENSE, "drop", to=[4, 7])),
    "dense-drops-more-lines-than-indices": dense(put(DENSE, "drop", to=[2, 4])),
    "dense-drops-nothing": dense(put(DENSE, "drop", to=[])),
    "dense-line-of-a-dropped-index-elsewhere": dense(put(DENSE, "pairs", 4, to=[5, 0])),
    "dense-index-with-a-line-of-another": dense(put(DENSE, "pairs", 2, to=[5, 2])),
    "dense-line-with-two-indices": dense(put(DENSE, "pairs", to=[*DENSE["pairs"], [0, 1]])),
    "dense-rank-of-an-index-that-is-dropped": dense(put(DENSE, "ranks", 0, to=[4, [4]])),
    "dense-rank-with-an-index-that-is-dropped": dense(put(DENSE, "ranks", 0, 1, to=[0, 1, 2, 3, 4])),
    "dense-rank-that-is-not-positive": dense(put(DENSE, "ranks", 0, to=[2, [3]])),
    "dense-rank-of-one": dense(put(DENSE, "ranks", to=DENSE["ranks"][1:])),
    "dense-weight-too-small": dense(put(DENSE, "nodes", 1, "weights", 0, 1, to="1/4")),
    "dense-weight-too-large": dense(put(DENSE, "nodes", 1, "weights", 0, 1, to="2")),
    "dense-weight-negative": dense(put(DENSE, "nodes", 1, "weights", 0, 1, to="-1/3")),
    "dense-weight-twice": dense(put(DENSE, "nodes", 1, "weights", 0, 0, to=2)),
    "dense-weight-of-an-index-that-does-not-count": dense(put(DENSE, "nodes", 1, "weights", 0, 0, to=0)),
    "dense-weight-of-an-index-that-is-dropped": dense(put(DENSE, "nodes", 1, "weights", 0, 0, to=4)),
    "dense-branches-exchanged": dense(put(DENSE, "nodes", 2, to={"do": "split", "term": 0, "zero": 0, "nonzero": 1})),
    "dense-one-branch-for-both": dense(
        put(DENSE, "nodes", to=[WITHOUT_0, {"do": "split", "term": 0, "zero": 0, "nonzero": 0}])
    ),
    "dense-decided-twice": dense(
        put(DENSE, "nodes", to=[*DENSE["nodes"], {"do": "split", "term": 0, "zero": 1, "nonzero": 2}])
    ),
    "dense-decides-an-index-that-is-not-there": dense(put(DENSE, "nodes", 2, "term", to=4)),
    "dense-of-a-set-that-is-not-closed": closed(
        [1, 2, 3], [3, 3], {**DENSE, "drop": [], "pairs": [[0, 0], [1, 1]], "ranks": [], "nodes": [WITH_0]}
    ),
    "dense-everything-dropped": closed(
        [1, 2, 3], [3, 3], {**DENSE, "drop": [0, 1], "pairs": [[0, 0], [1, 1]], "ranks": [], "nodes": [WITH_0]}
    ),
    "types-another-side": by_types({**BY_TYPES, "side": "columns"}),
    "types-a-line-twice": by_types(put(BY_TYPES, "sets", 3, to=[[2, 4], [2, 5]])),
    "types-an-index-twice": by_types(put(BY_TYPES, "sets", 3, to=[[2, 5], [3, 5]])),
    "types-a-line-of-another": by_types(put(BY_TYPES, "sets", 3, 0, to=[1, 4])),
    "types-a-set-that-is-not-there": by_types(put(BY_TYPES, "rooms", 0, to=[0, [0, 4]])),
    "types-room-of-an-index-that-is-not-there": by_types(put(BY_TYPES, "rooms", 0, to=[7, [0, 1]])),
    "types-a-type-without-set": by_types(put(BY_TYPES, "rooms", 0, to=[0, [1]])),
    "types-no-rooms": by_types({**BY_TYPES, "rooms": []}),
    "types-room-too-small": by_types(put(BY_TYPES, "sets", 0, to=[[0, 0]])),
    "types-a-type-left-out": by_types({**BY_TYPES, "types": BY_TYPES["types"][:1]}),
    "types-a-type-twice": by_types({**BY_TYPES, "types": [*BY_TYPES["types"], BY_TYPES["types"][0]]}),
    "types-a-line-without-type": by_types(put(BY_TYPES, "types", 0, "line", to=7)),
    "types-short-of-another-type": by_types(put(BY_TYPES, "types", 1, "short", to=[2])),
    "types-more-lines-than-short": by_types(put(BY_TYPES, "types", 1, "short", to=[0])),
    "types-not-short": by_types(put(BY_TYPES, "types", 0, "short", to=[])),
    "types-weight-too-small": by_types(put(BY_TYPES, "types", 1, "nodes", 0, "weights", to=[[0, "1/2"]])),
    "types-after-full": closed(
        [7, 3], [7, 3], {"rule": "full", "terms": [2], "side": "columns", "lines": [[0, [[0, 2]]]], "then": TWO_FREE}
    ),
    "types-of-a-set-that-is-not-closed": closed(
        [1, 3],
        [1, 3],
        {
            "rule": "types",
            "side": "rows",
            "sets": [],
            "rooms": [],
            "types": [
                {"line": 0, "short": [], "nodes": [{"do": "bound", "weights": [[0, "1"]]}]},
                {"line": 1, "short": [], "nodes": [{"do": "bound", "weights": [[0, "1"], [1, "1"]]}]},
            ],
        },
    ),
    "flats-forgotten": flats({**FLATS, "flats": []}),
    "flats-with-a-pinned-vector": flats({**FLATS, "flats": [[0, []], [1, []], [2, []]]}),
    "flats-of-an-index-that-is-dropped": flats({**FLATS, "flats": [[3, []], [1, []], [2, []]]}),
    "flats-of-a-line-of-another": flats({**FOLD, "flats": [[1, [1]], [2, [1]]]}, FOLD_TYPES, 3),
    "flats-a-line-left-out": flats({**FOLD, "flats": [[0, [0]], [1, [0]], [2, [1]]]}, FOLD_TYPES, 3),
    "flats-no-line": flats({**FOLD, "flats": [[1, []], [2, [1]]]}, FOLD_TYPES, 3),
    "solved-lines-both-factors-have-zeros": closed(SOLVED_TYPES, [15, 15, 7], SOLVED),
    "solved-lines-other-side": flats({**SOLVED, "side": "columns"}, SOLVED_TYPES, 3),
    "solved-lines-a-line-left-out": solved([[0, 0]]),
    "solved-lines-an-index-twice": solved([[0, 1], [1, 1]], types=[3, 6, 13, 14]),
    "solved-lines-an-index-of-another": solved([[0, 2], [1, 3]]),
    "solved-lines-too-many-equations": flats(
        put(DEPENDENT, "solved", to=[{"do": "solved", "solved": [[0, 0], [1, 3], [3, 1]], "others": []}]),
        DEPENDENT_TYPES,
        3,
    ),
    "solved-lines-an-index-of-the-other-line": solved(SOLVED_PAIRS, [[2, [[0, 0]]], [3, [[0, 1]]]]),
    "solved-lines-a-line-that-is-not-solved": solved(SOLVED_PAIRS, [[2, [[3, 1]]], [3, [[0, 0]]]]),
    "solved-lines-another-line-that-is-not-there": solved(SOLVED_PAIRS, [*SOLVED["solved"][0]["others"], [9, []]]),
    "solved-lines-a-dependent-line-that-is-not-there": dependent(2, lines=[0, 7]),
    "solved-lines-no-dependent-line": dependent(2, without=[]),
    "solved-lines-without-a-line-that-is-not-dependent": dependent(2, without=[[3, 0]]),
    "solved-lines-a-solved-line-that-is-left-out": dependent(2, without=[[1, 0]]),
    "solved-lines-hidden-indices-that-the-line-left-out-has-not": dependent(
        0, solved=[[1, 3], [3, 1]], others=[[2, []], [4, []]]
    ),
    "solved-lines-other-independent-lines": dependent(2, lines=[0, 3]),
    "solved-lines-a-third-dependent-line": flats(
        put(THREE, "solved", 3, "without", to=[[0, 2], [1, 2]]), DEPENDENT_TYPES, 3
    ),
    "solved-lines-more-columns": flats(RELATION, RELATION_TYPES, 3),
    "solved-lines-another-row-with-a-relation": flats(RELATION, [*RELATION_TYPES, 3], 2),
    "solved-lines-a-tree-joined-where-it-may-be-zero": relation(5, line=0),
    "solved-lines-an-edge-that-may-be-zero": relation(10, line=3),
    "solved-lines-two-rows-avoided-leave-no-relation": flats(
        put(
            RELATION,
            "solved",
            to=[
                {"do": "tree", "edges": [[0, 0, 0], [1, 2, 2], [2, 3, 3]]},
                {"do": "avoid", "line": 3, "then": 0},
                {"do": "avoid", "line": 2, "then": 1},
                {"do": "avoid", "line": 0, "then": 2},
            ],
        ),
        RELATION_TYPES,
        2,
    ),
    "solved-lines-a-hidden-index-without-an-edge": relation(0, edges=[[0, 0, 1], [1, 1, 2]]),
    "solved-lines-an-edge-of-another-index": relation(0, edges=[[0, 0, 1], [1, 1, 3], [2, 3, 2]]),
    "solved-lines-a-circle": relation(0, edges=[[0, 0, 1], [1, 1, 2], [2, 2, 2]]),
    "solved-lines-a-row-that-is-not-zero-alone": relation(0, edges=[[0, 0, 0], [1, 1, 2], [2, 3, 2]]),
    "solved-lines-a-row-decided-twice": relation(8, line=0),
    "solved-lines-a-row-that-is-not-there": relation(10, line=9),
    "pinned-other-side": pinned({**PINNED, "side": "columns"}),
    "pinned-an-index-in-no-group": pinned({**PINNED, "groups": [[0], [1]]}),
    "pinned-a-group-of-smaller-rank": pinned({**PINNED, "groups": [[0, 1], [2]]}),
    "pinned-a-group-with-the-entry": pinned({**PINNED, "groups": [[0], [1], [2], [3]]}),
    "pinned-an-entry-that-is-zero": pinned({**PINNED, "line": 2}),
    "pinned-a-place-that-is-not-there": pinned({**PINNED, "at": 2}),
    "pinned-a-row-with-a-free-index": pinned(PINNED, [3, 2, 4, 7]),
    "occupied-other-side": occupied({**OCCUPIED, "side": "columns"}),
    "occupied-too-few-lines": occupied({**OCCUPIED, "groups": [[0, 1]]}),
    "occupied-a-line-that-is-zero": occupied({**OCCUPIED, "groups": [[0, 1, 2, 3]]}),
    "occupied-a-singular-block": occupied({**OCCUPIED, "places": [0], "across": [1], "groups": [[]]}),
    "occupied-a-place-of-both-kinds": occupied({**OCCUPIED, "across": [1], "groups": [[3]]}),
    "occupied-no-group": occupied({**OCCUPIED, "across": [], "groups": []}),
    "occupied-a-free-index": occupied(OCCUPIED, [3, 2, 4, 7]),
    "occupied-another-group": occupied_twice({**OCCUPIED_TWICE, "groups": [[0, 2, 5], [1, 4, 6]]}),
    "occupied-one-line-less": occupied_twice({**OCCUPIED_TWICE, "groups": [[0, 2, 5], [1, 4]]}),
    "occupied-served-by-neither": served_by_neither(),
    "pinned-three-factors": certificate(
        {"factors": [*problem(PINS, [7, 7])["factors"], {"shape": [2, 2], "rows": [[0], [1]]}]},
        "not_closed",
        {
            "rule": "limit",
            "target": TARGET,
            "curve": [*CURVE, [[0, 0, [[0, "1"]]], [1, 1, [[0, "1"]]]]],
            "refutation": {"pinned": PINNED},
        },
    ),
}


def _text(certificate_: Node) -> bytes:
    return json.dumps(certificate_).encode()


DENSE_2 = elaborated(GOOD["dense"])
FLATS_2 = elaborated(GOOD["flats"])
SOLVED_2 = elaborated(GOOD["solved-lines"])
RELATION_2 = elaborated(GOOD["solved-lines-relation"])
DEPENDENT_2 = elaborated(GOOD["solved-lines-dependent"])
TYPES_2 = elaborated(GOOD["types"])
PINNED_2 = elaborated(GOOD["pinned"])
OCCUPIED_2 = elaborated(GOOD["occupied"])


def _changed(data: Node, *path: Any, to: Any) -> bytes:
    return _text(put(data, *path, to=to))


def _without(data: Node, *path: Any) -> bytes:
    result = copy.deepcopy(data)
    place = result
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return _text(result)


STEP = ("proof", 0)
REFUTATION = ("proof", -2)
SHOWN = ("proof", -3)  # below `full` and `split`
NODES = ("proof",)
MALFORMED: dict[str, bytes] = {
    "dense-without-rooms": _without(DENSE_2, *SHOWN, "rooms"),
    "dense-another-word-for-the-side": _changed(DENSE_2, *SHOWN, "side", to="left"),
    "dense-pair-of-three": _changed(DENSE_2, *SHOWN, "sets", 0, 0, to=[0, 0, 0]),
    "dense-unknown-step": _changed(DENSE_2, *NODES, 2, "do", to="guess"),
    "dense-another-word-for-the-kind": _changed(DENSE_2, *NODES, 2, "what", to="column"),
    "dense-later-node": _changed(DENSE_2, *NODES, 2, "zero", to=2),
    "dense-unused-node": _text(beside(DENSE_2, WITHOUT_0)),
    "dense-no-nodes": _changed(DENSE_2, *SHOWN, "types", 0, "then", to=None),
    "dense-weight-a-number": _changed(DENSE_2, *NODES, 0, "weights", 0, 1, to=1),
    "split-with-a-side": _changed(DENSE_2, "proof", -2, "side", to="rows"),
    "types-without-sets": _without(TYPES_2, "proof", -1, "sets"),
    "types-pair-of-three": _changed(TYPES_2, "proof", -1, "sets", 0, 0, to=[0, 0, 0]),
    "types-without-nodes": _without(TYPES_2, "proof", -1, "types", 0, "then"),
    "types-unknown-step": _changed(TYPES_2, "proof", 0, "do", to="guess"),
    "flats-beside-nodes": _changed(FLATS_2, "proof", 0, "nodes", to=[]),
    "flats-a-number": _changed(FLATS_2, "proof", 0, "flats", to=[1, 2]),
    "solved-lines-without-others": _without(SOLVED_2, *STEP, "others"),
    "solved-lines-a-line-twice": _changed(SOLVED_2, *STEP, "solved", to=[[0, 0], [0, 1]]),
    "solved-lines-another-line-twice": _changed(SOLVED_2, *STEP, "others", to=[[2, [[0, 1]]], [2, [[0, 1]]]]),
    "solved-lines-pair-of-three": _changed(SOLVED_2, *STEP, "others", 0, 1, to=[[0, 1, 2]]),
    "solved-lines-no-nodes": _changed(SOLVED_2, "proof", -1, "then", to=None),
    "solved-lines-beside-solved": _changed(SOLVED_2, "proof", -1, "solved", to=[]),
    "solved-lines-a-later-node": _changed(DEPENDENT_2, "proof", 2, "then", to=2),
    "solved-lines-a-dependent-line-twice": _changed(DEPENDENT_2, "proof", 2, "lines", to=[0, 0]),
    "solved-lines-an-edge-of-one-row": _changed(RELATION_2, "proof", 0, "edges", 0, to=[0, 0]),
    "solved-lines-an-index-with-two-edges": _changed(RELATION_2, "proof", 0, "edges", 1, to=[0, 0, 1]),
    "pinned-beside-cells": _changed(PINNED_2, *REFUTATION, "cells", to=[]),
    "pinned-without-groups": _without(PINNED_2, *REFUTATION, "groups"),
    "pinned-group-a-number": _changed(PINNED_2, *REFUTATION, "groups", to=[0, 1, 2]),
    "occupied-without-places": _without(OCCUPIED_2, *REFUTATION, "places"),
    "occupied-across-a-set-of-numbers": _changed(OCCUPIED_2, *REFUTATION, "across", to="0"),
    "occupied-line-twice": _changed(OCCUPIED_2, *REFUTATION, "lines", to=[3, 3]),
    "pinned-line-twice": _changed(PINNED_2, *REFUTATION, "groups", 0, to=[0, 0]),
}
