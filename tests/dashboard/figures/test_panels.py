"""Figures with a panel per run."""

import re

import pytest

from dashboard.figures.density import density_figure
from dashboard.figures.filters import filters_figure
from dashboard.figures.weights import index_figure
from tests.dashboard.weight_tables import (
    LABELS,
    density_table,
    kernel_table,
    weight_table,
)

FIGURES = {
    "density": (density_table, lambda table: density_figure(table, "First <convolution>", cursor=0.5)),
    "weight": (weight_table, lambda table: index_figure(table, "weight", "First <convolution>")),
    "membership": (weight_table, lambda table: index_figure(table, "membership", "First <convolution>")),
    "filters": (kernel_table, lambda table: filters_figure(table, "First <convolution>")),
    "own filters": (kernel_table, lambda table: filters_figure(table, "First <convolution>", shared_scale=False)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_run_has_its_panel_under_its_label_as_typed(name):
    table, draw = FIGURES[name]
    figure = draw(table())
    layout = figure.to_dict()["layout"]
    assert [note.text for note in figure.layout.annotations] == LABELS
    drawn = [trace for trace in figure.data if trace.uid != "count-scale"]
    assert [(trace.xaxis, trace.yaxis) for trace in drawn] == [("x", "y"), ("x2", "y2")]
    assert figure.layout.title.text.startswith("First &lt;convolution&gt;: ")
    assert all(re.fullmatch(r"[\w-]+", trace.uid, re.ASCII) for trace in figure.data)
    assert [trace.uid for trace in figure.data] == [trace.uid for trace in draw(table()).data]
    assert not {"paper_bgcolor", "plot_bgcolor", "font"} & layout.keys()
    for note, axis in zip(figure.layout.annotations, ("yaxis", "yaxis2"), strict=True):
        assert note.y == pytest.approx(figure.layout[axis].domain[1])


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_to_draw_is_said(name):
    table, draw = FIGURES[name]
    figure = draw(table().head(0))
    assert figure.layout.annotations[-1].text == "No data recorded yet"
    assert figure.layout.xaxis.visible is False


@pytest.mark.parametrize("name", FIGURES)
def test_runs_beyond_the_eighth_are_named_as_left_out(name):
    many = [(f"r{index}", f"Run {index}", "std") for index in range(9)]
    table, draw = FIGURES[name]
    figure = draw(table(runs=many))
    assert figure.layout.title.text.endswith("(the first 8 of 9 runs)")
    assert len([trace for trace in figure.data if trace.uid != "count-scale"]) == 8
    assert "(the first" not in draw(table(runs=many[:8])).layout.title.text


@pytest.mark.parametrize("name", FIGURES)
def test_a_missing_column_is_named(name):
    table, draw = FIGURES[name]
    column = {"density": "right", "weight": "weight", "membership": "membership"}.get(name, "row")
    with pytest.raises(ValueError, match=column):
        draw(table().drop(columns=column))
