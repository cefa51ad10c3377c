"""A second checker of certificates about networks, written apart from the network part of `closedness.check`.

It works on a graph of neurons instead of lists of sets, scales all parameters to polynomials instead of computing with
Laurent polynomials (the activation is positively homogeneous), and compares ranks of matrices.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

import networkx as nx
from flint import fmpq, fmpq_mat, fmpq_poly, nmod_mat

from tests.helpers.second_check import Answer, envelope, identified
from tests.helpers.second_reading import distinct, index, indices, items, need, pay, rational, take, wellformed
from tests.helpers.second_system import earlier

Node = tuple[int, int]  # level and number; level 0 are the inputs


def network_certificate(data: Any) -> Answer:
    """What a certificate about a network proves; raises `Refused` or `BadFormat` otherwise."""
    (problem, identity), field, claim, proof = envelope(data)
    network = Neurons(problem)
    identified(problem, identity)
    wellformed(field == "real" and type(proof) is dict, "field or proof")
    rule = proof.get("rule")
    if rule == "data-set":
        _, given, proof = take(proof, "rule", "data", "then")
        wellformed(network.points is None and claim == "not_closed" and type(proof) is dict, "data set")
        network = Neurons({**problem, "data": given})
        rule = proof.get("rule")
    wellformed(rule in (RULES if network.points is None else RULES_FOR_DATA)[claim], "rule")
    network.prune()
    if rule == "interpolation":
        _optimum(network, proof)
        return Answer(claim, ())
    if rule == "relu-trees":
        take(proof, "rule")
        need(network.slope != 1 or network.depth == 1, "linear activation")
        _trees(network)
        return Answer(claim, ())
    need(network.slope != 1, "linear activation")
    if rule == "relu-crossing":
        _, first, second, shared, other = take(proof, "rule", "first", "second", "shared", "other")
        _crossing(network, index(first), index(second), index(shared), index(other))
    elif rule == "relu-narrow":
        _narrow(network, proof)
    elif rule == "relu-overlap":
        _overlap(network, proof)
    elif rule == "tight-outputs":
        _tight(network, proof)
    else:
        _kinks(network, proof)
    return Answer(claim, ())


RULES = {"closed": ("relu-trees",), "not_closed": ("relu-crossing", "relu-narrow", "relu-overlap")}
RULES_FOR_DATA = {"closed": ("relu-trees", "interpolation"), "not_closed": ("data-kinks", "tight-outputs")}


class Neurons:
    """Inputs, hidden neurons and outputs as a graph; biases are neighbours of the node ``"one"``."""

    def __init__(self, problem: Any) -> None:
        wellformed(type(problem) is dict, "problem")
        data = [problem["data"]] if "data" in problem else []
        problem = {key: value for key, value in problem.items() if key != "data"}
        masks, biases, slope = take(problem, "masks", "biases", "slope")
        self.slope = rational(slope)
        self.depth = len(items(masks))
        wellformed(self.depth > 0, "no layer")
        self.graph = nx.DiGraph()
        self.graph.add_node("one")
        self.sizes: list[int] = []
        for level, mask in enumerate(masks, 1):
            shape, rows = take(mask, "shape", "rows")
            m, n = indices(shape, 2)
            wellformed(m > 0 and n > 0, "shape")
            if not self.sizes:
                self.sizes.append(n)
                self.graph.add_nodes_from((0, j) for j in range(n))
            wellformed(self.sizes[-1] == n, "sizes do not fit")
            self.sizes.append(m)
            for i, row in enumerate(items(rows, m)):
                self.graph.add_node((level, i))
                columns = indices(row)
                wellformed(all(a < b for a, b in pairwise([-1, *columns, n])), "columns")
                self.graph.add_edges_from(((level - 1, j), (level, i)) for j in columns)
        for level, listed in enumerate(items(biases, self.depth), 1):
            numbers = indices(listed)
            wellformed(all(a < b for a, b in pairwise([-1, *numbers, self.sizes[level]])), "biases")
            self.graph.add_edges_from(("one", (level, i)) for i in numbers)
        self.points: fmpq_mat | None = None
        self.targets: fmpq_mat | None = None
        for each in data:
            points, targets = take(each, "points", "targets")
            self.points, self.targets = _numbers(points, self.sizes[0]), _numbers(targets, self.sizes[-1])
            wellformed(self.points.nrows() == self.targets.nrows(), "points and targets")

    def prune(self) -> None:
        """A hidden neuron that only ``"one"`` reaches hands its constant on; what leads nowhere goes."""
        for level in range(1, self.depth):
            for i in range(self.sizes[level]):
                node = (level, i)
                if node not in self.graph:
                    continue
                before = set(self.graph.predecessors(node))
                if before <= {"one"}:
                    if before:
                        self.graph.add_edges_from(("one", after) for after in self.graph.successors(node))
                    self.graph.remove_node(node)
        for level in range(self.depth - 1, 0, -1):
            for i in range(self.sizes[level]):
                if (level, i) in self.graph and not self.graph.out_degree((level, i)):
                    self.graph.remove_node((level, i))

    def level(self, number: int) -> list[Node]:
        return [node for node in self.graph if node != "one" and node[0] == number]

    def immovable(self) -> set[Node]:
        if self.depth != 2:
            return set()
        return {k for k in self.level(1) if self.graph.in_degree(k) == 1 and not self.graph.has_edge("one", k)}


def _numbers(node: Any, width: int) -> fmpq_mat:
    rows = [[rational(value) for value in items(row, width)] for row in items(node)]
    pay(len(rows) * width)
    return fmpq_mat(len(rows), width, [value for row in rows for value in row])


def _trees(network: Neurons) -> None:
    for number in range(1, network.depth - 1):
        need(all(network.graph.out_degree(k) == 1 for k in network.level(number)), "a neuron feeds several")
    if network.depth == 1:
        return
    immovable = network.immovable()
    hidden = [k for k in network.level(network.depth - 1) if k not in immovable]
    last = network.graph.subgraph([*hidden, *network.level(network.depth)]).to_undirected()
    for component in nx.connected_components(last):
        degrees = [last.degree(node) for node in component]
        need(len(component) == 1 or sorted(degrees)[:-1] == [1] * (len(component) - 1), "no star")
        outputs = [node for node in component if node[0] == network.depth]
        if len(outputs) > 1:
            kinds = {frozenset(set(network.graph.predecessors(o)) & (immovable | {"one"})) for o in outputs}
            need(len(kinds) == 1, "unequal outputs of a star")


def _crossing(network: Neurons, first: int, second: int, shared: int, other: int) -> None:
    graph, depth = network.graph, network.depth
    need(depth > 1, "no hidden layer")
    edges = [((depth - 1, k), (depth, o)) for k, o in ((first, shared), (second, shared), (second, other))]
    need(first != second and shared != other, "not two")
    need(all(graph.has_edge(*edge) for edge in edges), "not connected")
    if depth == 2:
        need(not {(1, first), (1, second)} & network.immovable(), "an immovable kink")
        return
    competing = set().union(*(set(graph.predecessors((depth, o))) for o in (shared, other))) - {"one"}
    kind = frozenset(graph.predecessors((depth - 1, second)))
    pay(len(kind) * len(competing))
    group = [k for k in competing if frozenset(graph.predecessors(k)) == kind]
    need("one" in kind and (depth - 1, first) in group, "different neurons, or without biases")
    if network.slope != 0 or len(group) > 2:
        return
    need(len(competing) == 2, "others that read something else")
    before = kind - {"one"}
    pay(sum(graph.in_degree(k) for k in before))
    need(all(graph.has_edge("one", k) for k in before), "without biases")
    if depth > 3:
        need(len(before) > 1, "a single neuron")
        need(len({frozenset(graph.predecessors(k)) for k in before}) == 1, "different neurons before")


def _overlap(network: Neurons, proof: Any) -> None:
    _, *named, inputs = take(proof, "rule", "first", "second", "shared", "other", "inputs")
    kept, graph = indices(inputs), network.graph
    wellformed(len(set(kept)) == len(kept), "an input twice")
    one, two = ((2, index(k)) for k in named[:2])
    shared, other = ((3, index(o)) for o in named[2:])
    need(network.depth == 3 and one != two and shared != other and {shared, other} <= {*graph}, "two of each")
    graph.remove_nodes_from([node for node in network.level(0) if node[1] not in kept])
    graph.remove_nodes_from([node for node in network.level(3) if node not in (shared, other)])
    network.prune()
    edges = [(one, shared), (two, shared), (two, other), ("one", one), ("one", two)]
    need(all(graph.has_edge(*edge) for edge in edges), "no such edge")
    pay(4 * graph.number_of_edges())
    reads = {k: {*graph.predecessors(k)} - {"one"} for k in network.level(2)}
    common = reads[one] & reads[two]
    unseen = Fraction(0)
    for j in network.level(1):
        need(graph.has_edge("one", j), "no bias")
        others = sum(k not in (one, two) for k in graph.successors(j)) + (j in common)
        unseen += Fraction(1, 2 ** min(others, 60)) if network.slope == 0 else others == 0
    bounds = [len(reads[k]) + (network.slope != 0 or len(reads[k]) > 2) for k in (one, two)]
    need(3 * len(common) > sum(bounds) + unseen // 1, "too little in common")


def _narrow(network: Neurons, proof: Any) -> None:
    _, pairs, free, output, level, *two = take(proof, "rule", "pairs", "free", "output", "level", "first", "second")
    graph, depth = network.graph, network.depth
    listed = [items(pair, 2) for pair in items(pairs)]
    edges = [((0, index(j)), (1, index(k))) for k, j in listed]
    wellformed(len({k for _, k in edges}) == len(listed), "a neuron twice")
    level = index(level)
    free, end, pair = (0, index(free)), (depth, index(output)), {(level, index(k)) for k in two}
    kept = {j for j, _ in edges} | {free}
    need(len(kept) == len(edges) + 1 and len(pair) == 2 and 1 < level < depth, "an input or neuron twice, or the level")
    need(all(graph.has_edge(*edge) for edge in edges) and end in graph, "no such input or output")
    need(all(graph.has_edge("one", k) for k in pair), "without biases")
    graph.remove_nodes_from([node for node in network.level(0) if node not in kept])
    graph.remove_nodes_from([node for node in network.level(depth) if node != end])
    network.prune()
    first = set(network.level(1))
    need(first == {k for _, k in edges}, "other neurons")
    need(all(k in graph for k in pair), "a neuron that is superfluous")
    one, other = ({*graph.predecessors(k)} - {"one"} for k in sorted(pair))
    need(set.intersection(*({*graph.successors(k)} for k in pair)), "nothing reads both")
    pay(8 * graph.number_of_edges())
    seen = first & (one & other).union(*(nx.ancestors(graph, k) for k in one & other))
    need(any(graph.has_edge(free, k) for k in seen), "the free input is not seen")
    graph.remove_nodes_from(pair)
    need(first <= seen | nx.ancestors(graph, end), "a neuron that only the two read")


def _data(network: Neurons, proof: Any, *more: str) -> tuple[list[Any], list[list[fmpq]], fmpq_mat]:
    """What else the proof holds, the numbers of the line, and the targets, shown to be limits; 0 where not chosen."""
    assert network.points is not None
    assert network.targets is not None
    _, outputs, weights, biases, *rest = take(proof, "rule", "outputs", "weights", "biases", *more)
    chosen = _apart(network, outputs)
    rows, table = network.points.tolist(), network.targets.tolist()
    order = sorted(range(len(rows)), key=lambda p: rows[p])
    need(len(rows) > 1 and all(rows[p] != rows[q] for p, q in pairwise(order)), "points")
    first, last = rows[order[0]], rows[order[-1]]
    direction = [b - a for a, b in zip(first, last, strict=True)]
    differences = [[x - a for a, x in zip(first, row, strict=True)] for row in rows]
    need(_rank(differences) == 1, "no line")
    moving = next(j for j, d in enumerate(direction) if d)
    places = [differences[p][moving] / direction[moving] for p in order]
    listed = [[table[p][o] if o in chosen else fmpq(0) for o in range(network.sizes[-1])] for p in order]
    wanted = fmpq_mat(len(order), network.sizes[-1], [value for row in listed for value in row])
    _curve(network, [rows[p] for p in order], wanted, weights, biases)
    return rest, [first, direction, places], wanted


def _apart(network: Neurons, outputs: Any) -> set[int]:
    """Outputs that have no neuron in common with the others."""
    chosen = distinct(outputs)
    wellformed(chosen and max(chosen) < network.sizes[-1], "outputs")
    hidden = network.graph.subgraph([node for node in network.graph if node != "one" and node[0] > 0])
    for component in nx.weakly_connected_components(hidden):
        ends = {node[1] for node in component if node[0] == network.depth}
        need(ends <= set(chosen) or not ends & set(chosen), "a neuron in common")
    return set(chosen)


def _optimum(network: Neurons, proof: Any) -> None:
    """Some outputs can have the means of the targets at each point; the others have trees."""
    assert network.points is not None
    assert network.targets is not None
    _, outputs, weights, biases = take(proof, "rule", "outputs", "weights", "biases")
    chosen = _apart(network, outputs)
    depth = network.depth - 1
    table = network.points
    for number, (cells, constants) in enumerate(zip(items(weights, depth), items(biases, depth), strict=True), 1):
        matrix = fmpq_mat(network.sizes[number - 1] + 1, network.sizes[number])
        given: set[Any] = set()
        listed = [items(each, 2) for each in items(constants)]
        for cell in [*items(cells), *([i, None, terms] for i, terms in listed)]:
            i, j, terms = items(cell, 3)
            node = (number, index(i, 0, network.sizes[number] - 1))
            source = "one" if j is None else (number - 1, index(j, 0, network.sizes[number - 1] - 1))
            wellformed((source, node) not in given, "given twice")
            given.add((source, node))
            need(network.graph.has_edge(source, node), "masked")
            read = _terms(terms)
            need(set(read) <= {0}, "no number")
            matrix[network.sizes[number - 1] if j is None else j, i] = read.get(0, fmpq(0))
        n = table.nrows()
        pay(n * (matrix.nrows() + 1) * matrix.ncols())
        wide = fmpq_mat(n, matrix.nrows(), [v for row in table.tolist() for v in (*row, fmpq(1))])
        table = wide * matrix
        bent = [v if v > 0 else network.slope * v for row in table.tolist() for v in row]
        table = fmpq_mat(n, matrix.ncols(), bent)
    seen: dict[Any, list[int]] = {}
    for p, point in enumerate(network.points.tolist()):
        seen.setdefault(tuple(map(str, point)), []).append(p)
    values = table.tolist()
    for o in chosen:
        before = list(network.graph.predecessors((network.depth, o)))
        pay(len(seen) ** 2 * (1 + len(before)) // 8)
        rows = [[fmpq(1) if k == "one" else values[same[0]][k[1]] for k in before] for same in seen.values()]
        if not _full_rank(rows):
            means = [sum((network.targets[p, o] for p in same), fmpq(0)) / len(same) for same in seen.values()]
            wider = [[*row, mean] for row, mean in zip(rows, means, strict=True)]
            need(_rank(wider) == _rank(rows), "targets that cannot be met")
    for o in chosen:
        network.graph.remove_edges_from([*network.graph.in_edges((network.depth, o))])
    network.prune()
    rest = [o for o in range(network.sizes[-1]) if set(network.graph.predecessors((network.depth, o))) - {"one"}]
    if rest:
        need(network.slope != 1 or network.depth == 1, "linear activation")
        _trees(network)


def _full_rank(rows: list[list[fmpq]]) -> bool:
    """Whether the rows are independent; modulo a prime of its own first."""
    if not rows:
        return True
    if not rows[0]:
        return False
    prime = 2**62 - 57
    if all(int(v.q) % prime for row in rows for v in row):
        small = [int(v.p) * pow(int(v.q), -1, prime) % prime for row in rows for v in row]
        if nmod_mat(len(rows), len(rows[0]), small, prime).rank() == len(rows):
            return True
    return _rank(rows) == len(rows)


def _tight(network: Neurons, proof: Any) -> None:
    assert network.points is not None
    assert network.targets is not None
    _, outputs, weights, biases, nodes = take(proof, "rule", "outputs", "weights", "biases", "nodes")
    need(network.depth == 2, "depth")
    chosen = _apart(network, outputs)
    size = network.points.nrows()
    table = fmpq_mat(size, network.sizes[-1])
    for p in range(size):
        for o in chosen:
            table[p, o] = network.targets[p, o]
    _curve(network, network.points.tolist(), table, weights, biases)
    spans = Spans(network, chosen, table, nodes)
    spans.goals.append((len(spans.nodes) - 1, {}, None))
    while spans.goals:
        spans.every(*spans.goals.pop())
    wellformed(len(spans.visited) == len(spans.nodes), "a node is never used")


class Form(NamedTuple):
    """A linear form on those values of a neuron that are in a span."""

    vector: list[fmpq]
    neuron: int
    span: list[list[fmpq]]


class Spans:
    """Spaces in the space of all values on the data, given by rows of matrices."""

    def __init__(self, network: Neurons, chosen: set[int], table: fmpq_mat, nodes: Any) -> None:
        self.network, self.chosen = network, chosen
        assert network.points is not None
        self.size = network.points.nrows()
        self.columns = network.points.transpose().tolist()
        self.wanted = table.transpose().tolist()
        self.nodes = items(nodes)
        wellformed(self.nodes, "no node")
        self.visited: set[int] = set()
        self.goals: list[tuple[int, dict[tuple[int, int], bool], Form | None]] = []

    def arguments(self, k: int) -> list[list[fmpq]]:
        sources = self.network.graph.predecessors((1, k))
        return [[fmpq(1)] * self.size if source == "one" else self.columns[source[1]] for source in sources]

    def every(self, position: int, signs: dict[tuple[int, int], bool], form: Form | None) -> None:
        """The node in this position closes the case of these signs; or the form vanishes in it."""
        self.visited.add(position)
        pay(20 + len(signs))
        node = self.nodes[position]
        do = node.get("do") if type(node) is dict else None
        wellformed(do in ("sign", "implied", "room", "cone"), "step")
        if do == "sign":
            _, k, p, *both = take(node, "do", "neuron", "point", "on", "off")
            below = [earlier(each, position) for each in both]
            key = self.place(k, p)
            need(key not in signs, "known")
            for each, on in zip(below, (True, False), strict=True):
                self.goals.append((each, signs | {key: on}, form))
        elif do == "implied":
            _, k, p, on, because, then = take(node, "do", "neuron", "point", "on", "because", "then")
            wellformed(type(on) is bool, "on")
            then, read = earlier(then, position), self.listed(because, 1)
            key = self.place(k, p)
            need(key not in signs and form is None, "known")
            vector = [fmpq(0)] * self.size
            vector[p] = fmpq(1 if on else -1)
            for q, (value,) in read.items():
                need((k, q) in signs and value >= 0, "because")
                vector[q] -= value if signs[k, q] else -value
            need(self.vanishes(vector, self.arguments(k)), "not implied")
            self.goals.append((then, signs | {key: on}, None))
        elif do == "room":
            self.tight(position, signs, form)
        else:
            self.cone(node, signs, form)

    def place(self, k: Any, p: Any) -> tuple[int, int]:
        k, p = index(k), index(p)
        need(k < self.network.sizes[1] and p < self.size, "no such neuron or point")
        return k, p

    def listed(self, node: Any, length: int) -> dict[int, list[fmpq]]:
        read = [items(each, length + 1) for each in items(node)]
        found = {index(p): [rational(value) for value in values] for p, *values in read}
        wellformed(len(found) == len(read), "a point twice")
        pay(10 * len(read))
        return found

    def vanishes(self, vector: list[fmpq], rows: list[list[fmpq]]) -> bool:
        if not rows:
            return True
        pay(self.size * len(rows) // 2)
        product = fmpq_mat(len(rows), self.size, [v for row in rows for v in row]) * fmpq_mat(self.size, 1, vector)
        return not any(product.entries())

    def tight(self, position: int, signs: dict[tuple[int, int], bool], case: Form | None) -> None:
        _, outputs, aside, forms, groups = take(self.nodes[position], "do", "outputs", "aside", "forms", "neurons")
        outputs, aside = set(distinct(outputs)), set(distinct(aside))
        forms = [self.listed(each, 1) for each in items(forms)]
        groups = [take(each, "neurons", "trees") for each in items(groups)]
        groups = [(distinct(group), [earlier(tree, position) for tree in items(trees)]) for group, trees in groups]
        need(case is None, "a form")
        need(outputs and outputs <= self.chosen, "outputs")
        before: set[Any] = set()
        for o in outputs:
            before |= set(self.network.graph.predecessors((2, o)))
        neurons = {source[1] for source in before - {"one"}}
        need(aside <= neurons, "aside")
        modulo = [[fmpq(1)] * self.size] if "one" in before else []
        for k in aside:
            scales = [
                fmpq(0) if (k, p) not in signs else fmpq(1) if signs[k, p] else self.network.slope
                for p in range(self.size)
            ]
            modulo += [[c * x for c, x in zip(scales, vector, strict=True)] for vector in self.arguments(k)]
            unit = [[fmpq(p == q) for q in range(self.size)] for p in range(self.size) if (k, p) not in signs]
            modulo += unit
        span = modulo + [self.wanted[o] for o in sorted(outputs)]
        pay(len(span) * self.size * (1 + len(span)) // 4)
        rank = _rank(span) - _rank(modulo)
        room = len(neurons - aside)
        # what the targets of outputs without a bias leave to the values, modulo constants
        without = [self.wanted[o] for o in outputs if not self.network.graph.has_edge("one", (2, o))]
        bare = modulo[1:] if "one" in before else modulo
        if rank > room or _rank(span) - _rank(modulo + without) > room - _rank(bare + without) + _rank(bare):
            return
        need(rank == room, "freedom")
        functions = []
        for listed in forms:
            vector = [fmpq(0)] * self.size
            for p, (value,) in listed.items():
                need(p < self.size, "no such point")
                vector[p] = value
            need(self.vanishes(vector, modulo), "a form on what is aside")
            functions.append(vector)
        values = [
            [sum((a * b for a, b in zip(vector, self.wanted[o], strict=True)), fmpq(0)) for o in sorted(outputs)]
            for vector in functions
        ]
        need(_rank(values) == len(functions), "dependent forms")
        bound: list[int] = []
        for group, trees in groups:
            need(group and len(trees) == len(functions), "nobody, or not a node for each form")
            bound += group
            kinds = set()
            for k in group:
                need(k in neurons - aside, "another neuron")
                known = frozenset((p, on) for (other, p), on in signs.items() if other == k)
                kinds.add((frozenset(self.network.graph.predecessors((1, k))), known))
            need(len(kinds) == 1, "different neurons")
            for vector, tree in zip(functions, trees, strict=True):
                self.goals.append((tree, signs, Form(vector, min(group), span)))
        need(len(set(bound)) == len(bound), "a neuron twice")
        need(rank - len(functions) < len(bound), "they may span it")

    def cone(self, node: Any, signs: dict[tuple[int, int], bool], form: Form | None) -> None:
        _, *both = take(node, "do", "plus", "minus")
        read = [self.listed(each, 2) for each in both]
        need(form is not None, "no form")
        assert form is not None
        for listed, sign in zip(read, (1, -1), strict=True):
            rest = [sign * v for v in form.vector]
            bent = [fmpq(0)] * self.size
            for p, (value, weight) in listed.items():
                need((form.neuron, p) in signs and weight >= 0, "weights")
                rest[p] -= value
                bent[p] = value + weight if signs[form.neuron, p] else self.network.slope * value - weight
            need(self.vanishes(rest, form.span) and self.vanishes(bent, self.arguments(form.neuron)), "no combination")


def _rank(rows: list[list[fmpq]]) -> int:
    return int(fmpq_mat(len(rows), len(rows[0]), [value for row in rows for value in row]).rank()) if rows else 0


def _kinks(network: Neurons, proof: Any) -> None:
    (anchors, at), (base, direction, places), table = _data(network, proof, "anchors", "at")
    need(len(places) > 2, "few points")
    outputs = network.sizes[-1]

    def bend(p: int) -> list[fmpq]:
        if not 0 < p < len(places) - 1:
            return [fmpq(0)] * outputs
        a, b = places[p] - places[p - 1], places[p + 1] - places[p]
        return [(table[p + 1, o] - table[p, o]) / b - (table[p, o] - table[p - 1, o]) / a for o in range(outputs)]

    bends = [bend(p) for p in range(len(places))]
    seen = {o for each in bends for o, value in enumerate(each) if value}
    kinks = _most_kinks(network, {(network.depth, o) for o in seen}, base, direction, places)
    anchors = indices(anchors)
    at = index(at, 0, len(places) - 1)
    need(all(b - a > 1 for a, b in pairwise(anchors)) and at not in anchors, "anchors too near")
    need(all(p < len(places) and any(bends[p]) for p in anchors), "no bend at an anchor")
    need(len(anchors) >= kinks, "more kinks than anchors")
    near = [bends[p] for p in (at - 1, at + 1) if p in anchors]
    need(_rank([*near, bends[at]]) > _rank(near), "a combination")


def _most_kinks(
    network: Neurons, outputs: set[Node], base: list[fmpq], direction: list[fmpq], places: list[fmpq]
) -> int:
    """No more kinks than this have these outputs on the part of the line between the first and the last place."""
    before = set().union(*(nx.ancestors(network.graph, o) for o in outputs)) if outputs else set()
    sizes = [sum(k in before for k in network.level(level)) for level in range(1, network.depth)]
    kinds = [_bends(network, k, base, direction, places) for k in network.level(1) if k in before]
    bending, affine = kinds.count("bends"), "affine" in kinds
    relu = network.slope == 0

    def turns(level: int) -> int:
        """How often a sum of the values of a level crosses zero where the level before that is affine."""
        width = bending if level == 1 else sizes[level - 1]
        if relu and width in (1, 2) and not (level == 1 and affine):
            return width
        return width + 1

    def single(level: int) -> bool:
        """One neuron after the other: all that varies is affine between two places."""
        if level == 0:
            return True
        alone = bending <= 1 - affine if level == 1 else sizes[level - 1] == 1
        return relu and alone and single(level - 1)

    def more(level: int) -> int:
        """New kinks of a level."""
        return bending if level == 1 else sizes[level - 1] * varying(level - 2) * turns(level - 1)

    def varying(level: int) -> int:
        """Pieces between all kinks so far, where something varies."""
        return 1 if single(level) else varying(level - 1) + more(level)

    return sum(map(more, range(1, network.depth)))


def _bends(network: Neurons, k: Node, base: list[fmpq], direction: list[fmpq], places: list[fmpq]) -> str:
    """Whether a neuron of the first level can have a kink there; if not, whether it is affine or constant."""
    pairs = [[direction[j[1]], base[j[1]]] for j in network.graph.predecessors(k) if j != "one"]
    if network.graph.has_edge("one", k):
        pairs.append([fmpq(0), fmpq(1)])
    slanted = [pair for pair in pairs if pair[0]]
    if not slanted:
        return "constant"
    slope, constant = slanted[0]
    if _rank(pairs) == 2 or places[0] < -constant / slope < places[-1]:
        return "bends"
    return "affine"


def _terms(node: Any) -> dict[int, fmpq]:
    listed = [items(each, 2) for each in items(node)]
    found = {index(e, -1000, 1000): rational(value) for e, value in listed}
    wellformed(len(found) == len(listed), "an exponent given twice")
    return found


def _curve(network: Neurons, points: list[list[fmpq]], table: fmpq_mat, weights: Any, biases: Any) -> None:
    """The outputs tend to the table: weights are multiplied by powers of t, biases by those of all layers so far."""
    layers = []
    power = 0
    for number, (cells, constants) in enumerate(
        zip(items(weights, network.depth), items(biases, network.depth), strict=True), 1
    ):
        read: dict[Any, dict[int, fmpq]] = {}
        for cell in items(cells):
            i, j, terms = items(cell, 3)
            edge = ((number - 1, index(j)), (number, index(i)))
            wellformed(edge not in read and max(i, j) < 10**7, "entry")
            wellformed(j < network.sizes[number - 1] and i < network.sizes[number], "entry")
            need(network.graph.has_edge(*edge), "a masked weight")
            read[edge] = _terms(terms)
        lowest = min((e for terms in read.values() for e in terms), default=0)
        constant: dict[Node, dict[int, fmpq]] = {}
        for cell in items(constants):
            i, terms = items(cell, 2)
            node = (number, index(i, 0, network.sizes[number] - 1))
            wellformed(node not in constant, "bias")
            need(network.graph.has_edge("one", node), "a masked bias")
            constant[node] = _terms(terms)
        least = min((e for terms in constant.values() for e in terms), default=0)
        lift = max(0, -lowest, -least - power)
        power += lift
        layers.append(
            (
                {edge: _poly(terms, lift) for edge, terms in read.items()},
                {node: _poly(terms, power) for node, terms in constant.items()},
            )
        )
    for p, point in enumerate(points):
        values = {(0, j): fmpq_poly([x]) for j, x in enumerate(point)}
        for number, (matrix, constant_terms) in enumerate(layers, 1):
            after = dict(constant_terms)
            for (source, node), weight in matrix.items():
                after[node] = after.get(node, fmpq_poly()) + weight * values.get(source, fmpq_poly())
            if number < network.depth:
                after = {node: value if _positive(value) else network.slope * value for node, value in after.items()}
            values = after
        for o in range(network.sizes[-1]):
            value = values.get((network.depth, o), fmpq_poly())
            low = [value[e] for e in range(power + 1)]
            need(not any(low[:-1]), "diverges")
            need(low[-1] == table[p, o], "another limit")


def _poly(terms: dict[int, fmpq], lift: int) -> fmpq_poly:
    top = max(terms, default=0)
    return fmpq_poly([terms.get(e - lift, fmpq(0)) for e in range(top + lift + 1)])


def _positive(value: fmpq_poly) -> bool:
    return next((coefficient > 0 for coefficient in value.coeffs() if coefficient), True)
