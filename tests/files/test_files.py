"""Every kind of file people have: read, or refused with one line that says what was found and the way out."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from closedness import SupportProduct
from closedness.errors import FormatError
from closedness.files.numbers import read_matrix, read_numbers
from closedness.files.problems import parse_problem, read_problem
from tests.conftest import Outcome
from tests.helpers.strategies import products

Cli = Callable[..., Outcome]
FILES = Path(__file__).parents[1] / "data" / "files"
LOWER, UPPER = np.tri(4), np.tri(4).T
LU = SupportProduct([LOWER, UPPER])

# every file of the folder, with the factors it holds or the line with which it is refused
OUTCOMES: dict[str, SupportProduct | str] = {
    "L.csv": "holds one factor (4×4)",
    "L.mtx": "holds one factor (4×4)",
    "LU_W.npz": LU,
    "LU_bool.json": LU,
    "LU_comma.txt": LU,
    "LU_factors_weights.npz": LU,
    "LU_float.json": LU,
    "LU_list.json": LU,
    "LU_named.npz": LU,
    "LU_pos.npz": LU,
    "LU_space.txt": LU,
    "L_space.txt": "holds one factor (4×4)",
    "L_sparse.npz": "holds one factor (4×4)",
    "dense.mat": LU,
    "edge.json": SupportProduct.from_pair([[1, 0], [1, 1]], [[1, 0], [1, 1]]),
    "faust.mat": LU,
    "folder_csv": LU,
    "folder_mtx": LU,
    "loadings.csv": "holds one factor (4×3)",
    "model.lav": "is a measurement model (=~)",
    "one_x.txt": SupportProduct.from_text("10/11 * 11/01"),
    "stack.npy": LU,
}


def test_every_file_has_an_outcome() -> None:
    assert sorted(OUTCOMES) == sorted(path.name for path in FILES.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("name", list(OUTCOMES))
def test_outcomes(name: str, cli: Cli) -> None:
    outcome = OUTCOMES[name]
    found = cli("show", "--json", FILES / name)
    if isinstance(outcome, SupportProduct):
        assert read_problem(FILES / name) == outcome
        assert found.code == 0
        assert json.loads(found.out)["problem_id"] == outcome.content_id
    else:
        with pytest.raises(FormatError) as caught:
            read_problem(FILES / name)
        assert outcome in str(caught.value)
        assert found.code == 2
        assert found.err.count("\n") == 1


@pytest.mark.parametrize("name", [name for name, found in OUTCOMES.items() if "one factor (4×4)" in str(found)])
def test_single_matrices_are_factors(name: str, cli: Cli) -> None:
    assert read_problem(FILES / name, FILES / "folder_mtx" / "layer2.mtx") == LU
    found = cli("decide", FILES / name, FILES / "folder_csv" / "layer2.csv")
    assert found.code == 0
    assert "not closed" in found.out.lower()
    assert read_matrix(FILES / name) == LOWER.astype(int).tolist()


def test_commands_take_several_files_beside_a_matrix(tmp_path: Path, cli: Cli) -> None:
    np.save(tmp_path / "A.npy", LOWER @ UPPER)
    factors = [FILES / "L.mtx", FILES / "folder_csv" / "layer2.csv"]
    assert cli("member", *factors, tmp_path / "A.npy").out.startswith("a product")
    assert cli("solve", tmp_path / "A.npy", *factors, "--seconds", "0", "--out", tmp_path / "f.npz").code == 0
    again = read_problem(tmp_path / "f.npz")
    assert again.shape == (4, 4)
    assert all(not mask & ~full for mask, full in zip(again.factors[0].row_masks, LU.factors[0].row_masks, strict=True))
    assert cli("decide", FILES / "LU_list.json", FILES / "L.mtx").err.count("holds 2 factors; of several files") == 1


def test_what_solve_writes_is_a_pair(tmp_path: Path) -> None:
    np.savez(tmp_path / "f.npz", X=np.array([[0.5, 0], [2, 1]]), Y=np.array([[1, 0], [3, 1]]))
    assert read_problem(tmp_path / "f.npz") == SupportProduct.from_pair([[1, 0], [1, 1]], [[1, 0], [1, 1]])
    np.savez(tmp_path / "g.npz", X=np.ones((2, 3)), Y=np.ones((3, 2)))
    with pytest.raises(FormatError, match="X and Y stand for X Yᵀ"):
        read_problem(tmp_path / "g.npz")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no process substitution here")
def test_pipes(cli: Cli) -> None:
    for name in ("faust.mat", "LU_W.npz", "LU_comma.txt", "LU_list.json", "stack.npy"):
        reading, writing = os.pipe()
        data = (FILES / name).read_bytes()
        writer = threading.Thread(target=lambda end=writing, content=data: _write(end, content))
        writer.start()
        assert read_problem(f"/dev/fd/{reading}") == LU
        writer.join()
        os.close(reading)
        run = [sys.executable, "-m", "closedness", "show", "--json", "-"]
        found = subprocess.run(run, input=data, capture_output=True, check=True, cwd=Path(__file__).parents[2])
        assert json.loads(found.stdout)["problem_id"] == LU.content_id


@pytest.mark.skipif(shutil.which("bash") is None or not Path("/dev/fd").exists(), reason="no process substitution")
def test_process_substitution() -> None:
    program = f"{sys.executable} -m closedness show --json"
    command = f"{program} <(cat {FILES / 'L.mtx'}) <(tail -n +1 {FILES / 'folder_csv' / 'layer2.csv'})"
    run = ["bash", "-c", command]
    found = subprocess.run(run, capture_output=True, check=True, cwd=Path(__file__).parents[2])
    assert json.loads(found.stdout)["problem_id"] == LU.content_id


def _write(end: int, content: bytes) -> None:
    with os.fdopen(end, "wb") as stream:
        stream.write(content)


@settings(max_examples=8, deadline=None)
@given(products())
@pytest.mark.slow
def test_every_kind_gives_back_the_supports(product: SupportProduct) -> None:
    dense = [factor.to_dense().astype(int) for factor in product]
    named = {f"W{number}": factor for number, factor in enumerate(dense, 1)}
    mat, cells, npz = io.BytesIO(), io.BytesIO(), io.BytesIO()
    scipy.io.savemat(mat, named)
    scipy.io.savemat(cells, {"faust_factors": _cells([sp.csc_array(factor.astype(float)) for factor in dense])})
    np.savez(npz, **{name: factor * 0.3 for name, factor in named.items()})
    coordinates = [
        {"rows": sp.coo_array(each).row.tolist(), "cols": sp.coo_array(each).col.tolist(), "shape": list(each.shape)}
        for each in dense
    ]
    table = "\n\n".join("\n".join(",".join(map(str, row)) for row in factor) for factor in dense)
    labelled = "\n\n".join(
        "\n".join(
            [",".join(["", *(f"c{j}" for j in range(factor.shape[1]))])]
            + [",".join([f"r{i}", *map(str, row)]) for i, row in enumerate(factor)]
        )
        for factor in dense
    )
    for data, ending in (
        (mat.getvalue(), ""),
        (cells.getvalue(), ""),
        (npz.getvalue(), ""),
        (json.dumps([factor.tolist() for factor in dense]).encode(), ""),
        (json.dumps([factor.astype(float).tolist() for factor in dense]).encode(), ""),
        (json.dumps({name: factor.astype(bool).tolist() for name, factor in named.items()}).encode(), ""),
        (json.dumps({"factors": coordinates}).encode(), ""),
        (table.encode(), ".csv"),
        (table.replace(",", ";").encode(), ".csv"),
        (table.replace(",", "\t").encode(), ".tsv"),
        (labelled.encode(), ".csv"),
    ):
        assert parse_problem(data, ending) == product
    for factor in dense:
        market = io.BytesIO()
        scipy.io.mmwrite(market, sp.coo_array(factor))
        with pytest.raises(FormatError, match="holds one factor"):
            parse_problem(market.getvalue())


def _cells(factors: list[sp.csc_array]) -> np.ndarray:
    cells = np.empty((1, len(factors)), dtype=object)
    for number, factor in enumerate(factors):
        cells[0, number] = factor
    return cells


@pytest.mark.parametrize(
    ("data", "ending", "message"),
    [
        (gzip.compress(b"1,0\n", mtime=0), ".mtx", "gunzip -c FILE"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), ".mat", "save it with -v7"),
        (b"MATLAB 7.3 MAT-file" + bytes(600), ".mat", "save it with -v7"),
        (b"\x80\x04\x95", ".npz", "pickle, which is never loaded"),
        (b"%PDF-1.7", ".txt", "is a PDF"),
        (b"1.0 0.0\n0.0 1.0\n", ".txt", "could be a drawing or numbers"),
        (b"0,1,2\n1,0,1\n", ".csv", "its first row reads 0, 1, 2"),
        (b"1,,0\n1,1,1\n", ".csv", "entry (0, 1) is empty; write 0"),
        (b"1,0\n1\n", ".csv", "row 1 has 1 entries, row 0 has 2"),
        (b"1,nan\n1,1\n", ".csv", "entry (0, 1) is 'nan', not a number"),
        (b"1,1e999999999\n1,1\n", ".csv", "not a number"),
        (b"%%MatrixMarket matrix array real general\n100000 100000\n1\n", ".mtx", "100000×100000 entries, and holds"),
        (b"%%MatrixMarket matrix coordinate real general\n3 3 99999\n1 1 1\n", ".mtx", "99999 entries, and"),
        (b"%%MatrixMarket matrix coordinate real general\n3 3 2\n1 1 1\n", ".mtx", "not a complete Matrix Market"),
        (b"%%MatrixMarket nonsense\n", ".mtx", "not a complete Matrix Market"),
        (b"\x93NUMPY\x01\x00\x04\x00{1:\n", ".npy", "is not a numpy array"),
        (b"MATLAB 5.0 MAT-file" + bytes(200), ".mat", ": "),
        (b'{"shape": [2, 2], "rows": [0, 5], "cols": [0, 1]}', ".json", "(5, 1) is outside the shape 2×2"),
        (b'{"shape": [2, 2], "rows": [0, 0], "cols": [1, 1]}', ".json", "(0, 1) occurs twice"),
        (b'{"shape": [99999, 99999], "rows": [0], "cols": [1]}', ".json", "more than"),
        (b"f =~ x1 + x2\n", ".lav", "is a measurement model"),
        (b"[]", ".json", "is an empty list"),
    ],
)
def test_refusals(data: bytes, ending: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_problem(data, ending)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_a_mat_file_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    scipy.io.savemat(packed, {"L": np.zeros((500, 500)), "U": np.zeros((500, 500))}, do_compression=True)
    monkeypatch.setattr("closedness.files.problems.MAX_UNPACKED_BYTES", 2**20)
    monkeypatch.setattr("subprocess.run", lambda *_, **__: pytest.fail("the file was unpacked"))
    with pytest.raises(FormatError, match="unpacks to more than the limit of 1 MiB"):
        parse_problem(packed.getvalue())


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.data())
def test_damaged_files_of_scipy_are_read_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["dense.mat", "faust.mat", "L.mtx", "LU_W.npz", "L_sparse.npz", "stack.npy"]))
    good = (FILES / name).read_bytes()
    start = data.draw(st.integers(0, len(good)))
    damaged = good[:start] + data.draw(st.binary(max_size=4)) + good[start + data.draw(st.integers(0, 4)) :]
    try:
        read = isinstance(parse_problem(damaged), SupportProduct)
    except FormatError as error:
        read = str(error).isprintable()
    assert read


def test_numbers_of_targets(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("item;g;f\nx1;0,5;-1\nx2;2/3;0\n")
    assert read_matrix(tmp_path / "a.csv") == [["1/2", -1], ["2/3", 0]]
    assert np.allclose(read_numbers(tmp_path / "a.csv"), [[0.5, -1], [2 / 3, 0]])
    (tmp_path / "a.json").write_text('[[0.1, "1/3"]]')
    assert read_matrix(tmp_path / "a.json") == [["1/10", "1/3"]]
    np.save(tmp_path / "a.npy", np.array([[0.5, 3.0]]))
    assert read_matrix(tmp_path / "a.npy") == [["1/2", 3]]
    np.save(tmp_path / "b.npy", np.array([[np.inf, 3.0]]))
    with pytest.raises(FormatError, match="not finite"):
        read_matrix(tmp_path / "b.npy")


def test_certificates_are_problems(tmp_path: Path, cli: Cli) -> None:
    assert cli("decide", FILES / "LU_list.json", "--certificate", tmp_path / "c.json").code == 0
    assert read_problem(tmp_path / "c.json") == LU
    (tmp_path / "v.json").write_text(cli("decide", FILES / "LU_list.json", "--json").out)
    assert read_problem(tmp_path / "v.json") == LU
