"""Chains of factors by name and by chance, and what a rule about chains owes."""

from __future__ import annotations

import copy
import json
import random
from itertools import pairwise
from typing import Any

from closedness import Status, Support, SupportProduct, check, decide
from closedness.elaboration import elaborated
from closedness.elaboration.tables import one_table
from closedness.rules.chains.fusion import fusion
from closedness.rules.chains.orbits import orbits
from closedness.rules.chains.parts import parts
from closedness.rules.rule import Proof
from tests.helpers.oracle import random_types
from tests.helpers.verdicts import settled

S = Support.from_text


K = Support.kronecker


def lower(n: int) -> Support:
    return Support((n, n), [range(i + 1) for i in range(n)])


def triangular(word: str, n: int) -> SupportProduct:
    return SupportProduct([lower(n) if letter == "L" else lower(n).T for letter in word])


def butterfly(levels: int) -> list[tuple[int, int, int, int]]:
    return [(2**level, 2, 2, 2 ** (levels - 1 - level)) for level in range(levels)]


def permuted(chain: SupportProduct, rng: random.Random) -> SupportProduct:
    """Rows, columns and all inner indices in another order."""
    sizes = [chain.shape[0], *chain.inner, chain.shape[1]]
    orders = [rng.sample(range(size), size) for size in sizes]
    factors = [factor.permute(rows, cols) for factor, rows, cols in zip(chain, orders, orders[1:], strict=False)]
    return SupportProduct(factors)


def random_chain(rng: random.Random, length: int, largest: int) -> SupportProduct:
    sizes = [rng.randint(2, largest) for _ in range(length + 1)]
    density = rng.choice((0.4, 0.6, 0.8))
    return SupportProduct(
        [Support.from_masks((m, n), random_types(rng, m, n, density)) for m, n in pairwise(sizes)]
    )


def rules(product: SupportProduct) -> set[str]:
    verdict = settled(product)
    return set(check(verdict.certificate).rules)


EXAMPLES = {
    "chain": SupportProduct.from_kronecker(butterfly(3)),
    "peel": permuted(SupportProduct.from_kronecker(butterfly(3)), random.Random(1)),
    "triangular": triangular("LUL", 3),
    "fusion": SupportProduct([S("11/11"), S("10/01"), S("11/11")]),
    "parts": SupportProduct([S("1100/0011"), S("1100/1100/0011/0011"), S("1000/0100/0010/0001")]),
    "trim": SupportProduct([S("11/11"), S("100/000"), S("111/111/111")]),
    "orbits": SupportProduct([S("10/11"), S("10/11"), S("10/11")]),
}


def proof_of(name: str, product: SupportProduct) -> dict[str, Any]:
    """A certificate whose proof uses the rule."""
    if name == "orbits":
        found = orbits(product.factors)
        assert isinstance(found, Proof)
        data: dict[str, Any] = json.loads(settled(product).certificate.to_json())  # type: ignore[union-attr]
        return elaborated({**data, "version": 1, "proof": found.node})
    if name in ("fusion", "parts", "trim"):
        chain = product.factors
        if name == "fusion":
            both = fusion(chain, 0)
            assert both is not None
            node = both.node({"rule": "peel", "side": "left", "then": {"rule": "single"}})
        elif name == "trim":
            node = {"rule": "trim", "then": peeled_twice()}
        else:
            node = {"rule": "parts", "parts": [{"inner": inner, "then": peeled_twice()} for inner, _ in parts(chain)]}
        data = json.loads(settled(product).certificate.to_json())  # type: ignore[union-attr]
        data["proof"] = one_table(node)
        return data
    result: dict[str, Any] = json.loads(settled(product).certificate.to_json())  # type: ignore[union-attr]
    return result


def peeled_twice() -> dict[str, Any]:
    inner = {"rule": "peel", "side": "left", "then": {"rule": "single"}}
    return {"rule": "peel", "side": "left", "then": inner}


def verified_and_of_no_use_elsewhere(name: str) -> None:
    """The same proof for supports with one entry more or less must not pass, unless it holds there as well."""
    data = proof_of(name, EXAMPLES[name])
    report = check(data)
    assert report.verified, report.reason
    assert {"chain": "peel", "orbits": "strata"}.get(name, name) in report.rules
    rejected = 0
    rng = random.Random(9)
    for _ in range(40):
        factors = [[set(row) for row in factor.rows] for factor in EXAMPLES[name]]
        level = rng.randrange(len(factors))
        i = rng.randrange(len(factors[level]))
        factors[level][i] ^= {rng.randrange(EXAMPLES[name][level].shape[1])}
        other = SupportProduct(
            [Support(f.shape, [sorted(r) for r in rows]) for f, rows in zip(EXAMPLES[name], factors, strict=True)]
        )
        changed = copy.deepcopy(data)
        changed["problem"], changed["problem_id"] = other.to_problem(), other.content_id
        report = check(changed)
        if report.verified:
            assert decide(other, seconds=3, last_resort=False).status is not Status.NOT_CLOSED
        rejected += not report.verified
    assert rejected > (0 if name == "trim" else 5)


def rejected_when_broken(name: str, change: Any) -> None:
    """A changed proof is refused."""
    data = proof_of(name, EXAMPLES[name])
    change(data["proof"])
    assert not check(data).verified
