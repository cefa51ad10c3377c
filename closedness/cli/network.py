"""``closedness network MODEL``: training of a whole network, on all data, on given data, in a run that was recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.decide import CertificateOption, JsonOption, SecondsOption
from closedness.cli.guard import DECIDED, UNDECIDED
from closedness.cli.output import console, print_json, require_writable, working, write_certificate
from closedness.errors import FormatError, InputError

if TYPE_CHECKING:
    from closedness.files.models import Layer, Model

__all__ = ["network"]

NAMES = (("X", "Y"), ("x", "y"), ("inputs", "targets"))


def network(
    model: Annotated[
        Path,
        typer.Argument(metavar="MODEL", help="State dict (.pt, .pth, .safetensors), .npz, problem file, or folder."),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Data set: a .npz file with X and Y, one row for each point. Default: all data."
        ),
    ] = None,
    run: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE", help="A checkpoint of a training run, oldest first; may be repeated: explain the run."
        ),
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only these layers, in this order; may be repeated.")
    ] = None,
    activation: Annotated[
        str, typer.Option(metavar="NAME", help="relu, leaky_relu, abs, linear, or the slope for negative arguments.")
    ] = "relu",
    biases: Annotated[
        bool | None,
        typer.Option(help="Whether neurons have biases. Default: as the file says; without any in it, yes."),
    ] = None,
    seconds: SecondsOption = 60.0,
    certificate: CertificateOption = None,
    as_json: JsonOption = False,
) -> int:
    """Say whether training a network has an optimum: on every data set, or on the one that is given.

    Exit code 0: answered; 4: not known; 2: bad input.
    """
    from closedness.files.model_files import read_models
    from closedness.files.models import chosen_layers
    from closedness.networks.answer import Optimum
    from closedness.networks.assess import assess_network

    limit = time_limit(seconds, "--seconds")
    if certificate is not None:
        require_writable(certificate)
    models = read_models(model)
    if layer:
        models = [chosen_layers(models, layer)]
    layers = _layers(models, model)
    slope = _activation(activation)
    which = _biases(model, layers) if biases is None else biases
    given = None if data is None else _data(data)
    masks = [each.support for each in layers]
    with working("asking"):
        found = assess_network(masks, slope, biases=which, data=given, seconds=limit)
        story = None if not run else _explained(run, layers, slope, given)
    names = [each.name for each in layers]
    if as_json:
        print_json(
            {
                "layers": names,
                "optimum": found.optimum.value,
                "theorem": found.theorem,
                "reason": found.reason,
                "known": list(found.known),
                "advice": found.advice,
                "run": None if story is None else story[1],
                "certificate": found.certificate,
            }
        )
    else:
        screen = console()
        screen.print(f"layers: {' → '.join(names)}", soft_wrap=True)
        screen.print(str(found), soft_wrap=True)
        if found.advice:
            screen.print(f"to change: {found.advice}", soft_wrap=True)
        if story is not None:
            screen.print(story[0], soft_wrap=True)
    write_certificate(certificate, found.certificate, "there is none")
    return UNDECIDED if found.optimum is Optimum.NOT_KNOWN else DECIDED


def _layers(models: list[Model], place: Path) -> list[Layer]:
    """The layers of the one network in the file."""
    from closedness.files.models import layers_of_product
    from closedness.networks.scan import runs_of

    for each in models:
        if each.doubts:
            raise InputError(f"{each.doubts[0]}; closedness scan takes masks from another file")
    if len(models) == 1 and models[0].problem is not None:
        return layers_of_product(models[0].problem)
    runs = [run for each in models for run in runs_of(each)[0]]
    if len(runs) != 1:
        shown = "; ".join(" → ".join(each.name for each in run) for run in runs)
        raise InputError(f"{place} holds {len(runs)} networks ({shown[:300]}): name the layers of one with --layer")
    return runs[0]


def _activation(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text


def _biases(path: Path, layers: list[Layer]) -> bool | list[bool]:
    """Which layers have a bias in the file; all of them if the file knows of none."""
    from closedness.files.model_files import read_arrays

    try:
        names = set(read_arrays(path)) if path.is_file() else set()
    except FormatError:
        names = set()
    if not any(name.rpartition(".")[2] == "bias" for name in names):
        return True
    return [f"{each.name}.bias" in names for each in layers]


def _data(path: Path) -> tuple[Any, Any]:
    """Inputs and targets of a file."""
    from closedness.files.model_files import read_arrays

    arrays = read_arrays(path)
    for first, second in NAMES:
        if first in arrays and second in arrays:
            X, Y = arrays[first], arrays[second]
            if X.ndim != 2 or Y.ndim not in (1, 2):
                raise FormatError(f"has {first} of shape {X.shape} and {second} of shape {Y.shape}: no rows", str(path))
            return X, Y if Y.ndim == 2 else Y[:, None]
    raise FormatError(f"has no arrays X and Y but {', '.join(arrays)[:200] or 'none'}", str(path))


def _explained(
    paths: list[Path], layers: list[Layer], slope: str | float, data: tuple[Any, Any] | None
) -> tuple[str, dict[str, Any]]:
    """What the checkpoints show, in words and for JSON."""
    from dataclasses import asdict

    import numpy as np

    from closedness.files.model_files import read_arrays
    from closedness.networks.runs import explain_run

    log = []
    for path in paths:
        arrays = read_arrays(path)
        entry = []
        for each in layers:
            weights = next((arrays[name] for name in (f"{each.name}.weight", each.name) if name in arrays), None)
            if weights is None:
                raise FormatError(f"has no weights of layer {each.name}", str(path))
            entry.append((weights, arrays.get(f"{each.name}.bias", np.zeros(weights.shape[0]))))
        log.append(entry)
    run = explain_run(log, activation=slope, data=data)
    return str(run), asdict(run)
