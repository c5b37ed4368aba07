from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from engine.attacks.catalog import PAPER_ATTACKS, attack_threat
from engine.attacks.configs import FGSM, L2BIM, MIFGSM, PGD, CarliniWagner, LinfBIM
from engine.attacks.perturb import perturb, perturb_members
from engine.attacks.threat import ThreatModel
from engine.errors import InputError

QUICK = {**PAPER_ATTACKS, "cw": CarliniWagner(steps=10, search_rounds=3, learning_rate=0.1, initial_c=0.1)}
REACH: dict[str, Any] = {"steps": 10, "step_size": 0.1}
"""Attack whose steps reach exactly epsilon."""
STD = (0.3081,)
THREAT = ThreatModel(norm="linf", epsilon=0.3, unit="normalized")
every_attack = pytest.mark.parametrize("attack", QUICK.values(), ids=QUICK.keys())


@pytest.mark.parametrize("attack", [FGSM(), LinfBIM(**REACH), MIFGSM(**REACH), PGD(**REACH, random_start=False)])
@pytest.mark.parametrize("unit", ["pixel", "normalized"])
def test_linf_attacks_break_exactly_what_lies_within_epsilon(linear, attack, unit):
    problem, std = linear
    distances = problem.distances("linf", std if unit == "normalized" else (1.0,) * len(std))
    threat = ThreatModel(norm="linf", epsilon=float(np.median(distances)), unit=unit)
    adversarial = perturb(problem.network, problem.images, problem.labels, attack, threat, std, 0)
    assert threat.within_budget(problem.images, adversarial, std).all()
    assert problem.misclassified(adversarial).tolist() == (distances < threat.epsilon).tolist()


def test_pgd_from_a_random_start_comes_within_a_quarter_of_the_optimum(linear):
    problem, std = linear
    distances = problem.distances("linf", std)
    threat = ThreatModel(norm="linf", epsilon=float(np.median(distances)), unit="normalized")
    adversarial = perturb(problem.network, problem.images, problem.labels, PAPER_ATTACKS["pgd"], threat, std, 0)
    broken = problem.misclassified(adversarial)
    assert threat.within_budget(problem.images, adversarial, std).all()
    assert broken[distances < threat.epsilon / 1.25].all()
    assert not broken[distances > threat.epsilon].any()


@pytest.mark.parametrize("unit", ["pixel", "normalized"])
def test_l2_attack_breaks_exactly_what_lies_within_epsilon(linear, unit):
    problem, std = linear
    distances = problem.distances("l2", std if unit == "normalized" else (1.0,) * len(std))
    threat = ThreatModel(norm="linf", epsilon=float(np.median(distances)), unit=unit)
    adversarial = perturb(problem.network, problem.images, problem.labels, L2BIM(**REACH), threat, std, 0)
    broken = problem.misclassified(adversarial)
    budget = attack_threat(L2BIM(), threat)
    assert budget is not None and budget.norm == "l2"
    assert budget.within_budget(problem.images, adversarial, std).all()
    assert broken.tolist() == (distances < threat.epsilon).tolist()


def test_fgsm_equals_its_formula():
    """Five classes, numpy float64: clip(x + eps sign(W^T (softmax(Wx + b) - onehot(y))))."""
    rng = np.random.default_rng(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(36, 5)).double()
    images, labels = rng.random((7, 1, 6, 6)), rng.integers(0, 5, 7)
    weight, bias = (parameter.detach().numpy() for parameter in module.parameters())
    scores = np.exp(images.reshape(7, -1) @ weight.T + bias)
    gradient = (scores / scores.sum(1, keepdims=True) - np.eye(5)[labels]) @ weight
    expected = np.clip(images + 0.1 * np.sign(gradient).reshape(images.shape), 0, 1)
    threat = ThreatModel(norm="linf", epsilon=0.1, unit="pixel")
    found = perturb(module, torch.from_numpy(images), torch.from_numpy(labels), FGSM(), threat, (1.0,), 0)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


@every_attack
def test_a_member_alone_gets_what_it_gets_in_a_stack(lenets, digits, attack):
    images, _ = digits
    labels = lenets.logits(images).argmax(dim=2).flatten()
    together, finite = perturb_members(lenets, images.repeat(3, 1, 1, 1), labels, attack, THREAT, STD, [5, 6, 7])
    alone = perturb(lenets.member(1), images, labels[5:10], attack, THREAT, STD, 6)
    assert finite.all()
    torch.testing.assert_close(alone, together[5:10], rtol=0.0, atol=1e-9)
    assert not torch.equal(together[:5], together[5:10])


@every_attack
def test_a_network_is_a_stack_of_one(lenets, digits, attack):
    """Equal random numbers give equal bits."""
    images, labels = digits
    one, finite = perturb_members(lenets.select([1]), images, labels, attack, THREAT, STD, [6])
    assert finite.all() and torch.equal(perturb(lenets.member(1), images, labels, attack, THREAT, STD, 6), one)


def test_random_starts_follow_the_seed_and_nothing_else(lenets, digits):
    images, labels = digits
    one, found = lenets.member(0), []
    for global_seed, seed in [(1, 5), (2, 5), (1, 6)]:
        torch.manual_seed(global_seed)
        found.append(perturb(one, images, labels, PGD(steps=4), THREAT, STD, seed))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])
    fewer = perturb(one, images[:3], labels[:3], PGD(steps=4), THREAT, STD, 5)
    torch.testing.assert_close(fewer, found[0][:3], rtol=0.0, atol=1e-9)


def test_random_start_fills_the_ball_of_each_channel(linear):
    """Without a gradient, PGD ends at its start."""
    problem, std = linear
    flat = nn.Sequential(nn.Flatten(), nn.Linear(problem.images[0].numel(), 2)).double()
    for value in flat.parameters():
        value.data.zero_()
    threat = ThreatModel(norm="linf", epsilon=0.5, unit="normalized")
    start = perturb(flat, problem.images, problem.labels, PGD(steps=4), threat, std, 3) - problem.images
    reach = start.abs().amax(dim=(0, 2, 3))
    budget = torch.tensor(threat.pixel_budget(std), dtype=torch.float64)
    assert (reach <= budget + 1e-9).all() and (reach > 0.95 * budget).all()
    assert abs(start.mean().item()) < 0.05 * budget.max()


@every_attack
def test_attacks_leave_no_trace(lenets, digits, attack):
    images, labels = digits[0].repeat(3, 1, 1, 1), digits[1].repeat(3)
    kept = images.clone()
    lenets.train()
    for value in lenets.weights.values():
        value.grad = torch.ones_like(value)
    state = torch.get_rng_state()
    perturb_members(lenets, images, labels, attack, THREAT, STD, [1, 2, 3])
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(images, kept) and not images.requires_grad
    assert lenets.training and all(module.training for module in lenets.modules())
    assert all(value.requires_grad for value in lenets.weights.values())
    assert all(torch.equal(value.grad, torch.ones_like(value)) for value in lenets.weights.values())


@every_attack
def test_attacks_run_without_surrounding_gradients(grey, attack):
    with torch.no_grad():
        found = perturb(grey.network, grey.images, grey.labels, attack, THREAT, STD, 0)
    assert not found.requires_grad and grey.misclassified(found).any()


def test_tiny_gradients_step_as_far_in_any_batch(grey):
    """With a confident model and a mean loss over 256 images, gradients would fall below PGDL2's 1e-10."""
    images = (grey.images + 0.05 * grey.weight.sign().view(1, 1, 6, 6))[:1]
    sure = nn.Sequential(nn.Flatten(), nn.Linear(36, 2)).double()
    with torch.no_grad():
        sure[1].weight.copy_(torch.stack([-grey.weight, grey.weight]))
        sure[1].bias.copy_(torch.tensor([-11.0, 11.0]) - 2.0 * grey.bias)
    labels = sure(images).argmax(dim=1)
    alone = perturb(sure, images, labels, L2BIM(), THREAT, STD, 0)
    crowd = perturb(sure, images.repeat(256, 1, 1, 1), labels.repeat(256), L2BIM(), THREAT, STD, 0)
    torch.testing.assert_close(crowd[:1], alone, rtol=0.0, atol=1e-12)


def test_momentum_without_a_gradient_keeps_the_clean_image(digits):
    images, labels = digits
    module = nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).double()
    nn.init.zeros_(module[1].weight)
    assert torch.equal(perturb(module, images, labels, MIFGSM(), THREAT, STD, 0), images)


def test_a_gradient_that_is_no_number_is_an_error_not_robustness(grey):
    class Root(nn.Linear):
        """The output is finite everywhere; the derivative of the square root at 0 is infinite."""

        def forward(self, images):
            return super().forward(images.flatten(1)) + (0.0 * images).sum().sqrt()

    with pytest.raises(InputError, match="finite logits and gradients"):
        one_step = L2BIM(steps=1, step_size=1.0)
        perturb(Root(36, 2).double(), grey.images, grey.labels, one_step, THREAT, STD, 0)


@every_attack
def test_empty_batches_and_byte_labels(grey, attack):
    empty = perturb(grey.network, grey.images[:0], grey.labels[:0], attack, THREAT, STD, 0)
    assert empty.shape == (0, 1, 6, 6)
    found = perturb(grey.network, grey.images, grey.labels.byte(), attack, THREAT, STD, 0)
    assert torch.equal(found, perturb(grey.network, grey.images, grey.labels, attack, THREAT, STD, 0))


@pytest.mark.parametrize("attack", [FGSM(), PGD(), L2BIM()])
def test_epsilon_zero_changes_nothing(grey, attack):
    nothing = ThreatModel(epsilon=0.0)
    assert torch.equal(perturb(grey.network, grey.images, grey.labels, attack, nothing, STD, 0), grey.images)


@pytest.mark.parametrize("wrong", [-0.01, 1.01, float("nan")])
def test_images_must_be_pixels(grey, wrong):
    grey.images[3, 0, 2, 2] = wrong
    with pytest.raises(InputError, match=r"images in \[0, 1\]"):
        perturb(grey.network, grey.images, grey.labels.clamp(0, 1), FGSM(), THREAT, STD, 0)


def test_counts_must_fit_the_stack(lenets, digits):
    images, labels = digits
    with pytest.raises(InputError, match="5 images, 5 labels and 3 seeds for 3 members"):
        perturb_members(lenets, images, labels, FGSM(), THREAT, STD, [1, 2, 3])


@every_attack
def test_a_diverged_member_is_told_from_the_others(lenets, digits, attack):
    images, labels = digits[0].repeat(3, 1, 1, 1), digits[1].repeat(3)
    lenets.weights["fc3.bias"].data[2] = float("nan")
    _, finite = perturb_members(lenets, images, labels, attack, THREAT, STD, [1, 2, 3])
    assert finite.tolist() == [True, True, False]
    with pytest.raises(InputError, match="finite logits and gradients"):
        perturb(lenets.member(2), images[:5], labels[:5], attack, THREAT, STD, 3)


@every_attack
def test_an_interruption_ends_the_attack_at_the_next_forward_pass(grey, attack):
    passes = 0

    def stop_at_third() -> None:
        nonlocal passes
        passes += 1
        if passes == 3:
            raise KeyboardInterrupt

    state = torch.get_rng_state()
    if attack.forwards < 3:
        perturb(grey.network, grey.images, grey.labels, attack, THREAT, STD, 0, stop_at_third)
        assert passes == attack.forwards
        return
    with pytest.raises(KeyboardInterrupt):
        perturb(grey.network, grey.images, grey.labels, attack, THREAT, STD, 0, stop_at_third)
    assert passes == 3 and torch.equal(torch.get_rng_state(), state)


@every_attack
def test_attacks_take_as_many_passes_as_they_announce(grey, attack):
    passes = []
    perturb(grey.network, grey.images, grey.labels, attack, THREAT, STD, 0, lambda: passes.append(1))
    assert len(passes) == attack.forwards
