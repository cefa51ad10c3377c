"""``closedness closure FILE``: the Zariski closure of the products, by dimension, ranks and equations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.decide import FileArgument, JsonOption
from closedness.cli.guard import DECIDED, UNDECIDED, complain
from closedness.cli.output import console, print_json, working
from closedness.errors import BackendError, BudgetExceeded, InputError

if TYPE_CHECKING:
    from closedness.closure.dimension import Closure
    from closedness.closure.ideal import ClosureIdeal
    from closedness.engines.constructible import ConstructibleSet
    from closedness.equations.rank_conditions import RankCondition
    from closedness.supports.product import SupportProduct

__all__ = ["closure"]

_LINES = 30
_LEAST_MEMORY = 64

RELATION = {
    "ideal": "the minors of the rank conditions generate {it} (linear algebra)",
    "set": "the rank conditions have the same zero set, but their minors do not generate {it} (linear algebra)",
    "larger": "the rank conditions alone have a larger zero set",
    "unknown": "whether the rank conditions have the same zero set was not found out",
}


def closure(
    file: FileArgument,
    ideal: Annotated[bool, typer.Option("--ideal/--no-ideal", help="Look for the ideal of the closure.")] = True,
    over_c: Annotated[
        bool, typer.Option("--complex", help="Also find the set of products over C; tiny problems, needs Singular.")
    ] = False,
    seconds: Annotated[
        float, typer.Option(metavar="S", help="Time limit in seconds, for the ideal and for --complex; inf for none.")
    ] = 10.0,
    memory: Annotated[int, typer.Option(metavar="M", help="Memory limit of Singular in megabytes.")] = 2048,
    as_json: JsonOption = False,
) -> int:
    """Print the Zariski closure: dimension, rank conditions, ideal. Exit code 0: all found; 4: not all; 2: bad input.

    The ideal is the same over R and over C. Singular, if installed, eliminates the factor entries, and what it says is
    verified; without it the ideal is found up to a degree.
    """
    from closedness.closure.dimension import closure as closure_of
    from closedness.closure.ideal import closure_ideal
    from closedness.files.problems import read_problem

    limit = time_limit(seconds, "--seconds")
    if memory < _LEAST_MEMORY:
        raise InputError(f"--memory is {memory}, at least {_LEAST_MEMORY} megabytes are needed")
    product = read_problem(*file)
    missing = []
    equations = None
    if ideal:
        with working("looking for the ideal"):
            equations = closure_ideal(product, limit, memory)
        found = equations.closure
        if not equations.complete:
            missing.append(f"the ideal is complete up to degree {equations.complete_to} only: {_why(equations)}")
    else:
        found = closure_of(product)
    image = None
    if over_c:
        from closedness.engines.constructible import image_over_c

        try:
            with working("looking for the image over C"):
                image = image_over_c(product, limit, memory)
        except (BackendError, BudgetExceeded) as error:
            missing.append(f"no image over C: {error}")
    if as_json:
        print_json(_object(product, found, equations, image))
    else:
        _print(product, found, equations, image)
    for line in missing:
        complain(line)
    return UNDECIDED if missing else DECIDED


def _why(equations: ClosureIdeal) -> str:
    return "; ".join(equations.notes)


def _object(
    product: SupportProduct, found: Closure, equations: ClosureIdeal | None, image: ConstructibleSet | None
) -> dict[str, Any]:
    return {
        "problem_id": product.content_id,
        "dimension": found.dimension,
        "dimension_at_most": found.at_most,
        "cells": found.cells,
        "rank": found.rank,
        "dense_over_c": found.dense,
        "rank_conditions": None if found.conditions is None else [_condition(each) for each in found.conditions],
        "ideal": None if equations is None else _ideal(equations),
        "image_over_c": None if image is None else _image(image),
    }


def _condition(each: RankCondition) -> dict[str, Any]:
    return {
        "rows": list(each.rows),
        "columns": list(each.columns),
        "at_most": each.bound,
        "hidden": list(each.hidden),
        "levels": list(each.levels or (1,) * each.bound),
    }


def _ideal(equations: ClosureIdeal) -> dict[str, Any]:
    return {
        "generators": [
            {
                "polynomial": str(each.polynomial),
                "degree": each.degree,
                "minor": {"rows": list(each.rows), "columns": list(each.columns)} if each.minor else None,
                "rank_condition": each.condition,
            }
            for each in equations.generators
        ],
        "complete": equations.complete,
        "complete_to_degree": equations.complete_to,
        "minimal": equations.minimal,
        "trusted": list(equations.trusted),
        "degree": equations.degree,
        "degree_trusted": list(equations.degree_trusted),
        "rank_conditions": equations.conditions,
        "outside": None
        if equations.outside is None
        else [{"row": i, "column": j, "value": str(value)} for (i, j), value in equations.outside.items()],
        "notes": list(equations.notes),
    }


def _image(image: ConstructibleSet) -> dict[str, Any]:
    return {
        "levels": [
            {"zeros_of": [str(poly) for poly in inside], "without_zeros_of": [str(poly) for poly in outside]}
            for inside, outside in image.levels
        ],
        "closed": image.closed,
        "trusted": [image.engine],
    }


# -------------------------------------------------------------------- for people


def _print(
    product: SupportProduct, found: Closure, equations: ClosureIdeal | None, image: ConstructibleSet | None
) -> None:
    out = console()
    out.print(f"Zariski closure of the products of problem {product.content_id[:12]}")
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
    if equations is not None:
        _print_ideal(out, equations)
    if image is not None:
        closed = "closed" if image.closed else "not closed"
        out.print(f"products over C: {closed} (word of {image.engine})")
        for line in image.lines():
            out.print(f"  {line}", soft_wrap=True)
        out.print(_over_r(image, found), soft_wrap=True)


def _print_ideal(out: Any, equations: ClosureIdeal) -> None:
    count = len(equations.generators)
    if not equations.complete:
        sure = f"complete up to degree {equations.complete_to}"
    elif equations.trusted:
        sure = f"complete on the word of {', '.join(equations.trusted)} ({_why(equations)})"
    else:
        sure = "complete (proved)"
    if not equations.minimal:
        sure += ", some may be superfluous"
    if not count:
        out.print(f"ideal of the closure: no generators, {sure}", soft_wrap=True)
        return
    degree = ""
    if equations.degree is not None:
        word = f" (word of {', '.join(equations.degree_trusted)})" if equations.degree_trusted else ""
        degree = f"; degree of the closure {equations.degree}{word}"
    out.print(f"ideal of the closure: {count} generator{'s' if count > 1 else ''}, {sure}{degree}", soft_wrap=True)
    groups = (
        ("minors of rank conditions", [each for each in equations.generators if each.condition is not None]),
        ("further minors", [each for each in equations.generators if each.minor and each.condition is None]),
        ("no minors", [each for each in equations.generators if not each.minor]),
    )
    for name, members in groups:
        if members:
            out.print(f"  {name}: {len(members)}")
            for each in members[:_LINES]:
                out.print(f"    {each}", soft_wrap=True)
            _rest(out, len(members))
    out.print(RELATION[equations.conditions].format(it="it" if equations.complete else "what was found"))
    if equations.outside is not None:
        ones = ", ".join(f"({i}, {j})" for i, j in equations.outside)
        out.print(f"  with all rank conditions, but outside: ones at {ones}, zero elsewhere", soft_wrap=True)


def _over_r(image: ConstructibleSet, found: Closure) -> str:
    if not image.closed:
        return "over R: a real matrix outside this set is no product; real products with such a limit are not closed"
    if found.dense:
        return "over R: the products have interior in the matrices on the support, and need not be all of them"
    return "over R: the products contain an open part of the real points of this set, and need not be all of them"


def _cut(each: RankCondition) -> str:
    if not each.levels:
        return f"hidden {{{', '.join(map(str, each.hidden))}}}"
    pairs = zip(each.levels, each.hidden, strict=True)
    return f"hidden {{{', '.join(f'{k} at level {level}' for level, k in pairs)}}}"


def _rest(out: Any, count: int) -> None:
    if count > _LINES:
        out.print(f"  … and {count - _LINES} more (see --json)")
