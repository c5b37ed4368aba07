"""Recorded quantities of each run by epoch, and their mean and spread over runs that differ only in the seed."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce

import numpy as np
import pandas as pd

from dashboard.frames.labels import group_labels
from dashboard.frames.tables import stacked, steady, telling
from engine.minmax.quantities import QUANTITIES
from engine.queue.overview import RunOverview
from engine.runs.columns import column
from engine.studies.pairing import seed_groups

MEASURED = ("loss", "clean_accuracy", "robust_accuracy")
HISTORY = ("epoch", *QUANTITIES, *MEASURED)
POINTS = 500
"""Most points of a series, and about how many epochs to choose from, that a page shows of a long run."""


def thinning_words(records: Iterable[Sequence], extremes: bool, whole_csv: bool) -> str:
    """A sentence that says which snapshots of long runs a chart shows; empty if it shows all of all runs.

    Args:
        records: the snapshots of each run.
        extremes: whether the smallest and the largest numbers are kept.
        whole_csv: whether the chart's CSV has all snapshots nevertheless.
    """
    longest = max(map(len, records), default=0)
    if longest <= POINTS:
        return ""
    ends = "the first, the last, and the extremes" if extremes else "the first and the last"
    csv = "The CSV has all." if whole_csv else "So does the CSV; `metrics.jsonl` of a run has all."
    return f"Long runs show at most {POINTS} of up to {longest:,} snapshots: evenly spaced ones with {ends}. {csv}"


def history_frame(
    runs: Sequence[RunOverview],
    records: Mapping[str, Sequence[dict]],
    layer: str,
    points: int | None = None,
    extremes: bool = True,
) -> pd.DataFrame:
    """One row per run and snapshot: run_id, label, variant, and HISTORY; values that were not recorded are NaN.

    Args:
        points: keep at most this many snapshots of a run, as `telling` chooses them; None keeps all.
        extremes: with the smallest and the largest number of each quantity.
    """
    tables = {}
    for run in runs:
        of_run = records[run.run_id]
        if not len(of_run):
            continue
        table = {"epoch": column(of_run, "epoch")}
        table |= {key: column(of_run, key, layer) for key in QUANTITIES}
        table |= {name: column(of_run, name) for name in MEASURED}
        if points is not None and len(of_run) > points:
            kept = telling([table[name] for name in HISTORY[1:]], points, extremes)
            table = {name: values[kept] for name, values in table.items()}
        tables[run.run_id] = table
    return stacked(runs, tables, HISTORY).astype({name: float for name in HISTORY})


def spread_frame(runs: Sequence[RunOverview], history: pd.DataFrame) -> pd.DataFrame:
    """One series per group of `seed_groups` instead of one per run.

    Runs without a record are not counted as seeds. Only epochs that all runs of a group have reached are kept; a
    quantity that one run lacks is NaN.

    Args:
        history: `history_frame` of the same runs.

    Returns:
        run_id (of the group's first run), label (with the number of seeds instead of the seed), variant, epoch; for
        each quantity of HISTORY its mean over the seeds, and `<quantity>_low` and `<quantity>_high` at mean -/+
        standard deviation (ddof 1), which are NaN for a single seed; seeds (their number).
    """
    series = {str(run_id): rows for run_id, rows in history.groupby("run_id")}
    groups = seed_groups([run for run in runs if run.run_id in series])
    tables = {run_id: _spread([series[run.run_id] for run in group]) for run_id, group in groups.items()}
    columns = ["epoch", *(f"{quantity}{part}" for part in ("", "_low", "_high") for quantity in HISTORY[1:]), "seeds"]
    frame = stacked([group[0] for group in groups.values()], tables, columns)
    labels = group_labels(groups)
    return frame.assign(label=[labels[run_id] for run_id in frame["run_id"]])


def _spread(seeds: Sequence[pd.DataFrame]) -> dict[str, np.ndarray]:
    """Columns of one group in `spread_frame`, from the histories of its runs."""
    by_epoch = [rows.set_index(rows["epoch"].round(6))[list(HISTORY[1:])] for rows in seeds]
    epochs = reduce(np.intersect1d, [rows.index.to_numpy() for rows in by_epoch])
    values = np.stack([rows.loc[epochs].to_numpy() for rows in by_epoch])
    mean = values.mean(axis=0)
    deviation = values.std(axis=0, ddof=1) if len(seeds) > 1 else np.full_like(mean, np.nan)
    table = {"epoch": epochs, "seeds": np.full(len(epochs), len(seeds))}
    for part, figures in (("", mean), ("_low", mean - deviation), ("_high", mean + deviation)):
        table |= {f"{quantity}{part}": column for quantity, column in zip(HISTORY[1:], figures.T, strict=True)}
    return table


def moments(records: Mapping[str, Sequence[dict]], most: int | None = None, held: float | None = None) -> list[float]:
    """Epochs at which any run has a snapshot, ascending.

    Args:
        most: keep about this many, with the first and the last; None keeps all.
        held: an epoch to keep, if a run has a snapshot there.
    """
    found = [np.round(column(series, "epoch"), 6) for series in records.values() if len(series)]
    if not found:
        return []
    kept = found if most is None else [epochs[steady(len(epochs), most)] for epochs in found]
    merged = np.unique(np.concatenate(kept))
    if most is not None:
        merged = merged[steady(len(merged), most)]
    if held is not None and any(np.isin(held, epochs) for epochs in found):
        merged = np.union1d(merged, [held])
    return merged.tolist()


def snapshot_at(records: Sequence[dict], epoch: float) -> int | None:
    """Index of the run's newest snapshot at or before `epoch`; None if there is none."""
    past = int(np.searchsorted(column(records, "epoch"), epoch + 1e-6, side="right"))
    return past - 1 if past else None


def epoch_names(epochs: Sequence[float] | np.ndarray) -> list[str]:
    """Each epoch with two decimals, or more if two names would be equal, without trailing zeros: 0, 0.2, 10."""
    decimals = next(
        places for places in range(2, 10) if len({f"{epoch:.{places}f}" for epoch in epochs}) == len(epochs)
    )
    return [f"{epoch:.{decimals}f}".rstrip("0").rstrip(".") for epoch in epochs]
