"""``closedness report FILE``: the verdict as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from closedness.budget import Budget, time_limit
from closedness.cli.decide import Field, FieldOption, FileArgument, JsonOption, SecondsOption, run
from closedness.cli.guard import DECIDED, UNDECIDED, complain
from closedness.cli.output import print_json, require_writable, write_whole

__all__ = ["report"]

REPAIR_SECONDS = 2.0


def report(
    file: FileArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="OUT", help="The page to write.")
    ] = Path("report.html"),
    trace: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Also draw each step of the proof into this SVG file.")
    ] = None,
    field: FieldOption = Field.REAL,
    seconds: SecondsOption = 60.0,
    as_json: JsonOption = False,
) -> int:
    """Decide and write a self-contained HTML page that explains the verdict. Exit code 0: decided; 4: undecided."""
    from closedness.files.problems import read_problem
    from closedness.report.page import report_html

    limit = time_limit(seconds, "--seconds")
    budget = Budget(limit)
    for path in (output, trace):
        if path is not None:
            require_writable(path)
    product = read_problem(*file)
    verdict = run(product, field, limit)
    left = budget.left()
    repairs = REPAIR_SECONDS if left is None else min(REPAIR_SECONDS, left)
    page = report_html(verdict, ", ".join(Path(each).name for each in file if each != "-"), repairs)
    write_whole(output, page)
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
