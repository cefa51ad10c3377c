"""What a worker writes, read strictly: an answer, and a model that is put into the question before it is believed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

from closedness.engines.base import Algebraic, Answer, Value
from closedness.engines.exact import exact_model
from closedness.engines.process import Finished
from closedness.engines.sentences.logic import Case, Query, is_quantified
from closedness.errors import BackendError

__all__ = ["MAX_DIGITS", "model_from_json", "substituted", "worker_answer"]

MAX_DIGITS = 4_000
"""Longer numbers of a model are not read."""
_MAX_DEGREE = 64
_FRACTION = re.compile(r"-?[0-9]+(/[0-9]+)?")


class _TooLong(BackendError):
    """A number of a model that is not read."""


def model_from_json(data: Any, place: str) -> dict[str, Value]:
    """Read the model that a worker writes: "p/q", or ``{"poly": [...], "near": "p/q", "radius": "p/q"}``.

    The root of an algebraic number is isolated here, with python-flint's certified complex roots.

    Raises
    ------
    BackendError
        If it is anything else, or no single real root lies so near; or if a number has more than `MAX_DIGITS` digits or
        a degree above 64.
    """
    if not isinstance(data, dict):
        raise BackendError(f"the model of {place} is not an object")
    model: dict[str, Value] = {}
    for name, value in data.items():
        try:
            model[name] = _rational(value) if isinstance(value, str) else _algebraic(value)
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise BackendError(f"the value of {name} in the model of {place} cannot be read: {error}") from None
    return model


def _rational(text: Any) -> Fraction:
    """A fraction from text such as "-7" or "3/4"; nothing else that Python would take."""
    if not isinstance(text, str) or not _FRACTION.fullmatch(text):
        raise ValueError(f"{str(text)[:40]!r} is no fraction")
    if len(text) > MAX_DIGITS:
        raise _TooLong(f"the model has a number of {len(text)} digits")
    return Fraction(text)


def _algebraic(value: Any) -> Value:
    if set(value) != {"poly", "near", "radius"} or not isinstance(value["poly"], list):
        raise ValueError("neither a fraction nor an algebraic number")
    if len(value["poly"]) > _MAX_DEGREE + 1:
        raise _TooLong(f"the model has an algebraic number of degree {len(value['poly']) - 1}")
    polynomial = tuple(map(_rational, value["poly"]))
    if len(polynomial) < 2 or not polynomial[-1] or any(c.denominator > 1 for c in polynomial):
        raise ValueError("no polynomial with integer coefficients")
    return _isolated(tuple(map(int, polynomial)), _rational(value["near"]), _rational(value["radius"]))


def _isolated(polynomial: tuple[int, ...], near: Fraction, radius: Fraction) -> Value:
    from flint import fmpz_poly

    if len(polynomial) == 2:
        return Fraction(-polynomial[0], polynomial[1])
    found: list[Value] = []
    for factor, _ in fmpz_poly(list(polynomial)).factor()[1]:
        if factor.degree() == 1:
            root = Fraction(int(-factor[0]), int(factor[1]))
            if abs(root - near) <= radius:
                found.append(root)
            continue
        roots: list[Any] = factor.complex_roots()
        for ball, _ in roots:
            if not ball.imag.is_zero():
                continue
            middle, error = ball.real.mid().fmpq(), ball.real.rad().fmpq()
            low, high = (Fraction(int(end.p), int(end.q)) for end in (middle - error, middle + error))
            if low <= near + radius and high >= near - radius:
                found.append(Algebraic(tuple(int(c) for c in factor.coeffs()), (low, high)))
    if len(found) != 1:
        raise ValueError(f"{len(found)} roots near {float(near)}")
    return found[0]


def worker_answer(outcome: Finished, query: Query, name: str) -> Answer:
    """Read what a worker wrote, strictly.

    Raises
    ------
    BackendError
        If it ended badly or the answer is not of the agreed form.
    """
    failure = outcome.failure(name)
    if failure:
        raise BackendError(failure)
    try:
        data = json.loads(outcome.stdout)
        status, case, model, detail = (data[key] for key in ("status", "case", "model", "detail"))
    except (ValueError, KeyError, TypeError, RecursionError):  # the last one for brackets nested deeply
        raise BackendError(f"{name} gave an answer that cannot be read: {outcome.stdout.strip()[:80]!r}") from None
    if status not in ("sat", "unsat", "unknown") or not isinstance(detail, str):
        raise BackendError(f"{name} gave an answer that cannot be read: status {str(status)[:80]!r}")
    if status != "sat" or model is None:
        return Answer(status, detail=detail)
    if not isinstance(case, int) or not 0 <= case < len(query.cases):
        raise BackendError(f"{name} gave an answer that cannot be read: case {str(case)[:80]!r}")
    try:
        values = model_from_json(model, name)
    except _TooLong as error:
        return Answer("sat", detail=f"not verified: {error}")
    if set(values) != set(query.cases[case].names):
        raise BackendError(f"{name} gave a model that names other variables than the question")
    return substituted(Answer("sat", model=values, detail=detail), query.cases[case], name)


def substituted(answer: Answer, case: Case, name: str) -> Answer:
    """The answer with the whole model of a case, its values put into the conditions that have no quantifiers.

    Raises
    ------
    BackendError
        If the model violates one of them.
    """
    assert answer.model is not None
    whole = replace(answer, model={**case.values, **answer.model})
    parts = [part for part in case.asserts if not is_quantified(part)]
    try:
        exact = exact_model(answer.model)
        holds = all(map(exact.satisfies, parts))
    except ValueError as error:
        return replace(whole, detail="; ".join(filter(None, (answer.detail, f"not verified: {error}"))))
    if not holds:
        raise BackendError(f"{name} gave a model that is none")
    return replace(whole, verified=len(parts) == len(case.asserts))
