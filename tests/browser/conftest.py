import pytest

from tests.browser.finder import find_browser


def pytest_collection_modifyitems(items):
    driving = [item for item in items if "browser" in item.fixturenames]
    for item in driving:
        item.add_marker(pytest.mark.browser)
    if driving and (reason := find_browser()[1]):
        for item in driving:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright  # only where there is a browser

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    arguments += ["--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser()[0], args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A page in a context of its own, on which no error may happen and no request may leave this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 1600})
    page = context.new_page()
    page.errors, page.foreign = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("request", lambda request: "127.0.0.1" in request.url or page.foreign.append(request.url))
    page.set_default_timeout(60_000)
    yield page
    assert page.errors == []
    assert [url for url in page.foreign if not url.startswith(("data:", "blob:", "file:"))] == []
    context.close()
