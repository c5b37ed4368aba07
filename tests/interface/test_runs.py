"""Run, load_run and list_runs: the runs of the store, as the dashboard shows them."""

import numpy as np
import pandas as pd
import pytest
import torch

import engine
from engine.documents import read_json, write_json
from engine.errors import InputError
from engine.queue.overview import read_overview
from engine.runs.load_network import build_trained
from engine.runs.records import read_conv_weights, read_metrics
from engine.runs.run_files import load_weights
from tests.interface.conftest import SHORT


@pytest.fixture
def run(laboratory):
    return engine.train(**{**SHORT, "probe_samples": 8})


def test_history_is_a_table_of_the_records(run, laboratory):
    records = read_metrics(laboratory.root / run.run_id)
    frame = pd.DataFrame(run.history)
    assert list(frame["snapshot"]) == [0, 1, 2, 3, 4] and list(frame["epoch"]) == [0.0, 0.6, 1.0, 1.6, 2.0]
    assert list(frame["conv1_fuzziness"]) == [record["fuzziness"]["conv1"] for record in records]
    assert list(frame["conv2_near_zero"]) == [record["near_zero"]["conv2"] for record in records]
    probed = [record["robust_accuracy"] for record in records]
    assert [row["probed_robust_accuracy"] for row in run.history] == probed and None in probed
    assert all(np.isscalar(value) or value is None for row in run.history for value in row.values())
    assert "robust_accuracy" not in frame, "which is the worst case over attacks, never the probe"


def test_weights_are_the_recorded_ones(run, laboratory):
    weights = run.weights("conv1")
    assert weights.shape == (5, 150) and weights.dtype == np.float32
    np.testing.assert_array_equal(weights, read_conv_weights(laboratory.root / run.run_id, "conv1"))
    assert run.weights("conv2").shape == (5, 2400)
    np.testing.assert_array_equal(weights[-1], run.network().conv1.weight.detach().numpy().ravel())
    np.testing.assert_allclose(engine.fuzziness(weights), [row["conv1_fuzziness"] for row in run.history])
    with pytest.raises(InputError, match="conv1, conv2.*fc1"):
        run.weights("fc1")


def test_network_takes_pixels(run, laboratory, few_images):
    network = run.network()
    assert isinstance(network, torch.nn.Module) and not network.training
    with np.load(few_images / "mnist-mini.npz") as arrays:
        images = torch.from_numpy(arrays["x_test"][:, None]).float() / 255.0
        labels = torch.from_numpy(arrays["y_test"].astype(np.int64))
    logits = network(images)
    assert logits.shape == (100, 10)
    assert float((logits.argmax(1) == labels).double().mean()) == pytest.approx(run.clean_accuracy)
    reference = build_trained(run.config, load_weights(laboratory.root / run.run_id))
    assert torch.equal(logits, reference(images))


def test_attributes_are_those_of_the_overview(run, laboratory):
    overview = read_overview(laboratory.store, run.run_id, laboratory.queue.job(run.run_id))
    assert (run.status, run.config, run.error) == (overview.status, overview.config, overview.error)
    assert run.summary == overview.document() and run.clean_accuracy == overview.result["clean_accuracy"]
    assert (run.dataset, run.variant, run.label) == ("mnist-mini", "min-max", "Min-Max λ 0.1 μ 0.1 · seed 0")
    assert run.reports == {}


def test_its_text_says_what_it_is(run, laboratory):
    accuracy = f"{100 * run.clean_accuracy:.1f} %"
    assert repr(run) == f"<Run {run.run_id}, {run.label}, finished, clean accuracy {accuracy}>"
    laboratory.store.delete(run.run_id)
    assert repr(run) == f"<Run {run.run_id}, not in {laboratory.root}>"


def test_runs_are_equal_when_they_are_the_same_run(run, tmp_path):
    assert engine.load_run(run.run_id) == run and len({run, engine.load_run(run.run_id)}) == 1
    assert engine.load_run(run.run_id, data=tmp_path) == run, "wherever its images are"
    assert engine.train(store=tmp_path / "other", **{**SHORT, "probe_samples": 8}) != run


def test_an_unknown_run_is_refused(laboratory):
    for run_id in ("nothing-here", "../elsewhere", ""):
        with pytest.raises(InputError, match="id of a run"):
            engine.load_run(run_id)


def test_own_runs_stand_before_the_recorded_ones(run):
    first, *others = engine.list_runs()
    assert first == run and len(others) > 50 and {other.dataset for other in others} == {"mnist", "cifar10"}


def test_filters(run):
    assert engine.list_runs(dataset="mnist-mini") == [run]
    assert engine.list_runs(dataset="mnist-mini", variant="std") == []
    assert engine.list_runs(variant="min-max", status="finished", dataset="mnist-mini") == [run]
    assert {found.variant for found in engine.list_runs(variant="adv")} == {"adv"}


@pytest.mark.parametrize(("name", "value"), [("dataset", "mnist-maxi"), ("variant", "minmax"), ("status", "done")])
def test_an_unknown_filter_is_refused(laboratory, name, value):
    with pytest.raises(InputError, match=f"one of.*'{value}'"):
        engine.list_runs(**{name: value})


def test_a_run_that_cannot_be_read_is_left_out_with_a_warning(run, laboratory):
    path = laboratory.root / run.run_id / "config.json"
    write_json(path, (read_json(path) or {}) | {"format": 99})
    with pytest.warns(UserWarning, match="format 99"):
        assert engine.list_runs(dataset="mnist-mini") == []


def test_recorded_runs_can_be_read_without_their_images(laboratory):
    run = next(found for found in engine.list_runs(dataset="mnist") if found.reports)
    assert run.status == "finished" and run.weights("conv1").shape == (len(run.history), 150)
    assert not laboratory.root.exists()


def test_a_recorded_run_without_weights_says_so(laboratory):
    run = engine.load_run("mnist-min-max-0ce0fbf48b")
    with pytest.raises(InputError, match="recorded without them"):
        run.network()
