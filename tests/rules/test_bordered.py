"""Rule ``bordered``: low rank plus sparse, against the membership search and both checkers."""

from __future__ import annotations


