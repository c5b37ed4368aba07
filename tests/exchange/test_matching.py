"""Names, shapes and the sentences about what does not fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.catalog import DATASETS
from engine.errors import InputError
from engine.exchange.matching import match_tensors, parameter_shapes
from engine.models.architectures import ARCHITECTURES, build_model
from engine.runs.model_config import ModelConfig

NETWORKS = [
    ModelConfig(dataset=dataset, architecture=architecture)
    for architecture, spec in ARCHITECTURES.items()
    for dataset in ("mnist", "cifar10")
    if spec.fits(DATASETS[dataset].shape)
]
LENET = ModelConfig(architecture="lenet")


def tensors_of(network: ModelConfig, dtype=np.float32) -> dict[str, np.ndarray]:
    """Each filled with a number of its own."""
    shapes = parameter_shapes(network.architecture, network.dataset_spec)
    return {name: np.full(shape, place + 0.5, dtype) for place, (name, shape) in enumerate(shapes.items())}


def assert_equal(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert list(found) == list(expected)
    for name, value in expected.items():
        assert found[name].dtype == np.float32 and np.array_equal(found[name], value)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: f"{network.architecture}-{network.dataset}")
def test_shapes_are_the_models_own(network):
    spec = network.dataset_spec
    state = build_model(network.architecture, 0, spec.shape, 10, spec.mean, spec.std).state_dict()
    own = {name: tuple(value.shape) for name, value in state.items()}
    assert parameter_shapes(network.architecture, spec) == own


@given(network=st.sampled_from(NETWORKS), prefix=st.sampled_from(["", "module."]), data=st.data())
@settings(max_examples=40, deadline=None)
def test_own_names_in_any_order(network, prefix, data):
    tensors = tensors_of(network)
    order = data.draw(st.permutations(list(tensors)))
    match = match_tensors({prefix + name: tensors[name] for name in order}, network)
    assert_equal(match.weights, tensors)
    assert match.renamed == {}


NAMES = st.text(max_size=12).filter(lambda name: not name.startswith("module."))


@given(network=st.sampled_from(NETWORKS), data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_names_when_all_shapes_are_there(network, data):
    tensors = tensors_of(network)
    count = len(tensors)
    names = data.draw(st.lists(NAMES | st.sampled_from(list(tensors)), min_size=count, max_size=count, unique=True))
    order = data.draw(st.permutations(list(tensors)))
    match = match_tensors(dict(zip(names, (tensors[own] for own in order), strict=True)), network)
    assert_equal(match.weights, tensors)
    assert match.renamed == {name: own for name, own in zip(names, order, strict=True) if name != own}


@given(network=st.sampled_from(NETWORKS), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_tensor_too_few_too_many_or_of_another_shape(network, data):
    tensors = tensors_of(network)
    lost = data.draw(st.sets(st.sampled_from(list(tensors))))
    reshaped = data.draw(st.sets(st.sampled_from(list(tensors)))) - lost
    added = data.draw(st.sets(NAMES.filter(lambda name: name not in tensors), max_size=3))
    if not (lost or reshaped or added):
        added = {"extra"}
    changed = {name: value[None] if name in reshaped else value for name, value in tensors.items() if name not in lost}
    changed |= {name: np.zeros((7, 7), np.float32) for name in added}
    with pytest.raises(InputError) as caught:
        match_tensors(changed, network)
    sentence = str(caught.value)
    assert "\n" not in sentence and len(sentence) < 1200
    assert ("missing" in str(caught.value)) == bool(lost and changed)
    assert ("unexpected" in str(caught.value)) == bool(added)
    assert ("instead of" in str(caught.value)) == bool(reshaped)


@pytest.mark.parametrize(
    ("extra", "word"),
    [({"bn.num_batches_tracked": np.zeros((), np.int64)}, "bn.num_batches_tracked"), ({"mean": np.ones(1)}, "mean")],
)
def test_buffers_are_unexpected(extra, word):
    with pytest.raises(InputError, match=f"got 11: unexpected: {word}. Import .* without buffers"):
        match_tensors(tensors_of(LENET) | extra, LENET)


def test_the_sentence_names_what_would_fit():
    advertorch = tensors_of(ModelConfig(architecture="advertorch-lenet5"))
    with pytest.raises(InputError, match="Choose advertorch-lenet5 and a data set of 1 x 28 x 28 images"):
        match_tensors(advertorch, ModelConfig(architecture="madry-cnn"))
    with pytest.raises(InputError, match="conv1.weight of shape 6 x 3 x 5 x 5 instead of 6 x 1 x 5 x 5.*3 x 32 x 32"):
        match_tensors(tensors_of(ModelConfig(dataset="cifar10")), LENET)
    with pytest.raises(InputError, match="got none at all"):
        match_tensors({}, LENET)


def test_all_names_of_a_network_are_told():
    tensors = tensors_of(LENET)
    with pytest.raises(InputError) as caught:
        match_tensors({f"t{place}": value for place, value in enumerate([*tensors.values(), *tensors.values()])}, LENET)
    strange = ", ".join(f"t{place}" for place in range(12))
    assert f"got 20: missing: {', '.join(tensors)}; unexpected: {strange} and 8 more. " in str(caught.value)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_precisions_become_float32(dtype):
    assert_equal(match_tensors(tensors_of(LENET, dtype), LENET).weights, tensors_of(LENET))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_weights_are_finite(value):
    tensors = tensors_of(LENET, np.float64)
    tensors["fc1.bias"][7] = value
    with pytest.raises(InputError, match="finite weights in fc1.bias"):
        match_tensors(tensors, LENET)


@pytest.mark.parametrize("dtype", [np.int64, bool, np.complex64])
def test_weights_are_floating_point_numbers(dtype):
    tensors = tensors_of(LENET)
    tensors["conv2.bias"] = tensors["conv2.bias"].astype(dtype)
    with pytest.raises(InputError, match=f"floating point numbers in conv2.bias, got {np.dtype(dtype)}"):
        match_tensors(tensors, LENET)


def test_a_strangers_names_are_shown_short_and_plain():
    tensors = tensors_of(LENET) | {"a\n\x1b[31m" + "x" * 5000: np.zeros(3, np.float32)}
    with pytest.raises(InputError) as caught:
        match_tensors(tensors, LENET)
    assert len(str(caught.value)) < 300 and "\n" not in str(caught.value) and "\x1b" not in str(caught.value)
