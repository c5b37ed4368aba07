"""Figures that are drawn once for the same content, however often a page asks for them."""

import pickle
from collections.abc import Callable
from functools import wraps
from hashlib import blake2b
from typing import ParamSpec, cast

import plotly.graph_objects as go

from dashboard.memory import MEMORY

P = ParamSpec("P")


class SharedFigure:
    """A figure and its JSON, with an estimate of their memory."""

    def __init__(self, figure: go.Figure, nbytes: int) -> None:
        self.figure, self.nbytes = figure, nbytes


def drawn_once(function: Callable[P, go.Figure]) -> Callable[P, go.Figure]:
    """A function of tables and options whose figures are kept by their content; they must not be changed."""

    @wraps(function)
    def draw(*args: P.args, **options: P.kwargs) -> go.Figure:
        content = pickle.dumps((args, options), protocol=pickle.HIGHEST_PROTOCOL)
        key = (function.__module__, function.__qualname__, blake2b(content, digest_size=16).digest())
        size = 4 * len(content) + 100_000
        return MEMORY.value(key, lambda: SharedFigure(function(*args, **options), size)).figure

    return draw


def figure_json(figure: go.Figure) -> str:
    """The figure as Plotly's JSON, written once and kept with the figure, which must not change afterwards."""
    kept = getattr(figure, "_written", None)
    if kept is None:
        kept = cast(str, figure.to_json(remove_uids=False))
        figure._written = kept  # pyright: ignore[reportAttributeAccessIssue]
    return kept
