"""Two-factor products of real size: rules that do not loop over cells.

What is found is a counterexample (rule ``private-cells``), a proof by rule ``crossing`` or ``peel``, or the groups of
overlapping rank-one supports, each small enough for the exact engine.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, union_of
from closedness.rules.limits.private_cells import limit_at_private_cells
from closedness.rules.rows import proof, row
from closedness.rules.rule import Evidence, Proof
from closedness.supports.overlaps import overlap_groups, uncrossed_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from closedness.rules.chains.submatrix import Submatrix
    from closedness.rules.rule import Finding
    from closedness.supports.product import SupportProduct

LARGE = 64  # rows, columns or hidden indices from which on this module takes over
CORE_TERMS = 12  # hidden indices of a submatrix that the exact engine is asked about
OF_LINES = ("pinned", "occupied")  # refutations that name lines of one side, and lines across


def is_large(product: SupportProduct) -> bool:
    """More rows, columns or hidden indices than the exact engine is meant for."""
    return len(product) == 2 and max(*product.shape, *product.inner) > LARGE


PEEL = {"rule": "peel", "side": "left", "then": {"rule": "single"}}


def decide_large(
    product: SupportProduct,
    small: Callable[[SupportProduct], Finding | None],
    *,
    largest: int = 24,
) -> Finding | None:
    """Decide a large two-factor product where the polynomial rules do.

    Parameters
    ----------
    product : SupportProduct
    small : callable
        The exact engine, asked about groups of overlapping supports that are no larger than `largest`.
    largest : int
        Hidden indices of a group, and its rows and columns, up to which the exact engine is asked.
    """
    evidence = limit_at_private_cells(product)
    if evidence is not None:
        return evidence
    left, right = product.factors
    first, second = uncrossed_pairs(left, right, right)
    if not len(first):
        return Proof(PEEL, row("crossing").sentence)
    pairs = list(zip(first.tolist(), second.tolist(), strict=True))
    answer = _by_groups(product, pairs, small, largest)
    return answer if answer is not None else _by_cores(product, pairs, small)


def _by_groups(
    product: SupportProduct,
    pairs: list[tuple[int, int]],
    small: Callable[[SupportProduct], Finding | None],
    largest: int,
) -> Finding | None:
    """Direct product over the groups of overlapping supports."""
    from closedness.rules.chains.parts import restricted
    from closedness.rules.chains.submatrix import submatrix

    left, right = product.factors
    uncrossed = {k for pair in pairs for k in pair}
    crossing_groups: list[int] = []
    parts = []
    for group in overlap_groups(left, right):
        if uncrossed.isdisjoint(group):
            crossing_groups.extend(group)
            continue
        rows = list(bits(union_of(left.col_masks[k] for k in group)))
        columns = list(bits(union_of(right.row_masks[k] for k in group)))
        if max(len(group), len(rows), len(columns)) > largest:
            return None
        part = submatrix(restricted(product.factors, [group]), rows, columns)
        assert part is not None
        answer = small(type(product)(part.chain))
        if answer is None:
            return None
        if isinstance(answer, Evidence):
            return _renamed(product, answer, part)
        parts.append({"terms": list(group), "then": _rename_node(part.names, answer.node)})
    if crossing_groups:
        parts.append({"terms": sorted(crossing_groups), "then": {"rule": "crossing"}})
    return proof({"rule": "product", "parts": parts})


def _by_cores(
    product: SupportProduct,
    pairs: list[tuple[int, int]],
    small: Callable[[SupportProduct], Finding | None],
    tries: int = 6,
) -> Finding | None:
    """Keep a few rows and columns around two supports that do not cross; a limit there is a limit of all."""
    import numpy as np

    from closedness.rules.chains.submatrix import submatrix

    left, right = product.factors
    rng = np.random.default_rng(0)
    for size in (2, 3):
        for place in rng.permutation(len(pairs))[:tries]:
            k, l = pairs[place]
            rows = _around(left.col_masks[k], left.col_masks[l], size)
            columns = _around(right.row_masks[k], right.row_masks[l], size)
            part = submatrix(product.factors, rows, columns)
            if part is None or len(part.names[1]) > CORE_TERMS:
                continue
            answer = small(type(product)(part.chain))
            if isinstance(answer, Evidence):
                evidence = _renamed(product, answer, part)
                if evidence is not None:
                    return evidence
    return None


def _around(first: int, second: int, size: int) -> list[int]:
    """Some common positions of two bitmasks, and some that only one of them has."""
    chosen: list[int] = []
    for mask in (first & second, first & ~second, second & ~first):
        chosen.extend(islice(bits(mask), size))
    return sorted(chosen)


def _rename_node(names: tuple[tuple[int, ...], ...], then: dict[str, Any]) -> dict[str, Any]:
    """The proof for the renumbered group, with the names of the whole pattern translated first."""
    rows, terms, columns = names
    return {
        "rule": "rename",
        "rows": [[old, new] for new, old in enumerate(rows)],
        "columns": [[old, new] for new, old in enumerate(columns)],
        "terms": [[old, new] for new, old in enumerate(terms)],
        "transposed": False,
        "then": then,
    }


def _renamed(product: SupportProduct, evidence: Evidence, part: Submatrix) -> Evidence | None:
    """Evidence for the renumbered group, in the numbers of the whole product."""
    from closedness.equations.diagonal import renamed_diagonal
    from closedness.equations.frames import renamed_frames
    from closedness.equations.membership import refute

    if evidence.dense is not None:  # other hidden indices may meet its block
        return None
    rows, terms, columns = part.names
    target = part.target(evidence.target)
    if "diagonal" in evidence.refutation:
        refutation = renamed_diagonal(evidence.refutation, rows, terms, columns)
    elif "frames" in evidence.refutation:
        refutation = renamed_frames(evidence.refutation, rows, terms, columns)
    elif of_lines := next((name for name in OF_LINES if name in evidence.refutation), None):
        refutation = {of_lines: _renamed_lines(evidence.refutation[of_lines], rows, columns)}
    else:
        cells = [(rows[i], columns[j]) for i, j in evidence.refutation["cells"]]
        found = refute(product, target, cells=cells)
        if found is None:
            return None
        refutation = found
    # the sentence of the part speaks of other numbers
    lines = f"{len(rows)} rows from row {rows[0]} on and {len(columns)} columns from column {columns[0]} on"
    sentence = f"the part with {lines} is not closed: a matrix there is a limit of products and no product"
    return Evidence(evidence.rule, sentence, target, part.curve(evidence.curve), refutation)


def _renamed_lines(node: dict[str, Any], rows: tuple[int, ...], columns: tuple[int, ...]) -> dict[str, Any]:
    """A refutation by lines of one side, and lines across, in the numbers of the whole."""
    lines, across = (rows, columns) if node["side"] == "rows" else (columns, rows)
    found: dict[str, Any] = {
        "side": node["side"],
        "across": [across[j] for j in node["across"]],
        "groups": [[lines[i] for i in group] for group in node["groups"]],
    }
    if "line" in node:
        return {**found, "line": lines[node["line"]], "at": across[node["at"]]}
    return {**found, "lines": [lines[i] for i in node["lines"]], "places": [across[j] for j in node["places"]]}
