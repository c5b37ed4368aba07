"""Layout of several panels in one figure: positions, titles and axes."""

from collections.abc import Sequence

from dashboard.figures.canvas import Run

MOST_PANELS = 8
GAP = 30  # pixels between stacked panels, enough for a panel's title


def axis_suffix(index: int) -> str:
    """Suffix that Plotly appends to "x" and "y" for the subplot of this index, counted from 0."""
    return str(index + 1) if index else ""


def spans(count: int, gap: float) -> list[tuple[float, float]]:
    """`count` equal parts of [0, 1] in ascending order, `gap` apart."""
    size = (1 - gap * (count - 1)) / count
    return [(index * (size + gap), index * (size + gap) + size) for index in range(count)]


def panel_title(text: str, x: float, y: float) -> dict:
    """Annotation whose lower left corner is at fractions (x, y) of the plot's width and height."""
    place = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "align": "left"}
    return {"text": text, "x": x, "y": y, **place, "showarrow": False, "font": {"size": 13}}


def drawn_runs(runs: Sequence[Run], title: str, most: int = MOST_PANELS) -> tuple[Sequence[Run], str]:
    """The first `most` runs, and the title, which says so if there are more."""
    return runs[:most], title if len(runs) <= most else f"{title} (the first {most} of {len(runs)} runs)"


def stack_layout(runs: Sequence[Run], x_axis: dict, y_axis: dict, panel_height: int) -> dict:
    """Axes, titles and height of a figure with one panel per run, the first run on top; all panels zoom together.

    Args:
        x_axis, y_axis: properties of the axes of every panel; only the lowest x axis has tick labels and a title.
    """
    rows = spans(len(runs), GAP / (panel_height * len(runs)))[::-1] if runs else [(0, 1)]
    layout: dict = {"annotations": [panel_title(run.label, 0, top) for run, (_, top) in zip(runs, rows, strict=False)]}
    for index, domain in enumerate(rows):
        axis, is_lowest = axis_suffix(index), index == len(rows) - 1
        shared = {"matches": "x"} if index else {}
        shown = x_axis if is_lowest else {name: value for name, value in x_axis.items() if name != "title"}
        layout[f"xaxis{axis}"] = {**shown, **shared, "anchor": f"y{axis}", "showticklabels": is_lowest}
        layout[f"yaxis{axis}"] = {
            **y_axis,
            **({"matches": "y"} if index else {}),
            "domain": domain,
            "anchor": f"x{axis}",
        }
    return layout | {"height": 110 + panel_height * len(rows)}
