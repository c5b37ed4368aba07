"""What is recorded of the Std and the Min-Max run of the first page, as far as their scenes need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from engine.data.catalog import DatasetSpec
from engine.measurements.curve.read import read_curves, read_thresholds
from engine.measurements.evaluation.arrays import read_evaluated
from engine.measurements.evaluation.read import read_reports
from engine.measurements.evaluation.survivors import CLEAN
from engine.measurements.transfer.read import read_transfers
from engine.minmax.threshold import PixelThreshold
from engine.robustness.curve import RobustnessCurve
from engine.robustness.report import RobustnessReport
from engine.robustness.transfer import Transfer
from engine.runs.run_files import adversarial_path
from engine.runs.store import RunStore

ATTACK = "pgd"
"""Attack of the scenes with images."""

ANSWERS = {"adversarial_images", "predictions", "probabilities"}
NEEDED = {ATTACK: ANSWERS, CLEAN: ANSWERS | {"labels", "sample_ids"}}
"""Arrays without which an evaluation is left out, such as that of a run recorded without images."""


class Network(NamedTuple):
    """Name and color of a network on the page."""

    name: str
    color: str


class Weights(NamedTuple):
    """Weights of the first convolution at every snapshot.

    values: (snapshots, n) float32; epochs, fuzziness, near_zero: (snapshots,), as recorded.
    kernel: (filters, input channels, height, width).
    """

    values: np.ndarray
    epochs: np.ndarray
    fuzziness: np.ndarray
    near_zero: np.ndarray
    kernel: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Recorded:
    """One network's results; arrays: of an evaluation, (protocol id, attack) -> array name -> array."""

    network: Network
    spec: DatasetSpec
    reports: Mapping[str, RobustnessReport]
    arrays: Mapping[tuple[str, str], Mapping[str, np.ndarray]]
    curves: Sequence[RobustnessCurve]
    thresholds: Sequence[PixelThreshold]

    @cached_property
    def ladder(self) -> dict[float, str]:
        """Normalized epsilon -> protocol under which ATTACK has images, the one with the most images; ascending."""
        found: dict[float, str] = {}
        for protocol, report in sorted(self.reports.items(), key=lambda one: one[1].n):
            threat = report.threat
            has_images = (protocol, ATTACK) in self.arrays and (protocol, CLEAN) in self.arrays
            if has_images and (threat.norm, threat.unit) == ("linf", "normalized"):
                found[threat.epsilon] = protocol
        return dict(sorted(found.items()))

    def attacked(self, epsilon: float, sample: int) -> tuple[Mapping[str, np.ndarray], int]:
        """Results under ATTACK at an epsilon of the ladder, 0 for the clean ones, and the position of a sample."""
        protocol = self.ladder[epsilon] if epsilon else next(iter(self.ladder.values()))
        position = self.arrays[protocol, CLEAN]["sample_ids"].tolist().index(sample)
        return self.arrays[protocol, ATTACK if epsilon else CLEAN], position


@dataclass(frozen=True, eq=False)
class Pair:
    """Std and Min-Max; transfers: protocol id -> Min-Max on the images that ATTACK made on Std."""

    std: Recorded
    minmax: Recorded
    transfers: Mapping[str, Transfer]

    @property
    def both(self) -> tuple[Recorded, Recorded]:
        return self.std, self.minmax

    @property
    def steps(self) -> list[float]:
        """Epsilons, ascending, at which both networks have images under the same protocol."""
        shared = self.std.ladder.items() & self.minmax.ladder.items()
        return sorted(epsilon for epsilon, _ in shared)


def read_recorded(store: RunStore, run_id: str, network: Network) -> Recorded:
    """Read a run's measurements; what is missing or damaged is left out."""
    reports = read_reports(store, run_id)
    arrays = {}
    for protocol in reports:
        for attack in (CLEAN, ATTACK):
            try:
                found = read_evaluated(adversarial_path(store.path(run_id), protocol, attack))
            except (OSError, ValueError):
                continue
            if NEEDED[attack] <= found.keys():
                arrays[protocol, attack] = found
    return Recorded(
        network,
        store.config(run_id).dataset_spec,
        reports,
        arrays,
        read_curves(store, run_id),
        read_thresholds(store, run_id),
    )


def read_pair(store: RunStore, std: tuple[str, Network], minmax: tuple[str, Network]) -> Pair:
    """Read both runs, each named by its run id."""
    transfers = {
        protocol: transfer
        for (protocol, attack, target), transfer in read_transfers(store, std[0]).items()
        if attack == ATTACK and target == minmax[0]
    }
    return Pair(read_recorded(store, *std), read_recorded(store, *minmax), transfers)
