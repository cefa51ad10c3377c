"""``closedness export FILE``: the question as input of another system."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.cli.decide import FileArgument
from closedness.cli.guard import DECIDED
from closedness.cli.output import print_json, require_writable, write_whole
from closedness.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.supports.product import SupportProduct

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
    MEMBERSHIP = "membership"
    CLOSURE = "closure"


class Scalings(enum.StrEnum):
    """What is done about the scalings of the factors."""

    NONE = "none"
    INLINE = "inline"
    SPLIT = "split"


class Targets(enum.StrEnum):
    """What statements about all targets range over."""

    ALL = "all"
    SUPPORT = "support"
    SPLIT = "split"


class Field(enum.StrEnum):
    """The numbers allowed as entries."""

    REAL = "real"
    COMPLEX = "complex"


def export(
    file: FileArgument,
    form: Annotated[Format, typer.Option("--format", help="The system to write for.")] = Format.SMTLIB,
    question: Annotated[
        Question,
        typer.Option(
            help="closedness: satisfiable exactly when not closed; fullness: when not everything; "
            "membership: when the target is a product; closure: when it is a limit of products."
        ),
    ] = Question.CLOSEDNESS,
    target: Annotated[
        str | None,
        typer.Option(metavar="MATRIX", help='Matrix for membership and closure: JSON, rows of integers or "p/q".'),
    ] = None,
    field: Annotated[Field, typer.Option(help="The numbers allowed as entries.")] = Field.REAL,
    simplify: Annotated[
        bool,
        typer.Option(
            "--simplify/--textbook", help="Split by zero patterns and fix scalings, or leave the sentence as it is."
        ),
    ] = False,
    scalings: Annotated[
        Scalings | None,
        typer.Option(help="Factors as they are, in normal form, or (membership) a case for each; as --simplify says."),
    ] = None,
    targets: Annotated[
        Targets | None,
        typer.Option(help="All entries, the support, or a case for each zero pattern; as --simplify says."),
    ] = None,
    ordered: Annotated[
        bool | None, typer.Option("--ordered/--unordered", help="Sort what may change places; as --simplify says.")
    ] = None,
    linear: Annotated[bool, typer.Option("--linear", help="Membership: eliminate the last factor.")] = False,
    output: Annotated[Path | None, typer.Option(metavar="OUT", help="Write to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Write a question for another system; macaulay2 and singular get ideals instead of sentences.

    For membership that is the ideal of the factors of the target, otherwise the ideal of the closure.
    """
    from closedness.files.numbers import read_matrix
    from closedness.files.problems import read_problem

    if output is not None:
        require_writable(output)
    product = read_problem(*file)
    matrix = None if target is None else read_matrix(target)
    text = exported(
        product,
        form.value,
        question.value,
        field.value,
        simplify,
        matrix,
        scalings=None if scalings is None else scalings.value,
        targets=None if targets is None else targets.value,
        ordered=ordered,
        linear=linear,
    )
    if output is not None:
        write_whole(output, text)
    if as_json:
        print_json({"problem_id": product.content_id, "format": form.value, "field": field.value, "text": text})
    elif output is None:
        typer.echo(text, nl=False)
    return DECIDED


def exported(
    product: SupportProduct,
    form: str,
    question: str = "closedness",
    field: str = "real",
    simplify: bool = False,
    target: Sequence[Sequence[Any]] | None = None,
    *,
    scalings: str | None = None,
    targets: str | None = None,
    ordered: bool | None = None,
    linear: bool = False,
) -> str:
    """The text that ``closedness export`` prints.

    Parameters
    ----------
    product : SupportProduct
    form : {"smtlib", "qepcad", "redlog", "maple", "mathematica", "macaulay2", "singular"}
    question : {"closedness", "fullness", "membership", "closure"}
        macaulay2 and singular get the ideal of the factors for membership, and the ideal of the closure otherwise.
    field : {"real", "complex"}
        Ignored by macaulay2 and singular.
    simplify : bool
        Split the question into cases, fix scalings and order what may change places, see `engines.sentences.questions`.
    target : m × n matrix of int, Fraction or strings "p/q", optional
        For membership and closure, and only for these.
    scalings : {"none", "inline", "split"}, optional
        See :mod:`closedness.engines.sentences.questions`, like the following; by default as `simplify` says.
    targets : {"all", "support", "split"}, optional
        For closedness and fullness.
    ordered : bool, optional
    linear : bool
        For membership.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If there is nothing to export, or the target is missing, superfluous or no matrix of this shape.
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
    from closedness.engines.sentences.questions import closedness_query, closure_query, fullness_query, membership_query
    from closedness.engines.sentences.systems import export_fibre, export_query, export_variety
    from closedness.equations.paths import exact_matrix

    if (target is None) is (question in ("membership", "closure")):
        needs = "needs a matrix" if target is None else "takes no matrix"
        raise InputError(f"--target: the question {question} {needs}")
    for name, given, fits in (
        ("--scalings", scalings is not None, True),
        ("--targets", targets is not None, target is None),
        ("--ordered", ordered is not None, True),
        ("--linear", linear, question == "membership"),
    ):
        if given and not fits:
            raise InputError(f"{name}: has no meaning for the question {question}")
        if given and form in ("macaulay2", "singular"):
            raise InputError(f"{name}: has no meaning for {form}, which gets an ideal")
    matrix = None if target is None else exact_matrix(target, product.shape)
    header = [f"{question} of the problem {product.content_id}"]
    if form in ("macaulay2", "singular"):
        if question == "membership" and matrix is not None:
            return export_fibre(product, matrix, form, tuple(header))
        return export_variety(product, form, tuple(header), matrix)
    header.append(f"over the {field} numbers" + ("" if field == "real" else ", as pairs of reals"))
    simple = {"membership": "none" if linear else "split", "closure": "inline"}.get(question, "none")
    fixed: Any = scalings or (simple if simplify else "none")
    sort = simplify if ordered is None else ordered
    if question == "membership" and matrix is not None:
        query = membership_query(product, matrix, field, fixed, ordered=sort, linear=linear)
    elif question == "closure" and matrix is not None:
        query = closure_query(product, matrix, field, fixed, ordered=sort)
    else:
        reach: Any = targets or ("split" if simplify else "support")
        build = fullness_query if question == "fullness" else closedness_query
        query = build(product, field, fixed, reach, ordered=sort)
    return export_query(query, form, tuple(header))
