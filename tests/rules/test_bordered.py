"""Rule ``bordered``: low rank plus sparse, against the membership search and both checkers."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from closedness import Status, SupportProduct, check, decide
from closedness.certificate import Certificate
from closedness.equations.membership import decide_membership
from closedness.rules.limits.bordered import bordered, bordered_minor
from tests.helpers.clocks import ENDED
from tests.second.checker import outcome

DATA = Path(__file__).parent.parent / "data"
Mask = NDArray[np.bool_]


def low_rank_plus(k: int, sparse: Mask) -> SupportProduct:
    """Rank k plus one hidden index for each cell of a mask."""
    m, n = sparse.shape
    cells = np.argwhere(sparse)
    left = np.hstack([np.ones((m, k), dtype=int), *(np.eye(m, dtype=int)[:, [i]] for i, _ in cells)])
    right = np.hstack([np.ones((n, k), dtype=int), *(np.eye(n, dtype=int)[:, [j]] for _, j in cells)])
    return SupportProduct.from_pair(left, right)


def load(name: str) -> SupportProduct:
    path = DATA / name
    if path.suffix == ".json":
        data = json.loads(path.read_text())
        return SupportProduct.from_pair(data["I"], data["J"])
    with np.load(path) as arrays:
        return SupportProduct.from_pair(arrays["I"], arrays["J"])


@pytest.mark.parametrize(
    ("name", "carriers"),
    [("rosa_24_2_minor.json", 2), ("rank4_corner.json", 4), ("pixelfly_64_4.npz", 4), ("pixelfly_block256_32.npz", 32)],
)
@pytest.mark.parametrize("field", ["real", "complex"])
def test_published_layers_are_decided_at_once(name: str, carriers: int, field: str) -> None:
    product = load(name)
    start = time.process_time()
    verdict = decide(product, field, seconds=20)
    assert time.process_time() - start < 1.5
    assert verdict.status is Status.NOT_CLOSED
    assert f"{carriers} hidden indices alone cover all cells but one" in verdict.reason
    assert verdict.certificate is not None
    assert check(verdict.certificate).verified
    assert outcome(verdict.certificate.to_json()) == 0


def test_random_masks_beside_low_rank() -> None:
    """What is found is verified; a minor of the right kind is always found where the mask is one cell."""
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(60):
        k = int(rng.integers(2, 5))
        m, n = rng.integers(k + 1, 10, size=2)
        product = low_rank_plus(k, rng.random((m, n)) < rng.choice([0.05, 0.2, 0.4]))
        evidence = bordered(product)
        if evidence is None:
            continue
        found += 1
        for field in ("real", "complex"):
            made = Certificate.not_closed(product, field, evidence.target, evidence.curve, evidence.refutation, {})
            assert check(made).verified
            assert outcome(made.to_json()) == 0
    assert found > 15
    for k in range(2, 9):
        cell = np.zeros((k + 1, k + 1), dtype=bool)
        cell[rng.integers(k + 1), rng.integers(k + 1)] = True
        assert bordered(low_rank_plus(k, cell)) is not None


def test_the_limit_is_no_product_by_case_distinctions_either() -> None:
    for k, size in ((2, 3), (2, 4)):
        mask = np.zeros((size, size), dtype=bool)
        mask[0, 0] = True
        product = low_rank_plus(k, mask)
        evidence = bordered(product)
        assert evidence is not None
        assert decide_membership(product, evidence.target, steps=20_000).refutation is not None


def test_closed_sets_are_left_alone() -> None:
    """Rank k alone, rank k and a whole row or column: the known cells form rectangles."""
    for k in (2, 3):
        row, column, corner = (np.zeros((6, 6), dtype=bool) for _ in range(3))
        row[2], column[:, 3], corner[:4, :4] = True, True, True
        for mask in (row, column, row | column):
            assert bordered_minor(low_rank_plus(k, mask)) is None
        left = np.hstack([np.ones((6, k), dtype=int), corner[:, :1]])
        right = np.hstack([np.ones((6, k), dtype=int), corner[:1].T])
        # a block of rank one in a corner: two rows and two columns are left to meet a single cell of it
        assert (bordered_minor(SupportProduct.from_pair(left, right)) is not None) == (k == 2)


def test_names_and_sides_do_not_matter() -> None:
    rng = random.Random(5)
    mask = np.random.default_rng(2).random((7, 8)) < 0.2
    product = low_rank_plus(3, mask)
    assert bordered(product) is not None
    left, right = (factor.to_dense() for factor in product.factors)
    for _ in range(5):
        p, q, k = (rng.sample(range(size), size) for size in (7, 8, left.shape[1]))
        assert bordered(SupportProduct([left[p][:, k], right[k][:, q]])) is not None
    assert bordered(SupportProduct([right.T, left.T])) is not None


def test_it_ends_when_it_is_told_to() -> None:
    mask = np.zeros((6, 6), dtype=bool)
    mask[0, 0] = True
    assert bordered(low_rank_plus(3, mask), budget=ENDED) is None
