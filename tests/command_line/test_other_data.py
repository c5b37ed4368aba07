"""Commands in a data folder whose images are not the listed ones: runs are named after them, or refused."""

import shutil
from dataclasses import replace
from functools import partial

import pytest

import engine
from engine.command_line import reproduce
from engine.command_line.study_progress import wait_for_study
from engine.data.identity import data_identity
from engine.paper.setting import SETTINGS
from engine.queue.run_queue import RunQueue
from engine.runs.store import RunStore
from engine.training.schedule import TrainingConfig
from tests.interface.conftest import SHORT


@pytest.fixture
def data_dir(tmp_path, other_images):
    """A data folder in which one test pixel of MNIST and MNIST mini differs from the listed images."""
    for name in ("mnist-mini.npz", "mnist.npz"):
        shutil.copy(other_images("x_test") / "mnist-mini.npz", tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ("launch", "--variant", "std", "--epochs", 1),
        ("sweep", "--l1", 0.1, "--mu", 0.5, "--epochs", 1, "--attacks", "fgsm", "--samples", 20),
        ("reproduce", "table1-mnist", "--seeds", 1, "--samples", 4),
    ],
    ids=lambda words: words[0],
)
def test_every_command_names_its_runs_after_the_data(command, no_worker, tmp_path, data_dir, monkeypatch, words):
    small = replace(SETTINGS["mnist"], training=TrainingConfig(epochs=1, batch_size=50))
    monkeypatch.setitem(reproduce.SETTINGS, "mnist", small)
    monkeypatch.setattr(reproduce, "wait_for_study", partial(wait_for_study, wait=False))
    store = RunStore(tmp_path / "store")
    answer = command(*words, "--store", store.root, "--data", data_dir)
    assert "Expected" not in answer.err
    assert named_after(store) == {data_identity("mnist-mini", data_dir)} != {None}
    measured = {job.payload.get("data") for job in RunQueue(store.root).jobs() if job.kind == "evaluate"}
    assert measured == (set() if words[0] == "launch" else named_after(store))


def test_the_python_interface_names_its_run_after_the_data(tmp_path, data_dir):
    run = engine.train(store=tmp_path / "store", data=data_dir, variant="std", **SHORT)
    assert named_after(RunStore(tmp_path / "store")) == {data_identity("mnist-mini", data_dir)}
    assert run.config.data_digest == data_identity("mnist-mini", data_dir)


def named_after(store: RunStore) -> set[str | None]:
    """Digests of the data of all runs in the queue, and of those in the store."""
    queued = {store.training_config(job.run_id).data_digest for job in RunQueue(store.root).jobs()}
    stored = {store.training_config(run_id).data_digest for run_id in store.run_ids()}
    assert queued and stored == queued
    return queued


def test_an_evaluation_on_other_data_is_refused_in_a_sentence(command, no_worker, laboratory, other_images):
    before = laboratory.queue.jobs()
    words = ["evaluate", laboratory.finished, "--attacks", "fgsm", "--samples", 20]
    answer = command(*words, "--store", laboratory.root, "--data", other_images("x_test"))
    assert (answer.code, answer.out) == (2, "") and len(answer.err.strip().splitlines()) == 1
    assert f"the images that {laboratory.finished} was trained on" in answer.err and "--other-data" in answer.err
    assert (
        laboratory.queue.jobs() == before and not no_worker and not laboratory.store.report_paths(laboratory.finished)
    )
