"""Independent checker of closedness certificates: one file, standard library only.

Run as ``python -I -S check.py CERTIFICATE`` or call `check`. Nothing is searched for: each step
of the certificate is replayed and compared. The rules are stated and proved in
``docs/theory.md`` and ``docs/theory-chains.md``, the formats (for one product, and for sparsity levels)
are described in ``docs/certificate-format.md``.

Exit codes: 0 verified, 1 rejected, 2 malformed, 3 verified but it relies on a named solver.

The file is longer than others of this project on purpose: whoever wants to trust a verdict has
to read this one file and nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Callable
from contextvars import ContextVar
from fractions import Fraction
from itertools import pairwise, product
from math import gcd, lcm
from typing import Any, NoReturn

FORMAT, LEVELS_FORMAT, VERSION = "closedness-certificate", "closedness-levels-certificate", 1
NETWORK_FORMAT = "closedness-network-certificate"
CONSTRAINED_FORMAT = "closedness-constrained-certificate"
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
NAME = re.compile(r"[0-9]{1,9}:[0-9]{1,9}:[0-9]{1,9}")
ENGINE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,59}")


class Malformed(ValueError):
    """The certificate is not well-formed; the message names the place."""


class Rejected(Exception):
    """The certificate is well-formed and does not prove its claim."""


class Report:
    """Outcome of a check.

    Attributes
    ----------
    verified : bool
        Every step was replayed successfully.
    trusted : tuple of str
        What the proof relies on beside the replayed steps: names of solvers whose bare word it
        takes, empty for a complete proof.
    claim : str
        ``"closed"`` or ``"not_closed"``.
    reason : str
        One sentence; for a rejected certificate, the step that failed.
    rules : tuple of str
        The rules of ``docs/theory.md`` that were used.
    malformed : bool
        The certificate is not of the format; `reason` names the place.
    """

    def __init__(
        self,
        verified: bool,
        claim: str,
        reason: str,
        trusted: tuple[str, ...] = (),
        rules: tuple[str, ...] = (),
        malformed: bool = False,
    ) -> None:
        self.verified = verified
        self.claim = claim
        # the reason may quote the certificate: one short line of plain characters, whatever it holds
        if len(reason) > MAX_REASON:
            reason = f"{reason[: MAX_REASON // 2]} ... {reason[-MAX_REASON // 2 :]}"
        self.reason = "".join(c if c.isprintable() and c.isascii() else ascii(c)[1:-1] for c in reason)
        self.trusted = trusted
        self.rules = rules
        self.malformed = malformed

    @property
    def exit_code(self) -> int:
        """0 verified, 1 rejected, 2 malformed, 3 verified but relying on a named solver."""
        if self.malformed:
            return 2
        return (3 if self.trusted else 0) if self.verified else 1

    def __bool__(self) -> bool:
        raise TypeError("a Report has no truth value; ask for .verified")

    def __repr__(self) -> str:
        word = "verified" if self.verified else "malformed" if self.malformed else "rejected"
        trust = f", trusting {', '.join(self.trusted)}" if self.trusted else ""
        return f"<Report {word}: {self.claim}{trust}: {self.reason}>"


def check(certificate: Any) -> Report:
    """Check a certificate of any format.

    Parameters
    ----------
    certificate : str, bytes, dict or object with ``to_json``
        The certificate as JSON text, as parsed JSON, or as the library's own object.

    Returns
    -------
    Report
        ``verified`` is False when a step does not hold, and ``malformed`` True when the
        certificate is not even of the format.

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


def check_refutation(problem: Any, target: Any, refutation: Any, field: str = "real") -> Report:
    """Check by itself the part of a certificate which shows that a matrix is no product.

    Parameters
    ----------
    problem : dict
        As in certificates.
    target : list of [row, column, value]
        The entries that are not zero, values as text.
    refutation : dict
        The table of ``docs/certificate-format.md``.
    field : {"real", "complex"}

    Returns
    -------
    Report
        With the claim ``"no_product"``.

    Examples
    --------
    >>> check_refutation({}, [], {}).malformed
    True
    """

    def answer(run: _Run) -> None:
        if field not in ("real", "complex"):
            raise Malformed("field: must be 'real' or 'complex'")
        factors = _problem(_parse(_text(problem)))
        entries = _target(factors, _parse(_text(target)))
        _check_refutation(run, factors, entries, _parse(_text(refutation)))

    return _report(_Run("no_product", field), answer)


def _report(run: _Run, answer: Callable[[_Run], None]) -> Report:
    """What a check says, whatever it meets."""
    _work_left.set([MAX_WORK])
    try:
        answer(run)
    except Rejected as error:
        return Report(False, run.claim, str(error), tuple(sorted(run.trusted)), tuple(sorted(run.used)))
    except Malformed as error:
        return Report(False, run.claim, str(error), malformed=True)
    except RecursionError:
        return Report(False, run.claim, "certificate: nested too deeply", malformed=True)
    except MemoryError:
        return Report(False, run.claim, "more memory is needed than there is")
    return Report(True, run.claim, "every step holds", tuple(sorted(run.trusted)), tuple(sorted(run.used)))


def _check_claim(run: _Run, head: dict[str, Any]) -> None:
    """The claim of a certificate, by the rules of its format."""
    problem, proof, is_closed = head["problem"], head["proof"], head["claim"] == "closed"
    if head["format"] == LEVELS_FORMAT:
        levels = _levels(problem)
        _same_problem(head)
        (_levels_closed if is_closed else _levels_not_closed)(run, levels, proof)
        return
    if head["format"] == NETWORK_FORMAT:
        net = _Net(problem)
        _same_problem(head)
        _check_network(run, net, proof)
        return
    if head["format"] == CONSTRAINED_FORMAT:
        _check_constrained(run, head)
        return
    factors = _problem(problem)
    _same_problem(head)
    (_check_closed if is_closed else _check_not_closed)(run, factors, proof)


def _same_problem(head: dict[str, Any]) -> None:
    text = json.dumps(head["problem"], sort_keys=True, separators=(",", ":"))
    if hashlib.sha256(text.encode()).hexdigest() != head["problem_id"]:
        raise Rejected("problem_id is not the sha256 of the problem")


def _text(data: Any) -> str:
    """Parsed data go through the strict reader as well."""
    try:
        return json.dumps(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise Malformed(f"certificate: not JSON data ({error})") from None


FORMATS = (FORMAT, LEVELS_FORMAT, NETWORK_FORMAT, CONSTRAINED_FORMAT)


def _head(certificate: Any, formats: tuple[str, ...] = FORMATS) -> dict[str, Any]:
    if hasattr(certificate, "to_json"):
        certificate = certificate.to_json()
    if isinstance(certificate, bytes):
        certificate = _decode(certificate)
    text = certificate if isinstance(certificate, str) else _text(certificate)
    return _envelope(_parse(text), "certificate", formats)


def _envelope(node: Any, place: str, formats: tuple[str, ...]) -> dict[str, Any]:
    """What certificates of all formats have in common."""
    head = _keys(
        node,
        place,
        ("format", "version", "problem", "problem_id", "field", "claim", "proof"),
        ("provenance",),
    )
    if head["format"] not in formats or type(head["version"]) is not int or head["version"] != VERSION:
        raise Malformed(f"{place}.format: unknown format or version")
    if head["field"] not in ("real", "complex"):
        raise Malformed(f"{place}.field: must be 'real' or 'complex'")
    if head["claim"] not in ("closed", "not_closed"):
        raise Malformed(f"{place}.claim: must be 'closed' or 'not_closed'")
    provenance = head.get("provenance", {})
    if not isinstance(provenance, dict) or not all(
        isinstance(value, str) for value in provenance.values()
    ):
        raise Malformed(f"{place}.provenance: must map names to strings")
    return head


class _Run:
    """What one check carries along: claim and field, the rules used, the number of steps."""

    def __init__(self, claim: str, field: str = "real") -> None:
        self.claim = claim
        self.field = field
        self.used: set[str] = set()
        self.trusted: set[str] = set()
        self.steps = 0

    def step(self, rule: str | None = None) -> None:
        if rule is not None:
            self.used.add(rule)
        self.steps += 1
        _spend(8)
        if self.steps > MAX_STATES:
            raise Rejected("more steps than the checker's limit")


_work_left: ContextVar[list[int]] = ContextVar("work_left")


def _spend(amount: int) -> None:
    """Charge time and memory before they are used, so that no certificate makes the checker hang or swell.

    A set of size n costs about 6 + 2n where it is made and n/8 where it is only gone through.
    """
    left = _work_left.get()
    left[0] -= amount
    if left[0] < 0:
        raise Rejected("more work than the checker's limit")


# ---- reading ---------------------------------------------------------------------------------


def _decode(raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise Malformed(f"certificate: larger than {MAX_BYTES} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Malformed("certificate: not UTF-8 text") from None


def _parse(text: str) -> Any:
    if len(text) > MAX_BYTES:
        raise Malformed(f"certificate: larger than {MAX_BYTES} bytes")

    # what the parsed text takes, before it is parsed
    wide = 1 if text.isascii() else 4
    parts = 64 * text.count("[") + 260 * text.count("{") + 40 * text.count(",") + 30 * text.count('"')
    _spend((wide * len(text) + parts) // 40)

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise Malformed("certificate: an object has a duplicate key")
        return found

    def no_float(word: str) -> NoReturn:
        raise Malformed(f"certificate: floating-point number {word[:20]}")

    try:
        found = json.loads(
            text,
            object_pairs_hook=no_duplicates,
            parse_float=no_float,
            parse_constant=no_float,
        )
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:
        raise Malformed(f"certificate: not JSON ({str(error)[:200]})") from None
    # how deep the reader of JSON goes depends on the version of Python; this limit does not
    level: list[Any] = [found] if isinstance(found, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for node in level
            for inner in (node.values() if isinstance(node, dict) else node)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return found
    raise Malformed("certificate: nested too deeply")


def _keys(
    node: Any, place: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> dict[str, Any]:
    if not isinstance(node, dict):
        raise Malformed(f"{place}: must be an object")
    for key in required:
        if key not in node:
            raise Malformed(f"{place}: key {key!r} is missing")
    for key in node:
        if key not in required and key not in optional:
            raise Malformed(f"{place}: unknown key {key[:30]!r}")
    return node


def _list(node: Any, place: str, length: int | None = None) -> list[Any]:
    if not isinstance(node, list) or (length is not None and len(node) != length):
        raise Malformed(f"{place}: must be a list" + (f" of length {length}" if length else ""))
    return node


def _int(node: Any, place: str, low: int = 0, high: int = 10**9) -> int:
    if isinstance(node, bool) or not isinstance(node, int) or not low <= node <= high:
        raise Malformed(f"{place}: must be an integer between {low} and {high}")
    return node


def _ints(node: Any, place: str) -> list[int]:
    values = _list(node, place)
    _spend(2 + len(values))
    # long lists of good numbers are the rule; the exact types leave out booleans
    if values and (set(map(type, values)) != {int} or min(values) < 0 or max(values) > 10**9):
        return [_int(value, place) for value in values]
    return values


def _pairs(node: Any, place: str) -> dict[int, int]:
    """A map from integers to integers, given as a list of pairs."""
    found: dict[int, int] = {}
    for pair in _list(node, place):
        first, second = _ints(_list(pair, place, 2), place)
        if first in found:
            raise Malformed(f"{place}: {first} is mapped twice")
        found[first] = second
    return found


def _string(node: Any, place: str) -> str:
    if not isinstance(node, str):
        raise Malformed(f"{place}: must be a string")
    return node


def _rational(node: Any, place: str) -> Fraction:
    text = _string(node, place)
    top, slash, bottom = text.partition("/")
    digits = top[1:] if top.startswith("-") else top
    for part in (digits, bottom) if slash else (digits,):
        if not part.isdecimal() or not part.isascii() or len(part) > MAX_DIGITS:
            raise Malformed(f"{place}: {text[:20]!r} is not a rational number p/q")
    if slash and int(bottom) == 0:
        raise Malformed(f"{place}: {text[:20]!r} has denominator zero")
    return Fraction(int(top), int(bottom) if slash else 1)


def _variable_name(node: Any, place: str) -> str:
    """A factor's entry ``l:i:j``."""
    name = _string(node, place)
    if not NAME.fullmatch(name):
        raise Malformed(f"{place}: {name[:30]!r} is no entry l:i:j of a factor")
    return name


Factor = list[frozenset[int]]


def _problem(node: Any) -> list[tuple[int, int, Factor]]:
    """Read the supports: for each factor its shape and the columns of every row."""
    factors = []
    previous = None
    for number, factor in enumerate(_list(_keys(node, "problem", ("factors",))["factors"], "factors")):
        place = f"problem.factors[{number}]"
        factor = _keys(factor, place, ("shape", "rows"))
        m, n = (
            _int(size, f"{place}.shape", 1, MAX_SIZE)
            for size in _list(factor["shape"], f"{place}.shape", 2)
        )
        if previous is not None and m != previous:
            raise Malformed(f"{place}.shape: sizes do not fit")
        rows = _list(factor["rows"], f"{place}.rows", m)
        sets = []
        for i, row in enumerate(rows):
            columns = _ints(row, f"{place}.rows[{i}]")
            if columns != sorted(set(columns)) or (columns and columns[-1] >= n):
                raise Malformed(f"{place}.rows[{i}]: must be increasing column indices below {n}")
            _spend(6 + len(columns))
            sets.append(frozenset(columns))
        factors.append((m, n, sets))
        previous = n
    if len(factors) < 1:
        raise Malformed("problem.factors: at least one factor is needed")
    return factors


# ---- polynomials: dict from monomial to coefficient, monomial = sorted ((variable, exponent), ...)

Monomial = tuple[tuple[str, int], ...]
Poly = dict[Monomial, Fraction]
ONE: Monomial = ()


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def _cost(bits: int) -> int:
    """What it costs to multiply or add fractions of so many bits together."""
    return (bits >> 7) + (bits * bits >> 21)


def _fits(value: Fraction) -> Fraction:
    if _bits(value) > MAX_BITS:
        raise Rejected("a coefficient is larger than the checker's limit")
    return value


def _size(poly: Poly) -> int:
    """What a copy of a polynomial costs, coefficients apart."""
    return 6 + 8 * len(poly) + 2 * sum(map(len, poly))


def _read_poly(node: Any, place: str) -> Poly:
    poly: Poly = {}
    for term in _list(node, place):
        coefficient, powers = _list(term, place, 2)
        monomial = []
        for power in _list(powers, place):
            name, exponent = _list(power, place, 2)
            if len(_string(name, place)) > MAX_NAME:
                raise Malformed(f"{place}: {name[:30]!r}… is longer than {MAX_NAME} characters")
            monomial.append((name, _int(exponent, place, 1, MAX_EXPONENT)))
        key = tuple(sorted(monomial))
        _spend(8 + 2 * len(key))
        if key in poly or len({name for name, _ in key}) != len(key):
            raise Malformed(f"{place}: repeated monomial or variable")
        value = _fits(_rational(coefficient, place))
        if value:
            poly[key] = value
        if len(poly) > MAX_TERMS:
            raise Rejected("a polynomial has more terms than the checker's limit")
    return poly


def _monomial_times(a: Monomial, b: Monomial) -> Monomial:
    if not a:
        return b
    if not b:
        return a
    powers = dict(a)
    for name, e in b:
        powers[name] = powers.get(name, 0) + e
        if powers[name] > MAX_EXPONENT:
            raise Rejected("an exponent is larger than the checker's limit")
    return tuple(sorted(powers.items()))


def _plus(a: Poly, b: Poly, factor: int = 1) -> Poly:
    _spend(6 + 3 * len(a) + 8 * len(b))
    total = dict(a)
    for monomial, value in b.items():
        if monomial in total:
            before = total[monomial]
            _spend(_cost(_bits(before) + _bits(value)))
            new = _fits(before + factor * value)
            if new:
                total[monomial] = new
            else:
                del total[monomial]
        else:
            total[monomial] = factor * value
    if len(total) > MAX_TERMS:
        raise Rejected("a polynomial has more terms than the checker's limit")
    return total


def _times(a: Poly, b: Poly) -> Poly:
    _spend(6)
    total: Poly = {}
    right = [(n, w, _bits(w)) for n, w in b.items()]
    for m, v in a.items():
        large = _bits(v)
        for n, w, more in right:
            _spend(8 + 2 * (len(m) + len(n)) + _cost(large + more))
            key = _monomial_times(m, n)
            new = v * w
            if key in total:
                before = total[key]
                _spend(_cost(_bits(before) + large + more))
                new += before
            if not new:
                del total[key]
                continue
            total[key] = _fits(new)
        if len(total) > MAX_TERMS:
            raise Rejected("a polynomial has more terms than the checker's limit")
    return total


def _power(poly: Poly, exponent: int) -> Poly:
    if exponent > MAX_EXPONENT:
        raise Rejected("an exponent is larger than the checker's limit")
    result: Poly = {ONE: Fraction(1)}
    for _ in range(exponent):
        result = _times(result, poly)
    return result


def _variable(name: str) -> Poly:
    return {((name, 1),): Fraction(1)}


def _by_degree(poly: Poly, name: str) -> dict[int, Poly]:
    parts: dict[int, Poly] = {}
    _spend(_size(poly))
    for monomial, value in poly.items():
        degree = 0
        rest = []
        for variable, e in monomial:
            if variable == name:
                degree = e
            else:
                rest.append((variable, e))
        parts.setdefault(degree, {})[tuple(rest)] = value
    return parts


def _occurs(poly: Poly, name: str) -> bool:
    _spend(1 + len(poly) + sum(map(len, poly)) // 8)
    return any(variable == name for monomial in poly for variable, _ in monomial)


def _set_variable(poly: Poly, name: str, value: int) -> Poly:
    if not _occurs(poly, name):
        return poly
    total: Poly = {}
    for degree, part in _by_degree(poly, name).items():
        if degree == 0 or value:
            total = _plus(total, part)
    return total


def _substitute(poly: Poly, name: str, c: Poly, d: Poly) -> tuple[Poly, int]:
    """Return ``c^e · poly(name = -d/c)`` and the degree ``e``."""
    if not _occurs(poly, name):
        return poly, 0
    parts = _by_degree(poly, name)
    degree = max(parts)
    minus = {monomial: -value for monomial, value in d.items()}
    total: Poly = {}
    for e, part in parts.items():
        total = _plus(total, _times(_times(part, _power(minus, e)), _power(c, degree - e)))
    return total, degree


# ---- not closed: a curve of factors, its limit, and a refutation --------------------------------


def _check_not_closed(run: _Run, factors: list[tuple[int, int, Factor]], proof: Any) -> None:
    proof = _keys(proof, "proof", ("rule", "target", "curve", "refutation"))
    if proof["rule"] != "limit":
        raise Malformed("proof.rule: a 'not_closed' certificate has the rule 'limit'")
    run.step("limit")
    target = _target(factors, proof["target"])
    _check_curve(run, factors, proof["curve"], target)
    _check_refutation(run, factors, target, proof["refutation"])


def _target(factors: list[tuple[int, int, Factor]], node: Any) -> dict[tuple[int, int], Fraction]:
    m, n = factors[0][0], factors[-1][1]
    target: dict[tuple[int, int], Fraction] = {}
    for entry in _list(node, "proof.target"):
        i, j, value = _list(entry, "proof.target", 3)
        cell = (_int(i, "proof.target", 0, m - 1), _int(j, "proof.target", 0, n - 1))
        if cell in target:
            raise Malformed("proof.target: an entry is given twice")
        target[cell] = _rational(value, "proof.target")
    return target


Laurent = dict[int, Fraction]


def _check_curve(
    run: _Run,
    factors: list[tuple[int, int, Factor]],
    node: Any,
    target: dict[tuple[int, int], Fraction],
) -> None:
    """The product of the factors tends to the target as t tends to 0."""
    product: dict[tuple[int, int], Laurent] | None = None
    curve = _list(node, "proof.curve", len(factors))
    for number, (entries, (m, n, support)) in enumerate(zip(curve, factors, strict=True)):
        place = f"proof.curve[{number}]"
        factor: dict[int, dict[int, Laurent]] = {}
        for entry in _list(entries, place):
            i, j, terms = _list(entry, place, 3)
            i, j = _int(i, place, 0, m - 1), _int(j, place, 0, n - 1)
            if j in factor.setdefault(i, {}):
                raise Malformed(f"{place}: an entry is given twice")
            if j not in support[i]:
                raise Rejected(f"{place}: entry ({i}, {j}) is outside the support")
            laurent: Laurent = {}
            for term in _list(terms, place):
                e, value = _list(term, place, 2)
                e = _int(e, place, -MAX_EXPONENT, MAX_EXPONENT)
                if e in laurent:
                    raise Malformed(f"{place}: an exponent is given twice")
                laurent[e] = _fits(_rational(value, place))
            _spend(10 + 8 * len(laurent))
            factor[i][j] = laurent
        if product is None:
            product = {(i, j): v for i, row in factor.items() for j, v in row.items()}
            continue
        total: dict[tuple[int, int], Laurent] = {}
        for (i, k), left in product.items():
            for j, right in factor.get(k, {}).items():
                _spend(12)
                sums = total.setdefault((i, j), {})
                for e, v in left.items():
                    for f, w in right.items():
                        before = sums.get(e + f, Fraction(0))
                        _spend(10 + _cost(_bits(before) + _bits(v) + _bits(w)))
                        sums[e + f] = _fits(before + v * w)
        product = total
    assert product is not None
    for cell in set(product) | set(target):
        sums = product.get(cell, {})
        if any(e < 0 and value for e, value in sums.items()):
            raise Rejected(f"proof.curve: entry {cell} of the product diverges")
        if sums.get(0, Fraction(0)) != target.get(cell, Fraction(0)):
            raise Rejected(f"proof.curve: entry {cell} of the product does not tend to the target")


def _entry_equation(
    factors: list[tuple[int, int, Factor]], i: int, j: int, value: Fraction
) -> Poly:
    """Sum over all paths from row i to column j, minus the target's entry."""
    paths: dict[int, list[Monomial]] = {i: [ONE]}
    for number, (_, _, support) in enumerate(factors):
        following: dict[int, list[Monomial]] = {}
        last = number == len(factors) - 1
        for node, monomials in paths.items():
            for k in (support[node] & {j}) if last else support[node]:
                _spend(6 + (8 + 2 * number) * len(monomials))
                step = ((f"{number}:{node}:{k}", 1),)
                following.setdefault(k, []).extend(_monomial_times(p, step) for p in monomials)
                if len(following[k]) > MAX_TERMS:
                    raise Rejected("an entry has more paths than the checker's limit")
        paths = following
    poly: Poly = dict.fromkeys(paths.get(j, []), Fraction(1))
    _spend(6 + 4 * len(poly))
    return _plus(poly, {ONE: -value}) if value else poly


def _merged(factors: list[tuple[int, int, Factor]], node: Any) -> list[tuple[int, int, Factor]]:
    """One factor for each group of neighbours, with the support of their product."""
    sizes = [_int(size, "refutation.merge", 1) for size in _list(node, "refutation.merge")]
    if sum(sizes) != len(factors):
        raise Malformed("refutation.merge: the groups must hold every factor once")
    merged = []
    first = 0
    for size in sizes:
        group = factors[first : first + size]
        merged.append(group[0] if size == 1 else _chain_product(group))
        first += size
    return merged


class _Refutation:
    """Equations, variables known to be non-zero, and scalings that are left."""

    def __init__(self, equations: dict[str, Poly], nonzero: frozenset[str], used: frozenset[str]) -> None:
        _spend(6 + 3 * len(equations))
        self.equations = equations
        self.nonzero = nonzero
        self.used = used

    def unit(self, poly: Poly) -> bool:
        """A non-zero constant times a monomial in non-zero variables."""
        if len(poly) != 1:
            return False
        return all(name in self.nonzero for name, _ in next(iter(poly)))

    def equation(self, node: dict[str, Any]) -> Poly:
        label = _string(node["equation"], "refutation.equation")
        if label not in self.equations:
            raise Rejected(f"refutation: no equation {label[:30]!r} is left")
        return self.equations[label]

    def know(self, name: str) -> None:
        """The variable is known to be non-zero."""
        _spend(6 + 2 * len(self.nonzero))
        self.nonzero |= {name}

    def assign(self, name: str, value: int) -> None:
        _spend(6 + 3 * len(self.equations) + 2 * len(self.nonzero))
        self.equations = {
            label: _set_variable(poly, name, value) for label, poly in self.equations.items()
        }
        self.nonzero -= {name}

    def tidy(self, poly: Poly) -> Poly:
        """Divide a polynomial by the powers of non-zero variables that divide it."""
        _spend(_size(poly))
        low: dict[str, int] | None = None
        for monomial in poly:
            powers = {name: e for name, e in monomial if name in self.nonzero}
            low = (
                powers
                if low is None
                else {name: min(e, powers[name]) for name, e in low.items() if name in powers}
            )
            if not low:
                return poly
        if not low:
            return poly
        return {
            tuple((name, e - low.get(name, 0)) for name, e in monomial if e > low.get(name, 0)): value
            for monomial, value in poly.items()
        }


def _table(node: Any, place: str) -> list[Any]:
    """A table of proof nodes; a node refers to earlier ones only, so there are no cycles."""
    nodes = _list(node, place)
    if not nodes:
        raise Malformed(f"{place}: empty")
    return nodes


def _all_used(nodes: list[Any], visited: set[int], place: str) -> None:
    if len(visited) != len(nodes):
        unused = min(set(range(len(nodes))) - visited)
        raise Malformed(f"{place}: node {unused} is never used")


def _earlier(node: Any, position: int, place: str) -> int:
    child = _int(node, place)
    if child >= position:
        raise Malformed(f"{place}: node {position} refers to node {child}, which is not earlier")
    return child


def _check_refutation(
    run: _Run,
    factors: list[tuple[int, int, Factor]],
    target: dict[tuple[int, int], Fraction],
    node: Any,
) -> None:
    """No factors with these supports have the target as their product."""
    if isinstance(node, dict) and "pinned" in node:
        node = _keys(node, "refutation", ("pinned",), ("merge",))
        run.step("pinned")
        _check_pinned(_merged(factors, node["merge"]) if "merge" in node else factors, target, node["pinned"])
        return
    if isinstance(node, dict) and "frames" in node:
        node = _keys(node, "refutation", ("frames",), ("merge",))
        run.step("frames")
        _check_frames(run, _merged(factors, node["merge"]) if "merge" in node else factors, target, node["frames"])
        return
    node = _keys(node, "refutation", ("cells", "nodes"), ("merge",))
    run.step("refutation")
    cells: dict[tuple[int, int], None] = {}
    for cell in _list(node["cells"], "refutation.cells"):
        i, j = _list(cell, "refutation.cells", 2)
        i = _int(i, "refutation.cells", 0, factors[0][0] - 1)
        j = _int(j, "refutation.cells", 0, factors[-1][1] - 1)
        if (i, j) in cells:
            raise Malformed("refutation.cells: a cell is given twice")
        cells[i, j] = None
    if "merge" in node:
        run.step("merge")
        factors = _merged(factors, node["merge"])
    equations = {
        f"{i}:{j}": _entry_equation(factors, i, j, target.get((i, j), Fraction(0))) for i, j in cells
    }
    nodes = _table(node["nodes"], "refutation.nodes")
    stack = [(len(nodes) - 1, _Refutation(equations, frozenset(), frozenset()))]
    visited = set()
    while stack:
        position, state = stack.pop()
        visited.add(position)
        run.step()
        stack.extend(_refutation_step(run, nodes[position], position, state))
    _all_used(nodes, visited, "refutation.nodes")


def _refutation_step(
    run: _Run, node: Any, position: int, state: _Refutation
) -> list[tuple[int, _Refutation]]:
    place = f"refutation.nodes[{position}]"
    if not isinstance(node, dict):
        raise Malformed(f"{place}: must be an object")
    kind = node.get("do")
    if kind == "contradiction":
        _keys(node, place, ("do", "equation"))
        if not state.unit(state.equation(node)):
            raise Rejected(f"{place}: the equation is no contradiction")
        return []
    if kind == "combine":
        _refutation_combine(run, node, state, place)
        return []
    if kind == "split":
        _keys(node, place, ("do", "variable", "zero", "nonzero"))
        name = _variable_name(node["variable"], place)
        left = _Refutation(state.equations, state.nonzero, state.used)
        left.assign(name, 0)
        right = _Refutation(state.equations, state.nonzero, state.used)
        right.know(name)
        return [
            (_earlier(node["zero"], position, place), left),
            (_earlier(node["nonzero"], position, place), right),
        ]
    if kind == "factor":
        return _refutation_factor(node, position, state, place)
    if kind == "zero":
        _keys(node, place, ("do", "variable", "equation", "then"))
        name = _variable_name(node["variable"], place)
        poly = state.equation(node)
        if len(poly) != 1:
            raise Rejected(f"{place}: the equation is not a monomial")
        names = {variable for variable, _ in next(iter(poly))}
        if name not in names or not names - {name} <= state.nonzero:
            raise Rejected(f"{place}: the equation does not force {name} to vanish")
        state.assign(name, 0)
    elif kind == "nonzero":
        _keys(node, place, ("do", "variable", "equation", "then"))
        name = _variable_name(node["variable"], place)
        if not state.unit(_set_variable(state.equation(node), name, 0)):
            raise Rejected(f"{place}: the equation does not keep {name} from vanishing")
        state.know(name)
    elif kind == "scale":
        _keys(node, place, ("do", "variable", "hidden", "then"))
        _refutation_scale(node, state, place)
    elif kind == "derive":
        _keys(node, place, ("do", "name", "terms", "then"))
        name = _string(node["name"], place)
        if re.fullmatch("d:(0|[1-9][0-9]{0,5})", name) is None:
            raise Malformed(f"{place}.name: must be d: and a number")
        if name in state.equations:
            raise Rejected(f"{place}: there is an equation {name} already")
        _spend(3 * len(state.equations))
        state.equations = {**state.equations, name: _multiples(node["terms"], state, place)}
    elif kind == "solve":
        _keys(node, place, ("do", "variable", "equation", "then"))
        name = _variable_name(node["variable"], place)
        parts = _by_degree(state.tidy(state.equation(node)), name)
        if max(parts, default=0) != 1 or not state.unit(parts[1]):
            raise Rejected(f"{place}: the equation cannot be solved for {name}")
        label = node["equation"]
        _spend(3 * len(state.equations) + 2 * len(state.nonzero))
        state.nonzero -= {name}
        state.equations = {
            other: state.tidy(_substitute(poly, name, parts[1], parts.get(0, {}))[0])
            for other, poly in state.equations.items()
            if other != label
        }
    else:
        raise Malformed(f"{place}.do: unknown step {str(kind)[:30]!r}")
    return [(_earlier(node["then"], position, place), state)]


def _refutation_scale(node: dict[str, Any], state: _Refutation, place: str) -> None:
    """Multiply column k of one factor and divide row k of the next: a variable becomes one."""
    name = _variable_name(node["variable"], place)
    level, k = _ints(_list(node["hidden"], place, 2), place)
    key = f"{level}:{k}"
    if name not in state.nonzero:
        raise Rejected(f"{place}: {name} is not known to be non-zero")
    if key in state.used:
        raise Rejected(f"{place}: the scaling of hidden index {key} is used up")

    def weight(variable: str) -> int:
        if not NAME.fullmatch(variable):
            return 0  # a name that is no entry of a factor
        factor, i, j = variable.split(":")
        return (factor == str(level) and j == str(k)) - (factor == str(level + 1) and i == str(k))

    if weight(name) == 0:
        raise Rejected(f"{place}: {name} is not moved by the scaling")
    for label, poly in state.equations.items():
        _spend(_size(poly))
        weights = {sum(e * weight(variable) for variable, e in monomial) for monomial in poly}
        if len(weights) > 1:
            raise Rejected(f"{place}: equation {label} is not homogeneous for the scaling")
    _spend(6 + 2 * len(state.used))
    state.used |= {key}
    state.assign(name, 1)


def _refutation_factor(
    node: dict[str, Any], position: int, state: _Refutation, place: str
) -> list[tuple[int, _Refutation]]:
    _keys(node, place, ("do", "equation", "cases"))
    poly = state.tidy(state.equation(node))
    product: Poly = {ONE: Fraction(1)}
    following = []
    for case in _list(node["cases"], place):
        case = _keys(case, place, ("factor", "power", "then"))
        factor = _read_poly(case["factor"], place)
        product = _times(product, _power(factor, _int(case["power"], place, 1, 100)))
        child = _Refutation(dict(state.equations), state.nonzero, state.used)
        child.equations[node["equation"]] = factor
        following.append((_earlier(case["then"], position, place), child))
    if not _proportional(state.tidy(product), poly):
        raise Rejected(f"{place}: the factors do not multiply to the equation")
    return following


def _refutation_combine(run: _Run, node: dict[str, Any], state: _Refutation, place: str) -> None:
    """Multiples of the equations add up to something that cannot vanish (over the reals, with squares)."""
    _keys(node, place, ("do", "terms"), ("squares",))
    total = _multiples(node["terms"], state, place)
    if "squares" in node:
        total = _plus(total, _sum_of_squares(run, node["squares"], place), -1)
        if any(value < 0 or any(e % 2 for _, e in monomial) for monomial, value in total.items()):
            raise Rejected(f"{place}: what is left without the squares is not positive")
    if not state.unit(total):
        raise Rejected(f"{place}: the multiples of the equations may add up to zero")


def _sum_of_squares(run: _Run, node: Any, place: str) -> Poly:
    """A polynomial that is nowhere negative over the reals."""
    if run.field != "real":
        raise Rejected(f"{place}: a sum of squares speaks of the reals only")
    total: Poly = {}
    for square in _list(node, place):
        number, root = _list(square, place, 2)
        weight, poly = _rational(number, place), _read_poly(root, place)
        if weight < 0:
            raise Rejected(f"{place}: a square is subtracted")
        total = _plus(total, _times({ONE: weight} if weight else {}, _times(poly, poly)))
    return total


def _multiples(terms: Any, state: _Refutation, place: str) -> Poly:
    """The sum of the listed multiples of the equations."""
    total: Poly = {}
    for term in _list(terms, place):
        term = _keys(term, place, ("equation", "polynomial", "multiplier"))
        poly = _read_poly(term["polynomial"], place)
        if not _proportional(state.tidy(poly), state.tidy(state.equation(term))):
            raise Rejected(f"{place}: a polynomial is not the equation it is said to be")
        total = _plus(total, _times(_read_poly(term["multiplier"], place), poly))
    return total


def _proportional(a: Poly, b: Poly) -> bool:
    if not a or a.keys() != b.keys():
        return False
    first = next(iter(a))
    for monomial, value in a.items():
        _spend(2 + _cost(_bits(value) + _bits(b[first])) + _cost(_bits(a[first]) + _bits(b[monomial])))
        if value * b[first] != a[first] * b[monomial]:
            return False
    return True


# ---- not closed: frames, linear algebra with the columns of the two factors -----------------------

Vector = dict[int, int]
Space = tuple[str, int]  # "rows" or "columns", and a hidden index
PRIME = 2**61 - 1


def _check_pinned(
    factors: list[tuple[int, int, Factor]], target: dict[tuple[int, int], Fraction], node: Any
) -> None:
    """An entry of the target is not zero, but the entries of all its hidden indices in that place must be."""
    place = "refutation.pinned"
    node = _keys(node, place, ("side", "line", "at", "across", "groups"))
    if len(factors) != 2:
        raise Rejected(f"{place}: it speaks of two factors, not of {len(factors)}")
    side, line, at = _side(node["side"], place), _int(node["line"], place), _int(node["at"], place)
    across = frozenset(_ints(node["across"], place)) | {at}
    terms = {k: (sides[side], sides[1 - side]) for k, sides in _pair_pattern(factors).terms.items()}

    def entries(i: int) -> dict[int, int]:
        row = {j: target.get((i, j) if side == 0 else (j, i), Fraction(0)) for j in across}
        scale = lcm(*(value.denominator for value in row.values()))
        _spend(len(across) * (1 + scale.bit_length() // 64))
        if scale.bit_length() > MAX_BITS:
            raise Rejected(f"{place}: a coefficient is larger than the checker's limit")
        return {j: int(value * scale) for j, value in row.items() if value}

    zero: set[int] = set()
    for group in _list(node["groups"], place):
        lines = frozenset(_ints(group, place))
        met = {k for k, (own, others) in terms.items() if own & lines and others & across}
        _spend(len(terms) * (len(lines) + len(across)))
        block = [entries(i) for i in lines]
        if any(at in row for row in block):
            raise Rejected(f"{place}: a line of a group has an entry at {at}")
        if _rank_modulo(block, PRIME) < len(met):
            raise Rejected(f"{place}: a group has a smaller rank than hidden indices")
        zero |= met
    if at not in entries(line):
        raise Rejected(f"{place}: the entry is zero")
    if any(line in own and at in others and k not in zero for k, (own, others) in terms.items()):
        raise Rejected(f"{place}: a hidden index of the entry is in no group")


def _check_frames(
    run: _Run,
    factors: list[tuple[int, int, Factor]],
    target: dict[tuple[int, int], Fraction],
    node: Any,
) -> None:
    """A block of the target has as its rank the number of hidden indices there; dual bases are missing."""
    place = "refutation.frames"
    node = _keys(node, place, ("rows", "columns", "steps"))
    if len(factors) != 2:
        raise Rejected(f"{place}: the step speaks of two factors")
    rows, columns = _ints(node["rows"], f"{place}.rows"), _ints(node["columns"], f"{place}.columns")
    for lines, size in ((rows, factors[0][0]), (columns, factors[1][1])):
        if len(set(lines)) != len(lines) or max(lines, default=0) >= size:
            raise Malformed(f"{place}: a line of the block is repeated or not there")
    terms = _block_terms(factors, rows, columns)
    scale = 1
    for value in target.values():
        _spend(2 + _cost(scale.bit_length() + value.denominator.bit_length()))
        scale = _short(lcm(scale, value.denominator))
    _spend(sum(8 + _cost(scale.bit_length() + _bits(value)) for value in target.values()))
    _spend(8 * (len(rows) + len(columns)))
    across: dict[int, Vector] = {i: {} for i in rows}
    down: dict[int, Vector] = {j: {} for j in columns}
    for (i, j), value in target.items():
        if value and i in across and j in down:
            across[i][j] = down[j][i] = int(value * scale)
    # rows and columns that are a basis of all, when the rank is the number of terms
    top = {rows[p] for p in _independent_modulo([across[i] for i in rows], PRIME)}
    front = [columns[p] for p in _independent_modulo([_entries_in(down[j], top) for j in columns], PRIME)]
    if len(front) != len(terms):
        raise Rejected(f"{place}: the rank of the block is {len(front)}, of {len(terms)} hidden indices")
    block = _Block(terms, across, down, top, front)
    stack: list[tuple[Any, dict[Space, list[Vector]], str]] = [(node["steps"], {}, f"{place}.steps")]
    while stack:
        steps, cut, where = stack.pop()
        stack.extend(_frames_steps(run, block, steps, cut, where))


class _Block:
    """A block of the target, the hidden indices there, and rows and columns of it that are a basis of all."""

    def __init__(
        self,
        terms: dict[int, tuple[frozenset[int], frozenset[int]]],
        across: dict[int, Vector],
        down: dict[int, Vector],
        top: set[int],
        front: list[int],
    ) -> None:
        self.terms, self.across, self.down, self.top, self.front = terms, across, down, top, front
        self.whole: dict[Space, list[Vector]] = {}

    def space(self, cut: dict[Space, list[Vector]], side: str, k: int) -> list[Vector]:
        """What the vector of a hidden index lies in, as far as the supports tell."""
        if (side, k) not in self.whole:
            own_rows, own_columns = self.terms[k]
            if side == "columns":
                zero = [_entries_in(self.down[j], self.top) for j in self.down if j not in own_columns]
                self.whole[side, k] = _kernel(zero, sorted(self.top))
            else:
                # a column in the span of all columns is known by its entries in the rows of the basis
                zero = [_entries_in(self.across[i], set(self.front)) for i in self.across if i not in own_rows]
                self.whole[side, k] = [_entries_in(_sum_of(q, self.down), self.top) for q in _kernel(zero, self.front)]
        return cut.get((side, k), self.whole[side, k])

    def named(self, node: dict[str, Any], key: str, place: str) -> list[int]:
        """Hidden indices that a step names."""
        listed = _ints(node[key], place)
        if len(set(listed)) != len(listed):
            raise Malformed(f"{place}: a term is given twice")
        if any(k not in self.terms for k in listed):
            raise Rejected(f"{place}: there is no such term")
        return listed


def _block_terms(
    factors: list[tuple[int, int, Factor]], rows: list[int], columns: list[int]
) -> dict[int, tuple[frozenset[int], frozenset[int]]]:
    """Rows and columns of each hidden index in a block; those in one row, or one column, act as a single one."""
    lines: dict[int, set[int]] = {}
    for i in rows:
        _spend(1 + 4 * len(factors[0][2][i]))
        for k in factors[0][2][i]:
            lines.setdefault(k, set()).add(i)
    chosen = frozenset(columns)
    _spend(sum(24 + 2 * len(own) + min(len(chosen), len(factors[1][2][k])) for k, own in lines.items()))
    terms = {k: (frozenset(lines[k]), factors[1][2][k] & chosen) for k in sorted(lines)}
    terms = {k: term for k, term in terms.items() if term[1]}
    for side in (0, 1):
        first: dict[frozenset[int], int] = {}
        for k, term in list(terms.items()):
            if len(term[side]) == 1 and (other := first.setdefault(term[side], k)) != k:
                _spend(12 + sum(map(len, terms[other])) + sum(map(len, term)))
                terms[other] = (terms[other][0] | term[0], terms[other][1] | term[1])
                del terms[k]
    return terms


def _frames_steps(
    run: _Run, block: _Block, steps: Any, cut: dict[Space, list[Vector]], place: str
) -> list[tuple[Any, dict[Space, list[Vector]], str]]:
    """Cut the spaces down until they hold no dual bases, one vector for each; return the cases that are left."""
    _spend(12 + 3 * len(cut))
    cut = dict(cut)
    steps = _list(steps, place)
    for position, step in enumerate(steps):
        run.step()
        where = f"{place}[{position}]"
        kind = step.get("do") if isinstance(step, dict) else None
        if (kind == "tight") == (position == len(steps) - 1):
            raise Malformed(f"{where}.do: step {str(kind)[:30]!r} is in the wrong place")
        if kind in ("tight", "deficient"):
            _keys(step, where, ("do", "side", "terms") + ("others",) * (kind == "tight"))
            side = _string(step["side"], where)
            if side not in ("rows", "columns"):
                raise Malformed(f"{where}.side: must be 'rows' or 'columns'")
            terms = block.named(step, "terms", where)
            span = _reduced([v for k in terms for v in block.space(cut, side, k)]).values()
            if kind == "deficient":
                if len(span) >= len(terms):
                    raise Rejected(f"{where}: there may be independent vectors")
                return []
            others = block.named(step, "others", where)
            if len(span) > len(terms) or set(others) & set(terms):
                raise Rejected(f"{where}: the vectors of these terms need not span the sum of their spaces")
            opposite = "columns" if side == "rows" else "rows"
            for k in others:
                cut[opposite, k] = _orthogonal(block.space(cut, opposite, k), list(span))
        elif kind == "pair":
            _keys(step, where, ("do", "term"))
            (k,) = block.named({"term": [step["term"]]}, "term", where)
            right = block.space(cut, "columns", k)
            if any(_dot(x, y) for x in block.space(cut, "rows", k) for y in right):
                raise Rejected(f"{where}: the product of the two vectors need not vanish")
        elif kind == "split":
            _keys(step, where, ("do", "term", "other", "rows", "columns"))
            k, l = block.named({"terms": [step["term"], step["other"]]}, "terms", where)
            left, right = block.space(cut, "rows", k), block.space(cut, "columns", l)
            products = [{p: v for p, y in enumerate(right) if (v := _dot(x, y))} for x in left]
            if len(_reduced(products)) > 1:
                raise Rejected(f"{where}: the products are no product of two linear forms")
            return [
                (step["rows"], {**cut, ("rows", k): _orthogonal(left, right)}, f"{where}.rows"),
                (step["columns"], {**cut, ("columns", l): _orthogonal(right, left)}, f"{where}.columns"),
            ]
        else:
            raise Malformed(f"{where}.do: unknown step {str(kind)[:30]!r}")
    if not steps:
        raise Malformed(f"{place}: empty")
    return []


def _entries_in(vector: Vector, names: set[int]) -> Vector:
    return {c: v for c, v in vector.items() if c in names}


def _short(value: int) -> int:
    if value.bit_length() > MAX_BITS:
        raise Rejected("a coefficient is larger than the checker's limit")
    return value


def _digits(vector: Vector) -> int:
    return max((v.bit_length() for v in vector.values()), default=0)


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


def _reduced(lines: list[Vector]) -> dict[int, Vector]:
    """The reduced echelon form over the integers, by pivot; each line is divided by its content."""
    pivots: dict[int, Vector] = {}
    for line in lines:
        _spend(4 + len(line) + len(pivots) // 8)
        for c in [c for c in line if c in pivots]:
            line = _cleared(line, pivots[c], c)
        if line:
            c = min(line)
            for other, pivot in pivots.items():
                if c in pivot:
                    pivots[other] = _cleared(pivot, line, c)
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


def _kernel(lines: list[Vector], names: list[int]) -> list[Vector]:
    """A basis of the vectors with these entries that are orthogonal to all lines."""
    pivots = _reduced(lines)
    basis = []
    for free in names:
        if free not in pivots:
            _spend(8 + len(pivots))
            involved = {c: line for c, line in pivots.items() if free in line}
            scale = 1
            for c, line in involved.items():
                _spend(2 + _cost(scale.bit_length() + line[c].bit_length()))
                scale = _short(lcm(scale, line[c]))
            _spend(sum(4 + _cost(scale.bit_length() + line[free].bit_length()) for line in involved.values()))
            basis.append({free: scale, **{c: _short(-line[free] * scale // line[c]) for c, line in involved.items()}})
    return basis


def _orthogonal(basis: list[Vector], lines: list[Vector]) -> list[Vector]:
    """A basis of what is orthogonal to all lines in the span of `basis`."""
    products = [{p: v for p, vector in enumerate(basis) if (v := _dot(vector, line))} for line in lines]
    return [_sum_of(q, dict(enumerate(basis))) for q in _kernel(products, list(range(len(basis))))]


# ---- closed: reductions and criteria -------------------------------------------------------------


class _Pattern:
    """Rank-one supports by name, and the cells that are not looked at (arbitrary entries)."""

    def __init__(
        self,
        terms: dict[int, tuple[frozenset[int], frozenset[int]]],
        hidden: frozenset[tuple[int, int]],
    ) -> None:
        _spend(sum(10 + len(r) + len(c) for r, c in terms.values()) + 4 * len(hidden))
        self.terms = {k: (r, c) for k, (r, c) in terms.items() if r and c}
        # a cell without a row or column of some support can never be met
        nothing: frozenset[int] = frozenset()
        rows = nothing.union(*(r for r, _ in self.terms.values()))
        columns = nothing.union(*(c for _, c in self.terms.values()))
        self.hidden = frozenset((i, j) for i, j in hidden if i in rows and j in columns)

        self.hidden_columns: dict[int, set[int]] = {}
        for i, j in self.hidden:
            self.hidden_columns.setdefault(i, set()).add(j)

    def support(self, k: int) -> frozenset[tuple[int, int]]:
        """The cells of ``S_k ∩ Ω``."""
        rows, columns = self.terms[k]
        _spend(6 + 3 * len(rows) * len(columns))
        cells = frozenset((i, j) for i in rows for j in columns)
        return cells - self.hidden if self.hidden else cells

    def support_rows(self, k: int) -> dict[int, frozenset[int]]:
        """The same row by row, without empty rows."""
        rows, columns = self.terms[k]
        _spend(6 + 3 * len(rows))
        found = {}
        for i in rows:
            if i in self.hidden_columns:
                _spend(6 + 2 * len(columns))
                if left := columns - self.hidden_columns[i]:
                    found[i] = left
            else:
                found[i] = columns
        return found

    def looked_at_rows(self) -> dict[int, set[int]]:
        """The covered cells of ``Ω`` row by row; all other cells of ``Ω`` are zero for every product."""
        found: dict[int, set[int]] = {}
        for k in self.terms:
            for i, columns in self.support_rows(k).items():
                own = found.setdefault(i, set())
                _spend(1 + len(columns) // 8)
                before = len(own)
                own |= columns
                _spend(2 * (len(own) - before))
        return found

    def looked_at(self) -> set[tuple[int, int]]:
        """The same as cells."""
        rows = self.looked_at_rows()
        _spend(3 * sum(map(len, rows.values())))
        return {(i, j) for i, columns in rows.items() for j in columns}


def _check_closed(run: _Run, factors: list[tuple[int, int, Factor]], proof: Any) -> None:
    if isinstance(proof, dict) and proof.get("rule") == "solver":
        _keys(proof, "proof", ("rule", "engine", "question", "answer"))
        engine = _string(proof["engine"], "proof.engine")
        if not ENGINE.fullmatch(engine):
            raise Malformed("proof.engine: must be a name with a version, at most 60 characters")
        if (proof["question"], proof["answer"]) != ("closedness", "unsat"):
            raise Rejected("proof: the solver's answer does not say that the set is closed")
        run.step("solver")
        run.trusted.add(engine)
        return
    stack: list[tuple[Any, _Pattern | Chain, str]] = [(proof, factors, "proof")]
    while stack:
        node, subject, place = stack.pop()
        run.step()
        if isinstance(subject, _Pattern):
            stack.extend(_closed_step(run, node, subject, place))
        else:
            stack.extend(_chain_step(run, node, subject, place))


def _closed_step(
    run: _Run, node: Any, pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Check one rule; return the smaller patterns that are left to be proved closed."""
    if not isinstance(node, dict):
        raise Malformed(f"{place}: must be an object")
    rule = node.get("rule")
    steps = {
        "product": _step_product,
        "twins": _step_twins,
        "full": _step_full,
        "linear": _step_linear,
        "regular": _step_regular,
        "split": _step_split,
        "crossing": _step_crossing,
        "dominant": _step_dominant,
        "dense": _step_dense,
        "types": _step_types,
        "strata": _step_strata,
        "ideal": _step_ideal,
        "nothing": _step_nothing,
        "extend": _step_extend,
        "rename": _step_rename,
    }
    if not isinstance(rule, str) or rule not in steps:
        raise Malformed(f"{place}.rule: unknown rule {str(rule)[:30]!r}")
    run.step(rule)
    return steps[rule](run, node, pattern, place)


def _step_ideal(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Polynomials that vanish on the set; a named engine says that they vanish nowhere else."""
    _keys(node, place, ("rule", "polynomials", "engine", "answer"))
    engine = _string(node["engine"], f"{place}.engine")
    if not ENGINE.fullmatch(engine):
        raise Malformed(f"{place}.engine: must be a name with a version, at most 60 characters")
    if node["answer"] != "unsat" or run.field != "real":
        raise Rejected(f"{place}: the engine's answer does not say that there are no other real zeros")
    covering: dict[tuple[int, int], frozenset[int]] = {}
    for i, j in pattern.looked_at():
        _spend(12 + len(pattern.terms))
        covering[i, j] = frozenset(k for k, (rows, columns) in pattern.terms.items() if i in rows and j in columns)
    _check_vanishing(covering, node["polynomials"], f"{place}.polynomials")
    run.trusted.add(engine)
    return []


def _check_vanishing(covering: dict[tuple[int, int], frozenset[int]], node: Any, place: str) -> list[Poly]:
    """Polynomials in the entries ``a:i:j`` that vanish on all products, given the hidden indices of each cell."""
    _spend(sum(12 + 20 * len(terms) for terms in covering.values()))
    entries: dict[str, Poly] = {
        f"a:{i}:{j}": {tuple(sorted(((f"x:{i}:{k}", 1), (f"y:{k}:{j}", 1)))): Fraction(1) for k in terms}
        for (i, j), terms in covering.items()
    }
    found = []
    for number, written in enumerate(_list(node, place)):
        where = f"{place}[{number}]"
        poly = _read_poly(written, where)
        if _composed(poly, entries, where):
            raise Rejected(f"{where}: the polynomial does not vanish on the products")
        found.append(poly)
    return found


def _composed(poly: Poly, entries: dict[str, Poly], place: str) -> Poly:
    """Put polynomials for all variables."""
    total: Poly = {}
    for monomial, value in poly.items():
        part: Poly = {ONE: value}
        for name, e in monomial:
            if name not in entries:
                raise Rejected(f"{place}: {name[:30]!r} is no entry that is looked at")
            part = _times(part, _power(entries[name], e))
        total = _plus(total, part)
    return total


def _step_nothing(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """No entry is looked at: the set is one point."""
    _keys(node, place, ("rule",))
    if any(pattern.support_rows(k) for k in pattern.terms):
        raise Rejected(f"{place}: entries are left")
    return []


def _step_product(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Groups of rank-one supports without a common cell: a direct product."""
    _keys(node, place, ("rule", "parts"))
    following = []
    seen: set[int] = set()
    taken: dict[int, set[int]] = {}
    for number, part in enumerate(_list(node["parts"], place)):
        part = _keys(part, f"{place}.parts[{number}]", ("terms", "then"))
        terms = _ints(part["terms"], place)
        for k in terms:
            if k not in pattern.terms or k in seen:
                raise Rejected(f"{place}: hidden index {k} is missing or used twice")
            seen.add(k)
        smaller = _Pattern({k: pattern.terms[k] for k in terms}, pattern.hidden)
        for i, columns in smaller.looked_at_rows().items():
            before = taken.setdefault(i, set())
            _spend(len(columns))
            if not before.isdisjoint(columns):
                raise Rejected(f"{place}: cell {(i, min(before & columns))} lies in two parts")
            before |= columns
        following.append((part["then"], smaller, f"{place}.parts[{number}].then"))
    for k in set(pattern.terms) - seen:
        if pattern.support_rows(k):
            raise Rejected(f"{place}: hidden index {k} is left out")
    return following


def _step_twins(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Of equal rows (or columns), as many as the structural rank of their block suffice."""
    _keys(node, place, ("rule", "side", "classes", "then"))
    if node["side"] not in ("rows", "columns"):
        raise Malformed(f"{place}.side: must be 'rows' or 'columns'")
    side = 0 if node["side"] == "rows" else 1
    looked_at = pattern.looked_at_rows()
    line_cells: dict[int, set[int]] = looked_at if side == 0 else {}
    if side == 1:
        _spend(sum(8 + 2 * len(columns) for columns in looked_at.values()))
        for i, columns in looked_at.items():
            for j in columns:
                line_cells.setdefault(j, set()).add(i)
    dropped: set[int] = set()
    for number, group in enumerate(_list(node["classes"], place)):
        where = f"{place}.classes[{number}]"
        group = _keys(group, where, ("keep", "drop", "cover"))
        keep, drop = _ints(group["keep"], where), _ints(group["drop"], where)
        lines = keep + drop
        if not keep or len(set(lines)) != len(lines) or set(lines) & dropped:
            raise Rejected(f"{where}: lines are repeated or none is kept")
        _spend(len(lines) * (12 + len(pattern.terms)) + sum(2 * len(line_cells.get(line, ())) for line in lines))
        types = {
            frozenset(k for k, sides in pattern.terms.items() if line in sides[side])
            for line in lines
        }
        windows = {frozenset(line_cells.get(line, ())) for line in lines}
        if len(types) != 1 or len(windows) != 1:
            raise Rejected(f"{where}: the lines are no twins")
        cover = _keys(group["cover"], where, ("lines", "terms"))
        across, terms = set(_ints(cover["lines"], where)), set(_ints(cover["terms"], where))
        if len(across) + len(terms) > len(keep):
            raise Rejected(f"{where}: fewer twins are kept than the cover's size")
        for k in next(iter(types)) - terms:
            _spend(6 + 2 * len(pattern.terms[k][1 - side]))
            if (pattern.terms[k][1 - side] & next(iter(windows))) - across:
                raise Rejected(f"{where}: the cover leaves out hidden index {k}")
        dropped |= set(drop)
    smaller: dict[int, tuple[frozenset[int], frozenset[int]]] = {}
    for k, sides in pattern.terms.items():
        lines_left = sides[side] - dropped
        smaller[k] = (lines_left, sides[1]) if side == 0 else (sides[0], lines_left)
    return [(node["then"], _Pattern(smaller, pattern.hidden), f"{place}.then")]


def _step_full(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Some hidden indices alone give all matrices on the cells they cover: drop these cells."""
    _keys(node, place, ("rule", "terms", "lines", "side", "then"))
    terms = _ints(node["terms"], place)
    if len(set(terms)) != len(terms) or not terms or not set(terms) <= set(pattern.terms):
        raise Rejected(f"{place}: hidden indices are repeated or missing")
    own = _Pattern({k: pattern.terms[k] for k in terms}, pattern.hidden)
    state = _State.of(own)
    _check_generic(state, {"side": node["side"], "lines": node["lines"]}, place)
    rest = {k: sides for k, sides in pattern.terms.items() if k not in set(terms)}
    smaller = _Pattern(rest, pattern.hidden | own.looked_at())
    return [(node["then"], smaller, f"{place}.then")]


def _step_linear(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Some entries are fixed, others are solved for stage by stage: all matrices on the cells, which are dropped."""
    _keys(node, place, ("rule", "terms", "left", "right", "stages", "then"))
    terms = _ints(node["terms"], place)
    named = set(terms)
    if len(named) != len(terms) or not terms or not named <= pattern.terms.keys():
        raise Rejected(f"{place}: hidden indices are repeated or missing")
    value: list[dict[tuple[int, int], int]] = [{}, {}]
    stage: list[dict[tuple[int, int], int]] = [{}, {}]  # of the entries of both factors, by hidden index and line
    chosen = [[(k, i, v) for i, k, v in _triples(node["left"], place)], _triples(node["right"], place)]
    for side in (0, 1):
        for k, line, v in chosen[side]:
            value[side][k, line], stage[side][k, line] = v, 0
    total = sum(map(len, chosen))
    for number, entries in enumerate(_list(node["stages"], place), 1):
        entries = _keys(entries, f"{place}.stages", ("left", "right"))
        for side, key in enumerate(("left", "right")):
            for pair in _list(entries[key], place):
                first, second = _ints(_list(pair, place, 2), place)
                _spend(6)
                stage[side][(second, first) if side == 0 else (first, second)] = number
                total += 1
    if total != len(stage[0]) + len(stage[1]):
        raise Rejected(f"{place}: an entry is given twice")
    for side in (0, 1):
        for k, line in stage[side]:
            if k not in named or line not in pattern.terms[k][side]:
                raise Rejected(f"{place}: an entry of hidden index {k} is outside the support")
    own = _Pattern({k: pattern.terms[k] for k in terms}, pattern.hidden)
    # an entry of the product comes as late as its latest free factor, and after products of two free ones
    when = dict.fromkeys(own.looked_at(), 0)
    _spend(6 * len(when))
    linear: list[tuple[tuple[int, int, int], tuple[int, int], int]] = []
    for k in terms:
        for i, j in own.support(k):
            if (k, i) in stage[0] and (k, j) in stage[1]:
                _spend(10)
                a, b = stage[0][k, i], stage[1][k, j]
                when[i, j] = max(when[i, j], a, b, min(a, b) and max(a, b) + 1)
                if a and not b:
                    linear.append(((0, k, i), (i, j), value[1][k, j]))
                elif b and not a:
                    linear.append(((1, k, j), (i, j), value[0][k, i]))
    lines: dict[tuple[int, int, int], dict[int, int]] = {}
    position = {cell: p for p, cell in enumerate(sorted(when))}
    for (side, k, line), cell, v in linear:
        if when[cell] == stage[side][k, line]:
            lines.setdefault((side, k, line), {})[position[cell]] = v
    # lines of different stages have no cell in common: together they have full rank iff those of every stage do
    if _rank_modulo(list(lines.values()), PRIME) < len(when):
        raise Rejected(f"{place}: the free entries do not reach every matrix")
    rest = {k: sides for k, sides in pattern.terms.items() if k not in set(terms)}
    return [(node["then"], _Pattern(rest, pattern.hidden | own.looked_at()), f"{place}.then")]


def _step_regular(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Factors with product zero whose derivative is onto: all small matrices on the cells, so all; they are dropped."""
    _keys(node, place, ("rule", "terms", "left", "right", "then"))
    terms = _ints(node["terms"], place)
    named = set(terms)
    if len(named) != len(terms) or not terms or not named <= pattern.terms.keys():
        raise Rejected(f"{place}: hidden indices are repeated or missing")
    listed = [[(k, i, v) for i, k, v in _triples(node["left"], place)], _triples(node["right"], place)]
    value = [{(k, line): v for k, line, v in entries} for entries in listed]
    for side in (0, 1):
        if len(value[side]) != len(listed[side]):
            raise Rejected(f"{place}: an entry is given twice")
        for k, line in value[side]:
            if k not in named or line not in pattern.terms[k][side]:
                raise Rejected(f"{place}: an entry of hidden index {k} is outside the support")
    own = _Pattern({k: pattern.terms[k] for k in terms}, pattern.hidden)
    product = dict.fromkeys(own.looked_at(), 0)
    _spend(6 * len(product))
    position = {cell: p for p, cell in enumerate(sorted(product))}
    lines: dict[tuple[int, int, int], dict[int, int]] = {}
    for k in terms:
        for i, j in own.support(k):
            _spend(8)
            x, y = value[0].get((k, i), 0), value[1].get((k, j), 0)
            product[i, j] += x * y
            if y:
                lines.setdefault((0, k, i), {})[position[i, j]] = y
            if x:
                lines.setdefault((1, k, j), {})[position[i, j]] = x
    if any(product.values()):
        raise Rejected(f"{place}: the product of the factors is not zero")
    if _rank_modulo(list(lines.values()), PRIME) < len(product):
        raise Rejected(f"{place}: the derivative does not reach every matrix")
    rest = {k: sides for k, sides in pattern.terms.items() if k not in named}
    return [(node["then"], _Pattern(rest, pattern.hidden | own.looked_at()), f"{place}.then")]


def _step_split(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """A support whose cells are a disjoint union of bicliques is one support per biclique."""
    _keys(node, place, ("rule", "term", "parts", "then"))
    k = _int(node["term"], place)
    if k not in pattern.terms:
        raise Rejected(f"{place}: hidden index {k} is missing")
    terms = dict(pattern.terms)
    cells = pattern.support_rows(k)
    del terms[k]
    rows_seen: set[int] = set()
    columns_seen: set[int] = set()
    covered = 0
    for number, part in enumerate(_list(node["parts"], place)):
        name, rows, columns = _list(part, f"{place}.parts[{number}]", 3)
        name, row_set, column_set = _int(name, place), set(_ints(rows, place)), set(_ints(columns, place))
        if name in pattern.terms or name in terms:
            raise Rejected(f"{place}: the new name {name} is in use")
        if row_set & rows_seen or column_set & columns_seen:
            raise Rejected(f"{place}: the bicliques are not disjoint")
        _spend(len(row_set) + len(row_set) * len(column_set) // 8)
        if column_set and any(i not in cells or not column_set <= cells[i] for i in row_set):
            raise Rejected(f"{place}: a biclique leaves the cells of the support")
        rows_seen |= row_set
        columns_seen |= column_set
        covered += len(row_set) * len(column_set)
        terms[name] = (frozenset(row_set), frozenset(column_set))
    if covered != sum(map(len, cells.values())):
        raise Rejected(f"{place}: the bicliques do not exhaust the support")
    return [(node["then"], _Pattern(terms, pattern.hidden), f"{place}.then")]


def _step_extend(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Deletion of rows and columns keeps sets closed: it is enough to prove a larger pattern."""
    _keys(node, place, ("rule", "rows", "columns", "terms", "then"))
    new_rows, new_columns = set(_ints(node["rows"], place)), set(_ints(node["columns"], place))
    for rows, columns in pattern.terms.values():
        if rows & new_rows or columns & new_columns:
            raise Rejected(f"{place}: a new line is in use")
    if any(i in new_rows or j in new_columns for i, j in pattern.hidden):
        raise Rejected(f"{place}: a new line is in use")
    larger: dict[int, tuple[frozenset[int], frozenset[int]]] = {}
    for entry in _list(node["terms"], place):
        k, own_rows, own_columns = _list(entry, place, 3)
        k = _int(k, place)
        if k in larger:
            raise Malformed(f"{place}: hidden index {k} is given twice")
        larger[k] = (frozenset(_ints(own_rows, place)), frozenset(_ints(own_columns, place)))
    for k in larger.keys() | pattern.terms.keys():
        rows, columns = larger.get(k, (frozenset(), frozenset()))
        old = (rows - new_rows, columns - new_columns)
        if (all(old) or k in pattern.terms) and old != pattern.terms.get(k):
            raise Rejected(f"{place}: hidden index {k} changes on the old rows and columns")
    return [(node["then"], _Pattern(larger, pattern.hidden), f"{place}.then")]


def _step_rename(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Other names for rows, columns and hidden indices; rows and columns may change places."""
    _keys(node, place, ("rule", "rows", "columns", "terms", "transposed", "then"))
    if not isinstance(node["transposed"], bool):
        raise Malformed(f"{place}.transposed: must be true or false")
    maps = []
    in_use = [
        {i for rows, _ in pattern.terms.values() for i in rows} | {i for i, _ in pattern.hidden},
        {j for _, columns in pattern.terms.values() for j in columns} | {j for _, j in pattern.hidden},
        set(pattern.terms),
    ]
    for key, names in zip(("rows", "columns", "terms"), in_use, strict=True):
        new = _pairs(node[key], place)
        if not names <= set(new) or len(set(new.values())) != len(node[key]):
            raise Rejected(f"{place}: the {key} are not renamed one to one")
        maps.append(new)
    rows, columns, terms = maps
    renamed = {}
    for k, (own_rows, own_columns) in pattern.terms.items():
        sides = (frozenset(rows[i] for i in own_rows), frozenset(columns[j] for j in own_columns))
        renamed[terms[k]] = sides[::-1] if node["transposed"] else sides
    hidden = frozenset(
        (columns[j], rows[i]) if node["transposed"] else (rows[i], columns[j])
        for i, j in pattern.hidden
    )
    return [(node["then"], _Pattern(renamed, hidden), f"{place}.then")]


def _step_crossing(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Any two overlapping supports are crossing, and all their cells are looked at."""
    _keys(node, place, ("rule",))
    _spend(len(pattern.hidden) * len(pattern.terms))
    for i, j in pattern.hidden:
        for k, (rows, columns) in pattern.terms.items():
            if i in rows and j in columns:
                raise Rejected(f"{place}: not all cells of hidden index {k} are looked at")
    by_row: dict[int, list[int]] = {}
    for k, (rows, _) in pattern.terms.items():
        for i in rows:
            by_row.setdefault(i, []).append(k)
    done: set[tuple[int, int]] = set()
    for names in by_row.values():
        owners: dict[int, list[int]] = {}
        for k in names:
            for j in pattern.terms[k][1]:
                others = owners.setdefault(j, [])
                _spend(1 + len(others))
                for other in others:
                    if (k, other) in done:
                        continue
                    done.add((k, other))
                    (r1, c1), (r2, c2) = pattern.terms[k], pattern.terms[other]
                    _spend(4 + (len(r1) + len(c1) + len(r2) + len(c2)) // 8)
                    if not (r1 <= r2 and c1 >= c2) and not (r2 <= r1 and c2 >= c1):
                        raise Rejected(f"{place}: hidden indices {k} and {other} are not crossing")
                others.append(k)
    return []


def _step_dominant(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Smaller supports whose products have a Jacobian of full rank: over C a closed set of them is everything."""
    _keys(node, place, ("rule", "terms", "left", "right", "then"))
    if run.field != "complex":
        raise Rejected(f"{place}: a set with inner points need not be dense over the real numbers")
    terms: dict[int, tuple[frozenset[int], frozenset[int]]] = {}
    for entry in _list(node["terms"], place):
        k, rows, columns = _list(entry, place, 3)
        k = _int(k, place)
        sides = frozenset(_ints(rows, place)), frozenset(_ints(columns, place))
        if k in terms or k not in pattern.terms:
            raise Rejected(f"{place}: hidden index {k} is not there, or given twice")
        if not (sides[0] <= pattern.terms[k][0] and sides[1] <= pattern.terms[k][1]):
            raise Rejected(f"{place}: the support of hidden index {k} is not a part of the present one")
        terms[k] = sides
    left, right = ({(a, b): v for a, b, v in _triples(node[key], place)} for key in ("left", "right"))
    cells = {cell: position for position, cell in enumerate(sorted(pattern.looked_at()))}
    lines = []
    for k, (own_rows, own_columns) in terms.items():
        _spend(8 * (1 + len(own_rows)) * (1 + len(own_columns)))
        for i in sorted(own_rows):
            own = [(cells[i, j], right.get((k, j), 0)) for j in own_columns if (i, j) in cells]
            lines.append(dict(own))
        for j in sorted(own_columns):
            own = [(cells[i, j], left.get((i, k), 0)) for i in own_rows if (i, j) in cells]
            lines.append(dict(own))
    if _rank_modulo(lines, PRIME) < len(cells):
        raise Rejected(f"{place}: the Jacobian at the point has smaller rank than there are entries")
    return [(node["then"], _Pattern(terms, pattern.hidden), f"{place}.then")]


def _step_dense(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """One factor has no zeros: limits of the spans of the other one's columns are such spans."""
    by_flats = "flats" in node
    _keys(node, place, ("rule", "side", "drop", "pairs", *(("flats",) if by_flats else ("ranks", "nodes"))))
    members = _dense_members(pattern, _side(node["side"], place), place)
    drop = set(_ints(node["drop"], place))
    if not drop <= set(members):
        raise Rejected(f"{place}: a dropped hidden index is not there")
    gone: frozenset[int] = frozenset().union(*(members[k] for k in drop))
    term_of: dict[int, int] = {}
    for pair in _list(node["pairs"], place):
        i, k = _ints(_list(pair, place, 2), place)
        if i in term_of or k not in members or i not in members[k]:
            raise Rejected(f"{place}: line {i} is used twice or has not the hidden index {k}")
        term_of[i] = k
    if len(set(term_of.values())) != len(term_of):
        raise Rejected(f"{place}: a hidden index has two lines")
    if any(term_of.get(i) not in drop for i in gone):
        raise Rejected(f"{place}: a line of the dropped hidden indices has none of them to itself")
    own = {k: lines - gone for k, lines in members.items() if k not in drop}
    if by_flats:
        across = frozenset().union(*(sides[1 - _side(node["side"], place)] for sides in pattern.terms.values()))
        _check_flats(own, len(across), node["flats"], f"{place}.flats")
        return []
    if not set(own) <= {k for i, k in term_of.items() if i not in gone}:
        raise Rejected(f"{place}: a hidden index has no line to itself")
    needs = dict.fromkeys(own, 1)
    for entry in _list(node["ranks"], place):
        k, terms = _list(entry, place, 2)
        k, chosen = _int(k, place), set(_ints(terms, place))
        if k not in own or not chosen <= set(own):
            raise Rejected(f"{place}: a hidden index of a rank is not there")
        _spend(sum(len(own[h]) for h in chosen))
        needs[k] = len(chosen) - len(frozenset().union(*(own[h] for h in chosen)) - own[k])
        if needs[k] < 1:
            raise Rejected(f"{place}: the rank of hidden index {k} is not positive")
    _check_crowding(run, node["nodes"], own, needs, f"{place}.nodes")
    return []


def _side(node: Any, place: str) -> int:
    if node not in ("rows", "columns"):
        raise Malformed(f"{place}.side: must be 'rows' or 'columns'")
    return 0 if node == "rows" else 1


def _check_flats(members: dict[int, frozenset[int]], room: int, listed: Any, place: str) -> None:
    """Vectors drawn in the limits of the flats of lines span these limits."""
    types: dict[int, frozenset[int]] = {}
    for k, lines in members.items():
        for i in lines:
            types[i] = types.get(i, frozenset()) | {k}
    _spend(sum(len(terms) ** 2 for terms in types.values()))
    ranks = dict.fromkeys(members, 1)
    for entry in _list(listed, place):
        k, order = _list(entry, place, 2)
        k, order = _int(k, place), _ints(order, place)
        if k not in members or not set(order) <= members[k]:
            raise Rejected(f"{place}: hidden index {k} or a line of it is not there")
        bound, common = room, frozenset(members)
        for position, i in enumerate(order):
            common &= types[i]
            # the flat of this line and what is left of earlier ones lie in the flat of this line and any of those
            joint = [min(room, len(types[i] | types[j])) for j in order[:position]]
            _spend((len(order) + 1) * (len(types[i]) + 1))
            bound += min(room, len(types[i])) - min(joint, default=room)
            bound = max(bound, min(room, len(common)), 1)
        for i in members[k]:
            _spend(len(order) * (len(types[i]) + 1))
            if len(types[i]) < room and not any(types[j] <= types[i] for j in order):
                raise Rejected(f"{place}: line {i} is missing for hidden index {k}")
        ranks[k] = bound
    for i, terms in types.items():
        dimension = min(room, len(terms))
        sizes = sorted(ranks[k] for k in terms)
        _spend(len(terms) ** 2)
        for size in range(1, dimension):
            if sum(rank <= size for rank in sizes) > size + len(terms) - dimension:
                raise Rejected(f"{place}: the vectors of line {i} need not span its flat")


def _dense_members(pattern: _Pattern, side: int, place: str) -> dict[int, frozenset[int]]:
    """The looked-at lines of every hidden index; on the other side all hidden indices have the same lines."""
    across: frozenset[int] = frozenset().union(*(sides[1 - side] for sides in pattern.terms.values()))
    if any(sides[1 - side] != across for sides in pattern.terms.values()):
        raise Rejected(f"{place}: both factors have zeros")
    unseen: dict[int, int] = {}
    for cell in pattern.hidden:
        unseen[cell[side]] = unseen.get(cell[side], 0) + 1
    if any(count != len(across) for count in unseen.values()):
        raise Rejected(f"{place}: a line is looked at in parts")
    members = {k: sides[side] - unseen.keys() for k, sides in pattern.terms.items()}
    _spend(sum(map(len, members.values())))
    return {k: lines for k, lines in members.items() if lines}


def _step_types(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """The spans for the types of lines of one side keep their dimensions in limits, and vectors there span them."""
    _keys(node, place, ("rule", "side", "sets", "rooms", "types"))
    side = _side(node["side"], place)
    if pattern.hidden:
        raise Rejected(f"{place}: a cell is not looked at")
    members = {k: sides[side] for k, sides in pattern.terms.items()}
    types: dict[frozenset[int], set[int]] = {}
    _spend(sum(len(rows) + len(columns) for rows, columns in pattern.terms.values()) * 4)
    for j in frozenset().union(*(sides[1 - side] for sides in pattern.terms.values())):
        types.setdefault(frozenset(k for k, sides in pattern.terms.items() if j in sides[1 - side]), set()).add(j)
    sets: list[tuple[frozenset[int], frozenset[int]]] = []
    for listed in _list(node["sets"], place):
        pairs = [_ints(_list(pair, place, 2), place) for pair in _list(listed, place)]
        chosen, one_to_one = frozenset(k for _, k in pairs), len(dict(pairs)) == len({k for _, k in pairs}) == len(pairs)
        if not one_to_one or any(i not in members.get(k, ()) for i, k in pairs):
            raise Rejected(f"{place}.sets: not a matching of lines and hidden indices that have them")
        _spend(sum(len(members[k]) for k in chosen))
        sets.append((chosen, frozenset().union(*(members[k] for k in chosen))))
    rooms = dict.fromkeys(members, 1)
    for entry in _list(node["rooms"], place):
        k, names = _list(entry, place, 2)
        k, names = _int(k, place), set(_ints(names, place))
        if k not in members or any(not 0 <= name < len(sets) for name in names):
            raise Rejected(f"{place}.rooms: a hidden index or a set is not there")
        lost = 0
        for name in names:
            chosen, lines = sets[name]
            _spend(len(lines))
            lost += len(members[k]) - max(0, len(chosen) - len(lines - members[k]))
        for kind in types:
            _spend(1 + len(names) * (len(kind) // 16 + 1))
            if names and k in kind and not any(sets[name][0] <= kind for name in names):
                raise Rejected(f"{place}.rooms: hidden index {k} has a type without a set")
        rooms[k] = max(1, len(members[k]) - lost) if names else 1
    for entry in _list(node["types"], place):
        _keys(entry, place, ("line", "short", "nodes"))
        line, short = _int(entry["line"], place), frozenset(_ints(entry["short"], place))
        kind = next((kind for kind, lines in types.items() if line in lines), frozenset())
        if not kind or not short <= kind:
            raise Rejected(f"{place}.types: line {line} has no type that is left, or not these hidden indices")
        del types[kind]
        own = {k: members[k] for k in kind}
        slack = len(short) - len(frozenset().union(*(own[k] for k in short)))
        if slack < 0:
            raise Rejected(f"{place}.types: the hidden indices have more lines than members")
        _check_crowding(run, entry["nodes"], own, {k: rooms[k] for k in kind}, f"{place}.types", slack)
    if types:
        raise Rejected(f"{place}.types: line {min(map(min, types.values()))} has a type that is not treated")
    return []


def _check_crowding(
    run: _Run,
    table: Any,
    members: dict[int, frozenset[int]],
    needs: dict[int, int],
    place: str,
    slack: int = 0,
) -> None:
    """No set of lines holds what more hidden indices need than it has lines, and the slack."""
    nodes = _table(table, place)
    visited = set()
    stack: list[tuple[int, dict[tuple[str, int], bool]]] = [(len(nodes) - 1, {})]
    while stack:
        position, fixed = stack.pop()
        visited.add(position)
        run.step()
        where = f"{place}[{position}]"
        node = nodes[position]
        if isinstance(node, dict) and node.get("do") == "bound":
            _keys(node, where, ("do", "weights"))
            weights: dict[int, Fraction] = {}
            for entry in _list(node["weights"], where):
                k, weight = _list(entry, where, 2)
                k = _int(k, where)
                if k not in members or k in weights or fixed.get(("term", k)) is False:
                    raise Rejected(f"{where}: hidden index {k} does not count, or is named twice")
                weights[k] = _rational(weight, where)
                if weights[k] < 0:
                    raise Rejected(f"{where}: a negative weight")
            if _crowding_bound(members, needs, weights, fixed) >= 1 + slack:
                raise Rejected(f"{where}: the weights do not exclude a crowded set")
            continue
        kind = "row" if isinstance(node, dict) and "row" in node else "term"
        node = _keys(node, where, ("do", kind, "zero", "nonzero"))
        if node["do"] != "split":
            raise Malformed(f"{where}.do: must be 'bound' or 'split'")
        name = (kind, _int(node[kind], where))
        if name in fixed or (kind == "term" and name[1] not in members):
            raise Rejected(f"{where}: there is nothing to decide")
        for key, value in (("zero", False), ("nonzero", True)):
            stack.append((_earlier(node[key], position, where), {**fixed, name: value}))
    _all_used(nodes, visited, place)


def _crowding_bound(
    members: dict[int, frozenset[int]],
    needs: dict[int, int],
    weights: dict[int, Fraction],
    fixed: dict[tuple[str, int], bool],
) -> Fraction:
    """At least the number of hidden indices that count less that of the lines of the set, on a branch."""
    total = Fraction(0)
    at_line: dict[int, Fraction] = {}
    for k, lines in members.items():
        counts = fixed.get(("term", k))
        if counts is None or counts:
            weight = weights.get(k, Fraction(0))
            total += 1 - needs[k] * weight if counts else max(Fraction(0), 1 - needs[k] * weight)
            if weight:
                _spend(len(lines))
                for i in lines:
                    at_line[i] = at_line.get(i, Fraction(0)) + weight
    for (kind, i), inside in fixed.items():
        if kind == "row":
            weight = at_line.pop(i, Fraction(0))
            total += weight - 1 if inside else 0
    return total + sum((weight - 1 for weight in at_line.values() if weight > 1), Fraction(0))


def _triples(node: Any, place: str) -> list[tuple[int, int, int]]:
    found = []
    for entry in _list(node, place):
        _spend(8)
        a, b, value = _list(entry, place, 3)
        found.append((_int(a, place), _int(b, place), _int(value, place, -(10**9))))
    return found


def _rank_modulo(lines: list[dict[int, int]], prime: int) -> int:
    """The rank modulo a prime, which is at most the rank."""
    return len(_independent_modulo(lines, prime))


def _independent_modulo(lines: list[dict[int, int]], prime: int) -> list[int]:
    """Positions of lines that are independent modulo a prime, so over the integers, and span the others modulo it."""
    count: dict[int, int] = {}
    for line in lines:
        _spend(4 + 6 * len(line) + 2 * _digits(line) // 64)
        for c in line:
            count[c] = count.get(c, 0) + 1
    # columns with few entries first, short lines first: less fill-in
    order = {c: p for p, c in enumerate(sorted(count, key=lambda c: (count[c], c)))}
    pivots: dict[int, dict[int, int]] = {}
    chosen = []
    for position in sorted(range(len(lines)), key=lambda position: len(lines[position])):
        line = {order[c]: v % prime for c, v in lines[position].items() if v % prime}
        while line:
            c = min(line)
            _spend(len(line))
            if c not in pivots:
                _spend(20 + 4 * len(line))
                inverse = pow(line[c], -1, prime)
                pivots[c] = {other: v * inverse % prime for other, v in line.items()}
                chosen.append(position)
                break
            factor, pivot = line[c], pivots[c]
            _spend(len(pivot))
            for other, v in pivot.items():
                rest = (line.pop(other, 0) - factor * v) % prime
                if rest:
                    line[other] = rest
    return sorted(chosen)


# ---- closed: chains of factors -------------------------------------------------------------------

Chain = list[tuple[int, int, Factor]]


def _chain_step(
    run: _Run, node: Any, factors: Chain, place: str
) -> list[tuple[Any, _Pattern | Chain, str]]:
    """Check one rule of ``docs/theory-chains.md``; two factors also obey the rules for pairs."""
    steps = {
        "single": _chain_single,
        "trim": _chain_trim,
        "fusion": _chain_fusion,
        "absorb": _chain_absorb,
        "peel": _chain_peel,
        "parts": _chain_parts,
        "chain": _chain_kronecker,
        "orbits": _chain_orbits,
        "triangular": _chain_triangular,
        "chain-strata": _chain_strata,
    }
    rule = node.get("rule") if isinstance(node, dict) else None
    if isinstance(rule, str) and rule in steps:
        run.step(rule)
        return steps[rule](run, node, factors, place)
    if len(factors) != 2:
        raise Rejected(f"{place}: the rule speaks of two factors, {len(factors)} are left")
    return list(_closed_step(run, node, _pair_pattern(factors), place))


def _pair_pattern(factors: Chain) -> _Pattern:
    (_, r, left), (_, _, right) = factors
    columns = _columns(r, left)
    return _Pattern({k: (columns[k], right[k]) for k in range(r)}, frozenset())


def _columns(n: int, rows: Factor) -> Factor:
    """The rows of every column."""
    _spend(12 * n + len(rows) + 4 * sum(map(len, rows)))
    columns: list[set[int]] = [set() for _ in range(n)]
    for i, row in enumerate(rows):
        for j in row:
            columns[j].add(i)
    return [frozenset(column) for column in columns]


def _transposed_chain(factors: Chain) -> Chain:
    return [(n, m, _columns(n, rows)) for m, n, rows in reversed(factors)]


def _chain_product(factors: Chain) -> tuple[int, int, Factor]:
    """The support of the products: cells that some path reaches."""
    rows = []
    for mask in _reached_columns(factors):
        _spend(6 + mask.bit_length() // 8 + 2 * mask.bit_count())
        digits = bin(mask)[:1:-1]
        rows.append(frozenset(j for j, digit in enumerate(digits) if digit == "1"))
    return factors[0][0], factors[-1][1], rows


def _reached_columns(factors: Chain) -> list[int]:
    """For every row the columns that some path reaches, as the ones of an integer."""
    n = factors[-1][1]
    step = 1 + n // 16384
    masks = []
    for row in factors[-1][2]:
        _spend(2 + len(row) * step + (n // 256 if row else 0))
        masks.append(sum(1 << j for j in row))
    for _, _, support in reversed(factors[:-1]):
        above = []
        for row in support:
            _spend(2 + len(row) * step + (n // 256 if row else 0))
            mask = 0
            for k in row:
                mask |= masks[k]
            above.append(mask)
        # the masks of one level are forgotten
        _spend(-(n // 256) * sum(map(bool, masks)))
        masks = above
    return masks


def _mask(names: frozenset[int], size: int) -> int:
    _spend(2 + size * len(names))
    mask = 0
    for k in names:
        mask |= 1 << k
    return mask


def _chain_single(
    run: _Run, node: dict[str, Any], factors: Chain, place: str
) -> list[tuple[Any, _Pattern | Chain, str]]:
    """One factor: all matrices with a support."""
    _keys(node, place, ("rule",))
    if len(factors) != 1:
        raise Rejected(f"{place}: {len(factors)} factors are left")
    return []


def _chain_trim(
    run: _Run, node: dict[str, Any], factors: Chain, place: str
) -> list[tuple[Any, _Pattern | Chain, str]]:
    """Entries on no path from a row to a column do not matter."""
    _keys(node, place, ("rule", "then"))
    for _ in range(2):
        # drop the entries that end at an index without continuation; then the same from the left
        kept: Chain = []
        alive: frozenset[int] | None = None
        for m, n, rows in reversed(factors):
            _spend(8 * m + 2 * sum(map(len, rows)))
            trimmed = rows if alive is None else [row & alive for row in rows]
            kept.append((m, n, trimmed))
            alive = frozenset(i for i, row in enumerate(trimmed) if row)
        factors = _transposed_chain(kept[::-1])
    return [(node["then"], factors, f"{place}.then")]


def _chain_fusion(
    run: _Run, node: dict[str, Any], factors: Chain, place: str
) -> list[tuple[Any, _Pattern | Chain, str]]:
    """Two neighbours whose products are all matrices with some support become one factor."""
    _keys(node, place, ("rule", "at", "side", "lines", "then"))
    at = _int(node["at"], place)
    if at + 1 >= len(factors):
        raise Rejected(f"{place}: there is no factor {at + 1}")
    pair = factors[at : at + 2]
    _check_generic(_State.of(_pair_pattern(pair)), {"side": node["side"], "lines": node["lines"]}, place)
    shorter = [*factors[:at], _chain_product(pair), *factors[at + 2 :]]
    return [(node["then"], shorter, f"{place}.then")]


def _chain_absorb(
    run: _Run, node: dict[str, Any], factors: Chain, place: str
) -> list[tuple[Any, _Pattern | Chain, str]]:
    """A square factor with the diagonal does not enlarge its neighbour's support, so it may be the identity."""
    _keys(node, place, ("rule", "at", "into", "then"))
    if node["into"] not in ("left", "right"):
        raise Malformed(f"{place}.into: must be 'left' or 'right'")
    at = _int(node["at"], place)
    other = at + 1 if node["into"] == "right" else at - 1
    if at >= len(factors) or not 0 <= other < len(factors):
        raise Rejected(f"{place}: factor {at} has no neighbour there")
    m, n, support = factors[at]
    if m != n or any(i not in row for i, row in enumerate(support)):
        raise Rejected(f"{place}: factor {at} does not hold the diagonal")
    if _chain_product([factors[min(at, other)], factors[max(at, other)]])[2] != factors[other][2]:
        raise Rejected(f"{place}: factor {at} adds to its neighbour")
    return [(node["then"], [*factors[:at], *factors[at + 1 :]], f"{place}.then")]


def _chain_peel(
    run: _Run, node: dict[str, Any], factors: Chain, place: str
) -> list[tuple[Any, _Pattern | Chain, str]]:
    """The first (last) factor can be kept orthogonal, so it is enough that the others are closed."""
    _keys(node, place, ("rule", "side", "then"))
    if node["side"] not in ("left", "right"):
        raise Malformed(f"{place}.side: must be 'left' or 'right'")
    if len(factors) < 2:
        raise Rejected(f"{place}: only one factor is left")
    turned = factors if node["side"] == "left" else _transposed_chain(factors)
    (m, r, first), (_, width, second) = turned[0], turned[1]
    rest = _reached_columns(turned[1:])
    columns, rows, near = [0] * r, [0] * r, [0] * r
    longest = max(m, r, width, turned[-1][1])
    size = 1 + longest // 16384
    _spend(r * (8 + longest // 100))
    for i, names in enumerate(first):
        together = _mask(names, size)
        _spend(2 * size * len(names))
        for k in names:
            columns[k] |= 1 << i
            near[k] |= together
    for k, names in enumerate(second):
        rows[k] = _mask(names, size)
    for k in range(r):
        others = near[k] & ((1 << k) - 1)
        _spend(4 * size * (1 + others.bit_count()))
        while others:
            other = (others & -others).bit_length() - 1
            others &= others - 1
            if (
                rest[k] & rest[other]
                and (columns[k] & ~columns[other] or rows[other] & ~rows[k])
                and (columns[other] & ~columns[k] or rows[k] & ~rows[other])
            ):
                raise Rejected(f"{place}: hidden indices {k} and {other} are not crossing")
    left = factors[1:] if node["side"] == "left" else factors[:-1]
    return [(node["then"], left, f"{place}.then")]


def _chain_parts(
    run: _Run, node: dict[str, Any], factors: Chain, place: str
) -> list[tuple[Any, _Pattern | Chain, str]]:
    """Groups of inner indices without common entries or common cells: a direct product."""
    _keys(node, place, ("rule", "parts"))
    if len(factors) < 2:
        raise Rejected(f"{place}: there are no inner indices")
    owner: list[dict[int, int]] = [{} for _ in factors[1:]]
    parts = _list(node["parts"], place)
    for number, part in enumerate(parts):
        part = _keys(part, f"{place}.parts[{number}]", ("inner", "then"))
        for level, names in enumerate(_list(part["inner"], place, len(factors) - 1)):
            for k in _ints(names, place):
                if owner[level].setdefault(k, number) != number:
                    raise Rejected(f"{place}: inner index {k} lies in two parts")
    _spend(len(parts) * sum(m for m, _, _ in factors))
    chains: list[Chain] = [[(m, n, [frozenset()] * m) for m, n, _ in factors] for _ in parts]
    for level, (_, _, rows) in enumerate(factors):
        for i, row in enumerate(rows):
            _spend(8 + 4 * len(row))
            sorted_out: dict[int, set[int]] = {}
            for j in row:
                ends = {owner[level - 1].get(i, -1)} if level else set()
                ends |= {owner[level].get(j, -1)} if level < len(owner) else set()
                if len(ends) != 1 or -1 in ends:
                    raise Rejected(f"{place}: entry ({i}, {j}) of factor {level} is in no part")
                sorted_out.setdefault(ends.pop(), set()).add(j)
            for number, columns in sorted_out.items():
                chains[number][level][2][i] = frozenset(columns)
    seen = [0] * factors[0][0]
    for chain in chains:
        for i, mask in enumerate(_reached_columns(chain)):
            if mask & seen[i]:
                raise Rejected(f"{place}: two parts have a common cell in row {i}")
            seen[i] |= mask
    return [
        (part["then"], chain, f"{place}.parts[{number}].then")
        for number, (part, chain) in enumerate(zip(parts, chains, strict=True))
    ]


def _chain_kronecker(
    run: _Run, node: dict[str, Any], factors: Chain, place: str
) -> list[tuple[Any, _Pattern | Chain, str]]:
    """Chainable Kronecker-sparse factors ``I_a ⊗ 1_{b×c} ⊗ I_d``."""
    _keys(node, place, ("rule", "parameters"))
    previous: tuple[int, int, int, int] | None = None
    parameters = _list(node["parameters"], place, len(factors))
    for number, (entry, (m, n, rows)) in enumerate(zip(parameters, factors, strict=True)):
        a, b, c, d = (_int(value, place, 1) for value in _list(entry, place, 4))
        if (a * b * d, a * c * d) != (m, n):
            raise Rejected(f"{place}: factor {number} has another size")
        _spend(2 * m + m * c)
        for i, row in enumerate(rows):
            block, inner = i // (b * d), i % d
            if row != frozenset((block * c + k) * d + inner for k in range(c)):
                raise Rejected(f"{place}: row {i} of factor {number} is not of this form")
        if previous is not None:
            a1, _, c1, d1 = previous
            if a % a1 or d1 % d or (a1 * c1) % a or (b * d) % d1 or a1 * c1 // a != b * d // d1:
                raise Rejected(f"{place}: factors {number - 1} and {number} are not chainable")
        previous = (a, b, c, d)
    return []


def _chain_triangular(
    run: _Run, node: dict[str, Any], factors: Chain, place: str
) -> list[tuple[Any, _Pattern | Chain, str]]:
    """Lower, upper and lower (or upper, lower and upper) triangular factors give all matrices."""
    _keys(node, place, ("rule", "at", "kinds", "then"))
    at = _int(node["at"], place)
    kinds = [_string(kind, place) for kind in _list(node["kinds"], place)]
    if not kinds or at + len(kinds) > len(factors):
        raise Rejected(f"{place}: there are not so many factors")
    n = factors[at][0]
    for kind, (m, width, rows) in zip(kinds, factors[at:], strict=False):
        if kind not in ("lower", "upper", "diagonal"):
            raise Malformed(f"{place}.kinds: must be 'lower', 'upper' or 'diagonal'")
        if (m, width) != (n, n):
            raise Rejected(f"{place}: the factors are not square of one size")
        for i, row in enumerate(rows):
            _spend(1 + len(row))
            low = i if kind != "lower" else 0
            high = i if kind != "upper" else n - 1
            if not row.issuperset(range(low, high + 1)):
                raise Rejected(f"{place}: row {i} of a factor does not hold the {kind} part")
    word = [kind for kind in kinds if kind != "diagonal"]
    if len(word) != 3 or word[0] == word[1] or word[1] == word[2]:
        raise Rejected(f"{place}: three triangular factors in turn are needed")
    dense = (n, n, [frozenset(range(n))] * n)
    _spend(4 * n)
    return [(node["then"], [*factors[:at], dense, *factors[at + len(kinds) :]], f"{place}.then")]


def _chain_orbits(
    run: _Run, node: dict[str, Any], factors: Chain, place: str
) -> list[tuple[Any, _Pattern | Chain, str]]:
    """Nested types: every placement of ones within the rank bounds of all products is a product."""
    _keys(node, place, ("rule", "cuts", "placements"))
    m, n = factors[0][0], factors[-1][1]
    row_types, column_types = factors[0][2], _columns(n, factors[-1][2])
    _spend(2 * (m + n) + sum(map(len, row_types)) + sum(map(len, column_types)))
    rows = sorted(range(m), key=lambda i: len(row_types[i]))
    columns = sorted(range(n), key=lambda j: len(column_types[j]))
    for types, order in ((row_types, rows), (column_types, columns)):
        if any(not types[a] <= types[b] for a, b in pairwise(order)):
            raise Rejected(f"{place}: the types are not nested")
    bounds: dict[tuple[int, int], int] = {}
    for entry in _list(node["cuts"], place):
        p, q, cut = _list(entry, place, 3)
        p, q = _int(p, place, 1, m), _int(q, place, 1, n)
        nodes = {(level, k) for level, k in (_ints(_list(v, place, 2), place) for v in _list(cut, place))}
        _spend(12 + 2 * p + q + 4 * len(nodes))
        reached = {i for i in rows[:p] if (0, i) not in nodes}
        for level, (_, _, support) in enumerate(factors, 1):
            _spend(2 * sum(len(support[i]) for i in reached) + 2)
            reached = {k for i in reached for k in support[i] if (level, k) not in nodes}
        if reached & set(columns[:q]):
            raise Rejected(f"{place}: the cut for the leading {p} by {q} block lets a path through")
        bounds[p, q] = len(nodes)
    known: set[frozenset[tuple[int, int]]] = set()
    for number, entry in enumerate(_list(node["placements"], place)):
        where = f"{place}.placements[{number}]"
        entry = _keys(entry, where, ("ones", "factors"))
        cells = [_ints(_list(cell, where, 2), where) for cell in _list(entry["ones"], where)]
        shown = frozenset((i, j) for i, j in cells)
        if _constant_product(factors, entry["factors"], where) != dict.fromkeys(shown, Fraction(1)):
            raise Rejected(f"{where}: the product of the factors is another matrix")
        known.add(shown)
    # all placements of ones, at most one in a line, row by row in the sorted order
    stack: list[tuple[int, frozenset[int], frozenset[tuple[int, int]]]] = [(0, frozenset(), frozenset())]
    while stack:
        p, taken, ones = stack.pop()
        run.step()
        _spend(n * (12 + 2 * n + len(taken)))
        if p and any(
            len([q for q in taken if q < q_end]) > bounds.get((p, q_end), min(p, q_end))
            for q_end in range(1, n + 1)
        ):
            continue
        if p == m:
            if ones not in known:
                raise Rejected(f"{place}: the placement {sorted(ones)} is within the bounds and not shown")
            continue
        stack.append((p + 1, taken, ones))
        stack.extend(
            (p + 1, taken | {q}, ones | {(rows[p], columns[q])}) for q in range(n) if q not in taken
        )
    return []


def _constant_product(factors: Chain, node: Any, place: str) -> dict[tuple[int, int], Fraction]:
    """Multiply rational factors that respect the supports; the non-zero entries."""
    total: dict[tuple[int, int], Fraction] | None = None
    for entries, (m, n, support) in zip(_list(node, place, len(factors)), factors, strict=True):
        factor: dict[int, dict[int, Fraction]] = {}
        for entry in _list(entries, place):
            i, j, value = _list(entry, place, 3)
            i, j = _int(i, place, 0, m - 1), _int(j, place, 0, n - 1)
            if j not in support[i]:
                raise Rejected(f"{place}: entry ({i}, {j}) is outside the support")
            if j in factor.setdefault(i, {}):
                raise Malformed(f"{place}: an entry is given twice")
            _spend(10)
            factor[i][j] = _fits(_rational(value, place))
        if total is None:
            total = {(i, j): v for i, row in factor.items() for j, v in row.items()}
            continue
        sums: dict[tuple[int, int], Fraction] = {}
        for (i, k), left in total.items():
            for j, right in factor.get(k, {}).items():
                before = sums.get((i, j), Fraction(0))
                _spend(8 + _cost(_bits(before) + _bits(left) + _bits(right)))
                sums[i, j] = _fits(before + left * right)
        total = sums
    return {cell: value for cell, value in (total or {}).items() if value}


# ---- closed: the stratification rule -------------------------------------------------------------


class _State:
    """Status of the looked-at entries; zero rows and columns are deleted.

    ``tau[i]`` hidden indices of row i, ``sigma[j]`` of column j, ``omega[i]`` looked-at columns,
    ``star[i]`` unknown entries, ``nonzero[i]`` entries known to be non-zero.
    """

    def __init__(
        self,
        tau: dict[int, frozenset[int]],
        sigma: dict[int, frozenset[int]],
        omega: dict[int, frozenset[int]],
        star: dict[int, frozenset[int]],
        nonzero: dict[int, frozenset[int]],
    ) -> None:
        rows = [i for i in tau if star[i] or nonzero[i]]
        _spend(sum(40 + 2 * len(omega[i]) + 2 * len(tau[i]) for i in rows) + 4 * len(tau))
        _spend(sum(14 + 2 * len(terms) for terms in sigma.values()))
        _spend(sum(len(sigma[j]) + len(tau[i]) for i in rows for j in omega[i]) // 8)
        live = frozenset().union(*(star[i] | nonzero[i] for i in rows))
        self.omega = {i: omega[i] & live for i in rows}
        self.star = {i: star[i] for i in rows}
        self.nonzero = {i: nonzero[i] for i in rows}
        # a hidden index that meets no looked-at column of a live row does nothing there
        none: frozenset[int] = frozenset()
        self.tau = {
            i: tau[i] & none.union(*(sigma[j] for j in self.omega[i])) for i in rows
        }
        self.sigma = {
            j: sigma[j] & none.union(*(self.tau[i] for i in rows if j in self.omega[i])) for j in live
        }

    @classmethod
    def of(cls, pattern: _Pattern) -> _State:
        """All matrices of the pattern: every covered cell that is looked at is unknown."""
        tau: dict[int, set[int]] = {}
        sigma: dict[int, set[int]] = {}
        star: dict[int, set[int]] = {}
        for k in pattern.terms:
            last: frozenset[int] | None = None
            for i, columns in pattern.support_rows(k).items():
                _spend(12 + len(columns) // 4)
                tau.setdefault(i, set()).add(k)
                star.setdefault(i, set()).update(columns)
                # most rows have the same columns
                if columns is not last:
                    last = columns
                    for j in columns:
                        sigma.setdefault(j, set()).add(k)
        _spend(12 * (len(tau) + len(sigma)) + 2 * len(tau) * len(sigma) + 4 * sum(map(len, tau.values())))
        every, none = frozenset(sigma), frozenset[int]()
        return cls(
            {i: frozenset(t) for i, t in tau.items()},
            {j: frozenset(s) for j, s in sigma.items()},
            {i: every - pattern.hidden_columns.get(i, none) for i in tau},
            {i: frozenset(columns) for i, columns in star.items()},
            dict.fromkeys(tau, frozenset()),
        )

    def with_status(
        self, star: dict[int, frozenset[int]], nonzero: dict[int, frozenset[int]]
    ) -> _State:
        return _State(self.tau, self.sigma, self.omega, star, nonzero)

    def transposed(self) -> _State:
        _spend(2 * (3 + len(self.tau)) * (3 + len(self.sigma)))

        def turn(masks: dict[int, frozenset[int]]) -> dict[int, frozenset[int]]:
            return {j: frozenset(i for i in masks if j in masks[i]) for j in self.sigma}

        return _State(self.sigma, self.tau, turn(self.omega), turn(self.star), turn(self.nonzero))

    def key(self) -> Any:
        """The state as a value: two equal keys mean the same state."""
        return (
            frozenset(
                (i, self.tau[i], self.omega[i], self.star[i], self.nonzero[i]) for i in self.tau
            ),
            frozenset(self.sigma.items()),
        )

    def renamed(self, rows: dict[int, int], columns: dict[int, int], terms: dict[int, int]) -> _State:
        """Give other names to rows, columns and hidden indices."""
        _spend(sum(24 + len(self.tau[i]) + 3 * len(self.omega[i]) for i in self.tau))

        def moved(names: frozenset[int], new: dict[int, int]) -> frozenset[int]:
            return frozenset(new[name] for name in names)

        return _State(
            {rows[i]: moved(tau, terms) for i, tau in self.tau.items()},
            {columns[j]: moved(sigma, terms) for j, sigma in self.sigma.items()},
            {rows[i]: moved(window, columns) for i, window in self.omega.items()},
            {rows[i]: moved(entries, columns) for i, entries in self.star.items()},
            {rows[i]: moved(entries, columns) for i, entries in self.nonzero.items()},
        )

    def is_nonzero(self, i: int, j: int) -> bool:
        return i in self.nonzero and j in self.nonzero[i]

    def may_add_row(self, source: int, other: int) -> bool:
        """Adding multiples of row `source` to row `other` maps products to products."""
        if not self.omega[other] <= self.omega[source]:
            return False
        _spend(10 + len(self.omega[other]) + len(self.tau[source]))
        extra = self.tau[source] - self.tau[other]
        if not extra:
            return True
        _spend(sum(min(len(extra), len(self.sigma[j])) for j in self.omega[other]) // 8)
        return all(extra.isdisjoint(self.sigma[j]) for j in self.omega[other])

    def cleared(self, i: int, j: int, others: list[int]) -> _State:
        """Clear column j in the rows `others` with the non-zero entry (i, j)."""
        star, nonzero = dict(self.star), dict(self.nonzero)
        for other in others:
            window = self.omega[other]
            _spend(20 + 4 * len(window))
            source = (self.star[i] | self.nonzero[i]) & window
            if j in nonzero[other]:
                fresh = (self.nonzero[i] & window) - star[other] - nonzero[other]
            elif j in star[other]:
                fresh = frozenset()
            else:
                continue
            touched = source - fresh
            star[other] = ((star[other] | touched) - fresh) - {j}
            nonzero[other] = ((nonzero[other] - touched) | fresh) - {j}
        return self.with_status(star, nonzero)

    def spent(self, k: int, i: int, j: int, rows: frozenset[int], columns: frozenset[int]) -> _State:
        """Use hidden index k for ``A[rows, j] A[i, columns] / A[i, j]``, and say what is left."""
        star, nonzero = dict(self.star), dict(self.nonzero)
        through = self.star[i] | self.nonzero[i]
        for q in rows:
            _spend(20 + 2 * (len(columns) + len(self.star[q]) + len(self.nonzero[q])))
            before = self.star[q] | self.nonzero[q]
            zero = columns if q == i else frozenset((j,))
            touched: frozenset[int] = frozenset()
            if q != i and j in before:
                touched = (columns & self.omega[q] & through) - {j}
            # zero minus a product of two non-zero numbers
            fresh = (touched & self.nonzero[i]) - before if j in self.nonzero[q] else frozenset()
            star[q] = (star[q] | touched) - fresh - zero
            nonzero[q] = ((nonzero[q] - touched) | fresh) - zero
        return _State(
            {q: names - {k} for q, names in self.tau.items()},
            {c: names - {k} for c, names in self.sigma.items()},
            self.omega,
            star,
            nonzero,
        )


class _ChainState(_State):
    """The same for a chain: hidden indices of a row are those of the first inner level, those of a column of the last.

    Only indices on paths between live rows and live columns count.
    """

    def __init__(
        self, factors: Chain, star: dict[int, frozenset[int]], nonzero: dict[int, frozenset[int]]
    ) -> None:
        rows = [i for i in star if star[i] or nonzero[i]]
        _spend(4 * len(star))
        _spend(sum(40 + 2 * (len(star[i]) + len(nonzero[i]) + len(factors[0][2][i])) for i in rows))
        live = frozenset().union(*(star[i] | nonzero[i] for i in rows))
        self.factors = factors
        turned = _transposed_chain(factors)
        ends = []
        for chain, starts in ((turned, live), (factors, frozenset(rows))):
            for _, _, support in chain[:-1]:
                _spend(2 * sum(len(support[k]) for k in starts) + 6)
                starts = frozenset(l for k in starts for l in support[k])
            ends.append(starts)
        self.omega = dict.fromkeys(rows, live)
        self.star = {i: star[i] for i in rows}
        self.nonzero = {i: nonzero[i] for i in rows}
        self.tau = {i: factors[0][2][i] & ends[0] for i in rows}
        self.sigma = {j: turned[0][2][j] & ends[1] for j in live}

    def with_status(
        self, star: dict[int, frozenset[int]], nonzero: dict[int, frozenset[int]]
    ) -> _State:
        return _ChainState(self.factors, star, nonzero)

    def transposed(self) -> _State:
        _spend(2 * (3 + len(self.tau)) * (3 + len(self.sigma)))

        def turn(masks: dict[int, frozenset[int]]) -> dict[int, frozenset[int]]:
            return {j: frozenset(i for i in masks if j in masks[i]) for j in self.sigma}

        return _ChainState(_transposed_chain(self.factors), turn(self.star), turn(self.nonzero))

    def may_add_row(self, source: int, other: int) -> bool:
        return self.tau[source] <= self.tau[other]


def _step_strata(
    run: _Run, node: dict[str, Any], pattern: _Pattern, place: str
) -> list[tuple[Any, _Pattern, str]]:
    """Each matrix is a product, or violates a condition that limits of products satisfy."""
    _replay_strata(run, node, _State.of(pattern), place)
    return []


def _chain_strata(
    run: _Run, node: dict[str, Any], factors: Chain, place: str
) -> list[tuple[Any, _Pattern | Chain, str]]:
    """The same for any number of factors."""
    star = {}
    for i in range(factors[0][0]):
        reached = frozenset((i,))
        for _, _, support in factors:
            _spend(2 * sum(len(support[k]) for k in reached) + 6)
            reached = frozenset(j for k in reached for j in support[k])
        star[i] = reached
    _replay_strata(run, node, _ChainState(factors, star, dict.fromkeys(star, frozenset())), place)
    return []


def _replay_strata(run: _Run, node: dict[str, Any], start: _State, place: str) -> None:
    _keys(node, place, ("rule", "nodes"))
    nodes = _table(node["nodes"], f"{place}.nodes")
    done: set[Any] = set()
    visited: set[int] = set()
    # with True: all matrices of the state must be shown to be products
    stack = [(len(nodes) - 1, start, False)]
    while stack:
        position, state, products = stack.pop()
        _spend(sum(12 + (len(state.omega[i]) + len(state.tau[i])) // 4 for i in state.tau))
        key = (position, state.key(), products)
        if key in done:
            continue
        done.add(key)
        visited.add(position)
        run.step()
        where = f"{place}.nodes[{position}]"
        products = products or (isinstance(nodes[position], dict) and nodes[position].get("do") == "spend")
        following = _strata_step(run, nodes[position], position, state, products, where)
        stack.extend((*child, products) for child in following)
    _all_used(nodes, visited, f"{place}.nodes")


def _strata_step(
    run: _Run, node: Any, position: int, state: _State, products: bool, place: str
) -> list[tuple[int, _State]]:
    if not isinstance(node, dict):
        raise Malformed(f"{place}: must be an object")
    kind = node.get("do")
    if kind == "split":
        _keys(node, place, ("do", "cell", "zero", "nonzero"))
        i, j = _ints(_list(node["cell"], place, 2), place)
        if i not in state.star or j not in state.star[i]:
            raise Rejected(f"{place}: entry ({i}, {j}) is not unknown")
        star = {**state.star, i: state.star[i] - {j}}
        nonzero = {**state.nonzero, i: state.nonzero[i] | {j}}
        return [
            (_earlier(node["zero"], position, place), state.with_status(star, state.nonzero)),
            (_earlier(node["nonzero"], position, place), state.with_status(star, nonzero)),
        ]
    if kind == "clear":
        _keys(node, place, ("do", "side", "pivot", "lines", "then"))
        i, j = _ints(_list(node["pivot"], place, 2), place)
        lines = _ints(node["lines"], place)
        if node["side"] not in ("rows", "columns"):
            raise Malformed(f"{place}.side: must be 'rows' or 'columns'")
        if not state.is_nonzero(i, j):
            raise Rejected(f"{place}: the pivot ({i}, {j}) is not known to be non-zero")
        turned = state if node["side"] == "rows" else state.transposed()
        if node["side"] == "columns":
            i, j = j, i
        if len(set(lines)) != len(lines) or i in lines:
            raise Rejected(f"{place}: lines are repeated or contain the pivot")
        for line in lines:
            if line not in turned.tau or not turned.may_add_row(i, line):
                raise Rejected(f"{place}: line {i} may not be added to line {line}")
        turned = turned.cleared(i, j, lines)
        state = turned if node["side"] == "rows" else turned.transposed()
        return [(_earlier(node["then"], position, place), state)]
    if kind in ("rename", "generic", "spend") and isinstance(state, _ChainState):
        raise Rejected(f"{place}: the step speaks of two factors")
    if kind == "rename":
        _keys(node, place, ("do", "rows", "columns", "terms", "then"))
        maps = []
        every = frozenset().union(*state.tau.values())
        for side, names in (("rows", set(state.tau)), ("columns", set(state.sigma)), ("terms", every)):
            new = _pairs(node[side], place)
            if set(new) != names or len(set(new.values())) != len(new) or len(new) != len(node[side]):
                raise Rejected(f"{place}: the {side} are not renamed one to one")
            maps.append(new)
        return [(_earlier(node["then"], position, place), state.renamed(*maps))]
    if kind == "generic":
        _keys(node, place, ("do", "side", "lines"))
        _check_generic(state, node, place)
        return []
    if kind == "family":
        _keys(node, place, ("do", "ones", "tree"))
        _check_family(run, state, products, node, place)
        return []
    if kind == "spend":
        return [(_earlier(node.get("then"), position, place), _spend_term(state, node, place))]
    raise Malformed(f"{place}.do: unknown step {str(kind)[:30]!r}")


def _spend_term(state: _State, node: dict[str, Any], place: str) -> _State:
    """Subtract the cross through an entry, on the rows and columns of one hidden index: it is used up."""
    _keys(node, place, ("do", "term", "pivot", "rows", "columns", "then"))
    k = _int(node["term"], place)
    i, j = _ints(_list(node["pivot"], place, 2), place)
    rows, columns = _ints(node["rows"], place), _ints(node["columns"], place)
    if i not in rows or j not in columns:
        raise Rejected(f"{place}: the pivot ({i}, {j}) is not on the cross")
    for q in rows:
        if q not in state.tau or k not in state.tau[q] or j not in state.omega[q]:
            raise Rejected(f"{place}: hidden index {k} cannot be used in row {q}")
    for c in columns:
        if c not in state.sigma or k not in state.sigma[c] or c not in state.omega[i]:
            raise Rejected(f"{place}: hidden index {k} cannot be used in column {c}")
    if len(set(rows)) > 1 and len(set(columns)) > 1 and not state.is_nonzero(i, j):
        raise Rejected(f"{place}: the pivot ({i}, {j}) is not known to be non-zero")
    return state.spent(k, i, j, frozenset(rows), frozenset(columns))


def _check_generic(state: _State, node: dict[str, Any], place: str) -> None:
    """One generic factor serves all matrices: distinct representatives in every line."""
    if node["side"] not in ("rows", "columns"):
        raise Malformed(f"{place}.side: must be 'rows' or 'columns'")
    if node["side"] == "columns":
        state = state.transposed()
    seen: set[int] = set()
    for entry in _list(node["lines"], place):
        line, pairs = _list(entry, place, 2)
        line = _int(line, place)
        if line not in state.tau:
            raise Rejected(f"{place}: line {line} is not there")
        seen.add(line)
        chosen: dict[int, int] = {}
        terms: set[int] = set()
        for pair in _list(pairs, place):
            j, k = _ints(_list(pair, place, 2), place)
            if j in chosen or k in terms:
                raise Rejected(f"{place}: line {line} uses a representative twice")
            if j not in state.omega[line] or k not in state.tau[line] or k not in state.sigma[j]:
                raise Rejected(f"{place}: hidden index {k} does not represent ({line}, {j})")
            chosen[j] = k
            terms.add(k)
        _spend(12 + len(state.omega[line]))
        if (state.star[line] | state.nonzero[line]) - set(chosen):
            raise Rejected(f"{place}: line {line} has an entry without representative")
        for j in state.omega[line]:
            _spend(min(len(state.sigma[j]), len(terms)) // 8)
            if j not in chosen and not terms.isdisjoint(state.sigma[j]):
                raise Rejected(f"{place}: line {line} would touch column {j} as well")
    if seen != set(state.tau):
        raise Rejected(f"{place}: a line is left out")


class _Branch:
    """What is known on one branch over the parameters of a family."""

    def __init__(self, entries: dict[tuple[int, int], Poly], units: dict[str, Poly]) -> None:
        self.entries = entries
        self.units = units
        self.relations: list[Poly] = []
        self.substitutions: list[tuple[str, Poly, Poly]] = []
        self.count = 0

    def copy(self) -> _Branch:
        _spend(20 + 3 * len(self.units) + len(self.relations) + len(self.substitutions))
        other = _Branch(self.entries, dict(self.units))
        other.relations = list(self.relations)
        other.substitutions = list(self.substitutions)
        other.count = self.count
        return other

    def vanishes(self, poly: Poly) -> bool:
        """The polynomial is zero on the branch, after the substitutions made so far."""
        for name, c, d in self.substitutions:
            poly = _substitute(poly, name, c, d)[0]
        return not poly

    def product(self, node: Any, place: str) -> Poly:
        """A non-zero constant times powers of polynomials that are non-zero on the branch."""
        node = _keys(node, place, ("constant", "powers"))
        constant = _rational(node["constant"], place)
        if not constant:
            raise Rejected(f"{place}: the constant is zero")
        total: Poly = {ONE: constant}
        for power in _list(node["powers"], place):
            name, e = _list(power, place, 2)
            if _string(name, place) not in self.units:
                raise Rejected(f"{place}: {name[:30]!r} is not known to be non-zero")
            total = _times(total, _power(self.units[name], _int(e, place, 1, 1000)))
        return total

    def combination(self, node: Any, place: str) -> Poly:
        """A sum of multiples of polynomials that vanish on the branch."""
        total: Poly = {}
        for term in _list(node, place):
            number, multiplier = _list(term, place, 2)
            if _int(number, place) >= len(self.relations):
                raise Rejected(f"{place}: there is no relation {number}")
            total = _plus(total, _times(self.relations[number], _read_poly(multiplier, place)))
        return total

    def add_unit(self, poly: Poly) -> None:
        self.units[f"u:{self.count}"] = poly
        self.count += 1


def _check_family(
    run: _Run, state: _State, products: bool, node: dict[str, Any], place: str
) -> None:
    """Replay the tree of a family of matrices, written with parameters ``a:i:j``."""
    parent: dict[tuple[str, int], tuple[str, int]] = {}

    def find(end: tuple[str, int]) -> tuple[str, int]:
        while parent.setdefault(end, end) != end:
            end = parent[end]
        return end

    entries: dict[tuple[int, int], Poly] = {}
    units: dict[str, Poly] = {}
    _spend(sum(2 + 20 * (len(state.star[i]) + len(state.nonzero[i])) for i in state.tau))
    for cell in _list(node["ones"], place):
        i, j = _ints(_list(cell, place, 2), place)
        first, second = find(("row", i)), find(("column", j))
        if not state.is_nonzero(i, j) or first == second:
            raise Rejected(f"{place}: entry ({i}, {j}) cannot be scaled to one")
        parent[first] = second
        entries[i, j] = {ONE: Fraction(1)}
    for i in state.tau:
        for j in state.star[i] | state.nonzero[i]:
            if (i, j) not in entries:
                name = f"a:{i}:{j}"
                entries[i, j] = _variable(name)
                if j in state.nonzero[i]:
                    units[name] = entries[i, j]
    stack = [(node["tree"], _Branch(entries, units), f"{place}.tree")]
    while stack:
        tree, branch, where = stack.pop()
        run.step()
        if products and isinstance(tree, dict) and tree.get("do") in ("outside", "vanishing"):
            raise Rejected(f"{where}: all matrices must be products here")
        stack.extend(_family_step(run, state, tree, branch, where))


def _family_step(
    run: _Run, state: _State, node: Any, branch: _Branch, place: str
) -> list[tuple[Any, _Branch, str]]:
    if not isinstance(node, dict):
        raise Malformed(f"{place}: must be an object")
    kind = node.get("do")
    if kind == "section" and isinstance(state, _ChainState):
        _keys(node, place, ("do", "factors"))
        _check_chain_section(run, state, node, branch, place)
        return []
    if kind == "section":
        _keys(node, place, ("do", "left", "right"), ("modulo",))
        _check_section(run, state, node, branch, place)
        return []
    if kind == "outside":
        _keys(node, place, ("do", "rows", "columns", "cover", "multiplier", "value"))
        _check_outside(state, node, branch, place)
        return []
    if kind == "empty":
        _keys(node, place, ("do", "unit"))
        name = _string(node["unit"], place)
        if name not in branch.units or not branch.vanishes(branch.units[name]):
            raise Rejected(f"{place}: {name[:30]!r} is not both zero and non-zero")
        return []
    if kind == "vanishing":
        _keys(node, place, ("do", "polynomials", "then"))
        if isinstance(state, _ChainState):
            raise Rejected(f"{place}: the step speaks of two factors")
        _spend(sum(12 + 2 * len(state.tau[i]) for i in state.tau for j in state.omega[i]))
        cells = {(i, j): state.tau[i] & state.sigma[j] for i in state.tau for j in state.omega[i]}
        entries = {f"a:{i}:{j}": branch.entries.get((i, j), {}) for i, j in cells}
        fewer = branch.copy()
        for poly in _check_vanishing(cells, node["polynomials"], f"{place}.polynomials"):
            fewer.relations.append(_composed(poly, entries, place))
        return [(node["then"], fewer, f"{place}.then")]
    if kind == "cases":
        _keys(node, place, ("do", "polynomial", "zero", "nonzero"))
        poly = _read_poly(node["polynomial"], place)
        same, other = branch.copy(), branch.copy()
        same.relations.append(poly)
        other.add_unit(poly)
        return [(node["zero"], same, f"{place}.zero"), (node["nonzero"], other, f"{place}.nonzero")]
    if kind == "inconsistent":
        _keys(node, place, ("do", "combination", "value"), ("squares",))
        _check_inconsistent(run, node, branch, place)
        return []
    if kind == "when":
        _keys(node, place, ("do", "polynomial", "variable", "leading", "zero", "nonzero"))
        poly = _read_poly(node["polynomial"], place)
        name = _string(node["variable"], place)
        parts = _by_degree(poly, name)
        if max(parts, default=0) != 1:
            raise Rejected(f"{place}: the polynomial is not linear in {name[:30]!r}")
        if not branch.vanishes(_plus(parts[1], branch.product(node["leading"], place), -1)):
            raise Rejected(f"{place}: the leading coefficient may vanish")
        other = branch.copy()
        other.add_unit(poly)
        same = branch.copy()
        same.substitutions.append((name, parts[1], parts.get(0, {})))
        zero = _keys(node["zero"], f"{place}.zero", ("declare", "then"))
        for declaration in _list(zero["declare"], place):
            _declare(same, branch, declaration, place)
        return [(zero["then"], same, f"{place}.zero"), (node["nonzero"], other, f"{place}.nonzero")]
    raise Malformed(f"{place}.do: unknown step {str(kind)[:30]!r}")


def _check_inconsistent(run: _Run, node: dict[str, Any], branch: _Branch, place: str) -> None:
    """What must vanish adds up to what cannot: there are no such matrices (no real ones, with squares)."""
    value = branch.product(node["value"], place)
    if "squares" in node:
        positive = _rational(node["value"]["constant"], place) > 0
        if not positive or any(e % 2 for _, e in node["value"]["powers"]):
            raise Rejected(f"{place}: the value is not positive")
        value = _plus(value, _sum_of_squares(run, node["squares"], place))
    if not branch.vanishes(_plus(branch.combination(node["combination"], place), value, -1)):
        raise Rejected(f"{place}: the combination is not the stated value")


def _declare(branch: _Branch, before: _Branch, node: Any, place: str) -> None:
    """A factor of something non-zero is non-zero."""
    node = _keys(node, place, ("polynomial", "cofactor", "unit", "multiplier"))
    poly = _read_poly(node["polynomial"], place)
    cofactor = _read_poly(node["cofactor"], place)
    name = _string(node["unit"], place)
    if name not in before.units:
        raise Rejected(f"{place}: {name[:30]!r} is not known to be non-zero")
    right = _times(before.units[name], before.product(node["multiplier"], place))
    if not branch.vanishes(_plus(_times(poly, cofactor), right, -1)):
        raise Rejected(f"{place}: the declared factor does not divide")
    branch.add_unit(poly)


def _check_section(
    run: _Run, state: _State, node: dict[str, Any], branch: _Branch, place: str
) -> None:
    """The rational factors multiply to the matrices of the family."""
    sides: list[dict[tuple[int, int], tuple[Poly, Poly]]] = []
    for key in ("left", "right"):
        side: dict[tuple[int, int], tuple[Poly, Poly]] = {}
        for entry in _list(node[key], place):
            first, second, top, bottom = _list(entry, place, 4)
            position = (_int(first, place), _int(second, place))
            if position in side:
                raise Malformed(f"{place}: a factor's entry is given twice")
            side[position] = (_read_poly(top, place), branch.product(bottom, place))
        sides.append(side)
    left, right = sides
    for i, k in left:
        if i not in state.tau or k not in state.tau[i]:
            raise Rejected(f"{place}: left entry ({i}, {k}) is outside the support")
    for k, j in right:
        if j not in state.sigma or k not in state.sigma[j]:
            raise Rejected(f"{place}: right entry ({k}, {j}) is outside the support")
    modulo: dict[tuple[int, int], tuple[Poly, Poly]] = {}
    for entry in _list(node.get("modulo", []), place):
        first, second, multiplier, terms = _list(entry, place, 4)
        position = (_int(first, place), _int(second, place))
        if position in modulo:
            raise Malformed(f"{place}: an entry of the product is given twice")
        modulo[position] = (branch.product(multiplier, place), branch.combination(terms, place))
    for i in state.tau:
        for j in state.omega[i]:
            run.step()
            _spend(6 + len(state.tau[i]) // 8)
            common: Poly = {ONE: Fraction(1)}
            total: Poly = {}
            for k in state.tau[i] & state.sigma[j]:
                if (i, k) in left and (k, j) in right:
                    bottom = _times(left[i, k][1], right[k, j][1])
                    top = _times(left[i, k][0], right[k, j][0])
                    if bottom == common:
                        total = _plus(total, top)
                    elif bottom == {ONE: Fraction(1)}:
                        total = _plus(total, _times(top, common))
                    else:
                        total = _plus(_times(total, bottom), _times(top, common))
                        common = _times(common, bottom)
            rest = _plus(total, _times(branch.entries.get((i, j), {}), common), -1)
            if (i, j) in modulo:
                nonzero, combination = modulo.pop((i, j))
                rest = _plus(_times(rest, nonzero), _times(common, combination), -1)
            if not branch.vanishes(rest):
                raise Rejected(f"{place}: entry ({i}, {j}) of the product is wrong")
    if modulo:
        raise Rejected(f"{place}: a combination is given for an entry that is not looked at")


def _plus_fraction(a: tuple[Poly, Poly], b: tuple[Poly, Poly]) -> tuple[Poly, Poly]:
    """Sum of two quotients of polynomials."""
    if a[1] == b[1]:
        return _plus(a[0], b[0]), a[1]
    return _plus(_times(a[0], b[1]), _times(b[0], a[1])), _times(a[1], b[1])


def _check_chain_section(
    run: _Run, state: _ChainState, node: dict[str, Any], branch: _Branch, place: str
) -> None:
    """The rational factors of the chain multiply to the matrices of the family."""
    one: Poly = {ONE: Fraction(1)}
    product: dict[int, dict[int, tuple[Poly, Poly]]] = {i: {i: (one, one)} for i in state.tau}
    listed = _list(node["factors"], place, len(state.factors))
    for entries, (m, n, support) in zip(listed, state.factors, strict=True):
        factor: dict[int, dict[int, tuple[Poly, Poly]]] = {}
        for entry in _list(entries, place):
            first, second, top, bottom = _list(entry, place, 4)
            i, j = _int(first, place, 0, m - 1), _int(second, place, 0, n - 1)
            if j not in support[i]:
                raise Rejected(f"{place}: entry ({i}, {j}) is outside the support")
            if j in factor.setdefault(i, {}):
                raise Malformed(f"{place}: a factor's entry is given twice")
            factor[i][j] = (_read_poly(top, place), branch.product(bottom, place))
        following: dict[int, dict[int, tuple[Poly, Poly]]] = {}
        for start, row in product.items():
            run.step()
            sums: dict[int, tuple[Poly, Poly]] = {}
            for k, left in row.items():
                for j, right in factor.get(k, {}).items():
                    term = (_times(left[0], right[0]), _times(left[1], right[1]))
                    sums[j] = _plus_fraction(sums[j], term) if j in sums else term
            following[start] = sums
        product = following
    for i in state.tau:
        for j in state.sigma:
            top, bottom = product[i].get(j, ({}, one))
            entry = branch.entries.get((i, j), {})
            if not branch.vanishes(_plus(top, _times(entry, bottom), -1)):
                raise Rejected(f"{place}: entry ({i}, {j}) of the product is wrong")


def _check_cut(state: _ChainState, rows: list[int], columns: list[int], node: Any, place: str) -> None:
    """Fewer nodes than the minor has rows meet all paths from the rows to the columns."""
    nodes = [
        tuple(_ints(_list(pair, place, 2), place))
        for pair in _list(_keys(node, place, ("nodes",))["nodes"], place)
    ]
    if len(nodes) >= len(rows):
        raise Rejected(f"{place}: the cut is not smaller than the minor")
    if not all(i in state.tau for i in rows) or not all(j in state.sigma for j in columns):
        raise Rejected(f"{place}: a line of the minor is not there")
    reached = frozenset(i for i in rows if (0, i) not in nodes)
    for level, (_, _, support) in enumerate(state.factors):
        _spend(2 * sum(len(support[k]) for k in reached) + 6)
        reached = frozenset(j for k in reached for j in support[k] if (level + 1, j) not in nodes)
    if reached & set(columns):
        raise Rejected(f"{place}: a path avoids the cut")


def _check_cover(state: _State, rows: list[int], columns: list[int], node: Any, place: str) -> None:
    """Fewer lines and hidden indices than the minor has rows meet all terms of its entries."""
    cover = _keys(node, place, ("rows", "columns", "terms"))
    by_rows, by_columns, by_terms = (
        set(_ints(cover[key], place)) for key in ("rows", "columns", "terms")
    )
    if len(by_rows) + len(by_columns) + len(by_terms) >= len(rows):
        raise Rejected(f"{place}: the cover is not smaller than the minor")
    for i in rows:
        for j in columns:
            if i not in state.tau or j not in state.omega[i]:
                raise Rejected(f"{place}: entry ({i}, {j}) is not looked at")
            if i not in by_rows and j not in by_columns:
                _spend(2 + len(state.tau[i]) // 8)
                if (state.tau[i] & state.sigma[j]) - by_terms:
                    raise Rejected(f"{place}: the cover leaves out entry ({i}, {j})")


def _check_outside(state: _State, node: dict[str, Any], branch: _Branch, place: str) -> None:
    """A minor vanishes on all products (few lines and hidden indices cover it) but not here."""
    rows, columns = _ints(node["rows"], place), _ints(node["columns"], place)
    size = len(rows)
    if size != len(columns) or len(set(rows)) != size or len(set(columns)) != size or size > 8:
        raise Rejected(f"{place}: the minor must be square, without repetitions, at most 8 by 8")
    if isinstance(state, _ChainState):
        _check_cut(state, rows, columns, node["cover"], f"{place}.cover")
    else:
        _check_cover(state, rows, columns, node["cover"], f"{place}.cover")
    matrix = [[branch.entries.get((i, j), {}) for j in columns] for i in rows]
    value = _times(_determinant(matrix), branch.product(node["multiplier"], place))
    if not branch.vanishes(_plus(value, branch.product(node["value"], place), -1)):
        raise Rejected(f"{place}: the minor is not the stated non-zero value")


def _determinant(matrix: list[list[Poly]]) -> Poly:
    if not matrix:
        return {ONE: Fraction(1)}
    _spend(len(matrix) ** 2)
    row = min(range(len(matrix)), key=lambda i: sum(bool(e) for e in matrix[i]))
    rest = [line for i, line in enumerate(matrix) if i != row]
    total: Poly = {}
    for column, entry in enumerate(matrix[row]):
        if entry:
            minor = _determinant([[e for j, e in enumerate(line) if j != column] for line in rest])
            total = _plus(total, _times(entry, minor), 1 if (row + column) % 2 == 0 else -1)
    return total


# ---- sparsity levels: unions of sets of products ---------------------------------------------------

Bounds = tuple[int, int, int, int, int]  # rows, columns, and the bounds for a row, a column, all
Rows = tuple[int, ...]


def _levels(node: Any) -> list[Bounds]:
    found: list[Bounds] = []
    for number, level in enumerate(_list(_keys(node, "problem", ("levels",))["levels"], "levels")):
        place = f"problem.levels[{number}]"
        level = _keys(level, place, ("shape", "row", "column", "total"))
        m, n = (
            _int(size, f"{place}.shape", 1, MAX_SIZE)
            for size in _list(level["shape"], f"{place}.shape", 2)
        )
        if found and found[-1][1] != m:
            raise Malformed(f"{place}.shape: sizes do not fit")
        row, column, total = (
            most if level[kind] is None else min(most, _int(level[kind], f"{place}.{kind}"))
            for kind, most in (("row", n), ("column", m), ("total", m * n))
        )
        found.append((m, n, row, column, total))
    if len(found) < 2:
        raise Malformed("problem.levels: at least two factors are needed")
    return found


def _within(level: Bounds, rows: Rows) -> bool:
    m, n, row, column, total = level
    _spend(2 + n * (4 + len(rows)) // 4)
    counts = [sum(mask >> j & 1 for mask in rows) for j in range(n)]
    return (
        len(rows) == m
        and all(mask.bit_count() <= row for mask in rows)
        and all(count <= column for count in counts)
        and sum(counts) <= total
    )


def _largest(level: Bounds) -> list[Rows]:
    """All supports within the bounds to which no entry can be added."""
    m, n, row, column, total = level
    if row == n and total == m * n and column < m:
        return [_turned(rows, m) for rows in _largest((n, m, column, n, m * n))]
    if n > 16 or m > 64:
        raise Rejected("a factor is too large to go through its supports")
    _spend(1 << n)
    # where rows alone are bounded, each of them is full
    least = row if column == m and total == m * n else 0
    choices = [mask for mask in range(1 << n) if least <= mask.bit_count() <= row]
    partial: list[Rows] = [()]
    for _ in range(m):
        longer = []
        for rows in partial:
            for mask in choices:
                _spend(6 + 2 * len(rows) + n * len(rows) // 4)
                new = (*rows, mask)
                if sum(map(int.bit_count, new)) <= total and all(
                    sum(each >> j & 1 for each in new) <= column for j in range(n) if mask >> j & 1
                ):
                    longer.append(new)
        partial = longer
    found = []
    for rows in partial:
        more = (
            (*rows[:i], mask | 1 << j, *rows[i + 1 :])
            for i, mask in enumerate(rows)
            for j in range(n)
            if not mask >> j & 1
        )
        if not any(_within(level, each) for each in more):
            found.append(rows)
    return found


def _turned(rows: Rows, size: int) -> Rows:
    """The transposed support, with so many rows."""
    return tuple(sum((mask >> i & 1) << j for j, mask in enumerate(rows)) for i in range(size))


def _members(levels: list[Bounds]) -> list[tuple[Rows, ...]]:
    lists = [_largest(level) for level in levels]
    number = 1
    for each in lists:
        number *= len(each)
    if number > MAX_MEMBERS:
        raise Rejected("more largest supports than the checker's limit")
    _spend(4 * number)
    return list(product(*lists))


def _masks(factors: list[tuple[int, int, Factor]], levels: list[Bounds], place: str) -> tuple[Rows, ...]:
    """The supports as row masks, of the sizes of the levels."""
    if [(m, n) for m, n, _ in factors] != [level[:2] for level in levels]:
        raise Malformed(f"{place}: other sizes than the levels")
    _spend(sum(2 + n // 256 + (1 + n // 16384) * len(row) for _, n, rows in factors for row in rows))
    return tuple(tuple(sum(1 << j for j in row) for row in rows) for _, _, rows in factors)


def _levels_closed(run: _Run, levels: list[Bounds], proof: Any) -> None:
    rule = proof.get("rule") if isinstance(proof, dict) else None
    if rule == "one-entry":
        _keys(proof, "proof", ("rule",))
        run.step("one-entry")
        if not _one_entry(levels):
            raise Rejected("one-entry: no outer factor has at most one entry in each row or in each column")
    elif rule == "elimination":
        proof = _keys(proof, "proof", ("rule", "transposed", "zeros"))
        run.step("elimination")
        if type(proof["transposed"]) is not bool:
            raise Malformed("proof.transposed: must be true or false")
        _elimination(levels, transposed=proof["transposed"], zeros=_int(proof["zeros"], "proof.zeros"))
    elif rule == "uncrossed":
        _keys(proof, "proof", ("rule",))
        run.step("uncrossed")
        if len(levels) != 2 or levels[0][1] != 2:
            raise Rejected("uncrossed: two factors with two inner indices are needed")
        for left, right in _members(levels):
            if not _uncrossed_within(levels, left, right):
                raise Rejected(f"uncrossed: limits with the supports {left}, {right} may leave the levels")
    elif rule == "members":
        proof = _keys(proof, "proof", ("rule", "cases"))
        run.step("members")
        _all_closed(run, levels, proof["cases"])
    else:
        raise Malformed("proof.rule: unknown")


def _one_entry(levels: list[Bounds]) -> bool:
    """Two factors; a row, or a column, of one of them has at most one entry; or the products have one row or column."""
    if len(levels) != 2:
        return False
    (m, _, row, column, _), (_, n, row2, column2, _) = levels
    return min(m, n) == 1 or min(row, column, row2, column2) <= 1


def _elimination(levels: list[Bounds], *, transposed: bool, zeros: int) -> None:
    if len(levels) != 2:
        raise Rejected("elimination: two factors are needed")
    first, second = levels
    if transposed:
        first, second = ((n, m, column, row, total) for m, n, row, column, total in (second, first))
    m, r, row, column, total = first
    _, n, row2, column2, total2 = second
    if r < n or zeros > sum(n - p for p in range(1, min(m, n) + 1)):
        raise Rejected("elimination: too few inner indices, or more zeros than there are steps")
    if row < n or column < m or total < m * n - zeros:
        raise Rejected("elimination: the first factor has too few entries")
    if total2 < n + zeros or (zeros and (row2 < n or column2 < n)) or min(row2, column2) < 1:
        raise Rejected("elimination: the second factor has too few entries")


def _uncrossed_within(levels: list[Bounds], left: Rows, right: Rows) -> bool:
    """The limits with these supports, two inner indices, are products with other supports within the levels."""
    first, second = (sum(1 << i for i, mask in enumerate(left) if mask >> k & 1) for k in (0, 1))
    both, either = first & second, first | second
    common, joined = right[0] & right[1], right[0] | right[1]
    if not both or not common:
        return True
    _spend(len(left) * 4)
    # u yᵀ + x vᵀ; a single row or column of one term that the other one fills is not needed twice
    column = joined & ~common if common.bit_count() == 1 else joined
    row = either & ~both if both.bit_count() == 1 else either
    for u, v in ((either, column), (row, joined)):
        for names in ((u, both), (both, u)):
            rows = tuple(sum(1 << k for k in (0, 1) if names[k] >> i & 1) for i in range(len(left)))
            lines = (common, v) if names[0] == u else (v, common)
            if _within(levels[0], rows) and _within(levels[1], lines):
                return True
    return False


def _all_closed(run: _Run, levels: list[Bounds], cases: Any) -> None:
    """Every largest support is, up to the order of lines, one of the cases."""
    sizes = [levels[0][0], *(level[1] for level in levels)]
    known: set[tuple[Rows, ...]] = set()
    for number, case in enumerate(_list(cases, "proof.cases")):
        place = f"proof.cases[{number}]"
        head = _envelope(case, place, (FORMAT,))
        if head["claim"] != "closed" or head["field"] != run.field:
            raise Rejected(f"{place}: no proof that a set is closed over the same field")
        _check_claim(run, head)
        first = _masks(_problem(head["problem"]), levels, place)
        if first in known:
            continue
        known.add(first)
        stack = [first]
        while stack:
            _spend(sum(sizes) * (12 + sum(sizes) // 2))
            for other in _exchanged(stack.pop(), sizes):
                if other not in known:
                    known.add(other)
                    stack.append(other)
    for member in _members(levels):
        if member not in known:
            raise Rejected(f"members: no case for the supports {member}")


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
                factors[place - 1] = tuple(
                    mask & ~(3 << a) | (mask >> a & 1) << (a + 1) | (mask >> (a + 1) & 1) << a
                    for mask in factors[place - 1]
                )
            found.append(tuple(factors))
    return found


def _levels_not_closed(run: _Run, levels: list[Bounds], proof: Any) -> None:
    proof = _keys(proof, "proof", ("rule", "target", "curve", "cover"))
    if proof["rule"] != "union-limit":
        raise Malformed("proof.rule: must be 'union-limit'")
    run.step("union-limit")
    m, n = levels[0][0], levels[-1][1]
    target: dict[tuple[int, int], Fraction] = {}
    for entry in _list(proof["target"], "proof.target"):
        i, j, value = _list(entry, "proof.target", 3)
        cell = (_int(i, "proof.target", 0, m - 1), _int(j, "proof.target", 0, n - 1))
        if cell in target:
            raise Malformed("proof.target: an entry is given twice")
        target[cell] = _rational(value, "proof.target")
    _spend(sum(8 + level[0] + 2 * level[1] for level in levels))
    everything = [(level[0], level[1], [frozenset(range(level[1]))] * level[0]) for level in levels]
    _check_curve(run, everything, proof["curve"], target)
    for number, (level, factor) in enumerate(zip(levels, proof["curve"], strict=True)):
        masks = [0] * level[0]
        _spend(level[0] + len(factor) * (2 + level[1] // 256))
        for i, j, _ in factor:
            masks[i] |= 1 << j
        if not _within(level, tuple(masks)):
            raise Rejected(f"proof.curve[{number}]: more entries than the level allows")
    bounds = []
    for number, node in enumerate(_list(proof["cover"], "proof.cover")):
        place = f"proof.cover[{number}]"
        node = _keys(node, place, ("factors", "refutation"))
        factors = _problem({"factors": node["factors"]})
        bounds.append(_masks(factors, levels, place))
        _check_refutation(run, factors, target, node["refutation"])
    for member in _members(levels):
        _spend(len(bounds) * (1 + sum(len(rows) for rows in member) // 8))
        if not any(_contains(bound, member) for bound in bounds):
            raise Rejected(f"union-limit: no refutation covers the supports {member}")


def _contains(bound: tuple[Rows, ...], member: tuple[Rows, ...]) -> bool:
    return all(not b & ~a for left, right in zip(bound, member, strict=True) for a, b in zip(left, right, strict=True))


# ---- constrained factors -----------------------------------------------------------------------
# Certificates of the format "closedness-constrained-certificate": products of non-negative factors,
# covariance matrices of factor models, factors with fixed entries.


def _check_constrained(run: _Run, head: dict[str, Any]) -> None:
    problem, proof = head["problem"], head["proof"]
    kind = problem.get("kind") if isinstance(problem, dict) else None
    readers = {"nonnegative": _nonnegative, "covariance": _covariance, "fixed": _fixed_entries}
    if kind not in readers:
        raise Malformed(f"problem.kind: must be one of {', '.join(readers)}")
    if run.field != "real":
        raise Malformed("certificate.field: must be 'real'")
    if not isinstance(proof, dict):
        raise Malformed("proof: must be an object")
    readers[kind](run, head, proof)


def _rule_of(run: _Run, proof: dict[str, Any], closed: tuple[str, ...], not_closed: tuple[str, ...]) -> str:
    allowed = closed if run.claim == "closed" else not_closed
    rule = proof.get("rule")
    if not isinstance(rule, str) or rule not in allowed:
        raise Malformed(f"proof.rule: must be one of {', '.join(allowed) or 'none'}")
    run.step(rule)
    return rule


def _support_of(node: Any, place: str, *more: str) -> tuple[int, int, list[set[int]]]:
    node = _keys(node, place, ("shape", "rows", *more))
    m, n = (_int(size, f"{place}.shape", 1, MAX_SIZE) for size in _list(node["shape"], f"{place}.shape", 2))
    rows = []
    for row in _list(node["rows"], f"{place}.rows", m):
        columns = _ints(row, f"{place}.rows")
        _spend(8 + 2 * len(columns))
        if columns != sorted(set(columns)) or (columns and columns[-1] >= n):
            raise Malformed(f"{place}.rows: must be increasing column indices below {n}")
        rows.append(set(columns))
    return m, n, rows


def _part(run: _Run, node: Any, place: str, claim: str) -> list[tuple[int, int, Factor]]:
    """A certificate about products inside this one; its factors."""
    head = _envelope(node, place, (FORMAT,))
    if head["claim"] != claim or head["field"] != run.field:
        raise Rejected(f"{place}: claims something else")
    factors = _problem(head["problem"])
    inner = _Run(claim, run.field)
    inner.steps = run.steps
    _check_claim(inner, head)
    run.steps = inner.steps
    run.used |= inner.used
    run.trusted |= inner.trusted
    return factors


def _nonnegative(run: _Run, head: dict[str, Any], proof: dict[str, Any]) -> None:
    """Whatever the supports are, the set is closed."""
    problem = dict(head["problem"])
    del problem["kind"]
    _problem(problem)
    _same_problem(head)
    _rule_of(run, proof, ("nonnegative",), ())
    _keys(proof, "proof", ("rule",))


def _covariance(run: _Run, head: dict[str, Any], proof: dict[str, Any]) -> None:
    problem = _keys(head["problem"], "problem", ("kind", "loadings", "blocks", "unique"))
    m, r, rows = _support_of(problem["loadings"], "problem.loadings")
    blocks = [_ints(block, "problem.blocks") for block in _list(problem["blocks"], "problem.blocks")]
    if sorted(k for block in blocks for k in block) != list(range(r)) or [] in blocks:
        raise Malformed("problem.blocks: must hold each factor once")
    unique = _ints(problem["unique"], "problem.unique")
    if unique != sorted(set(unique)) or (unique and unique[-1] >= m):
        raise Malformed("problem.unique: must be increasing numbers of items")
    _same_problem(head)
    rule = _rule_of(run, proof, ("covariance",), ("covariance-limit", "paired-items"))
    if rule == "covariance":
        nodes = _list(_keys(proof, "proof", ("rule", "blocks"))["blocks"], "proof.blocks", len(blocks))
        for number, (block, node) in enumerate(zip(blocks, nodes, strict=True)):
            _closed_block(run, rows, block, set(unique), node, f"proof.blocks[{number}]")
    elif rule == "covariance-limit":
        proof = _keys(proof, "proof", ("rule", "block", "items", "certificate"))
        block = blocks[_int(proof["block"], "proof.block", 0, len(blocks) - 1)]
        items = set(_ints(proof["items"], "proof.items"))
        if any(i >= m or i in unique or not rows[i] <= set(block) for i in items):
            raise Rejected("covariance-limit: an item has a unique variance, or loads on other blocks")
        factors = _part(run, proof["certificate"], "proof.certificate", "not_closed")
        _same_loadings(factors, rows, block, items, "covariance-limit")
    else:
        _check_pairs(rows, blocks, proof)


def _closed_block(
    run: _Run, rows: list[set[int]], block: list[int], unique: set[int], node: Any, place: str
) -> None:
    """One block of factors: uncorrelated, or closed with a free square matrix, but for one item."""
    kind = node.get("do") if isinstance(node, dict) else None
    items = set(range(len(rows)))
    if kind == "one-factor":
        _keys(node, place, ("do",))
        if len(block) > 1:
            raise Rejected(f"{place}: there are several factors")
        return
    if kind == "item":
        item = _int(_keys(node, place, ("do", "item", "certificate"))["item"], place, 0, len(rows) - 1)
        if item not in unique or not set(block) <= rows[item]:
            raise Rejected(f"{place}: the item has no unique variance, or does not load on all factors")
        items.discard(item)
    elif kind == "closed":
        _keys(node, place, ("do", "certificate"))
    else:
        raise Malformed(f"{place}.do: must be 'one-factor', 'closed' or 'item'")
    factors = _part(run, node["certificate"], f"{place}.certificate", "closed")
    _same_loadings(factors, rows, block, items, place)


def _same_loadings(
    factors: list[tuple[int, int, Factor]], rows: list[set[int]], block: list[int], items: set[int], place: str
) -> None:
    """The products are the loadings of the items on the block, times a free square matrix."""
    number = {k: position for position, k in enumerate(block)}
    wanted = [{number[k] for k in row if k in number} if i in items else set() for i, row in enumerate(rows)]
    _spend(4 * sum(map(len, rows)) + 20 * len(rows) + 4 * len(block) ** 2)
    full = set(range(len(block)))
    if (
        len(factors) != 2
        or [set(row) for row in factors[0][2]] != wanted
        or factors[0][1] != len(block)
        or [set(row) for row in factors[1][2]] != [full] * len(block)
    ):
        raise Rejected(f"{place}: the certificate is about other products")


def _check_pairs(rows: list[set[int]], blocks: list[list[int]], proof: dict[str, Any]) -> None:
    """Two factors become one, and two items share what they differ in."""
    keys = ("rule", "first", "second", "item", "partner", "factor", "others")
    proof = _keys(proof, "proof", keys)
    last = len(rows) - 1
    k, a = _ints(_list(proof["first"], "proof.first", 2), "proof.first")
    l, b = _ints(_list(proof["second"], "proof.second", 2), "proof.second")
    item = _int(proof["item"], "proof.item", 0, last)
    partner = _int(proof["partner"], "proof.partner", 0, last)
    others = [
        tuple(_ints(_list(each, "proof.others", 3), "proof.others")) for each in _list(proof["others"], "proof.others")
    ]
    items = [a, b, item, partner, *(i for _, c, d in others for i in (c, d))]
    if max(items) > last or len(set(items)) < len(items):
        raise Rejected("paired-items: the items must be different ones")
    block = next((set(block) for block in blocks if k in block), set())
    if not all(rows[i] <= block for i in items):
        raise Rejected("paired-items: an item loads on factors outside the block")
    if k == l or rows[a] != {k} or rows[b] != {l} or not {k, l} <= rows[item]:
        raise Rejected("paired-items: the items of the two factors are not as needed")
    if sorted(g for g, _, _ in others) != sorted(rows[item] - {k, l}):
        raise Rejected("paired-items: the other factors of the item must be listed")
    if any(rows[c] != {g} or g not in rows[d] for g, c, d in others):
        raise Rejected("paired-items: the items of another factor are not as needed")
    if proof["factor"] is None:
        if not {k, l} <= rows[partner]:
            raise Rejected("paired-items: the partner does not load on both factors")
    elif _int(proof["factor"], "proof.factor") not in rows[partner] - rows[item]:
        raise Rejected("paired-items: the partner needs a factor that the item does not load on")


def _fixed_entries(run: _Run, head: dict[str, Any], proof: dict[str, Any]) -> None:
    listed = _list(_keys(head["problem"], "problem", ("kind", "factors"))["factors"], "problem.factors", 2)
    free, fixed = [], []
    for number, node in enumerate(listed):
        place = f"problem.factors[{number}]"
        m, n, rows = _support_of(node, place, "fixed")
        values: dict[tuple[int, int], Fraction] = {}
        for entry in _list(node["fixed"], f"{place}.fixed"):
            i, j, value = _list(entry, f"{place}.fixed", 3)
            cell = (_int(i, place, 0, m - 1), _int(j, place, 0, n - 1))
            if cell in values or cell[1] in rows[cell[0]] or not _rational(value, place):
                raise Malformed(f"{place}.fixed: entries are fixed once, not free, and not zero")
            values[cell] = _rational(value, place)
        free.append((m, n, rows))
        fixed.append(values)
    if free[0][1] != free[1][0]:
        raise Malformed("problem.factors: sizes do not fit")
    _same_problem(head)
    rule = _rule_of(run, proof, ("affine", "free"), ("marker", "free"))
    size = free[0][1]
    if rule == "free":
        factors = _part(run, _keys(proof, "proof", ("rule", "certificate"))["certificate"], "proof", run.claim)
        if any(fixed) or [(m, n, [set(row) for row in rows]) for m, n, rows in factors] != free:
            raise Rejected("free: the certificate is about other products, or entries are fixed")
        return
    if rule == "affine":
        _keys(proof, "proof", ("rule",))
        left = set().union(*free[0][2])
        if any(k in left and free[1][2][k] for k in range(size)):
            raise Rejected("affine: both sides of a hidden index have free entries")
        return
    proof = _keys(proof, "proof", ("rule", "side", "hidden", "fixed", "free", "column"))
    if proof["side"] not in ("left", "right"):
        raise Malformed("proof.side: must be 'left' or 'right'")
    cells = [{(i, j) for i, row in enumerate(rows) for j in row} for _, _, rows in free]
    given = [set(values) for values in fixed]
    if proof["side"] == "right":
        cells, given = ([{(j, i) for i, j in each} for each in reversed(pair)] for pair in (cells, given))
    k, i, other, j = (_int(proof[key], f"proof.{key}") for key in ("hidden", "fixed", "free", "column"))
    _spend(12 * sum(map(len, (*cells, *given))))
    if (i, k) not in given[0] or (other, k) not in cells[0] or (k, j) not in cells[1]:
        raise Rejected("marker: the entries are not fixed and free as needed")
    if any(hidden == k for hidden, _ in given[1]):
        raise Rejected("marker: the hidden index has fixed entries on both sides")
    above = {hidden for hidden, column in cells[1] | given[1] if column == j}
    for row in (i, other):
        if {hidden for line, hidden in cells[0] | given[0] if line == row} & above != {k}:
            raise Rejected("marker: another hidden index covers one of the two cells")


# ---- command line ------------------------------------------------------------------------------


# ---- networks ----------------------------------------------------------------------------------
# Certificates of the format "closedness-network-certificate": does training have an optimum for
# every finite data set? Rules and proofs: docs/rules/relu-*.md.


class _Net:
    """A network with masked weights, and what of it takes part in its functions."""

    def __init__(self, node: Any) -> None:
        node = _keys(node, "problem", ("masks", "biases", "slope"), ("data",))
        self.slope = _rational(node["slope"], "problem.slope")
        self.shapes: list[tuple[int, int]] = []
        self.inputs: list[list[set[int]]] = []  # for each layer and neuron what it reads
        previous = None
        for number, mask in enumerate(_list(node["masks"], "problem.masks")):
            place = f"problem.masks[{number}]"
            mask = _keys(mask, place, ("shape", "rows"))
            m, n = (_int(size, f"{place}.shape", 1, MAX_SIZE) for size in _list(mask["shape"], place, 2))
            if previous is not None and n != previous:
                raise Malformed(f"{place}.shape: sizes do not fit")
            previous = m
            rows = []
            for row in _list(mask["rows"], f"{place}.rows", m):
                columns = _ints(row, f"{place}.rows")
                _spend(8 + 2 * len(columns))
                if columns != sorted(set(columns)) or (columns and columns[-1] >= n):
                    raise Malformed(f"{place}.rows: must be increasing column indices below {n}")
                rows.append(set(columns))
            self.shapes.append((m, n))
            self.inputs.append(rows)
        if not self.shapes:
            raise Malformed("problem.masks: at least one layer is needed")
        listed = _list(node["biases"], "problem.biases", len(self.shapes))
        self.biases: list[set[int]] = []
        for layer, (m, _) in zip(listed, self.shapes, strict=True):
            neurons = _ints(layer, "problem.biases")
            if neurons != sorted(set(neurons)) or (neurons and neurons[-1] >= m):
                raise Malformed("problem.biases: must be increasing numbers of neurons")
            self.biases.append(set(neurons))
        # the data set that the question is about; without it the question is about all of them
        self.points: list[list[Fraction]] | None = None
        self.targets: list[list[Fraction]] = []
        if "data" in node:
            data = _keys(node["data"], "problem.data", ("points", "targets"))
            self.points = _table_of_numbers(data["points"], "problem.data.points", self.shapes[0][1])
            self.targets = _table_of_numbers(data["targets"], "problem.data.targets", self.shapes[-1][0])
            if len(self.points) != len(self.targets):
                raise Malformed("problem.data: each point needs one target")

    def reduce(self) -> None:
        """Leave out what is on no path from an input to an output.

        A hidden neuron that no input reaches is a constant; when it has a bias, what it feeds can
        as well have biases, since those weights are free.
        """
        last = len(self.shapes) - 1
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
        for number in range(last, 0, -1):
            used = set().union(*self.inputs[number])
            for i, row in enumerate(self.inputs[number - 1]):
                if i not in used:
                    row.clear()
            self.biases[number - 1] &= used

    def fixed(self) -> set[int]:
        """One hidden layer: neurons with one input and no bias, whose kink cannot be moved."""
        if len(self.shapes) != 2:
            return set()
        return {k for k, row in enumerate(self.inputs[0]) if len(row) == 1 and k not in self.biases[0]}


def _table_of_numbers(node: Any, place: str, width: int) -> list[list[Fraction]]:
    rows = [_list(row, place, width) for row in _list(node, place)]
    _spend(12 * len(rows) * (width + 1))
    return [[_fits(_rational(value, place)) for value in row] for row in rows]


ALL_DATA = {"closed": ("least-squares", "relu-trees"), "not_closed": ("relu-kinks", "relu-crossing", "relu-bias")}
ONE_DATA_SET = {
    "closed": ("least-squares", "relu-trees", "interpolation", "zero-loss"),
    "not_closed": ("relu-kinks", "tight-outputs"),
}


def _check_network(run: _Run, net: _Net, proof: Any) -> None:
    """Closed: for every finite data set the outputs on it form a closed set; for one data set: it has an optimum."""
    rule = proof.get("rule") if isinstance(proof, dict) else None
    allowed = (ALL_DATA if net.points is None else ONE_DATA_SET)[run.claim]
    if rule not in allowed:
        raise Malformed(f"proof.rule: must be one of {', '.join(allowed)}")
    if run.field != "real":
        raise Malformed("certificate.field: must be 'real'")
    run.step(str(rule))
    if rule in ("interpolation", "zero-loss"):
        net.reduce()
        _check_optimum(net, str(rule), proof)
        return
    if rule == "least-squares":
        _keys(proof, "proof", ("rule",))
        if len(net.shapes) != 1:
            raise Rejected("least-squares: there is more than one layer")
        return
    if net.slope == 1:
        raise Rejected(f"{rule}: the activation is linear")
    net.reduce()
    if rule == "relu-trees":
        _keys(proof, "proof", ("rule",))
        _check_trees(net)
    elif rule == "relu-crossing":
        _check_crossing(net, _keys(proof, "proof", ("rule", "first", "second", "shared", "other")))
    elif rule == "relu-bias":
        _check_bias(net, proof)
    elif rule == "tight-outputs":
        _check_tight(run, net, proof)
    else:
        _check_kinks(net, proof)


def _check_trees(net: _Net) -> None:
    """Hidden neurons feed one neuron each; before the outputs they form stars, of equal outputs."""
    for number, rows in enumerate(net.inputs[1:-1], 1):
        seen: set[int] = set()
        for row in rows:
            _spend(1 + len(row))
            if row & seen:
                raise Rejected(f"relu-trees: a neuron of hidden layer {number} feeds several neurons")
            seen |= row
    if len(net.shapes) == 1:
        return
    fixed = net.fixed()
    feeds: dict[int, list[int]] = {}
    for o, row in enumerate(net.inputs[-1]):
        _spend(1 + len(row))
        for k in row - fixed:
            feeds.setdefault(k, []).append(o)
    for k, outputs in feeds.items():
        if len(outputs) == 1:
            continue
        for o in outputs:
            _spend(1 + len(net.inputs[-1][o]))
            if net.inputs[-1][o] - fixed != {k}:
                raise Rejected(f"relu-trees: hidden neuron {k} is in no star")
            if net.inputs[-1][o] != net.inputs[-1][outputs[0]]:
                raise Rejected(f"relu-trees: the outputs of hidden neuron {k} have different fixed neurons")
            if (o in net.biases[-1]) != (outputs[0] in net.biases[-1]):
                raise Rejected(f"relu-trees: only some of the outputs of hidden neuron {k} have a bias")


def _check_crossing(net: _Net, proof: dict[str, Any]) -> None:
    """Two neurons share an output, and one of them feeds another output, too.

    With several hidden layers: ReLU, biases, three or more neurons in each hidden layer that reach
    the two outputs, and all weights between these.
    """
    last = len(net.shapes) - 1
    if last < 1:
        raise Rejected("relu-crossing: there is no hidden layer")
    hidden, outputs = net.shapes[last][1], net.shapes[last][0]
    first, second = (_int(proof[key], f"proof.{key}", 0, hidden - 1) for key in ("first", "second"))
    shared, other = (_int(proof[key], f"proof.{key}", 0, outputs - 1) for key in ("shared", "other"))
    if first == second or shared == other or {first, second} & net.fixed():
        raise Rejected("relu-crossing: two outputs and two neurons with movable kinks are needed")
    if not {first, second} <= net.inputs[last][shared] or second not in net.inputs[last][other]:
        raise Rejected("relu-crossing: the two neurons are not connected as needed")
    if last == 1:
        return
    if net.slope:
        raise Rejected("relu-crossing: for several hidden layers the activation must be ReLU")
    reach = net.inputs[last][shared] | net.inputs[last][other]
    for number in range(last - 1, -1, -1):
        if len(reach) < 3 or not reach <= net.biases[number]:
            raise Rejected(f"relu-crossing: hidden layer {number + 1} is too narrow, or lacks biases")
        if number:
            before = set().union(*(net.inputs[number][k] for k in reach))
            if any(net.inputs[number][k] != before for k in reach):
                raise Rejected(f"relu-crossing: the weights before hidden layer {number + 1} are masked")
            _spend(len(before) * len(reach))
            reach = before


DATA_KEYS = ("rule", "base", "direction", "places", "targets", "weights", "biases")


def _line_data(
    net: _Net, proof: Any, *keys: str
) -> tuple[list[Fraction], list[Fraction], list[Fraction], list[dict[int, Fraction]]]:
    """Base, direction, places and targets; the targets are shown to be limits of outputs."""
    if net.points is not None:
        return _given_line(net, _keys(proof, "proof", ("rule", "outputs", "weights", "biases", *keys)))
    proof = _keys(proof, "proof", (*DATA_KEYS, *keys))
    n, outputs = net.shapes[0][1], net.shapes[-1][0]
    base, direction = (
        [Fraction(_int(value, f"proof.{key}", -(10**9))) for value in _list(proof[key], f"proof.{key}", n)]
        for key in ("base", "direction")
    )
    places = [Fraction(_int(s, "proof.places", -(10**9))) for s in _list(proof["places"], "proof.places")]
    if any(s >= t for s, t in pairwise(places)):
        raise Malformed("proof.places: must be increasing integers")
    targets: list[dict[int, Fraction]] = []
    for entries in _list(proof["targets"], "proof.targets", len(places)):
        target: dict[int, Fraction] = {}
        for entry in _list(entries, "proof.targets"):
            o, value = _list(entry, "proof.targets", 2)
            if _int(o, "proof.targets", 0, outputs - 1) in target:
                raise Malformed("proof.targets: an entry is given twice")
            target[o] = _fits(_rational(value, "proof.targets"))
            _spend(12)
        targets.append(target)
    _spend(12 * len(places) * (n + 1))
    points = [[b + s * d for b, d in zip(base, direction, strict=True)] for s in places]
    _check_network_curve(net, points, targets, proof)
    return base, direction, places, targets


def _given_line(
    net: _Net, proof: dict[str, Any]
) -> tuple[list[Fraction], list[Fraction], list[Fraction], list[dict[int, Fraction]]]:
    """The same for the data of the problem, which must be on a line, and some outputs; in the order on the line."""
    assert net.points is not None
    chosen = _own_outputs(net, proof)
    points = sorted(zip(net.points, net.targets, strict=True), key=lambda pair: pair[0])
    if len(points) < 2:
        raise Rejected("the data are fewer than two points")
    base = points[0][0]
    direction = [x - b for x, b in zip(points[-1][0], base, strict=True)]
    moving = next((j for j, d in enumerate(direction) if d), None)
    if moving is None:
        raise Rejected("the data are one point only")
    places, targets = [], []
    for point, target in points:
        _spend(40 * (len(point) + len(chosen)))
        places.append((point[moving] - base[moving]) / direction[moving])
        if any(b + places[-1] * d != x for b, d, x in zip(base, direction, point, strict=True)):
            raise Rejected("the data are not on a line")
        targets.append({o: target[o] for o in chosen})
    if any(s >= t for s, t in pairwise(places)):
        raise Rejected("a point is given twice")
    _check_network_curve(net, [point for point, _ in points], targets, proof)
    return base, direction, places, targets


def _check_bias(net: _Net, proof: Any) -> None:
    """A neuron alone feeds an output with a bias and one without."""
    _, _, _, targets = _line_data(net, proof, "neuron", "biased", "plain")
    if len(net.shapes) != 2:
        raise Rejected("relu-bias: there is not exactly one hidden layer")
    hidden, outputs = net.shapes[0][0], net.shapes[1][0]
    neuron = _int(proof["neuron"], "proof.neuron", 0, hidden - 1)
    biased, plain = (_int(proof[key], f"proof.{key}", 0, outputs - 1) for key in ("biased", "plain"))
    if net.inputs[1][biased] != {neuron} or net.inputs[1][plain] != {neuron} or plain in net.biases[1]:
        raise Rejected("relu-bias: the outputs are not fed as needed")
    # the plain output is a multiple of the neuron, not zero, so the other is a combination of it and a constant
    rows = [{p: y.get(o, Fraction(0)) for p, y in enumerate(targets)} for o in (plain, biased)]
    one = dict.fromkeys(range(len(targets)), Fraction(1))
    if not any(rows[0].values()) or _in_span([rows[0], one], rows[1]):
        raise Rejected("relu-bias: the targets of the two outputs are possible together")


def _check_kinks(net: _Net, proof: Any) -> None:
    """Data on a line: the targets are limits of outputs, and need more kinks than there are."""
    base, direction, places, targets = _line_data(net, proof, "anchors", "at")
    if len(places) < 3:
        raise Rejected("relu-kinks: fewer than three points have no second differences")
    # a kink shows in the second differences at one point or at two neighbouring ones
    bends: list[dict[int, Fraction]] = [{}]
    for p in range(1, len(places) - 1):
        (s0, s1, s2), (y0, y1, y2) = places[p - 1 : p + 2], targets[p - 1 : p + 2]
        found = {}
        for o in set(y0) | set(y1) | set(y2):
            a, b, c = (y.get(o, Fraction(0)) for y in (y0, y1, y2))
            _spend(24 + 4 * _cost(_bits(a) + _bits(b) + _bits(c)))
            if value := (c - b) / (s2 - s1) - (b - a) / (s1 - s0):
                found[o] = value
        bends.append(found)
    bends.append({})
    concerned = {o for bend in bends for o in bend}
    count = _most_kinks(net, concerned, base, direction, places)
    anchors = _ints(proof["anchors"], "proof.anchors")
    at = _int(proof["at"], "proof.at", 0, len(places) - 1)
    if any(q - p < 2 for p, q in pairwise(anchors)) or any(p >= len(places) or not bends[p] for p in anchors):
        raise Rejected("relu-kinks: anchors must be apart, with second differences other than zero")
    if len(anchors) < count:
        raise Rejected(f"relu-kinks: there can be {count} kinks, and there are only {len(anchors)} anchors")
    if at in anchors:
        raise Rejected("relu-kinks: the place to look at is an anchor")
    # each kink has its anchor, so those that this place sees belong to the anchors beside it
    beside = [bends[p] for p in (at - 1, at + 1) if p in anchors]
    if _in_span(beside, bends[at]):
        raise Rejected("relu-kinks: the second difference is a combination of those beside it")


def _most_kinks(
    net: _Net, outputs: set[int], base: list[Fraction], direction: list[Fraction], places: list[Fraction]
) -> int:
    """A bound for the kinks of these outputs along the line, between the first and the last place.

    On each piece where all values of the layer before are affine, a neuron adds one kink at most.
    """
    widths: list[int] = []
    reach = outputs
    for number in range(len(net.shapes) - 1, 0, -1):
        reach = set().union(*(net.inputs[number][k] for k in reach)) if reach else set()
        _spend(sum(8 * len(net.inputs[number - 1][k]) + 12 for k in reach))
        widths.insert(0, len(reach))
    moving, straight = 0, False
    for k in reach:
        vectors = {(direction[j], base[j]) for j in net.inputs[0][k]}
        if k in net.biases[0]:
            vectors.add((Fraction(0), Fraction(1)))
        slanted = next((each for each in vectors if each[0]), None)
        if slanted is None:
            continue  # constant on the line
        d, b = slanted
        # all multiples of one: the kink is where this one vanishes
        if all(d * y == b * x for x, y in vectors) and not places[0] < -b / d < places[-1]:
            straight = True
            continue
        moving += 1
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


def _in_span(vectors: list[dict[int, Fraction]], vector: dict[int, Fraction]) -> bool:
    basis: list[tuple[int, dict[int, Fraction]]] = []
    for each in (*vectors, vector):
        rest = dict(each)
        for pivot, row in basis:
            if factor := rest.get(pivot, Fraction(0)) / row[pivot]:
                for o, value in row.items():
                    before = rest.get(o, Fraction(0))
                    _spend(10 + _cost(_bits(before) + _bits(factor) + _bits(value)))
                    rest[o] = before - factor * value
        pivots = [o for o, value in rest.items() if value]
        if each is vector:
            return not pivots
        if pivots:
            basis.append((pivots[0], rest))
    return True


def _own_outputs(net: _Net, proof: dict[str, Any]) -> list[int]:
    """Outputs that share no hidden neuron with others: their part of the loss has parameters of its own."""
    chosen = _ints(proof["outputs"], "proof.outputs")
    outputs = net.shapes[-1][0]
    if not chosen or chosen != sorted(set(chosen)) or chosen[-1] >= outputs:
        raise Malformed(f"proof.outputs: must be increasing numbers of outputs below {outputs}")
    reached = [set(chosen), set(range(outputs)) - set(chosen)]
    for rows in reversed(net.inputs[1:]):
        _spend(sum(1 + len(row) for row in rows))
        reached = [set().union(*(rows[i] for i in part)) for part in reached]
        if reached[0] & reached[1]:
            raise Rejected("proof.outputs: they share a hidden neuron with another output")
    return chosen


def _check_optimum(net: _Net, rule: str, proof: Any) -> None:
    """The data set has an optimum.

    For some outputs the loss is zero, or as small as any function makes it; the others are trees.
    """
    assert net.points is not None
    proof = _keys(proof, "proof", ("rule", "outputs", "weights", "biases"))
    chosen = _own_outputs(net, proof)
    last = len(net.shapes) - 1
    layers = _parameters(net, proof, last if rule == "interpolation" else last + 1)
    read = [laurent for _, vector in layers for laurent in vector.values()]
    read += [laurent for matrix, _ in layers for row in matrix.values() for laurent in row.values()]
    if any(laurent.keys() - {0} for laurent in read):
        raise Rejected(f"{rule}: parameters must be numbers")
    different = list(dict.fromkeys(tuple(point) for point in net.points))
    values: dict[tuple[Fraction, ...], dict[int, Fraction]] = {}
    for point in different:
        at = {j: x for j, x in enumerate(point) if x}
        for number, (matrix, vector) in enumerate(layers):
            after = {i: laurent.get(0, Fraction(0)) for i, laurent in vector.items()}
            for i, row in matrix.items():
                for j, weight in row.items():
                    a, b, c = after.get(i, Fraction(0)), weight.get(0, Fraction(0)), at.get(j, Fraction(0))
                    _spend(16 + _cost(_bits(a) + _bits(b) + _bits(c)))
                    after[i] = _fits(a + b * c)
            at = after if number == last else {i: v if v >= 0 else net.slope * v for i, v in after.items()}
        values[point] = at
    if rule == "zero-loss":
        for given, target in zip(net.points, net.targets, strict=True):
            if any(values[tuple(given)].get(o, Fraction(0)) != target[o] for o in chosen):
                raise Rejected("zero-loss: an output is not the target")
    else:
        for feeding, biased in {(frozenset(net.inputs[last][o]), o in net.biases[last]) for o in chosen}:
            lines = []
            for k in feeding:
                numbers = {p: values[point].get(k, Fraction(0)) for p, point in enumerate(different)}
                _spend(4 * len(numbers))
                if any(v.denominator % PRIME == 0 for v in numbers.values()):
                    raise Rejected("interpolation: a denominator is no unit modulo the prime")
                lines.append({p: v.numerator * pow(v.denominator, -1, PRIME) for p, v in numbers.items() if v})
            lines += [dict.fromkeys(range(len(different)), 1)] if biased else []
            if _rank_modulo(lines, PRIME) < len(different):
                raise Rejected("interpolation: some targets cannot be met with these neurons")
    for o in chosen:
        net.inputs[last][o].clear()
        net.biases[last].discard(o)
    net.reduce()
    if any(net.inputs[last]):
        if last and net.slope == 1:
            raise Rejected(f"{rule}: nothing is said about the other outputs")
        _check_trees(net)


def _check_tight(run: _Run, net: _Net, proof: Any) -> None:
    """One hidden layer: the targets of some outputs are limits, and in all cases no outputs."""
    assert net.points is not None
    proof = _keys(proof, "proof", ("rule", "outputs", "weights", "biases", "cases"))
    if len(net.shapes) != 2:
        raise Rejected("tight-outputs: there is not exactly one hidden layer")
    chosen = _own_outputs(net, proof)
    targets = [{o: target[o] for o in chosen} for target in net.targets]
    _check_network_curve(net, net.points, targets, proof)
    _TightOutputs(run, net, chosen).case(proof["cases"], {}, "proof.cases")


class _TightOutputs:
    """Values of hidden neurons that would have to span as much as the targets do."""

    def __init__(self, run: _Run, net: _Net, chosen: list[int]) -> None:
        assert net.points is not None
        self.run, self.net, self.chosen = run, net, set(chosen)
        self.size = len(net.points)
        self.wanted = {o: {p: target[o] for p, target in enumerate(net.targets) if target[o]} for o in chosen}
        self.one = dict.fromkeys(range(self.size), Fraction(1))

    def read_by(self, k: int) -> list[dict[int, Fraction]]:
        """Vectors that span the arguments of a neuron on the data."""
        assert self.net.points is not None
        columns = [
            {p: point[j] for p, point in enumerate(self.net.points) if point[j]} for j in sorted(self.net.inputs[0][k])
        ]
        _spend(self.size * (1 + len(columns)))
        return columns + ([self.one] if k in self.net.biases[0] else [])

    def number(self, node: Any, place: str, low: int, high: int) -> int:
        return _int(node, place, low, high - 1)

    def case(self, node: Any, signs: dict[int, dict[int, bool]], place: str) -> None:
        """No parameters give the targets, if neurons have arguments of these signs at these points."""
        self.run.step()
        do = node.get("do") if isinstance(node, dict) else None
        if do == "tight":
            self.leaf(node, signs, place)
            return
        if do not in ("split", "implied"):
            raise Malformed(f"{place}.do: must be split, implied or tight")
        more = ("off",) if do == "split" else ("because", "then")
        node = _keys(node, place, ("do", "neuron", "point", "on", *more))
        k = self.number(node["neuron"], place, 0, self.net.shapes[0][0])
        p = self.number(node["point"], place, 0, self.size)
        known = signs.get(k, {})
        if p in known:
            raise Rejected(f"{place}: this sign is known")
        _spend(20 + 2 * len(known))
        if do == "split":
            for key, on in (("on", True), ("off", False)):
                self.case(node[key], {**signs, k: {**known, p: on}}, f"{place}.{key}")
            return
        on = node["on"]
        if not isinstance(on, bool):
            raise Malformed(f"{place}.on: must be true or false")
        # the argument is a sum of arguments of known signs, with coefficients that are not negative
        total = {p: Fraction(1 if on else -1)}
        for q, weight in self.weights(node["because"], 2, known, place):
            total[q] = -weight[0] if known[q] else weight[0]
            if weight[0] < 0:
                raise Rejected(f"{place}.because: a coefficient is negative")
        if any(_inner(total, vector) for vector in self.read_by(k)):
            raise Rejected(f"{place}.because: the argument is another combination")
        self.case(node["then"], {**signs, k: {**known, p: on}}, f"{place}.then")

    def weights(
        self, node: Any, length: int, known: dict[int, bool], place: str
    ) -> list[tuple[int, list[Fraction]]]:
        """Numbers for points where the sign of the argument is known."""
        found = {}
        for entry in _list(node, place):
            entry = _list(entry, place, length)
            p = self.number(entry[0], place, 0, self.size)
            if p in found:
                raise Malformed(f"{place}: a point is given twice")
            if p not in known:
                raise Rejected(f"{place}: the sign at point {p} is not known")
            _spend(20)
            found[p] = [_fits(_rational(value, place)) for value in entry[1:]]
        return list(found.items())

    def leaf(self, node: Any, signs: dict[int, dict[int, bool]], place: str) -> None:
        node = _keys(node, place, ("do", "outputs", "aside", "forms", "neurons"))
        outputs, aside = set(_ints(node["outputs"], place)), set(_ints(node["aside"], place))
        if not outputs or not outputs <= self.chosen:
            raise Rejected(f"{place}.outputs: must be some of the outputs of the proof")
        feeding = set().union(*(self.net.inputs[1][o] for o in outputs))
        if not aside <= feeding:
            raise Rejected(f"{place}.aside: must be neurons that feed these outputs")
        modulo = [self.one] if outputs & self.net.biases[1] else []
        for k in sorted(aside):
            known = signs.get(k, {})
            modulo += [self.activated(vector, known) for vector in self.read_by(k)]
            modulo += [{p: Fraction(1)} for p in range(self.size) if p not in known]
        wanted = [self.wanted[o] for o in sorted(outputs)]
        rank = _rank_of([*modulo, *wanted]) - _rank_of(modulo)
        room = len(feeding - aside)
        if rank > room:
            return  # the other neurons cannot span as much as the targets
        if rank < room:
            raise Rejected(f"{place}: the targets leave the other neurons freedom")
        forms = [self.form(entry, place) for entry in _list(node["forms"], f"{place}.forms")]
        if any(_inner(form, vector) for form in forms for vector in modulo):
            raise Rejected(f"{place}.forms: they do not vanish on what is put aside")
        table = [{c: v for c, vector in enumerate(wanted) if (v := _inner(form, vector))} for form in forms]
        if _rank_of(table) < len(forms):
            raise Rejected(f"{place}.forms: they depend on each other")
        covered: set[int] = set()
        for number, entry in enumerate(_list(node["neurons"], f"{place}.neurons")):
            inner = f"{place}.neurons[{number}]"
            entry = _keys(entry, inner, ("neurons", "trees"))
            group = _ints(entry["neurons"], inner)
            if not group or covered & set(group) or len(set(group)) < len(group) or not set(group) <= feeding - aside:
                raise Rejected(f"{inner}: must be neurons that feed the outputs, each once")
            covered |= set(group)
            alike = {
                (frozenset(self.net.inputs[0][k]), k in self.net.biases[0], frozenset(signs.get(k, {}).items()))
                for k in group
            }
            if len(alike) > 1:
                raise Rejected(f"{inner}: these neurons read different inputs")
            read, known = self.read_by(group[0]), signs.get(group[0], {})
            for form, tree in zip(forms, _list(entry["trees"], inner, len(forms)), strict=True):
                self.tree(tree, form, known, read, modulo + wanted, inner)
        if rank - len(forms) >= len(covered):
            raise Rejected(f"{place}: the values of these neurons may span as much as they must")

    def form(self, node: Any, place: str) -> dict[int, Fraction]:
        return {p: value[0] for p, value in self.weights(node, 2, dict.fromkeys(range(self.size), True), place)}

    def activated(self, vector: dict[int, Fraction], known: dict[int, bool]) -> dict[int, Fraction]:
        _spend(4 * len(known))
        values = {p: vector.get(p, Fraction(0)) * (1 if on else self.net.slope) for p, on in known.items()}
        return {p: value for p, value in values.items() if value}

    def tree(
        self,
        node: Any,
        form: dict[int, Fraction],
        known: dict[int, bool],
        read: list[dict[int, Fraction]],
        span: list[dict[int, Fraction]],
        place: str,
    ) -> None:
        """The form vanishes on all values of a neuron that are in the span."""
        self.run.step()
        do = node.get("do") if isinstance(node, dict) else None
        if do == "split":
            node = _keys(node, place, ("do", "point", "on", "off"))
            p = self.number(node["point"], place, 0, self.size)
            if p in known:
                raise Rejected(f"{place}: this sign is known")
            _spend(10 + len(known))
            for key, on in (("on", True), ("off", False)):
                self.tree(node[key], form, {**known, p: on}, read, span, place)
            return
        if do != "cone":
            raise Malformed(f"{place}.do: must be split or cone")
        node = _keys(node, place, ("do", "plus", "minus"))
        for key, sign in (("plus", 1), ("minus", -1)):
            values: dict[int, Fraction] = {p: sign * v for p, v in form.items()}
            arguments: dict[int, Fraction] = {}
            for p, (value, weight) in self.weights(node[key], 3, known, place):
                if weight < 0:
                    raise Rejected(f"{place}.{key}: a coefficient is negative")
                values[p] = values.get(p, Fraction(0)) - value
                arguments[p] = value + weight if known[p] else value * self.net.slope - weight
            if any(_inner(values, vector) for vector in span) or any(_inner(arguments, x) for x in read):
                raise Rejected(f"{place}.{key}: the form is another combination")


def _inner(a: dict[int, Fraction], b: dict[int, Fraction]) -> Fraction:
    if len(b) < len(a):
        a, b = b, a
    total = Fraction(0)
    for p, v in a.items():
        if p in b:
            _spend(12 + _cost(_bits(v) + _bits(b[p]) + _bits(total)))
            total = _fits(total + v * b[p])
    _spend(2 + len(a))
    return total


def _rank_of(lines: list[dict[int, Fraction]]) -> int:
    """The rank over the rational numbers."""
    whole = []
    for line in lines:
        scale = 1
        for v in line.values():
            _spend(4 + _cost(scale.bit_length() + v.denominator.bit_length()))
            scale = _short(lcm(scale, v.denominator))
        whole.append({p: _short(v.numerator * (scale // v.denominator)) for p, v in line.items() if v})
    return len(_reduced(whole))


def _check_network_curve(
    net: _Net, points: list[list[Fraction]], targets: list[dict[int, Fraction]], proof: dict[str, Any]
) -> None:
    """The outputs tend to the targets as t tends to 0 from above."""
    layers = _parameters(net, proof, len(net.shapes))
    for point, target in zip(points, targets, strict=True):
        _spend(12 * len(point))
        values: dict[int, Laurent] = {j: {0: x} for j, x in enumerate(point) if x}
        for number, (matrix, vector) in enumerate(layers):
            following: dict[int, Laurent] = {i: dict(bias) for i, bias in vector.items()}
            for i, row in matrix.items():
                _spend(12)
                sums = following.setdefault(i, {})
                for j, weight in row.items():
                    for e, v in weight.items():
                        for f, w in values.get(j, {}).items():
                            before = sums.get(e + f, Fraction(0))
                            _spend(10 + _cost(_bits(before) + _bits(v) + _bits(w)))
                            sums[e + f] = _fits(before + v * w)
            if number < len(layers) - 1:
                # for small t the sign is that of the term with the lowest exponent
                for i, sums in following.items():
                    _spend(6 + 6 * len(sums))
                    exponents = [e for e, v in sums.items() if v]
                    if exponents and sums[min(exponents)] < 0:
                        following[i] = {e: net.slope * v for e, v in sums.items()}
            values = following
        for o in set(values) | set(target):
            sums = values.get(o, {})
            if any(e < 0 and v for e, v in sums.items()):
                raise Rejected(f"proof.weights: output {o} diverges")
            if sums.get(0, Fraction(0)) != target.get(o, Fraction(0)):
                raise Rejected(f"proof.weights: output {o} does not tend to the target")


def _parameters(
    net: _Net, proof: dict[str, Any], depth: int
) -> list[tuple[dict[int, dict[int, Laurent]], dict[int, Laurent]]]:
    """Weights and biases of the first layers, which the masks must allow."""
    found = []
    layers = zip(
        _list(proof["weights"], "proof.weights", depth),
        _list(proof["biases"], "proof.biases", depth),
        strict=True,
    )
    for number, (cells, constants) in enumerate(layers):
        m, n = net.shapes[number]
        matrix: dict[int, dict[int, Laurent]] = {}
        for entry in _list(cells, "proof.weights"):
            i, j, terms = _list(entry, "proof.weights", 3)
            i, j = _int(i, "proof.weights", 0, m - 1), _int(j, "proof.weights", 0, n - 1)
            if j in matrix.setdefault(i, {}):
                raise Malformed("proof.weights: an entry is given twice")
            if j not in net.inputs[number][i]:
                raise Rejected(f"proof.weights[{number}]: entry ({i}, {j}) is masked")
            matrix[i][j] = _laurent(terms, "proof.weights")
        vector: dict[int, Laurent] = {}
        for entry in _list(constants, "proof.biases"):
            i, terms = _list(entry, "proof.biases", 2)
            if _int(i, "proof.biases", 0, m - 1) in vector:
                raise Malformed("proof.biases: an entry is given twice")
            if i not in net.biases[number]:
                raise Rejected(f"proof.biases[{number}]: neuron {i} has no bias")
            vector[i] = _laurent(terms, "proof.biases")
        found.append((matrix, vector))
    return found


def _laurent(node: Any, place: str) -> Laurent:
    laurent: Laurent = {}
    for term in _list(node, place):
        e, value = _list(term, place, 2)
        if _int(e, place, -MAX_EXPONENT, MAX_EXPONENT) in laurent:
            raise Malformed(f"{place}: an exponent is given twice")
        laurent[e] = _fits(_rational(value, place))
    _spend(10 + 8 * len(laurent))
    return laurent


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
