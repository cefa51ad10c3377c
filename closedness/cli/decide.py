"""``closedness decide FILE``: the verdict, its reason and its certificate."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.guard import DECIDED, INTERRUPTED, UNDECIDED, complain
from closedness.cli.output import console, print_json, require_writable, working, write_certificate
from closedness.errors import InputError

if TYPE_CHECKING:
    from closedness.constrained.problem import Covariance, Fixed, NonNegative
    from closedness.files.labels import Labels
    from closedness.supports.product import SupportProduct
    from closedness.verdict import Counterexample, Verdict

__all__ = ["CertificateOption", "Field", "FieldOption", "FileArgument", "JsonOption", "SecondsOption", "decide"]


class Field(enum.StrEnum):
    """The numbers allowed as entries."""

    REAL = "real"
    COMPLEX = "complex"


class Constraints(enum.StrEnum):
    """What holds for the factors."""

    NONNEGATIVE = "nonnegative"
    GRAM = "gram"
    COVARIANCE = "covariance"


class Engine(enum.StrEnum):
    """The engines of real algebra."""

    Z3 = "z3"
    CVC5 = "cvc5"
    QEPCAD = "qepcad"
    SINGULAR = "singular"
    ALL = "all"


FileArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="Problem file (.txt, .json, .npz, .npy, .mtx, .csv, .mat), a folder, or - for standard input; "
        "or one file for each factor, as multiplied.",
    ),
]
FieldOption = Annotated[Field, typer.Option(help="The numbers allowed as entries.")]
SecondsOption = Annotated[float, typer.Option(metavar="S", help="Time limit in seconds; inf for none.")]
CertificateOption = Annotated[
    Path | None, typer.Option(metavar="OUT", help="Write the certificate to this file (JSON).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def decide(
    file: FileArgument,
    field: FieldOption = Field.REAL,
    seconds: SecondsOption = 60.0,
    backend: Annotated[
        Engine,
        typer.Option(help="The engine to ask when the exact rules fail; all: every one, also for a second opinion."),
    ] = Engine.Z3,
    constraints: Annotated[
        Constraints | None,
        typer.Option(
            help="What holds for the factors: none is negative; X Xᵀ or X D Xᵀ with D ≥ 0; Λ Φ Λᵀ with Φ ≥ 0, plus "
            "unique variances. Default: as the file says."
        ),
    ] = None,
    unique: Annotated[bool, typer.Option(help="For covariances: each item has a unique variance.")] = False,
    certificate: CertificateOption = None,
    as_json: JsonOption = False,
) -> int:
    """Decide whether the set of products is closed. Exit code 0: decided; 4: undecided; 2: bad input."""
    from closedness.files.problems import read_labelled
    from closedness.verdict import explain

    limit = time_limit(seconds, "--seconds")
    if certificate is not None:
        require_writable(certificate)
    question = _constrained(file, constraints, unique)
    if question is not None:
        from closedness.cli.constrained import answer

        if field is not Field.REAL:
            raise InputError("--field complex: factors with constraints are real")
        return answer(question, limit, certificate, as_json)
    product, labels = read_labelled(*file)
    try:
        verdict = run(product, field, limit, backend)
    except KeyboardInterrupt:  # before or after the part of the library that answers it itself
        complain("interrupted")
        if as_json:
            print_json(interrupted(product, field))
        else:
            console().print("undecided: interrupted")
        return INTERRUPTED
    if as_json:
        print_json(verdict_object(verdict, labels))
    else:
        console().print(explain(verdict, labels), soft_wrap=True)
    write_certificate(certificate, verdict.certificate)
    if verdict.reason == "interrupted":
        return INTERRUPTED
    return UNDECIDED if verdict.certificate is None else DECIDED


def _constrained(
    files: list[str], constraints: Constraints | None, unique: bool
) -> NonNegative | Covariance | Fixed | None:
    """The question with constraints, those of the option or those in the file."""
    if constraints is None:
        if unique:
            raise InputError("--unique is about --constraints covariance")
        if len(files) != 1 or not files[0].lower().endswith(".json"):
            return None
        from closedness.constrained.reading import constraints_of

        return constraints_of(files[0])
    from closedness.constrained.reading import with_constraints
    from closedness.files.problems import read_problem

    if unique and constraints is Constraints.NONNEGATIVE:
        raise InputError("--unique is about --constraints covariance")
    return with_constraints(read_problem(*files), constraints.value, unique=unique)


def run(product: SupportProduct, field: Field, seconds: float | None, backend: Engine = Engine.Z3) -> Verdict:
    """Ask the library."""
    from closedness.decide import decide as decide_product

    with working("deciding"):
        return decide_product(product, field=field.value, seconds=seconds, backend=backend.value)


def verdict_object(verdict: Verdict, labels: Labels | None = None) -> dict[str, Any]:
    """The verdict as the JSON object that ``--json`` prints, with the names of the file if it has any."""
    import json

    found: dict[str, Any] = {
        "status": verdict.status.value,
        "reason": verdict.reason,
        "problem_id": verdict.product.content_id,
        "field": verdict.field,
        "seconds": round(verdict.seconds, 6),
        "tried": list(verdict.tried),
        "known": list(verdict.known),
        "provenance": dict(verdict.provenance),
        "opinions": list(verdict.opinions),
        "certificate": None if verdict.certificate is None else json.loads(verdict.certificate.to_json()),
    }
    if verdict.counterexample is not None:
        found["counterexample"] = counterexample_object(verdict.counterexample)
    if labels is not None and labels.levels:
        found["labels"] = [list(names) for names in labels.levels]
    return found


def counterexample_object(example: Counterexample) -> dict[str, Any]:
    """A counterexample for JSON: numbers as strings ``p/q``, entries on the curve as Laurent polynomials."""
    return {
        "target": [[str(value) for value in row] for row in example.target],
        "curve": [
            [
                {"row": i, "column": j, "terms": [[exponent, str(value)] for exponent, value in sorted(entry.items())]}
                for (i, j), entry in sorted(factor.items())
            ]
            for factor in example.curve
        ],
    }


def interrupted(product: SupportProduct, field: Field) -> dict[str, Any]:
    """The JSON object of a run that was interrupted before it had anything to say."""
    return {
        "status": "undecided",
        "reason": "interrupted",
        "problem_id": product.content_id,
        "field": field.value,
        "seconds": 0.0,
        "tried": [],
        "known": [],
        "provenance": {},
        "certificate": None,
    }
