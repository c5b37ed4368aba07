"""Export of a page as one HTML file that opens from disk, without a network or server.

Charts and grids are drawn by the same scripts as on the page.
"""

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import pandas as pd
import plotly.graph_objects as go

from dashboard.ui.example_grid import ExampleGrid, grid_data
from dashboard.ui.frontend_files import CHART, EXAMPLE_GRID, SCENE, joined
from dashboard.ui.live_charts import PLOTLYJS, chart_data
from dashboard.ui.scene import Scene
from dashboard.ui.tables import Later, built, csv_text, file_stem, flattened, is_missing, is_number
from engine.formatting import MISSING

STYLE = joined("standalone.css", "chart.css", "buttons.css", "example_grid.css", "scenes.css")
SCRIPT = joined(*CHART, *EXAMPLE_GRID, *SCENE, "standalone.js")


@dataclass(frozen=True)
class Chart:
    """A figure with the arguments of `live_chart`."""

    figure: go.Figure
    alt: str
    height: int = 380
    table: pd.DataFrame | Later | None = None


@dataclass(frozen=True)
class Table:
    frame: pd.DataFrame
    title: str


@dataclass(frozen=True)
class Grid:
    grid: ExampleGrid


@dataclass(frozen=True)
class Note:
    """Plain text; empty lines separate paragraphs."""

    text: str


Exhibit = Chart | Table | Grid | Note | Scene


def standalone_html(title: str, about: str, exhibits: Sequence[Exhibit]) -> str:
    """Text of the file, UTF-8; Plotly.js adds 5 MB if there is a chart.

    Args:
        title: heading and title of the page.
        about: origin of the page; empty lines separate paragraphs.
        exhibits: parts of the page, in this order.
    """
    library = _plotlyjs() if any(isinstance(exhibit, Chart) for exhibit in exhibits) else ""
    body = "\n".join(_section(exhibit, place, title) for place, exhibit in enumerate(exhibits, 1))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(library, SCRIPT)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{html.escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<header>
<h1>{html.escape(title)}</h1>
{_paragraphs(about)}
</header>
{body}
</main>
<script>{library}</script>
<script type="module">{SCRIPT}</script>
</body>
</html>
"""


def _policy(*scripts: str) -> str:
    """Content security policy: only these scripts run, and nothing is loaded from outside the file."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    sources = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {sources}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _plotlyjs() -> str:
    script = (files("plotly") / "package_data" / PLOTLYJS).read_text(encoding="utf-8")
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _section(exhibit: Exhibit, place: int, title: str) -> str:
    match exhibit:
        case Chart(figure, alt, height, table):
            name = f"{title} {place}"
            data = chart_data(figure, name, height, alt, None if table is None else built(table)) | {"autoplay": False}
            chart = f'<div class="live-chart" role="group" style="height: {int(height)}px"></div>'
            return f'<section class="lab-chart" data-kind="chart">{chart}{_json(data)}</section>'
        case Grid(grid):
            return f'<section class="lab-examples" data-kind="grid">{_json(grid_data(grid))}</section>'
        case Table(frame, caption):
            data = {"csv": csv_text(frame), "filename": file_stem(caption)}
            return f'<section class="lab-table" data-kind="table">{_table(frame, caption)}{_json(data)}</section>'
        case Scene():
            box = '<section class="lab-scene"></section>'
            return f'<div data-kind="scene">{box}{_json(exhibit.data)}</div>'
        case Note(text):
            return f"<section>{_paragraphs(text)}</section>"


def _table(frame: pd.DataFrame, caption: str) -> str:
    frame = flattened(frame)
    sides = ["number" if is_number(column) else "text" for _, column in frame.items()]
    head = "".join(
        f'<th scope="col" class="{side}">{html.escape(name)}</th>'
        for name, side in zip(frame.columns, sides, strict=True)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(f'<td class="{side}">{_cell(value)}</td>' for value, side in zip(row, sides, strict=True))
        + "</tr>"
        for row in frame.itertuples(index=False)
    )
    title = f"<caption>{html.escape(caption)}</caption>"
    return f'<div class="scroll"><table>{title}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _cell(value: object) -> str:
    if is_missing(value):
        return MISSING
    return html.escape(f"{value:.6g}" if isinstance(value, float) else str(value))


def _paragraphs(text: str) -> str:
    return "\n".join(f"<p>{html.escape(part.strip())}</p>" for part in text.split("\n\n") if part.strip())


def _json(data: dict) -> str:
    """Data for the script, with < escaped, so that it cannot end or open an element."""
    text = json.dumps(data, allow_nan=False).replace("<", "\\u003c")
    return f'<script type="application/json">{text}</script>'
