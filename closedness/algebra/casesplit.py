"""Exact polynomial systems over Q, solved or refuted by case distinctions.

The engine decides whether finitely many polynomial equations have a common zero by a tree of
elementary steps: a variable must vanish, a variable cannot vanish, a scaling makes it one, an
equation is solved for a variable, an equation factors, a variable is zero or is not. Every step
holds over each field that contains Q, and a finished tree is a proof that a reader replays with
nothing but polynomial arithmetic (``docs/rules/refutation.md``).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.algebra.algebraic_points import algebraic_point
from closedness.algebra.deadline import NEVER, Deadline
from closedness.algebra.nullstellensatz import Buchberger, Identity
from closedness.algebra.polysystem import Branch, System, cannot_vanish, evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flint import fmpq_mpoly, fmpz_mpoly

    from closedness.algebra.algebraic_points import AlgebraicPoint

Node = dict[str, Any]
SPENT = "step budget spent"
# longer polynomials are not factored: that may take minutes, and a case distinction shortens them
MOST_MONOMIALS_FACTORED = 400


@dataclass(frozen=True)
class CaseAnswer:
    """What the engine found: a refutation tree, a rational point, a point in a number field, or neither and why."""

    refutation: Node | None = None
    point: dict[str, Fraction] | None = None
    detail: str = ""
    algebraic: AlgebraicPoint | None = None

    @property
    def settled(self) -> bool:
        """Whether there is a refutation or a point, over the complex numbers at least."""
        return self.refutation is not None or self.point is not None or self.algebraic is not None


class OutOfSteps(Exception):
    """The step budget, or the time, is spent."""


class _Found(Exception):
    def __init__(self, point: dict[str, Fraction] | None, algebraic: AlgebraicPoint | None = None) -> None:
        super().__init__()
        self.point = point
        self.algebraic = algebraic


class CaseSplit:
    """Decide a `System` by case distinctions.

    Parameters
    ----------
    system : System
    steps : int
        Budget of elementary steps.
    budget : Budget, optional
        Called now and then; a true answer stops the search.
    seed : int
        Seed of the values tried for free variables when a point is read off.
    real : bool
        Whether sums of squares may be used, in identities; a refutation then holds over the reals only.
    cofactors : int
        Budget of reductions for identities ``Σ h·f = unit``. They are sought before each distinction of a variable in
        a second search, when the first one has spent its steps or met a branch that distinctions do not settle.
    algebraic : int
        How many branches are searched for points in a number field, by default none; real ones end the search, others
        are kept in case there is nothing better.
    """

    def __init__(
        self,
        system: System,
        steps: int = 20_000,
        *,
        budget: Deadline = NEVER,
        seed: int = 0,
        cofactors: int = 0,
        real: bool = False,
        algebraic: int = 0,
    ) -> None:
        self.algebraic = algebraic
        self.complex_point: AlgebraicPoint | None = None
        self.real = real
        self.system = system
        self.steps = self.granted = steps
        self.cofactors = cofactors
        self.second = False
        self.budget = budget
        self.random = random.Random(seed)

    def run(self) -> CaseAnswer:
        """Return a refutation, a point, or an empty outcome with the reason."""
        outcome = self.attempt()
        return self.second_attempt() if not outcome.settled and self.cofactors > 0 else outcome

    def second_attempt(self) -> CaseAnswer:
        """Search again, with identities before distinctions; to be called when an attempt settled nothing."""
        if self.budget.expired():
            return CaseAnswer(detail=SPENT)
        self.second, self.steps = True, self.granted
        return self.attempt()

    def attempt(self) -> CaseAnswer:
        """Search once."""
        try:
            tree = self._solve(Branch(self.system))
        except _Found as found:
            return CaseAnswer(point=found.point, algebraic=found.algebraic)
        except (OutOfSteps, RecursionError):
            return CaseAnswer(detail=SPENT, algebraic=self.complex_point)
        if tree is None:
            reason = "a branch without contradiction gave no rational point"
            return CaseAnswer(detail=reason, algebraic=self.complex_point)
        return CaseAnswer(refutation=tree)

    def close(self, branch: Branch) -> Node | None:
        """Refute one branch of another search; None if it cannot be done."""
        self.second = self.cofactors > 0
        return self._solve(branch)

    def _solve(self, branch: Branch) -> Node | None:
        chain: list[Node] = []
        while True:
            self.steps -= 1
            self._ask()
            step = self._forced(branch)
            if step is None:
                end = self._branching(branch)
                break
            if step["do"] == "contradiction":
                end = step
                break
            chain.append(step)
        if end is None:
            return None
        for step in reversed(chain):
            end = {**step, "then": end}
        return end

    def _ask(self) -> None:
        """Stop when steps or time are spent: a step on large polynomials can take long, so each one asks."""
        if self.steps < 0 or self.budget.expired():
            raise OutOfSteps

    def _considered(self, branch: Branch) -> dict[str, fmpz_mpoly]:
        """The equations that the next step may use."""
        return branch.equations

    def _forced(self, branch: Branch) -> Node | None:
        """One step that loses nothing, or None."""
        names = self.system.names
        shapes = {label: poly.monoms() for label, poly in self._considered(branch).items()}
        for label, monomials in shapes.items():
            if len(monomials) == 1:
                free = [v for v, e in enumerate(monomials[0]) if e and v not in branch.nonzero]
                if not free:
                    return {"do": "contradiction", "equation": label}
                if len(free) == 1:
                    branch.assign(free[0], 0)
                    return {"do": "zero", "variable": names[free[0]], "equation": label}
        for label, monomials in shapes.items():
            if len(monomials) > 1:
                v = cannot_vanish(monomials, branch.nonzero)
                if v is not None:
                    branch.mark(v)
                    return {"do": "nonzero", "variable": names[v], "equation": label}
        for position, (name, weights) in enumerate(branch.scalings):
            # a variable that no other scaling moves first: using up the scaling then costs no other one
            movable = branch.nonzero & weights.keys()
            for _, v in sorted((sum(v in other for _, other in branch.scalings), v) for v in movable):
                if weights[v] in (1, -1):
                    branch.scale(position, v)
                    return {"do": "scale", "variable": names[v], "hidden": list(name)}
        pick = self._pick_linear(branch, shapes)
        if pick is not None:
            branch.solve(*pick)
            return {"do": "solve", "variable": names[pick[1]], "equation": pick[0]}
        return None

    def _pick_linear(
        self, branch: Branch, shapes: dict[str, list[tuple[int, ...]]]
    ) -> tuple[str, int] | None:
        """The cheapest equation to solve for a variable with a non-vanishing coefficient."""
        width = len(self.system.names)
        occurrences = [
            sum(1 for monomials in shapes.values() if any(m[v] for m in monomials))
            for v in range(width)
        ]
        best: tuple[int, str, int] | None = None
        for label, monomials in shapes.items():
            if len(monomials) > 6:
                continue
            for v in range(width):
                having = [m for m in monomials if m[v]]
                if len(having) != 1 or having[0][v] != 1:
                    continue
                others = [u for u, e in enumerate(having[0]) if e and u != v]
                if any(u not in branch.nonzero for u in others):
                    continue
                growth = (len(monomials) - 1) * (occurrences[v] - 1) * (1 + len(others))
                cost = 4 * growth + len(monomials)
                if best is None or cost < best[0]:
                    best = (cost, label, v)
        # dearer eliminations make the polynomials explode; a case distinction is better then
        if best is None or best[0] > 120:
            return None
        return best[1], best[2]

    def _branching(self, branch: Branch) -> Node | None:
        if not branch.equations:
            self._try_point(branch)
            return None
        for label, poly in sorted(self._considered(branch).items(), key=lambda item: len(item[1])):
            if not 1 < len(poly) <= MOST_MONOMIALS_FACTORED:
                continue
            self._ask()
            factors = [(f, int(e)) for f, e in poly.factor()[1] if not branch.is_unit(f)]
            if len(factors) > 1 or (factors and factors[0][1] > 1):
                return self._factor(branch, label, factors)
        if self.algebraic > 0:
            self._try_algebraic(branch)
        if self.second and self.cofactors > 0:
            found = self._identity(branch)
            if found is not None:
                return combine_node(self.system, branch.equations, found)
        return self._distinguish(branch)

    def _distinguish(self, branch: Branch) -> Node | None:
        """A variable is zero or is not."""
        v = self._pick_variable(branch)
        left = branch.copy()
        left.assign(v, 0)
        zero = self._solve(left)
        if zero is None:
            return None
        right = branch.copy()
        right.mark(v)
        nonzero = self._solve(right)
        if nonzero is None:
            return None
        return {
            "do": "split",
            "variable": self.system.names[v],
            "zero": zero,
            "nonzero": nonzero,
        }

    def _identity(self, branch: Branch) -> Identity | None:
        """Spend a part of the budget on an identity."""
        share = max(50, self.cofactors // 4)
        search = Buchberger(self.system.context, branch.nonzero, share, real=self.real, budget=self.budget)
        found = search.identity(self._considered(branch))
        self.cofactors -= share - max(0, search.left)
        return found

    def _factor(
        self, branch: Branch, label: str, factors: list[tuple[fmpz_mpoly, int]]
    ) -> Node | None:
        cases = []
        for factor, power in factors:
            child = branch.copy()
            child.equations[label] = factor
            child.tidy([label])
            node = self._solve(child)
            if node is None:
                return None
            cases.append({"factor": self.system.encode(factor), "power": power, "then": node})
        return {"do": "factor", "equation": label, "cases": cases}

    def _pick_variable(self, branch: Branch) -> int:
        score: dict[int, float] = {}
        for poly in self._considered(branch).values():
            monomials = poly.monoms()
            for v in range(len(self.system.names)):
                count = sum(1 for m in monomials if m[v])
                if count and v not in branch.nonzero:
                    score[v] = score.get(v, 0.0) + count / len(monomials) ** 2
        if not score:
            raise OutOfSteps
        return max(score, key=lambda v: score[v])

    def _try_algebraic(self, branch: Branch) -> None:
        """Look for a point in a number field on a branch whose equations are left."""
        self.algebraic -= 1
        point = algebraic_point(self.system, branch, seed=self.algebraic, budget=self.budget)
        if point is not None and point.real:
            raise _Found(None, point)
        self.complex_point = self.complex_point or point

    def _try_point(self, branch: Branch) -> None:
        """Read a rational point off a branch without equations."""
        fixed = {step.variable for step in branch.trail}
        free = [v for v in range(len(self.system.names)) if v not in fixed]
        for attempt in range(8):
            values = {
                v: Fraction(v in branch.nonzero)
                if attempt == 0
                else Fraction(self.random.choice([1, -1, 2, 3, -2, 5]))
                for v in free
            }
            if self._complete(branch, values):
                raise _Found({self.system.names[v]: value for v, value in values.items()})

    def _complete(self, branch: Branch, values: dict[int, Fraction]) -> bool:
        for step in reversed(branch.trail):
            leading = evaluate(step.leading, values)
            if not leading:
                return False
            values[step.variable] = -evaluate(step.rest, values) / leading
        return all(not evaluate(poly, values) for poly in self.system.equations.values())


def combine_node(system: System, equations: Mapping[str, fmpz_mpoly], found: Identity) -> Node:
    """The step ``combine``: multiples of equations add up to something that cannot vanish."""
    node: Node = {"do": "combine", "terms": multiples(system, equations, found.multipliers)}
    if found.squares:
        node["squares"] = [[str(number), system.encode(root)] for number, root in found.squares]
    return node


def multiples(
    system: System, equations: Mapping[str, fmpz_mpoly], multipliers: Mapping[str, fmpq_mpoly]
) -> list[Node]:
    """Multiples of equations, as certificates list them."""
    return [
        {
            "equation": label,
            "polynomial": system.encode(equations[label]),
            "multiplier": system.encode(multiplier),
        }
        for label, multiplier in multipliers.items()
    ]
