"""Networks whose masks alone say whether training has an optimum for all data."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import networkx as nx

from tests.second.reading import Node, need, pay

Neuron = tuple[int, int]  # layer and number; layer 0 are the inputs


class Network:
    """The neurons that count, what they read, and which of them have biases.

    A hidden neuron that no input reaches is a constant and left out; if it can be another constant than 0, what it
    feeds is given a bias. A hidden neuron that leads to no output is left out, too.
    """

    def __init__(
        self, problem: Node, inputs: set[int] | None = None, outputs: set[int] | None = None
    ) -> None:
        masks, self.slope = problem.masks, problem.slope
        self.last = len(masks)
        self.width = masks[0].width
        self.outputs = set(range(masks[-1].height)) if outputs is None else outputs
        start = set(range(self.width)) if inputs is None else inputs
        alive, constant = start, set(range(self.width)) - start
        moving: set[int] = set()
        self.reads: list[dict[int, set[int]]] = [{}]
        self.biased: list[set[int]] = [set()]
        for layer, mask in enumerate(masks, start=1):
            biases = set(problem.biases[layer - 1])
            biases |= {k for k, row in enumerate(mask.rows) if row & moving}
            pay(sum(1 + len(row) for row in mask.rows) / 5)
            reads = {k: set(row & alive) for k, row in enumerate(mask.rows)}
            if layer == self.last:
                reads = {k: row for k, row in reads.items() if k in self.outputs}
            else:
                constant = {k for k, row in reads.items() if not row}
                moving = constant & biases
                reads = {k: row for k, row in reads.items() if row}
            alive = set(reads)
            self.reads.append(reads)
            self.biased.append(biases & alive)
        for layer in range(self.last - 1, 0, -1):
            used = set().union(*self.reads[layer + 1].values())
            self.reads[layer] = {k: row for k, row in self.reads[layer].items() if k in used}
            self.biased[layer] &= used
            pay(len(used))

    def feeds(self, layer: int) -> dict[int, set[int]]:
        """What the neurons of a hidden layer feed."""
        found: dict[int, set[int]] = {k: set() for k in self.reads[layer]}
        for k, row in self.reads[layer + 1].items():
            for each in row:
                found[each].add(k)
        return found

    def fixed(self) -> set[int]:
        """With one hidden layer, the neurons whose kink cannot move."""
        if self.last != 2:
            return set()
        return {k for k, row in self.reads[1].items() if len(row) == 1 and k not in self.biased[1]}

    def graph(self) -> Any:
        """Neurons and inputs with arrows to what they feed."""
        graph = nx.DiGraph()
        for layer, reads in enumerate(self.reads):
            for k, row in reads.items():
                pay(2 + 2 * len(row))
                graph.add_node((layer, k))
                graph.add_edges_from(((layer - 1, each), (layer, k)) for each in row)
        return graph

    def behind(self, outputs: set[int]) -> list[set[int]]:
        """The neurons of each layer from which paths lead to some outputs."""
        found = [set(outputs)]
        for layer in range(self.last, 0, -1):
            found.insert(0, set().union(*(self.reads[layer][k] for k in found[0])))
            pay(len(found[0]))
        return found


def check(problem: Node, proof: Node) -> None:
    """A certificate about a network."""
    from tests.second import training

    if proof.rule == "relu-trees":
        trees(Network(problem))
    elif proof.rule == "data-set":
        training.of_data_set(problem, proof)
    elif proof.rule in training.RULES:
        training.RULES[proof.rule](problem, problem.data, proof)
    else:
        need(problem.slope != 1, "the activation is linear")
        RULES[proof.rule](problem, proof)


def trees(network: Network) -> None:
    """Trees before the last hidden layer, stars behind it."""
    if network.last == 1:
        return
    need(network.slope != 1, "the activation is linear")
    for layer in range(1, network.last - 1):
        need(all(len(fed) == 1 for fed in network.feeds(layer).values()), "a neuron feeds several neurons")
    fixed, biased = network.fixed(), network.biased[-1]
    graph = nx.Graph()
    for output, row in network.reads[-1].items():
        graph.add_edges_from((("hidden", k), output) for k in row - fixed)
        pay(2 + len(row))
    for component in nx.connected_components(graph):
        outputs = {each for each in component if not isinstance(each, tuple)}
        need(len(outputs) == 1 or len(component) - len(outputs) == 1, "a component is no star")
        need(outputs <= biased or outputs.isdisjoint(biased), "some outputs of a star have biases, others have none")
        same = {frozenset(network.reads[-1][output] & fixed) for output in outputs}
        need(len(same) == 1, "the outputs of a star are fed by different neurons")


def crossing(problem: Node, proof: Node) -> None:
    """Two neurons of the last hidden layer that are in no star."""
    network = Network(problem)
    need(network.last > 1, "there is no hidden layer")
    first, second, reads = proof.first, proof.second, network.reads[-2]
    need(first != second and proof.shared != proof.other, "two things are one")
    outputs = network.reads[-1]
    need(proof.shared in outputs and proof.other in outputs, "there is no such output")
    fed = {first, second} <= outputs[proof.shared] and second in outputs[proof.other]
    need(fed, "a neuron does not feed an output")
    if network.last == 2:
        need(network.fixed().isdisjoint((first, second)), "the kink of a neuron cannot move")
        return
    around, biased = outputs[proof.shared] | outputs[proof.other], network.biased[-2]
    alike = {k for k in around if k in biased and reads[k] == reads[first]}
    need({first, second} <= alike, "the two neurons have no biases or read different ones")
    if network.slope != 0 or len(alike) > 2:
        return
    need(len(around) == 2, "there are more neurons, and none of them is alike")
    before, layer = reads[first], network.last - 2
    need(before <= network.biased[layer], "a neuron that is read has no bias")
    if network.last > 3:
        same = {frozenset(network.reads[layer][k]) for k in before}
        need(len(before) > 1 and len(same) == 1, "what is read is a single neuron, or reads different ones")


def narrow(problem: Node, proof: Node) -> None:
    """The first hidden layer has a neuron less than there are inputs."""
    need(len(problem.masks) > 2 and 2 <= proof.level < len(problem.masks), "there is no such hidden layer")
    own, layer, first, second = proof.pairs, proof.level, proof.first, proof.second
    chosen = {*own.values(), proof.free}
    need(len(chosen) == len(own) + 1, "an input is named twice")
    need(max(chosen) < problem.masks[0].width and proof.output < problem.masks[-1].height, "something is not there")
    network = Network(problem, chosen, {proof.output})
    start = network.reads[1]
    need(set(start) == set(own) and all(own[k] in start[k] for k in own), "the neurons are others")
    need(first != second and {first, second} <= network.biased[layer], "the two neurons have no biases")
    need(any({first, second} <= row for row in network.reads[layer + 1].values()), "no neuron reads both")
    back = network.reads[layer][first] & network.reads[layer][second]
    for before in range(layer - 1, 1, -1):
        back = set().union(*(network.reads[before][k] for k in back))
    need(any(proof.free in start[l] for l in back), "the free input does not lead to both")
    graph, end = network.graph(), (network.last, proof.output)
    graph.remove_nodes_from([(layer, first), (layer, second)])
    leading = nx.ancestors(graph, end)
    need(all((1, k) in leading for k in set(start) - back), "a neuron leads to the output through the two only")


def overlap(problem: Node, proof: Node) -> None:
    """Two neurons of the second hidden layer read mostly the same."""
    need(len(problem.masks) == 3, "there are not two hidden layers")
    chosen, outputs = set(proof.inputs), {proof.shared, proof.other}
    need(len(outputs) == 2 and max(outputs) < problem.masks[-1].height, "these are not two outputs")
    need(all(j < problem.masks[0].width for j in chosen), "an input is not there")
    network = Network(problem, chosen, outputs)
    first, second, reads = proof.first, proof.second, network.reads[2]
    need(first != second and {first, second} <= network.biased[2], "the two neurons have no biases")
    fed = network.reads[3]
    need({first, second} <= fed[proof.shared] and second in fed[proof.other], "a neuron does not feed an output")
    need(set(network.reads[1]) <= network.biased[1], "a neuron of the first layer has no bias")
    common = reads[first] & reads[second]
    relu = network.slope == 0
    changes = [len(reads[k]) if relu and len(reads[k]) <= 2 else len(reads[k]) + 1 for k in (first, second)]
    meeting = Counter(j for k, row in reads.items() if k not in (first, second) for j in row)
    shares = [Fraction(1, 2 ** min(60, meeting[j] + (j in common))) for j in network.reads[1]]
    unseen = int(sum(shares)) if relu else shares.count(Fraction(1))
    need(3 * len(common) > sum(changes) + unseen, "the two neurons read too little in common")


RULES = {"relu-crossing": crossing, "relu-narrow": narrow, "relu-overlap": overlap}
