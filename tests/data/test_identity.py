"""Identity of data: the listed contents have none, any other image or label has one, and files are read once."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from engine.data import identity
from engine.data.catalog import DATASETS, dataset_spec
from engine.data.identity import contents_identity, data_identity, identity_words, read_contents
from engine.data.sources import SHIPPED, load_dataset
from engine.errors import InputError


@pytest.fixture
def folder(tmp_path) -> Path:
    """A data folder with a copy of the included sample."""
    shutil.copy(SHIPPED / "mnist-mini.npz", tmp_path)
    return tmp_path


def change(folder: Path, part: str, place: tuple[int, ...]) -> None:
    """Write the sample with one value of `part` changed, which keeps the labels within the classes."""
    with np.load(SHIPPED / "mnist-mini.npz") as archive:
        arrays = dict(archive)
    arrays[part] = arrays[part].copy()
    arrays[part][place] ^= 1
    np.savez_compressed(folder / "mnist-mini.npz", **arrays)


def test_listed_contents_have_no_identity(folder, tmp_path_factory):
    assert data_identity("mnist-mini", folder) is None
    assert data_identity("mnist-mini", tmp_path_factory.mktemp("empty")) is None, "the included file"
    assert load_dataset("mnist-mini", folder).contents == dataset_spec("mnist-mini").listed


def test_without_a_file_there_is_no_identity(tmp_path):
    for name in ("mnist", "cifar10", "fashion-mnist"):
        assert data_identity(name, tmp_path) is None and read_contents(name, tmp_path) is None
    with pytest.raises(InputError, match="'nist'"):
        data_identity("nist", tmp_path)


@pytest.mark.parametrize(
    ("part", "place"),
    [("x_train", (3999, 27, 27)), ("y_train", (0,)), ("x_test", (0, 0, 0)), ("y_test", (999,))],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_part_counts(folder, part, place):
    change(folder, part, place)
    other = data_identity("mnist-mini", folder)
    assert other is not None and len(other) == 16
    listed, found = dataset_spec("mnist-mini").listed, read_contents("mnist-mini", folder)
    assert listed and found
    assert (found.train == listed.train, found.test == listed.test) == ("test" in part, "train" in part)


def test_data_without_listed_contents_always_have_an_identity(tmp_path):
    shutil.copy(SHIPPED / "mnist-mini.npz", tmp_path / "fashion-mnist.npz")
    found = data_identity("fashion-mnist", tmp_path)
    assert found is not None
    assert identity_words(DATASETS["fashion-mnist"], found) == f"data {found[:8]}"
    assert identity_words(DATASETS["mnist"], found) == f"other data {found[:8]}"


def test_a_file_is_read_once_and_again_after_it_was_replaced(folder, monkeypatch):
    reads = []
    monkeypatch.setattr(identity, "load_dataset", lambda *given: reads.append(given) or load_dataset(*given))
    for _ in range(3):
        assert data_identity("mnist-mini", folder) is None
    assert len(reads) == 1
    path = folder / "mnist-mini.npz"
    before = path.stat()
    change(folder, "x_test", (0, 0, 0))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert data_identity("mnist-mini", folder) is not None and len(reads) == 2, "replaced, with the time of before"


def test_the_identity_covers_both_parts():
    spec = dataset_spec("cifar10")
    listed = spec.listed
    assert listed is not None and contents_identity(spec, listed) is None
    swapped = type(listed)(listed.test, listed.train)
    assert contents_identity(spec, swapped) not in (None, contents_identity(spec, type(listed)("0", listed.test)))
