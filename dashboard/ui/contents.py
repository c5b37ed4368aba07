"""Contents of a long page, beside it."""

from collections.abc import Mapping

import streamlit as st


def draw_contents(titles: Mapping[str, str]) -> None:
    """Draw links to the sections of the page, beside it, as in `contents`."""
    with st.sidebar:
        st.markdown(contents(titles))


def contents(titles: Mapping[str, str]) -> str:
    """Links to sections, in Markdown.

    Args:
        titles: anchor of a section -> its title, in the order of the page; words of ours.
    """
    return "**On this page**\n\n" + "\n".join(f"- [{title}](#{anchor})" for anchor, title in titles.items())
