"""A small data set and fresh stacks on it; one thread, so that bits can be compared."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from engine.data.sources import Dataset, load_dataset
from engine.data.subsets import stratified_ids
from engine.models.architectures import build_model
from engine.models.stack import Stack
from engine.training.schedule import TrainingConfig
from engine.training.state import TrainingState, initial_state


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """250 training and 100 test images of mnist-mini; batches of 32 give eight steps, the last one smaller."""
    whole = load_dataset("mnist-mini", Path("/nonexistent"))
    train, test = stratified_ids(whole.train_labels, 250), stratified_ids(whole.test_labels, 100)
    return replace(
        whole,
        train_images=whole.train_images[train],
        train_labels=whole.train_labels[train],
        test_images=whole.test_images[test],
        test_labels=whole.test_labels[test],
    )


def plain_model(seed: int) -> nn.Module:
    return build_model("lenet", seed, (1, 28, 28), 10, (0.1307,), (0.3081,))


def fresh_state(seeds: Sequence[int], training: TrainingConfig) -> TrainingState:
    stack = Stack.of([plain_model(seed) for seed in seeds])
    return initial_state(stack, training.optimizer, training.learning_rate)


def toward_grey(stack: Stack, images: Tensor, labels: Tensor, seeds: Sequence[int]) -> Tensor:
    """A deterministic replacement of an attack; depends on pixels, labels and the seed of each member."""
    strength = torch.tensor([(seed % 1000) / 4000 for seed in seeds]).repeat_interleave(len(images) // len(seeds))
    strength = (strength * (1 + labels / 10)).view(-1, 1, 1, 1)
    return images * (1 - strength) + 0.5 * strength


@pytest.fixture(scope="session")
def fresh() -> Callable[..., TrainingState]:
    """(seeds, training) -> a state before the first step."""
    return fresh_state


@pytest.fixture(scope="session")
def model_of() -> Callable[[int], nn.Module]:
    """Seed -> the plain module that a run of that seed starts from."""
    return plain_model


@pytest.fixture(scope="session")
def perturb() -> Callable:
    return toward_grey
