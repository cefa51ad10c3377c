"""Degenerating curves of two factors: limits of products that need not be products.

A term ``x_k y_kᵀ`` of a product is kept as two sparse vectors whose entries are Laurent
polynomials in ``t``. Uncrossing replaces two overlapping rank-one supports by the two that their
limits fill (``docs/rules/uncrossing.md``); a zero sum of several terms with a common
vector gives more limits (rule ``zero-sum``).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

from closedness.algebra.casesplit import CaseSplit
from closedness.algebra.laurent import Entries, Laurent, limit_of_curve, plus, product_of
from closedness.algebra.polysystem import System
from closedness.budget import UNLIMITED, Budget
from closedness.supports.pattern import Pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Vector = dict[int, Laurent]
Term = tuple[Vector, Vector]
Matrix = dict[tuple[int, int], Fraction]
Rectangle = tuple[int, int]


def constant_vector(values: Mapping[int, Fraction]) -> Vector:
    """A vector that does not depend on t."""
    return {i: {0: value} for i, value in values.items() if value}


def shifted(vector: Vector, power: int, factor: int = 1) -> Vector:
    """Multiply a vector by ``factor · t^power``."""
    return {
        i: {e + power: factor * value for e, value in entry.items()} for i, entry in vector.items()
    }


def added(first: Vector, second: Vector) -> Vector:
    """Sum of two vectors."""
    total = {i: plus(first.get(i, {}), second.get(i, {})) for i in {**first, **second}}
    return {i: entry for i, entry in total.items() if entry}


def restricted(vector: Vector, support: int) -> Vector:
    """Keep the entries on a support given as a bitmask."""
    return {i: entry for i, entry in vector.items() if support >> i & 1}


def lowest(vector: Vector) -> int:
    """Smallest exponent that occurs, 0 for the zero vector."""
    return min((e for entry in vector.values() for e in entry), default=0)


# unknown coefficients of a curve beyond which the general form is not tried
MOST_COEFFICIENTS = 60


@dataclass(frozen=True)
class Uncrossing:
    """Replace ``S_k, S_l`` by ``(I_k ∪ I_l) × (J_k ∩ J_l)`` and ``(I_k ∩ I_l) × (J_k ∪ J_l)``."""

    first: int
    second: int

    def apply(self, rectangles: Sequence[Rectangle]) -> list[Rectangle]:
        """Return the supports after the step; the new ones stand in the places of the old."""
        (i1, j1), (i2, j2) = rectangles[self.first], rectangles[self.second]
        changed = list(rectangles)
        changed[self.first] = (i1 | i2, j1 & j2)
        changed[self.second] = (i1 & i2, j1 | j2)
        return changed

    def undo(self, rectangles: Sequence[Rectangle], terms: Sequence[Term]) -> list[Term]:
        """Turn a curve for the uncrossed supports into one for the original supports.

        ``(x/ε + u')(y + εv')ᵀ − (x/ε − u'')(y − εv'')ᵀ = u yᵀ + x vᵀ + ε(u'v'ᵀ − u''v''ᵀ)``
        with ``u = u' + u''``, ``v = v' + v''`` and ``ε`` a power of t high enough.
        """
        (u, y), (x, v) = terms[self.first], terms[self.second]
        (i1, j1) = rectangles[self.first]
        power = max(1, 1 - lowest(u) - lowest(v))
        u1, v1 = restricted(u, i1), restricted(v, j1)
        u2, v2 = restricted(u, ~i1), restricted(v, ~j1)
        changed = list(terms)
        changed[self.first] = (added(shifted(x, -power), u1), added(y, shifted(v1, power)))
        changed[self.second] = (
            added(shifted(x, -power, -1), u2),
            added(y, shifted(v2, power, -1)),
        )
        return changed


def uncrossings(rectangles: Sequence[Rectangle]) -> Iterator[Uncrossing]:
    """All steps that change the supports."""
    for k, l in combinations(range(len(rectangles)), 2):
        (i1, j1), (i2, j2) = rectangles[k], rectangles[l]
        if not (i1 & i2 and j1 & j2):
            continue
        if (i1 | i2, i1 & i2) in ((i1, i2), (i2, i1)) and (j1 & j2, j1 | j2) in (
            (j1, j2),
            (j2, j1),
        ):
            # contained in each other on both sides: crossing (nothing new) or nested
            crossing = (i1 | i2 == i1) == (j1 | j2 == j2)
            if crossing or i1 == i2 or j1 == j2:
                continue
        yield Uncrossing(k, l)


@dataclass(frozen=True)
class Goal:
    """The entries a limit must have, those where it may be anything, and a step budget."""

    target: Matrix
    free: frozenset[tuple[int, int]] = frozenset()
    steps: int = 3_000
    budget: Budget = UNLIMITED

    @property
    def T(self) -> Goal:
        """The transposed goal."""
        return Goal(
            {(j, i): value for (i, j), value in self.target.items()},
            frozenset((j, i) for i, j in self.free),
            self.steps,
            self.budget,
        )


class _Unknowns:
    """Names for the unknown entries of vectors."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.position: dict[str, int] = {}

    def __call__(self, name: str) -> int:
        if name not in self.position:
            self.position[name] = len(self.names)
            self.names.append(name)
        return self.position[name]


Linear = list[tuple[int, str]]
Symbolic = tuple["Callable[[int], Linear]", "Callable[[int], Linear]"]


def _free(name: str, support: int) -> Callable[[int], Linear]:
    return lambda i: [(1, f"{name}:{i}")] if support >> i & 1 else []


def solve_terms(
    terms: Iterable[Symbolic],
    shape: tuple[int, int],
    goal: Goal,
    seed: int = 0,
) -> dict[str, Fraction] | None:
    """Find rational vectors whose rank-one terms sum to the target, or None."""
    unknowns = _Unknowns()
    equations: dict[str, dict[tuple[int, ...], Fraction | int]] = {}
    term_list = list(terms)
    for i in range(shape[0]):
        for j in range(shape[1]):
            if (i, j) in goal.free:
                continue
            entry: dict[tuple[int, ...], Fraction | int] = {}
            for left, right in term_list:
                for a, first in left(i):
                    for b, second in right(j):
                        key = (unknowns(first), unknowns(second))
                        entry[key] = entry.get(key, 0) + a * b
            value = goal.target.get((i, j), Fraction(0))
            if value:
                if not entry:
                    return None
                entry[()] = -value
            if entry:
                equations[f"{i}:{j}"] = entry
    if not equations:
        return {}
    system = System.build(unknowns.names, equations)
    return CaseSplit(system, goal.steps, budget=goal.budget, seed=seed).run().point


def _read(
    line: Callable[[int], Linear], size: int, values: Mapping[str, Fraction]
) -> dict[int, Fraction]:
    return {i: sum((a * values.get(name, Fraction(0)) for a, name in line(i)), Fraction(0)) for i in range(size)}


def _plain(rectangles: Sequence[Rectangle], skip: Iterable[int] = ()) -> dict[int, Symbolic]:
    left_out = set(skip)
    return {
        k: (_free(f"x{k}", rows), _free(f"y{k}", columns))
        for k, (rows, columns) in enumerate(rectangles)
        if k not in left_out and rows and columns
    }


def exact_terms(
    rectangles: Sequence[Rectangle], shape: tuple[int, int], goal: Goal
) -> list[Term] | None:
    """Constant terms on the given supports that sum to the target."""
    symbolic = _plain(rectangles)
    values = solve_terms(symbolic.values(), shape, goal)
    if values is None:
        return None
    return [
        (
            constant_vector(_read(symbolic[k][0], shape[0], values)),
            constant_vector(_read(symbolic[k][1], shape[1], values)),
        )
        if k in symbolic
        else ({}, {})
        for k in range(len(rectangles))
    ]


def zero_sum_terms(
    rectangles: Sequence[Rectangle],
    shape: tuple[int, int],
    goal: Goal,
    chosen: tuple[int, ...],
) -> list[Term] | None:
    """Terms ``(x/t + u_k)(y_k + t v_k)ᵀ`` with ``Σ y_k = 0`` whose product tends to the target."""
    common = -1
    union = 0
    for k in chosen:
        common &= rectangles[k][0]
        union |= rectangles[k][1]
    if common == 0:
        return None
    lines = _zero_sum([rectangles[k][1] for k in chosen])
    symbolic = _plain(rectangles, chosen)
    for k, line in zip(chosen, lines, strict=True):
        symbolic[k] = (_free(f"u{k}", rectangles[k][0]), line)
    extra: Symbolic = (_free("x", common), _free("v", union))
    values = solve_terms([*symbolic.values(), extra], shape, goal)
    if values is None:
        return None
    result: list[Term] = [({}, {})] * len(rectangles)
    for k, (left, right) in symbolic.items():
        result[k] = (
            constant_vector(_read(left, shape[0], values)),
            constant_vector(_read(right, shape[1], values)),
        )
    x = constant_vector(_read(extra[0], shape[0], values))
    v = constant_vector(_read(extra[1], shape[1], values))
    rest = union
    for k in chosen:
        u, y = result[k]
        own = restricted(v, rectangles[k][1] & rest)
        rest &= ~rectangles[k][1]
        result[k] = (added(shifted(x, -1), u), added(y, shifted(own, 1)))
    return result


def _zero_sum(supports: Sequence[int]) -> list[Callable[[int], Linear]]:
    """Symbolic vectors on the supports whose sum is zero.

    In each coordinate the last of the vectors that may be non-zero there is minus the sum of the
    others; a coordinate that only one of them has is zero.
    """

    def line(position: int) -> Callable[[int], Linear]:
        def entry(j: int) -> Linear:
            having = [p for p, support in enumerate(supports) if support >> j & 1]
            if position not in having or len(having) == 1:
                return []
            if position != having[-1]:
                return [(1, f"z{position}:{j}")]
            return [(-1, f"z{p}:{j}") for p in having[:-1]]

        return entry

    return [line(position) for position in range(len(supports))]


def limit_curve(
    pattern: Pattern,
    target: Matrix,
    free: Iterable[tuple[int, int]] = (),
    *,
    depth: int = 2,
    steps: int = 3_000,
    budget: Budget = UNLIMITED,
) -> list[Term] | None:
    """Search a curve of products that tends to the target.

    Parameters
    ----------
    pattern : Pattern
        The supports.
    target : dict of (row, column) to Fraction
        The non-zero entries.
    free : iterable of (row, column)
        Entries where any finite limit will do.
    depth : int
        How many uncrossings may follow each other.
    steps : int
        Budget of each exact solve.
    budget : Budget, optional
        Ends the search.

    Returns
    -------
    list of terms, or None
        One pair of Laurent vectors for each hidden index.
    """
    shape = pattern.shape
    width = pattern.terms.bit_length()
    rectangles = [pattern.rectangle(k) for k in range(width)]
    goal = Goal(target, frozenset(free), steps, budget)
    turned = [(columns, rows) for rows, columns in rectangles]
    for level in range(depth + 1):
        found = _by_uncrossing(rectangles, shape, goal, level)
        if found is not None:
            return found
        if level == 1:
            for size in range(3, min(width, 5) + 1):
                for chosen in combinations(range(width), size):
                    if budget.expired():
                        return None
                    found = zero_sum_terms(rectangles, shape, goal, chosen)
                    if found is not None:
                        return found
                    found = zero_sum_terms(turned, shape[::-1], goal.T, chosen)
                    if found is not None:
                        return [(y, x) for x, y in found]
    for order in (1, 2):
        if budget.expired():
            return None
        found = laurent_terms(rectangles, shape, goal, order)
        if found is not None:
            return found
    return None


def laurent_terms(
    rectangles: Sequence[Rectangle], shape: tuple[int, int], goal: Goal, order: int
) -> list[Term] | None:
    """Solve for the coefficients of a curve without any assumption but its order.

    ``x_k = Σ_{-order ≤ a ≤ 0} x_k^{(a)} t^a`` and ``y_k = Σ_{0 ≤ b ≤ order} y_k^{(b)} t^b``: by the scalings of the
    hidden indices this is the general form, cut off. Small patterns only.
    """
    unknowns = _Unknowns()
    equations: dict[str, dict[tuple[int, ...], Fraction | int]] = {}
    size = sum(rows.bit_count() + columns.bit_count() for rows, columns in rectangles)
    if size * (order + 1) > MOST_COEFFICIENTS:
        return None
    for i in range(shape[0]):
        for j in range(shape[1]):
            names = [k for k, (rows, columns) in enumerate(rectangles) if rows >> i & 1 and columns >> j & 1]
            for e in range(-order, 1):
                entry: dict[tuple[int, ...], Fraction | int] = {
                    (unknowns(f"x{k}:{i}:{a}"), unknowns(f"y{k}:{j}:{e - a}")): 1
                    for k in names
                    for a in range(-order, e + 1)
                }
                value = goal.target.get((i, j), Fraction(0))
                if e == 0 and (i, j) in goal.free:
                    continue
                if e == 0 and value:
                    if not names:
                        return None
                    entry[()] = -value
                if entry:
                    equations[f"{i}:{j}:{e}"] = entry
    system = System.build(unknowns.names, equations)
    point = CaseSplit(system, goal.steps, budget=goal.budget).run().point
    if point is None:
        return None

    def vector(side: str, k: int, length: int, exponents: range) -> Vector:
        found = {
            i: {e: value for e in exponents if (value := point.get(f"{side}{k}:{i}:{e}", Fraction(0)))}
            for i in range(length)
        }
        return {i: entry for i, entry in found.items() if entry}

    return [
        (vector("x", k, shape[0], range(-order, 1)), vector("y", k, shape[1], range(order + 1)))
        for k in range(len(rectangles))
    ]


def _by_uncrossing(
    rectangles: Sequence[Rectangle], shape: tuple[int, int], goal: Goal, depth: int
) -> list[Term] | None:
    if depth == 0:
        return exact_terms(rectangles, shape, goal)
    for move in uncrossings(rectangles):
        if goal.budget.expired():
            return None
        terms = _by_uncrossing(move.apply(rectangles), shape, goal, depth - 1)
        if terms is not None:
            return move.undo(rectangles, terms)
    return None


def factors_of_terms(terms: Iterable[Term]) -> tuple[Entries, Entries]:
    """Two factors whose column ``k`` and row ``k`` are the vectors of term ``k``."""
    left: Entries = {}
    right: Entries = {}
    for k, (x, y) in enumerate(terms):
        left.update({(i, k): entry for i, entry in x.items() if entry})
        right.update({(k, j): entry for j, entry in y.items() if entry})
    return left, right


def product_of_terms(terms: Iterable[Term]) -> Entries:
    """Multiply the terms out."""
    return product_of(factors_of_terms(terms))


def limit_of(terms: Iterable[Term]) -> Matrix | None:
    """The non-zero entries of the limit of the product as t tends to 0, None if it diverges."""
    return limit_of_curve(factors_of_terms(terms))


def support_of(vector: Vector) -> int:
    """Bitmask of the non-zero entries."""
    mask = 0
    for i in vector:
        mask |= 1 << i
    return mask


def respects(terms: Sequence[Term], pattern: Pattern) -> bool:
    """True when each term stays in its rank-one support."""
    return all(
        not support_of(x) & ~rows and not support_of(y) & ~columns
        for k, (x, y) in enumerate(terms)
        for rows, columns in [pattern.rectangle(k)]
    )


__all__ = [
    "Goal",
    "Laurent",
    "Matrix",
    "Term",
    "Uncrossing",
    "Vector",
    "exact_terms",
    "factors_of_terms",
    "laurent_terms",
    "limit_curve",
    "limit_of",
    "product_of_terms",
    "respects",
    "uncrossings",
    "zero_sum_terms",
]
