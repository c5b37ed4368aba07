"""The forest plot shows its table."""

import numpy as np
import pandas as pd

from dashboard.figures.forest import LOOKS, forest_figure, forest_height


def traces(figure):
    return {trace.uid: trace for trace in figure.data}


def statements():
    rows = [
        (1, "Std is fuzzier", "supported", "nats", 0.2, 0.1, 0.3, 3, 0.0, np.inf),
        (3, "Min-Max <b>above</b>", "contradicted", "points", -4.0, -6.0, -2.0, 3, 0.0, np.inf),
        (4, "not above by 2, at all", "not decided", "points", 5.0, np.nan, np.nan, 1, -np.inf, 2.0),
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
    assert set(found) == {"contradicted-1", "not-decided-1", "supported-1", "supported-2"}
    assert list(found["supported-1"].x) == [7] and list(found["supported-1"].y) == [2]
    assert list(found["supported-1"].error_x.array) == [1] and list(found["contradicted-1"].error_x.arrayminus) == [2]
    assert np.isnan(found["not-decided-1"].error_x.array).all(), "no interval, no bar"
    assert found["supported-1"].customdata == ([3, ", 95 % interval +6 to +8"],)
    assert found["not-decided-1"].customdata == ([1, ""],)
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
    assert figure.layout.annotations[-1].text == "No data recorded yet" and figure.layout.height > 100
