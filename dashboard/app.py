"""Entry point of the Streamlit app: page settings and navigation."""

from pathlib import Path

import streamlit as st

from dashboard.navigation import build_pages

st.set_page_config(page_title="Min-Max laboratory", page_icon=Path(__file__).parent / "icon.png", layout="wide")
st.html("<style>.stMainBlockContainer { padding-top: 4.5rem; padding-bottom: 3rem; }</style>")
st.navigation(build_pages(), position="top").run()
