"""Repairs by going through all sets of changes; verdicts are looked up by canonical form."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from itertools import product as choices
from typing import TYPE_CHECKING

from closedness import Status, SupportProduct, decide
from closedness.repair.changes import Change, Rules, apply

if TYPE_CHECKING:
    from collections.abc import Iterator


@cache
def _status(canonical: SupportProduct) -> Status:
    return decide(canonical).status


def closed(product: SupportProduct) -> bool:
    status = _status(product.canonical())
    assert status is not Status.UNDECIDED
    return status is Status.CLOSED


def all_smallest(product: SupportProduct, rules: Rules, at_most: int) -> tuple[int | None, set[frozenset[Change]]]:
    """The size of the smallest repairs, and all of them; (None, nothing) if they have more than so many changes."""
    every = list(rules.all(product))
    for size in range(at_most + 1):
        found = {frozenset(each) for each in combinations(every, size) if closed(apply(product, each))}
        if found:
            return size, found
    return None, set()


def products(m: int, r: int, n: int) -> Iterator[SupportProduct]:
    """All supports of these sizes."""
    for bits in choices((0, 1), repeat=m * r + r * n):
        left = [bits[i * r : (i + 1) * r] for i in range(m)]
        right = [bits[m * r + k * n : m * r + (k + 1) * n] for k in range(r)]
        yield SupportProduct([left, right])
