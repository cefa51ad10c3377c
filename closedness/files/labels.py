"""Names of rows, columns, hidden indices and factors, where a file gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from closedness.files.text import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Labels", "labels_of"]


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
