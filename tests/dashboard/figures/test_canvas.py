"""All figures look alike: zoom, legend, colors and labels."""

import re

import pytest

from dashboard.figures.histograms import histogram_figure
from dashboard.figures.histories import history_figure, history_panels, phase_figure
from dashboard.figures.palette import SHADES
from dashboard.figures.robustness import robustness_figure
from tests.dashboard.drawn_tables import counts_table, history_table, robustness_table

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
    assert figure.layout.annotations[-1].text == "No data recorded yet"


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="initial_count"):
        histogram_figure(counts_table().drop(columns="initial_count"), "First convolution")
