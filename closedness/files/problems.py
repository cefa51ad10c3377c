"""Read a problem from files of any kind, folders, pipes or standard input.

Files come from strangers, so every fault ends in one :class:`~closedness.errors.FormatError` that names it; nothing is
unpickled, nothing beyond the stated limits is read or unpacked, and duplicate keys are refused, not guessed about.
The kind is told from the content, then from the ending (:mod:`closedness.files.kinds`). Two arrays ``I`` and ``J``, or
``X`` and ``Y`` as ``closedness solve --out`` writes them, stand for ``X Yᵀ``; all others are factors as multiplied, in
the order of the file. The support of weights is where they are not zero.

``.txt``
    Drawn factors, lines of ``0 1 . x``, a blank line between factors; lines that start with ``#`` are comments.
``.csv``, ``.tsv``, also ``.txt``
    Numbers between commas, semicolons, tabs or spaces, with or without labels; a blank line between factors.
``.json``
    ``{"I": rows, "J": rows}`` or ``{"factors": [rows, …]}``, a list of factors, or factors by name, with rows = lists
    of 0 and 1 or false and true, strings as drawn, or ``{"rows": …, "cols": …, "shape": [m, n]}``; also certificates.
``.npz``
    Arrays ``I`` and ``J``, a stack ``factors`` of shape (N, m, n), ``factors_0``, ``factors_1``, …, any other names,
    or a scipy.sparse matrix.
``.npy``, ``.mtx``, ``.mat``
    A matrix or a stack; a matrix; matrices or a cell array of them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from closedness.errors import FormatError, InputError
from closedness.files.arrays import npz_sizes, printable, read_npy, read_npz
from closedness.files.documents import Parts, assemble, decode, parse_json
from closedness.files.foreign import read_mat, read_mtx, read_sparse
from closedness.files.kinds import ENDINGS, kind_of, refuse
from closedness.files.labels import Labels, labels_of
from closedness.files.text import Table, read_text
from closedness.supports.product import SupportProduct
from closedness.supports.support import Support

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_UNPACKED_BYTES",
    "Parts",
    "is_problem_key",
    "join_parts",
    "natural",
    "parse_parts",
    "parse_problem",
    "place_of",
    "read_bytes",
    "read_labelled",
    "read_parts",
    "read_problem",
    "support_of",
]

MAX_FILE_BYTES = 64 * 2**20
"""Larger files are refused before they are read."""
MAX_UNPACKED_BYTES = 256 * 2**20
"""Larger contents of an ``.npz`` or ``.mat`` file are refused before unpacking."""

_SPARSE_KEYS = {"format", "shape", "data"}


def read_problem(*paths: str | os.PathLike[str]) -> SupportProduct:
    r"""Read a problem.

    Parameters
    ----------
    *paths : str or path
        A file or ``"-"`` for standard input with a whole problem; a folder of files with one factor each, in the order
        of their names; or several files with one factor each, as multiplied.

    Returns
    -------
    SupportProduct

    Raises
    ------
    FormatError
        If a file cannot be read, is too large, or does not hold supports; the message is one line.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "lu.txt")
    ...     _ = file.write_text("x.\nxx\n\nxx\n.x\n")
    ...     read_problem(file)
    SupportProduct.from_text('10/11 * 11/01')
    """
    sources, place = _sources(paths)
    return join_parts(sources, place)


def read_labelled(*paths: str | os.PathLike[str]) -> tuple[SupportProduct, Labels]:
    """Read a problem as :func:`read_problem` does, with the names of its rows and columns in the files.

    Returns
    -------
    product : SupportProduct
    labels : Labels
        Without names if the files have none.
    """
    sources, place = _sources(paths)
    product = join_parts(sources, place)
    parts = [each for _, each in sources]
    if any(isinstance(each, SupportProduct) for each in parts):
        return product, Labels()
    return product, labels_of([value for each in parts for _, value in each])


def _sources(paths: Sequence[str | os.PathLike[str]]) -> tuple[list[tuple[str, Parts]], str]:
    """What each file holds, and what to call all of them."""
    files = _files_of(Path(paths[0])) if len(paths) == 1 and _is_directory(paths[0]) else list(paths)
    if [os.fspath(path) for path in files].count("-") > 1:
        raise FormatError("can be read once, not several times", "standard input")
    return [(place_of(path), read_parts(path)) for path in files], place_of(paths[0]) if len(paths) == 1 else "problem"


def join_parts(sources: Sequence[tuple[str, Parts]], place: str) -> SupportProduct:
    r"""The product of what files hold: a whole problem in one file, or one factor in each, as multiplied.

    Parameters
    ----------
    sources : sequence of (place, parts)
        What to call each file, and what it holds (`parse_parts`).
    place : str
        What to call all of them in error messages.

    Raises
    ------
    FormatError
        If they do not make a product of at least two factors.

    Examples
    --------
    >>> join_parts([("a.csv", parse_parts(b"1,0", ".csv")), ("b.csv", parse_parts(b"1\n1", ".csv"))], "problem")
    SupportProduct.from_text('10 * 1/1')
    """
    if len(sources) == 1:
        return _whole(sources[0][1], place)
    found = []
    for each, parts in sources:
        if isinstance(parts, SupportProduct) or len(parts) != 1:
            raise FormatError(
                f"holds {len(tuple(parts))} factors; of several files each holds one, as multiplied, "
                "a whole problem is given alone",
                each,
            )
        found.append((each, parts[0][1]))
    return _whole(found, place)


def place_of(path: str | os.PathLike[str]) -> str:
    """What to call a source in error messages."""
    return "standard input" if os.fspath(path) == "-" else printable(os.fspath(path))


def _files_of(folder: Path) -> list[Path]:
    """The files of a folder that may hold a factor, in the order of their names."""
    try:
        files = [path for path in folder.iterdir() if path.suffix.lower() in ENDINGS]
    except OSError as error:
        raise FormatError(f"cannot be read ({error.strerror or type(error).__name__})", place_of(folder)) from None
    if not files:
        raise FormatError(f"is a directory without a file that ends in {', '.join(ENDINGS)}", place_of(folder))
    return sorted(files, key=lambda path: natural(path.name))


def natural(name: str) -> list[tuple[int, str]]:
    """Sort key by which numbers in names are compared as numbers.

    Examples
    --------
    >>> sorted(["layer10.csv", "layer9.csv"], key=natural)
    ['layer9.csv', 'layer10.csv']
    """
    import re

    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def read_parts(path: str | os.PathLike[str]) -> Parts:
    """What one file holds: a product, or named matrices.

    Raises
    ------
    FormatError
        If it cannot be read, or holds neither.
    """
    place = place_of(path)
    return parse_parts(read_bytes(path), Path(path).suffix, place)


def _whole(parts: Parts, place: str) -> SupportProduct:
    """The product of the named matrices, as multiplied."""
    if isinstance(parts, SupportProduct):
        return parts
    if len(parts) == 1:
        found = "×".join(map(str, support_of(parts[0][1], place).shape))
        raise FormatError(
            f"holds one factor ({found}), at least two are needed; a blank line separates factors in text, "
            "or give the files of all factors, as multiplied",
            place,
        )
    supports = [support_of(value, f"{place}: {name}" if name != place else place) for name, value in parts]
    named = not parts[0][0].startswith("factors[")
    for left, right in pairwise(supports):
        if named and left.shape[1] != right.shape[0]:
            sizes = ", ".join(
                f"{name} {'×'.join(map(str, each.shape))}" for (name, _), each in zip(parts, supports, strict=True)
            )
            raise FormatError(f"does not multiply in this order: {printable(sizes)}", place)
    try:
        return SupportProduct(supports)
    except InputError as error:
        raise FormatError(str(error), place) from None


def support_of(value: Any, place: str) -> Support:
    """Where a matrix may be non-zero: a support, a table or an array of 0 and 1, or where weights are not zero.

    Raises
    ------
    FormatError
        If it is no matrix, is empty, or holds values that are not finite.
    """
    try:
        if isinstance(value, Support):
            return value
        if isinstance(value, Table):
            return value.support()
        import numpy as np  # not before: it is a quarter of the time that the command takes to start

        if hasattr(value, "tocoo"):
            matrix = value.tocoo(copy=True)
            matrix.sum_duplicates()
            matrix.eliminate_zeros()
            _require_finite(matrix.data)
            matrix.data = np.ones(matrix.data.shape, dtype=np.bool_)
            return Support.read(matrix)
        array = np.asarray(value)
        _require_finite(array)
        return Support.read(array != 0)
    except FormatError:
        raise
    except InputError as error:
        raise FormatError(str(error), place) from None


def _require_finite(array: Any) -> None:
    import numpy as np

    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError("holds entries that are not finite")


def parse_problem(data: bytes, kind: str = "", place: str = "problem") -> SupportProduct:
    """Read a problem from the bytes of a file.

    Parameters
    ----------
    data : bytes
    kind : str
        The ending of the file's name, which counts where the bytes do not tell; may be empty.
    place : str
        What to call the source in error messages.

    Raises
    ------
    FormatError
        As for :func:`read_problem`.

    Examples
    --------
    >>> parse_problem(b'{"I": [[1, 0], [1, 1]], "J": [[1, 1]]}')
    SupportProduct.from_text('10/11 * 1/1')
    >>> parse_problem(b'{"I": [[1, 2]], "J": [[1, 1]]}', place="my.json")
    Traceback (most recent call last):
        ...
    closedness.errors.FormatError: my.json: I: entry (0, 1) of the support is 2, not 0 or 1
    """
    return _whole(parse_parts(data, kind, place), place)


def parse_parts(data: bytes, ending: str = "", place: str = "problem") -> Parts:
    """What the bytes of a file hold: a product, or named matrices.

    Raises
    ------
    FormatError
        As for :func:`read_problem`.
    """
    if not data.strip():
        raise FormatError("is empty", place)
    kind = kind_of(data, ending)
    try:
        if kind == "json":
            return parse_json(data, place)
        if kind == "npz":
            return _parse_npz(data, place)
        if kind == "npy":
            return _parse_npy(data, place)
        if kind == "mtx":
            return [(place, read_mtx(data, place, MAX_UNPACKED_BYTES))]
        if kind == "mat":
            return _named(read_mat(data, place, MAX_UNPACKED_BYTES), place)
        if kind in ("text", "table"):
            return _parse_text(data, place, table=kind == "table")
        refuse(kind, place)
    except FormatError:
        raise
    except InputError as error:
        raise FormatError(str(error), place) from None
    except MemoryError:
        raise FormatError("does not fit into memory", place) from None


# -------------------------------------------------------------------- bytes


def _read_file(path: str | os.PathLike[str], place: str, limit: int) -> bytes:
    """All bytes of a file within the limit."""
    try:
        size = os.stat(path).st_size
        if size > limit:
            _too_large(place, size, limit)
        with open(path, "rb") as file:
            return _bounded(file, place, limit)
    except FormatError:
        raise
    except FileNotFoundError:
        raise FormatError("no such file", place) from None
    except IsADirectoryError:
        raise FormatError("is a directory, not a problem file", place) from None
    except PermissionError:
        if _is_directory(path):
            raise FormatError("is a directory, not a problem file", place) from None
        raise FormatError("may not be read (permission denied)", place) from None
    except OSError as error:
        raise FormatError(f"cannot be read ({error.strerror or type(error).__name__})", place) from None
    except ValueError:  # a null character in the path
        raise FormatError("is not a possible file name", place) from None


def _bounded(file: BinaryIO, place: str, limit: int) -> bytes:
    """Everything in the stream, never more than the limit (devices and pipes do not state their size)."""
    data = file.read(limit + 1)
    if len(data) > limit:
        _too_large(place, None, limit)
    return data


def _too_large(place: str, size: int | None, limit: int) -> NoReturn:
    found = f"has {size / 2**20:.0f} MiB, more than" if size is not None else "is larger than"
    raise FormatError(f"{found} the limit of {limit // 2**20} MiB", place)


def _is_directory(path: str | os.PathLike[str]) -> bool:
    try:
        return os.path.isdir(path)
    except ValueError:
        return False


def read_bytes(path: str | os.PathLike[str], limit: int = MAX_FILE_BYTES) -> bytes:
    """Contents of any file or of standard input (``"-"``), with the same care about its size and kind.

    Parameters
    ----------
    path : str or path
    limit : int
        Larger files are refused before they are read.

    Raises
    ------
    FormatError
        If the file cannot be read, or is larger than the limit.
    """
    if os.fspath(path) == "-":
        return _bounded(sys.stdin.buffer, "standard input", limit)
    return _read_file(path, printable(os.fspath(path)), limit)


# -------------------------------------------------------------------- contents


def _parse_text(data: bytes, place: str, *, table: bool) -> Parts:
    text = decode(data, place)
    matrices = read_text(text, place, table=table)
    if not matrices:
        raise FormatError("factors has 0 supports: nothing but comments", place)
    return [(place if len(matrices) == 1 else f"factors[{l}]", matrix) for l, matrix in enumerate(matrices)]


def _parse_npy(data: bytes, place: str) -> Parts:
    array = read_npy(data, place)
    if array.ndim == 3:
        return [(f"factors[{l}]", factor) for l, factor in enumerate(array)]
    return [(place, array)]


def _parse_npz(data: bytes, place: str) -> Parts:
    names = npz_sizes(BytesIO(data), place)
    if set(names) >= _SPARSE_KEYS:
        if sum(names.values()) > MAX_UNPACKED_BYTES:
            raise FormatError(f"unpacks to more than the limit of {MAX_UNPACKED_BYTES // 2**20} MiB", place)
        return [(place, read_sparse(data, place))]
    ours = any(is_problem_key(name) for name in names)
    arrays: dict[str, Any] = dict(
        read_npz(BytesIO(data), place, is_problem_key if ours else lambda _: True, MAX_UNPACKED_BYTES)
    )
    if not arrays:
        raise FormatError('the keys are missing: "I" and "J", or "factors"', place)
    for name, array in arrays.items():
        if array.ndim > 3:
            raise FormatError(f"has {array.ndim} dimensions", f"{place}: {printable(name, 40)}")
    if not ours:
        return _named(arrays, place)
    numbered = sorted((name for name in arrays if name.startswith("factors_")), key=lambda name: int(name[8:]))
    if numbered:
        if numbered != [f"factors_{l}" for l in range(len(numbered))]:
            raise FormatError(f"holds {', '.join(numbered[:8])}: numbers must run 0, 1, … without gap", place)
        stack: Any = [arrays.pop(name) for name in numbered]
        if "factors" in arrays:
            raise FormatError("holds both 'factors' and 'factors_0'", place)
        arrays["factors"] = stack
    elif "factors" in arrays:
        if arrays["factors"].ndim != 3:
            raise FormatError(f"has {arrays['factors'].ndim} dimensions, not the three of a stack", f"{place}: factors")
        arrays["factors"] = list(arrays["factors"])
    weights = bool(numbered)  # what a solver wrote; I, J and stacks are supports, where other numbers are slips
    return assemble(set(arrays), arrays.__getitem__, place, _weights if weights else Support.read)


def _weights(value: Any) -> Support:
    if value.ndim != 2:
        return Support.read(value)  # says what is wrong
    _require_finite(value)
    return Support.read(value != 0)


def _named(arrays: dict[str, Any], place: str) -> Parts:
    """Matrices by name: factors in the order of the file, or ``X`` and ``Y`` of a solver."""
    if any(name.endswith((".weight", ".weight_orig")) for name in arrays):
        refuse("torch", place)
    for name, array in arrays.items():
        if len(array.shape) != 2 and not (len(array.shape) == 3 and len(arrays) == 1):
            raise FormatError(f"has shape {array.shape}, not that of a matrix", f"{place}: {printable(name, 40)}")
    if set(arrays) == {"X", "Y"}:
        left, right = (support_of(arrays[name], f"{place}: {name}") for name in ("X", "Y"))
        if left.shape[1] != right.shape[1]:
            sizes = f"X has {left.shape[1]} columns, Y has {right.shape[1]}"
            raise FormatError(f"X and Y stand for X Yᵀ, but {sizes}; name them A and B to multiply as they are", place)
        return SupportProduct.from_pair(left, right)
    if len(arrays) == 1:
        ((name, array),) = arrays.items()
        if len(array.shape) == 3:
            return [(f"{name}[{l}]", factor) for l, factor in enumerate(array)]
    if not arrays:
        raise FormatError("holds no matrix", place)
    return [(printable(name, 40), array) for name, array in arrays.items()]


def is_problem_key(name: str) -> bool:
    """Whether an array of this name in an ``.npz`` file belongs to a problem."""
    return name in ("I", "J", "factors") or (name.startswith("factors_") and name[8:].isdecimal() and len(name) < 16)
