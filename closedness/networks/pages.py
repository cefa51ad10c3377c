"""Pages about layers of a model: which layers a report is about, and the verdicts that a scan found."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from closedness.certificate import Certificate
from closedness.errors import InputError
from closedness.files.labels import Labels
from closedness.files.models import chosen_layers
from closedness.networks.answer import Optimum
from closedness.networks.assess import assess_network
from closedness.networks.repairs import LARGEST_COUNTED, entries_to_drop
from closedness.networks.scan import items_of, runs_of
from closedness.verdict import Verdict, counterexample_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from closedness.files.models import Model
    from closedness.networks.scan import Finding, Item
    from closedness.supports.masks import Cell

__all__ = ["labels_of_item", "question_of_layers", "training_words", "verdict_of"]


def question_of_layers(models: Sequence[Model], names: Sequence[str]) -> Item:
    """The question about chosen layers.

    Parameters
    ----------
    models : sequence of Model
    names : sequence of str
        Names of layers, first layer first. A single one stands for itself and the layer that follows; it may be a
        number, which counts the layers from 0 where none has it as its name.

    Raises
    ------
    InputError
        If there are no such layers, or they do not multiply.

    Examples
    --------
    >>> import numpy as np
    >>> from closedness.files.models import Model, layers_of_arrays
    >>> layers = layers_of_arrays({"a": np.ones((2, 3)), "b": np.eye(2), "c": np.ones((1, 2))})
    >>> question_of_layers([Model("net", layers)], ["1"]).layers
    ('b', 'c')
    """
    if len(names) == 1:
        names = _with_the_next(models, names[0])
    chosen = chosen_layers(models, names)
    if chosen.doubts:
        raise InputError(f"no verdict about {chosen.doubts[0]}; see closedness scan, option --masks")
    runs, breaks = runs_of(chosen)
    if len(runs) != 1:
        raise InputError(f"--layer: no product, {breaks[0]}")
    return items_of([chosen])[-1]


def _with_the_next(models: Sequence[Model], name: str) -> list[str]:
    """The layer of a name or number, and the one that follows it."""
    runs = [run for model in models for run in runs_of(model)[0]]
    every = [layer.name for run in runs for layer in run]
    wanted = name
    if name not in every and name.isdecimal() and int(name) < len(every):
        wanted = every[int(name)]
    for run in runs:
        for first, second in pairwise(run):
            if first.name == wanted:
                return [first.name, second.name]
    known = ", ".join(first.name for run in runs for first in run[:-1]) or "none"
    raise InputError(f"--layer {name!r}: there is no such layer that another one follows; those are {known}")


def labels_of_item(item: Item) -> Labels:
    """The names of the factors: the last layer is the first factor.

    Examples
    --------
    >>> import numpy as np
    >>> from closedness.files.models import Model, layers_of_arrays
    >>> layers = layers_of_arrays({"a": np.ones((2, 3)), "b": np.eye(2)})
    >>> labels_of_item(items_of([Model("net", layers)])[0]).factors
    ('layer b', 'layer a')
    """
    return Labels(factors=tuple(f"layer {name}" for name in reversed(item.layers)))


def verdict_of(finding: Finding, field: str) -> Verdict:
    """The verdict of an answer of a scan.

    Examples
    --------
    >>> import numpy as np
    >>> from closedness.files.models import Model, layers_of_arrays
    >>> from closedness.networks.scan import scan
    >>> lower = np.tri(2)
    >>> items = items_of([Model("net", layers_of_arrays({"a": lower.T, "b": lower}))])
    >>> verdict_of(next(iter(scan(items))), "real").counterexample.order_of_divergence()
    1
    """
    certificate = None if finding.certificate is None else Certificate.from_json(finding.certificate)
    return Verdict(
        finding.status,
        finding.reason,
        finding.item.product,
        field,
        certificate,
        None if certificate is None else counterexample_of(certificate),
        finding.seconds,
        tried=() if certificate is not None else (finding.reason,),
    )


MOST_NAMED = 20


def training_words(verdict: Verdict, seconds: float | None = 10.0) -> list[str]:
    """What a verdict about layers means for training them, with ReLU between them and without, and what to change.

    Parameters
    ----------
    verdict : Verdict
        The last layer is the first factor.
    seconds : float or None
        Time limit.

    Returns
    -------
    list of str
        Sentences.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> for sentence in training_words(decide(SupportProduct.from_text("10/11 * 11/01"))):
    ...     print(sentence)  # doctest: +ELLIPSIS
    With ReLU between the layers and biases, training has no optimum for some data set: hidden neurons ...
    To change this, drop 1 of 6 mask entries, so that each hidden neuron feeds one output, or ...
    Without activation and biases, training has no optimum for some data set: the matrices of the network do not ...
    Training means squared loss. Weight decay of any size gives an optimum in each case.
    """
    masks = list(reversed(verdict.product.factors))
    relu = assess_network(masks, "relu", seconds=seconds, verdict=verdict)
    linear = assess_network(masks, "linear", seconds=seconds, verdict=verdict)
    words = [f"With ReLU between the layers and biases, {relu}."]
    if relu.advice:
        shown = _named(entries_to_drop(masks)) if sum(mask.nnz for mask in masks) <= LARGEST_COUNTED else ""
        words.append(f"To change this, {relu.advice}{f': {shown}' if shown else ''}.")
    spanning = linear.full_rank is Optimum.ALWAYS and linear.optimum is not Optimum.ALWAYS
    words.append(
        f"Without activation and biases, {linear}"
        + ("; for inputs that span the input space there is one." if spanning else ".")
    )
    words.append("Training means squared loss. Weight decay of any size gives an optimum in each case.")
    return words


def _named(dropped: Sequence[Sequence[Cell]]) -> str:
    """Entries of masks, (output, input), of each layer, counted from 1."""
    left, parts = MOST_NAMED, []
    for number, cells in enumerate(dropped, 1):
        if cells and left:
            parts.append(f"layer {number}: {', '.join(map(str, cells[:left]))}")
            left = max(0, left - len(cells))
    more = sum(map(len, dropped)) - MOST_NAMED
    return "; ".join(parts) + (f" and {more} more" if more > 0 else "")
