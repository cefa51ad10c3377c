"""How far can the error of a two-sided order exceed ``sqrt(Σ E_s²)``? Gradient ascent of ``err² / Σ E_s²``.

    python benchmarks/two_sided_orders.py --seconds 120

Starts are random matrices and random members with noise; every step differentiates through the truncated singular
value decompositions (torch). The best matrix of each chain is rounded to integers, and the ratio of the rounded one,
found by the library in double precision, goes to ``benchmarks/results/two_sided_orders.json`` with the matrix; a test
confirms it with 40 digits. Needs ``pip install torch``.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from solvers import Chain, factorize_butterfly
from solvers.families import square_dyadic
from solvers.splits import PairShape, compact_view, product_blocks

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

RESULT = Path(__file__).parent / "results" / "two_sided_orders.json"
CASES = {
    "dyadic 16": square_dyadic(16),
    "rank one pairs of rows and columns, rank 3": Chain([(1, 2, 1, 4), (1, 4, 3, 1), (1, 3, 4, 1), (4, 1, 2, 1)]),
}
ORDER = (2, 1, 3)  # the balanced order of four factors


class Problem:
    """The ratio of a chain and an order, differentiable."""

    def __init__(self, chain: Chain) -> None:
        self.shape = chain.shape
        self.blocks = {}
        positions = np.arange(chain.shape[0] * chain.shape[1]).reshape(chain.shape)
        for s in range(1, len(chain)):
            pair = PairShape.of(chain.piece(0, s), chain.piece(s, len(chain)))
            blocks = product_blocks(compact_view(positions, chain.product), pair).reshape(-1, pair.b, pair.c)
            self.blocks[s] = torch.from_numpy(blocks.copy()), pair.q

    def truncate(self, matrix: Any, s: int) -> Any:
        """Best approximation of every class block at ``s``."""
        places, q = self.blocks[s]
        u, sigma, v = torch.linalg.svd(matrix.reshape(-1)[places], full_matrices=False)
        best = (u[:, :, :q] * sigma[:, None, :q]) @ v[:, :q]
        return matrix.reshape(-1).index_put((places.reshape(-1),), best.reshape(-1)).reshape(self.shape)

    def ratio(self, matrix: Any) -> Any:
        """``err² / Σ E_s²``."""
        found = matrix
        for s in ORDER:
            found = self.truncate(found, s)
        distances = sum(
            (torch.linalg.svdvals(matrix.reshape(-1)[places])[:, q:] ** 2).sum() for places, q in self.blocks.values()
        )
        return ((matrix - found) ** 2).sum() / distances


def climb(problem: Problem, matrix: Any, steps: int) -> tuple[float, Any]:
    """Largest ratio on the way up from ``matrix``, and where."""
    point = matrix.detach().clone().requires_grad_(True)
    optimiser = torch.optim.Adam([point], lr=0.02)
    top, best = 0.0, point.detach().clone()
    for _ in range(steps):
        optimiser.zero_grad()
        ratio = problem.ratio(point)
        if float(ratio.detach()) > top:
            top, best = float(ratio.detach()), point.detach().clone()
        (-ratio).backward()
        point.grad.nan_to_num_(0.0, 0.0, 0.0)  # equal singular values have no derivative
        point.grad /= point.grad.norm() + 1e-30
        optimiser.step()
    return top, best


def search(chain: Chain, seconds: float, seed: int) -> dict[str, Any]:
    """Climb from random starts; the best matrix as integers, with the ratio of the rounded matrix."""
    problem, rng = Problem(chain), np.random.default_rng(seed)
    end, starts, tops = time.monotonic() + seconds, 0, []
    best, where = 0.0, None
    while time.monotonic() < end:
        matrix = torch.from_numpy(rng.standard_normal(chain.shape))
        if starts % 2:
            for s in ORDER:
                matrix = problem.truncate(matrix, s)
            noise = torch.from_numpy(rng.standard_normal(chain.shape))
            matrix = matrix / matrix.norm() + 10.0 ** (-2.0 * rng.random()) * noise / chain.shape[0]
        top, point = climb(problem, matrix, 400)
        starts += 1
        tops.append(top)
        if top > best:
            best, where = top, point.numpy()
    assert where is not None
    rounded = np.rint(where * (400.0 / np.abs(where).max())).astype(int)
    found = factorize_butterfly(rounded, chain, ORDER)
    return {
        "chain": [list(p) for p in chain],
        "order": list(ORDER),
        "starts": starts,
        "starts_above_1": sum(t > 1.0 + 1e-9 for t in tops),
        "best_ratio": best,
        "ratio": found.error**2 / float(np.square(found.split_distances).sum()),
        "matrix": rounded.tolist(),
    }


def main() -> None:
    """Search every chain and store what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="for each chain")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found = {name: search(chain, options.seconds, options.seed) for name, chain in CASES.items()}
    command = "python benchmarks/" + " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
    document = {"command": command, "torch": torch.__version__, "numpy": np.__version__, "cases": found}
    rows = json.dumps(document, indent=1).replace(",\n     ", ", ")  # matrices row by row
    RESULT.write_text(rows + "\n")
    for name, case in found.items():
        print(f"{name}: {case['ratio']:.4f} (before rounding {case['best_ratio']:.4f}), {case['starts']} starts")


if __name__ == "__main__":
    main()
