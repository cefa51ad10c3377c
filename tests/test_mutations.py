"""Single mutations of certificates are rejected by both checkers, or what they prove is still true."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from tests.helpers import mutations
from tests.helpers.corpus import stored
from tests.helpers.mutations import Tally, trusting

KINDS = 16


@pytest.mark.slow
def test_a_thousand_mutations() -> None:
    tally = Tally()
    for mutation in mutations.mutations(1_000, seed=2):
        tally.take(mutation)
    assert tally.wrong == []
    assert tally.total == 1_000
    assert tally.rejected.total() > 800


@pytest.mark.slow
def test_six_thousand_mutations() -> None:
    """`python -m tests.helpers.mutations 100000 --seed 1` does the same with more."""
    tally = Tally()
    for mutation in mutations.mutations(6_000, seed=1):
        tally.take(mutation)
    assert tally.wrong == []
    assert tally.total == 6_000
    assert tally.rejected.total() > 5_000
    # every kind of mutation is among them, and those that cannot leave a proof as it is are all rejected
    assert len(tally.rejected + tally.accepted) == KINDS
    assert not {"claim", "children", "identity", "key"} & set(+tally.accepted)
    # a proof holds over both fields unless it needs squares or density; deletion from a support often leaves it one
    marks = b'"squares":[[', b'"squares": [[', b'"dominant"', b'"dominant-limit"', b'"masks"', b'"kind"'
    small = [text for text in stored("valid").values() if len(text) <= 4_000 and not trusting(json.loads(text))]
    of_one_field = [text for text in small if any(mark in text for mark in marks)]
    assert tally.rejected["field"] == len(of_one_field)
    assert tally.accepted["support"] > 20


@pytest.mark.slow
def test_mutations_are_distinct_and_repeatable() -> None:
    first = list(mutations.mutations(300, seed=5))
    assert first == list(mutations.mutations(300, seed=5))
    assert first != list(mutations.mutations(300, seed=6))
    assert len({mutation.text for mutation in first}) == 300
    assert len(Counter(mutation.origin for mutation in first)) > 40


def test_a_careless_checker_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the tests above could not fail."""
    monkeypatch.setattr(mutations, "outcome", lambda _: 0)
    tally = Tally()
    for mutation in mutations.mutations(50, seed=3):
        tally.take(mutation)
    assert tally.wrong


@pytest.mark.slow
def test_two_careless_checkers_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """When both let a swapped claim pass, `decide` contradicts."""

    class Careless:
        exit_code = 0

    monkeypatch.setattr(mutations, "outcome", lambda _: 0)
    monkeypatch.setattr(mutations, "check", lambda _: Careless())
    tally = Tally()
    for mutation in mutations.mutations(2_000, seed=3):
        if mutation.kind == "claim":
            tally.take(mutation)
    assert len(tally.wrong) == tally.accepted["claim"] > 10
