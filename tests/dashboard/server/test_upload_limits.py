"""Uploads are bounded in number and total size, whatever a client sends to the endpoint."""

import asyncio

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from dashboard.server.upload_limits import MOST_FILES, UploadLimits
from tests.dashboard.server.asgi import ask, asking, in_a_loop

PREFIXES = ("", "/lab")


@pytest.fixture
def files():
    return MemoryUploadedFileManager("/_stcore/upload_file")


@pytest.fixture
def limits(files):
    return UploadLimits(storing(files), lambda: files, most_bytes=1000)


def storing(files, during=None):
    """An application that stores what it gets, as Streamlit's endpoint does."""

    async def app(scope, receive, send):
        session, file_id = scope["path"].split("/")[-2:]
        if during is not None:
            await during()
        if scope["method"] == "PUT":
            body = (await receive())["body"]
            files.add_file(session, UploadedFileRec(file_id, "name", "text/plain", body))
        elif scope["method"] == "DELETE":
            files.remove_file(session, file_id)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


def put(app, session, file_id, size, prefix=""):
    path = f"{prefix}/_stcore/upload_file/{session}/{file_id}"
    return ask(app, "PUT", path, {"Content-Length": str(size)}, b"x" * size)[0]


def stored(files) -> dict[str, list[str]]:
    return {session: list(found) for session, found in files.file_storage.items() if found}


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_session_keeps_its_newest_files(limits, files, prefix):
    for number in range(3 * MOST_FILES):
        assert put(limits, "one", str(number), 10, prefix) == 204
    assert stored(files) == {"one": [str(number) for number in range(2 * MOST_FILES, 3 * MOST_FILES)]}


def test_a_file_sent_again_is_one_file(limits, files):
    for _ in range(3 * MOST_FILES):
        put(limits, "one", "same", 10)
    put(limits, "one", "other", 10)
    assert stored(files) == {"one": ["same", "other"]}


def test_all_sessions_together_are_bounded(limits, files):
    taken = [put(limits, f"session-{number}", "a", 300) for number in range(10)]
    assert taken == [204] * 3 + [507] * 7
    assert sum(len(file.data) for found in files.file_storage.values() for file in found.values()) == 900


def test_space_is_free_again_when_a_session_ends_or_a_file_is_removed(limits, files):
    assert [put(limits, name, "a", 400) for name in ("one", "two", "three")] == [204, 204, 507]
    files.remove_session_files("one")
    assert [put(limits, name, "a", 400) for name in ("three", "four")] == [204, 507]
    assert ask(limits, "DELETE", "/_stcore/upload_file/two/a", {})[0] == 204
    assert put(limits, "four", "a", 400) == 204


def test_uploads_under_way_count(files):
    async def together():
        gate = asyncio.Event()
        limits = UploadLimits(storing(files, gate.wait), lambda: files, most_bytes=1000)
        path, headers = "/_stcore/upload_file/one/{}", {"Content-Length": "300"}
        asked = [
            asyncio.ensure_future(asking(limits, "PUT", path.format(number), headers, b"x" * 300))
            for number in range(8)
        ]
        done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        while len(done) < 5:
            more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            done |= more
        refused = [task.result()[0] for task in done]
        gate.set()
        return refused, [(await task)[0] for task in waiting], limits.under_way

    assert in_a_loop(together()) == ([507] * 5, [204] * 3, 0)


def test_an_upload_of_unknown_length_is_refused(limits, files):
    for headers in ({}, {"Content-Length": "-1"}, {"Content-Length": "many"}, {"Content-Length": "²"}):
        assert ask(limits, "PUT", "/_stcore/upload_file/one/a", headers, b"x")[0] == 411
    assert stored(files) == {}


def test_an_upload_that_fails_keeps_no_space(files):
    async def failing(scope, receive, send):
        raise RuntimeError("the client left")

    limits = UploadLimits(failing, lambda: files, most_bytes=1000)
    for _ in range(5):
        with pytest.raises(RuntimeError):
            put(limits, "one", "a", 900)
    assert limits.under_way == 0 and limits.kept == {}


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_read_only_takes_no_upload(files, method, prefix):
    limits = UploadLimits(storing(files), lambda: files, read_only=True)
    path = f"{prefix}/_stcore/upload_file/one/a"
    assert ask(limits, method, path, {"Content-Length": "1"}, b"x")[0] == 403
    assert stored(files) == {}
    assert ask(limits, "GET", "/_stcore/health", {})[0] == 204
