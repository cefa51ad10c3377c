"""The page of the explorer in a browser: drawn with the pointer and with keys alone, on a desk and on a phone."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the optional extra explore")
pytest.importorskip("uvicorn", reason="needs the optional extra explore")

from cases import families
from closedness import Support, SupportProduct, check
from closedness.drawing.svg import COLOURS
from closedness.files.problems import parse_problem, read_problem
from closedness.files.writing import FORMATS
from tests.helpers.browser import CHROMIUM, DRIVER, REASON, Browser

ROOT = Path(__file__).parents[2]
FRONT = ROOT / "explorer"
DATA = ROOT / "closedness" / "data"
EMPTY = "#p=00/00*00/00"
VERDICT = "return document.querySelector('#verdict').className"
STATE = "return location.hash"


class Served:
    """The explorer in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "closedness", "explore", "--no-browser", "--json", *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.address = json.loads(self.process.stdout.readline())["address"]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if DRIVER is None or CHROMIUM is None:
        pytest.skip(REASON)
    with Browser() as found:
        yield found


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    found = Served()
    yield found
    found.end()


def cell(factor: int, i: int, j: int) -> str:
    return f".factor:not(.fixed):nth-of-type({factor}) [data-i='{i}'][data-j='{j}']"


def fresh(browser: Browser, served: Served, state: str = EMPTY) -> None:
    browser.open("about:blank")
    browser.look(1280, 1000)
    browser.open(served.address + state)
    answered(browser)


def answered(browser: Browser) -> str:
    """The status, when everything about the last edit is there."""
    time.sleep(0.1)  # the page waits a little whether there is another edit
    browser.wait("return document.querySelector('.rest').getAttribute('aria-busy') === null")
    return str(browser.run(VERDICT))


def say(browser: Browser) -> str:
    return str(browser.run("return document.querySelector('[role=status]').innerText"))


def press_button(browser: Browser, words: str) -> None:
    buttons = "[...document.querySelectorAll('button')]"
    browser.run(f"{buttons}.find((b) => b.textContent.startsWith({json.dumps(words)})).click()")


def choose(browser: Browser, selector: str, value: str) -> None:
    browser.run(
        f"const s = document.querySelector({json.dumps(selector)}); s.value = {json.dumps(value)};"
        "s.dispatchEvent(new Event('change'))"
    )


def drawn(browser: Browser) -> SupportProduct:
    """What the address of the page says."""
    found = re.search(r"#p=([^&]+)", str(browser.run(STATE)))
    assert found
    return SupportProduct([Support.from_text(part) for part in found[1].split("*")])


# -------------------------------------------------------------------- drawing


@pytest.mark.slow
def test_draw_lu_repair_it_and_go_back(browser: Browser, served: Served) -> None:
    fresh(browser, served)
    assert answered(browser) == "closed"
    browser.drag(cell(1, 0, 0), cell(1, 1, 0))  # a column
    browser.drag(cell(1, 1, 1), cell(1, 1, 1))  # an entry
    browser.drag(cell(2, 0, 1), cell(2, 0, 0))  # a row, from right to left
    browser.drag(cell(2, 1, 1), cell(2, 1, 1))
    assert browser.run(STATE) == "#p=10/11*11/01"
    assert answered(browser) == "not_closed"
    assert "NOT CLOSED" in say(browser)
    assert "2×2 LU pattern" in say(browser)
    assert browser.run(f"return document.querySelector(\"{cell(1, 1, 1)}\").className") == "on k1 marked growing"
    assert "grows without bound" in browser.run(f"return document.querySelector(\"{cell(1, 1, 1)}\").ariaLabel")
    offers = browser.run("return [...document.querySelectorAll('.repair')].map((b) => b.textContent)")
    assert "allow W1[0,1]" in offers
    press_button(browser, "allow W1[0,1]")
    assert answered(browser) == "closed"
    assert "CLOSED" in say(browser)
    assert "NOT" not in say(browser)
    assert browser.run(STATE) == "#p=11/11*11/01"
    browser.press("Control+z")
    assert answered(browser) == "not_closed"
    press_button(browser, "Redo")
    assert answered(browser) == "closed"
    assert browser.complaints() == []


@pytest.mark.slow
def test_with_keys_alone(browser: Browser, served: Served) -> None:
    fresh(browser, served)
    for _ in range(40):
        browser.press("Tab")
        if browser.run("return document.activeElement.closest('[role=grid]')?.ariaLabel === 'factor W1'"):
            break
    else:
        raise AssertionError("the tab key does not lead to the first factor")
    browser.press("1", "0", "Down", "Left", "Shift+Right", "Space")  # draws, then a rectangle
    assert drawn(browser) == SupportProduct.from_text("10/11 * 00/00")
    browser.press("Tab")
    browser.press("x", "x", "Down", "Space")
    assert drawn(browser) == SupportProduct.from_text("10/11 * 11/01")
    assert answered(browser) == "not_closed"
    for _ in range(40):
        browser.press("Tab")
        if browser.run("return document.activeElement.className === 'repair'"):
            break
    else:
        raise AssertionError("the tab key does not lead to the repairs")
    browser.press("Enter")
    assert answered(browser) == "closed"
    browser.press("Control+z", "Control+z")
    assert drawn(browser) == SupportProduct.from_text("10/11 * 11/00")


def test_lines_move_repeat_and_go(browser: Browser, served: Served) -> None:
    fresh(browser, served, "#p=10/11*11/01")
    browser.run(f"document.querySelector(\"{cell(1, 0, 0)}\").focus()")
    browser.press("Up", "Alt+Right")  # the name of the hidden index, which moves
    assert drawn(browser) == SupportProduct.from_text("01/11 * 01/11")
    browser.press("+")
    assert drawn(browser) == SupportProduct.from_text("011/111 * 01/11/11")
    assert "twins" in browser.run("return document.querySelector('.legend').textContent")
    browser.press("Delete")
    assert drawn(browser) == SupportProduct.from_text("01/11 * 01/11")
    browser.press("Down", "Left", "Left", "Enter")  # selects row 0
    assert browser.run("return document.querySelector('.tools b').textContent") == "row 0"
    press_button(browser, "allow all")
    assert drawn(browser) == SupportProduct.from_text("11/11 * 01/11")
    press_button(browser, "remove")
    assert drawn(browser) == SupportProduct.from_text("11 * 01/11")
    press_button(browser, "+ factor")
    assert drawn(browser) == SupportProduct.from_text("11 * 01/11 * 10/01")
    choose(browser, "[data-level='3']", "3")
    assert drawn(browser) == SupportProduct.from_text("11 * 01/11 * 100/010")
    press_button(browser, "− factor")
    assert drawn(browser) == SupportProduct.from_text("11 * 01/11")
    assert browser.complaints() == []


PRESETS = {
    "LU": families.lower_times_upper(3),
    "LU of a band": families.banded(5, 1, 1),
    "butterfly": SupportProduct.from_kronecker(families.butterfly(8)),
    "Monarch": families.monarch(3, 3),
    "low rank + sparse": families.low_rank_plus_diagonal(4, 1),
    "factor model": SupportProduct([[[1, 1, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]], [[1] * 4] * 3]),
}


@pytest.mark.slow
def test_presets_are_those_of_the_families(browser: Browser, served: Served) -> None:
    fresh(browser, served)
    names = browser.run("return [...document.querySelector('.preset').options].map((o) => o.textContent)")
    assert names == list(PRESETS)
    for number, product in enumerate(PRESETS.values()):
        choose(browser, ".preset", str(number))
        press_button(browser, "Draw")
        assert answered(browser) in ("closed", "not_closed")
        assert drawn(browser) == product
    assert browser.complaints() == []


def test_colours_are_those_of_the_pictures() -> None:
    style = (DATA / "explorer.css").read_text(encoding="utf-8")
    assert tuple(re.findall(r"--k\d: (#\w+);", style)) == COLOURS


# -------------------------------------------------------------------- the answer


def test_the_slider_and_the_certificate(browser: Browser, served: Served, tmp_path: Path) -> None:
    fresh(browser, served, "#p=100/110/111*111/011/001")
    assert answered(browser) == "not_closed"
    browser.run("const s = document.getElementById('t'); s.value = '3'; s.dispatchEvent(new Event('input'))")
    assert browser.run("return document.getElementById('distance').textContent") == "0.001"
    assert browser.run("return document.querySelectorAll('#proof li').length") >= 2
    browser.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    press_button(browser, "Save the certificate")
    assert check(json.loads(arrived(tmp_path / "certificate.json"))).verified


def arrived(path: Path) -> bytes:
    deadline = time.monotonic() + 20
    while not path.exists() or not path.read_bytes():
        assert time.monotonic() < deadline, f"{path.name} did not arrive"
        time.sleep(0.05)
    return path.read_bytes()


@pytest.mark.slow
def test_undecided_says_what_is_known_and_can_go_on(browser: Browser) -> None:
    found = Served("--seconds", "0")
    try:
        hard = families.pruned(8, 8, 8, 0.7, 1)
        browser.open(found.address + "#p=" + "*".join(each.to_text(zero="0", separator="/") for each in hard))
        assert answered(browser) == "undecided"
        assert "the set has dimension" in browser.run("return document.querySelector('.rest').innerText")
        assert not browser.run("return document.querySelector('.longer')")  # no more time is allowed
    finally:
        found.end()


@pytest.mark.slow
def test_only_the_last_edit_counts(browser: Browser, served: Served) -> None:
    hard = families.pruned(9, 9, 9, 0.7, 1)
    text = "*".join(factor.to_text(zero="0", separator="/") for factor in hard)
    fresh(browser, served, "#p=10/11*11/01")
    browser.run(f"location.hash = '#p={text}'")
    time.sleep(0.5)  # it is being decided
    assert browser.run("return document.querySelector('.rest').getAttribute('aria-busy')") == "true"
    assert browser.run("return !document.querySelector('.working').hidden")
    browser.run("location.hash = '#p=10/11*11/11'")
    assert answered(browser) == "closed"
    time.sleep(1)
    assert browser.run(VERDICT) == "closed"


def test_a_large_support_is_shown_as_a_picture(browser: Browser, served: Served) -> None:
    product = families.monarch(8, 8)
    packed = "".join(format(mask, "064b")[::-1] for factor in product for mask in factor.row_masks)
    bits = bytes(int(packed[k : k + 8], 2) for k in range(0, len(packed), 8))
    state = "#b=64,64,64:" + base64.urlsafe_b64encode(bits).decode().rstrip("=")
    fresh(browser, served, state)
    assert answered(browser) == "closed"
    assert browser.run(STATE) == state
    assert browser.run("return document.querySelectorAll('.editor svg').length") == 1


# -------------------------------------------------------------------- files and links


def box(*paths: Path) -> str:
    """A script that puts files into a box, as a person does who picks or drags them."""
    files = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in paths]
    return (
        f"const box = new DataTransfer(); for (const [name, text] of {json.dumps(files)}) "
        "box.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));"
    )


def put_file(browser: Browser, path: Path) -> None:
    browser.run(
        box(path) + "const input = document.querySelector('input[type=file]'); input.files = box.files;"
        "input.dispatchEvent(new Event('change'))"
    )


def drop(browser: Browser, *paths: Path) -> None:
    browser.run(
        box(*paths)
        + "document.querySelector('h1').dispatchEvent("
        + "new DragEvent('drop', {dataTransfer: box, bubbles: true, cancelable: true}))"
    )


@pytest.mark.slow
def test_files_are_opened_or_refused(browser: Browser, served: Served) -> None:
    folder = ROOT / "tests" / "data" / "files"
    for name in ("LU_comma.txt", "LU_named.npz", "faust.mat", "LU_list.json"):
        fresh(browser, served)
        put_file(browser, folder / name)
        browser.wait("return location.hash.length > 20")
        assert drawn(browser) == read_problem(folder / name)
    fresh(browser, served)
    drop(browser, folder / "L.mtx", folder / "folder_csv" / "layer2.csv")  # one factor each
    browser.wait("return location.hash.length > 20")
    assert drawn(browser) == read_problem(folder / "folder_mtx")
    drop(browser, folder / "model.lav")
    browser.wait("return document.querySelector('.message').textContent.includes('measurement model')")
    assert browser.run("return document.querySelector('.message').getAttribute('role')") == "alert"


@pytest.mark.slow
def test_every_format_is_saved(browser: Browser, served: Served, tmp_path: Path) -> None:
    fresh(browser, served, "#p=10/11*11/01")
    browser.devtools("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    offered = browser.run("return [...document.querySelector('.format').options].map((o) => o.value)")
    assert offered == [*FORMATS, "svg", "png"]
    for form in ("txt", "npz", "mat", "svg", "png"):
        choose(browser, ".format", form)
        press_button(browser, "Save")
        if form == "svg":
            assert arrived(tmp_path / "closedness.svg").startswith(b"<svg")
        elif form == "png":
            assert arrived(tmp_path / "closedness.png").startswith(b"\x89PNG")
        else:
            assert parse_problem(arrived(tmp_path / f"supports.{form}")) == drawn(browser)


@pytest.mark.slow
def test_a_link_that_holds_nothing_is_passed_over(browser: Browser, served: Served) -> None:
    for state in ("#p=10/1*11/01", "#p=2/1*1/1", "#b=2,2,2:!!", "#nothing"):
        fresh(browser, served, state)
        assert drawn(browser) == families.lower_times_upper(3)
        assert browser.complaints() == []


def test_pasted_supports(browser: Browser, served: Served) -> None:
    fresh(browser, served)
    paste = (
        "const box = new DataTransfer(); box.setData('text', arguments0); document.querySelector('main')"
        ".dispatchEvent(new ClipboardEvent('paste', {clipboardData: box, bubbles: true, cancelable: true}))"
    )
    browser.run(paste.replace("arguments0", json.dumps("x.\nxx\n\nxx\n.x")))
    browser.wait("return location.hash === '#p=10/11*11/01'")
    browser.run(paste.replace("arguments0", json.dumps("http://127.0.0.1:1/other/#p=1*1&field=complex")))
    browser.wait("return location.hash === '#p=1*1&field=complex'")


# -------------------------------------------------------------------- looks


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390], ids=["desk", "phone"])
def test_it_fits(browser: Browser, served: Served, width: int, dark: bool, tmp_path: Path) -> None:
    fresh(browser, served, "#p=100/110/111*111/011/001")
    browser.look(width, 844, dark=dark)
    assert browser.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    ground = browser.run("return getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(24, 26, 27)" if dark else "rgb(255, 255, 255)")
    assert browser.run("return document.querySelector('#verdict').getBoundingClientRect().top < innerHeight")
    browser.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 20_000


def test_everything_has_a_name(browser: Browser, served: Served) -> None:
    fresh(browser, served, "#p=10/11*11/01")
    nodes = browser.devtools("Accessibility.getFullAXTree")["nodes"]
    wanted = {"button", "combobox", "spinbutton", "grid", "gridcell", "columnheader", "rowheader", "slider", "status"}
    seen = {}
    for node in nodes:
        role = node.get("role", {}).get("value")
        if role in wanted and not node.get("ignored"):
            seen.setdefault(role, []).append(node.get("name", {}).get("value", ""))
    assert wanted == set(seen) | {"status"}
    assert not [role for role, names in seen.items() if role != "status" and "" in names]
    assert "row 1, column 1: may be non-zero class B grows without bound in the counterexample" in seen["gridcell"]


# -------------------------------------------------------------------- the sources


def test_the_built_files_are_those_of_the_sources() -> None:
    """Without node: the first line of a build names the hash of what it was built from."""
    found = hashlib.sha256()
    for path in sorted((FRONT / "src").iterdir()):
        found.update(f"{path.name}\n".encode() + path.read_bytes())
    for name in ("explorer.js", "report.js"):
        assert f"({found.hexdigest()})" in (DATA / name).read_text(encoding="utf-8").splitlines()[0], "run `make front`"


def test_a_build_gives_the_same_bytes(tmp_path: Path) -> None:
    if shutil.which("node") is None or not (FRONT / "node_modules" / "esbuild").exists():
        pytest.skip("needs node and esbuild (npm install in explorer/)")
    subprocess.run(["node", "build.js", str(tmp_path)], cwd=FRONT, check=True)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (DATA / path.name).read_bytes()


def test_the_functions_of_the_page() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip().removeprefix("v").partition(".")[0]) < 20:
        pytest.skip(f"needs node 20 or newer, not {version.strip()}")
    subprocess.run(["node", "--test", "tests/"], cwd=FRONT, check=True, capture_output=True)


@pytest.mark.slow
def test_the_front_end_is_small() -> None:
    assert sum((DATA / name).stat().st_size for name in ("explorer.js", "explorer.css", "report.css")) < 45_000
