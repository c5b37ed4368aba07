"""Reads that all sessions share, and which of several recorded runs tell the story."""

from dataclasses import replace

import pytest

from dashboard import measured, sources
from dashboard.sources import closest_watched
from engine.measurements.evaluation.measure import evaluate_run
from engine.measurements.evaluation.request import EvaluationRequest
from engine.minmax.objective import ObjectiveConfig
from engine.queue import listing
from engine.queue.overview import RunOverview, list_runs, read_listed
from engine.queue.run_queue import RunQueue
from engine.runs.config import RunConfig
from engine.runs.model_config import ImportedConfig
from engine.runs.run_files import adversarial_path
from engine.training.schedule import TrainingConfig
from tests.small_runs import THREAT


def run(name: str, pace: int, **changes) -> RunOverview:
    config = RunConfig(training=TrainingConfig(snapshots_per_epoch=pace), **changes)
    return RunOverview(name, config, "finished", None, None, None, True)


MIN_MAX = ObjectiveConfig(l1_strength=0.1, l2_strength=-0.1)


def test_the_closest_watched_of_each_variant_wherever_it_stands():
    runs = [run("a", 1), run("b", 5), run("c", 10, seed=1), run("d", 2, objective=MIN_MAX), run("e", 5)]
    assert {name: found.run_id for name, found in closest_watched(runs).items()} == {"std": "b", "min-max": "d"}
    assert closest_watched(runs[::-1])["std"].run_id == "e", "the first of equals"
    assert closest_watched(runs[2:3])["std"].run_id == "c", "another seed where there is none of the first"
    assert closest_watched([]) == {}


def test_what_was_imported_tells_no_story():
    imported = ImportedConfig(dataset="mnist", name="mine", weights="0" * 16)
    assert closest_watched([replace(run("x", 1), config=imported)]) == {}


def test_one_listing_and_one_reconciliation_serve_all_sessions(serve_store, store, monkeypatch):
    reconciled, reads = [], []
    monkeypatch.setattr(RunQueue, "reconcile", lambda queue: reconciled.append(queue.path))
    monkeypatch.setattr(listing, "read_listed", lambda *asked: reads.append(asked[1]) or read_listed(*asked))
    serve_store(store.root)
    assert [sources.runs() for _ in range(5)] == [list_runs(store, RunQueue(store.root))[0]] * 5
    assert len(reconciled) == 1 and len(reads) == len(set(reads)) == 2


def test_a_read_only_dashboard_reconciles_nothing(serve_store, store, monkeypatch):
    monkeypatch.setattr(RunQueue, "reconcile", lambda queue: pytest.fail("a reader changed the queue"))
    serve_store(store.root, read_only=True)
    assert len(sources.runs()) == 2


def test_survivors_are_read_again_when_an_array_file_is_damaged(serve_store, store):
    request = EvaluationRequest(attacks=("fgsm",), samples=20, threat=THREAT)
    run_id = store.run_ids()[0]
    evaluate_run(store, run_id, request, store.root, "cpu")
    serve_store(store.root)
    assert measured.survivors(run_id, request.protocol_id) is not None
    path = adversarial_path(store.path(run_id), request.protocol_id, "fgsm")
    path.write_bytes(path.read_bytes()[:100])
    assert measured.survivors(run_id, request.protocol_id) is None
