"""Time ``decide`` on the named families of supports at sizes up to 1024, and check every certificate.

For each member: the verdict beside the known one, wall and processor seconds of :func:`closedness.decide` (which ends
with its own check of the certificate), the size of the certificate, and the seconds of another check of the text.

Run ``python benchmarks/families.py``; ``--largest 64`` is a first look, ``--json OUT`` keeps the figures. An answer
that contradicts the known verdict is an error.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from itertools import product as cartesian
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cases import families
from closedness import Support, SupportProduct, check, decide

CLOSED, NOT_CLOSED = "closed", "not_closed"
SIZES = (4, 16, 64, 256, 1024)
WORDS = tuple("".join(word) for length in (2, 3, 4) for word in cartesian("LU", repeat=length))
Member = tuple[str, int, str, Callable[[], SupportProduct]]


@dataclass
class Timing:
    """One member of a family."""

    family: str
    size: int
    factors: int
    known: str
    verdict: str
    rules: tuple[str, ...]
    verified: bool
    seconds: float
    cpu_seconds: float
    check_seconds: float
    certificate_bytes: int


def lower(n: int) -> Support:
    """The lower triangle."""
    return Support.from_masks((n, n), [(2 << i) - 1 for i in range(n)])


def stack(word: str, n: int) -> SupportProduct:
    """Lower (L) and upper (U) triangular factors in the given order."""
    first = lower(n)
    return SupportProduct([first if letter == "L" else first.T for letter in word])


def kaleidoscope(n: int) -> SupportProduct:
    """A butterfly and its transpose."""
    chain = SupportProduct.from_kronecker(families.butterfly(n))
    return SupportProduct([*chain, *chain.T])


def shuffled(product: SupportProduct) -> SupportProduct:
    """Rows, columns and all inner indices in a random order."""
    rng = random.Random(0)
    sizes = [product.shape[0], *product.inner, product.shape[1]]
    orders = [rng.sample(range(size), size) for size in sizes]
    return SupportProduct(
        [factor.permute(rows, columns) for factor, rows, columns in zip(product, orders, orders[1:], strict=False)]
    )


def block_butterfly(n: int, block: int) -> SupportProduct:
    """A butterfly of order ``n/block`` with dense blocks in the place of entries."""
    dense = Support.kronecker(1, block, block, 1)
    chain = SupportProduct.from_kronecker(families.butterfly(n // block))
    return SupportProduct([factor.kron(dense) for factor in chain])


def deformable(n: int) -> SupportProduct:
    """Radices 4, then all the rest, with twice the width in between."""
    return SupportProduct.from_kronecker([(1, 4, 8, n // 4), (4, n // 2, n // 4, 1)])


def radix_four(n: int) -> SupportProduct:
    """Butterfly factors with blocks of four rows."""
    chain = []
    a = 1
    while a < n:
        chain.append((a, 4, 4, n // (4 * a)))
        a *= 4
    return SupportProduct.from_kronecker(chain)


def members(largest: int) -> Iterator[Member]:
    """Families, sizes, known verdicts, and how to make the supports."""
    for n in (size for size in SIZES if size <= largest):
        root = 1 << (n.bit_length() - 1) // 2
        yield "butterfly", n, CLOSED, lambda n=n: SupportProduct.from_kronecker(families.butterfly(n))
        yield "butterfly, shuffled", n, CLOSED, lambda n=n: shuffled(
            SupportProduct.from_kronecker(families.butterfly(n))
        )
        yield "kaleidoscope", n, NOT_CLOSED, lambda n=n: kaleidoscope(n)
        yield "kaleidoscope, shuffled", n, NOT_CLOSED, lambda n=n: shuffled(kaleidoscope(n))
        yield "monarch", n, CLOSED, lambda root=root: families.monarch(root, root)
        yield "deformable butterfly", n, CLOSED, lambda n=n: deformable(n)
        if n >= 16:
            yield "radix-4 butterfly", n, CLOSED, lambda n=n: radix_four(n)
            yield "block butterfly, blocks of 4", n, CLOSED, lambda n=n: block_butterfly(n, 4)
        for rank in sorted({1, root, n}):
            yield f"rank {rank}", n, CLOSED, lambda n=n, rank=rank: families.dense(n, rank, n)
        yield f"rank {root}, three factors", n, CLOSED, lambda n=n, root=root: SupportProduct(
            [Support.kronecker(1, n, root, 1), Support.kronecker(1, root, root, 1), Support.kronecker(1, root, n, 1)]
        )
        if n >= 16:
            levels = n.bit_length() - 3
            yield "hierarchical off-diagonal low rank", n, CLOSED, lambda levels=levels: families.hodlr(levels, 4, 2)
        yield "banded LU", n, NOT_CLOSED, lambda n=n: families.banded(n, 2, 2)
        yield "low rank plus diagonal", n, NOT_CLOSED, lambda n=n: families.low_rank_plus_diagonal(n)
        for word in WORDS:
            changes = sum(a != b for a, b in pairwise(word))
            known = NOT_CLOSED if changes == 1 else CLOSED
            yield f"triangular {word}", n, known, lambda word=word, n=n: stack(word, n)


def timed(member: Member) -> Timing:
    """Decide one member and check its certificate."""
    family, size, known, make = member
    product = make()
    wall, cpu = time.perf_counter(), time.process_time()
    verdict = decide(product, last_resort=False)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    text = "" if verdict.certificate is None else verdict.certificate.to_json()
    start = time.perf_counter()
    report = check(text) if text else None
    spent = time.perf_counter() - start
    return Timing(
        family,
        size,
        len(product),
        known,
        verdict.status.value,
        report.rules if report is not None else (),
        report is not None and report.verified and not report.trusted,
        round(wall, 3),
        round(cpu, 3),
        round(spent, 3),
        len(text),
    )


def main() -> int:
    """Run everything, print a table, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=1024)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    decide(stack("LU", 2))  # import everything
    found = []
    print(f"{'family':38} {'size':>5} {'verdict':>10} {'wall s':>7} {'cpu s':>7} {'check s':>7}  rules")
    for member in members(chosen.largest):
        timing = timed(member)
        found.append(timing)
        print(
            f"{timing.family:38} {timing.size:5} {timing.verdict:>10} {timing.seconds:7.3f} {timing.cpu_seconds:7.3f} "
            f"{timing.check_seconds:7.3f}  {', '.join(timing.rules)}",
            flush=True,
        )
    wrong = [t for t in found if t.verdict != t.known or not t.verified]
    slow = [t for t in found if t.cpu_seconds >= 2]
    print(f"{len(found)} members; {len(wrong)} undecided, wrong or not verified; {len(slow)} at 2 s of cpu or more")
    if chosen.json is not None:
        result = {
            "command": "python benchmarks/families.py --json benchmarks/results/families.json",
            "python": platform.python_version(),
            "machine": platform.machine(),
            "members": len(found),
            "not_as_known_or_not_verified": [asdict(t) for t in wrong],
            "largest_cpu_seconds": max(t.cpu_seconds for t in found),
            "largest_wall_seconds": max(t.seconds for t in found),
            "timings": [asdict(t) for t in found],
        }
        chosen.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 1 if any(t.verdict not in (t.known, "undecided") for t in found) else 0


if __name__ == "__main__":
    sys.exit(main())
