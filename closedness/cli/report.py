"""``closedness report FILE``: the verdict as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from closedness.budget import Budget, time_limit
from closedness.cli.decide import Field, FieldOption, FileArgument, JsonOption, SecondsOption, run
from closedness.cli.guard import DECIDED, UNDECIDED, complain
from closedness.cli.output import print_json, require_writable, write_whole
from closedness.cli.question import LayerOption, question
from closedness.errors import InputError

if TYPE_CHECKING:
    from closedness.verdict import Verdict

__all__ = ["report"]

REPAIR_SECONDS = 2.0


def report(
    file: FileArgument,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="The page to write.")] = Path(
        "report.html"
    ),
    layer: LayerOption = None,
    picture: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Also write a picture of the supports with their obstruction (.svg, .png)."),
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Also draw each step of the proof into this SVG file.")
    ] = None,
    field: FieldOption = Field.REAL,
    seconds: SecondsOption = 60.0,
    as_json: JsonOption = False,
) -> int:
    """Decide and write a self-contained HTML page that explains the verdict. Exit code 0: decided; 4: undecided."""
    from closedness.report.page import report_html

    limit = time_limit(seconds, "--seconds")
    budget = Budget(limit)
    for path in (output, trace, picture):
        if path is not None:
            require_writable(path)
    if picture is not None and picture.suffix not in (".svg", ".png"):
        raise InputError(f"--picture {picture}: ends neither in .svg nor in .png")
    product, labels, title = question(file, layer or [])
    verdict = run(product, field, limit)
    left = budget.left()
    repairs = REPAIR_SECONDS if left is None else min(REPAIR_SECONDS, left)
    more = [_training(verdict, left)] if layer and field is Field.REAL else []
    page = report_html(verdict, title, repairs, labels, more)
    write_whole(output, page)
    if picture is not None:
        from closedness.report.share import png_of, share_svg

        shared = share_svg(verdict)
        write_whole(picture, png_of(shared) if picture.suffix == ".png" else shared)
    if trace is not None and verdict.certificate is not None:
        from closedness.report.trace import trace_svg

        write_whole(trace, trace_svg(verdict.certificate))
    if as_json:
        found = {"status": verdict.status.value, "reason": verdict.reason, "problem_id": product.content_id}
        print_json(found | {"report": str(output), "bytes": len(page.encode())})
    else:
        typer.echo(f"{verdict.status.words}: {verdict.reason}")
        complain(f"report written to {output}")
    return UNDECIDED if verdict.certificate is None else DECIDED


def _training(verdict: Verdict, seconds: float | None) -> str:
    """A section about training layers with these masks."""
    from html import escape

    from closedness.networks.pages import training_words
    from closedness.report.words import section

    points = [escape(sentence) for sentence in training_words(verdict, seconds)]
    return section("training", "Training a network of these layers", "".join(f"<p>{point}</p>" for point in points))
