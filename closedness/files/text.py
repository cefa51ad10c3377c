"""Matrices in text: drawn (``x.``), or tables of numbers between commas, semicolons, tabs or spaces, with labels."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from fractions import Fraction

from closedness.errors import FormatError, InputError
from closedness.files.arrays import printable
from closedness.supports.support import Support

__all__ = ["Table", "number_of", "read_text"]

_DRAWN = frozenset("01.xX*-")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?|[+-]?\d+/\d+")
_WORDS = {"true": Fraction(1), "false": Fraction(0), "x": Fraction(1), "*": Fraction(1), ".": Fraction(0)}
_WORDS["-"] = Fraction(0)
_MOST_DIGITS = 400


def number_of(token: str) -> Fraction | None:
    """The exact value of a number as written, or None.

    Examples
    --------
    >>> number_of("0.25"), number_of("-1e2"), number_of("2/3"), number_of("True"), number_of("x1")
    (Fraction(1, 4), Fraction(-100, 1), Fraction(2, 3), Fraction(1, 1), None)
    """
    token = token.strip()
    if len(token) <= _MOST_DIGITS and _NUMBER.fullmatch(token):
        try:
            return Fraction(token)
        except ZeroDivisionError:
            return None
    return _WORDS.get(token.lower())


@dataclass(frozen=True)
class Table:
    """The cells of a table of numbers, as written.

    Attributes
    ----------
    rows : list of list of str
        Equally long.
    labels, header : tuple of str
        Of the rows and columns; empty where there are none.
    """

    rows: list[list[str]]
    labels: tuple[str, ...] = ()
    header: tuple[str, ...] = ()

    def numbers(self) -> list[list[Fraction]]:
        """The exact values.

        Raises
        ------
        InputError
            If a cell holds no number.
        """
        known: dict[str, Fraction] = {}
        for i, row in enumerate(self.rows):
            for j, token in enumerate(row):
                if token not in known:
                    value = number_of(token)
                    if value is None:
                        what = f"is {printable(token, 40)!r}, not a number" if token.strip() else "is empty; write 0"
                        raise InputError(f"entry ({i}, {j}) {what}")
                    known[token] = value
        return [[known[token] for token in row] for row in self.rows]

    def support(self) -> Support:
        """Where the values are not zero."""
        slash = next((token for row in self.rows for token in row if "/" in token), None)
        if slash is not None:
            raise InputError(f"holds {printable(slash, 40)!r}; a blank line separates factors, a line break rows")
        values = self.numbers()
        masks = [sum(1 << j for j, value in enumerate(row) if value) for row in values]
        return Support.from_masks((len(values), len(values[0])), masks)


def read_text(text: str, place: str, *, table: bool = False) -> list[Support | Table]:
    r"""The matrices in a text, separated by blank lines; lines that start with ``#`` are comments.

    Parameters
    ----------
    text : str
    place : str
        For error messages.
    table : bool
        It is known to be a table (``.csv``), never a drawing.

    Raises
    ------
    FormatError
        If a matrix is neither drawn nor a table.

    Examples
    --------
    >>> drawn, numbers = read_text("x.\nxx\n\n,g,f\na,0.8,0\nb,0.3,0.5", "example")
    >>> drawn, numbers.labels, numbers.header, numbers.support()
    (Support.from_text('10/11'), ('a', 'b'), ('g', 'f'), Support.from_text('10/11'))
    """
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        if line.strip(" "):
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    blocks = [block for block in blocks if any(line.strip() for line in block)]
    found: list[Support | Table] = []
    for number, block in enumerate(blocks):
        where = f"{place}: factors[{number}]" if len(blocks) > 1 else place
        try:
            found.append(_matrix(block, where, table=table))
        except FormatError:
            raise
        except InputError as error:
            raise FormatError(str(error), where) from None
    return found


def _matrix(lines: list[str], place: str, *, table: bool) -> Support | Table:
    whole = "\n".join(lines)
    separator = next((mark for mark in ("\t", ";", ",") if mark in whole), None)
    if separator is None:
        tokens = [line.split() for line in lines]
        if not table and ("*" in whole or "/" in whole) and not any(len(line) > 1 for line in tokens):
            raise FormatError("holds '*' or '/'; in files a blank line separates factors, a line break rows", place)
        if not table and _is_drawn(tokens, place):
            return Support.from_text(whole)
        return _table(tokens, place)
    try:
        cells = list(csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise FormatError(f"is not a table ({error})", place) from None
    if separator == ";":  # where the comma is the decimal point
        cells = [[re.sub(r"^\s*([+-]?\d*),(\d+)\s*$", r"\1.\2", cell) for cell in row] for row in cells]
    return _table(cells, place)


def _is_drawn(tokens: list[list[str]], place: str) -> bool:
    """Whether lines without separators are a drawing; what could be both is refused."""
    every = [token for line in tokens for token in line]
    several = any(len(line) > 1 for line in tokens)
    numbers = all(_NUMBER.fullmatch(token) for token in every)
    if not all(_DRAWN.issuperset(token) for token in every):
        # digits without a point, one word a line, are a drawing with a slip
        return not numbers or not (several or all(re.search("[.eE+-]", token) for token in every))
    dotted = [token for token in every if "." in token and len(token) > 1]
    if numbers and dotted and (several or any("0" in token for token in dotted)):
        raise FormatError(
            f"could be a drawing or numbers (such as {dotted[0]!r}); put commas between numbers, no spaces in drawings",
            place,
        )
    return True


def _is_label(cell: str) -> bool:
    """Whether a cell is no value, nor a number that cannot be used (nan, 1e999999)."""
    if not cell or number_of(cell) is not None:
        return False
    try:
        float(cell)
    except ValueError:
        return cell.upper() not in ("NA", "N/A", "NULL", "NONE")
    return False


def _table(cells: list[list[str]], place: str) -> Table:
    """Take labels off the first row and the first column."""
    cells = [[cell.strip() for cell in row] for row in cells]
    header: tuple[str, ...] = ()
    first = cells[0]
    # the corner above labels may be absent, as R writes tables
    short = len(cells) > 1 and len(first) == len(cells[1]) - 1
    beyond = first if short or len(first) == 1 else first[1:]
    if len(cells) > 1 and (short or first[0] == "" or any(_is_label(cell) for cell in beyond)):
        header, cells = tuple(first), cells[1:]
    elif len(cells) > 1 and len(first) > 2 and first == [str(j) for j in range(len(first))]:
        raise FormatError("its first row reads 0, 1, 2, …: take these labels away, or name them c0, c1, …", place)
    labels: tuple[str, ...] = ()
    corner = bool(header) and not short and header[0] == "" and len(header) > 1
    if short or corner or all(_is_label(row[0]) for row in cells if row):
        labels = tuple(row[0] for row in cells if row)
        cells = [row[1:] for row in cells]
        header = header[1:] if header and not short else header
    if not cells or not cells[0]:
        raise FormatError("holds labels and no numbers", place)
    for i, row in enumerate(cells):
        if len(row) != len(cells[0]):
            raise FormatError(f"row {i} has {len(row)} entries, row 0 has {len(cells[0])}", place)
    return Table(cells, labels, header)
