"""From the language of the rules, format 1 of certificates, to format 2, which the checker reads.

The rules find proofs in large steps; a kernel small enough to read wants few kinds of small ones. What is written
here is not trusted: the checker replays what comes out. It follows the checker's own steps, so that each relation and
substitution is the one that the checker will have.
"""

from __future__ import annotations

from closedness.elaboration.certificates import elaborated, refuted, refutes
from closedness.elaboration.envelope import LARGE_STEPS, content_id, envelope
from closedness.elaboration.networks import network_proof

__all__ = [
    "LARGE_STEPS",
    "content_id",
    "elaborated",
    "envelope",
    "network_proof",
    "refuted",
    "refutes",
]
