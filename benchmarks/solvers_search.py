"""The search on fixed supports beside torch L-BFGS and Adam, plain alternating least squares and pyfaust's palm4msa.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 python benchmarks/solvers_search.py

200 problems: LU of Gaussian matrices, bands, arrows, 2:4 sparsity, random supports, network component analysis; orders
4 to 128; planted factors with and without noise, and Gaussian targets. Peers start anew, up to five times, until they
have used ``--seconds`` of processor time; their best error counts. Ours has its default options, with the diagnosis.
Results go to ``benchmarks/results/solvers_search.json``. With ``--resume FILE`` each problem is written to the file as
soon as it is measured, and those that are there are not measured again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# ruff: noqa: E402  the number of threads is read when numpy is imported
import numpy as np
import torch
from solvers_timing import save

from solvers import factorize_fixed_support

warnings.simplefilter("ignore")
torch.set_num_threads(1)

Matrix = np.ndarray
STARTS = 5


class TimeIsUpError(Exception):
    """Raised within a peer's run."""


def lower(n: int) -> Matrix:
    """Support of triangular factors."""
    return np.tril(np.ones((n, n), bool))


def band(n: int, width: int) -> Matrix:
    """Lower triangular bands."""
    i = np.arange(n)
    return (i[:, None] >= i) & (i[:, None] - i <= width)


def two_of_four(rng: np.random.Generator, n: int, r: int) -> Matrix:
    """In each row two of every four entries."""
    keys = rng.random((n, -(-r // 4), 4))
    return (keys.argsort(axis=2).argsort(axis=2) < 2).reshape(n, -1)[:, :r]


def planted(rng: np.random.Generator, I: Matrix, J: Matrix, noise: float) -> Matrix:
    """A product with these supports, and noise of a share of its norm."""
    A = (rng.standard_normal(I.shape) * I) @ (rng.standard_normal(J.shape) * J).T
    return A + noise * np.linalg.norm(A) / math.sqrt(A.size) * rng.standard_normal(A.shape)


def problems(seed: int) -> Iterator[tuple[str, int, Matrix, Matrix, Matrix]]:
    """Family, order, target and supports of all problems."""
    rng = np.random.default_rng(seed)
    for n in (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128):
        few = 2 if n > 48 else 3
        for _ in range(few):
            yield "LU, Gaussian", n, rng.standard_normal((n, n)), lower(n), lower(n)
        for noise in (0.0, 0.1, 0.1)[:few]:
            I = band(n, max(1, n // 8))
            yield "band", n, planted(rng, I, I, noise), I, I
        for noise in (0.0, 0.1, 0.1)[:few]:
            I = np.hstack([np.ones((n, 1), bool), np.eye(n, dtype=bool)[:, 1:]])
            yield "arrow", n, planted(rng, I, I, noise), I, I
        for noise in (0.0, 0.1, None)[:few]:
            I, J = two_of_four(rng, n, max(2, n // 2)), two_of_four(rng, n, max(2, n // 2))
            yield "2:4", n, rng.standard_normal((n, n)) if noise is None else planted(rng, I, J, noise), I, J
        for noise in (None, None, 0.0, 0.1)[: few + 1]:
            r = max(2, n // int(rng.integers(1, 5)))
            I, J = (rng.random((n, r)) < rng.uniform(0.25, 0.7) for _ in range(2))
            yield "random", n, rng.standard_normal((n, n)) if noise is None else planted(rng, I, J, noise), I, J
        for noise in (0.01, 0.1, 0.3)[:few]:
            r = max(2, round(math.sqrt(n)))
            I, J = rng.random((n, r)) < 0.4, np.ones((n, r), bool)
            yield "NCA", n, planted(rng, I, J, noise), I, J
    for n in (64, 96, 128):  # the three families that elimination does not solve, once more
        I, J = two_of_four(rng, n, n // 2), two_of_four(rng, n, n // 2)
        yield "2:4", n, rng.standard_normal((n, n)), I, J
        I, J = (rng.random((n, n // 4)) < 0.5 for _ in range(2))
        yield "random", n, planted(rng, I, J, 0.1), I, J
        I, J = rng.random((n, n // 8)) < 0.4, np.ones((n, n // 8), bool)
        yield "NCA", n, planted(rng, I, J, 0.3), I, J


class Peer:
    """Runs from random starts until the time is up; the best error counts."""

    def __init__(self, seconds: float, seed: int) -> None:
        self.seconds, self.rng = seconds, np.random.default_rng(seed)

    def run(self, A: Matrix, I: Matrix, J: Matrix, method: Callable[..., None]) -> tuple[float, float]:
        """Best error and processor time of a method."""
        self.best, self.began = math.inf, time.process_time()
        for _ in range(STARTS):
            try:
                method(self, A, I, J, self.rng.standard_normal(I.shape) * I, self.rng.standard_normal(J.shape) * J)
            except TimeIsUpError:
                break
            if time.process_time() - self.began > self.seconds:
                break
        return math.sqrt(self.best), time.process_time() - self.began

    def note(self, loss: float) -> None:
        """Keep the best loss; end the run when the time is up."""
        if loss < self.best:
            self.best = loss
        if time.process_time() - self.began > self.seconds:
            raise TimeIsUpError


def gradient_run(peer: Peer, A: Matrix, I: Matrix, J: Matrix, X: Matrix, Y: Matrix, adam: bool) -> None:
    """One start of L-BFGS or Adam on all entries at once."""
    target, at, to = torch.tensor(A), torch.tensor(I, dtype=torch.float64), torch.tensor(J, dtype=torch.float64)
    x, y = torch.tensor(X).requires_grad_(), torch.tensor(Y).requires_grad_()

    def loss() -> Any:
        optimizer.zero_grad()
        value = ((target - (x * at) @ (y * to).T) ** 2).sum()
        value.backward()
        peer.note(float(value.detach()))
        return value

    if not adam:
        optimizer: Any = torch.optim.LBFGS(
            [x, y], max_iter=2000, history_size=20, line_search_fn="strong_wolfe", tolerance_grad=1e-13,
            tolerance_change=1e-15,
        )  # fmt: skip
        optimizer.step(loss)
        return
    optimizer = torch.optim.Adam([x, y], lr=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 2000)
    for _ in range(2000):
        loss()
        optimizer.step()
        schedule.step()


def lbfgs(peer: Peer, *arguments: Matrix) -> None:
    """Quasi-Newton with a strong Wolfe line search."""
    gradient_run(peer, *arguments, adam=False)


def adam(peer: Peer, *arguments: Matrix) -> None:
    """Adam with a cosine schedule."""
    gradient_run(peer, *arguments, adam=True)


def alternating(peer: Peer, A: Matrix, I: Matrix, J: Matrix, X: Matrix, Y: Matrix) -> None:
    """Exact half steps, row by row, rows of one type at once."""

    def types(mask: Matrix) -> list[tuple[Matrix, Matrix]]:
        kinds, which = np.unique(mask, axis=0, return_inverse=True)
        return [
            (np.flatnonzero(which.ravel() == t), np.flatnonzero(kind)) for t, kind in enumerate(kinds) if kind.any()
        ]

    sides, before = (types(I), types(J)), math.inf
    for _ in range(500):
        for B, fixed, moved, side in ((A, Y, X, sides[0]), (A.T, X, Y, sides[1])):
            for lines, hidden in side:
                moved[np.ix_(lines, hidden)] = np.linalg.lstsq(fixed[:, hidden], B[lines].T, rcond=None)[0].T
        now = float(np.square(A - X @ Y.T).sum())
        peer.note(now)
        if before - now <= 1e-10 * now:
            return
        before = now


def palm(peer: Peer, A: Matrix, I: Matrix, J: Matrix, X: Matrix, Y: Matrix) -> None:
    """Proximal alternating linearised minimisation of pyfaust, some steps at a time."""
    from pyfaust.fact import palm4msa
    from pyfaust.factparams import ParamsPalm4MSA, StoppingCriterion
    from pyfaust.proj import supp

    masks = [supp(np.asfortranarray(mask * 1.0), normalized=False) for mask in (I, J.T)]
    start, before, target = [X, Y.T], math.inf, np.asfortranarray(A)
    for _ in range(20):
        options = ParamsPalm4MSA(
            masks, StoppingCriterion(num_its=100), init_facts=[np.asfortranarray(f) for f in start], is_verbose=False
        )
        product = palm4msa(target, options)
        start = [np.asarray(f.toarray() if hasattr(f, "toarray") else f) for f in map(product.factors, range(2))]
        now = float(np.square(A - start[0] @ start[1]).sum())
        if not math.isfinite(now):
            return
        peer.note(now)
        if before - now <= 1e-10 * now:
            return
        before = now


PEERS = {"torch L-BFGS": lbfgs, "torch Adam": adam, "alternating least squares": alternating}
with contextlib.suppress(ImportError):
    import pyfaust  # noqa: F401

    PEERS["pyfaust palm4msa"] = palm


def main() -> None:
    """Run, print and store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.6, help="processor time of each peer for each problem")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=1, help="take every so many problems only")
    parser.add_argument("--resume", default="", help="file of the problems measured so far, one line of JSON each")
    parser.add_argument("--label", default="", help="of the stored file; without one it is that of the docs")
    options = parser.parse_args()
    journal = Path(options.resume) if options.resume else None
    known = [json.loads(line) for line in journal.read_text().splitlines()] if journal and journal.exists() else []
    if any(row["seconds"] != options.seconds or row["seed"] != options.seed for row in known):
        parser.error(f"--resume {journal}: measured with other --seconds or --seed")
    kept = {row["number"]: row for row in known}
    rows = []
    for number, (family, n, A, I, J) in enumerate(problems(options.seed)):
        if number % options.every:
            continue
        if number in kept:
            rows.append(kept[number])
            continue
        began = time.process_time()
        found = factorize_fixed_support(A, I, J, method="iterative", decide_seconds=0)
        ours = time.process_time() - began
        error = float(np.linalg.norm(A - found.X @ found.Y.T))
        results = {name: Peer(options.seconds, number).run(A, I, J, method) for name, method in PEERS.items()}
        best = min(results, key=lambda name: results[name][0])
        norm = float(np.linalg.norm(A))
        row = {
            "number": number, "seconds": options.seconds, "seed": options.seed,
            "family": family, "order": n, "hidden": I.shape[1], "norm": norm, "error": error, "cpu_s": round(ours, 5),
            "diagnosis": found.diagnosis.value, "best_peer": best,
            "peers": {name: {"error": e, "cpu_s": round(t, 5)} for name, (e, t) in results.items()},
            "not_worse": error <= results[best][0] * (1 + 1e-6) + 1e-10 * norm,
            "times_faster": results[best][1] / ours,
        }  # fmt: skip
        rows.append(row)
        if journal:
            with journal.open("a") as file:
                file.write(json.dumps(row) + "\n")
        print(
            f"{family:14s} {n:4d} ours {error / norm:.3e} {ours:7.3f} s {found.diagnosis.value:10s} "
            f"best {results[best][0] / norm:.3e} {results[best][1]:6.3f} s {best:26s} "
            f"{'' if row['not_worse'] else 'WORSE'}",
            flush=True,
        )
    summary = summarise(rows)
    print(summary)
    name = "solvers_search" + (f"_{options.label}" if options.label else "")
    save(name, [{"case": "summary", **summary}, *rows])


def summarise(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts and medians, in all and by family."""
    families = sorted({row["family"] for row in rows})
    groups = {"all": rows, **{f: [row for row in rows if row["family"] == f] for f in families}}
    return {
        name: {
            "problems": len(some),
            "not_worse": sum(row["not_worse"] for row in some),
            "better_by_1e-3": sum(
                row["error"] < row["peers"][row["best_peer"]]["error"] - 1e-3 * row["norm"] for row in some
            ),
            "median_times_faster": round(statistics.median(row["times_faster"] for row in some), 2),
            "median_cpu_s": statistics.median(row["cpu_s"] for row in some),
            "cpu_s": round(sum(row["cpu_s"] for row in some), 2),
        }
        for name, some in groups.items()
    }


if __name__ == "__main__":
    main()
