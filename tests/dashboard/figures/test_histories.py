"""Histories, their bands and the path through the plane show what the table says."""

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.histories import history_figure, history_panels, phase_figure
from tests.dashboard.drawn_tables import history_table


def test_history_passes_over_missing_values_and_marks_the_last():
    line, last, *_ = history_figure(history_table(), "robust_accuracy", "Robust accuracy", "Accuracy").data
    assert line.x.tolist() == [0, 2, 4]
    assert line.y.tolist() == [0.5, 0.52, 0.54]
    assert (last.x.tolist(), last.y.tolist()) == ([4], [0.54])


def test_history_thins_what_is_long():
    table = history_table(epochs=3001)
    line = history_figure(table, "loss", "Loss", "Loss").data[0]
    assert len(line.x) == 500
    assert (line.x[0], line.x[-1]) == (0, 3000)
    np.testing.assert_array_equal(line.y, 2 / (1 + line.x))


def test_panels_share_epochs_and_put_each_quantity_in_its_panel():
    figure = history_panels(history_table(), "How the runs develop", cursor=2)
    place = {trace.uid: (trace.xaxis, trace.yaxis) for trace in figure.data}
    assert place["r1-fuzziness"] == ("x", "y")
    assert place["r2_2b_-near_zero"] == ("x2", "y2")
    assert place["r1-loss-last"] == ("x3", "y3")
    assert place["r1-clean_accuracy"] == place["r1-robust_accuracy"] == ("x4", "y4")
    assert [figure.layout[axis].matches for axis in ("xaxis2", "xaxis3", "xaxis4")] == ["x"] * 3
    assert [(shape.x0, shape.xref, shape.yref) for shape in figure.layout.shapes] == [
        (2, f"x{axis}", f"y{axis} domain") for axis in ("", "2", "3", "4")
    ]


def spread_table() -> pd.DataFrame:
    """The first run with a spread, the second without."""
    spread = [0.1 + 0.01 * epoch for epoch in range(5)]
    table = history_table().reset_index(drop=True)
    for quantity in ("fuzziness", "near_zero", "loss", "clean_accuracy", "robust_accuracy"):
        for end, sign in (("low", -1), ("high", 1)):
            table[f"{quantity}_{end}"] = table[quantity] + np.array([sign * value for value in spread] + [np.nan] * 5)
    return table


def test_a_band_reaches_from_low_to_high_and_belongs_to_its_run():
    band, line, *others = history_figure(spread_table(), "robust_accuracy", "Robust accuracy", "Accuracy").data
    assert (band.uid, band.legendgroup, band.fill) == ("r1-robust_accuracy-band", "r1", "toself")
    assert (band.showlegend, band.hoverinfo, line.uid) == (False, "skip", "r1-robust_accuracy")
    assert band.fillcolor.startswith("rgba(")
    assert band.x.tolist() == [0, 2, 4, 4, 2, 0]
    np.testing.assert_allclose(band.y[:3], [0.5 + 0.1, 0.52 + 0.12, 0.54 + 0.14])
    np.testing.assert_allclose(band.y[:2:-1], [0.5 - 0.1, 0.52 - 0.12, 0.54 - 0.14])
    assert not any("band" in trace.uid for trace in others), "no spread, no band"


def test_panels_have_a_band_per_quantity_in_its_panel():
    figure = history_panels(spread_table(), "How the runs develop")
    bands = {trace.uid: trace.yaxis for trace in figure.data if trace.fill == "toself"}
    assert bands == {
        "r1-fuzziness-band": "y",
        "r1-near_zero-band": "y2",
        "r1-loss-band": "y3",
        "r1-clean_accuracy-band": "y4",
        "r1-robust_accuracy-band": "y4",
    }
    assert [trace.name for trace in figure.data if trace.showlegend] == [
        "Std, seed 0",
        "Min-Max &lt;b&gt;mine&lt;/b&gt;",
    ]


def test_a_run_with_one_point_is_a_marker():
    table = pd.concat([history_table().iloc[[0]], history_table().iloc[5:]])
    point, _, line, _ = history_figure(table, "fuzziness", "Fuzziness", "Fuzziness").data
    assert (point.mode, point.x.tolist(), point.y.tolist()) == ("markers", [0], [0.4])
    assert point.marker.size > 7 and line.mode == "lines"


def test_the_layer_is_named_where_its_weights_are_meant():
    def titles(figure):
        return [annotation.text for annotation in figure.layout.annotations]

    named = titles(history_panels(history_table(), "Runs", layer_title="Second <i>"))
    assert [title.startswith("Second &lt;i&gt;: ") for title in named] == [True, True, False, False]
    assert named[1].endswith("(|w| &lt; 0.01)")
    assert titles(history_panels(history_table(), "Runs"))[0] == "Fuzziness (nats)"
    phase = phase_figure(history_table(), layer_title="Second <i>")
    assert phase.layout.xaxis.title.text == "Second &lt;i&gt;: fuzziness (nats)"


def test_phase_marks_the_present():
    path, present, *_ = phase_figure(history_table(), cursor=3.5).data
    assert path.x.tolist() == pytest.approx([0.4, 0.38, 0.36])
    assert (present.x.tolist(), present.y.tolist()) == (pytest.approx([0.38]), pytest.approx([0.52]))
    before_all = phase_figure(history_table(), cursor=-1).data[1]
    assert len(before_all.x) == 0


def test_phase_fits_the_paths_from_their_first_probes_and_stands_still():
    table = history_table()
    table.loc[table["epoch"] == 0, "robust_accuracy"] = np.nan
    figure = phase_figure(table, cursor=2)
    for path in figure.data[::2]:
        assert path.customdata.tolist() == [2, 4]
        assert path.marker.symbol == ("circle-open", "square")
    assert figure.layout.xaxis.range == pytest.approx((0.26 - 0.06 * 0.12, 0.38 + 0.06 * 0.12))
    assert figure.layout.yaxis.range == pytest.approx((0.52 - 0.01, 0.54 + 0.01)), "a short span has a wider margin"
    for cursor in (-1, 3, None):
        assert phase_figure(table, cursor=cursor).layout == figure.layout


def test_phase_of_one_probe_is_around_it():
    figure = phase_figure(history_table(epochs=1).iloc[:1])
    assert figure.layout.xaxis.range == pytest.approx((0.399, 0.401))
    assert figure.data[0].marker.symbol == ("circle-open",)
