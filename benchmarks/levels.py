"""Sparsity levels of small two-factor products: how many are decided, and how.

Run as ``python -m benchmarks.levels`` from the root of the project; writes ``benchmarks/results/levels.json``. For each
size, all pairs of one bound (for rows, for columns, or in all) on each factor.
"""

from __future__ import annotations

import json
import platform
import time
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from closedness.check import check
from closedness.levels.decide import decide_levels
from closedness.supports.levels import Level, SparsityLevels

RESULTS = Path(__file__).parent / "results" / "levels.json"
SIZES = ((2, 2, 2), (3, 2, 2), (3, 2, 3), (2, 3, 2), (4, 2, 3))
SECONDS = 5.0


def levels_of(shape: tuple[int, int]) -> Iterator[Level]:
    """Every bound that binds, and none."""
    m, n = shape
    yield Level(shape)
    for row in range(1, n):
        yield Level(shape, row=row)
    for column in range(1, m):
        yield Level(shape, column=column)
    for total in range(1, m * n):
        yield Level(shape, total=total)


def main() -> None:
    """Decide and store."""
    rows = []
    for m, r, n in SIZES:
        statuses: Counter[str] = Counter()
        rules: Counter[str] = Counter()
        undecided = []
        start, slowest = time.perf_counter(), 0.0
        for pair in product(levels_of((m, r)), levels_of((r, n))):
            found = decide_levels(SparsityLevels(pair), seconds=SECONDS)
            statuses[found.status.value] += 1
            slowest = max(slowest, found.seconds)
            if found.certificate is None:
                undecided.append([[each.row, each.column, each.total] for each in pair])
            else:
                assert check(found.certificate).verified
                rules[found.certificate["proof"][-1]["rule"]] += 1
        row = {
            "sizes": [m, r, n],
            "statuses": dict(statuses),
            "rules": dict(rules),
            "undecided_row_column_total": undecided,
            "seconds": round(time.perf_counter() - start, 1),
            "slowest_s": round(slowest, 2),
        }
        print(row["sizes"], row["statuses"], row["rules"], row["seconds"])
        rows.append(row)
    result = {"python": platform.python_version(), "seconds_each": SECONDS, "rows": rows}
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
