"""Weights one by one, as kernels and over time: the tables against numpy."""

import numpy as np
import pytest

from dashboard.frames.comparison import comparison_frame
from dashboard.frames.weights import MOMENTS_PER_RUN, density_frame, kernel_frame, weight_frame
from tests.dashboard.weight_runs import IMPORTED, MINMAX, RUNS, SNAPSHOTS, STD


def test_weights_are_in_the_layers_order(weights):
    frame = weight_frame(RUNS, weights, {STD: 2, IMPORTED: 0})
    assert list(frame["run_id"].unique()) == [STD, IMPORTED]
    rows = frame[frame["run_id"] == STD]
    assert rows["index"].tolist() == list(range(150))
    np.testing.assert_array_equal(rows["weight"], weights[STD][2])
    np.testing.assert_allclose(rows["membership"], 1 / (1 + np.abs(weights[STD][2].astype(float))))


@pytest.mark.parametrize(
    ("layer", "shape"), [("conv1", (6, 1, 5, 5)), ("conv1", (6, 3, 5, 5)), ("conv2", (16, 6, 5, 5))]
)
def test_every_weight_has_its_place_in_its_kernel(layer, shape):
    kernels = np.random.default_rng(1).normal(size=shape)
    frame = kernel_frame(RUNS[:1], {STD: kernels.reshape(1, -1)}, {STD: 0}, layer)
    assert len(frame) == kernels.size == len(frame[["output", "input", "row", "column"]].drop_duplicates())
    for place in frame.sample(40, random_state=0).itertuples():
        assert place.weight == kernels[place.output, place.input, place.row, place.column]


def test_density_counts_every_weight_of_every_snapshot(weights, records):
    edges = np.linspace(-0.3, 0.3, 13)
    frame = density_frame(RUNS, weights, records, edges)
    assert len(frame) == sum(SNAPSHOTS.values()) * 12
    sums = frame.groupby(["run_id", "epoch"])["count"].sum()
    assert set(sums) == {150} and len(sums) == sum(SNAPSHOTS.values())
    rows = frame[(frame["run_id"] == MINMAX) & (frame["epoch"] == 1.0)]
    assert rows["left"].tolist() == edges[:-1].tolist() and rows["right"].tolist() == edges[1:].tolist()
    assert rows["count"].tolist() == np.histogram(weights[MINMAX][2].astype(float).clip(-0.3, 0.3), edges)[0].tolist()


def test_density_of_a_long_run_is_thinned_and_keeps_its_ends():
    values = np.arange(1000.0)[:, None] * np.ones((1, 4))
    records = {STD: [{"epoch": index / 10} for index in range(1000)]}
    frame = density_frame(RUNS[:1], {STD: values}, records, np.linspace(0, 1000, 1001))
    epochs = frame["epoch"].unique()
    assert len(epochs) == MOMENTS_PER_RUN
    assert (epochs[0], epochs[-1]) == (0, 99.9)
    assert np.ptp(np.diff(epochs)) < 0.15
    filled = frame[frame["count"] > 0]
    np.testing.assert_allclose(filled["left"], 10 * filled["epoch"])


def test_a_run_without_a_snapshot_has_no_density(weights, records):
    weights[STD] = weights[STD][:0]
    assert STD not in set(density_frame(RUNS, weights, records, np.linspace(-1, 1, 5))["run_id"])


@pytest.mark.parametrize("frame", ["weight", "kernel", "density", "comparison"])
def test_no_moment_is_an_empty_table(frame, weights, records):
    empty = {
        "weight": lambda: weight_frame(RUNS, weights, {}),
        "kernel": lambda: kernel_frame(RUNS, weights, {}, "conv1"),
        "density": lambda: density_frame([], {}, {}, np.linspace(-1, 1, 3)),
        "comparison": lambda: comparison_frame(RUNS, weights, records, {}, STD, "conv1"),
    }[frame]()
    assert len(empty) == 0 and {"run_id", "label", "variant"} < set(empty.columns)
