"""Scan a model for consecutive layers with masks whose products do not form a closed set.

Each pair of neighbouring layers and each whole run of them is put to :func:`closedness.decide`, on any executor; what
is stored from an earlier scan is used again after its certificate was checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from closedness.budget import Budget, time_limit
from closedness.certificate import Certificate
from closedness.errors import ClosednessError, FormatError
from closedness.networks.wiring import between, gated
from closedness.verdict import Status

if TYPE_CHECKING:
    from closedness.files.models import Layer, Model
    from closedness.supports.product import SupportProduct
    from closedness.verdict import Verdict

__all__ = ["Finding", "Item", "break_between", "items_of", "read_findings", "runs_of", "scan", "write_findings"]

SMALL = 12
"""Up to this size of the matrices the engines for real algebra are asked, too."""
# seconds to look for a small change of the masks of a pair, and entries of one that are named
REPAIR_SECONDS, MOST_TOLD = 2.0, 6


@dataclass(frozen=True)
class Item:
    """A question of a scan.

    Attributes
    ----------
    model : str
    kind : {"pair", "chain", "problem"}
        Two neighbouring layers, a whole run of more than two, or a problem file.
    layers : tuple of str
        First layer first; empty for a problem file.
    product : SupportProduct
        Factors as multiplied: last layer first.
    between : {"activation", "nothing", "gate"}
        What stands between the layers: what the scan is told, nothing (the two factors of a low-rank update), or a
        product with a gate, so that nothing is said about training.
    """

    model: str
    kind: str
    layers: tuple[str, ...]
    product: SupportProduct
    between: str = "activation"

    @property
    def name(self) -> str:
        """The layers in one line."""
        if not self.layers:
            return self.model
        shown = self.layers if len(self.layers) <= 4 else (*self.layers[:2], "…", self.layers[-1])
        return " → ".join(shown)


@dataclass(frozen=True)
class Finding:
    """The answer to one question.

    Attributes
    ----------
    item : Item
    status : Status
    reason : str
    seconds : float
        Time of the decision, 0 if it was found earlier.
    optimum, theorem : str
        What follows for training (`networks.assess.Optimum`) and by which statement; empty for problem files.
    full_rank : str
        Of linear networks, the same for data whose inputs span the input space; empty for others.
    certificate : str or None
        As JSON.
    advice : str
        What to change so that training has an optimum for all data, if that is known.
    reused : bool
        The verdict was stored, or is that of an equal question; its certificate was checked again if it was stored.
    """

    item: Item
    status: Status
    reason: str
    seconds: float
    optimum: str = ""
    theorem: str = ""
    full_rank: str = ""
    certificate: str | None = None
    advice: str = ""
    reused: bool = False

    def as_object(self, *, certificate: bool) -> dict[str, Any]:
        """For JSON."""
        found: dict[str, Any] = {
            "model": self.item.model,
            "kind": self.item.kind,
            "layers": list(self.item.layers),
            "between": self.item.between,
            "shape": [*self.item.product.shape],
            "inner": [*self.item.product.inner],
            "status": self.status.value,
            "reason": self.reason,
            "seconds": round(self.seconds, 6),
            "optimum": self.optimum,
            "theorem": self.theorem,
            "full_rank": self.full_rank,
            "advice": self.advice,
            "reused": self.reused,
            "problem_id": self.item.product.content_id,
        }
        if certificate:
            found["certificate"] = None if self.certificate is None else json.loads(self.certificate)
        return found


# -------------------------------------------------------------------- questions


def break_between(first: Layer, second: Layer) -> str | None:
    """Why two neighbouring layers do not multiply, or None if they do."""
    assert first.support is not None
    assert second.support is not None
    outputs, inputs = first.support.shape[0], second.support.shape[1]
    return None if outputs == inputs else f"{first.name} has {outputs} outputs, {second.name} takes {inputs} inputs"


def runs_of(model: Model) -> tuple[list[list[Layer]], list[str]]:
    """The longest runs of layers that multiply, and why each of them ends.

    Parameters
    ----------
    model : Model

    Returns
    -------
    runs : list of list of Layer
        First layer first; single layers included.
    breaks : list of str
        One sentence for each place where neighbouring layers do not multiply.
    """
    every = {layer.name for layer in model.layers}
    runs: list[list[Layer]] = [[]]
    breaks = []
    barrier = ""
    for layer in model.layers:
        if layer.support is None:
            if layer.breaks:
                barrier = layer.name
            continue
        why = None
        if runs[-1]:
            last = runs[-1][-1]
            if model.chosen:
                why = break_between(last, layer)
            elif barrier:
                why = f"{barrier} stands between {last.name} and {layer.name}"
            elif last.update_of != layer.update_of:
                why = f"nothing leads from {last.name} to {layer.name}: each update is added to its own weight"
            else:
                why = between(last.name, layer.name, every) or break_between(last, layer)
        if why is not None:
            breaks.append(why)
            runs.append([])
        barrier = ""
        runs[-1].append(layer)
    return [run for run in runs if run], list(dict.fromkeys(breaks))


def items_of(models: Iterable[Model], *, chains: bool = True) -> list[Item]:
    """All questions of a scan: neighbouring pairs, whole runs of more than two layers, problem files.

    There is none about a model with doubts (`Model.doubts`).

    Examples
    --------
    >>> import numpy as np
    >>> from closedness.files.models import Model, layers_of_arrays
    >>> layers = layers_of_arrays({"a": np.ones((2, 3)), "b": np.eye(2), "c": np.ones((1, 2))})
    >>> [item.name for item in items_of([Model("net", layers)])]
    ['a → b', 'b → c', 'a → b → c']
    """
    from closedness.supports.product import SupportProduct

    items = []
    for model in models:
        if model.problem is not None:
            items.append(Item(model.name, "problem", (), model.problem))
        if model.doubts:
            continue
        every = {layer.name for layer in model.layers}
        for run in runs_of(model)[0]:
            parts = [[first, second] for first, second in pairwise(run)]
            if chains and len(run) > 2:
                parts.append(run)
            for part in parts:
                product = SupportProduct([layer.support for layer in reversed(part)])
                kind = "pair" if len(part) == 2 else "chain"
                if part[0].update_of:
                    stands = "nothing"
                elif any(gated(first.name, second.name, every) for first, second in pairwise(part)):
                    stands = "gate"
                else:
                    stands = "activation"
                items.append(Item(model.name, kind, tuple(layer.name for layer in part), product, stands))
    return items


# -------------------------------------------------------------------- answers


def answer(item: Item, field: str, seconds: float | None, activation: str) -> Finding:
    """Decide one question; the unit of work of an executor."""
    from closedness.decide import decide

    budget = Budget(seconds)
    size = max(*item.product.shape, *item.product.inner)
    verdict = decide(item.product, field=field, seconds=seconds, last_resort=size <= SMALL)
    certificate = None if verdict.certificate is None else verdict.certificate.to_json()
    found = Finding(item, verdict.status, verdict.reason, verdict.seconds, certificate=certificate)
    if not item.layers or field != "real" or item.between == "gate" or verdict.reason == "interrupted":
        return found
    from closedness.networks.assess import assess_network

    activation = "linear" if item.between == "nothing" else activation
    said = assess_network(reversed(item.product.factors), activation, seconds=budget.left(), verdict=verdict)
    full_rank = "" if said.full_rank is None else said.full_rank.value
    advice = said.advice
    if not advice and item.between == "nothing" and verdict.status is Status.NOT_CLOSED:
        advice = nearest(verdict, budget)
    return replace(found, optimum=said.optimum.value, theorem=said.theorem, full_rank=full_rank, advice=advice)


def nearest(verdict: Verdict, budget: Budget) -> str:
    """The smallest change of the masks of a linear pair after which it is closed, in words; empty if none was found."""
    from closedness.repair import repair

    left = budget.part(0.5).left()
    seconds = REPAIR_SECONDS if left is None else min(REPAIR_SECONDS, left)
    found = repair(verdict.product, at_most=2, most=1, seconds=seconds)
    if not found.found:
        return ""
    best = found.found[0]
    if best.size > MOST_TOLD:
        return f"{best.size} changes of mask entries make it closed (closedness repair), or use weight decay"
    return f"{best}; then it is closed (W1 is the last of these layers), or use weight decay"


def scan(
    items: Sequence[Item],
    *,
    field: str = "real",
    seconds: float | None = 20.0,
    total: float | None = None,
    activation: str = "relu",
    executor: Executor | None = None,
    workers: int = 1,
    stored: Sequence[Finding] = (),
    started: Callable[[Item], None] = lambda item: None,
) -> Iterator[Finding]:
    """Answer all questions, in the order in which they are settled.

    Parameters
    ----------
    items : sequence of Item
    field : {"real", "complex"}
    seconds, total : float or None
        Limits of each question and of all of them; what is not begun in time is undecided.
    activation : {"linear", "relu"}
        For what is said about training.
    executor : Executor, optional
        Anything with ``submit``; without one the questions are answered here, one after the other.
    workers : int
        Questions handed to the executor at a time.
    stored : sequence of Finding
        Answers of an earlier scan (`read_findings`).
    started : callable
        Called with each question that is begun.
    """
    seconds, budget = time_limit(seconds), Budget(time_limit(total, "total"))
    known = {_question(finding.item): finding for finding in stored}
    first: dict[tuple[SupportProduct, str], Item] = {}
    twins: dict[Item, list[Item]] = {}
    for item in items:
        key = _question(item)
        if key in known:
            yield replace(known[key], item=item, seconds=0.0, reused=True)
        elif key in first:
            twins.setdefault(first[key], []).append(item)
        else:
            first[key] = item

    def settled(finding: Finding) -> Iterator[Finding]:
        yield finding
        for twin in twins.get(finding.item, []):
            yield replace(finding, item=twin, seconds=0.0, reused=finding.status is not Status.UNDECIDED)

    todo = list(first.values())
    if executor is None:
        for item in todo:
            if budget.expired():
                yield from settled(_late(item))
                continue
            started(item)
            finding = answer(item, field, _smaller(seconds, budget.left()), activation)
            if finding.reason == "interrupted":
                raise KeyboardInterrupt
            yield from settled(finding)
        return
    waiting: dict[Future[Finding], Item] = {}
    try:
        while todo or waiting:
            while todo and len(waiting) < workers and not budget.expired():
                item = todo.pop(0)
                started(item)
                limit = _smaller(seconds, budget.left())
                waiting[executor.submit(answer, item, field, limit, activation)] = item
            if not waiting:
                for item in todo:
                    yield from settled(_late(item))
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                del waiting[future]
                finding = future.result()
                if finding.reason == "interrupted":
                    raise KeyboardInterrupt
                yield from settled(finding)
    finally:
        for future in waiting:
            future.cancel()


def _question(item: Item) -> tuple[SupportProduct, str]:
    """Items with equal ones have equal answers."""
    return item.product, "problem" if item.kind == "problem" else item.between


def _late(item: Item) -> Finding:
    return Finding(item, Status.UNDECIDED, "not begun: the time for all of them was over", 0.0)


def _smaller(first: float | None, second: float | None) -> float | None:
    given = [limit for limit in (first, second) if limit is not None]
    return min(given) if given else None


# -------------------------------------------------------------------- stored answers


def write_findings(findings: Sequence[Finding], field: str, activation: str) -> str:
    """All answers with their certificates, as JSON."""
    value = {
        "format": "closedness-scan",
        "version": 2,
        "field": field,
        "activation": activation,
        "items": [finding.as_object(certificate=True) for finding in findings],
    }
    return json.dumps(value) + "\n"


def read_findings(path: Path, field: str, activation: str) -> list[Finding]:
    """Decided answers of an earlier scan, each with a certificate that the checker accepts.

    Parameters
    ----------
    path : Path
        A file that `write_findings` made.
    field, activation : str
        Answers about another field are not used; about another activation neither.

    Raises
    ------
    FormatError
        If the file is no stored scan, or a certificate in it is rejected.
    """
    from closedness.check import check
    from closedness.supports.product import SupportProduct

    place = str(path)
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise FormatError(f"cannot be read as a stored scan ({type(error).__name__})", place) from None
    if not isinstance(value, dict) or value.get("format") != "closedness-scan" or value.get("version") != 2:
        raise FormatError("is no stored scan of this version; name another file with --out", place)
    if value.get("field") != field or value.get("activation") != activation:
        return []
    allowed = ("", "always", "not_always", "not_known")
    findings = []
    try:
        for entry in value["items"]:
            if entry["certificate"] is None:
                continue
            text = json.dumps(entry["certificate"])
            report = check(Certificate.from_json(text))
            if not report.verified or report.claim != entry["status"] or entry["certificate"]["field"] != field:
                raise FormatError(f"the certificate of {entry['layers']} is rejected: {report.reason}", place)
            product = SupportProduct.from_problem(entry["certificate"]["problem"])
            kind = str(entry["kind"])
            layers = tuple(str(name) for name in entry["layers"])
            item = Item(str(entry["model"]), kind, layers, product, str(entry["between"]))
            said = str(entry["optimum"]), str(entry["theorem"]), str(entry["full_rank"])
            closed = report.claim == "closed"
            if ("always" in (said[0], said[2])) > closed or not {said[0], said[2]} <= {*allowed}:
                raise FormatError(f"what it says about training with {entry['layers']} cannot be", place)
            change = str(entry.get("advice", ""))
            reason = str(entry["reason"])
            findings.append(Finding(item, Status(report.claim), reason, 0.0, *said, text, change, reused=True))
    except FormatError:
        raise
    except (ClosednessError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormatError(f"is no complete stored scan ({type(error).__name__})", place) from None
    return findings
