"""cvc5 with cylindrical algebraic coverings: a second opinion; the optional extra ``cvc5``.

Coverings are made for existential questions. Quantified ones go to its instantiation, which answers the simplest only.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from closedness.engines.answers import worker_answer
from closedness.engines.base import Answer, Backend, Capabilities, installed_version
from closedness.engines.process import run
from closedness.engines.sentences.logic import Query
from closedness.engines.z3 import rounds, variants

__all__ = ["CVC5"]

WORKER = str(Path(__file__).with_name("cvc5_worker.py"))


class CVC5(Backend):
    """The cvc5 solver in a process of its own.

    Parameters
    ----------
    worker : list of str, optional
        Command that answers requests.
    """

    name = "cvc5"
    capabilities = Capabilities(existential=True, quantified=True, model=True)

    def __init__(self, worker: list[str] | None = None) -> None:
        self._worker = worker or [sys.executable, "-P", WORKER]

    @property
    def version(self) -> str:
        """Version of the installed ``cvc5``."""
        return installed_version("cvc5")

    def _ask(self, query: Query, seconds: float | None, memory_mb: int | None) -> Answer:
        request = {
            "cases": [variants(case, 4 if len(query.cases) <= 128 else 1) for case in query.cases],
            "names": [list(case.names) for case in query.cases],
            "rounds": [("default", None)] if query.quantified else rounds("nl-cov"),
        }
        outcome = run(self._worker, json.dumps(request), seconds, memory_mb)
        return worker_answer(outcome, query, self.name)
