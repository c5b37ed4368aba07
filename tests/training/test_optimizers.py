"""Optimizers of the table: found by name, elementwise and resumable; unknown names are refused."""

import pytest
import torch

from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig
from engine.training.checkpoint import load_checkpoint, restore, save_checkpoint
from engine.training.loop import train
from engine.training.optimizers import OPTIMIZERS, optimizer_spec
from engine.training.schedule import TrainingConfig
from engine.training.state import build_optimizer
from engine.validation import field_limits, validated

KINDS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}
STD = ObjectiveConfig()


def configured(name: str) -> TrainingConfig:
    return TrainingConfig(epochs=1, batch_size=32, optimizer=name, snapshots_per_epoch=1)


@pytest.mark.parametrize("name", KINDS)
def test_each_name_builds_its_own(name, fresh):
    optimizer = fresh([0], configured(name)).optimizer
    assert type(optimizer) is KINDS[name] and optimizer.param_groups[0]["lr"] == TrainingConfig().learning_rate


@pytest.mark.parametrize("name", ["adm", "Adam", "", "rmsprop"])
def test_an_unknown_name_is_refused_everywhere(name, fresh):
    with pytest.raises(InputError, match="one of adam, sgd"):
        optimizer_spec(name)
    with pytest.raises(InputError, match="one of adam, sgd"):
        build_optimizer(name, fresh([0], TrainingConfig()).stack, 1e-3)
    with pytest.raises(InputError, match="one of adam, sgd"):
        validated(TrainingConfig, optimizer=name)


def test_the_choices_of_the_configuration_are_the_table():
    limits = field_limits(TrainingConfig, "optimizer")
    assert limits.choices == tuple(OPTIMIZERS) and limits.default in OPTIMIZERS
    assert all(spec.name == name and spec.title in limits.description for name, spec in OPTIMIZERS.items())


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_members_do_not_know_each_other(name, digits, fresh):
    training = configured(name)
    together, alone = fresh([0, 1], training), fresh([1], training)
    list(train(together, digits, [ObjectiveConfig(l1_strength=0.1), STD], training, [0, 0]))
    list(train(alone, digits, [STD], training, [0]))
    for key, value in together.stack.weights.items():
        torch.testing.assert_close(value[1], alone.stack.weights[key][0], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_checkpoint_changes_no_bit(name, digits, fresh, tmp_path):
    training = configured(name)
    whole, first, second = (fresh([0], training) for _ in range(3))
    list(train(whole, digits, [STD], training, [0]))
    list(train(first, digits, [STD], training, [0], interrupted=lambda: first.step >= 3))
    save_checkpoint(tmp_path, first, 0)
    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint is not None
    restore(second, [checkpoint])
    list(train(second, digits, [STD], training, [0]))
    assert all(torch.equal(value, second.stack.weights[key]) for key, value in whole.stack.weights.items())
