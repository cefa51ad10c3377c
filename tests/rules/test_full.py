"""Rule `full` against ranks of Jacobians, and its steps against the checker."""

from __future__ import annotations

import random

import pytest

from closedness.rules.pairs.full import full_subset, only_terms, reduce_full
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import generic_rank
from tests.helpers.patterns import accepted_and_of_the_same_verdict, cells_of, random_pattern


def test_full_subsets_give_all_matrices(rng: random.Random) -> None:
    """The Jacobian has full rank: necessary for every entry to be arbitrary, and independent of matchings."""
    pattern = random_pattern(rng, masked=False, r=4)
    found = full_subset(pattern)
    if found is None:
        return
    subset, _ = found
    own = only_terms(pattern, subset)
    cells = sorted(cells_of(own.covered()))
    assert cells
    assert generic_rank(own.row_types, own.col_types, cells, 4) == len(cells)
    reduction = reduce_full(pattern)
    assert reduction is not None
    (smaller,) = reduction.left
    assert cells_of(smaller.cells) == cells_of(pattern.cells) - set(cells)
    assert smaller.row_types == tuple(t & ~subset for t in pattern.row_types)
    assert smaller.col_types == tuple(t & ~subset for t in pattern.col_types)


def test_complete_classes_are_found() -> None:
    """A class of ``min(|R|, |C|)`` equal rectangles."""
    for m in range(1, 4):
        for n in range(1, 4):
            q = min(m, n)
            pattern = Pattern.of_types([(1 << q) - 1] * m, [(1 << q) - 1] * n)
            found = full_subset(pattern)
            assert found is not None
            assert found[0] == (1 << q) - 1
            if q > 1:
                fewer = Pattern.of_types([(1 << q - 1) - 1] * m, [(1 << q - 1) - 1] * n)
                assert full_subset(fewer) is None


@pytest.mark.slow
def test_steps_are_accepted_by_the_checker_and_keep_the_verdict() -> None:
    accepted_and_of_the_same_verdict(reduce_full)
