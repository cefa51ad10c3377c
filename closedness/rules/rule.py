"""A rule's row, and what a rule returns: a step to smaller questions, a proof, or a limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from closedness.algebra.laurent import Laurent
from closedness.supports.masks import Cell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from closedness.supports.pattern import Pattern
    from closedness.supports.support import Support

Node = dict[str, Any]
Curve = tuple[dict[Cell, Laurent], ...]
T = TypeVar("T")


@dataclass(frozen=True)
class Rule:
    """What there is to say about a rule; it stands at the end of the module that holds the rule.

    Attributes
    ----------
    id : str
        The name in proofs; its page is ``docs/rules/ID.md``.
    about : str
        What it speaks about: two factors, a chain of any length, or what the checker calls so.
    sentence : str
        For readers, why the set is closed, or why it is not.
    tell : callable or None
        Title and words of its step in reports, from its node and what is left when its turn comes: ``cells`` gives
        the looked-at cells of hidden indices where it is a pair, ``sizes`` the sizes of the factors of a chain.
    claim : {"closed", "not_closed", "either"}
        What it shows.
    written : tuple of str or None
        The checker's rules by which certificates say it, where these have other names; None where they need not.
    fields : tuple of {"real", "complex"}
        The numbers for which it holds.
    """

    id: str
    about: str
    sentence: str
    tell: Callable[[Node, Any], tuple[str, str]] | None = field(default=None, compare=False)
    claim: Literal["closed", "not_closed", "either"] = "closed"
    written: tuple[str, ...] | None = ()
    fields: tuple[Literal["real", "complex"], ...] = ("real", "complex")

    @property
    def steps(self) -> tuple[str, ...]:
        """The checker's rules by which certificates say it."""
        return () if self.written is None else self.written or (self.id,)


def sentence(rules: Sequence[Rule], name: str) -> str:
    """The sentence of one of several rows."""
    return next(rule.sentence for rule in rules if rule.id == name)


@dataclass(frozen=True)
class Step(Generic[T]):
    """One step of a search: what is left when a rule has been used, and the way back from there.

    Attributes
    ----------
    left : tuple
        Smaller questions, patterns or chains. The original set is closed if each of theirs is.
    node : callable
        Makes the proof node from those of the smaller questions.
    lift : callable or None
        Makes a limit of the original question from one of any of the smaller ones, or gives None. Without it
        nothing follows from such a limit, or its numbers are those of the original question anyway (patterns).
    full : int
        Bitmask of the hidden indices that were removed because they give all matrices on their cells.
    """

    left: tuple[T, ...]
    node: Callable[[Sequence[Node]], Node]
    lift: Callable[[Evidence], Evidence | None] | None = None
    full: int = 0


def without_terms(pattern: Pattern, removed: int) -> Pattern:
    """Forget the hidden indices of a bitmask; the looked-at cells stay."""
    return type(pattern)(
        tuple(tau & ~removed for tau in pattern.row_types),
        tuple(sigma & ~removed for sigma in pattern.col_types),
        pattern.cells,
    )


@dataclass(frozen=True)
class Proof:
    """A proof node that the set is closed, and one sentence for readers."""

    node: Node
    sentence: str


@dataclass(frozen=True)
class Evidence:
    """A target, a curve of factors that tends to it, and a refutation of membership.

    Attributes
    ----------
    rule : str
        Identifier of the criterion that found it.
    sentence : str
        One sentence for readers.
    target : dict of (row, column) to Fraction
    curve : tuple of dict
        Factors as multiplied, entries are Laurent polynomials.
    refutation : dict
        The table of `closedness.equations.membership.refutation_table`; empty as long as nobody has shown that the
        target is no product.
    merge : tuple of int or None
        Sizes of groups of neighbouring factors that may be merged for the refutation.
    about : tuple of Support or None
        The factors that the refutation speaks of, where these are not those of the question.
    dense : dict or None
        Where there is no curve: a block and factors at which the derivative shows that products are dense there, over
        the complex numbers (rule ``dominant-limit``).
    """

    rule: str
    sentence: str
    target: dict[Cell, Fraction]
    curve: Curve
    refutation: Node = field(default_factory=dict)
    merge: tuple[int, ...] | None = None
    about: tuple[Support, ...] | None = None
    dense: Node | None = None


# what rules and searches deliver, up to the verdict: the set is closed, or it is not
Finding = Proof | Evidence
