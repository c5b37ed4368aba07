"""`sweep` as people use it: launched, asked again, stopped, listed."""

import json
import os
import signal

import pytest

from engine.queue.client import worker_identity
from engine.queue.process_identity import pid_of
from engine.queue.run_queue import RunQueue
from engine.runs.store import RunStore
from engine.studies.sweep_files import read_sweeps

SMALL = ["--l1", "0", "0.1", "--mu", "0", "0.5", "--epochs", "1", "--attacks", "fgsm", "--samples", "20"]


@pytest.fixture
def sweep(command, tmp_path, few_images):
    """(words) -> what the command says, in a store of its own whose worker is ended after the test."""
    root = tmp_path / "store"

    def run(*words):
        return command("sweep", *words, "--store", root, "--data", few_images)

    run.store, run.queue = RunStore(root), RunQueue(root)
    yield run
    if identity := worker_identity(root):
        os.killpg(pid_of(identity), signal.SIGTERM)


@pytest.fixture
def no_sweep_worker(monkeypatch):
    started = []
    monkeypatch.setattr("engine.command_line.attendant.start_worker", started.append)
    return started


@pytest.mark.slow
def test_from_the_command_to_the_table_and_only_new_points_again(sweep):
    answer = sweep(*SMALL, "--wait")
    assert answer.code == 0, answer.err
    head, names, *rows = answer.out.splitlines()
    assert "2 λ × 2 μ × 1 seed" in head and "4 of 4 runs done" in head
    assert names.split("  ")[-1].strip() == "fgsm" and "near zero %" in names
    assert [row.split()[:2] for row in rows[:4]] == [["0", "0"], ["0", "0.5"], ["0.1", "0"], ["0.1", "0.5"]]
    assert rows[1].count("*") == 1 and rows[0].count("*") == 0, "λ = 0 pushes every weight outwards"
    assert "beyond λ/(2μ)" in rows[4]

    before = {job.job_id: job.finished_at for job in sweep.queue.jobs()}
    document = json.loads(sweep(*SMALL, "--seed", "0", "1", "--wait", "--json").out)
    after = {job.job_id: job.finished_at for job in sweep.queue.jobs()}
    assert before.items() <= after.items() and len(after) == 2 * len(before)
    assert document["statuses"] == {"finished": 8} and document["fraction"] == 1
    std = document["points"][0]
    assert (std["l1"], std["mu"], [run["seed"] for run in std["runs"]]) == (0, 0, [0, 1])
    results = [sweep.store.result(run["run_id"]) for run in std["runs"]]
    accuracies = [result["clean_accuracy"] for result in results]
    clean = std["figures"]["clean_accuracy"]
    assert clean["mean"] == pytest.approx(sum(accuracies) / 2) and clean["n"] == 2
    assert clean["std"] == pytest.approx(abs(accuracies[0] - accuracies[1]) / 2**0.5)
    assert set(std["figures"]) == {"fuzziness", "near_zero", "largest_weight", "clean_accuracy", "fgsm"}
    assert [len(request.seeds) for request in read_sweeps(sweep.store)] == [2, 1]


def test_without_waiting_stop_and_resume(sweep, no_sweep_worker):
    answer = sweep(*SMALL)
    assert answer.code == 0 and "0 of 4 runs done" in answer.out and "worker trains" in answer.out
    assert len(no_sweep_worker) == 1 and {job.status for job in sweep.queue.jobs()} == {"queued"}
    stopped = json.loads(sweep(*SMALL, "--stop", "--json").out)
    assert stopped["statuses"] == {"stopped": 4} and {job.status for job in sweep.queue.jobs()} == {"stopped"}
    assert len(no_sweep_worker) == 1, "stopping needs no worker"
    again = json.loads(sweep(*SMALL, "--json").out)
    assert again["statuses"] == {"queued": 4} and len(sweep.queue.jobs()) == 8
    assert again["points"][0]["figures"]["fgsm"] is None


def test_a_sweep_without_attacks_only_trains(sweep, no_sweep_worker):
    document = json.loads(
        sweep("--l1", "0.1", "--mu", "0..0.2/3", "--spacing", "linear", "--attacks", "none", "--json").out
    )
    assert [point["mu"] for point in document["points"]] == [0, 0.1, 0.2]
    assert {job.kind for job in sweep.queue.jobs()} == {"train"} and "fgsm" not in document["points"][0]["figures"]


def test_sweeps_are_listed_with_their_command(sweep, no_sweep_worker):
    assert "No sweeps yet" in sweep("--list").out and json.loads(sweep("--list", "--json").out) == {"sweeps": []}
    sweep(*SMALL)
    (listed,) = json.loads(sweep("--list", "--json").out)["sweeps"]
    assert listed["sweep_id"].startswith("mnist-mini-sweep-") and listed["statuses"] == {"queued": 4}
    text = sweep("--list").out
    assert listed["sweep_id"] in text and "--l1 0.0 0.1 --mu 0.0 0.5" in text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--l1", "much"], "LOW..HIGH/COUNT"),
        (["--l1", "0..1/3"], "above 0"),
        (["--l1", "-1"], "0 to 10"),
        (["--mu", "11"], "-10 to 10"),
        (["--attacks", "none", "fgsm"], "none alone"),
        (["--attacks", "fsgm"], "an attack"),
        (["--samples", "0"], "samples"),
        (["--dataset", "nmist"], "nmist"),
        (["--l1", "0..1/20", "--mu", "0..1/20", "--spacing", "linear"], "at most 256"),
        (["--stop", "--list"], "not allowed"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_for(sweep, no_sweep_worker, words, expected):
    answer = sweep(*words)
    assert answer.code == 2 and expected in answer.err and answer.err.count("\n") == 1
    assert not no_sweep_worker and sweep.queue.jobs() == []


@pytest.mark.slow
def test_a_run_that_runs_away_is_told(sweep):
    words = ["--l1", "0", "--mu", "10", "--epochs", "1", "--attacks", "fgsm", "--samples", "20", "--weight-limit", "1"]
    answer = sweep(*words, "--optimizer", "sgd", "--learning-rate", "1", "--wait")
    assert answer.code == 1 and "1 failed" in answer.out and "0 of 1, 1 failed" in answer.out
    assert "Some runs failed" in answer.out
