"""Case distinctions on the parameters of a family.

Where no section serves a whole family, a polynomial that stood in the way is zero or is not; on
each branch there is a section, or a minor that shows that no member is a limit of products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedness.algebra.determinant import determinant
from closedness.algebra.polysystem import Branch, substitute
from closedness.budget import UNLIMITED, Budget
from closedness.rules.strata.section import Candidates, SearchExhausted, SectionSearch

if TYPE_CHECKING:
    from collections.abc import Callable

    from flint import fmpz_mpoly

    from closedness.rules.strata.family import Family, Units

Node = dict[str, Any]
# with the zeros given a section is found at once or not at all
GUIDED_STEPS = 120
# branches of one family that are looked at
MOST_BRANCHES = 24


class FamilyProver:
    """Prove that all members of a family are products, or that none of them is a limit.

    Parameters
    ----------
    family : Family
    steps : int
        Budget of elementary steps for each section.
    depth : int
        How many distinctions on the parameters may follow each other.
    budget : Budget, optional
        A true answer ends the search with `SearchExhausted`.
    products : bool
        Show that all members are products, nothing else.
    """

    def __init__(
        self,
        family: Family,
        steps: int,
        depth: int,
        budget: Budget = UNLIMITED,
        *,
        products: bool = False,
    ) -> None:
        self.family = family
        self.budget = budget
        self.steps = steps
        self.depth = depth
        self.products = products
        self.branches = MOST_BRANCHES
        self.stuck: list[Branch] = []

    def run(self) -> Node | None:
        """Return the node of the certificate, or None; then `stuck` says where it failed."""
        return self._prove(Branch(self.family.system, self.family.nonzero), (), 0, self.depth)

    # ---- case distinctions on the parameters -------------------------------------------------

    def _prove(self, base: Branch, names: Units, count: int, depth: int) -> Node | None:
        self.branches -= 1
        if self.branches < 0:
            self.stuck.append(base)
            return None
        search = SectionSearch(self.family, self.steps, self.budget)
        found = self._section(search, base, names)
        if found is not None:
            return found
        outside = None if self.products else self._outside(base, names, search.candidates)
        if outside is not None:
            return outside
        if depth > 0:
            for poly in search.candidates.most_common(3):
                node = self._distinguish(base, names, count, depth, poly)
                if node is not None:
                    return node
        self.stuck.append(base)
        return None

    def _section(self, search: SectionSearch, base: Branch, names: Units) -> Node | None:
        """Look for a section, first with the zeros that factors of a random member have.

        A member that is refuted shows that there is none.
        """
        for seed in range(3):
            member = next(self.family.members(base, 1, seed), None)
            if member is None:
                continue
            outcome = self.family.factors(member)
            if outcome.refutation is not None:
                return None
            if outcome.point is not None:
                zeros = {name: 0 for name, value in outcome.point.items() if not value}
                found = search.find(base, names, zeros, GUIDED_STEPS)
                if found is not None:
                    return found
        return None if self.products else search.find(base, names)

    def _outside(self, base: Branch, names: Units, candidates: Candidates) -> Node | None:
        """A minor that vanishes on all products and never on the family."""
        generators = self.family.system.context.gens()
        constant = self.family.system.context.constant
        for rows, columns, cover in self.family.minors():
            if self.budget.expired():
                raise SearchExhausted
            matrix = [
                [
                    generators[self.family.position[entry]]
                    if isinstance(entry := self.family.entries.get((i, j), 0), str)
                    else constant(entry)
                    for j in columns
                ]
                for i in rows
            ]
            value = determinant(matrix)
            if value.is_zero():
                continue
            multiplier, value = self._on_branch(base, value)
            if value.is_zero():
                continue
            right = self.family.as_units(base, names, value)
            left = self.family.as_units(base, names, multiplier)
            if right is not None and left is not None:
                return {
                    "do": "outside",
                    "rows": rows,
                    "columns": columns,
                    "cover": cover,
                    "multiplier": left,
                    "value": right,
                }
            for factor, _ in value.factor()[1]:
                if not base.is_unit(factor):
                    candidates.add(factor)
        return None

    @staticmethod
    def _on_branch(base: Branch, poly: fmpz_mpoly) -> tuple[fmpz_mpoly, fmpz_mpoly]:
        """A multiplier that cannot vanish, and what multiplier · polynomial is after the substitutions."""
        multiplier, value = poly.context().constant(1), poly
        for step in base.trail:
            # keep "multiplier · polynomial = value" true while the variable is replaced in both
            first = max(0, int(multiplier.degrees()[step.variable]))
            second = max(0, int(value.degrees()[step.variable]))
            if first or second:
                multiplier = substitute(multiplier, *step.parts) * step.leading**second
                value = substitute(value, *step.parts) * step.leading**first
        return multiplier, value

    def _distinguish(
        self,
        base: Branch,
        names: Units,
        count: int,
        depth: int,
        poly: fmpz_mpoly,
    ) -> Node | None:
        """Prove the family where the polynomial vanishes and where it does not."""
        for v in sorted(self.family.parameters):
            if poly.degrees()[v] == 1:
                c, _ = base.linear(poly, v)
                if self.family.as_units(base, names, c) is not None:
                    break
        else:
            return None
        return self._when(
            base, names, count, depth, poly, v, lambda branch, units, k: self._prove(branch, units, k, depth - 1)
        )

    def _when(
        self,
        base: Branch,
        names: Units,
        count: int,
        depth: int,
        poly: fmpz_mpoly,
        v: int,
        prove: Callable[[Branch, Units, int], Node | None],
    ) -> Node | None:
        """Solve the polynomial for a parameter where it vanishes; `prove` is for where it does not."""
        c, d = base.linear(poly, v)
        leading = self.family.as_units(base, names, c)
        other = base.copy()
        other.units = (*base.units, poly)
        other.tidy(list(other.equations))
        nonzero = prove(other, (*names, (poly, f"u:{count}")), count + 1)
        if nonzero is None:
            return None
        zero = self._on_zero(base, names, count, depth, v, c, d)
        if zero is None:
            return None
        return {
            "do": "when",
            "polynomial": self.family.system.encode(poly),
            "variable": self.family.names[v],
            "leading": leading,
            "zero": zero,
            "nonzero": nonzero,
        }

    def _on_zero(
        self,
        base: Branch,
        names: Units,
        count: int,
        depth: int,
        v: int,
        c: fmpz_mpoly,
        d: fmpz_mpoly,
    ) -> Node | None:
        """The branch ``v = -d/c``: what was non-zero before still is, in other words."""
        branch = base.copy()
        branch.equations["zero"] = c * self.family.system.context.gens()[v] + d
        branch.solve("zero", v)
        branch.nonzero = base.nonzero - {v}
        branch.units = tuple(u for u in base.units if not u.degrees()[v])
        kept = tuple((u, name) for u, name in names if not u.degrees()[v])
        images: list[tuple[str, fmpz_mpoly, fmpz_mpoly]] = []
        if v in base.nonzero:
            images.append((self.family.names[v], d, -c))
        for unit, name in names:
            degree = int(unit.degrees()[v])
            if degree:
                images.append((name, substitute(unit, v, c, d), c**degree))
        declared: list[Node] = []
        for name, image, multiplier in images:
            if image.is_zero():
                return {"declare": declared, "then": {"do": "empty", "unit": name}}
            known = self.family.as_units(base, names, multiplier)
            for factor, _ in image.factor()[1]:
                if branch.is_unit(factor):
                    continue
                declared.append(
                    {
                        "polynomial": self.family.system.encode(factor),
                        "cofactor": self.family.system.encode(divmod(image, factor)[0]),
                        "unit": name,
                        "multiplier": known,
                    }
                )
                if len(factor) == 1:
                    w = next(u for u, e in enumerate(factor.monoms()[0]) if e)
                    branch.nonzero |= {w}
                    kept = (*kept, (factor, f"u:{count}"))
                else:
                    branch.units = (*branch.units, factor)
                    kept = (*kept, (factor, f"u:{count}"))
                count += 1
        branch.tidy(list(branch.equations))
        node = self._prove(branch, kept, count, depth - 1)
        return None if node is None else {"declare": declared, "then": node}
