"""``closedness check CERTIFICATE``: verify a certificate with the independent checker.

Exit codes: 0 verified, 1 rejected, 2 malformed, 3 verified but relying on the word of a named solver.
"""

from __future__ import annotations

from typing import Annotated

import typer

from closedness.cli.decide import JsonOption
from closedness.cli.guard import complain
from closedness.cli.output import console, print_json

__all__ = ["check"]

VERIFIED, REJECTED, TRUSTING = 0, 1, 3


def check(
    certificate: Annotated[
        str, typer.Argument(metavar="CERTIFICATE", help="Certificate file, or - for standard input.")
    ],
    as_json: JsonOption = False,
) -> int:
    """Verify a certificate. Exit code 0: verified; 1: rejected; 2: malformed; 3: verified but trusting a solver."""
    from closedness.check import MAX_BYTES
    from closedness.check import check as check_certificate
    from closedness.files.problems import read_bytes

    report = check_certificate(read_bytes(certificate, MAX_BYTES))
    code = report.exit_code
    if as_json:
        print_json(
            {
                "verified": report.verified,
                "malformed": report.malformed,
                "claim": report.claim,
                "reason": report.reason,
                "trusted": list(report.trusted),
                "rules": list(report.rules),
            }
        )
    if report.malformed:
        complain(f"malformed certificate: {report.reason}")
    elif not as_json:
        word = {VERIFIED: "verified", REJECTED: "rejected", TRUSTING: f"verified, trusting {', '.join(report.trusted)}"}
        console().print(f"{word[code]}: {report.claim.replace('_', ' ')}: {report.reason}", soft_wrap=True)
        if report.verified and report.rules:
            console().print(f"rules: {', '.join(report.rules)}", soft_wrap=True)
    return code
