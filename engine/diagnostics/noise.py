"""Random noise inside a threat model, as an attack."""

import numpy as np
import torch

from engine.robustness.attack_session import AttackSession
from engine.robustness.meter import Report, slice_of
from engine.seeds import derive_seed

BATCH = 250
"""Number of noise samples that are drawn and classified together."""


def broken_by_noise(session: AttackSession, tried: np.ndarray, noises: int, report: Report) -> np.ndarray:
    """(n,) bool: images that random noise makes misclassified.

    The noise is uniform in the box of the linf ball, then projected onto the threat model's ball.

    Args:
        tried: (n,) bool, images to which noise is added until one sample breaks the image.
        noises: number of noise samples per image; all images get the same samples.
        report: called with the fraction done before every forward pass.
    """
    broken, setup = np.zeros(len(tried), bool), session.setup
    generator = torch.Generator().manual_seed(derive_seed("noise", setup.seed))
    budget = torch.tensor(setup.threat.pixel_budget(setup.std)).view(-1, 1, 1)
    starts = range(0, noises, BATCH)
    for index, start in enumerate(starts):
        shape = (min(BATCH, noises - start), *session.images.shape[1:])
        noise = budget * (2 * torch.rand(shape, generator=generator) - 1)
        for place, sample in enumerate(np.flatnonzero(tried & ~broken)):
            slice_of(report, index, len(starts))(place / tried.sum())
            broken[sample] = _breaks(session, int(sample), noise)
    return broken


def _breaks(session: AttackSession, sample: int, noise: torch.Tensor) -> bool:
    setup, clean = session.setup, torch.from_numpy(session.images[sample]).expand(noise.shape)
    noisy = setup.threat.project(clean, clean + noise, setup.std)
    with torch.no_grad():
        predictions = session.network(session.tensor(noisy.numpy())).argmax(dim=1)
    return bool((predictions != int(session.labels[sample])).any())
