"""Accuracy against epsilon on the page: the form, the jobs it queues, and the table."""

import shlex

import numpy as np
import pytest

from engine.attacks.threat import ThreatModel
from engine.measurements.curve.measure import trace_curve
from engine.measurements.curve.request import CurveRequest
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue
from engine.runs.folder_options import folder_options
from engine.runs.run_files import load_weights, save_model


def page() -> None:
    from dashboard import sources
    from dashboard.figures.coloring import run_styles
    from dashboard.robustness.curves import draw_curves, draw_curves_form
    from dashboard.ui.page_export import PageExport

    here = sources.settings()
    chosen = [run for run in sources.runs() if run.status == "finished"]
    if not here.read_only:
        draw_curves_form(here, chosen)
    draw_curves(here, chosen, PageExport("curves"), run_styles(chosen))


@pytest.fixture
def open_view(store, run_function, started_workers):
    """(read_only) -> AppTest of the view on all runs of the store."""
    return lambda read_only=False: run_function(page, store.root, read_only)


def test_an_empty_view_queues_what_its_command_line_asks(open_view, store, started_workers):
    view = open_view()
    assert not view.exception and "has not been measured for these runs yet" in view.info[0].value
    view.selectbox(key="curve-attack").set_value("mi-fgsm")
    view.number_input(key="curve-samples").set_value(30).run()
    words = shlex.split(view.code[0].value)
    assert words[:4] == ["python", "-m", "engine", "curve"] and set(words[4:6]) == set(store.run_ids())
    next(button for button in view.button if button.label == "Measure curves").click().run()
    assert not view.exception
    jobs = [job for job in RunQueue(store.root).jobs() if job.kind == "curve"]
    expected = CurveRequest(attack="mi-fgsm", samples=30, threat=ThreatModel(epsilon=0.1))
    assert {CurveRequest.model_validate(job.payload) for job in jobs} == {expected}
    assert {job.run_id for job in jobs} == set(store.run_ids())
    folders = folder_options(store.root, store.root / "data")
    assert shlex.split(expected.command(words[4:6]) + folders) == words
    assert [settings.root for settings in started_workers] == [store.root]


def test_a_step_of_nothing_is_refused_in_place(open_view):
    view = open_view()
    view.number_input(key="curve-step-mnist-mini").set_value(0.0).run()
    assert "a step of ε" in view.error[0].value and not view.button


def test_read_only_offers_nothing_to_queue(open_view):
    view = open_view(read_only=True)
    assert not view.exception and not view.button and not view.code and "above" not in view.info[0].value


def test_what_was_traced_stands_in_the_table(open_view, store, few_images):
    runs = list_runs(store, RunQueue(store.root))[0]
    weights = load_weights(store.path(runs[0].run_id))
    weights["conv1.weight"][2] = 0.0
    weights["conv1.weight"][2, 0, 0, 0], weights["conv1.bias"][2] = 4.0, 0.0
    save_model(store.path(runs[0].run_id), weights, runs[0].config)
    request = CurveRequest(attack="fgsm", samples=30, threat=ThreatModel(epsilon=0.8), other_data=True)
    found = [trace_curve(store, run.run_id, request, few_images, "cpu") for run in runs]
    trace_curve(store, runs[0].run_id, request.model_copy(update={"samples": 20}), few_images, "cpu")
    view = open_view()
    assert not view.exception and not view.info
    ways = view.selectbox(key="curve-way").options
    assert ways[0].endswith("n = 30, seed 0") and ways[1].endswith("n = 20, seed 0"), "what more runs share is first"
    table = view.dataframe[0].value
    assert table["n"].tolist() == [30, 30]
    np.testing.assert_allclose(table["Clean (%)"], [100 * curve.clean_accuracy for curve in found])
    halves = np.array([curve.half_epsilon for curve in found], float)
    np.testing.assert_allclose(table["Half of accuracy lost at ε"], halves)
    assert table["Threshold in pixels (black)"].tolist() == ["0.1307", "–"]
    said = " ".join(caption.value for caption in view.caption)
    assert "threshold" in said and "0\\.1307" in said and "Not measured" not in said
    survived = any(curve.ended == "whole range" for curve in found)
    assert bool(view.warning) == survived
    view.selectbox(key="curve-way").select_index(1).run()
    assert view.dataframe[0].value["n"].tolist() == [20]
    assert "Not measured with these settings" in " ".join(caption.value for caption in view.caption)
