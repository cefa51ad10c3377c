"""``closedness convert OLD``: a certificate of version 1 in the steps of the present version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from closedness.cli.output import require_writable, write_certificate

__all__ = ["convert"]


def convert(
    certificate: Annotated[
        str, typer.Argument(metavar="CERTIFICATE", help="Certificate file of version 1, or - for standard input.")
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="OUT", help="Write to this file instead of printing.")
    ] = None,
) -> int:
    """Write an old certificate in the present format. Its steps are replayed: a wrong one is refused, exit code 2."""
    from closedness.check import MAX_BYTES, Malformed, Rejected, check
    from closedness.elaboration import elaborated
    from closedness.errors import FormatError
    from closedness.files.problems import read_bytes

    if output is not None:
        require_writable(output)
    try:
        data = json.loads(read_bytes(certificate, MAX_BYTES))
        if not isinstance(data, dict) or not {"problem", "proof", "claim", "field"} <= data.keys():
            raise FormatError(f"{certificate}: is no certificate")
        text = json.dumps(elaborated(data), separators=(",", ":"))
    except (Malformed, Rejected, RecursionError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FormatError(f"{certificate}: cannot be converted: {error}") from None
    report = check(text)
    if report.malformed or not report.verified:
        raise FormatError(f"{certificate}: proves nothing: {report.reason}")
    if output is None:
        typer.echo(text)
    else:
        write_certificate(output, text)
    return 0
