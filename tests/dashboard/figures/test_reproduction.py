"""The paper's numbers and ours are drawn from the table."""

import numpy as np
import pandas as pd

from dashboard.figures.reproduction import reproduction_figure


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


def test_links_go_from_the_papers_number_to_ours():
    found = traces(reproduction_figure(points(), "Table"))
    np.testing.assert_array_equal(found["std-links"].x, [0.6, 0.5, np.nan])
    np.testing.assert_array_equal(found["min-max-links"].x, [0.7, 0.9, np.nan])


def test_fuzziness_is_drawn_on_a_log_axis():
    figure = reproduction_figure(points(), "Table 3", in_nats=True)
    assert figure.layout.xaxis.type == "log" and "nats" in figure.layout.xaxis.title.text


def test_without_a_number_there_is_a_message():
    (note,) = reproduction_figure(points().iloc[:0], "Nothing").layout.annotations
    assert note.text == "No data recorded yet"
