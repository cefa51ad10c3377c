"""Read a problem file: ``.json``, ``.npz``, ``.txt`` or standard input.

Files come from strangers, so every fault ends in one :class:`~closedness.errors.FormatError` that names it; nothing is
unpickled, nothing beyond the stated limits is read or unpacked, and duplicate keys are refused, not guessed about.

The forms of a file:

``.json``
    ``{"I": rows, "J": rows}`` for supports of X and Y in ``X Yᵀ``, or ``{"factors": [rows, …]}`` as multiplied, with
    rows = lists of 0/1; also the problem object of certificates. ``name``, ``description``, ``reference`` may be added.
``.npz``
    Arrays ``I`` and ``J``, or a stack ``factors`` of shape (N, m, n), or ``factors_0``, ``factors_1``, … as multiplied.
``.txt``
    Factors as multiplied, lines of ``0 1 . x``, a blank line between factors; lines that start with ``#`` are comments.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from closedness.errors import FormatError, InputError
from closedness.files.arrays import printable, read_npz
from closedness.supports.product import SupportProduct, factor_from_object
from closedness.supports.support import Support

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_UNPACKED_BYTES",
    "is_problem_key",
    "parse_problem",
    "read_bytes",
    "read_matrix",
    "read_problem",
]

MAX_FILE_BYTES = 64 * 2**20
"""Larger files are refused before they are read."""
MAX_UNPACKED_BYTES = 256 * 2**20
"""Larger contents of an ``.npz`` file (sizes as declared, all arrays together) are refused before unpacking."""

_DECORATION = ("name", "description", "reference")


def read_problem(path: str | os.PathLike[str]) -> SupportProduct:
    r"""Read a problem file.

    Parameters
    ----------
    path : str or path
        A ``.json``, ``.npz`` or ``.txt`` file, or ``"-"`` for standard input, whose kind is told from its contents.

    Returns
    -------
    SupportProduct

    Raises
    ------
    FormatError
        If the file cannot be read, is too large, or does not hold supports; the message is one line.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "lu.txt")
    ...     _ = file.write_text("x.\nxx\n\nxx\n.x\n")
    ...     read_problem(file)
    SupportProduct.from_text('10/11 * 11/01')
    """
    if os.fspath(path) == "-":
        return parse_problem(read_bytes(path), "", "standard input")
    place = printable(os.fspath(path))
    kind = Path(path).suffix.lower()
    if kind not in _PARSERS:
        if _is_directory(path):
            raise FormatError("is a directory, not a problem file", place)
        if _is_stream(path):  # `closedness decide <(command)`
            return parse_problem(read_bytes(path), "", place)
        raise FormatError(f"has the ending {printable(kind)!r}; problem files end in .json, .npz or .txt", place)
    return parse_problem(read_bytes(path), kind, place)


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


def parse_problem(data: bytes, kind: str = "", place: str = "problem") -> SupportProduct:
    """Read a problem from the bytes of a file.

    Parameters
    ----------
    data : bytes
    kind : {"", ".json", ".npz", ".txt"}
        Empty to tell it from the first bytes.
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
    if not kind:
        start = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
        kind = ".npz" if data.startswith(b"PK") else ".json" if start[:1] in (b"{", b"[") else ".txt"
    if not data.strip():
        raise FormatError("is empty", place)
    try:
        return _PARSERS[kind](data, place)
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


def _is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether the path names a pipe or a device, which have no endings."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode) or stat.S_ISSOCK(mode)


# -------------------------------------------------------------------- text and JSON


def _text(data: bytes, place: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"is not UTF-8 text (byte {error.start})", place) from None


def _load_json(data: bytes, place: str) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(items)
        if len(found) != len(items):
            seen: set[str] = set()
            for key, _ in items:
                if key in seen:
                    raise FormatError(f"the key {printable(key, 40)!r} occurs twice", place)
                seen.add(key)
        return found

    def constant(name: str) -> NoReturn:
        raise FormatError(f"holds {name}, which is not a number 0 or 1", place)

    text = _text(data, place)
    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise FormatError(message, place) from None
    except RecursionError:
        raise FormatError("is nested too deeply", place) from None
    except FormatError:
        raise
    except ValueError:  # integers beyond the interpreter's limit on digits
        raise FormatError("holds a number with too many digits", place) from None


def read_matrix(path: str | os.PathLike[str]) -> list[list[int | str]]:
    """Read an exact matrix: a JSON list of rows of integers or strings ``"p/q"``.

    Parameters
    ----------
    path : str or path
        A file, or ``"-"`` for standard input.

    Returns
    -------
    list of list of int or str
        Rows of equal length; whether a string is a rational number is not looked at.

    Raises
    ------
    FormatError
        If the file cannot be read or holds anything else; the message is one line.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "target.json")
    ...     _ = file.write_text('[[1, "-2/3"], [0, 5]]')
    ...     read_matrix(file)
    [[1, '-2/3'], [0, 5]]
    """
    place = "standard input" if os.fspath(path) == "-" else printable(os.fspath(path))
    rows = _load_json(read_bytes(path), place)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) and row for row in rows):
        raise FormatError("is not a list of rows", place)
    if len({len(row) for row in rows}) > 1:
        raise FormatError("has rows of different lengths", place)
    for i, row in enumerate(rows):
        for j, value in enumerate(row):
            if not isinstance(value, (int, str)) or isinstance(value, bool):
                said = printable(str(value), 40)
                raise FormatError(f'entry ({i}, {j}) is {said}, not an integer or a string "p/q"', place)
    return rows


def _parse_json(data: bytes, place: str) -> SupportProduct:
    problem = _load_json(data, place)
    if not isinstance(problem, dict):
        raise FormatError('is not a JSON object with "I" and "J", or "factors"', place)
    present = set(problem) - set(_DECORATION)
    return _assemble(present, problem.__getitem__, place, _factor_from_json)


def _factor_from_json(value: Any) -> Support:
    if isinstance(value, dict):  # the form that certificates use
        return factor_from_object(value)
    if not isinstance(value, list):
        raise InputError(f"is {type(value).__name__}, not a list of rows")
    return Support.read(value)


def _parse_text(data: bytes, place: str) -> SupportProduct:
    lines = [line for line in _text(data, place).splitlines() if not line.lstrip().startswith("#")]
    if any("*" in line or "/" in line for line in lines):
        raise FormatError("holds '*' or '/'; in files a blank line separates factors, a line break rows", place)
    drawn = "\n".join(line.strip() for line in lines).strip()
    if drawn and "\n\n" not in drawn:
        Support.from_text(drawn)  # what is wrong with its entries comes first
        raise FormatError("holds one factor, at least two are needed; a blank line separates factors", place)
    return SupportProduct.from_text("\n".join(lines))


# -------------------------------------------------------------------- arrays


def _parse_npz(data: bytes, place: str) -> SupportProduct:
    arrays: dict[str, Any] = dict(read_npz(BytesIO(data), place, is_problem_key, MAX_UNPACKED_BYTES))
    for name, array in arrays.items():
        if array.ndim > 3:
            raise FormatError(f"has {array.ndim} dimensions", f"{place}: {name}")
    present = set(arrays)
    numbered = sorted((name for name in present if name.startswith("factors_")), key=lambda name: int(name[8:]))
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
    return _assemble(set(arrays), arrays.__getitem__, place, Support.read)


def is_problem_key(name: str) -> bool:
    """Whether an array of this name in an ``.npz`` file belongs to a problem."""
    return name in ("I", "J", "factors") or (name.startswith("factors_") and name[8:].isdecimal() and len(name) < 16)


# -------------------------------------------------------------------- all forms


def _assemble(
    present: Iterable[str], get: Callable[[str], Any], place: str, read: Callable[[Any], Support]
) -> SupportProduct:
    """The product named by the keys ``I`` and ``J``, or by ``factors``."""
    keys = set(present)
    unknown = sorted(keys - {"I", "J", "factors"})
    if unknown:
        raise FormatError(f"the key {printable(unknown[0], 40)!r} is unknown; use I and J, or factors", place)
    if "factors" in keys and len(keys) > 1:
        raise FormatError("holds both factors and I or J; which is meant?", place)
    if not keys:
        raise FormatError('the keys are missing: "I" and "J", or "factors"', place)
    if keys == {"factors"}:
        factors = get("factors")
        if not isinstance(factors, list):
            raise FormatError(f"is {type(factors).__name__}, not a list", f"{place}: factors")
        return SupportProduct([_read(read, value, f"{place}: factors[{l}]") for l, value in enumerate(factors)])
    for key in ("I", "J"):
        if key not in keys:
            raise FormatError(f'the key "{key}" is missing', place)
    return SupportProduct.from_pair(*(_read(read, get(key), f"{place}: {key}") for key in ("I", "J")))


def _read(read: Callable[[Any], Support], value: Any, place: str) -> Support:
    try:
        return read(value)
    except InputError as error:
        raise FormatError(str(error), place) from None


_PARSERS: dict[str, Callable[[bytes, str], SupportProduct]] = {
    ".json": _parse_json,
    ".npz": _parse_npz,
    ".txt": _parse_text,
}
