"""Requests to an ASGI application without a network."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")
Headers = dict[str, str]


def ask(app, method: str, path: str, headers: Headers, body: bytes = b"", kind: str = "http") -> tuple[int, Headers]:
    """Status and headers of one answer; a refused WebSocket answers 403, an accepted one 101."""
    return in_a_loop(asking(app, method, path, headers, body, kind))


def in_a_loop(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Result of a coroutine, run in a thread: this one may have the event loop of a browser."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


async def asking(app, method, path, headers, body=b"", kind="http") -> tuple[int, Headers]:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": kind, "method": method, "path": path, "headers": raw, "query_string": b"", "root_path": ""}
    answers = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        answers.append(message)

    await app(scope, receive, send)
    if kind == "websocket":
        return (403 if answers[0]["type"] == "websocket.close" else 101), {}
    return answers[0]["status"], {name.decode(): value.decode() for name, value in answers[0].get("headers", [])}
