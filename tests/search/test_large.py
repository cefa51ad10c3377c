"""Masks of real size: verified verdicts in time, and agreement with the exact engine on small ones."""

from __future__ import annotations

import time

import numpy as np
import pytest
import scipy.sparse as sp

from closedness import Status, SupportProduct, check, decide
from closedness.search.large import decide_large, is_large
from tests.helpers.oracle import two_factors
from tests.helpers.verdicts import settled


def random_masks(n: int, density: float, seed: int) -> SupportProduct:
    rng = np.random.default_rng(seed)
    return SupportProduct([sp.csr_array(rng.random((n, n)) < density) for _ in range(2)])


def planted_crossing(n: int, seed: int, block: int = 50) -> SupportProduct:
    """In each block the row sets grow while the column sets shrink: any two supports cross."""
    rng = np.random.default_rng(seed)
    left, right = np.zeros((n, n), dtype=bool), np.zeros((n, n), dtype=bool)
    rows, columns, names = (rng.permutation(n) for _ in range(3))
    for k in range(n // block * block):
        start = k // block * block
        height = int(rng.integers(1, block + 1))
        left[rows[start : start + height], names[k]] = True
        right[columns[start : start + block + 1 - height], names[k]] = True
    return SupportProduct.from_pair(left, right)


@pytest.mark.parametrize("density", [0.002, 0.01, 0.05])
def test_random_masks_are_not_closed(density: float) -> None:
    product = random_masks(1000, density, 1)
    start = time.perf_counter()
    verdict = decide(product, last_resort=False)
    assert time.perf_counter() - start < 10  # about half a second; generous for busy machines
    assert verdict.status is Status.NOT_CLOSED
    assert verdict.certificate is not None
    assert check(verdict.certificate).verified


def test_very_sparse_masks_are_decided() -> None:
    """With a handful of overlaps both answers occur."""
    seen = set()
    for seed in range(6):
        verdict = decide(random_masks(600, 0.0015, seed), last_resort=False)
        assert verdict.certificate is not None, verdict.tried
        assert check(verdict.certificate).verified
        seen.add(verdict.status)
    assert Status.CLOSED in seen


@pytest.mark.slow
def test_planted_crossing_masks_are_closed() -> None:
    verdict = settled(planted_crossing(1000, 2))
    assert verdict.status is Status.CLOSED


def test_memory_follows_the_entries() -> None:
    product = random_masks(2000, 0.001, 3)
    assert settled(product).status is Status.NOT_CLOSED


def block_diagonal(blocks: list[SupportProduct], size: int) -> SupportProduct:
    """Blocks, and single cells up to a size."""
    spare = size - sum(block.shape[0] for block in blocks)
    unit = SupportProduct([[[1]], [[1]]])
    every = [*blocks, *[unit] * spare]
    return SupportProduct(
        [sp.block_diag([block[level].to_dense().astype(int) for block in every]) for level in (0, 1)]
    )


def test_small_groups_go_to_the_exact_engine() -> None:
    """A pattern that needs more than crossing, and one that is not closed, inside large masks."""
    closed = two_factors((3, 5, 6), (7, 7, 7), 3)
    assert settled(block_diagonal([closed, closed], 80)).status is Status.CLOSED
    open_one = two_factors((1, 2, 3), (3, 3), 2)
    verdict = settled(block_diagonal([closed, open_one], 80))
    assert verdict.status is Status.NOT_CLOSED


def test_only_large_products_are_taken_over() -> None:
    assert not is_large(random_masks(20, 0.2, 0))
    assert is_large(random_masks(65, 0.2, 0))
    assert not is_large(SupportProduct([np.ones((70, 2)), np.ones((2, 2)), np.ones((2, 3))]))


def test_unknown_remains_unknown() -> None:
    """A group that nobody decides gives no answer."""
    product = two_factors((3, 5, 6), (7, 7, 7), 3)
    assert decide_large(product, lambda _: None) is None
