"""Refutations by frames for the stored certificates: valid ones, and those with one fault each."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from closedness import SupportProduct
from closedness.certificate import Certificate
from closedness.elaboration import elaborated
from closedness.rules.limits.blocks import blocks
from closedness.rules.limits.dependent import dependent
from closedness.rules.rule import Evidence
from tests.helpers.proofs import LU, LU_THREE, SWAP, SWAP_CURVE, Node, certificate, problem
from tests.helpers.step_faults import beside

PAIR: Node = {"do": "pair", "term": 1}
# one row and two columns of rank 1, where no hidden index has entries in both
CROSSED = ".111/1111/1.11/.1.1 * 11.11/.1111/11111/1.111"
# Types of rows and columns whose block limits are refuted by these steps, in this order
TYPES: dict[str, tuple[list[int], list[int], list[str]]] = {
    "deficient-rows": ([3, 1, 2], [3, 3, 3], ["deficient"]),
    "deficient-columns": ([7, 7, 7], [4, 5, 1], ["deficient"]),
    "tight-rows": ([5, 1, 3], [7, 3, 4], ["tight", "deficient"]),
    "tight-columns": ([6, 3, 7], [1, 2, 5], ["tight", "pair"]),
    "split": ([3, 15, 7, 12], [15, 11, 9, 7], ["split"]),
}


def by_blocks(rows: list[int], columns: list[int]) -> Node:
    """The certificate that rule ``blocks`` finds for a pattern in type notation."""
    return by_search(SupportProduct.from_problem(problem(rows, columns)), blocks)


def by_search(product: SupportProduct, search: Callable[[SupportProduct], Evidence | None]) -> Node:
    """The certificate for a limit that a search finds."""
    found = search(product)
    assert found is not None
    made = Certificate.not_closed(product, "real", found.target, found.curve, found.refutation, {})
    return certificate(product.to_problem(), "not_closed", made.proof)


def frames(listed: Any, rows: Any = (0, 1), columns: Any = (0, 1), **changes: Any) -> Node:
    """A refutation by frames for the 2×2 LU supports and the matrix that exchanges the two entries."""
    body = {"rows": list(rows), "columns": list(columns), "steps": listed}
    limit = {"rule": "limit", "target": SWAP, "curve": SWAP_CURVE, "refutation": {"frames": body}}
    return certificate(LU, "not_closed", {**limit, **changes})


def changed(data: Node, path: list[Any], value: Any) -> Node:
    """Another value at a path inside the frames."""
    result = copy.deepcopy(data)
    place: Any = result["proof"]["refutation"]["frames"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return result


def steps(data: Node) -> list[Node]:
    """The steps of the frames."""
    found: list[Node] = data["proof"]["refutation"]["frames"]["steps"]
    return found


def merged(merge: list[int]) -> Node:
    """Frames for the LU supports with a diagonal factor between them, which is merged with a neighbour."""
    curve = [SWAP_CURVE[0], [[0, 0, [[0, "1"]]], [1, 1, [[0, "1"]]]], SWAP_CURVE[1]]
    refutation = {"merge": merge, "frames": {"rows": [0, 1], "columns": [0, 1], "steps": [PAIR]}}
    proof = {"rule": "limit", "target": SWAP, "curve": curve, "refutation": refutation}
    return certificate(LU_THREE, "not_closed", proof)


GOOD: dict[str, Node] = {
    "pair": frames([PAIR]),
    "merge": merged([2, 1]),
    "gram-as-pair": frames([{"do": "gram", "terms": [1], "others": [1]}]),
    "gram": by_search(SupportProduct.from_text(CROSSED), dependent),
    **{name: by_blocks(rows, columns) for name, (rows, columns, _) in TYPES.items()},
}
SPLIT = GOOD["split"]
TIGHT = steps(GOOD["tight-columns"])[:1]
ONES = {"target": [[0, 0, "1"], [1, 1, "1"]], "curve": [[[i, i, [[0, "1"]]] for i in (0, 1)]] * 2}
CORNER = {"target": [[0, 1, "1"]], "curve": [[[0, 0, [[0, "1"]]]], [[0, 1, [[0, "1"]]]]]}

INVALID: dict[str, Node] = {
    "pair-with-products": frames([{"do": "pair", "term": 0}]),
    "pair-of-a-product": frames([PAIR], **ONES),
    "rank-too-small": frames([PAIR], **CORNER),
    "block-without-its-corner": frames([PAIR], [0], [0, 1]),
    "term-that-is-not-there": frames([{"do": "pair", "term": 2}]),
    "term-outside-the-block": frames([PAIR], [0, 1], [0]),
    "deficient-that-is-not": frames([{"do": "deficient", "side": "rows", "terms": [0, 1]}]),
    "deficient-nothing": frames([{"do": "deficient", "side": "rows", "terms": []}]),
    "deficient-on-the-other-side": changed(GOOD["deficient-rows"], ["steps", 0, "side"], "columns"),
    "deficient-with-fewer-terms": changed(GOOD["deficient-rows"], ["steps", 0, "terms"], [0]),
    "tight-that-is-not": changed(GOOD["tight-columns"], ["steps", 0, "terms"], [0]),
    "tight-with-itself": changed(GOOD["tight-columns"], ["steps", 0, "others"], [1, 2]),
    "tight-for-another": changed(GOOD["tight-columns"], ["steps", 0, "others"], [0]),
    "gram-that-is-possible": changed(GOOD["gram"], ["steps", 0, "terms"], steps(GOOD["gram"])[0]["terms"][:1]),
    "gram-with-fewer-others": changed(GOOD["gram"], ["steps", 0, "others"], steps(GOOD["gram"])[0]["others"][1:]),
    "gram-of-a-pair-with-products": frames([{"do": "gram", "terms": [0], "others": [0]}]),
    "gram-term-that-is-not-there": changed(GOOD["gram"], ["steps", 0, "others"], [4]),
    "gram-nothing": frames([{"do": "gram", "terms": [], "others": []}]),
    "split-another-pair": changed(SPLIT, ["steps", 0, "other"], 0),
    "split-one-case": changed(SPLIT, ["steps", 0, "columns"], [{"do": "pair", "term": 0}]),
    "split-other-case": changed(SPLIT, ["steps", 0, "rows"], [{"do": "pair", "term": 0}]),
    "row-outside": frames([PAIR], [0, 1, 2]),
    "split-of-one-term": changed(SPLIT, ["steps", 0, "other"], steps(SPLIT)[0]["term"]),
    "three-factors": certificate(
        LU_THREE,
        "not_closed",
        {**merged([1])["proof"], "refutation": {"frames": {"rows": [0, 1], "columns": [0, 1], "steps": [PAIR]}}},
    ),
    "merge-nothing": merged([1, 1, 1]),
}


def written(data: Node, path: list[Any], value: Any) -> Node:
    """Another value at a path inside the proof as the checkers read it."""
    result = elaborated(data)
    place: Any = result["proof"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return result


MALFORMED: dict[str, Node] = {
    "without-nodes": written(GOOD["pair"], [-2, "then"], None),
    "node-null": written(GOOD["pair"], [0], None),
    "row-twice": written(GOOD["pair"], [-2, "rows"], [0, 0, 1]),
    "column-as-text": written(GOOD["pair"], [-2, "columns"], [0, "1"]),
    "two-contradictions": beside(elaborated(GOOD["pair"]), elaborated(GOOD["pair"])["proof"][0]),
    "tight-at-the-end": written(GOOD["tight-columns"], [1, "then"], 1),
    "unknown-step": written(GOOD["pair"], [0, "do"], "guess"),
    "unknown-side": written(GOOD["deficient-rows"], [0, "side"], "left"),
    "gram-without-others": written(GOOD["gram-as-pair"], [0], {"do": "gram", "terms": [1]}),
    "gram-term-twice": written(GOOD["gram-as-pair"], [0, "others"], [1, 1]),
    "term-twice": written(GOOD["deficient-rows"], [0, "terms"], [0, 0, 1]),
    "unknown-key-in-a-step": written(GOOD["pair"], [0, "other"], 0),
    "unknown-key": written(GOOD["pair"], [-2, "cells"], []),
}
