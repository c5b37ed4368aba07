"""The catalog agrees with the papers and the files."""

from dataclasses import replace

import pytest

from engine.data.catalog import DATASETS, dataset_spec
from engine.errors import InputError


@pytest.mark.parametrize(
    ("name", "shape", "train", "test", "epsilon", "mean", "std"),
    [
        ("mnist-mini", (1, 28, 28), 4_000, 1_000, 0.3, (0.1307,), (0.3081,)),
        ("mnist", (1, 28, 28), 60_000, 10_000, 0.3, (0.1307,), (0.3081,)),
        ("fashion-mnist", (1, 28, 28), 60_000, 10_000, 0.3, (0.2860,), (0.3530,)),
        ("cifar10", (3, 32, 32), 50_000, 10_000, 0.03, (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    ],
)
def test_constants(name, shape, train, test, epsilon, mean, std):
    spec = dataset_spec(name)
    assert (spec.name, spec.shape, spec.train_size, spec.test_size) == (name, shape, train, test)
    assert (spec.epsilon, spec.mean, spec.std) == (epsilon, mean, std)


def test_every_entry_is_consistent():
    for name, spec in DATASETS.items():
        assert spec.name == name and len(spec.mean) == len(spec.std) == spec.shape[0]
        assert len(set(spec.classes)) == len(spec.classes) >= 2 and spec.title and spec.epsilon > 0
    assert DATASETS["mnist-mini"].torchvision is None, "it is shipped"


@pytest.mark.parametrize("changes", [{"shape": (2, 28, 28)}, {"mean": (0.1, 0.2)}, {"std": ()}], ids=str)
def test_an_entry_with_other_channels_is_refused(changes):
    with pytest.raises(ValueError, match="mnist: expected 1 or 3 channels"):
        replace(DATASETS["mnist"], **changes)


@pytest.mark.parametrize("name", ["imagenet", "", "MNIST", "../mnist"])
def test_unknown_name(name):
    with pytest.raises(InputError) as caught:
        dataset_spec(name)
    assert repr(name) in str(caught.value) and all(known in str(caught.value) for known in DATASETS)
