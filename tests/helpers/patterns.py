"""Random patterns of two factors, and what a reduction owes."""

from __future__ import annotations

import random
from collections.abc import Callable

from closedness import Certificate, Status, check
from closedness.algebra.bitsets import bits
from closedness.rules.rule import Step
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import random_types, two_factors
from tests.helpers.verdicts import status_of

Cell = tuple[int, int]


def random_pattern(rng: random.Random, *, masked: bool, r: int = 3, largest: int = 4) -> Pattern:
    rows, cols = (random_types(rng, rng.randint(1, largest), r, rng.choice((0.4, 0.7, 0.9))) for _ in range(2))
    pattern = Pattern.of_types(rows, cols)
    if masked:
        # what may be hidden is what a full subset covers; any mask of covered cells is good enough here
        cells = tuple(window & ~(rng.getrandbits(len(cols)) & rng.getrandbits(len(cols))) for window in pattern.cells)
        pattern = Pattern(rows, cols, cells)
    return pattern


def cells_of(masks: tuple[int, ...]) -> set[Cell]:
    return {(i, j) for i, mask in enumerate(masks) for j in bits(mask)}


def accepted_and_of_the_same_verdict(
    step: Callable[[Pattern], Step[Pattern] | None],
) -> None:
    """The step is put before proofs of the smaller patterns; unmasked smaller patterns have the same verdict."""
    from closedness.search.pairs import Prover

    rng = random.Random(8)
    used = 0
    for _ in range(250):
        pattern = random_pattern(rng, masked=False)
        reduction = step(pattern)
        if reduction is None:
            continue
        product = two_factors(pattern.row_types, pattern.col_types, 3)
        proofs = [Prover(product, nodes=500).full(smaller) for smaller in reduction.left]
        if any(proof is None for proof in proofs):
            continue
        node = reduction.node([proof.node for proof in proofs if proof is not None])
        report = check(Certificate.closed(product, "real", node, {}))
        assert report.verified, (pattern, report.reason)
        used += 1
        assert status_of(pattern.row_types, pattern.col_types, 3) is Status.CLOSED
    assert used > 20
