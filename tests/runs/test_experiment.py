"""A run from config to result, in this process: what it leaves behind, and that interruptions do not show."""

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig
from engine.models.architectures import ARCHITECTURES, build_model
from engine.runs import experiment
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.experiment import checkpoint_position, train_runs
from engine.runs.records import METRICS, Recorder, read_conv_weights, read_metrics
from engine.runs.run_files import ENVIRONMENT, MODEL, RESULT, load_weights, read_json
from engine.runs.store import RunStore
from engine.training.checkpoint_file import LAST, PREVIOUS
from engine.training.schedule import TrainingConfig

RUNAWAY = ObjectiveConfig(l2_strength=-1.0)
MIN_MAX = ObjectiveConfig(l1_strength=0.02, l2_strength=-0.03)


def run(store: RunStore, data: Path, *configs: RunConfig, steps: int | None = None) -> list[Path]:
    """Train as one stack, at most so many steps."""
    folders = [store.create(config) for config in configs]
    asked = iter(range(10**9))
    interrupted = (lambda: False) if steps is None else (lambda: next(asked) >= steps)
    for _ in train_runs(store, [folder.name for folder in folders], data, "cpu", interrupted):
        pass
    return folders


def outcome(folder: Path) -> dict:
    """All that must be the same whenever and wherever the config is trained."""
    records = [{**record, "seconds": None} for record in read_metrics(folder)]
    result = {**(read_json(folder / RESULT) or {}), "seconds": None}
    return {
        "model": (folder / MODEL).read_bytes(),
        "conv1": (folder / "conv1.f32").read_bytes(),
        "conv2": (folder / "conv2.f32").read_bytes(),
        "records": records,
        "result": result,
    }


def test_what_a_finished_run_leaves(store, few_images, tiny):
    config = tiny({"epochs": 2, "snapshots_per_epoch": 2}, seed=3, objective=MIN_MAX)
    (folder,) = run(store, few_images, config)
    assert {path.name for path in folder.iterdir()} == {
        "config.json", "environment.json", "metrics.jsonl", "conv1.f32", "conv2.f32", "model.safetensors",
        "result.json",
    }  # fmt: skip
    result, records = store.result(folder.name), read_metrics(folder)
    assert [record["step"] for record in records] == [0, 2, 4, 6, 8]
    assert result["status"] == "finished" and result["steps"] == 8 and result["epoch"] == 2.0
    assert result["bit_exact"] is True and result["clean_accuracy_samples"] == 100
    assert result["conv1_fuzziness"] == records[-1]["fuzziness"]["conv1"]
    assert result["conv1_near_zero"] == records[-1]["near_zero"]["conv1"]
    weights = load_weights(folder)
    np.testing.assert_array_equal(read_conv_weights(folder, "conv1")[-1], weights["conv1.weight"].ravel())
    np.testing.assert_array_equal(read_conv_weights(folder, "conv2")[-1], weights["conv2.weight"].ravel())


def test_the_final_model_has_the_accuracy_that_the_result_tells(store, few_images, tiny):
    (folder,) = run(store, few_images, tiny({"epochs": 4, "learning_rate": 0.003}))
    model = build_model("lenet", 0, (1, 28, 28), 10, (0.1307,), (0.3081,))
    model.load_state_dict({name: torch.from_numpy(value) for name, value in load_weights(folder).items()})
    with np.load(few_images / "mnist-mini.npz") as arrays:
        images, labels = torch.from_numpy(arrays["x_test"])[:, None].float() / 255, arrays["y_test"]
    accuracy = float((model(images).argmax(1).numpy() == labels).mean())
    result = store.result(folder.name)
    assert result["clean_accuracy"] == pytest.approx(accuracy) == read_metrics(folder)[-1]["clean_accuracy"]
    assert accuracy > 0.5


@pytest.mark.parametrize("adversarial", [False, True], ids=["min-max", "adversarial"])
def test_interruptions_do_not_show(store, tmp_path, few_images, tiny, adversarial, monkeypatch):
    """With the real attack and probe; a crash loses what was recorded behind the last checkpoint."""
    monkeypatch.setattr(experiment, "CHECKPOINT_INTERVAL", 0.0)
    config = tiny(
        {"epochs": 2, "batch_size": 50, "snapshots_per_epoch": 2},
        probe=ProbeConfig(samples=8, steps=4, every=2),
        **({"adversarial_training": True} if adversarial else {"objective": MIN_MAX}),
    )
    other = RunStore(tmp_path / "other")
    (whole,) = run(other, few_images, config)
    folder = store.create(config)
    for stop in (1, 3):
        run(store, few_images, config, steps=stop)
        assert not (folder / RESULT).exists() and not (folder / MODEL).exists()
    assert checkpoint_position(folder)[0] == 4
    crash = (folder / LAST).read_bytes()
    kept = read_metrics(folder)
    run(store, few_images, config, steps=3)
    (folder / LAST).write_bytes(crash)  # as if killed before the next checkpoint, records being ahead
    with (folder / METRICS).open("a") as file:
        file.write('{"snapshot": ')
    run(store, few_images, config)
    assert outcome(folder) == outcome(whole)
    assert read_metrics(folder)[: len(kept)] == kept, "and it did not begin again"
    assert len(read_json(folder / ENVIRONMENT)["sessions"]) == 4


def test_a_checkpoint_is_never_ahead_of_the_records(store, few_images, tiny, monkeypatch):
    """After a power cut the records on disk must reach as far as the checkpoint on disk."""
    events = []
    sync, save = Recorder.sync, experiment.save_checkpoint
    monkeypatch.setattr(experiment, "CHECKPOINT_INTERVAL", 0.0)
    monkeypatch.setattr(Recorder, "sync", lambda recorder: events.append("records") or sync(recorder))
    monkeypatch.setattr(experiment, "save_checkpoint", lambda *args: events.append("checkpoint") or save(*args))
    run(store, few_images, tiny())
    assert len(events) >= 6 and events == ["records", "checkpoint"] * (len(events) // 2)


def test_a_broken_checkpoint_costs_a_little(store, tmp_path, few_images, tiny, monkeypatch):
    monkeypatch.setattr(experiment, "CHECKPOINT_INTERVAL", 0.0)
    config = tiny({"epochs": 3, "snapshots_per_epoch": 2})
    (whole,) = run(RunStore(tmp_path / "other"), few_images, config)
    (folder,) = run(store, few_images, config, steps=7)
    (folder / LAST).write_bytes((folder / LAST).read_bytes()[:-100])
    assert 0 < checkpoint_position(folder)[0] < 7
    run(store, few_images, config)
    assert outcome(folder) == outcome(whole)


def test_without_any_checkpoint_it_begins_again(store, tmp_path, few_images, tiny):
    config = tiny({"epochs": 2})
    (whole,) = run(RunStore(tmp_path / "other"), few_images, config)
    (folder,) = run(store, few_images, config, steps=5)
    for name in (LAST, PREVIOUS):
        (folder / name).unlink(missing_ok=True)
    assert checkpoint_position(folder) == (0, 0)
    run(store, few_images, config)
    assert outcome(folder) == outcome(whole)


def test_a_full_disk_loses_nothing_that_was_saved(store, tmp_path, few_images, tiny, monkeypatch):
    config = tiny({"epochs": 2})
    (whole,) = run(RunStore(tmp_path / "other"), few_images, config)
    (folder,) = run(store, few_images, config, steps=5)

    def no_space(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_space)
        with pytest.raises(OSError, match="space"):
            run(store, few_images, config)
    assert checkpoint_position(folder)[0] == 5
    run(store, few_images, config)
    assert {**outcome(folder), "result": None} == {**outcome(whole), "result": None}


def test_a_kill_after_the_result_leaves_no_checkpoint_for_good(store, few_images, tiny, monkeypatch):
    """The job of such a run is done again, and finds it finished."""
    config = tiny({"epochs": 2, "snapshots_per_epoch": 2})
    monkeypatch.setattr(experiment, "CHECKPOINT_INTERVAL", 0.0)
    with monkeypatch.context() as killed:
        killed.setattr(experiment, "remove_checkpoints", lambda folder: None)
        (folder,) = run(store, few_images, config)
    assert (folder / LAST).exists() and (folder / RESULT).exists()
    before = outcome(folder)
    run(store, few_images, config)
    assert not (folder / LAST).exists() and not (folder / PREVIOUS).exists() and outcome(folder) == before


def test_a_run_that_diverges_says_where(store, few_images, tiny):
    config = tiny({"epochs": 50, "optimizer": "sgd", "learning_rate": 0.1}, objective=RUNAWAY)
    (folder,) = run(store, few_images, config)
    result, records = store.result(folder.name), read_metrics(folder)
    assert result["status"] == "failed"
    assert "diverged at step" in result["error"] and ".weight reached" in result["error"]
    assert 5 < len(records) == len(read_conv_weights(folder, "conv1")) and not (folder / MODEL).exists()
    assert result["steps"] >= records[-1]["step"]


def test_runs_of_one_stack_end_each_in_its_own_way(store, tmp_path, few_images, tiny):
    schedule = {"epochs": 12, "snapshots_per_epoch": 1, "optimizer": "sgd", "learning_rate": 0.1}
    configs = [tiny(schedule, objective=objective) for objective in (ObjectiveConfig(), RUNAWAY, MIN_MAX)]
    folders = run(store, few_images, *configs)
    assert [store.result(folder.name)["status"] for folder in folders] == ["finished", "failed", "finished"]
    (alone,) = run(RunStore(tmp_path / "other"), few_images, configs[2])
    assert len(read_metrics(folders[2])) == len(read_metrics(alone))
    first, last = read_metrics(folders[2])[0], read_metrics(alone)[0]
    assert first["penalty"] == pytest.approx(last["penalty"], rel=1e-5)
    assert not any((folder / LAST).exists() for folder in (folders[0], folders[2]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"training": TrainingConfig(epochs=2)}, "in training"),
        ({"dataset": "mnist"}, "in dataset"),
        ({"architecture": "madry-cnn", "adversarial_training": True}, "in architecture, adversarial_training"),
        ({"threat": ThreatModel(epsilon=0.1)}, "in threat"),
        ({"probe": ProbeConfig(samples=8, steps=4)}, "in probe"),
        ({"device": "cpu"}, "in device"),
    ],
)
def test_runs_that_differ_in_more_than_seed_and_objective_are_no_stack(store, few_images, tiny, change, words):
    first, other = tiny(), tiny(seed=1, objective=MIN_MAX).model_copy(update=change)
    with pytest.raises(InputError, match=f"{other.run_id}, which differs from {first.run_id} {words}. Train it"):
        run(store, few_images, first, other)
    assert all([path.name for path in store.folder(one.run_id).iterdir()] == ["config.json"] for one in (first, other))


def test_runs_at_different_steps_are_no_stack(store, few_images, tiny):
    """The one that is further would begin again, and its records with it."""
    first, other = tiny({"epochs": 2}), tiny({"epochs": 2}, seed=1)
    (folder,) = run(store, few_images, other, steps=3)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(InputError, match=f"{other.run_id} at step 3 and {first.run_id} at step 0"):
        run(store, few_images, first, other)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_other_images_are_refused(store, tmp_path, few_images, tiny):
    config = tiny({"epochs": 2})
    (folder,) = run(store, few_images, config, steps=3)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(InputError, match="training images.*other images"):
        run(store, tmp_path, config)  # the shipped 4 000
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_missing_data_is_refused_before_anything_is_written(store, tmp_path, tiny):
    (tmp_path / "mnist-mini.npz").write_text("no images")
    folder = store.create(tiny())
    with pytest.raises(InputError, match="npz"):
        run(store, tmp_path, tiny())
    assert [path.name for path in folder.iterdir()] == ["config.json"]


def test_an_other_number_of_threads_is_told(store, few_images, tiny):
    config = tiny({"epochs": 2})
    run(store, few_images, config, steps=3)
    torch.set_num_threads(2)
    try:
        (folder,) = run(store, few_images, config)
    finally:
        torch.set_num_threads(1)
    assert store.result(folder.name)["bit_exact"] is False


def test_an_other_processor_is_told(store, few_images, tiny, monkeypatch):
    config = tiny({"epochs": 2})
    run(store, few_images, config, steps=3)
    monkeypatch.setattr("torch.backends.cpu.get_cpu_capability", lambda: "ABACUS")
    (folder,) = run(store, few_images, config)
    assert store.result(folder.name)["bit_exact"] is False


def test_a_copied_folder_is_a_shared_run(store, tmp_path, few_images, tiny):
    (folder,) = run(store, few_images, tiny())
    other = RunStore(tmp_path / "other")
    shutil.copytree(folder, tmp_path / "other" / folder.name)
    assert other.config(folder.name) == tiny() and other.result(folder.name) == store.result(folder.name)
    assert outcome(tmp_path / "other" / folder.name) == outcome(folder)


@pytest.mark.parametrize("adversarial", [False, True])
def test_an_l2_threat_is_trained_and_probed_in_l2(store, few_images, tiny, adversarial):
    config = tiny(
        {"snapshots_per_epoch": 1},
        threat=ThreatModel(norm="l2", epsilon=1.0),
        adversarial_training=adversarial,
        probe=ProbeConfig(samples=8, steps=4),
    )
    (folder,) = run(store, few_images, config)
    assert read_metrics(folder)[-1]["robust_accuracy"] is not None


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_trains(store, few_images, tiny, architecture):
    config = tiny({"epochs": 6, "snapshots_per_epoch": 1, "learning_rate": 0.003}, architecture=architecture)
    (folder,) = run(store, few_images, config)
    assert store.result(config.run_id)["status"] == "finished"
    losses = [record["loss"] for record in read_metrics(folder)]
    assert losses[-1] < losses[1]
    spec = config.architecture_spec
    for layer in spec.convolutions:
        rows = read_conv_weights(folder, layer)
        assert rows.shape == (len(losses), np.prod(spec.kernel_shape(layer, rows.shape[1])))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_device_that_is_not_there_is_not_replaced_silently(store, few_images, tiny):
    with pytest.raises(InputError, match="CUDA"):
        run(store, few_images, tiny(device="cuda"))
