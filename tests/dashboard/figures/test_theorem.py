"""The charts of Theorem 1 show the simulation."""

import numpy as np
import pytest

from dashboard.figures.theorem import failing_spans, highest, theorem_figure
from dashboard.figures.theory import fuzziness_figure, penalty_figure
from dashboard.frames.theory import (
    fuzziness_frame,
    penalty_frame,
    theorem_frame,
)
from engine.minmax.gradients import exact_bernoulli, simulate
from engine.minmax.theorem import UNIFORM, bernoulli, expected_gradient
from tests.dashboard.theorem_tables import P1, theorem_table


def lines(figure, axis: str = "x") -> list[float]:
    return [shape.x0 for shape in figure.layout.shapes if shape.type == "line" and shape.xref == axis]


def test_every_curve_is_its_column():
    for frame, figure in (
        (shape := penalty_frame(0.3, -0.2, 2.0), penalty_figure(shape, "Penalty", 0.75, 0.2)),
        (curve := fuzziness_frame(0.01, 100.0), fuzziness_figure(curve, 0.2, 0.5)),
    ):
        drawn = {trace.uid: trace for trace in figure.data if trace.uid in frame.columns}
        assert set(drawn) == set(frame.columns) - {"size"}
        for quantity, trace in drawn.items():
            np.testing.assert_array_equal(trace.x, frame["size"])
            np.testing.assert_array_equal(trace.y, frame[quantity])


def test_the_background_is_red_where_it_fails():
    assert failing_spans(theorem_table()) == [pytest.approx((0.35, 0.875))]
    assert failing_spans(theorem_table([0.1] * 6)) == [(0.01, 0.95)]
    assert failing_spans(theorem_table([-0.1] * 6)) == []
    assert failing_spans(theorem_table([0.1, -0.1, 0.1, 0.1, -0.1, 0.1])) == [
        pytest.approx((0.01, 0.03)),
        pytest.approx((0.125, 0.65)),
        pytest.approx((0.875, 0.95)),
    ]


def test_the_figure_draws_what_was_simulated():
    inputs = np.array([1.0, 0.5, 2.0])
    found, exact = simulate(inputs, 4, P1, 300, 0).expectation, exact_bernoulli(inputs, 4, P1)[0]
    small = (expected_gradient(UNIFORM, 4, inputs), expected_gradient(bernoulli(P1), 4, inputs))
    frame = theorem_frame(P1, found, small, (None, exact))
    figure = theorem_figure(frame, "Title", "|E g|", (0.1, 0.9), cursor=0.2, expansion_name="first order")
    traces = {trace.uid: trace for trace in figure.data}
    np.testing.assert_array_equal(traces["bernoulli"].y, found.bernoulli.mean)
    np.testing.assert_array_equal(traces["uniform"].y, np.full(6, found.uniform.mean))
    np.testing.assert_array_equal(traces["bernoulli-exact"].y, exact)
    np.testing.assert_allclose(traces["bernoulli-high"].y, found.bernoulli.mean + 1.96 * found.bernoulli.error)
    np.testing.assert_allclose(traces["uniform-low"].y, found.uniform.mean - 1.96 * found.uniform.error)
    np.testing.assert_array_equal(traces["bernoulli-expansion"].y, small[1])
    assert "uniform-exact" not in traces
    assert (traces["cursor"].x, traces["cursor"].y) == ([0.2], [found.bernoulli.mean[2]])
    assert lines(figure) == [0.1, 0.9] and [note.text for note in figure.layout.annotations] == ["0.100", "0.900"]
    assert not {"paper_bgcolor", "plot_bgcolor", "font"} & figure.to_dict()["layout"].keys()


def test_a_bad_expansion_does_not_flatten_the_estimates():
    frame = theorem_table()
    estimates = frame["bernoulli_high"].max()
    assert highest(frame) == pytest.approx(1.05 * estimates)
    assert highest(frame.assign(bernoulli_expansion=1.5 * estimates)) == pytest.approx(1.05 * 1.5 * estimates)
    assert highest(frame.assign(bernoulli_expansion=99.0)) == pytest.approx(1.05 * 2 * estimates)
