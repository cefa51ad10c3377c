"""Rules that answer the same question must agree; the counts are stored in tests/results and the tests look at them.

    python -m tests.cross_check_campaign [--supports 10000] [--seconds 0.2] [--processes 1]

Random supports with two factors, one of them without zeros now and then. Every rule that can answer by itself is asked
alone; case distinctions over all matrices, with limits where they get stuck, are one of them. Each answer is a
certificate that both checkers must accept. The campaign ends when two rules have answered on so many supports.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

from closedness import Certificate, SupportProduct, check
from closedness.budget import Budget
from closedness.check import Rejected
from closedness.rules.limits.blocks import blocks
from closedness.rules.limits.bordered import bordered
from closedness.rules.limits.dependent import dependent
from closedness.rules.limits.diagonal import diagonal
from closedness.rules.limits.forced import forced
from closedness.rules.limits.private_cells import limit_at_private_cells
from closedness.rules.limits.subpattern import minimal_patterns, stored_subpattern
from closedness.rules.pairs.crossing import crossing
from closedness.rules.pairs.dense import dense_product
from closedness.rules.pairs.dual_bases import dual_bases
from closedness.rules.pairs.full import reduce_whole
from closedness.rules.pairs.linear import reduce_linear
from closedness.rules.pairs.near_zero import NearZeroSearch
from closedness.rules.pairs.regular import RegularSearch
from closedness.rules.pairs.types import types_pattern
from closedness.rules.rule import Evidence, Proof
from closedness.search.pairs import Leaf, Prover, StrataSearch
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import random_types, two_factors
from tests.second.checker import second_check

RESULTS = Path(__file__).parent / "results" / "cross_checks.json"
SEED = 2811
NOTHING = {"rule": "nothing"}
MOST_CELLS = 16  # with more of them a search for nearly zero products takes too long

Ask = Callable[[SupportProduct, Pattern, Budget], Any]


def _whole(product: SupportProduct, pattern: Pattern, budget: Budget) -> Any:
    found = reduce_whole(pattern)
    return None if found is None else found.node([NOTHING])


def _linear(product: SupportProduct, pattern: Pattern, budget: Budget) -> Any:
    found = reduce_linear(pattern, budget=budget)
    return None if found is None or any(found.left[0].covered()) else found.node([NOTHING])


def _strata(product: SupportProduct, pattern: Pattern, budget: Budget) -> Any:
    """The searches, without any reduction or quick rule before them."""
    prover = Prover(product, table=(), budget=budget)
    prover.leaves[pattern] = leaf = Leaf(pattern, [], StrataSearch(2_000))
    leaf.left.remove("extend")
    prover.seconds = budget.left()
    prover._round(leaf)
    return prover.found if leaf.node is None else leaf.node


def _near_zero(product: SupportProduct, pattern: Pattern, budget: Budget) -> Any:
    search = NearZeroSearch(pattern)
    return search.run(budget) if search.size <= MOST_CELLS else None


RULES: dict[str, Ask] = {
    "crossing": lambda product, pattern, budget: crossing(pattern),
    "dual-bases": lambda product, pattern, budget: dual_bases(pattern),
    "full": _whole,
    "linear": _linear,
    "regular": lambda product, pattern, budget: RegularSearch(pattern).run(steps=2_000, budget=budget),
    "dense": lambda product, pattern, budget: dense_product(product, budget=budget),
    "types": lambda product, pattern, budget: types_pattern(pattern, budget=budget),
    "private-cells": lambda product, pattern, budget: limit_at_private_cells(product),
    "subpattern": lambda product, pattern, budget: stored_subpattern(pattern, minimal_patterns(3), budget=budget),
    "bordered": lambda product, pattern, budget: bordered(product, budget=budget),
    "blocks": lambda product, pattern, budget: blocks(product, budget=budget),
    "dependent": lambda product, pattern, budget: dependent(product, budget=budget),
    "diagonal": lambda product, pattern, budget: diagonal(product, budget=budget),
    "forced": lambda product, pattern, budget: forced(product, budget=budget),
    "near-zero": _near_zero,
    "strata": _strata,
}


def supports(seed: int) -> Iterator[SupportProduct]:
    """Orders 2 to 6, two to eight hidden indices, all densities; every third with a factor without zeros."""
    rng = random.Random(seed)
    while True:
        m, n, r = rng.randint(2, 6), rng.randint(2, 6), rng.randint(2, 8)
        rows = random_types(rng, m, r, rng.uniform(0.2, 0.95))
        columns = random_types(rng, n, r, 1.0 if rng.random() < 0.33 else rng.uniform(0.2, 0.95))
        product = two_factors(rows, columns, r)
        if any(Pattern.of(product).covered()):
            yield product


def answers(product: SupportProduct, seconds: float) -> dict[str, str]:
    """What each rule says; a certificate that one of the checkers does not accept is an error."""
    said = {}
    for name, ask in RULES.items():
        found = ask(product, Pattern.of(product), Budget(seconds))
        if found is None:
            continue
        if isinstance(found, Evidence):
            made = Certificate.not_closed(product, "real", found.target, found.curve, found.refutation, {})
        else:
            node = found.node if isinstance(found, Proof) else found
            made = Certificate.closed(product, "real", node, {})
        try:
            text = made.to_json()
        except Rejected as error:  # a step does not hold
            raise AssertionError(f"{name} on {product!r}: {error}") from None
        report = check(text)
        if not report.verified:
            raise AssertionError(f"{name} on {product!r}: {report.reason}")
        assert second_check(text).claim == report.claim  # it raises when it does not accept
        said[_kind(name, found)] = report.claim
    return said


def _kind(name: str, found: Any) -> str:
    """The name of a rule, with the theorem by which `dense` answers."""
    if name != "dense":
        return name
    kinds = found.refutation if isinstance(found, Evidence) else found.node
    return f"dense ({next((kind for kind in KINDS if kind in kinds), 'crowded')})"


KINDS = ("pinned", "occupied", "flats", "solved")


def run(supports_with_two: int, seconds: float, seed: int = SEED) -> dict[str, Any]:
    """Ask until two rules have answered on so many supports."""
    compared: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    asked = both = 0
    for product in supports(seed):
        asked += 1
        said = answers(product, seconds)
        answered.update(f"{name}: {claim}" for name, claim in said.items())
        if len(set(said.values())) > 1:
            raise AssertionError(f"contradiction on {product!r}: {said}")
        compared.update(" and ".join(two) for two in combinations(sorted(said), 2))
        both += len(said) > 1
        if both >= supports_with_two:
            break
    return {"asked": asked, "both": both, "answers": answered, "pairs": compared}


def campaign(supports_with_two: int, seconds: float, processes: int) -> dict[str, Any]:
    """The same on several processes, each with its own supports."""
    each = -(-supports_with_two // processes)
    with ProcessPoolExecutor(processes) as pool:
        seeds = range(SEED, SEED + processes)
        parts = list(pool.map(run, [each] * processes, [seconds] * processes, seeds))
    answered: Counter[str] = sum((part["answers"] for part in parts), Counter())
    compared: Counter[str] = sum((part["pairs"] for part in parts), Counter())
    options = f"--supports {supports_with_two} --seconds {seconds} --processes {processes}"
    return {
        "command": f"python -m tests.cross_check_campaign {options}",
        "supports": sum(part["asked"] for part in parts),
        "supports with two answers": sum(part["both"] for part in parts),
        "pairs compared": compared.total(),
        "contradictions": 0,
        "answers": dict(sorted(answered.items())),
        "pairs": dict(sorted(compared.items())),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--supports", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    found = campaign(options.supports, options.seconds, options.processes)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
