"""Files of models as people have them: masks under many names, adapters, transformers; and the time a scan takes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from closedness import Status
from closedness.budget import Budget
from closedness.errors import FormatError, InputError
from closedness.files.masks import pair_masks
from closedness.files.model_files import read_arrays, read_models
from closedness.files.models import Model, layers_of_arrays, model_of_arrays
from closedness.networks.scan import Item, items_of, runs_of, scan
from closedness.networks.wiring import between, gated
from tests.conftest import Outcome

DATA = Path(__file__).parents[1] / "data" / "scan"
Cli = Callable[..., Outcome]
WEIGHT, MASK = np.arange(1.0, 7).reshape(2, 3), np.array([[1, 0, 1], [0, 1, 1]])


def torch() -> Any:
    return pytest.importorskip("torch")


def scanned(cli: Cli, *arguments: object) -> tuple[int, Any, str]:
    found = cli("scan", *arguments, "--json")
    return found.code, json.loads(found.out) if found.out else None, found.err


# -------------------------------------------------------------------- names of masks


@pytest.mark.parametrize(
    ("weight", "mask"),
    [
        ("fc.weight_orig", "fc.weight_mask"),
        ("fc.weight", "fc.weight_mask"),
        ("fc.weight", "fc.mask"),
        ("fc.weight", "fc.mask_weight"),
        ("fc.weight", "fc.weight.mask"),
        ("fc.weight", "masks.fc"),
        ("fc.weight", "masks.fc.weight"),
        ("fc.weight", "masks.fc.weight_mask"),
        ("fc.weight", "masks[0]"),
        ("fc.parametrizations.weight.original", "fc.parametrizations.weight.0.mask"),
        ("weight", "mask"),
    ],
)
@pytest.mark.parametrize("kind", [bool, np.uint8, np.float32])
def test_a_mask_is_found_under_its_names(weight: str, mask: str, kind: type) -> None:
    model = model_of_arrays("m", {mask: MASK.astype(kind), weight: WEIGHT, "fc.bias": np.ones(2)}, state_dict=True)
    (layer,) = [layer for layer in model.layers if layer.support is not None]
    assert layer.support is not None
    assert np.array_equal(layer.support.to_dense(), MASK)
    assert (layer.name, layer.note, model.doubts) == (weight.partition(".")[0], "pruning mask", ())


def test_an_entry_is_in_the_support_if_all_masks_allow_it() -> None:
    key = "fc.parametrizations.weight"
    arrays = {f"{key}.original": WEIGHT, f"{key}.0.mask": MASK, f"{key}.1.mask": 1 - MASK}
    (layer,) = layers_of_arrays(arrays, state_dict=True)
    assert layer.support is not None
    assert layer.support.nnz == 0


@pytest.mark.parametrize(
    ("arrays", "doubt"),
    [
        ({"pruner.mask_a": MASK}, "pruner.mask_a may be a mask"),
        ({"masks.flat": MASK.ravel()}, "masks.flat may be a mask"),
        ({"masks[0]": MASK.T}, "a list of 1 masks does not fit"),
        ({"masks[0]": MASK, "masks[1]": MASK}, "a list of 2 masks does not fit the 1 matrices"),
        ({"b.parametrizations.weight.original": WEIGHT}, "b.weight is computed by a parametrization"),
        ({"b.parametrizations.weight.original": WEIGHT, "b.parametrizations.weight.0.scale": MASK}, "computed with b"),
    ],
)
def test_what_may_be_a_mask_is_a_doubt_and_no_verdict(arrays: dict[str, Any], doubt: str) -> None:
    model = model_of_arrays("m", {"fc.weight": WEIGHT, **arrays}, state_dict=True)
    assert len(model.doubts) == 1
    assert doubt in model.doubts[0]
    assert items_of([model]) == []
    assert not model_of_arrays("m", {"fc.weight": WEIGHT, **arrays}, state_dict=True, as_stored=True).doubts


@pytest.mark.parametrize(
    "arrays",
    [
        {"attn.masked_bias": np.array(-1e4)},
        {"attn.mask": np.tri(5)[None, None]},
        {"mask_head.fc.weight": np.ones((3, 2))},
        {"fc.bias": np.ones(2), "fc.bias_mask": np.array([1, 0])},
        {"b.parametrizations.weight.original": WEIGHT, "b.parametrizations.weight.0._u": np.ones(2)},
        {"b.parametrizations.weight.original0": np.ones((2, 1)), "b.parametrizations.weight.original1": WEIGHT},
    ],
)
def test_what_is_no_mask_is_no_doubt(arrays: dict[str, Any]) -> None:
    assert pair_masks({"fc.weight": WEIGHT, **arrays}).doubts == ()


# -------------------------------------------------------------------- the stored files


@pytest.mark.torch
@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("ckpt.pth", ["0", "2"]),
        ("parametrize.pt", ["0", "2"]),
        ("pytorch_model.bin", ["0", "2"]),
        ("nni_mask.pth", ["fc1", "fc2"]),
        ("masks_list.pt", ["0", "1"]),
    ],
)
def test_masks_of_stored_files_are_the_supports(cli: Cli, name: str, layers: list[str]) -> None:
    torch()
    code, value, _ = scanned(cli, DATA / name)
    assert code == 0
    seen = [(each["name"], each["nonzeros"]) for each in value["layers"] if each["nonzeros"] is not None]
    assert seen == [(layer, 21) for layer in layers]
    assert [(item["layers"], item["status"]) for item in value["items"]] == [(layers, "not_closed")]


@pytest.mark.torch
def test_a_dense_file_may_have_been_trained_with_masks(cli: Cli) -> None:
    torch()
    found = cli("scan", DATA / "nm_dense.pth")
    assert "masks that are applied only in the forward pass are not in the file" in found.out
    assert "linear: an optimum for data whose inputs span the input space" in found.out


@pytest.mark.torch
@pytest.mark.parametrize("masks", ["nni_mask.pth", "masks_list.pt"])
def test_masks_are_given_in_a_file_of_their_own(cli: Cli, tmp_path: Path, masks: str) -> None:
    torch()
    arrays = {name: np.ones((6, 6)) for name in ("fc1.weight", "fc2.weight")}
    np.savez(tmp_path / "dense.npz", **arrays)
    code, value, _ = scanned(cli, tmp_path / "dense.npz", "--masks", DATA / masks)
    assert (code, [item["status"] for item in value["items"]]) == (0, ["not_closed"])
    assert [layer["note"] for layer in value["layers"] if layer["nonzeros"]] == ["pruning mask"] * 2


def test_masks_that_fit_nothing_are_refused(cli: Cli, tmp_path: Path) -> None:
    np.savez(tmp_path / "dense.npz", **{"a.weight": WEIGHT, "b.weight": WEIGHT.T})
    np.savez(tmp_path / "masks.npz", c=MASK)
    found = cli("scan", tmp_path / "dense.npz", "--masks", tmp_path / "masks.npz")
    assert (found.code, found.out) == (2, "")
    assert found.err == "closedness: --masks: masks.c may be a mask, of no weight that can be told by its name\n"


def test_a_doubt_ends_with_4_and_says_what_to_do(cli: Cli, tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", **{"a.weight": WEIGHT, "b.weight": WEIGHT.T, "pruner.mask_q": MASK})
    code, value, err = scanned(cli, tmp_path / "net.npz")
    assert (code, value["items"]) == (4, [])
    assert "no verdict about net.npz: pruner.mask_q may be a mask" in err
    assert "--masks FILE" in err
    code, value, err = scanned(cli, tmp_path / "net.npz", "--masks", "none")
    assert (code, len(value["items"]), err) == (0, 1, "")


def test_low_rank_updates_are_pairs_with_nothing_between(cli: Cli) -> None:
    pytest.importorskip("safetensors")
    code, value, _ = scanned(cli, DATA / "adapter_model.safetensors")
    assert code == 0
    names = [[name.rpartition(".")[2] for name in item["layers"]] for item in value["items"]]
    assert names == [["lora_A", "lora_B"]] * 2
    assert {item["between"] for item in value["items"]} == {"nothing"}
    assert {item["theorem"] for item in value["items"]} == {"linear-full-rank"}
    assert "each update is added to its own weight" in value["breaks"][0]


def test_a_weight_with_an_update_is_a_sum() -> None:
    arrays = {"a.weight": WEIGHT, "a.lora_A": np.ones((1, 3)), "a.lora_B": np.ones((2, 1)), "b.weight": WEIGHT.T}
    model = Model("m", layers_of_arrays(arrays, state_dict=True))
    assert [item.layers for item in items_of([model])] == [("a.lora_A", "a.lora_B")]


@pytest.mark.parametrize("name", ["llama24.safetensors", "llama24.pt"])
def test_layers_of_a_transformer_multiply_only_where_they_do(cli: Cli, name: str) -> None:
    torch() if name.endswith("pt") else pytest.importorskip("safetensors")
    (model,) = read_models(DATA / name)
    seen = {layer.name: layer.support.nnz for layer in model.layers if layer.support is not None}
    assert seen["model.layers.0.self_attn.q_proj"] == 130  # bfloat16
    assert seen["model.layers.0.mlp.down_proj"] == 258
    (item,) = items_of([model])
    assert [part.rpartition(".")[2] for part in item.layers] == ["up_proj", "down_proj"]
    assert item.between == "gate"
    found = cli("scan", DATA / name)
    assert found.code == 0
    assert "a product with a gate stands between these layers" in found.out


def test_names_that_say_nothing_break_nothing() -> None:
    for first, second in [("0", "2"), ("fc1", "fc2"), ("encoder.key", "decoder.key"), ("mlp.up_proj", "mlp.down_proj")]:
        assert between(first, second, [first, second]) is None
        assert not gated(first, second, [first, second])


def test_blocks_of_a_transformer_are_separate() -> None:
    names = [f"h.{block}.{part}" for block in (0, 1) for part in ("attn.out_proj", "mlp.fc1", "mlp.fc2")]
    runs, _ = runs_of(Model("m", layers_of_arrays({name: np.ones((2, 2)) for name in names})))
    assert [[layer.name for layer in run] for run in runs if len(run) > 1] == [
        ["h.0.mlp.fc1", "h.0.mlp.fc2"],
        ["h.1.mlp.fc1", "h.1.mlp.fc2"],
    ]


@pytest.mark.torch
def test_a_whole_module_is_refused_in_one_plain_line(cli: Cli) -> None:
    torch()
    found = cli("scan", DATA / "whole_module.pt")
    assert (found.code, found.out, found.err.count("\n")) == (2, "", 1)
    assert "save model.state_dict() and nothing else" in found.err
    assert "x1b" not in found.err
    assert "\x1b" not in found.err


@pytest.mark.parametrize("name", ["missing.bin", "missing.csv", "missing.pt", "missing.safetensors", "missing"])
def test_a_missing_file_is_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such file"):
        read_models(tmp_path / name)


def test_types_of_eight_bits_in_safetensors(tmp_path: Path) -> None:
    pytest.importorskip("safetensors")
    header = json.dumps({"a.weight": {"dtype": "F8_E4M3", "shape": [2, 2], "data_offsets": [0, 4]}}).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes([0x00, 0x80, 0x01, 0x38]))
    assert read_arrays(path)["a.weight"].astype(bool).tolist() == [[False, False], [True, True]]
    path.write_bytes(path.read_bytes()[:-4] + bytes([0x7F, 0, 0, 0]))
    with pytest.raises(FormatError, match="not finite"):
        read_models(path)


def test_arrays_of_other_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(InputError, match=r"arrays are read from .npz, .npy"):
        read_arrays(tmp_path / "a.txt")


# -------------------------------------------------------------------- words


def test_both_kinds_of_networks_are_spoken_of(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    np.savez(path, **{"a.weight": np.ones((3, 3)), "b.weight": np.ones((3, 3))})
    relu, linear = cli("scan", path).out, cli("scan", path, "--activation", "linear").out
    assert "linear: an optimum for data whose inputs span the input space [linear-full-rank]" in relu
    assert "training: linear: " in linear
    for text in (relu, linear):
        assert "A → B: A is applied first, the product is B·A" in text
        assert "[…] names the statement used" in text


def test_rows_are_printed_as_they_finish(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import closedness.networks.scan as scanning

    path = tmp_path / "net.npz"
    np.savez(path, **{"a.weight": np.tri(2).T, "b.weight": np.tri(2), "c.weight": np.eye(2)})
    real, printed = scanning.answer, []

    def answer(item: Item, *rest: Any) -> Any:
        if item.layers == ("b", "c"):
            raise RuntimeError("the second one")
        return real(item, *rest)

    monkeypatch.setattr(scanning, "answer", answer)
    monkeypatch.setattr("closedness.cli.scan._Rows._line", lambda self, text: printed.append(text))
    assert cli("scan", path).code == 70
    assert any("a → b" in line for line in printed)


# -------------------------------------------------------------------- time


def pruned(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray[Any, Any]:
    """Half of the entries, those of smallest size."""
    weights: np.ndarray[Any, Any] = rng.standard_normal((rows, columns))
    return weights * (np.abs(weights) >= np.median(np.abs(weights)))


def two_of_four(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray[Any, Any]:
    """The two largest of every four entries in a row."""
    weights = rng.standard_normal((rows, columns // 4, 4))
    ranks = np.argsort(np.argsort(np.abs(weights), axis=2), axis=2)
    kept: np.ndarray[Any, Any] = (weights * (ranks >= 2)).reshape(rows, columns)
    return kept


def models(rng: np.random.Generator) -> dict[str, Model]:
    sizes = (64, 48, 32, 10)
    mlp = {f"fc{k}.weight": pruned(rng, sizes[k + 1], sizes[k]) for k in range(3)}
    block = {
        "layers.0.self_attn.in_proj_weight": two_of_four(rng, 96, 32),
        "layers.0.self_attn.out_proj.weight": two_of_four(rng, 32, 32),
        "layers.0.linear1.weight": two_of_four(rng, 64, 32),
        "layers.0.linear2.weight": two_of_four(rng, 32, 64),
    }
    return {
        "mlp": Model("mlp", layers_of_arrays(mlp, state_dict=True)),
        "transformer": Model("transformer", layers_of_arrays(block, state_dict=True)),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mlp", "transformer"])
@pytest.mark.parametrize("activation", ["relu", "linear"])
def test_a_scan_keeps_its_limits(name: str, activation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Budget, "clock", staticmethod(time.process_time))
    items = items_of([models(np.random.default_rng(5))[name]])
    assert [item.kind for item in items] == {"mlp": ["pair", "pair", "chain"], "transformer": ["pair"]}[name]
    start = last = time.process_time()
    for finding in scan(items, seconds=2.0, total=5.0, activation=activation):
        now = time.process_time()
        assert now - last <= 1.2 * 2 + 1, finding.item.name
        last = now
        if finding.status is Status.UNDECIDED:
            assert finding.certificate is None
    assert last - start <= 1.2 * 5 + 1
