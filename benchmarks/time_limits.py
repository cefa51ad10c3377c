"""Do time limits hold? Random supports, LU reports and pruned networks, by the processor's clock.

Each call runs in a process of its own, which is ended at a cap if it does not return; its processor time is compared
with the promise, 1.2 times the limit and one second. Run ``python benchmarks/time_limits.py --supports 200``;
results go to ``benchmarks/results/time_limits.json``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results" / "time_limits.json"
Rows = list[list[int]]


def promise(limit: float) -> float:
    """The most seconds that a call with this limit may take."""
    return 1.2 * limit + 1.0


def random_pair(seed: int) -> tuple[Rows, Rows]:
    """Supports of order 6 to 16 with n/2 to 3n hidden indices and density 0.2 to 0.9."""
    rng = random.Random(seed)
    n = rng.randint(6, 16)
    r = rng.randint(n // 2, 3 * n)
    density = rng.uniform(0.2, 0.9)
    left = [[int(rng.random() < density) for _ in range(r)] for _ in range(n)]
    right = [[int(rng.random() < density) for _ in range(r)] for _ in range(n)]
    return left, right


def decide_pair(seed: int, limit: float) -> str:
    """The verdict about one random support."""
    from closedness import SupportProduct, decide

    return decide(SupportProduct.from_pair(*random_pair(seed)), seconds=limit).status.value


def lu_report(order: int, limit: float) -> str:
    """The report about a lower times an upper triangular matrix."""
    from closedness import SupportProduct, decide
    from closedness.report.page import report_html

    lower = [[int(j <= i) for j in range(order)] for i in range(order)]
    verdict = decide(SupportProduct.from_pair(lower, lower), seconds=limit)
    return f"{verdict.status.value}, {len(report_html(verdict, seconds_for_repairs=limit))} characters"


def _child(task: Callable[[Any, float], str], argument: object, limit: float, pipe: Any) -> None:
    from closedness import SupportProduct, decide
    from closedness.budget import Budget

    decide(SupportProduct.from_text("10/11 * 11/01"))  # start-up is not part of the promise

    Budget.clock = staticmethod(time.process_time)
    start = time.process_time()
    answer = task(argument, limit)
    pipe.send((answer, time.process_time() - start))


def measure(task: Callable[[Any, float], str], argument: object, limit: float, cap: float) -> dict[str, Any]:
    """Answer and processor seconds of one call; the cap is in seconds on the wall."""
    here, there = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_child, args=(task, argument, limit, there))
    process.start()
    there.close()
    answer, seconds = "ended at the cap", cap
    if here.poll(cap):
        try:
            answer, seconds = here.recv()
        except EOFError:
            answer = "failed"
    process.kill()
    process.join()
    row = {"task": task.__name__, "argument": argument, "limit": limit, "answer": answer, "seconds": round(seconds, 3)}
    return {**row, "kept": answer not in ("failed", "ended at the cap") and seconds <= promise(limit)}


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Shares and the worst overrun, by task and limit."""
    found: dict[str, Any] = {}
    for task, limit in sorted({(row["task"], row["limit"]) for row in rows}):
        chosen = [row for row in rows if (row["task"], row["limit"]) == (task, limit)]
        found[f"{task}, {limit} s"] = {
            "calls": len(chosen),
            "kept": sum(row["kept"] for row in chosen),
            "undecided": sum(row["answer"].startswith("undecided") for row in chosen),
            "worst": max(row["seconds"] / row["limit"] for row in chosen),
        }
    return found


def main() -> None:
    """Measure, print what is late, and store everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--supports", type=int, default=200)
    parser.add_argument("--limits", type=float, nargs="+", default=[0.5, 2.0])
    parser.add_argument("--orders", type=int, nargs="*", default=[5, 8, 12, 16, 24, 32])
    parser.add_argument("--cap", type=float, default=60.0, help="seconds on the wall after which a call is ended")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows = []
    for limit in options.limits:
        rows += [measure(decide_pair, seed, limit, options.cap) for seed in range(options.supports)]
        rows += [measure(lu_report, order, limit, options.cap) for order in options.orders]
    for row in rows:
        if not row["kept"]:
            print(row)
    found = summary(rows)
    print(json.dumps(found, indent=1))
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    options.out.write_text(json.dumps({"machine": machine, "summary": found, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
