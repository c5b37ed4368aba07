"""The store: directories made once, read with distrust, never left."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from engine.errors import DamagedFile, InputError
from engine.queue.job import Place
from engine.queue.overview import list_runs, read_overview
from engine.queue.submission import submit_runs
from engine.runs.config import RunConfig
from engine.runs.records import METRICS
from engine.runs.run_files import CONFIG, MODEL, RESULT, load_weights, read_json, save_model, write_json
from engine.runs.store import FORMAT, RunStore

ROOT = Path(__file__).parents[2]


def snapshot_of(folder) -> dict:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_is_made_once(store):
    folder = store.create(RunConfig(seed=3))
    before = snapshot_of(folder), (folder / CONFIG).stat().st_mtime_ns
    assert store.create(RunConfig(seed=3)) == folder
    assert (snapshot_of(folder), (folder / CONFIG).stat().st_mtime_ns) == before
    assert store.config(folder.name) == RunConfig(seed=3) and folder.name == RunConfig(seed=3).run_id
    document = json.loads((folder / CONFIG).read_text())
    assert document["format"] == FORMAT and document["run_id"] == folder.name


def test_runs_are_listed_newest_first(store):
    ids = [store.create(RunConfig(seed=seed)).name for seed in range(4)]
    for age, run_id in enumerate(reversed(ids)):
        os.utime(store.root / run_id / CONFIG, (1e9 - age, 1e9 - age))
    assert store.run_ids() == list(reversed(ids))
    (store.root / ".cache").mkdir()
    (store.root / "Not A Run").mkdir()
    (store.root / "empty-folder").mkdir()
    (store.root / "README.md").write_text("text")
    (store.root / "file").write_text("text")
    assert store.run_ids() == list(reversed(ids))
    assert RunStore(store.root / "nowhere").run_ids() == []


@pytest.mark.parametrize(
    "bad", ["", ".", "..", "../x", "/etc", "A", "a/b", "a\\b", "a b", "a\n", "-a", "a\0", "x" * 101, ".cache", "ä"]
)
def test_what_is_no_id_leaves_no_trace(store, bad):
    outside = store.root.parent / "x"
    outside.mkdir()
    (outside / CONFIG).write_text("{}")
    for ask in (store.folder, store.config, store.delete):
        with pytest.raises(InputError):
            ask(bad)
    assert (outside / CONFIG).exists()


def test_no_such_run(store):
    for ask in (store.folder, store.config, store.delete):
        with pytest.raises(InputError, match="mnist-mini-std-0000000000"):
            ask("mnist-mini-std-0000000000")
    assert store.result("mnist-mini-std-0000000000") is None and store.report_paths("mnist-mini-std-0000000000") == []


def test_a_newer_format_is_left_alone(store):
    folder = store.create(RunConfig())
    document = json.loads((folder / CONFIG).read_text()) | {"format": FORMAT + 1, "config": {"warp": 9}}
    write_json(folder / CONFIG, document)
    before = snapshot_of(store.root)
    with pytest.raises(InputError, match=rf"format {FORMAT + 1}.*Update"):
        store.config(folder.name)
    assert snapshot_of(store.root) == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"null",
        b"[]",
        b"{}",
        b'{"format": 1}',
        b'{"format": 1, "config": null}',
        b'{"format": 1, "config": {"seed": -1}}',
        b'{"format": 1, "config": {"dataset": "x"}}',
        b'{"format": 1, "config": {"unknown": 1}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=lambda content: content[:40].decode(errors="replace").rstrip("["),
)
def test_a_damaged_config(store, queue, content):
    good = store.create(RunConfig(seed=1)).name
    folder = store.create(RunConfig())
    (folder / CONFIG).write_bytes(content)
    with pytest.raises(InputError) as caught:
        store.config(folder.name)
    assert str(folder / CONFIG) in str(caught.value) and "\n" not in str(caught.value)
    assert (folder / CONFIG).read_bytes() == content
    overviews, problems = list_runs(store, queue)
    assert [overview.run_id for overview in overviews] == [good]
    assert [problem.sentence for problem in problems] == [str(caught.value)]


@pytest.mark.parametrize("name", [METRICS, RESULT])
@pytest.mark.parametrize(
    "content",
    [b"garbage\n", b"\0\0\0\n", b"[1]\n", b"{}\n", b'{"clean_accuracy": 0.5}\n', b"[" * 50_000 + b"\n"],
    ids=["text", "zeros", "list", "empty", "half", "deep"],
)
def test_damaged_records_do_not_hide_the_other_runs(store, queue, name, content):
    ids = {store.create(RunConfig(seed=seed)).name for seed in (0, 1)}
    (store.root / RunConfig().run_id / name).write_bytes(content)
    listed, problems = list_runs(store, queue)
    assert {overview.run_id for overview in listed} == ids and problems == []
    for overview in listed:
        json.dumps(overview.document(), allow_nan=False)


def test_delete(store):
    folders = [store.create(RunConfig(seed=seed)) for seed in (0, 1)]
    (folders[0] / "evaluations").mkdir()
    (folders[0] / "evaluations" / "x.json").write_text("{}")
    store.delete(folders[0].name)
    assert not folders[0].exists() and store.run_ids() == [folders[1].name]


def test_a_run_without_its_config_is_a_damaged_run_and_nothing_of_it_is_lost(store, queue):
    """Killed deletions of earlier versions left such folders, too."""
    config, folder = RunConfig(), store.root / RunConfig().run_id
    folder.mkdir()
    write_json(folder / RESULT, {"status": "finished", "clean_accuracy": 1.0})
    before, other = snapshot_of(folder), store.create(RunConfig(seed=1)).name
    listed, problems = list_runs(store, queue)
    assert [run.run_id for run in listed] == [other]
    assert [problem.run_id for problem in problems] == [folder.name]
    assert "config.json" in problems[0].sentence and "no such file" in problems[0].sentence
    for attempt in (lambda: store.create(config), lambda: submit_runs(store, queue, [config], Place(store.root))):
        with pytest.raises(DamagedFile, match="no such file"):
            attempt()
    assert snapshot_of(folder) == before and queue.jobs() == []
    store.delete(folder.name)
    assert store.create(config) == folder and store.result(folder.name) is None


def test_an_empty_folder_of_a_run_gives_way(store):
    (store.root / RunConfig().run_id).mkdir()
    assert store.run_ids() == []
    assert store.config(store.create(RunConfig()).name) == RunConfig()


@pytest.mark.parametrize("moment", ["write", "rename"])
def test_a_creation_cut_short_leaves_no_run(store, monkeypatch, moment):
    def no_space(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace" if moment == "write" else "rename", no_space)
        with pytest.raises(OSError, match="No space"):
            store.create(RunConfig())
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize("name", ["images", "sweeps", "notes", "photos-0123456789a"])
def test_a_folder_that_is_no_run_is_not_deleted(store, name):
    (store.root / name).mkdir()
    (store.root / name / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match=name):
        store.delete(name)
    assert (store.root / name / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("damage", ["missing", "garbage", "folder", "dangling"])
def test_a_run_with_a_damaged_config_can_be_deleted(store, damage):
    path = store.create(RunConfig()) / CONFIG
    path.unlink()
    if damage == "garbage":
        path.write_bytes(b"{")
    elif damage == "folder":
        path.mkdir()
    elif damage == "dangling":
        path.symlink_to("nowhere")
    store.delete(path.parent.name)
    assert not path.parent.exists() and len(store.trash.entries()) == 1


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "store").write_text("mine")
    for root in (tmp_path / "store", tmp_path / "store" / "below"):
        with pytest.raises(InputError, match="--store"):
            RunStore(root).prepare()
    assert (tmp_path / "store").read_text() == "mine"


def test_a_store_that_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match="written to"):
        RunStore(tmp_path).prepare()


def test_json_is_strict_and_atomic(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": [1, 2.5, None]})
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"a": float("nan")})
    assert read_json(path) == {"a": [1, 2.5, None]} and list(tmp_path.iterdir()) == [path]


# final weights


WEIGHTS = {"conv1.weight": np.arange(6, dtype=np.float32).reshape(1, 6), "conv1.bias": np.ones(3, np.float32)}


def test_weights_round_trip_with_the_config_in_the_header(tmp_path):
    config = RunConfig(seed=4)
    save_model(tmp_path, WEIGHTS, config)
    found = load_weights(tmp_path)
    assert found.keys() == WEIGHTS.keys()
    assert all(np.array_equal(found[name], value) for name, value in WEIGHTS.items())
    with safetensors.safe_open(tmp_path / MODEL, "numpy") as file:
        run = json.loads(file.metadata()["run"])
    assert RunConfig.model_validate(run["config"]) == config and run["run_id"] == config.run_id


def test_the_same_weights_are_the_same_bytes(tmp_path):
    """In every process: what is compared with another machine's is the file."""
    code = (
        "import sys, numpy as np; from pathlib import Path; from engine.runs.run_files import save_model\n"
        "from engine.runs.config import RunConfig\n"
        "save_model(Path(sys.argv[1]), {'b': np.ones(3, 'f4'), 'a': np.zeros(2, 'f4')}, RunConfig())"
    )
    contents = set()
    for _ in range(4):
        subprocess.run([sys.executable, "-c", code, tmp_path], cwd=ROOT, check=True)
        contents.add((tmp_path / MODEL).read_bytes())
    assert len(contents) == 1


def test_no_weights_yet(tmp_path):
    with pytest.raises(InputError, match="finish"):
        load_weights(tmp_path)


@pytest.mark.parametrize("tenth", range(10))
def test_truncated_weights(tmp_path, tenth):
    save_model(tmp_path, WEIGHTS, RunConfig())
    content = (tmp_path / MODEL).read_bytes()
    (tmp_path / MODEL).write_bytes(content[: len(content) * tenth // 10])
    with pytest.raises(InputError, match="damaged"):
        load_weights(tmp_path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite(tmp_path, bad):
    save_model(tmp_path, WEIGHTS | {"fc.bias": np.array([1.0, bad], np.float32)}, RunConfig())
    with pytest.raises(InputError, match="finite"):
        load_weights(tmp_path)


def test_overview_of_a_run_that_nobody_works_on(store):
    run_id = store.create(RunConfig()).name
    overview = read_overview(store, run_id, None)
    assert overview.status == "interrupted" and overview.last is None
    write_json(store.root / run_id / RESULT, {"status": "finished", "clean_accuracy": 0.5})
    overview = read_overview(store, run_id, None)
    assert overview.status == "finished" and overview.document()["clean_accuracy"] == 0.5
