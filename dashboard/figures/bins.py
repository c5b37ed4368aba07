"""Counts in equal bins, and the stepped outline that draws them."""

import numpy as np
import pandas as pd

EMPTY_BIN_ON_LOG_AXIS = 0.5  # a count of 0 is drawn at half a weight, below a count of 1


def shared_edges(tables: list[pd.DataFrame]) -> np.ndarray:
    """Edges (bins + 1,) shared by the columns left and right of all tables, which have one row per bin.

    Raises:
        ValueError: the bins are unequal, or differ between tables.
    """
    first = tables[0]
    edges = np.append(first["left"].to_numpy(float), first["right"].to_numpy(float)[-1])
    widths = np.diff(edges)
    if widths[0] <= 0 or not np.allclose(widths, widths[0]):
        raise ValueError("expected equal bins in ascending order")
    for table in tables:
        bins = table[["left", "right"]].to_numpy(float)
        if len(bins) != len(widths) or not np.allclose(bins, np.column_stack((edges[:-1], edges[1:]))):
            raise ValueError("expected the same bins for every run")
    return edges


def first_snapshot(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of one run's first snapshot in a `density_frame`."""
    epochs = rows["epoch"].to_numpy()
    return rows.iloc[: int((epochs == epochs[0]).sum())]


def counts_by_epoch(rows: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Epochs (snapshots,) and counts (snapshots, bins) of one run in a `density_frame`."""
    epochs = rows["epoch"].to_numpy(float)
    starts = np.flatnonzero(np.diff(epochs, prepend=np.nan) != 0)
    return epochs[starts], rows["count"].to_numpy().reshape(len(starts), -1)


def stepped(edges: np.ndarray, counts: np.ndarray, log_counts: bool) -> dict:
    """Trace of a histogram as a stepped line; its outer edges make the end bins full width."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": np.concatenate((edges[:1], (edges[:-1] + edges[1:]) / 2, edges[-1:])),
        **step_heights(counts, log_counts),
        "hovertemplate": "%{customdata:d}",
    }


def step_heights(counts: np.ndarray, log_counts: bool) -> dict:
    """Properties of a stepped line that change between snapshots."""
    whole = np.concatenate((counts[:1], counts, counts[-1:]))
    return {"y": np.maximum(whole, EMPTY_BIN_ON_LOG_AXIS) if log_counts else whole, "customdata": whole}
