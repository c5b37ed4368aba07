"""What the figures of the paper's page show is what their tables say."""

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.forest import LOOKS, forest_figure, forest_height
from dashboard.figures.reproduction import reproduction_figure
from dashboard.figures.search import deviation_figure, search_figure


def points():
    rows = [("std", "PGD", "printed", 0.6), ("std", "PGD", "ours", 0.5), ("std", "PGD", "seed", 0.48)]
    rows += [("std", "PGD", "seed", 0.52), ("min-max", "PGD", "printed", 0.8), ("min-max", "<b>CW", "printed", 0.7)]
    rows += [("min-max", "<b>CW", "ours", 0.9), ("min-max", "<b>CW", "seed", 0.9)]
    return pd.DataFrame(rows, columns=["variant", "quantity", "kind", "value"])


def traces(figure):
    return {trace.uid: trace for trace in figure.data}


def test_every_number_has_its_mark_on_the_row_of_its_quantity():
    figure = reproduction_figure(points(), "Table")
    found = traces(figure)
    assert list(found["std-printed"].x) == [0.6] and list(found["std-seed"].x) == [0.48, 0.52]
    assert list(found["min-max-printed"].x) == [0.8, 0.7] and list(found["min-max-ours"].x) == [0.9]
    rows = {uid: [round(height) for height in trace.y] for uid, trace in found.items() if "links" not in uid}
    assert rows["std-printed"] == [0] and rows["min-max-printed"] == [0, 1] and rows["min-max-ours"] == [1]
    assert found["std-ours"].y[0] < found["min-max-printed"].y[0], "variants of a row do not hide one another"
    assert list(figure.layout.yaxis.ticktext) == ["PGD", "&lt;b&gt;CW"]
    assert [uid for uid, trace in found.items() if trace.showlegend] == ["std-ours", "min-max-ours"]
    without = traces(reproduction_figure(points().query("kind == 'printed'"), "Table"))
    assert [uid for uid, trace in without.items() if trace.showlegend] == ["std-printed", "min-max-printed"]
    low, high = figure.layout.xaxis.range
    assert low < 0.48 and high > 0.9 and figure.layout.xaxis.tickformat == ".0%"


def test_links_go_from_print_to_ours_where_there_is_one():
    found = traces(reproduction_figure(points(), "Table"))
    np.testing.assert_array_equal(found["std-links"].x, [0.6, 0.5, np.nan])
    np.testing.assert_array_equal(found["min-max-links"].x, [0.7, 0.9, np.nan])


def test_fuzziness_is_drawn_on_a_log_axis():
    figure = reproduction_figure(points(), "Table 3", in_nats=True)
    assert figure.layout.xaxis.type == "log" and "nats" in figure.layout.xaxis.title.text


def test_without_a_number_a_message_stands_there():
    (note,) = reproduction_figure(points().iloc[:0], "Nothing").layout.annotations
    assert note.text == "Nothing recorded yet"


def statements():
    rows = [
        (1, "Std is fuzzier", "supported", "nats", 0.2, 0.1, 0.3, 3, 0.0, np.inf),
        (3, "Min-Max <b>above</b>", "contradicted", "points", -4.0, -6.0, -2.0, 3, 0.0, np.inf),
        (4, "not above by 2, at all", "not enough runs", "points", 5.0, np.nan, np.nan, 1, -np.inf, 2.0),
        (5, "between", "supported", "points", 7.0, 6.0, 8.0, 3, 5.0, 9.0),
        (6, "no check", "contradicted", None, np.nan, np.nan, np.nan, 0, -np.inf, np.inf),
    ]
    columns = ["claim", "statement", "verdict", "unit", "difference", "low", "high", "seeds"]
    return pd.DataFrame(rows, columns=[*columns, "region_low", "region_high"])


def test_the_forest_has_a_panel_for_each_unit_and_a_row_for_each_difference():
    figure = forest_figure(statements(), "Claims")
    assert list(figure.layout.yaxis.ticktext) == [
        "3: Min-Max &lt;b&gt;above&lt;/b&gt;",
        "4: not above by 2",
        "5: between",
    ]
    assert list(figure.layout.yaxis2.ticktext) == ["1: Std is fuzzier"]
    found = traces(figure)
    assert set(found) == {"contradicted-1", "not-enough-runs-1", "supported-1", "supported-2"}
    assert list(found["supported-1"].x) == [7] and list(found["supported-1"].y) == [2]
    assert list(found["supported-1"].error_x.array) == [1] and list(found["contradicted-1"].error_x.arrayminus) == [2]
    assert np.isnan(found["not-enough-runs-1"].error_x.array).all(), "no interval, no bar"
    assert found["supported-1"].customdata == ([3, ", 95 % interval +6 to +8"],)
    assert found["not-enough-runs-1"].customdata == ([1, ""],)
    assert [trace.showlegend for trace in figure.data].count(True) == 3, "each verdict once"
    assert len({symbol for symbol, _ in LOOKS.values()}) == 3, "not by color alone"
    assert figure.layout.height == forest_height(statements())
    top, bottom = figure.layout.yaxis.domain, figure.layout.yaxis2.domain
    assert top[0] > bottom[1] > bottom[0] >= 0


def test_what_is_claimed_is_shaded_and_stays_on_the_axis():
    figure = forest_figure(statements(), "Claims")
    low, high = figure.layout.xaxis.range
    assert low < -6 and high > 8
    shades = {(shape.xref, round((shape.y0 + shape.y1) / 2)): (shape.x0, shape.x1) for shape in figure.layout.shapes}
    assert shades["x", 0] == (0, high) and shades["x", 1] == (low, 2) and shades["x", 2] == (5, 9 if high > 9 else high)


def test_no_difference_no_forest():
    figure = forest_figure(statements().iloc[-1:], "Claims")
    assert figure.layout.annotations[-1].text == "Nothing recorded yet" and figure.layout.height > 100


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
