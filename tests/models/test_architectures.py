"""Entries agree with their networks, and each network equals its plain chain of layers."""

import pytest
import torch
from torch import nn

from engine.data.catalog import DATASETS
from engine.errors import InputError
from engine.models.architectures import ARCHITECTURES, ArchitectureSpec, architecture_spec, build_model, layer_titles
from engine.models.stack import Stack

SHIPPED = ("lenet", "advertorch-lenet5", "madry-cnn")
FITTING = [(name, data) for name, spec in ARCHITECTURES.items() for data in DATASETS if spec.fits(DATASETS[data].shape)]


def build(architecture: str, dataset: str = "mnist", seed: int = 0) -> nn.Module:
    spec = DATASETS[dataset]
    return build_model(architecture, seed, spec.shape, len(spec.classes), spec.mean, spec.std)


def chain(edge: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 32, edge, padding=edge // 2), nn.ReLU(), nn.MaxPool2d(2, 2),
        nn.Conv2d(32, 64, edge, padding=edge // 2), nn.ReLU(), nn.MaxPool2d(2, 2),
        nn.Flatten(), nn.Linear(3136, hidden), nn.ReLU(), nn.Linear(hidden, 10),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("architecture", "edge", "hidden", "names", "parameters"),
    [
        ("advertorch-lenet5", 3, 200, ["conv1", "conv2", "linear1", "linear2"], 648_226),
        ("madry-cnn", 5, 1024, ["conv1", "conv2", "fc1", "fc2"], 3_274_634),
    ],
)
def test_pixels_go_through_the_plain_chain(architecture, edge, hidden, names, parameters):
    model, plain = build(architecture), chain(edge, hidden)
    own = model.state_dict()
    assert list(own) == [f"{name}.{part}" for name in names for part in ("weight", "bias")]
    assert sum(value.numel() for value in own.values()) == parameters
    plain.load_state_dict(dict(zip(plain.state_dict(), own.values(), strict=True)))
    images = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    assert torch.equal(model(images), plain(images))


@pytest.mark.parametrize(("architecture", "dataset"), FITTING)
def test_convolutions_are_the_models_own(architecture, dataset):
    model, spec = build(architecture, dataset), ARCHITECTURES[architecture]
    assert Stack.of([model]).conv_layers == tuple(spec.convolutions)
    for layer in spec.convolutions:
        weight = model.get_parameter(f"{layer}.weight")
        assert spec.kernel_shape(layer, weight.numel()) == weight.shape


@pytest.mark.parametrize(("architecture", "dataset"), [pair for pair in FITTING if pair[0] in SHIPPED])
def test_shapes_tell_the_tensors_apart(architecture, dataset):
    shapes = [value.shape for value in build(architecture, dataset).state_dict().values()]
    assert len(set(shapes)) == len(shapes)


@pytest.mark.parametrize("architecture", ["advertorch-lenet5", "madry-cnn"])
def test_weights_depend_on_the_seed_alone(architecture):
    first, again, other = build(architecture, seed=1), build(architecture, seed=1), build(architecture, seed=2)
    assert torch.equal(first.conv2.weight, again.conv2.weight)
    assert not torch.equal(first.conv2.weight, other.conv2.weight)


@pytest.mark.parametrize("architecture", ["advertorch-lenet5", "madry-cnn"])
def test_images_of_another_shape_are_refused(architecture):
    title = ARCHITECTURES[architecture].title
    with pytest.raises(InputError, match=f"1 x 28 x 28 for {title}, got 3 x 32 x 32.*lenet"):
        build(architecture, "cifar10")
    assert [name for name, data in FITTING if data == "cifar10" and name in SHIPPED] == ["lenet"]


def test_layers_are_called_by_their_place():
    assert list(layer_titles().items())[:2] == [("conv1", "First convolution"), ("conv2", "Second convolution")]
    deep = {f"features.{place}": (8, 3) for place in range(12)}
    other = ArchitectureSpec("deep", "Deep", ("nowhere", "Deep"), {"conv1": (8, 3)} | deep)
    titles = layer_titles([*ARCHITECTURES.values(), other])
    assert titles["conv1"] == "First convolution", "as in the first architecture that has it"
    assert titles["features.0"] == "Second convolution (features.0)" and titles["features.1"] == "Third convolution"
    assert titles["features.11"] == "Convolution 13" and len(set(titles.values())) == len(titles)


def test_unknown_architecture():
    with pytest.raises(InputError, match="madry-cnn.*'vgg'"):
        architecture_spec("vgg")
