"""A verdict as one self-contained HTML page for readers who are no specialists.

The page needs no network: pictures are inline SVG, the style and the script of the slider are inline, the certificate
is inside and can be saved from the page.
"""

from __future__ import annotations

import base64
import json
import math
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

from closedness.budget import time_limit
from closedness.report.steps import Step, proof_steps

if TYPE_CHECKING:
    from closedness.algebra.laurent import Laurent
    from closedness.supports.masks import Cell
    from closedness.supports.product import SupportProduct
    from closedness.verdict import Counterexample, Verdict

__all__ = ["report_html"]

_LARGEST_COLOURED = 1500  # cells of factors and product together
_LARGEST_MATRIX = 10
_LARGEST_CERTIFICATE = 600_000
_DECADES = 6
_MOST_PICTURES = 24

_SENTENCES = {
    "closed": (
        "Every matrix has a best factorisation with these supports.",
        "However you choose the target matrix, there are factors that come as near to it as any factors with this "
        "pattern of zeros can. Searching for them is a well-posed problem.",
    ),
    "not_closed": (
        "Some matrices have no best factorisation with these supports.",
        "There is a target matrix that factors with this pattern of zeros approach as closely as you like but never "
        "reach, and the nearer they come, the larger their entries grow. An optimiser that is given such a target does "
        "not converge: the error creeps down while the factors diverge.",
    ),
    "undecided": (
        "The question is not decided.",
        "Neither a proof nor a counterexample was found within the limits of this run. Nothing can be concluded.",
    ),
}


# changes up to which the page looks for all repairs, and how many of them it lists
MOST_CHANGES, MOST_REPAIRS = 2, 8


def report_html(verdict: Verdict, title: str = "", seconds_for_repairs: float | None = 2.0) -> str:
    """Write the page.

    Parameters
    ----------
    verdict : Verdict
    title : str
        Heading, for instance the name of the problem file.
    seconds_for_repairs : float or None
        Time to look for small changes that make the set closed, when it is not; None for no limit.

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
    parts = [_verdict_section(verdict), _pattern_section(verdict)]
    if verdict.counterexample is not None:
        parts.append(_counterexample_section(verdict.counterexample))
    parts += [_proof_section(verdict), _advice_section(verdict, seconds_for_repairs), _check_section(verdict), _WORDS]
    resources = files("closedness").joinpath("data")
    style = resources.joinpath("report.css").read_text(encoding="utf-8")
    script = resources.joinpath("report.js").read_text(encoding="utf-8") if verdict.counterexample is not None else ""
    return (
        "<!DOCTYPE html>\n<html lang='en'>\n<head>\n<meta charset='utf-8'>\n"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<link rel='icon' href='data:,'>\n<title>{escape(heading)}: {verdict.status.words}</title>\n"
        f"<style>\n{style}</style>\n</head>\n<body>\n<main>\n<h1>{escape(heading)}</h1>\n"
        + "\n".join(parts)
        + f"\n</main>\n{f'<script>{chr(10)}{script}</script>{chr(10)}' if script else ''}</body>\n</html>\n"
    )


def _section(name: str, title: str, body: str) -> str:
    return f"<section id='{name}'>\n<h2>{title}</h2>\n{body}\n</section>"


def _verdict_section(verdict: Verdict) -> str:
    short, long = _SENTENCES[verdict.status.value]
    numbers = "complex numbers" if verdict.field == "complex" else "real numbers"
    return (
        f"<section id='verdict' class='{verdict.status.value}'>\n"
        f"<p class='word'>{verdict.status.words}</p>\n<p class='short'>{short}</p>\n<p>{long}</p>\n"
        f"<p class='because'>Reason: {escape(verdict.reason)}. Entries are {numbers}; rows, columns and hidden "
        f"indices count from 0. Decided in {verdict.seconds:.3f} s.</p>\n</section>"
    )


# -------------------------------------------------------------------- the pattern


def _pattern_section(verdict: Verdict) -> str:
    product = verdict.product
    sizes = " · ".join(f"{a}×{b}" for a, b in (factor.shape for factor in product.factors))
    cells = ", ".join(f"{factor.nnz} of {factor.shape[0] * factor.shape[1]}" for factor in product.factors)
    facts = f"<p>Factors {sizes}; entries that may be non-zero: {cells}."
    if len(product) == 2:
        facts += " W1 stands for X and W2 for Yᵀ." + _overlap_words(product)
    return _section("pattern", "The pattern", f"{facts}</p>\n<div class='wide'>{_pattern_picture(verdict)}</div>")


def _overlap_words(product: SupportProduct) -> str:
    from closedness.supports.graph import classes, crossing

    found = [each.rectangle for each in classes(*product.pair())]
    if len(found) > 400:
        return f" The {product.inner[0]} hidden indices reach {len(found)} different rectangles of entries (classes)."
    overlaps = bad = 0
    for number, first in enumerate(found):
        for second in found[:number]:
            if first.overlaps(second):
                overlaps += 1
                bad += not crossing(first, second)
    return (
        f" The {product.inner[0]} hidden indices reach {len(found)} different rectangles of entries (classes); "
        f"{overlaps} pairs of classes overlap, {bad} of them without crossing (crossing overlaps are harmless)."
    )


def _pattern_picture(verdict: Verdict) -> str:
    from closedness.report.pictures import large_svg
    from closedness.supports.pictures import product_svg

    product = verdict.product
    grids = [*product.factors, product.support]
    if sum(m * n for m, n in (grid.shape for grid in grids)) <= _LARGEST_COLOURED:
        caption = "Letters and colours: classes of hidden indices. A cell of the product shows all that reach it."
        if len(product) != 2:
            caption = "Dark: entries that may be non-zero."
        return f"{product_svg(product)}<p class='caption'>{caption}</p>"
    names = [f"W{number}" for number in range(1, len(product) + 1)] + ["product"]
    marked: list[tuple[list[int], list[int]]] = [([], []) for _ in grids]
    caption = "Black: entries that may be non-zero."
    example = verdict.counterexample
    if example is not None:
        marked = [(sorted({i for i, _ in entries}), sorted({j for _, j in entries})) for entries in example.curve]
        marked.append((sorted({i for i, _ in example.entries}), sorted({j for _, j in example.entries})))
        caption += " Coloured lines: rows (orange) and columns (blue) of the counterexample; only they matter for it."
    return f"{large_svg(list(zip(names, grids, strict=True)), marked)}<p class='caption'>{caption}</p>"


# -------------------------------------------------------------------- the counterexample


def _counterexample_section(example: Counterexample) -> str:
    from closedness.report.norms import norms_svg

    lines = _lines(example)
    error = example.difference()
    orders = example.order_of_divergence()
    small = all(len(line) <= _LARGEST_MATRIX for line in lines)
    body = [
        "<p>The target <b>A</b> below is no product of factors with these supports (proved in the next section). For "
        "every t &gt; 0 the factors shown are admissible, and their product tends to A as t tends to 0, while some of "
        f"their entries grow like 1/t{f'<sup>{orders}</sup>' if orders > 1 else ''}.</p>",
    ]
    if any(len(line) < size for line, size in zip(lines, _sizes(example), strict=True)):
        body.append("<p>Only the rows and columns that take part are shown; all other entries are zero.</p>")
    body += [
        "<div class='slider'><label for='t'>move t towards 0</label> "
        f"<input id='t' type='range' min='0' max='{_DECADES}' step='0.05' value='1'> "
        "<output id='tvalue'>t = 0.1</output></div>",
        "<p class='gauge'>distance of the product from A (Frobenius norm): <output id='distance'></output>; "
        "largest entry of a factor: <output id='largest'></output></p>",
        f"<div class='wide'>{_course(example, error)}<p class='caption'>Blue, solid: distance from A. "
        "Orange, dashed: largest entry of a factor.</p></div>",
        "<details><summary>the size of the factors against the distance</summary>"
        f"<div class='wide'>{norms_svg(example)}</div><p class='caption'>Balanced factors, scaled against each other "
        "as well as possible: even so their norm grows without bound.</p></details>",
        _formulas(example, lines) if small else _formula_list(example),
    ]
    data = {
        "lines": lines,
        "target": [[i, j, float(value)] for (i, j), value in sorted(example.entries.items())],
        "curve": [_numbers(factor) for factor in example.curve],
        "error": _numbers(error),
        "small": small,
    }
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    body.append(f"<script type='application/json' id='data'>{text}</script>")
    return _section("counterexample", "The counterexample", "\n".join(body))


def _sizes(example: Counterexample) -> list[int]:
    return [example.shapes[0][0], *(shape[1] for shape in example.shapes)]


def _lines(example: Counterexample) -> list[list[int]]:
    """Rows of the first factor, hidden indices, …, columns of the last factor that take part."""
    used: list[set[int]] = [set() for _ in range(len(example.shapes) + 1)]
    for level, factor in enumerate(example.curve):
        for i, j in factor:
            used[level].add(i)
            used[level + 1].add(j)
    used[0] |= {i for i, _ in example.entries}
    used[-1] |= {j for _, j in example.entries}
    if max(_sizes(example)) <= _LARGEST_MATRIX:
        return [list(range(size)) for size in _sizes(example)]
    return [sorted(line) for line in used]


def _numbers(entries: dict[Cell, Laurent]) -> list[Any]:
    return [[i, j, [[e, float(v)] for e, v in sorted(entry.items())]] for (i, j), entry in sorted(entries.items())]


def _value(entry: Laurent, t: float) -> float:
    return sum(float(v) * t**e for e, v in entry.items())


def _course(example: Counterexample, error: dict[Cell, Laurent]) -> str:
    from closedness.report.pictures import course_svg

    distances, sizes = [], []
    for step in range(_DECADES * 4 + 1):
        x = step / 4
        t = 10.0**-x
        distance = math.sqrt(sum(_value(entry, t) ** 2 for entry in error.values()))
        largest = max((abs(_value(entry, t)) for factor in example.curve for entry in factor.values()), default=0.0)
        if distance > 0:
            distances.append((x, math.log10(distance)))
        if largest > 0:
            sizes.append((x, math.log10(largest)))
    return course_svg(distances or [(0.0, 0.0), (float(_DECADES), 0.0)], sizes or [(0.0, 0.0)])


def _formulas(example: Counterexample, lines: list[list[int]]) -> str:
    """Target, factors as formulas and as numbers at t, product at t."""
    from closedness.algebra.laurent import laurent_text

    formulas, values = [], []
    for level, factor in enumerate(example.curve):
        rows, columns = lines[level], lines[level + 1]
        shown = [[laurent_text(factor.get((i, j), {})).replace("-", "−") for j in columns] for i in rows]
        formulas.append(_matrix(f"W{level + 1}(t)", shown, rows, columns))
        empty = [["" for _ in columns] for _ in rows]
        values.append(_matrix(f"W{level + 1}", empty, rows, columns, f"factor{level}"))
    rows, columns = lines[0], lines[-1]
    target = [[str(example.entries.get((i, j), 0)).replace("-", "−") for j in columns] for i in rows]
    goal = _matrix("target A", target, rows, columns)
    product = _matrix("product", [["" for _ in columns] for _ in rows], rows, columns, "product")
    return (
        f"<div class='matrices'>{''.join(formulas)}<span class='sign'>→</span>{goal}</div>\n"
        f"<div class='matrices live'>{''.join(values)}<span class='sign'>=</span>{product}</div>"
    )


def _matrix(name: str, cells: list[list[str]], rows: list[int], columns: list[int], mark: str = "") -> str:
    head = "".join(f"<th scope='col'>{j}</th>" for j in columns)
    body = "".join(
        f"<tr><th scope='row'>{i}</th>{''.join(f'<td>{cell}</td>' for cell in line)}</tr>"
        for i, line in zip(rows, cells, strict=True)
    )
    identity = f" id='{mark}'" if mark else ""
    return f"<table{identity}><caption>{name}</caption><tr><td></td>{head}</tr>{body}</table>"


def _formula_list(example: Counterexample) -> str:
    from closedness.algebra.laurent import laurent_text

    lists = []
    for level, factor in enumerate(example.curve, 1):
        entries = [f"W{level}[{i},{j}] = {laurent_text(entry)}" for (i, j), entry in sorted(factor.items())]
        lists.append(f"<p class='formula'>{', '.join(entries[:200])}{' …' if len(entries) > 200 else ''}</p>")
    target = ", ".join(f"A[{i},{j}] = {value}" for (i, j), value in sorted(example.entries.items())[:200])
    return "".join(lists) + f"<p class='formula'>{target}</p>"


# -------------------------------------------------------------------- the proof


def _proof_section(verdict: Verdict) -> str:
    if verdict.certificate is None:
        tried = "".join(f"<li>{escape(each)}</li>" for each in verdict.tried)
        known = "".join(f"<li>{escape(each)}</li>" for each in verdict.known)
        before = _section("known", "What is known", f"<ul>{known}</ul>") if known else ""
        return before + _section("proof", "What was tried", f"<ol>{tried}</ol>")
    if verdict.counterexample is not None:
        intro = (
            "<p>Why is A no product? Suppose it were: A = "
            + " · ".join(f"W{number}" for number in range(1, len(verdict.product) + 1))
            + ", entry by entry. Each line uses one entry of this equation and what the lines before it found.</p>"
        )
        return _section("proof", "The proof, step by step", intro + _step_list(proof_steps(verdict.certificate)))
    intro = (
        "<p>Each step replaces the question by a simpler one with the same answer, until a theorem settles it. The "
        "picture shows what there is before the step.</p>"
    )
    return _section("proof", "The proof, step by step", intro + _step_list(proof_steps(verdict.certificate)))


def _step_list(steps: list[Step]) -> str:
    from closedness.report.trace import captions

    items, drawn = [], 0
    for folded, group in groupby(steps, key=lambda step: step.folded):
        shown = []
        for step in group:
            picture = "" if drawn >= _MOST_PICTURES else _picture(step)
            drawn += bool(picture)
            indent = f" style='margin-left:{1.5 * min(step.depth, 12)}em'" if step.depth else ""
            shown.append(f"<li{indent}><b>{escape(step.title)}.</b> {escape(step.text)}{picture}</li>")
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


def _advice_section(verdict: Verdict, seconds: float | None) -> str:
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
    return _section("advice", "What to do about it", f"<ul>{''.join(f'<li>{point}</li>' for point in points)}</ul>")


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


def _check_section(verdict: Verdict) -> str:
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
    places = "their proofs are in docs/theory.md and docs/theory-chains.md"
    rules = f"<p>Rules used: {escape(', '.join(report.rules))}; {places}.</p>"
    return _section(
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
<dt>minor</dt><dd>of a matrix: the determinant of a square part; of a pattern: what is left when rows and columns are
deleted</dd>
</dl>
</section>"""
