"""Setting: how a data set's numbers of the paper are to be reproduced, with what it leaves open filled in. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.attacks.catalog import PAPER_ATTACKS
from engine.data.catalog import dataset_spec
from engine.measurements.evaluation.request import EvaluationRequest
from engine.minmax.objective import Scope
from engine.runs.config import ProbeConfig, RunConfig, linf_threat
from engine.runs.run_settings import RunSettings
from engine.runs.variants import VARIANTS, variant_objective
from engine.studies.study import Study
from engine.training.schedule import TrainingConfig
from engine.validation import validated


@dataclass(frozen=True)
class Setting:
    """One choice of what the paper does not print; the same λ and μ for all variants that have them.

    mu: of Min-Max, and the size of Std+L2's decay.
    """

    dataset: str
    training: TrainingConfig
    l1_strength: float
    mu: float
    scope: Scope = "conv1"

    def config(self, variant: str, seed: int) -> RunConfig:
        """One run of a variant, watched little."""
        objective = variant_objective(variant, self.l1_strength, -self.mu, self.scope)
        training = self.training.model_copy(update={"snapshots_per_epoch": 2})
        settings = RunSettings(dataset=self.dataset, training=training, probe=ProbeConfig(samples=0))
        return settings.config(objective, seed, variant == "adv")

    def evaluation(self, samples: int, attacks: Sequence[str] = tuple(PAPER_ATTACKS)) -> EvaluationRequest:
        """The paper's attacks at the paper's epsilon; InputError for a number of samples out of its limits."""
        threat = linf_threat(dataset_spec(self.dataset))
        return validated(EvaluationRequest, attacks=tuple(attacks), samples=samples, threat=threat, kept_images=16)

    def study(self, seeds: Sequence[int], samples: int, variants: Sequence[str] = tuple(VARIANTS)) -> Study:
        """Every variant for every seed, trained and attacked; the slowest first, or it would end alone."""
        ordered = sorted(variants, key=lambda variant: variant != "adv")
        configs = tuple(self.config(variant, seed) for variant in ordered for seed in seeds)
        return Study(configs, self.evaluation(samples))

    def at(self, l1_strength: float, mu: float, scope: Scope) -> "Setting":
        """The same with other strengths."""
        return replace(self, l1_strength=l1_strength, mu=mu, scope=scope)


SETTINGS = {
    "mnist": Setting("mnist", TrainingConfig(epochs=10, learning_rate=1e-3), 0.03, 0.01, "all"),
    "cifar10": Setting("cifar10", TrainingConfig(epochs=90, learning_rate=1e-3, halve_every=30), 0.3, 0.1),
}
"""What the presets and the Paper page begin with: of the choices tried, the one whose joint distance (distance.py) is
smallest. docs/findings.md lists what was tried, and with how many seeds."""
