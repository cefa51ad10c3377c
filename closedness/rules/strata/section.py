"""Rational sections: factors of a whole family of matrices at once.

A *family* is given by the zero / non-zero / unknown status of each entry. Up to scalings of rows
and columns the non-zero entries of a spanning forest are one; the others are parameters. The
search looks for factors whose entries are rational functions of the parameters with denominators
that cannot vanish.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedness.algebra.polysystem import Branch, cannot_vanish
from closedness.algebra.rational_functions import RationalFunction, evaluate_at, quotient
from closedness.budget import UNLIMITED, Budget

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flint import fmpz_mpoly

    from closedness.rules.strata.family import Family, Units

Node = dict[str, Any]
# name, numerator and denominator of entries of the factors
Solution = list[tuple[str, "fmpz_mpoly", "fmpz_mpoly"]]
# how many guesses about coefficients one section may make
MOST_GUESSES = 2


class Candidates:
    """Polynomials in the parameters that stood in the way, with how often they did."""

    def __init__(self) -> None:
        self.count: dict[str, int] = {}
        self.poly: dict[str, fmpz_mpoly] = {}

    def add(self, poly: fmpz_mpoly) -> None:
        """Count one more occurrence."""
        key = str(poly)
        self.count[key] = self.count.get(key, 0) + 1
        self.poly[key] = poly

    def most_common(self, number: int) -> list[fmpz_mpoly]:
        """The polynomials met most often, of low degree and few terms first among equals."""
        order = sorted(self.count, key=lambda key: (-self.count[key], len(key), key))
        return [self.poly[key] for key in order[:number]]

    def __bool__(self) -> bool:
        return bool(self.count)


class SectionBudget(Exception):
    """The step budget of one section search is spent."""


class SearchExhausted(Exception):
    """The budget of states, or the time, of a whole search ran out."""


class SectionSearch:
    """Search factors of a whole family.

    Parameters
    ----------
    family : Family
    steps : int
        Budget of elementary steps.
    budget : Budget, optional
        A true answer ends the search with `SearchExhausted`.
    """

    def __init__(self, family: Family, steps: int, budget: Budget = UNLIMITED) -> None:
        self.family = family
        self.steps = steps
        self.budget = budget
        self.left = 0
        self.special = False
        self.width = len(family.names)
        self.order = range(self.width)
        self.names: Units = ()
        self.candidates = Candidates()

    def find(
        self, base: Branch, names: Units, fixed: Mapping[str, int] | None = None, steps: int | None = None
    ) -> Node | None:
        """Return a section for a branch over the parameters.

        Parameters
        ----------
        base : Branch
            The equations, with what is known about the parameters.
        names : Units
            Names of the polynomials that do not vanish.
        fixed : mapping of str to int, optional
            Unknowns with given values.
        steps : int, optional
            Another budget of steps.
        """
        self.names = names
        # which variable is eliminated first matters: try both ends
        for order in (range(self.width), range(self.width - 1, -1, -1)):
            self.order = order
            self.left = self.steps if steps is None else steps
            branch = base.copy()
            for name, value in (fixed or {}).items():
                branch.assign(self.family.position[name], value)
            try:
                found = self._search(branch)
            except SectionBudget:
                continue
            if found is not None:
                return found
        return None

    def _search(self, branch: Branch, guesses: int = 0, special: bool = False) -> Node | None:
        while True:
            self.left -= 1
            if self.left < 0:
                raise SectionBudget
            if self.left % 16 == 0 and self.budget.expired():
                raise SearchExhausted
            self.special = special
            verdict = self._forced(branch)
            if verdict is False:
                return None
            if verdict is None:
                break
        if not branch.equations:
            return self._finish(branch)
        for label, poly in sorted(branch.equations.items(), key=lambda item: len(item[1])):
            factors = [f for f, _ in poly.factor()[1] if not branch.is_unit(f)]
            if len(factors) > 1:
                return self._first(
                    (self._with_equation(branch, label, factor) for factor in factors),
                    guesses,
                    special,
                )
        v = self._pick(branch)
        if v is not None:
            return self._first([self._assigned(branch, v), self._marked(branch, v)], guesses, special)
        if guesses == MOST_GUESSES:
            return None
        for child, arbitrary in self._guesses(branch):
            node = self._search(child, guesses + 1, special or arbitrary)
            if node is not None:
                return node
        return None

    def _first(self, branches: Iterable[Branch], guesses: int, special: bool) -> Node | None:
        for branch in branches:
            node = self._search(branch, guesses, special)
            if node is not None:
                return node
        return None

    @staticmethod
    def _with_equation(branch: Branch, label: str, poly: fmpz_mpoly) -> Branch:
        child = branch.copy()
        child.equations[label] = poly
        child.tidy([label])
        return child

    @staticmethod
    def _assigned(branch: Branch, v: int) -> Branch:
        child = branch.copy()
        child.assign(v, 0)
        return child

    @staticmethod
    def _marked(branch: Branch, v: int) -> Branch:
        child = branch.copy()
        child.mark(v)
        return child

    def _guesses(self, branch: Branch) -> Iterator[tuple[Branch, bool]]:
        """Branches on which a coefficient is assumed not to vanish, or (True) made a constant.

        The assumption is only a guide: in the end the denominators decide.
        """
        order = sorted(branch.equations.items(), key=lambda item: len(item[1]))
        choices = [
            (label, v, c)
            for label, poly in order
            for v, degree in enumerate(poly.degrees())
            if degree == 1 and v not in self.family.parameters
            for c in [branch.linear(poly, v)[0]]
            if self._unknowns(c)
        ]
        for label, v, c in choices:
            child = branch.copy()
            child.units = (
                *branch.units,
                *(f for f, _ in c.factor()[1] if not branch.is_unit(f)),
            )
            child.solve(label, v)
            yield child, False
        for _, _, c in choices:
            for value in (1, -1, 2):
                yield self._with_equation(branch, f"choice:{self.left}", c - value), True

    def _unknowns(self, poly: fmpz_mpoly) -> bool:
        return any(e > 0 and v not in self.family.parameters for v, e in enumerate(poly.degrees()))

    def _note(self, branch: Branch, poly: fmpz_mpoly) -> None:
        """Remember which polynomials in the parameters stood in the way."""
        if self.special or self._unknowns(poly) or poly.is_constant():
            return
        for factor, _ in poly.factor()[1]:
            if not branch.is_unit(factor) and not factor.is_constant():
                self.candidates.add(factor)

    def _mark_or_scale(self, branch: Branch, shapes: Iterable[list[tuple[int, ...]]]) -> bool:
        """Note that an unknown cannot vanish, or use up a scaling; False if there is nothing of the kind."""
        for monomials in shapes:
            v = cannot_vanish(monomials, branch.nonzero) if len(monomials) > 1 else None
            if v is not None and v not in self.family.parameters:
                branch.mark(v)
                return True
        for position, (_, weights) in enumerate(branch.scalings):
            for v in sorted(branch.nonzero):
                if weights.get(v) in (1, -1):
                    branch.scale(position, v)
                    return True
        return False

    def _forced(self, branch: Branch) -> bool | None:
        """One step: True done, False a contradiction, None nothing forced."""
        parameters, nonzero = self.family.parameters, branch.nonzero
        shapes = {label: poly.monoms() for label, poly in branch.equations.items()}
        for label, monomials in shapes.items():
            poly = branch.equations[label]
            if not self._unknowns(poly):
                self._note(branch, poly)
                return False
            if len(monomials) == 1:
                free = [v for v, e in enumerate(monomials[0]) if e and v not in nonzero]
                unknown = [v for v in free if v not in parameters]
                if not unknown:
                    return False
                if len(unknown) == 1:
                    branch.assign(unknown[0], 0)
                    return True
        if self._mark_or_scale(branch, shapes.values()):
            return True
        pick = self._pick_linear(branch, shapes)
        if pick is not None:
            branch.solve(*pick)
            return True
        return None

    def _pick_linear(self, branch: Branch, shapes: dict[str, list[tuple[int, ...]]]) -> tuple[str, int] | None:
        """The shortest equation that gives an unknown, with a coefficient that cannot vanish."""
        parameters, nonzero = self.family.parameters, branch.nonzero
        best: tuple[int, str, int] | None = None
        for label, monomials in shapes.items():
            if best is not None and len(monomials) >= best[0]:
                continue
            for v in self.order:
                if v in parameters:
                    continue
                having = [m for m in monomials if m[v]]
                if not having or any(m[v] > 1 for m in having):
                    continue
                others = {u for m in having for u, e in enumerate(m) if e and u != v}
                if len(having) > 1 or not others <= nonzero:
                    # a longer coefficient is of use only if it is known not to vanish
                    if not others <= parameters and not branch.units:
                        continue
                    c, _ = branch.linear(branch.equations[label], v)
                    if not branch.is_unit(c):
                        self._note(branch, c)
                        continue
                if v in nonzero:
                    # an unknown that must not vanish may only be replaced by what cannot vanish
                    _, d = branch.linear(branch.equations[label], v)
                    if not branch.is_unit(d):
                        self._note(branch, d)
                        continue
                best = (len(monomials), label, v)
                break
        return None if best is None else (best[1], best[2])

    def _pick(self, branch: Branch) -> int | None:
        score: dict[int, float] = {}
        for poly in branch.equations.values():
            monomials = poly.monoms()
            for v, degree in enumerate(poly.degrees()):
                if degree and v not in self.family.parameters and v not in branch.nonzero:
                    count = sum(1 for m in monomials if m[v])
                    score[v] = score.get(v, 0.0) + count / len(monomials) ** 2
        return max(score, key=lambda v: score[v]) if score else None

    # ---- reading off the factors ---------------------------------------------------------------

    def _finish(self, branch: Branch) -> Node | None:
        entries: list[tuple[str, list[Any], Node]] = []
        for name, top, bottom in self._solution(branch) or ():
            denominator = self.family.as_units(branch, self.names, bottom)
            if denominator is None:
                self._note(branch, bottom)
                return None
            entries.append((name, self.family.system.encode(top), denominator))
        return self.family.section(entries) if entries else None

    def _solution(self, branch: Branch) -> Solution | None:
        """The entries of the factors that are not zero, from the substitutions of a branch without equations."""
        constant = self.family.system.context.constant
        one = constant(1)
        values: dict[int, RationalFunction] = {}
        generators = self.family.system.context.gens()
        fixed = {step.variable for step in branch.trail}
        for v in range(self.width):
            if v in self.family.parameters:
                values[v] = (generators[v], one)
            elif v not in fixed:
                values[v] = (constant(1 if v in branch.nonzero else 0), one)
        for step in reversed(branch.trail):
            if step.variable in self.family.parameters:
                continue
            rest = evaluate_at(step.rest, values)
            leading = evaluate_at(step.leading, values)
            if leading[0].is_zero():
                return None
            values[step.variable] = quotient((-rest[0], rest[1]), leading)
        return [
            (name, *values[v])
            for v, name in enumerate(self.family.names)
            if v not in self.family.parameters and not values[v][0].is_zero()
        ]
