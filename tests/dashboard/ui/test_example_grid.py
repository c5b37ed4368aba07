"""A grid of examples reaches the browser whole, as JSON, with pixels as they are."""

import base64
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from dashboard.figures.images import image_png, perturbation_png
from dashboard.ui.example_grid import ExampleCell, ExampleGrid, ExampleRow, grid_data

PIXELS = np.linspace(0, 1, 28 * 28).reshape(28, 28)
CELL = ExampleCell(
    image=image_png(PIXELS, scale=1),
    prediction="b",
    is_correct=bool(np.True_),
    confidence=0.75,
    true_confidence=0.75,
    linf=0.3,
    l2=np.float64(2.5),
    changed=0.5,
    probabilities=(0.25, 0.75),
    perturbation=perturbation_png(PIXELS - 0.5, limit=0.3, scale=1),
    perturbation_limit=0.3,
)


def grid_of(*cells: ExampleCell | None) -> ExampleGrid:
    return ExampleGrid(
        "b", ("a", "b"), tuple(f"c{i}" for i in range(len(cells))), (ExampleRow("Std", "#62686e", cells),)
    )


def test_cells_travel_as_json_with_their_pixels():
    data = json.loads(json.dumps(grid_data(grid_of(CELL, None)), allow_nan=False))
    first, second = data["rows"][0]["cells"]
    assert second is None
    assert (first["linf"], first["l2"], first["changed"], first["probabilities"], first["isGray"]) == (
        0.3,
        2.5,
        0.5,
        [0.25, 0.75],
        True,
    )
    picture = Image.open(io.BytesIO(base64.b64decode(first["image"].removeprefix("data:image/png;base64,"))))
    np.testing.assert_array_equal(np.asarray(picture), np.rint(PIXELS * 255))


def test_a_color_image_is_told_from_a_gray_one():
    color = replace(CELL, image=image_png(np.stack([PIXELS] * 3, axis=2), scale=1))
    assert grid_data(grid_of(color))["rows"][0]["cells"][0]["isGray"] is False


def test_what_is_no_number_is_unknown():
    broken = replace(CELL, confidence=float("nan"), probabilities=(float("nan"), 1.0), perturbation_limit=float("inf"))
    cell = grid_data(grid_of(broken))["rows"][0]["cells"][0]
    assert (cell["confidence"], cell["probabilities"], cell["limit"]) == (None, [None, 1.0], None)


def test_a_grid_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="2 probabilities, got 1"):
        grid_of(replace(CELL, probabilities=(1.0,)))
    with pytest.raises(ValueError, match="expected 2 cells in Std, got 1"):
        ExampleGrid("b", ("a", "b"), ("clean", "fgsm"), (ExampleRow("Std", "#62686e", (CELL,)),))
    with pytest.raises(ValueError, match="got z"):
        replace(grid_of(CELL), truth="z")
