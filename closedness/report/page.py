"""A verdict as one self-contained HTML page for readers who are no specialists.

The page needs no network: pictures are inline SVG, the style and the script of the slider are inline, the certificate
is inside and can be saved from the page.
"""

from __future__ import annotations

import base64
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

from closedness.budget import time_limit
from closedness.files.labels import Labels
from closedness.report.curves import counterexample_section
from closedness.report.steps import Step, proof_steps
from closedness.report.words import SENTENCES, section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.drawing.svg import Svg
    from closedness.supports.product import SupportProduct
    from closedness.verdict import Verdict

__all__ = [
    "cells_of",
    "document",
    "large_picture",
    "pattern_picture",
    "proof_section",
    "report_html",
]

LARGEST_COLOURED = 1500  # cells of factors and product together
_LARGEST_CERTIFICATE = 600_000
_MOST_PICTURES = 24
MOST_NAMES = 200


# changes up to which the page looks for all repairs, and how many of them it lists
MOST_CHANGES, MOST_REPAIRS = 2, 8


def report_html(
    verdict: Verdict,
    title: str = "",
    seconds_for_repairs: float | None = 2.0,
    labels: Labels | None = None,
    more: Sequence[str] = (),
) -> str:
    """Write the page.

    Parameters
    ----------
    verdict : Verdict
    title : str
        Heading, for instance the name of the problem file.
    seconds_for_repairs : float or None
        Time to look for small changes that make the set closed, when it is not; None for no limit.
    labels : Labels, optional
        Names of rows, columns, hidden indices and factors.
    more : sequence of str
        Further sections, as HTML, before the one on how to check the verdict.

    Returns
    -------
    str
        HTML5, UTF-8.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> page = report_html(decide(SupportProduct.from_text("10/11 * 11/01")), "LU")
    >>> page.startswith("<!DOCTYPE html>"), "http://" in page.replace("http://www.w3.org", "")
    (True, False)
    """
    seconds_for_repairs = time_limit(seconds_for_repairs, "seconds_for_repairs")
    m, n = verdict.product.shape
    heading = title or f"{m}×{n} products of {len(verdict.product)} factors"
    labels = labels or Labels()
    parts = [verdict_section(verdict, labels), pattern_section(verdict, labels)]
    if verdict.counterexample is not None:
        parts.append(counterexample_section(verdict.counterexample, labels))
    parts += [proof_section(verdict, labels), advice_section(verdict, seconds_for_repairs), *more]
    parts += [check_section(verdict), _WORDS]
    resources = files("closedness").joinpath("data")
    moves = verdict.counterexample is not None and verdict.counterexample.curve
    script = resources.joinpath("report.js").read_text(encoding="utf-8") if moves else ""
    return document(heading, f"{heading}: {verdict.status.words}", "\n".join(parts), script)


def document(heading: str, title: str, body: str, script: str = "") -> str:
    """A page with the style of the reports inside.

    Examples
    --------
    >>> document("All layers", "scan", "<p>none</p>").count("<h1>All layers</h1>")
    1
    """
    style = files("closedness").joinpath("data", "report.css").read_text(encoding="utf-8")
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<link rel='icon' href='data:,'>\n<title>{escape(title)}</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n<h1>{escape(heading)}</h1>\n{body}\n</main>\n"
        f"{f'<script>{chr(10)}{script}</script>{chr(10)}' if script else ''}</body>\n</html>\n"
    )


def verdict_section(verdict: Verdict, labels: Labels) -> str:
    short, long = SENTENCES[verdict.status.value]
    numbers = "complex numbers" if verdict.field == "complex" else "real numbers"
    return (
        f"<section id='verdict' class='{verdict.status.value}'>\n"
        f"<p class='word'>{verdict.status.words}</p>\n<p class='short'>{short}</p>\n<p>{long}</p>\n"
        f"<p class='because'>Reason: {escape(labels.told(verdict.reason))}. Entries are {numbers}; rows, columns and "
        f"hidden indices count from 0. Decided in {verdict.seconds:.3f} s.</p>\n</section>"
    )


# -------------------------------------------------------------------- the pattern


def pattern_section(verdict: Verdict, labels: Labels) -> str:
    product = verdict.product
    sizes = " · ".join(f"{a}×{b}" for a, b in (factor.shape for factor in product.factors))
    cells = ", ".join(f"{factor.nnz} of {factor.shape[0] * factor.shape[1]}" for factor in product.factors)
    facts = f"<p>Factors {sizes}; entries that may be non-zero: {cells}."
    if len(product) == 2:
        facts += " W1 stands for X and W2 for Yᵀ." + _overlap_words(product)
    names = _names(labels, len(product))
    picture = f"<div class='wide'>{pattern_picture(verdict)}</div>"
    return section("pattern", "The pattern", f"{facts}</p>\n{picture}{names}")


def _names(labels: Labels, count: int) -> str:
    """What the factors and lines are called."""
    lines = [f"W{number} is {escape(name)}" for number, name in enumerate(labels.factors, 1) if name]
    said = f"<p>{'; '.join(lines)}.</p>" if lines else ""
    kinds = ["Rows", *(["Hidden indices"] * (count - 1)), "Columns"]
    lists = []
    for kind, names in zip(kinds, labels.levels, strict=False):
        if names:
            shown = ", ".join(f"{k} {escape(name)}" for k, name in enumerate(names[:MOST_NAMES]))
            more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
            lists.append(f"<dt>{kind}</dt><dd>{shown}{more}</dd>")
    return said + (f"<details><summary>names</summary><dl>{''.join(lists)}</dl></details>" if lists else "")


def _overlap_words(product: SupportProduct) -> str:
    from closedness.supports.graph import are_crossing, classes

    found = [each.rectangle for each in classes(*product.pair())]
    if len(found) > 400:
        return f" The {product.inner[0]} hidden indices reach {len(found)} different rectangles of entries (classes)."
    overlaps = bad = 0
    for number, first in enumerate(found):
        for second in found[:number]:
            if first.overlaps(second):
                overlaps += 1
                bad += not are_crossing(first, second)
    return (
        f" The {product.inner[0]} hidden indices reach {len(found)} different rectangles of entries (classes); "
        f"{overlaps} pair{'s' if overlaps != 1 else ''} of classes overlap, {bad} of them without crossing "
        "(crossing overlaps are harmless)."
    )


def pattern_picture(verdict: Verdict) -> str:
    """The supports as a picture with its caption."""
    from closedness.supports.pictures import product_svg

    product = verdict.product
    if cells_of(product) <= LARGEST_COLOURED:
        caption = "Letters and colours: classes of hidden indices. A cell of the product shows all that reach it."
        if len(product) != 2:
            caption = "Dark: entries that may be non-zero."
        return f"{product_svg(product)}<p class='caption'>{caption}</p>"
    caption = "Black: entries that may be non-zero."
    if verdict.counterexample is not None:
        caption += " Coloured lines: rows (orange) and columns (blue) of the counterexample; only they matter for it."
    return f"{large_picture(verdict)}<p class='caption'>{caption}</p>"


def cells_of(product: SupportProduct) -> int:
    """The cells of the factors and of the product together."""
    return sum(m * n for m, n in (product.shape, *(factor.shape for factor in product.factors)))


def large_picture(verdict: Verdict) -> Svg:
    """Supports too large for single cells, with the rows and columns of the counterexample marked."""
    from closedness.report.pictures import large_svg

    grids = [*verdict.product.factors, verdict.product.support]
    names = [*(f"W{number}" for number in range(1, len(grids))), "product"]
    marked: list[tuple[list[int], list[int]]] = [([], []) for _ in grids]
    example = verdict.counterexample
    if example is not None:
        of_curve = [set(factor) for factor in example.curve] or [set[tuple[int, int]]() for _ in example.shapes]
        cells = [*of_curve, set(example.entries)]
        marked = [(sorted({i for i, _ in each}), sorted({j for _, j in each})) for each in cells]
    return large_svg(list(zip(names, grids, strict=True)), marked)


# -------------------------------------------------------------------- the proof


def proof_section(verdict: Verdict, labels: Labels) -> str:
    """The steps of the proof, or what is known and what was tried."""
    if verdict.certificate is None:
        tried = "".join(f"<li>{escape(each)}</li>" for each in verdict.tried)
        known = "".join(f"<li>{escape(each)}</li>" for each in verdict.known)
        before = section("known", "What is known", f"<ul>{known}</ul>") if known else ""
        return before + section("proof", "What was tried", f"<ol>{tried}</ol>")
    if verdict.counterexample is not None:
        intro = (
            "<p>Why is A no product? Suppose it were: A = "
            + " · ".join(f"W{number}" for number in range(1, len(verdict.product) + 1))
            + ", entry by entry. Each line uses one entry of this equation and what the lines before it found.</p>"
        )
        return section("proof", "The proof, step by step", intro + _step_list(proof_steps(verdict.certificate), labels))
    intro = (
        "<p>Each step replaces the question by a simpler one with the same answer, until a theorem settles it. The "
        "picture shows what there is before the step.</p>"
    )
    return section("proof", "The proof, step by step", intro + _step_list(proof_steps(verdict.certificate), labels))


def _step_list(steps: list[Step], labels: Labels) -> str:
    from closedness.report.trace import captions

    items, drawn = [], 0
    for folded, group in groupby(steps, key=lambda step: step.folded):
        shown = []
        for step in group:
            picture = "" if drawn >= _MOST_PICTURES else _picture(step)
            drawn += bool(picture)
            indent = f" class='deep{min(step.depth, 12)}'" if step.depth else ""
            shown.append(f"<li{indent}><b>{escape(step.title)}.</b> {escape(labels.told(step.text))}{picture}</li>")
        if folded:
            inner = f"<ul class='steps'>{''.join(shown)}</ul>"
            shown = [f"<li><details><summary>the distinction, part by part</summary>{inner}</details></li>"]
        items += shown
    caption = f"<p class='caption'>{' '.join(captions(steps))}</p>"
    listing = f"{caption}<ol class='steps'>{''.join(items)}</ol>"
    if len(items) <= 40:
        return listing
    return f"<details><summary>{len(items)} steps</summary>{listing}</details>"


def _picture(step: Step) -> str:
    from closedness.report.trace import step_svg

    picture = step_svg(step)
    return f"<div class='wide'>{picture}</div>" if picture else ""


# -------------------------------------------------------------------- what to do, how to check


def advice_section(verdict: Verdict, seconds: float | None) -> str:
    if verdict.status.value == "closed":
        points = [
            "Go ahead: a best factorisation exists for every target. Whether an optimiser finds it is another "
            "question, there may still be local minima; <code>closedness solve</code> uses an exact algorithm where "
            "one is known.",
            "If factors grow without bound during training all the same, scale them against each other (multiply a "
            "column of one factor, divide the row of the next): the product does not change.",
        ]
    elif verdict.status.value == "not_closed":
        points = [
            "Bound the factors: weight decay, a penalty on the size of the entries, or a norm constraint restores the "
            "existence of an optimum, for every positive weight of the penalty.",
            "Stop early and watch the size of the factors, not only the error: steady growth like that in the picture "
            "above is the sign of a target without best factorisation.",
            "Change the supports. " + _repair_words(verdict, seconds),
            "A target from data need not be one of the bad ones. But they cannot be excluded in advance, and near them "
            "factors are large.",
        ]
    else:
        points = [
            "Allow more time: <code>closedness decide FILE --seconds 3600</code>.",
            "Ask about parts: if a pattern with fewer rows or columns is not closed, the whole is not closed.",
            "Bound the factors in the meantime: with weight decay, or any penalty that grows with the entries, an "
            "optimum exists whatever the answer is.",
            "Hand the question to another system: <code>closedness export FILE --format smtlib</code>.",
        ]
    return section("advice", "What to do about it", f"<ul>{''.join(f'<li>{point}</li>' for point in points)}</ul>")


def _repair_words(verdict: Verdict, seconds: float | None) -> str:
    from closedness.repair import repair

    found = repair(verdict.product, field=verdict.field, at_most=MOST_CHANGES, most=MOST_REPAIRS, seconds=seconds)
    if not found.found:
        return "No small change was found, in the time there was, that makes the set closed."
    listed = "; or ".join(escape(str(each)) for each in found.found[:MOST_REPAIRS])
    if found.found[0].size > MOST_CHANGES:
        return (
            f"{found.found[0].size} changes make the set closed, perhaps fewer do (closedness repair FILE): {listed}."
        )
    only = " These are all that do so by so few changes." if found.complete else ""
    return f"Each of these makes the set closed (decided and checked for this page): {listed}.{only}"


def check_section(verdict: Verdict) -> str:
    from closedness.check import check

    if verdict.certificate is None:
        return ""
    text = verdict.certificate.to_json()
    report = check(verdict.certificate)
    if not report.verified:
        said = f"<b>The certificate was rejected when this page was made: {escape(report.reason)}</b>"
    elif report.trusted:
        trusted = escape(", ".join(report.trusted))
        said = f"The independent checker verified it, but it relies on the bare word of {trusted}."
    else:
        said = "The independent checker verified it when this page was made; it relies on no solver's word."
    if len(text) <= _LARGEST_CERTIFICATE:
        data = base64.b64encode(text.encode()).decode()
        offer = (
            "<a id='certificate' download='certificate.json' "
            f"href='data:application/json;base64,{data}'>Save the certificate</a> ({len(text)} bytes), then run"
        )
    else:
        offer = (
            f"The certificate has {len(text)} bytes, too many for this page: write it with "
            "<code>closedness decide FILE --certificate certificate.json</code>, then run"
        )
    places = "their proofs are in docs/rules, one page for each"
    rules = f"<p>Rules used: {escape(', '.join(report.rules))}; {places}.</p>"
    return section(
        "check",
        "How to check it",
        f"<p>You need not trust the program that decided this. {said}</p>\n<p>{offer}</p>\n"
        "<pre>python -I -S closedness/check.py certificate.json</pre>\n"
        "<p>in the folder of the project, or <code>closedness check certificate.json</code> anywhere. The checker is "
        "one file that uses nothing but Python's standard library. The certificate is about the "
        f"problem with the SHA-256 <code class='hash'>{verdict.product.content_id}</code>.</p>\n{rules}",
    )


_WORDS = """<section id='words'>
<h2>Words</h2>
<dl>
<dt>support</dt><dd>the places of a matrix where entries may be non-zero</dd>
<dt>product set</dt><dd>all products of matrices with the given supports</dd>
<dt>closed</dt><dd>every matrix that is a limit of products is itself a product</dd>
<dt>hidden index</dt><dd>a column of the first factor together with the row of the second one that it meets</dd>
<dt>rank-one support</dt><dd>the rectangle of entries of the product that a hidden index reaches</dd>
<dt>class</dt><dd>hidden indices with the same rectangle; complete if they alone give every matrix on it</dd>
<dt>overlap, crossing</dt><dd>two rectangles overlap when they share an entry; they cross when the rows of one are
among those of the other, and its columns include those of the other</dd>
<dt>limit</dt><dd>a matrix that products approach as closely as you like</dd>
<dt>minor</dt><dd>the determinant of a square part of a matrix</dd>
<dt>sub-pattern</dt><dd>what is left of a pattern when rows and columns are deleted</dd>
</dl>
</section>"""
