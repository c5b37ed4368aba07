"""Files of `dashboard/ui/frontend/`, joined into one script or style sheet for the browser.

A joined script is one module: its files share one scope and do not import each other, so top-level names must differ.
"""

import json
from pathlib import Path

from dashboard.figures.palette import DARK

FOLDER = Path(__file__).parent / "frontend"
PLAYER = ("elements.js", "clock.js", "player.js")
CHART = (
    *(*PLAYER, "palette.js", "theme.js", "full_screen.js"),
    *("weight_path.js", "hill_weight.js", "chart_title.js", "chart.js"),
)
RUN_LINES = ("elements.js", "palette.js", "run_lines.js")
SCENES = ("attack", "weights", "strength", "limits", "kinds")
SCENE = (*PLAYER, "palette.js", "scene.js", *(f"scene_{name}.js" for name in SCENES))
SCENE_STYLE = ("chart.css", "buttons.css", "scenes.css")
EXAMPLE_GRID = ("elements.js", "palette.js", "example_grid.js", "example_dialog.js")


def joined(*names: str) -> str:
    """Text of the files in this order, each file once; the colors of the dark page precede the script for them."""
    texts = {name: (FOLDER / name).read_text(encoding="utf-8") for name in names}
    if "palette.js" in texts:
        texts["palette.js"] = f"const DARK_COLORS = {json.dumps(DARK)};\n{texts['palette.js']}"
    return "\n".join(texts.values())
