"""The pages that ``closedness scan --report DIR`` writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from closedness.cli.output import write_whole

if TYPE_CHECKING:
    from closedness.files.models import Model
    from closedness.networks.scan import Finding

__all__ = ["write_pages"]

REPAIR_SECONDS = 1.0


def write_pages(
    directory: Path,
    source: str,
    models: Sequence[Model],
    findings: Sequence[Finding],
    field: str,
    training: Callable[[Finding], str],
) -> None:
    """A page for each answer, and an index that leads to them.

    Parameters
    ----------
    directory : Path
    source : str
        The name of the model.
    models : sequence of Model
    findings : sequence of Finding
    field : str
    training : callable
        What an answer means for training, in words.
    """
    from closedness.networks.pages import labels_of_item, verdict_of
    from closedness.report.index import Row, index_html
    from closedness.report.page import report_html

    rows = []
    several = sum(1 for model in models if model.layers) > 1
    for number, finding in enumerate(findings):
        item, page = finding.item, f"{number}.html"
        name = f"{item.model}: {item.name}" if several and item.layers else item.name
        text = report_html(verdict_of(finding, field), name, REPAIR_SECONDS, labels_of_item(item))
        write_whole(directory / page, text)
        rows.append(Row(finding.status.value, name, finding.reason, training(finding) if item.layers else "", page))
    notes = [f"No verdict about {doubt}." for model in models for doubt in model.doubts]
    notes += [f"Not looked at: {layer.name} ({layer.note})." for m in models for layer in m.layers if not layer.support]
    write_whole(directory / "index.html", index_html(source, rows, notes))
