"""The second checker's rules ``flats``, ``solved-lines``, ``types`` and ``pinned``, written from the format's page."""

from __future__ import annotations

from typing import Any, NamedTuple

from flint import fmpq, fmpq_mat

from tests.helpers.second_reading import distinct, index, indices, is_columns, items, need, rational, take, wellformed

Cell = tuple[int, int]


class Sides(NamedTuple):
    """The lines of a hidden index, and its lines on the other side."""

    lines: set[int]
    across: set[int]


def turned(terms: dict[int, Sides], side: Any) -> dict[int, Sides]:
    """Lines first."""
    return {k: Sides(each.across, each.lines) for k, each in terms.items()} if is_columns(side) else dict(terms)


# ---- closed: one factor without zeros ------------------------------------------------------------------------


def flats(node: Any, terms: dict[int, Sides], unseen: set[Cell]) -> None:
    """The rule ``flats``."""
    _, side, listed = take(node, "rule", "side", "flats")
    live, width = beside_full(terms, side, unseen)
    spanning({k: each.lines for k, each in live.items()}, width, listed)


def beside_full(terms: dict[int, Sides], side: Any, unseen: set[Cell]) -> tuple[dict[int, Sides], int]:
    """The hidden indices that have lines, and how many lines all of them have on the other side."""
    live = {k: each for k, each in turned(terms, side).items() if each.lines and each.across}
    need(len({frozenset(each.across) for each in live.values()}) <= 1, "both factors have zeros")
    need(not unseen, "a cell is not looked at")
    return live, max((len(each.across) for each in live.values()), default=0)


def solved_lines(node: Any, terms: dict[int, Sides], unseen: set[Cell]) -> None:
    """The rule ``solved-lines``."""
    _, side, solved, others = take(node, "rule", "side", "solved", "others")
    live, width = beside_full(terms, side, unseen)
    kinds: dict[int, set[int]] = {}
    for k, each in live.items():
        for i in each.lines:
            kinds.setdefault(i, set()).add(k)

    def own(listed: Any, without: set[int]) -> set[int]:
        pairs = [tuple(index(part) for part in items(pair, 2)) for pair in items(listed)]
        lines, names = ({pair[place] for pair in pairs} for place in (0, 1))
        wellformed(len(lines) == len(pairs), "a line twice")
        need(len(names) == len(pairs), "a hidden index twice")
        need(all(k in kinds.get(i, set()) - without for i, k in pairs), "not a hidden index of its line alone")
        return lines

    done = own(solved, set())
    found: dict[int, int] = {}
    for entry in items(others):
        name, listed = items(entry, 2)
        wellformed(index(name) not in found, "a line twice")
        lines = own(listed, kinds.get(name, set()))
        need(lines <= done, "a line that is not solved")
        found[name] = len(lines)
    for i, kind in kinds.items():
        # the equations for the vectors of this line, of which one has a right-hand side that is not zero
        equations = len(done) - found.get(i, 0)
        need(i in done or (len(kind) >= width and len(kind) - equations + 1 >= width), "the vectors need not span")


def spanning(members: dict[int, set[int]], room: int, flats: Any) -> None:
    """Every line's hidden indices have enough room in what the flats of their lines have in common."""
    lines = set().union(*members.values())
    terms_of = {i: {k for k, own in members.items() if i in own} for i in lines}

    def size(*groups: set[int]) -> int:
        return min(room, len(set().union(*groups)))

    room_of = dict.fromkeys(members, 1)
    seen = set()
    for entry in items(flats):
        name, listed = items(entry, 2)
        k, order = index(name), indices(listed)
        wellformed(k not in seen, "a hidden index twice")
        seen.add(k)
        need(k in members and set(order) <= members[k], "no such hidden index or line")
        for i in members[k]:
            covered = any(not terms_of[j] - terms_of[i] for j in order)
            need(covered or len(terms_of[i]) >= room, "a line is left out")
        known = [terms_of[i] for i in order]
        dimension = room
        for count, group in enumerate(known):
            together = min((size(group, earlier) for earlier in known[:count]), default=room)
            shared = set.intersection(*known[: count + 1])
            dimension = max(1, size(shared), dimension + size(group) - together)
        room_of[k] = dimension
    for group in terms_of.values():
        # by Rado's theorem the dimension that is reached is that of the worst choice of the hidden indices to drop
        values = sorted(room_of[k] for k in group)
        worst = min([len(values)] + [value + len(values) - count for count, value in enumerate(values, 1)])
        need(worst >= size(group), "the vectors need not span the flat")


class Crowds:
    """No set of lines meets the wants of more hidden indices than it has lines and some to spare."""

    def __init__(self, members: dict[int, set[int]], wants: dict[int, int], table: Any, spare: int = 0) -> None:
        self.spare = spare
        self.members = members
        self.wants = wants
        self.nodes = items(table)
        wellformed(self.nodes, "an empty table")
        self.visited: set[int] = set()
        self.steps = 0

    def run(self) -> None:
        self._exclude(len(self.nodes) - 1, set(), set(), set(), set())
        wellformed(len(self.visited) == len(self.nodes), "a node is never used")

    def _exclude(self, position: int, inside: set[int], out: set[int], met: set[int], unmet: set[int]) -> None:
        self.visited.add(position)
        self.steps += 1
        need(self.steps < 100_000, "too many steps")
        node = self.nodes[position]
        if type(node) is dict and node.get("do") == "decide":
            _, kind, number, zero, nonzero = take(node, "do", "what", "name", "zero", "nonzero")
            wellformed(kind in ("row", "term") and index(number) >= 0, "neither a row nor a term")
            for child in (zero, nonzero):
                wellformed(index(child) < position, "not an earlier node")
            if kind == "row":
                need(number not in inside | out, "decided before")
                self._exclude(zero, inside, out | {number}, met, unmet)
                self._exclude(nonzero, inside | {number}, out, met, unmet)
            else:
                need(number in self.members and number not in met | unmet, "decided before, or not there")
                self._exclude(zero, inside, out, met, unmet | {number})
                self._exclude(nonzero, inside, out, met | {number}, unmet)
            return
        do, listed = take(node, "do", "weights")
        wellformed(do == "bound", "unknown step")
        weights: dict[int, fmpq] = {}
        for entry in items(listed):
            name, value = items(entry, 2)
            k = index(name)
            wellformed(k not in weights, "a weight twice")
            need(k in self.members and k not in unmet, "an index that does not count")
            weights[k] = rational(value)
            need(weights[k] >= 0, "a negative weight")
        # sum of the slacks of all constraints of the dual programme
        nothing = fmpq(0)
        total = nothing
        for k in self.members.keys() - unmet:
            slack = 1 - self.wants[k] * weights.get(k, nothing)
            total += slack if k in met else max(slack, nothing)
        for i in set().union(*self.members.values(), inside) - out:
            slack = sum((w for k, w in weights.items() if i in self.members[k]), nothing) - 1
            total += slack if i in inside else max(slack, nothing)
        need(total < 1 + self.spare, "a crowded set is not excluded")


# ---- closed: rule types ------------------------------------------------------------------------


def types(node: Any, terms: dict[int, Sides], unseen: set[Cell]) -> None:
    """The rule ``types``."""
    _, side, sets, rooms, listed = take(node, "rule", "side", "sets", "rooms", "types")
    live = {k: each for k, each in turned(terms, side).items() if each.lines and each.across}
    lines, across = (set().union(*places) for places in zip(*live.values(), strict=True)) if live else (set(), set())
    hidden = {(j, i) if is_columns(side) else (i, j) for i, j in unseen}
    need(not any(i in lines and j in across for i, j in hidden), "a cell is not looked at")
    type_of = {j: frozenset(k for k, each in live.items() if j in each.across) for j in across}
    wanted = set(type_of.values()) - {frozenset()}

    independent: list[set[int]] = []
    for entry in items(sets):
        matched = [indices(pair, 2) for pair in items(entry)]
        need(all(k in live and i in live[k].lines for i, k in matched), "a pair that does not meet")
        need(len({i for i, _ in matched}) == len({k for _, k in matched}) == len(matched), "not a matching")
        independent.append({k for _, k in matched})

    room = dict.fromkeys(live, 1)
    given: set[int] = set()
    for entry in items(rooms):
        name, numbers = items(entry, 2)
        k, chosen = index(name), set(distinct(numbers))
        wellformed(k not in given, "a room twice")
        given.add(k)
        need(k in live and all(number < len(independent) for number in chosen), "no such hidden index or set")
        if not chosen:
            continue
        need(
            all(any(independent[p] <= kind for p in chosen) for kind in wanted if k in kind),
            "a type without a set that spans a part of its space",
        )
        own = live[k].lines
        codimension = 0
        for p in chosen:
            off = set().union(*(live[h].lines for h in independent[p])) - own
            codimension += len(own) - max(0, len(independent[p]) - len(off))
        room[k] = max(1, len(own) - codimension)

    for entry in items(listed):
        line, short, nodes = take(entry, "line", "short", "nodes")
        kind = type_of.get(index(line), frozenset())
        need(kind in wanted, "a type that is not there, or is treated twice")
        wanted.remove(kind)
        few = set(distinct(short))
        spare = len(few) - len(set().union(*(live[k].lines for k in few))) if few <= kind else -1
        need(spare >= 0, "the hidden indices are not short of lines")
        Crowds({k: live[k].lines for k in kind}, {k: room[k] for k in kind}, nodes, spare).run()
    need(not wanted, "a type is left out")


# ---- not closed: refutation pinned -------------------------------------------------------------


def pinned(node: Any, terms: dict[int, Sides], target: dict[Cell, fmpq]) -> None:
    """The refutation ``pinned``, for the supports (rows, columns) of two factors."""
    side, line, at, across, groups = take(node, "side", "line", "at", "across", "groups")
    terms = turned(terms, side)
    columns = sorted({*distinct(across), index(at)})
    index(line)

    def value(i: int, j: int) -> fmpq:
        return target.get((j, i) if is_columns(side) else (i, j), fmpq(0))

    vanishing: set[int] = set()
    for group in items(groups):
        lines = sorted(distinct(group))
        block = fmpq_mat(len(lines), len(columns), [value(i, j) for i in lines for j in columns])
        met = {k for k, each in terms.items() if each.lines & set(lines) and each.across & set(columns)}
        need(all(value(i, at) == 0 for i in lines), "an entry of a group is not zero")
        need((block.rank() if lines else 0) >= len(met), "a smaller rank than hidden indices")
        vanishing |= met
    need(value(line, at) != 0, "the entry is zero")
    for k, each in terms.items():
        need(k in vanishing or line not in each.lines or at not in each.across, "a hidden index is not pinned")
