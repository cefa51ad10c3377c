"""The sibling packages ``solvers`` and ``cases``: their names are common words, so make sure they are ours."""

from __future__ import annotations

import importlib
from types import ModuleType

from closedness.errors import ForeignPackageError
from closedness.version import __version__

__all__ = ["sibling"]


def sibling(name: str) -> ModuleType:
    """Import ``solvers`` or ``cases``.

    Raises
    ------
    ForeignPackageError
        If it is missing, or belongs to another distribution or another version; the message names its path.

    Examples
    --------
    >>> sibling("cases").__name__
    'cases'
    """
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ForeignPackageError(f"the package {name!r} of closedness {__version__} is not installed") from None
    where = getattr(module, "__file__", None) or ", ".join(getattr(module, "__path__", ()))
    found = getattr(module, "__version__", None)
    if found != __version__:
        raise ForeignPackageError(
            f"the package {name!r} at {where} is not the one of closedness {__version__} (its version: {found}); "
            "another package of this name comes first on the import path"
        )
    return module
