"""Real and complex verdicts that differ, with certificates of both that hold over one field only."""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from cases import load
from cases.atlas.fields import TARGET, entry
from cases.families import four_lines
from closedness.census.decide_all import product_of_types
from closedness.check import check
from closedness.decide import decide
from closedness.equations.membership import decide_membership
from closedness.rules.limits.subpattern import patterns_over_the_reals, stored_subpattern
from closedness.supports.pattern import Pattern
from closedness.supports.product import SupportProduct
from closedness.verdict import Status
from tests.second.checker import outcome

FREE = four_lines(1, free_cell=True)


def changed(product: SupportProduct, rng: random.Random, *, transposed: bool) -> SupportProduct:
    """The same pattern with rows, columns and hidden indices in another order, and possibly transposed."""
    pattern = Pattern.of(product)
    order = list(range(pattern.terms.bit_length()))
    rng.shuffle(order)
    sides = [[sum(1 << order[k] for k in range(len(order)) if kind >> k & 1) for kind in types]
             for types in (pattern.row_types, pattern.col_types)]
    for side in sides:
        rng.shuffle(side)
    rows, columns = sides[::-1] if transposed else sides
    return product_of_types(tuple(rows), tuple(columns))


@pytest.mark.slow
@pytest.mark.parametrize("field", ["real", "complex"])
def test_the_verdicts_differ_and_each_certificate_holds_over_its_field_only(field: str) -> None:
    verdict = decide(FREE, field=field, seconds=60, last_resort=False)
    assert verdict.status is (Status.NOT_CLOSED if field == "real" else Status.CLOSED)
    assert verdict.certificate is not None
    text = verdict.certificate.to_json()
    assert check(verdict.certificate).verified
    assert outcome(text) == 0
    other = {**json.loads(text), "field": "complex" if field == "real" else "real"}
    assert not check(other).verified
    assert outcome(json.dumps(other)) == 1


@pytest.mark.slow
@pytest.mark.parametrize("transposed", [False, True])
def test_it_is_found_under_other_names(transposed: bool) -> None:
    rng = random.Random(int(transposed))
    for _ in range(2):
        product = changed(FREE, rng, transposed=transposed)
        for field, status in (("real", Status.NOT_CLOSED), ("complex", Status.CLOSED)):
            verdict = decide(product, field=field, seconds=60, last_resort=False)
            assert verdict.status is status
            assert verdict.certificate is not None
            assert outcome(verdict.certificate.to_json()) == 0


@pytest.mark.slow
def test_the_table_is_what_the_target_gives() -> None:
    (stored,) = patterns_over_the_reals()
    made = entry()
    assert made["refutation"] == stored.refutation
    assert made["curve"] == stored.curve
    found = stored_subpattern(Pattern.of(FREE), [stored])
    assert found is not None


def discriminant(columns: np.ndarray, free: float) -> float:
    """Of the quadratic equation for the lines that meet the line of e_1, e_2 and those of three pairs of columns."""
    pairs = columns.copy()
    pairs[2, 0] += free

    def value(t: float) -> float:
        u = np.array([1.0, t, 0.0, 0.0])
        lines = [
            [np.linalg.det(np.column_stack([u, unit, pairs[:, 2 * b], pairs[:, 2 * b + 1]])) for unit in np.eye(4)[1:]]
            for b in range(3)
        ]
        return float(np.linalg.det(np.array(lines)))

    c, plus, minus = value(0.0), value(1.0), value(-1.0)
    return ((plus - minus) / 2) ** 2 - 4 * ((plus + minus) / 2 - c) * c


def test_the_target_against_the_discriminant() -> None:
    # another computation: no free entry makes it non-negative in the limit, a large one does nearby
    target = np.zeros((4, 6))
    for (i, j), entry_ in TARGET.items():
        target[i, j] = float(entry_)
    assert all(discriminant(target, free) < -1 for free in np.linspace(-50, 50, 41))
    near = target.copy()
    near[0, 1] = 1e-3
    assert max(discriminant(near, free) for free in np.linspace(-5e3, 5e3, 201)) > 0


@pytest.mark.slow
def test_the_target_is_a_product_over_the_complex_numbers() -> None:
    assert decide_membership(FREE, TARGET, steps=1_000).refutation is None
    refuted = decide_membership(FREE, TARGET, steps=4_000, real=True).refutation
    assert refuted is not None


def test_without_the_free_entry_the_set_is_closed_over_both() -> None:
    for given in (1, 2):
        for field in ("real", "complex"):
            assert decide(four_lines(given), field=field, last_resort=False).status is Status.CLOSED


@pytest.mark.slow
def test_the_case_states_both_verdicts() -> None:
    case = load("four-lines-free-entry")
    assert case.over_complex is Status.CLOSED
    assert case.verify(60).passed
    wrong = type(case)(case.name, case.group, case.title, case.product, case.status, case.why, (), Status.NOT_CLOSED)
    failed = wrong.verify(60)
    assert not failed.passed
    assert failed.field == "complex"
