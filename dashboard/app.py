"""Entry point of the Streamlit app: page settings and navigation."""

from pathlib import Path

import streamlit as st

from dashboard import sources
from dashboard.navigation import build_pages
from dashboard.ui.app_style import app_style
from dashboard.ui.errors import draw_error
from dashboard.ui.plain_text import plain
from engine.queue.problem import QueueProblem

ICON = Path(__file__).parent / "icon.png"
RAIL_WIDTH = 330  # pixels

st.set_page_config(page_icon=ICON, layout="wide")  # before the navigation, or the page's icon is fetched from elsewhere
page = st.navigation(build_pages(), position="top")
st.set_page_config(
    page_title=f"{page.title} · Min-Max laboratory", page_icon=ICON, layout="wide", initial_sidebar_state=RAIL_WIDTH
)
st.html(app_style(st.context.theme.type == "dark"))
here = sources.settings()
if here.read_only and not here.store.root.exists():
    st.info(f"The folder {plain(str(here.store.root))} does not exist. Only the recorded runs are shown.")
if problem := sources.queue_problem():
    st.warning(plain(problem), icon=":material/database_off:")
try:
    page.run()
except QueueProblem as refusal:
    if str(refusal) != problem:
        draw_error(refusal)
