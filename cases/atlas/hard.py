"""Patterns with four and five hidden indices, with and without arbitrary cells: on whose word each verdict rests."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from closedness.budget import Budget
from closedness.census.decide_all import product_of_types
from closedness.check import check
from closedness.decide import decide

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

SHAPES = ((3, 4), (4, 4), (4, 5), (5, 5))
HIDDEN = (4, 5)
MOST_ARBITRARY = 4

Types = tuple[int, ...]


def _full(lines: int, hidden: int) -> Types:
    return ((1 << hidden) - 1,) * lines


def with_arbitrary(rows: Types, columns: Types, hidden: int, cells: set[tuple[int, int]]) -> tuple[Types, Types]:
    """Add a hidden index of its own for each cell: these entries are arbitrary, so the other ones are looked at.

    Examples
    --------
    >>> with_arbitrary((1, 1), (1, 1), 1, {(0, 0), (1, 1)})
    ((3, 5), (3, 5))
    """
    tau, sigma = list(rows), list(columns)
    for k, (i, j) in enumerate(sorted(cells), hidden):
        tau[i] |= 1 << k
        sigma[j] |= 1 << k
    return tuple(tau), tuple(sigma)


def named() -> Iterator[tuple[str, Types, Types]]:
    """Patterns that resisted so far."""
    yield "two-masks", (13, 7, 11, 15), (13, 7, 14, 11)
    yield "rank-4-plus-diagonal-6", *with_arbitrary(_full(6, 4), _full(6, 4), 4, {(i, i) for i in range(6)})
    yield "sample-1", (2, 10, 13, 13), (5, 9, 12, 15)
    yield "sample-2", (7, 11, 11, 13), (7, 11, 12, 15)


def drawn(each: int, seed: int) -> Iterator[tuple[str, Types, Types]]:
    """Random patterns: `each` for each size and number of hidden indices, every other one with arbitrary cells."""
    rng = random.Random(seed)
    for hidden in HIDDEN:
        for m, n in SHAPES:
            for number in range(each):
                density = rng.choice((0.55, 0.7, 0.85))
                rows, columns = (
                    tuple(
                        sum(1 << k for k in range(hidden) if rng.random() < density) or 1 << rng.randrange(hidden)
                        for _ in range(lines)
                    )
                    for lines in (m, n)
                )
                cells = [(i, j) for i in range(m) for j in range(n)]
                chosen = set(rng.sample(cells, rng.randint(1, MOST_ARBITRARY))) if number % 2 else set()
                yield f"{m}x{n}-r{hidden}-{number}", *with_arbitrary(rows, columns, hidden, chosen)


@contextmanager
def processor_time() -> Iterator[None]:
    """Let time budgets count processor time."""
    clock = Budget.clock
    Budget.clock = staticmethod(time.process_time)
    try:
        yield
    finally:
        Budget.clock = staticmethod(clock)


def campaign(
    each: int,
    seconds: float,
    *,
    seed: int = 0,
    only: Container[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Decide the named and the drawn patterns, with the engines as last resort.

    The limit is on processor time, so that it means the same on a busy machine. What engines take is not counted; they
    have the rest of the limit as wall-clock time.

    Parameters
    ----------
    each : int
        Patterns for each size and number of hidden indices.
    seconds : float
        Limit for each pattern.
    seed : int
    only : container of str, optional
        Names of the patterns to decide; all by default.
    progress : callable, optional
        Called with the number of patterns done.

    Returns
    -------
    dict
        How many are closed by a proof, closed on the word of an engine, not closed, and undecided; all that are
        undecided, rest on an engine, or were proved with polynomials that vanish on the set.
    """
    counts: Counter[str] = Counter()
    entries = []
    patterns = [pattern for pattern in (*named(), *drawn(each, seed)) if only is None or pattern[0] in only]
    for done, (name, rows, columns) in enumerate(patterns, 1):
        with processor_time():
            verdict = decide(product_of_types(rows, columns), seconds=seconds)
        kind, detail = verdict.status.value, verdict.reason
        if verdict.certificate is not None:
            report = check(verdict.certificate)
            if not report.verified:
                raise AssertionError(f"{name}: the certificate is rejected")
            if report.trusted:
                kind, detail = "closed, trusted", ", ".join(report.trusted)
            elif '"vanishing"' in verdict.certificate.to_json():
                kind = "closed, with polynomials"
        counts[kind] += 1
        if kind not in ("closed", "not_closed") or only is not None:
            entries.append({"name": name, "rows": rows, "columns": columns, "kind": kind, "detail": detail})
        if progress is not None:
            progress(done)
    return {
        "patterns": len(patterns),
        "seconds": seconds,
        "clock": "processor time",
        "seed": seed,
        "counts": dict(sorted(counts.items())),
        "resisting": entries,
    }
