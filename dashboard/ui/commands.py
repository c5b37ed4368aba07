"""Commands that do the same as a form, with the folders of this dashboard."""

import streamlit as st

from dashboard.sources import settings
from engine.runs.folder_options import folder_options


def draw_commands(*commands: str) -> None:
    """Draw commands, each on a line; folders other than the default are added to each as options."""
    here = settings()
    options = folder_options(here.store.root, here.worker.data_dir)
    st.code("\n".join(command + options for command in commands), language=None, wrap_lines=True)
