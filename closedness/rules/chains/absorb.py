"""Rule ``absorb``: a square factor that holds the diagonal and adds nothing to its neighbour's support is left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.rules.chains.fusion import unfused
from closedness.rules.rule import Rule, Step

if TYPE_CHECKING:
    from closedness.rules.chains.trim import Chain
    from closedness.rules.rule import Curve, Evidence
    from closedness.supports.support import Support


def holds_identity(factor: Support) -> bool:
    """Whether a support is square and holds the diagonal."""
    m, n = factor.shape
    return m == n and all(mask >> i & 1 for i, mask in enumerate(factor.row_masks))


@dataclass(frozen=True)
class Absorption:
    """Factor ``at`` is left out; its neighbour on the side ``into`` already gives all that both give."""

    chain: Chain
    at: int
    into: str

    @property
    def shorter(self) -> Chain:
        """The chain without the factor."""
        return (*self.chain[: self.at], *self.chain[self.at + 1 :])

    def node(self, then: dict[str, Any]) -> dict[str, Any]:
        """The proof node."""
        return {"rule": "absorb", "at": self.at, "into": self.into, "then": then}

    def step(self) -> Step[Chain]:
        """What is left is the shorter chain, with limits that are lifted."""
        at = self.at if self.into == "right" else self.at - 1

        def lift(found: Evidence) -> Evidence:
            return replace(found, curve=self.lift(found.curve), merge=unfused(found.merge, at, self.chain))

        return Step((self.shorter,), lambda nodes: self.node(nodes[0]), lift)

    def lift(self, curve: Curve) -> Curve:
        """The curve for the longer chain: the factor is the identity, as far as it is needed."""
        # all indices that some entry of the curve on the left, or else on the right, touches
        touched = {j for _, j in curve[self.at - 1]} if self.at else {i for i, _ in curve[self.at]}
        identity = {(k, k): {0: Fraction(1)} for k in sorted(touched)}
        return (*curve[: self.at], identity, *curve[self.at :])


def absorption(chain: Chain) -> Absorption | None:
    """Find a factor whose neighbour absorbs it.

    Examples
    --------
    >>> from closedness.supports.support import Support
    >>> lower = Support.from_text("10/11")
    >>> found = absorption((lower, lower, lower.T))
    >>> found.at, found.into, len(found.shorter)
    (0, 'right', 2)
    """
    if len(chain) < 2:
        return None
    for at, factor in enumerate(chain):
        if not holds_identity(factor):
            continue
        if at + 1 < len(chain) and factor @ chain[at + 1] == chain[at + 1]:
            return Absorption(chain, at, "right")
        if at and chain[at - 1] @ factor == chain[at - 1]:
            return Absorption(chain, at, "left")
    return None


RULES = (
    Rule(
        "absorb",
        "chain",
        "factors that add nothing to their neighbours are left out, and what is left is closed",
        tell=lambda node, left: (
            "Absorption",
            f"Of the chain {left.sizes}, factor {node['at'] + 1} may be the identity, and it adds no entry to the "
            f"support of factor {node['at'] + (2 if node['into'] == 'right' else 0)}. It is left out.",
        ),
        written=("fusion",),
    ),
)

__all__ = ["Absorption", "absorption", "holds_identity"]
