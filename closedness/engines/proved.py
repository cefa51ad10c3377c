"""The checker that Coq proved, where it is built: ``proofs/proved.py`` in a checkout.

It covers certificates that a chain of factors is not closed, and that one is closed by structural rules.
A second opinion: no verdict rests on it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from closedness.engines.process import run
from closedness.errors import BackendError, InputError

__all__ = ["Opinion", "opinion"]

SECONDS = 60.0
MEMORY_MB = 4_000
WAY_OUT = (
    "run `make proved` in a checkout of the project (it needs Debian's coq and ocaml), "
    "or name its folder proofs in CLOSEDNESS_PROOFS"
)


@dataclass(frozen=True)
class Opinion:
    """What the proved checker says of a certificate.

    Attributes
    ----------
    answer : {"proved", "rejected", "not covered"}
        "not covered" says nothing about the certificate.
    text : str
        The same in words: the theorem, or what is not covered.
    """

    answer: Literal["proved", "rejected", "not covered"]
    text: str


_ANSWERS: dict[int, Literal["proved", "rejected", "not covered"]] = {0: "proved", 1: "rejected", 4: "not covered"}


def opinion(certificate: bytes) -> Opinion:
    """Ask the proved checker about a certificate.

    Raises
    ------
    InputError
        If the checker is not built.
    BackendError
        If it does not answer within a minute, or not at all.

    Examples
    --------
    >>> opinion(b"{}")  # doctest: +SKIP
    Opinion(answer='not covered', text='not covered by the proved checker: ...')
    """
    folder = Path(os.environ.get("CLOSEDNESS_PROOFS") or Path(__file__).parents[2] / "proofs")
    if not (folder / "checker").is_file():
        raise InputError(f"the proved checker is not built in {folder}: {WAY_OUT}")
    command = [sys.executable, str(folder / "proved.py"), "-"]
    outcome = run(command, certificate.decode("utf-8", "replace"), SECONDS, MEMORY_MB)
    if outcome.ending != "exit":
        raise BackendError(f"the proved checker ran into its limit of {SECONDS:.0f} s or {MEMORY_MB} MB")
    lines = outcome.stdout.split("\n")
    if outcome.code not in _ANSWERS or not lines[0]:
        raise BackendError(f"the proved checker gave no answer: {outcome.stderr.strip() or outcome.code}")
    return Opinion(_ANSWERS[outcome.code], lines[0])
