"""Results in files: ``.npz`` archives of plain arrays and one line of JSON, read without pickle."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from closedness.errors import InputError
from solvers.arrays import Array, Kind, as_array, restore
from solvers.kronecker_sparse import Chain

__all__ = ["load", "pack", "register", "restored", "stored_kind"]

FORMAT = "closedness-factors-1"

_READERS: dict[str, Callable[[dict[str, Any], dict[str, Array]], Any]] = {}


def register(kind: str) -> Callable[[Callable[[dict[str, Any], dict[str, Array]], Any]], Any]:
    """Name the function that makes a result of a stored one."""

    def keep(reader: Callable[[dict[str, Any], dict[str, Array]], Any]) -> Any:
        _READERS[kind] = reader
        return reader

    return keep


def pack(path: Any, kind: str, facts: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Write facts and arrays to exactly this path, all or nothing.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    text = json.dumps({"format": FORMAT, "kind": kind, **facts})
    packed = io.BytesIO()
    saved: dict[str, Any] = {"facts": np.array(text), **{name: as_array(x, name) for name, x in arrays.items()}}
    np.savez(packed, **saved)
    target = _path(path)
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        partial.write_bytes(packed.getvalue())
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise InputError(f"{target}: cannot be written ({error.strerror or type(error).__name__})") from None


def _path(path: Any) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(f"path must be the name of a file, got {type(path).__name__}")
    return Path(os.fsdecode(path))


def load(path: Any) -> Any:
    """A result that was saved by its method ``save``, as what it was.

    Parameters
    ----------
    path : str or Path
        File written by the method ``save`` of a result.

    Raises
    ------
    InputError
        If the file is missing or is no such file.

    Examples
    --------
    >>> import tempfile
    >>> from solvers import factorize_butterfly
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     factorize_butterfly(np.eye(4)).save(f"{folder}/eye.npz")
    ...     load(f"{folder}/eye.npz").toarray().tolist() == np.eye(4).tolist()
    True
    """
    try:
        with np.load(Path(path), allow_pickle=False) as archive:
            facts = json.loads(str(archive["facts"]))
            arrays = {name: archive[name] for name in archive.files if name != "facts"}
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or type(error).__name__})") from None
    except Exception as error:  # noqa: BLE001  broken archives raise whatever zipfile, numpy and json have
        raise InputError(f"{path}: not a saved result ({type(error).__name__})") from None
    if not isinstance(facts, dict) or facts.get("format") != FORMAT or facts.get("kind") not in _READERS:
        raise InputError(f"{path}: not a saved result (its format must be {FORMAT})")
    try:
        return _READERS[facts["kind"]](facts, arrays)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: not a saved result ({type(error).__name__}: {error})") from None


def read_factors(arrays: dict[str, Array], chain: Chain) -> list[Array]:
    """The stored values of the factors of a chain; ValueError where they do not have its patterns."""
    factors = [arrays[f"factor{i}"] for i in range(len(chain))]
    if any(f.shape != tuple(p) for f, p in zip(factors, chain, strict=True)):
        raise ValueError("factors do not have their patterns")
    return factors


def stored_kind(facts: dict[str, Any]) -> Kind:
    """The library that the saved result had. Tensors come back on the CPU: its device may not exist here."""
    return "torch" if str(facts.get("library")).startswith("torch") else "numpy"


def restored(x: Array, facts: dict[str, Any]) -> Any:
    """An array of the library that the saved result had."""
    return restore(np.array(x), stored_kind(facts))
