"""The live region of a page: what has changed, for screen readers."""

from collections.abc import Iterable
from itertools import islice

from streamlit.components.v2 import component

from dashboard.ui.frontend_files import joined
from engine.formatting import one_line

MOST_LINES = 60

_mount = component(
    "announcement",
    html='<div class="lab-announcement" role="status" aria-live="polite"></div>',
    css=joined("announcement.css"),
    js=joined("announcement.js"),
    isolate_styles=False,
)


def announce(lines: Iterable[str]) -> None:
    """Have a screen reader read, politely, the lines that did not hold when the page was drawn last.

    Call it once per page, where it redraws. The first call is silent, and so are lines beyond
    `MOST_LINES`, which are not composed either.
    """
    _mount(key="announcement", data={"lines": [one_line(line) for line in islice(lines, MOST_LINES)]})
