"""Tabs of a browser without the browser: WebSocket clients of a dashboard, and what its server takes to serve them."""

import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from engine.queue.client import LOCK
from engine.queue.process_identity import process_identity
from tests.browser.serving import free_port, serve

MEGABYTE = 2**20
KNOWN = 100
"""Large messages that a tab keeps, as a browser does, so that the server need not send them again."""


class Tab:
    """One session of the dashboard, on one page. It asks for reruns as the browser does."""

    def __init__(self, port: int, page: str, query: dict) -> None:
        address = f"ws://127.0.0.1:{port}/_stcore/stream"
        self._socket = connect(
            address, origin=Origin(f"http://127.0.0.1:{port}"), subprotocols=[Subprotocol("streamlit")], max_size=None
        )
        self._page, self._query, self._script = page, urlencode(query, doseq=True), ""
        self.fragments: dict[str, float] = {}
        self._known: list[str] = []

    def rerun(self, fragment: str = "") -> int:
        """Run the page, or one fragment of it, to its end; the bytes that arrived. Raises RuntimeError on an error."""
        if not fragment:
            self.fragments = {}
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash, state.fragment_id = self._query, self._script, fragment
        state.page_name, state.is_auto_rerun = "" if self._script else self._page, bool(fragment)
        state.cached_message_hashes.extend(self._known)
        self._socket.send(message.SerializeToString())
        return self._read_until_end()

    def tick(self) -> int:
        """Run every fragment that refreshes by itself; 0 bytes if there is none."""
        return sum(self.rerun(fragment) for fragment in list(self.fragments))

    def close(self) -> None:
        self._socket.close()

    def _read_until_end(self) -> int:
        size = 0
        while True:
            content = self._socket.recv(timeout=300)
            assert isinstance(content, bytes)
            size += len(content)
            message = ForwardMsg.FromString(content)
            kind = message.WhichOneof("type")
            if message.metadata.cacheable and message.hash not in self._known:
                self._known = [*self._known, message.hash][-KNOWN:]
            if kind == "navigation":
                self._script = message.navigation.page_script_hash
            elif kind == "auto_rerun":
                self.fragments[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            elif kind == "delta" and message.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(f"{self._page}: {message.delta.new_element.exception.message}")
            elif kind == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                return size


class Server:
    """The dashboard's process, seen from outside: its processor time and memory."""

    def __init__(self, port: int) -> None:
        found = [each.pid for each in psutil.net_connections("tcp") if each.laddr and each.laddr.port == port]
        self.port, self._process = port, psutil.Process(next(pid for pid in found if pid))

    @property
    def seconds(self) -> float:
        """Processor time so far, of all threads."""
        times = self._process.cpu_times()
        return times.user + times.system

    @property
    def megabytes(self) -> float:
        """Resident memory."""
        return self._process.memory_info().rss / MEGABYTE

    @property
    def has_torch(self) -> bool:
        return any("libtorch" in each.path for each in self._process.memory_maps())

    @contextmanager
    def tabs(self, count: int, page: str, query: dict) -> Iterator[Sequence[Tab]]:
        """Sessions on one page, each of which has run it once."""
        opened = [Tab(self.port, page, query) for _ in range(count)]
        together(opened, Tab.rerun)
        yield opened
        for tab in opened:
            tab.close()


def together(tabs: Sequence[Tab], do) -> list[int]:
    """Call a function with every tab at the same time."""
    with ThreadPoolExecutor(len(tabs)) as pool:
        return list(pool.map(do, tabs))


@contextmanager
def dashboard(root: Path) -> Iterator[Server]:
    """A dashboard of the store at `root`, without a worker: this process holds its place."""
    (root / LOCK).write_text(process_identity() or "")
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "--port", str(port), "--store", str(root), "--data", str(root)]
    with serve(command, port, root / "server.log", dict(os.environ)):
        yield Server(port)
