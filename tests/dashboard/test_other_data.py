"""Pages over a data folder whose images are not the listed ones: runs are named after them, or refused."""

import shutil
from dataclasses import replace

import pytest

from engine.data.identity import data_identity
from engine.documents import write_json
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.read import read_report
from engine.measurements.evaluation.request import EvaluationRequest
from engine.paper.setting import SETTINGS
from engine.queue.run_queue import RunQueue
from engine.runs.run_files import evaluation_path
from engine.runs.store import RunStore
from engine.training.schedule import TrainingConfig
from tests.dashboard.shown_text import shown
from tests.dashboard.store_runs import std_and_minmax
from tests.small_runs import THREAT

REQUEST = EvaluationRequest(attacks=("fgsm",), samples=20, threat=THREAT)


@pytest.fixture
def root(tmp_path, other_images):
    """An empty store next to data in which one test pixel differs from the listed images."""
    root = tmp_path / "laboratory"
    (root / "data").mkdir(parents=True)
    for name in ("mnist-mini.npz", "mnist.npz"):
        shutil.copy(other_images("x_test") / "mnist-mini.npz", root / "data" / name)
    return root


def press(app, label: str):
    return next(button for button in app.button if button.label.startswith(label)).click().run()


def named_after(root) -> set[str | None]:
    """Digests of the data of all trainings and evaluations in the queue."""
    store, jobs = RunStore(root), RunQueue(root).jobs()
    trained = {store.training_config(job.run_id).data_digest for job in jobs}
    return trained | {job.payload.get("data") for job in jobs if job.kind == "evaluate"}


@pytest.mark.parametrize(
    ("page", "label", "query"),
    [
        ("home", "Train Std and Min-Max", {}),
        ("launch", "Launch and watch", {}),
        ("sweeps", "Launch sweep", {}),
        ("paper", "Train and attack missing runs", {"data": "In the data folder"}),
    ],
)
def test_every_page_names_its_runs_after_the_data(open_page, root, monkeypatch, page, label, query):
    small = replace(SETTINGS["mnist"], training=TrainingConfig(epochs=1, batch_size=50))
    monkeypatch.setitem(SETTINGS, "mnist", small)
    app = press(open_page(page, root, **query), label)
    assert not app.exception and not app.error
    assert named_after(root) == {data_identity("mnist-mini", root / "data")} != {None}
    if page in ("sweeps", "paper"):
        press(app, "Stop")
        press(app, "Resume")
        assert {job.status for job in RunQueue(root).jobs()} == {"queued"}
        assert named_after(root) == {data_identity("mnist-mini", root / "data")}


def evaluation_form():
    from dashboard import sources
    from dashboard.jobs.evaluation_form import draw_evaluation_form

    draw_evaluation_form(sources.settings(), sources.runs())


def test_the_form_attacks_on_other_data_only_after_it_was_allowed(run_function, store, other_images, started_workers):
    (store.root / "data").mkdir()
    shutil.copy(other_images("x_test") / "mnist-mini.npz", store.root / "data")
    app = run_function(evaluation_form, store.root)
    assert not app.checkbox and not app.warning
    press(app, "Attack these runs")
    assert "was trained on" in shown(app.warning[0].value) and not app.checkbox[0].value
    assert "--other-data" not in app.code[0].value
    app.checkbox[0].check().run()
    assert " --other-data" in app.code[0].value
    assert not [job for job in RunQueue(store.root).jobs() if job.kind == "evaluate"] and not started_workers
    press(app, "Attack these runs")
    payloads = [job.payload for job in RunQueue(store.root).jobs() if job.kind == "evaluate"]
    assert len(payloads) == 2 and not app.warning and not app.checkbox
    assert {payload["data"] for payload in payloads} == {data_identity("mnist-mini", store.root / "data")}
    assert all(payload["other_data"] for payload in payloads)


def test_the_page_says_on_which_data_runs_were_attacked(open_page, store, other_images):
    own = "test images of other data than they were trained on"
    std, minmax = std_and_minmax(store)
    folder = other_images("x_test")
    asked = REQUEST.model_copy(update={"other_data": True}).on_data("mnist-mini", folder)
    for run_id in (std, minmax):
        assert evaluate_run(store, run_id, asked, folder, "cpu").test_data_is == "other"
        assert evaluate_run(store, run_id, REQUEST, store.root, "cpu").test_data_is == "same"
    app = open_page("robustness", store.root)
    for protocol, count in ((asked.protocol_id, 1), (REQUEST.protocol_id, 0)):
        app.selectbox(key="protocol").set_value(protocol).run()
        said = [shown(caption.value) for caption in app.caption]
        assert not app.exception and sum(f"{own}: 2." in words for words in said) == count


def test_protocols_that_differ_in_their_data_have_different_titles(open_page, store, other_images):
    for part in ("x_test", "y_test"):
        folder = other_images(part)
        asked = REQUEST.model_copy(update={"other_data": True}).on_data("mnist-mini", folder)
        evaluate_run(store, std_and_minmax(store)[0], asked, folder, "cpu")
    titles = open_page("robustness", store.root).selectbox(key="protocol").options
    assert len(set(titles)) == len(titles) == 3 and sum("other data" in title for title in titles) == 2


def test_runs_on_different_test_data_are_not_compared_image_by_image(open_page, store):
    for run_id in store.run_ids():
        evaluate_run(store, run_id, REQUEST, store.root, "cpu")
    app = open_page("robustness", store.root)
    assert "Against" in {name for table in app.dataframe for name in table.value}
    path = evaluation_path(store.path(std_and_minmax(store)[1]), REQUEST.protocol_id)
    report = read_report(path)
    assert report is not None and report.test_data is not None
    write_json(path, report.model_copy(update={"test_data": "0123456789abcdef"}).model_dump(mode="json"))
    app.run()
    assert "Against" not in {name for table in app.dataframe for name in table.value}
    assert "cannot be compared image by image" in shown(" ".join(caption.value for caption in app.caption))
