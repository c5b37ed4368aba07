"""Grid of one test image: a row per run, a column for the clean image and for each attack.

`frontend/example_grid.js` draws it on pages and in standalone files.
"""

import math
from dataclasses import dataclass

from streamlit.components.v2 import component

from dashboard.figures.images import png_uri
from dashboard.ui.frontend_files import EXAMPLE_GRID, joined

PNG_COLOR_TYPE = 25  # offset of the color type in a PNG file; 0 and 4 are gray
GRAY = (0, 4)

_mount = component(
    "example_grid",
    html='<div class="lab-examples"></div>',
    css=joined("buttons.css", "example_grid.css"),
    js=joined(*EXAMPLE_GRID, "live_example_grid.js"),
    isolate_styles=False,
)


@dataclass(frozen=True)
class ExampleCell:
    """One run's prediction for one image.

    Attributes:
        image: PNG, not scaled.
        prediction: one of the grid's classes.
        confidence: probability of the predicted class, [0, 1]; `true_confidence` that of the true one.
        linf: l∞ norm of the perturbation of images in [0, 1], None for a clean image; `l2` likewise.
        changed: share of pixels that the attack changed, [0, 1], None for a clean image.
        probabilities: one per class of the grid.
        perturbation: PNG of the signed perturbation, full color at +-`perturbation_limit`.
        note: remark shown below the image, for example "no perturbation found".
    """

    image: bytes
    prediction: str
    is_correct: bool
    confidence: float
    true_confidence: float
    linf: float | None
    l2: float | None
    changed: float | None
    probabilities: tuple[float, ...]
    perturbation: bytes | None
    perturbation_limit: float | None
    note: str = ""


@dataclass(frozen=True)
class ExampleRow:
    """A run; `color` is #rrggbb, and a cell is None if the attack was not run."""

    label: str
    color: str
    cells: tuple[ExampleCell | None, ...]


@dataclass(frozen=True)
class ExampleGrid:
    """Runs by attacks; the first of `columns` is the clean image.

    Raises:
        ValueError: a row does not have one cell per column, a cell does not have one probability per class, or `truth`
            is not one of the classes.
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
    """Draw a grid, or update the one drawn under this key before; an enlarged cell stays open."""
    _mount(key=key, data=grid_data(grid))


def grid_data(grid: ExampleGrid) -> dict:
    """Data from which `frontend/example_grid.js` draws a grid."""
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
        "image": png_uri(cell.image),
        "prediction": cell.prediction,
        "isCorrect": bool(cell.is_correct),
        "confidence": _number(cell.confidence),
        "trueConfidence": _number(cell.true_confidence),
        "linf": _number(cell.linf),
        "l2": _number(cell.l2),
        "changed": _number(cell.changed),
        "probabilities": [_number(share) for share in cell.probabilities],
        "perturbation": None if cell.perturbation is None else png_uri(cell.perturbation),
        "limit": _number(cell.perturbation_limit),
        "isGray": cell.image[PNG_COLOR_TYPE] in GRAY,
        "note": cell.note,
    }


def _number(value: float | None) -> float | None:
    """The value, or None if it is missing or not finite: JSON has no NaN."""
    return float(value) if value is not None and math.isfinite(value) else None
