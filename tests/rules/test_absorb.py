"""Rule `absorb`: supports and curves with and without the factor."""

from __future__ import annotations

import random
from fractions import Fraction

from closedness import Support
from closedness.algebra.laurent import limit_of_curve
from closedness.rules.chains.absorb import absorption
from closedness.rules.chains.limits import respects
from closedness.rules.chains.trim import product_support
from tests.helpers.chains import (
    S,
    random_chain,
)


def test_absorbed_factors_change_nothing() -> None:
    """Same verdict with and without the factor; curves are lifted."""
    rng = random.Random(13)
    seen = set()
    for _ in range(60):
        chain = random_chain(rng, 3, 3).factors
        found = absorption(chain)
        if found is None:
            n = chain[0].shape[0]
            found = absorption((Support.kronecker(n, 1, 1, 1), *chain))
        assert found is not None
        assert product_support(found.shorter) == product_support(found.chain)
        curve = tuple({cell: {0: Fraction(rng.randint(1, 5))} for cell in factor} for factor in found.shorter)
        lifted = found.lift(curve)
        assert respects(found.chain, lifted)
        assert limit_of_curve(lifted) == limit_of_curve(curve)
        seen.add(found.into)
    assert "right" in seen
    assert absorption((S("10/11"), S("11/01"))) is None
    assert absorption((S("10/11"), S("10/01"), S("11/01"))).at == 1  # type: ignore[union-attr]
