"""ASGI middleware: known hosts only, requests of its own pages only, and headers that keep a page to itself."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

POLICY = (
    "default-src 'self' data: blob:; script-src 'self' blob: 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' data: blob: ws://{host} wss://{host}; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""Content security policy: nothing comes from or goes to another host. Streamlit's own scripts need the exceptions."""

HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class RequestGuard:
    """Refuses requests under an unknown host name, and those that a page of another origin sends.

    Streamlit checks the host of WebSockets only, and takes every page of this machine, whatever its port, for its own.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if reason := _refusal(host, headers.get("origin")):
            await _refuse(reason, scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = MutableHeaders(scope=message)
                sent.update({**HEADERS, "Content-Security-Policy": POLICY.format(host=host)})
            await send(message)

        await self.app(scope, receive, send_with_headers)


def _refusal(host: str, origin: str | None) -> str | None:
    if not is_host_allowed(host):
        return "This server does not answer to this host name. Start it with --host-name to allow it.\n"
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return "This request came from a page of another origin. A proxy must pass the Host header on unchanged.\n"
    return None


async def _refuse(reason: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})  # the server answers 403
    else:
        await PlainTextResponse(reason, 403)(scope, receive, send)
