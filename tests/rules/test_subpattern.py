"""The table of minimal patterns, their places in larger patterns, and the proofs that are carried over."""

from __future__ import annotations

import random

import pytest

from closedness import Certificate, Status, check
from closedness.rules.limits.subpattern import MinimalPattern, carry_over, minimal_patterns, stored_subpattern
from closedness.supports.embedding import embeddings
from closedness.supports.pattern import Pattern
from tests.helpers.clocks import ENDED
from tests.helpers.oracle import classes, has_lu_pattern, has_subpattern, limit_of, members, random_types, two_factors
from tests.helpers.verdicts import status_of

TABLE = minimal_patterns()
SMALL = [each for each in TABLE if each.hidden <= 3]


def proves(rows: tuple[int, ...], cols: tuple[int, ...], r: int, evidence: object) -> bool:
    from closedness.rules.rule import Evidence

    assert isinstance(evidence, Evidence)
    product = two_factors(rows, cols, r)
    assert limit_of(evidence.curve) == {cell: value for cell, value in evidence.target.items() if value}
    certificate = Certificate.not_closed(product, "real", evidence.target, evidence.curve, evidence.refutation, {})
    report = check(certificate)
    return report.verified and not report.trusted


def test_the_table_is_not_empty() -> None:
    assert len(TABLE) > 50
    assert len({(each.rows, each.columns) for each in TABLE}) == len(TABLE)


@pytest.mark.slow
@pytest.mark.parametrize("minimal", SMALL, ids=lambda each: f"{each.rows}|{each.columns}".replace(" ", ""))
def test_stored_patterns_are_not_closed_and_minimal(minimal: MinimalPattern) -> None:
    """Each has a proof of its own, and every pattern with one line less is closed."""
    pattern = Pattern.of_types(minimal.rows, minimal.columns)
    evidence = stored_subpattern(pattern, [minimal])
    assert evidence is not None
    assert proves(minimal.rows, minimal.columns, minimal.hidden, evidence)
    sides = (minimal.rows, minimal.columns)
    for side in range(2):
        for line in range(len(sides[side])):
            smaller = list(sides)
            smaller[side] = sides[side][:line] + sides[side][line + 1 :]
            if smaller[side]:
                assert status_of(*smaller, minimal.hidden) is Status.CLOSED


def test_places_against_brute_force() -> None:
    """A minimal pattern is found in a pattern exactly when deleting lines gives it."""
    rng = random.Random(12)
    few = [each for each in SMALL if len(each.rows) <= 3 and len(each.columns) <= 3]
    found = 0
    for _ in range(90):
        rows, cols = (random_types(rng, rng.randint(2, 5), 4, 0.6) for _ in range(2))
        pattern = Pattern.of_types(rows, cols)
        for minimal in rng.sample(few, 4):
            place = next(embeddings(pattern, minimal), None)
            assert (place is not None) == has_subpattern(rows, cols, (minimal.rows, minimal.columns), 4)
            if place is None:
                continue
            found += 1
            sides = (cols, rows) if place.transposed else (rows, cols)
            names = {1 << k: 1 << term for k, term in enumerate(place.terms)}
            inner = sum(names.values())
            kinds = (minimal.rows, minimal.columns)
            for lines, own, types in zip((place.rows, place.columns), kinds, sides, strict=True):
                for line, kind in zip(lines, own, strict=True):
                    assert types[line] & inner == sum(names[1 << k] for k in members(kind))
            outside = [sides[0][a] & sides[1][b] & ~inner for a in place.rows for b in place.columns]
            assert not any(outside)
            assert proves(rows, cols, 4, carry_over(minimal, place))
    assert found > 10


def test_time_that_is_up_ends_the_search() -> None:
    rows = cols = tuple(range(1, 16))
    assert list(embeddings(Pattern.of_types(rows, cols), TABLE[0], budget=ENDED)) == []


def test_many_hidden_indices_are_left_alone() -> None:
    """There would be too many choices; the private cells are looked at all the same."""
    types = [1 << k | 1 for k in range(400)]
    assert not list(embeddings(Pattern.of_types(types, types), TABLE[-1]))


@pytest.mark.slow
def test_minimal_patterns_explain_the_small_ones() -> None:
    """Up to 3×3 and three hidden indices: not closed exactly when a stored pattern or 2×2 LU is a sub-pattern."""
    lu = Status.NOT_CLOSED
    for rows, cols in classes(3, 3, 3):
        inside = has_lu_pattern(rows, cols) or stored_subpattern(Pattern.of_types(rows, cols), SMALL) is not None
        assert inside == (status_of(rows, cols, 3) is lu)


# -------------------------------------------------------------------- maximal closed patterns


