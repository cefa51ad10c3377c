"""The scan of models: what is read, what is asked, what is answered, kept and taken up again."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import closedness.networks.scan as scanning
from closedness import Status, SupportProduct, check
from closedness.certificate import Certificate
from closedness.errors import FormatError, InputError
from closedness.files.model_files import read_models
from closedness.files.models import Model, chosen_layers, layers_of_arrays
from closedness.networks.repairs import entries_to_drop
from closedness.networks.scan import Finding, Item, items_of, runs_of, scan
from tests.conftest import Outcome

LOWER, UPPER, DENSE = np.tri(2), np.tri(2).T, np.ones((2, 2))
Cli = Callable[..., Outcome]


def names(path: Path) -> list[list[str]]:
    return [[layer.name for layer in model.layers if layer.support is not None] for model in read_models(path)]


# -------------------------------------------------------------------- layers


def test_a_pruning_mask_is_the_support_whatever_the_weights_are() -> None:
    found = layers_of_arrays({"a.weight_orig": np.zeros((2, 2)), "a.weight_mask": LOWER}, state_dict=True)
    assert [layer.name for layer in found] == ["a"]
    assert found[0].support is not None
    assert np.array_equal(found[0].support.to_dense(), LOWER)
    assert found[0].note == "pruning mask"


def test_weights_are_a_support_where_they_are_not_zero() -> None:
    (layer,) = layers_of_arrays({"fc": np.array([[0.0, -1e-30], [float("3"), 0.0]])})
    assert layer.support is not None
    assert layer.support.rows == ((1,), (0,))


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"c.weight": np.ones((3, 3, 3, 3))}, "convolution or other tensor of 4 dimensions"),
        ({"a.weight": np.array([[np.nan, 1]])}, "not finite"),
        ({"a.weight_orig": DENSE, "a.weight_mask": np.ones((2, 3))}, r"its mask has shape \(2, 3\)"),
        ({"a.weight_orig": DENSE, "a.weight_mask": 2 * DENSE}, "other than 0 and 1"),
        ({"a.weight": np.ones((0, 3))}, "no entries"),
    ],
)
def test_what_stands_between_layers_breaks_the_run(arrays: dict[str, Any], reason: str) -> None:
    found = layers_of_arrays({"x.weight": DENSE, **arrays, "y.weight": DENSE}, state_dict=True)
    middle = found[1]
    assert middle.support is None
    assert re.search(reason, middle.note)
    runs, breaks = runs_of(Model("m", found))
    assert [len(run) for run in runs] == [1, 1]
    assert breaks == [f"{middle.name} stands between x and y"]


def test_biases_and_normalisation_do_not_break_a_run() -> None:
    vector = np.ones(2)
    arrays = {"a.weight": DENSE, "a.bias": vector, "bn.weight": vector, "bn.steps": np.array(3), "b.weight": DENSE}
    runs, breaks = runs_of(Model("m", layers_of_arrays(arrays, state_dict=True)))
    assert [[layer.name for layer in run] for run in runs] == [["a", "b"]]
    assert not breaks


def test_sizes_that_do_not_chain_break_a_run() -> None:
    model = Model("m", layers_of_arrays({"a": np.ones((3, 2)), "b": np.ones((2, 4)), "c": np.ones((1, 2))}))
    runs, breaks = runs_of(model)
    assert [[layer.name for layer in run] for run in runs] == [["a"], ["b", "c"]]
    assert breaks == ["a has 3 outputs, b takes 4 inputs"]


def test_matrices_with_other_names_are_no_layers_of_a_state_dict() -> None:
    found = layers_of_arrays({"pos": DENSE, "a.weight": DENSE}, state_dict=True)
    assert [layer.support is None for layer in found] == [True, False]
    assert "does not end in weight" in found[0].note


def test_last_layer_first_in_the_product() -> None:
    (item,) = items_of([Model("m", layers_of_arrays({"a": np.ones((3, 5)), "b": np.ones((2, 3))}))])
    assert (item.product.shape, item.product.inner, item.kind) == ((2, 5), (3,), "pair")


def test_chosen_layers() -> None:
    models = [Model("m", layers_of_arrays({"a": LOWER, "b": UPPER, "v": np.ones(2)}))]
    assert [layer.name for layer in chosen_layers(models, ["b", "a"]).layers] == ["b", "a"]
    with pytest.raises(InputError, match="0 layers have this name; there are a, b"):
        chosen_layers(models, ["q"])
    with pytest.raises(InputError, match="not a matrix"):
        chosen_layers(models, ["v"])


# -------------------------------------------------------------------- files


def test_a_folder_of_masks_is_one_model_in_natural_order(tmp_path: Path) -> None:
    np.save(tmp_path / "layer10.npy", LOWER)
    np.save(tmp_path / "layer2.npy", UPPER)
    sp.save_npz(tmp_path / "layer9.npz", sp.csr_array(UPPER))
    np.savez(tmp_path / "layer11.npz", DENSE)
    (tmp_path / "notes.md").write_text("not a mask")
    assert names(tmp_path) == [["layer2", "layer9", "layer10", "layer11"]]


def test_models_and_problems_of_a_folder_stay_apart(tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", fc1=UPPER, fc2=LOWER)
    np.savez(tmp_path / "pair.npz", I=LOWER, J=LOWER)
    (tmp_path / "lu.txt").write_text("x.\nxx\n\nxx\n.x\n")
    items = items_of(read_models(tmp_path))
    assert sorted((item.kind, item.model) for item in items) == [
        ("pair", "net.npz"),
        ("problem", "lu.txt"),
        ("problem", "pair.npz"),
    ]
    assert len({item.product for item in items}) == 1


def test_stored_zeros_of_sparse_matrices_are_no_cells(tmp_path: Path) -> None:
    sp.save_npz(tmp_path / "a.npz", sp.csr_array((np.array([1.5, 0.0]), ([0, 1], [0, 1])), shape=(2, 2)))
    (model,) = read_models(tmp_path / "a.npz")
    assert model.layers[0].support is not None
    assert model.layers[0].support.rows == ((0,), ())


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.npz", b"PK broken", "not a complete .npz file"),
        ("a.npy", b"\x93NUMPY", "not a numpy array"),
        ("a.txt", b"q", "entry"),
        ("a.csv", b"1,nan", "not a number"),
        ("a.xyz", b"1,0", r"ending '.xyz'; scan reads .npz, .npy, .json, .txt, .csv, .*safetensors"),
    ],
)
def test_unreadable_files(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FormatError, match=message):
        read_models(tmp_path / name)


def test_nothing_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="holds no file that ends in"):
        read_models(tmp_path)
    np.save(tmp_path / "v.npy", np.ones(3))
    with pytest.raises(FormatError, match=r"no matrix that can be looked at; v: vector"):
        read_models(tmp_path / "v.npy")
    with pytest.raises(FormatError, match="no such file"):
        read_models(tmp_path / "missing.npz")


def test_pickles_are_not_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[{}]], dtype=object), allow_pickle=True)
    with pytest.raises(FormatError, match="never loaded"):
        read_models(tmp_path / "a.npy")


@pytest.mark.parametrize(("name", "package"), [("a.pt", "torch"), ("a.safetensors", "safetensors")])
def test_missing_extras_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, package: str, cli: Cli
) -> None:
    (tmp_path / name).write_bytes(b"")
    monkeypatch.setitem(sys.modules, package, None)
    found = cli("scan", tmp_path / name)
    assert found.code == 2
    assert found.err.strip().endswith(f"needs the package {package}: pip install closedness[torch]")
    assert found.err.count("\n") == 1


@pytest.mark.torch
def test_state_dicts_of_torch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from torch.nn.utils import prune

    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 2, 3), torch.nn.Flatten(), torch.nn.Linear(8, 6), torch.nn.ReLU(), torch.nn.Linear(6, 4)
    ).to(torch.bfloat16)
    prune.random_unstructured(net[2], "weight", amount=0.5)
    torch.save({"state_dict": net.state_dict(), "epoch": 3}, tmp_path / "net.pt")
    (model,) = read_models(tmp_path / "net.pt")
    found = {layer.name: layer for layer in model.layers}
    assert found["0"].support is None
    assert found["2"].support is not None
    assert np.array_equal(found["2"].support.to_dense(), net[2].weight_mask.float().numpy())
    assert [item.layers for item in items_of([model])] == [("2", "4")]
    torch.save(net, tmp_path / "whole.pt")
    with pytest.raises(FormatError, match=r"save model.state_dict\(\)"):
        read_models(tmp_path / "whole.pt")
    (tmp_path / "broken.pth").write_bytes(b"PK broken")
    with pytest.raises(FormatError, match=r"holds more than tensors, such as a whole module .* or is damaged"):
        read_models(tmp_path / "broken.pth")


def test_safetensors(tmp_path: Path) -> None:
    stored = pytest.importorskip("safetensors.numpy")
    stored.save_file({"fc10.weight": LOWER, "fc9.weight": UPPER}, tmp_path / "net.safetensors")
    assert names(tmp_path / "net.safetensors") == [["fc9", "fc10"]]
    (tmp_path / "bad.safetensors").write_bytes(b"nothing")
    with pytest.raises(FormatError, match="not a safetensors file"):
        read_models(tmp_path / "bad.safetensors")


# -------------------------------------------------------------------- answers


def network() -> list[Item]:
    arrays = {"a": UPPER, "b": LOWER, "c": np.eye(2), "d": UPPER, "e": LOWER}
    return items_of([Model("m", layers_of_arrays(arrays))])


@pytest.mark.parametrize("threads", [0, 2])
def test_verdicts_and_what_follows_for_training(threads: int) -> None:
    executor = ThreadPoolExecutor(threads) if threads else None
    findings = {finding.item.name: finding for finding in scan(network(), executor=executor, workers=2)}
    assert {name: finding.status for name, finding in findings.items()} == {
        "a → b": Status.NOT_CLOSED,
        "b → c": Status.CLOSED,
        "c → d": Status.CLOSED,
        "d → e": Status.NOT_CLOSED,
        "a → b → … → e": Status.CLOSED,  # upper, lower, diagonal, upper, lower: every matrix
    }
    assert findings["a → b"].optimum == "not_always"
    assert findings["d → e"].reused != findings["a → b"].reused  # the same question is decided once
    for finding in findings.values():
        assert finding.certificate is not None
        assert check(Certificate.from_json(finding.certificate)).verified


def test_what_is_not_begun_in_time_is_undecided() -> None:
    findings = list(scan(network(), total=0.0))
    assert {finding.status for finding in findings} == {Status.UNDECIDED}
    assert all("not begun" in finding.reason for finding in findings)


# -------------------------------------------------------------------- command line


@pytest.fixture
def stored_net(tmp_path: Path) -> Path:
    path = tmp_path / "net.npz"
    linear = {"fc1.weight": UPPER, "fc2.weight": LOWER, "fc3.weight": LOWER}
    np.savez(path, **{"conv.weight": np.ones((2, 2, 3, 3)), **linear})
    return path


def test_the_table(cli: Cli, stored_net: Path) -> None:
    found = cli("scan", stored_net)
    assert found.code == 0
    for part in ("fc1 → fc2", "NOT CLOSED", "CLOSED", "convolution", "75.00%", "relu-not-closed"):
        assert part in found.out
    assert not found.err  # no bar where nobody watches


def test_json(cli: Cli, stored_net: Path) -> None:
    found = cli("scan", stored_net, "--json", "--activation", "linear", "--pairs")
    value = json.loads(found.out)
    assert (found.code, value["asked"]) == (0, 2)
    assert [item["status"] for item in value["items"]] == ["not_closed", "closed"]
    assert value["items"][0]["theorem"] == "linear-full-rank"
    assert value["layers"][0] == {
        "model": "net.npz",
        "name": "conv",
        "shape": [2, 2, 3, 3],
        "nonzeros": None,
        "note": "convolution or other tensor of 4 dimensions, not a matrix: skipped",
    }


def test_layers_in_another_order(cli: Cli, stored_net: Path) -> None:
    value = json.loads(cli("scan", stored_net, "--json", "--layer", "fc2", "--layer", "fc1").out)
    assert [item["layers"] for item in value["items"]] == [["fc2", "fc1"]]


def test_undecided_ends_with_4(cli: Cli, stored_net: Path) -> None:
    assert cli("scan", stored_net, "--total", "0").code == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["--jobs", "0"], "--jobs is 0"), (["--seconds", "-1"], "--seconds is -1"), (["--layer", "q"], "--layer 'q'")],
)
def test_bad_arguments(cli: Cli, stored_net: Path, arguments: list[str], message: str) -> None:
    found = cli("scan", stored_net, *arguments)
    assert found.code == 2
    assert message in found.err
    assert not found.out


def test_worker_processes(cli: Cli, stored_net: Path) -> None:
    value = json.loads(cli("scan", stored_net, "--json", "--jobs", "2").out)
    assert len(value["items"]) == value["asked"] == 3


def test_an_interrupted_scan_shows_what_is_done_and_goes_on(
    cli: Cli, stored_net: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = scanning.answer, []

    def answer(item: Item, *rest: Any) -> Finding:
        asked.append(item.name)
        if len(asked) == 2:
            return Finding(item, Status.UNDECIDED, "interrupted", 0.0)  # what decide makes of Ctrl-C
        return real(item, *rest)

    monkeypatch.setattr(scanning, "answer", answer)
    out = tmp_path / "kept.json"
    first = cli("scan", stored_net, "--out", out, "--json")
    assert first.code == 130
    assert [item["layers"] for item in json.loads(first.out)["items"]] == [["fc1", "fc2"]]
    assert "interrupted after 1 of 3" in first.err
    second = cli("scan", stored_net, "--out", out, "--json")
    assert second.code == 0
    assert [item["reused"] for item in json.loads(second.out)["items"]] == [True, False, False]
    assert asked.count("fc1 → fc2") == 1
    third = cli("scan", stored_net, "--out", out, "--json")
    assert all(item["reused"] for item in json.loads(third.out)["items"])
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda value: value.update(format="x"), "no stored scan"),
        (lambda value: value["items"][0].pop("reason"), "no complete stored scan"),
        (lambda value: value["items"][0].update(status="closed"), "is rejected"),
        (lambda value: value["items"][0]["certificate"]["proof"][-1].update(target=[]), "is rejected"),
        (lambda value: value["items"][0].update(optimum="always"), "cannot be"),
    ],
)
def test_damaged_stores_are_refused(
    cli: Cli, stored_net: Path, tmp_path: Path, damage: Callable[[Any], Any], message: str
) -> None:
    out = tmp_path / "kept.json"
    cli("scan", stored_net, "--out", out)
    value = json.loads(out.read_text())
    damage(value)
    out.write_text(json.dumps(value))
    found = cli("scan", stored_net, "--out", out)
    assert found.code == 2
    assert message in found.err
    assert not found.out


def test_a_model_of_real_size(cli: Cli, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    sizes = (784, 300, 100)
    for number, (n, m) in enumerate(pairwise(sizes)):
        sp.save_npz(tmp_path / f"fc{number}.npz", sp.random_array((m, n), density=0.05, rng=rng, format="csr"))
    (item,) = json.loads(cli("scan", tmp_path, "--json").out)["items"]
    assert (item["status"], item["shape"], item["inner"]) == ("not_closed", [100, 784], [300])


def test_products_of_problem_files_are_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x.\nxx\n\nxx\n.x\n")
    (item,) = items_of(read_models(tmp_path))
    assert item.product == SupportProduct([LOWER, UPPER])


def test_what_to_change_is_said(cli: Callable[..., Outcome], tmp_path: Path) -> None:
    """A dense pair before two outputs: with one entry for each hidden neuron the second scan is content."""
    file = tmp_path / "net.npz"
    np.savez(file, a=np.ones((3, 2)), b=np.ones((2, 3)))
    found = cli("scan", file)
    assert "drop 3 of 12 mask entries, so that each hidden neuron feeds one output" in found.out
    second = np.ones((2, 3))
    for o, k in entries_to_drop([np.ones((3, 2)), second])[1]:
        second[o, k] = 0
    np.savez(file, a=np.ones((3, 2)), b=second)
    item = json.loads(cli("scan", file, "--json").out)["items"][0]
    assert (item["optimum"], item["advice"]) == ("always", "")
