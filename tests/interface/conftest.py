"""A laboratory with few images, and a hook that runs during a training or an evaluation."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.interface.laboratory import Laboratory
from engine.interface.owned_job import OwnedJob
from engine.runs import experiment

SHORT = {"epochs": 2, "batch_size": 50, "snapshots_per_epoch": 2, "probe_samples": 0, "progress": False}
"""Ten steps of training."""


@pytest.fixture
def laboratory(tmp_path, few_images, monkeypatch) -> Laboratory:
    """An empty laboratory, which is the default of every call."""
    monkeypatch.setenv("MINMAX_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("MINMAX_DATA", str(few_images))
    return Laboratory((tmp_path / "store").resolve(), Path(few_images).resolve())


@pytest.fixture
def at_first_report(monkeypatch) -> Callable[[Callable[[OwnedJob], object]], None]:
    """Call a function once during the next work, after its first report."""

    def arrange(act: Callable[[OwnedJob], object]) -> None:
        waiting, report = [act], OwnedJob.report

        def report_and_act(job: OwnedJob, fraction: float, message: str) -> None:
            report(job, fraction, message)
            while waiting:
                waiting.pop()(job)

        monkeypatch.setattr(OwnedJob, "report", report_and_act)

    monkeypatch.setattr(experiment, "CHECKPOINT_INTERVAL", 0.0)
    return arrange


@pytest.fixture
def press_ctrl_c() -> Iterator[Callable[..., None]]:
    """Send this process SIGINT, which raises KeyboardInterrupt, as in a terminal; a background shell ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda *_: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)
