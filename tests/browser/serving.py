"""What browser tests share: servers on free ports, and waiting for what takes time."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from engine.queue.client import worker_identity
from engine.queue.process_identity import pid_of

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serve(
    command: list[str],
    port: int,
    log: Path,
    env: dict[str, str],
    health: str = "/_stcore/health",
    host: str = "127.0.0.1",
) -> Iterator[None]:
    """Run a server until the block ends; it answers when the block begins."""
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=env)
    try:
        wait_until(lambda: status(port, health, host=host) == 200, "the server answers", 60)
        yield
    finally:
        process.terminate()
        process.wait(10)


def script_server(script: Path, port: int) -> list[str]:
    """Command that serves a script as the dashboard is served, with the config.toml beside the script."""
    code = "from dashboard.server.address import Address; from dashboard.server.serving import serve;"
    code += f"from pathlib import Path; serve(Address('127.0.0.1', {port}), script=Path({str(script)!r}))"
    return [sys.executable, "-c", code]


@contextlib.contextmanager
def laboratory(folder: Path, *words: str, host: str = "127.0.0.1", before: Sequence[str] = ()) -> Iterator[str]:
    """Address of a dashboard with a worker and an empty store of its own, `folder`/store, beside what is shipped."""
    port = free_port()
    command = [*before, sys.executable, "-m", "dashboard", "--port", str(port), *words]
    command += ["--store", str(folder / "store"), "--data", str(folder / "data")]
    prefix = words[words.index("--base-path") + 1] if "--base-path" in words else ""
    with serve(command, port, folder / "log", dict(os.environ), f"{prefix}/_stcore/health", host):
        yield f"http://{host}:{port}{prefix}"
    if identity := worker_identity(folder / "store"):
        os.killpg(pid_of(identity), signal.SIGTERM)


def status(port: int, path: str, headers: dict[str, str] | None = None, host: str = "127.0.0.1") -> int | None:
    """Of a GET; None while nobody listens."""
    connection = http.client.HTTPConnection(f"{host}:{port}", timeout=5)
    try:
        connection.request("GET", path, headers=headers or {})
        return connection.getresponse().status
    except ConnectionRefusedError:
        return None
    finally:
        connection.close()


def wait_until(condition, what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s until {what}")
        time.sleep(0.1)
