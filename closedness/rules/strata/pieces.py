"""Families in pieces: a section for most members, then the same where its denominators vanish.

Each piece has fewer parameters than the one before, so this comes to an end: at a section for every piece, at a
condition that limits satisfy and the piece does not, or at a member that is shown to be no product and that no such
condition excludes. The latter is a candidate for a limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from closedness.algebra.nullstellensatz import identity, lifted
from closedness.budget import UNLIMITED, Budget, within
from closedness.equations.vanishing import separating, value_at, written
from closedness.rules.strata.distinctions import FamilyProver
from closedness.rules.strata.generic_section import GenericSections
from closedness.rules.strata.section import Candidates, SearchExhausted
from closedness.supports.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction

    from flint import fmpz_mpoly

    from closedness.algebra.polysystem import Branch
    from closedness.equations.vanishing import Polynomial
    from closedness.rules.strata.family import Family, Units
    from closedness.rules.strata.generic_section import GenericSection

Node = dict[str, Any]
# pieces of one family that are looked at
MOST_PIECES = 400
# members of a piece that are put to the exact engine
MEMBERS = 3
# random attempts at a section: when there is one, and when there is none yet; and elementary steps of each
ATTEMPTS = 10
MOST_ATTEMPTS = 40
STEPS = 300
# monomials of a condition that is not worth another attempt
SHORT = 2
# sections of a piece that are followed up
MOST_SECTIONS = 2
# relations at the same time that no parameter can be solved for, and reductions to find an identity between them
MOST_RELATIONS = 4
IDENTITY_STEPS = 500
# seconds for a polynomial that excludes one member
POLYNOMIAL_SECONDS = 1.0

__all__ = ["PieceProver"]


class _Hopeless(Exception):
    """Some member is no product, and no condition known here excludes it."""


class PieceProver(FamilyProver):
    """Prove that all members of a family are products, or that none of them is a limit, piece by piece.

    Parameters
    ----------
    family : Family
    budget : Budget, optional
        A true answer ends the search with `SearchExhausted`.
    products : bool
        Show that all members are products, nothing else.

    Attributes
    ----------
    hopeless : bool
        After a failed run: some piece has members that seem to be no products, and nothing known excludes them.
    """

    def __init__(self, family: Family, budget: Budget = UNLIMITED, *, products: bool = False) -> None:
        super().__init__(family, STEPS, 0, budget, products=products)
        self.branches = MOST_PIECES
        self.hopeless = False
        self.polynomials: list[Polynomial] = []

    def run(self) -> Node | None:
        """Return the node of the certificate, or None; then `stuck` says where it failed."""
        try:
            return super().run()
        except _Hopeless:
            return None

    def _prove(self, base: Branch, names: Units, count: int, depth: int) -> Node | None:
        if self.budget.expired():
            raise SearchExhausted
        self.branches -= 1
        if self.branches < 0:
            self._give_up(base)
        starts: list[dict[str, int]] = []
        refuted = []
        unsettled = False
        for seed in range(MEMBERS):
            member = next(self.family.members(base, 1, seed + 1), None)
            if member is None:
                continue
            outcome = self.family.factors(member)
            if outcome.refutation is not None:
                refuted.append(member)
            elif outcome.point is not None:
                starts.append({name: 0 for name, value in outcome.point.items() if not value})
            else:
                unsettled = True
        if refuted:
            return self._exclude(base, names, count, refuted)
        sections = self._sections(base, names, starts)
        for section in sections[:MOST_SECTIONS]:
            node = self._where_defined(base, names, count, section, sections)
            if node is not None:
                return node
        if unsettled and not sections:
            self._give_up(base)
        self.stuck.append(base)
        return None

    def _give_up(self, base: Branch) -> NoReturn:
        """Stop at a piece whose members seem to be no products: no other way through the family will help them."""
        self.stuck = [base]
        self.hopeless = True
        raise _Hopeless

    def _sections(
        self, base: Branch, names: Units, starts: Sequence[dict[str, int]], seed: int = 0
    ) -> list[GenericSection]:
        """Sections of a piece, those with short conditions first."""
        search = GenericSections(self.family, self.steps, self.budget)
        found: list[GenericSection] = []
        straight = False
        starts = [*starts, *({} for _ in range(MOST_ATTEMPTS))]
        for number, section in enumerate(search.attempts(base, names, starts, 1_000 * seed + self.branches)):
            if section is not None:
                found.append(section)
                straight |= not section.cost[0]
                if section.cost[:2] <= (0, SHORT):
                    break
            if straight and number >= ATTEMPTS:
                break
        return sorted(found, key=lambda section: section.cost)

    # ---- members that are no products ----------------------------------------------------------------

    def _exclude(self, base: Branch, names: Units, count: int, refuted: Sequence[dict[int, Fraction]]) -> Node | None:
        """Conditions that limits satisfy, for a piece with members that are no products."""
        candidates = Candidates()
        node = None if self.products else self._outside(base, names, candidates)
        if node is None and not candidates and not self.products:
            node = self._vanishing(base, names, refuted, candidates)
        if node is not None:
            return node
        for poly in candidates.most_common(2):
            node = self._divide(base, names, count, [poly], lambda branch, units, k: self._prove(branch, units, k, 0))
            if node is not None:
                return node
        return self._give_up(base)

    def _vanishing(
        self, base: Branch, names: Units, refuted: Sequence[dict[int, Fraction]], candidates: Candidates
    ) -> Node | None:
        """Any polynomial that vanishes on all products and not on the piece."""
        state = self.family.state
        pattern = Pattern(state.tau, state.sigma, state.omega)
        place = {i: p for p, i in enumerate(state.rows)}
        for member in refuted:
            matrix = {(place[i], j): value for (i, j), value in self.family.matrix(member).items() if value}
            known = next((poly for poly in self.polynomials if value_at(poly, matrix)), None)
            if known is None:
                known = separating(pattern, matrix, budget=within(POLYNOMIAL_SECONDS, self.budget))
                if known is None:
                    continue
                self.polynomials.append(known)
            named = {tuple((state.rows[p], j) for p, j in cells): value for cells, value in known.items()}
            node = self._violated(base, names, named, candidates)
            if node is not None:
                return node
        return None

    def _violated(
        self, base: Branch, names: Units, named: dict[tuple[tuple[int, int], ...], int], candidates: Candidates
    ) -> Node | None:
        """The step for a polynomial that vanishes nowhere on the piece; otherwise its factors are candidates."""
        context = self.family.system.context
        generators = context.gens()
        value = context.constant(0)
        for cells, coefficient in named.items():
            term = context.constant(coefficient)
            for cell in cells:
                entry = self.family.entries.get(cell, 0)
                term *= generators[self.family.position[entry]] if isinstance(entry, str) else entry
            value += term
        multiplier, value = self._on_branch(base, value)
        right = None if value.is_zero() else self.family.as_units(base, names, value)
        if right is None:
            for factor, _ in value.factor()[1] if not value.is_zero() else ():
                if not base.is_unit(factor):
                    candidates.add(factor)
            return None
        return {
            "do": "vanishing",
            "polynomials": [written(named)],
            "then": {"do": "inconsistent", "combination": [[0, self.family.system.encode(multiplier)]], "value": right},
        }

    # ---- pieces --------------------------------------------------------------------------------------

    def _where_defined(
        self,
        base: Branch,
        names: Units,
        count: int,
        section: GenericSection,
        sections: Sequence[GenericSection],
    ) -> Node | None:
        """The section where no denominator vanishes, and the same search again where one does."""

        def finish(branch: Branch, units: Units, _: int) -> Node | None:
            return self._written(branch, units, section)

        others = [each for each in sections if each is not section]
        return self._divide(base, names, count, section.conditions, finish, others)

    def _written(self, branch: Branch, units: Units, section: GenericSection) -> Node | None:
        entries = []
        for name, top, bottom in section.solution:
            denominator = self.family.as_units(branch, units, bottom)
            if denominator is None:
                return None
            entries.append((name, self.family.system.encode(top), denominator))
        return self.family.section(entries)

    def _divide(
        self,
        base: Branch,
        names: Units,
        count: int,
        polys: Sequence[fmpz_mpoly],
        finish: Callable[[Branch, Units, int], Node | None],
        others: Sequence[GenericSection] = (),
    ) -> Node | None:
        """Where polynomials do not vanish, one after the other, and in the end what is done where none of them does.

        Where one vanishes that no parameter can be solved for, one of the sections `others` must do.
        """
        left = [poly for poly in polys if not base.is_unit(poly)]
        if not left:
            return finish(base, names, count)
        poly = left[0]

        def go_on(branch: Branch, units: Units, k: int) -> Node | None:
            return self._divide(branch, units, k, left[1:], finish, others)

        linear = [(base.linear(poly, v)[0], v) for v in sorted(self.family.parameters) if poly.degrees()[v] == 1]
        if not linear:
            return self._cases(base, names, count, poly, (), others, go_on)
        leading, v = min(linear, key=lambda item: (not base.is_unit(item[0]), len(item[0]), item[1]))
        if not base.is_unit(leading):
            factors = [factor for factor, _ in leading.factor()[1] if not base.is_unit(factor)]
            return self._divide(base, names, count, [*factors, *left], finish, others)
        return self._when(base, names, count, 0, poly, v, go_on)

    # ---- relations that no parameter can be solved for ------------------------------------------------

    def _cases(
        self,
        base: Branch,
        names: Units,
        count: int,
        poly: fmpz_mpoly,
        relations: tuple[fmpz_mpoly, ...],
        sections: Sequence[GenericSection],
        go_on: Callable[[Branch, Units, int], Node | None],
    ) -> Node | None:
        """Distinguish whether a polynomial vanishes; where it does, other sections must cover what is left."""
        zero = self._covered(base, names, count, (*relations, poly), sections)
        if zero is None:
            return None
        other = base.copy()
        other.units = (*base.units, poly)
        nonzero = go_on(other, (*names, (poly, f"u:{count}")), count + 1)
        if nonzero is None:
            return None
        return {"do": "cases", "polynomial": self.family.system.encode(poly), "zero": zero, "nonzero": nonzero}

    def _covered(
        self,
        base: Branch,
        names: Units,
        count: int,
        relations: tuple[fmpz_mpoly, ...],
        sections: Sequence[GenericSection],
    ) -> Node | None:
        """Prove the members on which the relations vanish: there are none, or sections are defined there."""
        self.branches -= 1
        if self.branches < 0 or len(relations) > MOST_RELATIONS:
            return None
        node = self._inconsistent(base, names, relations)
        if node is not None:
            return node
        node = self._one_of(base, names, count, relations, sections)
        if node is None and len(relations) == 1:
            node = self._one_of(base, names, count, relations, self._sections(base, names, (), 1))
        return node

    def _one_of(
        self,
        base: Branch,
        names: Units,
        count: int,
        relations: tuple[fmpz_mpoly, ...],
        sections: Sequence[GenericSection],
    ) -> Node | None:
        for position, section in enumerate(sections):
            others = sections[position + 1 :]
            node = self._section_on(base, names, count, relations, section, others, section.conditions)
            if node is not None:
                return node
        return None

    def _section_on(
        self,
        base: Branch,
        names: Units,
        count: int,
        relations: tuple[fmpz_mpoly, ...],
        section: GenericSection,
        others: Sequence[GenericSection],
        conditions: Sequence[fmpz_mpoly],
    ) -> Node | None:
        left = [poly for poly in conditions if not base.is_unit(poly)]
        if not left:
            return self._written(base, names, section)
        if left[0] in relations or -left[0] in relations:
            return None
        return self._cases(
            base,
            names,
            count,
            left[0],
            relations,
            others,
            lambda branch, units, k: self._section_on(branch, units, k, relations, section, others, left[1:]),
        )

    def _inconsistent(self, base: Branch, names: Units, relations: Sequence[fmpz_mpoly]) -> Node | None:
        """An identity that shows that the relations have no common zero among the members."""
        found = identity(
            {str(number): poly for number, poly in enumerate(relations)},
            base.nonzero & self.family.parameters,
            steps=IDENTITY_STEPS,
            budget=self.budget,
        )
        if found is None:
            return None
        encode = self.family.system.encode
        total = None
        combination = []
        for label, multiplier in sorted(found.multipliers.items()):
            part = multiplier * lifted(multiplier.context(), relations[int(label)])
            total = part if total is None else total + part
            combination.append([int(label), encode(multiplier)])
        assert total is not None
        ((monomial, value),) = total.to_dict().items()
        powers = [[self.family.names[v], int(e)] for v, e in enumerate(monomial) if e]
        return {
            "do": "inconsistent",
            "combination": combination,
            "value": {"constant": str(value), "powers": powers},
        }
