"""What a not-closed criterion delivers, and how it is completed and verified."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.membership import decide_membership, refutation_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from closedness.curve import Term
    from closedness.product import SupportProduct

Cell = tuple[int, int]
Laurent = dict[int, Fraction]


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
        The table of `closedness.membership.refutation_table`.
    """

    rule: str
    sentence: str
    target: dict[Cell, Fraction]
    curve: tuple[dict[Cell, Laurent], ...]
    refutation: dict[str, Any]


def factors_of_terms(terms: Sequence[Term]) -> tuple[dict[Cell, Laurent], dict[Cell, Laurent]]:
    """Two factors whose column ``k`` and row ``k`` are the vectors of term ``k``."""
    left: dict[Cell, Laurent] = {}
    right: dict[Cell, Laurent] = {}
    for k, (x, y) in enumerate(terms):
        left.update({(i, k): entry for i, entry in x.items() if entry})
        right.update({(k, j): entry for j, entry in y.items() if entry})
    return left, right


def refute(
    product: SupportProduct,
    target: Mapping[Cell, Fraction],
    *,
    cells: Iterable[Cell] | None = None,
    steps: int = 20_000,
    cofactors: int | None = None,
    expired: Callable[[], bool] | None = None,
) -> dict[str, Any] | None:
    """Prove that the target is no product, or return None; the budgets are those of `decide_membership`."""
    outcome = decide_membership(product, target, cells=cells, steps=steps, cofactors=cofactors, expired=expired)
    return None if outcome.refutation is None else refutation_table(outcome.refutation)
