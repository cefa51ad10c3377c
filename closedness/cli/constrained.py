"""Answers about factors with constraints, for ``closedness decide`` and ``closedness model``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from closedness.cli.guard import DECIDED, UNDECIDED, complain
from closedness.cli.output import console, print_json, working, write_whole

if TYPE_CHECKING:
    from pathlib import Path

    from closedness.constrained.problem import Covariance, Fixed, NonNegative

__all__ = ["answer"]


def answer(
    question: NonNegative | Covariance | Fixed,
    seconds: float | None,
    certificate: Path | None,
    as_json: bool,
    notes: Sequence[str] = (),
) -> int:
    """Decide, write the certificate, print the answer; the exit code."""
    from closedness.constrained.decide import decide_constrained

    with working("deciding"):
        verdict = decide_constrained(question, seconds=seconds)
    if certificate is not None and verdict.certificate is not None:
        write_whole(certificate, json.dumps(verdict.certificate, separators=(",", ":")) + "\n")
    if as_json:
        print_json(
            {
                "status": verdict.status.value,
                "theorem": verdict.theorem,
                "reason": verdict.reason,
                "problem_id": question.content_id,
                "notes": list(notes),
                "certificate": verdict.certificate,
            }
        )
    else:
        console().print(str(verdict), soft_wrap=True, markup=False)
        for note in notes:
            console().print(f"note: {note}", soft_wrap=True, markup=False)
    if certificate is not None and verdict.certificate is None:
        complain(f"no certificate written to {certificate}: undecided")
    return UNDECIDED if verdict.certificate is None else DECIDED
