"""Rule ``triangular``: lower times upper times lower triangular matrices are all matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from closedness.rules.rule import Rule, Step
from closedness.supports.support import Support

if TYPE_CHECKING:
    from closedness.rules.chains.trim import Chain


@dataclass(frozen=True)
class Alternation:
    """Neighbouring square factors that hold triangular ones in turn, or the identity."""

    chain: Chain
    at: int
    kinds: tuple[str, ...]

    @property
    def shorter(self) -> Chain:
        """The chain with one dense factor in place of these."""
        n = self.chain[self.at].shape[0]
        dense = Support.from_masks((n, n), [(1 << n) - 1] * n)
        return (*self.chain[: self.at], dense, *self.chain[self.at + len(self.kinds) :])

    def node(self, then: dict[str, Any]) -> dict[str, Any]:
        """The proof node."""
        return {"rule": "triangular", "at": self.at, "kinds": list(self.kinds), "then": then}

    def step(self) -> Step[Chain]:
        """What is left is the shorter chain; a limit of it is not lifted."""
        return Step((self.shorter,), lambda nodes: self.node(nodes[0]))


def alternating(chain: Chain) -> Alternation | None:
    """Find neighbours that hold lower, upper, lower or upper, lower, upper triangular factors.

    Between them, and after them, other factors that hold the identity may stand.

    Examples
    --------
    >>> lower = Support.from_text("10/11")
    >>> found = alternating((lower, lower.T, lower.T, lower))
    >>> found.at, found.kinds
    (0, ('lower', 'upper', 'diagonal', 'lower'))
    """
    kinds = [_kinds(factor) for factor in chain]
    best: Alternation | None = None
    for at in range(len(chain)):
        for word in (("lower", "upper", "lower"), ("upper", "lower", "upper")):
            found: list[str] = []
            done = 0
            for factor, has in zip(chain[at:], kinds[at:], strict=True):
                if factor.shape != (chain[at].shape[0],) * 2 or "diagonal" not in has:
                    break
                if done < 3 and word[done] in has:
                    found.append(word[done])
                    done += 1
                else:
                    found.append("diagonal")
            if done == 3 and (best is None or len(found) > len(best.kinds)):
                best = Alternation(chain, at, tuple(found))
    return best


def _kinds(factor: Support) -> set[str]:
    """Which of the lower triangle, the upper triangle and the diagonal the support holds."""
    m, n = factor.shape
    if m != n:
        return set()
    found = set()
    masks = factor.row_masks
    if all(mask >> i & 1 for i, mask in enumerate(masks)):
        found.add("diagonal")
        if all(not ~mask & ((2 << i) - 1) for i, mask in enumerate(masks)):
            found.add("lower")
        if all(not ~mask & ((1 << n) - (1 << i)) for i, mask in enumerate(masks)):
            found.add("upper")
    return found


RULES = (
    Rule(
        "triangular",
        "chain",
        "triangular factors of both kinds in turn give all matrices, and what is left is closed",
        tell=lambda node, left: (
            "Triangular factors",
            f"Of the chain {left.sizes}, factors {node['at'] + 1} to {node['at'] + len(node['kinds'])} contain lower "
            "and upper triangular ones in turn; three of them give every matrix. One dense factor takes their place.",
        ),
    ),
)
