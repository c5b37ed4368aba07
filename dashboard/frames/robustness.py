"""Robustness reports as tables: accuracies by run and attack."""

from collections.abc import Mapping, Sequence

import pandas as pd

from dashboard.frames.labels import unique_labels
from dashboard.memory import remembered_by_identity
from engine.attacks.catalog import has_cell
from engine.measurements.evaluation.survivors import CLEAN, WORST_CASE
from engine.queue.overview import RunOverview
from engine.robustness.report import RobustnessReport
from engine.robustness.statistics import summarize_seeds, wilson_interval

COLUMNS = ["run_id", "label", "variant", "n", "attack", "robust_accuracy", "low", "high"]


@remembered_by_identity
def robustness_frame(runs: Sequence[RunOverview], reports: Mapping[str, RobustnessReport]) -> pd.DataFrame:
    """One row per run and attack, "none" (clean) first and "worst case" last: COLUMNS.

    low, high: 95 % Wilson interval of robust_accuracy over the n images.
    """
    labels, rows = unique_labels(runs), []
    for run in runs:
        report = reports.get(run.run_id)
        if report is None:
            continue
        shared = {"run_id": run.run_id, "label": labels[run.run_id], "variant": run.config.variant, "n": report.n}
        cells = {
            CLEAN: report.clean_accuracy,
            **{
                result.attack.name: result.robust_accuracy
                for result in report.attacks
                if has_cell(result.attack, report.threat)
            },
            WORST_CASE: report.robust_accuracy,
        }
        rows += [{**shared, "attack": attack, "robust_accuracy": accuracy} for attack, accuracy in cells.items()]
    frame = pd.DataFrame(rows, columns=COLUMNS[:-2])
    low, high = wilson_interval((frame["robust_accuracy"] * frame["n"]).round(), frame["n"])
    return frame.assign(low=low, high=high)


def decimals(n: int) -> int:
    """Decimals of a percentage that n images support."""
    return 0 if n < 200 else 1


def interval_words(low: float, high: float, n: int) -> str:
    """Ends of an interval in percent, with the decimals that n images support."""
    return f"{100 * low:.{decimals(n)}f}–{100 * high:.{decimals(n)}f}"


def accuracy_words(accuracy: float, low: float, high: float, n: int) -> str:
    """Percent with its interval, with the decimals that n images support."""
    return f"{100 * accuracy:.{decimals(n)}f} ({interval_words(low, high, n)})"


@remembered_by_identity
def accuracy_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Accuracies as text: one row per attack, one column per run."""
    numbers = zip(frame["robust_accuracy"], frame["low"], frame["high"], frame["n"], strict=True)
    cells = [accuracy_words(*row) for row in numbers]
    table = frame.assign(cell=cells).pivot(index="attack", columns="label", values="cell")
    table = table.loc[_attack_order(frame), list(dict.fromkeys(frame["label"]))].reset_index(names="Attack")
    return table.rename_axis(columns=None).replace({"Attack": {CLEAN: "no attack"}})


@remembered_by_identity
def seed_table(frame: pd.DataFrame, groups: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Mean ± standard deviation (ddof 1) in percent, as text: one row per attack, one column per group of seeds.

    Args:
        groups: label -> run ids that differ only in their seed; those with fewer than two runs in `frame` are left out.
    """
    columns = {}
    for label, run_ids in groups.items():
        cells = frame.loc[frame["run_id"].isin(run_ids), :].pivot(
            index="attack", columns="run_id", values="robust_accuracy"
        )
        if cells.shape[1] > 1:
            whole = cells.dropna()
            if len(whole) < len(cells):  # worst cases over other attacks have no mean
                whole = whole.drop(index=WORST_CASE)
            columns[label] = [_spread(row) for row in whole.to_numpy(float)], whole.index
    table = pd.DataFrame({label: pd.Series(cells, index) for label, (cells, index) in columns.items()})
    order = [name for name in _attack_order(frame) if name in table.index]
    return table.loc[order].reset_index(names="Attack").replace({"Attack": {CLEAN: "no attack"}})


def _spread(accuracies: Sequence[float]) -> str:
    found = summarize_seeds(list(accuracies))
    return f"{100 * found.mean:.1f} ± {100 * (found.std or 0.0):.1f}"


def _attack_order(frame: pd.DataFrame) -> list[str]:
    names = dict.fromkeys(frame["attack"])
    return [name for name in names if name != WORST_CASE] + [WORST_CASE]
