"""What the tests of rules share."""

from __future__ import annotations

import random

import pytest


@pytest.fixture(params=range(40))
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.param)
