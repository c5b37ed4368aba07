"""A board to draw a digit on, white ink on black, by hand or by keyboard."""

import base64
import binascii
from collections.abc import Mapping

import numpy as np
from streamlit.components.v2 import component

from dashboard.ui.frontend_files import joined

_mount = component(
    "drawing_board",
    html='<div class="lab-board"></div>',
    css=joined("drawing_board.css"),
    js=joined("elements.js", "drawing_board.js"),
    isolate_styles=False,
)


def drawing_board(*, key: str, shape: tuple[int, int] = (28, 28)) -> np.ndarray | None:
    """The drawing that was last confirmed; None before the first.

    Args:
        key: the board's identity on its page; strokes stay on it through reruns.
        shape: (H, W) of what is returned.

    Returns:
        uint8, shape (H, W): 0 is paper, 255 ink, between them the share of a pixel that is inked.
    """
    result = _mount(
        key=key, data={"rows": shape[0], "columns": shape[1]}, default={"drawing": None}, on_drawing_change=_rerun
    )
    return decoded(result.drawing, shape)


def decoded(drawing: object, shape: tuple[int, int]) -> np.ndarray | None:
    """What the browser sent, base64 of one byte per pixel with its shape; None for a drawing of another shape."""
    if not isinstance(drawing, Mapping) or (drawing.get("rows"), drawing.get("columns")) != shape:
        return None
    try:
        ink = base64.b64decode(str(drawing.get("ink")), validate=True)
    except binascii.Error:
        return None
    return np.frombuffer(ink, np.uint8).reshape(shape).copy() if len(ink) == shape[0] * shape[1] else None


def _rerun() -> None:
    """Streamlit runs the page again by itself; it only wants a callback to know of the state."""
