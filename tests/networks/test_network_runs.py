"""The command about networks, and runs that are explained."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from closedness.errors import InputError
from closedness.networks import assess_network
from closedness.networks.kinks import LineData
from closedness.networks.runs import explain_run

DENSE = [[1, 1], [1, 1]]
X = np.array([[-2.0], [-1], [0], [1], [2]])
Y = np.array([[0.0, 0], [0, 0], [1, 0], [2, 1], [2, 2]])


def on_the_way(*times: str, masks: Any = ([[1], [1]], DENSE)) -> list[Any]:
    """The weights of the curve of a certificate at these times, as a log."""
    data = assess_network(masks, "relu").data
    assert isinstance(data, LineData)
    log = []
    for t in map(Fraction, times):
        entry = []
        for mask, weights, biases in zip(masks, data.weights(t), data.biases(t), strict=True):
            matrix, vector = np.zeros(np.shape(mask)), np.zeros(len(mask))
            for cell, value in weights.items():
                matrix[cell] = float(value)
            for i, value in biases.items():
                vector[i] = float(value)
            entry.append((matrix, vector))
        log.append(entry)
    return log


def test_the_pair_of_a_run_without_optimum_is_named() -> None:
    run = explain_run(on_the_way("1/4", "1/8", "1/16", "1/32"), data=(X, Y))
    assert run.grows
    assert run.losses[0] > run.losses[-1]
    (pair,) = run.pairs
    assert (pair.layer, pair.first, pair.second) == (0, 0, 1)
    assert pair.angles[0] > pair.angles[1]
    assert [o for o, *_ in pair.outputs] == [0]
    assert np.allclose(pair.makes[0], Y[:, 0], atol=0.1)
    text = str(run)
    assert "hidden neurons 0 and 1 of layer 0 become one" in text
    assert "grow with opposite signs to output 0" in text
    assert "chase a target" in text


def test_neurons_of_stars_are_no_pairs() -> None:
    masks = [[[1]] * 4, [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1]]]
    run = explain_run(on_the_way("1/4", "1/8", "1/16", "1/32", masks=masks))
    assert [(pair.first, pair.second) for pair in run.pairs] == [(0, 1)]


def test_a_run_that_ends_is_not_explained() -> None:
    log = on_the_way("1/8", "1/8", "1/8")
    run = explain_run(log)
    assert not run.grows
    assert run.pairs == ()
    assert "no two hidden neurons" in str(run)


@pytest.mark.parametrize(
    ("log", "data", "message"),
    [
        ([], None, "0 entries"),
        ([[np.ones((2, 1))]] * 2, None, "1 layers"),
        ([[np.ones((2, 1)), np.ones((2, 3))]] * 2, None, "do not fit"),
        ([[np.ones((2, 1)), np.full((2, 2), np.nan)]] * 2, None, "not finite"),
        ([["a", "b"]] * 2, None, "no sequence of layers"),
        ([[np.ones((2, 1)), np.ones((2, 2))], [np.ones((3, 1)), np.ones((2, 3))]], None, "of the shapes"),
        ([[np.ones((2, 1)), np.ones((2, 2))]] * 2, (X, Y[:3]), "data has shapes"),
    ],
)
def test_bad_logs(log: Any, data: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        explain_run(log, data=data)
    assert "\n" not in str(caught.value)


def stored(path: Path, entry: Any) -> Path:
    arrays = {}
    for number, (matrix, vector) in enumerate(entry):
        arrays |= {f"fc{number}.weight": matrix, f"fc{number}.bias": vector}
    np.savez(path, **arrays)
    return path


def test_the_command(cli: Callable[..., Any], tmp_path: Path) -> None:
    full = [(np.ones((2, 1)), np.zeros(2)), (np.ones((2, 2)), np.zeros(2))]
    model = stored(tmp_path / "model.npz", full)
    data, certificate = tmp_path / "data.npz", tmp_path / "out.json"
    np.savez(data, X=X, Y=Y)
    runs = [stored(tmp_path / f"{n}.npz", entry) for n, entry in enumerate(on_the_way("1/4", "1/8", "1/16", "1/32"))]
    every = cli("network", model)
    assert every.code == 0
    assert "no optimum for some data set" in every.out
    assert "to change: drop" in every.out
    arguments = [part for path in runs for part in ("--run", path)]
    found = cli("network", model, "--data", data, "--certificate", certificate, *arguments)
    assert found.code == 0
    assert "training has no optimum on these data" in found.out
    assert "become one" in found.out
    assert cli("check", certificate).code == 0
    value = json.loads(cli("network", model, "--data", data, *arguments, "--json").out)
    assert (value["optimum"], value["theorem"], value["layers"]) == ("not_attained", "relu-kinks", ["fc0", "fc1"])
    assert value["run"]["pairs"][0]["outputs"][0][0] == 0
    linear = cli("network", model, "--activation", "linear", "--data", data)
    assert linear.code == 0
    few = tmp_path / "few.npz"
    np.savez(few, inputs=X[:3], targets=Y[:3])
    assert "training has an optimum on these data" in cli("network", model, "--data", few).out


def test_bad_input(cli: Callable[..., Any], tmp_path: Path) -> None:
    model = stored(tmp_path / "model.npz", [(np.ones((2, 1)), np.zeros(2)), (np.ones((2, 2)), np.zeros(2))])
    other = tmp_path / "other.npz"
    np.savez(other, a=X)
    for arguments, message in [
        (("--data", other), "no arrays X and Y"),
        (("--run", other), "no weights of layer"),
        (("--activation", "tanh"), "activation is 'tanh'"),
        (("--layer", "nobody"), "--layer 'nobody'"),
    ]:
        found = cli("network", model, *arguments)
        assert found.code == 2
        assert message in found.err
        assert found.err.count("\n") == 1
    problem = tmp_path / "lu.txt"
    problem.write_text("10\n11\n\n11\n01\n")
    assert cli("network", problem).code == 0


def test_the_report_about_layers_speaks_of_training(cli: Callable[..., Any], tmp_path: Path) -> None:
    model = stored(tmp_path / "model.npz", [(np.tri(3).T, np.zeros(3)), (np.tri(3), np.zeros(3))])
    page = tmp_path / "page.html"
    assert cli("report", model, "--layer", "fc0", "--output", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert "Training a network of these layers" in text
    assert "With ReLU between the layers and biases, training has no optimum for some data set" in text
    assert "To change this, drop 3 of 12 mask entries" in text
    assert "layer 2: (0, 0)" in text
    assert "Without activation and biases, training has no optimum" in text
