"""Rule `trim`: the product stays, entries go."""

from __future__ import annotations

import random

import networkx as nx

from closedness.rules.chains.trim import product_support, trimmed
from tests.helpers.chains import (
    random_chain,
    verified_and_of_no_use_elsewhere,
)


def test_the_entries_on_a_path_from_a_row_to_a_column_are_kept() -> None:
    """Against paths in a directed graph."""
    rng = random.Random(4)
    dropped = 0
    for _ in range(60):
        chain = random_chain(rng, 3, 4).factors
        arcs = [((level, i), (level + 1, j)) for level, factor in enumerate(chain) for i, j in factor]
        graph = nx.DiGraph(arcs)
        after = set().union(*(nx.descendants(graph, node) | {node} for node in graph if node[0] == 0))
        before = set().union(*(nx.ancestors(graph, node) | {node} for node in graph if node[0] == len(chain)))
        kept = [arc for arc in arcs if arc[0] in after and arc[1] in before]
        small = trimmed(chain)
        assert [((level, i), (level + 1, j)) for level, factor in enumerate(small) for i, j in factor] == kept
        assert product_support(small) == product_support(chain)
        dropped += len(arcs) - len(kept)
    assert dropped


def test_it_is_verified_and_does_not_serve_other_questions() -> None:
    verified_and_of_no_use_elsewhere("trim")
