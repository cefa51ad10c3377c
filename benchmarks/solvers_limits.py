"""Our solvers beside what the machine can do, and beside each other, in one process on one thread.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 python benchmarks/solvers_limits.py

Groups of cases: ``dyadic`` (every dtype; in copies and reads of the matrix), ``orders`` (beside left to right),
``monarch`` (beside the product that forms the Gram matrices), ``fixed`` (two supports beside the same chain),
``memory`` (peak beside the input) and ``apply`` (beside the chain of csr matrices and the dense matrix). Processor
times, least of all runs. Results go to ``benchmarks/results/solvers_limits.json``, with ``--label before`` to
``solvers_limits_before.json``.
"""

from __future__ import annotations

import argparse
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# ruff: noqa: E402, B023  the number of threads is read when numpy is imported; programs run where they are made
import numpy as np
from solvers_timing import save

from solvers import Chain, factorize_butterfly, factorize_fixed_support
from solvers.families import monarch, square_dyadic
from solvers.operators import ButterflyOperator, to_dense, to_sparse
from solvers.splits import fuse_all

Matrix = np.ndarray
Line = dict[str, Any]


def least(program: Callable[[], Any], repeat: int) -> float:
    """Least processor time of a program, seconds; short ones run many times in a row."""
    start = time.process_time()
    program()
    inner = max(1, min(200, int(0.02 / max(time.process_time() - start, 1e-7))))
    found = []
    for _ in range(repeat):
        start = time.process_time()
        for _ in range(inner):
            program()
        found.append((time.process_time() - start) / inner)
    return min(found)


def duel(programs: list[Callable[[], Any]], repeat: int) -> list[float]:
    """Least processor times of programs that run in turns: what disturbs one disturbs all."""
    found = [least(program, 1) for program in programs]
    for _ in range(3 * repeat):
        found = [min(old, least(program, 1)) for old, program in zip(found, programs, strict=True)]
    return found


def gaussian(rng: np.random.Generator, shape: Any, dtype: Any = float) -> Matrix:
    """Gaussian entries of about 1."""
    x = rng.standard_normal(shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.standard_normal(shape)
    return x.astype(dtype)


def near(rng: np.random.Generator, chain: Chain, noise: float = 1e-2) -> Matrix:
    """A random product and noise, relative to its norm."""
    x = to_dense(fuse_all([gaussian(rng, p) for p in chain]))
    x /= np.linalg.norm(x)
    rest = gaussian(rng, x.shape)
    x += noise / np.linalg.norm(rest) * rest
    return x


def dyadic(rng: np.random.Generator, sizes: list[int], repeat: int) -> Iterator[Line]:
    """Left to right in every dtype, entries of about 1 and of norm 1: copies and reads of the matrix."""
    for n in sizes:
        for dtype in (np.float64, np.float32, np.complex128, np.complex64):
            A = gaussian(rng, (n, n), dtype)
            unit = (A / np.linalg.norm(A)).astype(dtype)
            goal, flat = np.empty_like(A), A.ravel()
            programs: list[Callable[[], Any]] = [
                lambda: np.copyto(goal, A),
                lambda: np.vdot(flat, flat),
                lambda: factorize_butterfly(A),
                lambda: factorize_butterfly(unit),
            ]
            copy, read, ours, theirs = duel(programs, repeat)
            yield {
                "case": f"left to right, {n}, {np.dtype(dtype)}", "ms": 1e3 * ours, "copies": ours / copy,
                "reads": ours / read, "read_GBs": A.nbytes / read / 1e9,
                "unit_norm_over_entries_1": theirs / ours,
            }  # fmt: skip


def orders(rng: np.random.Generator, sizes: list[int], repeat: int) -> Iterator[Line]:
    """Other orders, and projections of the target, beside left to right."""
    for n in sizes:
        targets = {"near 1e-2": near(rng, square_dyadic(n)), "Gaussian": gaussian(rng, (n, n))}
        for name, noise in (("near 1e-3", 1e-3), ("near 1e-6", 1e-6), ("member", 0.0)):
            targets[name] = near(rng, square_dyadic(n), noise)
        for kind, A in targets.items():
            for name, options in (
                ("right-to-left", {"order": "right-to-left"}),
                ("balanced", {"order": "balanced"}),
                ("target", {"projections": "target"}),
                ("target, balanced", {"projections": "target", "order": "balanced"}),
            ):
                programs = [lambda: factorize_butterfly(A, **options), lambda: factorize_butterfly(A)]
                ours, base = duel(programs, max(1, repeat // 3))
                yield {"case": f"{name}, {n}, {kind}", "ms": 1e3 * ours, "over_left_to_right": ours / base}


def monarchs(rng: np.random.Generator, sizes: list[int], repeat: int) -> Iterator[Line]:
    """Monarch beside one product of all blocks with their transposes."""
    for n in sizes:
        chain, side = monarch(n), monarch(n)[0].b
        for kind, A in (("near 1e-2", near(rng, chain)), ("Gaussian", gaussian(rng, (n, n)))):
            blocks = gaussian(rng, (n * n // side**2, side, side))
            ours = least(lambda: factorize_butterfly(A, chain), repeat)
            product = least(lambda: np.matmul(blocks, blocks.swapaxes(1, 2)), repeat)
            yield {"case": f"Monarch {n}, {kind}", "ms": 1e3 * ours, "over_gram_product": ours / product}


def supports(side: int, q: int) -> tuple[Matrix, Matrix]:
    """The Monarch supports with square blocks of this order and rank q as a pair of matrices of 0 and 1."""
    left = np.kron(np.ones((side, 1)), np.eye(side))
    I = np.concatenate([np.repeat(left, q, axis=1)] * side, axis=1) > 0
    return I, np.repeat(np.kron(np.eye(side), np.ones((side, 1))), side * q, axis=1) > 0


def fixed(rng: np.random.Generator, sizes: list[int], repeat: int) -> Iterator[Line]:
    """The same problem as a pair of supports and as a chain; values only, and as dense factors."""
    for n in sizes:
        side = round(n**0.5)
        for q in (1, 4):
            I, J = supports(side, q)
            chain = Chain([(1, side, side * q, side), (side, side * q, side, 1)])
            for kind, A in (("near 1e-2", near(rng, chain)), ("Gaussian", gaussian(rng, (n, n)))):
                for name, programs in (
                    ("", [lambda: factorize_fixed_support(A, I, J), lambda: factorize_butterfly(A, chain)]),
                    (", dense", [
                        lambda: factorize_fixed_support(A, I, J).X,
                        lambda: factorize_butterfly(A, chain).dense_factors(),
                    ]),
                ):  # fmt: skip
                    ours, chained = duel(programs, repeat)
                    case = f"two supports {n}, rank {q}, {kind}{name}"
                    yield {"case": case, "ms": 1e3 * ours, "over_chain": ours / chained}


def formed(result: Any) -> Any:
    """A result whose dense factors have been asked for."""
    _ = result.X
    return result


def memory(rng: np.random.Generator, sizes: list[int], repeat: int) -> Iterator[Line]:
    """Peak memory beside the input, the results counted."""
    del repeat
    for n in sizes:
        side = round(n**0.5)
        A = gaussian(rng, (n, n))
        programs: dict[str, Callable[[], Any]] = {
            order: lambda order=order: factorize_butterfly(A, "dyadic", order)  # type: ignore[misc]
            for order in ("left-to-right", "right-to-left", "balanced")
        }
        programs["target"] = lambda: factorize_butterfly(A, projections="target")
        programs["Monarch"] = lambda: factorize_butterfly(A, "monarch")
        if n <= 1024:
            I, J = supports(side, 1)
            programs["two supports"] = lambda: factorize_fixed_support(A, I, J)
            programs["two supports, dense"] = lambda: formed(factorize_fixed_support(A, I, J))
        for name, program in programs.items():
            program()
            tracemalloc.start()
            kept = program()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            if name == "two supports, dense":  # X and Y are dense arrays of the size of the supports
                peak -= kept.X.nbytes + kept.Y.nbytes
            del kept
            yield {"case": f"memory, {name}, {n}", "peak_over_input": peak / A.nbytes}


def applying(rng: np.random.Generator, sizes: list[int], repeat: int) -> Iterator[Line]:
    """A chain applied to vectors, beside its csr matrices and the dense matrix."""
    for n in sizes:
        for name, chain in (("dyadic", square_dyadic(n)), ("Monarch", monarch(n))):
            for dtype in (np.float64, np.complex128) if n == 1024 else (np.float64,):
                factors = [gaussian(rng, p, dtype) for p in chain]
                op, sparse = ButterflyOperator(factors), [to_sparse(f) for f in factors]
                turned = op.T
                dense = op.toarray() if n <= 4096 else None
                for width in (1, 16, 128):
                    x = gaussian(rng, (n, width), dtype)
                    x = x[:, 0] if width == 1 else x

                    def csr(x: Matrix = x, sparse: list[Any] = sparse) -> Matrix:
                        for f in reversed(sparse):
                            x = f @ x
                        return x

                    ours = least(lambda: op @ x, repeat)
                    moved = sum(f.nbytes for f in factors) + 2 * x.nbytes
                    flat = np.ones(moved // 8)
                    line = {
                        "case": f"apply {name} {n}, {width} columns, {np.dtype(dtype)}", "us": 1e6 * ours,
                        "csr_over_ours": least(csr, repeat) / ours,
                        "transposed_over_ours": least(lambda: turned @ x, repeat) / ours,
                        "GBs": moved / ours / 1e9,
                        "reading_over_ours": least(lambda: np.vdot(flat, flat), repeat) / ours,
                    }  # fmt: skip
                    if dense is not None:
                        line["dense_over_ours"] = least(lambda: dense @ x, repeat) / ours
                    yield line


GROUPS: dict[str, tuple[Callable[..., Iterator[Line]], list[int]]] = {
    "dyadic": (dyadic, [1024, 4096]),
    "orders": (orders, [1024, 4096]),
    "monarch": (monarchs, [1024, 4096]),
    "fixed": (fixed, [256, 1024]),
    "memory": (memory, [1024, 4096]),
    "apply": (applying, [64, 256, 512, 1024, 4096, 16384]),
}


def main(arguments: list[str] | None = None) -> None:
    """Run, print and store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", default=list(GROUPS), help=", ".join(GROUPS))
    parser.add_argument("--repeat", type=int, default=6)
    parser.add_argument("--label", default="", help="of the stored file; without one it is the current state")
    options = parser.parse_args(arguments)
    lines = []
    for group in options.groups:
        program, sizes = GROUPS[group]
        for line in program(np.random.default_rng(4), sizes, options.repeat):
            rounded = {k: v if isinstance(v, str) else float(f"{v:.4g}") for k, v in line.items()}
            lines.append({"group": group, **rounded})
            cells = (f"{k} {v:.4g}" if isinstance(v, float) else f"{v:<44}" for k, v in line.items())
            print("   ".join(cells), flush=True)
    if options.groups == list(GROUPS):
        save("solvers_limits" + (f"_{options.label}" if options.label else ""), lines)


if __name__ == "__main__":
    main()
