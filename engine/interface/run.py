"""Run: one run of the store, for use in Python. No torch until a network is built."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.documents import problem_of
from engine.errors import InputError
from engine.interface.laboratory import Laboratory
from engine.measurements.evaluation.read import read_report, read_reports
from engine.queue.overview import RunOverview, RunStatus, read_overview
from engine.queue.submission import check_finished
from engine.robustness.report import RobustnessReport
from engine.runs.model_config import ModelConfig
from engine.runs.records import read_conv_weights, read_metrics
from engine.runs.run_files import load_weights

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, repr=False)
class Run:
    """One run. Attributes are read from the store at each access, so a run can be followed while it trains.

    Runs come from `engine.train`, `engine.load_run` and `engine.list_runs`.

    >>> run = engine.load_run("mnist-min-max-3b2d64994a")
    >>> run.label, run.status, run.dataset
    ('Min-Max λ 0.1 μ 0.1 · seed 1', 'finished', 'mnist')
    >>> run.weights("conv1").shape
    (11, 150)
    """

    run_id: str
    laboratory: Laboratory

    def __repr__(self) -> str:
        try:
            overview = self._overview()
        except InputError:
            return f"<Run {self.run_id}, not in {self.laboratory.root}>"
        accuracy = overview.document()["clean_accuracy"]
        words = [self.run_id, overview.label, overview.status]
        words += [] if accuracy is None else [f"clean accuracy {100 * accuracy:.1f} %"]
        return f"<Run {', '.join(words)}>"

    @property
    def config(self) -> ModelConfig:
        """Configuration that determines the run's weights; for imported weights, only the network."""
        return self.laboratory.store.config(self.run_id)

    @property
    def dataset(self) -> str:
        """Name of the data set."""
        return self.config.dataset

    @property
    def variant(self) -> str:
        """Name of the variant: std, std+l1, std+l2, adv, min-max or custom."""
        return self.config.variant

    @property
    def label(self) -> str:
        """Label of the run in charts: the name that users gave it or, without one, variant, strengths and seed."""
        return self._overview().label

    @property
    def status(self) -> RunStatus:
        """Status: queued, running, stopping, stopped, finished, failed, interrupted or damaged."""
        return self._overview().status

    @property
    def error(self) -> str | None:
        """Reason for the failure of the run, or its damage; None if there is none."""
        return self._overview().error

    @property
    def clean_accuracy(self) -> float | None:
        """Accuracy on unperturbed images, in [0, 1]: on the whole test set for a finished run, else that of the newest
        snapshot; None before the first snapshot.
        """
        return self.summary["clean_accuracy"]

    @property
    def summary(self) -> dict[str, Any]:
        """The run's settings and numbers, as `python -m engine runs --json` prints them."""
        return self._overview().document()

    @property
    def history(self) -> list[dict[str, Any]]:
        """One row per snapshot, the first before training; `pandas.DataFrame(run.history)` makes a table.

        Columns: snapshot, step, epoch, loss (mean cross entropy since the last snapshot), penalty, clean_accuracy,
        probed_robust_accuracy (of the robustness probe; None if it did not run), seconds, and for every convolutional
        layer `<layer>_fuzziness` (nats), `<layer>_near_zero` (count) and `<layer>_largest_weight`.
        """
        return [_row(record) for record in read_metrics(self.laboratory.store.folder(self.run_id))]

    def weights(self, layer: str = "conv1") -> np.ndarray:
        """Weights of a convolutional layer at every snapshot, without biases; shape (snapshots, n) float32.

        Raises:
            InputError: the network has no such convolutional layer.
        """
        layers = self.config.conv_layers
        if layer not in layers:
            raise InputError(
                f"a convolutional layer, one of {', '.join(layers)}", repr(layer), "Choose one of these names."
            )
        return read_conv_weights(self.laboratory.store.folder(self.run_id), layer)

    def network(self, device: str = "cpu") -> nn.Module:
        """The trained network in evaluation mode: pixels (B, C, H, W) in [0, 1] -> logits (B, classes).

        Raises:
            InputError: the run has no final weights, or its file is damaged.
        """
        from engine.runs.load_network import build_trained  # imports torch

        store = self.laboratory.store
        check_finished(store, self.run_id)
        return build_trained(self.config, load_weights(store.folder(self.run_id))).eval().to(device)

    @property
    def reports(self) -> dict[str, RobustnessReport]:
        """Protocol id -> robustness report of every evaluation of this run, oldest first.

        Damaged files are left out with a warning.
        """
        paths = self.laboratory.store.report_paths(self.run_id)
        for problem in filter(None, (problem_of(read_report, path) for path in paths)):
            warnings.warn(problem, stacklevel=2)
        return read_reports(self.laboratory.store, self.run_id)

    def _overview(self) -> RunOverview:
        return read_overview(self.laboratory.store, self.run_id, self.laboratory.queue.job(self.run_id))


def _row(record: dict[str, Any]) -> dict[str, Any]:
    """Row of a snapshot: one column per layer and quantity; the probe's accuracy is `probed_robust_accuracy`."""
    row = {name: value for name, value in record.items() if not isinstance(value, dict)}
    row["probed_robust_accuracy"] = row.pop("robust_accuracy", None)
    by_layer = {
        name: value for name, value in record.items() if isinstance(value, dict) and name not in ("weights", "rows")
    }
    return row | {f"{layer}_{name}": value for name, values in by_layer.items() for layer, value in values.items()}
