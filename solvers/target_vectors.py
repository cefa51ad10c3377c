"""Singular vectors of all class blocks of a target at once, for chains of rank 1 with a product without zeros.

The Gram matrices of the blocks at one split are sums of parts of those at the next one (docs/solvers.md, section "Block
methods"): a single look at the target gives them all, from the split in the middle outwards to both sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from solvers.arrays import Array, adjoint, floor_of, inner, row_energies
from solvers.kronecker_sparse import Chain
from solvers.panels import PANEL_BYTES, panels, scratch
from solvers.splits import PairShape, from_left, from_right, left_blocks, product_blocks, right_blocks
from solvers.subspace import eigenvectors_without_gap, iterated_eigenvectors, leading_eigenvector

__all__ = ["TargetVectors", "has_rank_one"]

_VISIBLE = {"d": 1e-7, "f": 1e-5}  # shares of the energy below which differences do not measure what is discarded
_NOTHING = 64.0  # times eps and the norm: an error that is rounding


def has_rank_one(chain: Chain) -> bool:
    """Whether all ranks are 1 and no entry of the product is zero."""
    product = chain.product
    return product.a == product.d == 1 and len(chain) > 2 and set(chain.ranks) == {1}


class _Middle:
    """Left vectors ``u`` of the blocks at one split, the rows ``uᴴB`` and the columns ``BBᴴu``.

    Parameters
    ----------
    grid : ndarray, (count, start, group, wide, high, low, c)
        View of the blocks; their rows are numbered by ``(high, low)``.
    """

    def __init__(self, grid: Array) -> None:
        self.grid, shape, dtype = grid, grid.shape, grid.dtype
        self.vectors, self.products = np.empty(shape[:6], dtype), np.empty(shape[:6], dtype)
        self.images = np.empty((*shape[:4], shape[6]), dtype)
        self.lost: list[float] = []
        self.sample = True
        self.hard: list[tuple[tuple[Any, ...], Array]] = []

    def add(self, gram: Array, blocks: Array, place: tuple[slice, ...]) -> None:
        """Blocks ``(count, start, group, wide, b, c)`` of a panel and their Gram matrices.

        A few without a gap are kept for the end, where they are solved together.
        """
        shape = blocks.shape[:4]
        flat = gram.reshape(-1, *gram.shape[-2:])
        x, _, traces, open_ = iterated_eigenvectors(flat, self.sample)
        self.sample = open_.size == len(flat)
        if open_.size and 4 * open_.size > len(flat):
            every = open_.size == len(flat)
            x[open_] = eigenvectors_without_gap(flat if every else flat[open_], traces[open_])[0]
            open_ = open_[:0]
        images = np.matmul(np.conj(x).reshape(*shape, 1, -1), blocks)[..., 0, :]
        energies = np.maximum(traces - row_energies(images).ravel(), 0.0)
        self.vectors[place] = x.reshape(self.vectors[place].shape)
        self.products[place] = np.matmul(flat, x[:, :, None]).reshape(self.products[place].shape)
        self.images[place] = images
        if open_.size:
            where = np.unravel_index(open_, shape)
            self.hard.append(((where[0] + place[0].start, where[1] + place[1].start, *where[2:]), flat[open_]))
            energies[open_] = 0.0
        self.lost.append(float(energies.sum()))

    def finish(self) -> float:
        """Solve the blocks that were kept; returns what all blocks lose."""
        if self.hard:
            gram = np.concatenate([some for _, some in self.hard])
            traces = np.trace(gram, axis1=-2, axis2=-1).real.astype(np.float64)
            x = eigenvectors_without_gap(gram, traces)[0]
            where = tuple(np.concatenate(index) for index in zip(*(index for index, _ in self.hard), strict=True))
            self.vectors[where] = x.reshape(-1, *self.vectors.shape[4:])
            self.products[where] = np.matmul(gram, x[:, :, None]).reshape(-1, *self.vectors.shape[4:])
            step = max(1, PANEL_BYTES // (x.shape[1] * self.images.shape[-1] * x.itemsize))
            for i in range(0, len(x), step):
                some = tuple(index[i : i + step] for index in where)
                blocks = self.grid[some].reshape(-1, x.shape[1], self.images.shape[-1])
                images = np.matmul(np.conj(x[i : i + step])[:, None, :], blocks)[:, 0]
                self.images[some] = images
                self.lost.append(float(np.maximum(traces[i : i + step] - row_energies(images), 0.0).sum()))
        return math.fsum(self.lost)


class TargetVectors:
    """Left and right singular vectors as compact arrays of the pieces left and right of a split.

    Parameters
    ----------
    values : ndarray, (1, m, n, 1)
        Compact array of the target; read, never written.
    chain : Chain
        With :func:`has_rank_one`.
    total : float
        Squared norm of the target.
    first : int
        The split from which the projections go outwards.

    Notes
    -----
    ``made`` holds the factors that are read off Gram matrices, by number; ``squares`` what the blocks at a split lose,
    as differences of energies.
    """

    def __init__(self, values: Array, chain: Chain, total: float, first: int) -> None:
        self.values, self.chain, self.total, self.first = values, chain, total, first
        self.pairs = {s: PairShape.of(chain.piece(0, s), chain.piece(s, len(chain))) for s in range(1, len(chain))}
        self.left: dict[int, Array] = {}
        self.right: dict[int, Array] = {}
        self.squares: dict[int, float] = {}
        self.made: dict[int, Array] = {}
        self.rows_at_first: Array | None = None
        self.middle = max((s for s, p in self.pairs.items() if p.b <= p.c), default=0)

    def factors(self, progress: Callable[[int, int], None] | None = None) -> list[Array]:
        """Factors of the product that :func:`solvers.projections.project` gives.

        ``progress`` is called with (splits done, splits in all).
        """
        self.look(progress)
        return self.assemble()

    def look(self, progress: Callable[[int, int], None] | None) -> None:
        """One pass over the target: vectors at the middle, Gram matrices of rows before it and of columns after it."""
        s, count = self.middle, len(self.chain)
        done = 0

        def report() -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress(done, count - 1)

        if s:
            left, right, columns, images = self._grams(s)
            report()
        else:
            left, right, columns, images = None, self._columns(), None, None
        for split in range(s - 1, 0, -1):
            assert left is not None
            vectors, lost = _leading(left)
            self._keep(split, vectors, lost, "left")
            if split >= self.first:
                assert columns is not None
                products = _times(left, vectors) if split > self.first else columns
                scale = 1.0 if split == self.first else _inverse_roots(inner(vectors, products).real)[..., None]
                self._read_off_left(split, vectors * scale, columns)
                columns = products * scale
            report()
            if split > 1:
                left = self._narrowed_rows(left, split)
        for split in range(s + 1, count):
            assert right is not None
            vectors, lost = _leading(right)
            self._keep(split, vectors, lost, "right")
            if split <= self.first:
                rows = _times(right, vectors)
                scale = _inverse_roots(inner(vectors, rows).real)
                if images is not None:
                    self._read_off_right(split, vectors * scale[..., None], images)
                images = rows * scale[..., None]
                if split == self.first:
                    self._keep_rows(np.conj(images))
            report()
            if split < count - 1:
                right = self._narrowed_columns(right, split)

    def _grams(self, s: int) -> tuple[Array | None, Array | None, Array, Array]:
        """The vectors at the middle ``s``, and the Gram matrices on both sides of it, panel by panel.

        A panel is a stack of tiles, each the blocks at ``s`` that lie in one block's columns at ``s - 1`` and in one
        block's rows at ``s + 1``. Returned are the Gram matrices of rows at ``s - 1``, those of columns at ``s + 1``,
        and at ``s`` itself ``BBᴴu`` and ``uᴴB``.
        """
        near = self.pairs.get(s + 1)
        _, b, m, e, _, c, _ = self.pairs[s]
        before = self.pairs.get(s - 1)
        low, start = (before.b, before.e) if before else (b, e)
        group = m // near.m if near else 1
        fine = near.c if near else c
        # rows b = (low, high) and m = (group, m'); columns e = (start, wide) and c = (narrow, fine)
        high, wide, narrow, count = b // low, e // start, c // fine, m // group
        grid = self.values.reshape(low, high, group, count, start, wide, c).transpose(3, 4, 2, 5, 1, 0, 6)
        left = right = None
        if before:
            left = np.empty((high, group, count, start, low, low), self.values.dtype)
        if near:
            right = np.empty((count, start, wide, narrow, fine, fine), self.values.dtype)
        found = _Middle(grid)
        size = group * b * wide * c * self.values.itemsize
        tiles = grid.transpose(0, 1, 2, 4, 5, 3, 6)  # rows (group, high, low), columns (wide, c)
        for place in panels((count, start), max(1, PANEL_BYTES // size)):
            tile = _copied(tiles[place], "part")
            twin = np.conjugate(tile, out=scratch("twin", tile.shape, tile.dtype))  # BLAS is slow where both are one
            part, other = (x.transpose(0, 1, 2, 5, 3, 4, 6) for x in (tile, twin))
            gram = scratch("gram", (*part.shape[:4], high, low, high, low), tile.dtype)
            _row_grams(part, other, gram)
            if left is not None:
                for h in range(high):
                    _sum(gram[:, :, :, :, h, :, h], left[h].transpose(1, 2, 0, 3, 4)[place])
            if right is not None:
                lines = (*tile.shape[:2], group * b, wide, narrow, fine)
                x, y = (z.reshape(lines).transpose(0, 1, 3, 4, 2, 5) for z in (twin, tile))
                np.matmul(x.swapaxes(-1, -2), y, out=right[place])
            found.add(gram.reshape(*part.shape[:4], b, b), part.reshape(*part.shape[:4], b, c), place)
        lost = found.finish()
        # from (m', start, group, wide; high, low) to (m, e; b)
        vectors, products = (
            x.transpose(2, 0, 1, 3, 5, 4).reshape(m, e, b) for x in (found.vectors, found.products)
        )
        images = found.images.transpose(2, 0, 1, 3, 4).reshape(m, e, c)
        self.left[s] = from_left(vectors[None, :, :, None, :, None], self.pairs[s])
        if s == self.first:
            self._keep_rows(images)
        else:
            unit = images.copy()
            _normalise(unit)
            self.right[s] = from_right(unit[None, :, :, None, None, :], self.pairs[s])
        self.squares[s] = lost
        scale = _inverse_roots(inner(vectors, products).real)
        return (
            None if left is None else left.reshape(-1, start, low, low),
            None if right is None else right.reshape(count, -1, fine, fine),
            products * scale[..., None],
            np.conj(images),
        )

    def _keep_rows(self, images: Array) -> None:
        """``uᴴA`` at the first split, ``(m, e, c)``."""
        self.rows_at_first = from_right(images[None, :, :, None, None, :], self.pairs[self.first])

    def _read_off_left(self, split: int, vectors: Array, columns: Array) -> None:
        """The factor right of a split before the middle.

        With ``V = AᴴU/σ`` it is ``V_splitᴴ V_next = (U_splitᴴ (A Aᴴ U_next)/σ_next)/σ_split``, and without the last
        division at the first split. ``vectors`` are divided by it already, ``columns`` are ``A Aᴴ U_next/σ_next``.
        """
        before, after = self.pairs[split], self.pairs[split + 1]
        w, g = after.b // before.b, after.e // before.e
        u = vectors.reshape(w, after.m, before.e, 1, before.b)
        z = columns.reshape(after.m, before.e, g, before.b, w).transpose(4, 0, 1, 2, 3)
        found = inner(u, z)  # (w, m, e, g)
        self.made[split + 1] = np.ascontiguousarray(found.transpose(2, 0, 3, 1))

    def _read_off_right(self, split: int, vectors: Array, images: Array) -> None:
        """The factor left of a split behind the middle, ``U_beforeᴴ U_split = (U_beforeᴴ A) V_split/σ_split``.

        ``vectors`` are ``V_split/σ_split``, and ``images`` the conjugate of ``U_beforeᴴ A``.
        """
        before, after = self.pairs[split - 1], self.pairs[split]
        w, g = before.m // after.m, after.e // before.e
        rows = images.reshape(w, after.m, before.e, g, after.c)
        found = inner(rows, vectors.reshape(after.m, before.e, g, after.c))  # (w, m, e, g)
        self.made[split] = np.ascontiguousarray(found.transpose(2, 0, 3, 1))

    def _columns(self) -> Array:
        """Gram matrices of the columns at the first split, where no split has blocks as wide as high."""
        _, b, m, e, _, c, _ = self.pairs[1]
        rows = self.values.reshape(b, m, e, c)
        step = max(1, PANEL_BYTES // (b * e * c * self.values.itemsize))
        found = np.empty((m, e, c, c), self.values.dtype)
        for i in range(0, m, step):
            part = _copied(rows[:, i : i + step].transpose(1, 2, 0, 3), "part")
            twin = np.conjugate(part, out=scratch("twin", part.shape, part.dtype))
            np.matmul(twin.swapaxes(-1, -2), part, out=found[i : i + step])
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
        self.squares[s] = lost

    def visible(self, energy: float) -> dict[int, float]:
        """``E_s²`` of the splits where it is known, if the factors have this squared error.

        No ``E_s`` exceeds the error: where that is rounding there is nothing to be measured. Elsewhere a difference of
        energies shows it unless it is too small beside them.
        """
        limits = np.finfo(self.values.dtype)
        least = _VISIBLE[self.values.real.dtype.char] * self.total
        if energy <= (_NOTHING * float(limits.eps)) ** 2 * self.total:
            return {s: lost if lost > least else min(lost, energy) for s, lost in self.squares.items()}
        return {s: lost for s, lost in self.squares.items() if lost > least}

    def measured(self, energy: float) -> dict[int, float]:
        """``E_s²`` of every split, from the blocks themselves where it is not :meth:`visible`."""
        known = self.visible(energy)
        return {s: known[s] if s in known else self._discarded(s) for s in self.squares}

    def _discarded(self, s: int) -> float:
        """What the blocks lose, measured on the blocks themselves."""
        pair = self.pairs[s]
        blocks = product_blocks(self.values, pair)[0, :, :, 0]
        lost = []
        for place in panels(blocks.shape[:2], max(1, PANEL_BYTES // (pair.b * pair.c * self.values.itemsize))):
            part = _copied(blocks[place], "part")
            rest = scratch("twin", part.shape, part.dtype)
            if s <= self.middle:
                x = left_blocks(self.left[s], pair)[0, :, :, 0][place]
                np.multiply(x, np.matmul(adjoint(x), part), out=rest)
            else:
                y = right_blocks(self.right[s], pair)[0, :, :, 0][place]
                np.multiply(np.matmul(part, adjoint(y)), y, out=rest)
            np.subtract(part, rest, out=rest)
            lost.append(float(row_energies(rest).sum()))
        return math.fsum(lost)

    def _first_left(self) -> Array:
        """Left vectors at the first split from right ones, where only those are known: a second look."""
        pair = self.pairs[1]
        out = np.empty((1, pair.m, pair.e, 1, pair.b, 1), self.values.dtype)
        blocks = product_blocks(self.values, pair)[0, :, :, 0]
        turned = np.ascontiguousarray(adjoint(right_blocks(self.right[1], pair)[0, :, :, 0]))
        step = max(1, PANEL_BYTES // (pair.e * pair.b * pair.c * self.values.itemsize))
        for i in range(0, pair.m, step):
            out[0, i : i + step, :, 0] = np.matmul(np.ascontiguousarray(blocks[i : i + step]), turned[i : i + step])
        _normalise(out[..., 0])
        return from_left(out, pair)

    def assemble(self) -> list[Array]:
        """The factors: products of the vectors of neighbouring splits, and of those at the first with the target."""
        chain, count, first = self.chain, len(self.chain), self.first
        factors = [self.left[1] if self.middle else self._first_left()]
        for t in range(2, min(first, self.middle) + 1):
            pair = PairShape.of(chain.piece(0, t - 1), chain[t - 1])
            x, blocks = left_blocks(self.left[t - 1], pair), product_blocks(self.left[t], pair)
            factors.append(from_right(np.matmul(adjoint(x), blocks), pair))
        factors += [self.made[t] for t in sorted(self.made)]
        rest = self.right[self.middle] if first < self.middle else self.rows_at_first
        assert rest is not None
        for t in range(max(first, self.middle) + 1, count):
            pair = PairShape.of(chain[t - 1], chain.piece(t, count))
            blocks, y = product_blocks(rest, pair), right_blocks(self.right[t], pair)
            factors.append(from_left(np.matmul(blocks, adjoint(y)), pair))
            rest = self.right[t]
        return [*factors, rest]


def _copied(view: Array, name: str) -> Array:
    """A copy in one piece, in memory that the next call with this name uses again."""
    out = scratch(name, view.shape, view.dtype)
    np.copyto(out, view)
    return out


def _row_grams(part: Array, twin: Array, out: Array) -> None:
    """Gram matrices of the rows ``(high, low)`` of blocks ``(…, high, low, c)``; ``twin`` is a conjugate copy.

    Where the rows come in two halves, what is below the diagonal is copied.
    """
    high, low, c = part.shape[-3:]
    if high != 2:
        whole = (*part.shape[:-3], high * low, c)
        np.matmul(part.reshape(whole), twin.reshape(whole).swapaxes(-1, -2), out=out.reshape(*whole[:-1], high * low))
        return
    turned = twin.swapaxes(-1, -2)
    for h, k in ((0, 0), (0, 1), (1, 1)):
        np.matmul(part[..., h, :, :], turned[..., k, :, :], out=out[..., h, :, k, :])
    np.conjugate(out[..., 0, :, 1, :].swapaxes(-1, -2), out=out[..., 1, :, 0, :])


def _sum(parts: Array, out: Array) -> None:
    """Sum over the fourth axis, one addition at a time: a reduction over an axis in the middle is slower."""
    if parts.shape[3] == 1:
        out[...] = parts[:, :, :, 0]
        return
    np.add(parts[:, :, :, 0], parts[:, :, :, 1], out=out)
    for k in range(2, parts.shape[3]):
        out += parts[:, :, :, k]


def _times(matrices: Array, vectors: Array) -> Array:
    """Products ``(m, e, b)`` of matrices ``(m, e, b, b)`` with vectors."""
    return np.asarray(np.matmul(matrices, vectors[..., None])[..., 0])


def _inverse_roots(squares: Array) -> Array:
    """One over square roots; 1 where the square has been lost to underflow."""
    return np.asarray(1.0 / np.sqrt(np.where(squares < floor_of(squares), 1.0, squares)))


def _leading(gram: Array) -> tuple[Array, float]:
    """Leading eigenvectors ``(m, e, b)`` of Gram matrices ``(m, e, b, b)``, and what they leave of the traces."""
    m, e, b, _ = gram.shape
    vectors, values, traces = leading_eigenvector(gram.reshape(m * e, b, b))
    return vectors.reshape(m, e, b), math.fsum(np.maximum(traces - values, 0.0))


def _normalise(rows: Array) -> None:
    """Unit rows, in place; zero becomes the first unit vector."""
    size = np.sqrt(inner(rows, rows).real)
    none = size == 0.0
    rows /= np.where(none, 1.0, size)[..., None]
    if none.any():
        rows[none] = np.eye(1, rows.shape[-1], dtype=rows.dtype)
