"""The norm of the factors along the curve of a counterexample."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from closedness.drawing.charts import Series, chart_svg
from closedness.drawing.svg import Svg

if TYPE_CHECKING:
    from closedness.verdict import Counterexample

__all__ = ["distance_and_size", "norms_svg"]


def norms_svg(example: Counterexample) -> Svg:
    """The norm of the factors against the distance from the target, along the curve of a counterexample.

    Both are Frobenius norms, in floating point; the norm is that of all factors together after balancing: for every
    hidden index, the column before it and the row behind it are scaled to the same length, which changes no product.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> verdict = decide(SupportProduct.from_text("10/11 * 11/01"))
    >>> "norm of the factors" in norms_svg(verdict.counterexample)
    True
    """
    points = []
    for step in range(25):
        t = 10.0 ** (-step / 4)
        distance, size = distance_and_size(example, t)
        points.append((distance, size))
    return chart_svg(
        [Series("along the curve, t → 0 to the left", points)],
        "distance of the product from the target",
        "norm of the factors",
        "norm of the balanced factors against the distance of their product from the target",
    )


def distance_and_size(example: Counterexample, t: float) -> tuple[float, float]:
    """Distance of the product at `t` from the target, computed exactly before rounding, and norm of balanced factors.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> verdict = decide(SupportProduct.from_text("10/11 * 11/01"))
    >>> distance, size = distance_and_size(verdict.counterexample, 1e-4)
    >>> distance == 1e-4, 150 < size < 250
    (True, True)
    """
    distance = math.sqrt(sum(_value(entry, t) ** 2 for entry in example.difference().values()))
    factors = [{cell: _value(entry, t) for cell, entry in factor.items()} for factor in example.curve]
    for _ in range(60):  # scalings of neighbouring levels converge quickly; one round is enough for two factors
        moved = 0.0
        for level in range(len(factors) - 1):
            columns: dict[int, float] = {}
            rows: dict[int, float] = {}
            for (_, k), value in factors[level].items():
                columns[k] = columns.get(k, 0.0) + value**2
            for (k, _), value in factors[level + 1].items():
                rows[k] = rows.get(k, 0.0) + value**2
            scale = {k: (rows[k] / columns[k]) ** 0.25 for k in columns if columns[k] > 0 and rows.get(k, 0.0) > 0}
            factors[level] = {(i, k): value * scale.get(k, 0.0) for (i, k), value in factors[level].items()}
            factors[level + 1] = {
                (k, j): value / scale[k] if k in scale else 0.0 for (k, j), value in factors[level + 1].items()
            }
            moved = max([moved, *(abs(math.log(value)) for value in scale.values())])
        if moved < 1e-6:
            break
    return distance, math.sqrt(sum(value**2 for factor in factors for value in factor.values()))


def _value(entry: dict[int, Fraction], t: float) -> float:
    return sum(float(v) * t**e for e, v in entry.items())
