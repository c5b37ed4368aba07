"""Labels: written by users alone, kept through everything that happens to a run, and no part of what a run is."""

import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from engine.errors import DamagedFile, InputError
from engine.exchange.record import record_run
from engine.measurements.inspection import run_problems
from engine.queue.job import Place
from engine.queue.listing import Listing
from engine.queue.overview import list_runs, read_overview
from engine.queue.run_queue import RunQueue
from engine.queue.submission import submit_runs
from engine.runs.config import RunConfig
from engine.runs.labels import LABELS, LONGEST_NOTE, MOST_TAGS, LabelChange, RunLabels
from engine.runs.run_files import CONFIG, RESULT, write_json
from engine.runs.store import RunStore


@pytest.fixture
def run_id(store) -> str:
    return store.create(RunConfig()).name


@pytest.fixture
def beside(tmp_path) -> tuple[RunStore, str]:
    """An empty store beside a shipped run, and its id."""
    shipped = RunStore(tmp_path / "shipped")
    shipped.prepare()
    folder = shipped.create(RunConfig(seed=7))
    write_json(folder / RESULT, {"status": "finished", "clean_accuracy": 0.5})
    return RunStore(tmp_path / "own", shipped.root), folder.name


def tree(folder: Path) -> dict:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_name_replaces_the_label_and_changes_nothing_else(store, run_id):
    before = tree(store.root)
    store.change_labels(run_id, LabelChange(name="the best one", note="a\nb", tag=("paper", "Best"), pinned=True))
    run = read_overview(store, run_id, None)
    assert run.label == "the best one" and run.config == RunConfig() and run.run_id == RunConfig().run_id
    assert run.labels == RunLabels(name="the best one", note="a\nb", tags=("Best", "paper"), pinned=True)
    assert run.document()["label"] == "the best one" and run.document()["labels"]["tags"] == ["Best", "paper"]
    after = tree(store.root)
    assert {path: content for path, content in after.items() if path.name != LABELS} == before
    store.change_labels(run_id, LabelChange(name=""))
    assert read_overview(store, run_id, None).label == RunConfig().label


def test_a_change_leaves_other_fields_alone(store, run_id):
    for change in (
        LabelChange(name="x"),
        LabelChange(tag=("a", "b")),
        LabelChange(untag=("A",)),
        LabelChange(note="y"),
    ):
        store.change_labels(run_id, change)
    store.change_labels(run_id, LabelChange(archived=True))
    assert store.labels(run_id) == RunLabels(name="x", note="y", tags=("b",), archived=True)


def test_writers_at_once_lose_nothing(store, run_id):
    tags = [f"t{number:02}" for number in range(MOST_TAGS)]
    writers = [threading.Thread(target=store.change_labels, args=(run_id, LabelChange(tag=(tag,)))) for tag in tags]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert store.labels(run_id).tags == tuple(tags)


@pytest.mark.parametrize(
    "change",
    [
        LabelChange(name="x" * 81),
        LabelChange(note="x" * (LONGEST_NOTE + 1)),
        LabelChange(tag=("x" * 41,)),
        LabelChange(tag=(" , ",)),
        LabelChange(tag=tuple(map(str, range(MOST_TAGS + 1)))),
    ],
    ids=["name", "note", "tag", "empty tag", "tags"],
)
def test_labels_beyond_their_limits_are_refused(store, run_id, change):
    with pytest.raises(InputError, match=r"^Expected a name of at most .* Choose another text\.$"):
        store.change_labels(run_id, change)
    assert not (store.root / run_id / LABELS).exists()


def test_what_cannot_be_printed_is_left_out():
    found = RunLabels(
        name="a\x1b[31m\n b\u202e", note="one\x07\ntwo\ud800", tags=("needs review", 'a,"b', "NEEDS-review")
    )
    assert found == RunLabels(name="a[31m b", note="one\ntwo", tags=("a-b", "needs-review"))
    json.dumps(found.model_dump(), ensure_ascii=False).encode()


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"name": 3}', b'{"name": "x", "age": 3}', b'{"tags": "x"}'])
def test_damaged_labels_are_a_problem_of_their_run_alone(store, queue, run_id, content):
    (store.root / run_id / LABELS).write_bytes(content)
    (run,), problems = list_runs(store, queue)
    assert problems == [] and run.label == RunConfig().label and run.status == "interrupted" and run.error is None
    assert len(run.problems) == 1 and LABELS in run.problems[0]
    assert [problem for problem in run_problems(store, run_id) if LABELS in problem] == list(run.problems)
    with pytest.raises(DamagedFile, match=LABELS):
        store.change_labels(run_id, LabelChange(name="x"))
    assert (store.root / run_id / LABELS).read_bytes() == content


def test_a_shipped_run_is_named_without_a_copy(beside):
    store, run_id = beside
    before, queue = tree(store.shipped), RunQueue(store.root)
    store.change_labels(run_id, LabelChange(name="reference"))
    assert list(tree(store.root)) == [Path(run_id) / LABELS] and tree(store.shipped) == before
    assert store.is_shipped(run_id) and store.run_ids() == [run_id] and RunStore(store.root).run_ids() == []
    (run,), problems = list_runs(store, queue)
    assert run.is_shipped and run.label == "reference" and run.status == "finished" and problems == []
    assert store.path(run_id).parent == store.shipped
    with pytest.raises(InputError, match="came with the project"):
        store.delete(run_id)
    assert store.trash.entries() == [] and (store.root / run_id / LABELS).exists()


def test_a_copy_of_a_shipped_run_takes_its_labels_over(beside):
    store, run_id = beside
    store.change_labels(run_id, LabelChange(name="reference"))
    folder = store.own_folder(run_id)
    assert folder.parent == store.root and (folder / CONFIG).exists()
    assert store.labels(run_id).name == "reference" and store.trash.entries() == []


def test_a_launch_over_labels_keeps_them_though_it_cannot_be_queued(beside, monkeypatch):
    store, run_id = beside
    store.change_labels(run_id, LabelChange(name="reference"))
    queue = RunQueue(store.root)

    def no_space(*_):
        raise OSError("no space")

    monkeypatch.setattr(queue, "submit", no_space)
    with pytest.raises(OSError, match="no space"):
        submit_runs(store, queue, [RunConfig(seed=7)], Place(store.root))
    assert store.is_shipped(run_id) and store.labels(run_id).name == "reference"


def test_labels_given_after_a_deletion_stay_when_the_run_comes_back(beside):
    store, run_id = beside
    store.own_folder(run_id)
    store.change_labels(run_id, LabelChange(name="old"))
    deleted = store.delete(run_id)
    assert store.labels(run_id) == RunLabels()
    store.change_labels(run_id, LabelChange(name="new"))
    assert store.trash.restore(deleted) == store.root / run_id
    assert store.labels(run_id).name == "new" and not store.is_shipped(run_id)


def test_labels_without_a_run_are_nothing(beside):
    store, run_id = beside
    store.change_labels(run_id, LabelChange(name="reference"))
    shutil.rmtree(store.shipped)
    assert store.run_ids() == [] and list_runs(store, RunQueue(store.root)) == ([], [])
    for ask in (store.folder, store.delete, lambda run_id: store.change_labels(run_id, LabelChange(name="x"))):
        with pytest.raises(InputError, match="the id of a run"):
            ask(run_id)


@pytest.mark.parametrize("is_shipped", [False, True])
def test_a_listing_notices_new_labels_at_once_after_it_is_told(beside, store, is_shipped, monkeypatch):
    monkeypatch.setattr("engine.queue.listing.now_ns", lambda: 10**19)  # every file counts as written long ago
    of, run_id = beside if is_shipped else (store, store.create(RunConfig()).name)
    listing = Listing(of, RunQueue(of.root), shared_for=1000)
    listing.read()
    of.change_labels(run_id, LabelChange(name="new"))
    listing.renew()
    assert [run.label for run in listing.read()[0]] == ["new"]


def test_a_recorded_copy_has_the_labels(store, tiny, tmp_path, run_id):
    from engine.runs.experiment import train_runs  # loads torch, which no other test here needs

    config = tiny()
    store.create(config)
    list(train_runs(store, [config.run_id], tmp_path, "cpu"))
    store.change_labels(config.run_id, LabelChange(tag=("paper",)))
    record_run(store, config.run_id, tmp_path / "copies", 2)
    assert RunStore(tmp_path / "copies").labels(config.run_id).tags == ("paper",)


def test_a_read_only_store_keeps_its_labels(store, run_id):
    with pytest.raises(InputError, match="read-only"):
        RunStore(store.root, read_only=True).change_labels(run_id, LabelChange(name="x"))
    assert os.listdir(store.root / run_id) == [CONFIG]
