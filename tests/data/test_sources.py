"""Reading, refusing and fetching data sets."""

import http.client
import io
import types
import urllib.error
import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine.data import sources, torchvision_import
from engine.data.sources import SHIPPED, check_available, find_file, load_dataset
from engine.errors import InputError


def assert_refused(folder: Path, name: str = "cifar10") -> str:
    """Loading fails with an error of one line, and no file changes."""
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    with pytest.raises(InputError) as caught:
        load_dataset(name, folder)
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    assert str(caught.value).startswith("Expected ") and "\n" not in str(caught.value)
    return str(caught.value)


# the shipped sample


def test_the_shipped_sample_is_what_it_claims(tmp_path):
    dataset = load_dataset("mnist-mini", tmp_path)
    assert dataset.train_images.shape == (4_000, 1, 28, 28) and dataset.test_images.shape == (1_000, 1, 28, 28)
    assert dataset.train_images.dtype == dataset.test_images.dtype == np.uint8
    assert dataset.train_labels.dtype == dataset.test_labels.dtype == np.int64
    assert np.bincount(dataset.train_labels).tolist() == [400] * 10
    assert np.bincount(dataset.test_labels).tolist() == [100] * 10
    assert dataset.digest == "136d315e6209c1af", "every recorded run of mnist-mini began with these images"


def test_the_shipped_sample_fits_the_catalogs_normalization(tmp_path):
    dataset = load_dataset("mnist-mini", tmp_path)
    pixels = dataset.train_images / 255.0
    assert pixels.mean() == pytest.approx(dataset.spec.mean[0], abs=0.002)
    assert pixels.std() == pytest.approx(dataset.spec.std[0], abs=0.002)


def test_no_image_is_in_both_parts(tmp_path):
    dataset = load_dataset("mnist-mini", tmp_path)
    assert not {i.tobytes() for i in dataset.train_images} & {i.tobytes() for i in dataset.test_images}


def test_digest_covers_images_labels_and_order(tmp_path, cifar, arrays):
    first = load_dataset("cifar10", tmp_path).digest
    digests = {first}
    for change in ("image", "label", "order"):
        changed = {name: value.copy() for name, value in arrays.items()}
        if change == "image":
            changed["x_train"][0, 0, 0, 0] ^= 1
        elif change == "label":
            changed["y_train"][0] = (changed["y_train"][0] + 1) % 10
        else:
            changed["x_train"] = changed["x_train"][::-1]
        np.savez(cifar, **changed)
        digests.add(load_dataset("cifar10", tmp_path).digest)
    assert len(digests) == 4
    np.savez(cifar, **arrays)
    assert load_dataset("cifar10", tmp_path).digest == first, "the same images in another file"


# a file to drop in


@pytest.mark.parametrize("column", [False, True], ids=["labels (n,)", "labels (n, 1)"])
def test_keras_layout_is_read_channel_first(tmp_path, arrays, column):
    if column:
        arrays |= {name: arrays[name][:, None] for name in ("y_train", "y_test")}
    np.savez(tmp_path / "cifar10.npz", **arrays)
    dataset = load_dataset("cifar10", tmp_path)
    assert dataset.train_images.shape == (6, 3, 32, 32) and dataset.train_images.flags.c_contiguous
    for image, channel, row, col in [(0, 0, 0, 0), (5, 2, 31, 7), (3, 1, 4, 30)]:
        assert dataset.train_images[image, channel, row, col] == arrays["x_train"][image, row, col, channel]
    np.testing.assert_array_equal(dataset.test_images, np.moveaxis(arrays["x_test"], 3, 1))
    np.testing.assert_array_equal(dataset.train_labels, arrays["y_train"].ravel())
    np.testing.assert_array_equal(dataset.test_labels, arrays["y_test"].ravel())


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1)])
def test_grey_images_with_and_without_a_channel_axis(tmp_path, shape):
    images = np.arange(2 * 784, dtype=np.uint32).astype(np.uint8).reshape(2, *shape)
    labels = np.array([3, 7])
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    dataset = load_dataset("mnist", tmp_path)
    assert dataset.train_images.shape == (2, 1, 28, 28)
    np.testing.assert_array_equal(dataset.train_images[:, 0], images.reshape(2, 28, 28))


def test_a_users_file_comes_before_the_shipped_one(tmp_path):
    assert find_file("mnist-mini", tmp_path) == SHIPPED / "mnist-mini.npz"
    images, labels = np.full((1, 28, 28), 9, np.uint8), np.array([4])
    np.savez(tmp_path / "mnist-mini.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    assert load_dataset("mnist-mini", tmp_path).train_labels.tolist() == [4]


# bad files


@pytest.mark.parametrize("missing", ["x_train", "y_train", "x_test", "y_test"])
def test_missing_array(tmp_path, arrays, missing):
    del arrays[missing]
    np.savez(tmp_path / "cifar10.npz", **arrays)
    assert f"without {missing}" in assert_refused(tmp_path)


@pytest.mark.parametrize("tenth", range(10))
def test_truncated_file(tmp_path, cifar, tenth):
    content = cifar.read_bytes()
    cifar.write_bytes(content[: len(content) * tenth // 10])
    assert "cifar10.npz" in assert_refused(tmp_path)


def test_damage_anywhere_is_refused_or_harmless(tmp_path, cifar, arrays):
    """Flipped bits are refused, unless they are outside the images. The bytes of the container are hit often."""
    content, rng = cifar.read_bytes(), np.random.default_rng(0)
    expected = load_dataset("cifar10", tmp_path)
    container = [*range(200), *range(len(content) - 400, len(content))]
    for _ in range(300):
        damaged = bytearray(content)
        for place in rng.choice(container, 2):
            damaged[place] ^= 1 << rng.integers(8)
        cifar.write_bytes(damaged)
        try:
            found = load_dataset("cifar10", tmp_path)
        except InputError as error:
            assert "\n" not in str(error)
        else:
            np.testing.assert_array_equal(found.train_images, expected.train_images)
            np.testing.assert_array_equal(found.test_labels, expected.test_labels)


def npy(array: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def npz_with_header(header: str) -> bytes:
    """An npz file whose x_train has this `header` and no data."""
    text = header.encode().ljust(118) + b"\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("x_train.npy", b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
        for name in ("y_train", "x_test", "y_test"):
            archive.writestr(f"{name}.npy", npy(np.zeros(1, np.uint8)))
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"these are no images\n",
        b"PK\x03\x04" + bytes(100),
        npy(np.zeros((4, 32, 32, 3), np.uint8)),
        npz_with_header("{'descr': '|u1', 'fortran_order': False, 'shape': (10000000, 1000, 1000, 3), }"),
        npz_with_header("{'descr': '|O', 'fortran_order': False, 'shape': (4,), }"),
        npz_with_header("{'descr': ((((("),
    ],
    ids=["empty", "text", "broken zip", "one array", "30 terabytes", "pickled objects", "broken header"],
)
def test_what_is_no_npz(tmp_path, content):
    (tmp_path / "cifar10.npz").write_bytes(content)
    assert "cifar10.npz to be an npz file" in assert_refused(tmp_path)


def test_a_folder_instead_of_a_file(tmp_path):
    (tmp_path / "cifar10.npz").mkdir()
    assert_refused(tmp_path)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("x_train", lambda x: x.astype(np.float32) / 255, "float32"),
        ("x_test", lambda x: x.astype(np.int64), "int64"),
        ("x_train", lambda x: x.transpose(0, 3, 1, 2), "(6, 3, 32, 32)"),
        ("x_train", lambda x: x[:, :28, :28], "(6, 28, 28, 3)"),
        ("x_test", lambda x: x[..., 0], "(4, 32, 32, 1)"),
        ("x_test", lambda x: x[:0], "(0, 32, 32, 3)"),
        ("x_train", lambda x: x[0, 0, 0, 0], "()"),
        ("y_train", lambda y: y[:-1], "5 of type uint8"),
        ("y_test", lambda y: np.eye(10, dtype=np.uint8)[y], "40 of type uint8"),
        ("y_train", lambda y: y.astype(np.float64), "float64"),
        ("y_train", lambda y: np.where(np.arange(6) == 3, 10, y), "to 10"),
        ("y_test", lambda y: np.where(np.arange(4) == 3, -1, y.astype(int)), "-1 to"),
        ("y_test", lambda y: y.astype(str), "<U"),
    ],
)
def test_wrong_arrays(tmp_path, arrays, name, change, words):
    arrays[name] = change(arrays[name])
    np.savez(tmp_path / "cifar10.npz", **arrays)
    assert words in assert_refused(tmp_path)


def test_unknown_name_makes_no_folder(tmp_path):
    with pytest.raises(InputError, match="'nmist'"):
        load_dataset("nmist", tmp_path / "data")
    assert not (tmp_path / "data").exists()


# downloads


def torchvision_with(monkeypatch, **classes) -> None:
    module = types.SimpleNamespace(**classes)
    monkeypatch.setattr(torchvision_import, "import_torchvision_datasets", lambda: module)


@pytest.mark.parametrize(
    "error",
    [
        urllib.error.URLError("no route"),
        RuntimeError("Error downloading train-images"),
        TimeoutError("timed out"),
        http.client.IncompleteRead(b"half"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_offline_names_the_three_ways_out(tmp_path, monkeypatch, error):
    def no_download(*_, **__):
        raise error

    torchvision_with(monkeypatch, MNIST=no_download)
    data = tmp_path / "data"
    with pytest.raises(InputError) as caught:
        load_dataset("mnist", data)
    message = str(caught.value)
    assert "internet" in message and "put mnist.npz (Keras layout) into" in message and "mnist-mini" in message
    assert not any(data.iterdir()), "nothing half-made stays behind"


class FakeCifar:
    """A data set of two images per split, which writes a file to its folder, as a download does."""

    calls = 0

    def __init__(self, root: str, train: bool, download: bool) -> None:
        assert download
        type(self).calls += 1
        (Path(root) / f"archive-{train}").write_bytes(b"downloaded")
        self.data = np.full((2, 32, 32, 3), 10 if train else 20, np.uint8)
        self.targets = [1, 2] if train else [3, 4]


def test_a_download_is_filed_and_then_read_from_the_file(tmp_path, monkeypatch):
    torchvision_with(monkeypatch, CIFAR10=FakeCifar)
    monkeypatch.setattr(FakeCifar, "calls", 0)
    data = tmp_path / "not" / "there yet"
    first = load_dataset("cifar10", data)
    assert FakeCifar.calls == 2 and [path.name for path in data.iterdir()] == ["cifar10.npz"]
    assert (first.train_images.max(), first.test_images.min()) == (10, 20)
    assert first.train_labels.tolist() == [1, 2] and first.test_labels.tolist() == [3, 4]
    second = load_dataset("cifar10", data)
    assert FakeCifar.calls == 2 and second.digest == first.digest


def test_a_download_cut_short_leaves_no_file(tmp_path, monkeypatch):
    torchvision_with(monkeypatch, CIFAR10=FakeCifar)

    def full(file, **_):
        file.write(b"PK half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sources.np, "savez_compressed", full)
    with pytest.raises(InputError):
        load_dataset("cifar10", tmp_path)
    assert not any(tmp_path.iterdir())


# asked before a launch


def test_available_without_loading(tmp_path, cifar):
    check_available("mnist-mini", tmp_path)
    check_available("cifar10", tmp_path)
    check_available("mnist", tmp_path)  # can be downloaded
    cifar.write_bytes(cifar.read_bytes()[:-30])
    with pytest.raises(InputError, match="damaged"):
        check_available("cifar10", tmp_path)
    with pytest.raises(InputError, match="'x'"):
        check_available("x", tmp_path)


def test_unavailable_when_nothing_is_shipped(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "SHIPPED", tmp_path)
    for ask in (check_available, load_dataset):
        with pytest.raises(InputError, match="mnist-mini"):
            ask("mnist-mini", tmp_path / "data")


def test_torchvision_imports_beside_this_torch():
    datasets = torchvision_import.import_torchvision_datasets()
    assert all(hasattr(datasets, name) for name in ("MNIST", "FashionMNIST", "CIFAR10"))
