"""Downloads that are built on a click, also while the page is drawn again."""

from time import monotonic

from streamlit.runtime import runtime
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorage

KEPT_SECONDS = 5.0


class LastingDownloads(MediaFileManager):
    """Keeps the function behind a download for a few seconds after the script ran again.

    Streamlit drops it at once, but the browser learns of the new one a moment later; a click in between fails. Pages
    that follow a training run again each second.
    """

    def __init__(self, storage: MediaFileStorage) -> None:
        super().__init__(storage)
        self._unnamed_since: dict[str, float] = {}

    def _remove_orphaned_deferred_callables(self) -> None:
        now = monotonic()
        named = {file_id for files in self._files_by_session_and_coord.values() for file_id in files.values()}
        unnamed = self._deferred_callables.keys() - named
        self._unnamed_since = {file_id: self._unnamed_since.get(file_id, now) for file_id in unnamed}
        for file_id, since in self._unnamed_since.items():
            if now - since >= KEPT_SECONDS:
                self._drop_deferred_id(file_id)


def keep_downloads() -> None:
    """Let the runtime that is created next keep downloads."""
    runtime.MediaFileManager = LastingDownloads  # type: ignore[misc]
