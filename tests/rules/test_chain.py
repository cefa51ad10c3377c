"""Rule `chain`: Kronecker-sparse factors."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from closedness import Status, SupportProduct
from closedness.rules.chains.chain import chainable, kronecker_chain, parameters_of
from tests.helpers.chains import (
    K,
    S,
    butterfly,
    permuted,
    rejected_when_broken,
    rules,
    verified_and_of_no_use_elsewhere,
)
from tests.helpers.verdicts import settled


@pytest.mark.slow
@pytest.mark.parametrize("levels", [3, 5, 10])
def test_butterflies_of_any_length_are_closed(levels: int) -> None:
    product = SupportProduct.from_kronecker(butterfly(levels))
    assert settled(product).status is Status.CLOSED
    assert rules(product) == {"peel", "single"}
    assert settled(product).certificate.proof["rule"] == "chain"  # type: ignore[union-attr]


@pytest.mark.parametrize("levels", [3, 4, 6])
def test_orders_of_the_indices_do_not_matter(levels: int) -> None:
    product = permuted(SupportProduct.from_kronecker(butterfly(levels)), random.Random(levels))
    assert kronecker_chain(product.factors) is None
    assert rules(product) == {"peel", "single"}


@pytest.mark.parametrize(
    "chain",
    [
        [(1, 8, 8, 64), (8, 8, 8, 8), (64, 8, 8, 1)],
        [(1, 3, 2, 4), (1, 4, 2, 2), (2, 2, 5, 1)],
        [(1, 4, 1, 4), (1, 1, 1, 4), (1, 2, 3, 2), (3, 2, 2, 1)],
    ],
)
def test_deformable_butterflies_are_closed(chain: list[tuple[int, int, int, int]]) -> None:
    assert all(chainable(a, b) for a, b in pairwise(chain))
    assert rules(SupportProduct.from_kronecker(chain)) == {"peel", "single"}


def test_kronecker_parameters_are_found() -> None:
    rng = random.Random(6)
    for _ in range(50):
        wanted = tuple(rng.randint(1, 4) for _ in range(4))
        found = parameters_of(K(*wanted))
        assert wanted in found
        assert all(K(*parameters) == K(*wanted) for parameters in found)
    assert parameters_of(S("110/011/101")) == []
    assert parameters_of(S("00/11")) == []


def test_it_is_verified_and_does_not_serve_other_questions() -> None:
    verified_and_of_no_use_elsewhere("chain")


BROKEN: list[Any] = [
    lambda p: p.pop(1),
    lambda p: p[-1].update(then=p[-1]["then"] - 1),
    lambda p: p[-1].update(rule="chain", parameters=[[1, 8, 8, 1]] * 3),
]


@pytest.mark.parametrize("change", BROKEN, ids=range(len(BROKEN)))
def test_broken_proofs_are_rejected(change: Any) -> None:
    rejected_when_broken("chain", change)
