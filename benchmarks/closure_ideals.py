"""Ideals of closures of random supports: how many are found completely, proved, and how fast; two ways compared.

Run as ``python -m benchmarks.closure_ideals`` from the root of the project, with Singular installed; writes
``benchmarks/results/closure_ideals.json``. Every ideal found is compared with what linear algebra alone finds, by
degrees.
"""

from __future__ import annotations

import json
import platform
import random
import statistics
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from closedness import Support, SupportProduct
from closedness.closure.ideal import ClosureIdeal, closure_ideal
from closedness.engines.singular import Singular

RESULTS = Path(__file__).parent / "results" / "closure_ideals.json"
# lower and upper bound of each size, and how many supports whose products are not dense
KINDS = (
    ("two factors, sizes 3 to 4, r = 1 to 3", ((3, 4), (1, 3), (3, 4)), 60),
    ("two factors, sizes 4 to 5, r = 1 to 3", ((4, 5), (1, 3), (4, 5)), 30),
    ("three factors, sizes 2 to 4", ((2, 4), (2, 4), (2, 4), (2, 4)), 40),
)
SECONDS = 10.0


def random_support(rng: random.Random, bounds: tuple[tuple[int, int], ...]) -> SupportProduct:
    """Random sizes, one of three densities."""
    sizes = [rng.randint(*each) for each in bounds]
    density = rng.choice((0.5, 0.7, 0.9))
    return SupportProduct(
        [
            Support.from_masks((a, b), [sum((rng.random() < density) << j for j in range(b)) for _ in range(a)])
            for a, b in pairwise(sizes)
        ]
    )


def degrees(found: ClosureIdeal, last: int) -> Counter[int]:
    """Number of generators by degree."""
    return Counter(each.degree for each in found.generators if each.degree <= last)


def measured(bounds: tuple[tuple[int, int], ...], count: int) -> dict[str, Any]:
    """Find the ideals of so many supports."""
    rng = random.Random(7)
    outcomes: Counter[str] = Counter()
    conditions: Counter[str] = Counter()
    without: Counter[str] = Counter()
    times = []
    differ = dense = 0
    while len(times) < count:
        product = random_support(rng, bounds)
        start = time.perf_counter()
        found = closure_ideal(product, SECONDS)
        if found.closure.dense:
            dense += 1
            continue
        times.append(time.perf_counter() - start)
        outcomes["proved" if found.complete and not found.trusted else "trusted" if found.complete else "partial"] += 1
        outcomes["dimension proved"] += found.closure.exact
        conditions[found.conditions] += 1
        alone = closure_ideal(product, 2.0, singular=Singular("no-such-program"))
        without["complete" if alone.complete else f"up to degree {alone.complete_to}"] += 1
        last = min(99 if each.complete else each.complete_to or 0 for each in (found, alone))
        if found.minimal and alone.minimal:
            differ += degrees(found, last) != degrees(alone, last)
    return {
        "supports": count,
        "dense_besides": dense,
        "outcomes": dict(outcomes),
        "rank_conditions": dict(conditions),
        "without_singular_2_s": dict(sorted(without.items())),
        "disagreements": differ,
        "median_seconds": round(statistics.median(times), 2),
        "slowest_seconds": round(max(times), 1),
    }


def main() -> None:
    """Measure and store."""
    rows = {}
    for name, bounds, count in KINDS:
        rows[name] = measured(bounds, count)
        print(name, rows[name], flush=True)
    RESULTS.write_text(
        json.dumps(
            {
                "command": "python -m benchmarks.closure_ideals",
                "limit_seconds": SECONDS,
                "singular": Singular().version,
                "python": platform.python_version(),
                "results": rows,
            },
            indent=1,
        )
        + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
