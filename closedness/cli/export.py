"""``closedness export FILE``: the question as input of another system."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from closedness.cli.guard import DECIDED
from closedness.cli.output import print_json, require_writable, write_whole

if TYPE_CHECKING:
    from closedness.product import SupportProduct

__all__ = ["export", "exported"]


class Format(enum.StrEnum):
    """What can be written."""

    SMTLIB = "smtlib"
    QEPCAD = "qepcad"
    REDLOG = "redlog"
    MAPLE = "maple"
    MATHEMATICA = "mathematica"
    MACAULAY2 = "macaulay2"
    SINGULAR = "singular"


class Question(enum.StrEnum):
    """What can be asked."""

    CLOSEDNESS = "closedness"
    FULLNESS = "fullness"


class Field(enum.StrEnum):
    """The numbers allowed as entries."""

    REAL = "real"
    COMPLEX = "complex"


def export(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Problem file, or - for standard input.")],
    form: Annotated[Format, typer.Option("--format", help="The system to write for.")] = Format.SMTLIB,
    question: Annotated[
        Question, typer.Option(help="closedness: satisfiable exactly when not closed; fullness: when not everything.")
    ] = Question.CLOSEDNESS,
    field: Annotated[Field, typer.Option(help="The numbers allowed as entries.")] = Field.REAL,
    simplify: Annotated[
        bool,
        typer.Option(
            "--simplify/--textbook", help="Split by zero patterns and fix scalings, or leave the sentence as it is."
        ),
    ] = False,
    output: Annotated[Path | None, typer.Option(metavar="OUT", help="Write to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Write the closedness question for another system; macaulay2 and singular get the ideal of the closure."""
    from closedness.reading import read_problem

    if output is not None:
        require_writable(output)
    product = read_problem(file)
    text = exported(product, form.value, question.value, field.value, simplify)
    if output is not None:
        write_whole(output, text)
    if as_json:
        print_json({"problem_id": product.content_id, "format": form.value, "field": field.value, "text": text})
    elif output is None:
        typer.echo(text, nl=False)
    return DECIDED


def exported(
    product: SupportProduct, form: str, question: str = "closedness", field: str = "real", simplify: bool = False
) -> str:
    """The text that ``closedness export`` prints.

    Parameters
    ----------
    product : SupportProduct
    form : {"smtlib", "qepcad", "redlog", "maple", "mathematica", "macaulay2", "singular"}
    question : {"closedness", "fullness"}
        Ignored by macaulay2 and singular, which get the ideal of the closure.
    field : {"real", "complex"}
        Likewise.
    simplify : bool
        Split the question into cases and fix scalings, see :mod:`closedness.formula`.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If there is nothing to export.
    BudgetExceeded
        If the product has too many paths to write down.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> print(exported(SupportProduct.from_text("1 * 1"), "redlog", "fullness"))  # doctest: +ELLIPSIS
    % fullness of the problem ...
    % over the real numbers
    % true exactly when the set of products is not the whole coordinate space of its support
    load_package redlog;
    rlset reals;
    phi := ex({a0x0},
      all({w0x0x0, w1x0x0},
      w0x0x0*w1x0x0 <> a0x0));
    ...
    """
    from closedness.formula import Targets, closedness_query, fullness_query
    from closedness.formulas.systems import export_query, export_variety

    header = [f"{question} of the problem {product.content_id}"]
    if form in ("macaulay2", "singular"):
        return export_variety(product, form, tuple(header))
    header.append(f"over the {field} numbers" + ("" if field == "real" else ", as pairs of reals"))
    targets: Targets = "split" if simplify else "support"
    if question == "fullness":
        query = fullness_query(product, field, "none", targets)
    else:
        query = closedness_query(product, field, "none", targets)
    return export_query(query, form, tuple(header))
