"""``closedness check CERTIFICATE``: verify a certificate with the independent checker.

Exit codes: 0 verified, 1 rejected, 2 malformed, 3 verified but relying on the word of a named solver. With
``--proved``, a verified certificate is also shown to the checker that Coq proved; 4: it does not cover the certificate.
"""

from __future__ import annotations

from typing import Annotated

import typer

from closedness.cli.decide import JsonOption
from closedness.cli.guard import complain
from closedness.cli.output import console, print_json

__all__ = ["check"]

VERIFIED, REJECTED, TRUSTING, NOT_COVERED = 0, 1, 3, 4


def check(
    certificate: Annotated[
        str, typer.Argument(metavar="CERTIFICATE", help="Certificate file, or - for standard input.")
    ],
    proved: Annotated[
        bool,
        typer.Option("--proved", help="Ask the checker that Coq proved, too; it must be built (make proved)."),
    ] = False,
    as_json: JsonOption = False,
) -> int:
    """Verify a certificate.

    Exit code 0: verified; 1: rejected; 2: malformed; 3: verified but trusting a solver; 4: not covered by --proved.
    """
    from closedness.check import MAX_BYTES
    from closedness.check import check as check_certificate
    from closedness.files.problems import read_bytes

    text = read_bytes(certificate, MAX_BYTES)
    report = check_certificate(text)
    code = report.exit_code
    second = None
    if proved and report.verified:
        from closedness.engines.proved import opinion

        second = opinion(text)
        if second.answer == "rejected":
            code = REJECTED
        elif second.answer == "not covered" and code == VERIFIED:
            code = NOT_COVERED
    if as_json:
        print_json(
            {
                "verified": report.verified,
                "malformed": report.malformed,
                "claim": report.claim,
                "reason": report.reason,
                "trusted": list(report.trusted),
                "rules": list(report.rules),
                **({"proved": {"answer": second.answer, "text": second.text}} if second else {}),
            }
        )
    if report.malformed:
        complain(f"malformed certificate: {report.reason}")
    elif not as_json:
        word = {VERIFIED: "verified", REJECTED: "rejected", TRUSTING: f"verified, trusting {', '.join(report.trusted)}"}
        console().print(f"{word[report.exit_code]}: {report.claim.replace('_', ' ')}: {report.reason}", soft_wrap=True)
        if report.verified and report.rules:
            console().print(f"rules: {', '.join(report.rules)}", soft_wrap=True)
        if second is not None:
            console().print(second.text, soft_wrap=True)
    return code
