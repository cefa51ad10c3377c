"""Do the checkers agree on everything that is stored, and on many mutations?

``python -m tests.checkers_campaign 100000`` writes ``tests/results/checkers.json``. Mutations are drawn ten thousand
at a time, with the seeds 1, 2, ...
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cases.atlas.theorem import certificate_of_closed, certificate_of_minimal
from closedness import check
from closedness.rules.limits.subpattern import minimal_patterns
from closedness.rules.pairs.extend import closed_patterns
from tests.helpers.corpus import stored
from tests.helpers.hostile import HOSTILE
from tests.helpers.mutations import UNCONFIRMED, Tally, mutations
from tests.second.checker import outcome

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "tests" / "results" / "checkers.json"
CHUNK = 10_000


def corpora() -> Iterator[tuple[str, bytes]]:
    """All certificates that are stored, with the names of their corpora."""
    for kind in ("valid", "invalid", "malformed"):
        for text in stored(kind).values():
            yield kind, text
    for path in sorted(HOSTILE.glob("*.json")):
        yield "hostile", path.read_bytes()
    for path in sorted((ROOT / "tests" / "certificates" / "levels").glob("*.gz")):
        yield "levels", gzip.decompress(path.read_bytes())
    for hidden in (3, 4):
        for pattern in minimal_patterns(hidden):
            yield f"minimal-{hidden}", certificate_of_minimal(pattern).to_json().encode()
    for entry in closed_patterns():
        yield "maximal", certificate_of_closed(entry).to_json().encode()


def agreement() -> dict[str, Any]:
    """Numbers, sizes and times of both checkers on each corpus, and of certificates that Coq's table can have."""
    sys.path.append(str(ROOT / "proofs"))
    translator = importlib.import_module("translate")
    found: dict[str, Counter[str]] = {}
    for corpus, text in corpora():
        row = found.setdefault(corpus, Counter())
        row.update(certificates=1, bytes=len(text))
        start = time.process_time()
        first = check(text).exit_code
        middle = time.process_time()
        second = outcome(text)
        row["first, milliseconds"] += round(1000 * (middle - start))
        row["second, milliseconds"] += round(1000 * (time.process_time() - middle))
        row[f"both say {first}" if first == second else f"{first} and {second}"] += 1
        if first == 0 and b'"limit"' in text:
            try:
                translator.translate(json.loads(text), "one")
                row["translated to Coq"] += 1
            except translator.Untranslatable:
                pass
    return {corpus: dict(sorted(row.items())) for corpus, row in found.items()}


def campaign(number: int) -> Iterator[dict[str, Any]]:
    """What both checkers make of mutations, after each ten thousand."""
    tally = Tally()
    start = time.process_time()
    for seed in range(1, 1 + number // CHUNK):
        for mutation in mutations(CHUNK, seed, 20_000):
            tally.take(mutation)
        yield {
            "seeds": seed,
            "mutations": tally.total,
            "rejected by both": tally.rejected.total(),
            "accepted by both, and still true": tally.accepted.total(),
            # of a statement that changed and that `decide` leaves undecided
            "accepted by both, and not confirmed": [
                [each.origin, each.kind, each.place] for each, complaint in tally.wrong if complaint == UNCONFIRMED
            ],
            "accepted contradictions or disagreements": [
                [complaint, each.origin, each.kind, each.place]
                for each, complaint in tally.wrong
                if complaint != UNCONFIRMED
            ],
            "seconds": round(time.process_time() - start),
        }


def main() -> None:
    """Run both and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("number", type=int, help="of mutations")
    options = parser.parse_args()
    result: dict[str, Any] = {"command": f"python -m tests.checkers_campaign {options.number}", "corpora": agreement()}
    for found in campaign(options.number):
        RESULT.write_text(json.dumps({**result, "mutations": found}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
