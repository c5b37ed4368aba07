"""Which runs share a program."""

import pytest

from engine.attacks.threat import ThreatModel
from engine.minmax.objective import ObjectiveConfig
from engine.queue.job import Place
from engine.queue.planner import MOST_MEMBERS, build_chooser
from engine.queue.submission import submit_runs
from engine.runs.config import RunConfig
from engine.training.schedule import TrainingConfig
from tests.small_runs import HERE

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
    assert RunConfig(**change).stack_key == RunConfig().stack_key


@pytest.mark.parametrize("change", OTHER, ids=str)
def test_anything_else_does_not(change):
    assert RunConfig(**change).stack_key != RunConfig().stack_key


def on(device: str):
    """(job) -> its own place, with `device` where it says auto."""
    return lambda job: Place(job.place.data_dir, device if job.place.device == "auto" else job.place.device)


def chosen(store, queue, device: str, position=lambda folder: 0) -> list[str]:
    waiting = list(reversed(queue.jobs()))
    return [job.job_id for job in build_chooser(store, on(device), position)(waiting)]


def test_on_a_cpu_one_at_a_time(store, queue):
    run_ids = submit_runs(store, queue, [RunConfig(seed=seed) for seed in range(3)], HERE)
    assert chosen(store, queue, "cpu") == run_ids[:1]
    assert build_chooser(store, on("cpu"), lambda folder: 0)([]) == []


def test_on_a_gpu_all_that_fit(store, queue):
    configs = [RunConfig(), RunConfig(adversarial_training=True), *(RunConfig(**change) for change in SAME)]
    run_ids = submit_runs(store, queue, configs, HERE)
    queue.submit("evaluation", "evaluate", run_ids[0], {})
    assert chosen(store, queue, "cuda") == [run_ids[0], *run_ids[2:]]


def test_on_a_gpu_only_those_at_the_same_step(store, queue):
    run_ids = submit_runs(store, queue, [RunConfig(seed=seed) for seed in range(4)], HERE)
    assert chosen(store, queue, "cuda", lambda folder: folder.name in run_ids[1:3]) == [run_ids[0], run_ids[3]]


def test_on_a_gpu_not_without_end(store, queue):
    submit_runs(store, queue, [RunConfig(seed=seed) for seed in range(MOST_MEMBERS + 3)], HERE)
    assert len(chosen(store, queue, "cuda")) == MOST_MEMBERS


def test_a_damaged_run_goes_alone(store, queue):
    run_ids = submit_runs(store, queue, [RunConfig(seed=seed) for seed in range(3)], HERE)
    (store.root / run_ids[0] / "config.json").write_text("{}")
    assert chosen(store, queue, "cuda") == run_ids[:1]


def test_an_evaluation_goes_alone(store, queue):
    queue.submit("evaluation", "evaluate", "x", {})
    submit_runs(store, queue, [RunConfig()], HERE)
    assert chosen(store, queue, "cuda") == ["evaluation"]


def test_a_stack_is_of_one_place(store, queue, tmp_path):
    configs = [RunConfig(seed=seed) for seed in range(4)]
    submit_runs(store, queue, configs, HERE)
    submit_runs(store, queue, configs[1:2], Place(tmp_path))
    submit_runs(store, queue, configs[2:3], Place(HERE.data_dir, "cpu"))
    assert chosen(store, queue, "cuda") == [configs[0].run_id, configs[3].run_id]
