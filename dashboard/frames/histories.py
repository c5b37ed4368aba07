"""What was recorded of each run, epoch by epoch; and of runs that are alike but for the seed, together."""

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np
import pandas as pd

from dashboard.frames.labels import group_labels
from dashboard.frames.tables import IDENTITY, identities, stacked
from engine.minmax.quantities import QUANTITIES, recorded
from engine.queue.overview import RunOverview
from engine.studies.pairing import seed_groups

MEASURED = ("loss", "clean_accuracy", "robust_accuracy")
HISTORY = ("epoch", *QUANTITIES, *MEASURED)


def history_frame(runs: Sequence[RunOverview], records: Mapping[str, Sequence[dict]], layer: str) -> pd.DataFrame:
    """One row per run and snapshot: run_id, label, variant, and HISTORY; what was not recorded is NaN."""
    who = identities(runs)
    rows = [
        {
            **who[run.run_id],
            "epoch": record["epoch"],
            **{key: recorded(record, key, layer) for key in QUANTITIES},
            **{name: record[name] for name in MEASURED},
        }
        for run in runs
        for record in records[run.run_id]
    ]
    return pd.DataFrame(rows, columns=[*IDENTITY, *HISTORY]).astype({column: float for column in HISTORY})


def spread_frame(runs: Sequence[RunOverview], history: pd.DataFrame) -> pd.DataFrame:
    """One series per group of `seed_groups` instead of one per run.

    Runs without a record do not count as seeds yet. Of a group only those epochs are kept that all its runs have
    reached; a quantity that one of them lacks is NaN.

    Args:
        history: of the same runs, by `history_frame`.

    Returns:
        run_id (of the group's first), label (with the number of seeds instead of the seed), variant, epoch, and for
        each quantity of HISTORY its mean over the seeds, with `<quantity>_low` and `<quantity>_high` at mean -/+
        standard deviation (ddof 1), which are NaN for a single seed; seeds.
    """
    series = {str(run_id): rows for run_id, rows in history.groupby("run_id")}
    groups = seed_groups([run for run in runs if run.run_id in series])
    tables = {run_id: _spread([series[run.run_id] for run in group]) for run_id, group in groups.items()}
    columns = ["epoch", *(f"{quantity}{part}" for part in ("", "_low", "_high") for quantity in HISTORY[1:]), "seeds"]
    frame = stacked([group[0] for group in groups.values()], tables, columns)
    labels = group_labels(groups)
    return frame.assign(label=[labels[run_id] for run_id in frame["run_id"]])


def _spread(seeds: Sequence[pd.DataFrame]) -> dict[str, np.ndarray]:
    """The columns of a group of `spread_frame`, out of its runs' histories."""
    by_epoch = [rows.set_index(rows["epoch"].round(6))[list(HISTORY[1:])] for rows in seeds]
    epochs = reduce(np.intersect1d, [rows.index.to_numpy() for rows in by_epoch])
    values = np.stack([rows.loc[epochs].to_numpy() for rows in by_epoch])
    mean = values.mean(axis=0)
    deviation = values.std(axis=0, ddof=1) if len(seeds) > 1 else np.full_like(mean, np.nan)
    table = {"epoch": epochs, "seeds": np.full(len(epochs), len(seeds))}
    for part, figures in (("", mean), ("_low", mean - deviation), ("_high", mean + deviation)):
        table |= {f"{quantity}{part}": column for quantity, column in zip(HISTORY[1:], figures.T, strict=True)}
    return table


def moments(records: Mapping[str, Sequence[dict]]) -> list[float]:
    """All epochs at which any run has a snapshot, ascending."""
    return sorted({round(record["epoch"], 6) for series in records.values() for record in series})


def snapshot_at(records: Sequence[dict], epoch: float) -> int | None:
    """Index of the run's newest snapshot not after `epoch`; None when it has none."""
    past = sum(record["epoch"] <= epoch + 1e-6 for record in records)
    return past - 1 if past else None
