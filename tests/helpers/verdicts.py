"""Ask the library and believe nothing that its checker does not confirm."""

from __future__ import annotations

from collections.abc import Sequence

from closedness import Certificate, Status, SupportProduct, Verdict, check, decide
from tests.helpers.oracle import limit_of, two_factors


def settled(product: SupportProduct, field: str = "real") -> Verdict:
    """The verdict without any solver's help, after its certificate was read back and verified."""
    verdict = decide(product, field=field, seconds=20, last_resort=False)
    assert verdict.status is not Status.UNDECIDED, f"undecided: {product!r}: {verdict.tried}"
    assert verdict.certificate is not None
    verify(verdict.certificate, product, verdict.status, field)
    if verdict.status is Status.NOT_CLOSED:
        example = verdict.counterexample
        assert example is not None
        assert limit_of(example.curve) == {cell: value for cell, value in example.entries.items() if value}
    else:
        assert verdict.counterexample is None
    return verdict


def verify(certificate: Certificate, product: SupportProduct, status: Status, field: str = "real") -> None:
    """The certificate speaks of this product, claims this status, and every step holds without trusting anything."""
    report = check(Certificate.from_json(certificate.to_json()))
    assert report.verified, f"{product!r}: {report.reason}"
    assert report.trusted == ()
    assert report.claim == status.value
    assert certificate.field == field
    assert certificate.product == product
    assert certificate.problem_id == product.content_id


def status_of(rows: Sequence[int], cols: Sequence[int], r: int, field: str = "real") -> Status:
    """The verified status of a pattern in type notation."""
    return settled(two_factors(rows, cols, r), field).status
