"""Each step of a proof as a picture: supports that shrink, entries that become known, variables that are settled."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from closedness.drawing.svg import Svg, embedded, svg_document, svg_text
from closedness.report.pictures import grid_svg, large_svg, pattern_svg
from closedness.report.replay import Equations, Factors, Shape
from closedness.report.steps import proof_steps
from closedness.report.strata import Stratum

if TYPE_CHECKING:
    from collections.abc import Iterable

    from closedness.certificate import Certificate
    from closedness.report.pictures import Grid
    from closedness.report.steps import Step

__all__ = ["captions", "step_svg", "trace_svg"]

LARGEST = 10
LARGEST_CHAIN = 64
MOST_STEPS = 40
_SIGNS = {
    "0": ("#EEEEEE", "#222222"),
    "1": ("#56B4E9", "#222222"),
    "≠": ("#0072B2", "#FFFFFF"),
    "s": ("#F0E442", "#222222"),
    "?": ("#FFFFFF", "#222222"),
    "": ("#FFFFFF", "#222222"),
    "*": ("#BBBBBB", "#222222"),
    "×": ("#BBBBBB", "#BBBBBB"),
}


_CAPTIONS: dict[type, str] = {
    Shape: "Numbers in cells are the hidden indices that reach them; a star marks entries no longer looked at.",
    Factors: "Of chains of factors: the supports, one beside the other.",
    Stratum: (
        "In case distinctions: ? unknown, ≠ not zero, 0 zero, * not looked at; small, the hidden indices that reach "
        "the cell; framed, the entry that the step is about."
    ),
    Equations: (
        "In the factors: ≠ known to be non-zero, 0 known to be zero, 1 scaled to one, s solved for, grey outside the "
        "support; framed, the entry of the target that the step uses."
    ),
}


def captions(steps: Iterable[Step]) -> list[str]:
    """What the signs in the pictures of these steps mean."""
    kinds = {type(step.state) for step in steps}
    return [words for kind, words in _CAPTIONS.items() if kind in kinds]


def step_svg(step: Step) -> Svg | None:
    """The state before a step: None when there is nothing to draw or it is too large to be readable.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> verdict = decide(SupportProduct.from_text("10/11 * 11/01"))
    >>> "W1" in step_svg(proof_steps(verdict.certificate)[0])
    True
    """
    state = step.state
    if isinstance(state, Shape):
        return pattern_svg(state.terms, state.free)
    if isinstance(state, Stratum):
        return _stratum_svg(state)
    if isinstance(state, Factors):
        return _factors_svg(state)
    return _equations_svg(state, step.entry) if isinstance(state, Equations) else None


def trace_svg(certificate: Certificate) -> Svg:
    """The whole proof from top to bottom, each step with its words and its picture.

    Parameters
    ----------
    certificate : Certificate
        A verified one; nothing is checked here.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> verdict = decide(SupportProduct.from_text("11./1.1/.11 * 111/111/111"))
    >>> trace_svg(verdict.certificate).startswith("<svg")
    True
    """
    steps = proof_steps(certificate)
    y, widest, parts = 8.0, 640.0, []
    for caption in captions(steps):
        for line in textwrap.wrap(caption, 92):
            y += 16
            parts.append(svg_text(14, y, line, 11, "#444444", anchor="start"))
    y += 28
    for number, step in enumerate(steps[:MOST_STEPS], 1):
        left = 14.0 + 18 * min(step.depth, 10)
        parts.append(svg_text(left, y, f"{number}. {step.title}", 14, weight="bold", anchor="start"))
        for line in textwrap.wrap(step.text, 92):
            y += 18
            parts.append(svg_text(left, y, line, 12, anchor="start"))
        picture = step_svg(step)
        if picture is not None:
            text, width, height = embedded(picture, left, y + 8)
            parts.append(text)
            y += height + 8
            widest = max(widest, left + width + 14)
        y += 32
    if len(steps) > MOST_STEPS:
        parts.append(svg_text(14, y, f"and {len(steps) - MOST_STEPS} more steps", 12, anchor="start"))
        y += 24
    return svg_document(widest, y - 8, f"{len(steps)} steps of a proof: {certificate.claim}", parts)


def _factors_svg(state: Factors) -> Svg | None:
    if max(max(support.shape) for support in state.supports) > LARGEST_CHAIN:
        return None
    named = [(f"W{number}", support) for number, support in enumerate(state.supports, 1)]
    return large_svg(named, [((), ())] * len(named), side=140.0)


def _stratum_svg(stratum: Stratum) -> Svg | None:
    rows, columns = stratum.state.rows, stratum.columns
    if not rows or not columns or max(len(rows), len(columns)) > LARGEST:
        return None
    cells = []
    for p, tau in enumerate(stratum.state.tau):
        line = []
        for j in columns:
            reach = tau & stratum.state.sigma[j]
            hidden = ",".join(str(k) for k in range(reach.bit_length()) if reach >> k & 1)
            line.append((stratum.sign(p, j), hidden))
        cells.append(line)
    marked = {(rows.index(stratum.marked[0]), columns.index(stratum.marked[1]))} if stratum.marked else set()
    return grid_svg([("", rows, columns, cells, marked)], _SIGNS)


def _equations_svg(state: Equations, entry: str) -> Svg | None:
    levels = state.levels
    if not levels or max(len(level) for level in levels) > LARGEST:
        return None
    grids: list[Grid] = []
    for number, support in enumerate(state.supports):
        rows, columns = levels[number], levels[number + 1]
        cells = [
            [(state.marks.get(f"{number}:{i}:{j}", "") if (i, j) in support else "×", "") for j in columns]
            for i in rows
        ]
        grids.append((f"W{number + 1}", rows, columns, cells, set()))
    rows, columns = levels[0], levels[-1]
    used = {(i, j): str(state.target.get((i, j), 0)) for i in rows for j in columns if f"{i}:{j}" in state.polys}
    target = [[(used.get((i, j), ""), "") for j in columns] for i in rows]
    marked = {(a, b) for a, i in enumerate(rows) for b, j in enumerate(columns) if entry == f"{i}:{j}"}
    grids.append(("A", rows, columns, target, marked))
    return grid_svg(grids, _SIGNS)
