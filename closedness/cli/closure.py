"""``closedness closure FILE``: the Zariski closure of the products, by dimension, ranks and equations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedness.cli.decide import FileArgument, JsonOption
from closedness.cli.guard import DECIDED
from closedness.cli.output import console, print_json

if TYPE_CHECKING:
    from closedness.closure import Closure
    from closedness.product import SupportProduct
    from closedness.rank_conditions import RankCondition

__all__ = ["closure"]

_LINES = 30


def closure(file: FileArgument, as_json: JsonOption = False) -> int:
    """Print dimension, generic rank and rank conditions of the Zariski closure of the products."""
    from closedness.closure import closure as closure_of
    from closedness.reading import read_problem

    product = read_problem(file)
    found = closure_of(product)
    if as_json:
        print_json(_object(product, found))
    else:
        _print(product, found)
    return DECIDED


def _object(product: SupportProduct, found: Closure) -> dict[str, Any]:
    return {
        "problem_id": product.content_id,
        "dimension": found.dimension,
        "dimension_at_most": found.at_most,
        "cells": found.cells,
        "rank": found.rank,
        "dense_over_c": found.dense,
        "rank_conditions": None if found.conditions is None else [_condition(each) for each in found.conditions],
    }


def _condition(each: RankCondition) -> dict[str, Any]:
    return {
        "rows": list(each.rows),
        "columns": list(each.columns),
        "at_most": each.bound,
        "hidden": list(each.hidden),
        "levels": list(each.levels or (1,) * each.bound),
    }


# -------------------------------------------------------------------- for people


def _print(product: SupportProduct, found: Closure) -> None:
    out = console()
    out.print(f"Zariski closure of the products of problem {product.content_id}", soft_wrap=True)
    if found.exact:
        sure = "proved"
    else:
        sure = f"proved lower bound, exact with overwhelming probability; at most {found.at_most}"
    out.print(f"dimension {found.dimension} of {found.cells} cells ({sure})", soft_wrap=True)
    if found.dense:
        out.print("dense: over C every matrix on the support is a limit of products")
    out.print(f"largest rank of a product: {found.rank} (modulo a prime at random points: proved lower bound)")
    if found.conditions is None:
        out.print("rank conditions: not searched (too many different rows and columns)")
    elif not found.conditions:
        out.print("rank conditions: none beyond the support")
    else:
        out.print(f"rank conditions: {len(found.conditions)} (rows and columns from 0)")
        for each in found.conditions[:_LINES]:
            out.print(f"  {each}: {_cut(each)}", soft_wrap=True)
        _rest(out, len(found.conditions))


def _cut(each: RankCondition) -> str:
    if not each.levels:
        return f"hidden {{{', '.join(map(str, each.hidden))}}}"
    pairs = zip(each.levels, each.hidden, strict=True)
    return f"hidden {{{', '.join(f'{k} at level {level}' for level, k in pairs)}}}"


def _rest(out: Any, count: int) -> None:
    if count > _LINES:
        out.print(f"  … and {count - _LINES} more (see --json)")
