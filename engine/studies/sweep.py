"""SweepRequest: a grid of λ × μ × seed that is launched as one study. No torch."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import field_validator

from engine.data.identity import identity_words
from engine.errors import InputError
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.request import digest
from engine.minmax.objective import SCOPES, ObjectiveConfig
from engine.runs.config import ProbeConfig, RunConfig
from engine.runs.run_settings import MOST_RUNS, RunSettings
from engine.runs.training_identity import family
from engine.studies.study import Study
from engine.training.schedule import TrainingConfig
from engine.validation import validated

Spacing = Literal["logarithmic", "linear"]

WATCHED_LITTLE = TrainingConfig(snapshots_per_epoch=1)
NO_PROBE = ProbeConfig(samples=0)


class SweepRequest(RunSettings):
    """Runs for every combination of λ, μ and seed, and the attacks on each run.

    mus: μ = -κ; 0 means no L2 term, a negative value is decay. Each point is a variant, for example Std at λ = μ = 0.
    attacks: empty for no evaluation.
    """

    training: TrainingConfig = WATCHED_LITTLE
    probe: ProbeConfig = NO_PROBE
    l1_strengths: tuple[float, ...] = (0.0, 0.01, 0.03, 0.1, 0.3)
    mus: tuple[float, ...] = (0.0, 0.01, 0.03, 0.1, 0.3)
    seeds: tuple[int, ...] = (0,)
    attacks: tuple[str, ...] = ("fgsm", "pgd")
    samples: int = 500

    @field_validator("l1_strengths", "mus", "seeds")
    @classmethod
    def _some(cls, values: tuple) -> tuple:
        if not values:
            raise InputError("at least one λ, one μ and one seed", "none", "Give at least one of each.")
        return tuple(sorted(set(values)))

    def configs(self) -> list[RunConfig]:
        """One RunConfig per λ, μ and seed.

        Raises:
            InputError: a value is out of its limits, or the grid has more than MOST_RUNS runs.
        """
        count = len(self.l1_strengths) * len(self.mus) * len(self.seeds)
        if count > MOST_RUNS:
            raise InputError(
                f"at most {MOST_RUNS} runs in one sweep", str(count), "Choose fewer values of λ or μ, or fewer seeds."
            )
        return [
            self.config(
                validated(ObjectiveConfig, l1_strength=l1, l2_strength=0.0 - mu, scope=self.scope),
                seed,
            )
            for seed in self.seeds
            for l1 in self.l1_strengths
            for mu in self.mus
        ]

    @property
    def evaluation(self) -> EvaluationRequest | None:
        """Evaluation of each run, which stores a few images for display; None without attacks.

        Raises:
            InputError: an unknown attack, or too many or too few samples.
        """
        if not self.attacks:
            return None
        threat = self.config(ObjectiveConfig(), 0).threat
        return validated(
            EvaluationRequest,
            attacks=self.attacks,
            samples=self.samples,
            threat=threat,
            kept_images=16,
            data=self.data_digest,
        )

    @property
    def study(self) -> Study:
        """Study with the runs and their evaluation; InputError as in `configs` and `evaluation`."""
        return Study(tuple(self.configs()), self.evaluation)

    @property
    def family(self) -> RunConfig:
        """Family of the runs, which identifies their strength grid; InputError as in `configs`."""
        return family(self.config(validated(ObjectiveConfig, l1_strength=1.0, scope=self.scope), 0))

    @property
    def sweep_id(self) -> str:
        """Id of the sweep: name of the data set, "sweep" and a digest of the request, joined by hyphens."""
        return f"{self.dataset}-sweep-{digest(self.model_dump_json(), 5)}"

    @property
    def label(self) -> str:
        """Name of the sweep in lists."""
        seeds = "1 seed" if len(self.seeds) == 1 else f"{len(self.seeds)} seeds"
        grid = f"{len(self.l1_strengths)} λ × {len(self.mus)} μ × {seeds}"
        config = self.config(ObjectiveConfig(), 0)
        words = [grid, SCOPES[self.scope], config.length]
        if self.data_digest:
            words.append(identity_words(config.dataset_spec, self.data_digest))
        return ", ".join(words)

    def command(self) -> str:
        """Command line for this request; options with default values are omitted."""
        words = self.network_words()
        words += ["--l1", *map(repr, self.l1_strengths), "--mu", *map(repr, self.mus)]
        words += ["--seed", *map(str, self.seeds), "--attacks", *(self.attacks or ["none"])]
        words += ["--samples", str(self.samples)]
        return "python -m engine sweep " + shlex.join(words + self.training_words())


def spaced(low: float, high: float, count: int, spacing: Spacing) -> tuple[float, ...]:
    """`count` values from low to high with equal ratios or equal steps, to 4 significant digits, without duplicates.

    Raises:
        InputError: high is below low, `count` is not in [1, MOST_RUNS], or low is not above 0 for equal ratios.
    """
    if not 1 <= count <= MOST_RUNS:
        raise InputError(f"1 to {MOST_RUNS} values in a range", str(count), "Choose a number within these limits.")
    if not -np.inf < low <= high < np.inf:
        raise InputError(
            "a range from low to high", f"{low:g} to {high:g}", "Give the smaller number first, and finite numbers."
        )
    if spacing == "logarithmic" and low <= 0:
        raise InputError(
            "a lowest value above 0 for equal ratios", f"{low:g}", "Give a larger value, or choose linear spacing."
        )
    values = np.geomspace(low, high, count) if spacing == "logarithmic" else np.linspace(low, high, count)
    return tuple(sorted({float(f"{value:.4g}") for value in values}))


def value_list(values: Sequence[float]) -> str:
    """Strengths as text, separated by commas."""
    return ", ".join(f"{value:g}" for value in values)
