"""The values of the hidden neurons of a network on a given data set, as vectors with one entry for each point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from closedness.algebra.bitsets import bits, union_of
from closedness.errors import InputError
from closedness.networks.architecture import Network

__all__ = ["DataSet", "Form", "Signs", "inner", "kernel", "rank", "solved"]

Vector = list[Fraction]
Form = Vector
Signs = dict[int, bool]
"""Points where the sign of the argument of a neuron is known: True for not negative, False for not positive."""


@dataclass(frozen=True)
class DataSet:
    """A network with one hidden layer or more, and the data it is trained on.

    Attributes
    ----------
    network : Network
        Reduced.
    points, targets : tuple of tuple of Fraction
        One row for each data point.
    """

    network: Network
    points: tuple[tuple[Fraction, ...], ...]
    targets: tuple[tuple[Fraction, ...], ...]

    @classmethod
    def read(cls, network: Network, points: Any, targets: Any) -> DataSet:
        """Read arrays as people have them; floating-point numbers are taken as the fractions that they are.

        Raises
        ------
        InputError
            If the arrays have another shape, or hold what is no finite number.

        Examples
        --------
        >>> network = Network.read([[[1]], [[1]]])
        >>> DataSet.read(network, [[0.5], [1]], [[1], [2]]).points
        ((Fraction(1, 2),), (Fraction(1, 1),))
        """
        read = []
        for name, given, width in (
            ("X", points, network.masks[0].shape[1]),
            ("Y", targets, network.masks[-1].shape[0]),
        ):
            read.append(_table(name, given, width))
        if len(read[0]) != len(read[1]):
            raise InputError(f"data: X has {len(read[0])} rows, Y has {len(read[1])}: one row for each point is needed")
        return cls(network, read[0], read[1])

    def to_problem(self) -> dict[str, Any]:
        """The data as they stand in certificates."""
        return {
            "points": [[str(v) for v in row] for row in self.points],
            "targets": [[str(v) for v in row] for row in self.targets],
        }

    @property
    def size(self) -> int:
        """The number of points."""
        return len(self.points)

    def target(self, o: int) -> Vector:
        """The targets of an output."""
        return [row[o] for row in self.targets]

    def arguments(self, k: int) -> list[Vector]:
        """Vectors that span the arguments of a neuron of the first layer."""
        found = [[point[j] for point in self.points] for j in self.network.masks[0].rows[k]]
        return found + ([[Fraction(1)] * self.size] if self.network.biases[0] >> k & 1 else [])

    def feeding(self, outputs: Iterable[int]) -> list[int]:
        """The neurons of the last hidden layer that feed some of these outputs."""
        return list(bits(union_of(self.network.masks[-1].row_masks[o] for o in outputs)))

    def has_bias(self, outputs: Iterable[int]) -> bool:
        """Whether one of these outputs has a bias."""
        return any(self.network.biases[-1] >> o & 1 for o in outputs)


def _table(name: str, given: Any, width: int) -> tuple[tuple[Fraction, ...], ...]:
    if hasattr(given, "tolist"):
        given = given.tolist()
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise InputError(f"data: {name} is {type(given).__name__}, not a matrix")
    rows: list[tuple[Fraction, ...]] = []
    for p, row in enumerate(given):
        numbers = list(row) if isinstance(row, Iterable) and not isinstance(row, (str, bytes)) else [row]
        if len(numbers) != width:
            raise InputError(f"data: {name} has {len(numbers)} entries in row {p}, the network has {width}")
        try:
            rows.append(tuple(Fraction(value) for value in numbers))
        except (TypeError, ValueError, OverflowError, ZeroDivisionError):
            raise InputError(f"data: {name} has an entry in row {p} that is no finite number") from None
    if not rows:
        raise InputError(f"data: {name} has no rows")
    return tuple(rows)


def inner(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    """The inner product."""
    return sum((x * y for x, y in zip(a, b, strict=True) if x and y), Fraction(0))


def _matrix(rows: Sequence[Sequence[Fraction]]) -> Any:
    from flint import fmpq, fmpq_mat

    numbers = [fmpq(v.numerator, v.denominator) for row in rows for v in row]
    return fmpq_mat(len(rows), len(rows[0]), numbers)


def rank(rows: Sequence[Sequence[Fraction]]) -> int:
    """The rank of a matrix given by rows.

    Examples
    --------
    >>> rank([[Fraction(1), Fraction(2)], [Fraction(2), Fraction(4)]])
    1
    """
    return int(_matrix(rows).rank()) if rows and rows[0] else 0


def _echelon(rows: Sequence[Sequence[Fraction]]) -> tuple[list[Vector], list[int]]:
    reduced, size = _matrix(rows).rref()
    listed = [[Fraction(int(v.p), int(v.q)) for v in row] for row in reduced.tolist()[:size]]
    return listed, [next(j for j, v in enumerate(row) if v) for row in listed]


def kernel(rows: Sequence[Sequence[Fraction]], size: int) -> list[Vector]:
    """A basis of the vectors that all rows are orthogonal to.

    Examples
    --------
    >>> kernel([[Fraction(1), Fraction(2)]], 2)
    [[Fraction(-2, 1), Fraction(1, 1)]]
    """
    listed, pivots = _echelon(rows) if rows else ([], [])
    basis = []
    for free in (j for j in range(size) if j not in pivots):
        vector = [Fraction(0)] * size
        vector[free] = Fraction(1)
        for row, pivot in zip(listed, pivots, strict=True):
            vector[pivot] = -row[free]
        basis.append(vector)
    return basis


def solved(rows: Sequence[Sequence[Fraction]], right: Sequence[Fraction], size: int) -> Vector | None:
    """A solution of linear equations, or None.

    Examples
    --------
    >>> solved([[Fraction(2), Fraction(0)]], [Fraction(3)], 2)
    [Fraction(3, 2), Fraction(0, 1)]
    """
    if not rows:
        return [Fraction(0)] * size
    listed, pivots = _echelon([[*row, value] for row, value in zip(rows, right, strict=True)])
    if pivots and pivots[-1] == size:
        return None
    found = [Fraction(0)] * size
    for row, pivot in zip(listed, pivots, strict=True):
        found[pivot] = row[size]
    return found
