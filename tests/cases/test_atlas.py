"""The stored classification of r ≤ 3, its page, and the census that makes it."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cases.atlas.evidence import Findings, attack
from cases.atlas.hard import campaign, drawn, with_arbitrary
from cases.atlas.page import page
from cases.atlas.picture import atlas_svg
from cases.atlas.sampling import sample
from cases.atlas.theorem import consistency, notation, reports
from closedness.budget import Budget
from closedness.census.decide_all import Census, atlas_entries, classify, product_of_types
from closedness.census.store import CensusStore, Entry
from closedness.cli.app import main
from closedness.decide import decide
from closedness.errors import FormatError, InputError
from closedness.rules.limits.subpattern import minimal_patterns, stored_subpattern
from closedness.rules.pairs.extend import closed_patterns, inside_stored
from closedness.supports.enumeration import Configurations
from closedness.supports.pattern import Pattern
from closedness.verdict import Status

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "cases" / "atlas" / "results"


def test_numbers_of_classes_are_those_of_the_handbook() -> None:
    assert [len(list(Configurations(r).patterns())) for r in (1, 2, 3)] == [1, 31, 62_886]


@pytest.mark.slow
@pytest.mark.parametrize("field", ["real", "complex"])
def test_every_stored_certificate_is_verified_without_a_solver(field: str) -> None:
    found = list(reports(field))
    assert len(found) == len(minimal_patterns()) + len(closed_patterns())
    for name, report in found:
        assert report.verified, (name, report.reason)
        assert not report.trusted, name


def test_tables_are_consistent() -> None:
    assert consistency() == []


@pytest.mark.slow
def test_a_sample_of_classes_is_in_exactly_one_table() -> None:
    classes = list(Configurations(3).patterns())
    small = [p for p in classes if len(p[0]) + len(p[1]) <= 6]
    for rows, columns in [*small, *random.Random(7).sample(classes, 200)]:
        pattern = Pattern.of_types(rows, columns)
        in_one = (stored_subpattern(pattern) is not None) + (inside_stored(pattern) is not None)
        assert in_one == 1, notation(rows, columns)


@pytest.mark.slow
def test_fresh_proofs_agree_with_the_tables() -> None:
    """The engine without tables gives the verdict that the tables give."""
    classes = [p for p in Configurations(3).patterns() if len(p[0]) + len(p[1]) <= 8]
    for rows, columns in random.Random(11).sample(classes, 25):
        entry = classify(rows, columns, [], seconds=30)
        closed = stored_subpattern(Pattern.of_types(rows, columns)) is None
        assert entry.status in (Status.CLOSED if closed else Status.NOT_CLOSED, Status.UNDECIDED)
        if len(rows) + len(columns) <= 6:
            assert entry.status is not Status.UNDECIDED, notation(rows, columns)


def test_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "atlas.md").read_text(encoding="utf-8") == page()
    assert (ROOT / "docs" / "atlas.svg").read_text(encoding="utf-8") == atlas_svg()


def test_the_picture_shows_every_minimal_pattern() -> None:
    root = ET.fromstring(atlas_svg())
    grids = [each for each in root.iter() if each.tag.endswith("}g")]
    entries = [each for each in minimal_patterns() if each.hidden <= 3]
    assert len(grids) == len(entries) == 66
    for grid, entry in zip(grids, entries, strict=True):
        letters = Counter(each.text for each in grid if each.tag.endswith("}text"))
        wanted = Counter(
            "abc"[k] for row in entry.rows for column in entry.columns for k in range(3) if (row & column) >> k & 1
        )
        assert letters == wanted
        assert sum("stroke-width" in each.attrib for each in grid) == len(entry.target)


class _Stop(Exception):
    pass


@pytest.mark.slow
def test_an_interrupted_census_ends_like_one_left_alone(tmp_path: Path) -> None:
    with CensusStore(tmp_path / "whole.sqlite") as store, ThreadPoolExecutor(1) as pool:
        Census(store, pool).run(2)
        whole = list(store.entries())
        minimal, maximal = atlas_entries(store, 2)
    assert [(e["rows"], e["columns"]) for e in minimal] == [([1, 3], [1, 3]), ([3, 3], [1, 2, 3])]
    assert maximal
    calls = 0

    def stop_soon(hidden: int, done: int, total: int) -> None:
        nonlocal calls
        calls += 1
        if calls % 3 == 0:
            raise _Stop

    for _ in range(40):
        with CensusStore(tmp_path / "pieces.sqlite") as store, ThreadPoolExecutor(1) as pool:
            try:
                Census(store, pool, progress=stop_soon).run(2)
            except _Stop:
                continue
            break
    with CensusStore(tmp_path / "pieces.sqlite") as store:
        assert list(store.entries()) == whole
    assert calls > 3


def test_store_refuses_what_is_no_census(tmp_path: Path) -> None:
    (tmp_path / "text.sqlite").write_text("not a database " * 100)
    with pytest.raises(FormatError, match="not a census database"):
        CensusStore(tmp_path / "text.sqlite")
    CensusStore(tmp_path / "real.sqlite").connection.close()
    with pytest.raises(InputError, match="field"):
        CensusStore(tmp_path / "real.sqlite", "complex")


def test_store_keeps_the_first_verdict(tmp_path: Path) -> None:
    entry = Entry(1, (1,), (1,), Status.CLOSED, "crossing", "{}")
    with CensusStore(tmp_path / "c.sqlite") as store:
        store.add([entry])
        store.add([Entry(1, (1,), (1,), Status.UNDECIDED, "", None)])
        assert list(store.entries()) == [entry]
        assert store.counts() == {(1, "closed"): 1}


@pytest.mark.slow
def test_census_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = str(tmp_path / "c.sqlite")
    command = ["census", "--hidden", "2", "--database", database, "--jobs", "1"]
    assert main([*command, "--json", "--atlas", str(tmp_path), "--undecided", str(tmp_path / "open.json")]) == 0
    assert json.loads(capsys.readouterr().out) == {"1": {"closed": 1}, "2": {"closed": 19, "not_closed": 12}}
    assert json.loads((tmp_path / "open.json").read_text()) == []
    assert (tmp_path / "minimal_not_closed.jsonl.gz").stat().st_size > 0
    assert main(["census", "--verify", "--database", database, "--jobs", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {"verified": 32, "rejected": 0, "trusting_a_solver": 0}


@pytest.mark.slow
def test_verification_notices_a_changed_certificate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "c.sqlite"
    with CensusStore(database) as store, ThreadPoolExecutor(1) as pool:
        Census(store, pool).run(2)
        entries = [entry for entry in store.entries(2) if entry.certificate is not None]
        first, second = entries[0].certificate, entries[-1].certificate
        assert first != second
        with store.connection:
            store.connection.execute(
                "UPDATE pattern SET certificate = ? WHERE rows = ? AND columns = ?",
                (zlib.compress(str(second).encode()), json.dumps(entries[0].rows), json.dumps(entries[0].columns)),
            )
    assert main(["census", "--verify", "--database", str(database), "--jobs", "1"]) == 1
    assert "another pattern" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [["--hidden", "0"], ["--hidden", "4"], ["--jobs", "0"], ["--rows", "-1"], ["--atlas", "no/such/folder"]],
)
def test_census_refuses_bad_options(
    options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["census", "--database", str(tmp_path / "c.sqlite"), *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "c.sqlite").exists()


def test_samples_are_reproducible_and_checked() -> None:
    first, second = (sample(3, 3, 3, 12, 20.0, seed=5) for _ in range(2))
    assert first == second
    assert first["share_decided"] == 1.0
    assert sum(first["counts"].values()) == 12  # type: ignore[attr-defined]


def test_random_limits_respect_the_supports() -> None:
    rng = random.Random(3)
    findings = Findings()
    attack((3, 5, 6), (7, 7, 7), 25, rng, findings)
    assert findings.limits + findings.unsettled == 25
    assert findings.contradictions == []
    lu = Findings()
    attack((1, 3), (1, 3), 200, rng, lu)  # not closed: random limits must find that out
    assert lu.contradictions


def test_hard_patterns() -> None:
    """Arbitrary cells get hidden indices of their own; the findings name what resists; the clock is put back."""
    # rank one seen on two cells, and on three cells
    for cells, status in (({(0, 0), (1, 1)}, Status.CLOSED), ({(0, 1)}, Status.NOT_CLOSED)):
        assert decide(product_of_types(*with_arbitrary((1, 1), (1, 1), 1, cells))).status is status
    names = [name for name, _, _ in drawn(2, 0)]
    assert len(set(names)) == len(names) == 16
    assert list(drawn(2, 0)) == list(drawn(2, 0)) != list(drawn(2, 1))
    clock = Budget.clock
    found = campaign(1, 2.0, only={"3x4-r4-0", "3x4-r5-0"})
    assert Budget.clock is clock
    assert found["patterns"] == len(found["resisting"]) == sum(found["counts"].values()) == 2
    before = json.loads((RESULTS / "hard_before.json").read_text(encoding="utf-8"))
    after = json.loads((RESULTS / "hard.json").read_text(encoding="utf-8"))
    assert after["patterns"] == before["patterns"] == sum(after["counts"].values())
    assert len(after["resisting"]) == after["counts"]["undecided"]
    assert after["counts"].get("undecided", 0) < before["counts"]["undecided"]
