"""Numbers as text, the sign for a missing value, and foreign text on one line. No torch."""

import re
import unicodedata
from collections.abc import Sequence

MISSING = "–"
"""Text for a missing value."""

UNKNOWN_CHARACTER = "\N{REPLACEMENT CHARACTER}"
LONGEST_TEXT = 2_000
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Invisible characters that some scripts and emojis need."""


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


def one_line(text: object, most: int = LONGEST_TEXT) -> str:
    """Foreign text as at most `most` visible characters on one line.

    Runs of white space become one space. Control characters, characters that change the direction of text, and those
    that UTF-8 cannot encode become U+FFFD.
    """
    line = re.sub(r"\s+", " ", str(text)[: most + 1])
    line = "".join(map(_visible, line))
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _visible(character: str) -> str:
    if character.isascii():
        return character if character.isprintable() else UNKNOWN_CHARACTER
    is_hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs") and character not in JOINERS
    return UNKNOWN_CHARACTER if is_hidden else character
