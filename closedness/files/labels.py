"""Names of rows, columns, hidden indices and factors, where a file gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from closedness.files.text import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Labels", "labels_of"]

# lines as sentences of the rules name them: "row 3", "columns 0, 1 and 4"
_LINES = re.compile(r"\b(rows?|columns?|hidden ind(?:ex|ices)) (\d+(?:(?:, | and )\d+)*)\b(?![×.]\d)")


@dataclass(frozen=True)
class Labels:
    """Names along a chain of factors.

    Attributes
    ----------
    levels : tuple of tuple of str
        Names of the rows, of the hidden indices (level by level), and of the columns; empty where there are none.
    factors : tuple of str
        Names of the factors, as multiplied.

    Examples
    --------
    >>> labels = Labels((("a", "b"), (), ("c",)))
    >>> labels.name(0, 1), labels.name(1, 0), Labels().name(2, 0)
    ('b', '', '')
    """

    levels: tuple[tuple[str, ...], ...] = ()
    factors: tuple[str, ...] = ()

    def name(self, level: int, k: int) -> str:
        """The name of a line, or nothing."""
        return self.levels[level][k] if level < len(self.levels) and k < len(self.levels[level]) else ""

    def told(self, sentence: str) -> str:
        """The sentence with names in place of the numbers of lines that have one.

        Examples
        --------
        >>> labels = Labels((("age", "height", "weight"), ("g", "f"), ()))
        >>> labels.told("rows 0, 2 and columns 0, 1 share hidden index 1, of 3 rows")
        'rows age, weight and columns 0, 1 share hidden index f, of 3 rows'
        """
        last = len(self.levels) - 1

        def named(match: re.Match[str]) -> str:
            word, numbers = match.groups()
            if word.startswith("hidden") and last != 2:
                return match[0]  # between which factors is not said
            level = 0 if word.startswith("row") else last if word.startswith("column") else 1
            return f"{word} " + re.sub(r"\d+", lambda number: self.name(level, int(number[0])) or number[0], numbers)

        return _LINES.sub(named, sentence) if self.levels else sentence


def labels_of(matrices: Sequence[Any]) -> Labels:
    r"""The names in the tables among the factors, as multiplied.

    Examples
    --------
    >>> from closedness.files.text import read_text
    >>> labels_of(read_text(",f,g\na,1,0\nb,1,1\n\n,x\nf,1\ng,1", "example", table=True)).levels
    (('a', 'b'), ('f', 'g'), ('x',))
    """
    levels: list[tuple[str, ...]] = [()] * (len(matrices) + 1)
    for l, matrix in enumerate(matrices):
        if isinstance(matrix, Table):
            levels[l] = levels[l] or matrix.labels
            levels[l + 1] = matrix.header
    return Labels(tuple(levels)) if any(levels) else Labels()
