"""SVG documents, strokes, and cells that several classes own."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

__all__ = [
    "COLOURS",
    "INK",
    "LINE",
    "Picture",
    "Svg",
    "cell_size",
    "class_colour",
    "class_name",
    "decimal",
    "draw_cell",
    "embedded",
    "letter_colour",
    "svg_document",
    "svg_text",
    "too_large",
]

COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#BBBBBB")
"""Okabe and Ito's palette, with grey for black."""


_DARK = {"#009E73", "#0072B2", "#D55E00"}  # white letters on these


INK = "#222222"
LINE = "#BFBFBF"


_FONT = "font-family='DejaVu Sans, Arial, sans-serif'"


_HATCHES = (
    "",
    "M0,8 L8,0",
    "M0,0 L8,8",
    "M0,4 L8,4",
    "M4,0 L4,8",
    "M0,4 L8,4 M4,0 L4,8",
    "M0,0 L8,8 M0,8 L8,0",
    "M3,4 a1,1 0 1,0 2,0 a1,1 0 1,0 -2,0",
)


class Svg(str):
    """SVG text that notebooks display as a picture.

    Examples
    --------
    >>> str(svg_document(10, 10, "nothing", []))[:4]
    '<svg'
    """

    __slots__ = ()

    def _repr_svg_(self) -> str:
        return str(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to a file (UTF-8)."""
        Path(path).write_text(self, encoding="utf-8")


def class_name(number: int) -> str:
    """Letter of a class: A … Z, AA, AB, ….

    Examples
    --------
    >>> [class_name(number) for number in (0, 25, 26)]
    ['A', 'Z', 'AA']
    """
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def svg_document(width: float, height: float, title: str, body: Iterable[str]) -> Svg:
    """A picture from its parts, on white ground.

    Examples
    --------
    >>> svg_document(10, 10, "a dot", ["<circle cx='5' cy='5' r='2'/>"]).count("<title>a dot</title>")
    1
    """
    w, h = math.ceil(width), math.ceil(height)
    return Svg(
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{w}' height='{h}' viewBox='0 0 {w} {h}' role='img' {_FONT}>\n"
        f"<title>{escape(title)}</title>\n<rect width='{w}' height='{h}' fill='white'/>\n"
        + "\n".join(body)
        + "\n</svg>\n"
    )


def svg_text(
    x: float, y: float, text: str, size: float, fill: str = INK, weight: str = "normal", anchor: str = "middle"
) -> str:
    """A text element.

    Examples
    --------
    >>> svg_text(1, 2, "a < b", 12)
    "<text x='1' y='2' font-size='12' font-weight='normal' text-anchor='middle' fill='#222222'>a &lt; b</text>"
    """
    return (
        f"<text x='{decimal(x)}' y='{decimal(y)}' font-size='{decimal(size)}' font-weight='{weight}' "
        f"text-anchor='{anchor}' fill='{fill}'>{escape(text)}</text>"
    )


def embedded(picture: str, x: float, y: float) -> tuple[str, float, float]:
    """A picture as part of another one, at a place; its width and height.

    Examples
    --------
    >>> from closedness import Support
    >>> embedded(svg_document(48, 48, "nothing", []), 5, 7)[1:]
    (48.0, 48.0)
    """
    head = picture[: picture.index(">")]
    width, height = (float(head.partition(f" {name}='")[2].partition("'")[0]) for name in ("width", "height"))
    return picture.replace("<svg ", f"<svg x='{decimal(x)}' y='{decimal(y)}' ", 1).strip(), width, height


class Picture:
    """An SVG document under construction."""

    def __init__(self, width: float, height: float, title: str) -> None:
        self._size = (math.ceil(width), math.ceil(height))
        self._title = title
        self._hatches: set[int] = set()
        self._parts: list[str] = []

    def rect(self, x: float, y: float, w: float, h: float, fill: str, stroke: str = "none") -> None:
        """A rectangle."""
        place = f"x='{decimal(x)}' y='{decimal(y)}' width='{decimal(w)}' height='{decimal(h)}'"
        self._parts.append(f"<rect {place} fill='{fill}' stroke='{stroke}'/>")

    def frame(self, x: float, y: float, side: float) -> None:
        """A frame inside a cell, dark on light."""
        wide = min(3.0, side / 4)
        place = f"x='{decimal(x + wide)}' y='{decimal(y + wide)}'"
        size = f"width='{decimal(side - 2 * wide)}' height='{decimal(side - 2 * wide)}' fill='none'"
        self._parts.append(f"<rect {place} {size} stroke='white' stroke-width='{decimal(1.8 * wide)}'/>")
        self._parts.append(f"<rect {place} {size} stroke='{INK}' stroke-width='{decimal(wide)}'/>")

    def hatch(self, x: float, y: float, w: float, h: float, number: int) -> None:
        """Hatch a rectangle with one of the patterns."""
        number %= len(_HATCHES)
        if _HATCHES[number]:
            self._hatches.add(number)
            self.rect(x, y, w, h, f"url(#closedness-hatch-{number})")

    def line(self, x1: float, y1: float, x2: float, y2: float, dash: str) -> None:
        """A thick line."""
        dashed = f" stroke-dasharray='{dash}'" if dash else ""
        self._parts.append(
            f"<line x1='{decimal(x1)}' y1='{decimal(y1)}' x2='{decimal(x2)}' y2='{decimal(y2)}' "
            f"stroke='{INK}' stroke-width='2'{dashed}/>"
        )

    def circle(self, x: float, y: float, r: float, fill: str) -> None:
        """A circle with an outline."""
        place = f"cx='{decimal(x)}' cy='{decimal(y)}' r='{decimal(r)}'"
        self._parts.append(f"<circle {place} fill='{fill}' stroke='{INK}' stroke-width='1.5'/>")

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        fill: str = INK,
        weight: str = "normal",
        anchor: str = "middle",
        halo: bool = False,
    ) -> None:
        """Words, anchored at a point."""
        stroke = " stroke='white' stroke-width='4' paint-order='stroke'" if halo else ""
        self._parts.append(
            f"<text x='{decimal(x)}' y='{decimal(y)}' font-size='{decimal(size)}' font-weight='{weight}' "
            f"text-anchor='{anchor}' fill='{fill}'{stroke}>{escape(text)}</text>"
        )

    def svg(self) -> Svg:
        """The finished document."""
        width, height = self._size
        hatches = "".join(
            f"<pattern id='closedness-hatch-{number}' width='8' height='8' patternUnits='userSpaceOnUse'>"
            f"<path d='{_HATCHES[number]}' fill='none' stroke='{INK}' stroke-opacity='0.45'/></pattern>\n"
            for number in sorted(self._hatches)
        )
        defs = f"<defs>\n{hatches}</defs>\n" if hatches else ""
        return Svg(
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
            f"viewBox='0 0 {width} {height}' role='img' {_FONT}>\n<title>{escape(self._title)}</title>\n{defs}"
            f"<rect width='{width}' height='{height}' fill='white'/>\n" + "\n".join(self._parts) + "\n</svg>\n"
        )


def draw_cell(picture: Picture, x: float, y: float, size: float, owners: Sequence[int]) -> None:
    """One cell, divided among the classes that own it."""
    if not owners:
        if size >= 8:
            picture.rect(x, y, size, size, "white", LINE)
        return
    across = math.ceil(math.sqrt(len(owners)))
    down = math.ceil(len(owners) / across)
    for t, c in enumerate(owners):
        in_row = across if t // across < down - 1 else len(owners) - across * (down - 1)
        w, h = size / in_row, size / down
        tx, ty = x + (t % across) * w, y + (t // across) * h
        edge = "white" if len(owners) > 1 and w >= 8 else "none"
        picture.rect(tx, ty, w, h, "white" if c < 0 else class_colour(c), edge)
        if c >= 0:
            name = class_name(c)
            font = min(0.6 * h, 0.95 * w / len(name))
            if font < 7 or c >= len(COLOURS):
                picture.hatch(tx, ty, w, h, c + c // len(COLOURS))
            if font >= 5:
                picture.text(tx + w / 2, ty + h / 2 + 0.36 * font, name, font, letter_colour(c), "bold")
    if size >= 8:
        picture.rect(x, y, size, size, "none", "#555555")


def cell_size(shapes: Iterable[tuple[int, int]]) -> float:
    """Side of a cell, so that the longest line stays on the page."""
    longest = max(max(shape) for shape in shapes)
    return 28.0 if longest <= 16 else max(1.0, float(448 // longest))


def class_colour(c: int) -> str:
    """Fill of a class."""
    return COLOURS[c % len(COLOURS)]


def letter_colour(c: int) -> str:
    """Colour of a letter on the fill of a class."""
    return "white" if class_colour(c) in _DARK else INK


def too_large(text: str) -> Svg:
    """A picture that only says so."""
    picture = Picture(8 * len(text) + 160, 40, text)
    picture.text(10, 25, f"{text}: too large to draw", 13, anchor="start")
    return picture.svg()


def decimal(value: float) -> str:
    """Shortest decimal with at most two digits after the point."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
