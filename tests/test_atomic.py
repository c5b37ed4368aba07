"""Files and folders have their old or their new content, whichever step fails."""

import errno
import io
import os
from pathlib import Path

import pytest

from engine.atomic import place_folder, write_atomically


def no_space(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


class FullDisk(io.BytesIO):
    """A file that accepts some bytes and then raises an error."""

    def __init__(self, real: io.FileIO) -> None:
        super().__init__()
        self._real = real

    def write(self, content: bytes) -> int:
        self._real.write(content[: len(content) // 2])
        self._real.close()
        no_space()


def test_content_arrives(tmp_path):
    path = tmp_path / "file.bin"
    for content in (b"first", b"", b"second" * 1000):
        write_atomically(path, content)
        assert path.read_bytes() == content and list(tmp_path.iterdir()) == [path]


def break_open(monkeypatch):
    monkeypatch.setattr(Path, "open", no_space)


def break_write(monkeypatch):
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda path, mode: FullDisk(real(path, mode)))


def break_fsync(monkeypatch):
    monkeypatch.setattr(os, "fsync", no_space)


def break_replace(monkeypatch):
    monkeypatch.setattr(os, "replace", no_space)


STEPS = [break_open, break_write, break_fsync, break_replace]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("old", [None, b"old content"])
def test_a_failing_step_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch, step, old):
    path = tmp_path / "file.bin"
    if old is not None:
        path.write_bytes(old)
    with monkeypatch.context() as patch:
        step(patch)
        with pytest.raises(OSError) as caught:
            write_atomically(path, b"new content")
    assert caught.value.errno == errno.ENOSPC
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == (
        [] if old is None else [(path.name, old)]
    )
    write_atomically(path, b"new content")
    assert path.read_bytes() == b"new content", "and once there is room again it works"


def test_an_interrupt_leaves_no_litter(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file.bin", b"new content")
    assert not any(tmp_path.iterdir())


def test_file_and_folder_are_flushed_before_and_after_the_rename(tmp_path, monkeypatch):
    events = []
    real = os.fsync, os.replace

    def fsync(descriptor):
        events.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")
        real[0](descriptor)

    def replace(source, target):
        events.append("rename")
        assert Path(source).parent == Path(target).parent, "a rename is atomic only inside one file system"
        real[1](source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    write_atomically(tmp_path / "file.bin", b"content")
    assert events == ["file", "rename", "folder"]


# folders


def fill(folder: Path) -> None:
    folder.mkdir()
    (folder / "name").write_text("new")


@pytest.mark.parametrize("old", [None, "whole", "damaged"])
def test_a_folder_takes_its_place_unless_a_whole_one_is_there(tmp_path, old):
    target = tmp_path / "folder"
    if old:
        target.mkdir()
        (target / "name").write_text(old)
    is_new = place_folder(target, fill, is_whole=lambda: old == "whole")
    assert is_new == (old != "whole") and (target / "name").read_text() == ("new" if is_new else "whole")
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("moment", ["fill", "rename"])
def test_a_folder_cut_short_leaves_nothing(tmp_path, monkeypatch, moment):
    def half(folder):
        fill(folder)
        no_space()

    if moment == "rename":
        monkeypatch.setattr(os, "rename", no_space)
    with pytest.raises(OSError, match="No space"):
        place_folder(tmp_path / "folder", half if moment == "fill" else fill, is_whole=lambda: False)
    assert not any(tmp_path.iterdir())
