"""Reading certificates strictly, for the second checker: the values of ``docs/certificate-format.md``."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, NoReturn

from flint import fmpq, fmpz

NUMBER = re.compile(r"(-?[0-9]+)(?:/([0-9]+))?", re.ASCII)
DIGITS = 4000


class Refused(Exception):
    """The certificate does not prove its claim."""


class BadFormat(Refused):
    """The text is not a certificate."""


def need(condition: object, fault: str) -> None:
    if not condition:
        raise Refused(fault)


def wellformed(condition: object, fault: str) -> None:
    if not condition:
        raise BadFormat(fault)


def parse(text: str | bytes) -> Any:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        wellformed(len({key for key, _ in items}) == len(items), "duplicate key")
        return dict(items)

    def number(word: str) -> int:
        wellformed(len(word) <= 12, "long integer")
        return int(word)

    def refuse(word: str) -> NoReturn:
        raise BadFormat(f"floating-point number {word}")

    try:
        return json.loads(
            text.decode("utf-8") if isinstance(text, bytes) else text,
            object_pairs_hook=pairs,
            parse_int=number,
            parse_float=refuse,
            parse_constant=refuse,
        )
    except ValueError as error:
        raise BadFormat(f"not JSON: {error}") from None


def take(node: Any, *keys: str) -> list[Any]:
    """The values of an object that has exactly these keys."""
    wellformed(type(node) is dict and set(node) == set(keys), f"not an object with the keys {keys}")
    return [node[key] for key in keys]


def items(node: Any, length: int | None = None) -> list[Any]:
    wellformed(type(node) is list and length in (None, len(node)), "not a list of the right length")
    assert isinstance(node, list)
    return node


def index(node: Any, low: int = 0, high: int = 10**9) -> int:
    wellformed(type(node) is int and low <= node <= high, "not an integer in range")
    return int(node)


def indices(node: Any, length: int | None = None) -> list[int]:
    return [index(value) for value in items(node, length)]


def word(node: Any) -> str:
    wellformed(type(node) is str, "not a string")
    return str(node)


def rational(node: Any) -> fmpq:
    match = NUMBER.fullmatch(word(node))
    if match is None:
        raise BadFormat("not a rational number")
    top, bottom = match.group(1), match.group(2) or "1"
    wellformed(len(top.lstrip("-")) <= DIGITS and len(bottom) <= DIGITS, "a long number")
    wellformed(bottom.strip("0"), "denominator zero")
    return fmpq(fmpz(top), fmpz(bottom))


def is_columns(node: Any) -> bool:
    """True for columns."""
    wellformed(node in ("rows", "columns"), "neither 'rows' nor 'columns'")
    return bool(node == "columns")


class Factor(NamedTuple):
    rows: int
    columns: int
    support: list[list[int]]
