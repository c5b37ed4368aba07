"""Records: append-only, readable while being written, cut to the checkpoint when a run goes on."""

import json

import numpy as np
import pytest

from engine.runs.records import METRICS, Recorder, read_conv_weights, read_last_metrics, read_metrics, weights_file
from engine.training.snapshot import Snapshot

SIZES = {"conv1": 4, "conv2": 3}


def snapshot(index: int) -> Snapshot:
    weights = {layer: np.full(size, index + 0.5, np.float32) for layer, size in SIZES.items()}
    return Snapshot(
        member=0, index=index, step=10 * index, epoch=index / 4, loss=None if index == 0 else 1 / index, penalty=0.0,
        clean_accuracy=0.5, robust_accuracy=None, seconds=float(index), conv_weights=weights,
    )  # fmt: skip


def record(folder, indexes, keep: int) -> None:
    recorder = Recorder(folder, SIZES, keep)
    for index in indexes:
        recorder.append(snapshot(index))
    recorder.sync()
    recorder.close()


def indexes(folder) -> list[int]:
    return [line["snapshot"] for line in read_metrics(folder)]


def rows(folder, layer: str = "conv1") -> list[float]:
    weights = read_conv_weights(folder, layer, SIZES[layer])
    assert weights.dtype == np.float32 and weights.shape[1:] == (SIZES[layer],)
    assert (weights == weights[:, :1]).all()
    return weights[:, 0].tolist()


def test_nothing_recorded_yet(tmp_path):
    assert read_metrics(tmp_path) == [] and read_last_metrics(tmp_path) is None
    assert read_conv_weights(tmp_path, "conv1").shape == (0, 0)
    record(tmp_path, [], keep=0)
    assert read_metrics(tmp_path) == [] and read_last_metrics(tmp_path) is None
    assert read_conv_weights(tmp_path, "conv1", 4).shape == (0, 4)


def test_what_is_appended_is_read(tmp_path):
    record(tmp_path, range(4), keep=0)
    assert read_metrics(tmp_path) == [snapshot(index).metrics() for index in range(4)]
    assert read_metrics(tmp_path, start=3) == [snapshot(3).metrics()] and read_metrics(tmp_path, start=9) == []
    assert read_last_metrics(tmp_path) == snapshot(3).metrics()
    assert rows(tmp_path) == rows(tmp_path, "conv2") == [0.5, 1.5, 2.5, 3.5]
    assert read_conv_weights(tmp_path, "conv1").shape == (4, 4), "the records tell the size"


def test_a_reader_sees_a_snapshot_at_once(tmp_path):
    recorder = Recorder(tmp_path, SIZES, keep=0)
    for index in range(3):
        recorder.append(snapshot(index))
        assert indexes(tmp_path) == list(range(index + 1)) and len(rows(tmp_path)) == index + 1
    recorder.close()


@pytest.mark.parametrize("tenth", range(1, 10))
def test_a_torn_last_line_is_left_out(tmp_path, tenth):
    record(tmp_path, range(3), keep=0)
    line = json.dumps(snapshot(3).metrics())
    with (tmp_path / METRICS).open("a") as file:
        file.write(line[: len(line) * tenth // 10])
    assert indexes(tmp_path) == [0, 1, 2] and read_last_metrics(tmp_path)["snapshot"] == 2


def test_weights_without_a_line_are_left_out(tmp_path):
    """Weights are written first: a crash leaves rows too many, whole or torn, never too few."""
    record(tmp_path, range(3), keep=0)
    for extra in (b"\0" * 16, b"\0" * 7):
        with (tmp_path / weights_file("conv1")).open("ab") as file:
            file.write(extra)
        assert rows(tmp_path) == [0.5, 1.5, 2.5]
        np.testing.assert_array_equal(read_conv_weights(tmp_path, "conv1"), read_conv_weights(tmp_path, "conv1", 4))


@pytest.mark.parametrize("keep", range(6))
def test_going_on_drops_what_lies_behind_the_checkpoint(tmp_path, keep):
    record(tmp_path, range(5), keep=0)
    with (tmp_path / METRICS).open("a") as file:
        file.write('{"snapshot": 5, "st')
    with (tmp_path / weights_file("conv1")).open("ab") as file:
        file.write(b"\1" * 9)
    record(tmp_path, range(min(keep, 5), 7), keep=keep)
    assert indexes(tmp_path) == list(range(7))
    assert rows(tmp_path) == rows(tmp_path, "conv2") == [index + 0.5 for index in range(7)]
    assert (tmp_path / weights_file("conv1")).stat().st_size == 7 * 4 * 4


def test_numbers_that_are_none_are_refused(tmp_path):
    recorder = Recorder(tmp_path, SIZES, keep=0)
    bad = Snapshot(**{**vars(snapshot(1)), "loss": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        recorder.append(bad)
    recorder.close()
    assert read_metrics(tmp_path) == []


def test_the_last_record_is_found_behind_many(tmp_path):
    record(tmp_path, range(200), keep=0)
    assert (tmp_path / METRICS).stat().st_size > 10 * 4096
    assert read_last_metrics(tmp_path)["snapshot"] == 199


@pytest.mark.parametrize("damage", [b"garbage", b"\0" * 50, b"[1]", b"\xff\xfe"])
def test_reading_ends_at_a_damaged_line(tmp_path, damage):
    record(tmp_path, range(3), keep=0)
    lines = (tmp_path / METRICS).read_bytes().splitlines()
    (tmp_path / METRICS).write_bytes(b"\n".join([*lines[:2], damage, lines[2], b""]))
    assert indexes(tmp_path) == [0, 1] and rows(tmp_path) == [0.5, 1.5], "later rows would belong to other lines"
    (tmp_path / METRICS).write_bytes(b"\n".join([*lines, damage, b""]))
    assert indexes(tmp_path) == [0, 1, 2] and read_last_metrics(tmp_path)["snapshot"] == 2
