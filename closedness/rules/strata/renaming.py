"""States that differ by names only: one proof serves all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from closedness.algebra.bitsets import bits
from closedness.supports.state import State

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping


class Naming(NamedTuple):
    """Rows, columns and hidden indices of a state in an order that depends little on names.

    `key` is the state written in this order; equal keys mean that the orders define a renaming
    of one state into the other. States that differ by names may still get different keys.
    """

    key: tuple[Hashable, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    terms: tuple[int, ...]

    def onto(self, other: Naming) -> dict[str, list[list[int]]]:
        """The renaming of this state into the other one."""
        return {
            side: [[a, b] for a, b in zip(getattr(self, side), getattr(other, side), strict=True)]
            for side in ("rows", "columns", "terms")
        }


def naming(state: State) -> Naming:
    """Order the names of a state by colour refinement."""
    live = 0
    present = 0
    for omega, tau in zip(state.omega, state.tau, strict=True):
        live |= omega
        present |= tau
    positions, columns, terms = range(len(state.rows)), list(bits(live)), list(bits(present))
    status = {
        (p, j): 1 + (state.star[p] >> j & 1) + 2 * (state.nonzero[p] >> j & 1)
        for p in positions
        for j in bits(state.omega[p])
    }
    row_colour: dict[int, int] = dict.fromkeys(positions, 0)
    column_colour: dict[int, int] = dict.fromkeys(columns, 0)
    term_colour: dict[int, int] = dict.fromkeys(terms, 0)
    for _ in range(3):
        new_rows = {
            p: (
                row_colour[p],
                tuple(sorted(term_colour[k] for k in bits(state.tau[p]))),
                tuple(sorted((column_colour[j], status[p, j]) for j in bits(state.omega[p]))),
            )
            for p in positions
        }
        new_columns = {
            j: (
                column_colour[j],
                tuple(sorted(term_colour[k] for k in bits(state.sigma[j] & present))),
                tuple(sorted((row_colour[p], status.get((p, j), 0)) for p in positions)),
            )
            for j in columns
        }
        new_terms = {
            k: (
                term_colour[k],
                tuple(sorted(row_colour[p] for p in positions if state.tau[p] >> k & 1)),
                tuple(sorted(column_colour[j] for j in columns if state.sigma[j] >> k & 1)),
            )
            for k in terms
        }
        row_colour, column_colour, term_colour = _ranks(new_rows), _ranks(new_columns), _ranks(new_terms)
    term_order = sorted(terms, key=lambda k: term_colour[k])
    column_order = sorted(columns, key=lambda j: column_colour[j])
    row_order = sorted(positions, key=lambda p: row_colour[p])
    key = (
        tuple(tuple(state.tau[p] >> k & 1 for k in term_order) for p in row_order),
        tuple(tuple(state.sigma[j] >> k & 1 for k in term_order) for j in column_order),
        tuple(tuple(status.get((p, j), 0) for j in column_order) for p in row_order),
    )
    return Naming(key, tuple(state.rows[p] for p in row_order), tuple(column_order), tuple(term_order))


def _ranks(colours: Mapping[int, tuple[Any, ...]]) -> dict[int, int]:
    order = {colour: rank for rank, colour in enumerate(sorted(set(colours.values())))}
    return {name: order[colour] for name, colour in colours.items()}
