"""Rule ``blocks``: limits in which some rows of one factor, and some rows of the other, grow without bound.

For rows ``S`` and columns ``T`` take factors ``X``, ``Y`` whose products vanish on ``S``, ``T`` and where only one
of them is in the block; the rows ``X_S/t`` and ``Y_T/t`` then diverge while the product tends to a matrix that
need not be a product: ``closedness.equations.frames`` shows it (``docs/rules/blocks.md``). Which ``S`` and ``T``
are promising is told by how many hidden indices they determine.
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import chain, islice
from typing import TYPE_CHECKING

from closedness.algebra.bitsets import bits
from closedness.algebra.finite import PRIME
from closedness.algebra.laurent import series
from closedness.budget import UNLIMITED, Budget
from closedness.equations.frames import Block, frames_refutation
from closedness.rules.rule import Evidence, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from closedness.algebra.laurent import Laurent
    from closedness.supports.masks import Cell
    from closedness.supports.product import SupportProduct
    from closedness.supports.support import Support

# lines up to which all sets of lines are compared, instead of those that a greedy search meets
FEW_LINES = 15
# sets that are compared with each other, and those that are kept
MOST_COMPARED, MOST_KEPT = 3_000, 200
# sets of one side, and pairs of sets, that are tried in the order of their excess, and random ones after them
MOST_SETS, MOST_PAIRS, MOST_RANDOM = 30, 60, 150
# pairs that are tried again with parts of the supports, and how often
MOST_SPECIAL = 8
# choices of lines for a hidden index whose two vectors need not meet
MOST_SINGLE = 6
# shares of the supports that a special limit uses
PARTS = (0.5, 0.7, 0.85, 1.0, 1.0, 1.0)
# largest number put into the factors, and bits of numbers that follow from these
LARGEST, MOST_BITS = 3, 200

__all__ = ["annihilated", "block_limit", "blocks", "excesses", "generic_shares"]

Vector = dict[int, int]
Choice = tuple[int, int, int, int]


def blocks(product: SupportProduct, *, budget: Budget = UNLIMITED) -> Evidence | None:
    """A block limit of two factors that is no product, or None.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> blocks(SupportProduct.from_text("11/10/01 * 11/11")).refutation["frames"]["steps"]
    [{'do': 'deficient', 'side': 'rows', 'terms': [0, 1]}]
    """
    m, n = product.shape
    if len(Block.of(product, range(m), range(n)).terms) > min(m, n):
        return None
    rng = random.Random(0)
    for part, S, T in candidates(product, rng, budget=budget):
        if budget.expired():
            return None
        found = block_limit(part, S, T, rng)
        if found is None:
            continue
        target, curve = found
        if budget.expired():
            return None
        refutation = frames_refutation(product, target, budget=budget)
        if refutation is not None:
            return Evidence("blocks", sentence(S, T), target, curve, refutation)
    return None


def sentence(S: Sequence[int], T: Sequence[int]) -> str:
    """The reason in words."""
    parts = [f"rows {list(S)} of the first factor"] * bool(S) + [f"columns {list(T)} of the second"] * bool(T)
    return f"when {' and '.join(parts)} grow, products tend to a matrix whose column or row space fits no factors"


# -------------------------------------------------------------------- which lines


def generic_shares(lines: Sequence[int], terms: Sequence[int]) -> dict[int, int]:
    """For each hidden index, the dimension that is left to its vector in the span of a generic factor's columns.

    Parameters
    ----------
    lines : sequence of int
        Bitmasks: the hidden indices of each row of the factor.
    terms : sequence of int
        The hidden indices that count.

    Examples
    --------
    >>> generic_shares([0b11, 0b11, 0b10], [0, 1])
    {0: 1, 1: 2}
    """
    from flint import nmod_mat

    rng = random.Random(0)
    values = [[rng.randrange(1, PRIME) if line >> k & 1 else 0 for k in terms] for line in lines]
    shares = {}
    for k in terms:
        others = [row for row, line in zip(values, lines, strict=True) if not line >> k & 1]
        rank = nmod_mat(len(others), len(terms), [v for row in others for v in row], PRIME).rank() if others else 0
        shares[k] = max(1, len(terms) - rank)
    return shares


def excesses(lines: Sequence[int], shares: dict[int, int], largest: int) -> list[Choice]:
    """Sets of lines with the hidden indices they determine: those with as many lines in the set as their share.

    Returns
    -------
    list of (excess, size, set, determined)
        Bitmasks of lines and of hidden indices; the excess is the number of the latter minus the size. Largest
        excess first, then smallest sets; at most `largest` lines in a set. Sets that determine no more than
        another one, which is no larger, are left out.

    Examples
    --------
    >>> excesses([0b11, 0b11, 0b10], {0: 1, 1: 2}, 2)
    [(0, 1, 1, 1), (0, 2, 3, 3)]
    """
    import numpy as np

    terms = list(shares)
    if not terms or not lines or largest < 1:
        return []
    member = np.array([[line >> k & 1 for k in terms] for line in lines], dtype=np.int64)
    need = np.array([shares[k] for k in terms], dtype=np.int64)
    if len(lines) <= FEW_LINES:
        sets = np.arange(1, 1 << len(lines))
        chosen = (sets[:, None] >> np.arange(len(lines)) & 1).astype(np.int64)
        keep = chosen.sum(axis=1) <= largest
        sets, chosen = sets[keep], chosen[keep]
        listed = [int(s) for s in sets]
    else:
        listed = sorted(_greedy(member, need, largest))
        chosen = np.array([[s >> i & 1 for i in range(len(lines))] for s in listed], dtype=np.int64)
    hit = chosen @ member >= need
    sizes = chosen.sum(axis=1)
    packed = np.packbits(hit, axis=1, bitorder="little")
    smallest: dict[bytes, int] = {}
    for position in np.argsort(sizes, kind="stable"):
        if hit[position].any():
            smallest.setdefault(packed[position].tobytes(), int(position))
    found = []
    for position in smallest.values():
        determined = sum(1 << terms[p] for p in np.flatnonzero(hit[position]))
        size = int(sizes[position])
        found.append((determined.bit_count() - size, size, listed[position], determined))
    return sorted(_undominated(found), key=lambda each: (-each[0], each[1], each[2]))


def _undominated(found: list[Choice]) -> list[Choice]:
    """Leave out what determines no more than something that is no larger."""
    kept: list[Choice] = []
    for each in sorted(found, key=lambda each: (each[1], -each[0]))[:MOST_COMPARED]:
        if not any(not each[3] & ~other[3] for other in kept):
            kept.append(each)
        if len(kept) == MOST_KEPT:
            break
    return kept


def _greedy(member: NDArray[np.int64], need: NDArray[np.int64], largest: int) -> set[int]:
    """Sets that grow line by line, each time by the line that brings most hidden indices closest to their share."""
    import numpy as np

    found = set()
    for start in range(len(member)):
        mask, count = 1 << start, member[start].copy()
        for _ in range(largest):
            found.add(mask)
            gain = (np.minimum(count + member, need) / need).sum(axis=1)
            gain[list(bits(mask))] = -1
            best = int(np.argmax(gain))
            mask, count = mask | 1 << best, count + member[best]
    return {mask for mask in found if mask.bit_count() <= largest}


def candidates(
    product: SupportProduct, rng: random.Random, *, budget: Budget = UNLIMITED
) -> Iterator[tuple[SupportProduct, list[int], list[int]]]:
    """Pairs of sets of rows and columns, the most promising first, with the supports to use.

    Special limits use a part of the supports; what they tend to is a limit all the same.
    """
    left, right = product.factors
    rows, columns = left.row_masks, right.col_masks
    terms = [k for k, (x, y) in enumerate(zip(left.col_masks, right.row_masks, strict=True)) if x and y]
    m, n, r = len(rows), len(columns), len(terms)
    of_rows, of_columns = generic_shares(rows, terms), generic_shares(columns, terms)
    yield from ((product, S, T) for S, T in _single(rows, columns, of_rows, of_columns, rng))
    by_rows = excesses(rows, of_rows, min(m, r) - 1)
    by_columns = excesses(columns, of_columns, min(n, r) - 1)
    for one, other in zip(_padded(by_rows), _padded(by_columns), strict=True):
        if one is not None and one[0] > 0:
            yield product, list(bits(one[2])), []
        if other is not None and other[0] > 0:
            yield product, [], list(bits(other[2]))
    pairs = list(_pairs(by_rows, by_columns, r, budget))
    yield from ((product, S, T) for S, T in pairs)
    for one, other in zip(_padded(by_rows), _padded(by_columns), strict=True):
        if one is not None and one[0] <= 0:
            yield product, list(bits(one[2])), []
        if other is not None and other[0] <= 0:
            yield product, [], list(bits(other[2]))
    # special limits for the promising pairs, then for any
    for _ in range(MOST_SPECIAL):
        yield from ((_thinned(product, rng.choice(PARTS), rng), S, T) for S, T in pairs[:MOST_SPECIAL])
    for _ in range(MOST_RANDOM):
        s, t = (rng.randint(0, max(0, min(size, r) - 1)) for size in (m, n))
        if s or t:
            part = _thinned(product, rng.choice(PARTS), rng)
            yield part, sorted(rng.sample(range(m), s)), sorted(rng.sample(range(n), t))


def _single(
    rows: Sequence[int],
    columns: Sequence[int],
    of_rows: dict[int, int],
    of_columns: dict[int, int],
    rng: random.Random,
) -> Iterator[tuple[list[int], list[int]]]:
    """For each hidden index with small shares as many of its own lines, those with the largest supports first.

    The limit needs vectors of the one side that are orthogonal to those of the other: long lines have more of them.
    """
    r = len(of_rows)
    for k in sorted(of_rows, key=lambda k: of_rows[k] + of_columns[k]):
        if of_rows[k] + of_columns[k] > r:
            return
        for haste in range(MOST_SINGLE):
            chosen = []
            for lines, shares in ((rows, of_rows), (columns, of_columns)):
                own = [line for line, mask in enumerate(lines) if mask >> k & 1]
                ranked = sorted((haste * rng.random() - lines[line].bit_count(), line) for line in own)
                chosen.append(sorted(line for _, line in ranked[: shares[k]]))
            yield chosen[0], chosen[1]


def _thinned(product: SupportProduct, share: float, rng: random.Random) -> SupportProduct:
    """Leave out entries of the supports at random."""
    if share == 1:
        return product
    factors = []
    for factor in product.factors:
        masks = [sum(1 << k for k in bits(mask) if rng.random() < share) for mask in factor.row_masks]
        factors.append(type(factor).from_masks(factor.shape, masks))
    return type(product)(factors)


def _padded(found: list[Choice]) -> Iterable[Choice | None]:
    return islice(chain(found, [None] * MOST_SETS), MOST_SETS)


def _pairs(
    by_rows: list[Choice],
    by_columns: list[Choice],
    r: int,
    budget: Budget,
) -> Iterator[tuple[list[int], list[int]]]:
    """Rows and columns that determine too many common hidden indices, or too many together."""
    scored = []
    for _, s, S, K in by_rows:
        if budget.expired():
            return
        for _, t, T, L in by_columns:
            common = (K & L).bit_count() - max(0, s + t - r)
            together = (K | L).bit_count() - max(s, t)
            if common > 0:
                scored.append((0, -common, s + t, S, T))
            elif together > 0:
                scored.append((1, -together, s + t, S, T))
    for _, _, _, S, T in sorted(scored)[:MOST_PAIRS]:
        yield list(bits(S)), list(bits(T))


# -------------------------------------------------------------------- the limit


def block_limit(
    product: SupportProduct, S: Sequence[int], T: Sequence[int], rng: random.Random
) -> tuple[dict[Cell, Fraction], tuple[dict[Cell, Laurent], dict[Cell, Laurent]]] | None:
    """A random limit for rows `S` and columns `T`, with the curve that tends to it; None when its numbers are long.

    Examples
    --------
    >>> from closedness import SupportProduct
    >>> target, curve = block_limit(SupportProduct.from_text("10/11 * 11/01"), [1], [], random.Random(0))
    >>> sorted(target)
    [(0, 1), (1, 0), (1, 1)]
    """
    left, right = product.factors
    rows, columns = left.rows, _columns(right)
    X: dict[int, Vector] = {}
    Y: dict[int, Vector] = {}
    for side, line in _in_turn({i: len(rows[i]) for i in S}, {j: len(columns[j]) for j in T}):
        if side == 0:
            X[line] = annihilated(rows[line], list(Y.values()), rng)
        else:
            Y[line] = annihilated(columns[line], list(X.values()), rng)
        if any(abs(v).bit_length() > MOST_BITS for v in (Y if side else X)[line].values()):
            return None
    above, beside = list(X.values()), list(Y.values())
    for i in range(len(rows)):
        if i not in X:
            X[i] = annihilated(rows[i], beside, rng)
    for j in range(len(columns)):
        if j not in Y:
            Y[j] = annihilated(columns[j], above, rng)
    # the second terms, where a growing line meets them
    X1 = {i: _random(row, rng) if T and i not in S else {} for i, row in enumerate(rows)}
    Y1 = {j: _random(column, rng) if S else {} for j, column in enumerate(columns)}
    first = {(i, k): value for i in X for k, value in series((-1 if i in S else 0, X[i]), (1, X1[i])).items()}
    second = {(k, j): value for j in Y for k, value in series((-1 if j in T else 0, Y[j]), (1, Y1[j])).items()}
    target = {}
    for i in X:
        for j in Y:
            a, b = (X[i], Y1[j]) if i in S else (X1[i], Y[j]) if j in T else (X[i], Y[j])
            value = sum(v * b[k] for k, v in a.items() if k in b)
            if value:
                target[i, j] = Fraction(value)
    return target, (first, second)


def _in_turn(of_rows: dict[int, int], of_columns: dict[int, int]) -> list[tuple[int, int]]:
    """An order of growing rows (side 0) and columns (side 1), given the sizes of their supports.

    Each line has to be orthogonal to the lines of the other side before it: where the columns have no room after all
    rows, the lines with the least room to spare come first.
    """
    # one side after the other keeps numbers small
    if all(size > len(of_rows) for size in of_columns.values()):
        return [(0, i) for i in of_rows] + [(1, j) for j in of_columns]
    rows, columns = (sorted(sizes, key=sizes.__getitem__, reverse=True) for sizes in (of_rows, of_columns))
    chosen: list[tuple[int, int]] = []
    before = {0: 0, 1: 0}
    while rows or columns:
        spare = of_rows[rows[-1]] - before[1] if rows else None
        other = of_columns[columns[-1]] - before[0] if columns else None
        side = 1 if spare is None or (other is not None and other < spare) else 0
        chosen.append((side, (columns if side else rows).pop()))
        before[side] += 1
    return chosen


def _columns(right: Support) -> list[tuple[int, ...]]:
    return [tuple(bits(mask)) for mask in right.col_masks]


def _random(support: Iterable[int], rng: random.Random) -> Vector:
    return {k: rng.choice((-1, 1)) * rng.randint(1, LARGEST) for k in support}


def annihilated(support: Sequence[int], lines: Sequence[Vector], rng: random.Random) -> Vector:
    """A random vector of integers with the support that is orthogonal to all lines.

    Examples
    --------
    >>> found = annihilated([0, 1, 2], [{0: 1, 1: -1}], random.Random(0))
    >>> found[0] == found[1]
    True
    """
    from flint import fmpz_mat

    met = [line for line in lines if any(k in line for k in support)]
    if not met or not support:
        return _random(support, rng)
    basis, size = fmpz_mat([[line.get(k, 0) for k in support] for line in met]).nullspace()
    if not size:
        return {}
    own = fmpz_mat([[int(basis[p, q]) for p in range(len(support))] for q in range(size)]).lll()
    weights = [rng.choice((-1, 1)) * rng.randint(1, LARGEST) for _ in range(size)]
    total = [sum(w * int(own[q, p]) for q, w in enumerate(weights)) for p in range(len(support))]
    return {k: v for k, v in zip(support, total, strict=True) if v}


RULES = (
    Rule(
        "blocks",
        "pair",
        "a matrix is the limit of products in which blocks of rows and columns grow, and is no product",
        claim="not_closed",
        written=("limit",),
    ),
)
