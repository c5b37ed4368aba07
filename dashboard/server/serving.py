"""The server: Streamlit's, behind a guard for requests and uploads."""

from pathlib import Path
from typing import cast

from starlette.middleware import Middleware
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.starlette import App

from dashboard.server.address import Address
from dashboard.server.request_guard import RequestGuard
from dashboard.server.upload_limits import UploadLimits

SCRIPT = Path(__file__).parents[1] / "app.py"


def build_server(read_only: bool, script: Path = SCRIPT) -> App:
    """The ASGI application; the order of the guards is that in which they see a request."""
    guards = [Middleware(RequestGuard), Middleware(UploadLimits, files=_uploaded_files, read_only=read_only)]
    return App(script, middleware=guards)


def server_options(address: Address) -> dict[str, object]:
    """Streamlit's options that depend on the command line; the others are in `.streamlit/config.toml`."""
    return {
        "server.address": address.host,
        "server.port": address.port,
        "server.allowedHosts": address.known_hosts,
        "server.baseUrlPath": address.prefix.strip("/"),
    }


def serve(address: Address, read_only: bool) -> None:
    """Serve until a signal ends the process."""
    build_server(read_only).run(config=server_options(address))


def _uploaded_files() -> MemoryUploadedFileManager:
    return cast(MemoryUploadedFileManager, runtime.get_instance().uploaded_file_mgr)
