"""Rule ``dense``: one factor without zeros, against the case distinctions and Rado's condition by brute force."""

from __future__ import annotations

