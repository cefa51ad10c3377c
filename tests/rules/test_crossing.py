"""Rule `crossing` against its definition, cell by cell, and against what is known by other means."""

from __future__ import annotations

import random
from itertools import combinations

from closedness import Certificate, Status, check
from closedness.algebra.bitsets import bits
from closedness.rules.pairs.crossing import crossing
from closedness.supports.pattern import Pattern
from tests.helpers.oracle import two_factors
from tests.helpers.patterns import cells_of, random_pattern
from tests.helpers.verdicts import status_of


def crosses(pattern: Pattern) -> bool:
    """Two supports with a common cell: the rows of one are among the other's, whose columns are among its own."""
    sides = {k: [set(bits(mask)) for mask in pattern.rectangle(k)] for k in bits(pattern.terms)}
    cells = {k: cells_of(pattern.term_cells(k)) for k in sides}
    return all(
        not cells[k] & cells[l]
        or (sides[k][0] <= sides[l][0] and sides[l][1] <= sides[k][1])
        or (sides[l][0] <= sides[k][0] and sides[k][1] <= sides[l][1])
        for k, l in combinations(sides, 2)
    )


def test_the_definition(rng: random.Random) -> None:
    pattern = random_pattern(rng, masked=False)
    assert (crossing(pattern) is not None) == crosses(pattern)


def test_steps_are_accepted_by_the_checker_and_the_set_is_closed() -> None:
    rng = random.Random(3)
    used = 0
    for _ in range(150):
        pattern = random_pattern(rng, masked=False)
        node = crossing(pattern)
        product = two_factors(pattern.row_types, pattern.col_types, 3)
        if node is None:
            continue
        report = check(Certificate.closed(product, "real", node, {}))
        assert report.verified, (pattern, report.reason)
        assert status_of(pattern.row_types, pattern.col_types, 3) is Status.CLOSED
        used += 1
    assert used > 20
