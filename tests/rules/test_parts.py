"""Rule `parts`: the groups share no cell and lose no entry."""

from __future__ import annotations

import random
from typing import Any

import pytest

from closedness.rules.chains.parts import parts
from closedness.rules.chains.trim import product_support, trimmed
from tests.helpers.chains import (
    random_chain,
    rejected_when_broken,
    verified_and_of_no_use_elsewhere,
)


def test_trimming_and_parts_keep_the_product() -> None:
    rng = random.Random(4)
    for _ in range(100):
        chain = random_chain(rng, 3, 4).factors
        small = trimmed(chain)
        assert product_support(small) == product_support(chain)
        for factor, original in zip(small, chain, strict=True):
            assert factor <= original
        groups = parts(small)
        cells: set[tuple[int, int]] = set()
        entries = 0
        for _, part in groups:
            own = set(product_support(part))
            assert not own & cells
            cells |= own
            entries += sum(factor.nnz for factor in part)
        assert cells == set(product_support(chain))
        assert entries == sum(factor.nnz for factor in small)


def test_it_is_verified_and_does_not_serve_other_questions() -> None:
    verified_and_of_no_use_elsewhere("parts")


BROKEN: list[Any] = [
    lambda p: p[-1]["parts"].pop(),
    lambda p: p[-1]["parts"][0]["inner"][0].pop(),
    lambda p: p[-1]["parts"].append(p[-1]["parts"][0]),
]


@pytest.mark.parametrize("change", BROKEN, ids=range(len(BROKEN)))
def test_broken_proofs_are_rejected(change: Any) -> None:
    rejected_when_broken("parts", change)
