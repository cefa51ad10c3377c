"""Lists of numbers and names in words, for what rules tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["counted", "indices", "numbers", "of_strata"]


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


def indices(terms: Sequence[int]) -> str:
    """Hidden indices in words, without "hidden".

    Examples
    --------
    >>> indices([2]), indices([0, 1])
    ('index 2', 'indices 0 and 1')
    """
    return ("index " if len(terms) == 1 else "indices ") + numbers(terms)


def of_strata(node: dict[str, Any]) -> str:
    """What a case distinction over all matrices shows, whatever the number of factors."""
    kinds = [str(each.get("do")) for each in node["nodes"]]
    splits = kinds.count("split")
    ends = sum(kind in ("generic", "family") for kind in kinds)
    return (
        f"All matrices are sorted by which entries vanish, after row and column operations that respect the supports "
        f"({splits} distinctions, {ends} final cases, {len(kinds)} steps). In each final case there are explicit "
        "factors, or a minor that vanishes on all products does not vanish here: no matrix is a limit without being a "
        "product."
    )
