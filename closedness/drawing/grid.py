"""One support as a grid of filled cells."""

from __future__ import annotations

from typing import Protocol

from closedness.drawing.svg import INK, LINE, Picture, Svg, cell_size, too_large

MAX_SVG_CELLS = 250_000


class Grid(Protocol):
    """What is drawn: anything with a shape and the columns of its cells, row by row."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """Column indices of the cells of each row, ascending."""


def support_svg(support: Grid) -> Svg:
    """One support as a grid with filled cells."""
    cell = cell_size([support.shape])
    m, n = support.shape
    title = f"support, {m} × {n}, {sum(map(len, support.rows))} cells"
    picture = Picture(n * cell + 20, m * cell + 20, title)
    if m * n > MAX_SVG_CELLS:
        return too_large(title)
    plain_grid(picture, support, 10, 10, cell)
    return picture.svg()


def plain_grid(picture: Picture, support: Grid, x: float, y: float, cell: float) -> None:
    """Filled cells in one colour; runs of cells are one stroke when there are many."""
    m, n = support.shape
    if cell >= 8:
        for i, row in enumerate(support.rows):
            for j in range(n):
                fill = INK if j in row else "white"
                picture.rect(x + j * cell, y + i * cell, cell, cell, fill, LINE)
        return
    for i, row in enumerate(support.rows):
        start = 0
        for k, j in enumerate(row):
            if k + 1 == len(row) or row[k + 1] != j + 1:
                picture.rect(x + row[start] * cell, y + i * cell, (j + 1 - row[start]) * cell, cell, INK)
                start = k + 1
    picture.rect(x, y, n * cell, m * cell, "none", LINE)
