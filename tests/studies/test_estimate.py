"""What a run costs, and how long that takes."""

import pytest

from engine.queue.speed import rate_key
from engine.runs.config import RunConfig
from engine.studies.estimate import estimated_seconds, probe_passes, total_passes, training_passes
from engine.training.schedule import TrainingConfig


def test_adversarial_training_costs_twelve_times_as_much():
    """One clean update, one adversarial, ten gradients for the attack."""
    assert training_passes(RunConfig()) == 10 * 4_000
    assert training_passes(RunConfig(adversarial_training=True)) == 12 * training_passes(RunConfig())


def test_a_probe_that_is_off_costs_nothing():
    off = RunConfig(probe={"samples": 0})
    assert probe_passes(off) == 0 and total_passes(off) < total_passes(RunConfig())


def test_the_probe_costs_at_most_about_what_the_training_does():
    """The interval is stretched until it does; first and last are always probed."""
    for snapshots in (1, 10, 50):
        config = RunConfig(
            training=TrainingConfig(snapshots_per_epoch=snapshots), probe={"samples": 1024, "steps": 100}
        )
        assert probe_passes(config) <= training_passes(config) + 2 * config.probe.samples * (config.probe.steps + 1)


def test_estimates():
    config = RunConfig()
    rates = {rate_key("cpu", config): total_passes(config) / 10}
    assert estimated_seconds([], rates, 2, "cpu") == 0.0
    assert estimated_seconds([config], rates, 2, "cpu") == pytest.approx(10), "one run does not go faster on two cores"
    assert estimated_seconds([config] * 4, rates, 2, "cpu") == pytest.approx(20)
    assert estimated_seconds([config] * 3, rates, 1, "cpu") == pytest.approx(30)
    assert estimated_seconds([config], {}, 2, "cpu") is None
    for other in (RunConfig(dataset="cifar10"), RunConfig(architecture="madry-cnn")):
        assert estimated_seconds([config, other], rates, 2, "cpu") is None, "nothing is known of these"
    assert estimated_seconds([RunConfig(dataset="mnist")], rates, 2, "cpu") is not None, "the same network"
