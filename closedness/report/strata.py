"""Replay of the rule `strata` for readers: what is known of the entries before each step of a case distinction.

As in `closedness.report.replay` nothing is checked: the certificates were verified.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.rules.words import counted
from closedness.supports.pattern import Pattern
from closedness.supports.state import State, column_clear, row_clear, spend, trimmed, with_entry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from closedness.report.replay import Shape

__all__ = ["Stratum"]

Node = dict[str, Any]


@dataclass(frozen=True)
class Stratum:
    """What is known of the entries of a matrix in one case.

    Attributes
    ----------
    state : State
        Columns are named by their position.
    marked : (int, int) or None
        The entry that the step is about.
    """

    state: State
    marked: tuple[int, int] | None = None

    @classmethod
    def of(cls, shape: Shape) -> Stratum:
        """All matrices on the looked-at cells of a pattern.

        Examples
        --------
        >>> from closedness import SupportProduct
        >>> from closedness.report.replay import Shape
        >>> start = Stratum.of(Shape.of(SupportProduct.from_text("10/11 * 11/01")))
        >>> start.sign(0, 0), start.sign(1, 1)
        ('?', '?')
        """
        m = 1 + max((i for rows, _ in shape.terms.values() for i in rows), default=-1)
        n = 1 + max((j for _, columns in shape.terms.values() for j in columns), default=-1)
        row_types = tuple(mask_of(k for k, (rows, _) in shape.terms.items() if i in rows) for i in range(m))
        col_types = tuple(mask_of(k for k, (_, columns) in shape.terms.items() if j in columns) for j in range(n))
        cells = tuple(mask_of(j for j in range(n) if (i, j) not in shape.free) for i in range(m))
        return cls(State.start(Pattern(row_types, col_types, cells)))

    @property
    def columns(self) -> list[int]:
        """The columns in which some entry may be non-zero."""
        live = 0
        for star, nonzero in zip(self.state.star, self.state.nonzero, strict=True):
            live |= star | nonzero
        return list(bits(live))

    def sign(self, p: int, j: int) -> str:
        """``?`` unknown, ``≠`` not zero, ``0`` zero, ``*`` not looked at, for the live row at position `p`."""
        if not self.state.omega[p] >> j & 1:
            return "*"
        return "?" if self.state.star[p] >> j & 1 else "≠" if self.state.nonzero[p] >> j & 1 else "0"

    def about(self, node: Node) -> Stratum:
        """The same with the entry marked that the step is about."""
        cell = node.get("cell") or node.get("pivot")
        return Stratum(self.state, None if cell is None else (cell[0], cell[1]))

    def children(self, node: Node) -> list[tuple[int, Stratum]]:
        """The steps below a step (positions in the table) with what is known there."""
        kind = node["do"]
        if kind == "split":
            i, j = node["cell"]
            p = self.state.rows.index(i)
            both = ((name, with_entry(self.state, p, j, zero=name == "zero")) for name in ("nonzero", "zero"))
            return [(node[name], Stratum(state)) for name, state in both]
        if kind == "clear":
            i, j = node["pivot"]
            p = self.state.rows.index(i)
            if node["side"] == "rows":
                found = row_clear(self.state, p, j, [self.state.rows.index(line) for line in node["lines"]])
            else:
                found = column_clear(self.state, p, j, mask_of(node["lines"]))
            return [(node["then"], Stratum(found))]
        if kind == "spend":
            i, j = node["pivot"]
            rows = [self.state.rows.index(line) for line in node["rows"]]
            found = spend(self.state, node["term"], self.state.rows.index(i), j, rows, mask_of(node["columns"]))
            return [(node["then"], Stratum(found))]
        return [(node["then"], self._renamed(node))] if kind == "rename" else []

    def _renamed(self, node: Node) -> Stratum:
        rows, columns, terms = (dict(map(tuple, node[key])) for key in ("rows", "columns", "terms"))
        order = sorted(range(len(self.state.rows)), key=lambda p: rows[self.state.rows[p]])

        def moved(masks: Iterable[int], names: dict[int, int]) -> list[int]:
            return [mask_of(names[each] for each in bits(mask) if each in names) for mask in masks]

        tau, omega = moved(self.state.tau, terms), moved(self.state.omega, columns)
        star, nonzero = moved(self.state.star, columns), moved(self.state.nonzero, columns)
        sigma = [0] * (1 + max(columns.values(), default=-1))
        for old, mask in enumerate(moved(self.state.sigma, terms)):
            if old in columns:
                sigma[columns[old]] = mask
        lines = [tuple(each[p] for p in order) for each in (tau, omega, star, nonzero)]
        names = tuple(rows[self.state.rows[p]] for p in order)
        return Stratum(trimmed(names, lines[0], lines[1], lines[2], lines[3], tuple(sigma)))


def title(node: Node) -> str:
    """A few words on a step of the table.

    Examples
    --------
    >>> title({"do": "split", "cell": [0, 1]})
    'Does entry (0, 1) vanish?'
    """
    kind = node["do"]
    if kind == "split":
        return f"Does entry ({node['cell'][0]}, {node['cell'][1]}) vanish?"
    return {
        "clear": "Row operation" if node.get("side") == "rows" else "Column operation",
        "spend": "One hidden index does its share",
        "rename": "Other names",
        "generic": "All of these are products",
        "family": "A family with parameters",
    }.get(kind, str(kind))


def words(node: Node) -> str:
    """One or two sentences on a step of the table."""
    kind = node["do"]
    if kind == "split":
        return "Both cases are treated: first that it does not, then that it does."
    if kind == "clear":
        i, j = node["pivot"]
        one, line = ("row", i) if node["side"] == "rows" else ("column", j)
        others = counted(one, node["lines"])
        return (
            f"Entry ({i}, {j}) is not zero: multiples of {one} {line} are subtracted from {others}. The supports allow "
            "this, so it changes neither what is a product nor what is a limit; entries made zero by it are no longer "
            "unknown."
        )
    if kind == "spend":
        i, j = node["pivot"]
        return (
            f"Hidden index {node['term']} takes over row {i} and column {j}, as far as it reaches: the rank-one matrix "
            f"through entry ({i}, {j}) is subtracted. If what is left is a product without this index, the matrix "
            "was a product; from here on that is shown for all matrices left."
        )
    if kind == "rename":
        return "Rows, columns and hidden indices are renumbered: the same case occurs elsewhere and is proved once."
    if kind == "generic":
        one, other = ("row", "second") if node["side"] == "rows" else ("column", "first")
        return (
            f"With a generic {other} factor, every {one} is met by solving linear equations: each of its entries has a "
            "hidden index of its own."
        )
    if kind != "family":
        return f"Step {kind!r}: see docs/rules/strata.md."
    leaves = Counter(_leaves(node["tree"]))
    parts = [f"in {leaves['section']} of the remaining cases there are explicit factors"] if leaves["section"] else []
    if leaves["outside"]:
        parts.append(
            f"in {leaves['outside']} a minor that vanishes on all products does not vanish here, so no limit is lost"
        )
    if leaves["vanishing"]:
        parts.append("polynomials that vanish on all products must vanish on limits, too, so only their zeros are left")
    if impossible := leaves["empty"] + leaves["inconsistent"]:
        parts.append(f"{impossible} cannot occur")
    scaled = f"Entries {', '.join(f'({i}, {j})' for i, j in node['ones'])} are scaled to 1" if node["ones"] else ""
    return "; ".join([*([scaled] if scaled else []), *parts]).capitalize() + "."


def _leaves(tree: Node) -> Iterable[str]:
    stack = [tree]
    while stack:
        node = stack.pop()
        if node["do"] == "when":
            stack += [node["nonzero"], node["zero"]["then"]]
        elif node["do"] == "cases":
            stack += [node["nonzero"], node["zero"]]
        else:
            yield node["do"]
            if node["do"] == "vanishing":
                stack.append(node["then"])
