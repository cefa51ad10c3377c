"""Reading numerical arguments: what is accepted as a matrix, which dtypes are kept, what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from closedness.errors import InputError

__all__ = [
    "Array",
    "Kind",
    "read_matrix",
    "row_energies",
    "inner",
    "adjoint",
    "middle",
    "is_number",
    "is_positive_int",
    "require_seed",
    "is_safe",
    "floor_of",
    "measure",
    "as_array",
    "from_torch",
    "device_of",
    "scaled",
    "spread_exponent",
    "stretched",
    "restore",
]

Array = NDArray[Any]
Kind = str
"""``"numpy"``, ``"torch"`` for tensors on the CPU, or ``"torch:"`` and the name of a device, as ``"torch:cuda:0"``."""

_VECDOT = getattr(np, "vecdot", None)  # numpy 2.0 and later
_EXACT = 2**53  # float64 holds all integers up to this
_DTYPES = (np.float32, np.float64, np.complex64, np.complex128)


def inner(x: Array, y: Array) -> Array:
    """Inner products ``Σ conj(x)·y`` over the last axis, one call for all rows."""
    if _VECDOT is not None:
        out: Array = _VECDOT(x, y)
        return out
    return np.asarray(np.einsum("...i,...i->...", x.conj(), y))


def adjoint(x: Array) -> Array:
    """Conjugate transpose of the last two axes."""
    return np.conj(x).swapaxes(-1, -2) if np.iscomplexobj(x) else x.swapaxes(-1, -2)


def row_energies(x: Array) -> NDArray[np.float64]:
    """Squared norms over the last axis, in double precision."""
    return np.asarray(inner(x, x).real, dtype=np.float64)


def middle(x: NDArray[np.float64]) -> float:
    """The (upper) median, without the checks that make :func:`numpy.median` slow on short arrays.

    Examples
    --------
    >>> middle(np.array([3.0, 1.0, 2.0]))
    2.0
    """
    half = len(x) // 2
    return float(np.partition(x, half)[half])


def is_positive_int(value: Any) -> bool:
    """Whether an argument is a whole number of at least 1; booleans are not."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value > 0)


def is_number(value: Any) -> bool:
    """Whether an argument is a real number; booleans are not."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def require_seed(seed: Any) -> None:
    """Refuse what cannot be the seed of a random generator: None or an integer of at least 0 is asked for."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0):
        raise InputError(f"seed must be None or an integer at least 0, got {seed!r}")


def kind_of(obj: Any) -> Kind:
    """Which library an array argument comes from, and for tensors the device.

    Examples
    --------
    >>> kind_of([[1.0]])
    'numpy'
    """
    if not any(str(base.__module__).partition(".")[0] == "torch" for base in type(obj).__mro__):
        return "numpy"
    device = str(getattr(obj, "device", "cpu"))
    return "torch" if device == "cpu" else f"torch:{device}"


def device_of(kind: Kind) -> str | None:
    """The device of results of a kind; None for arrays of numpy.

    Examples
    --------
    >>> device_of("torch:cuda:0"), device_of("torch"), device_of("numpy")
    ('cuda:0', 'cpu', None)
    """
    library, _, device = kind.partition(":")
    return (device or "cpu") if library == "torch" else None


def as_array(x: Any, name: str = "x") -> Array:
    """An array of numpy, shared where possible: tensors are copied from their device."""
    return np.asarray(x) if kind_of(x) == "numpy" else from_torch(x, name)


def from_torch(tensor: Any, name: str) -> Array:
    """A tensor as an array: sharing memory on the CPU, a copy from any other device; sparse ones become dense.

    Tensors of half precision, bfloat16 among them, become float32, which holds their values exactly.

    Raises
    ------
    InputError
        On the meta device, where tensors have no values, or of a dtype that numpy does not have.
    """
    if tensor.device.type == "meta":
        raise InputError(f"{name} must hold values, got a tensor on the meta device")
    strided = tensor.detach().to_dense() if "strided" not in str(tensor.layout) else tensor.detach()
    if tensor.device.type != "cpu":
        strided = strided.cpu()
    if str(tensor.dtype) in ("torch.bfloat16", "torch.float16"):
        strided = strided.float()
    try:
        return np.asarray(strided.resolve_conj().resolve_neg().numpy())
    except TypeError:
        raise InputError(
            f"{name} must be float32, float64, complex64 or complex128, got dtype {tensor.dtype}"
        ) from None


def restore(x: Array, kind: Kind) -> Any:
    """``x`` as an array of the library named ``kind``, on its device."""
    device = device_of(kind)
    if device is None:
        return x
    import torch

    found = torch.from_numpy(np.ascontiguousarray(x))
    return found if device == "cpu" else found.to(device)


def read_matrix(obj: Any, name: str = "A") -> Array:
    """A two-dimensional float array that shares memory with ``obj`` when possible; never written to.

    Whether its entries are finite is found by :func:`measure`.

    Parameters
    ----------
    obj : array_like, (m, n)
        numpy array, nested lists, scipy.sparse, torch tensor on any device, or anything with ``toarray()``.
    name : str
        Name of the argument in error messages.

    Returns
    -------
    ndarray, (m, n)
        dtype float32, float64, complex64 or complex128; integers and booleans become float64, float16 becomes
        float32.

    Raises
    ------
    InputError
        Not two-dimensional, empty, or of another dtype; masked entries; integers that float64 would round.

    Examples
    --------
    >>> read_matrix([[1, 2], [3, 4]]).dtype
    dtype('float64')
    >>> read_matrix([1, 2])
    Traceback (most recent call last):
        ...
    closedness.errors.InputError: A must have two dimensions, got shape (2,)
    """
    if kind_of(obj) != "numpy":
        obj = from_torch(obj, name)
    elif hasattr(obj, "matvec") and not hasattr(obj, "toarray"):
        kind = type(obj).__name__
        raise InputError(f"{name} must hold its entries, got a {kind}; solvers.factorize_operator takes operators")
    elif not isinstance(obj, np.ndarray) and hasattr(obj, "toarray"):
        obj = obj.toarray()
    if isinstance(obj, np.ma.MaskedArray):
        _refuse_masked(obj, name)
    try:
        x: Array = np.asarray(obj)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{name} must be a rectangular array of numbers: {error}") from None
    if x.ndim != 2:
        way = "; stacks of matrices are for factorize_batch and factorize_butterfly_batch" if x.ndim > 2 else ""
        raise InputError(f"{name} must have two dimensions, got shape {x.shape}{way}")
    if 0 in x.shape:
        raise InputError(f"{name} must have at least one row and one column, got shape {x.shape}")
    if x.dtype.kind in "biu":
        _refuse_rounding(x.tolist() if x.dtype.itemsize > 4 and _exceeds(x) else [], name)
        x = x.astype(np.float64)
    elif isinstance(obj, (list, tuple)):
        _refuse_rounding(obj, name)
    if x.dtype.kind in "fc" and not x.dtype.isnative:
        x = x.astype(x.dtype.newbyteorder("="))
    if x.dtype == np.float16:  # float32 holds its values; tensors of half precision are read in the same way
        x = x.astype(np.float32)
    if x.dtype not in _DTYPES:
        raise InputError(f"{name} must be float32, float64, complex64 or complex128, got dtype {x.dtype}")
    return x


def _refuse_masked(x: Any, name: str) -> None:
    """A masked array without masked entries is an ordinary one; what stands under a mask is no value."""
    masked = np.argwhere(np.ma.getmaskarray(x))
    if masked.size:
        place = ", ".join(map(str, masked[0].tolist()))
        raise InputError(f"{name} must have no masked entries: {name}[{place}] is one of {len(masked)}")


def _exceeds(x: Array) -> bool:
    """Whether some integer is beyond the range in which float64 holds every integer."""
    return bool((x > _EXACT).any() or (x < -_EXACT).any())


def _refuse_rounding(rows: Any, name: str) -> None:
    """Refuse integers that float64 would round."""
    for i, row in enumerate(rows):
        for j, value in enumerate(row) if isinstance(row, (list, tuple)) else ():
            if isinstance(value, int) and abs(value) > _EXACT and int(float(value)) != value:
                raise InputError(
                    f"{name}[{i}, {j}] = {value} would be rounded to float64, which holds integers up to 2**53; "
                    f"give floating-point numbers"
                )


def floor_of(x: Array) -> float:
    """Below this, squared norms and inner products have lost digits to underflow: they count as zero."""
    limits = np.finfo(x.dtype)
    return float(limits.tiny) / float(limits.eps)


def is_safe(energy: float, x: Array) -> bool:
    """Whether a squared norm shows that ``x`` is finite and that nothing that matters beside it over- or underflows.

    Blocks that matter have a squared norm of at least ``eps²`` times that of the matrix, and the programs divide Gram
    matrices by their traces before they form squares of them. The square of ``energy`` itself is in range.
    """
    tiny, huge = (1e-150, 1e150) if x.dtype in (np.float64, np.complex128) else (1e-12, 1e18)
    return tiny < energy < huge


def measure(x: Array, name: str = "A") -> tuple[float, int]:
    """Squared Frobenius norm and a safe exponent of a matrix, in one pass; refuses NaN and infinity.

    Returns
    -------
    energy : float
        ``‖x · 2^-e‖²``.
    e : int
        0 for usual sizes; else even and such that the squares of ``x · 2^-e`` neither overflow nor vanish.

    Raises
    ------
    InputError
        Names the first entry that is not finite.

    Examples
    --------
    >>> measure(np.array([[3.0, 4.0]])), measure(np.array([[2.0**600]]))
    ((25.0, 0), (0.0625, 602))
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        energy = float(row_energies(x).sum())
    if is_safe(energy, x):
        return energy, 0
    if not math.isfinite(energy):
        bad = np.argwhere(~np.isfinite(x))
        if bad.size:
            place = tuple(int(i) for i in bad[0])
            raise InputError(f"{name} must be finite: {name}[{', '.join(map(str, place))}] is {x[place]}")
    largest = max(float(np.abs(x.real).max()), float(np.abs(x.imag).max()) if np.iscomplexobj(x) else 0.0)
    if largest == 0.0:
        return 0.0, 0
    exponent = math.frexp(largest)[1]
    exponent += exponent & 1  # even, so that factors can share it
    return float(row_energies(scaled(x, exponent)).sum()), exponent


def scaled(x: Array, exponent: int) -> Array:
    """``x · 2^-exponent``: ``x`` itself for exponent 0, else a copy; exact but for underflow."""
    if not exponent:
        return x
    out = np.empty(x.shape, x.dtype)
    np.ldexp(x.real, -exponent, out=out.real)
    if np.iscomplexobj(x):
        np.ldexp(x.imag, -exponent, out=out.imag)
    return out


def spread_exponent(factors: list[Array], exponent: int) -> list[Array]:
    """Factors of ``2^exponent`` times a product: each of them takes a part of the power."""
    count = len(factors)
    parts = [exponent // count] * count
    parts[-1] += exponent - sum(parts)
    return [scaled(f, -e) for f, e in zip(factors, parts, strict=True)]


def stretched(value: float, exponent: int) -> float:
    """``value · 2^exponent``; infinite where that exceeds the largest float64.

    Examples
    --------
    >>> stretched(0.75, 2), stretched(4.0, 1023)
    (3.0, inf)
    """
    try:
        return math.ldexp(value, exponent)
    except OverflowError:
        return math.copysign(math.inf, value)
