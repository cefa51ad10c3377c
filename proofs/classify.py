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
from collections.abc import Iterator, Sequence
from itertools import permutations, product
from pathlib import Path
from typing import NamedTuple

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


def read_lines(path: Path) -> list[object]:
    """Entries of a table with one JSON text a line."""
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode().splitlines()]


def not_closed() -> list[tuple[int, Types, Types]]:
    """Hidden indices, row types and column types of the stored patterns with at most three hidden indices."""
    found = []
    for _, certificate in read_lines(HERE / "not_closed.jsonl.gz"):  # type: ignore[misc]
        left, right = certificate["problem"]["factors"]
        hidden, columns = right["shape"]
        if hidden <= HIDDEN:
            rows = tuple(sum(1 << k for k in row) for row in left["rows"])
            types = tuple(sum(1 << k for k in range(hidden) if j in right["rows"][k]) for j in range(columns))
            found.append((hidden, rows, types))
    return found


def closed() -> list[tuple[int, Types, Types]]:
    """The same for the stored closed patterns."""
    table = read_lines(HERE.parent / "closedness" / "data" / "maximal_closed.jsonl.gz")
    return [(HIDDEN, tuple(entry["rows"]), tuple(entry["columns"])) for entry in table]  # type: ignore[call-overload]


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


def numbers(values: Sequence[int]) -> str:
    """A list of numbers in Coq."""
    return f"[:: {'; '.join(map(str, values))}]" if values else "[::]"


def listed(parts: Sequence[str]) -> str:
    """A list in Coq, one entry a line."""
    return "[::\n  " + ";\n  ".join(parts) + "]"


def image_text(image: Image) -> str:
    """A pattern with its origin in Coq."""
    pattern = f"(pattern_of {numbers(image.rows)} {numbers(image.columns)})"
    return f"Image {pattern} {image.origin} {str(image.turn).lower()} {numbers(image.hidden)}"


def main() -> int:
    """Print the tables."""
    sys.setrecursionlimit(10_000)
    bad = images(not_closed())
    # a closed pattern is given in the names of the stored one, so here the renaming is the other way round
    good = [image._replace(hidden=inverse(image.hidden)) for image in images(closed())]
    cover = Cover(bad, good)
    tree = cover.write()
    maximal = [f"pattern_of {numbers(rows)} {numbers(columns)}" for _, rows, columns in closed()]
    parts = [
        "(* Written by classify.py; do not edit. *)",
        "From mathcomp Require Import all_ssreflect.",
        "From Closedness Require Import Classification.",
        f"Definition bad_images : seq image := {listed([image_text(image) for image in bad])}.",
        f"Definition good_images : seq image := {listed([image_text(image) for image in good])}.",
        f"Definition maximal_closed : seq pattern := {listed(maximal)}.",
        f"Definition case_tree : cases := {tree}.",
    ]
    sys.stdout.write("\n".join(parts) + "\n")
    sys.stderr.write(f"{len(bad)} and {len(good)} patterns with all names, {cover.leaves} cases\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
