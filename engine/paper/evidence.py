"""Evidence: the runs of a store that reproduce one setting of the paper. No torch."""

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
from engine.runs.variants import VARIANTS
from engine.studies.alike import places_alike, seedless

Reports = Mapping[str, RobustnessReport]
"""Protocol id -> report of one run."""

NEAR_ZERO = "near zero"


@dataclass(frozen=True)
class Values:
    """One quantity of one variant, by seed.

    by_seed: seed -> value; run_ids: seed -> run id; n: number of images of an accuracy, None for weights.
    """

    by_seed: Mapping[int, float]
    run_ids: Mapping[int, str]
    n: int | None

    @cached_property
    def summary(self) -> SeedSummary | None:
        """Mean, deviation and interval over seeds; None without a run."""
        return summarize_seeds(list(self.by_seed.values())) if self.by_seed else None


@dataclass(frozen=True)
class Reproduced:
    """A number of the paper and the reproduced value."""

    printed: PrintedCell
    ours: Values

    @property
    def difference(self) -> float | None:
        """Reproduced value minus the paper's; None without a run."""
        summary = self.ours.summary
        return None if summary is None else summary.mean - self.printed.value


@dataclass(frozen=True)
class Evidence:
    """Runs and reports for one setting.

    samples: number of images in the evaluations.
    runs: variant -> seed -> finished run.
    reports: run_id -> report under the chosen protocol.
    """

    setting: Setting
    samples: int
    runs: Mapping[str, Mapping[int, RunOverview]]
    reports: Mapping[str, RobustnessReport]

    def values(self, variant: str, quantity: str) -> Values:
        """One quantity of a variant, for all seeds that have it.

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
        """Near-zero count of Min-Max divided by that of Std, for seeds that both have and where Std's is not 0."""
        std, min_max = (self.values(variant, NEAR_ZERO) for variant in ("std", "min-max"))
        found = {seed: count / std.by_seed[seed] for seed, count in min_max.by_seed.items() if std.by_seed.get(seed)}
        return Values(found, {seed: min_max.run_ids[seed] for seed in found}, None)

    @cached_property
    def cells(self) -> tuple[Reproduced, ...]:
        """All numbers of the paper for the data set, with the reproduced values."""
        of_dataset = (cell for cell in CELLS if cell.dataset == self.setting.dataset)
        return tuple(Reproduced(cell, self.values(cell.variant, cell.quantity)) for cell in of_dataset)


class RunIndex:
    """Index of finished runs by training identity, for repeated look-ups."""

    def __init__(self, runs: Sequence[RunOverview]) -> None:
        self.runs, self._places = runs, places_alike([run.config for run in runs])

    def seeds(self, setting: Setting, variant: str) -> dict[int, list[RunOverview]]:
        """Seed -> finished runs of a variant in this setting, in the order given."""
        by_seed = self._places.get(seedless(setting.config(variant, 0)), {})
        found = {seed: [self.runs[place] for place in places] for seed, places in sorted(by_seed.items())}
        finished = {seed: [run for run in alike if run.status == "finished"] for seed, alike in found.items()}
        return {seed: alike for seed, alike in finished.items() if alike}


def gather(
    setting: Setting, index: RunIndex, reports_of: Callable[[str], Reports], samples: int | None = None
) -> Evidence:
    """Evidence for a setting, with one run for each variant and seed: the one with most attacks if there are several.

    Args:
        reports_of: run_id -> its reports.
        samples: number of images in the evaluation; None takes the number that fills most cells, the larger on a tie.
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
    """Number of images for which the reports have most attacks of the tables at the paper's epsilon."""
    counts: Counter[int] = Counter()
    for of_run in reports:
        for protocol, report in of_run.items():
            if report.samples and protocol == setting.evaluation(report.samples).protocol_id:
                counts[report.samples] += len(PAPER_ATTACKS.keys() & report.robust_accuracy_by_attack.keys())
    return max(counts, key=lambda samples: (counts[samples], samples), default=default)
