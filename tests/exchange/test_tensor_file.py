"""Files of weights as strangers write them, and as people with other intentions do."""

import copy
import io
import os
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import safetensors.torch
import torch

from engine.errors import InputError
from engine.exchange import tensor_file
from engine.exchange.tensor_file import MOST_BYTES, read_tensors

WEIGHTS = {"a.weight": torch.arange(6.0).view(2, 3), "a.bias": torch.tensor([0.5, -0.25])}


def saved(content: object, **options) -> bytes:
    file = io.BytesIO()
    torch.save(content, file, **options)
    return file.getvalue()


def rezipped(content: bytes, compression: int = zipfile.ZIP_STORED, **changes: bytes) -> bytes:
    """The archive written anew; changes by the last part of an entry's name."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", compression) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, changes.get(entry.filename.rpartition("/")[2], old.read(entry)))
    return file.getvalue()


def written(folder, content: bytes, name: str = "weights.pt"):
    path = folder / name
    path.write_bytes(content)
    return path


def assert_same(found: dict[str, np.ndarray], expected: dict[str, torch.Tensor]) -> None:
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], value.numpy())


@pytest.mark.parametrize("name", ["weights.pt", "weights.pth", "WEIGHTS.PT"])
@pytest.mark.parametrize("wrapper", [None, "state_dict", "model_state_dict", "model", "net"])
def test_state_dicts(tmp_path, wrapper, name):
    content = WEIGHTS if wrapper is None else {"epoch": 3, "note": "text", wrapper: WEIGHTS}
    assert_same(read_tensors(written(tmp_path, saved(content), name)), WEIGHTS)


def test_safetensors(tmp_path):
    path = written(tmp_path, safetensors.torch.save(WEIGHTS, {"note": "text"}), "weights.safetensors")
    assert_same(read_tensors(path), WEIGHTS)


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_bfloat16_becomes_float32(tmp_path, suffix):
    values = {"w": torch.randn(3, 5, generator=torch.Generator().manual_seed(0)).bfloat16()}
    content = saved(values) if suffix == ".pt" else safetensors.torch.save(values)
    assert_same(read_tensors(written(tmp_path, content, f"weights{suffix}")), {"w": values["w"].float()})


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float64, torch.int64, torch.bool])
def test_other_types_stay(tmp_path, suffix, dtype):
    values = {"w": torch.tensor([0, 1, 1]).to(dtype)}
    content = saved(values) if suffix == ".pt" else safetensors.torch.save(values)
    found = read_tensors(written(tmp_path, content, f"weights{suffix}"))["w"]
    assert found.dtype == values["w"].numpy().dtype and found.tolist() == values["w"].tolist()


def test_parameters_and_views_are_dense_arrays(tmp_path):
    whole = torch.arange(12.0).view(3, 4)
    values = {"parameter": torch.nn.Parameter(whole), "view": whole.T[1:, :2]}
    found = read_tensors(written(tmp_path, saved(values)))
    assert found["view"].tolist() == whole.T[1:, :2].tolist() and found["parameter"].tolist() == whole.tolist()
    assert all(value.flags.c_contiguous for value in found.values())


class Executing:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder) -> None:
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def zip_bomb() -> bytes:
    return rezipped(saved({"w": torch.zeros(10**6)}), zipfile.ZIP_DEFLATED)


def overlapping() -> bytes:
    """Entries of a zip that all lie in the same bytes."""
    file = io.BytesIO(saved({"w": torch.zeros(5000)}))
    with zipfile.ZipFile(file, "a") as archive:
        entry = max(archive.filelist, key=lambda entry: entry.file_size)
        for number in range(50):
            again = copy.copy(entry)
            again.filename = f"archive/data/{number + 1}"
            archive.filelist.append(again)
        archive._didModify = True
    return file.getvalue()


def torchscript() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("data.pkl", "constants.pkl", "code/__torch__.py"):
            archive.writestr(f"model/{name}", b"x")
    return file.getvalue()


def other_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("letter.txt", b"x")
    return file.getvalue()


REFUSED = {
    "text": (lambda: b"these are no weights", "another kind.*torch.save"),
    "legacy pickle": (lambda: saved(WEIGHTS, _use_new_zipfile_serialization=False), "another kind.*torch.save"),
    "plain pickle": (lambda: pickle.dumps({"w": [1.0]}), "another kind"),
    "truncated": (lambda: saved(WEIGHTS)[:-100], "damaged"),
    "half an archive": (lambda: saved({"w": torch.zeros(9999)})[:20_000], "damaged"),
    "zeroed inside": (lambda: rezipped(saved(WEIGHTS), **{"data.pkl": b"\0" * 90}), "damaged"),
    "nothing inside": (lambda: rezipped(saved(WEIGHTS), **{"data.pkl": b""}), "damaged"),
    "compressed": (zip_bomb, "compressed entries"),
    "overlapping": (overlapping, "entries are larger than the file"),
    "TorchScript": (torchscript, "a TorchScript model"),
    "another zip": (other_zip, "a zip archive with other files"),
    "a whole model": (lambda: saved(torch.nn.Linear(2, 2)), "one with torch.nn.modules.linear.Linear.*state_dict"),
    "a tensor": (lambda: saved(torch.zeros(3)), "an object of type Tensor"),
    "a list": (lambda: saved([torch.zeros(3)]), "an object of type list"),
    "an empty dict": (lambda: saved({}), "an empty dict"),
    "a number among them": (lambda: saved(WEIGHTS | {"epoch": 3}), "a dict with int"),
    "a dict among them": (lambda: saved(WEIGHTS | {"optimizer": {}}), "a dict with dict"),
    "names of numbers": (lambda: saved({1: torch.zeros(3)}), "a name of type int"),
    "4 GB in 1.5 KB": (lambda: saved({"w": torch.zeros(1).expand(2**30)}), "no larger than the file.*repeat"),
    "many of the same": (lambda: saved(dict.fromkeys(map(str, range(90)), torch.zeros(10**4))), "repeat their values"),
    "sparse": (lambda: saved({"w": torch.eye(3).to_sparse()}), "a sparse"),
    "meta": (lambda: saved({"w": torch.zeros(2**40, device="meta")}), "dense tensors"),
    "quantized": (lambda: saved({"w": torch.quantize_per_tensor(torch.ones(3), 0.1, 0, torch.qint8)}), "quantized"),
    "float8": (lambda: saved({"w": torch.ones(3).to(torch.float8_e4m3fn)}), "the type float8_e4m3fn"),
}


@pytest.mark.filterwarnings("ignore:.*quantize:UserWarning", "ignore:.*quantize:DeprecationWarning")
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused(tmp_path, kind):
    make, words = REFUSED[kind]
    with pytest.raises(InputError, match=words) as caught:
        read_tensors(written(tmp_path, make()))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 400 and "weights.pt" in str(caught.value)


def test_the_described_gigabytes_are_few_bytes():
    assert len(REFUSED["4 GB in 1.5 KB"][0]()) < 2000


@pytest.mark.parametrize("where", ["whole", "value", "wrapper"])
def test_nothing_is_executed(tmp_path, where):
    evil, made = Executing(tmp_path / "made"), tmp_path / "made"
    content = {"whole": evil, "value": WEIGHTS | {"b": evil}, "wrapper": {"state_dict": WEIGHTS, "args": evil}}[where]
    path = written(tmp_path, saved(content))
    with pytest.raises(InputError, match="nothing to execute, got one with posix.mkdir"):
        read_tensors(path)
    assert not made.exists()
    torch.load(path, weights_only=False)
    assert made.exists(), "the file is as dangerous as the test says"


def test_a_storage_larger_than_its_record_is_not_read(tmp_path):
    """The pickle says 2^30 numbers, the record holds 300."""
    content = saved({"w": torch.zeros(300)})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        described = archive.read("archive/data.pkl")
    larger = described.replace(b"M\x2c\x01", b"J\x00\x00\x00\x40")
    assert larger != described
    with pytest.raises(InputError, match="damaged"):
        read_tensors(written(tmp_path, rezipped(content, **{"data.pkl": larger})))


@pytest.mark.parametrize("cut", [0, 1, 8, 50, -1])
def test_damaged_safetensors(tmp_path, cut):
    path = written(tmp_path, safetensors.torch.save(WEIGHTS)[:cut], "weights.safetensors")
    with pytest.raises(InputError, match="empty" if cut == 0 else "damaged or different"):
        read_tensors(path)


def test_safetensors_of_unknown_type(tmp_path):
    content = safetensors.torch.save({"w": torch.ones(2).to(torch.float8_e5m2)})
    with pytest.raises(InputError, match="the type F8_E5M2"):
        read_tensors(written(tmp_path, content, "w.safetensors"))


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_sizes_are_bounded(tmp_path, monkeypatch, suffix):
    content = saved(WEIGHTS) if suffix == ".pt" else safetensors.torch.save(WEIGHTS)
    path = written(tmp_path, content, f"w{suffix}")
    monkeypatch.setattr(tensor_file, "MOST_BYTES", len(content))
    assert_same(read_tensors(path), WEIGHTS)
    monkeypatch.setattr(tensor_file, "MOST_BYTES", len(content) - 1)
    with pytest.raises(InputError, match="a larger file.*optimizer"):
        read_tensors(path)
    assert MOST_BYTES == 64 * 2**20


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
def test_what_is_no_file(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(InputError, match="no such file"):
        read_tensors(path)
    path.mkdir()
    with pytest.raises(InputError, match="a folder"):
        read_tensors(path)
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(InputError, match="no such file"):
        read_tensors(path)


@pytest.mark.parametrize("name", ["w.h5", "w", "w.pt.txt", ".pt"])
def test_other_endings(tmp_path, name):
    with pytest.raises(InputError, match=r"ending in \.safetensors, \.pt, \.pth"):
        read_tensors(written(tmp_path, saved(WEIGHTS), name))


def test_an_empty_file(tmp_path):
    with pytest.raises(InputError, match="an empty file"):
        read_tensors(written(tmp_path, b""))


def asking_for(memory: int) -> bytes:
    """A small archive whose pickle calls bytearray(memory), which `weights_only` allows."""
    steps = b"\x80\x02}X\x01\x00\x00\x00a" + b"c__builtin__\nbytearray\n"
    steps += b"\x8a\x08" + memory.to_bytes(8, "little", signed=True) + b"\x85Rs."
    return rezipped(saved(WEIGHTS), **{"data.pkl": steps})


def test_a_small_file_cannot_take_much_memory(tmp_path):
    """In a process of its own, whose largest size is told by the system."""
    path = written(tmp_path, asking_for(3 * 2**30))
    assert path.stat().st_size < 2_000
    code = (
        "import resource, sys, torch\n"
        "from pathlib import Path\n"
        "from engine.errors import InputError\n"
        "from engine.exchange.tensor_file import read_tensors\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    read_tensors(Path(sys.argv[1]))\n"
        "except InputError as error:\n    print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    told = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    sentence, kilobytes = told.stdout.splitlines()
    assert "nothing to execute" in sentence
    assert int(kilobytes) < 300_000


def test_the_ceiling_is_gone_afterwards(tmp_path):
    with pytest.raises(InputError):
        read_tensors(written(tmp_path, asking_for(3 * 2**30)))
    assert len(bytearray(2**29)) == 2**29
