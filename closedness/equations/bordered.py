"""Refutations by bordered minors: what one factor must satisfy, whatever the other one is.

Let ``X Yᵀ = A``. On rows ``R`` and columns ``C``, subtract from ``A`` the terms ``E`` of the hidden indices that meet
``R × C`` in a single cell. If the other hidden indices outside of a set ``K`` give a matrix of rank less than ``|C|``
there, all minors of ``[X_K | A_C − E]`` with ``|R| = |K| + |C|`` vanish, since the columns are dependent. These are
equations for `X` alone, far fewer and in far fewer variables than the entries of the product. They are sums of
multiples of ``(X Yᵀ − A)_ij``, so a refutation may derive them (step ``derive``) and go on to distinguish cases for
them alone; where a case makes columns of `X` vanish or dependent, more of them appear.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import lcm
from typing import TYPE_CHECKING

from flint import fmpq, nmod_mat

from closedness.algebra.casesplit import CaseSplit, Node, multiples
from closedness.algebra.determinant import determinant
from closedness.algebra.finite import PRIME
from closedness.algebra.nullstellensatz import lifted, rational_ring
from closedness.budget import UNLIMITED, Budget
from closedness.supports.masks import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq_mpoly, fmpz_mpoly

    from closedness.algebra.polysystem import Branch, Substitution, System
    from closedness.supports.product import SupportProduct

Entry = tuple[int, int, int]
Matrix = dict[Cell, "fmpq_mpoly"]
PREFIX = "d:"
# derived equations of one branch, monomials of one of them, and minors looked at
MOST_DERIVED = 24
MOST_MONOMIALS = 60
MOST_MINORS = 20_000
LARGEST_MINOR = 5

__all__ = ["BorderedSplit"]


@dataclass(frozen=True)
class _Derived:
    """An equation ``Σ h·f`` and its multipliers by label."""

    poly: fmpz_mpoly
    multipliers: dict[str, fmpq_mpoly]


class BorderedSplit(CaseSplit):
    """Refute ``X Yᵀ = A`` by case distinctions for the bordered minors.

    Parameters
    ----------
    product : SupportProduct
        Two factors.
    target : mapping of (row, column) to Fraction
        The non-zero entries.
    system : System
        The equations from `closedness.equations.membership.membership_system`.
    steps : int
        Budget of elementary steps.
    real : bool
        Whether sums of squares may be used; a refutation then holds over the reals only.
    budget : Budget, optional
        Ends the search.
    """

    def __init__(
        self,
        product: SupportProduct,
        target: Mapping[Cell, Fraction],
        system: System,
        steps: int = 4_000,
        *,
        real: bool = False,
        budget: Budget = UNLIMITED,
    ) -> None:
        super().__init__(system, steps, budget=budget, cofactors=steps, real=real)
        self.second = True
        # labels are not used twice: an equation that became zero keeps its label for the checker
        self.count = 0
        self.shape = product.shape
        self.hidden = product.factors[0].shape[1]
        self.target = dict(target)
        self.ring = rational_ring(system.context)
        self.point = [fmpq(PRIME // (3 * v + 2)) for v in range(len(system.names))]
        self.entries = {_entry(name): v for v, name in enumerate(system.names)}

    def _considered(self, branch: Branch) -> dict[str, fmpz_mpoly]:
        return {label: poly for label, poly in branch.equations.items() if label.startswith(PREFIX)}

    def _pick_linear(self, branch: Branch, shapes: dict[str, list[tuple[int, ...]]]) -> tuple[str, int] | None:
        """An equation with a number as coefficient, so that the factors stay polynomials."""
        best: tuple[int, str, int] | None = None
        for label, monomials in shapes.items():
            for v in range(len(self.system.names)):
                having = [m for m in monomials if m[v]]
                if len(having) == 1 and sum(having[0]) == 1 and (best is None or len(monomials) < best[0]):
                    best = (len(monomials), label, v)
        return None if best is None else best[1:]

    def _branching(self, branch: Branch) -> Node | None:
        steps = self._derive(branch)
        if steps:
            end = self._solve(branch)
            if end is None:
                return None
            for step in reversed(steps):
                end = {**step, "then": end}
            return end
        if not self._considered(branch):
            rest = CaseSplit(self.system, self.steps, budget=self.budget, cofactors=self.steps // 4, real=self.real)
            return rest.close(branch)
        return super()._branching(branch)

    # ---- new equations -------------------------------------------------------------------------------

    def _derive(self, branch: Branch) -> list[Node]:
        """Add the bordered minors that are not multiples of known equations."""
        found: list[_Derived] = []
        known = list(self._considered(branch).values())
        for derived in sorted(self._minors(branch), key=lambda d: (len(d.poly), d.poly.total_degree())):
            poly = branch.reduced(derived.poly)
            if len(found) < MOST_DERIVED and not any(divmod(poly, other)[1].is_zero() for other in known):
                known.append(poly)
                found.append(derived)
        nodes: list[Node] = []
        for derived in found:
            label = f"{PREFIX}{self.count}"
            self.count += 1
            terms = multiples(self.system, branch.equations, derived.multipliers)
            branch.equations[label] = derived.poly
            nodes.append({"do": "derive", "name": label, "terms": terms})
        branch.tidy([node["name"] for node in nodes])
        return nodes

    def _current(self, branch: Branch) -> dict[Entry, fmpq_mpoly] | None:
        """The entries of the factors on the branch; None if one is not a polynomial."""
        if any(not step.leading.is_constant() for step in branch.trail):
            return None
        values = {}
        for entry, v in self.entries.items():
            value = self.ring.gens()[v]
            for step in branch.trail:
                value = self._put(value, step)
            values[entry] = value
        return values

    def _put(self, poly: fmpq_mpoly, step: Substitution) -> fmpq_mpoly:
        """The polynomial after a substitution with a number as leading coefficient."""
        v = step.variable
        if not poly.degrees()[v]:
            return poly
        value = lifted(self.ring, step.rest) / -fmpq(step.leading.leading_coefficient())
        total = self.ring.constant(0)
        for monomial, c in poly.to_dict().items():
            others = tuple(0 if u == v else e for u, e in enumerate(monomial))
            total += self.ring.from_dict({others: c}) * value ** int(monomial[v])
        return total

    def _minors(self, branch: Branch) -> Iterator[_Derived]:
        """The bordered minors that are no zero polynomials and do not contain entries of the second factor."""
        values = self._current(branch)
        if values is None:
            return
        place = _Place(self, branch, values)
        tries = MOST_MINORS
        m, n = self.shape
        for size in range(1, min(m, LARGEST_MINOR) + 1):
            for width in range(1, min(size, n) + 1):
                for rows in combinations(range(m), size):
                    kept = [k for k in range(self.hidden) if any((i, k) in place.left for i in rows)]
                    for columns in combinations(range(n), width):
                        if not all((i, j) in place.quotients for i in rows for j in columns):
                            continue
                        for border in combinations(kept, size - width):
                            tries -= 1
                            if tries < 0 or self.budget.expired():
                                return
                            found = place.derived(rows, columns, border)
                            if found is not None:
                                yield found


class _Place:
    """The factors, the product and the target on a branch, as polynomials and as numbers at a random point."""

    def __init__(self, search: BorderedSplit, branch: Branch, values: Mapping[Entry, fmpq_mpoly]) -> None:
        self.ring = search.ring
        self.point = search.point
        self.system = search.system
        self.zero = self.ring.constant(0)
        self.left: Matrix = {}
        self.right: Matrix = {}
        for (level, a, b), value in values.items():
            if not value.is_zero():
                (self.right if level else self.left)[a, b] = value
        self.unknown = {v for (level, _, _), v in search.entries.items() if level}
        self.sample_left = {cell: self.sample(value) for cell, value in self.left.items()}
        self.sample_right = {cell: self.sample(value) for cell, value in self.right.items()}
        self.target: Matrix = {}
        self.products: Matrix = {}
        # (X Yᵀ − A)_ij as a multiple of its equation; cells where this is not known are missing
        self.quotients: dict[Cell, tuple[str, fmpq_mpoly] | None] = {}
        m, n = search.shape
        self.terms: dict[Cell, list[int]] = {}
        for i in range(m):
            for j in range(n):
                shared = [k for k in range(search.hidden) if (i, k) in self.left and (k, j) in self.right]
                self.terms[i, j] = shared
                number = search.target.get((i, j), Fraction(0))
                self.target[i, j] = self.ring.constant(fmpq(number.numerator, number.denominator))
                self.products[i, j] = sum((self.left[i, k] * self.right[k, j] for k in shared), self.zero)
                difference = self.products[i, j] - self.target[i, j]
                label = f"{i}:{j}"
                if difference.is_zero():
                    self.quotients[i, j] = None
                elif label in branch.equations:
                    quotient, rest = divmod(difference, lifted(self.ring, branch.equations[label]))
                    if rest.is_zero():
                        self.quotients[i, j] = label, quotient
        self.sample_product = {cell: self.sample(value) for cell, value in self.products.items()}
        self.sample_target = {cell: self.sample(value) for cell, value in self.target.items()}

    def sample(self, poly: fmpq_mpoly) -> int:
        """The value at the random point modulo a prime."""
        value = poly(*self.point)
        return int(value.p) * pow(int(value.q), -1, PRIME) % PRIME

    def derived(self, rows: Sequence[int], columns: Sequence[int], border: Sequence[int]) -> _Derived | None:
        """The minor of ``[X_K | A_C − E]`` for the hidden indices ``K`` in `border`, if all products annul it."""
        meeting: dict[int, list[Cell]] = {}
        for i in rows:
            for j in columns:
                for k in self.terms[i, j]:
                    if k not in border:
                        meeting.setdefault(k, []).append((i, j))
        private = {k: cells[0] for k, cells in meeting.items() if len(cells) == 1}
        taken: dict[Cell, int] = {}
        for k, (i, j) in private.items():
            taken[i, j] = taken.get((i, j), 0) + self.sample_left[i, k] * self.sample_right[k, j]
        frame = [[self.sample_left.get((i, k), 0) for k in border] for i in rows]

        def value(matrix: Mapping[Cell, int]) -> int:
            lines = zip(frame, rows, strict=True)
            entries = [[*line, *((matrix[i, j] - taken.get((i, j), 0)) % PRIME for j in columns)] for line, i in lines]
            return int(nmod_mat(entries, PRIME).det())

        if value(self.sample_product) or not value(self.sample_target):
            return None
        return self._expanded(rows, columns, border, private)

    def _expanded(
        self, rows: Sequence[int], columns: Sequence[int], border: Sequence[int], private: Mapping[int, Cell]
    ) -> _Derived | None:
        taken: Matrix = {}
        for k, (i, j) in private.items():
            taken[i, j] = taken.get((i, j), self.zero) + self.left[i, k] * self.right[k, j]
        frame = [[self.left.get((i, k), self.zero) for i in rows] for k in border]
        products = [[self.products[i, j] - taken.get((i, j), self.zero) for i in rows] for j in columns]
        given = [[self.target[i, j] - taken.get((i, j), self.zero) for i in rows] for j in columns]
        total = determinant([*frame, *given], self.ring.constant(1))
        if len(total) > MOST_MONOMIALS or any(e and v in self.unknown for v, e in enumerate(total.degrees())):
            return None
        multipliers: dict[str, fmpq_mpoly] = {}
        for q, j in enumerate(columns):
            others = [*frame, *products[:q], *given[q + 1 :]]
            for p, i in enumerate(rows):
                known = self.quotients[i, j]
                if known is None:
                    continue
                smaller = [[e for c, e in enumerate(line) if c != p] for line in others]
                minor = determinant(smaller, self.ring.constant(1))
                label, quotient = known
                change = minor * quotient if (p + q + len(border)) % 2 else -minor * quotient
                if not change.is_zero():
                    multipliers[label] = multipliers.get(label, self.zero) + change
        scale = lcm(*(int(c.q) for c in total.coeffs()))
        poly = self.system.context.from_dict({m: int(c.p) * (scale // int(c.q)) for m, c in total.to_dict().items()})
        return _Derived(poly.primitive()[1], multipliers)


def _entry(name: str) -> Entry:
    level, a, b = map(int, name.split(":"))
    return level, a, b
