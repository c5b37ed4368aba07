"""Conversion of images of users to the format of a data set. Pillow loads on first use."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from engine.data.catalog import DIGITS, DatasetSpec
from engine.data.digit_segmentation import LEAST_CONTRAST, blank_image, border, embolden, segment_strokes
from engine.errors import InputError

if TYPE_CHECKING:
    from PIL import Image as Pillow

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
MOST_PIXELS = 64_000_000
LONGEST_SIDE = 1024
"""Longest side of a decoded image, in pixels; far more than the fitted image needs."""

WORKING_SIDE = 320
DIGIT_BOX = 20
"""Side of the square that contains a digit of MNIST, within 28 x 28 pixels."""

LEAST_STROKE = 2.0
"""Smallest width of a stroke within that square, in pixels; 95 % of MNIST's digits exceed it."""


def read_image(content: bytes) -> np.ndarray:
    """Read the first frame of an image file, rotated upright, with transparent pixels on white.

    Returns:
        (H, W, 3) uint8, reduced to at most 1024 pixels per side.

    Raises:
        InputError: the file is empty, not one of FORMATS, truncated, or larger than 64 megapixels (not decoded).
    """
    from PIL import Image, ImageOps  # only uploaded images need Pillow

    expected = f"an image file ({', '.join(FORMATS)})"
    if not content:
        raise InputError(expected, "an empty file", "Choose another file.")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _too_large(f"{image.width} x {image.height} pixels")
            image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            pixels = _plain(image)
            pixels.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(pixels)
            if upright.mode == "RGBA":
                upright = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright)
            return np.array(upright.convert("RGB"))
    except InputError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("a far larger image") from error
    except Image.UnidentifiedImageError as error:
        raise InputError(expected, "a file in another format", "Choose another file.") from error
    except Exception as error:  # each decoder of Pillow raises its own exception for a damaged file
        remedy = "Save the image again, or choose another file."
        raise InputError(expected, f"a damaged file ({type(error).__name__})", remedy) from error


def fit_image(pixels: np.ndarray, spec: DatasetSpec, is_bright: bool | None = None) -> np.ndarray:
    """Convert an image of any size to the format of a data set.

    Digits are processed as in MNIST: bright strokes on 0, cropped to the strokes, scaled to fit 20 x 20, and moved so
    that the center of mass is the center of 28 x 28. Other gray images are letterboxed on 0; color images are cropped
    to a square.

    Args:
        pixels: (H, W) or (H, W, 3) uint8.
        is_bright: whether the object is brighter than the background; None detects it from the border. Ignored for
            color images.

    Returns:
        (C, H, W) uint8, `spec.shape`.

    Raises:
        InputError: the shape or dtype is wrong, or the image is blank.
    """
    if pixels.dtype != np.uint8 or not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)):
        shape = f"{pixels.dtype} {pixels.shape}"
        raise InputError("uint8 pixels of shape (H, W) or (H, W, 3)", shape, "Read the image with read_image.")
    if pixels.size == 0 or np.ptp(pixels) < LEAST_CONTRAST:
        raise blank_image()
    channels, height, width = spec.shape
    if channels == 3:
        return _fit_square(pixels, height, width)
    gray = _reduced(_luminance(pixels), WORKING_SIDE)
    fit = _fit_digit if spec.classes == DIGITS else _letterbox
    fitted = fit(gray, is_bright, height, width)
    if not fitted.any():
        raise blank_image()
    return fitted


def _plain(image: Pillow.Image) -> Pillow.Image:
    """The image in mode L, RGB or RGBA; channels of 16 bits are scaled, not clipped."""
    from PIL import Image  # only uploaded images need Pillow

    if image.mode in ("L", "RGB", "RGBA"):
        image.load()
        return image
    if image.mode.startswith("I"):
        return Image.fromarray(np.clip(np.asarray(image, np.float64) / 257.0, 0, 255).astype(np.uint8))
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _too_large(got: str) -> InputError:
    return InputError(f"an image of at most {MOST_PIXELS // 10**6} megapixels", got, "Reduce its size first.")


def _luminance(pixels: np.ndarray) -> np.ndarray:
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    return pixels @ weights if pixels.ndim == 3 else pixels.astype(np.float32)


def _resized(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """(height, width) floats within the range of `values`; anti-aliased if reduced."""
    from PIL import Image  # only uploaded images need Pillow

    picture = Image.fromarray(np.ascontiguousarray(values, np.float32))
    kind = Image.Resampling.BOX if width * height < values.size else Image.Resampling.BILINEAR
    return np.array(picture.resize((width, height), kind))


def _reduced(values: np.ndarray, longest: int) -> np.ndarray:
    share = longest / max(values.shape)
    if share >= 1.0:
        return values
    return _resized(values, *(max(1, round(side * share)) for side in values.shape))


def _fitting(shape: tuple[int, ...], height: int, width: int) -> tuple[int, int]:
    share = min(height / shape[0], width / shape[1])
    return max(1, round(shape[0] * share)), max(1, round(shape[1] * share))


def _fit_square(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """(3, height, width): the largest centered square."""
    from PIL import Image  # only uploaded images need Pillow

    edge = min(pixels.shape[:2])
    top, left = ((side - edge) // 2 for side in pixels.shape[:2])
    square = Image.fromarray(pixels[top : top + edge, left : left + edge]).convert("RGB")
    small = np.array(square.resize((width, height), Image.Resampling.LANCZOS))
    if np.ptp(small) < LEAST_CONTRAST:
        raise blank_image()
    return np.ascontiguousarray(small.transpose(2, 0, 1))


def _letterbox(gray: np.ndarray, is_bright: bool | None, height: int, width: int) -> np.ndarray:
    """(1, height, width): the whole image on a background of 0."""
    ground = float(np.median(gray[border(gray.shape)]))
    middle = float(gray[tuple(slice(side // 4, side - side // 4) for side in gray.shape)].mean())
    is_bright = middle > ground if is_bright is None else is_bright
    above = gray - ground if is_bright else ground - gray
    if above.max() < LEAST_CONTRAST:
        raise blank_image()
    scaled = above.clip(0) * (255.0 / above.max())
    small = _resized(scaled, *_fitting(gray.shape, height, width))
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    fitted = np.zeros((1, height, width), np.uint8)
    fitted[0, top : top + small.shape[0], left : left + small.shape[1]] = np.rint(small).clip(0, 255)
    return fitted


def _fit_digit(gray: np.ndarray, is_bright: bool | None, height: int, width: int) -> np.ndarray:
    strength = segment_strokes(gray, is_bright)
    rows, columns = (np.flatnonzero(strength.max(axis=axis) > 0.1) for axis in (1, 0))
    cropped = strength[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    bold = embolden(cropped, LEAST_STROKE / DIGIT_BOX * max(cropped.shape))
    return _center(_resized(bold, *_fitting(bold.shape, DIGIT_BOX, DIGIT_BOX)), height, width)


def _center(strength: np.ndarray, height: int, width: int) -> np.ndarray:
    """(1, height, width) uint8, with the center of mass in pixel (height // 2, width // 2) unless strokes are cut."""
    fitted = np.zeros((1, height, width), np.uint8)
    mass = strength.sum()
    corner = []
    for axis, (side, room) in enumerate(zip(strength.shape, (height, width), strict=True)):
        center = (strength.sum(axis=1 - axis) * (np.arange(side) + 0.5)).sum() / mass
        corner.append(int(np.clip(round(room / 2 + 0.5 - center), 0, room - side)))
    top, left = corner
    fitted[0, top : top + strength.shape[0], left : left + strength.shape[1]] = np.rint(255 * strength / strength.max())
    return fitted
