"""The server of the explorer lets in its own page and nobody else, and bounds what a request may cost."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

pytest.importorskip("starlette", reason="needs the optional extra explore")
pytest.importorskip("uvicorn", reason="needs the optional extra explore")

from cases import families
from closedness import SupportProduct
from closedness.errors import InputError
from closedness.explore import server
from closedness.explore.server import Bounds, application, listen, page
from tests.conftest import Outcome

ROOT = Path(__file__).parents[2]
LU = SupportProduct.from_text("10/11 * 11/01")
TOKEN, PORT = "token-of-the-test", 8123
JSON = {"content-type": "application/json"}


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


def call(
    path: str,
    headers: dict[str, str] | None = None,
    chunks: list[bytes] | None = None,
    *,
    method: str = "GET",
    bounds: Bounds | None = None,
    gone_after: float | None = None,
    pause: float = 0.0,
) -> Answer:
    """Send a request to the application without a network."""
    bounds = bounds or Bounds(seconds=10)
    app = application(TOKEN, page(LU, "<lu>.txt", bounds), bounds)
    given = {"host": f"127.0.0.1:{PORT}", **(headers or {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(key.encode(), value.encode()) for key, value in given.items()],
        "server": ("127.0.0.1", PORT),
        "client": ("127.0.0.1", 50000),
    }
    waiting = list(chunks or [b""])
    seen: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause)
        if waiting:
            chunk = waiting.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}
        await asyncio.sleep(60 if gone_after is None else gone_after)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        seen.append(message)

    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    start = next(message for message in seen if message["type"] == "http.response.start")
    found = {key.decode(): value.decode() for key, value in start["headers"]}
    body = b"".join(message.get("body", b"") for message in seen if message["type"] == "http.response.body")
    return Answer(start["status"], found, body.decode())


def ask(kind: str, payload: Any, **more: Any) -> Answer:
    body = json.dumps(payload).encode()
    return call(f"/{TOKEN}/ask/{kind}", JSON | {"content-length": str(len(body))}, [body], method="POST", **more)


def test_the_page_and_its_files() -> None:
    found = call(f"/{TOKEN}/")
    assert found.status == 200
    assert "<title>&lt;lu&gt;.txt: explorer</title>" in found.body
    assert "<lu>" not in found.body
    assert "default-src 'none'" in found.headers["content-security-policy"]
    for key in ("x-content-type-options", "referrer-policy", "cross-origin-resource-policy", "cache-control"):
        assert key in found.headers
    assert call(f"/{TOKEN}/explorer.js").headers["content-type"].startswith("text/javascript")
    for name in ("explorer.css", "report.css"):
        assert call(f"/{TOKEN}/{name}").headers["content-type"].startswith("text/css")
    for path in (f"/{TOKEN}/check.py", f"/{TOKEN}/..%2fcheck.py", f"/{TOKEN}/ask/verdict", f"/{TOKEN}/a/b/c"):
        assert call(path).status == 404


def test_nothing_is_loaded_from_elsewhere() -> None:
    text = page(None, "", Bounds()) + "".join(server.asset(name) for name in server.ASSETS)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text)
    assert "@import" not in text
    assert "eval(" not in text


OTHERS = ["/", "/explorer.js", "/wrong/", "/wrong/explorer.js", f"/{TOKEN[:-1]}/", f"/{TOKEN}x/"]


@pytest.mark.parametrize("path", OTHERS)
def test_without_the_token_nothing_is_answered(path: str) -> None:
    found = call(path)
    assert found.status == 403
    assert "token" in found.body
    assert TOKEN not in found.body


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": f"evil.example:{PORT}"},
        {"host": "127.0.0.1:1"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"http://127.0.0.1:{PORT + 1}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_hosts_and_origins_are_refused(headers: dict[str, str]) -> None:
    assert call(f"/{TOKEN}/", headers).status == 403
    asked = call(f"/{TOKEN}/ask/verdict", JSON | headers, [b"{}"], method="POST")
    assert asked.status == 403
    assert "verdict" not in asked.body


def test_the_page_itself_is_let_in() -> None:
    own = {"origin": f"http://127.0.0.1:{PORT}", "sec-fetch-site": "same-origin"}
    assert call(f"/{TOKEN}/", own).status == 200
    named = {"host": f"localhost:{PORT}", "origin": f"http://localhost:{PORT}"}
    assert call(f"/{TOKEN}/", named).status == 200


def test_questions_are_answered_in_lines() -> None:
    found = ask("verdict", {"problem": LU.to_problem(), "seconds": 5})
    assert found.status == 200
    parts = [json.loads(line) for line in found.body.splitlines()]
    assert parts[0]["status"] == "not_closed"
    (part,) = ask("verdict", {"problem": 1}).body.splitlines()
    assert json.loads(part)["part"] == "error"
    assert ask("shell", {}).status == 404


def test_what_is_no_question_is_refused() -> None:
    path = f"/{TOKEN}/ask/verdict"
    assert call(path, {"content-type": "text/plain"}, [b"{}"], method="POST").status == 415
    assert call(path, JSON, [b"{"], method="POST").status == 400
    assert call(path, JSON, [b"[1]"], method="POST").status == 400
    assert call(path, JSON, [b"[" * 100_000], method="POST").status == 400
    assert call(path, JSON, [b"\xff"], method="POST").status == 400


def test_the_size_of_a_request_is_bounded() -> None:
    bounds = Bounds(body_bytes=1000)
    path = f"/{TOKEN}/ask/verdict"
    stated = call(path, JSON | {"content-length": "1001"}, [], method="POST", bounds=bounds)
    assert stated.status == 413
    assert "1000 bytes" in stated.body
    assert call(path, JSON, [b" " * 600, b" " * 600, b"{}"], method="POST", bounds=bounds).status == 413
    assert call(path, JSON | {"content-length": "-1"}, [], method="POST", bounds=bounds).status == 413


def test_the_time_of_a_request_is_bounded() -> None:
    slow = call(
        f"/{TOKEN}/ask/verdict", JSON, [b"{", b"}"], method="POST", bounds=Bounds(body_seconds=0.1), pause=0.2
    )
    assert slow.status == 408


def test_the_page_cannot_ask_for_more_time_than_allowed() -> None:
    problem = families.pruned(10, 10, 10, 0.7, 1).to_problem()
    began = time.monotonic()
    found = ask("verdict", {"problem": problem, "seconds": 1000}, bounds=Bounds(seconds=0))
    assert json.loads(found.body.splitlines()[0])["status"] == "undecided"
    assert time.monotonic() - began < 20


def test_a_question_ends_when_the_page_has_gone() -> None:
    problem = families.pruned(12, 12, 12, 0.7, 1).to_problem()
    began = time.monotonic()
    found = ask("verdict", {"problem": problem, "seconds": 60}, bounds=Bounds(seconds=60), gone_after=0.3)
    assert time.monotonic() - began < 10
    assert found.body == ""


def test_the_number_of_questions_is_bounded() -> None:
    assert ask("verdict", {"problem": LU.to_problem()}, bounds=Bounds(jobs=0)).status == 429


def test_ports() -> None:
    with listen() as first:
        address, port = first.getsockname()
        assert address == "127.0.0.1"
        with pytest.raises(InputError, match=f"port {port} cannot be used"):
            listen(port)
    with pytest.raises(InputError, match="port 70000 cannot be used"):
        listen(70000)


# -------------------------------------------------------------------- the command


class Running(NamedTuple):
    address: str
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    file = tmp_path_factory.mktemp("explore") / "lu.txt"
    file.write_text("x.\nxx\n\nxx\n.x\n")
    command = [sys.executable, "-m", "closedness", "explore", str(file), "--no-browser", "--json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield Running(json.loads(process.stdout.readline())["address"], process)
    process.kill()
    process.wait()
    process.stdout.close()


def request(address: str, path: str, **more: Any) -> tuple[int, str]:
    place = urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    try:
        connection.request(more.pop("method", "GET"), path, **more)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.slow
def test_the_command_serves_until_interrupted(running: Running) -> None:
    path = urlsplit(running.address).path
    assert len(path) > 30
    status, text = request(running.address, path)
    assert status == 200
    assert "lu.txt" in text
    assert request(running.address, "/")[0] == 403
    assert request(running.address, path, headers={"Host": "evil.example"})[0] == 403
    body = json.dumps({"problem": LU.to_problem(), "seconds": 5})
    status, text = request(running.address, f"{path}ask/verdict", method="POST", body=body, headers=JSON)
    assert json.loads(text.splitlines()[0])["status"] == "not_closed"
    status, _ = request(
        running.address, f"{path}ask/verdict", method="POST", headers=JSON | {"Content-Length": str(1 << 30)}
    )
    assert status == 413
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(20) == 0


def test_bad_calls_end_with_one_line(cli: Callable[..., Outcome], tmp_path: Path) -> None:
    for arguments in (
        ["explore", tmp_path / "none.txt", "--no-browser"],
        ["explore", "--no-browser", "--port", "70000"],
        ["explore", "--no-browser", "--seconds", "inf"],
        ["explore", "--no-browser", "--seconds", "-1"],
        ["explore", "--no-browser", "--layer", "0"],
    ):
        found = cli(*arguments)
        assert found.code == 2
        assert found.err.count("\n") == 1


def test_missing_packages_are_named(cli: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'closedness[explore]'" in cli("explore", "--no-browser").err
