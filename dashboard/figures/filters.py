"""Filters of a convolution as small images."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.canvas import Run, compose, split_runs, trace_uid
from dashboard.figures.drawn import drawn_once
from dashboard.figures.panels import GAP, axis_suffix, drawn_runs, panel_title, spans

# Blue below 0, red above 0; gray at 0, so that a kernel of zeros is visible on a white page and on a black page.
DIVERGING = ((0, "#2166ac"), (0.25, "#7ba7d0"), (0.5, "#d9dce0"), (0.75, "#d6807f"), (1, "#b2182b"))
PLACES = ("output", "input", "row", "column")
WIDTH = 1100  # pixels for which the recommended height is computed


@drawn_once
def filters_figure(kernels: pd.DataFrame, layer_title: str, *, shared_scale: bool = True) -> go.Figure:
    """Kernels of a layer as images: one panel per run, a column per filter, a row per input channel.

    At most eight runs are drawn; the title says so if there are more. `layout.height` fits the panels on a page about
    1,100 pixels wide; on a narrower page the panels shrink and the pixels stay square.

    Args:
        kernels: run_id, label, variant, output, input, row, column, weight; all weights of the layer of each run.
        layer_title: title of the layer, for example "First convolution".
        shared_scale: if true, all runs share one color scale, symmetric around 0; otherwise each run has its own scale
            and color bar.
    """
    runs, title = drawn_runs(split_runs(kernels, (*PLACES, "weight")), f"{layer_title}: filters")
    columns = 1 if len(runs) < 2 else 2
    lines = -(-len(runs) // columns) or 1
    images = [_image(run) for run in runs]
    panel_width = WIDTH / columns * (0.88 if shared_scale else 0.82)
    panel_height = max((panel_width * len(image) / image.shape[1] for image, _ in images), default=100.0)
    x_spans = spans(columns, 0.04 if shared_scale else 0.12)
    y_spans = spans(lines, GAP / ((panel_height + GAP) * lines))[::-1]
    reaches = [color_reach(image) for image, _ in images]
    traces, axes, titles = [], {}, []
    for index, (run, (image, places)) in enumerate(zip(runs, images, strict=True)):
        axis, x_span, y_span = axis_suffix(index), x_spans[index % columns], y_spans[index // columns]
        bar = {"x": x_span[1] + 0.01, "y": y_span[1], "yanchor": "top", "len": max(0.65 * panel_height, 60)}
        scale = {"coloraxis": "coloraxis"} if shared_scale else _scale(reaches[index], bar)
        traces.append(_heat(run, axis, image, places) | scale)
        axes |= _square_axes(axis, image.shape, x_span, y_span)
        titles.append(panel_title(run.label, x_span[0], y_span[1]))
    if shared_scale and runs:
        bar = {"y": 1, "yanchor": "top", "len": max(panel_height, 120), "title": {"text": "Weight"}}
        axes["coloraxis"] = _scale(max(reaches), bar, letter="c")
    height = round(80 + (panel_height + GAP) * lines)
    return compose(title, traces, annotations=titles, hovermode="closest", height=max(height, 200), **axes)


def _image(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Kernels side by side, one pixel apart: weights (H, W), NaN in the gaps; PLACES (H, W, 4), counted from 1."""
    where = run.rows[list(PLACES)].to_numpy()
    outputs, inputs, height, width = where.max(axis=0) + 1
    image = np.full((inputs * (height + 1) - 1, outputs * (width + 1) - 1), np.nan, np.float32)
    places = np.zeros((*image.shape, len(PLACES)), np.uint8 if where.max() < 255 else np.uint16)
    output, channel, row, column = where.T
    y, x = channel * (height + 1) + row, output * (width + 1) + column
    image[y, x] = run.rows["weight"]
    places[y, x] = where + 1
    return image, places


def color_reach(weights: np.ndarray) -> float:
    """End of a color scale, symmetric around 0, for weights of any shape with NaN in gaps."""
    return float(np.nanmax(np.abs(weights))) or 0.1


def _heat(run: Run, axis: str, image: np.ndarray, places: np.ndarray) -> dict:
    return {
        "type": "heatmap",
        "x": np.arange(image.shape[1]),
        "y": np.arange(image.shape[0]),
        "z": image,
        "customdata": places,
        "uid": trace_uid(run, "filters"),
        "name": run.label,
        "xaxis": f"x{axis}",
        "yaxis": f"y{axis}",
        "hoverongaps": False,
        "hovertemplate": (
            "%{z:.5f}<br>filter %{customdata[0]:d}, input channel %{customdata[1]:d}"
            "<br>row %{customdata[2]:d}, column %{customdata[3]:d}<extra></extra>"
        ),
    }


def _scale(reach: float, bar: dict, letter: str = "z") -> dict:
    bar = {"lenmode": "pixels", "thickness": 12, "outlinewidth": 0, "nticks": 5, **bar}
    return {
        f"{letter}min": -reach,
        f"{letter}max": reach,
        "colorscale": DIVERGING,
        "colorbar": bar,
    }


def _square_axes(axis: str, shape: tuple[int, ...], x_span: tuple[float, float], y_span: tuple[float, float]) -> dict:
    bare = {"showgrid": False, "zeroline": False, "showticklabels": False, "ticks": "", "constrain": "domain"}
    height, width = shape
    return {
        f"xaxis{axis}": {
            **bare,
            "domain": x_span,
            "anchor": f"y{axis}",
            "range": [-0.5, width - 0.5],
            "constraintoward": "left",
        },
        f"yaxis{axis}": {
            **bare,
            "domain": y_span,
            "anchor": f"x{axis}",
            "range": [height - 0.5, -0.5],
            "scaleanchor": f"x{axis}",
            "constraintoward": "top",
        },
    }
