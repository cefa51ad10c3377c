"""One factor without zeros, and what is like it: the rules `types`, `flats` and `solved-lines`."""

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
    steps = {name: getattr(Target, name) for name in ("dependent", "solved", "avoid", "meet", "tree")}
    follow(node.then, steps, Target(n, hidden, [], set(pattern.terms)))


@dataclass(frozen=True)
class Target:
    """What is known of a matrix: sets of rows that are independent, as far as these are not zero.

    And of the linear relations between the rows that have coefficient zero at some chosen rows: rows at which all of
    them are zero, and rows at which some are not.
    """

    n: int
    hidden: dict[int, set[int]]
    independent: list[set[int]]
    indices: set[int]
    chosen: frozenset[int] = frozenset()
    always: frozenset[int] = frozenset()
    sometimes: frozenset[int] = frozenset()

    def dependent(self, node: Node) -> list[tuple[Node, Target]]:
        """The rows of a set are independent, or one is a combination of the others."""
        rows = set(node.lines)
        need(rows <= set(self.hidden), "a line is not there")
        need(set(node.without) <= rows, "a line that is left out is not in the set")
        need(set(node.without) == rows or (len(rows) == 2 and node.without), "another line may be the dependent one")
        found = [(node.then, replace(self, independent=[*self.independent, rows]))]
        for gone, then in node.without.items():
            pay(sum(1 + len(own) / 5 for own in self.hidden.values()))
            hidden = {i: own & self.hidden[gone] if i in rows else own for i, own in self.hidden.items() if i != gone}
            found.append((then, Target(self.n, hidden, [each - {gone} for each in self.independent], self.indices)))
        return found

    def avoid(self, node: Node) -> list[tuple[Node, Target]]:
        """Relations with coefficient zero at one more row."""
        return [(node.then, replace(self, chosen=self.chosen | {node.line}, sometimes=frozenset()))]

    def meet(self, node: Node) -> list[tuple[Node, Target]]:
        """All relations have coefficient zero at a row, or some have not."""
        need(node.line in self.hidden, "a line is not there")
        need(node.line not in self.chosen | self.always | self.sometimes, "this is known already")
        zero, other = self.always | {node.line}, self.sometimes | {node.line}
        return [(node.zero, replace(self, always=zero)), (node.nonzero, replace(self, sometimes=other))]

    def tree(self, node: Node) -> list[tuple[Node, Target]]:
        """One row at a time is reached, from the rows at which a relation is not zero."""
        if len(self.always) > self.n:
            return []
        need(len(self.hidden) > self.n + len(self.chosen), "there may be no relation")
        need(set(node.edges) == self.indices, "an edge is missing")
        pay(len(self.hidden) ** 2 / 5)
        single = [i for i, j in node.edges.values() if i == j]
        need(self.chosen | self.always >= set(single) and len(set(single)) == len(single), "a row twice, or not zero")
        for k, rows in node.edges.items():
            need(all(k in self.hidden.get(i, ()) for i in rows), "a hidden index has no such edge")
        lines = [{i, j} for i, j in node.edges.values() if i != j]
        need(all(line & self.sometimes for line in lines), "an edge may be zero")
        rest = set(self.hidden) - set(single)
        need(len(self.hidden) == len(node.edges) + 1 and rest, "the number of rows does not fit")
        need(all(line <= rest for line in lines), "an edge ends at a row that is there already")
        for i in rest - self.sometimes:
            need(sum(i in line for line in lines) <= 1, "a row is crossed at which all may be zero")
        reached = {min(rest)}
        for _ in rest:
            reached |= {i for line in lines if line & reached for i in line}
        need(reached == rest, "the edges do not join all rows")
        return []

    def solved(self, node: Node) -> list[tuple[Node, Target]]:
        """Some rows are solved for; at the others the vectors span everything."""
        need({*node.solved, *node.others} <= set(self.hidden), "a line is not there")
        for own, chosen in ((set(), node.solved), *((self.hidden[i], node.others[i]) for i in node.others)):
            pay(len(chosen))
            need(set(chosen) <= set(node.solved), "a line is not solved")
            need(len(set(chosen.values())) == len(chosen), "a hidden index represents two lines")
            fits = all(k in self.hidden[i] and k not in own for i, k in chosen.items())
            need(fits, "a hidden index does not represent its line")
        for i in set(self.hidden) - set(node.solved):
            spare = len(self.hidden[i]) - self.n
            need(spare >= 0, "a line has too few hidden indices")
            if len(node.solved) - len(node.others.get(i, ())) > spare + 1:
                self.spanned(set(node.solved), i, spare)
        return []

    def spanned(self, solved: set[int], i: int, spare: int) -> None:
        """No hidden indices that the row lacks leave too many dependent rows to the others."""
        missing = sorted(set().union(*(self.hidden[j] for j in solved)) - self.hidden[i])
        pay(2 ** min(40, len(missing)))
        for number in range(2 ** len(missing)):
            pay(len(solved) * (1 + len(self.independent)) / 4)
            left = {k for p, k in enumerate(missing) if number >> p & 1}
            rows = {j for j in solved if not self.hidden[j] & left}
            bounds = [len(rows - each) for each in self.independent] + [len(rows) - 1 if rows else 0]
            need(min(bounds) <= spare + len(missing) - len(left), "the vectors need not span everything")


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
        follow(each.then, Crowds({k: rows_of[k] for k in kind}, rooms, spare).steps, Case())
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

    def decide(self, case: Case, node: Node) -> list[tuple[Node, Case]]:
        """A line is in the set or not; the set holds the room of a hidden index or not."""
        yes, no = ("inside", "outside") if node.what == "row" else ("held", "free")
        known = getattr(case, yes) | getattr(case, no)
        need(node.name in (self.lines if node.what == "row" else self.rows_of), "what is decided is not there")
        need(node.name not in known, "this is decided already")
        return [
            (then, replace(case, **{kind: getattr(case, kind) | {node.name}}))
            for then, kind in ((node.zero, no), (node.nonzero, yes))
        ]

    def bound(self, case: Case, node: Node) -> list[tuple[Node, Case]]:
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
