"""One config is one run: the id follows from all of it and from nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from engine.attacks.threat import ThreatModel
from engine.data.catalog import DATASETS
from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig
from engine.runs.config import RunConfig
from engine.runs.store import RUN_ID
from engine.runs.variants import CUSTOM, VARIANTS, variant_objective, variant_of
from engine.training.schedule import TrainingConfig
from engine.validation import validated

ROOT = Path(__file__).parents[2]
OTHER = {
    "dataset": "mnist",
    "seed": 1,
    "adversarial_training": True,
    "device": "cpu",
    "objective.l1_strength": 0.1,
    "objective.l2_strength": -0.1,
    "objective.scope": "all",
    "training.epochs": 11,
    "training.batch_size": 32,
    "training.optimizer": "sgd",
    "training.learning_rate": 0.01,
    "training.halve_every": 30,
    "training.snapshots_per_epoch": 5,
    "training.weight_limit": 50.0,
    "threat.norm": "l2",
    "threat.epsilon": 0.1,
    "threat.unit": "pixel",
    "probe.samples": 0,
    "probe.steps": 20,
    "probe.every": 1,
    "data_digest": "0123456789abcdef",
}
CONFIGS = st.builds(
    RunConfig,
    dataset=st.sampled_from(["mnist-mini", "mnist", "fashion-mnist", "cifar10"]),
    seed=st.integers(0, 2**31 - 1),
    objective=st.builds(
        ObjectiveConfig,
        l1_strength=st.floats(0, 10),
        l2_strength=st.floats(-10, 10).map(lambda value: value + 0.0),
        scope=st.sampled_from(["conv1", "all"]),
    ),
    training=st.builds(TrainingConfig, epochs=st.integers(1, 500), learning_rate=st.floats(1e-6, 1)),
    adversarial_training=st.booleans(),
    threat=st.builds(ThreatModel, epsilon=st.floats(0, 100), unit=st.sampled_from(["pixel", "normalized"])),
)


def leaves(model: type[BaseModel], prefix: str = "") -> list[str]:
    """Names of all fields, nested ones with dots."""
    names = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        nested = isinstance(kind, type) and issubclass(kind, BaseModel)
        names += leaves(kind, f"{prefix}{name}.") if nested else [prefix + name]
    return names


def with_change(field: str, value) -> RunConfig:
    document = RunConfig().model_dump()
    *path, last = field.split(".")
    target = document
    for part in path:
        target = target[part]
    target[last] = value
    return RunConfig(**document)


def test_the_table_of_changes_is_complete():
    named = {"architecture", "objective.penalties"}  # each has a test of its own
    assert set(OTHER) | named == set(leaves(RunConfig))


def test_a_further_penalty_changes_id_variant_and_label(quartic):
    plain, changed = RunConfig(), with_change("objective.penalties", {quartic: 0.5})
    assert changed.run_id != plain.run_id and changed != plain
    assert changed.variant == CUSTOM and changed.label == "Custom Quartic 0.5 · seed 0"
    again = RunConfig.model_validate(json.loads(changed.model_dump_json()))
    assert again == changed and again.run_id == changed.run_id
    everywhere = with_change("objective", {"penalties": {quartic: 0.5}, "scope": "all"})
    assert everywhere.label == "Custom Quartic 0.5 all conv · seed 0"


def test_the_data_digest_is_left_out_until_there_is_one():
    assert "data_digest" not in RunConfig().model_dump(mode="json") and "other data" not in RunConfig().label
    other = with_change("data_digest", "0123456789abcdef")
    assert other.label == "Std · other data 01234567 · seed 0"
    assert other.stack_key != RunConfig().stack_key, "a stack reads one data set"
    for digest in ("", "0123", "0123456789ABCDEF", "0123456789abcdef\n"):
        with pytest.raises(ValidationError):
            with_change("data_digest", digest)


@pytest.mark.parametrize("field", OTHER)
def test_every_field_changes_the_id(field):
    changed = with_change(field, OTHER[field])
    assert changed.run_id != RunConfig().run_id
    assert changed == with_change(field, OTHER[field]) and changed.run_id == with_change(field, OTHER[field]).run_id


def test_all_changes_give_different_ids():
    assert len({with_change(field, value).run_id for field, value in OTHER.items()}) == len(OTHER)


@given(CONFIGS)
@settings(max_examples=50, deadline=None)
def test_the_id_survives_storage_and_fits_the_store(config):
    again = RunConfig.model_validate(json.loads(json.dumps(config.model_dump(mode="json"))))
    assert again == config and again.run_id == config.run_id
    assert RUN_ID.fullmatch(config.run_id)
    assert config.run_id.startswith(f"{config.dataset}-{config.variant.replace('+', '-')}-")


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ({"objective": {"l1_strength": 1}}, {"objective": {"l1_strength": 1.0}}),
        ({"threat": {"epsilon": 1}}, {"threat": {"epsilon": 1.0, "norm": "linf"}}),
        ({"seed": True}, {"seed": 1}),
    ],
    ids=str,
)
def test_equal_configs_are_one_run(one, same):
    assert RunConfig(**one) == RunConfig(**same)
    assert RunConfig(**one).run_id == RunConfig(**same).run_id


def test_the_id_is_the_same_in_another_process():
    code = "from engine.runs.config import RunConfig; print(RunConfig(seed=7).run_id)"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == RunConfig(seed=7).run_id


def test_another_training_version_or_torch_is_another_run(monkeypatch):
    from engine.runs import config as module

    before = RunConfig().run_id
    with monkeypatch.context() as patch:
        patch.setattr(module, "TRAINING_VERSION", 99)
        newer = RunConfig().run_id
    with monkeypatch.context() as patch:
        patch.setattr(module, "version", lambda name: "9.9.9")
        other = RunConfig().run_id
    assert len({before, newer, other}) == 3 and RunConfig().run_id == before


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_missing_threat_is_the_papers_for_the_data_set(dataset):
    """CIFAR-10 has a tenth of MNIST's epsilon; a threat model that is stated stays."""
    papers = ThreatModel(norm="linf", epsilon=0.03 if dataset == "cifar10" else 0.3, unit="normalized")
    assert RunConfig(dataset=dataset).threat == papers
    assert RunConfig(dataset=dataset).run_id == RunConfig(dataset=dataset, threat=papers).run_id
    stated = ThreatModel(epsilon=0.7, unit="pixel")
    assert RunConfig(dataset=dataset, threat=stated).threat == stated


def test_an_unknown_data_set_is_named_even_without_a_threat():
    with pytest.raises(InputError, match="nmist"):
        validated(RunConfig, dataset="nmist")


@pytest.mark.parametrize(
    "bad",
    [
        {"dataset": "nmist"},
        {"dataset": "../mnist"},
        {"architecture": "vgg"},
        {"seed": -1},
        {"seed": 2**31},
        {"seed": 1.5},
        {"device": "tpu"},
        {"objective": {"l1_strength": float("nan")}},
        {"threat": {"epsilon": float("inf")}},
        {"threat": {"epsilon": -0.1}},
        {"threat": {"epsilon": 101}},
        {"probe": {"samples": 1025}},
        {"probe": {"steps": 3}},
        {"probe": {"every": 0}},
        {"training": {"epochs": 10**9}},
        {"learning_rate": 0.1},
    ],
    ids=str,
)
def test_limits(bad):
    with pytest.raises(InputError) as caught:
        validated(RunConfig, **bad)
    assert str(caught.value).startswith("Expected ") and "\n" not in str(caught.value)


# variants


@pytest.mark.parametrize(
    ("l1", "l2", "adversarial", "variant"),
    [
        (0.0, 0.0, False, "std"),
        (0.1, 0.0, False, "std+l1"),
        (0.0, 0.1, False, "std+l2"),
        (0.0, 0.0, True, "adv"),
        (0.1, -0.1, False, "min-max"),
        (0.0, -0.1, False, CUSTOM),
        (0.1, 0.1, False, CUSTOM),
        (0.1, -0.1, True, CUSTOM),
        (0.0, 0.1, True, CUSTOM),
    ],
)
def test_names_of_points(l1, l2, adversarial, variant, quartic):
    objective = ObjectiveConfig(l1_strength=l1, l2_strength=l2)
    assert variant_of(objective, adversarial) == variant
    assert variant_of(objective.model_copy(update={"penalties": ((quartic, 0.1),)}), adversarial) == CUSTOM


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_variant_takes_the_strengths_it_has(variant):
    objective = variant_objective(variant, 0.3, -0.2, "all")
    expected = {"std+l1": (0.3, 0.0), "std+l2": (0.0, 0.2), "min-max": (0.3, -0.2)}.get(variant, (0.0, 0.0))
    assert (objective.l1_strength, objective.l2_strength) == expected
    assert variant_of(objective, variant == "adv") == variant


@pytest.mark.parametrize(
    ("variant", "l1", "l2"),
    [
        ("min-max", 0.1, 0.1),
        ("min-max", 0.0, -0.1),
        ("min-max", 0.1, 0.0),
        ("std+l1", 0.0, -0.1),
        ("std+l2", 0.1, 0.0),
        ("min-max", 11.0, -0.1),
        ("std+l1", float("nan"), -0.1),
        ("std+l2", 0.1, float("nan")),
        ("std+l2", 0.1, float("inf")),
        ("std", float("nan"), -0.1),
        ("adv", 0.1, float("inf")),
        ("Std", 0.1, -0.1),
        ("", 0.1, -0.1),
    ],
)
def test_strengths_that_make_no_such_variant(variant, l1, l2):
    with pytest.raises(InputError):
        variant_objective(variant, l1, l2, "conv1")


def test_labels_tell_runs_apart():
    configs = [
        RunConfig(),
        RunConfig(seed=1),
        RunConfig(objective=ObjectiveConfig(l1_strength=0.1)),
        RunConfig(objective=ObjectiveConfig(l2_strength=0.1)),
        RunConfig(objective=ObjectiveConfig(l1_strength=0.1, l2_strength=-0.1)),
        RunConfig(objective=ObjectiveConfig(l1_strength=0.1, l2_strength=-0.2)),
        RunConfig(objective=ObjectiveConfig(l1_strength=0.1, l2_strength=-0.1, scope="all")),
        RunConfig(objective=ObjectiveConfig(l1_strength=0.1, l2_strength=-0.1), adversarial_training=True),
        RunConfig(adversarial_training=True),
    ]
    assert len({config.label for config in configs}) == len(configs)
    assert configs[4].label == "Min-Max λ 0.1 μ 0.1 · seed 0"
