"""The interface of an engine: a question in, an answer out, whatever happens inside."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib import metadata
from typing import Any, Literal

from closedness.backends.process import Outcome
from closedness.errors import BackendError
from closedness.formulas.logic import Query

__all__ = [
    "Algebraic",
    "Answer",
    "Backend",
    "Capabilities",
    "Matrix",
    "Value",
    "installed_version",
    "model_from_json",
    "worker_answer",
]


@dataclass(frozen=True, slots=True)
class Algebraic:
    """A real algebraic number that is not known to be rational.

    Parameters
    ----------
    polynomial : tuple of int
        Integer coefficients, constant term first, of a polynomial with this root.
    interval : tuple of two Fractions
        Lower and upper end of an interval that contains this root and no other.
    """

    polynomial: tuple[int, ...]
    interval: tuple[Fraction, Fraction]

    @property
    def approximation(self) -> Fraction:
        """The middle of the interval."""
        return (self.interval[0] + self.interval[1]) / 2

    def __float__(self) -> float:
        return float(self.approximation)

    def __str__(self) -> str:
        return f"{float(self):.6g}…"


Value = Fraction | Algebraic
Matrix = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do.

    Parameters
    ----------
    existential : bool
        Answers questions without further quantifiers.
    quantified : bool
        Answers questions with quantifiers below the free variables.
    model : bool
        Gives values of the free variables with "sat".
    proof : bool
        Is able to give refutations that can be verified without it.
    complex : bool
        Takes questions whose variables range over the complex numbers.
    """

    existential: bool
    quantified: bool
    model: bool
    proof: bool = False
    complex: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine said.

    Attributes
    ----------
    status : {"sat", "unsat", "unknown"}
    model : dict of name to Fraction or Algebraic, or None
        Values of the free variables of the case that was satisfied.
    detail : str
        Why there is no answer, or a reservation about it; empty when there is nothing to say.
    seconds : float
        Wall time, starting the engine included.
    engine, version : str
        Who answered.
    factors : tuple of matrices of Fractions, or None
        Membership only: exact factors of the target, verified by multiplication.
    reliable : bool
        False when the engine itself warns that its answer is no proof.
    verified : bool
        Membership only: the factors that the model gives, rational or algebraic, were verified by exact substitution,
        so that "sat" need not be believed; or there is a refutation, so that "unsat" need not be believed.
    refutation : dict or None
        Membership only: the table of rule ``refutation``, as in certificates.
    """

    status: Literal["sat", "unsat", "unknown"]
    model: Mapping[str, Value] | None = None
    detail: str = ""
    seconds: float = 0.0
    engine: str = ""
    version: str = ""
    factors: tuple[Matrix, ...] | None = None
    reliable: bool = True
    verified: bool = False
    refutation: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """Engine and version, as they are named under "trusted"."""
        return f"{self.engine} {self.version}".strip()


class Backend(ABC):
    """An engine of real algebra.

    Attributes
    ----------
    name : str
    capabilities : Capabilities
    """

    name: str = ""
    capabilities: Capabilities = Capabilities(existential=True, quantified=False, model=False)

    @property
    @abstractmethod
    def version(self) -> str:
        """Version of the engine; empty when it is not there."""

    @property
    def available(self) -> bool:
        """Whether the engine is installed."""
        return bool(self.version)

    @abstractmethod
    def _ask(self, query: Query, seconds: float | None, memory_mb: int | None) -> Answer:
        """Put the question; may raise BackendError."""

    def solve(self, query: Query, seconds: float | None = 60.0, memory_mb: int | None = 2048) -> Answer:
        """Answer a question within limits that hold.

        Parameters
        ----------
        query : Query
        seconds : float, optional
            Limit on wall time, after which the engine's process is killed.
        memory_mb : int, optional
            Limit on the memory of the engine's process, in megabytes.

        Returns
        -------
        Answer
            "unknown", with the reason in its `detail`, when the engine is missing, is not able to treat such a
            question, runs out of a limit, crashes, or writes something that cannot be understood.
        """
        start = time.monotonic()
        if not query.cases:
            return Answer("unsat", detail="contradictory without any computation", engine=self.name)
        if not self.available:
            return Answer("unknown", detail=f"{self.name} is not installed", engine=self.name)
        if query.quantified and not self.capabilities.quantified:
            return Answer("unknown", detail=f"{self.name} takes no quantifiers", engine=self.name, version=self.version)
        if query.numbers == "complex" and not self.capabilities.complex:
            said = f"{self.name} takes real variables only"
            return Answer("unknown", detail=said, engine=self.name, version=self.version)
        if seconds is not None and seconds <= 0:
            return Answer("unknown", detail="no time left", engine=self.name, version=self.version)
        try:
            answer = self._ask(query, seconds, memory_mb)
        except BackendError as error:
            answer = Answer("unknown", detail=str(error))
        return replace(answer, seconds=time.monotonic() - start, engine=self.name, version=self.version)


def model_from_json(data: Any, place: str) -> dict[str, Value]:
    """Read the model that a worker writes: "p/q", or ``{"poly": [...], "near": "p/q", "radius": "p/q"}``.

    The root of an algebraic number is isolated here, with python-flint's certified complex roots.

    Raises
    ------
    BackendError
        If it is anything else, or no single real root lies so near.
    """
    if not isinstance(data, dict):
        raise BackendError(f"the model of {place} is not an object")
    model: dict[str, Value] = {}
    for name, value in data.items():
        try:
            if isinstance(value, str):
                model[name] = Fraction(value)
            else:
                model[name] = _isolated(
                    tuple(map(int, value["poly"])), Fraction(value["near"]), Fraction(value["radius"])
                )
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
            raise BackendError(f"the value of {name} in the model of {place} cannot be read: {error}") from None
    return model


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


@cache
def installed_version(distribution: str) -> str:
    """Version of an installed distribution, or the empty string."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def worker_answer(outcome: Outcome, query: Query, name: str) -> Answer:
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
    except (ValueError, KeyError, TypeError):
        raise BackendError(f"{name} gave an answer that cannot be read: {outcome.stdout.strip()[:80]!r}") from None
    if status not in ("sat", "unsat", "unknown") or not isinstance(detail, str):
        raise BackendError(f"{name} gave an answer that cannot be read: status {str(status)[:80]!r}")
    if status != "sat" or model is None:
        return Answer(status, detail=detail)
    if not isinstance(case, int) or not 0 <= case < len(query.cases):
        raise BackendError(f"{name} gave an answer that cannot be read: case {str(case)[:80]!r}")
    values = model_from_json(model, name)
    if set(values) != set(query.cases[case].names):
        raise BackendError(f"{name} gave a model that names other variables than the question")
    return Answer("sat", model={**query.cases[case].values, **values}, detail=detail)
