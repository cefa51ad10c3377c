"""Two hidden neurons that become one while their weights diverge: the curve to targets on a given data set.

The value ``z`` of both neurons is in the span of the targets, and so is the difference ``a`` of two directions in
which their values can move. With weights ``c/t`` and ``-c/t`` to the outputs they share, these neurons add ``c·a`` in
the limit. See ``docs/rules/tight-outputs.md``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, permutations
from itertools import product as iterated
from typing import TYPE_CHECKING, Any

from closedness.algebra.linear_programs import solution
from closedness.networks.curve_data import GivenData
from closedness.networks.tight import Seen, TightOutputs
from closedness.networks.values import DataSet, Signs, Vector, inner, kernel, rank, solved
from closedness.supports.support import Support

if TYPE_CHECKING:
    from closedness.algebra.laurent import Laurent
    from closedness.budget import Budget
    from closedness.supports.masks import Cell

__all__ = ["Parameters", "merging", "met_by_few", "met_exactly", "put_argument"]

MOST_CHOICES = 200
Parameters = tuple[tuple[dict[Any, Any], ...], tuple[dict[Any, Any], ...]]
Value = tuple[Vector, Vector]
"""A value of a neuron and the argument that it belongs to."""


def met_exactly(search: TightOutputs) -> Parameters | None:
    """Parameters with which tight outputs have their targets, or None if none were found.

    Parameters
    ----------
    search : TightOutputs
        After it has looked for a refutation.
    """
    data, outputs = search.data, search.outputs
    classes = search.seen
    if classes is None:
        return None
    for values in _choices(classes, {}):
        rows: dict[int, dict[int, Fraction]] = {}
        for o in outputs:
            found = _combination(data, o, {k: value for k, (value, _) in values.items()})
            if found is None:
                break
            rows[o] = found
        else:
            return _parameters(data, values, rows)
    return None


def met_by_few(data: DataSet, outputs: list[int], budget: Budget) -> Parameters | None:
    """Parameters that give the targets with as few neurons as the targets have independent rows; None if not found.

    Parameters
    ----------
    data : DataSet
        With one hidden layer.
    outputs : list of int
    budget : Budget

    Examples
    --------
    >>> from closedness.budget import Budget
    >>> from closedness.networks.architecture import Network
    >>> dense = Network.read([[[1], [1]], [[1, 1], [1, 1]]])
    >>> data = DataSet.read(dense, [[s] for s in range(5)], [[max(s - 2, 0), 3 * max(s - 2, 0)] for s in range(5)])
    >>> met_by_few(data, [0, 1], Budget(None)) is None
    False
    """
    one = [[Fraction(1)] * data.size] if data.has_bias(outputs) else []
    needed = rank([*one, *(data.target(o) for o in outputs)]) - rank(one)
    neurons = data.feeding(outputs)
    if needed >= len(neurons):
        return None
    last = data.network.masks[-1]
    for number, chosen in enumerate(combinations(neurons, needed)):
        if budget.expired() or number >= MOST_CHOICES:
            return None
        kept = sum(1 << k for k in chosen)
        rows = [row & kept for row in last.row_masks]
        mask = Support.from_masks(last.shape, rows)
        part = replace(data, network=replace(data.network, masks=(data.network.masks[0], mask)))
        if not chosen:
            found = [_combination(part, o, {}) for o in outputs]
            if any(row is None for row in found):
                return None
            return _parameters(part, {}, {o: row for o, row in zip(outputs, found, strict=True) if row})
        search = TightOutputs(part, outputs, budget.part(0.3))
        if search.refutation() is None:
            exact = met_exactly(search)
            if exact is not None:
                return exact
    return None


def merging(search: TightOutputs) -> GivenData | None:
    """A curve along which the outputs tend to their targets, two neurons becoming one, or None.

    Parameters
    ----------
    search : TightOutputs
        After it has looked for a refutation.
    """
    data, outputs, budget = search.data, search.outputs, search.budget
    classes = search.seen
    if classes is None:
        return None
    modulo = [search.one] if data.has_bias(outputs) else []
    span = [*modulo, *(data.target(o) for o in outputs)]
    home = {k: seen for seen in classes for k in seen.neurons}
    columns = data.network.masks[-1].col_masks
    for k, l in permutations(search.neurons, 2):
        if not columns[k] & columns[l] or (home[k] is home[l] and columns[k] == columns[l] and k > l):
            continue
        for z, _ in home[k].values:
            other = _same_value(search, z, l)
            if other is None:
                continue
            for others in _choices(classes, {k: (z, z), l: (z, z)}):
                if budget.expired():
                    return None
                rest = [z, *(value for m, (value, _) in others.items() if m not in (k, l))]
                base = [*modulo, *rest]
                if rank(base) < len(base):
                    continue
                for form in kernel(base, data.size):
                    if not any(inner(form, y) for y in span):
                        continue
                    moved = _directions(data, (k, l), z, span, form, budget)
                    if moved is not None:
                        found = _curve(search, (k, l), z, moved, {m: v for m, v in others.items() if m not in (k, l)})
                        if found is not None:
                            return found
                    break
    return None


def _choices(classes: list[Seen], given: dict[int, Value]) -> Iterator[dict[int, Value]]:
    """Values for all neurons, of those that were seen; some are given."""
    wanted = [(k, seen.values) for seen in classes for k in seen.neurons if k not in given]
    for number, chosen in enumerate(iterated(*(values for _, values in wanted))):
        if number >= MOST_CHOICES:
            return
        yield {**given, **{k: value for (k, _), value in zip(wanted, chosen, strict=True)}}


def _same_value(search: TightOutputs, z: Vector, l: int) -> Value | None:
    """The value as one of neuron `l`, up to a positive factor."""
    p = next(p for p, v in enumerate(z) if v)
    form = [Fraction(p == q) * (1 if z[p] > 0 else -1) for q in range(len(z))]
    found = search.tree(form, {}, search.data.arguments(l), [z])
    return found if isinstance(found, tuple) and inner(found[0], form) * z[p] * form[p] > 0 else None


def _combination(data: DataSet, o: int, values: dict[int, Vector]) -> dict[int, Fraction] | None:
    """Weights to an output, and its bias at -1, that give its targets; None if there are none."""
    fed = [k for k in values if data.network.masks[-1].row_masks[o] >> k & 1]
    columns = [values[k] for k in fed]
    if data.network.biases[-1] >> o & 1:
        fed.append(-1)
        columns.append([Fraction(1)] * data.size)
    rows = [[column[p] for column in columns] for p in range(data.size)]
    if not columns:
        return None if any(data.target(o)) else {}
    found = solved(rows, data.target(o), len(columns))
    return None if found is None else {k: v for k, v in zip(fed, found, strict=True) if v}


def _parameters(data: DataSet, values: dict[int, Value], rows: dict[int, dict[int, Fraction]]) -> Parameters:
    """The parameters of both layers, as constants."""
    weights: dict[Cell, Laurent] = {}
    biases: dict[int, Laurent] = {}
    for k, (_, argument) in values.items():
        put_argument(data, k, [(0, argument)], weights, biases)
    out = {(o, k): {0: v} for o, row in rows.items() for k, v in row.items() if k >= 0}
    last = {o: {0: row[-1]} for o, row in rows.items() if -1 in row}
    return (weights, out), (biases, last)


def put_argument(
    data: DataSet,
    k: int,
    coefficients: list[tuple[int, Vector]],
    weights: dict[Cell, Laurent],
    biases: dict[int, Laurent],
) -> None:
    """Weights and bias of a hidden neuron whose argument is a polynomial in t with these coefficients."""
    read = data.arguments(k)
    rows = [[x[p] for x in read] for p in range(data.size)]
    inputs = data.network.masks[0].rows[k]
    for exponent, argument in coefficients:
        found = solved(rows, argument, len(read)) if read else []
        assert found is not None
        for number, value in enumerate(found):
            if value and number < len(inputs):
                weights.setdefault((k, inputs[number]), {})[exponent] = value
            elif value:
                biases.setdefault(k, {})[exponent] = value


# -------------------------------------------------------------------- directions


def _directions(
    data: DataSet, pair: tuple[int, int], z: Vector, span: list[Vector], form: Vector, budget: Budget
) -> tuple[Value, Value, Value, Value] | None:
    """For both neurons the value `z` and a direction, with arguments; the form is 1 on the difference."""
    reads = [data.arguments(k) for k in pair]
    return _branch(data, reads, z, span, form, ({}, {}), budget)


def _branch(
    data: DataSet,
    reads: list[list[Vector]],
    z: Vector,
    span: list[Vector],
    form: Vector,
    known: tuple[Signs, Signs],
    budget: Budget,
) -> tuple[Value, Value, Value, Value] | None:
    zero, one, slope = Fraction(0), Fraction(1), data.network.slope
    # unknowns: the difference in the span, and for each of the two the argument of z and that of the direction
    widths = [len(span), len(reads[0]), len(reads[0]), len(reads[1]), len(reads[1])]
    starts = [sum(widths[:i]) for i in range(6)]
    free: list[tuple[dict[int, Fraction], Fraction, bool]] = []

    def row(*parts: tuple[int, list[Fraction]]) -> dict[int, Fraction]:
        return {starts[part] + j: v for part, values in parts for j, v in enumerate(values) if v}

    def times(factor: Fraction, read: list[Vector], p: int) -> list[Fraction]:
        return [factor * x[p] for x in read]

    for side in (0, 1):
        for p, on in known[side].items():
            factor, sign = (one, one) if on else (slope, -one)
            free.append((row((1 + 2 * side, times(factor, reads[side], p))), z[p], False))
            free += [(row((part + 2 * side, times(sign, reads[side], p))), zero, True) for part in (1, 2)]
    for p in known[0].keys() & known[1].keys():
        a, b = (one if known[side][p] else slope for side in (0, 1))
        both = row((0, [y[p] for y in span]), (2, times(-a, reads[0], p)), (4, times(b, reads[1], p)))
        free.append((both, zero, False))
    free.append((row((0, [inner(form, y) for y in span])), one, False))
    slacks = sum(1 for _, _, slack in free if slack)
    equations: list[tuple[Vector, Vector, Fraction]] = []
    used = 0
    for values, right, slack in free:
        tail = [zero] * slacks
        if slack:
            tail[used] = -one
            used += 1
        equations.append(([values.get(j, zero) for j in range(starts[5])], tail, right))
    found = solution(equations, budget)
    if found is None:
        return None
    parts = [found[0][starts[i] : starts[i + 1]] for i in range(5)]
    difference = _sum(parts[0], span, data.size)
    arguments = [_sum(parts[1 + i], reads[i // 2], data.size) for i in range(4)]
    sides = []
    for side in (0, 1):
        settled = dict(known[side])
        for p in range(data.size):
            if p in settled:
                continue
            # a sign that suits the argument of z and that of the direction
            u, v = arguments[2 * side][p], arguments[2 * side + 1][p]
            if u >= 0 and v >= 0 and u == z[p]:
                settled[p] = True
            elif u <= 0 and v <= 0 and slope * u == z[p]:
                settled[p] = False
        sides.append(settled)
    for p in range(data.size):
        unsettled = [side for side in (0, 1) if p not in sides[side]]
        if not unsettled:
            a, b = (arguments[2 * side + 1][p] * (one if sides[side][p] else slope) for side in (0, 1))
            if a - b == difference[p]:
                continue
            unsettled = [side for side in (0, 1) if p not in known[side]]
        side = unsettled[0]
        for on in (True, False):
            following = [dict(known[0]), dict(known[1])]
            following[side][p] = on
            answer = _branch(data, reads, z, span, form, (following[0], following[1]), budget)
            if answer is not None or budget.expired():
                return answer
        return None
    moved = [[v * (one if sides[side][p] else slope) for p, v in enumerate(arguments[2 * side + 1])] for side in (0, 1)]
    return (z, arguments[0]), (moved[0], arguments[1]), (z, arguments[2]), (moved[1], arguments[3])


def _sum(weights: list[Fraction], vectors: list[Vector], size: int) -> Vector:
    total = [Fraction(0)] * size
    for weight, vector in zip(weights, vectors, strict=True):
        if weight:
            total = [a + weight * b for a, b in zip(total, vector, strict=True)]
    return total


def _curve(
    search: TightOutputs,
    pair: tuple[int, int],
    z: Vector,
    moved: tuple[Value, Value, Value, Value],
    others: dict[int, Value],
) -> GivenData | None:
    """The curve, if the masks allow the weights that it needs."""
    data, outputs = search.data, search.outputs
    k, l = pair
    (_, first), (p, first_step), (_, second), (q, second_step) = moved
    change = [a - b for a, b in zip(p, q, strict=True)]
    rows = data.network.masks[-1].row_masks
    out: dict[Cell, Laurent] = {}
    last: dict[int, Laurent] = {}
    for o in outputs:
        fed = {m: value for m, (value, _) in others.items() if rows[o] >> m & 1}
        columns = list(fed.values())
        names: list[Any] = list(fed)
        if rows[o] >> k & 1 or rows[o] >> l & 1:
            columns.append(z)
            names.append("same")
        if rows[o] >> k & 1 and rows[o] >> l & 1:
            columns.append(change)
            names.append("change")
        if data.network.biases[-1] >> o & 1:
            columns.append(search.one)
            names.append("bias")
        found = solved([[c[s] for c in columns] for s in range(data.size)], data.target(o), len(columns))
        if found is None:
            return None
        for name, value in zip(names, found, strict=True):
            if not value:
                continue
            if name == "same":
                out.setdefault((o, k if rows[o] >> k & 1 else l), {})[0] = value
            elif name == "change":
                out.setdefault((o, k), {})[-1] = value
                out.setdefault((o, l), {})[-1] = -value
            elif name == "bias":
                last[o] = {0: value}
            else:
                out[o, name] = {0: value}
    weights: dict[Cell, Laurent] = {}
    biases: dict[int, Laurent] = {}
    put_argument(data, k, [(0, first), (1, first_step)], weights, biases)
    put_argument(data, l, [(0, second), (1, second_step)], weights, biases)
    for m, (_, argument) in others.items():
        put_argument(data, m, [(0, argument)], weights, biases)
    targets = tuple({o: v for o in outputs if (v := row[o])} for row in data.targets)
    return GivenData(data.network, targets, (weights, out), (biases, last), data.points, tuple(outputs), pair)
