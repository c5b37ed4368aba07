"""The trash: a deleted run is whole or gone at every step, can come back, and nothing outside the store is touched."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.runs.config import RunConfig
from engine.runs.run_files import RESULT, write_json
from engine.runs.trash import DAYS_KEPT, Trash

ROOT = Path(__file__).parents[2]
CONFIG = RunConfig()


def contents(folder: Path) -> dict:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def run(store) -> Path:
    folder = store.create(CONFIG)
    write_json(folder / RESULT, {"status": "finished", "clean_accuracy": 0.5})
    (folder / "evaluations").mkdir()
    (folder / "evaluations" / "0.json").write_text("{}")
    return folder


def test_a_deleted_run_comes_back_as_it_was(store, run):
    before = contents(run)
    deleted = store.delete(run.name)
    assert store.run_ids() == [] and not run.exists()
    assert [entry.run_id for entry in store.trash.entries()] == [run.name] == [deleted.run_id]
    assert store.trash.restore(deleted) == run
    assert contents(run) == before and store.trash.entries() == [] and store.run_ids() == [run.name]


def test_the_last_deleted_of_equal_ids_comes_back(store, run, monkeypatch):
    for number in (1, 2):
        (run / "number").write_text(str(number))
        monkeypatch.setattr("time.time", lambda number=number: 1e9 + number)
        store.delete(run.name)
        if number == 1:
            store.create(CONFIG)
    store.trash.restore(store.trash.last_deleted(run.name))
    assert (run / "number").read_text() == "2" and len(store.trash.entries()) == 1


def test_a_run_that_exists_again_is_not_replaced(store, run):
    store.delete(run.name)
    again = store.create(CONFIG)
    (again / "new").write_text("new")
    with pytest.raises(InputError, match=run.name):
        store.trash.restore(store.trash.last_deleted(run.name))
    assert (again / "new").read_text() == "new" and len(store.trash.entries()) == 1


@pytest.mark.parametrize("bad", ["", "..", "mnist-mini-std-0000000000", "../x"])
def test_what_was_never_deleted(store, run, bad):
    store.delete(run.name)
    with pytest.raises(InputError, match="deleted run"):
        store.trash.last_deleted(bad)


def test_a_run_that_another_process_restored_or_removed(store, run):
    entry = store.delete(run.name)
    store.trash.remove(entry.path)
    with pytest.raises(InputError, match="gone"):
        store.trash.restore(entry)
    assert store.run_ids() == []


def test_a_symbolic_link_is_deleted_and_its_target_is_not(store, run, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    shutil.move(run, elsewhere)
    before = contents(elsewhere)
    run.symlink_to(elsewhere)
    deleted = store.delete(run.name)
    assert not os.path.lexists(run) and contents(elsewhere) == before
    store.trash.remove(deleted.path)
    assert contents(elsewhere) == before and list(store.trash.folder.iterdir()) == []


def test_links_inside_a_run_are_not_followed(store, run, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("mine")
    (run / "adversarial").symlink_to(tmp_path / "precious")
    store.trash.remove(store.delete(run.name).path)
    assert (tmp_path / "precious" / "file").read_text() == "mine"


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_trash_that_is_no_folder_of_the_store(store, run, tmp_path, kind):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / f"20200101000000-00000000-{run.name}").mkdir()
    if kind == "link":
        store.trash.folder.symlink_to(tmp_path / "precious")
    else:
        store.trash.folder.write_text("mine")
    with pytest.raises(InputError, match=r"\.trash"):
        store.delete(run.name)
    assert run.exists() and store.trash.entries() == store.trash.expired(0.0) == []
    assert len(list((tmp_path / "precious").iterdir())) == 1


def test_runs_expire(store, run, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1e9)
    entry = store.delete(run.name)
    for days, expected in ((0, []), (DAYS_KEPT - 1, []), (DAYS_KEPT, [entry.path])):
        monkeypatch.setattr("time.time", lambda days=days: 1e9 + days * 86_400)
        assert store.trash.expired() == expected
    assert store.trash.expired(0.0) == [entry.path]


def test_a_removal_cut_short_leaves_nothing_to_restore(store, run, monkeypatch):
    entry = store.delete(run.name)

    def die(path):
        (Path(path) / "config.json").unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", die)
        with pytest.raises(KeyboardInterrupt):
            store.trash.remove(entry.path)
    assert store.trash.entries() == []
    left = store.trash.expired()
    assert len(left) == 1
    store.trash.remove(left[0])
    assert list(store.trash.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", "notes", "99999999999999-00000000-run", "20200101000000-run"])
def test_what_somebody_else_put_into_the_trash_stays(store, run, name):
    store.delete(run.name)
    (store.trash.folder / (name or "file")).mkdir()
    assert len(store.trash.entries()) == 1 and len(store.trash.expired(0.0)) == 1


def test_a_kill_at_any_step_of_a_deletion_leaves_the_run_or_no_run(store, run):
    """The process kills itself before the given call of the operating system."""
    code = (
        "import os, sys; from pathlib import Path; from engine.runs.store import RunStore\n"
        "left = int(sys.argv[3])\n"
        "def watch(event, arguments):\n"
        "    global left\n"
        "    if event in ('os.mkdir', 'os.rename', 'os.remove', 'os.rmdir', 'shutil.rmtree'):\n"
        "        left -= 1\n"
        "        if left == 0: os.kill(os.getpid(), 9)\n"
        "sys.addaudithook(watch)\n"
        "RunStore(Path(sys.argv[1])).delete(sys.argv[2])\n"
    )
    before = contents(run)
    for step in range(1, 100):
        words = [sys.executable, "-c", code, store.root, run.name, str(step)]
        killed = subprocess.run(words, cwd=ROOT, check=False).returncode == -9
        assert run.exists() == (store.run_ids() == [run.name])
        assert contents(run if run.exists() else Trash(store.root).entries()[0].path) == before
        if not run.exists():
            store.trash.restore(store.trash.last_deleted(run.name))
        if not killed:
            break
    assert step > 2, "the steps were reached"
