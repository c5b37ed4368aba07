"""Distances and deviations are drawn from their tables."""

import pandas as pd
import pytest

from dashboard.figures.search import deviation_figure, search_figure


def candidates():
    columns = ["Scope", "λ", "μ", "Seeds", "Distance"]
    rows = [("all convolutions", 0.03, 0.01, 3, 1.0), ("first convolution", 0.1, 0.1, 1, 1.5)]
    return pd.DataFrame([*rows, ("first convolution", 0.3, 0.01, 2, 3.0)], columns=columns)


def test_the_plane_has_a_panel_per_scope_and_rings_the_best():
    figure = search_figure(candidates(), "Distance")
    first, everywhere = figure.data
    assert list(first.x) == [1, 0] and list(first.y) == [0, 1] and list(first.text) == ["1.50", "3.00"]
    assert first.customdata.tolist() == [[0.1, 0.1, 1], [0.3, 0.01, 2]]
    assert list(everywhere.x) == [0] and list(everywhere.marker.line.width) == [4]
    assert list(first.marker.line.width) == [1, 1]
    assert {(trace.marker.cmin, trace.marker.cmax) for trace in figure.data} == {(1.0, 3.0)}, "one scale for both"
    assert [note.text for note in figure.layout.annotations] == [
        "Penalty on: first convolution",
        "Penalty on: all convolutions",
    ]
    axes = figure.layout
    assert list(axes.xaxis.ticktext) == ["0.01", "0.1"] and axes.xaxis.title.text == "μ", "as on the maps of sweeps"
    assert list(axes.yaxis.ticktext) == ["0.1", "0.3"] and axes.yaxis.title.text == "λ"
    assert list(axes.xaxis2.ticktext) == ["0.01"] and list(axes.yaxis2.ticktext) == ["0.03"]
    widths = [high - low for low, high in (axes.xaxis.domain, axes.xaxis2.domain)]
    assert widths[0] == pytest.approx(2 * widths[1]) and axes.xaxis.domain[1] < axes.xaxis2.domain[0]
    assert axes.xaxis2.domain[1] == pytest.approx(1)


def test_a_single_candidate_has_a_plane():
    figure = search_figure(candidates().iloc[:1], "Distance")
    assert figure.data[0].marker.cmax > figure.data[0].marker.cmin
    assert list(figure.data[0].x) == [0] and list(figure.layout.yaxis.ticktext) == ["0.03"]
    assert figure.layout.xaxis.range[0] < 0 < figure.layout.xaxis.range[1]


def test_deviations_run_over_the_cells_in_their_order():
    frame = pd.DataFrame(
        [
            ("a", "PGD", 1.0, 0.5, 0.55),
            ("a", "CW", -2.0, 0.5, 0.4),
            ("b", "PGD", 0.5, 0.5, 0.52),
            ("b", "CW", 3.0, 0.5, 0.6),
        ],
        columns=["candidate", "quantity", "deviation", "printed", "ours"],
    )
    figure = deviation_figure(frame, "Cells")
    assert [trace.name for trace in figure.data] == ["a", "b"]
    assert [list(trace.y) for trace in figure.data] == [[1.0, -2.0], [0.5, 3.0]]
    assert list(figure.layout.xaxis.categoryarray) == ["PGD", "CW"]
    assert len({(trace.line.dash, trace.marker.symbol) for trace in figure.data}) == 2, "not by color alone"
