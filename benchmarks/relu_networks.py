"""Shares of random pruned ReLU networks of which the theorems say whether training always has an optimum.

All neurons have biases. Widths are drawn from 2 to 5 (narrow), or are those of a wide network; every certificate is
checked. Run ``python benchmarks/relu_networks.py``; ``--instances 4`` is a first look, ``--json OUT`` keeps the
figures.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from closedness import check
from closedness.networks import assess_network

DENSITIES = (0.2, 0.4, 0.6, 0.8, 1.0)
WIDE = {"32, 32, 32, 8": (32, 32, 32, 8), "64, 64, 64, 64, 8": (64, 64, 64, 64, 8)}


def instances(kind: str, density: float, number: int, seed: int) -> Any:
    """Random masks of one kind, first layer first."""
    rng = random.Random(f"{kind} {density} {seed}")
    for _ in range(number):
        if kind in WIDE:
            sizes = list(WIDE[kind])
        else:
            depth, outputs = (int(part.split()[0]) for part in kind.split(", ")[1:])
            sizes = [*(rng.randint(2, 5) for _ in range(depth + 1)), outputs]
        yield [[[int(rng.random() < density) for _ in range(n)] for _ in range(m)] for n, m in pairwise(sizes)]


def cell(kind: str, density: float, number: int, seed: int, seconds: float) -> dict[str, Any]:
    """The answers for one kind and density."""
    answers: Counter[str] = Counter()
    theorems: Counter[str] = Counter()
    largest = 0.0
    for masks in instances(kind, density, number, seed):
        start = time.process_time()
        found = assess_network(masks, "relu", seconds=seconds)
        largest = max(largest, time.process_time() - start)
        if found.certificate is not None and not check(found.certificate).verified:
            raise SystemExit(f"a certificate is not verified: {masks}")
        answers[found.optimum.value] += 1
        if found.theorem:
            theorems[found.theorem] += 1
    return {"answers": dict(answers), "theorems": dict(theorems), "largest_cpu_seconds": round(largest, 3)}


def main() -> None:
    """Ask about all kinds and densities."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=int, default=40, help="networks for each kind and density")
    parser.add_argument("--seconds", type=float, default=2.0, help="time limit of each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    narrow = [f"narrow, {depth} hidden, {outputs} outputs" for depth in (1, 2, 3) for outputs in (1, 2, 3)]
    cells = {}
    for kind in (*narrow, *WIDE):
        for density in DENSITIES:
            number = options.instances if kind in narrow else max(options.instances // 8, 1)
            found = cells[f"{kind}, density {density}"] = cell(kind, density, number, options.seed, options.seconds)
            print(f"{kind}, density {density}: {found['answers']} {found['theorems']}", flush=True)
    if options.json:
        summary = {
            "command": f"python benchmarks/relu_networks.py --instances {options.instances} "
            "--json benchmarks/results/relu_networks.json",
            "python": platform.python_version(),
            "seconds": options.seconds,
            "seed": options.seed,
            "cells": cells,
        }
        options.json.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
