"""What can be done with results: transpose, save and load, scipy, torch."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest
from scipy.linalg import hadamard

import solvers
from closedness.errors import BackendError, InputError
from solvers import (
    factorize_butterfly,
    factorize_entries,
    factorize_fixed_support,
    factorize_padded,
    factorize_permuted,
    factorize_weighted_butterfly,
    load,
)
from solvers.families import deformable, monarch, square_dyadic

LOWER = np.tril(np.ones((4, 4), bool))
CHAINS = (square_dyadic(8), monarch((6, 8)), deformable([2, 3, 2], [2, 2, 3], [1, 2]))


def butterfly(chain, dtype=np.float64, **kwargs):
    rng = np.random.default_rng(0)
    A = rng.standard_normal(chain.shape)
    if np.dtype(dtype).kind == "c":
        A = A + 1j * rng.standard_normal(chain.shape)
    return factorize_butterfly(A.astype(dtype), chain, **kwargs)


def pair(dtype=np.float64):
    A = np.random.default_rng(1).standard_normal((4, 4)).astype(dtype)
    return A, factorize_fixed_support(A, LOWER, LOWER, decide_seconds=0)


@pytest.mark.parametrize("chain", CHAINS)
def test_the_transposed_butterfly_is_an_operator(chain):
    f = butterfly(chain, np.complex128)
    np.testing.assert_allclose(f.operator().T.toarray(), f.toarray().T)
    assert not chain.T.chainable  # so there is no factorisation to give


def test_the_transposed_pair():
    A, f = pair()
    assert f.T.shape == (4, 4)
    np.testing.assert_array_equal(f.T.X, f.Y)
    assert np.linalg.norm(A.T - f.T.toarray()) == pytest.approx(f.error, abs=1e-15)
    assert f.T.I is f.J


@pytest.mark.parametrize("target", [False, True])
@pytest.mark.parametrize("measured", [False, True])
def test_a_butterfly_is_saved_and_loaded(tmp_path, target, measured):
    f = butterfly(CHAINS[2], np.complex64, order="balanced")
    bound = f.bound if measured else None
    f.save(tmp_path / "f.npz", target=target)
    g = solvers.load(tmp_path / "f.npz")
    assert (g.chain, g.order, g.error, g.norm, g.step_errors) == (f.chain, f.order, f.error, f.norm, f.step_errors)
    assert all(np.array_equal(x, y) and x.dtype == y.dtype for x, y in zip(f.factors, g.factors, strict=True))
    if measured:
        assert g.bound == bound
    elif target:
        assert g.bound == f.bound
    else:
        with pytest.raises(InputError, match="the bounds need the target, which was not saved"):
            _ = g.bound
    assert (g.target is None) == (not target)
    assert str(g) == str(f)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.npz"]


def test_a_pair_is_saved_and_loaded(tmp_path):
    _, f = pair()
    diverging = factorize_fixed_support([[0, 1], [1, 0]], LOWER[:2, :2], LOWER[:2, :2], decide_seconds=0)
    for found in (f, diverging):
        found.save(tmp_path / "f.npz")
        g = solvers.load(tmp_path / "f.npz")
        assert np.array_equal(g.X, found.X)
        assert (g.I, g.J, g.history, g.path) == (found.I, found.J, found.history, found.path)
        assert str(g) == str(found)
        assert g.diagnosis is found.diagnosis


def test_other_files_are_refused(tmp_path):
    np.savez(tmp_path / "other.npz", X=np.eye(2))
    np.savez(tmp_path / "facts.npz", facts=np.array('{"format": "closedness-factors-1", "kind": "butterfly"}'))
    np.savez(tmp_path / "kind.npz", facts=np.array('{"format": "closedness-factors-1", "kind": "salad"}'))
    (tmp_path / "text.npz").write_text("no archive")
    for name in ("other", "facts", "kind", "text"):
        with pytest.raises(InputError, match=f"{name}.npz: not a saved result"):
            solvers.load(tmp_path / f"{name}.npz")
    with pytest.raises(InputError, match="cannot be read"):
        solvers.load(tmp_path / "absent.npz")
    with pytest.raises(InputError, match="cannot be written"):
        pair()[1].save(tmp_path / "no" / "f.npz")


def test_scipy_forms():
    A, f = pair()
    left, right = f.sparse_factors()
    np.testing.assert_allclose((left @ right).toarray(), f.toarray())
    np.testing.assert_allclose(f.operator() @ A, f.toarray() @ A)
    np.testing.assert_allclose(f.operator().rmatvec(A[0]), f.toarray().T @ A[0])


@pytest.mark.torch
def test_torch_modules_apply_the_product():
    torch = pytest.importorskip("torch")
    _, f = pair()
    x = np.random.default_rng(3).standard_normal((2, 5, 4))
    np.testing.assert_allclose(f.to_torch()(torch.from_numpy(x)).detach().numpy(), x @ f.toarray().T)
    for dtype in (np.float32, np.complex128):
        b = butterfly(CHAINS[2], dtype)
        x = np.random.default_rng(4).standard_normal((3, b.shape[1])).astype(dtype)
        got = b.to_torch()(torch.from_numpy(x)).detach().numpy()
        np.testing.assert_allclose(got, x @ b.toarray().T, rtol=1e-4, atol=1e-5)
        assert got.dtype == dtype


@pytest.mark.slow
@pytest.mark.torch
def test_training_keeps_the_supports():
    torch = pytest.importorskip("torch")
    _, f = pair()
    chain = CHAINS[1]
    b = butterfly(chain)
    for module, size in ((f.to_torch(), 4), (b.to_torch(), chain.shape[1])):
        before = [p.detach().clone() for p in module.parameters()]
        optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
        x = torch.ones(3, size, dtype=torch.float64)
        (module(x) ** 2).sum().backward()
        optimizer.step()
        assert any(not torch.equal(p, q) for p, q in zip(module.parameters(), before, strict=True))
        again = pickle.loads(pickle.dumps(module))
        assert torch.equal(again(x), module(x))
        if size == 4:
            module(x)
            assert not module[1].weight.detach().numpy()[~LOWER].any()
            assert not module[0].weight.detach().numpy().T[~LOWER].any()
            assert set(module.state_dict()) == {f"{i}.weight_{k}" for i in (0, 1) for k in ("orig", "mask")}
        else:
            assert [tuple(p.shape) for p in module.parameters()] == [tuple(p) for p in chain]
            assert "(1, " in repr(module)


@pytest.mark.torch
def test_results_for_torch_are_loaded_as_torch(tmp_path):
    torch = pytest.importorskip("torch")
    A = torch.eye(8, dtype=torch.float32)
    factorize_butterfly(A).save(tmp_path / "f.npz")
    assert all(isinstance(x, torch.Tensor) for x in solvers.load(tmp_path / "f.npz").factors)
    f = factorize_fixed_support(A, np.ones((8, 1)), np.ones((8, 1)))
    f.save(tmp_path / "g.npz")
    assert isinstance(solvers.load(tmp_path / "g.npz").X, torch.Tensor)
    assert isinstance(f.toarray(), torch.Tensor)


def test_a_missing_torch_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(BackendError, match="the optional package torch cannot be imported"):
        pair()[1].to_torch()


def kept(name):
    rng = np.random.default_rng(6)
    A = rng.standard_normal((8, 8))
    return {
        "padded": lambda: factorize_padded(A[:7, :5]),
        "padded, whole": lambda: factorize_padded(A),
        "permuted": lambda: factorize_permuted(hadamard(8)[rng.permutation(8)] * 1.0),
        "weighted": lambda: factorize_weighted_butterfly(A, rng.random((8, 8)), iterations=4),
        "sampled": lambda: factorize_entries(lambda i, j: 1.0 / (1 + i + j), (8, 8)),
    }[name]()


@pytest.mark.parametrize("name", ["padded", "padded, whole", "permuted", "weighted", "sampled"])
def test_every_result_is_saved_and_loaded(tmp_path, name):
    f = kept(name)
    f.save(tmp_path / "f.npz")
    g = load(tmp_path / "f.npz")
    assert type(g) is type(f)
    assert np.array_equal(g.toarray(), f.toarray())
    for attribute in ("error", "relative_error", "deviation", "evaluations", "shape", "chain", "found", "history"):
        assert getattr(g, attribute, None) == getattr(f, attribute, None)
    if hasattr(f, "rows"):
        assert np.array_equal(g.rows, f.rows)
        assert np.array_equal(g.cols, f.cols)


def test_orders_that_are_no_permutation_are_not_loaded(tmp_path):
    f = kept("permuted")
    f.rows[0] = f.rows[1]
    f.save(tmp_path / "f.npz")
    with pytest.raises(InputError, match="no permutation"):
        load(tmp_path / "f.npz")


@pytest.mark.parametrize("path", [None, 3, io.BytesIO()], ids=["none", "number", "stream"])
def test_files_without_a_name_are_refused(path):
    with pytest.raises(InputError, match="path must be the name of a file, got"):
        kept("sampled").save(path)
