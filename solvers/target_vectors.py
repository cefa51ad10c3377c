"""Singular vectors of all class blocks of a target at once, for chains of rank 1 with a product without zeros.

The Gram matrices of the blocks at one split are sums of parts of those at the next one (docs/solvers.md, section "Block
methods"): a single look at the target gives them all, from the split in the middle outwards to both sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from solvers.arrays import Array, adjoint, inner, row_energies
from solvers.kronecker_sparse import Chain
from solvers.panels import PANEL_BYTES, scratch
from solvers.splits import PairShape, from_left, from_right, left_blocks, product_blocks, right_blocks
from solvers.subspace import leading_eigenvector

__all__ = ["factors_from_target", "has_rank_one"]

_VISIBLE = 1e-6  # share of the energy below which a difference of energies is no measure of what is discarded


def has_rank_one(chain: Chain) -> bool:
    """Whether all ranks are 1 and no entry of the product is zero."""
    product = chain.product
    return product.a == product.d == 1 and len(chain) > 2 and set(chain.ranks) == {1}


def factors_from_target(
    values: Array, chain: Chain, first: int, total: float, progress: Callable[[int, int], None] | None = None
) -> tuple[list[Array], dict[int, float]]:
    """Factors of the product that :func:`solvers.projections.project` gives, and ``E_s²`` of every split.

    Parameters
    ----------
    values : ndarray, (1, m, n, 1)
        Compact array of the target; read, never written.
    chain : Chain
        With :func:`has_rank_one`.
    first : int
        The split from which the projections go outwards.
    total : float
        Squared norm of the target.
    progress : callable, optional
        Called with (splits done, splits in all).
    """
    found = _Vectors(values, chain, total)
    found.look(progress)
    for split in range(1, first + 1):
        found.need_left(split)
    found.need_right([s for s in range(first + 1, len(chain)) if s not in found.right], first)
    return found.assemble(first), found.squares


class _Vectors:
    """Left and right singular vectors as compact arrays of the pieces left and right of a split."""

    def __init__(self, values: Array, chain: Chain, total: float) -> None:
        self.values, self.chain, self.total = values, chain, total
        self.pairs = {s: PairShape.of(chain.piece(0, s), chain.piece(s, len(chain))) for s in range(1, len(chain))}
        self.left: dict[int, Array] = {}
        self.right: dict[int, Array] = {}
        self.squares: dict[int, float] = {}
        self.rows_at_first: Array | None = None
        self.middle = max((s for s, p in self.pairs.items() if p.b <= p.c), default=0)

    def look(self, progress: Callable[[int, int], None] | None) -> None:
        """One pass over the target: Gram matrices of the blocks' rows at the middle, of their columns after it."""
        s, count = self.middle, len(self.chain)
        done = 0

        def report() -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, count - 1)

        left, right = self._grams(s)
        for split in range(s, 0, -1):
            if split < s:
                assert left is not None
                vectors, lost = _leading(left)
                self._keep(split, vectors, lost, "left")
            report()
            if split > 1 and split < s:
                left = self._narrowed_rows(left, split)
        for split in range(s + 1, count):
            assert right is not None
            vectors, lost = _leading(right)
            self._keep(split, vectors, lost, "right")
            report()
            if split < count - 1:
                right = self._narrowed_columns(right, split)

    def _grams(self, s: int) -> tuple[Array | None, Array | None]:
        """The vectors at the middle ``s``, and the Gram matrices on both sides of it, panel by panel."""
        count = len(self.chain)
        near = self.pairs.get(s + 1)
        right: Array | None = None
        if s == 0:
            assert near is not None
            rows = self.values.reshape(near.b, near.m, near.e, near.c)
            step = max(1, PANEL_BYTES // (near.b * near.e * near.c * self.values.itemsize))
            right = np.empty((near.m, near.e, near.c, near.c), self.values.dtype)
            for i in range(0, near.m, step):
                part = np.ascontiguousarray(rows[:, i : i + step].transpose(1, 2, 0, 3))
                right[i : i + step] = np.matmul(adjoint(part), part)
            return None, right
        _, b, m, e, _, c, _ = self.pairs[s]
        grid = self.values.reshape(b, m, e, c).transpose(1, 2, 0, 3)
        below = None
        if s > 1:
            before = self.pairs[s - 1]
            below = np.zeros((before.m // m, m, before.e, before.b, before.b), self.values.dtype)
        if s + 1 < count:
            assert near is not None
            right = np.zeros((near.m, near.e, near.c, near.c), self.values.dtype)
        vectors = np.empty((m, e, b), self.values.dtype)
        lost = 0.0
        step = max(1, PANEL_BYTES // (b * e * c * self.values.itemsize))
        for i in range(0, m, step):
            part = _copied(grid[i : i + step], "part")
            gram = scratch("gram", (*part.shape[:3], b), part.dtype)
            np.matmul(part, adjoint(part), out=gram)
            x, some = _leading(gram)
            vectors[i : i + step] = x
            lost += some
            if below is not None:
                below[:, i : i + step] = self._sums_of_rows(gram, s)
            if right is not None:
                assert near is not None
                fine = part.reshape(len(part), e, b, near.e // e, near.c).swapaxes(2, 3)
                wide = scratch("wide", (*fine.shape[:3], near.c, near.c), part.dtype)
                np.matmul(adjoint(fine), fine, out=wide)
                for k in range(len(part)):
                    right[(i + k) % near.m] += wide[k].reshape(near.e, near.c, near.c)
        self._keep(s, vectors, lost, "left")
        left = None if below is None else below.reshape(-1, *below.shape[2:])
        return left, right

    def _sums_of_rows(self, gram: Array, s: int) -> Array:
        """Parts ``(h, m, e, b', b')`` of the Gram matrices at ``s - 1`` from those at ``s``."""
        m, e, b, _ = gram.shape
        before = self.pairs[s - 1]
        radix = b // before.b
        grid = gram.reshape(m, before.e, e // before.e, before.b, radix, before.b, radix)
        return np.asarray(np.einsum("mekahbh->hmeab", grid))

    def _narrowed_rows(self, gram: Array | None, s: int) -> Array:
        assert gram is not None
        found = self._sums_of_rows(gram, s)
        return found.reshape(-1, *found.shape[2:])

    def _narrowed_columns(self, gram: Array | None, s: int) -> Array:
        """Gram matrices of the columns at ``s + 1`` from those at ``s``."""
        assert gram is not None
        m, e, c, _ = gram.shape
        after = self.pairs[s + 1]
        radix = c // after.c
        grid = gram.reshape(m // after.m, after.m, e, radix, after.c, radix, after.c)
        return np.asarray(np.einsum("hmekakb->mekab", grid)).reshape(after.m, after.e, after.c, after.c)

    def _keep(self, s: int, vectors: Array, lost: float, side: str) -> None:
        """Store vectors ``(m, e, b or c)`` and what the blocks lose without them."""
        pair = self.pairs[s]
        if side == "left":
            self.left[s] = from_left(vectors[None, :, :, None, :, None], pair)
        else:
            self.right[s] = from_right(np.conj(vectors)[None, :, :, None, None, :], pair)
        self.squares[s] = lost if lost > _VISIBLE * self.total else self._discarded(s, side)

    def _discarded(self, s: int, side: str) -> float:
        """What the blocks lose, measured on the blocks themselves."""
        pair = self.pairs[s]
        blocks = product_blocks(self.values, pair)[0, :, :, 0]
        lost = []
        step = max(1, PANEL_BYTES // (pair.e * pair.b * pair.c * self.values.itemsize))
        for i in range(0, pair.m, step):
            part = np.ascontiguousarray(blocks[i : i + step])
            if side == "left":
                x = left_blocks(self.left[s], pair)[0, i : i + step, :, 0]
                rest = part - x * np.matmul(adjoint(x), part)
            else:
                y = right_blocks(self.right[s], pair)[0, i : i + step, :, 0]
                rest = part - np.matmul(part, adjoint(y)) * y
            lost.append(float(row_energies(rest).sum()))
        return math.fsum(lost)

    def need_left(self, s: int) -> None:
        """Left vectors from right ones, where only those are known."""
        if s in self.left:
            return
        pair = self.pairs[s]
        out = np.empty((1, pair.m, pair.e, 1, pair.b, 1), self.values.dtype)
        self._images(s, lambda part, i, j: np.matmul(part, _adjoint_rows(right_blocks(self.right[s], pair), i, j)), out)
        _normalise(out[..., 0])
        self.left[s] = from_left(out, pair)

    def need_right(self, splits: list[int], first: int) -> None:
        """Right vectors from left ones, where only those are known, and the rows ``Uᴴ A`` at ``first``.

        Up to the middle one panel of the target holds whole blocks of all splits: one look gives all of them.
        """
        if first <= self.middle:
            splits = [first, *splits]
        pieces = {s: np.empty(tuple(self.chain.piece(s, len(self.chain))), self.values.dtype) for s in splits}
        outs = {s: right_blocks(piece, self.pairs[s]) for s, piece in pieces.items()}
        if splits:
            _, b, m, e, _, c, _ = self.pairs[self.middle]
            rows = self.values.reshape(b, m, e * c)
            adjoints = {s: _adjoint_rows(left_blocks(self.left[s], self.pairs[s]), 0, self.pairs[s].m) for s in splits}
            step = max(1, PANEL_BYTES // (b * e * c * self.values.itemsize))
            for i in range(0, m, step):
                panel = _copied(rows[:, i : i + step].swapaxes(0, 1), "part")
                for s in splits:
                    pair = self.pairs[s]
                    radix = b // pair.b
                    parts = panel.reshape(len(panel), pair.b, radix, pair.e, pair.c).transpose(2, 0, 3, 1, 4)
                    turned = adjoints[s].reshape(radix, m, pair.e, 1, pair.b)[:, i : i + step]
                    goal = outs[s].reshape(radix, m, pair.e, 1, pair.c)[:, i : i + step]
                    goal[...] = np.matmul(turned, parts)
        for s, out in outs.items():
            if s == first:
                self.rows_at_first = pieces[s]
            else:
                _normalise(out[..., 0, :])
                self.right[s] = pieces[s]

    def _images(self, s: int, program: Callable[[Array, int, int], Array], out: Array) -> None:
        """Fill ``out`` by a product with every block."""
        pair = self.pairs[s]
        blocks = product_blocks(self.values, pair)[0, :, :, 0]
        step = max(1, PANEL_BYTES // (pair.e * pair.b * pair.c * self.values.itemsize))
        for i in range(0, pair.m, step):
            out[0, i : i + step, :, 0] = program(np.ascontiguousarray(blocks[i : i + step]), i, i + step)

    def assemble(self, first: int) -> list[Array]:
        """The factors: products of the vectors of neighbouring splits, and of those at ``first`` with the target."""
        chain, count = self.chain, len(self.chain)
        factors = [self.left[1]]
        for t in range(2, first + 1):
            pair = PairShape.of(chain.piece(0, t - 1), chain[t - 1])
            x, blocks = left_blocks(self.left[t - 1], pair), product_blocks(self.left[t], pair)
            factors.append(from_right(np.matmul(adjoint(x), blocks), pair))
        rest = self.rows_at_first
        if rest is None:
            rest = np.empty(tuple(chain.piece(first, count)), self.values.dtype)
            x, out = left_blocks(self.left[first], self.pairs[first]), right_blocks(rest, self.pairs[first])
            self._images(first, lambda part, i, j: np.matmul(_adjoint_rows(x, i, j), part), out)
        for t in range(first + 1, count):
            pair = PairShape.of(chain[t - 1], chain.piece(t, count))
            blocks, y = product_blocks(rest, pair), right_blocks(self.right[t], pair)
            factors.append(from_left(np.matmul(blocks, adjoint(y)), pair))
            rest = self.right[t]
            del self.right[t]
        return [*factors, rest]


def _copied(view: Array, name: str) -> Array:
    """A copy in one piece, in memory that the next call with this name uses again."""
    out = scratch(name, view.shape, view.dtype)
    np.copyto(out, view)
    return out


def _adjoint_rows(blocks: Array, i: int, j: int) -> Array:
    """Conjugate transposes of blocks ``(1, m, e, 1; …)`` for ``m`` from ``i`` to ``j``."""
    return adjoint(blocks[0, i:j, :, 0])


def _leading(gram: Array) -> tuple[Array, float]:
    """Leading eigenvectors ``(m, e, b)`` of Gram matrices ``(m, e, b, b)``, and what they leave of the traces."""
    m, e, b, _ = gram.shape
    flat = gram.reshape(m * e, b, b)
    vectors = np.empty((m * e, b), gram.dtype)
    lost = []
    step = max(1, PANEL_BYTES // (b * b * gram.itemsize))
    for i in range(0, m * e, step):
        x, values, traces = leading_eigenvector(flat[i : i + step])
        vectors[i : i + step] = x
        lost.append(float(np.maximum(traces - values, 0.0).sum()))
    return vectors.reshape(m, e, b), math.fsum(lost)


def _normalise(rows: Array) -> None:
    """Unit rows, in place; zero becomes the first unit vector."""
    size = np.sqrt(inner(rows, rows).real)
    none = size == 0.0
    rows /= np.where(none, 1.0, size)[..., None]
    if none.any():
        rows[none] = np.eye(1, rows.shape[-1], dtype=rows.dtype)
