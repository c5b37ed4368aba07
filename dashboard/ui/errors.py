"""Errors on pages. Their messages contain input of users and text from files."""

import streamlit as st

from dashboard.ui.plain_text import plain


def draw_error(error: object, introduction: str = "") -> None:
    """Draw an error, after a sentence of ours that says what failed; the message is shown as plain text."""
    st.error(f"{introduction} {plain(error)}".lstrip())
