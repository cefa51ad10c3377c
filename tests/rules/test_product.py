"""Rule `product` against the components of a graph, and its steps against the checker."""

from __future__ import annotations

import json
import random

import networkx as nx
import pytest

from closedness import check, decide
from closedness.algebra.bitsets import bits, mask_of
from closedness.rules.pairs.product import overlap_components, reduce_components
from tests.helpers.oracle import two_factors
from tests.helpers.patterns import accepted_and_of_the_same_verdict, cells_of, random_pattern


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
        parts = [cells_of(part.covered()) for part in reduction.left]
        assert sum(map(len, parts)) == len(cells_of(pattern.covered()))
        assert set().union(*parts) == cells_of(pattern.covered())


@pytest.mark.slow
def test_steps_are_accepted_by_the_checker_and_keep_the_verdict() -> None:
    accepted_and_of_the_same_verdict(reduce_components)


def test_nothing_is_the_product_of_no_parts() -> None:
    """Rule `nothing`: where no cell is covered."""
    verdict = decide(two_factors([1, 1], [2, 2], 2))
    assert verdict.certificate is not None
    assert verdict.certificate.proof == {"rule": "nothing"}
    assert json.loads(verdict.certificate.to_json())["proof"] == [{"rule": "product", "parts": []}]
    assert check(verdict.certificate).verified
