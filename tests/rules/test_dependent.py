"""Rule ``dependent``: the curves tend to their targets, which have the ranks that are meant, and are no products."""

from __future__ import annotations

import random
import time
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import SupportProduct, check
from closedness.certificate import Certificate
from closedness.rules.limits.dependent import dependent, zero_sum_limit
from closedness.verdict import Counterexample
from tests.helpers.clocks import ENDED
from tests.rules.test_blocks import random_pair
from tests.second.checker import outcome


def rank(target: dict[tuple[int, int], Fraction], rows: list[int], columns: list[int]) -> int:
    """The rank of a block of integers."""
    if not rows or not columns:
        return 0
    return int(fmpz_mat([[int(target.get((i, j), 0)) for j in columns] for i in rows]).rank())


@given(st.integers(0, 10**9))
@settings(max_examples=80)
def test_the_curve_tends_to_a_target_with_these_ranks(seed: int) -> None:
    """The difference of product and target, multiplied out exactly, has positive powers of t only."""
    rng = random.Random(seed)
    m, n, r = rng.randint(2, 6), rng.randint(2, 6), rng.randint(2, 5)
    left, right = ([[int(rng.random() < 0.7) for _ in range(r)] for _ in range(size)] for size in (m, n))
    product = SupportProduct.from_pair(left, right)
    chosen = []
    for size in (m, n):
        lines = sorted(rng.sample(range(size), rng.randint(1, size)))
        chosen.append((lines, rng.randint(1, len(lines))))
    group = sorted(rng.sample(range(r), rng.randint(2, min(3, r))))
    target, curve = zero_sum_limit(product, *chosen, group, rng.randint(0, 1), rng)
    example = Counterexample(tuple(factor.shape for factor in product.factors), target, curve)
    assert all(min(entry) > 0 for entry in example.difference().values())
    for factor, entries in zip(product.factors, curve, strict=True):
        assert all(cell in factor for cell in entries)
    assert rank(target, chosen[0][0], list(range(n))) <= chosen[0][1]
    assert rank(target, list(range(m)), chosen[1][0]) <= chosen[1][1]


@pytest.mark.parametrize("seed", range(3))
def test_products_are_never_refuted_by_the_ranks_of_gram_matrices(seed: int) -> None:
    """For the product of random factors both checkers reject the step, whatever hidden indices it names."""
    rng = random.Random(seed)
    asked = 0
    while asked < 12:
        n, r = rng.randint(3, 5), rng.randint(2, 4)
        product = random_pair(rng, n, r, 0.7)
        left, right = (factor.to_dense().astype(int) for factor in product.factors)
        X, Y = (np.array([[v * rng.randint(-3, 3) for v in line] for line in lines]) for lines in (left, right))
        A = {(i, j): Fraction(int(v)) for (i, j), v in np.ndenumerate(X @ Y) if v}
        if rank(A, list(range(n)), list(range(n))) < r:
            continue
        asked += 1
        for _ in range(15):
            terms, others = (sorted(rng.sample(range(r), rng.randint(0, r))) for _ in range(2))
            body = {"rows": list(range(n)), "columns": list(range(n))}
            node: dict[str, Any] = {"frames": {**body, "steps": [{"do": "gram", "terms": terms, "others": others}]}}
            curve = (
                {(i, k): {0: Fraction(int(v))} for (i, k), v in np.ndenumerate(X) if v},
                {(k, j): {0: Fraction(int(v))} for (k, j), v in np.ndenumerate(Y) if v},
            )
            made = Certificate.not_closed(product, "real", A, curve, node, {})
            report = check(made)
            assert not report.verified
            assert "rank" in str(report) or "hidden indices" in str(report)
            assert outcome(made.to_json()) == 1


@pytest.mark.slow
def test_dense_supports_of_middle_order_are_decided() -> None:
    """Random supports of density 0.8: what is found is verified, and some is found where block limits find nothing."""
    from closedness.rules.limits.blocks import blocks

    rng = random.Random(5)
    found, alone = 0, 0
    for _ in range(16):
        n = rng.randint(7, 10)
        product = random_pair(rng, n, n - rng.randint(1, 2), 0.8)
        start = time.process_time()
        evidence = dependent(product)
        spent = time.process_time() - start
        if evidence is None:
            continue
        assert spent < 2
        found += 1
        for field in ("real", "complex"):
            made = Certificate.not_closed(product, field, evidence.target, evidence.curve, evidence.refutation, {})
            assert check(made).verified
            assert outcome(made.to_json()) == 0
        alone += found <= 3 and blocks(product) is None
    assert found >= 6
    assert alone >= 1


def test_transposed_and_permuted_questions() -> None:
    """A search, not a criterion: what is found after a change of names is right, and mostly something is."""
    rng = random.Random(4)
    both, one = 0, 0
    for _ in range(15):
        product = random_pair(rng, 7, 6, 0.8)
        answer = dependent(product)
        left, right = (factor.to_dense() for factor in product.factors)
        p, q, k = (rng.sample(range(size), size) for size in (7, 7, 6))
        for other in (
            SupportProduct([right.T, left.T]),
            SupportProduct([left[p][:, k], right[k][:, q]]),
        ):
            again = dependent(other)
            both += answer is not None and again is not None
            one += (answer is None) != (again is None)
            if again is not None:
                made = Certificate.not_closed(other, "real", again.target, again.curve, again.refutation, {})
                assert check(made).verified
    assert both > 5 * one
    assert both > 3


def test_nothing_is_asked_of_many_hidden_indices_or_after_the_time() -> None:
    assert dependent(random_pair(random.Random(1), 4, 5, 0.7)) is None
    question = SupportProduct.from_text(".111/1111/1.11/.1.1 * 11.11/.1111/11111/1.111")
    assert dependent(question) is not None
    assert dependent(question, budget=ENDED) is None
