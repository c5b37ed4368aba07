"""engine.train: the same run that a worker would train, owned by this process while it trains."""

import subprocess
import sys
import time

import numpy as np
import pytest
import torch

import engine
from engine.errors import InputError
from engine.interface.train import train
from engine.queue.deletion import delete_runs
from engine.queue.overview import list_runs
from engine.queue.process_identity import interactive_identity, process_identity
from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_runs
from engine.runs.config import ProbeConfig
from engine.runs.experiment import train_runs
from engine.runs.launch import LaunchRequest
from engine.runs.records import read_metrics
from engine.runs.run_files import ENVIRONMENT, MODEL, read_json
from engine.runs.store import RunStore
from engine.training.checkpoint import load_checkpoint
from engine.training.schedule import TrainingConfig
from tests.interface.conftest import SHORT
from tests.small_runs import HERE


def request(variant: str, **changes) -> LaunchRequest:
    training = TrainingConfig(epochs=2, batch_size=50, snapshots_per_epoch=2)
    return LaunchRequest(variants=(variant,), training=training, probe=ProbeConfig(samples=0), **changes)


def wait_until(condition, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def untimed(folder) -> list[dict]:
    return [{**record, "seconds": None} for record in read_metrics(folder)]


@pytest.mark.parametrize("variant", ["std", "std+l1", "std+l2", "min-max", "adv"])
def test_it_is_the_run_that_the_command_line_launches(variant, laboratory, tmp_path):
    """The id and the bits are the same, with one thread as in a worker."""
    (config,) = request(variant).configs()
    store = RunStore(tmp_path / "worker")
    folder = store.create(config)
    for _ in train_runs(store, [config.run_id], laboratory.data_dir, "cpu"):
        pass
    torch.set_num_threads(2)
    try:
        run = engine.train(variant=variant, device="auto", **SHORT)
        assert torch.get_num_threads() == 2, "restored"
    finally:
        torch.set_num_threads(1)
    assert (run.run_id, run.status) == (config.run_id, "finished")
    own = laboratory.root / run.run_id
    assert (own / MODEL).read_bytes() == (folder / MODEL).read_bytes()
    assert untimed(own) == untimed(folder) and len(untimed(own)) == 5
    assert [session["threads"] for session in read_json(own / ENVIRONMENT)["sessions"]] == [1]


def test_strengths_have_the_signs_of_the_paper(laboratory):
    config = engine.train(l1=0.2, mu=0.3, **SHORT).config
    assert (config.objective.l1_strength, config.objective.l2_strength) == (0.2, -0.3)
    config = engine.train(variant="std+l2", l2=0.3, **SHORT).config
    assert (config.objective.l1_strength, config.objective.l2_strength) == (0.0, 0.3)


def test_every_setting_reaches_the_configuration(laboratory):
    settings = {
        "architecture": "advertorch-lenet5", "scope": "all", "epochs": 1, "batch_size": 125, "optimizer": "sgd",
        "learning_rate": 0.01, "halve_every": 3, "snapshots_per_epoch": 1, "weight_limit": 50.0, "epsilon": 0.1,
        "unit": "pixel", "probe_samples": 10, "probe_steps": 5, "probe_every": 1,
    }  # fmt: skip
    run = engine.train(seed=3, device="cpu", progress=False, **settings)
    config = run.config
    assert config.training.model_dump() == {name: settings[name] for name in TrainingConfig.model_fields}
    assert config.probe.model_dump() == {name: settings[f"probe_{name}"] for name in ProbeConfig.model_fields}
    assert (config.architecture, config.objective.scope) == ("advertorch-lenet5", "all")
    assert (config.threat.norm, config.threat.epsilon, config.threat.unit) == ("linf", 0.1, "pixel")
    assert (config.seed, config.device) == (3, "cpu")
    assert [row["probed_robust_accuracy"] is None for row in run.history] == [False, False]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"dataset": "mnist-maxi"}, "data set.*mnist-maxi"),
        ({"variant": "minmax"}, "variant.*minmax"),
        ({"epoch": 3}, "setting of a run.*'epoch'"),
        ({"l1_strength": 0.1}, "setting of a run.*'l1_strength'"),
        ({"epochs": -1}, "epochs to be.*1 to 500.*-1"),
        ({"learning_rate": "fast"}, "learning rate.*fast"),
        ({"probe_samples": 5000}, "samples to be.*5000"),
        ({"seed": -1}, "seed to be.*-1"),
        ({"device": "tpu"}, "device.*tpu"),
        ({"architecture": "vgg"}, "architecture.*vgg"),
        ({"unit": "pixel"}, "pixel"),
        ({"epsilon": -0.1}, "epsilon to be.*-0.1"),
        ({"variant": "std", "mu": 0.1}, "no mu for the variant Std.*0.1"),
        ({"variant": "std+l2", "l1": 0.1}, r"no l1 for the variant Std\+L2"),
        ({"variant": "adv", "l2": 0.1}, "no l2 for the variant Adv"),
        ({"mu": -0.1}, "mu above 0.*-0.1"),
        ({"l1": 0}, "l1 above 0.*0"),
        ({"l1": float("nan")}, "l1 above 0.*nan"),
        ({"mu": "strong"}, "mu above 0.*strong"),
    ],
)
def test_wrong_arguments_are_refused_in_one_sentence_and_nothing_is_made(laboratory, arguments, words):
    with pytest.raises(InputError, match=words) as caught:
        engine.train(progress=False, **arguments)
    assert "\n" not in str(caught.value) and not laboratory.root.exists()


def test_a_missing_data_set_leaves_no_run_behind(laboratory, tmp_path):
    (tmp_path / "cifar10.npz").write_text("no images")
    with pytest.raises(InputError, match=r"cifar10\.npz"):
        engine.train("cifar10", data=tmp_path, **SHORT)
    assert engine.list_runs(dataset="cifar10", status="interrupted") == [] and not laboratory.root.exists()


def test_a_finished_run_is_not_trained_again(laboratory):
    first = engine.train(**SHORT)
    model = laboratory.root / first.run_id / MODEL
    before = model.stat().st_mtime_ns, laboratory.queue.job(first.run_id)
    assert engine.train(data="/nowhere", **SHORT).run_id == first.run_id, "nor are its images needed"
    assert (model.stat().st_mtime_ns, laboratory.queue.job(first.run_id)) == before


def test_a_recorded_run_with_weights_is_not_trained_again(laboratory):
    recorded = next(run for run in engine.list_runs(dataset="mnist", variant="std") if has_weights(run))
    config = recorded.config
    training = {name: value for name, value in config.training.model_dump().items()}
    probe = {f"probe_{name}": value for name, value in config.probe.model_dump().items()}
    run = engine.train("mnist", variant="std", seed=config.seed, data="/nowhere", **training, **probe)
    assert run == recorded and run.status == "finished" and not laboratory.root.exists()


def has_weights(run) -> bool:
    return (run.laboratory.store.path(run.run_id) / MODEL).exists()


def test_others_see_it_running(laboratory, at_first_report):
    """A page with its own connections reads the run during training."""
    seen = []

    def look(_) -> None:
        queue = RunQueue(laboratory.root)
        wait_until(lambda: queue.jobs()[0].progress > 0)
        overviews, _ = list_runs(RunStore(laboratory.root), queue)
        seen.extend(overviews)
        assert not queue.claim(process_identity(), lambda jobs: jobs), "nothing is left for a worker"

    at_first_report(look)
    run = engine.train(**SHORT)
    (overview,) = seen
    assert (overview.run_id, overview.status) == (run.run_id, "running")
    assert overview.job.owner == interactive_identity() and 0 < overview.job.progress < 1
    assert overview.last["snapshot"] == 0 and overview.job.message == "epoch 0.2 of 2"
    job = laboratory.queue.job(run.run_id)
    assert (job.status, job.owner, job.progress) == ("finished", None, 1.0)


def test_a_run_that_waits_in_the_queue_is_taken(laboratory):
    (config,) = request("std").configs()
    submit_runs(laboratory.store, laboratory.queue, [config], HERE)
    assert laboratory.queue.job(config.run_id).status == "queued"
    assert engine.train(variant="std", **SHORT).status == "finished"
    assert laboratory.queue.job(config.run_id).status == "finished"


def test_a_stop_from_elsewhere_ends_it_and_it_resumes_in_the_same_bits(laboratory, at_first_report, tmp_path):
    whole = engine.train(store=tmp_path / "whole", **SHORT)

    def stop(job) -> None:
        assert RunQueue(laboratory.root).request_stop(whole.run_id)
        wait_until(job.is_stopped)

    at_first_report(stop)
    run = engine.train(**SHORT)
    folder = laboratory.root / run.run_id
    assert (run.status, run.error, len(run.history)) == ("stopped", None, 1)
    assert load_checkpoint(folder).position.step == 1 and laboratory.queue.job(run.run_id).owner is None
    with pytest.raises(InputError, match="finished run"):
        run.network()
    assert engine.train(**SHORT).status == "finished"
    assert (folder / MODEL).read_bytes() == (whole.laboratory.root / run.run_id / MODEL).read_bytes()
    assert len(read_json(folder / ENVIRONMENT)["sessions"]) == 2


def test_ctrl_c_leaves_it_stopped_and_it_resumes(laboratory, at_first_report, press_ctrl_c):
    at_first_report(press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        engine.train(**SHORT)
    (run,) = engine.list_runs(status="stopped")
    assert laboratory.queue.job(run.run_id).owner is None and len(run.history) == 1
    assert not laboratory.queue.has(["queued", "interrupted"]), "no worker resumes it behind the user's back"
    assert engine.train(**SHORT).status == "finished" and len(run.history) == 5


def test_it_is_refused_while_somebody_else_trains_it(laboratory):
    (config,) = request("min-max").configs()
    submit_runs(laboratory.store, laboratory.queue, [config], HERE)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        laboratory.queue.claim(process_identity(other.pid), lambda jobs: jobs)
        with pytest.raises(InputError, match=f"process {other.pid} trains") as caught:
            engine.train(**SHORT)
        assert "\n" not in str(caught.value)
        assert read_metrics(laboratory.root / config.run_id) == []
        with pytest.raises(InputError, match="running"):
            delete_runs(laboratory.store, laboratory.queue, [config.run_id])
        other.kill()
    assert engine.train(**SHORT).status == "finished", "a dead owner is none"


def test_it_is_refused_while_this_process_trains_it(laboratory, at_first_report):
    refused = []

    def again(_) -> None:
        with pytest.raises(InputError, match="trains") as caught:
            train(**SHORT)
        refused.append(caught.value)

    at_first_report(again)
    assert engine.train(**SHORT).status == "finished" and len(refused) == 1


def test_an_error_fails_the_run_with_its_reason_and_propagates(laboratory, at_first_report, press_ctrl_c):
    at_first_report(press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        engine.train(**SHORT)
    (run,) = engine.list_runs(status="stopped")
    environment = laboratory.store.folder(run.run_id) / ENVIRONMENT
    content = environment.read_bytes()
    environment.unlink()
    with pytest.raises(InputError, match="environment.json") as caught:
        engine.train(**SHORT)
    assert run.status == "failed" and run.error == str(caught.value)
    assert laboratory.queue.job(run.run_id).owner is None
    environment.write_bytes(content)
    assert engine.train(**SHORT).status == "finished"


def test_other_data_are_another_run(laboratory, other_images):
    run = engine.train(**SHORT)
    for part in ("y_train", "x_test"):
        other = engine.train(data=other_images(part), **SHORT)
        assert other.run_id != run.run_id and other.status == "finished"
        assert f" · other data {other.config.data_digest[:8]} · " in other.label
        assert engine.train(data=other_images(part), **SHORT) == other
    assert len(list(laboratory.root.glob("mnist-mini-*"))) == 3
    assert engine.train(**SHORT) == run and "data_digest" not in run.config.model_dump()


def test_an_unexpected_error_is_named_in_the_queue(laboratory, at_first_report):
    at_first_report(lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        engine.train(**SHORT)
    (run,) = engine.list_runs(status="failed")
    assert run.error == "ZeroDivisionError: integer division or modulo by zero."


def test_a_run_that_diverges_is_returned_failed_and_not_trained_again(laboratory):
    arguments = {"l1": 1e-3, "mu": 10.0, "optimizer": "sgd", "learning_rate": 1.0, "weight_limit": 1.0, **SHORT}
    run = engine.train(**arguments)
    assert run.status == "failed" and "diverged at step" in run.error
    before = laboratory.queue.job(run.run_id)
    assert engine.train(**arguments) == run and laboratory.queue.job(run.run_id) == before


def test_the_random_state_is_left_alone(laboratory):
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    engine.train(variant="adv", **SHORT)
    assert torch.equal(torch.get_rng_state(), before[0]) and np.array_equal(np.random.get_state()[1], before[1])


def test_a_store_that_is_a_file_is_refused(laboratory, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="folder for runs"):
        engine.train(store=tmp_path / "file", **SHORT)


def test_the_bar_goes_to_standard_error_and_can_be_switched_off(laboratory, capsys):
    engine.train(**SHORT)
    assert capsys.readouterr() == ("", "")
    engine.train(**{**SHORT, "progress": True}, seed=1)
    shown = capsys.readouterr()
    assert shown.out == "" and "Min-Max λ 0.1 μ 0.1 · seed 1" in shown.err and "epoch 2.0 of 2" in shown.err
