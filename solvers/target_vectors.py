"""Singular vectors of all class blocks of a target at once, for chains of rank 1 with a product without zeros.

The Gram matrices of the blocks at one split are sums of parts of those at the next one (docs/solvers.md, section "Block
methods"): a single look at the target gives them all, from the split in the middle outwards to both sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from solvers.arrays import Array, adjoint, inner, row_energies
from solvers.kronecker_sparse import Chain
from solvers.panels import PANEL_BYTES, panels, scratch
from solvers.splits import PairShape, from_left, from_right, left_blocks, product_blocks, right_blocks
from solvers.subspace import iterated_vectors, leading_eigenvector, vectors_without_gap

__all__ = ["factors_from_target", "has_rank_one"]

_APART = 8  # numbers between the rows of a panel
_VISIBLE = 1e-5  # share of the energy below which a difference of energies is no measure of what is discarded


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
    found = _Vectors(values, chain, total, first)
    found.look(progress)
    for split in range(1, first + 1):
        found.need_left(split)
    return found.assemble(found.look_again()), found.squares


class _Middle:
    """Left vectors of the blocks at one split by power iteration, and the rows ``xᴴB``.

    Parameters
    ----------
    vectors : ndarray, (group, count, start, wide, low, high)
    images : ndarray, (group, count, start, wide, c)
        To be filled; the rows of a block are numbered by ``(low, high)``.
    """

    def __init__(self, vectors: Array, images: Array) -> None:
        self.vectors, self.images = vectors, images
        self.lost: list[float] = []
        self.sample = True
        self.hard: list[tuple[tuple[Any, ...], Array]] = []

    def add(self, part: Array, place: tuple[slice, ...], k: int) -> None:
        """Blocks ``(count, start, group; b, c)`` of a panel, rows numbered by ``(high, low)``.

        A few blocks without a gap are kept for the end, where they are solved together.
        """
        blocks = part.reshape(-1, *part.shape[3:])
        x, energies, open_ = iterated_vectors(blocks, self.sample)
        self.sample = open_.size == len(blocks)
        if 4 * open_.size > len(blocks):
            chosen = blocks if open_.size == len(blocks) else blocks[open_]
            x[open_], open_ = vectors_without_gap(chosen, energies[open_]), open_[:0]
        images, energies = self._images(x, blocks, energies)
        shape = part.shape[:3]
        low, high = self.vectors.shape[-2:]
        self.vectors[:, place[0], place[1], k] = x.reshape(*shape, high, low).transpose(2, 0, 1, 4, 3)
        self.images[:, place[0], place[1], k] = images.reshape(*shape, -1).transpose(2, 0, 1, 3)
        if open_.size:
            i, j, g = np.unravel_index(open_, shape)
            self.hard.append(((g, i + place[0].start, j + place[1].start, k), blocks[open_]))
            energies[open_] = 0.0
        self.lost.append(float(energies.sum()))

    def finish(self) -> float:
        """Solve the blocks that were kept; returns what all blocks lose."""
        if self.hard:
            blocks = np.concatenate([blocks for _, blocks in self.hard])
            energies = row_energies(blocks).sum(-1)
            x = vectors_without_gap(blocks, energies)
            images, energies = self._images(x, blocks, energies)
            low, high = self.vectors.shape[-2:]
            done = 0
            for where, some in self.hard:
                chosen = slice(done, done := done + len(some))
                self.vectors[where] = x[chosen].reshape(-1, high, low).swapaxes(1, 2)
                self.images[where] = images[chosen]
            self.lost.append(float(energies.sum()))
        return math.fsum(self.lost)

    @staticmethod
    def _images(x: Array, blocks: Array, energies: Array) -> tuple[Array, Array]:
        """The rows ``xᴴB``, and what is left of the energies."""
        images = np.matmul(np.conj(x)[:, None, :], blocks)[:, 0]
        return images, np.maximum(energies - row_energies(images), 0.0)


class _Vectors:
    """Left and right singular vectors as compact arrays of the pieces left and right of a split."""

    def __init__(self, values: Array, chain: Chain, total: float, first: int) -> None:
        self.values, self.chain, self.total, self.first = values, chain, total, first
        self.pairs = {s: PairShape.of(chain.piece(0, s), chain.piece(s, len(chain))) for s in range(1, len(chain))}
        self.left: dict[int, Array] = {}
        self.right: dict[int, Array] = {}
        self.squares: dict[int, float] = {}
        self.rows_at_first: Array | None = None
        self.middle = max((s for s, p in self.pairs.items() if p.b <= p.c), default=0)

    def look(self, progress: Callable[[int, int], None] | None) -> None:
        """One pass over the target: vectors at the middle, Gram matrices of rows before it and of columns after it."""
        s, count = self.middle, len(self.chain)
        done = 0

        def report() -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, count - 1)

        left, right = self._grams(s) if s else (None, self._columns())
        for split in range(s, 0, -1):
            if split < s:
                assert left is not None
                vectors, lost = _leading(left)
                self._keep(split, vectors, lost, "left")
            report()
            if left is not None and 1 < split < s:
                left = self._narrowed_rows(left, split)
        for split in range(s + 1, count):
            assert right is not None
            vectors, lost = _leading(right)
            self._keep(split, vectors, lost, "right")
            report()
            if split < count - 1:
                right = self._narrowed_columns(right, split)

    def _grams(self, s: int) -> tuple[Array | None, Array | None]:
        """The vectors at the middle ``s``, and the Gram matrices on both sides of it, panel by panel.

        A panel is a stack of tiles, each the blocks at ``s`` that lie in one block's columns at ``s - 1`` and in one
        block's rows at ``s + 1``.
        """
        near = self.pairs.get(s + 1)
        _, b, m, e, _, c, _ = self.pairs[s]
        before = self.pairs.get(s - 1)
        low, start = (before.b, before.e) if before else (b, e)
        group = m // near.m if near else 1
        fine = near.c if near else c
        # rows b = (low, high) and m = (group, m'); columns e = (start, wide) and c = (narrow, fine)
        high, wide, narrow, count = b // low, e // start, c // fine, m // group
        grid = self.values.reshape(low, high, group, count, start, wide, c).transpose(3, 4, 2, 1, 0, 5, 6)
        left = right = None
        if before:
            left = np.empty((high, group, count, start, low, low), self.values.dtype)
        if near:
            right = np.empty((count, start, wide, narrow, fine, fine), self.values.dtype)
        found = _Middle(
            np.empty((group, count, start, wide, low, high), self.values.dtype),
            np.empty((group, count, start, wide, c), self.values.dtype),
        )
        size = group * b * wide * c * self.values.itemsize
        for place in panels((count, start), max(1, PANEL_BYTES // size)):
            part = _copied(grid[place], "part").reshape(*grid[place].shape[:2], group * b, wide * c)
            turned = _turned(part)
            for g in range(group):
                for h in range(high):
                    if left is not None:
                        lines = slice((g * high + h) * low, (g * high + h + 1) * low)
                        np.matmul(part[:, :, lines], turned[..., lines], out=left[h, g][place])
            for k in range(wide):
                for n in range(narrow):
                    if right is not None:
                        cols = slice(k * c + n * fine, k * c + (n + 1) * fine)
                        np.matmul(turned[:, :, cols], part[..., cols], out=right[place][:, :, k, n])
                found.add(part.reshape(*part.shape[:2], group, b, wide * c)[..., k * c : (k + 1) * c], place, k)
        lost = found.finish()
        self.left[s] = from_left(found.vectors.reshape(1, m, e, 1, b, 1), self.pairs[s])
        image = found.images.reshape(1, m, e, 1, 1, c)
        if s == self.first:
            self.rows_at_first = from_right(image, self.pairs[s])
        else:
            _normalise(image[..., 0, :])
            self.right[s] = from_right(image, self.pairs[s])
        self.squares[s] = lost if lost > _VISIBLE * self.total else self._discarded(s, "left")
        return (
            None if left is None else left.reshape(-1, start, low, low),
            None if right is None else right.reshape(count, -1, fine, fine),
        )

    def _columns(self) -> Array:
        """Gram matrices of the columns at the first split, where no split has blocks as wide as high."""
        _, b, m, e, _, c, _ = self.pairs[1]
        rows = self.values.reshape(b, m, e, c)
        step = max(1, PANEL_BYTES // (b * e * c * self.values.itemsize))
        found = np.empty((m, e, c, c), self.values.dtype)
        for i in range(0, m, step):
            part = _copied(rows[:, i : i + step].transpose(1, 2, 0, 3), "part")
            np.matmul(_turned(part), part, out=found[i : i + step])
        return found

    def _sums_of_rows(self, gram: Array, s: int) -> Array:
        """Parts ``(h, m, e, b', b')`` of the Gram matrices at ``s - 1`` from those at ``s``."""
        m, e, b, _ = gram.shape
        before = self.pairs[s - 1]
        radix = b // before.b
        grid = gram.reshape(m, before.e, e // before.e, before.b, radix, before.b, radix)
        return np.asarray(np.einsum("mekahbh->hmeab", grid))

    def _narrowed_rows(self, gram: Array, s: int) -> Array:
        found = self._sums_of_rows(gram, s)
        return found.reshape(-1, *found.shape[2:])

    def _narrowed_columns(self, gram: Array, s: int) -> Array:
        """Gram matrices of the columns at ``s + 1`` from those at ``s``."""
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

    def look_again(self) -> dict[int, Array]:
        """Factors between the first split and the middle, where only left vectors are known, by number.

        Factor ``t`` is ``V_{t-1}ᴴ V_t``, with ``U_fᴴ A`` in place of the first of these, and ``V_tᴴ`` is ``U_tᴴ A``
        with rows of norm 1. A panel of the target holds whole blocks of all these splits, so no ``V_t`` is ever kept.
        """
        if self.first >= self.middle:
            return {}
        _, b, m, e, _, c, _ = self.pairs[self.middle]
        splits = range(self.first, self.middle)
        turned = {s: _adjoint_rows(left_blocks(self.left[s], self.pairs[s]), 0, self.pairs[s].m) for s in splits}
        made = {t + 1: np.empty(tuple(self.chain[t]), self.values.dtype) for t in splits}
        last = right_blocks(self.right[self.middle], self.pairs[self.middle])[0, :, :, 0, 0]
        rows = self.values.reshape(b, m, e * c)
        step = max(1, PANEL_BYTES // (b * e * c * self.values.itemsize))
        for i in range(0, m, step):
            panel = _padded(rows[:, i : i + step].swapaxes(0, 1), "part")
            count = len(panel)
            before = sizes = None
            for s in range(self.first, self.middle + 1):
                pair = self.pairs[s]
                radix = b // pair.b
                if s < self.middle:
                    parts = panel.reshape(count, pair.b, radix, pair.e, pair.c).transpose(2, 0, 3, 1, 4)
                    own = turned[s].reshape(radix, m, pair.e, 1, pair.b)[:, i : i + step]
                    goal = scratch(f"rows{s % 2}", (radix, count, pair.e, 1, pair.c), panel.dtype)
                    here = np.matmul(own, parts, out=goal)[..., 0, :]
                    scale = _inverse_norms(here)
                else:
                    here, scale = last[None, i : i + step], np.ones(1)
                if before is not None:
                    wide, old = self.chain[s - 1].b, self.pairs[s - 1]
                    shape = (radix, count, old.e, pair.e // old.e, pair.c)
                    found = inner(here.reshape(shape), before.reshape(wide, *shape))
                    found *= scale.reshape(shape[:-1]) if s < self.middle else 1.0
                    found *= 1.0 if sizes is None else sizes.reshape(wide, *shape[:3], 1)
                    goal = made[s].reshape(old.e, wide, shape[3], radix, m)[..., i : i + step]
                    goal[...] = found.transpose(3, 0, 4, 1, 2)
                    sizes = scale
                before = here
        return made

    def _images(self, s: int, program: Callable[[Array, int, int], Array], out: Array) -> None:
        """Fill ``out`` by a product with every block."""
        pair = self.pairs[s]
        blocks = product_blocks(self.values, pair)[0, :, :, 0]
        step = max(1, PANEL_BYTES // (pair.e * pair.b * pair.c * self.values.itemsize))
        for i in range(0, pair.m, step):
            out[0, i : i + step, :, 0] = program(np.ascontiguousarray(blocks[i : i + step]), i, i + step)

    def assemble(self, made: dict[int, Array]) -> list[Array]:
        """The factors: products of the vectors of neighbouring splits, and of those at the first with the target."""
        chain, count, first = self.chain, len(self.chain), self.first
        factors = [self.left[1]]
        for t in range(2, first + 1):
            pair = PairShape.of(chain.piece(0, t - 1), chain[t - 1])
            x, blocks = left_blocks(self.left[t - 1], pair), product_blocks(self.left[t], pair)
            factors.append(from_right(np.matmul(adjoint(x), blocks), pair))
        factors += [made[t] for t in sorted(made)]
        rest = self.right[self.middle] if made else self.rows_at_first
        if rest is None:
            rest = np.empty(tuple(chain.piece(first, count)), self.values.dtype)
            x, out = left_blocks(self.left[first], self.pairs[first]), right_blocks(rest, self.pairs[first])
            self._images(first, lambda part, i, j: np.matmul(_adjoint_rows(x, i, j), part), out)
        for t in range(first + 1 + len(made), count):
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


def _turned(part: Array) -> Array:
    """A copy of the conjugate transposes: products with it are faster than BLAS's products with a transpose."""
    out = scratch("turned part", (*part.shape[:-2], part.shape[-1], part.shape[-2]), part.dtype)
    return np.conjugate(part.swapaxes(-1, -2), out=out)


def _padded(view: Array, name: str) -> Array:
    """A copy whose rows are a little apart: rows at powers of two would fall into the same places of the cache."""
    out = scratch(name, (*view.shape[:-1], view.shape[-1] + _APART), view.dtype)[..., : view.shape[-1]]
    np.copyto(out, view)
    return out


def _adjoint_rows(blocks: Array, i: int, j: int) -> Array:
    """Conjugate transposes of blocks ``(1, m, e, 1; …)`` for ``m`` from ``i`` to ``j``, in one piece: else no BLAS."""
    return np.ascontiguousarray(adjoint(blocks[0, i:j, :, 0]))


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


def _inverse_norms(rows: Array) -> Array:
    """One over the norms of rows; 1 for rows that are zero."""
    size = np.sqrt(inner(rows, rows).real)
    return np.asarray(1.0 / np.where(size == 0.0, 1.0, size))


def _normalise(rows: Array) -> None:
    """Unit rows, in place; zero becomes the first unit vector."""
    size = np.sqrt(inner(rows, rows).real)
    none = size == 0.0
    rows /= np.where(none, 1.0, size)[..., None]
    if none.any():
        rows[none] = np.eye(1, rows.shape[-1], dtype=rows.dtype)
