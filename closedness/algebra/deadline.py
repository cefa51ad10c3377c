"""What ends a computation in time, for rooms below that of budgets."""

from __future__ import annotations

from typing import Protocol

__all__ = ["NEVER", "Deadline"]


class Deadline(Protocol):
    """A `closedness.budget.Budget`, or whatever else can say that time is up."""

    def expired(self) -> bool:
        """True when the limit has passed."""


class _Never:
    def expired(self) -> bool:
        return False


NEVER: Deadline = _Never()
"""A limit that does not pass.

Examples
--------
>>> NEVER.expired()
False
"""
