"""The site of the documentation: lines, rules that have pages, and a build in which nothing is missing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.helpers.browser import CHROMIUM, DRIVER, Browser

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
SOURCES = [
    *sorted(path for path in DOCS.rglob("*.md") if not {"_static", "notebooks"} & {*path.relative_to(DOCS).parts}),
    *sorted((ROOT / "notebooks").glob("*.py")),
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
]
# what programs print, and tables made of results
SHOWN = re.compile(
    r"^( *)```(console|json|text|python|\{patterns\}).*?^\1```$|<!-- measured.*?<!-- end -->", re.S | re.M
)


@pytest.mark.parametrize("path", SOURCES, ids=[str(path.relative_to(ROOT)) for path in SOURCES])
def test_no_line_is_longer_than_100_characters(path: Path) -> None:
    """What programs print is shown as they print it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        text = SHOWN.sub("", text)
    long = [line for line in text.splitlines() if len(line) > 100]
    assert not long, f"{len(long)} lines, the first one is: {long[0][:120]}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages; a warning, such as a link that leads nowhere, is an error."""
    for name in ("sphinx", "myst_parser", "furo"):
        if find_spec(name) is None:
            pytest.skip(f"{name} is not installed: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going", str(DOCS), str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return folder


@pytest.mark.slow
def test_every_page_is_built_and_found(site: Path) -> None:
    for page in DOCS.rglob("*.md"):
        if "_static" not in page.parts:
            assert (site / page.relative_to(DOCS)).with_suffix(".html").exists(), page
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        page = (site / "notebooks" / f"{notebook.stem}.html").read_text(encoding="utf-8")
        assert f"{notebook.stem}.ipynb" in page
        assert page.count("highlight-python") == sum(
            cell["cell_type"] == "code" for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        )
    assert "twins" in (site / "searchindex.js").read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_pattern_of_the_atlas_has_a_picture(site: Path) -> None:
    page = (site / "atlas.html").read_text(encoding="utf-8")
    assert page.count("<figure id='pattern-") == 66 + 31
    assert len(page) < 300_000
    assert "<title>(1,3 | 1,3)</title>" in page


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        for address in re.findall(r"<(?:script|link|img)[^>]*?(?:src|href)=\"([^\"]+)\"", page.read_text("utf-8")):
            assert not address.startswith(("http:", "https:", "//")), (page, address)


@pytest.mark.slow
def test_a_rule_stands_beside_its_checker(site: Path) -> None:
    text = re.sub(r"<[^>]+>", "", (site / "rules" / "twins.html").read_text(encoding="utf-8"))
    assert re.search(r"def \w*_twins\(", text)
    assert "twins" in text.partition("In a certificate")[2].partition("The checker")[0]


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="chromium or chromedriver is not installed")
def test_formulas_are_typeset(site: Path) -> None:
    with Browser() as browser:
        browser.open((site / "rules" / "twins.html").as_uri())
        assert browser.wait("return document.querySelectorAll('mjx-container mjx-mi').length > 20")
        assert not browser.run("return document.querySelectorAll('mjx-merror').length")


WITHOUT_STEPS = {
    *("linear-coordinate-space", "linear-dense-first-layer", "linear-nested-neurons", "linear-single-inputs"),
    "rename",
}


@pytest.mark.parametrize("path", sorted((DOCS / "rules").glob("*.md")), ids=lambda path: path.stem)
def test_a_rule_shows_a_certificate_and_what_checks_it(path: Path) -> None:
    """All but five that certificates do not speak of: these show a function of the library."""
    text = path.read_text(encoding="utf-8")
    if path.stem == "index":
        listed = set(re.findall(r"^([a-z-]+)$", text, re.M))
        assert listed == {each.stem for each in path.parent.glob("*.md")} - {"index"}
    elif path.stem in WITHOUT_STEPS:
        assert "\n```{library} closedness/" in text.partition("\n## In a certificate\n")[2]
    else:
        shown, _, checker = text.partition("\n## In a certificate\n")[2].partition("\n## The checker\n")
        assert "\n```{certificate} " in shown
        assert "\n```{checker} " in checker
