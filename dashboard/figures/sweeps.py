"""Charts of a grid of λ and μ: clean against robust accuracy, parallel coordinates, and growth of weights."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from dashboard.figures.canvas import axis_title, compose, split_runs, trace_uid
from dashboard.figures.drawn import drawn_once
from dashboard.figures.palette import NEUTRAL, variant_color
from dashboard.figures.series import series
from dashboard.frames.sweeps import Quantity
from engine.runs.variants import TITLES
from engine.studies.pareto import pareto_front

SPREAD = [[0.0, "#3a74d8"], [0.5, "#a765bd"], [1.0, "#e8821e"]]
"""Color scale from blue to orange, legible on both backgrounds and for color-blind readers."""


@drawn_once
def tradeoff_figure(
    points: pd.DataFrame, clean: Quantity, robust: Quantity, title: str, chosen: tuple[float, float] | None = None
) -> go.Figure:
    """One dot per point with its spread over seeds, colored by variant, and the Pareto front as a stepped line.

    Args:
        points: a `point_frame`.
        chosen: λ and μ of the dot with a ring.
    """
    known = points.dropna(subset=[clean.name, robust.name])
    front = known.loc[pareto_front(known[clean.name].to_numpy(float), known[robust.name].to_numpy(float))]
    front = front.sort_values([clean.name, robust.name], ascending=[True, False])
    traces = [
        {
            "type": "scatter",
            "mode": "lines+text",
            "x": front[clean.name].to_list(),
            "y": front[robust.name].to_list(),
            "line": {"color": NEUTRAL, "width": 2, "dash": "dash", "shape": "vh"},
            "text": [f"   {label}" for label in front["label"]],
            "textposition": "top right",
            "cliponaxis": False,
            "name": "Pareto front: no point is better in both",
            "uid": "front",
            "hoverinfo": "skip",
        }
    ]
    ringed = known.loc[[chosen == pair for pair in zip(known["l1"], known["mu"], strict=True)]]
    traces += [_dots(rows, clean, robust, str(variant)) for variant, rows in known.groupby("variant", sort=False)]
    if len(ringed):
        marker = {"symbol": "circle-open", "size": 19, "color": NEUTRAL, "line": {"width": 3}}
        place = {"x": ringed[clean.name].to_list(), "y": ringed[robust.name].to_list()}
        traces.append(
            {"type": "scatter", "mode": "markers", **place, "marker": marker, "name": "selected point", "uid": "chosen",
             "hoverinfo": "skip"}
        )  # fmt: skip
    return compose(
        title,
        traces if len(known) else [{"x": []}],
        xaxis={"title": axis_title("Accuracy without attack"), "tickformat": ".1%", "showgrid": True},
        yaxis={"title": axis_title(f"Accuracy {robust.title[:1].lower()}{robust.title[1:]}"), "tickformat": ".0%"},
        hovermode="closest",
    )


def _dots(rows: pd.DataFrame, clean: Quantity, robust: Quantity, variant: str) -> dict:
    def spread(one: Quantity) -> dict:
        return {"array": rows[f"{one.name}_std"].fillna(0.0).to_list(), "thickness": 1.2, "width": 3}

    words = [
        f"<b>{row['label']}</b><br>{clean.heading}: {clean.words(row[clean.name], row[f'{clean.name}_std'])}"
        f"<br>{robust.heading}: {robust.words(row[robust.name], row[f'{robust.name}_std'])}"
        f"<br>seeds: {row['seeds']}"
        for row in rows.to_dict("records")
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": rows[clean.name].to_list(),
        "y": rows[robust.name].to_list(),
        "error_x": spread(clean),
        "error_y": spread(robust),
        "marker": {"color": variant_color(variant), "size": 10},
        "name": TITLES[variant],
        "uid": f"dots-{variant.replace('+', '-')}",
        "text": words,
        "hovertemplate": "%{text}<extra></extra>",
    }


@drawn_once
def growth_figure(frame: pd.DataFrame, title: str) -> go.Figure:
    """Largest |w| over epochs on a logarithmic axis: one line per run, colored by μ, with its λ/(2μ) dotted.

    Args:
        frame: a `growth_frame` of one λ.
    """
    mus = sorted(set(frame["mu"]))
    colors = dict(zip(mus, sample_colorscale(SPREAD, np.linspace(0, 1, len(mus)).tolist()), strict=True))
    traces: list[dict] = []
    for run in split_runs(frame, ("epoch", "largest_weight", "tipping_point", "mu")):
        color = colors[run.rows["mu"].iloc[0]]
        traces += series(run._replace(color=color), "largest_weight")
        tipping, epochs = run.rows["tipping_point"].iloc[0], run.rows["epoch"].to_numpy(float)
        if tipping > 0:
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines+text",
                    "x": [float(epochs.min()), float(epochs.max())],
                    "y": [tipping, tipping],
                    "line": {"color": color, "width": 1.5, "dash": "dot"},
                    "text": ["", f"λ/(2μ) = {tipping:.3g}"],
                    "textposition": "top left",
                    "textfont": {"color": color},
                    "legendgroup": run.run_id,
                    "showlegend": False,
                    "uid": trace_uid(run, "tipping"),
                    "hoverinfo": "skip",
                }
            )
    return compose(
        title,
        traces,
        xaxis={"title": axis_title("Epoch")},
        yaxis={"title": axis_title("Largest |w|"), "type": "log", "dtick": 1, "exponentformat": "none"},
    )


@drawn_once
def coordinates_figure(points: pd.DataFrame, quantities: Sequence[Quantity], color: Quantity, title: str) -> go.Figure:
    """Parallel coordinates: one line per point across λ, μ and its quantities; dragging along an axis selects lines.

    Args:
        points: a `point_frame`; points with a missing quantity are left out.
        color: quantity that colors the lines.
    """
    known = points.dropna(subset=[one.name for one in quantities])
    strengths = [_strength(known[name].to_numpy(float), word) for name, word in (("l1", "λ"), ("mu", "μ"))]
    dimensions = [*strengths, *(_axis(known, one) for one in quantities)]
    line = {
        "color": (color.scale * known[color.name]).round(4).to_list(),
        "colorscale": SPREAD,
        "showscale": True,
        "colorbar": {"title": {"text": color.unit or color.title}, "thickness": 12, "outlinewidth": 0},
    }
    figure = compose(title, [] if len(known) else [{"x": []}], margin={"l": 50, "r": 12, "t": 110, "b": 24})
    if len(known):
        figure.layout.annotations = ()
        figure.add_trace({"type": "parcoords", "dimensions": dimensions, "line": line, "uid": "coordinates"})
    return figure


def signed_log(values: np.ndarray) -> np.ndarray:
    """Signed logarithm of the values: 0 stays at 0, the smallest nonzero size is at ±1, each factor of 10 adds 1."""
    found, there = np.zeros(len(values)), values != 0
    sizes = np.abs(values[there])
    found[there] = np.sign(values[there]) * (1 + np.log10(sizes / sizes.min(initial=np.inf)))
    return found


def _strength(values: np.ndarray, name: str) -> dict:
    there = np.unique(values)
    return {
        "label": name,
        "values": signed_log(values).tolist(),
        "tickvals": signed_log(there).tolist(),
        "ticktext": [f"{value:g}".replace("-", "−") for value in there],
    }


def _axis(points: pd.DataFrame, one: Quantity) -> dict:
    values = points[one.name].to_numpy(float)
    if not one.is_logarithmic:
        return {"label": one.heading.removesuffix(" (%)"), "values": (one.scale * values).round(one.digits).tolist()}
    ticks = [10.0**power for power in range(-3, 3)]
    places = np.log10(np.maximum(values, 1e-6))
    inside = [tick for tick in ticks if places.min() <= np.log10(tick) <= places.max()]
    ends = sorted({float(f"{value:.2g}") for value in (values.min(), values.max())} | set(inside))
    return {
        "label": one.heading,
        "values": places.tolist(),
        "tickvals": np.log10(ends).tolist(),
        "ticktext": [f"{tick:g}" for tick in ends],
    }
