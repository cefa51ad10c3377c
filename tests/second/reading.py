"""From text to data, the shapes that values have, and the account from which all work is paid."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from itertools import accumulate
from types import SimpleNamespace
from typing import Any, NoReturn

from flint import fmpq

MOST_WORK = 14_000_000  # a unit is about a microsecond
MOST_DEPTH = 800
MOST_BYTES = 32 << 20
MOST_TERMS = 50_000
STRINGS = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
NUMBER = re.compile(r"(-?[0-9]{1,4000})(?:/([0-9]{1,4000}))?", re.ASCII)
ENGINE = re.compile(r"[A-Za-z0-9._ -]{1,60}", re.ASCII)


class Refused(Exception):
    """A step does not hold, or checking it would take too much."""


class BadFormat(Refused):
    """This is no certificate."""


class Purse:
    """What is left of the account."""

    left = MOST_WORK


def pay(amount: float) -> None:
    """Take from the account before the work is done."""
    Purse.left -= int(amount) + 1
    if Purse.left < 0:
        raise Refused("more work than a checker does")


def need(condition: object, fault: str) -> None:
    """Reject the certificate unless this holds."""
    if not condition:
        raise Refused(fault)


def wellformed(condition: object, fault: str) -> None:
    """Call the certificate malformed unless this holds."""
    if not condition:
        raise BadFormat(fault)


def parse(text: str | bytes) -> Any:
    """The JSON value, without floating-point numbers, long integers, duplicate keys and deep nesting."""

    def unique(items: list[tuple[str, Any]]) -> dict[str, Any]:
        wellformed(len({key for key, _ in items}) == len(items), "a key occurs twice")
        return dict(items)

    def short(word: str) -> int:
        wellformed(len(word) <= 12, "an integer is too long")
        return int(word)

    def refuse(word: str) -> NoReturn:
        raise BadFormat(f"{word[:20]} is no integer")

    wellformed(len(text) <= MOST_BYTES, "the text is too long")
    try:
        content = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as fault:
        raise BadFormat("the text is not UTF-8") from fault
    wellformed(not content.startswith("\ufeff"), "the text begins with a byte order mark")
    brackets = re.sub(r"[^\[\]{}]+", "", STRINGS.sub("", content)).encode()
    depths = accumulate(1 if char in b"[{" else -1 for char in brackets)
    wellformed(max(depths, default=0) <= MOST_DEPTH, "lists and objects are too deep")
    try:
        return json.loads(
            content, object_pairs_hook=unique, parse_int=short, parse_float=refuse, parse_constant=refuse
        )
    except (ValueError, RecursionError) as fault:
        raise BadFormat("the text is no JSON") from fault


class Node(SimpleNamespace):
    """An object that was read; its keys are attributes."""


class Reader:
    """Where reading stands: the nodes so far, and for the present one its variables and what it refers to."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.names: set[str] = set()
        self.below: list[Node] = []


def names_from(root: Node) -> list[str]:
    """The variables in a node and in all that it leads to."""
    found: set[str] = set()
    seen, waiting = {id(root)}, [root]
    while waiting:
        node = waiting.pop()
        pay(2 + len(node.names) / 5)
        found |= node.names
        waiting.extend(each for each in node.below if id(each) not in seen)
        seen.update(map(id, node.below))
    return sorted(found)


Shape = Callable[[Any, Reader], Any]


def follow(node: Node, steps: dict[str, Callable[[Any, Node], Any]], state: Any) -> None:
    """Take the steps from a node on; each says what is left to be shown."""
    waiting = [(node, state)]
    while waiting:
        node, state = waiting.pop()
        pay(20)
        need(node.do in steps, f"a step {node.do} is about something else")
        waiting.extend(steps[node.do](state, node))


# ---- shapes ------------------------------------------------------------------------------------------


def plain(allowed: Callable[[Any], object], what: str) -> Shape:
    """A value that is what it is."""

    def read(raw: Any, reader: Reader) -> Any:
        wellformed(allowed(raw), f"this is not {what}")
        return raw

    return read


def integer(low: int, high: int = 10**9) -> Shape:
    """An integer between two bounds."""
    return plain(lambda raw: type(raw) is int and low <= raw <= high, "an integer within the bounds")


def word(*words: str) -> Shape:
    """One of these words."""
    return plain(lambda raw: isinstance(raw, str) and raw in words, f"one of {words}")


text = plain(lambda raw: isinstance(raw, str), "a text")
boolean = plain(lambda raw: type(raw) is bool, "true or false")
engine = plain(lambda raw: isinstance(raw, str) and ENGINE.fullmatch(raw), "the name of an engine")


def number(raw: Any, reader: Reader) -> Any:
    """A rational number."""
    match = NUMBER.fullmatch(raw) if isinstance(raw, str) else None
    if match is None or int(match[2] or 1) == 0:
        raise BadFormat("a number is missing, or has the denominator zero")
    return fmpq(int(match[1]), int(match[2] or 1))


def or_null(shape: Shape) -> Shape:
    """The shape, or null."""
    return lambda raw, reader: None if raw is None else shape(raw, reader)


def either(first: Shape, second: Shape) -> Shape:
    """The second shape for text, the first one for everything else."""
    return lambda raw, reader: (second if isinstance(raw, str) else first)(raw, reader)


def many(shape: Shape, length: int | None = None) -> Shape:
    """A list, of this length."""

    def read(raw: Any, reader: Reader) -> list[Any]:
        wellformed(isinstance(raw, list) and length in (None, len(raw)), "a list is missing or has a wrong length")
        return [shape(item, reader) for item in raw]

    return read


def fixed(*shapes: Shape) -> Shape:
    """A list with one item for each shape."""

    def read(raw: Any, reader: Reader) -> tuple[Any, ...]:
        wellformed(isinstance(raw, list) and len(raw) == len(shapes), "a list is missing or has a wrong length")
        return tuple(shape(item, reader) for shape, item in zip(shapes, raw, strict=True))

    return read


def distinct(shape: Shape) -> Shape:
    """A list in which nothing occurs twice."""

    def read(raw: Any, reader: Reader) -> list[Any]:
        items = many(shape)(raw, reader)
        wellformed(len(set(items)) == len(items), "a member of a set occurs twice")
        return list(items)

    return read


def mapping(keys: int, *shapes: Shape) -> Shape:
    """A list of keys, in so many columns, with their values, without a key that occurs twice."""

    def alone(items: tuple[Any, ...]) -> Any:
        return items[0] if len(items) == 1 else items

    def read(raw: Any, reader: Reader) -> dict[Any, Any]:
        rows = many(fixed(*shapes))(raw, reader)
        found = {alone(row[:keys]): alone(row[keys:]) for row in rows}
        wellformed(len(found) == len(rows), "a key of a map occurs twice")
        return found

    return read


def keyed(raw: Any, names: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Any]:
    """An object with exactly these keys."""
    wellformed(isinstance(raw, dict), "an object is missing")
    missing, unknown = set(names) - set(raw), set(raw) - {*names, *optional}
    wellformed(not missing and not unknown, f"keys are missing or unknown: {sorted(missing | unknown)!r:.200}")
    return dict(raw)


def fields(**shapes: Shape) -> Shape:
    """An object with exactly these keys."""

    def read(raw: Any, reader: Reader) -> Node:
        raw = keyed(raw, shapes)
        return Node(**{name: shape(raw[name], reader) for name, shape in shapes.items()})

    return read


def name(raw: Any, reader: Reader) -> str:
    """The name of a variable."""
    wellformed(isinstance(raw, str) and len(raw) <= 100, "a name is missing or too long")
    reader.names.add(raw)
    return str(raw)


def monomial(raw: Any, reader: Reader) -> tuple[tuple[str, int], ...]:
    """Variables with their exponents, in an order of their own."""
    return tuple(sorted(mapping(1, name, integer(1, 1000))(raw, reader).items()))


def polynomial(raw: Any, reader: Reader) -> dict[tuple[tuple[str, int], ...], Any]:
    """Monomials with their coefficients."""
    terms = many(fixed(number, monomial))(raw, reader)
    found = {powers: value for value, powers in terms}
    wellformed(len(found) == len(terms) <= MOST_TERMS, "a monomial occurs twice, or there are too many")
    return found
