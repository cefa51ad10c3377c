"""``closedness scan MODEL_OR_FOLDER``: the verdict on the masks of neighbouring layers of a model."""

from __future__ import annotations

import enum
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.decide import Field, FieldOption, JsonOption, SecondsOption
from closedness.cli.guard import DECIDED, INTERRUPTED, UNDECIDED, complain
from closedness.cli.output import console, print_json, require_directory, require_writable, tasks, write_whole
from closedness.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.files.models import Layer, Model
    from closedness.networks.scan import Finding, Item

__all__ = ["scan"]

TRAINING = {
    "always": "an optimum for all data",
    "not_always": "no optimum for some data",
    "not_known": "not known",
}
AS_STORED = "none"

class Activation(enum.StrEnum):
    """Between the layers, for what is said about training."""

    LINEAR = "linear"
    RELU = "relu"


def scan(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL_OR_FOLDER",
            help="State dict (.pt, .pth, .bin, .ckpt, .safetensors), .npz, .npy, problem file, or folder.",
        ),
    ],
    layer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only these layers, in this order; may be repeated.")
    ] = None,
    masks: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Masks of the weights by the names of the layers, or a list of one for each matrix; none: as stored.",
        ),
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
    report: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a page about each verdict, and index.html, into this directory."),
    ] = None,
    as_json: JsonOption = False,
) -> int:
    """Decide the masks of a pruned model, pair by pair. Exit code 0: all decided; 4: something undecided; 2: bad input.

    Layers have shape (outputs, inputs), the first layer comes first. A pair that is not closed has, trained by itself,
    a data set without an optimum; the row of a whole run speaks of the whole network.
    """
    from closedness.files.model_files import read_arrays, read_models
    from closedness.files.models import chosen_layers
    from closedness.networks.scan import items_of, read_findings

    limits = time_limit(seconds, "--seconds"), time_limit(total, "--total")
    if jobs < 1:
        raise InputError(f"--jobs is {jobs}, not a positive number")
    stored: list[Finding] = []
    if report is not None:
        require_directory(report)
    if out is not None:
        require_writable(out)
        if out.exists():
            stored = read_findings(out, field.value, activation.value)
    as_stored = masks == AS_STORED
    given = None if masks is None or as_stored else read_arrays(Path(masks))
    models = read_models(model, masks=given, as_stored=as_stored)
    if layer:
        models = [chosen_layers(models, layer)]
    items = items_of(models, chains=not pairs)
    findings: list[Finding] = []
    interrupted = False
    show = None if as_json else _Rows(models, activation)
    try:
        _run(items, findings, stored, limits, jobs, field, activation, out, show)
    except KeyboardInterrupt:
        interrupted = True
    findings.sort(key=lambda finding: items.index(finding.item))
    if report is not None:
        from closedness.cli.scan_pages import write_pages

        write_pages(report, model.name, models, findings, field.value, lambda finding: training(finding, activation)[0])
        complain(f"pages written to {report / 'index.html'}")
    if as_json:
        print_json(_object(str(model), models, findings, len(items)))
    elif show is not None:
        show.end()
    if interrupted:
        kept = f"; {out} keeps what is decided, the same command goes on" if out is not None else ""
        complain(f"interrupted after {len(findings)} of {len(items)}{kept}")
    doubts = [f"{each.name}: {doubt}" for each in models for doubt in each.doubts]
    for doubt in doubts:
        complain(f"no verdict about {doubt}; give the masks with --masks FILE, or say --masks none if it is no mask")
    if not items and not doubts:
        complain("no two neighbouring layers to look at")
    done = len(findings) == len(items) and all(finding.certificate is not None for finding in findings)
    if interrupted:
        return INTERRUPTED
    return DECIDED if done and not doubts else UNDECIDED


def _run(
    items: Sequence[Item],
    findings: list[Finding],
    stored: Sequence[Finding],
    limits: tuple[float | None, float | None],
    jobs: int,
    field: Field,
    activation: Activation,
    out: Path | None,
    show: _Rows | None,
) -> None:
    """Fill `findings` and show them as they are settled; what is stored grows with it."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from closedness.networks.scan import scan as scan_items
    from closedness.networks.scan import write_findings

    with ExitStack() as stack:
        pool = None
        if jobs > 1:
            pool = stack.enter_context(ProcessPoolExecutor(jobs, mp_context=get_context("spawn")))
        progress = stack.enter_context(tasks())
        for finding in scan_items(
            items,
            field=field.value,
            seconds=limits[0],
            total=limits[1],
            activation=activation.value,
            executor=pool,
            workers=jobs,
            stored=stored,
            started=lambda item: progress(len(findings), len(items), item.name),
        ):
            findings.append(finding)
            if show is not None:
                show.row(finding)
            progress(len(findings), len(items), "")
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
        "order": {model.name: model.order for model in models if model.layers},
        "doubts": [doubt for model in models for doubt in model.doubts],
        "hints": [hint for model in models for hint in model.hints],
        "breaks": [why for model in models for why in runs_of(model)[1]],
        "asked": asked,
        "items": [finding.as_object(certificate=False) for finding in findings],
    }


def _layer_object(layer: Layer) -> dict[str, Any]:
    size = None if layer.support is None else layer.support.nnz
    return {"name": layer.name, "shape": list(layer.shape), "nonzeros": size, "note": layer.note}


def training(finding: Finding, activation: Activation) -> tuple[str, bool]:
    """What a verdict means for training, and whether a statement is named."""
    if finding.item.between == "gate":
        return "not known: a product with a gate stands between these layers", False
    if not finding.optimum:
        return "not known", False
    low_rank = finding.item.between == "nothing"
    named = "low-rank update" if low_rank else {Activation.RELU: "ReLU", Activation.LINEAR: "linear"}[activation]
    words = TRAINING[finding.optimum]
    if finding.full_rank == "always" and finding.optimum != "always":
        rest = "" if finding.optimum == "not_known" else f", {words.removeprefix('no optimum ')} not"
        words = f"an optimum for data whose inputs span the input space{rest or '; for other data not known'}"
    text = f"{named}: {words}" + (f" [{finding.theorem}]" if finding.theorem else "")
    if low_rank or finding.certificate is None:
        return text, bool(finding.theorem)
    if activation is Activation.RELU:
        closed = finding.status.value == "closed"
        also = "an optimum for data whose inputs span the input space" if closed else TRAINING["not_always"]
        return f"{text}; linear: {also} [linear-full-rank]", True
    if finding.status.value == "not_closed":
        return f"{text}; ReLU: no optimum for some data [relu-not-closed]", bool(finding.theorem)
    return f"{text}; ReLU: ask with --activation relu", bool(finding.theorem)


class _Rows:
    """What is shown to people: the layers, each answer as soon as it is there, and what the signs mean."""

    def __init__(self, models: Sequence[Model], activation: Activation) -> None:
        self.screen = console()
        self.several = sum(1 for model in models if model.layers) > 1
        self.activation = activation
        self.tagged = self.products = False
        self.began = False
        self._layers(models)

    def _layers(self, models: Sequence[Model]) -> None:
        from rich.table import Table
        from rich.text import Text

        from closedness.networks.scan import runs_of

        columns = ("layer", "outputs × inputs", "entries", "density", "support")
        layers = Table(*columns, title="Layers", title_justify="left")
        skipped: dict[str, list[str]] = {}
        for model in models:
            for layer in model.layers:
                name = f"{model.name}: {layer.name}" if self.several else layer.name
                if layer.support is None:
                    skipped.setdefault(layer.note, []).append(name)
                    continue
                (m, n), nnz = layer.support.shape, layer.support.nnz
                row = (name, f"{m} × {n}", str(nnz), f"{nnz / (m * n):.2%}", layer.note)
                layers.add_row(*(Text(cell) for cell in row))
        if layers.row_count:
            self.screen.print(layers)
        for model in models:
            for hint in model.hints:
                self._line(f"note: {hint}")
        for note, names in skipped.items():
            shown = ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
            self._line(f"not looked at: {shown} ({note})")
        for model in models:
            for why in [] if model.doubts else runs_of(model)[1]:
                self._line(f"no product across: {why}")
        orders = sorted({model.order for model in models if len(model.layers) > 1})
        if orders:
            self._line(
                f"order of the layers: {'; '.join(orders)}. A → B: A is applied first, the product is B·A. "
                "A file does not say how layers are connected; --layer NAME --layer NAME asks for others."
            )

    def _line(self, text: str) -> None:
        self.screen.print(text, soft_wrap=True)
        self.screen.file.flush()

    def row(self, finding: Finding) -> None:
        """One answer."""
        if not self.began:
            self.began = True
            self._line("\nVerdicts")
        item = finding.item
        name = f"{item.model}: {item.name}" if self.several and item.layers else item.name
        time = "known" if finding.reused else f"{finding.seconds:.2f} s"
        status = finding.status.value.replace("_", " ").upper()
        self._line(f"{status}  {name}  ({time})\n    because {finding.reason}")
        if item.layers:
            self.products = True
            words, tagged = training(finding, self.activation)
            self.tagged = self.tagged or tagged
            self._line(f"    training: {words}")
        if finding.advice:
            self._line(f"    to change: {finding.advice}")

    def end(self) -> None:
        """What the signs mean, of those that were used."""
        if self.products:
            self._line("")
        if self.tagged:
            self._line("[…] names the statement used, see docs/networks.md and docs/rules.")
        if self.products:
            self._line("Training means squared loss; an optimum: weights within the masks that attain the infimum.")
