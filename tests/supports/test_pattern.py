"""Patterns in type notation, against dense 0/1 matrices."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from closedness import SupportProduct
from closedness.algebra.bitsets import bits, mask_of, transpose_masks
from closedness.supports.pattern import Pattern
from tests.helpers.strategies import Pair, pairs


def dense(masks: tuple[int, ...], width: int) -> np.ndarray:
    return np.array([[mask >> j & 1 for j in range(width)] for mask in masks]).reshape(len(masks), width)


@given(st.sets(st.integers(0, 200)))
def test_bits_and_masks_are_inverse(positions: set[int]) -> None:
    assert list(bits(mask_of(positions))) == sorted(positions)


@given(st.lists(st.integers(0, 2**5 - 1), max_size=6))
def test_transposed_masks(masks: list[int]) -> None:
    turned = transpose_masks(masks, 5)
    assert (dense(turned, len(masks)) == dense(tuple(masks), 5).T).all()


@given(pairs())
def test_types_of_a_product(pair: Pair) -> None:
    product = SupportProduct.from_pair(*pair)
    pattern = Pattern.of(product)
    left, right = (support.to_dense().astype(int) for support in pair)
    r = left.shape[1]
    assert pattern.shape == product.shape
    assert (dense(pattern.row_types, r) == left).all()
    assert (dense(pattern.col_types, r) == right).all()
    assert (dense(pattern.covered(), pattern.shape[1]) == (left @ right.T > 0)).all()
    assert pattern.terms == mask_of(k for k in range(r) if left[:, k].any() and right[:, k].any())
    for k in range(r):
        rows, columns = pattern.rectangle(k)
        assert list(bits(rows)) == list(np.flatnonzero(left[:, k]))
        assert list(bits(columns)) == list(np.flatnonzero(right[:, k]))
    assert Pattern.of(product.T) == pattern.T
    assert pattern.T.T == pattern


@given(pairs(), st.data())
def test_masked_cells(pair: Pair, data: st.DataObject) -> None:
    """Terms, covered cells and selections look at the same cells."""
    whole = Pattern.of(SupportProduct.from_pair(*pair))
    m, n = whole.shape
    cells = tuple(data.draw(st.lists(st.integers(0, 2**n - 1), min_size=m, max_size=m)))
    pattern = Pattern(whole.row_types, whole.col_types, cells)
    window = dense(cells, n)
    total = np.zeros((m, n), dtype=int)
    for k in bits(pattern.terms):
        own = dense(pattern.term_cells(k), n)
        assert (own == dense(whole.term_cells(k), n) * window).all()
        total += own
    assert (dense(pattern.covered(), n) == (total > 0)).all()
    rows = data.draw(st.permutations(range(m)))[: data.draw(st.integers(0, m))]
    columns = data.draw(st.permutations(range(n)))[: data.draw(st.integers(0, n))]
    chosen = pattern.select(rows, columns)
    assert chosen.shape == (len(rows), len(columns))
    assert (dense(chosen.cells, len(columns)) == window[np.ix_(rows, columns)]).all()
    assert (dense(chosen.covered(), len(columns)) == (total > 0)[np.ix_(rows, columns)]).all()
    assert (dense(pattern.T.cells, m) == window.T).all()
