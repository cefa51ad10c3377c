"""Repairs of all supports up to 3×3 with at most three hidden indices, compared with going through all sets of changes.

Run ``python -m tests.repair_campaign``; the result is stored in ``tests/results/repairs.json``. One support of each
class of permuted ones is asked for, with entries to allow and to forbid, only to forbid, and only to allow.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from closedness.repair import repair
from closedness.repair.changes import Rules
from tests.helpers.repairs import all_smallest, closed_ones, product_of, shapes

RESULTS = Path(__file__).parent / "results" / "repairs.json"
RULES = {"both": Rules(), "forbid": Rules(add=False), "allow": Rules(remove=False)}
AT_MOST = 4


def main() -> int:
    start = time.process_time()
    compared = dict.fromkeys(RULES, 0)
    sizes_found: dict[str, dict[str, int]] = {name: {} for name in RULES}
    different = []
    beyond = 0
    for sizes in shapes(3, 3):
        _, classes = closed_ones(sizes)
        for bits in classes:
            product = product_of(bits, sizes)
            for name, rules in RULES.items():
                size, smallest = all_smallest(bits, sizes, rules, AT_MOST)
                found = repair(
                    product, add=rules.add, remove=rules.remove, at_most=AT_MOST, most=1_000_000, seconds=None
                )
                compared[name] += 1
                if size is None:
                    beyond += 1
                    right = not found.found or found.found[0].size > AT_MOST
                else:
                    sets = {frozenset((*each.allow, *each.forbid)) for each in found.found}
                    right = found.complete and found.least == size and sets == smallest
                    sizes_found[name][str(size)] = sizes_found[name].get(str(size), 0) + 1
                if not right:
                    different.append([list(sizes), bits, name])
        print(sizes, len(classes), len(different), f"{time.process_time() - start:.0f} s", file=sys.stderr, flush=True)
    result = {
        "command": "python -m tests.repair_campaign",
        "classes compared": compared,
        "by size of the smallest repair": sizes_found,
        f"more than {AT_MOST} changes": beyond,
        "different": different,
        "processor seconds": round(time.process_time() - start),
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
