"""Certificates: a problem, a claim and a proof that `closedness.check` replays."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from closedness.algebra.laurent import entries_of
from closedness.check import Malformed, _head
from closedness.elaboration import LARGE_STEPS, elaborated, envelope
from closedness.errors import FormatError
from closedness.supports.product import SupportProduct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from closedness.algebra.laurent import Laurent
    from closedness.supports.masks import Cell

Node = dict[str, Any]


class Certificate:
    """An immutable certificate.

    Use `Certificate.closed` and `Certificate.not_closed` to make one, `to_json` to store it,
    `from_json` to read it and `closedness.check` to verify it. The proof is kept as the rules write it; `to_json`
    writes it out in the steps of the format.
    """

    __slots__ = ("_data", "_text")

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = dict(data)
        self._text: str | None = None

    @classmethod
    def _make(
        cls,
        product: SupportProduct,
        field: str,
        claim: str,
        proof: Mapping[str, Any],
        provenance: Mapping[str, str],
    ) -> Certificate:
        data = envelope(
            product.to_problem(), product.content_id, field, claim, proof, version=LARGE_STEPS
        )
        if provenance:
            data["provenance"] = dict(provenance)
        return cls(data)

    @classmethod
    def closed(
        cls,
        product: SupportProduct,
        field: str,
        proof: Mapping[str, Any],
        provenance: Mapping[str, str],
    ) -> Certificate:
        """The certificate of a closed set with the given proof tree."""
        return cls._make(product, field, "closed", proof, provenance)

    @classmethod
    def not_closed(
        cls,
        product: SupportProduct,
        field: str,
        target: Mapping[Cell, Fraction],
        curve: Sequence[Mapping[Cell, Laurent]],
        refutation: Mapping[str, Any],
        provenance: Mapping[str, str],
        dense: Mapping[str, Any] | None = None,
    ) -> Certificate:
        """The certificate of a set that is not closed: target, curve and refutation.

        In the place of a curve there may be a point at which the derivative shows that products are `dense`.
        """
        proof = {
            "rule": "limit" if dense is None else "dominant-limit",
            "target": [[i, j, str(value)] for (i, j), value in sorted(target.items()) if value],
            **({"curve": [entries_of(factor) for factor in curve]} if dense is None else dense),
            "refutation": dict(refutation),
        }
        return cls._make(product, field, "not_closed", proof, provenance)

    @classmethod
    def from_json(cls, text: str) -> Certificate:
        """Read a certificate.

        Raises
        ------
        FormatError
            When the text is not a certificate; the proof itself is not checked here.
        """
        try:
            head = _head(text)
        except Malformed as error:
            raise FormatError(str(error)) from None
        if list(head["problem"]) != ["factors"]:
            raise FormatError("certificate: its problem is no product of factors")
        return cls(head)

    def to_json(self) -> str:
        """Write the certificate as JSON text.

        Raises
        ------
        closedness.check.Rejected
            When a step of the proof does not hold.
        """
        if self._text is None:
            self._text = json.dumps(elaborated(self._data), separators=(",", ":"), ensure_ascii=False)
        return self._text

    def in_large_steps(self) -> str:
        """The certificate as JSON text in the steps in which the rules write it (version 1)."""
        return json.dumps(self._data, separators=(",", ":"), ensure_ascii=False)

    @property
    def claim(self) -> str:
        """``"closed"`` or ``"not_closed"``."""
        return str(self._data["claim"])

    @property
    def field(self) -> str:
        """``"real"`` or ``"complex"``."""
        return str(self._data["field"])

    @property
    def problem_id(self) -> str:
        """The sha256 of the problem."""
        return str(self._data["problem_id"])

    @property
    def told_by_rules(self) -> bool:
        """Whether the proof is there as the rules wrote it, not only in the steps of the format."""
        return bool(self._data["version"] == LARGE_STEPS)

    @property
    def product(self) -> SupportProduct:
        """The problem."""
        return SupportProduct.from_problem(self._data["problem"])

    @property
    def proof(self) -> dict[str, Any]:
        """The proof as parsed JSON (a copy); of a table of nodes the last one, with which the proof begins."""
        proof = self._data["proof"]
        root: dict[str, Any] = json.loads(json.dumps(proof[-1] if isinstance(proof, list) else proof))
        return root

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __repr__(self) -> str:
        return f"<Certificate {self.claim} ({self.field}) of {self.problem_id[:12]}, {len(self.to_json())} bytes>"
