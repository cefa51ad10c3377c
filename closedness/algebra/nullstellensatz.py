"""Nullstellensatz identities: ``Σ h_i f_i`` is a non-vanishing monomial, so the ``f_i`` have no common zero.

Buchberger's algorithm runs on python-flint polynomials without carrying cofactors along; it only writes down what it
did. Once it meets a polynomial that cannot vanish, the cofactors of this one are computed by going through the notes
backwards, so that the work on polynomials that turn out to be of no use costs nothing twice.
`closedness.equations.minor_identity` finds identities in closed form, from minors.

The identities are the step ``combine`` of rule ``refutation`` (``docs/theory.md``) and are verified by multiplication.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import gcd

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpz_mpoly, fmpz_mpoly_ctx

from closedness.algebra.deadline import NEVER, Deadline
from closedness.algebra.squares import Square, positive

Monomial = tuple[int, ...]
# monomials of one polynomial of the run, and of all cofactors together
MOST_MONOMIALS = 2_000
MOST_COFACTOR_TERMS = 60_000

__all__ = ["Buchberger", "Identity", "identity", "lifted", "rational_ring", "verify"]


@dataclass(frozen=True)
class Identity:
    """Multipliers ``h`` by label, with ``Σ h·f`` a constant times a monomial in non-zero variables.

    Over the reals a sum of `squares`, times positive numbers, may be added to that monomial, if it is positive itself.
    """

    multipliers: dict[str, fmpq_mpoly]
    squares: tuple[Square, ...] = ()

    @property
    def size(self) -> int:
        """Number of monomials of all multipliers."""
        return sum(map(len, self.multipliers.values()))


@dataclass
class _Element:
    """A member of the basis, and how it came about.

    ``content · x^monomial · poly`` is the S-polynomial (`start`: terms and earlier elements) after the `steps`:
    multiply by a number, then subtract a term times an earlier element. At the end of a search there may be an element
    without start: a monomial that the steps reduce to zero.
    """

    poly: fmpz_mpoly
    leading: Monomial
    label: str = ""
    start: tuple[tuple[fmpz_mpoly, int], ...] = ()
    steps: list[tuple[int, fmpz_mpoly, int]] = field(default_factory=list)
    content: int = 1
    monomial: Monomial = ()


class _OutOfBudget(Exception):
    """Steps, time or terms are spent."""


class Buchberger:
    """One search for an identity.

    Parameters
    ----------
    context : fmpz_mpoly_ctx
        The ring of the equations.
    nonzero : iterable of int
        Positions of the variables that do not vanish.
    steps : int
        Budget of reductions; `left` says how many remain.
    degree : int
        Pairs whose least common multiple has a higher degree are left out.
    real : bool
        Whether a polynomial that is positive over the reals will do.
    budget : Budget, optional
        Ends the search.
    """

    def __init__(
        self,
        context: fmpz_mpoly_ctx,
        nonzero: Iterable[int] = (),
        steps: int = 3_000,
        *,
        degree: int = 12,
        real: bool = False,
        budget: Deadline = NEVER,
    ) -> None:
        self.context = context
        self.width = context.nvars()
        self.rational = rational_ring(context)
        self.nonzero = frozenset(nonzero)
        self.left = steps
        self.degree = degree
        self.real = real
        self.budget = budget
        self.basis: list[_Element] = []
        self.members: list[int] = []
        self.alive: list[int] = []
        self.pairs: list[tuple[int, int, Monomial, int, int]] = []
        self.pending: set[tuple[int, int]] = set()

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0 or self.budget.expired():
            raise _OutOfBudget

    def _term(self, coefficient: int, exponents: Monomial) -> fmpz_mpoly:
        return self.context.from_dict({exponents: coefficient})

    def _reduce(self, element: _Element) -> bool:
        """Reduce the leading terms as far as possible; False when nothing is left.

        Over the reals all terms are reduced, for a sum of squares to be seen.
        """
        poly = element.poly
        place = 0
        while place < len(poly):
            self._spend()
            if len(poly) > MOST_MONOMIALS:
                raise _OutOfBudget
            leading = poly.monomial(place)
            for position in self.alive:
                other = self.basis[position]
                if all(a <= b for a, b in zip(other.leading, leading, strict=True)):
                    break
            else:
                if not self.real:
                    break
                place += 1
                continue
            mine, theirs = int(poly.coefficient(place)), int(other.poly.leading_coefficient())
            common = gcd(mine, theirs)
            step = self._term(mine // common, tuple(b - a for a, b in zip(other.leading, leading, strict=True)))
            element.steps.append((theirs // common, step, position))
            poly = (theirs // common) * poly - step * other.poly
        if poly.is_zero():
            return False
        content, poly = poly.primitive()
        element.content = int(content)
        low = [0] * self.width
        if self.nonzero:
            monomials = poly.monoms()
            for v in self.nonzero:
                low[v] = min(int(m[v]) for m in monomials)
        element.monomial = tuple(low)
        if any(low):
            terms = {tuple(int(a) - b for a, b in zip(m, low, strict=True)): c for m, c in poly.to_dict().items()}
            poly = self.context.from_dict(terms)
        element.poly = poly
        element.leading = tuple(int(e) for e in poly.monomial(0))
        return True

    def _add(self, element: _Element) -> int | None:
        """Put an element into the basis; return its position if it cannot vanish."""
        position = len(self.basis)
        self.basis.append(element)
        if len(element.poly) == 1 and not any(e for v, e in enumerate(element.leading) if v not in self.nonzero):
            return position
        if self.real and positive(lifted(self.rational, element.poly), self.nonzero) is not None:
            return position
        # an element whose leading monomial is divisible by the new one is still used in pairs, not in reductions
        kept = []
        for other in self.alive:
            if all(a <= b for a, b in zip(element.leading, self.basis[other].leading, strict=True)):
                continue
            kept.append(other)
        for other in self.members:
            lcm = tuple(max(a, b) for a, b in zip(element.leading, self.basis[other].leading, strict=True))
            coprime = all(not (a and b) for a, b in zip(element.leading, self.basis[other].leading, strict=True))
            if not coprime and sum(lcm) <= self.degree:
                heappush(self.pairs, (sum(lcm), position, lcm, other, position))
                self.pending.add((other, position))
        self.alive = [*kept, position]
        self.members.append(position)
        return None

    def _superfluous(self, i: int, j: int, lcm: Monomial) -> bool:
        """Buchberger's second criterion."""
        for k in self.members:
            if k in (i, j) or any(a > b for a, b in zip(self.basis[k].leading, lcm, strict=True)):
                continue
            if (min(i, k), max(i, k)) not in self.pending and (min(j, k), max(j, k)) not in self.pending:
                return True
        return False

    def identity(self, equations: Mapping[str, fmpz_mpoly]) -> Identity | None:
        """Return a verified identity for non-zero polynomials, or None."""
        try:
            position = self._search(equations)
            found = None if position is None else self._identity(equations, self._cofactors(position))
        except _OutOfBudget:
            return None
        return found if found is not None and verify(equations, self.nonzero, found) else None

    def _identity(
        self, equations: Mapping[str, fmpz_mpoly], multipliers: dict[str, fmpq_mpoly]
    ) -> Identity | None:
        total = _combined(equations, multipliers)
        if len(total) == 1:
            return Identity(multipliers)
        # a monomial of non-vanishing variables stands before what is positive; make it even
        low = [min(int(m[v]) for m in total.monoms()) % 2 if v in self.nonzero else 0 for v in range(self.width)]
        even = self.rational.from_dict({tuple(low): fmpq(1)})
        found = positive(total * even, self.nonzero)
        if found is None:
            return None
        scale = found.multiplier * even
        return Identity({label: h * scale for label, h in multipliers.items()}, found.squares)

    def _search(self, equations: Mapping[str, fmpz_mpoly]) -> int | None:
        """The position of a basis element that cannot vanish."""
        for label, poly in sorted(equations.items(), key=lambda item: (item[1].total_degree(), len(item[1]))):
            self.basis.append(_Element(poly, (), label))
            element = _Element(poly, (), start=((self._term(1, (0,) * self.width), len(self.basis) - 1),))
            if self._reduce(element):
                found = self._add(element)
                if found is not None:
                    return found
        while self.pairs:
            _, _, lcm, i, j = heappop(self.pairs)
            self.pending.discard((i, j))
            if self._superfluous(i, j, lcm):
                continue
            self._spend()
            first, second = self.basis[i], self.basis[j]
            a, b = int(first.poly.leading_coefficient()), int(second.poly.leading_coefficient())
            common = gcd(a, b)
            left = self._term(b // common, tuple(x - y for x, y in zip(lcm, first.leading, strict=True)))
            right = self._term(-a // common, tuple(x - y for x, y in zip(lcm, second.leading, strict=True)))
            element = _Element(left * first.poly + right * second.poly, (), start=((left, i), (right, j)))
            if self._reduce(element):
                found = self._add(element)
                if found is not None:
                    return found
        return self._monomial()

    def _monomial(self) -> int | None:
        """A monomial in non-zero variables that reduces to zero, as an element without polynomial."""
        for power in (1, 2, 4) if self.nonzero else ():
            exponents = tuple(power if v in self.nonzero else 0 for v in range(self.width))
            element = _Element(self._term(1, exponents), exponents)
            if not self._reduce(element):
                self.basis.append(element)
                return len(self.basis) - 1
        return None

    def _cofactors(self, position: int) -> dict[str, fmpq_mpoly]:
        """Multipliers of the equations that give a monomial in non-zero variables times the element."""
        rational = self.rational
        share: dict[int, fmpq_mpoly] = {position: rational.constant(1)}
        found: dict[str, fmpq_mpoly] = {}

        def give(k: int, amount: fmpq_mpoly) -> None:
            share[k] = share[k] + amount if k in share else amount

        for k in range(position, -1, -1):
            amount = share.pop(k, None)
            if amount is None or amount.is_zero():
                continue
            element = self.basis[k]
            if element.label:
                found[element.label] = amount
                continue
            if any(element.monomial):
                # the element is a quotient: multiply everything else by what was divided out
                whole = rational.from_dict({element.monomial: fmpq(1)})
                share = {other: value * whole for other, value in share.items()}
                found = {label: value * whole for label, value in found.items()}
            amount = amount / fmpq(element.content)
            for factor, step, other in reversed(element.steps):
                give(other, -(amount * lifted(rational, step)))
                amount = amount * factor
            for step, other in element.start:
                give(other, amount * lifted(rational, step))
            if sum(map(len, share.values())) + sum(map(len, found.values())) > MOST_COFACTOR_TERMS:
                raise _OutOfBudget
            if self.budget.expired():
                raise _OutOfBudget
        return {label: value for label, value in found.items() if not value.is_zero()}


def rational_ring(context: fmpz_mpoly_ctx) -> fmpq_mpoly_ctx:
    """The same ring with rational coefficients."""
    return fmpq_mpoly_ctx.get(tuple(context.names()), Ordering.degrevlex)


def lifted(ring: fmpq_mpoly_ctx, poly: fmpz_mpoly) -> fmpq_mpoly:
    """The polynomial with rational coefficients, in the ring of `rational_ring`."""
    return ring.from_dict({m: fmpq(int(c)) for m, c in poly.to_dict().items()})


def _combined(equations: Mapping[str, fmpz_mpoly], multipliers: Mapping[str, fmpq_mpoly]) -> fmpq_mpoly:
    """The sum ``Σ h·f`` of at least one multiple."""
    ring = next(iter(multipliers.values())).context()
    return sum((h * lifted(ring, equations[label]) for label, h in multipliers.items()), ring.constant(0))


def identity(
    equations: Mapping[str, fmpz_mpoly],
    nonzero: Iterable[int] = (),
    *,
    steps: int = 3_000,
    degree: int = 12,
    real: bool = False,
    budget: Deadline = NEVER,
) -> Identity | None:
    """Multipliers that show that polynomials have no common zero with certain variables non-zero.

    Parameters
    ----------
    equations : mapping of str to fmpz_mpoly
        Non-zero polynomials over the integers, in one ring, by label.
    nonzero : iterable of int
        Positions of the variables that do not vanish.
    steps : int
        Budget of reductions.
    degree : int
        Pairs whose least common multiple has a higher degree are left out.
    real : bool
        Whether a sum of squares may take part, which refutes over the reals only.
    budget : Budget, optional
        Ends the search.

    Returns
    -------
    Identity or None
        Verified; None when the budget is spent or, with no pair left, when there is none.

    References
    ----------
    D. Cox, J. Little, D. O'Shea: Ideals, Varieties, and Algorithms, chapters 2 and 4.

    Examples
    --------
    >>> ring = fmpz_mpoly_ctx.get(("x", "y"), Ordering.degrevlex)
    >>> x, y = ring.gens()
    >>> found = identity({"f": x * y - 1, "g": x**2})
    >>> verify({"f": x * y - 1, "g": x**2}, (), found)
    True
    """
    if not equations:
        return None
    context = next(iter(equations.values())).context()
    return Buchberger(context, nonzero, steps, degree=degree, real=real, budget=budget).identity(equations)


def verify(equations: Mapping[str, fmpz_mpoly], nonzero: Iterable[int], found: Identity) -> bool:
    """Multiply an identity out: a non-zero constant times a monomial in the non-zero variables must be left.

    With squares, these are subtracted first, and what is left must be positive.
    """
    if not found.multipliers:
        return False
    total = _combined(equations, found.multipliers)
    for number, root in found.squares:
        if number < 0:
            return False
        total -= root * root * number
    if len(total) != 1:
        return False
    if found.squares and (total.leading_coefficient() < 0 or any(e % 2 for e in total.monoms()[0])):
        return False
    units = frozenset(nonzero)
    return all(v in units for v, e in enumerate(total.monoms()[0]) if e)


# ---- minors ----------------------------------------------------------------------------------------
