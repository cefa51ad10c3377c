"""Files and folders of models, masks and problems for ``closedness scan``.

No code of a file runs: tensors are loaded, nothing else is. What another package says about a file becomes one line.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from closedness.errors import FormatError, InputError
from closedness.files.arrays import npz_sizes, printable, read_npy, read_npz
from closedness.files.foreign import guarded, read_sparse
from closedness.files.models import Layer, Model, model_of_arrays
from closedness.files.problems import is_problem_key, natural, read_bytes, read_parts, read_problem, support_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_MODEL_BYTES", "read_arrays", "read_models"]

MAX_MODEL_BYTES = 16 * 2**30
"""Files, and contents of ``.npz`` files, beyond this are refused."""

_TORCH = (".pt", ".pth", ".bin", ".ckpt")
_PROBLEMS = (".json", ".txt", ".csv", ".tsv", ".mtx", ".mat")
_ENDINGS = (".npz", ".npy", *_PROBLEMS, *_TORCH, ".safetensors")
_SPARSE_KEYS = {"format", "shape", "data"}
_NESTED = ("state_dict", "model_state_dict", "model", "net", "weights")
_IN_FILE = "as in the file"
_BY_NAME = "by name, as the file keeps no order"


def read_models(
    path: str | os.PathLike[str], *, masks: Mapping[str, NDArray[Any]] | None = None, as_stored: bool = False
) -> list[Model]:
    """Read a model, a mask, a problem file, or a folder of these.

    Parameters
    ----------
    path : str or path
        ``.npz`` (arrays by name, a scipy.sparse matrix, or a problem), ``.npy``, other problem files, matrices
        (``.json``, ``.txt``, ``.csv``, ``.tsv``, ``.mtx``, ``.mat``), state dicts ``.pt``, ``.pth``, ``.bin``,
        ``.ckpt``, ``.safetensors``, or a folder. In a folder the files with one matrix are the layers of one model, in
        the order of their names (``layer2`` before ``layer10``).
    masks : mapping from name to array, optional
        Masks of the weights, by the names of the layers (`read_arrays`).
    as_stored : bool
        Take the weights as they are stored, whatever looks like an unknown mask.

    Returns
    -------
    list of Model

    Raises
    ------
    FormatError
        If a file cannot be read, or nothing in it can be looked at.
    InputError
        If a package is missing that reads this kind of file, or a mask fits no weight.
    """
    place = Path(path)
    if not place.is_dir():
        return [_read_file(place, masks, as_stored)]
    files = [file for file in place.iterdir() if file.suffix.lower() in _ENDINGS]
    files.sort(key=lambda file: natural(file.name))
    if not files:
        raise FormatError(f"holds no file that ends in {', '.join(_ENDINGS)}", printable(os.fspath(path)))
    models, single = [], []
    for file in files:
        model = _read_file(file, masks, as_stored)
        if len(model.layers) == 1:
            single.append(model)
        else:
            models.append(model)
    if single:
        layers = tuple(model.layers[0] for model in single)
        doubts = tuple(doubt for model in single for doubt in model.doubts)
        name = place.name or os.fspath(path)
        models.insert(0, Model(name, layers, order="by the names of the files", doubts=doubts))
    return models


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All named arrays of a file of tensors; the entries of a list are named ``masks[0]``, ``masks[1]``, ….

    Raises
    ------
    FormatError
        If the file cannot be read, or is none of arrays.
    InputError
        If a package is missing that reads this kind of file.
    """
    place, kind = printable(os.fspath(path)), path.suffix.lower()
    if kind == ".npy":
        return {path.stem: read_npy(read_bytes(path, MAX_MODEL_BYTES), place)}
    if kind == ".npz":
        return dict(read_npz(path, place, lambda _: True, MAX_MODEL_BYTES))
    if kind in _TORCH:
        return _read_torch(path, place)
    if kind == ".safetensors":
        return _read_safetensors(path, place)
    raise FormatError(f"has the ending {kind!r}; arrays are read from .npz, .npy, {', '.join(_TORCH)}", place)


# In a block of a transformer the layers do not follow one another by the alphabet.
_MLP = {"gate_proj": 0, "up_proj": 1, "down_proj": 2}
_PLACES = _MLP | {"q_proj": 0, "k_proj": 1, "v_proj": 2, "o_proj": 3, "out_proj": 3}
_PARTS = {"self_attn": 0, "attention": 0, "attn": 0, "intermediate": 1, "mlp": 1, "output": 2}


def _layer_order(name: str) -> list[tuple[int, int, list[tuple[int, str]]]]:
    """Sort key that is natural, and knows the common names in transformers."""
    return [(0, _PLACES.get(part, _PARTS.get(part, -1)), natural(part)) for part in name.split(".")]


def _read_file(path: Path, masks: Mapping[str, NDArray[Any]] | None, as_stored: bool) -> Model:
    place, kind = printable(os.fspath(path)), path.suffix.lower()
    if not path.exists():
        raise FormatError("no such file", place)
    if kind in _PROBLEMS:
        return _read_problem(path, place)
    if kind not in _ENDINGS:
        known = f"{', '.join(_ENDINGS[:-1])} and {_ENDINGS[-1]}"
        raise FormatError(f"has the ending {printable(kind)!r}; scan reads {known}, and folders of these", place)
    order = _BY_NAME if kind == ".safetensors" else _IN_FILE
    if kind == ".npz":
        names = npz_sizes(path, place)
        if names and all(is_problem_key(name) for name in names):
            return Model(path.name, problem=read_problem(path))
        if set(names) >= _SPARSE_KEYS:
            if sum(names.values()) > MAX_MODEL_BYTES:
                raise FormatError(f"unpacks to more than the limit of {MAX_MODEL_BYTES // 2**20} MiB", place)
            return _model(path, Model(path.name, (_read_sparse(path, place),)))
    arrays = read_arrays(path)
    if kind == ".npz" and len(arrays) == 1:
        arrays = dict.fromkeys([path.stem], *arrays.values())
    state_dict = kind in (*_TORCH, ".safetensors") or any(n.endswith((".weight", ".weight_orig")) for n in arrays)
    if all(key.startswith("masks[") for key in arrays):
        arrays = {key[6:-1]: array for key, array in arrays.items()}
        state_dict = False
    given = {}
    for key, array in (masks or {}).items():
        given[key if key.startswith("masks[") else f"masks.{key}"] = array
    model = model_of_arrays(path.name, arrays | given, state_dict=state_dict, order=order, as_stored=as_stored)
    if given and model.doubts:
        raise InputError(f"--masks: {model.doubts[0]}")
    return _model(path, model)


def _read_problem(path: Path, place: str) -> Model:
    """A problem, or one matrix, which is a layer."""
    parts = read_parts(path)
    if not isinstance(parts, list) or len(parts) > 1:
        return Model(path.name, problem=read_problem(path))
    support = support_of(parts[0][1], place)
    dense = support.nnz == support.shape[0] * support.shape[1]
    return Model(path.name, (Layer(path.stem, support.shape, support, "dense" if dense else "non-zero entries"),))


def _model(path: Path, model: Model) -> Model:
    layers = model.layers
    if not any(layer.support is not None for layer in layers):
        found = f"; {layers[0].name}: {layers[0].note}" if layers else ""
        raise FormatError(f"holds no matrix that can be looked at{found}", printable(os.fspath(path)))
    return model


def _read_sparse(path: Path, place: str) -> Layer:
    """A matrix that ``scipy.sparse.save_npz`` wrote; its stored zeros are no cells of the support."""
    import numpy as np

    matrix = read_sparse(read_bytes(path, MAX_MODEL_BYTES), place)
    if not np.isfinite(matrix.data).all():
        return Layer(path.stem, matrix.shape, None, "holds entries that are not finite: skipped", breaks=True)
    support = support_of(matrix, place)
    return Layer(path.stem, support.shape, support, "non-zero entries")


# -------------------------------------------------------------------- PyTorch


def _read_torch(path: Path, place: str) -> dict[str, NDArray[Any]]:
    """All tensors of a state dict and of masks beside it. No code of the file runs (``weights_only=True``)."""
    try:
        import torch
    except ImportError:
        raise InputError(f"{place}: needs the package torch: pip install closedness[torch]") from None
    found = guarded(
        lambda: torch.load(path, map_location="cpu", weights_only=True),
        place,
        "holds more than tensors, such as a whole module whose code would run, or is damaged; "
        "save model.state_dict() and nothing else",
    )
    beside: dict[str, Any] = {}
    for key in _NESTED:
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            beside |= {str(k): v for k, v in found.items() if k != key and "mask" in str(k).lower()}
            found = found[key]
    if isinstance(found, torch.Tensor):
        found = {path.stem: found}
    if not isinstance(found, (Mapping, list, tuple)):
        raise FormatError(f"holds a {type(found).__name__}, not a state dict", place)
    tensors = _flat(found, "" if isinstance(found, Mapping) else "masks")
    for value in beside.values():
        tensors |= _flat(value, "masks")
    return {name: _array(value) for name, value in tensors.items() if isinstance(value, torch.Tensor)}


def _flat(value: Any, name: str, depth: int = 0) -> dict[str, Any]:
    """The leaves of nested mappings, their names joined by dots; entries of a list by their number in brackets."""
    if isinstance(value, Mapping) and depth < 8:
        parts = [_flat(each, f"{name}.{key}" if name else str(key), depth + 1) for key, each in value.items()]
    elif isinstance(value, (list, tuple)) and name == "masks":
        return {f"masks[{number}]": each for number, each in enumerate(value)}
    else:
        return {name: value}
    return {key: leaf for part in parts for key, leaf in part.items()}


def _array(tensor: Any) -> NDArray[Any]:
    """The entries of a tensor; types that numpy lacks as float32, by which no value becomes zero."""
    import torch

    dense = tensor.detach()
    if dense.is_quantized:
        dense = dense.dequantize()
    if dense.layout is not torch.strided:
        dense = dense.to_dense()
    if dense.is_floating_point() and dense.dtype not in (torch.float16, torch.float32, torch.float64):
        dense = dense.to(torch.float32)
    array: NDArray[Any] = dense.numpy()
    return array


# -------------------------------------------------------------------- safetensors

_NUMPY = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "U16": "<u2", "I16": "<i2", "U32": "<u4", "I32": "<i4", "U64": "<u8",
    "I64": "<i8", "F16": "<f2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip


def _read_safetensors(path: Path, place: str) -> dict[str, NDArray[Any]]:
    try:
        from safetensors import deserialize
    except ImportError:
        raise InputError(f"{place}: needs the package safetensors: pip install closedness[torch]") from None
    data = read_bytes(path, MAX_MODEL_BYTES)
    read: Callable[[bytes], Any] = deserialize
    stored = guarded(lambda: read(data), place, "is not a safetensors file, or damaged")
    found = {}
    for name, entry in stored:
        array = _numbers(entry["dtype"], entry["data"])
        if array is None:
            raise FormatError(f"{printable(name, 60)} has entries of type {entry['dtype']}, which is not read", place)
        found[name] = array.reshape(entry["shape"])
    # these files do not keep the order of the layers: their names are the best guess
    return {name: found[name] for name in sorted(found, key=_layer_order)}


def _numbers(kind: str, data: bytearray) -> NDArray[Any] | None:
    """Entries as numpy reads them; of bfloat16 the value, of the types of eight bits whether they are zero."""
    import numpy as np

    if kind in _NUMPY:
        return np.frombuffer(data, _NUMPY[kind])
    if kind == "BF16":
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
    if kind.startswith(("F8_E4M3", "F8_E5M2")):
        bits = np.frombuffer(data, "u1")
        infinite = (bits & 0x7C) == 0x7C if kind == "F8_E5M2" else (bits & 0x7F) == 0x7F
        return np.where(infinite, np.float32(np.nan), (bits & 0x7F != 0).astype("f4"))
    return None
