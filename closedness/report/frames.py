"""Refutations by frames in words (``docs/rules/frames.md``)."""

from __future__ import annotations

from typing import Any

from closedness.rules.words import numbers

__all__ = ["diagonal_words", "frames_words", "occupied_words", "pinned_words"]

Line = tuple[int, str, str]
VECTORS = {"rows": "columns of the first factor", "columns": "rows of the second factor"}
OPPOSITE = {"rows": "columns", "columns": "rows"}


def frames_words(node: dict[str, Any], shape: tuple[int, int]) -> list[Line]:
    """Depth, title and text of each step of a refutation by frames.

    Examples
    --------
    >>> frames_words({"rows": [0, 1], "columns": [0, 1], "steps": [{"do": "pair", "term": 1}]}, (2, 2))[1][2]
    'For hidden index 1 that product is 0 whatever the two vectors are, but it must be 1: a contradiction.'
    """
    whole = (len(node["rows"]), len(node["columns"])) == shape
    block = f"The block of rows {numbers(node['rows'])} and columns {numbers(node['columns'])}"
    start = (
        f"{'The target' if whole else block} has as its rank the number of hidden indices there. So the columns of the "
        "first factor are a basis of its column space, the rows of the second one a basis of its row space, dual to "
        "the other in a certain product, and each vector lies in the subspace that its support allows."
    )
    return [(0, "Bases", start), *_steps(node["steps"], 0, "")]


def _steps(steps: list[dict[str, Any]], depth: int, case: str) -> list[Line]:
    found: list[Line] = []
    for step in steps:
        kind = step["do"]
        if kind == "tight":
            terms, others = step["terms"], step["others"]
            text = (
                f"The {VECTORS[step['side']]} of the hidden {_indices(terms)} lie in a space of as many dimensions, "
                f"so they span it, and the {VECTORS[OPPOSITE[step['side']]]} of the hidden {_indices(others)} are "
                f"orthogonal to all of it."
            )
            found.append((depth, case + "A space that is filled", text))
        elif kind == "deficient":
            text = (
                f"The {VECTORS[step['side']]} of the hidden {_indices(step['terms'])} lie in a space of fewer "
                f"dimensions than there are vectors, so they are no part of a basis: a contradiction."
            )
            found.append((depth, case + "Contradiction", text))
        elif kind == "pair":
            text = (
                f"For hidden index {step['term']} that product is 0 whatever the two vectors are, but it must be 1: "
                f"a contradiction."
            )
            found.append((depth, case + "Contradiction", text))
        elif kind == "gram":
            text = (
                f"The columns of the hidden {_indices(step['terms'])} and the rows of the hidden "
                f"{_indices(step['others'])} have products 1 where these agree and 0 elsewhere. The spaces they lie "
                f"in have products of another rank than that allows: a contradiction."
            )
            found.append((depth, case + "Contradiction", text))
        else:
            k, l = step["term"], step["other"]
            text = (
                f"The column of hidden index {k} and the row of hidden index {l} are orthogonal, and their product is "
                f"that of two linear forms: one of them vanishes."
            )
            found.append((depth, case + "Two cases", text))
            found += _steps(step["rows"], depth + 1, "Case 1. ")
            found += _steps(step["columns"], depth + 1, "Case 2. ")
        case = ""
    return found


def _indices(terms: list[int]) -> str:
    return ("index " if len(terms) == 1 else "indices ") + numbers(terms)


def pinned_words(node: dict[str, Any]) -> list[Line]:
    """Depth, title and text of a refutation by pinned vectors (``docs/rules/dense.md``).

    Examples
    --------
    >>> pinned_words({"side": "rows", "line": 2, "at": 1, "across": [0, 1], "groups": [[0], [1]]})[1][2]
    'All hidden indices of entry (2, 1) are among them, so it must be 0, but it is not: a contradiction.'
    """
    line, other = ("row", "column") if node["side"] == "rows" else ("column", "row")
    groups = "; ".join(f"{line}{'s' if len(group) > 1 else ''} {numbers(group)}" for group in node["groups"])
    start = (
        f"In {groups} the target has, in the {other}s {numbers(node['across'])}, as its rank the number of hidden "
        f"indices there, so the {VECTORS['rows' if line == 'row' else 'columns']} are independent there. The entries "
        f"in {other} {node['at']} are 0, and so are those of these hidden indices in the other factor."
    )
    place = (node["line"], node["at"]) if line == "row" else (node["at"], node["line"])
    end = f"All hidden indices of entry {place} are among them, so it must be 0, but it is not: a contradiction."
    return [(0, "Pinned vectors", start), (0, "Contradiction", end)]


def occupied_words(node: dict[str, Any]) -> list[Line]:
    """Depth, title and text of a refutation by occupied hidden indices (``docs/rules/dense.md``).

    Examples
    --------
    >>> node = {"side": "rows", "lines": [3], "places": [1], "across": [0], "groups": [[0, 1, 2]]}
    >>> occupied_words(node)[1][2]
    'Whichever these are, the others do not serve rows 0, 1 and 2, each of which needs one of its own: a contradiction.'
    """
    line, other = ("row", "column") if node["side"] == "rows" else ("column", "row")
    own, places = (f"{name}{'s' if len(each) > 1 else ''} {numbers(each)}" for name, each in (
        (line, node["lines"]), (other, node["places"])))
    rest = sorted(i for group in node["groups"] for i in group)
    others = f"{line}{'s' if len(rest) > 1 else ''} {numbers(rest)}"
    start = (
        f"In {own} and {places} the target is invertible, and {others} are 0 there. So each of the former has a hidden "
        "index of its own, such that the latter are products without these."
    )
    if len(node["groups"]) == 1:
        end = f"Whichever these are, the others do not serve {others}, each of which needs one of its own"
    else:
        one, two = (numbers(group) for group in node["groups"])
        end = (
            f"Whichever these are, the others do not serve {others}: in {other}s {numbers(node['across'])}, {one} need "
            f"multiples of one vector, {two} of another, and two vectors that are no multiples of each other give both"
        )
    return [(0, "Occupied hidden indices", start), (0, "Contradiction", end + ": a contradiction.")]


def diagonal_words(node: dict[str, Any]) -> list[Line]:
    """Depth, title and text of a refutation by a diagonal part (``docs/rules/diagonal.md``).

    Examples
    --------
    >>> case = {"rows": [[0], [1]], "columns": [[1], [0]], "terms": [0]}
    >>> lines = diagonal_words({"rows": [0, 1], "columns": [0, 1], "cases": [case]})
    >>> lines[0][2]
    'In rows 0; 1 and columns 1; 0, taken in this order, the target is diagonal.'
    """
    found: list[Line] = []
    for number, case in enumerate(node["cases"], 1):
        several = len(node["cases"]) > 1
        rows, columns = ("; ".join(numbers(group) for group in case[side]) for side in ("rows", "columns"))
        repeated = any(len(group) > 1 for side in ("rows", "columns") for group in case[side])
        count = len(case["rows"])
        text = f"In rows {rows} and columns {columns}, taken in this order, the target is diagonal."
        if repeated:
            text += (
                " Lines between two semicolons are equal, and so are those of the factors; a hidden index that misses "
                "one of them vanishes in all."
            )
        if several:
            span = "columns of the first factor span the column" if number == 1 else "rows of the second span the row"
            text = f"The rank is one less than the number of hidden indices; let the {span} space. " + text
        found.append((0, f"Case {number}. A diagonal part" if several else "A diagonal part", text))
        text = (
            f"With the two factors restricted to these lines, the identity less their product in the other order, "
            f"scaled by the diagonal, is a projection, whose rank is {count} less than the number of hidden indices. "
            f"For the hidden {_indices(case['terms'])}, in this order, it is triangular with ones on the diagonal; "
            f"they are too many for this rank: a contradiction."
        )
        found.append((1 if several else 0, "Contradiction", text))
    return found
