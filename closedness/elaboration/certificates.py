"""Whole certificates of format 1, rule by rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from closedness.check import (
    FORMAT,
    MAX_WORK,
    RULES,
    VERSION,
    Chain,
    Malformed,
    Rejected,
    _chain,
    _pair,
    _Pattern,
    _Run,
    _State,
    _work_left,
    check,
)
from closedness.elaboration import chains, patterns
from closedness.elaboration.envelope import content_id, envelope
from closedness.elaboration.families import strata
from closedness.elaboration.naming import in_these_names, renamed_pattern
from closedness.elaboration.networks import network_proof
from closedness.elaboration.refutations import refutation
from closedness.elaboration.tables import one_table, partial

__all__ = ["elaborated", "refuted", "refutes"]

Node = dict[str, Any]
MORE_WORK = 2  # times what the checker allows itself


def elaborated(certificate: Node, faulty: bool = False) -> Node:
    """A certificate of format 2 for one of format 1; one of format 2 is returned as it is.

    Parameters
    ----------
    certificate : dict
        The parsed certificate.
    faulty : bool
        Write a step that does not hold as it is, for tests of checkers, instead of raising.

    Raises
    ------
    Rejected
        When a step of the proof does not hold.

    Examples
    --------
    >>> elaborated({"version": 2})
    {'version': 2}
    """
    if certificate.get("version") == VERSION:
        return certificate
    with_work, with_faults = _work_left.set([MORE_WORK * MAX_WORK]), partial.set(faulty)
    try:
        proof = _proof(certificate)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise Rejected(f"no proof of format 1 ({error})") from None
    finally:
        _work_left.reset(with_work)
        partial.reset(with_faults)
    return {**certificate, "format": FORMAT, "version": VERSION, "proof": one_table(proof)}


def refuted(problem: Node, target: Any, node: Node, field: str) -> Node:
    """The certificate that a matrix is no product, for a refutation of format 1."""
    with_work = _work_left.set([MORE_WORK * MAX_WORK])
    try:
        proof = refutation(_chain(problem["factors"], "problem.factors"), target, node)
    finally:
        _work_left.reset(with_work)
    question = {"kind": "target", "factors": problem["factors"], "target": target}
    return envelope(question, content_id(question), field, "no_product", proof)


def refutes(problem: Node, target: Any, node: Node, field: str) -> bool:
    """Whether the checker accepts a refutation of format 1."""
    try:
        return check(refuted(problem, target, node, field)).verified
    except Rejected:
        return False


def _proof(certificate: Node) -> Node:
    proof, problem = dict(certificate["proof"]), certificate["problem"]
    rule = proof["rule"]
    if rule in ("limit", "dominant-limit"):
        factors = _chain(problem["factors"], "problem.factors")
        proof["refutation"] = refutation(factors, proof["target"], proof["refutation"])
    elif rule == "union-limit":
        proof["cover"] = [
            {
                "factors": each["factors"],
                "refutation": refutation(_chain(each["factors"], "cover"), proof["target"], each["refutation"]),
            }
            for each in proof["cover"]
        ]
    elif rule == "elimination":
        proof["side"] = "columns" if proof.pop("transposed") else "rows"
    elif rule == "members":
        proof["cases"] = [
            {"factors": case["problem"]["factors"], "then": _inside(case, "closed", certificate["field"])}
            for case in proof["cases"]
        ]
    elif rule == "covariance":
        proof["blocks"] = [_block(each) for each in proof["blocks"]]
    elif "masks" in problem:
        return network_proof(problem, proof)
    elif rule == "covariance-limit":
        proof["then"] = _inside(proof.pop("certificate"), "not_closed", "real")
    elif rule == "free":
        return _inside(proof["certificate"], certificate["claim"], "real")
    elif "factors" in problem and "kind" not in problem and rule != "solver":
        return _closed(proof, _chain(problem["factors"], "problem.factors"), certificate["field"])
    return proof


def _inside(certificate: Node, claim: str, field: str) -> Node:
    """The proof of a certificate about products inside another one."""
    if (certificate["claim"], certificate["field"], list(certificate["problem"])) != (claim, field, ["factors"]):
        raise Rejected("a certificate inside claims something else")
    proof: Node = elaborated(certificate)["proof"]
    return proof


def _block(node: Node) -> Node:
    """Correlated factors: the proof about their loadings times a free square matrix."""
    if node["do"] == "one-factor":
        return {"without": [], "then": {"rule": "crossing"}}
    return {"without": [node["item"]] if "item" in node else [], "then": _inside(node["certificate"], "closed", "real")}


def _closed(proof: Node, factors: Chain, field: str) -> Node:
    """Go down the tree with the checker's own steps, which say what is left to prove."""
    run = _Run("closed", field)
    holder: Node = {"then": proof}
    stack: list[tuple[Node, Any]] = [(holder, factors)]
    while stack:
        slot, subject = stack.pop()
        node = dict(slot["then"])
        if not isinstance(subject, _Pattern) and len(subject) == 2 and not _about_chains(node["rule"]):
            subject = _pair(subject)
        try:
            node = _rule(node, subject)
        except Rejected:
            if not partial.get():
                raise
            continue
        slot["then"] = node
        if node["rule"] == "rename" and isinstance(subject, _Pattern):
            try:
                stack.append((node, renamed_pattern(node, subject)))
            except Rejected:
                if not partial.get():
                    raise
            continue
        run.steps = 0
        entry = RULES[node["rule"]]
        # the children of a table were followed when it was written
        if node["rule"] in ("strata", "types", "solved-lines", "solver", "ideal"):
            continue
        try:
            if ("pair" if isinstance(subject, _Pattern) else "chain") not in entry.about:
                raise Rejected("the rule speaks of something else")
            data = entry.read(_closed_below(node), "proof")
            if node["rule"] == "regular":  # its elimination is left to the checker
                following = [(node["then"], subject.divided(data["terms"])[1])]
            else:
                following = entry.function(run, subject, data) or []
        except (Rejected, Malformed):
            if not partial.get():
                raise
            continue
        if "parts" in node and node["rule"] in ("product", "parts"):
            node["parts"] = slots = [dict(part) for part in node["parts"]]
        else:
            slots = [node]
        for child, (_, smaller) in zip(slots, following, strict=bool(following)):
            stack.append((child, smaller))
    return in_these_names(holder["then"])


def _closed_below(node: Node) -> Node:
    """The node with numbers in the place of what is below it."""
    parts = [{**part, "then": 0} for part in node.get("parts", ()) if isinstance(part, dict)]
    return {**node, **({"then": 0} if "then" in node else {}), **({"parts": parts} if parts else {})}


def _about_chains(rule: str) -> bool:
    """Whether a rule of format 1 speaks of factors, not of rank-one supports."""
    return rule in OF_CHAINS or (rule in RULES and RULES[rule].about == {"chain"})


def _rule(node: Node, subject: Any) -> Node:
    """The node of format 2, with the children of format 1."""
    change = OF_PAIRS.get(node["rule"]) or OF_CHAINS.get(node["rule"])
    if change is None:
        return node
    changed = change(node, subject)
    # `dense` is said by rules that are said by others
    return _rule(changed, subject) if changed["rule"] == "trim" != node["rule"] else changed


def _strata(node: Node, subject: Any) -> Node:
    return {"rule": "strata", "nodes": strata(_State.of(subject), node["nodes"])}


def _trimmed(node: Node, subject: Any) -> Node:
    """For two factors a support with cells that are not looked at is replaced by its looked-at lines."""
    if not isinstance(subject, _Pattern):
        return node
    for k in sorted(subject.terms):
        cells = subject.support(k)
        columns = frozenset[int]().union(*cells.values())
        if (frozenset(cells), columns) != subject.terms[k]:
            parts = [[k, sorted(cells), sorted(columns)]] if cells else []
            return {"rule": "split", "term": k, "parts": parts, "then": node}
    return _rule(dict(node["then"]), subject)


def _chain_of(subject: Any) -> Chain:
    if isinstance(subject, _Pattern):
        raise Rejected("the rule speaks of a chain of factors")
    found: Chain = subject
    return found


# rules that format 2 says in other steps
OF_PAIRS: dict[str, Callable[[Node, Any], Node]] = {
    "nothing": lambda node, subject: {"rule": "product", "parts": []},
    "dense": patterns.dense,
    "linear": patterns.linear,
    "types": lambda node, subject: patterns.types(node),
    "strata": _strata,
}
OF_CHAINS: dict[str, Callable[[Node, Any], Node]] = {
    "trim": _trimmed,
    "chain-strata": _strata,
    "absorb": lambda node, subject: chains.absorbed(_chain_of(subject), node),
    "chain": lambda node, subject: chains.kronecker(_chain_of(subject)),
    "orbits": lambda node, subject: chains.orbits(_chain_of(subject), node),
}
