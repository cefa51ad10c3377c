"""Rule ``frames``: refutations by linear algebra, against products, other refutations and both checkers."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness.census.decide_all import product_of_types
from closedness.certificate import Certificate
from closedness.check import check
from closedness.elaboration import refutes
from closedness.equations.frames import Block, frames_refutation, renamed_frames
from closedness.equations.membership import decide_membership
from closedness.report.steps import refutation_steps
from closedness.rules.limits.blocks import block_limit
from closedness.supports.product import SupportProduct
from tests.helpers import frames_faults
from tests.helpers.clocks import ENDED
from tests.second.checker import outcome

Target = dict[tuple[int, int], Fraction]


def both(product: SupportProduct, target: Target, curve: Any, refutation: dict[str, Any]) -> tuple[int, int]:
    """The exit codes of the two checkers."""
    for field in ("real", "complex"):
        made = Certificate.not_closed(product, field, target, curve, refutation, {})
        codes = check(made).exit_code, outcome(made.to_json())
        if codes != (0, 0):
            return codes
    return 0, 0


def refuted(product: SupportProduct, target: Target, refutation: dict[str, Any]) -> bool:
    entries = [[i, j, str(value)] for (i, j), value in target.items()]
    return refutes(product.to_problem(), entries, refutation, "real")


def random_limit(seed: int, largest: int = 5) -> tuple[SupportProduct, Target, Any]:
    """A random product and a block limit of it."""
    rng = random.Random(seed)
    m, n = rng.randint(2, largest), rng.randint(2, largest)
    r = rng.randint(2, min(m, n))
    rows, columns = ([rng.randrange(1, 1 << r) for _ in range(size)] for size in (m, n))
    product = product_of_types(rows, columns)
    S = sorted(rng.sample(range(m), rng.randint(0, m - 1)))
    T = sorted(rng.sample(range(n), rng.randint(0 if S else 1, n - 1)))
    found = block_limit(product, S, T, rng)
    assert found is not None
    target, curve = found
    return product, target, curve


@given(st.integers(0, 10**9))
@settings(max_examples=60)
def test_products_are_never_refuted(seed: int) -> None:
    """Whatever the factors; also ones with few or equal entries, where spaces are larger than usual."""
    rng = random.Random(seed)
    m, n, r = (rng.randint(1, 6) for _ in range(3))
    factors = []
    for shape in ((m, r), (r, n)):
        support = np.array([[rng.random() < 0.7 for _ in range(shape[1])] for _ in range(shape[0])])
        values = [[rng.choice([0, 1, 1, -1, 2]) for _ in range(shape[1])] for _ in range(shape[0])]
        factors.append((support, np.where(support, values, 0)))
    product = SupportProduct([support.astype(int) for support, _ in factors])
    whole = factors[0][1] @ factors[1][1]
    target = {(i, j): Fraction(int(whole[i, j])) for i in range(m) for j in range(n) if whole[i, j]}
    rows = sorted(rng.sample(range(m), rng.randint(1, m)))
    columns = sorted(rng.sample(range(n), rng.randint(1, n)))
    assert frames_refutation(product, target) is None
    assert frames_refutation(product, target, rows, columns) is None


def test_what_frames_refute_is_no_product_by_case_distinctions_either() -> None:
    """The membership search finds factors, or shows by polynomials that there are none."""
    seen = {"refuted twice": 0, "product": 0, "refuted by frames": 0, "other": 0}
    for seed in range(240):
        product, target, curve = random_limit(seed, largest=4)
        found = frames_refutation(product, target)
        other = decide_membership(product, target, steps=1_000)
        if found is not None:
            assert other.point is None
            assert other.algebraic is None
            assert both(product, target, curve, found) == (0, 0)
            seen["refuted twice" if other.refutation is not None else "refuted by frames"] += 1
        elif other.point is not None:
            seen["product"] += 1
        else:
            seen["other"] += 1
    assert seen["refuted twice"] > 10
    assert seen["product"] > 20


def test_the_theorem_has_a_converse() -> None:
    """Dual bases within the spaces give factors: with spaces of dimension one there is no choice."""
    # X and Y are triangular with ones on the diagonal: an LU factorisation of a matrix with non-zero minors
    rng = random.Random(3)
    types = [1, 3, 7, 15]
    product = product_of_types(types, types)
    for _ in range(20):
        whole = np.array([[rng.randint(-4, 4) for _ in range(4)] for _ in range(4)])
        minors = [round(np.linalg.det(whole[:k, :k])) for k in range(1, 5)]
        target = {(i, j): Fraction(int(whole[i, j])) for i in range(4) for j in range(4) if whole[i, j]}
        found = frames_refutation(product, target)
        if minors[3]:
            # an invertible matrix has an LU factorisation if and only if its leading minors do not vanish
            assert (found is None) == all(minors)
        else:
            assert found is None  # the rank is too small to tell


@given(st.integers(0, 10**9), st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_names_and_sides_do_not_matter(seed: int, rng: random.Random) -> None:
    product, target, _ = random_limit(seed)
    found = frames_refutation(product, target)
    (m, r), n = product.factors[0].shape, product.shape[1]
    p, q, k = (rng.sample(range(size), size) for size in (m, n, r))
    left, right = (factor.to_dense().astype(int) for factor in product.factors)
    renamed = SupportProduct([left[p][:, k], right[k][:, q]])
    moved = {(p.index(i), q.index(j)): value for (i, j), value in target.items()}
    again = frames_refutation(renamed, moved)
    assert (found is None) == (again is None)
    turned = SupportProduct([right.T, left.T])
    mirrored = frames_refutation(turned, {(j, i): value for (i, j), value in target.items()})
    assert (found is None) == (mirrored is None)
    if found is not None:
        assert again is not None
        assert refuted(renamed, moved, again)
        # the refutation itself may be renamed
        assert refuted(product, target, renamed_frames(again, p, k, q))


def test_a_block_is_refuted_with_what_meets_it_alone() -> None:
    """Further rows, columns and hidden indices outside a block do not matter; copies in one row are united."""
    product, target, curve = next(
        each for each in map(random_limit, range(100)) if frames_refutation(each[0], each[1]) is not None
    )
    m, n = product.shape
    left, right = (factor.to_dense().astype(int) for factor in product.factors)
    # one more row, which uses all the hidden indices, one more column, and one more hidden index there
    wider = np.pad(left, ((0, 1), (0, 1)))
    wider[m, :-1] = 1
    larger = SupportProduct([wider, np.pad(right, ((0, 1), (0, 1)))])
    found = frames_refutation(larger, target, range(m), range(n))
    assert found is not None
    assert both(larger, target, curve, found) == (0, 0)
    assert frames_refutation(larger, target) is not None
    # two hidden indices in row 0 alone, with one column each, or a single one with both columns
    one, two = np.eye(m, 1, dtype=int), np.repeat(np.eye(m, 1, dtype=int), 2, axis=1)
    copies = SupportProduct([np.hstack([left, two]), np.vstack([right, np.eye(2, n, dtype=int)])])
    united = SupportProduct([np.hstack([left, one]), np.vstack([right, np.eye(2, n, dtype=int).sum(axis=0)[None]])])
    blocks = [Block.of(each, range(m), range(n)) for each in (copies, united)]
    assert blocks[0].terms == blocks[1].terms
    assert (frames_refutation(copies, target) is None) == (frames_refutation(united, target) is None)


def test_rational_targets_and_targets_that_do_not_fit() -> None:
    lu = SupportProduct.from_text("10/11 * 11/01")
    third = Fraction(1, 3)
    assert frames_refutation(lu, {(0, 1): third, (1, 0): -third, (1, 1): Fraction(5, 7)}) is not None
    assert frames_refutation(lu, {}) is None
    assert frames_refutation(lu, {(0, 1): third, (1, 0): third}, budget=ENDED) is None
    # three hidden indices and two rows: no block has rank three
    assert frames_refutation(SupportProduct.from_text("111/110 * 11/11/10"), {(0, 0): third}) is None


def test_every_kind_of_step_is_in_words() -> None:
    shown = set()
    for name, data in frames_faults.GOOD.items():
        lines = refutation_steps(Certificate(data))
        shown |= {line.title.removeprefix("Case 1. ").removeprefix("Case 2. ") for line in lines}
        assert "as its rank the number of hidden indices" in lines[1 if name == "merge" else 0].text
        assert lines[-1].text.endswith("a contradiction.")
    assert {"Bases", "Contradiction", "A space that is filled", "Two cases"} <= shown


@pytest.mark.parametrize("name", list(frames_faults.TYPES))
def test_the_stored_examples_have_the_steps_they_are_named_for(name: str) -> None:
    kinds = [step["do"] for step in frames_faults.steps(frames_faults.GOOD[name])]
    assert kinds == frames_faults.TYPES[name][2]
