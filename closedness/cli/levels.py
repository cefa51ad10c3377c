"""``closedness levels SIZES``: products of matrices with bounded numbers of entries, in rows, in columns, in all."""

from __future__ import annotations

from typing import Annotated

import typer

from closedness.budget import time_limit
from closedness.cli.decide import CertificateOption, Field, FieldOption, JsonOption, SecondsOption
from closedness.cli.guard import DECIDED, UNDECIDED
from closedness.cli.output import console, print_json, require_writable, working, write_certificate
from closedness.errors import InputError

__all__ = ["levels"]

def levels(
    sizes: Annotated[str, typer.Argument(metavar="SIZES", help="Sizes n0,n1,…,nN of the factors, as multiplied.")],
    row: Annotated[
        str | None, typer.Option(metavar="K,…", help="Most entries in each row, one per factor; - for no bound.")
    ] = None,
    column: Annotated[str | None, typer.Option(metavar="K,…", help="Most entries in each column, likewise.")] = None,
    total: Annotated[str | None, typer.Option(metavar="K,…", help="Most entries in all, likewise.")] = None,
    field: FieldOption = Field.REAL,
    seconds: SecondsOption = 60.0,
    certificate: CertificateOption = None,
    as_json: JsonOption = False,
) -> int:
    """Decide the set of all products with so many entries, wherever they are: a union over supports.

    Exit code 0: decided; 4: undecided; 2: bad input.
    """
    from closedness.levels.decide import decide_levels
    from closedness.supports.levels import SparsityLevels

    limit = time_limit(seconds, "--seconds")
    if certificate is not None:
        require_writable(certificate)
    question = SparsityLevels.of(
        [_number("SIZES", each) for each in sizes.split(",")],
        row=_bounds("--row", row),
        column=_bounds("--column", column),
        total=_bounds("--total", total),
    )
    with working("deciding"):
        verdict = decide_levels(question, field.value, limit)
    if as_json:
        print_json(
            {
                "status": verdict.status.value,
                "reason": verdict.reason,
                "problem_id": question.content_id,
                "field": verdict.field,
                "supports": verdict.members,
                "classes": verdict.classes,
                "seconds": round(verdict.seconds, 6),
                "certificate": verdict.certificate,
            }
        )
    else:
        word = verdict.status.value.replace("_", " ").upper()
        console().print(f"{word}: {verdict.reason}\n{verdict.seconds:.3f} s", soft_wrap=True)
    write_certificate(certificate, verdict.certificate)
    return UNDECIDED if verdict.certificate is None else DECIDED


def _bounds(name: str, text: str | None) -> list[int | None] | None:
    if text is None:
        return None
    return [None if each.strip() == "-" else _number(name, each) for each in text.split(",")]


def _number(name: str, text: str) -> int:
    if not text.strip().isdecimal():
        raise InputError(f"{name}: {text!r} is not a number of at least 0")
    return int(text)
