"""Synthetic comparisons of both models of Theorem 1."""

import numpy as np

from dashboard.frames.theory import (
    theorem_frame,
)
from engine.minmax.gradients import Comparison, Estimate

P1 = np.array([0.01, 0.05, 0.2, 0.5, 0.8, 0.95])


def estimate(mean, error) -> Estimate:
    return Estimate(np.asarray(mean, float), np.asarray(error, float))


def comparison(differences, error=0.01) -> Comparison:
    """A comparison with model a at 0.3 and model b larger by `differences`."""
    shape = np.full(len(differences), error)
    return Comparison(estimate(0.3, error), estimate(0.3 + np.array(differences), shape), estimate(differences, shape))


def theorem_table(differences=(-0.2, -0.1, 0.01, 0.2, 0.3, -0.1)):
    return theorem_frame(P1, comparison(differences), (0.25, 0.4 + 0 * P1), (None, None))
