"""`transfer` as people use it: the matrix of several runs, a job for each of its rows."""

import json
import shutil

import pytest

from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.kinds import measure
from engine.measurements.transfer.request import TransferRequest
from tests.small_runs import THREAT


@pytest.fixture
def pair(laboratory) -> list[str]:
    """Two finished runs of one network, the second under another name."""
    for name in ("model.safetensors", "result.json"):
        shutil.copy(laboratory.root / laboratory.finished / name, laboratory.root / laboratory.queued / name)
    laboratory.queue.claim("here", lambda jobs: [job for job in jobs if job.job_id == laboratory.queued])
    laboratory.queue.release("here", laboratory.queued, "finished")
    return [laboratory.finished, laboratory.queued]


@pytest.fixture
def worked(laboratory, monkeypatch):
    """Waiting does the work in this process."""

    def work(queue, job_ids, settings, quiet=False):
        for job in queue.claim("here", lambda waiting: [one for one in waiting if one.job_id in job_ids]):
            measure(
                laboratory.store,
                job.kind,
                job.run_id,
                job.payload,
                settings.data_dir,
                "cpu",
                lambda fraction, message: None,
            )
            queue.release("here", job.job_id, "finished")

    monkeypatch.setattr("engine.command_line.transfer.wait_for_jobs", work)


def test_a_matrix_for_machines_and_for_people(command, laboratory, pair, worked):
    words = ["transfer", *pair, "--attack", "fgsm", "--samples", 40, "--seed", 3, *laboratory.folders]
    answer = command(*words, "--json")
    assert answer.code == 0, answer
    found = json.loads(answer.out)
    assert (found["attack"], found["seed"], found["threat"]["epsilon"]) == ("fgsm", 3, 0.3)
    assert found["pixel_epsilon"] == pytest.approx([0.3 * 0.3081])
    request = EvaluationRequest(attacks=("fgsm",), samples=40, seed=3, threat=THREAT)
    report = evaluate_run(laboratory.store, pair[0], request, laboratory.data, "cpu")
    for source, row in zip(pair, found["rows"], strict=True):
        assert (row["source"], row["status"], [cell["target"] for cell in row["targets"]]) == (source, "finished", pair)
        for cell in row["targets"]:
            assert cell["white_box"] == (cell["target"] == source) and cell["n"] == 40
            assert cell["accuracy"] == report.robust_accuracy_by_attack["fgsm"] < cell["clean_accuracy"]
            assert cell["rate"] == 1.0 and 0 < cell["low"] < 1.0 == cell["high"]

    answer = command(*words)
    accuracy = f"{100 * report.robust_accuracy_by_attack['fgsm']:.1f}"
    lines = [line.split() for line in answer.out.splitlines()]
    assert answer.code == 0 and ["1", f"{accuracy}*", accuracy] in lines and ["2", accuracy, f"{accuracy}*"] in lines
    assert "fgsm images at ε = 0.3 normalized (0.0924 in pixels), n = 40, seed 3" in answer.out


def test_a_job_for_each_row_and_nobody_to_do_it(command, laboratory, pair, monkeypatch):
    monkeypatch.setattr("engine.command_line.transfer.wait_for_jobs", lambda *_, **__: None)
    words = ["transfer", *pair, pair[0], "--epsilon", 0.1, "--unit", "pixel", *laboratory.folders]
    answer = command(*words)
    jobs = [job for job in laboratory.queue.jobs() if job.kind == "transfer"]
    assert (
        answer.code == 1
        and answer.out.count("queued: not done") == 2
        and sorted(pair) == sorted(job.run_id for job in jobs)
    )
    requests = {TransferRequest(**job.payload) for job in jobs}
    (request,) = requests
    assert request.targets == tuple(pair) and request.attack == "pgd" and request.samples == 500
    assert (request.threat.epsilon, request.threat.unit) == (0.1, "pixel")
    asked = request.command(pair).split()[3:]
    command(*asked, *laboratory.folders)
    assert {TransferRequest(**job.payload) for job in laboratory.queue.jobs() if job.kind == "transfer"} == requests
    assert json.loads(command(*words, "--json").out)["rows"][0]["targets"] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--attack", "nothing"], "fgsm"),
        (["--samples", "0"], "samples"),
        (["--epsilon", "nan"], "epsilon"),
        (["--unit", "pixel"], "Give ε in this unit"),
    ],
)
def test_bad_words(command, laboratory, pair, no_worker, words, said):
    answer = command("transfer", *pair, *words, *laboratory.folders)
    assert answer.code == 2 and answer.out == "" and said in answer.err and "Traceback" not in answer.err
    assert not [job for job in laboratory.queue.jobs() if job.kind == "transfer"]


def test_one_run_or_one_that_is_not_finished_makes_no_matrix(command, laboratory, no_worker):
    for run_ids, said in (
        ([laboratory.finished], "two runs"),
        ([laboratory.finished, laboratory.stopped], "no final weights"),
        ([laboratory.finished, "nobody"], "nobody"),
    ):
        answer = command("transfer", *run_ids, *laboratory.folders)
        assert answer.code == 2 and said in answer.err
    assert not [job for job in laboratory.queue.jobs() if job.kind == "transfer"]
