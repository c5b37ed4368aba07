"""Shared parts of all frames: the columns that identify a run, and one table from a table per run."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dashboard.frames.labels import unique_labels
from engine.queue.overview import RunOverview

IDENTITY = ("run_id", "label", "variant")


def identities(runs: Sequence[RunOverview]) -> dict[str, dict[str, str]]:
    """run_id -> the columns of IDENTITY, which start every row of the run."""
    labels = unique_labels(runs)
    return {
        run.run_id: {"run_id": run.run_id, "label": labels[run.run_id], "variant": run.config.variant} for run in runs
    }


def stacked(
    runs: Sequence[RunOverview], tables: Mapping[str, Mapping[str, np.ndarray]], columns: Sequence[str]
) -> pd.DataFrame:
    """One table with the columns IDENTITY and `columns`, run after run.

    Args:
        tables: run_id -> column -> (rows,); runs without a table are left out, but are considered for unique labels.
    """
    present = [run.run_id for run in runs if run.run_id in tables]
    if not present:
        return pd.DataFrame(columns=[*IDENTITY, *columns])
    rows = [len(tables[run_id][columns[0]]) for run_id in present]
    who = identities(runs)
    named = {name: np.repeat([who[run_id][name] for run_id in present], rows) for name in IDENTITY}
    return pd.DataFrame(
        named | {column: np.concatenate([tables[run_id][column] for run_id in present]) for column in columns}
    )


def steady(count: int, limit: int) -> np.ndarray:
    """At most `limit` + 1 indices of range(count): the multiples of a power of two, and the last one.

    They hardly change while `count` grows, so that a live chart does not flicker.
    """
    stride = 1
    while count > limit * stride:
        stride *= 2
    return np.unique(np.append(np.arange(0, count, stride), count - 1)) if count else np.arange(0)


def telling(columns: Sequence[np.ndarray], limit: int, extremes: bool = True) -> np.ndarray:
    """At most `limit` indices that draw all these series, ascending: `steady` ones among the numbers of each.

    Args:
        columns: (n,) each; NaN where a series has no number. Series with numbers at the same places share indices.
        extremes: include the smallest and the largest number of each series.
    """
    places = {known.tobytes(): np.flatnonzero(known) for known in (~np.isnan(values) for values in columns)}
    share = (limit - 2 * len(columns)) // max(len(places), 1) - 1
    kept = [found[steady(len(found), share)] for found in places.values()]
    if extremes:
        kept += [[np.nanargmin(values), np.nanargmax(values)] for values in columns if not np.isnan(values).all()]
    return np.unique(np.concatenate([np.arange(0), *kept])).astype(int)


def thin(count: int, limit: int) -> np.ndarray:
    """At most `limit` indices of range(count), evenly spaced, including both ends; `limit` is at least 2."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).round().astype(int))
