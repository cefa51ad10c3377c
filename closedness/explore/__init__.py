"""The explorer: draw supports and see the verdict, on a local page (``closedness explore``) or in a notebook."""

from closedness.explore.widget import explorer

__all__ = ["explorer"]
