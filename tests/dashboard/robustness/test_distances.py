"""Smallest perturbations on the page: the search, the chart, and files without distances."""

import shutil

import numpy as np
import pytest

from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.run_queue import RunQueue
from engine.runs.store import RunStore
from tests.small_runs import THREAT


@pytest.fixture(scope="session")
def searched_store(trained_store, tmp_path_factory):
    """A copy in which the Min-Max run was attacked with deepfool on 20 images. Read only."""
    root = tmp_path_factory.mktemp("searched") / "store"
    shutil.copytree(trained_store.root, root)
    store = RunStore(root)
    minmax = next(run_id for run_id in store.run_ids() if "min-max" in run_id)
    report = evaluate_run(
        store, minmax, EvaluationRequest(attacks=("deepfool",), samples=20, threat=THREAT), root.parent, "cpu"
    )
    return store, minmax, report


@pytest.fixture
def open_view(run_function, drawn, started_workers):
    """(store, read only) -> AppTest of the form and the view, and the drawn charts by key."""

    def page():
        from dashboard import sources
        from dashboard.figures.coloring import run_styles
        from dashboard.robustness.distances import draw_distances, draw_distances_form
        from dashboard.ui.page_export import PageExport

        here = sources.settings()
        chosen = [run for run in sources.runs() if run.status == "finished"]
        if not here.read_only:
            draw_distances_form(here, chosen)
        draw_distances(here, chosen, PageExport("Distances"), run_styles(chosen))

    def open_it(root, read_only=False):
        return run_function(page, root, read_only), drawn, started_workers

    return open_it


def test_what_is_drawn_is_what_the_evaluation_found(open_view, searched_store):
    store, minmax, report = searched_store
    app, drawn, _ = open_view(store.root, read_only=True)
    assert not app.button and not app.code
    _, words = drawn["distances"]
    frame = words["table"]
    assert set(frame["run_id"]) == {minmax} and len(frame) == 20
    result = next(one for one in report.attacks if one.attack.name == "deepfool")
    distance, correct = frame["distance"].to_numpy(), frame["is_correct"].to_numpy(bool)
    assert correct.mean() == report.clean_accuracy and (distance[~correct] == 0).all()
    found = np.isfinite(distance) & correct
    assert found.sum() == result.n_found and np.median(distance[found]) == pytest.approx(result.median_l2)
    assert any("Not attacked with deepfool" in caption.value for caption in app.caption)
    assert app.dataframe[0].value["Found (%)"].iloc[0] == pytest.approx(100 * found.sum() / correct.sum())


def test_a_search_is_queued_for_all_runs(open_view, trained_store, tmp_path):
    shutil.copytree(trained_store.root, tmp_path / "store")
    app, drawn, started = open_view(tmp_path / "store")
    assert "The smallest perturbations of these runs are not known yet" in app.info[0].value and drawn == {}
    assert "--attacks fab deepfool cw --samples 200" in app.code[0].value
    app.number_input(key="distances-samples").set_value(30).run()
    app.button(key="distances-search").click().run()
    jobs = [job for job in RunQueue(tmp_path / "store").jobs() if job.kind == "evaluate"]
    assert sorted(job.run_id for job in jobs) == sorted(trained_store.run_ids()) and len(started) == 1
    requests = {EvaluationRequest(**job.payload) for job in jobs}
    assert requests == {EvaluationRequest(attacks=("fab", "deepfool", "cw"), samples=30, threat=THREAT)}


def test_no_attack_is_refused_in_words(open_view, trained_store):
    app, _, _ = open_view(trained_store.root)
    app.pills(key="distances-attacks").set_value([]).run()
    assert "one or more attacks" in app.error[0].value and not app.button


def test_files_of_an_older_version_are_no_search(open_view, searched_store, tmp_path):
    store, minmax, _ = searched_store
    shutil.copytree(store.root, tmp_path / "store")
    (path,) = (tmp_path / "store" / minmax / "adversarial").glob("*-deepfool.npz")
    with np.load(path) as arrays:
        kept = {name: arrays[name] for name in ("adversarial_images", "predictions", "probabilities")}
    np.savez_compressed(path, **kept)
    app, drawn, _ = open_view(tmp_path / "store")
    assert "The smallest perturbations of these runs are not known yet" in app.info[0].value and drawn == {}
