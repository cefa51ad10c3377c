"""Layers of stored models and folders of masks: what ``closedness scan`` looks at.

A layer is a matrix of shape (outputs, inputs), as PyTorch stores weights; the first layer comes first. Its support is
its pruning mask, or where its entries are not zero. What is no matrix, or cannot stand in a product, is kept with the
reason.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from closedness.errors import FormatError, InputError
from closedness.files.arrays import npz_sizes, printable, read_npy, read_npz
from closedness.files.problems import is_problem_key, read_bytes, read_problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from closedness.supports.product import SupportProduct
    from closedness.supports.support import Support

__all__ = ["MAX_MODEL_BYTES", "Layer", "Model", "chosen_layers", "layers_of_arrays", "read_models"]

MAX_MODEL_BYTES = 16 * 2**30
"""Files, and contents of ``.npz`` files, beyond this are refused."""

_TORCH = (".pt", ".pth")
_ENDINGS = (".npz", ".npy", ".json", ".txt", *_TORCH, ".safetensors")
_SPARSE_KEYS = {"format", "shape", "data"}
_NESTED = ("state_dict", "model_state_dict", "model", "net", "weights")


@dataclass(frozen=True)
class Layer:
    """One parameter of a model.

    Attributes
    ----------
    name : str
        Without ``.weight``.
    shape : tuple of int
    support : Support or None
        None if the parameter is no matrix that can be looked at.
    note : str
        Where the support comes from, or why there is none.
    breaks : bool
        The parameter stands between its neighbours, so these do not multiply (a convolution).
    """

    name: str
    shape: tuple[int, ...]
    support: Support | None
    note: str
    breaks: bool = False


@dataclass(frozen=True)
class Model:
    """The layers of one model, first layer first, or one problem file.

    Attributes
    ----------
    name : str
        The file or folder, for messages.
    layers : tuple of Layer
        Empty for a problem file.
    problem : SupportProduct or None
        The question of a problem file.
    """

    name: str
    layers: tuple[Layer, ...] = ()
    problem: SupportProduct | None = None


# -------------------------------------------------------------------- from arrays to layers


def layers_of_arrays(arrays: Mapping[str, NDArray[Any]], *, state_dict: bool = False) -> tuple[Layer, ...]:
    """The layers among named arrays, in the order given.

    Parameters
    ----------
    arrays : mapping from name to array
        ``X_orig`` with ``X_mask`` (written by ``torch.nn.utils.prune``) is one layer with this mask.
    state_dict : bool
        Take matrices for layers only if their name ends in ``weight`` or they have a mask. Otherwise any matrix
        is one.

    Examples
    --------
    >>> import numpy as np
    >>> pruned = {"fc1.weight_orig": np.ones((2, 3)), "fc1.weight_mask": np.eye(2, 3), "fc1.bias": np.ones(2)}
    >>> found = layers_of_arrays(pruned)
    >>> [(layer.name, layer.note) for layer in found if layer.support is not None]
    [('fc1', 'pruning mask')]
    """
    layers = []
    for key, array in arrays.items():
        base = key.removesuffix("_orig")
        if key.endswith("_mask") and f"{key[:-5]}_orig" in arrays:
            continue
        mask = arrays.get(f"{base}_mask") if base != key else None
        name = printable(base.removesuffix(".weight") or base, 80)
        last = base.rpartition(".")[2]
        if array.ndim < 2:
            note = "bias" if last == "bias" else "vector or number, not a matrix"
            layers.append(Layer(name, array.shape, None, note))
        elif array.ndim > 2:
            is_weight = last == "weight" or mask is not None
            what = "convolution or other tensor" if is_weight else "tensor"
            note = f"{what} of {array.ndim} dimensions, not a matrix: skipped"
            layers.append(Layer(name, array.shape, None, note, breaks=is_weight))
        elif mask is not None and mask.shape != array.shape:
            note = f"its mask has shape {mask.shape}, the weights {array.shape}: skipped"
            layers.append(Layer(name, array.shape, None, note, breaks=True))
        elif state_dict and mask is None and not last.endswith("weight"):
            layers.append(Layer(name, array.shape, None, "matrix whose name does not end in weight: skipped"))
        else:
            layers.append(_layer(name, array, mask))
    return tuple(layers)


def _layer(name: str, array: NDArray[Any], mask: NDArray[Any] | None) -> Layer:
    import numpy as np

    from closedness.supports.support import Support

    if array.size == 0:
        return Layer(name, array.shape, None, "no entries: skipped", breaks=True)
    values = array if mask is None else mask
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        return Layer(name, array.shape, None, "holds entries that are not finite: skipped", breaks=True)
    if mask is not None and not np.isin(mask, (0, 1)).all():
        return Layer(name, array.shape, None, "its mask holds entries other than 0 and 1: skipped", breaks=True)
    support = Support.read(values != 0)
    if support.nnz == array.size:
        note = "dense"
    elif mask is not None:
        note = "pruning mask"
    else:
        note = "non-zero entries"
    return Layer(name, array.shape, support, note)


def chosen_layers(models: Sequence[Model], names: Sequence[str]) -> Model:
    """One model of the named layers, in the order of the names.

    Raises
    ------
    InputError
        If a name is unknown, or belongs to several layers, or to none that can be looked at.
    """
    every = [layer for model in models for layer in model.layers]
    layers = []
    for name in names:
        found = [layer for layer in every if layer.name == name]
        if len(found) != 1:
            known = ", ".join(layer.name for layer in every if layer.support is not None)
            raise InputError(f"--layer {name!r}: {len(found)} layers have this name; there are {printable(known)}")
        if found[0].support is None:
            raise InputError(f"--layer {name!r}: {found[0].note}")
        layers.append(replace(found[0], breaks=False))
    return Model("chosen layers", tuple(layers))


# -------------------------------------------------------------------- from files to arrays


def read_models(path: str | os.PathLike[str]) -> list[Model]:
    """Read a model, a mask, a problem file, or a folder of these.

    Parameters
    ----------
    path : str or path
        ``.npz`` (arrays by name, a scipy.sparse matrix, or a problem), ``.npy``, problem files ``.json`` and
        ``.txt``, state dicts ``.pt``, ``.pth``, ``.safetensors``, or a folder. In a folder the files with one matrix
        are the layers of one model, in the order of their names (``layer2`` before ``layer10``).

    Returns
    -------
    list of Model

    Raises
    ------
    FormatError
        If a file cannot be read, or nothing in it can be looked at.
    InputError
        If a package is missing that reads this kind of file.
    """
    place = Path(path)
    if not place.is_dir():
        return [_read_file(place)]
    files = [file for file in place.iterdir() if file.suffix.lower() in _ENDINGS]
    files.sort(key=lambda file: _natural(file.name))
    if not files:
        raise FormatError(f"holds no file that ends in {', '.join(_ENDINGS)}", printable(os.fspath(path)))
    models, single = [], []
    for file in files:
        model = _read_file(file)
        if len(model.layers) == 1:
            single.append(model.layers[0])
        else:
            models.append(model)
    if single:
        models.insert(0, Model(place.name or os.fspath(path), tuple(single)))
    return models


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key by which numbers in names are compared as numbers."""
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _read_file(path: Path) -> Model:
    place, kind = printable(os.fspath(path)), path.suffix.lower()
    if kind == ".npy":
        array = read_npy(read_bytes(path, MAX_MODEL_BYTES), place)
        return _model(path, layers_of_arrays({path.stem: array}))
    if kind == ".npz":
        return _read_npz(path, place)
    if kind in _TORCH:
        return _model(path, layers_of_arrays(_read_torch(path, place), state_dict=True))
    if kind == ".safetensors":
        return _model(path, layers_of_arrays(_read_safetensors(path, place), state_dict=True))
    return Model(path.name, problem=read_problem(path))


def _model(path: Path, layers: tuple[Layer, ...]) -> Model:
    if not any(layer.support is not None for layer in layers):
        found = f"; {layers[0].name}: {layers[0].note}" if layers else ""
        raise FormatError(f"holds no matrix that can be looked at{found}", printable(os.fspath(path)))
    return Model(path.name, layers)


def _read_npz(path: Path, place: str) -> Model:
    names = npz_sizes(path, place)
    if names and all(is_problem_key(name) for name in names):
        return Model(path.name, problem=read_problem(path))
    if set(names) >= _SPARSE_KEYS:
        if sum(names.values()) > MAX_MODEL_BYTES:
            raise FormatError(f"unpacks to more than the limit of {MAX_MODEL_BYTES // 2**20} MiB", place)
        return _model(path, (_read_sparse(path, place),))
    arrays = read_npz(path, place, lambda _: True, MAX_MODEL_BYTES)
    if len(arrays) == 1:
        arrays = dict.fromkeys([path.stem], *arrays.values())
    state_dict = any(name.endswith((".weight", ".weight_orig")) for name in arrays)
    return _model(path, layers_of_arrays(arrays, state_dict=state_dict))


def _read_sparse(path: Path, place: str) -> Layer:
    """A matrix that ``scipy.sparse.save_npz`` wrote; its stored zeros are no cells of the support."""
    import numpy as np
    from scipy.sparse import load_npz

    from closedness.supports.support import Support

    try:
        matrix = load_npz(path).tocoo()
    except Exception as error:  # noqa: BLE001  whatever a damaged file provokes
        raise FormatError(f"is not a scipy.sparse matrix ({printable(str(error), 60)})", place) from None
    if not np.isfinite(matrix.data).all():
        return Layer(path.stem, matrix.shape, None, "holds entries that are not finite: skipped", breaks=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    matrix.data = np.ones(matrix.data.shape, dtype=np.bool_)
    support = Support.read(matrix)
    return Layer(path.stem, support.shape, support, "non-zero entries")


def _guarded(read: Callable[[], Any], place: str, advice: str) -> Any:
    """Call a reader of another package; whatever it says becomes one line."""
    try:
        return read()
    except FileNotFoundError:
        raise FormatError("no such file", place) from None
    except OSError as error:
        raise FormatError(f"cannot be read ({error.strerror or type(error).__name__})", place) from None
    except Exception as error:  # noqa: BLE001  whatever a damaged or foreign file provokes
        first = printable(str(error).strip().partition("\n")[0], 80)
        raise FormatError(f"{advice} ({type(error).__name__}: {first})", place) from None


def _read_torch(path: Path, place: str) -> dict[str, NDArray[Any]]:
    """All tensors of a state dict. Only tensors are loaded, no code of the file runs (``weights_only=True``)."""
    try:
        import torch
    except ImportError:
        raise InputError(f"{place}: needs the package torch: pip install closedness[torch]") from None
    found = _guarded(
        lambda: torch.load(path, map_location="cpu", weights_only=True),
        place,
        "holds more than tensors or is damaged; save model.state_dict() and nothing else",
    )
    for key in _NESTED:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    if not isinstance(found, Mapping):
        raise FormatError(f"holds a {type(found).__name__}, not a state dict", place)
    arrays = {}
    for name, tensor in found.items():
        if isinstance(tensor, torch.Tensor):
            dense = tensor.detach()
            if dense.is_quantized:
                dense = dense.dequantize()
            if dense.layout is not torch.strided:
                dense = dense.to_dense()
            if dense.is_floating_point() and dense.dtype not in (torch.float16, torch.float32, torch.float64):
                dense = dense.to(torch.float32)  # numpy has no bfloat16; no value becomes zero by this
            arrays[str(name)] = dense.numpy()
    return arrays


def _read_safetensors(path: Path, place: str) -> dict[str, NDArray[Any]]:
    try:
        from safetensors.numpy import load_file
    except ImportError:
        raise InputError(f"{place}: needs the package safetensors: pip install closedness[torch]") from None
    loaded = _guarded(lambda: load_file(path), place, "is not a safetensors file that numpy can hold")
    # these files do not keep the order of the layers: natural order of the names is the best guess
    return {name: loaded[name] for name in sorted(loaded, key=_natural)}
