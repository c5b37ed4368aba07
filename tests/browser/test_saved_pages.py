"""Saved pages under their own content security policy."""

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.figures.coordinate_lines import coordinate_lines_figure
from dashboard.figures.sweeps import coordinates_figure
from dashboard.frames.sweeps import quantity
from dashboard.ui.standalone_html import Chart, Note, Table, standalone_html

LISTEN = "addEventListener('securitypolicyviolation', (event) => (window.refused ??= []).push(event.violatedDirective))"
NUMBERS = {"fuzziness": [0.1, 0.2, 0.3, None], "near_zero_share": [0.5, 0.6, 0.7, 0.8], "pgd": [0.2, 0.4, 0.6, 0.8]}
POINTS = pd.DataFrame(
    {"l1": [0.0, 0.0, 0.1, 0.1], "mu": [0.0, 0.1, 0.0, 0.1], "label": ["a", "<b>", "c", "d"], **NUMBERS}
)
QUANTITIES = [quantity("fuzziness"), quantity("pgd")]

pytestmark = pytest.mark.slow


@pytest.fixture
def coordinates() -> go.Figure:
    return coordinates_figure(POINTS, QUANTITIES, QUANTITIES[0], "Sweep")


def opened(page, tmp_path, figure):
    """Refused directives of a saved page with this figure, once it is drawn."""
    exhibits = [Chart(figure, "Lines"), Table(POINTS, "Points"), Note("Text")]
    (tmp_path / "page.html").write_text(standalone_html("Saved", "Test", exhibits), encoding="utf-8")
    page.add_init_script(LISTEN)
    page.goto(f"file://{tmp_path}/page.html")
    page.wait_for_selector(".main-svg")
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")
    return page.evaluate("window.refused ?? []")


def test_parallel_coordinates_are_drawn_as_lines(page, tmp_path, coordinates):
    lines = coordinate_lines_figure(coordinates, POINTS.dropna())
    assert opened(page, tmp_path, lines) == []
    assert page.locator(".scatterlayer .lines path.js-line").count() == 3
    for text in ("λ", "μ", "Sweep"):
        page.locator(".main-svg text", has_text=text).first.wait_for()


def test_the_drawing_on_the_page_would_be_refused(page, tmp_path, coordinates):
    """Plotly's parallel coordinates compile code: the reason for the lines."""
    assert "script-src" in opened(page, tmp_path, coordinates)
    page.errors.clear()
