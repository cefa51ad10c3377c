"""Factors as torch modules that train: entries off the supports stay zero."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from closedness.errors import BackendError, InputError
from solvers.arrays import Array, as_array, device_of, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["butterfly_module", "masked_linear_pair"]


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise BackendError(f"the optional package torch cannot be imported: {error}") from None
    return torch


def masked_linear_pair(X: Any, Y: Any, I: Any, J: Any) -> Any:
    """``x -> (X Yᵀ) x`` as two linear layers whose masks are those of ``torch.nn.utils.prune``.

    Parameters
    ----------
    X, Y : array, (m, r) and (n, r)
    I, J : ndarray of bool, (m, r) and (n, r)

    Returns
    -------
    torch.nn.Sequential
        Maps ``(…, n)`` to ``(…, m)``; ``weight_orig`` are the parameters, ``weight_mask`` the buffers.

    Raises
    ------
    BackendError
        If torch cannot be imported.
    """
    torch = _torch()
    from torch.nn.utils import prune

    set_mask: Any = prune.custom_from_mask
    layers = []
    for values, mask in ((as_array(Y).T, np.asarray(J).T), (as_array(X), np.asarray(I))):
        weight = torch.from_numpy(np.array(values, order="C"))
        layer = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
        with torch.no_grad():
            layer.weight.copy_(weight)
        set_mask(layer, "weight", torch.from_numpy(np.array(mask, order="C")))
        layers.append(layer)
    return torch.nn.Sequential(*layers).to(device_of(kind_of(X)) or "cpu")


def butterfly_module(factors: Sequence[Array], device: str | None = None) -> Any:
    """``x -> X_1 X_2 … X_L x`` as a module whose parameters are the values of the factors.

    Parameters
    ----------
    factors : sequence of ndarray, (a_l, b_l, c_l, d_l)
    device : str, optional
        Where the parameters live; the CPU by default.

    Returns
    -------
    torch.nn.Module
        Maps ``(…, n)`` to ``(…, m)``. Only entries inside the patterns are stored, so no masks are needed.

    Raises
    ------
    BackendError
        If torch cannot be imported.
    """
    module = _module_class()(factors)
    return module if device is None else module.to(device)


@lru_cache(maxsize=1)
def _module_class() -> Any:
    """The class of the module, made when torch is first needed."""
    torch = _torch()
    base: Any = torch.nn.Module

    class ButterflyModule(base):  # type: ignore[misc]  # torch has no types here
        """A product of Kronecker-sparse factors, applied to the last axis."""

        def __init__(self, factors: Sequence[Array]) -> None:
            super().__init__()
            values = [torch.from_numpy(np.array(f, order="C")) for f in factors]
            self.factors = torch.nn.ParameterList([torch.nn.Parameter(v) for v in values])

        def forward(self, x: Any) -> Any:
            """Apply the factors, last one first."""
            lead, (a, _, c, d) = x.shape[:-1], self.factors[-1].shape
            if not x.shape or x.shape[-1] != a * c * d:
                raise InputError(f"x must have {a * c * d} entries in its last axis, got shape {tuple(x.shape)}")
            for f in reversed(list(self.factors)):
                a, b, c, d = f.shape
                x = torch.einsum("abcd,...acd->...abd", f, x.reshape(*lead, a, c, d)).reshape(*lead, a * b * d)
            return x

        def extra_repr(self) -> str:
            """The patterns."""
            return ", ".join(str(tuple(f.shape)) for f in self.factors)

    ButterflyModule.__module__, ButterflyModule.__qualname__ = __name__, "ButterflyModule"
    return ButterflyModule


def __getattr__(name: str) -> Any:
    """``ButterflyModule``, for pickle: the class exists only where torch does."""
    if name == "ButterflyModule":
        return _module_class()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
