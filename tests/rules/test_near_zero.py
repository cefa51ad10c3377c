"""Rule ``regular`` with products that are nearly zero, against exact determinants and Newton's method."""

from __future__ import annotations

import importlib
import json
import random
from typing import Any

import numpy as np
import pytest
from flint import fmpz_mat

from closedness.algebra.bitsets import bits
from closedness.elaboration.certificates import elaborated
from closedness.rules.pairs.near_zero import NearZeroSearch
from closedness.supports.pattern import Pattern
from tests.helpers import faults
from tests.helpers.clocks import ENDED, Counting
from tests.helpers.oracle import random_types
from tests.rules.test_regular import near_zero, supports
from tests.second.checker import outcome
from tests.second.linear import squares_exceed

checker = importlib.import_module("closedness.check")


def accepted(rows: list[int], cols: list[int], node: dict[str, Any]) -> bool:
    """What both checkers say."""
    data = elaborated(faults.closed(rows, cols, node), faulty=True)
    first = checker.check(data).verified
    assert first == (outcome(json.dumps(data)) == 0)
    return bool(first)


def first_checker(lines: list[dict[int, int]], size: int, bound: int) -> bool:
    """What `check.py` says about sums of squares."""
    left = checker._work_left
    token = left.set([10**9])
    try:
        return bool(checker._squares_exceed(lines, size, bound))
    finally:
        left.reset(token)


def test_a_product_must_be_small_compared_with_the_derivative() -> None:
    assert accepted(*faults.REGULAR_TYPES, faults.nearly(10**4))
    assert not accepted(*faults.REGULAR_TYPES, faults.nearly(1))


def test_a_derivative_that_is_not_onto_is_never_enough() -> None:
    node = faults.nearly(10**6)
    del node["right"][2]
    assert not accepted(*faults.REGULAR_TYPES, node)


@pytest.mark.parametrize("seed", range(6))
def test_squares_are_compared_exactly(seed: int) -> None:
    rng = random.Random(seed)
    answers = set()
    for _ in range(30):
        size = rng.randint(1, 6)
        lines = [{p: rng.randint(-9, 9) for p in range(size)} for _ in range(size + rng.randint(0, 3))]
        square = fmpz_mat([[sum(line[p] * line[q] for line in lines) for q in range(size)] for p in range(size)])
        bound = rng.randint(1, 40)
        # all leading minors are positive: exact, by another way than both checkers
        less = square - fmpz_mat([[bound * (p == q) for q in range(size)] for p in range(size)])
        exceeds = all(
            fmpz_mat([[less[p, q] for q in range(k)] for p in range(k)]).det() > 0 for k in range(1, size + 1)
        )
        assert squares_exceed(lines, size, bound) == exceeds
        # the first checker asks for twice as much
        answers.add(first := first_checker(lines, size, bound))
        assert exceeds if first else not squares_exceed(lines, size, 2 * bound + 1)
    assert answers == {True, False}


@pytest.mark.slow
def test_what_is_found_is_accepted_and_every_small_matrix_is_a_product() -> None:
    rng = random.Random(2)
    found = 0
    while found < 2:
        rows, cols = random_types(rng, 4, 7, 0.6), random_types(rng, 4, 7, 0.6)
        pattern = Pattern.of_types(rows, cols)
        node = NearZeroSearch(pattern, seed=found).run(Counting(600))
        if node is None:
            continue
        found += 1
        supports(node, rows, cols)
        assert accepted(rows, cols, node)
        # scaled to entries near 1, Newton's method reaches a small matrix from there
        largest = max(abs(value) for side in ("left", "right") for *_, value in node[side])
        near = {**node, **{s: [[a, b, v / largest] for a, b, v in node[s]] for s in ("left", "right")}}
        covered = np.array([[bool(a & b) for b in cols] for a in rows])
        target = np.where(covered, np.random.default_rng(found).standard_normal(covered.shape), 0) * 1e-3
        assert near_zero(near, rows, cols, target) < 1e-10


def test_it_ends_when_the_time_is_up() -> None:
    pattern = Pattern.of_types(*faults.REGULAR_TYPES)
    search = NearZeroSearch(pattern)
    assert search.run(ENDED) is None
    assert search.run(Counting(3)) is None
    assert search.tries == 1
    assert list(bits(pattern.terms)) == search.terms
