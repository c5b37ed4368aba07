"""Weights one by one, as kernels, over time and against a reference: the tables against numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.frames.comparison import comparison_frame
from dashboard.frames.histograms import bin_counts, histogram_edges, histogram_frame
from dashboard.frames.weights import MOMENTS_PER_RUN, density_frame, kernel_frame, weight_frame
from engine.queue.overview import RunOverview
from engine.runs.config import RunConfig
from engine.runs.model_config import ImportedConfig
from engine.runs.variants import variant_objective


def overview(config) -> RunOverview:
    return RunOverview(config.run_id, config, "finished", None, None, None)


RUNS = [
    overview(RunConfig(dataset="mnist")),
    overview(RunConfig(dataset="mnist", objective=variant_objective("min-max", 0.1, -0.1, "conv1"))),
    overview(ImportedConfig(dataset="mnist", name="Brought along", weights="0123abcd")),
]
STD, MINMAX, IMPORTED = (run.run_id for run in RUNS)
SNAPSHOTS = {STD: 6, MINMAX: 4, IMPORTED: 1}


@pytest.fixture
def weights() -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {run_id: random.normal(0, 0.2, (count, 150)).astype(np.float32) for run_id, count in SNAPSHOTS.items()}


@pytest.fixture
def records(weights) -> dict[str, list[dict]]:
    return {
        run_id: [
            {
                "epoch": 0.5 * index,
                "fuzziness": {"conv1": 0.4 / (index + 1), "conv2": 7.0},
                "near_zero": {"conv1": int((np.abs(row) < 0.01).sum()), "conv2": 7},
                "largest_weight": {"conv1": float(np.abs(row).max()), "conv2": 7.0},
                "clean_accuracy": 0.9 + 0.01 * index,
                "robust_accuracy": 0.5 + 0.01 * index if index % 2 == 0 else None,
            }
            for index, row in enumerate(rows)
        ]
        for run_id, rows in weights.items()
    }


@given(
    arrays(np.float32, (3, 11), elements=st.floats(-2, 2, width=32)),
    st.integers(1, 40),
    st.floats(0.015625, 3, width=32),
)
@settings(max_examples=60, deadline=None)
def test_bin_counts_are_those_of_numpy_once_far_weights_are_pulled_in(weights, bins, reach):
    edges = np.linspace(-reach, reach, bins + 1)
    counts = bin_counts(weights, edges)
    for row, found in zip(weights.astype(float), counts, strict=True):
        expected = [((row >= low) & (row < high)).sum() for low, high in zip(edges[:-1], edges[1:], strict=True)]
        expected[-1] += (row >= edges[-1]).sum()
        expected[0] += (row < edges[0]).sum()
        assert found.tolist() == expected


def test_a_single_snapshot_has_no_beginning(weights):
    edges = histogram_edges(list(weights.values()), 21)
    frame = histogram_frame(RUNS, weights, {STD: 5, IMPORTED: 0}, edges)
    imported = frame[frame["run_id"] == IMPORTED]
    assert imported["count"].sum() == 150
    assert imported["initial_count"].isna().all()
    assert frame[frame["run_id"] == STD]["initial_count"].sum() == 150


def test_one_far_weight_of_an_imported_run_does_not_squeeze_the_others():
    imported = np.append(np.zeros(149), 9.6)[None]
    trained = np.linspace(-0.2, 0.2, 150) * np.ones((5, 1))
    assert histogram_edges([imported, trained], 61, whole=False)[-1] == pytest.approx(1.05 * 0.2)
    assert histogram_edges([imported], 61, whole=False)[-1] == pytest.approx(1.05 * 0.1)
    assert histogram_edges([imported], 61)[-1] == pytest.approx(1.05 * 9.6)


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


def test_runs_are_measured_against_the_reference(weights, records):
    records[STD][5]["near_zero"]["conv1"], records[MINMAX][3]["near_zero"]["conv1"] = 7, 119
    frame = comparison_frame(RUNS, weights, records, {STD: 5, MINMAX: 3, IMPORTED: 0}, STD, "conv1").set_index("run_id")
    assert frame.loc[MINMAX, "near_zero_ratio"] == 17
    assert frame.loc[MINMAX, "fuzziness_reduction"] == pytest.approx((0.4 / 6) / (0.4 / 4))
    assert frame.loc[STD, ["near_zero_ratio", "fuzziness_reduction"]].tolist() == [1, 1]
    assert frame["weights"].tolist() == [150] * 3 and frame["epoch"].tolist() == [2.5, 1.5, 0]
    assert frame.loc[IMPORTED, "largest_weight"] == pytest.approx(np.abs(weights[IMPORTED]).max())
    assert frame["clean_accuracy"].tolist() == pytest.approx([0.95, 0.93, 0.9])
    assert frame["robust_accuracy"].tolist() == pytest.approx([0.54, 0.52, 0.5]), "the newest before, never one after"


def test_what_cannot_be_divided_is_no_number(weights, records):
    positions = {STD: 5, MINMAX: 3}
    records[STD][5]["near_zero"]["conv1"] = 0
    records[MINMAX][3]["fuzziness"]["conv1"] = 0.0
    frame = comparison_frame(RUNS, weights, records, positions, STD, "conv1")
    assert frame["near_zero_ratio"].isna().all() and frame["fuzziness_reduction"].isna().tolist() == [False, True]
    for quantity in ("clean_accuracy", "robust_accuracy"):
        records[MINMAX][0][quantity] = None
    frame = comparison_frame(RUNS, weights, records, {MINMAX: 0}, STD, "conv1")
    assert frame[["near_zero_ratio", "fuzziness_reduction", "clean_accuracy", "robust_accuracy"]].isna().all(axis=None)


def test_counts_of_layers_of_another_size_are_not_compared(weights, records):
    weights[MINMAX] = np.zeros((4, 450), np.float32)
    records[STD][5]["near_zero"]["conv1"] = 7
    frame = comparison_frame(RUNS, weights, records, {STD: 5, MINMAX: 3}, STD, "conv1")
    assert frame["weights"].tolist() == [150, 450]
    assert frame["near_zero_ratio"].isna().tolist() == [False, True]
    assert frame["fuzziness_reduction"].notna().all()


@pytest.mark.parametrize("frame", ["weight", "kernel", "density", "comparison"])
def test_no_moment_is_an_empty_table(frame, weights, records):
    empty = {
        "weight": lambda: weight_frame(RUNS, weights, {}),
        "kernel": lambda: kernel_frame(RUNS, weights, {}, "conv1"),
        "density": lambda: density_frame([], {}, {}, np.linspace(-1, 1, 3)),
        "comparison": lambda: comparison_frame(RUNS, weights, records, {}, STD, "conv1"),
    }[frame]()
    assert len(empty) == 0 and {"run_id", "label", "variant"} < set(empty.columns)
