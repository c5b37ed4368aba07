"""Files that carry their own checksum: what was written is read, and everything else is refused in a sentence."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.array_files import read_arrays, write_arrays
from engine.checksum import sealed
from engine.documents import read_json, write_json
from engine.errors import DamagedFile, UnreadableFile
from engine.tensor_files import read_tensor_file

DOCUMENT = {"status": "finished", "clean_accuracy": 0.918, "steps": 12, "layers": ["conv1"], "note": None}
ARRAYS = {"predictions": np.arange(7), "images": np.linspace(0, 1, 24, dtype=np.float32).reshape(2, 3, 2, 2)}
SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)

DAMAGED = {
    "empty": b"",
    "open": b"{",
    "a list": b"[]",
    "a number": b"3",
    "null": b"null",
    "garbage": b"\0\1\2",
    "latin-1": '{"name": "Müller"}'.encode("latin-1"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "not a number": b'{"clean_accuracy": NaN}',
    "infinity": b'{"clean_accuracy": -Infinity}',
    "too large": b'{"clean_accuracy": 1e999}',
    "too many digits": b'{"steps": ' + b"9" * 5000 + b"}",
    "a name twice": b'{"status": "failed", "status": "finished"}',
    "nested": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "half a character": b'{"name": "\\ud800"}',
    "two documents": b"{}{}",
}


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_content_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=r"Expected .*result\.json as it was written, got a damaged file \(.+\)\. R"):
        read_json(path)


@SHARED
@given(bit=st.integers(0, 8 * 400))
def test_one_flipped_bit_of_a_document_is_noticed(tmp_path, bit):
    path = tmp_path / "result.json"
    write_json(path, DOCUMENT)
    path.write_bytes(flipped(path.read_bytes(), bit))
    try:
        found = read_json(path)
    except DamagedFile:
        return
    # only white space, or the name "checksum" itself, which the types of the readers refuse
    assert found == DOCUMENT or set(found or {}) - set(DOCUMENT)


def test_a_document_comes_back_and_an_earlier_one_is_unchecked(tmp_path):
    write_json(tmp_path / "a.json", DOCUMENT)
    (tmp_path / "b.json").write_text(json.dumps(DOCUMENT))
    assert read_json(tmp_path / "a.json") == read_json(tmp_path / "b.json") == DOCUMENT
    assert json.loads((tmp_path / "a.json").read_text()) == sealed(DOCUMENT)
    assert read_json(tmp_path / "none.json") is None and read_json(tmp_path / "a.json" / "none.json") is None


@pytest.mark.parametrize("read", [read_json, read_arrays, read_tensor_file])
def test_what_is_no_file_cannot_be_opened(tmp_path, read):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    for name, words in {
        "folder": "a folder. Move",
        "link": "does not exist. Restore",
        "loop": "symbolic links",
    }.items():
        with pytest.raises(UnreadableFile, match=words):
            read(tmp_path / name)


@pytest.mark.parametrize("read", [read_json, read_arrays, read_tensor_file])
def test_a_permission_is_no_damage(tmp_path, monkeypatch, read):
    def closed(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "result.json"
    path.write_bytes(b"{}")
    monkeypatch.setattr("engine.documents.open", closed, raising=False)
    with pytest.raises(UnreadableFile, match="Permission denied. Give this program permission") as caught:
        read(path)
    assert "elete" not in str(caught.value)


def test_arrays_come_back(tmp_path):
    write_arrays(tmp_path / "a.npz", ARRAYS)
    found = read_arrays(tmp_path / "a.npz")
    assert found.keys() == ARRAYS.keys()
    assert all(
        np.array_equal(found[name], values) and found[name].dtype == values.dtype for name, values in ARRAYS.items()
    )
    assert set(read_arrays(tmp_path / "a.npz", lambda name: name == "images")) == {"images"}
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "none.npz")


@pytest.mark.parametrize("write", [write_arrays, lambda path, arrays: np.savez_compressed(path, **arrays)])
@SHARED
@given(data=st.data())
def test_one_flipped_bit_of_arrays_is_noticed(tmp_path, write, data):
    """In files of earlier versions too: zipfile compares its own checksum only where an array is read to its end."""
    path = tmp_path / "a.npz"
    write(path, ARRAYS)
    content = path.read_bytes()
    path.write_bytes(flipped(content, data.draw(st.integers(0, 8 * len(content) - 1))))
    try:
        found = read_arrays(path)
    except DamagedFile:
        return
    same = found.keys() == ARRAYS.keys() and all(np.array_equal(found[name], values) for name, values in ARRAYS.items())
    assert same, "a bit that says nothing, such as a date"


def test_arrays_that_were_exchanged_are_noticed(tmp_path):
    """Every part is whole for itself."""
    write_arrays(tmp_path / "a.npz", ARRAYS)
    with np.load(tmp_path / "a.npz") as archive:
        parts = dict(archive)
    for changed in (parts | {"predictions": np.ones(7)}, {name: parts[name] for name in ("images", "checksums")}):
        np.savez(tmp_path / "b.npz", **changed)
        with pytest.raises(DamagedFile, match="checksum|not those"):
            read_arrays(tmp_path / "b.npz")


@pytest.mark.parametrize("arrays", [{"a": np.array([{"code": 1}], dtype=object)}])
def test_pickled_objects_are_not_loaded(tmp_path, arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DamagedFile, match="pickle"):
        read_arrays(tmp_path / "a.npz")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", (2**63).to_bytes(8, "little"), b"\xff" * 64, (6).to_bytes(8, "little") + b'{"a":1', b"\0" * 8 + b"{}"],
)
def test_damaged_tensors_are_refused(tmp_path, content):
    (tmp_path / "last.safetensors").write_bytes(content)
    with pytest.raises(DamagedFile, match="damaged file"):
        read_tensor_file(tmp_path / "last.safetensors")


def test_tensors_of_a_type_that_numpy_does_not_know_are_refused(tmp_path):
    content = safetensors.numpy.save({"a": np.zeros(2, np.float16)})
    for kind in (b"BF16", b"F8_E4M3"):
        header = json.dumps(
            {"a": {"dtype": kind.decode(), "shape": [2], "data_offsets": [0, 4 if kind == b"BF16" else 2]}}
        )
        body = content[-4:] if kind == b"BF16" else content[-2:]
        (tmp_path / "x.safetensors").write_bytes(len(header).to_bytes(8, "little") + header.encode() + body)
        with pytest.raises(DamagedFile):
            read_tensor_file(tmp_path / "x.safetensors")


def test_numbers_are_what_json_allows(tmp_path):
    with pytest.raises(ValueError):
        write_json(tmp_path / "a.json", {"accuracy": math.nan})
    assert list(Path(tmp_path).iterdir()) == []
