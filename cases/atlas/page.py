"""The page of the atlas, generated from the stored tables."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from cases.atlas.chain_page import RESULTS, chain_section
from cases.atlas.theorem import notation
from closedness.rules.limits.subpattern import minimal_patterns
from closedness.rules.pairs.extend import closed_patterns
from closedness.supports.enumeration import Configurations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from closedness.supports.enumeration import Types

LETTERS = "abc"
FOUR = """\
## Four hidden indices

Of the 5,005 classes with four hidden indices and at most three rows and three columns, 3,965 are closed and 1,040
are not; none is undecided, and no solver is trusted ([counts](../cases/atlas/results/r4_3x3.json)). 155 of the
non-closed ones contain no smaller non-closed pattern with at most three hidden indices; their proofs ship with the
package. To do it again: `closedness census --hidden 4 --rows 3 --columns 3 --database r4.sqlite`.

With two rows and four columns, or four and two, too, there are 9,463 classes with four hidden indices, 7,960 of them
closed and 1,503 not ([counts](../cases/atlas/results/r4_2x4.json)); none is undecided. The only minimal pattern among
these that has four rows or columns is `(7,15 | 1,2,4,15)`, up to transposition.

Larger patterns with four hidden indices are decided one by one; no complete list is claimed for them. Of {number}
random 4×4 patterns, {decided} were decided within {seconds:g} seconds each without a solver ([the others, with what was
tried](../cases/atlas/results/r4_4x4_sample.json); `python -m cases.atlas sample FILE`).
"""
TEXT = """\
# The atlas: all supports with at most three hidden indices

This page is generated from the stored tables by `python -m cases.atlas page docs/atlas.md`.

## Theorem

Let $I \\subseteq [m]\\times[r]$, $J \\subseteq [n]\\times[r]$ with $r \\le 3$ and any $m, n$,
over $\\mathbb{{R}}$ or $\\mathbb{{C}}$.
The set
$\\{{X Y^{{\\mathsf T}} : \\operatorname{{supp}} X \\subseteq I, \\operatorname{{supp}} Y \\subseteq J\\}}$
is closed **if and only if** no choice of rows and columns gives, up to
the order of rows and columns, the names of the hidden indices and transposition, one of the {minimal}
patterns listed below ({small} of them with two hidden indices, {large} with three). The verdict does not
depend on the field.

Equivalently: it is closed iff each of its patterns with repeated rows and columns dropped lies in one of
{maximal} maximal closed patterns, also listed below.

A pattern is written by the types of its rows and columns: bit $k$ of a type is set when the hidden index $k$
may be used there. In the drawings a cell shows the hidden indices $a, b, c$ that cover it.

## Proof, and what was checked

1. By the twin rule ([`twins`](rules/twins.md)) a row or column of type $\\tau$ need not occur more than $|\\tau|$
   times. So finitely many classes are left: {counts}.
   An index that is missing on one side does nothing, so these are all.
2. Each listed minimal pattern has an exact target, a Laurent curve of factors that tends to it, and a
   refutation of membership that holds over each extension field of $\\mathbb{{Q}}$. Deletion of rows and columns keeps
   sets closed, so no pattern that contains one of them is closed.
3. Each listed maximal pattern has a proof that it is closed ({how}; the proofs use further rules inside).
   Deletion again settles everything inside them.
4. Every one of the classes contains a minimal pattern or lies in a maximal one: an enumeration.

All certificates are verified by the stand-alone checker, over both fields, with no solver trusted.
The theorem is also proved in Coq, by programs that look at the same tables: `classification` ([proofs](proofs.md)).
To do it again:

```sh
# certificates and enumeration, from the stored tables
python -m cases.atlas verify
# everything from nothing, resumable; then the certificate of every class
closedness census --hidden 3 --database c.sqlite --atlas .
closedness census --hidden 3 --database c.sqlite --verify
```

Evidence from outside the proofs (`python -m cases.atlas evidence FILE`,
[findings](../cases/atlas/results/evidence.json)): for 150 random closed classes, 1,000 random limits each were
confronted with an exact membership test, and none was shown to be outside; for 150 random classes that are not
closed, z3 confirms that the minimal target is no product.

For $r = 2$ the theorem is the known classification: closed iff no sub-pattern equals $(1,3 \\mid 1,3)$,
$(1,2,3 \\mid 3,3)$ or its transpose.

## Minimal patterns that are not closed

![the {minimal} minimal patterns](atlas.svg)

"""


def _four() -> str:
    """The section on four hidden indices, with the figures of the stored sample."""
    found = json.loads((RESULTS / "r4_4x4_sample.json").read_text(encoding="utf-8"))
    number = sum(found["counts"].values())
    return FOUR.format(number=number, decided=number - len(found["undecided"]), seconds=found["seconds"])


ONE_FACTOR = """\
## Beside a factor without zeros

Let $J$ be full and $n \\ge r$. By rule [`dense`](rules/dense.md) the set is not closed if and only if some set of rows
is *crowded*; whether a support is closed does not depend on $n$ then. The supports $I$ that are not closed while they
are after the deletion of any row, with exactly $r$ hidden indices, up to the order of rows and the names of the hidden
indices:

{table}

The list is complete for each $r$ in it: a type need not occur more often than it has members
([`twins`](rules/twins.md)), so finitely many supports are closed and not covered by this; each minimal support extends
a closed one by a row, and all these extensions are gone through. A smallest crowded set has fewer rows, or as many:

{crowded}

Supports with $2r - 1$ rows occur for every $r$ ([families](families.md)); for $r = 4$ and $5$ some have more. $r = 6$
is out of reach in this way: for $r = 4$ there are at most 186 closed supports with the same number of rows, for
$r = 5$ up to 4980, and up to 15 rows. Numbers, the supports for $r \\le 4$ and the checksums of all lists are
[stored](../cases/atlas/results/one_factor.json); `python -m cases.atlas one-factor FILE` makes them again and goes on
where it was stopped.

The {small} supports for $r \\le 3$, by the types of their rows: {listed}.
"""


def _one_factor() -> str:
    """The section on supports beside a full factor, with the stored numbers."""
    found = json.loads((RESULTS / "one_factor.json").read_text(encoding="utf-8"))["hidden"]
    lines = ["| r | minimal supports | by rows |", "|---|---|---|"]
    crowded = ["| r | by rows of a smallest crowded set |", "|---|---|"]
    for hidden, entry in found.items():
        lines.append(f"| {hidden} | {sum(entry['minimal'].values()):,} | {_counted(entry['minimal'])} |")
        crowded.append(f"| {hidden} | {_counted(entry['crowded_rows'])} |")
    supports = [tuple(map(int, line.split())) for hidden in ("2", "3") for line in found[hidden]["supports"]]
    listed = ", ".join(f"({','.join(map(str, rows))})" for rows in supports)
    return ONE_FACTOR.format(
        table="\n".join(lines), crowded="\n".join(crowded), small=len(supports), listed=listed
    )


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{size}: {number:,}" for size, number in numbers.items())


def grid(rows: Types, columns: Types) -> list[str]:
    """Which hidden indices cover each cell: a, b, c; a dot for none.

    Examples
    --------
    >>> grid((1, 3), (1, 3))
    ['a a ', 'a ab']
    """
    width = max((row & column).bit_count() for row in rows for column in columns)
    lines = []
    for row in rows:
        cells = []
        for column in columns:
            both = row & column
            letters = "".join(LETTERS[k] for k in range(3) if both >> k & 1)
            cells.append((letters or ".").ljust(max(1, width)))
        lines.append(" ".join(cells))
    return lines


def _drawings(entries: Iterable[tuple[Types, Types, str]]) -> list[str]:
    lines = ["```{patterns}"]
    for number, (rows, columns, remark) in enumerate(entries, 1):
        lines.append(f"{number}. {notation(rows, columns)}{remark}")
        lines += [f"     {line.rstrip()}" for line in grid(rows, columns)]
    return [*lines, "```"]


def _targets() -> Iterable[tuple[Types, Types, str]]:
    for entry in minimal_patterns():
        cells = ", ".join(f"A[{i},{j}] = {value}" for i, j, value in entry.target)
        yield entry.rows, entry.columns, f"   limit that is no product: {cells}"


def page() -> str:
    """The whole page as Markdown."""
    minimal, maximal = minimal_patterns(), closed_patterns()
    classes = {r: sum(1 for _ in Configurations(r).patterns()) for r in (1, 2, 3)}
    rules = Counter(str(entry.proof["rule"]) for entry in maximal)
    how = ", ".join(f"{number} by `{rule}`" for rule, number in sorted(rules.items()))
    small = sum(entry.hidden == 2 for entry in minimal)
    counts = f"{classes[1]} with one hidden index on both sides, {classes[2]} with two, {classes[3]:,} with three"
    text = TEXT.format(
        minimal=len(minimal), small=small, large=len(minimal) - small, maximal=len(maximal), counts=counts, how=how
    )
    lines = [
        *text.splitlines(),
        *_drawings(_targets()),
        "",
        "## Maximal closed patterns",
        "",
        "Rows and columns occur here as often as the twin rule allows; more copies change nothing.",
        "",
        *_drawings((entry.rows, entry.columns, f"   proof begins with `{entry.proof['rule']}`") for entry in maximal),
        "",
        *_four().splitlines(),
        "",
        *_one_factor().splitlines(),
        "",
        *chain_section(),
    ]
    return "\n".join(_filled(lines))


def _filled(lines: Iterable[str]) -> Iterable[str]:
    """Paragraphs and items in lines of at most 100 characters; tables and drawings as they are."""
    paragraph: list[str] = []
    drawn = False
    for line in [*lines, ""]:
        item = re.match(r"\d\. ", line) is not None
        ends = drawn or not line or item or line.startswith(("|", "#", "```", "!", "- "))
        if paragraph and ends:
            indent = "   " if re.match(r"\d\. ", paragraph[0]) else ""
            text = " ".join(map(str.strip, paragraph))
            yield from textwrap.wrap(
                text, 100, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
            )
            paragraph = []
        drawn ^= line.startswith("```")
        if (ends and not item) or drawn:
            yield line
        else:
            paragraph.append(line)
