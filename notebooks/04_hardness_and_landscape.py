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
# # 4. Hardness, tractability, landscape (Theorems I to III)
#
# For given supports, how hard is $\min\|A-XY^\top\|_F$? In general NP-hard; exactly solvable by
# singular value decompositions when the rank-one supports are pairwise disjoint or identical; and
# then gradient descent has no traps. ([arXiv:2112.00386](https://arxiv.org/abs/2112.00386))
#
# ## Theorem I: it contains matrix completion

# %%
import matplotlib.pyplot as plt
import numpy as np

from cases import families, load
from closedness import Status, SupportProduct, decide
from solvers import Diagnosis, factorize_fixed_support
from solvers.hardness import completion_to_factorization
from solvers.landscape import explore

A = np.array([[1.0, 2.0, np.nan], [2.0, np.nan, 6.0], [np.nan, 6.0, 9.0]])
instance = completion_to_factorization(A, ~np.isnan(A))
x = y = np.array([1.0, 2.0, 3.0])
X, Y = instance.factors(x, y)
assert np.linalg.norm(instance.A - X @ Y.T) == instance.completion_error(x, y)
SupportProduct.from_pair(instance.I, instance.J)

# %% [markdown]
# The first hidden index is the completion; the others make the unknown entries arbitrary. A good
# completion and a good factorisation have the same error, so one problem is as hard as the other.
# It can also be ill-posed: this set is closed only when the known entries form disjoint full
# blocks.

# %%
assert decide(SupportProduct.from_pair(instance.I, instance.J)).status is Status.NOT_CLOSED
assert load("completion-blocks-1").verify().status is Status.CLOSED

# %% [markdown]
# ## Theorem II: disjoint or identical supports are easy

# %%
rng = np.random.default_rng(1)
tiles = families.disjoint_blocks(3, 4, 2)
I, J = tiles.pair()
target = rng.standard_normal(tiles.shape)
exact = factorize_fixed_support(target, I, J)
assert exact.optimal
assert exact.diagnosis is Diagnosis.OPTIMAL

# by hand: a truncated singular value decomposition of every tile
tails = []
for a in range(3):
    for b in range(3):
        values = np.linalg.svd(target[4 * a : 4 * a + 4, 4 * b : 4 * b + 4], compute_uv=False)
        tails.append(values[2:])
assert np.isclose(exact.error, np.linalg.norm(np.concatenate(tails)))
tiles

# %% [markdown]
# The same for a random target on other supports with this property. No run of the iterative search,
# from five starts each, comes below the optimum:

# %%
for name in (
    "tiles-2-3-2",
    "block-diagonal",
    "hodlr-2-1-1",
    "butterfly-8-1",
    "monarch-2-2",
    "complete-row",
):
    product = load(name).product
    I, J = product.pair()
    target = rng.standard_normal(product.shape)
    exact = factorize_fixed_support(target, I, J)
    assert exact.optimal
    local = [
        factorize_fixed_support(target, I, J, method="iterative", seed=seed) for seed in range(5)
    ]
    assert all(run.error >= exact.error * (1 - 1e-9) for run in local)
    print(f"{name:<16} optimum {exact.error:.6f}, iterative {min(run.error for run in local):.6f}")

# %% [markdown]
# ## Theorem III: the landscape
#
# Gradient descent from 20 random starts. On disjoint supports every run reaches the optimum, and
# the factors stay bounded. On the LU support with a target that has no LU decomposition the runs
# crawl: the error tends to 0 while the factors grow, along a line of slope −2 as in notebook 5.

# %%
small = families.disjoint_blocks(2, 2, 1)
I, J = small.pair()
good = explore(rng.standard_normal((4, 4)), I, J, starts=20, steps=4000)
assert good.reached == 20

I, J = families.lower_times_upper(2).pair()
lengths = (100, 1000, 4000)
bad = {steps: explore([[0.0, 1.0], [1.0, 0.0]], I, J, starts=20, steps=steps) for steps in lengths}
assert all(found.optimum is None for found in bad.values())
errors = {steps: np.array([run.error for run in found.runs]) for steps, found in bad.items()}
sizes = {steps: np.array([run.size for run in found.runs]) for steps, found in bad.items()}
assert errors[4000].min() > 0
assert np.median(errors[4000]) < 0.5 * np.median(errors[100])
assert np.median(sizes[4000]) > 1.3 * np.median(sizes[100])
assert (
    abs(errors[4000] * sizes[4000] ** 2 - 4).max() < 0.3
)  # balanced factors: error t, norm² about 4/t
for steps in lengths:
    print(
        f"{steps} steps: median error {np.median(errors[steps]):.4f}, median norm "
        f"{np.median(sizes[steps]):.2f}"
    )

figure, axes = plt.subplots(1, 3, figsize=(12, 3.2))
for ax, found, title in (
    (axes[0], good, "disjoint supports"),
    (axes[1], bad[4000], "LU, target without LU"),
):
    shift = found.optimum or 0.0
    for run in found.runs:
        steps = [0.5, *(2.0**k for k in range(len(run.errors) - 1))]  # steps 0, 1, 2, 4, …
        ax.loglog(steps, np.maximum(np.array(run.errors) - shift, 1e-12), lw=0.8)
    ax.set_title(title)
    ax.set_xlabel("step")
axes[0].set_ylabel("error − optimum")
for length, marker in zip(lengths, ("v", "s", "o"), strict=True):
    axes[2].loglog(sizes[length], errors[length], marker, ms=4, label=f"{length} steps")
axes[2].set_title("LU: error against norm")
axes[2].set_xlabel("norm of the factors")
axes[2].legend(fontsize=8)
figure.tight_layout()

# %% [markdown]
# A spurious valley: with the target $\begin{pmatrix}-\delta&1\\1&0\end{pmatrix}$ factors with
# $x_{11}y_{11}>0$ and error below 1 cannot change the sign of $x_{11}y_{11}$ without climbing, but
# with this sign the error stays above $\delta$.

# %%
delta = 0.5
trapped = explore([[-delta, 1.0], [1.0, 0.0]], I, J, starts=40, steps=4000)
best = min(run.error for run in trapped.runs)
stuck = [run for run in trapped.runs if run.X[0, 0] * run.Y[0, 0] > 0 and run.error < 1]
print(f"best error {best:.2e}; {len(stuck)} of 40 runs end in the valley")
assert best < 1e-3
assert all(run.error > delta for run in stuck)
assert stuck

# %% [markdown]
# The loss along a slice shows the valley: $x_{11}y_{11}=s$ is prescribed and everything else chosen
# best, which leaves $|s+\delta|$ for $s\neq0$ (then the other entries can be met exactly); only at
# $s=0$ a wall stands, of height $\sqrt{1+\delta^2}$, since one of the two ones is out of reach.

# %%
s = np.linspace(-1, 1, 401)
floor = abs(s + delta)
inside = [(run.X[0, 0] * run.Y[0, 0], run.error) for run in trapped.runs]
for position, error in inside:
    assert error >= abs(position + delta) - 1e-9
figure, axes = plt.subplots(figsize=(5.5, 3))
axes.plot(s[s < 0], floor[s < 0], "k", s[s > 0], floor[s > 0], "k", lw=1)
axes.plot([0, 0], [delta, np.sqrt(1 + delta**2)], "k:", lw=1)
axes.plot(*np.array(inside).T, "o", color="#D55E00", ms=5, alpha=0.6)
axes.set_xlabel("$x_{11}y_{11}$")
axes.set_ylabel("smallest error (line), ends of the runs (dots)")
figure.tight_layout()
