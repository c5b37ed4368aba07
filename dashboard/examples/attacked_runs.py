"""The runs on the page, with their robustness reports and attack results."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dashboard import measured
from dashboard.examples.families import Family, Reports, attacks_in_ball, attacks_of, ladder_of, protocol_at
from dashboard.figures.coloring import Styles
from dashboard.frames.labels import unique_labels
from dashboard.ui.example_cells import Arrays
from engine.data.catalog import DatasetSpec
from engine.measurements.evaluation.survivors import CLEAN
from engine.queue.overview import RunOverview


@dataclass(frozen=True)
class AttackedRuns:
    """Runs of one data set, their robustness reports, and the styles of their curves."""

    runs: Sequence[RunOverview]
    reports: Reports
    styles: Styles

    @cached_property
    def labels(self) -> dict[str, str]:
        return unique_labels(self.runs)

    @cached_property
    def colors(self) -> dict[str, str]:
        """Color of each run: run_id -> #rrggbb."""
        return {run_id: self.styles[run_id].color for run_id in self.labels}

    @cached_property
    def variants(self) -> dict[str, str]:
        return {run.run_id: run.config.variant for run in self.runs}

    @property
    def spec(self) -> DatasetSpec:
        return self.runs[0].config.dataset_spec


@dataclass(frozen=True)
class Strength:
    """Attack strength: a family of evaluations and one of its epsilons."""

    of: AttackedRuns
    family: Family
    epsilon: float

    @property
    def attacks(self) -> list[str]:
        """Names of the attacks that were run on at least one of the runs."""
        return attacks_of(self.of.reports, self.family)

    @property
    def in_ball(self) -> set[str]:
        """Names of the attacks that are confined to a ball."""
        return attacks_in_ball(self.of.reports, self.family)

    def outcomes(self, attacks: Sequence[str]) -> dict[str, dict[str, Arrays]]:
        """Arrays with images: run_id -> CLEAN or attack -> arrays; empty where the run was not attacked this way."""
        names = (CLEAN, *attacks)
        return {run_id: {name: self._outcome(run_id, name) for name in names} for run_id in self.of.labels}

    def ladder(self, attack: str) -> list[float]:
        """Epsilons, ascending, at which this attack was run in a ball on at least one of the runs."""
        return ladder_of(self.of.reports, self.family, attack)

    def along_ladder(self, attack: str) -> dict[str, dict[float, dict[str, np.ndarray]]]:
        """Arrays without images: run_id -> epsilon of the ladder, from 0 for the clean images -> arrays."""
        return {
            run_id: {0.0: self._examples(run_id, self.epsilon, CLEAN)}
            | {epsilon: self._examples(run_id, epsilon, attack) for epsilon in self.ladder(attack) if epsilon}
            for run_id in self.of.labels
        }

    def _outcome(self, run_id: str, attack: str) -> dict[str, np.ndarray]:
        found = self._examples(run_id, self.epsilon, attack)
        protocol = protocol_at(self.of.reports[run_id], self.family, self.epsilon, attack)
        return {**found, measured.PICTURES: measured.pictures(run_id, protocol or "", attack)} if found else {}

    def _examples(self, run_id: str, epsilon: float, attack: str) -> dict[str, np.ndarray]:
        protocol = protocol_at(self.of.reports[run_id], self.family, epsilon, attack)
        return measured.examples(run_id, protocol, attack) if protocol else {}
