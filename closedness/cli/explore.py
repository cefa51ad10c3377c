"""``closedness explore [FILE]``: draw supports and see the verdict, on a local page."""

from __future__ import annotations

import contextlib
import importlib.util
import secrets
import sys
from typing import Annotated

import typer

from closedness.budget import time_limit
from closedness.cli.decide import JsonOption
from closedness.cli.guard import DECIDED, complain
from closedness.cli.output import print_json
from closedness.cli.question import LayerOption, question
from closedness.errors import InputError

__all__ = ["explore"]

LONGEST = 3600.0


def explore(
    file: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="Problem to start with; or one file for each factor, as multiplied."),
    ] = None,
    layer: LayerOption = None,
    port: Annotated[int, typer.Option(metavar="N", help="Port on 127.0.0.1; 0: any that is free.")] = 0,
    seconds: Annotated[float, typer.Option(metavar="S", help="The longest decision that the page may ask for.")] = 60.0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    as_json: JsonOption = False,
) -> int:
    """Draw supports and see the verdict as you edit, on a page that this machine serves to itself. Ctrl-C ends it."""
    from closedness.explore.server import Bounds, application, listen, page, serve

    for package in ("starlette", "uvicorn"):
        if importlib.util.find_spec(package) is None:
            raise InputError(f"the explorer needs the package {package}: pip install 'closedness[explore]'")
    limit = time_limit(seconds, "--seconds")
    if limit is None or limit > LONGEST:
        raise InputError(f"--seconds is {seconds:g}, not at most {LONGEST:g}: the page needs an end")
    if layer and not file:
        raise InputError("--layer goes with one model file, not with none")
    product, _, name = question(file, layer or []) if file else (None, None, "")
    bounds = Bounds(seconds=limit)
    token = secrets.token_urlsafe(24)
    with listen(port) as place:
        address = f"http://127.0.0.1:{place.getsockname()[1]}/{token}/"
        if as_json:
            print_json({"address": address})
        else:
            typer.echo(address)
            complain("open this address in a browser of this machine; Ctrl-C ends the explorer")
        sys.stdout.flush()
        if browser:
            import webbrowser

            webbrowser.open(address)
        with contextlib.suppress(KeyboardInterrupt):
            serve(application(token, page(product, name, bounds), bounds), place)
    return DECIDED
