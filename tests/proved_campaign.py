"""Do the two checkers and the one that Coq proved agree on all stored claims that a set is closed or not?

``python -m tests.proved_campaign 300`` writes ``tests/results/proved.json``; the proved checker must have been built
(``make proved``). The number is that of mutations of the certificates that it proves, for each of the two claims, drawn
with seed 1.
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


def claims() -> Iterator[tuple[str, str, bytes]]:
    """The stored certificates that claim that a set is closed or not, with their corpora and claims."""
    for corpus, text in corpora():
        try:
            certificate = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(certificate, dict) and certificate.get("claim") in ("closed", "not_closed"):
            yield corpus, certificate["claim"], text


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


def contradictions(texts: list[bytes]) -> Iterator[bytes]:
    """Sets that are not closed, claimed to be closed by short proofs."""
    crossing = {"rule": "crossing"}
    for text in texts:
        certificate = json.loads(text)
        factors = certificate["problem"]["factors"]
        hidden, lines = range(factors[1]["shape"][0]), range(factors[0]["shape"][0])
        apart = {"rule": "product", "parts": [{"terms": [k], "then": 0} for k in hidden]}
        sides = [("left", "right")[number % 2] for number in range(len(factors) - 1)]
        peeled = [{"rule": "peel", "side": side, "then": number} for number, side in enumerate(sides)]
        classes = [{"keep": [], "drop": [i], "cover": {"lines": [], "terms": []}} for i in lines]
        dropped = {"rule": "twins", "side": "rows", "classes": classes, "then": 0}
        for proof in (
            [crossing],
            [{"rule": "product", "parts": []}],
            [crossing, apart],
            [{"rule": "single"}, *peeled],
            [crossing, dropped],
            [{"rule": "dual-bases"}],
        ):
            yield json.dumps({**certificate, "claim": "closed", "proof": proof}).encode()


def main() -> None:
    """Run the campaign and write its result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mutations", type=int)
    mutations = parser.parse_args().mutations
    start = time.process_time()
    found: dict[str, dict[str, Counter[str]]] = {"closed": {}, "not_closed": {}}
    covered: dict[str, list[bytes]] = {"closed": [], "not_closed": []}
    for corpus, claim, text in claims():
        first, second, third = answers(text)
        row = found[claim].setdefault(corpus, Counter())
        row.update({"certificates": 1, f"{first}, {second}, {third}": 1})
        if third == "proved" and first == 0:
            covered[claim].append(text)
    random_source = random.Random(1)
    changed: dict[str, Counter[str]] = {}
    for claim, texts in covered.items():
        assert opinion(texts[0]).answer == "proved"
        texts = [text for text in texts if any(numbers(json.loads(text)["proof"]))]
        changed[claim] = Counter()
        for _ in range(mutations):
            first, second, third = answers(mutated(random_source.choice(texts), random_source))
            changed[claim][f"{first}, {second}, {third}"] += 1
    result = {
        "columns": "exit code of closedness/check.py, of the second checker, answer of the checker proved by Coq",
        "corpora": {
            claim: {corpus: dict(sorted(row.items())) for corpus, row in rows.items()} for claim, rows in found.items()
        },
        "contradictions": dict(Counter(proved().answer(text)[1] for text in contradictions(covered["not_closed"]))),
        "mutations": {claim: dict(sorted(row.items())) for claim, row in changed.items()},
        "seconds of this process": round(time.process_time() - start),
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
