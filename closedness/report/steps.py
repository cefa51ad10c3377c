"""The proof inside a certificate as a list of steps for readers.

The steps are told for certificates that the checker has verified; nothing is checked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.report import strata as report_strata
from closedness.report.frames import frames_words, pinned_words
from closedness.report.replay import Equations, Factors, Poly, Shape
from closedness.report.strata import Stratum
from closedness.report.words import counted, numbers
from closedness.rules.rows import is_about_chains

if TYPE_CHECKING:
    from closedness.certificate import Certificate

__all__ = ["Step", "closed_steps", "proof_steps", "refutation_steps"]

MOST_LINES = 250
MOST_CASES = 60


@dataclass(frozen=True)
class Step:
    """One step of a proof.

    Attributes
    ----------
    depth : int
        Nesting: steps inside a case of an earlier step are deeper.
    title : str
        A few words.
    text : str
        One or two sentences.
    state : Shape, Factors, Stratum, Equations or None
        What there is before the step, for a picture: rank-one supports, a chain of supports, what is known of the
        entries of a matrix, or equations.
    entry : str
        The entry ``"i:j"`` of the target that the step uses, if any.
    folded : bool
        Part of a long distinction, shown on demand.
    """

    depth: int
    title: str
    text: str
    state: Shape | Factors | Stratum | Equations | None = None
    entry: str = ""
    folded: bool = False


FROM_A_FILE = [Step(0, "Read from a file", "Its steps are those of the certificate format, which the checker replays.")]


def proof_steps(certificate: Certificate) -> list[Step]:
    """The steps of a proof of either kind."""
    return closed_steps(certificate) if certificate.claim == "closed" else refutation_steps(certificate)


# -------------------------------------------------------------------- closed


def closed_steps(certificate: Certificate) -> list[Step]:
    """Steps of a proof that a set is closed.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> verdict = decide(SupportProduct.from_text("10/01 * 11/11"))
    >>> [step.title for step in closed_steps(verdict.certificate)]
    ['Crossing supports']
    """
    if not certificate.told_by_rules:
        return FROM_A_FILE
    proof = certificate.proof
    if proof.get("rule") == "solver":
        engine = proof.get("engine", "a solver")
        words = f"{engine} answers that the textbook sentence has no solution. No proof comes with it."
        return [Step(0, "A solver's word", words)]
    stack: list[tuple[dict[str, Any], Factors | Shape, int]] = [(proof, Factors(certificate.product.factors), 0)]
    steps: list[Step] = []
    while stack and len(steps) < MOST_LINES:
        node, state, depth = stack.pop()
        if isinstance(state, Factors) and len(state.supports) == 2 and not is_about_chains(str(node.get("rule"))):
            state = state.pair()
        if isinstance(state, Factors):
            steps.append(Step(depth, *_chain_words(node, state), state))
        else:
            steps.append(Step(depth, *_closed_words(node, state), state))
            if node.get("rule") == "strata":
                steps += _strata_steps(node, state, depth + 1)
        children = state.children(node)
        deeper = depth + (len(children) > 1)
        stack += [(child, smaller, deeper) for child, smaller in reversed(children)]
    if stack:
        steps.append(Step(0, "And so on", f"{len(stack)} more parts are proved in the certificate."))
    return steps


def _chain_words(node: dict[str, Any], state: Factors) -> tuple[str, str]:
    rule = str(node.get("rule"))
    sizes = " · ".join(f"{m}×{n}" for m, n in (support.shape for support in state.supports))
    if rule == "single":
        return "One factor", f"One factor of size {sizes} is left: all matrices with its support, a closed set."
    if rule == "trim":
        return (
            "Dead ends",
            f"In the chain {sizes}, entries that lie on no path from a row of the first factor to a column of the last "
            "one have no influence. They are left out.",
        )
    if rule == "fusion":
        first = node["at"] + 1
        return (
            "Fusion",
            f"Of the chain {sizes}, factors {first} and {first + 1} together give every matrix on the support of their "
            "product. One factor with that support takes their place.",
        )
    if rule == "absorb":
        other = node["at"] + (2 if node["into"] == "right" else 0)
        return (
            "Absorption",
            f"Of the chain {sizes}, factor {node['at'] + 1} may be the identity, and it adds no entry to the "
            f"support of factor {other}. It is left out.",
        )
    if rule == "triangular":
        return (
            "Triangular factors",
            f"Of the chain {sizes}, factors {node['at'] + 1} to {node['at'] + len(node['kinds'])} contain lower and "
            "upper triangular ones in turn; three of them give every matrix. One dense factor takes their place.",
        )
    if rule == "peel":
        side = "first" if node["side"] == "left" else "last"
        return (
            "Peeling",
            f"The {side} factor of the chain {sizes} can be kept orthogonal, because the supports of its rank-one "
            "parts cross. It stays bounded, so it is enough that the products of the other factors are a closed set.",
        )
    if rule == "parts":
        count = len(node["parts"])
        return "Separate parts", f"The paths through the chain {sizes} form {count} groups without a common entry."
    if rule == "chain":
        patterns = ", ".join(str(tuple(parameters)) for parameters in node["parameters"])
        return (
            "Kronecker-sparse chain",
            f"The factors are I_a ⊗ 1_(b×c) ⊗ I_d with (a, b, c, d) = {patterns}, and neighbours fit together "
            "(chainable). The products are exactly the matrices whose blocks have bounded ranks, a closed condition.",
        )
    if rule == "chain-strata":
        return "Case distinction", _strata_words(node)
    if rule != "orbits":
        return _unknown(rule)
    return (
        "Normal forms",
        f"Row and column operations that respect the supports bring every matrix to one of {len(node['placements'])} "
        "placements of ones; each that satisfies the rank bounds of all products is a product.",
    )


def _closed_words(node: dict[str, Any], shape: Shape) -> tuple[str, str]:
    rule = str(node.get("rule"))
    if rule == "nothing":
        return "Nothing is left", "No entry is left to look at: what remains is a single point, and a point is closed."
    if rule == "crossing":
        return (
            "Crossing supports",
            "Whenever two rank-one supports overlap, the rows of one are among those of the other, and its columns "
            "include those of the other. The factors of any product can then be chosen orthogonal and bounded, so a "
            "limit of products is a product again.",
        )
    if rule == "product":
        count = len(node["parts"])
        words = f"The rank-one supports form {count} groups without a common entry. Each is treated alone."
        return "Separate parts", words
    if rule == "twins":
        dropped = [line for group in node["classes"] for line in group["drop"]]
        return (
            "Repeated lines",
            f"{node['side'].capitalize()} {numbers(dropped)} repeat others with the same supports; beyond the rank "
            "that these can have, copies add nothing. They are dropped.",
        )
    if rule == "full":
        return (
            "Arbitrary entries",
            f"Hidden {_indices(node['terms'])} alone give every matrix on the {len(shape.cells(node['terms']))} "
            "entries they reach. These can be put right at the end, whatever the others are: they are no longer "
            "looked at.",
        )
    if rule == "regular":
        return (
            "Near zero",
            f"There are factors with hidden {_indices(node['terms'])} whose product is zero and whose derivative "
            f"reaches every matrix on {len(shape.cells(node['terms']))} entries. So all small matrices there are "
            "products, and, as products can be scaled, all matrices are. These entries are no longer looked at.",
        )
    if rule == "linear":
        return (
            "Linear equations",
            f"Some entries of hidden {_indices(node['terms'])} are fixed at integers. Then {_free_entries(node)} solve "
            f"linear equations with constant coefficients, whatever the {len(shape.cells(node['terms']))} entries of "
            "the matrix are that these indices reach. They can be put right at the end: they are no longer looked at.",
        )
    if rule == "split":
        return (
            "Blocks",
            f"What is still looked at of hidden index {node['term']} is a union of {len(node['parts'])} full blocks "
            "that share no row and no column. Each block becomes a support of its own.",
        )
    if rule == "strata":
        return "Case distinction", _strata_words(node)
    if rule == "extend":
        return (
            "A larger pattern",
            f"With {counted('row', node['rows'])} and {counted('column', node['columns'])} added, the pattern is part "
            "of a larger one. If the larger set is closed, so is its part with zeros in the added places.",
        )
    if rule == "dominant":
        return (
            "A dense part",
            "Entries are complex, and the products with the smaller supports below are dense in the matrices on the "
            "support: the derivative at one point has full rank. If their set is closed, it is all of these matrices.",
        )
    if rule == "dense":
        return "A factor without zeros", _dense_words(node)
    if rule == "types":
        line, other = ("rows", "columns") if node["side"] == "rows" else ("columns", "rows")
        return (
            "Types of lines",
            f"The {other} fall into {len(node['types'])} types by their hidden indices; each lies in the span of its "
            f"hidden indices' vectors. In a limit these spans keep their dimensions. No set of {line} holds too much "
            "of what the limits have in common for each hidden index, so vectors drawn there span all of them again.",
        )
    if rule == "rename":
        turned = " and transposed" if node.get("transposed") else ""
        return "Other names", f"Rows, columns and hidden indices are renumbered{turned}; this changes nothing."
    if rule == "ideal":
        return (
            "Vanishing polynomials",
            f"{len(node['polynomials'])} polynomials vanish on all products. That they vanish nowhere else over the "
            f"real numbers is the word of {node['engine']}; no proof comes with it.",
        )
    return _unknown(rule)


def _unknown(rule: str) -> tuple[str, str]:
    """For rules of later versions; a test sees to it that those of this one have words."""
    words = "Its statement and proof are in the documentation of the program that wrote the certificate."
    return f"Rule {rule!r}", words


def _free_entries(node: dict[str, Any]) -> str:
    stages = node["stages"]
    count = sum(len(stage["left"]) + len(stage["right"]) for stage in stages)
    return f"{count} free entries" + (f", found in {len(stages)} stages," if len(stages) > 1 else "")


def _dense_words(node: dict[str, Any]) -> str:
    line = "rows" if node["side"] == "rows" else "columns"
    dropped = f"Hidden {_indices(node['drop'])} alone make their {line} arbitrary. " if node["drop"] else ""
    if "flats" in node:
        return (
            f"{dropped}One factor has no zeros, and fewer {'columns' if line == 'rows' else 'rows'} than there are "
            f"hidden indices. Each of the {line} lies in the flat that the vectors of its hidden indices span. In a "
            "limit these flats still have enough in common for each hidden index: vectors drawn there span them again."
        )
    cases = sum(each.get("do") == "bound" for each in node["nodes"])
    proof = "Weights show it" if cases == 1 else f"A distinction of {cases} cases, with weights in each, shows it"
    return (
        f"{dropped}One factor has no zeros: a matrix is a product when the vectors of the hidden indices span its "
        f"{'columns' if line == 'rows' else 'rows'}. No set of {line} holds, of more hidden indices than it has "
        f"members, as many {line} as vectors that end there have dimensions. {proof}. So in every limit of these "
        "spans there are independent vectors for all hidden indices."
    )


def _strata_words(node: dict[str, Any]) -> str:
    kinds = [str(each.get("do")) for each in node["nodes"]]
    splits = kinds.count("split")
    ends = sum(kind in ("generic", "family") for kind in kinds)
    return (
        f"All matrices are sorted by which entries vanish, after row and column operations that respect the supports "
        f"({splits} distinctions, {ends} final cases, {len(kinds)} steps). In each final case there are explicit "
        "factors, or a minor that vanishes on all products does not vanish here: no matrix is a limit without being a "
        "product."
    )


def _strata_steps(node: dict[str, Any], shape: Shape, depth: int) -> list[Step]:
    """The case distinction itself; cases that several steps lead to are told once."""
    nodes = node["nodes"]
    stack = [(len(nodes) - 1, Stratum.of(shape), depth)]
    told: dict[int, int] = {}
    steps: list[Step] = []
    while stack and len(steps) < MOST_CASES:
        position, state, level = stack.pop()
        each = nodes[position]
        if position in told:
            words = f"This is the case of part {told[position]} of the distinction again."
            steps.append(Step(level, "As before", words, folded=True))
            continue
        told[position] = len(told) + 1
        title = f"Part {told[position]}. {report_strata.title(each)}"
        steps.append(Step(level, title, report_strata.words(each), state.about(each), folded=True))
        children = state.children(each)
        stack += [(child, following, level + (len(children) > 1)) for child, following in reversed(children)]
    if stack:
        words = f"{len(nodes) - len(told)} more parts are in the certificate."
        steps.append(Step(depth, "And so on", words, folded=True))
    return steps


# -------------------------------------------------------------------- not closed


def refutation_steps(certificate: Certificate) -> list[Step]:
    """Steps of the proof that the target of a ``not_closed`` certificate is no product.

    Examples
    --------
    >>> from closedness import SupportProduct, decide
    >>> verdict = decide(SupportProduct.from_text("10/11 * 11/01"))
    >>> print(refutation_steps(verdict.certificate)[0].text)
    W1[0,0]·W2[0,1] - 1 = 0, so W1[0,0] is not zero.
    """
    if not certificate.told_by_rules:
        return FROM_A_FILE
    proof = certificate.proof
    target = {(i, j): Fraction(value) for i, j, value in proof["target"]}
    refutation = proof["refutation"]
    product = certificate.product
    steps: list[Step] = []
    if "merge" in refutation:
        product = product.merged(refutation["merge"])
        steps.append(Step(0, "Fewer factors", _merge_words(refutation["merge"])))
    if "pinned" in refutation:
        return steps + [Step(*line) for line in pinned_words(refutation["pinned"])]
    if "frames" in refutation:
        return steps + [Step(*line) for line in frames_words(refutation["frames"], product.shape)]
    nodes = refutation["nodes"]
    stack = [(len(nodes) - 1, Equations.of(product, refutation["cells"], target), 0, "")]
    while stack and len(steps) < MOST_LINES:
        position, state, depth, case = stack.pop()
        node = nodes[position]
        words = _refutation_words(node, state)
        steps.append(Step(depth, case + _refutation_title(node), words, state, node.get("equation", "")))
        children = state.children(node)
        several = len(children) > 1
        for number, (child, following) in reversed(list(enumerate(children, 1))):
            stack.append((child, following, depth + several, f"Case {number}. " if several else ""))
    if stack:
        steps.append(Step(0, "And so on", "The remaining cases are in the certificate."))
    return steps


def _merge_words(sizes: list[int]) -> str:
    groups, first = [], 1
    for number, size in enumerate(sizes, 1):
        if size > 1:
            groups.append(f"factors {first} to {first + size - 1} by V{number}")
        elif number != first:
            groups.append(f"factor {first} is called V{number}")
        first += size
    words = "; ".join(groups)
    return f"Neighbours are replaced by one matrix with the support of their product: {words}. Below, W stands for V."


def _refutation_title(node: dict[str, Any]) -> str:
    if node["do"] in ("combine", "derive"):
        return "Sum"
    label = node.get("equation")
    if label is not None and str(label).startswith("d:"):
        return f"Sum ({str(label)[2:]})"
    if label is not None:
        return f"Entry ({str(label).replace(':', ', ')})"
    return "Scaling" if node["do"] == "scale" else "Two cases"


def _refutation_words(node: dict[str, Any], state: Equations) -> str:
    kind = node["do"]
    if kind == "split":
        return f"Either {_name(node['variable'])} is zero or it is not."
    if kind == "scale":
        level, k = node["hidden"]
        return (
            f"Column {k} of W{level + 1} may be multiplied by a number and row {k} of W{level + 2} divided by it: "
            f"let {_name(node['variable'])} be 1."
        )
    if kind in ("combine", "derive"):
        labels = [str(term["equation"]) for term in node["terms"]]
        entries = [label.replace(":", ",") for label in labels if not label.startswith("d:")]
        sums = [label[2:] for label in labels if label.startswith("d:")]
        named = [f"the entries {numbers(entries)}"] * bool(entries) + [f"the sums {numbers(sums)}"] * bool(sums)
        start = f"Multiples of the equations of {' and '.join(named)} add up to"
        if node.get("squares"):
            return f"{start} a sum of squares with a summand that is not zero, over the real numbers a contradiction."
        if kind == "combine":
            return f"{start} what is not zero: a contradiction."
        derived = polynomial(state.children(node)[0][1].polys[node["name"]])
        return f"{start} {derived}, which is therefore zero, too; call it sum {node['name'][2:]}."
    equation = polynomial(state.polys[node["equation"]])
    if kind == "contradiction":
        return f"What is left of it, {equation} = 0, is impossible: a contradiction."
    if kind == "factor":
        parts = " or ".join(f"{_read(case['factor'])} = 0" for case in node["cases"])
        return f"{equation} = 0 means {parts}."
    name = _name(node["variable"])
    if kind == "zero":
        return f"{equation} = 0, and the other variables in it are not zero, so {name} = 0."
    if kind == "nonzero":
        return f"{equation} = 0, so {name} is not zero."
    return f"{equation} = 0 is solved for {name}, which is put into the other equations."


def _read(node: list[Any]) -> str:
    return polynomial({tuple((name, e) for name, e in powers): Fraction(value) for value, powers in node})


def polynomial(poly: Poly) -> str:
    """A polynomial of the checker as text; long ones are shortened.

    Examples
    --------
    >>> polynomial({(("0:1:0", 2),): Fraction(-3), (): Fraction(1, 2)})
    '-3·W1[1,0]^2 + 1/2'
    """
    text = ""
    for number, (monomial, value) in enumerate(sorted(poly.items(), key=lambda item: (-len(item[0]), item[0]))):
        if number == 8:
            return f"{text} + … ({len(poly) - 8} more terms)"
        powers = [_name(name) + (f"^{e}" if e > 1 else "") for name, e in monomial]
        size = abs(value)
        term = "·".join(([str(size)] if size != 1 or not powers else []) + powers)
        sign = "-" if value < 0 else "+"
        text += f" {sign} {term}" if text else ("-" if value < 0 else "") + term
    return text or "0"


def _name(variable: str) -> str:
    factor, i, j = variable.split(":")
    return f"W{int(factor) + 1}[{i},{j}]"


def _indices(terms: list[int]) -> str:
    return ("index " if len(terms) == 1 else "indices ") + numbers(terms)
