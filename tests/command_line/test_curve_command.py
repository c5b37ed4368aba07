"""`curve` as people use it."""

import json
import shlex

import pytest

from engine.attacks.threat import ThreatModel
from engine.measurements.curve.read import read_curve
from engine.measurements.curve.request import CurveRequest
from engine.measurements.kinds import measure
from engine.minmax.threshold import PixelThreshold
from engine.robustness.statistics import wilson_interval


@pytest.fixture
def here(monkeypatch, laboratory):
    """Jobs are done in this process while the command waits."""

    def do(queue, job_ids, settings, quiet=False):
        for job in queue.jobs(job_ids):
            measure(
                laboratory.store,
                job.kind,
                job.run_id,
                job.payload,
                laboratory.data,
                "cpu",
                lambda fraction, words: None,
            )
            assert queue.claim("here", lambda jobs, wanted=job.job_id: [one for one in jobs if one.job_id == wanted])
            queue.release("here", job.job_id, "finished")

    monkeypatch.setattr("engine.command_line.curve.wait_for_jobs", do)


def test_a_table_for_each_attack(command, laboratory, here):
    words = ["curve", laboratory.finished, "--attack", "fgsm", "--attack", "l2-bim", "--step", 0.5, "--samples", 40]
    answer = command(*words, "--json", *laboratory.folders)
    documents = json.loads(answer.out)["curves"]
    assert answer.code == 0 and answer.err == ""
    assert [one["request"]["attack"] for one in documents] == ["fgsm", "l2-bim"]
    for one in documents:
        request = CurveRequest(attack=one["request"]["attack"], threat=ThreatModel(epsilon=0.5), samples=40)
        curve = read_curve(laboratory.store, laboratory.finished, request)
        assert curve is not None and one["accuracies"] == list(curve.accuracies) and one["n"] == 40
        assert one["epsilons"][:2] == [0.0, 0.5] and one["pixel_epsilons"][1] == pytest.approx([0.5 * 0.3081])
        assert (one["low"][0], one["high"][0]) == pytest.approx(wilson_interval(curve.survivors[0], 40))
        assert (one["half_epsilon"], one["ended"]) == (curve.half_epsilon, curve.ended)
        assert one["threat"]["norm"] == ("linf" if one["request"]["attack"] == "fgsm" else "l2")

    answer = command("curve", laboratory.finished, "--attack", "fgsm", *words[6:], *laboratory.folders)
    table = {line.split("  ")[1]: line for line in answer.out.splitlines() if line.startswith("  ") and line[2] != " "}
    low, high = documents[0]["low"][1], documents[0]["high"][1]
    accuracy = documents[0]["accuracies"][1]
    assert answer.code == 0 and f"{100 * accuracy:.1f} % [{100 * low:.1f}, {100 * high:.1f}]" in table["0.5"]
    assert "0.1540" in table["0.5"]
    assert f"{documents[0]['half_epsilon']:.3g} (" in table["half gone at"]
    assert f"A  {laboratory.finished} (Std · seed 0)  finished" in answer.out


def test_a_threshold_says_which_pixels_are_seen(command, laboratory, here, monkeypatch):
    found = [PixelThreshold(0, 0, weight, 0.25, 0.25, 0.25) for weight in (9.0, -9.0)]
    monkeypatch.setattr("engine.command_line.curve.read_thresholds", lambda *_: found)
    words = ["curve", laboratory.finished, "--attack", "fgsm", "--step", 2, "--samples", 10]
    assert "> 0.2500 px, < 0.2500 px" in command(*words, *laboratory.folders).out


def test_the_page_names_the_same_command(command, laboratory, monkeypatch):
    monkeypatch.setattr("engine.command_line.curve.wait_for_jobs", lambda *_, **__: None)
    request = CurveRequest(attack="mi-fgsm", threat=ThreatModel(epsilon=0.05, unit="pixel"), samples=70, seed=3)
    line = shlex.split(request.command([laboratory.finished]))
    assert line[:3] == ["python", "-m", "engine"]
    answer = command(*line[3:], "--json", *laboratory.folders)
    (document,) = json.loads(answer.out)["curves"]
    assert answer.code == 1 and document["status"] == "queued" and "epsilons" not in document
    assert CurveRequest.model_validate(document["request"]) == request
    (job,) = [job for job in laboratory.queue.jobs() if job.kind == "curve"]
    assert CurveRequest.model_validate(job.payload) == request and job.run_id == laboratory.finished
    assert "queued" in command(*line[3:], *laboratory.folders).out


def test_the_step_is_a_third_of_the_papers_unless_given(command, laboratory, monkeypatch):
    monkeypatch.setattr("engine.command_line.curve.wait_for_jobs", lambda *_, **__: None)
    command("curve", laboratory.finished, *laboratory.folders)
    (job,) = [job for job in laboratory.queue.jobs() if job.kind == "curve"]
    assert CurveRequest.model_validate(job.payload) == CurveRequest(threat=ThreatModel(epsilon=0.1))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--attack", "fab"], "which minimizes"),
        (["--attack", "pgdd"], "an attack, one of"),
        (["--step", "0"], "a step of ε"),
        (["--step", "-1"], "epsilon to be 0 to 100"),
        (["--unit", "pixel"], "an ε with the unit pixel"),
        (["--samples", "0"], "samples to be 1 to 10 000"),
    ],
)
def test_what_cannot_be_traced_is_refused(command, laboratory, no_worker, words, said):
    answer = command("curve", laboratory.finished, *words, *laboratory.folders)
    assert answer.code == 2 and answer.out == "" and said in answer.err and answer.err.count("\n") == 1
    assert len(laboratory.queue.jobs()) == 3 and not no_worker


def test_a_run_without_final_weights_is_refused(command, laboratory, no_worker):
    answer = command("curve", laboratory.stopped, *laboratory.folders)
    assert answer.code == 2 and "a finished run" in answer.err and not no_worker
