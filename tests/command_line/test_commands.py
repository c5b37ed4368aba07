"""What commands do when asked rightly, and what machines can read of it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from engine.data.catalog import DATASETS
from engine.measurements.own_images import OwnImage, save_own_image
from engine.models.architectures import build_model
from engine.queue.client import worker_identity
from engine.queue.process_identity import is_alive, pid_of, process_identity
from engine.queue.run_queue import RunQueue
from engine.runs.records import METRICS, read_metrics
from engine.runs.run_files import own_image_path

ROOT = Path(__file__).parents[2]
RUN_KEYS = {
    "run_id", "status", "label", "dataset", "variant", "seed", "l1", "l2", "scope", "epochs", "epoch",
    "clean_accuracy", "clean_accuracy_samples", "probed_robust_accuracy", "seconds", "error",
}  # fmt: skip


def test_runs_are_listed(command, laboratory):
    answer = command("runs", *laboratory.folders)
    assert answer.code == 0 and answer.err == ""
    lines = {line.split()[0]: line.split()[1] for line in answer.out.splitlines()}
    assert lines == {
        laboratory.finished: "finished",
        laboratory.stopped: "stopped",
        laboratory.queued: "queued",
    }


def test_runs_for_machines(command, laboratory):
    document = json.loads(command("runs", "--json", *laboratory.folders).out)
    runs = {run["run_id"]: run for run in document["runs"]}
    assert set(runs) == {laboratory.finished, laboratory.stopped, laboratory.queued}
    assert all(RUN_KEYS <= set(run) for run in runs.values())
    done, last = runs[laboratory.finished], read_metrics(laboratory.root / laboratory.finished)[-1]
    assert (done["status"], done["epoch"], done["epochs"], done["error"]) == ("finished", 4.0, 4, None)
    assert done["clean_accuracy"] == last["clean_accuracy"] and done["clean_accuracy_samples"] == 100
    assert done["conv1_fuzziness"] == last["fuzziness"]["conv1"]
    assert done["conv1_near_zero"] == last["near_zero"]["conv1"]
    assert runs[laboratory.stopped]["epoch"] == 1.5 and runs[laboratory.queued]["epoch"] is None


def test_a_failed_run_says_why(command, laboratory):
    RunQueue(laboratory.root).claim("somebody", lambda free: [job for job in free if job.run_id == laboratory.queued])
    RunQueue(laboratory.root).release("somebody", laboratory.queued, "failed", "The disk is full.")
    answer = command("runs", laboratory.queued, *laboratory.folders)
    assert answer.out.splitlines()[1:] == ["  The disk is full."]


def test_some_runs_only(command, laboratory):
    document = json.loads(command("runs", laboratory.stopped, "--json", *laboratory.folders).out)
    assert [run["run_id"] for run in document["runs"]] == [laboratory.stopped]


def test_an_empty_store(command, tmp_path):
    answer = command("runs", "--store", tmp_path / "new")
    assert answer.code == 0 and "No runs yet" in answer.out
    assert json.loads(command("runs", "--json", "--store", tmp_path / "new").out)["runs"] == []


def test_a_run_that_cannot_be_read_does_not_hide_the_others(command, laboratory):
    (laboratory.root / laboratory.stopped / "config.json").write_text("{}")
    answer = command("runs", "--json", *laboratory.folders)
    assert answer.code == 0 and len(json.loads(answer.out)["runs"]) == 2


def test_stop_resume_delete(command, laboratory, no_worker):
    assert command("runs", laboratory.queued, "--stop", *laboratory.folders).code == 0
    assert laboratory.queue.job(laboratory.queued).status == "stopped" and no_worker == []
    answer = command("runs", laboratory.queued, laboratory.stopped, "--resume", "--json", *laboratory.folders)
    assert [run["status"] for run in json.loads(answer.out)["runs"]] == ["queued", "queued"]
    assert [settings.root for settings in no_worker] == [laboratory.root]
    answer = command("runs", laboratory.queued, "--delete", "--json", *laboratory.folders)
    assert {run["run_id"] for run in json.loads(answer.out)["runs"]} == {laboratory.finished, laboratory.stopped}
    assert not (laboratory.root / laboratory.queued).exists() and laboratory.queue.job(laboratory.queued) is None


def test_a_deleted_run_is_restored(command, laboratory, no_worker):
    told = command("runs", laboratory.finished, laboratory.stopped, "--delete", *laboratory.folders)
    assert told.code == 0 and f"runs {laboratory.finished} --restore" in told.out
    deleted = json.loads(command("runs", "--deleted", "--json", *laboratory.folders).out)["deleted"]
    assert {run["run_id"] for run in deleted} == {laboratory.finished, laboratory.stopped}
    assert laboratory.finished in command("runs", "--deleted", *laboratory.folders).out
    told = command("runs", laboratory.finished, laboratory.stopped, "--restore", "--json", *laboratory.folders)
    assert [run["status"] for run in json.loads(told.out)["runs"]] == ["finished", "interrupted"]
    assert "No deleted runs" in command("runs", "--deleted", *laboratory.folders).out


def test_nothing_is_deleted_if_one_name_is_wrong(command, laboratory):
    told = command("runs", laboratory.finished, "mnist-mini-std-0000000000", "--delete", *laboratory.folders)
    assert told.code == 2 and "mnist-mini-std-0000000000" in told.err
    assert laboratory.store.result(laboratory.finished)["status"] == "finished"
    assert laboratory.queue.job(laboratory.finished) is not None


def test_resuming_what_is_finished_leaves_it(command, laboratory, no_worker):
    result = laboratory.root / laboratory.finished / "result.json"
    before = result.read_bytes()
    command("runs", laboratory.finished, "--resume", *laboratory.folders)
    assert result.read_bytes() == before and laboratory.queue.job(laboratory.finished).status == "finished"


def test_deleting_what_is_running_is_refused(command, laboratory):
    laboratory.queue.claim(process_identity(), lambda jobs: jobs)
    answer = command("runs", laboratory.queued, "--delete", *laboratory.folders)
    assert answer.code == 2 and "Stop the run first" in answer.err and (laboratory.root / laboratory.queued).exists()


@pytest.mark.parametrize("machine", [False, True])
def test_export_is_a_model_again(command, laboratory, tmp_path, machine):
    target = tmp_path / "model.safetensors"
    words = ["export", laboratory.finished, "--out", target, *laboratory.folders[:2]]
    answer = command(*words, *(["--json"] if machine else []))
    assert answer.code == 0
    if machine:
        assert json.loads(answer.out) == {"run_id": laboratory.finished, "file": str(target)}
    model = build_model("lenet", 99, (1, 28, 28), 10, (0.1307,), (0.3081,))
    model.load_state_dict(safetensors.torch.load_file(target))
    with np.load(laboratory.data / "mnist-mini.npz") as arrays:
        images, labels = torch.from_numpy(arrays["x_test"])[:, None].float() / 255, arrays["y_test"]
    accuracy = float((model(images).argmax(1).numpy() == labels).mean())
    assert accuracy == pytest.approx(laboratory.store.result(laboratory.finished)["clean_accuracy"])
    target.write_text("old")
    assert command(*words, "--force").code == 0 and target.stat().st_size > 100_000


def test_data_sets_for_machines(command, laboratory, tmp_path):
    rows = json.loads(command("data", "--json", "--data", laboratory.data, "--store", tmp_path / "s").out)["datasets"]
    assert [row["name"] for row in rows] == list(DATASETS)
    here = {row["name"]: row for row in rows}
    assert here["mnist-mini"]["file"] == str(laboratory.data / "mnist-mini.npz")
    assert here["cifar10"]["file"] is None and here["cifar10"]["downloadable"] is True
    assert (here["cifar10"]["shape"], here["mnist"]["train"]) == ([3, 32, 32], 60_000)
    assert command("data", "--fetch", "mnist-mini", "--data", laboratory.data).code == 0


def test_launch_queues_and_returns(command, laboratory, no_worker):
    words = ["--epochs", 2, "--variant", "min-max", "--l2", "-1e-3", "--seed", 8, "--seed", 9, "--probe-samples", 0]
    answer = command("launch", *words, "--json", *laboratory.folders)
    runs = json.loads(answer.out)["runs"]
    assert answer.code == 0 and [run["seed"] for run in runs] == [8, 9]
    assert {(run["status"], run["variant"], run["l1"], run["l2"], run["epochs"]) for run in runs} == {
        ("queued", "min-max", 0.1, -0.001, 2)
    }
    assert [settings.data_dir for settings in no_worker] == [laboratory.data]
    assert {run["run_id"] for run in runs} <= set(laboratory.store.run_ids())


def test_launching_what_is_finished_finds_it(command, laboratory, no_worker):
    words = ["--variant", "std", "--seed", 0, "--epochs", 4, "--learning-rate", 0.003, "--snapshots-per-epoch", 2]
    answer = command("launch", *words, "--probe-samples", 0, "--wait", "--json", *laboratory.folders)
    (run,) = json.loads(answer.out)["runs"]
    assert (run["run_id"], run["status"]) == (laboratory.finished, "finished") and no_worker == []
    assert len(laboratory.queue.jobs()) == 3 and answer.err == ""
    metrics = laboratory.store.folder(laboratory.finished) / METRICS
    metrics.write_bytes(metrics.read_bytes()[:-9])
    answer = command("launch", *words, "--probe-samples", 0, "--wait", "--json", *laboratory.folders)
    assert str(metrics) in answer.err and no_worker == [], "not trained over, but named"


@pytest.mark.slow
def test_from_launch_to_evaluation_and_back_through_a_real_worker(laboratory):
    """As a person would: two processes of ours, one worker they share; a run that fails gives code 1."""

    def engine(*words: object) -> tuple[int, dict]:
        line = [sys.executable, "-m", "engine", *map(str, words), "--json", *laboratory.folders]
        found = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=100)
        assert found.stderr == "", found.stderr
        return found.returncode, json.loads(found.stdout)

    try:
        code, document = engine(
            "launch", "--variant", "std", "--seed", 5, "--epochs", 3, "--learning-rate", 0.003, "--wait"
        )
        (run,) = document["runs"]
        assert (code, run["status"]) == (0, "finished")
        assert 0.0 <= run["probed_robust_accuracy"] <= run["clean_accuracy"]
        code, document = engine("evaluate", run["run_id"], "--attacks", "fgsm", "pgd", "--samples", 50)
        (found,) = document["runs"]
        assert code == 0 and found["n"] == 50 and found["threat"] == {
            "norm": "linf", "epsilon": 0.3, "unit": "normalized",
        }  # fmt: skip
        assert set(found["robust_accuracy_by_attack"]) == {"fgsm", "pgd"}
        assert found["robust_accuracy"] <= min(found["robust_accuracy_by_attack"].values()) <= found["clean_accuracy"]
        assert found["pixel_epsilon"] == pytest.approx([0.3 * 0.3081])
        code, document = engine(
            "launch", "--variant", "min-max", "--l1", 10, "--l2", -10, "--optimizer", "sgd", "--learning-rate", 1,
            "--probe-samples", 0, "--wait",
        )  # fmt: skip
        (run,) = document["runs"]
        assert (code, run["status"]) == (1, "failed") and "diverged at step" in run["error"]
    finally:
        if identity := worker_identity(laboratory.root):
            os.killpg(pid_of(identity), signal.SIGKILL)
            while is_alive(identity):
                time.sleep(0.02)


def test_ctrl_c_ends_the_waiting_not_the_work(command, laboratory, monkeypatch, no_worker):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(RunQueue, "jobs", interrupt)
    answer = command("launch", "--seed", 77, "--wait", *laboratory.folders)
    assert answer.code == 130 and "Launched runs continue" in answer.err


def test_check_reads_images_of_users_too(command, laboratory):
    image = OwnImage("mnist-mini", np.zeros((1, 28, 28), np.uint8), 3)
    path = own_image_path(laboratory.root, save_own_image(laboratory.store, image))
    assert command("runs", "--check", *laboratory.folders).code == 0
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    answer = command("runs", "--check", *laboratory.folders)
    assert answer.code == 1 and path.stem in answer.out and "1 damaged file." in answer.out
    assert len(json.loads(command("runs", "--check", "--json", *laboratory.folders).out)["images"]) == 1
