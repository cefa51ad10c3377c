"""Optional packages: a test is skipped where one cannot be used, and says why."""

from typing import Any

import pytest

from closedness.errors import BackendError
from solvers.exchange import _module


def optional(name: str) -> Any:
    """The module as the product imports it; the test is skipped with the reason where that fails."""
    try:
        return _module(name)
    except BackendError as error:
        pytest.skip(str(error))
