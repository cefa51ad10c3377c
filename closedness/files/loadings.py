"""Read measurement models: lavaan syntax, tables of loadings, lists of regulators.

``.lav``, ``.lavaan``
    The measurement part of lavaan or semopy syntax: ``f =~ x1 + x2``, ``f1 ~~ 0*f2``, ``x1 ~~ 0*x1``.
``.csv``, ``.tsv``
    A table with a header, items in the first column and one column of numbers for each factor: zero means no loading.
    Or a list of pairs, an item and a factor in each line (gene, regulator), further columns being ignored.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from closedness.errors import FormatError
from closedness.files.arrays import printable
from closedness.files.problems import read_bytes
from closedness.supports.support import Support

__all__ = ["ENDINGS", "Loadings", "parse_lavaan", "parse_table", "read_loadings"]

ENDINGS = (".lav", ".lavaan", ".csv", ".tsv")
NAME = re.compile(r"[A-Za-z.][\w.]*")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
HEADINGS = {"gene", "item", "target", "variable", "symbol", "tf", "factor", "regulator", "source"}


@dataclass(frozen=True)
class Loadings:
    """Which items load on which factors, and which factors may be correlated.

    Attributes
    ----------
    support : Support
        Items by factors.
    items, factors : tuple of str
    blocks : tuple of tuple of int
        Groups of factors that may be correlated with each other.
    unique : tuple of int
        Items with a unique variance of their own.
    notes : tuple of str
        What was read and has no influence, one sentence each.
    is_list : bool
        The file is a list of pairs, which says nothing about covariances.
    """

    support: Support
    items: tuple[str, ...]
    factors: tuple[str, ...]
    blocks: tuple[tuple[int, ...], ...]
    unique: tuple[int, ...]
    notes: tuple[str, ...] = ()
    is_list: bool = False


def read_loadings(path: str | os.PathLike[str]) -> Loadings:
    """Read a file of loadings.

    Raises
    ------
    FormatError
        If the file cannot be read, or is none of the forms above; the message is one line.
    """
    place = printable(os.fspath(path))
    kind = Path(path).suffix.lower()
    if kind not in ENDINGS:
        raise FormatError(f"has the ending {printable(kind)!r}; files of loadings end in {', '.join(ENDINGS)}", place)
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"is not UTF-8 text (byte {error.start})", place) from None
    return parse_table(text, place) if kind in (".csv", ".tsv") else parse_lavaan(text, place)


# -------------------------------------------------------------------- lavaan


def parse_lavaan(text: str, place: str = "model") -> Loadings:
    r"""Read the measurement part of lavaan syntax.

    Factors are correlated and items have unique variances unless the model says otherwise, as in ``cfa()``.

    Examples
    --------
    >>> found = parse_lavaan("g =~ x1 + x2 + x3; f =~ x1 + NA*x2\n g ~~ 0*f  # uncorrelated")
    >>> found.items, found.support.rows, found.blocks
    (('x1', 'x2', 'x3'), ((0, 1), (0, 1), (0,)), ((0,), (1,)))
    """
    loads: dict[str, dict[str, bool]] = {}
    relations: list[tuple[str, str, bool]] = []
    notes: list[str] = []
    for number, line in enumerate(_statements(text), 1):
        where = f"{place}: statement {number}"
        left, operator, right = _statement(line, where)
        if operator in ("~1", ":=", "==", "<", ">"):
            notes.append(f"{line!r} has no influence and is not used")
            continue
        if operator == "~":
            raise FormatError(f"{line!r} is a regression; only measurement models (=~ and ~~) are read", where)
        for name in left:
            for term in right.split("+"):
                modifier, other = _term(term, where)
                if operator == "=~":
                    loads.setdefault(name, {})[other] = modifier != 0
                    if modifier not in (None, 0):
                        notes.append(
                            f"the loading of {other} on {name} is fixed at {modifier:g}: taken as free, which only "
                            "scales the factor unless it becomes 0 in the limit"
                        )
                else:
                    relations.append((name, other, modifier != 0))
    if not loads:
        raise FormatError("has no line such as 'f =~ x1 + x2'", place)
    return _model(loads, relations, notes, place)


def _statements(text: str) -> Iterable[str]:
    """Statements without comments; a line that ends in an operator or a plus goes on."""
    text = "\n".join(re.split(r"[#!]", line)[0] for line in text.splitlines())
    text = re.sub(r"(\+|~|\*)\s*\n", r"\1 ", text)
    text = re.sub(r"\n\s*\+", " +", text)
    return [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]


def _statement(line: str, where: str) -> tuple[list[str], str, str]:
    match = re.fullmatch(r"(.*?)\s*(=~|~~|~\s*1\b|~|:=|==|<|>)\s*(.*)", line)
    if match is None:
        raise FormatError(f"{line[:60]!r} has no operator =~ or ~~", where)
    left, operator, right = match.groups()
    names = [name.strip() for name in left.split("+")]
    operator = re.sub(r"\s", "", operator)
    if operator in ("=~", "~~") and not all(NAME.fullmatch(name) for name in names):
        raise FormatError(f"{left[:60]!r} is no name", where)
    return names, operator, right


def _term(term: str, where: str) -> tuple[float | None, str]:
    """A fixed number, or None, and the name; labels, starting values and NA leave an entry free."""
    *modifiers, name = (part.strip() for part in term.split("*"))
    if not NAME.fullmatch(name):
        raise FormatError(f"{term.strip()[:60]!r} is no term such as x1 or 0.5*x1", where)
    fixed = None
    for modifier in modifiers:
        if NUMBER.fullmatch(modifier):
            fixed = float(modifier)
    return fixed, name


def _model(
    loads: dict[str, dict[str, bool]], relations: list[tuple[str, str, bool]], notes: list[str], place: str
) -> Loadings:
    factors = tuple(loads)
    items = tuple(dict.fromkeys(item for each in loads.values() for item in each))
    for item in items:
        if item in loads:
            raise FormatError(f"{item} is measured and measures: factors of higher order are not read", place)
    unique, apart = set(items), set()
    for first, second, free in relations:
        if first == second:
            if first in unique and not free:
                unique.discard(first)
        elif first in loads and second in loads:
            if not free:
                apart.add(frozenset((first, second)))
        elif free:
            raise FormatError(f"{first} ~~ {second}: covariances of residuals are not handled, only of factors", place)
    blocks = _blocks(factors, apart, place)
    support = Support.from_rows(
        (len(items), len(factors)),
        [[k for k, factor in enumerate(factors) if loads[factor].get(item)] for item in items],
    )
    chosen = tuple(i for i, item in enumerate(items) if item in unique)
    return Loadings(support, items, factors, blocks, chosen, tuple(notes))


def _blocks(factors: tuple[str, ...], apart: set[frozenset[str]], place: str) -> tuple[tuple[int, ...], ...]:
    """Groups of correlated factors; a pattern that is no grouping is refused."""
    blocks: list[list[int]] = []
    for k, factor in enumerate(factors):
        own = [block for block in blocks if frozenset((factor, factors[block[0]])) not in apart]
        if own:
            own[0].append(k)
        else:
            blocks.append([k])
    number = {k: b for b, block in enumerate(blocks) for k in block}
    for k, l in combinations(range(len(factors)), 2):
        if (number[k] == number[l]) == (frozenset((factors[k], factors[l])) in apart):
            raise FormatError(
                f"{factors[k]} and {factors[l]}: the factors do not fall into groups, correlated within and "
                "uncorrelated between; no theorem for other patterns",
                place,
            )
    return tuple(tuple(block) for block in blocks)


# -------------------------------------------------------------------- tables


def parse_table(text: str, place: str = "table") -> Loadings:
    r"""Read a table of loadings, or a list of pairs.

    Examples
    --------
    >>> parse_table(",g,f\nx1,0.8,0\nx2,0.7,0.2\n").support.rows
    ((0,), (0, 1))
    >>> found = parse_table("gene,regulator\nlacZ,crp\nlacZ,lacI\naraB,crp\n")
    >>> found.items, found.factors, found.is_list
    (('lacZ', 'araB'), ('crp', 'lacI'), True)
    """
    sample = text[:4096]
    delimiter = max("\t;,", key=sample.count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines(), delimiter=delimiter)]
    rows = [row for row in rows if any(row)]
    if not rows or len(rows[0]) < 2:
        raise FormatError("is no table: no line has two columns", place)
    if len(rows) > 1 and all(_is_number(cell) for cell in rows[1][1:]):
        return _wide(rows, place)
    return _long(rows, place)


def _is_number(cell: str) -> bool:
    return not cell or NUMBER.fullmatch(cell) is not None


def _wide(rows: list[list[str]], place: str) -> Loadings:
    head, *body = rows
    factors, items = tuple(head[1:]), tuple(row[0] for row in body)
    for words, what in ((factors, "factor"), (items, "item")):
        if len(set(words)) < len(words) or "" in words:
            raise FormatError(f"each {what} needs a name of its own", place)
    listed = []
    for number, row in enumerate(body, 2):
        if len(row) != len(head):
            raise FormatError(f"line {number} has {len(row)} columns, the header has {len(head)}", place)
        bad = next((cell for cell in row[1:] if not _is_number(cell)), None)
        if bad is not None:
            raise FormatError(f"line {number}: {bad[:30]!r} is no number", place)
        listed.append([k for k, cell in enumerate(row[1:]) if cell and float(cell) != 0])
    support = Support.from_rows((len(items), len(factors)), listed)
    everything = tuple(range(len(factors)))
    return Loadings(support, items, factors, (everything,), tuple(range(len(items))))


def _long(rows: list[list[str]], place: str) -> Loadings:
    if {cell.lower() for cell in rows[0][:2]} & HEADINGS:
        rows = rows[1:]
    pairs: dict[tuple[str, str], None] = {}
    for number, row in enumerate(rows, 1):
        if len(row) < 2 or not row[0] or not row[1]:
            raise FormatError(f"line {number} does not name an item and a factor", place)
        pairs[row[0], row[1]] = None
    items = {item: i for i, item in enumerate(dict.fromkeys(item for item, _ in pairs))}
    factors = {factor: k for k, factor in enumerate(dict.fromkeys(factor for _, factor in pairs))}
    listed: list[list[int]] = [[] for _ in items]
    for item, factor in pairs:
        listed[items[item]].append(factors[factor])
    support = Support.from_rows((len(items), len(factors)), listed)
    return Loadings(support, tuple(items), tuple(factors), (tuple(range(len(factors))),), (), is_list=True)
