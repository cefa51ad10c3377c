"""Rule `split` against unions of bicliques, and its steps against the checker."""

from __future__ import annotations

import random

from closedness import Certificate, check
from closedness.algebra.bitsets import bits
from closedness.rules.pairs.split import reduce_bicliques
from closedness.supports.graph import bicliques
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import is_union_of_bicliques, two_factors
from tests.helpers.patterns import cells_of, random_pattern


def test_bicliques(rng: random.Random) -> None:
    masks = tuple(rng.getrandbits(4) & rng.getrandbits(4) for _ in range(4))
    parts = bicliques(masks)
    assert (parts is not None) == is_union_of_bicliques(cells_of(masks))
    if parts is not None:
        covered = [(i, j) for rows, columns in parts for i in bits(rows) for j in bits(columns)]
        assert sorted(covered) == sorted(cells_of(masks))
        assert sum(rows.bit_count() for rows, _ in parts) == sum(bool(mask) for mask in masks)


def test_splitting_keeps_the_cells(rng: random.Random) -> None:
    pattern = random_pattern(rng, masked=True)
    reduction = reduce_bicliques(pattern)
    if reduction is None:
        for k in bits(pattern.terms):
            rows, columns = pattern.rectangle(k)
            parts = bicliques(pattern.term_cells(k))
            assert parts is None or list(parts) == [(rows, columns)]
        return
    (smaller,) = reduction.left
    assert cells_of(smaller.covered()) == cells_of(pattern.covered())
    assert smaller.cells == pattern.cells
    for i, j in cells_of(pattern.covered()):
        count = [(p.row_types[i] & p.col_types[j]).bit_count() for p in (pattern, smaller)]
        assert count[0] == count[1]


def test_splits_are_accepted_by_the_checker() -> None:
    """They arise after full subsets, as in rank-one completion."""
    from closedness.search.pairs import Prover

    # index 0 makes the cells (2, 1) and, with index 2, (2, 0) arbitrary: of index 1 the first column is left
    product = two_factors([2, 2, 7], [6, 7], 3)
    proof = Prover(product).full(Pattern.of(product))
    assert proof is not None
    assert "split" in check(Certificate.closed(product, "real", proof.node, {})).rules
