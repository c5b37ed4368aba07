"""Files of `dashboard/ui/frontend/`, joined into one script or style sheet for the browser.

A joined script is one module: its files share one scope and do not import each other, so top-level names must differ.
"""

from pathlib import Path

FOLDER = Path(__file__).parent / "frontend"
PLAYER = ("elements.js", "clock.js", "player.js")
CHART = (*PLAYER, "theme.js", "chart.js")
EXAMPLE_GRID = ("elements.js", "example_grid.js")


def joined(*names: str) -> str:
    """Text of the files in this order, each file once."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in dict.fromkeys(names))
