"""The section of the atlas page about small chains, from the stored results of ``cases.atlas.chains``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from cases.atlas.chains import support_product

RESULTS = Path(__file__).parent / "results"


def stored(name: str) -> dict[str, Any]:
    """One stored result."""
    found: dict[str, Any] = json.loads((RESULTS / f"chains_{name}.json").read_text(encoding="utf-8"))
    return found


def chain_section() -> list[str]:
    """The lines of the section.

    Examples
    --------
    >>> chain_section()[0]
    '## Chains of three and four factors'
    """
    classes, textbook = stored("classes"), stored("textbook")
    counts, limits = classes["counts"], classes["limits"]
    rules = Counter((each["status"], ", ".join(f"`{rule}`" for rule in each["rules"])) for each in classes["classes"])
    answered = textbook["answered"]
    lines = [
        "## Chains of three and four factors",
        "",
        f"Three factors of size 2×2: up to the names of rows, columns and inner indices, and transposition, there are "
        f"{len(classes['classes'])} classes. {counts['closed']} are closed, {counts['not_closed']} are not, "
        f"{counts.get('undecided', 0)} are undecided ([list](../cases/atlas/results/chains_classes.json), "
        "`python -m cases.atlas.chains classes FILE`; every certificate is verified, no solver is trusted).",
        "",
        "| verdict | rules in the certificate | classes |",
        "|---|---|---|",
        *(f"| {status.replace('_', ' ')} | {used} | {number} |" for (status, used), number in rules.most_common()),
        "",
        "Not closed:",
        "",
        "```text",
    ]
    for entry in classes["classes"]:
        if entry["status"] == "not_closed":
            chain = tuple(tuple(factor) for factor in entry["rows"])
            lines += [*str(support_product(chain)).splitlines(), ""]
    lines[-1] = "```"
    lines += [
        "",
        f"Each closed class (but the one without any path) was confronted with {classes['tries']:,} random limits, "
        f"by uncrossing and along random arcs: {limits['limits']:,} in all, {limits['distinct']:,} of them different. "
        f"{limits['products']:,} were shown to be products by exact factors, {limits['open']} stayed open, "
        f"{limits['refuted']} were refuted.",
        "",
        f"The textbook sentence was put to z3 for the {textbook['trimmed_classes']} classes that are left when entries "
        f"on no path are dropped, {textbook['limit_seconds']:g} s each: it answers {answered['textbook']} as it "
        f"stands and {answered['simplified']} simplified, with {len(textbook['disagreements'])} disagreements "
        "([answers](../cases/atlas/results/chains_textbook.json)).",
        "",
        f"Random chains (entries independent with density 0.4, 0.6 or 0.8, on a machine with other work; "
        f"`python -m cases.atlas.chains random FILE`), {stored('random_before')['seconds']:g} s each without rule "
        f"`chain-strata` and {stored('random')['seconds']:g} s each with it "
        "([before](../cases/atlas/results/chains_random_before.json), "
        "[now](../cases/atlas/results/chains_random.json) with those that are undecided):",
        "",
        "| factors | sizes | chains | decided before | decided | closed | not closed |",
        "|---|---|---|---|---|---|---|",
    ]
    for before, now in zip(stored("random_before")["groups"], stored("random")["groups"], strict=True):
        sizes = " or ".join(map(str, now["sizes"]))
        lines.append(
            f"| {now['factors']} | {sizes} | {now['chains']} | {before['share_decided']:.1%} "
            f"| {now['share_decided']:.1%} | {now['counts'].get('closed', 0)} | {now['counts'].get('not_closed', 0)} |"
        )
    return [*lines, ""]


__all__ = ["chain_section", "stored"]
