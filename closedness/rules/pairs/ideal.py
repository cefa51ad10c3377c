"""Rule ``ideal``: the set is all zeros of polynomials that vanish on it, on the word of a real-algebra engine.

If no matrix on which the polynomials of `closedness.equations.vanishing` vanish lies outside of the set, the set is
closed, as a zero set of polynomials; no quantifier over distances is needed. Otherwise such a matrix is the first
candidate for a limit that is not attained.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import mask_of
from closedness.algebra.nullstellensatz import identity
from closedness.budget import Budget
from closedness.engines.sentences.image import image
from closedness.engines.sentences.logic import TRUE, Atom, Case, Not, Query, any_of, forall
from closedness.engines.sentences.polynomials import ONE, ZERO, Poly, total, variable
from closedness.engines.sentences.torus import spanning_forest
from closedness.equations.membership import decide_membership
from closedness.equations.vanishing import Polynomial, cells_of, value_at, vanishing_polynomials, written
from closedness.errors import BudgetExceeded
from closedness.rules.generic import generic_factor
from closedness.rules.rule import Rule
from closedness.rules.strata.distinctions import FamilyProver
from closedness.rules.strata.family import Family
from closedness.rules.strata.pieces import PieceProver
from closedness.rules.strata.section import SearchExhausted
from closedness.rules.strata.strata import covered
from closedness.supports.masks import Cell
from closedness.supports.pattern import Pattern
from closedness.supports.product import SupportProduct
from closedness.supports.state import State, with_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from closedness.engines import Backend
    from closedness.engines.sentences.logic import Formula

Target = dict[Cell, Fraction]
MOST_PATTERNS = 4_096
MOST_CASES = 400
# reductions to find that the polynomials have no common zero in a stratum
IDENTITY_STEPS = 500

__all__ = ["IdealAnswer", "ideal"]


@dataclass(frozen=True)
class IdealAnswer:
    """What the rule found.

    Attributes
    ----------
    node : dict or None
        The proof node, if the engine finds no zero outside of the set.
    target : dict of (row, column) to Fraction, or None
        A rational zero of all the polynomials that is not a product.
    polynomials : tuple
        The polynomials.
    detail : str
        What happened, in a few words.
    """

    node: dict[str, Any] | None
    target: Target | None
    polynomials: tuple[Polynomial, ...]
    detail: str


# ---- zeros outside of the set ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Stratum:
    """Matrices with given non-zero cells, as many of them as possible scaled to one."""

    nonzero: tuple[Cell, ...]
    ones: frozenset[Cell]

    @property
    def free(self) -> tuple[Cell, ...]:
        return tuple(cell for cell in self.nonzero if cell not in self.ones)

    def restricted(self, polys: Iterable[Polynomial]) -> list[Polynomial] | None:
        """The polynomials in the free entries; None if one of them cannot vanish."""
        present, result = set(self.nonzero), []
        for poly in polys:
            small: Polynomial = defaultdict(int)
            for cells, value in poly.items():
                if present.issuperset(cells):
                    small[tuple(cell for cell in cells if cell not in self.ones)] += value
            small = {cells: value for cells, value in small.items() if value}
            if len(small) == 1:
                return None
            if small:
                result.append(small)
        return result

    def state(self, pattern: Pattern) -> State:
        """What is known of these matrices, for the exact rules."""
        state = State.start(pattern)
        present = set(self.nonzero)
        for i, j in cells_of(pattern):
            if i in state.rows and state.star[p := state.rows.index(i)] >> j & 1:
                state = with_entry(state, p, j, zero=(i, j) not in present)
        return state


def _strata(pattern: Pattern) -> list[_Stratum] | None:
    """One stratum for each zero pattern up to exchange of neighbours that are alike; None if there are too many."""
    cells = cells_of(pattern)
    if 2 ** len(cells) > MOST_PATTERNS * 16:
        return None
    seen: set[tuple[tuple[int, ...], ...]] = set()
    found = []
    kinds = [(pattern.row_types[i], pattern.cells[i]) for i in range(pattern.shape[0])]
    turned = pattern.T
    column_kinds = [(turned.row_types[j], turned.cells[j]) for j in range(pattern.shape[1])]
    for mask in range(1 << len(cells)):
        chosen = [cell for p, cell in enumerate(cells) if mask >> p & 1]
        key = _sorted_form(chosen, kinds, column_kinds)
        if key in seen:
            continue
        seen.add(key)
        found.append(_Stratum(tuple(chosen), spanning_forest(chosen)))
        if len(found) > MOST_PATTERNS:
            return None
    return sorted(found, key=lambda stratum: len(stratum.nonzero))


def _sorted_form(
    chosen: Sequence[Cell], kinds: Sequence[tuple[int, int]], column_kinds: Sequence[tuple[int, int]]
) -> tuple[tuple[int, ...], ...]:
    """A form that some, though not all, exchanges of alike rows and columns lead to."""
    rows = [mask_of(j for a, j in chosen if a == i) for i in range(len(kinds))]
    best: tuple[tuple[int, ...], ...] = ()
    for _ in range(2):
        order = sorted(range(len(kinds)), key=lambda i: (kinds[i], rows[i]))
        columns = [mask_of(p for p, i in enumerate(order) if rows[i] >> j & 1) for j in range(len(column_kinds))]
        across = sorted(range(len(column_kinds)), key=lambda j: (column_kinds[j], columns[j]))
        rows = [mask_of(q for q, j in enumerate(across) if rows[i] >> j & 1) for i in order]
        best = tuple((kind[0], row) for kind, row in zip(sorted(kinds), rows, strict=True))
        kinds, column_kinds = sorted(kinds), sorted(column_kinds)
    return best


def _product_of(pattern: Pattern) -> SupportProduct:
    width = max(1, pattern.terms.bit_length())
    left = [[tau >> k & 1 for k in range(width)] for tau in pattern.row_types]
    right = [[sigma >> k & 1 for k in range(width)] for sigma in pattern.col_types]
    return SupportProduct.from_pair(left, right)


def ideal(
    pattern: Pattern,
    *,
    seconds: float | None = 20.0,
    memory_mb: int | None = 2048,
    degree: int = 4,
    exact: bool = True,
    backend: Backend | None = None,
) -> IdealAnswer:
    """Ask whether some zero of all polynomials that vanish on the set is no product.

    Strata of matrices (zero patterns, with as many entries as possible scaled to one) are settled exactly where that is
    easy; the engine is asked about the others. Both are named in the proof node, which does not repeat their work.

    Parameters
    ----------
    pattern : Pattern
    seconds : float, optional
        Limit on wall time.
    memory_mb : int, optional
        Limit on the memory of the engine's process.
    degree : int
        Degree of the polynomials.
    exact : bool
        Whether to settle strata exactly first; otherwise the engine is asked about all of them.
    backend : Backend, optional
        z3 by default.

    Returns
    -------
    IdealAnswer

    Examples
    --------
    >>> ideal(Pattern.of_types([1, 1], [1, 1])).node["answer"]
    'unsat'
    """
    from closedness.engines import Z3
    from closedness.version import __version__

    budget = Budget(seconds)
    try:
        polys = tuple(vanishing_polynomials(pattern, degree, budget=budget.part(0.3)))
    except BudgetExceeded as error:
        return IdealAnswer(None, None, (), str(error))
    strata = _strata(pattern)
    if strata is None:
        return IdealAnswer(None, None, polys, "too many zero patterns")
    product = _product_of(pattern)
    cells = cells_of(pattern)
    cases = []
    by_itself = False
    for stratum in strata:
        if budget.expired():
            return IdealAnswer(None, None, polys, "out of time")
        left = stratum.restricted(polys)
        if left is None:
            continue
        settled, target = _exactly(product, pattern, stratum, left, budget) if exact else (False, None)
        if target is not None:
            return IdealAnswer(None, target, polys, "a zero of the polynomials is no product")
        by_itself |= settled
        if not settled:
            cases.append(_case(product, cells, stratum, left))
            if len(cases) > MOST_CASES:
                return IdealAnswer(None, None, polys, "too many zero patterns are left for the engine")
    engine = backend or Z3()
    query = Query("a matrix on which the polynomials vanish is no product", tuple(cases))
    answer = engine.solve(query, budget.left(), memory_mb)
    name = answer.name if answer.version else f"{engine.name} {engine.version}".strip()
    own = f"closedness {__version__}"
    name = own if not cases else f"{name} with {own}" if by_itself else name
    if answer.status == "unsat" and answer.reliable:
        node = {
            "rule": "ideal",
            "polynomials": [written(poly) for poly in polys],
            "engine": name,
            "answer": "unsat",
        }
        return IdealAnswer(node, None, polys, f"{name} finds no other zero of {len(polys)} polynomials")
    if answer.status == "sat":
        values = answer.model or {}
        model = {cell: values.get(_name(cell), Fraction(0)) for cell in cells}
        rational = {cell: value for cell, value in model.items() if isinstance(value, Fraction) and value}
        if answer.model is not None and all(isinstance(value, Fraction) for value in model.values()):
            if _is_zero(polys, rational):
                return IdealAnswer(None, rational, polys, f"{name} finds a zero of the polynomials that is no product")
        return IdealAnswer(None, None, polys, f"{name} finds another zero of the polynomials, which is not rational")
    return IdealAnswer(None, None, polys, f"{name}: {answer.detail or 'no answer'}")


def _exactly(
    product: SupportProduct,
    pattern: Pattern,
    stratum: _Stratum,
    polys: Sequence[Polynomial],
    budget: Budget,
) -> tuple[bool, Target | None]:
    """Whether all zeros in a stratum are products, by exact rules; or one that is no product."""
    if _inconsistent(stratum, polys, budget.part(0.1)):
        return True, None
    rng = random.Random(len(stratum.nonzero))
    cells = cells_of(pattern)
    for attempt in range(3 if stratum.free else 1):
        target = {cell: Fraction(1) for cell in stratum.nonzero}
        for cell in stratum.free:
            target[cell] = Fraction(1) if attempt == 0 else Fraction(rng.choice((-1, 2, -2, 3)))
        if not _is_zero(polys, target):
            continue
        outcome = decide_membership(product, target, cells=cells, steps=1_500, budget=budget)
        if outcome.refutation is not None:
            return True, target
        if outcome.point is not None and not stratum.free:
            return True, None
    state = stratum.state(pattern)
    if not state.rows or not covered(state):
        return False, None
    if generic_factor(state) is not None:
        return True, None
    # a finished proof says that each member is a product or violates a rank condition, which no zero does;
    # other polynomials that pieces may be excluded by need not be among those of the rule
    family = Family(state)
    pieces = PieceProver(family, budget.part(0.1))
    for solver in (FamilyProver(family, 300, 2, budget.part(0.1)), pieces):
        try:
            if solver.run() is not None:
                return not pieces.polynomials, None
        except SearchExhausted:
            continue
    return False, None


def _inconsistent(stratum: _Stratum, polys: Sequence[Polynomial], budget: Budget) -> bool:
    """Whether a Nullstellensatz identity shows that the polynomials have no common zero in a stratum."""
    from flint import Ordering, fmpz_mpoly_ctx

    free = stratum.free
    if not free or len(polys) < 2:
        return False
    context = fmpz_mpoly_ctx.get([_name(cell) for cell in free], Ordering.degrevlex)
    equations = {
        str(number): context.from_dict(
            {tuple(cells.count(cell) for cell in free): value for cells, value in poly.items()}
        )
        for number, poly in enumerate(polys)
    }
    return identity(equations, range(len(free)), steps=IDENTITY_STEPS, budget=budget) is not None


def _is_zero(polys: Iterable[Polynomial], target: Target) -> bool:
    return not any(value_at(poly, target) for poly in polys)


def _name(cell: Cell) -> str:
    return f"a_{cell[0]}_{cell[1]}"


def _case(product: SupportProduct, cells: Sequence[Cell], stratum: _Stratum, polys: Sequence[Polynomial]) -> Case:
    """There is a member of the stratum on which the polynomials vanish and that is no product."""
    free = stratum.free
    entries = {cell: variable(_name(cell)) if cell in free else ONE if cell in stratum.ones else ZERO for cell in cells}
    conditions: list[Formula] = [Atom(entries[cell], "!=", ZERO) for cell in free]
    for poly in polys:
        parts = []
        for chosen, value in poly.items():
            term = Poly(((Fraction(value), ()),))
            for cell in chosen:
                term = term * entries[cell]
            parts.append(term)
        conditions.append(Atom(total(parts), "=", ZERO))
    forms = []
    for scalings in ("inline", "none"):
        reached = image(product, "w", "real", scalings)
        different = any_of(Atom(reached.entries[cell][0], "!=", entries[cell]) for cell in cells)
        misses = different if reached.condition == TRUE else any_of((Not(reached.condition), different))
        forms.append((*conditions, forall(reached.names, misses)))
    values = {_name(cell): Fraction(cell in stratum.ones) for cell in cells if cell not in free}
    return Case(tuple(map(_name, free)), forms[0], values, (forms[1],))


RULES = (
    Rule(
        "ideal",
        "pair",
        "polynomials that vanish on the set vanish nowhere else",
        tell=lambda node, left: (
            "Vanishing polynomials",
            f"{len(node['polynomials'])} polynomials vanish on all products. That they vanish nowhere else over the "
            f"real numbers is the word of {node['engine']}; no proof comes with it.",
        ),
        fields=("real",),
    ),
)
