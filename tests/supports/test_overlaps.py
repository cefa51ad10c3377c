"""Overlaps of large supports, by tables, against those pair by pair."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest

from closedness import Support, SupportProduct
from closedness.rules.chains.peel import can_peel_left
from closedness.rules.pairs.product import overlap_components
from closedness.supports import overlaps
from closedness.supports.graph import are_crossing, not_crossing
from closedness.supports.overlaps import indicator, overlap_groups, uncrossed_pairs
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import random_types, two_factors


def test_sparse_arrays_of_supports() -> None:
    rng = np.random.default_rng(0)
    for shape in ((3, 5), (70, 9), (17, 130)):
        dense = rng.random(shape) < 0.3
        assert (indicator(Support.read(dense)).toarray() == dense).all()


@pytest.fixture(params=[0.0, 1e9], ids=["dense", "sparse"])
def arrays(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All products of supports are made with arrays of this kind."""
    monkeypatch.setattr(overlaps, "FILLED", request.param)


@pytest.mark.usefixtures("arrays")
def test_pairs_and_groups() -> None:
    """All pairs in order, and the same components as cell by cell."""
    rng = random.Random(1)
    seen = set()
    for _ in range(300):
        r = rng.randint(1, 5)
        rows, cols = random_types(rng, 5, r, 0.5), random_types(rng, 5, r, 0.5)
        product = two_factors(rows, cols, r)
        left, right = product.factors
        rectangles = dict(enumerate(zip(left.col_masks, right.row_masks, strict=True)))
        expected = [
            (k, l)
            for k in range(r)
            for l in range(k + 1, r)
            if left.col_masks[k] & left.col_masks[l]
            and right.row_masks[k] & right.row_masks[l]
            and not are_crossing(rectangles[k], rectangles[l])
        ]
        first, second = uncrossed_pairs(left, right, right)
        assert list(zip(first.tolist(), second.tolist(), strict=True)) == expected
        assert not_crossing(rectangles) == (expected[0] if expected else None)
        groups = sorted(sum(1 << k for k in group) for group in overlap_groups(left, right))
        assert groups == overlap_components(Pattern.of(product))
        seen.add(bool(expected))
    assert seen == {True, False}


@pytest.mark.usefixtures("arrays")
def test_overlaps_through_further_factors() -> None:
    """What is reached beyond counts, not what the next factor has in common."""
    rng = random.Random(2)
    seen = set()
    for _ in range(200):
        sizes = [rng.randint(1, 4) for _ in range(4)]
        factors = [
            [[int(rng.random() < 0.6) for _ in range(b)] for _ in range(a)]
            for a, b in pairwise(sizes)
        ]
        first, second, third = SupportProduct(factors).factors
        pairs = uncrossed_pairs(first, second, second @ third)
        assert (len(pairs[0]) == 0) == can_peel_left((first, second, third))
        seen.add(len(pairs[0]) == 0)
    assert seen == {True, False}
