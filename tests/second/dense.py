"""One factor without zeros, and what is like it: the rules `types` and `flats`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.second.patterns import Pattern
from tests.second.reading import Node, follow, need, pay


def members(pattern: Pattern) -> dict[int, set[int]]:
    """The hidden indices of each row."""
    found: dict[int, set[int]] = {}
    for k, (rows, _) in pattern.terms.items():
        pay(len(rows) / 5)
        for i in rows:
            found.setdefault(i, set()).add(k)
    return found


def without_zeros(pattern: Pattern) -> tuple[int, dict[int, set[int]]]:
    """How many lines the hidden indices have on the other side, all the same ones, and the members of the rows."""
    across = {columns for _, columns in pattern.terms.values()}
    need(len(across) <= 1, "the hidden indices have different lines on the other side")
    return len(next(iter(across), ())), members(pattern)


def flats(node: Node, pattern: Pattern) -> None:
    """The rule `flats`, with the lines of its side as rows."""
    n, hidden = without_zeros(pattern)
    need(set(node.flats) <= set(pattern.terms), "there is no such hidden index")
    dimension = dict.fromkeys(pattern.terms, 1)
    for k, lines in node.flats.items():
        need(all(k in hidden.get(i, ()) for i in lines), "a line is none of the hidden index")
        chosen = set(lines)
        for i in pattern.terms[k][0]:
            pay(1 + len(chosen) * len(hidden[i]) / 10)
            if len(hidden[i]) < n:
                need(any(hidden[c] <= hidden[i] for c in chosen), "a line contains none of the flats")
        dimension[k] = intersection([hidden[i] for i in lines], n)
    for row in hidden.values():
        rank = min(n, len(row))
        sizes = sorted(dimension[k] for k in row)
        pay(rank + len(row))
        for s in range(rank):
            few = sum(d <= s for d in sizes[: s + len(row) - rank + 1])
            pay(s / 10)
            need(few <= s + len(row) - rank, "too many hidden indices have small dimensions")


def solved_lines(node: Node, pattern: Pattern) -> None:
    """The rule `solved-lines`, with the lines of its side as rows."""
    n, hidden = without_zeros(pattern)
    need({*node.solved, *node.others} <= set(hidden), "a line is not there")
    for own, chosen in ((set(), node.solved), *((hidden[i], chosen) for i, chosen in node.others.items())):
        pay(len(chosen))
        need(set(chosen) <= set(node.solved), "a line is not solved")
        need(len(set(chosen.values())) == len(chosen), "a hidden index represents two lines")
        fits = all(k in hidden[i] and k not in own for i, k in chosen.items())
        need(fits, "a hidden index does not represent its line")
    for i in set(hidden) - set(node.solved):
        need(len(hidden[i]) >= n, "a line has too few hidden indices")
        need(len(node.solved) - len(node.others.get(i, ())) <= len(hidden[i]) - n + 1, "too many lines are solved")


def intersection(spans: list[set[int]], n: int) -> int:
    """A lower bound for the dimension of an intersection of generic spans."""
    found, common = n, None
    for number, span in enumerate(spans):
        pay(1 + number * len(span) / 10)
        joint = min((min(n, len(span | earlier)) for earlier in spans[:number]), default=n)
        common = set(span) if common is None else common & span
        found = max(found + min(n, len(span)) - joint, 1, min(n, len(common)))
    return found


def types(node: Node, pattern: Pattern) -> None:
    """The rule `types`, with the lines of its side as rows."""
    rows_of = {k: rows for k, (rows, _) in pattern.terms.items()}
    kinds: dict[int, set[int]] = members(pattern.towards("columns"))
    sets = []
    for pairs in node.sets:
        lines, hidden = {i for i, _ in pairs}, {k for _, k in pairs}
        need(len(lines) == len(pairs) == len(hidden), "a line or a hidden index is matched twice")
        need(all(i in rows_of.get(k, ()) for i, k in pairs), "a hidden index has not the line")
        sets.append((hidden, set().union(*(rows_of[k] for k in hidden))))
        pay(sum(len(rows_of[k]) for k in hidden) / 5)
    different = {frozenset(kind) for kind in kinds.values()}
    pay(sum(map(len, kinds.values())) / 10)
    rooms = dict.fromkeys(rows_of, 1)
    for k, numbers in node.rooms.items():
        need(k in rows_of and all(number < len(sets) for number in numbers), "there is no such index or set")
        chosen = {frozenset(sets[number][0]): sets[number] for number in numbers}
        for kind in different:
            pay(1 + len(chosen) * len(kind) / 20)
            if k in kind and numbers:
                need(any(hidden <= kind for hidden, _ in chosen.values()), "a type contains none of the sets")
        if not numbers:
            continue
        room = len(rows_of[k])
        for hidden, lines in chosen.values():
            pay(len(lines) / 20)
            room -= len(rows_of[k]) - max(0, len(hidden) - len(lines - rows_of[k]))
        rooms[k] = max(1, room)
    treated = set()
    for each in node.types:
        need(each.line in kinds, "a line is not there")
        kind = frozenset(kinds[each.line])
        need(kind not in treated, "a type is treated twice")
        treated.add(kind)
        need(kind.issuperset(each.short), "a short index is not in the type")
        spare = len(each.short) - len(set().union(*(rows_of[k] for k in each.short)))
        need(spare >= 0, "the short indices have more lines than they are")
        follow(each.nodes.nodes, Crowds({k: rows_of[k] for k in kind}, rooms, spare).steps, Case())
    need(treated == different, "a type is left out")


@dataclass(frozen=True)
class Case:
    """Lines known to be in the set or not, hidden indices known to be held in their room or not."""

    inside: frozenset[int] = frozenset()
    outside: frozenset[int] = frozenset()
    held: frozenset[int] = frozenset()
    free: frozenset[int] = frozenset()


class Crowds:
    """No set of lines holds too many hidden indices of a type."""

    def __init__(self, rows_of: dict[int, Any], rooms: dict[int, int], spare: int) -> None:
        self.rows_of = rows_of
        self.rooms = rooms
        self.spare = spare
        self.lines = set().union(*rows_of.values())
        self.steps = {"decide": self.decide, "bound": self.bound}

    def decide(self, case: Case, node: Node) -> list[tuple[int, Case]]:
        """A line is in the set or not; the set holds the room of a hidden index or not."""
        yes, no = ("inside", "outside") if node.what == "row" else ("held", "free")
        known = getattr(case, yes) | getattr(case, no)
        need(node.name in (self.lines if node.what == "row" else self.rows_of), "what is decided is not there")
        need(node.name not in known, "this is decided already")
        return [
            (then, replace(case, **{kind: getattr(case, kind) | {node.name}}))
            for then, kind in ((node.zero, no), (node.nonzero, yes))
        ]

    def bound(self, case: Case, node: Node) -> list[tuple[int, Case]]:
        """The sum of what may be positive is less than 1 and what is spare."""
        weights = {k: node.weights.get(k, 0) for k in self.rows_of}
        need(set(node.weights) <= set(self.rows_of), "a weight of an index that is not there")
        need(all(weight >= 0 for weight in weights.values()), "a weight is negative")
        need(not any(weights[k] for k in case.free), "a weight of an index that is not held")
        share = dict.fromkeys(self.lines, -1)
        for k, rows in self.rows_of.items():
            pay(1 + len(rows) if weights[k] else 1)
            for i in rows if weights[k] else ():
                share[i] = share[i] + weights[k]
        pay(2 * len(share))
        summands = [(1 - self.rooms[k] * weights[k], k in case.held, k in case.free) for k in self.rows_of]
        summands += [(value, i in case.inside, i in case.outside) for i, value in share.items()]
        total = sum(value for value, yes, no in summands if not no and (yes or value > 0))
        need(total < 1 + self.spare, "the bound is too large")
        return []
