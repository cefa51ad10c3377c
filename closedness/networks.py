"""Does training a network with masked weights always have an optimum? What closedness says, and no more.

The statements, with proofs or references, are in section 4 of ``docs/theory-chains.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import pairwise
from math import comb
from typing import TYPE_CHECKING, Any, NoReturn

from closedness.errors import InputError
from closedness.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from closedness.product import SupportProduct
    from closedness.support import Support
    from closedness.verdict import Counterexample, Verdict

__all__ = ["Assessment", "DataCounterexample", "Optimum", "assess_network"]

Vector = dict[int, Fraction]
Weights = dict[tuple[int, int], Fraction]


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


@dataclass(frozen=True)
class DataCounterexample:
    """A finite data set for which the infimum of the loss is zero and not attained.

    The points are zero outside the coordinates `inputs`; there they are ``(p, p², …, p^n)`` for
    ``p = 1, …, count``, or the unit vectors for linear networks. The targets are ``A x``.

    Attributes
    ----------
    example : Counterexample
        The matrix ``A`` and the curve, factors as multiplied: last layer first.
    activation : str
        ``"linear"`` or ``"relu"``.
    inputs : tuple of int
        The coordinates that are used.
    count : int
        Number of points.
    """

    example: Counterexample
    activation: str
    inputs: tuple[int, ...]
    count: int

    def points(self) -> Iterator[Vector]:
        """The inputs, as dicts from coordinate to value."""
        for p in range(1, self.count + 1):
            if self.activation == "linear":
                yield {self.inputs[p - 1]: Fraction(1)}
            else:
                yield {j: Fraction(p ** (e + 1)) for e, j in enumerate(self.inputs)}

    def target(self, point: Vector) -> Vector:
        """The target ``A x`` of a point."""
        return _apply(self.example.entries, point)

    def weights(self, t: Fraction) -> list[Weights]:
        """The weights at ``t``, first layer first, non-zero entries only."""
        return [
            {cell: sum((v * t**e for e, v in entry.items()), Fraction(0)) for cell, entry in factor.items()}
            for factor in reversed(self.example.curve)
        ]

    def biases(self, t: Fraction) -> list[Vector]:
        """Biases at ``t``, first layer first, such that all hidden neurons are active on the data.

        Empty dicts for linear networks.
        """
        weights = self.weights(t)
        if self.activation == "linear":
            return [{} for _ in weights]
        values = list(self.points())
        constant: Vector = {}
        biases: list[Vector] = []
        for number, layer in enumerate(weights):
            values = [_apply(layer, value) for value in values]
            moved = _apply(layer, constant)
            if number == len(weights) - 1:
                biases.append({i: -v for i, v in moved.items()})
                break
            rows = {i for i, _ in layer}
            bias = {i: max(Fraction(0), *(-value.get(i, Fraction(0)) for value in values)) for i in rows}
            biases.append(bias)
            values = [{i: value.get(i, Fraction(0)) + bias[i] for i in rows} for value in values]
            constant = {i: moved.get(i, Fraction(0)) + bias[i] for i in rows}
        return biases

    def loss(self, t: Fraction) -> Fraction:
        """The sum of squares of the network with the parameters at `t`, in exact arithmetic.

        Examples
        --------
        >>> data = assess_network([[[1, 1], [0, 1]], [[1, 0], [1, 1]]], activation="relu").data
        >>> [data.loss(Fraction(1, 10**k)) > data.loss(Fraction(1, 10 ** (k + 1))) > 0 for k in (0, 1, 2)]
        [True, True, True]
        """
        t = Fraction(t)
        if t <= 0:
            raise InputError(f"t is {t}, not positive")
        weights, biases = self.weights(t), self.biases(t)
        total = Fraction(0)
        for point in self.points():
            value = point
            for number, (layer, bias) in enumerate(zip(weights, biases, strict=True)):
                value = _apply(layer, value)
                for i, b in bias.items():
                    value[i] = value.get(i, Fraction(0)) + b
                if self.activation == "relu" and number < len(weights) - 1:
                    value = {i: v for i, v in value.items() if v > 0}
            wanted = self.target(point)
            for i in value.keys() | wanted.keys():
                total += (value.get(i, Fraction(0)) - wanted.get(i, Fraction(0))) ** 2
        return total


def _apply(matrix: Weights, vector: Vector) -> Vector:
    result: Vector = {}
    for (i, j), value in matrix.items():
        if j in vector:
            result[i] = result.get(i, Fraction(0)) + value * vector[j]
    return result


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
    return _linear(layers, product, verdict) if linear else _relu(product, verdict)


def _layers(masks: Iterable[Any]) -> list[Support]:
    from closedness.support import Support

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
    from closedness.product import SupportProduct

    return SupportProduct(reversed(layers))


def _linear(layers: list[Support], product: SupportProduct, verdict: Verdict) -> Assessment:
    if verdict.status is Status.NOT_CLOSED:
        example = verdict.counterexample
        assert example is not None
        inputs = tuple(range(product.shape[1]))
        data = DataCounterexample(example, "linear", inputs, len(inputs))
        return Assessment(
            Optimum.NOT_ALWAYS,
            Optimum.NOT_ALWAYS,
            "linear-full-rank",
            "the matrices of the network do not form a closed set; the unit vectors with a limit of such matrices "
            "as targets have no optimum",
            verdict,
            data,
        )
    if _coordinate_space(product):
        return Assessment(
            Optimum.ALWAYS,
            Optimum.ALWAYS,
            "linear-coordinate-space",
            "the network computes all matrices with some support, so training is a linear least-squares problem",
            verdict,
        )
    if verdict.status is not Status.CLOSED:
        reason = "closedness of the set of matrices of the network is undecided"
        return Assessment(Optimum.NOT_KNOWN, Optimum.NOT_KNOWN, "", reason, verdict)
    first = layers[0]
    if first.nnz == first.shape[0] * first.shape[1]:
        return Assessment(
            Optimum.ALWAYS,
            Optimum.ALWAYS,
            "linear-dense-first-layer",
            "the matrices of the network form a closed set, and the first layer is dense",
            verdict,
        )
    return Assessment(
        Optimum.NOT_KNOWN,
        Optimum.ALWAYS,
        "linear-full-rank",
        "the matrices of the network form a closed set, which is enough when the inputs span the input space",
        verdict,
    )


def _coordinate_space(product: SupportProduct) -> bool:
    """The product set consists of all matrices with some support, by fusing neighbours."""
    from closedness.chains.fusing import fusion
    from closedness.chains.trimming import trimmed

    if max(*product.shape, *product.inner) > LARGEST_FUSED:
        return False
    chain = trimmed(product.factors)
    while len(chain) > 1:
        fused = next((f for at in range(len(chain) - 1) if (f := fusion(chain, at)) is not None), None)
        if fused is None:
            return False
        chain = fused.shorter
    return True


LARGEST_FUSED = 64


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


def relu_data(product: SupportProduct, example: Counterexample) -> DataCounterexample:
    """Enough points on a moment curve that more than n of them share an activation pattern."""
    from closedness.chains.minors import minor

    cells = [cell for cell, value in example.entries.items() if value]
    rows, columns = sorted({i for i, _ in cells}), sorted({j for _, j in cells})
    part = minor(product.factors, rows, columns)
    # an entry outside the support of all products would not be a limit of products
    assert part is not None
    hidden = [len(names) for names in part.names[1:-1]]
    n = len(columns)
    if len(hidden) == 1:
        patterns = sum(comb(hidden[0], i) for i in range(n + 1))
    else:
        patterns = 2 ** sum(hidden)
    return DataCounterexample(example, "relu", tuple(columns), n * patterns + 1)
