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
# Train $x\mapsto W_2\,\mathrm{ReLU}(W_1x+b_1)+b_2$ with fixed masks of the weights. If an optimum exists for every
# finite data set, then the set of products $W_2W_1$ is closed ([arXiv:2306.02666](https://arxiv.org/abs/2306.02666)).
# So masks whose set is not closed have a data set on which training never ends: the loss falls while the weights
# grow.
#
# | | the paper | here |
# |---|---|---|
# | width | 100 | 8 |
# | inputs | uniform on $[-1,1]^d$ | the same |
# | target | exchange matrix × input | the same |
# | optimiser | SGD, rate 0.1, momentum 0.9, batch 3000 | SGD, rate 0.02, momentum 0.9, batch 256 |
# | first biases | | large enough that every neuron is active |
# | weight decay | 0 against 5e-4 | the same |
# | seeds | mean ± standard deviation | 3 seeds |

# %%
import matplotlib.pyplot as plt
import numpy as np

from cases import load
from closedness import Status, decide

for name in ("network-lu-10", "network-lu-100"):
    assert decide(load(name).product).status is Status.NOT_CLOSED
assert decide(load("network-full-50").product).status is Status.CLOSED

# %%
D, BATCH, STEPS, EVERY = 8, 256, 12000, 200
START = 0.5


def train(masks, decay, seed, rate=0.02, momentum=0.9):
    """Relative loss, relative error of W2 W1 and norm of the weights every EVERY steps."""
    rng = np.random.default_rng(seed)
    goal = np.fliplr(np.eye(D))
    free = np.ones((D, 1))
    shapes = [masks[0], free, masks[1], free]
    values = [mask * rng.uniform(-1, 1, mask.shape) / D for mask in shapes]
    values[1] = np.abs(values[0]).sum(1, keepdims=True) + START  # all neurons active at the start
    speed = [np.zeros_like(value) for value in values]
    history = []
    for step in range(STEPS + 1):
        W1, b1, W2, b2 = values
        inputs = rng.uniform(-1, 1, (D, BATCH))
        hidden = W1 @ inputs + b1
        active = np.maximum(hidden, 0)
        residual = W2 @ active + b2 - goal @ inputs
        if step % EVERY == 0:
            size = np.sqrt((W1**2).sum() + (W2**2).sum())
            error = np.linalg.norm(W2 @ W1 - goal) / np.linalg.norm(goal)
            history.append(((residual**2).sum() / (inputs**2).sum(), error, size))
        slope = 2 * residual / BATCH
        back = (W2.T @ slope) * (hidden > 0)
        gradients = [back @ inputs.T, back.sum(1, keepdims=True), slope @ active.T, slope.sum(1, keepdims=True)]
        for index, (gradient, mask) in enumerate(zip(gradients, shapes, strict=True)):
            speed[index] = momentum * speed[index] + mask * gradient + decay * values[index]
            values[index] = values[index] - rate * speed[index]
    return np.array(history)


lower = np.tril(np.ones((D, D)))
full = np.ones((D, D))
runs = {}
for name, masks in {"LU masks": (lower.T, lower), "full masks": (full, full)}.items():
    for decay in (0.0, 5e-4):
        runs[name, decay] = np.array([train(masks, decay, seed) for seed in range(3)])

# %%
figure, axes = plt.subplots(1, 3, figsize=(12, 3.4))
steps = np.arange(0, STEPS + 1, EVERY)
for (name, decay), history in runs.items():
    style = "-" if decay == 0 else "--"
    for index, ax in enumerate(axes):
        mean, spread = history[:, :, index].mean(0), history[:, :, index].std(0)
        (line,) = ax.plot(steps, mean, style, label=f"{name}, decay {decay:g}")
        ax.fill_between(steps, np.maximum(mean - spread, mean / 10), mean + spread, color=line.get_color(), alpha=0.2)
for ax, title in zip(axes, ("relative loss", "relative error of $W_2W_1$", "norm of the weights"), strict=True):
    ax.set_title(title)
    ax.set_xlabel("step")
axes[0].set_yscale("log")
axes[1].set_yscale("log")
axes[1].legend(fontsize=7, loc="center right")
figure.tight_layout()

# %% [markdown]
# Behind the LU masks the loss falls slowly and the weights keep growing; weight decay holds them down. With full
# masks the optimum is reached and the weights stay where they are.


# %%
def late_growth(history):
    """Ratio of the mean norms at the end and in the middle of training."""
    norms = history[:, :, 2].mean(0)
    return norms[-1] / norms[len(norms) // 2]


growth = {key: late_growth(history) for key, history in runs.items()}
final = {key: history[:, -1, 2].mean() for key, history in runs.items()}
for (name, decay), value in growth.items():
    print(f"{name}, decay {decay:g}: norm {final[name, decay]:.2f}, grown by a factor {value:.3f} in the second half")
assert growth["LU masks", 0.0] > 1.1
assert growth["full masks", 0.0] < 1.03
assert final["LU masks", 0.0] > 1.1 * final["LU masks", 5e-4]
assert runs["full masks", 0.0][:, -1, 0].max() < 1e-3
assert runs["LU masks", 0.0][:, -1, 0].min() > 1e-3

# %% [markdown]
# ## Theorem IV: one output
#
# With one hidden layer and output dimension one an optimum always exists. The sets of products agree: rows with free
# entries.

# %%
for seed in (1, 2, 3):
    assert decide(load(f"network-scalar-{seed}").product).status is Status.CLOSED

# %% [markdown]
# ## The converse is false
#
# A dense network with one input, two hidden neurons and two outputs has full masks, so its set of products is closed.
# On three data points it has no optimum all the same; the exact argument is in `cases/comparisons.py`.

# %%
from cases.comparisons import dense_network

found = dense_network()
assert found.outside
assert found.passed
for step in found.steps:
    print("*", step)
