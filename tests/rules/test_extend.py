"""Rule `extend`, and `rename` inside it: parts of stored closed patterns."""

from __future__ import annotations

import random

import pytest

from closedness import Certificate, check
from closedness.algebra.bitsets import bits
from closedness.rules.pairs.extend import ClosedPattern, closed_patterns, inside_stored
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import two_factors


@pytest.mark.slow
def test_parts_of_closed_patterns_are_closed() -> None:
    """The proof node extends the part to the stored pattern; hidden indices may be renamed and lines transposed."""
    rng = random.Random(4)
    hosts = [each for each in closed_patterns() if each.hidden <= 3]
    assert hosts
    proofs = 0
    for host in rng.sample(hosts, min(len(hosts), 25)):
        for _ in range(3):
            sides = [tuple(rng.sample(side, rng.randint(1, len(side)))) for side in (host.rows, host.columns)]
            if rng.random() < 0.5:
                sides.reverse()
            order = rng.sample(range(host.hidden), host.hidden)
            rows, cols = ([sum(1 << order[k] for k in bits(t)) for t in side] for side in sides)
            node = inside_stored(Pattern.of_types(rows, cols), [host])
            assert node is not None
            product = two_factors(rows, cols, host.hidden)
            report = check(Certificate.closed(product, "real", node, {}))
            assert report.verified, report.reason
            assert "extend" in report.rules
            proofs += 1
    assert proofs >= 30


def test_what_is_not_inside_a_closed_pattern_is_not_claimed() -> None:
    host = ClosedPattern((1, 1), (1, 1), {"rule": "crossing"})
    assert inside_stored(Pattern.of_types((1, 1, 1), (1, 1)), [host]) is None
    assert inside_stored(Pattern.of_types((1, 3), (1, 3)), [host]) is None
    assert inside_stored(Pattern((1, 1), (1, 1), (0b11, 0b01)), [host]) is None
    assert inside_stored(Pattern.of_types((0, 4), (4, 0)), [host]) is not None
