"""Results of the simulation of Theorem 1, in words."""

import numpy as np

from dashboard.frames.theory import theorem_frame
from dashboard.theory.verdict import row_at, verdict_title, verdict_words
from engine.minmax.gradients import Comparison, Estimate


def test_verdicts_in_words():

    p1, error = np.array([0.05, 0.5, 0.9]), np.full(3, 0.01)
    found = Comparison(
        Estimate(np.float64(0.3), np.float64(0.01)),
        Estimate(np.array([0.2, 0.2, 0.3]), error),
        Estimate(np.array([-0.1, -0.1, 0.0]), error),
    )
    frame = theorem_frame(p1, found, (0.0, 0.0), (None, None))
    titles = [verdict_title(row_at(frame, value)) for value in p1]
    assert titles[0].endswith("holds, as the corrected condition predicts.")
    assert titles[1].endswith("holds, which the corrected condition does not predict.")
    assert "is within noise" in titles[2]
    words = verdict_words(row_at(frame, 0.5))
    assert "0.2 ± 0.02 in model b, 0.3 ± 0.02 in model a; b − a = −0.1 ± 0.02" in words
    assert "0.2500 > 1/12" in words and "0.0475 < 1/12" in verdict_words(row_at(frame, 0.05))
