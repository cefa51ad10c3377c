"""Each reduction against brute force, and against the checker's replay of its step."""

from __future__ import annotations

import random
from collections.abc import Callable

import networkx as nx
import pytest

from closedness import Certificate, Status, check
from closedness.algebra.bitsets import bits, mask_of
from closedness.rules.pairs.full import full_subset, only_terms, reduce_full
from closedness.rules.pairs.product import overlap_components, reduce_components
from closedness.rules.pairs.split import reduce_bicliques
from closedness.rules.pairs.twins import reduce_twins, vertex_cover
from closedness.rules.rule import Reduction
from closedness.supports.graph import bicliques
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import generic_rank, is_union_of_bicliques, random_types, structural_rank, two_factors
from tests.helpers.verdicts import status_of

Cell = tuple[int, int]


def random_pattern(rng: random.Random, *, masked: bool, r: int = 3, largest: int = 4) -> Pattern:
    rows, cols = (random_types(rng, rng.randint(1, largest), r, rng.choice((0.4, 0.7, 0.9))) for _ in range(2))
    pattern = Pattern.of_types(rows, cols)
    if masked:
        # what may be hidden is what a full subset covers; any mask of covered cells is good enough here
        cells = tuple(window & ~(rng.getrandbits(len(cols)) & rng.getrandbits(len(cols))) for window in pattern.cells)
        pattern = Pattern(rows, cols, cells)
    return pattern


@pytest.fixture(params=range(40))
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)


def cells_of(masks: tuple[int, ...]) -> set[Cell]:
    return {(i, j) for i, mask in enumerate(masks) for j in bits(mask)}


# -------------------------------------------------------------------- components (rule `product`)


@pytest.mark.parametrize("masked", [False, True])
def test_components_of_the_overlap_graph(rng: random.Random, masked: bool) -> None:
    pattern = random_pattern(rng, masked=masked, r=5)
    graph = nx.Graph()
    supports = {k: cells_of(pattern.term_cells(k)) for k in bits(pattern.terms)}
    graph.add_nodes_from(k for k, cells in supports.items() if cells)
    graph.add_edges_from((k, l) for k in graph for l in graph if k < l and supports[k] & supports[l])
    expected = sorted(mask_of(part) for part in nx.connected_components(graph))
    assert overlap_components(pattern) == expected
    reduction = reduce_components(pattern)
    assert (reduction is None) == (len(expected) < 2)
    if reduction is not None:
        parts = [cells_of(part.covered()) for part in reduction.patterns]
        assert sum(map(len, parts)) == len(cells_of(pattern.covered()))
        assert set().union(*parts) == cells_of(pattern.covered())


# -------------------------------------------------------------------- bicliques (rule `split`)


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
    (smaller,) = reduction.patterns
    assert cells_of(smaller.covered()) == cells_of(pattern.covered())
    assert smaller.cells == pattern.cells
    for i, j in cells_of(pattern.covered()):
        count = [(p.row_types[i] & p.col_types[j]).bit_count() for p in (pattern, smaller)]
        assert count[0] == count[1]


# -------------------------------------------------------------------- full subsets (rule `full`)


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
    (smaller,) = reduction.patterns
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


# -------------------------------------------------------------------- twins


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
    (smaller,) = reduction.patterns
    rank = structural_rank({k: [j for j, t in enumerate(cols) if t >> k & 1] for k in bits(kind)})
    assert sum(t == kind for t in smaller.row_types) == max(1, min(rank, rows.count(kind)))
    assert status_of(smaller.row_types, smaller.col_types, r) is status_of(rows, cols, r)


def test_masks_tell_twins_apart() -> None:
    pattern = Pattern((1, 1), (1, 1), (0b11, 0b01))
    reduction = reduce_twins(pattern)
    assert reduction is None or 0 not in reduction.patterns[0].row_types
    alike = reduce_twins(Pattern((1, 1), (1, 1), (0b11, 0b11)))
    assert alike is not None
    assert alike.patterns[0].row_types == (1, 0)


# -------------------------------------------------------------------- every step is replayed


@pytest.mark.parametrize("step", [reduce_components, reduce_full, reduce_twins])
def test_steps_are_accepted_by_the_checker_and_keep_the_verdict(
    step: Callable[[Pattern], Reduction | None],
) -> None:
    """The step is put before proofs of the smaller patterns; unmasked smaller patterns have the same verdict."""
    from closedness.search.pairs import Prover

    rng = random.Random(8)
    used = 0
    for _ in range(250):
        pattern = random_pattern(rng, masked=False)
        reduction = step(pattern)
        if reduction is None:
            continue
        product = two_factors(pattern.row_types, pattern.col_types, 3)
        proofs = [Prover(product, nodes=500).full(smaller) for smaller in reduction.patterns]
        if any(proof is None for proof in proofs):
            continue
        node = reduction.assemble([proof.node for proof in proofs if proof is not None])
        report = check(Certificate.closed(product, "real", node, {}))
        assert report.verified, (pattern, report.reason)
        used += 1
        assert status_of(pattern.row_types, pattern.col_types, 3) is Status.CLOSED
    assert used > 20


def test_splits_are_accepted_by_the_checker() -> None:
    """They arise after full subsets, as in rank-one completion."""
    from closedness.search.pairs import Prover

    # index 0 makes the cells (2, 1) and, with index 2, (2, 0) arbitrary: of index 1 the first column is left
    product = two_factors([2, 2, 7], [6, 7], 3)
    proof = Prover(product).full(Pattern.of(product))
    assert proof is not None
    assert "split" in check(Certificate.closed(product, "real", proof.node, {})).rules
