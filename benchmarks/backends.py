"""Compare the engines of real algebra with each other and with the exact rules, on stored lists of questions.

    python benchmarks/backends.py sentences [--seconds 60]
    python benchmarks/backends.py queries   [--seconds 10]

``sentences``: the sentence of the literature, as it stands, for all patterns with at most two rows, three columns and
two hidden indices, and for 50 patterns with three hidden indices (a fixed sample of all classes with at most three
rows and columns), put to z3, cvc5 and QEPCAD; beside it the verdict of ``decide``, and whether the image over C is
closed, by Singular. The rules that decide patterns with three hidden indices hold over R and over C, so the last one is
comparable.

``queries``: 500 random questions whether a matrix is a product (3×3 to 5×5, two to four hidden indices), put to the
engines and to the exact rules.

Results go to ``benchmarks/results`` after every answer; a second run goes on where the first one stopped, and
``--engines`` limits it to some columns. ``--show`` only prints the stored table. Answers that contradict each other are
listed, and make the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from closedness import SupportProduct
from closedness.engines import BACKENDS, closedness_sentence, is_product
from closedness.errors import ClosednessError

RESULTS = Path(__file__).parent / "results"
SEED = 7
UNKNOWN = "unknown"
Entry = dict[str, Any]


# ---------------------------------------------------------------- the questions


def two_factors(rows: tuple[int, ...], columns: tuple[int, ...], hidden: int) -> SupportProduct:
    """A product from the types of its rows and columns."""
    pair = [[[kind >> k & 1 for k in range(hidden)] for kind in kinds] for kinds in (rows, columns)]
    return SupportProduct.from_pair(*pair)


def sentences() -> list[Entry]:
    """The patterns: one of each class up to names and transposition, every hidden index in use."""
    found = []
    for hidden in (1, 2):
        for rows, columns in _classes(hidden):
            if sorted((len(rows), len(columns))) <= [2, 3] and max(len(rows), len(columns)) <= 3:
                found.append({"hidden": hidden, "rows": rows, "columns": columns})
    three = [pair for pair in _classes(3) if max(map(len, pair)) <= 3]
    for rows, columns in sorted(random.Random(SEED).sample(three, 50)):
        found.append({"hidden": 3, "rows": rows, "columns": columns})
    return found


def _classes(hidden: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """All classes with at most three rows and columns, repeated types included."""
    from itertools import combinations_with_replacement, permutations

    full = (1 << hidden) - 1
    multisets = [
        kinds
        for size in (1, 2, 3)
        for kinds in combinations_with_replacement(range(1, full + 1), size)
        if not full & ~_union(kinds)
    ]
    relabellings = [
        {kind: sum(1 << order[k] for k in range(hidden) if kind >> k & 1) for kind in range(full + 1)}
        for order in permutations(range(hidden))
    ]
    seen, found = set(), []
    for rows in multisets:
        for columns in multisets:
            if len(rows) > len(columns) or (rows, columns) in seen:
                continue
            found.append((rows, columns))
            for names in relabellings:
                moved = tuple(tuple(sorted(names[kind] for kind in kinds)) for kinds in (rows, columns))
                seen |= {moved, moved[::-1]}
    return found


def _union(kinds: tuple[int, ...]) -> int:
    union = 0
    for kind in kinds:
        union |= kind
    return union


def queries(count: int = 500) -> list[Entry]:
    """Random supports and targets: products, products with one entry changed, and arbitrary sparse matrices."""
    rng = random.Random(SEED)
    found: list[Entry] = []
    while len(found) < count:
        m, n, r = rng.randint(3, 5), rng.randint(3, 5), rng.randint(2, 4)
        density = rng.choice((0.5, 0.7, 0.9))
        left = [[int(rng.random() < density) for _ in range(r)] for _ in range(m)]
        right = [[int(rng.random() < density) for _ in range(n)] for _ in range(r)]
        cells = [(i, j) for i in range(m) for j in range(n) if any(left[i][k] and right[k][j] for k in range(r))]
        if not cells:
            continue
        kind = ("product", "changed", "random")[len(found) % 3]
        if kind == "random":
            target = [[rng.choice((-1, 0, 0, 1, 2)) if (i, j) in cells else 0 for j in range(n)] for i in range(m)]
        else:
            x = [[rng.randint(-2, 2) * entry for entry in row] for row in left]
            y = [[rng.randint(-2, 2) * entry for entry in row] for row in right]
            target = [[sum(x[i][k] * y[k][j] for k in range(r)) for j in range(n)] for i in range(m)]
            if kind == "changed":
                i, j = rng.choice(cells)
                target[i][j] += rng.choice((-1, 1))
        found.append({"kind": kind, "factors": [left, right], "target": target})
    return found


# ---------------------------------------------------------------- the answers


def by_rules(entry: Entry, seconds: float) -> tuple[str, str]:
    """``decide`` without any engine."""
    from closedness import decide

    product = two_factors(entry["rows"], entry["columns"], entry["hidden"])
    verdict = decide(product, seconds=seconds, last_resort=False)
    return (UNKNOWN if verdict.certificate is None else verdict.status.value), ""


def by_engine(name: str) -> Callable[[Entry, float], tuple[str, str]]:
    """The sentence, put to one engine."""

    def ask(entry: Entry, seconds: float) -> tuple[str, str]:
        product = two_factors(entry["rows"], entry["columns"], entry["hidden"])
        engine = BACKENDS[name]() if name != "z3" else None
        answer = closedness_sentence(product, seconds, textbook=True, backend=engine)
        status = {"sat": "not_closed", "unsat": "closed"}.get(answer.status, UNKNOWN)
        return (status if answer.reliable else f"{status}, doubtful"), answer.detail

    return ask


def by_image(entry: Entry, seconds: float) -> tuple[str, str]:
    """Whether the image over C is closed, by Singular."""
    from closedness.engines.constructible import image_over_c

    try:
        found = image_over_c(two_factors(entry["rows"], entry["columns"], entry["hidden"]), seconds)
    except ClosednessError as error:
        return UNKNOWN, str(error)
    return ("closed" if found.closed else "not_closed"), ""


def membership_by_rules(entry: Entry, seconds: float) -> tuple[str, str]:
    """Exact case distinctions, minors and identities."""
    from fractions import Fraction

    from closedness.budget import Budget
    from closedness.equations.membership import decide_membership

    product = SupportProduct(entry["factors"])
    target = {(i, j): Fraction(v) for i, row in enumerate(entry["target"]) for j, v in enumerate(row) if v}
    outcome = decide_membership(product, target, budget=Budget(seconds))
    status = "no" if outcome.refutation is not None else "yes" if outcome.point is not None else UNKNOWN
    return status, outcome.detail


def membership_by_engine(name: str) -> Callable[[Entry, float], tuple[str, str]]:
    """One engine; Singular says "no" or nothing over R."""

    def ask(entry: Entry, seconds: float) -> tuple[str, str]:
        answer = is_product(SupportProduct(entry["factors"]), entry["target"], seconds, backend=BACKENDS[name]())
        status = {"sat": "yes", "unsat": "no"}.get(answer.status, UNKNOWN)
        return (status if answer.reliable else f"{status}, doubtful"), answer.detail

    return ask


CAMPAIGNS: dict[str, tuple[Callable[[], list[Entry]], float, dict[str, Callable[[Entry, float], tuple[str, str]]]]] = {
    "sentences": (
        sentences,
        60.0,
        {"rules": by_rules, "z3": by_engine("z3"), "qepcad": by_engine("qepcad"), "cvc5": by_engine("cvc5")}
        | {"singular": by_image},
    ),
    "queries": (
        queries,
        10.0,
        {"rules": membership_by_rules}
        | {name: membership_by_engine(name) for name in ("z3", "singular", "cvc5", "qepcad")},
    ),
}


def versions(columns: list[str]) -> dict[str, str]:
    """Versions of what answers in the columns."""
    from closedness.version import __version__

    return {name: __version__ if name == "rules" else BACKENDS[name]().version or "missing" for name in columns}


# ---------------------------------------------------------------- the table


def contradictions(entries: list[Entry]) -> list[str]:
    """Questions on which two answers differ; doubtful answers do not count."""
    found = []
    for number, entry in enumerate(entries):
        said = {name: a["answer"] for name, a in entry["answers"].items() if a["answer"] in _DECIDED}
        if len(set(said.values())) > 1:
            found.append(f"question {number}: " + ", ".join(f"{name} says {answer}" for name, answer in said.items()))
    return found


_DECIDED = ("closed", "not_closed", "yes", "no")


def summary(entries: list[Entry], columns: list[str]) -> dict[str, Any]:
    """For each column: questions asked, answers, doubtful answers, and the median time of an answer."""
    from statistics import median

    result = {}
    for name in columns:
        asked = [entry["answers"][name] for entry in entries if name in entry["answers"]]
        times = [answer["seconds"] for answer in asked if answer["answer"] in _DECIDED]
        result[name] = {
            "asked": len(asked),
            "answered": len(times),
            "doubtful": sum(answer["answer"].endswith(", doubtful") for answer in asked),
            "median_seconds": round(median(times), 3) if times else None,
        }
    return result


def table(stored: dict[str, Any]) -> str:
    """The stored answers as text."""
    names = list(stored["summary"])
    lines = [" | ".join(["question", *(f"{name} {stored['versions'][name]}" for name in names)])]
    for number, entry in enumerate(stored["entries"]):
        title = f"{entry['rows']} {entry['columns']}" if "rows" in entry else f"{number} ({entry['kind']})"
        cells = [entry["answers"].get(name) for name in names]
        lines.append(" | ".join([title, *(f"{c['answer']} {c['seconds']:.2f} s" if c else "–" for c in cells)]))
    for name, figures in stored["summary"].items():
        lines.append(f"{name}: {figures}")
    return "\n".join([*lines, *(f"CONTRADICTION: {line}" for line in stored["contradictions"])])


def store(path: Path, stored: dict[str, Any]) -> None:
    """Write the result, whole or not at all."""
    partial = path.with_suffix(".partial")
    lines = [json.dumps(entry, ensure_ascii=False) for entry in stored["entries"]]
    head = json.dumps({key: value for key, value in stored.items() if key != "entries"}, indent=1, ensure_ascii=False)
    partial.write_text(head[:-2] + ',\n "entries": [\n  ' + ",\n  ".join(lines) + "\n ]\n}\n", encoding="utf-8")
    os.replace(partial, path)


def run(campaign: str, seconds: float, chosen: list[str], path: Path) -> dict[str, Any]:
    """Ask what was not asked yet, column by column."""
    make, _, columns = CAMPAIGNS[campaign]
    entries: list[Entry] = json.loads(json.dumps(make()))
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"entries": [], "seconds": seconds}
    if known["seconds"] != seconds:
        raise SystemExit(f"{path} was made with a limit of {known['seconds']} s: remove it first")
    have = {json.dumps({k: v for k, v in e.items() if k != "answers"}): e["answers"] for e in known["entries"]}
    for entry in entries:
        entry["answers"] = have.get(json.dumps(entry), {})

    def stored() -> dict[str, Any]:
        return {
            "command": f"python benchmarks/backends.py {campaign} --seconds {seconds:g}",
            "python": platform.python_version(),
            "machine": platform.machine(),
            "seconds": seconds,
            "versions": versions(list(columns)),
            "summary": summary(entries, list(columns)),
            "contradictions": contradictions(entries),
            "entries": entries,
        }

    for name in chosen:
        if name != "rules" and not BACKENDS[name]().available:
            print(f"{name} is not installed", file=sys.stderr)
            continue
        for number, entry in enumerate(entries):
            if name in entry["answers"]:
                continue
            start = time.perf_counter()
            answer, detail = columns[name](entry, seconds)
            entry["answers"][name] = {"answer": answer, "seconds": round(time.perf_counter() - start, 3)}
            if detail and answer not in _DECIDED:
                entry["answers"][name]["detail"] = detail
            spent = entry["answers"][name]["seconds"]
            print(f"{name} {number + 1}/{len(entries)}: {answer} {spent} s", file=sys.stderr)
            store(path, stored())
    return stored()


def main(argv: list[str] | None = None) -> int:
    """Run one of the campaigns."""
    parser = argparse.ArgumentParser(description="the engines beside each other and beside the exact rules")
    parser.add_argument("campaign", choices=tuple(CAMPAIGNS))
    parser.add_argument("--seconds", type=float, help="limit for each answer")
    parser.add_argument("--engines", help="columns to fill in, separated by commas; all by default")
    parser.add_argument("--output", type=Path, metavar="OUT", help="result file")
    parser.add_argument("--show", action="store_true", help="print the stored table and ask nothing")
    options = parser.parse_args(argv)
    _, seconds, columns = CAMPAIGNS[options.campaign]
    path = options.output or RESULTS / f"backends_{options.campaign}.json"
    chosen = options.engines.split(",") if options.engines else list(columns)
    unknown = [name for name in chosen if name not in columns]
    if unknown:
        parser.error(f"--engines names {unknown[0]!r}, not one of {', '.join(columns)}")
    if options.show:
        result = json.loads(path.read_text(encoding="utf-8"))
    else:
        result = run(options.campaign, options.seconds or seconds, chosen, path)
    print(table(result))
    return 1 if result["contradictions"] else 0


if __name__ == "__main__":
    sys.exit(main())
