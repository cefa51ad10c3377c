"""Long acceptance runs; their results are stored in tests/results and the tests look at them.

    python -m tests.acceptance_campaign random   [--count 2000] [--seconds 2]
    python -m tests.acceptance_campaign textbook [--seconds 60]

``random``: patterns with three hidden indices and up to twelve rows and columns from a fixed seed; how many are
decided, how long it takes, and whether every certificate is verified. ``textbook``: the sentence of the literature
("there is a limit that is no product"), as it stands and simplified, put to z3 for every pattern with at most two
rows, three columns and two hidden indices.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from closedness import Status, SupportProduct, check, decide
from closedness.engines import closedness_sentence
from tests.helpers.oracle import Pair, classes, random_types, two_factors

RESULTS = Path(__file__).parent / "results"
SEED = 20240
DENSITIES = (0.3, 0.5, 0.7, 0.9)


def random_patterns(count: int, seed: int = SEED) -> Iterator[Pair]:
    """Patterns with r = 3: sizes uniform in 1 … 12, entries independent, four densities."""
    rng = random.Random(seed)
    for _ in range(count):
        m, n, density = rng.randint(1, 12), rng.randint(1, 12), rng.choice(DENSITIES)
        yield random_types(rng, m, 3, density), random_types(rng, n, 3, density)


def small_patterns() -> list[tuple[int, Pair]]:
    """All patterns of size at most 2×3 with at most two hidden indices, each of them in use, up to names."""
    sizes = [(1, 1), (1, 2), (1, 3), (2, 2), (2, 3)]
    return [(r, pair) for r in (1, 2) for m, n in sizes for pair in classes(r, m, n)]


def run_random(count: int, seconds: float) -> dict[str, Any]:
    """Decide the random patterns and check every certificate."""
    decide(two_factors([1, 3], [1, 3], 2))  # import everything
    times, undecided, late, wrong = [], [], [], []
    statuses: Counter[str] = Counter()
    rules: Counter[str] = Counter()
    for rows, cols in random_patterns(count):
        product = two_factors(rows, cols, 3)
        start = time.perf_counter()
        verdict = decide(product, seconds=seconds)
        spent = time.perf_counter() - start
        times.append(spent)
        statuses[verdict.status.value] += 1
        if spent > seconds:
            late.append([rows, cols, round(spent, 2)])
        if verdict.certificate is None:
            undecided.append([rows, cols])
            continue
        report = check(verdict.certificate)
        if not report.verified or report.trusted or report.claim != verdict.status.value:
            wrong.append([rows, cols, repr(report)])
        rules[verdict.certificate.proof["rule"]] += 1
    return {
        "count": count,
        "seed": SEED,
        "limit_seconds": seconds,
        "decided": sum(n for status, n in statuses.items() if status != "undecided"),
        "statuses": dict(statuses),
        "rules": dict(rules),
        "median_seconds": round(statistics.median(times), 6),
        "largest_seconds": round(max(times), 3),
        "undecided": undecided,
        "later_than_the_limit": late,
        "certificates_not_verified": wrong,
    }


def run_textbook(seconds: float, known: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Ask z3 for the sentence, in two forms; yields the growing result."""
    found = known.get("patterns", [])
    have = {json.dumps(entry["pattern"]) for entry in found}
    for r, (rows, cols) in small_patterns():
        if json.dumps([r, list(rows), list(cols)]) in have:
            continue
        product = two_factors(rows, cols, r)
        entry: dict[str, Any] = {"pattern": [r, rows, cols], "decide": decide(product, last_resort=False).status.value}
        for name, textbook in (("simplified", False), ("textbook", True)):
            entry[name] = ask(product, seconds, textbook=textbook)
        found.append(entry)
        yield {
            "limit_seconds": seconds,
            "engine": engine(),
            "answered": {
                name: sum(e[name]["answer"] != "unknown" for e in found) for name in ("simplified", "textbook")
            },
            "disagreements": [e for e in found if disagrees(e)],
            "patterns": found,
        }


def ask(product: SupportProduct, seconds: float, *, textbook: bool) -> dict[str, Any]:
    """One question."""
    start = time.perf_counter()
    answer = closedness_sentence(product, seconds=seconds, textbook=textbook)
    return {"answer": answer.status, "seconds": round(time.perf_counter() - start, 2)}


def disagrees(entry: dict[str, Any]) -> bool:
    """The sentence is satisfiable exactly when the set is not closed."""
    means = {"sat": Status.NOT_CLOSED.value, "unsat": Status.CLOSED.value}
    answers = [entry[name]["answer"] for name in ("simplified", "textbook")]
    return any(answer in means and means[answer] != entry["decide"] for answer in answers)


def engine() -> str:
    """Name and version of the engine."""
    import z3

    return f"z3 {z3.get_version_string()}"


def store(name: str, command: str, result: dict[str, Any]) -> None:
    """Write the result with the command that made it."""
    RESULTS.mkdir(exist_ok=True)
    head = {"command": command, "python": platform.python_version(), "machine": platform.machine()}
    text = json.dumps({**head, **result}, indent=1)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    """Run one of the campaigns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("campaign", choices=("random", "textbook"))
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--resume", action="store_true", help="keep the answers that are stored already")
    chosen = parser.parse_args()
    if chosen.campaign == "random":
        seconds = chosen.seconds or 2.0
        command = f"python -m tests.acceptance_campaign random --count {chosen.count} --seconds {seconds:g}"
        store("random", command, run_random(chosen.count, seconds))
        return
    seconds = chosen.seconds or 60.0
    command = f"python -m tests.acceptance_campaign textbook --seconds {seconds:g}"
    path = RESULTS / "textbook.json"
    known = json.loads(path.read_text(encoding="utf-8")) if chosen.resume and path.exists() else {}
    for result in run_textbook(seconds, known):
        store("textbook", command, result)
        last = result["patterns"][-1]
        print(last, flush=True)


if __name__ == "__main__":
    main()
