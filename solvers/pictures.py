"""Pictures of numerical results, as SVG text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from closedness.drawing.charts import Series, chart_svg
from closedness.errors import InputError

if TYPE_CHECKING:
    from closedness.drawing.svg import Svg
    from solvers.butterfly_result import ButterflyFactorization

__all__ = ["bounds_svg"]


def bounds_svg(results: Iterable[tuple[float, ButterflyFactorization]], across: str = "relative noise") -> Svg:
    """Errors of butterfly factorisations between the lower bound and the bounds that hold for them.

    Parameters
    ----------
    results : iterable of (float, ButterflyFactorization)
        What varies (positive), and the factorisation; at least one.
    across : str
        What varies, in words.

    Returns
    -------
    Svg
        All errors and bounds relative to the norm of the matrix (Frobenius).

    Raises
    ------
    InputError
        If there is nothing to draw.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.linalg import hadamard
    >>> from solvers import factorize_butterfly
    >>> noise = np.random.default_rng(0).standard_normal((8, 8))
    >>> found = [(level, factorize_butterfly(hadamard(8) + level * noise)) for level in (0.01, 0.1)]
    >>> "lower bound" in bounds_svg(found)
    True
    """
    listed = [(float(level), found) for level, found in results]
    if not listed:
        raise InputError("results is empty, there is nothing to draw")
    lines = {
        "lower bound": [(level, found.lower_bound / found.norm) for level, found in listed],
        "error": [(level, found.relative_error) for level, found in listed],
        "bound": [(level, found.bound / found.norm) for level, found in listed],
        "bound of Theorem VII": [(level, found.theorem_vii_bound / found.norm) for level, found in listed],
    }
    series = [Series(name, points) for name, points in lines.items()]
    return chart_svg(series, across, "relative error", "error of butterfly factorisations between their bounds")
