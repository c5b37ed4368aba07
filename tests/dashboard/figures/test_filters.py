"""Filters as images show every weight at its place."""

import numpy as np
import pytest

from dashboard.figures.filters import filters_figure
from tests.dashboard.weight_tables import RUNS, kernel_table, kernels


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
