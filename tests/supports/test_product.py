from __future__ import annotations

import copy
import hashlib
import json
import pickle
from hashlib import sha256
from itertools import product as cartesian
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from closedness import Support, SupportProduct
from closedness.errors import FormatError, InputError
from closedness.supports.canonical import canonical_relabelling, canonical_types
from tests.helpers.strategies import Pair, pairs, products, renamed


def test_from_pair_transposes_the_second_support() -> None:
    I, J = np.array([[1, 0], [1, 1], [0, 1]]), np.array([[1, 1]])
    product = SupportProduct.from_pair(I, J)
    assert product.shape == (3, 1)
    assert product.inner == (2,)
    assert product.factors == (Support.read(I), Support.read(J.T))
    assert product.pair() == (Support.read(I), Support.read(J))
    assert list(product) == [product[0], product[1]]
    assert len(product) == 2


@given(products())
def test_problem_object_round_trip(product: SupportProduct) -> None:
    text = json.dumps(product.to_problem(), sort_keys=True, separators=(",", ":"))
    assert SupportProduct.from_problem(json.loads(text)) == product
    assert product.content_id == hashlib.sha256(text.encode()).hexdigest()
    assert pickle.loads(pickle.dumps(product)) == product
    assert copy.deepcopy(product) is product
    assert product.T.T == product


@given(products())
def test_support_of_the_product_agrees_with_numpy(product: SupportProduct) -> None:
    dense = np.linalg.multi_dot([factor.to_dense().astype(float) for factor in product])
    assert product.support == Support.read(dense > 0)
    assert product.T.support == product.support.T


def test_text_and_repr() -> None:
    product = SupportProduct.from_text("1. / 11 * 11 / .1")
    assert eval(repr(product)) == product
    assert str(product) == "1. · 11\n11   .1"
    assert SupportProduct.from_text("1.\n11\n\n\n11\n.1\n") == product
    large = SupportProduct([np.eye(50), np.eye(50)])
    assert repr(large).startswith("<SupportProduct 50×50 · 50×50, ")
    with pytest.raises(AttributeError, match="immutable"):
        product.factors = ()  # type: ignore[misc]
    assert len({product, SupportProduct(product.factors), product.T}) == 1 + (product.T != product)


def test_butterfly_chain() -> None:
    product = SupportProduct.from_kronecker([(1, 2, 2, 4), (2, 2, 2, 2), (4, 2, 2, 1)])
    assert product.shape == (8, 8)
    assert product.support == Support.read(np.ones((8, 8)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SupportProduct([[[1]]]), "factors has 1 supports, at least two"),
        (lambda: SupportProduct([]), "factors has 0 supports"),
        (lambda: SupportProduct([[[1, 1]], [[1]]]), r"factors\[0\] has 2 columns, factors\[1\] has 1 rows"),
        (lambda: SupportProduct([[[1]], [[2]]]), r"factors\[1\]: entry \(0, 0\)"),
        (lambda: SupportProduct("10"), "not a list"),
        (lambda: SupportProduct({"I": 1}), "not a list"),
        (lambda: SupportProduct(3), "not a list"),  # type: ignore[arg-type]
        (lambda: SupportProduct.from_pair([[1, 1]], [[1]]), "I has 2 columns, J has 1"),
        (lambda: SupportProduct.from_pair([[1]], [[7]]), r"J: entry \(0, 0\)"),
        (lambda: SupportProduct.from_kronecker([(1, 2, 3)]), r"chain\[0\] has 3 entries"),
        (lambda: SupportProduct([[[1]]] * 3).pair(), "needs exactly two"),
        (lambda: SupportProduct([[[1]]] * 3).canonical(), "needs exactly two"),
    ],
)
def test_refuses(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize(
    ("problem", "place"),
    [
        ([], "problem"),
        ({}, "problem"),
        ({"factors": [], "more": 1}, "problem"),
        ({"factors": 1}, "factors"),
        ({"factors": [[[1]]]}, "factors[0]"),
        ({"factors": [{"shape": [1, 1]}]}, "factors[0]"),
        ({"factors": [{"shape": [1, 1, 1], "rows": [[0]]}]}, "factors[0].shape"),
        ({"factors": [{"shape": [1, True], "rows": [[0]]}]}, "factors[0].shape"),
        ({"factors": [{"shape": [1, 10**12], "rows": [[10**12 - 1]]}]}, "factors[0].shape"),
        ({"factors": [{"shape": [10**6, 10**6], "rows": []}]}, "factors[0].shape"),
        ({"factors": [{"shape": [1, 1], "rows": [0]}]}, "factors[0].rows"),
        ({"factors": [{"shape": [1, 2], "rows": [[1, 0]]}]}, "factors[0].rows[0]"),
        ({"factors": [{"shape": [1, 2], "rows": [[0, 0]]}]}, "factors[0].rows[0]"),
        ({"factors": [{"shape": [1, 2], "rows": [[0.0]]}]}, "factors[0].rows[0]"),
        ({"factors": [{"shape": [1, 2], "rows": [[2]]}]}, "factors[0]"),
        ({"factors": [{"shape": [1, 1], "rows": [[0]]}]}, "problem"),
    ],
)
def test_malformed_problem_objects_name_their_place(problem: Any, place: str) -> None:
    with pytest.raises(FormatError) as caught:
        SupportProduct.from_problem(problem)
    assert caught.value.place == place
    assert pickle.loads(pickle.dumps(caught.value)).place == place


# -------------------------------------------------------------------- canonical form


def as_graph(pair: Pair) -> nx.Graph[Any]:
    """Rows, columns and hidden indices; `kind` tells them apart, refined by what their neighbours are.

    Without the refinement the search for an isomorphism takes exponential time on some symmetric supports.
    """
    graph: nx.Graph[Any] = nx.Graph()
    for side, support in zip("IJ", pair, strict=True):
        graph.add_nodes_from(((side, i) for i in range(support.shape[0])), kind=side)
        graph.add_nodes_from((("hidden", k) for k in range(support.shape[1])), kind="hidden")
        graph.add_edges_from(((side, i), ("hidden", k)) for i, k in support)
    kinds = dict(graph.nodes(data="kind"))
    for _ in range(3):
        around = {node: sorted(kinds[other] for other in graph[node]) for node in graph}
        kinds = {node: sha256(f"{kinds[node]} {around[node]}".encode()).hexdigest() for node in graph}
    nx.set_node_attributes(graph, kinds, "kind")
    return graph


def isomorphic(first: Pair, second: Pair) -> bool:
    return any(
        nx.vf2pp_is_isomorphic(as_graph(first), as_graph(other), node_label="kind")
        for other in (second, (second[1], second[0]))
    )


def canonical(pair: Pair) -> SupportProduct:
    return SupportProduct.from_pair(*pair).canonical()


@pytest.mark.slow
@settings(max_examples=200)
@given(st.data(), st.one_of(pairs(), pairs(max_hidden=9, min_hidden=5, max_rows=8)))
def test_canonical_form_does_not_depend_on_names(data: st.DataObject, pair: Pair) -> None:
    other = data.draw(renamed(pair))
    form = canonical(pair)
    assert canonical(other) == form
    assert SupportProduct.from_pair(*pair).canonical_id == form.content_id
    assert form.canonical() == form
    assert isomorphic(pair, form.pair())


@pytest.mark.slow
@settings(max_examples=300)
@given(st.data(), st.one_of(pairs(), pairs(max_hidden=7, min_hidden=5, max_rows=6)))
def test_canonical_forms_are_equal_only_for_isomorphic_supports(data: st.DataObject, pair: Pair) -> None:
    # Neighbours of one support: the same number of cells, one of them moved, names scrambled.
    I, J = data.draw(renamed(pair))
    cells = set(I)
    free = [(i, k) for i in range(I.shape[0]) for k in range(I.shape[1]) if (i, k) not in cells]
    assume(cells and free)
    cells.remove(data.draw(st.sampled_from(sorted(cells))))
    cells.add(data.draw(st.sampled_from(free)))
    other = (Support(I.shape, [[k for k in range(I.shape[1]) if (i, k) in cells] for i in range(I.shape[0])]), J)
    assert (canonical(pair) == canonical(other)) == isomorphic(pair, other)


def test_every_small_support_pair_is_classified_as_by_networkx() -> None:
    """All pairs with r = 2 and 2 × 2."""
    found: dict[SupportProduct, Pair] = {}
    for masks in cartesian(range(4), repeat=4):
        pair = (Support.from_masks((2, 2), masks[:2]), Support.from_masks((2, 2), masks[2:]))
        form = canonical(pair)
        if form in found:
            assert isomorphic(found[form], pair)
        else:
            assert not any(isomorphic(known, pair) for known in found.values())
            found[form] = pair


@pytest.mark.parametrize(("r", "count"), [(1, 1), (2, 31), pytest.param(3, 62_886, marks=pytest.mark.slow)])
def test_number_of_supports_without_superfluous_twins(r: int, count: int) -> None:
    """Types non-empty, type τ at most |τ| times, every hidden index on both sides; the counts come from elsewhere."""
    types = range(1, 2**r)
    sides = []
    for copies in cartesian(*(range(mask.bit_count() + 1) for mask in types)):
        side = [mask for mask, number in zip(types, copies, strict=True) for _ in range(number)]
        if all(any(mask >> k & 1 for mask in side) for k in range(r)):
            sides.append(side)
    forms = {canonical_types(rows, cols, r) for a, rows in enumerate(sides) for cols in sides[a:]}
    assert len(forms) == count


def hard_cases() -> dict[str, tuple[list[int], list[int], int]]:
    full = lambda n: 2**n - 1  # noqa: E731
    n = 24
    grid = [sum(1 << 6 * i + j for j in range(6)) for i in range(6)]
    crossed = [sum(1 << 6 * i + j for i in range(6)) for j in range(6)]
    return {
        "twins": ([full(40)] * 5, [full(40)] * 7, 40),
        "diagonal": ([1 << k for k in range(40)], [1 << k for k in range(40)], 40),
        "diagonal against full": ([1 << k for k in range(n)], [full(n)] * 2, n),
        "all but one": ([full(n) - (1 << k) for k in range(n)], [1 << k for k in range(n)], n),
        "cycle": ([1 << k | 1 << (k + 1) % 40 for k in range(40)], [1 << k for k in range(40)], 40),
        "chain": ([full(k + 1) for k in range(48)], [full(k + 1) for k in range(48)], 48),
        "grid": (grid, crossed, 36),
        "cube": ([sum(1 << (v ^ 1 << b) for b in range(5)) for v in range(32)], [full(32)], 32),
    }


@pytest.mark.parametrize("name", list(hard_cases()))
def test_symmetric_supports_with_dozens_of_hidden_indices(name: str) -> None:
    """Brute force over relabellings, or a search without pruning by automorphisms, would not end."""
    rows, cols, r = hard_cases()[name]
    rng = np.random.default_rng(1)
    hidden = rng.permutation(r)
    image = [[sum(1 << int(hidden[k]) for k in range(r) if mask >> k & 1) for mask in side] for side in (rows, cols)]
    for side in image:
        rng.shuffle(side)
    expected = canonical_types(rows, cols, r)
    assert canonical_types(image[1], image[0], r) == expected
    relabelling = canonical_relabelling(rows, cols, r)
    assert sorted(relabelling.hidden) == list(range(r))
    assert relabelling.apply(rows, cols) == expected


@pytest.mark.slow
@settings(max_examples=200)
@given(st.data(), pairs(max_hidden=4, max_rows=4))
def test_both_labelling_methods_distinguish_the_same_supports(data: st.DataObject, pair: Pair) -> None:
    """Beyond four hidden indices another method takes over; four more indices that occur nowhere change nothing."""
    r = pair[0].shape[1]
    other = data.draw(st.one_of(renamed(pair), pairs(min_hidden=r, max_hidden=r, max_rows=4)))
    few, many = (
        [canonical_types(I.row_masks, J.row_masks, hidden) for I, J in (pair, other)] for hidden in (r, r + 4)
    )
    assert (few[0] == few[1]) == (many[0] == many[1])
