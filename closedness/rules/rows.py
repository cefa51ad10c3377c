"""Where each rule's row stands, in the order in which the search asks the rules.

A row is the last thing in the module of its rule. It is read when it is asked for: whoever decides two factors
does not load the rules about chains. Rules about other questions (sparsity levels, constraints, networks, the word of
an engine) have their rows in the rooms of these; `tests/rules/test_rows.py` walks them all.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from closedness.rules.rule import Proof

if TYPE_CHECKING:
    from closedness.rules.rule import Node, Rule

__all__ = ["HOMES", "is_about_chains", "proof", "row"]

HOMES = {
    "private-cells": "limits.private_cells",
    "nothing": "pairs.product",
    "crossing": "pairs.crossing",
    "dual-bases": "pairs.dual_bases",
    "dense": "pairs.dense",
    "product": "pairs.product",
    "split": "pairs.split",
    "full": "pairs.full",
    "twins": "pairs.twins",
    "linear": "pairs.linear",
    "types": "pairs.types",
    "dominant": "pairs.dominant",
    "regular": "pairs.regular",
    "bordered": "limits.bordered",
    "blocks": "limits.blocks",
    "dependent": "limits.dependent",
    "diagonal": "limits.diagonal",
    "subpattern": "limits.subpattern",
    "extend": "pairs.extend",
    "rename": "pairs.extend",
    "strata": "strata.strata",
    "limit": "limits.limit",
    "dominant-limit": "limits.dominant_limit",
    "ideal": "pairs.ideal",
    "single": "chains.peel",
    "chain": "chains.chain",
    "triangular": "chains.triangular",
    "absorb": "chains.absorb",
    "trim": "chains.trim",
    "peel": "chains.peel",
    "parts": "chains.parts",
    "chain-strata": "chains.chain_strata",
    "fusion": "chains.fusion",
    "orbits": "chains.orbits",
}


def row(rule: str) -> Rule:
    """The row of a rule.

    Examples
    --------
    >>> row("parts").about
    'chain'
    """
    rules: tuple[Rule, ...] = import_module(f"closedness.rules.{HOMES[rule]}").RULES
    return next(each for each in rules if each.id == rule)


def proof(node: Node) -> Proof:
    """The proof that begins with this node, in the words of its rule."""
    return Proof(node, row(node["rule"]).sentence)


def is_about_chains(rule: str) -> bool:
    """Whether a rule speaks of a chain of factors only; names without a row do not."""
    return rule in HOMES and HOMES[rule].startswith("chains.")
