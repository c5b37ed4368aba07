"""What a person asks for, the runs it means, and the command line that asks for the same."""

import argparse
import shlex
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.attacks.catalog import PAPER_ATTACKS
from engine.attacks.threat import ThreatModel
from engine.command_line import evaluate, launch
from engine.command_line.parser import Parser
from engine.data.catalog import DATASETS
from engine.errors import InputError
from engine.measurements.evaluation.request import EvaluationRequest
from engine.models.architectures import ARCHITECTURES
from engine.runs import config
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.launch import MOST_RUNS, LaunchRequest
from engine.runs.variants import VARIANTS
from engine.training.schedule import TrainingConfig
from engine.validation import validated

UNITS = st.sampled_from(["pixel", "normalized"])
THREATS = st.builds(ThreatModel, epsilon=st.floats(0, 100), unit=UNITS)
NETWORKS = [
    {"dataset": dataset, "architecture": architecture}
    for dataset, images in DATASETS.items()
    for architecture, spec in ARCHITECTURES.items()
    if spec.fits(images.shape)
]
REQUESTS = st.builds(
    lambda network, **rest: LaunchRequest(**network, **rest),
    network=st.sampled_from(NETWORKS),
    variants=st.lists(st.sampled_from(list(VARIANTS)), min_size=1, max_size=5).map(tuple),
    seeds=st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=3).map(tuple),
    l1_strength=st.floats(0, 10, exclude_min=True),
    l2_strength=st.floats(-10, 0, exclude_max=True),
    scope=st.sampled_from(["conv1", "all"]),
    training=st.builds(
        TrainingConfig,
        epochs=st.integers(1, 500),
        batch_size=st.integers(1, 4096),
        optimizer=st.sampled_from(["adam", "sgd"]),
        learning_rate=st.floats(1e-6, 1),
        halve_every=st.integers(0, 500),
        snapshots_per_epoch=st.integers(1, 50),
        weight_limit=st.floats(1, 1e6),
    ),
    threat=st.none() | THREATS,
    probe=st.builds(ProbeConfig, samples=st.integers(0, 1024), steps=st.integers(4, 100), every=st.integers(1, 50)),
    device=st.sampled_from(["auto", "cpu", "cuda"]),
)


def parsed(command: str, module) -> argparse.Namespace:
    """What the command line makes of it."""
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "engine"]
    return parser_of(module).parse_args(words[3:])


@cache
def parser_of(module) -> Parser:
    parser = Parser(prog="engine")
    module.add_parser(parser.add_subparsers(required=True, parser_class=Parser))
    return parser


@given(REQUESTS)
@settings(max_examples=150, deadline=None)
def test_the_command_asks_for_the_same_runs(request):
    again = launch.build_request(parsed(request.command(), launch))
    assert again.configs() == request.configs()
    assert [config.run_id for config in again.configs()] == [config.run_id for config in request.configs()]
    if "min-max" in set(request.variants):
        assert again == request, "with all strengths in play, equal as a whole"


def test_the_defaults_are_the_same_everywhere():
    assert launch.build_request(parsed("python -m engine launch", launch)) == LaunchRequest()
    assert LaunchRequest().command() == (
        "python -m engine launch --dataset mnist-mini --variant std --variant min-max --seed 0"
        " --l1 0.1 --l2 -0.1 --epochs 10"
    )


@given(
    st.builds(
        EvaluationRequest,
        attacks=st.lists(st.sampled_from(list(PAPER_ATTACKS)), min_size=1, unique=True).map(tuple),
        samples=st.integers(1, 10_000),
        threat=THREATS,
        seed=st.integers(0, 2**31 - 1),
        kept_images=st.integers(0, 1000),
    ),
    st.lists(st.floats(0, 100), max_size=4, unique=True),
)
@settings(max_examples=50, deadline=None)
def test_the_command_asks_for_the_same_evaluations(request, epsilons):
    args = parsed(request.command(["run-a", "run-b"], epsilons), evaluate)
    assert args.run_ids == ["run-a", "run-b"]
    assert evaluate.build_requests(args, DATASETS["mnist"]) == (request.ladder(epsilons) if epsilons else [request])


def test_a_further_penalty_is_on_every_run_and_in_the_command(quartic):
    request = LaunchRequest(variants=("std", "adv"), penalties={quartic: -0.25})
    assert [config.objective.penalties for config in request.configs()] == [((quartic, -0.25),)] * 2
    assert [config.adversarial_training for config in request.configs()] == [False, True]
    assert f"--penalty {quartic}=-0.25" in request.command()
    assert launch.build_request(parsed(request.command(), launch)) == request


@pytest.mark.parametrize("words", [["quartic"], ["quartic=much"], ["elastic=0.1"], ["quartic=1", "quartic=2"]])
def test_penalties_that_mean_nothing_are_refused(words, quartic):
    options = " ".join(f"--penalty {word}" for word in words)
    with pytest.raises(InputError):
        launch.build_request(parsed(f"python -m engine launch {options}", launch))


def test_variants_times_seeds():
    configs = LaunchRequest(variants=("std", "adv", "min-max"), seeds=(3, 5)).configs()
    assert [(config.variant, config.seed) for config in configs] == [
        ("std", 3), ("adv", 3), ("min-max", 3), ("std", 5), ("adv", 5), ("min-max", 5),
    ]  # fmt: skip
    assert len({config.run_id for config in configs}) == 6
    assert [config.adversarial_training for config in configs[:3]] == [False, True, False]


def test_ids_and_labels_stay_what_they_were(monkeypatch):
    """Recorded runs are found again by them; only a new release of torch, or of the training, makes others."""
    monkeypatch.setattr(config, "version", lambda name: "2.13.0+cpu")
    monkeypatch.setattr(config, "TRAINING_VERSION", 1)
    configs = LaunchRequest().configs()
    assert [run.run_id for run in configs] == ["mnist-mini-std-d5032f282b", "mnist-mini-min-max-c0c10574ad"]
    assert [run.label for run in configs] == ["Std · seed 0", "Min-Max λ 0.1 μ 0.1 · seed 0"]


def test_another_architecture_is_another_run():
    lenet, other = (LaunchRequest(architecture=name, variants=("std",)) for name in ("lenet", "madry-cnn"))
    (first,), (second,) = lenet.configs(), other.configs()
    assert first.run_id != second.run_id and "Madry CNN" in second.label
    assert "--architecture madry-cnn" in other.command() and "--architecture" not in lenet.command()


def test_what_is_named_twice_is_one():
    request = LaunchRequest(variants=("std", "adv", "std"), seeds=(1, 0, 1))
    assert request.variants == ("std", "adv") and request.seeds == (1, 0)


@pytest.mark.parametrize(("dataset", "epsilon"), [("mnist-mini", 0.3), ("cifar10", 0.03)])
def test_the_papers_threat_is_the_default(dataset, epsilon):
    threat = LaunchRequest(dataset=dataset).configs()[0].threat
    assert threat == ThreatModel(norm="linf", epsilon=epsilon, unit="normalized")


def test_most_runs():
    assert len(LaunchRequest(variants=("std",), seeds=tuple(range(MOST_RUNS))).configs()) == MOST_RUNS
    with pytest.raises(InputError, match=f"{MOST_RUNS}.*{MOST_RUNS + 1}"):
        LaunchRequest(variants=("std",), seeds=tuple(range(MOST_RUNS + 1))).configs()


@pytest.mark.parametrize(
    "bad",
    [
        {"dataset": "nmist"},
        {"architecture": "resnet"},
        {"dataset": "cifar10", "architecture": "madry-cnn"},
        {"variants": ("Std",)},
        {"variants": ()},
        {"seeds": ()},
        {"seeds": (-1,)},
        {"seeds": (2**31,)},
        {"seeds": (float("nan"),)},
        {"l1_strength": float("nan")},
        {"l1_strength": float("inf")},
        {"l1_strength": -0.1},
        {"l2_strength": 0.1},
        {"l2_strength": -10.1},
        {"l2_strength": float("-inf")},
        {"variants": ("std",), "l1_strength": float("nan")},
        {"variants": ("adv",), "l2_strength": float("inf")},
        {"scope": "conv3"},
        {"training": {"epochs": 0}},
        {"threat": {"epsilon": float("nan")}},
        {"probe": {"samples": -1}},
        {"device": "tpu"},
        {"epochs": 3},
    ],
    ids=str,
)
def test_limits(bad):
    with pytest.raises(InputError) as caught:
        validated(LaunchRequest, **bad).configs()
    assert str(caught.value).startswith("Expected ") and "\n" not in str(caught.value)


def test_equal_requests_are_equal_runs():
    assert LaunchRequest().configs() == LaunchRequest().configs()
    assert LaunchRequest(variants=("std",)).configs() == [RunConfig()]
