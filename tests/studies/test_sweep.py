"""A sweep as a request: its grid, its limits, its command line, its file."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.attacks.catalog import ATTACKS
from engine.attacks.threat import ThreatModel
from engine.command_line import sweep
from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig
from engine.runs.config import ProbeConfig
from engine.runs.run_settings import MOST_RUNS
from engine.studies.sweep import SweepRequest, spaced
from engine.studies.sweep_files import FOLDER, forget_sweep, read_sweeps, save_sweep
from engine.training.schedule import TrainingConfig
from engine.validation import validated
from tests.runs.test_launch import NETWORKS, THREATS, parsed

REQUESTS = st.builds(
    lambda network, **rest: SweepRequest(**network, **rest),
    network=st.sampled_from(NETWORKS),
    l1_strengths=st.lists(st.floats(0, 10), min_size=1, max_size=4).map(tuple),
    mus=st.lists(st.floats(-10, 10), min_size=1, max_size=4).map(tuple),
    seeds=st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=3).map(tuple),
    attacks=st.lists(st.sampled_from(list(ATTACKS)), unique=True, max_size=3).map(tuple),
    samples=st.integers(1, 10_000),
    scope=st.sampled_from(["conv1", "all"]),
    training=st.builds(TrainingConfig, epochs=st.integers(1, 500), snapshots_per_epoch=st.integers(1, 50)),
    probe=st.builds(ProbeConfig, samples=st.integers(0, 1024)),
    threat=st.none() | THREATS,
)


@given(REQUESTS)
@settings(max_examples=60, deadline=None)
def test_the_command_asks_for_the_same_sweep(request):
    again = sweep.build_request(parsed(request.command(), sweep))
    assert again == request and again.sweep_id == request.sweep_id
    assert again.study.configs == request.study.configs and again.evaluation == request.evaluation


def test_the_defaults_are_the_same_everywhere():
    assert sweep.build_request(parsed("python -m engine sweep", sweep)) == SweepRequest()
    assert SweepRequest(l1_strengths=(0, 0.1), mus=(0.1,)).command() == (
        "python -m engine sweep --dataset mnist-mini --l1 0.0 0.1 --mu 0.1 --seed 0 --attacks fgsm pgd --samples 500"
        " --epochs 10"
    )


def test_every_strength_with_every_other_for_every_seed():
    request = SweepRequest(l1_strengths=(0.1, 0), mus=(-0.2, 0, 0.3, 0.3), seeds=(4, 2), scope="all")
    found = [(config.seed, config.objective.l1_strength, config.objective.l2_strength) for config in request.configs()]
    assert found == [(seed, l1, l2) for seed in (2, 4) for l1 in (0, 0.1) for l2 in (0.2, 0, -0.3)]
    assert {config.objective.scope for config in request.configs()} == {"all"}
    assert [config.variant for config in request.configs()[:3]] == ["std+l2", "std", "custom"]
    assert [config.variant for config in request.configs()[3:6]] == ["custom", "std+l1", "min-max"]


def test_the_evaluation_is_in_the_runs_threat():
    request = SweepRequest(dataset="cifar10", attacks=("paper",), samples=33)
    assert request.evaluation is not None and request.evaluation.threat == request.configs()[0].threat
    assert request.evaluation.threat.epsilon == 0.03 and request.evaluation.samples == 33
    assert SweepRequest(attacks=()).evaluation is None
    threat = ThreatModel(epsilon=0.1, unit="pixel")
    evaluation = SweepRequest(threat=threat).evaluation
    assert evaluation is not None and evaluation.threat == threat


def test_most_runs():
    values = tuple(float(value) for value in range(8))
    most = SweepRequest(l1_strengths=values, mus=values, seeds=tuple(range(MOST_RUNS // 64)))
    assert len(most.configs()) == MOST_RUNS
    more = most.model_copy(update={"seeds": tuple(range(MOST_RUNS // 64 + 1))})
    with pytest.raises(InputError, match=f"{MOST_RUNS} runs.*{MOST_RUNS + 64}"):
        more.configs()


@pytest.mark.parametrize(
    "bad",
    [
        {"l1_strengths": ()},
        {"mus": ()},
        {"seeds": ()},
        {"seeds": (-1,)},
        {"l1_strengths": (-0.1,)},
        {"l1_strengths": (float("nan"),)},
        {"mus": (10.1,)},
        {"mus": (float("-inf"),)},
        {"attacks": ("fsgm",)},
        {"samples": 0},
        {"scope": "conv2"},
        {"dataset": "nmist"},
        {"spacing": "linear"},
    ],
    ids=str,
)
def test_limits(bad):
    with pytest.raises(InputError) as caught:
        validated(SweepRequest, **bad).study  # noqa: B018
    assert str(caught.value).startswith("Expected ") and "\n" not in str(caught.value)


@given(st.floats(1e-4, 5), st.floats(1, 1000), st.integers(1, 40), st.sampled_from(["logarithmic", "linear"]))
def test_spaced_values_ascend_from_low_to_high(low, factor, count, spacing):
    high = low * factor
    found = np.array(spaced(low, high, count, spacing))
    assert 1 <= len(found) <= count and (np.diff(found) > 0).all()
    assert found[0] == pytest.approx(low, rel=1e-3)
    assert count == 1 or found[-1] == pytest.approx(high, rel=1e-3)
    if len(found) == count > 2 and factor > 2:
        steps = np.diff(np.log(found)) if spacing == "logarithmic" else np.diff(found)
        assert np.ptp(steps) < 0.02 + (0 if spacing == "logarithmic" else 0.002 * high)


def test_spacing():
    assert spaced(0.01, 1, 3, "logarithmic") == (0.01, 0.1, 1)
    assert spaced(0, 1, 5, "linear") == (0, 0.25, 0.5, 0.75, 1)
    assert spaced(-0.3, -0.1, 3, "linear") == (-0.3, -0.2, -0.1)
    assert spaced(0.1, 0.1, 4, "linear") == (0.1,)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ((0, 1, 3, "logarithmic"), "above 0"),
        ((-1, 1, 3, "logarithmic"), "above 0"),
        ((1, 0.5, 3, "linear"), "got 1 to 0.5"),
        ((0, 1, 0, "linear"), "1 to 256 values"),
        ((0, 1, 10**12, "linear"), "1 to 256 values"),
        ((float("nan"), 1, 3, "linear"), "nan to 1"),
        ((1, float("inf"), 3, "logarithmic"), "1 to inf"),
    ],
)
def test_what_cannot_be_spaced(bad, words):
    with pytest.raises(InputError, match=words):
        spaced(*bad)


def test_words():
    request = SweepRequest(dataset="mnist", l1_strengths=(0.1,), mus=(0, 0.1), seeds=(0, 1))
    assert request.label == "1 λ × 2 μ × 2 seeds, first convolution, 10 epochs"
    assert request.sweep_id.startswith("mnist-sweep-") and request.sweep_id != SweepRequest(dataset="mnist").sweep_id


def test_sweeps_are_kept_newest_first_and_forgotten(store):
    first, second = SweepRequest(), SweepRequest(mus=(0.5,), attacks=())
    for request in (first, second, first):
        save_sweep(store, request)
        path = store.root / FOLDER / f"{request.sweep_id}.json"
        assert json.loads(path.read_text())["format"] == 1
    (path.parent / "a copy.json").write_bytes(path.read_bytes())
    assert read_sweeps(store) == [first, second]
    forget_sweep(store, first)
    forget_sweep(store, first)
    assert read_sweeps(store) == [second]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"format": 2, "request": {}}',
        '{"format": 1, "request": []}',
        '{"format": 1, "request": {"speed": 3}}',
        '{"format": 1, "request": {"l1_strengths": [-1]}}',
        '{"format": 1, "request": {"attacks": ["fsgm"]}}',
    ],
)
def test_damaged_files_are_passed_over(store, text):
    save_sweep(store, SweepRequest())
    (store.root / FOLDER / "other.json").write_text(text)
    assert read_sweeps(store) == [SweepRequest()]


def test_a_store_without_sweeps(store):
    assert read_sweeps(store) == []


def test_strengths_are_numbers_and_ranges():
    assert sweep.strengths(["0", "0.01..1/3", "5"], "logarithmic") == (0, 0.01, 0.1, 1, 5)
    assert sweep.strengths(["-0.2..0.2/3"], "linear") == (-0.2, 0, 0.2)
    assert sweep.strengths(["1e-3..1e-1/3"], "logarithmic") == (0.001, 0.01, 0.1)


@pytest.mark.parametrize("word", ["much", "1..2", "1../3", "1..2/x", "..2/3", "1..2/3/4"])
def test_other_words_are_no_strengths(word):
    with pytest.raises(InputError, match="LOW..HIGH/COUNT"):
        sweep.strengths([word], "linear")


def test_equal_objectives_whatever_the_sign_of_zero():
    (config,) = SweepRequest(l1_strengths=(0.0,), mus=(-0.0,)).configs()
    assert config.objective == ObjectiveConfig() and str(config.objective.l2_strength) == "0.0"
