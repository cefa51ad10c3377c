"""Time budgets that hold."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Budget:
    """A wall-clock budget.

    Parameters
    ----------
    seconds : float or None
        The limit; None means no limit.

    Attributes
    ----------
    clock : callable
        Seconds on the wall clock. Measurements on a busy machine may put ``time.process_time`` here.

    Examples
    --------
    >>> Budget(None).expired()
    False
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, seconds: float | None) -> None:
        self.start = self.clock()
        self.deadline = None if seconds is None else self.start + seconds

    def elapsed(self) -> float:
        """Seconds since the budget was made."""
        return self.clock() - self.start

    def left(self) -> float | None:
        """Seconds that are left, None without a limit."""
        return None if self.deadline is None else max(0.0, self.deadline - self.clock())

    def expired(self) -> bool:
        """True when the limit has passed."""
        return self.deadline is not None and self.clock() > self.deadline

    def part(self, share: float) -> Budget:
        """A budget of a share of what is left."""
        left = self.left()
        return Budget(None if left is None else left * share)


def within(seconds: float | None, expired: Callable[[], bool] | None) -> Budget:
    """A budget that also ends when another one does.

    Parameters
    ----------
    seconds : float or None
        The limit; None means the other one alone.
    expired : callable or None
        Whether the other one is spent.

    Examples
    --------
    >>> within(10.0, lambda: True).expired()
    True
    """
    return _Within(seconds, expired)


class _Within(Budget):
    def __init__(self, seconds: float | None, other: Callable[[], bool] | None) -> None:
        super().__init__(seconds)
        self.other = other

    def expired(self) -> bool:
        return super().expired() or (self.other is not None and self.other())
