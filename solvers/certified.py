"""Certified optima of small fixed-support problems: a proved lower bound beside the best factors found.

Branch and bound over the ratios within the rows of Y (or of X), with bounds from :mod:`solvers.minor_bounds`. Every
bound is proved in rational arithmetic for the entries as they are, and can be checked again without the search:
:meth:`CertifiedOptimum.verify`.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from closedness import Support, SupportProduct
from closedness.budget import Budget
from closedness.errors import InputError
from solvers.arrays import measure, read_matrix, scaled, stretched
from solvers.choosing import is_share
from solvers.fixed_support import factorize_fixed_support, read_supports, read_weights
from solvers.free_cells import reduce_supports
from solvers.minor_bounds import Box, Multipliers, Terms, best_multipliers, proved

__all__ = ["CertifiedOptimum", "certify_optimum"]

_MOST = 12  # free parameters
_SHARE_OF_SEARCH = 0.2
_SEARCHES = 8
Mask = NDArray[np.bool_]
Attained = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Leaf:
    """A box, or everything, and the multipliers that prove its bound; none where only 0 is known."""

    box: Box | None
    found: Multipliers | None


@dataclass(frozen=True, eq=False)
class CertifiedOptimum:
    """The smallest error with fixed supports, between proved bounds.

    Attributes
    ----------
    lower : float
        No factors with these supports have a smaller error (Frobenius, weighted if weights were given).
    upper : float
        The error of ``X`` and ``Y``.
    X, Y : ndarray, (m, r) and (n, r)
        The best factors found.
    certified : bool
        Whether ``lower`` is known to be the infimum: the two are as close as was asked for, or the products are dense
        (then ``lower`` is exact, and ``upper`` only as good as the search).
    attained : {"yes", "no", "unknown"}
        Whether the infimum is the error of some factors.
    reason : str
        Why, and how the lower bound is proved.
    leaves : tuple of Leaf
        The certificate: boxes that cover all factors, with multipliers. Empty where the bound is that of the entries
        outside all supports.
    """

    lower: float
    upper: float
    X: NDArray[np.float64] = field(repr=False)
    Y: NDArray[np.float64] = field(repr=False)
    certified: bool
    attained: Attained
    reason: str
    leaves: tuple[Leaf, ...] = field(repr=False)
    terms: Terms | None = field(repr=False)
    outside: Fraction = field(repr=False)
    exponent: int = field(repr=False)

    def verify(self) -> bool:
        """Check the lower bound again, in rational arithmetic, from the leaves alone.

        Checked are the multipliers of every leaf and that the boxes cover all ratios.
        """
        if self.terms is None:
            return self.lower <= stretched(_root_up(self.outside), self.exponent)
        if not all(leaf.found is None or proved(self.terms, leaf.box, leaf.found) for leaf in self.leaves):
            return False
        boxes = [leaf.box for leaf in self.leaves]
        if boxes != [None] and not _covered(self.terms, [b for b in boxes if b is not None]):
            return False
        least = min((max(leaf.found.bound, Fraction(0)) if leaf.found else Fraction(0)) for leaf in self.leaves)
        return self.lower <= stretched(_root_up(self.outside + least), self.exponent)

    def __str__(self) -> str:
        sign = "certified up to the gap" if self.certified else "not certified: a gap is left"
        return (
            f"smallest error between {self.lower:.9g} and {self.upper:.9g} ({sign}); attained: {self.attained} "
            f"({self.reason})"
        )


def certify_optimum(
    A: Any, I: Any, J: Any, *, weights: Any = None, gap: float = 1e-6, seconds: float | None = 10.0
) -> CertifiedOptimum:
    """The smallest error of ``A ≈ X Yᵀ`` with fixed supports, with a proved lower bound, for small problems.

    Parameters
    ----------
    A : array_like, (m, n)
        Real.
    I, J : supports, (m, r) and (n, r)
    weights : array_like, (m, n), optional
        As for :func:`solvers.factorize_fixed_support`; an entry with weight 0 is missing.
    gap : float
        Difference of the bounds asked for, relative to ``‖A‖``.
    seconds : float or None
        Time limit (wall clock).

    Returns
    -------
    CertifiedOptimum

    Raises
    ------
    InputError
        More than 12 free parameters after free classes are put aside; complex matrices; as
        :func:`solvers.factorize_fixed_support`.

    Examples
    --------
    >>> lower = np.tri(2)
    >>> found = certify_optimum([[0.0, 1.0], [1.0, 0.0]], lower, lower)    # no LU without pivoting
    >>> found.lower, found.certified, found.attained
    (0.0, True, 'no')
    """
    matrix = read_matrix(A)
    if np.iscomplexobj(matrix):
        raise InputError(f"A must be real, got dtype {matrix.dtype}")
    if not is_share(gap) or gap == 0.0:
        raise InputError(f"gap must be a number between 0 and 1, got {gap!r}")
    shape = (matrix.shape[0], matrix.shape[1])
    rows, cols = read_supports(I, J, shape)
    budget, shift = Budget(seconds), 0
    W = np.ones(shape)
    if weights is not None:
        W, shift = read_weights(weights, shape)
        matrix = np.where(W > 0.0, matrix, 0)
    _, exponent = measure(matrix)
    largest = math.frexp(float(np.abs(scaled(matrix, exponent)).max()) or 1.0)[1]
    exponent += largest + (largest & 1)
    usual = np.ldexp(matrix.astype(np.float64), -exponent)
    problem = _Problem(usual, rows, cols, W)
    norm = math.sqrt(float(np.square(W * usual).sum()))
    outside, how = problem.outside, ""
    enough = math.sqrt(float(outside)) + gap * norm if problem.dense else 0.0
    X, Y, upper = _best_found(problem, None if weights is None else W, enough, budget.part(_SHARE_OF_SEARCH))
    terms: Terms | None = None
    leaves: tuple[Leaf, ...] = ()
    if problem.dense:
        how = "almost every matrix is such a product on its support, so the infimum is the rest outside"
    elif not problem.terms.rectangles:
        how = "every matrix is such a product on its support"
    else:
        terms = problem.terms
        goal = (math.sqrt(upper) - 0.5 * gap * norm) ** 2 - float(outside) if math.sqrt(upper) > gap * norm else 0.0
        leaves = tuple(_branch(terms, goal, budget.part(0.8)))
        how = f"multipliers for {len(leaves)} boxes" if leaves[0].box else "multipliers"
    least = min(
        (max(leaf.found.bound, Fraction(0)) if leaf.found else Fraction(0) for leaf in leaves), default=Fraction(0)
    )
    square = outside + least
    lower = _root_down(square)
    attained, why = _attained(problem, square, upper, budget)
    infimum_known = terms is None
    high = math.sqrt(float(upper))
    return CertifiedOptimum(
        lower=stretched(lower, exponent + shift),
        upper=stretched(high, exponent + shift),
        X=np.ldexp(X, exponent // 2),
        Y=np.ldexp(Y, exponent // 2),
        certified=infimum_known or high - lower <= gap * norm,
        attained=attained,
        reason=f"{why}; {how}",
        leaves=leaves,
        terms=terms,
        outside=outside,
        exponent=exponent + shift,
    )


def _best_found(
    problem: _Problem, weights: NDArray[np.float64] | None, enough: float, budget: Budget
) -> tuple[NDArray[np.float64], NDArray[np.float64], Fraction]:
    """The best factors of a search, and their squared error; of several searches where one does not do ``enough``."""
    found: list[tuple[Fraction, int, Any]] = []
    for seed in range(_SEARCHES):
        start = factorize_fixed_support(
            problem.matrix, problem.rows, problem.cols,
            weights=weights, seed=seed, seconds=budget.left(), decide_seconds=0.0,
        )  # fmt: skip
        found.append((problem.energy(np.asarray(start.X), np.asarray(start.Y)), seed, start))
        if not enough or budget.expired() or math.sqrt(float(min(found)[0])) <= enough:
            break
    square, _, best = min(found)
    return np.asarray(best.X), np.asarray(best.Y), square


class _Problem:
    """The rational problem: what is outside, what is free, what is left."""

    def __init__(self, matrix: NDArray[np.float64], rows: Support, cols: Support, weights: NDArray[np.float64]) -> None:
        self.matrix, self.rows, self.cols, self.weights = matrix, rows, cols, weights
        I, J = rows.to_dense().astype(bool), cols.to_dense().astype(bool)
        self.known = weights > 0.0
        self.union = (I.astype(int) @ J.astype(int).T) > 0
        self.outside = sum(
            (self._square(i, j) * Fraction(float(matrix[i, j])) ** 2 for i, j in np.argwhere(~self.union & self.known)),
            Fraction(0),
        )
        free = reduce_supports(I, J, ~self.known)
        wanted = self.union & ~free.free
        rectangles = []
        for k in free.core:
            here = wanted & I[:, k, None] & J[None, :, k]
            chosen = tuple(np.flatnonzero(here.any(axis=1)).tolist()), tuple(np.flatnonzero(here.any(axis=0)).tolist())
            if chosen[0]:
                rectangles.append(chosen)
        self.parameters = sum(len(p) + len(q) - 1 for p, q in rectangles)
        self.dense = is_dense(I, J, ~self.known)
        if self.parameters > _MOST and not self.dense:
            raise InputError(f"the problem has {self.parameters} free parameters, at most {_MOST} are taken")
        cells = [(int(i), int(j)) for i, j in np.argwhere(wanted)]
        plain = Terms(
            tuple(rectangles),
            {at: Fraction(float(matrix[at])) for at in cells},
            {at: self._square(*at) for at in cells},
        )
        turned = Terms(
            tuple((q, p) for p, q in rectangles),
            {(j, i): v for (i, j), v in plain.target.items()},
            {(j, i): v for (i, j), v in plain.squares.items()},
        )
        self.terms = min(plain, turned, key=_looseness)

    def _square(self, i: int, j: int) -> Fraction:
        return Fraction(float(self.weights[i, j])) ** 2

    def energy(self, X: NDArray[np.float64], Y: NDArray[np.float64]) -> Fraction:
        """The squared error of factors, exactly."""
        x = [[Fraction(float(v)) for v in row] for row in X]
        y = [[Fraction(float(v)) for v in row] for row in Y]
        total = Fraction(0)
        for i, j in np.argwhere(self.known):
            entry = sum((p * q for p, q in zip(x[i], y[j], strict=True) if p and q), Fraction(0))
            total += self._square(i, j) * (Fraction(float(self.matrix[i, j])) - entry) ** 2
        return total

    def completed(self) -> SupportProduct:
        """The supports, with a hidden index for the missing entries of every column."""
        I, J = self.rows.to_dense().astype(bool), self.cols.to_dense().astype(bool)
        missing = np.flatnonzero(~self.known.all(axis=0))
        more = np.zeros((J.shape[0], len(missing)), bool)
        more[missing, range(len(missing))] = True
        return SupportProduct.from_pair(np.hstack([I, ~self.known[:, missing]]), np.hstack([J, more]))


def _looseness(terms: Terms) -> tuple[float, int]:
    """How many unknowns nothing bounds in the widest boxes, and the number of ratios to be cut."""
    boxes = [Box.of(terms, leads) for leads in _leads(terms)]
    loose = sum(len(terms.anchored(box).dropped) for box in boxes) / max(1, len(boxes))
    return loose, sum(len(cols) for _, cols in terms.rectangles)


def _leads(terms: Terms) -> Iterator[tuple[int, ...]]:
    """Every choice of a leading column for every term."""
    return itertools.product(*(range(len(cols)) for _, cols in terms.rectangles))


def is_dense(rows: Mask, cols: Mask, unknown: Mask | None = None) -> bool:
    """Whether almost every matrix is a product on the union of the rectangles, by elimination without looking at it.

    Cells are struck out when a free class takes them, or when they are the row and the column of a rectangle that meet
    no other rectangle (among the cells left); docs/solvers.md, Proposition 5.

    Examples
    --------
    >>> is_dense(np.tri(4) > 0, np.tri(4) > 0), is_dense(np.ones((3, 1), bool), np.ones((3, 1), bool))
    (True, False)
    """
    left = (rows.astype(int) @ cols.astype(int).T) > 0
    if unknown is not None:
        left &= ~unknown
    terms = [k for k in range(rows.shape[1]) if rows[:, k].any() and cols[:, k].any()]
    while left.any():
        free = reduce_supports(rows[:, terms], cols[:, terms], ~left)
        terms = [terms[k] for k in free.core]
        left &= ~free.free
        if not left.any():
            return True
        count = sum((np.outer(rows[:, k], cols[:, k]) & left).astype(int) for k in terms) if terms else None
        if count is None:
            return False
        for k in terms:
            here = np.outer(rows[:, k], cols[:, k]) & left
            pure_row = rows[:, k] & ((here & (count > 1)).sum(axis=1) == 0)
            pure_col = cols[:, k] & ((here & (count > 1)).sum(axis=0) == 0)
            pivots = here & pure_row[:, None] & pure_col[None, :]
            if pivots.any():
                gain = here.sum(axis=1)[:, None] + here.sum(axis=0)[None, :]
                i, j = np.unravel_index(np.argmax(np.where(pivots, gain, -1)), gain.shape)
                left[i] &= ~here[i]
                left[:, j] &= ~here[:, j]
                terms.remove(k)
                break
        else:
            return False
    return True


def _branch(terms: Terms, goal: float, budget: Budget) -> Iterator[Leaf]:
    """Leaves that cover everything; each proves ``goal``, or the time was up."""
    if goal <= 0.0:
        yield Leaf(None, None)
        return
    whole = _proved(terms, None, goal, budget)
    if whole is not None and float(whole.bound) >= goal:
        yield Leaf(None, whole)
        return
    number = itertools.count()
    queue: list[tuple[float, int, Leaf]] = []
    for leads in _leads(terms):
        box = Box.of(terms, leads)
        found = _proved(terms, box, goal, budget)
        heapq.heappush(queue, (float(found.bound) if found else -1.0, next(number), Leaf(box, found)))
    while queue and queue[0][0] < goal and not budget.expired():
        before, _, leaf = heapq.heappop(queue)
        assert leaf.box is not None
        for half in leaf.box.halves():
            found = _proved(terms, half, goal, budget)
            if found is None or float(found.bound) < before:
                found = _kept(terms, half, leaf.found) or found
            heapq.heappush(queue, (float(found.bound) if found else -1.0, next(number), Leaf(half, found)))
    worst = queue[0][0]
    if whole is not None and float(whole.bound) >= worst:
        yield Leaf(None, whole)
        return
    yield from (leaf for _, _, leaf in queue)


def _proved(terms: Terms, box: Box | None, goal: float, budget: Budget) -> Multipliers | None:
    """Multipliers whose bound is proved exactly, after a small step back if rounding asks for it."""
    if budget.expired():
        return None
    try:
        found = best_multipliers(terms, box, goal, budget)
    except np.linalg.LinAlgError:
        return None
    if found is None:
        return None
    for back in (0.0, 1e-9, 1e-6):
        trial = found._replace(bound=found.bound - Fraction(back) * (1 + abs(found.bound)))
        if proved(terms, box, trial):
            return trial
    return None


def _kept(terms: Terms, box: Box, old: Multipliers | None) -> Multipliers | None:
    """Multipliers of the parent, if they prove something for the smaller box, too."""
    if old is None:
        return None
    return old if proved(terms, box, old) else None


def _covered(terms: Terms, boxes: list[Box]) -> bool:
    """Whether boxes contain all ratios between -1 and 1 for every choice of leading columns."""

    def covers(inside: list[Box], whole: Box) -> bool:
        if any(_contains(box, whole) for box in inside):
            return True
        for k, some in enumerate(whole.bounds):
            for j, (low, high) in enumerate(some):
                ends = {e for box in inside for e in box.bounds[k][j] if low < e < high}
                if ends:
                    cut = min(ends, key=lambda e: abs(e - (low + high) / 2))
                    first, second = whole._with(k, j, (low, cut)), whole._with(k, j, (cut, high))
                    return all(covers([b for b in inside if _meets(b, part)], part) for part in (first, second))
        return False

    return all(covers([b for b in boxes if b.leads == leads], Box.of(terms, leads)) for leads in _leads(terms))


def _contains(outer: Box, inner: Box) -> bool:
    pairs = zip(itertools.chain(*outer.bounds), itertools.chain(*inner.bounds), strict=True)
    return all(a <= c and d <= b for (a, b), (c, d) in pairs)


def _meets(first: Box, second: Box) -> bool:
    pairs = zip(itertools.chain(*first.bounds), itertools.chain(*second.bounds), strict=True)
    return all(max(a, c) < min(b, d) or a == b == c == d for (a, b), (c, d) in pairs)


def _attained(problem: _Problem, lower: Fraction, upper: Fraction, budget: Budget) -> tuple[Attained, str]:
    """Whether the infimum is attained, and why."""
    if upper == lower:
        return "yes", "the factors meet the lower bound exactly"
    if not problem.terms.rectangles:
        return "yes", "free classes represent every matrix"
    from closedness.decide import decide
    from closedness.verdict import Status

    supports = problem.completed()
    if decide(supports, seconds=budget.left()).status is Status.CLOSED:
        return "yes", "the supports are closed"
    if problem.dense:
        from closedness.engines.member import member

        target = [
            [Fraction(float(problem.matrix[i, j])) if problem.union[i, j] else Fraction(0) for j in range(n)]
            for n in [problem.matrix.shape[1]]
            for i in range(problem.matrix.shape[0])
        ]
        found = member(supports, target, seconds=budget.left())
        if found.proved and found.answer in ("yes", "no"):
            words = "is a product, exactly" if found.answer == "yes" else "is no product, though a limit of products"
            return found.answer, f"the matrix on its support {words}"
    return "unknown", "the supports are not known to be closed"


def _root_down(square: Fraction) -> float:
    """A float at most the square root."""
    if square <= 0:
        return 0.0
    root = math.sqrt(float(square))
    while Fraction(root) ** 2 > square:
        root = math.nextafter(root, 0.0)
    return root


def _root_up(square: Fraction) -> float:
    """A float at least the square root."""
    root = math.sqrt(float(square)) if square > 0 else 0.0
    while Fraction(root) ** 2 < square:
        root = math.nextafter(root, math.inf)
    return root
