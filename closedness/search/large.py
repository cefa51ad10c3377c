"""Two-factor products of real size: the polynomial rules on sparse arrays.

Everything here works on the whole arrays at once; there is no loop over cells. What is found is a
counterexample (rule ``private-cells``), a proof by rule ``crossing`` or ``peel``, or the groups of overlapping
rank-one supports, each small enough for the exact engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.rules.limits.private_cells import private_evidence
from closedness.rules.rows import proof, row
from closedness.rules.rule import Evidence, Proof

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from closedness.rules.rule import Finding
    from closedness.supports.product import SupportProduct
    from closedness.supports.support import Support

LARGE = 64  # rows, columns or hidden indices from which on this module takes over
CORE_TERMS = 12  # hidden indices of a submatrix that the exact engine is asked about
LUPattern = tuple[int, int, int, int, int, int]


def is_large(product: SupportProduct) -> bool:
    """More rows, columns or hidden indices than the exact engine is meant for."""
    return len(product) == 2 and max(*product.shape, *product.inner) > LARGE


def indicator(support: Support) -> csr_array:
    """The support as integers in a sparse array of shape (m, n)."""
    import numpy as np
    from scipy.sparse import csr_array

    m, n = support.shape
    width = (n + 7) // 8
    packed = np.frombuffer(b"".join(mask.to_bytes(width, "little") for mask in support.row_masks), dtype=np.uint8)
    bytes_at = np.flatnonzero(packed)
    cells = np.unpackbits(packed[bytes_at, None], axis=1, bitorder="little").astype(np.bool_)
    which, bit = np.nonzero(cells)
    rows, places = np.divmod(bytes_at[which], width)
    columns = places * 8 + bit
    return csr_array((np.ones(len(rows), dtype=np.int64), (rows, columns)), shape=(m, n))


@dataclass(frozen=True)
class Pair:
    """Both factors as sparse arrays: `left` of shape (m, r), `right` of shape (r, n)."""

    left: csr_array
    right: csr_array

    @classmethod
    def of(cls, product: SupportProduct) -> Pair:
        """Read a two-factor product."""
        left, right = product.factors
        return cls(indicator(left), indicator(right))


def multiplied(left: csr_array, right: csr_array) -> csr_array:
    """The product, by dense arithmetic where the factors are dense.

    The numbers stay below 2^53, so floating point is exact here.
    """
    import numpy as np
    from scipy.sparse import csr_array

    work = left.nnz * right.nnz / max(1, left.shape[1])
    cells = max(left.shape[0] * left.shape[1], right.shape[0] * right.shape[1], left.shape[0] * right.shape[1])
    if work > 2e7 and cells <= 2**24:
        dense = left.toarray().astype(np.float64) @ right.toarray().astype(np.float64)
        return csr_array(dense.astype(np.int64))
    result = csr_array(left @ right)
    result.sort_indices()
    return result


def lu_pattern(pair: Pair) -> LUPattern | None:
    """A 2×2 minor of LU type, or None.

    Returns
    -------
    (k, other, i1, i2, j1, j2) or None
        The cells ``(i1, j1), (i1, j2), (i2, j1)`` are covered by the hidden index ``k`` alone, the cell
        ``(i2, j2)`` by ``k`` and by ``other``.
    """
    import numpy as np

    counts = multiplied(pair.left, pair.right)
    # the same product with numbered hidden indices: where one index covers a cell, the sum is its number
    weighted = pair.right.copy()
    weighted.data = np.repeat(np.arange(1, pair.right.shape[0] + 1), np.diff(pair.right.indptr))
    numbered = multiplied(pair.left, weighted)
    alone = counts.data == 1
    if not alone.any():
        return None
    owner = numbered.data[alone] - 1
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))[alone]
    columns = counts.indices[alone].astype(np.int64)
    # private cells of one index are bicliques iff any two of its rows with a common private column have all in common
    weights = np.random.default_rng(0).integers(1, 2**62, size=counts.shape[1], dtype=np.int64)
    row_key = owner * counts.shape[0] + rows
    _, row_group = np.unique(row_key, return_inverse=True)
    with np.errstate(over="ignore"):
        sums = np.zeros(row_group.max() + 1, dtype=np.int64)
        np.add.at(sums, row_group, weights[columns])
    value = sums[row_group]
    column_key = owner * counts.shape[1] + columns
    order = np.lexsort((value, column_key))
    key, sorted_value = column_key[order], value[order]
    broken = np.flatnonzero((key[1:] == key[:-1]) & (sorted_value[1:] != sorted_value[:-1]))
    for place in broken[:20]:
        first, second = order[place], order[place + 1]
        k, i1, i2, j1 = int(owner[first]), int(rows[first]), int(rows[second]), int(columns[first])
        found = _minor(pair, counts, numbered, k, i1, i2, j1)
        if found is not None:
            return found
    return None


def _minor(
    pair: Pair, counts: csr_array, numbered: csr_array, k: int, i1: int, i2: int, j1: int
) -> LUPattern | None:
    """Two rows of index k with a common private column whose private cells differ."""
    import numpy as np

    def private(i: int) -> NDArray[np.int64]:
        part = slice(counts.indptr[i], counts.indptr[i + 1])
        mine = (counts.data[part] == 1) & (numbered.data[part] == k + 1)
        return np.asarray(counts.indices[part][mine], dtype=np.int64)

    for first, second in ((i1, i2), (i2, i1)):
        extra = np.setdiff1d(private(first), private(second))
        if len(extra):
            j2 = int(extra[0])
            in_row = pair.left.indices[pair.left.indptr[second] : pair.left.indptr[second + 1]]
            others = [int(o) for o in in_row if o != k and pair.right[o, j2]]
            if others:
                return k, others[0], first, second, j1, j2
    return None


def crosses(pair: Pair) -> bool:
    """Any two overlapping rank-one supports are crossing."""
    return len(not_crossing(pair)[0]) == 0


def not_crossing(pair: Pair) -> tuple[NDArray[Any], NDArray[Any]]:
    """The pairs of hidden indices that overlap and do not cross, as two arrays."""
    import numpy as np

    rows, columns = pair.left.sum(axis=0), pair.right.sum(axis=1)
    common_rows, common_columns = _common(pair)
    both = common_rows.multiply(common_columns > 0).tocoo()
    k, l = both.row, both.col
    upper = k < l
    k, l = k[upper], l[upper]
    i_common = np.asarray(both.data)[upper]
    # the same cells in the same order
    j_common = np.asarray(common_columns.multiply(common_rows > 0).tocoo().data)[upper]
    first = (i_common == rows[k]) & (j_common == columns[l])
    second = (i_common == rows[l]) & (j_common == columns[k])
    bad = ~(first | second)
    return k[bad], l[bad]


def _common(pair: Pair) -> tuple[csr_array, csr_array]:
    """Numbers of common rows and of common columns of any two hidden indices, shapes (r, r)."""
    return multiplied(pair.left.T.tocsr(), pair.left), multiplied(pair.right, pair.right.T.tocsr())


def overlap_groups(pair: Pair) -> list[NDArray[Any]]:
    """Hidden indices with a rank-one support, grouped by chains of overlaps."""
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    common_rows, common_columns = _common(pair)
    graph = csr_array(common_rows.multiply(common_columns))
    _, label = connected_components(graph, directed=False)
    live = np.flatnonzero((pair.left.sum(axis=0) > 0) & (pair.right.sum(axis=1) > 0))
    order = live[np.argsort(label[live], kind="stable")]
    edges = np.flatnonzero(np.diff(label[order])) + 1
    return [group for group in np.split(order, edges) if len(group)]


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
    pair = Pair.of(product)
    found = lu_pattern(pair)
    if found is not None:
        evidence = private_evidence(product, found)
        if evidence is not None:
            return evidence
    if crosses(pair):
        return Proof(PEEL, row("crossing").sentence)
    answer = _by_groups(product, pair, small, largest)
    return answer if answer is not None else _by_cores(product, pair, small)


def _by_groups(
    product: SupportProduct,
    pair: Pair,
    small: Callable[[SupportProduct], Finding | None],
    largest: int,
) -> Finding | None:
    """Direct product over the groups of overlapping supports."""
    from closedness.rules.chains.submatrix import submatrix

    left, right = product.factors
    crossing_groups: list[int] = []
    parts = []
    for group in overlap_groups(pair):
        names = [int(k) for k in group]
        own = Pair(pair.left[:, group].tocsr(), pair.right[group, :].tocsr())
        if len(names) == 1 or crosses(own):
            crossing_groups.extend(names)
            continue
        rows = sorted({int(i) for i in own.left.tocoo().row})
        columns = sorted({int(j) for j in own.right.tocoo().col})
        if max(len(names), len(rows), len(columns)) > largest:
            return None
        mask = sum(1 << k for k in names)
        restricted = tuple(
            type(left).from_masks(factor.shape, masks)
            for factor, masks in (
                (left, [row & mask for row in left.row_masks]),
                (right, [row if mask >> k & 1 else 0 for k, row in enumerate(right.row_masks)]),
            )
        )
        part = submatrix(restricted, rows, columns)
        assert part is not None
        answer = small(type(product)(part.chain))
        if answer is None:
            return None
        if isinstance(answer, Evidence):
            return _renamed(product, answer, part.names)
        parts.append({"terms": names, "then": _rename_node(part.names, answer.node)})
    if crossing_groups:
        parts.append({"terms": sorted(crossing_groups), "then": {"rule": "crossing"}})
    return proof({"rule": "product", "parts": parts})


def _by_cores(
    product: SupportProduct,
    pair: Pair,
    small: Callable[[SupportProduct], Finding | None],
    tries: int = 6,
) -> Finding | None:
    """Keep a few rows and columns around two supports that do not cross; a limit there is a limit of all."""
    import numpy as np

    from closedness.rules.chains.submatrix import submatrix

    left, right = product.factors
    first, second = not_crossing(pair)
    rng = np.random.default_rng(0)
    for size in (2, 3):
        for place in rng.permutation(len(first))[:tries]:
            k, l = int(first[place]), int(second[place])
            rows = _around(left.col_masks[k], left.col_masks[l], size)
            columns = _around(right.row_masks[k], right.row_masks[l], size)
            part = submatrix(product.factors, rows, columns)
            if part is None or len(part.names[1]) > CORE_TERMS:
                continue
            answer = small(type(product)(part.chain))
            if isinstance(answer, Evidence):
                evidence = _renamed(product, answer, part.names)
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


def _renamed(product: SupportProduct, evidence: Evidence, names: tuple[tuple[int, ...], ...]) -> Evidence | None:
    """Evidence for the renumbered group, in the numbers of the whole product."""
    from closedness.equations.diagonal import renamed_diagonal
    from closedness.equations.frames import renamed_frames
    from closedness.equations.membership import refute
    rows, terms, columns = names
    target = {(rows[i], columns[j]): value for (i, j), value in evidence.target.items()}
    first, second = evidence.curve
    curve = (
        {(rows[i], terms[k]): entry for (i, k), entry in first.items()},
        {(terms[k], columns[j]): entry for (k, j), entry in second.items()},
    )
    if "diagonal" in evidence.refutation:
        refutation = renamed_diagonal(evidence.refutation, rows, terms, columns)
    elif "frames" in evidence.refutation:
        refutation = renamed_frames(evidence.refutation, rows, terms, columns)
    elif "pinned" in evidence.refutation:
        refutation = {"pinned": _renamed_pinned(evidence.refutation["pinned"], rows, columns)}
    else:
        cells = [(rows[i], columns[j]) for i, j in evidence.refutation["cells"]]
        found = refute(product, target, cells=cells)
        if found is None:
            return None
        refutation = found
    # the sentence of the part speaks of other numbers
    lines = f"{len(rows)} rows from row {rows[0]} on and {len(columns)} columns from column {columns[0]} on"
    sentence = f"the part with {lines} is not closed: a matrix there is a limit of products and no product"
    return Evidence(evidence.rule, sentence, target, curve, refutation)


def _renamed_pinned(node: dict[str, Any], rows: tuple[int, ...], columns: tuple[int, ...]) -> dict[str, Any]:
    lines, across = (rows, columns) if node["side"] == "rows" else (columns, rows)
    return {
        "side": node["side"],
        "line": lines[node["line"]],
        "at": across[node["at"]],
        "across": [across[j] for j in node["across"]],
        "groups": [[lines[i] for i in group] for group in node["groups"]],
    }
