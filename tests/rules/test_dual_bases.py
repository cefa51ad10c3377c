"""Rule ``dual-bases``: every matrix of small rank is a product, found by the proof's own choices; other rules agree."""

from __future__ import annotations

import random

import pytest
from flint import fmpq, fmpq_mat

from closedness import Status, SupportProduct, check, decide
from closedness.rules.limits.blocks import blocks
from closedness.rules.limits.dependent import dependent
from closedness.rules.pairs.dual_bases import dual_bases
from closedness.supports.pattern import Pattern
from tests.second.checker import outcome


def few_zeros(rng: random.Random, m: int, n: int, r: int) -> SupportProduct:
    """Supports with exactly s - 1 zeros in the s-th hidden index, as far as there is room."""
    left, right = ([[1] * r for _ in range(size)] for size in (m, n))
    names = rng.sample(range(r), r)
    for s, k in enumerate(names):
        cells = [(left, i) for i in range(m)] + [(right, j) for j in range(n)]
        for lines, line in rng.sample(cells, s):
            lines[line][k] = 0
    return SupportProduct.from_pair(left, right)


def kernel(rows: list[list[fmpq]], size: int) -> list[list[fmpq]]:
    """A basis of the vectors orthogonal to all rows."""
    if not rows:
        return [[fmpq(p == q) for p in range(size)] for q in range(size)]
    matrix, rank = fmpq_mat(len(rows), size, [v for row in rows for v in row]).rref()
    pivots = [next(c for c in range(size) if matrix[p, c]) for p in range(rank)]
    found = []
    for free in sorted(set(range(size)) - set(pivots)):
        vector = [fmpq(0)] * size
        vector[free] = fmpq(1)
        for p, c in enumerate(pivots):
            vector[c] = -matrix[p, free]
        found.append(vector)
    return found


@pytest.mark.parametrize("seed", range(8))
def test_special_matrices_are_products_by_the_choices_of_the_proof(seed: int) -> None:
    """Small ranks, repeated and zero rows, entries 0 and 1: factors are found and multiplied out."""
    rng = random.Random(seed)
    m, n, r = rng.randint(4, 6), rng.randint(4, 6), rng.randint(2, 4)
    product = few_zeros(rng, m, n, r)
    assert dual_bases(Pattern.of(product)) is not None
    left, right = product.factors
    zeros = {k: m + n - left.col_masks[k].bit_count() - right.row_masks[k].bit_count() for k in range(r)}
    for q in range(1, r + 1):
        while True:
            U, V = (fmpq_mat(size, q, [rng.choice((0, 0, 1)) for _ in range(size * q)]) for size in (m, n))
            if U.rank() == V.rank() == q:
                break
        chosen: dict[int, tuple[list[fmpq], list[fmpq]]] = {}
        for k in sorted(range(r), key=zeros.__getitem__)[:q][::-1]:
            spaces = []
            for lines, mask, others in (
                (U, left.col_masks[k], [h for _, h in chosen.values()]),
                (V, right.row_masks[k], [g for g, _ in chosen.values()]),
            ):
                outside = [[lines[i, c] for c in range(q)] for i in range(lines.nrows()) if not mask >> i & 1]
                spaces.append(kernel([*outside, *others], q))
            g, h, value = next(
                (g, h, value)
                for g in spaces[0]
                for h in spaces[1]
                if (value := sum((a * b for a, b in zip(g, h, strict=True)), 0))
            )
            chosen[k] = [a / value for a in g], h
        total = fmpq_mat(m, n)
        for k, (g, h) in chosen.items():
            x, y = U * fmpq_mat(q, 1, g), V * fmpq_mat(q, 1, h)
            assert all(not x[i, 0] or left.col_masks[k] >> i & 1 for i in range(m))
            assert all(not y[j, 0] or right.row_masks[k] >> j & 1 for j in range(n))
            total += x * y.transpose()
        assert total == U * V.transpose()


@pytest.mark.slow
def test_no_limit_is_found_and_the_verdict_is_verified() -> None:
    rng = random.Random(3)
    for _ in range(12):
        product = few_zeros(rng, rng.randint(4, 7), rng.randint(4, 7), rng.randint(2, 4))
        assert blocks(product) is None
        assert dependent(product) is None
        verdict = decide(product, seconds=5)
        assert verdict.status is Status.CLOSED
        assert verdict.certificate is not None
        assert check(verdict.certificate).verified
        assert outcome(verdict.certificate.to_json()) == 0


def test_one_zero_more_is_too_much() -> None:
    """With two zeros in each of two hidden indices nothing is claimed, and rightly: LU is not closed."""
    assert dual_bases(Pattern.of(SupportProduct.from_text("10/11 * 11/01"))) is None
    assert decide(SupportProduct.from_text("10/11 * 11/01")).status is Status.NOT_CLOSED


def test_more_hidden_indices_than_rows() -> None:
    """The condition speaks of as many hidden indices as there are rows or columns; two full ones give everything."""
    product = SupportProduct.from_text("1110/1101 * 111/110/100/001")
    assert dual_bases(Pattern.of(product)) == {"rule": "dual-bases"}
    assert decide(product).status is Status.CLOSED


def test_permuted_and_transposed_questions() -> None:
    rng = random.Random(6)
    for _ in range(20):
        product = few_zeros(rng, 5, 6, rng.randint(2, 5))
        left, right = (factor.to_dense() for factor in product.factors)
        r = product.inner[0]
        p, q, k = (rng.sample(range(size), size) for size in (5, 6, r))
        for other in (SupportProduct([right.T, left.T]), SupportProduct([left[p][:, k], right[k][:, q]])):
            assert dual_bases(Pattern.of(other)) == {"rule": "dual-bases"}
