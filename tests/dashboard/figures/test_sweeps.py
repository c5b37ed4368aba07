"""Trade-off, growth and parallel coordinates show the numbers of their tables."""

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.palette import variant_color
from dashboard.figures.sweeps import coordinates_figure, growth_figure, signed_log, tradeoff_figure
from dashboard.frames.sweeps import growth_frame, point_frame, sweep_frame
from engine.studies.strength_grid import grid_points
from tests.dashboard.sweep_figures import CLEAN, FGSM, FUZZINESS, LARGEST, named, traces
from tests.dashboard.sweep_runs import PLANE, REPORTS, RUNS, report


@pytest.fixture
def plane() -> pd.DataFrame:
    """Std and Min-Max with two seeds each, and a point where both seeds failed."""
    reports = REPORTS | {RUNS[2].run_id: report(0.8)}
    return point_frame(sweep_frame(grid_points(RUNS, PLANE), reports, "conv1"))


def test_the_front_is_stepped_and_dots_have_the_color_of_their_variant(plane):
    plane = plane.assign(none=[0.9, 0.8, np.nan], fgsm=[0.6, 0.8, np.nan])
    figure = tradeoff_figure(plane, CLEAN, FGSM, "title", chosen=(0.1, 0.1))
    (front,) = named(figure, "Pareto")
    assert list(front.x) == [0.8, 0.9] and list(front.y) == [0.8, 0.6] and front.line.shape == "vh"
    dots = {trace.name: trace for trace in figure.data if trace.error_y.array is not None}
    assert set(dots) == {"Std", "Min-Max"} and dots["Std"].marker.color == variant_color("std")
    assert dots["Std"].error_y.array[0] == pytest.approx(np.std([0.5, 0.7], ddof=1))
    assert dots["Min-Max"].error_y.array[0] == 0, "one seed has no spread"
    (ring,) = named(figure, "selected point")
    assert list(ring.x) == [0.8]


def test_a_dominated_point_is_not_on_the_front(plane):
    plane = plane.assign(none=[0.9, 0.8, np.nan], fgsm=[0.9, 0.8, np.nan])
    (front,) = named(tradeoff_figure(plane, CLEAN, FGSM, "title"), "Pareto")
    assert list(front.x) == [0.9]


def test_without_numbers_the_trade_off_says_so(plane):
    figure = tradeoff_figure(plane.assign(fgsm=np.nan), CLEAN, FGSM, "title")
    assert "No data" in figure.layout.annotations[0].text


def test_growth_is_logarithmic_with_each_tipping_point():
    frame = sweep_frame(grid_points(RUNS, PLANE), {}, "conv1")
    history = [{"epoch": epoch, "largest_weight": {"conv1": 0.2 * 3**epoch}} for epoch in (0.0, 1.0, 2.0)]
    growth = growth_frame(frame.loc[frame["l1"] == 0.1], {run.run_id: history for run in RUNS}, "conv1")
    figure = growth_figure(growth, "title")
    assert figure.layout.yaxis.type == "log"
    lines = sorted({tuple(trace.y) for trace in figure.data if trace.line.dash == "dot"})
    assert np.array(lines) == pytest.approx(np.array([[0.1 / 18] * 2, [0.5] * 2]))
    curves = [trace for trace in figure.data if len(trace.y) == 3]
    assert len(curves) == 4 and len({trace.line.color for trace in curves}) == 2, "a color per μ"


def test_no_history_is_said():
    frame = sweep_frame(grid_points(RUNS, PLANE), {}, "conv1")
    assert "No data" in growth_figure(growth_frame(frame, {}, "conv1"), "title").layout.annotations[0].text


def test_coordinates_have_a_line_per_complete_point(plane):
    figure = coordinates_figure(plane, [FUZZINESS, LARGEST, FGSM], FGSM, "title")
    (lines,) = traces(figure, "parcoords")
    assert [one.label for one in lines.dimensions] == ["λ", "μ", "Fuzziness (nats)", "Largest |w|", "Under fgsm"]
    assert list(lines.dimensions[4]["values"]) == [60.0, 80.0] == list(lines.line.color)
    assert list(lines.dimensions[0].ticktext) == ["0", "0.1"] and not figure.layout.annotations
    assert list(lines.dimensions[3]["values"]) == pytest.approx([np.log10(0.2), np.log10(0.5)])


def test_coordinates_without_a_complete_point_say_so(plane):
    figure = coordinates_figure(plane.assign(fgsm=np.nan), [FGSM], FGSM, "title")
    assert "No data" in figure.layout.annotations[0].text and not traces(figure, "parcoords")


def test_strengths_stand_by_ratio_with_a_place_for_0():
    assert signed_log(np.array([-0.1, -0.01, 0, 0.01, 0.1, 1])) == pytest.approx([-2, -1, 0, 1, 2, 3])
    assert signed_log(np.array([0.0])).tolist() == [0]
