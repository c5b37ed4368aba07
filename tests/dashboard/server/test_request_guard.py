"""Who is answered: known hosts and pages of the same origin, with headers that forbid framing."""

import pytest
from streamlit import config

from dashboard.server.request_guard import RequestGuard
from tests.dashboard.server.asgi import ask

HOSTS = ["localhost", "127.0.0.1", "::1", "lab.example.org"]


async def inner(scope, receive, send):
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"inside"})


@pytest.fixture
def app():
    before = config.get_option("server.allowedHosts")
    config.set_option("server.allowedHosts", HOSTS)
    yield RequestGuard(inner)
    config.set_option("server.allowedHosts", before)


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("host", "origin", "is_answered"),
    [
        ("127.0.0.1:8501", None, True),
        ("127.0.0.1:8501", "http://127.0.0.1:8501", True),
        ("[::1]:8501", "http://[::1]:8501", True),
        ("LAB.example.org", "https://lab.example.org", True),
        ("evil.example:8501", None, False),
        ("evil.example:8501", "http://evil.example:8501", False),
        ("localhost.evil.example", None, False),
        ("user@localhost", None, False),
        ("", None, False),
        ("127.0.0.1:8501", "http://evil.example", False),
        ("127.0.0.1:8501", "http://127.0.0.1:3000", False),  # another program of this machine
        ("127.0.0.1:8501", "http://localhost:8501", False),
        ("127.0.0.1:8501", "null", False),
        ("127.0.0.1:8501", "", False),
    ],
)
def test_hosts_and_origins(app, kind, host, origin, is_answered):
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    status, _ = ask(app, "GET", "/_stcore/stream", headers, kind=kind)
    assert (status != 403) == is_answered


def test_no_lookup_of_this_machines_address_leaves_it(app, monkeypatch):
    """Streamlit compares a foreign origin with the machine's public address, which it asks a server elsewhere for."""
    asked = []
    monkeypatch.setattr("streamlit.net_util.get_external_ip", lambda: asked.append(1))
    assert ask(app, "GET", "/", {"Host": "localhost", "Origin": "http://evil.example"}, kind="websocket")[0] == 403
    assert asked == []


def test_answers_forbid_framing_and_foreign_content(app):
    _, headers = ask(app, "GET", "/", {"Host": "lab.example.org"})
    assert headers["x-frame-options"] == "DENY" and headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin" and headers["content-type"] == "text/plain"
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["frame-ancestors"] == "'none'" and policy["object-src"] == "'none'"
    assert policy["connect-src"].endswith("ws://lab.example.org wss://lab.example.org")
    assert not any(word in part.split() for part in policy.values() for word in ("*", "http:", "https:"))
