from __future__ import annotations

import io
import json
import os
import pickle
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from closedness import Support, SupportProduct
from closedness.errors import FormatError
from closedness.files import problems as reading
from closedness.files.problems import parse_problem, read_bytes, read_problem
from tests.helpers.strategies import pairs, products

LU = SupportProduct.from_text("10/11 * 11/01")


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def npz_of(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npy(array: Any, version: tuple[int, int] | None = None) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), version=version)
    return buffer.getvalue()


def npy_header(text: str, body: bytes = b"") -> bytes:
    header = text.encode("latin1").ljust(118) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


# -------------------------------------------------------------------- good files


@given(pairs())
def test_json_and_npz_of_a_pair(pair: tuple[Support, Support]) -> None:
    product = SupportProduct.from_pair(*pair)
    I, J = (support.to_dense() for support in pair)
    for data in (
        json.dumps({"I": I.astype(int).tolist(), "J": J.astype(int).tolist()}).encode(),
        json.dumps({"I": I.astype(float).tolist(), "J": J.tolist(), "name": "n"}).encode("utf-8-sig"),
        npz(I=I, J=J.astype(float)),
        npz_of({"I.npy": npy(np.asfortranarray(I)), "J.npy": npy(J, (2, 0))}),
    ):
        assert parse_problem(data) == product


@given(products())
def test_json_npz_and_text_of_a_chain(product: SupportProduct) -> None:
    dense = [factor.to_dense().astype(int) for factor in product]
    numbered = {f"factors_{l}": factor for l, factor in enumerate(dense)}
    for data in (
        json.dumps({"factors": [factor.tolist() for factor in dense]}).encode(),
        json.dumps(product.to_problem()).encode(),
        npz(**numbered),
        b"# a comment\n\n" + "\n \n".join(factor.to_text() for factor in product).encode(),
        "\r\n\r\n\r\n".join(factor.to_text("x", "0", "\r\n") for factor in product).encode(),
    ):
        assert parse_problem(data) == product


def test_npz_stack() -> None:
    stack = np.array([np.tri(3), np.ones((3, 3))])
    assert parse_problem(npz(factors=stack)) == SupportProduct(list(stack))


def test_more_than_ten_numbered_factors_keep_their_order() -> None:
    factors = [np.roll(np.eye(3), l, axis=1) for l in range(12)]
    assert parse_problem(npz(**{f"factors_{l}": f for l, f in enumerate(factors)})) == SupportProduct(factors)


def test_files_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, data in {
        "a.txt": b"10\n11\n\n11\n01\n",
        "b.JSON": b'{"I": [[1, 0], [1, 1]], "J": [[1, 0], [1, 1]]}',
        "c.npz": npz(I=np.tri(2), J=np.tri(2)),
    }.items():
        path = tmp_path / name
        path.write_bytes(data)
        assert read_problem(path) == read_problem(str(path)) == LU
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert read_problem("-") == LU
    (tmp_path / "more.than.one.dot.txt").write_text("1\n\n1\n")
    assert read_problem(tmp_path / "more.than.one.dot.txt").shape == (1, 1)


# -------------------------------------------------------------------- bad contents

J2 = b'"J": [[1, 0], [0, 1]]'
BAD: dict[str, tuple[str, bytes, str]] = {
    "missing key": (".json", b'{"I": [[1]]}', 'the key "J" is missing'),
    "both keys missing": (".json", b"{}", "the keys are missing"),
    "unknown key": (".json", b'{"I": [[1]], "J": [[1]], "K": 1}', "the key 'K' is unknown"),
    "both forms": (".json", b'{"I": [[1]], "J": [[1]], "factors": []}', "both factors and I or J"),
    "duplicate key": (".json", b'{"I": [[1]], "I": [[0]], "J": [[1]]}', "the key 'I' occurs twice"),
    "ragged rows": (".json", b'{"I": [[1, 0], [1]], ' + J2 + b"}", "I: row 1 of the support has 1 entries"),
    "entry 2": (".json", b'{"I": [[1, 2]], ' + J2 + b"}", "I: entry (0, 1) of the support is 2, not 0 or 1"),
    "entry text": (".json", b'{"I": [["1"]], "J": [[1]]}', "I: entry (0, 0) of the support is '1'"),
    "entry null": (".json", b'{"I": [[null]], "J": [[1]]}', "I: entry (0, 0) of the support is None"),
    "entry list": (".json", b'{"I": [[[1]]], "J": [[1]]}', "I: entry (0, 0) of the support is [1]"),
    "mismatched pair": (".json", b'{"I": [[1]], ' + J2 + b"}", "I has 1 columns, J has 2"),
    "mismatched chain": (".json", b'{"factors": [[[1, 1]], [[1]]]}', "factors[0] has 2 columns, factors[1] has 1 rows"),
    "one factor": (".json", b'{"factors": [[[1, 1]]]}', "factors has 1 supports"),
    "no factor": (".json", b'{"factors": []}', "factors has 0 supports"),
    "factors not a list": (".json", b'{"factors": 7}', "factors: is int, not a list"),
    "empty matrix": (".json", b'{"I": [], "J": []}', "I: a support of shape 0×0 is empty"),
    "empty rows": (".json", b'{"I": [[]], "J": [[]]}', "is empty"),
    "NaN": (".json", b'{"I": [[NaN]], "J": [[1]]}', "holds NaN"),
    "Infinity": (".json", b'{"I": [[-Infinity]], "J": [[1]]}', "holds -Infinity"),
    "huge number": (".json", b'{"I": [[' + b"9" * 5000 + b']], "J": [[1]]}', "too many digits"),
    "list": (".json", b"[[1, 0]]", "holds one factor (1×2), at least two"),
    "number": (".json", b"3", "not a JSON object"),
    "text": (".json", b"hello", "is not JSON: Expecting value at line 1, column 1"),
    "cut off": (".json", b'{"I": [[1, 0]', "is not JSON"),
    "not UTF-8": (".json", b'{"I": "\xff"}', "is not UTF-8 text (byte 7)"),
    "UTF-16": (".json", '{"I": 1}'.encode("utf-16"), "is not UTF-8"),
    "nested": (".json", b'{"I": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested too deeply"),
    "newline in key": (".json", b'{"a\\nb": 1}', r"the key 'a\\nb' is unknown"),
    "control character in key": (".json", b'{"\\u001b[31m": 1}', "is unknown"),
    "object with wrong shape": (".json", b'{"factors": [{"shape": [1], "rows": []}]}', "shape: is not a list of two"),
    "object with missing rows": (".json", b'{"factors": [{"shape": [1, 1]}]}', "the key 'rows' is missing"),
    "object of 10^12 columns": (".json", b'{"factors": [{"shape": [1, 1000000000000], "rows": [[0]]}]}', "more than"),
    "empty json": (".json", b"", "is empty"),
    "blank text": (".txt", b" \n\n \n", "is empty"),
    "only comments": (".txt", b"# nothing here", "factors has 0 supports"),
    "one matrix": (".txt", b"10\n11\n", "holds one factor (2×2), at least two are needed; a blank line"),
    "bad character": (".txt", b"10\n12\n\n1\n1\n", "factors[0]: entry (1, 1) of the support is '2'"),
    "ragged text": (".txt", b"10\n1\n\n1\n1\n", "factors[0]: row 1 of the support has 1 entries"),
    "mismatched text": (".txt", b"10\n11\n\n1\n", "factors[0] has 2 columns, factors[1] has 1 rows"),
    "slash": (".txt", b"10/11\n\n1\n1\n", "holds '*' or '/'"),
    "binary text": (".txt", bytes(range(256)), "is not UTF-8"),
    "null bytes": (".txt", b"\0\0\n\n\0\n", r"entry (0, 0) of the support is '\x00'"),
    "truncated npz": (".npz", npz(I=np.ones((9, 9)), J=np.ones((9, 9)))[:-100], "not a complete .npz file"),
    "npz cut to its start": (".npz", npz(I=np.ones((9, 9)))[:30], "not a complete .npz file"),
    "npz that is text": (".npz", b"hello", "not a complete .npz file"),
    "empty npz": (".npz", b"", "is empty"),
    "npz without members": (".npz", npz_of({}), "the keys are missing"),
    "npz with other names": (".npz", npz(A=np.eye(2)), "holds one factor (2×2)"),
    "npz missing key": (".npz", npz(I=np.eye(2)), 'the key "J" is missing'),
    "npz both forms": (".npz", npz(I=np.eye(2), factors=np.ones((2, 2, 2))), "both factors"),
    "npz gap": (".npz", npz(factors_0=np.eye(2), factors_2=np.eye(2)), "without gap"),
    "npz leading zero": (".npz", npz(factors_00=np.eye(2), factors_1=np.eye(2)), "without gap"),
    "npz both stacks": (".npz", npz(factors_0=np.eye(2), factors=np.ones((2, 2, 2))), "both 'factors' and 'factors_0'"),
    "npz stack of two dimensions": (".npz", npz(factors=np.eye(2)), "factors: has 2 dimensions, not the three"),
    "npz NaN": (".npz", npz(I=np.full((1, 1), np.nan), J=np.eye(1)), "I: entry (0, 0) of the support is nan"),
    "npz entry": (".npz", npz(I=np.full((1, 1), 3), J=np.eye(1)), "I: entry (0, 0) of the support is 3"),
    "npz vector": (".npz", npz(I=np.ones(3), J=np.eye(3)), "I: a support has two dimensions, this array has 1"),
    "npz empty matrix": (".npz", npz(I=np.ones((0, 3)), J=np.eye(3)), "I: is empty (shape (0, 3))"),
    "npz mismatched": (".npz", npz(I=np.ones((2, 3)), J=np.eye(2)), "I has 3 columns, J has 2"),
    "npz text": (".npz", npz(I=np.array([["1"]]), J=np.eye(1)), "I: has entries of type <U1"),
    "npz complex": (".npz", npz(I=np.ones((1, 1), complex), J=np.eye(1)), "I: has entries of type complex128"),
    "npz not an array": (".npz", npz_of({"I.npy": b"hello", "J.npy": b""}), "I: is not a numpy array"),
    "npz short array": (".npz", npz_of({"I.npy": npy(np.eye(3))[:-8], "J.npy": npy(np.eye(3))}), "but holds 64 bytes"),
    "npz long array": (".npz", npz_of({"I.npy": npy(np.eye(3)) + b"x", "J.npy": npy(np.eye(3))}), "but holds 73 bytes"),
    "npz lying header": (
        ".npz",
        npz_of({"I.npy": npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000)}")}),
        "declares (1000000000, 1000000000) entries but holds 0 bytes",
    ),
    "npz negative shape": (
        ".npz",
        npz_of({"I.npy": npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}", b"12345678")}),
        "I: ",
    ),
    "npz many dimensions": (
        ".npz",
        npz_of({"I.npy": npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1, 1)}", b"12345678")}),
        "I: has 4 dimensions",
    ),
    "npz code as header": (".npz", npz_of({"I.npy": npy_header("__import__('os').abort()")}), "is not a numpy array"),
    "npz unknown version": (".npz", npz_of({"I.npy": b"\x93NUMPY\x09\x00" + bytes(99)}), "I: "),
    "npz bzip2": (".npz", npz_of({"I.npy": npy(np.eye(2))}, zipfile.ZIP_BZIP2), "I: is compressed in a way"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_malformed_contents(name: str, tmp_path: Path) -> None:
    kind, data, message = BAD[name]
    path = tmp_path / f"problem{kind}"
    path.write_bytes(data)
    with pytest.raises(FormatError) as caught:
        read_problem(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_duplicate_members_of_an_npz_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("I.npy", npy(np.zeros((1, 1))))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("I.npy", npy(np.ones((1, 1))))
    with pytest.raises(FormatError, match="the array 'I' occurs twice"):
        parse_problem(buffer.getvalue())


def test_archives_that_unpack_to_too_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = npz_of({"I.npy": npy(np.zeros((1000, 1000))), "J.npy": npy(np.zeros((1000, 1000))), "other": bytes(10**8)})
    assert len(data) < 200_000
    monkeypatch.setattr(reading, "MAX_UNPACKED_BYTES", 16 * 2**20)
    assert parse_problem(data).shape == (1000, 1000)
    monkeypatch.setattr(reading, "MAX_UNPACKED_BYTES", 15 * 2**20)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("a member was unpacked"))
    with pytest.raises(FormatError, match="unpacks to 15 MiB, more than the limit of 15 MiB"):
        parse_problem(data)


def test_corrupted_npz_contents_are_noticed() -> None:
    data = bytearray(npz_of({"I.npy": npy(np.eye(4)), "J.npy": npy(np.eye(4))}, zipfile.ZIP_STORED))
    data[data.index(b"\xf0?")] ^= 1
    with pytest.raises(FormatError, match="not a complete"):
        parse_problem(bytes(data))


class Trap:
    """Creates a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    payload = pickle.dumps(Trap(sprung))
    pickle.loads(payload)
    assert sprung.exists(), "the trap itself must work"
    sprung.unlink()
    objects = np.array([[Trap(sprung)]], dtype=object)
    with pytest.raises(FormatError, match="pickled Python objects, which are never loaded"):
        parse_problem(npz(I=objects, J=np.eye(1)))
    for data in (payload, npz_of({"I.npy": payload, "J.npy": payload}), npz_of({"I": payload, "J": payload})):
        for kind in ("", ".npz", ".json", ".txt"):
            with pytest.raises(FormatError):
                parse_problem(data, kind)
    structured = np.zeros((1, 1), dtype=[("a", object)])
    with pytest.raises(FormatError, match="never loaded"):
        parse_problem(npz(I=structured, J=np.eye(1)))
    assert not sprung.exists()


def read_or_refused(data: bytes, kind: str = "") -> bool:
    """Whether the answer is a value, or one printable line; other exceptions get through."""
    try:
        return isinstance(parse_problem(data, kind), SupportProduct)
    except FormatError as error:
        return str(error).isprintable()


@given(st.binary(max_size=300), st.sampled_from(["", ".json", ".npz", ".txt"]))
def test_arbitrary_bytes_are_read_or_refused(data: bytes, kind: str) -> None:
    assert read_or_refused(data, kind)


@given(st.data())
def test_damaged_files_are_read_or_refused(data: st.DataObject) -> None:
    good = data.draw(st.sampled_from([npz(I=np.eye(2), J=np.tri(2)), json.dumps(LU.to_problem()).encode()]))
    start = data.draw(st.integers(0, len(good)))
    damaged = good[:start] + data.draw(st.binary(max_size=4)) + good[start + data.draw(st.integers(0, 4)) :]
    assert read_or_refused(damaged)


# -------------------------------------------------------------------- bad files


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "folder.json"
    folder.mkdir()
    loop = tmp_path / "loop.json"
    loop.symlink_to(loop)
    unknown = tmp_path / "problem.csv"
    unknown.write_text("1,0\n")
    for path, message in {
        folder: "is a directory",
        tmp_path: "is a directory",
        tmp_path / "none.json": "no such file",
        tmp_path / "none" / "none.json": "no such file",
        loop: "cannot be read",
        unknown: "holds one factor",
        tmp_path / ("a" * 300 + ".json"): "cannot be read",
        tmp_path / "null\0.json": "is not a possible file name",
        tmp_path / "new\nline.json": "no such file",
        unknown / "inside.json": "cannot be read",
    }.items():
        with pytest.raises(FormatError, match=message) as caught:
            read_problem(path)
        assert str(caught.value).isprintable()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path: Path) -> None:
    path = tmp_path / "secret.json"
    path.write_text("{}")
    path.chmod(0)
    with pytest.raises(FormatError, match="permission denied"):
        read_problem(path)


def test_permission_errors_are_told_apart_from_directories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    (tmp_path / "a.json").touch()
    with pytest.raises(FormatError, match="permission denied"):
        read_problem(tmp_path / "a.json")
    with pytest.raises(FormatError, match="is a directory"):  # as on Windows
        read_bytes(tmp_path)


def test_large_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(80_000_000)
    monkeypatch.setattr(reading, "_bounded", lambda *_: pytest.fail("the file was read"))
    with pytest.raises(FormatError, match="has 76 MiB, more than the limit of 64 MiB"):
        read_problem(path)


def test_endless_streams_end_at_the_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = 2**20
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"1" * (limit + 1))))
    with pytest.raises(FormatError, match="standard input: is larger than the limit of 1 MiB"):
        read_bytes("-", limit)
    if Path("/dev/zero").exists():
        (tmp_path / "zero.txt").symlink_to("/dev/zero")
        with pytest.raises(FormatError, match="is larger than the limit"):
            read_bytes(tmp_path / "zero.txt", limit)
