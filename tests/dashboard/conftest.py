"""Stores as pages meet them, made by the engine itself."""

import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from dashboard import settings, sources
from dashboard.navigation import PAGES
from dashboard.ui import page_export
from engine.attacks.threat import ThreatModel
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.measurements.transfer.measure import transfer_run
from engine.measurements.transfer.request import TransferRequest
from engine.queue import client
from engine.queue.client import WorkerSettings
from engine.queue.overview import RunOverview, list_runs
from engine.queue.run_queue import RunQueue
from engine.runs.config import ProbeConfig
from engine.runs.experiment import train_runs
from engine.runs.launch import LaunchRequest
from engine.runs.store import RunStore
from engine.training.schedule import TrainingConfig
from tests.dashboard.paper_runs import small_archive
from tests.dashboard.store_runs import std_and_minmax
from tests.paper.archive import Archive
from tests.small_runs import THREAT

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
TINY = LaunchRequest(
    training=TrainingConfig(epochs=1, batch_size=256, snapshots_per_epoch=4),
    probe=ProbeConfig(samples=16, steps=4, every=1),
)


@pytest.fixture(scope="session", autouse=True)
def installed_components() -> Iterator[None]:
    """Search the installed packages for components once, as a server does, instead of once per AppTest."""
    found = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda: found)
        yield


@pytest.fixture(autouse=True)
def main_module(monkeypatch) -> None:
    """AppTest leaves its script as the main module, which processes started by later tests would import."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


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


@pytest.fixture(scope="session")
def measured_store(trained_store, tmp_path_factory):
    """A copy in which the Std run's fgsm images were shown to both runs. Read only."""
    root = tmp_path_factory.mktemp("measured") / "store"
    shutil.copytree(trained_store.root, root)
    store = RunStore(root)
    std, minmax = std_and_minmax(store)
    transfer_run(
        store, std, TransferRequest(attack="fgsm", targets=(std, minmax), samples=30, threat=THREAT), root.parent, "cpu"
    )
    return store


@pytest.fixture(scope="session")
def trained_runs(trained_store) -> list[RunOverview]:
    """The runs of `trained_store`."""
    return list_runs(trained_store, RunQueue(trained_store.root))[0]


@pytest.fixture
def store(trained_store, tmp_path) -> RunStore:
    """A copy of `trained_store` that a test may write to."""
    shutil.copytree(trained_store.root, tmp_path / "store")
    return RunStore(tmp_path / "store")


@pytest.fixture
def count_calls(monkeypatch):
    """(module, names of its functions) -> Counter of their calls by name, from now on; several share one."""
    counted: Counter = Counter()

    def count(module, *names: str) -> Counter:
        for name in names:
            monkeypatch.setattr(module, name, counting(name, getattr(module, name)))
        return counted

    def counting(name: str, function):
        def call(*args, **options):
            counted[name] += 1
            return function(*args, **options)

        return call

    return count


@pytest.fixture
def started_workers(monkeypatch) -> list[WorkerSettings]:
    """Settings of the workers that a page would have started; none is."""
    started = []
    monkeypatch.setattr(client, "start_worker", lambda worker: started.append(worker) or True)
    return started


@pytest.fixture
def drawn(monkeypatch) -> dict[str, Any]:
    """What the newest run of a page drew, by key: figure and arguments of a chart, a grid, a scene."""
    shown = {}
    monkeypatch.setattr(
        page_export, "live_chart", lambda figure, **words: shown.update({words["key"]: (figure, words)})
    )
    monkeypatch.setattr(page_export, "example_grid", lambda grid, *, key: shown.update({key: grid}))
    monkeypatch.setattr(page_export, "draw_scene", lambda scene, *, key: shown.update({key: scene}))
    return shown


@pytest.fixture
def serve_store(monkeypatch):
    """(store, read only, shipped runs): what the dashboard shows from now on; nothing is shipped by default."""

    def serve(root, read_only=False, shipped=None):
        monkeypatch.setattr(settings, "SHIPPED", shipped or root / "none-shipped")
        monkeypatch.setenv("MINMAX_STORE", str(root))
        monkeypatch.setenv("MINMAX_DATA", str(root / "data"))
        monkeypatch.setenv("MINMAX_READ_ONLY", "1" if read_only else "")
        sources.settings.cache_clear()
        sources._listing.clear()  # sessions share a read for a moment; a test changes files in less

    yield serve
    sources.settings.cache_clear()


@pytest.fixture
def run_function(serve_store):
    """(function, store, read only, shipped runs) -> AppTest that has run the function as a page once."""

    def run(function, root, read_only=False, shipped=None):
        serve_store(root, read_only, shipped)
        app = AppTest.from_function(function, default_timeout=30).run()
        assert not app.exception
        return app

    return run


@pytest.fixture
def open_page(serve_store, started_workers):
    """(page, store, shipped runs, **query) -> AppTest that has run that page once."""

    def open_it(page, root, read_only=False, shipped=None, **query):
        serve_store(root, read_only, shipped)
        app = AppTest.from_file(APP, default_timeout=30)
        app.query_params.update(query)
        app.run()
        return app.switch_page(PAGES[page]).run() if page != "home" else app

    return open_it


@pytest.fixture
def archive() -> Archive:
    """As `small_archive`."""
    return small_archive()
