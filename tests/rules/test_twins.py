"""Rule `twins` against structural ranks, and its steps against the checker."""

from __future__ import annotations

import random

import pytest

from closedness.algebra.bitsets import bits
from closedness.rules.pairs.twins import reduce_twins, vertex_cover
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import random_types, structural_rank
from tests.helpers.patterns import accepted_and_of_the_same_verdict
from tests.helpers.verdicts import status_of


def test_vertex_covers_are_smallest(rng: random.Random) -> None:
    """König: the smallest cover is as large as the largest matching."""
    edges = {k: rng.getrandbits(4) & rng.getrandbits(5) for k in range(rng.randint(1, 4))}
    keys, positions = vertex_cover(edges)
    assert all(k in keys or set(bits(mask)) <= set(positions) for k, mask in edges.items())
    assert len(keys) + len(positions) == structural_rank({k: list(bits(mask)) for k, mask in edges.items()})


def test_as_many_twins_are_kept_as_the_structural_rank(rng: random.Random) -> None:
    r = 3
    kind = rng.randrange(1, 1 << r)
    rows = (*random_types(rng, 2, r, 0.6), *[kind] * 5)
    cols = random_types(rng, rng.randint(2, 4), r, 0.6)
    if not all(any(t >> k & 1 for t in cols) for k in range(r)):
        cols = (*cols, 7)
    pattern = Pattern.of_types(rows, cols)
    reduction = reduce_twins(pattern)
    assert reduction is not None
    (smaller,) = reduction.left
    rank = structural_rank({k: [j for j, t in enumerate(cols) if t >> k & 1] for k in bits(kind)})
    assert sum(t == kind for t in smaller.row_types) == max(1, min(rank, rows.count(kind)))
    assert status_of(smaller.row_types, smaller.col_types, r) is status_of(rows, cols, r)


def test_masks_tell_twins_apart() -> None:
    pattern = Pattern((1, 1), (1, 1), (0b11, 0b01))
    reduction = reduce_twins(pattern)
    assert reduction is None or 0 not in reduction.left[0].row_types
    alike = reduce_twins(Pattern((1, 1), (1, 1), (0b11, 0b11)))
    assert alike is not None
    assert alike.left[0].row_types == (1, 0)


@pytest.mark.slow
def test_steps_are_accepted_by_the_checker_and_keep_the_verdict() -> None:
    accepted_and_of_the_same_verdict(reduce_twins)
