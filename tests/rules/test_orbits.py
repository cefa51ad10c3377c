"""Rule `orbits` against an oracle for two factors; placements of ones and the steps between them."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product as cartesian
from typing import Any

import pytest

from closedness.algebra.laurent import product_of
from closedness.rules.chains.orbits import orbits
from closedness.rules.chains.placements import combined, descent, leading_counts, placements_within
from closedness.rules.rule import Proof
from tests.helpers.chains import (
    rejected_when_broken,
    verified_and_of_no_use_elsewhere,
)
from tests.helpers.oracle import closed_by_orbits, is_chain, random_types, two_factors


@pytest.mark.slow
def test_orbits_agree_with_the_two_factor_oracle() -> None:
    rng = random.Random(3)
    seen = set()
    for _ in range(120):
        rows, cols = random_types(rng, 3, 3, 0.7), random_types(rng, 3, 3, 0.7)
        if not (is_chain(rows) and is_chain(cols)):
            continue
        found = orbits(two_factors(rows, cols, 3).factors)
        assert found is not None
        assert isinstance(found, Proof) == closed_by_orbits(rows, cols)
        seen.add(isinstance(found, Proof))
    assert seen == {False, True}


def test_descents_end_at_their_goal() -> None:
    """The operations found for a step down in the order of placements have the right limit."""
    full = tuple(tuple(min(p, q) for q in range(1, 4)) for p in range(1, 4))
    every = list(placements_within(full, 3))
    assert len(every) == 34
    steps = 0
    for start, goal in cartesian(every, every):
        path = descent(start, goal, 3)
        smaller = all(
            a <= b
            for x, y in zip(leading_counts(goal, 3), leading_counts(start, 3), strict=True)
            for a, b in zip(x, y, strict=True)
        )
        assert (path is not None) == smaller
        if path is None:
            continue
        steps += 1
        rows, columns = combined(path, 3, 3)
        assert all(i >= j for i, j in rows)
        assert all(i <= j for i, j in columns)
        matrix = {(p, q): {0: Fraction(1)} for p, q in enumerate(start) if q >= 0}
        result = product_of((rows, matrix, columns))
        assert not any(e < 0 for entry in result.values() for e in entry)
        limit = {cell: entry[0] for cell, entry in result.items() if entry.get(0)}
        assert limit == {(p, q): 1 for p, q in enumerate(goal) if q >= 0}
    assert steps > 300


def test_it_is_verified_and_does_not_serve_other_questions() -> None:
    verified_and_of_no_use_elsewhere("orbits")


BROKEN: list[Any] = [
    lambda p: p.pop(-2),
    lambda p: next(n for n in p if n.get("do") == "section" and n["factors"][0])["factors"][0].pop(),
    lambda p: next(n for n in p if n.get("do") == "family" and n["ones"])["ones"].pop(),
    lambda p: next(n for n in p if n.get("do") == "clear").update(lines=[]),
]


@pytest.mark.parametrize("change", BROKEN, ids=range(len(BROKEN)))
def test_broken_proofs_are_rejected(change: Any) -> None:
    rejected_when_broken("orbits", change)
