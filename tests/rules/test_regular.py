"""Rule ``regular``: every matrix is a product, against factors found by Newton's method and against other rules."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from flint import fmpz_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import Certificate, Status, check, decide
from closedness.algebra.bitsets import bits
from closedness.rules.pairs import regular
from closedness.rules.pairs.regular import RegularSearch
from closedness.supports.pattern import Pattern
from tests.helpers import faults
from tests.helpers.clocks import Counting
from tests.helpers.oracle import random_types, two_factors
from tests.helpers.verdicts import status_of
from tests.second.checker import outcome

# more covered cells than the longer sides of the rank-one supports have lines: no linear section exists
SHORT = faults.REGULAR_TYPES


def supports(node: dict[str, Any], rows: list[int], cols: list[int]) -> None:
    for i, k, _ in node["left"]:
        assert rows[i] >> k & 1
    for k, j, _ in node["right"]:
        assert cols[j] >> k & 1


def near_zero(node: dict[str, Any], rows: list[int], cols: list[int], target: np.ndarray) -> float:
    """What Newton's method from the certificate's point leaves of a small target, in floating point."""
    m, n, r = len(rows), len(cols), max(rows + cols).bit_length()
    X, Y = np.zeros((m, r)), np.zeros((n, r))
    for i, k, v in node["left"]:
        X[i, k] = v
    for k, j, v in node["right"]:
        Y[j, k] = v
    left = [(i, k) for i in range(m) for k in bits(rows[i])]
    right = [(j, k) for j in range(n) for k in bits(cols[j])]
    for _ in range(30):
        jacobian = np.zeros((m, n, len(left) + len(right)))
        for p, (i, k) in enumerate(left):
            jacobian[i, :, p] = Y[:, k]
        for p, (j, k) in enumerate(right, len(left)):
            jacobian[:, j, p] = X[:, k]
        step = np.linalg.lstsq(jacobian.reshape(m * n, -1), (target - X @ Y.T).ravel(), rcond=1e-10)[0]
        for (i, k), value in zip(left, step[: len(left)], strict=True):
            X[i, k] += value
        for (j, k), value in zip(right, step[len(left) :], strict=True):
            Y[j, k] += value
    return float(np.abs(target - X @ Y.T).max())


@pytest.mark.parametrize("seed", range(5))
def test_small_matrices_are_products(seed: int) -> None:
    rows, cols = SHORT
    numbers = np.random.default_rng(seed)
    covered = np.array([[bool(a & b) for b in cols] for a in rows])
    target = np.where(covered & (numbers.random(covered.shape) < 0.5), numbers.standard_normal(covered.shape), 0) * 1e-3
    assert near_zero(faults.REGULAR, rows, cols, target) < 1e-12


def test_pairs_are_needed_and_found() -> None:
    rows, cols = SHORT
    pattern = Pattern.of_types(rows, cols)
    sides = [pattern.rectangle(k) for k in bits(pattern.terms)]
    assert sum(max(a.bit_count(), b.bit_count()) for a, b in sides) < sum(map(int.bit_count, pattern.covered()))
    node = RegularSearch(pattern).run()
    assert node is not None
    supports(node, rows, cols)
    # some index has both vectors: it is in a group whose products cancel
    assert {k for _, k, _ in node["left"]} & {k for k, _, _ in node["right"]}


def test_what_is_found_holds_and_agrees_with_known_verdicts() -> None:
    rng = random.Random(4)
    used = 0
    for _ in range(400):
        rows, cols = (random_types(rng, rng.randint(2, 4), 3, rng.choice((0.5, 0.8))) for _ in range(2))
        node = RegularSearch(Pattern.of_types(rows, cols)).run(steps=50)
        if node is None:
            continue
        for field in ("real", "complex"):
            text = Certificate.closed(two_factors(rows, cols, 3), field, node, {}).to_json()
            assert check(text).verified
            assert outcome(text) == 0
        assert status_of(rows, cols, 3) is Status.CLOSED
        used += 1
    assert used > 30


def test_where_the_closure_is_smaller_nothing_is_searched_for() -> None:
    for size in (2, 3, 5):
        lower = [(1 << i + 1) - 1 for i in range(size)]
        search = RegularSearch(Pattern.of_types(lower, lower))
        assert search.run(steps=200) is None
    assert RegularSearch(Pattern.of_types([1, 1], [1, 1])).hopeless


@pytest.mark.parametrize("seed", range(8))
def test_the_estimate_counts_what_is_not_reached(seed: int) -> None:
    """Never fewer dimensions than the exact rank leaves, and none where the search ends with a proof."""
    rng = random.Random(seed)
    rows, cols = (random_types(rng, 5, 6, 0.5) for _ in range(2))
    search = RegularSearch(Pattern.of_types(rows, cols), seed)
    node = search.run(steps=20 * seed)
    lines = [line for group in search.groups for line in search.lines.get(group, [])]
    if search.hopeless:
        assert node is None
        return
    short = len(search.cells) - int(fmpz_mat([list(line) for line in lines]).rank())
    assert search.missing > short - 0.05
    assert (short == 0) >= (node is not None)


def test_groups_that_are_forgotten_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular, "MOST_KEPT", 12)
    rows, cols = SHORT
    search = RegularSearch(Pattern.of_types(rows, cols), seed=2)
    node = search.run()
    assert node is not None
    assert check(Certificate.closed(two_factors(rows, cols, max(rows + cols).bit_length()), "real", node, {})).verified
    assert len(search.blocks) <= 12 + 6


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_order_and_names_do_not_matter(seed: int) -> None:
    rng = random.Random(seed)
    rows, cols = SHORT
    r = max(*rows, *cols).bit_length()
    names = rng.sample(range(r), r)
    turned = [
        [sum(1 << names[k] for k in bits(t)) for t in rng.sample(types, len(types))]
        for types in ((rows, cols) if rng.random() < 0.5 else (cols, rows))
    ]
    node = RegularSearch(Pattern.of_types(*turned)).run()
    assert node is not None
    assert check(Certificate.closed(two_factors(*turned, r), "real", node, {})).verified


@pytest.mark.slow
def test_the_search_goes_on_where_it_stopped_and_keeps_its_limit() -> None:
    rng = random.Random(8)
    rows, cols = (random_types(rng, 12, 18, 0.5) for _ in range(2))
    search = RegularSearch(Pattern.of_types(rows, cols))
    budget = Counting(10)

    assert search.run(budget=budget) is None
    first = search.steps
    assert 0 < first <= 10
    search.run(steps=first + 5)
    assert search.steps <= first + 5


def test_decide_uses_the_rule() -> None:
    rng = random.Random(20)
    rows, cols = (random_types(rng, 9, 16, 0.5) for _ in range(2))
    verdict = decide(two_factors(rows, cols, 16), seconds=20, last_resort=False)
    assert verdict.status is Status.CLOSED
    assert verdict.certificate is not None
    assert "regular" in check(verdict.certificate).rules
    assert outcome(verdict.certificate.to_json()) == 0
