"""One generic factor that serves every matrix: fullness by matchings (rule ``generic``)."""

from __future__ import annotations

from itertools import chain, combinations
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, mask_of
from closedness.algebra.matching import distinct_representatives

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.supports.state import State

Node = dict[str, Any]
# with more hidden indices in a line only all of them together are tried
MOST_TERMS = 10


def generic_factor(state: State) -> Node | None:
    """Find a side on which one generic factor serves every matrix of the state.

    For each row ``i`` some of its hidden indices must touch all entries of the row that may be
    non-zero, and the cells they touch must have distinct representatives among them: then a
    generic ``Y`` restricted to these cells and indices has independent columns, and the row is
    solved for. The same with rows and columns exchanged.
    """
    need = [s | z for s, z in zip(state.star, state.nonzero, strict=True)]
    rows = _all_lines(state.tau, state.sigma, state.omega, need)
    if rows is not None:
        return _node("rows", list(state.rows), rows, list(range(len(state.sigma))))
    live = sorted({j for omega in state.omega for j in bits(omega)})
    columns = _all_lines(
        [state.sigma[j] for j in live],
        state.tau,
        [mask_of(p for p, omega in enumerate(state.omega) if omega >> j & 1) for j in live],
        [mask_of(p for p, mask in enumerate(need) if mask >> j & 1) for j in live],
    )
    return None if columns is None else _node("columns", live, columns, list(state.rows))


def _node(side: str, names: list[int], lines: list[dict[int, int]], others: list[int]) -> Node:
    return {
        "do": "generic",
        "side": side,
        "lines": [
            [name, [[others[other], k] for other, k in sorted(pairs.items())]]
            for name, pairs in zip(names, lines, strict=True)
        ],
    }


def _all_lines(
    tau: Sequence[int], sigma: Sequence[int], omega: Sequence[int], need: Sequence[int]
) -> list[dict[int, int]] | None:
    lines = []
    for line in zip(tau, omega, need, strict=True):
        pairs = _line(*line, sigma)
        if pairs is None:
            return None
        lines.append(pairs)
    return lines


def _line(tau: int, omega: int, need: int, sigma: Sequence[int]) -> dict[int, int] | None:
    """Cells of one line with distinct representatives; nothing else is touched by them."""
    terms = list(bits(tau))
    sizes = range(1, len(terms) + 1) if len(terms) <= MOST_TERMS else [len(terms)]
    for chosen in chain.from_iterable(combinations(terms, size) for size in sizes):
        used = mask_of(chosen)
        touched = [j for j in bits(omega) if sigma[j] & used]
        if len(touched) > len(chosen) or need & ~mask_of(touched):
            continue
        pairs = distinct_representatives({j: sigma[j] & used for j in touched})
        if pairs is not None:
            return pairs
    return None
