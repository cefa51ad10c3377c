"""Do the two checkers and the one that Coq proved agree on all stored claims that a set is not closed?

``python -m tests.proved_campaign 300`` writes ``tests/results/proved.json``; the proved checker must have been built
(``make proved``). The number is that of mutations of the limits that it proves, drawn with seed 1.
"""

from __future__ import annotations

import argparse
import importlib
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from closedness import check
from closedness.engines.proved import opinion
from tests.checkers_campaign import corpora
from tests.second.checker import outcome

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "tests" / "results" / "proved.json"


@cache
def proved() -> Any:
    """The module ``proofs/proved.py``."""
    sys.path.insert(0, str(ROOT / "proofs"))
    return importlib.import_module("proved")


def answers(text: bytes) -> tuple[int, int, str]:
    """Exit codes of both checkers, and the answer of the proved one."""
    code, _ = proved().answer(text)
    word = {0: "proved", 1: "rejected", 2: "unreadable", 4: "not covered"}[code]
    return check(text).exit_code, outcome(text), word


def limits() -> Iterator[tuple[str, bytes]]:
    """The stored certificates that claim that a set is not closed, those apart that are made to be slow."""
    for corpus, text in corpora():
        if corpus == "hostile":
            continue
        try:
            certificate = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(certificate, dict) and certificate.get("claim") == "not_closed":
            yield corpus, text


def numbers(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Places of the numbers in a certificate's proof."""
    if isinstance(node, dict | list):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from numbers(value, (*path, key))
    elif type(node) is int or (isinstance(node, str) and node.lstrip("-").isdigit()):
        yield path


def mutated(text: bytes, random: random.Random) -> bytes:
    """The certificate with one number of its proof changed."""
    certificate = json.loads(text)
    *path, last = random.choice(list(numbers(certificate["proof"])))
    node = certificate["proof"]
    for key in path:
        node = node[key]
    old = node[last]
    new = int(old) + random.choice((-2, -1, 1, 2))
    node[last] = str(new) if isinstance(old, str) else new
    return json.dumps(certificate).encode()


def main() -> None:
    """Run the campaign and write its result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mutations", type=int)
    mutations = parser.parse_args().mutations
    start = time.process_time()
    found: dict[str, Counter[str]] = {}
    covered = []
    for corpus, text in limits():
        first, second, third = answers(text)
        row = found.setdefault(corpus, Counter())
        row.update({"certificates": 1, f"{first}, {second}, {third}": 1})
        if third == "proved":
            covered.append(text)
    assert opinion(covered[0]).answer == "proved"
    random_source = random.Random(1)
    changed: Counter[str] = Counter()
    for _ in range(mutations):
        first, second, third = answers(mutated(random_source.choice(covered), random_source))
        changed[f"{first}, {second}, {third}"] += 1
    result = {
        "columns": "exit code of closedness/check.py, of the second checker, answer of the checker proved by Coq",
        "corpora": {corpus: dict(sorted(row.items())) for corpus, row in found.items()},
        "mutations": dict(sorted(changed.items())),
        "seconds of this process": round(time.process_time() - start),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
