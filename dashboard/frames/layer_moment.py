"""One layer of several runs at one epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from dashboard.frames.histories import snapshot_at
from dashboard.frames.labels import LAYERS, unique_labels
from engine.queue.overview import RunOverview
from engine.runs.film import Film


@dataclass(frozen=True)
class LayerMoment:
    """One layer of the runs that have it, at one epoch.

    records: run_id -> its snapshots. weights: run_id -> (snapshots, n).
    """

    layer: str
    epoch: float
    runs: Sequence[RunOverview]
    records: Mapping[str, Sequence[dict]]
    weights: Mapping[str, np.ndarray | Film]
    nbytes: ClassVar[int] = 100_000  # an estimate: it refers to records and films that are kept without it

    @property
    def title(self) -> str:
        return LAYERS[self.layer]

    @property
    def title_now(self) -> str:
        return f"{self.title} {self.when}"

    @cached_property
    def when(self) -> str:
        """The moment in words, with the epochs of the runs whose records end before it."""
        now = f"{self.epoch:.2f}"
        last = {run_id: min(len(self.records[run_id]), len(self.weights[run_id])) - 1 for run_id in self.positions}
        ends = [self.records[run_id][end]["epoch"] for run_id, end in last.items() if end == self.positions[run_id]]
        earlier = sorted(epoch for epoch in ends if epoch < self.epoch and f"{epoch:.2f}" != now)
        if not earlier:
            return f"at epoch {now}"
        span = dict.fromkeys(f"{epoch:.2f}" for epoch in (earlier[0], earlier[-1]))
        return f"at epoch {now} ({len(earlier)} of {len(last)} runs: {' to '.join(span)})"

    def dated(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with a column `epoch`: the epoch of each run's snapshot, which can be earlier than this moment."""
        epochs = {run_id: self.records[run_id][place]["epoch"] for run_id, place in self.positions.items()}
        return table.assign(epoch=[epochs[run_id] for run_id in table["run_id"].tolist()])

    @cached_property
    def labels(self) -> dict[str, str]:
        return unique_labels(self.runs)

    @cached_property
    def positions(self) -> dict[str, int]:
        """run_id -> index of the newest snapshot at or before `epoch`, for runs that have one."""
        found = {run.run_id: snapshot_at(self.records[run.run_id], self.epoch) for run in self.runs}
        return {
            run_id: min(position, len(self.weights[run_id]) - 1)
            for run_id, position in found.items()
            if position is not None and len(self.weights[run_id])
        }

    @cached_property
    def now(self) -> dict[str, np.ndarray]:
        """Label -> weights at this moment."""
        return {self.labels[run_id]: self.weights[run_id][place] for run_id, place in self.positions.items()}
