"""Plotly figures that are redrawn in place when their data change: the DOM node, zoom and legend choices stay.

`st.plotly_chart` rebuilds its chart whenever the figure changes. This component hands the new figure to Plotly.react
instead. Plotly.js is the file inside the installed plotly package, which `dashboard/server` serves.
"""

from typing import TypedDict

import pandas as pd
import plotly
import plotly.graph_objects as go
import streamlit as st
from streamlit.components.v2 import component

from dashboard.figures.drawn import figure_json
from dashboard.memory import remembered_by_content
from dashboard.ui.frontend_files import CHART, joined
from dashboard.ui.plain_text import plain
from dashboard.ui.tables import Later, built, csv_text, file_stem

PLOTLYJS = "plotly.min.js"

HTML = '<div class="lab-chart"><div class="live-chart" role="group"></div></div>'

EMBEDDED_ROWS = 5_000
"""Number of rows above which a table is not sent with every redraw."""


class Film(TypedDict):
    """A chart at the epochs of the page's player.

    clock: name of the player. now: the epoch of the chart's figure. frames: see `figures.frames`; "" while no other
    epoch is to be shown.
    """

    clock: str
    now: str
    frames: str


_mount = component(
    "live_chart",
    html=HTML,
    css=joined("chart.css"),
    js=joined(*CHART, "live_chart.js"),
    isolate_styles=False,
)


def live_chart(
    figure: go.Figure,
    *,
    key: str,
    height: int = 380,
    alt: str,
    table: pd.DataFrame | Later | None = None,
    autoplay: bool = False,
    film: Film | None = None,
) -> None:
    """Draw a figure, or redraw the one drawn under this key before.

    Zoom and legend choices stay as long as the figure's `uirevision` and its traces' `uid` stay the same. Below the
    chart are downloads and, for a figure with frames, a player. A frame is applied to the figure, not to the frames
    before it; its name is the epoch that the player shows.

    Args:
        figure: must not have `layout.transition`, which would leave outdated titles.
        key: identifies the chart on its page, must differ from every widget's key; also the name of downloaded files.
        height: pixels of the chart without its controls; the width is that of the container.
        alt: description for readers who cannot see the chart.
        table: numbers of the chart, offered as CSV; a long table is converted only on request.
        autoplay: play when the chart first comes into view, unless the reader prefers reduced motion.
        film: the chart at other epochs, which the player of the page shows.
    """
    rows = table.rows if isinstance(table, Later) else 0 if table is None else len(table)
    shown = None if isinstance(table, Later) or rows > EMBEDDED_ROWS else table
    _mount(key=key, data=chart_data(figure, key, height, alt, shown) | {"autoplay": autoplay} | (film or {}))
    if table is not None and shown is None:
        with st.container(horizontal=True, horizontal_alignment="right"):
            name, data = f"{file_stem(key)}.csv", table
            st.download_button(
                f"CSV, {rows:,} rows",
                lambda: csv_text(built(data)).encode(),
                name,
                "text/csv",
                key=f"{key}-csv",
                help=f"Download {plain(name)}",
                on_click="ignore",
                type="tertiary",
            )


def chart_data(
    figure: go.Figure, name: str, height: int, alt: str, table: pd.DataFrame | None
) -> dict[str, str | int | None]:
    """Data from which `frontend/chart.js` draws a chart; downloaded files are called `name`."""
    return {
        "figure": figure_json(figure),
        "height": height,
        "alt": alt,
        "filename": file_stem(name),
        "csv": None if table is None else _csv(table),
        "version": plotly.__version__,
    }


@remembered_by_content
def _csv(table: pd.DataFrame) -> str:
    return csv_text(table)
