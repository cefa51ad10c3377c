"""Problems in JSON: pairs, lists of factors, factors by name, certificates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from closedness.errors import FormatError, InputError
from closedness.files.arrays import printable
from closedness.files.text import number_of
from closedness.supports.product import SupportProduct, factor_from_object
from closedness.supports.support import Support

__all__ = ["Parts", "assemble", "decode", "load_json", "parse_json"]

Parts = SupportProduct | list[tuple[str, Any]]
"""A whole problem, or named matrices."""

_DECORATION = ("name", "description", "reference")
_MOST_CELLS = 2**28
_ROWS, _COLUMNS = ("rows", "row"), ("cols", "columns", "col")


def decode(data: bytes, place: str) -> str:
    """Text of UTF-8, with or without a mark at its start.

    Raises
    ------
    FormatError
        If it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"is not UTF-8 text (byte {error.start})", place) from None


def load_json(data: bytes, place: str, *, exact: bool = False) -> Any:
    """The value of a JSON document; keys that occur twice are refused.

    Parameters
    ----------
    data : bytes
    place : str
        For error messages.
    exact : bool
        Decimal numbers become fractions.

    Raises
    ------
    FormatError
        If it is not JSON.
    """

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

    def fraction(token: str) -> Any:
        value = number_of(token)
        if value is None:
            raise FormatError(f"holds the number {printable(token, 40)}, too large or too long", place)
        return value

    text = decode(data, place)
    try:
        return json.loads(
            text, object_pairs_hook=pairs, parse_constant=constant, parse_float=fraction if exact else float
        )
    except json.JSONDecodeError as error:
        message = f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        raise FormatError(message, place) from None
    except RecursionError:
        raise FormatError("is nested too deeply", place) from None
    except FormatError:
        raise
    except ValueError:  # integers beyond the interpreter's limit on digits
        raise FormatError("holds a number with too many digits", place) from None


def parse_json(data: bytes, place: str) -> Parts:
    """The problem or the matrices of a JSON document.

    Raises
    ------
    FormatError
        If it holds neither.

    Examples
    --------
    >>> parse_json(b'{"I": ["x.", "xx"], "J": {"rows": [0, 0], "cols": [0, 1], "shape": [1, 2]}}', "example")
    SupportProduct.from_text('10/11 * 1/1')
    """
    return _parts(load_json(data, place), place)


def _parts(problem: Any, place: str) -> Parts:
    if isinstance(problem, str):
        return SupportProduct.from_text(problem)
    if isinstance(problem, list):
        if not problem:
            raise FormatError("is an empty list", place)
        if _is_matrix(problem):
            return [(place, _read(_factor, problem, place))]
        return [(f"factors[{l}]", _read(_factor, value, f"{place}: factors[{l}]")) for l, value in enumerate(problem)]
    if not isinstance(problem, dict):
        raise FormatError('is not a JSON object with "I" and "J", or "factors", and no list of factors', place)
    if "format" in problem and isinstance(problem.get("problem"), dict):  # a certificate
        return _parts(problem["problem"], f"{place}: problem")
    if isinstance(problem.get("certificate"), dict):  # what `closedness decide --json` printed
        return _parts(problem["certificate"], f"{place}: certificate")
    if "shape" in problem:
        return [(place, _read(_factor, problem, place))]
    present = [key for key in problem if key not in _DECORATION]
    if present and not {"I", "J", "factors"} & set(present) and all(_is_factor(problem[key]) for key in present):
        return [(printable(key, 40), _read(_factor, problem[key], f"{place}: {key}")) for key in present]
    return assemble(present, problem.__getitem__, place, _factor)


def _is_matrix(value: list[Any]) -> bool:
    """Whether a list is one matrix, not a list of factors."""
    if all(isinstance(row, str) for row in value):
        # one drawn matrix, or drawn factors that have their line breaks inside
        return not any("/" in row or "\n" in row for row in value)
    first = value[0]
    return isinstance(first, list) and not any(isinstance(each, (list, dict)) or _drawn(each) for each in first)


def _drawn(value: Any) -> bool:
    return isinstance(value, str) and len(value) > 1


def _is_factor(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and _is_matrix(value)
    return isinstance(value, dict) and "shape" in value


def _factor(value: Any) -> Support:
    """One support: rows of numbers, drawn rows, sparse coordinates, or the form that certificates use."""
    if isinstance(value, dict):
        if set(value) == {"shape", "rows"}:
            return factor_from_object(value)
        return _from_coordinates(value)
    if isinstance(value, str):
        return Support.from_text(value)
    if not isinstance(value, list):
        raise InputError(f"is {type(value).__name__}, not a list of rows")
    if value and all(isinstance(row, str) for row in value):
        return Support.from_text("\n".join(value))
    return Support.read(value)


def _from_coordinates(value: dict[str, Any]) -> Support:
    row = next((key for key in _ROWS if key in value), None)
    column = next((key for key in _COLUMNS if key in value), None)
    if row is None or column is None or set(value) - {row, column, "shape", "data"}:
        if set(value) & {"shape", "rows"} and column is None:
            return factor_from_object(value)  # says what is wrong
        said = printable(", ".join(map(str, value)), 60)
        raise InputError(f"has the keys {said}; sparse coordinates are rows, cols, shape and, if not all 1, data")
    shape = value.get("shape")
    if not isinstance(shape, list) or len(shape) != 2 or not all(type(size) is int and size > 0 for size in shape):
        raise InputError(f"shape is {printable(str(shape), 40)}, not a list of two sizes")
    if shape[0] * shape[1] > _MOST_CELLS:
        raise InputError(f"shape declares more than {_MOST_CELLS} cells")
    i, j = value[row], value[column]
    data: Any = value.get("data", [1] * len(i) if isinstance(i, list) else None)
    if not all(isinstance(each, list) for each in (i, j, data)) or not len(i) == len(j) == len(data):
        raise InputError("rows, cols and data are not lists of one length")
    masks = [0] * shape[0]
    for row_index, column_index, entry in zip(i, j, data, strict=True):
        if type(row_index) is not int or type(column_index) is not int:
            raise InputError(f"({row_index!r}, {column_index!r}) is no pair of indices")
        if not (0 <= row_index < shape[0] and 0 <= column_index < shape[1]):
            raise InputError(f"({row_index}, {column_index}) is outside the shape {shape[0]}×{shape[1]}; count from 0")
        if not isinstance(entry, (int, float)) or entry not in (0, 1):
            raise InputError(f"data holds {printable(str(entry), 40)}, not 0 or 1")
        if masks[row_index] >> column_index & 1:
            raise InputError(f"({row_index}, {column_index}) occurs twice")
        masks[row_index] |= int(bool(entry)) << column_index
    return Support.from_masks((shape[0], shape[1]), masks)


def assemble(
    present: Iterable[str], get: Callable[[str], Any], place: str, read: Callable[[Any], Support]
) -> SupportProduct:
    """The product named by the keys ``I`` and ``J``, or by ``factors``.

    Raises
    ------
    FormatError
        If keys are missing, unknown or contradict each other, or a value is no support.
    """
    keys = set(present)
    unknown = sorted(keys - {"I", "J", "factors"})
    if unknown:
        if unknown[0] == "constraints":
            raise FormatError("holds constraints, which only closedness decide and closedness model look at", place)
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
        raise FormatError(str(error), printable(place)) from None
