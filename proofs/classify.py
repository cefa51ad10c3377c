"""Write the tables for ``Classification.v``: all patterns with at most three hidden indices.

``python proofs/classify.py > Tables.v`` takes the stored patterns that are not closed (``not_closed.jsonl.gz``) and the
stored closed ones (``closedness/data/maximal_closed.jsonl.gz``), names the hidden indices in all ways, and searches a
tree of cases in which each multiset of types, up to the bounds of twins, contains one of the former or is contained in
one of the latter. Nothing here is trusted: Coq checks tables and tree by computation.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations, product
from pathlib import Path
from typing import Any, NamedTuple

from closed_patterns import EVERYTHING, LARGER, everything, larger, supports
from sections import sequence

HERE = Path(__file__).parent
HIDDEN = 3
TYPES = range(1, 1 << HIDDEN)
Types = tuple[int, ...]


class Image(NamedTuple):
    """A pattern, and the stored one that it is with other names."""

    rows: Types
    columns: Types
    origin: int
    turn: bool
    hidden: tuple[int, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """How often each type occurs, rows first."""
        return tuple(types.count(t) for types in (self.rows, self.columns) for t in TYPES)


def read_lines(path: Path) -> list[Any]:
    """Entries of a table with one JSON text a line."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def not_closed() -> list[tuple[int, Types, Types]]:
    """Hidden indices, row types and column types of the stored patterns with at most three hidden indices."""
    found = []
    for _, certificate in read_lines(HERE / "not_closed.jsonl.gz"):
        left, right = certificate["problem"]["factors"]
        hidden, columns = right["shape"]
        if hidden <= HIDDEN:
            rows = tuple(sum(1 << k for k in row) for row in left["rows"])
            types = tuple(sum(1 << k for k in range(hidden) if j in right["rows"][k]) for j in range(columns))
            found.append((hidden, rows, types))
    return found


def closed_entries() -> list[Any]:
    """The stored patterns that are closed, with their proofs."""
    return read_lines(HERE.parent / "closedness" / "data" / "maximal_closed.jsonl.gz")


def closed() -> list[tuple[int, Types, Types]]:
    """The same for the stored closed patterns."""
    return [(HIDDEN, tuple(entry["rows"]), tuple(entry["columns"])) for entry in closed_entries()]


def images(table: Sequence[tuple[int, Types, Types]]) -> list[Image]:
    """All renamings; hidden indices that are left over occur in rows only, or in columns only."""
    found: dict[tuple[Types, Types], Image] = {}
    for origin, (hidden, rows, columns) in enumerate(table):
        for names in permutations(range(HIDDEN), hidden):
            renamed = [
                tuple(sum(1 << names[k] for k in range(hidden) if t >> k & 1) for t in s) for s in (rows, columns)
            ]
            for first, second in filled(renamed[0], renamed[1], [k for k in range(HIDDEN) if k not in names]):
                for turn in (False, True):
                    sides = (second, first) if turn else (first, second)
                    key = (tuple(sorted(sides[0])), tuple(sorted(sides[1])))
                    found.setdefault(key, Image(*sides, origin, turn, names))
    return list(found.values())


def filled(rows: Types, columns: Types, left: list[int]) -> Iterator[tuple[Types, Types]]:
    """Each hidden index left over goes to some of the rows or to some of the columns."""
    if not left:
        yield rows, columns
        return
    bit = 1 << left[0]
    for first, second in filled(rows, columns, left[1:]):
        for chosen in product((0, bit), repeat=len(first)):
            yield tuple(t | b for t, b in zip(first, chosen, strict=True)), second
        for chosen in product((0, bit), repeat=len(second)):
            if any(chosen):
                yield first, tuple(t | b for t, b in zip(second, chosen, strict=True))


def inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes this one."""
    return tuple(order.index(k) for k in range(len(order)))


class Cover:
    """A tree of cases for the box of all counts up to the bounds of twins."""

    def __init__(self, bad: list[Image], good: list[Image]) -> None:
        self.bad = [image.counts for image in bad]
        self.good = [image.counts for image in good]
        self.limits = [t.bit_count() for t in TYPES] * 2
        self.leaves = 0

    def tree(self, low: list[int], high: list[int], bad: list[int], good: list[int]) -> str:
        """The cases for counts between two bounds; the lists hold the patterns that may still matter."""
        bad = [g for g in bad if all(a <= b for a, b in zip(self.bad[g], high, strict=True))]
        good = [g for g in good if all(a >= b for a, b in zip(self.good[g], low, strict=True))]
        for g in bad:
            if all(a <= b for a, b in zip(self.bad[g], low, strict=True)):
                self.leaves += 1
                return f"(NotClosed {g})"
        for g in good:
            if all(a >= b for a, b in zip(self.good[g], high, strict=True)):
                self.leaves += 1
                return f"(Closed {g})"
        if low == high:
            raise SystemExit(f"neither closed nor not closed: {low}")
        _, c, v = min((self.cost(c, v, bad, good), c, v) for c in range(len(low)) for v in range(low[c], high[c]))
        at_most = self.tree(low, [*high[:c], v, *high[c + 1 :]], bad, good)
        more = self.tree([*low[:c], v + 1, *low[c + 1 :]], high, bad, good)
        return f"(Below {c} {v} {at_most} {more})"

    def cost(self, c: int, v: int, bad: list[int], good: list[int]) -> int:
        """How much is left to compare in the two cases."""
        few = sum(self.bad[g][c] <= v for g in bad)
        many = sum(self.good[g][c] > v for g in good)
        return (few + 1) * (len(good) + 1) + (len(bad) + 1) * (many + 1)

    def write(self) -> str:
        """The whole tree."""
        ends = [0] * len(self.limits), self.limits
        return self.tree(list(ends[0]), list(ends[1]), list(range(len(self.bad))), list(range(len(self.good))))


class Rules:
    """A proof that a pattern is closed as a tree for ``Rules.v``: by ``closed_patterns.py``, or else the stored one.

    ``names`` are the certificate's names of the hidden indices; indices that are used up keep their places.
    """

    def __init__(self, rows: Types, columns: Types) -> None:
        self.m, self.n = len(rows), len(columns)
        self.rows, self.columns = rows, columns
        self.left, self.right = supports(rows, columns, HIDDEN)

    def tree(self, node: Any) -> str:
        """The tree; a stored proof with a rule that ``Rules.v`` does not have is an error."""
        key = (self.rows, self.columns)
        if key in EVERYTHING:
            return f"(REverything {everything(*key).text})"
        if key in LARGER:
            left, right = supports(*LARGER[key][:2], HIDDEN)
            return f"(RLarger {truths(left)} {truths(right)} {larger(*key).text} RCrossing)"
        return self.go(node, list(range(HIDDEN)), self.left, self.right)

    def go(self, node: Any, names: list[int], left: list[list[bool]], right: list[list[bool]]) -> str:
        """The tree of a node, with the supports that are left."""
        step = {"crossing": self.crossing, "full": self.full, "split": self.split, "product": self.product}
        return step[node["rule"]](node, names, left, right)

    def crossing(self, node: Any, names: list[int], left: list[list[bool]], right: list[list[bool]]) -> str:
        """A leaf: all supports that are left are nested where they overlap."""
        return "RCrossing"

    def full(self, node: Any, names: list[int], left: list[list[bool]], right: list[list[bool]]) -> str:
        """The hidden indices that give all matrices on their cells; each line has its representatives."""
        places = [names.index(name) for name in node["terms"]]
        by_rows = node["side"] == "rows"
        crossing_lines, lines = (self.n, self.m) if by_rows else (self.m, self.n)
        factor = [[0] * len(names) for _ in range(crossing_lines)]
        inverses = [[[0] * crossing_lines for _ in names] for _ in range(lines)]
        for line, pairs in node["lines"]:
            for crossing, name in pairs:
                factor[crossing][names.index(name)] = inverses[line][names.index(name)][crossing] = 1
        if by_rows:
            right = [[entry and k not in places for entry in row] for k, row in enumerate(right)]
        else:
            left = [[entry and k not in places for k, entry in enumerate(row)] for row in left]
        then = self.go(node["then"], names, left, right)
        if by_rows:
            # the rest of the tree speaks of the pattern that is turned back
            then = f"(RTurn {then})"
        text = f"(RFull {sequence(places)} {table(factor)} {sequence(map(table, inverses))} {then})"
        return f"(RTurn {text})" if by_rows else text

    def split(self, node: Any, names: list[int], left: list[list[bool]], right: list[list[bool]]) -> str:
        """A hidden index falls into parts, the last ones from then on."""
        place = names.index(node["term"])
        kept = [k for k in range(len(names)) if k != place]
        parts = node["parts"]
        new_left = [
            [left[i][k] for k in kept] + [left[i][place] and i in rows for _, rows, _ in parts] for i in range(self.m)
        ]
        new_right = [right[k] for k in kept]
        new_right += [[right[place][j] and j in columns for j in range(self.n)] for _, _, columns in parts]
        new_names = [names[k] for k in kept] + [name for name, _, _ in parts]
        then = self.go(node["then"], new_names, new_left, new_right)
        places = kept + [place] * len(parts)
        return f"(RSplit {len(new_names)} {sequence(places)} {truths(new_left)} {truths(new_right)} {then})"

    def product(self, node: Any, names: list[int], left: list[list[bool]], right: list[list[bool]]) -> str:
        """The first group of hidden indices, and the others."""
        first, *others = node["parts"]
        if not others:
            return self.go(first["then"], names, left, right)
        places = [names.index(name) for name in first["terms"]]
        inside, outside = (
            [[entry and (k in places) == wanted for k, entry in enumerate(row)] for row in left]
            for wanted in (True, False)
        )
        one = self.go(first["then"], names, inside, right)
        more = self.product({"parts": others}, names, outside, right)
        return f"(RProduct {sequence(places)} {one} {more})"


def table(rows: Iterable[Iterable[int]]) -> str:
    """A table of integers in Coq."""
    return sequence(sequence("Z0" if entry == 0 else "Zpos xH" for entry in row) for row in rows)


def truths(rows: Iterable[Iterable[bool]]) -> str:
    """A table of truth values in Coq."""
    return sequence(sequence(str(entry).lower() for entry in row) for row in rows)


def listed(parts: Sequence[str]) -> str:
    """A list in Coq, one entry a line."""
    return "[::\n  " + ";\n  ".join(parts) + "]"


def image_text(image: Image) -> str:
    """A pattern with its origin in Coq."""
    pattern = f"(pattern_of {sequence(image.rows)} {sequence(image.columns)})"
    return f"Image {pattern} {image.origin} {str(image.turn).lower()} {sequence(image.hidden)}"


def main() -> int:
    """Print the tables."""
    sys.setrecursionlimit(10_000)
    bad = images(not_closed())
    # a closed pattern is given in the names of the stored one, so here the renaming is the other way round
    good = [image._replace(hidden=inverse(image.hidden)) for image in images(closed())]
    cover = Cover(bad, good)
    tree = cover.write()
    maximal = [f"pattern_of {sequence(rows)} {sequence(columns)}" for _, rows, columns in closed()]
    trees = [Rules(tuple(e["rows"]), tuple(e["columns"])).tree(e["proof"]) for e in closed_entries()]
    parts = [
        "(* Written by classify.py; do not edit. *)",
        "From Coq Require Import ZArith.",
        "From mathcomp Require Import all_ssreflect.",
        "From Closedness Require Import Classification Sections Rules.",
        f"Definition bad_images : seq image := {listed([image_text(image) for image in bad])}.",
        f"Definition good_images : seq image := {listed([image_text(image) for image in good])}.",
        f"Definition maximal_closed : seq pattern := {listed(maximal)}.",
        f"Definition case_tree : cases := {tree}.",
        f"Definition maximal_rules : seq rules := {listed(trees)}.",
    ]
    sys.stdout.write("\n".join(parts) + "\n")
    sys.stderr.write(f"{len(bad)} and {len(good)} patterns with all names, {cover.leaves} cases\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
