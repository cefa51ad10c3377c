# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: "1.3"
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 6. Butterfly factorisation
#
# Chains of Kronecker-sparse factors $I_a\otimes 1_{b\times c}\otimes I_d$ describe the fast
# transforms. For chainable chains the set of products is closed, membership is a rank condition on
# blocks, and a hierarchical algorithm approximates any matrix with a bound
# ([arXiv:2411.04506](https://arxiv.org/abs/2411.04506)).
#
# | experiment | the papers | here |
# |---|---|---|
# | Fourier, Hadamard: order | $2^9$ to $2^{12}$ | $2^9$ |
# | noisy Fourier of order 512: factors | 3, 6, 9 | the same |
# | four factors of rank 4: order | 128 to 8192 | 128 to 1024 |
# | noise | 0.01 to 0.3 | the same |
# | two half rows replaced by noise | $10^{-6}$ to $10^{-1}$ | the same |
# | beside gradient methods and alternating least squares: order | $2^9$ and more | $2^5$ |
# | seeds | 10 | 3 |

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
from scipy.linalg import dft, hadamard
from scipy.optimize import minimize

from cases import families
from closedness import Status, decide
from solvers import factorize_butterfly, verify_butterfly
from solvers.families import bit_reversal, deformable
from solvers.operators import to_dense
from solvers.pictures import bounds_svg

LEVELS = (0.01, 0.03, 0.1, 0.3)


def noisy(matrix, level, seed):
    """The matrix plus Gaussian noise of that relative size, and the size of the noise."""
    noise = np.random.default_rng(seed).standard_normal(matrix.shape)
    noise *= level * np.linalg.norm(matrix) / np.linalg.norm(noise)
    return matrix + noise, np.linalg.norm(noise)


# %% [markdown]
# All splits of the butterfly chain into two factors are closed, and so is the chain itself:

# %%
for split in range(1, 6):
    assert decide(families.butterfly_split(64, split)).status is Status.CLOSED
families.butterfly_split(8, 1)

# %% [markdown]
# ## The Fourier matrix is a butterfly, exactly
#
# $F_N=B_1\cdots B_L\cdot(\text{bit reversal})$.

# %%
N = 512
F = dft(N, scale="sqrtn")
permuted = F[:, bit_reversal(N)]
found = factorize_butterfly(permuted, "dyadic")
assert found.relative_error < 1e-12
assert verify_butterfly(permuted, "dyadic").member
assert not verify_butterfly(F, "dyadic").member  # without the bit reversal it is not in the class
stored = sum(factor.size for factor in found.factors)
print(
    f"{N * N} entries as {len(found.factors)} factors with {stored}, relative error "
    f"{found.relative_error:.1e}"
)
assert stored == 2 * N * 9

# %% [markdown]
# ## The noisy Fourier matrix with 3, 6 and 9 factors
#
# Neighbouring butterfly factors multiplied out give chains with fewer and denser factors. All
# contain the Fourier matrix, so the distance to each class is at most the noise (dotted line), and
# more parameters fit more of the noise.

# %%
chain = families.butterfly(N)
chains = {9: chain, 6: [families.merged(chain[k : k + 2]) for k in (0, 2, 4)] + chain[6:], 3: []}
chains[3] = [families.merged(chain[k : k + 3]) for k in (0, 3, 6)]
table = {}
for count, factors in chains.items():
    assert len(factors) == count
    for level in LEVELS:
        target, size = noisy(permuted, level, seed=0)
        g = factorize_butterfly(target, factors)
        table[count, level] = g.relative_error, g.error / size
        assert g.error <= g.bound * (1 + 1e-9)
        assert g.lower_bound <= size
        assert g.error <= size
for level in LEVELS:
    assert table[3, level][0] < table[6, level][0] < table[9, level][0]

figure, axes = plt.subplots(1, 2, figsize=(9, 3.4))
for count, style in ((9, "-o"), (6, "--s"), (3, "-.^")):
    for ax, index in zip(axes, (0, 1), strict=True):
        ax.plot(
            LEVELS,
            [table[count, level][index] for level in LEVELS],
            style,
            label=f"{count} factors",
        )
axes[0].plot(LEVELS, LEVELS, "k:", label="noise")
axes[0].set_yscale("log")
for ax, title in zip(axes, ("relative error", "error divided by noise"), strict=True):
    ax.set_xscale("log")
    ax.set_xlabel("relative noise")
    ax.set_title(title)
axes[0].legend(fontsize=8)
figure.tight_layout()

# %% [markdown]
# ## Hadamard: error and bounds
#
# The distance of the noisy matrix to the class is at most the noise. The algorithm loses little:
# error between the lower bound $\max_sE_s$ and the bound $\sqrt{\sum_sE_s^2}$, far below Theorem
# VII's $(2^{L-1}-1)E^*$.

# %%
rows = []
H = hadamard(N) / np.sqrt(N)
for level in LEVELS:
    for seed in range(3):
        target, size = noisy(H, level, seed)
        g = factorize_butterfly(target, "dyadic")
        slack = 1e-9 * g.norm
        assert g.lower_bound <= g.error + slack
        assert g.error <= g.bound + slack
        assert g.bound <= g.theorem_vii_bound + slack
        assert g.lower_bound <= size + slack
        rows.append(
            (
                level,
                g.lower_bound / g.norm,
                g.relative_error,
                g.bound / g.norm,
                g.theorem_vii_bound / g.norm,
            )
        )

means = np.array(
    [np.mean([row[1:] for row in rows if row[0] == level], axis=0) for level in LEVELS]
)
figure, axes = plt.subplots(figsize=(6, 3.6))
for column, (label, style) in enumerate(
    (("lower bound", ":v"), ("error", "-o"), ("bound", "--s"), ("bound of Theorem VII", "-.^"))
):
    axes.loglog(LEVELS, means[:, column], style, label=label)
axes.loglog(LEVELS, LEVELS, color="grey", lw=0.7, label="noise")
axes.set_xlabel("relative noise")
axes.legend(fontsize=8)
figure.tight_layout()

# %% [markdown]
# ## Two rows replaced by noise
#
# Halves of two rows of a Hadamard matrix are changed by noise of size $10^{-6}$ to $10^{-1}$; the
# error follows the bounds over five decades.

# %%
sizes = 10.0 ** np.arange(-6, 0)
found, results = [], []
for size in sizes:
    changed = np.array(H)
    changed[:2, : N // 2] += size * np.random.default_rng(0).standard_normal((2, N // 2))
    g = factorize_butterfly(changed, "dyadic")
    results.append((size, g))
    found.append((g.lower_bound, g.error, g.bound, g.theorem_vii_bound))
    print(
        f"{size:.0e}: {g.lower_bound:.2e} ≤ {g.error:.2e} ≤ {g.bound:.2e} ≤ "
        f"{g.theorem_vii_bound:.2e}"
    )
    assert all(a <= b + 1e-12 for a, b in zip(found[-1], found[-1][1:], strict=False))
assert abs(np.polyfit(np.log(sizes), np.log([line[1] for line in found]), 1)[0] - 1) < 0.05

# the picture of the package itself, which needs no matplotlib
bounds_svg(results, across="size of the noise in two half rows")

# %% [markdown]
# ## Four factors of rank 4
#
# Random products of four factors whose pairs have rank 4, with noise: the error stays below the
# noise for all sizes.

# %%
for n in (128, 256, 512, 1024):
    digits = n.bit_length() - 1
    radices = [2 ** (digits // 4 + (k < digits % 4)) for k in range(4)]
    ranks = deformable(radices, radices, 4)
    assert len(ranks) == 4
    assert ranks.ranks == (4, 4, 4)
    draw = np.random.default_rng(n)
    exact = np.eye(n)
    for pattern in ranks:
        exact = exact @ to_dense(draw.standard_normal(tuple(pattern)))
    for level in LEVELS:
        target, size = noisy(exact, level, seed=1)
        start = time.perf_counter()
        g = factorize_butterfly(target, ranks)
        seconds = time.perf_counter() - start
        assert g.lower_bound <= size
        assert g.error <= 1.05 * size
    print(f"order {n}: relative error {g.relative_error:.3f} at noise 0.3, {seconds:.3f} s")

# %% [markdown]
# ## Beside gradient methods and alternating least squares
#
# The same problem by local search from random starts: quasi-Newton (L-BFGS) on all entries at once,
# and alternating least squares, one factor after the other. At this size both end at nearly the
# same error, a little below that of the hierarchical algorithm, which is not optimal; but they take
# many passes, and how near the optimum is, only the bounds of the hierarchical algorithm tell.

# %%
n = 32
chain = families.butterfly(n)
masks = [np.kron(np.eye(a), np.kron(np.ones((b, c)), np.eye(d))) for a, b, c, d in chain]
cells = [np.nonzero(mask) for mask in masks]
ends = np.cumsum([len(each[0]) for each in cells])
target, size = noisy(hadamard(n) / np.sqrt(n), 0.1, seed=0)


def products(factors):
    """The products of the factors before, and of those behind, each factor."""
    before, behind = [np.eye(n)], [np.eye(n)]
    for left, right in zip(factors[:-1], reversed(factors[1:]), strict=True):
        before.append(before[-1] @ left)
        behind.append(right @ behind[-1])
    return before, behind[::-1]


def loss(values):
    """Half the squared error, and its gradient."""
    factors = []
    for where, part in zip(cells, np.split(values, ends[:-1]), strict=True):
        factors.append(np.zeros((n, n)))
        factors[-1][where] = part
    before, behind = products(factors)
    residual = before[-1] @ factors[-1] - target
    slopes = [
        (left.T @ residual @ right.T)[where]
        for left, right, where in zip(before, behind, cells, strict=True)
    ]
    return 0.5 * (residual**2).sum(), np.concatenate(slopes)


def alternate(factors, rounds):
    """Alternating least squares: each factor in turn is the best one for the others."""
    for _ in range(rounds):
        for index, (i, j) in enumerate(cells):
            before, behind = products(factors)
            left, right = before[index], behind[index]
            columns = np.einsum("pk,kq->pqk", left[:, i], right[j, :]).reshape(n * n, -1)
            factors[index] = np.zeros((n, n))
            factors[index][i, j] = np.linalg.lstsq(columns, target.ravel(), rcond=None)[0]
    before, _ = products(factors)
    return np.linalg.norm(before[-1] @ factors[-1] - target)


results = {}
for order in ("left-to-right", "balanced"):
    for orthonormal in (True, False):
        start = time.perf_counter()
        g = factorize_butterfly(target, chain, order, orthonormal=orthonormal)
        name = f"hierarchical, {order}{'' if orthonormal else ', without QR'}"
        results[name] = [g.error], time.perf_counter() - start
reference = factorize_butterfly(target, chain)
draws = [np.random.default_rng(seed).standard_normal(ends[-1]) for seed in range(5)]
start = time.perf_counter()
options = {"maxiter": 500, "maxfun": 1000}
local = [
    minimize(loss, draw / np.sqrt(2), jac=True, method="L-BFGS-B", options=options)
    for draw in draws
]
results["L-BFGS, 5 starts"] = [np.sqrt(2 * run.fun) for run in local], time.perf_counter() - start
start = time.perf_counter()
errors = []
for draw in draws:
    factors = [np.zeros((n, n)) for _ in masks]
    for factor, where, part in zip(factors, cells, np.split(draw, ends[:-1]), strict=True):
        factor[where] = part
    errors.append(alternate(factors, rounds=10))
results["alternating least squares, 5 starts"] = errors, time.perf_counter() - start

for name, (errors, seconds) in results.items():
    print(f"{name:<42} error {min(errors):.4f} to {max(errors):.4f}   {seconds:7.3f} s")
print(f"noise {size:.4f}, lower bound {reference.lower_bound:.4f}, bound {reference.bound:.4f}")
for errors, _ in results.values():
    assert min(errors) >= reference.lower_bound * (1 - 1e-9)
assert reference.error <= size
best = min(min(errors) for errors, _ in results.values())
assert best <= reference.error <= 1.01 * best
assert max(results["hierarchical, left-to-right, without QR"][0]) <= 1.01 * best

# %% [markdown]
# ## The orthonormalisation is not optional
#
# Near the class it makes hardly a difference, as above; far from it the error without it can be
# larger, and no bound holds any more.

# %%
rng = np.random.default_rng(3)
worst = 0.0
for _ in range(20):
    A = rng.standard_normal((16, 16))
    with_qr, without = (
        factorize_butterfly(A, "dyadic"),
        factorize_butterfly(A, "dyadic", orthonormal=False),
    )
    assert with_qr.error <= with_qr.bound * (1 + 1e-12)
    assert without.bound == np.inf
    worst = max(worst, without.error / with_qr.error)
print(f"without it the error was up to {worst:.2f} times as large")
assert worst > 1.01
