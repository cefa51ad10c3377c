"""What must not change a verdict, and what may change it in one direction only."""

from __future__ import annotations

import math
import random

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from closedness import Status, SupportProduct, check, decide
from tests.helpers.oracle import Pair, random_types, two_factors
from tests.helpers.strategies import products
from tests.helpers.verdicts import status_of

FEW = settings(max_examples=40)


@st.composite
def patterns(draw: st.DrawFn, r: int = 3, largest: int = 5) -> Pair:
    """Row types and column types; dense ones are as likely as sparse ones."""
    kinds = st.sampled_from(sorted(range(1 << r), key=int.bit_count, reverse=True))
    sides = st.lists(kinds, min_size=1, max_size=largest).map(tuple)
    return draw(sides), draw(sides)


@FEW
@given(patterns(), st.data())
def test_order_names_and_transposition_do_not_matter(pair: Pair, data: st.DataObject) -> None:
    rows, cols = pair
    order = data.draw(st.permutations(range(3)))

    def renamed(types: tuple[int, ...]) -> list[int]:
        return [sum(1 << order[k] for k in range(3) if t >> k & 1) for t in data.draw(st.permutations(types))]

    other = renamed(rows), renamed(cols)
    if data.draw(st.booleans()):
        other = other[1], other[0]
    assert status_of(*other, 3) is status_of(*pair, 3)


@FEW
@given(patterns(), st.data())
def test_enough_twins_change_nothing(pair: Pair, data: st.DataObject) -> None:
    """From ``|τ|`` copies of a row of type ``τ`` on, more copies do not matter."""
    rows, cols = pair
    kind = data.draw(st.sampled_from(rows))
    enough = (*rows, *[kind] * (kind.bit_count() - rows.count(kind)))
    more = (*enough, *[kind] * data.draw(st.integers(1, 3)))
    assert status_of(more, cols, 3) is status_of(enough, cols, 3)


@FEW
@given(patterns(), st.data())
def test_zero_lines_change_nothing(pair: Pair, data: st.DataObject) -> None:
    """Zero rows, zero columns and hidden indices that occur on one side only."""
    rows, cols = pair
    lines = data.draw(st.sampled_from(((1, 0), (0, 1), (2, 1))))
    wider = [(*side, *[0] * count) for side, count in zip(pair, lines, strict=True)]
    assert status_of(wider[0], wider[1], 3) is status_of(rows, cols, 3)
    one_sided = [t | 8 * data.draw(st.booleans()) for t in rows]
    assert status_of(one_sided, cols, 4) is status_of(rows, cols, 3)
    assert status_of([t << 1 for t in rows], [t << 1 for t in cols], 5) is status_of(rows, cols, 3)


@FEW
@given(patterns(largest=6), st.data())
def test_deleting_lines_keeps_sets_closed(pair: Pair, data: st.DataObject) -> None:
    rows, cols = pair
    kept = [
        tuple(t for t, keep in zip(side, data.draw(st.tuples(*[st.booleans()] * len(side))), strict=True) if keep)
        for side in pair
    ]
    assume(kept[0])
    assume(kept[1])
    if status_of(kept[0], kept[1], 3) is Status.NOT_CLOSED:
        assert status_of(rows, cols, 3) is Status.NOT_CLOSED


@FEW
@given(patterns(largest=4), patterns(largest=3))
def test_sums_on_separate_lines_are_closed_when_both_parts_are(first: Pair, second: Pair) -> None:
    rows = (*first[0], *[t << 3 for t in second[0]])
    cols = (*first[1], *[t << 3 for t in second[1]])
    parts = {status_of(*first, 3), status_of(*second, 3)}
    expected = Status.CLOSED if parts == {Status.CLOSED} else Status.NOT_CLOSED
    assert status_of(rows, cols, 6) is expected


@FEW
@given(patterns())
def test_the_field_does_not_matter_to_the_exact_rules(pair: Pair) -> None:
    assert status_of(*pair, 3, field="complex") is status_of(*pair, 3)


@FEW
@given(patterns(largest=7))
def test_factors_diverge_on_the_way_to_the_target(pair: Pair) -> None:
    verdict = decide(two_factors(*pair, 3), seconds=20, last_resort=False)
    assume(verdict.status is Status.NOT_CLOSED)
    example = verdict.counterexample
    assert example is not None
    target = np.array(example.target, dtype=float)
    errors, norms = [], []
    for t in (1e-2, 1e-3, 1e-4):
        left, right = example.at(t)
        errors.append(np.abs(left @ right - target).max())
        norms.append(max(np.abs(left).max(), np.abs(right).max()))
        for values, support in zip((left, right), verdict.product.factors, strict=True):
            assert not values[~support.to_dense().astype(bool)].any()
    assert errors[-1] <= 1e-2 * max(1.0, float(np.abs(target).max()))
    assert errors[-1] <= errors[0] / 10 or errors[-1] < 1e-6
    assert norms[0] < norms[1] < norms[2]
    assert math.isclose(norms[2] / norms[1], 10.0 ** example.order_of_divergence(), rel_tol=0.2)


@settings(max_examples=60)
@given(st.integers(0, 2**32))
def test_no_support_makes_decide_raise(seed: int) -> None:
    """Two factors of any kind, many hidden indices included; what is decided is proved."""
    rng = random.Random(seed)
    r = rng.randint(1, 8)
    density = rng.choice((0.2, 0.5, 0.8))
    rows, cols = (random_types(rng, rng.randint(1, 7), r, density) for _ in range(2))
    verdict = decide(two_factors(rows, cols, r), seconds=0.5, last_resort=False)
    if verdict.status is Status.UNDECIDED:
        assert verdict.certificate is None
        assert verdict.tried
    else:
        report = check(verdict.certificate)
        assert (report.verified, report.claim, report.trusted) == (True, verdict.status.value, ())
    assert str(verdict)
    assert repr(verdict).startswith("<Verdict ")


@settings(max_examples=25)
@given(products(max_factors=4, max_size=4))
def test_no_chain_makes_decide_raise(product: SupportProduct) -> None:
    verdict = decide(product, seconds=5, last_resort=False)
    if verdict.certificate is not None:
        assert check(verdict.certificate).verified
    else:
        assert verdict.status is Status.UNDECIDED
