"""``closedness repair FILE``: which entries to allow or to forbid so that the set of products is closed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.decide import Field, FieldOption, FileArgument, JsonOption, SecondsOption
from closedness.cli.guard import DECIDED, INTERRUPTED, UNDECIDED, complain
from closedness.cli.output import console, print_json, require_writable, steps, write_whole
from closedness.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.repair import Change, Repairs

__all__ = ["repair"]

_ENTRY = re.compile(r"\s*W([1-9]\d{0,5})\[(\d{1,9}),\s*(\d{1,9})\]\s*(?:,|$|(?=\s*W))")
MOST_SHOWN = 20


def repair(
    file: FileArgument,
    add: Annotated[
        bool, typer.Option("--add", help="Only allow entries: the smallest closed supports around.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Only forbid entries: the largest closed supports inside.")
    ] = False,
    at_most: Annotated[int, typer.Option(metavar="K", help="Go through all sets of up to K changes.")] = 3,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="ENTRIES", help="Entries to leave as they are, such as 'W1[0,1], W2[3,0]'; repeatable."),
    ] = None,
    field: FieldOption = Field.REAL,
    seconds: SecondsOption = 60.0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="OUT", help="Write the first repaired problem (JSON).")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Find the smallest changes of the supports after which the set of products is closed.

    Entries are counted from 0: W1[0,1] is in row 0, column 1 of the first factor as multiplied. Exit code 0: found, or
    proved that none is needed or so small; 4: none found; 2: bad input.
    """
    from closedness.files.problems import read_problem
    from closedness.repair import repair as repairs_of

    limit = time_limit(seconds, "--seconds")
    if at_most < 0:
        raise InputError(f"--at-most is {at_most}, not a number of at least 0")
    if output is not None:
        require_writable(output)
    kept = [entry for text in keep or [] for entry in entries(text)]
    product = read_problem(*file)
    with steps("supports decided") as report:
        found = repairs_of(
            product,
            field=field.value,
            add=add or not remove,
            remove=remove or not add,
            keep=kept,
            at_most=at_most,
            seconds=limit,
            progress=report,
        )
    if output is not None and found.found:
        write_whole(output, json.dumps(found.found[0].product.to_problem()) + "\n")
    if as_json:
        print_json(_object(product.content_id, field.value, found))
    else:
        _print(found)
    if output is not None:
        said = "first repair written to" if found.found else "no repair found, nothing written to"
        complain(f"{said} {output}")
    if found.why == "interrupted":
        return INTERRUPTED
    return DECIDED if found.found or found.complete else UNDECIDED


def entries(text: str) -> Iterator[tuple[int, int, int]]:
    """The entries of a list such as ``W1[0,1], W2[3,0]``, as (factor, row, column) counted from 0.

    Raises
    ------
    InputError
        If it is no such list.

    Examples
    --------
    >>> list(entries("W1[0,1], W2[3,0]"))
    [(0, 0, 1), (1, 3, 0)]
    """
    place = 0
    while place < len(text) or not text.strip():
        match = _ENTRY.match(text, place)
        if match is None:
            raise InputError(f"--keep holds {text[place:].strip()[:40]!r}, not entries such as 'W1[0,1], W2[3,0]'")
        factor, row, column = map(int, match.groups())
        yield factor - 1, row, column
        place = match.end()


def _print(found: Repairs) -> None:
    out = console()
    if found.found and not found.found[0].size:
        out.print("closed as it is: nothing need be changed")
        return
    for each in found.found[:MOST_SHOWN]:
        out.print(str(each), soft_wrap=True)
    if len(found.found) > MOST_SHOWN:
        out.print(f"… and {len(found.found) - MOST_SHOWN} more (all of them with --json)")
    out.print(found.summary, soft_wrap=True)


def _object(problem: str, field: str, found: Repairs) -> dict[str, Any]:
    def listed(changes: tuple[Change, ...]) -> list[list[int]]:
        return [list(each) for each in changes]

    return {
        "problem_id": problem,
        "field": field,
        "complete": found.complete,
        "least": found.least,
        "undecided": found.undecided,
        "why": found.why,
        "repairs": [
            {
                "allow": listed(each.allow),
                "forbid": listed(each.forbid),
                "problem": each.product.to_problem(),
                "certificate": None
                if each.verdict.certificate is None
                else json.loads(each.verdict.certificate.to_json()),
            }
            for each in found.found
        ],
    }
