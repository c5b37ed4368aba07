"""Maps, trade-off, growth and parallel coordinates draw the numbers they are given."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.figures.palette import variant_color
from dashboard.figures.runaway import boundary_line
from dashboard.figures.sweep_maps import map_figure
from dashboard.figures.sweeps import coordinates_figure, growth_figure, signed_log, tradeoff_figure
from dashboard.frames.sweeps import growth_frame, point_frame, quantity, sweep_frame
from engine.studies.strength_grid import points
from tests.dashboard.frames.test_sweeps import PLANE, REPORTS, RUNS, report

FUZZINESS, LARGEST, CLEAN, FGSM = (quantity(name) for name in ("fuzziness", "largest_weight", "none", "fgsm"))


@pytest.fixture
def plane() -> pd.DataFrame:
    """Std and Min-Max with two seeds each, and a point where both seeds failed."""
    reports = REPORTS | {RUNS[2].run_id: report(0.8)}
    return point_frame(sweep_frame(points(RUNS, PLANE), reports, "conv1"))


def plain(text: str) -> str:
    return re.sub("<[^>]*>", "", text)


def traces(figure, kind: str):
    return [trace for trace in figure.data if trace.type == kind]


def named(figure, words: str):
    return [trace for trace in figure.data if words in (trace.name or "")]


def test_cells_hold_means_on_ascending_axes(plane):
    figure = map_figure(plane, [FUZZINESS, FGSM], "title", initial=0.2)
    fuzziness, fgsm = traces(figure, "heatmap")
    assert figure.layout.xaxis.ticktext == ("0", "0.1", "9") and figure.layout.yaxis.ticktext == ("0", "0.1")
    assert [[plain(text) for text in row] for row in fuzziness.text] == [["0.300", "", ""], ["", "0.300", ""]]
    assert [list(row) for row in fgsm.z] == [[60.0, None, None], [None, 80.0, None]]
    assert "60.0 ± 14.1 (2 seeds: 0, 1)" in fgsm.customdata[0][0] and RUNS[0].run_id in fgsm.customdata[0][0]
    assert [note.text for note in figure.layout.annotations] == ["Fuzziness (nats)", "Under fgsm (%)"]


def test_largest_weights_are_colored_by_their_logarithm(plane):
    (heat,) = traces(map_figure(plane, [LARGEST], "title", initial=None), "heatmap")
    assert heat.z[0][0] == pytest.approx(np.log10(0.2), abs=1e-6) and plain(heat.text[0][0]) == "0.2"


def test_numbers_are_black_on_light_cells_and_white_on_dark_ones(plane):
    (heat,) = traces(map_figure(plane, [FGSM], "title", initial=None), "heatmap")
    assert "#ffffff" in heat.text[0][0] and "#000000" in heat.text[1][1], "the scale begins dark"


def test_attacks_share_their_colors_and_clean_accuracy_does_not(plane):
    plane = plane.assign(pgd=plane["fgsm"] / 2, pgd_std=np.nan, pgd_n=plane["fgsm_n"])
    clean, fgsm, pgd = traces(map_figure(plane, [CLEAN, FGSM, quantity("pgd")], "title", initial=None), "heatmap")
    assert (fgsm.zmin, fgsm.zmax) == (pgd.zmin, pgd.zmax) == (30, 80) and clean.zmin == 95


def test_marks_stand_where_weights_run_away(plane):
    figure = map_figure(plane, [FUZZINESS, FGSM], "title", initial=0.2)
    away, failed = named(figure, "pushed outwards"), named(figure, "failed")
    away = [trace for trace in away if trace.marker.symbol == "triangle-up"]
    assert len(away) == len(failed) == 2 and [trace.showlegend for trace in failed] == [True, False]
    assert [(round(x), round(y)) for x, y in zip(away[0].x, away[0].y, strict=True)] == [(1, 1)]
    assert (failed[0].x[0], round(failed[0].y[0])) == (2, 1) and failed[0].text[0] == "|w| 104"


def test_the_chosen_cell_is_framed_in_every_map(plane):
    figure = map_figure(plane, [FUZZINESS, FGSM], "title", initial=None, chosen=(0.1, 9.0))
    assert [(shape.x0 + shape.x1) / 2 for shape in figure.layout.shapes] == [2, 2]
    assert map_figure(plane, [FUZZINESS], "title", initial=None, chosen=(5.0, 9.0)).layout.shapes == ()


def test_the_boundary_is_drawn_only_where_there_is_one(plane):
    assert not named(map_figure(plane, [FUZZINESS], "title", initial=None), "first step")
    assert named(map_figure(plane, [FUZZINESS], "title", initial=0.2), "first step")


@given(
    st.lists(st.floats(0, 2), min_size=1, max_size=5, unique=True).map(sorted),
    st.lists(st.floats(-2, 2), min_size=1, max_size=5, unique=True).map(sorted),
    st.floats(0.01, 1),
)
def test_the_boundary_parts_cells_that_are_pushed_from_cells_that_are_not(l1s, mus, initial):
    line = boundary_line(l1s, mus, initial)
    segments = {frozenset((one, other)) for one, other in zip(line[::3], line[1::3], strict=True)}
    assert set(line[2::3]) <= {(None, None)}

    def is_pushed(row, column):
        return mus[column] > 0 and l1s[row] / (2 * mus[column]) < initial

    for row in range(len(l1s)):
        for column in range(len(mus)):
            for next_row, next_column in ((row, column + 1), (row + 1, column)):
                if next_row < len(l1s) and next_column < len(mus):
                    low = (column + 0.5, row - 0.5) if next_row == row else (column - 0.5, row + 0.5)
                    edge = frozenset((low, (column + 0.5, row + 0.5)))
                    assert (edge in segments) == (is_pushed(row, column) != is_pushed(next_row, next_column))


def test_no_quantity_is_said(plane):
    assert "Nothing" in map_figure(plane, [], "title", initial=0.2).layout.annotations[0].text


def test_the_front_is_stepped_and_dots_have_the_color_of_their_variant(plane):
    plane = plane.assign(none=[0.9, 0.8, np.nan], fgsm=[0.6, 0.8, np.nan])
    figure = tradeoff_figure(plane, CLEAN, FGSM, "title", chosen=(0.1, 0.1))
    (front,) = named(figure, "Pareto")
    assert list(front.x) == [0.8, 0.9] and list(front.y) == [0.8, 0.6] and front.line.shape == "vh"
    dots = {trace.name: trace for trace in figure.data if trace.error_y.array is not None}
    assert set(dots) == {"Std", "Min-Max"} and dots["Std"].marker.color == variant_color("std")
    assert dots["Std"].error_y.array[0] == pytest.approx(np.std([0.5, 0.7], ddof=1))
    assert dots["Min-Max"].error_y.array[0] == 0, "one seed has no spread"
    (ring,) = named(figure, "chosen")
    assert list(ring.x) == [0.8]


def test_who_is_beaten_is_not_on_the_front(plane):
    plane = plane.assign(none=[0.9, 0.8, np.nan], fgsm=[0.9, 0.8, np.nan])
    (front,) = named(tradeoff_figure(plane, CLEAN, FGSM, "title"), "Pareto")
    assert list(front.x) == [0.9]


def test_without_numbers_the_trade_off_says_so(plane):
    figure = tradeoff_figure(plane.assign(fgsm=np.nan), CLEAN, FGSM, "title")
    assert "Nothing" in figure.layout.annotations[0].text


def test_growth_is_logarithmic_with_each_tipping_point():
    frame = sweep_frame(points(RUNS, PLANE), {}, "conv1")
    history = [{"epoch": epoch, "largest_weight": {"conv1": 0.2 * 3**epoch}} for epoch in (0.0, 1.0, 2.0)]
    growth = growth_frame(frame.loc[frame["l1"] == 0.1], {run.run_id: history for run in RUNS}, "conv1")
    figure = growth_figure(growth, "title")
    assert figure.layout.yaxis.type == "log"
    lines = sorted({tuple(trace.y) for trace in figure.data if trace.line.dash == "dot"})
    assert np.array(lines) == pytest.approx(np.array([[0.1 / 18] * 2, [0.5] * 2]))
    curves = [trace for trace in figure.data if len(trace.y) == 3]
    assert len(curves) == 4 and len({trace.line.color for trace in curves}) == 2, "a color per μ"


def test_no_history_is_said():
    frame = sweep_frame(points(RUNS, PLANE), {}, "conv1")
    assert "Nothing" in growth_figure(growth_frame(frame, {}, "conv1"), "title").layout.annotations[0].text


def test_coordinates_have_a_line_per_complete_point(plane):
    figure = coordinates_figure(plane, [FUZZINESS, LARGEST, FGSM], FGSM, "title")
    (lines,) = traces(figure, "parcoords")
    assert [one.label for one in lines.dimensions] == ["λ", "μ", "Fuzziness (nats)", "Largest |w|", "Under fgsm"]
    assert list(lines.dimensions[4]["values"]) == [60.0, 80.0] == list(lines.line.color)
    assert list(lines.dimensions[0].ticktext) == ["0", "0.1"] and not figure.layout.annotations
    assert list(lines.dimensions[3]["values"]) == pytest.approx([np.log10(0.2), np.log10(0.5)])


def test_coordinates_without_a_complete_point_say_so(plane):
    figure = coordinates_figure(plane.assign(fgsm=np.nan), [FGSM], FGSM, "title")
    assert "Nothing" in figure.layout.annotations[0].text and not traces(figure, "parcoords")


def test_strengths_stand_by_ratio_with_a_place_for_0():
    assert signed_log(np.array([-0.1, -0.01, 0, 0.01, 0.1, 1])) == pytest.approx([-2, -1, 0, 1, 2, 3])
    assert signed_log(np.array([0.0])).tolist() == [0]
