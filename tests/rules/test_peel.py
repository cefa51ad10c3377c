"""Rule `peel`, and `single` at its end: against crossing supports, and one pair of columns after the other."""

from __future__ import annotations

import random
from typing import Any

import pytest

from closedness.rules.chains.peel import can_peel
from closedness.rules.pairs.crossing import crossing
from closedness.supports.pattern import Pattern
from tests.helpers.chains import (
    permuted,
    random_chain,
    rejected_when_broken,
    triangular,
    verified_and_of_no_use_elsewhere,
)
from tests.helpers.oracle import random_types, two_factors


def test_two_factors_peel_exactly_when_they_cross() -> None:
    rng = random.Random(2)
    seen = set()
    for _ in range(300):
        rows, cols = random_types(rng, 3, 3, 0.6), random_types(rng, 3, 3, 0.6)
        product = two_factors(rows, cols, 3)
        crosses = crossing(Pattern.of(product)) is not None
        assert can_peel(product.factors, "left") == crosses == can_peel(product.factors, "right")
        seen.add(crosses)
    assert seen == {False, True}


def test_many_pairs_at_once_peel_like_one_pair_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(14)
    chains = [random_chain(rng, rng.choice((2, 3)), 4).factors for _ in range(200)]
    chains += [permuted(triangular("LLL", 4), rng).factors, triangular("LU", 4).factors]
    alone = [can_peel(chain, side) for chain in chains for side in ("left", "right")]
    monkeypatch.setattr("closedness.rules.chains.peel.DENSE", -1)
    assert alone == [can_peel(chain, side) for chain in chains for side in ("left", "right")]
    assert set(alone) == {False, True}


def test_it_is_verified_and_does_not_serve_other_questions() -> None:
    verified_and_of_no_use_elsewhere("peel")


BROKEN: list[Any] = [
    lambda p: p[-1].update(then=0),
    lambda p: p[-1].update(side="middle"),
    lambda p: p.__setitem__(0, {"rule": "nothing"}),
    lambda p: p.__setitem__(0, {"rule": "product", "parts": []}),
]


@pytest.mark.parametrize("change", BROKEN, ids=range(len(BROKEN)))
def test_broken_proofs_are_rejected(change: Any) -> None:
    rejected_when_broken("peel", change)
