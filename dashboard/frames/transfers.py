"""Images made on one run, classified by others."""

from collections.abc import Sequence
from dataclasses import astuple, fields

import numpy as np
import pandas as pd

from dashboard.frames.labels import unique_labels
from engine.queue.overview import RunOverview
from engine.robustness.transfer import Transfer, TransferFigures

PAIR = ("source_id", "target_id", "source", "target", "is_white_box")


def transfer_frame(runs: Sequence[RunOverview], transfers: Sequence[Transfer]) -> pd.DataFrame:
    """One row per pair of these runs that was measured, in their order: PAIR and all of TransferFigures.

    source, target: labels.
    """
    labels = unique_labels(runs)
    found = {(transfer.source, transfer.target): transfer for transfer in transfers}
    rows = []
    for source in labels:
        for target in labels:
            if (source, target) in found:
                pair = (source, target, labels[source], labels[target], source == target)
                rows.append((*pair, *astuple(found[source, target].figures())))
    frame = pd.DataFrame(rows, columns=[*PAIR, *(field.name for field in fields(TransferFigures))])
    return frame.astype({name: np.float64 for name in ("accuracy", "clean_accuracy", "rate", "low", "high")})


def accuracy_matrix(frame: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Accuracy in percent, sources downwards and targets to the right; NaN where nothing was measured.

    Args:
        frame: as from `transfer_frame`; labels: of all rows and columns, in their order.
    """
    matrix = frame.pivot(index="source", columns="target", values="accuracy")
    return 100 * matrix.reindex(index=list(labels), columns=list(labels)).astype(np.float64)
