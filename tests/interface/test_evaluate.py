"""engine.evaluate: the same report as an evaluation of the queue, made by this process."""

import inspect
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

import engine
from engine.attacks.catalog import attack_names
from engine.attacks.threat import ThreatModel
from engine.errors import InputError
from engine.measurements.evaluation.read import read_reports
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.job import Place
from engine.queue.process_identity import process_identity
from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_measurement
from tests.interface.conftest import SHORT

FEW = {"samples": 20, "progress": False}


@pytest.fixture
def run(laboratory):
    return engine.train(**SHORT)


def timeless(report):
    attacks = tuple(result.model_copy(update={"seconds": 0.0}) for result in report.attacks)
    return report.model_copy(update={"attacks": attacks})


def test_the_defaults_are_those_of_an_evaluation():
    defaults = {name: one.default for name, one in inspect.signature(engine.evaluate).parameters.items()}
    fields = EvaluationRequest.model_fields
    assert attack_names(defaults["attacks"]) == fields["attacks"].default
    assert all(defaults[name] == fields[name].default for name in ("samples", "seed"))
    assert defaults["unit"] == ThreatModel.model_fields["unit"].default


def test_the_report_is_filed_and_the_queue_knows(run, laboratory):
    report = engine.evaluate(run, ["fgsm", "pgd"], **FEW)
    assert report.robust_accuracy <= min(report.robust_accuracy_by_attack.values())
    (stored,) = read_reports(laboratory.store, run.run_id).values()
    assert stored == report and report.n == 20
    request = EvaluationRequest(attacks=("fgsm", "pgd"), samples=20, threat=run.config.threat)
    job = laboratory.queue.job(request.job_id(run.run_id))
    assert (job.kind, job.status, job.owner, job.progress) == ("evaluate", "finished", None, 1.0)
    assert job.payload == request.model_dump(mode="json")
    assert (
        submit_measurement(laboratory.store, laboratory.queue, run.run_id, request, Place(laboratory.data_dir))
        == job.job_id
    )


def test_an_id_or_a_preset_will_do(run):
    by_id = engine.evaluate(run.run_id, "fgsm", **FEW)
    assert list(by_id.robust_accuracy_by_attack) == ["fgsm"]
    assert timeless(engine.evaluate(run, ["fgsm"], **FEW)) == timeless(by_id)


def test_earlier_attacks_of_the_same_protocol_stay_and_are_not_computed_again(run, laboratory, tmp_path):
    engine.evaluate(run, ["fgsm"], **FEW)
    report = engine.evaluate(run, ["pgd"], **FEW)
    assert list(report.robust_accuracy_by_attack) == ["fgsm", "pgd"]
    cached = sorted((path, path.stat().st_mtime_ns) for path in (laboratory.root / ".cache").rglob("output.*"))
    again = engine.evaluate(run, ["fgsm", "pgd"], **FEW)
    assert timeless(again) == timeless(report) and cached
    assert cached == sorted((path, path.stat().st_mtime_ns) for path in (laboratory.root / ".cache").rglob("output.*"))
    other = engine.train(store=tmp_path / "other", **SHORT)
    assert timeless(engine.evaluate(other, ["fgsm", "pgd"], **FEW)) == timeless(report), "in any order, in any store"


def test_one_thread_as_in_a_worker(run, at_first_report):
    seen = []
    at_first_report(lambda _: seen.append(torch.get_num_threads()))
    torch.set_num_threads(2)
    try:
        engine.evaluate(run, ["fgsm"], device="cpu", **FEW)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert seen == [1]


def test_epsilon_is_the_papers_for_the_data_set_unless_given(laboratory, tmp_path):
    rng = np.random.default_rng(0)
    parts = {f"x_{part}": rng.integers(0, 256, (20, 32, 32, 3), np.uint8) for part in ("train", "test")}
    labels = {f"y_{part}": np.arange(20, dtype=np.uint8) % 10 for part in ("train", "test")}
    np.savez(tmp_path / "cifar10.npz", **parts, **labels)
    run = engine.train("cifar10", data=tmp_path, **SHORT)
    threat = engine.evaluate(run, ["fgsm"], **FEW).threat
    assert (threat.norm, threat.epsilon, threat.unit) == ("linf", 0.03, "normalized")
    threat = engine.evaluate(run, ["fgsm"], epsilon=0.1, unit="pixel", **FEW).threat
    assert (threat.epsilon, threat.unit) == (0.1, "pixel")
    assert len(run.reports) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"attacks": ["pgdd"]}, "attack.*pgdd"),
        ({"attacks": []}, "attacks"),
        ({"samples": 0}, "samples to be.*0"),
        ({"epsilon": -1.0}, "epsilon to be.*-1"),
        ({"unit": "pixel"}, "pixel"),
        ({"unit": "grey"}, "unit.*grey"),
        ({"seed": -1}, "seed to be.*-1"),
        ({"device": "tpu"}, "tpu"),
    ],
)
def test_wrong_arguments_are_refused_in_one_sentence(run, laboratory, arguments, words):
    with pytest.raises(InputError, match=words) as caught:
        engine.evaluate(run, **{"attacks": ["fgsm"], **FEW, **arguments})
    assert "\n" not in str(caught.value) and run.reports == {} and len(laboratory.queue.jobs()) == 1


def test_only_a_finished_run_that_exists(laboratory, at_first_report, press_ctrl_c):
    with pytest.raises(InputError, match="id of a run.*nothing-here"):
        engine.evaluate("nothing-here", **FEW)
    at_first_report(press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        engine.train(**SHORT)
    (run,) = engine.list_runs(status="stopped")
    with pytest.raises(InputError, match=f"finished run.*{run.run_id}"):
        engine.evaluate(run, **FEW)


def only_evaluation(laboratory):
    (job,) = [job for job in laboratory.queue.jobs() if job.kind == "evaluate"]
    return job


def test_a_stop_from_elsewhere_ends_it(run, laboratory, at_first_report):
    def stop(job) -> None:
        RunQueue(laboratory.root).request_stop(only_evaluation(laboratory).job_id)
        end = time.monotonic() + 30
        while not job.is_stopped():
            assert time.monotonic() < end

    at_first_report(stop)
    with pytest.raises(RuntimeError, match=f"evaluation of {run.run_id} was stopped"):
        engine.evaluate(run, ["fgsm"], **FEW)
    assert only_evaluation(laboratory).status == "stopped" and run.reports == {}
    assert engine.evaluate(run, ["fgsm"], **FEW).n == 20
    assert only_evaluation(laboratory).status == "finished"


def test_ctrl_c_ends_it(run, laboratory, at_first_report, press_ctrl_c):
    at_first_report(press_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        engine.evaluate(run, ["fgsm"], **FEW)
    assert only_evaluation(laboratory).status == "stopped"


def test_it_is_refused_while_a_worker_attacks_under_the_same_threat_model(run, laboratory):
    """Two evaluations would write the same report."""
    request = EvaluationRequest(attacks=("pgd",), samples=20, threat=run.config.threat)
    submit_measurement(laboratory.store, laboratory.queue, run.run_id, request, Place(laboratory.data_dir))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        laboratory.queue.claim(process_identity(other.pid), lambda jobs: jobs)
        with pytest.raises(InputError, match=f"{run.run_id}, which process {other.pid} measures"):
            engine.evaluate(run, ["fgsm"], **FEW)
        assert engine.evaluate(run, ["fgsm"], epsilon=0.1, **FEW).n == 20, "another threat model is another report"
        other.kill()
