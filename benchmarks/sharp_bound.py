"""Is the error ever above ``sqrt(Σ E_s²)``? Random noisy targets, chains of two to six factors, all orders.

    python benchmarks/sharp_bound.py --targets 1000

Both ways of taking the projections are run in every order of every target: ``"target"``, for which the bound is
proved (docs/solvers.md, Theorem 3), and ``"sequential"``, for which it is proved in one-sided orders only. The errors
are those of the dense products. The kept counterexamples follow. Results: ``benchmarks/results/sharp_bound.json``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track

from solvers import Chain, factorize_butterfly, split_distances
from solvers.families import deformable
from solvers.operators import to_dense
from solvers.splits import fuse_all

RESULTS = Path(__file__).parent / "results"
MODES = ("target", "sequential")
ROUNDING = 1e-9


def random_target(rng: np.random.Generator) -> tuple[Chain, np.ndarray]:
    """A deformable butterfly chain and a member with noise, or noise alone; real or complex."""
    count = int(rng.integers(2, 7))
    top = 4 if count < 5 else 3
    while True:
        rows, cols = rng.integers(1, top, count), rng.integers(1, top, count)
        if math.prod(rows) * math.prod(cols) <= 1500:
            break
    chain = deformable(rows.tolist(), cols.tolist(), [int(q) for q in rng.integers(1, 3, count - 1)])

    def gaussian(shape: Any) -> np.ndarray:
        x = rng.standard_normal(shape)
        return x + 1j * rng.standard_normal(shape) if cplx else x

    cplx = bool(rng.integers(2))
    noise = gaussian(chain.shape) * 10.0 ** rng.uniform(-3, 0.5)
    return chain, noise if rng.integers(4) == 0 else noise + to_dense(fuse_all([gaussian(p) for p in chain]))


def ratios(chain: Chain, A: np.ndarray) -> Iterator[tuple[str, tuple[int, ...], float]]:
    """``err / sqrt(Σ E_s²)`` for both modes and all orders; both up to rounding beside the norm count as 1."""
    sharp = float(np.linalg.norm(split_distances(A, chain)))
    norm = float(np.linalg.norm(A))
    for order in itertools.permutations(range(1, len(chain))):
        for mode in MODES:
            found = factorize_butterfly(A, chain, order, projections=mode)
            error = float(np.linalg.norm(A - found.toarray()))
            assert abs(error - found.error) <= 1e-11 * norm
            yield mode, order, error / sharp if sharp > 1e-12 * norm else 1.0


def main() -> None:
    """Run the campaign and store what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng, began = np.random.default_rng(options.seed), time.monotonic()
    runs, above = dict.fromkeys(MODES, 0), dict.fromkeys(MODES, 0)
    largest = dict.fromkeys(MODES, 0.0)
    lengths: dict[int, int] = {}
    for _ in track(range(options.targets), "targets", console=Console(stderr=True)):
        chain, A = random_target(rng)
        lengths[len(chain)] = lengths.get(len(chain), 0) + 1
        for mode, _, ratio in ratios(chain, A):
            runs[mode] += 1
            above[mode] += ratio > 1.0 + ROUNDING
            largest[mode] = max(largest[mode], ratio)
    kept = {}
    stored = json.loads((RESULTS / "two_sided_orders.json").read_text())["cases"]
    for name, case in stored.items():
        worst = dict.fromkeys(MODES, 0.0)
        for mode, _, ratio in ratios(Chain(case["chain"]), np.array(case["matrix"], dtype=float)):
            worst[mode] = max(worst[mode], ratio)
        kept[name] = worst
    document = {
        "command": "python benchmarks/" + " ".join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "numpy": np.__version__,
        "seconds": round(time.monotonic() - began, 1),
        "targets": options.targets,
        "targets_by_factors": dict(sorted(lengths.items())),
        "runs": runs,
        "above_the_sharp_bound": above,
        "largest_ratio": largest,
        "largest_ratio_on_the_kept_counterexamples": kept,
    }
    (RESULTS / "sharp_bound.json").write_text(json.dumps(document, indent=1) + "\n")
    print(json.dumps(document, indent=1))


if __name__ == "__main__":
    main()
