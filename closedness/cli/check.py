"""``closedness check CERTIFICATE``: verify a certificate with the independent checker.

Exit codes: 0 verified, 1 rejected, 2 malformed, 3 verified but relying on the word of a named solver.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from closedness.cli.decide import JsonOption
from closedness.cli.guard import BAD_INPUT, complain
from closedness.cli.output import console, print_json

__all__ = ["check"]

VERIFIED, REJECTED, MALFORMED, TRUSTING = 0, 1, BAD_INPUT, 3


def check(
    certificate: Annotated[
        str, typer.Argument(metavar="CERTIFICATE", help="Certificate file, or - for standard input.")
    ],
    as_json: JsonOption = False,
) -> int:
    """Verify a certificate. Exit code 0: verified; 1: rejected; 2: malformed; 3: verified but trusting a solver."""
    from closedness.check import check as check_certificate
    from closedness.reading import read_text

    report = check_certificate(read_text(certificate))
    code = report.exit_code
    found: dict[str, Any] = {
        "verified": report.verified,
        "trusted": list(report.trusted),
        "reason": report.reason,
    }
    if as_json:
        print_json(found)
    elif code == MALFORMED:
        complain(f"malformed certificate: {report.reason}")
    else:
        word = {VERIFIED: "verified", REJECTED: "rejected", TRUSTING: "verified, trusting " + ", ".join(report.trusted)}
        console().print(f"{word[code]}: {report.reason}", soft_wrap=True)
    return code
