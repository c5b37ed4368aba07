"""The robustness probe during training."""

import numpy as np
import pytest
import torch

from engine.attacks.catalog import training_attack
from engine.attacks.configs import LinfBIM
from engine.attacks.threat import ThreatModel
from engine.robustness.attack_setup import AttackSetup
from engine.robustness.evaluation import evaluate
from engine.robustness.probe import probed_accuracy

STD = (0.3081,)
THREAT = ThreatModel(norm="linf", epsilon=0.3, unit="normalized")
IMAGES = np.random.default_rng(0).integers(0, 256, (10, 1, 28, 28), np.uint8)
LABELS = np.array([7, 4, 2, 7, 3, 2, 7, 3, 2, 7])


@pytest.fixture
def tensors() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.from_numpy(IMAGES / 255.0), torch.from_numpy(LABELS)


def test_probe_agrees_with_an_evaluation_under_the_same_attack(lenets):
    """The probe counts an image that becomes correct through the attack; robust accuracy does not."""
    attack, images = LinfBIM(steps=4), torch.from_numpy(IMAGES.astype(np.float32) / 255).double()
    probed = probed_accuracy(lenets, images, torch.from_numpy(LABELS), attack, THREAT, STD, 0)
    for k, accuracy in enumerate(probed):
        setup = AttackSetup(network=lenets.member(k), images=IMAGES, labels=LABELS, threat=THREAT, std=STD, seed=0)
        outcome = evaluate(setup, [attack], range(10)).outcomes["linf-bim"]
        assert accuracy == (outcome.predictions == LABELS).mean()


def test_probe_leaves_no_trace_and_repeats(lenets, tensors):
    lenets.train()
    state = torch.get_rng_state()
    first = probed_accuracy(lenets, *tensors, training_attack(4), THREAT, STD, 0)
    assert torch.equal(torch.get_rng_state(), state)
    assert lenets.training and all(value.grad is None and value.requires_grad for value in lenets.weights.values())
    assert (probed_accuracy(lenets, *tensors, training_attack(4), THREAT, STD, 0) == first).all()


def test_probe_says_nan_for_a_diverged_member_and_knows_the_others(lenets, tensors):
    before = probed_accuracy(lenets, *tensors, training_attack(4), THREAT, STD, 0)
    lenets.weights["conv1.weight"].data[1] = float("inf")
    after = probed_accuracy(lenets, *tensors, training_attack(4), THREAT, STD, 0)
    assert np.isnan(after[1]) and after[0] == before[0] and after[2] == before[2]
