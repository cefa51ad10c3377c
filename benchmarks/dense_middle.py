"""How much of the dense middle ``decide`` settles: random supports of two factors, by class and density.

The classes are "one factor without zeros" (the other one random), "r <= n" and "r >= 1.5 n" (both random, n × n
products with r hidden indices). Orders are 6 to 16, densities 0.2 to 0.8. The limit is processor time, so that a busy
machine does not change the shares. Every verdict is checked by ``closedness.check``; one that is not verified is an
error.

Run ``python benchmarks/dense_middle.py``; ``--instances`` and ``--seconds`` set its size, ``--json OUT`` keeps the
shares and the supports that stayed undecided.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

# processor time counts all threads of the linear algebra, those that wait for small matrices, too
os.environ.setdefault("OMP_NUM_THREADS", "1")

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from closedness import SupportProduct, check, decide
from closedness.budget import Budget

ORDERS = (6, 16)
DENSITIES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
STORED_EVERY = 20  # instances, so that a campaign that is stopped leaves what it has measured
CLASSES = ("one factor without zeros", "r <= n", "r >= 1.5 n")


@dataclass(frozen=True)
class Trial:
    """One instance and what became of it."""

    kind: str
    order: int
    hidden: int
    density: float
    verdict: str
    rule: str
    cpu_seconds: float
    certificate_bytes: int


def rows_of(rng: random.Random, lines: int, hidden: int, density: float) -> list[list[int]]:
    """A random support."""
    return [[int(rng.random() < density) for _ in range(hidden)] for _ in range(lines)]


def instance(kind: str, rng: random.Random) -> tuple[int, int, float, SupportProduct]:
    """A random question of a class: order, hidden indices, density, supports."""
    n, density = rng.randint(*ORDERS), rng.choice(DENSITIES)
    if kind == "one factor without zeros":
        r = rng.randint(3, n)
        return n, r, density, SupportProduct.from_pair(rows_of(rng, n, r, density), rows_of(rng, n, r, 2.0))
    r = rng.randint(n // 2, n) if kind == "r <= n" else rng.randint(-(-3 * n // 2), 2 * n)
    return n, r, density, SupportProduct.from_pair(rows_of(rng, n, r, density), rows_of(rng, n, r, density))


def trials(kind: str, instances: int, seconds: float, seed: int) -> Iterator[tuple[Trial, SupportProduct]]:
    """Decide random questions of a class."""
    rng = random.Random(f"{seed} {kind}")
    for _ in range(instances):
        n, r, density, product = instance(kind, rng)
        start = time.process_time()
        verdict = decide(product, seconds=seconds, last_resort=False)
        spent = time.process_time() - start
        certificate = verdict.certificate
        if certificate is not None and not check(certificate).verified:
            raise SystemExit(f"not verified: {product.to_problem()}")
        proof = {} if certificate is None else certificate.proof
        rule = str(proof.get("rule", ""))
        if rule == "limit" and "frames" in proof["refutation"]:
            rule = "limit, frames"
        size = 0 if certificate is None else len(certificate.to_json())
        yield Trial(kind, n, r, density, verdict.status.value, rule, round(spent, 3), size), product


def summary(found: list[Trial]) -> dict[str, Any]:
    """Shares and times of one class."""
    verdicts = Counter(each.verdict for each in found)
    spent = sorted(each.cpu_seconds for each in found)
    open_by_density = Counter(each.density for each in found if each.verdict == "undecided")
    asked = Counter(each.density for each in found)
    return {
        "instances": len(found),
        **{name: round(verdicts[name] / len(found), 3) for name in ("closed", "not_closed", "undecided")},
        "undecided_by_density": {str(d): f"{open_by_density[d]}/{asked[d]}" for d in sorted(asked)},
        "rules": dict(Counter(each.rule for each in found if each.rule).most_common()),
        "median_cpu_seconds": spent[len(spent) // 2],
        "largest_cpu_seconds": spent[-1],
        "largest_certificate_bytes": max(each.certificate_bytes for each in found),
    }


def main() -> None:
    """Measure all classes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=100, help="random supports of each class")
    parser.add_argument("--seconds", type=float, default=10.0, help="processor seconds for each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=CLASSES, help="one class alone")
    parser.add_argument("--json", type=Path, help="where to write the results")
    options = parser.parse_args()
    Budget.clock = staticmethod(time.process_time)
    classes: dict[str, Any] = {}
    stuck: list[dict[str, Any]] = []

    def store() -> None:
        if options.json is None:
            return
        data = {
            "command": " ".join(["python", "benchmarks/dense_middle.py", *sys.argv[1:]]),
            "python": platform.python_version(),
            "seconds": options.seconds,
            "seed": options.seed,
            "classes": classes,
            "undecided": stuck,
        }
        options.json.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")

    for kind in CLASSES if options.only is None else (options.only,):
        found: list[Trial] = []
        for trial, product in trials(kind, options.instances, options.seconds, options.seed):
            found.append(trial)
            if trial.verdict == "undecided":
                stuck.append({**asdict(trial), "supports": [f.to_text(separator="/") for f in product.factors]})
            if not len(found) % STORED_EVERY:
                classes[kind] = summary(found)
                store()
        classes[kind] = summary(found)
        print(kind, json.dumps(classes[kind], indent=1), flush=True)
        store()


if __name__ == "__main__":
    main()
