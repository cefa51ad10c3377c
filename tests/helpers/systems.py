"""Readers for what is exported to other systems: small strict grammars, written apart from the writers.

Each reader takes the whole text, refuses what its grammar does not know, and gives a formula back whose names are those
of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from closedness.engines.sentences.logic import And, Atom, Formula, Not, Or, Quantified
from closedness.engines.sentences.polynomials import Poly

__all__ = ["Unreadable", "polynomial", "read_formula"]


class Unreadable(ValueError):
    """The text is not of the grammar."""


@dataclass
class _Tokens:
    text: str
    words: list[str]
    place: int = 0

    @classmethod
    def of(cls, text: str, symbols: list[str]) -> _Tokens:
        pattern = "|".join([*map(re.escape, sorted(symbols, key=len, reverse=True)), r"[A-Za-z][A-Za-z0-9]*", r"\d+"])
        words, end = [], 0
        for found in re.finditer(rf"\s*({pattern})", text):
            if found.start() != end:
                raise Unreadable(f"cannot read {text[end : end + 30]!r}")
            words.append(found[1])
            end = found.end()
        if text[end:].strip():
            raise Unreadable(f"cannot read {text[end : end + 30]!r}")
        return cls(text, words)

    @property
    def next(self) -> str:
        return self.words[self.place] if self.place < len(self.words) else ""

    def take(self, *expected: str) -> str:
        word = self.next
        if not word or (expected and word not in expected):
            raise Unreadable(f"{word!r} where one of {expected} was expected (token {self.place})")
        self.place += 1
        return word

    def skip(self, word: str) -> bool:
        if self.next != word:
            return False
        self.place += 1
        return True


RELATIONS = {"=": "=", "==": "=", "<>": "!=", "!=": "!=", "/=": "!=", "<": "<", "<=": "<="}


def _name(tokens: _Tokens) -> str:
    word = tokens.take()
    if not word[0].isalpha():
        raise Unreadable(f"{word!r} is no name")
    return word


def _polynomial(tokens: _Tokens, times: str) -> Poly:
    total: dict[tuple[str, ...], Fraction] = {}
    first = True
    while True:
        sign = 1
        if first:
            sign = -1 if tokens.skip("-") else 1
        elif tokens.next in ("+", "-"):
            sign = -1 if tokens.take() == "-" else 1
        else:
            return Poly.of(total)
        first = False
        value, names = Fraction(sign), []
        while True:
            if tokens.next.isdigit():
                number = Fraction(int(tokens.take()))
                if tokens.skip("/"):
                    number /= int(tokens.take())
                value *= number
            else:
                names.append(_name(tokens))
            if times:
                if not tokens.skip(times):
                    break
            elif not (tokens.next[:1].isalnum()):
                break
        key = tuple(sorted(names))
        total[key] = total.get(key, Fraction(0)) + value


def polynomial(text: str) -> Poly:
    """A polynomial with ``*`` as the sign of multiplication."""
    tokens = _Tokens.of(text, ["+", "-", "*", "/"])
    found = _polynomial(tokens, "*")
    if tokens.next:
        raise Unreadable(f"more text: {tokens.next!r}")
    return found


def _atom(tokens: _Tokens, times: str = "*") -> Formula:
    left = _polynomial(tokens, times)
    relation = RELATIONS[tokens.take(*RELATIONS)]
    return Atom(left, relation, _polynomial(tokens, times))  # type: ignore[arg-type]


def _listed(tokens: _Tokens, start: str, end: str) -> tuple[str, ...]:
    tokens.take(start)
    names = [_name(tokens)]
    while tokens.take(",", end) == ",":
        names.append(_name(tokens))
    return tuple(names)


def _joined(tokens: _Tokens, part: Callable[[], Formula], conjunction: str, disjunction: str, end: str) -> Formula:
    """Parts between the signs of one connective; both in one pair of brackets are refused."""
    parts = [part()]
    sign = tokens.take(conjunction, disjunction, end)
    connective = sign
    while sign != end:
        if sign != connective:
            raise Unreadable("two connectives without brackets")
        parts.append(part())
        sign = tokens.take(conjunction, disjunction, end)
    if connective == end:
        return parts[0]
    return And(tuple(parts)) if connective == conjunction else Or(tuple(parts))


def _redlog(tokens: _Tokens) -> Formula:
    if tokens.next in ("ex", "all"):
        kind = tokens.take()
        tokens.take("(")
        names = _listed(tokens, "{", "}")
        tokens.take(",")
        body = _redlog(tokens)
        tokens.take(")")
        return Quantified("exists" if kind == "ex" else "forall", names, body)
    if tokens.skip("not"):
        tokens.take("(")
        inner = _redlog(tokens)
        tokens.take(")")
        return Not(inner)
    if tokens.next in ("true", "false"):
        return And(()) if tokens.take() == "true" else Or(())
    if tokens.skip("("):
        return _joined(tokens, lambda: _redlog(tokens), "and", "or", ")")
    return _atom(tokens)


def _mathematica(tokens: _Tokens) -> Formula:
    if tokens.next in ("Exists", "ForAll"):
        kind = tokens.take()
        tokens.take("[")
        names = _listed(tokens, "{", "}")
        tokens.take(",")
        body = _mathematica(tokens)
        tokens.take("]")
        return Quantified("exists" if kind == "Exists" else "forall", names, body)
    if tokens.skip("!"):
        tokens.take("(")
        inner = _mathematica(tokens)
        tokens.take(")")
        return Not(inner)
    if tokens.next in ("True", "False"):
        return And(()) if tokens.take() == "True" else Or(())
    if tokens.skip("("):
        return _joined(tokens, lambda: _mathematica(tokens), "&&", "||", ")")
    return _atom(tokens)


def _maple(tokens: _Tokens) -> Formula:
    if tokens.next in ("exists", "forall"):
        kind = tokens.take()
        tokens.take("(")
        names = _listed(tokens, "[", "]")
        tokens.take(",")
        body = _maple(tokens)
        tokens.take(")")
        return Quantified("exists" if kind == "exists" else "forall", names, body)
    if tokens.next in ("And", "Or", "Not"):
        kind = tokens.take()
        tokens.take("(")
        parts = [_maple(tokens)]
        while tokens.take(",", ")") == ",":
            parts.append(_maple(tokens))
        if kind == "Not":
            if len(parts) != 1:
                raise Unreadable("Not of several parts")
            return Not(parts[0])
        return And(tuple(parts)) if kind == "And" else Or(tuple(parts))
    if tokens.next in ("true", "false"):
        return And(()) if tokens.take() == "true" else Or(())
    return _atom(tokens)


def _regular_chains(tokens: _Tokens) -> Formula:
    if tokens.next in ("&E", "&A"):
        kind = tokens.take()
        tokens.take("(")
        names = _listed(tokens, "[", "]")
        tokens.take(")")
        tokens.take(",")
        return Quantified("exists" if kind == "&E" else "forall", names, _regular_chains(tokens))
    if tokens.skip("&not"):
        tokens.take("(")
        inner = _regular_chains(tokens)
        tokens.take(")")
        return Not(inner)
    if tokens.skip("("):
        return _joined(tokens, lambda: _regular_chains(tokens), "&and", "&or", ")")
    return _atom(tokens)


def _qepcad(tokens: _Tokens) -> Formula:
    if tokens.skip("("):
        kind = tokens.take("E", "A")
        name = _name(tokens)
        tokens.take(")")
        return Quantified("exists" if kind == "E" else "forall", (name,), _qepcad(tokens))
    if tokens.skip("~"):
        tokens.take("[")
        inner = _qepcad(tokens)
        tokens.take("]")
        return Not(inner)
    if tokens.skip("["):
        return _joined(tokens, lambda: _qepcad(tokens), "/\\", "\\/", "]")
    return _atom(tokens, "")


_ARITHMETIC = ["+", "-", "/", ",", "(", ")"]
_GRAMMARS: dict[str, tuple[Callable[[_Tokens], Formula], list[str], str]] = {
    "redlog": (_redlog, [*_ARITHMETIC, "*", "{", "}", "=", "<>", "<", "<="], r"phi := (.*?);\nrlqe phi;"),
    "mathematica": (
        _mathematica,
        [*_ARITHMETIC, "*", "{", "}", "[", "]", "==", "!=", "<", "<=", "&&", "||", "!"],
        r"Resolve\[(.*), Reals\]\n",
    ),
    "maple": (_maple, [*_ARITHMETIC, "*", "[", "]", "=", "<>", "<", "<="], r"phi := (.*?):\nQuantifierElimination:-"),
    "regular-chains": (
        _regular_chains,
        [*_ARITHMETIC, "*", "[", "]", "=", "<>", "<", "<=", "&E", "&A", "&and", "&or", "&not"],
        r"psi := (.*?):\nRegularChains:-",
    ),
    "qepcad": (
        _qepcad,
        [*_ARITHMETIC, "[", "]", "=", "/=", "<", "<=", "/\\", "\\/", "~"],
        r"\A\[[^\[\]]*\]\n\([A-Za-z0-9,]*\)\n0\n(.*)\.\nfinish\n\Z",
    ),
}


def read_formula(text: str, grammar: str) -> Formula:
    """The sentence in an exported text."""
    read, symbols, place = _GRAMMARS[grammar]
    found = re.findall(place, text, re.DOTALL)
    if len(found) != 1:
        raise Unreadable(f"{len(found)} sentences")
    tokens = _Tokens.of(found[0], symbols)
    formula = read(tokens)
    if tokens.next:
        raise Unreadable(f"more text: {tokens.next!r}")
    return formula
