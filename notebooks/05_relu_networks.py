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
# # 5. Sparse ReLU networks (Theorems IV to VI)
#
# Train $x\mapsto W_2\,\mathrm{ReLU}(W_1x+b_1)+b_2$ with fixed masks of the weights. If an optimum
# exists for every finite data set, then the set of products $W_2W_1$ is closed
# ([arXiv:2306.02666](https://arxiv.org/abs/2306.02666)). So masks whose set is not closed have a
# data set on which training never ends: the loss falls while the weights grow.
#
# | | the paper | here |
# |---|---|---|
# | width and dimension | 100 | 6 |
# | inputs | uniform on $[-1,1]^d$, drawn anew at each step | the same |
# | target | exchange matrix × input | the same |
# | masks | LU: $W_2$ lower, $W_1$ upper triangular; full as control | the same |
# | optimiser | SGD, rate 0.1, momentum 0.9 | the same, on the mean squared error |
# | batch | 3000 | 256 |
# | weight decay | 0 against 5e-4 | the same |
# | first biases | | so large that every neuron is active |
# | curves | mean ± standard deviation over seeds | the same, 10 seeds |

# %%
import matplotlib.pyplot as plt
import numpy as np

from cases import load
from closedness import Status, check, decide

for name in ("network-lu-10", "network-lu-100"):
    verdict = decide(load(name).product)
    assert verdict.status is Status.NOT_CLOSED
    assert check(verdict.certificate).verified
assert decide(load("network-full-50").product).status is Status.CLOSED

# %% [markdown]
# All seeds are trained side by side: the first axis of every array is the seed.

# %%
D, BATCH, STEPS, SEEDS = 6, 256, 20_000, 10
RECORDED = np.unique(np.round(np.logspace(0, np.log10(STEPS), 40)).astype(int))
goal = np.fliplr(np.eye(D))


def train(masks, decay, rate=0.1, momentum=0.9):
    """Relative loss, relative error of W2 W1, norm: shape (recorded steps, 3, seeds)."""
    draw = np.random.default_rng(0)
    free = np.ones((D, 1))
    shapes = [masks[0], free, masks[1], free]
    values = [mask * draw.uniform(-1, 1, (SEEDS, *mask.shape)) / np.sqrt(D) for mask in shapes]
    values[1] = np.abs(values[0]).sum(2, keepdims=True) + 1  # all neurons active at the start
    values[3] = np.zeros_like(values[3])
    speed = [np.zeros_like(value) for value in values]
    history = []
    for step in range(1, STEPS + 1):
        W1, b1, W2, b2 = values
        inputs = draw.uniform(-1, 1, (SEEDS, D, BATCH))
        hidden = W1 @ inputs + b1
        active = np.maximum(hidden, 0)
        residual = W2 @ active + b2 - goal @ inputs
        if step in RECORDED:
            loss = (residual**2).sum((1, 2)) / (inputs**2).sum((1, 2))
            error = np.linalg.norm(W2 @ W1 - goal, axis=(1, 2)) / np.linalg.norm(goal)
            history.append((loss, error, np.sqrt((W1**2).sum((1, 2)) + (W2**2).sum((1, 2)))))
        slope = 2 * residual / (BATCH * D)
        back = (W2.transpose(0, 2, 1) @ slope) * (hidden > 0)
        gradients = [back @ inputs.transpose(0, 2, 1), back.sum(2, keepdims=True)]
        gradients += [slope @ active.transpose(0, 2, 1), slope.sum(2, keepdims=True)]
        for index, (gradient, mask) in enumerate(zip(gradients, shapes, strict=True)):
            speed[index] = momentum * speed[index] + mask * gradient + decay * values[index]
            values[index] = values[index] - rate * speed[index]
    return np.array(history)


lower, full = np.tril(np.ones((D, D))), np.ones((D, D))
runs = {
    (name, decay): train(masks, decay)
    for name, masks in {"LU masks": (lower.T, lower), "full masks": (full, full)}.items()
    for decay in (0.0, 5e-4)
}

# %%
figure, axes = plt.subplots(1, 3, figsize=(12, 3.4))
styles = {("LU masks", 0.0): ("#D55E00", "-"), ("LU masks", 5e-4): ("#E69F00", "--")}
styles |= {("full masks", 0.0): ("#0072B2", "-."), ("full masks", 5e-4): ("#56B4E9", ":")}
for key, history in runs.items():
    colour, style = styles[key]
    for index, ax in enumerate(axes):
        mean, spread = history[:, index].mean(1), history[:, index].std(1)
        ax.loglog(RECORDED, mean, style, color=colour, label=f"{key[0]}, decay {key[1]:g}")
        ax.fill_between(
            RECORDED, np.maximum(mean - spread, mean / 10), mean + spread, color=colour, alpha=0.2
        )
for ax, title in zip(
    axes, ("relative loss", "relative error of $W_2W_1$", "norm of the weights"), strict=True
):
    ax.set_title(title)
    ax.set_xlabel("step")
axes[0].set_ylim(1e-7, 10)
axes[1].set_ylim(1e-4, 3)
axes[2].legend(fontsize=7, loc="upper left")
figure.tight_layout()

# %% [markdown]
# Behind the LU masks the weights keep growing. Weight decay stops the growth, and the loss with it:
# with the penalty an optimum exists, but it is not at error 0. With full masks the optimum is
# reached and the weights stay as they are.

# %%
first, last = np.searchsorted(RECORDED, 2000), -1
growth = {key: history[last, 2] / history[first, 2] for key, history in runs.items()}
for (name, decay), history in runs.items():
    loss, error, norm = np.median(history[last], axis=1)
    grown = np.median(growth[name, decay])
    print(
        f"{name}, decay {decay:g}: loss {loss:.1e}, error {error:.1e}, norm {norm:.1f}, × "
        f"{grown:.2f} since 2000"
    )

assert growth["LU masks", 0.0].min() > 1.2
assert np.median(growth["LU masks", 5e-4]) < 1.05
assert growth["full masks", 0.0].max() < 1.1
assert runs["LU masks", 0.0][last, 2].min() > 1.5 * runs["LU masks", 5e-4][last, 2].max()
assert np.median(runs["LU masks", 0.0][last, 0]) < 0.3 * np.median(runs["LU masks", 5e-4][last, 0])
assert runs["full masks", 0.0][last, 0].max() < 1e-5
assert runs["LU masks", 0.0][last, 0].min() > 1e-3

# %% [markdown]
# ## Why the loss falls so slowly
#
# Near the target the LU products have the error $t$ only if a pivot is $t$ and an entry is $-1/t$;
# balanced between the factors, entries grow like $p=t^{-1/2}$. While all neurons are active,
# gradient descent on the loss $t^2=p^{-4}$ moves $p$ by $\dot p\sim p^{-5}$. So
# $$p\sim(\text{steps})^{1/6},\qquad t\sim(\text{steps})^{-1/3},\qquad
# \text{loss}\sim(\text{steps})^{-2/3}:$$ a thousand times as many steps for each factor ten in the
# error. This is what the runs do, as soon as they are past the plateaus, where a pair of
# coordinates waits for a change of sign (a spurious valley, notebook 4).

# %%
lu = runs["LU masks", 0.0]
past = lu[first, 1] < 0.2  # the seeds that are past all plateaus at step 2000
print(
    f"{past.sum()} of {SEEDS} seeds are past the plateaus at step 2000, "
    f"{(lu[last, 1] < 0.2).sum()} at the end"
)
assert past.sum() >= 3
logs = np.log(RECORDED[first:])
exponent = {
    index: np.polyfit(logs, np.log(lu[first:, index][:, past]).mean(1), 1)[0] for index in (1, 2)
}
print(
    f"error ~ steps^{exponent[1]:.2f} (expected −1/3), norm ~ steps^{exponent[2]:.2f} "
    "(expected 1/6)"
)
assert -0.43 < exponent[1] < -0.23
assert 0.11 < exponent[2] < 0.22

figure, axes = plt.subplots(figsize=(5.5, 3.4))
for seed in range(SEEDS):
    axes.loglog(lu[:, 2, seed], lu[:, 1, seed], color="#D55E00", lw=0.9, alpha=0.7)
sizes = np.array([6.0, 16.0])
axes.loglog(sizes, 3.5 * sizes**-2.0 * 2.2, "k--", lw=1, label="error ∝ norm$^{-2}$")
axes.set_xlabel("norm of the weights")
axes.set_ylabel("relative error of $W_2W_1$")
axes.legend()
figure.tight_layout()

# %% [markdown]
# ## Theorem IV: one output
#
# With one hidden layer and output dimension one an optimum always exists. The sets of products
# agree: rows with free entries.

# %%
for seed in (1, 2, 3):
    assert decide(load(f"network-scalar-{seed}").product).status is Status.CLOSED

# %% [markdown]
# ## The converse is false
#
# A dense network with one input, two hidden neurons and two outputs has full masks, so its set of
# products is closed. On three data points it has no optimum all the same; the exact argument is in
# `cases/comparisons.py`.

# %%
from cases.comparisons import dense_network

found = dense_network()
assert found.outside
assert found.passed
for step in found.steps:
    print("*", step)
