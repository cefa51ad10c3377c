"""Formulas in negation normal form and in prenex form, as systems for quantifier elimination ask for."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from closedness.engines.sentences.logic import (
    FALSE,
    And,
    Atom,
    Formula,
    Not,
    Or,
    Quantified,
    Relation,
    all_of,
    any_of,
)

__all__ = ["Prefix", "is_trivial", "negation_normal", "prenex"]

Prefix = tuple[tuple[Literal["forall", "exists"], tuple[str, ...]], ...]

_DUAL: dict[str, Literal["forall", "exists"]] = {"forall": "exists", "exists": "forall"}


def negation_normal(formula: Formula, negate: bool = False) -> Formula:
    """Push negations into the atoms, where they vanish.

    Examples
    --------
    >>> from closedness.engines.sentences.polynomials import ONE, variable
    >>> negation_normal(Not(Atom(variable("x"), "<", ONE))) == Atom(ONE, "<=", variable("x"))
    True
    """
    if isinstance(formula, Not):
        return negation_normal(formula.part, not negate)
    if isinstance(formula, Quantified):
        kind = _DUAL[formula.kind] if negate else formula.kind
        return Quantified(kind, formula.names, negation_normal(formula.body, negate))
    if isinstance(formula, Atom):
        return _negated(formula) if negate else formula
    parts = (negation_normal(part, negate) for part in formula.parts)
    return all_of(parts) if isinstance(formula, And) != negate else any_of(parts)


def _negated(atom: Atom) -> Atom:
    if atom.relation == "<":
        return Atom(atom.right, "<=", atom.left)
    if atom.relation == "<=":
        return Atom(atom.right, "<", atom.left)
    relation: Relation = "!=" if atom.relation == "=" else "="
    return Atom(atom.left, relation, atom.right)


def prenex(formula: Formula) -> tuple[Prefix, Formula]:
    """An equivalent formula with all quantifiers in front, blocks of the same kind merged where possible.

    Parameters
    ----------
    formula : Formula
        Without free variables.

    Returns
    -------
    prefix : tuple of (kind, names)
        Outermost block first; a name bound more than once in the formula gets a suffix from the second time on.
    matrix : Formula
        Without quantifiers and negations.
    """
    return _prenex(_distinct(negation_normal(formula), {}, Counter()))


def _distinct(formula: Formula, names: dict[str, str], used: Counter[str]) -> Formula:
    """Give every bound variable a name of its own."""
    if isinstance(formula, Atom):
        return Atom(formula.left.renamed(names), formula.relation, formula.right.renamed(names))
    if isinstance(formula, Quantified):
        fresh = {}
        for name in formula.names:
            fresh[name] = f"{name}_v{used[name]}" if used[name] else name
            used[name] += 1
        return Quantified(formula.kind, tuple(fresh.values()), _distinct(formula.body, names | fresh, used))
    assert not isinstance(formula, Not)
    parts = tuple(_distinct(part, names, used) for part in formula.parts)
    return And(parts) if isinstance(formula, And) else Or(parts)


def _prenex(formula: Formula) -> tuple[Prefix, Formula]:
    if isinstance(formula, Atom):
        return (), formula
    if isinstance(formula, Quantified):
        inner, matrix = _prenex(formula.body)
        return _joined(((formula.kind, formula.names), *inner)), matrix
    assert not isinstance(formula, Not)
    parts = [_prenex(part) for part in formula.parts]
    matrices = [matrix for _, matrix in parts]
    matrix = (all_of if isinstance(formula, And) else any_of)(matrices) if matrices else formula
    return _joined(_interleaved([list(prefix) for prefix, _ in parts])), matrix


def _interleaved(prefixes: list[list[tuple[Literal["forall", "exists"], tuple[str, ...]]]]) -> Prefix:
    """All blocks, each list in its order, taking as many of one kind as possible before changing."""
    result: list[tuple[Literal["forall", "exists"], tuple[str, ...]]] = []
    kind: Literal["forall", "exists"] = "exists"
    while any(prefixes):
        leading = [prefix for prefix in prefixes if prefix and prefix[0][0] == kind]
        if leading:
            result.extend(prefix.pop(0) for prefix in leading)
        else:
            kind = "forall" if kind == "exists" else "exists"
    return tuple(result)


def _joined(prefix: Prefix) -> Prefix:
    result: list[tuple[Literal["forall", "exists"], tuple[str, ...]]] = []
    for kind, names in prefix:
        if result and result[-1][0] == kind:
            result[-1] = (kind, result[-1][1] + names)
        else:
            result.append((kind, names))
    return tuple(result)


def is_trivial(formula: Formula) -> bool | None:
    """Truth value of a formula without atoms, otherwise None."""
    if isinstance(formula, (And, Or)) and not formula.parts:
        return formula != FALSE
    return None
