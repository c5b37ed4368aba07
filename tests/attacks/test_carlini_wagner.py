import numpy as np
import pytest
import torch

from engine.attacks.carlini_wagner import smallest_perturbation
from engine.attacks.configs import CarliniWagner
from engine.attacks.perturb import perturb
from engine.attacks.threat import ThreatModel

STD = (1.0,)
THREAT = ThreatModel(norm="linf", epsilon=0.3, unit="pixel")
QUICK = CarliniWagner(steps=30, search_rounds=6, learning_rate=0.03, initial_c=0.01)


def attacked(network, images, labels, attack=QUICK):
    return perturb(network, images, labels, attack, THREAT, STD, 0)


@pytest.mark.slow
def test_finds_nearly_the_nearest_boundary_point(grey):
    adversarial = attacked(grey.network, grey.images, grey.labels, CarliniWagner())
    assert grey.misclassified(adversarial).all()
    ratio = (adversarial - grey.images).flatten(1).norm(dim=1).numpy() / grey.distances("l2", STD)
    assert (ratio >= 1.0).all() and (ratio <= 1.25).all(), ratio


@pytest.mark.slow
def test_a_sample_gets_the_same_alone_and_in_a_batch(grey):
    together = attacked(grey.network, grey.images, grey.labels)
    assert grey.misclassified(together).any()
    for i in range(len(grey.images)):
        alone = attacked(grey.network, grey.images[i : i + 1], grey.labels[i : i + 1])
        torch.testing.assert_close(alone[0], together[i], rtol=0.0, atol=1e-9)


def test_adding_a_constant_to_all_logits_changes_nothing(grey):
    plain = attacked(grey.network, grey.images, grey.labels)
    lowered = attacked(grey.shifted(-100.0), grey.images, grey.labels)
    assert grey.misclassified(plain).any()
    torch.testing.assert_close(lowered, plain, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_saturated_pixels_move(grey, dtype):
    """The images are black and white: without the clamp, no pixel has a gradient in tanh space."""
    grey.weight, grey.images = grey.weight.to(dtype), grey.images.gt(0.5).to(dtype)
    attack = CarliniWagner(steps=100, search_rounds=7, learning_rate=0.2, initial_c=0.1)
    adversarial = attacked(grey.network, grey.images, grey.labels, attack)
    assert adversarial.isfinite().all()
    assert grey.misclassified(adversarial).all()
    assert ((adversarial - grey.images).abs().flatten(1).amax(dim=1) > 0.01).all()


def test_failures_return_the_clean_image(grey):
    hopeless = CarliniWagner(steps=1, search_rounds=1, learning_rate=1e-6)
    assert torch.equal(attacked(grey.network, grey.images, grey.labels, hopeless), grey.images)


def test_search_brackets_the_smallest_c_that_works():
    """Sample i succeeds from c = needed[i] on, with a perturbation as large as c."""
    needed = torch.tensor([0.0005, 0.03, 40.0, 1e9], dtype=torch.float64)
    images, tried = torch.zeros(4, 1, 1, 1, dtype=torch.float64), []

    def minimize(c):
        tried.append(c.clone())
        return c.view(4, 1, 1, 1)

    found = smallest_perturbation(minimize, lambda x: x.flatten() >= needed, images, 9, 1e-3).flatten()
    np.testing.assert_allclose(torch.stack(tried)[:4, 1], [1e-3, 1e-2, 1e-1, (0.1 + 0.01) / 2])
    np.testing.assert_allclose(torch.stack(tried)[:3, 0], [1e-3, 5e-4, 2.5e-4])
    assert found[3] == 0.0
    assert (found[:3] >= needed[:3]).all() and (found[:3] <= 2.0 * needed[:3]).all()


def test_search_keeps_the_smallest_success_not_the_last():
    sizes = iter([3.0, 1.0, 2.0, 0.5])
    success = iter([True, True, True, False])
    found = smallest_perturbation(
        lambda c: torch.full((1, 1, 1, 1), next(sizes)),
        lambda candidates: torch.tensor([next(success)]),
        torch.zeros(1, 1, 1, 1),
        rounds=4,
        initial_c=1.0,
    )
    assert found.item() == 1.0
