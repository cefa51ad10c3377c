"""Does training a network with masked weights always have an optimum? What the theorems say, and no more.

The statements, with proofs or references, are in ``docs/networks.md``, ``docs/rules`` and on
the pages ``docs/rules/relu-*.md``.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from closedness.budget import time_limit
from closedness.errors import InputError
from closedness.networks.answer import Assessment, Optimum
from closedness.networks.architecture import Network
from closedness.networks.data import DataCounterexample, relu_data
from closedness.networks.deep import Funnel, deep_crossing, funnel_of
from closedness.networks.kinks import LineData, bias_data, line_data, number_of_line_points
from closedness.networks.linear_data import closed_for_all_data, data_without_optimum
from closedness.networks.overlap import Overlap, overlap_of
from closedness.networks.repairs import advice
from closedness.networks.stars import Crossing, crossing_of, forms_trees, unequal_star
from closedness.networks.zigzag import dense_layers, number_of_points, zigzag_data
from closedness.rules.rule import Rule, sentence
from closedness.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    from closedness.supports.levels import SparsityLevels
    from closedness.supports.product import SupportProduct
    from closedness.verdict import Verdict

__all__ = ["Assessment", "DataCounterexample", "LineData", "Optimum", "assess_levels", "assess_network"]

SECONDS_FOR_DATA = 1.0
"""For products that show data without an optimum, where a theorem answers that does not show any."""
MOST_POINTS = 700
"""Data sets on a line are written down up to about this size; beyond, certificates name the neurons only."""


def assess_network(
    masks: Iterable[Any],
    activation: str | Fraction | float = "linear",
    output: int | None = None,
    *,
    biases: bool | Sequence[Any] = True,
    data: tuple[Any, Any] | None = None,
    seconds: float | None = 60.0,
    verdict: Verdict | None = None,
) -> Assessment:
    """Say whether training with masked weights and squared loss always has an optimum, or has one on given data.

    Parameters
    ----------
    masks : iterable of 0/1 matrices, first layer first
        Layer ``l`` has a mask of shape (outputs of the layer, inputs of the layer), as weights are stored in
        PyTorch. Anything `Support.read` accepts.
    activation : {"linear", "relu", "leaky_relu", "abs"} or number
        Between the layers. A number is the slope for negative arguments.
    output : int, optional
        The number of outputs; must agree with the last mask.
    biases : bool or sequence
        Which neurons have a bias: all or none, or for each layer a bool or a 0/1 vector. Linear networks have none.
    data : (X, Y), optional
        Matrices with one row for each data point, inputs and targets. Then the question is about these data alone.
    seconds : float or None
        Time limit.
    verdict : Verdict, optional
        The verdict on the same masks, last layer first, if it is at hand.

    Returns
    -------
    Assessment

    Raises
    ------
    InputError
        If the masks do not fit, or the activation, the output or the biases are of another kind.

    References
    ----------
    Le, Riccietti, Gribonval, *Does a sparse ReLU network training problem always admit an optimum?*,
    NeurIPS 2023, arXiv 2306.02666.

    Examples
    --------
    >>> lower, upper = [[1, 0], [1, 1]], [[1, 1], [0, 1]]
    >>> assess_network([upper, lower]).optimum
    <Optimum.NOT_ALWAYS: 'not_always'>
    >>> dense = assess_network([[[1, 1], [1, 1]], [[1, 1], [1, 1]]], activation="relu")
    >>> dense.theorem, dense.data.count
    ('relu-kinks', 5)
    >>> assess_network([upper, [[1, 1]]], activation="relu").theorem
    'relu-trees'
    >>> assess_network([[[1], [1]], [[1, 1], [1, 1]]], "relu", data=([[0], [1], [3]], [[1, 0], [0, 2], [5, 5]])).optimum
    <Optimum.ATTAINED: 'attained'>
    """
    network = Network.read(masks, activation, biases)
    seconds = time_limit(seconds)
    outputs = network.masks[-1].shape[0]
    if output is not None and output != outputs:
        raise InputError(f"output is {output!r}, the last mask has {outputs} rows")
    linear = network.slope == 1
    if data is not None:
        from closedness.networks.given import assess_data

        return assess_data(
            network, data, seconds, lambda limit: assess_network(network.masks, network.slope, seconds=limit)
        )
    if len(network.masks) == 1:
        reason = sentence(RULES, "least-squares")
        everything = Optimum.ALWAYS if linear else None
        certificate = network.certificate("closed", {"rule": "least-squares"})
        return Assessment(Optimum.ALWAYS, everything, "least-squares", reason, certificate=certificate)
    if verdict is not None and (verdict.product != network.product or verdict.field != "real"):
        raise InputError("verdict is about other masks, or not about real numbers")
    overlap = None
    if not linear:
        reduced = network.reduced()
        found = _by_shape(network, reduced)
        if found is not None:
            change = "" if found.optimum is Optimum.ALWAYS else advice(network)
            return replace(found, verdict=verdict, advice=change)
        overlap = overlap_of(reduced)
    if verdict is None:
        from closedness.decide import decide

        short = overlap is not None and (seconds is None or seconds > SECONDS_FOR_DATA)
        verdict = decide(network.product, seconds=SECONDS_FOR_DATA if short else seconds)
    if linear:
        return _linear(network.product, verdict, seconds)
    found = _by_products(network, verdict)
    if found.optimum is Optimum.NOT_KNOWN and overlap is not None:
        found = replace(_named(network, overlap, _why_overlap(overlap)), verdict=verdict)
    return replace(found, advice=advice(network))


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
    seconds = time_limit(seconds)
    linear = activation == "linear"
    if not linear and len(levels.levels) == 2 and levels.sizes[0] == 1:
        reason = "one hidden layer and one output (Corollary I of arXiv 2306.02666)"
        return Assessment(Optimum.ALWAYS, None, "relu-trees", reason)
    found = decide_levels(levels, seconds=seconds)
    if found.status is Status.NOT_CLOSED:
        theorem = "linear-full-rank" if linear else "relu-not-closed"
        full_rank = Optimum.NOT_ALWAYS if linear else None
        return Assessment(Optimum.NOT_ALWAYS, full_rank, theorem, found.reason)
    if linear and found.status is Status.CLOSED:
        return Assessment(Optimum.NOT_KNOWN, Optimum.ALWAYS, "linear-full-rank", found.reason)
    return Assessment(Optimum.NOT_KNOWN, Optimum.NOT_KNOWN if linear else None, "", found.reason)


def _by_shape(network: Network, reduced: Network) -> Assessment | None:
    """What the theorems about stars, trees and kinks say about a network that is not linear."""
    if forms_trees(reduced):
        certificate = network.certificate("closed", {"rule": "relu-trees"})
        return Assessment(Optimum.ALWAYS, None, "relu-trees", _why_trees(reduced), certificate=certificate)
    crossing = crossing_of(reduced)
    if len(reduced.masks) > 2:
        return _deep(network, reduced, crossing)
    if crossing is None:
        star = unequal_star(reduced)
        data = None if star is None else bias_data(reduced, *star)
        if data is None or star is None:
            return None
        k, o, q = star
        reason = f"hidden neuron {k} alone feeds output {o}, which has a bias, and output {q}, which has none"
        return _without_optimum(network, data, reason)
    size = number_of_line_points(reduced, crossing)
    competing = line_data(reduced, crossing) if size <= MOST_POINTS else crossing
    return _without_optimum(network, competing, _why_crossing(crossing))


def _deep(network: Network, reduced: Network, crossing: Crossing | None) -> Assessment | None:
    """The same for several hidden layers that are no trees; a theorem with data comes before the others."""
    if crossing is not None:
        layers = dense_layers(reduced, crossing)
        if layers is not None and number_of_points(layers) * sum(map(len, layers)) ** 2 <= MOST_POINTS**2:
            return _without_optimum(network, zigzag_data(reduced, crossing, layers), _why_crossing(crossing))
        crossing = deep_crossing(reduced)
    if crossing is not None:
        return _without_optimum(network, crossing, _why_crossing(crossing))
    funnel = funnel_of(reduced)
    return None if funnel is None else _named(network, funnel, _why_narrow(funnel))


def _why_crossing(crossing: Crossing) -> str:
    return (
        f"hidden neurons {crossing.first} and {crossing.second} both feed output {crossing.shared}, and neuron "
        f"{crossing.second} feeds output {crossing.other}, too: they can take over from each other while their weights "
        "grow"
    )


def _named(network: Network, found: Funnel | Overlap, reason: str) -> Assessment:
    """The answer of a theorem that names neurons and shows no data."""
    proof = found.proof()
    certificate = network.certificate("not_closed", proof)
    return Assessment(Optimum.NOT_ALWAYS, None, proof["rule"], reason, certificate=certificate)


def _why_narrow(funnel: Funnel) -> str:
    return (
        f"the first hidden layer has fewer neurons than there are inputs, and neurons {funnel.first} and "
        f"{funnel.second} of hidden layer {funnel.level} read the same neuron: where the other inputs are the same, "
        f"they can make a step while their weights grow, and see input {funnel.free} there and nowhere else"
    )


def _why_overlap(overlap: Overlap) -> str:
    return (
        f"neurons {overlap.first} and {overlap.second} of the second hidden layer both feed output {overlap.shared}, "
        f"neuron {overlap.second} feeds output {overlap.other}, too, and they read mostly the same neurons: they can "
        "take over from each other while their weights grow"
    )


def _without_optimum(network: Network, data: LineData | Crossing, reason: str) -> Assessment:
    if isinstance(data, LineData):
        certificate = network.certificate("not_closed", data.proof())
        return Assessment(Optimum.NOT_ALWAYS, None, data.rule, reason, data=data, certificate=certificate)
    proof = {"rule": "relu-crossing", **asdict(data)}
    certificate = network.certificate("not_closed", proof)
    return Assessment(Optimum.NOT_ALWAYS, None, "relu-crossing", reason, certificate=certificate)


def _why_trees(network: Network) -> str:
    if network.masks[-1].shape[0] == 1 and len(network.masks) == 2:
        return "one hidden layer and one output"
    stars = "around each output or hidden neuron of the last layer stands a star: no two neurons compete"
    return stars if len(network.masks) == 2 else f"each hidden neuron feeds one neuron, and {stars}"


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


def _by_products(network: Network, verdict: Verdict) -> Assessment:
    """What closedness for the linear network says about one that is not linear."""
    if verdict.status is Status.NOT_CLOSED and network.has_all_biases:
        example = verdict.counterexample
        assert example is not None
        return Assessment(
            Optimum.NOT_ALWAYS,
            None,
            "relu-not-closed",
            "the matrices of the linear network with these masks do not form a closed set "
            "(Theorem V of arXiv 2306.02666)",
            verdict,
            relu_data(network.product, example),
        )
    known = {
        Status.CLOSED: "they give a closed set of matrices, which is necessary and not sufficient",
        Status.NOT_CLOSED: "they give a set of matrices that is not closed, which settles it only if all neurons have "
        "biases",
        Status.UNDECIDED: "closedness of their set of matrices is undecided",
    }
    reason = f"the masks are no trees, and no theorem covers them; {known[verdict.status]}"
    return Assessment(Optimum.NOT_KNOWN, None, "", reason, verdict)


RULES = (
    Rule(
        "least-squares",
        "masks",
        "one layer is a linear least-squares problem",
        written=("relu-trees",),
    ),
    Rule(
        "relu-crossing",
        "masks",
        "two hidden neurons can take over from each other while their weights grow",
        claim="not_closed",
    ),
)
