"""z3, the default engine: nlsat for existential questions, nlqsat for quantified sentences."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from closedness.engines.answers import worker_answer
from closedness.engines.base import Answer, Backend, Capabilities, installed_version
from closedness.engines.process import run
from closedness.engines.sentences.logic import Case, Query, shuffled
from closedness.engines.sentences.smtlib import smtlib_case

__all__ = ["NLQSAT", "NLSAT", "Z3", "rounds", "variants"]

WORKER = str(Path(__file__).with_name("z3_worker.py"))
NLQSAT = "simplify;propagate-values;qe-light;nlqsat"
NLSAT = "qfnra-nlsat"
Rounds = tuple[tuple[str, float | None], ...]


def rounds(tactic: str, first: float = 0.25, longest: float = 32.0) -> Rounds:
    """Attempts that get longer: every length twice, doubled from `first` to `longest`, then without a limit.

    Examples
    --------
    >>> [seconds for _, seconds in rounds(NLSAT, 1, 2)]
    [1, 1, 2, 2, None]
    """
    found: list[tuple[str, float | None]] = []
    seconds = first
    while seconds <= longest:
        found += [(tactic, seconds)] * 2
        seconds *= 2
    return (*found, (tactic, None))


def variants(case: Case, count: int) -> list[str]:
    """Scripts that say the same: the alternatives of the case in turn, first as they are, then in other orders."""
    forms = [case, *(replace(case, asserts=asserts) for asserts in case.alternatives)]
    return [smtlib_case(shuffled(forms[k % len(forms)], k // len(forms)), check=False) for k in range(count)]


class Z3(Backend):
    """The z3 solver in a process of its own.

    Parameters
    ----------
    rounds : tuple of (str, float or None), optional
        Tactics (joined by ``;``) tried in turn on the cases that are still open, each with its seconds per case. By
        default nlsat for existential questions and nlqsat for quantified ones, in attempts that get longer.
    restarts : bool
        Whether later rounds write the same question in other ways.
    worker : list of str, optional
        Command that answers requests.

    Notes
    -----
    z3's nonlinear engines have been unsound in some versions: the project pins the version and keeps regression
    patterns in its tests.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> from closedness.engines.sentences.questions import membership_query
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> Z3().solve(membership_query(lu, [[0, 1], [1, 0]])).status
    'unsat'
    """

    name = "z3"
    capabilities = Capabilities(existential=True, quantified=True, model=True)

    def __init__(self, rounds: Rounds | None = None, restarts: bool = True, worker: list[str] | None = None) -> None:
        self._rounds = rounds
        self._restarts = restarts
        self._worker = worker or [sys.executable, "-P", WORKER]

    @property
    def version(self) -> str:
        """Version of the installed ``z3-solver``."""
        return installed_version("z3-solver")

    def _ask(self, query: Query, seconds: float | None, memory_mb: int | None) -> Answer:
        tactic = NLQSAT if query.quantified else NLSAT
        widest = max(1 + len(case.alternatives) for case in query.cases)
        count = (8 if len(query.cases) <= 16 else 4 if len(query.cases) <= 128 else widest) if self._restarts else 1
        request = {
            "cases": [variants(case, count) for case in query.cases],
            "names": [list(case.names) for case in query.cases],
            "rounds": self._rounds or (rounds(tactic) if self._restarts else ((tactic, None),)),
            "memory_mb": memory_mb,
        }
        outcome = run(self._worker, json.dumps(request), seconds, memory_mb)
        return worker_answer(outcome, query, self.name)
