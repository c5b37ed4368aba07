"""Numbers as text: ε in its unit and in pixels, percent, durations, and the sign for a missing value. No torch."""

from collections.abc import Sequence

MISSING = "–"
"""Text for a missing value."""


def percent(fraction: float | None) -> str:
    """A fraction in percent, to one decimal; MISSING for None."""
    return MISSING if fraction is None else f"{100 * fraction:.1f} %"


def duration(seconds: float) -> str:
    """A duration, rounded, in a unit that fits its length: "40 s", "3 min", "1.6 h"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def byte_words(count: int) -> str:
    """A number of bytes in a unit that fits its size: "0 B", "12.4 kB", "3.0 GB"."""
    size, units = float(count), iter(("B", "kB", "MB", "GB"))
    unit = next(units)
    while size >= 1000 and (larger := next(units, None)):
        size, unit = size / 1000, larger
    return f"{count} B" if unit == "B" else f"{size:.1f} {unit}"


def pixel_range(values: Sequence[float], to: str = " to ") -> str:
    """Smallest and largest of one value per channel, in pixels; one number if both round to the same text.

    Args:
        values: at least one value.
        to: text between the two numbers.
    """
    low, high = f"{min(values):.4f}", f"{max(values):.4f}"
    return low if low == high else f"{low}{to}{high}"


def epsilon_words(epsilon: float, unit: str, pixels: Sequence[float] = ()) -> str:
    """ε in its unit and, if the unit is not "pixel", in pixels: "ε = 0.3 normalized (0.0924 in pixels)".

    Args:
        pixels: ε of each channel in pixels; empty if unknown.
    """
    other = f" ({pixel_range(pixels)} in pixels)" if len(pixels) and unit != "pixel" else ""
    return f"ε = {epsilon:g} {unit}{other}"
