"""``closedness counterexample FILE``: a matrix in the closure but not in the set, and the curve that leads to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.decide import (
    Field,
    FieldOption,
    FileArgument,
    JsonOption,
    SecondsOption,
    counterexample_object,
    run,
)
from closedness.cli.guard import DECIDED, UNDECIDED
from closedness.cli.output import console, print_json
from closedness.errors import InputError
from closedness.verdict import NO_CURVE

if TYPE_CHECKING:
    from closedness.verdict import Counterexample

__all__ = ["counterexample", "matrix_text"]


def counterexample(
    file: FileArgument,
    at: Annotated[
        str | None, typer.Option(metavar="T", help="Also evaluate the factors at this t, e.g. 0.001 or 1/1000.")
    ] = None,
    field: FieldOption = Field.REAL,
    seconds: SecondsOption = 60.0,
    as_json: JsonOption = False,
) -> int:
    """Print a target that is a limit of products but not a product, with the curve of factors that shows it."""
    from closedness.files.problems import read_problem

    t = None if at is None else _parameter(at)
    limit = time_limit(seconds, "--seconds")
    product = read_problem(*file)
    verdict = run(product, field, limit)
    example = verdict.counterexample
    if example is not None and not example.curve and t is not None:
        raise InputError(f"--at is {at}: {NO_CURVE}")
    values = None if example is None or t is None else _evaluate(example, t)
    if as_json:
        found: dict[str, Any] = {
            "status": verdict.status.value,
            "reason": verdict.reason,
            "problem_id": product.content_id,
            "field": field.value,
            "counterexample": None if example is None else counterexample_object(example),
        }
        if values is not None:
            found["at"] = values
        print_json(found)
    elif example is None:
        console().print(f"{verdict.status.value.replace('_', ' ')}: {verdict.reason}", soft_wrap=True)
        if verdict.certificate is not None:
            console().print("The set of products is closed: there is no counterexample.")
    else:
        _print(example, values)
    return UNDECIDED if verdict.certificate is None else DECIDED


def _parameter(text: str) -> float:
    """The value of t, a non-zero number.

    Examples
    --------
    >>> _parameter("1/8")
    0.125
    """
    from fractions import Fraction

    try:
        value = float(Fraction(text))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise InputError(f"--at is {text[:40]!r}, not a number such as 0.001 or 1/1000") from None
    if value == 0.0:
        raise InputError("--at is 0, where the curve has its pole: choose a small non-zero number")
    return value


def _evaluate(example: Counterexample, t: float) -> dict[str, Any]:
    """The factors and the product at ``t``, and the Frobenius distance (absolute) of the product from the target."""
    from functools import reduce

    import numpy as np

    try:
        with np.errstate(all="ignore"):
            factors = example.at(t)
            product = reduce(np.matmul, factors)
            target = np.array([[float(value) for value in row] for row in example.target])
            distance = float(np.linalg.norm(product - target))
    except OverflowError:
        distance = float("inf")
    if not np.isfinite(distance):
        raise InputError(f"--at is {t:g}: the factors are beyond floating point there, choose a value nearer to 1")
    return {
        "t": t,
        "factors": [factor.tolist() for factor in factors],
        "product": product.tolist(),
        "distance": distance,
        "largest_entry": max(float(abs(factor).max()) for factor in factors),
    }


def _print(example: Counterexample, values: dict[str, Any] | None) -> None:
    out = console()
    out.print("target A, in the closure but not a product:")
    out.print(matrix_text([[str(value) for value in row] for row in example.target]), soft_wrap=True)
    if not example.curve:
        out.print(NO_CURVE, soft_wrap=True)
        return
    shapes = _factor_shapes(example)
    for l, factor in enumerate(example.curve):
        rows, cols = shapes[l]
        entries = [[_laurent(factor.get((i, j), {})) for j in range(cols)] for i in range(rows)]
        out.print(f"\nfactor {l + 1} on the curve, t → 0:")
        out.print(matrix_text(entries), soft_wrap=True)
    if values is not None:
        for l, numbers in enumerate(values["factors"]):
            out.print(f"\nfactor {l + 1} at t = {values['t']:g}:")
            out.print(matrix_text([[f"{value:.6g}" for value in row] for row in numbers]), soft_wrap=True)
        out.print(f"\nproduct at t = {values['t']:g}:")
        out.print(matrix_text([[f"{value:.6g}" for value in row] for row in values["product"]]), soft_wrap=True)
        out.print(
            f"\nFrobenius distance from A: {values['distance']:.3g}; "
            f"largest entry of a factor: {values['largest_entry']:.3g}"
        )


def _factor_shapes(example: Counterexample) -> list[tuple[int, int]]:
    """Shapes of the factors, from their evaluation."""
    return [(int(factor.shape[0]), int(factor.shape[1])) for factor in example.at(1.0)]


def _laurent(entry: Any) -> str:
    """A Laurent polynomial in t as text, ascending powers."""
    text = ""
    for exponent, value in sorted(entry.items()):
        if value == 0:
            continue
        power = "" if exponent == 0 else "t" if exponent == 1 else f"t^{exponent}"
        size = str(abs(value))
        term = size if not power else power if size == "1" else f"{size}·{power}"
        text += (" - " if value < 0 else " + ") + term if text else ("-" if value < 0 else "") + term
    return text or "0"


def matrix_text(entries: list[list[str]]) -> str:
    """Entries in aligned columns."""
    widths = [max(len(row[j]) for row in entries) for j in range(len(entries[0]))]
    lines = ["  ".join(entry.rjust(width) for entry, width in zip(row, widths, strict=True)) for row in entries]
    return "\n".join(f"  [ {line} ]" for line in lines)
