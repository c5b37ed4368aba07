"""Runs, one line each: color, label, a curve of one quantity, progress, and words."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from streamlit.components.v2 import component

from dashboard.ui.frontend_files import RUN_LINES, joined

_mount = component(
    "run_lines",
    html='<div class="lab-runs" role="list"></div>',
    css=joined("run_lines.css"),
    js=joined(*RUN_LINES),
    isolate_styles=False,
)


@dataclass(frozen=True)
class RunLine:
    """One run; the browser shows all texts as they are.

    color: #rrggbb for the light page; curve: numbers from first to last; progress: fraction, None without a bar.
    """

    label: str
    color: str
    curve: Sequence[float]
    words: str
    progress: float | None = None


def run_lines(lines: Sequence[RunLine], *, key: str) -> None:
    """Draw a line per run, or update the lines drawn under this key before."""
    _mount(key=key, data={"lines": [asdict(line) for line in lines]})
