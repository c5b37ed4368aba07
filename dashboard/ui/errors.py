"""Errors on pages. Their messages contain input of users and text from files."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard.ui.plain_text import plain
from engine.errors import InputError


def draw_error(error: object, introduction: str = "") -> None:
    """Draw an error, after a sentence of ours that says what failed; the message is shown as plain text."""
    st.error(f"{introduction} {plain(error)}".lstrip())


@contextmanager
def errors_drawn(introduction: str = "") -> Iterator[None]:
    """Context of what a button does: an error that refuses it is drawn, and ends the body."""
    try:
        yield
    except (InputError, OSError) as error:
        draw_error(error, introduction)
