"""A whole training at one glance shows the counts of every epoch."""

import numpy as np
import pytest

from dashboard.figures.density import density_figure
from dashboard.figures.palette import SHADES, translucent
from tests.dashboard.weight_tables import (
    COUNTS,
    RUNS,
    density_table,
)


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
