"""Words of the pages: the verdicts, and sections."""

from __future__ import annotations

__all__ = ["SENTENCES", "section"]

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
