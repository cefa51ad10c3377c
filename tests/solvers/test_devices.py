"""Tensors on devices other than the CPU: copied to the host, results on the device of the target."""

import numpy as np
import pytest

import solvers
from solvers import factorize_batch, factorize_butterfly, factorize_fixed_support
from solvers.arrays import device_of, kind_of
from solvers.padding import factorize_padded
from solvers.rounding import round_butterfly

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

DEVICES = ["elsewhere", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]


class Elsewhere(torch.Tensor):
    """A tensor that says that it is on a GPU, and whose values only ``cpu()`` gives."""

    @property
    def device(self):
        return torch.device("cuda", 0)

    def cpu(self):
        return self.as_subclass(torch.Tensor)

    def numpy(self):
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

    def __array__(self, *_):
        return self.numpy()


@pytest.fixture(params=DEVICES)
def moved(request, monkeypatch):
    """Puts a tensor on a device: a GPU where there is one, and always one that is only pretended."""
    if request.param == "cuda":
        return lambda x: x.to("cuda")
    plain = torch.Tensor.to

    def to(self, device, *rest):
        return self.as_subclass(Elsewhere) if str(device) == "cuda:0" else plain(self, device, *rest)

    monkeypatch.setattr(torch.Tensor, "to", to)
    return lambda x: x.as_subclass(Elsewhere)


def gaussian(*shape, dtype=torch.float64):
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(1))


def host(x):
    return x.cpu().numpy()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex64, torch.complex128])
def test_results_are_on_the_device_of_the_target(moved, dtype):
    A = gaussian(8, 8, dtype=dtype)
    far = moved(A)
    assert device_of(kind_of(far)).startswith("cuda")
    same, found = factorize_butterfly(A), factorize_butterfly(far)
    assert found.error == same.error
    assert found.bound == same.bound
    assert found.ratio == same.ratio
    for x, y in zip([*found.factors, *found.dense_factors()], [*same.factors, *same.dense_factors()], strict=True):
        assert (x.device.type, x.dtype) == ("cuda", dtype)
        np.testing.assert_array_equal(host(x), y.numpy())
    np.testing.assert_allclose(host(found.toarray()), same.toarray().numpy(), rtol=1e-5)
    np.testing.assert_allclose(found.operator() @ np.eye(8), same.operator() @ np.eye(8), rtol=1e-5)
    np.testing.assert_array_equal(found.sparse_factors()[0].toarray(), same.sparse_factors()[0].toarray())
    I = torch.ones(8, 2, dtype=torch.bool)
    same, found = (factorize_fixed_support(x, I, I) for x in (A, far))
    for x, y in ((found.X, same.X), (found.Y, same.Y)):
        assert (x.device.type, x.dtype) == ("cuda", dtype)
        np.testing.assert_array_equal(host(x), y.numpy())
    np.testing.assert_array_equal(found.sparse_factors()[1].toarray(), same.sparse_factors()[1].toarray())


def test_half_precision_is_read_exactly_and_results_are_float32(moved):
    A = gaussian(8, 8).to(torch.bfloat16)
    found = factorize_butterfly(moved(A))
    assert {x.dtype for x in found.factors} == {torch.float32}
    assert found.error == factorize_butterfly(A.float()).error


def test_everything_that_takes_a_matrix_or_factors_takes_them_from_a_device(moved, tmp_path):
    A = moved(gaussian(8, 8))
    found = factorize_butterfly(A)
    found.save(tmp_path / "f.npz")
    loaded = solvers.load(tmp_path / "f.npz")
    assert {x.device.type for x in loaded.factors} == {"cpu"}
    np.testing.assert_array_equal(loaded.factors[0].numpy(), host(found.factors[0]))
    assert round_butterfly(found, ranks=1).factors[0].device.type == "cuda"
    assert factorize_padded(moved(gaussian(5, 6))).factors[0].device.type == "cuda"
    assert solvers.verify_butterfly(moved(torch.ones(4, 4)), "dyadic").member
    assert factorize_batch([A], np.ones((8, 1)), np.ones((8, 1)))[0].X.device.type == "cuda"
    lower = np.tril(np.ones((8, 8)))
    pair = factorize_fixed_support(A, lower, lower, weights=moved(torch.ones(8, 8)))
    pair.save(tmp_path / "g.npz")
    np.testing.assert_array_equal(solvers.load(tmp_path / "g.npz").X.numpy(), host(pair.X))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_modules_train_on_the_device_of_the_target():
    A = gaussian(8, 8).to("cuda")
    pair = factorize_fixed_support(A, torch.ones(8, 2), torch.ones(8, 2))
    for module in (factorize_butterfly(A).to_torch(), pair.to_torch()):
        assert {p.device.type for p in module.parameters()} == {"cuda"}
        assert module(A).device.type == "cuda"
