"""Names in place of numbers, in what is told."""

from __future__ import annotations

import pytest

from closedness.cli.app import main
from closedness.files.labels import Labels

NAMES = Labels((("age", "height", "weight"), ("g", "f"), ("x", "y")))


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("row 2 and column 1", "row weight and column y"),
        ("rows 0, 1 and columns 0, 1 form a 2×2 LU pattern", "rows age, height and columns x, y form a 2×2 LU pattern"),
        ("hidden indices 0 and 1 share row 9", "hidden indices g and f share row 9"),
        ("2 rows and 3 columns, rank 1", "2 rows and 3 columns, rank 1"),
    ],
)
def test_numbers_become_names_where_there_are_some(sentence, told):
    assert NAMES.told(sentence) == told
    assert Labels().told(sentence) == sentence


def test_between_many_factors_hidden_indices_keep_their_numbers():
    assert Labels((("a",), ("b",), ("c",), ("d",))).told("row 0, hidden index 0, column 0") == (
        "row a, hidden index 0, column d"
    )


def test_the_reason_speaks_of_the_names_in_the_file(tmp_path, capsys):
    table = tmp_path / "lu.csv"
    table.write_text(",f,g\nage,1,0\nsize,1,1\n\n,x,y\nf,1,1\ng,0,1\n")
    assert main(["decide", str(table)]) == 0
    said = capsys.readouterr().out
    assert "because rows age, size and columns x, y form a 2×2 LU pattern" in said
    page = tmp_path / "lu.html"
    assert main(["report", str(table), "-o", str(page)]) == 0
    assert "rows age, size and columns x, y" in page.read_text(encoding="utf-8")
