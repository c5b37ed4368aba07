"""ASGI middleware: uploads are bounded in number and in total size, and refused if the dashboard is read-only.

Streamlit bounds the size of one file only: whoever knows the id of a session may send as many files as they like.
"""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

PATH = "/_stcore/upload_file/"
MOST_FILES = 4
"""Uploads that a browser tab keeps. The newest stay; pages need one for each of their two upload fields."""

MOST_BYTES = 256 * 2**20
"""Size of all uploads in memory, those under way included."""

Upload = tuple[str, str]
"""Session and file id."""


class UploadLimits:
    """Counts uploads by the length of their requests, which includes file names.

    files: returns the server's uploaded files; most_bytes: limit of their total size.
    """

    def __init__(
        self,
        app: ASGIApp,
        files: Callable[[], MemoryUploadedFileManager],
        read_only: bool = False,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.app, self.files, self.read_only, self.most_bytes = app, files, read_only, most_bytes
        self.kept: dict[Upload, int] = {}
        self.under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or PATH not in scope["path"] or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
        elif self.read_only:
            await PlainTextResponse("This laboratory is read-only.\n", 403)(scope, receive, send)
        elif scope["method"] == "PUT":
            await self._take(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = Headers(scope=scope).get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            await PlainTextResponse("The length of an upload must be stated.\n", 411)(scope, receive, send)
            return
        self._forget_removed()
        if self.under_way + sum(self.kept.values()) + int(length) > self.most_bytes:
            reason = f"Uploads on this server would exceed {self.most_bytes // 2**20} MB. Close other tabs first.\n"
            await PlainTextResponse(reason, 507)(scope, receive, send)
            return
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        self.under_way += int(length)
        try:
            await self.app(scope, receive, watched)
        finally:
            self.under_way -= int(length)
            session, _, file = scope["path"].partition(PATH)[2].partition("/")
            if status < 300:
                self._keep((session, file), int(length))

    def _keep(self, upload: Upload, size: int) -> None:
        self.kept.pop(upload, None)
        self.kept[upload] = size  # last: the newest
        own = [one for one in self.kept if one[0] == upload[0]]
        for oldest in own[:-MOST_FILES]:
            self.files().remove_file(*oldest)
            del self.kept[oldest]

    def _forget_removed(self) -> None:
        """Drop what the browser deleted, and the files of sessions that ended."""
        files = self.files()
        self.kept = {one: size for one, size in self.kept.items() if files.get_files(one[0], [one[1]])}
