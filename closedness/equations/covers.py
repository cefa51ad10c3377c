"""Covers of the paths of a minor: few rows, columns and hidden indices bound its rank."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from closedness.supports.state import State

Node = dict[str, Any]


def small_cover(state: State, rows: list[int], columns: int, limit: int) -> Node | None:
    """At most `limit` rows, columns and hidden indices that meet every product term there."""
    column_list = list(bits(columns))
    present = 0
    for p in rows:
        for j in column_list:
            present |= state.tau[p] & state.sigma[j]
    terms = list(bits(present))
    if len(terms) <= limit:
        return {"rows": [], "columns": [], "terms": terms}
    for size in range(min(limit, len(terms)) + 1):
        for chosen in combinations(terms, size):
            rest = present & ~mask_of(chosen)
            edges = {p: mask_of(j for j in column_list if state.tau[p] & state.sigma[j] & rest) for p in rows}
            lines = line_cover(edges, limit - size)
            if lines is not None:
                return {
                    "rows": [state.rows[p] for p in lines[0]],
                    "columns": lines[1],
                    "terms": list(chosen),
                }
    return None


def line_cover(edges: Mapping[int, int], limit: int) -> tuple[list[int], list[int]] | None:
    """At most `limit` rows and columns that meet every edge (tiny instances)."""
    for p, mask in edges.items():
        if not mask:
            continue
        if limit == 0:
            return None
        found = line_cover({q: 0 if q == p else m for q, m in edges.items()}, limit - 1)
        if found is not None:
            return [p, *found[0]], found[1]
        size = mask.bit_count()
        if size <= limit:
            found = line_cover({q: m & ~mask for q, m in edges.items()}, limit - size)
            if found is not None:
                return found[0], [*bits(mask), *found[1]]
        return None
    return [], []
