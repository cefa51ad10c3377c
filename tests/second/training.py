"""Rules about a network and a data set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from flint import fmpq

from tests.second.linear import Laurent, plus, rank, times
from tests.second.networks import Network, trees
from tests.second.reading import Node, Refused, follow, need, pay, wellformed

Row = list[Any]


def lowest(a: Laurent) -> tuple[int, Any]:
    """The lowest exponent and its coefficient, which has the sign for small t."""
    return min(a.items(), default=(0, fmpq(0)))


class Parameters:
    """Weights and biases that depend on t, of some layers of a network."""

    def __init__(self, network: Network, proof: Node, layers: int) -> None:
        wellformed(len(proof.weights) == len(proof.biases) == layers, "there is another number of layers")
        self.network = network
        self.layers: list[dict[int, list[tuple[int | None, Laurent]]]] = []
        for layer, (weights, biases) in enumerate(zip(proof.weights, proof.biases, strict=True), start=1):
            reads, biased = network.reads[layer], network.biased[layer]
            need(all(k in reads and j in reads[k] for k, j in weights), "a weight lies outside of the mask")
            need(all(k in biased for k in biases), "a neuron without bias has one")
            given: dict[int, list[tuple[int | None, Laurent]]] = {k: [] for k in reads}
            for (k, j), terms in (*weights.items(), *(((k, None), terms) for k, terms in biases.items())):
                given[k].append((j, {exponent: value for exponent, value in terms.items() if value != 0}))
            self.layers.append(given)

    def values(self, point: Row) -> dict[int, Laurent]:
        """What the neurons of the last of these layers compute at a point; the activation follows hidden layers."""
        values = {j: {0: x} if x != 0 else {} for j, x in enumerate(point)}
        for layer, given in enumerate(self.layers, start=1):
            found = {}
            for k, terms in given.items():
                total: Laurent = {}
                for j, weight in terms:
                    total = plus(total, weight if j is None else times(weight, values[j]))
                if layer < self.network.last and lowest(total)[1] < 0:
                    total = times(total, {0: self.network.slope})
                found[k] = total
            values = found
        return values


def apart(problem: Node, outputs: list[int]) -> Network:
    """The part of the network with these outputs, which share no hidden neuron with others."""
    network = Network(problem)
    need(outputs and set(outputs) <= network.outputs, "there is no such output")
    ours, others = network.behind(set(outputs)), network.behind(network.outputs - set(outputs))
    shared = any(a & b for a, b in zip(ours[1:-1], others[1:-1], strict=True))
    need(not shared, "the outputs share a hidden neuron with others")
    return part(network, set(outputs))


def part(network: Network, outputs: set[int]) -> Network:
    """The network with some of its outputs."""
    found = Network.__new__(Network)
    found.__dict__.update(network.__dict__)
    kept = network.behind(outputs)
    found.outputs = outputs
    pairs = zip(network.reads, kept, strict=True)
    found.reads = [{k: row for k, row in reads.items() if k in keep} for reads, keep in pairs]
    found.biased = [layer & keep for layer, keep in zip(network.biased, kept, strict=True)]
    return found


def tends(network: Network, data: Node, proof: Node) -> None:
    """Along the curve the outputs tend to the targets."""
    parameters = Parameters(network, proof, network.last)
    for point, target in zip(data.points, data.targets, strict=True):
        for output, value in parameters.values(point).items():
            exponent, leading = lowest(value)
            need(leading == 0 or exponent >= 0, "an output does not converge")
            constant = leading if exponent == 0 else 0
            need(constant == target[output], "an output tends to something else")


# ---- interpolation -----------------------------------------------------------------------------------


def interpolation(problem: Node, data: Node, proof: Node) -> None:
    """The best outputs are combinations of what the last hidden layer computes."""
    network = apart(problem, proof.outputs)
    need(network.last == 1 or network.slope != 1, "the activation is linear")
    for entries in (*proof.weights, *proof.biases):
        need(all(set(terms) <= {0} for terms in entries.values()), "a parameter depends on t")
    whole = Network(problem)
    trees(part(whole, whole.outputs - set(proof.outputs)))
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for point, target in zip(data.points, data.targets, strict=True):
        pay(len(point))
        groups.setdefault(tuple((int(x.p), int(x.q)) for x in point), []).append(target)
    points = [[fmpq(*x) for x in point] for point in groups]
    values = [Parameters(network, proof, network.last - 1).values(point) for point in points]
    for output in proof.outputs:
        columns = [[lowest(value[k])[1] for value in values] for k in sorted(network.reads[-1][output])]
        if output in network.biased[-1]:
            columns.append([fmpq(1)] * len(points))
        mean = [sum((t[output] for t in same), fmpq(0)) / len(same) for same in groups.values()]
        need(rank([*columns, mean]) == rank(columns), "a mean is no combination of the values")


# ---- more kinks than there are -----------------------------------------------------------------------


def data_kinks(problem: Node, data: Node, proof: Node) -> None:
    """The targets need more kinks than the network has on a line."""
    network = apart(problem, proof.outputs)
    need(network.last > 1 and network.slope != 1, "there is no hidden layer, or the activation is linear")
    tends(network, data, proof)
    order = sorted(range(len(data.points)), key=lambda p: data.points[p])
    points, targets = [data.points[p] for p in order], [data.targets[p] for p in order]
    start, direction = points[0], [b - a for a, b in zip(points[0], points[-1], strict=True)]
    need(any(x != 0 for x in direction), "the points are one")
    axis = next(j for j, x in enumerate(direction) if x != 0)
    places = [(point[axis] - start[axis]) / direction[axis] for point in points]
    pay(len(points) * len(start))
    for place, point in zip(places, points, strict=True):
        line = [a + place * d for a, d in zip(start, direction, strict=True)]
        need(line == point, "the points are not on a line")
    need(all(a < b for a, b in pairwise(places)), "two points are equal")

    def bend(p: int) -> Row:
        def slope(q: int) -> Row:
            return [(targets[q + 1][o] - targets[q][o]) / (places[q + 1] - places[q]) for o in sorted(network.outputs)]

        return [after - before for before, after in zip(slope(p - 1), slope(p), strict=True)]

    inner = range(1, len(points) - 1)
    anchors = set(proof.anchors)
    need(proof.anchors == sorted(anchors), "the anchors are not in order")
    need(all(p in inner and any(bend(p)) for p in anchors), "an anchor is no place with a second difference")
    need(not any(p + 1 in anchors for p in anchors), "two anchors are neighbours")
    need(proof.at in inner and proof.at not in anchors, "the further place is an anchor or no inner one")
    beside = [bend(p) for p in (proof.at - 1, proof.at + 1) if p in anchors]
    need(rank([*beside, bend(proof.at)]) > rank(beside), "the second difference is a combination of its neighbours'")
    bent = {o for place, o in enumerate(sorted(network.outputs)) if any(bend(p)[place] != 0 for p in inner)}
    pay(len(points) * len(network.outputs) ** 2)
    need(len(anchors) >= most_kinks(part(network, bent), start, direction), "the network may have as many kinks")


def most_kinks(network: Network, start: Row, direction: Row) -> int:
    """A bound for the number of kinks of the outputs on the line between the places 0 and 1."""
    kinds = [bends(row, k in network.biased[1], start, direction) for k, row in network.reads[1].items()]
    first, straight = kinds.count("kink"), "affine" in kinds
    widths = [0, first, *(len(network.reads[layer]) for layer in range(2, network.last))]
    relu = network.slope == 0
    pieces, varying = [1, 1 + first], [1, 1 + first]
    if relu and first == 1 and not straight:
        varying[1] = 1
    for layer in range(2, network.last):
        before = widths[layer - 1]
        changes = before if relu and before in (1, 2) and not (layer == 2 and straight) else before + 1
        more = widths[layer] * varying[layer - 2] * changes
        pieces.append(pieces[-1] + more)
        single = relu and not straight and set(widths[1 : layer + 1]) == {1}
        varying.append(1 if single else varying[-1] + more)
    return pieces[network.last - 1] - 1


def bends(reads: set[int], biased: bool, start: Row, direction: Row) -> str:
    """Whether a neuron of the first layer may have a kink strictly between the places 0 and 1."""
    forms = [[start[j], direction[j]] for j in sorted(reads)] + ([[fmpq(1), fmpq(0)]] if biased else [])
    dimension = rank(forms)
    if dimension == 2:
        return "kink"
    form = next((form for form in forms if any(form)), None)
    if form is None or form[1] == 0:
        return "constant"
    return "kink" if 0 < -form[0] / form[1] < 1 else "affine"


# ---- tight outputs -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """Known signs of arguments of neurons at points; below `room` a form that is to vanish on values of a neuron."""

    signs: dict[tuple[int, int], bool]
    neuron: int | None = None
    form: dict[int, Any] | None = None
    span: Any = None


def tight_outputs(problem: Node, data: Node, proof: Node) -> None:
    """The targets are limits, and in no case are they outputs."""
    network = apart(problem, proof.outputs)
    need(network.last == 2 and network.slope != 1, "there is not one hidden layer, or the activation is linear")
    tends(network, data, proof)
    Tight(network, data).run(proof.then)


Goals = list[tuple[Node, Case]]


class Tight:
    """The cases of `tight-outputs`."""

    def __init__(self, network: Network, data: Node) -> None:
        self.network = network
        self.points = len(data.points)
        self.targets = [[target[o] for target in data.targets] for o in range(len(data.targets[0]))]
        self.columns = [list(column) for column in zip(*data.points, strict=True)]

    def run(self, then: Node) -> None:
        """Follow the cases to their ends."""
        steps = {"sign": self.sign, "implied": self.implied, "room": self.room, "cone": self.cone}
        follow(then, steps, Case({}))

    def sign(self, case: Case, node: Node) -> Goals:
        """The sign is the one or the other."""
        self.unknown(case, node)
        pay(len(case.signs) / 5)
        both = ((node.on, True), (node.off, False))
        return [(then, replace(case, signs={**case.signs, (node.neuron, node.point): on})) for then, on in both]

    def arguments(self, k: int) -> list[Row]:
        """Vectors that span the arguments of a neuron."""
        need(k in self.network.reads[1], f"there is no neuron {k}")
        pay(self.points)
        found = [self.columns[j] for j in sorted(self.network.reads[1][k])]
        return [*found, [fmpq(1)] * self.points] if k in self.network.biased[1] else found

    def unknown(self, case: Case, node: Node) -> None:
        """A sign that is not known yet."""
        need(node.neuron in self.network.reads[1] and node.point < self.points, "there is no such neuron or point")
        need((node.neuron, node.point) not in case.signs, "the sign is known")

    def implied(self, case: Case, node: Node) -> Goals:
        """A sign that follows from others."""
        need(case.form is None, "the step is not about a form")
        self.unknown(case, node)
        k, p = node.neuron, node.point
        need(all((k, q) in case.signs and value >= 0 for q, value in node.because.items()), "a reason is not known")
        for vector in self.arguments(k):
            pay(len(node.because))
            total = sum((mu * (1 if case.signs[k, q] else -1) * vector[q] for q, mu in node.because.items()), fmpq(0))
            need(total == (vector[p] if node.on else -vector[p]), "the sign does not follow")
        return [(node.then, replace(case, signs={**case.signs, (k, p): node.on}))]

    def room(self, case: Case, node: Node) -> Goals:
        """The targets span too much for their neurons, or as much and then forms vanish on too many of them."""
        need(case.form is None, "the step is not about a form")
        outputs, slope = self.network.reads[2], self.network.slope
        need(set(node.outputs) <= set(outputs), "there is no such output")
        neurons: set[int] = set().union(*(outputs[o] for o in node.outputs))
        need(neurons.issuperset(node.aside), "what is put aside does not feed the outputs")
        biased = self.network.biased[2]
        free: list[Row] = []
        for k in node.aside:
            factors = [{True: 1, False: slope, None: 0}[case.signs.get((k, p))] for p in range(self.points)]
            pay(self.points * (1 + len(self.network.reads[1][k])))
            free += [[c * u for c, u in zip(factors, vector, strict=True)] for vector in self.arguments(k)]
            units = [p for p in range(self.points) if (k, p) not in case.signs]
            free += [[fmpq(int(p == q)) for q in range(self.points)] for p in units]
            pay(self.points * len(units))
        ones = [[fmpq(1)] * self.points] if biased.intersection(node.outputs) else []
        plain = [self.targets[o] for o in node.outputs if o not in biased]
        span = [*free, *ones, *(self.targets[o] for o in node.outputs)]
        room, held = len(neurons) - len(node.aside), rank([*free, *ones])
        largest = rank(span)
        if largest - rank([*free, *plain, *ones]) > room - (rank([*free, *plain]) - rank(free)):
            return []
        need(largest - held == room, "the outputs are not tight")
        need(all(p < self.points for form in node.forms for p in form), "there is no such point")
        need(not any(_apply(form, row) for form in node.forms for row in (*free, *ones)), "a form does not vanish")
        values = [[_apply(form, row) for form in node.forms] for row in span]
        need(rank(values) == len(node.forms), "the forms are not independent")
        named: set[int] = set()
        goals = []
        for group in node.neurons:
            need(named.isdisjoint(group.neurons), "a neuron is in two groups")
            need(neurons - set(node.aside) >= set(group.neurons), "a neuron does not feed the outputs, or is put aside")
            need(group.neurons and len(group.trees) == len(node.forms), "a form or a neuron is left out")
            named |= set(group.neurons)
            need(len({self.like(case, k) for k in group.neurons}) == 1, "the neurons of a group are different")
            for form, tree in zip(node.forms, group.trees, strict=True):
                goals.append((tree, replace(case, neuron=group.neurons[0], form=form, span=span)))
        need(len(named) > room - len(node.forms), "there is room for these neurons")
        return goals

    def like(self, case: Case, k: int) -> Any:
        """What a neuron reads, and what is known of it."""
        signs = frozenset((p, on) for (other, p), on in case.signs.items() if other == k)
        return frozenset(self.network.reads[1][k]), k in self.network.biased[1], signs

    def cone(self, case: Case, node: Node) -> Goals:
        """The form is neither positive nor negative."""
        if case.form is None or case.neuron is None:
            raise Refused("the step is about a form")
        signs = {p: on for (k, p), on in case.signs.items() if k == case.neuron}
        arguments = self.arguments(case.neuron)
        for direction, terms in ((1, node.plus), (-1, node.minus)):
            need(set(terms) <= set(signs) and all(mu >= 0 for _, mu in terms.values()), "a multiplier is not allowed")
            combined = {p: value for p, (value, _) in terms.items()}
            for row in case.span:
                pay(len(terms))
                need(_apply(combined, row) == direction * _apply(case.form, row), "the form is another one on the span")
            rest = {
                p: value * (1 if signs[p] else self.network.slope) + (mu if signs[p] else -mu)
                for p, (value, mu) in terms.items()
            }
            need(not any(_apply(rest, vector) for vector in arguments), "the arguments do not bound the form")
        return []


def _apply(form: dict[int, Any], row: Row) -> Any:
    """The value of a linear form."""
    pay(len(form))
    return sum((value * row[p] for p, value in form.items()), fmpq(0))


def of_data_set(problem: Node, proof: Node) -> None:
    """The rule `data-set`: on these data training has no optimum."""
    from tests.second.grammar import fit_data

    fit_data(proof.data, problem.masks)
    need(proof.then.rule in ("data-kinks", "tight-outputs"), f"a rule {proof.then.rule} is about something else")
    RULES[proof.then.rule](problem, proof.data, proof.then)


RULES = {"interpolation": interpolation, "data-kinks": data_kinks, "tight-outputs": tight_outputs}
