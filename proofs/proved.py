"""Ask the checker that Coq proved: translate a certificate and run the extracted program.

``python proofs/proved.py CERTIFICATE`` (``-`` for standard input) prints one line. Exit codes: 0: proved; 1: rejected;
2: the program is not built, or the file is no certificate; 4: the certificate is of a kind that is not covered.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from translate import Untranslatable, tables
from trees import closed

PROGRAM = Path(__file__).parent / "checker"
PROVED, REJECTED, BAD, NOT_COVERED = 0, 1, 2, 4


def answer(text: bytes) -> tuple[int, str]:
    """Exit code and line for a certificate."""
    try:
        certificate = json.loads(text)
        if certificate.get("claim") == "closed":
            text = closed(certificate)
            theorem = "closed_chain_any" if text.startswith("chain") else "closed_any"
            return ask(text, f"closed over the real and the complex numbers (theorem {theorem})")
        if certificate.get("claim") != "not_closed":
            raise Untranslatable("only claims that a set is closed or not closed are covered")
        found = tables(certificate)
    except Untranslatable as error:
        return NOT_COVERED, f"not covered by the proved checker: {error}"
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        return BAD, f"not a certificate: {error}"
    if found.real and certificate["field"] != "real":
        return NOT_COVERED, "not covered by the proved checker: sums of squares prove nothing over the complex numbers"
    chain = "chain_" if found.chain else ""
    if found.real:
        return ask(found.text(), f"not closed over the real numbers (theorem {chain}not_closed_real)")
    return ask(found.text(), f"not closed over the real and the complex numbers (theorem {chain}not_closed_any)")


def ask(text: str, meaning: str) -> tuple[int, str]:
    """Exit code and line of the extracted program for what it reads."""
    if not PROGRAM.exists():
        return BAD, "the proved checker is not built: run `make proved` (it needs Debian's coq and ocaml)"
    done = subprocess.run([PROGRAM], input=text, capture_output=True, text=True, check=False)
    word = done.stdout.strip()
    if done.returncode == PROVED and word == "proved":
        return PROVED, f"proved by Coq: {meaning}"
    if done.returncode == REJECTED and word == "rejected":
        return REJECTED, "rejected by the proved checker"
    return BAD, f"the proved checker gave no answer: {done.stderr.strip() or done.returncode}"


def main(arguments: list[str]) -> int:
    """Print the answer for the file named."""
    sys.setrecursionlimit(100_000)
    if len(arguments) != 1:
        sys.stderr.write("usage: proved.py CERTIFICATE\n")
        return BAD
    text = sys.stdin.buffer.read() if arguments == ["-"] else Path(arguments[0]).read_bytes()
    code, line = answer(text)
    (sys.stderr if code == BAD else sys.stdout).write(line + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
