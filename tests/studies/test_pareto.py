"""The Pareto front against its definition, point by point."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.studies.pareto import pareto_front

FIGURE = st.sampled_from([0.0, 0.25, 0.5, 1.0, math.nan, math.inf, -math.inf]) | st.floats(-1, 1)


@given(st.lists(st.tuples(FIGURE, FIGURE), max_size=12))
def test_nobody_on_the_front_is_beaten_and_all_others_are(points):
    def beats(one, other):
        return one[0] >= other[0] and one[1] >= other[1] and one != other

    expected = [
        not any(map(math.isnan, point)) and not any(beats(other, point) for other in points) for point in points
    ]
    first, second = np.array(points, float).reshape(-1, 2).T
    assert pareto_front(first, second).tolist() == expected


def test_equal_points_share_the_front():
    assert pareto_front(np.array([1.0, 1.0, 0.0]), np.array([0.0, 0.0, 0.0])).tolist() == [True, True, False]


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"\(2,\) and \(3,\)"):
        pareto_front(np.zeros(2), np.zeros(3))
