"""History: grows with the files of a run, reads every byte once, and starts over when they were cut or replaced."""

import os
import threading
import tracemalloc

import numpy as np
import pytest

from engine.errors import DamagedFile
from engine.minmax.quantities import QUANTITIES
from engine.runs import film, growing_file
from engine.runs.columns import Records, column
from engine.runs.history import History
from engine.runs.records import METRICS, Recorder, read_conv_weights, read_metrics, weights_file
from engine.training.snapshot import Snapshot

SIZES = {"conv1": 6, "conv2": 4}


def snapshot(index: int, shift: float = 0.0) -> Snapshot:
    weights = {layer: np.linspace(-1, 1, size, dtype=np.float32) * (index + shift) for layer, size in SIZES.items()}
    return Snapshot(
        member=0, index=index, step=10 * index, epoch=index / 4, loss=None if index == 0 else 1 / index, penalty=0.0,
        clean_accuracy=0.5, robust_accuracy=None if index % 2 else 0.25, seconds=float(index), conv_weights=weights,
    )  # fmt: skip


class Writer:
    """Appends snapshots to a run."""

    def __init__(self, folder, keep: int = 0) -> None:
        self.recorder, self.count = Recorder(folder, SIZES, keep), keep

    def grow(self, snapshots: int, shift: float = 0.0) -> None:
        for _ in range(snapshots):
            self.recorder.append(snapshot(self.count, shift))
            self.count += 1


@pytest.fixture
def writer(tmp_path):
    made = Writer(tmp_path)
    yield made
    made.recorder.close()


@pytest.fixture
def taken(monkeypatch) -> list[int]:
    """Bytes of every read of a growing file."""
    sizes, look = [], growing_file.GrowingFile.look

    def counted(file, most=-1):
        starts_over, content = look(file, most)
        sizes.append(len(content))
        return starts_over, content

    monkeypatch.setattr(growing_file.GrowingFile, "look", counted)
    return sizes


def check(history: History, folder) -> None:
    """The history is what a reading of the whole files gives."""
    records, whole = history.records(), read_metrics(folder)
    assert len(records) == len(whole)
    for quantity in ("snapshot", "step", "epoch", "loss", "clean_accuracy", "robust_accuracy", "seconds"):
        assert [record[quantity] for record in records] == [record[quantity] for record in whole]
        np.testing.assert_array_equal(records.column(quantity), column(whole, quantity))
    for layer in SIZES:
        for key in (*QUANTITIES, "weights"):
            assert [record[key][layer] for record in records] == [record[key][layer] for record in whole]
        rows = read_conv_weights(folder, layer)
        shown = history.film(layer)
        assert shown.shape == rows.shape and shown.size == rows.size
        np.testing.assert_array_equal(shown[:], rows)
        np.testing.assert_array_equal(shown.farthest, np.abs(rows).max(axis=1))


def test_a_run_without_records(tmp_path):
    history = History(tmp_path)
    assert len(history.records()) == 0 and list(history.records()) == []
    assert history.film("conv1").shape == (0, 0) and history.film("conv1").size == 0


def test_it_equals_the_files_while_they_grow(tmp_path, writer):
    history = History(tmp_path)
    for step in (1, 1, 70, 3, 200):
        writer.grow(step)
        check(history, tmp_path)


def test_one_more_snapshot_costs_one_line_and_one_row(tmp_path, writer, taken):
    history = History(tmp_path)
    writer.grow(300)
    history.film("conv1")
    before = (tmp_path / METRICS).stat().st_size
    writer.grow(1)
    taken.clear()
    history.film("conv1")
    assert sum(taken) == (tmp_path / METRICS).stat().st_size - before + 4 * SIZES["conv1"]
    taken.clear()
    history.film("conv1"), history.records()
    assert sum(taken) == 0


def test_an_unfinished_line_is_read_when_it_is_whole(tmp_path, writer):
    history = History(tmp_path)
    writer.grow(3)
    line = (tmp_path / METRICS).read_bytes().splitlines(keepends=True)[-1]
    os.truncate(tmp_path / METRICS, (tmp_path / METRICS).stat().st_size - len(line))
    for part in (line[:7], line[7:-1], b"\n"):
        assert len(history.records()) == 2
        with (tmp_path / METRICS).open("ab") as file:
            file.write(part)
    check(history, tmp_path)


@pytest.mark.parametrize("further", [0, 1, 5, 40])
def test_a_run_that_was_cut_and_resumed_is_read_again(tmp_path, writer, further):
    """Also where it has grown beyond its earlier length between two looks."""
    history = History(tmp_path)
    writer.grow(20)
    history.film("conv1")
    resumed = Writer(tmp_path, keep=5)
    resumed.grow(further, shift=0.5)
    check(history, tmp_path)
    resumed.recorder.close()


def test_a_replaced_file_is_read_again(tmp_path, writer):
    history = History(tmp_path)
    writer.grow(8)
    shown = history.film("conv1")
    for name in (METRICS, weights_file("conv1"), weights_file("conv2")):
        os.replace(tmp_path / name, tmp_path / f"old-{name}")
    other = Writer(tmp_path)
    other.grow(4, shift=2.0)
    with pytest.raises(DamagedFile):
        shown[3]
    check(history, tmp_path)
    other.recorder.close()


def test_a_film_that_was_cut_does_not_end_the_program(tmp_path, writer):
    """A file mapped into memory would: the system kills a program that touches pages behind the end."""
    writer.grow(9000)
    shown = History(tmp_path).film("conv1")
    os.truncate(tmp_path / weights_file("conv1"), 0)
    with pytest.raises(DamagedFile):
        shown[[0, 8999]]


def test_what_was_handed_out_does_not_change(tmp_path, writer):
    history = History(tmp_path)
    writer.grow(5)
    records, shown = history.records(), history.film("conv1")
    epochs, farthest = records.column("epoch").copy(), shown.farthest.copy()
    writer.grow(500)
    check(history, tmp_path)
    assert len(records) == len(shown) == 5 and records[-1]["snapshot"] == 4
    np.testing.assert_array_equal(records.column("epoch"), epochs)
    np.testing.assert_array_equal(shown.farthest, farthest)


def test_a_long_run_takes_little_memory(tmp_path, writer):
    writer.grow(3000)
    tracemalloc.start()
    try:
        history = History(tmp_path)
        assert len(history.film("conv1")) == len(history.film("conv2")) == 3000
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    whole = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert history.nbytes < kept < 1.5 * history.nbytes + 100_000 and kept < whole


def test_threads_share_one_reading(tmp_path, writer, taken):
    writer.grow(400)
    history, gate, found = History(tmp_path), threading.Barrier(5), []

    def read():
        gate.wait()
        found.append((len(history.records()), history.film("conv1").shape))

    threads = [threading.Thread(target=read) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(400, (400, SIZES["conv1"]))] * 5
    assert sum(taken) == (tmp_path / METRICS).stat().st_size + 400 * 4 * SIZES["conv1"]


def test_a_percentile_of_a_long_film_comes_from_few_rows(tmp_path, writer, monkeypatch):
    writer.grow(100)
    exact = history = History(tmp_path)
    rows = np.abs(read_conv_weights(tmp_path, "conv1"))
    assert exact.film("conv1").percentile(95) == pytest.approx(np.percentile(rows, 95))
    writer.grow(2900)
    read = []
    monkeypatch.setattr(film.FilmReader, "rows", lambda reader, places: read.append(len(places)) or np.ones((1, 6)))
    assert history.film("conv1").percentile(95) == history.film("conv1").percentile(95) == 1.0
    assert len(read) == 1 and read[0] <= film.SAMPLED


def test_rows_are_indexed_like_those_of_an_array(tmp_path, writer):
    writer.grow(12)
    shown, rows = History(tmp_path).film("conv1"), read_conv_weights(tmp_path, "conv1")
    for index in (0, -1, [0, 11], np.array([3, 5]), slice(2, 9, 3)):
        np.testing.assert_array_equal(shown[index], rows[index])
    with pytest.raises(IndexError):
        shown[12]


def test_records_of_other_versions_have_gaps():
    records = Records({("epoch",): np.array([0.0, 1.0]), ("new", "conv1"): np.array([np.nan, 2.0])}, frozenset(), 2)
    assert list(records) == [{"epoch": 0.0, "new": {"conv1": None}}, {"epoch": 1.0, "new": {"conv1": 2.0}}]
    assert np.isnan(records.column("unknown")).all() and len(records[1:]) == 1 and records[1:][0]["epoch"] == 1.0


def test_reading_ends_at_a_row_that_does_not_fit_its_record(tmp_path, writer):
    writer.grow(10)
    path = tmp_path / weights_file("conv1")
    content = bytearray(path.read_bytes())
    content[4 * SIZES["conv1"] * 7 + 2] ^= 1
    path.write_bytes(content)
    history = History(tmp_path)
    assert len(history.film("conv1")) == 7 and len(history.film("conv2")) == len(history.records()) == 10
    writer.grow(1)
    assert len(history.film("conv1")) == 7


@pytest.mark.parametrize("damage", [b"garbage", b"[1]", b"\xff", b"{}"])
def test_reading_ends_at_a_damaged_line(tmp_path, writer, damage):
    writer.grow(3)
    lines = (tmp_path / METRICS).read_bytes().splitlines()
    (tmp_path / METRICS).write_bytes(b"\n".join([*lines[:2], damage, lines[2], b""]))
    history = History(tmp_path)
    check(history, tmp_path)
    assert len(history.records()) == 2


def test_a_file_that_cannot_be_read_is_empty(tmp_path):
    (tmp_path / METRICS).mkdir()
    os.mkfifo(tmp_path / weights_file("conv1"))
    assert len(History(tmp_path).records()) == len(History(tmp_path).film("conv1")) == 0


def test_what_has_not_grown_is_the_same_object(writer, tmp_path):
    history = History(tmp_path)
    writer.grow(2)
    records, weights = history.records(), history.film("conv1")
    assert history.records() is records and history.film("conv1") is weights
    writer.grow(1)
    assert history.records() is not records and len(history.records()) == 3 and len(records) == 2
    assert history.film("conv1") is not weights and len(history.film("conv1")) == 3 and len(weights) == 2
    weights = history.film("conv1")
    for name in (METRICS, weights_file("conv1")):
        (tmp_path / name).write_bytes(b"")
    again = Writer(tmp_path)
    again.grow(3, shift=1.0)
    again.recorder.close()
    assert history.film("conv1") is not weights and history.film("conv1")[2][0] == -3.0
