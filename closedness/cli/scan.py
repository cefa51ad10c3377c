"""``closedness scan MODEL_OR_FOLDER``: the verdict on the masks of neighbouring layers of a model."""

from __future__ import annotations

import enum
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.cli.decide import Field, FieldOption, JsonOption, SecondsOption, time_limit
from closedness.cli.guard import DECIDED, UNDECIDED, complain
from closedness.cli.output import console, print_json, require_writable, write_whole
from closedness.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.files.models import Layer, Model
    from closedness.networks.scan import Finding, Item

__all__ = ["scan"]

TRAINING = {"always": "always an optimum", "not_always": "no optimum for some data", "not_known": "not known"}


class Activation(enum.StrEnum):
    """Between the layers, for what is said about training."""

    LINEAR = "linear"
    RELU = "relu"


def scan(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL_OR_FOLDER", help="State dict (.pt, .pth, .safetensors), .npz, .npy, problem file, or folder."
        ),
    ],
    layer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only these layers, in this order; may be repeated.")
    ] = None,
    activation: Annotated[Activation, typer.Option(help="Between the layers, for what is said about training.")] = (
        Activation.RELU
    ),
    pairs: Annotated[bool, typer.Option("--pairs", help="Only pairs of layers, no longer runs.")] = False,
    field: FieldOption = Field.REAL,
    seconds: SecondsOption = 20.0,
    total: Annotated[float, typer.Option(metavar="S", help="Time limit of the whole scan; inf for none.")] = float(
        "inf"
    ),
    jobs: Annotated[int, typer.Option(metavar="N", help="Worker processes.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep answers and certificates in this file (JSON); resumed when it exists."),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Decide the masks of a pruned model, pair by pair. Exit code 0: all decided; 4: something undecided; 2: bad input.

    Layers have shape (outputs, inputs), the first layer comes first. A pair that is not closed has, trained by itself,
    a data set without an optimum; the row of a whole run speaks of the whole network.
    """
    from closedness.files.models import chosen_layers, read_models
    from closedness.networks.scan import items_of, read_findings

    limits = time_limit(seconds), time_limit(total)
    if jobs < 1:
        raise InputError(f"--jobs is {jobs}, not a positive number")
    stored: list[Finding] = []
    if out is not None:
        require_writable(out)
        if out.exists():
            stored = read_findings(out, field.value, activation.value)
    models = read_models(model)
    if layer:
        models = [chosen_layers(models, layer)]
    items = items_of(models, chains=not pairs)
    findings: list[Finding] = []
    interrupted = False
    try:
        _run(items, findings, stored, limits, jobs, field, activation, out)
    except KeyboardInterrupt:
        interrupted = True
    findings.sort(key=lambda finding: items.index(finding.item))
    if as_json:
        print_json(_object(str(model), models, findings, len(items)))
    else:
        _print(models, findings)
    if interrupted:
        kept = f"; {out} keeps what is decided, the same command goes on" if out is not None else ""
        complain(f"interrupted after {len(findings)} of {len(items)}{kept}")
    if not items:
        complain("no two neighbouring layers to look at")
    done = len(findings) == len(items) and all(finding.certificate is not None for finding in findings)
    return DECIDED if done else UNDECIDED


def _run(
    items: Sequence[Item],
    findings: list[Finding],
    stored: Sequence[Finding],
    limits: tuple[float | None, float | None],
    jobs: int,
    field: Field,
    activation: Activation,
    out: Path | None,
) -> None:
    """Fill `findings`, with progress on standard error; what is stored grows with it."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from closedness.networks.scan import scan as scan_items
    from closedness.networks.scan import write_findings

    parts = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with ExitStack() as stack:
        pool = None
        if jobs > 1:
            pool = stack.enter_context(ProcessPoolExecutor(jobs, mp_context=get_context("spawn")))
        progress = stack.enter_context(Progress(*parts, console=Console(stderr=True)))
        task = progress.add_task("", total=len(items))
        for finding in scan_items(
            items,
            field=field.value,
            seconds=limits[0],
            total=limits[1],
            activation=activation.value,
            executor=pool,
            workers=jobs,
            stored=stored,
            started=lambda item: progress.update(task, description=item.name),
        ):
            findings.append(finding)
            progress.update(task, completed=len(findings))
            if out is not None and not finding.reused:
                write_whole(out, write_findings(_merged(findings, stored), field.value, activation.value))


def _merged(findings: Sequence[Finding], stored: Sequence[Finding]) -> list[Finding]:
    """New answers, and stored ones about other questions."""
    new = {finding.item.product for finding in findings}
    return [*findings, *(finding for finding in stored if finding.item.product not in new)]


def _object(source: str, models: Sequence[Model], findings: Sequence[Finding], asked: int) -> dict[str, Any]:
    from closedness.networks.scan import runs_of

    return {
        "source": source,
        "layers": [{"model": model.name, **_layer_object(layer)} for model in models for layer in model.layers],
        "breaks": [why for model in models for why in runs_of(model)[1]],
        "asked": asked,
        "items": [finding.as_object(certificate=False) for finding in findings],
    }


def _layer_object(layer: Layer) -> dict[str, Any]:
    size = None if layer.support is None else layer.support.nnz
    return {"name": layer.name, "shape": list(layer.shape), "nonzeros": size, "note": layer.note}


def _print(models: Sequence[Model], findings: Sequence[Finding]) -> None:
    from rich.table import Table
    from rich.text import Text

    from closedness.networks.scan import runs_of

    screen = console()
    layers = Table("layer", "outputs × inputs", "entries", "density", "support", title="Layers", title_justify="left")
    skipped: dict[str, list[str]] = {}
    several = sum(1 for model in models if model.layers) > 1
    for model in models:
        for layer in model.layers:
            name = f"{model.name}: {layer.name}" if several else layer.name
            if layer.support is None:
                skipped.setdefault(layer.note, []).append(name)
                continue
            (m, n), nnz = layer.support.shape, layer.support.nnz
            row = (name, f"{m} × {n}", str(nnz), f"{nnz / (m * n):.2%}", layer.note)
            layers.add_row(*(Text(cell) for cell in row))
    if layers.row_count:
        screen.print(layers)
    for note, names in skipped.items():
        shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
        screen.print(f"not looked at: {shown} ({note})", soft_wrap=True)
    for model in models:
        for why in runs_of(model)[1]:
            screen.print(f"no product across: {why}", soft_wrap=True)
    if not findings:
        return
    table = Table("products", "verdict", "time", "training", "because", title="Verdicts", title_justify="left")
    for finding in findings:
        time = "known" if finding.reused else f"{finding.seconds:.2f} s"
        name = f"{finding.item.model}: {finding.item.name}" if several and finding.item.layers else finding.item.name
        status = finding.status.value.replace("_", " ").upper()
        training = TRAINING.get(finding.optimum, "")
        if finding.theorem:
            training += f" [{finding.theorem}]"
        table.add_row(*(Text(cell) for cell in (name, status, time, training, finding.reason)))
    screen.print(table)
