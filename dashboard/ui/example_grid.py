"""One test image as every run sees it, clean and under each attack: a grid to look at, cell by cell.

`frontend/example_grid.js` draws it, here and in standalone files.
"""

import base64
import math
from dataclasses import dataclass

from streamlit.components.v2 import component

from dashboard.ui.frontend_files import EXAMPLE_GRID, joined

PNG_COLOR_TYPE = 25  # place of the byte in a PNG file; 0 and 4 are gray
GRAY = (0, 4)

_mount = component(
    "example_grid",
    html='<div class="lab-examples"></div>',
    css=joined("example_grid.css"),
    js=joined(*EXAMPLE_GRID, "live_example_grid.js"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class ExampleCell:
    """What one run says to one image.

    Attributes:
        image: PNG, one of its pixels per pixel.
        prediction: one of the grid's classes.
        confidence: probability of the predicted class, [0, 1]; `true_confidence` that of the true one.
        linf: size of the perturbation, images being in [0, 1]; None for a clean image. Likewise `l2`.
        probabilities: one per class of the grid.
        perturbation: PNG of the signed perturbation, full color at +-`perturbation_limit`.
        note: a remark shown below, such as "found nothing".
    """

    image: bytes
    prediction: str
    is_correct: bool
    confidence: float
    true_confidence: float
    linf: float | None
    l2: float | None
    probabilities: tuple[float, ...]
    perturbation: bytes | None
    perturbation_limit: float | None
    note: str = ""


@dataclass(frozen=True)
class ExampleRow:
    """A run; `color` is #rrggbb, None among the cells means that the attack was not tried."""

    label: str
    color: str
    cells: tuple[ExampleCell | None, ...]


@dataclass(frozen=True)
class ExampleGrid:
    """Runs by attacks; the first of `columns` is the clean image.

    Raises:
        ValueError: a row has not one cell per column, or a cell not one probability per class; `truth` is no class.
    """

    truth: str
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[ExampleRow, ...]

    def __post_init__(self) -> None:
        if self.truth not in self.classes:
            raise ValueError(f"expected one of {self.classes}, got {self.truth}")
        for row in self.rows:
            if len(row.cells) != len(self.columns):
                raise ValueError(f"expected {len(self.columns)} cells in {row.label}, got {len(row.cells)}")
            for cell in row.cells:
                if cell and len(cell.probabilities) != len(self.classes):
                    raise ValueError(f"expected {len(self.classes)} probabilities, got {len(cell.probabilities)}")


def example_grid(grid: ExampleGrid, *, key: str) -> None:
    """Draw a grid, or change the one drawn under this key before: a pinned cell stays so."""
    _mount(key=key, data=grid_data(grid))


def grid_data(grid: ExampleGrid) -> dict:
    """What `frontend/example_grid.js` draws a grid from."""
    return {
        "truth": grid.truth,
        "classes": list(grid.classes),
        "columns": list(grid.columns),
        "rows": [
            {"label": row.label, "color": row.color, "cells": [cell and _cell_data(cell) for cell in row.cells]}
            for row in grid.rows
        ],
    }


def _cell_data(cell: ExampleCell) -> dict:
    return {
        "image": _data_uri(cell.image),
        "prediction": cell.prediction,
        "isCorrect": bool(cell.is_correct),
        "confidence": _number(cell.confidence),
        "trueConfidence": _number(cell.true_confidence),
        "linf": _number(cell.linf),
        "l2": _number(cell.l2),
        "probabilities": [_number(share) for share in cell.probabilities],
        "perturbation": None if cell.perturbation is None else _data_uri(cell.perturbation),
        "limit": _number(cell.perturbation_limit),
        "isGray": cell.image[PNG_COLOR_TYPE] in GRAY,
        "note": cell.note,
    }


def _number(value: float | None) -> float | None:
    """JSON has no NaN; what is none is shown as unknown."""
    return float(value) if value is not None and math.isfinite(value) else None


def _data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
