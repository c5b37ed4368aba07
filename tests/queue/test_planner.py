"""Which runs share a program, and what they cost."""

import pytest

from engine import devices
from engine.attacks.threat import ThreatModel
from engine.devices import resolve_device
from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig
from engine.models.architectures import ARCHITECTURES
from engine.queue.planner import MOST_MEMBERS, build_chooser, stack_key
from engine.queue.speed import measure_rate, rate_key, unmeasured
from engine.queue.submission import submit_runs
from engine.runs.config import RunConfig
from engine.runs.model_config import ModelConfig
from engine.studies.estimate import estimated_seconds, probe_passes, total_passes, training_passes
from engine.training.schedule import TrainingConfig

SAME = [
    {"seed": 5},
    {"objective": ObjectiveConfig(l1_strength=0.1, l2_strength=-0.1)},
    {"objective": ObjectiveConfig(l1_strength=0.1, scope="all"), "seed": 3},
]
OTHER = [
    {"dataset": "mnist"},
    {"training": TrainingConfig(epochs=3)},
    {"training": TrainingConfig(batch_size=32)},
    {"adversarial_training": True},
    {"threat": ThreatModel(epsilon=0.1)},
    {"device": "cpu"},
]


@pytest.mark.parametrize("change", SAME, ids=str)
def test_seeds_and_strengths_share_a_stack(change):
    assert stack_key(RunConfig(**change)) == stack_key(RunConfig())


@pytest.mark.parametrize("change", OTHER, ids=str)
def test_anything_else_does_not(change):
    assert stack_key(RunConfig(**change)) != stack_key(RunConfig())


def chosen(store, queue, device: str, position=lambda folder: 0) -> list[str]:
    waiting = list(reversed(queue.jobs()))
    return [job.job_id for job in build_chooser(store, device, position)(waiting)]


def test_on_a_cpu_one_at_a_time(store, queue):
    run_ids = submit_runs(store, queue, [RunConfig(seed=seed) for seed in range(3)])
    assert chosen(store, queue, "cpu") == run_ids[:1]
    assert build_chooser(store, "cpu", lambda folder: 0)([]) == []


def test_on_a_gpu_all_that_fit(store, queue):
    configs = [RunConfig(), RunConfig(adversarial_training=True), *(RunConfig(**change) for change in SAME)]
    run_ids = submit_runs(store, queue, configs)
    queue.submit("evaluation", "evaluate", run_ids[0], {})
    assert chosen(store, queue, "cuda") == [run_ids[0], *run_ids[2:]]


def test_on_a_gpu_only_those_at_the_same_step(store, queue):
    run_ids = submit_runs(store, queue, [RunConfig(seed=seed) for seed in range(4)])
    assert chosen(store, queue, "cuda", lambda folder: folder.name in run_ids[1:3]) == [run_ids[0], run_ids[3]]


def test_on_a_gpu_not_without_end(store, queue):
    submit_runs(store, queue, [RunConfig(seed=seed) for seed in range(MOST_MEMBERS + 3)])
    assert len(chosen(store, queue, "cuda")) == MOST_MEMBERS


def test_a_damaged_run_goes_alone(store, queue):
    run_ids = submit_runs(store, queue, [RunConfig(seed=seed) for seed in range(3)])
    (store.root / run_ids[0] / "config.json").write_text("{}")
    assert chosen(store, queue, "cuda") == run_ids[:1]


def test_an_evaluation_goes_alone(store, queue):
    queue.submit("evaluation", "evaluate", "x", {})
    submit_runs(store, queue, [RunConfig()])
    assert chosen(store, queue, "cuda") == ["evaluation"]


def test_devices(monkeypatch, tmp_path):
    monkeypatch.setattr(devices, "Path", lambda name: tmp_path / "none")
    monkeypatch.setattr(devices.shutil, "which", lambda name: None)
    assert resolve_device("cpu") == resolve_device("auto") == "cpu"
    with pytest.raises(InputError, match="CUDA"):
        resolve_device("cuda")
    with pytest.raises(InputError, match="one of auto, cpu, cuda, got 'tpu'"):
        resolve_device("tpu")


# what it costs


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


def test_every_network_is_measured_once_lenet_first():
    rates, networks = {}, []
    while missing := unmeasured("cpu", rates):
        networks.append((missing[0].architecture, missing[0].dataset_spec.shape))
        rates[rate_key("cpu", missing[0])] = 1.0
    assert networks[0] == ("lenet", (1, 28, 28)) and ("lenet", (3, 32, 32)) in networks
    assert ("madry-cnn", (1, 28, 28)) in networks and ("madry-cnn", (3, 32, 32)) not in networks
    assert len(networks) == len(set(networks))
    assert unmeasured("cuda", rates), "another device is another speed"


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_rate_is_measured(architecture):
    assert 10 < measure_rate(ModelConfig(architecture=architecture), "cpu", batch_size=8, steps=2) < 1e7
