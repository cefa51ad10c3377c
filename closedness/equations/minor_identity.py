"""Refutations by minors: identities ``Σ h·f = det A`` for a minor that vanishes on all products, but not on the target.

They are identities of `algebra.nullstellensatz`, found without Buchberger's algorithm and verified like them.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product
from typing import TYPE_CHECKING

from flint import fmpq, fmpq_mat, nmod_mat

from closedness.algebra.determinant import determinant
from closedness.algebra.finite import PRIME
from closedness.algebra.nullstellensatz import Identity, rational_ring, verify
from closedness.budget import UNLIMITED, Budget
from closedness.supports.masks import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from flint import fmpq_mpoly, fmpq_mpoly_ctx, fmpz_mpoly

LARGEST_MINOR = 5
# hidden indices that meet a minor in one cell, beyond which it is passed over
MOST_PRIVATE = 4

__all__ = ["rank_identity"]


def rank_identity(
    equations: Mapping[str, fmpz_mpoly],
    target: Mapping[Cell, Fraction],
    zero: Iterable[Cell] = (),
    *,
    largest: int = LARGEST_MINOR,
    tries: int = 5_000,
    budget: Budget = UNLIMITED,
) -> Identity | None:
    """The identity of a minor that vanishes on all products, but not on the target.

    With ``P`` the product and ``A`` the target on the rows and columns of the minor, exchange the rows of ``A`` for
    those of ``P`` one after the other: ``det A − det P`` is the sum of the determinants with row ``i`` equal to that of
    ``A − P``, and expansion along this row gives the multipliers of the equations ``P_ij − A_ij = 0``.

    If only ``P − E`` has determinant zero, where ``E`` holds the terms of hidden indices that meet the minor in one
    cell, ``det (P − E)`` is expanded in minors of ``−E`` and complementary minors of ``P``, and each of these is
    treated in the same way; all complementary minors of ``A`` but ``det A`` itself must vanish.

    Parameters
    ----------
    equations : mapping of str to fmpz_mpoly
        Multiples of ``P_ij − A_ij`` by label ``"i:j"``.
    target : mapping of (row, column) to Fraction
        The non-zero entries.
    zero : iterable of (row, column)
        Cells where all products and the target vanish, so that there is no equation.
    largest : int
        Largest size of a minor.
    tries : int
        Number of minors looked at.
    budget : Budget, optional
        Ends the search.

    Returns
    -------
    Identity or None
        Verified.

    Examples
    --------
    >>> from closedness.equations.membership import covered_cells, membership_system
    >>> from closedness.supports.product import SupportProduct
    >>> one = SupportProduct.from_text("1/1 * 11")
    >>> target = {(0, 0): Fraction(1), (1, 1): Fraction(1)}
    >>> rank_identity(membership_system(one, target, covered_cells(one)).equations, target).size
    3
    """
    if not equations:
        return None
    context = next(iter(equations.values())).context()
    ring = rational_ring(context)
    labels = {_cell(label): label for label in equations}
    point = [fmpq(PRIME // (3 * v + 2)) for v in range(context.nvars())]
    scale: dict[Cell, fmpq] = {}
    entries: dict[Cell, fmpq_mpoly] = {}
    sample: dict[Cell, int] = {}
    for cell, label in sorted(labels.items()):
        terms = {m: fmpq(c) for m, c in equations[label].to_dict().items() if any(m)}
        # the terms of an entry of the product have all the same coefficient
        scale[cell] = next(iter(terms.values()))
        entries[cell] = ring.from_dict(terms) / scale[cell]
        sample[cell] = int(entries[cell](*point)) % PRIME
    for i, j in zero:
        entries[i, j] = ring.constant(0)
    for rows, columns in _minors(entries, largest):
        tries -= 1
        if tries < 0 or budget.expired():
            return None
        numbers = [[_fmpq(target.get((i, j), Fraction(0))) for j in columns] for i in rows]
        if fmpq_mat(numbers).det() == 0:
            continue
        private = {}
        if int(nmod_mat([[sample.get((i, j), 0) for j in columns] for i in rows], PRIME).det()):
            private = _private_terms(rows, columns, entries, ring)
            if not private or len(private) > MOST_PRIVATE:
                continue
            rest = [[entries[i, j] - private.get((i, j), ring.constant(0)) for j in columns] for i in rows]
            values = [[int(entry(*point)) % PRIME for entry in line] for line in rest]
            if int(nmod_mat(values, PRIME).det()):
                continue
        found = _expanded(rows, columns, entries, private, numbers, ring)
        if found is None:
            continue
        multipliers = {labels[cell]: h / scale[cell] for cell, h in found.items() if cell in labels}
        result = Identity({label: h for label, h in multipliers.items() if not h.is_zero()})
        if verify(equations, (), result):
            return result
    return None


def _cell(label: str) -> Cell:
    i, _, j = label.partition(":")
    return int(i), int(j)


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _minors(known: Iterable[Cell], largest: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Rows and columns whose common cells are all known, small ones first."""
    present = set(known)
    rows, columns = sorted({i for i, _ in present}), sorted({j for _, j in present})
    for size in range(2, min(len(rows), len(columns), largest) + 1):
        for chosen in combinations(rows, size):
            for others in combinations(columns, size):
                if all((i, j) in present for i in chosen for j in others):
                    yield chosen, others


def _private_terms(
    rows: Sequence[int], columns: Sequence[int], entries: Mapping[Cell, fmpq_mpoly], ring: fmpq_mpoly_ctx
) -> dict[Cell, fmpq_mpoly]:
    """The terms whose variables occur in no other cell of the minor."""
    owners: dict[int, set[Cell]] = {}
    for cell in product(rows, columns):
        for v, degree in enumerate(entries[cell].degrees()):
            if degree > 0:
                owners.setdefault(v, set()).add(cell)
    private = {}
    for cell in product(rows, columns):
        terms = {
            monomial: coefficient
            for monomial, coefficient in entries[cell].to_dict().items()
            if all(len(owners[v]) == 1 for v, e in enumerate(monomial) if e)
        }
        if terms:
            private[cell] = ring.from_dict(terms)
    return private


def _expanded(
    rows: Sequence[int],
    columns: Sequence[int],
    entries: Mapping[Cell, fmpq_mpoly],
    private: Mapping[Cell, fmpq_mpoly],
    numbers: Sequence[Sequence[fmpq]],
    ring: fmpq_mpoly_ctx,
) -> dict[Cell, fmpq_mpoly] | None:
    """Multipliers ``h`` with ``Σ h_ij (P_ij − A_ij) = det A − det (P − E)``, `private` being the entries of ``E``.

    None if the complement of a minor of ``E`` does not vanish on the target.
    """
    size = range(len(rows))
    total: dict[Cell, fmpq_mpoly] = {}
    for order in range(len(private) + 1):
        for cells in combinations(sorted(private), order):
            if len({i for i, _ in cells}) < order or len({j for _, j in cells}) < order:
                continue
            left = [p for p in size if rows[p] not in {i for i, _ in cells}]
            across = [q for q in size if columns[q] not in {j for _, j in cells}]
            part = [[numbers[p][q] for q in across] for p in left]
            if order and (not left or fmpq_mat(part).det() != 0):
                return None
            # the sign of the permutation that moves the chosen cells to the diagonal in front
            weight = ring.constant(_sign(rows, columns, cells) * (-1) ** order)
            for cell in cells:
                weight *= private[cell]
            found = _telescope([rows[p] for p in left], [columns[q] for q in across], entries, part, ring)
            for cell, h in found.items():
                total[cell] = total.get(cell, ring.constant(0)) + weight * h
    return total


def _sign(rows: Sequence[int], columns: Sequence[int], cells: Sequence[Cell]) -> int:
    """The sign of the cells, one in a line, in the expansion of a determinant by them and their complement."""
    first = [rows.index(i) for i, _ in cells]
    second = [columns.index(j) for _, j in cells]
    crossings = sum((a < b) != (c < d) for (a, c), (b, d) in combinations(list(zip(first, second, strict=True)), 2))
    return int((-1) ** (sum(first) + sum(second) + crossings))


def _telescope(
    rows: Sequence[int],
    columns: Sequence[int],
    entries: Mapping[Cell, fmpq_mpoly],
    numbers: Sequence[Sequence[fmpq]],
    ring: fmpq_mpoly_ctx,
) -> dict[Cell, fmpq_mpoly]:
    """Multipliers ``h`` with ``Σ h_ij (P_ij − A_ij) = det A − det P``."""
    constants = [[ring.constant(value) for value in line] for line in numbers]
    products = [[entries[i, j] for j in columns] for i in rows]
    found: dict[Cell, fmpq_mpoly] = {}
    for p, i in enumerate(rows):
        others = [*products[:p], *constants[p + 1 :]]
        for q, j in enumerate(columns):
            minor = determinant([[e for c, e in enumerate(line) if c != q] for line in others], ring.constant(1))
            found[i, j] = minor if (p + q) % 2 else -minor
    return found
