"""Rule ``types``: against dimensions at random numbers and all sets of lines, and against other rules."""

from __future__ import annotations

import random

import pytest
from flint import nmod_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import Certificate, Status, check, decide
from closedness.algebra.bitsets import bits
from closedness.report.steps import proof_steps
from closedness.rules.pairs.types import types_pattern
from closedness.supports.pattern import Pattern
from tests.helpers.clocks import Counting
from tests.helpers.dense_faults import TYPES_COLUMNS, TYPES_ROWS
from tests.helpers.oracle import random_types, two_factors
from tests.helpers.verdicts import status_of
from tests.second.checker import outcome

PRIME = 2**31 - 1


def _rank(rows: list[list[int]], width: int) -> int:
    return int(nmod_mat(len(rows), width, [v for row in rows for v in row], PRIME).rank()) if rows else 0


def holds_at_random(rows: list[int], columns: list[int], r: int, rng: random.Random) -> bool:
    """The hypothesis with the dimensions that generic vectors have, for all sets of rows, by brute force."""
    m = len(rows)
    vectors = [[rng.randrange(1, PRIME) if row >> k & 1 else 0 for row in rows] for k in range(r)]
    live = {k for k in range(r) if any(row >> k & 1 for row in rows) and any(c >> k & 1 for c in columns)}
    kinds = {frozenset(k for k in live if column >> k & 1) for column in columns} - {frozenset()}
    size, off = {}, {}
    for kind in kinds:
        block = nmod_mat(len(kind), m, [v for k in sorted(kind) for v in vectors[k]], PRIME)
        kernel, dimension = block.nullspace()
        size[kind] = m - dimension
        off[kind] = [[int(kernel[i, p]) for i in range(m)] for p in range(dimension)]
    room = {}
    for k in live:
        conditions = [line for kind in kinds if k in kind for line in off[kind]]
        conditions += [[int(i == j) for j in range(m)] for i in range(m) if not rows[i] >> k & 1]
        room[k] = m - _rank(conditions, m)
    members = {k: sum(1 << i for i in range(m) if rows[i] >> k & 1) for k in live}
    return all(
        sum((lines & members[k]).bit_count() >= room[k] for k in kind)
        <= lines.bit_count() + len(kind) - size[kind]
        for kind in kinds
        for lines in range(1 << m)
    )


def drawn(rng: random.Random, largest: int) -> tuple[list[int], list[int], int]:
    """Supports, half of them with two types of columns."""
    m, n, r = rng.randint(2, largest), rng.randint(2, largest), rng.randint(2, largest + 2)
    rows, columns = (list(random_types(rng, size, r, rng.uniform(0.3, 0.95))) for size in (m, n))
    if rng.random() < 0.5:
        pool = random_types(rng, 2, r, 0.8)
        columns = [rng.choice(pool) for _ in range(n)]
    return rows, columns, r


@pytest.mark.slow
def test_what_is_found_holds_at_random_numbers_and_both_checkers_accept() -> None:
    rng = random.Random(1)
    used = 0
    for _ in range(300):
        rows, columns, r = drawn(rng, 5)
        node = types_pattern(Pattern.of_types(rows, columns))
        if node is None:
            continue
        sides = (rows, columns) if node["side"] == "rows" else (columns, rows)
        assert holds_at_random(*sides, r, rng)
        text = Certificate.closed(two_factors(rows, columns, r), "complex", node, {}).to_json()
        assert check(text).verified
        assert outcome(text) == 0
        used += 1
    assert used > 100


@pytest.mark.slow
def test_it_agrees_with_known_verdicts() -> None:
    rng = random.Random(2)
    closed = missed = 0
    for _ in range(300):
        rows, columns = (random_types(rng, rng.randint(2, 4), 3, rng.choice((0.5, 0.8))) for _ in range(2))
        status = status_of(rows, columns, 3)
        if types_pattern(Pattern.of_types(rows, columns)) is not None:
            assert status is Status.CLOSED
            closed += 1
        else:
            missed += status is Status.CLOSED
    assert closed > 90
    assert missed < closed


def test_one_type_is_the_rule_for_factors_without_zeros() -> None:
    assert types_pattern(Pattern.of_types([1, 3, 3], [3, 3])) is not None
    assert types_pattern(Pattern.of_types([1, 2, 3], [3, 3])) is None


@pytest.mark.slow
@pytest.mark.parametrize("turned", [False, True])
def test_it_decides_what_other_rules_leave_open(turned: bool) -> None:
    sides = (TYPES_COLUMNS, TYPES_ROWS) if turned else (TYPES_ROWS, TYPES_COLUMNS)
    verdict = decide(two_factors(*sides, 7), seconds=10, last_resort=False)
    assert verdict.status is Status.CLOSED
    assert verdict.certificate is not None
    assert "types" in check(verdict.certificate).rules
    assert outcome(verdict.certificate.to_json()) == 0
    assert any("2 types" in step.text for step in proof_steps(verdict.certificate))


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_order_names_and_the_side_do_not_matter(seed: int) -> None:
    rng = random.Random(seed)
    rows, columns, r = drawn(rng, 4)
    names = rng.sample(range(r), r)
    turned = [
        [sum(1 << names[k] for k in bits(t)) for t in rng.sample(types, len(types))]
        for types in ((rows, columns) if rng.random() < 0.5 else (columns, rows))
    ]
    one, other = (types_pattern(Pattern.of_types(*sides)) for sides in ((rows, columns), turned))
    assert (one is None) == (other is None)


def test_the_limit_is_kept() -> None:
    rng = random.Random(3)
    rows, columns = (random_types(rng, 16, 24, 0.5) for _ in range(2))
    budget = Counting(0)

    assert types_pattern(Pattern.of_types(rows, columns), budget=budget) is None
    assert budget.asked <= 3
