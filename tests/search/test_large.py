"""Masks of real size: verified verdicts in time, and agreement with the exact engine on small ones."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
import scipy.sparse as sp

from closedness import Status, Support, SupportProduct, check, decide
from closedness.rules.limits.private_cells import lu_pattern as lu_pattern_by_bits
from closedness.rules.pairs.crossing import crossing
from closedness.rules.pairs.product import overlap_components
from closedness.search.large import Pair, crosses, decide_large, indicator, is_large, lu_pattern, overlap_groups
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import random_types, two_factors
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


def test_sparse_arrays_of_supports() -> None:
    rng = np.random.default_rng(0)
    for shape in ((3, 5), (70, 9), (17, 130)):
        dense = rng.random(shape) < 0.3
        assert (indicator(Support.read(dense)).toarray() == dense).all()


def test_agreement_with_the_exact_engine() -> None:
    """The same LU patterns, crossings and groups on random small patterns."""
    rng = random.Random(1)
    seen = set()
    for _ in range(400):
        r = rng.randint(1, 5)
        rows, cols = random_types(rng, 5, r, 0.5), random_types(rng, 5, r, 0.5)
        product = two_factors(rows, cols, r)
        pattern, pair = Pattern.of(product), Pair.of(product)
        found, expected = lu_pattern(pair), lu_pattern_by_bits(pattern)
        assert (found is None) == (expected is None)
        if found is not None:
            k, other, i1, i2, j1, j2 = found
            for i, j in ((i1, j1), (i1, j2), (i2, j1)):
                assert rows[i] & cols[j] == 1 << k
            assert rows[i2] & cols[j2] & (1 << k)
            assert rows[i2] & cols[j2] & (1 << other)
            assert other != k
        assert crosses(pair) == (crossing(pattern) is not None)
        groups = sorted(sum(1 << int(k) for k in group) for group in overlap_groups(pair))
        assert groups == overlap_components(pattern)
        seen.add((found is None, crosses(pair)))
    assert seen == {(True, True), (True, False), (False, False)}


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
