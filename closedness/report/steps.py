"""The proof inside a certificate as a list of steps for readers.

The steps are told for certificates that the checker has verified; nothing is checked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.report import strata as report_strata
from closedness.report.frames import diagonal_words, frames_words, occupied_words, pinned_words
from closedness.report.replay import Equations, Factors, Poly, Shape
from closedness.report.strata import Stratum
from closedness.rules.rows import HOMES, is_about_chains, row
from closedness.rules.words import numbers

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
        steps.append(Step(depth, *_words(node, state), state))
        if node.get("rule") == "strata" and isinstance(state, Shape):
            steps += _strata_steps(node, state, depth + 1)
        children = state.children(node)
        deeper = depth + (len(children) > 1)
        stack += [(child, smaller, deeper) for child, smaller in reversed(children)]
    if stack:
        steps.append(Step(0, "And so on", f"{len(stack)} more parts are proved in the certificate."))
    return steps


def _words(node: dict[str, Any], left: Factors | Shape) -> tuple[str, str]:
    """What the rule of a step has to say about it."""
    rule = str(node.get("rule"))
    tell = row(rule).tell if rule in HOMES else None
    return _unknown(rule) if tell is None else tell(node, left)


def _unknown(rule: str) -> tuple[str, str]:
    """For rules of later versions; a test sees to it that those of this one have words."""
    words = "Its statement and proof are in the documentation of the program that wrote the certificate."
    return f"Rule {rule!r}", words


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
    if "occupied" in refutation:
        return steps + [Step(*line) for line in occupied_words(refutation["occupied"])]
    if "frames" in refutation:
        return steps + [Step(*line) for line in frames_words(refutation["frames"], product.shape)]
    if "diagonal" in refutation:
        return steps + [Step(*line) for line in diagonal_words(refutation["diagonal"])]
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
