"""Dimension and rank conditions of the closure, against ranks computed by sympy at random points."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import flint
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import SupportProduct
from closedness.closure.dimension import closure
from closedness.equations.paths import PRIME, PathSystem, count_paths
from closedness.equations.rank_conditions import RankCondition, rank_bound, rank_conditions
from closedness.errors import BudgetExceeded
from closedness.supports.graph import classes, structural_rank
from closedness.supports.support import Support
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


def chains() -> st.SearchStrategy[SupportProduct]:
    """Chains of three or four factors, sizes 1 to 4."""

    def factors(sizes: list[int]) -> st.SearchStrategy[SupportProduct]:
        each = [
            st.lists(st.integers(0, (1 << b) - 1), min_size=a, max_size=a).map(
                lambda rows, shape=(a, b): Support.from_masks(shape, rows)
            )
            for a, b in pairwise(sizes)
        ]
        return st.tuples(*each).map(lambda found: SupportProduct(list(found)))

    return st.lists(st.integers(1, 4), min_size=4, max_size=5).flatmap(factors)


def meets_all_paths(product: SupportProduct, condition: RankCondition) -> bool:
    """Whether no path of the block is left when the hidden indices are taken out."""
    taken = set(zip(condition.levels, condition.hidden, strict=True))
    rest = []
    for level, factor in enumerate(product.factors):
        cells = [[0] * factor.shape[1] for _ in range(factor.shape[0])]
        for i, j in factor:
            cells[i][j] = int({(level, i), (level + 1, j)}.isdisjoint(taken))
        rest.append(Support.read(cells))
    left = count_paths(SupportProduct(rest))
    return not any(left[i][j] for i in condition.rows for j in condition.columns)


@given(chains(), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_the_conditions_of_chains_are_the_generic_ranks_of_all_blocks(product: SupportProduct, seed: int) -> None:
    """Ranks of a random product modulo a prime, block by block; the cuts are looked at one by one."""
    conditions = rank_conditions(product)
    assert conditions is not None
    matrix = nmod_product(product, random.Random(seed))
    m, n = product.shape
    for rows in subsets(m):
        for columns in subsets(n):
            block = flint.nmod_mat([[int(matrix[i, j]) for j in columns] for i in rows], PRIME)
            assert rank_bound(product.support, conditions, rows, columns) == block.rank()
    for each in conditions:
        assert len(each.levels) == each.bound
        assert meets_all_paths(product, each)
        others = [other for other in conditions if other != each]
        assert rank_bound(product.support, others, each.rows, each.columns) > each.bound


def nmod_product(product: SupportProduct, rng: random.Random) -> flint.nmod_mat:
    """A product of random factors modulo a prime."""
    result = None
    for factor in product.factors:
        values = [[0] * factor.shape[1] for _ in range(factor.shape[0])]
        for i, j in factor:
            values[i][j] = rng.randrange(1, PRIME)
        matrix = flint.nmod_mat(values, PRIME)
        result = matrix if result is None else result * matrix
    assert result is not None
    return result


def test_chains_have_conditions_from_inner_levels() -> None:
    """Otherwise the property above could hold with empty lists."""
    rng = random.Random(3)
    seen = set()
    for _ in range(30):
        sizes = [rng.randint(3, 4), 3, 3, rng.randint(3, 4)]
        product = SupportProduct([
            Support.from_masks((a, b), [rng.randrange(1 << b) for _ in range(a)]) for a, b in pairwise(sizes)
        ])
        seen |= {each.levels for each in rank_conditions(product) or ()}
    assert {(1,), (2,), (1, 1)} <= seen
    assert any(len(set(levels)) > 1 for levels in seen)  # a cut through two levels


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_two_factors_by_cuts(data: st.DataObject) -> None:
    """The search by classes and the one by cuts bound every block alike."""
    r = data.draw(st.integers(1, 3))
    types = st.lists(st.integers(0, (1 << r) - 1), min_size=1, max_size=4)
    product = two_factors(data.draw(types), data.draw(types), r)
    by_classes = rank_conditions(product)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("closedness.equations.rank_conditions.MOST_CLASSES", -1)
        by_cuts = rank_conditions(product)
    assert by_classes is not None
    assert by_cuts is not None
    assert {(*e[:2], e.bound) for e in by_classes} == {(*e[:2], e.bound) for e in by_cuts}


@given(chains(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_conditions_of_chains_under_transposition_and_renaming(product: SupportProduct, rng: random.Random) -> None:
    def blocks(of: SupportProduct) -> set[tuple[frozenset[int], frozenset[int], int]]:
        return {(frozenset(e.rows), frozenset(e.columns), e.bound) for e in rank_conditions(of) or ()}

    before = blocks(product)
    turned = SupportProduct([factor.T for factor in reversed(product.factors)])
    assert blocks(turned) == {(columns, rows, bound) for rows, columns, bound in before}
    orders = [rng.sample(range(size), size) for size in (product.shape[0], *product.inner, product.shape[1])]
    renamed = SupportProduct([
        Support.from_masks(f.shape, [sum((f.row_masks[i] >> j & 1) << b for b, j in enumerate(q)) for i in p])
        for f, p, q in zip(product.factors, orders[:-1], orders[1:], strict=True)
    ])
    p, q = orders[0], orders[-1]
    after = {
        (frozenset(p[i] for i in rows), frozenset(q[j] for j in columns), bound)
        for rows, columns, bound in blocks(renamed)
    }
    assert before == after


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
    assert found.conditions is not None


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
    assert rank_conditions(many) == ()  # few types of rows and columns: by cuts instead
    assert rank_conditions(lower_triangular(9)) is None
    assert structural_rank(many.support) == 1
    with pytest.raises(BudgetExceeded, match="10000000"):
        closure(lower_triangular(60))


# ---- the command line


def test_the_command(cli: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "rank-one.json"
    path.write_text(json.dumps(SupportProduct.from_text("1/1/1 * 111").to_problem()))
    run = cli("closure", path, "--no-ideal", "--json")
    assert (run.code, run.err) == (0, "")
    assert json.loads(run.out) == {
        "problem_id": SupportProduct.from_text("1/1/1 * 111").content_id,
        "dimension": 5,
        "dimension_at_most": 5,
        "cells": 9,
        "rank": 1,
        "dense_over_c": False,
        "rank_conditions": [
            {"rows": [0, 1, 2], "columns": [0, 1, 2], "at_most": 1, "hidden": [0], "levels": [1]}
        ],
        "ideal": None,
        "image_over_c": None,
    }
    text = cli("closure", path, "--no-ideal").out
    assert "dimension 5 of 9 cells (proved)" in text
    assert "rank of rows {0, 1, 2} × columns {0, 1, 2} ≤ 1" in text
    path.write_text(json.dumps(SupportProduct.from_text("11/11/11/11 * 1111/1111").to_problem()))
    assert "dimension 12 of 16 cells (proved lower bound, " in cli("closure", path, "--no-ideal").out
    path.write_text(json.dumps(SupportProduct.from_text("11/11 * 1/1 * 11 * 11/11").to_problem()))
    assert "≤ 1: hidden {0 at level 2}" in cli("closure", path, "--no-ideal").out
    path.write_text(json.dumps(SupportProduct.from_text("1 * 1 * 1").to_problem()))
    text = cli("closure", path, "--no-ideal").out
    assert "dense: over C" in text
    assert "none beyond the support" in text
    path.write_text(json.dumps(lower_triangular(60).to_problem()))
    run = cli("closure", path)
    assert run.code == 4
    assert run.err.count("\n") == 1
