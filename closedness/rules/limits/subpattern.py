"""Rule ``subpattern``: a stored minimal non-closed pattern sits in rows and columns of the pattern.

The table holds, for each minimal pattern, its target, curve and refutation; all are carried over
to the larger pattern by renaming, so nothing rests on the table being right or complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from closedness.budget import UNLIMITED, Budget
from closedness.files.tables import read_table
from closedness.rules.rule import Evidence, Rule
from closedness.supports.embedding import Embedding, embeddings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from closedness.algebra.laurent import Laurent
    from closedness.supports.masks import Cell
    from closedness.supports.pattern import Pattern


@dataclass(frozen=True)
class MinimalPattern:
    """A stored pattern that is not closed while all its proper sub-patterns are.

    Attributes
    ----------
    rows, columns : tuple of int
        Types (bitmasks of hidden indices).
    target, curve, refutation
        As in the certificate's proof (parsed JSON).
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    target: list[Any]
    curve: list[Any]
    refutation: dict[str, Any]

    @property
    def hidden(self) -> int:
        """Number of hidden indices."""
        return max(*self.rows, *self.columns).bit_length()


@cache
def minimal_patterns(hidden: int = 3) -> tuple[MinimalPattern, ...]:
    """A stored table, small patterns first.

    Parameters
    ----------
    hidden : int
        3 for the complete table of patterns with at most three hidden indices; 4 for those with
        four hidden indices and at most three rows and columns.
    """
    return _table("minimal_not_closed" if hidden <= 3 else f"minimal_not_closed_{hidden}")


@cache
def patterns_over_the_reals() -> tuple[MinimalPattern, ...]:
    """The stored patterns that are known not to be closed over the reals only."""
    return _table("not_closed_real")


def _table(name: str) -> tuple[MinimalPattern, ...]:
    return tuple(
        MinimalPattern(
            tuple(entry["rows"]),
            tuple(entry["columns"]),
            entry["target"],
            entry["curve"],
            entry["refutation"],
        )
        for entry in read_table(name)
    )


def carry_over(minimal: MinimalPattern, place: Embedding) -> Evidence:
    """Rename a stored proof for the place where the minimal pattern sits."""
    rows, columns, terms = place.rows, place.columns, place.terms

    def cell(i: int, j: int) -> Cell:
        return (columns[j], rows[i]) if place.transposed else (rows[i], columns[j])

    def entry(level: int, i: int, j: int) -> tuple[int, Cell]:
        if level == 0:
            where = (rows[i], terms[j])
        else:
            where = (terms[i], columns[j])
        if place.transposed:
            return 1 - level, (where[1], where[0])
        return level, where

    if place.transposed:
        rows, columns = place.rows, place.columns
    target = {cell(i, j): Fraction(value) for i, j, value in minimal.target}
    factors: tuple[dict[Cell, Laurent], dict[Cell, Laurent]] = ({}, {})
    for level, stored in enumerate(minimal.curve):
        for i, j, laurent in stored:
            side, where = entry(level, i, j)
            factors[side][where] = {e: Fraction(value) for e, value in laurent}

    def name(variable: str) -> str:
        side, (a, b) = entry(*map(int, variable.split(":")))
        return f"{side}:{a}:{b}"

    def label(text: str) -> str:
        if text.startswith("d:"):
            return text
        a, b = cell(*map(int, text.split(":")))
        return f"{a}:{b}"

    def renamed(poly: list[Any]) -> list[Any]:
        return [[value, [[name(v), e] for v, e in powers]] for value, powers in poly]

    nodes = []
    for node in minimal.refutation["nodes"]:
        new = dict(node)
        if "variable" in new:
            new["variable"] = name(new["variable"])
        if "equation" in new:
            new["equation"] = label(new["equation"])
        if "hidden" in new:
            new["hidden"] = [0, terms[new["hidden"][1]]]
        if "cases" in new:
            new["cases"] = [{**case, "factor": renamed(case["factor"])} for case in new["cases"]]
        if "terms" in new:
            new["terms"] = [
                {
                    "equation": label(term["equation"]),
                    "polynomial": renamed(term["polynomial"]),
                    "multiplier": renamed(term["multiplier"]),
                }
                for term in new["terms"]
            ]
        if "squares" in new:
            new["squares"] = [[number, renamed(root)] for number, root in new["squares"]]
        nodes.append(new)
    cells = [list(cell(i, j)) for i, j in minimal.refutation["cells"]]
    lines = (place.columns, place.rows) if place.transposed else (place.rows, place.columns)
    squares = any("squares" in node for node in nodes)
    kind = "pattern with real entries" if squares else "minimal pattern"
    position = f"rows {list(lines[0])}, columns {list(lines[1])}"
    return Evidence(
        "subpattern",
        f"{position} and hidden indices {sorted(terms)} form a {kind} that is not closed",
        target,
        factors,
        {"cells": cells, "nodes": nodes},
    )


def stored_subpattern(
    pattern: Pattern,
    table: Iterable[MinimalPattern] | None = None,
    *,
    budget: Budget = UNLIMITED,
) -> Evidence | None:
    """Find one of the stored minimal patterns (or of another table) as a sub-pattern."""
    for minimal in minimal_patterns() if table is None else table:
        if "nodes" not in minimal.refutation:
            continue  # a refutation by frames names a block, which is found again where it is needed
        for place in embeddings(pattern, minimal, budget=budget):
            return carry_over(minimal, place)
    return None


RULES = (
    Rule(
        "subpattern",
        "pair",
        "some rows and columns form a pattern that is not closed",
        claim="not_closed",
        written=("limit",),
    ),
)
