"""Harm to the queue's file while two runs train: they end with the right bits, and everybody reads on."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engine.queue.overview import list_runs
from engine.queue.run_queue import readable_jobs
from engine.training.checkpoint_file import has_checkpoint
from tests.torture.bench import Bench, Laboratory, wait_until
from tests.torture.child import in_child
from tests.torture.fault import Attempt, fault
from tests.torture.killed_steps import command
from tests.torture.killed_workers import PAIR
from tests.torture.stores import full_store
from tests.torture.workers import BUSY_TIMEOUT, assert_as_apart, trained_apart, workshop

FILES = ("", "-wal", "-shm")


def overwrite(path: Path, content: bytes) -> None:
    """Another file in place of the queue."""
    aside = path.with_name("other")
    aside.write_bytes(content)
    remove(path)
    os.replace(aside, path)


def remove(path: Path) -> None:
    for ending in FILES:
        path.with_name(path.name + ending).unlink(missing_ok=True)


def foreign(path: Path) -> None:
    """A file of SQLite that another program wrote."""
    remove(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE pictures (name TEXT)")
        connection.commit()


def harmed(bench: Bench, harm: Callable[[Path], object], repair: bool) -> Iterator[Attempt]:
    """Tries: the queue's file is harmed at a random snapshot.

    Args:
        repair: whether the queue needs `reindex` afterwards. Else each row ends as finished; a queue that is deleted
            between the end of a training and its last entry has no row of it, and the files of the run say all.
    """
    expected = trained_apart(bench, PAIR)

    def attempt(snapshots: int, which: int) -> None:
        laboratory = bench.empty()
        with workshop(bench, laboratory) as shop:
            run_ids = shop.launch(PAIR)
            for run_id in run_ids:
                shop.until_recorded(run_id, 1)
            shop.until_recorded(run_ids[which], snapshots)
            harm(laboratory.queue.path)
            assert_listed(laboratory, run_ids)
            wait_until(lambda: all(_is_over(laboratory, run_id) for run_id in run_ids), "the results")
            assert_listed(laboratory, run_ids)
            if not repair:
                wait_until(lambda: all(map(shop.has_no_open_row, run_ids)), "the end of their jobs")
        if repair:
            in_child(lambda: command(laboratory, "reindex"), bench.folder / "child.log")
        assert_as_apart(laboratory, expected)

    while True:
        snapshots, which = bench.random.randint(1, 7), bench.random.randrange(2)
        yield lambda snapshots=snapshots, which=which: attempt(snapshots, which)


def _is_over(laboratory: Laboratory, run_id: str) -> bool:
    return laboratory.store.result(run_id) is not None and not has_checkpoint(laboratory.root / run_id)


def assert_listed(laboratory: Laboratory, run_ids: list[str]) -> None:
    """Raise unless all runs can be read, whatever the queue is like."""
    overviews, problems = list_runs(laboratory.store, laboratory.queue)
    assert {run.run_id for run in overviews} == set(run_ids) and not problems


@fault("queue overwritten with garbage while runs train")
def garbage(bench: Bench) -> Iterator[Attempt]:
    return harmed(bench, lambda path: overwrite(path, bench.random.randbytes(20_000)), repair=True)


@fault("queue replaced by a foreign database while runs train")
def replaced(bench: Bench) -> Iterator[Attempt]:
    return harmed(bench, foreign, repair=True)


@fault("queue deleted while runs train")
def deleted(bench: Bench) -> Iterator[Attempt]:
    return harmed(bench, remove, repair=False)


@fault("queue locked for longer than the timeout while runs train")
def locked(bench: Bench) -> Iterator[Attempt]:
    def hold(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            time.sleep(4 * BUSY_TIMEOUT)

    return harmed(bench, hold, repair=False)


@fault("damage to the queue's file", tries=100)
def damaged(bench: Bench) -> Iterator[Attempt]:
    original = full_store(bench)
    with reading(bench, original) as laboratory:
        path = laboratory.queue.path
        whole, results = path.read_bytes(), _results(laboratory)
        while True:
            content = bytearray(whole)
            if bench.random.random() < 0.3:
                content = content[: bench.random.randrange(len(content))]
            else:
                for _ in range(bench.random.choice((1, 5, 100))):
                    content[bench.random.randrange(len(content))] ^= 1 << bench.random.randrange(8)
            yield lambda content=content: _read_beside(laboratory, bytes(content), results)


def _results(laboratory: Laboratory) -> dict:
    return {run.run_id: (run.result, run.last, run.config) for run in list_runs(laboratory.store, laboratory.queue)[0]}


def _read_beside(laboratory: Laboratory, content: bytes, results: dict) -> None:
    overwrite(laboratory.queue.path, content)
    assert _results(laboratory) == results
    _, problem = readable_jobs(laboratory.queue)
    assert problem is None or ("queue" in problem and "\n" not in problem), problem


@contextmanager
def reading(bench: Bench, original: Laboratory) -> Iterator[Laboratory]:
    """A copy that lasts as long as a fault."""
    root = bench.folder / "reading"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(original.root, root)
    yield Laboratory(root, bench.data)
