from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closedness import Support, SupportProduct
from closedness.algebra.bitsets import bits
from closedness.errors import InputError
from closedness.supports.graph import (
    Rectangle,
    are_crossing,
    bicliques,
    classes,
    induced_path,
    overlap_components,
    overlap_graph,
    private_cells,
    rank_one_supports,
    redundant_indices,
    structural_rank,
    structural_rank_proof,
    types,
)
from tests.helpers.strategies import Pair, pairs, supports

LU3 = Support.from_text("100/110/111")


def cells_of(rectangle: Rectangle) -> set[tuple[int, int]]:
    return {(i, j) for i in bits(rectangle.rows) for j in bits(rectangle.cols)}


def rectangle_cells(pair: Pair) -> list[set[tuple[int, int]]]:
    """The rank-one supports from their definition, through numpy."""
    I, J = (support.to_dense() for support in pair)
    return [
        {(int(i), int(j)) for i, j in np.argwhere(np.outer(I[:, k], J[:, k]))} for k in range(I.shape[1])
    ]


# -------------------------------------------------------------------- rank-one supports and classes


@given(pairs())
def test_rank_one_supports(pair: Pair) -> None:
    rectangles = rank_one_supports(*pair)
    assert [cells_of(rectangle) for rectangle in rectangles] == rectangle_cells(pair)
    assert set().union(*map(cells_of, rectangles)) == set(SupportProduct.from_pair(*pair).support)
    for first, second in combinations(rectangles, 2):
        assert first.overlaps(second) == bool(cells_of(first) & cells_of(second))
        assert first.contains(second) == (cells_of(first) >= cells_of(second))


@given(pairs(max_hidden=6, max_rows=3))
def test_classes_partition_the_non_empty_rectangles(pair: Pair) -> None:
    cells = rectangle_cells(pair)
    found = classes(*pair)
    assert sorted(k for each in found for k in each.members) == [k for k in range(len(cells)) if cells[k]]
    for each in found:
        assert all(cells[k] == cells_of(each.rectangle) for k in each.members)
        rows, cols = each.rectangle.shape
        assert each.complete == (len(each.members) >= min(rows, cols))
    assert len({each.rectangle for each in found}) == len(found)
    assert [each.members[0] for each in found] == sorted(each.members[0] for each in found)


def generic_rank(pair: Pair) -> int:
    """Dimension of the set of products: rank of the Jacobian at a random point of a prime field."""
    prime = 1_000_003
    rng = np.random.default_rng(7)
    I, J = (support.to_dense() for support in pair)
    X = rng.integers(1, prime, I.shape) * I
    Y = rng.integers(1, prime, J.shape) * J
    columns = []
    for i, k in np.argwhere(I):
        derivative = np.zeros((I.shape[0], J.shape[0]), dtype=np.int64)
        derivative[i] = Y[:, k]
        columns.append(derivative.ravel())
    for j, k in np.argwhere(J):
        derivative = np.zeros((I.shape[0], J.shape[0]), dtype=np.int64)
        derivative[:, j] = X[:, k]
        columns.append(derivative.ravel())
    matrix = [[int(value) for value in column] for column in columns]
    rank = 0
    for pivot in range(I.shape[0] * J.shape[0]):
        row = next((q for q in range(rank, len(matrix)) if matrix[q][pivot] % prime), None)
        if row is None:
            continue
        matrix[rank], matrix[row] = matrix[row], matrix[rank]
        inverse = pow(matrix[rank][pivot], -1, prime)
        for q in range(rank + 1, len(matrix)):
            factor = matrix[q][pivot] * inverse
            matrix[q] = [(a - factor * b) % prime for a, b in zip(matrix[q], matrix[rank], strict=True)]
        rank += 1
    return rank


@given(pairs(max_hidden=5, max_rows=3))
def test_redundant_indices_do_not_matter(pair: Pair) -> None:
    I, J = pair
    dropped = redundant_indices(I, J)
    kept = [k for k in range(I.shape[1]) if k not in dropped]
    cells = rectangle_cells(pair)
    assert set().union(*cells) == set().union(*(cells[k] for k in kept))
    if kept:
        smaller = I.select(cols=kept), J.select(cols=kept)
        assert generic_rank(smaller) == generic_rank(pair)
        assert redundant_indices(*smaller) == ()
    for k in dropped:
        whole = [each for each in classes(I, J) if each.complete and cells[k] <= cells_of(each.rectangle)]
        assert not cells[k] or whole


@given(pairs())
def test_private_cells(pair: Pair) -> None:
    cells = rectangle_cells(pair)
    for k, private in enumerate(private_cells(*pair)):
        expected = cells[k] - set().union(*(other for l, other in enumerate(cells) if l != k))
        assert (set() if private is None else set(private)) == expected


@given(supports())
def test_types_group_equal_rows(support: Support) -> None:
    found = types(support)
    assert sorted(i for rows in found.values() for i in rows) == list(range(support.shape[0]))
    assert all(support.row_masks[i] == mask for mask, rows in found.items() for i in rows)


def test_sizes_must_match() -> None:
    with pytest.raises(InputError, match="I has 3 columns, J has 2"):
        rank_one_supports(LU3, Support.from_text("11"))


# -------------------------------------------------------------------- overlap


@given(pairs())
def test_overlap_graph_and_components(pair: Pair) -> None:
    cells = rectangle_cells(pair)
    graph = overlap_graph(*pair)
    assert set(graph) == {k for k, each in enumerate(cells) if each}
    for k, l in combinations(graph, 2):
        assert graph.has_edge(k, l) == bool(cells[k] & cells[l])
        if graph.has_edge(k, l):
            assert graph.edges[k, l]["cells"] == len(cells[k] & cells[l])
    parts = overlap_components(*pair)
    assert sorted(k for part in parts for k in part) == sorted(graph)
    for first, second in combinations(parts, 2):
        assert not set().union(*(cells[k] for k in first)) & set().union(*(cells[k] for k in second))
    assert all(nx.is_connected(graph.subgraph(part)) for part in parts)


@given(st.integers(0, 15), st.integers(0, 15), st.integers(0, 15), st.integers(0, 15))
def test_crossing_by_its_definition(a: int, b: int, c: int, d: int) -> None:
    first, second = Rectangle(a, b), Rectangle(c, d)
    A, B, C, D = (set(bits(mask)) for mask in (a, b, c, d))
    assert are_crossing(first, second) == are_crossing(second, first) == ((A <= C and B >= D) or (A >= C and B <= D))


def test_lu_and_butterfly() -> None:
    assert overlap_components(LU3, LU3) == ((0, 1, 2),)
    assert not any(data["crossing"] for *_, data in overlap_graph(LU3, LU3).edges(data=True))
    I, J = SupportProduct.from_kronecker([(1, 2, 2, 4), (2, 4, 4, 1)]).pair()
    assert overlap_components(I, J) == tuple((k,) for k in range(8))


# -------------------------------------------------------------------- bicliques


@given(supports())
def test_bicliques_agree_with_the_components_of_the_bipartite_graph(support: Support) -> None:
    graph: nx.Graph[tuple[str, int]] = nx.Graph((("row", i), ("col", j)) for i, j in support)
    complete = all(
        graph.has_edge(("row", i), ("col", j))
        for part in nx.connected_components(graph)
        for i in (index for side, index in part if side == "row")
        for j in (index for side, index in part if side == "col")
    )
    found = bicliques(support)
    path = induced_path(support)
    assert (found is not None) == complete == (path is None)
    if found is not None:
        assert sorted(cell for each in found for cell in cells_of(each)) == sorted(support)
        for first, second in combinations(found, 2):
            assert not first.rows & second.rows
            assert not first.cols & second.cols
    if path is not None:
        i, other_i, j, other_j = path
        assert (i, j) in support
        assert (i, other_j) in support
        assert (other_i, j) in support
        assert (other_i, other_j) not in support


# -------------------------------------------------------------------- matchings


@given(supports(max_rows=7, max_cols=7))
def test_structural_rank_is_proved_by_its_matching_and_cover(support: Support) -> None:
    proof = structural_rank_proof(support)
    rank = structural_rank(support)
    assert rank == proof.rank == len(proof.cells) == len(proof.cover_rows) + len(proof.cover_cols)
    assert set(proof.cells) <= set(support)
    assert len({i for i, _ in proof.cells}) == len({j for _, j in proof.cells}) == rank
    assert all(i in proof.cover_rows or j in proof.cover_cols for i, j in support)


@given(supports(max_rows=5, max_cols=5))
def test_structural_rank_is_the_generic_rank(support: Support) -> None:
    random = np.random.default_rng(3).standard_normal(support.shape) * support.to_dense()
    assert structural_rank(support) == np.linalg.matrix_rank(random)
