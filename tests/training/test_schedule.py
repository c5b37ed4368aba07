"""Lengths, snapshots and learning rates of a run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.training.schedule import TrainingConfig, is_snapshot_due, snapshot_total, steps_per_epoch
from engine.validation import validated


@pytest.mark.parametrize(("size", "batch", "steps"), [(60_000, 64, 938), (4_000, 64, 63), (64, 64, 1), (65, 64, 2)])
def test_steps_per_epoch_counts_the_smaller_last_batch(size, batch, steps):
    assert steps_per_epoch(size, batch) == steps


@given(st.integers(1, 400), st.integers(1, 50), st.integers(1, 4))
def test_snapshots_are_evenly_spaced_and_counted(steps, per_epoch, epochs):
    due = [step for step in range(1, epochs * steps + 1) if is_snapshot_due(step, steps, per_epoch)]
    training = TrainingConfig(epochs=epochs, batch_size=1, snapshots_per_epoch=per_epoch)
    assert 1 + len(due) == snapshot_total(training, steps)
    assert all(epoch * steps in due for epoch in range(1, epochs + 1)), "the end of every epoch is seen"
    gaps = {later - earlier for earlier, later in zip([0, *due], due, strict=False)}
    assert max(gaps) - min(gaps) <= 1


def test_learning_rate_halves():
    training = TrainingConfig(learning_rate=0.01, halve_every=30)
    rates = [training.learning_rate_at(epoch) for epoch in (0, 29, 30, 59, 60, 89)]
    assert rates == [0.01, 0.01, 0.005, 0.005, 0.0025, 0.0025]
    assert TrainingConfig(learning_rate=0.01).learning_rate_at(499) == 0.01


@pytest.mark.parametrize(
    "bad",
    [
        {"epochs": 0},
        {"epochs": 501},
        {"epochs": 1.5},
        {"epochs": float("nan")},
        {"batch_size": 0},
        {"optimizer": "rmsprop"},
        {"learning_rate": 0.0},
        {"learning_rate": float("inf")},
        {"learning_rate": float("nan")},
        {"halve_every": -1},
        {"snapshots_per_epoch": 51},
        {"weight_limit": 0.5},
        {"weight_limit": float("inf")},
        {"momentum": 0.9},
    ],
    ids=str,
)
def test_limits(bad):
    with pytest.raises(InputError) as caught:
        validated(TrainingConfig, **bad)
    assert next(iter(bad)).replace("_", " ") in str(caught.value).replace("_", " ") and "\n" not in str(caught.value)
