"""LeNet: sizes of the paper, normalization computed by hand, and initialization from the seed."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from engine.data.catalog import DATASETS
from engine.errors import InputError
from engine.models.architectures import build_model


def build(name: str, seed: int = 0) -> torch.nn.Module:
    spec = DATASETS[name]
    return build_model("lenet", seed, spec.shape, len(spec.classes), spec.mean, spec.std)


def images_of(name: str, count: int = 3) -> torch.Tensor:
    return torch.rand(count, *DATASETS[name].shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("name", "conv1", "total"), [("mnist", 150, 61_706), ("cifar10", 450, 62_006)])
def test_parameter_counts_are_those_of_the_paper(name, conv1, total):
    model = build(name)
    assert model.conv1.weight.numel() == conv1
    assert model.conv2.weight.numel() == 6 * 16 * 25
    assert sum(parameter.numel() for parameter in model.parameters()) == total
    assert len(model.state_dict()) == 10, "weights and biases only: constants of the data set are no weights"


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_one_logit_per_class(name):
    assert build(name)(images_of(name)).shape == (3, len(DATASETS[name].classes))


@pytest.mark.parametrize("shape", [(1, 16, 16), (1, 28, 28), (3, 32, 32), (1, 64, 48), (3, 28, 40)], ids=str)
def test_images_of_any_size_have_their_logits(shape):
    channels = shape[0]
    model = build_model("lenet", 0, shape, 7, (0.5,) * channels, (0.5,) * channels)
    assert model(torch.rand(2, *shape)).shape == (2, 7)


def test_images_that_leave_no_map_are_refused():
    with pytest.raises(InputError, match="at least 16 x 16 for LeNet, got 1 x 15 x 16. Choose another data set"):
        build_model("lenet", 0, (1, 15, 16), 10, (0.5,), (0.5,))


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_normalization_is_the_first_layer(name):
    spec, model, images = DATASETS[name], build(name), images_of(name)
    expected = (images.numpy() - np.array(spec.mean).reshape(-1, 1, 1)) / np.array(spec.std).reshape(-1, 1, 1)
    np.testing.assert_allclose(model.normalize(images).numpy(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("name", "padding"), [("mnist", 2), ("cifar10", 0)])
def test_forward_is_the_chain_of_the_docstring(name, padding):
    model, spec, images = build(name), DATASETS[name], images_of(name)
    x = (images - torch.tensor(spec.mean).view(-1, 1, 1)) / torch.tensor(spec.std).view(-1, 1, 1)
    x = F.max_pool2d(F.relu(F.conv2d(x, model.conv1.weight, model.conv1.bias, padding=padding)), 2)
    x = F.max_pool2d(F.relu(F.conv2d(x, model.conv2.weight, model.conv2.bias)), 2).flatten(1)
    for layer in (model.fc1, model.fc2):
        x = F.relu(F.linear(x, layer.weight, layer.bias))
    torch.testing.assert_close(model(images), F.linear(x, model.fc3.weight, model.fc3.bias))


def test_weights_depend_on_the_seed_alone():
    first = build("mnist", 3).state_dict()
    torch.rand(100)
    torch.manual_seed(99)
    second, other = build("mnist", 3).state_dict(), build("mnist", 4).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


def test_building_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(4)
    torch.manual_seed(5)
    build("mnist", 7)
    assert torch.equal(torch.rand(4), expected)
