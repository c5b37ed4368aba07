"""A data file costs memory in proportion to what is needed of it, whatever it says about itself."""

import io
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine.data.npz_file import MOST_BYTES
from engine.data.sources import ARRAYS, check_available, load_dataset
from engine.errors import InputError

PEAK = """
import resource, sys
from pathlib import Path
from engine.data.sources import load_dataset
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load_dataset("mnist", Path(sys.argv[1]))
except Exception as error:
    print(error)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def npy(values: np.ndarray, shape: tuple[int, ...] | None = None, pickled: bool = False) -> bytes:
    """An array as npy, which says that it has another shape."""
    file = io.BytesIO()
    np.lib.format.write_array(file, values, allow_pickle=pickled)
    if shape is None:
        return file.getvalue()
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": values.dtype.str, "fortran_order": False, "shape": shape})
    return header.getvalue() + values.tobytes()


def write(folder: Path, arrays: dict[str, np.ndarray], **members: bytes) -> Path:
    """cifar10.npz with some members replaced by other bytes."""
    path = folder / "cifar10.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ARRAYS:
            archive.writestr(f"{name}.npy", members.get(name, npy(arrays[name])))
    return path


def refusal(folder: Path) -> str:
    """The same sentence before anything is queued and when the file is read."""
    found = []
    for ask in (check_available, load_dataset):
        with pytest.raises(InputError) as caught:
            ask("cifar10", folder)
        found.append(str(caught.value))
    assert found[0] == found[1] and "\n" not in found[0]
    return found[0]


def test_a_bomb_costs_no_memory(tmp_path):
    """400,000 images of zeros: 1.4 MB on disk, 314 MB in memory."""
    one = np.zeros(1, np.uint8)
    small = {"y_train": one, "x_test": np.zeros((1, 28, 28), np.uint8), "y_test": one}
    with zipfile.ZipFile(tmp_path / "mnist.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, values in small.items():
            archive.writestr(f"{name}.npy", npy(values))
        header = io.BytesIO()
        shape = (400_000, 28, 28)
        np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
        with archive.open("x_train.npy", "w", force_zip64=True) as file:
            file.write(header.getvalue())
            for _ in range(784):
                file.write(bytes(400_000))
    assert (tmp_path / "mnist.npz").stat().st_size < 2**21
    words = [sys.executable, "-c", PEAK, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    said, grown = done.stdout.splitlines()
    assert "x_train would take 314 MB, at most 268 MB are read" in said
    assert int(grown) < 50_000, "kilobytes"


def test_the_limit_leaves_room_for_every_data_set():
    assert 50_000 * 32 * 32 * 3 < MOST_BYTES


def test_more_is_declared_than_there_is(tmp_path, arrays):
    write(tmp_path, arrays, x_test=npy(arrays["x_test"], shape=(5, 32, 32, 3)))
    assert "x_test has" in refusal(tmp_path)


def test_less_is_declared_than_there_is(tmp_path, arrays):
    write(tmp_path, arrays, x_test=npy(arrays["x_test"], shape=(3, 32, 32, 3)))
    assert "x_test has" in refusal(tmp_path)


def test_a_shape_that_overflows(tmp_path, arrays):
    write(tmp_path, arrays, y_test=npy(arrays["y_test"], shape=(2**62, 2**62)))
    assert "y_test would take" in refusal(tmp_path)


def test_python_objects(tmp_path, arrays):
    write(tmp_path, arrays, y_train=npy(arrays["y_train"].astype(object), pickled=True))
    assert "y_train has Python objects" in refusal(tmp_path)


def test_an_array_that_occurs_twice(tmp_path, arrays):
    path = write(tmp_path, arrays)
    with zipfile.ZipFile(path, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr("y_test.npy", npy(arrays["y_test"][::-1].copy()))
    assert "y_test occurs 2 times" in refusal(tmp_path)


def test_an_unknown_format(tmp_path, arrays):
    write(tmp_path, arrays, y_test=b"\x93NUMPY\x03\x00" + bytes(200))
    assert "y_test has an unknown format" in refusal(tmp_path)
