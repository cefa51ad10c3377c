"""Sections for most members of a family: denominators may be any polynomials in the parameters.

Where a family has factors at all it often has rational ones for its general member, once some entries of the factors
are fixed at random: what is left is linear, block by block. Where the denominators vanish, the members form smaller
families with other sections.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from closedness.algebra.polysystem import Branch
from closedness.rules.strata.section import SearchExhausted, SectionBudget, SectionSearch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flint import fmpz_mpoly

    from closedness.rules.strata.family import Units
    from closedness.rules.strata.section import Solution

# monomials of one equation; longer ones lead to sections that nobody wants
MOST_MONOMIALS = 400
# values of entries of the factors that are fixed at random
CONSTANTS = (0, 0, 1, 1, 1, -1)

__all__ = ["GenericSection", "GenericSections"]


@dataclass(frozen=True)
class GenericSection:
    """Factors of all members for which some polynomials do not vanish.

    Attributes
    ----------
    solution : list of (name, numerator, denominator)
        The entries of the factors that are not zero.
    conditions : tuple of fmpz_mpoly
        Irreducible polynomials in the parameters; not all of the denominators are known not to vanish without them.
    """

    solution: Solution
    conditions: tuple[fmpz_mpoly, ...]

    @property
    def cost(self) -> tuple[int, int, int, int]:
        """Conditions that can be solved for a parameter, short and few ones first; then short entries."""
        lengths = [len(poly) for poly in self.conditions]
        crooked = sum(1 not in poly.degrees() for poly in self.conditions)
        entries = sum(len(top) + len(bottom) for _, top, bottom in self.solution)
        return crooked, max(lengths, default=0), sum(lengths), entries


class GenericSections(SectionSearch):
    """Search with entries fixed at random, and with coefficients in the parameters taken not to vanish."""

    def attempts(
        self, base: Branch, names: Units, starts: Sequence[Mapping[str, int]], seed: int
    ) -> Iterator[GenericSection | None]:
        """Sections of the general member of a branch, one for each start; None where it fails.

        Parameters
        ----------
        base : Branch
        names : Units
        starts : sequence of mappings of str to int
            Entries of the factors with given values; each is tried once.
        seed : int
            Seed of the random choices.
        """
        self.names = names
        for number, fixed in enumerate(starts):
            rng = random.Random(f"{seed} {number}")
            branch = base.copy()
            for name, value in fixed.items():
                branch.assign(self.family.position[name], value)
            self.left = self.steps
            try:
                found = self._attempt(branch, rng)
            except SectionBudget:
                found = None
            bottoms = [bottom for _, _, bottom in found or ()]
            yield GenericSection(found, self._conditions(base, bottoms)) if found else None

    @staticmethod
    def _conditions(base: Branch, bottoms: Sequence[fmpz_mpoly]) -> tuple[fmpz_mpoly, ...]:
        conditions: dict[str, fmpz_mpoly] = {}
        for bottom in bottoms:
            for factor, _ in bottom.factor()[1]:
                if not factor.is_constant() and not base.is_unit(factor):
                    conditions.setdefault(min(str(factor), str(-factor)), factor)
        return tuple(sorted(conditions.values(), key=lambda poly: (len(poly), str(poly))))

    def _attempt(self, branch: Branch, rng: random.Random) -> Solution | None:
        while branch.equations:
            self.left -= 1
            if self.left < 0:
                raise SectionBudget
            if self.budget.expired():
                raise SearchExhausted
            if max(map(len, branch.equations.values())) > MOST_MONOMIALS or not self._step(branch, rng):
                return None
        return self._solution(branch)

    def _step(self, branch: Branch, rng: random.Random) -> bool:
        """One forced step, or else one linear equation solved, or else one entry fixed; False if nothing is left."""
        parameters, nonzero = self.family.parameters, branch.nonzero
        shapes = {label: poly.monoms() for label, poly in branch.equations.items()}
        for label, monomials in shapes.items():
            if not self._unknowns(branch.equations[label]):
                return False
            if len(monomials) == 1:
                free = [v for v, e in enumerate(monomials[0]) if e and v not in nonzero and v not in parameters]
                if not free:
                    return False
                branch.assign(rng.choice(free), 0)
                return True
        if self._mark_or_scale(branch, shapes.values()):
            return True
        best: tuple[tuple[int, int, float], str, int, fmpz_mpoly] | None = None
        others: set[int] = set()
        for label, monomials in shapes.items():
            poly = branch.equations[label]
            for v, degree in enumerate(poly.degrees()):
                if degree != 1 or v in parameters:
                    continue
                c = poly.derivative(v)
                inner = {u for u, e in enumerate(c.degrees()) if e > 0} - parameters
                others |= inner
                # an entry that must not vanish may only be replaced by what does not vanish either
                rest = branch.linear(poly, v)[1] if v in nonzero and not inner else None
                if not inner and (rest is None or not self._unknowns(rest)):
                    needed = c if rest is None else c * rest
                    rank = (0 if branch.is_unit(needed) else len(needed), len(monomials), rng.random())
                    if best is None or rank < best[0]:
                        best = rank, label, v, needed
        if best is not None:
            _, label, v, needed = best
            branch.units = (*branch.units, *(f for f, _ in needed.factor()[1] if not branch.is_unit(f)))
            branch.solve(label, v)
            return True
        choices = sorted(others) or sorted(
            {v for poly in branch.equations.values() for v, e in enumerate(poly.degrees()) if e > 0} - parameters
        )
        v = rng.choice(choices)
        branch.assign(v, rng.choice([value for value in CONSTANTS if value or v not in nonzero]))
        return True
