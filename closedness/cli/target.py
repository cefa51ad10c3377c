"""``closedness target FILE TARGET``: whether one given matrix has an optimal factorisation."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import Budget, time_limit
from closedness.cli.decide import CertificateOption, Field, FieldOption, FileArgument, JsonOption, SecondsOption
from closedness.cli.guard import DECIDED, UNDECIDED
from closedness.cli.output import console, print_json, require_writable, working, write_certificate
from closedness.cli.packages import sibling
from closedness.errors import InputError

if TYPE_CHECKING:
    from closedness.closure.attainment import Attainment
    from closedness.supports.product import SupportProduct

__all__ = ["target"]

# share of the time for proved bounds of the smallest error, where the exact rules leave the question open
BOUNDS = 0.3


def target(
    file: FileArgument,
    matrix: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help='The matrix: JSON with numbers or "p/q", or any file of one matrix.',
        ),
    ],
    field: FieldOption = Field.REAL,
    seconds: SecondsOption = 60.0,
    certificate: CertificateOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say whether one given matrix has an optimal factorisation, or factors diverge while the error falls.

    Exit code 0: known; 4: not known; 2: bad input.
    """
    from closedness.closure.attainment import attainment
    from closedness.files.numbers import read_matrix
    from closedness.files.problems import read_problem

    budget = Budget(time_limit(seconds, "--seconds"))
    if certificate is not None:
        require_writable(certificate)
    product, wanted = read_problem(*file), read_matrix(matrix)
    with working("looking for factors and for curves"):
        found = attainment(product, wanted, field.value, budget.part(1 - BOUNDS).left())
        bounds = None
        if found.answer == "unknown" and field is Field.REAL:
            bounds = proved_bounds(product, wanted, budget.left())
    answer = found.answer if bounds is None or bounds["attained"] == "unknown" else bounds["attained"]
    if as_json:
        print_json(_object(product, field.value, answer, found, bounds))
    else:
        _print(answer, found, bounds)
    write_certificate(certificate, found.certificate, "there is none")
    return UNDECIDED if answer == "unknown" else DECIDED


def proved_bounds(product: SupportProduct, wanted: Any, seconds: float | None) -> dict[str, Any] | None:
    """Bounds of the smallest error by the solvers, proved in rational arithmetic; None where they have none."""
    if len(product) != 2:
        return None
    left, right = product.factors
    try:
        numbers = [[float(Fraction(each)) for each in row] for row in wanted]
        found = sibling("solvers").certify_optimum(numbers, left, right.T, seconds=seconds)
    except (InputError, OverflowError):  # too many free parameters
        return None
    exact = all(
        Fraction(each) == Fraction(number)
        for row, line in zip(wanted, numbers, strict=True)
        for each, number in zip(row, line, strict=True)
    )
    attained = found.attained if exact and found.certified else "unknown"
    return {
        "lower": found.lower,
        "upper": found.upper,
        "attained": attained,
        "reason": found.reason,
    }


def _print(answer: str, found: Attainment, bounds: dict[str, Any] | None) -> None:
    from closedness.verdict import counterexample_lines

    out = console()
    words = {
        "yes": "HAS AN OPTIMUM: some factors have the smallest error",
        "no": "HAS NO OPTIMUM: no factors have the smallest error",
        "unknown": "NOT KNOWN whether some factors have the smallest error",
    }
    out.print(words[answer])
    reason = found.reason if bounds is None or answer == found.answer else bounds["reason"]
    out.print(f"because {reason}.", soft_wrap=True)
    if found.infimum_is_zero:
        out.print("The smallest error is 0." if answer == "yes" else "The error comes as near to 0 as one likes.")
    if found.counterexample is not None:
        for line in counterexample_lines(found.counterexample):
            out.print(line, soft_wrap=True)
        out.print("A fit to this matrix does not converge: weights grow, the loss creeps down. Bound the factors")
        out.print("(weight decay), or change the supports (closedness repair FILE).")
    elif found.member is not None and found.member.factors and answer == "yes":
        from closedness.cli.counterexample import matrix_text

        for number, factor in enumerate(found.member.factors, 1):
            out.print(f"\nfactor {number}:")
            out.print(matrix_text([list(row) for row in factor]), soft_wrap=True)
    if bounds is not None:
        out.print(f"Error (Frobenius) of the best factors found: {bounds['upper']:.6g}; ", end="")
        out.print(f"none is below {bounds['lower']:.6g}, proved.")


def _object(
    product: SupportProduct,
    field: str,
    answer: str,
    found: Attainment,
    bounds: dict[str, Any] | None,
) -> dict[str, Any]:
    return {
        "problem_id": product.content_id,
        "field": field,
        "answer": answer,
        "reason": found.reason,
        "infimum_is_zero": found.infimum_is_zero,
        "factors": None if found.member is None else found.member.factors,
        "bounds": bounds,
        "certificate": None if found.certificate is None else json.loads(found.certificate.to_json()),
    }
