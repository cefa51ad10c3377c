"""What a not-closed criterion delivers, and how it is completed and verified."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

from closedness.casesplit import combine_node
from closedness.membership import covered_cells, decide_membership, membership_system, refutation_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from flint import fmpz_mpoly

    from closedness.curve import Term
    from closedness.nullstellensatz import Identity
    from closedness.product import SupportProduct

Cell = tuple[int, int]
Laurent = dict[int, Fraction]


class Identities(Protocol):
    """Whoever finds identities `Σ h·f = unit` for equations given by label; they must be verified."""

    def __call__(self, equations: Mapping[str, fmpz_mpoly], /) -> Identity | None:
        """Look for one."""


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
    real: bool = False,
    expired: Callable[[], bool] | None = None,
    identities: Identities | None = None,
) -> dict[str, Any] | None:
    """Prove that the target is no product, or return None; the budgets are those of `decide_membership`.

    Where the exact rules neither find a proof nor a point, `identities` is asked for an identity, such as
    `closedness.backends.Singular.cofactors`.
    """
    chosen = covered_cells(product) if cells is None else list(cells)
    outcome = decide_membership(
        product, target, cells=chosen, steps=steps, cofactors=cofactors, real=real, expired=expired
    )
    if not outcome.settled and identities is not None and not (expired is not None and expired()):
        system = membership_system(product, target, chosen)
        found = identities(system.equations)
        if found is not None:
            return refutation_table(combine_node(system, system.equations, found))
    return None if outcome.refutation is None else refutation_table(outcome.refutation)
