"""Resuming with damaged records: training goes back to where records and checkpoint agree, and says so."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import DamagedFile, InputError, UnreadableFile
from engine.exchange.freeze import freeze_run
from engine.measurements.inspection import run_problems
from engine.minmax.objective import ObjectiveConfig
from engine.runs import experiment
from engine.runs.experiment import checkpoint_position, train_runs
from engine.runs.records import METRICS, read_conv_weights, read_metrics
from engine.runs.resumption import find_resumption
from engine.runs.run_files import MODEL
from engine.runs.store import RunStore
from engine.training.checkpoint_file import LAST, PREVIOUS, read_checkpoint, write_checkpoint

FILM = "conv1.f32"
CONFIG = ({"epochs": 2, "snapshots_per_epoch": 2}, ObjectiveConfig(l1_strength=0.02, l2_strength=-0.03))


def train(store: RunStore, data: Path, config, steps: int | None = None) -> Path:
    folder = store.create(config)
    asked = iter(range(10**9))
    interrupted = (lambda: False) if steps is None else (lambda: next(asked) >= steps)
    list(train_runs(store, [folder.name], data, "cpu", interrupted))
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory, few_images, tiny) -> Path:
    """The run without any interruption."""
    return train(RunStore(tmp_path_factory.mktemp("whole")), few_images, tiny(CONFIG[0], objective=CONFIG[1]))


@pytest.fixture
def folder(store, few_images, tiny, monkeypatch) -> Path:
    """The same run, stopped after 6 of 8 steps, with checkpoints after 5 and 6 and snapshots of steps 0, 2, 4, 6."""
    monkeypatch.setattr(experiment, "CHECKPOINT_INTERVAL", 0.0)
    return train(store, few_images, tiny(CONFIG[0], objective=CONFIG[1]), steps=6)


def assert_as_whole(folder: Path, whole: Path) -> None:
    """Every row of the film is that of its line, and everything is what an uninterrupted training leaves."""
    assert (folder / MODEL).read_bytes() == (whole / MODEL).read_bytes()
    for layer in ("conv1", "conv2"):
        assert read_conv_weights(folder, layer).tobytes() == read_conv_weights(whole, layer).tobytes()
    timeless = [[{**record, "seconds": None} for record in read_metrics(one)] for one in (folder, whole)]
    assert timeless[0] == timeless[1] and len(timeless[0]) == 5


def edit(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))


def cut(path: Path, size: int) -> None:
    os.truncate(path, max(0, path.stat().st_size + size))


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(content)


def as_earlier(record: bytes) -> bytes:
    """The line as the version before wrote it."""
    document = {name: value for name, value in json.loads(record).items() if name not in ("checksum", "rows")}
    return json.dumps(document).encode() + b"\n"


DAMAGES: dict[str, Callable[[Path], object]] = {
    "metrics deleted": lambda folder: (folder / METRICS).unlink(),
    "metrics emptied": lambda folder: (folder / METRICS).write_bytes(b""),
    "metrics halved": lambda folder: edit(folder / METRICS, lambda lines: lines[: len(lines) // 2]),
    "metrics three bytes short": lambda folder: cut(folder / METRICS, -3),
    "lines swapped": lambda folder: edit(folder / METRICS, lambda lines: [lines[0], lines[2], lines[1], *lines[3:]]),
    "line repeated": lambda folder: edit(folder / METRICS, lambda lines: [*lines[:2], lines[1], *lines[2:]]),
    "line missing": lambda folder: edit(folder / METRICS, lambda lines: [lines[0], *lines[2:], lines[-1]]),
    "garbage between": lambda folder: edit(folder / METRICS, lambda lines: [*lines[:2], b"garbage\n", *lines[2:]]),
    "number changed": lambda folder: edit(
        folder / METRICS, lambda lines: [lines[0].replace(b'"penalty": ', b'"penalty": 1'), *lines[1:]]
    ),
    "film deleted": lambda folder: (folder / FILM).unlink(),
    "film emptied": lambda folder: (folder / FILM).write_bytes(b""),
    "film halved": lambda folder: cut(folder / FILM, -(folder / FILM).stat().st_size // 2),
    "film three bytes short": lambda folder: cut(folder / FILM, -3),
    "film row changed": lambda folder: flip(folder / FILM, 700),
    "other film halved": lambda folder: cut(folder / "conv2.f32", -20_000),
    "all records deleted": lambda folder: [(folder / name).unlink() for name in (METRICS, FILM, "conv2.f32")],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_records_do_not_end_in_a_film_of_other_epochs(store, folder, whole, few_images, capfd, damage):
    DAMAGES[damage](folder)
    train(store, few_images, store.training_config(folder.name))
    assert_as_whole(folder, whole)
    assert (store.result(folder.name) or {})["bit_exact"] is True
    told = capfd.readouterr().err
    assert f"Training of {folder.name}" in told and "because of damage" in told


def test_only_the_newest_state_is_given_up(store, folder, whole, few_images):
    """The snapshot of step 6 is damaged: the checkpoint of step 5 does not need it."""
    flip(folder / FILM, 3 * 600 + 8)
    found = find_resumption(folder)
    assert found.position == (5, 3) and "goes back to step 5" in (found.note or "")
    assert checkpoint_position(folder) == (5, 3)
    train(store, few_images, store.training_config(folder.name))
    assert_as_whole(folder, whole)


def test_records_beyond_the_checkpoint_are_normal(store, folder, whole, few_images, capfd):
    """After a kill, with a film that is longer than the metrics, and a torn line."""
    (folder / LAST).write_bytes((folder / PREVIOUS).read_bytes())
    with (folder / METRICS).open("ab") as metrics, (folder / FILM).open("ab") as film:
        metrics.write(b'{"snapshot": ')
        film.write(b"\1" * 900)
    assert find_resumption(folder).note is None
    train(store, few_images, store.training_config(folder.name))
    assert_as_whole(folder, whole)
    assert "damage" not in capfd.readouterr().err


def test_a_checkpoint_and_records_of_the_version_before_go_on(store, folder, few_images):
    """They know neither data nor checksums; the number of snapshots must agree all the same."""
    edit(folder / METRICS, lambda lines: list(map(as_earlier, lines)))
    stored = read_checkpoint(folder / LAST)
    assert stored is not None and stored.position.data and stored.position.records
    (folder / PREVIOUS).unlink()
    write_checkpoint(folder, replace(stored.position, data=None, records=None), stored.arrays)
    (folder / PREVIOUS).unlink()
    found = find_resumption(folder)
    assert found.position == (6, 4) and found.note is None
    cut(folder / FILM, -3)
    found = find_resumption(folder)
    assert found.position == (0, 0) and "ends before snapshot 3" in (found.note or "")


def test_a_checkpoint_of_other_images_is_refused_without_an_environment(store, folder, tmp_path):
    (folder / "environment.json").unlink()
    with pytest.raises(InputError, match="other images"):
        train(store, tmp_path, store.training_config(folder.name))  # the 4,000 of the project


@pytest.mark.parametrize("name", [LAST, METRICS, FILM])
def test_what_cannot_be_opened_is_not_overwritten(store, folder, few_images, monkeypatch, name):
    """A permission or a disk error is no damage: the file may be whole."""
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def closed(path, *args, **kwargs):
        if Path(path).name == name:
            raise PermissionError(13, "Permission denied")
        return open(path, *args, **kwargs)

    monkeypatch.setattr("engine.documents.open", closed, raising=False)
    with pytest.raises(UnreadableFile, match=f"{name}.*Permission denied.*permission"):
        train(store, few_images, store.training_config(folder.name))
    monkeypatch.undo()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("instead", ["folder", "link"])
def test_a_checkpoint_that_is_no_file_stops_the_training(store, folder, few_images, instead):
    (folder / LAST).unlink()
    if instead == "folder":
        (folder / LAST).mkdir()
    else:
        (folder / LAST).symlink_to("nowhere")
    with pytest.raises(UnreadableFile, match=LAST):
        train(store, few_images, store.training_config(folder.name))


@pytest.mark.parametrize("damage", ["metrics halved", "metrics three bytes short", "metrics deleted", "film halved"])
def test_missing_records_of_an_unfinished_run_are_named(store, folder, damage):
    assert run_problems(store, folder.name) == []
    DAMAGES[damage](folder)
    (problem,) = run_problems(store, folder.name)
    assert f"{folder.name}/" in problem and problem.startswith("Expected ")


def test_a_frozen_copy_has_the_records_of_its_checkpoint(store, folder):
    flip(folder / FILM, 700)
    with pytest.raises(DamagedFile, match="snapshot 1 has other weights"):
        freeze_run(store, folder.name)
    assert store.run_ids() == [folder.name]


@pytest.mark.parametrize("content", [b"", b"{", b"\0" * 100, (2**60).to_bytes(8, "little"), b"\xff" * 64])
def test_any_content_of_a_checkpoint_is_survived(folder, content):
    (folder / LAST).write_bytes(content)
    assert find_resumption(folder).position == (5, 3)
    bomb = b'{"x":' * 100_000
    (folder / LAST).write_bytes(len(bomb).to_bytes(8, "little") + bomb)
    assert find_resumption(folder).position == (5, 3)
