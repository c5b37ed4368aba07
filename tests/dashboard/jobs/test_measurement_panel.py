"""Measurements in the queue as people see them: what each is, in the order of the work, and stopped all at once."""

import sqlite3

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import sources
from dashboard.jobs.measurement_panel import is_measuring, measurement_jobs
from engine.attacks.threat import ThreatModel
from engine.measurements.curve.request import CurveRequest
from engine.measurements.diagnosis.request import DiagnosisRequest
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_measurement
from tests.small_runs import HERE, THREAT


def page():
    from dashboard import sources
    from dashboard.jobs.measurement_panel import draw_measurements, measurement_jobs

    runs = sources.runs()
    here = sources.settings()
    draw_measurements(here, runs, measurement_jobs(here, [run.run_id for run in runs]))


@pytest.fixture
def queue(store) -> RunQueue:
    return RunQueue(store.root)


@pytest.fixture
def submit(store, queue):
    """(epsilon, ...) -> an evaluation of the first run at each, queued; their job ids."""

    def do(*epsilons: float) -> list[str]:
        requests = [EvaluationRequest(attacks=("fgsm",), threat=ThreatModel(epsilon=epsilon)) for epsilon in epsilons]
        return [submit_measurement(store, queue, store.run_ids()[0], request, HERE) for request in requests]

    return do


@pytest.fixture
def open_panel(run_function, store, started_workers):
    def open_it(read_only: bool = False) -> AppTest:
        return run_function(page, store.root, read_only)

    return open_it


def rows(app: AppTest) -> list[str]:
    return [row.value.replace("\\", "") for row in app.markdown]


def test_every_kind_is_told_in_its_words(open_panel, store, queue, submit):
    run_id = store.run_ids()[0]
    requests = [
        EvaluationRequest(attacks=("fgsm", "pgd"), threat=THREAT),
        DiagnosisRequest(threat=THREAT),
        CurveRequest(threat=ThreatModel(epsilon=0.05)),
    ]
    for request in requests:
        submit_measurement(store, queue, run_id, request, HERE)
    shown = rows(open_panel())
    assert len(shown) == 3
    assert all(request.words in row and row.endswith("queued") for request, row in zip(requests, shown, strict=True))


@pytest.mark.parametrize("payload", ['{"attacks": ["nameless"]}', '{"from": "a newer version"}', "[]"])
def test_a_payload_that_cannot_be_read_is_a_row_too(open_panel, queue, submit, payload):
    (job_id,) = submit(0.1)
    with sqlite3.connect(queue.path) as connection:
        connection.execute("UPDATE jobs SET payload = ? WHERE job_id = ?", (payload, job_id))
    connection.close()
    app = open_panel()
    assert "cannot read" in rows(app)[0]
    app.button(key=f"stop-{job_id}").click().run()
    assert queue.job(job_id).status == "stopped"


def test_all_are_stopped_at_once_and_retried_one_by_one(open_panel, queue, submit, started_workers):
    ids = submit(0.1, 0.2, 0.3)
    queue.claim("boot/1/1", lambda jobs: jobs[:1])
    app = open_panel()
    assert "1 running, 2 waiting" in [caption.value for caption in app.caption]
    app.button(key="stop-all").click().run()
    assert [queue.job(job_id).status for job_id in ids] == ["stopping", "stopped", "stopped"]
    assert not [button for button in app.button if button.key == "stop-all"]
    before = len(started_workers)
    app.button(key=f"retry-{ids[2]}").click().run()
    assert queue.job(ids[2]).status == "queued" and len(started_workers) == before + 1
    assert not [button for button in app.button if button.key == "stop-all"], "one is stopped by its own button"


def test_what_is_at_work_comes_first_and_a_long_list_is_folded(open_panel, queue, submit):
    ids = submit(*(step / 10 for step in range(1, 13)))
    queue.request_stop(ids[0])
    app = open_panel()
    shown = rows(app)
    assert len(shown) == 12 and app.expander[0].label == "4 more" and len(app.expander[0].markdown) == 4
    assert "ε = 0.2 normalized: queued" in shown[0] and "ε = 0.1 normalized: stopped" in shown[-1]


def test_read_only_shows_and_offers_nothing(open_panel, submit):
    submit(0.1, 0.2)
    app = open_panel(read_only=True)
    assert len(rows(app)) == 2 and not app.button


def test_jobs_are_those_of_the_runs_and_kinds_asked_for(open_panel, store, queue, submit):
    first, second = store.run_ids()
    submit(0.1)
    submit_measurement(store, queue, second, DiagnosisRequest(threat=THREAT), HERE)
    open_panel()
    here = sources.settings()
    assert [job.kind for job in measurement_jobs(here, [first])] == ["evaluate"], "its training is none"
    assert [job.kind for job in measurement_jobs(here, {first, second})] == ["diagnose", "evaluate"]
    assert [job.run_id for job in measurement_jobs(here, {first, second}, ("diagnose", "curve"))] == [second]
    assert is_measuring(measurement_jobs(here, [first])) and not is_measuring([])
