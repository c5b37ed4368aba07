"""Transfer of adversarial images between runs, as tables."""

from collections.abc import Sequence
from dataclasses import astuple, fields

import numpy as np
import pandas as pd

from dashboard.frames.labels import unique_labels
from engine.queue.overview import RunOverview
from engine.robustness.transfer import Transfer, TransferFigures

PAIR = ("source_id", "target_id", "source", "target", "is_white_box")


def transfer_frame(runs: Sequence[RunOverview], transfers: Sequence[Transfer]) -> pd.DataFrame:
    """One row per measured pair of these runs, in their order: PAIR and the fields of TransferFigures.

    source, target: labels of the runs.
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
    """Accuracy in percent, with sources as rows and targets as columns; NaN where nothing was measured.

    Args:
        frame: from `transfer_frame`; labels: of all rows and columns, in order.
    """
    matrix = frame.pivot(index="source", columns="target", values="accuracy")
    return 100 * matrix.reindex(index=list(labels), columns=list(labels)).astype(np.float64)
