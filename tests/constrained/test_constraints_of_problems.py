"""Constraints of problem files and of `decide`; names of rows and columns in explanations."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from closedness import Status, SupportProduct, decide
from closedness.constrained import Covariance, Fixed, NonNegative
from closedness.constrained.reading import constraints_of, with_constraints
from closedness.errors import FormatError, InputError
from closedness.files.labels import Labels
from closedness.verdict import explain

DATA = Path(__file__).parents[1] / "data"
LU = SupportProduct.from_text("10/11 * 11/01")
CROSSED = [[1, 0], [1, 1], [0, 1]]


def test_decide_hands_questions_with_constraints_on() -> None:
    assert decide(LU).status is Status.NOT_CLOSED
    assert decide(NonNegative(LU)).status is Status.CLOSED
    assert decide(with_constraints(LU, "gram")).status is Status.CLOSED
    assert decide(Covariance.of(CROSSED), seconds=10).theorem == "covariance-limit"
    assert decide(Fixed.of([[1, 0], [None, 1]], [[None, None], [0, None]])).theorem == "marker"
    with pytest.raises(InputError, match="are real"):
        decide(NonNegative(LU), field="complex")
    with pytest.raises(InputError, match="not a SupportProduct"):
        decide("10/11 * 11/01")
    with pytest.raises(InputError, match="seconds"):
        decide(Covariance.of(CROSSED), seconds=-1)


def stored(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value))
    return path


FACTORS = [CROSSED, [[1, 1], [1, 1]], [[1, 1, 0], [0, 1, 1]]]
FIXED = [[[1, 0], [None, 1]], [[None, None], [0, None]]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("constraints", "factors", "theorem"),
    [
        ("nonnegative", FACTORS, "nonnegative"),
        ("covariance", FACTORS, "covariance-limit"),
        ({"kind": "covariance", "unique": True}, FACTORS, "covariance"),
        ({"kind": "covariance", "unique": [1]}, FACTORS, "covariance"),
        ({"kind": "covariance", "correlated": False}, FACTORS, "covariance"),
        ({"kind": "covariance", "correlated": [[0], [1]]}, [CROSSED], "covariance"),
        ("gram", [CROSSED, FACTORS[2]], "covariance"),
        ("fixed", FIXED, "marker"),
    ],
)
def test_constraints_in_files(
    constraints: Any, factors: Any, theorem: str, cli: Callable[..., Any], tmp_path: Path
) -> None:
    if len(factors) == 1:
        factors = [factors[0], [[1, 0], [0, 1]], FACTORS[2]]
    path = stored(tmp_path / "p.json", {"name": "a model", "constraints": constraints, "factors": factors})
    certificate = tmp_path / "c.json"
    for command in ("decide", "model"):
        found = cli(command, path, "--json", "--certificate", certificate)
        value = json.loads(found.out)
        assert (found.code, value["theorem"]) == (0, theorem)
        assert cli("check", certificate).code == 0
    assert constraints_of(certificate) == constraints_of(path)
    assert f"[{theorem}]" in cli("decide", certificate).out
    # who does not look at constraints does not pass over them in silence
    other = cli("closure", path)
    assert other.code == 2
    assert "constraints" in other.err


def test_options_of_decide(cli: Callable[..., Any]) -> None:
    bifactor, nmf = DATA / "bifactor_lavaan_cov.json", DATA / "nnlm_v.json"
    assert cli("decide", nmf).out.startswith("NOT CLOSED")
    assert cli("decide", nmf, "--constraints", "nonnegative").out.startswith("CLOSED")
    found = cli("decide", bifactor, "--constraints", "covariance", "--unique", "--json")
    assert (found.code, json.loads(found.out)["theorem"]) == (0, "covariance")
    for arguments in (["--unique"], ["--constraints", "nonnegative", "--unique"]):
        assert cli("decide", nmf, *arguments).code == 2
    assert cli("decide", nmf, "--constraints", "nonnegative", "--field", "complex").code == 2


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"constraints": "positive", "factors": FACTORS}, "the kind is 'positive'"),
        ({"constraints": None, "factors": FACTORS}, "the kind is None"),
        ({"constraints": {"kind": "gram", "loose": 1}, "factors": FACTORS}, "'loose' is unknown"),
        ({"constraints": {"kind": "covariance", "unique": "x1"}, "factors": FACTORS}, "unique is 'x1'"),
        ({"constraints": {"kind": "nonnegative", "unique": True}, "factors": FACTORS}, "unique is True"),
        ({"constraints": {"kind": "covariance", "unique": ["x1"]}, "factors": FACTORS}, "unique|not supported"),
        ({"constraints": {"kind": "covariance", "correlated": [[0], [0, 1]]}, "factors": FACTORS}, "one group only"),
        ({"constraints": "gram", "factors": FACTORS[:2]}, "transposed"),
        ({"constraints": "fixed", "factors": "LU"}, "two lists of rows"),
        ({"constraints": "fixed", "factors": [[["a"]], [[1]]]}, "no number"),
        ({"constraints": "nonnegative"}, "keys are missing"),
        ({"format": "closedness-constrained-certificate", "problem": {"kind": "covariance"}}, "no question"),
    ],
)
def test_constraints_that_are_not_read(document: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        constraints_of(stored(tmp_path / "p.json", document))
    assert "\n" not in str(caught.value)


def test_files_without_constraints(tmp_path: Path) -> None:
    assert constraints_of(stored(tmp_path / "p.json", {"factors": FACTORS})) is None
    assert constraints_of(stored(tmp_path / "q.json", FACTORS)) is None


def test_names_stand_beside_the_matrices(cli: Callable[..., Any], tmp_path: Path) -> None:
    table = tmp_path / "named.csv"
    table.write_text(",f,g\nitem a,1,0\nitem b,1,1\n\n,x,y\nf,1,1\ng,0,1\n")
    out = cli("decide", table).out
    assert "[ item a " in out
    assert "rows: 0 = item a, 1 = item b" in out
    assert "hidden indices: 0 = f, 1 = g" in out
    assert "columns: 0 = x, 1 = y" in out
    value = json.loads(cli("decide", table, "--json").out)
    assert value["labels"] == [["item a", "item b"], ["f", "g"], ["x", "y"]]
    # only the rows are named, and only some of them are in the counterexample of a large pattern
    large = SupportProduct.from_pair([[1, 0], [1, 1], *[[1, 0]] * 20], [[1, 0], [1, 1]])
    text = explain(decide(large), Labels((tuple(f"r{i}" for i in range(22)), (), ())))
    assert "rows: 0 = r0, 1 = r1" in text
    assert "[r1,0] = 1/t" in text
    plain = explain(decide(large))
    assert "r0" not in plain
