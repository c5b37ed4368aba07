"""Plotly.js is served from the installed package, so that nothing is copied at start."""

import asyncio
from importlib.resources import files
from pathlib import Path

import pytest
from starlette.applications import Starlette

from dashboard.server.address import Address
from dashboard.server.serving import ensure_home, plotlyjs_route, server_options
from tests.dashboard.server.asgi import in_a_loop


@pytest.mark.parametrize("prefix", ["", "/lab"])
def test_plotlyjs_comes_from_the_package(prefix):
    app, parts = Starlette(routes=[plotlyjs_route(prefix)]), []
    scope = {"type": "http", "method": "GET", "path": f"{prefix}/plotly.min.js", "headers": [], "root_path": ""}

    async def receive():
        await asyncio.Event().wait()  # the client stays until it has everything

    async def send(message):
        parts.append(message)

    in_a_loop(app(scope, receive, send))
    assert parts[0]["status"] == 200
    content = b"".join(part.get("body", b"") for part in parts[1:])
    assert content == (files("plotly") / "package_data/plotly.min.js").read_bytes()


def test_a_user_without_a_home_is_served(monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    ensure_home()
    assert Path.home() == Path("/somewhere")
    monkeypatch.delenv("HOME")

    def unknown(user):
        raise KeyError(user)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    ensure_home()
    assert Path.home() == Path("/")


def test_the_command_line_decides_where_the_server_listens():
    options = server_options(Address("::1", 8600, ("lab.example.org",), "/lab"))
    assert options["server.address"] == "::1" and options["server.port"] == 8600
    assert options["server.baseUrlPath"] == "lab"
    assert options["server.allowedHosts"] == ["localhost", "127.0.0.1", "::1", "lab.example.org"]
