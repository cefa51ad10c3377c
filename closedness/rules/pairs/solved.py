"""Every matrix is a product beside a factor without zeros that has fewer lines than hidden indices.

Lines of the matrix are solved for the vectors, with random numbers in the other factor; at the other lines the vectors
then span everything, unless some lines of the matrix are dependent. Whether they are is distinguished: a line that
depends on others follows from them when they use no hidden indices but its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.matching import Matching
from closedness.budget import UNLIMITED, Budget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from closedness.rules.pairs.incidence import Incidence

__all__ = ["solved_lines"]

Node = dict[str, Any]
Pairs = list[list[int]]
MOST_ABSENT = 10  # hidden indices that a line lacks, all sets of which are looked at
MOST_CASES = 400
MOST_CHOICES = 6  # sets of lines that are tried in one case
MOST_SETS = 2_000  # sets of lines that are compared in one case


@dataclass(frozen=True)
class _Case:
    """Hidden indices that each line may use, the lines to be solved, sets of lines that are independent."""

    types: tuple[tuple[int, int], ...]
    solved: int
    free: frozenset[int]

    def lines(self) -> dict[int, int]:
        return dict(self.types)


def solved_lines(incidence: Incidence, budget: Budget = UNLIMITED) -> list[Node] | None:
    """A table of steps that shows that every matrix is a product, or None.

    Examples
    --------
    >>> from closedness.rules.pairs.incidence import Incidence
    >>> solved_lines(Incidence.of_types([3, 12, 13, 14], across=0b111))
    [{'do': 'solved', 'solved': [[0, 0], [1, 2]], 'others': [[2, [[0, 1]]], [3, [[0, 0]]]]}]
    >>> [node["do"] for node in solved_lines(Incidence.of_types([7, 7, 120, 15, 51, 85], across=0b1111))]
    ['solved', 'solved', 'dependent']
    >>> solved_lines(Incidence.of_types([1, 2, 4, 7], across=0b11)) is None
    True
    """
    return _Search(incidence, budget).table()


class _Search:
    """Cases that are shown already, and those that are not."""

    def __init__(self, incidence: Incidence, budget: Budget) -> None:
        self.room = incidence.across.bit_count()
        self.every = mask_of(incidence.members)
        self.first = _Case(tuple(sorted(incidence.types.items())), 0, frozenset())
        self.budget = budget
        self.nodes: list[Node] = []
        self.place: dict[_Case, int | None] = {}

    def table(self) -> list[Node] | None:
        root = self._shown(self.first)
        if root is None:
            return None
        kept = [root]
        for position in kept:
            kept.extend(p for p in _children(self.nodes[position]) if p not in kept)
        order = sorted(kept)
        return [_renumbered(self.nodes[position], order.index) for position in order]

    def _shown(self, case: _Case) -> int | None:
        """The position of a node that shows a case."""
        if case in self.place:
            return self.place[case]
        if self.budget.expired() or len(self.place) >= MOST_CASES:
            return None
        self.place[case] = None
        found = None
        for choice in self._choices(case):
            if isinstance(choice, int):
                found = self._shown(replace(case, solved=case.solved | 1 << choice))
            elif isinstance(choice, tuple):
                found = self._distinguished(case, choice)
            else:
                self.nodes.append(choice)
                found = len(self.nodes) - 1
            if found is not None:
                break
        self.place[case] = found
        return found

    def _distinguished(self, case: _Case, chosen: tuple[int, ...]) -> int | None:
        """These lines are independent, or one of them is left out."""
        mask, without = mask_of(chosen), []
        for c in chosen[:1] if len(chosen) == 2 else chosen:
            own = case.lines()[c]
            types = tuple((i, kinds & own if mask >> i & 1 else kinds) for i, kinds in case.types if i != c)
            free = frozenset(each & ~(1 << c) for each in case.free)
            position = self._shown(_Case(types, case.solved & ~(1 << c), free))
            if position is None:
                return None
            without.append([c, position])
        kept = {each for each in case.free if each & ~mask}
        independent = self._shown(replace(case, free=frozenset({*kept, mask})))
        if independent is None:
            return None
        self.nodes.append({"do": "dependent", "lines": list(chosen), "then": independent, "without": without})
        return len(self.nodes) - 1

    def _choices(self, case: _Case) -> Iterator[Node | tuple[int, ...] | int]:
        """The last step of a case; or sets of lines that may be dependent, and another line to solve."""
        types = case.lines()
        solved = {i: kinds for i, kinds in types.items() if kinds.bit_count() < self.room or case.solved >> i & 1}
        pairs = _pairs(solved)
        if len(pairs) < len(solved):
            return
        others: list[list[Any]] = []
        worst: tuple[int, int, int, int] | None = None  # few lines to distinguish, first of all
        for i, kinds in types.items():
            needed = len(solved) - (kinds.bit_count() - self.room + 1)
            if i in solved or needed <= 0:
                continue
            if self.budget.expired():
                return
            apart = _pairs({j: own & ~kinds for j, own in solved.items()})
            if len(apart) >= needed:
                others.append([i, apart[:needed]])
                continue
            if (self.every & ~kinds).bit_count() > MOST_ABSENT:
                return
            too_many = self._too_many(case, solved, i)
            worst = min(filter(None, (worst, too_many)), default=None)
        if worst is None:
            yield {"do": "solved", "solved": pairs, "others": others}
            return
        size, _, mask, line = worst
        yield from self._suspects(case, mask, size)
        yield line

    def _too_many(self, case: _Case, solved: dict[int, int], i: int) -> tuple[int, int, int, int] | None:
        """Solved lines of which more must be independent than is known, with this number and the size, or None."""
        kinds = dict(case.types)[i]
        absent = list(bits(self.every & ~kinds))
        spare = len(absent) + kinds.bit_count() - self.room
        worst: tuple[int, int, int, int] | None = None
        for number in range(1 << len(absent)):
            left = mask_of(absent[p] for p in bits(number))
            lines = mask_of(j for j, own in solved.items() if not own & left)
            count = lines.bit_count()
            lost = min([max(0, count - 1), *((lines & ~each).bit_count() for each in case.free)])
            if lost > spare - number.bit_count():
                found = count - (spare - number.bit_count()), count, lines, i
                worst = min(worst or found, found)
        return worst

    def _suspects(self, case: _Case, mask: int, size: int) -> Iterator[tuple[int, ...]]:
        """Sets of so many lines, those first that have many hidden indices in common."""
        types = case.lines()
        ranked = []
        for chosen in islice(combinations(bits(mask), size), MOST_SETS):
            if any(not mask_of(chosen) & ~each for each in case.free):
                continue
            common = self.every
            for i in chosen:
                common &= types[i]
            least = min((types[i] & types[c]).bit_count() for i, c in combinations(chosen, 2))
            ranked.append((-least, -common.bit_count(), chosen))
        for _, _, chosen in sorted(ranked)[:MOST_CHOICES]:
            yield chosen


def _children(node: Node) -> list[int]:
    return [node["then"], *(then for _, then in node["without"])] if node["do"] == "dependent" else []


def _renumbered(node: Node, number: Any) -> Node:
    if node["do"] != "dependent":
        return node
    without = [[c, number(then)] for c, then in node["without"]]
    return {**node, "then": number(node["then"]), "without": without}


def _pairs(types: dict[int, int]) -> Pairs:
    """As many lines as possible, each with a hidden index of its own."""
    return [list(pair) for pair in sorted(Matching(types).bit_of.items())]
