"""What stands around every proof: the format, the problem and its name, the numbers, and what is claimed.

The checker reads this first; the rules and the searches for other questions write it here alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from closedness.check import FORMAT, VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

# certificates in the language of the rules, as they are before they are elaborated
LARGE_STEPS = 1


def envelope(
    problem: Mapping[str, Any],
    problem_id: str,
    field: str,
    claim: str,
    proof: Mapping[str, Any],
    *,
    version: int = VERSION,
) -> dict[str, Any]:
    """A certificate as it is stored.

    Parameters
    ----------
    problem : mapping
        The problem object.
    problem_id : str
        Its name, `closedness.supports.masks.content_id`.
    field : {"real", "complex"}
    claim : {"closed", "not_closed"}
    proof : mapping
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
        "proof": dict(proof),
    }
