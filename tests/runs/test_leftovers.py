"""Temporary files of killed processes are found, and nothing else is."""

import os
from pathlib import Path

import pytest

from engine.runs.config import RunConfig
from engine.runs.leftovers import SECONDS_UNTOUCHED, find_leftovers, remove_leftover, size_of

PARTIAL = ".result.json.0123456789ab"


def make(path: Path, age: float) -> Path:
    """A file of one byte, or a folder if its name says so, that was last written `age` seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.startswith(".new-"):
        path.mkdir()
        (path / "file").write_bytes(b"x")
        os.utime(path / "file", (os.stat(path).st_mtime - age,) * 2)
    else:
        path.write_bytes(b"x")
    os.utime(path, (os.stat(path).st_mtime - age,) * 2)
    return path


@pytest.fixture
def old(store) -> list[Path]:
    run = store.create(RunConfig())
    paths = [store.root / ".new-abc", store.root / PARTIAL, run / PARTIAL, run / "evaluations" / PARTIAL]
    return [make(path, SECONDS_UNTOUCHED + 60) for path in paths]


def test_what_killed_processes_left_is_found_and_removed(store, old):
    assert sorted(find_leftovers(store.root)) == sorted(old)
    for path in old:
        remove_leftover(path)
    assert find_leftovers(store.root) == [] and store.run_ids() == [RunConfig().run_id]


def test_what_a_process_may_still_write_stays(store):
    make(store.root / PARTIAL, SECONDS_UNTOUCHED - 60)
    folder = make(store.root / ".new-abc", SECONDS_UNTOUCHED + 60)
    (folder / "grows").write_bytes(b"now")
    os.utime(folder, (0, 0))
    assert find_leftovers(store.root) == []


def test_files_of_others_stay(store, old, tmp_path):
    run = store.root / RunConfig().run_id
    for path in (run / "result.json", run / ".mine", store.root / ".trash" / PARTIAL, store.root / ".cache" / PARTIAL):
        make(path, SECONDS_UNTOUCHED + 60)
    make(tmp_path / "elsewhere" / PARTIAL, SECONDS_UNTOUCHED + 60)
    (store.root / "link").symlink_to(tmp_path / "elsewhere")
    (run / "a" / "b" / "c").mkdir(parents=True)
    make(run / "a" / "b" / "c" / PARTIAL, SECONDS_UNTOUCHED + 60)
    assert sorted(find_leftovers(store.root)) == sorted(old)


def test_one_level_is_the_folder_itself(store, old):
    assert sorted(find_leftovers(store.root, levels=1)) == sorted(path for path in old if path.parent == store.root)


def test_a_link_among_the_leftovers_is_removed_and_its_target_is_not(store, tmp_path):
    target = make(tmp_path / "precious" / "file", 2 * SECONDS_UNTOUCHED)
    link = store.root / ".new-link"
    link.symlink_to(target.parent)
    os.utime(link, (0, 0), follow_symlinks=False)
    assert find_leftovers(store.root) == [link]
    remove_leftover(link)
    assert not os.path.lexists(link) and target.read_bytes() == b"x"


def test_sizes(store, tmp_path):
    (tmp_path / "big").write_bytes(b"x" * 10_000)
    folder = tmp_path / "folder"
    folder.mkdir()
    before = size_of(folder)
    (folder / "a").write_bytes(b"x" * 100)
    (folder / "link").symlink_to(tmp_path / "big")
    assert 100 < size_of(folder) - before < 10_000
    assert size_of(tmp_path / "big") == 10_000 and size_of(tmp_path / "nothing") == 0
