"""States of the stratification rule: what is known of the entries of a matrix, and its moves."""

from __future__ import annotations

from typing import NamedTuple

from closedness.algebra.bitsets import bits
from closedness.supports.pattern import Pattern


class State(NamedTuple):
    """A pattern together with a zero / non-zero / unknown status for each looked-at entry.

    All tuples run over the live rows (`rows` names them) and over all columns. A state stands
    for the set of all matrices that have zeros and non-zeros where it says so.
    """

    rows: tuple[int, ...]
    tau: tuple[int, ...]
    omega: tuple[int, ...]
    star: tuple[int, ...]
    nonzero: tuple[int, ...]
    sigma: tuple[int, ...]

    @classmethod
    def start(cls, pattern: Pattern) -> State:
        """All matrices of the pattern: every looked-at entry unknown."""
        none = (0,) * len(pattern.row_types)
        return trimmed(
            tuple(range(len(pattern.row_types))),
            pattern.row_types,
            pattern.cells,
            pattern.covered(),
            none,
            pattern.col_types,
        )


def trimmed(
    rows: tuple[int, ...],
    tau: tuple[int, ...],
    omega: tuple[int, ...],
    star: tuple[int, ...],
    nonzero: tuple[int, ...],
    sigma: tuple[int, ...],
) -> State:
    """Delete rows and columns that are zero, and hidden indices where they touch nothing live."""
    live = 0
    for s, z in zip(star, nonzero, strict=True):
        live |= s | z
    keep = [p for p in range(len(rows)) if star[p] | nonzero[p]]
    new_omega = tuple(omega[p] & live for p in keep)
    reach = [0] * len(sigma)
    new_tau = []
    for p, om in zip(keep, new_omega, strict=True):
        t, seen = tau[p], 0
        for j in bits(om):
            seen |= sigma[j]
            reach[j] |= t
        new_tau.append(t & seen)
    return State(
        tuple(rows[p] for p in keep),
        tuple(new_tau),
        new_omega,
        tuple(star[p] for p in keep),
        tuple(nonzero[p] for p in keep),
        tuple(s & t for s, t in zip(sigma, reach, strict=True)),
    )


def with_entry(state: State, p: int, j: int, *, zero: bool) -> State:
    """Fix the unknown entry at live row position `p`, column `j`."""
    bit = 1 << j
    star = list(state.star)
    star[p] &= ~bit
    if zero:
        return trimmed(state.rows, state.tau, state.omega, tuple(star), state.nonzero, state.sigma)
    nonzero = list(state.nonzero)
    nonzero[p] |= bit
    return state._replace(star=tuple(star), nonzero=tuple(nonzero))


def may_add_row(state: State, p: int, q: int) -> bool:
    """True when adding multiples of row `p` to row `q` maps products to products."""
    if state.omega[q] & ~state.omega[p]:
        return False
    forbidden = state.tau[p] & ~state.tau[q]
    return not any(forbidden & state.sigma[j] for j in bits(state.omega[q]))


def may_add_column(state: State, j: int, l: int) -> bool:
    """True when adding multiples of column `j` to column `l` maps products to products."""
    forbidden = state.sigma[j] & ~state.sigma[l]
    for omega, tau in zip(state.omega, state.tau, strict=True):
        if omega >> l & 1 and (not omega >> j & 1 or forbidden & tau):
            return False
    return True


def _eliminate(state: State, p: int, j: int, targets: list[int], columns: int) -> tuple[list[int], list[int]]:
    """Subtract the multiple of row `p` that clears column `j`, in `targets`, within `columns`."""
    star, nonzero = list(state.star), list(state.nonzero)
    source_star, source_nonzero = star[p] & columns, nonzero[p] & columns
    bit = 1 << j
    for q in targets:
        window = state.omega[q]
        s, z = star[q], nonzero[q]
        if z & bit:
            fresh = source_nonzero & window & ~(s | z)
        elif s & bit:
            fresh = 0
        else:
            continue
        touched = (source_star | source_nonzero) & window & ~fresh
        star[q] = ((s | touched) & ~fresh) & ~bit
        nonzero[q] = ((z & ~touched) | fresh) & ~bit
    return star, nonzero


def row_clear(state: State, p: int, j: int, targets: list[int]) -> State:
    """Clear column `j` in the rows `targets` with the non-zero pivot ``(p, j)``."""
    star, nonzero = _eliminate(state, p, j, targets, -1)
    return trimmed(state.rows, state.tau, state.omega, tuple(star), tuple(nonzero), state.sigma)


def column_clear(state: State, p: int, j: int, targets: int) -> State:
    """Clear row `p` in the columns `targets` (a bitmask) with the non-zero pivot ``(p, j)``."""
    bit = 1 << j
    star, nonzero = list(state.star), list(state.nonzero)
    row_star, row_nonzero = star[p] & targets, nonzero[p] & targets
    for q in range(len(star)):
        if q == p:
            continue
        window = state.omega[q]
        if nonzero[q] & bit:
            fresh = row_nonzero & window & ~(star[q] | nonzero[q])
        elif star[q] & bit:
            fresh = 0
        else:
            continue
        touched = (row_star | row_nonzero) & window & ~fresh
        star[q] = (star[q] | touched) & ~fresh
        nonzero[q] = (nonzero[q] & ~touched) | fresh
    star[p] &= ~targets
    nonzero[p] &= ~targets
    return trimmed(state.rows, state.tau, state.omega, tuple(star), tuple(nonzero), state.sigma)


def spend(state: State, k: int, p: int, j: int, rows: list[int], columns: int) -> State:
    """Spend the hidden index `k` on the cross through the non-zero pivot ``(p, j)``.

    Subtracts ``A[rows, j] A[p, columns] / A[p, j]``; `rows` (positions, with `p`) must use `k`,
    so must `columns` (a bitmask, with `j`), and all entries read must be looked at.
    """
    star, nonzero = _eliminate(state, p, j, [q for q in rows if q != p], columns)
    star[p] &= ~columns
    nonzero[p] &= ~columns
    bit = ~(1 << k)
    return trimmed(
        state.rows,
        tuple(t & bit for t in state.tau),
        state.omega,
        tuple(star),
        tuple(nonzero),
        tuple(s & bit for s in state.sigma),
    )
