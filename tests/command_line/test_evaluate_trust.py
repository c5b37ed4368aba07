"""`evaluate` says how far to trust its numbers: intervals, checks, and runs that still train."""

import json

import pytest
from scipy.stats import binomtest

from engine.diagnostics.checks import CHECKS
from engine.diagnostics.effort import Effort
from engine.measurements.kinds import measure
from engine.queue.job import WAITING

EFFORT = Effort(steps=10, starts=1, tried=5, shown=5, queries=20, queried=5, noises=10, noised=5, far_steps=50)


@pytest.fixture
def at_once(laboratory, monkeypatch):
    """Whoever waits for jobs does them, with little effort."""

    def work(queue, job_ids, settings, quiet=False):
        while jobs := queue.claim("here/1/1", lambda waiting: [job for job in waiting if job.job_id in job_ids][:1]):
            measure(
                laboratory.store,
                jobs[0].kind,
                jobs[0].run_id,
                jobs[0].payload,
                laboratory.data,
                "cpu",
                lambda fraction, message: None,
            )
            queue.release("here/1/1", jobs[0].job_id, "finished")
        assert not any(job.status in WAITING for job in queue.jobs(job_ids))

    monkeypatch.setattr("engine.command_line.evaluate.wait_for_jobs", work)
    monkeypatch.setattr("engine.measurements.diagnosis.measure.Effort", lambda: EFFORT)


@pytest.mark.slow
def test_every_accuracy_has_its_interval_and_every_check_its_evidence(laboratory, command, at_once):
    words = [
        "evaluate",
        laboratory.finished,
        "--attacks",
        "fgsm",
        "deepfool",
        "--samples",
        20,
        "--epsilon",
        0.1,
        "--check",
    ]
    answer = command(*words, "--json", *laboratory.folders)
    (document,) = json.loads(answer.out)["runs"]
    assert answer.code == 0 and document["worst_case_of"] == ["fgsm", "deepfool"]
    accuracies = {
        "none": document["clean_accuracy"],
        **document["robust_accuracy_by_attack"],
        "worst case": document["robust_accuracy"],
    }
    assert list(document["intervals"]) == list(accuracies)
    for name, accuracy in accuracies.items():
        exact = binomtest(round(accuracy * 20), 20).proportion_ci(method="wilson")
        assert document["intervals"][name] == pytest.approx([exact.low, exact.high], abs=1e-12)
    assert set(document["distances"]) == {"deepfool"} and document["distances"]["deepfool"]["found"] > 0
    diagnosis = document["diagnosis"]
    assert [finding["name"] for finding in diagnosis["findings"]] == [check.name for check in CHECKS]
    assert diagnosis["robust_accuracy"] == document["robust_accuracy"] and diagnosis["sentence"]
    assert all(finding["rule"] and finding["source"] and finding["evidence"] for finding in diagnosis["findings"])

    told = command(*words, *laboratory.folders).out
    low, high = document["intervals"]["worst case"]
    assert f"{100 * document['robust_accuracy']:.1f} % ({100 * low:.1f}–{100 * high:.1f})" in told
    assert f"ε = 0.1: {diagnosis['sentence']}" in told
    for finding in diagnosis["findings"]:
        assert (finding["evidence"] in told) == (finding["verdict"] in ("failed", "suspicious"))


def test_presets_stand_for_their_attacks(laboratory, command, no_worker, monkeypatch):
    monkeypatch.setattr("engine.command_line.evaluate.wait_for_jobs", lambda *_, **__: None)
    command("evaluate", laboratory.finished, "--attacks", "strong", "pgd", *laboratory.folders)
    (job,) = (job for job in laboratory.queue.jobs() if job.kind == "evaluate")
    assert job.payload["attacks"] == ["apgd-ce", "apgd-t", "fab", "square", "pgd"]


def test_a_run_that_still_trains_is_evaluated_as_it_is_now(laboratory, command, at_once):
    words = ["evaluate", laboratory.stopped, "--attacks", "fgsm", "--samples", 20]
    refused = command(*words, *laboratory.folders)
    assert refused.code == 2 and "--now" in refused.err
    before = laboratory.store.run_ids()
    answer = command(*words, "--now", "--json", *laboratory.folders)
    (document,) = json.loads(answer.out)["runs"]
    assert answer.code == 0 and document["n"] == 20 and document["diagnosis"] is None
    (frozen,) = set(laboratory.store.run_ids()) - set(before)
    assert document["run_id"] == frozen and laboratory.store.result(laboratory.stopped) is None
    assert json.loads(command(*words, "--now", "--json", *laboratory.folders).out)["runs"][0]["run_id"] == frozen


def test_what_cannot_be_checked_or_taken_is_refused_before_anything_is_queued(laboratory, command, no_worker, tmp_path):
    before = len(laboratory.queue.jobs())
    for words, said in (
        (["evaluate", laboratory.finished, "--check", "--image", tmp_path / "x.png", "--label", 7], "--check"),
        (["evaluate", laboratory.queued, "--now"], laboratory.queued),
        (["evaluate", laboratory.finished, "--attacks", "strongest"], "apgd-ce"),
    ):
        answer = command(*words, *laboratory.folders)
        assert answer.code == 2 and said in answer.err and answer.err.count("\n") == 1
    assert len(laboratory.queue.jobs()) == before and not no_worker
