"""Does training on a given data set have an optimum? What the theorems say, and no more.

Statements and proofs are on the pages ``docs/rules/interpolation.md``, ``tight-outputs.md`` and ``relu-kinks.md``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits, union_of
from closedness.algebra.laurent import terms_of
from closedness.budget import Budget
from closedness.errors import InputError
from closedness.networks.answer import Assessment, Optimum
from closedness.networks.given_line import kinks_on_line
from closedness.networks.interpolation import hidden_values, interpolating, last_layer
from closedness.networks.merging import merging, met_by_few, met_exactly
from closedness.networks.repairs import advice
from closedness.networks.stars import forms_trees
from closedness.networks.tight import TightOutputs
from closedness.networks.values import DataSet, rank
from closedness.supports.support import Support

if TYPE_CHECKING:
    from collections.abc import Callable

    from closedness.networks.architecture import Network
    from closedness.networks.curve_data import GivenData
    from closedness.networks.merging import Parameters

__all__ = ["assess_data", "components"]

MOST_NUMBERS = 100_000
"""Data with more numbers are not read one by one."""
MOST_POINTS = 24
"""Data up to so many points are looked at for targets that are limits."""


def assess_data(
    network: Network, given: Any, seconds: float | None, for_all: Callable[[float | None], Assessment]
) -> Assessment:
    """Say whether training a network on a data set has an optimum.

    Parameters
    ----------
    network : Network
    given : (X, Y)
        As for `assess_network`.
    seconds : float or None
        Time limit.
    for_all : callable
        What is known for all data, within a time limit; asked for linear networks.

    Raises
    ------
    InputError
        If the data do not fit the network.

    Examples
    --------
    >>> from closedness.networks.assess import assess_network
    >>> X, Y = [[-2], [-1], [0], [1], [2]], [[0, 0], [0, 0], [1, 0], [2, 1], [2, 2]]
    >>> print(assess_network([[[1], [1]], [[1, 1], [1, 1]]], "relu", data=(X, Y)))  # doctest: +ELLIPSIS
    training has no optimum on these data: hidden neurons 0 and 1 become equal while their weights to output 0 ...
    """
    if not isinstance(given, (tuple, list)) or len(given) != 2:
        raise InputError("data is no pair (X, Y)")
    reduced = network.reduced()
    if _is_large(given):
        return _large(network, reduced, given)
    data = DataSet.read(reduced, *given)
    answer = _Question(network, data, Budget(seconds), for_all).answer()
    if answer.optimum is Optimum.ATTAINED or network.slope == 1:
        return answer
    return replace(answer, advice=advice(network))


def _is_large(given: Any) -> bool:
    return all(hasattr(each, "__len__") for each in given) and sum(map(_numbers, given)) > MOST_NUMBERS


def _numbers(table: Any) -> int:
    """How many numbers are in a table, by its first row."""
    first = table[0] if len(table) else ()
    return len(table) * (len(first) if hasattr(first, "__len__") else 1)


def _large(network: Network, reduced: Network, given: Any) -> Assessment:
    """What is known for all data; the numbers are looked at in floating-point arithmetic, and only for their form."""
    import numpy as np

    try:
        X, Y = (np.asarray(each, dtype=float) for each in given)
    except (TypeError, ValueError):
        raise InputError("data: X or Y is no matrix of numbers") from None
    n, m = network.masks[0].shape[1], network.masks[-1].shape[0]
    if X.ndim != 2 or Y.ndim != 2 or len(X) != len(Y) or (X.shape[1], Y.shape[1]) != (n, m):
        raise InputError(f"data: X and Y have shapes {X.shape} and {Y.shape}, the network {n} inputs and {m} outputs")
    if not (np.isfinite(X).all() and np.isfinite(Y).all()):
        raise InputError("data: X or Y has an entry that is no finite number")
    if network.slope != 1 and forms_trees(reduced):
        certificate = network.certificate("closed", {"rule": "relu-trees"})
        reason = "hidden neurons form trees and stars, so there is an optimum for all data"
        return Assessment(Optimum.ATTAINED, None, "relu-trees", reason, certificate=certificate)
    reason = f"{len(X)} points with {n} inputs are too many to be looked at one by one"
    return Assessment(Optimum.NOT_KNOWN, None, "", reason, advice=advice(network))


def components(network: Network) -> list[list[int]]:
    """Outputs that share hidden neurons, directly or through others.

    Parameters
    ----------
    network : Network
        Reduced.

    Examples
    --------
    >>> from closedness.networks.architecture import Network
    >>> components(Network.read([[[1], [1]], [[1, 0], [1, 0], [0, 1]]]))
    [[0, 1], [2]]
    """
    groups: list[tuple[int, list[int]]] = []  # hidden neurons of all layers, as one bit mask, and outputs
    sizes = network.hidden
    for o, row in enumerate(network.masks[-1].row_masks):
        reached, shift, every = row, 0, 0
        for number in range(len(sizes) - 1, -1, -1):
            every |= reached << shift
            shift += sizes[number]
            reached = union_of(network.masks[number].row_masks[k] for k in bits(reached)) if number else 0
        joined = [o]
        kept = []
        for mask, outputs in groups:
            if mask & every:
                every |= mask
                joined += outputs
            else:
                kept.append((mask, outputs))
        groups = [*kept, (every, joined)]
    return sorted(sorted(outputs) for _, outputs in groups)


def _restricted(network: Network, outputs: list[int]) -> Network:
    """The network with these outputs alone."""
    last = network.masks[-1]
    rows = [row if o in outputs else 0 for o, row in enumerate(last.row_masks)]
    return replace(network, masks=(*network.masks[:-1], Support.from_masks(last.shape, rows))).reduced()


class _Question:
    def __init__(
        self, network: Network, data: DataSet, budget: Budget, for_all: Callable[[float | None], Assessment]
    ) -> None:
        self.network, self.data, self.budget, self.for_all = network, data, budget, for_all

    def certified(self, claim: str, proof: dict[str, Any]) -> dict[str, Any] | None:
        """The certificate, if the checker accepts it."""
        from closedness.check import check

        certificate = self.network.certificate(claim, proof, self.data.to_problem())
        return certificate if check(certificate).verified else None

    def attained(self, proof: dict[str, Any], reason: str) -> Assessment | None:
        certificate = self.certified("closed", proof)
        if certificate is None:
            return None
        return Assessment(Optimum.ATTAINED, None, proof["rule"], reason, certificate=certificate)

    def answer(self) -> Assessment:
        """The first rule that applies."""
        data = self.data
        reduced = data.network
        if len(reduced.masks) == 1:
            found = self.attained({"rule": "least-squares"}, "one layer is a linear least-squares problem")
            if found is not None:
                return found
        if reduced.slope == 1:
            return self.linear()
        if forms_trees(reduced):
            reason = "hidden neurons form trees and stars, so there is an optimum for all data"
            found = self.attained({"rule": "relu-trees"}, reason)
            if found is not None:
                return found
        hard = [outputs for outputs in components(reduced) if not forms_trees(_restricted(reduced, outputs))]
        every = sorted(o for outputs in hard for o in outputs)
        free = interpolating(data, every, self.budget.part(0.3))
        if free is not None:
            proof = {"rule": "interpolation", "outputs": every, **_shown(free)}
            found = self.attained(proof, "the hidden neurons can take values with which any targets are met")
            if found is not None:
                return found
        return self.parts(hard)

    def parts(self, hard: list[list[int]]) -> Assessment:
        """Each component that is no tree by itself."""
        data, known, met = self.data, [], []
        if len(data.network.masks) > 2:
            reason = "the hidden neurons are too few to meet any targets, and no rule for several hidden layers applies"
            return Assessment(Optimum.NOT_KNOWN, None, "", reason)
        if data.size > MOST_POINTS:
            reason = (
                f"the hidden neurons are too few to meet any targets at {data.size} points; targets that are limits "
                f"are looked for up to {MOST_POINTS} points"
            )
            return Assessment(Optimum.NOT_KNOWN, None, "", reason)
        for number, outputs in enumerate(hard):
            budget = self.budget.part(1 / (len(hard) - number))
            line = kinks_on_line(data, outputs, budget.part(0.3))
            if line is not None:
                found = self.missed(line[0], line[1])
                if found is not None:
                    return found
            free = interpolating(data, outputs, budget.part(0.2))
            if free is not None and (last := last_layer(data, outputs, hidden_values(data, free))) is not None:
                met.append(((*free[0], *last[0]), (*free[1], *last[1])))
                continue
            few = met_by_few(data, outputs, budget.part(0.3))
            if few is not None:
                met.append(few)
                continue
            search = TightOutputs(data, outputs, budget.part(0.7))
            cases = search.refutation()
            if cases is not None:
                search.budget = budget
                curve = merging(search)
                found = None if curve is None else self.missed(curve, {"rule": "tight-outputs", "cases": cases})
                if found is not None:
                    return found
                names = ", ".join(map(str, outputs))
                known.append(f"no parameters give the targets of outputs {names} exactly")
                continue
            exact = met_exactly(search)
            if exact is not None:
                met.append(exact)
        if len(met) == len(hard):
            every = sorted(o for outputs in hard for o in outputs)
            proof = {"rule": "zero-loss", "outputs": every, **_shown(_joined(met))}
            found = self.attained(proof, "some parameters give the targets exactly")
            if found is not None:
                return found
        reason = "the infimum of the loss may be positive, and no rule applies"
        if self.budget.expired():
            reason = "out of time"
        return Assessment(Optimum.NOT_KNOWN, None, "", reason, known=tuple(known))

    def missed(self, data: GivenData, proof: dict[str, Any]) -> Assessment | None:
        """No optimum: the targets are limits of outputs and no outputs."""
        certificate = self.certified("not_closed", {**proof, "outputs": list(data.chosen), **data.curve()})
        if certificate is None:
            return None
        k, l = sorted(data.pair)
        growing = sorted({o for (o, j), entry in data.weights_curve[1].items() if j in (k, l) and min(entry) < 0})
        names = f"output{'s' if len(growing) > 1 else ''} {', '.join(map(str, growing))}"
        reason = (
            f"hidden neurons {k} and {l} become equal while their weights to {names} grow with opposite signs; "
            "the loss tends to the best there is, and no parameters attain it"
        )
        return Assessment(Optimum.NOT_ATTAINED, None, proof["rule"], reason, data=data, certificate=certificate)

    def linear(self) -> Assessment:
        """A linear network: closedness of its set of matrices, or what holds for all data."""
        said = self.for_all(self.budget.left())
        spanning = rank(self.data.points) == self.network.masks[0].shape[1]
        good = said.optimum is Optimum.ALWAYS or (spanning and said.full_rank is Optimum.ALWAYS)
        if good:
            return replace(said, optimum=Optimum.ATTAINED, full_rank=None)
        reason = "the inputs span the input space" if spanning else "the inputs do not span the input space"
        return replace(said, optimum=Optimum.NOT_KNOWN, full_rank=None, data=None, known=(reason,))


def _shown(parameters: Parameters) -> dict[str, Any]:
    return {
        "weights": [[[i, j, terms_of(v)] for (i, j), v in sorted(layer.items())] for layer in parameters[0]],
        "biases": [[[i, terms_of(v)] for i, v in sorted(layer.items())] for layer in parameters[1]],
    }


def _joined(parts: list[Parameters]) -> Parameters:
    """Parameters of parts that share none; each part names its own only."""
    weights: list[dict[Any, Any]] = [{} for _ in parts[0][0]]
    biases: list[dict[Any, Any]] = [{} for _ in parts[0][1]]
    for part in parts:
        for layer, more in zip(weights, part[0], strict=True):
            layer.update({cell: entry for cell, entry in more.items() if cell not in layer})
        for vector, more in zip(biases, part[1], strict=True):
            vector.update({i: entry for i, entry in more.items() if i not in vector})
    return tuple(weights), tuple(biases)
