"""Lists and numbers in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def numbers(values: Sequence[int | str]) -> str:
    """A short list of numbers in words.

    Examples
    --------
    >>> numbers([3]), numbers([0, 1, 4]), numbers([])
    ('3', '0, 1 and 4', 'none')
    """
    if not values:
        return "none"
    shown = [str(value) for value in values[:12]]
    if len(values) > 12:
        return ", ".join(shown) + f" and {len(values) - 12} more"
    return shown[0] if len(shown) == 1 else ", ".join(shown[:-1]) + " and " + shown[-1]


def counted(one: str, values: Sequence[int | str]) -> str:
    """Names with their noun, in the singular or the plural.

    Examples
    --------
    >>> counted("row", [3]), counted("row", [0, 2]), counted("row", [])
    ('row 3', 'rows 0 and 2', 'no row')
    """
    return f"no {one}" if not values else f"{one}{'s' if len(values) > 1 else ''} {numbers(values)}"
