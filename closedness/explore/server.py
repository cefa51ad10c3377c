"""The server of the explorer: a page and what it asks for, on this machine alone.

It listens on 127.0.0.1. Every address starts with a token that only the printed address holds; a request under another
host name (DNS rebinding) or from another origin is refused; so are requests that are too large, too slow, or too many
at once. The page may load nothing but its own files.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from closedness.errors import InputError
from closedness.explore.answers import KINDS, problem_object
from closedness.explore.jobs import Job, prepare

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from closedness.supports.product import SupportProduct

__all__ = ["Bounds", "application", "asset", "listen", "page", "serve", "start"]

HOST = "127.0.0.1"
SAFE = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
ASSETS = {"explorer.js": "text/javascript", "explorer.css": "text/css", "report.css": "text/css"}


class Bounds:
    """What a request may cost.

    Parameters
    ----------
    seconds : float
        The longest decision that a page may ask for.
    body_bytes : int
        The largest request.
    body_seconds : float
        The time in which a request must arrive.
    jobs : int
        Questions that are answered at the same time.
    """

    def __init__(
        self, seconds: float = 60.0, body_bytes: int = 16 << 20, body_seconds: float = 15.0, jobs: int = 4
    ) -> None:
        self.seconds = seconds
        self.body_bytes = body_bytes
        self.body_seconds = body_seconds
        self.jobs = jobs

    @property
    def whole(self) -> float:
        """The time after which a process is ended: decision, proof, check and nearest closed supports."""
        return 3 * self.seconds + 10


def asset(name: str) -> str:
    """The text of a file of the page.

    Examples
    --------
    >>> "--closed" in asset("report.css")
    True
    """
    return files("closedness").joinpath("data", name).read_text(encoding="utf-8")


def page(product: SupportProduct | None, name: str, bounds: Bounds) -> str:
    """The page, with the supports that it starts with.

    Examples
    --------
    >>> "explorer.js" in page(None, "", Bounds())
    True
    """
    data = json.dumps(start(product, name, bounds)).replace("<", "\\u003c")
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n<link rel='icon' href='data:,'>\n"
        f"<title>{escape(name or 'closedness')}: explorer</title>\n"
        "<link rel='stylesheet' href='report.css'>\n<link rel='stylesheet' href='explorer.css'>\n"
        f"<script type='application/json' id='closedness-start'>{data}</script>\n"
        "<script type='module' src='explorer.js'></script>\n</head>\n<body>\n"
        "<div id='closedness-explorer'><noscript>The explorer needs JavaScript.</noscript></div>\n</body>\n</html>\n"
    )


def start(product: SupportProduct | None, name: str, bounds: Bounds) -> dict[str, Any]:
    """What the page knows at its start.

    Examples
    --------
    >>> sorted(start(None, "", Bounds()))
    ['formats', 'name', 'problem', 'seconds']
    """
    from closedness.files.writing import FORMATS

    problem = None if product is None else problem_object(product)
    return {"problem": problem, "name": name, "seconds": bounds.seconds, "formats": list(FORMATS)}


def application(token: str, text: str, bounds: Bounds) -> Starlette:
    """The application.

    Parameters
    ----------
    token : str
        The first part of every address.
    text : str
        The page.
    bounds : Bounds
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
    from starlette.routing import Route

    running = 0

    async def index(request: Request) -> Response:
        return HTMLResponse(text)

    async def send_asset(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in ASSETS:
            return _refusal(404, "no such file")
        return Response(asset(name), media_type=ASSETS[name])

    async def ask(request: Request) -> Response:
        nonlocal running
        kind = request.path_params["kind"]
        if kind not in KINDS:
            return _refusal(404, "no such question")
        payload = await _payload(request, bounds)
        if isinstance(payload, Response):
            return payload
        if running >= bounds.jobs:
            return _refusal(429, f"{running} questions are being answered; end one of them first")
        if kind == "verdict":
            given = payload.get("seconds", bounds.seconds)
            payload["seconds"] = min(given, bounds.seconds) if isinstance(given, (int, float)) else given
        running += 1

        async def parts() -> AsyncIterator[str]:
            nonlocal running
            job = None
            try:
                job = await asyncio.to_thread(Job, kind, payload, bounds.whole)
                while (part := await asyncio.to_thread(job.next)) is not None:
                    yield json.dumps(part) + "\n"
            finally:  # also when the page has asked something else, and has closed the connection
                running -= 1
                if job is not None:
                    job.end()

        return StreamingResponse(parts(), media_type="application/x-ndjson")

    def refused(request: Request, error: Exception) -> Response:
        return JSONResponse({"error": "no such address"}, 404)

    routes = [
        Route("/{token}/", index),
        Route("/{token}/{name}", send_asset),
        Route("/{token}/ask/{kind}", ask, methods=["POST"]),
    ]
    return Starlette(
        routes=routes, middleware=[Middleware(_Gate, token=token)], exception_handlers={404: refused, 405: refused}
    )


def _refusal(status: int, why: str) -> Response:
    from starlette.responses import JSONResponse

    return JSONResponse({"error": why}, status)


async def _payload(request: Request, bounds: Bounds) -> dict[str, Any] | Response:
    """The object in the body of a request, or the answer that refuses it."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return _refusal(415, "the body is not application/json")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > bounds.body_bytes:
        return _refusal(413, f"the request is larger than {bounds.body_bytes} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(bounds.body_seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > bounds.body_bytes:
                    return _refusal(413, f"the request is larger than {bounds.body_bytes} bytes")
    except TimeoutError:
        return _refusal(408, f"the request did not arrive within {bounds.body_seconds:g} s")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return _refusal(400, "the body is not JSON")
    return value if isinstance(value, dict) else _refusal(400, "the body is not an object")


class _Gate:
    """Lets through what comes from the page itself: the right token, host and origin."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self.token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}

        async def sealed(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] += [(key.lower().encode(), value.encode()) for key, value in SAFE.items()]
            await send(message)

        why = self._refuse(scope, headers)
        if why is None:
            await self.app(scope, receive, sealed)
        else:
            await _refusal(403, why)(scope, receive, sealed)

    def _refuse(self, scope: Scope, headers: dict[str, str]) -> str | None:
        port = scope["server"][1] if scope.get("server") else None
        allowed = {f"{HOST}:{port}", f"localhost:{port}"}
        host = headers.get("host", "")
        if host not in allowed:
            return "this server answers under 127.0.0.1 only"
        if headers.get("origin", f"http://{host}") != f"http://{host}":
            return "a page of another origin asked"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "a page of another site asked"
        given = scope["path"].split("/")[1].encode("utf-8", "replace")
        if not secrets.compare_digest(given, self.token.encode()):
            return "the address lacks the token of this session"
        return None


def listen(port: int = 0) -> socket.socket:
    """A socket on this machine's own address, which takes connections from now on.

    Raises
    ------
    InputError
        If the port is taken or may not be used.

    Examples
    --------
    >>> with listen() as found:
    ...     found.getsockname()[0]
    '127.0.0.1'
    """
    found = socket.socket()
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((HOST, port))
        found.listen(128)
    except (OSError, OverflowError) as error:
        found.close()
        why = getattr(error, "strerror", None) or "not between 0 and 65535"
        raise InputError(f"port {port} cannot be used ({why})") from None
    return found


def serve(app: Any, place: socket.socket) -> None:
    """Answer until interrupted."""
    import uvicorn

    prepare()
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        http="h11",
        ws="none",
        loop="asyncio",
        server_header=False,
        proxy_headers=False,
        limit_concurrency=64,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=16 << 10,
    )
    uvicorn.Server(config).run(sockets=[place])
