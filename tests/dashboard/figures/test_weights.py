"""Every weight is a stem over its index."""

import numpy as np
import pytest

from dashboard.figures.weights import index_figure
from tests.dashboard.weight_tables import RUNS, weight_table


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
