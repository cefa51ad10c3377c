"""Rule `triangular` against exact membership."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from closedness import Status
from closedness.equations.membership import decide_membership
from tests.helpers.chains import (
    rejected_when_broken,
    triangular,
    verified_and_of_no_use_elsewhere,
)
from tests.helpers.verdicts import settled


@pytest.mark.parametrize("n", [2, 3, 5, 40])
@pytest.mark.parametrize("word", ["LLL", "LUU", "LLU", "LUL", "ULU", "LULU", "LUUL", "ULLU", "UULL", "LULUL", "UUU"])
def test_stacks_of_triangular_factors(word: str, n: int) -> None:
    """One kind: closed. Both kinds, one change: LU, not closed. More changes: all matrices."""
    changes = sum(a != b for a, b in pairwise(word))
    status = settled(triangular(word, n)).status
    assert status is (Status.NOT_CLOSED if changes == 1 else Status.CLOSED)


@pytest.mark.parametrize("word", ["LUL", "ULU"])
def test_three_triangular_factors_give_all_matrices(word: str) -> None:
    """Rule `triangular` against exact membership, singular matrices included."""
    rng = random.Random(1)
    product = triangular(word, 3)
    for _ in range(12):
        target = {
            (i, j): Fraction(rng.choice((0, 0, 1, -1, 2))) for i in range(3) for j in range(3)
        }
        outcome = decide_membership(product, {cell: v for cell, v in target.items() if v}, steps=3_000)
        assert outcome.refutation is None
        assert outcome.point is not None


def test_it_is_verified_and_does_not_serve_other_questions() -> None:
    verified_and_of_no_use_elsewhere("triangular")


BROKEN: list[Any] = [
    lambda p: p[-1].update(kinds=["lower", "upper", "upper"]),
    lambda p: p[-1].update(kinds=["upper", "lower", "upper"]),
    lambda p: p[-1].update(kinds=["lower", "upper"]),
    lambda p: p[-1].update(at=1),
]


@pytest.mark.parametrize("change", BROKEN, ids=range(len(BROKEN)))
def test_broken_proofs_are_rejected(change: Any) -> None:
    rejected_when_broken("triangular", change)
