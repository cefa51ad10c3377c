"""Dimension and rank conditions of the closure, against ranks computed by sympy at random points."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
import sympy

from closedness import SupportProduct
from closedness.closure import RankCondition, closure, rank_bound, rank_conditions
from closedness.errors import BudgetExceeded, InputError
from closedness.graph import classes, structural_rank
from closedness.paths import PathSystem
from closedness.support import Support
from tests.helpers.oracle import lower_triangular, random_types, two_factors


def random_product(rng: random.Random, product: SupportProduct) -> sympy.Matrix:
    """A product of factors with large random integers in their supports."""
    result = None
    for factor in product.factors:
        matrix = sympy.zeros(*factor.shape)
        for i, j in factor:
            matrix[i, j] = rng.randrange(1, 10**6)
        result = matrix if result is None else result * matrix
    assert result is not None
    return result


def subsets(size: int) -> list[tuple[int, ...]]:
    return [chosen for count in range(1, size + 1) for chosen in combinations(range(size), count)]


@pytest.mark.parametrize("seed", range(12))
def test_the_conditions_are_the_generic_ranks_of_all_blocks(seed: int) -> None:
    """Nothing is missing and nothing is wrong: the best bound of every block is the rank of a random product there."""
    rng = random.Random(seed)
    m, n, r = rng.choice([(3, 3, 2), (3, 4, 3), (4, 4, 3), (4, 4, 4)])
    product = two_factors(random_types(rng, m, r, 0.6), random_types(rng, n, r, 0.6), r)
    conditions = rank_conditions(product)
    assert conditions is not None
    matrix = random_product(rng, product)
    support = product.support
    for rows in subsets(m):
        for columns in subsets(n):
            rank = matrix.extract(list(rows), list(columns)).rank()
            assert rank_bound(support, conditions, rows, columns) == rank
    for each in conditions:
        assert matrix.extract(list(each.rows), list(each.columns)).rank() == each.bound
        others = [other for other in conditions if other != each]
        assert rank_bound(support, others, each.rows, each.columns) > each.bound  # it follows from no other one
        I, J = product.pair()
        terms = {k for c in classes(I, J) for k in c.members for i in each.rows if I.row_masks[i] >> k & 1}
        assert {k for k in terms if any(J.row_masks[j] >> k & 1 for j in each.columns)} <= set(each.hidden)


def test_the_test_above_sees_conditions() -> None:
    """Otherwise it could pass with empty lists."""
    rng = random.Random(0)
    found = [
        rank_conditions(two_factors(random_types(rng, 4, 3, 0.6), random_types(rng, 4, 3, 0.6), 3)) for _ in "12345678"
    ]
    assert sum(bool(conditions) for conditions in found) >= 3
    assert {each.bound for conditions in found for each in conditions or ()} >= {1, 2}


@pytest.mark.parametrize("seed", range(6))
def test_dimension_and_rank_against_sympy(seed: int) -> None:
    rng = random.Random(100 + seed)
    sizes = [rng.randint(2, 3) for _ in range(rng.choice((3, 4)))]
    factors = [
        Support.from_masks((a, b), [rng.randrange(1 << b) for _ in range(a)])
        for a, b in pairwise(sizes)
    ]
    product = SupportProduct(factors)
    found = closure(product)
    system = PathSystem(product)
    symbols = [sympy.Symbol(v.name) for v in system.variables]
    entries = list(system.to_sympy().values())
    rank = 0
    if entries:
        point = {symbol: rng.randrange(1, 10**6) for symbol in symbols}
        rank = sympy.Matrix(entries).jacobian(symbols).subs(point).rank()
    assert found.dimension == rank <= found.at_most <= found.cells == len(entries)
    assert found.rank == random_product(rng, product).rank()
    assert (found.conditions is None) == (len(product) != 2)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_lu_is_dense(n: int) -> None:
    assert closure(lower_triangular(n)) == (n * n, n * n, n * n, n, ())
    assert closure(lower_triangular(n)).dense


def test_rank_one() -> None:
    found = closure(SupportProduct.from_text("1/1/1 * 111"))
    assert found == (5, 5, 9, 1, (RankCondition((0, 1, 2), (0, 1, 2), (0,)),))
    assert found.exact
    assert not found.dense


def test_rank_two_needs_more_than_scalings_for_an_upper_bound() -> None:
    found = closure(SupportProduct.from_text("11/11/11/11 * 1111/1111"))
    assert (found.dimension, found.at_most, found.exact) == (12, 14, False)  # 2 (4 + 4 - 2)


def test_rank_one_plus_diagonal() -> None:
    """4×4: the 2×2 minors off the diagonal. 3×3: one equation of degree three, which is no rank condition."""

    def pattern(n: int) -> SupportProduct:
        types = [1 | 2 << i for i in range(n)]
        return two_factors(types, types, n + 1)

    found = closure(pattern(4))
    assert (found.dimension, found.cells, found.rank, found.exact) == (11, 16, 4, True)
    expected = {((a, b), tuple({0, 1, 2, 3} - {a, b})) for a, b in combinations(range(4), 2)}
    assert {(each.rows, each.columns) for each in found.conditions or ()} == expected
    small = closure(pattern(3))
    assert (small.dimension, small.cells, small.conditions, small.dense) == (8, 9, (), False)


def test_a_pattern_with_zero_ideal_is_dense_over_c() -> None:
    """The example of the section "Real and complex" of the theory."""
    rectangles = [((1,), (2,)), ((0, 1), (1, 3)), ((0, 2), (0, 2, 3)), ((1, 2), (0, 1, 2))]
    left = [[int(i in rows) for rows, _ in rectangles] for i in range(3)]
    right = [[int(j in columns) for _, columns in rectangles] for j in range(4)]
    found = closure(SupportProduct.from_pair(left, right))
    assert found.dense
    assert found.conditions == ()


@pytest.mark.parametrize("seed", range(4))
def test_renaming_rows_and_columns_renames_the_conditions(seed: int) -> None:
    rng = random.Random(seed)
    rows, columns = random_types(rng, 4, 3, 0.6), random_types(rng, 5, 3, 0.6)
    before = rank_conditions(two_factors(rows, columns, 3))
    p, q = rng.sample(range(4), 4), rng.sample(range(5), 5)
    after = rank_conditions(two_factors([rows[i] for i in p], [columns[j] for j in q], 3))
    assert before is not None
    assert after is not None
    # blocks with the same cells may be written in one way only, so that the sets agree
    renamed = {(frozenset(p[i] for i in e.rows), frozenset(q[j] for j in e.columns), e.hidden) for e in after}
    assert renamed == {(frozenset(e.rows), frozenset(e.columns), e.hidden) for e in before}


def test_limits() -> None:
    many = SupportProduct.from_text(
        "/".join("." * k + "1" + "." * (8 - k) for k in range(9)) + " * " + "/".join(["1"] * 9)
    )
    I, J = many.pair()
    assert len(classes(I, J)) == 9
    assert rank_conditions(many) is None
    assert structural_rank(many.support) == 1
    with pytest.raises(InputError):
        rank_conditions(SupportProduct.from_text("1 * 1 * 1"))
    with pytest.raises(BudgetExceeded, match="10000000"):
        closure(lower_triangular(60))


# ---- the command line


def test_show_closure(cli: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "rank-one.json"
    path.write_text(json.dumps(SupportProduct.from_text("1/1/1 * 111").to_problem()))
    assert "closure" not in json.loads(cli("show", path, "--json").out)
    run = cli("show", path, "--closure", "--json")
    assert (run.code, run.err) == (0, "")
    assert json.loads(run.out)["closure"] == {
        "dimension": 5,
        "dimension_at_most": 5,
        "cells": 9,
        "rank": 1,
        "dense_over_c": False,
        "rank_conditions": [{"rows": [0, 1, 2], "columns": [0, 1, 2], "at_most": 1, "hidden": [0]}],
    }
    text = cli("show", path, "--closure").out
    assert "dimension 5 of 9 cells (proved)" in text
    assert "rank of rows {0, 1, 2} × columns {0, 1, 2} ≤ 1" in text
    path.write_text(json.dumps(SupportProduct.from_text("11/11/11/11 * 1111/1111").to_problem()))
    assert "dimension 12 of 16 cells (at most 14;" in cli("show", path, "--closure").out
    path.write_text(json.dumps(SupportProduct.from_text("1 * 1 * 1").to_problem()))
    text = cli("show", path, "--closure").out
    assert "dense: over C" in text
    assert "not searched" in text
    path.write_text(json.dumps(lower_triangular(60).to_problem()))
    run = cli("show", path, "--closure")
    assert run.code == 2
    assert run.err.count("\n") == 1
