"""Rule ``frames``: refutations by linear algebra, against products, other refutations and both checkers."""

from __future__ import annotations

