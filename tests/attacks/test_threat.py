import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.attacks.threat import ThreatModel, in_image_range
from engine.data.catalog import CIFAR_STD

THREATS = st.builds(
    ThreatModel,
    norm=st.sampled_from(["linf", "l2"]),
    unit=st.sampled_from(["pixel", "normalized"]),
    epsilon=st.floats(0.0, 10.0),
)


def test_normalized_units_by_hand():
    threat = ThreatModel(norm="linf", epsilon=0.3, unit="normalized")
    assert threat.pixel_budget((0.3081,)) == pytest.approx((0.09243,))
    assert threat.pixel_budget(CIFAR_STD) == pytest.approx((0.06069, 0.05982, 0.0603))
    assert ThreatModel(norm="linf", epsilon=0.3, unit="pixel").pixel_budget(CIFAR_STD) == (0.3, 0.3, 0.3)


@pytest.mark.parametrize(
    ("norm", "unit", "size"),
    [
        ("linf", "pixel", 0.4),
        ("linf", "normalized", 0.4 / 0.2023),
        ("l2", "pixel", 0.5),
        ("l2", "normalized", ((0.3 / 0.1994) ** 2 + (0.4 / 0.2023) ** 2) ** 0.5),
    ],
)
def test_size_by_hand(norm, unit, size):
    """0.3 in the second channel and -0.4 in the first, the rest unchanged."""
    images = np.full((1, 3, 2, 2), 0.5)
    adversarial = images.copy()
    adversarial[0, 1, 0, 1] += 0.3
    adversarial[0, 0, 1, 1] -= 0.4
    assert ThreatModel(norm=norm, unit=unit).perturbation_size(images, adversarial, CIFAR_STD) == pytest.approx([size])


@settings(deadline=None)
@given(THREATS, st.integers(0, 2**32 - 1), st.floats(0.0, 3.0))
def test_projection_lands_in_ball_and_box_and_stays(threat, seed, spread):
    rng = np.random.default_rng(seed)
    images = torch.from_numpy(rng.random((4, 3, 5, 5), np.float32).round(rng.integers(0, 8)))
    wild = images + torch.from_numpy(rng.normal(0, spread, images.shape).astype(np.float32))
    projected = threat.project(images, wild, CIFAR_STD)
    assert projected.dtype == torch.float32
    assert threat.within_budget(images, projected, CIFAR_STD).all()
    assert torch.equal(threat.project(images, projected, CIFAR_STD), projected)


@settings(deadline=None)
@given(st.sampled_from(["linf", "l2"]), st.integers(0, 2**32 - 1))
def test_projection_keeps_what_is_allowed_and_moves_no_further_than_needed(norm, seed):
    rng = np.random.default_rng(seed)
    images = torch.from_numpy(rng.random((1, 3, 4, 4)))
    other = torch.from_numpy(rng.random((1, 3, 4, 4)))
    size = ThreatModel(norm=norm).perturbation_size(images, other, CIFAR_STD)[0]
    wide, tight = (ThreatModel(norm=norm, epsilon=factor * size) for factor in (1.01, 0.5))
    assert torch.allclose(wide.project(images, other, CIFAR_STD), other, atol=1e-12)
    projected = tight.project(images, other, CIFAR_STD)
    assert tight.perturbation_size(images, projected, CIFAR_STD) == pytest.approx([0.5 * size])
    halved = (images + other) / 2
    assert (projected - other).norm() <= (halved - other).norm() + 1e-12
    if norm == "l2":
        assert torch.allclose(projected, halved)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_rounding_cannot_leave_the_ball(norm):
    """All pixels are equal, so the rounding errors of all 3,072 have the same sign."""
    for level in np.linspace(0.5, 0.9, 41, dtype=np.float32):
        images = torch.full((1, 3, 32, 32), float(level))
        threat = ThreatModel(norm=norm, epsilon=0.05 if norm == "linf" else 1.0, unit="normalized")
        projected = threat.project(images, torch.ones_like(images), (0.02, 0.02, 0.02))
        assert threat.perturbation_size(images, projected, (0.02, 0.02, 0.02)) <= threat.epsilon


def test_budget_refuses_what_leaves_ball_or_box_or_is_no_number():
    images = np.full((5, 1, 2, 2), 0.9)
    adversarial = images + np.array([0.0, 0.1 - 1e-9, 0.11, -0.11, np.nan]).reshape(5, 1, 1, 1)
    adversarial[1, 0, 0, 0] = 1.0 + 1e-9
    threat = ThreatModel(norm="linf", epsilon=0.1, unit="pixel")
    assert threat.within_budget(images, adversarial, (0.5,)).tolist() == [True, False, False, False, False]
    assert in_image_range(adversarial).tolist() == [True, False, False, True, False]


@pytest.mark.parametrize(
    "wrong", [{"epsilon": -0.1}, {"epsilon": float("inf")}, {"norm": "l1"}, {"unit": "bytes"}, {"eps": 0.3}]
)
def test_invalid_threats_are_refused(wrong):
    with pytest.raises(ValidationError):
        ThreatModel(**wrong)


def test_what_pages_import_needs_no_torch():
    code = "import sys, engine.robustness.report; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
