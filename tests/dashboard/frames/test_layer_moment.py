"""A moment in words: a run whose records end before it is not said to be there."""

import numpy as np
import pytest

from dashboard.frames.layer_moment import LayerMoment
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig


def moment(epoch: float, **epochs: list[float]) -> LayerMoment:
    runs = [RunOverview(name, RunConfig(seed=seed), "finished", None, None, None) for seed, name in enumerate(epochs)]
    records = {name: [{"epoch": value} for value in of] for name, of in epochs.items()}
    return LayerMoment("conv1", epoch, runs, records, {name: np.zeros((len(of), 5)) for name, of in epochs.items()})


@pytest.mark.parametrize(
    ("epoch", "epochs", "words"),
    [
        (10.0, {"a": [0.0, 10.0], "b": [0.0, 10.0]}, "at epoch 10.00"),
        (10.0, {"a": [0.0, 10.0], "b": [0.0, 4.0]}, "at epoch 10.00 (1 of 2 runs: 4.00)"),
        (10.0, {"a": [0.0, 10.0], "b": [0.0, 4.0], "c": [0.0, 2.5]}, "at epoch 10.00 (2 of 3 runs: 2.50 to 4.00)"),
        (5.0, {"a": [0.0, 4.0, 10.0], "b": [0.0, 5.0]}, "at epoch 5.00"),
        (3.0, {"a": [0.0, 10.0], "b": [5.0, 10.0]}, "at epoch 3.00"),
        (4.0, {"a": [0.0, 4.0, 10.0], "b": [0.0, 4.0]}, "at epoch 4.00"),
        (4.0, {"a": [0.0, 3.9999]}, "at epoch 4.00"),
    ],
)
def test_runs_that_ended_earlier_are_named(epoch, epochs, words):
    found = moment(epoch, **epochs)
    assert found.when == words and found.title_now == f"First convolution {words}"
