"""Smallest perturbations: from what an evaluation filed of each image to the curve and its quartiles."""

import shutil

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.distances import distance_figure
from dashboard.frames.distances import distance_frame, distance_summary
from dashboard.jobs import measurement_panel
from dashboard.ui import page_export as sheet
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.robustness.report import minimal_distances
from engine.runs.store import RunStore

INF = np.inf


@pytest.fixture(scope="session")
def searched_store(trained_store, tmp_path_factory):
    """A copy in which the Min-Max run met deepfool on 20 images. Read only."""
    root = tmp_path_factory.mktemp("searched") / "store"
    shutil.copytree(trained_store.root, root)
    store = RunStore(root)
    minmax = next(run_id for run_id in store.run_ids() if "min-max" in run_id)
    report = evaluate_run(store, minmax, EvaluationRequest(attacks=("deepfool",), samples=20), root.parent, "cpu")
    return store, minmax, report


@pytest.fixture
def open_view(monkeypatch, run_function):
    """(store, read only) -> AppTest of the form and the view, and the charts drawn by key."""
    drawn, started = {}, []
    monkeypatch.setattr(sheet, "live_chart", lambda figure, **words: drawn.update({words["key"]: (figure, words)}))
    monkeypatch.setattr(measurement_panel, "start_worker", started.append)

    def page():
        from dashboard import sources
        from dashboard.robustness.distances import draw_distances, draw_distances_form
        from dashboard.ui.page_export import PageExport

        here = sources.settings()
        chosen = [run for run in sources.runs() if run.status == "finished"]
        if not here.read_only:
            draw_distances_form(here, chosen)
        draw_distances(here, chosen, PageExport("Distances"))

    def open_it(root, read_only=False):
        return run_function(page, root, read_only), drawn, started

    return open_it


@pytest.fixture
def runs(trained_store):
    return list_runs(trained_store, RunQueue(trained_store.root))[0]


def test_an_image_is_nowhere_near_when_nothing_was_found_and_at_0_when_wrong_anyway():
    correct, found = np.array([True, True, False, True]), np.array([True, False, True, True])
    linf, l2 = np.array([0.1, 0.2, 0.0, 0.3], np.float32), np.array([1.0, 2.0, 0.0, 3.0], np.float32)
    np.testing.assert_allclose(minimal_distances(correct, found, linf), [0.1, INF, 0.0, 0.3], rtol=1e-6)
    np.testing.assert_allclose(minimal_distances(correct, found, l2), [1.0, INF, 0.0, 3.0])


def frame_of(runs, *distances) -> pd.DataFrame:
    by_run = {run.run_id: np.array(values) for run, values in zip(runs, distances, strict=False)}
    return distance_frame(runs, by_run, {run_id: values > 0 for run_id, values in by_run.items()})


def test_quartiles_count_what_was_never_found(runs):
    frame = frame_of(runs, [0.0, 0.4, 0.2, 0.3, INF], [0.0, 0.1, INF, INF, INF])
    first, second = distance_summary(runs, frame, "fab", epsilon=0.2).to_dict("records")
    assert (first["n"], first["n_correct"], first["share_found"], first["within"]) == (5, 4, 0.75, 2)
    assert [first[name] for name in ("lower_quartile", "median", "upper_quartile")] == [0.2, 0.3, 0.4]
    assert first["remark"] == ""
    assert second["share_found"] == 0.25 and second["lower_quartile"] == 0.1
    assert np.isnan(second["median"]) and np.isnan(second["upper_quartile"])
    assert second["remark"] == "median beyond what was found"


@pytest.mark.parametrize(("attack", "missed", "said"), [("cw", 2, True), ("cw", 1, False), ("fab", 50, False)])
def test_cw_says_when_it_has_not_converged(runs, attack, missed, said):
    frame = frame_of(runs, [0.1] * (100 - missed) + [INF] * missed)
    (row,) = distance_summary(runs, frame, attack).to_dict("records")
    assert ("not converged" in row["remark"]) == said and "within" not in row


def test_a_run_that_is_always_wrong_has_nothing_to_find(runs):
    (row,) = distance_summary(runs, frame_of(runs, [0.0, 0.0]), "cw").to_dict("records")
    assert np.isnan(row["share_found"]) and row["median"] == 0.0 and row["remark"] == ""


def test_the_curve_counts_images_within_each_distance(runs):
    distances = np.array([0.0, 0.3, 0.1, INF, 0.1, 0.2])
    figure = distance_figure(frame_of(runs, distances), "linf", "Title", std=(0.5,), epsilon=0.15)
    line, median = figure.data
    assert line.line.shape == "hv" and line.y[0] == pytest.approx(1 / 6)
    for x in (0.0, 0.05, 0.1, 0.15, 0.25, 0.3):
        reached = np.array(line.y)[np.array(line.x) <= x].max()
        assert reached == pytest.approx((distances <= x).mean())
    assert line.y[-1] == pytest.approx(5 / 6) and line.x[-1] >= 0.3
    assert (median.x[0], median.y[0]) == (0.1, 0.5)
    np.testing.assert_allclose(line.customdata, np.array(line.x) / 0.5)
    assert [shape.x0 for shape in figure.layout.shapes if shape.xref == "x"] == [0.15]
    assert "≈" not in line.hovertemplate


def test_without_a_median_there_is_no_mark_and_without_a_search_a_message(runs):
    figure = distance_figure(frame_of(runs, [0.1, INF, INF]), "l2", "Title", std=(0.2, 0.3, 0.2))
    (line,) = figure.data
    assert line.y[-1] == pytest.approx(1 / 3) and "≈" in line.hovertemplate
    (line,) = distance_figure(frame_of(runs, [INF, INF]), "l2", "Title", std=(1.0,)).data
    assert set(line.y) == {0.0}
    assert distance_figure(frame_of(runs), "l2", "Title", std=(1.0,)).layout.annotations[0].text


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
    assert any("Not searched with deepfool" in caption.value for caption in app.caption)
    assert app.dataframe[0].value["Found (%)"].iloc[0] == pytest.approx(100 * found.sum() / correct.sum())


def test_a_search_is_queued_for_all_runs(open_view, trained_store, tmp_path):
    shutil.copytree(trained_store.root, tmp_path / "store")
    app, drawn, started = open_view(tmp_path / "store")
    assert "Nobody has searched" in app.info[0].value and drawn == {}
    assert "--attacks fab deepfool cw --samples 200" in app.code[0].value
    app.number_input(key="distances-samples").set_value(30).run()
    app.button(key="distances-search").click().run()
    jobs = [job for job in RunQueue(tmp_path / "store").jobs() if job.kind == "evaluate"]
    assert sorted(job.run_id for job in jobs) == sorted(trained_store.run_ids()) and len(started) == 1
    requests = {EvaluationRequest(**job.payload) for job in jobs}
    assert requests == {EvaluationRequest(attacks=("fab", "deepfool", "cw"), samples=30)}


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
    assert "Nobody has searched" in app.info[0].value and drawn == {}
