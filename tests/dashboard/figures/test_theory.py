"""Charts of the penalty, its force and fuzziness show the computed values."""

import numpy as np
import pytest

from dashboard.figures.palette import translucent
from dashboard.figures.theory import INWARD, OUTWARD, fuzziness_figure, penalty_figure
from dashboard.frames.theory import (
    fuzziness_frame,
    penalty_frame,
)
from dashboard.theory.penalty import farthest_size
from engine.minmax.fuzziness import fuzziness, min_max_measure
from engine.minmax.objective import ObjectiveConfig


def rectangles(figure, color: str, axis: str = "x") -> list[tuple[float, float]]:
    return [
        (shape.x0, shape.x1)
        for shape in figure.layout.shapes
        if shape.type == "rect" and shape.xref == axis and shape.fillcolor == color
    ]


def lines(figure, axis: str = "x") -> list[float]:
    return [shape.x0 for shape in figure.layout.shapes if shape.type == "line" and shape.xref == axis]


def test_equal_strengths_draw_the_papers_measure():
    frame = penalty_frame(0.4, -0.4, 2.0)
    measure = 0.4 * min_max_measure(frame["size"].to_numpy().reshape(-1, 1))
    np.testing.assert_allclose(frame["penalty"], measure, atol=1e-15)
    np.testing.assert_allclose(frame["paper"], measure, atol=1e-15)


@pytest.mark.parametrize(("l1", "l2"), [(0.1, -0.1), (2.0, -0.5), (0.3, 0.0), (0.0, -1.0)])
def test_force_is_the_falling_slope_of_the_penalty(l1, l2):
    frame = penalty_frame(l1, l2, 2.0)
    slope = np.gradient(frame["penalty"].to_numpy(), frame["size"].to_numpy())[1:-1]
    np.testing.assert_allclose(frame["force"].to_numpy()[1:-1], -slope, atol=1e-10)
    assert frame["force"].iloc[0] == pytest.approx(-l1)


@pytest.mark.parametrize(
    ("l1", "l2", "inward", "outward"),
    [
        (0.1, -0.1, [(0.0, 0.5)], [(0.5, 1.3)]),
        (0.1, 0.0, [(0.0, 2.0)], []),
        (0.0, -0.1, [], [(0.0, 2.0)]),
        (0.0, 0.0, [], []),
    ],
)
def test_regions_end_at_the_tipping_point(l1, l2, inward, outward):
    tipping = ObjectiveConfig(l1_strength=l1, l2_strength=l2).tipping_point
    frame = penalty_frame(l1, l2, farthest_size(tipping))
    figure = penalty_figure(frame, "Penalty", tipping, 0.2)
    for axis in ("x", "x2"):
        assert rectangles(figure, translucent(INWARD, 0.1), axis) == [pytest.approx(span) for span in inward]
        assert rectangles(figure, translucent(OUTWARD, 0.1), axis) == [pytest.approx(span) for span in outward]
        assert lines(figure, axis) == ([pytest.approx(0.5), pytest.approx(1.0)] if l1 and l2 else [])
    arrows = [note for note in figure.layout.annotations if note.showarrow]
    assert [note.x < note.ax for note in arrows] == ([True, False] if l1 and l2 else [])
    low, high = figure.layout.yaxis.range
    assert low < high and high >= frame["penalty"].max()


def test_a_far_fall_does_not_flatten_the_hill():
    frame = penalty_frame(0.1, -0.1, 50.0)
    low, high = penalty_figure(frame, "Penalty", 0.5, 0.2).layout.yaxis.range
    assert frame["penalty"].min() < -100 and high == pytest.approx(1.15 * frame["penalty"].max())
    assert low == pytest.approx(-1.4 * frame["penalty"].max())


def test_a_size_and_its_reciprocal_are_equally_fuzzy():
    frame = fuzziness_frame(0.01, 100.0)
    np.testing.assert_allclose(frame["fuzziness"], frame["fuzziness"][::-1])
    np.testing.assert_allclose(frame["membership"], 1 / (1 + frame["size"]))
    assert frame["fuzziness"].max() == pytest.approx(np.log(2)) and frame["fuzziness"].idxmax() == len(frame) // 2
    figure = fuzziness_figure(frame, 0.2, 0.5)
    ends = next(trace for trace in figure.data if trace.uid == "equally-fuzzy")
    np.testing.assert_allclose(ends.y, fuzziness(np.array([[0.2], [5.0]])), atol=1e-4)
    assert list(ends.x) == [0.2, 5.0]
    assert sorted(lines(figure)) == [0.2, 0.5, 1.0, 5.0]
    assert 0.5 not in lines(fuzziness_figure(frame, 0.2, None))
