"""Lower bounds of fixed-support problems from Lagrange multipliers, proved in rational arithmetic.

The rank-one terms ``Z_k = x_k y_kᵀ`` are the unknowns: the squared error is a convex quadratic function of their
entries, and the 2 × 2 minors of each term vanish. With any multipliers for the minors (and non-negative ones for the
inequalities of a box) the sum is a quadratic function of the entries; where the matrix of this function minus ``γ`` is
positive definite, ``γ`` is a lower bound. Proof: docs/solvers.md, section "Certified optima".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from closedness.budget import Budget
from solvers.arrays import Array

__all__ = ["Box", "Multipliers", "Terms", "best_multipliers", "proved"]

Real = NDArray[np.float64]
Entry = tuple[int, int, Fraction]


class Terms(NamedTuple):
    """The quadratic problem: its unknowns are the cells of the rectangles, one rectangle after the other.

    Attributes
    ----------
    rectangles : tuple of (rows, columns)
        Of the rank-one terms; tuples of indices.
    target : dict of (row, column) to Fraction
        Cells that count, and their values.
    squares : dict of (row, column) to Fraction
        Squares of their weights, positive.
    dropped : frozenset of (term, row, column)
        Unknowns about which nothing is used: neither the cells in which they stand nor minors and ratios with them.
        What is left is still a lower bound; without them it can be positive definite.
    """

    rectangles: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    target: dict[tuple[int, int], Fraction]
    squares: dict[tuple[int, int], Fraction]
    dropped: frozenset[tuple[int, int, int]] = frozenset()

    def places(self) -> dict[tuple[int, int, int], int]:
        """Number of the unknown for each term, row and column; 0 stands for the constant."""
        cells = ((k, i, j) for k, (rows, cols) in enumerate(self.rectangles) for i in rows for j in cols)
        return {cell: number for number, cell in enumerate((c for c in cells if c not in self.dropped), start=1)}

    def anchored(self, box: Box | None) -> Terms:
        """Without the unknowns that nothing bounds: missing cells beside ratios that may be zero, above all."""
        owners = {at: self._owners(at) for at in self.squares}
        held = {(owners[at][0], *at) for at in self.squares if len(owners[at]) == 1}
        every = set(self._replace(dropped=frozenset()).places())
        changed = True
        while changed:
            size = len(held)
            if box is not None:
                for k, (rows, cols) in enumerate(self.rectangles):
                    lead = cols[box.leads[k]]
                    for i in rows:
                        firm = (j for j, (low, high) in zip(cols, box.bounds[k], strict=True) if low > 0 or high < 0)
                        if any((k, i, j) in held for j in firm):
                            held.add((k, i, lead))
                        if (k, i, lead) in held:
                            held |= {(k, i, j) for j in cols}
            for at, some in owners.items():
                loose = [k for k in some if (k, *at) not in held]
                if len(loose) == 1:
                    held.add((loose[0], *at))
            changed = len(held) > size
        return self._replace(dropped=frozenset(every - held))

    def _owners(self, at: tuple[int, int]) -> list[int]:
        return [k for k, (rows, cols) in enumerate(self.rectangles) if at[0] in rows and at[1] in cols]

    def objective(self) -> list[Entry]:
        """The squared error as entries ``(p, q, value)``, ``p ≤ q``, of a symmetric matrix."""
        place = self.places()
        out: list[Entry] = []
        for (i, j), square in self.squares.items():
            if any((k, i, j) in self.dropped for k in self._owners((i, j))):
                continue
            value = self.target[i, j]
            here = [place[k, i, j] for k in range(len(self.rectangles)) if (k, i, j) in place]
            out.append((0, 0, square * value * value))
            for p in here:
                out.append((0, p, -square * value))
                out += [(p, q, square) for q in here if q >= p]
        return out

    def minors(self) -> list[list[Entry]]:
        """Every 2 × 2 minor of every term, as a quadratic form."""
        place, half = self.places(), Fraction(1, 2)
        out = []
        for k, (rows, cols) in enumerate(self.rectangles):
            for i, i2 in combinations(rows, 2):
                for j, j2 in combinations(cols, 2):
                    if any((k, *at) not in place for at in ((i, j), (i2, j2), (i, j2), (i2, j))):
                        continue
                    out.append(
                        [
                            (*sorted((place[k, i, j], place[k, i2, j2])), half),
                            (*sorted((place[k, i, j2], place[k, i2, j])), -half),
                        ]
                    )
        return out  # type: ignore[return-value]  # sorted() forgets that there are two


class Box(NamedTuple):
    """Bounds of the ratios within each term: entries of column ``j`` over those of the leading column.

    Attributes
    ----------
    leads : tuple of int
        Position of the leading column among the columns of each term.
    bounds : tuple of tuple of (Fraction, Fraction)
        Lower and upper bound for each column of each term; those of the leading column are (1, 1).
    """

    leads: tuple[int, ...]
    bounds: tuple[tuple[tuple[Fraction, Fraction], ...], ...]

    @classmethod
    def of(cls, terms: Terms, leads: Sequence[int]) -> Box:
        """All ratios between -1 and 1: the leading columns have the largest entries."""
        one = Fraction(1)
        return cls(
            tuple(leads),
            tuple(
                tuple((one, one) if j == lead else (-one, one) for j in range(len(cols)))
                for lead, (_, cols) in zip(leads, terms.rectangles, strict=True)
            ),
        )

    def widest(self) -> tuple[int, int]:
        """Term and column position with the widest bounds."""
        return max(
            ((k, j) for k, some in enumerate(self.bounds) for j in range(len(some))),
            key=lambda at: self.bounds[at[0]][at[1]][1] - self.bounds[at[0]][at[1]][0],
        )

    def halves(self) -> tuple[Box, Box]:
        """The box cut in two at its widest side."""
        k, j = self.widest()
        low, high = self.bounds[k][j]
        middle = (low + high) / 2
        return self._with(k, j, (low, middle)), self._with(k, j, (middle, high))

    def _with(self, k: int, j: int, pair: tuple[Fraction, Fraction]) -> Box:
        changed = (*self.bounds[k][:j], pair, *self.bounds[k][j + 1 :])
        return self._replace(bounds=(*self.bounds[:k], changed, *self.bounds[k + 1 :]))

    def forms(self, terms: Terms) -> list[list[Entry]]:
        """Quadratic forms ``(z_j - l·z_0)(z_j - u·z_0)``, at most 0 in the box: for every row and column of a term."""
        place = terms.places()
        out = []
        for k, (rows, cols) in enumerate(terms.rectangles):
            lead = cols[self.leads[k]]
            for position, j in enumerate(cols):
                if position == self.leads[k]:
                    continue
                low, high = self.bounds[k][position]
                for i in rows:
                    if (k, i, lead) not in place or (k, i, j) not in place:
                        continue
                    p, q = place[k, i, lead], place[k, i, j]
                    out.append(
                        [(q, q, Fraction(1)), (min(p, q), max(p, q), -(low + high) / 2), (p, p, low * high)]
                    )
        return out


class Multipliers(NamedTuple):
    """What proves a bound: multipliers of the minors, and those, at least 0, of the box; which unknowns are dropped."""

    bound: Fraction
    minors: tuple[Fraction, ...]
    box: tuple[Fraction, ...]
    dropped: frozenset[tuple[int, int, int]] = frozenset()


def _dense(entries: Sequence[Entry], order: int) -> Real:
    out = np.zeros((order, order))
    for p, q, value in entries:
        out[p, q] += float(value)
        if p != q:
            out[q, p] += float(value)
    return out


def best_multipliers(terms: Terms, box: Box | None, enough: float, budget: Budget) -> Multipliers | None:
    """Multipliers with about the largest bound, or one of ``enough``; None when none are found."""
    terms = terms.anchored(box)
    order = len(terms.places()) + 1
    if order == 1:
        return None
    base = _dense(terms.objective(), order)
    equal = [_dense(m, order) for m in terms.minors()]
    less = [] if box is None else [_dense(f, order) for f in box.forms(terms)]
    forms = np.array([*equal, *less]).reshape(-1, order, order)
    positive = np.arange(len(forms)) >= len(equal)
    values = np.where(positive, 1e-3 * max(float(np.trace(base)) / order, 1e-6), 0.0)
    inner = forms[:, 1:, 1:]
    values_or_none = _feasible(base[1:, 1:], inner, positive, values, budget)
    if values_or_none is None:
        return None
    found = _ascend(base, forms, positive, values_or_none, enough, budget)
    bound, values = found
    exact = [Fraction(float(v)) for v in values]
    return Multipliers(Fraction(bound), tuple(exact[: len(equal)]), tuple(exact[len(equal) :]), terms.dropped)


def _feasible(base: Real, forms: Array, positive: NDArray[np.bool_], values: Real, budget: Budget) -> Real | None:
    """Multipliers for which the quadratic part is positive definite, by maximising its least eigenvalue."""
    start = base + np.tensordot(values, forms, 1)
    least = float(np.linalg.eigvalsh(start)[0])
    scale = max(1.0, float(np.abs(base).max()))
    if least > 1e-7 * scale:
        return values
    eye = np.eye(len(base))
    every = np.concatenate([-eye[None], forms])
    v = np.concatenate([[least - 0.1 * scale], values])
    signs = np.concatenate([[False], positive])
    mu = 0.1 * scale
    while mu > 1e-9 * scale and not budget.expired():
        for _ in range(8):
            v, decrement = _newton(base, every, signs, v, mu)
            if v[0] > 1e-5 * scale:
                return v[1:]
            if decrement < 0.1:
                break
        mu *= 0.2
    return v[1:] if v[0] > 1e-7 * scale else None


def _ascend(
    base: Real, forms: Array, positive: NDArray[np.bool_], values: Real, enough: float, budget: Budget
) -> tuple[float, Real]:
    """Maximise the bound by a barrier method from strictly feasible multipliers on; every iterate is a bound."""
    corner = np.zeros((1, *base.shape))
    corner[0, 0, 0] = -1.0
    every = np.concatenate([corner, forms])
    signs = np.concatenate([[False], positive])
    matrix = base + np.tensordot(values, forms, 1)
    top = float(matrix[0, 0] - matrix[0, 1:] @ np.linalg.solve(matrix[1:, 1:], matrix[1:, 0]))
    scale = max(abs(base[0, 0]), 1e-300)
    v = np.concatenate([[top - 0.1 * max(scale, abs(top))], values])
    mu = 0.1 * max(scale, abs(top)) / len(base)
    while mu * len(base) > 1e-10 * scale and not budget.expired():
        for _ in range(40):
            v, decrement = _newton(base, every, signs, v, mu)
            if v[0] >= enough or decrement < 0.3 or budget.expired():
                break
        if v[0] >= enough:
            break
        if v[0] + 4.0 * mu * (len(base) + len(values)) < 0.0:  # it will not become useful
            break
        mu *= 0.15
    return float(v[0]), v[1:]


def _newton(base: Real, forms: Array, positive: NDArray[np.bool_], v: Real, mu: float) -> tuple[Real, float]:
    """One damped Newton step for ``v_0 + mu·(log det M(v) + Σ log v_+)``; returns the new point and the decrement."""
    matrix = base + np.tensordot(v, forms, 1)
    inverse = np.linalg.inv(matrix)
    turned = np.matmul(inverse, forms)
    gradient = mu * np.trace(turned, axis1=1, axis2=2)
    gradient[0] += 1.0
    flat = turned.reshape(len(turned), -1)
    hessian = mu * (flat @ turned.swapaxes(1, 2).reshape(len(turned), -1).T)
    gradient[positive] += mu / v[positive]
    index = np.flatnonzero(positive)
    hessian[index, index] += mu / np.square(v[positive])
    hessian[np.diag_indices_from(hessian)] *= 1.0 + 1e-12
    try:
        step = np.linalg.solve(hessian, gradient)
    except np.linalg.LinAlgError:
        step = np.linalg.lstsq(hessian, gradient, rcond=None)[0]
    decrement = math.sqrt(max(float(gradient @ step) / mu, 0.0))
    length = 1.0
    here = _merit(base, forms, positive, v, mu)
    for _ in range(40):
        now = _merit(base, forms, positive, v + length * step, mu)
        if now >= here + 1e-4 * length * float(gradient @ step):
            break
        length *= 0.5
    else:
        return v, 0.0
    while length >= 1.0:  # far from the path the barrier grows along the step for long
        further = _merit(base, forms, positive, v + 2.0 * length * step, mu)
        if further <= now:
            break
        now, length = further, 2.0 * length
    return v + length * step, decrement


def _merit(base: Real, forms: Array, positive: NDArray[np.bool_], v: Real, mu: float) -> float:
    if (v[positive] <= 0.0).any():
        return -math.inf
    try:
        lower = np.linalg.cholesky(base + np.tensordot(v, forms, 1))
    except np.linalg.LinAlgError:
        return -math.inf
    return float(v[0] + mu * (2.0 * np.log(np.diagonal(lower)).sum() + np.log(v[positive]).sum()))


def proved(terms: Terms, box: Box | None, found: Multipliers) -> bool:
    """Whether multipliers prove their bound, in rational arithmetic.

    Examples
    --------
    >>> one = Fraction(1)
    >>> cells = {(i, j): one * (i == j) for i in range(2) for j in range(2)}
    >>> terms = Terms((((0, 1), (0, 1)),), cells, dict.fromkeys(cells, one))
    >>> third = Multipliers(one / 3, (one / 2,), ())
    >>> proved(terms, None, third), proved(terms, None, third._replace(bound=2 * one))
    (True, False)
    """
    terms = terms._replace(dropped=found.dropped)
    forms = [*terms.minors(), *([] if box is None else box.forms(terms))]
    if len(forms) != len(found.minors) + len(found.box) or any(x < 0 for x in found.box):
        return False
    order = len(terms.places()) + 1
    matrix = [[Fraction(0)] * order for _ in range(order)]
    for scale, form in [(Fraction(1), terms.objective()), *zip((*found.minors, *found.box), forms, strict=True)]:
        for p, q, value in form:
            matrix[q][p] += scale * value
    matrix[0][0] -= found.bound
    return _positive(matrix)


def _positive(matrix: list[list[Fraction]]) -> bool:
    """Whether a symmetric matrix, of which the lower half is given, is positive definite: all pivots are positive."""
    from flint import fmpq

    rows = [[fmpq(x.numerator, x.denominator) for x in row[: i + 1]] for i, row in enumerate(matrix)]
    order = len(rows)
    for k in range(order - 1, -1, -1):  # from the last unknown on: the constant comes last
        pivot = rows[k][k]
        if pivot <= 0:
            return False
        for i in range(k):
            factor = rows[k][i] / pivot
            if factor != 0:
                for j in range(i + 1):
                    rows[i][j] -= factor * rows[k][j]
    return True
