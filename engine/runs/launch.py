"""LaunchRequest: the settings of a launch, from the form or the command line, and the runs that they define."""

from __future__ import annotations

import shlex

from pydantic import Field, field_validator

from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig, Strengths
from engine.runs.config import RunConfig
from engine.runs.run_settings import MOST_RUNS, RunSettings
from engine.runs.variants import variant_objective


class LaunchRequest(RunSettings):
    """Runs for every variant and seed; all other settings are shared.

    l1_strength, l2_strength: strengths for the variants that have these penalties.
    penalties: additional penalties of every run, whose variant is then "custom".
    """

    variants: tuple[str, ...] = ("std", "min-max")
    seeds: tuple[int, ...] = (0,)
    l1_strength: float = 0.1
    l2_strength: float = -0.1
    penalties: Strengths = Field(default=(), exclude_if=lambda pairs: not pairs)

    @field_validator("variants", "seeds")
    @classmethod
    def _some(cls, values: tuple) -> tuple:
        if not values:
            raise InputError("at least one variant and one seed", "none", "Give at least one of each.")
        return tuple(dict.fromkeys(values))

    def configs(self) -> list[RunConfig]:
        """One RunConfig per variant and seed.

        Raises:
            InputError: something is out of its limits, or there would be more than MOST_RUNS.
        """
        count = len(self.variants) * len(self.seeds)
        if count > MOST_RUNS:
            raise InputError(f"at most {MOST_RUNS} runs in one launch", str(count), "Launch fewer variants or seeds.")
        return [
            self.config(self._objective(variant), seed, variant == "adv")
            for seed in self.seeds
            for variant in self.variants
        ]

    def _objective(self, variant: str) -> ObjectiveConfig:
        objective = variant_objective(variant, self.l1_strength, self.l2_strength, self.scope)
        return objective.model_copy(update={"penalties": self.penalties})

    def command(self) -> str:
        """Command line for this request; options with default values are omitted."""
        words = self.network_words()
        for variant in self.variants:
            words += ["--variant", variant]
        for seed in self.seeds:
            words += ["--seed", str(seed)]
        if {"std+l1", "min-max"} & set(self.variants):
            words += ["--l1", repr(self.l1_strength)]
        if {"std+l2", "min-max"} & set(self.variants):
            words += ["--l2", repr(self.l2_strength)]
        for name, strength in self.penalties:
            words += ["--penalty", f"{name}={strength!r}"]
        return "python -m engine launch " + shlex.join(words + self.training_words())
