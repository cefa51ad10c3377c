"""Check certificates about sparsity levels: finite unions of sets of products with fixed supports.

Like :mod:`closedness.check`, on which it builds, this file needs nothing but the standard library, and it
searches for nothing: it goes through all largest supports within the levels, and looks them up in the certificate.
The rules are in section 5 of ``docs/theory-chains.md``.
"""

from __future__ import annotations

import hashlib
import json
import sys
from fractions import Fraction
from itertools import product
from typing import Any

from closedness.check import (
    MAX_BYTES,
    MAX_SIZE,
    MAX_WORK,
    Factor,
    Malformed,
    Rejected,
    Report,
    _check_curve,
    _check_refutation,
    _decode,
    _int,
    _keys,
    _list,
    _parse,
    _problem,
    _rational,
    _Run,
    _spend,
    _work_left,
    check,
)

__all__ = ["check_levels"]

FORMAT, VERSION = "closedness-levels-certificate", 1
MAX_MEMBERS = 50_000
MAX_STEPS = 2_000_000
Bounds = tuple[int, int, int, int, int]  # rows, columns, and the bounds for a row, a column, all
Rows = tuple[int, ...]


def check_levels(certificate: Any) -> Report:
    """Check a certificate about sparsity levels.

    Parameters
    ----------
    certificate : str, bytes or dict

    Returns
    -------
    Report
        As from :func:`closedness.check.check`.

    Examples
    --------
    >>> check_levels("{}").reason
    "certificate: key 'format' is missing"
    """
    used: set[str] = set()
    trusted: set[str] = set()
    claim = "unknown"
    _work_left.set([MAX_WORK])
    try:
        head = _head(certificate)
        claim = head["claim"]
        levels = _levels(head["problem"])
        text = json.dumps(head["problem"], sort_keys=True, separators=(",", ":"))
        if hashlib.sha256(text.encode()).hexdigest() != head["problem_id"]:
            raise Rejected("problem_id is not the sha256 of the problem")
        if claim == "closed":
            _closed(head["field"], levels, head["proof"], used, trusted)
        else:
            _not_closed(_Run(head["field"], used, trusted), levels, head["proof"])
    except Rejected as error:
        return Report(False, claim, str(error), tuple(sorted(trusted)), tuple(sorted(used)))
    except Malformed as error:
        return Report(False, claim, str(error), malformed=True)
    except RecursionError:
        return Report(False, claim, "certificate: nested too deeply", malformed=True)
    except MemoryError:
        return Report(False, claim, "more memory is needed than there is")
    return Report(True, claim, "every step holds", tuple(sorted(trusted)), tuple(sorted(used)))


def _head(certificate: Any) -> dict[str, Any]:
    if isinstance(certificate, bytes):
        certificate = _decode(certificate)
    if not isinstance(certificate, str):
        try:
            certificate = json.dumps(certificate)
        except (TypeError, ValueError, RecursionError) as error:
            raise Malformed(f"certificate: not JSON data ({error})") from None
    head = _keys(
        _parse(certificate),
        "certificate",
        ("format", "version", "problem", "problem_id", "field", "claim", "proof"),
    )
    if head["format"] != FORMAT or type(head["version"]) is not int or head["version"] != VERSION:
        raise Malformed("certificate.format: unknown format or version")
    if head["field"] not in ("real", "complex"):
        raise Malformed("certificate.field: must be 'real' or 'complex'")
    if head["claim"] not in ("closed", "not_closed"):
        raise Malformed("certificate.claim: must be 'closed' or 'not_closed'")
    return head


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


# ---- supports within the levels ----------------------------------------------------------------


def _within(level: Bounds, rows: Rows) -> bool:
    m, n, row, column, total = level
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
    # where rows alone are bounded, each of them is full
    least = row if column == m and total == m * n else 0
    choices = [mask for mask in range(1 << n) if least <= mask.bit_count() <= row]
    partial: list[Rows] = [()]
    for _ in range(m):
        longer = []
        for rows in partial:
            for mask in choices:
                _spend(1)
                new = (*rows, mask)
                if sum(map(int.bit_count, new)) <= total and all(
                    sum(each >> j & 1 for each in new) <= column for j in range(n) if mask >> j & 1
                ):
                    longer.append(new)
        if len(longer) > MAX_STEPS:
            raise Rejected("more supports than the checker's limit")
        partial = longer
    found = []
    for rows in partial:
        _spend(m * n)
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
    return list(product(*lists))


def _masks(factors: list[tuple[int, int, Factor]], levels: list[Bounds], place: str) -> tuple[Rows, ...]:
    """The supports as row masks, of the sizes of the levels."""
    if [(m, n) for m, n, _ in factors] != [level[:2] for level in levels]:
        raise Malformed(f"{place}: other sizes than the levels")
    return tuple(tuple(sum(1 << j for j in row) for row in rows) for _, _, rows in factors)


# ---- closed ------------------------------------------------------------------------------------


def _closed(field: str, levels: list[Bounds], proof: Any, used: set[str], trusted: set[str]) -> None:
    rule = proof.get("rule") if isinstance(proof, dict) else None
    if rule == "one-entry":
        _keys(proof, "proof", ("rule",))
        used.add("one-entry")
        if not _one_entry(levels):
            raise Rejected("one-entry: no outer factor has at most one entry in each row or in each column")
    elif rule == "elimination":
        proof = _keys(proof, "proof", ("rule", "transposed", "zeros"))
        used.add("elimination")
        if type(proof["transposed"]) is not bool:
            raise Malformed("proof.transposed: must be true or false")
        _elimination(levels, transposed=proof["transposed"], zeros=_int(proof["zeros"], "proof.zeros"))
    elif rule == "uncrossed":
        _keys(proof, "proof", ("rule",))
        used.add("uncrossed")
        if len(levels) != 2 or levels[0][1] != 2:
            raise Rejected("uncrossed: two factors with two inner indices are needed")
        for left, right in _members(levels):
            if not _uncrossed_within(levels, left, right):
                raise Rejected(f"uncrossed: limits with the supports {left}, {right} may leave the levels")
    elif rule == "members":
        proof = _keys(proof, "proof", ("rule", "cases"))
        used.add("members")
        _all_closed(field, levels, proof["cases"], used, trusted)
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


def _all_closed(field: str, levels: list[Bounds], cases: Any, used: set[str], trusted: set[str]) -> None:
    sizes = [levels[0][0], *(level[1] for level in levels)]
    known: set[tuple[Rows, ...]] = set()
    work = _work_left.get()
    for number, case in enumerate(_list(cases, "proof.cases")):
        place = f"proof.cases[{number}]"
        report = check(case)
        _work_left.set(work)
        if report.malformed:
            raise Malformed(f"{place}: {report.reason}")
        if not report.verified or report.claim != "closed" or case["field"] != field:
            raise Rejected(f"{place}: no proof that a set is closed: {report.reason}")
        used.update(report.rules)
        trusted.update(report.trusted)
        first = _masks(_problem(case["problem"]), levels, place)
        if first in known:
            continue
        known.add(first)
        stack = [first]
        while stack:
            for other in _exchanged(stack.pop(), sizes):
                _spend(10)
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


# ---- not closed --------------------------------------------------------------------------------


def _not_closed(run: _Run, levels: list[Bounds], proof: Any) -> None:
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
    everything = [(level[0], level[1], [frozenset(range(level[1]))] * level[0]) for level in levels]
    _check_curve(run, everything, proof["curve"], target)
    for number, (level, factor) in enumerate(zip(levels, proof["curve"], strict=True)):
        masks = [0] * level[0]
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
        _spend(len(bounds))
        if not any(_contains(bound, member) for bound in bounds):
            raise Rejected(f"union-limit: no refutation covers the supports {member}")


def _contains(bound: tuple[Rows, ...], member: tuple[Rows, ...]) -> bool:
    return all(not b & ~a for left, right in zip(bound, member, strict=True) for a, b in zip(left, right, strict=True))


def main(arguments: list[str]) -> int:
    """Check the certificate file named on the command line."""
    if len(arguments) != 1 or arguments[0] in ("-h", "--help"):
        sys.stderr.write("usage: python -m closedness.check_levels CERTIFICATE\n")
        return 2
    try:
        with open(arguments[0], "rb") as stream:
            report = check_levels(stream.read(MAX_BYTES + 1))
    except OSError as error:
        sys.stderr.write(f"cannot read {arguments[0]!r}: {error.strerror}\n")
        return 2
    sys.stdout.write(f"{report!r}\n")
    return report.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
