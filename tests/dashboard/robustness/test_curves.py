"""Accuracy against epsilon on the page: frames say what the curves say, the figure what the frames say."""

import shlex

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.curves import curve_figure
from dashboard.figures.palette import NEUTRAL, SHADES
from dashboard.frames.curves import curve_frame, curve_groups, curve_summary, threshold_frame
from engine.attacks.configs import FAB, FGSM
from engine.attacks.threat import ThreatModel
from engine.measurements.curve.measure import trace_curve
from engine.measurements.curve.request import CurveRequest
from engine.minmax.threshold import PixelThreshold
from engine.queue.overview import RunOverview, list_runs
from engine.queue.run_queue import RunQueue
from engine.robustness.curve import RobustnessCurve
from engine.robustness.statistics import wilson_interval
from engine.runs.config import RunConfig
from engine.runs.run_files import load_weights, save_model

STEP = ThreatModel(epsilon=0.5)


def overview(seed: int, l1: float = 0.0) -> RunOverview:
    config = RunConfig(seed=seed, objective={"l1_strength": l1})
    return RunOverview(config.run_id, config, "finished", None, None, None)


def curve(*broken_at: float | None, attack=FGSM()) -> RobustnessCurve:  # noqa: B008
    known = sorted({0.0, *(epsilon for epsilon in broken_at if epsilon is not None)})
    epsilons = known if attack.minimizes else [0.5 * step for step in range(int(known[-1] / 0.5) + 1)]
    return RobustnessCurve(
        attack=attack,
        threat=STEP,
        pixel_scale=(0.2,),
        seed=0,
        sample_ids=tuple(range(len(broken_at))),
        epsilons=tuple(epsilons),
        broken_at=broken_at,
        ended="most steps" if None in broken_at else "nothing left",
    )


RUNS = [overview(0), overview(1), overview(0, l1=0.1)]
CURVES = {
    RUNS[0].run_id: curve(0.0, 0.5, 0.5, 1.0),
    RUNS[1].run_id: curve(0.5, 1.0, 1.0, 1.5),
    RUNS[2].run_id: curve(1.0, 1.5, None, None),
}


def frames(together: bool, curves=CURVES, runs=RUNS) -> tuple[pd.DataFrame, pd.DataFrame]:
    groups = curve_groups(runs, curves, together)
    return curve_frame(groups, curves), curve_summary(groups, curves)


def rows_of(frame: pd.DataFrame, run: RunOverview) -> pd.DataFrame:
    return frame[frame["run_id"] == run.run_id]


def test_a_run_by_itself_has_the_interval_over_images():
    frame, summary = frames(together=False)
    rows = rows_of(frame, RUNS[0])
    assert rows["epsilon"].tolist() == [0.0, 0.5, 1.0] and rows["accuracy"].tolist() == [0.75, 0.25, 0.0]
    np.testing.assert_allclose(rows["pixel_epsilon"], [0.0, 0.1, 0.2])
    low, high = wilson_interval([3, 1, 0], 4)
    np.testing.assert_allclose(rows[["low", "high"]], np.stack([low, high], axis=1))
    assert set(rows["seeds"]) == {1} and set(rows["n"]) == {4}
    half = rows_of(summary, RUNS[0]).iloc[0]
    assert half["clean_accuracy"] == 0.75 and half["half_epsilon"] == pytest.approx(0.5 * 0.375 / 0.5)
    assert half["half_pixels"] == pytest.approx(0.2 * half["half_epsilon"]) and half["gone_epsilon"] == 1.0
    assert np.isnan(half["half_std"])


def test_seeds_together_are_a_mean_with_their_spread():
    frame, summary = frames(together=True)
    assert list(dict.fromkeys(frame["label"])) == ["Std, 2 seeds", "Std+L1 λ 0.1 · seed 0"]
    rows = rows_of(frame, RUNS[0])
    counts = np.array([[3, 1, 0, 0], [4, 3, 1, 0]]) / 4  # the first is lost where the second goes on
    np.testing.assert_allclose(rows["accuracy"], counts.mean(axis=0))
    np.testing.assert_allclose(rows["high"] - rows["accuracy"], counts.std(axis=0, ddof=1))
    np.testing.assert_allclose(rows["accuracy"] - rows["low"], counts.std(axis=0, ddof=1))
    halves = [CURVES[run.run_id].half_epsilon for run in RUNS[:2]]
    both = rows_of(summary, RUNS[0]).iloc[0]
    assert both["half_epsilon"] == pytest.approx(np.mean(halves)) and both["gone_epsilon"] == 1.5
    assert both["half_std"] == pytest.approx(np.std(halves, ddof=1)) and both["seeds"] == 2


def test_what_never_happens_is_missing():
    never = {RUNS[0].run_id: CURVES[RUNS[0].run_id], RUNS[1].run_id: curve(0.5, None, None, None)}
    _, summary = frames(True, never)
    assert summary[["half_epsilon", "gone_epsilon"]].isna().all(axis=None)
    frame, summary = frames(True, {})
    assert frame.empty and summary.empty and "accuracy" in frame


def test_thresholds_are_in_the_unit_of_the_curve():
    groups = curve_groups(RUNS, CURVES, True)
    found = {RUNS[1].run_id: [PixelThreshold(3, 0, 2.0, 0.12, 0.11, 0.13), PixelThreshold(4, 0, -2.0, 0.7, 0.7, 0.7)]}
    lines = threshold_frame(groups, CURVES, found)
    assert lines["run_id"].tolist() == [RUNS[0].run_id] * 2, "that of the group"
    np.testing.assert_allclose(lines["epsilon"], [0.12 / 0.2, 0.3 / 0.2])
    assert lines["protects"].tolist() == ["black", "white"] and lines["error"].tolist() == pytest.approx([0.01, 0.0])


def figure(together: bool = False, lines: pd.DataFrame | None = None, **options):
    frame, summary = frames(together)
    lines = threshold_frame({}, {}, {}) if lines is None else lines
    return curve_figure(frame, summary, lines, "Accuracy", "ε (normalized)", **options)


def test_the_figure_has_a_line_a_band_and_a_diamond_for_each_run():
    drawn = {trace.uid: trace for trace in figure().data}
    assert len(drawn) == 3 * 4
    for run, color in zip(RUNS, (SHADES["std"][0], SHADES["std"][1], SHADES["std+l1"][0]), strict=True):
        rows = rows_of(frames(together=False)[0], run)
        low, high, line, half = (drawn[f"{run.run_id}-{part}"] for part in ("low", "high", "curve", "half"))
        assert (line.line.color, line.line.shape, line.x.tolist()) == (color, "linear", rows["epsilon"].tolist())
        assert line.y.tolist() == rows["accuracy"].tolist() and high.fill == "tonexty"
        assert (low.y.tolist(), high.y.tolist()) == (rows["low"].tolist(), rows["high"].tolist())
        assert half.x[0] == pytest.approx(CURVES[run.run_id].half_epsilon)
        assert half.y[0] == CURVES[run.run_id].clean_accuracy / 2
    assert [trace.showlegend for trace in drawn.values()].count(None) == 3
    assert "95 % interval 30.1 to 95.4<br>at 0.0000 in pixels" in drawn[f"{RUNS[0].run_id}-curve"].customdata[0]
    assert "± 17.7<br>" in figure(together=True).data[2].customdata[0]


def test_vertical_lines_are_the_papers_epsilon_and_the_thresholds():
    lines = pd.DataFrame({"run_id": [RUNS[0].run_id] * 2 + [RUNS[2].run_id], "epsilon": [0.60, 0.61, 1.2]})
    drawn = figure(lines=lines, paper=0.3).layout
    places = [(shape.x0, shape.line.color, shape.line.dash) for shape in drawn.shapes]
    assert places == [
        (0.60, SHADES["std"][0], "dash"), (0.61, SHADES["std"][0], "dash"),
        (1.2, SHADES["std+l1"][0], "dash"), (0.3, NEUTRAL, "dot"),
    ]  # fmt: skip
    assert [(label.x, label.text) for label in drawn.annotations] == [
        (0.60, "threshold"), (1.2, "threshold"), (0.3, "paper’s ε"),
    ]  # fmt: skip
    assert not figure(paper=9.0).layout.shapes, "beyond what is shown"


def test_distances_are_steps_and_nothing_is_said():
    exact = {RUNS[0].run_id: curve(0.1, 0.3, 0.35, None, attack=FAB())}
    frame, summary = frames(False, exact)
    drawn = curve_figure(frame, summary, threshold_frame({}, {}, {}), "Accuracy", "ε", exact=True).data
    assert {trace.line.shape for trace in drawn[:3]} == {"hv"} and drawn[2].mode == "lines"
    empty = curve_figure(*frames(False, {}), threshold_frame({}, {}, {}), "Accuracy", "ε")
    assert empty.layout.annotations[-1].text == "Nothing recorded yet"


def page() -> None:
    from dashboard import sources
    from dashboard.robustness.curves import draw_curves, draw_curves_form
    from dashboard.ui.page_export import PageExport

    here = sources.settings()
    chosen = [run for run in sources.runs() if run.status == "finished"]
    if not here.read_only:
        draw_curves_form(here, chosen)
    draw_curves(here, chosen, PageExport("curves"))


@pytest.fixture
def open_view(store, run_function, started_workers):
    """(read_only) -> AppTest of the view on all runs of the store."""
    return lambda read_only=False: run_function(page, store.root, read_only)


def test_an_empty_view_queues_what_its_command_line_asks(open_view, store, started_workers):
    view = open_view()
    assert not view.exception and "was not traced for these runs yet" in view.info[0].value
    view.selectbox(key="curve-attack").set_value("mi-fgsm")
    view.number_input(key="curve-samples").set_value(30).run()
    words = shlex.split(view.code[0].value)
    assert words[:4] == ["python", "-m", "engine", "curve"] and set(words[4:6]) == set(store.run_ids())
    next(button for button in view.button if button.label == "Trace").click().run()
    assert not view.exception
    jobs = [job for job in RunQueue(store.root).jobs() if job.kind == "curve"]
    expected = CurveRequest(attack="mi-fgsm", samples=30, threat=ThreatModel(epsilon=0.1))
    assert {CurveRequest.model_validate(job.payload) for job in jobs} == {expected}
    assert {job.run_id for job in jobs} == set(store.run_ids())
    assert shlex.split(expected.command(words[4:6])) == words
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
    request = CurveRequest(attack="fgsm", samples=30, threat=ThreatModel(epsilon=0.8))
    found = [trace_curve(store, run.run_id, request, few_images, "cpu") for run in runs]
    trace_curve(store, runs[0].run_id, request.model_copy(update={"samples": 20}), few_images, "cpu")
    view = open_view()
    assert not view.exception and not view.info
    ways = view.selectbox(key="curve-way").options
    assert ways[0].endswith("n = 30, seed 0") and ways[1].endswith("n = 20, seed 0"), "what more runs share is first"
    table = view.dataframe[0].value
    assert table["n"].tolist() == [30, 30]
    np.testing.assert_allclose(table["Clean (%)"], [100 * curve.clean_accuracy for curve in found])
    np.testing.assert_allclose(table["Half gone at ε"], np.array([curve.half_epsilon for curve in found], float))
    assert table["Threshold in pixels (black)"].tolist() == ["0.1307", "–"]
    said = " ".join(caption.value for caption in view.caption)
    assert "threshold" in said and "0\\.1307" in said and "Not traced" not in said
    survived = any(curve.ended == "whole range" for curve in found)
    assert bool(view.warning) == survived
    view.selectbox(key="curve-way").select_index(1).run()
    assert view.dataframe[0].value["n"].tolist() == [20]
    assert "Not traced in this way" in " ".join(caption.value for caption in view.caption)
