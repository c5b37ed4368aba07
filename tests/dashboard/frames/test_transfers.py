"""Transfer frame and matrix."""

import numpy as np
import pytest

from dashboard.frames.transfers import accuracy_matrix, transfer_frame
from engine.measurements.transfer.read import read_transfers
from engine.queue.overview import list_runs
from engine.queue.run_queue import RunQueue


def test_frame_and_matrix_hold_what_was_counted(measured_store):
    runs = sorted(list_runs(measured_store, RunQueue(measured_store.root))[0], key=lambda run: run.config.variant)
    minmax, std = (run.run_id for run in runs)
    found = list(read_transfers(measured_store, std).values())
    frame = transfer_frame(runs, found)
    assert list(zip(frame["source_id"], frame["target_id"], strict=True)) == [(std, minmax), (std, std)]
    labels = list(dict.fromkeys(run.config.label for run in runs))
    matrix = accuracy_matrix(frame, labels)
    assert list(matrix.index) == list(matrix.columns) == labels and matrix.loc[labels[0]].isna().all()
    for one in found:
        row = frame.set_index("target_id").loc[one.target]
        right = np.mean(np.array(one.target_adversarial) == np.array(one.labels))
        assert row["accuracy"] == right and row["is_white_box"] == (one.target == std)
        assert matrix.loc[labels[1], row["target"]] == pytest.approx(100 * right)
    assert transfer_frame(runs, []).empty
