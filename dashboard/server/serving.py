"""The server: Streamlit's, behind a guard for requests and uploads, and Plotly.js from the installed package."""

import os
from importlib.resources import files
from pathlib import Path
from typing import cast

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.starlette import App

from dashboard.server.address import Address
from dashboard.server.downloads import keep_downloads
from dashboard.server.request_guard import RequestGuard
from dashboard.server.upload_limits import UploadLimits

SCRIPT = Path(__file__).parents[1] / "app.py"


def build_server(prefix: str = "", read_only: bool = False, script: Path = SCRIPT) -> App:
    """The ASGI application; the order of the guards is that in which they see a request."""
    keep_downloads()
    guards = [Middleware(RequestGuard), Middleware(UploadLimits, files=_uploaded_files, read_only=read_only)]
    return App(script, routes=[plotlyjs_route(prefix)], middleware=guards)


def server_options(address: Address) -> dict[str, object]:
    """Streamlit's options that depend on the command line; the others are in `.streamlit/config.toml`."""
    return {
        "server.address": address.host,
        "server.port": address.port,
        "server.allowedHosts": address.known_hosts,
        "server.baseUrlPath": address.prefix.strip("/"),
    }


def serve(address: Address, read_only: bool = False, script: Path = SCRIPT) -> None:
    """Serve until a signal ends the process."""
    ensure_home()
    build_server(address.prefix, read_only, script).run(config=server_options(address))


def ensure_home() -> None:
    """Set HOME for a user without an entry in the list of users, as containers do: Streamlit looks for files there."""
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = os.sep


def plotlyjs_route(prefix: str) -> Route:
    """Route of the script that `live_chart.js` loads. Its address contains the version, so browsers may keep it."""
    path = Path(str(files("plotly") / "package_data" / "plotly.min.js"))
    kept = {"Cache-Control": "public, max-age=31536000"}

    def plotlyjs(request: Request) -> FileResponse:
        return FileResponse(path, media_type="text/javascript", headers=kept)

    return Route(f"{prefix}/plotly.min.js", plotlyjs)


def _uploaded_files() -> MemoryUploadedFileManager:
    return cast(MemoryUploadedFileManager, runtime.get_instance().uploaded_file_mgr)
