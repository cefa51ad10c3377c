"""Rule ``fusion``: two neighbours that give all matrices on their product's support become one factor."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flint import fmpq, fmpq_mat

from closedness.algebra.laurent import Laurent
from closedness.rules.generic import generic_factor
from closedness.rules.rule import Rule, Step
from closedness.supports.masks import Cell
from closedness.supports.pattern import Pattern
from closedness.supports.state import State

if TYPE_CHECKING:
    from closedness.rules.chains.trim import Chain
    from closedness.rules.rule import Curve, Evidence


@dataclass(frozen=True)
class Fusion:
    """Factors ``at`` and ``at + 1`` fused, with the proof that their products are all matrices."""

    chain: Chain
    at: int
    proof: dict[str, Any]

    @property
    def shorter(self) -> Chain:
        """The chain with one factor in place of the two."""
        pair = self.chain[self.at] @ self.chain[self.at + 1]
        return (*self.chain[: self.at], pair, *self.chain[self.at + 2 :])

    def node(self, then: dict[str, Any]) -> dict[str, Any]:
        """The proof node."""
        return {
            "rule": "fusion",
            "at": self.at,
            "side": self.proof["side"],
            "lines": self.proof["lines"],
            "then": then,
        }

    def step(self) -> Step[Chain]:
        """What is left is the shorter chain; limits of it are lifted where the linear equations can be solved."""

        def lift(found: Evidence) -> Evidence | None:
            curve = self.lift(found.curve)
            if curve is None:
                return None
            return replace(found, curve=curve, merge=unfused(found.merge, self.at, self.chain))

        return Step((self.shorter,), lambda nodes: self.node(nodes[0]), lift)

    def lift(self, curve: Curve, seed: int = 0) -> Curve | None:
        """Turn a curve for the shorter chain into one for the longer chain.

        One of the two factors is constant and generic; the lines of the other one solve linear
        equations with constant coefficients, so they are Laurent polynomials as well.
        """
        left, right = self.chain[self.at], self.chain[self.at + 1]
        fused = curve[self.at]
        by_rows = self.proof["side"] == "rows"
        constant = right if by_rows else left
        rng = random.Random(seed)
        for _ in range(4):
            generic = {cell: Fraction(rng.randint(1, 97)) for cell in constant}
            solved = self._solve(fused, generic, by_rows)
            if solved is not None:
                fixed = {cell: {0: value} for cell, value in generic.items()}
                pair = (solved, fixed) if by_rows else (fixed, solved)
                return (*curve[: self.at], *pair, *curve[self.at + 1 :])
        return None

    def _solve(
        self, fused: dict[Cell, Laurent], generic: dict[Cell, Fraction], by_rows: bool
    ) -> dict[Cell, Laurent] | None:
        """Line by line: (unknown line) · (generic block) = (line of the fused factor)."""
        solution: dict[Cell, Laurent] = {}
        for line, pairs in self.proof["lines"]:
            others = [other for other, _ in pairs]
            terms = [k for _, k in pairs]
            wanted = [fused.get((line, o) if by_rows else (o, line), {}) for o in others]
            exponents = sorted({e for entry in wanted for e in entry})
            if not exponents:
                continue
            matrix = fmpq_mat(
                [
                    [_flint(generic.get((k, o) if by_rows else (o, k), Fraction(0))) for k in terms]
                    for o in others
                ]
            )
            right = fmpq_mat([[_flint(entry.get(e, Fraction(0))) for e in exponents] for entry in wanted])
            try:
                values = matrix.solve(right)
            except ZeroDivisionError:
                return None
            for row, k in enumerate(terms):
                entry = {
                    e: Fraction(int(values[row, column].p), int(values[row, column].q))
                    for column, e in enumerate(exponents)
                    if values[row, column] != 0
                }
                if entry:
                    solution[(line, k) if by_rows else (k, line)] = entry
        return solution


def unfused(merge: tuple[int, ...] | None, at: int, chain: Chain) -> tuple[int, ...]:
    """Sizes of groups of a chain whose factors `at` and `at + 1` are one in the groups of a shorter one."""
    groups, position = [], 0
    for size in merge or (1,) * (len(chain) - 1):
        groups.append(size + (position <= at < position + size))
        position += size
    return tuple(groups)


def _flint(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def fusion(chain: Chain, at: int) -> Fusion | None:
    """Fuse two neighbours when one generic factor serves all matrices on their product's support.

    Examples
    --------
    >>> from closedness.supports.support import Support
    >>> full, diagonal = Support.from_text("11/11"), Support.from_text("10/01")
    >>> found = fusion((full, diagonal, full), 0)
    >>> [factor.to_text(separator="/") for factor in found.shorter]
    ['11/11', '11/11']
    """
    left, right = chain[at], chain[at + 1]
    pattern = Pattern.of_types(left.row_masks, right.col_masks)
    proof = generic_factor(State.start(pattern))
    return None if proof is None else Fusion(chain, at, proof)


RULES = (
    Rule(
        "fusion",
        "chain",
        "neighbouring factors that give all matrices on their support fuse, and what is left is closed",
        tell=lambda node, left: (
            "Fusion",
            f"Of the chain {left.sizes}, factors {node['at'] + 1} and {node['at'] + 2} together give every matrix on "
            "the support of their product. One factor with that support takes their place.",
        ),
    ),
)
