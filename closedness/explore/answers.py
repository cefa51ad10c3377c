"""What the explorer asks for: the verdict part by part, problems from files, files of a problem.

Everything here runs in a process of its own (:mod:`closedness.explore.jobs`) and yields plain values for JSON.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from closedness.budget import time_limit
from closedness.errors import FormatError, InputError
from closedness.files.labels import Labels
from closedness.supports.product import SupportProduct

if TYPE_CHECKING:
    from closedness.supports.masks import Cell
    from closedness.verdict import Verdict

__all__ = ["KINDS", "problem_object", "read", "verdict", "write"]

Part = dict[str, Any]
LARGEST_CERTIFICATE = 4_000_000
LARGEST_SENT, LONGEST_SENT = 1_000_000, 4096
MOST_CHANGES, MOST_REPAIRS = 2, 12
LARGEST_DRAWN = 4096
"""Cells of all factors together up to which the page draws them one by one; larger supports come as a picture."""


def verdict(payload: dict[str, Any]) -> Iterator[Part]:
    """The verdict, then its proof, its certificate, and the nearest closed supports.

    Parameters
    ----------
    payload : dict
        ``problem`` (as in certificates), ``field``, and ``seconds`` for the decision.

    Yields
    ------
    dict
        With the key ``part``.

    Raises
    ------
    InputError
        If the problem, the field or the limit is none.

    Examples
    --------
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> parts = verdict({"problem": lu.to_problem(), "field": "real", "seconds": 5})
    >>> [part["part"] for part in parts]
    ['verdict', 'proof', 'certificate', 'picture', 'nearest']
    """
    from closedness.decide import decide
    from closedness.report.share import share_svg

    product = SupportProduct.from_problem(payload.get("problem"))
    seconds = time_limit(payload.get("seconds", 10))
    if seconds is None:
        raise InputError("seconds is no limit, but the page needs one")
    found = decide(product, field=str(payload.get("field", "real")), seconds=seconds)
    yield _verdict_part(found)
    if found.certificate is not None:
        yield _proof_part(found)
        yield _certificate_part(found)
    yield {"part": "picture", "svg": share_svg(found)}
    if found.status.value != "closed":
        yield _nearest_part(found, seconds)


def _verdict_part(found: Verdict) -> Part:
    from closedness.report.words import SENTENCES

    short, long = SENTENCES[found.status.value]
    return {
        "part": "verdict",
        "status": found.status.value,
        "words": found.status.words,
        "short": short,
        "long": long,
        "reason": found.reason,
        "field": found.field,
        "seconds": round(found.seconds, 4),
        "id": found.product.content_id,
        "known": list(found.known),
        "tried": list(found.tried),
        "marks": _marks(found),
        "picture": _picture(found),
    }


def _marks(found: Verdict) -> Part | None:
    """The cells that the reason is about: entries on the curve, those that diverge, and entries of the target."""
    example = found.counterexample
    if example is None or not example.curve:
        return None
    on = [sorted(factor) for factor in example.curve]
    growing = [sorted(cell for cell, entry in factor.items() if min(entry) < 0) for factor in example.curve]
    (target,) = _plain([sorted(example.entries)])
    return {"factors": _plain(on), "growing": _plain(growing), "target": target}


def _plain(cells: list[list[Cell]]) -> list[list[list[int]]]:
    return [[list(cell) for cell in each] for each in cells]


def _picture(found: Verdict) -> str:
    """The supports as a picture, for those that are too large to be drawn cell by cell."""
    if sum(m * n for m, n in (factor.shape for factor in found.product)) <= LARGEST_DRAWN:
        return ""
    from closedness.report.page import pattern_picture

    return pattern_picture(found)


def _proof_part(found: Verdict) -> Part:
    from closedness.report.curves import counterexample_section
    from closedness.report.page import proof_section

    example = found.counterexample
    return {
        "part": "proof",
        "counterexample": "" if example is None else counterexample_section(example),
        "proof": proof_section(found, Labels()),
    }


def _certificate_part(found: Verdict) -> Part:
    from closedness.check import check

    assert found.certificate is not None
    report = check(found.certificate)
    text = found.certificate.to_json()
    return {
        "part": "certificate",
        "verified": report.verified,
        "reason": report.reason,
        "rules": list(report.rules),
        "trusted": list(report.trusted),
        "bytes": len(text),
        "text": text if len(text) <= LARGEST_CERTIFICATE else "",
    }


def _nearest_part(found: Verdict, seconds: float) -> Part:
    """The nearest closed supports that were found, each with the entries to change, and what is known about all."""
    from closedness.repair import repair

    repairs = repair(found.product, field=found.field, at_most=MOST_CHANGES, most=MOST_REPAIRS, seconds=seconds)
    listed = [
        {
            "words": str(each),
            "changes": [list(change) for change in (*each.allow, *each.forbid)],
            "problem": problem_object(each.product),
        }
        for each in repairs.found
    ]
    return {"part": "nearest", "found": listed, "summary": repairs.summary}


def problem_object(product: SupportProduct) -> Part:
    """A problem as the page takes it: the same object as in certificates.

    Raises
    ------
    InputError
        If it has too many entries for a page.

    Examples
    --------
    >>> problem_object(SupportProduct.from_text("1 * 1"))["factors"][0]["rows"]
    [[0]]
    """
    entries = sum(factor.nnz for factor in product)
    longest = max(max(factor.shape) for factor in product)
    if entries > LARGEST_SENT or longest > LONGEST_SENT:
        raise InputError(
            f"the problem has {entries} entries and up to {longest} rows or columns, too many for a page "
            f"(at most {LARGEST_SENT} and {LONGEST_SENT}): closedness decide FILE"
        )
    return product.to_problem()


# -------------------------------------------------------------------- files


def read(payload: dict[str, Any]) -> Iterator[Part]:
    r"""The problem in a file, or in several files with one factor each, as multiplied.

    Parameters
    ----------
    payload : dict
        ``files``: a list of ``{"name": …, "data": base64}``.

    Raises
    ------
    FormatError
        If they hold no problem.

    Examples
    --------
    >>> (part,) = read({"files": [{"name": "lu.txt", "data": base64.b64encode(b"x.\nxx\n\nxx\n.x").decode()}]})
    >>> part["problem"] == SupportProduct.from_text("10/11 * 11/01").to_problem()
    True
    """
    from closedness.files.problems import join_parts, parse_parts

    files = payload.get("files")
    if not isinstance(files, list) or not files:
        raise InputError("files is not a list of files")
    sources = []
    for file in files:
        name = PurePath(str(file.get("name", "file"))).name if isinstance(file, dict) else "file"
        try:
            data = base64.b64decode(file["data"], validate=True)
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise FormatError("did not arrive whole", name) from None
        sources.append((name, parse_parts(data, PurePath(name).suffix, name)))
    product = join_parts(sources, sources[0][0] if len(sources) == 1 else "problem")
    yield {"part": "problem", "problem": problem_object(product), "name": ", ".join(name for name, _ in sources)}


def write(payload: dict[str, Any]) -> Iterator[Part]:
    r"""The files of a problem in a format.

    Parameters
    ----------
    payload : dict
        ``problem`` and ``format``, one of `closedness.files.writing.FORMATS`.

    Examples
    --------
    >>> lu = SupportProduct.from_text("10/11 * 11/01")
    >>> (part,) = write({"problem": lu.to_problem(), "format": "txt"})
    >>> part["name"], base64.b64decode(part["data"])
    ('supports.txt', b'x.\nxx\n\nxx\n.x\n')
    """
    from closedness.files.writing import problem_files

    product = SupportProduct.from_problem(payload.get("problem"))
    for name, data in problem_files(product, str(payload.get("format", ""))):
        yield {"part": "file", "name": name, "data": base64.b64encode(data).decode()}


KINDS: dict[str, Callable[[dict[str, Any]], Iterator[Part]]] = {"verdict": verdict, "read": read, "write": write}
"""What can be asked for."""
