"""Independent checker of closedness certificates: one file, standard library only.

Run as ``python -I -S check.py CERTIFICATE`` or call `check`. Nothing is searched for: each step of the
certificate is replayed and compared. The format (version 2) is described in ``docs/certificate-format.md``,
the rules are stated and proved on the pages of ``docs/rules``. Exit codes: 0 verified, 1 rejected,
2 malformed, 3 verified but it relies on a named solver.

How to read this file: a proof is a table of nodes. `RULES` (theorems, which have a page each) and `STEPS` hold, for
each name, what the node speaks about, its claim, its shape and a function that checks it and returns what is left
to prove, by which earlier nodes. `_prove` goes through the table; the shape of a node is read before its function
is called. Every loop is paid for with `_spend`.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from fractions import Fraction
from itertools import accumulate, combinations, pairwise, product
from math import gcd, isqrt, lcm, prod
from operator import mul
from typing import Any, NamedTuple, NoReturn

FORMAT, VERSION = "closedness-certificate", 2
MAX_BYTES = 32 * 1024 * 1024
MAX_TERMS = 50_000  # monomials of one polynomial
MAX_BITS = 20_000  # size of one coefficient
MAX_DIGITS = 4_000  # of a numerator or denominator as written
MAX_EXPONENT = 1_000
MAX_REASON = 400  # characters of a sentence that quotes the certificate
MAX_NAME = 100  # characters of a variable's name
MAX_WORK = 20_000_000  # units of work of one check; a unit takes at most about 1 µs and keeps at most 40 bytes
MAX_STATES = 60_000  # proof nodes visited, counted with repetition
MAX_SIZE = 200_000  # rows or columns of one factor
MAX_DEPTH = 800  # lists and objects inside each other
MAX_MEMBERS = 50_000  # largest supports within sparsity levels
PRIME = 2**61 - 1  # ranks modulo a prime are at most the ranks
ENGINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,59}")
# whole strings, and what stands between brackets and strings; possessive, so that no text takes long
_FLAT = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[^][{}"]++', re.DOTALL)

class Malformed(ValueError):
    """The certificate is not well-formed; the message names the place."""

class Rejected(Exception):
    """The certificate is well-formed and does not prove its claim."""

def _reject_if(fault: object, reason: str) -> None:
    if fault:
        raise Rejected(reason)

def _malformed_if(fault: object, reason: str) -> None:
    if fault:
        raise Malformed(reason)

class Report:
    """Outcome of a check.

    Attributes
    ----------
    verified : bool
        Every step was replayed successfully.
    trusted : tuple of str
        Names of solvers whose bare word the proof takes, empty for a complete proof.
    claim : str
        ``"closed"``, ``"not_closed"`` or ``"no_product"``.
    reason : str
        One sentence; for a rejected certificate, the step that failed.
    rules : tuple of str
        The rules that were used.
    malformed : bool
        The certificate is not of the format; `reason` names the place.
    """

    def __init__(
        self, verified: bool, claim: str, reason: str, trusted: Iterable[str] = (), rules: Iterable[str] = (),
        malformed: bool = False,
    ) -> None:
        self.verified, self.claim, self.malformed = verified, claim, malformed
        # the reason may quote the certificate: one short line of plain characters, whatever it holds
        if len(reason) > MAX_REASON:
            reason = f"{reason[: MAX_REASON // 2]} ... {reason[-MAX_REASON // 2 :]}"
        self.reason = "".join(c if c.isprintable() and c.isascii() else ascii(c)[1:-1] for c in reason)
        self.trusted, self.rules = tuple(sorted(trusted)), tuple(sorted(rules))

    @property
    def exit_code(self) -> int:
        """0 verified, 1 rejected, 2 malformed, 3 verified but relying on a named solver."""
        return 2 if self.malformed else 1 if not self.verified else 3 if self.trusted else 0

    def __bool__(self) -> bool:
        raise TypeError("a Report has no truth value; ask for .verified")

    def __repr__(self) -> str:
        word = "verified" if self.verified else "malformed" if self.malformed else "rejected"
        trust = f", trusting {', '.join(self.trusted)}" if self.trusted else ""
        return f"<Report {word}: {self.claim}{trust}: {self.reason}>"

def check(certificate: Any) -> Report:
    """Check a certificate.

    Parameters
    ----------
    certificate : str, bytes, dict or object with ``to_json``
        The certificate as JSON text, as parsed JSON, or as the library's own object.

    Returns
    -------
    Report
        ``verified`` is False when a step does not hold, ``malformed`` True when it is not of the format.

    Examples
    --------
    >>> check("{}").reason
    "certificate: key 'format' is missing"
    """

    def answer(run: _Run) -> None:
        head = _head(certificate)
        run.claim, run.field = head["claim"], head["field"]
        _check_claim(run, head)

    return _report(_Run("unknown"), answer)

class _Run:
    """What one check carries along: claim and field, the rules used, the number of steps."""

    def __init__(self, claim: str, field: str = "real") -> None:
        self.claim, self.field, self.steps = claim, field, 0
        self.used: set[str] = set()
        self.trusted: set[str] = set()

    def step(self, rule: str | None = None) -> None:
        if rule is not None:
            self.used.add(rule)
        self.steps += 1
        _spend(8)
        _reject_if(self.steps > MAX_STATES, "more steps than the checker's limit")


_work_left: ContextVar[list[int]] = ContextVar("work_left")

def _spend(amount: int) -> None:
    """Charge time and memory before they are used: a set of size n costs about 6 + 2n to make, n/8 to go through."""
    left = _work_left.get()
    left[0] -= amount
    if left[0] < 0:
        raise Rejected("more work than the checker's limit")

def _report(run: _Run, answer: Callable[[_Run], None]) -> Report:
    """What a check says, whatever it meets."""
    _work_left.set([MAX_WORK])
    try:
        answer(run)
    except Rejected as error:
        return Report(False, run.claim, str(error), run.trusted, run.used)
    except Malformed as error:
        return Report(False, run.claim, str(error), malformed=True)
    except RecursionError:
        return Report(False, run.claim, "certificate: nested too deeply", malformed=True)
    except MemoryError:
        return Report(False, run.claim, "more memory is needed than there is")
    return Report(True, run.claim, "every step holds", run.trusted, run.used)


# ---- reading: a shape is a reader, [shape], (shape, shape, ...) or {key: shape} -------------------

def _reader(shape: Any) -> Callable[[Any, str], Any]:
    """What reads values of a shape."""
    if isinstance(shape, dict):
        fields = {key: _reader(inner) for key, inner in shape.items()}

        def read_object(node: Any, place: str) -> dict[str, Any]:
            _keys(node, place, fields)
            return {key: read(node[key], f"{place}.{key}") for key, read in fields.items()}

        return read_object
    if isinstance(shape, list):
        item = _reader(shape[0])
        return lambda node, place: [item(each, place) for each in _list(node, place)]
    if isinstance(shape, tuple):
        readers = tuple(map(_reader, shape))

        def read_items(node: Any, place: str) -> tuple[Any, ...]:
            if len(_list(node, place)) != len(readers):
                raise Malformed(f"{place}: must be a list of length {len(readers)}")
            return tuple([read(each, place) for read, each in zip(readers, node, strict=True)])

        return read_items
    found: Callable[[Any, str], Any] = shape
    return found

def _read(shape: Any, node: Any, place: str) -> Any:
    return _reader(shape)(node, place)

def _map(size: int, *shapes: Any) -> Callable[[Any, str], dict[Any, Any]]:
    """The shape of a map, written as a list of ``[*key, *value]`` with keys of some size."""
    entry, one, two = _reader(shapes), size == 1, len(shapes) == size + 1

    def read(node: Any, place: str) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for each in _list(node, place):
            items = entry(each, place)
            key, value = items[0] if one else items[:size], items[size] if two else items[size:]
            _spend(8)
            if key in found:
                raise Malformed(f"{place}: {key} is given twice")
            found[key] = value
        return found

    return read

def _one_of(*words: str) -> Callable[[Any, str], str]:
    def read(node: Any, place: str) -> str:
        if not isinstance(node, str) or node not in words:
            raise Malformed(f"{place}: must be one of {', '.join(words)}")
        return node

    return read

def _keys(node: Any, place: str, required: Iterable[str], optional: Iterable[str] = ()) -> None:
    _malformed_if(not isinstance(node, dict), f"{place}: must be an object")
    for key in required:
        _malformed_if(key not in node, f"{place}: key {key!r} is missing")
    for key in node:
        _malformed_if(key not in required and key not in optional, f"{place}: unknown key {key[:30]!r}")

def _any(node: Any, place: str) -> Any:
    return node

def _list(node: Any, place: str) -> list[Any]:
    if not isinstance(node, list):
        raise Malformed(f"{place}: must be a list")
    _spend(2)
    return node

def _integer(low: int, high: int) -> Callable[[Any, str], int]:
    def read(node: Any, place: str) -> int:
        if type(node) is not int or not low <= node <= high:
            raise Malformed(f"{place}: must be an integer between {low} and {high}")
        return node

    return read

_int, _natural = _integer(-(10**9), 10**9), _integer(0, 10**9)
_positive, _length = _integer(1, MAX_EXPONENT), _integer(1, MAX_SIZE)

def _boolean(node: Any, place: str) -> bool:
    if type(node) is not bool:
        raise Malformed(f"{place}: must be true or false")
    return node

def _naturals(node: Any, place: str) -> list[int]:
    """Long lists of good numbers are the rule; the exact types leave out booleans."""
    _spend(2 + len(_list(node, place)))
    if node and (set(map(type, node)) != {int} or min(node) < 0 or max(node) > 10**9):
        raise Malformed(f"{place}: must be a list of integers between 0 and {10**9}")
    return list(node)

def _set(node: Any, place: str) -> frozenset[int]:
    found = frozenset(_naturals(node, place))
    _malformed_if(len(found) != len(node), f"{place}: an element is given twice")
    return found

def _string(node: Any, place: str) -> str:
    if not isinstance(node, str) or len(node) > MAX_NAME:
        raise Malformed(f"{place}: must be a string of at most {MAX_NAME} characters")
    return node

def _engine(node: Any, place: str) -> str:
    if not ENGINE.fullmatch(_string(node, place)):
        raise Malformed(f"{place}: must be a name with a version, at most 60 characters")
    return str(node)

def _number(node: Any, place: str) -> Number:
    """An integer where there is no denominator: exact computation is quicker with these."""
    if not isinstance(node, str):
        raise Malformed(f"{place}: must be a number as text")
    top, slash, bottom = node.partition("/")
    for part in (top[top.startswith("-") :], bottom) if slash else (top[top.startswith("-") :],):
        if not part.isdecimal() or not part.isascii() or len(part) > MAX_DIGITS:
            raise Malformed(f"{place}: {node[:20]!r} is not a rational number p/q")
    if not slash:
        return _fits(int(top))
    _malformed_if(int(bottom) == 0, f"{place}: {node[:20]!r} has denominator zero")
    return _fits(Fraction(int(top), int(bottom)))

def _rational(node: Any, place: str) -> Fraction:
    return Fraction(_number(node, place))

def _poly(node: Any, place: str) -> Poly:
    poly: Poly = {}
    for value, powers in _TERMS(node, place):
        key = tuple(sorted(powers.items()))
        _spend(8 + 2 * len(key))
        _malformed_if(key in poly, f"{place}: a monomial is given twice")
        poly[key] = value
    _reject_if(len(poly) > MAX_TERMS, "a polynomial has more terms than the checker's limit")
    return {key: value for key, value in poly.items() if value}

_TERMS = _reader([(_number, _map(1, _string, _positive))])

_EXPONENTS = _map(1, _integer(-MAX_EXPONENT, MAX_EXPONENT), _number)

def _laurent(node: Any, place: str) -> Quotient:
    """A Laurent polynomial in t, as a polynomial whose exponents may be negative."""
    terms = _EXPONENTS(node, place)
    return {((("t", e),) if e else ONE): value for e, value in terms.items() if value}, CONSTANT

def _unit(node: Any, place: str) -> str | int:
    """A variable by name, a polynomial by its number."""
    return _string(node, place) if isinstance(node, str) else _natural(node, place)

_SUPPORT = _reader({"shape": (_length, _length), "rows": [_naturals]})

def _support(node: Any, place: str) -> Factor:
    shape, rows = _SUPPORT(node, place).values()
    if len(rows) != shape[0] or any(any(a >= b for a, b in pairwise((*row, shape[1]))) for row in rows):
        raise Malformed(f"{place}.rows: must be, for each row, increasing column indices below {shape[1]}")
    _spend(sum(8 + 2 * len(row) for row in rows))
    return (*shape, [frozenset(row) for row in rows])

_FACTORS = _reader([_support])

def _chain(node: Any, place: str) -> Chain:
    factors: Chain = _FACTORS(node, place)
    if not factors or any(a[1] != b[0] for a, b in pairwise(factors)):
        raise Malformed(f"{place}: there must be factors, and their sizes must fit")
    return factors

def _parse(text: str) -> Any:
    _malformed_if(len(text) > MAX_BYTES, f"certificate: larger than {MAX_BYTES} bytes")
    # what the parsed text takes, before it is parsed
    parts = 64 * text.count("[") + 260 * text.count("{") + 40 * text.count(",") + 30 * text.count('"')
    _spend(((1 if text.isascii() else 4) * len(text) + parts) // 40)

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        _malformed_if(len(found) != len(pairs), "certificate: an object has a duplicate key")
        return found

    def no_float(word: str) -> NoReturn:
        raise Malformed(f"certificate: floating-point number {word[:20]}")

    # how deep the reader of JSON goes depends on Python, and on who raised its limits beyond the stack; this does not
    depths = accumulate(1 if mark in "[{" else -1 for mark in _FLAT.sub("", text))
    _malformed_if(max(depths, default=0) > MAX_DEPTH, "certificate: nested too deeply")
    try:
        return json.loads(text, object_pairs_hook=no_duplicates, parse_float=no_float, parse_constant=no_float)
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:
        raise Malformed(f"certificate: not JSON ({str(error)[:200]})") from None

def _text(data: Any) -> str:
    """Parsed data go through the strict reader as well."""
    try:
        return json.dumps(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise Malformed(f"certificate: not JSON data ({error})") from None

_FIELD, _CLAIM = _one_of("real", "complex"), _one_of("closed", "not_closed", "no_product")

def _head(certificate: Any) -> dict[str, Any]:
    """What all certificates have in common."""
    if hasattr(certificate, "to_json"):
        certificate = certificate.to_json()
    if isinstance(certificate, bytes):
        _malformed_if(len(certificate) > MAX_BYTES, f"certificate: larger than {MAX_BYTES} bytes")
        try:
            certificate = certificate.decode()
        except UnicodeDecodeError:
            raise Malformed("certificate: not UTF-8 text") from None
    node = _parse(certificate if isinstance(certificate, str) else _text(certificate))
    keys = ("format", "version", "problem", "problem_id", "field", "claim", "proof")
    _keys(node, "certificate", keys, ("provenance",))
    if node["format"] != FORMAT or type(node["version"]) is not int or node["version"] != VERSION:
        old = ": version 1 is converted by `closedness convert`" if node["version"] == 1 else ""
        raise Malformed(f"certificate.format: unknown format or version{old}")
    _FIELD(node["field"], "certificate.field")
    _CLAIM(node["claim"], "certificate.claim")
    provenance = node.get("provenance", {})
    if not isinstance(provenance, dict) or not all(isinstance(value, str) for value in provenance.values()):
        raise Malformed("certificate.provenance: must map names to strings")
    found: dict[str, Any] = node
    return found


# ---- dispatch ------------------------------------------------------------------------------------

class Entry(NamedTuple):
    """One row of a table of rules or steps."""

    about: frozenset[str]  # what it speaks about
    claim: str  # empty for a part of the proof of any claim
    read: Callable[[Any, str], Any]  # its node
    function: Callable[..., Any]


RULES: dict[str, Entry] = {}
STEPS: dict[str, Entry] = {}
Function = Callable[..., Any]

def _entries(table: dict[str, Entry], key: str, usual: str) -> Callable[..., Callable[[Function], Function]]:
    """What enters a function ``(run, subject, node)`` that returns a list of ``(node, subject)`` left to prove."""

    def described(name: str, about: str, claim: str = usual, /, **shape: Any) -> Callable[[Function], Function]:
        def enter(function: Function) -> Function:
            table[name] = Entry(frozenset(about.split()), claim, _reader({key: _any, **shape}), function)
            return function

        return enter

    return described

_rule, _step = _entries(RULES, "rule", "closed"), _entries(STEPS, "do", "")

def _check_claim(run: _Run, head: dict[str, Any]) -> None:
    """Check the proof of a certificate."""
    problem = head["problem"]
    kind = "problem" if not isinstance(problem, dict) else str(problem.get("kind", next(iter(problem), "problem")))
    if isinstance(problem, dict) and "masks" in problem:
        kind = "data" if "data" in problem else "masks"
    _malformed_if(kind not in PROBLEMS, "problem: unknown kind of problem")
    read, make = PROBLEMS[kind]
    start = make(read(problem, "problem"))
    text = json.dumps(problem, sort_keys=True, separators=(",", ":"))
    if hashlib.sha256(text.encode()).hexdigest() != head["problem_id"]:
        raise Rejected("problem_id is not the sha256 of the problem")
    _malformed_if((kind == "target") != (run.claim == "no_product"), "certificate.claim: of another kind of problem")
    if run.field != "real":
        _malformed_if(kind not in ("factors", "levels", "target"), "certificate.field: must be 'real'")
    _prove(run, head["proof"], start)

def _prove(run: _Run, table: Any, start: Any) -> None:
    """Check a table of nodes: each refers to earlier ones, the last one is the root, all are used."""
    nodes, visited, done = _list(table, "proof"), set(), set()
    _malformed_if(not nodes, "proof: empty")
    stack = [(len(nodes) - 1, start, True)]
    while stack:
        position, subject, whole = stack.pop()
        node, place = nodes[position], f"proof[{position}]"
        visited.add(position)
        if hasattr(subject, "key"):
            key = (position, subject.key())
            if key in done:
                continue
            done.add(key)
        which, entries = ("rule", RULES) if isinstance(node, dict) and "rule" in node else ("do", STEPS)
        name: Any = node.get(which) if isinstance(node, dict) else None
        if not isinstance(name, str) or name not in entries:
            raise Malformed(f"{place}.{which}: {str(name)[:30]!r} is unknown")
        entry = entries[name]
        _malformed_if(entry.claim not in ("", run.claim), f"{place}: the rule {name!r} does not prove {run.claim!r}")
        data = entry.read(node, place)
        kinds: tuple[str, ...] = getattr(subject, "kinds", ("chain", "root") if whole else ("chain",))
        if "chain" in kinds and len(subject) == 2 and entry.about.isdisjoint(kinds):
            kinds, subject = ("pair",), _pair(subject)
        _reject_if(entry.about.isdisjoint(kinds), f"{place}: {name!r} speaks of something else")
        run.step(name if which == "rule" or "target" in kinds else None)
        try:
            following = entry.function(run, subject, data) or []
        except Rejected as error:
            raise Rejected(f"{place}: {error}") from None
        for child, left in following:
            _malformed_if(child >= position, f"{place}: refers to node {child}, which is not earlier")
            # what rules about other questions leave to prove are questions about factors by themselves
            stack.append((child, left, "chain" not in kinds and "pair" not in kinds))
    if len(visited) != len(nodes):
        raise Malformed(f"proof: node {min(set(range(len(nodes))) - visited)} is never used")


# ---- polynomials: dict from monomial to coefficient, monomial = sorted ((variable, exponent), ...) -

Monomial = tuple[tuple[str, int], ...]
Number = int | Fraction
Poly = dict[Monomial, Number]
Quotient = tuple[Poly, Poly]
Entries = dict[tuple[int, int], Quotient]  # a matrix
Factor = tuple[int, int, list[frozenset[int]]]  # rows, columns, and the support of every row
Chain = list[Factor]
Vector = dict[int, int]
ONE: Monomial = ()
CONSTANT: Poly = {ONE: 1}
MATRIX = _map(2, _natural, _natural, _number)
UNITS = (_number, [(_unit, _positive)])  # a product of what is not zero
TERMS = [(_natural, _poly)]  # a sum of multiples of what is zero
SIDE = _one_of("rows", "columns")
PAIRS = _map(1, _natural, _natural)
SUPPORTS = _map(1, _natural, _set, _set)

def _bits(value: Number) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()

def _cost(bits: int) -> int:
    """What it costs to multiply or add fractions of so many bits together."""
    return (bits >> 7) + (bits * bits >> 21)

def _fits(value: Number) -> Number:
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise Rejected("a coefficient is larger than the checker's limit")
    return value

def _plus(a: Poly, b: Poly, factor: int = 1) -> Poly:
    _spend(6 + 3 * len(a) + 8 * len(b))
    total = dict(a)
    for monomial, value in b.items():
        before = total.pop(monomial, None)
        if before is None:
            total[monomial] = factor * value
            continue
        _spend(_cost(_bits(before) + _bits(value)))
        if new := _fits(before + factor * value):
            total[monomial] = new
    _reject_if(len(total) > MAX_TERMS, "a polynomial has more terms than the checker's limit")
    return total

def _monomial_times(a: Monomial, b: Monomial) -> Monomial:
    if not a or not b:
        return a or b
    powers = dict(a)
    for name, e in b:
        powers[name] = powers.get(name, 0) + e
        _reject_if(abs(powers[name]) > MAX_EXPONENT, "an exponent is larger than the checker's limit")
    return tuple(sorted((name, e) for name, e in powers.items() if e))

def _times(a: Poly, b: Poly) -> Poly:
    if a == CONSTANT or b == CONSTANT:
        return b if a == CONSTANT else a
    _spend(6)
    total: Poly = {}
    right = [(n, w, _bits(w)) for n, w in b.items()]
    for m, v in a.items():
        large = _bits(v)
        for n, w, more in right:
            _spend(8 + 2 * (len(m) + len(n)) + _cost(large + more))
            key, new = _monomial_times(m, n), v * w
            if (before := total.pop(key, None)) is not None:
                _spend(_cost(_bits(before) + large + more))
                new += before
            if new:
                total[key] = _fits(new)
        _reject_if(len(total) > MAX_TERMS, "a polynomial has more terms than the checker's limit")
    return total

def _power(poly: Poly, exponent: int) -> Poly:
    result = CONSTANT
    for _ in range(exponent):
        result = _times(result, poly)
    return result

def _add(a: Quotient, b: Quotient) -> Quotient:
    if a[1] is b[1] or a[1] == b[1]:
        return _plus(a[0], b[0]), a[1]
    return _plus(_times(a[0], b[1]), _times(b[0], a[1])), _times(a[1], b[1])

def _multiply(factors: Iterable[Entries]) -> Entries:
    """The product of matrices of quotients."""
    total: Entries | None = None
    for factor in factors:
        if total is None:
            total = factor
            continue
        rows: dict[int, list[tuple[int, Quotient]]] = {}
        for (k, j), right in factor.items():
            rows.setdefault(k, []).append((j, right))
        found: Entries = {}
        for (i, k), left in total.items():
            for j, right in rows.get(k, []):
                _spend(24)
                term = (_times(left[0], right[0]), _times(left[1], right[1]))
                found[i, j] = _add(found[i, j], term) if (i, j) in found else term
        total = found
    return total or {}


Maps = list[Any]  # for each factor the support of every row, by a list or a dictionary

def _paths(maps: Maps, i: int, j: int) -> Poly:
    """An entry of the product of matrices of variables ``l:i:j`` with the given supports."""
    total: Entries = {(i, i): (CONSTANT, CONSTANT)}
    for number, rows in enumerate(maps):
        _spend(12 * sum(1 + len(rows[k]) for _, k in total))
        last = number == len(maps) - 1
        step: Entries = {(k, l): ({((f"{number}:{k}:{l}", 1),): 1}, CONSTANT)
                for _, k in total for l in rows[k] if not last or l == j}
        total = _multiply([total, step])
    return total.get((i, j), ({}, CONSTANT))[0]


# ---- linear algebra over the integers ------------------------------------------------------------

def _short(value: int) -> int:
    _reject_if(value.bit_length() > MAX_BITS, "a coefficient is larger than the checker's limit")
    return value

def _digits(vector: Vector) -> int:
    return max((v.bit_length() for v in vector.values()), default=0)

def _integers(values: Mapping[Any, Number]) -> dict[Any, int]:
    """A multiple with integer values."""
    scale = 1
    for value in values.values():
        _spend(4 + 2 * _cost(scale.bit_length() + _bits(value)))
        scale = _short(lcm(scale, value.denominator))
    return {name: int(value * scale) for name, value in values.items() if value}

def _dot(a: Vector, b: Vector) -> int:
    _spend(2 + len(a) // 4 + min(len(a), len(b)) * (1 + _cost(_digits(a) + _digits(b))))
    return sum(v * b[c] for c, v in a.items() if c in b)

def _sum_of(weights: Vector, vectors: dict[int, Vector]) -> Vector:
    total: Vector = {}
    for c, weight in weights.items():
        _spend(4 + len(vectors[c]) * (4 + _cost(_digits(vectors[c]) + weight.bit_length())))
        for d, v in vectors[c].items():
            total[d] = _short(total.get(d, 0) + weight * v)
    return {d: v for d, v in total.items() if v}

def _reduced(lines: Iterable[Vector]) -> dict[int, Vector]:
    """The reduced echelon form over the integers, by pivot; each line is divided by its content."""
    pivots: dict[int, Vector] = {}
    for line in lines:
        _spend(4 + len(line) + len(pivots) // 8)
        for c in [c for c in line if c in pivots]:
            line = _cleared(line, pivots[c], c)
        if line:
            c = min(line)
            pivots = {d: _cleared(pivot, line, c) if c in pivot else pivot for d, pivot in pivots.items()}
            pivots[c] = line
    return pivots

def _cleared(line: Vector, pivot: Vector, c: int) -> Vector:
    """A multiple of the line, by a multiple of the pivot, in which entry `c` is zero."""
    a, b = pivot[c], line[c]
    bits = _digits(line) + _digits(pivot) + a.bit_length() + b.bit_length()
    _spend(4 + (len(line) + len(pivot)) * (6 + 2 * _cost(bits)))
    mixed = {d: v for d in line.keys() | pivot.keys() if (v := a * line.get(d, 0) - b * pivot.get(d, 0))}
    content = gcd(*mixed.values())
    return {d: _short(v) // content for d, v in mixed.items()}

def _kernel(lines: Iterable[Vector], names: Iterable[int]) -> list[Vector]:
    """A basis of the vectors with these entries that are orthogonal to all lines."""
    pivots, basis = _reduced(lines), []
    for free in names:
        if free not in pivots:
            _spend(8 + len(pivots))
            values = {c: Fraction(-line[free], line[c]) for c, line in pivots.items() if free in line}
            _spend(sum(4 + 2 * _cost(_bits(value)) for value in values.values()))
            basis.append(_integers({free: 1, **values}))
    return basis

def _orthogonal(basis: list[Vector], lines: Iterable[Vector]) -> list[Vector]:
    """A basis of what is orthogonal to all lines in the span of `basis`."""
    products = [{p: v for p, vector in enumerate(basis) if (v := _dot(vector, line))} for line in lines]
    return [_sum_of(q, dict(enumerate(basis))) for q in _kernel(products, range(len(basis)))]

def _independent(lines: list[Vector]) -> list[int]:
    """Positions of lines that are independent modulo a prime, so over the integers, and span the others modulo it."""
    count: dict[int, int] = {}
    for line in lines:
        _spend(4 + 6 * len(line) + 2 * _digits(line) // 64)
        for c in line:
            count[c] = count.get(c, 0) + 1
    # columns with few entries first, short lines first: less fill-in
    order = {c: p for p, c in enumerate(sorted(count, key=lambda c: (count[c], c)))}
    pivots: dict[int, Vector] = {}
    chosen: list[int] = []
    for position in sorted(range(len(lines)), key=lambda position: len(lines[position])):
        if len(chosen) == len(count):
            break  # all columns are reached
        line = {order[c]: v % PRIME for c, v in lines[position].items() if v % PRIME}
        while line:
            c = min(line)
            _spend(len(line))
            if c not in pivots:
                _spend(20 + 4 * len(line))
                inverse = pow(line[c], -1, PRIME)
                pivots[c] = {other: v * inverse % PRIME for other, v in line.items()}
                chosen.append(position)
                break
            factor, pivot = line[c], pivots[c]
            _spend(len(pivot))
            for other, v in pivot.items():
                if rest := (line.pop(other, 0) - factor * v) % PRIME:
                    line[other] = rest
    return sorted(chosen)


# ---- systems: relations that vanish, units that do not ----------------------------------------------

class _System:
    """What is known of some variables on one branch of a proof that distinguishes cases.

    Attributes
    ----------
    relations : list of Poly
        What vanishes, without the variables that vanish.
    units : dict
        What does not vanish: variables by name, polynomials by number.
    zeros : set of str
        Variables that vanish.
    state : _State or None
        For a family of matrices: their entries are polynomials in the variables.
    """

    kinds: tuple[str, ...] = ("system",)

    def __init__(self, relations: list[Poly], units: dict[str | int, Poly], state: _State | None = None,
                 entries: dict[tuple[int, int], Poly] | None = None) -> None:
        _spend(20 + 3 * len(relations) + 3 * len(units))
        self.relations, self.units, self.state, self.entries = list(relations), dict(units), state, entries or {}
        self.zeros: frozenset[str] = frozenset()
        self.count = 0  # of polynomials among the units
        if state is not None:
            self.kinds = ("system", "family") + ("limit",) * (not state.products)

    def copy(self) -> _System:
        other = _System(self.relations, self.units, self.state, self.entries)
        other.zeros, other.count = self.zeros, self.count
        return other

    def reduced(self, poly: Poly) -> Poly:
        """A polynomial without the variables that vanish."""
        _spend(1 + len(poly) + sum(map(len, poly)) // 4)
        zeros = self.zeros
        return {m: c for m, c in poly.items() if zeros.isdisjoint([name for name, _ in m])} if zeros else poly

    def tidy(self, poly: Poly) -> Poly:
        """Divide by the powers of variables among the units that divide it."""
        if ONE in poly:
            return poly
        _spend(6 + 8 * len(poly) + 2 * sum(map(len, poly)))
        low: dict[str, int] | None = None
        for monomial in poly:
            known = self.units if low is None else low
            low = {v: e if low is None else min(e, low[v]) for v, e in monomial if v in known}
            if not low:
                return poly
        low = low or {}
        return {tuple((v, e - low.get(v, 0)) for v, e in m if e > low.get(v, 0)): c for m, c in poly.items()}

    def vanish(self, poly: Poly) -> None:
        """Add a relation."""
        self.relations.append(self.tidy(self.reduced(poly)))

    def zero(self, name: str) -> None:
        """A variable vanishes."""
        _spend(4 * len(self.relations) + 2 * len(self.zeros))
        self.zeros |= {name}
        self.relations = [self.tidy(self.reduced(poly)) for poly in self.relations]

    def product(self, node: tuple[Number, list[tuple[str | int, int]]]) -> Poly:
        """A number, not zero, times powers of units."""
        constant, powers = node
        _reject_if(not constant, "a product of units is zero")
        total = CONSTANT if constant == 1 else {ONE: constant}
        for name, e in powers:
            _reject_if(name not in self.units, f"{str(name)[:30]!r} is not known to be non-zero")
            total = _times(total, _power(self.units[name], e))
        return total

    def combination(self, terms: list[tuple[int, Poly]]) -> Poly:
        """A sum of multiples of relations."""
        total: Poly = {}
        for number, multiplier in terms:
            _reject_if(number >= len(self.relations), f"there is no relation {number}")
            total = _plus(total, _times(self.relations[number], multiplier))
        return total

    def same(self, a: Poly, b: Poly) -> bool:
        """The polynomials are equal on the branch."""
        return a == b or not self.reduced(_plus(a, b, -1))

@_step("split", "system", on=_poly, zero=_natural, nonzero=_natural)
def step_split(run: _Run, system: _System, node: Any) -> Any:
    """A polynomial vanishes or not; a variable that vanishes is put to 0."""
    poly, same, other = node["on"], system.copy(), system.copy()
    name = next(iter(poly))[0][0] if list(poly.values()) == [1] and [e for m in poly for _, e in m] == [1] else None
    if name is not None:
        same.zero(name)
        other.units[name] = poly
    else:
        same.vanish(poly)
        other.units[other.count] = poly
        other.count += 1
    return [(node["zero"], same), (node["nonzero"], other)]

@_step("derive", "system", terms=TERMS, then=_natural)
def step_derive(run: _Run, system: _System, node: Any) -> Any:
    """A sum of multiples of relations is a relation."""
    fewer = system.copy()
    fewer.vanish(system.combination(node["terms"]))
    return [(node["then"], fewer)]

@_step("close", "system", terms=TERMS, value=UNITS, squares=[(_number, _poly)])
def step_close(run: _Run, system: _System, node: Any) -> None:
    """What vanishes adds up to what does not, over the reals also to something positive plus squares."""
    (constant, powers), squares, total = node["value"], node["squares"], system.product(node["value"])
    if squares and (run.field != "real" or constant <= 0 or any(e % 2 for _, e in powers)):
        raise Rejected("the field is not the real one, or the value is not positive")
    for weight, root in squares:
        _reject_if(weight < 0, "a square is subtracted")
        total = _plus(total, _times({ONE: weight} if weight else {}, _times(root, root)))
    if not system.same(system.combination(node["terms"]), total):
        raise Rejected("the combination is not the stated product of units plus the squares")

@_step("vanish", "limit", polynomials=[_poly], then=_natural)
def step_vanish(run: _Run, system: _System, node: Any) -> Any:
    """Polynomials in the entries that vanish on all products vanish on limits."""
    fewer = system.copy()
    assert system.state is not None
    cells = _vanishing(node["polynomials"], system.state, system.state.omega)
    for poly in node["polynomials"]:
        fewer.vanish(_composed(poly, {name: system.entries.get(cell, {}) for name, cell in cells.items()}))
    return [(node["then"], fewer)]

def _vanishing(polynomials: list[Poly], state: _State, looked_at: Any) -> dict[str, tuple[int, int]]:
    """Polynomials in some entries are zero for all products; the names of these entries."""
    cells = {f"a:{i}:{j}": (i, j) for i in state.tau for j in looked_at[i]}
    _spend(12 * len(cells))
    for poly in polynomials:
        names = {name for monomial in poly for name, _ in monomial}
        _reject_if(not names <= cells.keys(), "a polynomial has a variable that is no entry that is looked at")
        entries = {name: _paths(state.factors, *cells[name]) for name in names}
        _reject_if(_composed(poly, entries), "a polynomial does not vanish on the products")
    return cells

def _composed(poly: Poly, entries: dict[str, Poly]) -> Poly:
    """Put polynomials for all variables."""
    total: Poly = {}
    for monomial, value in poly.items():
        part: Poly = {ONE: value}
        for name, e in monomial:
            part = _times(part, _power(entries[name], e))
        total = _plus(total, part)
    return total

@_step("minor", "limit", rows=_naturals, columns=_naturals, cut=[(_natural, _natural)], then=_natural)
def step_minor(run: _Run, system: _System, node: Any) -> Any:
    """A minor vanishes on products, hence on limits, when fewer nodes than it has rows meet all its paths."""
    rows, columns, cut, state = node["rows"], node["columns"], set(node["cut"]), system.state
    size = len(rows)
    assert state is not None
    if not size == len(columns) == len(set(rows)) == len(set(columns)) <= 8 or len(node["cut"]) >= size:
        raise Rejected("the minor must be square, at most 8 by 8, and larger than the cut")
    if any(i not in state.tau or j not in state.omega[i] for i in rows for j in columns):
        raise Rejected("an entry of the minor is not looked at")
    _reject_if(_reached(state.factors, rows, cut) & set(columns), "a path avoids the cut")
    fewer = system.copy()
    fewer.vanish(_determinant([[system.entries.get((i, j), {}) for j in columns] for i in rows]))
    return [(node["then"], fewer)]

def _reached(maps: Maps, starts: Iterable[int], cut: set[tuple[int, int]] | frozenset[Any] = frozenset()) -> set[int]:
    """Where paths from the starts that avoid the cut, pairs of level and index, end."""
    reached = {i for i in starts if (0, i) not in cut}
    for level, rows in enumerate(maps, 1):
        _spend(2 * sum(len(rows[k]) for k in reached) + 6)
        reached = {j for k in reached for j in rows[k] if (level, j) not in cut}
    return reached

def _determinant(matrix: list[list[Poly]]) -> Poly:
    if not matrix:
        return CONSTANT
    _spend(len(matrix) ** 2)
    row = min(range(len(matrix)), key=lambda i: sum(bool(e) for e in matrix[i]))
    rest = [line for i, line in enumerate(matrix) if i != row]
    total: Poly = {}
    for column, entry in enumerate(matrix[row]):
        if entry:
            minor = _determinant([[e for j, e in enumerate(line) if j != column] for line in rest])
            total = _plus(total, _times(entry, minor), 1 if (row + column) % 2 == 0 else -1)
    return total


FRACTIONS = [_map(2, _natural, _natural, _poly, UNITS)]
MODULO = _map(2, _natural, _natural, UNITS, TERMS)

@_step("section", "family", factors=FRACTIONS, modulo=MODULO)
def step_section(run: _Run, system: _System, node: Any) -> None:
    """Factors of all matrices of the family; entries of the product may differ by a combination of relations."""
    state, modulo = system.state, node["modulo"]
    assert state is not None
    _reject_if(len(node["factors"]) != len(state.factors), "there must be all factors")
    factors: list[Entries] = []
    for entries, maps in zip(node["factors"], state.factors, strict=True):
        if any(j not in maps.get(i, ()) for i, j in entries):
            raise Rejected("an entry of a factor is outside the support")
        factors.append({cell: (top, system.product(bottom)) for cell, (top, bottom) in entries.items()})
    found = _multiply(factors)
    for i in state.tau:
        for j in state.omega[i]:
            run.step()
            top, bottom = found.get((i, j), ({}, CONSTANT))
            rest = _plus(top, _times(system.entries.get((i, j), {}), bottom), -1)
            units, terms = modulo.pop((i, j), ((1, []), []))
            if not system.same(_times(rest, system.product(units)), _times(bottom, system.combination(terms))):
                raise Rejected(f"entry ({i}, {j}) of the product is wrong")
    _reject_if(modulo, "a combination is given for an entry that is not looked at")


# ---- not closed: a curve of factors, its limit, and a refutation --------------------------------

class _Target(NamedTuple):
    """A matrix that is to be shown to be no product."""

    factors: Chain
    entries: dict[tuple[int, int], Number]
    kinds: tuple[str, ...] = ("target",)

def _target(problem: Any) -> _Target:
    factors, entries = problem["factors"], problem["target"]
    if any(i >= factors[0][0] or j >= factors[-1][1] for i, j in entries):
        raise Malformed("problem.target: there is no such entry")
    return _Target(factors, entries)

CURVE = [_map(2, _natural, _natural, _laurent)]

@_rule("limit", "chain", "not_closed", target=MATRIX, curve=CURVE, then=_natural)
def rule_limit(run: _Run, factors: Chain, node: Any) -> Any:
    """The target is a limit of products; it is left to show that it is no product."""
    _curve(factors, node["curve"], node["target"])
    return [(node["then"], _Target(factors, node["target"]))]

def _curve(factors: Chain, curve: list[Entries], target: dict[tuple[int, int], Number]) -> None:
    """The product of the factors tends to the target as t tends to 0."""
    _malformed_if(len(curve) != len(factors), "curve: there must be all factors")
    for entries, (m, _, support) in zip(curve, factors, strict=True):
        if any(i >= m or j not in support[i] for i, j in entries):
            raise Rejected("curve: an entry is outside the support")
    product = {cell: top for cell, (top, _) in _multiply(curve).items()}
    _tends(product, {cell: value for cell, value in target.items() if value}, "curve")

def _tends(found: dict[Any, Poly], target: dict[Any, Number], place: str) -> None:
    """Laurent polynomials in t have no negative exponents, and the right constant terms."""
    for name in found.keys() | target.keys():
        poly = found.get(name, {})
        _spend(4 + 2 * len(poly))
        if any(e < 0 for monomial in poly for _, e in monomial):
            raise Rejected(f"{place}: entry {name} of the product diverges")
        if poly.get(ONE, 0) != target.get(name, 0):
            raise Rejected(f"{place}: entry {name} of the product does not tend to the target")

@_step("merge", "target", sizes=[_length], then=_natural)
def step_merge(run: _Run, target: _Target, node: Any) -> Any:
    """Groups of neighbouring factors count as one factor, with the support of their product."""
    _reject_if(sum(node["sizes"]) != len(target.factors), "the groups must hold every factor once")
    merged, first = [], 0
    for size in node["sizes"]:
        group = target.factors[first : first + size]
        merged.append(group[0] if size == 1 else _chain_product(group))
        first += size
    return [(node["then"], target._replace(factors=merged))]

@_step("equations", "target", cells=[(_natural, _natural)], then=_natural)
def step_equations(run: _Run, target: _Target, node: Any) -> Any:
    """The equations of some entries have no common solution."""
    maps, relations = [rows for _, _, rows in target.factors], []
    for i, j in node["cells"]:
        _reject_if(i >= target.factors[0][0] or j >= target.factors[-1][1], f"there is no entry ({i}, {j})")
        relations.append(_plus(_paths(maps, i, j), {ONE: value} if (value := target.entries.get((i, j))) else {}, -1))
    return [(node["then"], _System(relations, {}))]

@_step("pinned", "target", side=SIDE, line=_natural, at=_natural, across=_set, groups=[_set])
def step_pinned(run: _Run, target: _Target, node: Any) -> None:
    """An entry is not zero, but the entries of all its hidden indices in that place must be."""
    _reject_if(len(target.factors) != 2, "the step speaks of two factors")
    turned = node["side"] == "columns"
    line, at, across = node["line"], node["at"], node["across"] | {node["at"]}
    terms = {k: sides[::-1] if turned else sides for k, sides in _pair(target.factors).terms.items()}
    entries = _integers({cell[::-1] if turned else cell: value for cell, value in target.entries.items()})
    zero: set[int] = set()
    for group in node["groups"]:
        _spend(len(terms) * (len(group) + len(across)) + 12 * len(group) * len(across))
        met = {k for k, (own, others) in terms.items() if own & group and others & across}
        block = [{j: entries[i, j] for j in across if (i, j) in entries} for i in group]
        if any(at in row for row in block) or len(_independent(block)) < len(met):
            raise Rejected("a group has an entry there, or a smaller rank than hidden indices")
        zero |= met
    if (line, at) not in entries or any(line in own and at in others and k not in zero
                                        for k, (own, others) in terms.items()):
        raise Rejected("the entry is zero, or a hidden index of it is in no group")

@_step("occupied", "target", side=SIDE, lines=_set, places=_set, across=[_natural], groups=[_set])
def step_occupied(run: _Run, target: _Target, node: Any) -> None:
    """Some lines need hidden indices of their own, and whichever these are, what is left does not serve the others."""
    lines, places, across, groups = node["lines"], node["places"], node["across"], node["groups"]
    _reject_if(len(target.factors) != 2, "the step speaks of two factors")
    _reject_if(len(set(across) - places) != len(across) or len(groups) != len(across) or len(across) not in (1, 2),
               "there must be one or two other places, and a group for each")
    turned, seen = node["side"] == "columns", places | set(across)
    terms = {k: sides[::-1] if turned else sides for k, sides in _pair(target.factors).terms.items()}
    entries = _integers({cell[::-1] if turned else cell: value for cell, value in target.entries.items()})
    _spend(sum(len(group) for group in groups) * (len(seen) + len(terms)) + 12 * len(lines) * len(places))
    for group, own in zip(groups, across, strict=True):
        if any(((i, j) in entries) != (j == own) for i in group for j in seen):
            raise Rejected("a line of a group is zero in its place, or not zero in another one")
    block = [{j: entries[i, j] for j in places if (i, j) in entries} for i in lines]
    if len(places) != len(lines) or len(_independent(block)) < len(lines):
        raise Rejected("the lines are not invertible in these places")
    wishes = [frozenset(k for k, (own, others) in terms.items() if i in own and others & places) for i in lines]
    wanted = [(frozenset(k for k, (own, others) in terms.items() if i in own and others & seen), b)
              for b, group in enumerate(groups) for i in group]
    stack: list[tuple[dict[int, int], frozenset[tuple[int, int]]]] = [({}, frozenset())]
    while stack:  # what is given so far to the lines of the groups, and what is not given any more
        given, barred = stack.pop()
        _spend(40 + sum(4 + len(own) for own, _ in wanted) + 2 * len(barred))
        if not _have_representatives([own - given.keys() for own in wishes]):
            continue
        unserved = [(own, b) for own, b in wanted if not _serve([given[k] for k in own if k in given], b)]
        _reject_if(not unserved, "what is left can serve the other lines")
        own, b = min(unserved, key=lambda each: len(each[0]))
        kinds = [b] if len(groups) == 1 else [b, 2] + [1 - b] * any(given.get(k) == 2 for k in own)
        for choice in ((k, kind) for k in own - given.keys() for kind in kinds):
            if choice not in barred:
                _spend(2 * len(given) + len(barred))
                stack.append(({**given, choice[0]: choice[1]}, barred))
                barred |= {choice}

def _serve(kinds: list[int], b: int) -> bool:
    """Whether vectors along the first or second unit vector (0, 1) or neither (2) may have a sum along the b-th."""
    return b in kinds or kinds.count(2) + (1 - b in kinds) >= 2

def _have_representatives(wishes: list[frozenset[int]]) -> bool:
    """Whether sets have distinct representatives."""
    owner: dict[int, int] = {}
    chosen: dict[int, int] = {}
    for start in range(len(wishes)):
        came: dict[int, int] = {}
        queue = [start]  # alternating paths
        for place in queue:
            _spend(1 + len(wishes[place]))
            for k in wishes[place] - came.keys():
                came[k] = place
                if k in owner:
                    queue.append(owner[k])
                    continue
                free: int | None = k
                while free is not None:
                    place = came[free]
                    owner[free], chosen[place], free = place, free, chosen.get(place)
                break
            else:
                continue
            break
        else:
            return False
    return True


# ---- frames: linear algebra with the columns of the first factor and the rows of the second ---------

class _Frames:
    """A block of the target: for each hidden index the spaces that its column and its row lie in."""

    kinds = ("frames",)

    def __init__(self, spaces: dict[tuple[str, int], list[Vector]]) -> None:
        _spend(12 + 3 * len(spaces))
        self.spaces = spaces

    def space(self, side: str, k: int) -> list[Vector]:
        _reject_if((side, k) not in self.spaces, f"there is no hidden index {k}")
        return self.spaces[side, k]

    def cut(self, side: str, terms: Iterable[int], lines: list[Vector]) -> _Frames:
        """The same with some spaces cut down to what is orthogonal to the lines."""
        smaller = {(side, k): _orthogonal(self.space(side, k), lines) for k in terms}
        return _Frames({**self.spaces, **smaller})

@_step("frames", "target", rows=_set, columns=_set, then=_natural)
def step_frames(run: _Run, target: _Target, node: Any) -> Any:
    """The rank of a block is the number of its hidden indices, and there are no dual bases, one vector for each."""
    terms, across, down = _block(target, node["rows"], node["columns"])
    # rows and columns that are a basis of all, when the rank is the number of terms
    top = {list(across)[p] for p in _independent(list(across.values()))}
    front = [list(down)[p] for p in _independent([_within_names(v, top) for v in down.values()])]
    _reject_if(len(front) != len(terms), f"the rank of the block is {len(front)}, of {len(terms)} hidden indices")
    spaces = {}
    for k, (own_rows, own_columns) in terms.items():
        zero = [_within_names(down[j], top) for j in down if j not in own_columns]
        spaces["columns", k] = _kernel(zero, sorted(top))
        # a column in the span of all columns is known by its entries in the rows of the basis
        zero = [_within_names(across[i], set(front)) for i in across if i not in own_rows]
        spaces["rows", k] = [_within_names(_sum_of(q, down), top) for q in _kernel(zero, front)]
    return [(node["then"], _Frames(spaces))]

def _within_names(vector: Vector, names: set[int]) -> Vector:
    return {c: v for c, v in vector.items() if c in names}

def _block(
    target: _Target, rows: frozenset[int], columns: frozenset[int]
) -> tuple[Terms, dict[int, Vector], dict[int, Vector]]:
    """The hidden indices of a block of the target, and its entries by rows and by columns."""
    sizes = target.factors[0][0], target.factors[-1][1]
    if len(target.factors) != 2 or max(rows, default=0) >= sizes[0] or max(columns, default=0) >= sizes[1]:
        raise Rejected("the step speaks of a block for two factors")
    terms = _block_terms(target.factors, rows, columns)
    across: dict[int, Vector] = {i: {} for i in sorted(rows)}
    down: dict[int, Vector] = {j: {} for j in sorted(columns)}
    for (i, j), value in _integers(target.entries).items():
        if i in across and j in down:
            across[i][j] = down[j][i] = value
    return terms, across, down

def _block_terms(factors: Chain, rows: frozenset[int], columns: frozenset[int]) -> Terms:
    """Rows and columns of each hidden index in a block; those in one row, or one column, act as a single one."""
    terms = {k: (r & rows, c & columns) for k, (r, c) in _pair(factors).terms.items() if r & rows and c & columns}
    for side in (0, 1):
        first: dict[frozenset[int], int] = {}
        for k, term in list(terms.items()):
            if len(term[side]) == 1 and (other := first.setdefault(term[side], k)) != k:
                _spend(12 + sum(map(len, terms[other])) + sum(map(len, term)))
                terms[other] = (terms[other][0] | term[0], terms[other][1] | term[1])
                del terms[k]
    return terms

@_step("diagonal", "target", rows=_set, columns=_set,
       cases=[{"rows": [_set], "columns": [_set], "terms": [_natural]}])
def step_diagonal(run: _Run, target: _Target, node: Any) -> None:
    """A block with a diagonal part, up to repeated lines: too many hidden indices avoid it, one after the other."""
    terms, across, down = _block(target, node["rows"], node["columns"])
    lost = len(terms) - len(_independent(list(across.values())))
    rows, columns = ([all(len(group) < 2 for group in case[side]) for case in node["cases"]]
                     for side in ("rows", "columns"))
    # repeated lines of a product are repeated in the one or the other factor when its rank is large enough
    apart = any(map(all, zip(rows, columns, strict=True))) or (lost <= 1 and any(rows) and any(columns))
    _reject_if(not apart and (lost > 0 or not rows), "repeated lines of the target need not be repeated in a factor")
    for case in node["cases"]:
        left, right, order = case["rows"], case["columns"], case["terms"]
        for groups, lines in ((left, across), (right, down)):
            for group in groups:
                _spend(20 + sum(8 + len(lines.get(p, ())) for p in group))
                first = lines.get(min(group, default=-1))
                _reject_if(first is None or any(lines.get(p) != first for p in group), "not one line, repeated")
        _spend(20 + 4 * len(left) * len(right) + (2 + len(order)) * sum(map(len, (*left, *right, left, right))))
        corner = [[min(column) in across[min(row)] for column in right] for row in left]
        if len(left) != len(right) or any(v != (c == d) for c, row in enumerate(corner) for d, v in enumerate(row)):
            raise Rejected("the part is not diagonal")
        if len({*order} & terms.keys()) < len(order) or len(order) + len(left) <= len(terms):
            raise Rejected("a hidden index is missing or named twice, or there are too few")
        met: set[int] = set()
        for k in order:
            met |= {c for c, group in enumerate(right) if group <= terms[k][1]}
            _reject_if(any(left[c] <= terms[k][0] for c in met), f"hidden index {k} need not vanish")

@_step("tight", "frames", side=SIDE, terms=_set, others=_set, then=_natural)
def step_tight(run: _Run, frames: _Frames, node: Any) -> Any:
    """The vectors of the terms span the sum of their spaces, so the dual vectors of the others are orthogonal to it."""
    side, terms, others = node["side"], node["terms"], node["others"]
    span = list(_reduced(v for k in sorted(terms) for v in frames.space(side, k)).values())
    if len(span) > len(terms) or others & terms:
        raise Rejected("the vectors of these terms need not span the sum of their spaces")
    return [(node["then"], frames.cut("columns" if side == "rows" else "rows", others, span))]

@_step("gram", "frames", terms=_set, others=_set)
def step_gram(run: _Run, frames: _Frames, node: Any) -> None:
    """The products of columns of the terms and rows of the others have the rank of the terms in common."""
    terms, others = node["terms"], node["others"]
    left = _reduced(v for k in sorted(terms) for v in frames.space("rows", k)).values()
    right = _reduced(v for k in sorted(others) for v in frames.space("columns", k)).values()
    rank = len(_reduced({p: v for p, y in enumerate(right) if (v := _dot(x, y))} for x in left))
    if rank - (len(left) - len(terms)) - (len(right) - len(others)) <= len(terms & others) <= rank:
        raise Rejected("the products of the sums of these spaces may have such a rank")

@_step("either", "frames", term=_natural, other=_natural, rows=_natural, columns=_natural)
def step_either(run: _Run, frames: _Frames, node: Any) -> Any:
    """The product of two vectors vanishes and is a product of two linear forms: one of these vanishes."""
    k, l = node["term"], node["other"]
    left, right = frames.space("rows", k), frames.space("columns", l)
    products = [{p: v for p, y in enumerate(right) if (v := _dot(x, y))} for x in left]
    if k == l or len(_reduced(products)) > 1:
        raise Rejected("the terms are the same, or the products are no product of two linear forms")
    return [(node["rows"], frames.cut("rows", [k], right)), (node["columns"], frames.cut("columns", [l], left))]


# ---- closed: patterns, rank-one supports and the cells that are looked at --------------------------

Terms = dict[int, tuple[frozenset[int], frozenset[int]]]

class _Pattern:
    """Rank-one supports by name, and the cells that are not looked at (arbitrary entries)."""

    kinds = ("pair",)

    def __init__(self, terms: Terms, hidden: Iterable[tuple[int, int]] = ()) -> None:
        hidden = frozenset(hidden)
        _spend(sum(10 + len(r) + len(c) for r, c in terms.values()) + 4 * len(hidden))
        self.terms = {k: (r, c) for k, (r, c) in terms.items() if r and c}
        # a cell without a row or column of some support can never be met
        rows = frozenset[int]().union(*(r for r, _ in self.terms.values()))
        columns = frozenset[int]().union(*(c for _, c in self.terms.values()))
        self.hidden = frozenset((i, j) for i, j in hidden if i in rows and j in columns)
        self.unseen: dict[int, set[int]] = {}
        for i, j in self.hidden:
            self.unseen.setdefault(i, set()).add(j)

    def support(self, k: int) -> dict[int, frozenset[int]]:
        """The looked-at cells of a support row by row, without empty rows."""
        rows, columns = self.terms[k]
        _spend(6 + 3 * len(rows) + 2 * len(columns) * sum(i in self.unseen for i in rows))
        return {i: left for i in rows if (left := columns - self.unseen[i] if i in self.unseen else columns)}

    def looked_at(self) -> dict[int, set[int]]:
        """The covered looked-at cells row by row; all other looked-at entries are zero for every product."""
        found: dict[int, set[int]] = {}
        for k in self.terms:
            for i, columns in self.support(k).items():
                own = found.setdefault(i, set())
                _spend(4 + len(columns) // 8 + 2 * len(columns - own))
                own |= columns
        return found

    def cells(self) -> list[tuple[int, int]]:
        """The same as cells."""
        rows = self.looked_at()
        _spend(6 * sum(map(len, rows.values())))
        return sorted((i, j) for i, columns in rows.items() for j in columns)

    def divided(self, terms: Iterable[int]) -> tuple[_Pattern, _Pattern]:
        """Some hidden indices alone, and the others without the cells that the former cover."""
        named = set(terms)
        _reject_if(not named or not named <= self.terms.keys(), "a hidden index is missing, or none is named")
        own = _Pattern({k: self.terms[k] for k in named}, self.hidden)
        rest = {k: sides for k, sides in self.terms.items() if k not in named}
        return own, _Pattern(rest, self.hidden.union(own.cells()))

def _pair(factors: Chain) -> _Pattern:
    (_, r, left), (_, _, right) = factors
    columns = _columns(r, left)
    return _Pattern({k: (columns[k], right[k]) for k in range(r)})

@_rule("solver", "root", engine=_engine, question=_one_of("closedness"), answer=_one_of("unsat"))
def rule_solver(run: _Run, subject: Any, node: Any) -> None:
    """Nothing is checked: the word of an engine."""
    run.trusted.add(node["engine"])

@_rule("ideal", "pair", polynomials=[_poly], engine=_engine, answer=_one_of("unsat"))
def rule_ideal(run: _Run, pattern: _Pattern, node: Any) -> None:
    """Polynomials that vanish on the set; a named engine says that they vanish nowhere else."""
    _reject_if(run.field != "real", "the engine speaks of real zeros")
    state = _State.of(pattern)
    _vanishing(node["polynomials"], state, state.star)
    run.trusted.add(node["engine"])

@_rule("product", "pair", parts=[{"terms": _set, "then": _natural}])
def rule_product(run: _Run, pattern: _Pattern, node: Any) -> Any:
    """Groups of rank-one supports without a common cell: a direct product (a point, if there are none)."""
    following: list[Any] = []
    seen: set[int] = set()
    taken: dict[int, set[int]] = {}
    for part in node["parts"]:
        _reject_if(not part["terms"] <= pattern.terms.keys() - seen, "a hidden index is missing or in two parts")
        seen |= part["terms"]
        smaller = _Pattern({k: pattern.terms[k] for k in part["terms"]}, pattern.hidden)
        for i, columns in smaller.looked_at().items():
            _spend(len(columns))
            _reject_if(not taken.setdefault(i, set()).isdisjoint(columns), f"a cell of row {i} lies in two parts")
            taken[i] |= columns
        following.append((part["then"], smaller))
    _reject_if(any(pattern.support(k) for k in pattern.terms.keys() - seen), "a hidden index is left out")
    return following

@_rule("twins", "pair", side=SIDE, then=_natural,
       classes=[{"keep": _set, "drop": _set, "cover": {"lines": _set, "terms": _set}}])
def rule_twins(run: _Run, pattern: _Pattern, node: Any) -> Any:
    """Of equal rows (or columns), as many as the structural rank of their block suffice."""
    side = 0 if node["side"] == "rows" else 1
    windows: dict[int, set[int]] = {}
    for cell in pattern.cells():
        windows.setdefault(cell[side], set()).add(cell[1 - side])
    dropped: set[int] = set()
    for group in node["classes"]:
        keep, drop, cover = group["keep"], group["drop"], group["cover"]
        lines = keep | drop
        if not keep or keep & drop or lines & dropped or len(keep) < len(cover["lines"]) + len(cover["terms"]):
            raise Rejected("lines are repeated, or fewer twins are kept than the cover's size")
        _spend(len(lines) * (12 + len(pattern.terms)) + sum(2 * len(windows.get(line, ())) for line in lines))
        types = {frozenset(k for k, sides in pattern.terms.items() if line in sides[side]) for line in lines}
        seen = {frozenset(windows.get(line, ())) for line in lines}
        _reject_if(len(types) != 1 or len(seen) != 1, "the lines are no twins")
        for k in next(iter(types)) - cover["terms"]:
            _spend(6 + 2 * len(pattern.terms[k][1 - side]))
            if (pattern.terms[k][1 - side] & next(iter(seen))) - cover["lines"]:
                raise Rejected(f"the cover leaves out hidden index {k}")
        dropped |= drop
    smaller = {k: (r - dropped, c) if side == 0 else (r, c - dropped) for k, (r, c) in pattern.terms.items()}
    return [(node["then"], _Pattern(smaller, pattern.hidden))]


GENERIC = _map(1, _natural, PAIRS)

@_rule("full", "pair", terms=_set, side=SIDE, lines=GENERIC, then=_natural)
def rule_full(run: _Run, pattern: _Pattern, node: Any) -> Any:
    """Some hidden indices alone give all matrices on the cells they cover: drop these cells."""
    own, rest = pattern.divided(node["terms"])
    _generic(_State.of(own), node["side"], node["lines"])
    return [(node["then"], rest)]


VALUES = _map(2, _natural, _natural, _int)

def _derivative(pattern: _Pattern, cells: list[tuple[int, int]], node: Any) -> tuple[list[int], list[Vector]]:
    """The product of factors of integers at the cells, and the vectors that its derivative reaches there."""
    found, position = [0] * len(cells), {cell: p for p, cell in enumerate(cells)}
    lines: dict[tuple[int, int, int], Vector] = {}
    for k, (rows, columns) in pattern.terms.items():
        _spend(12 * (1 + len(rows)) * (1 + len(columns)))
        for i, j in product(rows, columns):
            if (p := position.get((i, j))) is not None:
                x, y = node["left"].get((i, k), 0), node["right"].get((k, j), 0)
                found[p] += x * y
                lines.setdefault((0, k, i), {})[p] = y
                lines.setdefault((1, k, j), {})[p] = x
    return found, [{p: v for p, v in line.items() if v} for line in lines.values()]

def _squares_exceed(lines: list[Vector], size: int, bound: int) -> bool:
    """The sum S of the squares v v^T of vectors is at least `bound` times the identity, by a Cholesky factorisation.

    2^40 (S - 2 bound) = L L^T + R with integers, and the squares of R's entries have at most the sum (2^40 bound)^2.
    """
    _spend(2 * size**2 + size**3 // 12 + sum(6 + 3 * len(line) ** 2 for line in lines))
    square = [[0] * (p + 1) for p in range(size)]
    for line in lines:
        for (p, v), (q, w) in product(line.items(), repeat=2):
            if q <= p:
                square[p][q] += v * w
    lower: list[list[int]] = []
    rest = 0
    for p, row in enumerate(square):
        row[p] -= 2 * bound
        lower.append([])
        for q, value in enumerate(row):
            left = (value << 40) - sum(map(mul, lower[p], lower[q][:q]))
            if p == q and left <= 0:
                return False
            lower[p].append(isqrt(left) if p == q else left // lower[q][q])
            rest += (1 + (p != q)) * (left - lower[p][q] * lower[q][q]) ** 2
    return rest <= (bound << 40) ** 2

@_rule("regular", "pair", terms=_set, left=VALUES, right=VALUES, then=_natural)
def rule_regular(run: _Run, pattern: _Pattern, node: Any) -> Any:
    """Factors with a small product whose derivative is onto: all small matrices are products, so all are."""
    own, rest = pattern.divided(node["terms"])
    named = [(k, 0, i) for i, k in node["left"]] + [(k, 1, j) for k, j in node["right"]]
    if any(k not in own.terms or line not in own.terms[k][side] for k, side, line in named):
        raise Rejected("an entry is outside the support")
    cells = own.cells()
    found, lines = _derivative(own, cells, node)
    if not any(found):
        _reject_if(len(_independent(lines)) < len(cells), "the derivative does not reach every matrix")
    elif not _squares_exceed(lines, len(cells), 1 + isqrt(4 * sum(v * v for v in found))):
        raise Rejected("the product is not small, compared with the squares of the derivative")
    return [(node["then"], rest)]

@_rule("dominant", "pair", terms=SUPPORTS, left=VALUES, right=VALUES, then=_natural)
def rule_dominant(run: _Run, pattern: _Pattern, node: Any) -> Any:
    """Smaller supports whose products have a derivative that is onto: over C a closed set of them is everything."""
    terms = node["terms"]
    _reject_if(run.field != "complex", "a set with inner points need not be dense over the real numbers")
    if any(k not in pattern.terms or any(not a <= b for a, b in zip(sides, pattern.terms[k], strict=True))
           for k, sides in terms.items()):
        raise Rejected("a support is not a part of the present one")
    smaller = _Pattern(terms, pattern.hidden)
    cells = pattern.cells()
    _, lines = _derivative(smaller, cells, node)
    _reject_if(len(_independent(lines)) < len(cells), "the derivative does not reach every matrix")
    return [(node["then"], smaller)]

@_rule("dominant-limit", "chain", "not_closed", target=MATRIX, rows=_set, columns=_set, left=VALUES, right=VALUES,
       then=_natural)
def rule_dominant_limit(run: _Run, factors: Chain, node: Any) -> Any:
    """A derivative has the rank of all matrices on a block, or of all with few terms: over C these are limits."""
    _reject_if(run.field != "complex", "a set with inner points need not be dense over the real numbers")
    _reject_if(len(factors) != 2, "the rule speaks of two factors")
    block = _Pattern({k: (r & node["rows"], c & node["columns"]) for k, (r, c) in _pair(factors).terms.items()})
    cells, entries = block.cells(), {cell: value for cell, value in node["target"].items() if value}
    _reject_if(not entries.keys() <= set(cells), "the target has an entry that no product of the block has")
    rank = len(_independent(_derivative(block, cells, node)[1]))
    if rank < len(cells):
        m, n = len({i for i, _ in cells}), len({j for _, j in cells})
        least = min(m, n, len(block.terms))
        lines: dict[int, dict[int, Number]] = {}
        for (i, j), value in entries.items():
            lines.setdefault(i, {})[j] = value
        if rank < least * (m + n - least) or len(_reduced(map(_integers, lines.values()))) > least:
            raise Rejected("the derivative has too small a rank, or the target too large a one")
    return [(node["then"], _Target(factors, node["target"]))]

@_rule("split", "pair", term=_natural, parts=SUPPORTS, then=_natural)
def rule_split(run: _Run, pattern: _Pattern, node: Any) -> Any:
    """The looked-at cells of a support lie in parts that share no row and no column: one support for each part."""
    k, parts = node["term"], node["parts"]
    _reject_if(k not in pattern.terms, "the hidden index is missing")
    (rows, columns), cells = pattern.terms[k], pattern.support(k)
    rest, covered = {name: sides for name, sides in pattern.terms.items() if name != k}, 0
    _reject_if(parts.keys() & rest.keys(), "a new name is in use")
    for own_rows, own_columns in parts.values():
        _spend(len(own_rows) + len(own_rows) * len(own_columns) // 8)
        _reject_if(not (own_rows <= rows and own_columns <= columns), "a part leaves the support, or parts overlap")
        rows, columns = rows - own_rows, columns - own_columns
        covered += sum(len(own_columns & cells[i]) for i in own_rows if i in cells)
    _reject_if(covered != sum(map(len, cells.values())), "the parts do not hold all looked-at cells of the support")
    return [(node["then"], _Pattern({**rest, **parts}, pattern.hidden))]

@_rule("extend", "pair", rows=_set, columns=_set, terms=SUPPORTS, then=_natural)
def rule_extend(run: _Run, pattern: _Pattern, node: Any) -> Any:
    """Deletion of rows and columns keeps sets closed: it is enough to prove a larger pattern."""
    new_rows, new_columns, larger = node["rows"], node["columns"], node["terms"]
    used = [*pattern.terms.values(), ({i for i, _ in pattern.hidden}, {j for _, j in pattern.hidden})]
    _reject_if(any(rows & new_rows or columns & new_columns for rows, columns in used), "a new line is in use")
    old = {k: (rows - new_rows, columns - new_columns) for k, (rows, columns) in larger.items()}
    if {k: sides for k, sides in old.items() if all(sides)} != pattern.terms:
        raise Rejected("a hidden index changes on the old rows and columns")
    return [(node["then"], _Pattern(larger, pattern.hidden))]

@_rule("crossing", "pair")
def rule_crossing(run: _Run, pattern: _Pattern, node: Any) -> None:
    """Any two overlapping supports are crossing, and all their cells are looked at."""
    _spend(len(pattern.hidden) * len(pattern.terms))
    if any(i in rows and j in columns for i, j in pattern.hidden for rows, columns in pattern.terms.values()):
        raise Rejected("not all cells of the supports are looked at")
    _check_crossing({k: (rows, columns, columns) for k, (rows, columns) in pattern.terms.items()})


@_rule("dual-bases", "pair")
def rule_dual_bases(run: _Run, pattern: _Pattern, node: Any) -> None:
    """Two bases that are dual to each other can be chosen vector by vector, the most confined ones first."""
    rows, columns = (frozenset[int]().union(*(sides[s] for sides in pattern.terms.values())) for s in (0, 1))
    zeros = sorted(len(rows) + len(columns) - len(r) - len(c) for r, c in pattern.terms.values())
    if pattern.hidden or any(count > place for place, count in enumerate(zeros[: min(len(rows), len(columns))])):
        raise Rejected("some vectors are too confined, or not all cells are looked at")


def _check_crossing(terms: dict[int, tuple[frozenset[int], frozenset[int], Any]]) -> None:
    """Two hidden indices with a common row, and a common column in what they reach, are crossing."""
    names, sides = list(terms), [(rows, columns) for rows, columns, _ in terms.values()]
    # numbers as they come, since they may be large
    row_at: dict[int, int] = {}
    column_at: dict[int, int] = {}
    most = 1 + max((k for pair in sides for each in pair for k in each), default=0)
    longest = min(most, sum(len(rows) + len(columns) for rows, columns in sides))
    size = 1 + max(longest, len(names)) // 16384
    _spend(len(names) * (8 + longest // 100) + sum(2 * size * (len(r) + len(c)) for r, c in sides))
    masks = [(sum(1 << row_at.setdefault(i, len(row_at)) for i in rows),
              sum(1 << column_at.setdefault(j, len(column_at)) for j in columns)) for rows, columns in sides]
    by_row: dict[int, int] = {}  # of each row, the hidden indices there as the ones of an integer
    for p, (rows, _) in enumerate(sides):
        for i in rows:
            by_row[i] = by_row.get(i, 0) | 1 << p
    for p, k in enumerate(names):
        (r1, c1), met = masks[p], 0
        for i in sides[p][0]:
            met |= by_row[i]
        met &= (1 << p) - 1
        _spend(size * (2 * len(sides[p][0]) + 4 * (1 + met.bit_count())))
        while met:
            other = (met & -met).bit_length() - 1
            met &= met - 1
            r2, c2 = masks[other]
            if (r1 & ~r2 or c2 & ~c1) and (r2 & ~r1 or c1 & ~c2) and not _disjoint(terms[k][2], terms[names[other]][2]):
                raise Rejected(f"hidden indices {k} and {names[other]} are not crossing")

def _disjoint(a: Any, b: Any) -> bool:
    """Sets, or the ones of integers."""
    _spend(2 + (a.bit_length() // 4000 if isinstance(a, int) else min(len(a), len(b)) // 8))
    return not a & b


# ---- closed: one factor without zeros ----------------------------------------------------------------

class _Crowding(NamedTuple):
    """A set of lines that holds what more hidden indices need than it has lines and the slack, as far as decided."""

    own: dict[int, frozenset[int]]
    needs: Vector
    slack: int
    fixed: dict[tuple[str, int], bool]
    kinds: tuple[str, ...] = ("crowding",)

@_rule("types", "pair", side=SIDE, sets=[[(_natural, _natural)]], rooms=_map(1, _natural, _set),
       types=[{"line": _natural, "short": _set, "then": _natural}])
def rule_types(run: _Run, pattern: _Pattern, node: Any) -> Any:
    """The spans for the types of lines of one side keep their dimensions in limits, and vectors there span them."""
    side = 0 if node["side"] == "rows" else 1
    _reject_if(pattern.hidden, "a cell is not looked at")
    members = {k: sides[side] for k, sides in pattern.terms.items()}
    types: dict[frozenset[int], set[int]] = {}
    _spend(sum(len(rows) + len(columns) for rows, columns in pattern.terms.values()) * 4)
    for j in frozenset[int]().union(*(sides[1 - side] for sides in pattern.terms.values())):
        types.setdefault(frozenset(k for k, sides in pattern.terms.items() if j in sides[1 - side]), set()).add(j)
    sets: list[tuple[frozenset[int], frozenset[int]]] = []
    for pairs in node["sets"]:
        chosen = frozenset(k for _, k in pairs)
        if not len(dict(pairs)) == len(chosen) == len(pairs) or any(i not in members.get(k, ()) for i, k in pairs):
            raise Rejected("not a matching of lines and hidden indices that have them")
        _spend(sum(len(members[k]) for k in chosen))
        sets.append((chosen, frozenset[int]().union(*(members[k] for k in chosen))))
    rooms = dict.fromkeys(members, 1)
    for k, names in node["rooms"].items():
        _reject_if(k not in members or any(name >= len(sets) for name in names), "a hidden index or a set is not there")
        lost = 0
        for name in names:
            chosen, lines = sets[name]
            _spend(len(lines))
            lost += len(members[k]) - max(0, len(chosen) - len(lines - members[k]))
        for kind in types:
            _spend(1 + len(names) * (len(kind) // 16 + 1))
            if names and k in kind and not any(sets[name][0] <= kind for name in names):
                raise Rejected(f"hidden index {k} has a type without a set")
        rooms[k] = max(1, len(members[k]) - lost) if names else 1
    following: list[Any] = []
    for entry in node["types"]:
        line, short = entry["line"], entry["short"]
        kind = next((kind for kind, lines in types.items() if line in lines), frozenset())
        _reject_if(not kind or not short <= kind, f"line {line} has no type that is left, or not these hidden indices")
        del types[kind]
        own = {k: members[k] for k in kind}
        slack = len(short) - len(frozenset[int]().union(*(own[k] for k in short)))
        _reject_if(slack < 0, "the hidden indices have more lines than members")
        following.append((entry["then"], _Crowding(own, {k: rooms[k] for k in kind}, slack, {})))
    if types:
        raise Rejected(f"line {min(map(min, types.values()))} has a type that is not treated")
    return following

@_step("decide", "crowding", what=_one_of("row", "term"), name=_natural, zero=_natural, nonzero=_natural)
def step_decide(run: _Run, crowding: _Crowding, node: Any) -> Any:
    """A line is in the set or not; it holds what a hidden index needs or not."""
    name = (node["what"], node["name"])
    if name in crowding.fixed or (name[0] == "term" and name[1] not in crowding.own):
        raise Rejected("there is nothing to decide")
    _spend(16 + 6 * len(crowding.fixed))
    return [(node[key], crowding._replace(fixed={**crowding.fixed, name: value}))
            for key, value in (("zero", False), ("nonzero", True))]

@_step("bound", "crowding", weights=_map(1, _natural, _rational))
def step_bound(run: _Run, crowding: _Crowding, node: Any) -> None:
    """The number of hidden indices less that of the lines is at most the slack, by weights of the hidden indices."""
    weights, fixed, total = node["weights"], crowding.fixed, Fraction(0)
    at_line: dict[int, Fraction] = {}
    for k, weight in weights.items():
        if k not in crowding.own or fixed.get(("term", k)) is False or weight < 0:
            raise Rejected(f"hidden index {k} does not count, or has a negative weight")
        _spend(4 * len(crowding.own[k]))
        for i in crowding.own[k]:
            at_line[i] = at_line.get(i, Fraction(0)) + weight
    for k, need in crowding.needs.items():
        if fixed.get(("term", k)) is not False:
            value = 1 - need * weights.get(k, Fraction(0))
            total += value if ("term", k) in fixed else max(Fraction(0), value)
    for (kind, i), inside in fixed.items():
        if kind == "row":
            weight = at_line.pop(i, Fraction(0))
            total += weight - 1 if inside else 0
    if total + sum(weight - 1 for weight in at_line.values() if weight > 1) >= 1 + crowding.slack:
        raise Rejected("the weights do not exclude a crowded set")

def _flats(pattern: _Pattern, name: str) -> tuple[dict[int, frozenset[int]], dict[int, frozenset[int]], int]:
    """The hidden indices of every line, the lines of every hidden index, how many lines each has on the other side."""
    side = 0 if name == "rows" else 1
    across = {sides[1 - side] for sides in pattern.terms.values()}
    _reject_if(pattern.hidden or len(across) > 1, "both factors have zeros, or a cell is not looked at")
    members = {k: sides[side] for k, sides in pattern.terms.items()}
    types: dict[int, frozenset[int]] = {}
    for k, lines in members.items():
        for i in lines:
            _spend(4 + 2 * len(types.get(i, ())))
            types[i] = types.get(i, frozenset()) | {k}
    return types, members, max(map(len, across), default=0)

@_rule("flats", "pair", side=SIDE, flats=_map(1, _natural, _naturals))
def rule_flats(run: _Run, pattern: _Pattern, node: Any) -> None:
    """One factor has no zeros; vectors drawn in the limits of the flats of lines span these limits."""
    types, members, room = _flats(pattern, node["side"])
    ranks = dict.fromkeys(members, 1)
    for k, order in node["flats"].items():
        _reject_if(k not in members or not set(order) <= members[k], f"hidden index {k} or a line of it is not there")
        bound, common = room, frozenset(members)
        for position, i in enumerate(order):
            common &= types[i]
            _spend((len(order) + 1) * (len(types[i]) + 1))
            # the flat of this line and what is left of earlier ones lie in the flat of this line and any of those
            joint = [min(room, len(types[i] | types[j])) for j in order[:position]]
            bound += min(room, len(types[i])) - min(joint, default=room)
            bound = max(bound, min(room, len(common)), 1)
        for i in members[k]:
            _spend(len(order) * (len(types[i]) + 1))
            if len(types[i]) < room and not any(types[j] <= types[i] for j in order):
                raise Rejected(f"line {i} is missing for hidden index {k}")
        ranks[k] = bound
    for i, terms in types.items():
        _spend(len(terms) ** 2)
        for size in range(1, min(room, len(terms))):
            if sum(ranks[k] <= size for k in terms) > size + len(terms) - min(room, len(terms)):
                raise Rejected(f"the vectors of line {i} need not span its flat")

class _Lines(NamedTuple):
    """The hidden indices that lines may use, how many too few may be left, sets of lines with independent ones."""

    types: dict[int, frozenset[int]]
    terms: frozenset[int]
    spare: int
    free: tuple[frozenset[int], ...]
    avoided: frozenset[int] = frozenset()  # lines that a linear relation of the lines shall not meet
    apart: frozenset[int] = frozenset()  # lines that none of these relations meets, and lines that some meet
    met: frozenset[int] = frozenset()
    kinds: tuple[str, ...] = ("lines",)

@_rule("solved-lines", "pair", side=SIDE, then=_natural)
def rule_solved_lines(run: _Run, pattern: _Pattern, node: Any) -> Any:
    """One factor has no zeros; every matrix is a product, whatever lines of it are dependent."""
    types, members, room = _flats(pattern, node["side"])
    return [(node["then"], _Lines(types, frozenset(members), len(members) - room, ()))]

@_step("dependent", "lines", lines=_set, then=_natural, without=_map(1, _natural, _natural))
def step_dependent(run: _Run, state: _Lines, node: Any) -> Any:
    """Lines are independent, or one of them needs nothing when the others use no hidden indices but its own."""
    chosen, without, types = node["lines"], node["without"], state.types
    _reject_if(not without.keys() <= chosen <= types.keys(), "a line is not there")
    _reject_if(len(without) < (1 if len(chosen) == 2 else len(chosen)), "a line may depend on the others, too")
    _spend(len(without) * sum(8 + 2 * len(each) for each in (*types.values(), *state.free)))
    return [(node["then"], state._replace(free=(*state.free, chosen)))] + [
        (child, _Lines({i: own & types[c] if i in chosen else own for i, own in types.items() if i != c},
                       state.terms, state.spare, tuple(each - {c} for each in state.free)))
        for c, child in without.items()]

@_step("solved", "lines", solved=PAIRS, others=_map(1, _natural, PAIRS))
def step_solved(run: _Run, state: _Lines, node: Any) -> None:
    """Lines with hidden indices of their own are solved for the vectors, which then span everything at the others."""
    types, solved, others = state.types, node["solved"], node["others"]
    for i, pairs in [(-1, solved), *others.items()]:
        _spend(4 * len(pairs))
        if (len(set(pairs.values())) < len(pairs) or not pairs.keys() <= solved.keys() <= types.keys() >= others.keys()
                or any(k not in types[line] or k in types.get(i, ()) for line, k in pairs.items())):
            raise Rejected("not a matching of solved lines and hidden indices that the other line has not")
    for i in types.keys() - solved.keys():
        absent = state.terms - types[i]
        if 0 <= state.spare - len(absent) >= len(solved) - len(others.get(i, ())) - 1:
            continue
        _spend((len(solved) + 1) * (len(state.free) + 4) << min(40, len(absent)))
        for left in (each for size in range(len(absent) + 1) for each in combinations(absent, size)):
            lines = {j for j in solved if types[j].isdisjoint(left)}
            lost = min([max(0, len(lines) - 1), *(len(lines - each) for each in state.free)])
            _reject_if(lost + len(left) > state.spare, f"the vectors of line {i} need not span everything")

@_step("avoid", "lines", line=_natural, then=_natural)
def step_avoid(run: _Run, state: _Lines, node: Any) -> Any:
    """Only relations are looked at that do not meet a line."""
    return [(node["then"], state._replace(avoided=state.avoided | {node["line"]}, met=frozenset()))]

@_step("meet", "lines", line=_natural, zero=_natural, nonzero=_natural)
def step_meet(run: _Run, state: _Lines, node: Any) -> Any:
    """No relation of those looked at meets the line, or some do."""
    line = {node["line"]}
    _reject_if(not line <= state.types.keys() - state.avoided - state.apart - state.met, "there is nothing to decide")
    return [(node["zero"], state._replace(apart=state.apart | line)),
            (node["nonzero"], state._replace(met=state.met | line))]

@_step("tree", "lines", edges=_map(1, _natural, _natural, _natural))
def step_tree(run: _Run, state: _Lines, node: Any) -> None:
    """The vectors of a tree span what is orthogonal to a relation; or more lines are independent than can be."""
    edges, root, room = node["edges"], {i: i for i in (*state.types, -1)}, len(state.terms) - state.spare
    if len(state.apart) > room:
        return
    _reject_if(len(state.types) - len(state.avoided) <= room, "there may be no such relation")
    _reject_if(edges.keys() != state.terms or len(root) != len(edges) + 2, "not an edge for each hidden index")
    _spend(len(edges) * (len(root) + 16))
    for k, (i, j) in edges.items():
        _reject_if(any(k not in state.types.get(line, ()) for line in (i, j)), f"hidden index {k} has not these lines")
        _reject_if(not state.met & {i, j} if i != j else i not in state.avoided | state.apart, "an edge is zero")
        old, new = root[i], root[j if i != j else -1]
        _reject_if(old == new, "the edges contain a circle")
        root = {line: new if top == old else top for line, top in root.items()}
    ends = [i for edge in edges.values() for i in set(edge)]
    _reject_if(any(ends.count(i) > 1 for i in state.types.keys() - state.met), "edges are joined where they may vanish")


# ---- closed: chains of factors -------------------------------------------------------------------

def _columns(n: int, rows: list[frozenset[int]]) -> list[frozenset[int]]:
    """The rows of every column."""
    _spend(12 * n + len(rows) + 4 * sum(map(len, rows)))
    columns: list[set[int]] = [set() for _ in range(n)]
    for i, row in enumerate(rows):
        for j in row:
            columns[j].add(i)
    return [frozenset(column) for column in columns]

def _transposed(factors: Chain) -> Chain:
    return [(n, m, _columns(n, rows)) for m, n, rows in reversed(factors)]

def _reached_columns(factors: Chain) -> list[int]:
    """For every row the columns that some path reaches, as the ones of an integer."""
    n = factors[-1][1]
    masks = [1 << j for j in range(n)] if n <= 4096 else []
    _spend(len(masks) * (4 + n // 256))
    for number, (_, _, support) in enumerate(reversed(factors)):
        above = []
        for row in support:
            _spend(2 + len(row) * (1 + n // 16384) + (n // 256 if row else 0))
            mask = 0
            for k in row:
                mask |= masks[k] if number or masks else 1 << k
            above.append(mask)
        _spend(-(n // 256) * sum(map(bool, masks)))  # the masks of one level are forgotten
        masks = above
    return masks

def _chain_product(factors: Chain) -> Factor:
    """The support of the products: cells that some path reaches."""
    rows = []
    for mask in _reached_columns(factors):
        _spend(6 + mask.bit_length() // 8 + 2 * mask.bit_count())
        rows.append(frozenset(j for j, digit in enumerate(bin(mask)[:1:-1]) if digit == "1"))
    return factors[0][0], factors[-1][1], rows

@_rule("single", "chain")
def rule_single(run: _Run, factors: Chain, node: Any) -> None:
    """One factor: all matrices with a support."""
    _reject_if(len(factors) != 1, f"{len(factors)} factors are left")

@_rule("trim", "chain", then=_natural)
def rule_trim(run: _Run, factors: Chain, node: Any) -> Any:
    """Entries on no path from a row to a column do not matter."""
    for _ in range(2):
        # drop the entries that end at an index without continuation; then the same from the left
        live: Chain = []
        alive = frozenset(range(factors[-1][1]))
        for m, n, rows in reversed(factors):
            _spend(8 * m + 2 * n + 2 * sum(map(len, rows)))
            live.insert(0, (m, n, [row & alive for row in rows]))
            alive = frozenset(i for i, row in enumerate(live[0][2]) if row)
        factors = _transposed(live)
    return [(node["then"], factors)]

@_rule("fusion", "chain", at=_natural, side=SIDE, lines=GENERIC, then=_natural)
def rule_fusion(run: _Run, factors: Chain, node: Any) -> Any:
    """Two neighbours whose products are all matrices with some support become one factor."""
    at = node["at"]
    _reject_if(at + 1 >= len(factors), f"there is no factor {at + 1}")
    pair = factors[at : at + 2]
    _generic(_State.of(_pair(pair)), node["side"], node["lines"])
    return [(node["then"], [*factors[:at], _chain_product(pair), *factors[at + 2 :]])]

@_rule("peel", "chain", side=_one_of("left", "right"), then=_natural)
def rule_peel(run: _Run, factors: Chain, node: Any) -> Any:
    """The first (last) factor can be kept orthogonal, so it is enough that the others are closed."""
    _reject_if(len(factors) < 2, "only one factor is left")
    (_, r, first), (_, _, second), *_ = turned = factors if node["side"] == "left" else _transposed(factors)
    columns, rest = _columns(r, first), _reached_columns(turned[1:])
    _check_crossing({k: (columns[k], second[k], rest[k]) for k in range(r)})
    return [(node["then"], factors[1:] if node["side"] == "left" else factors[:-1])]

@_rule("parts", "chain", parts=[{"inner": [_naturals], "then": _natural}])
def rule_parts(run: _Run, factors: Chain, node: Any) -> Any:
    """Groups of inner indices without common entries or common cells: a direct product."""
    inner = [part["inner"] for part in node["parts"]]
    if len(factors) < 2 or any(len(levels) != len(factors) - 1 for levels in inner):
        raise Rejected("there must be a list for each inner level")
    for level in range(len(factors) - 1):
        names = [k for levels in inner for k in set(levels[level])]
        _reject_if(len(set(names)) < len(names), "an inner index lies in two parts")
    entries, size = (sum(len(row) for _, _, rows in factors for row in rows), sum(m for m, _, _ in factors))
    _spend(8 * entries + len(inner) * (2 * size + entries // 8))
    chains, seen = [], [0] * factors[0][0]
    for levels in inner:
        kept = [frozenset(range(factors[0][0])), *map(frozenset, levels), frozenset(range(factors[-1][1]))]
        chain = [(m, n, [row & right if i in left else frozenset[int]() for i, row in enumerate(rows)])
                 for (m, n, rows), (left, right) in zip(factors, pairwise(kept), strict=True)]
        entries -= sum(len(row) for _, _, rows in chain for row in rows)
        for i, mask in enumerate(_reached_columns(chain)):
            _reject_if(mask & seen[i], f"two parts have a common cell in row {i}")
            seen[i] |= mask
        chains.append(chain)
    _reject_if(entries, "an entry is in no part")
    return [(part["then"], chain) for part, chain in zip(node["parts"], chains, strict=True)]

@_rule("triangular", "chain", at=_natural, kinds=[_one_of("lower", "upper", "diagonal")], then=_natural)
def rule_triangular(run: _Run, factors: Chain, node: Any) -> Any:
    """Lower, upper and lower (or upper, lower and upper) triangular factors give all matrices."""
    at, kinds = node["at"], node["kinds"]
    _reject_if(not kinds or at + len(kinds) > len(factors), "there are not so many factors")
    n = factors[at][0]
    for kind, (m, width, rows) in zip(kinds, factors[at:], strict=False):
        for i, row in enumerate(rows):
            _spend(1 + len(row))
            low, high = i if kind != "lower" else 0, i if kind != "upper" else n - 1
            if (m, width) != (n, n) or not row.issuperset(range(low, high + 1)):
                raise Rejected(f"row {i} of a square factor does not hold the {kind} part")
    word = [kind for kind in kinds if kind != "diagonal"]
    if len(word) != 3 or word[0] == word[1] or word[1] == word[2]:
        raise Rejected("three triangular factors in turn are needed")
    _spend(4 * n)
    dense = (n, n, [frozenset(range(n))] * n)
    return [(node["then"], [*factors[:at], dense, *factors[at + len(kinds) :]])]


# ---- closed: matrices sorted by their zeros --------------------------------------------------------

class _State:
    """What is known of the looked-at entries; rows and columns that are zero are deleted.

    Attributes
    ----------
    factors : list
        For each factor the support of every row, as a list or a dictionary.
    omega, star, nonzero : dict
        For each row its columns that are looked at, that are unknown, that are known to be non-zero.
    tau : dict
        For each row the first inner indices that lead to a looked-at column.
    reach : dict
        For each of these where it leads.
    products : bool
        All matrices must be shown to be products.
    """

    def __init__(self, factors: Maps, omega: Any, star: Any, nonzero: Any, products: bool = False) -> None:
        rows = [i for i in star if star[i] or nonzero[i]]
        _spend(8 * len(star) + sum(40 + 2 * (len(omega[i]) + len(factors[0][i])) for i in rows))
        live = frozenset().union(*(star[i] | nonzero[i] for i in rows))
        self.factors, self.products = factors, products
        self.kinds = ("state",) + ("state-of-pair",) * (len(factors) == 2)
        self.omega = {i: omega[i] & live for i in rows}
        self.star, self.nonzero = {i: star[i] for i in rows}, {i: nonzero[i] for i in rows}
        below: Any = {j: frozenset((j,)) for j in live}
        for support in reversed(factors[1:]):
            _spend(sum(8 + 2 * len(ends) for ends in support.values()))
            below = {k: frozenset().union(*(below[l] for l in ends if l in below)) for k, ends in support.items()}
            _spend(sum(2 * len(ends) for ends in below.values()))
        self.tau = {
            i: frozenset(k for k in factors[0][i] if not below.get(k, live).isdisjoint(self.omega[i])) for i in rows
        }
        self.reach = {k: below[k] for k in frozenset().union(*self.tau.values())}
        if len(factors) == 2:  # what lies in no looked-at cell does not count
            windows: dict[int, set[int]] = {k: set() for k in self.reach}
            for i in rows if any(self.omega[i] != live for i in rows) else ():
                _spend(4 + len(self.tau[i]) * (2 + len(self.omega[i])))
                for k in self.tau[i]:
                    windows[k] |= self.omega[i]
            self.reach = {k: ends & windows[k] if windows[k] else ends for k, ends in self.reach.items()}
            self.factors = [self.tau, self.reach]

    @classmethod
    def of(cls, subject: Any) -> _State:
        """All matrices of a pattern or chain: every covered cell that is looked at is unknown."""
        if isinstance(subject, _Pattern):
            star = {i: frozenset(columns) for i, columns in subject.looked_at().items()}
            types: dict[int, set[int]] = {i: set() for i in star}
            for k in subject.terms:
                for i in subject.support(k):
                    types[i].add(k)
            every = frozenset[int]().union(*star.values())
            _spend(sum(12 + 2 * len(every) for i in star if i in subject.unseen) + 8 * len(star))
            omega = {i: every - subject.unseen[i] if i in subject.unseen else every for i in star}
            maps = [{i: frozenset(own) for i, own in types.items()}, {k: c for k, (_, c) in subject.terms.items()}]
            return cls(maps, omega, star, dict.fromkeys(star, frozenset()))
        maps = [dict(enumerate(rows)) for _, _, rows in subject]
        _spend(sum(16 * m for m, _, _ in subject))
        star = {i: frozenset(_reached(maps, (i,))) for i in range(subject[0][0])}
        every = frozenset[int]().union(*star.values())
        return cls(maps, dict.fromkeys(star, every), star, dict.fromkeys(star, frozenset()))

    def now(self, star: Any, nonzero: Any) -> _State:
        return _State(self.factors, self.omega, star, nonzero, self.products)

    def key(self) -> Any:
        """The state as a value."""
        lines = frozenset((i, self.tau[i], self.omega[i], self.star[i], self.nonzero[i]) for i in self.tau)
        return lines, frozenset(self.reach.items()), self.products

    def transposed(self) -> _State:
        _spend(12 * (3 + len(self.tau)) + 2 * sum(len(rows[k]) + 3 for rows in self.factors for k in rows))

        def turn(masks: Any) -> dict[int, frozenset[int]]:
            found: dict[int, list[int]] = {}
            for i, names in masks.items():
                for j in names:
                    found.setdefault(j, []).append(i)
            return {j: frozenset(names) for j, names in found.items()}

        omega, star, nonzero = (turn(masks) for masks in (self.omega, self.star, self.nonzero))
        none: frozenset[int] = frozenset()
        star, nonzero = ({j: each.get(j, none) for j in omega} for each in (star, nonzero))
        maps = [turn(rows) for rows in reversed(self.factors)]
        maps[0].update((j, none) for j in omega if j not in maps[0])
        for above, rows in pairwise(maps):
            rows.update((k, none) for names in above.values() for k in names if k not in rows)
        return _State(maps, omega, star, nonzero, self.products)

    def is_nonzero(self, i: int, j: int) -> bool:
        return i in self.nonzero and j in self.nonzero[i]

    def may_add_row(self, source: int, other: int) -> bool:
        """Adding multiples of row `source` to row `other` maps products to products."""
        window, extra = self.omega[other], self.tau[source] - self.tau[other]
        _spend(10 + len(window) + len(self.tau[source]) + len(extra) * (1 + len(window) // 8))
        return window <= self.omega[source] and all(window.isdisjoint(self.reach[k]) for k in extra)

@_rule("strata", "pair chain", then=_natural)
def rule_strata(run: _Run, subject: Any, node: Any) -> Any:
    """Each matrix is a product, or violates a condition that limits of products satisfy."""
    return [(node["then"], _State.of(subject))]

@_step("entry", "state", cell=(_natural, _natural), zero=_natural, nonzero=_natural)
def step_entry(run: _Run, state: _State, node: Any) -> Any:
    """An unknown entry is zero or not."""
    i, j = node["cell"]
    _reject_if(i not in state.star or j not in state.star[i], f"entry ({i}, {j}) is not unknown")
    star = {**state.star, i: state.star[i] - {j}}
    nonzero = {**state.nonzero, i: state.nonzero[i] | {j}}
    return [(node["zero"], state.now(star, state.nonzero)), (node["nonzero"], state.now(star, nonzero))]

@_step("clear", "state", side=SIDE, pivot=(_natural, _natural), lines=_set, then=_natural)
def step_clear(run: _Run, state: _State, node: Any) -> Any:
    """Clear column j in some rows with the non-zero entry (i, j), or row i in some columns."""
    (i, j), by_rows = node["pivot"], node["side"] == "rows"
    _reject_if(not state.is_nonzero(i, j), f"the pivot ({i}, {j}) is not known to be non-zero")
    turned = state if by_rows else state.transposed()
    i, j = (i, j) if by_rows else (j, i)
    star, nonzero = dict(turned.star), dict(turned.nonzero)
    for other in node["lines"]:
        if other == i or other not in turned.tau or not turned.may_add_row(i, other):
            raise Rejected(f"line {i} may not be added to line {other}")
        window = turned.omega[other]
        _spend(20 + 4 * len(window))
        if j in nonzero[other]:
            fresh = (turned.nonzero[i] & window) - star[other] - nonzero[other]
        elif j in star[other]:
            fresh = frozenset()
        else:
            continue
        touched = ((turned.star[i] | turned.nonzero[i]) & window) - fresh
        star[other] = ((star[other] | touched) - fresh) - {j}
        nonzero[other] = ((nonzero[other] - touched) | fresh) - {j}
    turned = turned.now(star, nonzero)
    return [(node["then"], turned if by_rows else turned.transposed())]

@_step("rename", "state-of-pair", rows=PAIRS, columns=PAIRS, terms=PAIRS, then=_natural)
def step_rename(run: _Run, state: _State, node: Any) -> Any:
    """Other names for rows, columns and hidden indices."""
    rows, columns, terms = (node[key] for key in ("rows", "columns", "terms"))
    live = frozenset().union(*state.omega.values(), *state.reach.values())
    for new, names in zip((rows, columns, terms), (state.tau.keys(), live, state.reach.keys()), strict=True):
        if new.keys() != names or len(set(new.values())) != len(new):
            raise Rejected("lines or hidden indices are not renamed one to one")

    def moved(lines: Any, first: Vector, second: Vector) -> Any:
        _spend(sum(24 + 3 * len(names) for names in lines.values()))
        return {first[a]: frozenset(second[b] for b in names) for a, names in lines.items()}

    maps = [moved(state.tau, rows, terms), moved(state.reach, terms, columns)]
    lines = [moved(each, rows, columns) for each in (state.omega, state.star, state.nonzero)]
    omega, star, nonzero = lines
    return [(node["then"], _State(maps, omega, star, nonzero, state.products))]

@_step("generic", "state-of-pair", side=SIDE, lines=GENERIC)
def step_generic(run: _Run, state: _State, node: Any) -> None:
    """One generic factor serves all matrices: distinct representatives in every line."""
    _generic(state, node["side"], node["lines"])

def _generic(state: _State, side: str, lines: dict[int, Vector]) -> None:
    state = state if side == "rows" else state.transposed()
    _reject_if(lines.keys() != state.tau.keys(), "a line is left out, or is not there")
    for line, chosen in lines.items():
        window = state.omega[line]
        _spend(12 + len(window) + 4 * len(chosen))
        _reject_if(len(set(chosen.values())) != len(chosen), f"line {line} uses a representative twice")
        if any(j not in window or k not in state.tau[line] or j not in state.reach[k] for j, k in chosen.items()):
            raise Rejected(f"a hidden index does not represent an entry of line {line}")
        if not state.star[line] | state.nonzero[line] <= chosen.keys():
            raise Rejected(f"line {line} has an entry without representative")
        rest = window - chosen.keys()
        _spend(len(chosen) * (1 + min(len(rest), len(window)) // 8))
        if rest and any(not rest.isdisjoint(state.reach[k]) for k in chosen.values()):
            raise Rejected(f"line {line} would touch another column as well")

@_step("spend", "state-of-pair", term=_natural, pivot=(_natural, _natural), rows=_set, columns=_set, then=_natural)
def step_spend(run: _Run, state: _State, node: Any) -> Any:
    """Subtract the cross through an entry, on rows and columns of one hidden index: it is used up."""
    k, (i, j), rows, columns = node["term"], node["pivot"], node["rows"], node["columns"]
    _reject_if(i not in rows or j not in columns, f"the pivot ({i}, {j}) is not on the cross")
    if any(q not in state.tau or k not in state.tau[q] or j not in state.omega[q] for q in rows):
        raise Rejected(f"hidden index {k} cannot be used in a row")
    _reject_if(not columns <= state.reach[k] & state.omega[i], f"hidden index {k} cannot be used in a column")
    if len(rows) > 1 and len(columns) > 1 and not state.is_nonzero(i, j):
        raise Rejected(f"the pivot ({i}, {j}) is not known to be non-zero")
    star, nonzero = dict(state.star), dict(state.nonzero)
    through = state.star[i] | state.nonzero[i]
    for q in rows:
        _spend(20 + 2 * (len(columns) + len(state.star[q]) + len(state.nonzero[q])))
        before, zero = state.star[q] | state.nonzero[q], columns if q == i else frozenset((j,))
        touched = (columns & state.omega[q] & through) - {j} if q != i and j in before else frozenset()
        # zero minus a product of two non-zero numbers
        fresh = (touched & state.nonzero[i]) - before if j in state.nonzero[q] else frozenset()
        star[q] = (star[q] | touched) - fresh - zero
        nonzero[q] = ((nonzero[q] - touched) | fresh) - zero
    maps = [{q: names - {k} for q, names in state.tau.items()}, {l: c for l, c in state.reach.items() if l != k}]
    return [(node["then"], _State(maps, state.omega, star, nonzero, True))]

@_step("family", "state", ones=[(_natural, _natural)], then=_natural)
def step_family(run: _Run, state: _State, node: Any) -> Any:
    """Scale a forest of non-zero entries to one; the others are the parameters ``a:i:j``."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def find(end: tuple[str, int]) -> tuple[str, int]:
        while parent.setdefault(end, end) != end:
            end = parent[end]
        return end

    entries: dict[tuple[int, int], Poly] = {}
    _spend(sum(2 + 20 * (len(state.star[i]) + len(state.nonzero[i])) for i in state.tau))
    for i, j in node["ones"]:
        first, second = find(("row", i)), find(("column", j))
        _reject_if(not state.is_nonzero(i, j) or first == second, f"entry ({i}, {j}) cannot be scaled to one")
        parent[first] = second
        entries[i, j] = CONSTANT
    units: dict[str | int, Poly] = {}
    for i in state.tau:
        for j in state.star[i] | state.nonzero[i]:
            if (i, j) not in entries:
                name = f"a:{i}:{j}"
                entries[i, j] = {((name, 1),): 1}
                if j in state.nonzero[i]:
                    units[name] = entries[i, j]
    return [(node["then"], _System([], units, state, entries))]


# ---- sparsity levels: unions of sets of products ---------------------------------------------------

Rows = tuple[int, ...]  # for each row the columns, as the ones of an integer

class _Level(NamedTuple):
    """The most entries in a row, in a column, in all of one factor."""

    m: int
    n: int
    row: int
    column: int
    total: int

    def turned(self) -> _Level:
        return _Level(self.n, self.m, self.column, self.row, self.total)

def _bound(node: Any, place: str) -> int:
    return MAX_SIZE**2 if node is None else _natural(node, place)

class _Levels(list[_Level]):
    kinds = ("levels",)

def _levels(problem: Any) -> _Levels:
    found = _Levels()
    for (m, n), row, column, total in (level.values() for level in problem["levels"]):
        _malformed_if(found and found[-1].n != m, "problem.levels: sizes do not fit")
        found.append(_Level(m, n, min(n, row), min(m, column), min(m * n, total)))
    _malformed_if(len(found) < 2, "problem.levels: at least two factors are needed")
    return found

def _within(level: _Level, rows: Rows) -> bool:
    _spend(4 + level.n * (4 + len(rows)) // 4)
    counts = [sum(mask >> j & 1 for mask in rows) for j in range(level.n)]
    most = max((mask.bit_count() for mask in rows), default=0)
    return most <= level.row and max(counts) <= level.column and sum(counts) <= level.total

def _largest(level: _Level) -> list[Rows]:
    """All supports within the bounds to which no entry can be added."""
    m, n, row, column, total = level
    if row == n and total == m * n and column < m:
        turned = _largest(level.turned())
        return [tuple(sum((mask >> i & 1) << j for j, mask in enumerate(rows)) for i in range(m)) for rows in turned]
    _reject_if(n > 16 or m > 64, "a factor is too large to go through its supports")
    _spend(1 << n)
    # where rows alone are bounded, each of them is full
    least = row if column == m and total == m * n else 0
    choices = [mask for mask in range(1 << n) if least <= mask.bit_count() <= row]
    found: list[Rows] = [()]
    for _ in range(m):
        found = [new for rows in found for mask in choices if _within(level, new := (*rows, mask))]
    empty = ([(i, 1 << j) for i, mask in enumerate(rows) for j in range(n) if not mask >> j & 1] for rows in found)
    return [rows for rows, cells in zip(found, empty, strict=True)
            if not any(_within(level, (*rows[:i], rows[i] | one, *rows[i + 1 :])) for i, one in cells)]

def _members(levels: _Levels) -> list[tuple[Rows, ...]]:
    lists = [_largest(level) for level in levels]
    number = prod(map(len, lists))
    _reject_if(number > MAX_MEMBERS, "more largest supports than the checker's limit")
    _spend(4 * number)
    return list(product(*lists))

def _masks(factors: Chain, levels: _Levels) -> tuple[Rows, ...]:
    """The supports as row masks, of the sizes of the levels."""
    if [(m, n) for m, n, _ in factors] != [(level.m, level.n) for level in levels]:
        raise Rejected("other sizes than the levels")
    _spend(sum(2 + n // 256 + (1 + n // 16384) * len(row) for _, n, rows in factors for row in rows))
    return tuple(tuple(sum(1 << j for j in row) for row in rows) for _, _, rows in factors)

@_rule("one-entry", "levels")
def rule_one_entry(run: _Run, levels: _Levels, node: Any) -> None:
    """Two factors; a row, or a column, of one of them has at most one entry; or products have one row or column."""
    least = min(*(each for level in levels for each in level[2:4]))
    if len(levels) != 2 or (min(levels[0].m, levels[1].n) > 1 and least > 1):
        raise Rejected("no outer factor has at most one entry in each row or in each column")

@_rule("elimination", "levels", side=SIDE, zeros=_natural)
def rule_elimination(run: _Run, levels: _Levels, node: Any) -> None:
    """Gaussian elimination with some zeros, on rows or (for the transposed matrices) on columns."""
    _reject_if(len(levels) != 2, "two factors are needed")
    zeros, (first, second) = node["zeros"], levels
    if node["side"] == "columns":
        first, second = second.turned(), first.turned()
    m, r, n = first.m, first.n, second.n
    if r < n or zeros > sum(n - p for p in range(1, min(m, n) + 1)):
        raise Rejected("too few inner indices, or more zeros than there are steps")
    _reject_if(first.row < n or first.column < m or first.total < m * n - zeros, "the first factor has too few entries")
    least = min(second.row, second.column)
    _reject_if(second.total < n + zeros or least < (n if zeros else 1), "the second factor has too few entries")

@_rule("uncrossed", "levels")
def rule_uncrossed(run: _Run, levels: _Levels, node: Any) -> None:
    """Two inner indices: limits are products with other supports within the levels."""
    _reject_if(len(levels) != 2 or levels[0].n != 2, "two factors with two inner indices are needed")
    for left, right in _members(levels):
        first, second = (sum(1 << i for i, mask in enumerate(left) if mask >> k & 1) for k in (0, 1))
        both, either, common, joined = first & second, first | second, right[0] & right[1], right[0] | right[1]
        _spend(len(left) * 8)
        # u yᵀ + x vᵀ; a single row or column of one term that the other one fills is not needed twice
        column = joined & ~common if common.bit_count() == 1 else joined
        row = either & ~both if both.bit_count() == 1 else either
        ways = [(u, v, names) for u, v in ((either, column), (row, joined)) for names in ((u, both), (both, u))]
        if both and common and not any(
            _within(levels[0], tuple(sum(1 << k for k in (0, 1) if names[k] >> i & 1) for i in range(len(left))))
            and _within(levels[1], (common, v) if names[0] == u else (v, common))
            for u, v, names in ways
        ):
            raise Rejected(f"limits with the supports {left}, {right} may leave the levels")

@_rule("members", "levels", cases=[{"factors": _chain, "then": _natural}])
def rule_members(run: _Run, levels: _Levels, node: Any) -> Any:
    """Every largest support is, up to the order of lines, one of the cases, which are closed."""
    sizes = [levels[0].m, *(level.n for level in levels)]
    known: set[tuple[Rows, ...]] = set()
    for case in node["cases"]:
        stack = [_masks(case["factors"], levels)]
        while stack:
            if (member := stack.pop()) not in known:
                known.add(member)
                _spend(sum(sizes) * (12 + sum(sizes) // 2))
                stack.extend(_exchanged(member, sizes))
    for member in _members(levels):
        _reject_if(member not in known, f"no case for the supports {member}")
    return [(case["then"], case["factors"]) for case in node["cases"]]

def _exchanged(member: tuple[Rows, ...], sizes: list[int]) -> list[tuple[Rows, ...]]:
    """The same supports with two neighbouring rows, inner indices or columns exchanged."""
    found = []
    for place, size in enumerate(sizes):
        for a in range(size - 1):
            factors = list(member)
            if place < len(member):
                rows = factors[place]
                factors[place] = (*rows[:a], rows[a + 1], rows[a], *rows[a + 2 :])
            if place > 0:
                rows = factors[place - 1]
                factors[place - 1] = tuple(m & ~(3 << a) | (m >> a & 1) << a + 1 | (m >> a + 1 & 1) << a for m in rows)
            found.append(tuple(factors))
    return found

@_rule("union-limit", "levels", "not_closed", target=MATRIX, curve=CURVE,
       cover=[{"factors": _chain, "then": _natural}])
def rule_union_limit(run: _Run, levels: _Levels, node: Any) -> Any:
    """A limit within the levels that is no product for any largest support."""
    _spend(sum(8 + level.m + 2 * level.n for level in levels))
    everything = [(level.m, level.n, [frozenset(range(level.n))] * level.m) for level in levels]
    _curve(everything, node["curve"], node["target"])
    for level, factor in zip(levels, node["curve"], strict=True):
        masks = [0] * level.m
        _spend(level.m + len(factor) * (2 + level.n // 256))
        for i, j in factor:
            masks[i] |= 1 << j
        _reject_if(not _within(level, tuple(masks)), "the curve has more entries than a level allows")
    bounds = [_masks(each["factors"], levels) for each in node["cover"]]
    for member in _members(levels):
        _spend(len(bounds) * (1 + sum(len(rows) for rows in member) // 8))
        if not any(
            all(not b & ~a for rows, own in zip(bound, member, strict=True) for a, b in zip(rows, own, strict=True))
            for bound in bounds
        ):
            raise Rejected(f"no refutation covers the supports {member}")
    return [(each["then"], _Target(each["factors"], node["target"])) for each in node["cover"]]


# ---- constrained factors: non-negative ones, covariance matrices, fixed entries -------------------

class _NonNegative(NamedTuple):
    """Products of factors without negative entries."""

    factors: Chain
    kinds: tuple[str, ...] = ("nonnegative",)

@_rule("nonnegative", "nonnegative")
def rule_nonnegative(run: _Run, product: _NonNegative, node: Any) -> None:
    """Whatever the supports are, the set is closed."""

class _Loadings(NamedTuple):
    """A factor model: which factors each item loads on, blocks of correlated factors, items with a unique variance."""

    rows: list[frozenset[int]]
    blocks: list[list[int]]
    unique: frozenset[int]
    kinds: tuple[str, ...] = ("covariance",)

    def times_free(self, block: list[int], items: Iterable[int]) -> Chain:
        """The loadings of some items on a block, and a square matrix of this size without zeros."""
        number, size = {k: position for position, k in enumerate(block)}, len(block)
        _spend(4 * sum(map(len, self.rows)) + 20 * len(self.rows) + 4 * size**2)
        rows = [frozenset[int]() for _ in self.rows]
        for i in items:
            rows[i] = frozenset(number[k] for k in self.rows[i] if k in number)
        return [(len(rows), size, rows), (size, size, [frozenset(range(size))] * size)]

def _loadings(problem: Any) -> _Loadings:
    (m, r, rows), blocks, unique = problem["loadings"], problem["blocks"], problem["unique"]
    if sorted(k for block in blocks for k in block) != list(range(r)) or [] in blocks:
        raise Malformed("problem.blocks: must hold each factor once")
    if list(unique) != sorted(set(unique)) or any(i >= m for i in unique):
        raise Malformed("problem.unique: must be increasing numbers of items")
    return _Loadings(rows, blocks, frozenset(unique))

@_rule("covariance", "covariance", blocks=[{"without": _set, "then": _natural}])
def rule_covariance(run: _Run, model: _Loadings, node: Any) -> Any:
    """The loadings on each block times a free square matrix are closed, without one item that has room for more."""
    _reject_if(len(node["blocks"]) != len(model.blocks), "there must be one node for each block")
    following = []
    for block, (without, then) in zip(model.blocks, map(dict.values, node["blocks"]), strict=True):
        if len(without) > 1 or any(i not in model.unique or not set(block) <= model.rows[i] for i in without):
            raise Rejected("an item has no unique variance, or does not load on all factors, or there are two")
        following.append((then, model.times_free(block, set(range(len(model.rows))) - without)))
    return following

@_rule("covariance-limit", "covariance", "not_closed", block=_natural, items=_set, then=_natural)
def rule_covariance_limit(run: _Run, model: _Loadings, node: Any) -> Any:
    """Items without unique variance, on factors of one block, whose loadings times a free matrix are not closed."""
    items = node["items"]
    if node["block"] >= len(model.blocks) or any(i >= len(model.rows) for i in items):
        raise Rejected("there is no such block or item")
    block = model.blocks[node["block"]]
    if any(i in model.unique or not model.rows[i] <= set(block) for i in items):
        raise Rejected("an item has a unique variance, or loads on other blocks")
    return [(node["then"], model.times_free(block, items))]

@_rule("paired-items", "covariance", "not_closed", first=(_natural, _natural), second=(_natural, _natural),
       item=_natural, partner=_natural, factor=_any, others=[(_natural, _natural, _natural)])
def rule_paired_items(run: _Run, model: _Loadings, node: Any) -> None:
    """Two factors become one, and two items share what they differ in."""
    rows, (k, a), (l, b), item, partner = model.rows, node["first"], node["second"], node["item"], node["partner"]
    others = node["others"]
    items = [a, b, item, partner, *(i for _, c, d in others for i in (c, d))]
    _reject_if(max(items) >= len(rows), "paired-items: there is no such item")
    _reject_if(len(set(items)) < len(items), "the items must be different ones")
    block = next((set(block) for block in model.blocks if k in block), set())
    _reject_if(not all(rows[i] <= block for i in items), "an item loads on factors outside the block")
    if k == l or rows[a] != {k} or rows[b] != {l} or not {k, l} <= rows[item]:
        raise Rejected("the items of the two factors are not as needed")
    if sorted(g for g, _, _ in others) != sorted(rows[item] - {k, l}):
        raise Rejected("the other factors of the item must be listed")
    if any(rows[c] != {g} or g not in rows[d] for g, c, d in others):
        raise Rejected("the items of another factor are not as needed")
    if node["factor"] is None:
        _reject_if(not {k, l} <= rows[partner], "the partner does not load on both factors")
    elif _natural(node["factor"], "paired-items.factor") not in rows[partner] - rows[item]:
        raise Rejected("the partner needs a factor that the item does not load on")

class _Fixed(NamedTuple):
    """Two factors with free entries, and entries fixed at numbers other than zero."""

    factors: Chain
    values: list[dict[tuple[int, int], Number]]
    kinds: tuple[str, ...] = ("fixed",)

def _fixed(problem: Any) -> _Fixed | Chain:
    listed = [{"shape": [*each["shape"]], "rows": each["rows"]} for each in problem["factors"]]
    factors = [_support(each, "problem.factors") for each in listed]
    values = [each["fixed"] for each in problem["factors"]]
    _malformed_if(factors[0][1] != factors[1][0], "problem.factors: sizes do not fit")
    for (m, n, rows), given in zip(factors, values, strict=True):
        if any(i >= m or j >= n or j in rows[i] or not value for (i, j), value in given.items()):
            raise Malformed("problem.factors: entries are fixed once, not free, and not zero")
    return _Fixed(factors, values) if any(values) else factors

@_rule("affine", "fixed")
def rule_affine(run: _Run, fixed: _Fixed, node: Any) -> None:
    """No hidden index has free entries on both sides."""
    (_, _, left), (_, _, right) = fixed.factors
    _reject_if(any(right[k] for k in frozenset[int]().union(*left)), "both sides of a hidden index have free entries")

@_rule("marker", "fixed", "not_closed", side=_one_of("left", "right"), hidden=_natural, fixed=_natural,
       free=_natural, column=_natural)
def rule_marker(run: _Run, fixed: _Fixed, node: Any) -> None:
    """A fixed and a free entry of one hidden index, which alone covers two cells of one column."""
    cells = [{(i, j) for i, row in enumerate(rows) for j in row} for _, _, rows in fixed.factors]
    given = [set(values) for values in fixed.values]
    if node["side"] == "right":
        cells, given = ([{(j, i) for i, j in each} for each in reversed(pair)] for pair in (cells, given))
    k, i, other, j = node["hidden"], node["fixed"], node["free"], node["column"]
    _spend(12 * sum(map(len, (*cells, *given))))
    if (i, k) not in given[0] or (other, k) not in cells[0] or (k, j) not in cells[1]:
        raise Rejected("the entries are not fixed and free as needed")
    _reject_if(any(hidden == k for hidden, _ in given[1]), "the hidden index has fixed entries on both sides")
    above = {hidden for hidden, column in cells[1] | given[1] if column == j}
    for row in (i, other):
        if {hidden for line, hidden in cells[0] | given[0] if line == row} & above != {k}:
            raise Rejected("another hidden index covers one of the two cells")


# ---- networks: are the outputs on every finite data set closed, or: has training on a given one an optimum? ----

PARAMETERS = {"weights": [_map(2, _natural, _natural, _laurent)], "biases": [_map(1, _natural, _laurent)]}
DATA = {"points": [[_rational]], "targets": [[_rational]]}

class _Net:
    """A network with masked weights, what of it takes part in its functions, and the data set of the question."""

    def __init__(self, problem: Any) -> None:
        self.kinds = ("data",) if "data" in problem else ("masks",)
        self.problem, self.slope = problem, problem["slope"]
        self.shapes = [(m, n) for m, n, _ in problem["masks"]]
        self.inputs = [[set(row) for row in rows] for _, _, rows in problem["masks"]]  # what each neuron reads
        self.biases = [set(layer) for layer in problem["biases"]]
        if not self.shapes or any(a[0] != b[1] for a, b in pairwise(self.shapes)):
            raise Malformed("problem.masks: there must be layers, and their sizes must fit")
        layers = zip(problem["biases"], self.shapes, strict=False)
        if len(self.biases) != len(self.shapes) or any(
            a >= b for layer, (m, _) in layers for a, b in pairwise((*layer, m))
        ):
            raise Malformed("problem.biases: must be increasing numbers of neurons for each layer")
        self.points, self.targets = (problem.get("data", {}).get(key, []) for key in ("points", "targets"))
        _spend(12 * len(self.points) * (2 + self.shapes[0][1] + self.shapes[-1][0]))
        widths = {(len(a), len(b)) for a, b in zip(self.points, self.targets, strict=False)}
        if len(self.points) != len(self.targets) or widths - {(self.shapes[0][1], self.shapes[-1][0])}:
            raise Malformed("data: each point needs one target, of the right sizes")
        self.reduce()

    def reduce(self) -> None:
        """Leave out what is on no path from an input to an output.

        A hidden neuron that no input reaches is a constant; when it has a bias, what it feeds can as well have
        biases, since those weights are free.
        """
        alive = set(range(self.shapes[0][1]))
        for number, rows in enumerate(self.inputs):
            constant = self.biases[number - 1] - alive if number else set()
            for i, row in enumerate(rows):
                _spend(1 + len(row))
                if row & constant:
                    self.biases[number].add(i)
                row &= alive
            if number:
                self.biases[number - 1] &= alive
            alive = {i for i, row in enumerate(rows) if row}
        for number in range(len(self.shapes) - 1, 0, -1):
            used = set().union(*self.inputs[number])
            for i, row in enumerate(self.inputs[number - 1]):
                if i not in used:
                    row.clear()
            self.biases[number - 1] &= used

    def restrict(self, inputs: set[int], outputs: set[int]) -> None:
        """Other inputs are zero in the data, and other outputs are not looked at."""
        for row in self.inputs[0]:
            row &= inputs
        for o, row in enumerate(self.inputs[-1]):
            if o not in outputs:
                row.clear()
        self.reduce()

    def fixed(self) -> set[int]:
        """One hidden layer: neurons with one input and no bias, whose kink cannot be moved."""
        if len(self.shapes) != 2:
            return set()
        return {k for k, row in enumerate(self.inputs[0]) if len(row) == 1 and k not in self.biases[0]}

    def bent(self) -> _Net:
        """The network itself, for rules that need an activation that is not linear."""
        _reject_if(self.slope == 1, "the activation is linear")
        return self

    def own(self, chosen: Iterable[int]) -> list[int]:
        """Outputs that share no hidden neuron with others: their part of the loss has parameters of its own."""
        named, outputs = set(chosen), set(range(self.shapes[-1][0]))
        _reject_if(not named or not named <= outputs, "outputs: must be some of the outputs")
        reached = [named, outputs - named]
        for rows in reversed(self.inputs[1:]):
            _spend(sum(1 + len(row) for row in rows))
            reached = [set().union(*(rows[i] for i in part)) for part in reached]
            _reject_if(reached[0] & reached[1], "the outputs share a hidden neuron with another output")
        return sorted(named)

    def values(self, node: Any, depth: int) -> list[dict[int, Poly]]:
        """What the first layers give at each point, as Laurent polynomials in t, for small positive t."""
        if not len(node["weights"]) == len(node["biases"]) == depth:
            raise Malformed("there must be weights and biases for each layer")
        layers, found = [], []
        entries = zip(node["weights"], node["biases"], self.inputs, self.biases, strict=False)
        for matrix, constants, rows, biases in entries:
            if any(i >= len(rows) or j not in rows[i] for i, j in matrix) or not constants.keys() <= biases:
                raise Rejected("a weight is masked, or a neuron has no bias")
            layers.append({**matrix, **{(i, -1): constant for i, constant in constants.items()}})
        for point in self.points:
            _spend(24 * len(point))
            values: Entries = {(j, 0): ({ONE: x}, CONSTANT) for j, x in enumerate(point) if x}
            for number, layer in enumerate(layers):
                values = _multiply([layer, {**values, (-1, 0): (CONSTANT, CONSTANT)}])
                for cell, (poly, _) in values.items() if number < len(self.shapes) - 1 else ():
                    _spend(6 + 6 * len(poly))
                    # the sign is that of the term with the lowest exponent
                    if poly and poly[min(poly, key=lambda monomial: monomial[0][1] if monomial else 0)] < 0:
                        values[cell] = (_times(poly, {ONE: self.slope} if self.slope else {}), CONSTANT)
            found.append({i: poly for (i, _), (poly, _) in values.items()})
        return found

    def missed(self, node: Any) -> list[int]:
        """The targets of some outputs are limits of outputs as t tends to 0 from above."""
        chosen = self.bent().own(node["outputs"])
        for values, target in zip(self.values(node, len(self.shapes)), self.targets, strict=True):
            _tends(values, {o: target[o] for o in chosen if target[o]}, "weights")
        return chosen

@_rule("relu-trees", "masks data")
def rule_relu_trees(run: _Run, net: _Net, node: Any) -> None:
    """Hidden neurons feed one neuron each; before the outputs they form stars, of equal outputs."""
    if len(net.shapes) > 1:
        net.bent()
    for number, rows in enumerate(net.inputs[1:-1], 1):
        seen: set[int] = set()
        for row in rows:
            _spend(1 + len(row))
            _reject_if(row & seen, f"a neuron of hidden layer {number} feeds several neurons")
            seen |= row
    fixed, last = net.fixed(), net.inputs[-1]
    feeds: dict[int, list[int]] = {}
    for o, row in enumerate(last if len(net.shapes) > 1 else ()):
        _spend(1 + len(row))
        for k in row - fixed:
            feeds.setdefault(k, []).append(o)
    for k, outputs in feeds.items():
        for o in outputs if len(outputs) > 1 else ():
            _spend(1 + len(last[o]))
            if last[o] - fixed != {k} or last[o] != last[outputs[0]]:
                raise Rejected(f"hidden neuron {k} is in no star of equal outputs")
            if (o in net.biases[-1]) != (outputs[0] in net.biases[-1]):
                raise Rejected(f"only some of the outputs of hidden neuron {k} have a bias")

@_rule("interpolation", "data", outputs=_set, **PARAMETERS)
def rule_interpolation(run: _Run, net: _Net, node: Any) -> None:
    """For some outputs the mean targets are combinations of what feeds them; the others are trees."""
    if any(top.keys() - {ONE} for part in (*node["weights"], *node["biases"]) for top, _ in part.values()):
        raise Rejected("parameters must be numbers")
    last = len(net.shapes) - 1
    found, chosen = net.values(node, last), net.own(node["outputs"])
    same: dict[tuple[Fraction, ...], list[int]] = {}
    for p, point in enumerate(net.points):
        same.setdefault(tuple(point), []).append(p)
    feeding: dict[Any, list[int]] = {}
    for o in chosen:
        feeding.setdefault((frozenset(net.inputs[last][o]), o in net.biases[last]), []).append(o)
    for (names, biased), outputs in feeding.items():
        _spend(12 * len(net.points) * (1 + len(names) + len(outputs)))
        values = [{q: found[p][k][ONE] for q, (p, *_) in enumerate(same.values()) if found[p].get(k)} for k in names]
        lines = list(map(_integers, values)) + [dict.fromkeys(range(len(same)), 1)] * biased
        if len(_independent(lines)) == len(same):
            continue  # any targets can be met
        means = [{q: _fits(sum((net.targets[p][o] for p in each), Fraction(0)) / len(each))
                  for q, each in enumerate(same.values())} for o in outputs]
        if len(_reduced([*lines, *map(_integers, means)])) > len(_reduced(lines)):
            raise Rejected("some targets cannot be met with these neurons")
    for o in chosen:
        net.inputs[last][o].clear()
        net.biases[last].discard(o)
    net.reduce()
    if any(net.inputs[last]):
        rule_relu_trees(run, net, node)

@_rule("relu-crossing", "masks", "not_closed", first=_natural, second=_natural, shared=_natural, other=_natural)
def rule_relu_crossing(run: _Run, net: _Net, node: Any) -> None:
    """Two neurons share an output, and one of them feeds another output, too.

    With several hidden layers the two have biases and read the same. If the activation is ReLU, so does a third one
    that feeds one of the outputs; or there is no third one, and what the two read has biases and reads the same.
    """
    last = len(net.bent().shapes) - 1
    first, second, shared, other = (node[key] for key in ("first", "second", "shared", "other"))
    if last < 1 or max(first, second) >= net.shapes[last][1] or max(shared, other) >= net.shapes[last][0]:
        raise Rejected("there is no hidden layer, or no such neuron")
    if first == second or shared == other or {first, second} & net.fixed():
        raise Rejected("two outputs and two neurons with movable kinks are needed")
    if not {first, second} <= net.inputs[last][shared] or second not in net.inputs[last][other]:
        raise Rejected("the two neurons are not connected as needed")
    if last == 1:
        return
    neurons, read = net.inputs[last][shared] | net.inputs[last][other], net.inputs[last - 1][second]
    _spend(len(read) * len(neurons))
    alike = {k for k in neurons & net.biases[last - 1] if net.inputs[last - 1][k] == read}
    _reject_if(not {first, second} <= alike, "the two neurons read different ones, or have no biases")
    if net.slope or len(alike) > 2:
        return
    _spend(len(read) * sum(len(net.inputs[last - 2][k]) for k in read))
    if len(neurons) > 2 or not read <= net.biases[last - 2]:
        raise Rejected("a third neuron reads different ones, or what the two read has no biases")
    if last > 2 and (len(read) < 2 or len({frozenset(net.inputs[last - 2][k]) for k in read}) > 1):
        raise Rejected("the two neurons read a single one, or neurons that read different ones")

NARROW = {"pairs": PAIRS, **dict.fromkeys(("free", "output", "level", "first", "second"), _natural)}

@_rule("relu-narrow", "masks", "not_closed", **NARROW)
def rule_relu_narrow(run: _Run, net: _Net, node: Any) -> None:
    """Neurons of the first layer are fewer than the inputs that they read, and two neurons behind it share one."""
    own, free, output, level, first, second = (node[key] for key in NARROW)
    last, inputs, pair = len(net.bent().shapes) - 1, set(own.values()), {first, second}
    if len(inputs) < len(own) or free in inputs or not 2 <= level <= last or len(pair) < 2:
        raise Rejected("inputs must be different, and two neurons of a hidden layer behind the first one are needed")
    if any(k >= net.shapes[0][0] or j not in net.inputs[0][k] for k, j in own.items()):
        raise Rejected("a neuron does not read its input")
    if output >= net.shapes[-1][0] or max(pair) >= net.shapes[level - 1][0] or not pair <= net.biases[level - 1]:
        raise Rejected("there is no such output, or no such neurons with biases")
    net.restrict(inputs | {free}, {output})
    if own.keys() != {k for k, row in enumerate(net.inputs[0]) if row}:
        raise Rejected("other neurons of the first layer take part")
    _reject_if(not any(pair <= row for row in net.inputs[level]), "no neuron reads both of the two")
    common = net.inputs[level - 1][first] & net.inputs[level - 1][second]
    seen = _sources(net, common, level - 2, set())
    _reject_if(not any(free in net.inputs[0][k] for k in seen), "the two do not see the free input together")
    if not own.keys() <= seen | _sources(net, {output}, last, {(level - 1, first), (level - 1, second)}):
        raise Rejected("a neuron of the first layer reaches the output through the two only")

@_rule("relu-overlap", "masks", "not_closed", inputs=_set,
       **dict.fromkeys(("first", "second", "shared", "other"), _natural))
def rule_relu_overlap(run: _Run, net: _Net, node: Any) -> None:
    """Two neurons of the second hidden layer read mostly the same: a limit has more kinks than there can be."""
    first, second, shared, other = (node[key] for key in ("first", "second", "shared", "other"))
    if len(net.bent().shapes) != 3 or max(shared, other) >= net.shapes[2][0] or first == second or shared == other:
        raise Rejected("two hidden layers, two of their neurons and two outputs are needed")
    net.restrict(node["inputs"], {shared, other})
    reads, (left, right) = net.inputs[1], (net.inputs[2][o] for o in (shared, other))
    if not {first, second} <= left & net.biases[1] or second not in right:
        raise Rejected("the two neurons are not connected as needed, or have no biases")
    common, neurons = reads[first] & reads[second], left | right
    shown = dict.fromkeys(set().union(*(reads[k] for k in neurons)), 0)  # by how many a kink is shown
    _reject_if(not shown.keys() <= net.biases[0], "what they read has no biases")
    for row in (common, *(reads[k] for k in neurons - {first, second})):
        _spend(2 + 2 * len(row))
        for j in row:
            shown[j] += 1
    hidden = sum((n == 0 if net.slope else Fraction(1, 2 ** min(n, 60))) for n in shown.values()) // 1
    changes = sum(size + (net.slope != 0 or size > 2) for size in (len(reads[first]), len(reads[second])))
    _reject_if(3 * len(common) <= changes + hidden, "the two neurons do not read enough in common")

def _sources(net: _Net, reach: set[int], number: int, without: set[tuple[int, int]]) -> set[int]:
    """The neurons of the first layer from which paths lead to some of another layer, avoiding some neurons."""
    for layer in range(number, 0, -1):
        rows = [net.inputs[layer][k] for k in reach]
        _spend(sum(len(row) + 1 for row in rows))
        reach = {j for row in rows for j in row if (layer - 1, j) not in without}
    return reach

@_rule("data-set", "masks", "not_closed", data=DATA, then=_natural)
def rule_data_set(run: _Run, net: _Net, node: Any) -> Any:
    """Training on some data set has no optimum."""
    return [(node["then"], _Net({**net.problem, "data": node["data"]}))]

@_rule("data-kinks", "data", "not_closed", outputs=_set, anchors=_naturals, at=_natural, **PARAMETERS)
def rule_data_kinks(run: _Run, net: _Net, node: Any) -> None:
    """Data on a line: the targets of some outputs are limits, and need more kinks than there are."""
    chosen, anchors, at = net.missed(node), node["anchors"], node["at"]
    pairs = sorted(zip(net.points, net.targets, strict=True), key=lambda pair: pair[0])
    _reject_if(len(pairs) < 2 or pairs[0][0] == pairs[-1][0], "the data are fewer than two points")
    base, places = pairs[0][0], []
    direction = [x - b for x, b in zip(pairs[-1][0], base, strict=True)]
    moving = next(j for j, d in enumerate(direction) if d)
    for point, _ in pairs:
        _spend(40 * (len(point) + len(chosen)))
        places.append((point[moving] - base[moving]) / direction[moving])
        if any(b + places[-1] * d != x for b, d, x in zip(base, direction, point, strict=True)):
            raise Rejected("the data are not on a line")
    _reject_if(any(s >= t for s, t in pairwise(places)), "a point is given twice")
    # a kink shows in the second differences at one point or at two neighbouring ones
    bends: list[dict[int, Number]] = [{} for _ in places]
    for p in range(1, len(places) - 1):
        for o in chosen:
            a, b, c = (target[o] for _, target in pairs[p - 1 : p + 2])
            _spend(24 + 4 * _cost(_bits(a) + _bits(b) + _bits(c)))
            if value := (c - b) / (places[p + 1] - places[p]) - (b - a) / (places[p] - places[p - 1]):
                bends[p][o] = _fits(value)
    if any(q - p < 2 for p, q in pairwise(anchors)) or any(p >= len(places) or not bends[p] for p in anchors):
        raise Rejected("anchors must be apart, with second differences other than zero")
    count = _most_kinks(net, {o for bend in bends for o in bend}, base, direction, places[-1])
    _reject_if(len(anchors) < count, f"there can be {count} kinks, and there are only {len(anchors)} anchors")
    # each kink has its anchor, so those that this place sees belong to the anchors beside it
    beside = [_integers(bends[p]) for p in (at - 1, at + 1) if p in anchors]
    if at >= len(places) or at in anchors or len(_reduced([*beside, _integers(bends[at])])) == len(_reduced(beside)):
        raise Rejected("the second difference is a combination of those beside it")

def _most_kinks(net: _Net, outputs: set[int], base: list[Fraction], direction: list[Fraction], end: Fraction) -> int:
    """A bound for the kinks of these outputs along the line, between the places 0 and `end`.

    On each piece where all values of the layer before are affine, a neuron adds one kink at most.
    """
    widths: list[int] = []
    reach = outputs
    for number in range(len(net.shapes) - 1, 0, -1):
        reach = set().union(*(net.inputs[number][k] for k in reach))
        _spend(sum(8 * len(net.inputs[number - 1][k]) + 12 for k in reach))
        widths.insert(0, len(reach))
    moving, straight = 0, False
    for k in reach:
        vectors = {(direction[j], base[j]) for j in net.inputs[0][k]}
        vectors |= {(Fraction(0), Fraction(1))} if k in net.biases[0] else set()
        d, b = next((each for each in vectors if each[0]), (Fraction(0), Fraction(0)))
        # all multiples of one: constant on the line, or the kink is where this one vanishes
        if d and not 0 < -b / d < end and all(d * y == b * x for x, y in vectors):
            straight = True
        else:
            moving += bool(d)
    # pieces on which the values of the layers before are affine, and of these the ones where they are not constant
    pieces, before = 1 + moving, moving
    slanting = [1, 1 if moving == 1 and not straight and not net.slope else 1 + moving]
    for number, width in enumerate(widths[1:], 2):
        # one or two ReLU neurons give a sum that crosses zero once or twice, w neurons w + 1 times
        crossings = before if 0 < before < 3 and not net.slope and not (number == 2 and straight) else before + 1
        more = width * slanting[number - 2] * crossings
        pieces += more
        slanting.append(1 if slanting[-1] == 1 and width == 1 and not net.slope else slanting[-1] + more)
        before = width
    return pieces - 1

class _Signs(NamedTuple):
    """Neurons whose arguments at points are known not to be negative (on), or not to be positive."""

    net: _Net
    chosen: list[int]
    signs: dict[tuple[int, int], bool]
    form: dict[int, Fraction] | None = None  # for `cone`, on those values of a neuron that are in a span
    neuron: int = 0
    span: tuple[Vector, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        return ("signs",) if self.form is None else ("form",)

    def told(self, node: Any, on: bool) -> _Signs:
        """One sign more, which was not known."""
        key = node["neuron"], node["point"]
        if key in self.signs or key[0] >= self.net.shapes[0][0] or key[1] >= len(self.net.points):
            raise Rejected("this sign is known, or there is no such point or neuron")
        _spend(20 + 2 * len(self.signs))
        return self._replace(signs={**self.signs, key: on})

    def of(self, k: int) -> dict[int, bool]:
        """What is known of one neuron."""
        _spend(4 + len(self.signs))
        return {p: on for (other, p), on in self.signs.items() if other == k}

    def read_by(self, k: int) -> list[Vector]:
        """Vectors that span the arguments of a neuron on the data."""
        columns = sorted(self.net.inputs[0][k])
        _spend(4 * len(self.net.points) * (1 + len(columns)))
        one = [dict.fromkeys(range(len(self.net.points)), 1)] if k in self.net.biases[0] else []
        return [_integers({p: x[j] for p, x in enumerate(self.net.points)}) for j in columns] + one

@_rule("tight-outputs", "data", "not_closed", outputs=_set, then=_natural, **PARAMETERS)
def rule_tight_outputs(run: _Run, net: _Net, node: Any) -> Any:
    """One hidden layer: the targets of some outputs are limits, and in all cases no outputs."""
    _reject_if(len(net.shapes) != 2, "there is not exactly one hidden layer")
    return [(node["then"], _Signs(net, net.missed(node), {}))]

@_step("sign", "signs form", neuron=_natural, point=_natural, on=_natural, off=_natural)
def step_sign(run: _Run, case: _Signs, node: Any) -> Any:
    """The argument of a neuron at a point is not negative, or it is not positive."""
    return [(node["on"], case.told(node, True)), (node["off"], case.told(node, False))]

@_step("implied", "signs", neuron=_natural, point=_natural, on=_boolean, because=_map(1, _natural, _rational),
       then=_natural)
def step_implied(run: _Run, case: _Signs, node: Any) -> Any:
    """An argument is a sum of arguments with known signs, with coefficients that are not negative."""
    known, after = case.of(node["neuron"]), case.told(node, node["on"])
    total = {node["point"]: Fraction(1 if node["on"] else -1)}
    for p, weight in node["because"].items():
        _reject_if(p not in known or weight < 0, f"the sign at point {p} is not known, or a coefficient is negative")
        total[p] = -weight if known[p] else weight
    if any(_dot(_integers(total), vector) for vector in case.read_by(node["neuron"])):
        raise Rejected("the argument is another combination")
    return [(node["then"], after)]

@_step("room", "signs", outputs=_set, aside=_set, forms=[_map(1, _natural, _rational)],
       neurons=[{"neurons": _set, "trees": [_natural]}])
def step_room(run: _Run, case: _Signs, node: Any) -> Any:
    """The targets of some outputs span more than their neurons, or as much and forms vanish on values of these."""
    net, aside, forms = case.net, node["aside"], node["forms"]
    outputs, points = sorted(node["outputs"]), range(len(net.points))
    _reject_if(not outputs or not node["outputs"] <= set(case.chosen), "must be some of the outputs of the proof")
    feeding = set().union(*(net.inputs[1][o] for o in outputs))
    if not aside <= feeding or any(p not in points for form in forms for p in form):
        raise Rejected("must be neurons that feed these outputs, and forms on the points")
    put: list[Vector] = []
    for k in sorted(aside):
        known = case.of(k)
        for vector in case.read_by(k):
            scaled = {p: v * (1 if known[p] else net.slope) for p, v in vector.items() if p in known}
            _spend(4 * len(vector))
            put.append(_integers(scaled))
        put += [{p: 1} for p in points if p not in known]
    _spend(4 * len(points) * len(outputs))
    wanted = {o: _integers({p: target[o] for p, target in enumerate(net.targets)}) for o in outputs}
    plain = [wanted[o] for o in outputs if o not in net.biases[1]]
    modulo = [*put, dict.fromkeys(points, 1)] if len(plain) < len(outputs) else put
    span, room = (*modulo, *wanted.values()), len(feeding - aside)
    total, least = len(_reduced(span)), len(_reduced(modulo))
    if total > room + len(_reduced([*modulo, *plain])) - len(_reduced([*put, *plain])) + len(_reduced(put)):
        return []  # the other neurons cannot span as much as the targets
    if total - least < room or any(_dot(_integers(form), vector) for form in forms for vector in modulo):
        raise Rejected("the other neurons have freedom, or a form does not vanish on what is put aside")
    table = [{o: v for o, vector in wanted.items() if (v := _dot(_integers(form), vector))} for form in forms]
    _reject_if(len(_reduced(table)) < len(forms), "the forms depend on each other")
    covered: set[int] = set()
    following: list[Any] = []
    for group, trees in (each.values() for each in node["neurons"]):
        if not group or covered & group or not group <= feeding - aside or len(trees) != len(forms):
            raise Rejected("must be neurons that feed the outputs, each once, with a node for each form")
        covered |= group
        k = min(group)
        like = (net.inputs[0][k], k in net.biases[0], case.of(k))
        if any((net.inputs[0][other], other in net.biases[0], case.of(other)) != like for other in group):
            raise Rejected("these neurons read different inputs")
        cases = [case._replace(form=form, neuron=k, span=span) for form in forms]
        following += zip(trees, cases, strict=True)
    _reject_if(total - least - len(forms) >= len(covered), "the values of these neurons may span as much as they must")
    return following

@_step("cone", "form", plus=_map(1, _natural, _rational, _rational), minus=_map(1, _natural, _rational, _rational))
def step_cone(run: _Run, case: _Signs, node: Any) -> None:
    """The form is not positive, and not negative, on all values of the neuron that are in the span."""
    known, read = case.of(case.neuron), case.read_by(case.neuron)
    assert case.form is not None
    for key, sign in (("plus", 1), ("minus", -1)):
        values = {p: sign * v for p, v in case.form.items()}
        arguments: dict[int, Fraction] = {}
        for p, (value, weight) in node[key].items():
            if p not in known or weight < 0:
                raise Rejected(f"the sign at point {p} is not known, or a coefficient is negative")
            values[p] = values.get(p, Fraction(0)) - value
            arguments[p] = value + weight if known[p] else value * case.net.slope - weight
        left, right = _integers(values), _integers(arguments)
        if any(_dot(left, vector) for vector in case.span) or any(_dot(right, vector) for vector in read):
            raise Rejected("the form is another combination")


# ---- problems, and the command line ------------------------------------------------------------------

FACTOR = {"shape": (_length, _length), "rows": _any}
LEVEL = {"shape": (_length, _length), "row": _bound, "column": _bound, "total": _bound}
NETWORK = {"masks": [_support], "biases": [_naturals], "slope": _rational}
COVARIANCE = {"kind": _any, "loadings": _support, "blocks": [_naturals], "unique": _naturals}
PROBLEMS: dict[str, tuple[Callable[[Any, str], Any], Callable[[Any], Any]]] = {
    "factors": (_reader({"factors": _chain}), lambda problem: problem["factors"]),
    "levels": (_reader({"levels": [LEVEL]}), _levels),
    "masks": (_reader(NETWORK), _Net),
    "data": (_reader({**NETWORK, "data": DATA}), _Net),
    "nonnegative": (_reader({"kind": _any, "factors": _chain}), lambda problem: _NonNegative(problem["factors"])),
    "covariance": (_reader(COVARIANCE), _loadings),
    "target": (_reader({"kind": _any, "factors": _chain, "target": MATRIX}), _target),
    "fixed": (_reader({"kind": _any, "factors": ({**FACTOR, "fixed": MATRIX},) * 2}), _fixed),
}

def main(arguments: list[str]) -> int:
    """Check the certificate file named on the command line."""
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        sys.stderr.write("usage: python -I -S check.py CERTIFICATE\n")
        return 2
    try:
        with open(arguments[0], "rb") as stream:
            report = check(stream.read(MAX_BYTES + 1))
    except OSError as error:
        sys.stderr.write(f"cannot read {arguments[0]!r}: {error.strerror}\n")
        return 2
    if report.malformed:
        sys.stderr.write(f"malformed: {report.reason}\n")
    elif not report.verified:
        sys.stdout.write(f"rejected: {report.reason}\n")
    else:
        trust = f", trusting {', '.join(report.trusted)}" if report.trusted else ""
        sys.stdout.write(f"verified: {report.claim}{trust} (rules: {', '.join(report.rules)})\n")
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
