"""SIGKILL between two steps of everything that writes into a store; then the same is done again."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.attacks import torchattacks_adapter as torchattacks_adapter  # takes long to load, in every child again
from engine.exchange.freeze import freeze_run
from engine.exchange.import_weights import import_weights
from engine.measurements.kinds import AnyRequest, measure
from engine.queue.client import WorkerSettings
from engine.queue.deletion import delete_runs, restore_run
from engine.queue.litter import orphaned_rows
from engine.queue.submission import submit_runs
from engine.runs import experiment
from engine.runs.run_files import MODEL
from tests.torture.bench import Bench, Laboratory
from tests.torture.child import in_child
from tests.torture.contents import assert_same, assert_whole, contents, rows
from tests.torture.fault import Attempt, fault
from tests.torture.stores import CURVE, EVALUATION, config, finished_runs, train, transfer, unfinished_run

Work = Callable[[Laboratory], object]


def killed(bench: Bench, original: Laboratory, work: Work, again: Work | None = None) -> Iterator[Attempt]:
    """Tries: the work is killed at a random step; all runs are whole; done again, it ends as if undisturbed."""
    undisturbed = bench.copy(original)
    steps = in_child(lambda: work(undisturbed), bench.folder / "child.log").steps
    expected, jobs = contents(undisturbed.root), rows(undisturbed)

    def attempt(moment: int) -> None:
        laboratory = bench.copy(original)
        in_child(lambda: work(laboratory), bench.folder / "child.log", kill_at=moment)
        assert_whole(laboratory)
        in_child(lambda: (again or work)(laboratory), bench.folder / "child.log")
        assert_whole(laboratory)
        assert_same(contents(laboratory.root), expected)
        assert_same(rows(laboratory), jobs)

    for moment in bench.moments(steps):
        yield lambda moment=moment: attempt(moment)


@fault("kill between the steps of a training", tries=40)
def training(bench: Bench) -> Iterator[Attempt]:
    def work(laboratory: Laboratory) -> None:
        experiment.CHECKPOINT_INTERVAL = 0.0  # in the child alone: a checkpoint at every step
        train(laboratory, config(0))

    finished_runs(bench)  # loads what a training needs, before the first child
    return killed(bench, bench.made("empty", lambda laboratory: None), work)


def measured(bench: Bench, request: Callable[[Laboratory], AnyRequest]) -> Iterator[Attempt]:
    original = finished_runs(bench)

    def work(laboratory: Laboratory) -> None:
        one = request(laboratory)
        payload = one.model_dump(mode="json")
        measure(laboratory.store, one.kind, config(0).run_id, payload, laboratory.data, "cpu", lambda *_: None)

    return killed(bench, original, work)


@fault("kill between the steps of an evaluation", tries=24)
def evaluation(bench: Bench) -> Iterator[Attempt]:
    return measured(bench, lambda laboratory: EVALUATION)


@fault("kill between the steps of a curve")
def curve(bench: Bench) -> Iterator[Attempt]:
    return measured(bench, lambda laboratory: CURVE)


@fault("kill between the steps of a transfer")
def transfers(bench: Bench) -> Iterator[Attempt]:
    return measured(bench, lambda laboratory: transfer())


@fault("kill between the steps of an import", tries=24)
def imported(bench: Bench) -> Iterator[Attempt]:
    weights = finished_runs(bench).root / config(0).run_id / MODEL

    def work(laboratory: Laboratory) -> None:
        import_weights(laboratory.store, weights, "lenet", "mnist-mini", "mine", laboratory.data)

    return killed(bench, finished_runs(bench), work)


@fault("kill between the steps of freezing a run", tries=24)
def frozen(bench: Bench) -> Iterator[Attempt]:
    return killed(bench, unfinished_run(bench), lambda laboratory: freeze_run(laboratory.store, config(0).run_id))


@fault("kill between the steps of a launch", tries=40)
def launch(bench: Bench) -> Iterator[Attempt]:
    def work(laboratory: Laboratory) -> None:
        submit_runs(laboratory.store, laboratory.queue, [config(0), config(7), config(8)], laboratory.place)

    return killed(bench, finished_runs(bench), work)


@fault("kill between the steps of launching a sweep", tries=24)
def sweep(bench: Bench) -> Iterator[Attempt]:
    words = "sweep --l1 0 0.1 --mu 0.1 --epochs 1 --batch-size 64 --samples 20 --attacks fgsm".split()
    return killed(bench, finished_runs(bench), lambda laboratory: command(laboratory, *words))


@fault("kill between the steps of a deletion", tries=40)
def deletion(bench: Bench) -> Iterator[Attempt]:
    names = [config(0).run_id, config(1).run_id]

    def work(laboratory: Laboratory) -> None:
        store = laboratory.store
        delete_runs(store, laboratory.queue, [name for name in names if name in store.run_ids()])
        laboratory.queue.forget(orphaned_rows(store, laboratory.queue))  # as `clean` does

    return killed(bench, finished_runs(bench), work)


@fault("kill between the steps of a restore", tries=24)
def restored(bench: Bench) -> Iterator[Attempt]:
    original = bench.made("deleted", lambda laboratory: delete_some(bench, laboratory))

    def work(laboratory: Laboratory) -> None:
        for entry in laboratory.store.trash.entries():
            restore_run(laboratory.store, laboratory.queue, entry)

    return killed(bench, original, work)


@fault("kill between the steps of clean", tries=24)
def cleaning(bench: Bench) -> Iterator[Attempt]:
    original = bench.made("deleted", lambda laboratory: delete_some(bench, laboratory))

    def work(laboratory: Laboratory) -> None:
        command(laboratory, "clean")
        assert laboratory.store.trash.entries() == []

    return killed(bench, original, work)


@fault("kill between the steps of reindex", tries=40)
def reindexed(bench: Bench) -> Iterator[Attempt]:
    original = bench.made("damaged queue", lambda laboratory: damage_queue(bench, laboratory))
    return killed(bench, original, lambda laboratory: command(laboratory, "reindex"))


def damage_queue(bench: Bench, laboratory: Laboratory) -> None:
    """Fill a laboratory with runs, and a queue with a page of zeros, of which most rows can be read."""
    shutil.copytree(finished_runs(bench).root, laboratory.root, dirs_exist_ok=True)
    queue, evaluation = laboratory.queue, EVALUATION.model_dump(mode="json")
    for seed in range(60):
        queue.submit(f"job {seed}", "evaluate", config(seed % 3).run_id, evaluation | {"seed": seed}, laboratory.place)
    with closing(sqlite3.connect(queue.path)) as connection:
        connection.execute("PRAGMA journal_mode = delete")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(queue.path.read_bytes())
    leaves = [start for start in range(size, len(content), size) if content[start] == 0x0D]  # pages of tables
    content[leaves[2] : leaves[2] + size] = bytes(size)
    queue.path.write_bytes(content)


def delete_some(bench: Bench, laboratory: Laboratory) -> None:
    """Fill a laboratory with finished runs, two of them deleted."""
    shutil.copytree(finished_runs(bench).root, laboratory.root, dirs_exist_ok=True)
    delete_runs(laboratory.store, laboratory.queue, [config(0).run_id, config(1).run_id])


def command(laboratory: Laboratory, *words: str) -> int:
    """Run a command of the program in this process; no worker is started."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkerSettings, "command", lambda settings: ["true"])
        patch.setattr("engine.runs.store.SHIPPED", Path("/nothing-shipped"))
        return main([*words, *laboratory.folders])
