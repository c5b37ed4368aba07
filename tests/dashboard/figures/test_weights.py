"""Density, stems and filters: what is drawn is what the table says, and stays legible and comparable."""

import re

import numpy as np
import pandas as pd
import pytest

from dashboard.figures.density import density_figure
from dashboard.figures.filters import filters_figure
from dashboard.figures.palette import SHADES, translucent
from dashboard.figures.weights import index_figure

RUNS = [("r1", "Std, seed 0", "std"), ("r2+", "Min-Max <b>mine</b>", "min-max")]
LABELS = ["Std, seed 0", "Min-Max &lt;b&gt;mine&lt;/b&gt;"]
EDGES = np.linspace(-1, 1, 5)
COUNTS = {"r1": [[0, 5, 5, 0], [1, 4, 4, 1], [3, 2, 2, 3]], "r2+": [[0, 5, 5, 0], [0, 9, 0, 1]]}


def who(run) -> dict:
    return dict(zip(("run_id", "label", "variant"), run, strict=True))


def density_table(runs=RUNS) -> pd.DataFrame:
    return pd.concat(
        pd.DataFrame(who(run) | {"epoch": 0.5 * index, "left": EDGES[:-1], "right": EDGES[1:], "count": counts})
        for run in runs
        for index, counts in enumerate(COUNTS.get(run[0], COUNTS["r1"]))
    )


def weight_table(n: int = 6, runs=RUNS) -> pd.DataFrame:
    tables = []
    for scale, run in enumerate(runs, start=1):
        weight = scale * np.random.default_rng(scale).normal(size=n)
        columns = {"index": np.arange(n), "weight": weight, "membership": 1 / (1 + np.abs(weight))}
        tables.append(pd.DataFrame(who(run) | columns))
    return pd.concat(tables)


def kernels(scale: float, shape=(3, 2, 4, 5)) -> np.ndarray:
    return scale * np.random.default_rng(7).normal(size=shape)


def kernel_table(runs=RUNS, shape=(3, 2, 4, 5)) -> pd.DataFrame:
    tables = []
    for scale, run in enumerate(runs, start=1):
        where = dict(zip(("output", "input", "row", "column"), np.indices(shape).reshape(4, -1), strict=True))
        tables.append(pd.DataFrame(who(run) | where | {"weight": kernels(scale, shape).ravel()}))
    return pd.concat(tables)


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
    assert figure.layout.annotations[-1].text == "Nothing recorded yet"
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


def test_density_is_the_logarithm_of_the_counts_and_empty_bins_are_transparent():
    figure = density_figure(density_table(), "First convolution")
    for heat, (run_id, *_) in zip(figure.data[:2], RUNS, strict=True):
        counts = np.array(COUNTS[run_id])
        assert np.array(heat.z).shape == (4, len(counts)), "weight upwards, epoch to the right"
        np.testing.assert_array_equal(heat.customdata, counts.T)
        np.testing.assert_array_equal(np.isnan(np.array(heat.z)), counts.T == 0)
        np.testing.assert_allclose(10 ** np.nan_to_num(heat.z, nan=-np.inf), counts.T, rtol=1e-6)
        assert list(heat.x) == [0.5 * index for index in range(len(counts))]
        assert list(heat.y) == [-0.75, -0.25, 0.25, 0.75]
        assert (heat.zmin, heat.zmax) == (0, pytest.approx(1)), "one scale for all"
        assert heat.hoverongaps is False
    assert figure.data[1].colorscale[1][1] == translucent(SHADES["min-max"][0], 1)
    opacity_of_one = float(figure.data[1].colorscale[0][1].rstrip(")").split(",")[-1])
    assert 0.3 < opacity_of_one < 0.7, "one weight is seen, and seen to be few"


def test_density_panels_share_their_axes_and_have_a_cursor_each():
    figure = density_figure(density_table(), "First convolution", cursor=0.5)
    assert figure.layout.xaxis2.matches == "x" and figure.layout.yaxis2.matches == "y"
    assert list(figure.layout.xaxis.range) == [-0.25, 1.25] and list(figure.layout.yaxis.range) == [-1, 1]
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1], "the first run on top"
    assert [(shape.x0, shape.xref) for shape in figure.layout.shapes] == [(0.5, "x"), (0.5, "x2")]
    assert not density_figure(density_table(), "First convolution").layout.shapes
    bar = figure.data[2].marker.colorbar
    assert list(bar.tickvals) == pytest.approx([0, np.log10(3)]) and list(bar.ticktext) == ["1", "3"]


def test_a_run_with_a_single_snapshot_has_a_density_too():
    figure = density_figure(density_table().query("run_id == 'r1' and epoch == 0"), "First convolution")
    assert list(figure.layout.xaxis.range) == [-0.5, 0.5]
    assert np.array(figure.data[0].customdata).ravel().tolist() == [0, 5, 5, 0]


@pytest.mark.parametrize("quantity", ["weight", "membership"])
def test_every_weight_is_a_stem_from_zero(quantity):
    table = weight_table()
    figure = index_figure(table, quantity, "First convolution")
    for stems, (run_id, *_) in zip(figure.data, RUNS, strict=True):
        values = table[table["run_id"] == run_id][quantity].to_numpy()
        x, y = np.array(stems.x).reshape(-1, 3), np.array(stems.y).reshape(-1, 3)
        assert (x == np.arange(6)[:, None]).all()
        assert (y[:, 0] == 0).all() and np.isnan(y[:, 2]).all()
        np.testing.assert_array_equal(y[:, 1], values)
        np.testing.assert_array_equal(stems.customdata, values.repeat(3))
        assert np.array(stems.marker.size).reshape(-1, 3).astype(bool).tolist() == [[False, True, False]] * 6
    assert figure.layout.yaxis2.matches == "y" and figure.layout.xaxis2.matches == "x"


def test_the_weight_axis_is_symmetric_and_holds_all_or_ends_where_told():
    table = weight_table()
    low, high = index_figure(table, "weight", "First convolution").layout.yaxis.range
    assert -low == high > table["weight"].abs().max()
    assert list(index_figure(table, "weight", "First convolution", reach=0.3).layout.yaxis.range) == [-0.3, 0.3]
    assert list(index_figure(table, "membership", "First convolution").layout.yaxis.range) == [0, 1.05]


def test_more_weights_than_can_be_told_apart_are_cut_and_the_title_says_so():
    figure = index_figure(weight_table(3001), "weight", "First convolution")
    assert figure.layout.title.text.endswith("the first 3,000 of 3,001")
    assert len(figure.data[0].x) == 9000 and max(figure.data[0].x) == 2999
    assert figure.data[0].mode == "lines"
    assert "3,000" not in index_figure(weight_table(3000), "weight", "First convolution").layout.title.text


def test_every_pixel_is_its_weight_and_tells_its_place():
    figure = filters_figure(kernel_table(), "First convolution")
    for scale, heat in enumerate(figure.data, start=1):
        image, places, weights = np.array(heat.z), np.array(heat.customdata), kernels(scale)
        assert image.shape == (2 * 4 + 1, 3 * 5 + 2), "two input channels downwards, three filters to the right"
        assert (~np.isnan(image)).sum() == weights.size
        np.testing.assert_allclose(image[5 + 2, 2 * 6 + 3], weights[2, 1, 2, 3], rtol=1e-6)
        for (y, x), value in np.ndenumerate(image):
            if not np.isnan(value):
                np.testing.assert_allclose(value, weights[tuple(places[y, x].astype(int) - 1)], rtol=1e-6)
        assert np.isnan(image[4]).all() and np.isnan(image[:, 5]).all()
    assert (figure.layout.yaxis2.scaleanchor, figure.layout.yaxis2.range[0]) == ("x2", 8.5), "square, first row on top"


def test_one_scale_for_all_filters_or_one_each_symmetric_around_zero():
    farthest = [np.abs(kernels(scale)).max() for scale in (1, 2)]
    shared = filters_figure(kernel_table(), "First convolution")
    scale = shared.layout.coloraxis
    assert (scale.cmin, scale.cmax) == (pytest.approx(-farthest[1]), pytest.approx(farthest[1]))
    assert {heat.coloraxis for heat in shared.data} == {"coloraxis"} and scale.colorbar.title.text == "Weight"
    own = filters_figure(kernel_table(), "First convolution", shared_scale=False)
    assert [heat.zmax for heat in own.data] == pytest.approx(farthest)
    assert [heat.zmin for heat in own.data] == pytest.approx([-one for one in farthest])
    assert len({heat.colorbar.x for heat in own.data}) == 2


def test_filters_of_many_channels_keep_their_numbers():
    figure = filters_figure(kernel_table(RUNS[:1], (300, 1, 1, 1)), "Last convolution")
    assert np.array(figure.data[0].customdata)[0, -1].tolist() == [300, 1, 1, 1]


def test_kernels_of_zeros_are_drawn():
    figure = filters_figure(kernel_table(RUNS[:1]).assign(weight=0.0), "First convolution")
    assert figure.layout.coloraxis.cmax > 0
    assert np.nansum(np.array(figure.data[0].z)) == 0
