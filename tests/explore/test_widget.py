"""The explorer in notebooks: the module of the page, answered by the kernel."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from cases import families
from closedness import SupportProduct
from closedness.errors import InputError
from closedness.explore.server import Bounds, asset, start
from closedness.explore.widget import Conversation, explorer
from tests.helpers.browser import CHROMIUM, DRIVER, REASON, Browser

LU = SupportProduct.from_text("10/11 * 11/01")


def ask(number: int, product: SupportProduct, seconds: float = 10) -> dict[str, Any]:
    payload = {"problem": product.to_problem(), "field": "real", "seconds": seconds}
    return {"id": number, "kind": "verdict", "payload": payload}


def test_questions_are_answered_part_by_part() -> None:
    said: list[dict[str, Any]] = []
    thread = Conversation(said.append, Bounds()).hear(ask(7, LU))
    assert thread is not None
    thread.join(60)
    assert {message["id"] for message in said} == {7}
    assert said[0]["part"]["status"] == "not_closed"
    assert said[-1]["part"] is None


def test_what_is_cancelled_is_ended() -> None:
    said: list[dict[str, Any]] = []
    talk = Conversation(said.append, Bounds())
    thread = talk.hear(ask(1, families.pruned(12, 12, 12, 0.7, 1), 60))
    assert thread is not None
    began = time.monotonic()
    talk.hear({"id": 1, "cancel": True})
    talk.hear({"id": 1, "cancel": True})  # again: nothing to do
    thread.join(20)
    assert not thread.is_alive()
    assert time.monotonic() - began < 10
    assert said == []
    thread = talk.hear(ask(2, families.pruned(12, 12, 12, 0.7, 1), 60))
    assert thread is not None
    talk.end()
    thread.join(20)
    assert not thread.is_alive()


def test_messages_that_mean_nothing_are_passed_over() -> None:
    talk = Conversation(lambda message: None, Bounds())
    for message in (None, 3, {}, {"id": "1"}, {"id": 1, "kind": "shell", "payload": {}}, {"id": 1, "kind": "verdict"}):
        assert talk.hear(message) is None


def test_the_widget_holds_what_is_drawn() -> None:
    pytest.importorskip("anywidget", reason="needs the optional extra widget")
    widget = explorer(LU)
    assert widget.product == LU
    widget.problem = families.monarch(2, 2).to_problem()
    assert widget.product == families.monarch(2, 2)
    widget.product = LU
    assert widget.problem == LU.to_problem()
    assert widget._esm == asset("explorer.js")
    assert explorer().product == families.lower_times_upper(3)
    answers: list[Any] = []
    done = threading.Event()
    widget._conversation._send = lambda message: (answers.append(message), message["part"] is None and done.set())
    widget._handle_custom_msg(ask(1, LU), [])
    assert done.wait(60)
    assert answers[0]["part"]["status"] == "not_closed"
    widget.close()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "anywidget", None)
    with pytest.raises(InputError, match=r"pip install 'closedness\[widget\]'"):
        explorer()


KERNEL = """
const heard = [];
const listeners = new Set();
const state = { problem: PROBLEM, field: "real", _start: START, _style: STYLE };
window.model = {
  get: (key) => state[key],
  set: (key, value) => { state[key] = value; },
  save_changes: () => {},
  on: (name, f) => listeners.add([name, f]),
  off: (name, f) => { for (const each of listeners) if (each[1] === f) listeners.delete(each); },
  send: (message) => {
    heard.push(message);
    for (const part of message.kind ? [...ANSWERS, null] : []) {
      const tell = () => [...listeners].forEach(([name, f]) => name === "msg:custom" && f({ id: message.id, part }));
      setTimeout(tell, 1);
    }
  },
};
window.heard = heard;
"""


ROOT = "document.getElementById('cell').shadowRoot"


def cell(folder: Path, product: SupportProduct, seconds: float) -> Path:
    """A page with a style of its own, in which the widget shows the answer that a kernel gives in this time."""
    said: list[dict[str, Any]] = []
    thread = Conversation(said.append, Bounds()).hear(ask(1, product, seconds))
    assert thread is not None
    thread.join(60)
    values = {
        "PROBLEM": product.to_problem(),
        "START": start(None, "", Bounds()),
        "STYLE": asset("report.css") + asset("explorer.css"),
        "ANSWERS": [message["part"] for message in said if message["part"] is not None],
    }
    script = KERNEL
    for name, value in values.items():
        script = script.replace(name, json.dumps(value).replace("<", "\\u003c"))
    module = json.dumps(asset("explorer.js")).replace("<", "\\u003c")
    (folder / "cell.html").write_text(
        "<!DOCTYPE html><meta charset='utf-8'><style>td { padding: 40px } body { background: red }</style>"
        f"<div id='cell'></div><script>{script}</script><script type='module'>"
        f"const source = new Blob([{module}], {{ type: 'text/javascript' }});"
        "const { default: widget } = await import(URL.createObjectURL(source));"
        "window.end = widget.render({ model: window.model, el: document.getElementById('cell') });</script>",
        encoding="utf-8",
    )
    return folder / "cell.html"


@pytest.mark.slow
@pytest.mark.skipif(DRIVER is None or CHROMIUM is None, reason=REASON)
def test_the_module_renders_in_a_cell(tmp_path: Path) -> None:
    with Browser() as browser:
        browser.open(cell(tmp_path, LU, 10))
        browser.wait(f"return {ROOT}?.querySelector('#verdict').className === 'not_closed'")
        assert browser.run("return heard[0].payload.problem.factors.length") == 2
        browser.wait(f"return {ROOT}.querySelector('.repair')")
        assert browser.run(f"return {ROOT}.querySelector('.grid td.on').getBoundingClientRect().width < 60")
        browser.run(f"{ROOT}.querySelector('.repair').focus()")  # shows what it would change
        assert browser.run(f"return {ROOT}.querySelectorAll('.proposed').length") == 1
        browser.run(f"{ROOT}.querySelector('.repair').click()")
        browser.wait("return heard.filter((message) => message.kind).length === 2")
        assert browser.run("return JSON.stringify(model.get('problem'))") != json.dumps(LU.to_problem())
        browser.run("window.end()")
        assert browser.complaints() == []


@pytest.mark.slow
@pytest.mark.skipif(DRIVER is None or CHROMIUM is None, reason=REASON)
def test_an_open_question_can_be_thought_about_longer(tmp_path: Path) -> None:
    with Browser() as browser:
        browser.open(cell(tmp_path, families.pruned(8, 8, 8, 0.7, 1), 0))
        browser.wait(f"return {ROOT}?.querySelector('.longer')")
        assert browser.run("return heard[0].payload.seconds") == 5
        browser.run(f"{ROOT}.querySelector('.longer').click()")
        browser.wait("return heard.filter((message) => message.kind).length === 2")
        assert browser.run("return heard.filter((message) => message.kind)[1].payload.seconds") == 30
        browser.wait(f"return {ROOT}?.querySelector('.longer')")
        assert "up to 60 s" in browser.run(f"return {ROOT}.querySelector('.longer').textContent")
