"""Classical ill-posed problems beside the one of this project, as exact demonstrations.

These are **comparisons**: their sets are not sets of products with fixed supports, so `closedness.decide` does not
apply. Each demonstration computes with rational numbers that a curve in the set tends to a target outside of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise, product

__all__ = ["COMPARISONS", "Comparison", "Demonstration"]

Vector = tuple[Fraction, ...]
Matrix = tuple[Vector, ...]


@dataclass(frozen=True)
class Demonstration:
    """What a demonstration found.

    Attributes
    ----------
    distances : tuple of (Fraction, Fraction, Fraction)
        Along the curve: the parameter, the largest absolute error of an entry, the largest absolute parameter.
    outside : bool
        The target is proved to be outside the set.
    steps : tuple of str
        The argument in words.
    """

    distances: tuple[tuple[Fraction, Fraction, Fraction], ...]
    outside: bool
    steps: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """The errors fall in proportion to the parameter, the parameters grow, and the target is outside."""
        falls = all(later[1] <= earlier[1] / 5 for earlier, later in pairwise(self.distances))
        grows = all(later[2] >= 5 * earlier[2] for earlier, later in pairwise(self.distances))
        return len(self.distances) > 1 and falls and grows and self.outside


@dataclass(frozen=True)
class Comparison:
    """An ill-posed problem of another kind."""

    name: str
    title: str
    why: str
    sources: tuple[str, ...]
    run: Callable[[], Demonstration]


def _fractions(rows: Sequence[Sequence[int | Fraction]]) -> Matrix:
    return tuple(tuple(Fraction(value) for value in row) for row in rows)


_PARAMETERS = (Fraction(1, 10), Fraction(1, 100), Fraction(1, 1000))

# -------------------------------------------------------------------- tensors


def tensor_of_rank_three() -> Demonstration:
    """Best rank-2 approximation of a real 2×2×2 tensor need not exist.

    The target is ``e0⊗e0⊗e1 + e0⊗e1⊗e0 + e1⊗e0⊗e0``, the limit of ``((e0 + t e1)^⊗3 − e0^⊗3) / t``.
    """
    cells = tuple(product(range(2), repeat=3))
    target = {cell: Fraction(int(sum(cell) == 1)) for cell in cells}
    distances = []
    for t in _PARAMETERS:
        moved = (Fraction(1), t)
        curve = {}
        for cell in cells:
            i, j, k = cell
            curve[cell] = (moved[i] * moved[j] * moved[k] - int(sum(cell) == 0)) / t
        distances.append((t, max(abs(curve[cell] - target[cell]) for cell in cells), 1 / t))
    first = _fractions([[target[i, j, 0] for j in range(2)] for i in range(2)])
    second = _fractions([[target[i, j, 1] for j in range(2)] for i in range(2)])
    (a, b), (c, d) = first
    determinant = a * d - b * c
    inverse = _fractions([[d / determinant, -b / determinant], [-c / determinant, a / determinant]])
    (p, q), (r, s) = _times(second, inverse)
    discriminant = (p + s) ** 2 - 4 * (p * s - q * r)
    scalar = q == r == 0 and p == s
    return Demonstration(
        tuple(distances),
        determinant != 0 and discriminant == 0 and not scalar,
        (
            "the slices A0, A1 of a tensor of rank 2 with invertible A0 are U D0 Vᵀ and U D1 Vᵀ with diagonal D0, D1",
            "so A1 A0⁻¹ would be diagonalisable",
            "here its characteristic polynomial has a double root and it is no multiple of the identity",
        ),
    )


def _times(left: Matrix, right: Matrix) -> Matrix:
    columns = list(zip(*right, strict=True))
    return _fractions([[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in left])


# -------------------------------------------------------------------- low rank plus sparse


def rank_one_plus_one_entry() -> Demonstration:
    """Robust principal components: rank one plus one entry *anywhere* is not closed among 3×3 matrices.

    For a fixed place of the entry this is a set of products with fixed supports; here the place is free.
    """
    target = _fractions([[0, 1, 1], [1, 0, 0], [1, 0, 0]])
    distances = []
    for t in _PARAMETERS:
        x, y = (1 / t, Fraction(1), Fraction(1)), (Fraction(1), t, t)
        curve = [[x[i] * y[j] - (1 / t if i == j == 0 else 0) for j in range(3)] for i in range(3)]
        error = max(abs(curve[i][j] - target[i][j]) for i in range(3) for j in range(3))
        distances.append((t, error, 1 / t))
    minors = [(rows, columns) for rows in combinations(range(3), 2) for columns in combinations(range(3), 2)]

    def survives(i: int, j: int) -> bool:
        """Some 2×2 minor is not zero, whatever stands at (i, j)."""
        for (a, b), (c, d) in minors:
            value = target[a][c] * target[b][d] - target[a][d] * target[b][c]
            cofactor = Fraction(0)
            if i in (a, b) and j in (c, d):
                cofactor = target[b if i == a else a][d if j == c else c]
            if value and not cofactor:
                return True
        return False

    return Demonstration(
        tuple(distances),
        all(survives(i, j) for i in range(3) for j in range(3)),
        (
            "if the target were rank one plus an entry at (i, j), all 2×2 minors would vanish after a change of (i, j)",
            "for each of the nine places there is a non-zero minor that does not depend on this entry",
        ),
    )


# -------------------------------------------------------------------- dense networks


def dense_network() -> Demonstration:
    """A dense ReLU network with one input, two hidden neurons with bias and two outputs, on three data points.

    The supports are full, so the set of products of its weights is closed; the training problem has no optimum all
    the same. One neuron's values on the inputs −1, 0, 1 form a union C of plane cones. The neurons
    ``u + t p`` and ``u + t q`` come from two different cones that share the ray of ``u``; output weights ``±1/t`` give
    the targets ``u`` and ``p − q`` in the limit. An exact fit needs two independent vectors of C in the plane of
    ``u`` and ``p − q``, and this plane meets C in one ray only.
    """
    inputs = (-1, 0, 1)

    def neuron(weight: Fraction, bias: Fraction) -> Vector:
        return tuple(max(Fraction(0), weight * x + bias) for x in inputs)

    one, zero = Fraction(1), Fraction(0)
    u, p, q = neuron(one, one), neuron(-one, one), neuron(one, zero)
    difference = tuple(a - b for a, b in zip(p, q, strict=True))
    distances = []
    for t in _PARAMETERS:
        first = neuron(one - t, one + t)  # u + t p: all inputs in [−1, 1] stay active
        second = neuron(one + t, one)  # u + t q: the input −1 stays inactive
        outputs = [(a, (a - b) / t) for a, b in zip(first, second, strict=True)]
        wanted = zip(u, difference, strict=True)
        gaps = [(a - c, b - d) for (a, b), (c, d) in zip(outputs, wanted, strict=True)]
        error = max(abs(gap) for pair in gaps for gap in pair)
        distances.append((t, error, 1 / t))
    normal = (
        u[1] * difference[2] - u[2] * difference[1],
        u[2] * difference[0] - u[0] * difference[2],
        u[0] * difference[1] - u[1] * difference[0],
    )
    return Demonstration(
        tuple(distances),
        any(normal) and all(_meets_only(u, normal, *cone) for cone in _cones(neuron, inputs)),
        (
            "the two neurons' values would have to be independent and lie in the plane of the two target columns",
            "the values of one neuron fill six plane cones, on each of which they depend linearly on the weights",
            "each of the cones meets that plane in 0 or in the ray of the first target column only",
        ),
    )


def _cones(neuron: Callable[[Fraction, Fraction], Vector], inputs: Sequence[int]) -> list[tuple[Vector, Vector]]:
    """Images of the sectors of the (weight, bias) plane between the lines ``weight · x + bias = 0``."""
    rays = [(Fraction(1), Fraction(-x)) for x in inputs]  # in the order of their angle, from bias 1 to bias −1
    turned = [(-a, -b) for a, b in rays]
    circle = [*rays, *turned, rays[0]]
    return [(neuron(*a), neuron(*b)) for a, b in pairwise(circle)]


def _meets_only(ray: Vector, normal: Vector, first: Vector, second: Vector) -> bool:
    """Whether the cone of two vectors meets the plane with this normal in multiples of `ray` only."""

    def side(vector: Vector) -> Fraction:
        return sum((a * b for a, b in zip(normal, vector, strict=True)), Fraction(0))

    def parallel(vector: Vector) -> bool:
        return all(vector[i] * ray[j] == vector[j] * ray[i] for i, j in combinations(range(3), 2))

    a, b = side(first), side(second)
    if a == 0 == b:
        return parallel(first) and parallel(second)
    if a == 0 or b == 0:
        return parallel(first if a == 0 else second)
    if (a > 0) == (b > 0):
        return True
    return parallel(tuple(abs(b) * x + abs(a) * y for x, y in zip(first, second, strict=True)))


# -------------------------------------------------------------------- factor models


def cross_loadings() -> Demonstration:
    """Two correlated factors, two items that load on both, and unique variances for all items.

    The covariance matrix in which items 0 and 3, which measure one factor each, are equal, and so are items 1 and 2,
    uncorrelated with these, is a limit: the correlation of the factors tends to one, the loadings are ``±1/t``.
    """
    target = _fractions([[int((i in (0, 3)) == (j in (0, 3))) for j in range(4)] for i in range(4)])
    distances = []
    for t in _PARAMETERS:
        # factors (1, 0) and (1, t) in an orthonormal basis; rows: what the items are
        items = ((Fraction(1), Fraction(0)), (Fraction(0), Fraction(1)), (Fraction(0), Fraction(1)), (Fraction(1), t))
        curve = [[sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0)) for y in items] for x in items]
        distances.append((t, max(abs(curve[i][j] - target[i][j]) for i in range(4) for j in range(4)), 1 / t))
    # with unique variances at most 1 - |row|², rows of pairs with covariance 1 = |row| |row| are equal unit vectors
    equal = all(target[i][i] == target[j][j] == target[i][j] == 1 for i, j in ((0, 3), (1, 2)))
    apart = all(target[i][j] == 0 for i in (0, 3) for j in (1, 2))
    return Demonstration(
        tuple(distances),
        equal and apart,
        (
            "the rows of items 0 and 3 would be equal unit vectors, each a multiple of one factor, so both factors are",
            "multiples of this row; items 1 and 2 are combinations of the factors, and orthogonal to this row",
            "so they would be zero, and their covariance is one",
        ),
    )


COMPARISONS = (
    Comparison(
        "cross-loading",
        "Factor model with two correlated factors, two items that load on both, unique variances",
        "the correlation of the factors tends to one while two loadings of each of the items diverge",
        ("chen2001improper", "rosseel2012lavaan"),
        cross_loadings,
    ),
    Comparison(
        "tensor-2x2x2",
        "Best rank-2 approximation of a real 2×2×2 tensor",
        "a tensor of rank three is a limit of tensors of rank two",
        ("desilva2008tensor",),
        tensor_of_rank_three,
    ),
    Comparison(
        "low-rank-plus-sparse",
        "Rank one plus one entry anywhere, 3×3 (robust principal components)",
        "a matrix at distance two entries from rank one is a limit of matrices at distance one entry",
        ("tanner2019rigidity",),
        rank_one_plus_one_entry,
    ),
    Comparison(
        "dense-relu-network",
        "Dense ReLU network, one input, two hidden neurons, two outputs, three data points",
        "the supports are full and the set of products is closed, and still there is no optimum",
        ("lim2022networks",),
        dense_network,
    ),
)
