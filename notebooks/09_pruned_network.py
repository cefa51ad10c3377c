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
# # 9. A pruned network that cannot be trained to its optimum
#
# Two networks $x\mapsto W_2\,\mathrm{ReLU}(W_1x+b_1)+b_2$ are pruned to the same number of weights,
# layer by layer. In the first one hidden neuron $k$ reads the inputs $k, \dots, d$ and feeds the
# outputs $k, \dots, d$; in the second it reads the inputs $1, \dots, k$ (causal masks). `closedness
# scan` tells them apart before any training.

# %%
import subprocess
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import least_squares

from closedness.files.model_files import read_models
from closedness.networks.assess import Optimum, assess_network
from closedness.networks.scan import items_of, scan

D = 3
LOWER = np.tri(D)
MASKS = {"flagged": (LOWER.T, LOWER), "causal": (LOWER, LOWER)}
assert {masks[0].sum() + masks[1].sum() for masks in MASKS.values()} == {D * (D + 1)}

folder = Path(tempfile.mkdtemp())
for name, masks in MASKS.items():
    weights = np.random.default_rng(0).normal(size=(2, D, D))
    arrays = {}
    for layer, mask in enumerate(masks):  # the names that torch.nn.utils.prune writes
        arrays[f"fc{layer + 1}.weight_orig"] = weights[layer]
        arrays[f"fc{layer + 1}.weight_mask"] = mask
        arrays[f"fc{layer + 1}.bias"] = np.zeros(D)
    np.savez(folder / f"{name}.npz", **arrays)

for name in MASKS:
    run = subprocess.run(
        [sys.executable, "-m", "closedness", "scan", str(folder / f"{name}.npz")],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    print(run.stdout)

# %% [markdown]
# The same from Python.

# %%
verdicts = {}
for name in MASKS:
    (finding,) = scan(items_of(read_models(folder / f"{name}.npz")))
    verdicts[name] = finding.status.value
    print(name, "→", finding.status.value, "because", finding.reason)
assert verdicts == {"flagged": "not_closed", "causal": "closed"}

# %% [markdown]
# ## Training
#
# The task: reverse the order of the inputs, on 64 fixed points. For the flagged masks the reversal
# is a limit of products $W_2W_1$ and no product. First plain gradient descent with momentum, three
# random starts.

# %%
POINTS = np.random.default_rng(1).uniform(-1, 1, (D, 64))
GOAL = POINTS[::-1]
STEPS, EVERY, RATE, MOMENTUM = 8000, 100, 0.02, 0.9


def start(masks, seed):
    """Random weights; first biases such that all hidden neurons are active."""
    rng = np.random.default_rng(seed)
    first, second = (mask * rng.uniform(-1, 1, mask.shape) / np.sqrt(D) for mask in masks)
    return [first, np.abs(first).sum(1, keepdims=True) + 0.5, second, np.zeros((D, 1))]


def residual_and_gradients(values):
    W1, b1, W2, b2 = values
    hidden = W1 @ POINTS + b1
    active = np.maximum(hidden, 0)
    residual = W2 @ active + b2 - GOAL
    slope = 2 * residual / POINTS.shape[1]
    back = (W2.T @ slope) * (hidden > 0)
    return residual, [
        back @ POINTS.T,
        back.sum(1, keepdims=True),
        slope @ active.T,
        slope.sum(1, keepdims=True),
    ]


def train(masks, seed):
    """Relative loss and norm of the weights every EVERY steps."""
    values = start(masks, seed)
    speed = [np.zeros_like(value) for value in values]
    free = (masks[0], 1.0, masks[1], 1.0)
    history = []
    for step in range(STEPS + 1):
        residual, gradients = residual_and_gradients(values)
        if step % EVERY == 0:
            size = np.sqrt((values[0] ** 2).sum() + (values[2] ** 2).sum())
            history.append(((residual**2).sum() / (GOAL**2).sum(), size))
        for index, (gradient, mask) in enumerate(zip(gradients, free, strict=True)):
            speed[index] = MOMENTUM * speed[index] + mask * gradient
            values[index] = values[index] - RATE * speed[index]
    return np.array(history)


histories = {
    name: np.array([train(masks, seed) for seed in range(3)]) for name, masks in MASKS.items()
}

# %%
figure, axes = plt.subplots(1, 2, figsize=(9, 3.4))
steps = np.arange(0, STEPS + 1, EVERY)
for name, history in histories.items():
    for index, ax in enumerate(axes):
        for number, line in enumerate(history[:, :, index]):
            color = "tab:red" if name == "flagged" else "tab:blue"
            ax.plot(steps, line, color=color, label=name if number == 0 else None)
for ax, title in zip(axes, ("relative loss", "norm of the weights"), strict=True):
    ax.set_title(title)
    ax.set_xlabel("step")
axes[0].set_yscale("log")
axes[1].legend()
figure.tight_layout()

# %% [markdown]
# Behind the flagged masks the loss keeps falling and the weights keep growing; behind the causal
# masks, with as many weights, both settle. (The causal network cannot reverse its inputs, so its
# loss settles at a positive value: its optimum.)

# %%
middle = len(steps) // 2
growth = {name: history[:, -1, 1] / history[:, middle, 1] for name, history in histories.items()}
falling = {name: history[:, -1, 0] / history[:, middle, 0] for name, history in histories.items()}
for name in MASKS:
    print(f"{name}: in the second half the norm grew by factors {growth[name].round(4)}")
    print(f"{name}: and the loss went to fractions {falling[name].round(4)} of itself")
assert growth["flagged"].min() > 1.02
assert falling["flagged"].max() < 0.9
assert abs(growth["causal"] - 1).max() < 0.005
assert abs(falling["causal"] - 1).max() < 0.005

# %% [markdown]
# Gradient descent is slow on the way to infinity. A trust-region Gauss–Newton method on the same
# points comes further in fewer steps, with the same picture.


# %%
def unpack(masks, vector):
    values, place = [], 0
    for mask in (masks[0], np.ones((D, 1)), masks[1], np.ones((D, 1))):
        value = np.zeros(mask.shape)
        count = int(mask.sum())
        value[mask > 0] = vector[place : place + count]
        values.append(value)
        place += count
    return values


ends = {}
for name, masks in MASKS.items():
    kept = (masks[0], np.ones((D, 1)), masks[1], np.ones((D, 1)))
    begin = np.concatenate(
        [value[mask > 0] for value, mask in zip(start(masks, 0), kept, strict=True)]
    )
    for evaluations in (20, 60, 200):
        with np.errstate(all="ignore"):  # a diverging run may overflow inside the trust region step
            found = least_squares(
                lambda vector, masks=masks: residual_and_gradients(unpack(masks, vector))[
                    0
                ].ravel(),
                begin,
                max_nfev=evaluations,
                xtol=None,
                ftol=None,
                gtol=1e-15,
            )
        W1, _, W2, _ = unpack(masks, found.x)
        ends[name, evaluations] = (
            2 * found.cost / (GOAL**2).sum(),
            np.sqrt((W1**2).sum() + (W2**2).sum()),
        )
        loss, size = ends[name, evaluations]
        print(
            f"{name}, {evaluations} evaluations: relative loss {loss:.3g}, norm of the "
            f"weights {size:.4g}"
        )
assert ends["flagged", 200][1] > 1.5 * ends["flagged", 20][1]
assert ends["flagged", 200][0] < ends["flagged", 20][0] / 5
assert ends["causal", 200][1] < 1.01 * ends["causal", 60][1]

# %% [markdown]
# ## Exactly
#
# That no parameters attain the infimum is a theorem about a finite data set, which `assess_network`
# constructs, with a curve of parameters. The loss along it is computed in rational arithmetic.

# %%
found = assess_network(MASKS["flagged"], activation="relu")
losses = [found.data.loss(Fraction(1, 10**k)) for k in (1, 2, 3)]
print(found)
print(
    found.data.count,
    "points; loss at t = 1/10, 1/100, 1/1000:",
    *(f"{float(loss):.3g}" for loss in losses),
)
assert found.optimum is Optimum.NOT_ALWAYS
assert losses[0] > losses[1] > losses[2] > 0
assert losses[2] < losses[0] / 1000
assert (
    assess_network(MASKS["causal"]).optimum is Optimum.ALWAYS
)  # without activation: every lower triangular matrix

# %% [markdown]
# ## With PyTorch
#
# The same with a pruned module, its state dict on disk and `torch.optim`. This part runs where the
# optional package `torch` is installed.

# %%
try:
    import torch
    from torch.nn.utils import prune
except ImportError:
    torch = None
    print("torch is not installed: pip install closedness[torch]")

if torch is not None:
    torch.set_num_threads(1)
    growth_torch = {}
    for name, masks in MASKS.items():
        torch.manual_seed(0)
        net = torch.nn.Sequential(
            torch.nn.Linear(D, D), torch.nn.ReLU(), torch.nn.Linear(D, D)
        ).double()
        for layer, mask, value in zip((net[0], net[2]), masks, start(masks, 0)[::2], strict=True):
            layer.weight.data = torch.tensor(value)
            prune.custom_from_mask(layer, "weight", torch.tensor(mask))
        net[0].bias.data = torch.tensor(start(masks, 0)[1][:, 0])
        torch.save(net.state_dict(), folder / f"{name}.pt")
        (finding,) = scan(items_of(read_models(folder / f"{name}.pt")))
        assert finding.status.value == verdicts[name]
        inputs, goal = torch.tensor(POINTS.T), torch.tensor(GOAL.T.copy())
        optimiser = torch.optim.SGD(net.parameters(), lr=RATE, momentum=MOMENTUM)
        norms = []
        for step in range(2001):
            optimiser.zero_grad()
            loss = ((net(inputs) - goal) ** 2).sum(1).mean()
            loss.backward()
            optimiser.step()
            if step in (1000, 2000):
                norms.append(
                    sum(float((layer.weight.detach() ** 2).sum()) for layer in (net[0], net[2]))
                    ** 0.5
                )
        growth_torch[name] = norms[1] / norms[0]
        print(
            f"{name}, {finding.status.value}: the norm grew by a factor "
            f"{growth_torch[name]:.4f} in the second half"
        )
    assert growth_torch["flagged"] > 1.02
    assert abs(growth_torch["causal"] - 1) < 0.005
