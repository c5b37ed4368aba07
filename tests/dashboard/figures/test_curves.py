"""Curves are drawn from their tables."""

import pandas as pd
import pytest

from dashboard.figures.curves import curve_figure
from dashboard.figures.palette import NEUTRAL, SHADES
from dashboard.frames.curves import threshold_frame
from engine.attacks.configs import FAB
from tests.dashboard.curve_runs import CURVES, RUNS, curve, frames, rows_of


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
    assert empty.layout.annotations[-1].text == "No data recorded yet"
