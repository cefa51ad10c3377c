"""What the project promises about two factors: who is decided, by which proof, and that no verdict is wrong."""

from __future__ import annotations

import json
import random
from collections import Counter
from itertools import combinations_with_replacement
from typing import Any

import pytest

from closedness import Status, SupportProduct, check, decide
from closedness.engines import closedness_sentence
from closedness.equations.membership import decide_membership
from tests.acceptance_campaign import RESULTS, SEED, random_patterns, small_patterns
from tests.helpers.oracle import (
    FORBIDDEN_RANK_TWO,
    Pair,
    capped_configurations,
    classes,
    closed_by_forbidden_subpatterns,
    closed_by_orbits,
    has_lu_pattern,
    is_capped,
    is_chain,
    lower_triangular,
    multiply,
    random_limit,
    random_types,
    two_factors,
    uncrossed,
)
from tests.helpers.verdicts import settled, status_of

# -------------------------------------------------------------------- two hidden indices


def expected_for_two(rows: tuple[int, ...], cols: tuple[int, ...]) -> Status:
    return Status.CLOSED if closed_by_forbidden_subpatterns(rows, cols) else Status.NOT_CLOSED


def test_every_pattern_with_two_hidden_indices() -> None:
    """Twins beyond two never matter, so 12 row configurations times 12 column configurations are all there is."""
    configurations = capped_configurations(2)
    assert len(configurations) == 12
    found: Counter[Status] = Counter()
    for rows in configurations:
        for cols in configurations:
            pair = rows or (0,), cols or (0,)
            status = status_of(*pair, 2)
            assert status is expected_for_two(*pair), pair
            found[status] += 1
    assert found[Status.CLOSED] > 20
    assert found[Status.NOT_CLOSED] > 20


def test_larger_patterns_with_two_hidden_indices() -> None:
    rng = random.Random(46)
    found: Counter[Status] = Counter()
    for _ in range(200):
        pair = tuple(random_types(rng, rng.randint(1, 8), 2, rng.choice((0.3, 0.6, 0.9))) for _ in range(2))
        status = status_of(pair[0], pair[1], 2)
        assert status is expected_for_two(pair[0], pair[1]), pair
        found[status] += 1
    assert min(found.values()) > 20


@pytest.mark.parametrize("pair", FORBIDDEN_RANK_TWO)
def test_forbidden_minors_are_minimal(pair: Pair) -> None:
    """The oracle's three patterns are not closed, and closed without any one of their lines."""
    assert status_of(*pair, 2) is Status.NOT_CLOSED
    for side in range(2):
        for line in range(len(pair[side])):
            smaller = list(pair)
            smaller[side] = pair[side][:line] + pair[side][line + 1 :]
            assert status_of(*smaller, 2) is Status.CLOSED


# -------------------------------------------------------------------- three hidden indices, up to 3×3


def patterns_up_to_three() -> list[tuple[int, Pair]]:
    """r = 2, 3 and at most three rows and columns, none of them empty, every hidden index on both sides.

    Up to the order of rows and columns, the names of the hidden indices and transposition.
    """
    sizes = [(m, n) for m in (1, 2, 3) for n in range(1, m + 1)]
    return [(r, pair) for r in (2, 3) for m, n in sizes for pair in classes(r, m, n)]


@pytest.mark.slow
def test_the_475_classes() -> None:
    """Those of them that have at most ``|τ|`` lines of each type ``τ`` are the 475 classes of the handbook.

    More copies change nothing, and with one hidden index there is one class more. All classes are decided here, those
    with more copies, too.
    """
    patterns = patterns_up_to_three()
    assert sum(is_capped(rows) and is_capped(cols) for _, (rows, cols) in patterns) == 475
    found: Counter[Status] = Counter()
    for r, (rows, cols) in patterns:
        verdict = settled(two_factors(rows, cols, r))  # settled() refuses solvers and unverified certificates
        found[verdict.status] += 1
        if r == 2:
            assert verdict.status is expected_for_two(rows, cols)
        if has_lu_pattern(rows, cols):
            assert verdict.status is Status.NOT_CLOSED
    assert found == {Status.CLOSED: len(patterns) - 160, Status.NOT_CLOSED: 160}


@pytest.mark.slow
def test_chains_agree_with_the_orbit_rule() -> None:
    """Row types and column types ordered by inclusion: closedness is a finite question about rook placements."""
    chains = [
        types
        for lines in (2, 3, 4)
        for types in combinations_with_replacement((1, 3, 7), lines)
        if is_capped(types) and is_chain(types)
    ]
    orders = [{1: 1, 3: 3, 7: 7}, {1: 2, 3: 3, 7: 7}, {1: 4, 3: 5, 7: 7}, {1: 4, 3: 6, 7: 7}]
    found: Counter[Status] = Counter()
    for rows in chains:
        for kind in chains:
            if len(rows) + len(kind) > 6:
                continue
            for names in orders:
                cols = tuple(names[t] for t in kind)
                expected = Status.CLOSED if closed_by_orbits(rows, cols) else Status.NOT_CLOSED
                assert status_of(rows, cols, 3) is expected, (rows, cols)
                found[expected] += 1
    assert min(found.values()) > 20


# -------------------------------------------------------------------- random patterns


@pytest.mark.slow
def test_random_patterns_are_decided_and_no_limit_contradicts_them() -> None:
    """Not closed: the checker replays limit and refutation. Closed: special limits of many kinds are products."""
    rng = random.Random(7)
    patterns = list(random_patterns(300))
    decided = attacked = 0
    for rows, cols in patterns:
        product = two_factors(rows, cols, 3)
        verdict = decide(product, seconds=20, last_resort=False)
        if verdict.certificate is None:
            continue
        decided += 1
        report = check(verdict.certificate)
        assert (report.verified, report.trusted, report.claim) == (True, (), verdict.status.value)
        if has_lu_pattern(rows, cols):
            assert verdict.status is Status.NOT_CLOSED
        if verdict.status is Status.CLOSED and len(rows) * len(cols) <= 36:
            attacked += attack(rng, rows, cols, 3, 4)
    assert decided >= 0.97 * len(patterns)
    assert attacked > 200


def attack(rng: random.Random, rows: tuple[int, ...], cols: tuple[int, ...], r: int, tries: int) -> int:
    """Try to find a limit that is no product; returns how many limits turned out to be products."""
    product = two_factors(rows, cols, r)
    products = 0
    for _ in range(tries):
        other = rows, cols
        for _ in range(rng.choice((0, 1, 1, 2))):
            other = uncrossed(rng, *other, r)
        target, (pole, _) = random_limit(rng, *other, r)
        assert not pole
        outcome = decide_membership(product, target, steps=1_000)
        assert outcome.refutation is None, f"{rows}, {cols}: the limit {target} is no product"
        if outcome.point is not None:
            assert multiply(product, outcome.point) == target
            products += 1
    return products


@pytest.mark.slow
def test_attacks_find_what_is_not_closed() -> None:
    """Otherwise the test above proves little: random limits refute most sets that are not closed."""
    rng = random.Random(3)
    caught = 0
    patterns = [pair for pair in classes(3, 3, 3) if status_of(*pair, 3) is Status.NOT_CLOSED][::4]
    for rows, cols in patterns:
        try:
            attack(rng, rows, cols, 3, 120)
        except AssertionError:
            caught += 1
    assert caught > 0.8 * len(patterns)


@pytest.mark.slow
def test_attacks_on_small_closed_sets_fail() -> None:
    rng = random.Random(5)
    for m, n in ((2, 2), (3, 2), (3, 3)):
        for rows, cols in classes(3, m, n):
            if status_of(rows, cols, 3) is Status.CLOSED:
                attack(rng, rows, cols, 3, 3)


def test_lu_of_any_size_is_not_closed() -> None:
    for n in (2, 3, 5, 9):
        assert settled(lower_triangular(n)).status is Status.NOT_CLOSED


@pytest.mark.parametrize("n", [4, 8, 16, 64])
def test_butterfly_and_monarch_pairs_are_closed(n: int) -> None:
    from closedness import Support

    half = n // 2
    butterfly = SupportProduct([Support.kronecker(1, 2, 2, half), Support.kronecker(2, half, half, 1)])
    monarch = SupportProduct([Support.kronecker(1, half, half, 2), Support.kronecker(half, 2, 2, 1)])
    assert settled(butterfly).status is Status.CLOSED
    assert settled(monarch).status is Status.CLOSED


@pytest.mark.parametrize("n", [3, 4, 7])
def test_rank_one_plus_diagonal_is_not_closed(n: int) -> None:
    types = [1 | 2 << i for i in range(n)]
    assert settled(two_factors(types, types, n + 1)).status is Status.NOT_CLOSED


# -------------------------------------------------------------------- stored long runs


def stored(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def test_the_patterns_of_the_stored_run_are_decided_again() -> None:
    """Its first patterns, by the library of today: as many are decided, each with a verified certificate."""
    result = stored("random")
    assert (result["seed"], result["certificates_not_verified"]) == (SEED, [])
    left = {json.dumps(entry) for entry in result["undecided"]}
    known = [pair for pair in random_patterns(60) if json.dumps(pair) not in left]
    assert len(known) >= 58
    found = Counter(status_of(rows, cols, 3) for rows, cols in known)  # an undecided one is an error
    assert min(found[Status.CLOSED], found[Status.NOT_CLOSED]) >= 10


def test_agreement_with_the_textbook_sentence() -> None:
    """The stored run: z3 never contradicts a verdict."""
    result = stored("textbook")
    assert result["disagreements"] == []
    assert len(result["patterns"]) == len(small_patterns())
    assert result["limit_seconds"] == 60
    answered = [entry for entry in result["patterns"] if entry["textbook"]["answer"] != "unknown"]
    assert len(answered) == result["answered"]["textbook"]
    assert {entry["decide"] for entry in answered} == {"closed", "not_closed"}
    for entry in result["patterns"]:
        r, rows, cols = entry["pattern"]
        assert status_of(rows, cols, r).value == entry["decide"]
        for name in ("simplified", "textbook"):
            expected = {"sat": "not_closed", "unsat": "closed", "unknown": entry["decide"]}[entry[name]["answer"]]
            assert expected == entry["decide"]


@pytest.mark.slow
def test_agreement_with_sentences_that_take_no_time() -> None:
    """A few of them are put to z3 again."""
    quick = [entry for entry in stored("textbook")["patterns"] if entry["simplified"]["seconds"] < 1]
    assert len(quick) >= 12
    answers = Counter[str]()
    for entry in sorted(quick, key=lambda entry: entry["simplified"]["seconds"])[-12:]:
        r, rows, cols = entry["pattern"]
        answer = closedness_sentence(two_factors(rows, cols, r), seconds=10)
        if answer.status != "unknown":
            assert answer.status == {"closed": "unsat", "not_closed": "sat"}[entry["decide"]]
            answers[answer.status] += 1
    assert answers.total() >= 6
