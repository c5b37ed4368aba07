"""Traces of the Start page's animation: fixed traces, moving traces, and the parts that each frame replaces."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from dashboard.figures.bins import counts_by_epoch, step_heights, stepped
from dashboard.figures.canvas import Run, split_runs, trace_uid
from dashboard.figures.palette import NEUTRAL, translucent
from dashboard.figures.panels import axis_suffix
from engine.minmax.fuzziness import NEAR_ZERO_THRESHOLD

HISTORIES = (
    ("fuzziness", "fuzziness (nats)", "%{y:.4f}"),
    ("near_zero", f"weights near zero (|w| < {NEAR_ZERO_THRESHOLD:g})", "%{y:d}"),
)
"""Quantity, its title, and its format in the hover text."""


class Film(NamedTuple):
    """A run by snapshot: epochs (s,), counts (s, bins), and each quantity of HISTORIES (s,)."""

    run: Run
    epochs: np.ndarray
    counts: np.ndarray
    quantities: dict[str, np.ndarray]


def films_of(runs: Sequence[Run], history: pd.DataFrame) -> list[Film]:
    """One Film per run.

    Args:
        runs: runs of a `density_frame`; history: a `history_frame` of the same runs.

    Raises:
        ValueError: a run has no history.
    """
    quantities = [quantity for quantity, *_ in HISTORIES]
    histories = {run.run_id: run.rows for run in split_runs(history, ("epoch", *quantities))}
    if missing := {run.run_id for run in runs} - histories.keys():
        raise ValueError(f"expected a history of every run, none of {sorted(missing)}")
    films = []
    for run in runs:
        epochs, counts = counts_by_epoch(run.rows)
        rows = histories[run.run_id]
        newest = np.searchsorted(rows["epoch"].to_numpy(), epochs + 1e-6, side="right") - 1
        films.append(Film(run, epochs, counts, {name: rows[name].to_numpy()[newest] for name in quantities}))
    return films


def still_traces(film: Film, index: int, count: int, edges: np.ndarray) -> list[dict]:
    """Traces that do not move: the outline at epoch 0, and the lines of the histories."""
    outline = {
        **stepped(edges, film.counts[0], log_counts=True),
        "uid": trace_uid(film.run, "initial"),
        "name": "At epoch 0",
        "legendgroup": "initial",
        "showlegend": index == 0,
        "line": {"color": NEUTRAL, "width": 1.5, "shape": "hvh", "dash": "dot"},
        "hoverinfo": "skip",
        "hovertemplate": None,
        **_axes_of(index),
    }
    lines = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": film.epochs,
            "y": film.quantities[quantity],
            "uid": trace_uid(film.run, quantity),
            "name": film.run.label,
            "legendgroup": film.run.run_id,
            "showlegend": False,
            "line": {"color": translucent(film.run.color, 0.6), "width": 2},
            "hovertemplate": f"epoch %{{x:.2f}}: {hover}",
            **_axes_of(count + position),
        }
        for position, (quantity, _, hover) in enumerate(HISTORIES)
    ]
    return [outline, *lines] if len(film.epochs) > 1 else lines


def moving_traces(film: Film, index: int, count: int, edges: np.ndarray) -> list[dict]:
    """Histogram and markers at the last epoch, in the order of `parts_at`."""
    run, (_, *markers) = film.run, parts_at(film, np.inf)
    shared = {"name": run.label, "legendgroup": run.run_id}
    histogram = {
        **stepped(edges, film.counts[-1], log_counts=True),
        **shared,
        "uid": trace_uid(run, "now"),
        "fill": "tozeroy",
        "fillcolor": translucent(run.color, 0.45),
        "line": {"color": run.color, "width": 1.5, "shape": "hvh"},
        "hovertemplate": "%{customdata:d} weights around %{x:.3f}<extra></extra>",
        **_axes_of(index),
    }
    return [
        histogram,
        *(
            {
                **marker,
                **shared,
                "uid": trace_uid(run, f"{quantity}-now"),
                "mode": "markers",
                "marker": {"color": run.color, "size": 11},
                "showlegend": False,
                "cliponaxis": False,
                "hovertemplate": f"epoch %{{x:.2f}}: {hover}",
                **_axes_of(count + position),
            }
            for position, ((quantity, _, hover), marker) in enumerate(zip(HISTORIES, markers, strict=True))
        ),
    ]


def parts_at(film: Film, moment: float) -> list[dict]:
    """Parts of a run that a frame replaces: the newest snapshot at or before `moment`, or else the first."""
    now = max(int(np.searchsorted(film.epochs, moment + 1e-6, side="right")) - 1, 0)
    return [
        {"type": "scatter", **step_heights(film.counts[now], log_counts=True)},
        *(
            {"type": "scatter", "x": film.epochs[now : now + 1], "y": film.quantities[quantity][now : now + 1]}
            for quantity, *_ in HISTORIES
        ),
    ]


def _axes_of(index: int) -> dict:
    return {"xaxis": f"x{axis_suffix(index)}", "yaxis": f"y{axis_suffix(index)}"}
