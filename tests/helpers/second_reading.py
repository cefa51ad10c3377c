"""Reading certificates strictly, for the second checker: the values of ``docs/certificate-format.md``."""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import Any, NamedTuple, NoReturn

from flint import fmpq, fmpz

NUMBER = re.compile(r"(-?[0-9]+)(?:/([0-9]+))?", re.ASCII)
DIGITS = 4000
BYTES = 1 << 25
LETTERS = 100  # of a variable's name
NESTED = 800  # lists and objects inside each other
# whole strings, and what stands between brackets and strings; possessive, so that no text takes long
PLAIN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[^][{}"]++', re.DOTALL)


class Refused(Exception):
    """The certificate does not prove its claim."""


class TooCostly(Refused):
    """The certificate would take too long or too much memory."""


class BadFormat(Refused):
    """The text is not a certificate."""


class Purse:
    """Work that is left in one check. A unit is about a microsecond, or a hundred bytes."""

    full = 8_000_000
    left = full


def pay(amount: int) -> None:
    """Pay before time or memory are used."""
    Purse.left -= amount
    if Purse.left < 0:
        raise TooCostly("too much work")


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

    Purse.left = Purse.full + 10 * len(text)
    wellformed(len(text) <= BYTES, "too long")
    try:
        plain = text.decode("utf-8") if isinstance(text, bytes) else text
        pay(sum(plain.count(mark) for mark in '[{,"'))
        # before the text is read: a library may have raised the limit of Python beyond what the stack holds
        steps = (1 if mark in "[{" else -1 for mark in PLAIN.sub("", plain))
        wellformed(max(accumulate(steps), default=0) <= NESTED, "nested too deeply")
        return json.loads(
            plain,
            object_pairs_hook=pairs,
            parse_int=number,
            parse_float=refuse,
            parse_constant=refuse,
        )
    except ValueError as error:
        raise BadFormat(f"not JSON: {error}") from None


def take(node: Any, *keys: str) -> list[Any]:
    """The values of an object that has exactly these keys."""
    pay(1)
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
    pay(len(items(node)))
    return [index(value) for value in items(node, length)]


def distinct(node: Any) -> list[int]:
    """The elements of a set."""
    found = indices(node)
    wellformed(len(set(found)) == len(found), "an element twice")
    return found


def word(node: Any) -> str:
    wellformed(type(node) is str and len(node) <= LETTERS, "not a string, or a long one")
    return str(node)


def rational(node: Any) -> fmpq:
    match = NUMBER.fullmatch(node) if type(node) is str else None
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
