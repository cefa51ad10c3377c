from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from closedness import ClosednessError, Support
from closedness.errors import InputError
from tests.helpers.strategies import supports


class FakeTensor:
    """Looks like a torch tensor on a device that numpy cannot see."""

    def __init__(self, values: np.ndarray, where: str = "cuda") -> None:
        self._values, self._where = values, where

    def detach(self) -> FakeTensor:
        return self

    def cpu(self) -> FakeTensor:
        return FakeTensor(self._values, "cpu")

    def numpy(self) -> np.ndarray:
        assert self._where == "cpu"
        return self._values


@given(supports())
def test_every_source_gives_the_same_support(support: Support) -> None:
    dense = support.to_dense()
    sources: list[Any] = [
        support,
        dense,
        dense.astype(int),
        dense.astype(float),
        dense.astype(complex),
        np.asfortranarray(dense),
        dense.tolist(),
        [tuple(row) for row in dense.astype(int).tolist()],
        [np.array(row) for row in dense],
        dense.astype(object),
        sp.csr_array(dense.astype(int)),
        sp.coo_matrix(dense.astype(float)),
        sp.csc_array(dense),
        support.to_sparse(),
        FakeTensor(dense),
    ]
    for source in sources:
        assert Support.read(source) == support
    assert Support.from_text(str(support)) == support
    assert Support.from_text(support.to_text(one="x", zero="0", separator="/")) == support
    assert Support(support.shape, support.rows) == support
    assert Support.from_rows(support.shape, [reversed(row) for row in support.rows]) == support
    assert Support.from_masks(support.shape, support.row_masks) == support
    assert hash(Support.read(dense)) == hash(support)


@given(supports())
def test_contents_agree_with_the_dense_array(support: Support) -> None:
    dense = support.to_dense()
    assert support.shape == dense.shape
    assert support.nnz == len(support) == dense.sum()
    assert list(support) == [(int(i), int(j)) for i, j in np.argwhere(dense)]
    assert support.T.to_dense().tolist() == dense.T.tolist()
    assert support.T.T == support
    assert support.col_masks == support.T.row_masks
    assert all(((i, j) in support) == dense[i, j] for i in range(dense.shape[0]) for j in range(dense.shape[1]))
    assert (support.to_sparse().toarray() == dense).all()


@given(supports(), supports())
def test_kron_agrees_with_numpy(first: Support, second: Support) -> None:
    assert (first.kron(second).to_dense() == np.kron(first.to_dense(), second.to_dense())).all()


@given(st.data(), supports())
def test_product_agrees_with_numpy(data: st.DataObject, first: Support) -> None:
    second = data.draw(supports(rows=first.shape[1]))
    expected = first.to_dense().astype(int) @ second.to_dense().astype(int) > 0
    assert ((first @ second).to_dense() == expected).all()


@given(*[st.integers(1, 3)] * 4)
def test_kronecker_factor_agrees_with_its_definition(a: int, b: int, c: int, d: int) -> None:
    expected = np.kron(np.kron(np.eye(a), np.ones((b, c))), np.eye(d))
    assert Support.kronecker(a, b, c, d) == Support.read(expected)


@given(st.data(), supports())
def test_select_and_permute_agree_with_numpy(data: st.DataObject, support: Support) -> None:
    m, n = support.shape
    rows = data.draw(st.permutations(range(m)))
    cols = data.draw(st.permutations(range(n)))
    assert (support.permute(rows, cols).to_dense() == support.to_dense()[np.ix_(rows, cols)]).all()
    rows, cols = rows[: data.draw(st.integers(1, m))], cols[: data.draw(st.integers(1, n))]
    assert (support.select(rows, cols).to_dense() == support.to_dense()[np.ix_(rows, cols)]).all()


def test_large_supports_take_the_fast_ways() -> None:
    rng = np.random.default_rng(0)
    dense = rng.random((300, 500)) < 0.3
    support = Support.read(dense)
    assert (support.to_dense() == dense).all()
    assert (support.T.to_dense() == dense.T).all()
    assert support == Support.read(sp.csr_array(dense))


def test_immutable_hashable_copyable() -> None:
    support = Support.from_text("10/11")
    with pytest.raises(AttributeError, match="immutable"):
        support.shape = (1, 1)  # type: ignore[misc]
    with pytest.raises(AttributeError, match="immutable"):
        del support._hash
    assert copy.deepcopy(support) is support
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(support, protocol)) == support
    assert support != "10/11"
    assert len({support, Support.from_text("x./xx"), support.T}) == 2
    assert bool(Support.from_text("0"))


def test_inclusion() -> None:
    assert Support.from_text("10/11") <= Support.from_text("11/11")
    assert not Support.from_text("10/11") <= Support.from_text("11/10")
    assert not Support.from_text("1") <= Support.from_text("11")


def test_repr_is_one_line_and_evaluates() -> None:
    support = Support.from_text("1.1/.1.")
    assert repr(support) == "Support.from_text('101/010')"
    assert eval(repr(support)) == support
    assert repr(Support.read(np.eye(20))) == "<Support 20×20 with 20 cells>"


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        ([[1, 0], [1]], "row 1 of the support has 1 entries, row 0 has 2"),
        ([[1, 2]], r"entry \(0, 1\) of the support is 2, not 0 or 1"),
        ([[1, None]], r"entry \(0, 1\) of the support is None"),
        ([["1"]], r"entry \(0, 0\) of the support is '1'"),
        ([[float("nan")]], r"entry \(0, 0\) of the support is nan"),
        (np.array([[1.0, np.nan]]), r"entry \(0, 1\) of the support is nan"),
        (np.array([[1, -1]]), r"entry \(0, 1\) of the support is -1"),
        (np.array([[0.5]]), r"entry \(0, 0\) of the support is 0.5"),
        (np.array([[1j]]), r"entry \(0, 0\) of the support is 1j"),
        (sp.csr_array(np.array([[0, 3]])), r"entry \(0, 1\) of the support is 3"),
        (sp.coo_array(([1, 1], ([0, 0], [0, 0])), shape=(1, 1)), r"entry \(0, 0\) of the support is 2"),
        ([], "shape 0×0 is empty"),
        ([[]], "shape 1×0 is empty"),
        (np.zeros((0, 3)), "shape 0×3 is empty"),
        (np.zeros(3), "two dimensions, this array has 1"),
        (np.zeros((2, 2, 2)), "two dimensions, this array has 3"),
        ([1, 0], "row 0 of the support is 1, not a list"),
        ("10/11", "from_text"),
        (5, "not int"),
        (None, "not NoneType"),
        ({(0, 0)}, "not set"),
        (np.array([["a"]]), r"entry \(0, 0\) of the support is 'a'"),
    ],
)
def test_read_refuses(obj: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        Support.read(obj)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, ClosednessError)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Support((2, 2), [[0]]), "rows has 1 rows, the shape says 2"),
        (lambda: Support((1, 2), [[2]]), "column 2, outside 0 … 1"),
        (lambda: Support((1, 2), [[-1]]), "column -1"),
        (lambda: Support((1, 2), [[0, 0]]), "column 0 twice"),
        (lambda: Support((1, 2), [[True]]), "not an integer"),
        (lambda: Support((1, 2), [["0"]]), "not an integer"),  # type: ignore[list-item]
        (lambda: Support((0, 2), []), "empty"),
        (lambda: Support((1.0, 2), [[0]]), "pair of integers"),  # type: ignore[arg-type]
        (lambda: Support([1, 2], [[0]]), "pair of sizes"),  # type: ignore[arg-type]
        (lambda: Support.from_masks((1, 2), [4]), "row_masks"),
        (lambda: Support.from_masks((1, 2), [-1]), "row_masks"),
        (lambda: Support.from_text(""), "no row"),
        (lambda: Support.from_text("1a"), "entry \\(0, 1\\) of the support is 'a'"),
        (lambda: Support.from_text("1/11"), "row 1 of the support has 2 entries"),
        (lambda: Support.kronecker(0, 1, 1, 1), "a is 0"),
        (lambda: Support.kronecker(1, 1, 1.5, 1), "c is 1.5"),  # type: ignore[arg-type]
        (lambda: Support.from_text("11").permute(cols=[0, 0]), "not a permutation"),
        (lambda: Support.from_text("11").select(cols=[2]), "outside 0 … 1"),
        (lambda: Support.from_text("11").select(rows=[]), "empty"),
        (lambda: Support.from_text("11") @ Support.from_text("11"), "cannot be multiplied"),
    ],
)
def test_constructors_refuse(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.torch
def test_torch_masks() -> None:
    torch = pytest.importorskip("torch")
    mask = torch.tril(torch.ones(3, 3, dtype=torch.bool))
    expected = Support.from_text("100/110/111")
    assert Support.read(mask) == Support.read(mask.to_sparse()) == Support.read(mask.float()) == expected
    assert Support.read(mask.float().requires_grad_()) == expected


def test_integers_of_sympy_are_read() -> None:
    import sympy

    for matrix in (sympy.Matrix([[1, 0], [1, 1]]), sympy.ImmutableSparseMatrix([[1, 0], [1, 1]])):
        assert Support.read(matrix) == Support.from_text("10/11")
    with pytest.raises(InputError, match=r"entry \(0, 1\) of the support is"):
        Support.read(sympy.Matrix([[1, sympy.Symbol("x")]]))
