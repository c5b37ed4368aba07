"""Evidence: the runs of a store that answer for one setting of the paper. No torch."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from engine.attacks.catalog import PAPER_ATTACKS
from engine.paper.setting import Setting
from engine.paper.tables import CELLS, FUZZINESS, NO_ATTACK, PrintedCell
from engine.queue.overview import RunOverview
from engine.robustness.report import RobustnessReport
from engine.robustness.statistics import SeedSummary, summarize_seeds
from engine.runs.config import RunConfig
from engine.runs.training_identity import training_identity
from engine.runs.variants import VARIANTS

Reports = Mapping[str, RobustnessReport]
"""Protocol id -> report of one run."""

NEAR_ZERO = "near zero"


@dataclass(frozen=True)
class Values:
    """One quantity of one variant, seed by seed.

    by_seed: seed -> value; run_ids: seed -> the run it is of; n: images behind an accuracy, None for weights.
    """

    by_seed: Mapping[int, float]
    run_ids: Mapping[int, str]
    n: int | None

    @cached_property
    def summary(self) -> SeedSummary | None:
        """None without a run."""
        return summarize_seeds(list(self.by_seed.values())) if self.by_seed else None


@dataclass(frozen=True)
class Reproduced:
    """A printed number beside ours."""

    printed: PrintedCell
    ours: Values

    @property
    def difference(self) -> float | None:
        """Ours minus the printed one; None without a run."""
        summary = self.ours.summary
        return None if summary is None else summary.mean - self.printed.value


@dataclass(frozen=True)
class Evidence:
    """runs: variant -> seed -> its finished run; reports: run_id -> its report under the one protocol chosen."""

    setting: Setting
    samples: int
    runs: Mapping[str, Mapping[int, RunOverview]]
    reports: Mapping[str, RobustnessReport]

    def values(self, variant: str, quantity: str) -> Values:
        """A quantity of all seeds that have it.

        Args:
            quantity: FUZZINESS or NEAR_ZERO (a count) of the first convolution at the end, NO_ATTACK (accuracy on the
                whole test set) or an attack's name (accuracy on the images of the protocol).
        """
        found, ids, n = {}, {}, None
        for seed, run in self.runs.get(variant, {}).items():
            value, images = self._value(run, quantity)
            if value is not None:
                found[seed], ids[seed], n = value, run.run_id, images
        return Values(found, ids, n)

    def _value(self, run: RunOverview, quantity: str) -> tuple[float | None, int | None]:
        result = run.result or {}
        if quantity == FUZZINESS:
            return result.get("conv1_fuzziness"), None
        if quantity == NEAR_ZERO:
            return result.get("conv1_near_zero"), None
        if quantity == NO_ATTACK:
            return result.get("clean_accuracy"), result.get("clean_accuracy_samples")
        report = self.reports.get(run.run_id)
        if report is None:
            return None, None
        return report.robust_accuracy_by_attack.get(quantity), report.n

    @cached_property
    def near_zero_ratio(self) -> Values:
        """Near-zero weights of Min-Max as a multiple of Std's, over seeds that both have; not where Std has none."""
        std, min_max = (self.values(variant, NEAR_ZERO) for variant in ("std", "min-max"))
        found = {seed: count / std.by_seed[seed] for seed, count in min_max.by_seed.items() if std.by_seed.get(seed)}
        return Values(found, {seed: min_max.run_ids[seed] for seed in found}, None)

    @cached_property
    def cells(self) -> tuple[Reproduced, ...]:
        """All printed numbers of the data set."""
        of_dataset = (cell for cell in CELLS if cell.dataset == self.setting.dataset)
        return tuple(Reproduced(cell, self.values(cell.variant, cell.quantity)) for cell in of_dataset)


class RunIndex:
    """Runs by what they were trained to, for many questions to the same ones."""

    def __init__(self, runs: Sequence[RunOverview]) -> None:
        self.runs = runs
        self._found: dict[RunConfig, dict[int, list[RunOverview]]] = {}
        for run in runs:
            if isinstance(run.config, RunConfig) and run.status == "finished":
                by_seed = self._found.setdefault(_seedless(run.config), {})
                by_seed.setdefault(run.config.seed, []).append(run)

    def seeds(self, setting: Setting, variant: str) -> dict[int, list[RunOverview]]:
        """Seed -> finished runs of a variant in this setting, in the order given."""
        return dict(sorted(self._found.get(_seedless(setting.config(variant, 0)), {}).items()))


def gather(
    setting: Setting, index: RunIndex, reports_of: Callable[[str], Reports], samples: int | None = None
) -> Evidence:
    """What there is for a setting, one run for each variant and seed; several alike: the one attacked most.

    Args:
        reports_of: run_id -> its reports.
        samples: images of the evaluation; None takes the number that fills most cells, the larger of equals.
    """
    found = {variant: index.seeds(setting, variant) for variant in VARIANTS}
    runs = [run for seeds in found.values() for alike in seeds.values() for run in alike]
    if samples is None:
        samples = most_answered(setting, [reports_of(run.run_id) for run in runs])
    protocol = setting.evaluation(samples).protocol_id
    reports = {run.run_id: report for run in runs if (report := reports_of(run.run_id).get(protocol)) is not None}

    def attacks(run: RunOverview) -> int:
        return len(reports[run.run_id].attacks) if run.run_id in reports else 0

    chosen = {
        variant: {seed: max(alike, key=attacks) for seed, alike in seeds.items()} for variant, seeds in found.items()
    }
    return Evidence(setting, samples, chosen, reports)


def most_answered(setting: Setting, reports: Sequence[Reports], default: int = 500) -> int:
    """The number of images with which most attacks of the tables were answered at the paper's epsilon."""
    counts: Counter[int] = Counter()
    for of_run in reports:
        for protocol, report in of_run.items():
            if report.samples and protocol == setting.evaluation(report.samples).protocol_id:
                counts[report.samples] += len(PAPER_ATTACKS.keys() & report.robust_accuracy_by_attack.keys())
    return max(counts, key=lambda samples: (counts[samples], samples), default=default)


def _seedless(config: RunConfig) -> RunConfig:
    """The training identity without the seed."""
    return training_identity(config).model_copy(update={"seed": 0})
