"""Four lines in projective three-space: an exact test over R, and a matrix that is a product over C only.

For the support `families.four_lines(0)`: a 4×8 matrix is a product iff a line meets the lines of its four pairs of
columns. In the six Plücker coordinates of a line that is one linear equation for each pair; on what they leave the
Plücker relation is a quadratic form, and its sign tells whether a real line exists. Theory, section "Real and complex".
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations

from closedness.errors import InputError

__all__ = ["COMPLEX_FACTORS", "TARGET", "line_form"]

Cell = tuple[int, int]
Gaussian = tuple[int, int]

# pairs of columns (1, 0), (0, 1), (1, 1) and (1, J) of 2×2 blocks, with J a quarter turn, which has no real eigenvector
TARGET: dict[Cell, Fraction] = {
    (i, j): Fraction(value)
    for i, row in enumerate(
        ((1, 0, 0, 0, 1, 0, 1, 0), (0, 1, 0, 0, 0, 1, 0, 1), (0, 0, 1, 0, 1, 0, 0, -1), (0, 0, 0, 1, 0, 1, 1, 0))
    )
    for j, value in enumerate(row)
    if value
}

_0, _1, _I, _MINUS_1, _MINUS_I = (0, 0), (1, 0), (0, 1), (-1, 0), (0, -1)

# X (4×6) and Yᵀ (6×8) as pairs of real and imaginary part; (1, −i, 0, 0) and (0, 0, 1, −i) span the common line
COMPLEX_FACTORS: tuple[tuple[tuple[Gaussian, ...], ...], tuple[tuple[Gaussian, ...], ...]] = (
    (
        (_1, _0, _0, _0, _0, _0),
        (_MINUS_I, _0, _1, _0, _1, _1),
        (_0, _1, _0, _0, _0, _0),
        (_0, _MINUS_I, _0, _1, _1, _MINUS_I),
    ),
    (
        (_1, _0, _0, _0, _1, _0, _1, _0),
        (_0, _0, _1, _0, _1, _0, _0, _MINUS_1),
        (_I, _1, _0, _0, _0, _0, _0, _0),
        (_0, _0, _I, _1, _0, _0, _0, _0),
        (_0, _0, _0, _0, _I, _1, _0, _0),
        (_0, _0, _0, _0, _0, _0, _I, _1),
    ),
)


def line_form(target: Mapping[Cell, Fraction]) -> tuple[Fraction, Fraction, Fraction]:
    """The Plücker relation on the lines of a pencil of Plücker vectors that satisfy the equations of four pairs.

    Parameters
    ----------
    target : mapping of (i, j) to Fraction
        The non-zero entries of a 4×8 matrix whose pairs of columns are independent.

    Returns
    -------
    (a, b, c)
        The form ``a s² + b s t + c t²``. A line that meets the four lines exists over R iff ``b² ≥ 4ac``; over C it
        always does.

    Raises
    ------
    InputError
        If a pair of columns is dependent, or the four equations are: then the form has more than two variables.

    Examples
    --------
    >>> a, b, c = line_form(TARGET)
    >>> b * b - 4 * a * c < 0
    True
    """
    from flint import fmpq, fmpq_mat

    pairs = list(combinations(range(4), 2))
    equations = []
    for k in range(4):
        columns = [[target.get((i, 2 * k + b), Fraction(0)) for i in range(4)] for b in range(2)]
        minors = [columns[0][i] * columns[1][j] - columns[0][j] * columns[1][i] for i, j in pairs]
        if not any(minors):
            raise InputError(f"columns {2 * k} and {2 * k + 1} of target are dependent: they ask for nothing")
        # det [u, w, a, b] = Σ ± p_ij q_kl over complementary pairs, with signs + − + + − +
        equations.append([fmpq(q.numerator, q.denominator) for q in _dual(minors)])
    reduced, rank = fmpq_mat(equations).rref()
    if rank < 4:
        raise InputError("the lines of the pairs of columns of target are in special position")
    pivots = [next(c for c in range(6) if reduced[r, c] != 0) for r in range(4)]
    basis = []
    for free in (c for c in range(6) if c not in pivots):
        vector = [Fraction(int(c == free)) for c in range(6)]
        for r, pivot in enumerate(pivots):
            value = reduced[r, free]
            vector[pivot] = -Fraction(int(value.p), int(value.q))
        basis.append(vector)
    p, q = basis
    # the relation is half the pairing of a vector with itself
    return _pairing(p, p) / 2, _pairing(p, q), _pairing(q, q) / 2


def _dual(plucker: list[Fraction]) -> list[Fraction]:
    p01, p02, p03, p12, p13, p23 = plucker
    return [p23, -p13, p12, p03, -p02, p01]


def _pairing(left: list[Fraction], right: list[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, _dual(right), strict=True)), Fraction(0))
