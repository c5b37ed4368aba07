"""axe-core finds no violation on any page, in both themes and at three widths."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboard.navigation import MENU
from tests.browser.serving import laboratory as serve_laboratory

pytestmark = pytest.mark.slow
WIDTHS = {"light": (1400, 768, 390), "dark": (1400,)}  # the theme changes colors, the width what is shown
OF_STREAMLIT: set[tuple[str, str]] = set()
"""(rule, selector) of violations in Streamlit's own elements, which no option or theme changes."""


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory):
    with serve_laboratory(tmp_path_factory.mktemp("accessible")) as address:
        yield address


def violations(page) -> list[tuple[str, str, str]]:
    """(rule, selector, what is wrong) of each element that violates a rule and is not Streamlit's own."""
    return [
        (found["id"], node["target"][0], node["failureSummary"])
        for found in Axe().run(page).response["violations"]
        for node in found["nodes"]
        if (found["id"], node["target"][0]) not in OF_STREAMLIT
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [page.name for page in MENU])
def test_nothing_violates_a_rule(laboratory, browser, name, scheme):
    page = browser.new_context(color_scheme=scheme).new_page()
    page.goto(f"{laboratory}/{name}")
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
        " && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')"
    )
    for width in WIDTHS[scheme]:
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == []
    page.context.close()
