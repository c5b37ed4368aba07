"""Chips of a choice in the colors of the curves that they stand for."""

import re
from collections.abc import Sequence

import streamlit as st

from dashboard.figures.palette import DARK


def color_chips(key: str, colors: Sequence[str]) -> None:
    """Mark the chips of the multiselect `key`, in their order, with these colors of the light page."""
    if st.context.theme.type == "dark":
        colors = [DARK.get(color, color) for color in colors]
    if colors:
        st.html(chips_style(key, colors))


def chips_style(key: str, colors: Sequence[str]) -> str:
    """A <style> element that gives the chip in each place its color.

    Raises:
        ValueError: a color is not #rrggbb, or the key is not a word.
    """
    if unknown := [text for text in colors if not re.fullmatch("#[0-9a-f]{6}", text)]:
        raise ValueError(f"expected colors as #rrggbb, got {unknown}")
    if not key.isidentifier():
        raise ValueError(f"expected a key of letters, digits and _, got {key!r}")
    rules = (
        f".st-key-{key} [data-tag-index='{place}'] {{ border-left: 6px solid {color}; }}"
        for place, color in enumerate(colors)
    )
    return f"<style>{''.join(rules)}</style>"
