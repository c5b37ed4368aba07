"""Images and arrays as text that a browser can read."""

import base64

import numpy as np

from dashboard.figures.images import as_picture, image_png, png_uri


def image_uri(image: np.ndarray) -> str:
    """An image, (C, H, W) in [0, 1], as the address of a PNG."""
    return png_uri(image_png(as_picture(np.clip(image, 0, 1)), scale=1))


def packed(values: np.ndarray) -> str:
    """Numbers as base64 of little-endian float32, row by row."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()
