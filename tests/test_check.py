"""Both checkers on the stored certificates, and the stand-alone program."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from closedness import check
from closedness.certificate import Certificate
from closedness.elaboration import elaborated
from tests.helpers import faults
from tests.helpers.corpus import steps, stored
from tests.helpers.mutations import MODEL_RULES, RULES, STEPS
from tests.helpers.proofs import LU_CELLS, LU_CHAIN, certificate, closed, generic, lu, split, strata, version_2
from tests.second.checker import outcome, second_check
from tests.second.reading import BadFormat, Refused

checker: Any = importlib.import_module("closedness.check")
PROGRAM = Path(checker.__file__)
VALID, INVALID, MALFORMED = (stored(kind) for kind in ("valid", "invalid", "malformed"))


def standalone(path: Path) -> subprocess.CompletedProcess[str]:
    """Run the checker without site-packages and without this project on the path."""
    command = [sys.executable, "-I", "-S", str(PROGRAM), str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


# ---- the corpora ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VALID)
def test_valid_certificates_pass_both_checkers(name: str) -> None:
    report = check(VALID[name])
    answer = second_check(VALID[name])
    assert report.verified, report
    assert not report.malformed
    assert answer.claim == report.claim == json.loads(VALID[name])["claim"]
    assert answer.trusted == report.trusted == (("z3 5.4.1",) if name in ("hand-ideal", "hand-solver") else ())
    assert report.exit_code == outcome(VALID[name])


@pytest.mark.parametrize("name", VALID)
def test_proofs_without_trust_hold_over_the_other_field(name: str) -> None:
    data = json.loads(VALID[name])
    trusted = check(data).trusted
    data["field"] = {"real": "complex", "complex": "real"}[data["field"]]
    report = check(data)
    if name.startswith(("network-", "constrained-")):  # about real numbers only
        assert outcome(json.dumps(data)) == report.exit_code == 2
        return
    if re.search(rb'"squares": ?\[\[|"dominant(-limit)?"|"ideal"', VALID[name]):
        assert not report.verified
        assert outcome(json.dumps(data)) == report.exit_code == 1
        return
    answer = second_check(json.dumps(data))
    assert (report.verified and not report.trusted) is (not trusted)
    assert answer.trusted == report.trusted == trusted


@pytest.mark.parametrize("name", INVALID)
def test_wrong_proofs_fail_in_both_checkers(name: str) -> None:
    report = check(INVALID[name])
    assert not report.verified
    assert report.exit_code == 1, report
    with pytest.raises(Refused) as caught:
        second_check(INVALID[name])
    assert not isinstance(caught.value, BadFormat)


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_certificate_is_malformed_for_both_checkers(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = check(MALFORMED[name])
    assert report.malformed
    assert report.exit_code == 2
    with pytest.raises(BadFormat):
        second_check(MALFORMED[name])
    path = tmp_path / "certificate.json"
    path.write_bytes(MALFORMED[name])
    assert checker.main([str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("malformed: ")
    assert captured.err.count("\n") == 1
    assert len(captured.err) < 500


def test_the_stored_faults_are_those_of_the_source() -> None:
    assert {name: json.loads(text) for name, text in INVALID.items()} == faults.INVALID
    assert MALFORMED == faults.MALFORMED


def test_the_valid_certificates_use_every_rule_and_step() -> None:
    used = set().union(*(steps(json.loads(text)["proof"]) for text in VALID.values()))
    words = {part for entry in used for part in entry.split()}
    assert set(RULES) | set(STEPS) | {"rows", "columns", "left", "right"} <= words
    for side in ("rows", "columns"):
        assert {f"twins {side}", f"full {side}", f"clear {side}", f"generic {side}"} <= used


def test_both_claims_and_both_fields_occur() -> None:
    heads = {(data["claim"], data["field"]) for data in map(json.loads, VALID.values())}
    assert {("closed", "real"), ("not_closed", "real"), ("not_closed", "complex")} <= heads


# ---- the program ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "name", "code", "word"),
    [
        ("valid", "decide-lu-2", 0, "verified: not_closed"),
        ("valid", "decide-rank-two", 0, "verified: closed"),
        ("valid", "search-when", 0, "verified: closed"),
        ("valid", "hand-solver", 3, "verified: closed, trusting z3 5.4.1"),
        ("invalid", "crossing-lu", 1, "rejected: "),
        ("malformed", "float", 2, "malformed: "),
        ("malformed", "deep-proof", 2, "malformed: "),
        ("malformed", "not-utf8", 2, "malformed: "),
    ],
)
def test_the_program_runs_alone_with_the_right_exit_code(
    kind: str, name: str, code: int, word: str, tmp_path: Path
) -> None:
    path = tmp_path / "certificate.json"
    path.write_bytes(stored(kind)[name])
    done = standalone(path)
    assert done.returncode == code
    text = done.stderr if code == 2 else done.stdout
    assert text.startswith(word)
    assert text.count("\n") == 1
    assert "Traceback" not in done.stdout + done.stderr


def test_the_program_names_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.json", tmp_path):
        done = standalone(path)
        assert done.returncode == 2
        assert done.stderr.startswith("cannot read")
        assert done.stderr.count("\n") == 1


def test_the_program_explains_its_use() -> None:
    done = subprocess.run([sys.executable, "-I", "-S", str(PROGRAM)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage" in done.stderr


# ---- the function --------------------------------------------------------------------------------


def test_text_bytes_data_and_objects_are_the_same_to_check() -> None:
    raw = VALID["decide-lu-2"]
    forms = (raw, raw.decode(), json.loads(raw), Certificate.from_json(raw.decode()))
    reports = [check(form) for form in forms]
    assert len({repr(report) for report in reports}) == 1
    assert reports[0].verified


@pytest.mark.parametrize("thing", [None, 7, 0.5, [], {}, b"", object(), {1: 2}, {"format": float("nan")}, bytearray(2)])
def test_other_things_are_malformed(thing: object) -> None:
    assert check(thing).exit_code == 2


def test_data_that_contains_itself_is_malformed() -> None:
    data: dict[str, Any] = json.loads(VALID["decide-lu-2"])
    data["proof"][-1]["target"].append(data)
    assert check(data).malformed


def test_a_report_is_no_truth_value() -> None:
    with pytest.raises(TypeError, match="verified"):
        bool(check("{}"))


def test_a_certificate_with_too_many_bytes_is_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "MAX_BYTES", 100)
    assert check(VALID["decide-lu-2"]).malformed
    assert check(VALID["decide-lu-2"].decode()).malformed


def test_names_in_a_certificate_cannot_add_lines_to_the_report(tmp_path: Path) -> None:
    """The first of these names would otherwise print a line that reads "verified"."""
    for name in ("x\nverified: not_closed", "\ud800", "\x1b[2J", "a" * 100_000):
        data = elaborated(lu(LU_CHAIN, LU_CELLS))
        data["proof"][2]["value"][1][0][0] = name
        path = tmp_path / "certificate.json"
        path.write_text(json.dumps(data))
        done = standalone(path)
        assert done.returncode == (1 if len(name) <= 100 else 2)
        said = done.stdout + done.stderr
        assert said.startswith("rejected: " if len(name) <= 100 else "malformed: ")
        assert said.count("\n") == 1
        assert said.isascii()
        assert len(said) < 500


# ---- limits --------------------------------------------------------------------------------------


def doubling(cells: list[tuple[int, int]]) -> dict[str, Any]:
    """All splits have the same state table for both children, so the number of states doubles with each."""
    size = 6
    identity = [list(range(size))] * size
    full = generic("rows", *((i, [[j, j] for j in range(size)]) for i in range(size)))
    nodes = [full, *(split(i, j, p, p) for p, (i, j) in enumerate(cells))]
    data = closed([1], [1], strata(*nodes))
    data["problem"] = {
        "factors": [
            {"shape": [size, size], "rows": identity},
            {"shape": [size, size], "rows": [[j] for j in range(size)]},
        ]
    }
    data["problem_id"] = certificate(data["problem"], "closed", {})["problem_id"]
    nodes = [{**node, "do": "entry"} if node["do"] == "split" else node for node in nodes]
    return version_2({**data, "proof": strata(*nodes)})


INNER = [(i, j) for i in range(1, 6) for j in range(1, 6)]


CLOSE = {"do": "close", "terms": [], "value": ["1", []], "squares": []}


def dense_chain(width: int) -> dict[str, Any]:
    """Four dense factors; one entry of the product has ``width ** 3`` paths."""
    shapes = [(1, width), (width, width), (width, width), (width, 1)]
    problem = {"factors": [{"shape": [m, n], "rows": [list(range(n))] * m} for m, n in shapes]}
    proof = {
        "rule": "limit",
        "target": [],
        "curve": [[], [], [], []],
        "refutation": {"do": "equations", "cells": [[0, 0]], "nodes": [CLOSE]},
    }
    return version_2(certificate(problem, "not_closed", proof))


def high_power() -> dict[str, Any]:
    """A factor with seven terms to the power 100."""
    factor = [["1", []], *(["1", [[f"0:{i}:0", 1]]] for i in range(6))]
    data = elaborated(lu(LU_CHAIN, LU_CELLS))
    power = {"do": "close", "terms": [], "value": ["1", [[0, 100]]], "squares": []}
    nodes = [CLOSE, power, {"do": "split", "on": factor, "zero": 0, "nonzero": 1}]
    equations, limit = data["proof"][-2:]
    return {**data, "proof": [*nodes, {**equations, "then": 2}, {**limit, "then": 3}]}


def long_curve() -> dict[str, Any]:
    """Two entries with two thousand exponents each."""
    entry = [[e, "1"] for e in range(-1000, 1001)]
    return elaborated(lu(LU_CHAIN, LU_CELLS, curve=[[[0, 0, entry], [1, 0, entry]], [[0, 0, entry], [0, 1, entry]]]))


def test_the_doubling_proof_is_right_when_it_is_short() -> None:
    data = doubling(INNER[:6])
    assert check(data).verified
    assert outcome(json.dumps(data)) == 0


@pytest.mark.parametrize(
    "data",
    [doubling(INNER), dense_chain(60), high_power(), long_curve()],
    ids=["doubling", "paths", "power", "exponents"],
)
def test_work_is_limited(data: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hundredth of the usual limit, so that the test is quick."""
    monkeypatch.setattr(checker, "MAX_WORK", checker.MAX_WORK // 100)
    start = time.perf_counter()
    report = check(data)
    assert time.perf_counter() - start < 20
    assert report.exit_code == 1
    assert "limit" in report.reason


# ---- anything at all -----------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.slow
@given(JSON)
def test_any_data_gets_a_report(data: object) -> None:
    assert check(json.dumps(data)).exit_code == 2


@given(st.binary(max_size=60))
def test_any_bytes_get_a_report(raw: bytes) -> None:
    assert check(raw).exit_code == 2


@pytest.mark.slow
@given(st.data(), st.sampled_from(sorted(VALID)), JSON)
def test_any_value_in_any_place_gets_a_report(data: st.DataObject, name: str, value: object) -> None:
    changed = json.loads(VALID[name])
    place: Any = changed
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not place[key] or not isinstance(place[key], (dict, list)) or data.draw(st.integers(0, 4)) == 0:
            break
        place = place[key]
    place[key] = value
    text = json.dumps(changed)
    assert check(text).exit_code in (0, 1, 2, 3)
    assert (check(text).exit_code in (0, 3)) == (outcome(text) in (0, 3))


# ---- the description -----------------------------------------------------------------------------

ROOT = Path(__file__).parent.parent
FORMAT = (ROOT / "docs" / "certificate-format.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)```", FORMAT, flags=re.DOTALL)


def test_the_examples_of_the_description_are_certificates() -> None:
    reports = [check(text) for text in EXAMPLES]
    assert [report.claim for report in reports] == ["not_closed", "closed"]
    assert all(report.exit_code == 0 for report in reports)
    assert [outcome(text) for text in EXAMPLES] == [0, 0]


@pytest.mark.parametrize("word", MODEL_RULES)
def test_the_rules_about_models_are_named_and_have_pages(word: str) -> None:
    pages = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "rules").glob("*.md"))]
    if word in MODEL_RULES and word != "least-squares":
        assert word in FORMAT
    assert any(f"`{word}`" in page or f'"do": "{word}"' in page for page in [*pages, FORMAT])


@pytest.mark.parametrize("word", [each for each in (*RULES, *STEPS) if each not in MODEL_RULES])
def test_the_description_names_every_rule_and_step(word: str) -> None:
    assert re.search(rf"(?m)^\* (`[a-z-]+`, )*`{word}`(, keys? |: )", FORMAT) or f"rule `{word}`" in FORMAT
