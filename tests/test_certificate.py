"""Certificates as values, and what the checker says it trusts."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from closedness import Certificate, ClosednessError, check, decide
from closedness.errors import FormatError
from tests.helpers.oracle import lower_triangular, two_factors

LU = lower_triangular(2)
FULL = two_factors([3, 3], [3, 3], 2)
SOLVER = {"rule": "solver", "engine": "z3 5.4.1", "question": "closedness", "answer": "unsat"}


@pytest.fixture(params=[LU, FULL], ids=["not closed", "closed"])
def certificate(request: pytest.FixtureRequest) -> Certificate:
    found = decide(request.param).certificate
    assert found is not None
    return found


def test_round_trip(certificate: Certificate) -> None:
    again = Certificate.from_json(certificate.to_json())
    assert again == certificate
    assert hash(again) == hash(certificate)
    assert again.to_json() == certificate.to_json()
    assert again.product == certificate.product
    assert again != Certificate.from_json(certificate.to_json().replace("real", "complex"))
    assert again != "something else"


def test_what_it_says_about_itself(certificate: Certificate) -> None:
    data = json.loads(certificate.to_json())
    assert certificate.claim == data["claim"]
    assert certificate.field == data["field"] == "real"
    assert certificate.problem_id == certificate.product.content_id == data["problem_id"]
    assert repr(certificate).startswith(f"<Certificate {certificate.claim} (real) of ")
    assert set(data["provenance"]) >= {"closedness"}


def test_there_are_no_floats(certificate: Certificate) -> None:
    def refuse(word: str) -> object:
        raise AssertionError(word)

    json.loads(certificate.to_json(), parse_float=refuse, parse_constant=refuse)


def test_the_proof_is_a_copy(certificate: Certificate) -> None:
    proof = certificate.proof
    proof["rule"] = "changed"
    assert certificate.proof["rule"] != "changed"


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": 1}', "{" * 10_000])
def test_other_texts_are_no_certificates(text: str) -> None:
    with pytest.raises(FormatError) as caught:
        Certificate.from_json(text)
    assert isinstance(caught.value, ClosednessError)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in str(caught.value)


def test_duplicate_keys_and_floats_are_refused(certificate: Certificate) -> None:
    text = certificate.to_json()
    with pytest.raises(FormatError, match="duplicate"):
        Certificate.from_json(text.replace('"field":"real"', '"field":"real","field":"real"'))
    with pytest.raises(FormatError, match="floating-point"):
        Certificate.from_json(text.replace('"version":2', '"version":2.0'))


# -------------------------------------------------------------------- a solver's word


def test_a_solvers_word_is_named() -> None:
    report = check(Certificate.closed(FULL, "real", SOLVER, {}))
    assert report.verified
    assert report.trusted == ("z3 5.4.1",)
    assert report.exit_code == 3
    assert "z3 5.4.1" in repr(report)


@pytest.mark.parametrize("change", [{"answer": "sat"}, {"answer": "unknown"}, {"question": "membership"}])
def test_a_solver_that_says_something_else_proves_nothing(change: dict[str, str]) -> None:
    report = check(Certificate.closed(FULL, "real", {**SOLVER, **change}, {}))
    assert not report.verified


def test_a_solver_may_not_hide_inside_a_proof() -> None:
    """Its word is taken for a whole question only, in plain sight."""
    node = {"rule": "product", "parts": [{"terms": [0, 1], "then": SOLVER}]}
    assert not check(Certificate.closed(FULL, "real", node, {})).verified


def test_a_solver_cannot_claim_that_a_set_is_not_closed() -> None:
    found = decide(LU).certificate
    assert found is not None
    data = json.loads(found.to_json())
    data["proof"] = [SOLVER]
    assert not check(data).verified


def test_the_exit_code_of_the_command_line_names_trust(tmp_path: object, cli: Callable[..., object]) -> None:
    from pathlib import Path

    assert isinstance(tmp_path, Path)
    place = tmp_path / "certificate.json"
    place.write_text(Certificate.closed(FULL, "real", SOLVER, {}).to_json(), encoding="utf-8")
    outcome = cli("check", place)
    assert outcome.code == 3  # type: ignore[attr-defined]
    assert "z3 5.4.1" in outcome.out  # type: ignore[attr-defined]
