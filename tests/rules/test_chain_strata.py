"""Rule `chain-strata`: verdicts against other means, and the pieces that the search is made of."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from itertools import product as cartesian
from pathlib import Path
from typing import Any

import pytest

from cases.atlas.chain_page import stored
from cases.atlas.chains import classes, decide_classes, decide_random, disagrees, random_chain
from closedness import Certificate, Status, Support, SupportProduct, check, decide
from closedness.algebra.laurent import limit_of_curve
from closedness.equations.membership import decide_membership
from closedness.report.steps import closed_steps
from closedness.rules.chains.chain_strata import ChainFamily, ChainStrata, _Shape
from closedness.rules.chains.fixed_factors import generic_section, pairs_for, specials
from closedness.rules.chains.limits import curve_to, random_limit, respects
from closedness.rules.chains.trim import product_support, trimmed
from closedness.supports.pattern import Pattern
from closedness.supports.state import State
from tests.helpers.clocks import ENDED
from tests.helpers.oracle import random_types, two_factors
from tests.helpers.verdicts import settled
from tests.second.checker import outcome

S = Support.from_text
ROOT = Path(__file__).parents[2]
# neither reductions to two factors nor nested types settle these
CLOSED = (
    "111/.11/1.1 * .11/111/11. * 111/111/.11",
    ".1./.11/111 * 1../111/.11 * 111/.11/11.",
    "111/1../.1. * 11./11./1.1 * .1./11./111",
    "1../111/.11 * 111/..1/11. * 1.1/11./111 * 11./111/...",
    "111/1.1/111 * 1../11./111 * 111/111/11. * ..1/11./1.1",
    ".11/111/.../11. * 111/1../111 * .11/.11/.1.",
)
NOT_CLOSED = (
    "111/.11/11. * 1../..1/111 * .11/.1./111",
    "1.1/..1/.1. * .11/.11/11. * 1../11./111",
    "1../111/..1 * .11/11./1.1 * ..1/11./111",
)


def start(chain: tuple[Support, ...]) -> State:
    """Every entry unknown."""
    return State.start(Pattern.of_types(chain[0].row_masks, product_support(chain[1:]).col_masks))


@pytest.mark.slow
@pytest.mark.parametrize("text", CLOSED)
def test_closed_chains(text: str) -> None:
    product = SupportProduct.from_text(text)
    verdict = settled(product)
    assert verdict.status is Status.CLOSED
    assert verdict.certificate is not None
    assert "strata" in check(verdict.certificate).rules
    assert outcome(verdict.certificate.to_json()) == 0
    assert any("distinctions" in step.text for step in closed_steps(verdict.certificate))
    rng = random.Random(text)
    for _ in range(15):
        found = random_limit(product.factors, rng)
        if found is not None:
            assert decide_membership(product, found[0], steps=1_500).refutation is None


@pytest.mark.parametrize("text", NOT_CLOSED)
def test_chains_that_are_not_closed(text: str) -> None:
    verdict = settled(SupportProduct.from_text(text))
    assert verdict.status is Status.NOT_CLOSED
    assert verdict.certificate is not None
    assert outcome(verdict.certificate.to_json()) == 0


@pytest.mark.slow
def test_agrees_with_the_rules_for_two_factors() -> None:
    """A diagonal factor in the middle, or at an end, changes nothing."""
    rng = random.Random(5)
    seen = {Status.CLOSED: 0, Status.NOT_CLOSED: 0}
    for _ in range(25):
        rows, cols = random_types(rng, 3, 3, 0.7), random_types(rng, 3, 3, 0.7)
        pair = two_factors(rows, cols, 3)
        status = decide(pair, last_resort=False).status
        where = rng.randrange(3)
        sizes = (pair.shape[0], pair.inner[0], pair.shape[1])
        eye = Support.kronecker(sizes[where], 1, 1, 1)
        chain = trimmed((*pair.factors[:where], eye, *pair.factors[where:]))
        if not product_support(chain):
            continue
        search = ChainStrata(chain)
        node = search.run()
        seen[status] += 1
        if status is Status.NOT_CLOSED:
            assert node is None
        if node is not None:
            certificate = Certificate.closed(SupportProduct(chain), "real", node, {})
            assert check(certificate).verified
            assert outcome(certificate.to_json()) == 0
    assert min(seen.values()) > 3


@pytest.mark.slow
def test_reversed_chains_agree() -> None:
    rng = random.Random(21)
    decided = 0
    for _ in range(12):
        product = random_chain(rng, 3, (3,))
        first, second = (decide(p, seconds=3, last_resort=False).status for p in (product, product.T))
        if Status.UNDECIDED not in (first, second):
            assert first is second
            decided += 1
    assert decided > 6


def test_columns_are_added_where_the_last_factor_allows_it() -> None:
    """The test used by the search against a direct look at products."""
    rng = random.Random(3)
    for _ in range(40):
        chain = trimmed(random_chain(rng, 3, (2, 3)).factors)
        if not product_support(chain):
            continue
        shape, state = _Shape(chain), start(chain)
        live = sorted({j for omega in state.omega for j in range(chain[-1].shape[1]) if omega >> j & 1})
        for j, other in cartesian(live, live):
            if j == other:
                continue
            masks = chain[-1].col_masks
            assert shape.may_add_column(state, j, other) == (masks[j] | masks[other] == masks[other])


def test_specials_lie_inside_the_chain() -> None:
    rng = random.Random(9)
    for _ in range(20):
        chain = random_chain(rng, rng.choice((3, 4)), (2, 3)).factors
        for special in specials(chain):
            for level, ones in enumerate(special.ones):
                assert not ones or level not in special.free
                assert all((i, j) in chain[level] for i, j in ones.items())
                assert len(set(ones.values())) == len(ones)
            a, b = special.free
            assert set(special.left.values()) <= set(chain[a])
            assert set(special.right.values()) <= set(chain[b])


def test_generic_sections_multiply_to_every_matrix() -> None:
    """Put numbers in for the parameters and multiply."""
    rng = random.Random(10)
    found = 0
    for _ in range(60):
        chain = trimmed(random_chain(rng, 3, (2, 3)).factors)
        if not product_support(chain):
            continue
        state = start(chain)
        family = ChainFamily(_Shape(chain), state)
        for special in pairs_for(chain, state, specials(chain)):
            section = generic_section(chain, special, state, family.entries)
            if section is None:
                continue
            found += 1
            values = {name: Fraction(rng.randint(-5, 5)) for name in family.entries.values() if isinstance(name, str)}
            assert multiplied(section["factors"], values) == {
                cell: values[str(name)] for cell, name in family.entries.items() if values[str(name)]
            }
            break
    assert found > 10


def multiplied(factors: list[Any], values: dict[str, Fraction]) -> dict[tuple[int, int], Fraction]:
    """The product of factors given as polynomials, at numbers."""
    total: dict[tuple[int, int], Fraction] | None = None
    for entries in factors:
        factor = {
            (i, j): sum((Fraction(c) * (values[powers[0][0]] if powers else 1) for c, powers in poly), Fraction(0))
            for i, j, poly, _ in entries
        }
        if total is None:
            total = factor
            continue
        following: dict[tuple[int, int], Fraction] = {}
        for (i, k), left in total.items():
            for (l, j), right in factor.items():
                if k == l:
                    following[i, j] = following.get((i, j), Fraction(0)) + left * right
        total = following
    return {cell: value for cell, value in (total or {}).items() if value}


def test_curves_to_given_limits() -> None:
    """A limit drawn at random is found again, with a curve of its own."""
    rng = random.Random(4)
    again = 0
    for text in NOT_CLOSED:
        chain = SupportProduct.from_text(text).factors
        for _ in range(3):
            drawn = random_limit(chain, rng)
            assert drawn is not None
            curve = curve_to(chain, drawn[0])
            if curve is not None:
                again += 1
                assert respects(chain, curve)
                assert limit_of_curve(curve) == drawn[0]
    assert again >= 6


def test_stored_results_about_small_chains() -> None:
    """What the campaigns found: every class decided, nothing that speaks against a verdict."""
    found = stored("classes")
    assert [[list(factor) for factor in chain] for chain in classes()] == [entry["rows"] for entry in found["classes"]]
    assert all(entry["verified"] and entry["status"] != "undecided" for entry in found["classes"])
    attacks = [entry["attack"] for entry in found["classes"] if entry["status"] == "closed"]
    assert sum(attack["limits"] < 1_000 for attack in attacks) == 1  # no path, no limit but zero
    assert not any(attack["refuted"] for attack in attacks)
    textbook = stored("textbook")
    assert len(textbook["patterns"]) == textbook["trimmed_classes"]
    assert textbook["limit_seconds"] == 60
    assert not textbook["disagreements"]
    assert not any(disagrees(entry) for entry in textbook["patterns"])
    for before, now in zip(stored("random_before")["groups"], stored("random")["groups"], strict=True):
        assert (before["factors"], before["sizes"], before["chains"]) == (now["factors"], now["sizes"], now["chains"])
        assert now["share_decided"] >= before["share_decided"]


def test_stored_times_of_the_named_families() -> None:
    found = json.loads((ROOT / "benchmarks" / "results" / "families.json").read_text(encoding="utf-8"))
    assert found["members"] == len(found["timings"]) > 200
    for timing in found["timings"]:
        open_ones = timing["family"] == "kaleidoscope, shuffled" and timing["size"] > 4
        assert timing["verdict"] == ("undecided" if open_ones else timing["known"])
        assert timing["verified"] == (timing["verdict"] != "undecided")


@pytest.mark.parametrize("command", ["classes", "random"])
def test_interrupted_campaigns_go_on(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run keeps what the first one has found."""
    monkeypatch.setattr("cases.atlas.chains.SAMPLES", ((3, (2,), 4), (3, (1, 2), 3)))
    monkeypatch.setattr("cases.atlas.chains.classes", lambda: classes()[:6])
    run = {"classes": lambda known: decide_classes(known, 3), "random": decide_random}[command]
    # the result grows while it is made: keep what is there after the first step
    whole = [json.loads(json.dumps(result)) for result in run({})]
    again = list(run(whole[0]))
    assert len(again) == len(whole) - 1
    key = "classes" if command == "classes" else "groups"
    assert [without_times(entry) for entry in json.loads(json.dumps(again[-1][key]))] == [
        without_times(entry) for entry in whole[-1][key]
    ]


def without_times(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if "seconds" not in key}


def test_a_search_stops_when_it_is_told_to() -> None:
    chain = SupportProduct.from_text(CLOSED[0]).factors
    assert ChainStrata(chain, budget=ENDED).run() is None
    assert ChainStrata(chain, nodes=3).run() is None
