"""The process in which cvc5 runs: reads questions as JSON on standard input, writes one JSON object.

The same protocol as :mod:`closedness.engines.z3_worker`: ``{"cases": [[script], …], "names": [[name, …], …], "rounds":
[[tactic, seconds], …]}``, the tactic being ``nl-cov``, cylindrical algebraic coverings, or ``default``.
"""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from math import lcm
from typing import Any


def _coefficients(term: Any, unknown: Any) -> list[Fraction]:
    """Coefficients of a polynomial in one variable, constant term first."""
    if term == unknown:
        return [Fraction(0), Fraction(1)]
    if term.isRealValue():
        return [Fraction(term.getRealValue())]
    kind = str(term.getKind()).rsplit(".", 1)[-1]
    parts = [_coefficients(child, unknown) for child in term]
    result = parts[0]
    for part in parts[1:]:
        if kind == "ADD":
            size = max(len(result), len(part))
            pad = [values + [Fraction(0)] * (size - len(values)) for values in (result, part)]
            result = [a + b for a, b in zip(*pad, strict=True)]
        elif kind == "MULT":
            product = [Fraction(0)] * (len(result) + len(part) - 1)
            for i, a in enumerate(result):
                for j, b in enumerate(part):
                    product[i + j] += a * b
            result = product
        else:
            raise ValueError(f"a defining polynomial contains {kind}")
    return result


def _value(term: Any, manager: Any) -> Any:
    if term.isRealValue():
        value = Fraction(term.getRealValue())
        return f"{value.numerator}/{value.denominator}"
    if term.isRealAlgebraicNumber():
        unknown = manager.mkVar(manager.getRealSort(), "z")
        coefficients = _coefficients(term.getRealAlgebraicNumberDefiningPolynomial(unknown), unknown)
        scale = lcm(*(value.denominator for value in coefficients))
        low = Fraction(term.getRealAlgebraicNumberLowerBound().getRealValue())
        high = Fraction(term.getRealAlgebraicNumberUpperBound().getRealValue())
        near, radius = (low + high) / 2, (high - low) / 2
        return {
            "poly": [str(int(value * scale)) for value in coefficients],
            "near": f"{near.numerator}/{near.denominator}",
            "radius": f"{radius.numerator}/{radius.denominator}",
        }
    raise ValueError(f"value {str(term)[:80]!r} is neither rational nor algebraic")


def _attempt(script: str, names: list[str], tactic: str, seconds: float | None, cvc5: Any) -> tuple[str, Any, str]:
    manager = cvc5.TermManager()
    solver = cvc5.Solver(manager)
    solver.setOption("produce-models", "true")
    if tactic == "nl-cov":
        solver.setOption("nl-cov", "true")
    if seconds is not None:
        solver.setOption("tlimit-per", str(max(1, int(1000 * seconds))))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, script, "question")
    symbols = parser.getSymbolManager()
    while True:
        command = parser.nextCommand()
        if command.isNull():
            break
        command.invoke(solver, symbols)
    result = solver.checkSat()
    if result.isUnsat():
        return "unsat", None, ""
    if not result.isSat():
        return "unknown", None, str(result.getUnknownExplanation()).rsplit(".", 1)[-1].lower()
    model = {}
    try:
        for term in symbols.getDeclaredTerms():
            model[str(term)] = _value(solver.getValue(term), manager)
    except (ValueError, RuntimeError) as error:  # satisfiable all the same
        return "sat", None, str(error)
    return "sat", {name: model[name] for name in names}, ""


def _solve(request: dict[str, Any], cvc5: Any) -> dict[str, Any]:
    cases = request["cases"]
    pending = list(range(len(cases)))
    details: list[str] = []
    for turn, (tactic, seconds) in enumerate(request["rounds"]):
        left = []
        for index in pending:
            script = cases[index][turn % len(cases[index])]
            status, model, detail = _attempt(script, request["names"][index], tactic, seconds, cvc5)
            if status == "sat":
                return {"status": "sat", "case": index, "model": model, "detail": detail}
            if status == "unknown":
                left.append(index)
                details.append(detail)
        pending = left
        if not pending:
            return {"status": "unsat", "case": None, "model": None, "detail": ""}
    detail = f"{len(pending)} of {len(cases)} cases left open ({', '.join(sorted(set(details)))})"
    return {"status": "unknown", "case": None, "model": None, "detail": detail}


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    import cvc5

    sys.stdout.write(json.dumps(_solve(request, cvc5)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
