"""The process in which z3 runs: reads questions as JSON on standard input, writes one JSON object.

Run as ``python -P z3_worker.py`` by :mod:`closedness.engines.z3`. Imports nothing of ours, so that it starts quickly.

Input: ``{"cases": [[script, …], …], "names": [[name, …], …], "rounds": [[tactic, seconds], …], "memory_mb": …}``
with equivalent scripts for each case. Each round goes through the cases that are still open, with the next script of
each, and gives each of them so many seconds.
Output: ``{"version": …, "status": …, "case": index, "model": {…}, "detail": …}``.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

_DIGITS = 40


def _value(number: Any, z3: Any) -> Any:
    if z3.is_rational_value(number):
        return f"{number.numerator_as_long()}/{number.denominator_as_long()}"
    if z3.is_algebraic_value(number):
        near = number.approx(_DIGITS)
        return {
            "poly": [str(_integer(c)) for c in number.poly()],
            "near": f"{near.numerator_as_long()}/{near.denominator_as_long()}",
            "radius": f"1/{10**_DIGITS}",
        }
    raise ValueError(f"value {str(number)[:80]!r} is neither rational nor algebraic")


def _integer(number: Any) -> int:
    return int(number.as_long()) if hasattr(number, "as_long") else int(str(number))


def _tactic(text: str, z3: Any) -> Any:
    """A tactic from names joined by ``;``."""
    parts = [z3.Tactic(name) for name in re.split(r"\s*;\s*", text)]
    return parts[0] if len(parts) == 1 else z3.Then(*parts)


def _satisfied(case: int, found: Any, names: list[str], z3: Any) -> dict[str, Any]:
    model = {}
    try:
        for name in names:
            model[name] = _value(z3.simplify(found.eval(z3.Real(name), model_completion=True)), z3)
    except (ValueError, z3.Z3Exception) as error:  # satisfiable all the same
        return {"status": "sat", "case": case, "model": None, "detail": str(error)}
    return {"status": "sat", "case": case, "model": model, "detail": ""}


def _solve(request: dict[str, Any], z3: Any) -> dict[str, Any]:
    if request.get("memory_mb"):
        z3.set_param("memory_max_size", int(request["memory_mb"]))
    cases = request["cases"]
    pending = list(range(len(cases)))
    details: list[str] = []
    for turn, (name, seconds) in enumerate(request["rounds"]):
        left = []
        for index in pending:
            try:
                solver = _tactic(name, z3).solver()
                if seconds is not None:
                    solver.set("timeout", max(1, int(1000 * float(seconds))))
                solver.add(z3.parse_smt2_string(cases[index][turn % len(cases[index])]))
                result = str(solver.check())
                if result == "sat":
                    return _satisfied(index, solver.model(), request["names"][index], z3)
                reason = solver.reason_unknown() if result == "unknown" else ""
            except z3.Z3Exception as error:
                result, reason = "unknown", str(error)
            if result != "unsat":
                left.append(index)
                details.append(reason)
        pending = left
        if not pending:
            return {"status": "unsat", "case": None, "model": None, "detail": ""}
    reasons = ", ".join(sorted(set(filter(None, details)))) or "no reason given"
    detail = f"{len(pending)} of {len(cases)} cases left open ({reasons})"
    return {"status": "unknown", "case": None, "model": None, "detail": detail}


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    import z3

    answer = _solve(request, z3)
    answer["version"] = z3.get_version_string()
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
