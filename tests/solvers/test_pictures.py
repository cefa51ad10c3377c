"""Pictures of numerical results."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.linalg import hadamard

from closedness.errors import InputError
from solvers import factorize_butterfly
from solvers.pictures import bounds_svg


def test_errors_lie_between_their_bounds() -> None:
    noise = np.random.default_rng(1).standard_normal((16, 16))
    found = [(level, factorize_butterfly(hadamard(16) + level * noise)) for level in (0.01, 0.1, 1.0)]
    picture = bounds_svg(found, across="level")
    lines = re.findall(r"<polyline points='([^']*)'", picture)[::2]
    heights = [[float(point.split(",")[1]) for point in line.split()] for line in lines]
    assert len(heights) == 4
    for lower, error, bound, theorem in zip(*heights, strict=True):
        assert lower >= error >= bound >= theorem  # higher up means larger
    assert ">level</text>" in picture


def test_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="nothing to draw"):
        bounds_svg([])
