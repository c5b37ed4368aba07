"""Setting: how to reproduce the paper's numbers for a data set, with values for what it does not state. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.attacks.catalog import PAPER_ATTACKS
from engine.data.catalog import dataset_spec
from engine.data.identity import data_identity, identity_words
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
    """One choice of the values that the paper does not state; λ and μ are the same for all variants that have them.

    mu: μ of Min-Max, and the strength of the decay of Std+L2.
    data_digest: as in RunConfig; None for the data of the recorded runs. Only runs on these data are evidence.
    """

    dataset: str
    training: TrainingConfig
    l1_strength: float
    mu: float
    scope: Scope = "conv1"
    data_digest: str | None = None

    def config(self, variant: str, seed: int) -> RunConfig:
        """Config of one run of a variant, with few snapshots and no probe."""
        objective = variant_objective(variant, self.l1_strength, -self.mu, self.scope)
        training = self.training.model_copy(update={"snapshots_per_epoch": 2})
        probe = ProbeConfig(samples=0)
        settings = RunSettings(dataset=self.dataset, training=training, probe=probe, data_digest=self.data_digest)
        return settings.config(objective, seed, variant == "adv")

    def evaluation(self, samples: int, attacks: Sequence[str] = tuple(PAPER_ATTACKS)) -> EvaluationRequest:
        """Evaluation with the paper's attacks and epsilon; InputError if `samples` is out of its limits."""
        threat = linf_threat(dataset_spec(self.dataset))
        return validated(
            EvaluationRequest,
            attacks=tuple(attacks),
            samples=samples,
            threat=threat,
            kept_images=16,
            data=self.data_digest,
        )

    def study(self, seeds: Sequence[int], samples: int, variants: Sequence[str] = tuple(VARIANTS)) -> Study:
        """Study of every variant and seed, with Adv first: it is the slowest and would otherwise finish alone."""
        ordered = sorted(variants, key=lambda variant: variant != "adv")
        configs = tuple(self.config(variant, seed) for variant in ordered for seed in seeds)
        return Study(configs, self.evaluation(samples))

    def at(self, l1_strength: float, mu: float, scope: Scope) -> "Setting":
        """Setting with other strengths and scope."""
        return replace(self, l1_strength=l1_strength, mu=mu, scope=scope)

    def on_data(self, data_dir: Path) -> "Setting":
        """Setting with the images in a data folder; InputError if their file is damaged."""
        return replace(self, data_digest=data_identity(self.dataset, data_dir))

    @property
    def name(self) -> str:
        """Name for files: the data set, and the digest of its images if they are not those of the recorded runs."""
        return f"{self.dataset}-{self.data_digest}" if self.data_digest else self.dataset

    @property
    def data_words(self) -> str:
        """The data that all runs of the evidence were trained and tested on, as a sentence."""
        spec = dataset_spec(self.dataset)
        if self.data_digest is None:
            return f"Data: {spec.title} as in the recorded runs."
        words = identity_words(spec, self.data_digest)
        return f"Data: {words} ({spec.title} with other images than in the recorded runs)."


SETTINGS = {
    "mnist": Setting("mnist", TrainingConfig(epochs=10, learning_rate=1e-3), 0.03, 0.01, "all"),
    "cifar10": Setting("cifar10", TrainingConfig(epochs=90, learning_rate=1e-3, halve_every=30), 0.3, 0.1),
}
"""Default setting for each data set: the choice with the smallest joint distance (distance.py) of those tried, which
docs/findings.md lists with their numbers of seeds."""
