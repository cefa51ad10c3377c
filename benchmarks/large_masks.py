"""Large two-factor masks: time, memory and verdict of `decide`, time of `check`.

Run as ``python benchmarks/large_masks.py`` from the root of the project; writes
``benchmarks/results/large_masks.json``.

At 1000×1000×1000 and density 0.1 % a hidden index has one row and one column on average; the product has about a
thousand cells, of which hardly one is covered twice. Most of these masks are closed, with certificate, so no program
can find them not to be; from 0.2 % on none of them is.
"""

from __future__ import annotations

import json
import platform
import resource
import statistics
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from closedness import SupportProduct, check, decide

RESULTS = Path(__file__).parent / "results" / "large_masks.json"


def random_masks(n: int, density: float, seed: int) -> SupportProduct:
    """Two factors of size n with independent entries."""
    rng = np.random.default_rng(seed)
    factors = [
        sp.random_array((n, n), density=density, rng=rng, data_sampler=lambda size: np.ones(size)) for _ in range(2)
    ]
    return SupportProduct(factors)


def planted_crossing(n: int, seed: int, block: int = 50) -> SupportProduct:
    """In each block the row sets grow while the column sets shrink: any two supports cross."""
    rng = np.random.default_rng(seed)
    left, right = np.zeros((n, n), dtype=bool), np.zeros((n, n), dtype=bool)
    rows, columns, names = (rng.permutation(n) for _ in range(3))
    for k in range(n // block * block):
        start = k // block * block
        height = int(rng.integers(1, block + 1))
        left[rows[start : start + height], names[k]] = True
        right[columns[start : start + block + 1 - height], names[k]] = True
    return SupportProduct.from_pair(left, right)


def common_cells(product: SupportProduct) -> int:
    """Cells of the product that more than one rank-one support covers."""
    left, right = (sp.csr_array(factor.to_dense().astype(np.float32)) for factor in product.factors)
    return int(((left @ right).data > 1.5).sum())


def measured(name: str, products: list[SupportProduct]) -> dict[str, object]:
    """Median times over the products, and how often each verdict occurred."""
    decided, checked, verdicts = [], [], []
    for product in products:
        start = time.perf_counter()
        verdict = decide(product, last_resort=False)
        decided.append(time.perf_counter() - start)
        verdicts.append(verdict.status.value)
        if verdict.certificate is not None:
            start = time.perf_counter()
            report = check(verdict.certificate)
            checked.append(time.perf_counter() - start)
            assert report.verified, report.reason
            assert not report.trusted
    common = [common_cells(product) for product in products[:3]] if products[0].shape[0] <= 1000 else []
    row: dict[str, object] = {
        "masks": name,
        "instances": len(products),
        "verdicts": {word: verdicts.count(word) for word in sorted(set(verdicts))},
        "cells_covered_more_than_once": common,
        "decide_median_s": round(statistics.median(decided), 3),
        "decide_largest_s": round(max(decided), 3),
        "check_median_s": round(statistics.median(checked), 3) if checked else None,
        "peak_memory_mb_so_far": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(row)
    return row


def main() -> None:
    """Measure and store."""
    decide(random_masks(100, 0.05, 0), last_resort=False)  # imports
    rows = [
        measured(f"random 1000x1000x1000, density {density}", [random_masks(1000, density, s) for s in range(10)])
        for density in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)
    ]
    rows.append(measured("planted crossing 1000x1000x1000", [planted_crossing(1000, s) for s in range(10)]))
    rows.append(measured("random 4096x4096x4096, density 0.001", [random_masks(4096, 0.001, s) for s in range(5)]))
    result = {"python": platform.python_version(), "numpy": np.__version__, "rows": rows}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
