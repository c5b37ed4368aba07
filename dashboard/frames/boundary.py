"""Confidence of one image against epsilon."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.frames.tables import IDENTITY, identities
from engine.queue.overview import RunOverview

BOUNDARY = ("epsilon", "true_probability", "is_correct")


def boundary_frame(
    runs: Sequence[RunOverview],
    ladders: Mapping[str, Mapping[float, Mapping[str, np.ndarray]]],
    position: int,
    truth: int,
) -> pd.DataFrame:
    """One row per run and epsilon at which the image was attacked: run_id, label, variant, and BOUNDARY.

    Args:
        ladders: run_id -> epsilon, ascending from 0 for the clean image -> predictions (n,) and probabilities
            (n, classes); empty where the run was not attacked this way.
        position: index of the image in these arrays; truth: its class.
    """
    who = identities(runs)
    rows = [
        {
            **who[run_id],
            "epsilon": epsilon,
            "true_probability": float(found["probabilities"][position][truth]),
            "is_correct": int(found["predictions"][position]) == truth,
        }
        for run_id, ladder in ladders.items()
        for epsilon, found in ladder.items()
        if found and position < len(found["predictions"])
    ]
    return pd.DataFrame(rows, columns=[*IDENTITY, *BOUNDARY])
