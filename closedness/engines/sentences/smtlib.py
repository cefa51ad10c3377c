"""SMT-LIB 2.6 text of formulas and questions."""

from __future__ import annotations

from fractions import Fraction

from closedness.engines.sentences.logic import And, Atom, Case, Formula, Not, Or, Quantified, Query, is_quantified
from closedness.engines.sentences.polynomials import Poly

__all__ = ["smtlib_case", "smtlib_formula", "smtlib_number", "smtlib_poly", "smtlib_query"]

_EMPTY = {And: "true", Or: "false"}
_WORD = {And: "and", Or: "or"}


def smtlib_number(value: Fraction | int) -> str:
    """A rational constant.

    Examples
    --------
    >>> smtlib_number(Fraction(-3, 2))
    '(- (/ 3.0 2.0))'
    """
    value = Fraction(value)
    size = abs(value)
    text = f"{size}.0" if size.denominator == 1 else f"(/ {size.numerator}.0 {size.denominator}.0)"
    return f"(- {text})" if value < 0 else text


def smtlib_poly(poly: Poly) -> str:
    """A polynomial.

    Examples
    --------
    >>> from closedness.engines.sentences.polynomials import ONE, variable
    >>> smtlib_poly(variable("x") * variable("y") - ONE)
    '(+ (* x y) (- 1.0))'
    """
    parts = []
    for value, names in poly.monomials:
        factors = list(names) if names and abs(value) == 1 else [smtlib_number(abs(value)), *names]
        text = factors[0] if len(factors) == 1 else f"(* {' '.join(factors)})"
        parts.append(f"(- {text})" if value < 0 else text)
    if not parts:
        return "0.0"
    return parts[0] if len(parts) == 1 else f"(+ {' '.join(parts)})"


def smtlib_formula(formula: Formula) -> str:
    """A formula as one term of sort Bool."""
    if isinstance(formula, Atom):
        sides = f"{smtlib_poly(formula.left)} {smtlib_poly(formula.right)}"
        return f"(not (= {sides}))" if formula.relation == "!=" else f"({formula.relation} {sides})"
    if isinstance(formula, Not):
        return f"(not {smtlib_formula(formula.part)})"
    if isinstance(formula, Quantified):
        bound = " ".join(f"({name} Real)" for name in formula.names)
        return f"({formula.kind} ({bound}) {smtlib_formula(formula.body)})"
    if not formula.parts:
        return _EMPTY[type(formula)]
    if len(formula.parts) == 1:
        return smtlib_formula(formula.parts[0])
    return f"({_WORD[type(formula)]} {' '.join(map(smtlib_formula, formula.parts))})"


def smtlib_case(case: Case, check: bool = True) -> str:
    """A complete script for one case: logic, declarations, assertions, and optionally ``(check-sat)``."""
    logic = "NRA" if any(map(is_quantified, case.asserts)) else "QF_NRA"
    lines = [f"(set-logic {logic})"]
    lines += [f"(declare-const {name} Real)" for name in case.names]
    lines += [f"(assert {smtlib_formula(part)})" for part in case.asserts]
    if check:
        lines.append("(check-sat)")
    return "\n".join(lines) + "\n"


def smtlib_query(query: Query, header: tuple[str, ...] = ()) -> str:
    """One script that is satisfiable exactly when the question's answer is yes.

    Parameters
    ----------
    query : Query
    header : tuple of str
        Comment lines.
    """
    comments = "".join(f"; {line}\n" for line in (*header, f"satisfiable exactly when {query.purpose}"))
    if len(query.cases) == 1:
        return comments + smtlib_case(query.cases[0])
    return comments + smtlib_case(Case((), (query.formula,)))
