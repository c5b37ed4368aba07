"""Tables and figures of the theory page: what is drawn is what was computed, and marks stand where they should."""

import json
import re

import numpy as np
import pytest

from dashboard.figures.palette import translucent
from dashboard.figures.paths import path_figure
from dashboard.figures.theorem import failing_spans, highest, theorem_figure
from dashboard.figures.theory import INWARD, OUTWARD, fuzziness_figure, penalty_figure
from dashboard.frames.theory import (
    fate_frame,
    fuzziness_frame,
    path_frame,
    penalty_frame,
    starting_sizes,
    theorem_frame,
    weight_paths,
)
from dashboard.theory.penalty import LARGEST_START, farthest_size, fuzziness_words
from engine.minmax.fuzziness import fuzziness, min_max_measure
from engine.minmax.gradients import Comparison, Estimate, exact_bernoulli, simulate
from engine.minmax.objective import ObjectiveConfig
from engine.minmax.theorem import UNIFORM, bernoulli, expected_gradient

P1 = np.array([0.01, 0.05, 0.2, 0.5, 0.8, 0.95])


def estimate(mean, error) -> Estimate:
    return Estimate(np.asarray(mean, float), np.asarray(error, float))


def comparison(differences, error=0.01) -> Comparison:
    """Model a at 0.3, model b above it by `differences`."""
    shape = np.full(len(differences), error)
    return Comparison(estimate(0.3, error), estimate(0.3 + np.array(differences), shape), estimate(differences, shape))


def theorem_table(differences=(-0.2, -0.1, 0.01, 0.2, 0.3, -0.1)):
    return theorem_frame(P1, comparison(differences), (0.25, 0.4 + 0 * P1), (None, None))


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


def test_the_start_is_that_of_the_network():
    from engine.data.catalog import dataset_spec
    from engine.models.architectures import build_model

    spec = dataset_spec("mnist")
    weights = build_model("lenet", 0, spec.shape, 10, spec.mean, spec.std).conv1.weight.detach().numpy()
    assert 0.95 * LARGEST_START < np.abs(weights).max() <= LARGEST_START
    words = fuzziness_words(LARGEST_START)
    assert "0.451 nats" in words and "0.693" in words and "beyond |w| = 5" in words


@pytest.mark.parametrize("tipping", [None, 0.0, 0.05, 0.25, 0.5, 1.0, 2.5])
def test_starts_lie_on_both_sides_and_hold_the_largest_of_the_network_once(tipping):
    starts = starting_sizes(tipping, 0.2)
    assert (np.diff(starts) > 1e-6).all() and (starts > 0).all()
    assert (starts == 0.2).sum() == 1
    if tipping:
        assert starts.min() < tipping < starts.max()


@pytest.mark.parametrize("with_adam", [True, False])
def test_paths_are_drawn_until_the_limit_and_colored_by_their_side(with_adam):
    starts = starting_sizes(0.5, 0.2)
    paths = weight_paths(starts, 2_000, 0.05, 0.1, -0.1, with_adam)
    frame = path_frame(paths, 20.0)
    assert frame["size"].max() <= 20.0 < paths.max()
    assert set(frame["start"]) == set(starts)
    row = frame[frame["start"] == 0.2].iloc[3]
    assert row["size"] == paths[int(row["step"]), list(starts).index(0.2)]
    figure = path_figure(frame, "Paths", "Step", 0.5, 0.2)
    colors = {trace.y[0]: trace.line.color for trace in figure.data}
    assert colors == {start: OUTWARD if start > 0.5 else INWARD for start in starts}
    assert [trace.y[0] for trace in figure.data if trace.line.width == 4] == [0.2]
    assert len({trace.uid for trace in figure.data}) == len(starts)
    assert all(re.fullmatch(r"[\w-]+", trace.uid, re.ASCII) for trace in figure.data)


def test_fates_say_when_a_weight_arrives():
    starts = starting_sizes(0.5, 0.2)
    for with_adam in (True, False):
        paths = weight_paths(starts, 6_000, 1e-3, 0.1, -0.1, with_adam)
        fates = fate_frame(paths, 1e-3, 0.1, -0.1, with_adam)
        assert (fates["arrival"].isna() == (starts > 0.5)).all()
        assert (fates["force"] > 0).eq(starts > 0.5).all()
        for place, arrival in enumerate(fates["arrival"]):
            if arrival <= 6_000:
                assert paths[int(arrival), place] <= (1e-3 if with_adam else 1e-12)
                assert paths[int(arrival) - 1, place] > (1e-3 if with_adam else 0.0)
        inner = starts == 0.2
        assert (fates["fuzziness_end"][inner] < fates["fuzziness_start"][inner]).all()
        assert fates["fuzziness_start"][inner].item() == pytest.approx(fuzziness(np.array([0.2])))


def test_endless_growth_can_still_be_tabled_and_drawn():
    starts = starting_sizes(0.0, 0.2)
    paths = weight_paths(starts, 10_000, 0.1, 0.0, -10.0, False)
    assert np.isinf(paths).any()
    assert np.isfinite(fate_frame(paths, 0.1, 0.0, -10.0, False)["fuzziness_end"]).all()
    json.dumps(
        path_figure(path_frame(paths, 100.0), "Paths", "Step", 0.0, 0.2).to_plotly_json(), default=list, allow_nan=False
    )


def test_a_verdict_needs_more_than_noise():
    frame = theorem_table()
    assert list(frame["verdict"]) == ["holds", "holds", "within noise", "fails", "fails", "holds"]
    assert list(frame["predicted"]) == ["holds", "holds", "fails", "fails", "fails", "holds"]
    assert list(theorem_frame(P1, comparison([0.0] * 6), (0, 0), (None, None))["verdict"]) == ["within noise"] * 6
    assert frame["bernoulli_high"].iloc[0] - frame["bernoulli_low"].iloc[0] == pytest.approx(2 * 1.96 * 0.01)
    assert frame["uniform_exact"].isna().all()


def test_exact_values_decide_where_both_are_known():
    found, small = comparison([0.001] * 6), (0.0, 0.0)
    exact = np.array([0.1, 0.3, 0.31, 0.4, 0.2, 0.1])
    known = theorem_frame(P1, found, small, (0.3, exact))
    assert list(known["verdict"]) == ["holds", "holds", "fails", "fails", "holds", "holds"]
    assert set(theorem_frame(P1, found, small, (None, exact))["verdict"]) == {"within noise"}


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
