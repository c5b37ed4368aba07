"""A page that can be taken away: what it draws is remembered, and put into one file when that is asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.ui.example_grid import ExampleGrid, example_grid
from dashboard.ui.live_charts import live_chart
from dashboard.ui.plain_text import plain
from dashboard.ui.standalone_html import Chart, Exhibit, Grid, Note, Table, standalone_html
from dashboard.ui.tables import draw_table, file_stem


class PageExport:
    """What a page shows, in the order of drawing.

    Make it anew in every run of the page. A fragment may go on drawing on the export of the run that made it: what is
    drawn again under the same key takes its former place.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._exhibits: dict[str, Exhibit] = {}

    @property
    def exhibits(self) -> tuple[Exhibit, ...]:
        return tuple(self._exhibits.values())

    def chart(
        self,
        figure: go.Figure,
        *,
        key: str,
        alt: str,
        height: int = 380,
        table: pd.DataFrame | None = None,
        autoplay: bool = False,
    ) -> None:
        """As `live_chart`."""
        live_chart(figure, key=key, height=height, alt=alt, table=table, autoplay=autoplay)
        self._exhibits[f"chart {key}"] = Chart(figure, alt, height, table)

    def table(
        self, frame: pd.DataFrame, *, key: str, title: str, column_config: Mapping[str, Any] | None = None
    ) -> None:
        """As `draw_table`, under its title."""
        st.markdown(f"**{plain(title)}**")
        draw_table(frame, key=key, name=title, column_config=column_config)
        self._exhibits[f"table {key}"] = Table(frame, title)

    def grid(self, grid: ExampleGrid, *, key: str) -> None:
        """As `example_grid`."""
        example_grid(grid, key=key)
        self._exhibits[f"grid {key}"] = Grid(grid)

    def note(self, text: str) -> None:
        """Plain text, small; no Markdown."""
        st.caption(plain(text))
        self._exhibits[f"note {text}"] = Note(text)

    def offer(self, name: str) -> None:
        """A button that saves the export as it then is; `name` becomes that of the file."""
        st.download_button(
            "This page as HTML",
            self.html,
            f"{file_stem(name)}.html",
            "text/html",
            key=f"export-{file_stem(name)}",
            help="One file with all charts, tables and images; it opens without a network.",
            icon=":material/download:",
            on_click="ignore",
        )

    def html(self) -> str:
        moment = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
        return standalone_html(self.title, f"Taken from the Min-Max laboratory, {moment}.", self.exhibits)
