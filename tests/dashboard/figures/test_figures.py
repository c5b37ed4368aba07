"""What a figure shows is what the table says."""

import re

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.histograms import histogram_figure
from dashboard.figures.histories import history_figure, history_panels, phase_figure
from dashboard.figures.palette import NEUTRAL, SHADES
from dashboard.figures.robustness import robustness_figure
from dashboard.frames.tables import thin

RUNS = [("r1", "Std, seed 0", "std"), ("r2+", "Min-Max <b>mine</b>", "min-max")]


def counts_table(initial=((1, 2, 3, 4), (1, 2, 3, 4))) -> pd.DataFrame:
    edges, now = np.array([-1, -0.5, 0, 0.5, 1]), ((0, 5, 5, 0), (2, 0, 7, 1))
    return pd.concat(
        pd.DataFrame(
            {"run_id": run_id, "label": label, "variant": variant, "left": edges[:-1], "right": edges[1:]}
            | {"count": now[i], "initial_count": initial[i]}
        )
        for i, (run_id, label, variant) in enumerate(RUNS)
    )


def history_table(epochs: int = 5) -> pd.DataFrame:
    epoch = np.arange(epochs, dtype=float)
    return pd.concat(
        pd.DataFrame(
            {"run_id": run_id, "label": label, "variant": variant, "epoch": epoch}
            | {"fuzziness": 0.4 - 0.01 * epoch - 0.1 * i, "near_zero_count": np.arange(epochs) + i}
            | {"loss": 2 / (1 + epoch), "clean_accuracy": 0.9 + 0 * epoch}
            | {"robust_accuracy": np.where(epoch % 2 == 0, 0.5 + 0.01 * epoch, np.nan)}
        )
        for i, (run_id, label, variant) in enumerate(RUNS)
    )


def robustness_table() -> pd.DataFrame:
    accuracy = {"FGSM": (0.8, 0.95), "none": (0.98, 0.97), "CW": (0.0, 0.5)}
    return pd.DataFrame(
        {"run_id": run_id, "label": label, "variant": variant, "attack": attack, "robust_accuracy": values[i]}
        for attack, values in accuracy.items()
        for i, (run_id, label, variant) in enumerate(RUNS)
    )


FIGURES = {
    "histogram": lambda: histogram_figure(counts_table(), "First convolution", tipping_point=0.5),
    "history": lambda: history_figure(history_table(), "loss", "Training loss falls", "Cross-entropy (nats)", cursor=2),
    "panels": lambda: history_panels(history_table(), "How the runs develop", cursor=2),
    "phase": lambda: phase_figure(history_table()),
    "robustness": lambda: robustness_figure(robustness_table()),
}


@pytest.mark.parametrize("name", FIGURES)
def test_figures_keep_zoom_and_legend_and_leave_colors_of_text_to_the_theme(name):
    figure, again = FIGURES[name](), FIGURES[name]()
    layout = figure.to_dict()["layout"]
    uids = [trace.uid for trace in figure.data]
    assert uids == [trace.uid for trace in again.data]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[\w-]+", uid, re.ASCII) for uid in uids)  # Plotly.js puts them into CSS selectors
    assert layout["uirevision"] == "constant"
    assert layout["title"]["text"]
    assert not {"paper_bgcolor", "plot_bgcolor", "font", "transition"} & layout.keys()
    bottom_axis = figure.layout.xaxis3 if name == "panels" else figure.layout.xaxis
    assert bottom_axis.title.text


@pytest.mark.parametrize("name", FIGURES)
def test_each_run_has_one_legend_entry_its_color_and_its_label_as_typed(name):
    shown = [
        trace for trace in FIGURES[name]().data if trace.showlegend is not False and trace.legendgroup != "initial"
    ]
    assert [trace.name for trace in shown] == ["Std, seed 0", "Min-Max &lt;b&gt;mine&lt;/b&gt;"]
    colors = [trace.marker.color if name == "robustness" else trace.line.color for trace in shown]
    assert colors == [SHADES["std"][0], SHADES["min-max"][0]]


@pytest.mark.parametrize(
    "figure",
    [
        histogram_figure(counts_table().head(0), "First convolution"),
        history_figure(history_table().head(0), "loss", "Loss", "Loss"),
        history_figure(history_table().iloc[[1]], "robust_accuracy", "Robust accuracy", "Accuracy"),
        history_panels(history_table().head(0), "Runs", cursor=1),
        phase_figure(history_table().head(0)),
        robustness_figure(robustness_table().head(0)),
    ],
)
def test_nothing_to_draw_is_said(figure):
    assert figure.layout.annotations[-1].text == "Nothing recorded yet"


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="initial_count"):
        histogram_figure(counts_table().drop(columns="initial_count"), "First convolution")


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


@pytest.mark.parametrize(("count", "limit"), [(0, 5), (1, 5), (5, 5), (6, 5), (1000, 7), (10, 2)])
def test_thin_keeps_the_ends_and_spreads_evenly(count, limit):
    kept = thin(count, limit)
    assert len(kept) == min(count, limit)
    assert set(kept[:1]) | set(kept[-1:]) == ({0, count - 1} if count else set())
    assert not len(kept) > 1 or np.ptp(np.diff(kept)) <= 1


def test_panels_share_epochs_and_put_each_quantity_in_its_panel():
    figure = history_panels(history_table(), "How the runs develop", cursor=2)
    place = {trace.uid: (trace.xaxis, trace.yaxis) for trace in figure.data}
    assert place["r1-fuzziness"] == ("x", "y")
    assert place["r2_2b_-near_zero_count"] == ("x2", "y2")
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
    for quantity in ("fuzziness", "near_zero_count", "loss", "clean_accuracy", "robust_accuracy"):
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
        "r1-near_zero_count-band": "y2",
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


def test_robustness_puts_no_attack_first_and_shows_zero():
    figure = robustness_figure(robustness_table())
    assert list(figure.layout.xaxis.categoryarray) == ["No attack", "FGSM", "CW"]
    bars = dict(zip(figure.data[0].x, figure.data[0].y, strict=True))
    assert bars == {"No attack": 0.98, "FGSM": 0.8, "CW": 0}
    assert list(figure.data[0].text) == ["80", "98", "0"]


def test_robustness_draws_intervals():
    table = robustness_table().assign(low=lambda t: t.robust_accuracy - 0.01, high=lambda t: t.robust_accuracy + 0.02)
    bars = robustness_figure(table).data[1]
    np.testing.assert_allclose(bars.error_y.array, 0.02)
    np.testing.assert_allclose(bars.error_y.arrayminus, 0.01)
