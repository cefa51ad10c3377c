"""What a page is about: a problem file, or layers of a model file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from closedness.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.files.labels import Labels
    from closedness.supports.product import SupportProduct

__all__ = ["LayerOption", "question"]

LayerOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Of a model file: these layers, first layer first; a single one (or its number) and the one after it.",
    ),
]


def question(file: Sequence[str], layers: Sequence[str]) -> tuple[SupportProduct, Labels, str]:
    """The supports, the names in the file, and a title.

    Raises
    ------
    InputError
        If the files cannot be read, or hold no such layers.
    """
    title = ", ".join(Path(each).name for each in file if each != "-")
    if not layers:
        from closedness.files.problems import read_labelled

        return *read_labelled(*file), title
    from closedness.files.model_files import read_models
    from closedness.networks.pages import labels_of_item, question_of_layers

    if len(file) != 1:
        raise InputError(f"--layer goes with one model file, not with {len(file)}")
    item = question_of_layers(read_models(Path(file[0])), layers)
    return item.product, labels_of_item(item), f"{title}: {item.name}"
