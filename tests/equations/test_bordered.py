"""Bordered minors: equations for one factor, against random factors, other refutations and both checkers."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from closedness.algebra.casesplit import CaseSplit
from closedness.algebra.polysystem import Branch
from closedness.certificate import Certificate
from closedness.check import check
from closedness.equations.bordered import BorderedSplit
from closedness.equations.membership import covered_cells, decide_membership, membership_system, refutation_table
from closedness.supports.product import SupportProduct
from tests.algebra.test_nullstellensatz import verdict_on
from tests.helpers.mutations import walk
from tests.helpers.oracle import Target, random_types, two_factors
from tests.second.checker import outcome

Point = dict[str, Fraction]


def random_factors(product: SupportProduct, rng: random.Random) -> tuple[Point, Target]:
    """Random factors with the supports, and their product."""
    point: Point = {}
    left, right = product.factors
    for level, factor in enumerate((left, right)):
        for i, row in enumerate(factor.rows):
            for k in row:
                point[f"{level}:{i}:{k}"] = Fraction(rng.randint(-3, 3))
    target: Target = {}
    for i, row in enumerate(left.rows):
        for k in row:
            for j in right.rows[k]:
                target[i, j] = target.get((i, j), Fraction(0)) + point[f"0:{i}:{k}"] * point[f"1:{k}:{j}"]
    return point, {cell: value for cell, value in target.items() if value}


def test_derived_equations_hold_for_the_factors_and_speak_of_the_first_one_only() -> None:
    rng = random.Random(1)
    derived = 0
    for _ in range(60):
        rows, columns = random_types(rng, 3, 3, 0.6), random_types(rng, 4, 3, 0.6)
        product = two_factors(rows, columns, 3)
        point, target = random_factors(product, rng)
        system = membership_system(product, target, covered_cells(product))
        search = BorderedSplit(product, target, system)
        branch = Branch(system)
        for node in search._derive(branch):
            poly = branch.equations.get(node["name"])
            if poly is None:
                continue
            derived += 1
            names = [name for v, name in enumerate(system.names) if poly.degrees()[v]]
            assert all(name.startswith("0:") for name in names)
            values = [int(point.get(name, Fraction(0))) for name in system.names]
            assert poly(*values) == 0
    assert derived > 100


def test_refutations_agree_with_other_case_distinctions_and_are_verified() -> None:
    rng = random.Random(2)
    refuted = derivations = 0
    for _ in range(150):
        rows, columns = random_types(rng, 3, 3, 0.6), random_types(rng, 3, 3, 0.6)
        product = two_factors(rows, columns, 3)
        cells = covered_cells(product)
        target = {cell: Fraction(rng.choice((1, 1, -1, 2))) for cell in cells if rng.random() < 0.6}
        system = membership_system(product, target, cells)
        other = CaseSplit(system, 5_000, cofactors=500).run()
        own = BorderedSplit(product, target, system, 2_000).attempt()
        assert not (own.refutation and other.point)
        assert not (own.point and other.refutation)
        if own.refutation is not None:
            table = refutation_table(own.refutation)
            assert verdict_on(product, target, table) == "verified"
            refuted += 1
            derivations += any(node["do"] == "derive" for node in table["nodes"])
    assert refuted > 20
    assert derivations > 10



@pytest.mark.parametrize("order", [3, 4])
def test_low_rank_plus_diagonal(order: int) -> None:
    # the shift with ones above the diagonal is no matrix of rank order − 2 plus a diagonal one
    rank = order - 2
    full = (1 << rank) - 1
    types = [full | 1 << (rank + i) for i in range(order)]
    product = two_factors(types, types, rank + order)
    shift = {(i, i + 1): Fraction(1) for i in range(order - 1)}
    system = membership_system(product, shift, covered_cells(product))
    tree = BorderedSplit(product, shift, system).attempt().refutation
    assert tree is not None
    assert verdict_on(product, shift, refutation_table(tree)) == "verified"


def test_changed_multipliers_are_rejected() -> None:
    swap = {(0, 1): Fraction(1), (1, 0): Fraction(1)}
    product = two_factors([1, 3], [1, 3], 2)
    system = membership_system(product, swap, covered_cells(product))
    tree = BorderedSplit(product, swap, system).attempt().refutation
    assert tree is not None
    table = refutation_table(tree)
    steps = [value for _, value in walk(table) if isinstance(value, dict) and value.get("do") == "derive"]
    assert steps
    for step in steps:
        step["terms"][0]["multiplier"].append(["7", [["0:0:0", 5]]])
    assert verdict_on(product, swap, table) != "verified"


def test_both_checkers_accept_a_certificate_with_derived_equations() -> None:
    swap = {(0, 1): Fraction(1), (1, 0): Fraction(1)}
    product = two_factors([1, 3], [1, 3], 2)
    system = membership_system(product, swap, covered_cells(product))
    tree = BorderedSplit(product, swap, system).attempt().refutation
    assert tree is not None
    one, t = {0: Fraction(1)}, {1: Fraction(1)}
    curve = (
        {(0, 0): one, (1, 0): {-1: Fraction(1)}, (1, 1): {-1: Fraction(-1)}},
        {(0, 0): t, (0, 1): one, (1, 1): one},
    )
    certificate = Certificate.not_closed(product, "real", swap, curve, refutation_table(tree), {})
    assert check(certificate).verified
    assert outcome(certificate.to_json()) == 0


def test_membership_uses_them() -> None:
    assert decide_membership(two_factors([1, 3], [1, 3], 2), {(0, 1): Fraction(1), (1, 0): Fraction(1)}).refutation
