"""2×2 LU patterns in linear time, against the search over all pairs of rows and columns."""

from __future__ import annotations

import random

import pytest

from closedness import Certificate, check
from closedness.algebra.bitsets import bits
from closedness.rules.limits.private_cells import limit_at_private_cells, lu_pattern
from tests.helpers.oracle import (
    has_lu_pattern,
    is_union_of_bicliques,
    limit_of,
    random_types,
    two_by_two_is_lu,
    two_factors,
)


@pytest.mark.parametrize("seed", range(4))
def test_a_pattern_is_found_exactly_when_there_is_one(seed: int) -> None:
    rng = random.Random(seed)
    answers = set()
    for _ in range(150):
        r = rng.randint(1, 5)
        rows, cols = (random_types(rng, rng.randint(1, 6), r, rng.choice((0.3, 0.5, 0.8))) for _ in range(2))
        found = lu_pattern(two_factors(rows, cols, r))
        assert (found is not None) == has_lu_pattern(rows, cols)
        answers.add(found is not None)
        private = {
            k: [(i, j) for i, t in enumerate(rows) for j, s in enumerate(cols) if t & s == 1 << k] for k in range(r)
        }
        assert (found is None) == all(is_union_of_bicliques(cells) for cells in private.values())
        if found is not None:
            k, other, i1, i2, j1, j2 = found
            assert two_by_two_is_lu(rows, cols, (i1, i2), (j1, j2))
            assert rows[i1] & cols[j1] == rows[i1] & cols[j2] == rows[i2] & cols[j1] == 1 << k
            assert {k, other} <= set(bits(rows[i2] & cols[j2]))
    assert answers == {True, False}


def test_the_evidence_is_a_proof() -> None:
    rng = random.Random(5)
    proofs = 0
    while proofs < 40:
        r = rng.randint(2, 6)
        rows, cols = (random_types(rng, rng.randint(2, 8), r, 0.5) for _ in range(2))
        product = two_factors(rows, cols, r)
        evidence = limit_at_private_cells(product)
        if evidence is None:
            continue
        proofs += 1
        assert evidence.rule == "private-cells"
        assert limit_of(evidence.curve) == evidence.target
        certificate = Certificate.not_closed(
            product, "real", evidence.target, evidence.curve, evidence.refutation, {}
        )
        assert check(certificate).verified


def test_linear_time_in_practice() -> None:
    """LU of size 300: 300 hidden indices, 90,000 cells."""
    types = [(1 << i + 1) - 1 for i in range(300)]
    product = two_factors(types, types, 300)
    evidence = limit_at_private_cells(product)
    assert evidence is not None
    assert len(evidence.refutation["nodes"]) < 10
