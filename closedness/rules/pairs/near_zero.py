"""Rule ``regular`` again: factors with a small product, whose derivative reaches every matrix with room to spare.

Where the groups of `closedness.rules.pairs.regular` miss some dimensions, factors are sought by optimisation: what the
derivative misses is made small, and the square of the product beside it with growing weight. Newton's method then
brings the product close to zero, and the factors are rounded to integers. Floating point finds them; that the product
is small enough, compared with the derivative, is shown by integers.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.budget import UNLIMITED, Budget

if TYPE_CHECKING:
    import numpy as np

    from closedness.rules.rule import Node
    from closedness.supports.pattern import Pattern

    Array = np.ndarray[Any, Any]

__all__ = ["NearZeroSearch"]

WEIGHTS = (3.0, 30.0, 300.0)  # of the square of the product, one after the other
STEPS = 80  # of the optimisation, for each weight
NEWTON = 12
# directions with a square well below these two are not reached, see `closedness.rules.pairs.regular`
SMALL, TINY = 1e-1, 1e-4
NORM = 1e-3  # keeps the entries of the factors near 1
SHORT = 0.3  # the side of a hidden index that is small at first
EXCHANGED = 0.1  # hidden indices for which that is the shorter side
MOST_TRIES = 200
# the least square of the derivative, compared with the largest, for which rounding is tried, and what is left for it
ROOM, ROUNDING = 1e-7, 1e-11
DIGITS = (10**3, 10**4, 10**6, 10**8)


class _TimeIsUpError(Exception):
    """Ends an optimisation."""


class NearZeroSearch:
    """Look for factors with a small product whose derivative reaches every matrix.

    Parameters
    ----------
    pattern : Pattern
        The derivative must reach every matrix at random factors.
    seed : int
        Of the factors that are begun with.

    Examples
    --------
    >>> from closedness.supports.pattern import Pattern
    >>> NearZeroSearch(Pattern.of_types([3, 3], [3, 3])).run()["rule"]
    'regular'
    """

    def __init__(self, pattern: Pattern, seed: int = 0) -> None:
        import numpy as np

        self.rng = np.random.default_rng(seed)
        self.tries = 0
        self.terms = [k for k in bits(pattern.terms) if any(pattern.term_cells(k))]
        m, n = pattern.shape
        self.masks = np.zeros((m, len(self.terms))), np.zeros((n, len(self.terms)))
        for place, k in enumerate(self.terms):
            for mask, lines in zip(self.masks, pattern.rectangle(k), strict=True):
                mask[list(bits(lines)), place] = 1.0
        self.entries = np.nonzero(self.masks[0]), np.nonzero(self.masks[1])
        cells = np.array([(i, j) for i, mask in enumerate(pattern.covered()) for j in bits(mask)]).reshape(-1, 2)
        self.cells = cells[:, 0], cells[:, 1]
        self.size = len(cells)
        # pairs of cells in one row, and in one column: places among all pairs, and among triples of lines
        i, j = self.cells
        self.pairs = []
        for own, other, width in ((i, j, n), (j, i, m)):
            first, second = np.nonzero(own[:, None] == own[None, :])
            self.pairs.append(((first, second), (own[first] * width + other[first]) * width + other[second]))

    def run(self, budget: Budget = UNLIMITED) -> Node | None:
        """Go on with new factors; the proof node that every matrix on the pattern's cells is a product, or None.

        Parameters
        ----------
        budget : Budget, optional
            A true answer ends the search; it may be taken up again.
        """
        while self.size and self.tries < MOST_TRIES and not budget.expired():
            self.tries += 1
            try:
                node = self._rounded(self._near_zero(self._optimised(self._start(), budget), budget))
            except _TimeIsUpError:
                return None
            if node is not None:
                return node
        return None

    def _start(self) -> Array:
        """Random factors, small on one side of each hidden index, mostly the longer one."""
        import numpy as np

        left, right = (self.rng.standard_normal(mask.shape) for mask in self.masks)
        longer = self.masks[1].sum(axis=0) >= self.masks[0].sum(axis=0)
        small = longer ^ (self.rng.random(len(self.terms)) < EXCHANGED)
        left[:, ~small] *= SHORT
        right[:, small] *= SHORT
        return np.concatenate([left[self.entries[0]], right[self.entries[1]]])

    def _factors(self, point: Array) -> tuple[Array, Array]:
        import numpy as np

        left, right = (np.zeros(mask.shape) for mask in self.masks)
        count = len(self.entries[0][0])
        left[self.entries[0]], right[self.entries[1]] = point[:count], point[count:]
        return left, right

    def _vector(self, left: Array, right: Array) -> Array:
        import numpy as np

        return np.concatenate([left[self.entries[0]], right[self.entries[1]]])

    def _squares(self, left: Array, right: Array) -> Array:
        """The derivative times its transpose, by pairs of cells."""
        import numpy as np

        found = np.zeros((self.size, self.size))
        for mask, factor, (places, triples) in zip(self.masks, (right, left), self.pairs, strict=True):
            outer = (factor.T[:, :, None] * factor.T[:, None, :]).reshape(len(self.terms), -1)
            found[places] += (mask @ outer).ravel()[triples]
        return found

    def _matrix(self, values: Array) -> Array:
        """Values by cells as a matrix."""
        import numpy as np

        found = np.zeros((len(self.masks[0]), len(self.masks[1])))
        found[self.cells] = values
        return found

    def _optimised(self, point: Array, budget: Budget) -> Array:
        from scipy.optimize import minimize

        for weight in WEIGHTS:

            def value(at: Array, weight: float = weight) -> tuple[float, Array]:
                if budget.expired():
                    raise _TimeIsUpError
                return self._value(at, weight)

            options = {"maxiter": STEPS, "maxfun": 2 * STEPS, "maxcor": 20}
            point = minimize(value, point, jac=True, method="L-BFGS-B", options=options).x
        return point

    def _value(self, point: Array, weight: float) -> tuple[float, Array]:
        """About how many dimensions are missed, plus the weighted square of the product; and the gradient."""
        import numpy as np
        from scipy.linalg.lapack import dpotrf, dpotri

        left, right = self._factors(point)
        squares = self._squares(left, right)
        total, gradient = 0.0, np.zeros_like(squares)
        scale = 1 / np.log(SMALL / TINY)
        for sign, shift in ((scale, SMALL), (-scale, TINY)):
            shifted = squares.copy()
            shifted.flat[:: self.size + 1] += shift
            factor, failed = dpotrf(shifted, lower=1, overwrite_a=1)
            if failed:
                return 1e10, np.zeros_like(point)
            total += 2 * sign * float(np.log(factor.diagonal()).sum())
            gradient += sign * dpotri(factor, lower=1, overwrite_c=1)[0]
        gradient = np.tril(gradient) + np.tril(gradient, -1).T
        slopes = []
        for mask, other, factor, (places, triples) in zip(
            self.masks, self.masks[::-1], (right, left), self.pairs, strict=True
        ):
            lines, width = len(mask), len(other)
            by_line = np.zeros(lines * width * width)
            by_line[triples] = gradient[places]
            weights = (mask.T @ by_line.reshape(lines, -1)).reshape(-1, width, width)
            slopes.append(2 * np.matmul(weights, factor.T[:, :, None])[:, :, 0].T)
        product = self._matrix((left @ right.T)[self.cells])
        norm = float(point @ point) / len(point)
        total += weight * float((product**2).sum()) + NORM * len(point) * norm**2
        slope = self._vector(slopes[1] + 2 * weight * product @ right, slopes[0] + 2 * weight * product.T @ left)
        return total, slope + 4 * NORM * norm * point

    def _near_zero(self, point: Array, budget: Budget) -> Array:
        """Newton's method, with the shortest steps."""
        import numpy as np

        for _ in range(NEWTON):
            if budget.expired():
                raise _TimeIsUpError
            left, right = self._factors(point)
            values = (left @ right.T)[self.cells]
            if np.abs(values).max() < 1e-12:
                break
            squares = self._squares(left, right)
            squares.flat[:: self.size + 1] += TINY * 1e-3
            step = self._matrix(np.linalg.solve(squares, -values))
            point = point + self._vector(step @ right, step.T @ left)
        return point

    def _rounded(self, point: Array) -> Node | None:
        """The proof node of rounded factors, with as few digits as will do, if the derivative has room enough."""
        import numpy as np

        largest = float(np.abs(point).max())
        squares = np.linalg.eigvalsh(self._squares(*self._factors(point)))
        if not np.isfinite(squares).all() or squares[0] < ROOM * squares[-1]:
            return None
        for digits in DIGITS:
            left, right = self._factors(np.rint(point * (digits / largest)))
            exact = left.astype(np.int64) @ right.astype(np.int64).T
            bound = 1 + isqrt(4 * sum(int(value) ** 2 for value in exact[self.cells]))
            if self._exceeds(self._squares(left, right), bound):
                return self._node(left, right)
        return None

    def _exceeds(self, squares: Array, bound: int) -> bool:
        """Whether the squares of the derivative exceed three times the bound, with room for all rounding errors."""
        import numpy as np
        from scipy.linalg.lapack import dpotrf

        # a factorisation that succeeds has an error of at most about the size times 1e-16 of the trace
        squares = squares - (3.0 * bound + ROUNDING * np.trace(squares)) * np.eye(self.size)
        return not dpotrf(squares, lower=1)[1]

    def _node(self, left: Array, right: Array) -> Node:
        numbers = [
            [[int(line), self.terms[place], int(factor[line, place])] for line, place in zip(*where, strict=True)]
            for factor, where in zip((left, right), self.entries, strict=True)
        ]
        return {
            "rule": "regular",
            "terms": sorted(self.terms),
            "left": sorted([i, k, value] for i, k, value in numbers[0] if value),
            "right": sorted([k, j, value] for j, k, value in numbers[1] if value),
            "then": {"rule": "nothing"},
        }
