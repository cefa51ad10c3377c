"""Answers about factors with constraints, for ``closedness decide`` and ``closedness model``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from closedness.cli.guard import DECIDED, UNDECIDED
from closedness.cli.output import console, print_json, working, write_certificate

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
    write_certificate(certificate, verdict.certificate)
    return UNDECIDED if verdict.certificate is None else DECIDED
