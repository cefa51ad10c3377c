"""What `decide` answers: a status, a reason, a certificate and, when not closed, a counterexample."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from html import escape
from typing import TYPE_CHECKING, Any, NoReturn

from closedness.algebra.laurent import Laurent, laurent_text, nonzero, product_of
from closedness.supports.masks import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from closedness.certificate import Certificate
    from closedness.files.labels import Labels
    from closedness.supports.product import SupportProduct


LARGEST_SHOWN = 12
NO_CURVE = "no curve to this target is known: it is a limit because products are dense over the complex numbers"


class Status(Enum):
    """What is known about the question whether the set of products is closed."""

    CLOSED = "closed"
    NOT_CLOSED = "not_closed"
    UNDECIDED = "undecided"

    def __bool__(self) -> NoReturn:
        raise TypeError("a Status has no truth value; compare it with Status.CLOSED")

    @property
    def words(self) -> str:
        """The status in words."""
        return self.value.replace("_", " ")


@dataclass(frozen=True)
class Counterexample:
    """A matrix that is a limit of products and no product, and a curve of factors, if one is known.

    Parameters
    ----------
    shapes : tuple of (int, int)
        Shapes of the factors, as multiplied.
    entries : dict of (row, column) to Fraction
        The non-zero entries of the target.
    curve : tuple of dict
        For each factor its non-zero entries, each a Laurent polynomial in ``t`` given as a dict
        from exponent to coefficient. The product of the factors tends to the target as t → 0,
        while some entries of the factors diverge. Empty where the target is a limit because products
        are dense (rule ``dominant-limit``, over the complex numbers).
    """

    shapes: tuple[Cell, ...]
    entries: dict[Cell, Fraction]
    curve: tuple[dict[Cell, Laurent], ...]

    @property
    def target(self) -> tuple[tuple[Fraction, ...], ...]:
        """The exact target ``A``, shape (m, n)."""
        m, n = self.shapes[0][0], self.shapes[-1][1]
        zero = Fraction(0)
        return tuple(tuple(self.entries.get((i, j), zero) for j in range(n)) for i in range(m))

    def at(self, t: float) -> list[NDArray[Any]]:
        """Evaluate the factors at a non-zero ``t`` in floating point.

        Returns
        -------
        list of ndarray
            The factors as multiplied; their product is near the target when ``t`` is small.
        """
        import numpy as np

        if not self.curve:
            raise ValueError(NO_CURVE)
        if t == 0:
            raise ValueError("t is 0, where the curve has its pole: choose a small non-zero number")
        factors = []
        for shape, entries in zip(self.shapes, self.curve, strict=True):
            factor = np.zeros(shape)
            for cell, laurent in entries.items():
                factor[cell] = sum(float(value) * t**e for e, value in laurent.items())
            factors.append(factor)
        return factors

    def difference(self) -> dict[Cell, Laurent]:
        """The product of the curve minus the target, exactly: entries with positive exponents only.

        Examples
        --------
        >>> from closedness import SupportProduct, decide
        >>> decide(SupportProduct.from_text("10/11 * 11/01")).counterexample.difference()
        {(0, 0): {1: Fraction(1, 1)}}
        """
        if not self.curve:
            raise ValueError(NO_CURVE)
        error = {cell: dict(entry) for cell, entry in product_of(self.curve).items()}
        for cell, value in self.entries.items():
            entry = error.setdefault(cell, {})
            entry[0] = entry.get(0, Fraction(0)) - value
        return dict(sorted(nonzero(error).items()))

    def order_of_divergence(self) -> int:
        """The largest ``p`` such that some entry of a factor grows like ``t^-p``."""
        return -min(
            (e for factor in self.curve for laurent in factor.values() for e in laurent), default=0
        )


def counterexample_of(certificate: Certificate) -> Counterexample | None:
    """The counterexample in a certificate; None if it is that of a closed set.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> verdict = decide(SupportProduct.from_text("10/11 * 11/01"))
    >>> counterexample_of(verdict.certificate) == verdict.counterexample
    True
    """
    if certificate.claim != "not_closed":
        return None
    proof = certificate.proof
    target = {(i, j): Fraction(value) for i, j, value in proof["target"]}
    curve = tuple(
        {(i, j): {e: Fraction(value) for e, value in terms} for i, j, terms in factor}
        for factor in proof.get("curve", ())
    )
    return Counterexample(tuple(factor.shape for factor in certificate.product), target, curve)


@dataclass(frozen=True)
class Verdict:
    """The answer of `closedness.decide`.

    Attributes
    ----------
    status : Status
    reason : str
        One sentence.
    product : SupportProduct
        The question.
    field : str
        ``"real"`` or ``"complex"``.
    certificate : Certificate or None
        Present unless the status is undecided.
    counterexample : Counterexample or None
        Present when the set is not closed.
    seconds : float
        Wall-clock time spent.
    tried : tuple of str
        What was tried, in order, with the reason why it did not settle the question.
    known : tuple of str
        What holds all the same when the question stays undecided.
    provenance : dict of str to str
        Versions of the parts that took part.
    opinions : tuple of str
        What engines say about a verdict of the exact rules, when they were asked to.
    """

    status: Status
    reason: str
    product: SupportProduct
    field: str = "real"
    certificate: Certificate | None = None
    counterexample: Counterexample | None = None
    seconds: float = 0.0
    tried: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    provenance: dict[str, str] = dataclasses.field(default_factory=dict)
    opinions: tuple[str, ...] = ()

    def __bool__(self) -> NoReturn:
        raise TypeError("a Verdict has no truth value; compare .status with Status.CLOSED")

    def __repr__(self) -> str:
        m, n = self.product.shape
        return f"<Verdict {self.status.words}: {m}×{n}, {len(self.product.factors)} factors: {self.reason}>"

    def __str__(self) -> str:
        return explain(self)

    def _repr_html_(self) -> str:
        colour = {"closed": "#0072B2", "not_closed": "#D55E00", "undecided": "#666666"}
        return (
            f"<b style='color:{colour[self.status.value]}'>{self.status.words}</b>"
            f" — {escape(self.reason)} <small>({self.seconds:.3f} s)</small>"
        )


def explain(verdict: Verdict, labels: Labels | None = None) -> str:
    """Write the verdict, its reason, the counterexample and what it means for the user.

    Parameters
    ----------
    verdict : Verdict
    labels : Labels, optional
        Names of rows, columns and hidden indices, in the reason and beside the matrices.
    """
    m, n = verdict.product.shape
    sizes = " · ".join(f"{a}×{b}" for a, b in (factor.shape for factor in verdict.product.factors))
    lines = [f"{verdict.status.words.upper()}  ({m}×{n} products of {sizes}, {verdict.field} entries)"]
    lines.append(f"because {verdict.reason if labels is None else labels.told(verdict.reason)}.")
    if verdict.status.value == "closed":
        lines.append("An optimal factorisation with these supports exists for every matrix.")
    elif verdict.status.value == "not_closed":
        lines.append(
            "Some matrices have no optimal factorisation: the error tends to its infimum only while factors diverge."
        )
        if verdict.counterexample is not None:
            lines += ["", *counterexample_lines(verdict.counterexample, labels)]
    else:
        if verdict.known:
            lines.append("What is known:")
            lines += [f"  - {line}" for line in verdict.known]
        lines.append("What was tried:")
        lines += [f"  - {line}" for line in verdict.tried]
    lines += _legend(verdict, labels)
    if verdict.opinions:
        lines += ["", "Second opinions:", *(f"  - {line}" for line in verdict.opinions)]
    lines += ["", f"{verdict.seconds:.3f} s"]
    if verdict.certificate is not None:
        lines[-1] += f", certificate for problem {verdict.certificate.problem_id[:12]}"
    return "\n".join(lines)


def _legend(verdict: Verdict, labels: Labels | None) -> list[str]:
    """Which number has which name: those of the counterexample, or the first ones."""
    lines = []
    size = len(verdict.product.factors)
    for level, names in enumerate(labels.levels if labels is not None else ()):
        if not names:
            continue
        used = set(range(len(names)))
        if verdict.counterexample is not None and verdict.counterexample.curve:
            curve = verdict.counterexample.curve
            used = {cell[0] for cell in curve[level]} if level < size else {cell[1] for cell in curve[-1]}
        word = "rows" if level == 0 else "columns" if level == size else "hidden indices"
        word += f" between factors {level} and {level + 1}" if 0 < level < size and size > 2 else ""
        shown = [f"{k} = {names[k]}" for k in sorted(used)]
        more = f" and {len(shown) - LARGEST_SHOWN} more" if len(shown) > LARGEST_SHOWN else ""
        lines.append(f"{word}: {', '.join(shown[:LARGEST_SHOWN])}{more}")
    return ["", *lines] if lines else []


def counterexample_lines(example: Counterexample, labels: Labels | None = None) -> list[str]:
    """The target and the curve as text; only the interesting rows and columns when large."""
    rows = sorted({i for i, _ in example.entries})
    columns = sorted({j for _, j in example.entries})
    m, n = example.shapes[0][0], example.shapes[-1][1]
    last = len(example.shapes)
    if m <= LARGEST_SHOWN and n <= LARGEST_SHOWN:
        lines = ["A limit of products that is no product:"]
        cells = [[str(value) for value in row] for row in example.target]
        lines += grid(_with_names(cells, labels, 0, range(m), last, range(n)))
    else:
        lines = [f"A limit of products that is no product: zero but for rows {rows}, columns {columns},"]
        cells = [[str(example.entries.get((i, j), 0)) for j in columns] for i in rows]
        lines += grid(_with_names(cells, labels, 0, rows, last, columns))
    if not example.curve:
        return [*lines, "It is a limit because products are dense over the complex numbers; no curve is known."]
    lines.append("Factors whose product tends to it as t → 0:")
    for number, (shape, factor) in enumerate(zip(example.shapes, example.curve, strict=True), 1):
        if max(shape) <= LARGEST_SHOWN:
            lines.append(f"W{number} =")
            cells = [[laurent_text(factor.get((i, j), {})) for j in range(shape[1])] for i in range(shape[0])]
            lines += grid(_with_names(cells, labels, number - 1, range(shape[0]), number, range(shape[1])))
        else:
            entries = ", ".join(
                f"[{_name(labels, number - 1, i) or i},{_name(labels, number, j) or j}] = {laurent_text(v)}"
                for (i, j), v in sorted(factor.items())
            )
            lines.append(f"W{number}: zero but for {entries}")
    return lines


def _name(labels: Labels | None, level: int, k: int) -> str:
    return "" if labels is None else labels.name(level, k)


def _with_names(
    cells: list[list[str]], labels: Labels | None, above: int, rows: Iterable[int], below: int, columns: Iterable[int]
) -> list[list[str]]:
    """The cells of a matrix with the names of its rows before and those of its columns above them, if there are any."""
    before = [_name(labels, above, i) for i in rows]
    head = [_name(labels, below, j) for j in columns]
    if any(before):
        cells = [[name, *row] for name, row in zip(before, cells, strict=True)]
    if any(head):
        cells = [["", *head] if any(before) else head, *cells]
    return cells


def grid(cells: list[list[str]]) -> list[str]:
    """Align the cells of a matrix."""
    if not cells:
        return []
    widths = [max(len(row[j]) for row in cells) for j in range(len(cells[0]))]
    return [
        "  [ " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) + " ]"
        for row in cells
    ]
