"""Refutations by a diagonal part for the stored certificates: valid ones, and those with one fault each."""

from __future__ import annotations

import copy
from typing import Any

from closedness import SupportProduct
from closedness.certificate import Certificate
from closedness.elaboration import elaborated
from closedness.rules.limits.diagonal import diagonal
from tests.helpers.proofs import Node, certificate


def supports(zeros: str, order: int) -> SupportProduct:
    """Square supports by the zeros of each hidden index: its rows, a bar, its columns."""
    terms = [[set(map(int, side)) for side in term.split("|")] for term in zeros.split(" ")]
    left, right = ([[int(line not in term[side]) for term in terms] for line in range(order)] for side in (0, 1))
    return SupportProduct.from_pair(left, right)


def found(zeros: str, order: int) -> Node:
    """The certificate of the limit that the rule finds."""
    product = supports(zeros, order)
    evidence = diagonal(product)
    assert evidence is not None
    made = Certificate.not_closed(product, "real", evidence.target, evidence.curve, evidence.refutation, {})
    return certificate(product.to_problem(), "not_closed", made.proof)


def changed(data: Node, **changes: Any) -> Node:
    """Other values in the refutation."""
    result = copy.deepcopy(data)
    result["proof"]["refutation"]["diagonal"].update(copy.deepcopy(changes))
    return result


def written(data: Node, **changes: Any) -> Node:
    """The certificate as it is written, with other values in the refutation."""
    result = copy.deepcopy(elaborated(data))
    result["proof"][-2].update(copy.deepcopy(changes))
    return result


GOOD: dict[str, Node] = {
    "one-case": found("| | 0|01", 3),
    "two-cases": found("|0 0| 1|1", 3),
    "block": found("|0 |1 01|", 3),
}
ONE, TWO = (GOOD[name]["proof"]["refutation"]["diagonal"]["cases"] for name in ("one-case", "two-cases"))
FIRST, SECOND = TWO
# of the matrix with a diagonal of three entries: the others each stand in one of them
OTHERS = [k for k in range(3) if k not in ONE[0]["terms"]]


def second_as(**changes: Any) -> Node:
    """Another first case of two."""
    return changed(GOOD["two-cases"], cases=[{**FIRST, **changes}, SECOND])


INVALID: dict[str, Node] = {
    "no-case": changed(GOOD["two-cases"], cases=[]),
    "columns-not-shown": changed(GOOD["two-cases"], cases=[FIRST]),
    "rows-not-shown": changed(GOOD["two-cases"], cases=[SECOND]),
    "both-repeated": changed(GOOD["two-cases"], cases=[{**FIRST, "columns": SECOND["columns"]}]),
    "too-few-terms": second_as(terms=FIRST["terms"][:-1]),
    "term-twice": second_as(terms=[*FIRST["terms"][:-1], FIRST["terms"][0]]),
    "term-that-is-not-there": second_as(terms=[*FIRST["terms"][:-1], 7]),
    "rows-that-differ": second_as(rows=[[0, 2]]),
    "row-outside": second_as(rows=[[0, 7]]),
    "group-without-rows": second_as(rows=[[]]),
    "no-groups": second_as(rows=[]),
    "term-that-meets": second_as(rows=[[0]]),
    "another-column": second_as(columns=[[2]]),
    "part-of-the-block": changed(GOOD["two-cases"], rows=[0, 1]),
    "block-outside": changed(GOOD["two-cases"], rows=[0, 1, 2, 3]),
    "block-without-columns": changed(GOOD["two-cases"], columns=[]),
    "not-diagonal": changed(GOOD["one-case"], cases=[{**ONE[0], "rows": ONE[0]["rows"][::-1]}]),
    "another-order": changed(GOOD["one-case"], cases=[{**ONE[0], "terms": [*OTHERS, *ONE[0]["terms"]]}]),
    "fewer-groups": changed(
        GOOD["one-case"], cases=[{**ONE[0], "rows": ONE[0]["rows"][:2], "columns": ONE[0]["columns"][:2]}]
    ),
}
MALFORMED: dict[str, Node] = {
    "cases-null": written(GOOD["two-cases"], cases=None),
    "case-null": written(GOOD["two-cases"], cases=[None]),
    "group-null": written(GOOD["two-cases"], cases=[{**FIRST, "rows": [None]}, SECOND]),
    "row-twice": written(GOOD["two-cases"], cases=[{**FIRST, "rows": [[0, 0]]}, SECOND]),
    "term-as-text": written(GOOD["two-cases"], cases=[{**FIRST, "terms": ["0", 1, 2]}, SECOND]),
    "unknown-key": written(GOOD["two-cases"], nodes=[]),
    "unknown-key-in-a-case": written(GOOD["two-cases"], cases=[{**FIRST, "lost": 1}, SECOND]),
}
