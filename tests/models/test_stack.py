"""A stack gives the same results as its members."""

import pytest
import torch
import torch.nn.functional as F

from engine.data.catalog import DATASETS
from engine.models.architectures import ARCHITECTURES, build_model
from engine.models.stack import Stack, describe


def members(count: int, name: str = "mnist") -> list[torch.nn.Module]:
    spec = DATASETS[name]
    return [build_model("lenet", seed, spec.shape, 10, spec.mean, spec.std).double() for seed in range(count)]


def random_images(*shape: int, name: str = "mnist") -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(*shape, *DATASETS[name].shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
@pytest.mark.parametrize("count", [1, 3])
def test_logits_equal_the_members(count, name):
    models = members(count, name)
    stack = Stack.of(models)
    own, shared = random_images(count, 4, name=name), random_images(4, name=name)
    torch.testing.assert_close(stack.logits(own), torch.stack([m(x) for m, x in zip(models, own, strict=True)]))
    torch.testing.assert_close(stack.logits(shared), torch.stack([model(shared) for model in models]))


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_stacks(architecture):
    models = [build_model(architecture, seed, (1, 28, 28), 10, (0.1,), (0.3,)).double() for seed in range(2)]
    images = random_images(2, 3)
    expected = torch.stack([model(own) for model, own in zip(models, images, strict=True)])
    torch.testing.assert_close(Stack.of(models).logits(images), expected)


@pytest.mark.parametrize("count", [1, 3])
def test_forward_is_logits_in_one_long_batch(count):
    stack, images = Stack.of(members(count)), random_images(count, 4)
    assert torch.equal(stack(images.flatten(0, 1)), stack.logits(images).flatten(0, 1))


@pytest.mark.parametrize("count", [1, 3])
def test_gradients_equal_the_members(count):
    models = members(count)
    stack, images, labels = Stack.of(models), random_images(count, 4), torch.tensor([1, 0, 9, 4])
    for model, batch in zip(models, images, strict=True):
        F.cross_entropy(model(batch), labels).backward()
    F.cross_entropy(stack(images.flatten(0, 1)), labels.repeat(count), reduction="sum").div(4).backward()
    for name, stacked in stack.weights.items():
        expected = torch.stack([model.get_parameter(name).grad for model in models])
        torch.testing.assert_close(stacked.grad, expected)


def test_a_stack_copies_its_members():
    models = members(2)
    stack = Stack.of(models)
    with torch.no_grad():
        models[0].conv1.weight.zero_()
    assert stack.conv_weights("conv1")[0].abs().sum() > 0
    assert stack.size == 2 and stack.conv_layers == ("conv1", "conv2")
    assert stack.conv_weights("conv2").shape == (2, 16, 6, 5, 5)


def test_a_stack_has_no_parameters_but_its_weights():
    stack = Stack.of(members(3))
    assert [tuple(p.shape) for p in stack.parameters()] == [tuple(p.shape) for p in stack.weights.values()]
    assert all(parameter.requires_grad and parameter.shape[0] == 3 for parameter in stack.parameters())


def test_member_round_trip():
    models = members(3)
    stack = Stack.of(models)
    for index, model in enumerate(models):
        member = stack.member(index)
        assert all(torch.equal(value, model.state_dict()[name]) for name, value in member.state_dict().items())
        assert all(parameter.requires_grad for parameter in member.parameters())
    again = Stack.of([stack.member(index) for index in range(3)])
    assert all(torch.equal(again.weights[name], value) for name, value in stack.weights.items())


def test_a_member_is_independent_of_its_stack():
    stack = Stack.of(members(2))
    member = stack.member(1)
    with torch.no_grad():
        member.conv1.weight.zero_()
    assert stack.conv_weights("conv1")[1].abs().sum() > 0


def test_selection_is_frozen_and_independent():
    models = members(3)
    stack, images = Stack.of(models), random_images(2)
    chosen = stack.select([2, 0])
    torch.testing.assert_close(chosen.logits(images), torch.stack([models[2](images), models[0](images)]))
    assert not any(parameter.requires_grad for parameter in chosen.parameters())
    assert all(parameter.requires_grad for parameter in stack.parameters())
    images.requires_grad_()
    chosen.logits(images).sum().backward()
    assert images.grad.abs().sum() > 0 and all(parameter.grad is None for parameter in stack.parameters())
    with torch.no_grad():
        stack.conv_weights("conv1").zero_()
    assert chosen.conv_weights("conv1").abs().sum() > 0


def test_a_member_that_is_not_finite_stays_alone():
    stack, images = Stack.of(members(3)), random_images(2)
    before = stack.logits(images).detach()
    with torch.no_grad():
        stack.conv_weights("conv1")[1] = float("nan")
    after = stack.logits(images).detach()
    assert after[1].isnan().all()
    torch.testing.assert_close(after[[0, 2]], before[[0, 2]])


class Noisy(torch.nn.Module):
    """A network whose output depends on its mode."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 3)
        self.dropout = torch.nn.Dropout(0.5)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layer(self.dropout(images.flatten(1)))


def test_modes_reach_the_network():
    model, images = Noisy(), torch.ones(50, 1, 2, 2)
    stack = Stack.of([model])
    assert stack.eval() is stack
    torch.testing.assert_close(stack(images), model.eval()(images))
    assert not stack.select([0]).train()(images).eq(model(images)).all()
    torch.testing.assert_close(stack(images), model(images))


def test_description_is_of_the_function_without_the_weights():
    def described(architecture, seed=0, mean=(0.1,), std=(0.3,)):
        return describe(build_model(architecture, seed, (1, 28, 28), 10, mean, std))

    assert described("lenet") == described("lenet", seed=1)
    others = {described("lenet", mean=(0.2,)), described("lenet", std=(0.2,)), described("madry-cnn")}
    assert len({described("lenet"), *others}) == 4
