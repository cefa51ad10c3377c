"""Time ``decide`` against the textbook sentence on the same patterns, in one run.

For each pattern four ways to an answer are timed, one after the other:

* the sentence of the literature, unsimplified, in one attempt of z3. Its time depends on the order of variables and
  conditions without any visible rule, so one attempt may be lucky or unlucky;
* hence the same sentence in many short attempts with other orders, which get longer;
* the sentence split by zero patterns with scalings fixed, in short attempts of z3 that get longer;
* :func:`closedness.decide`, after import and in this process.

Run ``python benchmarks/textbook.py --seconds 60``; ``--quick`` is a first look, ``--json OUT`` keeps the figures.
An answer that contradicts the known truth is an error.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from closedness import SupportProduct
from closedness.engines import Z3, closedness_sentence

CLOSED, NOT_CLOSED = "closed", "not_closed"
PATTERNS: tuple[tuple[str, str, str], ...] = (
    ("LU 2×2", "10/11 * 11/01", NOT_CLOSED),
    ("full 2×2, r=2", "11/11 * 11/11", CLOSED),
    ("LU 3×3", "100/110/111 * 111/011/001", NOT_CLOSED),
    ("(1,2,3 | 3,3)", "10/01/11 * 11/11", NOT_CLOSED),
    ("rank one 2×2", "1/1 * 11", CLOSED),
    ("full 3×3, r=2", "11/11/11 * 111/111", CLOSED),
    ("crossing 3×3, r=2", "11/11/10 * 110/111", CLOSED),
    ("2×3 full + one cell", "10/11 * 111/100", NOT_CLOSED),
    ("3×3 rank one + diagonal", "1100/1010/1001 * 111/100/010/001", NOT_CLOSED),
    ("LU 2×3", "10/11 * 111/011", NOT_CLOSED),
    ("full 3×2, r=2", "11/11/11 * 11/11", CLOSED),
    ("rank one 2×3", "1/1 * 111", CLOSED),
    ("two rectangles 4×4", "10/10/01/01 * 1100/0011", CLOSED),
    ("butterfly 4×4", "1010/0101/1010/0101 * 1100/1100/0011/0011", CLOSED),
    ("LU 4×4", "1000/1100/1110/1111 * 1111/0111/0011/0001", NOT_CLOSED),
    ("(3,7,7 | 3,7,7)", "110/111/111 * 111/111/011", CLOSED),
    ("(3,5,6 | 7,7,7)", "110/101/011 * 111/111/111", CLOSED),
)
QUICK = ("LU 2×2", "full 2×2, r=2", "rank one 2×2", "LU 2×3")


@dataclass
class Timing:
    """One answer: "closed", "not_closed" or "unknown", and the seconds it took."""

    answer: str
    seconds: float


@dataclass
class Row:
    """All answers on one pattern."""

    name: str
    pattern: str
    truth: str
    timings: dict[str, Timing] = field(default_factory=dict)


def sentence(product: SupportProduct, seconds: float, textbook: bool, restarts: bool) -> str:
    """Ask z3."""
    answer = closedness_sentence(product, seconds, textbook=textbook, backend=Z3(restarts=restarts))
    return {"sat": NOT_CLOSED, "unsat": CLOSED}.get(answer.status, "unknown")


def verdict(product: SupportProduct, seconds: float) -> str:
    """Ask the library."""
    from closedness.decide import decide

    status = decide(product, seconds=seconds).status.value
    return status if status in (CLOSED, NOT_CLOSED) else "unknown"


WAYS: dict[str, Callable[[SupportProduct, float], str]] = {
    "textbook": lambda product, seconds: sentence(product, seconds, True, False),
    "restarts": lambda product, seconds: sentence(product, seconds, True, True),
    "split": lambda product, seconds: sentence(product, seconds, False, True),
    "decide": verdict,
}


def warm_up() -> None:
    """Import everything outside the measured time."""
    verdict(SupportProduct.from_text("100/010/001/111 * 111/111/111"), 20.0)
    verdict(SupportProduct.from_text("100/010/101 * 110/110/011"), 20.0)
    sentence(SupportProduct.from_text("1 * 1"), 5.0, False, True)


def measure(names: tuple[str, ...], seconds: float) -> list[Row]:
    """Time every way on every pattern, printing as it goes."""
    rows = []
    print(f"{'pattern':26}{'truth':12}" + "".join(f"{way:>22}" for way in WAYS), flush=True)
    for name, text, truth in PATTERNS:
        if name not in names:
            continue
        row = Row(name, text, truth)
        for way, ask in WAYS.items():
            product = SupportProduct.from_text(text)
            start = time.perf_counter()
            answer = ask(product, seconds)
            row.timings[way] = Timing(answer, time.perf_counter() - start)
        rows.append(row)
        cells = (f"{timing.answer} {timing.seconds:.3f} s" for timing in row.timings.values())
        print(f"{name:26}{truth:12}" + "".join(f"{cell:>22}" for cell in cells), flush=True)
    return rows


def summary(rows: list[Row], seconds: float) -> list[str]:
    """Shares answered and ratios of times, as lines."""
    lines = [f"limit {seconds:g} s per answer, {len(rows)} patterns"]
    for way in WAYS:
        times = [row.timings[way].seconds for row in rows if row.timings[way].answer != "unknown"]
        middle = f", median {statistics.median(times):.3f} s" if times else ""
        lines.append(f"{way:9} answers {len(times)} of {len(rows)} ({100 * len(times) / len(rows):.0f} %){middle}")
    for way in ("textbook", "restarts", "split"):
        both = [
            row.timings[way].seconds / row.timings["decide"].seconds
            for row in rows
            if "unknown" not in (row.timings[way].answer, row.timings["decide"].answer)
        ]
        if both:
            lines.append(
                f"where both answer, {way} takes {statistics.geometric_mean(both):.0f} times as long as decide "
                f"(geometric mean of {len(both)}, from {min(both):.1f} to {max(both):.0f})"
            )
    return lines


def wrong(rows: list[Row]) -> list[str]:
    """Answers that contradict the known truth."""
    return [
        f"{row.name}: {way} says {timing.answer}, the truth is {row.truth}"
        for row in rows
        for way, timing in row.timings.items()
        if timing.answer not in ("unknown", row.truth)
    ]


def main(argv: list[str] | None = None) -> int:
    """Run the benchmark; the exit code is 1 if an answer was wrong."""
    parser = argparse.ArgumentParser(description="decide against the textbook sentence")
    parser.add_argument("--seconds", type=float, default=60.0, help="limit for each answer")
    parser.add_argument("--quick", action="store_true", help="only four patterns")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the figures to this file")
    options = parser.parse_args(argv)
    names = QUICK if options.quick else tuple(name for name, _, _ in PATTERNS)
    warm_up()
    rows = measure(names, options.seconds)
    print()
    for line in summary(rows, options.seconds):
        print(line)
    for line in wrong(rows):
        print(f"WRONG: {line}")
    if options.json is not None:
        from importlib.metadata import version

        figures = {
            "seconds": options.seconds,
            "python": platform.python_version(),
            "z3": version("z3-solver"),
            "rows": [asdict(row) for row in rows],
        }
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 1 if wrong(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
