"""Exact membership of fixed matrices, against the LU rule, against multiplication and against z3."""

from __future__ import annotations

import importlib
import random
from fractions import Fraction
from itertools import pairwise
from unittest.mock import patch

import pytest

from closedness import Certificate, Support, SupportProduct, check
from closedness.algebra.casesplit import CaseAnswer
from closedness.engines import is_product as ask_z3
from closedness.equations.membership import (
    covered_cells,
    decide_membership,
    entry_paths,
    membership_system,
    refutation_table,
)
from tests.helpers.oracle import Cell, Laurent, Target, lower_triangular, lu_exists, multiply, random_types, two_factors

CHECKER = importlib.import_module("closedness.check")  # the package exports the function of this name


def target_of(matrix: list[list[int]]) -> Target:
    return {(i, j): Fraction(v) for i, row in enumerate(matrix) for j, v in enumerate(row) if v}


def replay(product: SupportProduct, target: Target, outcome: CaseAnswer) -> None:
    """The stand-alone checker replays the refutation, which shares no code with the search; the curve is left out."""
    assert outcome.refutation is not None
    curve: tuple[dict[Cell, Laurent], ...] = tuple({} for _ in product.factors)
    certificate = Certificate.not_closed(product, "real", target, curve, refutation_table(outcome.refutation), {})
    with patch.object(CHECKER, "_curve", lambda *arguments: []):
        report = check(certificate)
    assert report.verified, report.reason


@pytest.mark.slow
@pytest.mark.parametrize(("n", "count"), [(2, 400), (3, 400), (4, 200)])
def test_lu_without_pivoting(n: int, count: int) -> None:
    """1,000 small integer matrices: the exact rank rule of Okunev and Johnson."""
    rng = random.Random(n)
    product = lower_triangular(n)
    answers = {True: 0, False: 0}
    for _ in range(count):
        zeros = rng.choice((0.3, 0.5, 0.7))
        matrix = [[0 if rng.random() < zeros else rng.choice((1, -1, 2)) for _ in range(n)] for _ in range(n)]
        target = target_of(matrix)
        outcome = decide_membership(product, target)
        expected = lu_exists(matrix)
        answers[expected] += 1
        if expected:
            assert outcome.point is not None, matrix
            assert multiply(product, outcome.point) == target
        else:
            replay(product, target, outcome)
    assert min(answers.values()) > count // 10


def test_products_are_recognised() -> None:
    rng = random.Random(1)
    for _ in range(150):
        r = rng.randint(1, 4)
        rows, cols = (random_types(rng, rng.randint(1, 4), r, 0.7) for _ in range(2))
        product = two_factors(rows, cols, r)
        entries = {
            f"{level}:{i}:{j}": Fraction(rng.choice((0, 1, -1, 2)))
            for level, factor in enumerate(product.factors)
            for i, row in enumerate(factor.rows)
            for j in row
        }
        target = multiply(product, entries)
        outcome = decide_membership(product, target)
        assert outcome.refutation is None
        if outcome.point is not None:
            assert multiply(product, outcome.point) == target


def test_products_of_three_factors() -> None:
    rng = random.Random(2)
    found = 0
    for _ in range(40):
        sizes = [rng.randint(1, 3) for _ in range(4)]
        factors = [
            Support.from_masks((a, b), [rng.randrange(1 << b) for _ in range(a)])
            for a, b in pairwise(sizes)
        ]
        product = SupportProduct(factors)
        entries = {
            f"{level}:{i}:{j}": Fraction(rng.choice((0, 1, -1)))
            for level, factor in enumerate(factors)
            for i, row in enumerate(factor.rows)
            for j in row
        }
        target = multiply(product, entries)
        outcome = decide_membership(product, target)
        assert outcome.refutation is None
        if outcome.point is not None:
            assert multiply(product, outcome.point) == target
            found += 1
    assert found > 30


def test_paths_and_covered_cells() -> None:
    product = SupportProduct.from_text("11/01 * 10/11 * 01/11")
    dense = [factor.to_dense().astype(int) for factor in product.factors]
    counts = dense[0] @ dense[1] @ dense[2]
    for i in range(2):
        for j in range(2):
            paths = entry_paths(product, i, j)
            assert len(set(paths)) == len(paths) == counts[i, j]
            for path in paths:
                assert path[0][0] == i
                assert path[-1][1] == j
                assert all(a[1] == b[0] for a, b in pairwise(path))
    assert covered_cells(product) == [(i, j) for i in range(2) for j in range(2) if counts[i, j]]


def test_systems_come_with_their_scalings() -> None:
    """Every equation is homogeneous of degree zero for the scaling of each hidden index."""
    product = lower_triangular(3)
    target = target_of([[1, 2, 0], [3, 0, 1], [0, 1, 1]])
    system = membership_system(product, target, covered_cells(product))
    assert {name for name, _ in system.scalings} == {(0, 0), (0, 1), (0, 2)}
    for _, weights in system.scalings:
        assert weights
        for poly in system.equations.values():
            for monomial in poly.monoms():
                assert sum(weights.get(v, 0) * int(e) for v, e in enumerate(monomial)) == 0


def test_entries_outside_the_support_refute() -> None:
    product = SupportProduct.from_text("10/01 * 10/01")
    target = {(0, 1): Fraction(1)}
    replay(product, target, decide_membership(product, target))


def test_few_equations_refute_as_well() -> None:
    product = lower_triangular(3)
    target = {(0, 1): Fraction(1), (1, 0): Fraction(1)}
    outcome = decide_membership(product, target, cells=[(0, 0), (0, 1), (1, 0)])
    replay(product, target, outcome)


def test_out_of_steps_is_no_answer() -> None:
    target = target_of([[1, 2, 3], [4, 5, 6], [7, 8, 10]])
    outcome = decide_membership(two_factors([7] * 3, [7] * 3, 3), target, steps=1)
    assert outcome.point is None
    assert outcome.refutation is None
    assert outcome.detail


@pytest.mark.slow
def test_z3_agrees() -> None:
    rng = random.Random(9)
    product = lower_triangular(3)
    for _ in range(8):
        matrix = [[rng.choice((0, 0, 1, -1)) for _ in range(3)] for _ in range(3)]
        outcome = decide_membership(product, target_of(matrix))
        answer = ask_z3(product, matrix, seconds=10)
        assert answer.status == ("unsat" if outcome.refutation is not None else "sat")


def test_the_checker_rejects_a_refutation_of_something_else() -> None:
    """The replay above can fail."""
    product = lower_triangular(2)
    swap = {(0, 1): Fraction(1), (1, 0): Fraction(1)}
    outcome = decide_membership(product, swap)
    with pytest.raises(AssertionError, match=r"the combination is not the stated product"):
        replay(product, {(0, 0): Fraction(1), **swap}, outcome)
