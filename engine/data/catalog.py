"""The data sets by name; a new data set is one entry. Pages and models read this without loading images."""

from dataclasses import dataclass

from engine.errors import InputError


@dataclass(frozen=True)
class Contents:
    """Digests of the training and of the test part of a data set: images and labels, in their order."""

    train: str
    test: str


@dataclass(frozen=True)
class DatasetSpec:
    """Shape, classes and normalization of one data set.

    shape: (C, H, W) with one channel (gray) or three (red, green, blue).
    mean, std: per channel, of pixels in [0, 1]; used to normalize images.
    epsilon: the paper's linf budget, in normalized units.
    torchvision: class name in `torchvision.datasets`; None if the data set cannot be downloaded.
    listed: contents that run ids without a data digest stand for; None if no contents are known.

    Raises:
        ValueError: the number of channels is not 1 or 3, or the length of mean or std differs from it.
    """

    name: str
    title: str
    shape: tuple[int, int, int]
    classes: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    train_size: int
    test_size: int
    epsilon: float
    torchvision: str | None
    listed: Contents | None = None

    def __post_init__(self) -> None:
        channels = self.shape[0]
        if channels not in (1, 3) or not len(self.mean) == len(self.std) == channels:
            raise ValueError(f"{self.name}: expected 1 or 3 channels, each with a mean and a std, got {self}")

    def is_listed(self, contents: Contents) -> bool:
        """Whether these are the contents that run ids without a data digest stand for."""
        return self.listed == contents


DIGITS = tuple("0123456789")
FASHION = ("t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
CIFAR = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR_MEAN, CIFAR_STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
GRAY = (1, 28, 28)

MINI_CONTENTS = Contents("136d315e6209c1af", "5232eb110f8eec59")
MNIST_CONTENTS = Contents("425af2a8bb66cff7", "94927ee78d591c8f")
CIFAR_CONTENTS = Contents("824abd436039e395", "74830ff5bf95b199")
"""Of a copy that was compressed as JPEG, on which the recorded runs were trained; torchvision's images differ."""

DATASETS = {
    spec.name: spec
    for spec in (
        DatasetSpec(
            "mnist-mini", "MNIST mini", GRAY, DIGITS, (0.1307,), (0.3081,), 4_000, 1_000, 0.3, None, MINI_CONTENTS
        ),
        DatasetSpec("mnist", "MNIST", GRAY, DIGITS, (0.1307,), (0.3081,), 60_000, 10_000, 0.3, "MNIST", MNIST_CONTENTS),
        DatasetSpec(
            "fashion-mnist", "Fashion-MNIST", GRAY, FASHION, (0.2860,), (0.3530,), 60_000, 10_000, 0.3, "FashionMNIST"
        ),
        DatasetSpec(
            "cifar10",
            "CIFAR-10",
            (3, 32, 32),
            CIFAR,
            CIFAR_MEAN,
            CIFAR_STD,
            50_000,
            10_000,
            0.03,
            "CIFAR10",
            CIFAR_CONTENTS,
        ),
    )
}


def dataset_spec(name: str) -> DatasetSpec:
    """The entry called `name`; InputError if the name is unknown."""
    if name not in DATASETS:
        raise InputError(f"a data set, one of {', '.join(DATASETS)}", repr(name), "Choose one of these names.")
    return DATASETS[name]
