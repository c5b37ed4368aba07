"""Comparison with Foolbox on trained LeNets and equal parameters; detects a wrong sign, unit or step size."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from engine.attacks.catalog import PAPER_ATTACKS
from engine.attacks.configs import FGSM, PGD
from engine.attacks.perturb import perturb
from engine.attacks.threat import ThreatModel
from engine.data.catalog import dataset_spec
from engine.data.sources import SHIPPED as SHIPPED_DATA
from engine.data.sources import load_dataset
from engine.runs.load_network import load_network
from engine.runs.store import SHIPPED, RunStore

with warnings.catch_warnings():
    # Foolbox's blur attack, which nothing here uses, imports from a namespace that scipy is about to drop.
    warnings.filterwarnings("ignore", "Please import `gaussian_filter`", DeprecationWarning)
    import foolbox
    from foolbox.attacks import L2BasicIterativeAttack, LinfBasicIterativeAttack, LinfFastGradientAttack, LinfPGD

pytestmark = pytest.mark.slow
STD = dataset_spec("mnist").std
BATCH = 100
TOLERANCE = 0.02
NORMALIZED, PIXEL = ThreatModel(epsilon=0.3, unit="normalized"), ThreatModel(epsilon=0.1, unit="pixel")
RADIUS = {NORMALIZED: 0.3 * 0.3081, PIXEL: 0.1}
"""Foolbox supports pixels only."""
FROM_THE_IMAGE = LinfPGD(rel_stepsize=0.5, steps=4, random_start=False)


@dataclass
class AttackedImages:
    """A trained network, and the 1,000 test images of mnist-mini in its dtype."""

    network: nn.Module
    images: Tensor
    labels: Tensor

    def accuracy(self, images: Tensor) -> float:
        with torch.no_grad():
            return (self.network(images).argmax(dim=1) == self.labels).double().mean().item()

    def in_batches(self, attack: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        pairs = zip(self.images.split(BATCH), self.labels.split(BATCH), strict=True)
        return torch.cat([attack(images, labels) for images, labels in pairs])

    def ours(self, attack, threat: ThreatModel) -> Tensor:
        return self.in_batches(lambda images, labels: perturb(self.network, images, labels, attack, threat, STD, 0))

    def theirs(self, attack, epsilon: float) -> Tensor:
        model = foolbox.PyTorchModel(self.network, bounds=(0, 1), device="cpu")
        return self.in_batches(lambda images, labels: attack(model, images, labels, epsilons=epsilon)[1])

    def assert_equally_strong(self, ours: Tensor, theirs: Tensor) -> None:
        """The effect exceeds twice the tolerance, so an attack that does nothing fails the test."""
        assert self.accuracy(theirs) < self.accuracy(self.images) - 2.0 * TOLERANCE
        assert self.accuracy(ours) == pytest.approx(self.accuracy(theirs), abs=TOLERANCE)


def attacked_images(run: str, dtype: torch.dtype) -> AttackedImages:
    dataset = load_dataset("mnist-mini", SHIPPED_DATA)
    network = load_network(RunStore(SHIPPED), run, "cpu").to(dtype).eval()
    images = torch.from_numpy(dataset.test_images).to(dtype) / 255
    assert len(images) == 1_000
    return AttackedImages(network, images, torch.from_numpy(dataset.test_labels))


@pytest.fixture(scope="module", params=["mnist-std-55675b1d8a", "mnist-min-max-5796910f98"], ids=["std", "min-max"])
def trained(request) -> AttackedImages:
    """Uses double precision, so that rounding does not change the sign of a gradient."""
    return attacked_images(request.param, torch.float64)


@pytest.mark.parametrize("threat", [NORMALIZED, PIXEL], ids=["normalized", "pixel"])
def test_fgsm_gives_the_same_images(trained, threat):
    ours, theirs = trained.ours(FGSM(), threat), trained.theirs(LinfFastGradientAttack(), RADIUS[threat])
    torch.testing.assert_close(ours, theirs, rtol=0.0, atol=1e-15)
    trained.assert_equally_strong(ours, theirs)


@pytest.mark.parametrize("trained", ["mnist-std-55675b1d8a"], indirect=True, ids=["std"])
@pytest.mark.parametrize(
    ("attack", "threat", "peer"),
    [
        (PAPER_ATTACKS["linf-bim"], NORMALIZED, LinfBasicIterativeAttack(rel_stepsize=1 / 6, steps=10)),
        (PGD(steps=4, step_size=0.5, random_start=False), PIXEL, FROM_THE_IMAGE),
    ],
    ids=["linf-bim", "pgd"],
)
def test_many_steps_give_the_same_images(trained, attack, threat, peer):
    ours, theirs = trained.ours(attack, threat), trained.theirs(peer, RADIUS[threat])
    torch.testing.assert_close(ours, theirs, rtol=0.0, atol=1e-15)
    trained.assert_equally_strong(ours, theirs)


def test_pgd_from_random_starts_is_as_strong():
    """Each library uses its own random starts."""
    std = attacked_images("mnist-std-55675b1d8a", torch.float32)
    ours = std.ours(PGD(steps=15, step_size=0.1), NORMALIZED)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        theirs = std.theirs(LinfPGD(rel_stepsize=0.1, steps=15), RADIUS[NORMALIZED])
    assert not torch.equal(ours, theirs)
    std.assert_equally_strong(ours, theirs)


@pytest.mark.parametrize("trained", ["mnist-std-55675b1d8a"], indirect=True, ids=["std"])
def test_l2_steps_give_the_same_images_where_there_is_a_gradient(trained):
    """Torchattacks divides a gradient by its length plus 1e-10, Foolbox by its length; tiny gradients differ."""
    attack, peer = PAPER_ATTACKS["l2-bim"], L2BasicIterativeAttack(rel_stepsize=1 / 6, steps=10)
    ours = trained.ours(attack, ThreatModel(norm="l2", epsilon=5.0, unit="normalized"))
    theirs = trained.theirs(peer, 5.0 * 0.3081)
    trained.assert_equally_strong(ours, theirs)
    clean = trained.images.clone().requires_grad_()
    loss = nn.functional.cross_entropy(trained.network(clean), trained.labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, clean)
    steep = gradient.flatten(1).norm(dim=1) > 1e-4
    assert steep.sum() > 250
    torch.testing.assert_close(ours[steep], theirs[steep], rtol=0.0, atol=1e-6)
