"""The minimal supports beside a factor without zeros: the criterion, the list, and the stored table."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.atlas.__main__ import main
from cases.atlas.one_factor import crowded_rows, minimal_supports, table
from closedness.census.decide_all import product_of_types
from closedness.rules.limits.subpattern import minimal_patterns
from closedness.rules.pairs.dense import dense_product
from closedness.rules.rule import Evidence

STORED = Path(__file__).parents[2] / "cases" / "atlas" / "results" / "one_factor.json"


def not_closed(types: tuple[int, ...]) -> bool:
    """What rule `dense` of the library says."""
    width = max(types).bit_length()
    answer = dense_product(product_of_types(types, ((1 << width) - 1,) * width))
    assert answer is not None
    return isinstance(answer, Evidence)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(1, 31), min_size=2, max_size=8).filter(lambda types: max(types) > 1))
def test_the_criterion_is_that_of_the_rule(types: list[int]) -> None:
    assert (crowded_rows(types) is not None) is not_closed(tuple(types))


@pytest.mark.parametrize("hidden", [2, 3, 4])
def test_the_list_is_stored(hidden: int) -> None:
    entry = json.loads(STORED.read_text(encoding="utf-8"))["hidden"][str(hidden)]
    found = sorted(minimal_supports(hidden))
    lines = [" ".join(map(str, rows)) for rows, _ in found]
    assert lines == entry["supports"]
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == entry["sha256"]
    for rows, crowd in found[:: max(1, len(found) // 40)]:
        assert set(crowd) <= set(rows)
        assert not_closed(rows)
        assert not any(not_closed(rows[:i] + rows[i + 1 :]) for i in range(len(rows)))


def test_three_hidden_indices_are_those_of_the_atlas() -> None:
    """The atlas lists patterns with as few columns as possible, so its full columns may be fewer than three."""
    wanted = {rows for rows, _ in minimal_supports(3)}
    listed = [
        lines
        for each in minimal_patterns()
        if each.hidden == 3
        for lines, others in ((each.rows, each.columns), (each.columns, each.rows))
        if set(others) == {7} and len(others) <= 3
    ]
    assert len(listed) > 5
    for rows in listed:
        assert crowded_rows(rows) is not None
        assert any(_contains(rows, small) for small in wanted)


def _contains(rows: tuple[int, ...], small: tuple[int, ...]) -> bool:
    from itertools import permutations

    for p in permutations(range(3)):
        named = [sum(1 << p[k] for k in range(3) if t >> k & 1) for t in small]
        if all(named.count(t) <= rows.count(t) for t in named):
            return True
    return False


def test_the_command_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    whole: dict[str, Any] = table(3, {}, lambda found: calls.append(len(found)))
    assert calls == [1, 2]
    assert table(3, whole, lambda _: calls.append(0)) == whole
    assert calls == [1, 2]
    path = tmp_path / "one.json"
    path.write_text(STORED.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr("cases.atlas.one_factor.minimal_supports", lambda *_: iter(()))
    assert main(["one-factor", str(path)]) == 0
    assert json.loads(path.read_text())["hidden"]["4"] == json.loads(STORED.read_text())["hidden"]["4"]
