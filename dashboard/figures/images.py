"""Images as PNG, without smoothing: every pixel of the network's input is a square."""

import base64
import io

import numpy as np
from PIL import Image

BLUE, WHITE, RED = (np.array(color, float) for color in ((33, 102, 172), (247, 247, 247), (178, 24, 43)))


def image_png(image: np.ndarray, *, scale: int = 8) -> bytes:
    """PNG of an image with values in [0, 1], every pixel a square of scale x scale.

    Args:
        image: shape (H, W) or (H, W, 3), any float dtype.
        scale: edge of a pixel's square, at least 1.

    Raises:
        ValueError: the shape is different, or a value is not in [0, 1].
    """
    _check_shape(image)
    if not ((image >= 0) & (image <= 1)).all():
        raise ValueError(f"expected values in [0, 1], got [{image.min()}, {image.max()}]")
    return _encode(np.rint(image.astype(float) * 255), scale)


def perturbation_png(perturbation: np.ndarray, *, limit: float | None = None, scale: int = 8) -> bytes:
    """PNG of a signed perturbation, amplified so that +-limit is full color.

    Perturbations of gray images go from blue (darker) through white (unchanged) to red (brighter). Those of color
    images are shown channel by channel around middle gray: 255 is an increase by `limit`, 0 is a decrease by `limit`.

    Args:
        perturbation: shape (H, W) or (H, W, 3), finite.
        limit: |value| drawn in full color, larger ones are clipped; by default the largest of this perturbation. Use
            the same limit for perturbations that are compared.
        scale: edge of a pixel's square, at least 1.
    """
    _check_shape(perturbation)
    if not np.isfinite(perturbation).all():
        raise ValueError("expected a finite perturbation")
    limit = float(np.abs(perturbation).max()) if limit is None else limit
    share = np.clip(perturbation / limit, -1, 1) if limit > 0 else np.zeros_like(perturbation)
    if share.ndim == 3:
        return _encode(np.rint((share + 1) / 2 * 255), scale)
    share = share[..., None]
    return _encode(np.rint(WHITE + np.where(share < 0, BLUE - WHITE, RED - WHITE) * np.abs(share)), scale)


def as_picture(image: np.ndarray) -> np.ndarray:
    """(C, H, W) -> (H, W) or (H, W, 3)."""
    return image[0] if len(image) == 1 else image.transpose(1, 2, 0)


def png_uri(png: bytes) -> str:
    """A PNG as an address that contains it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _check_shape(image: np.ndarray) -> None:
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ValueError(f"expected shape (H, W) or (H, W, 3), got {image.shape}")


def _encode(pixels: np.ndarray, scale: int) -> bytes:
    enlarged = pixels.astype(np.uint8).repeat(scale, axis=0).repeat(scale, axis=1)
    buffer = io.BytesIO()
    Image.fromarray(enlarged).save(buffer, format="PNG")
    return buffer.getvalue()
