"""Line charts with logarithmic axes, as SVG text: norms along a curve, errors beside their bounds.

Series differ in colour, dash and marker, so that they are told apart in black and white, too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from closedness.drawing.svg import COLOURS, Svg, svg_document

if TYPE_CHECKING:

    pass

__all__ = ["Series", "chart_svg"]

_INK = "#222222"
_STROKES = (
    ("#0072B2", "", "circle"),
    ("#D55E00", "7 4", "square"),
    ("#009E73", "2 3", "triangle"),
    ("#CC79A7", "9 3 2 3", "diamond"),
    (_INK, "1 2", ""),
)
assert all(colour in (*COLOURS, _INK) for colour, _, _ in _STROKES)


class Series(NamedTuple):
    """One line of a chart.

    Attributes
    ----------
    name : str
        For the legend; empty for none.
    points : sequence of (x, y)
        Positive numbers; others are left out.
    """

    name: str
    points: Sequence[tuple[float, float]]


def chart_svg(series: Sequence[Series], across: str, up: str, title: str) -> Svg:
    """Lines over two logarithmic axes.

    Parameters
    ----------
    series : sequence of Series
        At most five.
    across, up : str
        What the axes show.
    title : str
        For readers who hear the picture.

    Examples
    --------
    >>> picture = chart_svg([Series("error", [(0.1, 0.2), (0.01, 0.02)])], "noise", "error", "error by noise")
    >>> picture.count("<polyline"), picture.count("<circle")
    (2, 3)
    """
    drawn = [
        Series(each.name, [(math.log10(x), math.log10(y)) for x, y in each.points if x > 0 and y > 0])
        for each in series[: len(_STROKES)]
    ]
    everything = [point for each in drawn for point in each.points] or [(0.0, 0.0)]
    ranges = [_whole(min(values), max(values)) for values in zip(*everything, strict=True)]
    left, top, width, height = 62.0, 12.0, 330.0, 200.0

    def place(x: float, y: float) -> tuple[float, float]:
        (low, high), (bottom, upper) = ranges
        return left + width * (x - low) / (high - low), top + height * (upper - y) / (upper - bottom)

    parts = [f"<rect x='{left:g}' y='{top:g}' width='{width:g}' height='{height:g}' fill='white' stroke='#888888'/>"]
    for exponent in _ticks(*ranges[1]):
        _, y = place(0, exponent)
        parts.append(f"<line x1='{left:g}' x2='{left + width:g}' y1='{y:.1f}' y2='{y:.1f}' stroke='#DDDDDD'/>")
        parts.append(_words(left - 6, y + 4, _power(exponent), "end"))
    for exponent in _ticks(*ranges[0]):
        x, _ = place(exponent, 0)
        parts.append(f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{top:g}' y2='{top + height:g}' stroke='#DDDDDD'/>")
        parts.append(_words(x, top + height + 16, _power(exponent), "middle"))
    parts.append(_words(left + width / 2, top + height + 34, across, "middle"))
    middle = f"{14:g} {top + height / 2:g}"
    parts.append(f"<g transform='translate({middle}) rotate(-90)'>{_words(0, 0, up, 'middle')}</g>")
    beside = left + width + 14
    for number, (each, (colour, dash, marker)) in enumerate(zip(drawn, _STROKES, strict=False)):
        spots = [place(x, y) for x, y in each.points]
        parts.append(_line(spots, colour, dash))
        parts += [_mark(marker, x, y, colour) for x, y in spots] if len(spots) <= 40 else []
        if not each.name:
            continue
        y = top + 12 + 20 * number
        parts.append(_line([(beside, y), (beside + 34, y)], colour, dash))
        parts.append(_mark(marker, beside + 17, y, colour))
        parts.append(_words(beside + 42, y + 4, each.name, "start"))
    longest = max((len(each.name) for each in drawn), default=0)
    legend = 50 + 7.2 * longest if longest else 16
    return svg_document(beside + legend, top + height + 44, title, [part for part in parts if part])


def _whole(low: float, high: float) -> tuple[float, float]:
    """The range widened to whole decades."""
    first, last = math.floor(low + 1e-9), math.ceil(high - 1e-9)
    return float(first), float(max(last, first + 1))


def _ticks(low: float, high: float) -> range:
    return range(int(low), int(high) + 1, max(1, math.ceil((high - low) / 7)))


def _power(exponent: int) -> str:
    if 0 <= exponent <= 3:
        return str(10**exponent)
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _line(spots: Sequence[tuple[float, float]], colour: str, dash: str) -> str:
    dashed = f" stroke-dasharray='{dash}'" if dash else ""
    listed = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    return f"<polyline points='{listed}' fill='none' stroke='{colour}' stroke-width='2'{dashed}/>"


def _mark(marker: str, x: float, y: float, colour: str) -> str:
    if marker == "circle":
        return f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3.2' fill='{colour}'/>"
    corners = {
        "square": ((-3, -3), (3, -3), (3, 3), (-3, 3)),
        "triangle": ((0, -4), (4, 3), (-4, 3)),
        "diamond": ((0, -4.5), (4.5, 0), (0, 4.5), (-4.5, 0)),
    }.get(marker)
    if corners is None:
        return ""
    listed = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f"<polygon points='{listed}' fill='{colour}'/>"


def _words(x: float, y: float, text: str, anchor: str) -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='12' text-anchor='{anchor}' fill='{_INK}'>{escape(text)}</text>"
    )
