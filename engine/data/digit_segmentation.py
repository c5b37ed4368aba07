"""Segmentation of a digit: separates strokes from their background. scipy loads on first use."""

import numpy as np

from engine.errors import InputError

LEAST_CONTRAST = 12.0
"""Smallest contrast, of 255; an image with less is blank."""

LEAST_SIGNAL = 8.0
"""Smallest contrast of strokes, in standard deviations of the background noise; anything less is noise."""

ENOUGH = 4000
"""Number of pixels that is enough to fit the six coefficients of a background."""


def segment_strokes(gray: np.ndarray, is_bright: bool | None) -> np.ndarray:
    """Strength of the strokes in every pixel, on a background of unknown and uneven brightness.

    The background is a quadratic surface, fitted first to the border and then to all pixels outside strokes. Removed
    are faint parts that are not connected to a stroke, small specks, and parts that touch the border if another stroke
    does not.

    Args:
        gray: (H, W) floats, 0 to 255.
        is_bright: whether strokes are brighter than the background; None detects it.

    Returns:
        (H, W) in [0, 1]: 0 on the background, above 0.5 in at least one pixel.

    Raises:
        InputError: the image has no strokes.
    """
    from scipy import ndimage  # slow to load, and only needed for images of users

    terms = _quadratic(gray.shape)
    ground = _robust_fit(terms, gray, border(gray.shape))
    if is_bright is None:
        is_bright = bool(((gray - ground) ** 3).mean() > 0)
    signed = gray if is_bright else 255.0 - gray
    above = signed - (ground if is_bright else 255.0 - ground)
    is_ground = above < max(0.25 * above.max(), 1.0)
    above = signed - _robust_fit(terms, signed, is_ground)
    noise = 1.4826 * float(np.median(np.abs(above[is_ground])))
    full = _stroke_height(above)
    if full < max(LEAST_CONTRAST, LEAST_SIGNAL * noise):
        raise blank_image()
    low = max(4.0 * noise, 0.06 * full)
    strength = ((above - low) / (full - low)).clip(0, 1)
    parts = np.zeros(strength.shape, np.int32)
    ndimage.label(strength > 0, np.ones((3, 3)), output=parts)
    strokes = np.unique(parts[strength > 0.5])
    return strength * np.isin(parts, _worth_keeping(parts, strength, strokes))


def border(shape: tuple[int, ...]) -> np.ndarray:
    """(H, W) bool: the outer sixteenth on each side, at least one pixel."""
    ring = np.ones(shape, bool)
    depth_y, depth_x = (max(1, side // 16) for side in shape[:2])
    ring[depth_y:-depth_y, depth_x:-depth_x] = False
    return ring


def _quadratic(shape: tuple[int, ...]) -> np.ndarray:
    """(H, W, 6): 1, x, y, xx, xy, yy with both coordinates in [-1, 1]."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, side) for side in shape), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _robust_fit(terms: np.ndarray, values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """(H, W) combination of terms with the least absolute error `where`, by iterated least squares."""
    some = slice(None, None, max(1, int(where.sum()) // ENOUGH))
    design, target = terms[where][some], values[where][some].astype(np.float64)
    weights = np.ones(len(target))
    solution = np.zeros(design.shape[1])
    for _ in range(12):
        root = np.sqrt(weights)[:, None]
        solution = np.linalg.lstsq(design * root, target * root[:, 0], rcond=1e-9)[0]
        weights = 1.0 / np.maximum(np.abs(design @ solution - target), 1.0)
    return terms @ solution


def _stroke_height(above: np.ndarray) -> float:
    """Contrast of strokes: the median of the pixels that are nearer to the highest than to the background, or 0."""
    highest = np.quantile(above, 0.999)
    return float(np.median(above[above >= 0.5 * highest])) if highest > 0 else 0.0


def _worth_keeping(parts: np.ndarray, strength: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """Labels of the parts that are large enough and, if one of these is inside, do not touch the border."""
    size = np.bincount(parts.ravel(), weights=strength.ravel(), minlength=parts.max() + 1)
    edge = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
    inside = np.setdiff1d(strokes, edge)
    inside = inside[size[inside] > 0.002 * parts.size]
    kept = inside if len(inside) else strokes
    return kept[size[kept] >= 0.04 * size[kept].max(initial=0.0)]


def embolden(strength: np.ndarray, least: float) -> np.ndarray:
    """Strokes widened to `least` pixels on average; the image grows with them. Wider strokes are not changed.

    The width of a stroke is twice its area divided by its perimeter.
    """
    from scipy import ndimage  # slow to load, and only needed for images of users

    padded = np.pad(strength, 1)
    perimeter = np.hypot(np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1]).sum()
    radius = int((least - 2.0 * strength.sum() / perimeter) / 2.0)
    if radius < 1:
        return strength
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return ndimage.grey_dilation(np.pad(strength, radius), footprint=x * x + y * y <= radius * radius)


def blank_image() -> InputError:
    return InputError("an image with visible content", "a blank image", "Choose an image with more contrast.")
