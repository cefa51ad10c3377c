"""Curves of factors for a line of matrices: dual bases over the power series, one pair after the other.

Let ``A = U Vᵀ``, where ``U`` and ``V`` have a column for each hidden index, and let ``U(t)``, ``V(t)`` be ``U``,
``V`` and ``t`` times general matrices. For dual bases ``g_k``, ``h_k`` the columns ``U(t) g_k`` and ``V(t) h_k`` are
factors of ``U(t) V(t)ᵀ``, which tends to ``A``. The supports ask that ``g_k`` is orthogonal to some rows of ``U(t)``
and ``h_k`` to some of ``V(t)``. For general matrices such bases can often be chosen by linear equations; where there
are none at ``t = 0`` the factors have poles (``docs/rules/diagonal.md``).
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.algebra.finite import PRIME
from closedness.algebra.laurent import Laurent
from closedness.budget import UNLIMITED, Budget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flint import fmpq_poly

    from closedness.supports.masks import Cell
    from closedness.supports.product import SupportProduct

# powers of t that are kept at first and at most, and orders of the hidden indices that are tried
FIRST_PRECISION, MOST_PRECISION, MOST_ORDERS = 6, 24, 6
# choices of what is general
TRIES = 4
# bits of the numbers in a curve
MOST_BITS = 4_000

__all__ = ["dual_curve", "entries_between", "pair_order"]

Matrix = list[list[int]]
Zeros = list[tuple[list[int], list[int]]]
Curve = tuple[dict["Cell", Laurent], dict["Cell", Laurent]]


def pair_order(product: SupportProduct, rng: random.Random) -> list[int] | None:
    """An order in which linear equations give dual bases for general matrices, or None.

    The hidden indices with most zeros come first; a general example modulo a prime decides.

    Examples
    --------
    >>> import random
    >>> from closedness import SupportProduct
    >>> pair_order(SupportProduct.from_text("10/11 * 11/01"), random.Random(0))
    [1, 0]
    """
    zeros = _zeros(product)
    shape, r = product.shape, len(zeros)
    ranked = sorted(range(r), key=lambda k: (-sum(map(len, zeros[k])), -k))
    for _ in range(MOST_ORDERS):
        lines = [[[rng.randrange(PRIME) for _ in range(r)] for _ in range(size)] for size in shape]
        if _works(zeros, ranked, lines, rng):
            return ranked
        noise = [-sum(map(len, zeros[k])) + 2 * rng.random() for k in range(r)]
        ranked = sorted(range(r), key=noise.__getitem__)
    return None


def dual_curve(
    product: SupportProduct,
    left: Matrix,
    right: Matrix,
    order: Sequence[int],
    *,
    budget: Budget = UNLIMITED,
) -> Curve | None:
    """A curve of factors whose product tends to ``left · rightᵀ``, or None when its numbers become too long.

    Parameters
    ----------
    product : SupportProduct
        Two factors.
    left, right : list of list of int
        With as many columns as there are hidden indices.
    order : sequence of int
        From `pair_order`.
    budget : Budget, optional
        Ends the search.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> first, second = dual_curve(lu, [[1, 0], [0, 1]], [[0, 1], [1, 0]], [1, 0])
    >>> min(e for laurent in (*first.values(), *second.values()) for e in laurent)
    -1
    """
    from flint import fmpq_poly

    zeros, target = _zeros(product), entries_between(left, right)
    for seed in range(TRIES):
        precision = FIRST_PRECISION
        while precision <= MOST_PRECISION:
            # the same choices with more powers of t
            chosen = random.Random(seed)
            lines = [
                [[fmpq_poly([v, chosen.choice((-2, -1, 1, 2))]) for v in row] for row in rows]
                for rows in (left, right)
            ]
            pairs = _pairs(zeros, order, lines, precision, chosen, budget)
            if pairs is None:
                break
            found = _truncated(lines, pairs, precision)
            if _tends(found, target, product.shape):
                return found
            precision *= 2
    return None


def _zeros(product: SupportProduct) -> Zeros:
    """For each hidden index the rows and the columns that it does not have."""
    (m, n), (left, right) = product.shape, product.factors
    return [
        (list(bits(~x & (1 << m) - 1)), list(bits(~y & (1 << n) - 1)))
        for x, y in zip(left.col_masks, right.row_masks, strict=True)
    ]


def _works(zeros: Zeros, order: Sequence[int], lines: Sequence[Matrix], rng: random.Random) -> bool:
    """Whether the linear equations have dual bases for these lines modulo the prime."""
    from flint import nmod_mat

    r = len(order)
    chosen: tuple[Matrix, Matrix] = ([], [])
    for k in order:
        pair = []
        for side in (0, 1):
            rows = [lines[side][i] for i in zeros[k][side]] + chosen[1 - side]
            weights = [rng.randrange(PRIME) for _ in range(r)]
            if not rows:
                pair.append(weights)
                continue
            basis, size = nmod_mat(len(rows), r, [v for row in rows for v in row], PRIME).nullspace()
            pair.append([sum(weights[q] * int(basis[p, q]) for q in range(size)) % PRIME for p in range(r)])
        if sum(a * b for a, b in zip(*pair, strict=True)) % PRIME == 0:
            return False
        for side in (0, 1):
            chosen[side].append(pair[side])
    return True


# -------------------------------------------------------------------- power series

Row = list["fmpq_poly"]


def _pairs(
    zeros: Zeros,
    order: Sequence[int],
    lines: Sequence[Sequence[Row]],
    precision: int,
    rng: random.Random,
    budget: Budget,
) -> dict[int, tuple[Row, Row, fmpq_poly]] | None:
    """For each hidden index its two vectors and their product, modulo a power of t."""
    found: dict[int, tuple[Row, Row, fmpq_poly]] = {}
    for k in order:
        pair: list[Row] = []
        for side in (0, 1):
            if budget.expired():
                return None
            rows = [lines[side][i] for i in zeros[k][side]]
            rows += [right if side == 0 else left for left, right, _ in found.values()]
            vector = _orthogonal(rows, len(order), precision, rng)
            if vector is None or max(v.numer().height_bits() for v in vector) > MOST_BITS:
                return None
            pair.append(vector)
        g, h = pair
        product = _dot(g, h, precision)
        if not product:
            return None
        found[k] = g, h, product
    return found


def _dot(left: Row, right: Row, precision: int) -> fmpq_poly:
    from flint import fmpq_poly

    return sum((a.mul_low(b, precision) for a, b in zip(left, right, strict=True)), fmpq_poly([]))


def _order(series: fmpq_poly) -> int:
    """The least exponent."""
    return next(e for e, v in enumerate(series.coeffs()) if v != 0)


def _inverse(series: fmpq_poly, precision: int) -> fmpq_poly:
    """Of a series with a constant term."""
    from flint import fmpq_poly

    known = series.coeffs()[:precision]
    found = [1 / known[0]]
    for e in range(1, precision):
        found.append(-found[0] * sum(v * found[e - p] for p, v in enumerate(known[1 : e + 1], 1)))
    return fmpq_poly(found)


def _orthogonal(rows: Sequence[Row], width: int, precision: int, rng: random.Random) -> Row | None:
    """A vector that is orthogonal to all rows, at random among those with constant terms."""
    from flint import fmpq_poly

    rows = [list(row) for row in rows]
    pivots: dict[int, int] = {}
    for p, row in enumerate(rows):
        if not any(row):
            continue
        # divide by a power of t, so that some entry is invertible
        shift = min(_order(v) for v in row if v)
        row[:] = [v.right_shift(shift) if v else v for v in row]
        c = min((c for c, v in enumerate(row) if v and v[0] != 0), key=lambda c: (row[c].numer().height_bits(), c))
        inverse = _inverse(row[c], precision)
        row[:] = [v.mul_low(inverse, precision) if v else v for v in row]
        for q, other in enumerate(rows):
            if q != p and other[c]:
                factor = other[c]
                other[:] = [
                    (v - factor.mul_low(w, precision)).truncate(precision) if w else v
                    for v, w in zip(other, row, strict=True)
                ]
        pivots[c] = p
    free = [c for c in range(width) if c not in pivots]
    if not free:
        return None
    weights = {c: rng.choice((-1, 1, 2)) for c in free}
    vector = [fmpq_poly([weights.get(c, 0)]) for c in range(width)]
    for c, p in pivots.items():
        vector[c] = -sum((weights[d] * rows[p][d] for d in free), fmpq_poly([]))
    return vector


def _truncated(
    lines: Sequence[Sequence[Row]], pairs: dict[int, tuple[Row, Row, fmpq_poly]], precision: int
) -> Curve:
    """The factors, as far as their product is to be known up to the constant term."""
    columns: list[dict[tuple[int, int], tuple[int, fmpq_poly]]] = [{}, {}]
    for k, (g, h, product) in pairs.items():
        shift = _order(product)
        inverse = _inverse(product.right_shift(shift), precision)
        for side, vector in ((0, g), (1, h)):
            for i, line in enumerate(lines[side]):
                value = _dot(line, vector, precision)
                if side == 0:
                    value = value.mul_low(inverse, precision)
                if value:
                    columns[side][i, k] = (-shift if side == 0 else 0), value
    factors: list[dict[tuple[int, int], Laurent]] = []
    for side in (0, 1):
        factor: dict[tuple[int, int], Laurent] = {}
        for (i, k), (shift, value) in columns[side].items():
            factor[i, k] = {
                e + shift: Fraction(int(v.p), int(v.q)) for e, v in enumerate(value.coeffs()) if v != 0
            }
        factors.append(factor)
    # for each hidden index: a factor counts up to the pole of the other one
    for k in pairs:
        lowest = [min((min(own) for (_, l), own in factor.items() if l == k and own), default=0) for factor in factors]
        for side in (0, 1):
            for cell in [cell for cell in factors[side] if cell[1] == k]:
                kept = {e: v for e, v in factors[side][cell].items() if e <= -lowest[1 - side]}
                if kept:
                    factors[side][cell] = kept
                else:
                    del factors[side][cell]
    first, second = factors
    return first, {(k, j): value for (j, k), value in second.items()}


def entries_between(left: Matrix, right: Matrix) -> dict[Cell, Fraction]:
    """The entries of ``left · rightᵀ`` that are not zero."""
    return {
        (i, j): Fraction(value)
        for i, row in enumerate(left)
        for j, other in enumerate(right)
        if (value := sum(a * b for a, b in zip(row, other, strict=True)))
    }


def _tends(curve: Curve, target: dict[Cell, Fraction], shape: tuple[int, int]) -> bool:
    """Whether the product of the factors tends to a matrix; powers of t that vanish are not multiplied out."""
    first, second = curve
    rows: dict[int, dict[int, Laurent]] = {}
    for (i, k), value in first.items():
        rows.setdefault(i, {})[k] = value
    for i in range(shape[0]):
        for j in range(shape[1]):
            total = -target.get((i, j), Fraction(0))
            poles: dict[int, Fraction] = {}
            for k, value in rows.get(i, {}).items():
                for e, a in value.items():
                    for f, b in second.get((k, j), {}).items():
                        if e + f == 0:
                            total += a * b
                        elif e + f < 0:
                            poles[e + f] = poles.get(e + f, Fraction(0)) + a * b
            if total or any(poles.values()):
                return False
    return True
