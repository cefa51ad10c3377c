"""The second checker: what a certificate proves, and whose word it takes."""

from __future__ import annotations

from typing import NamedTuple

from tests.second import constrained, levels, networks, reading
from tests.second.chains import prove
from tests.second.grammar import FACTORS, ROOTS, read
from tests.second.limits import not_closed, refute
from tests.second.reading import BadFormat, Node, Purse, Refused, need, parse


class Answer(NamedTuple):
    """What a certificate proves, and whose word it takes."""

    claim: str
    trusted: tuple[str, ...]


def second_check(text: str | bytes) -> Answer:
    """What the certificate proves; raises `Refused`, or `BadFormat` if it is no certificate."""
    Purse.left = reading.MOST_WORK
    certificate = read(parse(text))
    trusted: set[str] = set()
    judge(certificate, trusted)
    return Answer(certificate.claim, tuple(sorted(trusted)))


def outcome(text: str | bytes) -> int:
    """The exit code that a checker has for this certificate."""
    try:
        answer = second_check(text)
    except BadFormat:
        return 2
    except Refused:
        return 1
    return 3 if answer.trusted else 0


def judge(certificate: Node, trusted: set[str]) -> None:
    """Check a certificate that is well-formed."""
    problem, proof = certificate.problem, certificate.proof
    need(certificate.identified, "the certificate is about another problem")
    if problem.kind == "target":
        refute(certificate.field, problem.factors, problem.target, proof)
        return
    free = problem.kind == "fixed" and not any(problem.values)
    known = FACTORS if free else ROOTS[problem.kind]
    need(proof.rule in known, "no rule about this question has this name")
    if problem.kind == "factors" and certificate.claim == "not_closed":
        not_closed(certificate.field, problem.factors, proof)
    elif problem.kind == "factors":
        prove(certificate.field, problem.factors, proof, trusted)
    elif problem.kind == "levels":
        levels.check(certificate.field, problem.levels, proof, trusted)
    elif problem.kind in ("masks", "data"):
        networks.check(problem, proof)
    else:
        constrained.check(certificate.claim, problem, proof, trusted)
