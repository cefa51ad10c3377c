"""``closedness cases list|show|decide|verify``: the library of worked cases.

Exit codes: 0 success, 1 a case did not come out as stated, 2 unknown case, 4 undecided.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.decide import JsonOption, SecondsOption, verdict_object
from closedness.cli.guard import DECIDED, UNDECIDED, complain, guarded
from closedness.cli.output import console, print_json, require_writable, write_certificate, write_whole
from closedness.cli.packages import sibling

if TYPE_CHECKING:
    from cases.case import Case, Outcome
    from cases.comparisons import Comparison

__all__ = ["app"]

FAILED = 1

app = typer.Typer(
    name="cases",
    help="Worked cases from the literature and from practice, with stated verdicts.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME]...", help="Names, groups or patterns such as 'lu-*'; all if none.")
]
_NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of a case.")]


def list_cases(names: _NamesArgument = None, as_json: JsonOption = False) -> int:
    """List the cases with their stated verdicts."""
    from rich.table import Table

    chosen = _select(names)
    if as_json:
        print_json({"cases": [_case_object(case) for case in chosen]})
        return DECIDED
    table = Table("name", "group", "shape", "stated", "title", box=None, pad_edge=False)
    for case in chosen:
        m, n = case.product.shape
        table.add_row(case.name, case.group, f"{m}×{n}", case.status.words, case.title)
    out = console()
    out.print(table)
    out.print(f"{len(chosen)} cases")
    if not names:
        out.print("\nfor comparison, ill-posed problems that are not about fixed supports (run by `cases verify`):")
        for each in _comparisons():
            out.print(f"  {each.name}: {each.title}")
    return DECIDED


def show(
    name: _NameArgument,
    save: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write the supports to this problem file (JSON).")
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Print one case: its supports, its stated verdict, where it comes from."""
    cases = sibling("cases")
    case: Case = cases.load(name)
    if save is not None:
        require_writable(save)
        write_whole(save, json.dumps(case.product.to_problem()) + "\n")
        complain(f"supports written to {save}")
    if as_json:
        print_json(_case_object(case) | {"problem": case.product.to_problem()})
        return DECIDED
    out = console()
    out.print(f"{case.name}: {case.title}\n")
    out.print(str(case.product), soft_wrap=True)
    out.print(f"\nstated: {case.status.words}, because {case.why}", soft_wrap=True)
    if case.over_complex is not None:
        out.print(f"over the complex numbers: {case.over_complex.words}")
    for key in case.sources:
        out.print(f"\n{cases.source(key)}", soft_wrap=True)
    if not case.sources:
        out.print("\nsource: this project, docs/theory.md", soft_wrap=True)
    return DECIDED


def decide(
    name: _NameArgument,
    seconds: SecondsOption = 60.0,
    certificate: Annotated[Path | None, typer.Option(metavar="OUT", help="Write the certificate to this file.")] = None,
    as_json: JsonOption = False,
) -> int:
    """Decide one case, as `closedness decide` does with a file."""
    from closedness.decide import decide as decide_product

    limit = time_limit(seconds, "--seconds")
    if certificate is not None:
        require_writable(certificate)
    case: Case = sibling("cases").load(name)
    verdict = decide_product(case.product, seconds=limit)
    if as_json:
        print_json({"name": case.name, "stated": case.status.value} | verdict_object(verdict))
    else:
        out = console()
        out.print(f"{case.name}: {case.title}")
        out.print(str(verdict), soft_wrap=True)
    write_certificate(certificate, verdict.certificate)
    if verdict.certificate is None:
        return UNDECIDED
    return DECIDED if verdict.status is case.status else FAILED


def verify(names: _NamesArgument = None, seconds: SecondsOption = 60.0, as_json: JsonOption = False) -> int:
    """Decide cases, check their certificates and compare with the stated verdicts.

    Exit code 0: all as stated; 1: some are not.
    """
    limit = time_limit(seconds, "--seconds")
    chosen = _select(names)
    out = console()
    outcomes: list[Outcome] = []
    for case in chosen:
        outcome = case.verify(limit)
        outcomes.append(outcome)
        if not as_json:
            word = "ok    " if outcome.passed else "FAILED"
            note = "" if outcome.passed else f": {outcome.status.words}: {_fault(outcome)}"
            line = f"{word} {case.name:<24} {outcome.status.words:<10} {outcome.seconds:8.3f} s{note}"
            out.print(line, soft_wrap=True)
    compared = [] if names else [(each, each.run().passed) for each in _comparisons()]
    passed = all(outcome.passed for outcome in outcomes) and all(good for _, good in compared)
    if as_json:
        print_json(
            {
                "passed": passed,
                "cases": [_outcome_object(outcome) for outcome in outcomes],
                "comparisons": [{"name": each.name, "passed": good} for each, good in compared],
            }
        )
    else:
        for each, good in compared:
            out.print(f"{'ok    ' if good else 'FAILED'} {each.name:<24} comparison: {each.why}", soft_wrap=True)
        good_cases = sum(outcome.passed for outcome in outcomes)
        out.print(f"{good_cases} of {len(outcomes)} cases as stated, with verified certificates")
    return DECIDED if passed else FAILED


def _fault(outcome: Outcome) -> str:
    if outcome.status is not outcome.stated:
        return f"{outcome.stated.words} was stated ({outcome.reason})"
    if outcome.trusted:
        return f"the certificate trusts {', '.join(outcome.trusted)}"
    return f"the certificate is not verified ({outcome.reason})"


def _select(names: list[str] | None) -> tuple[Case, ...]:
    found: tuple[Case, ...] = sibling("cases").select(names or [])
    return found


def _comparisons() -> tuple[Comparison, ...]:
    sibling("cases")
    from cases.comparisons import COMPARISONS

    return COMPARISONS


def _case_object(case: Case) -> dict[str, Any]:
    return {
        "name": case.name,
        "group": case.group,
        "title": case.title,
        "shapes": [list(factor.shape) for factor in case.product],
        "problem_id": case.product.content_id,
        "stated": case.status.value,
        "stated_over_complex": (case.status if case.over_complex is None else case.over_complex).value,
        "why": case.why,
        "sources": list(case.sources),
    }


def _outcome_object(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.case.name,
        "passed": outcome.passed,
        "stated": outcome.case.status.value,
        "status": outcome.status.value,
        "verified": outcome.verified,
        "trusted": list(outcome.trusted),
        "seconds": round(outcome.seconds, 6),
        "reason": outcome.reason,
    }


for _name, _command in (("list", list_cases), ("show", show), ("decide", decide), ("verify", verify)):
    app.command(_name)(guarded(_command))
