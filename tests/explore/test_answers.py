"""What the explorer asks for, in this process and in one of its own that can be ended."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import families
from closedness import Status, SupportProduct, check, decide
from closedness.errors import FormatError, InputError
from closedness.explore.answers import read, verdict, write
from closedness.explore.jobs import Job
from closedness.files.problems import join_parts, parse_parts
from closedness.files.writing import FORMATS, problem_files
from tests.helpers.strategies import products

KEYS = ["problem", "factors", "shape", "rows", "field", "seconds", "files", "name", "data", "format"]
LU = SupportProduct.from_text("10/11 * 11/01")


def parts_of(product: SupportProduct, **more: Any) -> dict[str, dict[str, Any]]:
    payload = {"problem": product.to_problem(), "field": "real", "seconds": 10, **more}
    return {part["part"]: part for part in json.loads(json.dumps(list(verdict(payload))))}


def test_a_set_that_is_not_closed() -> None:
    parts = parts_of(LU)
    assert parts["verdict"]["status"] == "not_closed"
    example = decide(LU).counterexample
    assert example is not None
    marks = parts["verdict"]["marks"]
    assert marks["factors"] == [[list(cell) for cell in sorted(factor)] for factor in example.curve]
    assert marks["growing"] == [[[1, 0], [1, 1]], []]
    assert {tuple(cell) for cell in marks["target"]} == set(example.entries)
    assert "move t towards 0" in parts["proof"]["counterexample"]
    assert check(parts["certificate"]["text"]).verified
    assert "by 1 change" in parts["nearest"]["summary"]
    for each in parts["nearest"]["found"]:
        changed = SupportProduct.from_problem(each["problem"])
        assert decide(changed).status is Status.CLOSED
        turned = {
            (l, *cell) for l, (a, b) in enumerate(zip(LU, changed, strict=True)) for cell in set(a) ^ set(b)
        }
        assert turned == {tuple(change) for change in each["changes"]}


def test_a_closed_set() -> None:
    parts = parts_of(families.monarch(2, 2))
    assert list(parts) == ["verdict", "proof", "certificate", "picture"]
    assert parts["verdict"]["marks"] is None
    assert parts["proof"]["counterexample"] == ""


def test_a_question_that_stays_open() -> None:
    parts = parts_of(families.pruned(8, 8, 8, 0.7, 1), seconds=0)
    assert parts["verdict"]["status"] == "undecided"
    assert parts["verdict"]["known"]
    assert not {"proof", "certificate"} & set(parts)


def test_a_large_support_comes_as_a_picture() -> None:
    assert parts_of(LU)["verdict"]["picture"] == ""
    assert "<svg" in parts_of(families.monarch(8, 8))["verdict"]["picture"]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ({}, "not an object"),
        ({"problem": {"factors": []}}, "at least two are needed"),
        ({"problem": LU.to_problem(), "field": "rational"}, "field is 'rational'"),
        ({"problem": LU.to_problem(), "seconds": -1}, "seconds is -1"),
        ({"problem": LU.to_problem(), "seconds": "1"}, "seconds is '1'"),
        ({"problem": LU.to_problem(), "seconds": True}, "seconds is True"),
        ({"problem": LU.to_problem(), "seconds": float("inf")}, "seconds is no limit"),
    ],
)
def test_bad_questions(payload: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(verdict(payload))


# -------------------------------------------------------------------- files


def sent(*files: tuple[str, bytes]) -> dict[str, Any]:
    return {"files": [{"name": name, "data": base64.b64encode(data).decode()} for name, data in files]}


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(products())
def test_every_format_is_read_back(product: SupportProduct) -> None:
    for form in FORMATS:
        parts = write({"problem": product.to_problem(), "format": form})
        files = [(part["name"], base64.b64decode(part["data"])) for part in parts]
        assert files == problem_files(product, form)
        (answer,) = read(sent(*files))
        assert answer["problem"] == product.to_problem()


def test_files_that_hold_no_problem() -> None:
    with pytest.raises(FormatError, match=r"x\.txt: holds one factor"):
        list(read(sent(("x.txt", b"x.\nxx\n"))))
    with pytest.raises(FormatError, match=r"b\.csv: holds 2 factors"):
        list(read(sent(("a.csv", b"1,0\n"), ("b.csv", b"1\n\n1\n"))))
    with pytest.raises(FormatError, match=r"etc: did not arrive whole"):
        list(read({"files": [{"name": "../etc", "data": "?"}]}))
    for payload in ({}, {"files": []}, {"files": "x"}):
        with pytest.raises(InputError, match="not a list of files"):
            list(read(payload))
    with pytest.raises(InputError, match="format is 'exe'"):
        list(write({"problem": LU.to_problem(), "format": "exe"}))


def test_what_is_too_large_for_a_page_is_refused() -> None:
    with pytest.raises(InputError, match="too many for a page"):
        list(read(sent(("big.json", json.dumps(LARGE.to_problem()).encode()))))


LARGE = SupportProduct.from_kronecker([(1, 5000, 1, 1), (1, 1, 1, 1)])


def test_one_whole_file_of_several_kinds_joins() -> None:
    parts = parse_parts(b"x.\nxx\n\nxx\n.x\n", ".txt")
    assert join_parts([("a.txt", parts)], "a.txt") == LU


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 5) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.sampled_from([verdict, read, write]), st.dictionaries(st.sampled_from(KEYS), JSON))
def test_whatever_is_asked_is_answered_or_refused(kind: Any, payload: dict[str, Any]) -> None:
    if kind is verdict and isinstance(payload.get("seconds", 0), (int, float)):
        payload = {**payload, "seconds": min(payload.get("seconds", 0), 0)}
    try:
        said = json.dumps(list(kind(payload)))
    except InputError as error:
        said = str(error)
    assert said.isprintable()


# -------------------------------------------------------------------- processes


def finished(job: Job) -> list[dict[str, Any]]:
    found = []
    while (part := job.next()) is not None:
        found.append(part)
    return found


def test_a_job_gives_the_same_parts() -> None:
    payload = {"problem": LU.to_problem(), "field": "real", "seconds": 10}
    parts = finished(Job("verdict", payload, 60))
    assert [part["part"] for part in parts] == [part["part"] for part in verdict(payload)]


def test_errors_are_parts() -> None:
    (part,) = finished(Job("verdict", {"problem": 3}, 60))
    assert part["part"] == "error"
    assert "not an object" in part["message"]
    (part,) = finished(Job("read", {"files": [3]}, 60))
    assert part["message"] == "file: did not arrive whole"
    with pytest.raises(InputError, match="kind is 'shell'"):
        Job("shell", {}, 1)


def test_a_job_can_be_ended_and_has_an_end() -> None:
    payload = {"problem": families.pruned(12, 12, 12, 0.7, 1).to_problem(), "field": "real", "seconds": 60}
    job = Job("verdict", payload, 60)
    assert job.running()
    began = time.monotonic()
    job.end()
    assert not job.running()
    assert job.next() is None
    assert time.monotonic() - began < 5
    job = Job("verdict", payload, 0.3)
    (part,) = finished(job)
    assert part["message"] == "stopped after 0.3 s"
    assert not job.running()
