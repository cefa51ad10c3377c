"""``closedness model FILE``: non-negative factors, factor models, networks of regulators."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from closedness.budget import time_limit
from closedness.cli.constrained import answer
from closedness.cli.decide import CertificateOption, JsonOption, SecondsOption
from closedness.cli.guard import DECIDED, UNDECIDED
from closedness.cli.output import console, print_json, require_writable, working, write_certificate
from closedness.errors import InputError

if TYPE_CHECKING:
    from closedness.constrained.problem import Covariance, Fixed, NonNegative
    from closedness.files.loadings import Loadings
    from closedness.verdict import Verdict

__all__ = ["model"]


class Kind(enum.StrEnum):
    """What is constrained."""

    COVARIANCE = "covariance"
    GRAM = "gram"
    NONNEGATIVE = "nonnegative"
    SCORES = "scores"


def model(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="lavaan model (.lav), table of loadings or regulators (.csv, .tsv), or problem file.",
        ),
    ],
    kind: Annotated[
        Kind | None,
        typer.Option(
            help="covariance: Λ Φ Λᵀ + Ψ; gram: X Xᵀ or X D Xᵀ with D ≥ 0; nonnegative: factors without negative "
            "entries; scores: loadings times a free matrix. Default: covariance, or scores for a list of pairs."
        ),
    ] = None,
    unique: Annotated[
        bool | None,
        typer.Option(help="Whether each item has a unique variance. Default: as the file says; tables: yes."),
    ] = None,
    uncorrelated: Annotated[bool, typer.Option("--uncorrelated", help="Factors are uncorrelated.")] = False,
    samples: Annotated[
        int | None, typer.Option(metavar="N", help="For scores: columns of the data. Default: as many as factors.")
    ] = None,
    seconds: SecondsOption = 60.0,
    certificate: CertificateOption = None,
    as_json: JsonOption = False,
) -> int:
    """Decide whether every fit has an optimum when factors are constrained.

    Exit code 0: decided; 4: undecided; 2: bad input.
    """
    limit = time_limit(seconds, "--seconds")
    if certificate is not None:
        require_writable(certificate)
    if samples is not None and samples < 1:
        raise InputError(f"--samples is {samples}, not a positive number")
    loadings, question = _question(file, kind, unique, uncorrelated, samples)
    notes = [] if loadings is None else list(loadings.notes)
    if question is None:
        assert loadings is not None
        return _scores(loadings, samples, limit, certificate, as_json)
    with working("deciding"):
        return answer(question, limit, certificate, as_json, notes)


def _question(
    file: str, kind: Kind | None, unique: bool | None, uncorrelated: bool, samples: int | None
) -> tuple[Loadings | None, NonNegative | Covariance | Fixed | None]:
    """The loadings of the file, if it holds any, and the question; none for scores."""
    from closedness.constrained.problem import NonNegative
    from closedness.constrained.reading import (
        constraints_of,
        covariance_of_loadings,
        covariance_of_product,
        product_of_loadings,
    )
    from closedness.files.loadings import ENDINGS, read_loadings
    from closedness.files.problems import read_problem

    if Path(file).suffix.lower() in ENDINGS:
        loadings = read_loadings(file)
        kind = kind or (Kind.SCORES if loadings.is_list else Kind.COVARIANCE)
        if kind is Kind.SCORES:
            return loadings, None
        if kind is Kind.NONNEGATIVE:
            return loadings, NonNegative(product_of_loadings(loadings, samples))
        if kind is Kind.GRAM:
            return loadings, covariance_of_loadings(loadings, unique=bool(unique), correlated=False)
        return loadings, covariance_of_loadings(loadings, unique=unique, correlated=not uncorrelated)
    if kind is None and file.lower().endswith(".json") and (found := constraints_of(file)) is not None:
        return None, found
    product = read_problem(file)
    if kind is None or kind is Kind.SCORES:
        raise InputError("FILE is a problem file: --kind must say what is constrained (decide if nothing is)")
    if kind is Kind.NONNEGATIVE:
        return None, NonNegative(product)
    free = not uncorrelated and kind is Kind.COVARIANCE
    return None, covariance_of_product(product, unique=bool(unique), correlated=free)


def _scores(
    loadings: Loadings, samples: int | None, limit: float | None, certificate: Path | None, as_json: bool
) -> int:
    from closedness.constrained.reading import product_of_loadings
    from closedness.decide import decide
    from closedness.files.labels import Labels
    from closedness.verdict import explain

    with working("deciding"):
        verdict = decide(product_of_loadings(loadings, samples), seconds=limit)
    if as_json:
        print_json(_object(loadings, verdict))
    else:
        labels = Labels((loadings.items, loadings.factors, ()))
        console().print(explain(verdict, labels), soft_wrap=True, markup=False)
    write_certificate(certificate, verdict.certificate)
    return UNDECIDED if verdict.certificate is None else DECIDED


def _object(loadings: Loadings, verdict: Verdict) -> dict[str, Any]:
    from closedness.cli.decide import verdict_object

    return {**verdict_object(verdict), "items": list(loadings.items), "factors": list(loadings.factors)}
