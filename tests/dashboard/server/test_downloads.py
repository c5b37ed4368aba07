"""A download that is built on a click still works when the page was drawn again just before the click."""

import pytest
from streamlit.runtime import runtime
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage

from dashboard.server import downloads
from dashboard.server.downloads import KEPT_SECONDS, LastingDownloads, keep_downloads


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(downloads, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def files(clock):
    return LastingDownloads(MemoryMediaFileStorage("/media"))


def rerun(files, text: str) -> str:
    """Run a script that draws one button again, as Streamlit does; the id that the browser learns."""
    files.clear_session_refs()
    file_id = files.add_deferred(lambda: text, "text/csv", "[0, 4, 6, 0]")
    files.remove_orphaned_files()
    return file_id


def test_the_button_before_a_rerun_still_gives_its_file(files, clock):
    old, _ = rerun(files, "old"), rerun(files, "new")
    clock[0] += 0.9 * KEPT_SECONDS
    rerun(files, "newer")
    assert files.execute_deferred(old).startswith("/media")


def test_what_no_page_shows_is_dropped_after_some_seconds(files, clock):
    old = rerun(files, "old")
    for _ in range(3):
        new = rerun(files, "new")
        clock[0] += 0.6 * KEPT_SECONDS
    files.remove_orphaned_files()
    with pytest.raises(MediaFileStorageError, match="not found"):
        files.execute_deferred(old)
    assert files.execute_deferred(new).startswith("/media")
    assert len(files._deferred_callables) == 2


def test_the_server_keeps_downloads(monkeypatch):
    monkeypatch.setattr(runtime, "MediaFileManager", runtime.MediaFileManager)
    keep_downloads()
    assert runtime.MediaFileManager is LastingDownloads
