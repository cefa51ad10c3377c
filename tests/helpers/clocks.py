"""Budgets for tests."""

from __future__ import annotations

from closedness.budget import Budget


class _Spent(Budget):
    def expired(self) -> bool:
        return True


ENDED = _Spent(0)


class Counting(Budget):
    """Ends when it has been asked more often than so many times."""

    def __init__(self, most: int) -> None:
        super().__init__(None)
        self.most, self.asked = most, 0

    def expired(self) -> bool:
        self.asked += 1
        return self.asked > self.most
