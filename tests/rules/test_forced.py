"""Targets whose zeros force a contradiction, against all factors over a small field."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest

from closedness import Status, SupportProduct, check, decide
from closedness.algebra.bitsets import bits
from closedness.budget import Budget
from closedness.rules.limits.forced import MOST_CELLS, forced, is_refuted, refuted_targets
from closedness.supports.pattern import Pattern
from tests.helpers.clocks import ENDED
from tests.second.checker import outcome

Types = tuple[list[int], list[int]]


def zero_patterns(pattern: Types) -> set[frozenset[tuple[int, int]]]:
    """The non-zero cells of all products over the field of three elements."""
    rows, cols = pattern
    places = [(0, i, k) for i, tau in enumerate(rows) for k in bits(tau)]
    places += [(1, j, k) for j, sigma in enumerate(cols) for k in bits(sigma)]
    values = np.array(list(product(range(3), repeat=len(places))))
    entries = {place: values[:, p] for p, place in enumerate(places)}
    cells = [(i, j) for i in range(len(rows)) for j in range(len(cols))]
    nonzero = np.zeros((len(values), len(cells)), bool)
    for p, (i, j) in enumerate(cells):
        for k in bits(rows[i] & cols[j]):
            entries[2, i, j] = entries.get((2, i, j), 0) + entries[0, i, k] * entries[1, j, k]
        nonzero[:, p] = entries[2, i, j] % 3 != 0 if (2, i, j) in entries else False
    return {frozenset(c for c, some in zip(cells, row, strict=True) if some) for row in np.unique(nonzero, axis=0)}


def small_types(rng: random.Random) -> Types:
    while True:
        rows, cols = ([rng.randrange(1, 8) for _ in range(3)] for _ in range(2))
        if 8 <= sum(map(int.bit_count, rows + cols)) <= 10:
            return rows, cols


@pytest.mark.parametrize("seed", [0, 2])
def test_what_is_refuted_is_no_product(seed: int) -> None:
    rng = random.Random(seed)
    refuted = 0
    for _ in range(4):
        rows, cols = small_types(rng)
        pattern = Pattern.of_types(rows, cols)
        products = zero_patterns((rows, cols))
        cells = [(i, j) for i, mask in enumerate(pattern.covered()) for j in bits(mask)]
        for _ in range(100):
            chosen = {cell: rng.random() < 0.5 for cell in rng.sample(cells, rng.randint(1, len(cells)))}
            if is_refuted(pattern, chosen):
                refuted += 1
                assert not any(all((cell in some) == nonzero for cell, nonzero in chosen.items()) for some in products)
    assert refuted > 2


def random_question(rng: random.Random) -> SupportProduct:
    """A support of the dense middle: 8 × 8 with 15 hidden indices."""
    rows, cols = ([[int(rng.random() < 0.4) for _ in range(15)] for _ in range(8)] for _ in range(2))
    return SupportProduct.from_pair(rows, cols)


def test_no_cell_is_superfluous() -> None:
    pattern = Pattern.of(random_question(random.Random(5)))
    found = refuted_targets(pattern, tries=300)
    for chosen in found:
        assert is_refuted(pattern, chosen)
        for cell in chosen:
            assert not is_refuted(pattern, {other: value for other, value in chosen.items() if other != cell})
    assert found


def test_limits_in_the_dense_middle() -> None:
    rng = random.Random(5)
    found = [question for _ in range(12) if forced(question := random_question(rng), tries=150) is not None]
    assert len(found) > 2
    for question in found[:3]:
        verdict = decide(question, seconds=20, last_resort=False)
        assert verdict.status is Status.NOT_CLOSED
        assert check(verdict.certificate).verified
        assert outcome(verdict.certificate.to_json()) == 0


def test_it_ends_when_the_time_is_up_and_leaves_large_patterns_alone() -> None:
    lu = SupportProduct.from_text("10/11 * 11/01")
    assert forced(lu, budget=ENDED) is None
    side = int(MOST_CELLS**0.5) + 2
    large = Pattern.of_types([1] * side, [1] * side)
    assert refuted_targets(large, budget=Budget(5)) == []
