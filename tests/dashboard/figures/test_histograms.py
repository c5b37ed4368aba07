"""Histograms show the counts of their table."""

import numpy as np
import pytest

from dashboard.figures.histograms import histogram_figure
from dashboard.figures.palette import NEUTRAL, SHADES
from tests.dashboard.drawn_tables import counts_table


def test_histogram_shows_the_counts_at_the_bin_centers():
    std, minmax, initial = histogram_figure(counts_table(), "First convolution").data
    assert std.x.tolist() == [-1, -0.75, -0.25, 0.25, 0.75, 1]
    assert std.y.tolist() == [0, 0, 5, 5, 0, 0]
    assert minmax.y.tolist() == [2, 2, 0, 7, 1, 1]
    assert initial.y.tolist() == [1, 1, 2, 3, 4, 4]
    assert {trace.line.shape for trace in (std, minmax, initial)} == {"hvh"}


def test_runs_with_one_beginning_share_a_neutral_outline():
    figure = histogram_figure(counts_table(), "First convolution")
    assert [trace.uid for trace in figure.data] == ["r1-now", "r2_2b_-now", "r1-initial"]
    assert figure.data[-1].line.color == NEUTRAL


def test_runs_with_different_beginnings_have_outlines_of_their_own_and_one_legend_entry():
    figure = histogram_figure(counts_table(initial=((1, 2, 3, 4), (4, 3, 2, 1))), "First convolution")
    outlines = [trace for trace in figure.data if trace.legendgroup == "initial"]
    assert [trace.line.color for trace in outlines] == [SHADES["std"][0], SHADES["min-max"][0]]
    assert [trace.showlegend for trace in outlines] == [True, False]


def test_an_unknown_beginning_has_no_outline():
    table = counts_table(initial=((np.nan,) * 4, (4, 3, 2, 1)))
    figure = histogram_figure(table, "First convolution")
    assert [trace.uid for trace in figure.data] == ["r1-now", "r2_2b_-now", "r2_2b_-initial"]
    assert figure.data[-1].y.tolist() == [4, 4, 3, 2, 1, 1]


def test_log_counts_draw_empty_bins_below_one_and_tell_their_count():
    std = histogram_figure(counts_table(), "First convolution", log_counts=True).data[0]
    assert std.y.tolist() == [0.5, 0.5, 5, 5, 0.5, 0.5]
    assert std.customdata.tolist() == [0, 0, 5, 5, 0, 0]


def test_tipping_point_is_drawn_at_both_signs():
    shapes = histogram_figure(counts_table(), "First convolution", tipping_point=0.4).layout.shapes
    assert [(shape.x0, shape.x1) for shape in shapes] == [(-0.4, -0.4), (0.4, 0.4)]


@pytest.mark.parametrize(("row", "column", "value"), [(1, "right", 0.1), (5, "left", -0.4)])
def test_unequal_bins_are_refused(row, column, value):
    table = counts_table().reset_index(drop=True)
    table.loc[row, column] = value
    with pytest.raises(ValueError, match="bins"):
        histogram_figure(table, "First convolution")
