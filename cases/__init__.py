"""Worked cases: supports from the literature and from practice, with their verdicts."""

from closedness import __version__

__all__ = ["__version__"]
