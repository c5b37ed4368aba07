"""Equal training identities train bit-equal weights, and what an identity keeps changes them."""

from collections.abc import Callable

import pytest
from pydantic import BaseModel

from engine.attacks.threat import ThreatModel
from engine.minmax.objective import ObjectiveConfig
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.experiment import train_runs
from engine.runs.run_files import MODEL
from engine.runs.store import RunStore
from engine.runs.training_identity import family, is_of_family, training_identity

MINMAX = ObjectiveConfig(l1_strength=0.1, l2_strength=-0.1)
PENALTY = {"objective": MINMAX}
ADV = {"adversarial_training": True, "training": {"batch_size": 125}}

SAME = {
    "snapshots": ({}, {"training": {"snapshots_per_epoch": 1}}),
    "probe": ({}, {"probe": ProbeConfig(samples=8, steps=4, every=1)}),
    "a weight limit that is kept": (PENALTY, PENALTY | {"training": {"weight_limit": 7.0}}),
    "threat without adversarial training": ({}, {"threat": ThreatModel(epsilon=0.05, unit="pixel")}),
    "scope without a penalty": ({}, {"objective": ObjectiveConfig(scope="all")}),
    "device": ({}, {"device": "cpu"}),
}
OTHER = {
    "seed": ({}, {"seed": 1}),
    "λ": (PENALTY, {"objective": MINMAX.model_copy(update={"l1_strength": 0.2})}),
    "κ": (PENALTY, {"objective": MINMAX.model_copy(update={"l2_strength": -0.2})}),
    "scope with a penalty": (PENALTY, {"objective": MINMAX.model_copy(update={"scope": "all"})}),
    "adversarial training": ({"training": {"batch_size": 125}}, ADV),
    "threat with adversarial training": (ADV, ADV | {"threat": ThreatModel(epsilon=0.6)}),
    "epochs": ({}, {"training": {"epochs": 2}}),
    "batch size": ({}, {"training": {"batch_size": 50}}),
    "optimizer": ({}, {"training": {"optimizer": "sgd"}}),
    "learning rate": ({}, {"training": {"learning_rate": 0.002}}),
    "halving": ({"training": {"epochs": 2}}, {"training": {"epochs": 2, "halve_every": 1}}),
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory, few_images, tiny) -> Callable[[dict], tuple[RunConfig, bytes]]:
    """Changes of a tiny run -> its config, and the weights it trains to, each trained once."""
    store = RunStore(tmp_path_factory.mktemp("identities"))
    store.prepare()

    def train(changes: dict) -> tuple[RunConfig, bytes]:
        config = tiny(**changes)
        folder = store.create(config)
        list(train_runs(store, [config.run_id], few_images, "cpu"))
        return config, content(folder / MODEL)

    return train


def content(path) -> bytes:
    """The tensors, without the header, which names the config."""
    data = path.read_bytes()
    return data[8 + int.from_bytes(data[:8], "little") :]


@pytest.mark.parametrize("name", SAME)
def test_what_an_identity_leaves_out_changes_no_weight(name, weights):
    (one, first), (other, second) = map(weights, SAME[name])
    assert one.run_id != other.run_id and training_identity(one) == training_identity(other) and first == second


@pytest.mark.parametrize("name", OTHER)
def test_what_an_identity_keeps_changes_weights(name, weights):
    (one, first), (other, second) = map(weights, OTHER[name])
    assert training_identity(one) != training_identity(other) and first != second


@pytest.mark.parametrize("change", [{"dataset": "mnist"}, {"architecture": "madry-cnn"}], ids=str)
def test_another_network_is_another_training_identity(change):
    assert training_identity(RunConfig(**change)) != training_identity(RunConfig())


def differing(one: BaseModel, other: BaseModel, prefix: str = "") -> set[str]:
    """Names of the fields in which two configs differ, nested ones with dots."""
    found: set[str] = set()
    for name in type(one).model_fields:
        first, second = getattr(one, name), getattr(other, name)
        if first != second:
            nested = isinstance(first, BaseModel)
            found |= differing(first, second, f"{prefix}{name}.") if nested else {prefix + name}
    return found


def leaves(model: type[BaseModel], prefix: str = "") -> set[str]:
    """Names of all fields, nested ones with dots."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        kind = field.annotation
        nested = isinstance(kind, type) and issubclass(kind, BaseModel)
        found |= leaves(kind, f"{prefix}{name}.") if nested else {prefix + name}
    return found


def test_every_field_is_known_to_decide_weights_or_not(tiny):
    """A new field needs a case in SAME or OTHER, which trains two networks to tell which it is."""
    cases = [*SAME.values(), *OTHER.values()]
    tried = set().union(*(differing(tiny(**one), tiny(**other)) for one, other in cases))
    known = {
        "dataset",
        "data_digest",
        "architecture",
        "objective.penalties",
        "threat.norm",
    }  # each has a test of its own
    assert tried | known == leaves(RunConfig)


def test_a_further_penalty_decides_weights(quartic, weights):
    (one, first), (other, second) = weights({}), weights({"objective": {"penalties": {quartic: 0.5}}})
    assert training_identity(one) != training_identity(other) and first != second


def test_the_norm_of_adversarial_training_decides_weights(weights):
    (one, first), (other, second) = weights(ADV), weights(ADV | {"threat": ThreatModel(norm="l2")})
    assert training_identity(one) != training_identity(other) and first != second


def test_a_family_has_every_strength_of_its_further_penalties_alone(quartic):
    third = {"penalties": {quartic: 0.5}}
    of, plain = family(RunConfig(objective=third)), family(RunConfig(objective=MINMAX))
    assert of != plain and of.objective.penalties == ((quartic, 0.5),)
    assert is_of_family(RunConfig(objective={"l1_strength": 0.3} | third), of)
    assert not is_of_family(RunConfig(objective=third), plain) and not is_of_family(RunConfig(objective=MINMAX), of)
    assert not is_of_family(RunConfig(), of) and not is_of_family(RunConfig(objective={"scope": "all"} | third), of)


def test_runs_on_other_data_are_another_training_and_another_family():
    plain, other = RunConfig(), RunConfig(data_digest="0123456789abcdef")
    assert training_identity(plain) != training_identity(other) and family(plain) != family(other)
    assert not is_of_family(other, family(plain)) and is_of_family(other, family(other))


def test_a_family_has_every_strength_and_seed():
    of = family(RunConfig(objective=MINMAX, seed=3))
    assert is_of_family(RunConfig(objective=ObjectiveConfig(l2_strength=0.5), seed=9), of)
    assert is_of_family(RunConfig(probe=ProbeConfig(samples=0)), of)
    assert not is_of_family(RunConfig(objective=MINMAX, adversarial_training=True), of)
    assert not is_of_family(RunConfig(dataset="mnist"), of)


def test_without_a_penalty_a_run_is_of_both_scopes():
    all_convolutions = MINMAX.model_copy(update={"scope": "all"})
    first, whole = (family(RunConfig(objective=objective)) for objective in (MINMAX, all_convolutions))
    assert first != whole
    assert is_of_family(RunConfig(), first) and is_of_family(RunConfig(), whole)
    assert not is_of_family(RunConfig(objective=MINMAX), whole)
    assert not is_of_family(RunConfig(objective=all_convolutions), first)
