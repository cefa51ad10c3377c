"""Targets found by trial, and hidden indices spent on crosses."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations, islice, permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from closedness import Certificate, Status, SupportProduct, check, decide
from closedness.algebra.bitsets import bits
from closedness.census.decide_all import product_of_types
from closedness.elaboration.tables import flatten
from closedness.equations.membership import decide_membership
from closedness.equations.paths import generic_rank
from closedness.rules.limits.limit import limit_at
from closedness.rules.limits.targets import (
    normal_forms,
    placements_without_representatives,
    sparse_matrices,
    target_among_placements,
    target_by_chance,
)
from closedness.rules.strata.strata import StrataSearch, extent, rank_too_large, spendings
from closedness.search.pairs import EVERYTHING, Prover, ends_outside
from closedness.supports.pattern import Pattern
from closedness.supports.state import State, spend, trimmed
from tests.helpers.clocks import ENDED
from tests.second.checker import second_check

Types = tuple[list[int], list[int]]


@st.composite
def types(draw: st.DrawFn, hidden: int = 3, most: int = 4) -> Types:
    one_type = st.integers(1, (1 << hidden) - 1)
    lines = st.lists(one_type, min_size=1, max_size=most)
    return draw(lines), draw(lines)


def pattern_of(pattern: Types) -> Pattern:
    return Pattern.of(product_of_types(tuple(pattern[0]), tuple(pattern[1])))


def brute_force_representatives(pattern: Pattern, cells: tuple[tuple[int, int], ...]) -> bool:
    hidden = range(pattern.terms.bit_length())
    return any(
        all(pattern.row_types[i] & pattern.col_types[j] & 1 << k for (i, j), k in zip(cells, chosen, strict=True))
        for chosen in permutations(hidden, len(cells))
    )


@given(types(most=3))
def test_placements_are_those_without_representatives(drawn: Types) -> None:
    pattern = pattern_of(drawn)
    m, n = pattern.shape
    covered = pattern.covered()
    expected = {
        cells
        for size in range(1, min(m, n) + 1)
        for rows in combinations(range(m), size)
        for columns in permutations(range(n), size)
        for cells in [tuple(zip(rows, columns, strict=True))]
        if all(covered[i] >> j & 1 for i, j in cells) and not brute_force_representatives(pattern, cells)
    }
    found = list(placements_without_representatives(pattern))
    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ((5, 10, 3, 15), (14, 15, 14, 7)),
        ((15, 11, 4, 14), (10, 7, 14, 15)),
        ((31, 31, 29, 23, 18), (26, 31, 19, 27, 27)),
    ],
)
def test_a_placement_of_ones_is_a_limit_and_no_product(rows: tuple[int, ...], columns: tuple[int, ...]) -> None:
    product = product_of_types(rows, columns)
    evidence = target_among_placements(product, Pattern.of(product), ())
    assert evidence is not None
    assert set(evidence.target.values()) == {1}
    verdict = decide(product, seconds=None, last_resort=False)
    assert verdict.status is Status.NOT_CLOSED
    assert check(verdict.certificate).verified


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_low_rank_plus_diagonal(rank: int) -> None:
    n = rank + 2
    factor = [[1] * rank + [int(i == j) for j in range(n)] for i in range(n)]
    product = SupportProduct.from_pair(factor, factor)
    jordan = {(i, i + 1): Fraction(1) for i in range(rank + 1)}
    evidence = limit_at(product, Pattern.of(product), jordan, ())
    assert evidence is not None
    assert evidence.target == jordan
    certificate = Certificate.not_closed(product, "real", evidence.target, evidence.curve, evidence.refutation, {})
    assert check(certificate).verified
    assert second_check(certificate.to_json()) == ("not_closed", ())
    # without the first row and the last column there is nothing left to contradict
    shorter = {cell: value for cell, value in jordan.items() if cell[0] > 0}
    assert decide_membership(product, shorter).refutation is None


def test_chance_finds_what_placements_miss() -> None:
    product = product_of_types((10, 13, 14, 5), (9, 7, 11, 14))
    pattern = Pattern.of(product)
    assert target_among_placements(product, pattern, ()) is None
    evidence = target_by_chance(product, pattern, ())
    assert evidence is not None
    assert decide_membership(product, evidence.target).refutation is not None
    assert target_by_chance(product, pattern, (), budget=ENDED) is None
    assert target_by_chance(product, pattern, (), tries=0) is None


@given(types())
def test_random_targets_respect_the_support(drawn: Types) -> None:
    pattern = pattern_of(drawn)
    covered = pattern.covered()
    for matrices in (sparse_matrices(pattern), normal_forms(pattern)):
        for target in islice(matrices, 3):
            assert all(covered[i] >> j & 1 for i, j in target)


# ------------------------------------------------------------------------------------------ spend


def state_of(pattern: Pattern, matrix: dict[tuple[int, int], Fraction], hide: set[tuple[int, int]]) -> State:
    """What a matrix knows about itself, some entries forgotten."""
    start = State.start(pattern)
    star, nonzero = [0] * len(start.rows), [0] * len(start.rows)
    for (i, j), value in matrix.items():
        if i in start.rows:
            p = start.rows.index(i)
            if (i, j) in hide:
                star[p] |= 1 << j
            elif value:
                nonzero[p] |= 1 << j
    return trimmed(start.rows, start.tau, start.omega, tuple(star), tuple(nonzero), start.sigma)


@given(types(hidden=3), st.randoms(use_true_random=False))
def test_spending_says_nothing_false_about_the_rest(drawn: Types, rng: random.Random) -> None:
    pattern = pattern_of(drawn)
    cells = [(i, j) for i, mask in enumerate(pattern.covered()) for j in bits(mask)]
    matrix = {cell: Fraction(rng.choice((0, 0, 1, -1, 2))) for cell in cells}
    hide = {cell for cell in cells if rng.random() < 0.4}
    state = state_of(pattern, matrix, hide)
    choices = [
        (p, j, k)
        for p in range(len(state.rows))
        for j in bits(state.nonzero[p])
        for k in bits(state.tau[p] & state.sigma[j])
    ]
    assume(choices)
    p, j, k = rng.choice(choices)
    down = [q for q, t in enumerate(state.tau) if t >> k & 1 and (q == p or rng.random() < 0.7)]
    across = [c for c in bits(state.omega[p]) if state.sigma[c] >> k & 1 and (c == j or rng.random() < 0.7)]
    rest = spend(state, k, p, j, down, sum(1 << c for c in across))
    i = state.rows[p]
    left = dict(matrix)
    for q in down:
        for c in across:
            a = state.rows[q]
            share = matrix.get((a, j), Fraction(0)) * matrix.get((i, c), Fraction(0)) / matrix[i, j]
            left[a, c] = left.get((a, c), Fraction(0)) - share
    for a, c in {*left, *matrix}:
        value = left.get((a, c), Fraction(0))
        position = rest.rows.index(a) if a in rest.rows else None
        if position is None:
            assert value == 0
        elif rest.nonzero[position] >> c & 1:
            assert value != 0
        elif not rest.star[position] >> c & 1:
            assert value == 0
    assert not any(tau >> k & 1 for tau in rest.tau)
    assert not any(sigma >> k & 1 for sigma in rest.sigma)


@pytest.mark.slow
@pytest.mark.parametrize("drawn", [((15, 11, 15, 7), (11, 4, 15, 3)), ((14, 13, 15, 15), (15, 6, 13, 15))])
def test_all_matrices_of_a_pattern_proved_by_spending_are_products(drawn: Types) -> None:
    product = product_of_types(tuple(drawn[0]), tuple(drawn[1]))
    pattern = Pattern.of(product)
    tree = StrataSearch(5_000).products(State.start(pattern), 2_000)
    assert tree is not None
    assert any(node["do"] == "spend" for node in flatten(tree))
    settled = 0
    for matrices in (sparse_matrices(pattern), normal_forms(pattern)):
        for target in islice(matrices, 40):
            outcome = decide_membership(product, target, steps=1_000, cofactors=0)
            assert outcome.refutation is None
            settled += outcome.point is not None
    assert settled > 60


@pytest.mark.parametrize("drawn", [([14, 13, 15, 15], [15, 6, 13, 15]), ([3, 5, 6], [7, 7, 7])])
def test_the_sentence_says_that_all_matrices_are_products(drawn: Types) -> None:
    product = product_of_types(tuple(drawn[0]), tuple(drawn[1]))
    pattern = Pattern.of(product)
    proof = Prover(product, table=()).full(pattern)
    assert proof is not None
    assert proof.sentence == EVERYTHING
    assert generic_rank(product) == sum(mask.bit_count() for mask in pattern.covered())


def test_a_proof_for_rank_one_leaves_matrices_out() -> None:
    tree = StrataSearch(5_000).closed(State.start(pattern_of(([1, 1], [1, 1]))))
    assert tree is not None
    assert any(ends_outside(node.get("tree")) for node in flatten(tree))


def test_a_budget_ends_the_search_for_products() -> None:
    pattern = pattern_of(([13, 11, 6, 15], [7, 15, 7, 14]))
    search = StrataSearch(5_000)
    assert search.products(State.start(pattern), 20) is None
    assert search.left < 5_000


def test_lu_has_matrices_that_are_no_products() -> None:
    pattern = pattern_of(([1, 3], [1, 3]))
    search = StrataSearch(5_000)
    assert search.products(State.start(pattern), 1_000) is None
    assert search.resisted


@given(types(hidden=2, most=3))
def test_a_rank_that_is_too_large_is_no_false_alarm(drawn: Types) -> None:
    # with one hidden index in every line all products have rank one
    state = State.start(pattern_of(([1] * len(drawn[0]), [1] * len(drawn[1]))))
    assert rank_too_large(state) == (min(len(drawn[0]), len(drawn[1])) > 1)


def test_smaller_rests_come_first() -> None:
    state = State.start(pattern_of(([3, 3], [3, 3])))
    state = state._replace(star=(2, 3), nonzero=(1, 0))
    sizes = [extent(rest) for _, rest in spendings(state)]
    assert sizes == sorted(sizes)
    assert sizes[0] == (2, 1)
