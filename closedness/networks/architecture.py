"""A network with masked weights as a value: masks, neurons with a bias, slopes of the activation.

The theorems about it are on the pages ``docs/rules/relu-*.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from closedness.algebra.bitsets import bits
from closedness.elaboration import content_id, envelope, network_proof
from closedness.errors import InputError
from closedness.supports.support import Support

if TYPE_CHECKING:
    from closedness.supports.product import SupportProduct

__all__ = ["ACTIVATIONS", "Network", "slope_of"]

ACTIVATIONS = {"linear": Fraction(1), "relu": Fraction(0), "leaky_relu": Fraction(1, 100), "abs": Fraction(-1)}
"""Names of activations, with their slopes for negative arguments; the slope for positive ones is 1."""


@dataclass(frozen=True)
class Network:
    """A feed-forward network with masked weights.

    Attributes
    ----------
    masks : tuple of Support
        First layer first, each of shape (outputs of the layer, inputs of the layer).
    biases : tuple of int
        For each layer the neurons that have a bias, as a bit mask.
    slope : Fraction
        The activation is ``x`` for ``x ≥ 0`` and ``slope · x`` for ``x ≤ 0``: 0 is ReLU, −1 the absolute value, 1 the
        identity, others a leaky ReLU. The last layer has no activation.
    """

    masks: tuple[Support, ...]
    biases: tuple[int, ...]
    slope: Fraction

    @classmethod
    def read(
        cls, masks: Iterable[Any], activation: str | Fraction | float = "relu", biases: bool | Sequence[Any] = True
    ) -> Network:
        """Read masks, activation and biases as people write them.

        Parameters
        ----------
        masks : iterable of 0/1 matrices, first layer first
            Anything `Support.read` accepts.
        activation : {"relu", "leaky_relu", "abs", "linear"} or number
            A number is the slope for negative arguments (``"leaky_relu"`` is 1/100).
        biases : bool or sequence
            Whether neurons have a bias: all or none, or for each layer a bool or a 0/1 vector.

        Raises
        ------
        InputError
            If the masks do not fit together, or the activation or the biases are of another kind.

        Examples
        --------
        >>> Network.read([[[1, 1]], [[1], [1]]], biases=[[1], [0, 1]]).biases
        (1, 2)
        """
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
        return cls(tuple(layers), _biases(layers, biases), slope_of(activation))

    @property
    def hidden(self) -> tuple[int, ...]:
        """The numbers of hidden neurons, first layer first."""
        return tuple(mask.shape[0] for mask in self.masks[:-1])

    @property
    def product(self) -> SupportProduct:
        """The question of closedness for the linear network with these masks: last layer first."""
        from closedness.supports.product import SupportProduct

        return SupportProduct(reversed(self.masks))

    @property
    def has_all_biases(self) -> bool:
        """Whether every neuron has a bias."""
        return all(bias == (1 << mask.shape[0]) - 1 for mask, bias in zip(self.masks, self.biases, strict=True))

    def to_problem(self) -> dict[str, Any]:
        """The network as it stands in certificates."""
        return {
            "masks": [{"shape": [*mask.shape], "rows": [list(row) for row in mask.rows]} for mask in self.masks],
            "biases": [list(bits(bias)) for bias in self.biases],
            "slope": str(self.slope),
        }

    def certificate(self, claim: str, proof: dict[str, Any], data: dict[str, Any] | None = None) -> dict[str, Any]:
        """A certificate about this network, for `closedness.check`.

        Parameters
        ----------
        claim : {"closed", "not_closed"}
            Whether for every finite data set the outputs on it form a closed set; of one data set, whether training
            on it has an optimum.
        proof : dict
            As the rules write it.
        data : dict, optional
            The data set as it stands in certificates.
        """
        problem = self.to_problem() | ({} if data is None else {"data": data})
        return envelope(problem, content_id(problem), "real", claim, network_proof(problem, proof))

    def reduced(self) -> Network:
        """The same functions with nothing superfluous: weights on no path from an input to an output are masked.

        A hidden neuron that no input reaches is a constant. If it can be other than zero, each neuron that it feeds
        can as well be given a bias of its own, since the weights are free; then it is left out. Neurons keep their
        numbers; those left out have neither inputs nor outputs.

        Examples
        --------
        >>> network = Network.read([[[1], [0]], [[1, 1], [0, 1]]], biases=[[1, 1], [0, 0]])
        >>> network.reduced().masks[1].rows, network.reduced().biases
        (((0,), ()), (1, 3))
        """
        rows = [list(mask.row_masks) for mask in self.masks]
        biases = list(self.biases)
        alive = (1 << self.masks[0].shape[1]) - 1
        for number, layer in enumerate(rows):
            constant = 0 if number == 0 else biases[number - 1] & ~alive
            reached = 0
            for i, row in enumerate(layer):
                if row & constant:
                    biases[number] |= 1 << i
                layer[i] = row & alive
                if layer[i]:
                    reached |= 1 << i
            if number:
                biases[number - 1] &= alive
            alive = reached
        for number in range(len(rows) - 1, 0, -1):
            used = 0
            for row in rows[number]:
                used |= row
            rows[number - 1] = [row if used >> i & 1 else 0 for i, row in enumerate(rows[number - 1])]
            biases[number - 1] &= used
        masks = tuple(Support.from_masks(mask.shape, row) for mask, row in zip(self.masks, rows, strict=True))
        return replace(self, masks=masks, biases=tuple(biases))


def _biases(layers: Sequence[Support], given: bool | Sequence[Any]) -> tuple[int, ...]:
    sizes = [layer.shape[0] for layer in layers]
    if isinstance(given, bool):
        return tuple((1 << size) - 1 if given else 0 for size in sizes)
    if isinstance(given, str) or len(given) != len(sizes):
        raise InputError(f"biases is {given!r}, neither a bool nor one entry for each of the {len(sizes)} layers")
    found = []
    for number, (each, size) in enumerate(zip(given, sizes, strict=True)):
        if isinstance(each, bool):
            found.append((1 << size) - 1 if each else 0)
            continue
        values = list(each)
        if len(values) != size or any(value not in (0, 1) for value in values):
            raise InputError(f"biases[{number}] is no vector of {size} zeros and ones")
        found.append(sum(1 << i for i, value in enumerate(values) if value))
    return tuple(found)


def slope_of(activation: str | Fraction | float) -> Fraction:
    """The slope of an activation for negative arguments.

    Raises
    ------
    InputError
        If it is neither a name nor a number.

    Examples
    --------
    >>> slope_of("abs"), slope_of(0.5)
    (Fraction(-1, 1), Fraction(1, 2))
    """
    if isinstance(activation, str):
        if activation not in ACTIVATIONS:
            raise InputError(f"activation is {activation!r}, not {', '.join(map(repr, ACTIVATIONS))} or a number")
        return ACTIVATIONS[activation]
    try:
        return Fraction(activation)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"activation is {activation!r}, neither a name nor a finite number") from None
