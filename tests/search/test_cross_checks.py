"""Two rules that answer the same question agree, and both checkers accept what they say."""

from __future__ import annotations

import json

import pytest

from closedness import SupportProduct
from closedness.rules.pairs.crossing import crossing
from tests import cross_check_campaign as campaign


@pytest.mark.slow
def test_rules_agree_on_random_supports() -> None:
    found = campaign.run(60, 0.1, seed=1)
    assert found["both"] == 60
    assert any("not_closed" in name for name in found["answers"])
    assert found["pairs"].total() > 100


def test_a_contradiction_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that says closed where another one says not closed ends the campaign, and so does a wrong certificate."""
    wrong = crossing(campaign.Pattern.of(SupportProduct.from_text("1/1 * 11")))
    monkeypatch.setitem(campaign.RULES, "wrong", lambda *_: wrong)
    with pytest.raises(AssertionError, match="wrong on"):
        campaign.run(60, 0.1, seed=1)


def test_the_stored_campaign_is_long_and_without_contradiction() -> None:
    stored = json.loads(campaign.RESULTS.read_text(encoding="utf-8"))
    assert stored["supports with two answers"] >= 10_000
    assert stored["contradictions"] == 0
    asked = {name.partition(":")[0].partition(" (")[0] for name in stored["answers"]}
    assert asked == set(campaign.RULES)
