"""Is a fixed rational matrix a product of matrices with the given supports? Exact answers."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

from closedness.algebra.bitsets import bits
from closedness.algebra.casesplit import CaseAnswer, CaseSplit, combine_node
from closedness.algebra.polysystem import Scaling, System
from closedness.budget import UNLIMITED, Budget
from closedness.elaboration.tables import flatten
from closedness.equations.bordered import BorderedSplit
from closedness.equations.minor_identity import rank_identity
from closedness.errors import BudgetExceeded
from closedness.supports.masks import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flint import fmpz_mpoly

    from closedness.algebra.nullstellensatz import Identity
    from closedness.supports.product import SupportProduct

# budget of the search for points in a number field: steps, and branches that are looked at
POINT_STEPS = 2_000
MOST_BRANCHES = 8
# terms times variables: more of them take longer to be written down, and more memory, than to give up
MOST_EXPONENTS = 20_000_000


def entry_paths(product: SupportProduct, i: int, j: int) -> list[tuple[Cell, ...]]:
    """The paths from row `i` to column `j`: one factor entry per factor."""
    paths: dict[int, list[tuple[Cell, ...]]] = {i: [()]}
    last = len(product.factors) - 1
    for number, factor in enumerate(product.factors):
        following: dict[int, list[tuple[Cell, ...]]] = {}
        for node, found in paths.items():
            for k in factor.rows[node]:
                if number < last or k == j:
                    following.setdefault(k, []).extend((*path, (node, k)) for path in found)
        paths = following
    return paths.get(j, [])


def membership_system(
    product: SupportProduct, target: Mapping[Cell, Fraction], cells: Iterable[Cell]
) -> System:
    """The equations "entry of the product = entry of the target" at the given cells.

    Variables are named ``l:i:j``, entry ``(i, j)`` of factor ``l``; the scalings of the hidden
    indices come with the system.
    """
    names: list[str] = []
    position: dict[str, int] = {}

    def variable(name: str) -> int:
        if name not in position:
            position[name] = len(names)
            names.append(name)
        return position[name]

    equations: dict[str, dict[tuple[int, ...], Fraction | int]] = {}
    written = 0
    for i, j in cells:
        terms: dict[tuple[int, ...], Fraction | int] = {}
        for path in entry_paths(product, i, j):
            terms[tuple(variable(f"{level}:{a}:{b}") for level, (a, b) in enumerate(path))] = 1
            written += 1
            if written * len(names) > MOST_EXPONENTS:
                raise BudgetExceeded(f"more than {written - 1} terms in {len(names)} variables: too many to be written")
        value = target.get((i, j), Fraction(0))
        if value:
            terms[()] = -value
        if terms:
            equations[f"{i}:{j}"] = terms
    weights: dict[tuple[int, int], dict[int, int]] = {}
    for name, v in position.items():
        level, a, b = map(int, name.split(":"))
        if level + 1 < len(product.factors):
            weights.setdefault((level, b), {})[v] = 1
        if level > 0:
            weights.setdefault((level - 1, a), {})[v] = -1
    scalings: list[Scaling] = sorted(weights.items())
    return System.build(names, equations, scalings)


def covered_cells(product: SupportProduct) -> list[Cell]:
    """The cells of the product's support, in order."""
    return [(i, j) for i in range(product.shape[0]) for j in bits(reached_columns(product, i))]


def reached_columns(product: SupportProduct, i: int) -> int:
    """Bitmask of the columns that some path from row `i` reaches."""
    reached = 1 << i
    for factor in product.factors:
        following = 0
        for node in bits(reached):
            following |= factor.row_masks[node]
        reached = following
    return reached


def decide_membership(
    product: SupportProduct,
    target: Mapping[Cell, Fraction],
    *,
    cells: Iterable[Cell] | None = None,
    steps: int = 20_000,
    cofactors: int | None = None,
    real: bool = False,
    budget: Budget = UNLIMITED,
) -> CaseAnswer:
    """Decide whether the target is a product, exactly.

    Case distinctions come first; if they do not get to an end, a minor that vanishes on all products, then case
    distinctions for bordered minors (two factors), points in a number field on the branches that are left, and
    identities ``1 = Σ h·f`` with cofactors computed exactly.

    Parameters
    ----------
    product : SupportProduct
    target : mapping of (row, column) to Fraction
        The non-zero entries.
    cells : iterable of (row, column), optional
        Use only these equations (a refutation may need only a few); all covered cells otherwise.
    steps : int
        Budget of elementary steps.
    cofactors : int, optional
        Budget of reductions for identities; a quarter of `steps` by default, none for 0.
    real : bool
        Whether sums of squares may be used in the end, so that a refutation may hold over R only.
    budget : Budget, optional
        Ends the search.

    Returns
    -------
    CaseAnswer
        With a refutation (valid over R and, unless it contains squares, over C), a rational point, a point in a number
        field (``algebraic``; real or, if its ``real`` is false, complex), or none of these. Points are verified by
        substitution into all equations.

    Examples
    --------
    >>> from closedness.supports.product import SupportProduct
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> swap = {(0, 1): Fraction(1), (1, 0): Fraction(1)}
    >>> decide_membership(lu, swap).refutation is not None
    True
    """
    target = {(int(i), int(j)): Fraction(value) for (i, j), value in target.items()}
    rows = {i: reached_columns(product, i) for i, _ in target}
    outside = [cell for cell, value in target.items() if value and not rows[cell[0]] >> cell[1] & 1]
    if outside:
        cell = min(outside)
        tree = {"do": "contradiction", "equation": f"{cell[0]}:{cell[1]}"}
        return CaseAnswer(refutation=tree, detail="an entry outside the product's support")
    try:
        system = membership_system(product, target, covered_cells(product) if cells is None else cells)
    except BudgetExceeded as error:
        return CaseAnswer(detail=str(error))
    reductions = steps // 4 if cofactors is None else cofactors
    search = CaseSplit(system, steps, budget=budget, cofactors=reductions)
    outcome = search.attempt()
    if outcome.settled or reductions <= 0:
        return outcome
    covered = set(covered_cells(product))
    m, n = product.shape
    zero = [(i, j) for i in range(m) for j in range(n) if (i, j) not in covered]
    minor = rank_identity(system.equations, target, zero, budget=budget)
    if minor is not None:
        return CaseAnswer(refutation=combine_node(system, system.equations, minor))
    if len(product.factors) == 2:
        bordered = BorderedSplit(product, target, system, reductions, budget=budget).attempt()
        if bordered.settled:
            return bordered
    points = CaseSplit(system, min(steps, POINT_STEPS), budget=budget, algebraic=MOST_BRANCHES).attempt()
    known = points.algebraic
    if points.settled and (known is None or known.real or not real):
        return points
    if known is not None:
        # a product over the complex numbers: only squares can refute it
        squares = _by_squares(product, target, system, steps, reductions, budget)
        return squares if squares.settled else points
    outcome = search.second_attempt()
    if outcome.settled or not real:
        return outcome
    return _by_squares(product, target, system, steps, reductions, budget)


def _by_squares(
    product: SupportProduct,
    target: Mapping[Cell, Fraction],
    system: System,
    steps: int,
    reductions: int,
    budget: Budget,
) -> CaseAnswer:
    """Search again, with sums of squares."""
    outcome = CaseAnswer()
    if len(product.factors) == 2:
        outcome = BorderedSplit(product, target, system, reductions, real=True, budget=budget).attempt()
    if not outcome.settled:
        outcome = CaseSplit(system, steps, budget=budget, cofactors=reductions, real=True).second_attempt()
    return outcome


def refutation_table(tree: dict[str, Any]) -> dict[str, Any]:
    """Write a refutation as the certificate's table, with the cells it mentions."""
    nodes = flatten(tree)
    labels = {node["equation"] for node in nodes if "equation" in node}
    labels |= {term["equation"] for node in nodes for term in node.get("terms", ())}
    labels -= {node["name"] for node in nodes if node["do"] == "derive"}
    cells = sorted([int(part) for part in label.split(":")] for label in labels)
    return {"cells": cells, "nodes": nodes}


class Identities(Protocol):
    """Whoever finds identities `Σ h·f = unit` for equations given by label; they must be verified."""

    def __call__(self, equations: Mapping[str, fmpz_mpoly], /) -> Identity | None:
        """Look for one."""


def refute(
    product: SupportProduct,
    target: Mapping[Cell, Fraction],
    *,
    cells: Iterable[Cell] | None = None,
    steps: int = 20_000,
    cofactors: int | None = None,
    real: bool = False,
    budget: Budget = UNLIMITED,
    identities: Identities | None = None,
) -> dict[str, Any] | None:
    """Prove that the target is no product, or return None; the budgets are those of `decide_membership`.

    Where the exact rules neither find a proof nor a point, `identities` is asked for an identity, such as
    `closedness.engines.Singular.cofactors`.
    """
    chosen = covered_cells(product) if cells is None else list(cells)
    outcome = decide_membership(
        product, target, cells=chosen, steps=steps, cofactors=cofactors, real=real, budget=budget
    )
    if not outcome.settled and identities is not None and not budget.expired():
        try:
            system = membership_system(product, target, chosen)
        except BudgetExceeded:
            return None
        found = identities(system.equations)
        if found is not None:
            return refutation_table(combine_node(system, system.equations, found))
    return None if outcome.refutation is None else refutation_table(outcome.refutation)
