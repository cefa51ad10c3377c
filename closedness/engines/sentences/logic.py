"""First-order formulas over the reals, and the questions put to an engine."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from closedness.engines.sentences.polynomials import Poly

__all__ = [
    "FALSE",
    "TRUE",
    "And",
    "Atom",
    "Case",
    "Formula",
    "Not",
    "Or",
    "Quantified",
    "Query",
    "all_of",
    "any_of",
    "exists",
    "forall",
    "is_quantified",
    "shuffled",
]

Relation = Literal["=", "!=", "<", "<="]


@dataclass(frozen=True, slots=True)
class Atom:
    """A comparison of two polynomials."""

    left: Poly
    relation: Relation
    right: Poly


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts; true when there is none."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the parts; false when there is none."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    part: Formula


@dataclass(frozen=True, slots=True)
class Quantified:
    """A quantifier over real variables; `body` holds for all, or for some, values of `names`."""

    kind: Literal["forall", "exists"]
    names: tuple[str, ...]
    body: Formula


Formula = Atom | And | Or | Not | Quantified
TRUE: Formula = And(())
FALSE: Formula = Or(())


def _simplified(formula: Formula) -> Formula:
    if isinstance(formula, Atom):
        left, right = formula.left.value, formula.right.value
        if left is not None and right is not None:
            holds = {"=": left == right, "!=": left != right, "<": left < right, "<=": left <= right}
            return TRUE if holds[formula.relation] else FALSE
    return formula


def all_of(parts: Iterable[Formula]) -> Formula:
    """Conjunction, with constant atoms evaluated and nested conjunctions joined.

    Examples
    --------
    >>> from closedness.engines.sentences.polynomials import ONE, ZERO
    >>> all_of([Atom(ZERO, "<", ONE)]) == TRUE, all_of([TRUE, FALSE]) == FALSE
    (True, True)
    """
    kept: list[Formula] = []
    for part in map(_simplified, parts):
        if part == FALSE:
            return FALSE
        kept.extend(part.parts if isinstance(part, And) else (part,))
    return kept[0] if len(kept) == 1 else And(tuple(kept))


def any_of(parts: Iterable[Formula]) -> Formula:
    """Disjunction, simplified likewise."""
    kept: list[Formula] = []
    for part in map(_simplified, parts):
        if part == TRUE:
            return TRUE
        kept.extend(part.parts if isinstance(part, Or) else (part,))
    return kept[0] if len(kept) == 1 else Or(tuple(kept))


def forall(names: Iterable[str], body: Formula) -> Formula:
    """Universal quantifier; none if there is no variable."""
    names = tuple(names)
    return Quantified("forall", names, body) if names else body


def exists(names: Iterable[str], body: Formula) -> Formula:
    """Existential quantifier; none if there is no variable."""
    names = tuple(names)
    return Quantified("exists", names, body) if names else body


def is_quantified(formula: Formula) -> bool:
    """Whether a quantifier occurs."""
    if isinstance(formula, Quantified):
        return True
    if isinstance(formula, Atom):
        return False
    return any(map(is_quantified, (formula.part,) if isinstance(formula, Not) else formula.parts))


@dataclass(frozen=True, slots=True)
class Case:
    """One alternative of a question: there are values of `names` such that all of `asserts` hold.

    Parameters
    ----------
    names : tuple of str
        The free variables, existentially quantified from outside.
    asserts : tuple of Formula
        Conditions on them.
    values : mapping of str to Fraction
        Variables already fixed in this case; part of its model.
    alternatives : tuple of tuples of Formula
        Other conditions that are satisfied by the same values; an engine may use whichever suits it.
    """

    names: tuple[str, ...]
    asserts: tuple[Formula, ...]
    values: Mapping[str, Fraction] = field(default_factory=dict)
    alternatives: tuple[tuple[Formula, ...], ...] = ()

    @property
    def formula(self) -> Formula:
        """The whole case as one closed sentence."""
        return exists(self.names, all_of(self.asserts))


def shuffled(case: Case, seed: int) -> Case:
    """The same case with variables and parts in another order; seed 0 changes nothing.

    The time that solvers take depends strongly, and without any visible rule, on these orders, so several short
    attempts with different orders are worth more than a long one.
    """
    if not seed:
        return case
    rng = random.Random(seed)
    names = rng.sample(case.names, len(case.names))
    return Case(tuple(names), tuple(_shuffled(part, rng) for part in case.asserts), case.values)


def _shuffled(formula: Formula, rng: random.Random) -> Formula:
    if isinstance(formula, Atom):
        return formula
    if isinstance(formula, Not):
        return Not(_shuffled(formula.part, rng))
    if isinstance(formula, Quantified):
        names = rng.sample(formula.names, len(formula.names))
        return Quantified(formula.kind, tuple(names), _shuffled(formula.body, rng))
    parts = tuple(_shuffled(part, rng) for part in rng.sample(formula.parts, len(formula.parts)))
    return And(parts) if isinstance(formula, And) else Or(parts)


@dataclass(frozen=True, slots=True)
class Query:
    """A question to an engine, whether at least one of the cases is satisfiable.

    Parameters
    ----------
    purpose : str
        One line that says what "satisfiable" means.
    cases : tuple of Case
        Alternatives; none means unsatisfiable.
    numbers : {"real", "complex"}
        What the variables range over. Questions over C are put in real variables, too, as pairs; then this is "real".
    """

    purpose: str
    cases: tuple[Case, ...]
    numbers: Literal["real", "complex"] = "real"

    @property
    def quantified(self) -> bool:
        """Whether quantifiers remain below the free variables."""
        return any(is_quantified(part) for case in self.cases for part in case.asserts)

    @property
    def formula(self) -> Formula:
        """The question as one closed sentence."""
        return any_of(case.formula for case in self.cases)
