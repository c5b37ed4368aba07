"""LaunchRequest: what a person asks for, in the form or on the command line, and the runs it means."""

from __future__ import annotations

import shlex

from pydantic import Field, field_validator

from engine.errors import InputError
from engine.minmax.objective import ObjectiveConfig, Strengths
from engine.runs.config import RunConfig
from engine.runs.run_settings import MOST_RUNS, RunSettings
from engine.runs.variants import variant_objective


class LaunchRequest(RunSettings):
    """Variants x seeds with everything else in common.

    l1_strength, l2_strength: for the variants that have them.
    penalties: further terms of every run's objective, which is then none of the named variants.
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
        """The command line that asks for the same; what equals the default is left out."""
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
