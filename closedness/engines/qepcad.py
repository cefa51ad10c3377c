"""QEPCAD B, an optional program on the search path: partial cylindrical algebraic decomposition.

Its default projection, McCallum's, is not valid everywhere; where it may not be, the program prints a warning, and its
answer is then no proof: such answers come back with ``reliable=False`` and say so, unless a sample point is printed
that satisfies the question exactly.
"""

from __future__ import annotations

import re
from dataclasses import replace

from closedness.budget import Budget
from closedness.engines.answers import substituted
from closedness.engines.base import Answer, Backend, Capabilities
from closedness.engines.process import Finished, run, version_of
from closedness.engines.sample import read_sample
from closedness.engines.sentences.logic import TRUE, Case, Query
from closedness.engines.sentences.prenex import is_trivial, prenex
from closedness.engines.sentences.systems import qepcad_text
from closedness.errors import BackendError, InputError

__all__ = ["QEPCAD", "read_qepcad"]

WARNING = "QEPCAD warns that its projection may not be valid: no proof"
_ANSWER = re.compile(r"An equivalent quantifier-free formula:\s*(\S[^\n]*)")


def read_qepcad(text: str) -> tuple[bool, bool]:
    r"""Truth value of the sentence, and whether a warning makes it no proof.

    Raises
    ------
    BackendError
        If the output holds no truth value.

    Examples
    --------
    >>> read_qepcad("An equivalent quantifier-free formula:\n\nTRUE\n")
    (True, False)
    """
    found = _ANSWER.findall(text)
    if len(found) != 1 or found[0].strip() not in ("TRUE", "FALSE"):
        complaint = re.search(r"^.*(error|fail|exhausted|too few|too many).*$", text, re.IGNORECASE | re.MULTILINE)
        said = complaint.group().strip()[:120] if complaint else "no truth value"
        raise BackendError(f"qepcad gave an answer that cannot be read: {said}")
    return found[0].strip() == "TRUE", "may not be valid" in " ".join(text.split())


class QEPCAD(Backend):
    """The program ``qepcad`` in a process of its own, one run for each case.

    Parameters
    ----------
    program : str
        Name or path.
    """

    name = "qepcad"
    capabilities = Capabilities(existential=True, quantified=True, model=True)

    def __init__(self, program: str = "qepcad") -> None:
        self._program = program

    @property
    def version(self) -> str:
        """Version that the program prints; empty when it is not on the search path."""
        return version_of(self._program, r"Version\s+(B\s+[0-9.]+)")

    def _ask(self, query: Query, seconds: float | None, memory_mb: int | None) -> Answer:
        budget = Budget(seconds)
        doubtful = False
        for case in query.cases:
            left = budget.left()
            if left is not None and left <= 0:
                raise BackendError(f"qepcad was stopped after {budget.elapsed():.1f} s")
            holds, warned = self._case(case, left, memory_mb)
            if holds:
                plain = Answer("sat", detail=WARNING if warned else "", reliable=not warned)
                left = budget.left()
                return self._with_sample(plain, case, left, memory_mb)
            doubtful = doubtful or warned
        return Answer("unsat", detail=WARNING if doubtful else "", reliable=not doubtful)

    def _with_sample(self, answer: Answer, case: Case, seconds: float | None, memory_mb: int | None) -> Answer:
        """The answer with a sample point, by a second run; one that is verified needs no valid projection.

        A point that cannot be read, or violates the question, is left out.
        """
        prefix, matrix = prenex(case.formula)
        if len(prefix) != 1 or prefix[0][0] != "exists" or is_trivial(matrix) is not None:
            return answer
        if seconds is not None and seconds <= 0:
            return answer
        try:
            outcome = self._run(qepcad_text(case.formula, sample=True), seconds, memory_mb)
            sample = replace(answer, model=read_sample(outcome.stdout, prefix[0][1]), detail="")
            found = substituted(sample, case, self.name)
        except (BackendError, ValueError):
            return answer
        return replace(found, reliable=True) if found.verified else answer

    def _case(self, case: Case, seconds: float | None, memory_mb: int | None) -> tuple[bool, bool]:
        matrix = prenex(case.formula)[1]
        if is_trivial(matrix) is not None:
            return matrix == TRUE, False
        try:
            text = qepcad_text(case.formula)
        except InputError as error:
            raise BackendError(str(error)) from None
        return read_qepcad(self._run(text, seconds, memory_mb).stdout)

    def _run(self, text: str, seconds: float | None, memory_mb: int | None) -> Finished:
        cells = min(40_000_000, max(2_000_000, (memory_mb or 2048) * 20_000))
        outcome = run([self._program, "-noecho", f"+N{cells}"], text, seconds, memory_mb)
        failure = outcome.failure(self.name)
        if failure:
            raise BackendError(failure)
        return outcome
