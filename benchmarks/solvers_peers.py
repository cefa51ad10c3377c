"""Our solvers beside pyfaust and lazylinop, in the same process, one thread, medians of at least five rounds.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 python benchmarks/solvers_peers.py dyadic --sizes 256
    1024 4096

Suites: dyadic, monarch, rank4, rectangular, apply, fsmf. Results go to ``benchmarks/results/solvers_<suite>.json``.
The peers need ``pip install pyfaust lazylinop psutil pandas torch threadpoolctl``. Every program gets the same matrix
in memory and returns factors; its error is measured once on the dense product. ``pyfaust.fact.butterfly`` runs with
``type='bbtree'``, its fastest. A variable such as ``OPENBLAS_CORETYPE`` slows all programs; leave it unset.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import warnings
from collections.abc import Callable
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# ruff: noqa: E402  the number of threads is read when numpy is imported
import numpy as np
from scipy.linalg import hadamard
from solvers_timing import OURS, race, row, save, show

from solvers import Chain, factorize_butterfly, factorize_fixed_support
from solvers.families import bit_reversal, monarch, square_dyadic
from solvers.operators import ButterflyOperator, to_dense
from solvers.splits import fuse_all, fuse_pair

warnings.simplefilter("ignore")
with contextlib.redirect_stderr(io.StringIO()):
    import lazylinop.butterfly as lazy
    import torch
    from pyfaust import fact

torch.set_num_threads(1)

Matrix = np.ndarray


def quiet(program: Callable[[], Any]) -> Callable[[], Any]:
    """Some peers print; printing is not what is timed, and is kept off the table."""

    def run() -> Any:
        with contextlib.redirect_stdout(io.StringIO()):
            return program()

    return run


def gaussian(rng: np.random.Generator, shape: Any, cplx: bool) -> Matrix:
    """Gaussian entries of unit Frobenius norm in all."""
    x = rng.standard_normal(shape)
    if cplx:
        x = x + 1j * rng.standard_normal(shape)
    return x / np.linalg.norm(x)


def member(rng: np.random.Generator, chain: Chain, cplx: bool) -> Matrix:
    """A random product of unit norm."""
    x = to_dense(fuse_all([gaussian(rng, p, cplx) for p in chain]))
    return np.ascontiguousarray(x / np.linalg.norm(x))


def peers(A: Matrix, chain: Chain, rank: int, slow: bool) -> dict[str, Callable[[], Any]]:
    """The programs that solve this problem."""
    theirs = lazy.Chain([tuple(p) for p in chain])
    T = torch.from_numpy(A)
    count = len(chain)
    programs = {
        "lazylinop ksd torch left-to-right": lambda: lazy.ksd(T, theirs, svd_backend="pytorch_svd_cpu"),
        "lazylinop ksd torch balanced": lambda: lazy.ksd(T, theirs, order="balanced", svd_backend="pytorch_svd_cpu"),
    }
    if slow:
        programs["lazylinop ksd numpy left-to-right"] = lambda: lazy.ksd(A, theirs)
    if chain == _dyadic_or_none(A):
        programs["pyfaust butterfly"] = lambda: fact.butterfly(A, type="bbtree")
    if slow or rank == 1:
        programs["pyfaust fdb numpy balanced"] = lambda: fact.fdb(
            A, n_factors=count, rank=rank, hierarchical_order="balanced"
        )
        programs["pyfaust fdb torch left-to-right"] = lambda: fact.fdb(T, n_factors=count, rank=rank, backend="pytorch")
    return {name: quiet(program) for name, program in programs.items()}


def _dyadic_or_none(A: Matrix) -> Chain | None:
    m, n = A.shape
    return square_dyadic(n) if m == n and n & (n - 1) == 0 else None


def error_of(found: Any, A: Matrix) -> float:
    """Relative error of what a program returned, on the dense product."""
    if hasattr(found, "factors") and isinstance(found.factors, list):
        dense = found.toarray()
    else:
        dense = found.toarray()
    dense = dense.numpy() if isinstance(dense, torch.Tensor) else np.asarray(dense)
    return float(np.linalg.norm(dense - A) / np.linalg.norm(A))


def compare(
    label: str, A: Matrix, chain: Chain, rank: int, repeat: int, slow: bool, copy: bool = False
) -> dict[str, Any]:
    """One line of the table."""
    programs: dict[str, Callable[[], Any]] = {
        OURS: lambda: factorize_butterfly(A, chain),
        **peers(A, chain, rank, slow),
    }
    if copy:
        target = np.empty_like(A)
        programs["copy into place"] = lambda: np.copyto(target, A)
        programs["copy"] = lambda: A.copy()
    found = race(programs, repeat)
    ours = error_of(factorize_butterfly(A, chain), A)
    extra: dict[str, Any] = {"error": ours}
    line = row(label, found, extra)
    fastest = line.get("fastest_peer")
    if fastest:
        line["peer_error"] = error_of(programs[fastest](), A)
    if copy:
        line["copies_into_place"] = found[OURS]["median_s"] / found["copy into place"]["median_s"]
        line["copies"] = found[OURS]["median_s"] / found["copy"]["median_s"]
    show(line)
    return line


def dyadic(sizes: list[int], repeat: int) -> list[dict[str, Any]]:
    """The Fourier and Hadamard matrices and a noisy random butterfly."""
    rng = np.random.default_rng(0)
    lines = []
    for n in sizes:
        chain = square_dyadic(n)
        k = np.arange(n)
        fourier = np.exp(-2j * np.pi * (np.outer(k, k) % n) / n)[:, bit_reversal(n)]
        targets = {
            "Hadamard": hadamard(n).astype(float),
            "DFT": np.ascontiguousarray(fourier),
            "noisy butterfly": member(rng, chain, False) + 1e-2 * gaussian(rng, (n, n), False),
        }
        for name, A in targets.items():
            lines.append(compare(f"{name} {n}", A, chain, 1, repeat, n <= 256, copy=True))
    return lines


def chains(cases: list[tuple[str, Chain, int]], repeat: int, complex_too: bool, slow: bool) -> list[dict[str, Any]]:
    """Near the class and Gaussian targets for each chain."""
    rng = np.random.default_rng(1)
    lines = []
    for name, chain, rank in cases:
        for cplx in (False, True) if complex_too else (False,):
            noise = gaussian(rng, chain.shape, cplx)
            for kind, A in (("near 1e-2", member(rng, chain, cplx) + 1e-2 * noise), ("Gaussian", noise)):
                label = f"{name} {'complex' if cplx else 'real'} {kind}"
                lines.append(compare(label, A, chain, rank, repeat, slow))
    return lines


def fast_products(sizes: list[int], repeat: int) -> list[dict[str, Any]]:
    """Applying a chain to vectors and batches, and fusing two factors."""
    rng = np.random.default_rng(2)
    lines = []
    for n in sizes:
        for name, chain in (("dyadic", square_dyadic(n)), ("Monarch", monarch(n))):
            factors = [rng.standard_normal(p) for p in chain]
            ours, theirs = ButterflyOperator(factors), lazy.ksm(factors)
            for width in (1, 16, 128):
                x = rng.standard_normal((n, width))
                x = x[:, 0] if width == 1 else x
                assert np.allclose(ours @ x, theirs @ x)
                found = race({OURS: lambda: ours @ x, "lazylinop ksm": lambda: theirs @ x}, 20 * repeat)  # noqa: B023
                lines.append(row(f"apply {name} {n}, {width} columns", found))
                show(lines[-1])
            first, second = factors[:2]
            found = race(
                {OURS: lambda: fuse_pair(first, second), "lazylinop fuse": lambda: lazy.fuse([first, second])},  # noqa: B023
                repeat,
            )
            assert np.allclose(fuse_pair(first, second), lazy.fuse([first, second]))
            lines.append(row(f"fuse two factors, {name} {n}", found))
            show(lines[-1])
    return lines


def reference_fsmf(A: Matrix, I: Matrix, J: Matrix) -> tuple[Matrix, Matrix]:
    """The reference algorithm as published: group equal rank-one supports, one truncated SVD per group, in a loop."""
    groups: dict[tuple[bytes, bytes], list[int]] = {}
    for k in range(I.shape[1]):
        groups.setdefault((I[:, k].tobytes(), J[:, k].tobytes()), []).append(k)
    X, Y = np.zeros(I.shape), np.zeros(J.shape)
    for members in groups.values():
        rows, cols = np.flatnonzero(I[:, members[0]]), np.flatnonzero(J[:, members[0]])
        u, s, vt = np.linalg.svd(A[np.ix_(rows, cols)], full_matrices=False)
        q = min(len(members), s.size)
        X[np.ix_(rows, members[:q])] = u[:, :q] * s[:q]
        Y[np.ix_(cols, members[:q])] = vt[:q].T
    return X, Y


def fsmf(sizes: list[int], repeat: int) -> list[dict[str, Any]]:
    """Blocks of order 32: the Monarch support, where pyfaust solves the same problem, and the same with rank 4."""
    rng = np.random.default_rng(3)
    lines = []
    n = 1024
    for q in (1, 4):
        left, right = np.kron(np.ones((32, q)), np.eye(32)), np.kron(np.eye(32), np.ones((32, q)))
        # hidden index (e, κ, m) as in a pair of Kronecker-sparse factors of rank q
        I = np.concatenate([left] * 32, axis=1) > 0
        J = np.repeat(np.kron(np.eye(32), np.ones((32, 1))), 32 * q, axis=1) > 0
        del right
        chain = Chain([(1, 32, 32 * q, 32), (32, 32 * q, 32, 1)])
        for kind, A in (
            ("near 1e-2", member(rng, chain, False) + 1e-2 * gaussian(rng, (n, n), False)),
            ("Gaussian", gaussian(rng, (n, n), False)),
        ):
            T = torch.from_numpy(A)
            programs: dict[str, Callable[[], Any]] = {
                OURS: lambda: factorize_fixed_support(A, I, J).X,  # noqa: B023  dense factors, as those of the peers
                "reference loop of SVDs": lambda: reference_fsmf(A, I, J),  # noqa: B023
                "pyfaust fdb numpy": quiet(lambda: fact.fdb(A, n_factors=2, rank=q)),  # noqa: B023
                "pyfaust fdb torch": quiet(lambda: fact.fdb(T, n_factors=2, rank=q, backend="pytorch")),  # noqa: B023
            }
            if q > 1:  # pyfaust picks other block sizes at this rank: not the same problem
                del programs["pyfaust fdb numpy"], programs["pyfaust fdb torch"]
            f = factorize_fixed_support(A, I, J)
            X, Y = reference_fsmf(A, I, J)
            reference = float(np.linalg.norm(A - X @ Y.T))
            assert f.optimal
            extra = {"error": f.error, "peer_error": reference}
            lines.append(row(f"1024 blocks of order 32, rank {q}, {kind}", race(programs, repeat), extra))
            show(lines[-1])
    return lines


def main() -> None:
    """Run one suite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("suite", choices=["dyadic", "monarch", "rank4", "rectangular", "apply", "fsmf"])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1024])
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    sizes, repeat = options.sizes, options.repeat
    if options.suite == "dyadic":
        lines = dyadic(sizes, repeat)
    elif options.suite == "monarch":
        lines = chains([(f"Monarch {n}", monarch(n), 1) for n in sizes], repeat, False, True)
    elif options.suite == "rank4":  # the chains that pyfaust's fdb(n_factors=4, rank=4) uses
        table = {
            1024: [(1, 8, 32, 128), (8, 8, 8, 64), (16, 16, 16, 16), (64, 64, 16, 1)],
            4096: [(1, 16, 64, 256), (16, 16, 16, 64), (64, 16, 16, 16), (256, 64, 16, 1)],
        }
        lines = chains([(f"rank 4, {n}", Chain(table[n]), 4) for n in sizes], repeat, True, False)
    elif options.suite == "rectangular":
        one = Chain([(1, 4, 4, 128), (4, 8, 8, 16), (32, 8, 8, 2), (256, 2, 18, 1)])
        two = Chain([(1, 8, 16, 64), (8, 8, 8, 16), (32, 16, 16, 2), (256, 4, 18, 1)])
        lines = chains([("512x4608 rank 1", one, 1), ("512x4608 rank 2", two, 2)], repeat, True, False)
    elif options.suite == "apply":
        lines = fast_products(sizes, repeat)
    else:
        lines = fsmf(sizes, repeat)
    save(f"solvers_{options.suite}", lines)


if __name__ == "__main__":
    main()
