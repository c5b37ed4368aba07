"""Export of a page: its charts, tables, grids and notes are recorded and saved as one HTML file on request."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.ui.example_grid import ExampleGrid, example_grid
from dashboard.ui.live_charts import Film, live_chart
from dashboard.ui.plain_text import plain
from dashboard.ui.scene import Scene, draw_scene
from dashboard.ui.standalone_html import Chart, Exhibit, Grid, Note, Table, standalone_html
from dashboard.ui.tables import Later, draw_table, file_stem


class PageExport:
    """Draws the parts of a page and records them, in the order of drawing.

    Create a new one in every run of the page. A fragment may continue with the export of the run that created it: a
    part that is drawn again under the same key replaces the earlier one.
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
        table: pd.DataFrame | Later | None = None,
        autoplay: bool = False,
        saved: go.Figure | None = None,
        film: Film | None = None,
    ) -> None:
        """Draw and record a `live_chart`; `saved` is recorded instead of a figure that a saved page cannot draw."""
        live_chart(figure, key=key, height=height, alt=alt, table=table, autoplay=autoplay, film=film)
        self._exhibits[f"chart {key}"] = Chart(saved or figure, alt, height, table)

    def table(
        self,
        frame: pd.DataFrame,
        *,
        key: str,
        title: str,
        column_config: Mapping[str, Any] | None = None,
        choosable: bool = False,
    ) -> tuple[int, str] | None:
        """Draw and record a table under its title, with the downloads of `draw_table`; return the chosen cell."""
        st.markdown(f"**{plain(title)}**")
        cell = draw_table(frame, key=key, name=title, column_config=column_config, choosable=choosable)
        self.record_table(frame, key=key, title=title)
        return cell

    def record_table(self, frame: pd.DataFrame, *, key: str, title: str) -> None:
        """Record a table that the page does not draw now."""
        self._exhibits[f"table {key}"] = Table(frame, title)

    def grid(self, grid: ExampleGrid, *, key: str) -> None:
        """Draw and record an `example_grid`."""
        example_grid(grid, key=key)
        self._exhibits[f"grid {key}"] = Grid(grid)

    def scene(self, scene: Scene, *, key: str) -> None:
        """Draw and record a scene of the Start page."""
        draw_scene(scene, key=key)
        self._exhibits[f"scene {key}"] = scene

    def note(self, text: str) -> None:
        """Draw and record plain text as a caption; Markdown is escaped."""
        st.caption(plain(text))
        self.record_note(text)

    def record_note(self, text: str) -> None:
        """Record plain text that the page draws in another form."""
        self._exhibits[f"note {text}"] = Note(text)

    def offer(self, name: str) -> None:
        """Draw a button that downloads the export in its current state; the file is called `name`.html."""
        st.download_button(
            "Download page as HTML",
            self.html,
            f"{file_stem(name)}.html",
            "text/html",
            key=f"export-{file_stem(name)}",
            help="One file with all charts, tables and images, which opens offline",
            icon=":material/download:",
            on_click="ignore",
        )

    def html(self) -> str:
        moment = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
        return standalone_html(self.title, f"Exported from the Min-Max laboratory, {moment}.", self.exhibits)
