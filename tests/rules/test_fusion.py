"""Rule `fusion`: curves go through it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from closedness import Status, SupportProduct
from closedness.algebra.laurent import product_of
from closedness.rules.chains.fusion import fusion
from tests.helpers.chains import (
    S,
    rejected_when_broken,
    verified_and_of_no_use_elsewhere,
)
from tests.helpers.verdicts import settled


def test_fused_curves_are_lifted() -> None:
    """LU with a generic block in the middle of each factor: the counterexample goes through the fusion."""
    diagonal = S("10/01")
    product = SupportProduct([S("10/11"), diagonal, S("01/10"), S("01/11")])
    verdict = settled(product)
    assert verdict.status is Status.NOT_CLOSED
    found = fusion((S("10/11"), diagonal, S("11/01")), 0)
    assert found is not None
    first = {(0, 0): {1: Fraction(1)}, (1, 0): {-2: Fraction(3)}, (1, 1): {0: Fraction(2)}}
    curve = (first, {(0, 0): {0: Fraction(1)}})
    lifted = found.lift(curve)
    assert lifted is not None
    assert product_of((lifted[0], lifted[1])) == curve[0]
    assert lifted[2] == curve[1]


def test_it_is_verified_and_does_not_serve_other_questions() -> None:
    verified_and_of_no_use_elsewhere("fusion")


BROKEN: list[Any] = [
    lambda p: p[-1].update(at=2),
    lambda p: p[-1]["lines"].pop(),
    lambda p: p[-1]["lines"][0][1].pop(),
]


@pytest.mark.parametrize("change", BROKEN, ids=range(len(BROKEN)))
def test_broken_proofs_are_rejected(change: Any) -> None:
    rejected_when_broken("fusion", change)
