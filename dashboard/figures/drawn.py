"""Figures that are drawn once for the same content, however often a page asks for them."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast

import plotly.graph_objects as go

from dashboard.memory import remembered_by_content

P = ParamSpec("P")
ESTIMATE = 500_000
"""Bytes that a figure counts for: Plotly's objects and the JSON, of which figures with few points need less."""


class SharedFigure:
    """A figure that is kept."""

    nbytes = ESTIMATE

    def __init__(self, figure: go.Figure) -> None:
        self.figure = figure


def drawn_once(function: Callable[P, go.Figure]) -> Callable[P, go.Figure]:
    """A function of tables and options whose figures are kept by their content; they must not be changed."""

    @wraps(function)
    def kept(*args: P.args, **options: P.kwargs) -> SharedFigure:
        return SharedFigure(function(*args, **options))

    shared = remembered_by_content(kept)

    @wraps(function)
    def draw(*args: P.args, **options: P.kwargs) -> go.Figure:
        return shared(*args, **options).figure

    return draw


def figure_json(figure: go.Figure) -> str:
    """The figure as Plotly's JSON, written once and kept with the figure, which must not change afterwards."""
    kept = getattr(figure, "_written", None)
    if kept is None:
        kept = cast(str, figure.to_json(remove_uids=False))
        figure._written = kept  # pyright: ignore[reportAttributeAccessIssue]
    return kept
