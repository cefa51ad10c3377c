"""What stands around every proof: the format, the problem and its name, the numbers, and what is claimed.

The checker reads this first; the rules and the searches for other questions write it here alone.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from closedness.check import FORMAT, VERSION
from closedness.elaboration.tables import one_table

if TYPE_CHECKING:
    from collections.abc import Mapping

# certificates in the language of the rules, as they are before they are elaborated
LARGE_STEPS = 1


def content_id(problem: Mapping[str, Any]) -> str:
    """The name of a problem: SHA-256 (64 hexadecimal digits) of it as compact JSON with sorted keys.

    Examples
    --------
    >>> content_id({"factors": []})[:12]
    '14bbef792bdc'
    """
    text = json.dumps(problem, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def envelope(
    problem: Mapping[str, Any],
    problem_id: str,
    field: str,
    claim: str,
    proof: Any,
    *,
    version: int = VERSION,
) -> dict[str, Any]:
    """A certificate as it is stored.

    Parameters
    ----------
    problem : mapping
        The problem object.
    problem_id : str
        Its name, `content_id`.
    field : {"real", "complex"}
    claim : {"closed", "not_closed"}
    proof : dict or list of dict
        The root with what stands below it, or a table of nodes.
    version : int
        The language of the proof: that of the format, or `LARGE_STEPS`.

    Examples
    --------
    >>> list(envelope({"factors": []}, "14bbef", "real", "closed", {"rule": "crossing"}))
    ['format', 'version', 'problem', 'problem_id', 'field', 'claim', 'proof']
    """
    return {
        "format": FORMAT,
        "version": version,
        "problem": dict(problem),
        "problem_id": problem_id,
        "field": field,
        "claim": claim,
        "proof": dict(proof) if version == LARGE_STEPS else one_table(proof),
    }
