"""Measurement models and tables of loadings: reading, and the command that answers for them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from closedness.constrained.reading import covariance_of_product
from closedness.errors import FormatError, InputError
from closedness.files.loadings import parse_lavaan, parse_table, read_loadings
from closedness.supports.product import SupportProduct

DATA = Path(__file__).parents[1] / "data"


def test_lavaan() -> None:
    found = parse_lavaan(
        """
        # a bifactor model
        g  =~ NA*x1 + x2 +
              x3 + x4        ! goes on
        f1 =~ x1 + a*x2; f2 =~ 0*x3 + x4
        g ~~ 1*g
        g ~~ 0*f1 + 0*f2
        f1 ~~ f2
        x1 ~~ 0*x1
        x2 ~ 1
        """
    )
    assert found.items == ("x1", "x2", "x3", "x4")
    assert found.factors == ("g", "f1", "f2")
    assert found.support.rows == ((0, 1), (0, 1), (0,), (0, 2))
    assert found.blocks == ((0,), (1, 2))
    assert found.unique == (1, 2, 3)
    assert any("~ 1" in note for note in found.notes)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no line such as"),
        ("f = x1", "has no operator"),
        ("f =~ x1 + 2x", "is no term"),
        ("f =~ x1\ny ~ f", "regression"),
        ("f =~ x1\nh =~ f", "higher order"),
        ("f =~ x1 + x2\nx1 ~~ x2", "residuals"),
        ("a =~ x\nb =~ y\nc =~ z\na ~~ 0*b", "groups"),
    ],
)
def test_models_that_are_not_read(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        parse_lavaan(text, "m.lav")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no table"),
        ("a\nb\n", "is no table"),
        (",f\nx,1\ny,a\n", "is no number"),
        (",f,f\nx,1,2\n", "name of its own"),
        (",f,g\nx,1,2\ny,1\n", "line 3 has 2 columns"),
        ("gene,tf\nlacZ,\naraB,crp\n", "does not name|number"),
    ],
)
def test_tables_that_are_not_read(text: str, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        parse_table(text)


def test_files_people_have() -> None:
    assert read_loadings(DATA / "model.lav").factors == ("g", "f1")
    table = read_loadings(DATA / "loadings.csv")
    assert table.support.rows == ((0, 1), (0, 1), (0, 2), (0, 2))
    with pytest.raises(FormatError, match="files of loadings end in"):
        read_loadings("x.doc")
    with pytest.raises(FormatError, match="no such file"):
        read_loadings("nowhere.lav")


def test_factor_models_as_products() -> None:
    product = SupportProduct.from_text("10/11 * 11/11 * 11/01")
    assert covariance_of_product(product).blocks == ((0, 1),)
    with pytest.raises(InputError, match="transposed"):
        covariance_of_product(SupportProduct.from_text("10/11 * 11/11"))
    with pytest.raises(InputError, match="grouping"):
        covariance_of_product(SupportProduct.from_text("100/010/001 * 110/111/011 * 100/010/001"))


def test_the_command(cli: Callable[..., Any], tmp_path: Path) -> None:
    def run(*arguments: object) -> tuple[int, dict[str, object]]:
        found = cli("model", *arguments, "--json")
        return found.code, json.loads(found.out)

    code, answer = run(DATA / "bifactor_lavaan_cov.json", "--kind", "covariance", "--unique")
    assert (code, answer["status"], answer["theorem"]) == (0, "closed", "covariance")
    code, answer = run(DATA / "nnlm_v.json", "--kind", "nonnegative")
    assert (code, answer["status"]) == (0, "closed")
    # three items, two factors: every matrix of rank two is a product, so nothing can diverge
    code, answer = run(DATA / "model.lav")
    assert (code, answer["status"]) == (0, "closed")
    code, answer = run(DATA / "model.lav", "--uncorrelated")
    assert (code, answer["status"]) == (0, "closed")
    model = tmp_path / "cross.lav"
    model.write_text("f1 =~ x1 + x2 + x5\nf2 =~ x3 + x4 + x5\nf3 =~ x6 + x7\n")
    out = tmp_path / "cross.json"
    code, answer = run(model, "--certificate", out)
    assert (code, answer["status"], answer["theorem"]) == (0, "not_closed", "paired-items")
    assert "x5 loads on f1 and f2" in str(answer["reason"])
    assert cli("check", out).code == 0


def test_regulators(cli: Callable[..., Any], tmp_path: Path) -> None:
    """Two genes with the same two regulators: not closed; the names are told."""
    table = tmp_path / "network.tsv"
    table.write_text("gene\ttf\nlacZ\tcrp\nlacZ\tlacI\naraB\tcrp\ngalK\tlacI\n")
    found = cli("model", table)
    assert found.code == 0
    assert "NOT CLOSED" in found.out
    assert "lacZ" in found.out
    assert "crp" in found.out


def test_bad_input(cli: Callable[..., Any]) -> None:
    found = cli("model", DATA / "nnlm_v.json")
    assert found.code == 2
    assert "--kind" in found.err
    assert cli("model", DATA / "model.lav", "--samples", "0").code == 2
