"""Translate certificates of "not closed" into tables for ``Limit.v``.

``python proofs/translate.py CERTIFICATE... > Stored.v`` writes for each certificate about two factors a theorem
that its set is not closed, which Coq proves by computing ``check``. Nothing here is trusted: a wrong translation
does not compute to ``true``. With ``--minimal`` the certificates are those of the minimal patterns that the library
carries; they stand in ``not_closed.jsonl.gz``, so no library is needed. ``--store`` writes that file, with the library.

The refutation of a certificate (``docs/certificate-format.md``) has steps that that of ``Refutation.v`` does without;
what a step may do silently is spelled out:

* an equation divided by a power of non-zero variables is a case distinction whose other case closes at once;
* a variable that vanishes is an equation, and what it makes of the other equations is derived.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from pathlib import Path
from typing import Any, NamedTuple

Monomial = tuple[tuple[str, int], ...]
Poly = dict[Monomial, Fraction]
Combination = list[tuple[int, Poly]]  # positions of equations, and multipliers
Wrapper = Callable[[str], str]  # puts a node around the tree that follows it
ONE: Poly = {(): Fraction(1)}


class Untranslatable(Exception):
    """The certificate is not of the kind that is translated."""


# ---- polynomials ----------------------------------------------------------------------------------


def monomial(powers: dict[str, int]) -> Monomial:
    return tuple(sorted((name, e) for name, e in powers.items() if e))


def times_monomial(a: Monomial, b: Monomial) -> Monomial:
    powers = dict(a)
    for name, e in b:
        powers[name] = powers.get(name, 0) + e
    return monomial(powers)


def over_monomial(a: Monomial, b: Monomial) -> Monomial:
    """The quotient; `b` divides `a`."""
    powers = dict(a)
    for name, e in b:
        powers[name] = powers.get(name, 0) - e
        if powers[name] < 0:
            raise Untranslatable("a division that leaves a rest")
    return monomial(powers)


def plus(a: Poly, b: Poly, factor: int | Fraction = 1) -> Poly:
    total = dict(a)
    for m, c in b.items():
        total[m] = total.get(m, Fraction(0)) + factor * c
    return {m: c for m, c in total.items() if c}


def times(a: Poly, b: Poly) -> Poly:
    total: Poly = {}
    for m, c in a.items():
        for n, d in b.items():
            key = times_monomial(m, n)
            total[key] = total.get(key, Fraction(0)) + c * d
    return {m: c for m, c in total.items() if c}


def power(a: Poly, exponent: int) -> Poly:
    return reduce(times, [a] * exponent, ONE)


def variable(name: str) -> Poly:
    return {((name, 1),): Fraction(1)}


def by_degree(poly: Poly, name: str) -> dict[int, Poly]:
    parts: dict[int, Poly] = {}
    for m, c in poly.items():
        rest = tuple(pair for pair in m if pair[0] != name)
        parts.setdefault(dict(m).get(name, 0), {})[rest] = c
    return parts


def without(poly: Poly, name: str) -> Poly:
    """Put 0 for a variable."""
    return {m: c for m, c in poly.items() if name not in dict(m)}


def divided(poly: Poly, names: Iterable[str]) -> Poly:
    """Without the powers of these variables that divide it."""
    low: dict[str, int] | None = None
    known = set(names)
    for m in poly:
        powers = {name: e for name, e in m if name in known}
        low = powers if low is None else {name: min(e, powers[name]) for name, e in low.items() if name in powers}
    return {over_monomial(m, monomial(low)): c for m, c in poly.items()} if low else poly


def primitive(poly: Poly) -> Poly:
    """An integer multiple without a common divisor of the coefficients."""
    scale = lcm(*(c.denominator for c in poly.values()))
    content = gcd(*(int(c * scale) for c in poly.values())) or 1
    return {m: c * scale / content for m, c in poly.items()}


def proportional(a: Poly, b: Poly) -> bool:
    if not a or a.keys() != b.keys():
        return False
    first = next(iter(a))
    return all(c * b[first] == a[first] * b[m] for m, c in a.items())


def read(node: Any) -> Poly:
    return {monomial(dict(powers)): Fraction(c) for c, powers in node if Fraction(c)}


# ---- what is printed ------------------------------------------------------------------------------


class Printer(NamedTuple):
    """Numbers of variables, for factors of sizes m x r and r x n."""

    m: int
    r: int
    n: int

    def number(self, name: str) -> int:
        if not re.fullmatch(r"[01]:\d+:\d+", name):
            raise Untranslatable(f"the name {name!r} is no entry")
        level, i, j = map(int, name.split(":"))
        return i * self.r + j if level == 0 else self.m * self.r + i * self.n + j

    def poly(self, poly: Poly) -> str:
        terms = []
        for m, c in poly.items():
            names = sorted(self.number(name) for name, e in m for _ in range(e))
            terms.append(f"({integer(c)}, {naturals(names)})")
        return listed(terms)

    def combination(self, terms: Combination) -> str:
        return listed(f"({position}%nat, {self.poly(multiplier)})" for position, multiplier in terms)


def integer(value: int | Fraction) -> str:
    if Fraction(value).denominator != 1:
        raise Untranslatable("a number that is no integer")
    return f"({int(value)})%Z"


def naturals(values: Iterable[int]) -> str:
    return listed(f"{value}%nat" for value in values)


def listed(parts: Iterable[str]) -> str:
    return f"[{'; '.join(parts)}]"


# ---- refutations ----------------------------------------------------------------------------------


class State:
    """What both sides know at a node.

    ``equations`` and ``nonzero`` are those of the translation, ``shown`` the relations of the certificate by number
    with the positions of their translations, ``count`` how many it has had, ``known`` the variables among its units,
    ``place`` their positions in ``nonzero``, ``unit_place`` those of its numbered units.
    """

    def __init__(self) -> None:
        self.equations: list[Poly] = []
        self.nonzero: list[Poly] = []
        self.shown: dict[int, tuple[Poly, int]] = {}
        self.count: list[None] = []
        self.unit_place: list[int] = []
        self.known: set[str] = set()
        self.place: dict[str, int] = {}

    def copy(self) -> State:
        other = State()
        for key, value in vars(self).items():
            setattr(other, key, value.copy())
        return other

    def add(self, poly: Poly, position: int | None) -> None:
        """The next relation of the certificate."""
        if position is not None and poly:
            self.shown[len(self.count)] = (poly, position)
        self.count.append(None)

    def units(self, m: Monomial) -> list[int]:
        """A monomial in non-zero variables as a list of positions."""
        for name, _ in m:
            if name not in self.place:
                raise Untranslatable(f"{name} is not known to be non-zero")
        return [self.place[name] for name, e in m for _ in range(e)]


class Translator:
    """Follow the table of a refutation."""

    def __init__(self, nodes: list[Any], printer: Printer) -> None:
        self.nodes = nodes
        self.printer = printer
        self.squares = False

    def close(self, state: State, terms: Combination, more: tuple[int, ...] = ()) -> str:
        """The combination is a number times non-zero variables times the given non-zero polynomials."""
        total = reduce(plus, (times(h, state.equations[position]) for position, h in terms), {})
        extra = reduce(times, (state.nonzero[position] for position in more), ONE)
        first = next(iter(extra))
        for m, c in total.items():
            try:
                quotient = over_monomial(m, first)
            except Untranslatable:
                continue
            number = c / extra[first]
            if times({quotient: number}, extra) == total:
                scale = lcm(number.denominator, *(v.denominator for _, h in terms for v in h.values()))
                whole = [(position, {n: v * scale for n, v in h.items()}) for position, h in terms]
                units = naturals([*more, *state.units(quotient)])
                return f"(RClose {self.printer.combination(whole)} {integer(number * scale)} {units})"
        raise Untranslatable("an equation that is no contradiction")

    def derive(self, state: State, terms: Combination, around: list[Wrapper]) -> int:
        """A combination becomes an equation; its position."""
        scale = lcm(*(v.denominator for _, h in terms for v in h.values()))
        whole = [(position, {m: v * scale for m, v in h.items()}) for position, h in terms]
        state.equations.append(reduce(plus, (times(h, state.equations[position]) for position, h in whole), {}))
        text = self.printer.combination(whole)
        around.append(lambda tree: f"(RDerive {text} {tree})")
        return len(state.equations) - 1

    def divide(self, state: State, position: int, wanted: Poly, around: list[Wrapper]) -> int:
        """Some equation is the wanted one times units: make it an equation; its position."""
        wanted = primitive(wanted)
        if proportional(state.equations[position], wanted):
            return position
        other = state.copy()
        other.nonzero.append(wanted)
        closed = self.close(other, [(position, ONE)], (len(other.nonzero) - 1,))
        state.equations.append(wanted)
        text = self.printer.poly(wanted)
        around.append(lambda tree: f"(RSplit {text} {tree} {closed})")
        return len(state.equations) - 1

    def vanish(self, state: State, name: str, zero: int, around: list[Wrapper]) -> None:
        """Put 0 for a variable in all equations; `zero` is the position of the equation that says so."""
        state.known.discard(name)
        for label, (poly, position) in list(state.shown.items()):
            if name not in {v for m in poly for v, _ in m}:
                continue
            left = divided(without(poly, name), state.known)
            if not left:
                del state.shown[label]
                continue
            whole = state.equations[position]
            quotient = {over_monomial(m, ((name, 1),)): -c for m, c in whole.items() if name in dict(m)}
            position = self.derive(state, [(position, ONE), (zero, quotient)], around)
            position = self.divide(state, position, left, around)
            state.shown[label] = (left, position)

    def go(self, number: int, state: State) -> str:
        """The translation of a node, for what is known there."""
        node = self.nodes[number]
        kind = node["do"]
        if kind == "split":
            return self._split(node, state)
        around: list[Wrapper] = []
        if kind == "close":
            tree = self._close(node, state)
        else:
            if kind == "derive":
                whole, total = self._terms(node, state)
                position = self.derive(state, whole, around)
                left = divided(total, state.known)
                state.add(left, self.divide(state, position, left, around) if left else None)
            else:
                raise Untranslatable(f"step {kind!r}")
            tree = self.go(node["then"], state)
        return wrapped(around, tree)

    def _split(self, node: Any, state: State) -> str:
        poly = read(node["on"])
        zero, nonzero = state.copy(), state.copy()
        name = next((m[0][0] for m in poly if m and poly == variable(m[0][0])), "")
        whole = poly if name else primitive(divided(poly, state.known))
        if not whole or whole.keys() <= {()}:
            raise Untranslatable("a distinction by a constant")
        zero.equations.append(whole)
        last = len(zero.equations) - 1
        nonzero.nonzero.append(whole)
        around: list[Wrapper] = []
        if name:
            nonzero.place[name] = len(nonzero.nonzero) - 1
            nonzero.known.add(name)
            self.vanish(zero, name, last, around)
        else:
            nonzero.unit_place.append(len(nonzero.nonzero) - 1)
            zero.add(divided(poly, state.known), last)
        first = wrapped(around, self.go(node["zero"], zero))
        return f"(RSplit {self.printer.poly(whole)} {first} {self.go(node['nonzero'], nonzero)})"

    def _close(self, node: Any, state: State) -> str:
        powers = node["value"][1]
        if not node["terms"]:
            # a variable that is not zero was put to zero
            for name, _ in powers:
                if type(name) is str and variable(name) in state.equations:
                    return self.close(state, [(state.equations.index(variable(name)), ONE)])
        whole, _ = self._terms(node, state)
        if node["squares"]:
            return self._squares(node, state, whole)
        more = [state.unit_place[name] for name, e in powers if type(name) is int for _ in range(e)]
        return self.close(state, whole, tuple(more))

    def _terms(self, node: Any, state: State) -> tuple[Combination, Poly]:
        """A combination, and what the certificate has in its place."""
        total: Poly = {}
        terms: Combination = []
        for number, written in node["terms"]:
            if number in state.shown:
                (poly, position), multiplier = state.shown[number], read(written)
                total = plus(total, times(poly, multiplier))
                equation = state.equations[position]
                first = next(iter(poly))
                ratio = poly[first] / equation[first]
                terms.append((position, {m: c * ratio for m, c in multiplier.items()}))
        return terms, total

    def _squares(self, node: Any, state: State, terms: Combination) -> str:
        self.squares = True
        total = reduce(plus, (times(h, state.equations[position]) for position, h in terms), {})
        squares = []
        for weight, root in node["squares"]:
            poly = read(root)
            if poly and Fraction(weight):
                total = plus(total, times(poly, poly), -Fraction(weight))
                scale = lcm(*(c.denominator for c in poly.values()))
                squares.append((Fraction(weight) / scale**2, {m: c * scale for m, c in poly.items()}))
        ((rest, number),) = total.items()
        denominators = [v.denominator for _, h in terms for v in h.values()] + [w.denominator for w, _ in squares]
        scale = lcm(number.denominator, *denominators)
        whole = [(position, {m: v * scale for m, v in h.items()}) for position, h in terms]
        units = naturals(state.units(tuple((name, e // 2) for name, e in rest)))
        listed_squares = listed(f"({integer(w * scale)}, {self.printer.poly(q)})" for w, q in squares)
        return f"(RCloseSquares {self.printer.combination(whole)} {integer(number * scale)} {units} {listed_squares})"


def wrapped(around: list[Wrapper], tree: str) -> str:
    for wrap in reversed(around):
        tree = wrap(tree)
    return tree


# ---- certificates ---------------------------------------------------------------------------------


def matrix(entry: Callable[[int, int], str], rows: int, columns: int) -> str:
    return listed(listed(entry(i, j) for j in range(columns)) for i in range(rows))


def curve(proof: Any, hidden: int) -> tuple[dict[Any, Any], dict[Any, Any], int, int]:
    """Factors with integer coefficients: the right one without negative powers, the left one over scale * t^pole."""
    left, right = (
        {(i, j): {e: Fraction(v) for e, v in terms if Fraction(v)} for i, j, terms in factor}
        for factor in proof["curve"]
    )
    for k in range(hidden):
        row = [terms for (level, _), terms in right.items() if level == k and terms]
        shift = min((min(terms) for terms in row), default=0)
        scale = lcm(*(c.denominator for terms in row for c in terms.values()))
        for (level, j), terms in list(right.items()):
            if level == k:
                right[level, j] = {e - shift: c * scale for e, c in terms.items()}
        for (i, level), terms in list(left.items()):
            if level == k:
                left[i, level] = {e + shift: c / scale for e, c in terms.items()}
    pole = max(0, -min((min(terms) for terms in left.values() if terms), default=0))
    scale = lcm(*(c.denominator for terms in left.values() for c in terms.values()))
    left = {cell: {e + pole: c * scale for e, c in terms.items()} for cell, terms in left.items()}
    return left, right, pole, scale


def truth(rows: list[set[int]], m: int, n: int) -> str:
    return matrix(lambda i, j: str(j in rows[i]).lower(), m, n)


def entries(factor: dict[Any, Any], m: int, n: int) -> str:
    return matrix(lambda i, j: coefficients(factor.get((i, j), {})), m, n)


def coefficients(terms: dict[int, Fraction]) -> str:
    return listed(integer(terms.get(e, Fraction(0))) for e in range(max(terms, default=-1) + 1))


class Tables(NamedTuple):
    """A certificate in the notation of Coq: sizes, supports and the table; whether it needs an ordered field."""

    sizes: tuple[int, int, int]
    left: str
    right: str
    certificate: str
    real: bool

    def text(self) -> str:
        """What ``driver.ml`` reads."""
        m, r, n = self.sizes
        return f"{m} {r} {n} {'real' if self.real else 'any'}\n{self.left}\n{self.right}\n({self.certificate})\n"


def translate(certificate: Any, name: str) -> str:
    """The Coq text of one certificate.

    Raises
    ------
    Untranslatable
        For other claims, more factors, and steps without translation.
    """
    found = tables(certificate)
    m, r, n = found.sizes
    field, theorem = ("realFieldType", "not_closed_real") if found.real else ("numFieldType", "not_closed_any")
    return f"""
Definition {name}_left := {found.left}.
Definition {name}_right := {found.right}.
Definition {name}_certificate := {found.certificate}.
Theorem {name} (F : {field}) : ~ closed (@table_products F {m} {n} {r} {name}_left {name}_right).
Proof. apply: ({theorem} (c := {name}_certificate)); vm_cast_no_check (eq_refl true). Qed.
"""


def tables(certificate: Any) -> Tables:
    """The tables of one certificate.

    Raises
    ------
    Untranslatable
        For other claims, more factors, and steps without translation.
    """
    factors = certificate["problem"].get("factors", [])
    if certificate["proof"].get("rule") != "limit":
        raise Untranslatable("another claim")
    if len(factors) != 2:
        raise Untranslatable(f"{len(factors)} factors")
    refutation = certificate["proof"]["refutation"]
    if refutation["do"] != "equations":
        raise Untranslatable(f"a refutation by {refutation['do']}")
    (m, r), n = factors[0]["shape"], factors[1]["shape"][1]
    supports = [[set(row) for row in factor["rows"]] for factor in factors]
    target = {(i, j): Fraction(v) for i, j, v in certificate["proof"]["target"]}
    denominator = lcm(*(v.denominator for v in target.values()))
    state = State()
    found: dict[tuple[int, int], tuple[Poly, int]] = {}
    for i in range(m):
        for j in range(n):
            poly: Poly = {}
            if target.get((i, j)):
                poly[()] = -target[i, j] * denominator
            for k in range(r):
                if k in supports[0][i] and j in supports[1][k]:
                    poly[monomial({f"0:{i}:{k}": 1, f"1:{k}:{j}": 1})] = Fraction(denominator)
            found[i, j] = ({q: c / denominator for q, c in poly.items()}, len(state.equations))
            state.equations.append(poly)
    for i, j in refutation["cells"]:
        state.add(*found[i, j])
    translator = Translator(refutation["nodes"], Printer(m, r, n))
    tree = translator.go(len(refutation["nodes"]) - 1, state)
    left, right, pole, scale = curve(certificate["proof"], r)
    numerators = matrix(lambda i, j: integer(target.get((i, j), Fraction(0)) * denominator), m, n)
    curves = [entries(left, m, r), entries(right, r, n)]
    text = f"""Certificate {integer(denominator)} {numerators}
  {pole}%nat {integer(scale)}
  {curves[0]}
  {curves[1]}
  {tree}"""
    return Tables((m, r, n), truth(supports[0], m, r), truth(supports[1], r, n), text, translator.squares)


HEADER = """(* Written by translate.py; do not edit. *)
From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Refutation Limit.
From Coq Require Import ZArith List.  (* last: numbers with %Z are those of Coq *)
Import ListNotations.
"""


def identifier(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9]", "_", path.name.removesuffix(".json"))


STORE = Path(__file__).parent / "not_closed.jsonl.gz"


def stored() -> list[tuple[str, Any]]:
    """The certificates of the minimal patterns that the library carries."""
    return [(name, certificate) for name, certificate in map(json.loads, gzip.open(STORE, "rt", encoding="utf-8"))]


def from_library() -> Iterator[tuple[str, Any]]:
    """The same, from the tables of the library."""
    from cases.atlas.theorem import certificate_of_minimal
    from closedness.rules.limits.subpattern import minimal_patterns

    for hidden in (3, 4):
        for number, pattern in enumerate(minimal_patterns(hidden)):
            yield f"minimal_{hidden}_{number}", json.loads(certificate_of_minimal(pattern).to_json())


def store() -> bytes:
    """The content of the store."""
    lines = [json.dumps(named, separators=(",", ":"), sort_keys=True) for named in from_library()]
    return gzip.compress("\n".join(lines).encode(), 9, mtime=0)


def collected(certificates: list[tuple[str, Any]]) -> str:
    """The patterns with at most three hidden indices as one table of which all entries are not closed."""
    entries, names = [], []
    for name, certificate in certificates:
        if name.startswith("minimal_3_"):
            (m, r), (_, n) = (factor["shape"] for factor in certificate["problem"]["factors"])
            entries.append(f"StoredTable {m} {r} {n} {name}_left {name}_right")
            names.append(name)
    proof = "I"
    for name in reversed(names):
        proof = f"(conj ({name} F) {proof})"
    return f"""
Definition not_closed_tables := {listed(entries)}%list.
Theorem tables_not_closed (F : numFieldType) : all_tables (fun e => ~ table_closed F e) not_closed_tables.
Proof. exact {proof}. Qed.
"""


def main(arguments: list[str]) -> int:
    """Translate the files named; what cannot be translated is named on standard error.

    If nothing was translated, that is an error: a build that proves nothing must not look like one that does.
    """
    sys.setrecursionlimit(100_000)
    if arguments == ["--store"]:
        STORE.write_bytes(store())
        return 0
    named: Iterable[tuple[str, Any]]
    if arguments == ["--minimal"]:
        named = stored()
    else:
        named = ((identifier(path), json.loads(path.read_text(encoding="utf-8"))) for path in map(Path, arguments))
    sys.stdout.write(HEADER)
    if arguments == ["--minimal"]:
        sys.stdout.write("From Closedness Require Import Classification.\n")
    done, skipped = 0, []
    for name, certificate in named:
        if certificate.get("claim") != "not_closed":
            continue
        try:
            sys.stdout.write(translate(certificate, name))
            done += 1
        except Untranslatable as error:
            skipped.append(f"{name}: {error}")
    if arguments == ["--minimal"]:
        sys.stdout.write(collected(stored()))
    sys.stderr.write(f"{done} certificates translated, {len(skipped)} left out\n")
    if not done:
        sys.stderr.write("nothing was translated: name certificates of not closed pairs of factors\n")
    sys.stderr.writelines(f"  {line}\n" for line in skipped)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
