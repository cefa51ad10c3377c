"""Products of many factors: every verdict is checked, and compared with what is known by other means."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product as cartesian
from operator import mul
from typing import Any

import pytest
from flint import fmpq, fmpq_mat, fmpq_poly

from cases.atlas.chains import classes, support_product
from closedness import Status, SupportProduct, check, decide
from closedness.algebra.laurent import limit_of_curve
from closedness.equations.membership import decide_membership
from closedness.errors import InputError
from closedness.report.steps import refutation_steps
from closedness.rules.chains.limits import limits, random_arc, random_limit, respects
from closedness.rules.chains.stored import stored_chains, stored_limit
from closedness.rules.chains.submatrix import submatrix
from closedness.rules.chains.trim import product_support
from tests.helpers.chains import (
    EXAMPLES,
    K,
    S,
    butterfly,
    permuted,
    proof_of,
    random_chain,
)
from tests.helpers.verdicts import settled
from tests.second.checker import outcome

Types = tuple[int, ...]


# ------------------------------------------------------------------------------ families


def kaleidoscope(levels: int) -> SupportProduct:
    """A butterfly times a transposed one."""
    chain = [K(*parameters) for parameters in butterfly(levels)]
    return SupportProduct([*chain, *(factor.T for factor in reversed(chain))])


@pytest.mark.slow
@pytest.mark.parametrize("levels", [2, 3, 5, 8])
def test_kaleidoscopes_are_not_closed(levels: int) -> None:
    product = kaleidoscope(levels)
    verdict = settled(product)
    assert verdict.status is Status.NOT_CLOSED
    assert verdict.certificate is not None
    refutation = verdict.certificate.proof["refutation"]
    assert refutation["merge"] == [1, 2 * levels - 2, 1]
    assert outcome(verdict.certificate.to_json()) == 0
    assert "one matrix with the support of their product" in refutation_steps(verdict.certificate)[0].text


def test_the_limit_of_the_kaleidoscope_has_a_jordan_block() -> None:
    """The argument of the theory page on its own: a quotient of blocks is diagonalisable only along the curve."""
    verdict = settled(kaleidoscope(2))
    example = verdict.counterexample
    assert example is not None

    def quotient(matrix: Any) -> fmpq_mat:
        a = {
            (r, c): fmpq_mat([[fmpq(int(x.numerator), int(x.denominator)) for x in row[c::2]] for row in matrix[r::2]])
            for r, c in cartesian((0, 1), repeat=2)
        }
        return a[0, 0] * a[1, 0].inv() * a[1, 1] * a[0, 1].inv()

    limit = quotient(example.target)
    assert limit.charpoly() == (limit * limit).charpoly() == fmpq_poly([1, -2, 1])
    assert limit != fmpq_mat([[1, 0], [0, 1]])
    factors = [
        [[Fraction(0)] * factor.shape[1] for _ in range(factor.shape[0])] for factor in kaleidoscope(2)
    ]
    t = Fraction(1, 7)
    for matrix, entries in zip(factors, example.curve, strict=True):
        for (i, j), laurent in entries.items():
            matrix[i][j] = sum((v * t**e for e, v in laurent.items()), Fraction(0))
    near = factors[0]
    for matrix in factors[1:]:
        columns = list(zip(*matrix, strict=True))
        near = [[sum(map(mul, row, column), Fraction(0)) for column in columns] for row in near]
    assert len(quotient(near).charpoly().roots()) == 2


def test_stored_limits_are_limits_that_are_no_products() -> None:
    for chain, limit in stored_chains():
        assert respects(chain, limit.curve)
        assert limit_of_curve(limit.curve) == limit.target
        assert decide_membership(SupportProduct(chain), limit.target).refutation is not None


def test_stored_chains_are_found_in_any_order() -> None:
    """Permuted at all levels, and inside a larger chain beside other paths."""
    rng = random.Random(8)
    for chain, _ in stored_chains():
        product = permuted(SupportProduct(chain), rng)
        found = stored_limit(product.factors)
        assert found is not None
        assert limit_of_curve(found.curve) == found.target
        assert settled(product).status is Status.NOT_CLOSED
        smaller = SupportProduct([product[0].select(rows=range(3)), *product.factors[1:]])
        assert stored_limit(smaller.factors) is None


def test_merged_products_are_larger() -> None:
    rng = random.Random(12)
    for _ in range(30):
        product = random_chain(rng, 4, 3)
        merged = product.merged([1, 2, 1])
        assert len(merged) == 3
        assert merged.support == product.support
        assert merged[1] == product[1] @ product[2]
        outcomes = {}
        target = {(i, j): Fraction(rng.choice((0, 1, -1))) for i, j in product.support}
        for name, chain in (("merged", merged), ("whole", product)):
            outcomes[name] = decide_membership(chain, target, steps=1_000)
        if outcomes["merged"].refutation is not None:
            assert outcomes["whole"].point is None
    for sizes in ([2, 1], [5], [0, 4], [-1, 5]):
        with pytest.raises(InputError, match="sizes"):
            random_chain(rng, 4, 2).merged(sizes)


# ------------------------------------------------------------------------------ all small ones


def test_every_class_of_three_factors_of_size_two_is_decided() -> None:
    every = classes()
    assert len(every) == 270
    counts = {Status.CLOSED: 0, Status.NOT_CLOSED: 0}
    rng = random.Random(0)
    for chain in every:
        product = support_product(chain)
        verdict = settled(product)
        counts[verdict.status] += 1
        if verdict.status is Status.CLOSED and rng.random() < 0.15:
            no_limit_is_refuted(product, 6)
    # LU, LU with a factor that is absorbed on either side
    assert counts == {Status.CLOSED: 267, Status.NOT_CLOSED: 3}


def test_random_limits_are_limits() -> None:
    """Their curves respect the supports and tend to them; uncrossing finds limits of LU that are no products."""
    rng = random.Random(3)
    chain = (S("10/11"), S("11/01"), S("10/01"))
    refuted = 0
    for draw in (random_limit, random_arc):
        for _ in range(60):
            found = draw(chain, rng)
            assert found is not None
            target, curve = found
            assert respects(chain, curve)
            assert limit_of_curve(curve) == target
            refuted += decide_membership(SupportProduct(chain), target).refutation is not None
    assert refuted > 10
    assert random_limit((S("10/01"),) * 3, rng) is None
    assert random_arc((S("00/00"),) * 3, rng, tries=20) is None


def no_limit_is_refuted(product: SupportProduct, number: int) -> None:
    for count, (target, curve) in enumerate(limits(product.factors, samples=2, seed=7)):
        if count == number:
            return
        assert decide_membership(product, target, steps=1_500).refutation is None, f"{product!r}: {curve}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_random_chains(seed: int) -> None:
    """Certificates check; limits of products of closed sets are never refuted; few are left open."""
    rng = random.Random(seed)
    undecided = 0
    for _ in range(25):
        product = random_chain(rng, rng.choice((3, 4)), 3)
        verdict = decide(product, seconds=3, last_resort=False)
        if verdict.certificate is None:
            undecided += 1
            continue
        report = check(verdict.certificate)
        assert report.verified, report.reason
        if verdict.status is Status.CLOSED:
            no_limit_is_refuted(product, 10)
    assert undecided <= 4


def test_deletion_and_transposition_agree() -> None:
    rng = random.Random(11)
    for _ in range(25):
        product = random_chain(rng, 3, 3)
        first, second = (decide(p, seconds=2, last_resort=False).status for p in (product, product.T))
        if Status.UNDECIDED not in (first, second):
            assert first is second
        shorter = SupportProduct([product[0].select(rows=range(product.shape[0] - 1)), *product.factors[1:]])
        if first is Status.CLOSED:
            assert decide(shorter, seconds=2, last_resort=False).status is not Status.NOT_CLOSED


# ------------------------------------------------------------------------------ single rules


def test_minors_keep_the_paths() -> None:
    rng = random.Random(5)
    for _ in range(100):
        chain = random_chain(rng, 3, 4).factors
        rows, columns = rng.sample(range(chain[0].shape[0]), 2), rng.sample(range(chain[-1].shape[1]), 2)
        expected = product_support(chain).select(rows, columns)
        found = submatrix(chain, rows, columns)
        if found is None:
            assert not expected.nnz
        else:
            assert product_support(found.chain) == expected


# ------------------------------------------------------------------------------ the checker


def test_two_factor_rules_need_two_factors() -> None:
    data = proof_of("chain", EXAMPLES["chain"])
    data["proof"] = [{"rule": "crossing"}]
    assert "something else" in check(data).reason


def test_scalings_that_share_a_variable_are_kept_apart() -> None:
    """An entry of a middle factor is moved by two scalings; a refutation must not use the second one afterwards."""
    product = SupportProduct.from_text("111/101/010 * 001/010/100 * 110/111/101")
    assert settled(product).status is Status.NOT_CLOSED
    rng = random.Random(1)
    found = 0
    for _ in range(60):
        verdict = decide(random_chain(rng, 3, 3), seconds=2, last_resort=False)
        assert not any("dropped" in line for line in verdict.tried)
        found += verdict.status is Status.NOT_CLOSED
    assert found
