"""The server as browsers meet it: path prefix, IPv6, framing, other pages of this machine, forged uploads."""

import http.client
import re
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dashboard.navigation import MENU
from dashboard.server.upload_limits import MOST_FILES
from tests.browser.serving import laboratory as serve_laboratory
from tests.browser.serving import status, wait_until
from tests.namespaces import as_another_user

pytestmark = pytest.mark.slow
CHART = ".live-chart .main-svg"
SOCKET = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
SOCKET["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A laboratory behind a prefix, which also answers to another name."""
    words = ("--base-path", "/lab/one", "--host-name", "lab.example.org")
    with serve_laboratory(tmp_path_factory.mktemp("guarded"), *words) as found:
        yield found


@pytest.fixture
def complaints(page):
    """What the browser reports on its console, without Streamlit's search for its own prefix."""
    found = []
    page.on("console", lambda message: message.type == "error" and found.append((message.text, message.location)))
    yield found
    assert [text for text, place in found if not re.search("/_stcore/(health|host-config)$", place["url"])] == []


@pytest.mark.parametrize("name", [entry.name for entry in MENU])
def test_every_page_opens_under_a_prefix(address, page, complaints, name):
    page.goto(f"{address}/{'' if name == 'home' else name}")
    page.locator("h1").first.wait_for()
    if name == "home":
        page.locator(".lab-limits").wait_for()
    elif name not in ("launch", "runs", "sweeps"):  # they have no chart until there is something to show
        page.locator(CHART).first.wait_for()
    assert page.locator("[data-testid=stException]").count() == 0
    assert all(urlsplit(source).path.startswith("/lab/one/") for source in page.evaluate(SOURCES))


SOURCES = "performance.getEntriesByType('resource').map((one) => one.name).filter((name) => name.startsWith('http'))"


def test_links_components_and_exports_work_under_a_prefix(address, page, complaints):
    page.goto(address)
    page.get_by_role("link", name="Examples").first.click()
    page.locator(".lab-grid img").first.wait_for()
    assert urlsplit(page.url).path == "/lab/one/examples"
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download page as HTML").click()
    assert "lab-grid" in saved.value.path().read_text()
    page.reload()
    page.locator(".lab-grid img").first.wait_for()


def test_ipv6_is_printed_and_served(tmp_path, browser):
    with serve_laboratory(tmp_path, "--address", "::1", host="[::1]") as found:
        log = (tmp_path / "log").read_text()
        assert f"Min-Max laboratory: {found}/ " in log
        page = browser.new_page()
        page.goto(f"{found}/weights")
        page.locator(CHART).first.wait_for(timeout=60_000)
        page.close()


@pytest.mark.parametrize(
    ("host", "origin", "answer"),
    [
        ("127.0.0.1:{}", "http://127.0.0.1:{}", 101),
        ("lab.example.org", "https://lab.example.org", 101),
        ("evil.example:{}", "http://evil.example:{}", 403),
        ("127.0.0.1:{}", "http://evil.example", 403),
        ("127.0.0.1:{}", "http://127.0.0.1:1", 403),
        ("127.0.0.1:{}", "null", 403),
    ],
)
def test_sockets_of_foreign_pages_are_refused(address, host, origin, answer):
    port = urlsplit(address).port
    assert port is not None
    headers = SOCKET | {"Host": host.format(port), "Origin": origin.format(port)}
    assert status(port, "/lab/one/_stcore/stream", headers) == answer


def test_another_page_cannot_frame_it(address, browser):
    class Frame(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"<!doctype html><iframe src='{address}/launch'></iframe>".encode())

        def log_message(self, *words):
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Frame) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        with page.expect_event("console", lambda message: "frame" in message.text.lower()):
            page.goto(f"http://127.0.0.1:{server.server_port}/")
        assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"]
        page.close()
        server.shutdown()


def test_uploads_of_one_tab_are_bounded(address, page):
    """Forged uploads with the id of a real session: the newest stay, and those of no known length are refused."""
    page.goto(f"{address}/launch")
    page.get_by_text("Import weights").first.click()
    with page.expect_request(lambda request: request.method == "PUT") as sent:
        page.locator("input[type=file]").first.set_input_files(
            {"name": "weights.safetensors", "mimeType": "application/octet-stream", "buffer": b"x" * 1000}
        )
    page.get_by_text("weights.safetensors").first.wait_for()
    headers = {**sent.value.all_headers(), "content-type": "multipart/form-data; boundary=b"}
    kept = {"x-xsrftoken", "cookie", "host", "origin", "content-type"}
    headers = {name: value for name, value in headers.items() if name in kept}
    folder = urlsplit(sent.value.url).path.rpartition("/")[0]
    before = stored_bytes(address)
    assert before >= 1000
    size = 2**20
    for number in range(5 * MOST_FILES):
        assert put(address, f"{folder}/forged-{number}", headers, size) == 204
    wait_until(lambda: stored_bytes(address) != before, "the metrics are computed again")
    assert stored_bytes(address) == size * MOST_FILES
    assert put(address, f"{folder}/huge", headers | {"content-length": str(2**30)}) in (413, 507)
    assert put(address, f"{folder}/chunked", headers | {"transfer-encoding": "chunked"}) == 411


def test_a_read_only_server_draws_charts_as_another_user(page):
    """From a read-only checkout, without a home: nothing is installed, and forged uploads are refused."""
    user = as_another_user()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        with serve_laboratory(Path(folder), "--read-only", before=user) as address:
            page.goto(f"{address}/weights")
            page.locator(CHART).first.wait_for()
            assert put(address, "/_stcore/upload_file/any/file", {"host": urlsplit(address).netloc}, 10) == 403
            assert page.locator("input[type=file]").count() == 0
        assert [path.name for path in Path(folder).iterdir()] == ["log"]


def put(address: str, path: str, headers: dict[str, str], size: int | None = None) -> int:
    """Status of an upload of this many bytes; without a size only the headers are sent."""
    head = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
    body = b"" if size is None else head + b"x" * size + b"\r\n--b--\r\n"
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.putrequest("PUT", path, skip_host=True)
    for name, value in (headers | ({"content-length": str(len(body))} if body else {})).items():
        connection.putheader(name, value)
    connection.endheaders(body or None)
    answer = connection.getresponse().status
    connection.close()
    return answer


def stored_bytes(address: str) -> int:
    """Size of the uploads in the server's memory, by its own metrics."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    connection.request("GET", f"{urlsplit(address).path}/_stcore/metrics?families=cache_memory_bytes")
    text = connection.getresponse().read().decode()
    connection.close()
    lines = [line for line in text.splitlines() if 'cache_type="UploadedFileManager"' in line]
    return sum(int(float(line.split()[-1])) for line in lines)
