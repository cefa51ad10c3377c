"""Pictures to share, names of rows and columns, pages in print."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from cases import families, load
from closedness import SupportProduct, Verdict, decide
from closedness.errors import InputError
from closedness.files.labels import Labels
from closedness.files.problems import read_labelled
from closedness.report.index import Row, index_html
from closedness.report.page import report_html
from closedness.report.share import png_of, share_svg
from closedness.verdict import Status
from tests.conftest import Outcome
from tests.helpers.browser import CHROMIUM, DRIVER, REASON, Browser

Cli = Callable[..., Outcome]
LU = SupportProduct.from_text("10/11 * 11/01")
NAMED = ",f,<g>\na,1,0\nb,1,1\n\n,x,y\nf,1,1\n<g>,0,1\n"


def framed(picture: str) -> int:
    return picture.count("fill='none' stroke='#222222'")


@pytest.mark.parametrize("name", ["lu-3", "three-pairs", "butterfly-8-1", "lower-upper-lower", "block-diagonal"])
def test_the_picture_frames_the_obstruction(name: str) -> None:
    verdict = decide(load(name).product)
    picture = share_svg(verdict)
    ET.fromstring(picture)
    assert verdict.status.words.upper() in picture
    example = verdict.counterexample
    wanted = 0 if example is None else sum(map(len, [*example.curve, example.entries]))
    assert framed(picture) == wanted


def test_large_and_undecided_pictures() -> None:
    large = share_svg(decide(families.pruned(200, 60, 200, 0.1, 3)))
    ET.fromstring(large)
    assert framed(large) == 0
    assert "#E69F00" in large
    open_question = Verdict(Status.UNDECIDED, "out of <time>", LU)
    assert "UNDECIDED" in share_svg(open_question)


def test_png(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resvg_py", reason="needs the optional extra png")
    data = png_of(share_svg(decide(LU)))
    assert data.startswith(b"\x89PNG")
    width = int.from_bytes(data[16:20], "big")
    assert width == 2 * 620
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)
    with pytest.raises(InputError, match=r"pip install 'closedness\[png\]'"):
        png_of(share_svg(decide(LU)))


def test_the_command_writes_the_picture(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "lu.txt").write_text("x.\nxx\n\nxx\n.x\n")
    page, picture = tmp_path / "lu.html", tmp_path / "lu.svg"
    assert cli("report", tmp_path / "lu.txt", "-o", page, "--picture", picture).code == 0
    assert "NOT CLOSED" in picture.read_text(encoding="utf-8")
    found = cli("report", tmp_path / "lu.txt", "-o", page, "--picture", tmp_path / "lu.jpg")
    assert found.code == 2
    assert "ends neither in .svg nor in .png" in found.err


# -------------------------------------------------------------------- names


def test_names_in_tables_are_read(tmp_path: Path) -> None:
    (tmp_path / "named.csv").write_text(NAMED)
    product, labels = read_labelled(tmp_path / "named.csv")
    assert product == LU
    assert labels.levels == (("a", "b"), ("f", "<g>"), ("x", "y"))
    first, second = NAMED.split("\n\n")
    (tmp_path / "1.csv").write_text(first)
    (tmp_path / "2.csv").write_text(second)
    assert read_labelled(tmp_path / "1.csv", tmp_path / "2.csv") == (product, labels)
    (tmp_path / "lu.txt").write_text("x.\nxx\n\nxx\n.x\n")
    assert read_labelled(tmp_path / "lu.txt") == (LU, Labels())
    (tmp_path / "lu.json").write_text(json.dumps(LU.to_problem()))
    assert read_labelled(tmp_path / "lu.json") == (LU, Labels())
    half = Labels((("a", "b"), (), ()))
    (tmp_path / "half.csv").write_text("a,1,0\nb,1,1\n\n1,1\n0,1\n")
    assert read_labelled(tmp_path / "half.csv") == (LU, half)


def test_names_stand_in_the_page(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "named.csv").write_text(NAMED)
    assert cli("report", tmp_path / "named.csv", "-o", tmp_path / "named.html").code == 0
    page = (tmp_path / "named.html").read_text(encoding="utf-8")
    assert "<th scope='row'>1 b</th>" in page
    assert "<th scope='col'>1<br>&lt;g&gt;</th>" in page
    assert "<dt>Hidden indices</dt><dd>0 f, 1 &lt;g&gt;</dd>" in page
    assert "<g>" not in page.split("<pre>", maxsplit=1)[0].replace("<g id='dots'", "")
    plain = report_html(decide(LU))
    assert "names" not in plain


# -------------------------------------------------------------------- layers of a model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "net.npz"
    lower = np.tri(3)
    np.savez(path, **{"0.weight": lower.T, "2.weight": lower, "4.weight": np.ones((2, 3)), "9.weight": np.ones((4, 4))})
    return path


def test_a_report_about_layers(model: Path, cli: Cli) -> None:
    page = model.with_suffix(".html")
    for chosen in (["--layer", "0"], ["--layer", "0", "--layer", "2"]):
        assert cli("report", model, "-o", page, *chosen).code == 0
        text = page.read_text(encoding="utf-8")
        assert "<h1>net.npz: 0 → 2</h1>" in text
        assert "W1 is layer 2; W2 is layer 0." in text
        assert "NOT CLOSED" in text.upper()
    assert cli("report", model, "-o", page, "--layer", "1").code == 0  # the second one
    assert "<h1>net.npz: 2 → 4</h1>" in page.read_text(encoding="utf-8")
    for chosen, message in (
        (["--layer", "4"], "no such layer that another one follows; those are 0, 2"),
        (["--layer", "x"], "no such layer"),
        (["--layer", "0", "--layer", "9"], "0 has 3 outputs, 9 takes 4 inputs"),
        (["--layer", "0", "--layer", "x"], "0 layers have this name"),
        ([model, "--layer", "0"], "goes with one model file"),
    ):
        found = cli("report", model, "-o", page, *chosen)
        assert found.code == 2
        assert message in found.err
        assert found.err.count("\n") == 1


def test_a_scan_writes_pages(model: Path, cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    found = cli("scan", model, "--report", folder)
    assert found.code == 0
    index = (folder / "index.html").read_text(encoding="utf-8")
    links = re.findall(r"<a href='(\d+\.html)'>(.*?)</a>", index)
    assert [name for _, name in links] == ["0 → 2", "2 → 4", "0 → 2 → 4"]
    statuses = re.findall(r"<tr class='(\w+)'>", index)
    assert index.count("Training: ReLU") == 3
    for (page, name), status in zip(links, statuses, strict=True):
        text = (folder / page).read_text(encoding="utf-8")
        assert f"<h1>{name}</h1>" in text
        assert f"id='verdict' class='{status}'" in text
        assert ("move t towards 0" in text) == (status == "not_closed")
    stored = tmp_path / "stored.json"
    assert cli("scan", model, "--out", stored, "--report", folder).code == 0
    again = cli("scan", model, "--out", stored, "--report", folder)  # from the stored answers
    assert "known" in again.out
    assert (folder / "index.html").read_text(encoding="utf-8") == index
    (tmp_path / "file").write_text("")
    assert cli("scan", model, "--report", tmp_path / "file").code == 2
    assert cli("scan", model, "--report", tmp_path / "none" / "deeper").code == 2


def test_the_index_is_escaped_and_may_be_empty() -> None:
    page = index_html("<net>", [Row("undecided", "<a>", "<why>", "<how>", "0.html")], ["<note>"])
    assert not re.search(r"<(net|a|why|how|note)>", page)
    assert "1 undecided" in page
    assert "<table" not in index_html("net", [], [])


# -------------------------------------------------------------------- dark, and on paper


@pytest.mark.slow
def test_pages_are_dark_where_wanted_and_light_on_paper(tmp_path: Path) -> None:
    if DRIVER is None or CHROMIUM is None:
        pytest.skip(REASON)
    path = tmp_path / "page.html"
    path.write_text(report_html(decide(families.lower_times_upper(3)), "LU"), encoding="utf-8")
    ground = "return getComputedStyle(document.body).backgroundColor"
    with Browser() as browser:
        browser.open(path)
        browser.look(900, 900)
        assert browser.run(ground) == "rgb(255, 255, 255)"
        browser.look(900, 900, dark=True)
        assert browser.run(ground) == "rgb(24, 26, 27)"
        # contrast of text and ground
        assert browser.run("return getComputedStyle(document.body).color") == "rgb(232, 232, 232)"
        dark = [{"name": "prefers-color-scheme", "value": "dark"}]
        browser.devtools("Emulation.setEmulatedMedia", media="print", features=dark)
        assert browser.run(ground) == "rgb(255, 255, 255)"
        pdf = base64.b64decode(browser.devtools("Page.printToPDF", preferCSSPageSize=True)["data"])
        assert pdf.startswith(b"%PDF")
        assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 6
        assert browser.run("return getComputedStyle(document.querySelector('.slider')).display") == "none"
        assert browser.complaints() == []
