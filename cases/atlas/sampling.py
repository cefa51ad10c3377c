"""Random patterns beyond the complete lists: the share that is decided, and what resists."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

from closedness.census.decide_all import product_of_types
from closedness.check import check
from closedness.decide import decide

if TYPE_CHECKING:
    from collections.abc import Callable


def sample(
    hidden: int,
    rows: int,
    columns: int,
    number: int,
    seconds: float,
    *,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> dict[str, object]:
    """Decide random patterns without any solver.

    Parameters
    ----------
    hidden, rows, columns : int
        Sizes; each row and column gets a random non-empty type.
    number : int
        How many patterns.
    seconds : float
        Wall-clock limit for each.
    seed : int
    progress : callable, optional
        Called with the number of patterns done.

    Returns
    -------
    dict
        Counts by verdict, the share decided, and the undecided patterns with what was tried.
    """
    rng = random.Random(seed)
    counts: Counter[str] = Counter()
    undecided = []
    for done in range(1, number + 1):
        row_types = tuple(sorted(rng.randrange(1, 1 << hidden) for _ in range(rows)))
        column_types = tuple(sorted(rng.randrange(1, 1 << hidden) for _ in range(columns)))
        verdict = decide(product_of_types(row_types, column_types), seconds=seconds, last_resort=False)
        if verdict.certificate is None:
            undecided.append({"rows": row_types, "columns": column_types, "tried": verdict.tried})
        elif not check(verdict.certificate).verified:
            raise AssertionError(f"{row_types}, {column_types}: the certificate is rejected")
        counts[verdict.status.value] += 1
        if progress is not None:
            progress(done)
    return {
        "hidden": hidden,
        "shape": [rows, columns],
        "seconds": seconds,
        "seed": seed,
        "counts": dict(sorted(counts.items())),
        "share_decided": round(1 - len(undecided) / number, 4),
        "undecided": undecided,
    }
