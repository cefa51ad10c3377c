"""Rule ``blocks``: the curves tend to their targets, and verdicts agree with the engine and with theorems."""

from __future__ import annotations

import itertools
import random
import time
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import Status, SupportProduct, check, decide
from closedness.census.decide_all import product_of_types
from closedness.certificate import Certificate
from closedness.rules.limits.blocks import block_limit, blocks, excesses, generic_shares
from closedness.search.pairs import Prover
from closedness.supports.pattern import Pattern
from closedness.verdict import Counterexample
from tests.helpers.clocks import ENDED
from tests.second.checker import outcome


def random_pair(rng: random.Random, n: int, r: int, density: float) -> SupportProduct:
    left, right = ([[int(rng.random() < density) for _ in range(r)] for _ in range(n)] for _ in range(2))
    return SupportProduct.from_pair(left, right)


@given(st.integers(0, 10**9))
@settings(max_examples=60)
def test_the_curve_tends_to_the_target(seed: int) -> None:
    """The difference of product and target, multiplied out exactly, has positive powers of t only."""
    rng = random.Random(seed)
    m, n, r = (rng.randint(1, 6) for _ in range(3))
    left, right = ([[int(rng.random() < 0.7) for _ in range(r)] for _ in range(size)] for size in (m, n))
    product = SupportProduct.from_pair(left, right)
    S, T = sorted(rng.sample(range(m), rng.randint(0, m))), sorted(rng.sample(range(n), rng.randint(0, n)))
    found = block_limit(product, S, T, rng)
    assert found is not None
    target, curve = found
    example = Counterexample(tuple(factor.shape for factor in product.factors), target, curve)
    assert all(min(entry) > 0 for entry in example.difference().values())
    for factor, entries in zip(product.factors, curve, strict=True):
        assert all(cell in factor for cell in entries)
    assert example.order_of_divergence() <= 1
    if not S and not T:
        assert example.order_of_divergence() == 0


@pytest.mark.slow
def test_the_engine_agrees_on_all_small_patterns() -> None:
    """Up to three hidden indices the reductions and the stratification decide everything by other means."""
    seen = {Status.CLOSED: 0, Status.NOT_CLOSED: 0}
    missed = 0
    for r in (2, 3):
        types = list(itertools.combinations_with_replacement(range(1, 1 << r), r))
        for rows, columns in random.Random(1).sample(list(itertools.product(types, types)), 100 if r == 3 else 36):
            product = product_of_types(list(rows), list(columns))
            evidence = blocks(product)
            closed = Prover(product, table=()).full(Pattern.of(product)) is not None
            seen[Status.CLOSED if closed else Status.NOT_CLOSED] += 1
            assert not (closed and evidence is not None)
            missed += not closed and evidence is None
    assert seen[Status.CLOSED] > 20
    assert seen[Status.NOT_CLOSED] > 30
    assert missed < 0.3 * seen[Status.NOT_CLOSED]


@pytest.mark.parametrize("seed", range(4))
def test_one_full_factor_with_more_terms_in_some_rows_than_rows(seed: int) -> None:
    """With J full and n ≥ r, a set S that determines more hidden indices than it has rows: always not closed."""
    rng = random.Random(seed)
    found = 0
    while found < 6:
        m, r = rng.randint(4, 9), rng.randint(3, 4)
        left = [[int(rng.random() < 0.6) for _ in range(r)] for _ in range(m)]
        product = SupportProduct.from_pair(left, np.ones((r, r), dtype=int))
        rows = product.factors[0].row_masks
        # the theorem supposes generic rank r
        if np.linalg.matrix_rank(np.array(left) * np.random.default_rng(seed).normal(size=(m, r))) < r:
            continue
        best = excesses(rows, generic_shares(rows, range(r)), min(m, r) - 1)
        if not best or best[0][0] <= 0:
            continue
        found += 1
        evidence = blocks(product)
        assert evidence is not None
        made = Certificate.not_closed(product, "complex", evidence.target, evidence.curve, evidence.refutation, {})
        assert check(made).verified
        assert outcome(made.to_json()) == 0


def test_two_factors_of_middle_density_are_decided_in_no_time() -> None:
    rng = random.Random(8)
    decided, spent = 0, []
    for _ in range(30):
        product = random_pair(rng, rng.randint(6, 12), rng.randint(4, 6), 0.5)
        start = time.process_time()
        evidence = blocks(product)
        spent.append(time.process_time() - start)
        if evidence is not None:
            decided += 1
            for field in ("real", "complex"):
                made = Certificate.not_closed(product, field, evidence.target, evidence.curve, evidence.refutation, {})
                assert check(made).verified
                assert outcome(made.to_json()) == 0
                assert len(made.to_json()) < 20_000
    assert decided >= 25
    assert sorted(spent)[len(spent) // 2] < 0.1


def test_shares_are_numbers_of_rows_that_are_left_unmatched() -> None:
    """Against matchings: the share of k is r minus the largest matching of the rows outside into all indices."""
    import networkx as nx

    rng = random.Random(2)
    for _ in range(40):
        m, r = rng.randint(1, 8), rng.randint(1, 6)
        lines = [rng.randrange(1 << r) for _ in range(m)]
        shares = generic_shares(lines, range(r))
        for k in range(r):
            graph = nx.Graph()
            others = [("row", i) for i, line in enumerate(lines) if not line >> k & 1]
            graph.add_nodes_from(others)
            graph.add_edges_from((row, q) for row in others for q in range(r) if lines[row[1]] >> q & 1)
            matched = len(nx.bipartite.maximum_matching(graph, others)) // 2 if others else 0
            assert shares[k] == max(1, r - matched)


def test_excesses_of_few_and_of_many_lines() -> None:
    """All sets for few lines; for many lines the sets that are found are counted rightly."""
    rng = random.Random(3)
    for m in (6, 10, 30):
        r = 5
        lines = [rng.randrange(1 << r) for _ in range(m)]
        shares = generic_shares(lines, range(r))
        found = excesses(lines, shares, 3)
        assert found == sorted(found, key=lambda each: (-each[0], each[1], each[2]))
        for excess, size, mask, determined in found:
            chosen = [line for i, line in enumerate(lines) if mask >> i & 1]
            hit = {k for k in range(r) if sum(line >> k & 1 for line in chosen) >= shares[k]}
            assert determined == sum(1 << k for k in hit)
            assert size == len(chosen) <= 3
            assert excess == len(hit) - size
        if m <= 10:
            for size in (1, 2, 3):
                for S in itertools.combinations(range(m), size):
                    hit = {k for k in range(r) if sum(lines[i] >> k & 1 for i in S) >= shares[k]}
                    mask = sum(1 << k for k in hit)
                    assert not hit or any(other <= size and not mask & ~more for _, other, _, more in found)


def test_transposed_and_permuted_questions_have_the_same_answer() -> None:
    rng = random.Random(4)
    for _ in range(12):
        product = random_pair(rng, 6, 5, 0.6)
        answer = blocks(product)
        left, right = (factor.to_dense() for factor in product.factors)
        p, q, k = (rng.sample(range(size), size) for size in (6, 6, 5))
        for other in (
            SupportProduct([right.T, left.T]),
            SupportProduct([left[p][:, k], right[k][:, q]]),
        ):
            again = blocks(other)
            if (again is None) != (answer is None):
                # a search, not a criterion: what one of them finds must still be right
                found = again or answer
                assert found is not None
                made = Certificate.not_closed(
                    other if again else product, "real", found.target, found.curve, found.refutation, {}
                )
                assert check(made).verified


def test_decide_asks_the_rule_and_names_the_lines_that_grow() -> None:
    product = SupportProduct.from_text("1001/1100/1101/0110/1001 * 1101/1111/1111/1111")
    evidence = blocks(product)
    assert evidence is not None
    verdict = decide(product, seconds=20)
    assert verdict.status is Status.NOT_CLOSED
    assert verdict.reason == evidence.sentence
    assert verdict.reason.startswith(("when rows [", "when columns ["))
    assert blocks(product, budget=ENDED) is None


def test_a_part_of_a_large_product_is_decided_by_the_rule() -> None:
    """Groups of overlapping supports of a large product are asked one by one, and told in the numbers of the whole."""
    part = SupportProduct.from_text("1110/1001/0111/0101/0011 * 1111/1111/1111/1111")
    assert blocks(part) is not None
    left, right = (factor.to_dense().astype(int) for factor in part.factors)
    rest = np.eye(80, dtype=int)
    whole = [
        np.block([[rest, np.zeros((80, other.shape[1]), int)], [np.zeros((other.shape[0], 80), int), other]])
        for other in (left, right)
    ]
    rng = np.random.default_rng(3)
    p, q, k = (rng.permutation(size) for size in (whole[0].shape[0], whole[1].shape[1], whole[0].shape[1]))
    verdict = decide(SupportProduct([whole[0][p][:, k], whole[1][k][:, q]]), seconds=30)
    assert verdict.status is Status.NOT_CLOSED
    assert verdict.certificate is not None
    assert "frames" in verdict.certificate.proof["refutation"]
    assert outcome(verdict.certificate.to_json()) == 0


def test_a_target_is_a_matrix_of_integers() -> None:
    product = random_pair(random.Random(7), 6, 4, 0.7)
    found = block_limit(product, [0, 2], [1], random.Random(0))
    assert found is not None
    target, _ = found
    assert all(value == Fraction(int(value)) and value for value in target.values())


@pytest.mark.slow
def test_one_hidden_index_with_small_shares_decides_dense_supports() -> None:
    """Two vectors that are confined to orthogonal spaces: the limit is found where rows of supports have room."""
    rng = random.Random(9)
    asked, decided = 0, 0
    while asked < 20:
        n = rng.randint(8, 12)
        product = random_pair(rng, n, n, 0.65)
        left, right = product.factors
        shares = [generic_shares(lines, range(n)) for lines in (left.row_masks, right.col_masks)]
        if min(shares[0][k] + shares[1][k] for k in range(n)) > n:
            continue
        asked += 1
        start = time.process_time()
        evidence = blocks(product)
        if evidence is None:
            continue
        decided += time.process_time() - start < 0.5
        made = Certificate.not_closed(product, "real", evidence.target, evidence.curve, evidence.refutation, {})
        assert check(made).verified
        assert outcome(made.to_json()) == 0
    assert decided >= 18
