"""Small chains: the classes of three factors of size 2 × 2, random chains, and evidence about their verdicts.

``python -m cases.atlas.chains classes FILE`` decides every class and confronts the closed ones with random limits;
``textbook FILE`` puts the sentence of the literature to z3; ``random FILE`` decides random chains. Each command keeps
what FILE holds already and goes on from there, so an interrupted run is continued by the same command.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from itertools import pairwise
from itertools import product as cartesian
from pathlib import Path
from typing import TYPE_CHECKING, Any

from closedness import Status, Support, SupportProduct, check, decide
from closedness.equations.membership import decide_membership
from closedness.rules.chains.limits import random_arc, random_limit
from closedness.rules.chains.trim import trimmed

if TYPE_CHECKING:
    from collections.abc import Iterator

Types = tuple[int, ...]
# number of factors, sizes of all levels are drawn from here, number of chains
SAMPLES = ((3, (2, 3), 300), (4, (2,), 200), (4, (2, 3), 150), (3, (3,), 200), (4, (3,), 100), (3, (3, 4), 100))
DENSITIES = (0.4, 0.6, 0.8)
SECONDS = 15.0
POINT_STEPS = 4_000


def canonical(chain: tuple[Types, ...]) -> tuple[Types, ...]:
    """The smallest of all renamings and transposes of a chain of 2×2 factors, given by rows as bitmasks.

    Examples
    --------
    >>> canonical(((3, 2), (3, 3), (1, 3)))
    ((1, 3), (3, 3), (1, 3))
    """

    def turned(factor: Types) -> Types:
        return tuple(sum((factor[i] >> j & 1) << i for i in range(2)) for j in range(2))

    def swapped(mask: int, swap: int) -> int:
        return (mask >> 1 | (mask & 1) << 1) if swap else mask

    found: list[tuple[Types, ...]] = []
    for variant in (chain, tuple(turned(factor) for factor in reversed(chain))):
        found.extend(
            tuple(
                tuple(swapped(factor[i ^ swaps[level]], swaps[level + 1]) for i in range(2))
                for level, factor in enumerate(variant)
            )
            for swaps in cartesian((0, 1), repeat=len(chain) + 1)
        )
    return min(found)


def classes(length: int = 3) -> list[tuple[Types, ...]]:
    """All chains of 2×2 factors up to names and transposition, one of each class.

    Examples
    --------
    >>> len(classes())
    270
    """
    cells = cartesian(range(4), repeat=2 * length)
    return sorted({canonical(tuple(zip(c[::2], c[1::2], strict=True))) for c in cells})


def support_product(chain: tuple[Types, ...]) -> SupportProduct:
    """The chain as a question."""
    return SupportProduct([Support.from_masks((2, 2), factor) for factor in chain])


def attack(product: SupportProduct, tries: int, rng: random.Random) -> dict[str, int]:
    """Confront a closed chain with random limits: by uncrossings where there are some, and along random arcs.

    Returns
    -------
    dict
        ``limits``: how many were drawn, ``distinct``: different ones, ``products``: shown to be products by exact
        factors, ``open``: different ones whose membership stayed open, ``refuted``: shown not to be products, which
        would contradict the verdict.
    """
    tally = Counter(dict.fromkeys(("limits", "distinct", "products", "open", "refuted"), 0))
    answers: dict[frozenset[Any], str] = {}
    kinds = [kind for kind in (random_limit, random_arc) if kind(product.factors, rng) is not None]
    while kinds and tally["limits"] < tries:
        found = kinds[tally["limits"] % len(kinds)](product.factors, rng)
        if found is None:
            break
        target = found[0]
        tally["limits"] += 1
        key = frozenset(target.items())
        if key not in answers:
            tally["distinct"] += 1
            outcome = decide_membership(product, target, steps=POINT_STEPS)
            answers[key] = (
                "products" if outcome.point is not None else "open" if outcome.refutation is None else "refuted"
            )
        tally[answers[key]] += 1
    return dict(tally)


def decide_classes(known: dict[str, Any], tries: int) -> Iterator[dict[str, Any]]:
    """Verdict and attack for every class; yields the growing result."""
    found = known.get("classes", [])
    have = {json.dumps(entry["rows"]) for entry in found}
    for chain in classes():
        if json.dumps(chain) in have:
            continue
        product = support_product(chain)
        verdict = decide(product, last_resort=False)
        entry: dict[str, Any] = {"rows": chain, "status": verdict.status.value}
        if verdict.certificate is not None:
            report = check(verdict.certificate)
            entry["rules"] = list(report.rules)
            entry["verified"] = report.verified
        if verdict.status is Status.CLOSED:
            entry["attack"] = attack(product, tries, random.Random(json.dumps(chain)))
        found.append(entry)
        attacks = [e["attack"] for e in found if "attack" in e]
        yield {
            "tries": tries,
            "counts": dict(Counter(e["status"] for e in found)),
            "limits": {key: sum(a[key] for a in attacks) for key in attacks[0]} if attacks else {},
            "without_limits": sum(a["limits"] == 0 for a in attacks),
            "classes": found,
        }


def ask_textbook(known: dict[str, Any], seconds: float) -> Iterator[dict[str, Any]]:
    """The sentence of the literature for every class, one of those with the same trimmed chain; yields the result."""
    from closedness.engines import closedness_sentence

    found = known.get("patterns", [])
    have = {json.dumps(entry["rows"]) for entry in found}
    wanted = {
        canonical(tuple(factor.row_masks for factor in trimmed(support_product(chain).factors))) for chain in classes()
    }
    for chain in sorted(wanted, key=lambda c: (sum(mask.bit_count() for f in c for mask in f), c)):
        if json.dumps(chain) in have:
            continue
        product = support_product(chain)
        entry: dict[str, Any] = {"rows": chain, "decide": decide(product, last_resort=False).status.value}
        for name, plain in (("simplified", False), ("textbook", True)):
            start = time.perf_counter()
            answer = closedness_sentence(product, seconds=seconds, textbook=plain)
            entry[name] = {"answer": answer.status, "seconds": round(time.perf_counter() - start, 2)}
        found.append(entry)
        yield {
            "limit_seconds": seconds,
            "trimmed_classes": len(wanted),
            "answered": {
                name: sum(e[name]["answer"] != "unknown" for e in found) for name in ("simplified", "textbook")
            },
            "disagreements": [e for e in found if disagrees(e)],
            "patterns": found,
        }


def disagrees(entry: dict[str, Any]) -> bool:
    """The sentence is satisfiable exactly when the set is not closed."""
    means = {"sat": Status.NOT_CLOSED.value, "unsat": Status.CLOSED.value}
    said = {means.get(entry[name]["answer"], entry["decide"]) for name in ("simplified", "textbook")}
    return said != {entry["decide"]}


def random_chain(rng: random.Random, length: int, sizes: tuple[int, ...]) -> SupportProduct:
    """Sizes of all levels and one density are drawn, then every entry on its own."""
    chosen = [rng.choice(sizes) for _ in range(length + 1)]
    density = rng.choice(DENSITIES)
    return SupportProduct(
        [
            Support((m, n), [[j for j in range(n) if rng.random() < density] for _ in range(m)])
            for m, n in pairwise(chosen)
        ]
    )


def decide_random(known: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Decide random chains without any solver; yields the growing result."""
    groups = known.get("groups", [])
    for length, sizes, number in SAMPLES[len(groups) :]:
        rng = random.Random(f"{length} {sizes}")
        counts: Counter[str] = Counter()
        times, undecided = [], []
        for _ in range(number):
            product = random_chain(rng, length, sizes)
            start = time.perf_counter()
            verdict = decide(product, seconds=SECONDS, last_resort=False)
            times.append(time.perf_counter() - start)
            counts[verdict.status.value] += 1
            if verdict.certificate is None:
                undecided.append(" * ".join(factor.to_text(separator="/") for factor in product))
            elif not check(verdict.certificate).verified:
                raise AssertionError(f"{product!r}: the certificate is rejected")
        groups.append(
            {
                "factors": length,
                "sizes": sizes,
                "chains": number,
                "counts": dict(sorted(counts.items())),
                "share_decided": round(1 - len(undecided) / number, 4),
                "median_seconds": round(sorted(times)[number // 2], 4),
                "undecided": undecided,
            }
        )
        yield {"seconds": SECONDS, "groups": groups}


def main(arguments: list[str]) -> int:
    """Run one of the commands."""
    parser = argparse.ArgumentParser(prog="python -m cases.atlas.chains", description=__doc__)
    parser.add_argument("command", choices=("classes", "textbook", "random"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--tries", type=int, default=1_000, help="random limits for each closed class")
    parser.add_argument("--seconds", type=float, default=60.0, help="time limit of the engine for each sentence")
    chosen = parser.parse_args(arguments)
    known = json.loads(chosen.file.read_text(encoding="utf-8")) if chosen.file.exists() else {}
    runs = {
        "classes": lambda: decide_classes(known, chosen.tries),
        "textbook": lambda: ask_textbook(known, chosen.seconds),
        "random": lambda: decide_random(known),
    }
    for result in runs[chosen.command]():
        partial = chosen.file.with_suffix(".partial")
        head = {"command": f"python -m cases.atlas.chains {chosen.command} FILE"}
        partial.write_text(json.dumps({**head, **result}) + "\n", encoding="utf-8")
        partial.replace(chosen.file)
        long = next(value for key, value in result.items() if key in ("classes", "patterns", "groups"))
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{chosen.command}: {len(long)} done ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
