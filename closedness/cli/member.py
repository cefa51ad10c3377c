"""``closedness member FILE TARGET``: whether a matrix is a product, with exact factors or a refutation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.counterexample import matrix_text
from closedness.cli.decide import Engine, Field, FieldOption, FileArgument, JsonOption, SecondsOption
from closedness.cli.guard import DECIDED, UNDECIDED
from closedness.cli.output import console, print_json, working

if TYPE_CHECKING:
    from closedness.engines.member import Member

__all__ = ["member"]


def member(
    file: FileArgument,
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help='The matrix: JSON with numbers or "p/q", or any file of one matrix.'),
    ],
    field: FieldOption = Field.REAL,
    seconds: SecondsOption = 60.0,
    backend: Annotated[Engine, typer.Option(help="The engine to ask when the exact rules find nothing.")] = Engine.Z3,
    as_json: JsonOption = False,
) -> int:
    """Decide whether a matrix is a product. Exit code 0: known; 4: not known; 2: bad input."""
    from closedness.engines import Panel, engines
    from closedness.engines.member import member as member_of
    from closedness.files.numbers import read_matrix
    from closedness.files.problems import read_problem

    limit = time_limit(seconds, "--seconds")
    product, matrix = read_problem(*file), read_matrix(target)
    asked = engines(backend.value)
    with working("looking for factors"):
        found = member_of(
            product, matrix, field.value, limit, backend=asked[0] if len(asked) == 1 else Panel(asked)
        )
    if as_json:
        print_json({"problem_id": product.content_id, "field": field.value, **_object(found)})
    else:
        _print(found)
    return UNDECIDED if found.answer == "unknown" else DECIDED


def _object(found: Member) -> dict[str, Any]:
    return {
        "answer": found.answer,
        "proved": found.proved,
        "source": found.source,
        "detail": found.detail,
        "numbers": found.numbers,
        "factors": found.factors,
        "refutation": None if found.refutation is None else dict(found.refutation),
    }


def _print(found: Member) -> None:
    out = console()
    if found.answer == "unknown":
        out.print(f"not known whether it is a product ({found.source}: {found.detail or 'no reason given'})")
        return
    what = "a product" if found.answer == "yes" else "no product"
    if not found.proved:
        how = f"on the word of {found.source}, not proved"
    elif found.answer == "yes":
        how = f"factors by {found.source} over {found.numbers}, multiplied out exactly"
    else:
        nodes = len(found.refutation["proof"]) if found.refutation else 0
        how = f"proved by a refutation of {nodes} steps, accepted by the checker ({found.source})"
    out.print(f"{what}: {how}", soft_wrap=True)
    if found.detail:
        out.print(found.detail, soft_wrap=True)
    for number, factor in enumerate(found.factors or (), 1):
        out.print(f"\nfactor {number}:")
        out.print(matrix_text([list(row) for row in factor]), soft_wrap=True)
