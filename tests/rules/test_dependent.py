"""Rule ``dependent``: the curves tend to their targets, which have the ranks that are meant, and are no products."""

from __future__ import annotations



