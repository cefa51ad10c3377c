"""The report: one page without network, right in what it says, alive in a browser."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cases import all_cases, families, load
from closedness import Certificate, Status, Support, SupportProduct, Verdict, check, decide
from closedness.budget import Budget
from closedness.report import steps
from closedness.report.page import report_html
from closedness.report.pictures import course_svg, large_svg, pattern_svg
from closedness.report.replay import Equations, Factors, Shape
from closedness.report.steps import closed_steps, polynomial, refutation_steps
from closedness.rules.words import numbers
from tests.helpers.browser import CHROMIUM, DRIVER, REASON, Browser

ROOT = Path(__file__).parents[2]
VOID = {"meta", "link", "input", "br", "img"}


class Reader(HTMLParser):
    """Collects elements, and complains about tags that do not match."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.identities: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        assert not self.stack

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            self.attributes.append((tag, name, value or ""))
            if name == "id":
                self.identities.append(value or "")
        if tag not in VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if self.stack and self.stack[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def undecided() -> Verdict:
    return Verdict(
        Status.UNDECIDED, "out of time", families.low_rank_plus_diagonal(4, 2), tried=("one thing", "another <thing>")
    )


NAMES = ["lu-3", "butterfly-8-1", "pruned-40-20-40-20-1", "complete-block", "dual-basis", "completion-staircase-2"]
NAMES += ["three-pairs", "butterfly-256-4", "network-lu-100", "block-diagonal"]
NAMES += ["butterfly-chain-16", "lower-diagonal-upper", "lower-upper-lower"]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    found = {name: report_html(decide(load(name).product), f"{name}.json") for name in NAMES}
    found["undecided"] = report_html(undecided(), "open.json")
    found["random-200"] = report_html(decide(families.pruned(200, 60, 200, 0.1, 3)), "random-200.json")
    return found


ALL = [*NAMES, "undecided", "random-200"]

# -------------------------------------------------------------------- the page


@pytest.mark.slow
@pytest.mark.parametrize("name", ALL)
def test_pages_are_whole_small_and_need_no_network(name: str, pages: dict[str, str]) -> None:
    page = pages[name]
    reader = Reader(page)
    assert len(page.encode()) < 2_000_000
    assert len(set(reader.identities)) == len(reader.identities)
    for tag, attribute, value in reader.attributes:
        if attribute in ("src", "href") or attribute.startswith("xlink"):
            assert value.startswith(("data:", "#")), (tag, attribute, value)
        assert not attribute.startswith("on")
    assert "@import" not in page
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page)


@pytest.mark.parametrize("name", NAMES)
def test_pages_say_the_verdict_in_plain_words(name: str, pages: dict[str, str]) -> None:
    text = Reader(pages[name]).text
    closed = load(name).status is Status.CLOSED
    assert ("Every matrix has a best factorisation" in text) == closed
    assert ("Some matrices have no best factorisation" in text) == (not closed)
    assert "The proof, step by step" in text
    assert "What to do about it" in text
    assert "python -I -S closedness/check.py certificate.json" in text
    assert "relies on no solver's word" in text


def test_the_undecided_page_claims_nothing(pages: dict[str, str]) -> None:
    text = Reader(pages["undecided"]).text
    assert "Nothing can be concluded" in text
    assert "another <thing>" in text
    assert "best factorisation" not in text
    assert "check.py" not in text
    assert "<script" not in pages["undecided"]


@pytest.mark.parametrize("name", NAMES)
def test_the_certificate_in_the_page_is_the_right_one(name: str, pages: dict[str, str]) -> None:
    ((data,),) = ([value for tag, key, value in Reader(pages[name]).attributes if (tag, key) == ("a", "href")],)
    text = base64.b64decode(data.removeprefix("data:application/json;base64,")).decode()
    report = check(text)
    assert report.verified
    assert not report.trusted
    assert Certificate.from_json(text).product == load(name).product


def test_titles_are_escaped() -> None:
    page = report_html(decide(load("lu-2").product), "<script>alert(1)</script> & 'more'")
    assert "<script>alert" not in page
    assert "<script>alert(1)</script> & 'more'" in Reader(page).text


def test_a_rejected_certificate_is_not_hidden() -> None:
    verdict = decide(load("lu-2").product)
    assert verdict.certificate is not None
    forged = Certificate.from_json(verdict.certificate.to_json().replace('"target":[[0,1,"1"]', '"target":[[0,1,"2"]'))
    changed = Verdict(verdict.status, verdict.reason, verdict.product, "real", forged, verdict.counterexample)
    assert "The certificate was rejected" in Reader(report_html(changed)).text


def test_a_solvers_word_is_named() -> None:
    product = load("rank-2-1-2").product
    proof = {"rule": "solver", "engine": "z3 5.4.1", "question": "closedness", "answer": "unsat"}
    certificate = Certificate.closed(product, "complex", proof, {})
    text = Reader(report_html(Verdict(Status.CLOSED, "a solver says so", product, "complex", certificate))).text
    assert "relies on the bare word of z3 5.4.1" in text
    assert "No proof comes with it" in text
    assert "complex numbers" in text


# -------------------------------------------------------------------- the numbers behind the slider


@pytest.mark.parametrize("name", ["lu-3", "three-pairs", "completion-staircase-2", "pruned-40-20-40-20-1"])
def test_the_data_of_the_slider_agree_with_the_curve(name: str, pages: dict[str, str]) -> None:
    (text,) = re.findall(r"<script type='application/json' id='data'>(.*?)</script>", pages[name])
    data = json.loads(text)
    example = decide(load(name).product).counterexample
    assert example is not None
    t = 1 / 128  # exact in binary
    first, second = example.at(t)
    error = first @ second - np.array(example.target, dtype=float)
    for i, j, terms in data["error"]:
        assert error[i, j] == pytest.approx(sum(value * t**e for e, value in terms), abs=1e-9)
        assert all(e > 0 for e, _ in terms)
        error[i, j] = 0.0
    assert np.abs(error).max() < 1e-9
    for factor, entries in zip((first, second), data["curve"], strict=True):
        assert {(i, j) for i, j, _ in entries} == set(zip(*np.nonzero(factor), strict=True))


# -------------------------------------------------------------------- steps


@pytest.mark.slow
def test_every_case_can_be_told() -> None:
    for case in all_cases():
        if max(max(factor.shape) for factor in case.product) > 32:
            continue
        certificate = decide(case.product).certificate
        assert certificate is not None
        told = closed_steps(certificate) if case.status is Status.CLOSED else refutation_steps(certificate)
        assert told
        assert all(step.title and step.text for step in told)
        distinguished = any(step.title == "Case distinction" and isinstance(step.state, Shape) for step in told)
        assert any(step.folded for step in told) == distinguished
        last = [step for step in told if not step.folded][-1]
        if case.status is Status.CLOSED:
            ends = {"Crossing supports", "Nothing is left", "Case distinction", "One factor", "Normal forms"}
            assert last.title in ends | {"Kronecker-sparse chain", "A factor without zeros"}, case.name
        else:
            assert last.text.endswith("a contradiction."), case.name
            left = r"What is left of it, -?\d+(/\d+)? = 0|What is left of it, \S+ = 0"
            left += "|but it must be 1: a contradiction|no part of a basis: a contradiction"
            assert last.title == "Sum" or re.search(left, last.text), case.name


def test_refutations_are_told_with_the_equations_of_the_moment() -> None:
    certificate = decide(load("lu-2").product).certificate
    assert certificate is not None
    assert [step.text for step in refutation_steps(certificate)] == [
        "W1[0,0]·W2[0,1] - 1 = 0, so W1[0,0] is not zero.",
        "W1[0,0]·W2[0,0] = 0, and the other variables in it are not zero, so W2[0,0] = 0.",
        "What is left of it, -1 = 0, is impossible: a contradiction.",
    ]


def test_equations_are_those_of_the_product() -> None:
    product = load("three-pairs").product
    target = {(0, 0): Fraction(2)}
    found = Equations.of(product, [[0, 0], [1, 2]], target).polys
    variables = {name for poly in found.values() for monomial in poly for name, _ in monomial}
    values = {name: Fraction(number + 2, 3) for number, name in enumerate(sorted(variables))}
    for label, poly in found.items():
        i, j = map(int, label.split(":"))
        total = Fraction(0)
        for monomial, coefficient in poly.items():
            for name, e in monomial:
                coefficient *= values[name] ** e
            total += coefficient
        paths = [k for k in range(3) if (i, k) in product[0] and (k, j) in product[1]]
        wanted = sum((values[f"0:{i}:{k}"] * values[f"1:{k}:{j}"] for k in paths), Fraction(0))
        assert total == wanted - target.get((i, j), Fraction(0))


def test_solving_an_equation_substitutes_and_clears_denominators() -> None:
    one = Fraction(1)
    x, y, z = (("0:0:0", 1),), (("0:0:1", 1),), (("1:0:0", 1),)
    state = Equations({"a": {(*x, *y): one, (): -one}, "b": {(*x, *z): one, y: one}}, frozenset({"0:0:1"}))
    ((_, solved),) = state.children({"do": "solve", "variable": "0:0:0", "equation": "a", "then": 0})
    assert solved.polys == {"b": {z: one, (("0:0:1", 2),): one}}  # x = 1/y: z/y + y, times y
    ((_, put),) = state.children({"do": "scale", "variable": "0:0:1", "hidden": [0, 0], "then": 0})
    assert put.polys["a"] == {x: one, (): -one}
    zero, nonzero = state.children({"do": "split", "variable": "1:0:0", "zero": 0, "nonzero": 1})
    assert zero[1].polys["b"] == {y: one}
    assert "1:0:0" in nonzero[1].nonzero
    (first, _) = state.children(
        {"do": "factor", "equation": "a", "cases": [{"factor": [["1", [["0:0:0", 1]]]], "power": 1, "then": 3}] * 2}
    )
    assert first[0] == 3
    assert first[1].polys["a"] == {x: one}


def test_reductions_are_replayed() -> None:
    shape = Shape.of(SupportProduct.from_text("110/110/001 * 11./11./..1"))
    twins = {"rule": "twins", "side": "rows", "classes": [{"keep": [0], "drop": [1]}], "then": {}}
    ((_, fewer),) = shape.children(twins)
    assert fewer.terms[0] == (frozenset({0}), frozenset({0, 1}))
    parts = [{"terms": [0, 1], "then": {"rule": "x"}}, {"terms": [2], "then": {"rule": "y"}}]
    first, second = shape.children({"rule": "product", "parts": parts})
    assert (set(first[1].terms), set(second[1].terms)) == ({0, 1}, {2})
    ((_, freed),) = shape.children({"rule": "full", "terms": [0, 1], "then": {}})
    assert freed.free == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert set(freed.terms) == {2}
    ((_, cut),) = shape.children({"rule": "split", "term": 2, "parts": [[5, [2], [2]]], "then": {}})
    assert set(cut.terms) == {0, 1, 5}
    renaming = {"rule": "rename", "rows": [[0, 4], [1, 5], [2, 6]], "columns": [[0, 1], [1, 0], [2, 2]]}
    ((_, named),) = freed.children(renaming | {"terms": [[2, 0]], "transposed": True, "then": {}})
    assert named.terms == {0: (frozenset({2}), frozenset({6}))}
    assert (1, 4) in named.free


def test_chains_are_replayed() -> None:
    lower = Support.from_text("100/110/111")
    state = Factors((lower, Support.from_text("110/010/001"), lower.T))
    ((_, fused),) = state.children({"rule": "fusion", "at": 0, "then": {}})
    assert fused == Factors((lower @ state.supports[1], lower.T))
    for side, kept in (("left", state.supports[1:]), ("right", state.supports[:-1])):
        assert state.children({"rule": "peel", "side": side, "then": {}}) == [({}, Factors(kept))]
    ((_, dense),) = state.children({"rule": "triangular", "at": 0, "kinds": ["lower", "diagonal", "upper"], "then": {}})
    assert dense == Factors((Support.kronecker(1, 3, 3, 1),))
    dead = Factors((Support.from_text("110"), Support.from_text("10/01/01"), Support.from_text("1/0")))
    ((_, trimmed),) = dead.children({"rule": "trim", "then": {}})
    assert [str(support) for support in trimmed.supports] == ["1..", "1.\n..\n..", "1\n."]
    parts = [{"inner": [[0]], "then": {"part": 0}}, {"inner": [[1]], "then": {"part": 1}}]
    first, second = Factors((Support.from_text("10/01"),) * 2).children({"rule": "parts", "parts": parts})
    assert [str(support) for support in first[1].supports] == ["1.\n..", "1.\n.."]
    assert [str(support) for support in second[1].supports] == ["..\n.1", "..\n.1"]
    assert state.children({"rule": "single"}) == []
    assert Factors((lower, lower)).pair() == Shape.of(SupportProduct([lower, lower]))


def test_words() -> None:
    assert numbers(list(range(14))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more"
    assert polynomial({}) == "0"
    many = {((f"0:0:{k}", 1),): Fraction(1) for k in range(11)}
    assert polynomial(many).endswith("… (3 more terms)")


# -------------------------------------------------------------------- repairs


def test_the_page_names_changes_that_make_the_set_closed() -> None:
    page = report_html(decide(load("v-pattern").product), seconds_for_repairs=60)
    assert "Each of these makes the set closed" in page
    assert "These are all that do so by so few changes." in page
    late = report_html(decide(load("v-pattern").product), seconds_for_repairs=0)
    assert "No small change was found, in the time there was" in late


# -------------------------------------------------------------------- pictures


def test_pictures_of_steps_mark_free_entries() -> None:
    both = (frozenset({0, 1}), frozenset({0, 1}))
    picture = pattern_svg({0: both, 3: both}, frozenset({(1, 1)}))
    assert picture is not None
    assert picture.count(">*<") == 1
    assert picture.count(">3</text>") == 3
    many = (frozenset(range(20)), frozenset({0}))
    assert pattern_svg({0: many}, frozenset()) is None
    assert pattern_svg(dict.fromkeys(range(7), both), frozenset()) is None
    assert pattern_svg({}, frozenset()) is None


def test_large_pictures_draw_every_cell_once() -> None:
    support = Support.from_text("1101/0011/1111")
    picture = large_svg([("S", support)], [([1], [0, 2])])
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1H\d+z", picture)
    cells = [(int(i), int(j) + d) for j, i, w in runs for d in range(int(w))]
    assert sorted(cells) == sorted(support)
    assert picture.count("#E69F00") == 1
    assert picture.count("#56B4E9") == 2


def test_the_course_keeps_inside_its_frame() -> None:
    picture = course_svg([(0.0, 0.5), (6.0, -5.5)], [(0.0, 0.0), (6.0, 12.0)])
    points = re.findall(r"points='([^']*)'", picture)
    assert len(points) == 2
    for point in " ".join(points).split():
        x, y = map(float, point.split(","))
        assert 46 <= x <= 446
        assert 10 <= y <= 180


# -------------------------------------------------------------------- command line


def test_command(cli: Callable[..., Any], tmp_path: Path) -> None:
    problem, page = tmp_path / "lu.txt", tmp_path / "lu.html"
    problem.write_text("x.\nxx\n\nxx\n.x\n")
    run = cli("report", problem, "-o", page)
    assert run.code == 0
    assert run.out.startswith("not closed: ")
    assert "lu.html" in run.err
    assert "<h1>lu.txt</h1>" in page.read_text(encoding="utf-8")
    found = json.loads(cli("report", problem, "-o", page, "--json").out)
    assert found["status"] == "not_closed"
    assert found["bytes"] == page.stat().st_size
    assert cli("report", tmp_path / "none.txt", "-o", page).code == 2
    assert cli("report", problem, "-o", tmp_path / "none" / "lu.html").code == 2


# -------------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if DRIVER is None or CHROMIUM is None:
        pytest.skip(REASON)
    with Browser() as found:
        yield found


MOVE = "const s = document.getElementById('t'); s.value = '{}'; s.dispatchEvent(new Event('input')); "
READ = "return [...document.querySelectorAll('#{} td')].map(cell => cell.textContent).filter(text => text);"


@pytest.mark.parametrize("name", ALL)
def test_pages_open_without_complaint(name: str, pages: dict[str, str], browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.html"
    path.write_text(pages[name], encoding="utf-8")
    started = time.monotonic()
    browser.open(path)
    assert browser.run("return document.readyState") == "complete"
    assert time.monotonic() - started < 5
    assert browser.complaints() == []
    assert browser.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    widths = browser.run("return [...document.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect().width)")
    assert all(width > 20 for width in widths)
    browser.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 5000


def test_the_slider_moves_everything(pages: dict[str, str], browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "lu.html"
    path.write_text(pages["lu-3"], encoding="utf-8")
    browser.open(path)
    read = "return ['tvalue', 'distance', 'largest'].map(id => document.getElementById(id).textContent)"
    assert browser.run(read) == ["t = 0.1", "0.1", "10"]
    before = browser.run("return document.querySelector('#dots circle').getAttribute('cy')")
    browser.run(MOVE.format(3))
    assert browser.run(read) == ["t = 0.001", "0.001", "1000"]
    assert browser.run(READ.format("factor0")) == ["1", "0", "0", "1000", "−1000", "0", "0", "0", "0"]
    assert browser.run(READ.format("product")) == ["0.001", "1", "0", "1", "0", "0", "0", "0", "0"]
    assert browser.run("return document.querySelectorAll('td.big').length") == 2
    after = browser.run("return document.querySelector('#dots circle').getAttribute('cy')")
    assert float(after) > float(before)
    assert browser.complaints() == []


def test_a_large_pattern_stays_usable(pages: dict[str, str], browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "large.html"
    path.write_text(pages["random-200"], encoding="utf-8")
    browser.open(path)
    moved = browser.run(
        "const s = document.getElementById('t'); let seen = new Set();"
        "for (let x = 0; x <= 6; x += 0.05) { s.value = String(x); s.dispatchEvent(new Event('input'));"
        "seen.add(document.body.innerText); } return seen.size"
    )
    assert moved > 5  # the page follows the slider
    assert browser.run("return document.querySelectorAll('*').length") < 2000


def test_the_browser_sees_faults(browser: Browser, tmp_path: Path) -> None:
    """Otherwise the tests above could not fail."""
    path = tmp_path / "broken.html"
    path.write_text("<script>nothing.here</script>", encoding="utf-8")
    browser.open(path)
    assert any("nothing is not defined" in each for each in browser.complaints())


@pytest.mark.slow
def test_a_proof_by_density_is_told() -> None:
    certificate = decide(load("four-lines-free-entry").product, field="complex").certificate
    assert certificate is not None
    assert [step.title for step in closed_steps(certificate)] == ["A dense part", "Crossing supports"]


# -------------------------------------------------------------------- rules without words


@pytest.mark.slow
@pytest.mark.parametrize("text", ["1 * 1", "1 * 1 * 1"])
def test_rules_of_later_versions_are_named(text: str) -> None:
    product = SupportProduct.from_text(text)
    (step,) = steps.closed_steps(Certificate.closed(product, "real", {"rule": "of-tomorrow"}, {}))
    assert step.title == "Rule 'of-tomorrow'"


# -------------------------------------------------------------------- the time of a page


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 8, 12, 16, 24, 32])
def test_reports_on_lu_keep_their_limit(
    n: int, cli: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Budget, "clock", staticmethod(time.process_time))
    lower = np.tri(n, dtype=int).tolist()
    (tmp_path / "lu.json").write_text(json.dumps({"I": lower, "J": lower}))
    start = time.process_time()
    found = cli("report", tmp_path / "lu.json", "-o", tmp_path / "lu.html", "--seconds", "1")
    assert found.code == 0
    assert time.process_time() - start <= 1.2 * 1 + 1
