"""Imported by the server that processes are forked from: loads what a decision needs, so that none of them has to."""

from __future__ import annotations

import contextlib

from closedness.errors import ClosednessError
from closedness.explore.answers import verdict
from closedness.supports.product import SupportProduct

__all__ = ["warm"]

PROBLEMS = ("100/110/111 * 111/011/001", "10/01 * 11/11", "11/11 * 10/01 * 11/11")


def warm() -> None:
    """Answer small questions, so that everything they import is there.

    Examples
    --------
    >>> warm()
    """
    for text in PROBLEMS:
        for _ in verdict({"problem": SupportProduct.from_text(text).to_problem(), "seconds": 5}):
            pass


with contextlib.suppress(ClosednessError, OSError):  # the question that needs it will say so
    warm()
