"""Properties of every attack of the catalog: on any network, image and budget, and against closed forms."""

from functools import lru_cache

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.attacks.attack_config import FORWARD_SHARE, AttackConfig
from engine.attacks.catalog import ATTACKS
from engine.attacks.configs import APGD, FAB, FGSM, PGD, CarliniWagner, DeepFool, Square, TargetedAPGD
from engine.attacks.perturb import perturb, perturb_members
from engine.attacks.threat import ThreatModel
from engine.data.catalog import CIFAR_STD, dataset_spec
from engine.models.architectures import ARCHITECTURES, build_model
from engine.models.stack import Stack

FEW = {"steps": 3, "step_size": 0.5, "restarts": 2, "targets": 3, "search_rounds": 2, "queries": 15}
NETWORKS = [
    pytest.param(architecture, dataset, id=f"{name}-{dataset}")
    for name, architecture in ARCHITECTURES.items()
    for dataset in ("mnist", "cifar10")
    if architecture.fits(dataset_spec(dataset).shape)
]
IMAGES = 3


def quick(attack: AttackConfig) -> AttackConfig:
    return attack.model_copy(update={name: few for name, few in FEW.items() if name in type(attack).model_fields})


@lru_cache
def network(architecture: str, dataset: str, seed: int) -> nn.Module:
    spec = dataset_spec(dataset)
    return build_model(architecture, seed, spec.shape, len(spec.classes), spec.mean, spec.std)


def scaled(architecture: str, dataset: str, seeds: list[int], weights: float, biases: float) -> Stack:
    """Freshly initialized members with weights and biases multiplied by these factors."""
    stack = Stack.of([network(architecture, dataset, seed) for seed in seeds])
    with torch.no_grad():
        for name, value in stack.weights.items():
            value.mul_(biases if name.endswith("bias") else weights)
    return stack


def painted(content: str, seed: int, shape: tuple[int, ...]) -> Tensor:
    """(IMAGES, C, H, W) float32: empty, full, noise, black and white, or gray strokes on an empty image."""
    noise = torch.from_numpy(np.random.default_rng(seed).random((IMAGES, *shape), np.float32))
    match content:
        case "empty":
            return torch.zeros_like(noise)
        case "full":
            return torch.ones_like(noise)
        case "two-level":
            return noise.round()
        case "strokes":
            return noise.where(noise > 0.8, 0.0)
    return noise


def largest_excess(images: np.ndarray, adversarial: np.ndarray, threat: ThreatModel, norm: str, std) -> float:
    """Excess of the largest perturbation over 1.0001 epsilon, recomputed in float64."""
    delta = adversarial.astype(np.float64) - images.astype(np.float64)
    if threat.unit == "normalized":
        delta = delta / np.reshape(std, (-1, 1, 1))
    sizes = [np.max(np.abs(own)) if norm == "linf" else np.linalg.norm(own.ravel()) for own in delta]
    return max(sizes) - 1.0001 * threat.epsilon


@pytest.mark.parametrize(("architecture", "dataset"), NETWORKS)
@pytest.mark.parametrize("attack", map(quick, ATTACKS.values()), ids=ATTACKS.keys())
@settings(max_examples=1, deadline=None, derandomize=True)
@given(
    weights=st.sampled_from([0.0, 1e-3, 1.0, 10.0, 100.0]),
    biases=st.sampled_from([0.0, 1.0, 100.0]),
    content=st.sampled_from(["empty", "full", "noise", "two-level", "strokes"]),
    epsilon=st.floats(0.0, 2.0),
    unit=st.sampled_from(["pixel", "normalized"]),
    seed=st.integers(0, 99),
    members=st.integers(1, 2),
)
@example(weights=0.0, biases=0.0, content="full", epsilon=0.3, unit="normalized", seed=0, members=2)
@example(weights=0.0, biases=1.0, content="noise", epsilon=1e-60, unit="normalized", seed=0, members=1)
@example(weights=100.0, biases=1.0, content="empty", epsilon=0.3, unit="pixel", seed=0, members=1)
@example(weights=1.0, biases=1.0, content="strokes", epsilon=2.0, unit="pixel", seed=1, members=2)
def test_images_stay_in_range_and_budget(
    attack, architecture, dataset, weights, biases, content, epsilon, unit, seed, members
):
    """Networks range from constant to saturated; two of three labels are correct before the attack."""
    spec = dataset_spec(dataset)
    threat = ThreatModel(epsilon=epsilon, unit=unit)
    stack = scaled(architecture.name, dataset, [seed, seed + 1][:members], weights, biases)
    images = painted(content, seed, spec.shape).repeat(members, 1, 1, 1)
    with torch.no_grad():
        labels = stack(images).argmax(dim=1)
    labels[::IMAGES] = (labels[::IMAGES] + 1) % len(spec.classes)
    adversarial, finite = perturb_members(stack, images, labels, attack, threat, spec.std, [seed] * members)

    assert finite.all()

    assert adversarial.dtype == images.dtype and adversarial.shape == images.shape
    assert adversarial.isfinite().all() and adversarial.min() >= 0.0 and adversarial.max() <= 1.0
    if not attack.minimizes:
        ball = threat.model_copy(update={"norm": attack.norm})
        assert ball.within_budget(images, adversarial, spec.std).all()
        assert largest_excess(images.numpy(), adversarial.numpy(), threat, attack.norm, spec.std) <= 0.0


class LinearTruth:
    """A linear model and images well inside [0, 1], whose distances to the nearest boundary are known."""

    def __init__(self, weight: Tensor, std: tuple[float, ...], n: int) -> None:
        """weight: (classes, pixels) float64; the images are square."""
        classes, pixels = weight.shape
        shape = len(std), round((pixels / len(std)) ** 0.5), -1
        self.std, self.weight = std, weight
        self.module = nn.Sequential(nn.Flatten(), nn.Linear(pixels, classes)).double()
        with torch.no_grad():
            self.module[1].weight.copy_(weight)
            self.module[1].bias.copy_(-weight.sum(dim=1) / 2.0)
        noise = torch.rand(n, pixels, generator=torch.Generator().manual_seed(n), dtype=torch.float64)
        self.images = (0.35 + 0.3 * noise).unflatten(1, shape)
        self.labels = self.predictions(self.images)

    def predictions(self, images: Tensor) -> Tensor:
        with torch.no_grad():
            return self.module(images).argmax(dim=1)

    def distances(self, norm: str, std: tuple[float, ...]) -> np.ndarray:
        """(n,) in units of `std`: smallest over the other classes of margin / dual norm of the weights' difference."""
        with torch.no_grad():
            logits = self.module(self.images).numpy()
        per_pixel, found = self.weight.numpy() * np.repeat(std, self.weight.shape[1] // len(std)), []
        for own, label in zip(logits, self.labels, strict=True):
            slopes = np.linalg.norm(per_pixel[label] - per_pixel, ord=1 if norm == "linf" else 2, axis=1)
            found.append(min((own[label] - own[j]) / slopes[j] for j in range(len(own)) if j != label))
        return np.array(found)

    def broken(self, attack: AttackConfig, factor: float) -> list[bool]:
        """Attack each image separately, with an epsilon of `factor` times its distance."""
        found = []
        for i, distance in enumerate(self.distances("linf", self.std)):
            threat, one = ThreatModel(epsilon=factor * distance, unit="normalized"), slice(i, i + 1)
            adversarial = perturb(self.module, self.images[one], self.labels[one], attack, threat, self.std, 0)
            found.append(bool(self.predictions(adversarial) != self.labels[one]))
        return found

    def ratios(self, attack: AttackConfig) -> np.ndarray:
        """(n,) perturbation size / distance for an attack that minimizes, in pixels; all results are adversarial."""
        found = perturb(self.module, self.images, self.labels, attack, ThreatModel(), self.std, 0)
        assert (self.predictions(found) != self.labels).all()
        pixels = (1.0,) * len(self.std)
        sizes = ThreatModel(norm=attack.norm, unit="pixel").perturbation_size(self.images, found, pixels)
        return sizes / self.distances(attack.norm, pixels)


def random_truth(classes: int, std: tuple[float, ...]) -> LinearTruth:
    generator = torch.Generator().manual_seed(len(std))
    return LinearTruth(torch.randn(classes, len(std) * 36, generator=generator, dtype=torch.float64), std, 6)


every_std = pytest.mark.parametrize("std", [(0.3081,), CIFAR_STD, (0.1, 0.2, 0.4)], ids=["grey", "cifar", "uneven"])


@every_std
@pytest.mark.parametrize(
    ("attack", "classes", "factor"),
    [
        pytest.param(TargetedAPGD(steps=20), 4, 1.02, id="apgd-t"),
        pytest.param(APGD(steps=20, restarts=1), 2, 1.02, id="apgd-ce-two-classes"),
        pytest.param(APGD(steps=20, restarts=1), 4, 2.0, id="apgd-ce"),
        pytest.param(APGD(name="apgd-dlr", steps=20, restarts=1), 4, 2.0, id="apgd-dlr"),
    ],
)
def test_apgd_breaks_what_lies_within_epsilon_and_nothing_else(attack, classes, factor, std):
    """With several classes, an untargeted loss moves toward all of them, not to the nearest boundary."""
    truth = random_truth(classes, std)
    assert truth.broken(attack, factor) == [True] * 6
    assert truth.broken(attack, 0.99) == [False] * 6


def test_square_comes_within_a_quarter_of_the_optimum():
    """Weights have the same sign in each block of 7 x 7 pixels, which squares can cover."""
    generator = torch.Generator().manual_seed(0)
    signs = torch.randn(4, 4, generator=generator, dtype=torch.float64).sign().kron(torch.ones(7, 7))
    weight = (signs * torch.rand(28, 28, generator=generator, dtype=torch.float64)).flatten()
    truth = LinearTruth(torch.stack([torch.zeros_like(weight), weight]), (0.3081,), 2)
    assert truth.broken(Square(queries=1_000), 1.25) == [True] * 2
    assert truth.broken(Square(queries=100), 0.99) == [False] * 2


@every_std
def test_fab_finds_the_nearest_boundary_to_a_fiftieth(std):
    ratios = random_truth(4, std).ratios(FAB(steps=20))
    assert (ratios >= 1.0).all() and (ratios <= 1.02).all()


@every_std
@pytest.mark.parametrize("overshoot", [0.02, 0.3])
def test_deepfool_crosses_the_nearest_boundary_by_its_overshoot(std, overshoot):
    ratios = random_truth(4, std).ratios(DeepFool(overshoot=overshoot))
    np.testing.assert_allclose(ratios, 1.0 + overshoot, rtol=1e-6)


@pytest.mark.parametrize("attack", [quick(attack) for name, attack in ATTACKS.items() if name != "deepfool"], ids=str)
def test_no_attack_takes_more_passes_than_it_announces(attack):
    """The attack cannot break these images, so every start and every class uses all of its passes."""
    truth, passes = random_truth(5, (0.3081,)), []
    nothing = ThreatModel(epsilon=1e-9)
    perturb(truth.module, truth.images, truth.labels, attack, nothing, truth.std, 0, lambda: passes.append(1))
    assert 0 < len(passes) <= attack.forwards
    assert attack.gradients <= len(passes)


@pytest.mark.parametrize(
    ("attack", "cost"),
    [
        (FGSM(), 1),
        (PGD(steps=40), 40),
        (CarliniWagner(steps=100, search_rounds=9), 900 + 9 * FORWARD_SHARE),
        (Square(queries=100), 104 * FORWARD_SHARE),
        (APGD(steps=100, restarts=5), 505 + 2 * FORWARD_SHARE),
    ],
)
def test_passes_without_a_gradient_cost_their_share(attack, cost):
    assert attack.cost == pytest.approx(cost)
