"""Images and arrays as text that a browser can read."""

import base64

import numpy as np

from dashboard.figures.images import image_png


def data_uri(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def image_uri(image: np.ndarray) -> str:
    """An image, (C, H, W) in [0, 1], as the address of a PNG."""
    return data_uri(image_png(picture(np.clip(image, 0, 1)), scale=1))


def picture(image: np.ndarray) -> np.ndarray:
    """(C, H, W) -> (H, W) or (H, W, 3)."""
    return image[0] if len(image) == 1 else image.transpose(1, 2, 0)


def packed(values: np.ndarray) -> str:
    """Numbers as base64 of little-endian float32, row by row."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode()
