"""How common ill-posedness is: shares of random supports that are closed, not closed or undecided, by density and r/n.

    python benchmarks/phase_diagram.py --instances 10 --seconds 1

Products are 12 × 12; every entry of a support is there with the density. In the first diagram one factor has no zeros,
in the second both are random. It is a census of random supports, as ``closedness census --random`` takes it, with
processor time as the limit: the database (``--database``) keeps what is decided when it is stopped. Then every
certificate is checked by ``closedness.check``, and the counts go to ``benchmarks/results/phase_diagram.json``; what
stays undecided is counted as such. The picture is ``docs/phase-diagram.svg``; ``--draw`` makes it again from the
results.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
if __package__ in (None, ""):
    sys.path.insert(0, str(ROOT))

from closedness.budget import Budget  # noqa: E402
from closedness.census.random_supports import Cell, RandomStore, random_census, verify_random  # noqa: E402
from closedness.drawing.svg import svg_document  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "phase_diagram.json"
PICTURE = ROOT / "docs" / "phase-diagram.svg"
ORDER = 12
DENSITIES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
HIDDEN = (3, 6, 9, 12, 15, 18, 24)
KINDS = ("one factor without zeros", "both factors random")
COLOURS = {"closed": "#0072B2", "not_closed": "#D55E00", "undecided": "#DDDDDD"}
SIDE, GAP = 34, 70


def cells() -> dict[str, Cell]:
    """The cells of both diagrams."""
    return {
        f"{kind}, {hidden}, {density}": Cell(ORDER, ORDER, hidden, density, 1.0 if kind == KINDS[0] else density)
        for kind in KINDS
        for hidden in HIDDEN
        for density in DENSITIES
    }


def count_processor_time() -> None:
    """Let limits of this process be processor time."""
    Budget.clock = staticmethod(time.process_time)


def measured(
    database: Path, instances: int, seconds: float, seed: int, jobs: int
) -> tuple[dict[str, dict[str, int]], int]:
    """Verdicts of the cells, and the number of certificates that were checked."""
    wanted = cells()
    with (
        RandomStore(database) as store,
        ProcessPoolExecutor(jobs, get_context("spawn"), initializer=count_processor_time) as pool,
    ):
        random_census(
            store, pool, list(wanted.values()), instances, seed=seed, seconds=seconds, workers=jobs, progress=show
        )
        entries = [each for each in store.entries() if each.certificate is not None]
        faults = [(name, fault) for name, fault, _ in pool.map(verify_random, entries, chunksize=20) if fault]
        if faults:
            raise SystemExit(f"not verified: {faults}")
        counts = store.counts()
    return {name: counts[cell] for name, cell in wanted.items()}, len(entries)


def show(done: int, total: int) -> None:
    """Tell how far it is."""
    print(f"{done} of {total}", file=sys.stderr, flush=True)


def picture(found: dict[str, dict[str, int]]) -> str:
    """Two diagrams side by side; each cell a bar of the three shares."""
    parts = []
    wide = SIDE * len(DENSITIES) + GAP
    for number, kind in enumerate(KINDS):
        left, top = 50 + number * wide, 40
        parts.append(f"<text x='{left}' y='20' font-size='14'>{kind}</text>")
        for row, hidden in enumerate(reversed(HIDDEN)):
            y = top + row * SIDE
            place = f"x='{left - 8}' y='{y + 21}'"
            parts.append(f"<text {place} font-size='12' text-anchor='end'>{hidden / ORDER:g}</text>")
            for column, density in enumerate(DENSITIES):
                counts = found.get(f"{kind}, {hidden}, {density}", {})
                total, x = sum(counts.values()), left + column * SIDE
                offset = 0.0
                for name, colour in COLOURS.items():
                    width = (SIDE - 2) * counts.get(name, 0) / max(total, 1)
                    if width:
                        place = f"x='{x + offset:.1f}' y='{y}' width='{width:.1f}' height='{SIDE - 2}'"
                        parts.append(f"<rect {place} fill='{colour}'/>")
                    offset += width
        below = top + SIDE * len(HIDDEN)
        for column, density in enumerate(DENSITIES):
            x = left + column * SIDE + SIDE / 2
            parts.append(f"<text x='{x:g}' y='{below + 14}' font-size='12' text-anchor='middle'>{density:g}</text>")
        words = "density across, r/n up"
        parts.append(f"<text x='{left}' y='{below + 32}' font-size='12'>{words}</text>")
    for number, (name, colour) in enumerate(COLOURS.items()):
        x, y = 50 + 150 * number, 40 + SIDE * len(HIDDEN) + 46
        parts.append(f"<rect x='{x}' y='{y}' width='14' height='14' fill='{colour}'/>")
        parts.append(f"<text x='{x + 20}' y='{y + 12}' font-size='12'>{name.replace('_', ' ')}</text>")
    height = 40 + SIDE * len(HIDDEN) + 70
    return str(svg_document(50 + 2 * wide, height, "shares of closed and not closed supports", parts))


def main() -> None:
    """Measure what is missing, and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=10, help="random supports of each cell")
    parser.add_argument("--seconds", type=float, default=1.0, help="processor seconds for each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="worker processes")
    parser.add_argument("--database", type=Path, default=Path("phase_diagram.sqlite"), help="resumed when it exists")
    parser.add_argument("--draw", action="store_true", help="only draw what is stored")
    options = parser.parse_args()
    if not options.draw:
        command = f"python benchmarks/phase_diagram.py --instances {options.instances} --seconds {options.seconds:g}"
        found, checked = measured(options.database, options.instances, options.seconds, options.seed, options.jobs)
        data: dict[str, Any] = {"command": command, "seed": options.seed, "order": ORDER}
        data.update({"certificates_checked": checked, "cells": found})
        RESULTS.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))
    PICTURE.write_text(picture(stored["cells"]), encoding="utf-8")


if __name__ == "__main__":
    main()
