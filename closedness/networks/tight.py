"""Why targets are no outputs of a network with one hidden layer on a given data set (rule ``tight-outputs``).

Statement and proof are in ``docs/rules/tight-outputs.md``. If the targets of some outputs span as much as the neurons
that feed them can, the values of these neurons are in the span of the targets. Where the sign of each argument is
known, these are linear conditions; cases are told apart only where this is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain, combinations
from typing import Any

from closedness.algebra.linear_programs import solution
from closedness.budget import Budget
from closedness.networks.values import DataSet, Form, Signs, Vector, inner, kernel, rank, solved
from closedness.rules.rule import Rule

__all__ = ["Seen", "TightOutputs"]

MOST_CASES = 5000
MOST_OUTPUTS = 3
"""Up to so many outputs all subsets of them are tried."""


@dataclass
class Seen:
    """A class of neurons that read the same, within the span of the targets.

    Attributes
    ----------
    neurons : list of int
    values : list of (value, argument)
        Values in the span; they span, modulo what is put aside, all that there are.
    """

    neurons: list[int]
    values: list[tuple[Vector, Vector]] = field(default_factory=list)


@dataclass
class _Situation:
    """Some outputs, whose targets leave the neurons that feed them no freedom beside what is put aside."""

    outputs: list[int]
    aside: list[int]
    modulo: list[Vector]
    span: list[Vector]
    dual: list[Form]  # forms that vanish on what is aside; a basis of the others


class TightOutputs:
    """The search for a proof that some outputs cannot have their targets.

    Parameters
    ----------
    data : DataSet
        With one hidden layer.
    outputs : list of int
        Outputs that share no neuron with others.
    budget : Budget
    """

    def __init__(self, data: DataSet, outputs: list[int], budget: Budget) -> None:
        self.data, self.outputs, self.budget = data, outputs, budget
        self.neurons = data.feeding(outputs)
        self.one = [Fraction(1)] * data.size
        self.slope = data.network.slope
        self.cases = 0
        self.seen: list[Seen] | None = None
        """The classes at the beginning, if all outputs together are tight there."""

    def refutation(self) -> dict[str, Any] | None:
        """The cases of the proof, or None if none was found."""
        self.cases = 0
        return self._case({})

    # ------------------------------------------------------------ cases

    def _case(self, signs: dict[int, Signs]) -> dict[str, Any] | None:
        self.cases += 1
        if self.budget.expired() or self.cases > MOST_CASES:
            return None
        size = self.data.size
        unfinished = [k for k, known in signs.items() if len(known) < size]
        if not unfinished:
            found = self._leaf(signs)
            if found is not None:
                return found
            unfinished = [k for k in self.neurons if k not in signs][:1]
            # with one neuron more the others cannot be tight if they are none with it alone left
            if not unfinished:
                return None
        k = unfinished[0]
        known = signs.get(k, {})
        p = next(p for p in range(size) if p not in known)
        read = self.data.arguments(k)
        for on in (True, False):
            because = self._implied(read, known, p, on)
            if because is not None:
                then = self._case({**signs, k: {**known, p: on}})
                if then is None:
                    return None
                return {"do": "implied", "neuron": k, "point": p, "on": on, "because": because, "then": then}
        branches = {}
        for key, on in (("on", True), ("off", False)):
            branch = self._case({**signs, k: {**known, p: on}})
            if branch is None:
                return None
            branches[key] = branch
        return {"do": "split", "neuron": k, "point": p, **branches}

    def _implied(self, read: list[Vector], known: Signs, p: int, on: bool) -> list[list[Any]] | None:
        """The argument at a point as a sum of arguments of known signs, with coefficients that are not negative."""
        sign = Fraction(1 if on else -1)
        order = sorted(known)
        equations: list[tuple[Vector, Vector, Fraction]] = [
            ([], [x[q] if known[q] else -x[q] for q in order], sign * x[p]) for x in read
        ]
        if not order:
            return [] if all(not right for _, _, right in equations) else None
        found = solution(equations, self.budget)
        if found is None:
            return None
        return [[q, str(value)] for q, value in zip(order, found[1], strict=True) if value]

    # ------------------------------------------------------------ leaves

    def _leaf(self, signs: dict[int, Signs]) -> dict[str, Any] | None:
        for outputs in self._choices():
            feeding = self.data.feeding(outputs)
            ready = [k for k in signs if k in feeding]
            for aside in chain.from_iterable(combinations(ready, n) for n in range(len(ready), -1, -1)):
                if self.budget.expired():
                    return None
                found = self._situation(outputs, list(aside), feeding, signs)
                if isinstance(found, dict):
                    return found
                if found is not None and (leaf := self._narrow(found, feeding, signs)) is not None:
                    return leaf
        return None

    def _choices(self) -> Iterator[list[int]]:
        if len(self.outputs) <= MOST_OUTPUTS:
            for n in range(1, len(self.outputs) + 1):
                yield from map(list, combinations(self.outputs, n))
            return
        yield from ([o] for o in self.outputs)
        yield self.outputs

    def _situation(
        self, outputs: list[int], aside: list[int], feeding: list[int], signs: dict[int, Signs]
    ) -> _Situation | dict[str, Any] | None:
        """Whether the targets are tight; the whole leaf if they are more than that."""
        modulo = [self.one] if self.data.has_bias(outputs) else []
        for k in aside:
            modulo += [self._activated(x, signs[k]) for x in self.data.arguments(k)]
        modulo = [vector for vector in modulo if any(vector)]
        wanted = [self.data.target(o) for o in outputs]
        left = rank([*modulo, *wanted]) - rank(modulo)
        room = len(feeding) - len(aside)
        if left > room:
            return {"do": "tight", "outputs": outputs, "aside": sorted(aside), "forms": [], "neurons": []}
        if left < room or not left:
            return None
        basis: list[Vector] = []
        for vector in wanted:
            if rank([*modulo, *basis, vector]) > rank([*modulo, *basis]):
                basis.append(vector)
        rows = [*modulo, *basis]
        dual = []
        for number in range(len(basis)):
            right = [Fraction(p == len(modulo) + number) for p in range(len(rows))]
            form = solved(rows, right, self.data.size)
            assert form is not None
            dual.append(form)
        return _Situation(outputs, aside, modulo, [*modulo, *wanted], dual)

    def _activated(self, argument: Vector, signs: Signs) -> Vector:
        return [v if signs[p] else self.slope * v for p, v in enumerate(argument)]

    def _narrow(self, at: _Situation, feeding: list[int], signs: dict[int, Signs]) -> dict[str, Any] | None:
        """Neurons whose values span less than they must, or None."""
        classes: dict[Any, Seen] = {}
        for k in feeding:
            if k not in at.aside:
                read = self.data.network.masks[0].row_masks[k], self.data.network.biases[0] >> k & 1
                classes.setdefault((read, tuple(sorted(signs.get(k, {}).items()))), Seen([])).neurons.append(k)
        spans = []
        for seen in classes.values():
            known, read_by = signs.get(seen.neurons[0], {}), self.data.arguments(seen.neurons[0])
            coordinates: list[Vector] = []
            while len(coordinates) < len(at.dual):
                for row in kernel(coordinates, len(at.dual)):
                    tree = self.tree(_mixed(row, at.dual), known, read_by, at.span)
                    if tree is None:
                        return None
                    if isinstance(tree, tuple):
                        seen.values.append(tree)
                        coordinates.append([inner(form, tree[0]) for form in at.dual])
                        break
                else:
                    break
            spans.append((seen, coordinates))
        if at.outputs == self.outputs and not at.aside:
            self.seen = list(classes.values())
        for n in range(1, len(spans) + 1):
            for chosen in combinations(spans, n):
                together = [row for _, coordinates in chosen for row in coordinates]
                if rank(together) < sum(len(seen.neurons) for seen, _ in chosen):
                    return self._narrow_leaf(at, [seen for seen, _ in chosen], together, signs)
        return None

    def _narrow_leaf(
        self, at: _Situation, chosen: list[Seen], together: list[Vector], signs: dict[int, Signs]
    ) -> dict[str, Any] | None:
        forms = [_mixed(row, at.dual) for row in kernel(together, len(at.dual))]
        listed = []
        for seen in chosen:
            known, read = signs.get(seen.neurons[0], {}), self.data.arguments(seen.neurons[0])
            trees = [self.tree(form, known, read, at.span) for form in forms]
            if not all(isinstance(tree, dict) for tree in trees):
                return None  # out of time
            listed.append({"neurons": seen.neurons, "trees": trees})
        shown = [[[p, str(v)] for p, v in enumerate(form) if v] for form in forms]
        return {"do": "tight", "outputs": at.outputs, "aside": sorted(at.aside), "forms": shown, "neurons": listed}

    # ------------------------------------------------------------ one form, one neuron

    def tree(
        self, form: Form, known: Signs, read: list[Vector], span: list[Vector]
    ) -> dict[str, Any] | tuple[Vector, Vector] | None:
        """Why a form vanishes on all values of a neuron in a span; or such a value, with its argument."""
        if self.budget.expired():
            return None
        for sign in (1, -1):
            found = self._point([sign * v for v in form], known, read, span)
            if self.budget.expired():
                return None
            if found is None:
                continue
            value, argument = found
            gaps = [
                abs(v - (u if u >= 0 else self.slope * u)) if p not in known else Fraction(0)
                for p, (v, u) in enumerate(zip(value, argument, strict=True))
            ]
            if not any(gaps):
                return found
            p = max(range(len(gaps)), key=gaps.__getitem__)
            branches = {}
            for key, on in (("on", True), ("off", False)):
                branch = self.tree(form, {**known, p: on}, read, span)
                if not isinstance(branch, dict):
                    return branch
                branches[key] = branch
            return {"do": "split", "point": p, **branches}
        both = [self._combination([sign * v for v in form], known, read, span) for sign in (1, -1)]
        if both[0] is None or both[1] is None:
            return None  # out of time
        return {"do": "cone", "plus": both[0], "minus": both[1]}

    def _point(self, form: Form, known: Signs, read: list[Vector], span: list[Vector]) -> tuple[Vector, Vector] | None:
        """A vector of the span where the form is 1, and an argument that has it as its value where signs are known."""
        zero, one = Fraction(0), Fraction(1)
        order = sorted(known)
        equations: list[tuple[Vector, Vector, Fraction]] = []
        for number, p in enumerate(order):
            factor = one if known[p] else self.slope
            row = [y[p] for y in span] + [-factor * x[p] for x in read]
            equations.append((row, [zero] * len(order), zero))
            sign = one if known[p] else -one
            row = [zero] * len(span) + [sign * x[p] for x in read]
            equations.append((row, [-one if q == number else zero for q in range(len(order))], zero))
        equations.append(([inner(form, y) for y in span] + [zero] * len(read), [zero] * len(order), one))
        found = solution(equations, self.budget)
        if found is None:
            return None
        parts = found[0]
        value = _mixed(parts[: len(span)], span)
        return value, _mixed(parts[len(span) :], read) if read else [zero] * self.data.size

    def _combination(self, form: Form, known: Signs, read: list[Vector], span: list[Vector]) -> list[list[Any]] | None:
        """Why the form is not positive on such vectors."""
        zero = Fraction(0)
        order = sorted(known)
        equations: list[tuple[Vector, Vector, Fraction]] = [
            ([y[p] for p in order], [zero] * len(order), inner(form, y)) for y in span
        ]
        equations += [
            (
                [x[p] if known[p] else self.slope * x[p] for p in order],
                [x[p] if known[p] else -x[p] for p in order],
                zero,
            )
            for x in read
        ]
        if not order:
            return [] if all(not right for _, _, right in equations) else None
        found = solution(equations, self.budget)
        if found is None:
            return None
        listed = zip(order, *found, strict=True)
        return [[p, str(value), str(weight)] for p, value, weight in listed if value or weight]


def _mixed(weights: list[Fraction], vectors: list[Vector]) -> Vector:
    """A linear combination."""
    total = [Fraction(0)] * len(vectors[0])
    for weight, vector in zip(weights, vectors, strict=True):
        if weight:
            total = [a + weight * b for a, b in zip(total, vector, strict=True)]
    return total


RULES = (
    Rule(
        "tight-outputs",
        "data",
        "the targets are limits of outputs, and no parameters give them",
        claim="not_closed",
    ),
)
