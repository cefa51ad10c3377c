"""Rule ``minor``: a stored minimal non-closed pattern sits in rows and columns of the pattern.

The table holds, for each minimal pattern, its target, curve and refutation; all are carried over
to the larger pattern by renaming, so nothing rests on the table being right or complete.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import files
from itertools import permutations
from typing import TYPE_CHECKING, Any

from closedness.criteria.evidence import Evidence
from closedness.pattern import bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from closedness.criteria.evidence import Cell, Laurent
    from closedness.pattern import Pattern
    from closedness.product import SupportProduct

# above this many hidden indices only sets of indices that overlap are tried
MOST_TERMS = 12


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
def minimal_patterns() -> tuple[MinimalPattern, ...]:
    """The stored table, small patterns first."""
    raw = files("closedness").joinpath("data/minimal_not_closed.jsonl.gz").read_bytes()
    found = []
    for line in gzip.decompress(raw).decode().splitlines():
        entry = json.loads(line)
        found.append(
            MinimalPattern(
                tuple(entry["rows"]),
                tuple(entry["columns"]),
                entry["target"],
                entry["curve"],
                entry["refutation"],
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class Embedding:
    """Where the rows, columns and hidden indices of a minimal pattern sit.

    With `transposed`, `rows` are the places of the minimal pattern's rows among the columns.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    terms: tuple[int, ...]
    transposed: bool


def embeddings(
    pattern: Pattern, minimal: MinimalPattern, *, expired: Callable[[], bool] | None = None
) -> Iterator[Embedding]:
    """Places of a minimal pattern in a pattern whose cells are all looked at."""
    terms = list(bits(pattern.terms))
    if len(terms) > MOST_TERMS or minimal.hidden > len(terms):
        return
    for transposed in (False, True):
        rows, columns = pattern.row_types, pattern.col_types
        if transposed:
            rows, columns = columns, rows
        row_counts, column_counts = Counter(rows), Counter(columns)
        for chosen in permutations(terms, minimal.hidden):
            if expired is not None and expired():
                return
            found = _embed(row_counts, column_counts, minimal, chosen, pattern.terms)
            if found is not None:
                yield Embedding(_places(rows, found[0]), _places(columns, found[1]), chosen, transposed)


def _places(types: tuple[int, ...], wanted: list[int]) -> tuple[int, ...]:
    used: set[int] = set()
    places = []
    for kind in wanted:
        place = next(i for i, t in enumerate(types) if t == kind and i not in used)
        used.add(place)
        places.append(place)
    return tuple(places)


def _embed(
    rows: Counter[int],
    columns: Counter[int],
    minimal: MinimalPattern,
    chosen: tuple[int, ...],
    terms: int,
) -> tuple[list[int], list[int]] | None:
    """Types for the minimal pattern's rows and columns, without foreign common indices."""
    image = {1 << k: 1 << place for k, place in enumerate(chosen)}
    inner = sum(image.values())
    outer = terms & ~inner

    def moved(kind: int) -> int:
        return sum(image[1 << k] for k in bits(kind))

    want_rows, want_columns = Counter(map(moved, minimal.rows)), Counter(map(moved, minimal.columns))
    for want, have in ((want_rows, rows), (want_columns, columns)):
        for kind, count in want.items():
            if sum(n for t, n in have.items() if t & inner == kind) < count:
                return None
    # an outer index may occur in the chosen rows or in the chosen columns, not in both
    absent = outer
    while True:
        found_rows = _choose(rows, want_rows, inner, absent)
        if found_rows is not None:
            used = 0
            for kind in found_rows:
                used |= kind & outer
            found_columns = _choose(columns, want_columns, inner, used)
            if found_columns is not None:
                order_rows = _ordered(found_rows, [moved(t) for t in minimal.rows], inner)
                order_columns = _ordered(found_columns, [moved(t) for t in minimal.columns], inner)
                return order_rows, order_columns
        if absent == 0:
            return None
        absent = (absent - 1) & outer


def _choose(have: Counter[int], want: Counter[int], inner: int, absent: int) -> list[int] | None:
    chosen: list[int] = []
    for kind, count in want.items():
        for t, n in have.items():
            if t & inner == kind and not t & absent:
                take = min(n, count)
                chosen.extend([t] * take)
                count -= take
        if count:
            return None
    return chosen


def _ordered(chosen: list[int], wanted: list[int], inner: int) -> list[int]:
    pool = list(chosen)
    order = []
    for kind in wanted:
        place = next(p for p, t in enumerate(pool) if t & inner == kind)
        order.append(pool.pop(place))
    return order


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
        a, b = cell(*map(int, text.split(":")))
        return f"{a}:{b}"

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
            new["cases"] = [
                {
                    **case,
                    "factor": [
                        [value, [[name(v), e] for v, e in powers]]
                        for value, powers in case["factor"]
                    ],
                }
                for case in new["cases"]
            ]
        nodes.append(new)
    cells = [list(cell(i, j)) for i, j in minimal.refutation["cells"]]
    lines = (place.columns, place.rows) if place.transposed else (place.rows, place.columns)
    position = f"rows {list(lines[0])}, columns {list(lines[1])}"
    return Evidence(
        "minor",
        f"{position} and hidden indices {sorted(terms)} form a minimal pattern that is not closed",
        target,
        factors,
        {"cells": cells, "nodes": nodes},
    )


def stored_minor(
    product: SupportProduct, pattern: Pattern, *, expired: Callable[[], bool] | None = None
) -> Evidence | None:
    """Find one of the stored minimal patterns."""
    del product
    for minimal in minimal_patterns():
        for place in embeddings(pattern, minimal, expired=expired):
            return carry_over(minimal, place)
    return None
