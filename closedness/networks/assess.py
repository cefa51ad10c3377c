"""Does training a network with masked weights always have an optimum? What closedness says, and no more.

The statements, with proofs or references, are in section 4 of ``docs/theory-chains.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

from closedness.errors import InputError
from closedness.networks.data import DataCounterexample, relu_data
from closedness.networks.linear_data import closed_for_all_data, data_without_optimum
from closedness.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from closedness.supports.levels import SparsityLevels
    from closedness.supports.product import SupportProduct
    from closedness.supports.support import Support
    from closedness.verdict import Verdict

__all__ = ["Assessment", "DataCounterexample", "Optimum", "assess_levels", "assess_network"]


class Optimum(Enum):
    """Whether training attains the infimum of the squared loss."""

    ALWAYS = "always"
    NOT_ALWAYS = "not_always"
    NOT_KNOWN = "not_known"

    def __bool__(self) -> NoReturn:
        raise TypeError("an Optimum has no truth value; compare it with Optimum.ALWAYS")


@dataclass(frozen=True)
class Assessment:
    """What is known about the existence of optimal weights.

    Attributes
    ----------
    optimum : Optimum
        For every finite data set: ``ALWAYS`` there is an optimum, ``NOT_ALWAYS`` (some data set has
        none), or ``NOT_KNOWN``.
    full_rank : Optimum or None
        Linear networks only: the same for data whose inputs span the input space.
    theorem : str
        The statement of ``docs/theory-chains.md`` that was used, empty when nothing is known.
    reason : str
        One sentence.
    verdict : Verdict or None
        Closedness of the set of matrices of the linear network; None when it was not needed.
    data : DataCounterexample or None
        A data set without an optimum, with parameters along which the loss tends to zero.
    """

    optimum: Optimum
    full_rank: Optimum | None
    theorem: str
    reason: str
    verdict: Verdict | None = None
    data: DataCounterexample | None = None

    def __bool__(self) -> NoReturn:
        raise TypeError("an Assessment has no truth value; compare .optimum with Optimum.ALWAYS")

    def __str__(self) -> str:
        words = {
            Optimum.ALWAYS: "training has an optimum for every data set",
            Optimum.NOT_ALWAYS: "training has no optimum for some data set",
            Optimum.NOT_KNOWN: "it is not known whether training has an optimum for every data set",
        }
        by = f" [{self.theorem}]" if self.theorem else ""
        return f"{words[self.optimum]}: {self.reason}{by}"


def assess_network(
    masks: Iterable[Any],
    activation: str = "linear",
    output: int | None = None,
    *,
    seconds: float | None = 60.0,
    verdict: Verdict | None = None,
) -> Assessment:
    """Say whether training with masked weights and squared loss always has an optimum.

    Parameters
    ----------
    masks : iterable of 0/1 matrices, first layer first
        Layer ``l`` has a mask of shape (outputs of the layer, inputs of the layer), as weights are stored in
        PyTorch. Anything `Support.read` accepts.
    activation : {"linear", "relu"}
        Linear networks have no biases; ReLU networks have a bias in each layer, without a mask.
    output : int, optional
        The number of outputs; must agree with the last mask.
    seconds : float or None
        Time limit for `decide`.
    verdict : Verdict, optional
        The verdict on the same masks, last layer first, if it is at hand.

    Returns
    -------
    Assessment

    Raises
    ------
    InputError
        If the masks do not fit, or the activation or the output is another one.

    References
    ----------
    Le, Riccietti, Gribonval, *Does a sparse ReLU network training problem always admit an optimum?*,
    NeurIPS 2023, arXiv 2306.02666.

    Examples
    --------
    >>> lower, upper = [[1, 0], [1, 1]], [[1, 1], [0, 1]]
    >>> assess_network([upper, lower]).optimum
    <Optimum.NOT_ALWAYS: 'not_always'>
    >>> assess_network([upper, [[1, 1]]], activation="relu").theorem
    'relu-scalar-output'
    """
    layers = _layers(masks)
    if activation not in ("linear", "relu"):
        raise InputError(f"activation is {activation!r}, not 'linear' or 'relu'")
    outputs = layers[-1].shape[0]
    if output is not None and output != outputs:
        raise InputError(f"output is {output!r}, the last mask has {outputs} rows")
    linear = activation == "linear"
    if len(layers) == 1:
        everything = Optimum.ALWAYS if linear else None
        return Assessment(
            Optimum.ALWAYS, everything, "least-squares", "one layer is a linear least-squares problem"
        )
    if not linear and len(layers) == 2 and outputs == 1:
        return Assessment(
            Optimum.ALWAYS,
            None,
            "relu-scalar-output",
            "one hidden layer and one output (Theorem IV of arXiv 2306.02666)",
        )
    product = _product(layers)
    if verdict is None:
        from closedness.decide import decide

        verdict = decide(product, seconds=seconds)
    elif verdict.product != product or verdict.field != "real":
        raise InputError("verdict is about other masks, or not about real numbers")
    return _linear(product, verdict, seconds) if linear else _relu(product, verdict)


def assess_levels(levels: SparsityLevels, activation: str = "linear", *, seconds: float | None = 60.0) -> Assessment:
    """Say whether training under bounds on the numbers of weights always has an optimum.

    Parameters
    ----------
    levels : SparsityLevels
        As multiplied: last layer first.
    activation : {"linear", "relu"}
        As for `assess_network`.
    seconds : float or None
        Time limit.

    Raises
    ------
    InputError
        If the activation is another one.

    References
    ----------
    Corollary I of Le, Riccietti, Gribonval, NeurIPS 2023, arXiv 2306.02666.

    Examples
    --------
    >>> from closedness.supports.levels import SparsityLevels
    >>> assess_levels(SparsityLevels.of((1, 20, 30), total=(5, 40)), "relu").optimum
    <Optimum.ALWAYS: 'always'>
    """
    from closedness.levels.decide import decide_levels

    if activation not in ("linear", "relu"):
        raise InputError(f"activation is {activation!r}, not 'linear' or 'relu'")
    linear = activation == "linear"
    if not linear and len(levels.levels) == 2 and levels.sizes[0] == 1:
        reason = "one hidden layer and one output (Corollary I of arXiv 2306.02666)"
        return Assessment(Optimum.ALWAYS, None, "relu-scalar-output", reason)
    found = decide_levels(levels, seconds=seconds)
    if found.status is Status.NOT_CLOSED:
        theorem = "linear-full-rank" if linear else "relu-not-closed"
        full_rank = Optimum.NOT_ALWAYS if linear else None
        return Assessment(Optimum.NOT_ALWAYS, full_rank, theorem, found.reason)
    if linear and found.status is Status.CLOSED:
        return Assessment(Optimum.NOT_KNOWN, Optimum.ALWAYS, "linear-full-rank", found.reason)
    return Assessment(Optimum.NOT_KNOWN, Optimum.NOT_KNOWN if linear else None, "", found.reason)


def _layers(masks: Iterable[Any]) -> list[Support]:
    from closedness.supports.support import Support

    layers = []
    for number, mask in enumerate(masks):
        try:
            layers.append(Support.read(mask))
        except InputError as error:
            raise InputError(f"masks[{number}]: {error}") from None
    if not layers:
        raise InputError("masks is empty, a network has at least one layer")
    for number, (first, second) in enumerate(pairwise(layers)):
        if first.shape[0] != second.shape[1]:
            raise InputError(
                f"masks[{number}] has {first.shape[0]} rows, masks[{number + 1}] has {second.shape[1]} columns: "
                "these must be equal"
            )
    return layers


def _product(layers: list[Support]) -> SupportProduct:
    from closedness.supports.product import SupportProduct

    return SupportProduct(reversed(layers))


def _linear(product: SupportProduct, verdict: Verdict, seconds: float | None) -> Assessment:
    if verdict.status is Status.NOT_CLOSED:
        example = verdict.counterexample
        assert example is not None
        inputs = tuple(range(product.shape[1]))
        data = DataCounterexample(example, "linear", inputs, len(inputs), tuple((j,) for j in inputs))
        return Assessment(
            Optimum.NOT_ALWAYS,
            Optimum.NOT_ALWAYS,
            "linear-full-rank",
            "the matrices of the network do not form a closed set; the unit vectors with a limit of such matrices "
            "as targets have no optimum",
            verdict,
            data,
        )
    every = closed_for_all_data(product.factors, whole_is_closed=verdict.status is Status.CLOSED)
    if every is not None:
        return Assessment(Optimum.ALWAYS, Optimum.ALWAYS, *every, verdict)
    merged = data_without_optimum(product, seconds=10.0 if seconds is None else min(seconds, 10.0))
    full_rank = Optimum.ALWAYS if verdict.status is Status.CLOSED else Optimum.NOT_KNOWN
    if merged is not None:
        return Assessment(
            Optimum.NOT_ALWAYS,
            full_rank,
            "linear-merged-inputs",
            "data in which some inputs are equal have no optimum for some targets: with these inputs merged the "
            "matrices do not form a closed set",
            verdict,
            merged,
        )
    if verdict.status is not Status.CLOSED:
        reason = "closedness of the set of matrices of the network is undecided"
        return Assessment(Optimum.NOT_KNOWN, Optimum.NOT_KNOWN, "", reason, verdict)
    return Assessment(
        Optimum.NOT_KNOWN,
        Optimum.ALWAYS,
        "linear-full-rank",
        "the matrices of the network form a closed set, which is enough when the inputs span the input space",
        verdict,
    )


def _relu(product: SupportProduct, verdict: Verdict) -> Assessment:
    if verdict.status is Status.NOT_CLOSED:
        example = verdict.counterexample
        assert example is not None
        return Assessment(
            Optimum.NOT_ALWAYS,
            None,
            "relu-not-closed",
            "the matrices of the linear network with these masks do not form a closed set "
            "(Theorem V of arXiv 2306.02666)",
            verdict,
            relu_data(product, example),
        )
    reason = (
        "the masks give a closed set of matrices, which is necessary and not sufficient for ReLU networks: dense "
        "networks with vector output are ill-posed for some data (Lim, Michałek, Qi 2022)"
        if verdict.status is Status.CLOSED
        else "closedness of the set of matrices of the linear network is undecided"
    )
    return Assessment(Optimum.NOT_KNOWN, None, "", reason, verdict)
