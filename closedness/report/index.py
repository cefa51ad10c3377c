"""The index of the pages about the layers of a model."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from closedness.report.page import document

__all__ = ["Row", "index_html"]

COUNTED = {"closed": "closed", "not_closed": "not closed", "undecided": "undecided"}


class Row(NamedTuple):
    """One page.

    Attributes
    ----------
    status : {"closed", "not_closed", "undecided"}
    name : str
        The layers.
    reason, training : str
    page : str
        The file, beside the index.
    """

    status: str
    name: str
    reason: str
    training: str
    page: str


def index_html(title: str, rows: list[Row], notes: list[str]) -> str:
    """The page with a line for each of the others.

    Parameters
    ----------
    title : str
    rows : list of Row
    notes : list of str
        What else is to be known, a sentence each.

    Examples
    --------
    >>> page = index_html("net.pt", [Row("closed", "a → b", "no overlap", "", "0.html")], ["Layers are dense."])
    >>> "<a href='0.html'>a → b</a>" in page, "1 closed" in page
    (True, True)
    """
    counts = [f"{sum(row.status == status for row in rows)} {words}" for status, words in COUNTED.items()]
    lines = []
    for row in rows:
        more = f"<br>Training: {escape(row.training)}." if row.training else ""
        lines.append(
            f"<tr class='{row.status}'><td class='word'>{COUNTED[row.status]}</td>"
            f"<td><a href='{escape(row.page, quote=True)}'>{escape(row.name)}</a>"
            f"<br><span class='caption'>{escape(row.reason)}.{more}</span></td></tr>"
        )
    said = "".join(f"<p>{escape(note)}</p>" for note in notes)
    table = f"<table class='index'><tr><th>verdict</th><th>layers</th></tr>{''.join(lines)}</table>"
    return document(title, f"{title}: scan", f"<p>{', '.join(counts)}.</p>{said}{table if rows else ''}")
