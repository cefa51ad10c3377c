"""Rule ``blocks``: the curves tend to their targets, and verdicts agree with the engine and with theorems."""

from __future__ import annotations

