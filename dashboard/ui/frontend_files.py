"""What runs in the browser: the files of `dashboard/frontend/`, joined into one script or style sheet.

A script is one module: its parts share one scope and no part imports another, so names at the top are unlike in all.
"""

from pathlib import Path

FOLDER = Path(__file__).parent / "frontend"
CHART = ("elements.js", "theme.js", "player.js", "chart.js")
EXAMPLE_GRID = ("elements.js", "example_grid.js")


def joined(*names: str) -> str:
    """The files' text in this order, each of them once."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in dict.fromkeys(names))
