"""Words of the pages: the verdicts, lists and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["SENTENCES", "counted", "numbers", "section"]

SENTENCES = {
    "closed": (
        "Every matrix has a best factorisation with these supports.",
        "However you choose the target matrix, there are factors that come as near to it as any factors with this "
        "pattern of zeros can. Searching for them is a well-posed problem.",
    ),
    "not_closed": (
        "Some matrices have no best factorisation with these supports.",
        "There is a target matrix that factors with this pattern of zeros approach as closely as you like but never "
        "reach, and the nearer they come, the larger their entries grow. An optimiser that is given such a target does "
        "not converge: the error creeps down while the factors diverge.",
    ),
    "undecided": (
        "The question is not decided.",
        "Neither a proof nor a counterexample was found within the limits of this run. Nothing can be concluded.",
    ),
}
"""What each verdict means, short and long."""


def section(name: str, title: str, body: str) -> str:
    """A section of a page.

    Examples
    --------
    >>> section("check", "How to check it", "<p>Run it.</p>").splitlines()[1]
    '<h2>How to check it</h2>'
    """
    return f"<section id='{name}'>\n<h2>{title}</h2>\n{body}\n</section>"


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
