"""Files and folders have their old or their new content, whichever step fails."""

import errno
import fcntl
import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from engine.atomic import is_leftover, place_folder, write_atomically

ROOT = Path(__file__).parents[1]


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
    aside = tmp_path / "aside"
    is_new = place_folder(target, fill, is_whole=lambda: old == "whole", set_aside=lambda path: path.rename(aside))
    assert is_new == (old != "whole") and (target / "name").read_text() == ("new" if is_new else "whole")
    assert sorted(tmp_path.iterdir()) == ([aside, target] if old == "damaged" else [target])
    assert old != "damaged" or (aside / "name").read_text() == "damaged"


@pytest.mark.parametrize("moment", ["fill", "rename"])
def test_a_folder_cut_short_leaves_nothing(tmp_path, monkeypatch, moment):
    def half(folder):
        fill(folder)
        no_space()

    if moment == "rename":
        monkeypatch.setattr(os, "rename", no_space)
    with pytest.raises(OSError, match="No space"):
        place_folder(tmp_path / "folder", half if moment == "fill" else fill, lambda: False, no_space)
    assert not any(tmp_path.iterdir())


def only_for_folders(code: int):
    """An `fsync` and a `flock` of a file system that supports both for files only."""

    def call(descriptor, *_):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(code, os.strerror(code))

    return call


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.ENOLCK], ids=errno.errorcode.get)
def test_a_file_system_that_cannot_flush_or_lock_folders_is_no_failure(tmp_path, monkeypatch, code):
    monkeypatch.setattr(os, "fsync", only_for_folders(code))
    monkeypatch.setattr(fcntl, "flock", only_for_folders(code))
    write_atomically(tmp_path / "file.bin", b"content")
    assert (tmp_path / "file.bin").read_bytes() == b"content"
    assert place_folder(tmp_path / "folder", fill, lambda: False, no_space)
    assert (tmp_path / "folder" / "name").read_text() == "new"


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EROFS], ids=errno.errorcode.get)
def test_a_folder_that_could_not_be_flushed_is_a_failure(tmp_path, monkeypatch, code):
    monkeypatch.setattr(os, "fsync", only_for_folders(code))
    with pytest.raises(OSError, match=os.strerror(code)):
        write_atomically(tmp_path / "file.bin", b"content")


def test_what_a_kill_leaves_behind_is_recognized(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from engine.atomic import place_folder, replaced_file\n"
        "root = Path(sys.argv[1])\n"
        "def die(*_): os.kill(os.getpid(), 9)\n"
        "if sys.argv[2] == 'folder': place_folder(root / 'run', die, bool, die)\n"
        "with replaced_file(root / 'result.json') as file: die()\n"
    )
    for kind in ("file", "folder"):
        killed = subprocess.run([sys.executable, "-c", code, tmp_path, kind], cwd=ROOT, check=False)
        assert killed.returncode == -9
    left = [path.name for path in tmp_path.iterdir()]
    assert len(left) == 2 and all(map(is_leftover, left))


@pytest.mark.parametrize("name", ["result.json", ".cache", ".trash", ".hidden.json", ".gitignore", "conv1.f32", ".new"])
def test_other_files_are_no_leftovers(name):
    assert not is_leftover(name)
