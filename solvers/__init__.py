"""Numerical solvers for factorisation with fixed supports."""

from closedness import __version__

__all__ = ["__version__"]
