"""Drawing board for a digit, white on black, operated by pointer or keyboard."""

import base64
import binascii
from collections.abc import Mapping

import numpy as np
from streamlit.components.v2 import component

from dashboard.ui.frontend_files import joined

_mount = component(
    "drawing_board",
    html='<div class="lab-board"></div>',
    css=joined("buttons.css", "drawing_board.css"),
    js=joined("elements.js", "drawing_board.js"),
    isolate_styles=False,
)


def drawing_board(*, key: str, shape: tuple[int, int] = (28, 28)) -> np.ndarray | None:
    """The last confirmed drawing; None before the first.

    Args:
        key: identifies the board on its page; strokes survive reruns.
        shape: (H, W) of the returned drawing.

    Returns:
        uint8, shape (H, W): 0 is background, 255 is ink; values in between are the inked share of a pixel.
    """
    result = _mount(
        key=key, data={"rows": shape[0], "columns": shape[1]}, default={"drawing": None}, on_drawing_change=_rerun
    )
    return decoded(result.drawing, shape)


def decoded(drawing: object, shape: tuple[int, int]) -> np.ndarray | None:
    """Drawing sent by the browser as a shape and base64 of one byte per pixel; None if its shape differs."""
    if not isinstance(drawing, Mapping) or (drawing.get("rows"), drawing.get("columns")) != shape:
        return None
    try:
        ink = base64.b64decode(str(drawing.get("ink")), validate=True)
    except binascii.Error:
        return None
    return np.frombuffer(ink, np.uint8).reshape(shape).copy() if len(ink) == shape[0] * shape[1] else None


def _rerun() -> None:
    """Streamlit needs a callback to register the state; it reruns the page by itself."""
