"""Time budgets that hold."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from closedness.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable


def time_limit(seconds: object, name: str = "seconds") -> float | None:
    """A limit as it was given, with None for none.

    Parameters
    ----------
    seconds : object
        A number of seconds, at least 0; None or infinity for no limit.
    name : str
        What the caller calls it.

    Raises
    ------
    InputError
        If it is negative or not a number.

    Examples
    --------
    >>> time_limit(2.5), time_limit(float("inf"))
    (2.5, None)
    """
    if seconds is None:
        return None
    if isinstance(seconds, (bool, str, bytes)) or not hasattr(seconds, "__float__") or not float(seconds) >= 0:
        raise InputError(f"{name} is {seconds!r}, not a time limit: a number of seconds, at least 0, or inf")
    limit = float(seconds)
    return None if math.isinf(limit) else limit


class Budget:
    """A wall-clock budget.

    Parameters
    ----------
    seconds : float or None
        The limit; None means no limit.

    Raises
    ------
    InputError
        If it is negative or not a number.

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
        limit = time_limit(seconds)
        self.start = self.clock()
        self.deadline = None if limit is None else self.start + limit

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


UNLIMITED = Budget(None)
"""A budget that does not end."""


def within(seconds: float | None, other: Budget) -> Budget:
    """A budget that also ends when another one does.

    Parameters
    ----------
    seconds : float or None
        The limit; None means the other one alone.
    other : Budget

    Examples
    --------
    >>> within(10.0, Budget(0)).expired()
    True
    """
    return _Within(seconds, other)


class _Within(Budget):
    def __init__(self, seconds: float | None, other: Budget) -> None:
        super().__init__(seconds)
        self.other = other

    def expired(self) -> bool:
        return super().expired() or self.other.expired()
