"""Stores as pages meet them, made by the engine itself."""

import shutil
from pathlib import Path

import pytest

from engine.attacks.threat import ThreatModel
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.queue.run_queue import RunQueue
from engine.runs.config import ProbeConfig
from engine.runs.experiment import train_runs
from engine.runs.launch import LaunchRequest
from engine.runs.store import RunStore
from engine.training.schedule import TrainingConfig

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
TINY = LaunchRequest(
    training=TrainingConfig(epochs=1, batch_size=256, snapshots_per_epoch=4),
    probe=ProbeConfig(samples=16, steps=4, every=1),
)


@pytest.fixture(scope="session")
def trained_store(tmp_path_factory):
    """A finished Std and Min-Max run, the first attacked with fgsm and pgd on 20 images. Read only."""
    folder = tmp_path_factory.mktemp("trained")
    store = RunStore(folder / "store")
    for config in TINY.configs():
        store.create(config)
        list(train_runs(store, [config.run_id], folder, "cpu"))
    std = TINY.configs()[0].run_id
    evaluate_run(
        store, std, EvaluationRequest(attacks=("fgsm", "pgd"), samples=20, threat=ThreatModel()), folder, "cpu"
    )
    RunQueue(store.root).submit(std, "train", std, {})
    RunQueue(store.root).claim("boot/1/1", lambda jobs: jobs)
    RunQueue(store.root).release("boot/1/1", std, "finished")
    return store


@pytest.fixture
def store(trained_store, tmp_path) -> RunStore:
    """A copy of `trained_store` that a test may write to."""
    shutil.copytree(trained_store.root, tmp_path / "store")
    return RunStore(tmp_path / "store")


@pytest.fixture
def started_workers(monkeypatch):
    """Workers that a page would have started; none is."""
    from dashboard.jobs import measurement_panel, queue_panel, study_panel
    from dashboard.sweeps import form as sweep_form
    from dashboard.sweeps import panel as sweep_panel
    from engine.queue import client

    started = []

    def start(settings):
        started.append(settings)
        return True

    for module in (client, queue_panel, measurement_panel, study_panel, sweep_form, sweep_panel):
        monkeypatch.setattr(module, "start_worker", start)
    return started


@pytest.fixture
def serve_store(monkeypatch):
    """(store, read only, shipped runs): what the dashboard shows from now on; nothing is shipped by default."""
    from dashboard import settings, sources

    def serve(root, read_only=False, shipped=None):
        monkeypatch.setattr(settings, "SHIPPED", shipped or root / "none-shipped")
        monkeypatch.setenv("MINMAX_STORE", str(root))
        monkeypatch.setenv("MINMAX_DATA", str(root / "data"))
        monkeypatch.setenv("MINMAX_READ_ONLY", "1" if read_only else "")
        sources.settings.clear()

    yield serve
    sources.settings.clear()


@pytest.fixture
def run_function(serve_store):
    """(function, store, read only, shipped runs) -> AppTest that has run the function as a page once."""
    from streamlit.testing.v1 import AppTest

    def run(function, root, read_only=False, shipped=None):
        serve_store(root, read_only, shipped)
        app = AppTest.from_function(function, default_timeout=30).run()
        assert not app.exception
        return app

    return run


@pytest.fixture
def open_page(serve_store, started_workers):
    """(page, store, shipped runs, **query) -> AppTest that has run that page once."""
    from streamlit.testing.v1 import AppTest

    from dashboard.navigation import PAGES

    def open_it(page, root, read_only=False, shipped=None, **query):
        serve_store(root, read_only, shipped)
        app = AppTest.from_file(APP, default_timeout=30)
        app.query_params.update(query)
        app.run()
        return app.switch_page(PAGES[page]).run() if page != "home" else app

    return open_it
