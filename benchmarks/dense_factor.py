"""Decide random supports beside a factor without zeros, and networks of real size, and check every certificate twice.

Run ``python benchmarks/dense_factor.py``; writes ``benchmarks/results/dense_factor.json``. Times are CPU seconds of
`decide`, its check of the certificate included.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from closedness import SupportProduct, decide  # noqa: E402
from closedness.files.problems import read_problem  # noqa: E402
from tests.second.checker import outcome  # noqa: E402

COUNT, ORDER, SECONDS = 1_000, 16, 5.0


def asked(product: SupportProduct) -> dict[str, Any]:
    """The verdict, its time, and whether the second checker agrees."""
    start = time.process_time()
    verdict = decide(product, seconds=SECONDS, last_resort=False)
    spent = time.process_time() - start
    if verdict.certificate is None:
        return {"status": verdict.status.value, "seconds": round(spent, 4)}
    text = verdict.certificate.to_json()
    assert outcome(text) == 0, text
    return {"status": verdict.status.value, "seconds": round(spent, 4), "bytes": len(text)}


def drawn(rng: random.Random, *, few: bool) -> SupportProduct:
    """A support with sizes up to 16 and any density, and a factor without zeros, narrower than the middle or not."""
    m, r = rng.randint(2, ORDER), rng.randint(2, ORDER)
    n = rng.randint(1, r - 1) if few else rng.randint(r, ORDER)
    density = rng.random()
    rows = [[int(rng.random() < density) for _ in range(r)] for _ in range(m)]
    dense = [[1] * r for _ in range(n)]
    pair = (rows, dense) if rng.random() < 0.5 else (dense, rows)
    return SupportProduct.from_pair(*pair)


def campaign(seed: int, *, few: bool, count: int = COUNT) -> dict[str, Any]:
    """Many random supports."""
    rng = random.Random(seed)
    answers = [asked(drawn(rng, few=few)) for _ in range(count)]
    times = sorted(answer["seconds"] for answer in answers)
    return {
        "instances": count,
        "seed": seed,
        "status": dict(Counter(answer["status"] for answer in answers)),
        "median_seconds": statistics.median(times),
        "ninety_percent_seconds": times[len(times) * 9 // 10],
        "largest_seconds": times[-1],
        "largest_bytes": max(answer.get("bytes", 0) for answer in answers),
    }


def networks() -> dict[str, Any]:
    """Stored and made-up regulatory networks."""
    rng = random.Random(1)
    found = {}
    for name in ("nca_ecoli_core.npz", "nca_path2_8.json", "nnlm_v.json"):
        found[name] = asked(read_problem(ROOT / "tests" / "data" / name))
    for density in (0.03, 0.1, 0.3):
        rows = [[int(rng.random() < density) for _ in range(50)] for _ in range(700)]
        found[f"700 genes, 50 factors, density {density}"] = asked(SupportProduct.from_pair(rows, [[1] * 50] * 60))
    return found


if __name__ == "__main__":
    result = {
        "command": "python benchmarks/dense_factor.py",
        "columns at least hidden indices": campaign(1, few=False),
        "fewer columns than hidden indices": campaign(2, few=True),
        "networks": networks(),
    }
    path = ROOT / "benchmarks" / "results" / "dense_factor.json"
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))
