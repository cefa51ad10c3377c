"""Rule ``chain``: chainable Kronecker-sparse factors, recognised from the supports alone."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.rules.rule import Rule
from closedness.supports.support import Support

if TYPE_CHECKING:
    from closedness.rules.chains.trim import Chain

Parameters = tuple[int, int, int, int]


def chainable(first: Parameters, second: Parameters) -> bool:
    """``a_1 | a_2``, ``d_2 | d_1`` and ``a_1 c_1 / a_2 = b_2 d_2 / d_1`` is a positive integer.

    Examples
    --------
    >>> chainable((1, 2, 2, 2), (2, 2, 2, 1)), chainable((2, 2, 2, 1), (1, 2, 2, 2))
    (True, False)
    """
    (a1, _, c1, d1), (a2, b2, c2, d2) = first, second
    return (
        a1 * c1 * d1 == a2 * b2 * d2
        and a2 % a1 == 0
        and d1 % d2 == 0
        and (a1 * c1) % a2 == 0
        and (b2 * d2) % d1 == 0
        and (a1 * c1) // a2 == (b2 * d2) // d1
        and c2 > 0
    )


def parameters_of(support: Support) -> list[Parameters]:
    """All ``(a, b, c, d)`` with support ``I_a ⊗ 1_{b×c} ⊗ I_d``.

    Examples
    --------
    >>> parameters_of(Support.kronecker(2, 3, 2, 5))
    [(2, 3, 2, 5)]
    >>> parameters_of(Support.kronecker(4, 1, 1, 1))
    [(4, 1, 1, 1), (2, 1, 1, 2), (1, 1, 1, 4)]
    """
    m, n = support.shape
    row = list(bits(support.row_masks[0]))
    column = [i for i, mask in enumerate(support.row_masks) if mask & 1]
    c, b = len(row), len(column)
    if not row or not column or m * c != n * b or m % b or n % c:
        return []
    lines = row if c > 1 else column
    sizes = [lines[1] - lines[0]] if len(lines) > 1 else [d for d in range(1, m + 1) if m % d == 0]
    return [
        (m // (b * d), b, c, d)
        for d in sizes
        if m % (b * d) == 0 and Support.kronecker(m // (b * d), b, c, d) == support
    ]


def kronecker_chain(chain: Chain) -> dict[str, Any] | None:
    """The proof node when the supports form a chainable Kronecker-sparse chain."""
    ways: list[list[Parameters]] = []
    for factor in chain:
        found = parameters_of(factor)
        if not found:
            return None
        ways.append(found)
    # for each choice of the last factor one choice of the others
    best: dict[Parameters, list[Parameters]] = {choice: [choice] for choice in ways[0]}
    for choices in ways[1:]:
        following = {}
        for choice in choices:
            for last, path in best.items():
                if chainable(last, choice):
                    following[choice] = [*path, choice]
                    break
        best = following
    for path in best.values():
        assert all(chainable(a, b) for a, b in pairwise(path))
        return {"rule": "chain", "parameters": [list(choice) for choice in path]}
    return None


def _told(node: dict[str, Any], left: Any) -> tuple[str, str]:
    patterns = ", ".join(str(tuple(parameters)) for parameters in node["parameters"])
    return (
        "Kronecker-sparse chain",
        f"The factors are I_a ⊗ 1_(b×c) ⊗ I_d with (a, b, c, d) = {patterns}, and neighbours fit together "
        "(chainable). The products are exactly the matrices whose blocks have bounded ranks, a closed condition.",
    )


RULES = (
    Rule(
        "chain",
        "chain",
        "the factors are a chainable Kronecker-sparse chain, described by ranks of blocks",
        tell=_told,
        written=("peel", "single"),
    ),
)
