"""The state of a hierarchical factorisation: pieces of the chain, all but one of them isometric."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from solvers.arrays import Array, row_energies
from solvers.blocks import truncate
from solvers.kronecker_sparse import Chain, KroneckerPattern
from solvers.pair_sweep import sweep_pairs
from solvers.panels import panel_bytes, panels
from solvers.splits import PairShape, from_left, from_right, left_blocks, product_blocks, right_blocks

__all__ = ["Hierarchy", "orthonormal_columns"]

Side = Literal["left", "right"]


class Hierarchy:
    """Pieces ``X_1 … X_p`` of a chain, from one dense matrix to single factors.

    Invariant with orthonormalisation: the pieces left of the centre have blocks with orthonormal (or zero) columns,
    those right of it blocks with orthonormal (or zero) rows. Then replacing the centre by another matrix of its
    pattern changes the product by exactly as much as it changes the centre.

    Parameters
    ----------
    values : ndarray, (a, b, c, d)
        Compact array of the target; read, never written.
    chain : Chain
        Chainable.
    orthonormal : bool
        Move the centre before each split. ``False`` exists to show that the bounds then fail.
    """

    def __init__(self, values: Array, chain: Chain, orthonormal: bool = True) -> None:
        self.chain = chain
        self.orthonormal = orthonormal
        self.values: list[Array] = [values]
        self.cuts: list[int] = [0, len(chain)]
        self.patterns: list[KroneckerPattern] = [chain.product]
        self.centre = 0
        self.lost: dict[int, float] = {}

    @classmethod
    def of(cls, factors: list[Array], chain: Chain, centre: int, lost: dict[int, float]) -> Hierarchy:
        """The state after all splits, from factors of which all but ``centre`` are isometric."""
        state = cls(factors[0], chain)
        state.values, state.cuts, state.patterns = factors, list(range(len(chain) + 1)), list(chain)
        state.centre, state.lost = centre, lost
        return state

    def piece_of(self, split: int) -> int:
        """Index of the piece that contains ``split`` in its interior."""
        return next(i for i in range(len(self.values)) if self.cuts[i] < split < self.cuts[i + 1])

    def split(self, split: int, side: Side) -> float:
        """Cut the piece that contains ``split`` in two, by the best approximation; returns the discarded energy."""
        index = self.piece_of(split)
        if self.orthonormal:
            self.move_centre(index)
        left, right = self.chain.piece(self.cuts[index], split), self.chain.piece(split, self.cuts[index + 1])
        pair = PairShape.of(left, right)
        x, y, lost = _split_values(self.values[index], pair, side)
        if not self.orthonormal:
            x, y = _share_singular_values(x, y, pair)
        self.values[index : index + 1] = [x, y]
        self.patterns[index : index + 1] = [left, right]
        self.cuts.insert(index + 1, split)
        self.centre = index + 1 if side == "left" else index
        self.lost[split] = lost
        return lost

    def move_centre(self, index: int) -> None:
        """Make the pieces left and right of ``index`` isometric, moving the triangular factors towards it."""
        while self.centre < index:
            self._pass_on(self.centre, "right")
            self.centre += 1
        while self.centre > index:
            self._pass_on(self.centre - 1, "left")
            self.centre -= 1

    def _pass_on(self, i: int, towards: Side) -> None:
        """Orthonormalise one of the neighbours ``i, i+1`` and multiply the other by what is left over."""
        pair = PairShape.of(self.patterns[i], self.patterns[i + 1])
        x, y = left_blocks(self.values[i], pair), right_blocks(self.values[i + 1], pair)
        if towards == "right":
            x, r = orthonormal_columns(x)
            y = np.matmul(r, y)
        else:
            yt, rt = orthonormal_columns(y.swapaxes(-1, -2))
            y = yt.swapaxes(-1, -2)
            x = np.matmul(x, rt.swapaxes(-1, -2))
        self.values[i], self.values[i + 1] = from_left(x, pair), from_right(y, pair)

    def run(self, order: tuple[int, ...], progress: Callable[[int, int], None] | None = None) -> None:
        """Make all splits in the given order."""
        swept = self._sweep(order)
        if swept and progress is not None:
            progress(swept, len(order))
        for done, split in enumerate(order):
            if done < swept:
                continue
            following = order[done + 1] if done + 1 < len(order) else None
            self.split(split, self._side(split, following))
            if progress is not None:
                progress(done + 1, len(order))

    def radices(self, order: tuple[int, ...]) -> list[int]:
        """Numbers of column groups at the leading splits 1, 2, … that can be swept: blocks of two rows and rank 1."""
        patterns = self.chain.patterns
        width, found = patterns[-1].a * patterns[-1].c, []
        if not self.orthonormal or patterns[-1].d > 1:
            return []
        for k, split in enumerate(order):
            left, right = patterns[k], patterns[k + 1]
            if split != k + 1 or left.b != 2 or left.a * left.c != right.a or width < 2 * right.a:
                break
            found.append(right.a // left.a)
        return found

    def _sweep(self, order: tuple[int, ...]) -> int:
        """Make the leading splits at once where they can be swept; returns how many."""
        radices, count = self.radices(order), len(self.chain)
        if not radices:
            return 0
        k = len(radices)
        lefts, right, lost = sweep_pairs(self.values[0], radices)
        self.values = [*lefts, right]
        self.cuts = [*range(k + 1), count]
        self.patterns = [*self.chain.patterns[:k], self.chain.piece(k, count)]
        self.centre = k
        self.lost.update(zip(range(1, k + 1), lost, strict=True))
        return k

    def _side(self, split: int, following: int | None) -> Side:
        """The side to be isometric: the one the next split does not touch."""
        if following is None:
            index = self.piece_of(split)
            return "right" if self.cuts[index + 1] == split + 1 and self.cuts[index] < split - 1 else "left"
        return "left" if following > split else "right"


def _split_values(values: Array, pair: PairShape, side: Side) -> tuple[Array, Array, float]:
    """Best two-factor approximation of one piece."""
    a, b, m, e, q, c, d = pair
    x = np.empty((a, b, e * q, m * d), values.dtype)
    y = np.empty((a * e, q * m, c, d), values.dtype)
    blocks, left, right = product_blocks(values, pair), left_blocks(x, pair), right_blocks(y, pair)
    lost = 0.0
    for part in panels(blocks.shape[:4], max(1, panel_bytes(values.nbytes) // (b * c * values.itemsize))):
        panel = np.ascontiguousarray(blocks[part])
        stack = panel.shape[:4]
        found = truncate(panel.reshape(-1, b, c), q, side)
        left[part] = found.left.reshape(*stack, b, q)
        right[part] = found.right.reshape(*stack, q, c)
        lost += float(found.discarded.sum())
    return x, y, lost


def _share_singular_values(x: Array, y: Array, pair: PairShape) -> tuple[Array, Array]:
    """Move the square roots of the singular values to the isometric factor, as the plain algorithm does."""
    left, right = left_blocks(x, pair), right_blocks(y, pair)
    sizes = np.sqrt(row_energies(left.swapaxes(-1, -2)) * row_energies(right)) ** 0.5
    rows = np.sqrt(row_energies(right))
    factor = np.where(rows > 0.0, sizes / np.where(rows > 0.0, rows, 1.0), 1.0).astype(x.real.dtype)
    return from_left(left / factor[..., None, :], pair), from_right(right * factor[..., None], pair)


def orthonormal_columns(blocks: Array) -> tuple[Array, Array]:
    """QR of a stack, padded to keep the number of columns: ``blocks = basis @ coefficients``."""
    m, q = blocks.shape[-2:]
    basis, upper = np.linalg.qr(blocks)
    if m < q:
        stack = blocks.shape[:-2]
        wide, square = np.zeros((*stack, m, q), blocks.dtype), np.zeros((*stack, q, q), blocks.dtype)
        wide[..., :m], square[..., :m, :] = basis, upper
        return wide, square
    return basis, upper
