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
from itertools import pairwise
from math import gcd, lcm
from pathlib import Path
from typing import Any, NamedTuple

from rational import Impossible
from refuted import refuted

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
    """Numbers of variables, for factors of these shapes: those of the first one come first, row by row."""

    shapes: tuple[tuple[int, int], ...]

    def number(self, name: str) -> int:
        if not re.fullmatch(r"[0-9]+:[0-9]+:[0-9]+", name) or int(name.split(":")[0]) >= len(self.shapes):
            raise Untranslatable(f"the name {name!r} is no entry")
        level, i, j = map(int, name.split(":"))
        return sum(m * n for m, n in self.shapes[:level]) + i * self.shapes[level][1] + j

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
    """Follow a refutation in the table of a proof."""

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


def curve(proof: Any, widths: list[int]) -> tuple[list[dict[Any, Any]], int, int]:
    """Factors with integer coefficients: all but the first without negative powers, that one over scale * t^pole."""
    factors = [
        {(i, j): {e: Fraction(v) for e, v in terms if Fraction(v)} for i, j, terms in factor}
        for factor in proof["curve"]
    ]
    for before, after, hidden in zip(factors[-2::-1], factors[:0:-1], widths[::-1], strict=True):
        for k in range(hidden):
            row = [terms for (level, _), terms in after.items() if level == k and terms]
            shift = min((min(terms) for terms in row), default=0)
            scale = lcm(*(c.denominator for terms in row for c in terms.values()))
            for (level, j), terms in list(after.items()):
                if level == k:
                    after[level, j] = {e - shift: c * scale for e, c in terms.items()}
            for (i, level), terms in list(before.items()):
                if level == k:
                    before[i, level] = {e + shift: c / scale for e, c in terms.items()}
    first = factors[0]
    pole = max(0, -min((min(terms) for terms in first.values() if terms), default=0))
    scale = lcm(*(c.denominator for terms in first.values() for c in terms.values()))
    factors[0] = {cell: {e + pole: c * scale for e, c in terms.items()} for cell, terms in first.items()}
    return factors, pole, scale


def truth(rows: list[set[int]], m: int, n: int) -> str:
    return matrix(lambda i, j: str(j in rows[i]).lower(), m, n)


def entries(factor: dict[Any, Any], m: int, n: int) -> str:
    return matrix(lambda i, j: coefficients(factor.get((i, j), {})), m, n)


def coefficients(terms: dict[int, Fraction]) -> str:
    return listed(integer(terms.get(e, Fraction(0))) for e in range(max(terms, default=-1) + 1))


class Tables(NamedTuple):
    """A certificate in the notation of Coq: sizes, supports and the table; whether it needs an ordered field."""

    sizes: tuple[int, ...]
    supports: list[str]
    certificate: str
    real: bool
    chain: bool

    def links(self) -> str:
        """The factors after the first one."""
        return listed(f"({size}%nat, {rows})" for size, rows in zip(self.sizes[1:-1], self.supports[1:], strict=True))

    def text(self) -> str:
        """What ``driver.ml`` reads."""
        word = "real" if self.real else "any"
        if self.chain:
            first = f"chain {word} {self.sizes[0]} {self.sizes[-1]}\n{self.supports[0]}"
            return f"{first}\n{self.links()}\n({self.certificate})\n"
        m, r, n = self.sizes
        return f"{word} {m} {r} {n}\n{self.supports[0]}\n{self.supports[1]}\n({self.certificate})\n"


def translate(certificate: Any, name: str) -> str:
    """The Coq text of one certificate.

    Raises
    ------
    Untranslatable
        For other claims, and steps without translation.
    """
    found = tables(certificate)
    field, theorem = ("realFieldType", "not_closed_real") if found.real else ("numFieldType", "not_closed_any")
    if found.chain:
        given = f"Definition {name}_left := {found.supports[0]}.\nDefinition {name}_links := {found.links()}."
        claim = f"~ closed (@chain_products F _ _ (build {found.sizes[0]} {name}_left {name}_links {found.sizes[-1]}))"
        theorem = f"chain_{theorem}"
    else:
        m, r, n = found.sizes
        given = f"Definition {name}_left := {found.supports[0]}.\nDefinition {name}_right := {found.supports[1]}."
        claim = f"~ closed (@table_products F {m} {n} {r} {name}_left {name}_right)"
    return f"""
{given}
Definition {name}_certificate := {found.certificate}.
Theorem {name} (F : {field}) : {claim}.
Proof. apply: ({theorem} (c := {name}_certificate)); vm_cast_no_check (eq_refl true). Qed.
"""


def merged(supports: list[list[set[int]]], sizes: list[int]) -> list[list[set[int]]]:
    """The supports of the products of groups of neighbours."""
    groups, position = [], 0
    for size in sizes:
        group = supports[position : position + size]
        groups.append(reduce(lambda a, b: [set().union(*(b[k] for k in row)) for row in a], group))
        position += size
    return groups


def entry_polynomials(supports: list[list[set[int]]], level: int = 0) -> list[dict[int, Poly]]:
    """The entries of the product of the factors from this one on, row by row."""
    rows = [{k: variable(f"{level}:{i}:{k}") for k in row} for i, row in enumerate(supports[level])]
    if level == len(supports) - 1:
        return rows
    later = entry_polynomials(supports, level + 1)
    found: list[dict[int, Poly]] = []
    for row in rows:
        entries: dict[int, Poly] = {}
        for k, factor in row.items():
            for j, poly in later[k].items():
                entries[j] = plus(entries.get(j, {}), times(factor, poly))
        found.append(entries)
    return found


def equations(
    refutation: Any, supports: list[list[set[int]]], shape: tuple[int, int], target: Any, scale: int
) -> tuple[str, bool]:
    """A refutation by equations, and whether it needs an ordered field."""
    state = State()
    products = entry_polynomials(supports)
    found: dict[tuple[int, int], tuple[Poly, int]] = {}
    for i in range(shape[0]):
        for j in range(shape[1]):
            poly = plus(products[i].get(j, {}), {(): Fraction(target.get((i, j), 0))}, -1)
            found[i, j] = (poly, len(state.equations))
            state.equations.append({m: c * scale for m, c in poly.items()})
    for i, j in refutation["cells"]:
        state.add(*found[i, j])
    heights = [len(support) for support in supports]
    translator = Translator(refutation["nodes"], Printer(tuple(zip(heights, [*heights[1:], shape[1]], strict=True))))
    return translator.go(refutation["then"], state), translator.squares


def tables(certificate: Any) -> Tables:
    """The tables of one certificate.

    Raises
    ------
    Untranslatable
        For other claims, and steps without translation.
    """
    factors = certificate["problem"].get("factors", [])
    nodes = certificate["proof"]
    if nodes[-1].get("rule") != "limit":
        raise Untranslatable("another claim")
    if set(certificate["problem"]) != {"factors"}:
        raise Untranslatable("not a chain of factors with supports alone")
    refutation, merge = nodes[nodes[-1]["then"]], [1] * len(factors)
    if refutation["do"] == "merge":
        refutation, merge = nodes[refutation["then"]], refutation["sizes"]
    refutation = {**refutation, "nodes": nodes}
    if refutation["do"] not in ("equations", "frames", "pinned"):
        raise Untranslatable(f"a refutation by {refutation['do']}")
    sizes = (*(factor["shape"][0] for factor in factors), factors[-1]["shape"][1])
    m, n = sizes[0], sizes[-1]
    supports = [[set(row) for row in factor["rows"]] for factor in factors]
    target = {(i, j): Fraction(v) for i, j, v in nodes[-1]["target"]}
    denominator = lcm(*(v.denominator for v in target.values()))
    groups = merged(supports, merge)
    real = False
    if refutation["do"] == "equations":
        tree, real = equations(refutation, groups, (m, n), target, denominator)
    else:
        numerators = [[int(target.get((i, j), 0) * denominator) for j in range(n)] for i in range(m)]
        left, right = groups
        tree = linear_algebra(refutation, left, right, numerators, n)
    pair = len(factors) == 2 and refutation["do"] == "equations"
    moving, pole, scale = curve(nodes[-1], list(sizes[1:-1]))
    numerator = matrix(lambda i, j: integer(target.get((i, j), Fraction(0)) * denominator), m, n)
    shapes = list(pairwise(sizes))
    curves = [entries(factor, *shape) for factor, shape in zip(moving, shapes, strict=True)]
    if pair:
        head, body = "Certificate", "\n  ".join((*curves, tree))
    else:
        if refutation["do"] == "equations":
            tree = f"(NEquations {tree})"
        for position, size in reversed(list(enumerate(merge))):
            for _ in range(size - 1):
                tree = f"(NMerge {position}%nat {tree})"
        head, body = "ChainCertificate", f"{listed(curves)}\n  {tree}"
    text = f"""{head} {integer(denominator)} {numerator}
  {pole}%nat {integer(scale)}
  {body}"""
    shown = [truth(rows, *shape) for rows, shape in zip(supports, shapes, strict=True)]
    return Tables(sizes, shown, text, real, not pair)


def linear_algebra(node: Any, left: Any, right: Any, numerators: list[list[int]], columns: int) -> str:
    """A refutation of two factors by frames or pinned vectors."""
    try:
        return f"(NPair {refuted(node, left, right, numerators, columns)})"
    except Impossible as error:
        raise Untranslatable(str(error)) from error


HEADER = """(* Written by translate.py; do not edit. *)
From mathcomp Require Import all_ssreflect all_algebra.
From Closedness Require Import Products Refutation Limit Witnesses Refuted ChainLimit.
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
